"""Copied passages in a table judged in parts: what stands in two documents, without comparing all with all.

Sequences of words are sorted by their hash, so that equal ones meet; the pairs that these give are sorted by
their first update; their texts are fetched, and compared (:mod:`nlpkit.analysis.across`). The functions of
the steps take and return arrays only; an :class:`nlpkit.engines.Engine` runs them.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from itertools import pairwise
from typing import Any

import numpy as np
from numpy.typing import NDArray

from nlpkit.analysis import across
from nlpkit.analysis.copies import standing
from nlpkit.analysis.repeats import Repeat
from nlpkit.analysis.seeds import Pairs, chained, in_pairs, linked
from nlpkit.analysis.words import Vocabulary
from nlpkit.engines import Engine, Part, Pieces, packed, unpacked
from nlpkit.judging import Progress

__all__ = ["compare", "day_of", "elsewhere", "iso", "told_to_json"]


@dataclass(frozen=True, slots=True)
class Order:
    """The order in which updates are compared: they are numbered document by document.

    Attributes:
        counts: how many updates each document has, in order.
        known: how many updates are of the history; they come first.
        buckets: the bucket of each document.
        unlike: numbers of updates of the history that have too few words in common with the table.
    """

    counts: NDArray[np.int64]
    known: int
    buckets: NDArray[np.int64]
    unlike: NDArray[np.int64]

    @property
    def total(self) -> int:
        """How many updates there are."""
        return int(self.counts.sum())

    def numbers(self, bucket: int) -> NDArray[np.int64]:
        """The numbers of the updates of a bucket, in its order."""
        first = np.cumsum(self.counts) - self.counts
        own = np.flatnonzero(self.buckets == bucket)
        spans = [np.arange(first[n], first[n] + self.counts[n]) for n in own]
        return np.concatenate(spans) if spans else np.zeros(0, dtype=np.int64)

    def apart(self) -> NDArray[np.int64]:
        """Of each update a number, equal where two are not compared: of a document, or of the history."""
        apart = np.repeat(np.arange(len(self.counts)), self.counts)
        apart[: self.known] = -1
        return apart

    def owners(self, numbers: NDArray[np.int64]) -> NDArray[np.int64]:
        """The buckets that updates lie in."""
        return self.buckets[np.searchsorted(np.cumsum(self.counts), numbers, side="right")]


def compare(
    engine: Engine,
    found: Mapping[int, Any],
    firsts: Sequence[int],
    pieces: Callable[[int], int],
    told: Progress,
) -> list[Any]:
    """Look for what stands in two documents.

    Args:
        engine: runs the steps.
        found: of each bucket a handle for its updates (``told``) and documents (``documents``).
        firsts: how many rows of the table stand before each part, and how many there are.
        pieces: in how many pieces so many updates are sorted.
        told: called as the work goes on.

    Returns:
        Handles for what was found: of each, pieces for the parts of the table.
    """
    order = _order({bucket: _documents(engine, one) for bucket, one in found.items()})
    if len(order.counts) < 2:
        return []
    number = pieces(order.total)
    texts = {bucket: engine.pick(one, "told") for bucket, one in found.items()}
    seeds = [engine.run(seed_part, texts[bucket], order, bucket, number) for bucket in texts]
    _wait(engine, seeds, told)
    if order.known:
        order = replace(order, unlike=_unlike(engine, seeds, order, number))
    links = [
        engine.run(link_part, [engine.pick(one, n) for one in seeds], order, number) for n in range(number)
    ]
    _wait(engine, links, told)
    engine.forget(seeds)
    pairs = [engine.run(pair_part, [engine.pick(one, n) for one in links], order) for n in range(number)]
    _wait(engine, pairs, told)
    engine.forget(links)
    lent = {
        bucket: engine.run(lend_part, texts[bucket], order, bucket, [engine.pick(p, bucket) for p in pairs])
        for bucket in texts
    }
    passages = [
        engine.run(passage_part, engine.pick(pairs[n], "pairs"), [engine.pick(o, n) for o in lent.values()])
        for n in range(number)
    ]
    _wait(engine, passages, told)
    engine.forget([*lent.values(), *pairs])
    known = engine.run(standing_of_all, [engine.pick(one, "repeats") for one in passages])
    said = [
        engine.run(
            tell_part,
            engine.pick(passages[n], "repeats"),
            engine.pick(passages[n], "texts"),
            engine.pick(known, n),
            firsts,
        )
        for n in range(number)
    ]
    _wait(engine, said, told)
    engine.forget([*passages, known])
    return said


def _documents(engine: Engine, found: Any) -> list[tuple[bool, tuple[str, ...], int]]:
    kept = unpacked(engine.take(engine.pick(found, "documents"))["documents"])
    return [(known, tuple(name), count) for known, name, count in kept]


def _order(found: Mapping[int, Sequence[tuple[bool, tuple[str, ...], int]]]) -> Order:
    every = sorted(
        (not known, name, bucket, count) for bucket, own in found.items() for known, name, count in own
    )
    return Order(
        counts=np.array([count for *_, count in every], dtype=np.int64),
        known=sum(count for new, _, _, count in every if not new),
        buckets=np.array([bucket for *_, bucket, _ in every], dtype=np.int64),
        unlike=np.zeros(0, dtype=np.int64),
    )


def seed_part(texts: Part, order: Order, bucket: int, number: int) -> Pieces:
    """The sequences of words in the updates of a bucket, in ``number`` pieces by their hash."""
    told = [told_from_json(one) for one in unpacked(texts["told"])]
    key, text, at = across.seed_places(told, order.numbers(bucket).tolist(), Vocabulary())
    # A sequence that nobody else has is dropped where it meets the others, not before.
    places: Part = {"key": key, "text": text, "at": at.astype(np.int32)}
    owner = (key >> np.uint64(32)) % np.uint64(number)
    return _split(places, owner.astype(np.int64), number)


def _split(arrays: Part, owner: NDArray[np.int64], number: int) -> Pieces:
    order = np.argsort(owner, kind="stable")
    bounds = np.searchsorted(owner[order], np.arange(number + 1))
    return Pieces(
        {
            n: {name: array[order[a:b]] for name, array in arrays.items()}
            for n, (a, b) in enumerate(pairwise(bounds.tolist()))
            if b > a
        }
    )


def _joined(parts: Iterable[Part | None], kinds: Mapping[str, Any]) -> dict[str, NDArray[Any]]:
    given = [part for part in parts if part is not None]
    return {
        name: np.concatenate([part[name] for part in given]) if given else np.zeros(0, dtype=kind)
        for name, kind in kinds.items()
    }


_PLACES: Mapping[str, Any] = {"key": np.uint64, "text": np.int64, "at": np.int32}
_LINKS: Mapping[str, Any] = dict.fromkeys(("left", "right", "left_at", "right_at"), np.int64)


def _unlike(engine: Engine, seeds: Sequence[Any], order: Order, number: int) -> NDArray[np.int64]:
    """Updates of the history of which fewer than two sequences of words stand in the table."""
    shared = [
        engine.run(shared_part, [engine.pick(one, n) for one in seeds], order.known) for n in range(number)
    ]
    counts = np.zeros(order.known, dtype=np.int64)
    for one in shared:
        found = engine.take(one)
        counts[found["text"]] += found["count"]
    engine.forget(shared)
    return np.flatnonzero(counts < 2)


def shared_part(parts: Sequence[Part | None], known: int) -> Part:
    """Of some sequences of words: how many of each of the history's updates stand in the table's."""
    places = _joined(parts, _PLACES)
    old = places["text"] < known
    own = np.unique(np.stack([places["key"][old], places["text"][old].astype(np.uint64)]), axis=1)
    shared = own[1][np.isin(own[0], places["key"][~old])].astype(np.int64)
    text, count = np.unique(shared, return_counts=True)
    return {"text": text, "count": count}


def link_part(parts: Sequence[Part | None], order: Order, number: int) -> Pieces:
    """Where two updates share a sequence of words, in pieces by the first of them."""
    places = _joined(parts, _PLACES)
    if len(order.unlike):
        kept = ~np.isin(places["text"], order.unlike)
        places = {name: array[kept] for name, array in places.items()}
    links = linked(places["key"], places["text"], places["at"].astype(np.int64), order.apart(), across.MOST)
    arrays = dict(zip(_LINKS, links, strict=True))
    return _split(arrays, arrays["left"] * number // max(1, order.total), number)


def pair_part(parts: Sequence[Part | None], order: Order) -> Pieces:
    """Pairs of updates worth a close look (``pairs``), and for each bucket those of its updates in them."""
    links = _joined(parts, _LINKS)
    left, right, sizes = [], [], []
    hits: Pairs = []
    for one, other, places in chained(*in_pairs(*(links[name] for name in _LINKS))):
        left.append(one)
        right.append(other)
        sizes.append(len(places))
        hits += places
    pairs: Part = {
        "left": np.array(left, dtype=np.int64),
        "right": np.array(right, dtype=np.int64),
        "size": np.array(sizes, dtype=np.int64),
        "left_at": np.array([i for i, _ in hits], dtype=np.int32),
        "right_at": np.array([j for _, j in hits], dtype=np.int32),
    }
    wanted = np.unique(np.concatenate([pairs["left"], pairs["right"]]))
    owners = order.owners(wanted)
    pieces = Pieces({"pairs": pairs})
    for bucket in np.unique(owners).tolist():
        pieces[bucket] = {"wanted": wanted[owners == bucket]}
    return pieces


def lend_part(texts: Part, order: Order, bucket: int, asked: Sequence[Part | None]) -> Pieces:
    """The updates of a bucket that are asked for, in a piece for each who asks."""
    told = unpacked(texts["told"])
    numbers = order.numbers(bucket)
    pieces = Pieces()
    for n, one in enumerate(asked):
        if one is not None:
            places = np.searchsorted(numbers, one["wanted"]).tolist()
            pieces[n] = {"numbers": one["wanted"], "told": packed([told[at] for at in places])}
    return pieces


def _lent(parts: Iterable[Part | None]) -> dict[int, list[Any]]:
    return {
        number: one
        for part in parts
        if part is not None
        for number, one in zip(part["numbers"].tolist(), unpacked(part["told"]), strict=True)
    }


_REPEAT = ("left", "right", "left_start", "left_end", "right_start", "right_end", "words")


def passage_part(pairs: Part, lent: Sequence[Part | None]) -> Pieces:
    """The passages of some pairs: ``repeats``, with what is to be known of their rows, and ``texts``."""
    kept = _lent(lent)
    told = {number: told_from_json(one) for number, one in kept.items()}
    found = across.passages(_pairs(pairs), told, Vocabulary())
    used = sorted({number for repeat in found for number in (repeat.left, repeat.right)})
    repeats: Part = {
        name: np.array([getattr(repeat, name) for repeat in found], dtype=np.int64) for name in _REPEAT
    }
    numbers = np.array(used, dtype=np.int64)
    # Where a passage stood first is found out without the texts.
    rows = [["", [], [], *kept[number][3:]] for number in used]
    return Pieces(
        {
            "repeats": {**repeats, "numbers": numbers, "rows": packed(rows)},
            "texts": {"numbers": numbers, "told": packed([kept[number] for number in used])},
        }
    )


def _pairs(pairs: Part) -> Iterator[tuple[int, int, Pairs]]:
    hits = list(zip(pairs["left_at"].tolist(), pairs["right_at"].tolist(), strict=True))
    at = 0
    for left, right, size in zip(*(pairs[name].tolist() for name in ("left", "right", "size")), strict=True):
        yield left, right, hits[at : at + size]
        at += size


def _repeats(part: Part) -> list[Repeat]:
    columns = [part[name].tolist() for name in _REPEAT]
    made: list[Repeat] = []
    for left, right, a, b, c, d, words in zip(*columns, strict=True):
        made.append(Repeat(left, right, a, b, c, d, words, 0.0, 0.0, False))
    return made


def standing_of_all(parts: Sequence[Part]) -> Pieces:
    """Of every repeat where its passage stood first, in a piece for each part; no text takes part in it."""
    told: dict[int, across.Told] = {}
    found: list[Repeat] = []
    for part in parts:
        for number, one in zip(part["numbers"].tolist(), unpacked(part["rows"]), strict=True):
            if number not in told:
                told[number] = told_from_json(one)
        found += _repeats(part)
    known = standing(found, told)
    pieces = Pieces()
    at = 0
    for n, part in enumerate(parts):
        size = len(part["left"])
        pieces[n] = {"known": packed(known[at : at + size])}
        at += size
    return pieces


def tell_part(repeats: Part, texts: Part, known: Part, firsts: Sequence[int]) -> Pieces:
    """What some repeats say of which row, in a piece for each part of the table that has some of the rows."""
    told = {number: told_from_json(one) for number, one in _lent([texts]).items()}
    said = across.tell(_repeats(repeats), unpacked(known["known"]), told)
    owners = np.searchsorted(np.array(firsts), [one.place for one in said], side="right") - 1
    kept: dict[int, list[Any]] = defaultdict(list)
    for owner, one in zip(owners.tolist(), said, strict=True):
        when = None if one.when is None else [one.when[0].isoformat(), *one.when[1:]]
        kept[owner].append([one.place, one.why, one.ref, when, one.carried])
    return Pieces({owner: {"said": packed(own)} for owner, own in kept.items()})


def elsewhere(kept: Sequence[Any]) -> across.Elsewhere:
    """One of the findings of :func:`tell_part`."""
    place, why, ref, when, carried = kept
    if when is not None:
        day, document, at, action = when
        when = (date.fromisoformat(day), tuple(document), at, action)
    return across.Elsewhere(place, why, ref, when, carried)


def told_to_json(one: across.Told) -> list[Any]:
    """An update as JSON has it."""
    return [
        one.text,
        one.ignore,
        one.own,
        one.row_id,
        one.document,
        one.place,
        one.action,
        iso(one.as_of),
        one.period,
        one.period_rank,
        one.known,
    ]


def told_from_json(kept: Sequence[Any]) -> across.Told:
    """The update that :func:`told_to_json` was given."""
    text, ignore, own, row_id, document, place, action, as_of, period, rank, known = kept
    return across.Told(
        text,
        tuple((start, end) for start, end in ignore),
        tuple((start, end) for start, end in own),
        row_id,
        tuple(document),
        place,
        action,
        day_of(as_of),
        period,
        rank,
        known,
    )


def iso(day: date | None) -> str:
    """A day as written, empty for none."""
    return day.isoformat() if day else ""


def day_of(written: str) -> date | None:
    """The day that :func:`iso` was given."""
    return date.fromisoformat(written) if written else None


def _wait(engine: Engine, handles: Sequence[Any], told: Progress) -> None:
    engine.wait(handles, lambda done: told("looking for repeats across documents", done, len(handles)))
