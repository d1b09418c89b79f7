"""CSV and TSV.

A text that a spreadsheet would take for a formula (it begins with ``=``, ``+``, ``-``, ``@``, tab or
carriage return, and is not a plain number) is written with a leading apostrophe, which reading
takes off again.
"""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from nlpkit.cells import FORMULA, cell_text
from nlpkit.errors import InputError

__all__ = ["delimited_grid", "to_delimited"]

_GUARDED = re.compile(r"'+[=+\-@\t\r]")
_PLAIN_NUMBER = re.compile(r"[+-]?\d+(\.\d+)?%?")


def delimited_grid(text: str, delimiter: str, *, source: str | Path) -> list[list[Any]]:
    """The cells of CSV or TSV, row by row, all text; lines may end in any of the three ways.

    Raises:
        InputError: unbalanced quotation marks; it names the line.
    """
    limit = csv.field_size_limit(max(len(text), 1))
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True)
    try:
        return [[cell[1:] if _GUARDED.match(cell) else cell for cell in row] for row in reader]
    except csv.Error as error:
        raise InputError(
            f"is not valid {'TSV' if delimiter == chr(9) else 'CSV'} ({error})",
            source=source,
            row=f"line {reader.line_num}",
            remedy="Check the quotation marks there.",
        ) from None
    finally:
        csv.field_size_limit(limit)


def to_delimited(columns: Sequence[str], rows: Sequence[Sequence[Any]], delimiter: str) -> bytes:
    """Plain values as CSV or TSV with a header, in UTF-8."""
    out = io.StringIO(newline="")
    writer = csv.writer(out, delimiter=delimiter, lineterminator="\n")
    for row in (columns, *rows):
        writer.writerow([_guarded(value) for value in row])
    return out.getvalue().encode("utf8", "replace")


def _guarded(value: Any) -> str:
    text = cell_text(value)
    return f"'{text}" if FORMULA.match(text) and not _PLAIN_NUMBER.fullmatch(text) else text
