"""Where work on the parts of a large table is done, and its results are kept until they are wanted.

An engine runs plain functions. What they return lies where the engine has it (in memory, on a disk, with a
worker) behind a handle; handles given to later functions, also in lists, arrive there as what they stand
for. So the work is written once, whatever runs it.
"""

from __future__ import annotations

import json
import zlib
from collections.abc import Callable, Hashable, Iterable, Sequence
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

__all__ = ["Engine", "Part", "Pieces", "packed", "unpacked"]

Part = dict[str, NDArray[Any]]
"""A result: arrays by name."""


class Pieces(dict[Hashable, Part]):
    """A result in pieces, each of which goes its own way (:meth:`Engine.pick`)."""


class Engine(Protocol):
    """Runs functions on parts of a table."""

    @property
    def workers(self) -> int:
        """How many functions run at once."""
        ...

    @property
    def apart(self) -> bool:
        """Whether functions run in other processes, and open encoders and models there by themselves."""
        ...

    def put(self, value: Any) -> Any:
        """A handle for a value."""
        ...

    def run(self, function: Callable[..., Any], *given: Any) -> Any:
        """A handle for ``function(*given)``, which may not be done yet."""
        ...

    def pick(self, handle: Any, piece: Hashable) -> Any:
        """A handle for one of the :class:`Pieces` that a function returns; for None if it is missing."""
        ...

    def take(self, handle: Any) -> Any:
        """What a handle stands for, once it is done."""
        ...

    def wait(self, handles: Sequence[Any], done: Callable[[int], None]) -> None:
        """Wait until all are done; ``done`` is told how many are."""
        ...

    def forget(self, handles: Iterable[Any]) -> None:
        """These are not wanted any more."""
        ...


def packed(value: Any) -> NDArray[np.uint8]:
    """A value as JSON has it, small, as an array."""
    raw = json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode("utf8", "surrogatepass")
    return np.frombuffer(zlib.compress(raw, 1), dtype=np.uint8)


def unpacked(made: NDArray[np.uint8]) -> Any:
    """The value that :func:`packed` was given; its tuples are lists."""
    return json.loads(zlib.decompress(made.tobytes()).decode("utf8", "surrogatepass"))
