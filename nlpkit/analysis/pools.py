"""What the sentences of an update tell of its status, put together for the whole update.

Evidence of sentences has a column for each status and a last one for background; a row sums to 1.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from nlpkit.schema import Status

__all__ = ["POOLED", "pooled", "pools", "salience"]

Array = NDArray[np.float64]

_STATUSES = len(Status)
_WIDE = _STATUSES + 1
_AMONG = 0.05  # added to a share of what is told before its logarithm is taken
_LEAST_SALIENT = 0.05  # what a sentence that is surely background still counts

POOLED = 4 * _WIDE + _STATUSES + 1
"""How many figures evidence is pooled to."""


def salience(evidence: Array) -> Array:
    """How much each sentence tells of the status, from evidence of shape ``(sentences, 8)``: its probability
    of not being background, beside that of the sentence that tells most; shape ``(sentences,)``."""
    telling = 1.0 - evidence[:, -1]
    shares: Array = np.maximum(_LEAST_SALIENT, telling / telling.max(initial=1e-9))
    return shares


def pooled(evidence: Array) -> Array:
    """Evidence of sentences, shape ``(sentences, 8)``, pooled to shape ``(POOLED,)``.

    The strongest, mean, last and noisy-or (that at least one tells so) of each kind; then the logarithm of
    each status's share of all that is told, so that an update whose every sentence may be background speaks
    as clearly as one with a telling sentence; the last figure is 1 without sentences.
    """
    out = np.zeros(POOLED)
    if len(evidence) == 0:
        out[4 * _WIDE : -1] = np.log(_AMONG + 1 / _STATUSES)
        out[-1] = 1.0
        return out
    out[: 4 * _WIDE] = 2.0 * np.concatenate(
        [evidence.max(axis=0), evidence.mean(axis=0), evidence[-1], 1.0 - np.prod(1.0 - evidence, axis=0)]
    )
    out[4 * _WIDE : -1] = _among(evidence.sum(axis=0), len(evidence))
    return out


def _among(sums: Array, count: int) -> Array:
    """The logarithm of each status's share of what ``count`` sentences tell, from the sums of evidence."""
    told: Array = sums[..., :-1] / np.maximum(count - sums[..., -1:], 1e-9)
    return np.log(_AMONG + told)


def pools(evidence: Array, sizes: NDArray[np.int64]) -> Array:
    """The evidence of sentences pooled, for each update all of them and then without each.

    Args:
        evidence: shape ``(sentences, 8)``.
        sizes: how many sentences each update has.

    Returns:
        Shape ``(updates + sentences, POOLED)``.
    """
    found = np.zeros((len(sizes) + len(evidence), POOLED))
    ends = np.cumsum(sizes)
    rows = np.arange(len(sizes)) + ends - sizes
    for size in np.unique(sizes).tolist():
        mine = np.flatnonzero(sizes == size)
        some = evidence[(ends[mine] - size)[:, None] + np.arange(size)]
        found[rows[mine][:, None] + np.arange(1 + size)] = _pooled_without_each(some)
    return found


def _pooled_without_each(evidence: Array) -> Array:
    """:func:`pooled` of updates of equally many sentences: all of them, then without each.

    Args:
        evidence: shape ``(updates, sentences, 8)``.

    Returns:
        Shape ``(updates, 1 + sentences, POOLED)``.
    """
    updates, count, width = evidence.shape
    out = np.zeros((updates, 1 + count, POOLED))
    out[:, 0] = [pooled(one) for one in evidence]
    if count == 1:
        out[:, 1] = pooled(evidence[0, :0])
    if count < 2:
        return out
    ranked = np.sort(evidence, axis=1)
    is_first = np.arange(count)[:, None] == evidence.argmax(axis=1)[:, None]
    strongest = np.where(is_first, ranked[:, -2, None], ranked[:, -1, None])
    is_last = np.arange(count)[:, None] == count - 1
    last = np.where(is_last, evidence[:, -2, None], evidence[:, -1, None])
    edge = np.ones((updates, 1, width))
    missing = np.concatenate([edge, 1.0 - evidence, edge], axis=1)
    before = np.multiply.accumulate(missing, axis=1)[:, :-2]
    after = np.multiply.accumulate(missing[:, ::-1], axis=1)[:, ::-1][:, 2:]
    sums = evidence.sum(axis=1, keepdims=True) - evidence
    out[:, 1:, : 4 * width] = 2.0 * np.concatenate(
        [strongest, sums / (count - 1), last, 1.0 - before * after], axis=2
    )
    out[:, 1:, 4 * width : -1] = _among(sums, count - 1)
    return out
