"""What the linking models see of a row and an entry, and what they make of it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

from nlpkit.analysis.linking.examples import EXAMPLE_FEATURES, Examples, compare_examples, lead
from nlpkit.analysis.linking.facets import WithStored
from nlpkit.analysis.linking.ideas import IDEA_FEATURES, Ideas, compare_ideas, prepare_ideas
from nlpkit.analysis.linking.parts import Row, Vectors
from nlpkit.analysis.similarity import FEATURES, Facets, compare, compare_pairs, prepare
from nlpkit.catalogue import Catalogue
from nlpkit.embedding import Encoder
from nlpkit.models import LogisticModel, learned

__all__ = [
    "PAIR_FEATURES",
    "Goal",
    "Judge",
    "judge",
    "make_ready",
    "pair_features",
    "probabilities",
    "thresholds",
]

PAIR_FEATURES: tuple[str, ...] = (
    *(f"best_{name}" for name in FEATURES),
    *(f"whole_{name}" for name in FEATURES),
    *(f"best_{name}_lead" for name in FEATURES),
    *(f"whole_{name}_lead" for name in FEATURES),
    "narrative_only",
    *IDEA_FEATURES,
    *(f"{name}_lead" for name in IDEA_FEATURES),
)
"""What the models see of a row and an entry: the similarities of the row's best passage and of its text
as a whole (a subject named in passing raises the first, not the second); by how much each leads over
the next best entry (negative: how far behind the best); whether the row is a narrative without the
recommendation that it answers; and the ideas that both express. Where the catalogue has examples,
:data:`nlpkit.analysis.linking.examples.EXAMPLE_FEATURES` follow."""

_NARRATIVE_SHARE = 0.25  # of what a narrative is nearer than the recommendation that it answers
_BLOCK = 10_000_000  # numbers held at once


@dataclass(frozen=True, slots=True)
class Goal:
    """A catalogue made ready for linking: its facets, its ideas and, where there are any, examples.

    ``model`` names the models that judge entries without examples: ``plain``, or ``actions`` where the
    entries are another plan's actions.
    """

    facets: Facets
    ideas: Ideas
    examples: Examples | None
    model: str = "plain"

    @property
    def catalogue(self) -> Catalogue:
        return self.facets.catalogue

    @property
    def features(self) -> tuple[str, ...]:
        """The names of what is seen, in order."""
        return PAIR_FEATURES if self.examples is None else (*PAIR_FEATURES, *EXAMPLE_FEATURES)


def make_ready(
    catalogue: Catalogue, encoder: Encoder, examples: Examples | None = None, model: str = "plain"
) -> Goal:
    """A catalogue with all that rows are compared with."""
    return Goal(prepare(catalogue, WithStored(encoder)), prepare_ideas(catalogue), examples, model)


def pair_features(
    rows: Sequence[Row], goal: Goal, store: Vectors, candidates: NDArray[np.intp] | None = None
) -> NDArray[np.float32]:
    """What the models see: shape ``(len(rows), entries, len(goal.features))``.

    Args:
        rows: what is compared.
        goal: what with.
        store: the vectors of the rows' passages.
        candidates: for each row, the entries to look at (as many for each row); all, without it.
    """
    asked, told = _similarities(rows, goal.facets, store, candidates)
    entries = asked.shape[1]
    has_asks = np.array([bool(row.asks) for row in rows], dtype=bool)
    has_both = has_asks & np.array([bool(row.tells) for row in rows], dtype=bool)
    # A narrative can bear out what is asked; one that says little of it takes nothing away.
    mixed = asked + _NARRATIVE_SHARE * np.maximum(told - asked, 0)
    values = np.where(has_both[:, None, None], mixed, np.maximum(asked, told))
    alone = np.broadcast_to((~has_asks)[:, None, None], (len(rows), entries, 1))
    ideas = compare_ideas(rows, goal.ideas, candidates)
    parts: list[NDArray[Any]] = [values, lead(values), alone, ideas, lead(ideas)]
    if goal.examples is not None:
        seen = compare_examples(rows, store, goal.examples)
        if candidates is not None:
            seen = np.take_along_axis(seen, candidates[:, :, None], axis=1)
        parts.append(seen)
    return np.concatenate(parts, axis=2, dtype=np.float32)


def _similarities(
    rows: Sequence[Row], facets: Facets, store: Vectors, candidates: NDArray[np.intp] | None
) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """Of what is asked and of what is told: the best passage's similarities, then the whole's."""
    entries = len(facets.catalogue.entries) if candidates is None else candidates.shape[1]
    asked = np.zeros((len(rows), entries, 2 * len(FEATURES)), dtype=np.float32)
    told = np.zeros_like(asked)
    texts = list(dict.fromkeys(text for row in rows for text in (*row.asks, *row.tells)))
    if not texts:
        return asked, told
    place = {text: i for i, text in enumerate(texts)}
    if candidates is None:
        scores = np.zeros((len(texts), entries, len(FEATURES)), dtype=np.float32)
        step = max(1, _BLOCK // max(1, len(facets.facets)))
        for first in range(0, len(texts), step):
            part = texts[first : first + step]
            scores[first : first + step] = compare(part, np.stack([store[text] for text in part]), facets)
        for i, row in enumerate(rows):
            for passages, into in ((row.asks, asked), (row.tells, told)):
                if passages:
                    mine = scores[[place[text] for text in passages]]
                    into[i] = np.concatenate([mine.max(axis=0), mine[-1]], axis=1)
        return asked, told
    wanted = [
        (i, place[text], into)
        for i, row in enumerate(rows)
        for into, passages in enumerate((row.asks, row.tells))
        for text in passages
    ]
    owners, numbers, sides = (np.array(column, dtype=np.intp) for column in zip(*wanted, strict=True))
    pairs = np.stack([np.repeat(numbers, entries), candidates[owners].ravel()])
    found = compare_pairs(texts, np.stack([store[text] for text in texts]), facets, pairs)
    found = found.reshape(len(wanted), entries, len(FEATURES))
    for side, into in enumerate((asked, told)):
        mine = sides == side
        np.maximum.at(into[:, :, : len(FEATURES)], owners[mine], found[mine])
        into[owners[mine], :, len(FEATURES) :] = found[mine]  # the whole stands last, and stays
    return asked, told


@dataclass(frozen=True, slots=True)
class Judge:
    """The two models, and the probabilities from which they speak."""

    same: LogisticModel
    related: LogisticModel
    same_from: float
    related_from: float


@lru_cache(maxsize=3)
def judge(name: str) -> Judge:
    """The models of a name: ``plain``, ``with_examples`` or ``actions``."""
    figures = learned("linking")[name]
    names = (*PAIR_FEATURES, *EXAMPLE_FEATURES) if name == "with_examples" else PAIR_FEATURES
    return Judge(
        same=LogisticModel.read(figures["equivalent"], names),
        related=LogisticModel.read(figures["related"], names),
        same_from=float(figures["equivalent"]["threshold"]),
        related_from=float(figures["related"]["threshold"]),
    )


def probabilities(
    features: NDArray[np.float32], goal: Goal, candidates: NDArray[np.intp] | None = None
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """That an entry asks the same as the row, and that it is at least related."""
    plain = judge(goal.model)
    seen = features[..., : len(PAIR_FEATURES)]
    same, related = plain.same.probability(seen), plain.related.probability(seen)
    if goal.examples is not None:
        by_example, covered = judge("with_examples"), _covered(goal, candidates)
        same = np.where(covered, by_example.same.probability(features), same)
        related = np.where(covered, by_example.related.probability(features), related)
    return same, np.maximum(same, related)


def thresholds(goal: Goal) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """For each entry, the probabilities from which it is called equivalent, and related."""
    covered = _covered(goal, None)[0]
    plain, by_example = judge(goal.model), judge("with_examples")
    return (
        np.where(covered, by_example.same_from, plain.same_from),
        np.where(covered, by_example.related_from, plain.related_from),
    )


def _covered(goal: Goal, candidates: NDArray[np.intp] | None) -> NDArray[np.bool_]:
    none = np.zeros(len(goal.catalogue.entries), dtype=bool)
    covered = none if goal.examples is None else goal.examples.covered
    found: NDArray[np.bool_] = covered[None, :] if candidates is None else covered[candidates]
    return found
