"""Update tables linked to a catalogue: the steps of linking in order."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from nlpkit.analysis.linking.candidates import ALL_UP_TO, Finder, choose, finder
from nlpkit.analysis.linking.examples import stored_examples
from nlpkit.analysis.linking.numbers import numbered, numbered_otherwise
from nlpkit.analysis.linking.order import Own, Placed, placed, sequences
from nlpkit.analysis.linking.pairs import Goal, make_ready, pair_features, probabilities, thresholds
from nlpkit.analysis.linking.parts import Encode, Link, Row, Vectors, passages_of, ranked, short, vectors
from nlpkit.analysis.linking.reasons import missing, stands, why
from nlpkit.analysis.linking.rows import Definitions, rows_of, text_columns
from nlpkit.analysis.similarity import Facets, compared_terms, telling_terms, without_preamble
from nlpkit.catalogue import Catalogue
from nlpkit.embedding import Encoder
from nlpkit.language.annotations import TextAnalysis

__all__ = [
    "LINK_COLUMNS",
    "RowsRead",
    "link",
    "link_rows",
    "links_column",
    "links_in_order",
    "own_links",
    "own_links_of",
    "read_rows",
    "ready",
    "table_features",
]

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

_QUOTED = 0.8  # share of words in common from which a recommendation counts as quoted,
_QUOTED_WORDS = 4  # if they are this many at least
_ROWS = 400  # looked at together
_LIKELY = 0.001  # probability from which an entry is remembered as one that a row may ask the same as,
_REMEMBERED = 12  # of so many at most
_NOT_SURE = "nothing of the recommendation is plainly missing, but it is not likely enough to be the same"


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
        differ there stand in the catalogue's order. ``why`` gives the passages, words and ideas of both
        sides and, for ``related``, what equivalence would still need. A row that nothing fits has no link.
        In a document that plainly goes through the catalogue in order, rows are judged with their neighbours
        (:mod:`nlpkit.analysis.linking.order`), and ``why`` says where that decided.
        Of a catalogue of more than 200 entries, the 20 nearest to each row are judged.
    """
    return link_rows(updates, ready(catalogue, encoder), encoder, analyses=analyses)


def ready(catalogue: Catalogue, encoder: Encoder) -> Goal:
    """A catalogue made ready for :func:`link_rows`, with its examples if there are any."""
    return make_ready(catalogue, encoder, stored_examples(catalogue, encoder.name))


def link_rows(
    updates: pd.DataFrame,
    goal: Goal,
    encoder: Encoder,
    *,
    analyses: Sequence[TextAnalysis] | None = None,
    definitions: Definitions | None = None,
    in_order: bool = True,
) -> pd.DataFrame:
    """:func:`link`, with a catalogue that is ready; each row by itself, unless ``in_order``.

    ``definitions`` are the acronyms of whole documents, where the table has only some of their rows.
    """
    catalogue = goal.catalogue
    table = text_columns(updates)
    rows = rows_of(table, analyses, catalogue, definitions)
    owns = _own_links(table, rows, goal, encoder.encode, reasons=True)
    changed = _placed(updates, owns, catalogue) if in_order else {}
    chosen = list(changed)
    links = {i: own.links for i, own in enumerate(owns)}
    for first in range(0, len(chosen), _ROWS):
        block = chosen[first : first + _ROWS]
        store = vectors([rows[i] for i in block], encoder.encode)
        links |= {i: _told(changed[i], rows[i], goal, store) for i in block}
    found = [
        {
            "row_id": table["row_id"][i],
            "service": table["service"][i],
            "action_id": table["action_id"][i],
            "catalogue": catalogue.name,
            **_item(item, catalogue),
            "why": item.why,
        }
        for i in range(len(rows))
        for item in links[i]
    ]
    return pd.DataFrame(found, columns=list(LINK_COLUMNS))


def own_links(
    updates: pd.DataFrame,
    goal: Goal,
    encoder: Encoder,
    *,
    analyses: Sequence[TextAnalysis] | None = None,
    definitions: Definitions | None = None,
) -> list[Own]:
    """What each row says by itself, for :func:`links_in_order`; the reasons are left out.

    ``definitions`` are the acronyms of whole documents, where the table has only some of their rows.
    """
    read = read_rows(updates, goal.catalogue, analyses=analyses, definitions=definitions)
    return own_links_of(read, goal, encoder.encode)


