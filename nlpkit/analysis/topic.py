"""Does a passage speak of what was asked? Shared content words, by stem; no judgement of its own."""

from __future__ import annotations

from functools import cache, lru_cache

import pandas as pd

from nlpkit.features import Features
from nlpkit.language.terms import content_terms, stem
from nlpkit.resources import lexicon

__all__ = ["content_stems", "coverage", "off_topic"]

_REACH = 6  # of the shorter side's words, the most that need to be shared


@cache
def _said_of_any_plan() -> frozenset[str]:
    """Stems of the words that any recommendation or update may hold: they show no topic."""
    return frozenset(stem(word) for word in lexicon("status_weights")["said_of_any_plan"])


@lru_cache(maxsize=20_000)
def content_stems(text: str) -> frozenset[str]:
    """The stems of a text's content words, without those that any plan is full of."""
    return frozenset(word for word, _ in content_terms(text)) - _said_of_any_plan()


def coverage(asked: str, said: str) -> float:
    """How far (0 to 1) a passage speaks of what was asked: stems shared, over those of the shorter side.

    That side counts six stems at most, so that a long recommendation does not ask of every sentence
    that it answers all of it.
    """
    left, right = content_stems(asked), content_stems(said)
    if not left or not right:
        return 0.0
    return min(1.0, len(left & right) / min(len(left), len(right), _REACH))


_WORDS_SAID, _WORDS_ASKED = 4, 8  # content words, at least, for their not meeting to mean anything
_BY_WORDS_ALONE = 0.6


def off_topic(updates: pd.DataFrame, features: Features) -> list[float]:
    """How surely (0 to 1) each update speaks of something else than was asked.

    Services put things in their own terms, so the bar is high: a recommendation and outcome of some
    length of which the update shares no content word, without a reference elsewhere. Where an
    encoder is at hand, the meaning must be far apart too (cosine below ``off_topic_similarity``).
    """
    asked = [
        f"{features.recommendation[i].text} {updates['required_outcome'].iloc[i]}".strip()
        for i in range(len(updates))
    ]
    away = [0.0] * len(updates)
    strange = [
        i
        for i in range(len(updates))
        if len(content_stems(asked[i])) >= _WORDS_ASKED
        and len(content_stems(features.update[i].text)) >= _WORDS_SAID
        and coverage(asked[i], features.update[i].text) == 0
        and not any(
            s.references or any(cue.kind == "no_change" for cue in s.cues)
            for s in features.update[i].sentences
        )
    ]
    if features.encoder is None:
        for i in strange:
            away[i] = _BY_WORDS_ALONE
    elif strange:
        least = float(lexicon("evidence_weights")["off_topic_similarity"])
        said = features.vectors([features.update[i].text for i in strange])
        wanted = features.vectors([asked[i] for i in strange])
        for i, cosine in zip(strange, (said * wanted).sum(axis=1), strict=True):
            away[i] = 1.0 if cosine < least else 0.0
    return away
