"""CSV and TSV.

A text that a spreadsheet would take for a formula (it begins with ``=``, ``+``, ``-``, ``@``, tab or
the end of a line, and is not a plain number) is written with a leading apostrophe, which reading
takes off again. ``NLPKIT_FORMULAS=keep`` leaves both out.
"""

from __future__ import annotations

import csv
import io
import logging
import re
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from nlpkit.cells import FORMULA, cell_text, guards_formulas
from nlpkit.errors import InputError
from nlpkit.limits import check_cells, check_text_size, check_texts

__all__ = ["delimited_grid", "to_delimited"]

_GUARDED = re.compile(f"'(?:{FORMULA.pattern})")
_PLAIN_NUMBER = re.compile(r"[+-]?\d+(\.\d+)?%?")
_LOG = logging.getLogger(__name__)


def delimited_grid(raw: bytes, delimiter: str, *, source: str | Path) -> list[list[Any]]:
    """The cells of a CSV or TSV file, row by row, all text.

    UTF-8 (or UTF-16 with its mark); anything else is read as Windows-1252, with a warning.

    Raises:
        InputError: a byte that is neither, or unbalanced quotation marks; it names the line.
    """
    check_text_size(len(raw), source=source)
    lines = io.TextIOWrapper(io.BytesIO(raw), encoding=_encoding(raw, source=source), newline="")
    most = csv.field_size_limit(max(len(raw), 1))
    reader = csv.reader(lines, delimiter=delimiter, strict=True)
    guarded = guards_formulas()
    grid: list[list[Any]] = []
    widest = 0
    try:
        for row in reader:
            place = f"line {reader.line_num}"
            widest = max(widest, len(row))
            check_cells(len(grid) + 1, widest, source=source, row=place)
            check_texts(row, source=source, row=place)
            grid.append([cell[1:] if guarded and _GUARDED.match(cell) else cell for cell in row])
        return grid
    except csv.Error as error:
        raise InputError(
            f"is not valid {'TSV' if delimiter == chr(9) else 'CSV'} ({error})",
            source=source,
            row=f"line {reader.line_num}",
            remedy="Check the quotation marks there.",
        ) from None
    finally:
        csv.field_size_limit(most)


def to_delimited(columns: Sequence[str], rows: Sequence[Sequence[Any]], delimiter: str) -> bytes:
    """Plain values as CSV or TSV with a header, in UTF-8."""
    written = _guarded if guards_formulas() else cell_text
    # Python's own writer leaves a carriage return unquoted, at which its reader then ends the row.
    special = re.compile(f'["\r\n{delimiter}]')
    lines = []
    for row in (columns, *rows):
        cells = [
            '"' + text.replace('"', '""') + '"' if special.search(text) else text
            for text in map(written, row)
        ]
        lines.append(delimiter.join(cells) if cells != [""] else '""')
    return "".join(f"{line}\n" for line in lines).encode("utf8", "replace")


def _guarded(value: Any) -> str:
    text = cell_text(value)
    return f"'{text}" if FORMULA.match(text) and not _PLAIN_NUMBER.fullmatch(text) else text


def _encoding(raw: bytes, *, source: str | Path) -> str:
    """The encoding of a file, known to fit all of it; nothing decoded is kept."""
    encoding = "utf-16" if raw.startswith((b"\xff\xfe", b"\xfe\xff")) else "utf-8-sig"
    try:
        raw.decode(encoding)
        return encoding
    except UnicodeDecodeError as broken:
        first = broken
    try:
        raw.decode("cp1252")
    except UnicodeDecodeError as error:
        byte = f"byte {error.start + 1} of the file (0x{raw[error.start]:02x})"
        raise InputError(
            f"{byte} is neither UTF-8 nor Windows-1252",
            source=source,
            row=f"line {_line(raw, error.start)}",
            remedy="Save the file as UTF-8.",
        ) from None
    _LOG.warning("%s, line %d: not UTF-8; read as Windows-1252", source, _line(raw, first.start))
    return "cp1252"


def _line(raw: bytes, offset: int) -> int:
    return raw.count(b"\n", 0, offset) + 1
