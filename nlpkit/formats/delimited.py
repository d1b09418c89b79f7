"""CSV and TSV.

A text that a spreadsheet would take for a formula (it begins with ``=``, ``+``, ``-``, ``@``, tab or
the end of a line, and is not a plain number) is written with a leading apostrophe, which reading
takes off again. ``NLPKIT_FORMULAS=keep`` leaves both out.
"""

from __future__ import annotations

import csv
import io
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


def delimited_grid(text: str, delimiter: str, *, source: str | Path) -> list[list[Any]]:
    """The cells of CSV or TSV, row by row, all text; lines may end in any of the three ways.

    Raises:
        InputError: unbalanced quotation marks; it names the line.
    """
    check_text_size(len(text), source=source)
    most = csv.field_size_limit(max(len(text), 1))
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True)
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


def to_delimited(
    columns: Sequence[str], rows: Sequence[Sequence[Any]], delimiter: str, *, header: bool = True
) -> bytes:
    """Plain values as CSV or TSV with a header, in UTF-8; parts without one may be put after it."""
    written = _guarded if guards_formulas() else cell_text
    # Python's own writer leaves a carriage return unquoted, at which its reader then ends the row.
    special = re.compile(f'["\r\n{delimiter}]')
    lines = []
    for row in (*([columns] if header else []), *rows):
        cells = [
            '"' + text.replace('"', '""') + '"' if special.search(text) else text
            for text in map(written, row)
        ]
        lines.append(delimiter.join(cells) if cells != [""] else '""')
    return "".join(f"{line}\n" for line in lines).encode("utf8", "replace")


def _guarded(value: Any) -> str:
    text = cell_text(value)
    return f"'{text}" if FORMULA.match(text) and not _PLAIN_NUMBER.fullmatch(text) else text
