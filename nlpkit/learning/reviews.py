"""Reviews: what people answered to nlpkit's judgements, one row per reviewer and update.

``nlpkit review import`` writes them; ``nlpkit train status --with-reviews`` and the figures of agreement
read them. Where several people answered, the answer that most of them gave counts; where there is no such
answer, the update is disputed and counts for nothing.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pandas as pd

from nlpkit.errors import InputError
from nlpkit.files import read_table
from nlpkit.schema import Evidence, Flag, Stale, Status

__all__ = ["KINDS", "LABELS", "PROPOSED", "Agreed", "agreed", "answer", "read_reviews"]

LABELS: Mapping[str, tuple[str, ...]] = {
    "status": tuple(map(str, Status)),
    "evidence": tuple(map(str, Evidence)),
    "stale": tuple(map(str, Stale)),
    "flags": tuple(map(str, Flag)),
}
"""What can be answered to each kind of judgement; of ``stale`` and ``flags`` several labels, or none."""

KINDS = tuple(LABELS)

PROPOSED: Mapping[str, str] = {kind: f"nlpkit_{kind}" for kind in KINDS}
"""The columns of reviews in which nlpkit's own judgements stand; the answers stand in ``review_…``."""


@dataclass(frozen=True)
class Agreed:
    """What the reviewers say of one kind, by ``row_id``.

    Attributes:
        answers: a label, or a sorted tuple of labels for ``stale`` and ``flags``.
        disputed: ids without an answer that most gave.
        rows: the first review of each answered or disputed id, with the update.
    """

    answers: dict[str, Any]
    disputed: tuple[str, ...]
    rows: dict[str, dict[str, Any]]


def read_reviews(path: str | Path) -> pd.DataFrame:
    """Reviews from a file that ``nlpkit review import`` wrote.

    Raises:
        InputError: it cannot be read, lacks a column, or holds a label that is not of the codebook.
    """
    table = read_table(path)
    remedy = "Give the file that 'nlpkit review import … --out reviews.jsonl' wrote."
    for column in ("row_id", "reviewer", "update", "review_status"):
        if column not in table.columns:
            raise InputError(f"has no column '{column}'", source=path, remedy=remedy)
    for place, row in enumerate(table.to_dict("records"), start=1):
        for column in ("row_id", "update"):
            if not isinstance(row[column], str):
                raise InputError("is not text", source=path, row=place, column=column, remedy=remedy)
        for kind, labels in LABELS.items():
            given = answer(row, kind)
            said = [given] if isinstance(given, str) else given or []
            unknown = next((label for label in said if label not in labels), None)
            if unknown is not None:
                raise InputError(
                    f"'{unknown}' is not a {kind} label", source=path, row=place, column=f"review_{kind}",
                    remedy=f"Use {', '.join(labels)}.",
                )  # fmt: skip
    return table


def answer(row: Mapping[Any, Any], kind: str) -> Any:
    """What one review says of a kind: None if nothing, a label, or a sorted tuple of labels."""
    value = row.get(f"review_{kind}")
    if kind in ("stale", "flags"):
        return tuple(sorted(map(str, value))) if isinstance(value, (list, tuple)) else None
    return str(value) if isinstance(value, str) and value else None


def agreed(reviews: Iterable[Mapping[Any, Any]], kind: str) -> Agreed:
    """The answer that most reviewers of each update gave; ids in the order in which they first come."""
    rows: dict[str, dict[str, Any]] = {}
    given: dict[str, Counter[Any]] = {}
    for row in reviews:
        said = answer(row, kind)
        if said is not None:
            rows.setdefault(str(row["row_id"]), {str(key): value for key, value in row.items()})
            given.setdefault(str(row["row_id"]), Counter())[said] += 1
    answers, disputed = {}, []
    for row_id, counts in given.items():
        ranked = counts.most_common(2)
        if len(ranked) > 1 and ranked[0][1] == ranked[1][1]:
            disputed.append(row_id)
        else:
            answers[row_id] = ranked[0][0]
    return Agreed(answers, tuple(disputed), rows)
