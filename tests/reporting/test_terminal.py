"""What an inspector is shown: the right rows, in the right order, in words, within the width."""

from __future__ import annotations

from collections import Counter
from typing import Any

import pandas as pd
import pytest

from nlpkit.reading.accounts import Account, Check
from nlpkit.reporting.ranking import action_numbers, latest, questions
from nlpkit.reporting.terminal import account_lines, links_lines, question_lines, summary_lines

SOUND: dict[str, Any] = {
    "service": "Northmoor FRS", "source": "p.txt", "plan": "Plan", "section": "", "action_id": "1",
    "recommendation": "Train all crews.", "planned_action": "", "due": "", "due_date": "", "period": "",
    "as_of": "2024-09", "update": "Done.", "declared": "BLUE", "declared_status": "complete",
    "status": "complete", "status_why": [{"text": "was completed", "cue": "done"}],
    "calendar_status": "not_due", "calendar_why": "", "mismatch": "", "stale": [], "stale_refs": [],
    "stale_why": [], "evidence": "strong", "flags": [], "evidence_why": [], "links": [],
}  # fmt: skip


def scored(*changes: dict[str, Any]) -> pd.DataFrame:
    rows = [SOUND | {"row_id": f"r{n}", "action_id": str(n)} | change for n, change in enumerate(changes)]
    return pd.DataFrame(rows, dtype="object")


OPTIMISTIC = {
    "mismatch": "optimistic",
    "declared": "GREEN",
    "declared_status": "on_track",
    "status": "at_risk",
}


def test_a_sound_update_needs_no_question() -> None:
    assert questions(scored({})) == []
    assert question_lines([]) == ["No update stands out as in need of a question."]


@pytest.mark.parametrize(
    ("change", "told"),
    [
        (OPTIMISTIC, "declared 'GREEN', but the narrative reads as at risk"),
        ({"mismatch": "pessimistic", "declared": "RED"}, "declared 'RED', but the narrative reads as complete"),
        ({"status": "off_track"}, "the narrative reads as off track"),
        ({"status": "declined"}, "the service says that it will not do this"),
        ({"status": "unclear"}, "the narrative does not say where the work stands"),
        ({"status": "on_track", "calendar_status": "overdue", "due_date": "2024-06-30"}, "(2024-06-30) had gone by"),
        ({"stale": ["empty"]}, "there is no narrative to speak of"),
        ({"stale": ["pointer"], "stale_refs": ["7"]}, "it points to 7 instead of answering"),
        ({"stale": ["repeat_other"], "stale_refs": ["3", "4"]}, "a passage is the same as in 3, 4"),
        ({"evidence": "weak"}, "completion is claimed and nothing shown that can be checked"),
        ({"flags": ["off_topic"]}, "it does not speak of what was asked"),
    ],
)  # fmt: skip
def test_reasons_in_words(change: dict[str, Any], told: str) -> None:
    (question,) = questions(scored(change))
    assert told in question.reasons[0]


def test_the_most_urgent_comes_first_and_reasons_add_up() -> None:
    table = scored(
        {"stale": ["pointer"], "stale_refs": ["3"]},
        {},
        OPTIMISTIC,
        OPTIMISTIC | {"evidence": "weak", "calendar_status": "overdue", "due_date": "2024-06-30"},
        {"stale": ["pointer"], "stale_refs": ["3"]},
    )
    asked = questions(table)
    assert [question.row_id for question in asked] == ["r3", "r2", "r0", "r4"]
    assert len(asked[0].reasons) == 3
    assert [question.row_id for question in questions(table, 2)] == ["r3", "r2"]


def test_the_passage_is_the_one_behind_the_first_reason() -> None:
    why = [{"text": "see 3 above", "kind": "pointer"}, {"text": "stood before", "kind": "repeat_self"}]
    (question,) = questions(scored({"stale": ["pointer", "repeat_self"], "stale_why": why}))
    assert (
        question.reasons[0] == "it repeats the action's earlier update" and question.passage == "stood before"
    )


