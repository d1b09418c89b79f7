"""Tables of themes: how many updates, by what, how they stand, and what is new."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

import pandas as pd

from nlpkit.errors import InputError
from nlpkit.language import parse_as_of, period_end
from nlpkit.schema import Status

__all__ = ["KINDS", "actions", "counted", "news"]

KINDS = ("theme", "service", "status", "period")
"""What themes can be counted by; ``theme`` is the plan's own column."""

_NONE = "(none)"


def counted(rows: pd.DataFrame, kind: str) -> pd.DataFrame:
    """Updates of each theme by one of :data:`KINDS`.

    Args:
        rows: an update table with ``theme_id`` and ``theme_label``.
        kind: ``theme`` (the plan's own), ``service``, ``status`` (needs a scored table) or ``period``
            (the dates of ``as_of``, else ``period``; earliest first).

    Returns:
        One row for each theme and value that occur together: ``theme_id``, ``theme_label``, the kind,
        ``updates``, ``actions``, ``share`` (of the theme's updates) and, where the table is scored, a
        column of counts for each status. By period also ``change`` (updates more than in the period
        before) and ``new`` (true in the first period of a theme, unless it is the first of all). Rows
        without a theme come last, under an empty id.

    Raises:
        InputError: an unknown kind, or ``status`` of a table that is not scored.
    """
    if kind not in KINDS:
        raise InputError(f"'{kind}' is nothing to count themes by", remedy=f"Use one of: {', '.join(KINDS)}.")
    if kind == "status" and not _scored(rows):
        raise InputError(
            "has no column 'status'",
            column="status",
            remedy="Score the updates first ('nlpkit score FILE --out scored.jsonl'), then find themes.",
        )
    periods = _periods(rows) if kind == "period" else []
    value = pd.Series(periods if kind == "period" else list(rows[kind]), index=rows.index, dtype="object")
    value = value.map(lambda text: str(text).strip() or _NONE)
    order = _value_order(value, kind)
    found = []
    for name in sorted(set(rows["theme_id"]), key=lambda theme: (theme == "", theme)):
        mine = rows[rows["theme_id"] == name]
        before, seen = 0, False
        for at, one in enumerate(order):
            part = mine[value[mine.index] == one]
            if kind == "period" and not len(part) and not before:
                continue
            if kind != "period" and not len(part):
                continue
            row = {
                "theme_id": name,
                "theme_label": str(mine["theme_label"].iloc[0]),
                kind if kind != "theme" else "plan_theme": one,
                "updates": len(part),
                "actions": actions(part),
                "share": len(part) / len(mine),
            }
            if kind == "period":
                row |= {"change": len(part) - before, "new": bool(at and not seen and len(part))}
            if kind != "status" and _scored(rows):
                row |= {str(status): int((part["status"] == str(status)).sum()) for status in Status}
            seen = seen or len(part) > 0
            before = len(part)
            found.append(row)
    return pd.DataFrame(found)


def news(rows: pd.DataFrame, ids: Sequence[str]) -> pd.DataFrame:
    """For each theme its status counts (where scored) and what the latest period brought.

    Returns:
        One row an id, in order: ``latest`` (updates in the latest period of their service), ``new``
        (those of them whose service had no update of this theme before, though it had others), and a
        column for each status where the table is scored.
    """
    moments = _periods(rows)
    when = pd.Series(moments, index=rows.index, dtype="object")
    latest: dict[str, str] = {}
    first: dict[str, str] = {}
    known: dict[tuple[str, str], str] = {}
    for service, theme, moment in zip(rows["service"], rows["theme_id"], when, strict=True):
        if moment:
            latest[service] = max(latest.get(service, moment), moment)
            first[service] = min(first.get(service, moment), moment)
            known[service, theme] = min(known.get((service, theme), moment), moment)
    last = [bool(m) and latest[s] == m for s, m in zip(rows["service"], when, strict=True)]
    new = [
        is_last and known[s, t] == m and first[s] < m
        for is_last, s, t, m in zip(last, rows["service"], rows["theme_id"], when, strict=True)
    ]
    found = []
    for name in ids:
        mine = (rows["theme_id"] == name).to_numpy()
        row = {"latest": int((mine & last).sum()), "new": int((mine & new).sum())}
        if _scored(rows):
            row |= {str(status): int((rows["status"][mine] == str(status)).sum()) for status in Status}
        found.append(row)
    return pd.DataFrame(found)


def actions(rows: pd.DataFrame) -> int:
    """How many actions rows belong to: as their ids or, failing that, their recommendations say."""
    what = rows["action_id"].where(rows["action_id"] != "", rows["recommendation"])
    what = what.where(what != "", rows["row_id"])
    return len(set(zip(rows["service"], rows["section"], what, strict=True)))


def _scored(rows: pd.DataFrame) -> bool:
    return "status" in rows.columns and bool((rows["status"].astype(str) != "").any())


def _periods(rows: pd.DataFrame) -> list[str]:
    """When each row was true, as the ISO month in which it ends; ``""`` where that isn't told."""
    known: dict[tuple[str, str], str] = {}
    found = []
    for as_of, period in zip(rows["as_of"], rows["period"], strict=True):
        if (as_of, period) not in known:
            moment: date | None = parse_as_of(as_of) if as_of.strip() else None
            if moment is None and period.strip():
                moment = period_end(period)
            known[as_of, period] = f"{moment:%Y-%m}" if moment else ""
        found.append(known[as_of, period])
    return found


def _value_order(values: pd.Series, kind: str) -> list[str]:
    if kind == "status":
        present = set(values)
        listed = [str(status) for status in Status]
        return [one for one in listed if one in present] + sorted(present - set(listed))
    return sorted(set(values), key=lambda one: (one == _NONE, one))
