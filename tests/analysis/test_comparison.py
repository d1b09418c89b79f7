"""Services compared on a catalogue: which action a cell shows, its news, gaps, the strongest answer."""

from __future__ import annotations

from typing import Any

import pandas as pd
import pytest

import nlpkit
from nlpkit.analysis.comparison import LONG_COLUMNS, compare
from nlpkit.catalogue import Catalogue, Entry
from nlpkit.errors import InputError

GOAL = Catalogue(
    name="three",
    title="Three recommendations",
    aliases=(),
    entries=(
        Entry("1", "A way to speak up", "Staff can speak up."),
        Entry("2", "Background checks", "Everyone is checked."),
        Entry("10", "Exit talks", "Leavers are asked why."),
    ),
)
TITLES = {entry.id: entry.title for entry in GOAL.entries}


def row(service: str, action: str, as_of: str, *links: tuple[str, str, float], **more: Any) -> dict[str, Any]:
    return {
        "row_id": f"{service}/{action}/{as_of}",
        "service": service,
        "action_id": action,
        "recommendation": f"Do the work of action {action}.",
        "as_of": as_of,
        "update": f"What {service} says of {action} in {as_of}.",
        "status": "on_track",
        "evidence": "partial",
        "evidence_score": 0.5,
        "stale": [],
        "links": [{"id": i, "title": TITLES[i], "grade": grade, "score": score} for i, grade, score in links],
    } | more


SAME = ("1", "equivalent", 0.9)


def cell(rows: list[dict[str, Any]], id_: str, service: str) -> dict[str, Any]:
    long = compare(pd.DataFrame(rows), GOAL).long
    return dict(long[(long["id"] == id_) & (long["service"] == service)].iloc[0])


def test_one_row_for_each_recommendation_and_service_in_order() -> None:
    found = compare(
        pd.DataFrame([row("Beck FRS", "1", "2024-03", SAME), row("Ash FRS", "4", "2024-03")]), GOAL
    )
    assert tuple(found.long.columns) == LONG_COLUMNS
    assert list(zip(found.long["id"], found.long["service"], strict=True)) == [
        (id_, service) for id_ in ("1", "2", "10") for service in ("Ash FRS", "Beck FRS")
    ]
    assert found.services == ("Ash FRS", "Beck FRS") and found.as_of == "2024-03-31"
    assert list(found.wide["id"]) == ["1", "2", "10"] and list(found.wide["answered_by"]) == [1, 0, 0]
    assert nlpkit.compare is compare


def test_the_latest_update_of_the_action_is_shown_and_months_run_from_the_last_news() -> None:
    rows = [
        row("Ash", "4", "2024-09", stale=["no_change", "expired"], status="at_risk"),
        row("Ash", "4", "2023-09", SAME),
        row("Ash", "4", "2024-03", SAME, stale=["repeat_self"]),
        row("Beck", "1", "2024-11", SAME, stale=["expired"]),
    ]
    told = cell(rows, "1", "Ash")
    assert (told["row_id"], told["status"], told["stale"]) == (
        "Ash/4/2024-09",
        "at_risk",
        ["no_change", "expired"],
    )
    assert (told["months_since_news"], told["last_news"], told["as_of"]) == (14, "2023-09", "2024-09")
    assert cell(rows, "1", "Beck")["months_since_news"] == 0  # an expired promise is still news


@pytest.mark.parametrize("kind", ["no_change", "pointer", "repeat_self", "repeat_other", "empty"])
def test_an_action_without_any_news_has_no_months(kind: str) -> None:
    told = cell([row("Ash", "4", "2024-03", SAME, stale=[kind])], "1", "Ash")
    assert pd.isna(told["months_since_news"]) and told["last_news"] == "" and told["grade"] == "equivalent"


def test_undated_news_has_no_months() -> None:
    told = cell([row("Ash", "4", "", SAME), row("Beck", "4", "2024-03", SAME)], "1", "Ash")
    assert pd.isna(told["months_since_news"]) and told["row_id"] == "Ash/4/"


def test_of_several_actions_the_one_that_asks_the_same_then_the_latest_then_the_best_linked() -> None:
    rows = [
        row("Ash", "2", "2024-09", ("1", "related", 0.99)),
        row("Ash", "3", "2024-03", SAME),
        row("Ash", "10", "2024-03", ("1", "equivalent", 0.95)),
    ]
    told = cell(rows, "1", "Ash")
    assert told["action_id"] == "10" and told["also"] == ["3", "2"] and told["gap"] == ""
    rows[1] |= {"as_of": "2024-06"}
    assert cell(rows, "1", "Ash")["action_id"] == "3"
    equal = [row("Ash", n, "2024-03", SAME) for n in ("10", "2")]
    assert [cell(order, "1", "Ash")["action_id"] for order in (equal, equal[::-1])] == ["2", "2"]


