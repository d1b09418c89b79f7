"""How far judgements agree with labels: figures with intervals, confusions, the worst errors."""

from __future__ import annotations

import math
from collections import Counter, defaultdict
from collections.abc import Callable, Hashable, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from nlpkit.analysis.status_model import STATUSES
from nlpkit.errors import InputError
from nlpkit.files import read_table
from nlpkit.schema import Evidence, Flag, Stale, Status

__all__ = [
    "accuracy",
    "calibration_error",
    "confusion",
    "evaluation_lines",
    "interval",
    "label_f1",
    "macro_f1",
    "pair_accuracy",
    "reliability",
    "weighted_kappa",
]

_RESAMPLES, _SEED = 1000, 20_240_101
_BINS = 10
_LEVELS = tuple(str(level) for level in Evidence)


def accuracy(truth: Sequence[str], said: Sequence[str]) -> float:
    """The share of rows that are right."""
    return sum(t == s for t, s in zip(truth, said, strict=True)) / len(truth)


def macro_f1(truth: Sequence[str], said: Sequence[str]) -> float:
    """F1 of each label that occurs in the truth, averaged."""
    right = Counter(t for t, s in zip(truth, said, strict=True) if t == s)
    wanted, given = Counter(truth), Counter(said)
    return math.fsum(2 * right[x] / (wanted[x] + given[x]) for x in sorted(wanted)) / len(wanted)


def interval(
    measure: Callable[[Sequence[str], Sequence[str]], float], truth: Sequence[str], said: Sequence[str]
) -> tuple[float, float]:
    """The 95% bootstrap interval of a measure: rows resampled 1,000 times, with a fixed seed."""
    chance = np.random.default_rng(_SEED)
    values = []
    for _ in range(_RESAMPLES):
        rows = chance.integers(0, len(truth), len(truth))
        values.append(measure([truth[i] for i in rows], [said[i] for i in rows]))
    low, high = np.quantile(values, [0.025, 0.975])
    return float(low), float(high)


def reliability(
    truth: Sequence[str], said: Sequence[str], confidence: Sequence[float]
) -> list[tuple[int, float, float]]:
    """Of ten bins of confidence, each that has rows: how many, mean confidence, share right."""
    bins: dict[int, list[tuple[float, bool]]] = defaultdict(list)
    for t, s, c in zip(truth, said, confidence, strict=True):
        bins[min(_BINS - 1, int(c * _BINS))].append((c, t == s))
    return [
        (len(rows), math.fsum(c for c, _ in rows) / len(rows), sum(ok for _, ok in rows) / len(rows))
        for _, rows in sorted(bins.items())
    ]


def calibration_error(truth: Sequence[str], said: Sequence[str], confidence: Sequence[float]) -> float:
    """Expected calibration error over ten bins of equal width (Guo et al. 2017)."""
    bins = reliability(truth, said, confidence)
    return math.fsum(n * abs(mean - right) for n, mean, right in bins) / len(truth)


def pair_accuracy(truth: Sequence[str], said: Sequence[str], pair: Sequence[str]) -> tuple[int, float, float]:
    """Of minimal pairs: how many, the share of their rows that are right, and of pairs wholly right."""
    members: dict[str, list[bool]] = defaultdict(list)
    for t, s, name in zip(truth, said, pair, strict=True):
        if name:
            members[name].append(t == s)
    whole = [all(right) for right in members.values() if len(right) > 1]
    rows = [ok for right in members.values() if len(right) > 1 for ok in right]
    if not whole:
        return 0, math.nan, math.nan
    return len(whole), sum(rows) / len(rows), sum(whole) / len(whole)


def confusion(truth: Sequence[str], said: Sequence[str]) -> pd.DataFrame:
    """Rows: the label; columns: what was said; both in the order of the statuses."""
    counts = Counter(zip(truth, said, strict=True))
    return pd.DataFrame(
        [[counts[t, s] for s in STATUSES] for t in STATUSES], index=list(STATUSES), columns=list(STATUSES)
    )


def label_f1(truth: Sequence[set[str]], said: Sequence[set[str]], label: str) -> float:
    """F1 of one of several labels that a row may have; 1 where it neither occurs nor is said."""
    right = sum(label in t and label in s for t, s in zip(truth, said, strict=True))
    total = sum(label in t for t in truth) + sum(label in s for s in said)
    return 2 * right / total if total else 1.0


def weighted_kappa(truth: Sequence[str], said: Sequence[str], order: Sequence[str]) -> float:
    """Cohen's kappa with quadratic weights, of labels on a scale."""
    place = {label: i for i, label in enumerate(order)}
    pairs = [(place[t], place[s]) for t, s in zip(truth, said, strict=True)]
    seen = math.fsum((a - b) ** 2 for a, b in pairs) / len(pairs)
    left, right = Counter(a for a, _ in pairs), Counter(b for _, b in pairs)
    chance = math.fsum(left[a] * right[b] * (a - b) ** 2 for a in left for b in right) / len(pairs) ** 2
    return 1.0 - seen / chance if chance else 1.0


