"""Update tables as users give them: taken as they are, sifted, and lists of rows set aside read again."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path

import pandas as pd

from nlpkit.errors import InputError
from nlpkit.files import is_update_table, read_sheets
from nlpkit.language import parse_as_of
from nlpkit.reading import Reading, read_frame
from nlpkit.reading.accounts import SET_ASIDE_COLUMNS
from nlpkit.schema import READ_COLUMNS, conform, derive_row_ids

__all__ = ["MENDABLE_COLUMNS", "WORDLESS", "mendable", "no_rows_aside", "read_own_table", "sifted"]

MENDABLE_COLUMNS = (*SET_ASIDE_COLUMNS, *(name for name in READ_COLUMNS if name != "source"))
"""Columns of a list of rows set aside: where and why, then what is known of the update."""

WORDLESS = "neither a narrative nor a recommendation"
_TEXTS = ("update", "recommendation", "required_outcome", "planned_action")
_WORDS = re.compile(r"\w")
# JSON Lines and Parquet come from programs, which name their columns as asked.
_NEVER_A_PLAN = frozenset({".jsonl", ".ndjson", ".parquet"})
_LISTED = tuple(name for name in SET_ASIDE_COLUMNS if name != "source")


def no_rows_aside() -> pd.DataFrame:
    """A list of rows set aside without rows."""
    return pd.DataFrame({name: pd.Series(dtype="object") for name in MENDABLE_COLUMNS})


def read_own_table(path: str, source: str, *, raw: bytes, service: str, as_of: str) -> Reading:
    """An update table, a plan in CSV or TSV, or a mended list of rows set aside.

    Args:
        path: the file, or ``-`` for standard input.
        source: what the rows say they come from.
        raw: its content.
        service, as_of: put where the table says nothing.

    Raises:
        InputError: no table, or one that is neither of these.
    """
    notes: list[str] = []
    sheets = read_sheets(path, raw=raw, notes=notes)
    own = {name: table for name, table in sheets.items() if is_update_table(table) or _is_list(table)}
    several = len(own or sheets) > 1
    readings: list[Reading] = []
    problems: dict[str, InputError] = {}
    for name, table in (own or sheets).items():
        label = f"{source}#{name}" if several else source
        try:
            if _is_list(table):
                readings.append(_mended(table, source=label, service=service, as_of=as_of))
            elif own or Path(path).suffix.lower() in _NEVER_A_PLAN or path == "-":
                updates = conform(table, source=label, service=service, as_of=as_of)
                readings.append(sifted(Reading(updates), _wrong_dates(updates)))
            else:
                reading = read_frame(table, source=label, service=service, as_of=as_of)
                accounts = tuple(
                    replace(account, warnings=(*notes, *account.warnings)) for account in reading.accounts
                )
                notes = []
                readings.append(sifted(mendable(replace(reading, accounts=accounts))))
        except InputError as error:
            problems[name] = type(error)(
                error.problem, source=path, row=error.row or None, column=error.column, remedy=error.remedy
            )
    if not readings or own:
        for problem in problems.values():
            raise problem
    notes += [f"sheet '{name}' not read: it {problem.problem}" for name, problem in problems.items()]
    if own:
        left = [name for name in sheets if name not in own]
        notes += [f"sheet '{name}' not read: it has no column 'update'" for name in left]
    return Reading(
        pd.concat([reading.updates for reading in readings], ignore_index=True),
        pd.concat([reading.set_aside for reading in readings], ignore_index=True),
        tuple(account for reading in readings for account in reading.accounts),
        notes=tuple(notes),
    )


def sifted(reading: Reading, wrong: Mapping[int, str] | None = None) -> Reading:
    """The reading with its wordless rows, and those where something is ``wrong``, set aside."""
    updates = reading.updates
    # Not by pandas' own string functions: those stop at half a character, which JSON lets through.
    has_words = [any(map(_WORDS.search, said)) for said in zip(*(updates[n] for n in _TEXTS), strict=True)]
    reasons = {at: WORDLESS for at, said in enumerate(has_words) if not said} | dict(wrong or {})
    if not reasons:
        return reading
    places = [f"record {at + 1}" for at in range(len(updates))]
    return _parted(reading, reasons, places, updates["row_id"].tolist())


def mendable(reading: Reading) -> Reading:
    """A plan's reading, its rows set aside with ids, so that they can be told from all others when mended."""
    aside = reading.set_aside
    if aside.empty:
        return reading
    services = set(reading.updates["service"])
    listed = aside.reindex(columns=list(MENDABLE_COLUMNS), fill_value="")
    listed["service"] = services.pop() if len(services) == 1 else ""
    named = listed[["source", "place"]].rename(columns={"place": "action_id"}).assign(row_id="")
    listed["row_id"] = derive_row_ids(named)
    return replace(reading, set_aside=listed)


def _parted(
    reading: Reading, reasons: Mapping[int, str], places: Sequence[str], texts: Sequence[str]
) -> Reading:
    """The reading without the rows that have a reason; these are added to those set aside."""
    out = sorted(reasons)
    rows = reading.updates.iloc[out].reset_index(drop=True)
    listed = {
        "place": [places[at] for at in out],
        "text": [texts[at] for at in out],
        "reason": [reasons[at] for at in out],
    }
    aside = pd.DataFrame(
        {"source": rows["source"]}
        | {name: pd.Series(values, dtype="object") for name, values in listed.items()}
        | {name: rows[name] for name in rows.columns if name not in SET_ASIDE_COLUMNS}
    )
    kept = reading.updates.drop(index=reading.updates.index[out]).reset_index(drop=True)
    before = [reading.set_aside] if len(reading.set_aside) else []
    return replace(reading, updates=kept, set_aside=pd.concat([*before, aside], ignore_index=True))


def _is_list(table: pd.DataFrame) -> bool:
    """Whether a table is a list of rows set aside, mended or not."""
    return set(SET_ASIDE_COLUMNS) <= {str(name).strip() for name in table.columns}


def _mended(table: pd.DataFrame, *, source: str, service: str, as_of: str) -> Reading:
    """The rows of a list of rows set aside that can now be used; the others stay set aside, as they were."""
    table = table.rename(columns={name: str(name).strip() for name in table.columns}).reset_index(drop=True)
    places, texts, reasons = (
        ["" if pd.isna(value) else str(value) for value in table[name]] for name in _LISTED
    )
    updates = table.drop(columns=list(_LISTED))
    if "update" not in updates.columns:
        updates["update"] = ""
    updates = conform(updates, source=source, service=service, as_of=as_of)
    wordless = {
        at: _still_aside(reasons[at], whole_file=not places[at])
        for at, row in enumerate(updates[list(_TEXTS)].agg(" ".join, axis=1))
        if not _WORDS.search(row)
    }
    wrong = wordless | _wrong_dates(updates)
    return _parted(Reading(updates), wrong, places, texts)


def _still_aside(reason: str, *, whole_file: bool) -> str:
    said = (
        "a whole file: mend it, and give it itself"
        if whole_file
        else "not mended: the column 'update' is empty"
    )
    return reason if reason.startswith(said) else f"{said}. It was set aside as: {reason}"


def _wrong_dates(updates: pd.DataFrame) -> dict[int, str]:
    """The rows, by position, with a date that is none, and what is wrong with it."""
    return {
        at: f"column '{column}': '{value[:40]}' is not a date (write a day, month or year: 2024-09-30, "
        "2024-09 or 2024)"
        for column in ("due_date", "as_of")
        for at, value in enumerate(updates[column])
        if value and parse_as_of(value) is None
    }
