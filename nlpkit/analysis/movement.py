"""What moved between two periods of a history and what stood still: one row an action."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from itertools import pairwise
from typing import Any

import pandas as pd

from nlpkit.analysis.continuing import followed
from nlpkit.analysis.promises import as_of_start
from nlpkit.analysis.status import standing
from nlpkit.analysis.words import word_novelty
from nlpkit.errors import InputError
from nlpkit.features import moments
from nlpkit.language import period_end
from nlpkit.schema import Evidence, Stale, Status, natural_key

__all__ = ["COLUMNS", "movement"]

COLUMNS: tuple[str, ...] = (
    "service",
    "plan",
    "action_id",
    "earlier_ids",
    "recommendation",
    "from",
    "to",
    "periods",
    "moved",
    "stood_still",
    "status_from",
    "status_to",
    "status_moved",
    "status_same_for",
    "evidence_from",
    "evidence_to",
    "evidence_moved",
    "evidence_same_for",
    "declared_from",
    "declared_to",
    "due_from",
    "due_to",
    "text_new",
    "text_same_for",
    "note",
    "row_ids",
)
"""The columns of :func:`movement`."""

_NOT_NEW = 0.2  # a text of which no more than this is new stands still
_NO_NEWS = frozenset({Stale.NO_CHANGE, Stale.REPEAT_SELF, Stale.EMPTY})


@dataclass(frozen=True, slots=True)
class _Told:
    """One action at one moment."""

    day: date
    label: str
    cell: Mapping[str, Any]


def movement(past: pd.DataFrame, *, since: str = "", until: str = "", source: str = "") -> pd.DataFrame:
    """For each action of a history what moved from the first to the last period, and what stood still.

    Args:
        past: what :func:`nlpkit.history.recall` returned, with its judgements.
        since, until: the first and last period looked at: a period as the plans write it, or an ISO
            day, month or year; all periods unless given.
        source: of the history, for messages.

    Returns:
        A frame with :data:`COLUMNS`, ordered by service, plan and action. ``moved`` and
        ``stood_still`` say it in words; ``…_same_for`` counts the periods, the last one included, for
        which status, evidence or text have been the same (1: it moved in the last); ``text_new`` is the
        share (0 to 1) of the last text that the one before it does not hold; ``note`` tells of actions
        that begin or end within the time looked at. Actions are the same over renumbering, see
        :mod:`nlpkit.analysis.continuing`.

    Raises:
        InputError: a period that the history does not know, none between the two, or no update
            with a date.
    """
    days = moments(past)
    known = _known_periods(past, days)
    first = _bound(since, known, source, end=False)
    last = _bound(until, known, source, end=True)
    issue_ends: dict[str, date] = {}
    for issue, day in zip(past["issue"], days, strict=True):
        issue_ends[issue] = max(issue_ends.get(issue, date.min), day or date.min)
    told: dict[int, dict[date, _Told]] = defaultdict(dict)
    cells = past.to_dict("records")
    # Where several issues tell of one period, the newest has the last word.
    order = sorted(
        range(len(cells)),
        key=lambda n: (issue_ends[cells[n]["issue"]], cells[n]["source"], cells[n]["issue"], n),
    )
    numbers = followed(past)
    for n in order:
        day, cell = days[n], {str(name): value for name, value in cells[n].items()}
        if day is not None and first <= day <= last:
            told[numbers[n]][day] = _Told(day, cell["period"] or cell["as_of"], cell)
    if not told:
        raise InputError(
            "has no update with a date in these periods" if known else "has no update with a date",
            source=source,
            remedy=f"It knows {_listed(known)}."
            if known
            else "Score with --as-of to say when they were true.",
        )
    spans: dict[str, list[date]] = defaultdict(list)
    for by_day in told.values():
        for one in by_day.values():
            spans[one.cell["service"]].append(one.day)
    lines = [
        _line([by_day[day] for day in sorted(by_day)], min(spans[service]), max(spans[service]))
        for by_day in told.values()
        for service in [next(iter(by_day.values())).cell["service"]]
    ]
    lines.sort(
        key=lambda line: (line["service"], line["plan"], natural_key(line["action_id"]), line["row_ids"])
    )
    return pd.DataFrame(
        {name: pd.Series([line[name] for line in lines], dtype="object") for name in COLUMNS}
    ).astype({"text_new": "float64"})


def _known_periods(past: pd.DataFrame, days: Sequence[date | None]) -> dict[str, date]:
    """Periods by their names in lower case, in order of time."""
    found: dict[str, date] = {}
    named = sorted(
        (day, str(name))
        for day, period, as_of in zip(days, past["period"], past["as_of"], strict=True)
        if day is not None
        for name in dict.fromkeys([period, as_of])
        if name
    )
    for day, name in named:
        found[" ".join(name.casefold().split())] = day
    return found


def _bound(written: str, known: Mapping[str, date], source: str, *, end: bool) -> date:
    if not written:
        return date.max if end else date.min
    day = known.get(" ".join(written.casefold().split()))
    if day is not None:
        return day
    last_day = period_end(written)
    if last_day is None:
        raise InputError(
            f"knows no period '{written}'",
            source=source,
            remedy=f"Give a day, month or year (2024-09), or one of {_listed(known)}.",
        )
    return last_day if end else (as_of_start(written, last_day) or last_day)


def _listed(known: Iterable[str]) -> str:
    names = list(known)
    return ", ".join(f"'{name}'" for name in names[:12]) + (" …" if len(names) > 12 else "")


def _line(told: Sequence[_Told], begins: date, ends: date) -> dict[str, Any]:
    first, last = told[0], told[-1]
    one, other = first.cell, last.cell
    line: dict[str, Any] = {
        name: next((entry.cell[name] for entry in reversed(told) if entry.cell[name]), "")
        for name in ("service", "plan", "action_id", "recommendation")
    }
    ids = dict.fromkeys(entry.cell["action_id"] for entry in told if entry.cell["action_id"])
    new = [1.0] + [_new(entry, before) for before, entry in pairwise(told)]
    line |= {
        "earlier_ids": [name for name in ids if name != line["action_id"]],
        "from": first.label,
        "to": last.label,
        "periods": len(told),
        "status_from": one["status"],
        "status_to": other["status"],
        "status_moved": _direction(_place_of_status(one["status"]), _place_of_status(other["status"]))
        or ("otherwise" if one["status"] != other["status"] else ""),
        "status_same_for": _same_for(told, lambda entry: entry.cell["status"]),
        "evidence_from": one["evidence"],
        "evidence_to": other["evidence"],
        "evidence_moved": _direction(
            _place_of_evidence(one["evidence"]), _place_of_evidence(other["evidence"])
        ),
        "evidence_same_for": _same_for(told, lambda entry: entry.cell["evidence"]),
        "declared_from": one["declared"],
        "declared_to": other["declared"],
        "due_from": one["due_date"] or one["due"],
        "due_to": other["due_date"] or other["due"],
        "text_new": round(new[-1], 4),
        "text_same_for": _still(new),
        "row_ids": [entry.cell["row_id"] for entry in told],
    }
    moved = [
        f"{name} {line[f'{name}_from'] or 'not given'} → {line[f'{name}_to'] or 'not given'}"
        for name in ("status", "evidence", "declared", "due")
        if line[f"{name}_from"] != line[f"{name}_to"]
    ]
    if line["text_same_for"] == 1 and len(told) > 1:
        moved.append("text")
    line["moved"] = moved
    line["stood_still"] = [
        f"{name} for {line[f'{name}_same_for']} periods"
        for name in ("status", "evidence", "text")
        if line[f"{name}_same_for"] > 1
    ]
    notes = []
    if first.day > begins:
        notes.append(f"first told in {first.label}")
    if last.day < ends:
        notes.append(f"not told since {last.label}")
    line["note"] = "; ".join(notes)
    return line


def _new(entry: _Told, before: _Told) -> float:
    """What of a text is new against the one before; nothing where it says that nothing is."""
    if _NO_NEWS.intersection(entry.cell["stale"]):
        return 0.0
    return word_novelty(entry.cell["update"], [before.cell["update"]])


def _still(new: Sequence[float]) -> int:
    count = 1
    for share in reversed(new[1:]):
        if share > _NOT_NEW:
            break
        count += 1
    return count


def _same_for(told: Sequence[_Told], value: Callable[[_Told], str]) -> int:
    last = value(told[-1])
    count = 0
    for entry in reversed(told):
        if value(entry) != last:
            break
        count += 1
    return count


def _place_of_status(status: str) -> int | None:
    return standing(Status(status)) if status in set(Status) else None


def _place_of_evidence(evidence: str) -> int | None:
    order = [str(one) for one in Evidence]
    return order.index(evidence) if evidence in order else None


def _direction(one: int | None, other: int | None) -> str:
    if one is None or other is None or one == other:
        return ""
    return "better" if other > one else "worse"
