"""The question that an inspector would put next, made of what an update lacks.

Nothing is said that was not found: set phrases around the update's own passages, the plan's own
outcomes and dates.
"""

from __future__ import annotations

from calendar import month_name
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from datetime import date
from itertools import islice
from typing import Any

import pandas as pd

from nlpkit.analysis import slips
from nlpkit.analysis.actions import Before, Row, earlier, rows_of
from nlpkit.analysis.outcomes import Answer
from nlpkit.features import Features
from nlpkit.schema import Evidence, Flag, Mismatch, Stale, Status

__all__ = ["ask", "judge", "told_before"]

_MOST = 2  # questions asked of one update
_QUOTED = 110  # characters of a passage that are quoted
_NUMBERS = {2: "two", 3: "three", 4: "four", 5: "five"}
_LACKING = (
    ("when was that", {"date_done"}),
    ("how much or how many", {"figure", "survey"}),
    ("which record shows it", {"document", "audit", "third_party", "body"}),
)


def judge(
    updates: pd.DataFrame, features: Features, judged: pd.DataFrame, before: Before | None = None
) -> pd.Series[str]:
    """For each update the question to put to the service; ``""`` where none is called for.

    Asked of updates that show little (weak, or partial with a required outcome unanswered), that are
    stale, or that are declared better than they read. The most pressing two things are asked, in this
    order: a declared status that the narrative does not bear out; a missing narrative; a date gone
    by, or moved; nothing new; an update off the point; outcomes unanswered; a claim without a record.

    Args:
        updates: an update table.
        features: of the same rows in the same order.
        judged: the judgements of the same rows: ``status``, ``status_why``, ``mismatch``, ``stale``,
            ``stale_refs``, ``stale_why``, ``evidence``, ``evidence_why``, ``flags``, ``outcomes``.
        before: earlier updates on the same actions, from a history.
    """
    return ask(updates, judged, told_before(updates, features, before))


def told_before(
    updates: pd.DataFrame, features: Features, before: Before | None = None
) -> list[tuple[str, str]]:
    """Since which earlier updates on its action each row is told: since the first, and since the last.

    Args:
        updates, features, before: as :func:`judge`.
    """
    rows = rows_of(updates, features, before)
    actions: dict[int, list[Row]] = defaultdict(list)
    for row in rows:
        actions[row.action].append(row)
    since: list[tuple[str, str]] = []
    for row in rows[: len(updates)]:
        told = sorted(one.as_of for one in actions[row.action] if one.as_of and earlier(one, row))
        since.append((_since(told[0]), _since(told[-1])) if told else ("", ""))
    return since


def ask(updates: pd.DataFrame, judged: pd.DataFrame, since: Sequence[tuple[str, str]]) -> pd.Series[str]:
    """The questions, from the judgements of each row.

    Args:
        updates: ``update`` and ``declared`` are read.
        judged: as :func:`judge`.
        since: of :func:`told_before`.
    """
    asked = [
        " ".join(islice(_questions(record, first, last), _MOST))
        for record, (first, last) in zip(_records(updates, judged), since, strict=True)
    ]
    return pd.Series(asked, index=updates.index, dtype="object", name="question")


def _records(updates: pd.DataFrame, judged: pd.DataFrame) -> Iterator[dict[str, Any]]:
    both = pd.concat([updates[["update", "declared"]], judged], axis=1)
    for record in both.to_dict("records"):
        yield {str(name): value for name, value in record.items()}


def _questions(row: Mapping[str, Any], first: str, last: str) -> Iterator[str]:
    """What to ask, the most pressing first; ``first`` and ``last`` say since which earlier update."""
    stale, flags = set(row["stale"]), set(row["flags"])
    passages = (why["text"] for why in row["status_why"] if why["text"])
    decided = _quote(next((text for text in passages if text in row["update"]), ""))
    declared = " ".join(str(row["declared"]).split())
    if row["mismatch"] == Mismatch.OPTIMISTIC:
        told = f"the update says {decided}" if decided else "the update does not bear that out"
        yield f"This is declared '{declared}', but {told}: what supports the declared status?"
    if Stale.EMPTY in stale:
        yield f"What has been done{last}, and what shows it?"
        return
    if Stale.POINTER in stale and row["evidence"] == Evidence.WEAK:
        refs = ", ".join(row["stale_refs"])
        yield (
            f"What does the update on {refs} show of this recommendation?"
            if refs
            else "Where does what the update refers to stand, and what does it show of this recommendation?"
        )
    for why in row["stale_why"]:
        if why["kind"] == Stale.EXPIRED:
            yield f"{why['note']}: was it done, and when ({_quote(why['text'])})?"
            break
    for why in row["stale_why"]:
        if why["kind"] == slips.KIND:
            moved = " → ".join(why["date"])
            yield f"The date given has moved ({moved}): why, and what makes the new one sure?"
            break
    if stale & {Stale.NO_CHANGE, Stale.REPEAT_SELF}:
        yield f"Nothing new is told{last}: what has been done, and what is in the way?"
    if row["status"] in (Status.DECLINED, Status.OFF_TRACK) and not stale:
        yield (
            "What does the service do in place of what was asked, and how does it meet the same need?"
            if row["status"] == Status.DECLINED
            else "What will be done to recover, and by when?"
        )
    if Flag.OFF_TOPIC in flags:
        yield "How does this answer what was recommended?"
    if row["evidence"] == Evidence.STRONG:
        return
    open_ = [o for o in row["outcomes"] if o["state"] != Answer.ANSWERED]
    if open_:
        yield _of_outcomes(open_, len(row["outcomes"]), first)
    if row["evidence"] == Evidence.WEAK and not stale & {Stale.POINTER, Stale.NO_CHANGE}:
        yield _of_records(row, flags, decided)


def _of_outcomes(open_: Sequence[Mapping[str, str]], count: int, since: str) -> str:
    if len(open_) == count > 1:
        named = "; ".join(_shorten(o["outcome"], 60) for o in open_)
        number = _NUMBERS.get(count, str(count))
        return f"Which of the {number} outcomes required ({named}) has been reached, and by how much{since}?"
    record = f" in {open_[0]['shown_by']}" if open_[0]["shown_by"] else ""
    changed = f", and what has changed{since}" if since else ""
    return f"What shows{record} that “{_shorten(open_[0]['outcome'], _QUOTED)}”{changed}?"


def _of_records(row: Mapping[str, Any], flags: set[str], decided: str) -> str:
    found = {why["kind"] for why in row["evidence_why"]}
    if Flag.FUTURE_ONLY in flags:
        return "What has been done so far, and by when will the rest be?"
    if row["status"] in (Status.UNCLEAR, Status.NOT_STARTED) or not decided:
        return "Where does the work stand, what has been done, and by when will it be finished?"
    lacking = [what for what, kinds in _LACKING if not kinds & found] or ["what has come of it"]
    asked = " and ".join([", ".join(lacking[:-1]), lacking[-1]] if len(lacking) > 1 else lacking)
    return f"{decided}: {asked}?"


def _quote(text: str) -> str:
    text = " ".join(text.split())
    return f"“{_shorten(text, _QUOTED)}”" if text else ""


def _shorten(text: str, length: int) -> str:
    if len(text) <= length:
        return text
    return text[: text.rfind(" ", 0, length)].rstrip(",;:") + " …"


def _since(day: date) -> str:
    return f" since {month_name[day.month]} {day.year}"
