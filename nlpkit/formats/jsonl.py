"""JSON Lines: one JSON object a line."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import pandas as pd

from nlpkit.cells import frame
from nlpkit.errors import InputError, NoRows

__all__ = ["from_jsonl", "to_jsonl"]

_LINE_BREAKERS = {0x85: "\\u0085", 0x2028: "\\u2028", 0x2029: "\\u2029"}
_KINDS: Mapping[type, str] = {list: "array", str: "string", int: "number", float: "number", bool: "boolean"}
_REMEDY = "JSON Lines has one JSON object on each line."


def from_jsonl(raw: bytes, *, source: str | Path) -> pd.DataFrame:
    """The table in JSON Lines; its columns are every key, in order of first appearance.

    Raises:
        InputError: no line, or one that is not UTF-8, not JSON or not an object; it names the line.
    """
    records: list[dict[str, Any]] = []
    for number, line in enumerate(raw.removeprefix(b"\xef\xbb\xbf").split(b"\n"), start=1):
        if not line.strip():
            continue
        place = f"line {number}"
        try:
            record = json.loads(line.decode("utf8"))
        except UnicodeDecodeError as error:
            raise InputError(
                f"byte {error.start + 1} of the line (0x{line[error.start]:02x}) is not UTF-8",
                source=source,
                row=place,
                remedy="Save the file as UTF-8.",
            ) from None
        except json.JSONDecodeError as error:
            told = f"is not valid JSON ({error.msg} at character {error.colno})"
            raise InputError(told, source=source, row=place, remedy=_REMEDY) from None
        except RecursionError:
            raise InputError("is JSON nested too deep", source=source, row=place, remedy=_REMEDY) from None
        if not isinstance(record, dict):
            told = f"holds a JSON {_KINDS.get(type(record), 'null')}, not an object"
            raise InputError(told, source=source, row=place, remedy=_REMEDY)
        records.append(record)
    if not records:
        raise NoRows("is empty", source=source, remedy="Give a table with at least one row.")
    columns = list(dict.fromkeys(name for record in records for name in record))
    return frame({name: [record.get(name) for record in records] for name in columns})


def to_jsonl(columns: Sequence[str], rows: Sequence[Sequence[Any]]) -> bytes:
    """Plain values as JSON Lines, in UTF-8."""
    # Some readers split lines at every Unicode line break, so those are escaped; backslashreplace
    # writes a lone surrogate as the JSON escape that it came from.
    lines = (json.dumps(dict(zip(columns, row, strict=True)), ensure_ascii=False) for row in rows)
    return "".join(f"{line.translate(_LINE_BREAKERS)}\n" for line in lines).encode("utf8", "backslashreplace")
