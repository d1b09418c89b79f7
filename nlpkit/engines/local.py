"""The engine that works in this process, one part after the other."""

from __future__ import annotations

import json
import tempfile
from collections.abc import Callable, Hashable, Iterable, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from nlpkit.engines import Part, Pieces
from nlpkit.errors import InputError

__all__ = ["LocalEngine"]


class _Kept:
    """A result in memory."""

    def __init__(self, value: Any) -> None:
        self.value = value

    def load(self) -> Any:
        return self.value

    def drop(self) -> None:
        self.value = None


class _OnDisk:
    """A part in a file: the names, kinds and lengths of its arrays in a line, then their bytes."""

    def __init__(self, path: Path, part: Part) -> None:
        self.path = path
        about = [[name, array.dtype.str, len(array)] for name, array in part.items()]
        with path.open("wb") as file:
            file.write(json.dumps(about).encode() + b"\n")
            for array in part.values():
                file.write(np.ascontiguousarray(array).data)

    def load(self) -> Part:
        with self.path.open("rb") as file:
            about = json.loads(file.readline())
            return {name: np.fromfile(file, dtype=kind, count=length) for name, kind, length in about}

    def drop(self) -> None:
        self.path.unlink(missing_ok=True)


class _InPieces:
    def __init__(self, pieces: dict[Hashable, Any]) -> None:
        self.pieces = pieces

    def load(self) -> Pieces:
        return Pieces({name: kept.load() for name, kept in self.pieces.items()})

    def drop(self) -> None:
        for kept in self.pieces.values():
            kept.drop()


class LocalEngine:
    """Runs every function at once when it is given; parts wait in temporary files, not in memory.

    Used in a ``with`` block, at whose end the files are removed.

    Raises:
        InputError: there is no room for temporary files.
    """

    workers = 1
    apart = False

    def __init__(self) -> None:
        self._folder: tempfile.TemporaryDirectory[str] | None = None
        self._files = 0

    def __enter__(self) -> LocalEngine:
        self._folder = tempfile.TemporaryDirectory(prefix="nlpkit-")
        return self

    def __exit__(self, *_: object) -> None:
        if self._folder is not None:
            self._folder.cleanup()

    def put(self, value: Any) -> Any:
        """The value itself."""
        return value

    def run(self, function: Callable[..., Any], *given: Any) -> Any:
        """A handle for ``function(*given)``."""
        return self._keep(function(*map(_loaded, given)))

    def pick(self, handle: Any, piece: Hashable) -> Any:
        """A handle for one of the pieces."""
        return handle.pieces.get(piece, _Kept(None))

    def take(self, handle: Any) -> Any:
        """What a handle stands for."""
        return handle.load()

    def wait(self, handles: Sequence[Any], done: Callable[[int], None]) -> None:
        """All are done when they are given."""
        done(len(handles))

    def forget(self, handles: Iterable[Any]) -> None:
        """Remove the files of these."""
        for handle in handles:
            if isinstance(handle, _Kept | _OnDisk | _InPieces):
                handle.drop()

    def _keep(self, made: Any) -> Any:
        if isinstance(made, Pieces):
            return _InPieces({name: self._keep(part) for name, part in made.items()})
        if self._folder is None or not isinstance(made, dict):
            return _Kept(made)
        self._files += 1
        path = Path(self._folder.name) / f"{self._files}.part"
        try:
            return _OnDisk(path, made)
        except OSError as error:
            raise InputError(
                f"a temporary file cannot be written ({error.strerror or error})",
                source=path,
                remedy="Make room there, or name another folder in the environment variable TMPDIR.",
            ) from None


def _loaded(given: Any) -> Any:
    if isinstance(given, _Kept | _OnDisk | _InPieces):
        return given.load()
    if isinstance(given, list):
        return [_loaded(one) for one in given]
    return given
