"""The sentences of an update as the judgements read them.

The language room reads each sentence by itself. Here it is read as part of an update on a
recommendation: idioms give a verdict ("the project has lapsed"), a later clause may be the news of
the sentence, and what was asked tells a step on the way from the delivery.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date
from functools import cache, lru_cache

import pandas as pd

from nlpkit.analysis.topic import coverage
from nlpkit.features import Features
from nlpkit.language.annotations import DateMention, Sentence, Stage, TextAnalysis
from nlpkit.language.needles import Each, Sought
from nlpkit.language.terms import stem
from nlpkit.resources import lexicon

__all__ = [
    "HAPPENED",
    "TO_COME",
    "Case",
    "Passage",
    "View",
    "case_at",
    "cases",
    "coming_dates",
    "fraction_done",
    "idioms",
    "is_bare",
    "read_sentences",
    "troubles",
]

HAPPENED = (Stage.DONE, Stage.IN_PLACE)
"""Stages of what has been brought about."""

TO_COME = (Stage.PLANNED, Stage.INTENDED, Stage.NOT_STARTED)
"""Stages of what has not begun."""

_VERDICTS = (
    ("receipt", Stage.NONE),
    ("pointer", Stage.NONE),
    ("refused", Stage.DECLINED),
    ("stopped", Stage.STOPPED),
    ("nothing_done", Stage.NOT_STARTED),
    ("none_did", Stage.NOT_STARTED),
    ("closed_out", Stage.DONE),
    ("carries_on", Stage.IN_PLACE),
)
_WORD = re.compile(r"[a-z]+")
_BACKGROUND_YEARS = 1.5  # what happened longer ago than that is background, not news


@dataclass(frozen=True, slots=True)
class Passage:
    """A passage that a signal rests on. ``cue`` holds the words that counted, or ``""``."""

    text: str
    cue: str = ""
    planned: bool = False  # stands in the planned action, not in the update


@dataclass(frozen=True, slots=True)
class Case:
    """One update with all that its status depends on; the declared status is not among it."""

    update: TextAnalysis
    planned_action: TextAnalysis
    recommendation: TextAnalysis
    required_outcome: str
    as_of: date | None
    due: date | None
    off_topic: float = 0.0  # 0 to 1, see nlpkit.analysis.topic.off_topic

    @property
    def asked(self) -> str:
        return f"{self.recommendation.text} {self.required_outcome}"


@dataclass(frozen=True, slots=True)
class View:
    """A sentence as the judgements read it.

    ``deed`` tells acts done apart: ``step`` for one on the way ("has been drafted"), ``delivery``
    for what was to be brought about ("was launched", or a step that the recommendation itself asks
    for), else ``""``. ``salience`` is 1 for the sentence that tells most of where the work stands,
    and less for background; a learned model says how much.
    """

    sentence: Sentence
    stage: Stage
    cue: str  # the words that gave the stage
    beside: tuple[tuple[Stage, str], ...]  # stages of its other clauses, with their words
    weight: float
    deed: str = ""
    interim: str = ""  # the words that make it a step
    salience: float = 1.0

    @property
    def text(self) -> str:
        return self.sentence.text

    def has(self, *kinds: str) -> bool:
        return any(cue.kind in kinds for cue in self.sentence.cues)

    def passage(self, kind: str = "") -> Passage:
        """The sentence with the words of its cue of that kind, or else of its stage."""
        for cue in self.sentence.cues:
            if cue.kind == kind:
                return Passage(self.text, cue.text)
        return Passage(self.text, "" if kind else self.cue)


def case_at(updates: pd.DataFrame, features: Features, i: int, *, off_topic: float = 0.0) -> Case:
    """The case of the ``i``-th row of an update table with its features."""
    return _case(features, i, str(updates["required_outcome"].iloc[i]), off_topic)


def cases(
    updates: pd.DataFrame, features: Features, *, off_topic: Sequence[float] | None = None
) -> list[Case]:
    """The case of every row, in the table's order."""
    away = off_topic or [0.0] * len(updates)
    return [
        _case(features, i, str(outcome), away[i]) for i, outcome in enumerate(updates["required_outcome"])
    ]


def _case(features: Features, i: int, required_outcome: str, off_topic: float) -> Case:
    return Case(
        update=features.update[i],
        planned_action=features.planned_action[i],
        recommendation=features.recommendation[i],
        required_outcome=required_outcome,
        as_of=features.as_of[i],
        due=features.due[i],
        off_topic=off_topic,
    )


