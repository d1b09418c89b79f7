"""Copied passages: where words of one text stand again, nearly in the same order, in another.

Exact and aligned, without vectors: a passage survives edits (about a fifth of its words changed,
added or left out), another place in the text and other line breaks, and a paraphrase in other
words is not a repeat.

How: texts become words with offsets; three-word sequences that two texts share seed a pair of
places; seeds near one diagonal make a chain; around each chain the best local alignment
(Smith and Waterman, 1981, within a band) gives the passage. Sequences found in very many texts
link each text to the first and to the previous one only, so that the work grows with the
number of words, not with its square.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Hashable, Iterable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from nlpkit.analysis.alignment import align, aligned, chains, covered, cut
from nlpkit.analysis.seeds import OWN_SEEDED, REACH, SEEDED, Pairs, candidates
from nlpkit.analysis.words import Vocabulary, Words

__all__ = ["Repeat", "find_repeats", "passages_of"]

_PASSAGE = 8  # words that make a passage, when they are a sentence
_LONG_PASSAGE = 12  # words that make a passage, sentence or not
_SENTENCE_REACH = 0.85  # of a sentence's words, what a passage must reach over to be nearly the whole
_SENTENCE_SAME = 0.7  # of a sentence's words, what must be the same
_SENTENCE_WORDS = 6  # shorter fragments are no sentences
_SENTENCE_DICE = 0.75  # content shared by a sentence and its re-ordered copy
_CONTENT_WORDS = 5  # that a short text needs before its copy says anything
_OWN_PASSAGE = 5  # words that make a passage between two updates on one action, or beside a longer one
_REST_CONTENT = 2  # words of content in what counts only because it stands beside a copied passage


@dataclass(frozen=True, slots=True)
class Repeat:
    """A passage that stands in two texts.

    ``left`` and ``right`` are positions in the texts that were searched, ``left`` < ``right``;
    the offsets are characters of each text. ``words`` is how many words are the same in both,
    ``left_share`` and ``right_share`` how much of each text's words (0 to 1) they are; words
    that the caller set aside and those of a longer passage of the same pair aren't counted, so
    that the shares of a pair's passages add up.
    """

    left: int
    right: int
    left_start: int
    left_end: int
    right_start: int
    right_end: int
    words: int
    left_share: float
    right_share: float
    same_action: bool


def find_repeats(
    texts: Sequence[str],
    groups: Sequence[Hashable] | None = None,
    *,
    actions: Sequence[Hashable] | None = None,
    ignore: Sequence[Sequence[tuple[int, int]]] | None = None,
    apart: Sequence[Hashable] | None = None,
    most: int = 48,
    vocabulary: Vocabulary | None = None,
) -> list[Repeat]:
    """Passages of a sentence or more that stand, the same or nearly, in two of the texts.

    A passage counts when at least 8 words are aligned and they are nearly a whole sentence of
    either text, or the same sentence re-ordered, or at least 12 words; or when a short text or
    sentence with 5 words of content or more is the same as a whole. Between two texts of one
    action 5 aligned words count, or the whole of a shorter text.

    Args:
        texts: what is searched; an empty text has no repeats.
        groups: only texts of equal group are compared (one document, say); None: all are.
        actions: what each text is about; pairs of one action are marked ``same_action``.
        ignore: for each text, character spans whose words don't count (a quotation).
        apart: pairs of texts with equal values here are passed over.
        most: a sequence of words found in more texts of a group than this links each text
            only to the first and the previous one.
        vocabulary: keeps what it knows of texts between searches, so that each is read once.

    Returns:
        One item per passage, ordered by ``left``, ``right`` and place.
    """
    vocabulary = vocabulary or Vocabulary()
    words = [vocabulary.words(text, ignore[n] if ignore else ()) for n, text in enumerate(texts)]
    group = _numbered(groups, len(texts))
    action = _numbered(actions, len(texts)) if actions is not None else None
    apart_numbers = _numbered(apart, len(texts)) if apart is not None else None

    found: list[Repeat] = []
    done: set[tuple[int, int]] = set()
    for left, right, hits in candidates(words, group, apart=apart_numbers, action=action, most=most):
        same = action is not None and bool(action[left] == action[right])
        done.add((left, right))
        found.extend(_passages(left, right, words[left], words[right], hits, same, vocabulary.function))
    if action is not None:
        for left, right in _short_pairs(words, group, action):
            if (left, right) not in done and (
                apart_numbers is None or apart_numbers[left] != apart_numbers[right]
            ):
                found.extend(
                    _passages(
                        left,
                        right,
                        words[left],
                        words[right],
                        [],
                        True,
                        vocabulary.function,
                    )
                )
    return sorted(found, key=lambda r: (r.left, r.right, r.left_start, r.right_start))


def passages_of(
    left: int, right: int, a: Words, b: Words, hits: Pairs, function: frozenset[int]
) -> Iterable[Repeat]:
    """The passages of one pair of texts, on two actions, that count.

    Args:
        left, right: what the texts are called by.
        a, b: their words.
        hits: where they share sequences of words.
        function: the numbers of words without content.
    """
    return _passages(left, right, a, b, hits, False, function)


def _numbered(labels: Sequence[Hashable] | None, length: int) -> NDArray[np.int64]:
    if labels is None:
        return np.zeros(length, dtype=np.int64)
    numbers: dict[Hashable, int] = {}
    return np.array([numbers.setdefault(label, len(numbers)) for label in labels], dtype=np.int64)


def _short_pairs(
    words: Sequence[Words], group: NDArray[np.int64], action: NDArray[np.int64]
) -> Iterable[tuple[int, int]]:
    """Pairs on one action of which one text is too short for seeds to find."""
    members: dict[tuple[int, int], list[int]] = defaultdict(list)
    for n, one in enumerate(words):
        if one.ids:
            members[int(group[n]), int(action[n])].append(n)
    for rows in members.values():
        for place, right in enumerate(rows):
            for left in rows[:place]:
                if min(len(words[left].ids), len(words[right].ids)) < _PASSAGE:
                    yield left, right


def _passages(
    left: int,
    right: int,
    a: Words,
    b: Words,
    hits: Pairs,
    same: bool,
    function: frozenset[int],
) -> Iterable[Repeat]:
    """The passages of one pair of texts that count."""
    parts: list[Pairs] = []
    lines: list[Pairs] = []
    done: set[tuple[int, int]] = set()
    if a.ids == b.ids:
        parts.append([(n, n) for n in range(len(a.ids))])
    elif hits:
        lines = chains(hits)
        least = OWN_SEEDED if same else SEEDED
        parts = aligned(a, b, [line for line in lines if covered(line) >= least], done, function)
    else:
        parts = cut(align(a.ids, b.ids, [], function))
    # A sentence that stands twice in both texts aligns crosswise as well: that adds nothing.
    taken: tuple[set[int], set[int]] = (set(), set())
    little: list[Pairs] = []
    for part in sorted(parts, key=_longest):
        passage = _counting(part, a, b, same, function)
        if passage is None:
            little.append(part)
        elif _adds(part, taken):
            yield _repeat(left, right, a, b, passage, len(part), taken, same)
            _take(part, taken)
    if same or not taken[0]:
        return
    # Beside a copied passage, less is the rest of the copy: a short sentence, or what an edit cut off.
    weak = [line for line in lines if OWN_SEEDED <= covered(line) < SEEDED]
    little += aligned(a, b, weak, done, function)
    grown = True
    while grown:
        grown = False
        for part in sorted(little, key=_longest):
            counted = [(i, j) for i, j in part if a.counted[i] and b.counted[j]]
            content = sum(a.ids[i] not in function for i, _ in counted)
            if (
                len(counted) >= _OWN_PASSAGE
                and content >= _REST_CONTENT
                and _adds(part, taken)
                and _beside(part, taken)
            ):
                bounds = (part[0][0], part[-1][0], part[0][1], part[-1][1], counted)
                yield _repeat(left, right, a, b, bounds, len(part), taken, same)
                _take(part, taken)
                little.remove(part)
                grown = True
                break


_Passage = tuple[int, int, int, int, Pairs]  # first and last word left and right, and the pairs that count


def _longest(part: Pairs) -> tuple[int, tuple[int, int]]:
    return -len(part), part[0]


def _adds(part: Pairs, taken: tuple[set[int], set[int]]) -> bool:
    """Whether half of an alignment's words or more, in either text, stand in no longer passage."""
    left = sum(i in taken[0] for i, _ in part)
    right = sum(j in taken[1] for _, j in part)
    return 2 * left <= len(part) or 2 * right <= len(part)


