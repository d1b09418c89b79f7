"""How much a passage of a plan says what a recommendation asks: by words and by meaning.

A recommendation is a set of *facets*: its title, its duty, the phrases by which plans name its
subject, and what satisfying it looks like. A passage is compared with each facet, by the weighted
words that they share and by the cosine of their vectors, and the best facet counts.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from math import log
from typing import Any

import numpy as np
from numpy.typing import NDArray

from nlpkit.catalogue import Catalogue, Entry
from nlpkit.embedding import Encoder
from nlpkit.language.acronyms import sector_acronyms, write_out
from nlpkit.language.terms import content_terms, stem
from nlpkit.resources import lexicon

__all__ = [
    "FEATURES",
    "Facet",
    "Facets",
    "compare",
    "compare_pairs",
    "compared_terms",
    "facet_texts",
    "prepare",
    "telling_terms",
    "term_counts",
    "without_preamble",
    "word_matrix",
]

_GENERIC = 0.25  # what a word of almost any plan counts, against 1 for one that only one entry has
_UNKNOWN = 0.5  # what a word counts that no entry has: it only dilutes
_PAIRS = 20_000  # compared at once, one by one
_TELLING = 0.5  # weight that a facet needs for half of its words' say

_WHEN = (
    r"(?:by\s+(?:the\s+end\s+of\s+)?(?:\d{1,2}(?:st|nd|rd|th)?\s+)?(?:(?:jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov"
    r"|dec)[a-z]*\s+)?\d{4}|with\s+immediate\s+effect|immediately|as\s+a\s+priority|without\s+delay)"
)
_WHO = (
    r"(?:(?:the|all|each|every|our|your)\s+)?(?:(?:fire(?:\s+and\s+rescue)?\s+)?(?:services?|authorit(?:y|ies))"
    r"|chief\s+(?:fire\s+officers?|constables?|officers?)|fire\s+and\s+rescue\s+services?|brigades?|[A-Z]{2,5}FRS|FRSs?"
    r"|inspectorate|HMICFRS|we|they|it|you)"
)
_OUGHT = (
    r"(?:should|must|needs?\s+to|ha(?:s|ve)\s+to|ought\s+to|will|is\s+to|are\s+to|shall|is\s+assured\s+that"
    r"|are\s+assured\s+that)"
)
_MAKE_SURE = (
    r"(?:(?:also|immediately|continue\s+to|now)\s+)?(?:(?:ensure|make\s+(?:sure|certain)|be\s+certain"
    r"|(?:re)?assure\s+(?:itself|themselves|ourselves)|satisfy\s+(?:itself|themselves|ourselves)|see\s+to\s+it"
    r"|provide\s+assurances?\s+(?:to\s+(?:the\s+)?\w+\s+)?)(?:\s*that)?\s+(?:(?:it|they|we)\s+(?=\w)|their\s+services?\s+)?)?"
)
_FOUND = (
    r"(?:(?:we|inspectors|the\s+inspectorate|HMICFRS)\s+(?:found|saw|noted|were\s+told|heard|observed)"
    r"\s+(?:that\s+)?)"
)
_PREAMBLE = re.compile(
    rf"^[\s\"'“”‘’•\-–]*(?:{_WHEN}[,:]?\s+)*(?:{_FOUND}|(?:{_WHO}\s+{_OUGHT}[,:]?\s+)?(?:{_WHEN}[,:]?\s+)*{_MAKE_SURE})",
    re.IGNORECASE,
)


@lru_cache(maxsize=16384)
def without_preamble(text: str) -> str:
    """A recommendation without the words that all recommendations begin with.

    >>> without_preamble("By 1 June 2030, chief fire officers should make sure that crews are rested.")
    'crews are rested.'
    """
    rest = text[_PREAMBLE.match(text).end() :].strip()  # type: ignore[union-attr]
    return rest if len(rest) > 2 else text.strip()


FEATURES: tuple[str, ...] = (
    "meaning_duty",
    "meaning_alias",
    "meaning_detail",
    "words_facet",
    "words_alias",
    "words_profile",
)
"""What :func:`compare` says of a passage and an entry, each from 0 (nothing) to 1 (the same):
cosine of the vectors for the best duty, alias and detail; weighted words shared with the best
facet; share of an alias or title that the passage has; weighted words shared with the whole entry."""

_KINDS = ("duty", "alias", "detail")


@dataclass(frozen=True, slots=True)
class Facet:
    """One way of saying what an entry asks: its number, the kind (duty, alias, detail), the text."""

    entry: int
    kind: str
    text: str


@dataclass(frozen=True, slots=True)
class Facets:
    """A catalogue made ready for comparing (see :func:`prepare`).

    Attributes:
        facets: ordered by kind, then by entry.
        spans: for each kind, its stretch of ``facets``.
        starts: for each kind, where in its stretch each entry begins.
        vectors: of the facets, one a row.
        weights: of the catalogue's words; ``columns`` their places in the matrices.
        words: facets × words, rows of unit length.
        shares: facets × words, each word's share of its facet, times how telling the facet is.
        profiles: entries × words, rows of unit length.
        owned: for each kind and entry, the places of its facets.
    """

    catalogue: Catalogue
    facets: tuple[Facet, ...]
    spans: Mapping[str, slice]
    starts: Mapping[str, NDArray[np.intp]]
    vectors: NDArray[np.float32]
    weights: Mapping[str, float]
    columns: Mapping[str, int]
    words: Any
    shares: Any
    profiles: Any
    owned: Mapping[str, Sequence[NDArray[np.intp]]]


def prepare(catalogue: Catalogue, encoder: Encoder) -> Facets:
    """The facets of a catalogue with their vectors and weighted words.

    A word counts by how few entries have it (inverse document frequency over the catalogue), and
    little where it stands in almost any plan (``lexicons/linking.json``).
    """
    entries = range(len(catalogue.entries))
    facets = tuple(
        facet for kind in _KINDS for i in entries for facet in _facets(catalogue.entries[i], i, kind)
    )
    spans: dict[str, slice] = {}
    starts: dict[str, NDArray[np.intp]] = {}
    owned: dict[str, list[NDArray[np.intp]]] = {}
    for kind in _KINDS:
        places = [i for i, facet in enumerate(facets) if facet.kind == kind]
        owners = np.array([facets[i].entry for i in places])
        spans[kind] = slice(places[0], places[-1] + 1)
        starts[kind] = np.searchsorted(owners, np.arange(len(entries))).astype(np.intp)
        owned[kind] = np.split(np.array(places, dtype=np.intp), starts[kind][1:])
    terms = [compared_terms(facet.text) for facet in facets]
    whole: list[set[str]] = [set() for _ in entries]
    for facet, found in zip(facets, terms, strict=True):
        whole[facet.entry] |= found
    spread = Counter(term for found in whole for term in found)
    generic = _word_lists().generic
    weights = {
        term: log(1 + len(whole) / spread[term])
        / log(1 + len(whole))
        * (_GENERIC if term in generic else 1.0)
        for term in sorted(spread)
    }
    columns = {term: i for i, term in enumerate(weights)}
    return Facets(
        catalogue=catalogue,
        facets=facets,
        spans=spans,
        starts=starts,
        vectors=encoder.encode([facet.text for facet in facets]),
        weights=weights,
        columns=columns,
        words=word_matrix([_unit(found, weights) for found in terms], columns),
        shares=word_matrix([_shares(found, weights) for found in terms], columns),
        profiles=word_matrix([_unit(found, weights) for found in whole], columns),
        owned=owned,
    )


def facet_texts(entries: Sequence[Entry]) -> list[str]:
    """What :func:`prepare` has encoded of some entries, each text once."""
    return list(
        dict.fromkeys(facet.text for kind in _KINDS for entry in entries for facet in _facets(entry, 0, kind))
    )


def _facets(entry: Entry, number: int, kind: str) -> list[Facet]:
    duty = without_preamble(entry.duty)
    texts = {
        "duty": [entry.title, duty, f"{entry.title}: {duty}"],
        "alias": [*entry.aliases, *entry.acronyms] or [entry.title],
        "detail": list(entry.details) or [duty],
    }[kind]
    return [Facet(number, kind, text) for text in dict.fromkeys(texts)]


def compare(texts: Sequence[str], vectors: NDArray[np.float32], facets: Facets) -> NDArray[np.float32]:
    """How near each text comes to each entry.

    Args:
        texts: passages, with the acronyms of subjects written out.
        vectors: their vectors, one a row.
        facets: what to compare with.

    Returns:
        Shape ``(len(texts), entries, len(FEATURES))``.
    """
    found = [compared_terms(text) for text in texts]
    unit = word_matrix([_unit(terms, facets.weights) for terms in found], facets.columns)
    present = word_matrix([dict.fromkeys(terms, 1.0) for terms in found], facets.columns)
    # In double precision and rounded, so that the last bits do not depend on how many texts are compared.
    meaning = np.round(vectors.astype(np.float64) @ facets.vectors.astype(np.float64).T, 6)
    words = (unit @ facets.words.T).toarray()
    shares = (present @ facets.shares.T).toarray()
    return np.stack(
        [
            *(_best(meaning, facets, kind) for kind in _KINDS),
            np.maximum.reduce([_best(words, facets, kind) for kind in _KINDS]),
            np.maximum(_best(shares, facets, "duty"), _best(shares, facets, "alias")),
            (unit @ facets.profiles.T).toarray(),
        ],
        axis=2,
    ).astype(np.float32)


def compare_pairs(
    texts: Sequence[str], vectors: NDArray[np.float32], facets: Facets, pairs: NDArray[np.intp]
) -> NDArray[np.float32]:
    """What :func:`compare` says, for some pairs of a text and an entry only.

    Args:
        texts, vectors, facets: as for :func:`compare`.
        pairs: shape ``(2, pairs)``: the places of a text and of an entry.

    Returns:
        Shape ``(pairs, len(FEATURES))``.
    """
    found = [compared_terms(text) for text in texts]
    unit = word_matrix([_unit(terms, facets.weights) for terms in found], facets.columns)
    present = word_matrix([dict.fromkeys(terms, 1.0) for terms in found], facets.columns)
    out = np.zeros((pairs.shape[1], len(FEATURES)), dtype=np.float32)
    for first in range(0, pairs.shape[1], _PAIRS):
        mine, theirs = pairs[:, first : first + _PAIRS]
        into = out[first : first + _PAIRS]
        for place, kind in enumerate(_KINDS):
            owned = [facets.owned[kind][entry] for entry in theirs]
            sizes = np.array([len(places) for places in owned])
            facet, text = np.concatenate(owned), np.repeat(mine, sizes)
            starts = np.cumsum([0, *sizes[:-1]])
            cosines = np.einsum("pd,pd->p", vectors[text], facets.vectors[facet])
            into[:, place] = np.maximum.reduceat(np.round(cosines, 6), starts)
            words = np.maximum.reduceat(_row_products(unit[text], facets.words[facet]), starts)
            into[:, 3] = np.maximum(into[:, 3], words)
            if kind != "detail":
                shares = np.maximum.reduceat(_row_products(present[text], facets.shares[facet]), starts)
                into[:, 4] = np.maximum(into[:, 4], shares)
        into[:, 5] = _row_products(unit[mine], facets.profiles[theirs])
    return out


def _row_products(left: Any, right: Any) -> NDArray[np.float32]:
    """Of two sparse matrices of one shape, the products row by row."""
    products: NDArray[np.float32] = np.asarray(left.multiply(right).sum(axis=1)).ravel()
    return products


def _best(values: NDArray[Any], facets: Facets, kind: str) -> NDArray[Any]:
    """Of values for facets, the highest for each entry among its facets of a kind."""
    best: NDArray[Any] = np.maximum.reduceat(values[:, facets.spans[kind]], facets.starts[kind], axis=1)
    return best


@lru_cache(maxsize=16384)
def _terms(text: str) -> tuple[tuple[str, str], ...]:
    """The words of a text that are compared: (as compared, as written), in order."""
    lists = _word_lists()
    written = write_out(text, lists.acronyms)
    found = (
        (lists.same.get(word, lists.same.get(term, term)), word) for term, word in content_terms(written)
    )
    return tuple((term, word) for term, word in found if term not in lists.stages)


@lru_cache(maxsize=65536)
def compared_terms(text: str) -> frozenset[str]:
    """The distinct words of a text as they are compared."""
    return frozenset(term for term, _ in _terms(text))


def term_counts(text: str) -> Counter[str]:
    """The words of a text as they are compared, and how often each stands there."""
    return Counter(term for term, _ in _terms(text))


def telling_terms(text: str) -> dict[str, str]:
    """The words of a text that say what it is about, as compared and as first written."""
    generic = _word_lists().generic
    found: dict[str, str] = {}
    for term, word in _terms(text):
        if term not in generic:
            found.setdefault(term, word)
    return found


@dataclass(frozen=True, slots=True)
class _WordLists:
    same: Mapping[str, str]
    stages: frozenset[str]
    generic: frozenset[str]
    acronyms: Mapping[str, str]


@lru_cache(maxsize=1)
def _word_lists() -> _WordLists:
    lists = lexicon("linking")
    same: dict[str, str] = {}
    for word, other in lists["same"].items():
        same[word] = same[stem(word)] = stem(other)
    return _WordLists(
        same=same,
        stages=frozenset(stem(word) for word in lists["stages"]),
        generic=frozenset(stem(word) for word in lists["generic"]),
        acronyms={**sector_acronyms("subjects"), **sector_acronyms("actors")},
    )


def _unit(terms: Iterable[str], weights: Mapping[str, float]) -> dict[str, float]:
    """The weights of the terms, scaled to unit length; words outside the catalogue only dilute."""
    known = {term: weights.get(term, _UNKNOWN) for term in terms}
    norm = sum(sorted(weight**2 for weight in known.values())) ** 0.5
    return {term: weight / norm for term, weight in known.items() if term in weights}


def _shares(terms: Iterable[str], weights: Mapping[str, float]) -> dict[str, float]:
    """What of a facet each of its words makes up; all of them together make up under 1, and the
    less, the less telling they are."""
    known = {term: weights[term] for term in terms}
    total = sum(sorted(known.values()))
    return {term: weight / (total + _TELLING) for term, weight in known.items()}


def word_matrix(rows: Sequence[Mapping[str, float]], columns: Mapping[str, int]) -> Any:
    """Rows of weighted words as a sparse matrix."""
    from scipy.sparse import csr_matrix  # type: ignore[import-untyped]

    places = [
        sorted((columns[term], weight) for term, weight in row.items() if term in columns) for row in rows
    ]
    ends = np.cumsum([0, *(len(row) for row in places)])
    flat = [cell for row in places for cell in row]
    return csr_matrix(
        (
            np.array([weight for _, weight in flat], dtype=np.float32),
            np.array([column for column, _ in flat], dtype=np.int32),
            ends,
        ),
        shape=(len(rows), max(1, len(columns))),
    )
