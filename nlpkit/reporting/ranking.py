"""Which updates deserve a question, and why: the order that every report shares."""

from __future__ import annotations

import re
from collections.abc import Hashable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

import pandas as pd

from nlpkit.schema import Evidence, Flag, Mismatch, Stale, Status

__all__ = ["CALENDAR", "Question", "Reason", "action_numbers", "latest", "questions", "reasons", "words"]

CALENDAR = ("overdue", "promised_late", "due_soon", "not_due")
"""What the due date says, the most pressing first."""

_LETTERS = re.compile(r"[^\W_]+")
_REASONS = 3


class Reason(NamedTuple):
    """Why an update deserves a question: a clause, what it weighs, the passage it rests on (or "")."""

    weight: int
    clause: str
    passage: str


@dataclass(frozen=True, slots=True)
class Question:
    """An update that an inspector would ask about.

    Attributes:
        row_id, service, action_id, period: which update.
        recommendation: what is asked.
        reasons: why it needs a question, the weightiest first, each a clause.
        passage: the words of the update behind the weightiest reason that rests on a passage, else
            the update itself.
        weight: the sum of the reasons' weights; larger is more urgent.
        ask: the question to put, from the column ``question``; ``""`` if the table has none.
    """

    row_id: str
    service: str
    action_id: str
    period: str
    recommendation: str
    reasons: tuple[str, ...]
    passage: str
    weight: int
    ask: str = ""


def action_numbers(updates: pd.DataFrame) -> list[int]:
    """For each row of an update table the number of its action, counted in order of appearance.

    Same action: the same id in the same section of a file's plan, or the same section, id and
    recommendation in another file of the same service (a plan issued again). Rows without an id
    belong together where their section and recommendation are the same; else each is its own action.
    """
    first: dict[Hashable, int] = {}
    parent: list[int] = []
    rows = updates[["row_id", "service", "source", "plan", "section", "action_id", "recommendation"]]
    for n, cells in enumerate(rows.itertuples(index=False, name=None)):
        row_id, service, source, plan, section, action, asked = map(str, cells)
        asked = "".join(_LETTERS.findall(asked.casefold()))
        part = (service, source, plan, section)
        keys: list[Hashable] = [("part", *part, action)] if action else [("row", row_id)]
        if action and service:
            keys.append(("again", service, section, action, asked))
        if asked and not action:
            keys.append(("asked", *part, asked))
        parent.append(n)
        for key in keys:
            low, high = sorted((_root(parent, first.setdefault(key, n)), _root(parent, n)))
            parent[high] = low
    number: dict[int, int] = {}
    return [number.setdefault(_root(parent, n), len(number)) for n in range(len(parent))]


def _root(parent: Sequence[int], n: int) -> int:
    while parent[n] != n:
        n = parent[n]
    return n


def latest(scored: pd.DataFrame) -> pd.DataFrame:
    """The last update of each action (see :func:`action_numbers`), in the order of the table.

    The last is the one with the latest ``as_of``, and of several with the same the one that stands
    last.
    """
    last: dict[int, int] = {}
    as_of = [str(value) for value in scored["as_of"]]
    for at, action in enumerate(action_numbers(scored)):
        if action not in last or as_of[at] >= as_of[last[action]]:
            last[action] = at
    return scored.iloc[sorted(last.values())]


def questions(scored: pd.DataFrame, n: int = 10) -> list[Question]:
    """The updates most in need of a question, the most urgent first.

    Only each action's latest update is looked at. What counts, from the weightiest: a declared
    status better than the narrative supports; no narrative; work off track or declined; completion
    claimed without anything to check; a deadline gone by; text repeated from earlier, or speaking of
    past dates as to come; "no change"; weak evidence; pointers, copies, vagueness. Weights add up;
    equals keep the order of the table.

    Args:
        scored: a table from :func:`nlpkit.scoring.score`.
        n: how many at most.
    """
    found = []
    for row in latest(scored).to_dict("records"):
        told = reasons(row)
        if told:
            found.append(
                Question(
                    row_id=row["row_id"],
                    service=row["service"],
                    action_id=row["action_id"],
                    period=row["period"] or row["as_of"],
                    recommendation=row["recommendation"] or row["planned_action"],
                    reasons=tuple(reason.clause for reason in told[:_REASONS]),
                    passage=next(
                        (reason.passage for reason in told if reason.passage), row["update"].strip()
                    ),
                    weight=sum(reason.weight for reason in told),
                    ask=row.get("question", ""),
                )
            )
    return sorted(found, key=lambda question: -question.weight)[:n]


