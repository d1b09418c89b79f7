"""Two sequences of words laid beside each other: where seeds line up, and the best alignment there."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

from nlpkit.analysis.seeds import DRIFT, REACH, SEED, Pairs
from nlpkit.analysis.words import Words

__all__ = ["align", "aligned", "chains", "covered", "cut"]

_GAP = 5  # an alignment is cut where more words than this go unmatched
_DENSITY = 0.65  # of a passage's words, the least that must be matched
_GIVE_UP = 8.0  # fall of an alignment's score after which nothing better is looked for
_CONTENT_MATCH, _FUNCTION_MATCH, _EDIT = 1.0, 0.6, 0.9  # weights of the alignment


def chains(hits: Pairs) -> list[Pairs]:
    """Seeds grouped along near diagonals, the longest chain first."""
    found: list[Pairs] = []
    live: list[Pairs] = []
    for i, j in hits:
        live = [chain for chain in live if i - chain[-1][0] <= REACH]
        best, nearest = None, DRIFT + 1
        for chain in live:
            last_i, last_j = chain[-1]
            drift = abs((j - i) - (last_j - last_i))
            if i > last_i and j > last_j and drift < nearest:
                best, nearest = chain, drift
        if best is None:
            best = []
            found.append(best)
            live.append(best)
        best.append((i, j))
    return sorted(found, key=lambda chain: (-len(chain), chain[0]))


def covered(chain: Pairs) -> int:
    """How many words the seeds of a chain cover."""
    return SEED + sum(min(SEED, i - before) for (before, _), (i, _) in pairwise(chain))


def align(a: Sequence[int], b: Sequence[int], chain: Pairs, function: frozenset[int]) -> Pairs:
    """The best local alignment of two word sequences near a chain of seeds (all of both without).

    Returns:
        The equal word pairs in order.
    """
    if chain:
        slants = [j - i for i, j in chain]
        low, high = min(slants) - DRIFT + 2, max(slants) + DRIFT - 2
        first, last = max(0, chain[0][0] - REACH), min(len(a), chain[-1][0] + SEED + REACH)
        settled = chain[-1][0]  # the last seed: beyond it a lost alignment is given up
    else:
        low, high, first, last = -len(a), len(b), 0, len(a)
        settled = last
    # Cell k of row i stands for word j = i + low + k of the other text, so that the cell above
    # is k + 1 of the row before, and the one before both words is k.
    band, width = high - low + 1, len(b)
    above = [0.0] * (band + 1)
    moves: list[bytearray] = []
    best, best_at = 0.0, (0, 0)
    for i in range(first, last):
        word = a[i]
        gain = _FUNCTION_MATCH if word in function else _CONTENT_MATCH
        row = [0.0] * (band + 1)
        move = bytearray(band)
        beside = top = 0.0
        shift = i + low
        for k in range(max(0, -shift), min(band, width - shift)):
            score = above[k] + gain if b[shift + k] == word else above[k] - _EDIT
            came = 1 if b[shift + k] == word else 2
            if above[k + 1] - _EDIT > score:
                score, came = above[k + 1] - _EDIT, 3
            if beside - _EDIT > score:
                score, came = beside - _EDIT, 4
            if score <= 0:
                beside = 0.0
                continue
            row[k] = beside = score
            move[k] = came
            if score > top:
                top = score
                if score > best:
                    best, best_at = score, (i, k)
        moves.append(move)
        above = row
        if i > settled and top < best - _GIVE_UP:
            break
    pairs: Pairs = []
    i, k = best_at
    while best > 0 and i >= first and 0 <= k < band:
        came = moves[i - first][k]
        if came == 0:
            break
        if came == 1:
            pairs.append((i, i + low + k))
        if came != 4:
            i -= 1
        k += {1: 0, 2: 0, 3: 1, 4: -1}[came]
    return pairs[::-1]


def cut(pairs: Pairs) -> list[Pairs]:
    """An alignment cut where a stretch of either text goes unmatched; sparse parts dropped."""
    parts: list[Pairs] = []
    for i, j in pairs:
        if parts and i - parts[-1][-1][0] <= _GAP + 1 and j - parts[-1][-1][1] <= _GAP + 1:
            parts[-1].append((i, j))
        else:
            parts.append([(i, j)])
    return [
        part
        for part in parts
        if len(part) >= _DENSITY * (1 + max(part[-1][0] - part[0][0], part[-1][1] - part[0][1]))
    ]


def aligned(
    a: Words, b: Words, near: Sequence[Pairs], done: set[tuple[int, int]], function: frozenset[int]
) -> list[Pairs]:
    """The alignments around chains of seeds; ``done`` are the pairs of words aligned so far."""
    parts: list[Pairs] = []
    for chain in near:
        if chain[0] in done:
            continue
        for part in cut(align(a.ids, b.ids, chain, function)):
            if not done.intersection(part):
                done.update(part)
                parts.append(part)
    return parts
