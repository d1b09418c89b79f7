"""Promises that slipped: found where a later date is given for the same thing, and only there."""

from __future__ import annotations

import re
from collections.abc import Sequence

import pandas as pd
import pytest

from nlpkit import features
from nlpkit.analysis import slips
from nlpkit.schema import conform

Why = dict[str, object]


def _find(*told: str | tuple[str, str], **everywhere: str) -> list[list[Why]]:
    """The slips of one action's updates, half a year apart, from March 2024."""
    moments = ("2024-03", "2024-09", "2025-03", "2025-09")
    rows = []
    for moment, one in zip(moments, told, strict=False):
        update, due = (one, "") if isinstance(one, str) else one
        rows.append({"row_id": moment, "as_of": moment, "update": update, "due": due, "action_id": "4"})
    common = {"service": "Tarnside FRS", "source": "plan.csv", "recommendation": "Mend the bays."}
    table = conform(pd.DataFrame([{**common, **everywhere, **row} for row in rows]))
    return slips.find(table, features.compute(table))


def _dates(found: Sequence[Sequence[Why]]) -> list[list[object]]:
    return [[why["date"] for why in row] for row in found]


def test_a_later_date_for_the_same_thing_is_a_slip() -> None:
    old = "Nine stations have been surveyed. The new bay doors will be fitted by June 2024."
    new = "The bay doors will now be fitted by November 2024, the supplier having let us down."
    first, second = _find(old, new)
    assert first == []
    (why,) = second
    assert why["kind"] == slips.KIND and why["text"] == new
    assert (why["start"], why["end"]) == (0, len(new))
    assert why["date"] == ["2024-06-30", "2024-11-30"]
    assert why["where"] == ["2024-03", "2024-09"] and why["of"] == "2024-03"
    assert "153 days later" in str(why["note"])


def test_every_date_given_so_far_is_told_in_order_of_time() -> None:
    told = [f"The bay doors will be fitted by {when}." for when in ("June 2024", "May 2025", "March 2026")]
    found = _find(told[0], told[1], told[1], told[2])
    assert _dates(found) == [
        [],
        [["2024-06-30", "2025-05-31"]],
        [["2024-06-30", "2025-05-31"]],
        [["2024-06-30", "2025-05-31", "2026-03-31"]],
    ]
    assert found[3][0]["where"] == ["2024-03", "2024-09", "2025-09"]


def test_the_order_of_the_rows_does_not_matter() -> None:
    told = [f"The bay doors will be fitted by {when}." for when in ("June 2024", "May 2025")]
    rows = [
        {"row_id": moment, "as_of": moment, "update": update, "action_id": "4", "service": "Tarnside FRS"}
        for moment, update in zip(("2024-03", "2024-09"), told, strict=True)
    ]
    table = conform(pd.DataFrame(rows[::-1]))
    assert _dates(slips.find(table, features.compute(table))) == [[["2024-06-30", "2025-05-31"]], []]


SLIPPED = [
    (
        "We will publish the new driving policy in April 2024.",
        "The driving policy will now be published in December 2024.",
    ),
    (
        "Training in water rescue for the on-call crews is due to be completed by 31 May 2024.",
        "Training in water rescue for the on-call crews is now due to be completed by 31 January 2025.",
    ),
    (
        "The doors of the training tower will be replaced in summer 2024.",
        "Replacement of the doors of the training tower, originally due in summer 2024, is now expected in "
        "spring 2025.",
    ),
    (
        "The consultation on the shift pattern will begin in May 2024 and the rota will be introduced by "
        "September 2024.",
        "The rota will be introduced by February 2025.",
    ),
]


@pytest.mark.parametrize(("old", "new"), SLIPPED)
def test_slips_in_other_words(old: str, new: str) -> None:
    assert [len(row) for row in _find(old, new)] == [0, 1]


