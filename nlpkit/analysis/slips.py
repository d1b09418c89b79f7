"""Promises that slipped: a later date for the same thing than an earlier update gave.

Two sentences promise the same thing where they name the same things and the same deed ("the doors
will be fitted"), by the stems of their content words (the words are in ``lexicons/slips.json``). The
bar is high, since a wrong accusation costs more than a slip not told: what differs by a phase, place
or name, comes round again ("the next meeting"), or was told as done in between, is no slip. Nor is a
date that the later one merely makes exact.

Beside what the updates say, the deadline that the plan gives for the action counts ("field": "due").
"""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import date
from functools import cache

import pandas as pd

from nlpkit.analysis.actions import Before, Reason, Row, earlier, rows_of
from nlpkit.analysis.promises import as_meant, promised_dates
from nlpkit.analysis.topic import content_stems
from nlpkit.features import Features
from nlpkit.language import analyse
from nlpkit.language.annotations import DateMention, Sentence, Stage
from nlpkit.language.terms import content_terms, stem
from nlpkit.resources import lexicon

__all__ = ["KIND", "find"]

KIND = "slipped"
"""The ``kind`` of these reasons in ``stale_why``; no label of ``stale``."""

_SHARED = 0.75  # of the fewer things named, what both must name
_ALIKE = 0.6  # of all things named, what both must name where each names some of its own
_SAME_DEED, _NO_DEED = 2, 3  # things that both must name, where a deed is the same and where none is named
_HAPPENED = frozenset({Stage.DONE, Stage.IN_PLACE})
_WORD = re.compile(r"[^\W_]+(?:[-'’][^\W_]+)*")
_PART_OF = re.compile(r"(?:(?:the\s+)?(?:start|beginning|middle|end|close)\s+of\s+)?(?:the\s+)?\Z")
_BREAK = re.compile(r"[.;•\n](?=\s)")  # in a sentence: several run together
_NUMBER = (
    r"\d+|[a-z]\b|[ivx]+\b|one|two|three|four|five|six|seven|eight|nine|ten"
    r"|first|second|third|fourth|fifth|final|last"
)


@dataclass(frozen=True, slots=True)
class _Thing:
    """What a passage speaks of: things and deeds by stem, phases and the like, names."""

    things: frozenset[str]
    deeds: frozenset[str]
    numbers: frozenset[tuple[str, ...]]
    names: frozenset[str]
    again: bool


@dataclass(frozen=True, slots=True)
class _Promise:
    row: Row
    sentence: Sentence
    mention: DateMention
    first: date
    last: date
    thing: _Thing


def find(updates: pd.DataFrame, features: Features, before: Before | None = None) -> list[list[Reason]]:
    """The promises of each update that are later than an earlier update on the action made them.

    Args:
        updates: an update table.
        features: what :func:`nlpkit.features.compute` made of the same rows.
        before: earlier updates that the table's are held against too.

    Returns:
        For each row of the table a list of reasons for ``stale_why``: ``text`` (the sentence, or the
        deadline as written, with ``field``), ``kind`` "slipped", ``start``, ``end``, ``of`` (row id of
        the update that first gave a date), ``date`` (the dates given so far, ISO, in order of time,
        the update's own last), ``where`` (row ids of the updates that gave them) and ``note``.
    """
    rows = rows_of(updates, features, before)
    held = Counter(row.action for row in rows)
    promises = {row.place: _promises(row) for row in rows[: len(updates)] if held[row.action] > 1}
    promising = {rows[at].action for at, made in promises.items() if made}
    for row in _read([row for row in rows if row.known and row.action in promising]):
        promises[row.place] = _promises(row)
        rows[row.place] = row
    actions: dict[int, list[Row]] = defaultdict(list)
    for row in rows:
        actions[row.action].append(row)
    found: list[list[Reason]] = []
    for row in rows[: len(updates)]:
        past = [other for other in actions[row.action] if earlier(other, row)]
        past.sort(
            key=lambda other: (other.as_of or date.min, other.period_rank, other.document, other.row_id)
        )
        slipped = [_slip(promise, past, promises) for promise in promises.get(row.place, ())]
        found.append([why for why in (*slipped, _moved_deadline(row, past)) if why is not None])
    return found


