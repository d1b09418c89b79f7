"""Vectors kept on disk by the content of the text, so that a text is encoded once ever."""

from __future__ import annotations

import hashlib
import io
import logging
import re
import threading
from collections.abc import Sequence
from itertools import islice
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from nlpkit.atomic import being_written, clear_scraps
from nlpkit.embedding import Encoder
from nlpkit.resources import cache_folder

__all__ = ["CachedEncoder"]

_log = logging.getLogger(__name__)
_OURS = re.compile(r"[0-9a-f]{64}\.npy")
_CHUNK = 2048  # texts encoded before they are kept: some seconds of work, lost at most when a run is killed
_MANY = 32  # shards that are small; beyond this, looking into them costs more than writing them as one
_FULL = 32_000_000  # bytes: a shard so large is written once, and stays; twice as much is held to write one
_RECENT = 20_000  # vectors that are also held in memory


class CachedEncoder:
    """An encoder in front of another: it asks only for texts that it has not seen.

    Vectors lie under ``folder`` in shards, one folder an encoder, each shard a NumPy file
    (without pickle) named after the SHA-256 of its content and put in place by renaming. So a
    half-written or altered shard is recognised, left out with a warning and its vectors made again,
    and two processes may share the folder,
    as two threads may the encoder. A folder that cannot be written costs only a warning.
    Of what is kept on disk, a few bytes a vector are held in memory.

    Args:
        encoder: makes the vectors that are missing; not called when none is.
        folder: where to keep them; :func:`cache_folder` if not given.
    """

    def __init__(self, encoder: Encoder, folder: Path | str | None = None) -> None:
        self.name = encoder.name
        self._encoder = encoder
        self._base = Path(folder) if folder is not None else cache_folder()
        self._kept_under = ""
        self._recent: dict[bytes, NDArray[np.float32]] = {}
        self._shards: dict[str, _Shard] = {}
        self._read: set[str] = set()
        self._lock = threading.RLock()

    @property
    def dimension(self) -> int:
        """The length of a vector."""
        return self._encoder.dimension

    @property
    def in_threads(self) -> bool:
        """Whether the encoder says of itself that a thread beside the main one may load and use it."""
        return bool(getattr(self._encoder, "in_threads", False))

    @property
    def cache_key(self) -> str:
        """What the vectors are kept under: the encoder's ``cache_key`` or, without one, its name."""
        return str(getattr(self._encoder, "cache_key", self.name))

    @property
    def folder(self) -> Path:
        """Where the vectors lie."""
        return self._base / "vectors" / _slug(self.cache_key)

    def encode(self, texts: Sequence[str]) -> NDArray[np.float32]:
        """Unit vectors, shape ``(len(texts), dimension)``, in the order of the texts."""
        if not len(texts):
            return np.zeros((0, self.dimension), dtype=np.float32)
        with self._lock:
            return self._encoded(texts)

    def _encoded(self, texts: Sequence[str]) -> NDArray[np.float32]:
        self._settle()
        keys = [self._key(text) for text in texts]
        known = self._look_up(keys)
        if any(key not in known for key in keys) and self._read_shards():
            known |= self._look_up([key for key in keys if key not in known])
        missing = {key: text for key, text in zip(keys, texts, strict=True) if key not in known}
        if missing:
            wanted = list(missing)
            writable = True
            for at in range(0, len(wanted), _CHUNK):
                keys_now = wanted[at : at + _CHUNK]
                vectors = np.asarray(self._encoder.encode([missing[key] for key in keys_now]), np.float32)
                if self._settle():  # the encoder has turned to another way; never mix the vectors of two
                    return self._encoded(texts)
                fresh = dict(zip(keys_now, vectors, strict=True))
                known |= fresh
                self._hold(fresh)
                writable = writable and bool(self._write_vectors(fresh))
                self._tidy()
        return np.stack([known[key] for key in keys])

    def _look_up(self, keys: Sequence[bytes]) -> dict[bytes, NDArray[np.float32]]:
        """The vectors of those keys that have one."""
        found = {key: self._recent[key] for key in keys if key in self._recent}
        wanted = sorted({key for key in keys if key not in found})
        for name, shard in list(self._shards.items()):
            if not wanted:
                break
            try:
                there = shard.look_up(wanted)
            except OSError:  # another process has just merged it away, and what took its place is read next
                del self._shards[name]
                continue
            found |= there
            self._hold(there)
            wanted = [key for key in wanted if key not in there]
        return found

    def _hold(self, vectors: dict[bytes, NDArray[np.float32]]) -> None:
        """Hold vectors in memory too; those held longest give way."""
        self._recent |= vectors
        for key in list(islice(self._recent, max(0, len(self._recent) - _RECENT))):
            del self._recent[key]

    def _settle(self) -> bool:
        """Forget what was read if the vectors are now kept elsewhere; whether that is so."""
        key = self.cache_key
        if key == self._kept_under:
            return False
        self._kept_under = key
        self._recent.clear()
        self._shards.clear()
        self._read.clear()
        return True

    def _key(self, text: str) -> bytes:
        return hashlib.sha256(f"{self._kept_under}\0{text}".encode("utf8", "surrogatepass")).digest()

    @property
    def _layout(self) -> np.dtype[np.void]:
        return np.dtype([("key", "u1", (32,)), ("vector", "<f4", (self.dimension,))])

    def _read_shards(self) -> bool:
        """Take in the shards that have appeared since the last look; whether there were any."""
        try:
            names = sorted(path.name for path in self.folder.iterdir() if path.suffix == ".npy")
        except OSError:
            return False
        new = [name for name in names if name not in self._read]
        for name in new:
            self._read.add(name)
            try:
                content = (self.folder / name).read_bytes()
            except OSError:  # another process has just merged it away
                continue
            rows = self._parse(name, content)
            if rows is None:
                _log.warning("Cached vectors %s are damaged or foreign; left out", self.folder / name)
                if _OURS.fullmatch(name):
                    _remove(self.folder / name)
                continue
            self._shards[name] = _Shard(self.folder / name, rows, len(content))
        self._tidy()
        return bool(new)

    def _parse(self, name: str, content: bytes) -> NDArray[np.void] | None:
        if name != f"{hashlib.sha256(content).hexdigest()}.npy":
            return None
        try:
            rows: NDArray[np.void] = np.load(io.BytesIO(content), allow_pickle=False)
        except (ValueError, EOFError, OSError):
            return None
        return rows if rows.ndim == 1 and rows.dtype == self._layout else None

    def _write_vectors(self, vectors: dict[bytes, NDArray[np.float32]]) -> str:
        """As :meth:`_write_shard`, of vectors by key."""
        rows = np.zeros(len(vectors), dtype=self._layout)
        for i, key in enumerate(sorted(vectors)):
            rows[i]["key"] = np.frombuffer(key, dtype=np.uint8)
            rows[i]["vector"] = vectors[key]
        return self._write_shard(rows)

    def _write_shard(self, rows: NDArray[np.void]) -> str:
        """The name of the shard that now holds the rows; "" where the folder refused it."""
        header = io.BytesIO()
        np.lib.format.write_array_header_1_0(header, np.lib.format.header_data_from_array_1_0(rows))
        content = (header.getvalue(), rows.view(np.uint8).data)  # what np.save would write, not copied
        digest = hashlib.sha256()
        for piece in content:
            digest.update(piece)
        name = f"{digest.hexdigest()}.npy"
        try:
            self.folder.mkdir(parents=True, exist_ok=True)
            clear_scraps(self.folder)
            with being_written(self.folder / name, durable=False) as file:
                file.writelines(content)
        except OSError as error:
            _log.warning("Vectors are not kept: %s cannot be written (%s)", self.folder, error)
            return ""
        self._read.add(name)
        self._shards[name] = _Shard(self.folder / name, rows, sum(map(len, content)))
        return name

    def _tidy(self) -> None:
        """Put small shards together where there are many, so that a vector is written a few times at most."""
        small = [shard for shard in self._shards.values() if shard.size < _FULL]
        if len(small) <= _MANY:
            return
        merged: list[NDArray[np.void]] = []
        done: list[_Shard] = []
        size = 0
        for shard in sorted(small, key=lambda shard: shard.size):
            if size >= _FULL:
                break
            try:
                merged.append(shard.all())
            except OSError:
                continue
            done.append(shard)
            size += shard.size
        if not merged:
            return
        rows = np.concatenate(merged)
        merged.clear()
        name = self._write_shard(_by_key(rows))
        if not name:
            return
        for shard in done:
            if shard.path.name != name:
                self._shards.pop(shard.path.name, None)
                _remove(shard.path)


