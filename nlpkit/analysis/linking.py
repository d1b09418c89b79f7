"""Links from local actions to a catalogue of recommendations, or the finding that none fits.

A reference by number decides first, then the recommendation's own words, then similarity of words and
meaning. Two logistic regressions, learned on authored pairs (``models/linking``), turn similarity into
the probabilities that an entry asks the same and that it is at least related.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import lru_cache
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from nlpkit.analysis.similarity import (
    FEATURES,
    Facets,
    compare,
    compared_terms,
    prepare,
    telling_terms,
    without_preamble,
)
from nlpkit.catalogue import Catalogue
from nlpkit.embedding import Encoder
from nlpkit.language.acronyms import defined_acronyms, sector_acronyms, write_out
from nlpkit.language.annotations import Reference, TextAnalysis
from nlpkit.language.references import find_references
from nlpkit.language.sentences import split_sentences
from nlpkit.models import LogisticModel, learned

__all__ = ["LINK_COLUMNS", "PAIR_FEATURES", "link", "links_column", "table_features"]

LINK_COLUMNS: tuple[str, ...] = (
    "row_id",
    "service",
    "action_id",
    "catalogue",
    "id",
    "title",
    "grade",
    "score",
    "why",
)

PAIR_FEATURES: tuple[str, ...] = (
    *(f"best_{name}" for name in FEATURES),
    *(f"whole_{name}" for name in FEATURES),
    *(f"best_{name}_lead" for name in FEATURES),
    *(f"whole_{name}_lead" for name in FEATURES),
    "narrative_only",
)
"""What the models see of a row and an entry: the similarities of the row's best passage and of its text
as a whole (a subject named in passing raises the first, not the second); by how much each leads over
the next best entry (negative: how far behind the best); and whether the row is a narrative without the
recommendation that it answers."""

_MOST = 5  # links a row can have
_NARRATIVE_SHARE = 0.25  # of what a narrative is nearer than the recommendation that it answers
_QUOTED = 0.8  # share of words in common from which a recommendation counts as quoted,
_QUOTED_WORDS = 4  # if they are this many at least
_CONTRADICTED = 0.35  # by which another entry's score must lead for the text to decide against the number
_ANSWERED = 3  # entries that one action can answer; a text that names more speaks of the catalogue
_UNSUPPORTED = 0.05  # probability of being related below which the text does not bear the number out
_BLOCK = 10_000_000  # numbers held at once

_POINTED = 0.95  # score of an entry that the row sends its reader to, against 1 for one that it answers

_POINTS = re.compile(
    r"\b(?:see|refer\s+to|as\s+(?:per|in|with|for|under)|same\s+as|responses?\s+to"
    r"|(?:detailed|covered|addressed|reported|answered|described|set\s+out)\s+(?:in|by|under|within|with|through))"
    r"[\s:,(]+(?:(?:the|our|its)\s+)?$",
    re.IGNORECASE,
)
_BESIDE = re.compile(
    r"\b(?:see\s+also|link(?:ed|s|ing)?\s+(?:in\s+)?(?:to|with)|align(?:ed|s|ing)?\s+(?:to|with)|alongside"
    r"|in\s+line\s+with|similar(?:ly)?\s+to|together\s+with|(?:overlap|tie)[sd]?\s+(?:in\s+)?(?:to|with)"
    r"|compare|cf\.?|related\s+to|support(?:s|ing)?|contribut(?:es?|ing)\s+to|complement(?:s|ing)?)"
    r"[\s:,(]+(?:(?:the|our|its)\s+)?$",
    re.IGNORECASE,
)
_DENIED = re.compile(
    r"\b(?:not|unlike|other\s+than|rather\s+than|instead\s+of|separate\s+from|distinct\s+from|different\s+from"
    r"|apart\s+from|nothing\s+to\s+do\s+with|no\s+part\s+of)"
    r"(?:\s+(?:a|the|our|same\s+as|part\s+of|linked\s+to|related\s+to|under|about|in|to|for)){0,3}\s+$",
    re.IGNORECASE,
)
_SAYS_NUMBER = r"\b(?:recommendations?|recs?\.?|actions?)\s*(?:nos?\.?\s*|numbers?\s*|#\s*)?"
_NUMBER = r"\d{1,3}(?:\.\d{1,2})*"
_NUMBERED = rf"{_SAYS_NUMBER}{_NUMBER}(?:\s*(?:,|&|/|-|–|\band\b|\bto\b)\s*{_NUMBER}){{0,20}}"
_REPORT = r"(?:reports?|reviews?|inspections?|inquir(?:y|ies)|audits?|thematics?|investigations?|inquests?)"
_WORD = r"[\w&’'-]{1,30}"
_OTHER_REPORTS = re.compile(
    rf"{_NUMBERED}\s*\)?\s*(?:of|from|in|within|under|by)\s+(?:{_WORD}\s+){{0,6}}?{_REPORT}\b"
    rf"|(?:\b(?!(?:the|our|its|an?|of|from|in|by|and|to)\b){_WORD}\s+){{0,2}}\b{_REPORT}(?:['’]s)?[\s,:(–-]{{1,3}}"
    rf"{_NUMBERED}"
    rf"|\b\w[\w-]{{0,30}}(?:['’]s|s['’])\s+{_NUMBERED}",
    re.IGNORECASE,
)
"""A numbered recommendation with the report that it stands in; it speaks of that report, not of the work."""


@dataclass(frozen=True, slots=True)
class _Row:
    """What of a row is compared: the passages of what is asked and of what is told, the whole last."""

    asks: tuple[str, ...]
    tells: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class _Link:
    entry: int
    grade: str
    score: float
    why: str = field(compare=False, default="")


def link(
    updates: pd.DataFrame,
    catalogue: Catalogue,
    encoder: Encoder,
    *,
    analyses: Sequence[TextAnalysis] | None = None,
) -> pd.DataFrame:
    """The entries of a catalogue that the rows of an update table answer.

    Args:
        updates: an update table; whatever it has of recommendation, required outcome, planned action
            and narrative is used. Row ids and file names take no part in the decision.
        catalogue: what to link to.
        encoder: turns passages into vectors.
        analyses: what the language room says of each row's narrative, in order, if it is known
            already; saves looking for references again.

    Returns:
        One row a link with :data:`LINK_COLUMNS`, in the order of the table, best link first. ``grade``
        is ``equivalent`` (the entry asks the same) or ``related``; ``score`` runs from 0 to 1, is
        comparable between rows, and is the mean of the probabilities of both, to two places (1 where the
        plan itself names the entry as what it answers, 0.95 where it points there): entries that do not
        differ there stand in the catalogue's order. ``why`` gives the passages and words of both sides.
        A row that nothing fits has no link.
    """
    table = _text_columns(updates)
    rows = _rows(table, analyses, catalogue)
    facets, duties = prepare(catalogue, encoder), _duties(catalogue)
    found: list[dict[str, Any]] = []
    for first, block in _blocks(len(rows), len(catalogue.entries)):
        chosen = rows[first:block]
        store = _vectors(chosen, encoder)
        same, related = _probabilities(_pair_features(chosen, facets, store))
        for i in range(len(chosen)):
            row = {name: table[name][first + i] for name in table}
            for item in _decide(row, chosen[i], facets, duties, store, same[i], related[i]):
                entry = catalogue.entries[item.entry]
                found.append(
                    {
                        "row_id": row["row_id"],
                        "service": row["service"],
                        "action_id": row["action_id"],
                        "catalogue": catalogue.name,
                        "id": entry.id,
                        "title": entry.title,
                        "grade": item.grade,
                        "score": round(item.score, 2),
                        "why": item.why,
                    }
                )
    return pd.DataFrame(found, columns=list(LINK_COLUMNS))


def links_column(updates: pd.DataFrame, links: pd.DataFrame) -> list[list[dict[str, Any]]]:
    """For each row of the table its links, best first, as ``{id, title, grade, score}``; none: ``[]``."""
    by_row: dict[str, list[dict[str, Any]]] = {}
    for item in links[["row_id", "id", "title", "grade", "score"]].to_dict("records"):
        by_row.setdefault(str(item["row_id"]), []).append(
            {"id": item["id"], "title": item["title"], "grade": item["grade"], "score": float(item["score"])}
        )
    return [by_row.get(str(row_id), []) for row_id in updates["row_id"]]


def table_features(updates: pd.DataFrame, catalogue: Catalogue, encoder: Encoder) -> NDArray[np.float32]:
    """What the models see of every row and entry: shape ``(rows, entries, len(PAIR_FEATURES))``.

    For training and measuring; :func:`link` does the same in blocks.
    """
    rows = _rows(_text_columns(updates), None, catalogue)
    return _pair_features(rows, prepare(catalogue, encoder), _vectors(rows, encoder))


# --- What of a row is compared ------------------------------------------------------------------------


_USED = (
    "row_id",
    "service",
    "source",
    "plan",
    "section",
    "action_id",
    "recommendation",
    "required_outcome",
    "planned_action",
    "update",
)


def _text_columns(updates: pd.DataFrame) -> dict[str, list[str]]:
    def text(value: object) -> str:
        return "" if value is None or value != value else str(value)

    blank = [""] * len(updates)
    return {
        name: [text(value) for value in updates[name]] if name in updates.columns else blank for name in _USED
    }


def _rows(
    table: Mapping[str, list[str]], analyses: Sequence[TextAnalysis] | None, catalogue: Catalogue
) -> list[_Row]:
    meanings = _document_acronyms(table)
    rows = []
    for i, update in enumerate(table["update"]):
        known = meanings[table["service"][i], table["source"][i]]
        asked = write_out(_own_words(table["recommendation"][i], catalogue), known)
        means = f"{table['required_outcome'][i]}\n{table['planned_action'][i]}".strip()
        meant = write_out(_own_words(means, catalogue), known)
        pointers = _pointers(update, analyses[i] if analyses is not None else None)
        told = _own_words(update, catalogue)
        for reference in pointers:
            told = f"{told[: reference.start]} {told[reference.end :]}"
        tells = _passages(write_out(told, known))
        if pointers:
            tells = [passage for passage in tells if telling_terms(passage)]
        # The recommendation is what is asked; how success is measured says less, unless it is all there is.
        asks, success = _passages(asked), _passages(meant)
        asks, tells = (asks, [*success, *tells]) if asks else (success, tells)
        rows.append(_Row(tuple(dict.fromkeys(asks)), tuple(dict.fromkeys(tells))))
    return rows


def _document_acronyms(table: Mapping[str, list[str]]) -> dict[tuple[str, str], dict[str, str]]:
    """For each document, what its acronyms stand for: its own definitions before the sector's."""
    texts: dict[tuple[str, str], list[str]] = {}
    for i, key in enumerate(zip(table["service"], table["source"], strict=True)):
        here = texts.setdefault(key, [])
        here.extend(
            table[name][i] for name in ("recommendation", "required_outcome", "planned_action", "update")
        )
    return {key: {**sector_acronyms("subjects"), **defined_acronyms(here)} for key, here in texts.items()}


