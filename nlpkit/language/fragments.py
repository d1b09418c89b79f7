"""Predicates of what has no finite verb: a fragment, or how a sentence opens.

A fragment is read by its participle ("6 officers recruited", "policy being finalised"), an infinitive
("report to be published"), a gerund ("working with partners") or a bare verb ("Develop a policy").
"""

from __future__ import annotations

from nlpkit.language.annotations import Stage
from nlpkit.language.grammar import (
    AUXILIARIES,
    NOT,
    SUBORDINATORS,
    is_routine,
    read_by_head,
)
from nlpkit.language.predicates import Predicate, bases, listed, verbs, word_set
from nlpkit.language.tagging import Token

__all__ = ["fragment_predicates", "opening_predicate"]

_BARE_ADVERBS = word_set("currently now still also actively presently")
_DETERMINERS = word_set("the a an our all this these any each their its how whether what existing where both")
_NOUN_BEFORE_FOR = word_set(
    "looking waiting planning preparing searching advertising recruiting applying caring"
)


def fragment_predicates(words: list[Token], taken: list[Predicate]) -> list[Predicate]:
    """What a fragment says by participles, infinitives, gerunds and bare verbs.

    Args:
        words: the tagged words.
        taken: predicates found before, whose words are left alone.
    """
    used = {k for group in taken for k in range(group.first, group.last + 1)}
    start = next((k for k, word in enumerate(words) if word.text[:1].isalnum()), 0)
    opening = opening_predicate(words, start)
    found: list[Predicate] = []
    if opening is not None and opening.first not in used:
        found.append(opening)
        used |= set(range(opening.first, opening.last + 1))
    for i in range(start + 1, len(words)):
        if i not in used:
            predicate = _fragment_at(words, i)
            if predicate is not None:
                found.append(predicate)
    first = words[start]
    deed = first.tag in {"VBN", "VBD"} and first.lower in verbs("bare") and len(words) - start > 3
    if not found and deed and words[start + 1].tag == "NNS":
        found.append(_participle(words, start))  # "Removed barriers to promotion by …"
    if any(p.head == "be" and p.stage is Stage.PLANNED for p in found):
        # "Actions relating to standards to be provided": the gerund only describes
        found = [p for p in found if words[p.first].tag != "VBG" or p is opening]
    return found


def _fragment_at(words: list[Token], i: int) -> Predicate | None:
    word, before = words[i], words[i - 1]
    after = words[i + 1] if i + 1 < len(words) else None
    if word.lower == "being" and after is not None and after.tag in {"VBN", "VBD"}:
        stage = Stage.INTENDED if after.lower in verbs("intend") else Stage.UNDER_WAY
        return Predicate(i, i + 1, after.lower, stage, finite=False)
    if word.lower == "to" and after is not None and after.tag == "VB":
        names_thing = words[0].tag == "VBG" and words[1].tag == "NN"  # "Reporting app to go live"
        said = before.tag.startswith(("NN", "CD", "RB")) or before.lower in {")", "’", "'", "”"}
        if after.lower == "be" or (said and not _has_verb(words[int(names_thing) : i])):
            return Predicate(i, i + 1, after.lower, Stage.PLANNED, finite=False, future=True)
        return None
    if word.tag in {"VBN", "VBD"} and _is_said_of_noun(words, i):
        return _participle(words, i)
    if word.tag == "VBG" and word.lower not in listed("never_predicates"):
        said = before.tag.startswith("NN") and not _has_verb(words[:i])
        if said or before.lower in _BARE_ADVERBS:
            stage = Stage.INTENDED if word.lower in verbs("intend") else Stage.UNDER_WAY
            if word.lower == "going":
                stage = Stage.PLANNED
            return Predicate(i, i, word.lower, stage, finite=False, future=stage is not Stage.UNDER_WAY)
    return None


def _has_verb(words: list[Token]) -> bool:
    return any(word.tag in {"VBN", "VBD", "VBZ", "VBP", "VBG", "VB", "MD"} for word in words)


