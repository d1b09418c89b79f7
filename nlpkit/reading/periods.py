"""Reporting periods in headings and inside cells, deadlines, and the date a plan speaks of."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Sequence
from datetime import date
from itertools import pairwise

from nlpkit.language.date_forms import DAY, MONTH, QUARTER, YEAR
from nlpkit.language.dates import find_dates, period_end
from nlpkit.language.sentences import split_sentences
from nlpkit.reading.blocks import Line

__all__ = [
    "as_of_text",
    "bare_period",
    "dated_period",
    "deadline",
    "label_key",
    "labels_in",
    "latest_event",
    "period_in_heading",
    "split_periods",
    "stated_as_of",
]

_RANGE = rf"{MONTH}(?:\s*{YEAR})?\s*(?:-|–|—|/|to)\s*{MONTH}\s*{YEAR}"
_QUARTER = rf"(?:{QUARTER}|H[12])\s*[-–,]?\s*(?:of\s+)?(?:FY\s*)?{YEAR}"
_SEASON = rf"(?:Spring|Summer|Autumn|Winter)\s+{YEAR}"
_MONTH_YEAR = rf"{MONTH}[\s-]*{YEAR}"
_DATE = rf"(?:{DAY}\s+{MONTH}\s+20\d\d|\d{{1,2}}[/.]\d{{1,2}}[/.](?:20)?\d\d)"
_PERIOD = rf"(?:{_RANGE}|{_DATE}|{_QUARTER}|{_SEASON}|{_MONTH_YEAR})"
_ANNOUNCE = r"(?:(?:progress|status|latest|position)\s+)?(?:update|progress|position|status|commentary)"

_IN_HEADING = re.compile(rf"\b{_PERIOD}", re.IGNORECASE)
# A heading inside a cell: at the start of a paragraph, perhaps announced, perhaps punctuated.
_LABEL = re.compile(
    rf"^[\s\W]{{0,3}}(?P<before>{_ANNOUNCE}\s*(?:\d{{1,2}}\s*)?(?:\(|[-–:,]|as\s+(?:at|of)|to|for|of|in|at)?\s*)?"
    rf"(?P<period>{_PERIOD})\)?(?P<after>\s+{_ANNOUNCE}\b)?(?P<end>\s*[:–—-]+(?=\s|$))?\s*",
    re.IGNORECASE,
)
_INNER = re.compile(
    rf"(?<=[.!?])(?P<space>\s+)(?=(?:{_PERIOD}\s+{_ANNOUNCE}|{_ANNOUNCE}\s*(?:\d{{1,2}}\s*)?\(?\s*{_PERIOD}\)?)\s*[:–-])",
    re.IGNORECASE,
)
_DEADLINE_IN_TEXT = re.compile(
    rf"^\W{{0,3}}(?:By|Before|No later than|With effect from)\s+"
    rf"(?P<date>(?:the end of\s+)?(?:{DAY}\s+)?{MONTH}\s+20\d\d)\b",
    re.IGNORECASE,
)
_IMMEDIATE = re.compile(r"^\W{0,3}(?P<date>With immediate effect|Immediately)\b", re.IGNORECASE)
_STATED = re.compile(
    r"(?<!next )\b(?:as\s+(?:at|of|on)|correct\s+(?:at|as\s+of)|(?:position|status|progress)\s+(?:at|on|to)|"
    r"meeting\s+date|date\s+of\s+(?:report|meeting|this\s+update)|last\s+updated|updated(?:\s+on)?|report\s+date|update(?:\s+(?:to|for|at))?)\b"
    rf"[\s:|(–-]{{0,4}}(?:the\s+)?(?P<date>{_PERIOD})",
    re.IGNORECASE,
)
_TITLE_DATE = re.compile(rf"(?:^|[-–—:,(]\s*|\s)(?P<date>{_PERIOD})\)?\s*$", re.IGNORECASE)
_NOT_THE_DATE = re.compile(r"\b(?:next|due|by|inspect\w+ in|published|review date|revision)\b", re.IGNORECASE)

_BARE = re.compile(
    rf"^\W*(?:(?:{_ANNOUNCE})\s*)?(?P<period>Q[1-4]|Quarter\s+[1-4]|H[12]|{MONTH})(?:\s+(?:{_ANNOUNCE}))?\W*$",
    re.IGNORECASE,
)
_AHEAD = re.compile(
    r"\b(?:will|shall|by|due|until|till|before|planned|from|next|schedul\w+|expect\w+|to be|deadline|"
    r"intend\w*|aim\w*|propos\w+|ahead|effective|expir\w+)\b",
    re.IGNORECASE,
)


def period_in_heading(heading: str) -> str:
    """The reporting period that a column heading names, as written, or ``""``.

    >>> period_in_heading("Update November 2020")
    'November 2020'
    """
    found = _IN_HEADING.search(heading)
    return " ".join(found.group().split()) if found else ""


def bare_period(heading: str) -> str:
    """The quarter or month of a heading that gives no year ("Q1 update", "April"), or ``""``."""
    found = _BARE.match(heading)
    return " ".join(found["period"].split()) if found else ""


def dated_period(period: str, *, year: str, as_of: str) -> str:
    """The ISO month at which a quarter or month without a year ends.

    Args:
        period: "Q1", "Quarter 2", "April".
        year: the financial year that the plan's title names ("2023/24"), or ``""``.
        as_of: the date that the plan speaks of; without ``year`` the period is the last one
            before it.
    """
    if year:
        first, second = int(year[:4]), int(year[:4]) + 1
        end = period_end(f"{period} {year}") if re.match(r"[QH]|Quarter", period, re.IGNORECASE) else None
        if end is None:
            months = find_dates(f"{period} {first}") or find_dates(f"{period} {second}")
            end = months[-1].latest if months else None
            if end is not None and end.month <= 3:
                end = find_dates(f"{period} {second}")[-1].latest
        return f"{end.year:04d}-{end.month:02d}" if end else ""
    moment = period_end(as_of) if as_of else None
    found = find_dates(period, as_of=moment, resolve="last") if moment else []
    return f"{found[-1].latest.year:04d}-{found[-1].latest.month:02d}" if found else ""


def label_key(label: str) -> str:
    """The same key for the same period however it is spaced or punctuated."""
    return re.sub(r"[^a-z0-9]+", "", label.lower())


def as_of_text(period: str) -> str:
    """The ISO month (or date, where the period is a day) at which a period ends, or ``""``."""
    end = period_end(period)
    if end is None:
        return ""
    single = re.fullmatch(rf"\s*{_DATE}\s*", period, re.IGNORECASE)
    return end.isoformat() if single else f"{end.year:04d}-{end.month:02d}"


def _label(line: Line) -> tuple[re.Match[str], bool, bool] | None:
    """A paragraph's leading period, whether it is marked, and whether it is set off by wording."""
    found = _LABEL.match(line.text)
    if not found:
        return None
    start, end = found.span("period")
    marked = any(a <= start and end <= b + 1 for a, b in line.marks)
    alone = found.end() == len(line.text)
    announced = bool(found["before"] or found["after"]) and bool(found["end"] or alone)
    return found, marked, announced or alone


