"""Pairs of texts that may hold a copied passage: those that share sequences of words near one diagonal.

Everything is done in arrays over all texts at once. The places where two texts share a sequence are
packed into one number each and sorted by it; the pairs that share but one sequence, nearly all of them,
are dropped before anything is unpacked.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from nlpkit.analysis.words import Words

__all__ = [
    "DRIFT",
    "OWN_SEEDED",
    "REACH",
    "SEED",
    "SEEDED",
    "Pairs",
    "candidates",
    "chained",
    "in_pairs",
    "linked",
    "seed_keys",
]

SEED = 3  # words in a seed
REACH = 15  # words between two seeds of one chain, and around a chain that are aligned
DRIFT = 6  # words added or left out between two seeds of one chain
SEEDED, OWN_SEEDED = 6, 4  # words that seeds must cover before a chain is aligned

Pairs = list[tuple[int, int]]
"""Word positions in two texts, left and right."""

_Ints = NDArray[np.int64]
_MIX = np.uint64(0x9E3779B97F4A7C15)
_MOST_CODE = 2**63 - 1  # what a packed place may be at most


def candidates(
    words: Sequence[Words],
    group: _Ints,
    *,
    apart: _Ints | None = None,
    action: _Ints | None = None,
    most: int,
) -> Iterator[tuple[int, int, Pairs]]:
    """Pairs of texts with enough seeds near one diagonal.

    Args:
        words: the texts.
        group: only texts of equal group make a pair.
        apart: texts of equal number here make none.
        action: texts of equal number here need fewer seeds.
        most: a seed found more often than this in a group links each place only to the first and
            to the one before.

    Yields:
        The positions of two texts, left < right, and the word positions of their seeds in order.
    """
    yield from chained(*_hits(words, group, apart, most), action)


def chained(
    left: _Ints, right: _Ints, left_at: _Ints, right_at: _Ints, action: _Ints | None = None
) -> Iterator[tuple[int, int, Pairs]]:
    """Of pairs of texts with the places of their seeds, in order, those with enough near one diagonal.

    Args:
        left, right, left_at, right_at: of each place the two texts and the word positions in them, sorted by
            all four in this order.
        action: as :func:`candidates` has it.

    Yields:
        As :func:`candidates`.
    """
    if not len(left):
        return
    # Words covered by seeds that follow one another in both texts: a cheap lower bound of the
    # alignment, which spares nearly all pairs that merely share a turn of phrase.
    new_pair = np.r_[True, (left[1:] != left[:-1]) | (right[1:] != right[:-1])]
    pair = np.cumsum(new_pair) - 1
    step, drift = np.diff(left_at), np.diff(right_at - left_at)
    linked = ~new_pair[1:] & (step <= REACH) & (np.abs(drift) <= DRIFT)
    chain = np.cumsum(np.r_[True, ~linked]) - 1
    gained = np.r_[SEED, np.where(linked, np.minimum(step, SEED), SEED)]
    covered = np.bincount(chain, weights=gained)
    best = np.zeros(pair[-1] + 1)
    np.maximum.at(best, pair, covered[chain])
    starts = np.flatnonzero(new_pair)
    needed = np.full(len(starts), SEEDED)
    if action is not None:
        needed[action[left[starts]] == action[right[starts]]] = OWN_SEEDED
    bounds = np.r_[starts, len(left)]
    for n in np.flatnonzero(best >= needed).tolist():
        a, b = int(bounds[n]), int(bounds[n + 1])
        hits = list(zip(left_at[a:b].tolist(), right_at[a:b].tolist(), strict=True))
        yield int(left[a]), int(right[a]), hits


def _hits(
    words: Sequence[Words], group: _Ints, apart: _Ints | None, most: int
) -> tuple[_Ints, _Ints, _Ints, _Ints]:
    """Places that share a seed, of pairs that share two or more: texts and word positions, in order."""
    none = np.zeros(0, dtype=np.int64)
    key, row, at = _places(words, group)
    if not len(key):
        return none, none, none, none
    texts, width = len(words), 1 + int(at.max())
    packs = texts * texts * width * width <= _MOST_CODE
    codes: list[_Ints] = []
    loose: list[tuple[_Ints, ...]] = []
    for left, right in _links(key, most):
        apart_from = row[left] != row[right]
        if apart is not None:
            apart_from &= apart[row[left]] != apart[row[right]]
        left, right = left[apart_from], right[apart_from]
        if packs:
            codes.append(((row[left] * texts + row[right]) * width + at[left]) * width + at[right])
        else:
            loose.append((row[left], row[right], at[left], at[right]))
    if packs:
        code = np.concatenate(codes)
        codes.clear()
        code.sort()
        code = code[_of_two(code // (width * width))]
        code, right_at = np.divmod(code, width)
        code, left_at = np.divmod(code, width)
        return (*np.divmod(code, texts), left_at, right_at)
    one, other, one_at, other_at = (np.concatenate(parts) for parts in zip(*loose, strict=True))
    order = np.lexsort((other_at, one_at, other, one))
    order = order[_of_two(one[order] * texts + other[order])]
    return one[order], other[order], one_at[order], other_at[order]


def seed_keys(words: Words, hashes: NDArray[np.uint64]) -> NDArray[np.uint64]:
    """The sequences of words of a text, each as a number that is the same in every process.

    Args:
        words: the text.
        hashes: of each word of its vocabulary (:meth:`nlpkit.analysis.words.Vocabulary.hashes`).
    """
    own = hashes[np.frombuffer(words.ids, dtype=np.int32)] if len(words.ids) >= SEED else hashes[:0]
    if not len(own):
        return own
    return (own[:-2] * _MIX + own[1:-1]) * _MIX + own[2:]


def linked(
    key: NDArray[np.uint64], text: _Ints, at: _Ints, apart: _Ints, most: int
) -> tuple[_Ints, _Ints, _Ints, _Ints]:
    """Places where two texts share a sequence: left text, right text, position in each, in no order.

    Args:
        key, text, at: of each place its sequence, text and word position; all places of a sequence.
        apart: texts of equal number here make no pair.
        most: as :func:`candidates` has it.
    """
    order = np.lexsort((at, text, key))
    key, text, at = key[order], text[order], at[order]
    parts: list[tuple[_Ints, _Ints]] = []
    if len(key):
        for left, right in _links(key, most):
            kept = (text[left] != text[right]) & (apart[text[left]] != apart[text[right]])
            parts.append((left[kept], right[kept]))
    left = np.concatenate([one for one, _ in parts]) if parts else np.zeros(0, dtype=np.int64)
    right = np.concatenate([other for _, other in parts]) if parts else left
    return text[left], text[right], at[left], at[right]


def in_pairs(left: _Ints, right: _Ints, left_at: _Ints, right_at: _Ints) -> tuple[_Ints, _Ints, _Ints, _Ints]:
    """Places of :func:`linked` in order, of the pairs of texts that share two or more."""
    order = np.lexsort((right_at, left_at, right, left))
    same = (np.diff(left[order]) == 0) & (np.diff(right[order]) == 0)
    kept = np.zeros(len(order), dtype=np.bool_)
    kept[1:] |= same
    kept[:-1] |= same
    order = order[kept]
    return left[order], right[order], left_at[order], right_at[order]


def _of_two(pair: _Ints) -> NDArray[np.bool_]:
    """Which places of a sorted list are not the only one of their pair: one seed covers too little."""
    next_same = pair[1:] == pair[:-1]
    found = np.zeros(len(pair), dtype=np.bool_)
    found[1:] |= next_same
    found[:-1] |= next_same
    return found


def _places(words: Sequence[Words], group: _Ints) -> tuple[_Ints, _Ints, _Ints]:
    """Where each sequence of words stands: its number (another in each group), text and position.

    Sorted by number, then text, then position.
    """
    sizes = np.array([max(0, len(one.ids) - SEED + 1) for one in words], dtype=np.int64)
    total = int(sizes.sum())
    if not total:
        none = np.zeros(0, dtype=np.int64)
        return none, none, none
    span = 1 + max(max(one.ids) for one in words if one.ids)
    key = np.empty(total, dtype=np.int64)
    ends = np.cumsum(sizes)
    for one, end, size in zip(words, ends.tolist(), sizes.tolist(), strict=True):
        if size:
            ids = np.array(one.ids, dtype=np.int64)
            key[end - size : end] = (ids[:-2] * span + ids[1:-1]) * span + ids[2:]
    row = np.repeat(np.arange(len(words)), sizes)
    at = np.arange(total) - np.repeat(ends - sizes, sizes)
    groups = int(group.max()) + 1
    if groups > 1:
        if span**SEED * groups > _MOST_CODE:
            key = np.unique(key, return_inverse=True)[1].astype(np.int64)
        key = key * groups + group[row]
    order = np.argsort(key, kind="stable")
    return key[order], row[order], at[order]


def _links(key: NDArray[Any], most: int) -> Iterator[tuple[_Ints, _Ints]]:
    """Pairs of places, as positions in a sorted list, that hold the same sequence."""
    new = np.r_[True, key[1:] != key[:-1]]
    first = np.flatnonzero(new)
    length = np.diff(np.r_[first, len(key)])
    shared = np.repeat(length > 1, length)  # a sequence that stands once seeds nothing
    place = np.flatnonzero(shared)
    run = (np.cumsum(new) - 1)[place]
    behind = place - first[run]
    common = length[run] > most
    for shift in range(1, min(int(length.max()), most + 1)):
        reach = behind >= shift
        if shift > 1:
            reach &= ~common
        yield place[reach] - shift, place[reach]
    to_first = common & (behind > 1)
    yield first[run[to_first]], place[to_first]
