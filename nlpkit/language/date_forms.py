"""The forms in which dates and periods are written, and what each says by itself.

British reading throughout: days come before months, a year written "2023/24" is the financial
year from April to March, and so is the year of a quarter ("Q2 2024/25" is July to September).
A quarter of a single year ("Q2 2024") is read as that of the financial year that starts in it:
both readings are in use, and the later one does not call a promise overdue too early.
"""

from __future__ import annotations

import re
from calendar import monthrange
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, timedelta
from itertools import pairwise
from typing import Literal

__all__ = [
    "BEGINS",
    "DAY",
    "FORMS",
    "FULL_YEAR",
    "MONTH",
    "MONTH_NUMBERS",
    "QUARTER",
    "YEAR",
    "Period",
    "day_of",
    "easter_sunday",
    "last_day",
    "years_on",
]

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
FULL_YEAR = r"(?:19|20)\d\d"
_SPLIT_YEAR = rf"{FULL_YEAR}\s?[/–-]\s?(?:{FULL_YEAR}|\d\d)|\d\d/\d\d"
_NOT_COUNTED = (
    r"(?!\s+(?:[a-z]+\s+)?(?:(?!was\b|is\b|has\b|this\b|as\b|its\b|us\b|less\b)[a-z]{2,}s"
    r"|staff|people|personnel|women|men|children)\b)"
)
_TWO_DIGITS = rf"(?:1[5-9]|2\d|3[0-5])(?-i:{_NOT_COUNTED})"
_SHORT_YEAR = rf"(?:['’]\d\d|{_TWO_DIGITS})"
_NO_MORE = r"(?![\d%]|[.,:]\d|\s?(?:st|nd|rd|th)\b)"
_ANY_YEAR = rf"(?:{_SPLIT_YEAR}|{FULL_YEAR}|{_SHORT_YEAR}){_NO_MORE}"
# a year joined on by a mark ("Sept-25") is one whatever its digits, unless it is a day ("1 May-25 June")
_JOINED_YEAR = rf"(?:{FULL_YEAR}|['’]?\d\d)(?![\d%]|[.,:/–-]\d|\s?(?:st|nd|rd|th)\b|\s?{_MONTH})"
_YEAR_ON = rf"(?:,?\s*\(?{_ANY_YEAR}\)?|[-–/]{_JOINED_YEAR})"
_DAY = r"(?:0?[1-9]|[12]\d|3[01])(?:\s?(?:st|nd|rd|th)\b)?"
MONTH = _MONTH
"""A month, in full or short; source for an expression that ignores case, like the three below."""
DAY = _DAY
"""A day of a month, with or without its ordinal ending."""
YEAR = rf"(?:{FULL_YEAR}(?:\s?[/–-]\s?(?:{FULL_YEAR}|\d\d))?|['’]?\d\d(?:/\d\d)?)(?!\d)"
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
class Period:
    """Days covered; without ``anchored`` the year is still to be found."""

    earliest: date
    latest: date
    precision: str
    anchored: bool = True
    direction: Literal["next", "last"] | None = None
    inferred: bool = False
    movable: bool = False  # a feast: its day is another one in every year


_Maker = Callable[[re.Match[str], date | None], "Period | None"]


MONTH_NUMBERS = {name[:3]: number for number, name in enumerate(_MONTHS, start=1)}


def _month_number(word: str) -> int:
    return MONTH_NUMBERS[word[:3].lower()]


def last_day(year: int, month: int) -> date:
    return date(year, month, monthrange(year, month)[1])


def _add_months(year: int, month: int, months: int) -> tuple[int, int]:
    index = year * 12 + month - 1 + months
    return index // 12, index % 12 + 1


def day_of(year: int, month: int, day: int) -> date | None:
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
        return date(*_add_months(earliest.year, earliest.month, 5), 1), last_day(
            *_add_months(earliest.year, earliest.month, 6)
        )
    if "mid" in word:
        return earliest + timedelta(days=third), latest - timedelta(days=third)
    return earliest, earliest + timedelta(days=max(third - 1, 0))


def years_on(day: date, years: int) -> date:
    return day_of(day.year + years, day.month, day.day) or date(day.year + years, 2, 28)


# --- one maker a form ---------------------------------------------------------------------------


def _iso_day(m: re.Match[str], as_of: date | None) -> Period | None:
    found = day_of(int(m["iso_y"]), int(m["iso_m"]), int(m["iso_d"]))
    return Period(found, found, "day") if found else None