def test_only_the_last_update_of_an_action_counts() -> None:
    table = scored(
        {"action_id": "1", "as_of": "2024-09"},
        {"action_id": "1", "as_of": "2024-03", "status": "off_track"},
        {"action_id": "1", "as_of": "2024-03", "section": "Culture"},
        {"action_id": "", "as_of": "", "recommendation": "Mend the roof."},
        {"action_id": "", "as_of": "", "recommendation": ""},
        {"action_id": "2", "as_of": ""},
        {"action_id": "2", "as_of": ""},
    )
    assert latest(table)["row_id"].tolist() == ["r0", "r2", "r3", "r4", "r6"]
    assert questions(table) == []


def test_actions_are_told_apart_with_and_without_ids() -> None:
    roof, yard = {"recommendation": "Mend the roof."}, {"recommendation": "Sweep the yard."}
    table = scored(
        {"action_id": "", **roof, "as_of": "2024-03"},
        {"action_id": "", "recommendation": "Mend the  ROOF", "as_of": "2024-09"},
        {"action_id": "", **yard},
        {"action_id": "", **yard, "section": "Depots"},
        {"action_id": "", "recommendation": ""},
        {"action_id": "", "recommendation": ""},
        {"action_id": "1", **roof},
        {"action_id": "1", **roof, "source": "next.txt"},
        {"action_id": "1", **yard, "source": "other.txt", "plan": "Another plan"},
        {"action_id": "1", "recommendation": "", "source": "other.txt", "plan": "Another plan"},
    )
    assert action_numbers(table) == [0, 0, 1, 2, 3, 4, 5, 5, 6, 6]
    assert latest(table)["row_id"].tolist() == ["r1", "r2", "r3", "r4", "r5", "r7", "r9"]


def test_summary_counts_the_three_answers_apart() -> None:
    table = scored(
        {}, OPTIMISTIC | {"calendar_status": "overdue", "stale": ["no_change"]}, {"declared_status": ""}
    )
    lines = summary_lines(table)
    assert not [line for line in lines if "undated" in line]
    assert "  undated   1 update without" in " ".join(summary_lines(scored({"as_of": ""})))
    assert lines[0] == "3 updates of 3 actions, Northmoor FRS, 2024-09"
    squeezed = [" ".join(line.split()) for line in lines]
    for line in (
        "complete 1 2",
        "on track 1 -",
        "at risk - 1",
        "not given 1 -",
        "calendar 1 overdue, 2 not due",
        "evidence 3 strong",
        "stale 1 no change",
        "flags none",
        "declared better than the narrative supports: 1; worse: 0",
    ):
        assert line in squeezed


@pytest.mark.parametrize("width", [60, 80, 100])
def test_nothing_is_wider_than_asked(width: int) -> None:
    long = {"recommendation": "word " * 60, "update": "word " * 400, "due_date": "2024-01-01"}
    why = [{"text": "word " * 100, "kind": "no_change"}]
    table = scored(
        *[OPTIMISTIC | long | {"stale": ["no_change"], "stale_why": why, "calendar_status": "overdue"}] * 12
    )
    table["links"] = [[{"id": "4", "title": "word " * 30, "grade": "related", "score": 0.5}]] * 11 + [[]]
    account = Account("p.txt", 3, Counter(action=2), 2, 2, (Check("word " * 30, "1", "2", False),))
    lines = summary_lines(table, width=width) + question_lines(questions(table), width=width)
    lines += links_lines(table, title="Spotlight", width=width) + account_lines([account], width=width)
    assert max(map(len, lines)) <= width
    assert "The ten updates most in need of a question" in lines
    assert "1 rows not accounted for" in lines[-1]


def test_links_and_their_absence_are_both_said() -> None:
    table = scored(
        {"links": [{"id": "21", "title": "Feedback", "grade": "equivalent", "score": 0.8312}]}, {}, {}
    )
    lines = links_lines(table, title="Spotlight")
    assert lines == [
        "Links to Spotlight",
        "      0 → 21 Feedback (equivalent, 0.83)",
        "  no recommendation fits: 1, 2",
    ]
