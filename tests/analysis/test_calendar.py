from __future__ import annotations

import random
from datetime import date, timedelta
from typing import Any

import pandas as pd
import pytest

from nlpkit import features
from nlpkit.analysis import calendar
from nlpkit.analysis.calendar import SOON, CalendarStatus
from nlpkit.schema import conform


def _judge(*rows: dict[str, Any]) -> pd.DataFrame:
    table = conform(pd.DataFrame([{"update": "Hoses were tested.", **row} for row in rows]))
    return calendar.judge(table, features.compute(table))


def _one(**row: str) -> tuple[str, str]:
    judged = _judge(row).iloc[0]
    return judged["calendar_status"], judged["calendar_why"]


def test_without_a_date_on_either_side_the_calendar_says_nothing() -> None:
    assert _one(as_of="2024-06") == ("", "")
    assert _one(due_date="2024-06-30") == ("", "")
    assert _one(due="Immediately", as_of="2024-06") == ("", "")


@pytest.mark.parametrize(
    ("due", "as_of", "status"),
    [
        ("2024-05-31", "2024-06", CalendarStatus.OVERDUE),
        ("2024-06-01", "2024-06", CalendarStatus.DUE_SOON),
        ("2024-06-30", "2024-06", CalendarStatus.DUE_SOON),
        ("2024-08-29", "2024-06", CalendarStatus.DUE_SOON),
        ("2024-08-30", "2024-06", CalendarStatus.NOT_DUE),
        ("2024-06-14", "2024-06-15", CalendarStatus.OVERDUE),
        ("2024-06-15", "2024-06-15", CalendarStatus.DUE_SOON),
        ("2026-01-01", "2024-06-15", CalendarStatus.NOT_DUE),
    ],
)
def test_where_as_of_stands_against_the_due_date(due: str, as_of: str, status: CalendarStatus) -> None:
    assert _one(due_date=due, as_of=as_of)[0] == status


def test_planted_days() -> None:
    rng = random.Random(9)
    rows, truth = [], []
    for _ in range(200):
        today = date(2022, 1, 1) + timedelta(days=rng.randrange(1500))
        ahead = timedelta(days=rng.randrange(-400, 400))
        rows.append({"as_of": today.isoformat(), "due_date": (today + ahead).isoformat()})
        truth.append("overdue" if ahead.days < 0 else "due_soon" if ahead <= SOON else "not_due")
    assert _judge(*rows)["calendar_status"].tolist() == truth


def test_the_reason_is_one_sentence_with_the_dates() -> None:
    _, why = _one(due_date="2024-05-31", as_of="2024-06-10")
    assert why == "Due 31 May 2024, 10 days before the update (10 June 2024)."
    _, why = _one(due_date="2024-06-11", as_of="2024-06-10")
    assert why == "Due 11 June 2024, 1 day after the update (10 June 2024)."
    _, why = _one(due_date="2024-06-11", as_of="2024-06")
    assert why == "Due 11 June 2024, in the period of the update (to 30 June 2024)."


def test_a_promise_for_after_the_due_date() -> None:
    late = {"as_of": "2024-06", "due_date": "2024-09-30"}
    status, why = _one(update="The bay will be opened in March 2025.", **late)
    assert status == CalendarStatus.PROMISED_LATE
    assert "30 September 2024" in why and "March 2025" in why
    planned = "Repaint the bay (by 31 July 2024). Fit the doors by 1 December 2024."
    assert _one(planned_action=planned, **late)[0] == CalendarStatus.PROMISED_LATE
    moved = "The doors, originally due in May 2024, will now be fitted in October 2024."
    assert _one(update=moved, **late)[0] == CalendarStatus.PROMISED_LATE


@pytest.mark.parametrize(
    "text",
    [
        "The bay will be opened in July 2024.",
        "The bay will be opened in September 2024.",
        "The bay was opened in March 2024.",
        "The Estates Plan 2025/26 will name the bay.",
    ],
)
def test_other_dates_promise_nothing_late(text: str) -> None:
    assert _one(update=text, as_of="2024-06", due_date="2024-09-30")[0] == CalendarStatus.NOT_DUE


def test_overdue_with_a_new_date_stays_overdue_and_tells_of_it() -> None:
    status, why = _one(update="Doors will be fitted in May 2025.", as_of="2024-06", due_date="2024-01-31")
    assert status == CalendarStatus.OVERDUE
    assert why.startswith("Due 31 January 2024, 122 days before") and "May 2025" in why


def test_the_index_of_the_table_is_kept() -> None:
    table = conform(pd.DataFrame([{"update": "a"}, {"update": "b"}]))
    table.index = pd.Index([5, 6])
    judged = calendar.judge(table, features.compute(table))
    assert judged.index.tolist() == [5, 6]
    assert judged.columns.tolist() == ["calendar_status", "calendar_why"]
