"""An analysis without its words: where in the text what was found stands, as JSON has it, and back.

What is kept on disk for later runs is this, so that no word of an update lies there twice.
"""

from __future__ import annotations

from datetime import date
from itertools import chain
from typing import Any

from nlpkit.language.annotations import DateMention, Reference, Sentence, Span, Stage, TextAnalysis

__all__ = ["analysis_of", "marks_of"]

_STAGES = tuple(Stage)
_NUMBERS = {stage: number for number, stage in enumerate(_STAGES)}


def marks_of(analysis: TextAnalysis) -> list[Any]:
    """What :func:`analysis_of` needs beside the text; ids of actions that are referred to are in it."""
    return [
        [
            s.start,
            s.end,
            _NUMBERS[s.stage],
            _spans((s.stage_cue,) if s.stage_cue else ()),
            _spans(s.cues),
            [
                [d.start, d.end, d.earliest.toordinal(), d.latest.toordinal(), d.precision, d.inferred_year]
                for d in s.dates
            ],
            _spans(s.facts),
            [[r.start, r.end, r.kind, *r.targets] for r in s.references],
        ]
        for s in analysis.sentences
    ]


def analysis_of(text: str, marks: list[Any]) -> TextAnalysis:
    """The analysis of a text again.

    Raises:
        IndexError, TypeError, ValueError: the marks are none of :func:`marks_of`.
    """
    return TextAnalysis(text, tuple([_sentence(text, *one) for one in marks]))


def _spans(spans: tuple[Span, ...]) -> list[Any]:
    return list(chain.from_iterable((span.start, span.end, span.kind) for span in spans))


def _restored(text: str, marks: list[Any]) -> tuple[Span, ...]:
    if not marks:
        return ()
    places = zip(marks[::3], marks[1::3], marks[2::3], strict=True)
    return tuple([Span(text[start:end], start, end, kind) for start, end, kind in places])


def _sentence(
    text: str,
    start: int,
    end: int,
    stage: int,
    stage_cue: list[Any],
    cues: list[Any],
    dates: list[Any],
    facts: list[Any],
    references: list[Any],
) -> Sentence:
    return Sentence(
        text[start:end],
        start,
        end,
        _STAGES[stage],
        _restored(text, stage_cue)[0] if stage_cue else None,
        _restored(text, cues),
        tuple(
            [
                DateMention(
                    text[a:b], a, b, date.fromordinal(first), date.fromordinal(last), precision, inferred
                )
                for a, b, first, last, precision, inferred in dates
            ]
        ),
        _restored(text, facts),
        tuple([Reference(text[a:b], a, b, kind, tuple(targets)) for a, b, kind, *targets in references]),
    )
