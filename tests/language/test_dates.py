"""Dates and periods: what they cover, what is not one, and how a missing year is found."""

from __future__ import annotations

import re
import time
from datetime import date

import pytest

from nlpkit.language.date_forms import DAY, MONTH, QUARTER, YEAR
from nlpkit.language.dates import date_spans, find_dates, parse_as_of, period_end

AS_OF = date(2021, 3, 31)


def _covered(text: str, **options: object) -> list[tuple[str, str, str]]:
    options.setdefault("as_of", AS_OF)
    return [(m.text, m.earliest.isoformat(), m.latest.isoformat()) for m in find_dates(text, **options)]  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("text", "mention", "earliest", "latest", "precision"),
    [
        ("by 1 June 2023, managers will", "1 June 2023", "2023-06-01", "2023-06-01", "day"),
        ("on 30 th November 2020.", "30 th November 2020", "2020-11-30", "2020-11-30", "day"),
        ("(16th January 2023)", "16th January 2023", "2023-01-16", "2023-01-16", "day"),
        ("opens the 1st April, 2021", "1st April, 2021", "2021-04-01", "2021-04-01", "day"),
        ("the 31st of March 2022", "31st of March 2022", "2022-03-31", "2022-03-31", "day"),
        ("due 01/07/2024", "01/07/2024", "2024-07-01", "2024-07-01", "day"),
        ("due 1/7/24", "1/7/24", "2024-07-01", "2024-07-01", "day"),
        ("due 01.07.24", "01.07.24", "2024-07-01", "2024-07-01", "day"),
        ("as of 2024-07-01", "2024-07-01", "2024-07-01", "2024-07-01", "day"),
        ("March 4th, 2024", "March 4th, 2024", "2024-03-04", "2024-03-04", "day"),
        ("March 4, 2024", "March 4, 2024", "2024-03-04", "2024-03-04", "day"),
        ("Dec 2024", "Dec 2024", "2024-12-01", "2024-12-31", "month"),
        ("Aug2024", "Aug2024", "2024-08-01", "2024-08-31", "month"),
        ("Feb 2024", "Feb 2024", "2024-02-01", "2024-02-29", "month"),
        ("Sept 24", "Sept 24", "2024-09-01", "2024-09-30", "month"),
        ("March '23", "March '23", "2023-03-01", "2023-03-31", "month"),
        ("April 2023/24", "April 2023/24", "2023-04-01", "2023-04-30", "month"),
        ("January 2023/24", "January 2023/24", "2024-01-01", "2024-01-31", "month"),
        ("end of April 2024", "end of April 2024", "2024-04-21", "2024-04-30", "month"),
        ("early 2021", "early 2021", "2021-01-01", "2021-05-01", "year"),
        ("mid-2023", "mid-2023", "2023-06-01", "2023-07-31", "year"),
        ("late 2023", "late 2023", "2023-09-02", "2023-12-31", "year"),
        ("June/July 2020", "June/July 2020", "2020-06-01", "2020-07-31", "range"),
        ("(in Nov/December 2020)", "Nov/December 2020", "2020-11-01", "2020-12-31", "range"),
        ("in May and June 2023", "May and June 2023", "2023-05-01", "2023-06-30", "range"),
        ("Oct-Mar 24", "Oct-Mar 24", "2023-10-01", "2024-03-31", "range"),
        ("Oct 23 - Mar 24", "Oct 23 - Mar 24", "2023-10-01", "2024-03-31", "range"),
        ("Mar-Sept 2024", "Mar-Sept 2024", "2024-03-01", "2024-09-30", "range"),
        ("Sept – Dec 2023", "Sept – Dec 2023", "2023-09-01", "2023-12-31", "range"),
        ("October 2023 to March 2024", "October 2023 to March 2024", "2023-10-01", "2024-03-31", "range"),
        ("4-6 June 2023", "4-6 June 2023", "2023-06-04", "2023-06-06", "range"),
        ("1 June to 3 July 2023", "1 June to 3 July 2023", "2023-06-01", "2023-07-03", "range"),
        ("Summer 2024", "Summer 2024", "2024-06-01", "2024-08-31", "season"),
        ("winter 2023/24", "winter 2023/24", "2023-12-01", "2024-02-29", "season"),
        ("spring/summer 2024", "spring/summer 2024", "2024-03-01", "2024-08-31", "season"),
        ("Q2 2024/25", "Q2 2024/25", "2024-07-01", "2024-09-30", "quarter"),
        ("2024/25 Q4", "2024/25 Q4", "2025-01-01", "2025-03-31", "quarter"),
        ("Quarter 4 (2023/24)", "Quarter 4 (2023/24)", "2024-01-01", "2024-03-31", "quarter"),
        ("2nd quarter 2024", "2nd quarter 2024", "2024-07-01", "2024-09-30", "quarter"),
        ("Q1-Q2 2024/25", "Q1-Q2 2024/25", "2024-04-01", "2024-09-30", "range"),
        ("H2 2024/25", "H2 2024/25", "2024-10-01", "2025-03-31", "half"),
        ("first half of 2024", "first half of 2024", "2024-01-01", "2024-06-30", "half"),
        ("during 2023/24", "2023/24", "2023-04-01", "2024-03-31", "financial_year"),
        ("in 2022-23", "2022-23", "2022-04-01", "2023-03-31", "financial_year"),
        ("in 23/24", "23/24", "2023-04-01", "2024-03-31", "financial_year"),
        ("2017 -18 - There were", "2017 -18", "2017-04-01", "2018-03-31", "financial_year"),
        ("FY25", "FY25", "2024-04-01", "2025-03-31", "financial_year"),
        ("the 2019 – 2021 plan", "2019 – 2021", "2019-01-01", "2021-12-31", "range"),
        ("since 2020", "2020", "2020-01-01", "2020-12-31", "year"),
        ("due 31-Mar-25 at latest", "31-Mar-25", "2025-03-31", "2025-03-31", "day"),
        ("31/Mar/25", "31/Mar/25", "2025-03-31", "2025-03-31", "day"),
        ("1-Apr-2025", "1-Apr-2025", "2025-04-01", "2025-04-01", "day"),
        ("31 March 25 the panel met", "31 March 25", "2025-03-31", "2025-03-31", "day"),
        ("Jan 31 2025", "Jan 31 2025", "2025-01-31", "2025-01-31", "day"),
        ("30.6.24", "30.6.24", "2024-06-30", "2024-06-30", "day"),
        ("3.6.24", "3.6.24", "2024-06-03", "2024-06-03", "day"),
        ("closed on 3.6.24 by the lead", "3.6.24", "2024-06-03", "2024-06-03", "day"),
        ("Sept-25", "Sept-25", "2025-09-01", "2025-09-30", "month"),
        ("Dec-24 review", "Dec-24", "2024-12-01", "2024-12-31", "month"),
        ("Mar-2025", "Mar-2025", "2025-03-01", "2025-03-31", "month"),
        ("Apr-25 to Jun-25", "Apr-25 to Jun-25", "2025-04-01", "2025-06-30", "range"),
        ("1 May-15 June 2025", "1 May-15 June 2025", "2025-05-01", "2025-06-15", "range"),
        ("by 03/2025", "03/2025", "2025-03-01", "2025-03-31", "month"),
        ("end of 03/2025", "end of 03/2025", "2025-03-22", "2025-03-31", "month"),
        ("end March 25", "end March 25", "2025-03-22", "2025-03-31", "month"),
        ("Summer 25", "Summer 25", "2025-06-01", "2025-08-31", "season"),
        ("Winter 24-25", "Winter 24-25", "2024-12-01", "2025-02-28", "season"),
        ("Q1-25", "Q1-25", "2025-04-01", "2025-06-30", "quarter"),
        ("Q1 25", "Q1 25", "2025-04-01", "2025-06-30", "quarter"),
        ("by Christmas 2024", "Christmas 2024", "2024-12-25", "2024-12-25", "day"),
        ("in the new year 2026", "new year 2026", "2026-01-01", "2026-03-31", "season"),
        ("by Easter 2025", "Easter 2025", "2025-04-20", "2025-04-20", "day"),
        ("Easter '24", "Easter '24", "2024-03-31", "2024-03-31", "day"),
        ("Mid-2025", "Mid-2025", "2025-06-01", "2025-07-31", "year"),
        ("w/c 3 June 2024", "3 June 2024", "2024-06-03", "2024-06-09", "range"),
        ("week ending 09/06/2024", "09/06/2024", "2024-06-03", "2024-06-09", "range"),
        ("the 2020 staff survey", "2020", "2020-01-01", "2020-12-31", "year"),
    ],
)
def test_one_date(text: str, mention: str, earliest: str, latest: str, precision: str) -> None:
    (found,) = find_dates(text, as_of=AS_OF)
    assert (found.text, found.earliest.isoformat(), found.latest.isoformat()) == (mention, earliest, latest)
    assert found.precision == precision
    assert not found.inferred_year
    assert text[found.start : found.end] == found.text


