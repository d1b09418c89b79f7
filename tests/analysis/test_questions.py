"""The question to an update's service: made of what was found, and only where it is called for."""

from __future__ import annotations

import json

import pandas as pd

from nlpkit.resources import bundled
from nlpkit.scoring import score


def asked(*rows: dict[str, str]) -> list[str]:
    table = pd.DataFrame([{"as_of": "2024-03", **row} for row in rows])
    return list(score(table, catalogue=None)["question"])


ASKED = {
    "action_id": "4",
    "recommendation": "Shorten the time that callers wait for an answer.",
    "required_outcome": "Callers wait less than ten seconds (Control log)",
}


def test_an_unanswered_outcome_is_asked_for_by_its_record_and_since_when() -> None:
    first, second = asked(
        {"update": "A rota review has begun.", "period": "Q1", **ASKED},
        {"update": "The rota review goes on.", "period": "Q2", **ASKED, "as_of": "2024-09"},
    )
    assert "in Control log that “Callers wait less than ten seconds”" in first
    assert "since" not in first
    assert "since March 2024" in second


def test_several_outcomes_are_asked_for_together() -> None:
    required = "Callers wait less. Callers feel heard. Fewer calls are lost."
    (question,) = asked({**ASKED, "update": "A working group has met.", "required_outcome": required})
    assert question.startswith("Which of the three outcomes required (Callers wait less; ")


def test_nothing_is_asked_of_an_update_that_shows_its_outcome() -> None:
    update = (
        "The new rota went live on 4 January 2024. Callers now wait 7 seconds on average against 14 last year, "
        "as the internal audit of February 2024 confirmed; 96% of 1,204 calls were answered within ten."
    )
    assert asked({"update": update, **ASKED}) == [""]


def test_a_declared_status_that_the_narrative_does_not_bear_out_comes_first() -> None:
    (question,) = asked({"update": "The work has been stopped.", "declared": "Complete", **ASKED})
    assert question.startswith(
        "This is declared 'Complete', but the update says “The work has been stopped.”"
    )


def test_nothing_new_a_missing_narrative_and_a_pointer_have_their_own_questions() -> None:
    told = {"update": "A rota review has begun with the unions.", "period": "Q1", **ASKED}
    later = {**ASKED, "period": "Q2", "as_of": "2024-09"}
    assert "Nothing new is told since March 2024" in asked(told, {**later, "update": "No change."})[1]
    assert "What has been done since March 2024" in asked(told, {**later, "update": ""})[1]
    other = {"action_id": "9", "as_of": "2024-03", "recommendation": "Review the call script."}
    assert "the update on 4 show" in asked(told, {**other, "update": "See 4 above."})[1]


def test_a_date_gone_by_is_asked_after() -> None:
    (question,) = asked({"update": "The rota will be in use by January 2024.", **ASKED})
    assert question.startswith("'January 2024' had passed by 2024-03-01: was it done, and when")


def test_a_date_that_has_moved_is_asked_after() -> None:
    first = {
        "update": "The new rota for call handlers will be introduced by June 2024.",
        "period": "Q1",
        **ASKED,
    }
    later = {
        "update": "The new rota for call handlers will be introduced by January 2025.",
        "period": "Q2",
        **ASKED,
    }
    question = asked(first, {**later, "as_of": "2024-09"})[1]
    assert question.startswith("The date given has moved (2024-06-30 → 2025-01-31): why")


def test_a_question_quotes_only_what_was_given() -> None:
    lines = bundled("corpora/updates/starter.jsonl").read_text(encoding="utf8").splitlines()
    table = pd.DataFrame([json.loads(line) for line in lines[:80]]).drop(columns="labels")
    scored = score(table, catalogue=None)
    assert scored["question"].ne("").any() and scored["question"].eq("").any()
    for row in scored.to_dict("records"):
        given = " ".join(f"{row['update']} {row['required_outcome']} {row['planned_action']}".split())
        for quoted in row["question"].split("“")[1:]:
            assert quoted.split("”")[0].removesuffix(" …") in given, row["row_id"]
