"""Acronyms: those that a document defines itself, and those of the sector, written out."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Mapping
from functools import cache

from nlpkit.resources import lexicon

__all__ = ["count_definitions", "decided", "defined_acronyms", "sector_acronyms", "write_out"]

_IN_BRACKETS = re.compile(r"\((?P<acronym>[A-Z][A-Za-z&/]{1,7})\)")
# A word begins where no other goes on, so that a run of letters can be taken for words in one way only.
_WORD = r"(?:(?:(?<![\w’'-])|(?<=\s[’'-]))[A-Za-z][\w’'-]*|&)"
_BEFORE = re.compile(rf"{_WORD}(?:[\s,/]*{_WORD}){{0,12}}[\s,]*$")
# Every acronym begins with a capital. That is looked for first, and then what stands before it.
_TOKEN = re.compile(r"[A-Z](?<![\w&/].)[A-Za-z&]{1,7}(?![\w&])")
_SKIPPED = frozenset({"and", "of", "the", "for", "in", "to", "on", "&"})


@cache
def sector_acronyms(kind: str) -> Mapping[str, str]:
    """Acronyms of the sector: ``kind`` is ``subjects`` or ``actors`` (lexicons/acronyms.json)."""
    found: Mapping[str, str] = lexicon("acronyms")[kind]
    return found


def defined_acronyms(texts: Iterable[str]) -> dict[str, str]:
    """Acronyms that the texts define themselves: "Equality Impact Assessments (EIA)".

    The words before the bracket must begin with the acronym's letters, in order (Schwartz and
    Hearst, 2003, held to initials). Of two definitions the more frequent decides, then the alphabet.

    >>> defined_acronyms(["Trained on People Impact Assessments (PIA)."])
    {'PIA': 'People Impact Assessments'}
    """
    return decided(count_definitions(texts))


def count_definitions(texts: Iterable[str]) -> dict[str, Counter[str]]:
    """Of each acronym that the texts define, how often each meaning is given; such counts may be added up."""
    counts: dict[str, Counter[str]] = {}
    for text in texts:
        for match in _IN_BRACKETS.finditer(text):
            before = _BEFORE.search(text, max(0, match.start() - 120), match.start())
            meaning = _meaning(match["acronym"], before[0]) if before else ""
            if meaning:
                counts.setdefault(match["acronym"], Counter())[meaning] += 1
    return counts


def decided(counts: Mapping[str, Counter[str]]) -> dict[str, str]:
    """What each acronym stands for, of what :func:`count_definitions` counted."""
    return {
        acronym: min(found, key=lambda meaning: (-found[meaning], meaning))
        for acronym, found in sorted(counts.items())
    }


def _meaning(acronym: str, before: str) -> str:
    """The last words of ``before`` whose initials spell the acronym; "" if none do."""
    letters = [letter.lower() for letter in acronym if letter.isalpha()]
    if acronym.endswith("s") and len(letters) > 2:
        letters = letters[:-1]
    words = re.findall(r"[A-Za-z][\w’']*|&", before)
    left = list(letters)
    for i in range(len(words) - 1, -1, -1):
        word = words[i].lower()
        if left and word[0] == left[-1]:
            left.pop()
            if not left:
                return " ".join(words[i:])
        elif word not in _SKIPPED:
            return ""
    return ""


def write_out(text: str, meanings: Mapping[str, str]) -> str:
    """The text with every acronym that has a meaning replaced by it; a plural "s" may follow.

    >>> write_out("All PIAs are published.", {"PIA": "people impact assessment"})
    'All people impact assessment are published.'
    """

    def meaning(match: re.Match[str]) -> str:
        word = match[0]
        found = meanings.get(word)
        if found is None and word.endswith("s"):
            found = meanings.get(word[:-1])
        return word if found is None else found

    found = set(_TOKEN.findall(text))
    if meanings.keys().isdisjoint(found | {word[:-1] for word in found if word[-1] == "s"}):
        return text
    return _TOKEN.sub(meaning, text)
