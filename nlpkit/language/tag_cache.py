"""Part-of-speech tags kept on disk by the content of the sentence, so that spaCy reads it once ever.

What is kept is a hash of the sentence, the offsets of its words and their tags; no word of it. The file is
an SQLite database, which several processes may share. Each entry carries its own checksum; what is damaged
is left out or, if that is the whole file, begun again. A file that cannot be used costs time, nothing else.
"""

from __future__ import annotations

import json
import logging
import sqlite3
from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing
from hashlib import sha256
from pathlib import Path

from nlpkit.resources import cache_folder

__all__ = ["Tagged", "keep", "kept"]

Tagged = tuple[tuple[int, int, str], ...]
"""Of each word: start, end, tag."""

_LOG = logging.getLogger(__name__)
_FORMAT = 1
_AT_ONCE = 500  # hashes a question; SQLite takes 999 in old versions
_WAIT = 2.0  # seconds for which another process is waited for


def _path() -> Path:
    return cache_folder() / f"tags-{_FORMAT}.sqlite"


def kept(sentences: Sequence[str], model: str) -> dict[str, Tagged]:
    """The tags of those sentences that are known.

    Args:
        sentences: as they were given to :func:`keep`.
        model: what tags them, with its version; tags of another are not known.
    """
    path = _path()
    if not sentences or not path.is_file():
        return {}
    by_key = {_key(sentence, model): sentence for sentence in sentences}
    found: dict[str, Tagged] = {}
    try:
        with closing(sqlite3.connect(path, timeout=_WAIT)) as base:
            for keys in _parts(list(by_key)):
                marks = ",".join("?" * len(keys))
                asked = base.execute(f"SELECT key, tags FROM tags WHERE key IN ({marks})", keys)
                for key, content in asked:
                    tagged = _opened(content, by_key[key])
                    if tagged is not None:
                        found[by_key[key]] = tagged
    except sqlite3.OperationalError as error:  # busy, or not to be read
        _LOG.info("Kept tags are not used: %s (%s)", path, error)
    except sqlite3.DatabaseError:
        _begin_again(path)
        return {}
    return found


def keep(tagged: Mapping[str, Tagged], model: str) -> None:
    """Keep the tags of sentences."""
    if not tagged:
        return
    path = _path()
    rows = [(_key(sentence, model), _sealed(tags)) for sentence, tags in tagged.items()]
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with closing(sqlite3.connect(path, timeout=_WAIT)) as base, base:
            base.execute("CREATE TABLE IF NOT EXISTS tags (key BLOB PRIMARY KEY, tags BLOB) WITHOUT ROWID")
            base.executemany("INSERT OR REPLACE INTO tags VALUES (?, ?)", rows)
    except (OSError, sqlite3.OperationalError) as error:
        _LOG.info("Tags are not kept: %s (%s)", path, error)
    except sqlite3.DatabaseError:
        _begin_again(path)


def _begin_again(path: Path) -> None:
    _LOG.warning("%s is damaged; it is begun again", path)
    try:
        path.unlink(missing_ok=True)
    except OSError as error:
        _LOG.warning("%s cannot be removed (%s)", path, error)


def _parts(keys: list[bytes]) -> Iterator[list[bytes]]:
    for first in range(0, len(keys), _AT_ONCE):
        yield keys[first : first + _AT_ONCE]


def _key(sentence: str, model: str) -> bytes:
    return sha256(f"{model}\0{sentence}".encode("utf8", "surrogatepass")).digest()


def _sealed(tagged: Tagged) -> bytes:
    content = json.dumps(tagged, separators=(",", ":")).encode()
    return sha256(content).digest()[:8] + content


def _opened(content: object, sentence: str) -> Tagged | None:
    if not isinstance(content, bytes) or sha256(content[8:]).digest()[:8] != content[:8]:
        return None
    tagged = tuple((int(start), int(end), str(tag)) for start, end, tag in json.loads(content[8:]))
    return tagged if all(0 <= start < end <= len(sentence) for start, end, _ in tagged) else None
