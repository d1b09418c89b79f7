"""Where an update sends its reader elsewhere, and where it merely names a number."""

from __future__ import annotations

from itertools import pairwise

import pytest

from nlpkit.language.references import LONGEST_RANGE, find_references


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
    ],
)
def test_no_reference(text: str) -> None:
    assert find_references(text) == []


def test_a_range_is_bounded() -> None:
    (wide,) = find_references("see actions 3 to 900")
    assert wide.targets == ("3", "900"), f"more than {LONGEST_RANGE} actions are no range"


def test_offsets_and_order() -> None:
    text = "As above. See 5 above, and action 7; as previous update."
    found = find_references(text)
    assert [r.kind for r in found] == ["position", "action", "action", "previous"]
    assert all(text[r.start : r.end] == r.text for r in found)
    assert all(left.end <= right.start for left, right in pairwise(found))
