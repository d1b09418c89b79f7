"""Published plans → update table."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import pandas as pd

from nlpkit.embedding import Encoder
from nlpkit.embedding.default import default_encoder
from nlpkit.errors import InputError
from nlpkit.reading.accounts import Account, Check, Reading
from nlpkit.reading.blocks import Block, Row, Table, cell_from_markup
from nlpkit.reading.documents import Document, placed

__all__ = [
    "DOCUMENT_SUFFIXES",
    "MAX_DOCUMENT_BYTES",
    "OTHER_FORMATS",
    "Account",
    "Check",
    "Reading",
    "read_document",
    "read_documents",
    "read_frame",
]

DOCUMENT_SUFFIXES = frozenset(
    {".txt", ".md", ".text", ".docx", ".html", ".htm", ".pdf", ".xlsx", ".xls", ".ods"}
)
"""Endings of files that are read as plans; tables are read by :mod:`nlpkit.files`."""

OTHER_FORMATS = {
    ".doc": "'.doc' is the old Word format: open it and save it as .docx.",
    ".docm": "Save it as .docx, without macros.",
    ".odt": "Open it and save it as .docx.",
    ".rtf": "Open it and save it as .docx.",
    ".mht": "Save the page as 'web page, HTML only'.",
    ".mhtml": "Save the page as 'web page, HTML only'.",
}
"""Endings of documents that are not read, and what to do with those."""

MAX_DOCUMENT_BYTES = 200_000_000
"""Size of a document as it is on disk."""


def read_documents(
    paths: Sequence[str | Path], *, service: str = "", as_of: str = "", encoder: Encoder | None = None
) -> Reading:
    """Read plans, one after the other, into one update table.

    A file that cannot be read stops no other: it is listed in ``failures``.

    Args:
        paths: PDF and Word documents (``.pdf``, ``.docx``), workbooks (``.xlsx``, ``.xls``, ``.ods``), web
            pages (``.html``, ``.htm``), text (``.txt``, ``.md``).
        service: who reports; found in each document where empty.
        as_of: ISO date or month at which the updates were true; found where empty.
        encoder: compares column headings that no synonym covers by meaning, in documents that
            give no update otherwise; the packaged model where None.
    """
    readings: list[Reading] = []
    failures: list[InputError] = []
    for path in paths:
        try:
            readings.append(read_document(path, service=service, as_of=as_of, encoder=encoder))
        except InputError as error:
            failures.append(error)
    return _together(readings, failures)


def read_document(
    path: str | Path, *, service: str = "", as_of: str = "", encoder: Encoder | None = None
) -> Reading:
    """Read one plan.

    Raises:
        InputError: the file is missing, of an unknown format, undecodable, or holds no updates.
    """
    from nlpkit.reading.plan import read_blocks  # an update table needs nothing of it

    path = Path(path)
    document = _document(path)
    blocks = document.blocks
    reading = read_blocks(blocks, source=path.name, service=service, as_of=as_of)
    if reading.updates.empty and _has_unknown_headings(blocks):
        reading = read_blocks(
            blocks, source=path.name, service=service, as_of=as_of, encoder=encoder or default_encoder()
        )
    if reading.updates.empty:
        kinds = ", ".join(f"{n} {kind}" for kind, n in reading.accounts[0].dispositions.most_common())
        raise InputError(
            f"holds no progress updates that nlpkit recognises (rows found: {kinds or 'none'})",
            source=path,
            remedy="A plan needs a table with a column for the recommendation and one for progress, "
            "or bullets under a heading that speaks of progress.",
        )
    return placed(reading, document)


def read_frame(frame: pd.DataFrame, *, source: str, service: str = "", as_of: str = "") -> Reading:
    """Read a spreadsheet whose columns are a plan's own ("Recommendation", "Progress", "RAG").

    Args:
        frame: headings as column names, one row a line of the sheet; cells may hold markup.
        source: file name, for ids and messages.

    Raises:
        InputError: no column is recognisable as a progress narrative.
    """
    from nlpkit.reading.plan import read_blocks

    lines = [[str(name) for name in frame.columns], *frame.fillna("").astype(str).values.tolist()]
    rows = tuple(
        Row(tuple(cell_from_markup(cell.replace("\n", "<br>")) for cell in line), place)
        for place, line in enumerate(lines, 1)
    )
    blocks: list[Block] = [Table(rows, 1)]
    reading = read_blocks(blocks, source=source, service=service, as_of=as_of)
    if reading.updates.empty:
        headings = ", ".join(repr(str(name)) for name in list(frame.columns)[:12])
        raise InputError(
            f"has no column that nlpkit recognises as a progress narrative (its columns: {headings})",
            source=source,
            remedy="Rename the column that holds the narrative to 'update'.",
        )
    return reading


def _has_unknown_headings(blocks: Sequence[Block]) -> bool:
    """Whether some row names two columns of a plan, so that a third may be the narrative's."""
    from nlpkit.reading.headers import role_of

    return any(
        sum(bool(role_of(cell.text)) for cell in row.cells) >= 2
        for block in blocks
        if isinstance(block, Table)
        for row in block.rows
    )


