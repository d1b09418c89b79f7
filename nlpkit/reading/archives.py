"""Office documents are zip archives: what their directory declares is checked before they are opened."""

from __future__ import annotations

import io
import re
import zipfile
from pathlib import Path

from nlpkit.errors import InputError
from nlpkit.limits import limit, passed

__all__ = ["check_archive", "refuse_declarations"]

_SMALL = 2_000_000
_OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
_DECLARES = re.compile(rb"<!\s*(?:DOCTYPE|ENTITY)", re.IGNORECASE)
_REMEDY = "Office documents do not look like this: open it in the program that made it and save it again."


def check_archive(raw: bytes, *, source: str | Path, part: str, kind: str, ending: str) -> frozenset[str]:
    """Check an Office document from its directory alone, nothing unpacked.

    Args:
        raw: the file.
        source: its name, for messages.
        part: the entry that makes it a document of this kind ("word/document.xml").
        kind: what it should be ("Word document").
        ending: the format to save as (".docx").

    Returns:
        The names of its entries.

    Raises:
        InputError: another format under this name, one with a password, damaged, or an archive that
            declares more than a limit of :mod:`nlpkit.limits`, unsafe names, or the same name twice.
    """
    _refuse_others(raw, source, kind, ending)
    try:
        with zipfile.ZipFile(io.BytesIO(raw)) as archive:
            entries = archive.infolist()
    except (zipfile.BadZipFile, OSError, ValueError, NotImplementedError, EOFError) as error:
        raise InputError(
            f"is damaged ({error})",
            source=source,
            remedy=f"It cannot be opened as {_a(kind)}: fetch it again, or save it anew as {ending}.",
        ) from None
    if len(entries) > limit("archive_entries"):
        raise passed("archive_entries", f"holds {len(entries):,} files", source=source, remedy=_REMEDY)
    names = [entry.filename for entry in entries]
    for name in names:
        steps = re.split(r"[\\/]", name)
        if ".." in steps or name.startswith(("/", "\\")) or re.match(r"[A-Za-z]:", name) or "\x00" in name:
            raise _refusal(f"holds a file whose name leads outside it ({name[:60]!r})", source)
    if len(set(names)) < len(names):
        raise _refusal("holds two files of the same name", source)
    for entry in entries:
        if entry.flag_bits & 1:
            raise InputError(
                "is protected by a password",
                source=source,
                remedy=f"Save it as {ending} without a password.",
            )
        if entry.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
            raise _refusal("is packed in a way that Office does not use", source)
        if entry.file_size > limit("entry_bytes"):
            raise passed(
                "entry_bytes",
                f"holds a file of {entry.file_size:,} bytes unpacked",
                source=source,
                remedy=_REMEDY,
            )
        if entry.file_size > _SMALL and entry.file_size > limit("entry_ratio") * max(1, entry.compress_size):
            times = entry.file_size // max(1, entry.compress_size)
            raise passed(
                "entry_ratio", f"holds a file {times:,} times larger unpacked", source=source, remedy=_REMEDY
            )
    unpacked = sum(entry.file_size for entry in entries)
    if unpacked > limit("unpacked_bytes"):
        raise passed("unpacked_bytes", f"is {unpacked:,} bytes unpacked", source=source, remedy=_REMEDY)
    if sum(entry.compress_size for entry in entries) > len(raw):
        raise _refusal("holds files that share the same bytes", source)
    if part not in names:
        raise InputError(
            f"is no {kind}, whatever its name says",
            source=source,
            remedy=f"It is an archive of another kind ({_family(names)}): give it its own ending, "
            f"or save the document as {ending}.",
        )
    return frozenset(names)


def refuse_declarations(xml: bytes, *, source: str | Path) -> None:
    """Refuse XML that declares a document type or entities; no Office program writes one.

    Raises:
        InputError: it does.
    """
    plain = xml.replace(b"\x00", b"") if xml[:2] in (b"\xff\xfe", b"\xfe\xff", b"\x00<", b"<\x00") else xml
    if _DECLARES.search(plain):
        raise _refusal("holds XML that declares entities or a document type", source)


def _refuse_others(raw: bytes, source: str | Path, kind: str, ending: str) -> None:
    head = raw[:512].lstrip()
    remedy = f"Save the document as {ending}, or give the file its own ending."
    if not raw:
        raise InputError("is empty", source=source, remedy="Give a document with text in it.")
    if raw[:8] == _OLE:
        if "EncryptedPackage".encode("utf-16-le") in raw:
            raise InputError(
                "is protected by a password",
                source=source,
                remedy=f"Open it in its program and save it as {ending} without a password.",
            )
        raise InputError(
            "is in the old Office format", source=source, remedy=f"Open it and save it as {ending}."
        )
    found = next(
        (
            name
            for mark, name in (
                (b"%PDF-", "a PDF document"),
                (b"{\\rtf", "a document in Rich Text Format"),
                (b"<", "a web page or XML file"),
            )
            if head.startswith(mark)
        ),
        "",
    )
    if found:
        raise InputError(f"is {found}, not {_a(kind)}", source=source, remedy=remedy)
    if raw[:2] != b"PK":
        raise InputError(f"is not {_a(kind)}, or damaged", source=source, remedy=remedy)


def _a(kind: str) -> str:
    return f"{'an' if kind[:1] in 'AEIO' else 'a'} {kind}"


def _family(names: list[str]) -> str:
    for start, name in (("xl/", "Excel"), ("ppt/", "PowerPoint"), ("word/", "Word")):
        if any(entry.startswith(start) for entry in names):
            return name
    return "OpenDocument" if "content.xml" in names else "zip"


def _refusal(problem: str, source: str | Path) -> InputError:
    return InputError(problem, source=source, remedy=_REMEDY)
