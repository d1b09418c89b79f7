"""Expressions looked for only in texts that hold the words which their matches must hold.

Most sentences lack the words of a long expression, and a look at the sentence's words tells so at a fraction
of the cost of a search. The words are read from the expression itself, so the two cannot drift apart; an
expression without words that it must have is searched for everywhere.

A *need* is a set of beginnings of words of which a text must have one. What is read from an expression is
*ways*: a text with a match meets every need of one of them ("lead … moved on" needs "lead" and "moved" and
"on", "held back" needs "held" and "back"). Each need has a bit; the bits of a text are put together once from
those of its words, and held against the ways of every expression.
"""

from __future__ import annotations

import hashlib
import json
import re
import threading
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from functools import cache, cached_property, lru_cache, partial, reduce
from itertools import chain
from math import prod
from operator import or_
from pathlib import Path
from typing import Any

try:  # how Python itself reads an expression; without it every search is made
    from re import _constants as _c  # type: ignore[attr-defined]
    from re import _parser  # type: ignore[attr-defined]
except ImportError:  # pragma: no cover
    _parser = None

__all__ = ["Each", "Need", "Sought", "Way", "ways", "ways_key"]

Need = frozenset[str]
"""Beginnings of words (see :func:`_begins`), of which a text must have one."""
Way = tuple[Need, ...]
"""Needs, of which a text must meet all; the rarest first."""

_FILE = Path(__file__).with_name("needles.json")

_KNOWN_WORDS = 65536
_LONGEST = 6  # letters of a word that are looked at
_MOST = 400  # beginnings of a need beyond which it tells little
_WAYS = 100  # of an expression; beyond, they are put together
_DEEP = 4  # needs of a way, the rarest
_END = " "  # follows a shorter word that ends there
_PIECE = re.compile(r"\w+")
_DIGIT = re.compile(r"\d")  # all of them are taken for one
_COMMON = frozenset(
    _PIECE.findall(
        "the and with have has had for from been was were will that this are all not of to in on by at as is"
        " be an or it its our we"
    )
)
"""Words of every other sentence, which are needed only where little else is."""
# What re.IGNORECASE holds to be the same letters, though str.lower() does not make them so.
_ALIKE = str.maketrans({"İ": "i", "ı": "i", "ſ": "s", "ﬅ": "ﬆ"})


def _words(text: str) -> frozenset[str]:
    return frozenset(_PIECE.findall(text.translate(_ALIKE).lower()))


def _begins(word: str) -> tuple[str, ...]:
    """How a word begins: its first one to six letters, a shorter word's end marked, digits all alike.

    >>> _begins("no"), _begins("42")
    (('no ', 'n', 'no'), ('00 ', '0', '00'))
    """
    word = _DIGIT.sub("0", word)
    whole = word + _END if len(word) < _LONGEST else word[:_LONGEST]
    return (whole, *(word[:length] for length in range(1, _LONGEST) if length <= len(word)))


class _Index:
    """Of some needs, which ones a text meets.

    Args:
        needs: in the order of their bits.
    """

    def __init__(self, needs: Sequence[Need]) -> None:
        self.needs = tuple(needs)
        self.bits = {need: 1 << place for place, need in enumerate(self.needs)}
        self._begun: dict[str, int] = {}
        for need, bit in self.bits.items():
            for beginning in need:
                self._begun[beginning] = self._begun.get(beginning, 0) | bit
        self._of_word: dict[str, int] = {}
        self.met = lru_cache(maxsize=8192)(self._met_by_text)

    def _met_by_word(self, word: str) -> int:
        bits = 0
        for beginning in _begins(word):
            bits |= self._begun.get(beginning, 0)
        return bits

    def _met_by_text(self, text: str) -> int:
        bits, known = 0, self._of_word
        for word in _words(text):
            met = known.get(word)
            if met is None:
                if len(known) >= _KNOWN_WORDS:
                    known.clear()
                met = known[word] = self._met_by_word(word)
            bits |= met
        return bits


