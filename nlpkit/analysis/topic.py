"""Does a passage speak of what was asked? Shared content words, by stem; no judgement of its own."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache, lru_cache

import numpy as np
import pandas as pd

from nlpkit.features import Features
from nlpkit.language.annotations import Stage, TextAnalysis
from nlpkit.language.terms import content_terms, stem
from nlpkit.resources import lexicon

__all__ = ["Doubtful", "compared_texts", "content_stems", "coverage", "doubtful", "off_topic"]

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
_THINGS = 3  # content words that an update needs to tell plainly of something
_BY_WORDS_ALONE = 0.6


@dataclass(frozen=True, slots=True)
class Doubtful:
    """What was asked in each row, and the rows whose words leave open whether they speak of it.

    Attributes:
        asked: recommendation and outcome of every row.
        strange: the rows that share no word with a goal of some length.
        other: the rows that plainly tell of other things.
    """

    asked: Sequence[str]
    strange: Sequence[int]
    other: Sequence[int]


def off_topic(updates: pd.DataFrame, features: Features, found: Doubtful | None = None) -> list[float]:
    """How surely (0 to 1) each update speaks of something else than was asked.

    Services put things in their own terms, so the bar is high: a recommendation and outcome of some
    length of which the update shares no content word, without a reference elsewhere. Where an
    encoder is at hand, the meaning must be far apart too (cosine below ``off_topic_similarity``), and
    a short recommendation suffices where nothing in meaning or words ties it to an update that plainly
    tells of other things done (:func:`_tells_of_other_things`).

    Args:
        updates: an update table.
        features: of the same rows.
        found: by :func:`doubtful`, if that is known already.
    """
    found = found or doubtful(updates, features)
    asked, strange, other = found.asked, found.strange, found.other
    away = [0.0] * len(updates)
    if features.encoder is None:
        for i in strange:
            away[i] = _BY_WORDS_ALONE
        return away
    if strange:
        least = float(lexicon("evidence_words")["off_topic_similarity"])
        said = features.pooled([features.update[i].text for i in strange])
        wanted = features.pooled([asked[i] for i in strange])
        for i, cosine in zip(strange, (said * wanted).sum(axis=1), strict=True):
            away[i] = 1.0 if cosine < least else 0.0
    if other:
        most = float(lexicon("evidence_words")["off_topic_far"])
        said = features.pooled([features.update[i].text for i in other])
        goal = features.pooled([asked[i] for i in other])
        plan = features.pooled([features.planned_action[i].text or asked[i] for i in other])
        nearest = np.maximum((said * goal).sum(axis=1), (said * plan).sum(axis=1))
        for i, cosine in zip(other, nearest, strict=True):
            away[i] = 1.0 if cosine < most else 0.0
    return away


def compared_texts(features: Features, found: Doubtful) -> list[str]:
    """The texts whose vectors :func:`off_topic` will ask for, so that they can be made beforehand."""
    doubted = (*found.strange, *found.other)
    return [
        *(features.update[i].text for i in doubted),
        *(found.asked[i] for i in doubted),
        *(features.planned_action[i].text or found.asked[i] for i in found.other),
    ]


def doubtful(updates: pd.DataFrame, features: Features) -> Doubtful:
    """The rows whose vectors decide whether they speak of what was asked."""
    asked = [
        f"{recommendation.text} {outcome}".strip()
        for recommendation, outcome in zip(
            features.recommendation, updates["required_outcome"].tolist(), strict=True
        )
    ]
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
    taken = frozenset(strange)
    other = [
        i
        for i in range(len(updates))
        if i not in taken
        and _tells_of_other_things(asked[i], features.planned_action[i].text, features.update[i])
    ]
    return Doubtful(asked, strange, other)


_COUNTED = re.compile(r"\d\s*(?:of|/|%|out\s+of)", re.IGNORECASE)
_FINISHED = frozenset({Stage.DONE, Stage.IN_PLACE, Stage.NONE})
_OBSTACLES = frozenset({"negation", "blocker", "delay", "remaining", "no_change", "partial"})


def _tells_of_other_things(asked: str, planned: str, update: TextAnalysis) -> bool:
    """Nothing but things done, named in words of which neither the goal nor the plan holds any.

    An update that counts, or tells of obstacles or what is left, mostly speaks of the work without
    naming it ("22 of 24, the rest in May"), so it isn't judged.
    """
    stages = [sentence.stage for sentence in update.sentences]
    return (
        bool(content_stems(asked))
        and len(content_stems(update.text)) >= _THINGS
        and coverage(asked, update.text) == 0
        and coverage(planned, update.text) == 0
        and _COUNTED.search(update.text) is None
        and any(stage is not Stage.NONE for stage in stages)
        and _FINISHED.issuperset(stages)
        and not any(s.references or any(c.kind in _OBSTACLES for c in s.cues) for s in update.sentences)
    )
