"""A table judged part by part, so that no step needs all of it in one memory.

1. Each part is judged row by row, and leaves of every row what the next steps need: cells and analyses,
   sorted into *buckets* by the service (or the document, where no service is named), so that all rows of
   one service meet in one bucket.
2. In each bucket, what the updates of a service say of each other: pointers, repeats, slipped promises.
3. Passages that stand in two documents of any services: the sequences of words of each bucket are sorted by
   their hash, so that equal ones meet; the pairs that these give are sorted by their first update; their
   texts are fetched, and compared (:mod:`nlpkit.analysis.across`).
4. What was found is brought back to the parts, in the order of the table.

The functions of the steps take and return arrays only; an :class:`nlpkit.engines.Engine` runs them.
"""

from __future__ import annotations

import json
import zlib
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from hashlib import blake2b
from itertools import pairwise
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from nlpkit.analysis import across, linking, questions, slips, staleness
from nlpkit.analysis.actions import Reason
from nlpkit.analysis.continuing import said_before
from nlpkit.analysis.copies import standing
from nlpkit.analysis.repeats import Repeat
from nlpkit.analysis.seeds import Pairs, chained, in_pairs, linked
from nlpkit.analysis.words import Vocabulary
from nlpkit.embedding.beside import beside
from nlpkit.engines import Engine, Part, Pieces
from nlpkit.features import Features
from nlpkit.judging import ROW_COLUMNS, Distant, Progress, Tools, judge_alone
from nlpkit.keeping import Keep
from nlpkit.language.annotations import TextAnalysis
from nlpkit.language.kept import analysis_from_json, analysis_to_json
from nlpkit.schema import SCORE_COLUMNS, Stale, service_key

__all__ = [
    "BUCKET",
    "BUCKETS",
    "ROWS",
    "WHOLE",
    "Orders",
    "finished_parts",
    "judge_parts",
    "judgements",
    "parts_of",
]

WHOLE = 400
"""Rows that linking looks at together; a part has a whole number of these."""

ROWS = 3 * WHOLE
"""Rows of a part."""

BUCKET = 10_000
"""Rows that a bucket has, about, while there are fewer than :data:`BUCKETS`."""

BUCKETS = 256
"""Buckets, at most: what is sorted anew goes in as many pieces as this number squared."""

_CELLS = (
    *("row_id", "service", "source", "plan", "section", "action_id", "recommendation"),
    *("required_outcome", "due", "due_date", "period", "as_of", "update"),
)
_EMPTY = TextAnalysis("", ())


@dataclass(frozen=True, slots=True)
class Orders:
    """How the parts of a table are to be judged.

    Attributes:
        tools: what with, or what opens it where the parts are.
        keep: where finished analyses are kept, if they are made in this process.
    """

    tools: Tools | Distant
    keep: Keep | None = None

    def open(self) -> Tools:
        """What is judged with."""
        return self.tools if isinstance(self.tools, Tools) else self.tools.open()


def parts_of(table: pd.DataFrame, rows: int | None = None) -> list[pd.DataFrame]:
    """A table in parts, in its order."""
    size = rows or ROWS
    return [table.iloc[at : at + size].reset_index(drop=True) for at in range(0, len(table), size)]


def judge_parts(
    parts: Sequence[Any],
    sizes: Sequence[int],
    orders: Orders,
    engine: Engine,
    *,
    past: pd.DataFrame | None = None,
    told: Progress,
) -> Iterator[pd.DataFrame]:
    """Judge the parts of a table.

    Args:
        parts: update tables, or handles of the engine for them, in order.
        sizes: how many rows each has.
        orders: how they are judged.
        engine: runs the steps.
        past: what :func:`nlpkit.history.recall` returned.
        told: called as the work goes on.

    Yields:
        Of each part, in order, :data:`nlpkit.schema.SCORE_COLUMNS`.
    """
    finished = finished_parts(parts, sizes, orders, engine, past=past, told=told)
    for at, one in enumerate(finished):
        told("writing", at, len(parts))
        yield judgements(engine.take(one))
        engine.forget([one])


