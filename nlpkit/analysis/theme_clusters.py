"""Subjects into themes: how many there are, who belongs where, and how far each can be relied on.

Each subject is first moved towards those around it (one step of mean shift; Fukunaga and Hostetler, 1975),
which parts the groups more clearly. Ward's agglomeration (1963) then gives the centres from which k-means
settles, so nothing is drawn at random and there are no restarts to agree. Subjects come in an order of
their own, and every sum runs on one thread: the same table gives the same themes, whatever the order of
its rows.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from nlpkit.analysis.theme_subjects import unit

__all__ = ["Clusters", "Nearest", "cluster", "nearest", "ranked", "stability"]

SAMPLE = 3000
"""Subjects that the agglomeration looks at; the others join the themes that it finds."""

ENOUGH = 0.95
"""Share of the best silhouette that a number of themes must reach; the smallest that does is taken."""

MOST = 300
"""Themes at most, unless asked for more."""

ALIKE = 0.7
"""Two themes whose centres have this cosine are one."""

FLOOR = 0.15
"""A subject whose cosine to every theme's centre is lower fits nowhere ..."""

MOST_LEFT_OUT = 0.05
"""... as long as fewer than this share of the rows are left out so."""

_AT_ONCE = 4096
_RESAMPLES = 10
_RESAMPLED = 0.8


@dataclass(frozen=True)
class Clusters:
    """Themes as numbers, largest (by rows) first.

    Attributes:
        labels: theme of each subject; -1 where it fits nowhere.
        nearest: each subject's theme by nearest centre, whether it fits or not.
        similarity: cosine of each subject to each centre, shape ``(subjects, themes)``.
        centres: unit vectors, shape ``(themes, dimension)``.
        silhouette: mean silhouette (Rousseeuw, 1987) for each number of themes that was tried.
    """

    labels: NDArray[np.int64]
    nearest: NDArray[np.int64]
    similarity: NDArray[np.float64]
    centres: NDArray[np.float64]
    silhouette: dict[int, float]

    @property
    def number(self) -> int:
        return len(self.centres)

    @property
    def redundancy(self) -> NDArray[np.float64]:
        """For each theme the highest cosine of its centre to another's; 0 where none is alike."""
        if self.number < 2:
            return np.zeros(self.number)
        cosines = self.centres @ self.centres.T
        np.fill_diagonal(cosines, -1.0)
        highest: NDArray[np.float64] = cosines.max(axis=1)
        return np.maximum(highest, 0.0)


class Nearest(NamedTuple):
    """Of subjects that were not clustered: the nearest theme and the next, and their cosines.

    With one theme, the next is it, too.
    """

    theme: NDArray[np.int64]
    cosine: NDArray[np.float64]
    other: NDArray[np.int64]
    other_cosine: NDArray[np.float64]


def nearest(places: NDArray[np.float64], centres: NDArray[np.float64]) -> Nearest:
    """The nearest themes of places, shape ``(subjects, dimension)``; of equals the first."""
    cosines = np.round(places @ centres.T, 6)  # the last bits depend on how many are compared
    order = np.argsort(-cosines, axis=1, kind="stable")
    first, second = order[:, 0], order[:, min(1, len(centres) - 1)]
    at = np.arange(len(places))
    return Nearest(first, cosines[at, first], second, cosines[at, second])


def ranked(found: Clusters, more: NDArray[Any]) -> tuple[Clusters, NDArray[np.int64]]:
    """The themes, largest first, once other rows have been counted to them.

    Args:
        found: themes.
        more: how many rows each has in all.

    Returns:
        The themes, and the new number of each of the old.
    """
    order = np.argsort(-more, kind="stable")
    new = np.empty(len(order), dtype=np.int64)
    new[order] = np.arange(len(order))
    labels = np.where(found.labels >= 0, new[found.labels], -1)
    turned = Clusters(
        labels, new[found.nearest], found.similarity[:, order], found.centres[order], found.silhouette
    )
    return turned, new


def cluster(
    places: NDArray[np.float64], rows: NDArray[np.int64], order: Sequence[int], number: int | None = None
) -> Clusters:
    """Group subjects into themes.

    Args:
        places: unit vectors, shape ``(subjects, dimension)``.
        rows: how many rows each subject has.
        order: positions in the order in which they are sampled.
        number: how many themes; chosen by silhouette if not given.
    """
    sample = np.sort(np.asarray(order[:SAMPLE], dtype=np.int64))
    tried: dict[int, float] = {}
    count = len(sample)
    if count < 4 and number is None:
        labels = np.zeros(len(places), dtype=np.int64)
    else:
        moved = _moved(places, sample)
        tree = _tree(moved[sample])
        if number is None:
            tried = _silhouettes(places[sample], tree)
            number = _enough(tried)
        labels = _settled(moved, _centres(moved[sample], _cut(tree, min(number, count))))
    labels = _joined(places, labels)
    labels = _without_singles(places, labels)
    return _ordered(places, rows, labels, tried)


