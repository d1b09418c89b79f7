"""Cue words in a sentence: delay, blockers, hedges, completion and the rest of ``lexicons/cues.json``."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache

from nlpkit.language.annotations import Span, Stage
from nlpkit.language.needles import Each, Sought
from nlpkit.resources import lexicon

__all__ = ["CUE_KINDS", "any_of", "find_cues", "inflections", "is_denied"]

CUE_KINDS = (
    "blocker",
    "completion",
    "delay",
    "hedge",
    "negation",
    "no_change",
    "outcome",
    "partial",
    "recovery",
    "refusal",
    "remaining",
    "vague",
)
"""The kinds of cue that the lexicon holds (stage changes within a sentence add ``also_…``)."""


def any_of(patterns: Sequence[str]) -> Sought:
    """One expression for any of the given ones, whole words only, whatever the case."""
    return Sought(rf"(?<!\w)(?:{'|'.join(patterns)})(?!\w)")


@dataclass(frozen=True, slots=True)
class _Kind:
    name: str
    pattern: Sought
    unless_before: re.Pattern[str] | None
    unless_after: re.Pattern[str] | None
    stages: frozenset[Stage]
    deniable: bool


@cache
def _kinds() -> tuple[_Kind, ...]:
    data: Mapping[str, Mapping[str, object]] = lexicon("cues")["cues"]
    kinds = []
    for name in sorted(data):
        entry = data[name]
        patterns = entry["patterns"]
        assert isinstance(patterns, list)
        before, after = str(entry.get("unless_before") or ""), str(entry.get("unless_after") or "")
        stages = entry.get("stages") or []
        assert isinstance(stages, list)
        kinds.append(
            _Kind(
                name,
                any_of(patterns),
                re.compile(before, re.IGNORECASE) if before else None,
                re.compile(after, re.IGNORECASE) if after else None,
                frozenset(Stage(stage) for stage in stages),
                bool(entry.get("deniable")),
            )
        )
    return tuple(kinds)


@cache
def _kinds_in() -> Each:
    return Each(kind.pattern for kind in _kinds())


_CLAUSE_END = re.compile(
    r"[.;:!?,–—]|\s-\s|\b(?:and|but|however|although|though|while|whilst|whereas|because|since|as|so|due to"
    r"|owing to|which|who|where|when|after|until|following|pending|with|if|unless|despite)\b",
    re.IGNORECASE,
)
_DENIAL = re.compile(
    r"\b(?:no(?!\s+(?:doubt|less|fewer|more|later|matter|sooner|change)\b)|none|nothing|nobody|neither|nor"
    r"|not(?!\s+(?:only|just|all|every)\b)|cannot|never|without|free\s+(?:of|from))\b|(?<!\w)\w+n['’]t\b",
    re.IGNORECASE,
)
_PREDICATE = re.compile(
    r"\b(?:is|are|was|were|be|been|has|have|had|do|does|did|can|could|will|would|remain(?:s|ed)?|exists?)\b",
    re.IGNORECASE,
)
_RELATION = re.compile(
    r"\b(?:of|for|in|on|by|to|from|at|about|under|over|through|because|that)\b", re.IGNORECASE
)
_UNTRUE = re.compile(
    r"\b(?:not\s+(?:true|correct|accurate|right|the\s+case)|untrue|incorrect|inaccurate|wrong|misleading)"
    r"\s+(?:to\s+(?:say|suggest|claim)\s+)?that\b[^.;:,]*$",
    re.IGNORECASE,
)


_NO_SIGN = re.compile(
    r"^\s+(?:(?:signs?|indications?|evidence|suggestion|records?|reports?|risk)\s+(?:of|that)\s+)",
    re.IGNORECASE,
)
_NO_DATE = re.compile(
    r"^\s+(?:\w+\s+)?(?:dates?|plans?|timescales?|intention)\s+(?:for|of|to)\s+$", re.IGNORECASE
)


def is_denied(sentence: str, start: int, end: int) -> bool:
    """Whether the clause says that what stands at ``start`` to ``end`` is not so.

    "no premises is overdue", "there are no outstanding actions", "has not stalled", "without delay",
    "it is not true that it has stalled"; but not "no date has been set for the overdue visits", where the
    denial is over before the words come.
    """
    before = sentence[max(0, start - _FAR) : start]
    if _UNTRUE.search(before):
        return True
    breaks = [match.end() for match in _CLAUSE_END.finditer(before)]
    clause = before[breaks[-1] :] if breaks else before
    denials = list(_DENIAL.finditer(clause))
    if not denials:
        return False
    between = _NO_SIGN.sub("", clause[denials[-1].end() :])
    if _NO_DATE.search(between) and sentence[start:end].endswith("ing"):
        return True  # "there is no date for restarting"
    verbs = list(_PREDICATE.finditer(between))
    if verbs:  # "none of the visits on the list is overdue": what counts stands after the verb
        return _RELATION.search(between[verbs[-1].end() :]) is None and len(between.split()) <= _REACH
    if _PREDICATE.match(sentence[start:end]):
        return len(between.split()) <= _REACH  # "no risks to delivery remain"
    return _RELATION.search(between) is None and len(between.split()) <= _NEAR


_NEAR = 4  # words between a denial and what it denies, without a verb between them
_REACH = 14
_FAR = 300  # characters before a cue beyond which no words are said of it


def find_cues(sentence: str, stage_at: Sequence[tuple[int, int, Stage]]) -> list[Span]:
    """The cues of a sentence, sorted by place; offsets into the sentence.

    Args:
        sentence: one sentence.
        stage_at: its clauses as (start, end, stage): a cue such as "complete" counts only where
            its clause is not about the future.
    """
    found: list[Span] = []
    kinds = _kinds()
    for kind in [kinds[place] for place in _kinds_in().likely(sentence)]:
        for match in kind.pattern.finditer(sentence):
            if kind.name == "partial" and _is_whole(match[0]):
                found.append(Span(match[0], match.start(), match.end(), "completion"))
                continue
            if kind.name == "completion" and _qualified(sentence, match.start()):
                continue
            if kind.deniable and is_denied(sentence, match.start(), match.end()):
                continue
            if kind.unless_before and kind.unless_before.search(sentence[: match.start()][-60:]):
                continue
            if kind.unless_after and kind.unless_after.search(sentence[match.end() :]):
                continue
            if kind.stages and _stage_of(match.start(), stage_at) not in kind.stages:
                continue
            found.append(Span(match[0], match.start(), match.end(), kind.name))
    return sorted(found, key=lambda cue: (cue.start, cue.end, cue.kind))


@cache
def _quantifiers() -> Sought:
    return any_of(lexicon("cues")["words"]["short_of_all"])


def _short_of_all(sentence: str) -> list[tuple[int, int]]:
    """Where the sentence counts less than the whole: "all but two of the", "85 of 90", "most of"."""
    return [match.span() for match in _quantifiers().finditer(sentence) if not _is_whole(match[0])]


def _qualified(sentence: str, start: int) -> bool:
    """Whether a completion is said of less than all: "all but two of the actions are complete"."""
    return any(
        begin <= start < end + _FAR and (start < end or _CLAUSE_END.search(sentence, end, start) is None)
        for begin, end in _short_of_all(sentence)
    )


_COUNTED = re.compile(
    r"(?<![\w,])(\w[\w,]*)\s+(?:out\s+)?of\s+(?:(?:the|our|its|all)\s+)?(\w[\w,]*)", re.IGNORECASE
)


def _is_whole(words: str) -> bool:
    """ "90 of 90", "nine of the nine": as many as there are."""
    counted = _COUNTED.fullmatch(words.strip())
    return counted is not None and counted[1].lower() == counted[2].lower()


def _stage_of(position: int, stage_at: Sequence[tuple[int, int, Stage]]) -> Stage:
    for start, end, stage in stage_at:
        if start <= position < end:
            return stage
    return Stage.NONE


def inflections(entry: str) -> set[str]:
    """The forms of a verb: "plan" → plans, planned, planning; irregular ones follow a colon.

    >>> sorted(inflections("plan"))
    ['plan', 'planned', 'planning', 'plans']
    """
    base, _, irregular = entry.partition(":")
    forms = {base, *(form for form in irregular.split(",") if form)}
    doubled = re.fullmatch(
        r"(?:[^aeiou]*[aeiou][bdgklmnprt]|cancel|defer|commit|embed|begin|permit|refer|equip|travel)", base
    )
    stem = base + base[-1] if doubled else base
    if base.endswith("e"):
        forms |= {base + "s", base + "d", base[:-1] + "ing"}
    elif re.search(r"[^aeiou]y$", base):
        forms |= {base[:-1] + "ies", base[:-1] + "ied", base + "ing"}
    else:
        plural = "es" if re.search(r"(?:s|sh|ch|x|z|o)$", base) else "s"
        forms |= {base + plural, stem + "ed", stem + "ing"}
    return forms
