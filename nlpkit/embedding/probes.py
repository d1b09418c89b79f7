"""Texts with the reference's vectors of them, by which another way of computing the model is judged."""

from __future__ import annotations

import json
from dataclasses import dataclass
from functools import cache

import numpy as np
from numpy.typing import NDArray

from nlpkit.embedding.tokens import DIMENSION
from nlpkit.errors import NlpkitError
from nlpkit.models import verified
from nlpkit.resources import bundled

__all__ = ["Agreement", "Probes", "agreement", "load_probes"]

_FOLDER = "models/encoder"


@dataclass(frozen=True)
class Probes:
    """Texts, and the reference's unit vectors of them, shape ``(len(texts), 384)``."""

    texts: tuple[str, ...]
    vectors: NDArray[np.float32]

    def first(self, number: int) -> Probes:
        """The first few, which are the most ordinary."""
        return Probes(self.texts[:number], self.vectors[:number])


@dataclass(frozen=True)
class Agreement:
    """How well vectors agree with the reference's.

    Attributes:
        mean, least: of the cosines of each text's two vectors.
        neighbours: share of the texts whose nearest neighbour among the others is the same.
    """

    mean: float
    least: float
    neighbours: float

    @property
    def holds(self) -> bool:
        """Whether what was learned from the reference's vectors may be used with the others."""
        return self.mean >= 0.995 and self.least >= 0.98 and self.neighbours >= 0.97


def agreement(found: NDArray[np.float32], reference: NDArray[np.float32]) -> Agreement:
    """Hold vectors against the reference's, both of shape ``(texts, dimension)``."""
    cosines = np.einsum("ij,ij->i", found.astype(np.float64), reference.astype(np.float64))
    same = _nearest(found) == _nearest(reference)
    return Agreement(float(cosines.mean()), float(cosines.min()), float(same.mean()))


def _nearest(vectors: NDArray[np.float32]) -> NDArray[np.intp]:
    near = vectors.astype(np.float64) @ vectors.T.astype(np.float64)
    np.fill_diagonal(near, -2.0)
    places: NDArray[np.intp] = near.argmax(axis=1)
    return places


@cache
def load_probes() -> Probes:
    """The probes that travel with nlpkit.

    Raises:
        NlpkitError: they are missing or altered.
    """
    facts = bundled(f"{_FOLDER}/probes.json")
    try:
        told = json.loads(facts.read_text(encoding="utf8"))
        texts, sha256 = tuple(map(str, told["texts"])), str(told["sha256"])
        vectors = np.load(verified(bundled(f"{_FOLDER}/probes.npy"), sha256), allow_pickle=False)
        if vectors.shape != (len(texts), DIMENSION) or vectors.dtype != np.float32:
            raise ValueError(f"vectors of shape {vectors.shape}")
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise NlpkitError(f"nlpkit's own file {facts} cannot be read ({error}). Reinstall nlpkit.") from error
    return Probes(texts, vectors)
