"""Published plans → update table."""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path

import pandas as pd

from nlpkit.embedding import Encoder
from nlpkit.embedding.default import default_encoder
from nlpkit.errors import InputError
from nlpkit.formats.encodings import decoded
from nlpkit.limits import check_cells, check_size, check_text_size, check_texts, limit, passed
from nlpkit.reading.accounts import Account, Check, Reading
from nlpkit.reading.blocks import Block, Row, Table, cell_from_markup
from nlpkit.reading.documents import Document, placed
from nlpkit.unseen import UNSEEN

__all__ = [
    "DOCUMENT_SUFFIXES",
    "OTHER_FORMATS",
    "Account",
    "Check",
    "Reading",
    "document_bytes",
    "read_document",
    "read_documents",
    "read_frame",
]

DOCUMENT_SUFFIXES = frozenset(
    {".txt", ".md", ".text", ".docx", ".html", ".htm", ".pdf", ".xlsx", ".xls", ".ods"}
)
"""Endings of files that are read as plans; tables are read by :mod:`nlpkit.files`."""

_UNPACK = "Unpack it, and give the folder, or pack it as .zip."
_PICTURE = "It is a picture: have its text recognised (OCR) and saved as .pdf or .docx first."

OTHER_FORMATS = {
    ".doc": "'.doc' is the old Word format: open it and save it as .docx.",
    ".docm": "Save it as .docx, without macros.",
    ".odt": "Open it and save it as .docx.",
    ".rtf": "Open it and save it as .docx.",
    ".xlsm": "Save it as .xlsx, without macros.",
    ".xlsb": "Save it as .xlsx.",
    ".ppt": "Save it as .pdf.",
    ".pptx": "Save it as .pdf.",
    ".pages": "Export it as a Word document (.docx).",
    ".numbers": "Export it as a workbook (.xlsx).",
    ".msg": "Save what is attached to the message, and give that.",
    ".eml": "Save what is attached to the message, and give that.",
    ".rar": _UNPACK,
    ".7z": _UNPACK,
    ".tar": _UNPACK,
    ".gz": _UNPACK,
    ".tgz": _UNPACK,
    **dict.fromkeys((".png", ".jpg", ".jpeg", ".tif", ".tiff", ".bmp", ".heic"), _PICTURE),
    ".mht": "Save the page as 'web page, HTML only'.",
    ".mhtml": "Save the page as 'web page, HTML only'.",
}
"""Endings of documents that are not read, and what to do with those."""


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
    path: str | Path,
    *,
    raw: bytes | None = None,
    service: str = "",
    as_of: str = "",
    encoder: Encoder | None = None,
) -> Reading:
    """Read one plan.

    Args:
        path: the file; its ending tells the format.
        raw: its content, where that lies elsewhere (in an archive); read from ``path`` if not given.
        service, as_of, encoder: as :func:`read_documents`.

    Raises:
        InputError: the file is missing, of an unknown format, undecodable, or holds no updates.
    """
    from nlpkit.reading.plan import read_blocks  # an update table needs nothing of it

    path = Path(path)
    document = _document(path, raw)
    blocks = document.blocks
    _refuse_long(blocks, path)
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
        Row(tuple(cell_from_markup(UNSEEN.sub("", cell).replace("\n", "<br>")) for cell in line), place)
        for place, line in enumerate(lines, 1)
    )
    blocks: list[Block] = [Table(rows, 1)]
    _refuse_long(blocks, source)
    reading = read_blocks(blocks, source=source, service=service, as_of=as_of)
    if reading.updates.empty:
        headings = ", ".join(repr(str(name)) for name in list(frame.columns)[:12])
        raise InputError(
            f"has no column that nlpkit recognises as a progress narrative (its columns: {headings})",
            source=source,
            remedy="Rename the column that holds the narrative to 'update'.",
        )
    return reading


def _refuse_long(blocks: Sequence[Block], source: str | Path) -> None:
    """Refuse what has more rows and paragraphs than any plan; reading takes half a second a thousand."""
    count = sum(len(block.rows) if isinstance(block, Table) else 1 for block in blocks)
    if count > limit("plan_rows"):
        raise passed(
            "plan_rows",
            f"has {count:,} rows and paragraphs",
            source=source,
            remedy="Split it, or take out what is no plan. An update table (with a column 'update') may "
            "have more.",
        )
    size = sum(map(_characters, blocks))
    if size > limit("plan_characters"):
        raise passed(
            "plan_characters",
            f"has {size:,} characters",
            source=source,
            remedy="Split it, or take out what is no plan.",
        )


def _characters(block: Block) -> int:
    if isinstance(block, Table):
        return sum(len(line.text) for row in block.rows for cell in row.cells for line in cell.lines)
    return len(block.text)


def _has_unknown_headings(blocks: Sequence[Block]) -> bool:
    """Whether some row names two columns of a plan, so that a third may be the narrative's."""
    from nlpkit.reading.headers import role_of

    return any(
        sum(bool(role_of(cell.text)) for cell in row.cells) >= 2
        for block in blocks
        if isinstance(block, Table)
        for row in block.rows
    )


def _document(path: Path, raw: bytes | None) -> Document:
    """A document as blocks, by the reader of its format."""
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
    raw = document_bytes(path) if raw is None else raw
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

    check_text_size(len(raw), source=path)
    text, notes = decoded(raw, source=path)
    _check_lines(text, path)
    return Document(blocks_from_text(_with_words(text, path)), notes)


def _check_lines(text: str, path: Path) -> None:
    """Refuse a text with more lines, or a longer one, than any plan has."""
    if text.count("\n") + text.count("\r") > 2 * limit("text_lines"):  # Windows ends a line with both
        raise passed(
            "text_lines",
            f"has more than {limit('text_lines'):,} lines",
            source=path,
            remedy="Split the document, or take out what is no plan.",
        )
    if text.count("\t") > limit("document_cells"):
        raise passed(
            "document_cells",
            f"has more than {limit('document_cells'):,} tabs, each the edge of a cell",
            source=path,
            remedy="Split the document, or take out the tables that hold no plan.",
        )
    widest = max((line.count("\t") for line in text.splitlines()), default=0)
    check_cells(1, widest + 1, source=path)
    if len(text) > limit("cell_characters"):
        for number, line in enumerate(text.splitlines(), start=1):
            check_texts(re.split(r"[\t|]", line), source=path, row=f"line {number}")


def document_bytes(path: Path) -> bytes:
    """The content of a document.

    Raises:
        InputError: no ordinary file, larger than the limit ``file_bytes``, or it cannot be opened.
    """
    if not path.exists():
        raise InputError("does not exist", source=path, remedy="Check the path.")
    if path.is_dir():
        raise InputError("is a folder", source=path, remedy="Name the files in it.")
    try:
        check_size(path.stat().st_size, source=path)
        return path.read_bytes()
    except OSError as error:
        told = f"cannot be opened ({error.strerror or error})"
        raise InputError(told, source=path, remedy="Check its permissions.") from None


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
