"""What a sentence gives, found for all at once, is what the vote loses where it is left out; and what is
judged of an update does not depend on those beside it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

import numpy as np
import pytest

from nlpkit.analysis.grams import Vocabulary
from nlpkit.analysis.house import House
from nlpkit.analysis.pools import POOLED, pooled, salience
from nlpkit.analysis.status_model import (
    RULES,
    STATUSES,
    StatusModel,
    Told,
    packaged_model,
    rule_scores,
    softmax,
    vote,
)

TEXTS = (
    "The policy was approved by the Board on 3 May 2024.",
    "Training has been delayed because the supplier left.",
    "Training has been delayed because the supplier left.",
    "xqz",
    "Work continues and will be completed by December.",
    "",
)
HOUSE = House({"training": 1.0}, {"training": [0.5, -0.5, 0, 0, 0.1, 0, 0]}, [0.1] * 7, {})


def alone(
    model: StatusModel, told: Told, document: Mapping[str, float], verdicts: Mapping[str, np.ndarray]
) -> tuple[np.ndarray, np.ndarray, np.ndarray, dict[str, np.ndarray]]:
    """The evidence, the probabilities and what each sentence and signal gives, each by itself."""
    arrays, numbers = model.arrays, [model.vocabulary.numbered(text) for text in told.texts]
    evidence = np.zeros((len(told.texts), 8))
    for i, (values, vector, known) in enumerate(zip(told.values, told.vectors, numbers, strict=True)):
        cues = np.array([values.get(name, 0.0) for name in model.sentence_names])
        distinct, weights = model.vocabulary.weighted(known)
        words = weights @ arrays["sentence_words"][distinct] + cues @ arrays["sentence_cues"]
        meant = vector.astype(float) @ arrays["vectors"] + cues @ arrays["vector_cues"]
        meant += arrays["vectors_bias"]
        meant = np.where(meant > 0, meant, 0) @ arrays["meant"] + arrays["meant_bias"]
        members = softmax(words + arrays["sentence_words_bias"]), softmax(meant)
        evidence[i] = softmax((np.log(members[0]) + np.log(members[1])) / 2)

    def voted(chosen: list[int], document: Mapping[str, float]) -> np.ndarray:
        values = [document.get(name, 0.0) for name in model.document_names]
        inner = np.concatenate([values, pooled(evidence[chosen])]) @ arrays["document"]
        inner += arrays["document_bias"]
        stages = softmax(np.where(inner > 0, inner, 0) @ arrays["hidden"] + arrays["hidden_bias"])
        distinct, weights = model.vocabulary.weighted([n for k in chosen for n in numbers[k]])
        words = softmax(weights @ arrays["words"][distinct] + arrays["words_bias"])
        said = vote(np.log(stages), np.log(words), rule_scores(document)) / model.temperature + model.shift
        return np.log(softmax(said + model._in_house([told.texts[k] for k in chosen])))

    every = list(range(len(told.texts)))
    whole = voted(every, document)
    lost = np.array([whole - voted([k for k in every if k != i], document) for i in every])
    signals = {}
    for name in document:
        if name.startswith("signal_") and name in model.document_names:
            short = name.removeprefix("signal_")
            left = dict(zip(RULES, verdicts[short], strict=True)) if short in verdicts else {}
            signals[short] = whole - voted(every, {**document, name: 0.0, **left})
    return evidence, np.exp(whole), lost.reshape(-1, 7), signals


def made_up(model: StatusModel, texts: Sequence[str]) -> tuple[Told, dict[str, float]]:
    chance = np.random.default_rng(len(texts))
    told = Told(
        texts,
        chance.normal(size=(len(texts), len(model.arrays["vectors"]))).astype(np.float32),
        [
            {"no_such_name": 1.0, **dict(zip(model.sentence_names, chance.random(5), strict=False))}
            for _ in texts
        ],
    )
    return told, {name: float(chance.random()) for name in (*model.document_names, *RULES)}


@pytest.mark.parametrize("house", [None, HOUSE])
@pytest.mark.parametrize("count", range(len(TEXTS) + 1))
def test_what_is_lost(house: House | None, count: int) -> None:
    model = replace(packaged_model(), house=house)
    told, document = made_up(model, list(TEXTS[:count]))
    chance = np.random.default_rng(7)
    verdicts = {name: np.log(chance.dirichlet(np.ones(7))) for name in ("setback", "plan_late", "delivered")}
    verdicts = verdicts if count % 2 else {}
    (reading,) = model.read(model.read_sentences([told]), [document], [verdicts] if verdicts else ())
    _, probabilities, lost, signals = alone(model, told, document, verdicts)
    assert reading.lost.shape == (count, len(STATUSES))
    np.testing.assert_allclose(reading.lost, lost, atol=1e-9)
    np.testing.assert_allclose(reading.probabilities, probabilities, atol=1e-12)
    assert "plan_gap" in signals and reading.lost_signals.keys() == signals.keys()
    for name, given in signals.items():
        np.testing.assert_allclose(reading.lost_signals[name], given, atol=1e-9)


@pytest.mark.parametrize("house", [None, HOUSE])
def test_updates_read_together_are_read_as_alone(house: House | None) -> None:
    model = replace(packaged_model(), house=house)
    every = [
        made_up(model, texts)
        for texts in (TEXTS, [], TEXTS[2:4], ["xqz"], [""], list(reversed(TEXTS)), [], TEXTS[:1])
    ]
    sentences = model.read_sentences([told for told, _ in every])
    readings = model.read(sentences, [document for _, document in every])
    assert len(readings) == len(every)
    for one, told, reading in zip(every, sentences.of_each(), readings, strict=True):
        evidence, probabilities, lost, _ = alone(model, *one, {})
        np.testing.assert_allclose(told, evidence, atol=1e-12)
        np.testing.assert_allclose(reading.probabilities, probabilities, atol=1e-12)
        np.testing.assert_allclose(reading.lost, lost, atol=1e-9)
    assert model.read(model.read_sentences([]), []) == [] and model.read_sentences([]).of_each() == []


def test_background_counts_for_little() -> None:
    evidence = np.zeros((3, 8))
    evidence[:, -1] = (0.2, 0.6, 1.0)
    assert salience(evidence).tolist() == pytest.approx([1.0, 0.5, 0.05])
    assert salience(evidence[:0]).shape == (0,)


def test_an_update_that_tells_little_is_pooled_to_the_same_shares_as_one_that_tells_much() -> None:
    much = np.array([[0.6, 0.3, 0.0, 0.0, 0.0, 0.0, 0.0, 0.1]])
    little = np.array([[0.02, 0.01, 0.0, 0.0, 0.0, 0.0, 0.0, 0.97]])
    shares = slice(4 * 8, POOLED - 1)
    np.testing.assert_allclose(pooled(little)[shares], pooled(much)[shares])
    assert np.exp(pooled(much)[shares][0]) == pytest.approx(0.05 + 2 / 3)
    assert pooled(np.zeros((0, 8)))[-1] == 1 and pooled(np.full((2, 8), 0.125))[-1] == 0


def test_grams_are_counted_sentence_by_sentence() -> None:
    vocabulary = Vocabulary({"crews": 0, "crews met": 1, "met": 2, "^ crews met": 3}, np.ones(4))
    counted = vocabulary.counted(["Crews met crews.", "", "Boats met. Crews met!", "xqz"])
    assert counted.starts.tolist() == [0, 4, 4, 7, 7]
    assert counted.numbers.tolist() == [0, 1, 2, 3, 0, 1, 2]
    assert counted.counts.tolist() == [2, 1, 1, 1, 1, 1, 2]
    assert counted.sums(counted.counts[:, None]).ravel().tolist() == [5, 0, 4, 0]
    whole, place = counted.put_together(np.array([2, 0, 2]))
    assert whole.starts.tolist() == [0, 4, 4, 7]
    assert whole.numbers.tolist() == [0, 1, 2, 3, 0, 1, 2]
    assert place.tolist() == [0, 1, 2, 3, 4, 5, 6]
    whole, place = counted.put_together(np.array([4]))
    assert whole.numbers.tolist() == [0, 1, 2, 3]
    assert whole.counts.tolist() == [3, 2, 3, 1]
    assert place.tolist() == [0, 1, 2, 3, 0, 1, 2]
    assert vocabulary.counted([]).starts.tolist() == [0]