@pytest.mark.parametrize(
    ("text", "earliest", "latest"),
    [
        ("It now runs in November/December.", "2020-11-01", "2020-12-31"),
        ("during the autumn period", "2020-09-01", "2020-11-30"),
        ("early in the new year", "2021-01-01", "2021-03-31"),
        ("published in quarter 2", "2021-07-01", "2021-09-30"),
        ("for launch in May.", "2021-05-01", "2021-05-31"),
        ("on 17 May", "2021-05-17", "2021-05-17"),
        ("by Christmas", "2020-12-25", "2020-12-25"),
        ("by Easter", "2021-04-04", "2021-04-04"),
        ("on 24-Jun", "2021-06-24", "2021-06-24"),
        ("in May 24 staff moved", "2021-05-01", "2021-05-31"),
        ("in summer 25 staff went", "2021-06-01", "2021-08-31"),
        ("last November", "2020-11-01", "2020-11-30"),
        ("next March", "2022-03-01", "2022-03-31"),
        ("by next month", "2021-04-01", "2021-04-30"),
        ("next year", "2022-01-01", "2022-12-31"),
        ("this year", "2021-01-01", "2021-12-31"),
        ("over the next year", "2021-03-31", "2022-03-31"),
        ("this financial year", "2020-04-01", "2021-03-31"),
        ("by the end of the financial year", "2020-12-01", "2021-03-31"),
        ("next quarter", "2021-04-01", "2021-06-30"),
    ],
)
def test_without_a_year_as_of_decides(text: str, earliest: str, latest: str) -> None:
    (found,) = find_dates(text, as_of=AS_OF)
    assert (found.earliest.isoformat(), found.latest.isoformat()) == (earliest, latest)
    assert found.inferred_year
    assert find_dates(text) == [], "nothing to resolve against"
    assert len(date_spans(text)) == 1, "but a date is named all the same"