def _numeric_day(m: re.Match[str], as_of: date | None) -> Period | None:
    year = m["num_y"]
    found = day_of(int(year) if len(year) == 4 else _century(int(year)), int(m["num_m"]), int(m["num_d"]))
    return Period(found, found, "day") if found else None


def _iso_month(m: re.Match[str], as_of: date | None) -> Period | None:
    year, month = int(m["im_y"]), int(m["im_m"])
    if (year + 1) % 100 == month:
        return None  # "2011-12" is a financial year
    return Period(date(year, month, 1), last_day(year, month), "month")


def _numeric_month(m: re.Match[str], as_of: date | None) -> Period | None:
    year, month = int(m["my_y"]), int(m["my_m"])
    return Period(*_part(date(year, month, 1), last_day(year, month), m["my_when"]), "month")


def _number(day: str) -> int:
    return int(re.match(r"\d+", day)[0])  # type: ignore[index]


def _given_year(text: str | None) -> tuple[int, bool] | None:
    return _read_year(text) if text else None


def _day_month(m: re.Match[str], as_of: date | None) -> Period | None:
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
    latest = day_of(base, end_month, end_day)
    first_base = base
    if month2 and given and m["dm_year2"]:
        first = _read_year(given)
        first_base = first[0] if first else base
    elif start_month > end_month:
        first_base = base - 1
    earliest = day_of(first_base, start_month, start_day)
    if not earliest or not latest or earliest > latest:
        return None
    precision = "day" if earliest == latest else "range"
    return Period(earliest, latest, precision, anchored)


def _month_day(m: re.Match[str], as_of: date | None) -> Period | None:
    month, day = _month_number(m["md_month"]), int(m["md_day"])
    year = int(m["md_year"]) if m["md_year"] else None
    found = day_of(year or (as_of.year if as_of else 2000), month, day)
    return Period(found, found, "day", anchored=year is not None) if found else None


_MONTH_ITEM = re.compile(
    rf"(?P<month>{_MONTH})(?:,?\s*\(?(?P<year>{_ANY_YEAR})\)?|[-–/](?P<joined>{_JOINED_YEAR}))?",
    re.IGNORECASE,
)


def _months(m: re.Match[str], as_of: date | None) -> Period | None:
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
    earliest, latest = date(start_year, months[0], 1), last_day(end_year, months[-1])
    if earliest > latest:
        return None
    earliest, latest = _part(earliest, latest, m["mon_when"])
    direction: Literal["next", "last"] | None = None
    if m["mon_dir"] and not anchored:
        word = m["mon_dir"].lower()
        direction = "last" if word in {"last", "previous"} else "next" if word in {"next", "coming"} else None
    return Period(earliest, latest, "month" if len(items) == 1 else "range", anchored, direction)


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
    return date(year, month, 1), last_day(end_year, end_month)


def _quarter(m: re.Match[str], as_of: date | None) -> Period | None:
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
    return Period(earliest, latest, "quarter" if number == number2 else "range", year is not None)


def _half(m: re.Match[str], as_of: date | None) -> Period | None:
    number = int(m["h_n"]) if m["h_n"] else _ORDINAL[m["h_w"].lower()]
    year = _read_year(m["h_year"])
    if year is None:
        return None
    start_month = (4 if year[1] or m["h_n"] else 1) + 6 * (number - 1)
    first_year, first_month = _add_months(year[0], start_month, 0)
    last_year, last_month = _add_months(first_year, first_month, 5)
    return Period(date(first_year, first_month, 1), last_day(last_year, last_month), "half")


_SEASON_START = {"spring": 3, "summer": 6, "autumn": 9, "winter": 12}


def _seasons(m: re.Match[str], as_of: date | None) -> Period | None:
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
    earliest, latest = _part(earliest, last_day(end_year, end_month), m["sea_when"])
    direction: Literal["next", "last"] | None = None
    if m["sea_dir"] and year is None:
        word = m["sea_dir"].lower()
        direction = "last" if word == "last" else "next" if word in {"next", "coming"} else None
    return Period(earliest, latest, "season", year is not None, direction)


def _financial(start: int) -> tuple[date, date]:
    return date(start, 4, 1), date(start + 1, 3, 31)