KEPT = [
    # an earlier, the same or a more exact date
    ("The bay doors will be fitted by June 2025.", "The bay doors will be fitted by January 2025."),
    ("The bay doors will be fitted by June 2025.", "The bay doors will be fitted by 30 June 2025."),
    ("The bay doors will be fitted in spring 2025.", "The bay doors will be fitted in May 2025."),
    ("The bay doors will be fitted by October.", "The bay doors will be fitted by October."),
    # another thing, deed, phase, place or name
    ("The bay doors will be fitted by June 2024.", "The drill yard will be resurfaced by November 2024."),
    (
        "The trial of the new breathing sets will begin in June 2024.",
        "The trial of the new breathing sets will end in December 2024.",
    ),
    (
        "The wellbeing strategy will be drafted by June 2024.",
        "The wellbeing strategy will be published in November 2024.",
    ),
    (
        "Phase 1 of the radio replacement programme will be completed by June 2024.",
        "Phase 2 of the radio replacement programme will be completed by December 2024.",
    ),
    (
        "Breathing apparatus training will be delivered to crews in the north area by June 2024.",
        "Breathing apparatus training will be delivered to crews in the south area by December 2024.",
    ),
    (
        "Rest rooms and showers at Ashby station will be refurbished by June 2024.",
        "Rest rooms and showers at Burton station will be refurbished by December 2024.",
    ),
    # what comes round again
    (
        "The next audit of the equipment stores will be completed in June 2024.",
        "The next audit of the equipment stores will be completed in December 2024.",
    ),
    # done in between
    (
        "The survey of hydrants will be completed by June 2024.",
        "The survey of hydrants was completed in June 2024. A survey of hydrants will be completed by May 2026.",
    ),
    # told of the past
    ("The bay doors were fitted in June 2023.", "The bay doors were fitted in August 2024."),
]


@pytest.mark.parametrize(("old", "new"), KEPT)
def test_what_is_no_slip(old: str, new: str) -> None:
    assert _dates(_find(old, new)) == [[], []]


def test_another_action_or_service_has_promises_of_its_own() -> None:
    rows = [
        {"as_of": "2024-03", "update": "The bay doors will be fitted by June 2024.", "action_id": "4"},
        {"as_of": "2024-09", "update": "The bay doors will be fitted by May 2025.", "action_id": "5"},
    ]
    table = conform(pd.DataFrame(rows), service="Tarnside FRS", source="plan.csv")
    assert _dates(slips.find(table, features.compute(table))) == [[], []]


def test_a_moved_deadline_is_a_slip_of_the_action() -> None:
    found = _find(("Work goes on.", "June 2024"), ("Work goes on still.", "Dec 2024"))
    (why,) = found[1]
    assert (why["field"], why["text"], why["date"]) == ("due", "Dec 2024", ["2024-06-30", "2024-12-31"])
    assert _dates(_find(("Work goes on.", "June 2024"), ("Work goes on still.", "May 2024"))) == [[], []]
    # "March" is another year's in each update: the plan has not moved it
    assert _dates(_find(("Work goes on.", "March"), ("Work goes on.", "March"), ("Done.", "March"))) == [
        [],
        [],
        [],
    ]


def test_dates_that_moved_to_and_fro_are_all_told() -> None:
    when = ("Dec 2024", "June 2024", "Sept 2024")
    found = _find(*(("Work goes on.", due) for due in when))
    assert _dates(found) == [[], [], [["2024-12-31", "2024-06-30", "2024-09-30"]]]
    assert found[2][0]["of"] == "2024-09" and "92 days later" in str(found[2][0]["note"])


def test_of_two_dates_given_at_one_moment_the_later_counts() -> None:
    rows = [
        {"row_id": "a", "as_of": "2024-03", "due": "June 2024", "update": "Begun."},
        {"row_id": "b", "as_of": "2024-03", "due": "Dec 2024", "update": "Also begun."},
        {"row_id": "c", "as_of": "2024-09", "due": "Dec 2024", "update": "Going on."},
    ]
    table = conform(pd.DataFrame(rows).assign(action_id="4", service="Tarnside FRS", source="plan.csv"))
    assert _dates(slips.find(table, features.compute(table))) == [[], [], []]


def test_nothing_is_said_of_a_single_update() -> None:
    assert _find("The bay doors will be fitted by June 2024.") == [[]]


@pytest.mark.parametrize(
    ("passage", "said"),
    [
        ("It ends by the end of May 2024, not May 2024.", "May 2024"),
        ("the start of the May the May", "May"),
        ("no date", "May"),
        ("the end of\nMay\n May", "May"),
    ],
)
def test_a_date_is_taken_out_with_the_part_of_it(passage: str, said: str) -> None:
    part = r"(?:(?:the\s+)?(?:start|beginning|middle|end|close)\s+of\s+)?(?:the\s+)?"
    assert slips._without(passage, said) == re.sub(rf"{part}{re.escape(said)}", " ", passage)
