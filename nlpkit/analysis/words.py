"""Texts as numbered words with their places: what copied passages and novelty are counted in."""

from __future__ import annotations

import re
from array import array
from bisect import bisect_left
from collections.abc import Iterable, Sequence, Set
from dataclasses import dataclass, replace
from hashlib import blake2b

import numpy as np
from numpy.typing import NDArray

from nlpkit.resources import lexicon

__all__ = ["Vocabulary", "Words", "shared_spans", "sharing", "word_novelty"]

_SPLIT = r"(?<=[a-z][a-z])-\n[ \t]*(?=[a-z][a-z])"  # a word split over two lines: "inspec-\ntion"
_WORD = re.compile(rf"[^\W_]+(?:['’][^\W_]+|{_SPLIT}[^\W\d_]+)*")
_HYPHEN = re.compile(r"-\n[ \t]*")
_PAGE_LINE = re.compile(
    r"\n[ \t]*(?:page\s+\d+(?:[ \t]+of[ \t]+\d+)?|[-–][ \t]*\d{1,3}[ \t]*[-–]|official(?:[- ]sensitive)?"
    r"|[^\n|]{1,60}\|[ \t]*(?:page[ \t]+)?\d{1,3}(?:[ \t]+of[ \t]+\d+)?)[ \t]*(?=\n)",
    re.IGNORECASE,
)
"""A page's foot or head that stayed in a text: its words aren't the text's."""
_BREAK = re.compile(r"[.!?;]['\"’”)\]]*\s|[•\n]")
_ROW = 3  # words in the sequences that novelty is counted in


@dataclass(frozen=True, slots=True)
class Words:
    """A text as a sequence of words; each array has one item a word, and takes as little memory as it can.

    Attributes:
        ids: the words' numbers in their vocabulary.
        starts, ends: character offsets.
        sentence: the number of the sentence (or bullet, or line) that the word stands in.
        counted: 0 for words that the user set aside, else 1.
    """

    ids: array[int]
    starts: array[int]
    ends: array[int]
    sentence: array[int]
    counted: bytes

    @property
    def total(self) -> int:
        """How many words count."""
        return sum(self.counted)


class Vocabulary:
    """Numbers words in order of first sight, whatever their case, and remembers texts seen.

    ``function`` holds the numbers of the words without content of their own.
    """

    def __init__(self) -> None:
        self._numbers: dict[str, int] = {}
        self._hashes = array("Q")
        self._seen: dict[str, Words] = {}
        self._held: dict[tuple[str, int], frozenset[tuple[int, ...]]] = {}
        self._shared: dict[tuple[str, str, int], tuple[tuple[int, int], ...]] = {}
        self.function = frozenset(self._number(word) for word in lexicon("function_words")["words"])

    def _numbered(self, written: Sequence[str]) -> list[int]:
        known = self._numbers
        return [known[word] if word in known else self._number(word) for word in written]

    def _number(self, written: str) -> int:
        number = self._numbers.get(written)
        if number is None:
            word = _HYPHEN.sub("", written.casefold().replace("’", "'"))
            number = self._numbers.get(word)
            if number is None:
                number = self._numbers[word] = len(self._hashes)
                digest = blake2b(word.encode("utf8", "surrogatepass"), digest_size=8).digest()
                self._hashes.append(int.from_bytes(digest, "big"))
            self._numbers[written] = number
        return number

    def hashes(self) -> NDArray[np.uint64]:
        """Of each word, by its number, a hash that is the same in every vocabulary."""
        return np.array(self._hashes, dtype=np.uint64)

    def words(self, text: str, ignore: Iterable[tuple[int, int]] = ()) -> Words:
        """The words of a text; one split by a hyphen over two lines is one, a page's foot is none.

        Args:
            text: any text.
            ignore: character spans whose words don't count.
        """
        words = self._seen.get(text)
        if words is None:
            spans = [match.span() for match in _WORD.finditer(text)]
            breaks = [match.start() for match in _BREAK.finditer(text)]
            if "-\n" in text:
                split = {match.start() + 1 for match in re.finditer(_SPLIT, text)}
                breaks = [at for at in breaks if at not in split]
            if breaks:
                for line in _PAGE_LINE.finditer(text):
                    first, last = line.span()
                    spans = [span for span in spans if span[1] <= first or span[0] >= last]
            starts, ends = [start for start, _ in spans], [end for _, end in spans]
            words = self._seen[text] = Words(
                ids=array("i", self._numbered([text[start:end] for start, end in spans])),
                starts=array("i", starts),
                ends=array("i", ends),
                sentence=array("i", _sentences(starts, breaks)),
                counted=b"\1" * len(spans),
            )
        aside = sorted(ignore)
        if not aside:
            return words
        places = zip(words.starts, words.ends, strict=True)
        counted = [not any(a <= start and end <= b for a, b in aside) for start, end in places]
        return replace(words, counted=bytes(counted))

    def shared(self, text: str, other: str, least: int) -> list[tuple[int, int]]:
        """:func:`shared_spans`, found once: an update is held against its recommendation again and again."""
        key = text, other, least
        if key not in self._shared:
            if (other, least) not in self._held:
                self._held[other, least] = frozenset(_rows(self.words(other).ids, least))
            theirs = self._held[other, least]
            self._shared[key] = tuple(_in_a_row(self.words(text), theirs, least)) if theirs else ()
        return list(self._shared[key])