def stability(places: NDArray[np.float64], found: Clusters, order: Sequence[int]) -> NDArray[np.float64]:
    """How surely each theme is found again: mean best Jaccard index over resamples (Hennig, 2007).

    Ten seeded draws of four fifths of the subjects are grouped into as many themes; for each theme the
    closest of theirs is looked up. 1: it comes out the same every time; below 0.5 it dissolves.
    """
    sample = np.sort(np.asarray(order[:SAMPLE], dtype=np.int64))
    count = max(2, int(_RESAMPLED * len(sample)))
    scores: list[list[float]] = [[] for _ in range(found.number)]
    if found.number == 1 or len(sample) < 4:
        return np.ones(found.number)
    near = _near(places[sample], places[sample])
    for seed in range(_RESAMPLES):
        at = np.sort(np.random.default_rng(seed).permutation(len(sample))[:count])
        drawn = sample[at]
        moved = unit((near[np.ix_(at, at)] @ places[drawn].astype(near.dtype)).astype(np.float64))
        again = _settled(moved, _centres(moved, _cut(_tree(moved), min(found.number, count))))
        mine = found.labels[drawn]
        held = mine >= 0
        pairs = mine[held] * (again.max() + 1) + again[held]
        both = np.bincount(pairs, minlength=found.number * (again.max() + 1)).reshape(found.number, -1)
        sizes = np.bincount(mine[held], minlength=found.number)
        best = (both / (sizes[:, None] + np.bincount(again) - both)).max(axis=1)
        for theme in np.flatnonzero(sizes).tolist():
            scores[theme].append(float(best[theme]))
    return np.array([np.mean(values) if values else 0.0 for values in scores])


def _near(places: NDArray[np.float64], others: NDArray[np.float64]) -> NDArray[np.float32]:
    """How strongly each place is drawn by each of the others: the fourth power of their cosine.

    Single precision is enough: what counts is which are near.
    """
    cosines = places.astype(np.float32) @ others.astype(np.float32).T
    found: NDArray[np.float32] = np.square(np.square(np.maximum(cosines, np.float32(0.0))))
    return found


def _moved(places: NDArray[np.float64], sample: NDArray[np.int64]) -> NDArray[np.float64]:
    """Places drawn towards the sampled subjects that are near, as unit vectors."""
    around = places[sample]
    moved = np.empty_like(places)
    for start in range(0, len(places), _AT_ONCE):
        part = slice(start, start + _AT_ONCE)
        moved[part] = _near(places[part], around) @ around.astype(np.float32)
    outside = np.ones(len(places), dtype=bool)
    outside[sample] = False  # those in the sample have drawn themselves
    moved[outside] += places[outside]
    return unit(moved)


def _tree(places: NDArray[np.float64]) -> NDArray[np.float64]:
    """Ward's tree of unit vectors; one product of matrices gives their distances faster than scipy does."""
    from scipy.cluster.hierarchy import linkage  # type: ignore[import-untyped]
    from scipy.spatial.distance import squareform  # type: ignore[import-untyped]

    single = places.astype(np.float32)
    lengths = np.square(single).sum(axis=1)
    squares = lengths[:, None] + lengths[None, :] - np.float32(2.0) * (single @ single.T)
    apart = np.sqrt(np.maximum(squareform(squares, checks=False), np.float32(0.0)))
    tree: NDArray[np.float64] = linkage(apart, "ward")
    return tree


def _cut(tree: NDArray[np.float64], number: int) -> NDArray[np.int64]:
    from scipy.cluster.hierarchy import fcluster

    return np.asarray(fcluster(tree, number, "maxclust"), dtype=np.int64) - 1


