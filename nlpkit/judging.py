"""What is judged of an update by itself: status, calendar, evidence, outcomes and links."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future
from dataclasses import dataclass
from functools import cached_property
from itertools import chain
from typing import NamedTuple

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from nlpkit import features
from nlpkit.analysis import calendar, evidence, linking, outcomes, status, topic
from nlpkit.analysis.status_model import StatusModel
from nlpkit.catalogue import Catalogue
from nlpkit.embedding import Encoder
from nlpkit.embedding.beside import Beside
from nlpkit.embedding.default import encoder_named
from nlpkit.embedding.pooling import sentences_of
from nlpkit.keeping import Keep
from nlpkit.remembering import Memory

__all__ = ["ROW_COLUMNS", "Alone", "Distant", "Progress", "Tools", "judge_alone", "silent"]

Progress = Callable[[str, int, int], None]
"""Told what is being done, how many steps are done and how many there are."""

ROW_COLUMNS: tuple[str, ...] = (
    "status",
    "status_confidence",
    "status_probabilities",
    "status_why",
    "calendar_status",
    "calendar_why",
    "mismatch",
    "evidence",
    "evidence_score",
    "flags",
    "evidence_why",
    "outcomes",
    "addresses",
)
"""The columns that an update's own row decides, links apart."""

_MOST, _LEAST = 400, 50  # rows of a block


@dataclass(frozen=True, slots=True)
class Tools:
    """What is judged with: the catalogue to link to, a status model of one's own, the encoder."""

    catalogue: Catalogue | None
    model: StatusModel | None
    encoder: Encoder | None


@dataclass(frozen=True, slots=True)
class Distant:
    """What :class:`Tools` are made of in another process, where they are opened once.

    Attributes:
        catalogue, model: as :class:`Tools` has them.
        encoder: the name of one of nlpkit's own (:func:`nlpkit.embedding.default.encoder_named`), or an
            encoder that can be sent.
    """

    catalogue: Catalogue | None
    model: StatusModel | None
    encoder: Encoder | str | None

    def open(self) -> Tools:
        """The tools, of which the encoder is loaded once a process."""
        encoder = encoder_named(self.encoder) if isinstance(self.encoder, str) else self.encoder
        return Tools(self.catalogue, self.model, encoder)


@dataclass(frozen=True)
class Alone:
    """Updates judged each by itself.

    Attributes:
        features: of the updates.
        finish: judges what is not judged yet: :attr:`judged`, and what each row says by itself of the
            catalogue. What needs no vectors is best done before, as they may still be in the making.
    """

    features: features.Features
    finish: Callable[[], tuple[pd.DataFrame, list[linking.Own]]]

    @cached_property
    def _finished(self) -> tuple[pd.DataFrame, list[linking.Own]]:
        return self.finish()

    @property
    def judged(self) -> pd.DataFrame:
        """:data:`ROW_COLUMNS`, indexed like the updates."""
        return self._finished[0]

    def links(self) -> list[linking.Own]:
        """What each row says by itself, for :func:`nlpkit.analysis.linking.links_in_order`."""
        return self._finished[1]


def judge_alone(
    table: pd.DataFrame,
    tools: Tools,
    begin: Beside,
    *,
    definitions: linking.Definitions | None = None,
    keep: Keep | None = None,
    told: Progress | None = None,
) -> Alone:
    """Judge each update of a table by itself; what an earlier run said of the same row is taken from there.

    Block by block, texts are sent to the encoder and sentences are read meanwhile; then, block by block, the
    rows are judged as their vectors come. The last blocks are small, so that little is left to do when the
    encoder has ended.

    Args:
        table: an update table.
        tools: what is judged with.
        begin: the second line, in which texts are encoded.
        definitions: the acronyms of whole documents, where the table has only some of their rows.
        keep: where finished analyses are kept and looked for.
        told: called before each step.
    """
    told = told or silent
    encoder, catalogue = tools.encoder, tools.catalogue
    told("reading sentences", 0, 5)
    if definitions is None:
        definitions = linking.defined(linking.text_columns(table))
    memory = Memory(table, ROW_COLUMNS, catalogue, tools.model, encoder, definitions)
    blocks = list(_blocks(len(table)))
    missing = [[place for place in memory.missing if rows.start <= place < rows.stop] for rows in blocks]
    ahead = _Ahead(begin, encoder)
    sentences = status.reads_vectors(encoder, tools.model)
    ahead.encode(_asked(table.iloc[missing[0]], sentences))
    goal = begin(_ready, catalogue, encoder) if catalogue and encoder and memory.missing else None
    read: list[features.Features] = []
    begun: list[_Begun] = []
    for number, made in enumerate(features.computed(table, blocks, encoder=encoder, keep=keep)):
        read.append(made)
        places = missing[number]
        part, of_part = table.iloc[places], made.rows([place - blocks[number].start for place in places])
        doubted, rows = topic.doubtful(part, of_part), None
        wanted = topic.compared_texts(of_part, doubted)
        if catalogue is not None and encoder is not None:
            rows = linking.read_rows(part, catalogue, analyses=of_part.update, definitions=definitions)
            wanted += rows.passages
        following = _asked(table.iloc[missing[number + 1]], sentences) if number + 1 < len(blocks) else []
        if number + 2 < len(blocks):  # together, as the encoder does much at once in less time
            wanted, following = [*wanted, *following], []
        ahead.encode(wanted)
        begun.append(_Begun(places, part, of_part, doubted, rows, ahead.sent))
        ahead.encode(following)

    def finish() -> tuple[pd.DataFrame, list[linking.Own]]:
        told("judging status and evidence", 2, 5)
        for block in begun:
            if not block.places:
                continue
            ahead.tell(block.made, block.sent)
            judged = _judged(block.table, block.made, block.doubted, tools.model)
            links = [linking.NOTHING for _ in block.places]
            if goal is not None and block.rows is not None:
                links = linking.own_links_of(block.rows, goal.result(), block.made.vectors)
            memory.add(block.places, judged, links)
        return memory.judged(), memory.links()

    return Alone(features.put_together(read), finish)