def test_direction_of_resolving() -> None:
    assert _covered("in April", resolve="next") == [("April", "2021-04-01", "2021-04-30")]
    assert _covered("in April", resolve="last") == [("April", "2020-04-01", "2020-04-30")]
    assert _covered("in March", resolve="next") == [("March", "2021-03-01", "2021-03-31")], "not over yet"
    assert _covered("in October", resolve="nearest") == [("October", "2020-10-01", "2020-10-31")]
    assert _covered("on 29 February", as_of=date(2024, 1, 10)) == [
        ("29 February", "2024-02-29", "2024-02-29")
    ]


@pytest.mark.parametrize(
    ("text", "dates"),
    [
        ("in March 2023, June 2024", ["March 2023", "June 2024"]),
        ("in April 2023 and June 2024", ["April 2023", "June 2024"]),
        ("2 March 2024 and 5 April 2024", ["2 March 2024", "5 April 2024"]),
        ("from 47% in 2018 to 81% in 2020", ["2018", "2020"]),
        ("Spring 2025 (Q1 2025/26)", ["Spring 2025", "Q1 2025/26"]),
    ],
)
def test_several(text: str, dates: list[str]) -> None:
    assert [m.text for m in find_dates(text, as_of=AS_OF)] == dates


@pytest.mark.parametrize(
    "text",
    [
        "you may be asked",
        "This may provide a way",
        "May be revised",
        "the march of time",
        "to march on",
        "360-degree feedback",
        "2 of 9 stations",
        "17.83% are women",
        "call 0151 296 2022",
        "dial 999",
        "the Fire Safety Act 2021",
        "section 4.2.24 applies",
        "see 4.2.24 above",
        "paragraph 30.6.24",
        "version v12.6.24",
        "circular 3/2025",
        "3/2025/1",
        "within 3-6 months",
        "31/06/2024",
        "available 24/7",
        "an annual target of 2000 visits",
        "1521 inspections",
        "£2020 was spent",
        "ISO 45001:2018",
        "a spring in the step",
        "SI 0069",
        "",
    ],
)
def test_not_a_date(text: str) -> None:
    assert _covered(text) == []