def _document(path: Path) -> Document:
    """A document as blocks, by the reader of its format."""
    if not path.exists():
        raise InputError("does not exist", source=path, remedy="Check the path.")
    if path.is_dir():
        raise InputError("is a folder", source=path, remedy="Name the files in it.")
    ending = path.suffix.lower()
    if ending not in DOCUMENT_SUFFIXES:
        other = OTHER_FORMATS.get(ending)
        raise InputError(
            f"is of a format that nlpkit does not read ('{path.suffix or 'no ending'}')",
            source=path,
            remedy=other
            or f"Plans are read from {', '.join(sorted(DOCUMENT_SUFFIXES))}; update tables from "
            ".jsonl, .csv, .tsv, .xlsx, .parquet.",
        )
    raw = _bytes(path)
    if ending == ".docx":
        from nlpkit.reading.docx import blocks_from_docx

        return Document(blocks_from_docx(raw, source=path))
    if ending in (".html", ".htm"):
        from nlpkit.reading.html import blocks_from_html

        return Document(blocks_from_html(raw, source=path))
    if ending == ".pdf":
        from nlpkit.reading.pdf import document_from_pdf

        return document_from_pdf(raw, source=path)
    if ending in (".xlsx", ".xls", ".ods"):
        from nlpkit.reading.workbooks import document_from_workbook

        return document_from_workbook(raw, source=path)
    from nlpkit.reading.text import blocks_from_text

    return Document(blocks_from_text(_decoded(raw, path)))


def _bytes(path: Path) -> bytes:
    try:
        size = path.stat().st_size
        if size > MAX_DOCUMENT_BYTES:
            raise InputError(
                f"is {size:,} bytes large (limit {MAX_DOCUMENT_BYTES:,})",
                source=path,
                remedy="Save the part with the plan as a document of its own, or without its pictures.",
            )
        return path.read_bytes()
    except OSError as error:
        told = f"cannot be opened ({error.strerror or error})"
        raise InputError(told, source=path, remedy="Check its permissions.") from None


def _decoded(raw: bytes, path: Path) -> str:
    if raw[:2] in (b"\xff\xfe", b"\xfe\xff"):
        return _with_words(_utf16(raw, path), path)
    try:
        text = raw.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = raw[: error.start].count(b"\n") + 1
        try:
            # Windows' own code page is the one other encoding that British offices still save in.
            text = raw.decode("cp1252")
        except UnicodeDecodeError as second:
            line = raw[: second.start].count(b"\n") + 1
            raise InputError(
                f"holds a byte (0x{raw[second.start]:02x}) that is neither UTF-8 nor Windows-1252",
                source=path,
                row=f"line {line}",
                remedy="Save the file as UTF-8.",
            ) from error
    return _with_words(text, path)


def _utf16(raw: bytes, path: Path) -> str:
    try:
        return raw.decode("utf-16")
    except UnicodeDecodeError as error:
        raise InputError(
            f"begins like UTF-16 but is broken at byte {error.start}",
            source=path,
            remedy="Save the file as UTF-8.",
        ) from error


def _with_words(text: str, path: Path) -> str:
    if not text.strip():
        raise InputError("is empty", source=path, remedy="Give a document with text in it.")
    if "\x00" in text:
        raise InputError(
            "is not a text file", source=path, remedy="Convert the document to text and try again."
        )
    return text


def _together(readings: Sequence[Reading], failures: Sequence[InputError]) -> Reading:
    if not readings:
        return Reading(failures=tuple(failures))
    return Reading(
        pd.concat([reading.updates for reading in readings], ignore_index=True),
        pd.concat([reading.set_aside for reading in readings], ignore_index=True),
        tuple(account for reading in readings for account in reading.accounts),
        tuple(failures),
    )
