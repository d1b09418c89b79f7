"""Dates and periods named in a text, resolved to the days that they cover.

British reading throughout: days come before months, a year written "2023/24" is the financial
year from April to March, and so is the year of a quarter ("Q2 2024/25" is July to September).
A quarter of a single year ("Q2 2024") is read as that of the financial year that starts in it:
both readings are in use, and the later one does not call a promise overdue too early.
"""

from __future__ import annotations

import re
from calendar import monthrange
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from datetime import date, timedelta
from functools import lru_cache
from itertools import pairwise
from typing import Literal

from nlpkit.language.annotations import DateMention

__all__ = [
    "DAY",
    "MONTH",
    "QUARTER",
    "YEAR",
    "Resolve",
    "date_spans",
    "find_dates",
    "parse_as_of",
    "period_end",
]

Resolve = Literal["nearest", "next", "last"]
"""Which occurrence a month without a year means, seen from ``as_of``."""

_MONTHS = (
    "january",
    "february",
    "march",
    "april",
    "may",
    "june",
    "july",
    "august",
    "september",
    "october",
    "november",
    "december",
)
_MONTH = (
    r"(?:Jan(?:uary)?|Feb(?:ruary)?|Mar(?:ch)?|Apr(?:il)?|May|June?|July?|Aug(?:ust)?"
    r"|Sept?(?:ember)?|Oct(?:ober)?|Nov(?:ember)?|Dec(?:ember)?)(?![a-z])\.?"
)
_YEAR = r"(?:19|20)\d\d"
_SPLIT_YEAR = rf"{_YEAR}\s?[/–-]\s?(?:{_YEAR}|\d\d)|\d\d/\d\d"
_NOT_COUNTED = (
    r"(?!\s+(?:[a-z]+\s+)?(?:(?!was\b|is\b|has\b|this\b|as\b|its\b|us\b|less\b)[a-z]{2,}s"
    r"|staff|people|personnel|women|men|children)\b)"
)
_TWO_DIGITS = rf"(?:1[5-9]|2\d|3[0-5])(?-i:{_NOT_COUNTED})"
_SHORT_YEAR = rf"(?:['’]\d\d|{_TWO_DIGITS})"
_NO_MORE = r"(?![\d%]|[.,:]\d|\s?(?:st|nd|rd|th)\b)"
_ANY_YEAR = rf"(?:{_SPLIT_YEAR}|{_YEAR}|{_SHORT_YEAR}){_NO_MORE}"
# a year joined on by a mark ("Sept-25") is one whatever its digits, unless it is a day ("1 May-25 June")
_JOINED_YEAR = rf"(?:{_YEAR}|['’]?\d\d)(?![\d%]|[.,:/–-]\d|\s?(?:st|nd|rd|th)\b|\s?{_MONTH})"
_YEAR_ON = rf"(?:,?\s*\(?{_ANY_YEAR}\)?|[-–/]{_JOINED_YEAR})"
_DAY = r"(?:0?[1-9]|[12]\d|3[01])(?:\s?(?:st|nd|rd|th)\b)?"
MONTH = _MONTH
"""A month, in full or short; source for an expression that ignores case, like the three below."""
DAY = _DAY
"""A day of a month, with or without its ordinal ending."""
YEAR = rf"(?:{_YEAR}(?:\s?[/–-]\s?(?:{_YEAR}|\d\d))?|['’]?\d\d(?:/\d\d)?)(?!\d)"
"""A year as labels write it: "2024", "2024/25", "24/25", "'24", "24"."""
_RANGE = r"(?:\s*[-–—/]\s*|\s+(?:to|until|through)\s+)"
_LIST = r"(?:\s*[-–—/&,]\s*|,?\s+(?:to|and|until|or|through)\s+)"
_WHEN = (
    r"(?:\b(?P<{0}>early(?:\s+in)?|mid(?:dle\s+of)?|late(?:\s+in)?|end(?:\s+of)?|(?:start|beginning)\s+of)"
    r"(?:\s+the)?[\s-]+)"
)
_SEASON = r"(?:spring|summer|autumn|winter)"
_QUARTER = (
    r"(?:Q(?:uarter|tr)?\s?(?P<{0}_n>[1-4])\b|(?P<{0}_w>1st|2nd|3rd|4th|first|second|third|fourth|final)"
    r"\s+(?:quarter|qtr)\b)"
)
QUARTER = _QUARTER.replace("?P<{0}_n>", "?:").replace("?P<{0}_w>", "?:")
"""A quarter without its year: "Q2", "Quarter 3", "second quarter"."""


@dataclass(frozen=True, slots=True)
class _Period:
    """Days covered; without ``anchored`` the year is still to be found."""

    earliest: date
    latest: date
    precision: str
    anchored: bool = True
    direction: Literal["next", "last"] | None = None
    inferred: bool = False
    movable: bool = False  # a feast: its day is another one in every year


