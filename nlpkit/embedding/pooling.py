"""Vectors of whole texts, made from those of their sentences: no word is encoded twice.

The encoder takes the mean of its token vectors, so that the mean of a text's sentences, each counted by
its length, comes near to what it would say of the whole.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from nlpkit.language.sentences import split_sentences

__all__ = ["pool", "pooled", "sentences_of"]


@lru_cache(maxsize=65536)
def sentences_of(text: str) -> tuple[str, ...]:
    """The sentences that stand for a text: itself, if it has no more than one."""
    spans = split_sentences(text)
    return tuple(text[start:end] for start, end in spans) if len(spans) > 1 else (text,)


def pooled(
    texts: Sequence[str], encode: Callable[[Sequence[str]], NDArray[np.float32]]
) -> NDArray[np.float32]:
    """Unit vectors of texts, shape ``(len(texts), dimension)``, of which only sentences are encoded.

    Args:
        texts: in any order; ``encode`` is asked once, for their distinct sentences.
        encode: the vectors of sentences, as :meth:`nlpkit.embedding.Encoder.encode`.
    """
    parts = [sentences_of(text) for text in texts]
    distinct = list(dict.fromkeys(part for mine in parts for part in mine))
    vectors = encode(distinct)
    if not texts:
        return vectors
    place = {part: i for i, part in enumerate(distinct)}
    found: NDArray[np.float32] = np.stack([pool(mine, vectors[[place[p] for p in mine]]) for mine in parts])
    return found


def pool(parts: Sequence[str], vectors: NDArray[np.float32]) -> NDArray[np.float32]:
    """The mean of the parts' vectors, each counted by its characters, scaled to unit length."""
    mean: NDArray[np.float32] = vectors[0]
    if len(parts) > 1:
        weights = np.array([len(part) for part in parts], dtype=np.float64)
        total = (weights[:, None] * vectors).sum(axis=0)
        norm = float(np.linalg.norm(total))
        mean = (total / norm if norm else total).astype(np.float32)
    return mean