@dataclass(frozen=True, slots=True)
class RowsRead:
    """Rows read for :func:`own_links_of`: their texts by column, and as they are compared."""

    table: Mapping[str, list[str]]
    rows: Sequence[Row]

    @property
    def passages(self) -> list[str]:
        """The texts whose vectors will be asked for, or those of their sentences."""
        return passages_of(self.rows)


def read_rows(
    updates: pd.DataFrame,
    catalogue: Catalogue,
    *,
    analyses: Sequence[TextAnalysis] | None = None,
    definitions: Definitions | None = None,
) -> RowsRead:
    """The first half of :func:`own_links`, which needs no vectors yet."""
    table = text_columns(updates)
    return RowsRead(table, rows_of(table, analyses, catalogue, definitions))


def own_links_of(read: RowsRead, goal: Goal, encode: Encode) -> list[Own]:
    """The second half of :func:`own_links`."""
    return _own_links(read.table, read.rows, goal, encode, reasons=False)


def links_in_order(
    updates: pd.DataFrame, owns: Sequence[Own], catalogue: Catalogue | None
) -> list[list[dict[str, Any]]]:
    """For each row its links, best first, as ``{id, title, grade, score}``; none: ``[]``.

    Args:
        updates: an update table that has all rows of its documents.
        owns: what :func:`own_links` said of its rows.
        catalogue: what they were linked to; nothing is linked without one.
    """
    if catalogue is None:
        return [[] for _ in owns]
    changed = _placed(updates, owns, catalogue)
    links = [changed[i].links if i in changed else own.links for i, own in enumerate(owns)]
    return [[_item(item, catalogue) for item in own] for own in links]


def _item(link: Link, catalogue: Catalogue) -> dict[str, Any]:
    entry = catalogue.entries[link.entry]
    return {"id": entry.id, "title": entry.title, "grade": link.grade, "score": round(link.score, 2)}


def _placed(updates: pd.DataFrame, owns: Sequence[Own], catalogue: Catalogue) -> dict[int, Placed]:
    names = ("service", "source", "action_id", "period", "as_of")
    service, source, action, period, as_of = (
        updates[name].fillna("").astype(str).tolist() if name in updates.columns else [""] * len(updates)
        for name in names
    )
    periods = [f"{one}\0{when}" for one, when in zip(period, as_of, strict=True)]
    documents = sequences(service, source, action, periods)
    return placed(owns, documents, len(catalogue.entries))


def _told(changed: Placed, row: Row, goal: Goal, store: Vectors) -> tuple[Link, ...]:
    """The links of a row that its neighbours changed, with the reasons."""
    before, after = ("" if one is None else goal.catalogue.entries[one].id for one in changed.between)
    place = stands(before, after)
    found = []
    for item in changed.links:
        if item.entry == changed.raised:
            fits = why(item.entry, row, goal.facets, store)
            doubt = "" if item.grade == "equivalent" else missing(item.entry, row, goal.facets) or _NOT_SURE
            found.append(replace(item, why="; ".join(part for part in (fits, place, doubt) if part)))
        elif item.entry in changed.lowered:
            found.append(replace(item, why=f"{item.why}; but {place}" if item.why else place))
        else:
            found.append(item)
    return tuple(found)


def _own_links(
    table: Mapping[str, list[str]], rows: Sequence[Row], goal: Goal, encode: Encode, *, reasons: bool
) -> list[Own]:
    catalogue = goal.catalogue
    duties = tuple(without_preamble(entry.duty) for entry in catalogue.entries)
    limits = thresholds(goal)
    index = _index(goal.facets) if len(catalogue.entries) > ALL_UP_TO else None
    every = np.arange(len(catalogue.entries), dtype=np.intp)
    found: list[Own] = []
    for first in range(0, len(rows), _ROWS):
        chosen = rows[first : first + _ROWS]
        store = vectors(chosen, encode)
        candidates = None if index is None else choose(chosen, index, store)
        features = pair_features(chosen, goal, store, candidates)
        same, related = probabilities(features, goal, candidates)
        for i, passages in enumerate(chosen):
            row = {name: table[name][first + i] for name in table}
            entries = every if candidates is None else candidates[i]
            own = _decide(row, _Judged(passages, entries, same[i], related[i]), goal, duties, limits)
            if reasons:
                own = replace(own, links=tuple(_reasoned(item, passages, goal, store) for item in own.links))
            found.append(own)
    return found


_last: list[tuple[Facets, Finder]] = []  # every part of a large table is linked to the same


def _index(facets: Facets) -> Finder:
    for known, found in _last:
        if known is facets:
            return found
    made = finder(facets)
    _last[:] = [(facets, made)]
    return made


