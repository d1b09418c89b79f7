"""The learned status model: sentences read for what they tell, weighed into the update's status.

Three members vote, by their log-probabilities:

* *stages*: a softmax regression reads each sentence (its words, its vector, its stage, cues, facts and
  dates) as evidence for one of the seven statuses or as background. The evidence is pooled over
  the update (strongest, mean, last, noisy-or) and weighed, with the signals of
  :mod:`nlpkit.analysis.signals`, the calendar and the verdict of the hand-set weights, by a second one.
* *words*: a softmax regression on the TF-IDF of the words, pairs and triples of the whole update;
* *rules*: the hand-set weights of ``lexicons/status_weights.json``, with a quarter of the vote, and with
  what the plan itself still has to do (:func:`rule_scores`). What the first regression takes for background
  counts for little in them (:func:`salience`).

A temperature, set on predictions for services left out, makes probabilities of the vote. All of it is
figures in ``models/status``; nothing here learns (:mod:`nlpkit.learning.train` does).
"""

from __future__ import annotations

import io
import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cache
from itertools import chain, pairwise
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from nlpkit.analysis.grams import Counted, Vocabulary, grams
from nlpkit.analysis.house import House
from nlpkit.analysis.signals import Signal
from nlpkit.analysis.views import Case, View
from nlpkit.errors import NlpkitError
from nlpkit.models import figures, finite, unpacked_arrays, verified
from nlpkit.resources import bundled
from nlpkit.schema import Status

__all__ = [
    "FORMAT_OF_HOUSES",
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
    "pooled",
    "rule_scores",
    "salience",
    "sentence_values",
    "softmax",
    "vote",
]

STATUSES = tuple(str(status) for status in Status)
"""The order of statuses in every array; sentence evidence has one column more, for background."""

RULES = tuple(f"rule_{status}" for status in STATUSES)
"""The names under which the log-probabilities by the hand-set weights stand in the document's values."""

FORMAT = 1
"""Raised when what the features mean changes: a model of another format is refused."""

FORMAT_OF_HOUSES = 2
"""The format of a model in a folder that also has ``house.json``: one that reads only the rest refuses it."""

_ARRAYS = (
    "idf",
    "sentence_words",
    "sentence_cues",
    "sentence_words_bias",
    "vectors",
    "vector_cues",
    "vectors_bias",
    "document",
    "document_bias",
    "words",
    "words_bias",
)
_LEAST = 1e-6
_LEAST_SALIENT = 0.05  # what a sentence that is surely background still counts
_PLAN_SAYS = 1.4  # by which what a plan dates for later lowers the vote for _PLAN_DENIES, in log-probability
_PLAN_DENIES = [STATUSES.index(str(status)) for status in (Status.COMPLETE, Status.UNCLEAR)]
_RULES_SAY = 0.25  # the share of the vote of the hand-set weights, which know nothing of the corpus' habits

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
    values = {f"signal_{signal.name}": signal.value for signal in signals}
    if case.as_of and case.due:
        late = (case.as_of - case.due).days
        values |= {
            "dated": 1.0,
            "overdue": float(late > 0),
            "days_late": max(-2.0, min(2.0, late / 180)),
            "near_due": float(abs(late) < 60),
            "long_overdue": float(late > 180),
        }
    return values | {name: math.log(by_rule[s] + 1e-3) for name, s in zip(RULES, STATUSES, strict=True)}


def pooled(evidence: Array) -> Array:
    """Evidence of sentences, shape ``(sentences, 8)``, pooled to shape ``(33,)``: the strongest, mean,
    last and noisy-or (that at least one tells so) of each kind; the last figure is 1 without sentences."""
    width = len(STATUSES) + 1
    out = np.zeros(4 * width + 1)
    if len(evidence) == 0:
        out[-1] = 1.0
        return out
    out[:-1] = 2.0 * np.concatenate(
        [evidence.max(axis=0), evidence.mean(axis=0), evidence[-1], 1.0 - np.prod(1.0 - evidence, axis=0)]
    )
    return out


def salience(evidence: Array) -> Array:
    """How much each sentence tells of the status, from evidence of shape ``(sentences, 8)``: its probability
    of not being background, beside that of the sentence that tells most; shape ``(sentences,)``."""
    telling = 1.0 - evidence[:, -1]
    shares: Array = np.maximum(_LEAST_SALIENT, telling / telling.max(initial=1e-9))
    return shares