@pytest.mark.parametrize(
    ("text", "day"),
    [
        ("2020-11", date(2020, 11, 30)),
        ("31 March 2021", date(2021, 3, 31)),
        ("2024-02-29", date(2024, 2, 29)),
        ("2024", date(2024, 12, 31)),
        ("2023-24", date(2024, 3, 31)),
        (" Feb 2021 ", date(2021, 2, 28)),
        ("2024-13-01", None),
        ("2023-02-30", None),
        ("soon", None),
        ("March 2021 or May 2022", None),
        ("", None),
    ],
)
def test_parse_as_of(text: str, day: date | None) -> None:
    assert parse_as_of(text) == day


@pytest.mark.parametrize(
    ("label", "day"),
    [
        ("Oct-Mar 24", date(2024, 3, 31)),
        ("Update November 2020", date(2020, 11, 30)),
        ("Q3 2023/24", date(2023, 12, 31)),
        ("Progress as at 4 May 2023", date(2023, 5, 4)),
        ("Feb 2021", date(2021, 2, 28)),
        ("Oct 23 to Mar 24 (v2 of 3 April 2024)", date(2024, 4, 3)),
        ("Six-monthly updates", None),
        ("Progress", None),
    ],
)
def test_period_end(label: str, day: date | None) -> None:
    assert period_end(label) == day


@pytest.mark.parametrize(
    ("source", "whole", "not_whole"),
    [
        (MONTH, ["March", "sept", "Dec."], ["Marching", "Sep t"]),
        (YEAR, ["2024", "2024/25", "24/25", "'24", "24"], ["20245", "1", "24%"]),
        (DAY, ["1", "09", "31st", "2 nd"], ["32", "0"]),
        (QUARTER, ["Q2", "quarter 3", "Second quarter", "1st qtr"], ["Q5", "quarter"]),
    ],
)
def test_pieces_of_patterns(source: str, whole: list[str], not_whole: list[str]) -> None:
    pattern = re.compile(source, re.IGNORECASE)
    assert pattern.groups == 0, "they can stand in any expression"
    assert [text for text in whole if not pattern.fullmatch(text)] == []
    assert [text for text in not_whole if pattern.fullmatch(text)] == []


@pytest.mark.parametrize(
    "piece", ["May ", "1 ", "Jan to ", "1/", "1 May 2024, ", "Q1-", "Easter ", "(", "30.6."]
)
def test_long_texts_are_scanned_in_time(piece: str) -> None:
    text = piece * (60_000 // len(piece))
    started = time.process_time()
    find_dates(text, as_of=AS_OF)
    period_end(text)
    assert time.process_time() - started < 8
