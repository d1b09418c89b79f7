"""What is judged of an update by itself: status, calendar, evidence, outcomes and links."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from concurrent.futures import Future
from dataclasses import dataclass

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


@dataclass(frozen=True, slots=True)
class Alone:
    """Updates judged each by itself.

    Attributes:
        judged: :data:`ROW_COLUMNS`, indexed like the updates.
        features: of the updates.
        links: waits for what each row says by itself of the catalogue, for
            :func:`nlpkit.analysis.linking.links_in_order`.
    """

    judged: pd.DataFrame
    features: features.Features
    links: Callable[[], list[linking.Own]]


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

    Args:
        table: an update table.
        tools: what is judged with.
        begin: the second line, in which texts are encoded.
        definitions: the acronyms of whole documents, where the table has only some of their rows.
        keep: where finished analyses are kept and looked for.
        told: called before each step.
    """
    told = told or silent
    encoder = tools.encoder
    told("reading sentences", 0, 5)
    if definitions is None:
        definitions = linking.defined(linking.text_columns(table))
    memory = Memory(table, ROW_COLUMNS, tools.catalogue, tools.model, encoder, definitions)
    part = table.iloc[memory.missing]
    # What needs the encoder goes to the second line in few, large pieces, so that nothing here waits for it
    # to finish with another's text.
    ahead = _Ahead(begin, encoder)
    ahead.encode(_asked(part, status.reads_vectors(encoder, tools.model)))
    made = features.compute(table, encoder=encoder, keep=keep)
    of_part = made.rows(memory.missing)
    doubted = topic.doubtful(part, of_part)
    linked = None
    if encoder is not None and memory.missing:
        ahead.encode(topic.compared_texts(of_part, doubted))
        if tools.catalogue is not None:
            linked = begin(_link, part, tools.catalogue, encoder, of_part, definitions)
    ahead.tell(made)
    told("judging status", 1, 5)
    fresh = _judged(part, of_part, doubted, tools.model, told) if memory.missing else None
    judged = memory.judged(fresh)

    def links() -> list[linking.Own]:
        if linked is None:
            return memory.links(judged, [linking.NOTHING for _ in memory.missing])
        return memory.links(judged, linked.result())

    return Alone(judged, made, links)


def _judged(
    table: pd.DataFrame,
    made: features.Features,
    doubted: topic.Doubtful,
    model: StatusModel | None,
    told: Progress,
) -> pd.DataFrame:
    away = topic.off_topic(table, made, doubted)
    stated = status.judge(table, made, model=model, away=away)
    due = calendar.judge(table, made)
    told("weighing evidence", 2, 5)
    reached = outcomes.judge(table, made)
    shown = evidence.judge(table, made, stated, away=away)
    return pd.concat([stated, due, shown, reached], axis=1)[list(ROW_COLUMNS)]


def _link(
    table: pd.DataFrame,
    catalogue: Catalogue,
    encoder: Encoder,
    made: features.Features,
    definitions: linking.Definitions | None,
) -> list[linking.Own]:
    goal = _ready(catalogue, encoder)
    return linking.own_links(table, goal, encoder, analyses=made.update, definitions=definitions)


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

    def encode(self, texts: Iterable[str]) -> None:
        """Begin with the sentences of the texts that have not been begun with."""
        new = [
            part
            for part in dict.fromkeys(p for t in texts for p in sentences_of(t))
            if part not in self._begun
        ]
        if new and self._encoder is not None:
            self._begun.update(new)
            self._coming.append((new, self._begin(self._encoder.encode, new)))

    def tell(self, made: features.Features) -> None:
        """Wait, and hand the vectors over."""
        for texts, vectors in self._coming:
            made.know(texts, vectors.result())


def silent(stage: str, done: int, total: int) -> None:
    """Progress that nobody is told of."""
