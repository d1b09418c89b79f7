"""The words, pairs and triples of sentences, numbered and counted, as the status model reads them."""

from __future__ import annotations

import math
import re
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import chain, pairwise

import numpy as np
from numpy.typing import NDArray

__all__ = ["Counted", "Vocabulary", "grams"]

_TOKEN = re.compile(r"[^\W\d_]+(?:['’][^\W\d_]+)?|\d+|%")

Array = NDArray[np.float64]


def grams(text: str) -> list[str]:
    """The words, pairs and triples of a sentence; numbers are alike, its two ends are marked."""
    tokens = ["^", *("0" if t[0].isdigit() else t for t in _TOKEN.findall(text.lower())), "$"]
    pairs = [f"{one} {two}" for one, two in pairwise(tokens)]
    return [*tokens, *pairs, *(f"{pair} {third}" for pair, third in zip(pairs, tokens[2:], strict=False))]


@dataclass(frozen=True)
class Counted:
    """The grams of sentences (or of texts), one after the other.

    Attributes:
        starts: where the grams of each sentence begin and, after the last, where they end.
        numbers: of the grams, distinct within a sentence.
        counts: how often each stands there.
    """

    starts: NDArray[np.int64]
    numbers: NDArray[np.int64]
    counts: Array

    def put_together(self, sizes: NDArray[np.int64]) -> tuple[Counted, NDArray[np.int64]]:
        """The grams of texts of so many sentences each; and where among them each gram of a sentence is."""
        wide = int(self.numbers.max(initial=0)) + 1
        owners = np.repeat(np.repeat(np.arange(len(sizes)), sizes), np.diff(self.starts))
        keys, place = np.unique(owners * wide + self.numbers, return_inverse=True)
        counts = np.zeros(len(keys))
        np.add.at(counts, place, self.counts)
        starts = np.searchsorted(keys, np.arange(len(sizes) + 1) * wide)
        return Counted(starts, keys % wide, counts), place

    def sums(self, values: Array) -> Array:
        """Of values of the grams, shape ``(grams, n)``, the sum over each sentence: ``(sentences, n)``."""
        found = np.zeros((len(self.starts) - 1, values.shape[1]))
        some = self.starts[:-1] < self.starts[1:]
        if some.any():
            found[some] = np.add.reduceat(values, self.starts[:-1][some], axis=0)
        return found


@dataclass(frozen=True)
class Vocabulary:
    """Grams by number, with the weight of each (inverse document frequency)."""

    numbers: Mapping[str, int]
    idf: NDArray[np.float64]

    def numbered(self, text: str) -> list[int]:
        """The numbers of the grams of a sentence that are known, repeats included."""
        return [number for number in map(self.numbers.get, grams(text)) if number is not None]

    def counted(self, texts: Sequence[str]) -> Counted:
        """The grams of several sentences that are known, each counted."""
        found = [self.numbered(text) for text in texts]
        owners = np.repeat(np.arange(len(texts)), [len(numbers) for numbers in found])
        numbers = np.fromiter(chain.from_iterable(found), dtype=np.int64, count=len(owners))
        wide = max(1, len(self.idf))
        keys, counts = np.unique(owners * wide + numbers, return_counts=True)
        starts = np.searchsorted(keys, np.arange(len(texts) + 1) * wide)
        return Counted(starts, keys % wide, counts.astype(np.float64))

    def weighted(self, numbers: Sequence[int]) -> tuple[NDArray[np.int64], Array]:
        """Distinct numbers and their TF-IDF (logarithmic counts, unit length)."""
        counted = sorted(Counter(numbers).items())  # for so few numbers much faster than np.unique
        distinct = np.array([number for number, _ in counted], dtype=np.int64)
        values = (1.0 + np.log([float(count) for _, count in counted])) * self.idf[distinct]
        norm = math.sqrt(float((values * values).sum()))
        return distinct, values / norm if norm else values
