"""An update table judged: features made once, then each judgement. The only place that knows them all."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable
from concurrent.futures import Future
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from nlpkit import features
from nlpkit.analysis import calendar, evidence, linking, outcomes, questions, slips, staleness, status, topic
from nlpkit.analysis.continuing import said_before
from nlpkit.analysis.status_model import StatusModel, kept_model
from nlpkit.catalogue import Catalogue, load_catalogue
from nlpkit.embedding import Encoder
from nlpkit.embedding.beside import Beside, beside
from nlpkit.embedding.default import default_encoder
from nlpkit.embedding.pooling import sentences_of
from nlpkit.embedding.proof import watched
from nlpkit.errors import NlpkitError
from nlpkit.history import WAIT, check_history, recall, record
from nlpkit.keeping import Keep
from nlpkit.schema import READ_COLUMNS, SCORE_COLUMNS, conform

__all__ = ["Progress", "link", "link_actions", "score"]

_LOG = logging.getLogger(__name__)

Progress = Callable[[str, int, int], None]
"""Told what is being done, how many steps are done and how many there are."""


def score(
    updates: pd.DataFrame,
    *,
    catalogue: str | Path | None = "spotlight",
    as_of: str = "",
    encoder: Encoder | None = None,
    status_model: str | Path | None = None,
    history: str | Path | None = None,
    history_wait: float = WAIT,
    progress: Progress | None = None,
    keep: Keep | None = None,
) -> pd.DataFrame:
    """Judge every update: status, staleness, evidence and links, each with its reason.

    Args:
        updates: an update table, or any table with a column ``update``; judgements made earlier
            are made again.
        catalogue: name or file of the recommendations to link to; None leaves ``links`` empty and
            needs no encoder.
        as_of: ISO date, month or year at which updates that do not say so were true.
        encoder: turns texts into vectors; nlpkit's own unless given.
        status_model: folder of a model that ``nlpkit train status`` wrote, to judge status in place of
            nlpkit's own; needs the encoder that it was learned with.
        history: a DuckDB file of what was said before, made if missing. Staleness and slipped promises
            (``stale_why``, kind "slipped") are then judged against all of it, and these updates are
            added to it. A table scored twice is not its own history.
        history_wait: seconds for which a lock on the history is waited for.
        progress: called before each step.
        keep: where finished analyses of texts are kept and looked for (:mod:`nlpkit.keeping`).

    Returns:
        The same rows in the same order: :data:`nlpkit.schema.READ_COLUMNS`, then
        :data:`nlpkit.schema.SCORE_COLUMNS`, then the user's own columns.

    Raises:
        InputError: the table has no rows or no updates, a ``row_id`` is used twice, or the
            catalogue or the history cannot be used.
        NlpkitError: the status model is damaged, does not fit this nlpkit, or was learned with
            another encoder.
    """
    told = progress or _silent
    with watched(told):
        return _score(updates, catalogue, as_of, encoder, status_model, history, history_wait, told, keep)


def _score(
    updates: pd.DataFrame,
    catalogue: str | Path | None,
    as_of: str,
    encoder: Encoder | None,
    status_model: str | Path | None,
    history: str | Path | None,
    history_wait: float,
    told: Progress,
    keep: Keep | None,
) -> pd.DataFrame:
    table = conform(updates.drop(columns=[c for c in SCORE_COLUMNS if c in updates.columns]), as_of=as_of)
    goal = None if catalogue is None else load_catalogue(catalogue)
    model = None if status_model is None else kept_model(status_model)
    if (goal is not None or model is not None) and encoder is None:
        encoder = default_encoder()
    if model is not None and encoder is not None and model.encoder != encoder.name:
        raise NlpkitError(
            f"The status model in {status_model} was learned with the encoder '{model.encoder}', not with "
            f"'{encoder.name}'. Score with that encoder, or train the model again (nlpkit train status)."
        )
    if history is not None:
        check_history(history, write=True, wait=history_wait)
    with beside(encoder) as begin:
        return _judged(table, goal, model, encoder, history, history_wait, told, keep, begin)


def _judged(
    table: pd.DataFrame,
    goal: Catalogue | None,
    model: StatusModel | None,
    encoder: Encoder | None,
    history: str | Path | None,
    history_wait: float,
    told: Progress,
    keep: Keep | None,
    begin: Beside,
) -> pd.DataFrame:
    told("reading sentences", 0, 5)
    # What needs the encoder goes to the second line in few, large pieces, so that nothing here waits for it
    # to finish with another's text.
    ahead = _Ahead(begin, encoder)
    ahead.encode(_asked(table, status.reads_vectors(encoder, model)))
    made = features.compute(table, encoder=encoder, keep=keep)
    linked = None
    if encoder is not None:
        ahead.encode(topic.compared_texts(table, made))
        if goal is not None:
            linked = begin(linking.link, table, goal, encoder, analyses=made.update)
    ahead.tell(made)
    told("judging status", 1, 5)
    stated = status.judge(table, made, model=model)
    due = calendar.judge(table, made)
    told("looking for repeats", 2, 5)
    before = None if history is None else said_before(table, made, recall(history, wait=history_wait))
    stale = staleness.judge(table, made, before)
    moved = slips.find(table, made, before)
    stale["stale_why"] = [[*why, *more] for why, more in zip(stale["stale_why"], moved, strict=True)]
    told("weighing evidence", 3, 5)
    reached = outcomes.judge(table, made)
    shown = evidence.judge(table, made, stated)
    told("linking", 4, 5)
    found: list[list[dict[str, Any]]] = [[] for _ in range(len(table))]
    if linked is not None:
        found = linking.links_column(table, linked.result())
    links = pd.Series(found, index=table.index, dtype="object", name="links")
    told("done", 5, 5)
    judged = pd.concat([stated, due, stale, shown, reached, links], axis=1)
    judged["question"] = questions.judge(table, made, judged, before)
    own = [name for name in table.columns if name not in READ_COLUMNS]
    scored = pd.concat([table[list(READ_COLUMNS)], judged[list(SCORE_COLUMNS)], table[own]], axis=1)
    if scored["row_id"].tolist() != table["row_id"].tolist():
        raise NlpkitError("nlpkit lost or moved rows while scoring. This is a fault in nlpkit: report it.")
    if history is not None:
        _keep(history, scored, made, history_wait)
    return scored


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


def _keep(history: str | Path, scored: pd.DataFrame, made: features.Features, wait: float) -> None:
    """Add the table to the history, and tell what keeps it from being compared as it should be."""
    done = record(history, scored, wait=wait)
    undated = sum(day is None for day in made.as_of)
    unnamed = int((scored["service"] == "").sum())
    told = (
        (
            done.corrected,
            "take the place of another text of the same row_id and period (the old text is kept). If they "
            "are a new period's, say so: --as-of",
        ),
        (undated, "have no date, so nothing in the history counts as earlier than they are: give --as-of"),
        (
            unnamed,
            "name no service, so that their actions are known again only in a file of the same name: "
            "give --service",
        ),
    )
    for number, what in told:
        if number:
            _LOG.warning("%s: of the updates, %d %s", history, number, what)


def link(
    updates: pd.DataFrame, *, catalogue: str | Path = "spotlight", encoder: Encoder | None = None
) -> pd.DataFrame:
    """Link every update to the recommendations of a catalogue that ask the same, or nearly.

    Args:
        updates: an update table; recommendation, required outcome and narrative are used, whichever
            it has.
        catalogue: name of a bundled catalogue or path of a CSV file.
        encoder: turns texts into vectors; nlpkit's own unless given.

    Returns:
        One row a link, best first within each update: ``row_id``, ``service``, ``action_id``,
        ``catalogue``, ``id``, ``title``, ``grade``, ``score``, ``why``. An update that nothing fits
        has no row.

    Raises:
        InputError: as :func:`score`.
    """
    return linking.link(conform(updates), load_catalogue(catalogue), encoder or default_encoder())


def link_actions(
    updates: pd.DataFrame, others: pd.DataFrame, *, encoder: Encoder | None = None
) -> pd.DataFrame:
    """Link every update to the actions of other plans that ask the same, or nearly.

    Args:
        updates: an update table.
        others: the update table with the actions to link to; may hold several plans.
        encoder: turns texts into vectors; nlpkit's own unless given.

    Returns:
        One row a link, best first within each update: ``row_id``, ``service``, ``action_id``,
        ``to_row_id``, ``to_service``, ``to_action_id``, ``title``, ``grade``, ``score``, ``why``.

    Raises:
        InputError: as :func:`score`.
    """
    return linking.link_actions(conform(updates), conform(others), encoder or default_encoder())


def _silent(stage: str, done: int, total: int) -> None:
    pass
