"""Small finished things kept on disk between runs, by key: what :mod:`nlpkit.resources` calls the cache.

A shelf is an SQLite file, which several processes may share. Each thing on it carries its own checksum: what
is damaged is left out or, if that is the whole file, begun again. A shelf that cannot be used costs time,
nothing else.
"""

from __future__ import annotations

import logging
import sqlite3
from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing
from hashlib import sha256
from pathlib import Path

from nlpkit.limits import limit, variable
from nlpkit.resources import cache_folder

__all__ = ["Shelf"]

_LOG = logging.getLogger(__name__)
_AT_ONCE = 500  # keys a question; SQLite takes 999 in old versions
_WAIT = 2.0  # seconds for which another process is waited for
_CHECKED = 8  # bytes of the checksum


class Shelf:
    """One file in the cache folder.

    A file that has grown beyond the limit ``kept_bytes`` (500 MB) is begun again.

    Args:
        name: of the table in it.
        version: of what the things mean; part of the file's name.
    """

    def __init__(self, name: str, version: int) -> None:
        self._name = name
        self._file = f"{name}-{version}.sqlite"

    @property
    def path(self) -> Path:
        """Where the file lies."""
        return cache_folder() / self._file

    def find(self, keys: Sequence[bytes]) -> dict[bytes, bytes]:
        """Those of the things that are there and whole."""
        path = self.path
        if not keys or not path.is_file():
            return {}
        found: dict[bytes, bytes] = {}
        try:
            with closing(sqlite3.connect(path, timeout=_WAIT)) as base:
                for some in _parts(keys):
                    marks = ",".join("?" * len(some))
                    question = f"SELECT key, {self._name} FROM {self._name} WHERE key IN ({marks})"
                    for key, sealed in base.execute(question, some):
                        content = _opened(sealed)
                        if content is not None:
                            found[key] = content
        except sqlite3.OperationalError as error:  # busy, or not to be read
            _LOG.info("What is kept is not used: %s (%s)", path, error)
        except sqlite3.DatabaseError:
            _begin_again(path, "is damaged")
            return {}
        return found

    def put(self, things: Mapping[bytes, bytes]) -> None:
        """Keep things."""
        if not things:
            return
        path = self.path
        rows = [(key, _sealed(content)) for key, content in things.items()]
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            if path.is_file() and path.stat().st_size > limit("kept_bytes"):
                _begin_again(path, f"has more than {limit('kept_bytes'):,} bytes ({variable('kept_bytes')})")
            with closing(sqlite3.connect(path, timeout=_WAIT)) as base, base:
                # what a power failure damages is found out and made again
                base.execute("PRAGMA synchronous = OFF")
                base.execute(
                    f"CREATE TABLE IF NOT EXISTS {self._name} (key BLOB PRIMARY KEY, {self._name} BLOB)"
                    " WITHOUT ROWID"
                )
                base.executemany(f"INSERT OR REPLACE INTO {self._name} VALUES (?, ?)", rows)
        except (OSError, sqlite3.OperationalError) as error:
            _LOG.info("Nothing is kept: %s (%s)", path, error)
        except sqlite3.DatabaseError:
            _begin_again(path, "is damaged")


def _begin_again(path: Path, why: str) -> None:
    _LOG.warning("%s %s; it is begun again", path, why)
    try:
        path.unlink(missing_ok=True)
    except OSError as error:
        _LOG.warning("%s cannot be removed (%s)", path, error)


def _parts(keys: Sequence[bytes]) -> Iterator[Sequence[bytes]]:
    for first in range(0, len(keys), _AT_ONCE):
        yield keys[first : first + _AT_ONCE]


def _sealed(content: bytes) -> bytes:
    return sha256(content).digest()[:_CHECKED] + content


def _opened(sealed: object) -> bytes | None:
    if not isinstance(sealed, bytes) or sha256(sealed[_CHECKED:]).digest()[:_CHECKED] != sealed[:_CHECKED]:
        return None
    return sealed[_CHECKED:]
