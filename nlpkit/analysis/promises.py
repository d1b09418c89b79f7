"""Dates that a text gives for something still to come."""

from __future__ import annotations

import re
from datetime import date, timedelta

from nlpkit.language.annotations import DateMention, Sentence, Stage, TextAnalysis

__all__ = ["ahead_in_plan", "as_meant", "as_of_start", "expired_date", "promised_dates"]

_AHEAD = frozenset({Stage.PLANNED, Stage.INTENDED})
_OPEN = frozenset({Stage.UNDER_WAY, Stage.NOT_STARTED, Stage.NONE})
_PREPOSITION = re.compile(
    r"(?:\b(?:by|in|on|from|until|before|during|for|at|due|around|circa|over|within|throughout|course\s+of|is|date|"
    r"w/[ce]|week\s+(?:commencing|beginning|ending|of)|starting|commencing|beginning|ending|than|end|early|mid|late|this|next|coming)|[:(–—-])"
    r"\s*(?:the\s+)?(?:(?:start|beginning|middle|end|close|first half|second half)\s+of\s+)?"
    r"(?:the\s+)?(?:(?:financial|fiscal|calendar)\s+year\s+)?[(‘'\"]?$",
    re.IGNORECASE,
)
_RELATIVE = re.compile(r"(?:next|this|later|early|mid|late|end|start|w/[ce]|week)\b", re.IGNORECASE)
_ATTRIBUTE = re.compile(
    r"\b(?:the|our|its|their|a|an|this|that|of|from|since|dated|following|after|than)\s+$", re.IGNORECASE
)
_TO_MEETING = re.compile(
    r"\b(?:to|by|before|into|for|(?<!given )(?<!raised )(?<!made )(?<!held )(?<!received )(?<!identified )at)"
    r"\s+(?:the|our|its|their|a|an)\s+$",
    re.IGNORECASE,
)
_MEETING = re.compile(
    r"[’']?s?\s+(?:[\w&’'-]+\s+){0,4}?(?:board|committee|meeting|authority|panel|forum|cabinet|council|conference"
    r"|seminar|away\s?day|session|group)\b(?!\s+(?:papers?|minutes|reports?|decisions?|members))",
    re.IGNORECASE,
)
_NAME_GOES_ON = re.compile(
    r"[’']?s?\s+(?!(?:and|or|to|for|with|when|where|which|but|as|at|in|on|by|so|once|after|following|subject|"
    r"depending|using|through|via|if|is|are|will|onwards?|if|alongside|across|against|pending|ahead|until|"
    r"before|prior|under|during|led|then|also)\b|(?:(?:financial|fiscal|calendar)\s+)?year\b(?!-))[A-Za-z]",
)
_EXPECTED = re.compile(
    r"\b(?:due\s+(?:for|in|on|by|at)|due\s+to\s+(?:be|take|start|begin|commence|finish|complete|conclude|close|open|launch|"
    r"go|report|return|meet|come|end|join|publish|deliver)\b|due\s*(?=[:\d(])|expected|scheduled|planned|anticipated|"
    r"projected|forecast|target(?:ed)?|estimated|intended|set\s+(?:for|to)|aim(?:ing|ed)?|will|shall|to\s+be|"
    r"(?:is|are)\s+(?:now\s+)?(?:taking\s+place|being\s+held|starting|beginning|returning)|"
    r"foreseen|go(?:es|ing)?[- ]live|completion|delivery|launch|deadline|eta|timescale)\b",
    re.IGNORECASE,
)
_BY = re.compile(
    r"\bby\s+(?:the\s+)?(?:(?:start|beginning|middle|end|close)\s+of\s+)?(?:the\s+)?"
    r"(?:(?:financial|fiscal|calendar)\s+year\s+)?$",
    re.IGNORECASE,
)
_ALSO_AHEAD = frozenset({"also_planned", "also_intended"})
_ANEW = re.compile(r"\b(?:will|shall|now|is|are)\b", re.IGNORECASE)
_NARRATED = re.compile(
    r"\b(?:was|were|had been|originally|initially|previously)\s+(?:\w+\s+){0,2}?"
    r"(?:due|expected|scheduled|planned|anticipated|intended|set|to be|meant|hoped|proposed|booked"
    r"|foreseen)\b",
    re.IGNORECASE,
)
_WAS_TO = re.compile(r"\b(?:was|were)\s+to\s+\w+", re.IGNORECASE)
_COUNTED = re.compile(r"\b\d[\d,]{0,12}\s*(?:of|/|out\s+of)\s*(?:the\s+|our\s+)?\d|\d\s?%", re.IGNORECASE)
_CONDITION = re.compile(r"\b(?:once|when|after|until|if|as\s+soon\s+as|following)\b", re.IGNORECASE)
_GONE = frozenset({"also_done", "also_in_place"})
_LATELY = 75
"""Days: a bare month in a promise means the one just gone, not next year's, where it ended no longer ago."""
_LATELY_SEASON = 35


