"""The learned status model: sentences read for what they tell, weighed into the update's status.

Three members vote, by their log-probabilities:

* *stages*: a softmax regression reads each sentence (its words, its vector, its stage, cues, facts and
  dates) as evidence for one of the seven statuses or as background. The evidence is pooled over
  the update (strongest, mean, last, noisy-or) and weighed, with the signals of
  :mod:`nlpkit.analysis.signals`, the calendar and the verdict of the hand-set weights, by a second one.
  What it takes for background counts for less in the signals, too (:func:`salience`).
* *words*: a softmax regression on the TF-IDF of the words, pairs and triples of the whole update;
* *rules*: the hand-set weights of ``lexicons/status_weights.json``, with a quarter of the vote, and with
  what the plan itself still has to do (:func:`rule_scores`).

A temperature, set on predictions for services left out, makes probabilities of the vote. All of it is
figures in ``models/status``; nothing here learns (:mod:`nlpkit.learning.train` does).
"""

from __future__ import annotations

import io
import math
import re
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

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
    "Reading",
    "SentenceReading",
    "StatusModel",
    "Vocabulary",
    "document_values",
    "grams",
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
_TOKEN = re.compile(r"[^\W\d_]+(?:['’][^\W\d_]+)?|\d+|%")
_LEAST = 1e-6
_LEFT_OUT_AT_ONCE = 500_000  # sentences times words of one update: some 10 MB
_PLAN_SAYS = 1.4  # by which what a plan dates for later lowers the vote for "complete", in log-probability
_LEAST_SALIENT = 0.05  # what a sentence that is surely background still counts
_RULES_SAY = 0.25  # the share of the vote of the hand-set weights, which know nothing of the corpus' habits

Array = NDArray[np.float64]


def grams(text: str) -> list[str]:
    """The words, pairs and triples of a sentence; numbers are alike, its two ends are marked."""
    tokens = ["^", *("0" if t[0].isdigit() else t for t in _TOKEN.findall(text.lower())), "$"]
    return [" ".join(tokens[i : i + n]) for n in (1, 2, 3) for i in range(len(tokens) - n + 1)]


@dataclass(frozen=True)
class Vocabulary:
    """Grams by number, with the weight of each (inverse document frequency)."""

    numbers: Mapping[str, int]
    idf: NDArray[np.float64]

    def numbered(self, text: str) -> list[int]:
        """The numbers of the grams of a sentence that are known, repeats included."""
        return [number for gram in grams(text) if (number := self.numbers.get(gram)) is not None]

    def weighted(self, numbers: Sequence[int]) -> tuple[NDArray[np.int64], Array]:
        """Distinct numbers and their TF-IDF (logarithmic counts, unit length)."""
        counted = sorted(Counter(numbers).items())  # for so few numbers much faster than np.unique
        distinct = np.array([number for number, _ in counted], dtype=np.int64)
        values = (1.0 + np.log([float(count) for _, count in counted])) * self.idf[distinct]
        norm = math.sqrt(float((values * values).sum()))
        return distinct, values / norm if norm else values


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


def _pooled_without_one(evidence: Array) -> Array:
    """:func:`pooled` of the evidence without each of its sentences, shape ``(sentences, 33)``."""
    count, width = evidence.shape
    if count == 1:
        return pooled(evidence[:0])[None]
    out = np.zeros((count, 4 * width + 1))
    first, second = np.sort(evidence, axis=0)[[-1, -2]]
    strongest = np.where(np.arange(count)[:, None] == evidence.argmax(axis=0), second, first)
    last = np.where(np.arange(count)[:, None] == count - 1, evidence[-2], evidence[-1])
    missing = np.vstack([np.ones(width), 1.0 - evidence, np.ones(width)])
    before = np.multiply.accumulate(missing)[:-2]
    after = np.multiply.accumulate(missing[::-1])[::-1][2:]
    mean = (evidence.sum(axis=0) - evidence) / (count - 1)
    out[:, :-1] = 2.0 * np.hstack([strongest, mean, last, 1.0 - before * after])
    return out


