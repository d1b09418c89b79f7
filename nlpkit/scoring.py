"""An update table judged: features made once, then each judgement. The only place that knows them all."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from pathlib import Path

import pandas as pd

from nlpkit import partitions
from nlpkit.analysis import linking, questions, slips, staleness
from nlpkit.analysis.continuing import said_before
from nlpkit.analysis.status_model import kept_model
from nlpkit.blas import one_thread
from nlpkit.catalogue import load_catalogue
from nlpkit.counterparts import link_parts
from nlpkit.embedding import Encoder
from nlpkit.embedding.beside import beside
from nlpkit.embedding.default import chosen_encoder, default_encoder
from nlpkit.embedding.proof import watched
from nlpkit.engines.local import LocalEngine
from nlpkit.engines.on_dask import DaskEngine
from nlpkit.errors import InputError, NlpkitError
from nlpkit.features import moments
from nlpkit.garbage import seldom_collected
from nlpkit.history import JUDGEMENTS, WAIT, check_history, recall, record
from nlpkit.judging import Distant, Progress, Tools, judge_alone, silent
from nlpkit.keeping import Keep
from nlpkit.schema import READ_COLUMNS, SCORE_COLUMNS, conform

__all__ = [
    "ENGINES",
    "Progress",
    "check_engine",
    "link",
    "link_actions",
    "make_tools",
    "score",
    "score_parts",
    "whole",
]

ENGINES = ("local", "dask")
"""What works: this process, or a Dask cluster."""

_SHARES = 4  # parts that a worker gets of a table that is not large
_LOG = logging.getLogger(__name__)


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
    engine: str = "local",
    scheduler: str = "",
    workers: int = 0,
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
        keep: where finished analyses of texts are kept and looked for (:mod:`nlpkit.keeping`), by the engine
            ``local``.
        engine: ``local`` works in this process, ``dask`` on a cluster; the result is the same.
        scheduler: the address of a running Dask cluster; without one, ``dask`` starts its own here.
        workers: how many workers that has; as many as there are processors if 0.

    Returns:
        The same rows in the same order: :data:`nlpkit.schema.READ_COLUMNS`, then
        :data:`nlpkit.schema.SCORE_COLUMNS`, then the user's own columns.

    Raises:
        InputError: the table has no rows or no updates, a ``row_id`` is used twice, or the
            catalogue or the history cannot be used.
        NlpkitError: the status model is damaged, does not fit this nlpkit, or was learned with
            another encoder; the engine is not installed, or its cluster cannot do the work.
    """
    parts = score_parts(
        updates,
        catalogue=catalogue,
        as_of=as_of,
        encoder=encoder,
        status_model=status_model,
        history=history,
        history_wait=history_wait,
        progress=progress,
        keep=keep,
        engine=engine,
        scheduler=scheduler,
        workers=workers,
    )
    return pd.concat(list(parts), ignore_index=True)


def score_parts(
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
    engine: str = "local",
    scheduler: str = "",
    workers: int = 0,
) -> Iterator[pd.DataFrame]:
    """:func:`score`, of which the rows come part by part in the order of the table.

    So a large table can be written without having all that was found of it in memory. The updates are added
    to a history when the last part has been taken.

    Args, Raises:
        As :func:`score`.

    Yields:
        Some thousand rows each time.
    """
    told = progress or silent
    table = conform(updates.drop(columns=[c for c in SCORE_COLUMNS if c in updates.columns]), as_of=as_of)
    check_engine(engine)
    tools, distant = make_tools(catalogue, status_model, encoder)
    if history is not None:
        check_history(history, write=True, wait=history_wait)
    past = None if history is None else recall(history, wait=history_wait)
    kept: list[pd.DataFrame] = []
    with watched(told):
        at = 0
        if engine == "local":
            found = _judged(table, tools, past, told, keep)
        else:
            found = _judged_apart(table, distant, DaskEngine(scheduler, workers), past, told)
        for judged in found:
            rows = table.iloc[at : at + len(judged)]
            scored = whole(rows, judged.set_index(rows.index))
            at += len(judged)
            if history is not None:
                kept.append(scored[[*READ_COLUMNS, *JUDGEMENTS]])
            yield scored
    if at != len(table):
        raise NlpkitError("nlpkit lost rows while scoring. This is a fault in nlpkit: report it.")
    if history is not None:
        _keep(history, pd.concat(kept), history_wait)


def make_tools(
    catalogue: str | Path | None, status_model: str | Path | None, encoder: Encoder | None
) -> tuple[Tools, Distant]:
    """What is judged with, here and in other processes; the arguments are those of :func:`score`.

    Raises:
        InputError, NlpkitError: as :func:`score`.
    """
    goal = None if catalogue is None else load_catalogue(catalogue)
    model = None if status_model is None else kept_model(status_model)
    given = encoder
    if (goal is not None or model is not None) and encoder is None:
        encoder = default_encoder()
    if model is not None and encoder is not None and model.encoder != encoder.name:
        raise NlpkitError(
            f"The status model in {status_model} was learned with the encoder '{model.encoder}', not with "
            f"'{encoder.name}'. Score with that encoder, or train the model again (nlpkit train status)."
        )
    sent = given or (chosen_encoder() if encoder is not None else None)
    return Tools(goal, model, encoder), Distant(goal, model, sent)


