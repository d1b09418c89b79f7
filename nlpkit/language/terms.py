"""Words as they are compared: lower case, without endings, without function words."""

from __future__ import annotations

import re
from functools import lru_cache
from itertools import chain

from nlpkit.resources import lexicon

__all__ = ["content_terms", "stem"]

_WORD = re.compile(r"[a-z]++(?:[-'][a-z]++)*+|\d++")
_VOWEL = re.compile(r"[aeiouy]")
_ENDINGS: tuple[tuple[str, str, int], ...] = (
    # ending, what stands in its place, letters that must stay before it
    ("ifications", "ify", 2),
    ("ification", "ify", 2),
    ("ational", "", 4),
    ("ations", "", 4),
    ("ation", "", 4),
    ("ators", "", 4),
    ("ator", "", 4),
    ("ating", "", 4),
    ("ated", "", 4),
    ("ates", "", 4),
    ("ate", "", 4),
    ("ments", "", 4),
    ("ment", "", 4),
    ("ures", "", 5),
    ("ure", "", 5),
    ("ives", "", 5),
    ("ive", "", 5),
    ("ies", "y", 2),
    ("ied", "y", 2),
    ("ings", "", 3),
    ("ing", "", 3),
    ("ed", "", 3),
    ("ers", "", 4),
    ("er", "", 4),
    ("ches", "ch", 3),
    ("shes", "sh", 3),
    ("sses", "ss", 2),
    ("xes", "x", 2),
    ("als", "", 5),
    ("al", "", 5),
    ("ly", "", 4),
    ("s", "", 3),
)


@lru_cache(maxsize=16384)
def stem(word: str) -> str:
    """A lower-case word without its inflections, for comparing only.

    >>> stem("policies"), stem("investigations"), stem("investigating"), stem("notified")
    ('polici', 'investig', 'investig', 'notifi')
    """
    for ending, put, least in _ENDINGS:
        if word.endswith(ending) and len(word) - len(ending) >= least:
            root = word[: -len(ending)]
            if ending == "s" and root.endswith(("s", "u", "i")):
                continue
            if not _VOWEL.search(root):
                continue
            word = root + put
            break
    if len(word) > 4 and word[-1] == word[-2] and word[-1] not in "aeiouls":
        word = word[:-1]
    if len(word) > 4 and word[-1] == "e":
        return word[:-1]
    if len(word) > 4 and word[-1] == "y":  # kept apart from "e": policy is not police
        return word[:-1] + "i"
    return word


@lru_cache(maxsize=1)
def _function_words() -> frozenset[str]:
    return frozenset(lexicon("function_words")["words"])


@lru_cache(maxsize=16384)  # several rooms ask for the same sentence
def content_terms(text: str) -> tuple[tuple[str, str], ...]:
    """The words of a text that carry content, each as (as it is compared, as it is written).

    Compound words with a hyphen give their parts. Of numbers, only those of three digits are kept:
    the rest are dates, years and counts, but "999" and "360" name things.
    """
    return tuple(chain.from_iterable(map(_parts, _WORD.findall(text.lower().replace("’", "'")))))


@lru_cache(maxsize=65536)
def _parts(whole: str) -> tuple[tuple[str, str], ...]:
    """What one word, a compound with hyphens perhaps, gives."""
    found: list[tuple[str, str]] = []
    for part in whole.split("-"):
        word = part.split("'")[0]
        if word.isdigit():
            if len(word) == 3:
                found.append((word, word))
        elif len(word) > 1 and word not in _function_words():
            found.append((stem(word), word))
    return tuple(found)
