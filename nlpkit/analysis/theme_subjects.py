"""What each update is about: rows gathered into subjects of work, and the subjects as vectors.

A theme is what the work is about, not how it goes. So the rows of one recommendation are one subject,
which is told by the recommendation (without the words that only introduce it: "By March the service
should make sure that …"), by all that was reported on it, and by the headings of the plan that it stands
under. Weights were chosen on the train split of the corpus (``benchmarks/themes.md``).
"""

from __future__ import annotations

import hashlib
import re
from collections import Counter
from collections.abc import Sequence
from copy import copy
from dataclasses import dataclass
from functools import cache
from typing import Any, NamedTuple

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from nlpkit.analysis.views import is_bare
from nlpkit.embedding import Encoder
from nlpkit.language import find_references
from nlpkit.language.terms import content_terms, stem
from nlpkit.resources import lexicon

__all__ = [
    "Read",
    "Space",
    "Subject",
    "asked",
    "gather",
    "has_own_words",
    "sample_order",
    "service_stems",
    "unit",
    "unsaid_stems",
]

NARRATIVE_SHARE = 0.4
"""Weight of what was reported in a subject's meaning beside the recommendation, which has the rest."""

HEADING_SHARE = 0.5
"""Length of the plan's headings in a subject's meaning, beside the rest of it, which has length 1."""

WORD_SHARE = 0.7
"""Length of the word part of a vector beside its meaning part, which has length 1."""

_DIMENSIONS = 100  # of the word part
_FEW_SUBJECTS = 15  # with fewer recommendations than that, each narrative is a subject of its own
_OWN_WORDS = 3  # content words that an update needs to say something itself
_LEAD = re.compile(
    r"^(?:\([^)]{1,30}\)\s*)?"
    r"(?:(?:by|before|within|from|no\s+later\s+than)\b[^,]{3,40},\s*)?"
    r"(?:that\s+)?(?:[\w&’'\-/,]+\s+){0,8}?"
    r"(?:should|must|shall|needs?\s+to|(?:is|are)\s+to)\s+"
    r"(?:(?:now|also|immediately|urgently|by\s+\d[^,]{3,30}|continue\s+to)\s+)*"
    r"(?:(?:make\s+(?:sure|certain)|ensure|(?:assure|satisfy)\s+itself|see\s+to\s+it)\s+(?:that\s+)?)?",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True)
class Subject:
    """One piece of work.

    Attributes:
        asked: the recommendation without its introduction, or ``""``.
        said: the narratives that say something themselves, each once, in alphabetical order.
        rows: positions of the update table's rows that belong to it.
        under: the headings in the plan that it stands under and that name a subject, in alphabetical order.
    """

    asked: str
    said: tuple[str, ...]
    rows: tuple[int, ...]
    under: tuple[str, ...] = ()

    @property
    def text(self) -> str:
        """What is asked and said, without the headings; the recommendation's words count twice."""
        return " \n".join([self.asked, self.asked, *self.said])


def asked(recommendation: str) -> str:
    """A recommendation without the words that introduce any: who should, by when, make sure.

    >>> asked("By 31 March 2024, the service should make sure that its hydrants are tested.")
    'its hydrants are tested.'
    """
    text = " ".join(recommendation.split())
    rest = _LEAD.sub("", text, count=1)
    return rest if len(rest.split()) > 1 else text


@cache
def unsaid_stems() -> frozenset[str]:
    """Stems of the words that name no subject of work, because any plan is full of them."""
    words = [*lexicon("theme_words")["unsaid"], *lexicon("status_weights")["said_of_any_plan"]]
    return frozenset(stem(word) for word in words)


def has_own_words(update: str) -> bool:
    """Whether an update says something itself, beyond a status, a date or a pointer ("See 5 above")."""
    if is_bare(update):
        return False
    if len(update) < 400:
        for reference in find_references(update):
            if reference.kind != "mention":
                update = update.replace(reference.text, " ")
    said = {term for term, _ in content_terms(update)} - unsaid_stems()
    return len(said) >= _OWN_WORDS


