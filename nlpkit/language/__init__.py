"""What a text says: its sentences and, for each, stage, cues, dates, facts and references."""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date

from nlpkit.language.annotations import (
    DateMention,
    Reference,
    Sentence,
    Span,
    Stage,
    TextAnalysis,
)
from nlpkit.language.cues import find_cues
from nlpkit.language.dates import Resolve, date_spans, find_dates, parse_as_of, period_end
from nlpkit.language.facts import DateAt, find_facts
from nlpkit.language.references import find_references
from nlpkit.language.sentences import split_sentences
from nlpkit.language.stages import Clause, Staged, opening_length, stage_of
from nlpkit.language.tagging import Token, tag_sentences

__all__ = [
    "DateMention",
    "Reference",
    "Sentence",
    "Span",
    "Stage",
    "TextAnalysis",
    "analyse",
    "date_spans",
    "dated",
    "find_dates",
    "find_references",
    "parse_as_of",
    "period_end",
    "split_sentences",
]

_FUTURE = frozenset({Stage.PLANNED, Stage.INTENDED, Stage.NOT_STARTED})
_PAST = frozenset({Stage.DONE})
_LASTING = frozenset({Stage.DONE, Stage.IN_PLACE, Stage.UNDER_WAY})


_PROMISES = re.compile(
    r"\b(?:identified|agreed|proposed|planned|set|prioritised|recommended|required|needed|outstanding|next|will"
    r"|to be)\b",
    re.IGNORECASE,
)
"""Words by which an introduction speaks of what should be done, whatever its own tense."""


@dataclass(frozen=True, slots=True)
class _Read:
    """All that a sentence says by itself, whenever it was written; offsets into the sentence."""

    tokens: tuple[Token, ...]
    staged: Staged
    cues: tuple[Span, ...]
    references: tuple[Reference, ...]
    introduces: bool  # ends in a colon, and speaks of what is done
    listed: bool  # opens with a bullet or a number


def analyse(texts: Sequence[str], *, as_of: Sequence[date | None] | None = None) -> list[TextAnalysis]:
    """Read texts sentence by sentence.

    Each distinct sentence is tagged once, however many texts hold it. Nothing is kept between calls.

    Args:
        texts: updates or any other texts.
        as_of: when each was written, one for each text; months without a year are resolved against
            it (the next occurrence in a clause about the future, the last in one about what is done).

    Returns:
        One analysis for each text, in order; all offsets are into the text.

    Raises:
        ValueError: ``as_of`` is not as long as ``texts``.
        NlpkitError: spaCy's English model is missing.
    """
    when: Sequence[date | None] = as_of if as_of is not None else [None] * len(texts)
    if len(when) != len(texts):
        raise ValueError(f"as_of has {len(when)} dates for {len(texts)} texts")
    spans = [split_sentences(text) for text in texts]
    distinct = dict.fromkeys(
        text[start:end] for text, found in zip(texts, spans, strict=True) for start, end in found
    )
    read = _read(list(distinct))
    made: dict[tuple[str, date | None], TextAnalysis] = {}
    for text, found, moment in zip(texts, spans, when, strict=True):
        if (text, moment) not in made:
            made[text, moment] = TextAnalysis(
                text,
                tuple(
                    _sentence(text, start, end, one, moment)
                    for (start, end), one in zip(
                        found, _in_lists([read[text[a:b]] for a, b in found]), strict=True
                    )
                ),
            )
    return [made[key] for key in zip(texts, when, strict=True)]


def dated(texts: Sequence[str], *, as_of: Sequence[date | None]) -> list[TextAnalysis]:
    """Read texts for their dates only: what :func:`analyse` says of them is left out but for that.

    Sentences are tagged only where a month without a year is resolved by what its clause says.

    Args, Returns:
        As :func:`analyse`.
    """
    made = [
        TextAnalysis(
            text,
            tuple(
                _with_dates(text, start, end, find_dates(text[start:end], as_of=moment))
                for start, end in split_sentences(text)
            ),
        )
        for text, moment in zip(texts, as_of, strict=True)
    ]
    unsure = [
        place
        for place, one in enumerate(made)
        if any(mention.inferred_year for sentence in one.sentences for mention in sentence.dates)
    ]
    whole = analyse([texts[place] for place in unsure], as_of=[as_of[place] for place in unsure])
    for place, one in zip(unsure, whole, strict=True):
        sentences = zip(made[place].sentences, one.sentences, strict=True)
        made[place] = replace(one, sentences=tuple(replace(own, dates=s.dates) for own, s in sentences))
    return made


def _read(sentences: list[str]) -> dict[str, _Read]:
    openings = [opening_length(sentence) for sentence in sentences]
    tagged = tag_sentences([s[n:] for s, n in zip(sentences, openings, strict=True)])
    read: dict[str, _Read] = {}
    for sentence, opening, tokens in zip(sentences, openings, tagged, strict=True):
        words = tokens
        if opening:
            words = [Token(t.text, t.lower, t.tag, t.start + opening, t.end + opening) for t in tokens]
        references = find_references(sentence)
        deaf = [(r.start, r.end) for r in references if r.kind != "mention"]
        staged = stage_of(sentence, words, deaf)
        stages = [(clause.start, clause.end, clause.stage) for clause in staged.clauses]
        if not stages:
            stages = [(0, len(sentence), staged.stage)]
        cues = find_cues(sentence, stages) + _also(sentence, staged)
        read[sentence] = _Read(
            tuple(words),
            staged,
            tuple(sorted(cues, key=lambda cue: (cue.start, cue.end, cue.kind))),
            tuple(references),
            introduces=sentence.rstrip().endswith(":") and _PROMISES.search(sentence) is None,
            listed=opening > 0,
        )
    return read