def _blocks(rows: int) -> Iterator[slice]:
    """Blocks of rows, each of two thirds of what is left: neither too large to wait for, nor too small to
    encode well."""
    at = 0
    while at < rows or not at:
        size = min(_MOST, max(_LEAST, 2 * (rows - at) // 3))
        yield slice(at, min(at + size, rows))
        at += size


class _Begun(NamedTuple):
    """Rows of a block that are to be judged: where they stand in the table, what is known of them, and how
    many pieces of work the encoder must have ended."""

    places: list[int]
    table: pd.DataFrame
    made: features.Features
    doubted: topic.Doubtful
    rows: linking.RowsRead | None
    sent: int


def _judged(
    table: pd.DataFrame, made: features.Features, doubted: topic.Doubtful, model: StatusModel | None
) -> pd.DataFrame:
    away = topic.off_topic(table, made, doubted)
    stated = status.judge(table, made, model=model, away=away)
    due = calendar.judge(table, made)
    reached = outcomes.judge(table, made)
    shown = evidence.judge(table, made, stated, away=away)
    return pd.concat([stated, due, shown, reached], axis=1)[list(ROW_COLUMNS)]


_last: list[tuple[Catalogue, Encoder, linking.Goal]] = []  # every part of a large table links to the same


def _ready(catalogue: Catalogue, encoder: Encoder) -> linking.Goal:
    for known, by, goal in _last:
        if known == catalogue and by is encoder:
            return goal
    goal = linking.ready(catalogue, encoder)
    _last[:] = [(catalogue, encoder, goal)]
    return goal


def _asked(table: pd.DataFrame, sentences: bool) -> list[str]:
    """What judgements ask the vectors of that the table alone tells: what is asked and, where status or
    outcomes read them, the sentences of the updates."""
    asked = outcomes.compared_texts(table)
    return [*table["update"], *asked] if sentences or asked else asked


class _Ahead:
    """Vectors of sentences, made in the second line before they are asked for; none without an encoder."""

    def __init__(self, begin: Beside, encoder: Encoder | None) -> None:
        self._begin, self._encoder = begin, encoder
        self._begun: set[str] = set()
        self._coming: list[tuple[list[str], Future[NDArray[np.float32]]]] = []
        self._told = 0

    @property
    def sent(self) -> int:
        """How many pieces of work have been begun with."""
        return len(self._coming)

    def encode(self, texts: Iterable[str]) -> None:
        """Begin with the sentences of the texts that have not been begun with."""
        if self._encoder is None:
            return
        parts = dict.fromkeys(chain.from_iterable(map(sentences_of, texts)))
        new = [part for part in parts if part not in self._begun]
        if new:
            self._begun.update(new)
            self._coming.append((new, self._begin(self._encoder.encode, new)))

    def tell(self, made: features.Features, sent: int) -> None:
        """Wait for so many pieces of work, and hand the vectors over."""
        for texts, vectors in self._coming[self._told : sent]:
            made.know(texts, vectors.result())
        self._told = max(self._told, sent)


def silent(stage: str, done: int, total: int) -> None:
    """Progress that nobody is told of."""