_Maker = Callable[[re.Match[str], date | None], "_Period | None"]


_MONTH_NUMBERS = {name[:3]: number for number, name in enumerate(_MONTHS, start=1)}


def _month_number(word: str) -> int:
    return _MONTH_NUMBERS[word[:3].lower()]


def _last_day(year: int, month: int) -> date:
    return date(year, month, monthrange(year, month)[1])


def _add_months(year: int, month: int, months: int) -> tuple[int, int]:
    index = year * 12 + month - 1 + months
    return index // 12, index % 12 + 1


def _day(year: int, month: int, day: int) -> date | None:
    try:
        return date(year, month, day)
    except ValueError:
        return None


def _century(two_digits: int) -> int:
    return 2000 + two_digits if two_digits < 70 else 1900 + two_digits


def _read_year(text: str) -> tuple[int, bool] | None:
    """(year, is it a financial year), the year in which it starts."""
    text = text.strip(" '’()")
    parts = re.split(r"\s?[/–-]\s?", text)
    first = int(parts[0]) if len(parts[0]) == 4 else _century(int(parts[0]))
    if len(parts) == 1:
        return first, False
    last = int(parts[1]) if len(parts[1]) == 4 else first // 100 * 100 + int(parts[1])
    return (first, True) if last - first == 1 else None


def _month_year(month: int, year: tuple[int, bool]) -> int:
    first, financial = year
    return first + 1 if financial and month < 4 else first


def _part(earliest: date, latest: date, when: str | None) -> tuple[date, date]:
    """The early, middle or late third of a period (the last quarter-year of a year's end)."""
    if not when:
        return earliest, latest
    word = when.lower()
    days = (latest - earliest).days + 1
    third = days // 3
    if "end" in word or "late" in word:
        return latest - timedelta(days=max(third - 1, 0)), latest
    if "mid" in word and 360 <= days <= 370:
        # "mid-2025" is said of June and July
        return date(*_add_months(earliest.year, earliest.month, 5), 1), _last_day(
            *_add_months(earliest.year, earliest.month, 6)
        )
    if "mid" in word:
        return earliest + timedelta(days=third), latest - timedelta(days=third)
    return earliest, earliest + timedelta(days=max(third - 1, 0))


# --- one maker a form ---------------------------------------------------------------------------


def _iso_day(m: re.Match[str], as_of: date | None) -> _Period | None:
    found = _day(int(m["iso_y"]), int(m["iso_m"]), int(m["iso_d"]))
    return _Period(found, found, "day") if found else None


def _numeric_day(m: re.Match[str], as_of: date | None) -> _Period | None:
    year = m["num_y"]
    found = _day(int(year) if len(year) == 4 else _century(int(year)), int(m["num_m"]), int(m["num_d"]))
    return _Period(found, found, "day") if found else None


def _iso_month(m: re.Match[str], as_of: date | None) -> _Period | None:
    year, month = int(m["im_y"]), int(m["im_m"])
    if (year + 1) % 100 == month:
        return None  # "2011-12" is a financial year
    return _Period(date(year, month, 1), _last_day(year, month), "month")


def _numeric_month(m: re.Match[str], as_of: date | None) -> _Period | None:
    year, month = int(m["my_y"]), int(m["my_m"])
    return _Period(*_part(date(year, month, 1), _last_day(year, month), m["my_when"]), "month")


def _number(day: str) -> int:
    return int(re.match(r"\d+", day)[0])  # type: ignore[index]


def _given_year(text: str | None) -> tuple[int, bool] | None:
    return _read_year(text) if text else None


def _day_month(m: re.Match[str], as_of: date | None) -> _Period | None:
    month, month2 = m["dm_month"], m["dm_month2"]
    last_month = month2 or month
    given = m["dm_year"] or m["dm_year_j"]
    year = _given_year(m["dm_year2"] or given)
    if (m["dm_year2"] or given) and year is None:
        return None
    start_day, start_month = _number(m["dm_day"]), _month_number(month)
    end_day = _number(m["dm_day3"] or m["dm_day2"] or m["dm_day"])
    end_month = _month_number(last_month)
    base = year[0] if year and not year[1] else None
    if year and year[1]:
        base = _month_year(end_month, year)
    anchored = base is not None
    if base is None:
        base = as_of.year if as_of else 2000  # 2000 has a 29 February
    latest = _day(base, end_month, end_day)
    first_base = base
    if month2 and given and m["dm_year2"]:
        first = _read_year(given)
        first_base = first[0] if first else base
    elif start_month > end_month:
        first_base = base - 1
    earliest = _day(first_base, start_month, start_day)
    if not earliest or not latest or earliest > latest:
        return None
    precision = "day" if earliest == latest else "range"
    return _Period(earliest, latest, precision, anchored)


def _month_day(m: re.Match[str], as_of: date | None) -> _Period | None:
    month, day = _month_number(m["md_month"]), int(m["md_day"])
    year = int(m["md_year"]) if m["md_year"] else None
    found = _day(year or (as_of.year if as_of else 2000), month, day)
    return _Period(found, found, "day", anchored=year is not None) if found else None


