"""What a sentence gives, found for all at once, is what the vote loses where it is left out; and what is
judged of an update does not depend on those beside it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import pytest

from nlpkit.analysis import status_model
from nlpkit.analysis.house import House
from nlpkit.analysis.status_model import (
    RULES,
    STATUSES,
    StatusModel,
    Told,
    Vocabulary,
    packaged_model,
    pooled,
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


def alone(model: StatusModel, told: Told) -> tuple[np.ndarray, np.ndarray]:
    """The probabilities, and what each sentence gives, one sentence and one update after the other."""
    numbers = [model.vocabulary.numbered(text) for text in told.texts]
    evidence = model.evidence(numbers, told.vectors, told.sentences)
    values = status_model._in_order(model.document_names, told.document)
    arrays = model.arrays

    def voted(chosen: list[int]) -> np.ndarray:
        pool = pooled(evidence[chosen])
        stages = softmax(np.concatenate([values, pool]) @ arrays["document"] + arrays["document_bias"])
        distinct, weights = model.vocabulary.weighted([n for k in chosen for n in numbers[k]])
        words = softmax(weights @ arrays["words"][distinct] + arrays["words_bias"])
        said = vote(np.log(stages), np.log(words), rule_scores(told.document)) / model.temperature
        return np.log(softmax(said + model._in_house([told.texts[k] for k in chosen])))

    every = list(range(len(told.texts)))
    lost = np.array([voted(every) - voted([k for k in every if k != i]) for i in every])
    return np.exp(voted(every)), lost.reshape(-1, 7)


def made_up(model: StatusModel, texts: Sequence[str]) -> Told:
    chance = np.random.default_rng(len(texts))
    return Told(
        texts,
        chance.normal(size=(len(texts), len(model.arrays["vectors"]))).astype(np.float32),
        [
            {"no_such_name": 1.0, **dict(zip(model.sentence_names, chance.random(5), strict=False))}
            for _ in texts
        ],
        {name: float(chance.random()) for name in (*model.document_names, *RULES)},
    )


@pytest.mark.parametrize("house", [None, HOUSE])
@pytest.mark.parametrize("count", range(len(TEXTS) + 1))
def test_what_is_lost(house: House | None, count: int) -> None:
    model = replace(packaged_model(), house=house)
    told = made_up(model, list(TEXTS[:count]))
    (reading,) = model.read_all([told])
    probabilities, lost = alone(model, told)
    assert reading.lost.shape == (count, len(STATUSES))
    np.testing.assert_allclose(reading.lost, lost, atol=1e-9)
    np.testing.assert_allclose(reading.probabilities, probabilities, atol=1e-12)


@pytest.mark.parametrize("house", [None, HOUSE])
@pytest.mark.parametrize("at_once", [1, 2, 500])
def test_updates_read_together_are_read_as_alone(
    house: House | None, at_once: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(status_model, "_UPDATES_AT_ONCE", at_once)
    model = replace(packaged_model(), house=house)
    told = [
        made_up(model, texts)
        for texts in (TEXTS, [], TEXTS[2:4], ["xqz"], [""], list(reversed(TEXTS)), [], TEXTS[:1])
    ]
    readings = model.read_all(told)
    assert len(readings) == len(told)
    for one, reading in zip(told, readings, strict=True):
        probabilities, lost = alone(model, one)
        np.testing.assert_allclose(reading.probabilities, probabilities, atol=1e-12)
        np.testing.assert_allclose(reading.lost, lost, atol=1e-9)
    assert model.read_all([]) == []


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
