"""A second line of work for what the encoder does: it leaves Python's lock to others meanwhile."""

from __future__ import annotations

import sys
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from contextvars import copy_context
from typing import Any, ParamSpec, TypeVar

from nlpkit.embedding.cache import CachedEncoder

__all__ = ["Beside", "beside"]

_Given = ParamSpec("_Given")
_Made = TypeVar("_Made")

_TURN = 0.0005  # seconds for which one line of work keeps the lock from another; Python's own is 0.005
_lock = threading.Lock()
_before: list[float] = []  # the seconds as they were, while any second line lasts
_open = 0


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
    with _short_turns():
        try:
            yield Beside(pool)
        finally:
            pool.shutdown(wait=True, cancel_futures=True)


@contextmanager
def _short_turns() -> Iterator[None]:
    """Python's lock is handed over soon while it lasts, in the whole process; as before when the last ends.

    Each batch that the encoder has done needs the lock for a moment before the next can begin. While another
    line of work keeps it, a core stands idle.
    """
    global _open
    with _lock:
        _open += 1
        if _open == 1:
            _before[:] = [sys.getswitchinterval()]
            sys.setswitchinterval(min(_before[0], _TURN))
    try:
        yield
    finally:
        with _lock:
            _open -= 1
            if _open == 0:
                sys.setswitchinterval(_before[0])
