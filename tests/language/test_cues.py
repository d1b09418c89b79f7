"""Each kind of cue where it counts and where the same words mean something else."""

from __future__ import annotations

import pytest

from nlpkit.language import analyse
from nlpkit.language.cues import CUE_KINDS, inflections
from nlpkit.resources import lexicon


def _kinds(sentence: str) -> set[str]:
    (analysis,) = analyse([sentence])
    return {cue.kind for one in analysis.sentences for cue in one.cues}


YES = [
    ("delay", "The project has slipped by two months."),
    ("delay", "The launch came later than planned."),
    ("delay", "The course was due to start in June."),
    ("delay", "We are awaiting the supplier's quote."),
    ("delay", "The deadline has been extended to May."),
    ("blocker", "The loss of four qualified inspectors has hit the team."),
    ("blocker", "This stalled due to a manager vacancy."),
    ("blocker", "There are technical issues with the platform."),
    ("blocker", "Delivery was curtailed during the pandemic."),
    ("blocker", "This is dependent on the national body."),
    ("blocker", "The roll-out is subject to funding."),
    ("recovery", "The exercise is now taking place."),
    ("recovery", "The project is back on track."),
    ("recovery", "A revised date has been agreed."),
    ("recovery", "Courses have resumed."),
    ("hedge", "It is hoped that crews will attend."),
    ("hedge", "This may be extended."),
    ("hedge", "Where possible, crews attend."),
    ("hedge", "We are exploring a joint unit."),
    ("negation", "The form is not in use."),
    ("negation", "It isn't in use."),
    ("partial", "Training is 50% complete."),
    ("partial", "It has reached half the staff."),
    ("partial", "Two of nine stations have been visited."),
    ("partial", "80% completion rate so far."),
    ("partial", "Phase one is finished."),
    ("remaining", "Work is ongoing."),
    ("remaining", "Next step is to test it."),
    ("remaining", "Reports are still to be written."),
    ("completion", "The action is complete."),
    ("completion", "This is now business as usual."),
    ("completion", "All staff have attended."),
    ("completion", "No further action required."),
    ("no_change", "No change since the last update."),
    ("no_change", "The position remains the same."),
    ("no_change", "As previous update."),
    ("no_change", "Options are still being considered."),
    ("no_change", "Nothing further to report."),
    ("outcome", "Confidence improved from 47% to 81%."),
    ("outcome", "Cases have reduced to zero."),
    ("outcome", "Feedback from crews shows that it works."),
    ("outcome", "It had a positive impact."),
    ("vague", "Considerable work has been done."),
    ("vague", "There are a number of activities."),
    ("refusal", "We will not be adopting this."),
    ("refusal", "The board decided not to proceed."),
    ("partial", "All but two of the ramps are complete."),
    ("partial", "All bar one of the boats have been serviced."),
    ("partial", "All crews except the island crew have attended."),
    ("partial", "85 of 90 have now been trained."),
    ("partial", "The ramp is nearly finished."),
    ("partial", "This is virtually complete."),
    ("completion", "90 of 90 have been trained."),
    ("completion", "There are no outstanding actions."),
    ("completion", "Nothing remains to be done."),
    ("remaining", "Two tasks remain."),
    ("remaining", "Four actions remain outstanding."),
    ("delay", "No date has been set and visits are overdue."),
    ("delay", "We did not meet the deadline."),
    ("delay", "The target date was not met."),
    ("delay", "Work has not begun because of slippage elsewhere."),
    ("recovery", "A new date has been set."),
    ("no_change", "No further update at this time."),
    ("no_change", "No new update this quarter."),
    ("no_change", "No progress since the last meeting."),
    ("no_change", "The position remains as reported in March."),
    ("outcome", "There was a drop in sickness."),
    ("outcome", "Turnout is up from 40 to 60."),
]

NO = [
    ("delay", "The form was sent without delay."),
    ("delay", "This reduces delays at the door."),
    ("blocker", "The vacancy has been filled."),
    ("blocker", "We promote our vacancies to local groups."),
    ("hedge", "Work began in May."),
    ("hedge", "The scheme supports high potential staff."),
    ("hedge", "The board considered the report in May."),
    ("partial", "All staff are up to date."),
    ("completion", "The course is not complete."),
    ("completion", "The course is to be completed by May."),
    ("completion", "Training is 50% complete."),
    ("completion", "Once completed, it will be shared."),
    ("completion", "This gives a complete set of records."),
    ("no_change", "No change to the establishment is planned."),
    ("no_change", "Our position is the same as every other service in the region."),
    ("outcome", "Staff feedback is used in appraisals."),
    ("outcome", "As a result of the merger we moved."),
    ("remaining", "The panel meets on an ongoing basis."),
    ("negation", "Not only was it done, it was tested."),
    ("completion", "All but two of the ramps are complete."),
    ("completion", "All crews except the island crew have been fully trained."),
    ("completion", "85 of 90 have been fully trained."),
    ("completion", "This is virtually complete."),
    ("partial", "90 of 90 have been trained."),
    ("remaining", "No risks remain."),
    ("remaining", "Nothing remains to be done."),
    ("remaining", "There are no outstanding actions."),
    ("remaining", "No actions are outstanding."),
    ("delay", "No premises is overdue."),
    ("delay", "None of the visits on the list is overdue."),
    ("delay", "There is no sign of slippage."),
    ("delay", "It is not true that the plan has stalled."),
    ("delay", "The project is no longer on hold."),
    ("delay", "We did not miss the deadline."),
    ("recovery", "No new date has been set."),
    ("recovery", "There is no date for restarting."),
    ("recovery", "Courses have not resumed."),
    ("outcome", "Drop in sessions are held on Fridays."),
    ("outcome", "The panel was set up from volunteers."),
    ("outcome", "There has been no improvement in attendance."),
    ("no_change", "No update was needed to the policy."),
    ("no_change", "No further progress reports are required."),
]


@pytest.mark.parametrize(("kind", "sentence"), YES)
def test_cue(kind: str, sentence: str) -> None:
    assert kind in _kinds(sentence)


@pytest.mark.parametrize(("kind", "sentence"), NO)
def test_no_cue(kind: str, sentence: str) -> None:
    assert kind not in _kinds(sentence)


def test_the_lexicon_holds_the_kinds_that_are_promised() -> None:
    assert sorted(lexicon("cues")["cues"]) == sorted(CUE_KINDS)
    assert {kind for kind, _ in YES} == set(CUE_KINDS)


def test_inflections() -> None:
    assert inflections("plan") == {"plan", "plans", "planned", "planning"}
    assert inflections("review") == {"review", "reviews", "reviewed", "reviewing"}
    assert inflections("supply") == {"supply", "supplies", "supplied", "supplying"}
    assert inflections("finalise") == {"finalise", "finalises", "finalised", "finalising"}
    assert {"began", "begun", "beginning"} <= inflections("begin:began,begun")