def read_sentences(case: Case, salience: Sequence[float] | None = None) -> list[View]:
    """The sentences of the update as the judgements read them, in order.

    ``salience`` is that of each sentence (:func:`nlpkit.analysis.status_model.salience`); all count alike
    without it.
    """
    views = _views(case.update, case.recommendation.text, case.asked, case.as_of)
    if salience is None:
        return list(views)
    return [replace(view, salience=float(share)) for view, share in zip(views, salience, strict=True)]


@lru_cache(maxsize=4096)  # several judgements read the same update
def _views(update: TextAnalysis, recommendation: str, asked: str, as_of: date | None) -> tuple[View, ...]:
    words = frozenset(stem(word) for word in _WORD.findall(recommendation.lower()))
    return tuple(_view(sentence, asked, as_of, words) for sentence in update.sentences)


@lru_cache(maxsize=8192)  # every judgement asks first of all
def is_bare(text: str) -> bool:
    """No narrative: nothing, a dash, "N/a", "No update supplied"."""
    words = re.sub(r"[^a-z0-9 ]+", "", re.sub(r"[/\-–—]", " ", text.lower()))
    return " ".join(words.split()) in _bare_words()


@cache
def _bare_words() -> frozenset[str]:
    return frozenset(["", *lexicon("status_weights")["bare"]])


@cache
def idioms(name: str) -> Sought:
    """One expression for the idioms of a kind (``patterns`` in ``lexicons/status_weights.json``)."""
    return Sought("|".join(f"(?:{p})" for p in lexicon("status_weights")["patterns"][name]))


@cache
def troubles() -> Each:
    """The idioms of trouble, of which there are many, each by itself."""
    return Each(map(Sought, lexicon("status_weights")["patterns"]["trouble"]))


@cache
def _verdicts_in() -> Each:
    return Each(idioms(name) for name, _ in _VERDICTS)


def _view(sentence: Sentence, asked: str, as_of: date | None, words: frozenset[str]) -> View:
    beside = tuple(
        (Stage(c.kind.removeprefix("also_")), c.text) for c in sentence.cues if c.kind.startswith("also_")
    )
    stage, cue = _by_idiom(sentence) or _by_clauses(sentence, beside)
    stage, cue = _in_context(sentence, stage, cue, beside, as_of)
    weight = 0.7 + 0.6 * coverage(asked, sentence.text)
    if as_of and sentence.dates and stage in (*HAPPENED, Stage.NONE):
        years = min((as_of - mention.latest).days for mention in sentence.dates) / 365
        if years > _BACKGROUND_YEARS:
            weight *= 0.6
    deed, interim = _deed(sentence, cue, words) if stage is Stage.DONE else ("", "")
    return View(sentence, stage, cue, beside, weight, deed, interim)


def _by_idiom(sentence: Sentence) -> tuple[Stage, str] | None:
    """Set phrases that give a verdict on the work, whatever the grammar of their sentence."""
    for idiom, verdict in [_VERDICTS[place] for place in _verdicts_in().likely(sentence.text)]:
        match = idioms(idiom).search(sentence.text)
        if match is None or (idiom == "none_did" and sentence.stage not in HAPPENED):
            continue
        if verdict is Stage.STOPPED and any(cue.kind == "recovery" for cue in sentence.cues):
            continue
        return verdict, match.group()
    return None


def _by_clauses(sentence: Sentence, beside: Sequence[tuple[Stage, str]]) -> tuple[Stage, str]:
    """The grammar's stage, unless another clause is the news.

    That is a refusal or a stop further on ("was bought but has been stopped"), and what is planned
    under a condition ("once agreed, it will …": the agreeing has not happened).
    """
    main = sentence.stage_cue
    later = [
        cue
        for cue in sentence.cues
        if cue.kind in ("also_declined", "also_stopped") and (main is None or cue.start > main.start)
    ]
    if later and sentence.stage not in (Stage.DECLINED, Stage.STOPPED):
        return Stage(later[0].kind.removeprefix("also_")), later[0].text
    if sentence.stage in (*HAPPENED, Stage.UNDER_WAY) and idioms("condition").match(sentence.text):
        for stage, words in beside:
            if stage is Stage.PLANNED:
                return stage, words
    return sentence.stage, main.text if main else ""


