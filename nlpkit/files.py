"""Update tables on disk: JSON Lines, CSV, TSV, Excel and Parquet, chosen by the file's ending.

Lists and dicts are JSON in JSON Lines and nested columns in Parquet; in CSV, TSV and Excel they are
joined as :mod:`nlpkit.cells` says. Files are written beside their place and renamed into it, so that
they are never half-written. The same table gives the same bytes.
"""

from __future__ import annotations

import errno
import json
import logging
import os
import sys
import tempfile
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, BinaryIO

import pandas as pd

from nlpkit.atomic import being_written, write_whole
from nlpkit.cells import compact, plain, restored, series
from nlpkit.errors import InputError, NoRows
from nlpkit.formats.delimited import delimited_grid, to_delimited
from nlpkit.formats.encodings import decoded
from nlpkit.formats.excel import excel_grids, to_excel
from nlpkit.formats.jsonl import from_jsonl, to_jsonl
from nlpkit.formats.parquet import from_parquet, parquet_of_columns, to_parquet
from nlpkit.limits import check_size, check_text_size, limit
from nlpkit.schema import READ_COLUMNS, SCORE_COLUMNS

__all__ = [
    "TABLE_ENDINGS",
    "check_output",
    "check_place",
    "file_bytes",
    "holds_update_table",
    "is_update_table",
    "read_sheets",
    "read_table",
    "replace_file",
    "table_format",
    "write_parts",
    "write_stdout",
    "write_table",
]

TABLE_ENDINGS: Mapping[str, str] = {
    ".jsonl": "jsonl",
    ".ndjson": "jsonl",
    ".csv": "csv",
    ".tsv": "tsv",
    ".xlsx": "xlsx",
    ".parquet": "parquet",
}
"""File endings and the format that each stands for."""

_LOG = logging.getLogger(__name__)
_FULL = frozenset({errno.ENOSPC, errno.EDQUOT, errno.EFBIG})
_OUT_OF_ROOM = "Make room there or choose another place; what stood there before is untouched."


def table_format(path: str | Path) -> str:
    """The format that a file's ending stands for; ``-`` is JSON Lines.

    Raises:
        InputError: the ending is none of :data:`TABLE_ENDINGS`.
    """
    if str(path) == "-":
        return "jsonl"
    ending = Path(path).suffix.lower()
    if ending not in TABLE_ENDINGS:
        told = (
            f"'{ending}' is not a table format nlpkit knows" if ending else "has no ending to tell its format"
        )
        raise InputError(told, source=path, remedy=f"Use a name ending in {', '.join(TABLE_ENDINGS)}.")
    return TABLE_ENDINGS[ending]


def is_update_table(table: pd.DataFrame) -> bool:
    """Whether a table is nlpkit's own kind, rather than a plan that reading must interpret."""
    names = {str(name).strip() for name in table.columns}
    if "update" in names:
        return True
    return bool({"recommendation", "planned_action"} & names) and names <= {*READ_COLUMNS, *SCORE_COLUMNS}


def holds_update_table(path: str | Path, *, raw: bytes | None = None) -> bool:
    """Whether a sheet of a workbook is nlpkit's own kind of table.

    Args:
        path, raw: as :func:`read_sheets`.

    Raises:
        InputError: missing, or no readable workbook.
    """
    tops = (
        next((row for row in grid if _has_text(row)), ())
        for grid in excel_grids(file_bytes(path) if raw is None else raw, source=path).values()
    )
    return any(is_update_table(pd.DataFrame(columns=[str(name).strip() for name in top])) for top in tops)


def read_table(path: str | Path) -> pd.DataFrame:
    """A table as its file holds it; nlpkit's own list, dict and number columns are restored.

    Other columns of CSV, TSV and Excel stay as they stand there (CSV and TSV: text). Of an Excel
    workbook the first sheet that is an update table is read, else the first that has cells; a
    warning names the others.

    Args:
        path: a file with one of :data:`TABLE_ENDINGS`, or ``-`` for JSON Lines on standard input.

    Raises:
        InputError: missing, unknown, empty, undecodable or malformed; it names the line or row.
    """
    sheets = read_sheets(path)
    chosen = next((name for name, table in sheets.items() if is_update_table(table)), next(iter(sheets)))
    if len(sheets) > 1:
        rest = ", ".join(f"'{name}'" for name in sheets if name != chosen)
        _LOG.warning("%s: read sheet '%s'; not read: %s", path, chosen, rest)
    return sheets[chosen]


