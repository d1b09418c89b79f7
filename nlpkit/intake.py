"""What a user gives, documents and tables in any mixture, as one update table."""

from __future__ import annotations

import logging
import re
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

import pandas as pd

from nlpkit.embedding import Encoder
from nlpkit.embedding.default import default_encoder
from nlpkit.errors import InputError, NoRows
from nlpkit.files import TABLE_ENDINGS, holds_update_table, is_update_table, read_sheets
from nlpkit.language import parse_as_of
from nlpkit.reading import DOCUMENT_SUFFIXES, OTHER_FORMATS, Account, Reading, read_document, read_frame
from nlpkit.reading.accounts import SET_ASIDE_COLUMNS
from nlpkit.schema import conform, derive_row_ids, empty_table

__all__ = ["Intake", "read", "take_in"]

_TEXTS = ("update", "recommendation", "required_outcome", "planned_action")
_WORDS = re.compile(r"\w")
_WORDLESS = "neither a narrative nor a recommendation"
_LOG = logging.getLogger(__name__)


@dataclass(frozen=True)
class Intake:
    """Everything that was given, accounted for.

    Attributes:
        updates: the update table, in the order of the inputs; a user's own columns come last.
        set_aside: rows that cannot be used: source, place, text, reason.
        accounts: one a plan that was read, with its reconciliation.
        failures: inputs that could not be used at all.
    """

    updates: pd.DataFrame = field(default_factory=empty_table)
    set_aside: pd.DataFrame = field(default_factory=lambda: pd.DataFrame(columns=list(SET_ASIDE_COLUMNS)))
    accounts: tuple[Account, ...] = ()
    failures: tuple[InputError, ...] = ()

    @property
    def rejected(self) -> pd.DataFrame:
        """Rows set aside, then inputs that failed: source, place, text, reason."""
        failed = [
            {
                "source": error.source,
                "place": error.row,
                "text": "",
                "reason": f"{error.problem}. {error.remedy}",
            }
            for error in self.failures
        ]
        return pd.concat(
            [self.set_aside, pd.DataFrame(failed, columns=list(SET_ASIDE_COLUMNS))], ignore_index=True
        )


def read(
    inputs: str | Path | Iterable[str | Path],
    *,
    service: str = "",
    as_of: str = "",
    encoder: Encoder | None = None,
) -> pd.DataFrame:
    """Read plans and update tables into one update table.

    Args:
        inputs: one file or several: documents (``.pdf``, ``.docx``, ``.xlsx``, ``.xls``, ``.ods``,
            ``.html``, ``.txt``, ``.md``), tables
            (``.jsonl``, ``.csv``, ``.tsv``, ``.xlsx``, ``.parquet``), or ``-`` for JSON Lines on
            standard input.
        service: who reports: in place of the name found in a plan; in tables for the rows without one.
        as_of: ISO date, month or year at which the updates were true, where the input does not say:
            the dates of a plan's own reporting periods and of a table's own rows stay.
        encoder: settles column headings that no synonym covers; nlpkit's own unless given.

    Returns:
        A DataFrame with :data:`nlpkit.schema.READ_COLUMNS`, then the user's own columns. Rows that
        cannot be used are left out with a warning; :func:`take_in` returns them.

    Raises:
        InputError: an input that cannot be used.
    """
    given = [inputs] if isinstance(inputs, str | Path) else list(inputs)
    intake = take_in(given, service=service, as_of=as_of, encoder=encoder)
    if intake.failures:
        raise intake.failures[0]
    for row in intake.set_aside.to_dict("records"):
        _LOG.warning("%s, %s: set aside: %s", row["source"], row["place"], row["reason"])
    return intake.updates


def take_in(
    inputs: Sequence[str | Path], *, service: str = "", as_of: str = "", encoder: Encoder | None = None
) -> Intake:
    """Read every input that can be read; what cannot is listed, not raised.

    An input given twice is read once. Inputs with the same file name are told apart by their
    folders in ``source`` and ``row_id``.

    Args:
        inputs, service, as_of, encoder: as :func:`read`.
    """
    encoder = encoder or default_encoder()
    readings: list[Reading] = []
    failures: list[InputError] = []
    owner: dict[str, str] = {}
    for path, label in _labelled(inputs).items():
        try:
            reading = _read_one(path, label, service=service, as_of=as_of, encoder=encoder)
            _refuse_if_empty(reading, path)
            _claim(reading.updates, path, owner)
        except InputError as error:
            failures.append(error)
        else:
            readings.append(reading)
    if not readings:
        return Intake(failures=tuple(failures))
    return Intake(
        pd.concat([reading.updates for reading in readings], ignore_index=True),
        pd.concat([reading.set_aside for reading in readings], ignore_index=True),
        tuple(account for reading in readings for account in reading.accounts),
        tuple(failures),
    )


def _labelled(inputs: Iterable[str | Path]) -> dict[str, str]:
    """Each input once, with the shortest tail of its path that no other input shares."""
    given: dict[Path, str] = {}
    for item in inputs:
        where = Path("-") if str(item) == "-" else Path(item).resolve()
        if where in given:
            _LOG.warning("%s is given twice; read once", item)
        given.setdefault(where, str(item))
    parts = {where: where.parts for where in given}
    lengths = dict.fromkeys(given, 1)
    while True:
        tails = {where: "/".join(parts[where][-lengths[where] :]) for where in given}
        shared = {tail for tail, n in Counter(tails.values()).items() if n > 1}
        if not shared:
            return {given[where]: tails[where] for where in given}
        for where, tail in tails.items():
            lengths[where] += tail in shared