def _in_context(
    sentence: Sentence, stage: Stage, cue: str, beside: Sequence[tuple[Stage, str]], as_of: date | None
) -> tuple[Stage, str]:
    """Corrections by what else the sentence holds: fractions, results, dates to come."""
    if stage is Stage.INTENDED and idioms("result").search(sentence.text):
        return Stage.DONE, cue  # "88 could say what they would do"
    share = fraction_done(sentence.text) if stage is Stage.NONE else None
    if share is not None:  # "83% returned so far"
        return (Stage.DONE if share > 0 else Stage.NOT_STARTED), cue
    if stage in (Stage.INTENDED, Stage.NONE) and idioms("weighing").search(sentence.text):
        return Stage.UNDER_WAY, cue  # thinking it over is work too
    if stage in (Stage.PLANNED, Stage.NONE) and not beside and idioms("on_course").search(sentence.text):
        return Stage.UNDER_WAY, cue
    if stage in (Stage.IN_PLACE, Stage.NONE) and (words := _ahead(sentence, as_of)):
        return Stage.PLANNED, words  # "goes to the Board in May"
    return stage, cue


@cache
def _verbs(kind: str) -> frozenset[str]:
    return frozenset(stem(verb) for verb in lexicon("status_weights")["verbs"][kind])


def _deed(sentence: Sentence, cue: str, asked: frozenset[str]) -> tuple[str, str]:
    interim = idioms("interim").search(sentence.text)
    if interim and stem(interim.group().lower().split()[-1]) not in asked:
        return "step", interim.group()
    verbs = [stem(word) for word in _WORD.findall(cue.lower())]
    if any(c.kind == "completion" for c in sentence.cues) and not any(
        c.kind == "partial" for c in sentence.cues
    ):
        return "delivery", ""
    if any(verb in _verbs("delivery") or (verb in _verbs("step") and verb in asked) for verb in verbs):
        return "delivery", ""
    return ("step", "") if any(verb in _verbs("step") for verb in verbs) else ("", "")


def coming_dates(sentence: Sentence, after: date | None) -> list[DateMention]:
    """The dates of a sentence that lie wholly after a day; "since May" never does."""
    if after is None:
        return []
    return [
        m
        for m in sentence.dates
        if m.earliest > after and not idioms("since").search(sentence.text[: m.start - sentence.start])
    ]


def _ahead(sentence: Sentence, as_of: date | None) -> str:
    """The words of a date to come, where the sentence names no other dates."""
    dates = [m for m in sentence.dates if m.precision not in ("year", "financial_year", "range")]
    coming = coming_dates(sentence, as_of)
    return dates[0].text if dates and all(m in coming for m in dates) else ""


_UNITS = ["one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven", "twelve"]
_NUMBER = r"\d{1,3}(?:,\d{3})+|\d{1,6}|no|none|half|" + "|".join(_UNITS)
_OF = Sought(
    rf"\b({_NUMBER})\s+(?:out\s+)?of\s+(?:the\s+|our\s+|its\s+|all\s+)?(\d{{1,3}}(?:,\d{{3}})+|\d{{1,6}}|{'|'.join(_UNITS)})\b"
)
_NONE_OF = Sought(r"\bnone\s+of\s+(?:the|our|its|these|them)\b")
_PER_CENT = Sought(
    r"\b(\d{1,3}(?:\.\d+)?)\s?(?:%|per\s?cent)\s+(?:of\s+\w+(?:\s+\w+){0,3}\s+)?"
    r"(?:complet\w+|returned|trained|inspected|delivered|checked|back|done|assessed|so far|to date)\b"
)
_HALF = Sought(r"\b(?:to|for|with|across|by)\s+half\s+(?:of\s+)?(?:the|our|its|all)?\b")


def _amount(word: str) -> float:
    word = word.lower().replace(",", "")
    if word in ("no", "none"):
        return 0.0
    if word in _UNITS:
        return float(_UNITS.index(word) + 1)
    return float(word) if word.isdigit() else -1.0


@lru_cache(maxsize=8192)  # several judgements ask for the same sentence
def fraction_done(text: str) -> float | None:
    """The least share that a sentence says is done: "two of nine" is 0.22, "none of the …" 0; or None.

    >>> round(fraction_done("Training delivered to two of nine watches") or 0, 2)
    0.22
    """
    found: list[float] = []
    for match in _OF.finditer(text):
        part, whole = _amount(match[1]), _amount(match[2])
        if match[1].lower() == "half":
            found.append(0.5)
        elif 0 <= part <= whole and whole > 1 and not (1990 <= whole <= 2100 and part <= 31):
            found.append(part / whole)
    if _NONE_OF.search(text):
        found.append(0.0)
    found += [float(m[1]) / 100 for m in _PER_CENT.finditer(text) if float(m[1]) <= 100]
    if _HALF.search(text):
        found.append(0.5)
    return min(found) if found else None