@dataclass(frozen=True)
class SentenceReading:
    """What the model made of the sentences of one update.

    Attributes:
        numbers: of each sentence, the numbers of its grams.
        evidence: what each tells, shape ``(sentences, 8)``: the statuses, then background.
    """

    numbers: Sequence[Sequence[int]]
    evidence: Array


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

    def read_sentences(
        self, texts: Sequence[str], vectors: NDArray[np.float32], values: Sequence[Mapping[str, float]]
    ) -> SentenceReading:
        """Read the sentences of one update.

        Args:
            texts: the sentences.
            vectors: of them, shape ``(sentences, dimension)``.
            values: :func:`sentence_values` of them.
        """
        numbers = [self.vocabulary.numbered(text) for text in texts]
        return SentenceReading(numbers, self.evidence(numbers, vectors, values))

    def read(
        self, texts: Sequence[str], sentences: SentenceReading, document: Mapping[str, float]
    ) -> Reading:
        """Judge one update.

        Args:
            texts: its sentences.
            sentences: what :meth:`read_sentences` made of them.
            document: :func:`document_values`.
        """
        numbers, evidence = sentences.numbers, sentences.evidence
        values = _in_order(self.document_names, document)
        rules = rule_scores(document)
        whole = self._vote(values, evidence, numbers, rules, self._in_house(texts))
        return Reading(softmax(whole), self._lost(texts, values, evidence, numbers, rules))

    def _lost(
        self,
        texts: Sequence[str],
        document: Array,
        evidence: Array,
        numbers: Sequence[Sequence[int]],
        rules: Array,
    ) -> Array:
        """What each sentence gives: the votes with all sentences less those with one left out, at once."""
        if not texts:
            return np.zeros((0, len(STATUSES)))
        arrays, known = self.arrays, len(document)
        pools = np.vstack([pooled(evidence), _pooled_without_one(evidence)])
        stages = document @ arrays["document"][:known] + pools @ arrays["document"][known:]
        words = self._words_without_one(numbers) + arrays["words_bias"]
        voted = vote(_log_softmax(stages + arrays["document_bias"]), _log_softmax(words), rules)
        said = _log_softmax(voted / self.temperature)
        if self.house is not None:
            rests = [texts, *([t for k, t in enumerate(texts) if k != i] for i in range(len(texts)))]
            said = _log_softmax(said + np.stack([self._in_house(rest) for rest in rests]))
        lost: Array = said[0] - said[1:]
        return lost

    def _words_without_one(self, numbers: Sequence[Sequence[int]]) -> Array:
        """What the words add, shape ``(1 + sentences, 7)``: all of them, then without each sentence's."""
        distinct = sorted({number for sentence in numbers for number in sentence})
        place = {number: k for k, number in enumerate(distinct)}
        counts = [Counter(place[number] for number in sentence) for sentence in ((), *numbers)]
        total = np.zeros(len(distinct))
        for one in counts:
            total[list(one)] += list(one.values())
        idf, weights = self.vocabulary.idf[distinct], self.arrays["words"][distinct]
        found = np.zeros((len(counts), len(STATUSES)))
        step = max(1, _LEFT_OUT_AT_ONCE // max(1, len(distinct)))
        for first in range(0, len(counts), step):
            some = counts[first : first + step]
            left = np.tile(total, (len(some), 1))
            for row, one in zip(left, some, strict=True):
                row[list(one)] -= list(one.values())
            values = np.where(left > 0, 1.0 + np.log(np.maximum(left, 1.0)), 0.0) * idf
            norms = np.sqrt((values * values).sum(axis=1, keepdims=True))
            found[first : first + step] = (values / np.where(norms > 0, norms, 1.0)) @ weights
        return found

    def evidence(
        self,
        numbers: Sequence[Sequence[int]],
        vectors: NDArray[np.float32],
        sentences: Sequence[Mapping[str, float]],
    ) -> Array:
        """What each sentence tells, shape ``(sentences, 8)``: the statuses, then background."""
        arrays = self.arrays
        if not len(numbers):
            return np.zeros((0, len(STATUSES) + 1))
        cues = np.stack([_in_order(self.sentence_names, values) for values in sentences])
        words = np.stack(
            [
                values @ arrays["sentence_words"][distinct]
                for distinct, values in map(self.vocabulary.weighted, numbers)
            ]
        )
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
            row[STATUSES.index(str(Status.COMPLETE))] -= _PLAN_SAYS
        return float(row[STATUSES.index(status)] - row.mean()) / self.temperature

    @property
    def _place(self) -> Mapping[str, int]:
        return _places(self.document_names)

    def _in_house(self, texts: Sequence[str]) -> Array:
        """What the organisation's own words add to the log-probabilities."""
        if self.house is None:
            return np.zeros(len(STATUSES))
        return self.house.scores(gram for text in texts for gram in grams(text))

    def _vote(
        self,
        document: Array,
        evidence: Array,
        numbers: Sequence[Sequence[int]],
        rules: Array,
        in_house: Array,
    ) -> Array:
        """Log-probabilities of the statuses."""
        arrays = self.arrays
        stages = np.concatenate([document, pooled(evidence)]) @ arrays["document"] + arrays["document_bias"]
        distinct, values = self.vocabulary.weighted([n for sentence in numbers for n in sentence])
        words = values @ arrays["words"][distinct] + arrays["words_bias"]
        said = _log_softmax(vote(_log_softmax(stages), _log_softmax(words), rules) / self.temperature)
        return said if self.house is None else _log_softmax(said + in_house)

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

    Where the plan dates work that is still to be done, little is left to "complete", and that counts in
    full and not by the weights' share of the vote: the other members hardly read more than the update.
    """
    scores = np.array([document[name] for name in RULES])
    if document.get("signal_plan_gap", 0.0) >= 1.0:
        scores[STATUSES.index(str(Status.COMPLETE))] -= _PLAN_SAYS / _RULES_SAY
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
    out = np.zeros(len(names))
    places = _places(names)
    for name, value in values.items():
        if name in places:
            out[places[name]] = value
    return out


def _log_softmax(scores: Array) -> Array:
    top = scores - scores.max(axis=-1, keepdims=True)
    out: Array = top - np.log(np.exp(top).sum(axis=-1, keepdims=True))
    return out