def read_sheets(
    path: str | Path, *, raw: bytes | None = None, notes: list[str] | None = None
) -> dict[str, pd.DataFrame]:
    """Every sheet of a workbook that has cells, by name; any other file is one sheet.

    Args:
        path: the file; its ending tells the format.
        raw: its content, where that lies elsewhere (in an archive); read from ``path`` if not given.
        notes: gets what had to be assumed or put right, in sentences; warned of if not given.

    Raises:
        InputError: as :func:`read_table`.
    """
    kind = table_format(path)
    raw = file_bytes(path) if raw is None else raw
    source = "standard input" if str(path) == "-" else path
    if not raw:
        raise NoRows("is empty", source=source, remedy="Give a table with at least one row.")
    if kind == "jsonl":
        return {Path(source).name: from_jsonl(raw, source=source)}
    if kind == "parquet":
        return {Path(source).name: from_parquet(raw, source=source)}
    if kind == "xlsx":
        grids = excel_grids(raw, source=source)
    else:
        text, assumed = decoded(raw, source=source)
        for note in assumed if notes is None else ():
            _LOG.warning("%s: %s", source, note)
        if notes is not None:
            notes += assumed
        grids = {Path(source).name: delimited_grid(text, "\t" if kind == "tsv" else ",", source=source)}
    grids = {name: grid for name, grid in grids.items() if any(map(_has_text, grid))}
    if not grids:
        raise NoRows("is empty", source=source, remedy="Give a table with a header and at least one row.")
    return {name: _from_grid(grid, source=source) for name, grid in grids.items()}


def check_output(path: str | Path) -> None:
    """Refuse a place that cannot be written to, before any work is done for it.

    Raises:
        InputError: unknown format, missing folder, a folder instead of a file, no permission.
    """
    table_format(path)
    if str(path) != "-":
        check_place(path)


def check_place(path: str | Path) -> None:
    """Refuse a place that no file could be written to, whatever its format.

    Raises:
        InputError: missing folder, a folder instead of a file, no permission.
    """
    place = Path(path)
    if place.exists() and not place.is_file():
        kind = "a folder" if place.is_dir() else "a device"
        raise InputError(f"is {kind}, not a file", source=path, remedy="Give a file name.")
    folder = place.resolve().parent
    if not folder.is_dir():
        raise InputError("its folder does not exist", source=path, remedy=f"Make the folder {folder} first.")
    if not os.access(folder, os.W_OK):
        raise InputError("cannot be written (no permission)", source=path, remedy="Choose another place.")


def write_table(table: pd.DataFrame, path: str | Path) -> None:
    """Write a table in the format of the file's ending, in one step; ``-`` is standard output.

    Numbers are rounded to six places. The order of rows and columns is kept.

    Raises:
        InputError: the place cannot be written to, or a text is too long for an Excel cell.
    """
    check_output(path)
    columns, rows = _plain_rows(table)
    kind = table_format(path)
    if kind == "jsonl":
        data = to_jsonl(columns, rows)
    elif kind == "parquet":
        data = to_parquet(columns, rows)
    elif kind == "xlsx":
        data = to_excel(columns, rows, place=path)
    else:
        data = to_delimited(columns, rows, "\t" if kind == "tsv" else ",")
    if str(path) == "-":
        write_stdout(data)
    else:
        replace_file(Path(path), data)


def write_parts(parts: Iterable[pd.DataFrame], path: str | Path) -> None:
    """Write a table that comes in parts, with the bytes that :func:`write_table` would write of the whole.

    Nothing is in its place, or on standard output, before all parts have come. Of JSON Lines, CSV and TSV a
    part at a time is in memory; of Parquet the columns as they are packed; of Excel everything.

    Args:
        parts: tables with the same columns, one at least.
        path: as :func:`write_table`.

    Raises:
        InputError: as :func:`write_table`, or there is no room for temporary files.
    """
    check_output(path)
    kind = table_format(path)
    if kind == "xlsx":
        write_table(pd.concat(list(parts), ignore_index=True), path)
        return
    if str(path) == "-":
        with _spool() as file:
            _write_text(parts, kind, file)
            file.seek(0)
            while block := file.read(1 << 20):
                write_stdout(block)
    elif kind == "parquet":
        _write_parquet(parts, Path(path))
    else:
        with _replacing(Path(path)) as file:
            _write_text(parts, kind, file)


def _write_text(parts: Iterable[pd.DataFrame], kind: str, file: BinaryIO) -> None:
    for n, part in enumerate(parts):
        columns, rows = _plain_rows(part)
        if kind == "jsonl":
            file.write(to_jsonl(columns, rows))
        else:
            file.write(to_delimited(columns, rows, "\t" if kind == "tsv" else ",", header=not n))


def _write_parquet(parts: Iterable[pd.DataFrame], path: Path) -> None:
    """Parts are kept in a file, by column, since all of a column decides what kind it is."""
    names: list[str] = []
    places: list[list[tuple[int, int]]] = []
    with _spool() as kept:
        for part in parts:
            names, rows = _plain_rows(part)
            places = places or [[] for _ in names]
            for at in range(len(names)):
                written = compact([row[at] for row in rows]).encode("utf8", "surrogatepass")
                places[at].append((kept.tell(), len(written)))
                kept.write(written)

        def values(at: int) -> list[Any]:
            found: list[Any] = []
            for start, size in places[at]:
                kept.seek(start)
                found += json.loads(kept.read(size).decode("utf8", "surrogatepass"))
            return found

        with _replacing(path) as file:
            parquet_of_columns(names, values, file)