def _read_one(path: str, label: str, *, service: str, as_of: str, encoder: Encoder) -> Reading:
    ending = Path(path).suffix.lower()
    planned = ending == ".xlsx" and not holds_update_table(path)
    if path == "-" or (ending in TABLE_ENDINGS and not planned):
        return _read_table(path, "stdin" if path == "-" else label, service=service, as_of=as_of)
    if ending not in DOCUMENT_SUFFIXES and Path(path).is_file():
        raise InputError(
            f"'{ending}' is not a format nlpkit reads" if ending else "has no ending that tells its format",
            source=path,
            remedy=f"{OTHER_FORMATS.get(ending, '')} Plans are read from "
            f"{', '.join(sorted(DOCUMENT_SUFFIXES))}; "
            f"update tables from {', '.join(TABLE_ENDINGS)}.".lstrip(),
        )
    return _sifted(_relabelled(read_document(path, service=service, as_of=as_of, encoder=encoder), label))


def _read_table(path: str, source: str, *, service: str, as_of: str) -> Reading:
    sheets = read_sheets(path)
    own = {name: table for name, table in sheets.items() if is_update_table(table)}
    several = len(own or sheets) > 1
    readings: list[Reading] = []
    problems: dict[str, InputError] = {}
    for name, table in (own or sheets).items():
        label = f"{source}#{name}" if several else source
        try:
            if own or Path(path).suffix.lower() in _NEVER_A_PLAN or path == "-":
                updates = conform(table, source=label, service=service, as_of=as_of)
                readings.append(_sifted(Reading(updates), _wrong_dates(updates)))
            else:
                readings.append(_sifted(read_frame(table, source=label, service=service, as_of=as_of)))
        except InputError as error:
            problems[name] = type(error)(
                error.problem, source=path, row=error.row or None, column=error.column, remedy=error.remedy
            )
    if not readings or own:
        for problem in problems.values():
            raise problem
    for name, problem in problems.items():
        _LOG.warning("%s: sheet '%s' not read: it %s", path, name, problem.problem)
    for name in sheets.keys() - own.keys() if own else ():
        _LOG.warning("%s: sheet '%s' not read: it has no column 'update'", path, name)
    return Reading(
        pd.concat([reading.updates for reading in readings], ignore_index=True),
        pd.concat([reading.set_aside for reading in readings], ignore_index=True),
        tuple(account for reading in readings for account in reading.accounts),
    )


def _wrong_dates(updates: pd.DataFrame) -> dict[int, str]:
    """The rows, by position, with a date that is none, and what is wrong with it."""
    return {
        at: f"column '{column}': '{value[:40]}' is not a date (write a day, month or year: 2024-09-30, "
        "2024-09 or 2024)"
        for column in ("due_date", "as_of")
        for at, value in enumerate(updates[column])
        if value and parse_as_of(value) is None
    }


# JSON Lines and Parquet come from programs, which name their columns as asked.
_NEVER_A_PLAN = frozenset({".jsonl", ".ndjson", ".parquet"})


def _relabelled(reading: Reading, label: str) -> Reading:
    if all(account.source == label for account in reading.accounts):
        return reading
    updates = reading.updates.assign(source=label, row_id="")
    updates["row_id"] = derive_row_ids(updates)
    accounts = tuple(replace(account, source=label) for account in reading.accounts)
    return Reading(updates, reading.set_aside.assign(source=label), accounts)


def _sifted(reading: Reading, wrong: Mapping[int, str] | None = None) -> Reading:
    """The reading with its wordless rows, and those where something is ``wrong``, set aside."""
    updates = reading.updates
    # Not by pandas' own string functions: those stop at half a character, which JSON lets through.
    has_words = [any(map(_WORDS.search, said)) for said in zip(*(updates[n] for n in _TEXTS), strict=True)]
    reasons = {at: _WORDLESS for at, said in enumerate(has_words) if not said} | dict(wrong or {})
    if not reasons:
        return reading
    out = sorted(reasons)
    aside = pd.DataFrame(
        {
            "source": updates["source"].iloc[out],
            "place": [f"record {at + 1}" for at in out],
            "text": updates["row_id"].iloc[out],
            "reason": [reasons[at] for at in out],
        }
    )
    kept = updates.drop(index=updates.index[out]).reset_index(drop=True)
    return replace(reading, updates=kept, set_aside=pd.concat([reading.set_aside, aside], ignore_index=True))


def _refuse_if_empty(reading: Reading, path: str) -> None:
    """Refuse an input of which no row can be used, with the first reason."""
    if not reading.updates.empty:
        return
    for row in reading.set_aside.to_dict("records"):
        if row["reason"] != _WORDLESS:
            raise InputError(
                "no row of it can be used",
                source=path,
                remedy=f"The first, {row['place']}: {row['reason']}.",
            )
    raise NoRows(
        "has no row with a narrative or a recommendation",
        source=path,
        remedy="Fill the column 'update', or name the column that holds the narrative so.",
    )


def _claim(updates: pd.DataFrame, path: str, owner: dict[str, str]) -> None:
    """Make sure that no other input has the same row ids."""
    for row_id in updates["row_id"]:
        if row_id in owner:
            raise InputError(
                f"row_id '{row_id}' also stands in {owner[row_id]}",
                source=path,
                column="row_id",
                remedy="Give every row its own row_id, or leave out the file that repeats the other.",
            )
    owner.update(dict.fromkeys(updates["row_id"], path))
