"""How far reviewers agree, with each other and with nlpkit, and how often nlpkit is right.

* Agreement beyond chance is Cohen's kappa (1960); of evidence, which is a scale, with quadratic weights
  (Cohen 1968). Its interval is the percentile bootstrap over updates (Efron and Tibshirani 1993), 1,000
  resamples with a fixed seed.
* How often nlpkit is right is estimated from the updates that were drawn by chance, with Wilson's interval
  (1927), which holds for few rows and for shares near 0 or 1.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Callable, Sequence
from itertools import combinations
from typing import Any

import pandas as pd

from nlpkit.learning.evaluate import interval, weighted_kappa
from nlpkit.learning.reviews import KINDS, LABELS, PROPOSED, agreed, answer
from nlpkit.review.merging import Merged
from nlpkit.review.sampling import AT_RANDOM

__all__ = ["agreement_lines", "disagreements", "kappa", "wilson"]

_Z = 1.959964  # of a 95% interval
_NLPKIT = "nlpkit"
_LISTS = ("stale", "flags")
_FEW = 30


def kappa(one: Sequence[str], other: Sequence[str]) -> float:
    """Cohen's kappa of two readers' labels; NaN where both give one and the same label throughout.

    >>> round(kappa(["a", "a", "b", "b"], ["a", "b", "b", "b"]), 2)
    0.5
    """
    n = len(one)
    seen = sum(a == b for a, b in zip(one, other, strict=True)) / n
    left, right = Counter(one), Counter(other)
    chance = math.fsum(left[x] * right[x] for x in sorted(left)) / n**2
    return (seen - chance) / (1 - chance) if chance < 1 else math.nan


def wilson(right: int, rows: int) -> tuple[float, float]:
    """The 95% interval of a share, ``right`` of ``rows`` (Wilson 1927).

    >>> low, high = wilson(8, 10)
    >>> round(low, 3), round(high, 3)
    (0.49, 0.943)
    """
    share, square = right / rows, _Z * _Z
    middle = (share + square / (2 * rows)) / (1 + square / rows)
    half = _Z / (1 + square / rows) * math.sqrt(share * (1 - share) / rows + square / (4 * rows * rows))
    return max(0.0, middle - half), min(1.0, middle + half)


def agreement_lines(merged: Merged) -> list[str]:
    """What ``nlpkit review import`` prints: who answered, the estimate, agreement, confusions."""
    rows = merged.reviews.to_dict("records")
    ids = len({row["row_id"] for row in rows})
    lines = [
        "Reviews",
        f"  {_many(len(rows), 'review')} of {_many(ids, 'update')}, "
        f"by {_many(len(merged.exported), 'reviewer')}",
    ]
    lines += [
        f"  {name}: {done} of {all_} updates answered" for name, (all_, done) in merged.exported.items()
    ]
    lines += ["", "How often nlpkit is right, from the updates drawn by chance"]
    for kind in KINDS:
        lines += _estimate(kind, rows, merged.drawn)
    others = [*combinations(sorted(merged.exported), 2), *((name, "") for name in sorted(merged.exported))]
    lines += ["", "Agreement beyond chance: Cohen's kappa, with 95% bootstrap interval"]
    for kind in KINDS:
        lines += [line for one, other in others for line in _pair(kind, rows, one, other)]
    said = agreed(rows, "status")
    wrong = Counter(
        (label, str(said.rows[row_id][PROPOSED["status"]]))
        for row_id, label in said.answers.items()
        if label != said.rows[row_id][PROPOSED["status"]]
    )
    if said.answers:
        lines += [
            "",
            f"Status, where reviewers and nlpkit differ: {sum(wrong.values())} of "
            f"{_many(len(said.answers), 'update')}",
        ]
        ranked = sorted(wrong.items(), key=lambda item: (-item[1], item[0]))
        lines += [f"  {n:>3}  nlpkit {theirs}, reviewers {ours}" for (ours, theirs), n in ranked]
    return lines


def _estimate(kind: str, rows: Sequence[dict[Any, Any]], drawn: int) -> list[str]:
    """The share of the chance part in which nlpkit says what most reviewers say.

    A row without an answer that most gave counts as wrong: rows on which people differ are the hard ones, and
    leaving them out would flatter nlpkit.
    """
    said = agreed([row for row in rows if row["part"] == AT_RANDOM], kind)
    n = len(said.answers) + len(said.disputed)
    if not n:
        return []
    right = sum(_proposal(said.rows[row_id], kind) == label for row_id, label in said.answers.items())
    low, high = wilson(right, n)
    notes = [f"{len(said.disputed)} disputed count as wrong"] if said.disputed else []
    notes += [f"{drawn - n} of {drawn} not answered"] if n < drawn else []
    notes += [f"fewer than {_FEW} rows say little"] if n < _FEW else []
    noted = f" ({'; '.join(notes)})" if notes else ""
    told = f"  {kind:<9} {right / n:.3f} of {_many(n, 'row')}, 95% interval {low:.3f} to {high:.3f}"
    return [told + noted]


def _pair(kind: str, rows: Sequence[dict[Any, Any]], one: str, other: str) -> list[str]:
    """Agreement of two reviewers, or of one with nlpkit (``other`` empty), on the updates of both."""
    mine = {row["row_id"]: answer(row, kind) for row in rows if row["reviewer"] == one}
    theirs = {
        row["row_id"]: answer(row, kind) if other else _proposal(row, kind)
        for row in rows
        if row["reviewer"] == (other or one)
    }
    both = [i for i, said in mine.items() if said is not None and theirs.get(i) is not None]
    if not both:
        return []
    left, right = [mine[i] for i in both], [theirs[i] for i in both]
    same = sum(a == b for a, b in zip(left, right, strict=True)) / len(both)
    who = f"{one} and {other or _NLPKIT}"
    lines = [f"  {kind:<9} {who}: the same in {same:.3f} of {_many(len(both), 'row')}"]
    if kind not in _LISTS:
        lines[0] += f", kappa {_told(_measure(kind), left, right)}"
        return lines
    for label in LABELS[kind]:
        a, b = ([str(label in said) for said in side] for side in (left, right))
        if "True" in (*a, *b):
            lines.append(f"    {label:<18} kappa {_told(kappa, a, b)}")
    return lines


def _measure(kind: str) -> Callable[[Sequence[str], Sequence[str]], float]:
    if kind != "evidence":
        return kappa

    def weighted(one: Sequence[str], other: Sequence[str]) -> float:
        if len({*one, *other}) < 2:
            return math.nan
        return weighted_kappa(one, other, LABELS["evidence"])

    return weighted


def _told(
    measure: Callable[[Sequence[str], Sequence[str]], float], one: Sequence[str], other: Sequence[str]
) -> str:
    value = measure(one, other)
    if math.isnan(value):
        return "not defined: one label throughout"
    # A resample with one label throughout has no kappa; both readers agree in it, so it counts as 1.
    low, high = interval(lambda a, b: 1.0 if math.isnan(k := measure(a, b)) else k, one, other)
    return f"{value:.3f} ({low:.3f} to {high:.3f})"


def disagreements(merged: Merged) -> pd.DataFrame:
    """One row an update and kind on which somebody differs: to be talked over.

    Returns:
        ``row_id``, ``action_id``, ``kind``, ``between`` ("reviewers" or "reviewers and nlpkit"), ``nlpkit``,
        a column for each reviewer, ``comments``, then ``recommendation``, ``declared`` and ``update``.
    """
    rows = merged.reviews.to_dict("records")
    names = sorted(merged.exported)
    by_id: dict[str, dict[str, dict[Any, Any]]] = {}
    for row in rows:
        by_id.setdefault(row["row_id"], {})[row["reviewer"]] = row
    found: list[dict[str, Any]] = []
    for kind in KINDS:
        for row_id, reviews in by_id.items():
            said = {name: answer(row, kind) for name, row in reviews.items()}
            given = {label for label in said.values() if label is not None}
            row = next(iter(reviews.values()))
            proposal = _proposal(row, kind)
            if not given or given == {proposal}:
                continue
            found.append(
                {
                    "row_id": row_id,
                    "action_id": row["action_id"],
                    "kind": kind,
                    "between": "reviewers" if len(given) > 1 else "reviewers and nlpkit",
                    _NLPKIT: _cell(proposal),
                    **{f"answer: {name}": _cell(said.get(name)) for name in names},
                    "comments": [f"{name}: {r['comment']}" for name, r in reviews.items() if r["comment"]],
                    "recommendation": row["recommendation"],
                    "declared": row["declared"],
                    "update": row["update"],
                }
            )
    found.sort(key=lambda row: row["between"] != "reviewers")
    columns = ["row_id", "action_id", "kind", "between", _NLPKIT, *(f"answer: {name}" for name in names)]
    columns += ["comments", "recommendation", "declared", "update"]
    return pd.DataFrame(found, columns=columns)


def _proposal(row: dict[Any, Any], kind: str) -> Any:
    value = row[PROPOSED[kind]]
    return tuple(sorted(map(str, value or ()))) if kind in _LISTS else str(value)


def _cell(said: Any) -> str:
    if said is None:
        return ""
    return said if isinstance(said, str) else "; ".join(said) or "none"


def _many(number: int, what: str) -> str:
    return f"{number} {what}{'' if number == 1 else 's'}"