def finished_parts(
    parts: Sequence[Any],
    sizes: Sequence[int],
    orders: Orders,
    engine: Engine,
    *,
    past: pd.DataFrame | None = None,
    told: Progress,
) -> Iterator[Any]:
    """:func:`judge_parts`, of which each part stays where it is: handles for :func:`judgements`."""
    firsts = np.cumsum([0, *sizes]).tolist()
    buckets = _number(firsts[-1], engine)
    surveys = [engine.run(survey, part, buckets) for part in parts]
    _wait(engine, surveys, "looking through", told)
    definitions, members = _sum_up([engine.take(one) for one in surveys])
    engine.forget(surveys)

    sent = engine.put(orders)  # once, as an encoder may be large
    judged = [
        engine.run(judge_part, part, sent, _of(definitions, documents), first, buckets)
        for part, first, (documents, _) in zip(parts, firsts, members, strict=False)
    ]
    _wait(engine, judged, "judging", told)
    filled: dict[int, list[int]] = defaultdict(list)
    for at, (_, numbers) in enumerate(members):
        for bucket in numbers:
            filled[bucket].append(at)
    before = _of_buckets(past, buckets)
    found: dict[int, Any] = {}
    for bucket in sorted(filled | dict.fromkeys(before)):
        rows = [engine.pick(judged[at], bucket) for at in filled.get(bucket, ())]
        found[bucket] = engine.run(judge_bucket, rows, before.get(bucket), bucket, firsts)
    _wait(engine, list(found.values()), "looking for repeats", told)
    said = _compare(engine, found, firsts, told)
    finished = [
        engine.run(
            finish,
            engine.pick(judged[at], "rows"),
            [engine.pick(found[bucket], at) for bucket in numbers],
            [engine.pick(one, at) for one in said],
            firsts[at],
        )
        for at, (_, numbers) in enumerate(members)
    ]
    yield from finished
    engine.forget([*judged, *found.values(), *said])


