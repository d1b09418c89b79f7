"""How many threads numpy's products of matrices take."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from typing import Any

__all__ = ["one_thread"]


@contextmanager
def one_thread() -> Iterator[None]:
    """One thread a product while it lasts, in the whole process.

    The products of a scoring are small, and its two lines of work fill the cores: a second thread of the
    library would wait for its part in a loop, which costs a core and gains nothing.
    """
    with _controller().limit(limits=1, user_api="blas"):
        yield


@cache
def _controller() -> Any:
    """What sets the number; it looks for the library once."""
    import numpy  # noqa: F401 - or there is no library to find yet
    from threadpoolctl import ThreadpoolController

    return ThreadpoolController()
