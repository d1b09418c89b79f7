"""How much of anything nlpkit takes from one document, before it refuses: settings with defaults.

Every document is somebody else's. A limit that is passed ends with an
:class:`~nlpkit.errors.InputError` which names the limit and the variable that sets another. What holds,
strongest first:

* in Python, ``with nlpkit.limits.limited(table_rows=2_000_000): nlpkit.read(...)``, for what runs in the
  block (and, as with any context variable, not for threads that were started before);
* the environment variable ``NLPKIT_MAX_`` and the limit's name in capitals (``NLPKIT_MAX_TABLE_ROWS``);
* the default in :data:`DEFAULTS`.

The defaults let through every real plan we have met several times over, and keep what is read from one
file below 1.5 GB of memory and 30 seconds (``tests/hostile`` measures it).
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from pathlib import Path

from nlpkit.errors import InputError

__all__ = [
    "DEFAULTS",
    "check_cells",
    "check_size",
    "check_text_size",
    "check_texts",
    "limit",
    "limited",
    "passed",
    "variable",
]

DEFAULTS: Mapping[str, int] = {
    # any file
    "file_bytes": 200_000_000,  # as it is on disk
    # archives: .docx, .xlsx, .ods
    "archive_entries": 5_000,  # files in one; a long Word document with pictures has some hundred
    "entry_bytes": 60_000_000,  # unpacked size of one of them, declared or real
    "unpacked_bytes": 200_000_000,  # of all of them
    "entry_ratio": 300,  # times that one above 2 MB may be larger unpacked; tables of a plan reach some 40
    # archives of plans
    "zip_bytes": 2_000_000_000,  # unpacked size of all files together; one at a time is in memory
    # text, wherever it stands
    "cell_characters": 200_000,  # in one cell or paragraph; the longest real narratives have some 20,000
    "text_bytes": 100_000_000,  # of .csv, .tsv, .jsonl, .txt and .md
    "text_lines": 500_000,  # of a text document
    "document_cells": 400_000,  # of the tables of one document, merged cells counted as they cover
    "plan_rows": 40_000,  # rows and paragraphs of one plan; the longest real ones have some 2,000
    "plan_characters": 5_000_000,  # of one plan; the longest real ones have some 600,000
    # web pages and Word documents
    "page_bytes": 64_000_000,  # of a web page
    "elements": 600_000,  # of a web page, or of one part of a Word document; a long plan has some 200,000
    "page_depth": 200,  # elements inside one another; pages stay far below 100
    "document_depth": 150,  # the same in Word, which itself stays below 50
    "style_rules": 5_000,  # read from the style sheets of a page; later ones are left out
    # workbooks read as plans
    "sheets": 200,
    "sheet_cells": 300_000,  # of all sheets together, empty ones with a format counted
    "merged_cells": 300_000,  # that merged cells may cover together
    "rule_tests": 5_000_000,  # cells times conditional formats; beyond, their colours are left out
    # tables: .csv, .tsv, .jsonl, .parquet, .xlsx, catalogues
    "table_rows": 500_000,
    "table_columns": 2_000,
    "table_cells": 6_000_000,
    "json_depth": 100,  # lists and objects inside one another in a line of JSON Lines
    # PDF documents
    "pdf_pages": 1_500,  # the longest plans have some 300
    "pdf_characters": 20_000_000,
    "pdf_page_characters": 100_000,  # a page in the smallest type that can be read has some 15,000
    "pdf_page_shapes": 100_000,  # lines, areas and pictures on one page
    # model folders of one's own
    "model_bytes": 500_000_000,  # of model.npz, packed and unpacked
    # what is kept between runs: a file of tags, one of finished analyses
    "kept_bytes": 500_000_000,  # of each; beyond, it is begun again. Half a million updates' analyses fit
}
"""Every limit, by name."""

_changed: ContextVar[Mapping[str, int] | None] = ContextVar("nlpkit_limits", default=None)


def limit(name: str) -> int:
    """What holds now for one of :data:`DEFAULTS`.

    Raises:
        InputError: its environment variable holds no whole number above 0.
    """
    changed = _changed.get() or {}
    if name in changed:
        return changed[name]
    given = os.environ.get(variable(name), "").strip()
    if not given:
        return DEFAULTS[name]
    digits = given.replace("_", "").replace(",", "")
    if not (digits.isascii() and digits.isdigit() and len(digits) < 16 and int(digits) > 0):
        raise InputError(
            f"the environment variable {variable(name)} is '{given[:40]}', which is no whole number above 0",
            remedy=f"Unset it for the default ({DEFAULTS[name]:,}), or give a number.",
        )
    return int(digits)


def variable(name: str) -> str:
    """The environment variable that sets a limit."""
    return f"NLPKIT_MAX_{name.upper()}"


@contextmanager
def limited(**limits: int) -> Iterator[None]:
    """Other limits inside a ``with`` block.

    >>> with limited(table_rows=10):
    ...     limit("table_rows")
    10

    Raises:
        ValueError: no such limit, or a number below 1.
    """
    for name, value in limits.items():
        if name not in DEFAULTS or value < 1:
            raise ValueError(f"no limit '{name}={value}'; there are {', '.join(DEFAULTS)}")
    before = _changed.set({**(_changed.get() or {}), **limits})
    try:
        yield
    finally:
        _changed.reset(before)


def passed(
    name: str,
    problem: str,
    *,
    source: str | Path,
    row: str | int | None = None,
    column: str | None = None,
    remedy: str,
) -> InputError:
    """The error for a limit that a document passes; it names the limit and how to set another.

    Args:
        name: of the limit.
        problem: what the document has, as a clause ("has 9 sheets").
        source, row, column: where.
        remedy: what to do, as a sentence.
    """
    return InputError(
        f"{problem} (limit {limit(name):,})",
        source=source,
        row=row,
        column=column,
        remedy=f"{remedy} If it is in order, {variable(name)} sets another limit.",
    )


def check_size(size: int, *, source: str | Path) -> None:
    """Refuse a file for its size on disk, before it is read.

    Raises:
        InputError: more than ``file_bytes``.
    """
    if size > limit("file_bytes"):
        raise passed(
            "file_bytes",
            f"is {size:,} bytes large",
            source=source,
            remedy="Save the part with the plan as a document of its own, or without its pictures.",
        )


def check_text_size(size: int, *, source: str | Path) -> None:
    """Refuse a file of text for its size, before it is decoded.

    Raises:
        InputError: more than ``text_bytes``.
    """
    if size > limit("text_bytes"):
        raise passed(
            "text_bytes", f"is {size:,} bytes of text", source=source, remedy="Split it into several files."
        )


def check_cells(rows: int, columns: int, *, source: str | Path, row: str | int | None = None) -> None:
    """Refuse a table for its size.

    Args:
        rows, columns: so many there are, or there are at least.
        source, row: where, for the message.

    Raises:
        InputError: more than ``table_rows``, ``table_columns`` or ``table_cells``.
    """
    if columns > limit("table_columns"):
        raise passed(
            "table_columns",
            f"has {columns:,} columns",
            source=source,
            row=row,
            remedy="Keep the columns with the plan, and check what separates the cells.",
        )
    if rows > limit("table_rows"):
        raise passed(
            "table_rows",
            f"has more than {limit('table_rows'):,} rows",
            source=source,
            remedy="Split the table into several files.",
        )
    if rows * columns > limit("table_cells"):
        raise passed(
            "table_cells",
            f"has more than {limit('table_cells'):,} cells",
            source=source,
            remedy="Split the table into several files, or keep only the columns with the plan.",
        )


def check_texts(cells: Iterable[object], *, source: str | Path, row: str | int) -> None:
    """Refuse a row of a table with a text that no narrative could be.

    Raises:
        InputError: a text of more than ``cell_characters``.
    """
    most = limit("cell_characters")
    for number, cell in enumerate(cells, start=1):
        if isinstance(cell, str) and len(cell) > most:
            raise passed(
                "cell_characters",
                f"holds a text of {len(cell):,} characters in its cell {number}",
                source=source,
                row=row,
                remedy="No progress update is that long: see what the cell holds, and shorten or split it.",
            )
