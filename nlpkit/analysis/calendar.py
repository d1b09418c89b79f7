"""What the calendar says: the due date held against the day the update was true.

One of three separate answers about progress (declared, narrative, calendar): nothing here looks
at how far the work is, only at dates.
"""

from __future__ import annotations

from datetime import date, timedelta
from enum import StrEnum

import pandas as pd

from nlpkit.analysis.promises import ahead_in_plan, as_of_start, promised_dates
from nlpkit.features import Features
from nlpkit.language.annotations import DateMention, TextAnalysis

__all__ = ["SOON", "CalendarStatus", "judge"]

SOON = timedelta(days=60)
"""A due date at most this far ahead is due soon."""


class CalendarStatus(StrEnum):
    """Where ``as_of`` stands against the due date."""

    OVERDUE = "overdue"
    PROMISED_LATE = "promised_late"
    DUE_SOON = "due_soon"
    NOT_DUE = "not_due"


def judge(updates: pd.DataFrame, features: Features) -> pd.DataFrame:
    """The calendar's own answer for each row.

    ``overdue``: the due date lies before the period of ``as_of`` (a date within an ``as_of``
    month is not overdue yet). ``promised_late``: it doesn't, but the update or the planned
    actions promise something for after it. ``due_soon``: it is at most 60 days ahead.
    ``not_due``: it is further off. Empty where the due date or ``as_of`` is missing.

    Args:
        updates: an update table.
        features: what :func:`nlpkit.features.compute` made of the same rows.

    Returns:
        A frame indexed like ``updates``: ``calendar_status``, a :class:`CalendarStatus` or ``""``,
        and ``calendar_why``, one sentence with the dates (empty with an empty status).
    """
    said: list[str] = []
    why: list[str] = []
    for place, written in enumerate(updates["as_of"].astype(object)):
        due, last_day = features.due[place], features.as_of[place]
        start = as_of_start("" if written is None else str(written), last_day)
        if due is None or start is None or last_day is None:
            said.append("")
            why.append("")
            continue
        late = _promised_after(features.update[place], features.planned_action[place], due, last_day)
        status, sentence = _held_against(due, start, last_day, late)
        said.append(str(status))
        why.append(sentence)
    columns = {
        "calendar_status": pd.Series(said, dtype="object"),
        "calendar_why": pd.Series(why, dtype="object"),
    }
    return pd.DataFrame(columns).set_axis(updates.index, axis=0)


def _held_against(
    due: date, start: date, last_day: date, late: DateMention | None
) -> tuple[CalendarStatus, str]:
    promise = f"something is promised for after it ('{late.text}', {_day(late.latest)})" if late else ""
    if due < start:
        passed = f"Due {_day(due)}, {_days((start - due).days)} before the update ({_day(start)})"
        return CalendarStatus.OVERDUE, f"{passed}; {promise}." if late else f"{passed}."
    if late:
        return CalendarStatus.PROMISED_LATE, f"Due {_day(due)}, but {promise}."
    left = (due - last_day).days
    if left <= 0:
        return CalendarStatus.DUE_SOON, f"Due {_day(due)}, in the period of the update (to {_day(last_day)})."
    ahead = f"Due {_day(due)}, {_days(left)} after the update ({_day(last_day)})."
    return (CalendarStatus.DUE_SOON if left <= SOON.days else CalendarStatus.NOT_DUE), ahead


def _promised_after(
    update: TextAnalysis, planned: TextAnalysis, due: date, last_day: date
) -> DateMention | None:
    """The latest date promised after both the due date and ``as_of``, if there is one."""
    promised = [mention for sentence in update.sentences for mention in promised_dates(sentence, update.text)]
    promised.extend(ahead_in_plan(planned))
    later = [mention for mention in promised if mention.earliest > max(due, last_day)]
    return max(later, key=lambda mention: (mention.latest, mention.text)) if later else None


def _day(day: date) -> str:
    return f"{day.day} {day:%B %Y}"


def _days(number: int) -> str:
    return f"{number} day" if number == 1 else f"{number} days"