class _Shard:
    """A file of vectors, ordered by key; held in memory are the beginnings of the keys.

    Args:
        path: of the file.
        rows: what it holds; not kept.
        size: bytes of the file.
    """

    def __init__(self, path: Path, rows: NDArray[np.void], size: int) -> None:
        self.path, self.size = path, size
        self._layout = rows.dtype
        self._start = size - rows.nbytes
        self._beginnings = _beginnings(rows["key"])

    def look_up(self, keys: Sequence[bytes]) -> dict[bytes, NDArray[np.float32]]:
        """The vectors of those keys that the file holds."""
        asked = _beginnings(np.frombuffer(b"".join(keys), dtype=np.uint8).reshape(-1, 32))
        first = np.searchsorted(self._beginnings, asked, side="left")
        last = np.searchsorted(self._beginnings, asked, side="right")
        found: dict[bytes, NDArray[np.float32]] = {}
        hits = np.flatnonzero(last > first).tolist()
        if not hits:
            return found
        wide = self._layout.itemsize
        with self.path.open("rb") as file:
            for n in hits:
                for at in range(int(first[n]), int(last[n])):
                    file.seek(self._start + at * wide)
                    row = np.frombuffer(file.read(wide), dtype=self._layout)
                    if len(row) and row["key"][0].tobytes() == keys[n]:
                        found[keys[n]] = row["vector"][0].copy()
        return found

    def all(self) -> NDArray[np.void]:
        """Everything in the file."""
        with self.path.open("rb") as file:
            file.seek(self._start)
            rows: NDArray[np.void] = np.frombuffer(file.read(), dtype=self._layout)
        return rows


def _beginnings(keys: NDArray[np.uint8]) -> NDArray[np.uint64]:
    """The first eight bytes of keys, as numbers in the same order."""
    return np.ascontiguousarray(keys[:, :8]).view(">u8").ravel().astype(np.uint64)


def _by_key(rows: NDArray[np.void]) -> NDArray[np.void]:
    """Rows in the order of their keys, each key once."""
    words = np.ascontiguousarray(rows["key"]).view(">u8")
    order = np.lexsort(words.T[::-1])
    sorted_words = words[order]
    new = np.append(True, (sorted_words[1:] != sorted_words[:-1]).any(axis=1))
    once: NDArray[np.void] = rows[order[new]]
    return once


def _slug(key: str) -> str:
    return f"{re.sub(r'[^A-Za-z0-9.-]+', '_', key)}-{hashlib.sha256(key.encode()).hexdigest()[:8]}"


def _remove(path: Path) -> None:
    try:
        path.unlink(missing_ok=True)
    except OSError as error:
        _log.warning("%s cannot be removed (%s)", path, error)
