"""Files written whole or not at all, and what killed processes leave behind cleared away.

A file is written beside its place, under a name of its own, and renamed into it. Its writer holds a lock
on it meanwhile, which the system takes back when the process ends, however it ends: so a file beside whose
lock is free belongs to nobody any more.
"""

from __future__ import annotations

import fcntl
import os
import re
import stat
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO

__all__ = ["being_written", "clear_scraps", "write_whole"]

_SCRAP = r"\.{}\.[a-z0-9_]{{8}}\.part"


def write_whole(path: Path, data: bytes, *, durable: bool = True) -> None:
    """Put ``data`` in the place of ``path`` in one step; its mode, or the link that it is, stays.

    Scraps of earlier writers of the same file are removed.

    Args:
        durable: have it on the disk, not only in the system's memory, before it takes its place.

    Raises:
        OSError: the place cannot be written to; what stood there still does.
    """
    with being_written(path, durable=durable) as file:
        file.write(data)


@contextmanager
def being_written(path: Path, *, durable: bool = True) -> Iterator[BinaryIO]:
    """:func:`write_whole` for what comes bit by bit: a file that takes its place when the block ends.

    If the block is left by an error, what stood there still does.
    """
    path = path.resolve()
    clear_scraps(path.parent, path.name)
    handle, beside = _beside(path)
    try:
        # The lock lasts until the file is closed, so it is renamed while open.
        with os.fdopen(handle, "wb") as file:
            yield file
            file.flush()
            if durable:
                os.fsync(file.fileno())
            os.chmod(beside, stat.S_IMODE(path.stat().st_mode) if path.exists() else 0o666 & ~_umask())
            os.replace(beside, path)
    except BaseException:
        Path(beside).unlink(missing_ok=True)
        raise


def clear_scraps(folder: Path, name: str = "") -> None:
    """Remove what writers of ``name`` (of any file, without it) left in a folder when they were killed.

    What cannot be removed, or is still being written, stays.
    """
    wanted = re.compile(_SCRAP.format(re.escape(name) if name else r".+"), re.DOTALL)
    try:
        found = [entry.path for entry in os.scandir(folder) if wanted.fullmatch(entry.name)]
    except OSError:
        return
    for path in found:
        try:
            handle = os.open(path, os.O_RDWR | os.O_NOFOLLOW)
        except OSError:
            continue
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
            os.unlink(path)
        except OSError:  # in use, or on a file system without locks
            pass
        finally:
            os.close(handle)


def _beside(path: Path) -> tuple[int, str]:
    """A new locked file in the same folder, open for writing."""
    while True:
        handle, beside = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.", suffix=".part")
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:  # a file system without locks: nobody clears scraps there either
            return handle, beside
        if os.fstat(handle).st_nlink:
            return handle, beside
        os.close(handle)  # somebody took it for a scrap before it was locked


def _umask() -> int:
    mask = os.umask(0)
    os.umask(mask)
    return mask