def _sentences(starts: Sequence[int], breaks: Sequence[int]) -> list[int]:
    """The number of breaks before each word."""
    found: list[int] = []
    word = 0
    for number, at in enumerate(breaks):
        last = bisect_left(starts, at, word)
        found += [number] * (last - word)
        word = last
    return found + [len(breaks)] * (len(starts) - word)


def _in_a_row(words: Words, theirs: Set[tuple[int, ...]], least: int) -> list[tuple[int, int]]:
    """The character spans of a text whose words stand in a row in another one."""
    spans: list[tuple[int, int]] = []
    for n in [n for n, row in enumerate(_rows(words.ids, least)) if row in theirs]:
        start, end = words.starts[n], words.ends[n + least - 1]
        if spans and start <= spans[-1][1]:
            spans[-1] = (spans[-1][0], end)
        else:
            spans.append((start, end))
    return spans


def shared_spans(
    text: str, other: str, vocabulary: Vocabulary | None = None, *, least: int = 4
) -> list[tuple[int, int]]:
    """Character spans of ``text`` whose words stand in a row of ``least`` or more in ``other``.

    For setting aside quotations, such as the recommendation's own wording in an update.
    """
    return (vocabulary or Vocabulary()).shared(text, other, least)


def word_novelty(text: str, earlier: Iterable[str], vocabulary: Vocabulary | None = None) -> float:
    """The share of a text's three-word sequences that no earlier text holds, 0 to 1.

    Texts of fewer than six words are compared by their single words of content (by all words
    where they have none); a text without words is not new (0).
    """
    vocabulary = vocabulary or Vocabulary()
    mine = vocabulary.words(text).ids
    before = [vocabulary.words(one).ids for one in earlier]
    if not mine:
        return 0.0
    if len(mine) < 2 * _ROW:
        own = [word for word in mine if word not in vocabulary.function] or mine
        known = {word for ids in before for word in ids}
        return sum(word not in known for word in own) / len(own)
    own_rows = _rows(mine, _ROW)
    known_rows = {row for ids in before for row in _rows(ids, _ROW)}
    return sum(row not in known_rows for row in own_rows) / len(own_rows)


def sharing(
    texts: Sequence[str], others: Iterable[str], vocabulary: Vocabulary, *, least: int = 2
) -> list[bool]:
    """Of each text whether at least ``least`` of its three-word sequences stand in any of the others.

    A cheap sieve before passages are aligned: two texts that share fewer have none in common.
    """
    known = {row for other in others for row in _rows(vocabulary.words(other).ids, _ROW)}
    return [
        sum(row in known for row in set(_rows(vocabulary.words(text).ids, _ROW))) >= least for text in texts
    ]


def _rows(ids: Sequence[int], length: int) -> list[tuple[int, ...]]:
    return list(zip(*(ids[n:] for n in range(length)), strict=False))
