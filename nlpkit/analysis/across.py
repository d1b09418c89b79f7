"""Passages that stand in the updates of two documents: searched for in steps that need not share a memory.

The steps, each of which works on a part of what there is:

1. :func:`seed_places`: of some updates, the sequences of words that they hold;
2. :func:`nlpkit.analysis.seeds.linked`: of some sequences, the pairs of updates that share them;
3. :func:`nlpkit.analysis.seeds.in_pairs` and ``chained``: of some pairs, those worth a close look;
4. :func:`passages`: of some pairs, the passages in common;
5. :func:`nlpkit.analysis.copies.standing`: of all repeats, where each passage stood first;
6. :func:`tell`: of some repeats, what is said of which row; :func:`add` puts it to the row.

:func:`compare` does them one after the other for updates that are all at hand; :mod:`nlpkit.partitions` does
the same for parts of a table, wherever they are.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from nlpkit.analysis.actions import Reason, earlier
from nlpkit.analysis.copies import Place, copy_reason, overlap, sides, standing
from nlpkit.analysis.repeats import Repeat, passages_of
from nlpkit.analysis.seeds import Pairs, chained, in_pairs, linked, seed_keys
from nlpkit.analysis.words import Vocabulary
from nlpkit.schema import Stale

__all__ = [
    "MOST",
    "Elsewhere",
    "Findings",
    "Told",
    "add",
    "compare",
    "in_order",
    "passages",
    "seed_places",
    "tell",
]

MOST = 24  # a turn of phrase found more often than this over all documents seeds little
_WORDS = 12  # a passage shared with another document counts from this length on

Ints = NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Told:
    """An update as it is held against those of other documents.

    Attributes:
        text: its words.
        ignore: characters that don't count.
        own: characters that stand in an earlier update on its own action.
        action: equal for all updates on one action, whatever the document; a number or a word.
        row_id, document, place, as_of, period, period_rank, known: as
            :class:`nlpkit.analysis.actions.Row` has them.
    """

    text: str
    ignore: tuple[Place, ...]
    own: tuple[Place, ...]
    row_id: str
    document: tuple[str, ...]
    place: int
    action: int | str
    as_of: date | None
    period: str
    period_rank: int
    known: bool = False


@dataclass(frozen=True, slots=True)
class Elsewhere:
    """A passage of the row at ``place`` that stands elsewhere.

    Attributes:
        why, ref: the reason for it, and the row that it is the same as.
        when: of an update of a history: when it was told, its document, place and action, else None.
        carried: of such an update: the row has the passage from an earlier update on its own action.
    """

    place: int
    why: Reason
    ref: str
    when: tuple[date, tuple[str, ...], int, int | str] | None = None
    carried: bool = False


class Findings(Protocol):
    """What was found of a row: its labels, the rows concerned and the reasons."""

    labels: set[Stale]
    refs: set[str]
    why: list[Reason]


def in_order(told: Iterable[Told]) -> list[Told]:
    """Updates in the order in which they are compared: the history's first, then by their documents' names,
    so that the order of files changes nothing."""
    return sorted(told, key=lambda one: (not one.known, one.document, one.place))


def compare(told: Iterable[Told], vocabulary: Vocabulary | None = None) -> list[Elsewhere]:
    """What stands in two documents, of updates that are all at hand; the vocabulary may know them already."""
    rows = in_order(one for one in told if one.text.strip())
    documents: dict[object, int] = {}
    apart = np.array(
        [documents.setdefault("" if one.known else one.document, len(documents)) for one in rows], np.int64
    )
    if len({one.document for one in rows}) < 2:
        return []
    vocabulary = vocabulary or Vocabulary()
    places = seed_places(rows, range(len(rows)), vocabulary)
    pairs = chained(*in_pairs(*linked(*places, apart, MOST)))
    by_number = dict(enumerate(rows))
    found = passages(pairs, by_number, vocabulary)
    return tell(found, standing(found, by_number), by_number)


def seed_places(
    told: Sequence[Told], numbers: Sequence[int], vocabulary: Vocabulary
) -> tuple[NDArray[np.uint64], Ints, Ints]:
    """The sequences of words that updates hold: of each its key, the number of its update, its position.

    Args:
        told: the updates.
        numbers: what each is called by, in the order of :func:`in_order`.
        vocabulary: reads them.
    """
    words = [vocabulary.words(one.text) for one in told]
    hashes = vocabulary.hashes()
    keys = [seed_keys(one, hashes) for one in words]
    sizes = [len(one) for one in keys]
    if not sum(sizes):
        none = np.zeros(0, dtype=np.int64)
        return none.astype(np.uint64), none, none
    at = np.concatenate([np.arange(size) for size in sizes])
    return np.concatenate(keys), np.repeat(np.array(numbers, dtype=np.int64), sizes), at


def passages(
    pairs: Iterable[tuple[int, int, Pairs]], told: Mapping[int, Told], vocabulary: Vocabulary
) -> list[Repeat]:
    """The passages of pairs of updates that count between two documents, in order.

    Args:
        pairs: two numbers of updates, and the word positions of their seeds.
        told: the updates by number.
        vocabulary: reads them.
    """
    found: list[Repeat] = []
    for left, right, hits in pairs:
        one, other = told[left], told[right]
        if one.action != other.action:
            a, b = (vocabulary.words(row.text, row.ignore) for row in (one, other))
            found.extend(
                repeat
                for repeat in passages_of(left, right, a, b, hits, vocabulary.function)
                if repeat.words >= _WORDS
            )
    return sorted(found, key=lambda r: (r.left, r.right, r.left_start, r.right_start))


def tell(
    found: Sequence[Repeat], known: Sequence[Mapping[str, str]], told: Mapping[int, Told]
) -> list[Elsewhere]:
    """What repeats say of the rows that they are of, in the order of the repeats.

    Args:
        found: the repeats.
        known: of each what :func:`nlpkit.analysis.copies.standing` knows of its passage.
        told: the updates by number.
    """
    said: list[Elsewhere] = []
    for repeat, more in zip(found, known, strict=True):
        for here, there in ((repeat.left, repeat.right), (repeat.right, repeat.left)):
            row, other = told[here], told[there]
            if row.known or earlier(row, other):
                continue
            mine, theirs = sides(repeat, here)
            why = copy_reason(row.text, mine, Stale.REPEAT_OTHER, other, other.text, theirs, **more)
            if not other.known:
                said.append(Elsewhere(row.place, why, other.row_id))
                continue
            when = (other.as_of or date.max, other.document, other.place, other.action)
            carried = earlier(other, row) and overlap(mine, row.own)
            said.append(Elsewhere(row.place, why, other.row_id, when, carried))
    return said


def add(row: Findings, said: Sequence[Elsewhere]) -> None:
    """Put to a row what was found of it elsewhere, in the order of :func:`tell`.

    Of a passage that the history has under another action, of each action only the first time counts;
    what the row carries on from its own action's earlier updates is no repeat of others.
    """
    for one in said:
        if one.when is None:
            _put(row, one)
    taken: dict[int | str, list[Place]] = defaultdict(list)
    remembered = [(one.when[:3], one.when[3], one) for one in said if one.when is not None]
    for _, action, one in sorted(remembered, key=lambda item: item[0]):
        mine = (one.why["start"], one.why["end"])
        if not one.carried and not overlap(mine, taken[action]):
            taken[action].append(mine)
            _put(row, one)


def _put(row: Findings, one: Elsewhere) -> None:
    row.labels.add(Stale.REPEAT_OTHER)
    row.refs.add(one.ref)
    why: Any = one.why
    if why not in row.why:
        row.why.append(why)
