"""Office documents are zip archives: what they declare, then what they hold is checked before it is read.

The directory is checked first, nothing unpacked (:func:`check_archive`); then every part is unpacked
once, no further than it declares, and what looks like XML is looked through as text (:func:`xml_parts`).
"""

from __future__ import annotations

import io
import re
import zipfile
import zlib
from collections.abc import Iterator
from pathlib import Path

from nlpkit.errors import InputError
from nlpkit.limits import limit, passed

__all__ = ["check_archive", "leads_outside", "refuse_declarations", "refuse_elements", "xml_parts"]

_SMALL = 2_000_000
_OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
_DECLARES = re.compile(rb"<!\s*(?:DOCTYPE|ENTITY)", re.IGNORECASE)
_ENCODING = re.compile(rb"<\?xml[^<>]{0,200}?\bencoding\s{0,9}=\s{0,9}[\"']([\w.:-]{1,40})", re.IGNORECASE)
_USUAL = frozenset(
    {b"utf-8", b"utf8", b"utf-16", b"us-ascii", b"ascii", b"iso-8859-1", b"iso-8859-15", b"windows-1252"}
)
_PIECE = 1 << 20
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
        if leads_outside(name):
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
    _refuse_odd_layout(archive.comment, entries, len(raw), source)
    if part not in names:
        raise InputError(
            f"is no {kind}, whatever its name says",
            source=source,
            remedy=f"It is an archive of another kind ({_family(names)}): give it its own ending, "
            f"or save the document as {ending}.",
        )
    return frozenset(names)


def leads_outside(name: str) -> bool:
    """Whether the name of an archive's entry would lead out of the folder that it is unpacked into."""
    steps = re.split(r"[\\/]", name)
    return (
        ".." in steps or name.startswith(("/", "\\")) or bool(re.match(r"[A-Za-z]:", name)) or "\x00" in name
    )


def xml_parts(raw: bytes, *, source: str | Path) -> Iterator[tuple[str, bytes]]:
    """The XML parts of an archive that :func:`check_archive` let through, checked one by one.

    Every entry is unpacked, also those that are no XML, as some reader may; what a part is counts by how it
    begins, not by its name.

    Yields:
        Name and content, without documents types, entities or unusual encodings.

    Raises:
        InputError: a part that is damaged, is not what the directory declares, declares entities, or has
            more elements than the limit ``elements``.
    """
    try:
        with zipfile.ZipFile(io.BytesIO(raw)) as archive:
            for entry in archive.infolist():
                with archive.open(entry) as file:
                    head = file.read(_PIECE)
                    if not _looks_like_xml(head):
                        while file.read(_PIECE):
                            pass
                        continue
                    part = head + file.read()
                refuse_declarations(part, source=source)
                yield entry.filename, part
    except (zipfile.BadZipFile, zlib.error, OSError, EOFError, NotImplementedError, RuntimeError) as error:
        raise InputError(
            f"is damaged ({error})",
            source=source,
            remedy="Fetch it again, or open it in its program and save it anew.",
        ) from None


def _looks_like_xml(head: bytes) -> bool:
    return head.lstrip(b"\xef\xbb\xbf\xff\xfe\x00 \t\r\n").startswith(b"<")


def refuse_elements(xml: bytes, most: int, *, source: str | Path) -> None:
    """Refuse XML with more elements than some number, counted by its angle brackets.

    Raises:
        InputError: it has; ``elements`` is named as the limit.
    """
    count = xml.count(b"<") - xml.count(b"</")
    if count > most:
        raise passed(
            "elements",
            f"holds {count:,} elements",
            source=source,
            remedy="No plan is that large: save the part with the plan as a document of its own.",
        )


def _refuse_odd_layout(comment: bytes, entries: list[zipfile.ZipInfo], size: int, source: str | Path) -> None:
    """Refuse an archive of which two programs might see different directories, or files that overlap."""
    if comment or (entries and min(entry.header_offset for entry in entries) != 0):
        raise _refusal("has something before its first or after its last file", source)
    end = 0
    for entry in sorted(entries, key=lambda entry: entry.header_offset):
        if entry.header_offset < end:
            raise _refusal("holds files that share the same bytes", source)
        end = entry.header_offset + 30 + len(entry.orig_filename) + entry.compress_size
    if end > size:
        raise _refusal("holds files that share the same bytes", source)


def refuse_declarations(xml: bytes, *, source: str | Path) -> None:
    """Refuse XML that declares a document type or entities, or an encoding that hides them.

    No Office program writes one.

    Raises:
        InputError: it does.
    """
    named = _ENCODING.search(xml[:400].replace(b"\x00", b""))
    if named and named[1].lower() not in _USUAL:
        raise _refusal(f"holds XML in an unusual encoding ({named[1].decode('ascii')})", source)
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
