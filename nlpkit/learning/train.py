"""Training of the status model (:mod:`nlpkit.analysis.status_model`) from labelled updates.

Softmax regressions with ridge, fitted by L-BFGS from zero, read words: no chance is involved. Small networks,
each begun from another seed and stopped early, read the vectors of sentences and weigh the update as a whole;
their scores are averaged. Evidence of sentences for the whole comes from models that did not see the
sentence's service (stacked generalisation, Wolpert 1992); the temperature is set on predictions made in the
same way (Guo et al. 2017), for the rows that are most like those to be judged, where the data say which
these are. Where statuses are known to be more or less common than in the data, probabilities are shifted
towards that (Saerens, Latinne and Decaestecker 2002).
"""

from __future__ import annotations

import hashlib
import json
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from nlpkit import features
from nlpkit.analysis import status as by_rule
from nlpkit.analysis.grams import Vocabulary, grams
from nlpkit.analysis.pools import POOLED, pooled
from nlpkit.analysis.signals import read_signals
from nlpkit.analysis.status_model import (
    FORMAT_OF_HOUSES,
    STATUSES,
    StatusModel,
    Told,
    network,
    rule_scores,
    sentence_values,
    softmax,
    vote,
)
from nlpkit.analysis.topic import off_topic
from nlpkit.analysis.views import Case, case_at, read_sentences
from nlpkit.embedding import Encoder
from nlpkit.embedding.default import default_encoder
from nlpkit.errors import NlpkitError
from nlpkit.learning.corpus import Labelled, corpus, labelled_table
from nlpkit.learning.evaluate import accuracy, macro_f1
from nlpkit.schema import Status

__all__ = [
    "PUBLISHED",
    "Material",
    "Trained",
    "fit",
    "material",
    "predict",
    "split_by_group",
    "train_status",
    "write",
]

_FOLDS = 6
_BACKGROUND = len(STATUSES)
_STEPS = 60  # of L-BFGS: more no longer move the cross-validated figures
_ABSENT = -20.0  # the score of a status that no row has
_LEAST_ROWS = 3  # of updates that hold a gram
_TYPICAL_COUNTS = 2.0  # a typical row, where one that is not counts 1
_LEAST_TYPICAL = 100  # with fewer typical rows the temperature is set on all
_WORDS_SCALE, _CUES_SCALE, _VECTORS_SCALE = 2.0, 0.7, 4.0  # a larger scale is a weaker ridge
_RIDGE = {"sentence_words": 0.5, "words": 0.3}
_MOST_EPOCHS = 40

PUBLISHED: Mapping[str, float] = {Status.ON_TRACK: 0.59}
"""How common a status is in plans as published, where the corpus has other shares: 44 of 75 updates of real
plans that were read by hand (none of them among the project's gold labels)."""

_BELIEVED = 0.5  # of the logarithm of how much commoner it is: other plans differ from those that were read


class _Nets(NamedTuple):
    """How networks are trained; steps are those of Adam: stopping early is what keeps them smooth."""

    nets: int
    width: int
    decay: float
    rate: float
    batch: int
    steps: int


_READ = _Nets(nets=3, width=128, decay=0.3, rate=1e-3, batch=128, steps=1600)
_WEIGH = _Nets(nets=8, width=64, decay=0.1, rate=2e-3, batch=64, steps=1000)

Array = NDArray[np.float64]


@dataclass(frozen=True)
class Material:
    """Labelled rows with all that training reads of them, computed once."""

    label: NDArray[np.int64]
    group: tuple[str, ...]
    texts: tuple[tuple[str, ...], ...]
    vectors: tuple[NDArray[np.float32], ...]
    sentences: tuple[tuple[dict[str, float], ...], ...]
    cases: tuple[Case, ...]
    telling: tuple[tuple[bool, ...] | None, ...]
    """Which sentences hold the deciding passage; None where that is not known."""

    typical: NDArray[np.bool_]
    """The rows most like those to be judged."""

    encoder: str
    """The name of what made the vectors."""

    rules: Array
    """Probabilities by the hand-set weights alone, all sentences counted alike, shape ``(rows, 7)``."""

    def chosen(self, rows: Iterable[int]) -> Material:
        """Some of the rows."""
        places = [int(row) for row in rows]
        return Material(
            label=self.label[places],
            group=tuple(self.group[i] for i in places),
            texts=tuple(self.texts[i] for i in places),
            vectors=tuple(self.vectors[i] for i in places),
            sentences=tuple(self.sentences[i] for i in places),
            cases=tuple(self.cases[i] for i in places),
            telling=tuple(self.telling[i] for i in places),
            typical=self.typical[places],
            encoder=self.encoder,
            rules=self.rules[places],
        )