def _candidates(count: int) -> list[int]:
    """Numbers of themes worth trying: every one while they are few, then in steps of a tenth."""
    most = max(2, min(MOST, count // 3))
    found = [2]
    while found[-1] < most:
        found.append(min(most, max(found[-1] + 1, round(found[-1] * 1.1))))
    return found


def _silhouettes(places: NDArray[np.float64], tree: NDArray[np.float64]) -> dict[int, float]:
    """Mean silhouette (cosine distance) for each candidate.

    The distances of a subject to a whole theme add up to the theme's size less its cosine with the theme's
    sum. Themes of a lower cut are unions of those of a higher one, so their sums are added up.
    """
    labels = np.arange(len(places))
    sums = 1.0 - places @ places.T
    np.fill_diagonal(sums, 0.0)
    found: dict[int, float] = {}
    for number in reversed(_candidates(len(places))):
        coarser = _cut(tree, number)
        of = np.zeros(sums.shape[1], dtype=np.int64)
        of[labels] = coarser
        order = np.argsort(of, kind="stable")
        starts = np.flatnonzero(np.diff(of[order], prepend=-1))
        sums, labels = np.add.reduceat(sums[:, order], starts, axis=1), coarser
        if 1 < sums.shape[1] < len(places):
            found[number] = _silhouette(sums, labels)
    return dict(sorted(found.items()))


def _silhouette(sums: NDArray[np.float64], labels: NDArray[np.int64]) -> float:
    """Of the summed distances of each subject to each theme, shape ``(subjects, themes)``."""
    sizes = np.bincount(labels)
    at = np.arange(len(labels))
    means = sums / sizes
    within = sums[at, labels] / np.maximum(sizes[labels] - 1, 1)
    means[at, labels] = np.inf
    other = means.min(axis=1)
    values = (other - within) / np.maximum(np.maximum(within, other), 1e-12)
    return float(np.where(sizes[labels] > 1, values, 0.0).mean())


def _enough(tried: dict[int, float]) -> int:
    """The smallest number of themes that parts the subjects nearly as well as the best does."""
    if not tried:
        return 1
    best = max(tried.values())
    return min(number for number, value in tried.items() if value >= ENOUGH * best) if best > 0 else 1


def _centres(places: NDArray[np.float64], labels: NDArray[np.int64]) -> NDArray[np.float64]:
    return np.stack([places[labels == label].mean(axis=0) for label in np.unique(labels)])


def _settled(places: NDArray[np.float64], centres: NDArray[np.float64]) -> NDArray[np.int64]:
    """Labels once k-means has settled from the given centres."""
    from sklearn.cluster import KMeans

    if len(centres) == 1:
        return np.zeros(len(places), dtype=np.int64)
    model: Any = KMeans(len(centres), init=centres, n_init=1, max_iter=100, algorithm="lloyd")
    return _renumbered(np.asarray(model.fit_predict(places), dtype=np.int64))


def _renumbered(labels: NDArray[np.int64]) -> NDArray[np.int64]:
    return np.asarray(np.unique(labels, return_inverse=True)[1], dtype=np.int64)


def _joined(places: NDArray[np.float64], labels: NDArray[np.int64]) -> NDArray[np.int64]:
    """Merge the two themes most alike until none are too much so."""
    while labels.max() > 0:
        centres = unit(_centres(places, labels))
        cosines = centres @ centres.T
        np.fill_diagonal(cosines, -1.0)
        first, second = sorted(np.unravel_index(int(cosines.argmax()), cosines.shape))
        if cosines[first, second] < ALIKE:
            break
        labels = _renumbered(np.where(labels == second, first, labels))
    return labels


def _without_singles(places: NDArray[np.float64], labels: NDArray[np.int64]) -> NDArray[np.int64]:
    """A theme of a single subject is none: the subject goes to the nearest of the others."""
    sizes = np.bincount(labels)
    kept = np.flatnonzero(sizes > 1)
    if not len(kept) or len(kept) == len(sizes):
        return labels
    centres = unit(np.stack([places[labels == label].mean(axis=0) for label in kept]))
    alone = np.flatnonzero(sizes[labels] == 1)
    labels = labels.copy()
    labels[alone] = kept[(places[alone] @ centres.T).argmax(axis=1)]
    return _renumbered(labels)


def _ordered(
    places: NDArray[np.float64],
    rows: NDArray[np.int64],
    labels: NDArray[np.int64],
    tried: dict[int, float],
) -> Clusters:
    weight = np.bincount(labels, weights=rows)
    first = [int(np.flatnonzero(labels == label)[0]) for label in range(len(weight))]
    ranked = sorted(range(len(weight)), key=lambda label: (-weight[label], first[label]))
    rank = np.empty(len(ranked), dtype=np.int64)
    rank[ranked] = np.arange(len(ranked))
    labels = rank[labels]
    centres = unit(_centres(places, labels))
    # Rounded, so that of two that are equally typical the last bits do not choose.
    similarity = np.round(places @ centres.T, 9)
    fits = similarity[np.arange(len(labels)), labels]
    kept = labels.copy()
    spare = MOST_LEFT_OUT * rows.sum()
    if len(centres) > 1:
        for place in sorted(np.flatnonzero(fits < FLOOR).tolist(), key=lambda at: (fits[at], at)):
            if rows[place] >= spare:
                break
            spare -= rows[place]
            kept[place] = -1
    return Clusters(kept, labels, similarity, centres, tried)
