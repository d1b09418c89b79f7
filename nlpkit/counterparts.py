"""Actions linked to the actions of other plans, part by part, so that an engine's workers share the work.

1. The actions to link to become entries. While they are few, they are one *block*, that every row is
   compared with. Where they are many, a sample of their vectors gives the middles of *cells*; an action
   belongs to the block of its nearest cell, and a row goes to the blocks that its passages are nearest to.
2. Of each block, the texts are encoded in shares, and the block is made ready once.
3. Rows and blocks that belong together are compared (:func:`nlpkit.analysis.linking.link_rows`), and the best
   links of each row are kept.

No step holds all rows or all entries beside the process that gave the order, which has both tables.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from hashlib import blake2b
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from nlpkit.analysis import linking
from nlpkit.analysis.similarity import facet_texts, without_preamble
from nlpkit.blas import one_thread
from nlpkit.catalogue import Catalogue, Entry
from nlpkit.embedding import Encoder
from nlpkit.embedding.pooling import sentences_of
from nlpkit.engines import Engine, Part, Pieces, packed, unpacked
from nlpkit.judging import Distant, Progress, Tools

__all__ = ["WHOLE_UP_TO", "link_parts"]

WHOLE_UP_TO = 20_000
"""So many actions are one block: every row is compared with all of them."""

BLOCK = 10_000
"""Actions that a block has, about, where there are more."""

NEAREST = 3
"""Blocks that a row is compared with."""

ROWS = 1_200
"""Rows of a part: a whole number of the rows that linking looks at together."""

SHARE = 500
"""Actions whose texts are encoded at a time."""

_SAMPLE = 20_000  # actions that the cells are learned from
_ROUNDS = 10
_LINKS = 5  # of a row


class _Given:
    """Vectors that were made elsewhere, as an encoder.

    Args:
        encoder: asked for any that are missing.
    """

    def __init__(self, encoder: Encoder, texts: Sequence[str], vectors: NDArray[np.float32]) -> None:
        self.name, self._encoder = encoder.name, encoder
        self.dimension = encoder.dimension
        self._known = dict(zip(texts, vectors, strict=True))

    def encode(self, texts: Sequence[str]) -> NDArray[np.float32]:
        missing = [text for text in dict.fromkeys(texts) if text not in self._known]
        if missing:
            self._known |= zip(missing, self._encoder.encode(missing), strict=True)
        if not len(texts):
            return np.zeros((0, self.dimension), dtype=np.float32)
        return np.stack([self._known[text] for text in texts])


def link_parts(
    updates: pd.DataFrame, others: pd.DataFrame, tools: Tools | Distant, engine: Engine, told: Progress
) -> pd.DataFrame:
    """:func:`nlpkit.analysis.linking.link_actions`, by an engine.

    Args:
        updates, others: update tables.
        tools: the encoder, or what opens it where the work is done.
        engine: runs the steps.
        told: called as the work goes on.
    """
    catalogue, targets = linking.actions_catalogue(others)
    if not targets:
        return linking.counterparts(updates, [], targets)
    table = pd.DataFrame(linking.text_columns(updates), dtype="object")
    definitions = linking.defined(linking.text_columns(updates))
    sent = engine.put(tools)
    entries = catalogue.entries
    parts = [table.iloc[at : at + ROWS].reset_index(drop=True) for at in range(0, len(table), ROWS)]
    firsts = list(range(0, len(table), ROWS))
    meant = [
        {
            document: definitions[document]
            for document in set(zip(part["service"], part["source"], strict=True))
        }
        for part in parts
    ]
    # The ids of entries tell their places in the table, and so their order.
    if len(entries) <= WHOLE_UP_TO:
        goal = _ready(entries, sent, engine, told)
        found = [
            engine.run(link_part, part, sent, one, first, goal)
            for part, first, one in zip(parts, firsts, meant, strict=True)
        ]
        _wait(engine, found, "linking", told)
    else:
        middles = _middles(entries, sent, engine, told)
        shares = _shares(entries)
        owners = [engine.run(cell_part, share, sent, middles) for share in shares]
        _wait(engine, owners, "sorting actions", told)
        cells = np.concatenate([engine.take(one)["cell"] for one in owners])
        sorted_rows = [
            engine.run(near_part, part, sent, one, first, middles)
            for part, first, one in zip(parts, firsts, meant, strict=True)
        ]
        _wait(engine, sorted_rows, "sorting updates", told)
        found = []
        for cell in np.unique(cells).tolist():
            block = [entries[at] for at in np.flatnonzero(cells == cell).tolist()]
            goal = _ready(block, sent, engine, told)
            rows = [engine.pick(one, cell) for one in sorted_rows]
            found.append(engine.run(link_block, rows, sent, goal))
            engine.forget([goal])
        _wait(engine, found, "linking", told)
        engine.forget([*owners, *sorted_rows])
    place = {entry.id: at for at, entry in enumerate(entries)}
    links: dict[int, list[dict[str, Any]]] = defaultdict(list)
    for one in found:
        for row, item in unpacked(engine.take(one)["links"]):
            links[row].append(item | {"row_id": table["row_id"][row]})
    engine.forget(found)
    best = [item for row in sorted(links) for item in _best(links[row], place)]
    return linking.counterparts(updates, best, targets)


def _best(links: list[dict[str, Any]], place: Mapping[str, int]) -> list[dict[str, Any]]:
    """A row's links out of several blocks, in the order in which those of one block come."""
    order = sorted(links, key=lambda one: (one["grade"] != "equivalent", -one["score"], place[one["id"]]))
    return order[:_LINKS]


