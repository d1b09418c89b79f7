"""The learned status model: sentences read for what they tell, weighed into the update's status.

Three members vote, by their log-probabilities:

* *stages*: each sentence is read as evidence for one of the seven statuses or as background, by a softmax
  regression on its words and a network on its vector, both with its stage,
  cues, facts and dates. The evidence is pooled over the update (:mod:`nlpkit.analysis.pools`) and weighed,
  with the signals of :mod:`nlpkit.analysis.signals`, the calendar and the verdict of the hand-set weights,
  by another network. Networks have one layer between;
* *words*: a softmax regression on the TF-IDF of the words, pairs and triples of the whole update;
* *rules*: the hand-set weights of ``lexicons/status_weights.json``, with a quarter of the vote, and with
  what the plan itself still has to do (:func:`rule_scores`). What is read as background
  counts for little in them (:func:`nlpkit.analysis.pools.salience`).

A temperature, set on predictions for services left out, makes probabilities of the vote, and a shift brings
them nearer to how common statuses are where the model is used. All of it is figures in ``models/status``;
nothing here learns (:mod:`nlpkit.learning.train` does).
"""

from __future__ import annotations

import io
import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cache
from itertools import chain, pairwise
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from nlpkit.analysis.grams import Counted, Vocabulary, grams
from nlpkit.analysis.house import House
from nlpkit.analysis.pools import POOLED, pools
from nlpkit.analysis.signals import Signal
from nlpkit.analysis.views import Case, View
from nlpkit.errors import NlpkitError
from nlpkit.models import figures, finite, unpacked_arrays, verified
from nlpkit.resources import bundled
from nlpkit.schema import Status

__all__ = [
    "FORMAT",
    "FORMAT_OF_HOUSES",
    "LEAST_BY_RULE",
    "RULES",
    "STATUSES",
    "UPDATES_AT_ONCE",
    "Reading",
    "SentencesRead",
    "StatusModel",
    "Told",
    "document_values",
    "kept_model",
    "packaged_model",
    "rule_scores",
    "sentence_values",
    "softmax",
    "vote",
]

STATUSES = tuple(str(status) for status in Status)
"""The order of statuses in every array; sentence evidence has one column more, for background."""

LEAST_BY_RULE = 1e-3  # added to what the hand-set weights say, so that they never say that it can't be
RULES = tuple(f"rule_{status}" for status in STATUSES)
"""The names under which the log-probabilities by the hand-set weights stand in the document's values."""

FORMAT = 3
"""Raised when what the features mean changes: a model of another format is refused."""

FORMAT_OF_HOUSES = 4
"""The format of a model in a folder that also has ``house.json``: one that reads only the rest refuses it."""

_ARRAYS = (
    "idf",
    "sentence_words",
    "sentence_cues",
    "sentence_words_bias",
    "vectors",
    "vector_cues",
    "vectors_bias",
    "meant",
    "meant_bias",
    "document",
    "document_bias",
    "hidden",
    "hidden_bias",
    "words",
    "words_bias",
)
_LEAST = 1e-6
_PLAN_SAYS = 1.4  # by which the plan itself lowers or raises the vote for a status, in log-probability
_PLAN_DENIES = [STATUSES.index(str(status)) for status in (Status.COMPLETE, Status.UNCLEAR)]
_LATE = 0.4  # the strength of "planned after the deadline" from which the plan says "at risk"
_AT_RISK = STATUSES.index(str(Status.AT_RISK))
_SIGNAL = "signal_"  # before the names of signals among the document's values
_PLAN_OPEN, _PLAN_LATE = f"{_SIGNAL}plan_gap", f"{_SIGNAL}plan_late"
_STAGES_SAY, _WORDS_SAY = 0.3, 0.45  # shares of the vote
_RULES_SAY = 0.25  # that of the hand-set weights, which know nothing of the corpus' habits

UPDATES_AT_ONCE = 500
"""Updates that are best read together: a few thousand sentences, with their vectors some 10 MB."""

Array = NDArray[np.float64]


def softmax(scores: Array) -> Array:
    """Along the last axis."""
    powers = np.exp(scores - scores.max(axis=-1, keepdims=True))
    shares: Array = powers / powers.sum(axis=-1, keepdims=True)
    return shares


