"""Catalogues made from plans, and catalogues checked."""

from __future__ import annotations

from pathlib import Path

import pandas as pd

from nlpkit.analysis.linking.parts import short
from nlpkit.analysis.linking.rows import text_columns
from nlpkit.analysis.similarity import compared_terms, without_preamble
from nlpkit.catalogue import Entry, catalogue_lines
from nlpkit.errors import InputError

__all__ = ["BUILT_COLUMNS", "catalogue_table", "check_catalogue", "own_recommendations"]

BUILT_COLUMNS: tuple[str, ...] = ("id", "title", "duty", "theme", "details")

_TITLE = 80  # characters


def own_recommendations(updates: pd.DataFrame) -> pd.DataFrame:
    """Of an update table, for each action its number, recommendation, outcome and theme, in order."""
    table = text_columns(updates)
    themes = updates["theme"].fillna("") if "theme" in updates.columns else [""] * len(updates)
    rows: dict[tuple[str, str, str], dict[str, str]] = {}
    for i, theme in enumerate(themes):
        key = (table["service"][i], table["source"][i], table["action_id"][i] or f"row {table['row_id'][i]}")
        known = rows.setdefault(
            key, {"id": table["action_id"][i], "theme": str(theme), "duty": "", "details": ""}
        )
        for name, column in (("duty", "recommendation"), ("details", "required_outcome")):
            text = " ".join(table[column][i].split())
            if text and not known[name]:
                known[name] = text
    return pd.DataFrame(rows.values(), columns=["id", "theme", "duty", "details"])


def catalogue_table(actions: pd.DataFrame) -> tuple[pd.DataFrame, int]:
    """A catalogue as a table of :data:`BUILT_COLUMNS`, and how many actions gave none.

    An action gives an entry if it quotes a recommendation that no action before it quoted. Its number
    is the id; where that is missing or taken, the place is added (``4-2``, ``R7``). The title is the
    beginning of the duty, without the words that all recommendations begin with.
    """
    entries: list[dict[str, str]] = []
    told: set[str] = set()
    taken: set[str] = set()
    for action in actions.to_dict("records"):
        duty = str(action["duty"])
        key = " ".join(without_preamble(duty).lower().split()).strip(" .“”\"'")
        if not key or key in told:
            continue
        told.add(key)
        id_ = str(action["id"]) or f"R{len(entries) + 1}"
        unique, again = id_, 2
        while unique in taken:
            unique, again = f"{id_}-{again}", again + 1
        taken.add(unique)
        title = short(without_preamble(duty).strip(" “”\"'"), _TITLE)
        entries.append(
            {
                "id": unique,
                "title": title[:1].upper() + title[1:],
                "duty": duty,
                "theme": str(action["theme"]),
                "details": str(action["details"]).replace(";", ","),  # a semicolon would end the phrase
            }
        )
    return pd.DataFrame(entries, columns=list(BUILT_COLUMNS)), len(actions) - len(entries)


def check_catalogue(path: str | Path) -> list[str]:
    """What a reader should know of a catalogue that can be used.

    Raises:
        InputError: it cannot be read, an id is used twice, a line has no text, or two lines ask the
            same in the same words. The message names the line.
    """
    found = catalogue_lines(path)
    seen: dict[str, tuple[int, Entry]] = {}
    wordless = 0
    for line, entry in found:
        key = " ".join(without_preamble(entry.duty).lower().split()).strip(" .")
        if key in seen:
            first, other = seen[key]
            raise InputError(
                f"recommendation '{entry.id}' asks the same as '{other.id}' on line {first}",
                source=Path(path),
                row=f"line {line}",
                column="duty",
                remedy="Keep one of them, or say how they differ.",
            )
        seen[key] = (line, entry)
        wordless += not compared_terms(entry.duty)
    helped = sum(bool(entry.aliases or entry.acronyms) for _, entry in found)
    detailed = sum(bool(entry.details) for _, entry in found)
    lines = [f"{path}: {len(found)} recommendations, can be used"]
    lines.append(
        f"  {helped} have aliases or acronyms, {detailed} have details (both help to find narratives)"
    )
    if wordless:
        lines.append(
            f"  {wordless} have no word that says what they are about: nothing will be linked to them"
        )
    return lines
