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
    whole, opening = _beginnings()
    found = set(whole.get(word, ()))
    for length in range(1, len(word) + 1):
        found.update(opening.get(word[:length], ()))
    return frozenset(found)


@cache
def _beginnings() -> tuple[Mapping[str, frozenset[str]], Mapping[str, frozenset[str]]]:
    """The ideas by how their wordings begin: by the whole first word, and by its opening if it may go on."""
    known: Mapping[str, list[str]] = lexicon("concepts")["concepts"]
    whole: dict[str, set[str]] = {}
    opening: dict[str, set[str]] = {}
    for name, wordings in known.items():
        for choice in {choice.lower() for wording in wordings for choice in wording.split()[0].split("|")}:
            begins = _WORD.match(choice)
            if begins is not None:
                into = opening if choice[begins.end() :] == "*" else whole
                into.setdefault(begins[0], set()).add(name)
    return (
        {word: frozenset(names) for word, names in whole.items()},
        {word: frozenset(names) for word, names in opening.items()},
    )


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