def sentence_values(case: Case, views: Sequence[View]) -> list[dict[str, float]]:
    """What is known of each sentence beside its words and its vector, by name."""
    last = len(views) - 1
    found: list[dict[str, float]] = []
    for place, view in enumerate(views):
        sentence = view.sentence
        values = {
            f"stage_{view.stage}": 1.0,
            f"grammar_{sentence.stage}": 1.0,
            "first": float(place == 0),
            "last": float(place == last),
            "only": float(last == 0),
            "place": place / max(1, last),
            "length": min(len(sentence.text.split()), 40) / 40,
            "step": float(view.deed == "step"),
            "delivery": float(view.deed == "delivery"),
            **{f"cue_{cue.kind}": 1.0 for cue in sentence.cues},
            **{f"fact_{fact.kind}": 1.0 for fact in sentence.facts},
            **{f"beside_{stage}": 1.0 for stage, _ in view.beside},
            **{f"reference_{reference.kind}": 1.0 for reference in sentence.references},
        }
        if case.as_of:
            for mention in sentence.dates:
                values["date_ahead" if mention.earliest > case.as_of else "date_past"] = 1.0
                if case.due and mention.earliest > max(case.as_of, case.due):
                    values["date_after_due"] = 1.0
            if case.due:
                values["overdue"] = float(case.due < case.as_of)
        found.append(values)
    return found


def document_values(case: Case, signals: Iterable[Signal], by_rule: Mapping[str, float]) -> dict[str, float]:
    """What is known of the update as a whole, by name: signals, the calendar, the hand-set verdict."""
    values = {f"{_SIGNAL}{signal.name}": signal.value for signal in signals}
    if case.as_of and case.due:
        late = (case.as_of - case.due).days
        values |= {
            "dated": 1.0,
            "overdue": float(late > 0),
            "days_late": max(-2.0, min(2.0, late / 180)),
            "near_due": float(abs(late) < 60),
            "long_overdue": float(late > 180),
        }
    verdict = {rule: math.log(by_rule[s] + LEAST_BY_RULE) for rule, s in zip(RULES, STATUSES, strict=True)}
    return values | verdict


@dataclass(frozen=True)
class Told:
    """What the model reads of the sentences of one update.

    Attributes:
        texts: the sentences.
        vectors: of them, shape ``(sentences, dimension)``.
        values: :func:`sentence_values` of them.
    """

    texts: Sequence[str]
    vectors: NDArray[np.float32]
    values: Sequence[Mapping[str, float]]


@dataclass(frozen=True)
class SentencesRead:
    """What the model made of the sentences of several updates.

    Attributes:
        texts: the sentences of each update.
        sizes: how many these are.
        counted: the grams of all sentences, one update after the other.
        evidence: what each sentence tells, shape ``(sentences, 8)``: the statuses, then background.
    """

    texts: Sequence[Sequence[str]]
    sizes: NDArray[np.int64]
    counted: Counted
    evidence: Array

    def of_each(self) -> list[Array]:
        """The evidence of each update."""
        return np.split(self.evidence, np.cumsum(self.sizes)[:-1]) if len(self.sizes) else []


@dataclass(frozen=True)
class Reading:
    """What the model made of one update.

    Attributes:
        probabilities: over :data:`STATUSES`.
        lost: by how much the log-probability of each status falls when a sentence's words and vector
            are left out, shape ``(sentences, 7)``.
        lost_signals: the same where a signal is left out of what the stages weigh and the plan says, by its
            name; each of shape ``(7,)``.
    """

    probabilities: Array
    lost: Array
    lost_signals: Mapping[str, Array]


class _Heard(NamedTuple):
    """What comes to the vote: rows of updates, with all their sentences or without one.

    Attributes:
        inner: what comes into the layer between, shape ``(rows, hidden)``.
        words: scores of the words, shape ``(rows, 7)``.
        rules: :func:`rule_scores`.
        house: what the organisation's own words add.
    """

    inner: Array
    words: Array
    rules: Array
    house: Array

    def rows(self, places: NDArray[np.int64]) -> _Heard:
        """Some of the rows, copied."""
        return _Heard(*(part[places] for part in self))