@dataclass(frozen=True)
class Trained:
    """A model, and its probabilities for each training row from models that did not see its group."""

    model: StatusModel
    left_out: Array


def material(data: Labelled, encoder: Encoder) -> Material:
    """Read labelled rows."""
    made = features.compute(data.updates, encoder=encoder)
    away = off_topic(data.updates, made)
    texts, sentences, cases, telling, rules = [], [], [], [], []
    for i, why in enumerate(data.why):
        case = case_at(data.updates, made, i, off_topic=away[i])
        views = read_sentences(case)
        shares = by_rule.probabilities(read_signals(case))
        texts.append(tuple(view.text for view in views))
        sentences.append(tuple(sentence_values(case, views)))
        cases.append(case)
        rules.append([shares[name] for name in STATUSES])
        start = case.update.text.find(why) if why else -1
        telling.append(
            tuple(v.sentence.start < start + len(why) and v.sentence.end > start for v in views)
            if start >= 0
            else None
        )
    made.vectors([text for row in texts for text in row])
    return Material(
        label=np.array([STATUSES.index(label) for label in data.status], dtype=np.int64),
        group=data.group,
        texts=tuple(texts),
        vectors=tuple(made.vectors(row) for row in texts),
        sentences=tuple(sentences),
        cases=tuple(cases),
        telling=tuple(telling),
        typical=np.array(data.typical, dtype=np.bool_),
        encoder=encoder.name,
        rules=np.array(rules),
    )


def split_by_group(group: Sequence[str], folds: int = _FOLDS) -> NDArray[np.int64]:
    """The fold of each row: a group is never split, folds are as even as the groups allow.

    Where there are fewer than three groups, rows are dealt out in turn instead.
    """
    sizes = Counter(group)
    if len(sizes) < 3:
        return np.arange(len(group)) % folds
    filled = [0] * min(folds, len(sizes))
    place: dict[str, int] = {}
    for name in sorted(sizes, key=lambda g: (-sizes[g], g)):
        place[name] = filled.index(min(filled))
        filled[place[name]] += sizes[name]
    return np.array([place[name] for name in group])


def fit(data: Material, usual: Mapping[str, float] | None = None) -> Trained:
    """The model of some material.

    Args:
        data: the labelled rows.
        usual: how common statuses are (0 to 1) where the model is to be used, of those that are not as
            common there as in the data.
    """
    from threadpoolctl import threadpool_limits

    with threadpool_limits(1):  # small sums: threads only wait for each other, and round differently
        return _fit(data, usual or {})


