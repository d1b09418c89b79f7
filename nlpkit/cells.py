"""Values of an update table as JSON has them, and as the text of one spreadsheet cell.

The items of a list are joined with ``"; "``; an item that is a dict is written as a JSON object, and
a word that itself holds a semicolon (or looks like JSON) as a JSON string, so that :func:`restored`
gives back what :func:`cell_text` wrote.
"""

from __future__ import annotations

import json
import math
import os
import re
from collections.abc import Iterable, Mapping
from datetime import date, datetime
from typing import Any

import numpy as np
import pandas as pd

from nlpkit.errors import InputError
from nlpkit.schema import DICT_COLUMNS, LIST_COLUMNS

__all__ = [
    "FORMULA",
    "MAPPING_COLUMNS",
    "NUMBER_COLUMNS",
    "cell_text",
    "compact",
    "frame",
    "guards_formulas",
    "items",
    "plain",
    "restored",
    "series",
]

NUMBER_COLUMNS = frozenset({"status_confidence", "novelty", "evidence_score"})
"""Columns of nlpkit's that hold a number."""

MAPPING_COLUMNS = frozenset({"status_probabilities"})
"""Columns of nlpkit's that hold one dict, not a list of them."""

FORMULA = re.compile(r"'*(?:\s*[=+\-@＝＋－＠]|[\t\r\n])")
"""How a text begins that a spreadsheet would take for a formula, or that was guarded against it.

White space before the sign and the wide signs of East Asian keyboards count, as some programs skip
the one and take the other for the sign itself.
"""

_PLACES = 6


def plain(value: Any) -> Any:
    """A value as JSON has it: None, bool, int, rounded float, str, list or dict."""
    if isinstance(value, np.generic):
        value = value.item()
    if value is None or value is pd.NaT or value is pd.NA:
        return None
    if isinstance(value, str):
        return str(value)
    if isinstance(value, bool | int):
        return value
    if isinstance(value, float):
        return round(value, _PLACES) if math.isfinite(value) else None
    if isinstance(value, Mapping):
        return {str(key): plain(item) for key, item in value.items()}
    if isinstance(value, np.ndarray):
        return [plain(item) for item in value.tolist()]
    if isinstance(value, set | frozenset):
        return sorted((plain(item) for item in value), key=str)
    if isinstance(value, Iterable):
        return [plain(item) for item in value]
    if isinstance(value, datetime):
        midnight = (value.hour, value.minute, value.second, value.microsecond) == (0, 0, 0, 0)
        return value.date().isoformat() if midnight else value.isoformat()
    return value.isoformat() if isinstance(value, date) else str(value)


def compact(value: Any) -> str:
    """A plain value as JSON on one line, without spaces."""
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))


def guards_formulas() -> bool:
    """Whether texts are kept from being formulas in CSV and TSV: yes, unless ``NLPKIT_FORMULAS=keep``.

    Raises:
        InputError: the variable holds something else.
    """
    said = os.environ.get("NLPKIT_FORMULAS", "").strip().lower() or "guard"
    if said not in ("guard", "keep"):
        raise InputError(
            f"the environment variable NLPKIT_FORMULAS is '{said[:40]}'",
            remedy="Set it to 'guard' (the default) or, for programs that run no formulas, to 'keep'.",
        )
    return said == "guard"


def cell_text(value: Any) -> str:
    """A plain value as the text of one cell."""
    if value is None:
        return ""
    if isinstance(value, str):
        return value
    if isinstance(value, list):
        return "; ".join(_item_text(item) for item in value)
    return compact(value) if isinstance(value, dict) else str(value)


def _item_text(item: Any) -> str:
    if not isinstance(item, str):
        return compact(item)
    quote = not item or item != item.strip() or ";" in item or item[0] in '"{['
    return compact(item) if quote else item


def items(text: str) -> list[Any]:
    """The items that :func:`cell_text` joined, also as a person may have typed them."""
    decoder = json.JSONDecoder()
    found: list[Any] = []
    at = 0
    while at < len(text):
        if text[at] in "; \t\n":
            at += 1
            continue
        if text[at] in '"{[':
            try:
                item, end = decoder.raw_decode(text, at)
            except ValueError:
                end = -1
            if end >= 0 and text[end : end + 1] in {"", ";"}:
                found.append(item)
                at = end
                continue
        end = text.find(";", at)
        end = len(text) if end < 0 else end
        found.append(text[at:end].strip())
        at = end
    return found


def restored(name: str, value: Any) -> Any:
    """What nlpkit's column ``name`` holds, from a spreadsheet cell; other columns stay as they are.

    Raises:
        ValueError: the cell holds something else, told as a clause.
    """
    if name in LIST_COLUMNS:
        return items(str(value))
    if name in DICT_COLUMNS:
        found = items(str(value))
        if not all(isinstance(item, dict) for item in found):
            raise ValueError("is not the list of JSON objects that nlpkit wrote there")
        if name in MAPPING_COLUMNS:
            return found[0] if found else {}
        return found
    if name in NUMBER_COLUMNS:
        try:
            return float(value) if str(value).strip() else math.nan
        except ValueError:
            raise ValueError(f"'{str(value)[:40]}' is not a number") from None
    return value


def frame(columns: Mapping[str, list[Any]]) -> pd.DataFrame:
    """Columns of values from a file as a table, each made by :func:`series`."""
    return pd.DataFrame({name: series(name, values) for name, values in columns.items()})


def series(name: str, values: list[Any]) -> pd.Series:
    """Values from a file as column ``name``: what is missing is an empty list, dict or NaN there.

    Equal texts are one in memory.
    """
    if name in NUMBER_COLUMNS:
        return pd.Series(pd.to_numeric(pd.Series(values, dtype="object"), errors="coerce"), dtype="float64")
    empty: type | None = None
    if name in MAPPING_COLUMNS:
        empty = dict
    elif name in LIST_COLUMNS or name in DICT_COLUMNS:
        empty = list
    if empty is not None:
        values = [empty() if value is None else value for value in values]
    known: dict[str, str] = {}
    values = [known.setdefault(value, value) if isinstance(value, str) else value for value in values]
    return pd.Series(values, dtype="object")