def as_of_start(written: str, last_day: date | None) -> date | None:
    """The first day of the period that an ``as_of`` names: "2023-05" begins on 1 May 2023.

    Args:
        written: the ``as_of`` cell (ISO day, month or year).
        last_day: its last day; where the cell is empty or written otherwise, a last day that
            ends a month stands for the month.
    """
    if last_day is None:
        return None
    parts = re.fullmatch(r"(\d{4})(?:-(\d\d))?(?:-(\d\d))?", written.strip())
    if parts is None:
        ends_month = (last_day + timedelta(days=1)).day == 1
        return last_day.replace(day=1) if ends_month else last_day
    return date(int(parts[1]), int(parts[2] or 1), int(parts[3] or 1))


def promised_dates(sentence: Sentence, text: str) -> tuple[DateMention, ...]:
    """The dates in a sentence by which, or on which, it says that something is to happen.

    A date counts where the sentence speaks of the future (planned, intended) or expects
    something ("completion by …"), a word of time leads to the date ("by", "in", a bracket) and
    it stands after the word that makes the sentence future; a year in a name ("the 2022 report",
    "Strategy 2022/23") doesn't. Sentences that narrate an earlier intention ("was due in June
    but …") promise nothing by that date.

    Args:
        sentence: a sentence of ``text``.
        text: the whole text that the offsets refer to.
    """
    return tuple(mention for mention, narrated in _promises(sentence, text) if not narrated)


def as_meant(mention: DateMention, start: date | None) -> tuple[date, date]:
    """The first and last day that a promised date means: a bare month just gone is not next year's.

    Args:
        mention: a date that :func:`promised_dates` found.
        start: the first day of what the update's ``as_of`` names.
    """
    if start is None or _latest(mention, start, past=False) == mention.latest:
        return mention.earliest, mention.latest
    return _year_before(mention.earliest), _year_before(mention.latest)


def expired_date(sentence: Sentence, text: str, start: date, *, last_word: bool = True) -> DateMention | None:
    """The last date promised in a sentence, where every date in it had gone by.

    A bare month (or season) that was read as next year's is taken for the one just gone where that ended
    not long before: an update of September that says "will start in August" is out of date.
    What "was to be adopted in May" counts where the text says nothing further of it.

    Args:
        sentence: a sentence of ``text``.
        text: the whole text that the offsets refer to.
        start: the first day of what the update's ``as_of`` names.
        last_word: no other sentence of the text tells of the work.
    """
    found = _promises(sentence, text)
    own = len(sentence.cues) == 0 or not any(cue.kind.startswith("also_") for cue in sentence.cues)
    promised = [
        mention
        for mention, narrated in found
        if not narrated or (last_word and own and _WAS_TO.search(sentence.text))
    ]
    if not promised:
        return None
    narrated_at = {mention.start for mention, narrated in found if narrated}
    ends = [_latest(mention, start, past=mention.start in narrated_at) for mention in sentence.dates]
    if max(ends) >= start:
        return None  # a newer date in the same sentence replaces the one gone by
    return max(promised, key=lambda m: (_latest(m, start, past=m.start in narrated_at), m.start))


def _latest(mention: DateMention, start: date, *, past: bool) -> date:
    """The last day of a date, a bare month's in the year that it means."""
    if not mention.inferred_year or mention.latest < start:
        return mention.latest
    before = _year_before(mention.latest)
    lately = _LATELY_SEASON if mention.precision in {"season", "half", "quarter"} else _LATELY
    return before if before < start and (past or (start - before).days <= lately) else mention.latest