def _names_a_subject(heading: str) -> bool:
    """Whether a heading says what the work is about: "Hydrants" does, "Improvement plan" does not."""
    return bool({term for term, _ in content_terms(heading)} - unsaid_stems())


def gather(updates: pd.DataFrame) -> tuple[list[Subject], dict[int, str]]:
    """The subjects of an update table, in an order that does not depend on the rows' order.

    Returns:
        Subjects, each with its rows, and the rows that have nothing to cluster, with the reason.
    """
    said = [" ".join(text.split()) for text in updates["update"]]
    wanted = [" ".join(text.split()) for text in updates["recommendation"]]
    headings = [" ".join(text.split()) for text in updates["section"]]
    named = {text: _names_a_subject(text) for text in dict.fromkeys(headings)}
    own = {text: has_own_words(text) for text in dict.fromkeys(said)}
    left_out: dict[int, str] = {}
    of: dict[str, list[int]] = {}
    few = len({text for text in wanted if text}) < _FEW_SUBJECTS
    for row, (update, recommendation) in enumerate(zip(said, wanted, strict=True)):
        if not recommendation and not own[update]:
            left_out[row] = (
                "the update is empty and there is no recommendation"
                if is_bare(update)
                else "the update says nothing itself (a status or a pointer), and there is no recommendation"
            )
            continue
        alone = few or not recommendation
        of.setdefault(f"{recommendation}\n{update if alone and own[update] else ''}", []).append(row)
    subjects = []
    for key in sorted(of):
        rows = of[key]
        narratives = tuple(sorted({said[row] for row in rows if own[said[row]]}))
        recommendation = key.split("\n", 1)[0]
        under = tuple(sorted({headings[row] for row in rows if named[headings[row]]}))
        wanting = asked(recommendation) if recommendation else ""
        subjects.append(Subject(wanting, narratives, tuple(rows), under))
    return subjects, left_out


def service_stems(updates: pd.DataFrame) -> frozenset[str]:
    """Stems of the words in the services' names, which group updates by who wrote them."""
    names = " ".join(sorted(set(updates["service"])))
    return frozenset(term for term, _ in content_terms(names))


class Read(NamedTuple):
    """Of subjects their meaning (unit vectors, shape ``(subjects, encoder.dimension)``) and their terms."""

    meaning: NDArray[np.float64]
    terms: list[list[str]]


