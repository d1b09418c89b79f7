"""Dates that a text gives for something still to come."""

from __future__ import annotations

import re
from datetime import date, timedelta

from nlpkit.language.annotations import DateMention, Sentence, Stage, TextAnalysis

__all__ = ["ahead_in_plan", "as_of_start", "promised_dates"]

_AHEAD = frozenset({Stage.PLANNED, Stage.INTENDED})
_OPEN = frozenset({Stage.UNDER_WAY, Stage.NOT_STARTED, Stage.NONE})
_PREPOSITION = re.compile(
    r"(?:\b(?:by|in|on|from|until|before|during|for|at|due|around|circa|over|within|throughout|of|is|date|"
    r"starting|commencing|beginning|ending|than|end|early|mid|late|this|next|coming)|[:(–—-])"
    r"\s*(?:the\s+)?(?:(?:start|beginning|middle|end|close|first half|second half)\s+of\s+)?"
    r"(?:the\s+)?[(‘'\"]?$",
    re.IGNORECASE,
)
_RELATIVE = re.compile(r"(?:next|this|later|early|mid|late|end|start)\b", re.IGNORECASE)
_NAME_GOES_ON = re.compile(
    r"[’']?s?\s+(?!(?:and|or|to|for|with|when|where|which|but|as|at|in|on|by|so|once|after|following|subject|"
    r"depending|using|through|via|if|is|are|will|onwards?|if|alongside|across|against|pending|ahead|until|"
    r"before|prior|under|during|led|then|also)\b)[A-Za-z]",
)
_EXPECTED = re.compile(
    r"\b(?:due\s+(?:for|in|on|by|at)|due\s+to\s+(?:be|take|start|begin|commence|finish|complete|conclude|close|open|launch|"
    r"go|report|return|meet|come|end|join|publish|deliver)\b|due\s*(?=[:\d(])|expected|scheduled|planned|anticipated|"
    r"projected|forecast|target(?:ed)?|estimated|intended|set\s+(?:for|to)|aim(?:ing|ed)?|will|shall|to\s+be|"
    r"(?:is|are)\s+(?:now\s+)?(?:taking\s+place|being\s+held|starting|beginning|returning)|"
    r"go(?:es|ing)?[- ]live|completion|delivery|launch|deadline|eta|timescale)\b",
    re.IGNORECASE,
)
_BY = re.compile(
    r"\bby\s+(?:the\s+)?(?:(?:start|beginning|middle|end|close)\s+of\s+)?(?:the\s+)?$", re.IGNORECASE
)
_ALSO_AHEAD = frozenset({"also_planned", "also_intended"})
_ANEW = re.compile(r"\b(?:will|shall|now|is|are)\b", re.IGNORECASE)
_NARRATED = re.compile(
    r"\b(?:was|were|had been|originally|initially|previously)\s+(?:\w+\s+){0,2}?"
    r"(?:due|expected|scheduled|planned|anticipated|intended|set|to be|meant|hoped)\b",
    re.IGNORECASE,
)


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
    # A sentence that tells of something done may promise something in a later clause.
    future_at = [cue.start for cue in sentence.cues if cue.kind in _ALSO_AHEAD]
    if sentence.stage in _AHEAD:
        future_at.append(sentence.stage_cue.start if sentence.stage_cue else sentence.start)
    if sentence.stage in _AHEAD | _OPEN:
        expected = _EXPECTED.search(sentence.text)
        future_at += [sentence.start + expected.start()] if expected else []
    elif not future_at:
        return ()
    promised: list[DateMention] = []
    for mention in sentence.dates:
        before = text[sentence.start : mention.start]
        ahead = any(at <= mention.start for at in future_at)
        ahead = ahead or (sentence.stage in _AHEAD | _OPEN and _BY.search(before[-30:]) is not None)
        told = _NARRATED.search(before)
        narrated = told is not None and _ANEW.search(before, told.end()) is None
        if ahead and not narrated and _is_time(mention, text, sentence.start):
            promised.append(mention)
    return tuple(promised)


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
    return _RELATIVE.match(mention.text) is not None or _PREPOSITION.search(before) is not None