def _judged(
    table: pd.DataFrame, tools: Tools, past: pd.DataFrame | None, told: Progress, keep: Keep | None
) -> Iterator[pd.DataFrame]:
    """The judgements of a table, in parts where it is large."""
    if len(table) <= partitions.ROWS:
        yield _at_once(table, tools, past, told, keep)
        told("done", 5, 5)
        return
    parts = partitions.parts_of(table[list(READ_COLUMNS)])
    orders = partitions.Orders(tools, keep)
    with LocalEngine() as engine:
        sizes = [len(part) for part in parts]
        yield from partitions.judge_parts(parts, sizes, orders, engine, past=past, told=told)
    told("done", 5, 5)


def _judged_apart(
    table: pd.DataFrame, tools: Distant, engine: DaskEngine, past: pd.DataFrame | None, told: Progress
) -> Iterator[pd.DataFrame]:
    """The judgements of a table, made by other processes."""
    told("starting the cluster", 0, 1)
    with engine:
        share = -(-len(table) // (_SHARES * engine.workers))
        rows = min(partitions.ROWS, -(-share // partitions.WHOLE) * partitions.WHOLE)
        parts = partitions.parts_of(table[list(READ_COLUMNS)], rows)
        sizes = [len(part) for part in parts]
        orders = partitions.Orders(tools)
        held = [engine.put(part) for part in parts]
        yield from partitions.judge_parts(held, sizes, orders, engine, past=past, told=told)
    told("done", 5, 5)


def _at_once(
    table: pd.DataFrame, tools: Tools, past: pd.DataFrame | None, told: Progress, keep: Keep | None
) -> pd.DataFrame:
    """The judgements of a table of which everything is in memory."""
    with one_thread(), seldom_collected(), beside(tools.encoder) as begin:
        alone = judge_alone(table, tools, begin, keep=keep, told=told)
        made = alone.features
        told("looking for repeats", 1, 5)
        before = None if past is None else said_before(table, made, past)
        stale = staleness.judge(table, made, before)
        moved = slips.find(table, made, before)
        stale["stale_why"] = [[*why, *more] for why, more in zip(stale["stale_why"], moved, strict=True)]
        owns = alone.links()
        told("linking", 4, 5)
        linked = linking.links_in_order(table, owns, tools.catalogue)
        links = pd.Series(linked, index=table.index, dtype="object", name="links")
    judged = pd.concat([alone.judged, stale, links], axis=1)
    judged["question"] = questions.judge(table, made, judged, before)
    return judged


def whole(table: pd.DataFrame, judged: pd.DataFrame) -> pd.DataFrame:
    """Updates with their judgements, the user's own columns last."""
    own = [name for name in table.columns if name not in READ_COLUMNS]
    return pd.concat([table[list(READ_COLUMNS)], judged[list(SCORE_COLUMNS)], table[own]], axis=1)


def _keep(history: str | Path, scored: pd.DataFrame, wait: float) -> None:
    """Add the table to the history, and tell what keeps it from being compared as it should be."""
    done = record(history, scored, wait=wait)
    undated = sum(day is None for day in moments(scored))
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
    updates: pd.DataFrame,
    others: pd.DataFrame,
    *,
    encoder: Encoder | None = None,
    progress: Progress | None = None,
    engine: str = "local",
    scheduler: str = "",
    workers: int = 0,
) -> pd.DataFrame:
    """Link every update to the actions of other plans that ask the same, or nearly.

    Args:
        updates: an update table.
        others: the update table with the actions to link to; may hold several plans.
        encoder: turns texts into vectors; nlpkit's own unless given.
        progress: called before each step.
        engine, scheduler, workers: as :func:`score`.

    Of more than 20,000 actions, each update is compared with some 20,000 that are near to it
    (:mod:`nlpkit.counterparts`), by every engine.

    Returns:
        One row a link, best first within each update: ``row_id``, ``service``, ``action_id``,
        ``to_row_id``, ``to_service``, ``to_action_id``, ``title``, ``grade``, ``score``, ``why``.

    Raises:
        InputError: as :func:`score`.
    """
    table, goals = conform(updates), conform(others)
    told = progress or silent
    check_engine(engine)
    if engine == "local":
        here = Tools(None, None, encoder or default_encoder())
        with LocalEngine() as local, seldom_collected():
            return link_parts(table, goals, here, local, told)
    told("starting the cluster", 0, 1)
    with DaskEngine(scheduler, workers) as cluster:
        return link_parts(table, goals, Distant(None, None, encoder or chosen_encoder()), cluster, told)


def check_engine(engine: str) -> None:
    """Refuse an engine that there is not.

    Raises:
        InputError: it is none of :data:`ENGINES`.
    """
    if engine not in ENGINES:
        raise InputError(f"there is no engine '{engine}'", remedy=f"Name one of {', '.join(ENGINES)}.")
