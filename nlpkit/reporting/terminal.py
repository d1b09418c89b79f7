"""A scored table in words for a terminal: counts, and the updates most in need of a question.

Lines that begin at the margin are headings; everything under them is indented.
"""

from __future__ import annotations

import textwrap
from collections import Counter
from collections.abc import Sequence

import pandas as pd

from nlpkit.reading.accounts import Account, FileRead
from nlpkit.reporting.ranking import CALENDAR, Question, latest, words
from nlpkit.schema import Evidence, Flag, Mismatch, Stale, Status

__all__ = [
    "account_lines",
    "comparison_line",
    "file_lines",
    "links_lines",
    "question_lines",
    "summary_lines",
]

_PASSAGE = 240


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
            name = words(status) or "not given"
            lines.append(f"  {name:<14}{said.get(status) or '-':>10}{found.get(status) or '-':>11}")
    lines.append("")
    lines.append(_tally("calendar", Counter(now["calendar_status"]), CALENDAR))
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


def file_lines(files: Sequence[FileRead], *, width: int = 80) -> list[str]:
    """What became of each file: rows read and set aside, and notes; or why nothing of it could be used."""
    unread = sum(bool(file.problem) for file in files)
    head = f"{_count(len(files), 'file')}: {len(files) - unread} read"
    lines = [f"{head}, {unread} not" if unread else head]
    room = max(20, width - 27)
    longest = max((len(file.name) for file in files), default=0)
    column = min(room, max(longest, len("file")))
    lines.append(f"  {'file':<{column}}{'rows':>7}{'set aside':>11}{'notes':>7}")
    for file in files:
        name = file.name if len(file.name) <= column else f"…{file.name[1 - column :]}"
        if file.problem:
            told = f"  {name:<{column}}  not read: {file.problem}"
            lines += textwrap.wrap(told, width, subsequent_indent=" " * 6, drop_whitespace=True)
        else:
            counts = [str(n) if n else "-" for n in (file.rows, file.set_aside, file.notes)]
            lines.append(f"  {name:<{column}}{counts[0]:>7}{counts[1]:>11}{counts[2]:>7}")
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
    said = ", ".join(f"{counts[key]} {words(key)}" for key in order if counts.get(key))
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