_MONTH_ITEM = re.compile(
    rf"(?P<month>{_MONTH})(?:,?\s*\(?(?P<year>{_ANY_YEAR})\)?|[-–/](?P<joined>{_JOINED_YEAR}))?",
    re.IGNORECASE,
)


def _months(m: re.Match[str], as_of: date | None) -> _Period | None:
    items = list(_MONTH_ITEM.finditer(m["mon_list"]))
    months = [_month_number(item["month"]) for item in items]
    written = [item["year"] or item["joined"] for item in items]
    years = [_given_year(text) for text in written]
    if any(text and not year for text, year in zip(written, years, strict=True)):
        return None
    last = years[-1]
    anchored = last is not None or years[0] is not None
    if last is not None:
        end_year = _month_year(months[-1], last)
    elif years[0] is not None:
        end_year = _month_year(months[0], years[0]) + (months[-1] < months[0])
    else:
        end_year = as_of.year if as_of else 2000
    if years[0] is not None:
        start_year = _month_year(months[0], years[0])
    else:
        start_year = end_year
        for left, right in pairwise(months):
            start_year -= left > right
    earliest, latest = date(start_year, months[0], 1), _last_day(end_year, months[-1])
    if earliest > latest:
        return None
    earliest, latest = _part(earliest, latest, m["mon_when"])
    direction: Literal["next", "last"] | None = None
    if m["mon_dir"] and not anchored:
        word = m["mon_dir"].lower()
        direction = "last" if word in {"last", "previous"} else "next" if word in {"next", "coming"} else None
    return _Period(earliest, latest, "month" if len(items) == 1 else "range", anchored, direction)


_ORDINAL = {
    "1st": 1,
    "first": 1,
    "2nd": 2,
    "second": 2,
    "3rd": 3,
    "third": 3,
    "4th": 4,
    "fourth": 4,
    "final": 4,
}


def _financial_quarter(start_year: int, quarter: int) -> tuple[date, date]:
    year, month = _add_months(start_year, 4, 3 * (quarter - 1))
    end_year, end_month = _add_months(year, month, 2)
    return date(year, month, 1), _last_day(end_year, end_month)


def _quarter(m: re.Match[str], as_of: date | None) -> _Period | None:
    number = int(m["q_n"]) if m["q_n"] else _ORDINAL[m["q_w"].lower()]
    number2 = int(m["q_n2"]) if m["q_n2"] else number
    text = m["q_year"] or m["q_year_j"] or m["q_year0"]
    year = _given_year(text)
    if text and year is None:
        return None
    start = year[0] if year else (as_of.year if as_of else 2000)
    earliest, latest = _financial_quarter(start, number)[0], _financial_quarter(start, number2)[1]
    if earliest > latest:
        return None
    earliest, latest = _part(earliest, latest, m["q_when"])
    return _Period(earliest, latest, "quarter" if number == number2 else "range", year is not None)


def _half(m: re.Match[str], as_of: date | None) -> _Period | None:
    number = int(m["h_n"]) if m["h_n"] else _ORDINAL[m["h_w"].lower()]
    year = _read_year(m["h_year"])
    if year is None:
        return None
    start_month = (4 if year[1] or m["h_n"] else 1) + 6 * (number - 1)
    first_year, first_month = _add_months(year[0], start_month, 0)
    last_year, last_month = _add_months(first_year, first_month, 5)
    return _Period(date(first_year, first_month, 1), _last_day(last_year, last_month), "half")


_SEASON_START = {"spring": 3, "summer": 6, "autumn": 9, "winter": 12}


def _seasons(m: re.Match[str], as_of: date | None) -> _Period | None:
    first, last = m["sea_1"].lower(), (m["sea_2"] or m["sea_1"]).lower()
    year: int | None = None
    if m["sea_year"]:
        text = m["sea_year"].strip(" '’(")
        if "/" in text or "-" in text or "–" in text:
            read = _read_year(text)
            if read is None:
                return None
            year = read[0] if last == "winter" or _SEASON_START[last] >= 4 else read[0] + 1
        else:
            year = int(text) if len(text) == 4 else _century(int(text))
    start = year if year is not None else (as_of.year if as_of else 2000)
    if first == "winter" and last != "winter" and year is not None:
        start -= 1
    earliest = date(start, _SEASON_START[first], 1)
    last_year = start + (1 if _SEASON_START[last] < _SEASON_START[first] else 0)
    end_year, end_month = _add_months(last_year, _SEASON_START[last], 2)
    earliest, latest = _part(earliest, _last_day(end_year, end_month), m["sea_when"])
    direction: Literal["next", "last"] | None = None
    if m["sea_dir"] and year is None:
        word = m["sea_dir"].lower()
        direction = "last" if word == "last" else "next" if word in {"next", "coming"} else None
    return _Period(earliest, latest, "season", year is not None, direction)