@dataclass(frozen=True)
class StatusModel:
    """The weights (see the module); made by :func:`nlpkit.learning.train.fit`."""

    vocabulary: Vocabulary
    sentence_names: tuple[str, ...]
    document_names: tuple[str, ...]
    arrays: Mapping[str, Array]
    temperature: float
    shift: tuple[float, ...] = (0.0,) * len(STATUSES)  # of log-probabilities, to how common statuses are
    encoder: str = ""  # the name of the encoder whose vectors it was trained on
    house: House | None = None  # what an organisation's reviews added

    def __post_init__(self) -> None:
        shapes = _shapes(len(self.vocabulary.numbers), self.sentence_names, self.document_names, self.arrays)
        for name in _ARRAYS:
            found = self.arrays[name].shape if name in self.arrays else None
            wanted = shapes[name]
            if found is None or found != wanted:
                raise NlpkitError(
                    f"The status model does not fit this nlpkit: its array '{name}' has the shape {found}, "
                    f"expected {wanted}. Reinstall nlpkit, or train the model again (nlpkit train status)."
                )

    def read_sentences(self, updates: Sequence[Told]) -> SentencesRead:
        """Read the sentences of several updates; each as it would be read alone."""
        texts = [told.texts for told in updates]
        sizes = np.array([len(some) for some in texts], dtype=np.int64)
        counted = self.vocabulary.counted(list(chain.from_iterable(texts)))
        return SentencesRead(texts, sizes, counted, self._evidence_of_all(counted, updates))

    def read(
        self,
        sentences: SentencesRead,
        documents: Sequence[Mapping[str, float]],
        verdicts: Sequence[Mapping[str, Array]] = (),
    ) -> list[Reading]:
        """Judge several updates, each as it would be judged alone.

        Args:
            sentences: what :meth:`read_sentences` made of them.
            documents: :func:`document_values` of each.
            verdicts: of each update the verdict of the hand-set weights without each of its signals
                (:func:`nlpkit.analysis.status.verdicts_without_each`); as it is with all, where not given.
        """
        arrays, known, sizes = self.arrays, len(self.document_names), sentences.sizes
        rows = np.repeat(np.arange(len(sizes)), 1 + sizes)
        values = _rows_in_order(self.document_names, documents)
        inner = (values @ arrays["document"][:known] + arrays["document_bias"])[rows]
        inner += pools(sentences.evidence, sizes) @ arrays["document"][known:]
        words = self._words_without_each(sentences.counted, sizes) + arrays["words_bias"]
        rules = np.array([rule_scores(values) for values in documents]).reshape(-1, len(STATUSES))
        house = self._house_without_each(sentences.texts)
        heard = _Heard(inner, words, rules[rows], house)
        said = self._said(heard)
        ends = np.cumsum([0, *(1 + sizes)])
        whole = ends[:-1]
        without = verdicts or [{}] * len(documents)
        lost_signals = self._lost_signals(values, documents, without, heard.rows(whole), said[whole])
        return [
            Reading(softmax(said[begin]), said[begin] - said[begin + 1 : end], lost)
            for (begin, end), lost in zip(pairwise(ends.tolist()), lost_signals, strict=True)
        ]

    def _said(self, heard: _Heard) -> Array:
        """Log-probabilities of the statuses, shape ``(rows, 7)``."""
        stages = network(heard.inner, self.arrays["hidden"], self.arrays["hidden_bias"])
        voted = vote(stages, _log_softmax(heard.words), heard.rules)
        return _log_softmax(_log_softmax(voted / self.temperature + self.shift) + heard.house)

    def _lost_signals(
        self,
        values: Array,
        documents: Sequence[Mapping[str, float]],
        verdicts: Sequence[Mapping[str, Array]],
        heard: _Heard,
        said: Array,
    ) -> list[dict[str, Array]]:
        """What is lost of the log-probabilities of each update where a signal is left out, by its name.

        Args:
            values: the documents as an array.
            documents, verdicts: as :meth:`read` takes them.
            heard: of each update with all its sentences.
            said: the log-probabilities that came of it.
        """
        # Of which update each signal is, and which one it is.
        owner, place = np.nonzero(values * [name.startswith(_SIGNAL) for name in self.document_names])
        names = [self.document_names[i] for i in place.tolist()]
        left = heard.rows(owner)
        left.inner[:] -= values[owner, place][:, None] * self.arrays["document"][place]
        rules = [self.document_names.index(rule) for rule in RULES]
        changed = np.zeros((len(owner), len(RULES)))
        for i, (row, name) in enumerate(zip(owner.tolist(), names, strict=True)):
            verdict = verdicts[row].get(name.removeprefix(_SIGNAL))
            if verdict is None and name not in (_PLAN_OPEN, _PLAN_LATE):
                continue
            document = {**documents[row], name: 0.0}
            if verdict is not None:
                changed[i] = verdict - values[row, rules]
                document.update(zip(RULES, verdict.tolist(), strict=True))
            left.rules[i] = rule_scores(document)
        left.inner[:] += changed @ self.arrays["document"][rules]
        found: list[dict[str, Array]] = [{} for _ in documents]
        for row, name, lost in zip(owner.tolist(), names, said[owner] - self._said(left), strict=True):
            found[row][name.removeprefix(_SIGNAL)] = lost
        return found

    def _house_without_each(self, every: Sequence[Sequence[str]]) -> Array:
        """What the organisation's own words add: for each update a row with all its sentences, then one
        without each of them."""
        if self.house is None:
            return np.zeros((sum(1 + len(texts) for texts in every), len(STATUSES)))
        rests: list[Sequence[str]] = []
        for texts in map(list, every):
            rests += [texts, *(texts[:i] + texts[i + 1 :] for i in range(len(texts)))]
        return np.array([self._in_house(rest) for rest in rests]).reshape(-1, len(STATUSES))

    def _evidence_of_all(self, counted: Counted, updates: Sequence[Told]) -> Array:
        """What each sentence tells, shape ``(sentences, 8)``: the statuses, then background."""
        sentences = [values for told in updates for values in told.values]
        if not sentences:
            return np.zeros((0, len(STATUSES) + 1))
        values = ((1.0 + np.log(counted.counts)) * self.vocabulary.idf[counted.numbers])[:, None]
        norms = np.sqrt(counted.sums(values * values))
        words = counted.sums(values * self.arrays["sentence_words"][counted.numbers])
        arrays, cues = self.arrays, _rows_in_order(self.sentence_names, sentences)
        by_words = words / np.where(norms > 0, norms, 1.0) + cues @ arrays["sentence_cues"]
        vectors = np.concatenate([told.vectors for told in updates if len(told.texts)])
        inner = vectors.astype(np.float64) @ arrays["vectors"]
        inner += cues @ arrays["vector_cues"] + arrays["vectors_bias"]
        by_vector = network(inner, arrays["meant"], arrays["meant_bias"])
        told: Array = softmax((_log_softmax(by_words + arrays["sentence_words_bias"]) + by_vector) / 2)
        return told

    def _words_without_each(self, counted: Counted, sizes: NDArray[np.int64]) -> Array:
        """What the words add, in the rows of :meth:`_said`.

        A sentence left out takes from its update's sums what its own grams had there beyond what is left of
        them. Where nothing is left the sums are nothing, and not what rounding leaves.
        """
        whole, place = counted.put_together(sizes)
        weights = self.arrays["words"]
        had = self._tfidf(whole.counts, whole.numbers)
        left = self._tfidf(whole.counts[place] - counted.counts, counted.numbers)
        sums, squares = whole.sums(had * weights[whole.numbers]), whole.sums(had * had)
        owner = np.repeat(np.arange(len(sizes)), sizes)
        some = whole.sums(whole.counts[:, None])[owner] > counted.sums(counted.counts[:, None])
        taken = counted.sums((had[place] - left) * weights[counted.numbers])
        sums_left = np.where(some, sums[owner] - taken, 0.0)
        squares_left = np.where(some, squares[owner] - counted.sums(had[place] ** 2 - left**2), 0.0)
        # The row of each update, then those of its sentences.
        first = np.cumsum([0, *(1 + sizes[:-1])]) if len(sizes) else sizes
        rest = np.arange(len(owner)) + owner + 1
        found = np.zeros((len(sizes) + len(owner), len(STATUSES)))
        for rows, sum_, square in ((first, sums, squares), (rest, sums_left, squares_left)):
            found[rows] = sum_ / np.sqrt(np.where(square > 0, square, 1.0))
        return found

    def _tfidf(self, counts: Array, numbers: NDArray[np.int64]) -> Array:
        """Weighted counts, shape ``(grams, 1)``, not scaled; none of a gram that is not there."""
        logarithmic = np.where(counts > 0, 1.0 + np.log(np.maximum(counts, 1.0)), 0.0)
        weighted: Array = (logarithmic * self.vocabulary.idf[numbers])[:, None]
        return weighted

    def _in_house(self, texts: Sequence[str]) -> Array:
        """What the organisation's own words add to the log-probabilities."""
        if self.house is None:
            return np.zeros(len(STATUSES))
        return self.house.scores(gram for text in texts for gram in grams(text))

    def files(self) -> tuple[dict[str, Any], bytes]:
        """The model as what stands in ``model.json`` (without hashes) and the bytes of ``model.npz``."""
        held = io.BytesIO()
        terms = sorted(self.vocabulary.numbers, key=lambda gram: self.vocabulary.numbers[gram])
        text = np.frombuffer("\n".join(terms).encode("utf8"), dtype=np.uint8)
        small = {name: self.arrays[name].astype(np.float32) for name in _ARRAYS}
        np.savez_compressed(held, allow_pickle=False, terms=text, **small)
        facts = {
            "format": FORMAT,
            "statuses": list(STATUSES),
            "sentence_features": list(self.sentence_names),
            "document_features": list(self.document_names),
            "temperature": self.temperature,
            "shift": list(self.shift),
            "encoder": self.encoder,
        }
        return facts, held.getvalue()

    @classmethod
    def from_files(cls, facts: Mapping[str, Any], arrays: bytes) -> StatusModel:
        """The model again.

        Raises:
            NlpkitError: it is of another format, about other statuses, or its shapes don't agree.
        """
        if facts.get("format") != FORMAT or tuple(facts.get("statuses", ())) != STATUSES:
            raise NlpkitError(
                f"The status model is of format {facts.get('format')} about {facts.get('statuses')}; this "
                f"nlpkit reads format {FORMAT} about {list(STATUSES)}. Reinstall nlpkit, or train the model "
                "again (nlpkit train status)."
            )
        lacking = [
            name
            for name in ("sentence_features", "document_features", "temperature", "shift", "encoder")
            if name not in facts
        ]
        if lacking:
            raise NlpkitError(f"The status model's model.json lacks {', '.join(lacking)}: it was altered.")
        terms, held = unpacked_arrays(arrays, _ARRAYS)
        temperature = finite("temperature", facts["temperature"])
        given = facts["shift"] if isinstance(facts["shift"], list) else []
        shift = tuple(finite("shift", figure) for figure in given)
        sentence = tuple(map(str, facts["sentence_features"]))
        document = tuple(map(str, facts["document_features"]))
        shapes = _shapes(len(terms), sentence, document, held)
        wrong = [
            f"'{name}' is of shape {held[name].shape}" for name in _ARRAYS if held[name].shape != shapes[name]
        ]
        if temperature <= 0:
            wrong.append(f"the temperature is {temperature}")
        if len(shift) != len(STATUSES):
            wrong.append(f"the shift has {len(shift)} figures")
        if wrong:
            raise NlpkitError(f"The status model's parts do not fit together: {wrong[0]}. Train it again.")
        return cls(
            vocabulary=Vocabulary({gram: i for i, gram in enumerate(terms)}, held["idf"]),
            sentence_names=sentence,
            document_names=document,
            arrays=held,
            temperature=temperature,
            shift=shift,
            encoder=str(facts["encoder"]),
        )