class _Known:
    """The needs of nlpkit's own expressions and of those met since.

    An index is replaced whole and never changed, so that threads need no lock to read it.
    """

    def __init__(self) -> None:
        needs, self.ways = _read_before()
        self.index = _Index(needs)
        self._lock = threading.Lock()

    def masks(self, found: Sequence[Way]) -> list[tuple[int, int]]:
        """Of each way the bit of its rarest need and all its bits, its needs once being among those that are
        looked for."""
        with self._lock:
            new = [need for need in dict.fromkeys(chain.from_iterable(found)) if need not in self.index.bits]
            if new:
                self.index = _Index((*self.index.needs, *new))
            bits = self.index.bits
        return [(bits[way[0]], reduce(or_, (bits[need] for need in way))) for way in found]


class Sought:
    """An expression, compiled when first a text has the words that a match must have.

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
    def _masks(self) -> tuple[int, tuple[int, ...]]:
        """The bits of the rarest need of every way, and all bits of each way."""
        known = _known()
        found = known.ways.get(ways_key(self._source, self._flags))
        masks = known.masks(ways(self._source, self._flags) if found is None else found)
        return reduce(or_, (rarest for rarest, _ in masks), 0), tuple(
            dict.fromkeys(bits for _, bits in masks)
        )

    def may_match(self, text: str) -> bool:
        """Whether the text has what every match has."""
        rarest, masks = self._masks
        met = _known().index.met(text)
        if met & rarest:
            for mask in masks:
                if met & mask == mask:
                    return True
        return not masks

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


class Each:
    """Several expressions, of which the words of a text tell at once which ones may be in it."""

    def __init__(self, sought: Iterable[Sought]) -> None:
        self._sought = tuple(sought)

    @cached_property
    def _masks(self) -> tuple[tuple[int, tuple[int, ...]], ...]:
        return tuple(one._masks for one in self._sought)

    def likely(self, text: str) -> list[int]:
        """The places of those that :meth:`Sought.may_match` the text."""
        met = _known().index.met(text)
        return [
            place
            for place, (rarest, masks) in enumerate(self._masks)
            if not masks or (met & rarest and any(met & mask == mask for mask in masks))
        ]

    def search(self, text: str) -> re.Match[str] | None:
        """The match that begins first, of those that begin together the first expression's: what one
        expression with all of them as alternatives would find, which is too wide to be passed over."""
        matches = [self._sought[place].pattern.search(text) for place in self.likely(text)]
        return min(filter(None, matches), key=lambda match: match.start(), default=None)


def ways(source: str, flags: re.RegexFlag = re.IGNORECASE) -> tuple[Way, ...]:
    """The ways in which a text can hold a match; none, where nothing is known of it.

    >>> [[sorted(need) for need in way] for way in ways(r"\\b(?:on hold|delays?)\\b")]
    [[['hold '], ['on ']], [['delay ', 'delays']]]
    """
    if _parser is None:
        return ()
    walk = _Walk([((), _INSIDE)])
    walk.through(_parser.parse(source, flags))
    return walk.ways()


def ways_key(source: str, flags: re.RegexFlag = re.IGNORECASE) -> str:
    """What the ways of an expression go by in ``needles.json``."""
    told = f"{_LONGEST} {_MOST} {_WAYS} {_DEEP} {int(flags)} {source}"
    return hashlib.sha256(told.encode()).hexdigest()[:16]


@cache
def _known() -> _Known:
    return _Known()


def _read_before() -> tuple[list[Need], Mapping[str, tuple[Way, ...]]]:
    """The needs and ways of nlpkit's own expressions, as ``UPDATE_NEEDLES=1 pytest
    tests/language/test_needles.py`` writes them: reading them off anew takes a third of a second at every
    start."""
    held = json.loads(_FILE.read_text(encoding="utf8"))
    needs = [frozenset(need) for need in held["needs"]]
    return needs, {
        key: tuple(tuple(needs[place] for place in way) for way in found)
        for key, found in held["ways"].items()
    }


_Open = frozenset[str | None]
"""What may have been read of the word that a walk stands in: "" at the start of a word, None inside a word
whose beginning is not known."""


_Stand = tuple[Way, _Open]
"""Where a way has come to: the needs met so far, and the word that it stands in."""


class _Walk:
    """Through an expression, in all ways at once."""

    def __init__(self, at: Iterable[_Stand]) -> None:
        self.at = list(at)

    def ways(self) -> tuple[Way, ...]:
        """The ways to the end; none where one of them needs nothing."""
        self.pause()
        found = [way for way, _ in _merged((way, _START) for way, _ in self.at)]
        single = [way[0] for way in found if len(way) == 1]
        if len(single) > 1:  # any word of theirs will do
            one_of = frozenset().union(*single)
            found = [(one_of,) if len(one_of) <= _MOST else (), *(way for way in found if len(way) != 1)]
        return () if () in found else tuple(found)

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
                self._go_on(partial(_after_any, given[1]))
            elif op in (_c.MAX_REPEAT, _c.MIN_REPEAT, _c.POSSESSIVE_REPEAT):
                self._repeat(*given)
            elif op is _c.AT or op in (_c.ASSERT, _c.ASSERT_NOT):
                self._edge(op, given)
            else:
                self._unknown()

    def pause(self, end: str = "") -> None:
        """Take what has been read of the word for needed; ``end`` marks that it ends here."""
        self.at = _merged((_paused(way, word, end), word) for way, word in self.at)

    def _go_on(self, part: Callable[[_Open], list[_Stand]]) -> None:
        """Through a part; ``part`` tells what it needs and where it leads from a word that is open.

        Where the ways get too many to tell apart, a match needs, of the more common ones, at least the rarest
        that each has.
        """
        after = {word: _merged(part(word)) for word in dict.fromkeys(word for _, word in self.at)}
        if sum(len(after[word]) for _, word in self.at) > _WAYS:
            if _how_often(self.at) <= max(map(_how_often, after.values())):
                after = {word: _as_one(stands) for word, stands in after.items()}
            else:
                self.at = [
                    (way, word)
                    for word in after
                    for way, _ in _as_one([stand for stand in self.at if stand[1] == word])
                ]
        if sum(len(after[word]) for _, word in self.at) > _WAYS:
            after = {word: _as_one(stands) for word, stands in after.items()}
        self.at = _merged(
            (reduce(_with, more, way), now) for way, word in self.at for more, now in after[word]
        )

    def _letters(self, *letters: str) -> None:
        """One of some characters."""
        letters = tuple({_DIGIT.sub("0", letter.translate(_ALIKE).lower()) for letter in letters})
        inside = [letter for letter in letters if _PIECE.fullmatch(letter)]
        longer = [(way, _longer(word, inside)) for way, word in self.at] if inside else []
        if len(inside) < len(letters):
            self.pause(_END)
            longer += [(way, _START) for way, _ in self.at]
        self.at = _merged(longer)

    def _one_of(self, given: Sequence[tuple[Any, Any]]) -> None:
        """A class of characters."""
        letters = []
        for op, what in given:
            if op is _c.LITERAL:
                letters.append(chr(what))
            elif op is _c.CATEGORY and what in (_c.CATEGORY_SPACE, _c.CATEGORY_NOT_WORD):
                letters.append(" ")
            elif (op is _c.CATEGORY and what is _c.CATEGORY_DIGIT) or (op is _c.RANGE and what == (48, 57)):
                letters.append("0")
            else:
                self._unknown()
                return
        self._letters(*letters)

    def _unknown(self) -> None:
        self.pause()
        self.at = _merged((way, _INSIDE) for way, _ in self.at)

    def _repeat(self, least: int, most: int, parsed: Iterable[tuple[Any, Any]]) -> None:
        parsed = list(parsed)

        def once(word: _Open) -> list[_Stand]:
            walk = _Walk(_after(word, parsed))
            if most > 1:
                ends = frozenset().union(*(end for _, end in walk.at))
                if not frozenset().union(*(end for _, end in _after(ends, parsed))) <= ends:
                    walk._unknown()
            return walk.at if least else [((), word), *walk.at]

        self._go_on(once)

    def _edge(self, op: Any, given: Any) -> None:
        """What takes no room: it can tell that a word begins or ends here."""
        word = op is _c.ASSERT_NOT and list(given[1]) in (
            [(_c.IN, [(_c.CATEGORY, _c.CATEGORY_WORD)])],
            [(_c.CATEGORY, _c.CATEGORY_WORD)],
        )
        boundary = op is _c.AT and given is _c.AT_BOUNDARY
        if boundary or (word and given[0] > 0):
            self.pause(_END)
        if boundary or word or (op is _c.AT and given in (_c.AT_BEGINNING, _c.AT_BEGINNING_STRING)):
            self.at = _merged((way, _START) for way, _ in self.at)  # a letter that can follow begins a word


_START: _Open = frozenset({""})
_INSIDE: _Open = frozenset({None})


def _longer(word: _Open, letters: Sequence[str]) -> _Open:
    if len(word) * len(letters) > _MOST:
        return _INSIDE
    return frozenset(
        None if begun is None else (begun + letter)[:_LONGEST] for begun in word for letter in letters
    )


def _paused(way: Way, word: _Open, end: str) -> Way:
    """A way with the word that it stands in, if that is known."""
    if not all(word) or len(word) > _MOST:
        return way
    return _with(way, frozenset(begun if len(begun) >= _LONGEST else begun + end for begun in word if begun))


def _after(word: _Open, parsed: Iterable[tuple[Any, Any]]) -> list[_Stand]:
    walk = _Walk([((), word)])
    walk.through(parsed)
    return walk.at


def _after_any(choices: Sequence[Iterable[tuple[Any, Any]]], word: _Open) -> list[_Stand]:
    return [stand for parsed in choices for stand in _after(word, parsed)]


def _merged(stands: Iterable[_Stand]) -> list[_Stand]:
    """Of ways that need the same, one; without those that need more than another and know no more."""
    found: dict[tuple[Way, bool], _Open] = {}
    for way, word in stands:
        key = way, all(word)  # a word that is known whole is yet to be needed
        found[key] = found.get(key, frozenset()) | word
    return [
        (way, word)
        for (way, known), word in found.items()
        if not any(
            (len(other) < len(way) or known != knows)
            and set(other) <= set(way)
            and word <= found[other, knows]
            for other, knows in found
        )
    ]


def _as_one(stands: Sequence[_Stand]) -> list[_Stand]:
    rarest = frozenset().union(*(min(way, key=_often) for way, _ in stands if way))
    nothing = len(rarest) > _MOST or any(not way for way, _ in stands)
    return [(() if nothing else (rarest,), frozenset().union(*(word for _, word in stands)))]


def _how_often(stands: Iterable[_Stand]) -> float:
    """About how often a text can be matched in one of some ways."""
    return sum(prod(min(1.0, _often(need)) for need in way) for way, _ in stands)


def _with(way: Way, need: Need) -> Way:
    """A way with one need more: of two, one of which says the other, the rarer; of many, the rarest."""
    kept = []
    for known in way:
        if _says(known, need) or _says(need, known):
            need = min(known, need, key=_often)
        else:
            kept.append(known)
    return tuple(sorted({*kept, need}, key=lambda one: (_often(one), sorted(one)))[:_DEEP])


def _says(need: Need, other: Need) -> bool:
    """Whether whoever meets the one need meets the other."""
    return all(any(word.startswith(begun) for begun in other) for word in need)


@cache
def _often(words: Need) -> float:
    """About how often a text holds one of the words."""
    return sum(0.3 if word.rstrip(_END) in _COMMON else 0.004 + 0.25 ** len(word) for word in words)