def _plain_rows(table: pd.DataFrame) -> tuple[list[str], list[list[Any]]]:
    columns = [str(name) for name in table.columns]
    return columns, [[plain(value) for value in row] for row in table.itertuples(index=False, name=None)]


@contextmanager
def _spool() -> Iterator[BinaryIO]:
    """A temporary file."""
    try:
        with tempfile.TemporaryFile() as file:
            yield file
    except OSError as error:
        if isinstance(error, BrokenPipeError):
            raise
        raise InputError(
            f"a temporary file cannot be written ({error.strerror or error})",
            source=tempfile.gettempdir(),
            remedy="Make room there, or name another folder in the environment variable TMPDIR.",
        ) from None


def write_stdout(data: bytes) -> None:
    """Write to standard output.

    Raises:
        BrokenPipeError: whoever reads it has gone.
        InputError: it cannot be written to (a full disk).
    """
    try:
        sys.stdout.buffer.write(data)
        sys.stdout.buffer.flush()
    except BrokenPipeError:
        raise
    except OSError as error:
        # What could not be written must not be tried again when the process ends.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        told = f"cannot be written ({error.strerror or error})"
        raise InputError(told, source="standard output", remedy="Give a file: --out FILE.") from None


def _has_text(row: Sequence[Any]) -> bool:
    return any(str(cell).strip() for cell in row)


def _from_grid(grid: Sequence[Sequence[Any]], *, source: str | Path) -> pd.DataFrame:
    top = next(position for position, row in enumerate(grid) if _has_text(row))
    header = [str(name).strip() for name in grid[top]]
    while not header[-1]:
        header.pop()
    rows: dict[int, list[Any]] = {}
    for number, row in enumerate(grid[top + 1 :], start=top + 2):
        if _has_text(row[len(header) :]):
            raise InputError(
                f"has {len(row)} cells, the header {len(header)}",
                source=source,
                row=number,
                remedy="Give every column a name, and quote cells that hold the separator.",
            )
        if _has_text(row):
            rows[number] = [*row[: len(header)], *[""] * (len(header) - len(row))]
    if is_update_table(pd.DataFrame(columns=header)):
        twice = sorted({name for name in header if name and header.count(name) > 1})
        if twice:
            raise InputError(
                f"has more than one column '{twice[0]}'",
                source=source,
                remedy="Keep one of them, or rename the others.",
            )
        for number, row in rows.items():
            row[:] = [
                _restored(name, value, row=number, source=source)
                for name, value in zip(header, row, strict=True)
            ]
    columns = [[row[position] for row in rows.values()] for position in range(len(header))]
    return pd.concat(
        [series(name, values) for name, values in zip(header, columns, strict=True)], axis=1, keys=header
    )


def _restored(name: str, value: Any, *, row: int, source: str | Path) -> Any:
    try:
        return restored(name, value)
    except ValueError as error:
        remedy = "Correct the cell, or leave the column out: 'nlpkit score' makes it again."
        raise InputError(str(error), source=source, row=row, column=name, remedy=remedy) from None


def file_bytes(path: str | Path) -> bytes:
    """The content of a file; ``-`` is standard input.

    Raises:
        InputError: missing, a folder, or it cannot be opened.
    """
    if str(path) == "-":
        given = sys.stdin.buffer.read(limit("text_bytes") + 1)
        check_text_size(len(given), source="standard input")
        return given
    try:
        check_size(Path(path).stat().st_size, source=path)
        return Path(path).read_bytes()
    except FileNotFoundError:
        raise InputError("there is no such file", source=path, remedy="Check the path.") from None
    except IsADirectoryError:
        raise InputError("is a folder", source=path, remedy="Give the files in it.") from None
    except OSError as error:
        told = f"cannot be opened ({error.strerror or error})"
        raise InputError(told, source=path, remedy="Check its permissions.") from None


def replace_file(path: Path, data: bytes) -> None:
    """Write a file beside its place and rename it there, so that it is never half-written.

    Raises:
        InputError: the place cannot be written to; what stood there still does.
    """
    with _refusing(path):
        write_whole(path, data)


@contextmanager
def _replacing(path: Path) -> Iterator[BinaryIO]:
    """:func:`replace_file` for what comes bit by bit."""
    with _refusing(path), being_written(path) as file:
        yield file


@contextmanager
def _refusing(path: Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        told = f"cannot be written ({error.strerror or error})"
        remedy = _OUT_OF_ROOM if error.errno in _FULL else "Choose another place."
        raise InputError(told, source=path, remedy=remedy) from None