def _fit(data: Material, usual: Mapping[str, float]) -> Trained:
    fold = split_by_group(data.group)
    count = len(data.label)
    counts = _counts(data)
    evidence: list[Array] = [np.empty(0)] * count
    words = np.zeros((count, len(STATUSES)))
    for k in sorted(set(fold)):
        inside, outside = np.flatnonzero(fold != k), np.flatnonzero(fold == k)
        reader = _fit_readers(data.chosen(inside))
        read = reader.read_sentences(
            [Told(data.texts[i], data.vectors[i], data.sentences[i]) for i in outside]
        )
        for i, told in zip(outside, read.of_each(), strict=True):
            evidence[i] = told
            numbers = [n for text in data.texts[i] for n in reader.vocabulary.numbered(text)]
            distinct, values = reader.vocabulary.weighted(numbers)
            words[i] = values @ reader.arrays["words"][distinct] + reader.arrays["words_bias"]
    reader = _fit_readers(data)
    document = [by_rule.weighed(case, told)[1] for case, told in zip(data.cases, evidence, strict=True)]
    names = tuple(sorted({name for row in document for name in row}))
    pools = np.array([pooled(row) for row in evidence])
    whole = np.hstack([_table(document, names), pools])
    stages = np.zeros((count, len(STATUSES)))
    for k in sorted(set(fold)):
        inside, outside = fold != k, fold == k
        weights = _networks(_WEIGH, whole[inside], data.label[inside], len(STATUSES), counts[inside])
        stages[outside] = network(whole[outside] @ weights[0] + weights[1], *weights[2:])
    rules = np.array([rule_scores(row) for row in document])
    scores = vote(stages, np.log(softmax(words)), rules)
    near = data.typical if data.typical.sum() >= _LEAST_TYPICAL else np.ones(count, dtype=np.bool_)
    temperature = _temperature(scores[near], data.label[near])
    shift = _shift(data.label, counts, usual)
    weighing = _networks(_WEIGH, whole, data.label, len(STATUSES), counts)
    document_arrays = ("document", "document_bias", "hidden", "hidden_bias")
    model = StatusModel(
        vocabulary=reader.vocabulary,
        sentence_names=reader.sentence_names,
        document_names=names,
        arrays={**reader.arrays, **dict(zip(document_arrays, weighing, strict=True))},
        temperature=temperature,
        shift=tuple(shift.tolist()),
        encoder=data.encoder,
    )
    return Trained(model, softmax(scores / temperature + shift))


def _shift(label: NDArray[np.int64], counts: Array, usual: Mapping[str, float]) -> Array:
    """What is added to log-probabilities, shape ``(7,)``, for statuses that are commoner than in the data."""
    shares = np.bincount(label, weights=counts, minlength=len(STATUSES)) / counts.sum()
    shift = np.zeros(len(STATUSES))
    for name, share in usual.items():
        place = STATUSES.index(name)
        if shares[place] > 0:
            shift[place] = _BELIEVED * np.log(share / shares[place])
    return shift


def predict(model: StatusModel, data: Material) -> Array:
    """Probabilities of a model for some material, shape ``(rows, 7)``."""
    read = by_rule.read_cases(model, data.cases, data.vectors)
    return np.array([reading.probabilities for _, reading in read]).reshape(-1, len(STATUSES))


def write(model: StatusModel, folder: Path, about: Mapping[str, Any]) -> None:
    """Keep a model: ``model.npz`` (and ``house.json``, if reviews added to it), and ``model.json`` with
    what is known of it and the others' hashes."""
    facts, arrays = model.files()
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "model.npz").write_bytes(arrays)
    told = {**about, **facts, "sha256": hashlib.sha256(arrays).hexdigest()}
    if model.house is not None:
        held = model.house.file()
        (folder / "house.json").write_bytes(held)
        told |= {"format": FORMAT_OF_HOUSES, "house_sha256": hashlib.sha256(held).hexdigest()}
    (folder / "model.json").write_text(json.dumps(told, indent=1, ensure_ascii=False) + "\n", encoding="utf8")


def train_status(data: str | Path, folder: Path) -> list[str]:
    """What ``nlpkit train status`` does: learn, keep the model in a new folder, say how good it is.

    Args:
        data: a labelled update table; the train split of the bundled corpus if empty.
        folder: where to keep the model; must not exist, so that no model is overwritten.

    Raises:
        InputError: the table cannot be learned from (see :func:`nlpkit.learning.corpus.labelled_table`).
        NlpkitError: the folder exists.
    """
    if folder.exists():
        raise NlpkitError(
            f"{folder} exists already, and nothing is overwritten. Name a new folder with --out."
        )
    labelled = labelled_table(data) if data else corpus("train")
    read = material(labelled, default_encoder())
    trained = fit(read, None if data else PUBLISHED)
    write(trained.model, folder, {"about": "A status model.", "learned_from": labelled.sha256})
    said = [STATUSES[i] for i in trained.left_out.argmax(axis=1)]
    by_hand = [STATUSES[i] for i in read.rules.argmax(axis=1)]
    return [
        f"learned from {len(said)} rows of {len(set(labelled.group))} services; kept in {folder}",
        f"on services left out: accuracy {accuracy(labelled.status, said):.3f}, "
        f"macro F1 {macro_f1(labelled.status, said):.3f} (the hand-set weights: "
        f"{accuracy(labelled.status, by_hand):.3f}, {macro_f1(labelled.status, by_hand):.3f})",
    ]