def rule_scores(document: Mapping[str, float]) -> Array:
    """The vote of the hand-set weights, shape ``(7,)``: log-probabilities, from :func:`document_values`.

    Where the plan dates work that is still to be done, little is left to "complete" and to "unclear"; where
    it dates it after the deadline, "at_risk" is likely. That counts in full and not by the weights' share
    of the vote: the other members hardly read more than the update.
    """
    scores = np.array([document[name] for name in RULES])
    if document.get(_PLAN_OPEN, 0.0) >= 1.0:
        scores[_PLAN_DENIES] -= _PLAN_SAYS / _RULES_SAY
    if document.get(_PLAN_LATE, 0.0) >= _LATE:
        scores[_AT_RISK] += _PLAN_SAYS / _RULES_SAY
    return scores


def network(inner: Array, hidden: Array, bias: Array) -> Array:
    """Log-probabilities from what comes into the layer between, shape ``(rows, hidden)``."""
    return _log_softmax(np.maximum(inner, 0.0) @ hidden + bias)


def vote(stages: Array, words: Array, rules: Array) -> Array:
    """The members' log-probabilities made one; each is held above a floor, so that none has a veto."""
    least = math.log(_LEAST)
    learned = _STAGES_SAY * np.maximum(stages, least) + _WORDS_SAY * np.maximum(words, least)
    every: Array = learned + _RULES_SAY * rules
    return every


