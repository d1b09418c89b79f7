"""A scored table as the data of one page: small, and with every passage placed.

The page's script (``templates/*.js``) is the only reader. Texts that many rows share are written once
and named by number; what is empty is left out.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from typing import Any

import pandas as pd

from nlpkit.cells import plain
from nlpkit.reporting.passages import find_passage, marks, unplaced, utf16_offsets
from nlpkit.reporting.ranking import action_numbers, latest, reasons
from nlpkit.schema import DICT_COLUMNS, LIST_COLUMNS, READ_COLUMNS, SCORE_COLUMNS, Status

__all__ = ["embedded", "page_data", "tidied"]

_SHARED = (
    "service",
    "source",
    "plan",
    "section",
    "theme",
    "recommendation",
    "required_outcome",
    "planned_action",
    "owner",
    "period",
    "declared",
    "theme_id",
)
_OWN = (
    "action_id",
    "due",
    "due_date",
    "as_of",
    "declared_status",
    "status",
    "calendar_status",
    "calendar_why",
)
_ODDS = {"status_probabilities"}
_SURROGATE = re.compile("[\ud800-\udfff]")
_NUMBERS = {"status_confidence", "novelty", "evidence_score", "addresses"}


def tidied(scored: pd.DataFrame) -> pd.DataFrame:
    """A scored table with every column that a page needs, as plain texts, lists and dicts."""
    columns: dict[str, list[Any]] = {}
    for name in (*READ_COLUMNS, *SCORE_COLUMNS, "theme_id", "theme_label"):
        values = (
            [_sound(plain(value)) for value in scored[name]]
            if name in scored.columns
            else [None] * len(scored)
        )
        columns[name] = [_as(name, value) for value in values]
    return pd.DataFrame({name: pd.Series(values, dtype="object") for name, values in columns.items()})


def page_data(table: pd.DataFrame) -> dict[str, Any]:
    """The rows of a page and what they share.

    Args:
        table: from :func:`tidied`.

    Returns:
        ``texts`` (shared texts), ``links`` (``[id, title]`` of the recommendations linked to),
        ``themes`` (``[id, label]``), ``columns`` and ``rows``: one list of values per update in the
        order of the table, None where there is nothing.
        ``marks`` are ``[start, end, kind, note, row of the other update, start and end there]`` in
        UTF-16 units, the last three only for copies.
    """
    shared: dict[str, int] = {}
    links: dict[tuple[str, str], int] = {}
    places = {row_id: at for at, row_id in enumerate(table["row_id"])}
    records = table.to_dict("records")
    last = set(latest(table).index)
    rows = []
    for at, (row, number) in enumerate(zip(records, action_numbers(table), strict=True)):
        made: dict[str, Any] = {"id": row["row_id"], "n": number, "last": 1 if at in last else None}
        for name in _SHARED:
            if row[name] != "":
                made[name] = shared.setdefault(row[name], len(shared))
        made |= {name: row[name] for name in _OWN}
        made |= _judged(row, shared)
        made["marks"] = _placed(row, places, records, shared)
        made["links"] = [
            [
                links.setdefault((str(link.get("id")), str(link.get("title") or "")), len(links)),
                str(link.get("grade") or ""),
                _number(link.get("score")),
            ]
            for link in row["links"]
        ]
        rows.append({name: value for name, value in made.items() if value not in (None, "", [])})
    columns = list(dict.fromkeys(name for row in rows for name in row))
    themes = dict.fromkeys(zip(table["theme_id"], table["theme_label"], strict=True))
    return {
        "texts": list(shared),
        "links": [list(pair) for pair in links],
        "themes": [list(pair) for pair in themes if pair[0]],
        "columns": columns,
        "rows": [[row.get(name) for name in columns] for row in rows],
    }


def embedded(data: Any) -> str:
    """Data as JSON that can stand in a ``<script>`` element whatever its texts hold.

    Without ``<`` nothing in it can end the element or open a comment.
    """
    text = json.dumps(data, ensure_ascii=False, separators=(",", ":"))
    return text.replace("<", "\\u003c").replace("\u2028", "\\u2028").replace("\u2029", "\\u2029")


def _sound(value: Any) -> Any:
    """A plain value whose texts can be written as UTF-8: half a surrogate pair becomes U+FFFD."""
    if isinstance(value, str):
        return _SURROGATE.sub("\ufffd", value)
    if isinstance(value, list):
        return [_sound(item) for item in value]
    if isinstance(value, dict):
        return {_sound(key): _sound(item) for key, item in value.items()}
    return value


def _as(name: str, value: Any) -> Any:
    if name in _ODDS:
        return value if isinstance(value, dict) else {}
    if name in DICT_COLUMNS:
        return [item for item in value if isinstance(item, dict)] if isinstance(value, list) else []
    if name in LIST_COLUMNS:
        return [str(item) for item in value] if isinstance(value, list) else []
    if name in _NUMBERS:
        return value if isinstance(value, int | float) else None
    return "" if value is None else str(value)


def _judged(row: Mapping[Any, Any], shared: dict[str, int]) -> dict[str, Any]:
    """What is said of one update beside its texts."""
    told = reasons(row)
    odds = [_number(row["status_probabilities"].get(str(status))) for status in Status]
    text = row["update"]
    return {
        "update": text,
        "sure": None if row["status_confidence"] is None else _number(row["status_confidence"]),
        "odds": odds if any(odds) else [],
        "mismatch": row["mismatch"],
        "stale": row["stale"],
        "refs": row["stale_refs"],
        "novelty": None if row["novelty"] is None else _number(row["novelty"]),
        "evidence": row["evidence"],
        "flags": row["flags"],
        "question": row["question"],
        "reasons": [shared.setdefault(reason.clause, len(shared)) for reason in told],
        "weight": sum(reason.weight for reason in told),
        "also": [[shared.setdefault(note, len(shared)), words] for note, words in unplaced(row)],
        "outcomes": [
            [
                shared.setdefault(str(one.get("outcome") or ""), len(shared)),
                str(one.get("state") or ""),
                _place_or_words(text, str(one.get("text") or "")),
            ]
            for one in row["outcomes"]
        ],
    }


def _place_or_words(text: str, passage: str) -> Any:
    """A passage by its place in the narrative (UTF-16), which is shorter; as it is where it is not there."""
    place = find_passage(text, passage)
    return _utf16(text, place) if place else passage


def _placed(
    row: Mapping[Any, Any],
    places: Mapping[str, int],
    records: Sequence[Mapping[Any, Any]],
    shared: dict[str, int],
) -> list[list[Any]]:
    text, out = row["update"], []
    for mark in marks(row):
        entry: list[Any] = [*_utf16(text, (mark.start, mark.end)), mark.kind]
        entry.append(shared.setdefault(mark.note, len(shared)))
        if mark.of in places:
            entry.append(places[mark.of])
            theirs = records[places[mark.of]]["update"]
            there = find_passage(theirs, mark.other)
            entry += _utf16(theirs, there) if there else []
        out.append(entry)
    return out


def _utf16(text: str, place: tuple[int, int]) -> list[int]:
    places = utf16_offsets(text)
    return list(place) if places is None else [places[at] for at in place]


def _number(value: Any) -> float:
    return round(float(value), 3) if isinstance(value, int | float) else 0.0
