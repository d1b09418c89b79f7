"""Where an update sends its reader elsewhere, and where it merely names a number."""

from __future__ import annotations

from itertools import pairwise

import pytest

from nlpkit.language.references import LONGEST_RANGE, find_action_references, find_references


@pytest.mark.parametrize(
    ("text", "targets"),
    [
        ("See 5 above.", ("5",)),
        ("as 3 above", ("3",)),
        ("see action 3", ("3",)),
        ("Please see action point 3.", ("3",)),
        ("(See also: action 6)", ("6",)),
        ("As with recommendation 3. Beyond that, crews will", ("3",)),
        ("see the work detailed in recommendation 3", ("3",)),
        ("(see proof referred to for recommendation 1)", ("1",)),
        ("Our responses to 3 above also apply here", ("3",)),
        ("Evidence for recommendations 4 and 5 is also relevant", ("4", "5")),
        ("As mentioned in 3 above drills have gone on", ("3",)),
        ("told in updates to earlier and previous sections (notably 2 and 8)", ("2", "8")),
        ("Covered by the actions in 1 above.", ("1",)),
        ("This is a duplicate of 7 – nothing to add", ("7",)),
        ("see recommendations 3 to 5 and 9", ("3", "4", "5", "9")),
        ("See AFIs 2-4", ("2", "3", "4")),
        ("refer to Effective 2", ("Effective 2",)),
        ("see action Effective 13", ("Effective 13",)),
        ("linked with Effective 2 and Efficiency 1", ("Effective 2", "Efficiency 1")),
        ("See People 7, 8 & 9", ("People 7", "People 8", "People 9")),
        ("linked to AFI 4.2", ("4.2",)),
        ("See 1.2 and 1.3 above", ("1.2", "1.3")),
        ("as per action 14b", ("14b",)),
        ("See action 4(a)", ("4a",)),
        ("see rec. 12", ("12",)),
        ("Same as 4 above", ("4",)),
        ("Links to 3, 4 and 7.", ("3", "4", "7")),
        ("merged with action 9", ("9",)),
        ("Progress on this is reported under recommendation 17", ("17",)),
        ("running, as detailed in answer to recommendation 3", ("3",)),
        ("See recommendation R7", ("R7",)),
        ("see action AFI-03", ("AFI-03",)),
        ("See recommendations R7 to R9", ("R7", "R8", "R9")),
        ("see AFI 3.2b", ("3.2b",)),
        ("Superseded by action 31", ("31",)),
        ("Replicates action 3", ("3",)),
        ("Merged with 12", ("12",)),
        ("Incorporated into action 9", ("9",)),
        ("Subsumed into 14.", ("14",)),
        ("As 4 - paused", ("4",)),
        ("Refer 9.", ("9",)),
        ("Cf. recommendation 5.", ("5",)),
    ],
)
def test_pointers_to_actions(text: str, targets: tuple[str, ...]) -> None:
    actions = [r for r in find_references(text) if r.kind == "action"]
    assert [r.targets for r in actions] == [targets]


@pytest.mark.parametrize(
    ("text", "kind", "targets"),
    [
        ("As above, the tool is in place", "position", ("above",)),
        ("see above for details", "position", ("above",)),
        ("as detailed above", "position", ("above",)),
        ("see below", "position", ("below",)),
        ("Ditto", "position", ("above",)),
        ("see previous action", "position", ("above",)),
        ("As previous update. Package in place", "previous", ()),
        ("as per last quarter", "previous", ()),
        ("as per previous", "previous", ()),
        ("remarks and comments in the June update still apply", "previous", ()),
        ("As reported in the March update, work goes on", "previous", ()),
        ("as previously reported, work continues", "previous", ()),
        ("previous update still applies", "previous", ()),
        ("see the culture thematic action plan", "document", ()),
        ("please refer to the Workforce Strategy Action Plan", "document", ()),
        ("A fuller account can be found in Annex 4.", "document", ()),
        ("see attached plan", "document", ()),
        ("See their report", "document", ()),
        ("Please see the response we made", "document", ()),
        ("Please refer to our letter of May", "document", ()),
        ("Ongoing, as June.", "previous", ()),
        ("Position as at September.", "previous", ()),
        ("As last reported.", "previous", ()),
        ("Work is being tracked through the Inclusion Action Plan", "document", ()),
        ("the service answered recommendation 5 of the review by appointing a lead", "mention", ("5",)),
        ("Spotlight recommendation 12 has been met", "mention", ("12",)),
        ("Progress against recommendation 4 is good", "mention", ("4",)),
        ("recommendations 1-4 have been closed", "mention", ("1", "2", "3", "4")),
    ],
)
def test_other_kinds(text: str, kind: str, targets: tuple[str, ...]) -> None:
    assert [(r.kind, r.targets) for r in find_references(text)] == [(kind, targets)]


