"""Learn how much each visible measure of evidence counts, from labelled updates."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from nlpkit.analysis.evidence import FEATURES
from nlpkit.models import OrdinalModel
from nlpkit.schema import Evidence, Status

__all__ = ["LEVELS", "fit_evidence", "quadratic_kappa"]

LEVELS = tuple(str(level) for level in Evidence)
"""From least to most: the number of a level is its place here."""

_RIDGE = 1.0  # the best kappa in cross-validation by service: 0.755 (3: 0.752, 10: 0.745, 30: 0.737)
_EITHER = frozenset(f"is_{status}" for status in Status)
_TAKE_AWAY = frozenset({"vague", "off_topic"})


def fit_evidence(values: NDArray[np.float64], level: Sequence[int] | NDArray[np.int64]) -> OrdinalModel:
    """The proportional odds model of some labelled rows, held towards zero.

    A fact never counts against an update, nor a generality for it: weights are bounded so, that an
    inspector who is shown them finds them reasonable. Only what kind of status the update tells of may
    count either way.

    Args:
        values: shape ``(rows, len(FEATURES))``, by :func:`nlpkit.analysis.evidence.measured`.
        level: the place of each row's label in :data:`LEVELS`.
    """
    from scipy.optimize import minimize  # type: ignore[import-untyped]

    wanted = np.asarray(level)
    columns = values.shape[1]
    weak, strong = wanted == 0, wanted == len(LEVELS) - 1

    def cost(packed: NDArray[np.float64]) -> tuple[float, NDArray[np.float64]]:
        weights, low, gap = packed[:columns], packed[columns], np.exp(packed[columns + 1])
        total = values @ weights
        first, second = _logistic(total - low), _logistic(total - low - gap)
        share = np.where(weak, 1 - first, np.where(strong, second, first - second)) + 1e-12
        up, further = first * (1 - first), second * (1 - second)
        # The slope of the share by the sum; that by a threshold is its part with the sign turned.
        by_first = np.where(weak, -up, np.where(strong, 0.0, up)) / share
        by_second = np.where(weak, 0.0, np.where(strong, further, -further)) / share
        slope = np.empty_like(packed)
        slope[:columns] = -values.T @ (by_first + by_second) + _RIDGE * weights
        slope[columns] = (by_first + by_second).sum()
        slope[columns + 1] = gap * by_second.sum()
        return float(-np.log(share).sum() + 0.5 * _RIDGE * (weights @ weights)), slope

    bounds: list[tuple[float | None, float | None]] = [
        (None, 0.0) if name in _TAKE_AWAY else (None, None) if name in _EITHER else (0.0, None)
        for name in FEATURES
    ]
    found = minimize(
        cost,
        np.concatenate([np.zeros(columns), [1.0, 1.0]]),
        jac=True,
        method="L-BFGS-B",
        bounds=[*bounds, (None, None), (None, None)],
        options={"maxiter": 2_000},
    ).x
    low = float(found[columns])
    return OrdinalModel(
        features=FEATURES,
        weights=tuple(round(float(weight), 4) for weight in found[:columns]),
        thresholds=(round(low, 4), round(low + float(np.exp(found[columns + 1])), 4)),
    )


def quadratic_kappa(truth: Sequence[int], said: Sequence[int]) -> float:
    """Agreement of two readings of levels beyond chance, far misses weighed by their square (Cohen, 1968)."""
    side = len(LEVELS)
    table = np.zeros((side, side))
    np.add.at(table, (np.asarray(truth), np.asarray(said)), 1)
    weight = np.subtract.outer(np.arange(side), np.arange(side)) ** 2
    chance = np.outer(table.sum(axis=1), table.sum(axis=0)) / max(1.0, table.sum())
    expected = float((weight * chance).sum())
    return 1.0 - float((weight * table).sum()) / expected if expected else 1.0


def _logistic(values: NDArray[np.float64]) -> NDArray[np.float64]:
    out: NDArray[np.float64] = 1.0 / (1.0 + np.exp(-np.clip(values, -60, 60)))
    return out