class Space:
    """Where subjects lie: meaning (the encoder's vectors) beside words (TF-IDF, reduced).

    Learned once from the subjects that are clustered; others can be placed in it later. Everything runs
    on one thread, so that sums round the same every time.

    Args:
        encoder: turns texts into vectors.
        common: stems that count nowhere, such as those of the services' names.
    """

    def __init__(self, encoder: Encoder, common: frozenset[str] = frozenset()) -> None:
        self._encoder = encoder
        self._common = common | unsaid_stems()
        self._mean: NDArray[np.float64] = np.zeros(encoder.dimension)
        self._weights: Any = None
        self._axes: NDArray[np.float64] = np.zeros((0, 0))

    def read(self, subjects: Sequence[Subject]) -> Read:
        """What :meth:`fit` and :meth:`place` need of subjects: of each alone, so that it can be shared."""
        return Read(self._headed(subjects), [self._terms(subject.text) for subject in subjects])

    def sent(self) -> Space:
        """The space without its encoder, as it is sent to where :meth:`received` gives it another."""
        bare = copy(self)
        bare._encoder = None  # type: ignore[assignment]
        return bare

    def received(self, encoder: Encoder) -> Space:
        """The space with an encoder."""
        whole = copy(self)
        whole._encoder = encoder
        return whole

    def fit(self, subjects: Sequence[Subject], read: Read | None = None) -> NDArray[np.float64]:
        """Learn the space of these subjects, which may have been read already.

        Returns:
            Their places: unit vectors, shape ``(len(subjects), encoder.dimension + words)``.
        """
        from sklearn.decomposition import TruncatedSVD
        from sklearn.feature_extraction.text import TfidfVectorizer

        meaning, terms = read or self.read(subjects)
        # The mean is what all have in common (that they are updates); where all are the same it is all.
        self._mean = meaning.mean(axis=0)
        held = Counter(term for found in terms for term in set(found))
        least = 2 if len(subjects) < 300 else 3
        if sum(least <= n <= 0.2 * len(subjects) for n in held.values()) > 2:
            self._weights = TfidfVectorizer(analyzer=_as_is, min_df=least, max_df=0.2, sublinear_tf=True)
            counts = self._weights.fit_transform(terms)
            size = min(_DIMENSIONS, len(subjects) // 2, counts.shape[1] - 1)
            self._axes = TruncatedSVD(size, algorithm="randomized", random_state=0).fit(counts).components_
        return self._joined(meaning, terms)

    def place(self, subjects: Sequence[Subject]) -> NDArray[np.float64]:
        """The places of other subjects, shape as in :meth:`fit`."""
        return self._joined(*self.read(subjects))

    def meaning(self, subjects: Sequence[Subject]) -> NDArray[np.float64]:
        """Unit vectors of what is asked and what is said, shape ``(len(subjects), encoder.dimension)``."""
        texts = [subject.asked for subject in subjects if subject.asked]
        texts += [text for subject in subjects for text in subject.said]
        distinct = list(dict.fromkeys(texts))
        vectors = dict(zip(distinct, self._encoder.encode(distinct), strict=True))
        found = np.zeros((len(subjects), self._encoder.dimension))
        for place, subject in enumerate(subjects):
            share = NARRATIVE_SHARE if subject.asked and subject.said else 1.0 if subject.said else 0.0
            if subject.said:
                told = np.sum([vectors[text].astype(np.float64) for text in subject.said], axis=0)
                found[place] += share * unit(told[None])[0]
            if subject.asked:
                found[place] += (1 - share) * vectors[subject.asked].astype(np.float64)
        return unit(found)

    def _headed(self, subjects: Sequence[Subject]) -> NDArray[np.float64]:
        """Their meaning with what the headings add to it, as unit vectors."""
        found = self.meaning(subjects)
        distinct = sorted({text for subject in subjects for text in subject.under})
        if not distinct:
            return found
        vectors = dict(zip(distinct, self._encoder.encode(distinct), strict=True))
        for place, subject in enumerate(subjects):
            if subject.under:
                told = np.sum([vectors[text].astype(np.float64) for text in subject.under], axis=0)
                found[place] += HEADING_SHARE * unit(told[None])[0]
        return unit(found)

    def _terms(self, text: str) -> list[str]:
        return [term for term, _ in content_terms(text) if term not in self._common]

    def _joined(self, meaning: NDArray[np.float64], terms: list[list[str]]) -> NDArray[np.float64]:
        centred = meaning - self._mean
        apart = np.linalg.norm(centred, axis=1) > 1e-6
        parts = [unit(np.where(apart[:, None], centred, 0.0))]
        if self._weights is not None:
            words = self._weights.transform(terms) @ self._axes.T
            parts.append(WORD_SHARE * unit(np.asarray(words)))
        return unit(np.hstack(parts))


def unit(vectors: NDArray[np.float64]) -> NDArray[np.float64]:
    """Rows scaled to length 1; rows of zeros stay."""
    lengths = np.linalg.norm(vectors, axis=1, keepdims=True)
    return np.asarray(vectors / np.maximum(lengths, 1e-12), dtype=np.float64)


def sample_order(subjects: Sequence[Subject]) -> list[int]:
    """Positions in an order that is as good as random, but follows from the texts alone."""
    keys = [hashlib.sha256(subject.text.encode("utf8", "surrogatepass")).hexdigest() for subject in subjects]
    return sorted(range(len(subjects)), key=lambda place: (keys[place], place))


def _as_is(terms: list[str]) -> list[str]:
    return terms
