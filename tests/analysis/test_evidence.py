"""Evidence: checkable facts, what is missing, and the flags of the codebook."""

from __future__ import annotations

import json
from collections.abc import Sequence

import numpy as np
import pandas as pd
import pytest
from numpy.typing import NDArray

from nlpkit import features
from nlpkit.analysis import evidence, status
from nlpkit.analysis.topic import compared_texts, coverage, doubtful, off_topic
from nlpkit.resources import bundled, lexicon
from nlpkit.schema import Evidence, Flag, conform


def judged(*rows: dict[str, str]) -> pd.DataFrame:
    table = conform(pd.DataFrame([{"recommendation": "", "as_of": "2023-06", **row} for row in rows]))
    made = features.compute(table)
    return evidence.judge(table, made, status.judge(table, made))


def one(update: str, **more: str) -> pd.Series:
    return judged({"update": update, **more}).iloc[0]


def check_split() -> tuple[pd.DataFrame, list[dict[str, list[str]]], pd.DataFrame]:
    lines = bundled("corpora/updates/starter.jsonl").read_text(encoding="utf8").splitlines()
    rows = [row for row in map(json.loads, lines) if row["split"] == "check"]
    labels = [row.pop("labels") for row in rows]
    table = conform(pd.DataFrame(rows))
    made = features.compute(table)
    return table, labels, evidence.judge(table, made, status.judge(table, made))


def quadratic_kappa(truth: Sequence[str], got: Sequence[str]) -> float:
    order = [str(level) for level in Evidence]
    table = np.zeros((3, 3))
    for t, g in zip(truth, got, strict=True):
        table[order.index(t), order.index(g)] += 1
    weight = np.subtract.outer(np.arange(3), np.arange(3)) ** 2
    chance = np.outer(table.sum(1), table.sum(0)) / table.sum()
    return float(1 - (weight * table).sum() / (weight * chance).sum())


ASKED = {
    "recommendation": "The service should train its call handlers in giving flood advice to the public.",
    "required_outcome": "Callers feel that they are given better advice.",
}


def test_levels_rise_with_what_is_shown() -> None:
    frame = judged(
        {"update": "Flood advice is very important to us and we take it seriously.", **ASKED},
        {"update": "A flood advice course was delivered to call handlers in May 2023.", **ASKED},
        {
            "update": "A flood advice course was delivered to all 44 call handlers between 2 and 23 May 2023. In the "
            "caller survey of June 2023 91% were satisfied with the advice, up from 70%.",
            **ASKED,
        },
    )
    assert list(frame["evidence"]) == ["weak", "partial", "strong"]
    scores = list(frame["evidence_score"])
    assert scores == sorted(scores) and 0 <= scores[0] < scores[-1] <= 1


def test_promises_are_no_evidence() -> None:
    done = one("The course was delivered to 44 call handlers on 23 May 2023.", **ASKED)
    promised = one("The course will be delivered to 44 call handlers on 23 August 2023.", **ASKED)
    assert done["evidence_score"] > promised["evidence_score"]
    assert promised["evidence"] == "weak"
    assert promised["flags"] == ["future_only"]


def test_strong_takes_two_facts() -> None:
    found = one("All call handlers have been trained, assessed, signed off and are in place.", **ASKED)
    assert found["evidence"] != "strong"


@pytest.mark.parametrize(
    "claim",
    [
        "All recommendations have been implemented and the action is closed.",
        "We are confident that current arrangements meet this.",
        "This has been completed and is now business as usual.",
    ],
)
def test_a_bare_claim_shows_nothing(claim: str) -> None:
    assert one(claim, **ASKED)["evidence"] == "weak"
    told = f"{claim} Call handlers at Tarn Street sat the flood advice course on 3 May 2023."
    assert one(told, **ASKED)["evidence"] != "weak"