def evaluation_lines(scored: str | Path, gold: str | Path, *, errors: int = 10) -> list[str]:
    """What ``nlpkit evaluate`` prints: figures for every kind of label, confusions, the worst errors.

    Args:
        scored: a table that ``nlpkit score`` wrote.
        gold: a table of the same ``row_id`` with the labels in ``gold`` or ``labels`` (a dict: ``status``,
            ``stale``, ``evidence``, ``flags``, whichever were given), or in columns of these names.
        errors: how many wrong statuses to list, those first that were most sure.

    Raises:
        InputError: a file cannot be read, has no ``row_id``, shares no row with the other, or has a
            label that is not of the codebook.
    """
    judged, labels = read_table(scored), read_table(gold)
    for table, path in ((judged, scored), (labels, gold)):
        if "row_id" not in table.columns:
            raise InputError(
                "has no column 'row_id'", source=path, remedy="Both tables need it to be matched."
            )
    rows = {str(row["row_id"]): row for row in judged.to_dict("records")}
    wanted = {str(row["row_id"]): _labels(row) for row in labels.to_dict("records")}
    shared = [row_id for row_id in wanted if row_id in rows]
    if not shared:
        raise InputError(
            f"has no row_id in common with {scored}", source=gold, remedy="Score the labelled rows first."
        )
    lines = [f"{len(shared)} rows labelled and scored"]
    if len(wanted) > len(shared):
        lines.append(f"{len(wanted) - len(shared)} labelled rows were not scored")
    told = [row_id for row_id in shared if wanted[row_id].get("status")]
    if told:
        lines += _status_lines(told, rows, wanted, gold, errors)
    for kind, members in (("stale", Stale), ("flags", Flag)):
        ours = [row_id for row_id in shared if kind in wanted[row_id]]
        if ours and kind in judged.columns:
            truth = [set(map(str, _listed(wanted[row_id][kind]))) for row_id in ours]
            said = [set(map(str, _listed(rows[row_id][kind]))) for row_id in ours]
            _known(kind, ours, truth, {str(m) for m in members}, gold)
            lines += ["", f"{kind} ({len(ours)} rows): F1"]
            lines += [f"  {m!s:<18} {label_f1(truth, said, str(m)):.3f}" for m in members]
    ours = [row_id for row_id in shared if wanted[row_id].get("evidence")]
    if ours and "evidence" in judged.columns:
        levels = [str(wanted[row_id]["evidence"]) for row_id in ours]
        _known("evidence", ours, [{x} for x in levels], set(_LEVELS), gold)
        given = [str(rows[row_id]["evidence"]) for row_id in ours]
        lines += [
            "",
            f"evidence ({len(ours)} rows)",
            f"  accuracy           {accuracy(levels, given):.3f}",
            f"  weighted kappa     {weighted_kappa(levels, given, _LEVELS):.3f}",
        ]
    return lines


def _status_lines(
    ids: Sequence[str],
    rows: Mapping[str, Mapping[Hashable, Any]],
    wanted: Mapping[str, Mapping[str, Any]],
    gold: str | Path,
    errors: int,
) -> list[str]:
    truth = [str(wanted[row_id]["status"]) for row_id in ids]
    _known("status", ids, [{x} for x in truth], {str(s) for s in Status}, gold)
    said = [str(rows[row_id]["status"]) for row_id in ids]
    sure = [float(rows[row_id].get("status_confidence", 0.0)) for row_id in ids]
    low, high = interval(accuracy, truth, said)
    lowest, highest = interval(macro_f1, truth, said)
    lines = [
        "",
        f"status ({len(ids)} rows)",
        f"  accuracy           {accuracy(truth, said):.3f}  (95% interval {low:.3f} to {high:.3f})",
        f"  macro F1           {macro_f1(truth, said):.3f}  (95% interval {lowest:.3f} to {highest:.3f})",
        f"  calibration error  {calibration_error(truth, said, sure):.3f}",
        "",
        "confusions (rows: the label, columns: what was said)",
    ]
    table = confusion(truth, said)
    lines.append(" " * 14 + "".join(f"{name:>12}" for name in STATUSES))
    lines += [f"  {name:<12}" + "".join(f"{n:>12}" for n in table.loc[name]) for name in STATUSES]
    wrong = sorted((i for i in range(len(ids)) if truth[i] != said[i]), key=lambda i: (-sure[i], str(ids[i])))
    if wrong:
        lines += ["", "the surest errors"]
    for i in wrong[:errors]:
        text = " ".join(str(rows[ids[i]].get("update", "")).split())
        lines.append(f"  {ids[i]}: {said[i]} ({sure[i]:.2f}), labelled {truth[i]}: {text[:160]}")
    return lines


def _labels(row: Mapping[Hashable, Any]) -> dict[str, Any]:
    for column in ("gold", "labels"):
        if isinstance(row.get(column), dict):
            return dict(row[column])
    kinds = ("status", "stale", "evidence", "flags")
    return {kind: row[kind] for kind in kinds if kind in row}


def _listed(value: Any) -> list[Any]:
    if isinstance(value, (list, tuple, set, np.ndarray)):
        return list(value)
    return [part.strip() for part in str(value).split(";") if part.strip()] if isinstance(value, str) else []


def _known(
    kind: str, ids: Sequence[str], found: Sequence[set[str]], accepted: set[str], source: str | Path
) -> None:
    for row_id, labels in zip(ids, found, strict=True):
        for label in sorted(labels - accepted):
            raise InputError(
                f"'{label}' is not a value of {kind}",
                source=source,
                row=f"row_id {row_id}",
                remedy=f"Use {', '.join(sorted(accepted))}.",
            )
