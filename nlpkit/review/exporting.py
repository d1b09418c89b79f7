"""A table, judged or not yet, as a workbook to review."""

from __future__ import annotations

import logging
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import pandas as pd

from nlpkit.cells import plain
from nlpkit.embedding import Encoder
from nlpkit.errors import InputError
from nlpkit.files import check_place
from nlpkit.learning.reviews import KINDS, LABELS
from nlpkit.review.sampling import AT_RANDOM, CHOSEN, sample
from nlpkit.review.workbook import to_review_workbook
from nlpkit.schema import conform
from nlpkit.scoring import Progress, score

__all__ = ["Exported", "check_workbook_place", "export"]

_LOG = logging.getLogger(__name__)
_LISTS = ("stale", "flags")


@dataclass(frozen=True)
class Exported:
    """A workbook, and how many updates of each part it has, of how many in the table."""

    workbook: bytes
    drawn: int
    chosen: int
    rows: int


def export(
    updates: pd.DataFrame,
    *,
    size: int = 100,
    at_random: int | None = None,
    seed: int = 0,
    blind: bool = False,
    catalogue: str | Path | None = "spotlight",
    as_of: str = "",
    encoder: Encoder | None = None,
    progress: Progress | None = None,
    why_empty: Sequence[str] = (),
) -> Exported:
    """Choose updates and make the workbook in which people correct nlpkit's judgements of them.

    Args:
        updates: a scored table; one without judgements, or not for every row, is scored first, with a
            warning that says so. An empty table makes a workbook that says why.
        size, at_random, seed: see :func:`nlpkit.review.sampling.sample`; half is left to chance unless told.
        blind: leave nlpkit's proposals out of sight.
        catalogue, as_of, encoder, progress: for scoring; unused where that is done.
        why_empty: why there are no rows, in sentences.

    Raises:
        InputError: as :func:`nlpkit.score`.
    """
    wanted = math.ceil(size / 2) if at_random is None else min(at_random, size)
    if not len(updates) or size == 0:
        why = " ".join(why_empty) or ("The sample has size 0." if len(updates) else "The table has no rows.")
        return Exported(to_review_workbook(_nothing(), why_empty=why), 0, 0, len(updates))
    if not _is_judged(updates):
        _LOG.warning("the table has no judgements, or not for every row: scored first")
        updates = score(updates, catalogue=catalogue, as_of=as_of, encoder=encoder, progress=progress)
    taken = sample(conform(updates), size, at_random=wanted, seed=seed)
    parts = list(taken["part"])
    made = to_review_workbook(taken, blind=blind)
    return Exported(made, parts.count(AT_RANDOM), parts.count(CHOSEN), len(updates))


def check_workbook_place(path: str | Path) -> None:
    """Refuse a place that a workbook could not be written to, before any work is done for it.

    Raises:
        InputError: another ending than ``.xlsx``, a missing folder, a folder, no permission.
    """
    if Path(path).suffix.lower() != ".xlsx":
        raise InputError("is no name for a workbook", source=path, remedy="Use a name ending in .xlsx.")
    check_place(path)


def _nothing() -> pd.DataFrame:
    return pd.DataFrame(columns=["row_id", *KINDS, "part", "chosen_because"])


def _is_judged(table: pd.DataFrame) -> bool:
    """Whether every row has the judgements that are reviewed, and what the sample is chosen by."""
    if not {*KINDS, "status_probabilities", "status_why"} <= set(table.columns):
        return False
    return (
        all(table[kind].isin(LABELS[kind]).all() for kind in KINDS if kind not in _LISTS)
        and all(isinstance(plain(cell), list) for name in (*_LISTS, "status_why") for cell in table[name])
        and all(isinstance(cell, Mapping) and bool(cell) for cell in table["status_probabilities"])
    )
