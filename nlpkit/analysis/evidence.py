"""How much an update shows: checkable facts that bear on what was asked, and what is missing.

Visible measures of the facts that the language room finds, weighed: weights and thresholds are learned
(``models/evidence``; :mod:`nlpkit.learning.evidence`), words and patterns are data that anyone may extend
(``lexicons/evidence_words.json``).
"""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache, lru_cache
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from nlpkit.analysis.outcomes import expression, shows_effect
from nlpkit.analysis.topic import content_stems, coverage, off_topic
from nlpkit.analysis.views import (
    HAPPENED,
    TO_COME,
    Case,
    View,
    cases,
    fraction_done,
    is_bare,
    read_sentences,
)
from nlpkit.features import Features
from nlpkit.language.annotations import Sentence, Span, Stage
from nlpkit.language.facts import FACT_KINDS
from nlpkit.language.terms import stem
from nlpkit.models import OrdinalModel, learned
from nlpkit.resources import lexicon
from nlpkit.schema import Evidence, Flag, Status

__all__ = ["FEATURES", "judge", "measured"]

_HAPPENING = (*HAPPENED, Stage.UNDER_WAY)
_DEEDS = frozenset({"training_done", "system"})
_CLAIMED = frozenset({Status.COMPLETE, Status.ON_TRACK})
_SHOWN = 8  # facts named in the reasons
_ON_TOPIC = 0.3  # coverage of what was asked from which a fact bears on it

FEATURES = (
    *FACT_KINDS,
    "numbers",
    "words",
    "on_topic",
    "facts_on_topic",
    "nearest_fact",
    "share_of_facts",
    "facts_of_steps",
    "delivered",
    "done",
    "in_place",
    "result",
    "per_cent",
    "fraction",
    "vague",
    "off_topic",
    *(f"is_{status}" for status in Status),
)
"""What the judgement weighs, each from 0 to 1."""


def judge(
    updates: pd.DataFrame,
    features: Features,
    status: pd.DataFrame,
    *,
    away: Sequence[float] | None = None,
) -> pd.DataFrame:
    """Evidence of each update, its flags and the facts found.

    Args:
        updates: an update table; ``required_outcome`` is read.
        features: of the same rows in the same order.
        status: the status judgement of the same rows (columns ``status``,
            ``status_probabilities`` and ``mismatch``).
        away: what :func:`nlpkit.analysis.topic.off_topic` says of the same rows, if that is known already.

    Returns:
        One row per update, indexed like ``updates``: ``evidence`` (an :class:`Evidence` value),
        ``evidence_score`` (0 to 1), ``flags`` (list of :class:`Flag` values in codebook order) and
        ``evidence_why`` (list of ``{"text", "kind", "start", "end"}``: the checkable facts, then steps, with
        the characters of the update where they stand; where it is weak or partial one entry more, with an
        empty text and the kind ``missing: …``, says what an inspector would ask for).
    """
    rows: list[dict[str, object]] = []
    away = off_topic(updates, features) if away is None else away
    said = zip(_read(updates, features, status, away), status["mismatch"].tolist(), strict=True)
    for (read, facts, values), mismatch in said:
        level, score, why = _weigh(read, facts, values)
        flags = _flags(read, level, values["off_topic"] > 0)
        if mismatch:
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


def measured(updates: pd.DataFrame, features: Features, status: pd.DataFrame) -> NDArray[np.float64]:
    """What the judgement weighs of each update: shape ``(rows, len(FEATURES))``, each from 0 to 1.

    Args:
        updates, features, status: as :func:`judge`; of ``status``, ``mismatch`` is not read.
    """
    away = off_topic(updates, features)
    rows = [[values[name] for name in FEATURES] for _, _, values in _read(updates, features, status, away)]
    return np.array(rows, dtype=np.float64).reshape(len(rows), len(FEATURES))


@dataclass(frozen=True, slots=True)
class _Reading:
    case: Case
    views: tuple[View, ...]
    status: Status
    shares: Mapping[str, float]  # the probability of each status

    @property
    def text(self) -> str:
        return self.case.update.text

    @property
    def outcome(self) -> str:
        return self.case.required_outcome.strip()


def _read(
    updates: pd.DataFrame, features: Features, status: pd.DataFrame, away: Sequence[float]
) -> Iterator[tuple[_Reading, list[tuple[View, Span]], dict[str, float]]]:
    """Each update as it is judged, its facts and what is measured of it."""
    stated = zip(status["status"], status["status_probabilities"], strict=True)
    for case, (said, shares), apart in zip(cases(updates, features), stated, away, strict=True):
        read = _Reading(case, tuple(read_sentences(case)), Status(said), shares)
        facts = _facts(read.views)
        yield read, facts, _measures(read, facts, apart >= 0.5)


def _words() -> Any:
    return lexicon("evidence_words")


@cache
def _model() -> OrdinalModel:
    return OrdinalModel.read(learned("evidence"), FEATURES, steps=len(Evidence) - 1)