def _pools(evidence: Array, sizes: NDArray[np.int64]) -> Array:
    """The evidence of sentences pooled, for each update all of them and then without each.

    Args:
        evidence: shape ``(sentences, 8)``.
        sizes: how many sentences each update has.

    Returns:
        Shape ``(updates + sentences, 33)``.
    """
    found = np.zeros((len(sizes) + len(evidence), 4 * (len(STATUSES) + 1) + 1))
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
        Shape ``(updates, 1 + sentences, 33)``.
    """
    updates, count, width = evidence.shape
    out = np.zeros((updates, 1 + count, 4 * width + 1))
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
    mean = (evidence.sum(axis=1, keepdims=True) - evidence) / (count - 1)
    out[:, 1:, :-1] = 2.0 * np.concatenate([strongest, mean, last, 1.0 - before * after], axis=2)
    return out


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
    """

    probabilities: Array
    lost: Array


@dataclass(frozen=True)
class StatusModel:
    """The weights (see the module); made by :func:`nlpkit.learning.train.fit`."""

    vocabulary: Vocabulary
    sentence_names: tuple[str, ...]
    document_names: tuple[str, ...]
    arrays: Mapping[str, Array]
    temperature: float
    encoder: str = ""  # the name of the encoder whose vectors it was trained on
    house: House | None = None  # what an organisation's reviews added

    def __post_init__(self) -> None:
        wide, sides = len(STATUSES) + 1, len(STATUSES)
        terms, cues = len(self.vocabulary.numbers), len(self.sentence_names)
        whole = len(self.document_names) + 4 * wide + 1
        shapes: dict[str, tuple[int, ...]] = {
            "idf": (terms,),
            "sentence_words": (terms, wide),
            "sentence_cues": (cues, wide),
            "sentence_words_bias": (wide,),
            "vector_cues": (cues, wide),
            "vectors_bias": (wide,),
            "document": (whole, sides),
            "document_bias": (sides,),
            "words": (terms, sides),
            "words_bias": (sides,),
        }
        for name in _ARRAYS:
            found = self.arrays[name].shape if name in self.arrays else None
            wanted = shapes.get(name, (found[0], wide) if found else None)
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

    def read(self, sentences: SentencesRead, documents: Sequence[Mapping[str, float]]) -> list[Reading]:
        """Judge several updates, each as it would be judged alone.

        Args:
            sentences: what :meth:`read_sentences` made of them.
            documents: :func:`document_values` of each.
        """
        said = self._said(sentences, documents)
        ends = np.cumsum([0, *(1 + sentences.sizes)]).tolist()
        return [
            Reading(softmax(said[begin]), said[begin] - said[begin + 1 : end])
            for begin, end in pairwise(ends)
        ]

    def _said(self, sentences: SentencesRead, documents: Sequence[Mapping[str, float]]) -> Array:
        """Log-probabilities of the statuses: for each update a row with all its sentences, then one without
        each of them, shape ``(updates + sentences, 7)``."""
        arrays, known, sizes = self.arrays, len(self.document_names), sentences.sizes
        rows = np.repeat(np.arange(len(sizes)), 1 + sizes)
        document = _rows_in_order(self.document_names, documents)
        stages = (document @ arrays["document"][:known] + arrays["document_bias"])[rows]
        stages += _pools(sentences.evidence, sizes) @ arrays["document"][known:]
        words = self._words_without_each(sentences.counted, sizes) + arrays["words_bias"]
        rules = np.array([rule_scores(values) for values in documents]).reshape(-1, len(STATUSES))[rows]
        said = _log_softmax(vote(_log_softmax(stages), _log_softmax(words), rules) / self.temperature)
        if self.house is None or not len(said):
            return said
        rests: list[Sequence[str]] = []
        for texts in map(list, sentences.texts):
            rests += [texts, *(texts[:i] + texts[i + 1 :] for i in range(len(texts)))]
        return _log_softmax(said + np.stack([self._in_house(rest) for rest in rests]))

    def _evidence_of_all(self, counted: Counted, updates: Sequence[Told]) -> Array:
        """:meth:`evidence` of the sentences of several updates."""
        sentences = [values for told in updates for values in told.values]
        if not sentences:
            return np.zeros((0, len(STATUSES) + 1))
        values = ((1.0 + np.log(counted.counts)) * self.vocabulary.idf[counted.numbers])[:, None]
        norms = np.sqrt(counted.sums(values * values))
        words = counted.sums(values * self.arrays["sentence_words"][counted.numbers])
        vectors = np.concatenate([told.vectors for told in updates if len(told.texts)])
        return self._weigh(words / np.where(norms > 0, norms, 1.0), vectors, sentences)

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

    def evidence(
        self,
        numbers: Sequence[Sequence[int]],
        vectors: NDArray[np.float32],
        sentences: Sequence[Mapping[str, float]],
    ) -> Array:
        """What each sentence tells, shape ``(sentences, 8)``: the statuses, then background."""
        if not len(numbers):
            return np.zeros((0, len(STATUSES) + 1))
        words = np.stack(
            [
                values @ self.arrays["sentence_words"][distinct]
                for distinct, values in map(self.vocabulary.weighted, numbers)
            ]
        )
        return self._weigh(words, vectors, sentences)

    def _weigh(
        self, words: Array, vectors: NDArray[np.float32], sentences: Sequence[Mapping[str, float]]
    ) -> Array:
        arrays, cues = self.arrays, _rows_in_order(self.sentence_names, sentences)
        by_words = words + cues @ arrays["sentence_cues"] + arrays["sentence_words_bias"]
        meant = np.asarray(vectors, dtype=np.float64) @ arrays["vectors"]
        by_vector = meant + cues @ arrays["vector_cues"] + arrays["vectors_bias"]
        told: Array = softmax((_log_softmax(by_words) + _log_softmax(by_vector)) / 2)
        return told

    def contribution(self, name: str, status: str) -> float:
        """What a signal at full strength gives a status, over what it gives the others on average."""
        key = f"signal_{name}"
        if key not in self._place:
            return 0.0
        row = self.arrays["document"][self._place[key]] * (1 - _RULES_SAY) / 2
        if name == "plan_gap":
            row[_PLAN_DENIES] -= _PLAN_SAYS
        return float(row[STATUSES.index(status)] - row.mean()) / self.temperature

    @property
    def _place(self) -> Mapping[str, int]:
        return _places(self.document_names)

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
            for name in ("sentence_features", "document_features", "temperature", "encoder")
            if name not in facts
        ]
        if lacking:
            raise NlpkitError(f"The status model's model.json lacks {', '.join(lacking)}: it was altered.")
        terms, wide = unpacked_arrays(arrays, _ARRAYS)
        temperature = finite("temperature", facts["temperature"])
        sentence = tuple(map(str, facts["sentence_features"]))
        document = tuple(map(str, facts["document_features"]))
        kinds, wider = len(STATUSES), len(STATUSES) + 1
        shapes = {
            "idf": (len(terms),),
            "sentence_words": (len(terms), wider),
            "sentence_cues": (len(sentence), wider),
            "sentence_words_bias": (wider,),
            "vectors": (*wide["vectors"].shape[:1], wider),
            "vector_cues": (len(sentence), wider),
            "vectors_bias": (wider,),
            "document": (len(document) + pooled(np.zeros((1, wider))).size, kinds),
            "document_bias": (kinds,),
            "words": (len(terms), kinds),
            "words_bias": (kinds,),
        }
        wrong = [
            f"'{name}' is of shape {wide[name].shape}" for name in _ARRAYS if wide[name].shape != shapes[name]
        ]
        if temperature <= 0:
            wrong.append(f"the temperature is {temperature}")
        if wrong:
            raise NlpkitError(f"The status model's parts do not fit together: {wrong[0]}. Train it again.")
        return cls(
            vocabulary=Vocabulary({gram: i for i, gram in enumerate(terms)}, wide["idf"]),
            sentence_names=sentence,
            document_names=document,
            arrays=wide,
            temperature=temperature,
            encoder=str(facts["encoder"]),
        )