def _wait(engine: Engine, handles: Sequence[Any], what: str, told: Progress) -> None:
    engine.wait(handles, lambda done: told(what, done, len(handles)))


def _shares(entries: Sequence[Entry]) -> list[list[Entry]]:
    return [list(entries[at : at + SHARE]) for at in range(0, len(entries), SHARE)]


def _ready(entries: Sequence[Entry], tools: Any, engine: Engine, told: Progress) -> Any:
    """A handle for entries with all that rows are compared with."""
    shares = _shares(entries)
    made = [engine.run(vectors_part, share, tools) for share in shares]
    _wait(engine, made, "reading actions", told)
    goal = engine.run(ready_block, shares, made, tools)
    _wait(engine, [goal], "reading actions", told)
    engine.forget(made)
    return goal


def _encoder(tools: Tools | Distant) -> Encoder:
    encoder = (tools if isinstance(tools, Tools) else tools.open()).encoder
    assert encoder is not None
    return encoder


def vectors_part(entries: Sequence[Entry], tools: Tools | Distant) -> Part:
    """The vectors of all texts that some entries are compared by, in the order of ``facet_texts``."""
    return {"vectors": _encoder(tools).encode(facet_texts(entries)).ravel()}


def ready_block(
    shares: Sequence[Sequence[Entry]], made: Sequence[Part], tools: Tools | Distant
) -> linking.Goal:
    """Entries made ready, of vectors that are made already."""
    encoder = _encoder(tools)
    texts = [text for share in shares for text in facet_texts(share)]
    vectors = np.concatenate([one["vectors"] for one in made]).reshape(-1, encoder.dimension)
    catalogue = Catalogue("actions", (), tuple(entry for share in shares for entry in share))
    with one_thread():
        return linking.ready_actions(catalogue, _Given(encoder, texts, vectors))


_Definitions = linking.Definitions


def link_part(
    table: pd.DataFrame, tools: Tools | Distant, definitions: _Definitions, first: int, goal: linking.Goal
) -> Part:
    """The links of some rows: of each the place of its row and what :func:`link_rows` says of it."""
    return _linked(table, np.arange(len(table)) + first, _encoder(tools), definitions, goal)


def _linked(
    table: pd.DataFrame,
    numbers: NDArray[np.int64],
    encoder: Encoder,
    definitions: _Definitions,
    goal: linking.Goal,
) -> Part:
    # Rows are known again by their place: row ids decide nothing.
    table = table.assign(row_id=[str(number) for number in numbers.tolist()])
    with one_thread():
        links = linking.link_rows(table, goal, encoder, definitions=definitions, in_order=False)
    return {"links": packed([[int(item["row_id"]), item] for item in links.to_dict("records")])}


# -- many actions: blocks by cell ---------------------------------------------------------------


def _duty(entry: Entry) -> str:
    return without_preamble(entry.duty)


