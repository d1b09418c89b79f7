"""The status model adapted to how one organisation writes, from reviews of its updates.

A hundred corrections are far too few to learn the model again, but enough to learn the words by which an
organisation departs from what the model knows. So the model stays as it is, and a softmax regression on words
and pairs is added to its log-probabilities (:mod:`nlpkit.analysis.house`). Its weights are the mode of the
posterior under a Gaussian prior with mean zero, that is, at the model as it was (maximum a posteriori
adaptation; Chelba and Acero 2004). How narrow the prior is, is chosen by cross-validation on the reviews,
and "leave it as it is" is one of the choices; the grid, the pairs and the weight of rare words were chosen
on the authored corpus (``benchmarks/reviews.md``).

Whether it helped is told by reviews held back, all choices made anew without them. All of an action's
reviews, and all updates that are nearly the same, are held back together, so that nothing is asked of which
a copy was learned.
"""

from __future__ import annotations

import math
import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from nlpkit.analysis.grams import grams
from nlpkit.analysis.house import House, house_grams, weighted_grams
from nlpkit.analysis.status import decide
from nlpkit.analysis.status_model import STATUSES, StatusModel, packaged_model, softmax
from nlpkit.embedding import Encoder
from nlpkit.embedding.default import default_encoder
from nlpkit.errors import InputError, NlpkitError
from nlpkit.learning.corpus import Labelled
from nlpkit.learning.reviews import agreed, read_reviews
from nlpkit.learning.train import Material, material, predict, split_by_group, write
from nlpkit.models import file_sha256
from nlpkit.schema import READ_COLUMNS, conform, service_key

__all__ = ["Adapted", "adapt", "adapt_status", "groups_of_copies", "reviewed"]

LEAST_REVIEWS = 20
"""With fewer updates reviewed, neither learning nor measuring is worth anything."""

_PRIORS = (0.03, 0.1, 0.3, 1.0, 3.0)
"""Ridges to choose from: a larger one holds the model nearer to what it was."""

_BIAS_PRIOR = 10.0
_RARITY_POWER = 2.0
_LEAST_UPDATES = 2  # that hold a gram
_FOLDS = 5
_FLOOR = 1e-9
_STEPS = 200
_RUN, _COPY = 3, 0.5  # updates of whose runs of three words half are shared are copies

Array = NDArray[np.float64]


@dataclass(frozen=True)
class Adapted:
    """What adaptation came to.

    Attributes:
        model: the adapted model, learned from all reviews; the old one where :attr:`better` is False.
        better: whether more held-back reviews are right, and their log loss is lower.
        before, after: of each review, the probabilities by the old model and, held back, by the new.
    """

    model: StatusModel
    better: bool
    before: Array
    after: Array


def reviewed(reviews: pd.DataFrame, sha256: Mapping[str, str]) -> tuple[Labelled, int, int]:
    """The reviewed updates with the status that most reviewers gave, and how many were disputed or empty.

    Raises:
        InputError: too few are left to learn from, or all have one status.
    """
    said = agreed(reviews.to_dict("records"), "status")
    ids = [row_id for row_id in said.answers if str(said.rows[row_id]["update"]).strip()]
    labels = [str(said.answers[row_id]) for row_id in ids]
    source = ", ".join(sha256)
    rows = [{name: said.rows[row_id].get(name, "") for name in READ_COLUMNS} for row_id in ids]
    updates = conform(pd.DataFrame(rows)) if rows else pd.DataFrame(columns=list(READ_COLUMNS))
    group = groups_of_copies(updates)
    if len(ids) < LEAST_REVIEWS or len(set(labels)) < 2 or len(set(group)) < _FOLDS:
        raise InputError(
            f"has {len(ids)} updates with a status that reviewers agree on, of {len(set(group))} actions and "
            f"{len(set(labels))} statuses: too few to learn from",
            source=source,
            remedy=f"Review at least {LEAST_REVIEWS} updates of {_FOLDS} actions and of two statuses.",
        )
    return (
        Labelled(
            updates=updates,
            status=tuple(labels),
            why=("",) * len(ids),
            pair=("",) * len(ids),
            group=group,
            typical=(True,) * len(ids),
            sha256=dict(sha256),
        ),
        len(said.disputed),
        len(said.answers) - len(ids),
    )


