"""What a sentence gives, found for all at once, is what the vote loses where it is left out."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from nlpkit.analysis import status_model
from nlpkit.analysis.house import House
from nlpkit.analysis.status_model import RULES, STATUSES, StatusModel, packaged_model

TEXTS = (
    "The policy was approved by the Board on 3 May 2024.",
    "Training has been delayed because the supplier left.",
    "Training has been delayed because the supplier left.",
    "xqz",
    "Work continues and will be completed by December.",
    "",
)
HOUSE = House({"training": 1.0}, {"training": [0.5, -0.5, 0, 0, 0.1, 0, 0]}, [0.1] * 7, {})


def lost_one_by_one(model: StatusModel, texts: list[str], given: tuple[object, ...]) -> np.ndarray:
    vectors, sentences, document = given
    numbers = [model.vocabulary.numbered(text) for text in texts]
    evidence = model.evidence(numbers, vectors, sentences)  # type: ignore[arg-type]
    values = status_model._in_order(model.document_names, document)  # type: ignore[arg-type]
    rules = np.array([document[name] for name in RULES])  # type: ignore[index]

    def voted(chosen: list[int]) -> np.ndarray:
        return model._vote(
            values,
            evidence[chosen],
            [numbers[k] for k in chosen],
            rules,
            model._in_house([texts[k] for k in chosen]),
        )

    every = list(range(len(texts)))
    return np.array([voted(every) - voted([k for k in every if k != i]) for i in every]).reshape(-1, 7)


@pytest.mark.parametrize("house", [None, HOUSE])
@pytest.mark.parametrize("count", range(len(TEXTS) + 1))
@pytest.mark.parametrize("at_once", [1, 500_000])
def test_what_is_lost(house: House | None, count: int, at_once: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(status_model, "_LEFT_OUT_AT_ONCE", at_once)
    model = replace(packaged_model(), house=house)
    chance = np.random.default_rng(count)
    texts = list(TEXTS[:count])
    vectors = chance.normal(size=(count, len(model.arrays["vectors"]))).astype(np.float32)
    sentences = [dict(zip(model.sentence_names, chance.random(5), strict=False)) for _ in texts]
    document = {name: float(chance.random()) for name in (*model.document_names, *RULES)}
    given = (vectors, sentences, document)
    reading = model.read(texts, model.read_sentences(texts, vectors, sentences), document)
    assert reading.lost.shape == (count, len(STATUSES))
    np.testing.assert_allclose(reading.lost, lost_one_by_one(model, texts, given), atol=1e-9)
    assert reading.probabilities.sum() == pytest.approx(1)
