"""Themes of an update table: the door to the judgement, by found clusters or by a guide."""

from __future__ import annotations

from pathlib import Path

import pandas as pd

from nlpkit.analysis.themes import Themes, find, guided
from nlpkit.catalogue import load_catalogue
from nlpkit.embedding import Encoder
from nlpkit.scoring import Progress

__all__ = ["themes"]


def themes(
    updates: pd.DataFrame,
    *,
    number: int | None = None,
    guide: str | Path | None = None,
    encoder: Encoder | None = None,
    progress: Progress | None = None,
) -> Themes:
    """What the work of many updates is about.

    Args:
        updates: an update table; at least 30 rows, unless there is a guide.
        number: how many themes; chosen by nlpkit if not given.
        guide: seed texts to assign the updates to in place of finding themes: the name of a bundled
            catalogue ("spotlight") or a CSV file with the columns ``id``, ``title`` and ``text``.
        encoder: turns texts into vectors; nlpkit's own unless given.
        progress: called before each step.

    Returns:
        :class:`nlpkit.analysis.themes.Themes`: ``assignments`` (the same rows in the same order, with
        ``theme_id``, ``theme_label`` and ``theme_why``), ``summary``, ``left_out``, ``by(kind)`` and
        ``plot(path)``.

    Raises:
        InputError: too few updates, none with words, or a guide that cannot be read.
    """
    if guide is not None:
        return guided(updates, load_catalogue(guide), encoder=encoder, progress=progress)
    return find(updates, number=number, encoder=encoder, progress=progress)
