"""The rows of an update table as one plan's actions over their periods, and what was found of each."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Hashable, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date
from functools import lru_cache
from typing import Any, Protocol

import pandas as pd

from nlpkit.analysis.promises import as_of_start
from nlpkit.features import Features
from nlpkit.language.annotations import TextAnalysis
from nlpkit.schema import Stale, tidy_action_id

__all__ = [
    "Before",
    "Dated",
    "Reason",
    "Row",
    "action_key",
    "earlier",
    "number_actions",
    "reason",
    "rows_of",
    "words_asked",
]

_READ = (
    *("row_id", "service", "source", "plan", "section", "action_id", "recommendation", "required_outcome"),
    *("due", "due_date", "period", "as_of"),
)

Reason = dict[str, Any]
"""``text`` and ``kind``, ``start`` and ``end``, and more where there is more to say."""


@dataclass(slots=True)
class Row:
    """One update as the judgement of staleness sees it, and what that finds.

    Attributes:
        place: position in the table.
        document: the service and source that it was read from (and, of a history, the issue of it).
        part: the section of a plan in that document; "above" and "below" stay inside it.
        action: equal for all rows on the same action, over periods and re-issues of the plan.
        period, period_rank: the period's name, and its place among those of the document.
        as_of, start: the last and the first day of what ``as_of`` names.
        due, due_text: the deadline, and as it is written.
        alone: no other period's update hangs on the same action of the document.
        known: it stands in the history: others are held against it, nothing is judged of it.
        labels, refs, why: what was found; see :meth:`add`.
    """

    place: int
    row_id: str
    document: tuple[str, ...]
    part: Hashable
    action_id: str
    period: str
    period_rank: int
    as_of: date | None
    start: date | None
    update: TextAnalysis
    planned: TextAnalysis
    recommendation: str
    required_outcome: str
    due: date | None = None
    due_text: str = ""
    action: int = 0
    alone: bool = True
    known: bool = False
    labels: set[Stale] = field(default_factory=set)
    refs: set[str] = field(default_factory=set)
    why: list[Reason] = field(default_factory=list)

    @property
    def name(self) -> str:
        """What a reader of the same document would call the action."""
        return self.action_id or self.row_id

    def add(self, label: Stale, why: Reason, refs: Iterable[str] = ()) -> None:
        """Put a label with its reason and the actions concerned; a reason given twice counts once."""
        self.labels.add(label)
        self.refs.update(refs)
        if why not in self.why:
            self.why.append(why)


@dataclass(frozen=True, slots=True)
class Before:
    """What was said before a table, as far as it bears on the table's updates.

    Attributes:
        rows: earlier updates, not to be judged; their ``place`` counts on from the table's.
        actions: of each of the table's rows, the number of its action, which the earlier updates on
            the same action have too.
    """

    rows: tuple[Row, ...] = ()
    actions: tuple[int, ...] = ()


def reason(text: str, kind: Stale, start: int, end: int, **more: Any) -> Reason:
    """A reason: the passage, what it counts as, where it stands, and more by name."""
    return {"text": text, "kind": str(kind), "start": start, "end": end, **more}


def rows_of(updates: pd.DataFrame, features: Features, before: Before | None = None) -> list[Row]:
    """The rows of a table, in its order, each with the number of its action; then those before it.

    Same action: the same id in the same section of a document, or the same id and the same
    recommendation in another document of the service (a plan issued again). Rows without an id
    belong together where their section and recommendation are the same.
    """
    rows: list[Row] = []
    periods: dict[Hashable, dict[str, int]] = defaultdict(dict)
    for place, record in enumerate(zip(*(_cells(updates, name) for name in _READ), strict=True)):
        row_id, service, source, plan, section, action_id, asked, outcome, due, due_date, said, as_of = record
        document = (service, source)
        period = " ".join((said or as_of).casefold().split())
        ranks = periods[document]
        last_day = features.as_of[place]
        rows.append(
            Row(
                place=place,
                row_id=row_id or str(place),
                document=document,
                part=(*document, plan, section),
                action_id=action_id,
                period=period,
                period_rank=ranks.setdefault(period, len(ranks)),
                as_of=last_day,
                start=as_of_start(as_of, last_day),
                update=features.update[place],
                planned=features.planned_action[place],
                recommendation=asked,
                required_outcome=outcome,
                due=features.due[place],
                due_text=due or due_date,
            )
        )
    number_actions(rows)
    written: dict[tuple[Hashable, int], set[str]] = defaultdict(set)
    for row in rows:
        written[row.document, row.action].add(row.period)
    for row in rows:
        row.alone = len(written[row.document, row.action]) == 1
    if before is not None:
        for row, number in zip(rows, before.actions, strict=True):
            row.action = number
        rows.extend(before.rows)
    return rows


def _cells(updates: pd.DataFrame, name: str) -> list[str]:
    if name not in updates.columns:
        return [""] * len(updates)
    return ["" if value is None else str(value) for value in updates[name].tolist()]


class Dated(Protocol):
    """What must be known of two rows to tell which is the earlier."""

    @property
    def document(self) -> tuple[str, ...]: ...
    @property
    def as_of(self) -> date | None: ...
    @property
    def period(self) -> str: ...
    @property
    def period_rank(self) -> int: ...


def earlier(one: Dated, other: Dated) -> bool:
    """Whether ``one`` was written in an earlier period than ``other``.

    By their dates; where these don't tell, by the order in which their document names its periods.
    """
    if one.as_of and other.as_of and one.as_of != other.as_of:
        return one.as_of < other.as_of
    if one.document != other.document or not (one.period and other.period):
        return False
    return one.period_rank < other.period_rank


@lru_cache(maxsize=65536)
def action_key(action_id: str) -> str:
    """An action's id in the form in which ids are compared: "Effective  01" → "effective 1"."""
    return re.sub(r"(?<!\d)0+(?=\d)", "", tidy_action_id(action_id).casefold())


@lru_cache(maxsize=8192)  # stands with every period's update
def words_asked(recommendation: str) -> str:
    """A recommendation in the form in which it is compared: letters and digits only."""
    return "".join(re.findall(r"[^\W_]+", recommendation.casefold()))


def number_actions(rows: Sequence[Row]) -> None:
    """Give the rows on one action the same number, the position of one of them (see :func:`rows_of`)."""
    parent = list(range(len(rows)))

    def root(n: int) -> int:
        while parent[n] != n:
            parent[n] = parent[parent[n]]
            n = parent[n]
        return n

    seen: dict[Hashable, int] = {}
    for n, row in enumerate(rows):
        name = action_key(row.action_id)
        asked = words_asked(row.recommendation)
        keys: list[Hashable] = []
        if name:
            keys.append((row.part, name))
        if name and asked and row.document[0]:
            keys.append((row.document[0], name, asked))
        if asked and not name:
            keys.append((row.part, "", asked))
        for key in keys:
            first, second = sorted((root(seen.setdefault(key, n)), root(n)))
            parent[second] = first
    for n, row in enumerate(rows):
        row.action = root(n)
