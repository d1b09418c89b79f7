"""Texts to vectors."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

__all__ = ["Encoder"]


class Encoder(Protocol):
    """What nlpkit asks of a model that turns texts into vectors.

    Two ways of computing the same model have the same ``name``: what was learned from the vectors of
    one holds for those of the other. Where their vectors differ in the last digits, each also has a
    ``cache_key`` (a string; the name where there is none), under which its vectors are kept.
    """

    @property
    def name(self) -> str:
        """Identifies the model and its settings."""
        ...

    @property
    def dimension(self) -> int:
        """The length of a vector."""
        ...

    def encode(self, texts: Sequence[str]) -> NDArray[np.float32]:
        """Unit-length vectors, shape ``(len(texts), dimension)``; a text's vector must not
        depend on the texts beside it."""
        ...