def test_a_dated_sign_off_and_a_count_of_all_is_strong() -> None:
    update = "Signed off by the Harbour Board on 4 May 2023. All 412 premises have been inspected."
    assert one(update, recommendation="Inspect every premises of high risk.")["evidence"] == "strong"


@pytest.mark.parametrize(
    "update",
    [
        "Meetings have been held, workshops run and emails sent.",
        "A working group has been set up and met twice.",
    ],
)
def test_process_alone_is_activity_where_an_outcome_is_asked_for(update: str) -> None:
    asked = {"recommendation": "Shorten the queue.", "required_outcome": "Nobody waits beyond 14 days."}
    assert "activity_only" in one(update, **asked)["flags"]
    assert "activity_only" not in one(update, recommendation="Shorten the queue.")["flags"]
    assert "activity_only" not in one("The queue was cleared in May.", **asked)["flags"]


def test_facts_are_named_and_so_is_what_is_missing() -> None:
    found = one("The course was delivered to call handlers in May 2023.", **ASKED)
    kinds = {reason["kind"] for reason in found["evidence_why"]}
    assert "date_done" in kinds and "figure" not in kinds
    outcome = lexicon("evidence_words")["missing"]["outcome"]
    last = found["evidence_why"][-1]
    assert last["text"] == "" and last["kind"].startswith("missing: ") and outcome in last["kind"]
    assert [reason["kind"].startswith("missing") for reason in found["evidence_why"]].count(True) == 1
    told = one("Following the course 91% of callers feel that they are given better advice.", **ASKED)
    assert outcome not in told["evidence_why"][-1]["kind"]


def test_nothing_said_is_weak_without_flags() -> None:
    for update in ("", "N/a", "Complete"):
        found = one(update, **ASKED)
        assert (found["evidence"], found["flags"]) == ("weak", []), update


@pytest.mark.parametrize(
    ("update", "flag"),
    [
        (
            "Training will be sourced later this year and call handlers will be booked on to it.",
            "future_only",
        ),
        ("Work is ongoing with the relevant people and we continue to look at this.", "vague"),
        ("A course has been bought in and 30 call handlers have attended it.", "activity_only"),
    ],
)
def test_flags(update: str, flag: str) -> None:
    assert flag in one(update, **ASKED)["flags"]


@pytest.mark.parametrize(
    ("update", "flag"),
    [
        ("Training was given in May and more will be booked.", "future_only"),
        ("The Flood Forum met on 3 May and agreed the course.", "vague"),
        ("See 4 above.", "vague"),
        (
            "Callers were surveyed in May: 91% feel they get better advice, compared with 70% last year.",
            "activity_only",
        ),
    ],
)
def test_flags_are_not_given_freely(update: str, flag: str) -> None:
    assert flag not in one(update, **ASKED)["flags"]


def test_activity_only_needs_an_outcome_asked_for() -> None:
    update = "A course has been bought in and 30 call handlers have attended it."
    assert "activity_only" not in one(update, recommendation=ASKED["recommendation"])["flags"]


def test_declared_mismatch_comes_from_the_status_judgement() -> None:
    found = one("The course has been cancelled and there is no other.", declared="GREEN", **ASKED)
    assert "declared_mismatch" in found["flags"]
    assert "declared_mismatch" not in one("The course is being run.", declared="GREEN", **ASKED)["flags"]


FAR = (
    "The vehicle workshop roof was repaired in April and the stores have been painted by a local contractor."
)


def test_off_topic_by_words() -> None:
    assert "off_topic" in one(FAR, **ASKED)["flags"]
    assert "off_topic" not in one("A flood course for call handlers was held in April.", **ASKED)["flags"]
    assert "off_topic" not in one(FAR + " See also 7 above.", **ASKED)["flags"]
    assert "off_topic" not in one(FAR, recommendation="Improve training.")["flags"]