def _plausible(found: re.Match[str]) -> bool:
    """Whether unmarked text after the period starts afresh, as it does after a heading."""
    rest = found.string[found.end() :]
    return not rest or rest[0].isupper() or rest[0] in "“\"'‘•-–0123456789"


def _opened_out(lines: Sequence[Line]) -> list[Line]:
    """Paragraphs cut before every worded period inside them ("… October 2024 update: …")."""
    opened: list[Line] = []
    for line in lines:
        cuts = (
            [0, *(m.end("space") for m in _INNER.finditer(line.text)), len(line.text)]
            if not line.marks
            else []
        )
        if len(cuts) <= 2:
            opened.append(line)
        else:
            opened.extend(Line(line.text[a:b].strip()) for a, b in pairwise(cuts))
    return opened


def labels_in(cells: Iterable[Sequence[Line]]) -> frozenset[str]:
    """The keys of the periods that a plan uses as headings inside its update cells.

    A heading that is underlined, bold or worded as one counts at once; a bare range or month
    ("Mar-Sept 2024 The policy …") counts once it opens a paragraph in two cells. Dates of single
    days are events more often than periods and need to be marked or worded.
    """
    sure: set[str] = set()
    seen: Counter[str] = Counter()
    for lines in cells:
        here = set()
        for line in _opened_out(lines):
            label = _label(line)
            if label is None:
                continue
            found, marked, worded = label
            key = label_key(found["period"])
            if marked or (worded and not re.fullmatch(_DATE, found["period"], re.IGNORECASE)):
                sure.add(key)
            elif _plausible(found) and not re.fullmatch(_DATE, found["period"], re.IGNORECASE):
                here.add(key)
        seen.update(here)
    return frozenset(sure | {key for key, n in seen.items() if n >= 2})