def _passages(text: str) -> list[str]:
    """The sentences of a text without their preambles and, after them, the text as a whole."""
    pieces = [without_preamble(text[start:end]) for start, end in split_sentences(text)]
    if len(pieces) > 1:
        pieces.append(without_preamble(text))
    return [piece for piece in pieces if compared_terms(piece)]


def _own_words(text: str, catalogue: Catalogue) -> str:
    """A text with blanks where it numbers the recommendations of reports other than the catalogue."""
    return _OTHER_REPORTS.sub(
        lambda match: match[0] if _names(catalogue, match[0]) else " " * len(match[0]), text
    )


def _pointers(text: str, analysis: TextAnalysis | None) -> list[Reference]:
    """The words of a narrative that send its reader elsewhere, the last first."""
    if analysis is None:
        references = list(find_references(text))
    else:
        references = [reference for sentence in analysis.sentences for reference in sentence.references]
    pointers = [reference for reference in references if reference.kind != "mention"]
    return sorted(pointers, key=lambda reference: -reference.start)


# --- Similarity ---------------------------------------------------------------------------------------


def _blocks(rows: int, entries: int) -> Iterator[tuple[int, int]]:
    """Stretches of rows small enough for their similarities to be held at once."""
    step = max(1, _BLOCK // (max(1, entries) * len(PAIR_FEATURES)))
    for first in range(0, rows, step):
        yield first, min(rows, first + step)


def _vectors(rows: Sequence[_Row], encoder: Encoder) -> dict[str, NDArray[np.float32]]:
    texts = list(dict.fromkeys(passage for row in rows for passage in (*row.asks, *row.tells)))
    vectors = encoder.encode(texts)
    return {text: vectors[i] for i, text in enumerate(texts)}


def _pair_features(
    rows: Sequence[_Row], facets: Facets, store: Mapping[str, NDArray[np.float32]]
) -> NDArray[np.float32]:
    """What the models see: shape ``(len(rows), entries, len(PAIR_FEATURES))``."""
    entries = len(facets.catalogue.entries)
    texts = list(store)
    place = {text: i for i, text in enumerate(texts)}
    scores = np.zeros((len(texts), entries, len(FEATURES)), dtype=np.float32)
    step = max(1, _BLOCK // max(1, len(facets.facets)))
    for first in range(0, len(texts), step):
        part = texts[first : first + step]
        scores[first : first + step] = compare(part, np.stack([store[text] for text in part]), facets)
    asked = np.zeros((len(rows), entries, 2 * len(FEATURES)), dtype=np.float32)
    told = np.zeros_like(asked)
    for i, row in enumerate(rows):
        for passages, into in ((row.asks, asked), (row.tells, told)):
            if passages:
                mine = scores[[place[text] for text in passages]]
                into[i] = np.concatenate([mine.max(axis=0), mine[-1]], axis=1)
    has_asks = np.array([bool(row.asks) for row in rows], dtype=bool)
    has_both = has_asks & np.array([bool(row.tells) for row in rows], dtype=bool)
    # A narrative can bear out what is asked; one that says little of it takes nothing away.
    mixed = asked + _NARRATIVE_SHARE * np.maximum(told - asked, 0)
    values = np.where(has_both[:, None, None], mixed, np.maximum(asked, told))
    alone = np.broadcast_to((~has_asks)[:, None, None], (len(rows), entries, 1))
    return np.concatenate([values, _lead(values), alone], axis=2, dtype=np.float32)


def _lead(values: NDArray[np.float32]) -> NDArray[np.float32]:
    """By how much each entry exceeds the best of the others in its row; 0 where there is no other."""
    if values.shape[1] < 2:
        return np.zeros_like(values)
    second, first = np.split(np.partition(values, -2, axis=1)[:, -2:, :], 2, axis=1)
    lead: NDArray[np.float32] = values - np.where(values == first, second, first)
    return lead


@dataclass(frozen=True, slots=True)
class _Judge:
    same: LogisticModel
    related: LogisticModel
    same_from: float
    related_from: float


@lru_cache(maxsize=1)
def _judge() -> _Judge:
    figures = learned("linking")
    return _Judge(
        same=LogisticModel.read(figures["equivalent"], PAIR_FEATURES),
        related=LogisticModel.read(figures["related"], PAIR_FEATURES),
        same_from=float(figures["equivalent"]["threshold"]),
        related_from=float(figures["related"]["threshold"]),
    )


def _probabilities(features: NDArray[np.float32]) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """That an entry asks the same as the row, and that it is at least related."""
    judge = _judge()
    same = judge.same.probability(features)
    return same, np.maximum(same, judge.related.probability(features))


# --- The decision -------------------------------------------------------------------------------------


def _decide(
    row: Mapping[str, str],
    passages: _Row,
    facets: Facets,
    duties: _Duties,
    store: Mapping[str, NDArray[np.float32]],
    same: NDArray[np.float64],
    related: NDArray[np.float64],
) -> list[_Link]:
    """The links of one row, best first."""
    judge = _judge()
    similar = [
        _Link(
            int(i), "equivalent" if same[i] >= judge.same_from else "related", float(same[i] + related[i]) / 2
        )
        for i in np.flatnonzero((related >= judge.related_from) | (same >= judge.same_from))
        if passages.asks or passages.tells
    ]
    links = {item.entry: item for item in similar}
    for item in _quoted(passages, duties):
        known = links.get(item.entry, item)
        links[item.entry] = replace(item, score=max(item.score, known.score))
    links = _numbered(row, links, facets.catalogue, related if passages.asks else None)
    ranked = sorted(
        links.values(), key=lambda item: (item.grade != "equivalent", -round(item.score, 2), item.entry)
    )
    return [
        item if item.why else replace(item, why=_why(item.entry, passages, facets, store))
        for item in ranked[:_MOST]
    ]


@dataclass(frozen=True, slots=True)
class _Duties:
    """The catalogue's duties by their words, to tell a quotation from a paraphrase."""

    texts: tuple[str, ...]
    sizes: tuple[int, ...]
    holders: Mapping[str, tuple[int, ...]]


def _duties(catalogue: Catalogue) -> _Duties:
    texts = tuple(without_preamble(entry.duty) for entry in catalogue.entries)
    words = [compared_terms(text) for text in texts]
    holders: dict[str, list[int]] = {}
    for number, found in enumerate(words):
        for term in sorted(found):
            holders.setdefault(term, []).append(number)
    return _Duties(texts, tuple(map(len, words)), {term: tuple(numbers) for term, numbers in holders.items()})


def _quoted(passages: _Row, duties: _Duties) -> Iterator[_Link]:
    """Entries whose duty the row's recommendation quotes, near enough word for word."""
    for passage in passages.asks:
        terms = compared_terms(passage)
        shared = Counter(number for term in terms for number in duties.holders.get(term, ()))
        for number, count in sorted(shared.items()):
            likeness = 2 * count / (len(terms) + duties.sizes[number])
            if count >= _QUOTED_WORDS and likeness >= _QUOTED:
                yield _Link(
                    number,
                    "equivalent",
                    0.9 + 0.1 * likeness,
                    f"quotes the duty: “{_short(passage)}” ~ “{_short(duties.texts[number])}”",
                )


def _numbered(
    row: Mapping[str, str],
    links: Mapping[int, _Link],
    catalogue: Catalogue,
    asked: NDArray[np.float64] | None,
) -> dict[int, _Link]:
    """The links, once what the plan itself says about numbers has been heard.

    A number is believed unless the row quotes a recommendation (``asked``: how probably each entry is
    at least related to it) that is plainly another's, or nobody's: numbers slip when tables are read.
    """
    found = dict(links)
    heading = next((row[name] for name in ("plan", "section") if _names(catalogue, row[name])), "")
    named = _trailing_ids(catalogue, row["action_id"]) if heading else []
    sure: dict[int, str] = {}
    pointed: dict[int, str] = {}
    for number in named:
        entry = catalogue.entries[number]
        sure[number] = f"“{_short(heading)}” names the catalogue; this is its {entry.id}: “{entry.title}”"
    for name in ("recommendation", "required_outcome", "planned_action", "update"):
        for number, passage, role in _references(catalogue, row[name]):
            both = f"“{passage}” ~ “{catalogue.entries[number].title}”"
            if role == "beside":
                known = found.get(number)
                if known is None or known.grade != "equivalent":
                    score = max(0.5, known.score if known else 0.0)
                    found[number] = _Link(number, "related", score, f"named beside it: {both}")
            elif role == "pointer" and name != "recommendation":
                pointed.setdefault(number, f"points to it: {both}")
            else:
                sure.setdefault(number, f"named in the text: {both}")
    best = max(links.values(), key=lambda item: (item.score, -item.entry), default=None)
    for number, why in sure.items():
        score = links[number].score if number in links else 0.0
        doubt = ""
        if number in named and asked is not None:
            if best and best.grade == "equivalent" and best.score - score >= _CONTRADICTED:
                doubt = f"; but the text is that of {catalogue.entries[best.entry].id}"
            elif asked[number] < _UNSUPPORTED:
                doubt = "; but the text asks for something else"
        if doubt:
            found[number] = _Link(number, "related", 0.5, why + doubt)
        else:
            found[number] = _Link(number, "equivalent", 1.0, why)
    for number, why in pointed.items():
        if number not in sure:
            found[number] = _Link(number, "equivalent", _POINTED, why)
    settled = any(found[number].grade == "equivalent" for number in sure)
    settled = settled or bool(heading and row["action_id"].strip() and not named)
    if settled or pointed:
        # The plan says which entry it answers: whatever else is similar can only be related. A pointer
        # leaves room for an entry that the row quotes (which has its reason already).
        for number, item in found.items():
            if number in sure or number in pointed or (item.why and not settled):
                continue
            if item.grade == "equivalent":
                found[number] = replace(item, grade="related", score=min(item.score, 0.5))
    return found


@lru_cache(maxsize=8)
def _patterns(
    catalogue: Catalogue,
) -> tuple[re.Pattern[str] | None, re.Pattern[str], tuple[re.Pattern[str], ...]]:
    """The catalogue's names; its ids at the end of a reference; names with ids, in either order."""
    ids = "|".join(
        re.escape(entry.id) for entry in sorted(catalogue.entries, key=lambda e: (-len(e.id), e.id))
    )
    one = rf"(?<![\w.])(?:{ids})(?![\w%])(?!\.\d)"
    series = rf"(?P<ids>{one}(?:\s*(?:,|&|/|-|–|\band\b|\bto\b)\s*{one})*)"
    trailing = re.compile(
        rf"(?<![\d.])(?P<ids>(?:{ids})(?:\s*(?:,|&|/|-|–|\band\b|\bto\b)\s*(?:{ids})){{0,40}})\.?$",
        re.IGNORECASE,
    )
    if not catalogue.aliases:
        return None, trailing, ()
    names = "|".join(
        _loose(alias) for alias in sorted(catalogue.aliases, key=lambda alias: (-len(alias), alias))
    )
    name = rf"\b(?:{names})\b"
    return (
        re.compile(name, re.IGNORECASE),
        trailing,
        (
            re.compile(
                rf"{name}(?:['’]s)?(?:\s+(?:report|review|inspection))?[\s,:(–-]{{0,3}}{_SAYS_NUMBER}{series}",
                re.IGNORECASE,
            ),
            re.compile(
                rf"{_SAYS_NUMBER}{series}\s*\)?\s*(?:of|from|in|within|under)\s+(?:[\w’']+\s+){{0,4}}?[\"'“‘(]?{name}",
                re.IGNORECASE,
            ),
        ),
    )


def _loose(alias: str) -> str:
    """A pattern for a name that does not mind plurals, white space or an ampersand."""
    words = []
    for word in alias.split():
        if word.lower() in {"and", "&"}:
            words.append(r"(?:and|&)")
        else:
            bare = word[:-1] if word.endswith("s") and len(word) > 3 else word
            words.append(re.escape(bare) + ("s?" if len(bare) > 3 else ""))
    return r"\s+".join(words)


def _names(catalogue: Catalogue, text: str) -> bool:
    names = _patterns(catalogue)[0]
    return bool(names and names.search(text))


def _spelled_out(catalogue: Catalogue, text: str) -> list[int]:
    """The entries in "12", "12 and 14" or "3 to 5"; a range takes in the entries between."""
    place = {entry.id.lower(): i for i, entry in enumerate(catalogue.entries)}
    ids = "|".join(re.escape(id_) for id_ in sorted(place, key=lambda id_: (-len(id_), id_)))
    numbers: list[int] = []
    ranged = False
    for match in re.finditer(rf"(?P<id>{ids})|(?P<range>\bto\b|-|–)|.", text, re.IGNORECASE | re.DOTALL):
        if match["range"]:
            ranged = bool(numbers)
        elif match["id"]:
            number = place[match["id"].lower()]
            numbers.extend(range(numbers[-1] + 1, number) if ranged else ())
            numbers.append(number)
            ranged = False
    return list(dict.fromkeys(numbers))


def _trailing_ids(catalogue: Catalogue, action_id: str) -> list[int]:
    match = _patterns(catalogue)[1].search(action_id.strip())
    return _spelled_out(catalogue, match["ids"]) if match else []


def _references(catalogue: Catalogue, text: str) -> Iterator[tuple[int, str, str]]:
    """Entries that a text names by catalogue and number: (entry, the words, their role).

    The role is ``answer``, ``pointer`` (the reader is sent there) or ``beside`` (named as something
    else, or with so many others that the text speaks of the catalogue).
    """
    for pattern in _patterns(catalogue)[2]:
        for match in pattern.finditer(text):
            before = text[max(0, match.start() - 60) : match.start()]
            if _DENIED.search(before):
                continue
            numbers = _spelled_out(catalogue, match["ids"])
            role = "answer"
            if len(numbers) > _ANSWERED or _BESIDE.search(before):
                role = "beside"
            elif _POINTS.search(before):
                role = "pointer"
            for number in numbers:
                yield number, _short(match[0]), role


# --- The reason ---------------------------------------------------------------------------------------


def _why(number: int, passages: _Row, facets: Facets, store: Mapping[str, NDArray[np.float32]]) -> str:
    """The passage and the facet that come nearest to each other, with the words that they share."""
    mine = [i for i, facet in enumerate(facets.facets) if facet.entry == number]
    best: tuple[float, str, int] | None = None
    for passage in passages.asks or passages.tells:
        meaning = facets.vectors[mine] @ store[passage]
        said = telling_terms(_short(passage))
        for place, cosine in zip(mine, meaning.tolist(), strict=True):
            shared = said.keys() & telling_terms(_short(facets.facets[place].text)).keys()
            value = round(cosine + 0.15 * len(shared), 4)
            if best is None or value > best[0]:
                best = (value, passage, place)
    if best is None:
        return ""
    _, passage, place = best
    facet = facets.facets[place].text
    # Only words that the two quotations show: they are shortened.
    said = telling_terms(_short(passage))
    other = telling_terms(_short(facet))
    words = [said[term] for term in said if term in other]
    nearness = f"meaning {float(facets.vectors[place] @ store[passage]):.2f}"
    shared_words = f"shared words: {', '.join(words)}; " if words else ""
    return f"“{_short(passage)}” ~ “{_short(facet)}” ({shared_words}{nearness})"


def _short(text: str, limit: int = 140) -> str:
    text = " ".join(text.split())
    return text if len(text) <= limit else f"{text[: limit - 1].rsplit(' ', 1)[0]}…"
