"""Expressions looked for only in texts that hold a word of which their matches must hold one.

Most sentences hold none of the words of a long expression, and a look into a set of the sentence's words
tells so at a fraction of the cost of a search. The words are read from the expression itself, so the two
cannot drift apart; an expression without words that it must have is searched for everywhere.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import cache, cached_property, lru_cache
from itertools import chain
from pathlib import Path
from typing import Any

try:  # how Python itself reads an expression; without it every search is made
    from re import _constants as _c  # type: ignore[attr-defined]
    from re import _parser  # type: ignore[attr-defined]
except ImportError:  # pragma: no cover
    _parser = None

__all__ = ["Sought", "beginnings", "needles", "needles_key"]

_FILE = Path(__file__).with_name("needles.json")

_LONGEST = 6  # letters of a word that are looked at
_MOST = 400  # beginnings of an expression beyond which a search is as cheap
_END = " "  # follows a shorter word that ends there
_PIECE = re.compile(r"\w+")
_COMMON = frozenset(
    _PIECE.findall(
        "the and with have has had for from been was were will that this are all not of to in on by at as is"
        " be an or it its our we"
    )
)
"""Words of every other sentence, which are needed only where nothing else is."""
# What re.IGNORECASE holds to be the same letters, though str.lower() does not make them so.
_ALIKE = str.maketrans({"İ": "i", "ı": "i", "ſ": "s", "ﬅ": "ﬆ"})


@lru_cache(maxsize=8192)
def beginnings(text: str) -> frozenset[str]:
    """How the words of a text begin: their first one to six letters, a shorter word's end marked.

    >>> sorted(beginnings("No delays"))
    ['d', 'de', 'del', 'dela', 'delay', 'delays', 'n', 'no', 'no ']
    """
    words = frozenset(_PIECE.findall(text.translate(_ALIKE).lower()))
    return frozenset(chain.from_iterable(map(_begins, words)))


@lru_cache(maxsize=65536)
def _begins(word: str) -> tuple[str, ...]:
    whole = word + _END if len(word) < _LONGEST else word[:_LONGEST]
    return (whole, *(word[:length] for length in range(1, _LONGEST)))


class Sought:
    """An expression, compiled when first a text has one of the words that a match must have.

    Args:
        source: the expression.
        flags: as ``re.compile`` takes them.
    """

    def __init__(self, source: str, flags: re.RegexFlag = re.IGNORECASE) -> None:
        self._source, self._flags = source, flags

    @cached_property
    def pattern(self) -> re.Pattern[str]:
        """The expression itself."""
        return re.compile(self._source, self._flags)

    @cached_property
    def _needed(self) -> frozenset[str]:
        known = _read_before().get(needles_key(self._source, self._flags))
        return frozenset((needles(self._source, self._flags) or ()) if known is None else known)

    def may_match(self, text: str) -> bool:
        """Whether the text has what every match has."""
        return not self._needed or not self._needed.isdisjoint(beginnings(text))

    def search(self, text: str) -> re.Match[str] | None:
        """As ``re.Pattern.search``."""
        return self.pattern.search(text) if self.may_match(text) else None

    def match(self, text: str) -> re.Match[str] | None:
        """As ``re.Pattern.match``."""
        return self.pattern.match(text) if self.may_match(text) else None

    def fullmatch(self, text: str) -> re.Match[str] | None:
        """As ``re.Pattern.fullmatch``."""
        return self.pattern.fullmatch(text) if self.may_match(text) else None

    def finditer(self, text: str) -> Iterator[re.Match[str]] | tuple[()]:
        """As ``re.Pattern.finditer``."""
        return self.pattern.finditer(text) if self.may_match(text) else ()


def needles(source: str, flags: re.RegexFlag = re.IGNORECASE) -> frozenset[str] | None:
    """Beginnings of words (see :func:`beginnings`) of which every text with a match holds one; or None.

    >>> sorted(needles(r"\\b(?:on hold|delay(?:s|ed)?)\\b") or ())
    ['delay', 'hold']
    """
    if _parser is None:
        return None
    walk = _Walk()
    walk.through(_parser.parse(source, flags))
    walk.pause()
    return walk.best


def needles_key(source: str, flags: re.RegexFlag = re.IGNORECASE) -> str:
    """What the needles of an expression go by in ``needles.json``."""
    return hashlib.sha256(f"{_LONGEST} {int(flags)} {source}".encode()).hexdigest()[:16]


@cache
def _read_before() -> Mapping[str, Sequence[str]]:
    """The needles of nlpkit's own expressions, as ``UPDATE_NEEDLES=1 pytest tests/language/test_needles.py``
    writes them: reading them off anew takes a third of a second at every start."""
    found: Mapping[str, Sequence[str]] = json.loads(_FILE.read_text(encoding="utf8"))
    return found


class _Walk:
    """One way through an expression.

    ``open`` holds what may have been read of the word that the walk stands in: "" at the start of a
    word, None inside a word whose beginning is not known. ``best`` holds the most telling set of
    beginnings met so far, of which every match has one.
    """

    def __init__(self, open_: frozenset[str | None] = frozenset({None})) -> None:
        self.open = open_
        self.best: frozenset[str] | None = None

    def through(self, parsed: Iterable[tuple[Any, Any]]) -> None:
        """Walk through a sequence."""
        for op, given in parsed:
            if op is _c.LITERAL:
                self._letters(chr(given))
            elif op is _c.IN:
                self._one_of(given)
            elif op is _c.SUBPATTERN:
                self.through(given[-1])
            elif op is _c.ATOMIC_GROUP:
                self.through(given)
            elif op is _c.BRANCH:
                self._branch(given[1])
            elif op in (_c.MAX_REPEAT, _c.MIN_REPEAT, _c.POSSESSIVE_REPEAT):
                self._repeat(*given)
            elif op is _c.AT or op in (_c.ASSERT, _c.ASSERT_NOT):
                self._edge(op, given)
            else:
                self._unknown()

    def pause(self, end: str = "") -> None:
        """Take what has been read of the word for needed; ``end`` marks that it ends here."""
        if self.open and all(self.open):
            self._need(frozenset(word if len(word) >= _LONGEST else word + end for word in self.open if word))

    def _need(self, words: frozenset[str]) -> None:
        if len(words) <= _MOST and (self.best is None or _often(words) < _often(self.best)):
            self.best = words

    def _letters(self, *letters: str) -> None:
        """One of some characters."""
        words = {letter.translate(_ALIKE).lower() for letter in letters}
        inside = {letter for letter in words if _PIECE.fullmatch(letter)}
        if inside == words and len(self.open) * len(words) <= _MOST:
            self.open = frozenset(
                None if word is None else (word + letter)[:_LONGEST] for word in self.open for letter in words
            )
        elif not inside:
            self.pause(_END)
            self.open = frozenset({""})
        else:
            self._unknown()

    def _one_of(self, given: Sequence[tuple[Any, Any]]) -> None:
        if all(op is _c.LITERAL for op, _ in given):
            self._letters(*(chr(code) for _, code in given))
        elif all(
            (op is _c.CATEGORY and what in (_c.CATEGORY_SPACE, _c.CATEGORY_NOT_WORD))
            or (op is _c.LITERAL and not _PIECE.fullmatch(chr(what)))
            for op, what in given
        ):
            self._letters(" ")
        else:
            self._unknown()

    def _unknown(self) -> None:
        self.pause()
        self.open = frozenset({None})

    def _branch(self, ways: Sequence[Iterable[tuple[Any, Any]]]) -> None:
        taken = []
        for way in ways:
            walk = _Walk(self.open)
            walk.through(way)
            walk.pause()
            taken.append(walk)
        self.pause()
        if all(walk.best for walk in taken):
            self._need(frozenset().union(*(walk.best or () for walk in taken)))
        self.open = frozenset().union(*(walk.open for walk in taken))

    def _repeat(self, least: int, most: int, parsed: Iterable[tuple[Any, Any]]) -> None:
        parsed = list(parsed)
        once = _Walk(self.open)
        once.through(parsed)
        after = once.open if least else self.open | once.open
        if most > 1:
            again = _Walk(after)
            again.through(parsed)
            if not again.open <= after:
                once._unknown()
                after = frozenset({None})
        self.pause()
        if least and once.best:
            self._need(once.best)
        self.open = after

    def _edge(self, op: Any, given: Any) -> None:
        """What takes no room: it can tell that a word begins or ends here."""
        word = op is _c.ASSERT_NOT and list(given[1]) in (
            [(_c.IN, [(_c.CATEGORY, _c.CATEGORY_WORD)])],
            [(_c.CATEGORY, _c.CATEGORY_WORD)],
        )
        boundary = op is _c.AT and given is _c.AT_BOUNDARY
        if boundary or (word and given[0] > 0):
            self.pause(_END)
        starts = (word and given[0] < 0) or (
            op is _c.AT and given in (_c.AT_BEGINNING, _c.AT_BEGINNING_STRING)
        )
        if (starts or boundary) and self.open == {None}:
            self.open = frozenset({""})


def _often(words: frozenset[str]) -> float:
    """About how often a text holds one of the words."""
    return sum(0.3 if word.rstrip(_END) in _COMMON else 0.004 + 0.25 ** len(word) for word in words)
