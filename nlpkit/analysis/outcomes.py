"""Does the update speak to the outcome that the plan requires, and with a result?

"Same topic" is not enough: a required outcome is *answered* by a passage that tells of a result (or,
where the outcome is itself a deed, of that deed done), *touched* by one that merely speaks of it, and
else the update is *silent* on it.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from functools import cache, lru_cache

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from nlpkit.analysis.similarity import without_preamble
from nlpkit.analysis.topic import content_stems, coverage
from nlpkit.analysis.views import HAPPENED, TO_COME, View, cases, read_sentences
from nlpkit.features import Features
from nlpkit.language.annotations import Stage
from nlpkit.language.needles import Sought
from nlpkit.resources import lexicon

__all__ = [
    "Answer",
    "Outcome",
    "compared_texts",
    "expression",
    "judge",
    "required_outcomes",
    "shows_effect",
]

_ANSWERS, _TOUCHES = 0.34, 0.25  # nearness of a sentence to an outcome; a result answers what it touches
_FAR, _REACH = 0.25, 0.5  # the cosine from which meanings are near at all, and the rise to one
_SPLIT = re.compile(
    r"[\n;•●▪]+|(?<=[.!?])\s+(?=[A-Z(])|(?<=\))\.?\s+(?=[A-Z])|(?:^|\s)(?:\(?[a-hivx]{1,3}\)|\d{1,2}[.)])\s+"
)
_SHOWN_BY = re.compile(r"(?<!\s)\s*\(([^()]{3,120})\)?[\s.)]*$")
_WORD = re.compile(r"[^\W\d_]{2,}")
_LEAST_WORDS = 2  # of an outcome; less is a heading or the debris of a split


class Answer(StrEnum):
    """What an update has to say to a required outcome."""

    ANSWERED = "answered"
    TOUCHED = "touched"
    SILENT = "silent"


@dataclass(frozen=True, slots=True)
class Outcome:
    """One required outcome: what is to be so, and the record that is to show it (``""`` if not said)."""

    text: str
    shown_by: str = ""


@lru_cache(maxsize=8192)  # stands with every period's update
def required_outcomes(text: str) -> tuple[Outcome, ...]:
    """The outcomes in a cell of required outcomes, one a line, bullet, clause of a list or sentence.

    >>> [o.text for o in required_outcomes("Fewer false alarms (Control log) Crews feel informed.")]
    ['Fewer false alarms', 'Crews feel informed']
    """
    found: list[Outcome] = []
    for part in _SPLIT.split(text):
        part = " ".join(part.split()).strip(" -–—•*.:,")
        shown = _SHOWN_BY.search(part)
        said = part[: shown.start()].strip(" .,:") if shown else part
        if len(_WORD.findall(said)) >= _LEAST_WORDS:
            found.append(Outcome(said, " ".join(shown[1].split()) if shown else ""))
    return tuple(dict.fromkeys(found))


def judge(updates: pd.DataFrame, features: Features) -> pd.DataFrame:
    """What each update says to the outcomes that its action requires.

    Args:
        updates: an update table; ``required_outcome`` is read.
        features: of the same rows in the same order. With an encoder, meaning counts beside words.

    Returns:
        A frame indexed like ``updates``: ``outcomes``, a list of ``{"outcome", "shown_by", "state",
        "text"}`` in the plan's order (``state`` an :class:`Answer`; ``text`` the passage of the update
        that answers or touches it, else ``""``; an empty list where the plan requires none), and
        ``addresses``, how far (0 to 1) what the update tells of as done or under way speaks to what was
        asked, recommendation and outcomes alike: 0 where it tells of nothing.
    """
    wanted = _wanted(updates)
    found: list[list[dict[str, str]]] = []
    addressed: list[float] = []
    for case, asked in zip(cases(updates, features), wanted, strict=True):
        views = read_sentences(case)
        parts = _parts(case.recommendation.text, asked)
        near = _nearness(parts, [view.text for view in views], features)
        moving = [n for n, v in enumerate(views) if v.stage not in TO_COME and v.stage is not Stage.NONE]
        reached = near[:, moving].max(axis=1) if moving and parts else np.zeros(1)
        addressed.append(round(float(reached.mean()), 3))
        offset = len(parts) - len(asked)
        found.append([_answer(o, views, near[offset + n]) for n, o in enumerate(asked)])
    return pd.DataFrame(
        {
            "outcomes": pd.Series(found, index=updates.index, dtype="object"),
            "addresses": pd.Series(addressed, index=updates.index, dtype="float64"),
        }
    )


def compared_texts(updates: pd.DataFrame) -> list[str]:
    """What is asked in each row, whose vectors :func:`judge` asks for beside those of the updates'
    sentences."""
    wanted = _wanted(updates)
    return [
        part
        for text, asked in zip(updates["recommendation"], wanted, strict=True)
        for part in _parts(str(text), asked)
    ]


def _wanted(updates: pd.DataFrame) -> list[tuple[Outcome, ...]]:
    return [required_outcomes(str(text)) for text in updates["required_outcome"]]


def _parts(recommendation: str, asked: Sequence[Outcome]) -> list[str]:
    """The parts of what is asked; the recommendation without the words that all of them begin with."""
    return [part for part in (without_preamble(recommendation.strip()), *(o.text for o in asked)) if part]


def _nearness(parts: Sequence[str], sentences: Sequence[str], features: Features) -> NDArray[np.float64]:
    """How near each sentence comes to each part of what is asked: shape ``(parts, sentences)``, 0 to 1."""
    near = np.array([[coverage(part, said) for said in sentences] for part in parts], dtype=np.float64)
    near = near.reshape(len(parts), len(sentences))
    if features.encoder is not None and parts and sentences:
        asked, said = features.pooled(parts), features.vectors(sentences)
        cosine = asked.astype(np.float64) @ said.T.astype(np.float64)
        near = np.maximum(near, np.clip((cosine - _FAR) / _REACH, 0.0, 1.0))
    return near


def _answer(outcome: Outcome, views: Sequence[View], near: NDArray[np.float64]) -> dict[str, str]:
    state, text = Answer.SILENT, ""
    effect = expression("effect_outcome").search(outcome.text) is not None
    for place in sorted(range(len(views)), key=lambda n: (-near[n], n)):
        view = views[place]
        least = _TOUCHES if shows_effect(view) else _ANSWERS
        if near[place] >= least and _tells(view, outcome.text, effect):
            state, text = Answer.ANSWERED, view.text
            break
        if near[place] >= _TOUCHES and state is Answer.SILENT:
            state, text = Answer.TOUCHED, view.text
    return {"outcome": outcome.text, "shown_by": outcome.shown_by, "state": str(state), "text": text}


def _tells(view: View, outcome: str, effect: bool) -> bool:
    """Whether a sentence tells of a result, where an effect is asked for, or else of the deed done."""
    if view.stage in TO_COME or view.stage in (Stage.STOPPED, Stage.DECLINED):
        return False
    if effect or shows_effect(view):
        return shows_effect(view)
    if view.stage not in HAPPENED or view.has("partial"):
        return False
    # A step ("has been appointed") is the outcome itself where the plan says so.
    return view.deed != "step" or bool(content_stems(view.cue) & content_stems(outcome))


def shows_effect(view: View) -> bool:
    """A result, or a figure that says how things are and not how much was done."""
    if view.has("outcome") or _tells_effect(view.text):
        return True
    kinds = {fact.kind for fact in view.sentence.facts}
    return {"survey", "figure"} <= kinds or ("%" in view.text and not view.has("partial"))


@lru_cache(maxsize=8192)  # asked of the same sentence for every outcome, and of the evidence
def _tells_effect(text: str) -> bool:
    return expression("effect").search(text) is not None


@cache
def expression(name: str) -> Sought:
    """One expression for the patterns of a name in ``lexicons/evidence_words.json``."""
    return Sought("|".join(f"(?:{p})" for p in lexicon("evidence_words")["patterns"][name]))
