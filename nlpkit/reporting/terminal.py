"""A scored table in words for a terminal: counts, and the updates most in need of a question.

Lines that begin at the margin are headings; everything under them is indented.
"""

from __future__ import annotations

import re
import textwrap
from collections import Counter
from collections.abc import Hashable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import pandas as pd

from nlpkit.reading.accounts import Account
from nlpkit.schema import Evidence, Flag, Mismatch, Stale, Status

__all__ = [
    "Question",
    "account_lines",
    "action_numbers",
    "comparison_line",
    "latest",
    "links_lines",
    "question_lines",
    "questions",
    "summary_lines",
]

_PASSAGE = 240
_LETTERS = re.compile(r"[^\W_]+")
_REASONS = 3
_CALENDAR = ("overdue", "promised_late", "due_soon", "not_due")


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
        reasons = sorted(_reasons(row), key=lambda reason: -reason[0])
        if reasons:
            found.append(
                Question(
                    row_id=row["row_id"],
                    service=row["service"],
                    action_id=row["action_id"],
                    period=row["period"] or row["as_of"],
                    recommendation=row["recommendation"] or row["planned_action"],
                    reasons=tuple(clause for _, clause, _ in reasons[:_REASONS]),
                    passage=next((text for _, _, text in reasons if text), row["update"].strip()),
                    weight=sum(weight for weight, _, _ in reasons),
                    ask=row.get("question", ""),
                )
            )
    return sorted(found, key=lambda question: -question.weight)[:n]


def _words(label: str) -> str:
    return label.replace("_", " ")


def _text_of(reasons: Sequence[dict[str, Any]], kind: str = "") -> str:
    texts = (str(r["text"]) for r in reasons if not kind or r.get("kind") == kind)
    return next(filter(None, texts), "")


def _reasons(row: Mapping[Any, Any]) -> Iterable[tuple[int, str, str]]:
    """What speaks for asking: weight, clause, passage."""
    status, declared = row["status"], " ".join(str(row["declared"]).split())
    decided = _text_of(row["status_why"])
    stale = set(row["stale"])
    if row["mismatch"] == Mismatch.OPTIMISTIC:
        yield 6, f"declared {declared!r}, but the narrative reads as {_words(status)}", decided
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
        yield 1, f"declared {declared!r}, but the narrative reads as {_words(status)}", decided
    yield from _calendar(row)
    yield from _staleness(row, stale)
    yield from _evidence(row, stale)


def _calendar(row: Mapping[Any, Any]) -> Iterable[tuple[int, str, str]]:
    if row["status"] == Status.COMPLETE:
        return
    if row["calendar_status"] == "overdue":
        yield 3, f"its deadline ({row['due_date']}) had gone by", ""
    elif row["calendar_status"] == "promised_late":
        yield 2, f"it promises something for after its deadline ({row['due_date']})", ""


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


def summary_lines(scored: pd.DataFrame, *, width: int = 80) -> list[str]:
    """What a scored table comes to, in lines of at most ``width`` characters."""
    now = latest(scored)
    services = [name for name in dict.fromkeys(scored["service"]) if name]
    dates = sorted({str(value)[:7] for value in scored["as_of"] if value})
    title = f"{_count(len(scored), 'update')} of {_count(len(now), 'action')}"
    if services:
        title += f", {services[0]}" if len(services) == 1 else f", {len(services)} services"
    if dates:
        title += f", {dates[0]} to {dates[-1]}" if len(dates) > 1 else f", {dates[0]}"
    lines = [*textwrap.wrap(title, width), "", "Latest update of each action"]
    said, found = Counter(now["declared_status"]), Counter(now["status"])
    lines.append(f"  {'status':<14}{'declared':>10}{'narrative':>11}")
    for status in (*map(str, Status), ""):
        if said.get(status) or found.get(status):
            name = _words(status) or "not given"
            lines.append(f"  {name:<14}{said.get(status) or '-':>10}{found.get(status) or '-':>11}")
    lines.append("")
    lines.append(_tally("calendar", Counter(now["calendar_status"]), _CALENDAR))
    lines.append(_tally("evidence", Counter(now["evidence"]), [str(e) for e in reversed(Evidence)]))
    lines.append(
        _tally("stale", Counter(k for kinds in now["stale"] for k in kinds), [str(s) for s in Stale])
    )
    lines.append(_tally("flags", Counter(k for kinds in now["flags"] for k in kinds), [str(f) for f in Flag]))
    better = int((now["mismatch"] == Mismatch.OPTIMISTIC).sum())
    worse = int((now["mismatch"] == Mismatch.PESSIMISTIC).sum())
    undated = int((scored["as_of"] == "").sum())
    if undated:
        told = f"{_count(undated, 'update')} without a date cannot be held against the calendar: give --as-of"
        lines.append(f"  {'undated':<10}{told}")
    lines.append(f"  {'declared':<10}better than the narrative supports: {better}; worse: {worse}")
    return [part for line in lines for part in (_wrap(line, width) if line else [""])]


