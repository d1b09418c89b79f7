"""The encoder that nlpkit uses unless told otherwise."""

from __future__ import annotations

from functools import cache

from nlpkit.embedding import Encoder

__all__ = ["default_encoder"]


@cache
def default_encoder() -> Encoder:
    """MiniLM behind the vector cache; one a process. Nothing heavy is loaded before a text needs it."""
    from nlpkit.embedding.cache import CachedEncoder
    from nlpkit.embedding.minilm import MiniLM

    return CachedEncoder(MiniLM())