def _beside(part: Pairs, taken: tuple[set[int], set[int]]) -> bool:
    """Whether an alignment stands near what is copied, in both texts, and apart from it."""
    for side in (0, 1):
        first, last = part[0][side], part[-1][side]
        if any(first <= place <= last for place in taken[side]):
            return False
        if not any(first - REACH <= place <= last + REACH for place in taken[side]):
            return False
    return True


def _take(part: Pairs, taken: tuple[set[int], set[int]]) -> None:
    taken[0].update(i for i, _ in part)
    taken[1].update(j for _, j in part)


def _repeat(
    left: int,
    right: int,
    a: Words,
    b: Words,
    passage: _Passage,
    words: int,
    taken: tuple[set[int], set[int]],
    same: bool,
) -> Repeat:
    left_first, left_last, right_first, right_last, counted = passage
    return Repeat(
        left,
        right,
        a.starts[left_first],
        a.ends[left_last],
        b.starts[right_first],
        b.ends[right_last],
        words,
        sum(i not in taken[0] for i, _ in counted) / max(1, a.total),
        sum(j not in taken[1] for _, j in counted) / max(1, b.total),
        same,
    )


def _counting(part: Pairs, a: Words, b: Words, same: bool, function: frozenset[int]) -> _Passage | None:
    """First and last word of the passage on each side, and the words that count, if it does."""
    counted = [(i, j) for i, j in part if a.counted[i] and b.counted[j]]
    matched = len(counted)
    if not matched:
        return None
    bounds = (part[0][0], part[-1][0], part[0][1], part[-1][1], counted)
    shorter = min(a.total, b.total)
    if same:
        return bounds if matched >= min(_OWN_PASSAGE, shorter) else None
    content = sum(a.ids[i] not in function for i, _ in counted)
    if matched >= _LONG_PASSAGE and content >= _CONTENT_WORDS:
        return bounds
    if matched >= _PASSAGE:
        if _nearly_a_sentence(counted, a, 0) or _nearly_a_sentence(counted, b, 1):
            return bounds
        reordered = _reordered(counted, a, b, function)
        if reordered is not None:
            return (*reordered, counted)
    if content >= _CONTENT_WORDS and _whole_sentence(part, a, b):
        return bounds
    return None


