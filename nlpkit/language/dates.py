"""Dates and periods named in a text, resolved to the days that they cover.

The forms that are known stand in :mod:`nlpkit.language.date_forms`; here they are found, held to be dates
or not by what stands around them, and given the year that they leave out.
"""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import date, timedelta
from functools import lru_cache
from typing import Literal

from nlpkit.language.annotations import DateMention
from nlpkit.language.date_forms import (
    BEGINS,
    FORMS,
    FULL_YEAR,
    MONTH_NUMBERS,
    Period,
    day_of,
    easter_sunday,
    last_day,
    years_on,
)

__all__ = [
    "Resolve",
    "date_spans",
    "find_dates",
    "parse_as_of",
    "period_end",
]

Resolve = Literal["nearest", "next", "last"]
"""Which occurrence a month without a year means, seen from ``as_of``."""

_ANY_FORM = "|".join(f"(?P<{name}>{pattern})" for name, pattern, _ in FORMS)
_SCAN = re.compile(f"{BEGINS}(?:{_ANY_FORM})", re.IGNORECASE)
_HINT = re.compile(
    rf"{FULL_YEAR}|\d\s?[/–-]\s?\d|\d\.\d\d?\.\d|\bQ(?:tr)?\s?[1-4]|\bF/?Y"
    r"|\b(?:Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec|spring|summer|autumn|winter|Christmas|Easter)"
    r"|\d(?:Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec)|quarter|\bqtr\b|\byear\b|\bmonth\b",
    re.IGNORECASE,
)
"""Most sentences name no date and need not be scanned."""
_HINTS = (
    *("quarter", "qtr", "year", "month", "spring", "summer", "autumn", "winter", "christmas", "easter"),
    *("fy", "f/y", *MONTH_NUMBERS),
)
"""Of these a text without figures has one where it has a hint."""
_DIGIT = re.compile(r"[0-9]")


def _may_name(text: str) -> bool:
    """Whether a text may name a date; one without a figure is sooner looked through than searched."""
    if text.isascii() and _DIGIT.search(text) is None:
        small = text.lower()
        if not any(hint in small for hint in _HINTS):
            return False
    return _HINT.search(text) is not None


_MAKERS = {name: maker for name, _, maker in FORMS}

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
    names = [word for word in words if word[:3].lower() in MONTH_NUMBERS]
    if match["mon_dir"] and match["mon_dir"].lower() == "this" and names == ["may"]:
        return False  # "this may provide"
    if match["mon_dir"] or re.search(r"\d", match["mon_list"]):
        # "may 24" in small letters could still be "staff may 24"; a year in full could not.
        return not (
            names[0] == "may" and not re.search(FULL_YEAR, match["mon_list"]) and not match["mon_dir"]
        )
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


def _scan(text: str) -> list[tuple[str, re.Match[str]]]:
    found: list[tuple[str, re.Match[str]]] = []
    if not _may_name(text):
        return []
    position = 0
    while match := _SCAN.search(text, position):
        kind = next(name for name, _, _ in FORMS if match[name] is not None)
        if _credible(text, match, kind) and _MAKERS[kind](match, date(2000, 1, 1)) is not None:
            found.append((kind, match))
            position = match.end()
        else:
            position = _skip(text, match)
    return found


def _skip(text: str, match: re.Match[str]) -> int:
    """The start of the next word after a rejected match's beginning."""
    step = re.compile(r"[A-Za-z]+|\d+|.", re.DOTALL).match(text, match.start())
    return step.end() if step else match.start() + 1


_LEAD = re.compile(
    r"(?:by|in|during|from|until|of|since|for|over|before|after|through|the)\s+", re.IGNORECASE
)


@lru_cache(maxsize=8192)  # asked for the same sentence in several ways
def _spans(text: str) -> tuple[tuple[str, re.Match[str], int, int], ...]:
    found: list[tuple[str, re.Match[str], int, int]] = []
    for kind, match in _scan(text):
        start, end = match.span()
        while lead := _LEAD.match(text, start, end):
            start = lead.end()
        while text[end - 1] in " ,." or (text[end - 1] == ")" and "(" not in text[start:end]):
            end -= 1
        found.append((kind, match, start, end))
    return tuple(found)


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


def _resolve(period: Period, as_of: date, how: Resolve) -> Period:
    """The occurrence of a yearless period that ``how`` asks for."""
    around = [
        (
            _month_end(years_on(period.earliest, n), period.earliest),
            _month_end(years_on(period.latest, n), period.latest),
        )
        for n in range(-2, 3)
    ]
    if period.movable:
        around = [(day, day) for day in (easter_sunday(as_of.year + n) for n in range(-2, 3))]
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
    return Period(*chosen, period.precision)


def _month_end(shifted: date, original: date) -> date:
    """29 February where a leap year allows it, as the end of the month that it stands for."""
    if original.month == 2 and original == last_day(original.year, 2):
        return last_day(shifted.year, 2)
    return shifted


_ISO = re.compile(rf"({FULL_YEAR})(?:-(\d\d)(?:-(\d\d)(?:[T ].*)?)?)?")


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
            return last_day(year, int(month))
        return day_of(year, int(month), int(day))
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
