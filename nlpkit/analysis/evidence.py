"""How much an update shows: checkable facts that bear on what was asked, and what is missing.

Visible measures of the facts that the language room finds, weighed; weights and thresholds are data
(``lexicons/evidence_weights.json``), so that weights learned from a corpus can take their place.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any

import pandas as pd

from nlpkit.analysis.topic import content_stems, off_topic
from nlpkit.analysis.views import (
    HAPPENED,
    TO_COME,
    Case,
    View,
    case_at,
    fraction_done,
    is_bare,
    read_sentences,
)
from nlpkit.features import Features
from nlpkit.language.annotations import Span, Stage
from nlpkit.language.terms import stem
from nlpkit.resources import lexicon
from nlpkit.schema import Evidence, Flag, Status

__all__ = ["judge"]

_HAPPENING = (*HAPPENED, Stage.UNDER_WAY)
_DAY = re.compile(r"\b\d{1,2}(?:st|nd|rd|th)? [A-Z]")
_SHOWN = 8  # facts named in the reasons


def judge(updates: pd.DataFrame, features: Features, status: pd.DataFrame) -> pd.DataFrame:
    """Evidence of each update, its flags and the facts found.

    Args:
        updates: an update table; ``required_outcome`` is read.
        features: of the same rows in the same order.
        status: the status judgement of the same rows (columns ``status``,
            ``status_probabilities`` and ``mismatch``).

    Returns:
        One row per update, indexed like ``updates``: ``evidence`` (an :class:`Evidence` value),
        ``evidence_score`` (0 to 1), ``flags`` (list of :class:`Flag` values in codebook order) and
        ``evidence_why`` (list of ``{"text", "kind"}``: the checkable facts, then steps, as they stand in
        the update; where it is weak or partial one entry more, with an empty text and the kind
        ``missing: …``, says what an inspector would ask for).
    """
    away = [certainty >= 0.5 for certainty in off_topic(updates, features)]
    rows: list[dict[str, object]] = []
    for i in range(len(updates)):
        case = case_at(updates, features, i)
        read = _Reading(
            case,
            tuple(read_sentences(case)),
            Status(status["status"].iloc[i]),
            float(status["status_probabilities"].iloc[i][Status.COMPLETE]),
        )
        level, score, why = _weigh(read, away[i])
        flags = _flags(read, level, away[i])
        if status["mismatch"].iloc[i]:
            flags.append(Flag.DECLARED_MISMATCH)
        rows.append(
            {
                "evidence": str(level),
                "evidence_score": score,
                "flags": [str(flag) for flag in Flag if flag in flags],
                "evidence_why": why,
            }
        )
    columns = ("evidence", "evidence_score", "flags", "evidence_why")
    return pd.DataFrame(
        {
            name: pd.Series([row[name] for row in rows], index=updates.index, dtype="object")
            for name in columns
        }
    ).astype({"evidence_score": "float64"})


@dataclass(frozen=True, slots=True)
class _Reading:
    case: Case
    views: tuple[View, ...]
    status: Status
    complete: float  # the probability that the work is complete

    @property
    def text(self) -> str:
        return self.case.update.text

    @property
    def outcome(self) -> str:
        return self.case.required_outcome.strip()


def _model() -> Any:
    return lexicon("evidence_weights")


@cache
def _pattern(name: str) -> re.Pattern[str]:
    return re.compile("|".join(f"(?:{p})" for p in _model()["patterns"][name]), re.IGNORECASE)


def _weigh(read: _Reading, off_topic: bool) -> tuple[Evidence, float, list[dict[str, str]]]:
    """Level, score and reasons.

    One sum of weighted measures and two thresholds on it (the proportional odds model of McCullagh,
    1980), so that the score is the expected level, from 0 (surely weak) to 1 (surely strong).
    Whatever the sum, "strong" takes two facts, and "partial" a fact or a step that names something.
    """
    model = _model()
    facts = _facts(read.views)
    measured = _measures(read, facts)
    if off_topic:
        measured["off_topic"] = 1.0
    total = math.fsum(float(model["weights"].get(name, 0.0)) * value for name, value in measured.items())
    above = [1 / (1 + math.exp(float(model["thresholds"][level]) - total)) for level in ("partial", "strong")]
    level = Evidence.WEAK
    if above[1] > 0.5 and len(facts) >= 2:
        level = Evidence.STRONG
    elif above[0] > 0.5 and (facts or any(_concrete(v) for v in read.views if v.stage in HAPPENED)):
        level = Evidence.PARTIAL
    factual = {view.sentence.start for view, _ in facts}
    steps = [
        v for v in read.views if v.stage in HAPPENED and v.sentence.start not in factual and _concrete(v)
    ]
    why = [{"text": fact.text, "kind": fact.kind} for _, fact in facts[:_SHOWN]]
    if len(why) < 2:
        why += [{"text": v.text, "kind": "step"} for v in steps[:2]]
    wanted = _missing(read, facts, level)
    if wanted:
        why.append({"text": "", "kind": f"missing: {', '.join(wanted)}"})
    return level, round(sum(above) / 2, 3), why


def _measures(read: _Reading, facts: Sequence[tuple[View, Span]]) -> dict[str, float]:
    """What the judgement weighs, each from 0 to 1: counts with returns that diminish."""

    def much(found: Iterable[object]) -> float:
        return 1 - 0.6 ** sum(1 for _ in found)

    views = read.views
    measured = {
        kind: much(f for _, f in facts if f.kind == kind) for kind in sorted({f.kind for _, f in facts})
    }
    return measured | {
        "exact_day": much(f for _, f in facts if f.kind == "date_done" and _DAY.search(f.text)),
        "facts_of_things_done": much(f for v, f in facts if v.stage in HAPPENED and v.deed != "step"),
        "facts_of_steps": much(f for v, f in facts if v.deed == "step"),
        "delivered": much(v for v in views if v.deed == "delivery"),
        "done": much(v for v in views if v.stage is Stage.DONE and not _claims(v)),
        "in_place": much(v for v in views if v.stage is Stage.IN_PLACE and not _general(v)),
        "result": much(v for v in views if v.has("outcome")),
        "per_cent": much(v for v in views if "%" in v.text),
        "fraction": float(any(fraction_done(v.text) is not None for v in views)),
        "vague": much(v for v in views if v.has("vague") or _general(v)),
        "complete": read.complete
        if facts or any(not _claims(v) for v in views if v.stage in HAPPENED)
        else 0.0,
    }


def _facts(views: Sequence[View]) -> list[tuple[View, Span]]:
    """Checkable facts of what has happened, those that overlap or say the same taken once."""
    found: list[tuple[View, Span]] = []
    seen: set[tuple[str, str]] = set()
    for view in views:
        if view.stage in TO_COME:
            continue
        reached = -1
        for fact in sorted(view.sentence.facts, key=lambda f: (f.start, -f.end)):
            same = (fact.kind, " ".join(fact.text.lower().split()))
            if fact.kind not in _model()["weights"] or fact.start < reached or same in seen:
                continue
            seen.add(same)
            reached = fact.end
            found.append((view, fact))
    return found


def _concrete(view: View) -> bool:
    """A step that names what was done: a few content words, no generality, no obstacle, no bare reference."""
    return (
        len(content_stems(view.text)) >= 2
        and not _claims(view)
        and not _general(view)
        and not view.has("vague", "delay", "blocker", "negation")
        and not view.sentence.references
    )


@cache
def _claim_words() -> frozenset[str]:
    return frozenset(stem(word) for word in _model()["claim_words"])


def _claims(view: View) -> bool:
    """A bare assertion that it is done: nothing in it but words that fit any recommendation.

    "All actions have been implemented and this is closed" names no deed, thing or place to look at.
    """
    if view.sentence.facts or any(char.isdigit() for char in view.text) or _NAME.search(view.text):
        return False
    return len(content_stems(view.text) - _claim_words()) < 2


def _general(view: View) -> bool:
    """What anybody could say of anything: "we take this very seriously"."""
    return _pattern("general").search(view.text) is not None


def _missing(read: _Reading, facts: Sequence[tuple[View, Span]], level: Evidence) -> list[str]:
    """What an inspector would ask for next."""
    if level is Evidence.STRONG:
        return []
    says: Mapping[str, str] = _model()["missing"]
    if is_bare(read.text):
        return [says["narrative"]]
    kinds = {fact.kind for _, fact in facts}
    wanted = []
    if read.outcome and not any(_shows_effect(v) for v in read.views if v.stage not in TO_COME):
        wanted.append(says["outcome"])
    if "date_done" not in kinds:
        wanted.append(says["date"])
    if not kinds & {"figure", "survey", "training_done"}:
        wanted.append(says["figure"])
    if not kinds & {"document", "audit", "third_party"}:
        wanted.append(says["document"])
    return wanted


def _flags(read: _Reading, level: Evidence, off_topic: bool) -> list[Flag]:
    moving = [v for v in read.views if v.stage is not Stage.NONE]
    flags: list[Flag] = []
    if is_bare(read.text) or len(read.text.split()) < 3:
        return flags
    future = (
        bool(moving)
        and all(v.stage in TO_COME for v in moving)
        and any(_pattern("future").search(v.text) for v in moving)
    )
    if future:
        flags.append(Flag.FUTURE_ONLY)
    if _activity_only(read):
        flags.append(Flag.ACTIVITY_ONLY)
    if level is Evidence.WEAK and not future and _is_vague(read):
        flags.append(Flag.VAGUE)
    if off_topic:
        flags.append(Flag.OFF_TOPIC)
    return flags


_NAME = re.compile(r"(?<=[a-z,;] )[A-Z][A-Za-z&]+(?: [A-Z][A-Za-z&]+)*")


def _is_vague(read: _Reading) -> bool:
    """Says something of progress, but no date, figure, fact or deed, and hardly a name, to check it by."""
    if read.views and all(_only_repeats(v) for v in read.views):
        return True
    return (
        read.status in (Status.COMPLETE, Status.ON_TRACK, Status.AT_RISK, Status.UNCLEAR)
        and not any(char.isdigit() for char in read.text)
        and not any(v.sentence.facts or v.sentence.dates or v.deed == "delivery" for v in read.views)
        and not any(r.kind != "previous" for v in read.views for r in v.sentence.references)
        and len(_NAME.findall(read.text)) <= 1
    )


def _only_repeats(view: View) -> bool:
    return view.has("no_change") or any(r.kind == "previous" for r in view.sentence.references)


def _activity_only(read: _Reading) -> bool:
    """An effect is asked for; the narrative tells of activity and of no effect."""
    pattern = "effect_outcome" if read.outcome else "effect_recommendation"
    asks = _pattern(pattern).search(read.outcome or read.case.recommendation.text) is not None
    if not asks and not (read.outcome and _process_only(read)):
        return False
    if read.status in (Status.UNCLEAR, Status.DECLINED, Status.NOT_STARTED, Status.OFF_TRACK):
        return False
    if not any(v.stage in _HAPPENING and not _only_repeats(v) for v in read.views):
        return False
    return not any(_shows_effect(v) for v in read.views if v.stage not in TO_COME)


def _process_only(read: _Reading) -> bool:
    """All that has happened is that people met, wrote or set something up to do the work."""
    happened = [v for v in read.views if v.stage in _HAPPENING]
    return bool(happened) and all(_pattern("process").search(v.text) for v in happened)


def _shows_effect(view: View) -> bool:
    """A result, or a figure that says how things are and not how much was done."""
    if view.has("outcome") or _pattern("effect").search(view.text):
        return True
    kinds = {fact.kind for fact in view.sentence.facts}
    return {"survey", "figure"} <= kinds or ("%" in view.text and not view.has("partial"))