def _middles(entries: Sequence[Entry], tools: Any, engine: Engine, told: Progress) -> Any:
    """A handle for the middles of as many cells as there are to be blocks."""
    keys = [
        blake2b(_duty(entry).encode("utf8", "surrogatepass"), digest_size=8).digest() for entry in entries
    ]
    drawn = sorted(range(len(entries)), key=lambda at: (keys[at], at))[:_SAMPLE]
    chosen = [[_duty(entries[at]) for at in drawn[n : n + SHARE]] for n in range(0, len(drawn), SHARE)]
    made = [engine.run(texts_part, texts, tools) for texts in chosen]
    _wait(engine, made, "sorting actions", told)
    middles = engine.run(middles_of, made, -(-len(entries) // BLOCK), tools)
    engine.forget(made)
    return middles


def texts_part(texts: Sequence[str], tools: Tools | Distant) -> Part:
    """The vectors of some texts."""
    return {"vectors": _encoder(tools).encode(texts).ravel()}


def middles_of(made: Sequence[Part], count: int, tools: Tools | Distant) -> Part:
    """The middles of cells: k-means from the first vectors, in rounds; unit vectors of double precision."""
    wide = _encoder(tools).dimension
    vectors = np.concatenate([one["vectors"] for one in made]).reshape(-1, wide).astype(np.float64)
    vectors = np.unique(vectors, axis=0)
    step = max(1, len(vectors) // count)
    middles = vectors[::step][:count].copy()
    with one_thread():
        for _ in range(_ROUNDS):
            nearest = _nearness(vectors, middles).argmax(axis=1)
            for cell in range(len(middles)):
                own = vectors[nearest == cell]
                if len(own):
                    total = own.sum(axis=0)
                    middles[cell] = total / max(float(np.linalg.norm(total)), 1e-9)
    return {"middles": middles.ravel()}


def _nearness(vectors: NDArray[Any], middles: NDArray[np.float64]) -> NDArray[np.float64]:
    # Rounded, as the last bits depend on how many are compared.
    nearness: NDArray[np.float64] = np.round(vectors.astype(np.float64) @ middles.T, 6)
    return nearness


def cell_part(entries: Sequence[Entry], tools: Tools | Distant, middles: Part) -> Part:
    """The cell of each entry."""
    encoder = _encoder(tools)
    vectors = encoder.encode([_duty(entry) for entry in entries])
    with one_thread():
        return {"cell": _nearness(vectors, middles["middles"].reshape(-1, encoder.dimension)).argmax(axis=1)}


def near_part(
    table: pd.DataFrame, tools: Tools | Distant, definitions: _Definitions, first: int, middles: Part
) -> Pieces:
    """Rows with the vectors of their passages, in a piece for each cell that they are near to."""
    encoder = _encoder(tools)
    columns = {name: table[name].tolist() for name in table.columns}
    rows = linking.rows_of(columns, None, Catalogue("actions", (), ()), definitions)
    texts = list(dict.fromkeys(text for row in rows for text in _read(row)))
    vectors = encoder.encode(texts)
    known = dict(zip(texts, vectors, strict=True))
    store = linking.vectors(rows, _Given(encoder, texts, vectors))
    centres = middles["middles"].reshape(-1, encoder.dimension)
    near: dict[int, list[int]] = defaultdict(list)
    with one_thread():
        for at, row in enumerate(rows):
            if row.main:
                passages = np.stack([store[text] for text in row.main])
                best = _nearness(passages, centres).max(axis=0)
                for cell in np.argsort(-best, kind="stable")[:NEAREST].tolist():
                    near[cell].append(at)
    pieces = Pieces()
    for cell, own in near.items():
        said = list(dict.fromkeys(text for at in own for text in _read(rows[at])))
        some = table.iloc[own]
        documents = set(zip(some["service"], some["source"], strict=True))
        meant = [
            [*key, [[word, list(counts.items())] for word, counts in definitions[key].items()]]
            for key in sorted(documents)
        ]
        pieces[cell] = {
            "numbers": np.array(own, dtype=np.int64) + first,
            "rows": packed([some[name].tolist() for name in table.columns]),
            "about": packed([list(table.columns), meant, said]),
            "vectors": np.stack([known[text] for text in said]).ravel(),
        }
    return pieces


def _read(row: Any) -> list[str]:
    """The sentences of which the vectors of a row's passages are made."""
    return [part for passage in (*row.asks, *row.tells) for part in sentences_of(passage)]


def link_block(parts: Sequence[Part | None], tools: Tools | Distant, goal: linking.Goal) -> Part:
    """The links of all rows that are near to a block."""
    encoder = _encoder(tools)
    found: list[Any] = []
    for part in parts:
        if part is None:
            continue
        names, meant, said = unpacked(part["about"])
        columns = dict(zip(names, unpacked(part["rows"]), strict=True))
        definitions = {
            (service, source): {word: Counter(dict(counts)) for word, counts in words}
            for service, source, words in meant
        }
        known = _Given(encoder, said, part["vectors"].reshape(-1, encoder.dimension))
        links = _linked(pd.DataFrame(columns, dtype="object"), part["numbers"], known, definitions, goal)
        found += unpacked(links["links"])
    return {"links": packed(found)}
