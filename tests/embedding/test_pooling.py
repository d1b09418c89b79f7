"""Whole texts from their sentences: each encoded once, the longer counted for more, the same in any company."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pytest
from numpy.typing import NDArray

from nlpkit.embedding.pooling import pool, pooled, sentences_of


class Counting:
    """Encodes a text by its length; remembers what it was asked for, call by call."""

    def __init__(self) -> None:
        self.asked: list[list[str]] = []

    def encode(self, texts: Sequence[str]) -> NDArray[np.float32]:
        self.asked.append(list(texts))
        angles = np.array([float(len(text)) for text in texts])
        return np.stack([np.cos(angles), np.sin(angles)], axis=1).astype(np.float32)


def test_a_text_of_one_sentence_stands_for_itself() -> None:
    assert sentences_of(" Crews met. ") == (" Crews met. ",) and sentences_of("") == ("",)
    assert sentences_of("Crews met. Hoses were tested.") == ("Crews met.", "Hoses were tested.")


def test_sentences_are_asked_for_once_and_together() -> None:
    encoder = Counting()
    texts = ["Crews met. Hoses were tested.", "Hoses were tested.", "Hoses were tested. Crews met.", ""]
    found = pooled(texts, encoder.encode)
    assert encoder.asked == [["Crews met.", "Hoses were tested.", ""]]
    assert found.shape == (4, 2) and found.dtype == np.float32
    assert np.allclose(np.linalg.norm(found, axis=1), 1)
    assert np.array_equal(found[1], Counting().encode(["Hoses were tested."])[0])


def test_a_vector_does_not_depend_on_its_company() -> None:
    texts = ["Crews met. Hoses were tested.", "Boats sank. Crews met. Roofs leak.", "Roofs leak."]
    together = pooled(texts, Counting().encode)
    alone = [pooled([text], Counting().encode)[0] for text in reversed(texts)][::-1]
    assert together.tobytes() == np.stack(alone).tobytes()


def test_longer_sentences_count_for_more() -> None:
    one, other = np.eye(2, dtype=np.float32)
    assert pool(["abc", "a"], np.stack([one, other])) == pytest.approx([3 / 10**0.5, 1 / 10**0.5])
    assert pool(["a", "b"], np.stack([one, -one])).tolist() == [0, 0], "no direction, but no failure"


def test_no_texts_give_no_vectors() -> None:
    assert pooled([], lambda texts: np.zeros((len(texts), 2), dtype=np.float32)).shape == (0, 2)
