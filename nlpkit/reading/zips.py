"""Zip archives of plans: each file in them read by itself, in memory, never written by its name."""

from __future__ import annotations

import stat
import zipfile
from collections import defaultdict
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from zlib import error as ZlibError

from nlpkit.errors import InputError
from nlpkit.limits import check_size, limit, passed
from nlpkit.reading.archives import leads_outside

__all__ = ["Member", "zip_members"]

_SMALL = 2_000_000  # below this, a file may be as small as it likes when packed
_UTF8 = 0x800
_LOCKED = 0x1
_UNPACK = "Unpack it, and give the folder."


@dataclass(frozen=True)
class Member:
    """One file of an archive.

    Attributes:
        name: its path in the archive, with forward slashes; control characters escaped.
        read: gives its content, or raises :class:`InputError`.
    """

    name: str
    read: Callable[[], bytes]


def zip_members(path: Path, *, shown: str) -> list[Member]:
    """The files of a zip archive, in the order of the archive; folders are left out.

    What is wrong with one of them (a password, a size beyond a limit, a name that leads outside) is raised
    when it is read, so that it stops no other.

    Args:
        path: the archive.
        shown: its name for messages.

    Raises:
        InputError: not a zip archive, damaged, an Office document, or beyond a limit as a whole.
    """
    try:
        size = path.stat().st_size
        archive = zipfile.ZipFile(path)
    except (zipfile.BadZipFile, ValueError, NotImplementedError, EOFError) as error:
        raise InputError(f"is no zip archive, or damaged ({error})", source=shown, remedy=_UNPACK) from None
    except OSError as error:
        told = f"cannot be opened ({error.strerror or error})"
        raise InputError(told, source=shown, remedy="Check its permissions.") from None
    entries = [entry for entry in archive.infolist() if not _name(entry).endswith("/")]
    if len(entries) > limit("archive_entries"):
        raise passed("archive_entries", f"holds {len(entries):,} files", source=shown, remedy=_UNPACK)
    unpacked = sum(entry.file_size for entry in entries)
    if unpacked > limit("zip_bytes"):
        raise passed("zip_bytes", f"is {unpacked:,} bytes unpacked", source=shown, remedy=_UNPACK)
    if sum(entry.compress_size for entry in entries) > size:
        raise InputError("holds files that share the same bytes", source=shown, remedy=_UNPACK)
    by_name: dict[str, list[zipfile.ZipInfo]] = defaultdict(list)
    for entry in entries:
        by_name[_name(entry)].append(entry)
    if "[Content_Types].xml" in by_name:
        raise InputError(
            "is an Office document under the name of an archive",
            source=shown,
            remedy="Give it its own ending (.docx or .xlsx).",
        )
    members: list[Member] = []
    for name, found in by_name.items():
        told = name if name.isprintable() else name.encode("unicode_escape").decode()
        members.append(Member(told, _reader(archive, found, f"{shown}/{told}")))
    return members


def _name(entry: zipfile.ZipInfo) -> str:
    """The name as it was meant: UTF-8 also where the archive does not say so, forward slashes."""
    name = entry.filename
    if not entry.flag_bits & _UTF8:
        with suppress(UnicodeError):  # else it is what zip's first makers wrote: code page 437
            name = name.encode("cp437").decode("utf8")
    return name.replace("\\", "/").removeprefix("./")


def _reader(archive: zipfile.ZipFile, entries: list[zipfile.ZipInfo], shown: str) -> Callable[[], bytes]:
    def read() -> bytes:
        entry, most = entries[0], limit("file_bytes")
        if problem := _problem(entry, twice=len(entries) > 1):
            raise InputError(problem, source=shown, remedy=_UNPACK)
        check_size(entry.file_size, source=shown)
        _refuse_bomb(entry, shown)
        try:
            with archive.open(entry) as file:
                content = file.read(most + 1)
        except (zipfile.BadZipFile, ZlibError, EOFError, OSError, ValueError, NotImplementedError) as error:
            told = f"cannot be unpacked ({error})"
            raise InputError(told, source=shown, remedy="Fetch the archive again.") from None
        if len(content) > entry.file_size or len(content) > most:
            raise InputError("is larger than the archive says", source=shown, remedy=_UNPACK)
        return content

    return read


def _problem(entry: zipfile.ZipInfo, *, twice: bool) -> str:
    name = _name(entry)
    if leads_outside(name) or not name.isprintable():
        return "has a name that leads outside the archive, or no name for a file"
    if twice:
        return "stands in the archive more than once under this name"
    if entry.flag_bits & _LOCKED:
        return "is protected by a password"
    if stat.S_ISLNK(entry.external_attr >> 16):
        return "is a link, not a file"
    return ""


def _refuse_bomb(entry: zipfile.ZipInfo, shown: str) -> None:
    packed = max(1, entry.compress_size)
    if entry.file_size > _SMALL and entry.file_size > limit("entry_ratio") * packed:
        told = f"is {entry.file_size // packed:,} times larger unpacked"
        raise passed("entry_ratio", told, source=shown, remedy=_UNPACK)
