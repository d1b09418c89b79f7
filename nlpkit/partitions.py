"""A table judged part by part, so that no step needs all of it in one memory.

1. Each part is judged row by row, and leaves of every row what the next steps need: cells and analyses,
   sorted into *buckets* by the service (or the document, where no service is named), so that all rows of
   one service meet in one bucket.
2. In each bucket, what the updates of a service say of each other: pointers, repeats, slipped promises, and
   what a row is linked to by where it stands in its document.
3. Passages that stand in two documents of any services (:mod:`nlpkit.copied`).
4. What was found is brought back to the parts, in the order of the table.

The functions of the steps take and return arrays only; an :class:`nlpkit.engines.Engine` runs them.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from hashlib import blake2b
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from nlpkit.analysis import across, linking, questions, slips, staleness
from nlpkit.analysis.actions import Reason
from nlpkit.analysis.continuing import said_before
from nlpkit.blas import one_thread
from nlpkit.copied import compare, day_of, elsewhere, iso, told_to_json
from nlpkit.embedding.beside import beside
from nlpkit.engines import Engine, Part, Pieces, packed, unpacked
from nlpkit.features import Features
from nlpkit.garbage import seldom_collected
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
        found[bucket] = engine.run(judge_bucket, rows, sent, before.get(bucket), bucket, firsts)
    _wait(engine, list(found.values()), "looking for repeats", told)
    said = compare(engine, found, firsts, lambda rows: _number(rows, engine), told)
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
    with one_thread(), seldom_collected(), beside(tools.encoder) as begin:
        alone = judge_alone(table, tools, begin, definitions=definitions, keep=orders.keep)
        links = alone.links()
    made = alone.features
    columns = [alone.judged[name].tolist() for name in ROW_COLUMNS]
    rows = [table[name].tolist() for name in ("update", "declared")]
    pieces = Pieces({"rows": {"rows": packed([columns, rows])}})
    cells = [table[name].tolist() for name in _CELLS]
    numbers = _buckets(table, buckets)
    for bucket in np.unique(numbers).tolist():
        own = np.flatnonzero(numbers == bucket)
        kept = [
            [
                [column[at] for column in cells],
                analysis_to_json(made.update[at], facts=False)[1],
                analysis_to_json(made.planned_action[at], facts=False),
                iso(made.as_of[at]),
                iso(made.due[at]),
                links[at].to_json(),
            ]
            for at in own.tolist()
        ]
        pieces[bucket] = {"numbers": first + own, "rows": packed(kept)}
    return pieces


# -- the rows of some services together --------------------------------------------------------


def _of_buckets(past: pd.DataFrame | None, buckets: int) -> dict[int, pd.DataFrame]:
    """The history, by bucket."""
    if past is None or past.empty:
        return {}
    numbers = _buckets(past, buckets)
    return {bucket: past[numbers == bucket].reset_index(drop=True) for bucket in np.unique(numbers).tolist()}


def judge_bucket(
    parts: Sequence[Part], orders: Orders, past: pd.DataFrame | None, bucket: int, firsts: Sequence[int]
) -> Pieces:
    """What the updates of some services say of each other.

    Args:
        parts: what :func:`judge_part` left of their rows, in the order of the table.
        orders: how they are judged.
        past: the history of these services.
        bucket: the number of the bucket.
        firsts: how many rows of the table stand before each part, and how many there are.

    Returns:
        A piece for each part that has rows of the bucket: of each row its labels, refs, reasons, novelty,
        slipped promises, since when it is told, and its links. ``told``: the updates as they are held against
        other documents. ``documents``: of these, in order, how many each document has.
    """
    numbers, table, made, owns = _rows_of(parts)
    before = None if past is None else said_before(table, made, past, sift=False)
    found = staleness.inside(table, made, before)
    moved = slips.find(table, made, before)
    since = questions.told_before(table, made, before)
    links = linking.links_in_order(table, owns, orders.tools.catalogue)
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
                links[at],
            ]
            for at in own
        ]
        pieces[part] = {"numbers": numbers[own], "rows": packed(kept)}
    told = across.in_order(_told_of(found.told, numbers, bucket))
    documents = Counter((one.known, one.document) for one in told)
    pieces["told"] = {"told": packed([told_to_json(one) for one in told])}
    pieces["documents"] = {
        "documents": packed([[known, list(name), n] for (known, name), n in documents.items()])
    }
    return pieces


def _rows_of(
    parts: Sequence[Part],
) -> tuple[NDArray[np.int64], pd.DataFrame, Features, list[linking.Own]]:
    numbers = [part["numbers"] for part in parts]
    cells: list[list[str]] = []
    updates, planned = [], []
    as_of, due, owns = [], [], []
    for part in parts:
        for own, sentences, plan, moment, deadline, links in unpacked(part["rows"]):
            cells.append(own)
            updates.append(analysis_from_json([own[-1], sentences]))
            planned.append(analysis_from_json(plan) if plan[0] else _EMPTY)
            as_of.append(day_of(moment))
            due.append(day_of(deadline))
            owns.append(linking.Own.from_json(links))
    table = pd.DataFrame(cells, columns=list(_CELLS), dtype="object")
    made = Features(
        update=tuple(updates),
        planned_action=tuple(planned),
        recommendation=(),
        as_of=tuple(as_of),
        due=tuple(due),
    )
    return np.concatenate(numbers) if numbers else np.zeros(0, dtype=np.int64), table, made, owns


def _told_of(told: Iterable[across.Told], numbers: NDArray[np.int64], bucket: int) -> Iterator[across.Told]:
    """Updates with places and actions that hold for the whole table."""
    for one in told:
        action = one.action
        assert isinstance(action, int)
        whole = int(numbers[action]) if action >= 0 else f"{bucket}:{action}"
        place = one.place if one.known else int(numbers[one.place])
        yield replace(one, place=place, action=whole)


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
    columns, (updates, declared) = unpacked(rows["rows"])
    count = len(updates)
    judged = pd.DataFrame({name: _column(values) for name, values in zip(ROW_COLUMNS, columns, strict=True)})
    known: list[Any] = [None] * count
    for part in found:
        for number, one in zip(part["numbers"].tolist(), unpacked(part["rows"]), strict=True):
            known[number - first] = one
    all_found = [_Found({Stale(word) for word in one[0]}, set(one[1]), one[2]) for one in known]
    others: dict[int, list[across.Elsewhere]] = defaultdict(list)
    for part_said in said:
        for kept in unpacked(part_said["said"]) if part_said is not None else ():
            others[kept[0] - first].append(elsewhere(kept))
    for place, more in others.items():
        across.add(all_found[place], more)
    stale = staleness.columns(all_found, [one[3] for one in known])
    stale["stale_why"] = [[*why, *one[4]] for why, one in zip(stale["stale_why"], known, strict=True)]
    judged = pd.concat([judged, stale], axis=1)
    judged["links"] = _column([one[6] for one in known])
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