def reasons(row: Mapping[Any, Any]) -> list[Reason]:
    """What speaks for asking about one update, the weightiest first.

    Args:
        row: one row of a scored table, by column.
    """
    return sorted((Reason(*told) for told in _reasons(row)), key=lambda reason: -reason.weight)


def words(label: str) -> str:
    """A label as a reader would say it: ``at_risk`` → "at risk"."""
    return label.replace("_", " ")


def _text_of(reasons: Sequence[Mapping[str, Any]], kind: str = "") -> str:
    texts = (str(r["text"]) for r in reasons if not kind or r.get("kind") == kind)
    return next(filter(None, texts), "")


def _reasons(row: Mapping[Any, Any]) -> Iterable[tuple[int, str, str]]:
    """What speaks for asking: weight, clause, passage."""
    status, declared = row["status"], " ".join(str(row["declared"]).split())
    decided = _text_of(row["status_why"])
    stale = set(row["stale"])
    if row["mismatch"] == Mismatch.OPTIMISTIC:
        yield 6, f"declared {declared!r}, but the narrative reads as {words(status)}", decided
    elif status == Status.OFF_TRACK:
        yield 5, "the narrative reads as off track", decided
    elif status == Status.DECLINED:
        yield 5, "the service says that it will not do this", decided
    elif status == Status.AT_RISK:
        yield 2, "the narrative shows a risk to delivery", decided
    elif status == Status.NOT_STARTED:
        yield 2, "nothing has been done yet", decided
    elif status == Status.UNCLEAR and not stale & {Stale.EMPTY, Stale.POINTER, Stale.NO_CHANGE}:
        yield 2, "the narrative does not say where the work stands", decided
    if row["mismatch"] == Mismatch.PESSIMISTIC:
        yield 1, f"declared {declared!r}, but the narrative reads as {words(status)}", decided
    yield from _calendar(row)
    yield from _staleness(row, stale)
    yield from _evidence(row, stale)


def _calendar(row: Mapping[Any, Any]) -> Iterable[tuple[int, str, str]]:
    if row["status"] == Status.COMPLETE:
        return
    due = row["due_date"] or row["due"]
    deadline = f"its deadline ({due})" if due else "its deadline"
    if row["calendar_status"] == "overdue":
        yield 3, f"{deadline} had gone by", ""
    elif row["calendar_status"] == "promised_late":
        yield 2, f"it promises something for after {deadline}", ""


def _staleness(row: Mapping[Any, Any], stale: set[str]) -> Iterable[tuple[int, str, str]]:
    refs = ", ".join(row["stale_refs"])
    said = {
        Stale.EMPTY: (5, "there is no narrative to speak of"),
        Stale.REPEAT_SELF: (3, "it repeats the action's earlier update"),
        Stale.EXPIRED: (3, "it speaks of a date gone by as still to come"),
        Stale.NO_CHANGE: (3, "it says that nothing has changed"),
        Stale.POINTER: (
            2,
            f"it points to {refs} instead of answering"
            if refs
            else "it points elsewhere instead of answering",
        ),
        Stale.REPEAT_OTHER: (
            2,
            f"a passage is the same as in {refs}" if refs else "a passage is copied from another action",
        ),
    }
    for kind, (weight, clause) in said.items():
        if kind in stale:
            yield weight, clause, _text_of(row["stale_why"], kind)
    for why in row["stale_why"]:
        if why["kind"] == "slipped":
            yield 3, f"a date that it gives has slipped: {' → '.join(why['date'])}", str(why["text"])
            break


def _evidence(row: Mapping[Any, Any], stale: set[str]) -> Iterable[tuple[int, str, str]]:
    flags = set(row["flags"])
    if row["evidence"] == Evidence.WEAK and not stale & {Stale.EMPTY, Stale.POINTER}:
        if row["status"] == Status.COMPLETE or row["declared_status"] == Status.COMPLETE:
            yield 4, "completion is claimed and nothing shown that can be checked", ""
        else:
            yield 2, "nothing in it can be checked", ""
    if Flag.OFF_TOPIC in flags:
        yield 2, "it does not speak of what was asked", ""
    if Flag.FUTURE_ONLY in flags:
        yield 1, "everything in it lies in the future", ""
