"""Themes of an update table: the door to the judgement, by found clusters or by a guide."""

from __future__ import annotations

from pathlib import Path

import pandas as pd

from nlpkit.analysis.themes import Hands, Themes, find, guided
from nlpkit.catalogue import load_catalogue
from nlpkit.embedding import Encoder
from nlpkit.embedding.default import chosen_encoder
from nlpkit.engines.on_dask import DaskEngine
from nlpkit.judging import Distant, silent
from nlpkit.scoring import Progress, check_engine
from nlpkit.theme_parts import Shared

__all__ = ["themes"]


def themes(
    updates: pd.DataFrame,
    *,
    number: int | None = None,
    guide: str | Path | None = None,
    encoder: Encoder | None = None,
    progress: Progress | None = None,
    engine: str = "local",
    scheduler: str = "",
    workers: int = 0,
) -> Themes:
    """What the work of many updates is about.

    Args:
        updates: an update table; at least 30 rows, unless there is a guide.
        number: how many themes; chosen by nlpkit if not given.
        guide: seed texts to assign the updates to in place of finding themes: the name of a bundled
            catalogue ("spotlight") or a CSV file with the columns ``id``, ``title`` and ``text``.
        encoder: turns texts into vectors; nlpkit's own unless given.
        progress: called before each step.
        engine, scheduler, workers: as :func:`nlpkit.scoring.score`; texts are then read and encoded, and
            updates beyond those of 20,000 subjects put to their themes, by the workers.

    Returns:
        :class:`nlpkit.analysis.themes.Themes`: ``assignments`` (the same rows in the same order, with
        ``theme_id``, ``theme_label`` and ``theme_why``), ``summary``, ``left_out``, ``by(kind)`` and
        ``plot(path)``.

    Raises:
        InputError: too few updates, none with words, or a guide that cannot be read.
    """
    check_engine(engine)

    def grouped(hands: Hands | None) -> Themes:
        if guide is not None:
            return guided(updates, load_catalogue(guide), encoder=encoder, progress=progress, hands=hands)
        return find(updates, number=number, encoder=encoder, progress=progress, hands=hands)

    if engine == "local":
        return grouped(None)
    told = progress or silent
    told("starting the cluster", 0, 1)
    with DaskEngine(scheduler, workers) as cluster:
        return grouped(Shared(cluster, Distant(None, None, encoder or chosen_encoder()), told))
