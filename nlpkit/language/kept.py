"""Analyses of texts as JSON has them, and back, so that finished ones can be kept."""

from __future__ import annotations

from datetime import date
from typing import Any

from nlpkit.language.annotations import DateMention, Reference, Sentence, Span, Stage, TextAnalysis

__all__ = ["analysis_from_json", "analysis_to_json"]


def analysis_to_json(analysis: TextAnalysis, *, facts: bool = True) -> list[Any]:
    """One analysis, its text first; without its facts where they are not needed again."""
    return [analysis.text, [_sentence(sentence, facts) for sentence in analysis.sentences]]


def analysis_from_json(kept: list[Any]) -> TextAnalysis:
    """The analysis that :func:`analysis_to_json` was given."""
    text, sentences = kept
    return TextAnalysis(text, tuple(_restored(sentence) for sentence in sentences))


def _sentence(sentence: Sentence, facts: bool) -> list[Any]:
    return [
        sentence.text,
        sentence.start,
        sentence.end,
        sentence.stage.value,
        None if sentence.stage_cue is None else _span(sentence.stage_cue),
        [_span(cue) for cue in sentence.cues],
        [
            [
                d.text,
                d.start,
                d.end,
                d.earliest.isoformat(),
                d.latest.isoformat(),
                d.precision,
                d.inferred_year,
            ]
            for d in sentence.dates
        ],
        [_span(fact) for fact in sentence.facts if facts],
        [[r.text, r.start, r.end, r.kind, list(r.targets)] for r in sentence.references],
    ]


def _span(span: Span) -> list[Any]:
    return [span.text, span.start, span.end, span.kind]


def _restored(kept: list[Any]) -> Sentence:
    text, start, end, stage, cue, cues, dates, facts, references = kept
    return Sentence(
        text,
        start,
        end,
        Stage(stage),
        None if cue is None else Span(*cue),
        tuple(Span(*one) for one in cues),
        tuple(
            DateMention(said, a, b, date.fromisoformat(first), date.fromisoformat(last), *rest)
            for said, a, b, first, last, *rest in dates
        ),
        tuple(Span(*one) for one in facts),
        tuple(Reference(said, a, b, kind, tuple(targets)) for said, a, b, kind, targets in references),
    )