def test_gaps_are_named_and_a_related_action_is_no_answer() -> None:
    rows = [row("Ash", "4", "2024-03", ("2", "related", 0.5)), row("Beck", "1", "2024-03", SAME)]
    assert cell(rows, "1", "Ash")["gap"] == "no action answers recommendation 1 in Ash"
    assert cell(rows, "1", "Ash")["row_id"] == "" and pd.isna(cell(rows, "1", "Ash")["months_since_news"])
    assert cell(rows, "2", "Ash")["gap"] == "only a related action (4) for recommendation 2 in Ash"
    wide = compare(pd.DataFrame(rows), GOAL).wide
    assert wide["answered_by"].tolist() == [1, 0, 0]
    assert wide["Ash"].tolist()[0] == "gap: no action answers 1" and wide["Ash"][1].startswith(
        "related only: "
    )
    assert wide["Beck"][0] == "on track, partial evidence, 0 months since news"
    assert wide["Beck: action"][0] == "1" and wide["Beck: update"][0] == "What Beck says of 1 in 2024-03."


def test_the_strongest_answer_has_the_most_evidence_and_is_not_merely_related() -> None:
    rows = [
        row("Ash", "4", "2024-03", SAME, evidence="partial", evidence_score=0.6),
        row("Beck", "1", "2024-03", SAME, evidence="strong", evidence_score=0.55),
        row("Cole", "7", "2024-03", ("1", "related", 0.9), evidence="strong", evidence_score=0.9),
    ]
    found = compare(pd.DataFrame(rows), GOAL)
    assert found.long[found.long["strongest"]]["service"].tolist() == ["Beck"]
    assert found.wide["strongest"].tolist() == ["Beck, action 1 (strong)", "", ""]
    rows[1] |= {"evidence": "weak"}
    assert cell(rows, "1", "Ash")["strongest"]
    rows[0] |= {"evidence": "weak"}  # an inspector would say "show me" to both
    assert not compare(pd.DataFrame(rows), GOAL).long["strongest"].any()


def test_a_service_is_one_by_its_name_however_it_is_written_and_nameless_rows_stand_under_their_file() -> (
    None
):
    rows = [
        row("Ash FRS", "4", "2024-03", SAME),
        row("Ash Fire & Rescue Service", "5", "2024-09", SAME),
        row("", "1", "2024-03", SAME, source="other.csv"),
    ]
    found = compare(pd.DataFrame(rows), GOAL)
    assert found.services == ("Ash Fire & Rescue Service", "other.csv")
    assert found.long["also"].tolist()[0] == ["4"]


def test_the_same_whatever_the_order_of_rows() -> None:
    rows = [
        row(s, a, d, SAME, ("2", "related", 0.4))
        for s in ("Ash", "Beck")
        for a in "123"
        for d in ("2024-03", "2024-09")
    ]
    one, other = compare(pd.DataFrame(rows), GOAL), compare(pd.DataFrame(rows[::-1]), GOAL)
    pd.testing.assert_frame_equal(one.long, other.long)
    pd.testing.assert_frame_equal(one.wide, other.wide)


def test_unjudged_tables_and_links_into_another_catalogue_are_refused() -> None:
    with pytest.raises(InputError, match=r"without the judgements.*nlpkit score"):
        compare(pd.DataFrame([{"update": "Done."}]), GOAL)
    bad = row("Ash", "4", "2024-03", SAME)
    with pytest.raises(InputError, match="without the judgements"):
        compare(pd.DataFrame([bad, bad | {"row_id": "x", "status": float("nan")}]), GOAL)
    bad["links"] = [{"id": "1", "title": "Something else", "grade": "equivalent", "score": 1.0}]
    with pytest.raises(InputError, match="'1 Something else', which is not in the catalogue 'three'"):
        compare(pd.DataFrame([bad]), GOAL)
    bad["links"] = [{"id": "11", "grade": "equivalent", "score": 1.0}]
    with pytest.raises(InputError, match="not in the catalogue"):
        compare(pd.DataFrame([bad]), GOAL)
