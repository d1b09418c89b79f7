"""Labelled updates: the authored corpus with its fixed split, and anyone's labelled table."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pandas as pd

from nlpkit.errors import InputError
from nlpkit.files import read_table
from nlpkit.resources import bundled
from nlpkit.schema import SCORE_COLUMNS, Status, conform

__all__ = [
    "Labelled",
    "corpus",
    "corpus_labels",
    "evidence_is_settled",
    "labelled",
    "labelled_table",
    "reviews_corpus",
]

LEAST_ROWS = 60
"""Fewer labelled rows than this train nothing that is worth having."""

_ACCEPTED = ", ".join(str(status) for status in Status)


@dataclass(frozen=True)
class Labelled:
    """Labelled updates.

    Attributes:
        updates: an update table.
        status: the label of each row (a :class:`nlpkit.schema.Status` value).
        why: the passage that decides the label, or ``""``.
        pair: rows of one minimal pair share a value; else ``""``.
        group: what to leave out together in cross-validation: the service.
        typical: the rows most like those to be judged: confidence is set on them.
        sha256: of the files that the rows come from, by their name.
    """

    updates: pd.DataFrame
    status: tuple[str, ...]
    why: tuple[str, ...]
    pair: tuple[str, ...]
    group: tuple[str, ...]
    typical: tuple[bool, ...]
    sha256: dict[str, str]


def corpus(split: str) -> Labelled:
    """The ``train``, ``test`` or ``fresh`` split of ``corpora/updates`` (starter rows are in ``train``)."""
    folder = bundled("corpora/updates")
    typical = json.loads((folder / "splits.json").read_text(encoding="utf8"))["typical"]
    lines = _lines(split)
    rows = [json.loads(line) for _, line in lines]
    labels = [row.pop("labels") for row in rows]
    hashes = {
        path.relative_to(folder).as_posix(): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in dict.fromkeys(path for path, _ in lines)
    }
    return labelled(
        pd.DataFrame(rows).fillna(""),
        [x["status"] for x in labels],
        [x["why"] for x in labels],
        hashes,
        typical=[path.stem in typical for path, _ in lines],
    )


def reviews_corpus(period: str) -> Labelled:
    """The ``first_period`` or ``next_period`` of ``corpora/reviews``, rows of an action in one group.

    The labels count as reviews would, so deciding passages are left out.
    """
    path = bundled("corpora/reviews") / f"{period}.jsonl"
    rows = [json.loads(line) for line in path.read_text(encoding="utf8").splitlines()]
    labels = [row.pop("labels")["status"] for row in rows]
    data = labelled(
        pd.DataFrame(rows),
        labels,
        [""] * len(rows),
        {path.name: hashlib.sha256(path.read_bytes()).hexdigest()},
    )
    return replace(data, group=tuple(data.updates["action_id"]))


def corpus_labels(split: str) -> list[dict[str, Any]]:
    """All labels of each row of :func:`corpus`, in its order: status, evidence, flags, staleness."""
    return [json.loads(line)["labels"] for _, line in _lines(split)]


def evidence_is_settled(split: str) -> list[bool]:
    """Whether evidence can be learned from each row of :func:`corpus`: not from those of the services
    (``status_only`` in ``splits.json``) whose two readers drew the lines between its levels differently."""
    folder = bundled("corpora/updates")
    unsettled = set(json.loads((folder / "splits.json").read_text(encoding="utf8"))["status_only"])
    return [path.stem not in unsettled for path, _ in _lines(split)]


def _lines(split: str) -> list[tuple[Path, str]]:
    """The rows of a split as they stand in its files, each with its file."""
    folder = bundled("corpora/updates")
    if split == "fresh":
        paths = sorted((folder / "fresh").glob("*.jsonl"))
    else:
        splits = json.loads((folder / "splits.json").read_text(encoding="utf8"))
        paths = [folder / "services" / f"{slug}.jsonl" for slug in sorted(splits[split])]
    if split == "train":
        paths.append(folder / "starter.jsonl")
    return [(path, line) for path in paths for line in path.read_text(encoding="utf8").splitlines()]


def labelled_table(path: str | Path) -> Labelled:
    """A labelled update table: columns ``update`` and ``status``, and any others of the update table.

    In JSON Lines the label may also stand in ``labels`` (as in the corpus), as ``{"status": …}``. A
    column ``why`` may hold the deciding passage.

    Raises:
        InputError: a column is missing, a label is not of the codebook, a row has no text though its
            label says that it tells something, only one label occurs, or there are too few rows.
    """
    table = read_table(path)
    if "labels" in table.columns and "status" not in table.columns:
        nested = [value if isinstance(value, dict) else {} for value in table["labels"]]
        table = table.assign(
            status=[x.get("status", "") for x in nested], why=[x.get("why", "") for x in nested]
        )
    for column in ("update", "status"):
        if column not in table.columns:
            raise InputError(
                f"has no column '{column}'",
                source=path,
                remedy=f"Give every row its update and its status: one of {_ACCEPTED}.",
            )
    status = [str(value).strip() for value in table["status"]]
    why = [str(value) if isinstance(value, str) else "" for value in table.get("why", [""] * len(table))]
    rows = table.drop(columns=[c for c in (*SCORE_COLUMNS, "labels", "why") if c in table.columns])
    return labelled(
        rows, status, why, {Path(path).name: hashlib.sha256(Path(path).read_bytes()).hexdigest()}, source=path
    )


def labelled(
    rows: pd.DataFrame,
    status: Sequence[str],
    why: Iterable[str],
    sha256: dict[str, str],
    *,
    source: str | Path | None = None,
    typical: Sequence[bool] | None = None,
) -> Labelled:
    """Labelled rows, checked (see :func:`labelled_table`); all of them typical unless told."""
    known = {str(member) for member in Status}
    updates = conform(rows, source=str(source or ""))
    for place, (label, text) in enumerate(zip(status, updates["update"], strict=True), start=1):
        if label not in known:
            raise InputError(
                f"'{label}' is not a status", source=source, row=place, column="status",
                remedy=f"Use one of {_ACCEPTED}.",
            )  # fmt: skip
        if not text.strip() and label != Status.UNCLEAR:
            raise InputError(
                f"has no text, but is labelled '{label}'", source=source, row=place, column="update",
                remedy="Give the text of the update, label the row 'unclear', or leave it out.",
            )  # fmt: skip
    if len(status) < LEAST_ROWS:
        raise InputError(
            f"has {len(status)} labelled rows, too few to learn from",
            source=source,
            remedy=f"Give at least {LEAST_ROWS}.",
        )
    if len(set(status)) < 2:
        raise InputError(
            f"has only rows labelled '{status[0]}', so there is nothing to tell apart",
            source=source,
            remedy=f"Give rows of several statuses: {_ACCEPTED}.",
        )
    pair = updates["pair"] if "pair" in updates.columns else [""] * len(updates)
    return Labelled(
        updates=updates,
        status=tuple(status),
        why=tuple(why),
        pair=tuple(value if isinstance(value, str) else "" for value in pair),
        group=tuple(updates["service"]),
        typical=tuple(typical) if typical is not None else (True,) * len(updates),
        sha256=dict(sha256),
    )
