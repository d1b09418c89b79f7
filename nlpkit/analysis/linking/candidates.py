"""Entries worth a close look, where a catalogue is too large to look closely at all of it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from math import log
from typing import Any

import numpy as np
from numpy.typing import NDArray

from nlpkit.analysis.linking.parts import Row, Vectors
from nlpkit.analysis.similarity import Facets, compared_terms, term_counts, without_preamble, word_matrix

__all__ = ["ALL_UP_TO", "Finder", "choose", "finder"]

ALL_UP_TO = 200
"""A catalogue of so many entries is looked at whole."""

_CHOSEN = 20  # entries a row
_EACH = 8  # of them, the nearest by words and the nearest by meaning are sure of a place
_K1, _B = 1.2, 0.75  # BM25 as usual (Robertson and Zaragoza, 2009)
_SURE = 10.0  # more than any nearness


@dataclass(frozen=True, slots=True)
class Finder:
    """A catalogue's index: BM25 weights (entries × words) and the vectors of its duties."""

    weights: Any
    columns: dict[str, int]
    duties: NDArray[np.float32]


def finder(facets: Facets) -> Finder:
    """The index of a catalogue."""
    entries = facets.catalogue.entries
    counts = [
        term_counts(" . ".join((entry.title, without_preamble(entry.duty), *entry.aliases, *entry.details)))
        for entry in entries
    ]
    spread = Counter(term for found in counts for term in found)
    columns = {term: i for i, term in enumerate(sorted(spread))}
    mean = sum(sum(found.values()) for found in counts) / max(1, len(counts))
    rows = []
    for found in counts:
        size = _K1 * (1 - _B + _B * sum(found.values()) / max(mean, 1e-9))
        rows.append(
            {
                term: log(1 + (len(counts) - spread[term] + 0.5) / (spread[term] + 0.5))
                * count
                * (_K1 + 1)
                / (count + size)
                for term, count in found.items()
            }
        )
    duties = np.stack([facets.vectors[places[-1]] for places in facets.owned["duty"]])
    return Finder(word_matrix(rows, columns), columns, duties)


def choose(rows: Sequence[Row], found: Finder, store: Vectors) -> NDArray[np.intp]:
    """For each row the entries nearest by words (BM25) or by meaning: shape ``(rows, chosen)``.

    Both have places of their own; the others go to the nearest by both together. Ties go to the
    catalogue's order. A row's entries stand in the catalogue's order.
    """
    words = [
        dict.fromkeys(sorted({term for text in row.main for term in compared_terms(text)}), 1.0)
        for row in rows
    ]
    said = (word_matrix(words, found.columns) @ found.weights.T).toarray()
    said /= np.maximum(said.max(axis=1, keepdims=True), 1e-9)
    meant = np.full_like(said, -1.0)
    owners = [i for i, row in enumerate(rows) for _ in row.main]
    if owners:
        passages = np.stack([store[text] for row in rows for text in row.main])
        # Rounded, as the last bits depend on how many are compared.
        nearness = np.round(passages @ found.duties.T, 4)
        starts = np.searchsorted(owners, sorted(set(owners)))
        meant[sorted(set(owners))] = np.maximum.reduceat(nearness, starts, axis=0)
    chosen = min(_CHOSEN, said.shape[1])
    both = meant + 0.5 * np.round(said, 4)
    for one in (said, meant):
        sure = _first(one, min(_EACH, chosen))
        np.put_along_axis(both, sure, np.take_along_axis(both, sure, axis=1) + _SURE, axis=1)
    return np.sort(_first(both, chosen), axis=1)


def _first(values: NDArray[Any], count: int) -> NDArray[np.intp]:
    """The places of the highest values of each row, ties by place."""
    # The place is worked in, so that which of two equals is taken does not depend on the sorting.
    ordered = values.astype(np.float64) - np.arange(values.shape[1]) * 1e-9
    found: NDArray[np.intp] = np.argpartition(ordered, -count, axis=1)[:, -count:]
    return found