class Constant:
    """Every text has the same vector: all mean the same."""

    name = "constant"
    dimension = 2

    def encode(self, texts: Sequence[str]) -> NDArray[np.float32]:
        return np.tile(np.array([1, 0], dtype=np.float32), (len(texts), 1))


def test_off_topic_is_held_back_where_the_meaning_is_near() -> None:
    table = conform(pd.DataFrame([{"update": FAR, **ASKED}]))
    assert off_topic(table, features.compute(table))[0] > 0.5
    assert off_topic(table, features.compute(table, encoder=Constant())) == [0.0]


def test_what_off_topic_will_ask_for_is_known_beforehand() -> None:
    short = {"recommendation": "Test hydrants.", "update": "The stores were painted by a contractor in May."}
    table = conform(
        pd.DataFrame(
            [{"update": FAR, **ASKED}, short, {**short, "planned_action": "Test them all. Map them."}]
        )
    )

    class Asked(Constant):
        def encode(self, texts: Sequence[str]) -> NDArray[np.float32]:
            assert not ready, f"asked for {texts}"
            return super().encode(texts)

    ready = False
    made = features.compute(table, encoder=Asked())
    found = doubtful(table, made)
    texts = compared_texts(made, found)
    assert FAR in texts and "Test them all. Map them." in texts
    made.pooled(texts)
    ready = True
    assert off_topic(table, made) == off_topic(table, made, found) == [0.0, 0.0, 0.0]


class Apart:
    """Texts mean the same if they hold the same first letter, else nothing in common."""

    name = "apart"
    dimension = 256

    def encode(self, texts: Sequence[str]) -> NDArray[np.float32]:
        return np.eye(256, dtype=np.float32)[[ord(text[0]) % 256 for text in texts]]


@pytest.mark.parametrize(
    ("update", "away"),
    [
        ("Canteen walls were repainted and chairs bought.", True),
        ("The canteen walls were repainted and chairs bought.", False),  # near in meaning
        ("Canteen walls were repainted and commanders were pleased.", False),  # shares a word
        ("Canteen walls will be repainted and chairs bought.", False),
        ("Canteen walls painted: 7 of 9.", False),
        ("Canteen walls have not been repainted.", False),
    ],
)
def test_off_topic_of_a_short_recommendation_needs_meaning_far_apart(update: str, away: bool) -> None:
    table = conform(pd.DataFrame([{"update": update, "recommendation": "Train incident commanders."}]))
    assert (off_topic(table, features.compute(table, encoder=Apart()))[0] > 0.5) is away
    assert off_topic(table, features.compute(table)) == [0.0]


def test_coverage() -> None:
    assert coverage("train call handlers in flood advice", "handlers trained to give flood advice") > 0.9
    assert coverage("train call handlers", "roof repaired") == 0
    assert coverage("", "roof repaired") == 0


def test_reasons_are_passages_of_the_update() -> None:
    table, _, frame = check_split()
    assert list(frame.index) == list(table.index)
    order = [str(flag) for flag in Flag]
    for (_, row), (_, found) in zip(table.iterrows(), frame.iterrows(), strict=True):
        for reason in found["evidence_why"]:
            if reason["kind"].startswith("missing: "):
                assert set(reason) == {"text", "kind"}
            else:
                assert set(reason) == {"text", "kind", "start", "end"}
                assert row["update"][reason["start"] : reason["end"]] == reason["text"], row["row_id"]
        assert found["flags"] == sorted(found["flags"], key=order.index)
        assert 0 <= found["evidence_score"] <= 1


def test_the_check_split_is_judged_no_worse_than_it_was() -> None:
    _, labels, frame = check_split()
    assert quadratic_kappa([row["evidence"] for row in labels], list(frame["evidence"])) >= 0.68
    hit = said = true = 0
    for row, flags in zip(labels, frame["flags"], strict=True):
        hit += len({*row["flags"]} & {*flags})
        said += len(flags)
        true += len(row["flags"])
    assert 2 * hit / (said + true) >= 0.62
