"""Actions linked to the actions of other plans, part by part, so that an engine's workers share the work.

1. The actions to link to become entries. While they are few, they are one *block*, that every row is
   compared with. Where they are many, a sample of their vectors gives the middles of *cells*; each action
   stands in the blocks of the five cells nearest to it, and each row goes to the block of the nearest one.
2. The texts of actions are encoded in shares, each once, and sorted into blocks, which are made ready.
3. The rows are compared with their block (:func:`nlpkit.analysis.linking.link_rows`), each once.

No step holds all rows or all entries beside the process that gave the order, which has both tables.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Sequence
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

CELL = 4_000
"""Actions that a cell has, about, where there are more."""

NEAREST = 5
"""Blocks that an action stands in."""

ROWS = 1_200
"""Rows of a part: a whole number of the rows that linking looks at together."""

SHARE = 500
"""Actions whose texts are encoded at a time."""

_SAMPLE = 20_000  # actions that the cells are learned from
_ROUNDS = 10


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
    if len(entries) <= WHOLE_UP_TO:
        shares = _shares(entries)
        made = [engine.run(vectors_part, share, sent, None) for share in shares]
        _wait(engine, made, "reading actions", told)
        goal = engine.run(ready_block, shares, [engine.pick(one, 0) for one in made], sent)
        _wait(engine, [goal], "reading actions", told)
        engine.forget(made)
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
        made = [engine.run(vectors_part, share, sent, one) for share, one in zip(shares, owners, strict=True)]
        _wait(engine, made, "reading actions", told)
        cells = [
            engine.take(one)["cells"].reshape(len(share), -1)
            for share, one in zip(shares, owners, strict=True)
        ]
        sorted_rows = [
            engine.run(near_part, part, sent, one, first, middles)
            for part, first, one in zip(parts, firsts, meant, strict=True)
        ]
        _wait(engine, sorted_rows, "sorting updates", told)
        found = []
        for cell in np.unique(np.concatenate(cells)).tolist():
            block = [_of_cell(share, one, cell) for share, one in zip(shares, cells, strict=True)]
            goal = engine.run(ready_block, block, [engine.pick(one, cell) for one in made], sent)
            rows = [engine.pick(one, cell) for one in sorted_rows]
            found.append(engine.run(link_block, rows, sent, goal))
            engine.forget([goal])
        _wait(engine, found, "linking", told)
        engine.forget([*owners, *made, *sorted_rows])
    links = [one for part in found for one in unpacked(engine.take(part)["links"])]
    engine.forget(found)
    links.sort(key=lambda one: one[0])  # a row's links stay as they stand
    told_of = [item | {"row_id": table["row_id"][row]} for row, item in links]
    return linking.counterparts(updates, told_of, targets)


def _wait(engine: Engine, handles: Sequence[Any], what: str, told: Progress) -> None:
    engine.wait(handles, lambda done: told(what, done, len(handles)))


def _shares(entries: Sequence[Entry]) -> list[list[Entry]]:
    return [list(entries[at : at + SHARE]) for at in range(0, len(entries), SHARE)]


def _of_cell(share: Sequence[Entry], cells: NDArray[np.int64], cell: int) -> list[Entry]:
    """Those of some entries that stand in the block of a cell."""
    return [share[at] for at in np.flatnonzero((cells == cell).any(axis=1)).tolist()]


def _encoder(tools: Tools | Distant) -> Encoder:
    encoder = (tools if isinstance(tools, Tools) else tools.open()).encoder
    assert encoder is not None
    return encoder


def vectors_part(entries: Sequence[Entry], tools: Tools | Distant, cells: Part | None) -> Pieces:
    """The vectors of all texts that some entries are compared by, in the order of ``facet_texts``.

    In a piece for each cell that any of them is near to; in piece 0, without cells.
    """
    encoder = _encoder(tools)
    texts = facet_texts(entries)
    known = dict(zip(texts, encoder.encode(texts), strict=True))
    near = np.zeros((len(entries), 1), dtype=np.int64)
    if cells is not None:
        near = cells["cells"].reshape(len(entries), -1)
    pieces = Pieces()
    for cell in np.unique(near).tolist():
        own = facet_texts(_of_cell(entries, near, cell))
        pieces[cell] = {"vectors": np.stack([known[text] for text in own]).ravel()}
    return pieces


def ready_block(
    shares: Sequence[Sequence[Entry]], made: Sequence[Part | None], tools: Tools | Distant
) -> linking.Goal:
    """Entries made ready, of vectors that are made already."""
    encoder = _encoder(tools)
    texts = [text for share in shares for text in facet_texts(share)]
    vectors = np.concatenate([one["vectors"] for one in made if one is not None])
    catalogue = Catalogue("actions", (), tuple(entry for share in shares for entry in share))
    with one_thread():
        given = _Given(encoder, texts, vectors.reshape(-1, encoder.dimension))
        return linking.ready_actions(catalogue, given)


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
    middles = engine.run(middles_of, made, -(-len(entries) // CELL), tools)
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
    """The cells that each entry is nearest to, the nearest first."""
    encoder = _encoder(tools)
    vectors = encoder.encode([_duty(entry) for entry in entries])
    with one_thread():
        nearness = _nearness(vectors, middles["middles"].reshape(-1, encoder.dimension))
    return {"cells": np.argsort(-nearness, axis=1, kind="stable")[:, :NEAREST].ravel()}


def near_part(
    table: pd.DataFrame, tools: Tools | Distant, definitions: _Definitions, first: int, middles: Part
) -> Pieces:
    """Rows with the vectors of their passages, in pieces by the cell that their text is nearest to."""
    encoder = _encoder(tools)
    columns = {name: table[name].tolist() for name in table.columns}
    rows = linking.rows_of(columns, None, Catalogue("actions", (), ()), definitions)
    texts = list(dict.fromkeys(text for row in rows for text in _read(row)))
    vectors = encoder.encode(texts)
    known = dict(zip(texts, vectors, strict=True))
    store = linking.vectors(rows, _Given(encoder, texts, vectors).encode)
    centres = middles["middles"].reshape(-1, encoder.dimension)
    near: dict[int, list[int]] = defaultdict(list)
    with one_thread():
        for at, row in enumerate(rows):
            if row.main:
                near[int(_nearness(store[row.whole], centres).argmax())].append(at)
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
    """The links of all rows that belong to a block."""
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
