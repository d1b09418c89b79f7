"""What looks like work to come, and is not: what a thing is for, what is hoped of it, rules and rights.

"The portal is intended to give staff a say", "officers are expected to follow the code" and "staff may
report by phone" say nothing of how far the work is, or that it is in place.
"""

from __future__ import annotations

from itertools import pairwise

from nlpkit.language.predicates import Predicate, bases, listed, word_set
from nlpkit.language.tagging import Token

__all__ = [
    "is_allowed",
    "is_asked_of_people",
    "is_thing",
    "names_function",
    "names_purpose",
    "silence_the_hoped_for",
]

_LOOKED_FOR = word_set("hoped intended envisaged expected anticipated")


def silence_the_hoped_for(words: list[Token], groups: list[Predicate]) -> None:
    """ "It is hoped that the new process will reassure staff" doesn't tell of work to come."""
    for left, right in pairwise(groups):
        we_hope = left.head in {"hope", "hopes"}
        following = words[left.last + 1]
        hoped = left.head in _LOOKED_FOR and (following.lower == "that" or following.tag in {"DT", "PRP$"})
        if (we_hope or hoped) and right.head in bases("benefit"):
            left.tells_what_for()
            right.tells_what_for()


def is_allowed(words: list[Token], group: Predicate) -> bool:
    """ "Staff may report by phone" tells of a right, "a second course may follow" of a possibility."""
    before = {token.lower for token in words[max(0, group.first - 4) : group.first]}
    return bool(before & listed("people")) and group.head not in word_set("find feel wish want have struggle")


def is_thing(subject: list[Token]) -> bool:
    """Whether a subject can only have effects, as a dashboard does, and not do work, as a team does."""
    return bool(subject) and subject[0].tag in {"NN", "NNS"} and subject[0].lower not in listed("doers")


def is_asked_of_people(words: list[Token], group: Predicate) -> bool:
    """ "Officers are expected to follow the code": a rule, and not what is to come."""
    before = {token.lower for token in words[max(0, group.first - 3) : group.first]}
    after = [word.lower for word in words[group.last + 1 : group.last + 3]]
    rule = len(after) == 2 and after[0] == "to" and after[1] in bases("abide")
    return group.head == "expected" and rule and bool(before & listed("people"))


def names_function(words: list[Token], group: Predicate) -> bool:
    """ "The purpose of the panel is to check reports", and not "the reports are to be checked"."""
    subject = {token.lower for token in words[max(0, group.first - 6) : group.first]}
    verb = [token.lower for token in words[group.first : group.last + 1]]
    named = subject & word_set("purpose purposes role roles function functions remit")
    return bool(named) and verb[0] in {"is", "are"} and "be" not in verb


def names_purpose(words: list[Token], group: Predicate) -> bool:
    """ "The portal is intended to give staff a say": what something is for says nothing of how far it is."""
    after = [word.lower for word in words[group.last + 1 : group.last + 3]]
    subject = words[group.first - 1].lower if group.first else ""
    return (
        group.head in _LOOKED_FOR
        and len(after) == 2
        and after[0] == "to"
        and after[1] in bases("effect")
        and subject not in {"", "it"}  # "it is intended to provide training"
    )
