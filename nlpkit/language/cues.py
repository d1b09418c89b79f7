"""Cue words in a sentence: delay, blockers, hedges, completion and the rest of ``lexicons/cues.json``."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache

from nlpkit.language.annotations import Span, Stage
from nlpkit.resources import lexicon

__all__ = ["CUE_KINDS", "any_of", "find_cues", "inflections"]

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


def any_of(patterns: Sequence[str]) -> re.Pattern[str]:
    """One expression for any of the given ones, whole words only, whatever the case."""
    return re.compile(rf"(?<!\w)(?:{'|'.join(patterns)})(?!\w)", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class _Kind:
    name: str
    pattern: re.Pattern[str]
    unless_before: re.Pattern[str] | None
    unless_after: re.Pattern[str] | None
    stages: frozenset[Stage]


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
            )
        )
    return tuple(kinds)


def find_cues(sentence: str, stage_at: Sequence[tuple[int, int, Stage]]) -> list[Span]:
    """The cues of a sentence, sorted by place; offsets into the sentence.

    Args:
        sentence: one sentence.
        stage_at: its clauses as (start, end, stage): a cue such as "complete" counts only where
            its clause is not about the future.
    """
    found: list[Span] = []
    for kind in _kinds():
        for match in kind.pattern.finditer(sentence):
            if kind.unless_before and kind.unless_before.search(sentence[: match.start()][-60:]):
                continue
            if kind.unless_after and kind.unless_after.search(sentence[match.end() :]):
                continue
            if kind.stages and _stage_of(match.start(), stage_at) not in kind.stages:
                continue
            found.append(Span(match[0], match.start(), match.end(), kind.name))
    return sorted(found, key=lambda cue: (cue.start, cue.end, cue.kind))


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
