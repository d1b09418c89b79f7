"""Parquet: lists and dicts as nested columns, so that other engines can ask into them."""

from __future__ import annotations

import io
import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pandas as pd

from nlpkit.cells import MAPPING_COLUMNS, cell_text, compact, frame
from nlpkit.errors import InputError, NoRows
from nlpkit.schema import DICT_COLUMNS, LIST_COLUMNS, READ_COLUMNS

__all__ = ["from_parquet", "to_parquet"]


def from_parquet(raw: bytes, *, source: str | Path) -> pd.DataFrame:
    """The table in a Parquet file.

    Raises:
        InputError: not Parquet, or no rows.
    """
    import pyarrow
    import pyarrow.parquet

    try:
        table = pyarrow.parquet.read_table(pyarrow.BufferReader(raw))
    except (pyarrow.ArrowException, OSError) as error:
        raise InputError(
            f"is not a readable Parquet file ({str(error).splitlines()[0]})",
            source=source,
            remedy="Write it again, or use .csv.",
        ) from None
    if not table.num_rows:
        raise NoRows("has no rows", source=source, remedy="Give a table with at least one row.")
    return frame(
        {
            name: [_restored(name, value) for value in column.to_pylist()]
            for name, column in zip(table.column_names, table.columns, strict=True)
        }
    )


def to_parquet(columns: Sequence[str], rows: Sequence[Sequence[Any]]) -> bytes:
    """Plain values as a Parquet file. A column of mixed kinds is written as text, dicts as JSON."""
    import pyarrow
    import pyarrow.parquet

    arrays = [_column(name, [row[at] for row in rows]) for at, name in enumerate(columns)]
    out = io.BytesIO()
    pyarrow.parquet.write_table(pyarrow.table(arrays, names=list(columns)), out)
    return out.getvalue()


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
    try:
        return pyarrow.array(values)
    except (pyarrow.ArrowException, UnicodeEncodeError):
        texts = [value if value is None or isinstance(value, str) else compact(value) for value in values]
        return pyarrow.array([text and _well_formed(text) for text in texts], pyarrow.string())


def _well_formed(text: str) -> str:
    return text.encode("utf8", "replace").decode("utf8")