def _nearly_a_sentence(part: Pairs, words: Words, side: int) -> bool:
    """Whether a passage reaches over nearly the whole of one of the sentences it stands in."""
    inside: dict[int, list[int]] = defaultdict(list)
    for pair in part:
        inside[words.sentence[pair[side]]].append(pair[side])
    for sentence, places in inside.items():
        size = words.sentence.count(sentence)
        reach = 1 + places[-1] - places[0]
        if (
            size >= _SENTENCE_WORDS
            and reach >= _SENTENCE_REACH * size
            and len(places) >= _SENTENCE_SAME * size
        ):
            return True
    return False


def _whole_sentence(part: Pairs, a: Words, b: Words) -> bool:
    """Whether a sentence (or the whole of a short text) is the same, word for word, in both."""
    together = Counter((a.sentence[i], b.sentence[j]) for i, j in part)
    return any(
        same == a.sentence.count(mine) == b.sentence.count(theirs)
        for (mine, theirs), same in together.items()
    )


def _reordered(part: Pairs, a: Words, b: Words, function: frozenset[int]) -> tuple[int, int, int, int] | None:
    """The two sentences around a passage, where they hold the same content in another order."""
    together = Counter((a.sentence[i], b.sentence[j]) for i, j in part)
    (mine, theirs), shared = together.most_common(1)[0]
    if shared < _PASSAGE:
        return None
    left = [n for n, sentence in enumerate(a.sentence) if sentence == mine]
    right = [n for n, sentence in enumerate(b.sentence) if sentence == theirs]
    mine_words = Counter(a.ids[n] for n in left if a.ids[n] not in function)
    their_words = Counter(b.ids[n] for n in right if b.ids[n] not in function)
    common = sum((mine_words & their_words).values())
    if 2 * common < _SENTENCE_DICE * (mine_words.total() + their_words.total()):
        return None
    return left[0], left[-1], right[0], right[-1]
