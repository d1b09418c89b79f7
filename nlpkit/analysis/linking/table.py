"""Update tables linked to a catalogue: the steps of linking in order."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from nlpkit.analysis.linking.candidates import ALL_UP_TO, choose, finder
from nlpkit.analysis.linking.examples import stored_examples
from nlpkit.analysis.linking.numbers import numbered
from nlpkit.analysis.linking.pairs import Goal, make_ready, pair_features, probabilities, thresholds
from nlpkit.analysis.linking.parts import Link, Row, Vectors, short, vectors
from nlpkit.analysis.linking.reasons import missing, why
from nlpkit.analysis.linking.rows import Definitions, rows_of, text_columns
from nlpkit.analysis.similarity import compared_terms, without_preamble
from nlpkit.catalogue import Catalogue
from nlpkit.embedding import Encoder
from nlpkit.language.annotations import TextAnalysis

__all__ = ["LINK_COLUMNS", "link", "link_rows", "links_column", "ready", "table_features"]

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

_MOST = 5  # links a row can have
_QUOTED = 0.8  # share of words in common from which a recommendation counts as quoted,
_QUOTED_WORDS = 4  # if they are this many at least
_ROWS = 400  # looked at together
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
    reasons: bool = True,
) -> pd.DataFrame:
    """:func:`link`, with a catalogue that is ready.

    ``definitions`` are the acronyms of whole documents, where the table has only some of their rows. Without
    ``reasons``, a quarter of the work, ``why`` is "" or what the decision itself rests on.
    """
    catalogue = goal.catalogue
    table = text_columns(updates)
    rows = rows_of(table, analyses, catalogue, definitions)
    duties = tuple(without_preamble(entry.duty) for entry in catalogue.entries)
    limits = thresholds(goal)
    index = finder(goal.facets) if len(catalogue.entries) > ALL_UP_TO else None
    every = np.arange(len(catalogue.entries), dtype=np.intp)
    found: list[dict[str, Any]] = []
    for first in range(0, len(rows), _ROWS):
        chosen = rows[first : first + _ROWS]
        store = vectors(chosen, encoder)
        candidates = None if index is None else choose(chosen, index, store)
        features = pair_features(chosen, goal, store, candidates)
        same, related = probabilities(features, goal, candidates)
        for i, passages in enumerate(chosen):
            row = {name: table[name][first + i] for name in table}
            entries = every if candidates is None else candidates[i]
            judged = _Judged(passages, entries, same[i], related[i])
            for item in _decide(row, judged, goal, duties, limits):
                said = item.why or (_reason(item, passages, goal, store) if reasons else "")
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
                        "why": said,
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


def table_features(updates: pd.DataFrame, goal: Goal, encoder: Encoder) -> NDArray[np.float32]:
    """What the models see of every row and entry: shape ``(rows, entries, len(goal.features))``.

    For training and measuring; :func:`link` does the same in blocks.
    """
    rows = rows_of(text_columns(updates), None, goal.catalogue)
    parts = []
    for first in range(0, len(rows), _ROWS):
        chosen = rows[first : first + _ROWS]
        parts.append(pair_features(chosen, goal, vectors(chosen, encoder)))
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
) -> list[Link]:
    """The links of one row, best first; of those that the plan itself names or quotes, with the reason."""
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
    ranked = sorted(
        links.values(), key=lambda item: (item.grade != "equivalent", -round(item.score, 2), item.entry)
    )
    return ranked[:_MOST]


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
