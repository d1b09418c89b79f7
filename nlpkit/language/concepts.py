"""Ideas that a text expresses, whatever its words (``lexicons/concepts.json``)."""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import cache, lru_cache

from nlpkit.resources import lexicon

__all__ = ["concept_names", "concepts"]

_WORD = re.compile(r"\w+")
_GAP = r"(?:\W+[\w’'-]+){0,4}?\W+"


def concept_names() -> tuple[str, ...]:
    """The ideas that are known, in the order of the file."""
    return tuple(_patterns())


@lru_cache(maxsize=65536)
def concepts(text: str) -> Mapping[str, str]:
    """The ideas that a text expresses, each with the words that first express it.

    >>> dict(concepts("Officers who came forward were told nothing."))
    {'people who raised a concern': 'came forward'}
    """
    found: dict[str, str] = {}
    words = frozenset(_WORD.findall(text.lower()))
    begun = frozenset().union(*(_begun(word) for word in words))
    for name, pattern in _patterns().items():
        match = pattern.search(text) if name in begun else None
        if match:
            found[name] = " ".join(match[0].split())
    return found


@lru_cache(maxsize=65536)
def _begun(word: str) -> frozenset[str]:
    """The ideas of which some wording begins with the word: only these need a search."""
    return frozenset(
        name
        for name, beginnings in _beginnings().items()
        if any(word.startswith(begin) if open_ else word == begin for begin, open_ in beginnings)
    )


@cache
def _beginnings() -> Mapping[str, frozenset[tuple[str, bool]]]:
    """For each idea, how its wordings begin, and whether the word may go on."""
    known: Mapping[str, list[str]] = lexicon("concepts")["concepts"]
    found: dict[str, frozenset[tuple[str, bool]]] = {}
    for name, wordings in known.items():
        first = {choice.lower() for wording in wordings for choice in wording.split()[0].split("|")}
        begins = ((_WORD.match(choice), choice) for choice in first)
        found[name] = frozenset(
            (begin[0], choice[begin.end() :] == "*") for begin, choice in begins if begin is not None
        )
    return found


@cache
def _patterns() -> Mapping[str, re.Pattern[str]]:
    known: Mapping[str, list[str]] = lexicon("concepts")["concepts"]
    return {
        name: re.compile(rf"\b(?:{'|'.join(map(_wording, wordings))})(?!\w)", re.IGNORECASE)
        for name, wordings in known.items()
    }


def _wording(text: str) -> str:
    pattern = ""
    gap = ""
    for word in text.split():
        if word == "...":
            gap = _GAP
            continue
        choices = "|".join(re.escape(choice).replace(r"\*", r"\w*") for choice in word.split("|"))
        pattern += (gap or (r"[\s,]+" if pattern else "")) + f"(?:{choices})"
        gap = ""
    return pattern