@pytest.mark.parametrize(
    "text",
    [
        "We recruited 5 above establishment",
        "scored 3 above target",
        "grade 3 and above",
        "The above policy has been published",
        "See 12 months of data",
        "see page 12",
        "see Level 3 training",
        "covered by 2 officers",
        "staff can see the plan",
        "As with the previous review",
        "as in previous years",
        "As per 2020 survey",
        "action 3 days later",
        "see 14 February",
        "We saw 3 people",
        "This access is provided through dashboards",
        "No change since last update",
        "Position as at June: 40 crews trained.",
        "As of May, 12 boats are in use.",
        "merged with 2 other teams",
        "replaced by 4 new vans",
        "as per ISO27001",
        "See Q3 figures",
        "Superseded by the 2024 rules",
    ],
)
def test_no_reference(text: str) -> None:
    assert find_references(text) == []


@pytest.mark.parametrize(
    ("text", "targets"),
    [
        ("As per HMI 2023/4", ["HMI 2023/4"]),
        ("See PRT1 and R7.", ["PRT1", "R7"]),
        ("Answered under 06/8.", ["06/8"]),
        ("Being taken forward alongside IA21-07.", ["IA21-07"]),
        ("Picked up in the culture section (R7).", ["R7"]),
        ("As 3.8.", ["3.8"]),
        ("See PRT44", ["PRT44"]),
        ("PRT1 is on track.", []),
        ("We spent 3.8 million.", []),
        ("On 06/8 the crew met.", []),
        ("As of 3.8.2024 it was done.", []),
    ],
)
def test_a_plans_own_ids_are_known_whatever_their_shape(text: str, targets: list[str]) -> None:
    own = frozenset({"HMI 2023/4", "PRT1", "R7", "06/8", "IA21-07", "3.8", "12"})
    found = [r for r in find_references(text, own) if r.kind == "action"]
    assert [target for r in found for target in r.targets] == targets


def test_a_range_is_bounded() -> None:
    (wide,) = find_references("see actions 3 to 900")
    assert wide.targets == ("3", "900"), f"more than {LONGEST_RANGE} actions are no range"


def test_offsets_and_order() -> None:
    text = "As above. See 5 above, and action 7; as previous update."
    found = find_references(text)
    assert [r.kind for r in found] == ["position", "action", "action", "previous"]
    assert all(text[r.start : r.end] == r.text for r in found)
    assert all(left.end <= right.start for left, right in pairwise(found))


@pytest.mark.parametrize("ids", [frozenset(), frozenset({"AFI-03", "PE/04b", "3.1"})])
def test_references_to_actions_alone_are_those_among_all(ids: frozenset[str]) -> None:
    texts = [
        "See 5 above, AFI 03 and PE/04b; as previous update.",
        "As 4",
        "Covered by 3.1 and recommendation 7 of the review, see 7 to 9.",
        "See the action plan. See as above.",
        "Linked to PE/04b, PE/05 and see AFI-03 below.",
        "No number here: see the report, ditto.",
    ]
    assert sum(len(find_action_references(text, ids)) for text in texts) > 4
    for text in texts:
        every = find_references(text, ids)
        assert find_action_references(text, ids) == [r for r in every if r.kind == "action"]
