"""What the steps of linking hand to each other: rows as they are compared, and links."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from nlpkit.embedding import Encoder

__all__ = ["Link", "Row", "Vectors", "short", "vectors"]

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


@dataclass(frozen=True, slots=True)
class Link:
    """One link of a row: the entry's place in the catalogue, the grade, the score, the reason."""

    entry: int
    grade: str
    score: float
    why: str = field(compare=False, default="")


def vectors(rows: Sequence[Row], encoder: Encoder) -> dict[str, NDArray[np.float32]]:
    """The vectors of every passage of the rows."""
    texts = list(dict.fromkeys(passage for row in rows for passage in (*row.asks, *row.tells)))
    found = encoder.encode(texts)
    return {text: found[i] for i, text in enumerate(texts)}


def short(text: str, limit: int = 140) -> str:
    """A text on one line, cut at a word where it is longer than ``limit`` characters."""
    text = " ".join(text.split())
    return text if len(text) <= limit else f"{text[: limit - 1].rsplit(' ', 1)[0]}…"