def _weigh(
    read: _Reading, facts: Sequence[tuple[View, Span]], values: Mapping[str, float]
) -> tuple[Evidence, float, list[dict[str, Any]]]:
    """Level, score and reasons.

    The score is the expected level of the proportional odds model, from 0 (surely weak) to 1 (surely
    strong). Whatever the sum, "strong" takes two facts, and "partial" a fact or a step that names
    something: where there is nothing to show for it, there is no evidence.
    """
    above = _model().above([values[name] for name in FEATURES])
    level = Evidence.WEAK
    if above[1] > 0.5 and _independent(facts) >= 2:
        level = Evidence.STRONG
    elif above[0] > 0.5 and (facts or any(_concrete(v) for v in read.views if v.stage in HAPPENED)):
        level = Evidence.PARTIAL
    factual = {view.sentence.start for view, _ in facts}
    steps = [
        v for v in read.views if v.stage in HAPPENED and v.sentence.start not in factual and _concrete(v)
    ]
    why = [_reason(fact.text, fact.kind, fact) for _, fact in facts[:_SHOWN]]
    if len(why) < 2:
        why += [_reason(v.text, "step", v.sentence) for v in steps[:2]]
    wanted = _missing(read, facts, level)
    if wanted:
        why.append({"text": "", "kind": f"missing: {', '.join(wanted)}"})
    return level, round(sum(above) / len(above), 3), why


def _reason(text: str, kind: str, at: Span | Sentence) -> dict[str, Any]:
    return {"text": text, "kind": kind, "start": at.start, "end": at.end}


def _measures(read: _Reading, facts: Sequence[tuple[View, Span]], away: bool) -> dict[str, float]:
    """What the judgement weighs, each from 0 to 1: counts with returns that diminish."""

    def much(found: Iterable[object], less: float = 0.6) -> float:
        return 1 - less ** sum(1 for _ in found)

    views, words = read.views, read.text.split()
    asked = f"{read.case.recommendation.text} {read.outcome}"
    near = [coverage(asked, view.text) for view, _ in facts]
    kinds = Counter(fact.kind for _, fact in facts)
    return {
        **{kind: much(range(kinds[kind])) for kind in FACT_KINDS},
        "numbers": much((word for word in words if word[0].isdigit()), 0.8),
        "words": much(words, 0.98),
        "on_topic": coverage(asked, read.text),
        "facts_on_topic": much(n for n in near if n >= _ON_TOPIC),
        "nearest_fact": max(near, default=0.0),
        "share_of_facts": len({view.sentence.start for view, _ in facts}) / max(1, len(views)),
        "facts_of_steps": much(f for v, f in facts if v.deed == "step"),
        "delivered": much(v for v in views if v.deed == "delivery"),
        "done": much(v for v in views if v.stage is Stage.DONE and not _claims(v)),
        "in_place": much(v for v in views if v.stage is Stage.IN_PLACE and not _general(v)),
        "result": much(v for v in views if v.has("outcome")),
        "per_cent": much(v for v in views if "%" in v.text),
        "fraction": float(any(fraction_done(v.text) is not None for v in views)),
        "vague": much(v for v in views if v.has("vague") or _general(v)),
        "off_topic": float(away),
        # What a bare claim says of the work is no evidence of it.
        **{
            f"is_{status}": float(share)
            if facts or status not in _CLAIMED or any(not _claims(v) for v in views if v.stage in HAPPENED)
            else 0.0
            for status, share in read.shares.items()
        },
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
            if fact.kind not in FACT_KINDS or fact.start < reached or same in seen:
                continue
            seen.add(same)
            reached = fact.end
            found.append((view, fact))
    return found


def _independent(facts: Sequence[tuple[View, Span]]) -> int:
    """How many facts there are, a deed and the date that its sentence gives it taken as one."""
    kinds: dict[int, list[str]] = defaultdict(list)
    for view, fact in facts:
        kinds[view.sentence.start].append(fact.kind)
    return sum(
        len(found) - int("date_done" in found and not _DEEDS.isdisjoint(found)) for found in kinds.values()
    )


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
    return frozenset(stem(word) for word in _words()["claim_words"])


def _claims(view: View) -> bool:
    """A bare assertion that it is done: nothing in it but words that fit any recommendation.

    "All actions have been implemented and this is closed" names no deed, thing or place to look at.
    """
    if view.sentence.facts or any(char.isdigit() for char in view.text) or _NAME.search(view.text):
        return False
    return len(content_stems(view.text) - _claim_words()) < 2


def _general(view: View) -> bool:
    """What anybody could say of anything: "we take this very seriously"."""
    return _says_nothing(view.text)


@lru_cache(maxsize=8192)  # several measures ask for the same sentence
def _says_nothing(text: str) -> bool:
    return expression("general").search(text) is not None


def _missing(read: _Reading, facts: Sequence[tuple[View, Span]], level: Evidence) -> list[str]:
    """What an inspector would ask for next."""
    if level is Evidence.STRONG:
        return []
    says: Mapping[str, str] = _words()["missing"]
    if is_bare(read.text):
        return [says["narrative"]]
    kinds = {fact.kind for _, fact in facts}
    wanted = []
    if read.outcome and not any(shows_effect(v) for v in read.views if v.stage not in TO_COME):
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
        and any(expression("future").search(v.text) for v in moving)
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
    asks = expression(pattern).search(read.outcome or read.case.recommendation.text) is not None
    if not asks and not (read.outcome and _process_only(read)):
        return False
    if read.status in (Status.UNCLEAR, Status.DECLINED, Status.NOT_STARTED, Status.OFF_TRACK):
        return False
    if not any(v.stage in _HAPPENING and not _only_repeats(v) for v in read.views):
        return False
    return not any(shows_effect(v) for v in read.views if v.stage not in TO_COME)


def _process_only(read: _Reading) -> bool:
    """All that has happened is that people met, wrote or set something up to do the work."""
    happened = [v for v in read.views if v.stage in _HAPPENING]
    return bool(happened) and all(expression("process").search(v.text) for v in happened)