def rule_scores(document: Mapping[str, float]) -> Array:
    """The vote of the hand-set weights, shape ``(7,)``: log-probabilities, from :func:`document_values`.

    Where the plan dates work that is still to be done, little is left to "complete" and to "unclear", and
    that counts in full and not by the weights' share of the vote: the other members hardly read more than
    the update.
    """
    scores = np.array([document[name] for name in RULES])
    if document.get("signal_plan_gap", 0.0) >= 1.0:
        scores[_PLAN_DENIES] -= _PLAN_SAYS / _RULES_SAY
    return scores


def vote(stages: Array, words: Array, rules: Array) -> Array:
    """The members' log-probabilities made one; each is held above a floor, so that none has a veto."""
    least = math.log(_LEAST)
    learned_two = (np.maximum(stages, least) + np.maximum(words, least)) / 2
    both: Array = (1 - _RULES_SAY) * learned_two + _RULES_SAY * rules
    return both


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


@cache
def _places(names: tuple[str, ...]) -> dict[str, int]:
    return {name: i for i, name in enumerate(names)}


def _in_order(names: tuple[str, ...], values: Mapping[str, float]) -> Array:
    """Values by name as an array; names that the model was not trained on count for nothing."""
    found: Array = _rows_in_order(names, [values])[0]
    return found


def _rows_in_order(names: tuple[str, ...], rows: Sequence[Mapping[str, float]]) -> Array:
    """:func:`_in_order` of several, shape ``(len(rows), len(names))``."""
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