def _in_lists(sentences: list[_Read]) -> list[_Read]:
    """Give instructions in a list the stage of the words that introduce it.

    After "To reach more people we have:" the item "Use social media" tells of what is done, after
    "Still to do:" of what is planned.
    """
    introduced = Stage.NONE
    items = False
    placed: list[_Read] = []
    for sentence in sentences:
        staged = sentence.staged
        if sentence.introduces:
            introduced, items = staged.stage, False
        elif introduced in _LASTING and staged.bare and staged.main is not None:
            main = replace(staged.main, stage=introduced)
            clauses = tuple(main if clause is staged.main else clause for clause in staged.clauses)
            sentence = replace(sentence, staged=Staged(introduced, main, clauses))
        elif not sentence.listed and not items:
            introduced = Stage.NONE
        items = items or sentence.listed
        placed.append(sentence)
    return placed


def _also(sentence: str, staged: Staged) -> list[Span]:
    """The clauses whose stage is not the sentence's, as cues "also_planned", "also_done" …"""
    return [
        Span(sentence[c.cue_start : c.cue_end], c.cue_start, c.cue_end, f"also_{c.stage.value}")
        for c in staged.clauses
        if c is not staged.main
        and c.stage not in {Stage.NONE, staged.stage}
        and not (c.subordinate and c.stage is Stage.IN_PLACE)
    ]


def _clause_at(staged: Staged, position: int) -> Stage:
    clauses: tuple[Clause, ...] = staged.clauses
    if not clauses:
        return staged.stage
    stage = clauses[max(0, bisect_right([c.start for c in clauses], position) - 1)].stage
    return staged.stage if stage is Stage.NONE else stage


def _sentence(text: str, start: int, end: int, read: _Read, as_of: date | None) -> Sentence:
    own = text[start:end]
    staged = read.staged
    dates = _dates(own, staged, as_of)
    resolved = {(d.start, d.end): d for d in dates}
    seen = [_date_at(span, resolved.get(span), as_of) for span in date_spans(own)]
    facts = find_facts(
        own,
        read.tokens,
        seen,
        [(r.start, r.end) for r in read.references],
        lambda position: _clause_at(staged, position),
    )
    main = staged.main
    return Sentence(
        text=own,
        start=start,
        end=end,
        stage=staged.stage,
        stage_cue=None
        if main is None
        else Span(
            own[main.cue_start : main.cue_end],
            start + main.cue_start,
            start + main.cue_end,
            staged.stage.value,
        ),
        cues=tuple(Span(c.text, start + c.start, start + c.end, c.kind) for c in read.cues),
        dates=_moved(dates, start),
        facts=tuple(Span(f.text, start + f.start, start + f.end, f.kind) for f in facts),
        references=tuple(
            Reference(r.text, start + r.start, start + r.end, r.kind, r.targets) for r in read.references
        ),
    )


def _with_dates(text: str, start: int, end: int, dates: Sequence[DateMention]) -> Sentence:
    return Sentence(text[start:end], start, end, Stage.NONE, None, dates=_moved(dates, start))


def _moved(dates: Sequence[DateMention], by: int) -> tuple[DateMention, ...]:
    return tuple(
        DateMention(d.text, by + d.start, by + d.end, d.earliest, d.latest, d.precision, d.inferred_year)
        for d in dates
    )


def _date_at(span: tuple[int, int], mention: DateMention | None, as_of: date | None) -> DateAt:
    """A date for the facts; one that cannot be resolved is believed to have passed."""
    passed = mention is None or as_of is None or mention.earliest <= as_of
    exact = mention is None or mention.precision in {"day", "month", "quarter", "season", "half"}
    if mention is not None and mention.precision == "range":
        exact = (mention.latest - mention.earliest).days < 200
    return DateAt(*span, passed, exact)


def _dates(sentence: str, staged: Staged, as_of: date | None) -> list[DateMention]:
    """The dates of a sentence, each resolved by the stage of its clause."""
    nearest = find_dates(sentence, as_of=as_of)
    if as_of is None or not any(mention.inferred_year for mention in nearest):
        return nearest
    by_way: dict[Resolve, list[DateMention]] = {"nearest": nearest}
    chosen: list[DateMention] = []
    for k, mention in enumerate(nearest):
        stage = _clause_at(staged, mention.start)
        way: Resolve = "next" if stage in _FUTURE else "last" if stage in _PAST else "nearest"
        if way not in by_way:
            by_way[way] = find_dates(sentence, as_of=as_of, resolve=way)
        chosen.append(by_way[way][k])
    return chosen
