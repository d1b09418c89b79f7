"""What the steps of linking hand to each other: rows as they are compared, and links."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from nlpkit.embedding.pooling import pooled

__all__ = [
    "Encode",
    "Link",
    "Row",
    "Vectors",
    "passages_of",
    "ranked",
    "short",
    "vectors",
    "window_vectors",
    "windows",
]

_MOST = 5  # links a row can have

Vectors = Mapping[str, NDArray[np.float32]]
"""Texts and their vectors."""


@dataclass(frozen=True, slots=True)
class Row:
    """What of a row is compared: the passages of what is asked and of what is told, the whole last.

    Attributes:
        asks, tells: distinct passages; either may be empty.
        service: who reports; examples of the same service are left aside.
    """

    asks: tuple[str, ...]
    tells: tuple[str, ...]
    service: str = ""

    @property
    def main(self) -> tuple[str, ...]:
        """The passages that say what the action is: what is asked, or else what is told."""
        return self.asks or self.tells

    @property
    def whole(self) -> str:
        """The row's text in one piece; "" if it has none."""
        return self.main[-1] if self.main else ""


def windows(row: Row) -> list[tuple[str, ...]]:
    """The stretches of a row that are looked at: each passage, and runs of two and three sentences.

    A long update says in a few sentences what it answers and in others who met whom about it.
    """
    found: list[tuple[str, ...]] = [(text,) for text in row.main]
    sentences = row.main[:-1]
    for length in (2, 3):
        found += [tuple(sentences[i : i + length]) for i in range(len(sentences) - length + 1)]
    return found


def window_vectors(stretches: Sequence[tuple[str, ...]], store: Vectors) -> NDArray[np.float64]:
    """Their vectors: of several passages the mean, scaled to unit length, so that nothing is encoded anew."""
    found = np.stack([sum((store[text].astype(np.float64) for text in part), 0.0) for part in stretches])
    unit: NDArray[np.float64] = found / np.maximum(np.linalg.norm(found, axis=1, keepdims=True), 1e-9)
    return unit


@dataclass(frozen=True, slots=True)
class Link:
    """One link of a row: the entry's place in the catalogue, the grade, the score, the reason."""

    entry: int
    grade: str
    score: float
    why: str = field(compare=False, default="")


def ranked(links: Iterable[Link]) -> tuple[Link, ...]:
    """A row's links, best first; those that do not differ as told stand in the catalogue's order."""
    order = sorted(links, key=lambda one: (one.grade != "equivalent", -round(one.score, 2), one.entry))
    return tuple(order[:_MOST])


Encode = Callable[[Sequence[str]], NDArray[np.float32]]
"""What makes the vectors of texts, as :meth:`nlpkit.embedding.Encoder.encode`."""


def passages_of(rows: Iterable[Row]) -> list[str]:
    """Every passage of the rows, once."""
    return list(dict.fromkeys(passage for row in rows for passage in (*row.asks, *row.tells)))


def vectors(rows: Sequence[Row], encode: Encode) -> dict[str, NDArray[np.float32]]:
    """The vectors of every passage of the rows; of a passage of several sentences, made from theirs."""
    texts = passages_of(rows)
    found = pooled(texts, encode)
    return {text: found[i] for i, text in enumerate(texts)}


def short(text: str, limit: int = 140) -> str:
    """A text on one line, cut at a word where it is longer than ``limit`` characters."""
    text = " ".join(text.split())
    return text if len(text) <= limit else f"{text[: limit - 1].rsplit(' ', 1)[0]}…"