def _read(rows: Sequence[Row]) -> list[Row]:
    """Earlier updates with their sentences, which nothing but a promise asks for."""
    made = analyse([row.update.text for row in rows], as_of=[row.as_of for row in rows])
    return [replace(row, update=analysis) for row, analysis in zip(rows, made, strict=True)]


def _slip(promise: _Promise, past: Sequence[Row], promises: dict[int, list[_Promise]]) -> Reason | None:
    given: list[_Promise] = []
    for row in past:
        same = [one for one in promises.get(row.place, ()) if _same(one.thing, promise.thing)]
        if same:
            given.append(max(same, key=lambda one: (one.last, one.mention.start)))
    moved = [one for one in given if _later(promise, one)]
    if not moved or _fulfilled(moved[0], promise, past):
        return None
    # a date of a guessed year that may be the same one is left out
    dates = [(one.last, one.row) for one in given if one in moved or one.last >= promise.first]
    return _reason(promise.sentence.text, promise.sentence.start, dates, (promise.last, promise.row))


def _later(new: _Promise, old: _Promise) -> bool:
    """Whether a date lies wholly after another; the same month of a year guessed is the same date."""
    guessed = new.mention.inferred_year or old.mention.inferred_year
    if guessed and (new.first.month, new.last.month) == (old.first.month, old.last.month):
        return False
    return new.first > old.last


def _moved_deadline(row: Row, past: Sequence[Row]) -> Reason | None:
    if row.due is None:
        return None
    # "March" written twice is one date, whatever years were guessed for it
    dates = [
        (other.due, other)
        for other in past
        if other.due and (other.due == row.due or _plain(other.due_text) != _plain(row.due_text))
    ]
    why = _reason(row.due_text, 0, dates, (row.due, row))
    return None if why is None else why | {"field": "due"}


def _plain(text: str) -> str:
    return " ".join(_WORD.findall(text.casefold()))


def _reason(text: str, start: int, given: Iterable[tuple[date, Row]], now: tuple[date, Row]) -> Reason | None:
    """The reason, with the dates given in order of time; None where none of them was earlier.

    Of several dates given at one moment the latest counts; one that was given again is told once.
    """
    latest: dict[date | str, tuple[date, Row]] = {}
    for day, row in given:
        moment = row.as_of or row.period
        if moment not in latest or day > latest[moment][0]:
            latest[moment] = (day, row)
    told: list[tuple[date, Row]] = []
    for day, row in (*latest.values(), now):
        if not told or told[-1][0] != day:
            told.append((day, row))
    first = next(((day, row) for day, row in told if day < now[0]), None)
    if first is None:
        return None
    days = (now[0] - first[0]).days
    return {
        "text": text,
        "kind": KIND,
        "start": start,
        "end": start + len(text),
        "of": first[1].row_id,
        "date": [day.isoformat() for day, _ in told],
        "where": [row.row_id for _, row in told],
        "note": f"given as {first[0].isoformat()} before, now as {now[0].isoformat()}: {days} days later",
    }


def _promises(row: Row) -> list[_Promise]:
    """The dates promised in an update, each with what is promised by it.

    That is the sentence; where it promises several dates, or is several run together, the part of it
    up to the date.
    """
    found = []
    text = row.update.text
    for sentence in row.update.sentences:
        dates = promised_dates(sentence, text)
        at = sentence.start
        for mention in dates:
            breaks = [m.end() for m in _BREAK.finditer(text, at, mention.start)]
            start = breaks[-1] if breaks else at
            rest = _BREAK.search(text, mention.end, sentence.end)
            end = mention.end if len(dates) > 1 else rest.start() if rest else sentence.end
            thing = _thing(text[start:end], [m.text for m in sentence.dates])
            found.append(_Promise(row, sentence, mention, *as_meant(mention, row.start), thing))
            at = mention.end
    return found