def _financial(start: int) -> tuple[date, date]:
    return date(start, 4, 1), date(start + 1, 3, 31)


def _financial_year(m: re.Match[str], as_of: date | None) -> _Period | None:
    text = m["fy_year"] or m["fy_split"]
    if m["fy_year"] and not re.search(r"[/–-]", text):
        number = int(text)
        earliest, latest = _financial((number if number > 99 else _century(number)) - 1)
    else:
        parts = re.split(r"\s?[/–-]\s?", text)
        first = int(parts[0]) if len(parts[0]) == 4 else _century(int(parts[0]))
        last = int(parts[1]) if len(parts[1]) == 4 else first // 100 * 100 + int(parts[1])
        if not 0 < last - first <= 15 or (
            len(parts[0]) == 2 and (last - first != 1 or not 2010 <= first <= 2045)
        ):
            return None
        if last - first > 1:
            span = (date(first, 1, 1), date(last, 12, 31))
            if len(parts[1]) == 2:
                span = (date(first, 4, 1), date(last, 3, 31))
            return _Period(*_part(*span, m["fy_when"] or m["fs_when"]), "range")
        earliest, latest = _financial(first)
    earliest, latest = _part(earliest, latest, m["fy_when"] or m["fs_when"])
    return _Period(earliest, latest, "financial_year")


def _year(m: re.Match[str], as_of: date | None) -> _Period | None:
    year = int(m["y_year"])
    earliest, latest = _part(date(year, 1, 1), date(year, 12, 31), m["y_when"])
    return _Period(earliest, latest, "year")


def _relative(m: re.Match[str], as_of: date | None) -> _Period | None:
    if as_of is None:
        return None
    step = {"next": 1, "coming": 1, "last": -1, "previous": -1}.get((m["rel_dir"] or "").lower(), 0)
    unit = " ".join((m["rel_unit"] or m["rel_own"]).lower().split())
    if unit == "month":
        year, month = _add_months(as_of.year, as_of.month, step)
        span = (date(year, month, 1), _last_day(year, month))
    elif unit == "quarter":
        first = (as_of.month - 1) // 3 * 3 + 1
        year, month = _add_months(as_of.year, first, 3 * step)
        span = (date(year, month, 1), _last_day(*_add_months(year, month, 2)))
    elif unit == "year" and step and re.match(r"the\s", m[0], re.IGNORECASE) and not m["rel_when"]:
        # "over the next year": the twelve months from here
        span = (as_of, _shift(as_of, 1)) if step > 0 else (_shift(as_of, -1), as_of)
    elif unit in {"year", "calendar year"}:
        span = (date(as_of.year + step, 1, 1), date(as_of.year + step, 12, 31))
    else:
        start = as_of.year - (as_of.month < 4) + step
        span = _financial(start)
    precision = {"calendar year": "year", "fiscal year": "financial_year"}.get(unit, unit.replace(" ", "_"))
    return _Period(*_part(*span, m["rel_when"]), precision, inferred=True)


def _new_year(m: re.Match[str], as_of: date | None) -> _Period | None:
    given = _given_year(m["ny_year"])
    year = given[0] if given else as_of.year if as_of else 2000
    return _Period(date(year, 1, 1), date(year, 3, 31), "season", anchored=given is not None)


def _christmas(m: re.Match[str], as_of: date | None) -> _Period | None:
    given = _given_year(m["xm_year"])
    found = date(given[0] if given else as_of.year if as_of else 2000, 12, 25)
    return _Period(found, found, "day", anchored=given is not None)


