"""The counterpart of one service's action in another's plan: actions as a catalogue of their own."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

import pandas as pd

from nlpkit.analysis.linking.pairs import Goal, make_ready
from nlpkit.analysis.linking.parts import short
from nlpkit.analysis.linking.rows import text_columns
from nlpkit.analysis.linking.table import LINK_COLUMNS, link_rows
from nlpkit.analysis.similarity import without_preamble
from nlpkit.catalogue import Catalogue, Entry
from nlpkit.embedding import Encoder
from nlpkit.language.sentences import split_sentences

__all__ = ["COUNTERPART_COLUMNS", "actions_catalogue", "counterparts", "link_actions", "ready_actions"]

COUNTERPART_COLUMNS: tuple[str, ...] = (
    *LINK_COLUMNS[:3],
    "to_row_id",
    "to_service",
    "to_action_id",
    *LINK_COLUMNS[5:],
)

_SENTENCES = 8  # of what is told of an action that it is known by


def link_actions(updates: pd.DataFrame, others: pd.DataFrame, encoder: Encoder) -> pd.DataFrame:
    """For each row of an update table, the actions of other plans that ask the same, or nearly.

    The actions of ``others`` are taken as a catalogue (the recommendation, or else the narrative, is the
    duty; outcomes and narratives are details), and judged by models of the same build, learned on pairs of
    authored plans. Of an action told in several periods, the first row that has its
    recommendation stands for it. An action is no counterpart of itself.

    Returns:
        One row a link with :data:`COUNTERPART_COLUMNS`, in the order of ``updates``, best first;
        otherwise as :func:`nlpkit.analysis.linking.link`.
    """
    catalogue, targets = actions_catalogue(others)
    if not targets:
        return pd.DataFrame(columns=list(COUNTERPART_COLUMNS))
    goal = ready_actions(catalogue, encoder)
    links = link_rows(updates, goal, encoder, in_order=False).to_dict("records")
    return counterparts(updates, links, targets)


def ready_actions(catalogue: Catalogue, encoder: Encoder) -> Goal:
    """A catalogue of :func:`actions_catalogue` with all that rows are compared with."""
    return make_ready(catalogue, encoder, model="actions")


def counterparts(
    updates: pd.DataFrame,
    links: Iterable[Mapping[Any, Any]],
    targets: Mapping[str, tuple[str, str, str]],
) -> pd.DataFrame:
    """Links to entries of :func:`actions_catalogue`, in order, as links to the actions of those."""
    own = text_columns(updates)
    mine = {
        row_id: (service, action or row_id)
        for row_id, service, action in zip(own["row_id"], own["service"], own["action_id"], strict=True)
    }
    found = []
    for item in links:
        row_id, service, action = targets[str(item["id"])]
        if (service, action or row_id) == mine[str(item["row_id"])]:
            continue
        place = {"to_row_id": row_id, "to_service": service, "to_action_id": action}
        found.append({**{str(name): value for name, value in item.items()}, **place})
    return pd.DataFrame(found, columns=list(COUNTERPART_COLUMNS))


def actions_catalogue(updates: pd.DataFrame) -> tuple[Catalogue, dict[str, tuple[str, str, str]]]:
    """An update table as a catalogue, and for each entry the row, service and action it stands for."""
    table = text_columns(updates)
    kept: dict[tuple[str, str, str], int] = {}
    for i, row_id in enumerate(table["row_id"]):
        action = table["action_id"][i]
        key = (table["service"][i], table["source"][i], action or f"row {row_id}")
        known = kept.get(key)
        if known is None or (table["recommendation"][i] and not table["recommendation"][known]):
            kept[key] = i
    entries: list[Entry] = []
    targets: dict[str, tuple[str, str, str]] = {}
    for i in kept.values():
        asked, means = table["recommendation"][i].strip(), table["required_outcome"][i].strip()
        told = [
            update[start:end].strip()
            for update in (table["planned_action"][i], table["update"][i])
            for start, end in split_sentences(update)
        ]
        duty = asked or means or " ".join(told)
        if not duty:
            continue
        details = ([means] if means and asked else []) + (told if asked or means else told[:_SENTENCES])
        id_ = f"action {i}"  # no number that a text could name
        entries.append(
            Entry(
                id=id_,
                title=short(without_preamble(duty), 100),
                duty=duty,
                details=tuple(dict.fromkeys(details[:_SENTENCES])),
            )
        )
        targets[id_] = (table["row_id"][i], table["service"][i], table["action_id"][i])
    return Catalogue("actions", (), tuple(entries)), targets