def _fulfilled(old: _Promise, new: _Promise, past: Sequence[Row]) -> bool:
    """Whether an update since the old promise, the new one's own included, tells the thing as done."""
    since = [row for row in (*past, new.row) if row is new.row or earlier(old.row, row)]
    for row in since:
        for sentence in row.update.sentences:
            if sentence.stage in _HAPPENED and sentence.start != new.sentence.start:
                done = _thing(sentence.text, [m.text for m in sentence.dates])
                if done.deeds & old.thing.deeds and _share(done.things, old.thing.things) >= _SHARED:
                    return True
    return False


# -- the same thing ----------------------------------------------------------------------------


@cache
def _stems(kind: str) -> frozenset[str]:
    return frozenset(stem(word) for word in lexicon("slips")[kind])


@cache
def _deeds() -> dict[str, str]:
    return {stem(word): kind for kind, words in lexicon("slips")["deeds"].items() for word in words}


@cache
def _contrasts() -> tuple[frozenset[str], ...]:
    return tuple(frozenset(map(stem, words)) for words in lexicon("slips")["contrasts"])


@cache
def _numbered() -> re.Pattern[str]:
    words = "|".join(map(re.escape, lexicon("slips")["numbered"]))
    return re.compile(rf"\b(?:({words})s?\s+({_NUMBER})\b|({_NUMBER})\s+({words})\b)", re.IGNORECASE)


def _without(passage: str, date_said: str) -> str:
    """The passage without a date, wherever it stands, and without "the end of" before it."""
    *before, rest = passage.split(date_said)
    kept = []
    for part in before:
        lead = _PART_OF.search(part)
        kept.append(part[: lead.start()] if lead else part)
    return " ".join([*kept, rest])


def _thing(passage: str, dates: Iterable[str]) -> _Thing:
    for text in dates:
        passage = _without(passage, text)
    said = {found for found, _ in content_terms(passage)}
    deeds = frozenset(_deeds()[one] for one in said if one in _deeds())
    things = content_stems(passage) - _deeds().keys() - _stems("noise") - _stems("again")
    words = [match[0].casefold() for match in _WORD.finditer(passage)]
    numbers = frozenset(
        tuple(sorted(part.casefold() for part in match.groups() if part))
        for match in _numbered().finditer(passage)
    )
    capitals = [match[0] for match in _WORD.finditer(passage) if match[0][0].isupper()][
        1 if passage[:1].isupper() else 0 :
    ]
    names = frozenset(found for word in capitals for found, _ in content_terms(word))
    return _Thing(things, deeds, numbers, names, not set(lexicon("slips")["again"]).isdisjoint(words))


def _share(one: frozenset[str], other: frozenset[str]) -> float:
    return len(one & other) / min(len(one), len(other)) if one and other else 0.0


def _same(one: _Thing, other: _Thing) -> bool:
    """Whether two passages speak of the same thing being done."""
    if one.again or other.again or one.numbers != other.numbers:
        return False
    if one.deeds - other.deeds and other.deeds - one.deeds:
        return False  # "will begin" and "will end"
    shared = one.things & other.things
    deed = one.deeds & other.deeds
    if len(shared) < (_SAME_DEED if deed else _NO_DEED) and not (
        deed and shared and one.things == other.things
    ):
        return False
    mine, theirs = one.things - shared, other.things - shared
    if any(mine & words and theirs & words for words in _contrasts()):
        return False
    if mine and theirs:
        named = mine & one.names or theirs & other.names
        return not named and len(shared) >= _ALIKE * len(one.things | other.things)
    return _share(one.things, other.things) >= _SHARED