def question_lines(asked: Sequence[Question], *, width: int = 80) -> list[str]:
    """Questions as numbered paragraphs, each with its reasons and the passage behind them."""
    if not asked:
        return ["No update stands out as in need of a question."]
    number = "ten" if len(asked) == 10 else str(len(asked))
    noun = "update" if len(asked) == 1 else "updates"
    lines = [f"The {number} {noun} most in need of a question"]
    several = len({question.service for question in asked}) > 1
    for n, question in enumerate(asked, start=1):
        where = ", ".join(
            part
            for part in (
                question.service if several else "",
                f"action {question.action_id}" if question.action_id else question.row_id,
                question.period,
            )
            if part
        )
        head = f"{n:>3}. {where}: {'; '.join(question.reasons)}."
        lines += textwrap.wrap(head, width, subsequent_indent=" " * 5)
        if question.recommendation:
            asked_for = f"Asked: {_shorten(question.recommendation, width)}"
            lines += textwrap.wrap(asked_for, width, initial_indent=" " * 5, subsequent_indent=" " * 5)
        if question.passage:
            quoted = f"“{_shorten(question.passage, _PASSAGE)}”"
            lines += textwrap.wrap(quoted, width, initial_indent=" " * 5, subsequent_indent=" " * 5)
        if question.ask:
            lines += textwrap.wrap(
                f"Ask: {question.ask}", width, initial_indent=" " * 5, subsequent_indent=" " * 5
            )
    return lines


def account_lines(accounts: Sequence[Account], *, width: int = 80) -> list[str]:
    """What became of every row of each plan, and the plan's own totals against what was read."""
    lines = []
    for account in accounts:
        for line in str(account).splitlines():
            depth = len(line) - len(line.lstrip()) + 2
            lines += textwrap.wrap(
                line.strip(), width, initial_indent=" " * depth, subsequent_indent=" " * (depth + 2)
            )
        if not account.balances:
            lines.append(
                f"    {account.rows_found - sum(account.dispositions.values())} rows not accounted for"
            )
    return lines


def links_lines(scored: pd.DataFrame, *, title: str, width: int = 80) -> list[str]:
    """Links of each action's latest update into a catalogue, and the actions that have none."""
    now = latest(scored)
    lines = [f"Links to {title}"]
    none = []
    for row in now.to_dict("records"):
        name = row["action_id"] or row["row_id"]
        if not row["links"]:
            none.append(name)
        for entry in row["links"]:
            text = f"{name:>5} → {entry['id']} {entry['title']} ({entry['grade']}, {entry['score']:.2f})"
            lines += textwrap.wrap(text, width, subsequent_indent=" " * 10, initial_indent="  ")
    if none:
        lines += _wrap(f"  no recommendation fits: {', '.join(none)}", width)
    return lines


def _tally(name: str, counts: Counter[str], order: Sequence[str]) -> str:
    said = ", ".join(f"{counts[key]} {_words(key)}" for key in order if counts.get(key))
    return f"  {name:<10}{said or 'none'}"


def _wrap(line: str, width: int) -> list[str]:
    return (
        textwrap.wrap(line, width, subsequent_indent=" " * 12, drop_whitespace=True)
        if len(line) > width
        else [line]
    )


def _shorten(text: str, length: int) -> str:
    text = " ".join(text.split())
    if len(text) <= length:
        return text
    return text[: text.rfind(" ", 0, length)].rstrip(",;:") + " …"


def _count(n: int, noun: str) -> str:
    return f"{n} {noun}{'' if n == 1 else 's'}"


def comparison_line(long: pd.DataFrame) -> str:
    """The table of services (:attr:`nlpkit.analysis.comparison.Comparison.long`) in one line."""
    cells, services = len(long), long["service"].nunique()
    same, near = (int((long["grade"] == grade).sum()) for grade in ("equivalent", "related"))
    return (
        f"{long['id'].nunique()} recommendations, {services} service{'' if services == 1 else 's'}: "
        f"of {cells} cells {same} answered, {near} only by a related action, {cells - same - near} gaps"
    )