def _financial_year(m: re.Match[str], as_of: date | None) -> Period | None:
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
            return Period(*_part(*span, m["fy_when"] or m["fs_when"]), "range")
        earliest, latest = _financial(first)
    earliest, latest = _part(earliest, latest, m["fy_when"] or m["fs_when"])
    return Period(earliest, latest, "financial_year")


def _year(m: re.Match[str], as_of: date | None) -> Period | None:
    year = int(m["y_year"])
    earliest, latest = _part(date(year, 1, 1), date(year, 12, 31), m["y_when"])
    return Period(earliest, latest, "year")


def _relative(m: re.Match[str], as_of: date | None) -> Period | None:
    if as_of is None:
        return None
    step = {"next": 1, "coming": 1, "last": -1, "previous": -1}.get((m["rel_dir"] or "").lower(), 0)
    unit = " ".join((m["rel_unit"] or m["rel_own"]).lower().split())
    if unit == "month":
        year, month = _add_months(as_of.year, as_of.month, step)
        span = (date(year, month, 1), last_day(year, month))
    elif unit == "quarter":
        first = (as_of.month - 1) // 3 * 3 + 1
        year, month = _add_months(as_of.year, first, 3 * step)
        span = (date(year, month, 1), last_day(*_add_months(year, month, 2)))
    elif unit == "year" and step and re.match(r"the\s", m[0], re.IGNORECASE) and not m["rel_when"]:
        # "over the next year": the twelve months from here
        span = (as_of, years_on(as_of, 1)) if step > 0 else (years_on(as_of, -1), as_of)
    elif unit in {"year", "calendar year"}:
        span = (date(as_of.year + step, 1, 1), date(as_of.year + step, 12, 31))
    else:
        start = as_of.year - (as_of.month < 4) + step
        span = _financial(start)
    precision = {"calendar year": "year", "fiscal year": "financial_year"}.get(unit, unit.replace(" ", "_"))
    return Period(*_part(*span, m["rel_when"]), precision, inferred=True)


def _new_year(m: re.Match[str], as_of: date | None) -> Period | None:
    given = _given_year(m["ny_year"])
    year = given[0] if given else as_of.year if as_of else 2000
    return Period(date(year, 1, 1), date(year, 3, 31), "season", anchored=given is not None)


def _christmas(m: re.Match[str], as_of: date | None) -> Period | None:
    given = _given_year(m["xm_year"])
    found = date(given[0] if given else as_of.year if as_of else 2000, 12, 25)
    return Period(found, found, "day", anchored=given is not None)


def easter_sunday(year: int) -> date:
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


def _easter(m: re.Match[str], as_of: date | None) -> Period | None:
    given = _given_year(m["ea_year"])
    found = easter_sunday(given[0] if given else as_of.year if as_of else 2000)
    return Period(found, found, "day", anchored=given is not None, movable=True)


BEGINS = (
    r"(?=\d|\b(?:jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec|early|mid|late|end|start|beginning|last|next|this"
    r"|coming|previous|current|q|1st|2nd|3rd|4th|first|second|third|fourth|final|h[12]|spring|summer|autumn|winter"
    r"|in|by|during|from|until|of|since|for|over|before|after|through|the|fy|f/y|financial|fiscal|calendar|new"
    r"|christmas|easter))"
)
"""How every form below begins: at most places of a text this spares trying one form after the other."""