def links_column(updates: pd.DataFrame, links: pd.DataFrame) -> list[list[dict[str, Any]]]:
    """For each row of the table its links, best first, as ``{id, title, grade, score}``; none: ``[]``."""
    by_row: dict[str, list[dict[str, Any]]] = {}
    for item in links[["row_id", "id", "title", "grade", "score"]].to_dict("records"):
        by_row.setdefault(str(item["row_id"]), []).append(
            {"id": item["id"], "title": item["title"], "grade": item["grade"], "score": float(item["score"])}
        )
    return [by_row.get(str(row_id), []) for row_id in updates["row_id"]]


def table_features(updates: pd.DataFrame, goal: Goal, encoder: Encoder) -> NDArray[np.float32]:
    """What the models see of every row and entry: shape ``(rows, entries, len(goal.features))``.

    For training and measuring; :func:`link` does the same in blocks.
    """
    rows = rows_of(text_columns(updates), None, goal.catalogue)
    parts = []
    for first in range(0, len(rows), _ROWS):
        chosen = rows[first : first + _ROWS]
        parts.append(pair_features(chosen, goal, vectors(chosen, encoder.encode)))
    return np.concatenate(parts) if parts else np.zeros((0, 0, len(goal.features)), dtype=np.float32)


@dataclass(frozen=True, slots=True)
class _Judged:
    """A row, the entries that were looked at, and how probably each asks the same, or is related."""

    row: Row
    entries: NDArray[np.intp]
    same: NDArray[np.float64]
    related: NDArray[np.float64]


def _decide(
    row: Mapping[str, str],
    judged: _Judged,
    goal: Goal,
    duties: Sequence[str],
    limits: tuple[NDArray[np.float64], NDArray[np.float64]],
) -> Own:
    """What one row says by itself; of its links, those have a reason that do not rest on likeness."""
    passages, entries = judged.row, judged.entries
    same_from, related_from = (limit[entries] for limit in limits)
    links: dict[int, Link] = {}
    if passages.main:
        equivalent = judged.same >= same_from
        for i in np.flatnonzero(equivalent | (judged.related >= related_from)):
            score = float(judged.same[i] + judged.related[i]) / 2
            links[int(entries[i])] = Link(
                int(entries[i]), "equivalent" if equivalent[i] else "related", score
            )
    for item in _quoted(passages, duties, entries):
        known = links.get(item.entry, item)
        links[item.entry] = replace(item, score=max(item.score, known.score))
    asked = dict(zip(entries.tolist(), judged.related.tolist(), strict=True)) if passages.asks else None
    links = numbered(row, links, goal.catalogue, asked)
    settled = any(item.why and item.grade == "equivalent" for item in links.values())
    return Own(
        links=ranked(links.values()),
        same=_likely(judged),
        words=len(telling_terms(passages.whole)) if passages.main else -1,
        settled=settled or numbered_otherwise(row, goal.catalogue),
    )


def _likely(judged: _Judged) -> tuple[tuple[int, float], ...]:
    """The entries that a row may ask the same as, in the catalogue's order, with the probability."""
    if not judged.row.main:
        return ()
    # Rounded, as the last bits depend on how many rows are compared at once.
    same = np.round(judged.same, 4)
    best = np.argsort(-same, kind="stable")[:_REMEMBERED]
    return tuple((int(judged.entries[i]), float(same[i])) for i in np.sort(best) if same[i] >= _LIKELY)


def _reasoned(item: Link, row: Row, goal: Goal, store: Vectors) -> Link:
    return item if item.why else replace(item, why=_reason(item, row, goal, store))


def _reason(item: Link, row: Row, goal: Goal, store: Vectors) -> str:
    reason = why(item.entry, row, goal.facets, store)
    if item.grade != "related":
        return reason
    lacking = missing(item.entry, row, goal.facets) or _NOT_SURE
    return f"{reason}; {lacking}" if reason else lacking


def _quoted(passages: Row, duties: Sequence[str], entries: NDArray[np.intp]) -> Iterator[Link]:
    """Entries whose duty the row's recommendation quotes, near enough word for word."""
    for passage in passages.asks:
        terms = compared_terms(passage)
        for number in entries.tolist():
            theirs = compared_terms(duties[number])
            count = len(terms & theirs)
            if count < _QUOTED_WORDS:
                continue
            likeness = 2 * count / (len(terms) + len(theirs))
            if likeness >= _QUOTED:
                yield Link(
                    number,
                    "equivalent",
                    0.9 + 0.1 * likeness,
                    f"quotes the duty: “{short(passage)}” ~ “{short(duties[number])}”",
                )
