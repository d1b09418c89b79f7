"""Authored actions whose counterpart is known, as examples to compare a row with.

A catalogue that nlpkit knows well has, beside its own words, actions of invented plans of which a
reader said what they answer (``models/linking/examples.npz``, made from the ``tune`` split of
``corpora/links``). Only their vectors are kept.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from nlpkit.analysis.linking.parts import Row, Vectors, window_vectors, windows
from nlpkit.catalogue import Catalogue
from nlpkit.models import learned, verified
from nlpkit.resources import bundled

__all__ = ["EXAMPLE_FEATURES", "Examples", "compare_examples", "lead", "service_key", "stored_examples"]

_SEEN = ("nearest", "nearest_three", "nearest_lead", "nearest_three_lead", "over_others", "over_nothing")
EXAMPLE_FEATURES: tuple[str, ...] = tuple(
    f"example_{how}_{seen}" for how in ("whole", "passage") for seen in _SEEN
)
"""Of a row and an entry, by the cosine of the row as a whole, and of its best stretch of sentences, to
the examples as wholes: the nearest example of the entry; the mean of the nearest three; the lead of both
over the next best entry; and by how much the three lead over the three nearest examples of anything else,
and of actions that answer nothing."""

_FLOOR = -0.2  # the cosine of an example that is not there
_FEW = 3
_AMONG = 128  # nearest examples of a row that are looked at first


@dataclass(frozen=True, slots=True)
class Examples:
    """Examples of one catalogue.

    Attributes:
        vectors: of the examples' texts, one a row.
        grades: examples × entries of the catalogue: 2 equivalent, 1 related, 0 neither.
        services: who wrote each example (hashed): no row is compared with examples of its own service.
    """

    vectors: NDArray[np.float64]
    grades: NDArray[np.int8]
    services: NDArray[np.str_]

    @property
    def covered(self) -> NDArray[np.bool_]:
        """Entries that have examples enough to be judged by them."""
        enough: NDArray[np.bool_] = (self.grades == 2).sum(axis=0) >= _FEW
        return enough


def stored_examples(catalogue: Catalogue, encoder: str) -> Examples | None:
    """The examples of a catalogue, if there are any, made by the encoder of that name."""
    facts = learned("linking").get("examples", {})
    if facts.get("catalogue") != catalogue.name or facts.get("encoder") != encoder:
        return None
    return _stored(catalogue, str(facts["sha256"]))


@lru_cache(maxsize=4)
def _stored(catalogue: Catalogue, sha256: str) -> Examples | None:
    path = verified(bundled("models/linking/examples.npz"), sha256)
    with np.load(path, allow_pickle=False) as kept:
        known = {
            (str(i), str(t)): n for n, (i, t) in enumerate(zip(kept["ids"], kept["titles"], strict=True))
        }
        places = [known.get((entry.id, entry.title)) for entry in catalogue.entries]
        if not any(place is not None for place in places):
            return None  # another catalogue of the same name
        grades = np.zeros((len(kept["vectors"]), len(places)), dtype=np.int8)
        for column, place in enumerate(places):
            if place is not None:
                grades[:, column] = kept["grades"][:, place]
        return Examples(kept["vectors"].astype(np.float64), grades, kept["services"])


def service_key(service: str) -> str:
    """A service's name as it is kept with the examples."""
    return hashlib.sha256(service.strip().lower().encode()).hexdigest()[:16]


def compare_examples(rows: Sequence[Row], store: Vectors, examples: Examples) -> NDArray[np.float64]:
    """:data:`EXAMPLE_FEATURES` of every row and entry: ``(rows, entries, len(EXAMPLE_FEATURES))``."""
    width = examples.vectors.shape[1]
    blank = np.zeros(width, dtype=np.float32)
    wholes = np.stack([store[row.whole] if row.main else blank for row in rows]).astype(np.float64)
    near = np.round(wholes @ examples.vectors.T, 6)
    nearer = np.full_like(near, _FLOOR)
    stretches = [(i, stretch) for i, row in enumerate(rows) for stretch in windows(row)]
    if stretches:
        pieces = window_vectors([stretch for _, stretch in stretches], store)
        np.maximum.at(nearer, [i for i, _ in stretches], np.round(pieces @ examples.vectors.T, 6))
    own = np.array([service_key(row.service) if row.service else "" for row in rows])
    same = own[:, None] == examples.services[None, :]
    found = [_seen(np.where(same, _FLOOR, cosines), examples.grades) for cosines in (near, nearer)]
    return np.concatenate(found, axis=2)


def _seen(cosines: NDArray[np.float64], grades: NDArray[np.int8]) -> NDArray[np.float64]:
    entries = grades.shape[1]
    first = np.full((len(cosines), entries), _FLOOR)
    three, others = first.copy(), first.copy()
    nothing = _top(cosines[:, grades.max(axis=1, initial=0) == 0]).mean(axis=1)
    elsewhere, known = _top_elsewhere(cosines, grades)
    for entry in range(entries):
        best = _top(cosines[:, grades[:, entry] == 2])
        first[:, entry], three[:, entry] = best[:, -1], best.mean(axis=1)
        other = elsewhere[:, entry] if known[entry] else _top(cosines[:, grades[:, entry] == 0])
        others[:, entry] = other.mean(axis=1)
    near = np.stack([first, three], axis=2)
    over = np.stack([three - others, three - nothing[:, None]], axis=2)
    return np.concatenate([near, lead(near), over], axis=2)


def _top_elsewhere(
    cosines: NDArray[np.float64], grades: NDArray[np.int8]
) -> tuple[NDArray[np.float64], NDArray[np.bool_]]:
    """For each row and entry what :func:`_top` says of the examples of anything else, and for which
    entries that is so: not those of whose own examples some row's nearest ones are full.

    Only the nearest examples are looked at, once for all entries: the few that are wanted stand among them.
    """
    count = min(_AMONG, cosines.shape[1])
    if count < _FEW or not len(cosines):
        return np.zeros((len(cosines), grades.shape[1], _FEW)), np.zeros(grades.shape[1], dtype=bool)
    nearest = np.argpartition(-cosines, count - 1, axis=1)[:, :count]
    values = np.take_along_axis(cosines, nearest, axis=1)
    order = np.argsort(-values, axis=1, kind="stable")
    values, nearest = np.take_along_axis(values, order, axis=1), np.take_along_axis(nearest, order, axis=1)
    found = (grades[nearest] == 0).cumsum(axis=1, dtype=np.int16)
    places = np.stack([(found >= nth).argmax(axis=1) for nth in range(_FEW, 0, -1)], axis=2)
    top = np.take_along_axis(values[:, :, None], places.reshape(len(cosines), -1, 1), axis=1)
    enough: NDArray[np.bool_] = (found[:, -1] >= _FEW).all(axis=0)
    return np.maximum(top.reshape(places.shape), _FLOOR), enough


def _top(cosines: NDArray[np.float64]) -> NDArray[np.float64]:
    """The three highest of each row, in order; the floor where there are fewer."""
    padded = np.concatenate([np.full((len(cosines), _FEW), _FLOOR), cosines], axis=1)
    return np.sort(np.partition(padded, -_FEW, axis=1)[:, -_FEW:], axis=1)


def lead(values: NDArray[np.float64]) -> NDArray[np.float64]:
    """By how much each entry exceeds the best of the others in its row; 0 where there is no other."""
    if values.shape[1] < 2:
        return np.zeros_like(values)
    second, first = np.split(np.partition(values, -2, axis=1)[:, -2:, :], 2, axis=1)
    found: NDArray[np.float64] = values - np.where(values == first, second, first)
    return found
