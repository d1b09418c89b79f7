"""Vectors kept on disk by the content of the text, so that a text is encoded once ever."""

from __future__ import annotations

import hashlib
import io
import logging
import re
import threading
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from nlpkit.atomic import clear_scraps, write_whole
from nlpkit.embedding import Encoder
from nlpkit.resources import cache_folder

__all__ = ["CachedEncoder"]

_log = logging.getLogger(__name__)
_OURS = re.compile(r"[0-9a-f]{64}\.npy")
_CHUNK = 2048  # texts encoded before they are kept: some seconds of work, lost at most when a run is killed
_MANY = 32  # shards; beyond this, loading them costs more than writing them as one


class CachedEncoder:
    """An encoder in front of another: it asks only for texts that it has not seen.

    Vectors lie under ``folder`` in shards, one folder an encoder, each shard a NumPy file
    (without pickle) named after the SHA-256 of its content and put in place by renaming. So a
    half-written or altered shard is recognised, left out with a warning and its vectors made again,
    and two processes may share the folder,
    as two threads may the encoder. A folder that cannot be written costs only a warning.

    Args:
        encoder: makes the vectors that are missing; not called when none is.
        folder: where to keep them; :func:`cache_folder` if not given.
    """

    def __init__(self, encoder: Encoder, folder: Path | str | None = None) -> None:
        self.name = encoder.name
        self._encoder = encoder
        self._base = Path(folder) if folder is not None else cache_folder()
        self._kept_under = ""
        self._known: dict[bytes, NDArray[np.float32]] = {}
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
        if any(key not in self._known for key in keys):
            self._read_shards()
        missing = {key: text for key, text in zip(keys, texts, strict=True) if key not in self._known}
        if missing:
            wanted = list(missing)
            writable = True
            for at in range(0, len(wanted), _CHUNK):
                keys_now = wanted[at : at + _CHUNK]
                vectors = np.asarray(self._encoder.encode([missing[key] for key in keys_now]), np.float32)
                if self._settle():  # the encoder has turned to another way; never mix the vectors of two
                    return self._encoded(texts)
                fresh = dict(zip(keys_now, vectors, strict=True))
                self._known.update(fresh)
                writable = writable and bool(self._write_shard(fresh))
        return np.stack([self._known[key] for key in keys])

    def _settle(self) -> bool:
        """Forget what was read if the vectors are now kept elsewhere; whether that is so."""
        key = self.cache_key
        if key == self._kept_under:
            return False
        self._kept_under = key
        self._known.clear()
        self._read.clear()
        return True

    def _key(self, text: str) -> bytes:
        return hashlib.sha256(f"{self._kept_under}\0{text}".encode("utf8", "surrogatepass")).digest()

    @property
    def _layout(self) -> np.dtype[np.void]:
        return np.dtype([("key", "u1", (32,)), ("vector", "<f4", (self.dimension,))])

    def _read_shards(self) -> None:
        """Take in the shards that have appeared since the last look."""
        try:
            names = sorted(path.name for path in self.folder.iterdir() if path.suffix == ".npy")
        except OSError:
            return
        for name in names:
            if name in self._read:
                continue
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
            for key, vector in zip(rows["key"], rows["vector"], strict=True):
                self._known.setdefault(key.tobytes(), vector)
        if sum(1 for name in names if _OURS.fullmatch(name)) > _MANY:
            self._merge([name for name in names if _OURS.fullmatch(name)])

    def _parse(self, name: str, content: bytes) -> NDArray[np.void] | None:
        if name != f"{hashlib.sha256(content).hexdigest()}.npy":
            return None
        try:
            rows: NDArray[np.void] = np.load(io.BytesIO(content), allow_pickle=False)
        except (ValueError, EOFError, OSError):
            return None
        return rows if rows.ndim == 1 and rows.dtype == self._layout else None

    def _write_shard(self, vectors: dict[bytes, NDArray[np.float32]]) -> str:
        """The name of the shard that now holds the vectors; "" where the folder refused it."""
        rows = np.zeros(len(vectors), dtype=self._layout)
        for i, key in enumerate(sorted(vectors)):
            rows[i]["key"] = np.frombuffer(key, dtype=np.uint8)
            rows[i]["vector"] = vectors[key]
        buffer = io.BytesIO()
        np.save(buffer, rows, allow_pickle=False)
        content = buffer.getvalue()
        name = f"{hashlib.sha256(content).hexdigest()}.npy"
        try:
            self.folder.mkdir(parents=True, exist_ok=True)
            clear_scraps(self.folder)
            write_whole(self.folder / name, content, durable=False)
        except OSError as error:
            _log.warning("Vectors are not kept: %s cannot be written (%s)", self.folder, error)
            return ""
        self._read.add(name)
        return name

    def _merge(self, names: list[str]) -> None:
        merged = self._write_shard(self._known)
        if merged:
            for name in names:
                if name != merged:
                    _remove(self.folder / name)


def _slug(key: str) -> str:
    return f"{re.sub(r'[^A-Za-z0-9.-]+', '_', key)}-{hashlib.sha256(key.encode()).hexdigest()[:8]}"


def _remove(path: Path) -> None:
    try:
        path.unlink(missing_ok=True)
    except OSError as error:
        _log.warning("%s cannot be removed (%s)", path, error)
