"""Parquet: lists and dicts as nested columns, so that other engines can ask into them."""

from __future__ import annotations

import io
import json
from collections.abc import Callable, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any, BinaryIO

import pandas as pd

from nlpkit.cells import MAPPING_COLUMNS, cell_text, compact, frame
from nlpkit.errors import InputError, NoRows
from nlpkit.limits import check_cells, limit, passed
from nlpkit.schema import DICT_COLUMNS, LIST_COLUMNS, READ_COLUMNS

__all__ = ["from_parquet", "parquet_of_columns", "to_parquet"]

_SPLIT = "Split the table into several files."


def from_parquet(raw: bytes, *, source: str | Path) -> pd.DataFrame:
    """The table in a Parquet file.

    Raises:
        InputError: not Parquet, or no rows.
    """
    import pyarrow
    import pyarrow.parquet

    try:
        file = pyarrow.parquet.ParquetFile(pyarrow.BufferReader(raw))
        about, schema = file.metadata, file.schema_arrow
        check_cells(about.num_rows, about.num_columns, source=source)
        # A text said once may be meant for every row: such columns stay words and numbers of words.
        texts = [name for name, kind in zip(schema.names, schema.types, strict=True) if _is_text(kind)]
        unpacked = sum(about.row_group(n).total_byte_size for n in range(about.num_row_groups))
        if unpacked > limit("unpacked_bytes"):
            raise passed("unpacked_bytes", f"is {unpacked:,} bytes unpacked", source=source, remedy=_SPLIT)
        table = pyarrow.parquet.read_table(pyarrow.BufferReader(raw), read_dictionary=texts)
        _check_texts(table, source=source)
    except (pyarrow.ArrowException, OSError, UnicodeDecodeError) as error:
        raise InputError(
            f"is not a readable Parquet file ({_first_line(error)})",
            source=source,
            remedy="Write it again, or use .csv.",
        ) from None
    twice = [name for name in table.column_names if table.column_names.count(name) > 1]
    if twice:
        raise InputError(
            f"has more than one column '{twice[0]}'", source=source, remedy="Keep one, or rename the others."
        )
    if not table.num_rows:
        raise NoRows("has no rows", source=source, remedy="Give a table with at least one row.")
    found: dict[str, list[Any]] = {}
    for name, column in zip(table.column_names, table.columns, strict=True):
        try:
            found[name] = [_restored(name, value) for value in column.to_pylist()]
        except (ValueError, TypeError, AttributeError, OverflowError, pyarrow.ArrowException) as error:
            raise InputError(
                f"holds something else than nlpkit wrote there ({_first_line(error)})",
                source=source,
                column=name,
                remedy="Correct the column, or leave it out: 'nlpkit score' makes it again.",
            ) from None
    return frame(found)


def _first_line(error: Exception) -> str:
    return next(iter(str(error).splitlines()), type(error).__name__)[:200]


def _is_text(kind: Any) -> bool:
    import pyarrow

    return bool(pyarrow.types.is_string(kind) or pyarrow.types.is_large_string(kind))


def _check_texts(table: Any, *, source: str | Path) -> None:
    """Refuse texts that are too long each or, as often as they stand there, all together."""
    import pyarrow
    import pyarrow.compute

    total = 0
    for name, column in zip(table.column_names, table.columns, strict=True):
        for piece in column.chunks:
            if not pyarrow.types.is_dictionary(piece.type):
                continue
            lengths = pyarrow.compute.binary_length(piece.dictionary)
            longest = pyarrow.compute.max(lengths).as_py() or 0
            if longest > 4 * limit("cell_characters"):  # bytes: a character has up to four
                raise passed(
                    "cell_characters",
                    f"holds a text of {longest:,} bytes",
                    source=source,
                    column=name,
                    remedy="No progress update is that long: see what it holds, and shorten or split it.",
                )
            total += pyarrow.compute.sum(lengths.take(piece.indices)).as_py() or 0
    if total > limit("unpacked_bytes"):
        raise passed("unpacked_bytes", f"is {total:,} bytes of text", source=source, remedy=_SPLIT)


def to_parquet(columns: Sequence[str], rows: Sequence[Sequence[Any]]) -> bytes:
    """Plain values as a Parquet file. A column of mixed kinds is written as text, dicts as JSON."""
    out = io.BytesIO()
    parquet_of_columns(columns, lambda at: [row[at] for row in rows], out)
    return out.getvalue()


def parquet_of_columns(columns: Sequence[str], values: Callable[[int], list[Any]], out: BinaryIO) -> None:
    """:func:`to_parquet`, of which the columns come one by one.

    Args:
        columns: their names.
        values: by the place of a column, the plain values in it; asked once for each.
        out: what is written to.
    """
    import pyarrow
    import pyarrow.parquet

    arrays = [_column(name, values(at)) for at, name in enumerate(columns)]
    pyarrow.parquet.write_table(pyarrow.table(arrays, names=list(columns)), out)


def _restored(name: str, value: Any) -> Any:
    if name not in DICT_COLUMNS:
        return value
    if isinstance(value, str):
        return json.loads(value)
    if name in MAPPING_COLUMNS:
        return dict(value or ())
    # A struct has every key of its column: those that this item lacked come back as None.
    return [{key: item for key, item in entry.items() if item is not None} for entry in value or ()]


def _column(name: str, values: list[Any]) -> Any:
    import pyarrow

    if name in MAPPING_COLUMNS and all(isinstance(value, dict | None) for value in values):
        pairs = [list((value or {}).items()) for value in values]
        return pyarrow.array(pairs, pyarrow.map_(pyarrow.string(), pyarrow.float64()))
    if name in LIST_COLUMNS:
        return pyarrow.array([value or [] for value in values], pyarrow.list_(pyarrow.string()))
    if name in READ_COLUMNS:
        return pyarrow.array([_well_formed(cell_text(value)) for value in values], pyarrow.string())
    with suppress(pyarrow.ArrowException, UnicodeEncodeError, OverflowError):
        made = pyarrow.array(values)
        if not _has_empty_struct(made.type):
            return made
    texts = [value if value is None or isinstance(value, str) else compact(value) for value in values]
    return pyarrow.array([text and _well_formed(text) for text in texts], pyarrow.string())


def _has_empty_struct(kind: Any) -> bool:
    """Whether a type has a dict without keys in it, which Parquet has no place for."""
    import pyarrow

    if pyarrow.types.is_struct(kind):
        return kind.num_fields == 0 or any(_has_empty_struct(field.type) for field in kind)
    return bool(pyarrow.types.is_list(kind)) and _has_empty_struct(kind.value_type)


def _well_formed(text: str) -> str:
    return text.encode("utf8", "replace").decode("utf8")