def groups_of_copies(updates: pd.DataFrame) -> tuple[str, ...]:
    """A name for each row, shared by the rows of an action and by those whose updates are nearly the same."""
    parent = list(range(len(updates)))

    def root(i: int) -> int:
        while parent[i] != i:
            i = parent[i]
        return i

    def join(rows: Iterable[int]) -> None:
        first, *rest = sorted(map(root, rows))
        for other in rest:
            parent[max(root(other), root(first))] = min(root(other), root(first))

    together: dict[Any, list[int]] = defaultdict(list)
    runs: list[set[str]] = []
    for i, row in enumerate(updates.to_dict("records")):
        if row["action_id"]:
            together["action", service_key(row["service"]), row["action_id"]].append(i)
        words = re.findall(r"\w+", row["update"].casefold())
        together["text", *words].append(i)
        runs.append({" ".join(words[at : at + _RUN]) for at in range(len(words) - _RUN + 1)})
    holders: dict[str, list[int]] = defaultdict(list)
    for i, mine in enumerate(runs):
        for run in mine:
            holders[run].append(i)
    shared = Counter((a, b) for rows in holders.values() for n, a in enumerate(rows) for b in rows[n + 1 :])
    for rows in together.values():
        join(rows)
    for (a, b), n in shared.items():
        if n >= _COPY * len(runs[a] | runs[b]):
            join((a, b))
    return tuple(str(root(i)) for i in range(len(parent)))


def adapt(model: StatusModel, data: Material) -> Adapted:
    """Adapt a model to labelled updates, and hold it against the old one on updates held back.

    Args:
        model: the old one; what it learned from earlier reviews is replaced.
        data: the updates; ``group`` says which of them are held back together.
    """
    # The limit holds only for libraries that are loaded when it is set.
    import scipy.optimize  # type: ignore[import-untyped]  # noqa: F401
    from threadpoolctl import threadpool_limits

    model = replace(model, house=None)
    with threadpool_limits(1):  # small sums: threads only wait for each other, and round differently
        before = predict(model, data)
        told = tuple(house_grams(gram for text in row for gram in grams(text)) for row in data.texts)
        given = _Given(told, _rarity(model, told), np.log(np.maximum(before, _FLOOR)), data.label, data.group)
        everything = np.arange(len(data.label))
        fold = split_by_group(data.group, _FOLDS)
        after = before.copy()
        for k in sorted(set(fold)):
            house = _chosen(given, everything[fold != k])
            after[fold == k] = _judged(house, given, everything[fold == k])
        house = _chosen(given, everything)
    better = (
        house is not None
        and _right(after, data.label) > _right(before, data.label)
        and _loss(after, data.label) < _loss(before, data.label)
    )
    return Adapted(replace(model, house=house) if better else model, better, before, after)


@dataclass(frozen=True)
class _Given:
    """Reviewed updates: their grams, how rare each gram is, what the old model says, the label, the group."""

    told: tuple[list[str], ...]
    rarity: Mapping[str, float]
    prior: Array
    label: NDArray[np.int64]
    group: tuple[str, ...]


def _rarity(model: StatusModel, told: Sequence[Sequence[str]]) -> dict[str, float]:
    """Of each gram of two updates or more, how little the model has met it."""
    seen = Counter(gram for row in told for gram in row)
    idf = model.vocabulary.idf
    unknown = float(idf.max()) if len(idf) else 1.0
    numbers = model.vocabulary.numbers
    return {
        gram: float(idf[numbers[gram]] if gram in numbers else unknown) ** _RARITY_POWER
        for gram in sorted(seen)
        if seen[gram] >= _LEAST_UPDATES
    }


def _chosen(given: _Given, rows: NDArray[np.int64]) -> House | None:
    """The weights of some rows, under the prior with the least log loss on groups of them held back."""
    fold = split_by_group([given.group[i] for i in rows], _FOLDS)
    ridges = (math.inf, *sorted(_PRIORS, reverse=True))
    losses = dict.fromkeys(ridges, 0.0)
    for k in sorted(set(fold)):
        inside, outside = rows[fold != k], rows[fold == k]
        for ridge, house in _fits(given, inside, ridges).items():
            losses[ridge] += _loss(_judged(house, given, outside), given.label[outside]) * len(outside)
    best = min(losses, key=lambda ridge: losses[ridge])
    return _fits(given, rows, (best,))[best]