def _fit_readers(data: Material) -> StatusModel:
    """What reads sentences, and the words of the whole update; the second stage is left at zero."""
    from scipy.sparse import hstack  # type: ignore[import-untyped]

    vocabulary = _vocabulary(data.texts)
    names = tuple(sorted({name for row in data.sentences for values in row for name in values}))
    telling = data.telling
    if not any(telling):
        # No deciding passage is marked: every sentence stands for its update, for want of better.
        telling = tuple((True,) * len(row) for row in data.texts)
    rows = [i for i, told in enumerate(telling) if told is not None]
    target = np.array(
        [data.label[i] if tells else _BACKGROUND for i in rows for tells in telling[i] or ()],
        dtype=np.int64,
    )
    cues = _table([values for i in rows for values in data.sentences[i]], names) * _CUES_SCALE
    numbers = [[vocabulary.numbered(text) for text in row] for row in data.texts]
    by_sentence = _tfidf(vocabulary, [known for i in rows for known in numbers[i]])
    wide = _BACKGROUND + 1
    counts = _counts(data)
    by_sentence_counts = np.array([counts[i] for i in rows for _ in telling[i] or ()])
    word_weights, word_bias = _softmax_regression(
        hstack([by_sentence * _WORDS_SCALE, cues]).tocsr(),
        target,
        _RIDGE["sentence_words"],
        wide,
        by_sentence_counts,
    )
    vectors = np.concatenate([data.vectors[i] for i in rows if len(data.vectors[i])]).astype(np.float64)
    inner, inner_bias, meant, meant_bias = _networks(
        _READ, np.hstack([vectors * _VECTORS_SCALE, cues]), target, wide, by_sentence_counts
    )
    long = vectors.shape[1]
    whole, whole_bias = _softmax_regression(
        _tfidf(vocabulary, [[n for sentence in row for n in sentence] for row in numbers]),
        data.label,
        _RIDGE["words"],
        counts=counts,
    )
    terms, side = len(vocabulary.numbers), len(STATUSES)
    return StatusModel(
        vocabulary=vocabulary,
        sentence_names=names,
        document_names=(),
        arrays={
            "idf": vocabulary.idf,
            "sentence_words": word_weights[:terms] * _WORDS_SCALE,
            "sentence_cues": word_weights[terms:] * _CUES_SCALE,
            "sentence_words_bias": word_bias,
            "vectors": inner[:long] * _VECTORS_SCALE,
            "vector_cues": inner[long:] * _CUES_SCALE,
            "vectors_bias": inner_bias,
            "meant": meant,
            "meant_bias": meant_bias,
            "document": np.zeros((POOLED, 0)),
            "document_bias": np.zeros(0),
            "hidden": np.zeros((0, side)),
            "hidden_bias": np.zeros(side),
            "words": whole,
            "words_bias": whole_bias,
        },
        temperature=1.0,
    )


def _networks(
    how: _Nets, rows: Array, label: NDArray[np.int64], kinds: int, counts: Array
) -> tuple[Array, Array, Array, Array]:
    """Networks with one layer between, put side by side: the mean of their scores is one network's scores.

    Args:
        how: how many, and how they are trained.
        rows: shape ``(rows, figures)``.
        label: of each, from 0 to ``kinds - 1``.
        kinds: how many labels there are.
        counts: how much each row counts.

    Returns:
        Weights and intercepts of the layer between, then of the scores.
    """
    from sklearn.neural_network import MLPClassifier

    batch = min(how.batch, len(label))
    epochs = max(1, min(_MOST_EPOCHS, round(how.steps * batch / len(label))))
    nets = []
    for seed in range(how.nets):
        net = MLPClassifier(
            (how.width,),
            alpha=how.decay,
            learning_rate_init=how.rate,
            batch_size=batch,
            random_state=seed,
        )
        for _ in range(epochs):
            net.partial_fit(rows, label, classes=np.arange(kinds), sample_weight=counts)
        nets.append(net)
    absent = np.where(np.bincount(label, minlength=kinds) == 0, _ABSENT, 0.0)
    return (
        np.hstack([net.coefs_[0] for net in nets]),
        np.concatenate([net.intercepts_[0] for net in nets]),
        np.vstack([net.coefs_[1] for net in nets]) / how.nets,
        np.mean([net.intercepts_[1] for net in nets], axis=0) + absent,
    )