@cache
def packaged_model() -> StatusModel:
    """The model that travels with nlpkit, once its files are known to be the ones that were made.

    Raises:
        NlpkitError: a file is missing or altered, or the model does not fit this nlpkit.
    """
    return kept_model(bundled("models/status"))


def kept_model(folder: str | Path) -> StatusModel:
    """The model in a folder that ``nlpkit train status --out FOLDER`` wrote, checked in the same way.

    Raises:
        NlpkitError: as :func:`packaged_model`.
    """
    facts = dict(figures(Path(folder) / "model.json"))
    house = None
    if facts.get("format") == FORMAT_OF_HOUSES:
        place = verified(Path(folder) / "house.json", str(facts.get("house_sha256", "")))
        house = House.from_file(figures(place), len(STATUSES))
        facts["format"] = FORMAT
    path = verified(Path(folder) / "model.npz", str(facts.get("sha256", "")))
    return replace(StatusModel.from_files(facts, path.read_bytes()), house=house)


def _shapes(
    terms: int, sentence: tuple[str, ...], document: tuple[str, ...], arrays: Mapping[str, Array]
) -> dict[str, tuple[int, ...]]:
    """What shape each array has to have; how long vectors are and how wide the layers between are, their own
    arrays say."""
    wide, sides = len(STATUSES) + 1, len(STATUSES)
    long, between, hidden = (
        arrays[name].shape[0] if name in arrays and arrays[name].ndim else 0
        for name in ("vectors", "meant", "hidden")
    )
    return {
        "idf": (terms,),
        "sentence_words": (terms, wide),
        "sentence_cues": (len(sentence), wide),
        "sentence_words_bias": (wide,),
        "vectors": (long, between),
        "vector_cues": (len(sentence), between),
        "vectors_bias": (between,),
        "meant": (between, wide),
        "meant_bias": (wide,),
        "document": (len(document) + POOLED, hidden),
        "document_bias": (hidden,),
        "hidden": (hidden, sides),
        "hidden_bias": (sides,),
        "words": (terms, sides),
        "words_bias": (sides,),
    }


@cache
def _places(names: tuple[str, ...]) -> dict[str, int]:
    return {name: i for i, name in enumerate(names)}


def _rows_in_order(names: tuple[str, ...], rows: Sequence[Mapping[str, float]]) -> Array:
    """Values by name as an array, shape ``(len(rows), len(names))``; names that the model was not trained on
    count for nothing."""
    places = _places(names)
    cells = [
        (row, places[name], value)
        for row, values in enumerate(rows)
        for name, value in values.items()
        if name in places
    ]
    out = np.zeros((len(rows), len(names)))
    if cells:
        row, column, value = zip(*cells, strict=True)
        out[row, column] = value
    return out


def _log_softmax(scores: Array) -> Array:
    top = scores - scores.max(axis=-1, keepdims=True)
    out: Array = top - np.log(np.exp(top).sum(axis=-1, keepdims=True))
    return out
