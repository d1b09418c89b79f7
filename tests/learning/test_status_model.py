"""The learned status model: trained on planted updates, kept as data, checked when it is loaded."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from dataclasses import replace
from functools import cache
from itertools import product
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

import nlpkit
from nlpkit import features
from nlpkit.analysis import status
from nlpkit.analysis.grams import grams
from nlpkit.analysis.signals import read_signals
from nlpkit.analysis.status_model import (
    STATUSES,
    StatusModel,
    document_values,
    kept_model,
    packaged_model,
    rule_scores,
    vote,
)
from nlpkit.analysis.views import case_at
from nlpkit.errors import InputError, NlpkitError
from nlpkit.learning import train
from nlpkit.learning.corpus import corpus, labelled, labelled_table
from nlpkit.learning.train import Trained, fit, material, predict, split_by_group, train_status, write
from nlpkit.resources import bundled
from nlpkit.schema import conform


class WordHash:
    """Vectors from the words alone: enough to be an encoder."""

    name = "word-hash"
    dimension = 12

    def encode(self, texts: Sequence[str]) -> Any:
        out = np.zeros((len(texts), self.dimension), dtype=np.float32)
        for i, text in enumerate(texts):
            for word in text.lower().split():
                out[i, hashlib.sha256(word.encode()).digest()[0] % self.dimension] += 1
            out[i] /= max(1e-9, float(np.linalg.norm(out[i])))
        return out


THINGS = [
    "kiosk",
    "ferry pass",
    "bell tower",
    "seed store",
    "ice rink",
    "print room",
    "boat shed",
    "map desk",
]
TELLING = {
    "complete": "The {} was opened in March and is used every day.",
    "on_track": "The {} is being built and the roof is going on.",
    "at_risk": "The {} is being built but the supplier has let us down.",
    "off_track": "Work on the {} has stalled.",
    "not_started": "The {} will be looked at next year.",
    "declined": "We have decided not to go ahead with the {}.",
    "unclear": "The {} is a thing of beauty.",
}
TOWNS = ["Ambleford", "Brackwater", "Cotherby", "Dunmere"]


def planted() -> pd.DataFrame:
    rows = []
    for town, thing, label in product(TOWNS, THINGS[:4], STATUSES):
        said = TELLING[label].format(thing)
        rows.append(
            {
                "service": town,
                "action_id": str(len(rows)),
                "recommendation": f"Open the {thing}.",
                "as_of": "2023-06",
                "update": f"Visitors ask for it often in {town}. {said}",
                "status": label,
                "why": said,
            }
        )
    return pd.DataFrame(rows)


@cache
def trained() -> Trained:
    rows = planted()
    data = labelled(rows.drop(columns=["status", "why"]), list(rows["status"]), rows["why"], {"planted": "0"})
    return fit(material(data, WordHash()))


def judged(*updates: str) -> pd.DataFrame:
    table = conform(pd.DataFrame([{"update": text, "as_of": "2023-06"} for text in updates]))
    return status.judge(table, features.compute(table, encoder=WordHash()), model=trained().model)


def test_what_was_planted_is_recovered_for_services_left_out() -> None:
    truth = [STATUSES.index(label) for label in planted()["status"]]
    assert (trained().left_out.argmax(axis=1) == truth).mean() > 0.95
    np.testing.assert_allclose(trained().left_out.sum(axis=1), 1.0)


def test_labels_without_the_deciding_passages_will_do() -> None:
    rows = planted()
    data = labelled(rows.drop(columns=["status", "why"]), list(rows["status"]), [""] * len(rows), {})
    truth = [STATUSES.index(label) for label in rows["status"]]
    assert (fit(material(data, WordHash())).left_out.argmax(axis=1) == truth).mean() > 0.9


@pytest.mark.parametrize("label", STATUSES)
def test_it_carries_over_to_things_it_has_not_met(label: str) -> None:
    assert judged(TELLING[label].format("telescope"))["status"].iloc[0] == label


def test_the_reason_is_the_sentence_that_decides_and_stands_in_the_update() -> None:
    text = "Visitors ask for it often in Ambleford. Work on the telescope has stalled."
    row = judged(text).iloc[0]
    assert row["status_why"][0]["text"] == "Work on the telescope has stalled."
    assert all(reason["text"] in text for reason in row["status_why"])


def test_a_row_does_not_depend_on_the_rows_beside_it() -> None:
    texts = [TELLING[label].format("telescope") for label in STATUSES]
    together = judged(*texts)
    alone = [judged(text).iloc[0]["status_probabilities"] for text in texts]
    assert list(together["status_probabilities"]) == alone


def test_no_narrative_is_unclear_without_asking_the_model() -> None:
    assert list(judged("N/a", "")["status"]) == ["unclear", "unclear"]


def test_training_again_gives_the_same_bytes() -> None:
    rows = planted()
    data = labelled(rows.drop(columns=["status", "why"]), list(rows["status"]), rows["why"], {"planted": "0"})
    again = fit(material(data, WordHash())).model
    assert again.files() == trained().model.files()


def test_probabilities_are_shifted_half_way_to_how_common_a_status_is() -> None:
    rows = planted()
    data = labelled(rows.drop(columns=["status", "why"]), list(rows["status"]), rows["why"], {})
    shifted = fit(material(data, WordHash()), {"on_track": 0.5})
    place, share = STATUSES.index("on_track"), (rows["status"] == "on_track").mean()
    added = 0.5 * np.log(0.5 / share)
    assert shifted.model.shift[place] == pytest.approx(added) and sum(map(bool, shifted.model.shift)) == 1
    plain, moved = trained().left_out, shifted.left_out
    odds = np.log(moved[:, place] / moved[:, 0]) - np.log(plain[:, place] / plain[:, 0])
    np.testing.assert_allclose(odds, added)
    np.testing.assert_allclose(moved.sum(axis=1), 1.0)
    again = StatusModel.from_files(*shifted.model.files())
    assert again.shift == shifted.model.shift
    text = "The kiosk was seen in Ambleford."
    table = conform(pd.DataFrame([{"update": text, "as_of": "2023-06"}]))
    made = features.compute(table, encoder=WordHash())
    said = [
        status.judge(table, made, model=model)["status_probabilities"].iloc[0]
        for model in (trained().model, shifted.model)
    ]
    odds_said = [np.log(one["on_track"] / one[STATUSES[0]]) for one in said]
    assert odds_said[1] - odds_said[0] == pytest.approx(added, abs=0.02)


def test_a_model_of_ones_own_rows_is_not_shifted() -> None:
    assert not any(trained().model.shift)


def test_confidence_is_set_on_the_typical_rows() -> None:
    rows = planted()
    odd = [place % 9 == 0 for place in range(len(rows) - 4)] + [False] * 4
    label = [STATUSES[(STATUSES.index(x) + o) % 7] for x, o in zip(rows["status"], odd, strict=True)]
    assert 1 < sum(odd) <= len(rows) - 100

    def temperature(typical: list[bool]) -> float:
        table = rows.drop(columns=["status", "why"])
        data = labelled(table, label, rows["why"], {}, typical=typical)
        return fit(material(data, WordHash())).model.temperature

    assert temperature([not o for o in odd]) < temperature([True] * len(odd))


def test_a_typical_row_counts_as_two() -> None:
    chance = np.random.default_rng(5)
    rows, label = chance.normal(size=(40, 6)), chance.integers(0, 7, 40)
    typical = np.arange(40) % 3 == 0
    twice = np.concatenate([np.arange(40), np.flatnonzero(typical)])
    counted = train._softmax_regression(rows, label, 1.0, counts=np.where(typical, 2.0, 1.0))
    repeated = train._softmax_regression(rows[twice], label[twice], 1.0)
    for one, other in zip(counted, repeated, strict=True):
        np.testing.assert_allclose(one, other, atol=1e-3)
    table = planted()
    data = labelled(table.drop(columns=["status", "why"]), list(table["status"]), table["why"], {})
    read = replace(material(data, WordHash()), typical=np.arange(len(table)) % 2 == 0)
    assert train._counts(read).tolist() == [2.0 if place % 2 == 0 else 1.0 for place in range(len(table))]
    alike = fit(replace(read, typical=np.ones(len(table), dtype=np.bool_))).model.arrays
    for name, found in fit(read).model.arrays.items():
        assert name in {"idf"} or not np.allclose(found, alike[name]), name


def test_what_the_plan_dates_for_later_leaves_little_to_complete_and_unclear() -> None:
    update = (
        "A welfare officer is assigned to everyone who raises a concern, and the guidance is on the portal."
    )
    shares = {}
    for name, plan in (("none", ""), ("dated", "Train the remaining officers by December 2023.")):
        row = {"update": update, "as_of": "2023-05", "recommendation": "Support those who raise concerns."}
        table = conform(pd.DataFrame([{**row, "planned_action": plan}]))
        made = features.compute(table)
        case = case_at(table, made, 0)
        signals = read_signals(case)
        by_rule = dict.fromkeys(STATUSES, 1 / 7)
        assert any(s.name == "plan_gap" and s.value == 1 for s in signals) == (name == "dated")
        shares[name] = vote(np.zeros(7), np.zeros(7), rule_scores(document_values(case, signals, by_rule)))
    lowered = shares["dated"] - shares["none"]
    denied = [STATUSES.index("complete"), STATUSES.index("unclear")]
    assert lowered[denied].max() < -1
    assert np.delete(lowered, denied) == pytest.approx(0)


@pytest.mark.parametrize(
    ("due", "plan", "raised"),
    [
        ("2023-06-01", "Train the remaining officers by 31 December 2023.", True),
        ("2024-01-01", "Train the remaining officers by 31 December 2023.", False),
        ("2023-06-01", "Train the remaining officers.", False),
    ],
)
def test_what_the_plan_dates_after_the_deadline_is_at_risk(due: str, plan: str, raised: bool) -> None:
    update = "Half of the welfare officers were trained in April and the guidance is on the portal."
    row = {"update": update, "as_of": "2023-05", "due": due, "recommendation": "Train welfare officers."}
    table = conform(pd.DataFrame([{**row, "planned_action": plan}]))
    case = case_at(table, features.compute(table), 0)
    signals = read_signals(case)
    assert any(s.name == "plan_late" for s in signals) == raised
    scores = rule_scores(document_values(case, signals, dict.fromkeys(STATUSES, 1 / 7)))
    others = [place for place, name in enumerate(STATUSES) if name in ("on_track", "off_track")]
    assert (scores[STATUSES.index("at_risk")] - scores[others].max() > 1) == raised


def test_a_promise_of_the_narrative_after_the_deadline_is_told_apart_from_the_plan_s() -> None:
    update = "Half of the welfare officers were trained. The rest will be trained by 31 December 2023."
    table = conform(pd.DataFrame([{"update": update, "as_of": "2023-05", "due": "2023-06-01"}]))
    names = {signal.name for signal in read_signals(case_at(table, features.compute(table), 0))}
    assert "planned_late" in names and "plan_late" not in names


def test_a_status_that_nobody_has_is_never_said() -> None:
    rows = planted()
    kept = rows[rows["status"].isin(STATUSES[:4])]
    data = labelled(kept.drop(columns=["status", "why"]), list(kept["status"]), kept["why"], {})
    made = fit(material(data, WordHash()))
    truth = [STATUSES.index(label) for label in kept["status"]]
    assert (made.left_out.argmax(axis=1) == truth).mean() > 0.95
    assert made.model.arrays["hidden_bias"][4:].max() < -10 < made.model.arrays["hidden_bias"][:4].min()


def test_a_model_survives_its_files(tmp_path: Path) -> None:
    write(trained().model, tmp_path, {"about": "planted"})
    facts = json.loads((tmp_path / "model.json").read_text(encoding="utf8"))
    held = (tmp_path / "model.npz").read_bytes()
    assert facts["sha256"] == hashlib.sha256(held).hexdigest()
    again = StatusModel.from_files(facts, held)
    rows = planted()
    data = labelled(rows.drop(columns=["status", "why"]), list(rows["status"]), rows["why"], {})
    read = material(data, WordHash())
    np.testing.assert_allclose(predict(again, read), predict(trained().model, read), atol=1e-4)


def test_a_kept_model_judges_as_it_did_before_it_was_kept(tmp_path: Path) -> None:
    write(trained().model, tmp_path / "mine", {"about": "planted"})
    texts = [TELLING[label].format("telescope") for label in STATUSES]
    table = pd.DataFrame([{"update": text, "as_of": "2023-06"} for text in texts])
    scored = nlpkit.score(table, catalogue=None, encoder=WordHash(), status_model=tmp_path / "mine")
    assert list(scored["status"]) == list(judged(*texts)["status"]) == list(STATUSES)


def test_a_kept_model_is_not_used_with_another_encoder_nor_when_damaged(tmp_path: Path) -> None:
    folder = tmp_path / "mine"
    with pytest.raises(
        NlpkitError, match=r"mine/model\.json cannot be read.*the folder that nlpkit train wrote"
    ):
        kept_model(folder)
    write(trained().model, folder, {"about": "planted"})

    class Other(WordHash):
        name = "other"

    table = pd.DataFrame([{"update": "The kiosk was opened."}])
    with pytest.raises(NlpkitError, match="learned with the encoder 'word-hash', not with 'other'"):
        nlpkit.score(table, catalogue=None, encoder=Other(), status_model=folder)
    (folder / "model.npz").write_bytes(b"something else")
    with pytest.raises(NlpkitError, match=r"model\.npz"):
        kept_model(folder)
    facts = json.loads((folder / "model.json").read_text(encoding="utf8"))
    del facts["temperature"]
    with pytest.raises(NlpkitError, match="lacks temperature"):
        StatusModel.from_files(facts, b"")


def test_the_command_scores_with_a_model_of_ones_own(run: Any, tmp_path: Path) -> None:
    write(trained().model, tmp_path / "mine", {"about": "planted"})
    (tmp_path / "new.jsonl").write_text(
        json.dumps({"update": "The kiosk was opened."}) + "\n", encoding="utf8"
    )
    done = run("score", "new.jsonl", "--catalogue", "none", "--status-model", "mine")
    assert done.returncode == 2 and not done.stdout
    assert "learned with the encoder 'word-hash'" in done.stderr  # nlpkit's own encoder is another


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"format": 0}, "reads format"),
        ({"statuses": ["done"]}, "reads format"),
        ({"sentence_features": ["first"]}, "sentence_cues"),
        ({"document_features": []}, "'document'"),
    ],
)
def test_a_model_that_does_not_fit_is_refused(change: dict[str, Any], message: str) -> None:
    facts, held = trained().model.files()
    with pytest.raises(NlpkitError, match=message):
        StatusModel.from_files({**facts, **change}, held)


def test_vectors_of_another_encoder_are_not_put_to_the_model() -> None:
    table = conform(pd.DataFrame([{"update": TELLING["off_track"].format("telescope"), "as_of": "2023-06"}]))
    without = status.judge(table, features.compute(table))
    other = status.judge(table, features.compute(table, encoder=WordHash()))
    assert other["status_probabilities"].tolist() == without["status_probabilities"].tolist()


def test_the_packaged_model_is_whole_and_learned_from_the_train_split() -> None:
    from nlpkit.analysis.status_model import packaged_model
    from nlpkit.models import learned

    packaged_model()
    assert bundled("models/status/model.npz").stat().st_size < 10_000_000
    assert learned("status")["learned_from"] == corpus("train").sha256


def test_grams_know_the_ends_of_a_sentence_and_treat_numbers_alike() -> None:
    assert grams("Not 12.") == ["^", "not", "0", "$", "^ not", "not 0", "0 $", "^ not 0", "not 0 $"]


def test_a_service_is_never_on_both_sides() -> None:
    group = ["a"] * 5 + ["b"] * 3 + ["c"] * 3 + ["d"]
    fold = split_by_group(group, folds=3)
    assert all(len({f for f, g in zip(fold, group, strict=True) if g == name}) == 1 for name in "abcd")
    assert len(set(fold)) == 3


def test_splits_of_the_corpus_share_no_service() -> None:
    assert not set(corpus("train").group) & set(corpus("test").group)


ROWS = [{"update": f"Step {i} was taken.", "status": "on_track" if i % 2 else "complete"} for i in range(80)]


@pytest.mark.parametrize(
    ("rows", "message"),
    [
        ([{**row, "status": "green"} for row in ROWS], "row 1, column 'status': 'green' is not a status"),
        ([*ROWS, {"update": " ", "status": "complete"}], "row 81, column 'update': has no text"),
        ([{**row, "status": "complete"} for row in ROWS], "has only rows labelled 'complete'"),
        (ROWS[:10], "has 10 labelled rows, too few"),
        ([{"update": row["update"]} for row in ROWS], "has no column 'status'"),
        ([{"status": row["status"]} for row in ROWS], "has no column 'update'"),
    ],
)
def test_labels_that_cannot_be_learned_from_are_refused(
    rows: list[dict[str, str]], message: str, tmp_path: Path
) -> None:
    path = tmp_path / "mine.jsonl"
    path.write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf8")
    with pytest.raises(InputError, match=message):
        labelled_table(path)


def test_a_labelled_table_is_read_with_nested_labels_too(tmp_path: Path) -> None:
    path = tmp_path / "mine.jsonl"
    path.write_text(
        "".join(json.dumps({"update": r["update"], "labels": {"status": r["status"]}}) + "\n" for r in ROWS),
        encoding="utf8",
    )
    assert labelled_table(path).status == tuple(row["status"] for row in ROWS)


def test_the_command_overwrites_no_model(run: Any, tmp_path: Path) -> None:
    (tmp_path / "mine").mkdir()
    done = run("train", "status", "--out", "mine")
    assert done.returncode == 2
    assert "mine exists already, and nothing is overwritten" in done.stderr
    assert not list((tmp_path / "mine").iterdir())


@pytest.mark.slow
def test_a_model_of_ones_own_table_is_not_shifted_and_the_packaged_one_is(tmp_path: Path) -> None:
    rows = planted()
    path = tmp_path / "mine.jsonl"
    rows.to_json(path, orient="records", lines=True)
    said = train_status(path, tmp_path / "model")
    assert f"learned from {len(rows)} rows" in said[0]
    assert not any(kept_model(tmp_path / "model").shift)
    assert packaged_model().shift[STATUSES.index("on_track")] > 0.2


def test_the_command_leaves_nothing_where_the_labels_are_no_good(run: Any, tmp_path: Path) -> None:
    rows = "".join(json.dumps({**row, "status": "green"}) + "\n" for row in ROWS)
    (tmp_path / "mine.jsonl").write_text(rows, encoding="utf8")
    done = run("train", "status", "--data", "mine.jsonl", "--out", "model")
    assert done.returncode == 2 and "'green' is not a status" in done.stderr
    assert not (tmp_path / "model").exists()
