"""Texts to vectors."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

__all__ = ["Encoder"]


class Encoder(Protocol):
    """What nlpkit asks of a model that turns texts into vectors.

    Attributes:
        name: identifies the model and its settings; cached vectors are kept under it.
        dimension: length of a vector.
    """

    name: str
    dimension: int

    def encode(self, texts: Sequence[str]) -> NDArray[np.float32]:
        """Unit-length vectors, shape ``(len(texts), dimension)``; a text's vector must not
        depend on the texts beside it."""
        ...