def _year_before(day: date) -> date:
    return day.replace(year=day.year - 1, day=28 if (day.month, day.day) == (2, 29) else day.day)


def _promises(sentence: Sentence, text: str) -> list[tuple[DateMention, bool]]:
    """The dates of a sentence by which something is to happen, and whether that is merely narrated."""
    if not sentence.dates:
        return []
    # A sentence that tells of something done may promise something in a later clause.
    future_at = [cue.start for cue in sentence.cues if cue.kind in _ALSO_AHEAD]
    if sentence.stage in _AHEAD:
        future_at.append(sentence.stage_cue.start if sentence.stage_cue else sentence.start)
    if sentence.stage in _AHEAD | _OPEN:
        expected = _EXPECTED.search(sentence.text)
        future_at += [sentence.start + expected.start()] if expected else []
    elif not future_at:
        return []
    promised: list[tuple[DateMention, bool]] = []
    counted = not future_at and _counts(sentence)
    for mention in sentence.dates:
        before = text[sentence.start : mention.start]
        ahead = any(at <= mention.start for at in future_at)
        ahead = ahead and not _told_since(sentence, future_at, mention, text)
        by = _BY.search(before[-30:]) is not None and not counted
        ahead = ahead or (sentence.stage in _AHEAD | _OPEN and by)
        told = _NARRATED.search(before)
        narrated = told is not None and _ANEW.search(before, told.end()) is None
        if ahead and _is_time(mention, text, sentence.start):
            promised.append((mention, narrated))
    return promised


def _counts(sentence: Sentence) -> bool:
    """Whether the sentence gives a share ("71 of 71", "40%"), which a date ("Q2 2023/24") is not."""
    return any(
        all(
            sentence.start + match.end() <= d.start or sentence.start + match.start() >= d.end
            for d in sentence.dates
        )
        for match in _COUNTED.finditer(sentence.text)
    )


def _told_since(sentence: Sentence, future_at: list[int], mention: DateMention, text: str) -> bool:
    """Whether a clause about what is done stands between the promise and the date."""
    promise = max(at for at in future_at if at <= mention.start)
    told = [cue.start for cue in sentence.cues if cue.kind in _GONE]
    if sentence.stage_cue and sentence.stage in {Stage.DONE, Stage.IN_PLACE}:
        told.append(sentence.stage_cue.start)
    stops = [cue.start for cue in sentence.cues if cue.kind == "also_stopped"]
    if sentence.stage_cue and sentence.stage is Stage.STOPPED:
        stops.append(sentence.stage_cue.start)
    if any(at > mention.start for at in stops):
        return True  # "planned for May did not happen"
    since = [at for at in told if promise < at < mention.start]
    return any(_CONDITION.search(text[promise:at]) is None for at in since)


def ahead_in_plan(analysis: TextAnalysis) -> tuple[DateMention, ...]:
    """The dates in a list of planned actions by which they are to be done.

    Everything in such a list lies ahead unless its sentence says that it is done, so a date
    needs only a word of time before it ("by 31 May 2023").
    """
    return tuple(
        mention
        for sentence in analysis.sentences
        if sentence.stage not in {Stage.DONE, Stage.IN_PLACE, Stage.STOPPED, Stage.DECLINED}
        for mention in sentence.dates
        if _is_time(mention, analysis.text, sentence.start)
    )


def _is_time(mention: DateMention, text: str, start: int) -> bool:
    """Whether the date says when, and isn't part of a name."""
    before = text[max(start, mention.start - 40) : mention.start]
    if not before.strip():
        return mention.precision not in {"year", "financial_year"}
    if mention.precision in {"year", "financial_year"} and _NAME_GOES_ON.match(text, mention.end):
        return False
    if _TO_MEETING.search(before) and _MEETING.match(text, mention.end):
        return True  # "to the June 2024 board"
    if mention.precision == "day" and _ATTRIBUTE.search(before) is None:
        return True  # "goes live 1 July 2024"
    return _RELATIVE.match(mention.text) is not None or _PREPOSITION.search(before) is not None
