"""Vectors of the bundled catalogue's texts, made beforehand (``models/linking/facets.npz``).

They are the same for everybody, so that nobody's first run has to make them.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from nlpkit.embedding import Encoder
from nlpkit.models import learned, verified
from nlpkit.resources import bundled

__all__ = ["WithStored", "text_key"]


class WithStored:
    """An encoder that knows the texts of the bundled catalogue and asks another for the rest.

    Args:
        encoder: the other; of one that did not make the stored vectors, all is asked.
    """

    def __init__(self, encoder: Encoder) -> None:
        self.name, self._encoder = encoder.name, encoder

    @property
    def dimension(self) -> int:
        """The length of a vector."""
        return self._encoder.dimension

    def encode(self, texts: Sequence[str]) -> NDArray[np.float32]:
        """Unit vectors, shape ``(len(texts), dimension)``; the stored ones are in half precision.

        Raises:
            NlpkitError: the file of stored vectors is missing or altered.
        """
        facts = learned("linking").get("facets", {})
        known = _stored(str(facts["sha256"])) if facts.get("encoder") == self.name else {}
        found = [known.get(text_key(text)) for text in texts]
        others = [text for text, vector in zip(texts, found, strict=True) if vector is None]
        made = iter(self._encoder.encode(others) if others else ())
        if not texts:
            return self._encoder.encode(texts)
        return np.stack([next(made) if vector is None else vector for vector in found])


def text_key(text: str) -> str:
    """What the vector of a text is stored under."""
    return hashlib.sha256(text.encode("utf8", "surrogatepass")).hexdigest()[:16]


@lru_cache(maxsize=1)
def _stored(sha256: str) -> Mapping[str, NDArray[np.float32]]:
    path = verified(bundled("models/linking/facets.npz"), sha256)
    with np.load(path, allow_pickle=False) as kept:
        keys = [str(key) for key in kept["keys"]]
        return dict(zip(keys, kept["vectors"].astype(np.float32), strict=True))
