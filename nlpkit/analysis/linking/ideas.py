"""Ideas that a row and an entry share, whatever their words (``nlpkit.language.concepts``)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from nlpkit.analysis.linking.parts import Row, windows
from nlpkit.catalogue import Catalogue
from nlpkit.language.concepts import concept_names, concepts

__all__ = ["IDEA_FEATURES", "Ideas", "compare_ideas", "prepare_ideas"]

IDEA_FEATURES: tuple[str, ...] = ("ideas_duty", "ideas_profile", "ideas_passage")
"""Of a row and an entry: what of the duty's ideas the row expresses; how alike the ideas of both are as
a whole; and the same for the row's best stretch of sentences. From 0 to 1; rare ideas count more."""

_COMMON = 0.3  # weight that a duty's ideas need for half of their say
_SPREAD = 0.05  # share of an entry's texts that must express an idea for it to count as the entry's


@dataclass(frozen=True, slots=True)
class Ideas:
    """A catalogue's ideas: ``duty`` and ``profile`` are entries × ideas, ``weights`` one an idea."""

    duty: NDArray[np.float64]
    profile: NDArray[np.float64]
    weights: NDArray[np.float64]


def prepare_ideas(catalogue: Catalogue) -> Ideas:
    """The ideas of every entry, weighted by how few entries have them."""
    names = concept_names()
    duty = np.zeros((len(catalogue.entries), len(names)))
    profile = np.zeros_like(duty)
    for i, entry in enumerate(catalogue.entries):
        duty[i] = _present(f"{entry.title}. {entry.duty}")
        texts = (entry.title, entry.duty, *entry.aliases, *entry.details)
        profile[i] = np.mean([_present(text) for text in texts], axis=0)
    entries = len(catalogue.entries)
    spread = (profile > _SPREAD).sum(axis=0)
    weights = np.log((1 + entries) / (1 + spread)) / np.log(1 + entries)
    share = duty * weights / ((duty * weights).sum(axis=1, keepdims=True) + _COMMON)
    return Ideas(share, _unit(profile * weights), weights)


def compare_ideas(
    rows: Sequence[Row], ideas: Ideas, candidates: NDArray[np.intp] | None = None
) -> NDArray[np.float64]:
    """:data:`IDEA_FEATURES` of every row and entry (or candidate): ``(rows, entries, 3)``."""
    names = len(concept_names())
    stretches = [(i, stretch) for i, row in enumerate(rows) for stretch in windows(row)]
    owners = [i for i, _ in stretches]
    here = np.array(
        [np.maximum.reduce([_present(text) for text in stretch]) for _, stretch in stretches]
    ).reshape(-1, names)
    whole = np.zeros((len(rows), names))
    for i, row in enumerate(rows):
        if row.main:
            whole[i] = _present(row.whole)
    found = np.zeros((len(rows), len(ideas.duty) if candidates is None else candidates.shape[1], 3))
    found[:, :, 0] = _against(whole, ideas.duty, candidates)
    found[:, :, 1] = _against(_unit(whole * ideas.weights), ideas.profile, candidates)
    if owners:
        of = None if candidates is None else candidates[owners]
        np.maximum.at(found[:, :, 2], owners, _against(_unit(here * ideas.weights), ideas.profile, of))
    rounded: NDArray[np.float64] = np.round(found, 6)  # the last bits depend on how many are compared
    return rounded


def _against(
    rows: NDArray[np.float64], entries: NDArray[np.float64], candidates: NDArray[np.intp] | None
) -> NDArray[np.float64]:
    if candidates is None:
        product: NDArray[np.float64] = rows @ entries.T
        return product
    chosen: NDArray[np.float64] = np.einsum("rc,rkc->rk", rows, entries[candidates])
    return chosen


@lru_cache(maxsize=16384)
def _present(text: str) -> NDArray[np.float64]:
    found = concepts(text)
    return np.array([name in found for name in concept_names()], dtype=np.float64)


def _unit(values: NDArray[np.float64]) -> NDArray[np.float64]:
    unit: NDArray[np.float64] = values / np.maximum(np.linalg.norm(values, axis=1, keepdims=True), 1e-9)
    return unit
