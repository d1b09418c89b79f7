"""How far the work is that a sentence speaks of: its predicates, set phrases, and which of them decides.

Set phrases beside a predicate may change it ("is now in place", "are under review", "was due to");
alone they are predicates of their own ("training ongoing", "launch date set for 1 May").

Which predicate speaks for a sentence of several:

* the first one outside subordinate clauses is the main predicate and decides ("has been developed and
  will be launched in May" is done);
* what follows "but" or "however" decides instead where it stops, refuses or revives the work ("was due
  in June but was postponed" is stopped), and so does a refusal reported ("we wrote to say that we would
  not adopt it");
* verbs of saying and showing, and main clauses that say nothing of work, hand over to the next one
  ("the audit confirmed that training has been delivered" is done).

The other clauses are kept, so that "also planned" or "also done" can be told.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from itertools import pairwise

from nlpkit.language.annotations import Stage
from nlpkit.language.cues import any_of
from nlpkit.language.fragments import fragment_predicates, opening_predicate
from nlpkit.language.grammar import (
    BE,
    BE_PAST,
    COORDINATORS,
    SUBORDINATORS,
    finite_predicates,
)
from nlpkit.language.needles import Each, Sought
from nlpkit.language.predicates import Predicate, verbs
from nlpkit.language.tagging import Token
from nlpkit.resources import lexicon

__all__ = ["Clause", "Staged", "opening_length", "stage_of"]


@dataclass(frozen=True, slots=True)
class Clause:
    """A stretch of a sentence with a predicate; offsets into the sentence.

    ``cue_start`` and ``cue_end`` hold the words that gave the stage.
    """

    start: int
    end: int
    cue_start: int
    cue_end: int
    stage: Stage
    subordinate: bool


@dataclass(frozen=True, slots=True)
class Staged:
    """The stage of a sentence, the clause that decided it (if one did), and all its clauses.

    ``bare`` is true of an instruction without subject ("Use social media"), which in a list takes the
    stage of the words that introduce the list.
    """

    stage: Stage
    main: Clause | None
    clauses: tuple[Clause, ...]
    bare: bool = False


_TURN = frozenset({"but", "however", "although", "though", "unfortunately"})
_MARKS = "•●▪‣∙◦■□►➢✓✔❖\uf0b7\uf0a7\uf0d8"
_OPENER = re.compile(
    rf"\s*(?:[{_MARKS}]+\s*|[·*o–—-]+\s+|\(?(?:\d{{1,2}}|[a-hA-H]|[ivx]{{1,4}})[.)]\s+)", re.IGNORECASE
)
_STANDING = frozenset({Stage.IN_PLACE, Stage.DONE, Stage.UNDER_WAY})
_SETTLED = frozenset({Stage.DONE, Stage.DECLINED, Stage.STOPPED})
_LINKING = BE | {"remain", "remains", "become", "becomes", "became", "seem", "has", "have"}
_STRENGTH = (
    Stage.DECLINED,
    Stage.STOPPED,
    Stage.NOT_STARTED,
    Stage.INTENDED,
    Stage.PLANNED,
    Stage.UNDER_WAY,
    Stage.IN_PLACE,
    Stage.DONE,
)


@cache
def _phrases() -> tuple[tuple[Stage, Sought], ...]:
    data = lexicon("cues")["phrases"]
    return tuple((stage, any_of(data[stage.value])) for stage in _STRENGTH)


@cache
def _phrases_in() -> Each:
    return Each(pattern for _, pattern in _phrases())


def opening_length(sentence: str) -> int:
    """How many characters of bullets and list numbers open a sentence.

    >>> opening_length("• 1. Review the plan")
    5
    """
    length = 0
    for _ in range(3):
        match = _OPENER.match(sentence, length)
        if match is None:
            break
        length = match.end()
    return length


def stage_of(sentence: str, words: Sequence[Token], deaf: Sequence[tuple[int, int]] = ()) -> Staged:
    """How far the work is that a sentence speaks of.

    Args:
        sentence: one sentence.
        words: its tagged words, offsets into ``sentence``.
        deaf: passages that tell nothing of the work, such as "see progress detailed in 3".
    """
    tagged = list(words)
    if not tagged:
        return Staged(Stage.NONE, None, ())
    found = finite_predicates(tagged)
    start = next((k for k, word in enumerate(tagged) if word.text[:1].isalnum()), 0)
    opening = opening_predicate(tagged, start)
    ordered = opening is not None and tagged[opening.first].tag == "VB" and opening.future
    named = -1
    if opening is not None and opening.weak and _names_work(tagged, opening):
        ordered, named = False, opening.first
    if opening is not None and ordered and not _is_subject(opening, found):
        # an imperative has no subject, so whatever finite verb follows depends on it
        opening.finite = True
        found.insert(0, opening)
    elif not any(not p.subordinate for p in found):
        found = sorted(found + fragment_predicates(tagged, found), key=lambda p: p.first)
    else:
        # "…, policy being finalised" beside a finite clause
        later = [p for p in fragment_predicates(tagged, found) if tagged[p.first].lower == "being"]
        found = sorted([*found, *later], key=lambda p: p.first)
    found = [
        p for p in found if p.first != named and not _within(tagged[p.first].start, tagged[p.last].end, deaf)
    ]
    _apply_phrases(sentence, tagged, found, deaf)
    if not found:
        return Staged(Stage.NONE, None, ())
    main = _deciding(tagged, found, alone=not deaf)
    clauses = _clauses(sentence, tagged, found)
    if main is None:
        return Staged(Stage.NONE, None, clauses)
    bare = (
        main.first == start and main.last == start and main.future and tagged[start].tag not in {"VBG", "VBN"}
    )
    return Staged(main.stage, clauses[found.index(main)], clauses, bare)


def _is_subject(opening: Predicate, found: list[Predicate]) -> bool:
    """Whether an opening word that may be a noun has a verb: "Work on the survey will begin"."""
    return opening.weak and any(not p.subordinate for p in found)


def _names_work(words: list[Token], opening: Predicate) -> bool:
    """ "Work on the survey finished in May": a noun, of which a participle tells how far it is."""
    following = words[opening.last + 1].lower if opening.last + 1 < len(words) else ""
    return following in {"on", "of", "for", "in"} and any(
        p is not opening and p.first > opening.last and p.stage is Stage.DONE
        for p in fragment_predicates(words, [])
    )


def _within(start: int, end: int, spans: Sequence[tuple[int, int]]) -> bool:
    return any(a <= start and end <= b for a, b in spans)


# --- set phrases ------------------------------------------------------------------------------------


def _apply_phrases(
    sentence: str, words: list[Token], found: list[Predicate], deaf: Sequence[tuple[int, int]]
) -> None:
    """Let set phrases change the predicate that they stand by; alone they become one."""
    alone: list[Predicate] = []
    claimed: list[tuple[int, int]] = []
    phrases = _phrases()
    for stage, pattern in [phrases[place] for place in _phrases_in().likely(sentence)]:
        for match in pattern.finditer(sentence):
            start, end = match.span()
            places = [k for k, word in enumerate(words) if word.end > start and word.start < end]
            if not places or _within(start, end, deaf) or any(start < b and a < end for a, b in claimed):
                continue
            first, last = places[0], places[-1]
            phrase = " ".join(match[0].lower().split())
            if not _holds(words, first, last, phrase):
                continue
            claimed.append((start, end))
            owner = _owner(words, found, first, last)
            if owner is not None and owner.for_effect:
                continue
            if owner is not None:
                _settle(words, owner, stage, phrase, start, end)
            else:
                future = stage in {Stage.PLANNED, Stage.INTENDED}
                predicate = Predicate(first, last, words[last].lower, stage, finite=False, future=future)
                predicate.cue_start, predicate.cue_end = start, end
                alone.append(predicate)
    has_main = any(not p.subordinate and not p.silent and not p.weak for p in found)
    adjuncts = _STANDING | {Stage.NOT_STARTED}
    # beside a main predicate, "the training available" is an adjunct and no news
    found.extend(p for p in alone if not (has_main and p.stage in adjuncts))
    found.sort(key=lambda p: (p.first, p.last))


def _holds(words: list[Token], first: int, last: int, phrase: str) -> bool:
    """Whether a phrase means what it says where it stands."""
    after = words[last + 1] if last + 1 < len(words) else None
    before = words[first - 1] if first else None
    noun_follows = after is not None and after.tag.startswith(("NN", "JJ", "VBG"))
    if before is not None and before.lower == "no" and words[first].tag != "VBN":
        return False  # "no waiting list", "no ongoing work"
    if phrase in {"due to", "going to"}:
        return after is not None and after.tag == "VB"
    if phrase in {"ongoing", "on-going", "forthcoming"} and noun_follows:
        return phrase == "ongoing" and before is None
    if phrase.endswith(("underway", "live", "available", "accessible")) and noun_follows:
        return False
    if phrase in {"set to", "set for"}:
        return before is not None and (before.tag.startswith(("NN", "VB")) or before.lower in {"all", "now"})
    if phrase == "live":
        return words[first].tag in {"JJ", "RB", "NN"} and before is not None
    if phrase == "in place":
        return after is None or after.lower != "of"
    return True


def _owner(words: list[Token], found: list[Predicate], first: int, last: int) -> Predicate | None:
    """The predicate that a phrase overlaps, or follows as its complement."""
    for predicate in found:
        if predicate.first <= last and first <= predicate.last:
            return predicate
    owner = None
    for predicate in found:
        gap = words[predicate.last + 1 : first]
        broken = any(token.lower in SUBORDINATORS or token.lower in {",", ";", ":"} for token in gap)
        links = predicate.silent or predicate.head in _LINKING
        if predicate.last < first and len(gap) <= 5 and links and not broken:
            owner = predicate
    return owner


def _settle(
    words: list[Token], predicate: Predicate, stage: Stage, phrase: str, start: int, end: int
) -> None:
    """Change a predicate by a phrase beside it, where the phrase tells more."""
    standing, now = stage in _STANDING, predicate.stage
    lead = words[predicate.first].lower
    speaks = not predicate.silent
    if standing and predicate.future and now in {Stage.PLANNED, Stage.INTENDED}:
        return  # "will be in place by May" remains planned
    if speaks and (
        (stage is Stage.PLANNED and now in _SETTLED and phrase not in {"set for", "set to"})
        or (stage is Stage.INTENDED and now is Stage.DONE)
        or (standing and now is not Stage.NONE and predicate.head not in _LINKING | {"continue", "continues"}
            and stage is not Stage.UNDER_WAY)
        or (now is Stage.STOPPED and stage is not Stage.DECLINED)
        or (now is Stage.DECLINED and stage is not Stage.DECLINED)
        or (stage is Stage.NOT_STARTED and predicate.future and not predicate.negated and "yet" not in phrase)
    ):  # fmt: skip
        return
    if stage is Stage.STOPPED and predicate.negated and not re.search(r"\bnot\b|n['’]t\b", phrase):
        predicate.becomes(Stage.UNDER_WAY)  # "is not on hold"
    elif standing and predicate.negated:
        predicate.becomes(Stage.UNDER_WAY if stage is Stage.DONE else Stage.NOT_STARTED)
    elif standing and stage is not Stage.DONE and lead in BE_PAST | {"had"}:
        predicate.becomes(Stage.DONE)
    else:
        predicate.becomes(stage, future=stage in {Stage.PLANNED, Stage.INTENDED})
    predicate.cue_start = min(words[predicate.first].start, start)
    predicate.cue_end = max(words[predicate.last].end, end)


# --- which predicate decides ------------------------------------------------------------------------


def _deciding(words: list[Token], found: list[Predicate], *, alone: bool) -> Predicate | None:
    """The predicate that speaks for the sentence; a subordinate one only if it stands ``alone``."""
    telling = [p for p in found if p.stage is not Stage.NONE and not p.silent]
    top = [p for p in telling if not p.subordinate]
    if not top:
        handed_over = any(p.silent and not p.subordinate for p in found)
        return telling[0] if telling and (handed_over or (alone and len(telling) == len(found))) else None
    sure = [p for p in top if not p.weak] or top
    main = next((p for p in sure if p.finite), sure[0])
    if main.stage is Stage.DONE:
        for predicate in telling:
            refused = predicate.subordinate and predicate.stage is Stage.DECLINED
            if refused and words[predicate.first - 1].lower not in {"which", "who"}:
                return predicate
    for predicate in top[top.index(main) + 1 :]:
        if main.stage is Stage.DONE and predicate.stage is Stage.DECLINED:
            return predicate  # "considered and rejected"
        between = {word.lower for word in words[main.last + 1 : predicate.first + 1]}
        if between & _TURN:
            stops = predicate.stage in {Stage.STOPPED, Stage.DECLINED} and predicate.finite
            revives = main.stage in {Stage.STOPPED, Stage.NOT_STARTED} and predicate.stage in _STANDING
            overdue = words[main.first].lower in BE_PAST and main.stage is Stage.PLANNED
            if stops or revives or overdue:
                return predicate
        if main.begins and predicate.stage is Stage.DONE and predicate.head in verbs("complete"):
            return predicate
    return main


def _clauses(sentence: str, words: list[Token], found: list[Predicate]) -> tuple[Clause, ...]:
    """The sentence shared out between its predicates, cut at the last joint before each."""
    cuts = [0]
    for left, right in pairwise(found):
        cut = words[right.first].start
        for k in range(right.first - 1, left.last, -1):
            if words[k].lower in COORDINATORS | SUBORDINATORS | {",", ":", "–"}:
                cut = words[k].end if words[k].lower in {",", ";", ":"} else words[k].start
                break
        cuts.append(max(cut, cuts[-1]))
    cuts.append(len(sentence))
    return tuple(
        Clause(
            start,
            end,
            p.cue_start if p.cue_start >= 0 else words[p.first].start,
            p.cue_end if p.cue_end >= 0 else words[p.last].end,
            Stage.NONE if p.silent else p.stage,
            p.subordinate,
        )
        for p, (start, end) in zip(found, pairwise(cuts), strict=True)
    )
