"""How often Python looks for garbage that refers to itself."""

from __future__ import annotations

import gc
import threading
from collections.abc import Iterator
from contextlib import contextmanager

__all__ = ["seldom_collected"]

_SELDOM = 20_000  # new objects between two looks; Python's own is some hundreds
_lock = threading.Lock()
_before: list[tuple[int, int, int]] = []  # the thresholds as they were, while any scoring lasts
_open = 0


@contextmanager
def seldom_collected() -> Iterator[None]:
    """Look seldom while it lasts, in the whole process; as before when the last that asked for it is done.

    A scoring makes hundreds of small objects an update, nearly all of which are kept or let go at once.
    Looking them through again and again takes a tenth of the time of all that is not encoding.
    """
    global _open
    with _lock:
        _open += 1
        if _open == 1:
            _before[:] = [gc.get_threshold()]
            first, *rest = _before[0]
            if first:  # 0: somebody wants none at all
                gc.set_threshold(max(first, _SELDOM), *rest)
    try:
        yield
    finally:
        with _lock:
            _open -= 1
            if _open == 0:
                gc.set_threshold(*_before[0])