FORMS: tuple[tuple[str, str, _Maker], ...] = (
    (
        "iso",
        rf"(?<![\d/.-])(?P<iso_y>{FULL_YEAR})[-/](?P<iso_m>0[1-9]|1[0-2])[-/](?P<iso_d>0[1-9]|[12]\d|3[01])(?!\d)",
        _iso_day,
    ),
    (
        "num",
        rf"(?<![\d/.-])(?P<num_d>\d{{1,2}})(?P<num_s>[/.-])(?P<num_m>\d{{1,2}})(?P=num_s)(?P<num_y>{FULL_YEAR}|\d\d)(?![\d/])",
        _numeric_day,
    ),
    (
        "my",
        rf"{_WHEN.format('my_when')}?(?<![\d/.,£$-])\b(?P<my_m>0?[1-9]|1[0-2])[/-](?P<my_y>{FULL_YEAR})(?![\d/%-]|[.,:]\d)",
        _numeric_month,
    ),
    ("im", rf"(?<![\d/.-])(?P<im_y>{FULL_YEAR})-(?P<im_m>0[1-9]|1[0-2])(?![\d/-])", _iso_month),
    (
        "dm",
        rf"(?<![\d/.,£$-])(?P<dm_day>{_DAY})(?:(?:\s*[-–—/&]\s*|,?\s+(?:to|and|until|or)\s+)(?P<dm_day2>{_DAY}))?"
        rf"(?:\s*(?:of\s+)?|[-–/.])(?P<dm_month>{_MONTH})"
        rf"(?:,?\s*(?P<dm_year>{FULL_YEAR}(?![\d%])|['’]\d\d\b|{_TWO_DIGITS}{_NO_MORE}|\d\d(?!\d|\s?%|\s+[a-z]|[.:]\d))"
        rf"|[-–/.](?P<dm_year_j>{_JOINED_YEAR}))?"
        rf"(?:(?:\s*[-–—]\s*|\s+(?:to|until)\s+|(?(dm_year)(?!)|(?(dm_year_j)(?!)|(?:\s*&\s*|,?\s+and\s+))))(?P<dm_day3>{_DAY})\s*(?P<dm_month2>{_MONTH})"
        rf"(?:,?\s*(?P<dm_year2>{FULL_YEAR})(?![\d%]))?)?",
        _day_month,
    ),
    (
        "md",
        rf"\b(?P<md_month>{_MONTH})\s+(?P<md_day>0?[1-9]|[12]\d|3[01])"
        rf"(?:\s?(?:st|nd|rd|th)\b,?|(?=,?\s+{FULL_YEAR}\b),?)(?:\s+(?P<md_year>{FULL_YEAR})\b)?",
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
        rf"(?:,?\s*(?:of\s+|in\s+)?\(?(?P<q_year>(?:{_SPLIT_YEAR}|{FULL_YEAR})(?!\d)|{_SHORT_YEAR}{_NO_MORE})\)?"
        rf"|[-–/](?P<q_year_j>{_JOINED_YEAR}))?",
        _quarter,
    ),
    (
        "h",
        rf"\b(?:H(?P<h_n>[12])|(?P<h_w>1st|2nd|first|second)\s+half)\s*(?:of\s+)?\(?(?P<h_year>{_SPLIT_YEAR}|{FULL_YEAR})(?!\d)\)?",
        _half,
    ),
    (
        "sea",
        rf"{_WHEN.format('sea_when')}?\b(?:(?P<sea_prep>(?:in|by|during|from|until|of|since|for|over|before|after|through)"
        rf"(?:\s+(?:the|early|late))*)\s+)?(?:the\s+)?(?:(?P<sea_dir>last|next|this|coming)\s+)?"
        rf"(?P<sea_1>{_SEASON})(?:\s*[/–&-]\s*(?P<sea_2>{_SEASON}))?\b"
        rf"(?:(?:,?\s*(?:of\s+)?\(?|-)(?P<sea_year>(?:{_SPLIT_YEAR}|{FULL_YEAR}|(?:1[5-9]|2\d|3[0-5])[-–]\d\d)(?!\d)"
        rf"|{_SHORT_YEAR}{_NO_MORE})\)?)?",
        _seasons,
    ),
    (
        "fy",
        rf"{_WHEN.format('fy_when')}?\b(?:FY|F/Y)\s?[’']?"
        rf"(?P<fy_year>{FULL_YEAR}\s?[/–-]\s?(?:{FULL_YEAR}|\d\d)|{FULL_YEAR}|\d\d(?:[/–-]\d\d)?)(?![\d/])"
        rf"|(?:{_WHEN.format('fs_when')}|(?<![\d/.,£$:#A-Za-z-]))(?:(?:financial|fiscal)\s+year\s+)?"
        rf"(?P<fy_split>{FULL_YEAR}\s?[/–-]\s?(?:{FULL_YEAR}|\d\d)|\d\d/\d\d)(?![\d/%–-]|\.\d|,\d)",
        _financial_year,
    ),
    (
        "y",
        rf"(?:{_WHEN.format('y_when')}|(?<![\d/.,£$€:#A-Za-z])(?<!\w[–-]))"
        rf"(?P<y_year>{FULL_YEAR})(?![\d/%]|[.,:]\d|[–-]\d|\s?%)",
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
        rf"(?:\s+(?P<ny_year>{FULL_YEAR})\b)?",
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
