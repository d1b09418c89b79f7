"""A second line of work for what the encoder does: it leaves Python's lock to others meanwhile."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from contextvars import copy_context
from typing import Any, ParamSpec, TypeVar

from nlpkit.embedding.cache import CachedEncoder

__all__ = ["Beside", "beside"]

_Given = ParamSpec("_Given")
_Made = TypeVar("_Made")


class Beside:
    """Starts work: in the second line or, without one, at once. Made by :func:`beside`."""

    def __init__(self, pool: ThreadPoolExecutor | None) -> None:
        self._pool = pool

    def __call__(
        self, function: Callable[_Given, _Made], *given: _Given.args, **more: _Given.kwargs
    ) -> Future[_Made]:
        """The future of ``function(*given, **more)``; what was begun first is done first."""
        if self._pool is None:
            done: Future[_Made] = Future()
            done.set_result(function(*given, **more))
            return done
        # Whoever listens to the proof of an encoder (nlpkit.embedding.proof) hears of it from there, too.
        context = copy_context()
        return self._pool.submit(lambda: context.run(function, *given, **more))


@contextmanager
def beside(encoder: Any) -> Iterator[Beside]:
    """The second line while it lasts, for nlpkit's own encoders behind their cache; others get none.

    Two threads may ask the cache at once, and these encoders mind what the main thread imports meanwhile.

    Left by an error, it drops what has not begun.
    """
    if not (isinstance(encoder, CachedEncoder) and encoder.in_threads):
        yield Beside(None)
        return
    pool = ThreadPoolExecutor(1, thread_name_prefix="nlpkit-beside")
    try:
        yield Beside(pool)
    finally:
        pool.shutdown(wait=True, cancel_futures=True)