def _fits(given: _Given, rows: NDArray[np.int64], ridges: Sequence[float]) -> dict[float, House | None]:
    """The weights of some rows by ridge; None for an infinite one, under which the model stays as it is.

    Each search begins where the last one ended, so the largest ridge should come first.
    """
    from scipy.optimize import minimize

    counts = Counter(gram for i in rows for gram in given.told[i] if gram in given.rarity)
    known = {gram: given.rarity[gram] for gram in sorted(counts) if counts[gram] >= _LEAST_UPDATES}
    place = {gram: at for at, gram in enumerate(known)}
    table = np.zeros((len(rows), len(known)))
    for at, i in enumerate(rows):
        for gram, value in weighted_grams(given.told[i], known).items():
            table[at, place[gram]] = value
    kinds = len(STATUSES)
    wanted, offset = np.eye(kinds)[given.label[rows]], given.prior[rows]

    def cost(packed: Array, ridge: float) -> tuple[float, Array]:
        weights, bias = packed[:-kinds].reshape(len(known), kinds), packed[-kinds:]
        scores = offset + table @ weights + bias
        top = scores.max(axis=1)
        total = np.log(np.exp(scores - top[:, None]).sum(axis=1)) + top
        loss = float((total - (scores * wanted).sum(axis=1)).sum())
        loss += 0.5 * ridge * float((weights**2).sum()) + 0.5 * _BIAS_PRIOR * float((bias**2).sum())
        error = softmax(scores) - wanted
        slope = [(table.T @ error + ridge * weights).ravel(), error.sum(axis=0) + _BIAS_PRIOR * bias]
        return loss, np.concatenate(slope)

    found = np.zeros((len(known) + 1) * kinds)
    houses: dict[float, House | None] = {}
    for ridge in ridges:
        if math.isinf(ridge):
            houses[ridge] = None
            continue
        options = {"maxiter": _STEPS}
        found = minimize(cost, found, args=(ridge,), jac=True, method="L-BFGS-B", options=options).x
        weights = found[:-kinds].reshape(len(known), kinds)
        houses[ridge] = House(
            rarity={gram: round(value, 5) for gram, value in known.items()},
            weights={gram: tuple(round(float(x), 5) for x in weights[at]) for gram, at in place.items()},
            bias=tuple(round(float(x), 5) for x in found[-kinds:]),
            about={"updates": len(rows), "ridge": ridge},
        )
    return houses


def _judged(house: House | None, given: _Given, rows: NDArray[np.int64]) -> Array:
    if house is None:
        return softmax(given.prior[rows])
    return softmax(given.prior[rows] + np.array([house.scores(given.told[i]) for i in rows]))


def _decided(shares: Array) -> list[int]:
    return [STATUSES.index(str(decide(dict(zip(STATUSES, map(float, row), strict=True))))) for row in shares]


def _right(shares: Array, label: NDArray[np.int64]) -> int:
    return int((np.array(_decided(shares)) == label).sum())


def _loss(shares: Array, label: NDArray[np.int64]) -> float:
    return float(-np.log(np.maximum(shares[np.arange(len(label)), label], _FLOOR)).mean())


def adapt_status(
    reviews: str | Path, folder: Path, *, encoder: Encoder | None = None
) -> tuple[bool, list[str]]:
    """What ``nlpkit train status --with-reviews`` does: adapt the packaged model, keep it if it is better.

    Args:
        reviews: a file that ``nlpkit review import`` wrote.
        folder: where to keep the model; must not exist. Nothing is written where the old model stays.
        encoder: turns texts into vectors; nlpkit's own unless given.

    Returns:
        Whether the new model was kept, and what to tell.

    Raises:
        InputError: the reviews cannot be used.
        NlpkitError: the folder exists, or the encoder is not the one that the model was learned with.
    """
    if folder.exists():
        raise NlpkitError(
            f"{folder} exists already, and nothing is overwritten. Name a new folder with --out."
        )
    path = Path(reviews)
    data, disputed, empty = reviewed(read_reviews(path), {path.name: file_sha256(path)})
    old = packaged_model()
    encoder = encoder or default_encoder()
    if encoder.name != old.encoder:
        raise NlpkitError(
            f"The status model was learned with the encoder '{old.encoder}', not with '{encoder.name}'. "
            "Adapt it with that encoder."
        )
    read = material(data, encoder)
    found = adapt(old, read)
    lines = [
        f"{len(data.status)} reviewed updates in {len(set(data.group))} groups (an action and its copies)"
        + (f"; {disputed} disputed left out" if disputed else "")
        + (f"; {empty} without text left out" if empty else ""),
        *_compared(found, read.label),
    ]
    if not found.better:
        return False, [*lines, f"not better on both counts: the old model stays, and {folder} was not made"]
    write(
        found.model,
        folder,
        {"about": "nlpkit's status model, adapted to reviews.", "learned_from": data.sha256},
    )
    return True, [*lines, f"better on both counts: kept in {folder}, learned from all {len(data.status)}"]


def _compared(found: Adapted, label: NDArray[np.int64]) -> list[str]:
    before, after = (np.array(_decided(shares)) == label for shares in (found.before, found.after))
    rows = len(label)
    return [
        f"on reviews held back ({rows} rows in {_FOLDS} parts, each judged by a model that has not met it)",
        f"  before  accuracy {before.mean():.3f}, log loss {_loss(found.before, label):.3f}",
        f"  after   accuracy {after.mean():.3f}, log loss {_loss(found.after, label):.3f}",
        f"  {int((after & ~before).sum())} put right, {int((before & ~after).sum())} made wrong",
        "  rule: the new model is kept if more rows are right and the log loss is lower. The model that is "
        "kept learned from all rows, so these figures are of others, each with fewer to learn from; a gain "
        "of a few rows may be luck.",
    ]
