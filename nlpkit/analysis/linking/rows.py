"""Update tables as rows to compare: acronyms written out, preambles and pointers taken off."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence

import pandas as pd

from nlpkit.analysis.linking.numbers import own_words
from nlpkit.analysis.linking.parts import Row
from nlpkit.analysis.similarity import compared_terms, telling_terms, without_preamble
from nlpkit.catalogue import Catalogue
from nlpkit.embedding.pooling import sentences_of
from nlpkit.language.acronyms import count_definitions, decided, sector_acronyms, write_out
from nlpkit.language.annotations import Reference, TextAnalysis
from nlpkit.language.references import find_references

__all__ = ["Definitions", "defined", "passages", "rows_of", "text_columns"]

Definitions = Mapping[tuple[str, str], Mapping[str, Counter[str]]]
"""Of each document, by service and source, how often it gives each meaning to each acronym."""

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


def text_columns(updates: pd.DataFrame) -> dict[str, list[str]]:
    """The columns that linking reads, as lists of texts; "" where the table has nothing."""

    def text(value: object) -> str:
        return "" if value is None or value != value else str(value)

    blank = [""] * len(updates)
    return {
        name: [text(value) for value in updates[name]] if name in updates.columns else blank for name in _USED
    }


def rows_of(
    table: Mapping[str, list[str]],
    analyses: Sequence[TextAnalysis] | None,
    catalogue: Catalogue,
    definitions: Definitions | None = None,
) -> list[Row]:
    """The rows of a table as they are compared with a catalogue, in order.

    Args:
        table: of :func:`text_columns`.
        analyses: of the narratives, if they are known already.
        catalogue: what they are compared with.
        definitions: of the documents as a whole, where the table has only some of their rows.
    """
    own = _meanings(table, defined(table) if definitions is None else definitions)
    rows = []
    for i, update in enumerate(table["update"]):
        known = own[table["service"][i], table["source"][i]]
        asked = write_out(own_words(table["recommendation"][i], catalogue), known)
        means = f"{table['required_outcome'][i]}\n{table['planned_action'][i]}".strip()
        meant = write_out(own_words(means, catalogue), known)
        pointers = _pointers(update, analyses[i] if analyses is not None else None)
        told = own_words(update, catalogue)
        for reference in pointers:
            told = f"{told[: reference.start]} {told[reference.end :]}"
        tells = passages(write_out(told, known))
        if pointers:
            tells = [passage for passage in tells if telling_terms(passage)]
        # The recommendation is what is asked; how success is measured says less, unless it is all there is.
        asks, success = passages(asked), passages(meant)
        asks, tells = (asks, [*success, *tells]) if asks else (success, tells)
        rows.append(Row(tuple(dict.fromkeys(asks)), tuple(dict.fromkeys(tells)), table["service"][i]))
    return rows


def defined(table: Mapping[str, list[str]]) -> Definitions:
    """The acronyms that the rows define, by document; those of parts of a table may be added up."""
    texts: dict[tuple[str, str], list[str]] = {}
    for i, key in enumerate(zip(table["service"], table["source"], strict=True)):
        here = texts.setdefault(key, [])
        here.extend(
            table[name][i] for name in ("recommendation", "required_outcome", "planned_action", "update")
        )
    return {key: count_definitions(here) for key, here in texts.items()}


def _meanings(
    table: Mapping[str, list[str]], definitions: Definitions
) -> dict[tuple[str, str], Mapping[str, str]]:
    """For each document, what its acronyms stand for: its own definitions before the sector's."""
    sector = sector_acronyms("subjects")
    return {
        key: {**sector, **decided(definitions.get(key, {}))}
        for key in dict.fromkeys(zip(table["service"], table["source"], strict=True))
    }


def passages(text: str) -> list[str]:
    """The sentences of a text without their preambles and, after them, the text as a whole."""
    pieces = [without_preamble(sentence) for sentence in sentences_of(text.strip()) if sentence]
    if len(pieces) > 1:
        pieces.append(without_preamble(text))
    return [piece for piece in pieces if compared_terms(piece)]


def _pointers(text: str, analysis: TextAnalysis | None) -> list[Reference]:
    """The words of a narrative that send its reader elsewhere, the last first."""
    if analysis is None:
        references = list(find_references(text))
    else:
        references = [reference for sentence in analysis.sentences for reference in sentence.references]
    pointers = [reference for reference in references if reference.kind != "mention"]
    return sorted(pointers, key=lambda reference: -reference.start)