def split_periods(lines: Sequence[Line], labels: frozenset[str]) -> list[tuple[str, list[Line]]]:
    """A cell's paragraphs by reporting period: ``[(period as written, paragraphs), …]``.

    Args:
        lines: the paragraphs of one update cell.
        labels: the period keys that count as headings here (:func:`labels_in`).

    What stands before the first heading goes with the first period: it has no date of its own.
    Without any heading the whole cell is one part with an empty period.
    """
    parts: list[tuple[str, list[Line]]] = [("", [])]
    for line in _opened_out(lines):
        label = _label(line)
        if label and label_key(label[0]["period"]) in labels and (label[1] or _plausible(label[0])):
            found = label[0]
            period = " ".join(found["period"].split())
            rest = line.text[found.end() :].strip()
            if parts[-1][0] and label_key(parts[-1][0]) == label_key(period):
                body = parts[-1][1]
            else:
                body = []
                parts.append((period, body))
            if rest:
                body.append(Line(rest))
        else:
            parts[-1][1].append(line)
    preamble = parts.pop(0)[1]
    if not parts:
        return [("", preamble)]
    parts[0][1][:0] = preamble
    return parts


def deadline(due: str, recommendation: str, *, as_of: date | None = None) -> tuple[str, str]:
    """The deadline as written and as an ISO date.

    Args:
        due: the timescale cell, several deadlines separated by ``"; "``.
        recommendation: searched for "By 1 June 2023, …" where the cell has no date.
        as_of: resolves months without a year.

    Returns:
        ``(due, due_date)``; of several deadlines all are kept as written and the last is the
        date. Both may be empty.
    """
    dates = find_dates(due, as_of=as_of) if due else []
    if not due:
        found = _DEADLINE_IN_TEXT.match(recommendation) or _IMMEDIATE.match(recommendation)
        if found:
            due = found["date"]
            dates = find_dates(due, as_of=as_of)
    exact = [mention for mention in dates if mention.precision not in {"year", "financial_year"}] or dates
    return due, max(mention.latest for mention in exact).isoformat() if exact else ""


def stated_as_of(texts: Iterable[str], titles: Iterable[str] = ()) -> str:
    """The date that a document says it speaks of, as an ISO date or month; ``""`` if none.

    Args:
        texts: what stands outside the plan's own tables ("as at 4 May 2023", "Meeting Date 31
            March 2021"); the latest counts if there are several.
        titles: lines before the first table, where a date at the end counts too ("Improvement
            plan – July 2024").
    """
    found = [
        as_of_text(match["date"])
        for text in texts
        if not _NOT_THE_DATE.search(text[:60])
        for match in _STATED.finditer(text)
    ]
    if not any(found):
        found = [
            as_of_text(match["date"])
            for title in titles
            if len(title.split()) <= 16 and not _NOT_THE_DATE.search(title)
            for match in [_TITLE_DATE.search(title)]
            if match
        ]
    return max((text for text in found if text), default="")


def latest_event(narratives: Iterable[str]) -> date | None:
    """The latest day on which something happened according to the narratives, or None.

    Only days with their year count that no word looking ahead ("by", "due", "will") comes
    shortly before. The plan was written on that day or later.
    """
    latest: date | None = None
    for text in narratives:
        for start, end in split_sentences(text):
            sentence = text[start:end]
            for mention in find_dates(sentence):
                ahead = _AHEAD.search(sentence[max(0, mention.start - 50) : mention.start])
                if mention.precision == "day" and not mention.inferred_year and not ahead:
                    latest = max(latest or mention.latest, mention.latest)
    return latest