def _is_said_of_noun(words: list[Token], i: int) -> bool:
    """Whether a participle says something of the noun before it, and does not adorn the next."""
    before = words[i - 1]
    after = words[i + 1] if i + 1 < len(words) else None
    adorns_next = after is not None and after.tag.startswith(("NN", "JJ"))
    if before.lower in word_set(", and & – - : ("):
        return not adorns_next
    if before.lower in {"being", "be"} | SUBORDINATORS:
        return False
    if before.lower in {"all", "both", ")", "%", "'", "’", "”"}:
        return True
    if before.tag == "CD" and adorns_next:
        return False
    return before.tag.startswith(("NN", "RB", "PRP", "CD"))


def _participle(words: list[Token], i: int) -> Predicate:
    group = Predicate(i, i, words[i].lower, Stage.DONE, finite=False)
    if i and words[i - 1].lower in NOT:
        group.first, group.negated, group.stage = i - 1, True, Stage.NONE
    elif group.head in verbs("need") or group.head in verbs("relate"):
        group.tells_nothing()
    elif is_routine(words, i):
        group.becomes(Stage.IN_PLACE)
    else:
        read_by_head(group)
    return group


def opening_predicate(words: list[Token], start: int) -> Predicate | None:
    """What a sentence opens with, if that is a bare verb, a gerund, a participle or "to"."""
    k = start
    while k < len(words) - 1 and words[k].tag == "RB" and words[k].lower not in NOT:
        k += 1
    if k >= len(words):
        return None
    word = words[k]
    after = words[k + 1] if k + 1 < len(words) else None
    if word.lower == "to" and after is not None and after.tag in {"VB", "VBP", "NN"}:
        stage = Stage.INTENDED if after.lower in verbs("intend") else Stage.PLANNED
        return Predicate(k, k + 1, after.lower, stage, finite=False, future=True)
    if word.lower in AUXILIARIES:
        return None
    if _is_bare_verb(word, after):
        group = Predicate(k, k, word.lower, Stage.PLANNED, finite=False, future=True)
        objects = after is not None and after.lower in _DETERMINERS
        group.weak = word.lower in listed("verbs_and_nouns") and not objects
        if word.lower in {"continue", "maintain"}:
            group.becomes(Stage.UNDER_WAY)
        elif word.lower in verbs("intend"):
            group.stage = Stage.INTENDED
        return group
    if _is_gerund(word, after):
        group = Predicate(k, k, word.lower, Stage.UNDER_WAY, finite=False)
        if word.lower in verbs("intend"):
            group.becomes(Stage.INTENDED, future=True)
        elif word.lower in verbs("plan"):
            group.becomes(Stage.PLANNED, future=True)
        return group
    if word.tag in {"VBN", "VBD"} or (word.lower.endswith("ed") and word.tag in {"JJ", "NNP", "NN"}):
        adorns_next = after is not None and after.tag.startswith(("NN", "JJ"))
        known = word.lower in verbs("bare")
        if (not adorns_next and (known or word.tag != "NNP")) or (adorns_next and _is_deed(word.lower)):
            return _participle(words, k)
    return None


def _is_deed(participle: str) -> bool:
    """ "Completed training needs analysis" tells of a deed, "Revised policy" names a thing."""
    return participle in verbs("complete") or participle in verbs("deed")


def _is_gerund(word: Token, after: Token | None) -> bool:
    if not word.lower.endswith("ing") or word.tag not in {"VBG", "NN", "NNP", "JJ"}:
        return False
    if word.lower in listed("never_predicates") or after is None:
        return False
    if word.tag != "VBG":
        return after.tag in {"DT", "PRP$", "CD"} or (
            after.tag == "IN" and after.lower in {"with", "through", "towards"}
        )
    if after.lower in {"for", "of"} and word.lower not in _NOUN_BEFORE_FOR:
        return False  # "Training for control staff"
    return after.tag != "NN"


def _is_bare_verb(word: Token, after: Token | None) -> bool:
    """Whether an opening word is an instruction ("Review the policy", not "Review of the policy")."""
    if word.lower not in bases("bare") or after is None:
        return False
    if after.lower in _DETERMINERS:
        return True
    ambiguous = word.lower in listed("verbs_and_nouns")
    if after.lower in word_set(
        "of ongoing underway complete completed in taking being is are has have was were will to"
    ):
        return word.tag in {"VB", "VBP"} and after.lower in {"to", "in"} and not ambiguous
    if word.tag in {"VB", "VBP"}:
        return True
    return not ambiguous and after.tag.startswith(("NN", "JJ", "IN", "VBG", "CD", "RB", "CC"))