def _number(rows: int, engine: Engine) -> int:
    """How many buckets for so many rows: one for each worker at least, where the table is not small."""
    return max(1, min(BUCKETS, max(-(-rows // BUCKET), engine.workers if rows >= ROWS else 1)))


def _wait(engine: Engine, handles: Sequence[Any], what: str, told: Progress) -> None:
    engine.wait(handles, lambda done: told(what, done, len(handles)))


def packed(value: Any) -> NDArray[np.uint8]:
    """A value as JSON has it, small, as an array."""
    raw = json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode("utf8", "surrogatepass")
    return np.frombuffer(zlib.compress(raw, 1), dtype=np.uint8)


def unpacked(made: NDArray[np.uint8]) -> Any:
    """The value that :func:`packed` was given; its tuples are lists."""
    return json.loads(zlib.decompress(made.tobytes()).decode("utf8", "surrogatepass"))


def block_of(service: str, source: str) -> str:
    """What rows share that may say something of each other: the service or, without one, the document."""
    return service_key(service) or f"\0{source}"


def bucket_of(block: str, buckets: int) -> int:
    """The bucket of a block."""
    digest = blake2b(block.encode("utf8", "surrogatepass"), digest_size=8).digest()
    return int.from_bytes(digest, "big") % buckets


def _buckets(table: pd.DataFrame, buckets: int) -> NDArray[np.int64]:
    known: dict[tuple[str, str], int] = {}
    numbers = []
    for key in zip(table["service"], table["source"], strict=True):
        if key not in known:
            known[key] = bucket_of(block_of(*key), buckets)
        numbers.append(known[key])
    return np.array(numbers, dtype=np.int64)


# -- each part by itself -----------------------------------------------------------------------


def survey(table: pd.DataFrame, buckets: int) -> Part:
    """What must be known of all parts before one is judged: acronyms by document, and the buckets."""
    counted = linking.defined(linking.text_columns(table))
    acronyms = [
        [*document, acronym, list(meanings.items())]
        for document, found in counted.items()
        for acronym, meanings in found.items()
    ]
    documents = [list(document) for document in counted]
    return {"about": packed([acronyms, documents]), "buckets": np.unique(_buckets(table, buckets))}


_Documents = list[tuple[str, str]]


def _sum_up(
    surveys: Sequence[Part],
) -> tuple[dict[tuple[str, str], dict[str, Counter[str]]], list[tuple[_Documents, list[int]]]]:
    """The acronyms of every document that defines some; of each part its documents and buckets."""
    total: dict[tuple[str, str], dict[str, Counter[str]]] = {}
    members: list[tuple[_Documents, list[int]]] = []
    for one in surveys:
        acronyms, documents = unpacked(one["about"])
        for service, source, acronym, meanings in acronyms:
            counts = total.setdefault((service, source), {}).setdefault(acronym, Counter())
            for meaning, count in meanings:
                counts[meaning] += count
        members.append(([(service, source) for service, source in documents], one["buckets"].tolist()))
    return total, members


def _of(
    definitions: Mapping[tuple[str, str], dict[str, Counter[str]]], documents: _Documents
) -> dict[tuple[str, str], dict[str, Counter[str]]]:
    return {document: definitions[document] for document in documents if document in definitions}


def judge_part(
    table: pd.DataFrame, orders: Orders, definitions: linking.Definitions, first: int, buckets: int
) -> Pieces:
    """The rows of a part judged each by itself.

    Args:
        table: the part.
        orders: how it is judged.
        definitions: the acronyms of the documents that its rows are of.
        first: how many rows stand before it in the whole table.
        buckets: how many buckets there are.

    Returns:
        ``rows``, the judgements, and a piece for each bucket that the part has rows of.
    """
    tools = orders.open()
    with beside(tools.encoder) as begin:
        alone = judge_alone(table, tools, begin, definitions=definitions, keep=orders.keep)
        links = alone.links()
    made = alone.features
    columns = [alone.judged[name].tolist() for name in ROW_COLUMNS]
    rows = [table[name].tolist() for name in ("update", "declared")]
    pieces = Pieces({"rows": {"rows": packed([columns, links, rows])}})
    cells = [table[name].tolist() for name in _CELLS]
    numbers = _buckets(table, buckets)
    for bucket in np.unique(numbers).tolist():
        own = np.flatnonzero(numbers == bucket)
        kept = [
            [
                [column[at] for column in cells],
                analysis_to_json(made.update[at], facts=False)[1],
                analysis_to_json(made.planned_action[at], facts=False),
                _iso(made.as_of[at]),
                _iso(made.due[at]),
            ]
            for at in own.tolist()
        ]
        pieces[bucket] = {"numbers": first + own, "rows": packed(kept)}
    return pieces


def _iso(day: date | None) -> str:
    return day.isoformat() if day else ""


def _day(written: str) -> date | None:
    return date.fromisoformat(written) if written else None


# -- the rows of some services together --------------------------------------------------------


def _of_buckets(past: pd.DataFrame | None, buckets: int) -> dict[int, pd.DataFrame]:
    """The history, by bucket."""
    if past is None or past.empty:
        return {}
    numbers = _buckets(past, buckets)
    return {bucket: past[numbers == bucket].reset_index(drop=True) for bucket in np.unique(numbers).tolist()}


def judge_bucket(
    parts: Sequence[Part], past: pd.DataFrame | None, bucket: int, firsts: Sequence[int]
) -> Pieces:
    """What the updates of some services say of each other.

    Args:
        parts: what :func:`judge_part` left of their rows, in the order of the table.
        past: the history of these services.
        bucket: the number of the bucket.
        firsts: how many rows of the table stand before each part, and how many there are.

    Returns:
        A piece for each part that has rows of the bucket: of each row its labels, refs, reasons, novelty,
        slipped promises, and since when it is told. ``told``: the updates as they are held against other
        documents. ``documents``: of these, in order, how many each document has.
    """
    numbers, table, made = _rows_of(parts)
    before = None if past is None else said_before(table, made, past, sift=False)
    found = staleness.inside(table, made, before)
    moved = slips.find(table, made, before)
    since = questions.told_before(table, made, before)
    pieces = Pieces()
    owners = np.searchsorted(np.array(firsts), numbers, side="right") - 1
    for part in np.unique(owners).tolist():
        own = np.flatnonzero(owners == part).tolist()
        kept = [
            [
                sorted(map(str, found.rows[at].labels)),
                sorted(found.rows[at].refs),
                found.rows[at].why,
                found.novelty[at],
                moved[at],
                since[at],
            ]
            for at in own
        ]
        pieces[part] = {"numbers": numbers[own], "rows": packed(kept)}
    told = across.in_order(_told_of(found.told, numbers, bucket))
    documents = Counter((one.known, one.document) for one in told)
    pieces["told"] = {"told": packed([_told_to_json(one) for one in told])}
    pieces["documents"] = {
        "documents": packed([[known, list(name), n] for (known, name), n in documents.items()])
    }
    return pieces


def _rows_of(parts: Sequence[Part]) -> tuple[NDArray[np.int64], pd.DataFrame, Features]:
    numbers = [part["numbers"] for part in parts]
    cells: list[list[str]] = []
    updates, planned = [], []
    as_of, due = [], []
    for part in parts:
        for own, sentences, plan, moment, deadline in unpacked(part["rows"]):
            cells.append(own)
            updates.append(analysis_from_json([own[-1], sentences]))
            planned.append(analysis_from_json(plan) if plan[0] else _EMPTY)
            as_of.append(_day(moment))
            due.append(_day(deadline))
    table = pd.DataFrame(cells, columns=list(_CELLS), dtype="object")
    made = Features(
        update=tuple(updates),
        planned_action=tuple(planned),
        recommendation=(),
        as_of=tuple(as_of),
        due=tuple(due),
    )
    return np.concatenate(numbers) if numbers else np.zeros(0, dtype=np.int64), table, made


def _told_of(told: Iterable[across.Told], numbers: NDArray[np.int64], bucket: int) -> Iterator[across.Told]:
    """Updates with places and actions that hold for the whole table."""
    for one in told:
        action = one.action
        assert isinstance(action, int)
        whole = int(numbers[action]) if action >= 0 else f"{bucket}:{action}"
        place = one.place if one.known else int(numbers[one.place])
        yield replace(one, place=place, action=whole)


def _told_to_json(one: across.Told) -> list[Any]:
    return [
        one.text,
        one.ignore,
        one.own,
        one.row_id,
        one.document,
        one.place,
        one.action,
        _iso(one.as_of),
        one.period,
        one.period_rank,
        one.known,
    ]


def _told_from_json(kept: Sequence[Any]) -> across.Told:
    text, ignore, own, row_id, document, place, action, as_of, period, rank, known = kept
    return across.Told(
        text,
        tuple((start, end) for start, end in ignore),
        tuple((start, end) for start, end in own),
        row_id,
        tuple(document),
        place,
        action,
        _day(as_of),
        period,
        rank,
        known,
    )


# -- the documents of all services -------------------------------------------------------------


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


def _compare(engine: Engine, found: Mapping[int, Any], firsts: Sequence[int], told: Progress) -> list[Any]:
    """Handles for what stands in two documents: of each, pieces for the parts of the table."""
    order = _order({bucket: _documents(engine, one) for bucket, one in found.items()})
    if len(order.counts) < 2:
        return []
    number = _number(order.total, engine)
    texts = {bucket: engine.pick(one, "told") for bucket, one in found.items()}
    seeds = [engine.run(seed_part, texts[bucket], order, bucket, number) for bucket in texts]
    _wait(engine, seeds, "looking for repeats across documents", told)
    if order.known:
        order = replace(order, unlike=_unlike(engine, seeds, order, number))
    links = [
        engine.run(link_part, [engine.pick(one, n) for one in seeds], order, number) for n in range(number)
    ]
    _wait(engine, links, "looking for repeats across documents", told)
    engine.forget(seeds)
    pairs = [engine.run(pair_part, [engine.pick(one, n) for one in links], order) for n in range(number)]
    _wait(engine, pairs, "looking for repeats across documents", told)
    engine.forget(links)
    lent = {
        bucket: engine.run(lend_part, texts[bucket], order, bucket, [engine.pick(p, bucket) for p in pairs])
        for bucket in texts
    }
    passages = [
        engine.run(passage_part, engine.pick(pairs[n], "pairs"), [engine.pick(o, n) for o in lent.values()])
        for n in range(number)
    ]
    _wait(engine, passages, "looking for repeats across documents", told)
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
    _wait(engine, said, "looking for repeats across documents", told)
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
    told = [_told_from_json(one) for one in unpacked(texts["told"])]
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
    told = {number: _told_from_json(one) for number, one in kept.items()}
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
                told[number] = _told_from_json(one)
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
    told = {number: _told_from_json(one) for number, one in _lent([texts]).items()}
    said = across.tell(_repeats(repeats), unpacked(known["known"]), told)
    owners = np.searchsorted(np.array(firsts), [one.place for one in said], side="right") - 1
    kept: dict[int, list[Any]] = defaultdict(list)
    for owner, one in zip(owners.tolist(), said, strict=True):
        when = None if one.when is None else [one.when[0].isoformat(), *one.when[1:]]
        kept[owner].append([one.place, one.why, one.ref, when, one.carried])
    return Pieces({owner: {"said": packed(own)} for owner, own in kept.items()})


def _elsewhere(kept: Sequence[Any]) -> across.Elsewhere:
    place, why, ref, when, carried = kept
    if when is not None:
        day, document, at, action = when
        when = (date.fromisoformat(day), tuple(document), at, action)
    return across.Elsewhere(place, why, ref, when, carried)


# -- together again ----------------------------------------------------------------------------


@dataclass(slots=True)
class _Found:
    labels: set[Stale]
    refs: set[str]
    why: list[Reason]


def finish(rows: Part, found: Sequence[Part], said: Sequence[Part | None], first: int) -> Part:
    """All judgements of a part, put together.

    Args:
        rows: its rows, judged each by itself.
        found: what was found of them in the buckets that they are in.
        said: what stands in other documents too.
        first: how many rows stand before it in the whole table.
    """
    columns, links, (updates, declared) = unpacked(rows["rows"])
    count = len(updates)
    judged = pd.DataFrame({name: _column(values) for name, values in zip(ROW_COLUMNS, columns, strict=True)})
    known: list[Any] = [None] * count
    for part in found:
        for number, one in zip(part["numbers"].tolist(), unpacked(part["rows"]), strict=True):
            known[number - first] = one
    all_found = [_Found({Stale(word) for word in one[0]}, set(one[1]), one[2]) for one in known]
    elsewhere: dict[int, list[across.Elsewhere]] = defaultdict(list)
    for part_said in said:
        for kept in unpacked(part_said["said"]) if part_said is not None else ():
            elsewhere[kept[0] - first].append(_elsewhere(kept))
    for place, more in elsewhere.items():
        across.add(all_found[place], more)
    stale = staleness.columns(all_found, [one[3] for one in known])
    stale["stale_why"] = [[*why, *one[4]] for why, one in zip(stale["stale_why"], known, strict=True)]
    judged = pd.concat([judged, stale], axis=1)
    judged["links"] = _column(links)
    texts = pd.DataFrame({"update": _column(updates), "declared": _column(declared)})
    judged["question"] = questions.ask(texts, judged, [(one[5][0], one[5][1]) for one in known])
    return {"rows": packed([judged[name].tolist() for name in SCORE_COLUMNS])}


def _column(values: list[Any]) -> pd.Series[Any]:
    return pd.Series(values, dtype="object")


_NUMBERS = frozenset({"status_confidence", "novelty", "evidence_score", "addresses"})


def judgements(finished: Part) -> pd.DataFrame:
    """What :func:`finish` made as a table, of the kinds that it has when it is made in one piece."""
    return pd.DataFrame(
        {
            name: pd.Series(values, dtype="float64") if name in _NUMBERS else _column(values)
            for name, values in zip(SCORE_COLUMNS, unpacked(finished["rows"]), strict=True)
        }
    )
