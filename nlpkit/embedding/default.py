"""The encoder that nlpkit uses unless told otherwise, and the choice of another."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from functools import cache
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from nlpkit.embedding import Encoder

if TYPE_CHECKING:
    from nlpkit.embedding.accelerated import AcceleratedMiniLM
    from nlpkit.embedding.minilm import MiniLM

__all__ = ["AutoMiniLM", "choose_encoder", "chosen_encoder", "default_encoder", "encoder_named"]

_LOG = logging.getLogger(__name__)
_chosen = "auto"


def default_encoder() -> Encoder:
    """The encoder chosen by :func:`choose_encoder` behind the vector cache; unless told, MiniLM,
    accelerated where that works. One a process. Nothing heavy is loaded before a text needs it."""
    return encoder_named(_chosen)


def choose_encoder(name: str) -> None:
    """Choose what :func:`default_encoder` gives from now on, as :func:`encoder_named` has it.

    Raises:
        InputError: there is no such encoder.
    """
    global _chosen
    encoder_named(name)
    _chosen = name


def chosen_encoder() -> str:
    """The name of what :func:`default_encoder` gives."""
    return _chosen


@cache
def encoder_named(name: str) -> Encoder:
    """An encoder behind the vector cache.

    Args:
        name: ``auto`` (accelerated where that works, else the reference), ``accelerated``,
            ``reference`` or ``torch`` (the same), or a sentence-transformers folder on disk.

    Raises:
        InputError: the folder is not one of an encoder.
    """
    from nlpkit.embedding.cache import CachedEncoder

    if name == "auto":
        return CachedEncoder(AutoMiniLM())
    if name == "accelerated":
        from nlpkit.embedding.accelerated import AcceleratedMiniLM

        return CachedEncoder(AcceleratedMiniLM())
    if name in ("reference", "torch"):
        from nlpkit.embedding.minilm import MiniLM

        return CachedEncoder(MiniLM())
    from nlpkit.embedding.folder import FolderEncoder

    return CachedEncoder(FolderEncoder(name))


class AutoMiniLM:
    """MiniLM, accelerated where that is proved to give the reference's vectors, else the reference.

    Which of them is found out when the first text comes; where it is the reference, a warning says why.
    """

    name = "all-MiniLM-L6-v2/256-pooled"
    dimension = 384
    in_threads = True

    def __init__(self) -> None:
        self._inner: AcceleratedMiniLM | MiniLM | None = None

    @property
    def cache_key(self) -> str:
        """That of the one in use."""
        if self._inner is None:
            from nlpkit.embedding.accelerated import AcceleratedMiniLM
            from nlpkit.embedding.runtime import Unusable

            fast = AcceleratedMiniLM()
            try:
                key = fast.cache_key
            except Unusable as why:
                return self._turn_back(why).name
            self._inner = fast
            return key
        return getattr(self._inner, "cache_key", self._inner.name)

    def encode(self, texts: Sequence[str]) -> NDArray[np.float32]:
        """Unit vectors, shape ``(len(texts), 384)``, in the order of the texts.

        Raises:
            NlpkitError: the weights are missing, or are not the ones nlpkit was built on.
        """
        if not len(texts):
            return np.zeros((0, self.dimension), dtype=np.float32)
        from nlpkit.embedding.runtime import Unusable

        _ = self.cache_key
        assert self._inner is not None
        try:
            return self._inner.encode(texts)
        except Unusable as why:
            return self._turn_back(why).encode(texts)

    def _turn_back(self, why: Exception) -> MiniLM:
        from nlpkit.embedding.minilm import MiniLM

        _LOG.warning(
            "The accelerated encoder is not used: %s The reference gives the same vectors, more slowly",
            why,
        )
        self._inner = MiniLM()
        return self._inner
