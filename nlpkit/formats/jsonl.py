"""JSON Lines: one JSON object a line."""

from __future__ import annotations

import io
import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import pandas as pd

from nlpkit.cells import frame
from nlpkit.errors import InputError, NoRows
from nlpkit.limits import check_cells, check_text_size, check_texts, limit, passed
from nlpkit.unseen import UNSEEN

__all__ = ["from_jsonl", "to_jsonl"]

_LINE_BREAKERS = {0x85: "\\u0085", 0x2028: "\\u2028", 0x2029: "\\u2029"}
_KINDS: Mapping[type, str] = {list: "array", str: "string", int: "number", float: "number", bool: "boolean"}
_REMEDY = "JSON Lines has one JSON object on each line."


def from_jsonl(raw: bytes, *, source: str | Path) -> pd.DataFrame:
    """The table in JSON Lines; its columns are every key, in order of first appearance.

    Raises:
        InputError: no line, or one that is not UTF-8, not JSON, not an object, or with a field
            that has no name; it names the line.
    """
    check_text_size(len(raw), source=source)
    # Column by column, and a text that stands in many rows once: records take twice the memory of the table.
    columns: dict[str, list[Any]] = {}
    texts: dict[str, str] = {}
    count = 0
    for number, ended in enumerate(io.BytesIO(raw.removeprefix(b"\xef\xbb\xbf")), start=1):
        line = ended.removesuffix(b"\n")
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
            raise _too_deep(source, place) from None
        except ValueError as error:  # a whole number of more than 4,300 digits
            told = f"holds a number that is too long ({error})"
            raise InputError(told, source=source, row=place, remedy="Write it as a text.") from None
        if not isinstance(record, dict):
            told = f"holds a JSON {_KINDS.get(type(record), 'null')}, not an object"
            raise InputError(told, source=source, row=place, remedy=_REMEDY)
        _check_values(record, line, source=source, row=place)
        for name in record.keys() - columns.keys():
            if not UNSEEN.sub("", name).strip():
                told = f"holds a field without a name ({name!r})"
                raise InputError(told, source=source, row=place, remedy="Give every field a name.")
        for name, value in record.items():
            column = columns.setdefault(name, [])
            column.extend([None] * (count - len(column)))
            column.append(texts.setdefault(value, value) if isinstance(value, str) else value)
        count += 1
        check_cells(count, len(columns), source=source, row=place)
    if not count:
        raise NoRows("is empty", source=source, remedy="Give a table with at least one row.")
    for column in columns.values():
        column.extend([None] * (count - len(column)))
    return frame(columns)


def _check_values(record: dict[str, Any], line: bytes, *, source: str | Path, row: str) -> None:
    """Refuse a record with a text or a nesting that no plan has; most lines are too short for either."""
    deepest, longest = limit("json_depth"), limit("cell_characters")
    if len(line) <= longest and line.count(b"[") + line.count(b"{") <= deepest:
        return
    waiting: list[tuple[Any, int]] = [(record, 1)]
    while waiting:
        value, depth = waiting.pop()
        if depth > deepest:
            raise _too_deep(source, row)
        if isinstance(value, str):
            check_texts([value], source=source, row=row)
        elif isinstance(value, list):
            waiting.extend((item, depth + 1) for item in value)
        elif isinstance(value, dict):
            waiting.extend((item, depth + 1) for item in (*value, *value.values()))


def _too_deep(source: str | Path, row: str) -> InputError:
    told = "is JSON nested too deep"
    return passed("json_depth", told, source=source, row=row, remedy=_REMEDY)


def to_jsonl(columns: Sequence[str], rows: Sequence[Sequence[Any]]) -> bytes:
    """Plain values as JSON Lines, in UTF-8; what is made of parts of the rows may be put together."""
    # Some readers split lines at every Unicode line break, so those are escaped; backslashreplace
    # writes a lone surrogate as the JSON escape that it came from.
    lines = (json.dumps(dict(zip(columns, row, strict=True)), ensure_ascii=False) for row in rows)
    return "".join(f"{line.translate(_LINE_BREAKERS)}\n" for line in lines).encode("utf8", "backslashreplace")