def _vocabulary(texts: Sequence[Sequence[str]]) -> Vocabulary:
    """The grams of three updates or more, with smoothed inverse document frequencies."""
    seen = Counter(gram for row in texts for gram in {gram for text in row for gram in grams(text)})
    kept = sorted(gram for gram, rows in seen.items() if rows >= _LEAST_ROWS)
    idf = np.array([np.log((1 + len(texts)) / (1 + seen[gram])) + 1 for gram in kept])
    return Vocabulary({gram: i for i, gram in enumerate(kept)}, idf)


def _tfidf(vocabulary: Vocabulary, rows: Sequence[Sequence[int]]) -> Any:
    from scipy.sparse import csr_matrix

    parts = [vocabulary.weighted(row) for row in rows]
    starts = np.cumsum([0, *(len(numbers) for numbers, _ in parts)])
    return csr_matrix(
        (
            np.concatenate([values for _, values in parts]),
            np.concatenate([numbers for numbers, _ in parts]),
            starts,
        ),
        shape=(len(rows), len(vocabulary.numbers)),
    )


def _table(rows: Sequence[Mapping[str, float]], names: Sequence[str]) -> Array:
    place = {name: i for i, name in enumerate(names)}
    out = np.zeros((len(rows), len(names)))
    for i, row in enumerate(rows):
        for name, value in row.items():
            out[i, place[name]] = value
    return out


def _counts(data: Material) -> Array:
    """How much each row counts: typical ones more, as they are nearest to what is to be judged."""
    return np.where(data.typical, _TYPICAL_COUNTS, 1.0)


def _softmax_regression(
    rows: Any,
    label: NDArray[np.int64],
    ridge: float,
    kinds: int = len(STATUSES),
    counts: Array | None = None,
) -> tuple[Array, Array]:
    """Weights, shape ``(columns, kinds)``, and intercepts; ``rows`` is an array or a sparse matrix.

    Statuses count alike: the corpus has more of the rare ones than plans do, so they need no help.
    Intercepts are not held back.

    Args:
        counts: how much each row counts; all alike unless given.
    """
    from scipy.optimize import minimize  # type: ignore[import-untyped]

    columns = rows.shape[1]
    counts = np.ones(len(label)) if counts is None else counts
    wanted = np.eye(kinds)[label] * counts[:, None]
    turned = rows.T.tocsr() if hasattr(rows, "tocsr") else rows.T
    absent = np.where(np.bincount(label, minlength=kinds) == 0, _ABSENT, 0.0)

    def cost(packed: Array) -> tuple[float, Array]:
        weights, bias = packed[:-kinds].reshape(columns, kinds), packed[-kinds:]
        scores = rows @ weights + bias + absent
        scores -= scores.max(axis=1, keepdims=True)
        powers = np.exp(scores)
        sums = powers.sum(axis=1, keepdims=True)
        loss = float((counts * np.log(sums[:, 0]) - (scores * wanted).sum(axis=1)).sum())
        error = powers / sums * counts[:, None] - wanted
        slope = np.concatenate([(turned @ error + ridge * weights).ravel(), error.sum(axis=0)])
        return loss + 0.5 * ridge * float((weights * weights).sum()), slope

    found = minimize(
        cost,
        np.zeros((columns + 1) * kinds),
        jac=True,
        method="L-BFGS-B",
        options={"maxiter": _STEPS},
    ).x
    return found[:-kinds].reshape(columns, kinds), found[-kinds:] + absent


def _temperature(scores: Array, label: NDArray[np.int64]) -> float:
    """The divisor of the scores with the least log loss, to three decimals."""
    grid = np.round(np.exp(np.linspace(np.log(0.3), np.log(3.0), 200)), 3)
    rows = np.arange(len(label))
    losses = [-np.log(softmax(scores / t)[rows, label] + 1e-12).mean() for t in grid]
    return float(grid[int(np.argmin(losses))])