def _easter_sunday(year: int) -> date:
    """Western Easter, by the anonymous Gregorian algorithm (Nature, 20 April 1876)."""
    a, (b, c) = year % 19, divmod(year, 100)
    d, e = divmod(b, 4)
    g = (b - (b + 8) // 25 + 1) // 3
    h = (19 * a + b - d - g + 15) % 30
    i, k = divmod(c, 4)
    n = (32 + 2 * e + 2 * i - h - k) % 7
    m = (a + 11 * h + 22 * n) // 451
    month, day = divmod(h + n - 7 * m + 114, 31)
    return date(year, month, day + 1)


def _easter(m: re.Match[str], as_of: date | None) -> _Period | None:
    given = _given_year(m["ea_year"])
    found = _easter_sunday(given[0] if given else as_of.year if as_of else 2000)
    return _Period(found, found, "day", anchored=given is not None, movable=True)


_FORMS: tuple[tuple[str, str, _Maker], ...] = (
    (
        "iso",
        rf"(?<![\d/.-])(?P<iso_y>{_YEAR})[-/](?P<iso_m>0[1-9]|1[0-2])[-/](?P<iso_d>0[1-9]|[12]\d|3[01])(?!\d)",
        _iso_day,
    ),
    (
        "num",
        rf"(?<![\d/.-])(?P<num_d>\d{{1,2}})(?P<num_s>[/.-])(?P<num_m>\d{{1,2}})(?P=num_s)(?P<num_y>{_YEAR}|\d\d)(?![\d/])",
        _numeric_day,
    ),
    (
        "my",
        rf"{_WHEN.format('my_when')}?(?<![\d/.,£$-])\b(?P<my_m>0?[1-9]|1[0-2])[/-](?P<my_y>{_YEAR})(?![\d/%-]|[.,:]\d)",
        _numeric_month,
    ),
    ("im", rf"(?<![\d/.-])(?P<im_y>{_YEAR})-(?P<im_m>0[1-9]|1[0-2])(?![\d/-])", _iso_month),
    (
        "dm",
        rf"(?<![\d/.,£$-])(?P<dm_day>{_DAY})(?:(?:\s*[-–—/&]\s*|,?\s+(?:to|and|until|or)\s+)(?P<dm_day2>{_DAY}))?"
        rf"(?:\s*(?:of\s+)?|[-–/.])(?P<dm_month>{_MONTH})"
        rf"(?:,?\s*(?P<dm_year>{_YEAR}(?![\d%])|['’]\d\d\b|{_TWO_DIGITS}{_NO_MORE}|\d\d(?!\d|\s?%|\s+[a-z]|[.:]\d))"
        rf"|[-–/.](?P<dm_year_j>{_JOINED_YEAR}))?"
        rf"(?:(?:\s*[-–—]\s*|\s+(?:to|until)\s+|(?(dm_year)(?!)|(?(dm_year_j)(?!)|(?:\s*&\s*|,?\s+and\s+))))(?P<dm_day3>{_DAY})\s*(?P<dm_month2>{_MONTH})"
        rf"(?:,?\s*(?P<dm_year2>{_YEAR})(?![\d%]))?)?",
        _day_month,
    ),
    (
        "md",
        rf"\b(?P<md_month>{_MONTH})\s+(?P<md_day>0?[1-9]|[12]\d|3[01])"
        rf"(?:\s?(?:st|nd|rd|th)\b,?|(?=,?\s+{_YEAR}\b),?)(?:\s+(?P<md_year>{_YEAR})\b)?",
        _month_day,
    ),
    (
        "mon",
        rf"{_WHEN.format('mon_when')}?(?:\b(?P<mon_dir>last|next|this|coming|previous)\s+)?\b"
        rf"(?P<mon_list>{_MONTH}(?:{_LIST}{_MONTH})*(?:{_YEAR_ON}(?:{_RANGE}{_MONTH}{_YEAR_ON}?)?)?)",
        _months,
    ),
    (
        "q",
        rf"{_WHEN.format('q_when')}?(?:\b(?P<q_year0>{_SPLIT_YEAR})\s+)?\b{_QUARTER.format('q')}"
        rf"(?:\s*[-–/&]\s*Q(?:uarter)?\s?(?P<q_n2>[1-4])\b)?"
        rf"(?:,?\s*(?:of\s+|in\s+)?\(?(?P<q_year>(?:{_SPLIT_YEAR}|{_YEAR})(?!\d)|{_SHORT_YEAR}{_NO_MORE})\)?"
        rf"|[-–/](?P<q_year_j>{_JOINED_YEAR}))?",
        _quarter,
    ),
    (
        "h",
        rf"\b(?:H(?P<h_n>[12])|(?P<h_w>1st|2nd|first|second)\s+half)\s*(?:of\s+)?\(?(?P<h_year>{_SPLIT_YEAR}|{_YEAR})(?!\d)\)?",
        _half,
    ),
    (
        "sea",
        rf"{_WHEN.format('sea_when')}?\b(?:(?P<sea_prep>(?:in|by|during|from|until|of|since|for|over|before|after|through)"
        rf"(?:\s+(?:the|early|late))*)\s+)?(?:the\s+)?(?:(?P<sea_dir>last|next|this|coming)\s+)?"
        rf"(?P<sea_1>{_SEASON})(?:\s*[/–&-]\s*(?P<sea_2>{_SEASON}))?\b"
        rf"(?:(?:,?\s*(?:of\s+)?\(?|-)(?P<sea_year>(?:{_SPLIT_YEAR}|{_YEAR}|(?:1[5-9]|2\d|3[0-5])[-–]\d\d)(?!\d)"
        rf"|{_SHORT_YEAR}{_NO_MORE})\)?)?",
        _seasons,
    ),
    (
        "fy",
        rf"{_WHEN.format('fy_when')}?\b(?:FY|F/Y)\s?[’']?"
        rf"(?P<fy_year>{_YEAR}\s?[/–-]\s?(?:{_YEAR}|\d\d)|{_YEAR}|\d\d(?:[/–-]\d\d)?)(?![\d/])"
        rf"|(?:{_WHEN.format('fs_when')}|(?<![\d/.,£$:#A-Za-z-]))(?:(?:financial|fiscal)\s+year\s+)?"
        rf"(?P<fy_split>{_YEAR}\s?[/–-]\s?(?:{_YEAR}|\d\d)|\d\d/\d\d)(?![\d/%–-]|\.\d|,\d)",
        _financial_year,
    ),
    (
        "y",
        rf"(?:{_WHEN.format('y_when')}|(?<![\d/.,£$€:#A-Za-z])(?<!\w[–-]))"
        rf"(?P<y_year>{_YEAR})(?![\d/%]|[.,:]\d|[–-]\d|\s?%)",
        _year,
    ),
    (
        "rel",
        rf"{_WHEN.format('rel_when')}?\b(?:the\s+)?(?:(?P<rel_dir>next|last|this|coming|current|previous)\s+"
        r"(?P<rel_unit>month|quarter|year|calendar\s+year|financial\s+year|fiscal\s+year)\b(?!['’]s|-)"
        r"|(?P<rel_own>(?:calendar|financial|fiscal)\s+year)\b)",
        _relative,
    ),
    (
        "ny",
        r"(?:\bearly\s+in\s+)?(?:\bthe\s+)?\bnew\s+year\b(?!['’]|\s+(?:group|resolution|honours))"
        rf"(?:\s+(?P<ny_year>{_YEAR})\b)?",
        _new_year,
    ),
    (
        "xm",
        rf"\bChristmas\b(?!\s+(?:party|campaign|message|card))(?:\s+(?:Eve|Day)\b)?"
        rf"(?:,?\s*(?:of\s+)?\(?(?P<xm_year>{_ANY_YEAR})\)?)?",
        _christmas,
    ),
    (
        "ea",
        rf"\bEaster\b(?!\s+(?:eggs?|party|campaign|message|card|Ross|Road))(?:\s+(?:Sunday|Monday)\b)?"
        rf"(?:,?\s*(?:of\s+)?\(?(?P<ea_year>{_ANY_YEAR})\)?)?",
        _easter,
    ),
)

_SCAN = re.compile("|".join(f"(?P<{name}>{pattern})" for name, pattern, _ in _FORMS), re.IGNORECASE)
_HINT = re.compile(
    r"\d|\b(?:Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec|spring|summer|autumn|winter|Christmas|Easter)"
    r"|quarter\b|\byear\b|\bmonth\b",
    re.IGNORECASE,
)
"""Most sentences name no date and need not be scanned."""
_MAKERS = {name: maker for name, _, maker in _FORMS}

_BEFORE_MONTH = re.compile(
    r"(?:\b(?:in|by|from|since|until|till|during|for|of|before|after|to|and|between|around|early|mid|late|on"
    r"|last|next|this|the|our|through|end|or|w/c|commencing|beginning)\s+|[-/–(]\s*)$",
    re.IGNORECASE,
)
_LAW = re.compile(
    r"\b(?:Act|Order|Regulations?|Bill|Law|Code|Standard|BS|ISO|SI|PAS|EN|Room|ext\.?|No\.?)\s+$"
)
_YEAR_LEAD = re.compile(
    r"(?:\b(?:the|our|in|since|by|during|from|to|until|for|of|and|early|late|mid|before|after|between|around"
    r"|this|that|over|throughout|back|both|or)|['’]s)\s+$",
    re.IGNORECASE,
)
_COUNTED = re.compile(r"\s+(?:[a-z]+\s+)?(?!was\b|is\b|has\b|this\b|as\b|its\b|us\b|less\b)[a-z]{2,}s\b")


_LABEL_BEFORE = re.compile(
    r"(?:\w|\b(?:section|paragraph|para|clause|item|action|recommendation|rec|ref|reference|version|appendix|table"
    r"|figure|annex|circular|report|page|no)\.?\s*|[§#:]\s*)$",
    re.IGNORECASE,
)
_DATE_BEFORE = re.compile(
    r"(?:\b(?:by|on|due|dated|from|until|till|since|before|after|to|commencing|beginning|ending|w/c|w/e|at|of|date"
    r"|completed?|updated?|reviewed|closed)\b:?\s*)$",
    re.IGNORECASE,
)


def _after(text: str, position: int) -> str:
    return text[position : position + 60]


def _is_short_day(text: str, match: re.Match[str]) -> bool:
    """Whether "30.6.24" is a day: "4.2.24" may well number a paragraph."""
    day, month, year = match["num_d"], match["num_m"], match["num_y"]
    if match["num_s"] == "/" or len(year) == 4 or (len(day) == 2 and len(month) == 2):
        return True
    before = text[max(0, match.start() - 30) : match.start()]
    if not 15 <= int(year) <= 35 or _LABEL_BEFORE.search(before):
        return False
    return len(day) == 2 or match[0] == text.strip() or _DATE_BEFORE.search(before) is not None


def _is_month(text: str, match: re.Match[str]) -> bool:
    """Whether a lone "may", "march", "mar" … means the month."""
    words = re.findall(r"[A-Za-z]+", match["mon_list"])
    names = [word for word in words if word[:3].lower() in _MONTH_NUMBERS]
    if match["mon_dir"] and match["mon_dir"].lower() == "this" and names == ["may"]:
        return False  # "this may provide"
    if match["mon_dir"] or re.search(r"\d", match["mon_list"]):
        # "may 24" in small letters could still be "staff may 24"; a year in full could not.
        return not (names[0] == "may" and not re.search(_YEAR, match["mon_list"]) and not match["mon_dir"])
    if match["mon_when"]:
        return True
    if all(name.lower() in {"may", "march", "mar", "sep", "jan", "dec", "jun", "jul"} for name in names):
        if names[0][0].islower():
            return False
        start = match.start("mon_list")
        if names[0].lower() == "may" and len(names) == 1:
            before, after = text[max(0, start - 24) : start], _after(text, match.end("mon_list"))
            if _BEFORE_MONTH.search(before):
                return True
            opening = not before.strip() or before.rstrip()[-1] in ".!?:;•"
            return not opening or not re.match(r"\s+(?:be|have|need|not|also|include|require)\b", after)
    elif (
        len(names) == 1
        and names[0][0].islower()
        and len(names[0].rstrip(".")) <= 4
        and names[0] not in {"june", "july"}
    ):
        return False  # "oct", "sept" in small letters alone: too short to trust
    return True


def _credible(text: str, match: re.Match[str], kind: str) -> bool:
    if kind == "mon":
        return _is_month(text, match)
    if kind == "num":
        return _is_short_day(text, match)
    if kind == "my":
        # "circular 3/2025" is numbered by the year
        return _LABEL_BEFORE.search(text[max(0, match.start() - 30) : match.start()]) is None
    if kind == "dm":
        month = match["dm_month"]
        if month.rstrip(".") in {"may", "mar", "march", "dec", "sep", "jan"} and month[0].islower():
            ordinal = re.search(r"(?:st|nd|rd|th)$", match["dm_day"]) is not None
            return bool(match["dm_year"] or match["dm_year_j"]) or (ordinal and month != "may")
        return True
    if kind == "md":
        return not match["md_month"][0].islower() or bool(match["md_year"])
    if kind == "sea":
        return bool(
            match["sea_prep"] or match["sea_dir"] or match["sea_year"] or match["sea_when"] or match["sea_2"]
        ) or (match["sea_1"].lower() in {"autumn", "winter"})
    if kind == "y":
        start = match.start("y_year")
        before, after = text[max(0, start - 60) : start], _after(text, match.end())
        if match["y_when"]:
            return True
        if match["y_year"] == "2000":
            return bool(re.search(r"\b(?:in|since|by|during|year|until)\s+$", before, re.IGNORECASE))
        if re.search(r"\d\s$", before) or re.match(r"\s\d{3}", after):
            return False  # part of a telephone number
        if _LAW.search(before):
            return False
        # "2021 inspections were made"
        return _YEAR_LEAD.search(before) is not None or _COUNTED.match(after) is None
    if kind == "rel" and match["rel_own"]:
        return bool(match["rel_when"])
    if kind == "fy" and match["fy_split"] and len(match["fy_split"]) == 5:
        return not re.match(r"\s?(?:hours?|mm|days?)\b", text[match.end() : match.end() + 20])
    return True


@lru_cache(maxsize=8192)  # asked for the same sentence in several ways
def _scan(text: str) -> tuple[tuple[str, re.Match[str]], ...]:
    found: list[tuple[str, re.Match[str]]] = []
    if _HINT.search(text) is None:
        return ()
    position = 0
    while match := _SCAN.search(text, position):
        kind = next(name for name, _, _ in _FORMS if match[name] is not None)
        if _credible(text, match, kind) and _MAKERS[kind](match, date(2000, 1, 1)) is not None:
            found.append((kind, match))
            position = match.end()
        else:
            position = _skip(text, match)
    return tuple(found)


def _skip(text: str, match: re.Match[str]) -> int:
    """The start of the next word after a rejected match's beginning."""
    step = re.compile(r"[A-Za-z]+|\d+|.", re.DOTALL).match(text, match.start())
    return step.end() if step else match.start() + 1


_LEAD = re.compile(
    r"(?:by|in|during|from|until|of|since|for|over|before|after|through|the)\s+", re.IGNORECASE
)


def _spans(text: str) -> Iterator[tuple[str, re.Match[str], int, int]]:
    for kind, match in _scan(text):
        start, end = match.span()
        while lead := _LEAD.match(text, start, end):
            start = lead.end()
        while text[end - 1] in " ,." or (text[end - 1] == ")" and "(" not in text[start:end]):
            end -= 1
        yield kind, match, start, end


_WEEK = re.compile(
    r"\b(?:w/?c|week\s+(?:commencing|beginning|of)|(?P<ends>w/?e|week\s+ending))\b[.:]?\s*(?:the\s+)?(?:Mon(?:day)?\s+)?$",
    re.IGNORECASE,
)
_SIX_DAYS = timedelta(days=6)


def date_spans(text: str) -> list[tuple[int, int]]:
    """Where dates and periods are named, also those that only ``as_of`` could resolve."""
    return [(start, end) for _, _, start, end in _spans(text)]


def find_dates(text: str, *, as_of: date | None = None, resolve: Resolve = "nearest") -> list[DateMention]:
    """Every date and period that a text names, in order.

    Args:
        text: any text.
        as_of: when it was written. Without it, a month without a year ("in April") and a relative
            period ("next year") cannot be resolved and are left out.
        resolve: which occurrence of a month without a year is meant: the ``nearest`` to ``as_of``,
            the ``next`` one not over by then (for plans), or the ``last`` one begun by then (for
            what is done). "Last May" and "next May" decide for themselves.

    Returns:
        Mentions in order, none overlapping.
    """
    mentions: list[DateMention] = []
    for kind, match, start, end in _spans(text):
        period = _MAKERS[kind](match, as_of)
        if period is None:
            continue
        if period.precision == "day" and (week := _WEEK.search(text[max(0, start - 30) : start])):
            ends = week["ends"] is not None
            earliest, latest = period.earliest - _SIX_DAYS * ends, period.latest + _SIX_DAYS * (not ends)
            period = replace(period, earliest=earliest, latest=latest, precision="range", movable=False)
        inferred = period.inferred
        if not period.anchored:
            if as_of is None:
                continue
            period = _resolve(period, as_of, resolve)
            inferred = True
        mentions.append(
            DateMention(
                text=text[start:end],
                start=start,
                end=end,
                earliest=period.earliest,
                latest=period.latest,
                precision=period.precision,
                inferred_year=inferred,
            )
        )
    return mentions


def _shift(day: date, years: int) -> date:
    return _day(day.year + years, day.month, day.day) or date(day.year + years, 2, 28)


def _resolve(period: _Period, as_of: date, how: Resolve) -> _Period:
    """The occurrence of a yearless period that ``how`` asks for."""
    around = [
        (
            _month_end(_shift(period.earliest, n), period.earliest),
            _month_end(_shift(period.latest, n), period.latest),
        )
        for n in range(-2, 3)
    ]
    if period.movable:
        around = [(day, day) for day in (_easter_sunday(as_of.year + n) for n in range(-2, 3))]
    if period.direction == "next":
        chosen = next(span for span in around if span[0] > as_of)
    elif period.direction == "last":
        chosen = next(span for span in reversed(around) if span[1] < as_of)
    elif how == "next":
        chosen = next(span for span in around if span[1] >= as_of)
    elif how == "last":
        chosen = next(span for span in reversed(around) if span[0] <= as_of)
    else:
        chosen = min(
            around,
            key=lambda span: (max((span[0] - as_of).days, (as_of - span[1]).days, 0), span[0] > as_of),
        )
    return _Period(*chosen, period.precision)


def _month_end(shifted: date, original: date) -> date:
    """29 February where a leap year allows it, as the end of the month that it stands for."""
    if original.month == 2 and original == _last_day(original.year, 2):
        return _last_day(shifted.year, 2)
    return shifted


_ISO = re.compile(rf"({_YEAR})(?:-(\d\d)(?:-(\d\d)(?:[T ].*)?)?)?")


def parse_as_of(text: str) -> date | None:
    """The last day covered by one date: ISO (day, month or year) or as people write it.

    >>> parse_as_of("2020-11"), parse_as_of("31 March 2021")
    (datetime.date(2020, 11, 30), datetime.date(2021, 3, 31))

    Returns:
        None where the text names no date, more than one, or one that does not exist.
    """
    text = text.strip()
    if iso := _ISO.fullmatch(text):
        year, month, day = int(iso[1]), iso[2], iso[3]
        if month is None:
            return date(year, 12, 31)
        if not 1 <= int(month) <= 12:
            return _read_financial_end(text)
        if day is None:
            return _last_day(year, int(month))
        return _day(year, int(month), int(day))
    mentions = find_dates(text)
    return mentions[0].latest if len(mentions) == 1 else None


def _read_financial_end(text: str) -> date | None:
    mentions = find_dates(text)
    return mentions[0].latest if len(mentions) == 1 else None


def period_end(text: str) -> date | None:
    """The last day of the reporting period that a label names.

    >>> period_end("Oct-Mar 24"), period_end("Q3 2023/24")
    (datetime.date(2024, 3, 31), datetime.date(2023, 12, 31))

    Returns:
        The latest day of the dates in the label; None where it names none with a year.
    """
    exact = parse_as_of(text)
    if exact is not None:
        return exact
    mentions = find_dates(text)
    return max((mention.latest for mention in mentions), default=None)
