"""What a user gives, documents and tables in any mixture, as one update table."""

from __future__ import annotations

import hashlib
import logging
import traceback
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

import pandas as pd

from nlpkit.embedding import Encoder
from nlpkit.embedding.default import default_encoder
from nlpkit.errors import InputError, NlpkitError, NoRows
from nlpkit.files import TABLE_ENDINGS, file_bytes, holds_update_table
from nlpkit.keeping import Keep, content_key
from nlpkit.reading import (
    DOCUMENT_SUFFIXES,
    OTHER_FORMATS,
    Account,
    Reading,
    document_bytes,
    read_document,
)
from nlpkit.reading.accounts import FileRead
from nlpkit.reading.gathering import Gathered, Item, check_apart, gather
from nlpkit.reading.kept import reading_from_json, reading_to_json
from nlpkit.schema import derive_row_ids, empty_table
from nlpkit.tables import MENDABLE_COLUMNS, WORDLESS, mendable, no_rows_aside, read_own_table, sifted

__all__ = ["Intake", "read", "take_in"]

_LOG = logging.getLogger(__name__)


@dataclass(frozen=True)
class Intake:
    """Everything that was given, accounted for.

    Attributes:
        updates: the update table, in the order of the inputs; a user's own columns come last.
        set_aside: rows that cannot be used: source, place, text, reason, then the columns of the update
            table as far as they are known, then the user's own: mended, they can be read again.
        accounts: one a plan that was read, with its reconciliation.
        failures: files that could not be used at all.
        files: what became of each file, in the order in which they were read.
        passed_over: hidden and temporary files in folders and archives.
    """

    updates: pd.DataFrame = field(default_factory=empty_table)
    set_aside: pd.DataFrame = field(default_factory=no_rows_aside)
    accounts: tuple[Account, ...] = ()
    failures: tuple[InputError, ...] = ()
    files: tuple[FileRead, ...] = ()
    passed_over: tuple[str, ...] = ()

    @property
    def rejected(self) -> pd.DataFrame:
        """Rows set aside, then files that failed (they have no place), with the columns of ``set_aside``."""
        failed = [
            {
                "source": error.source,
                "place": error.row,
                "text": "",
                "reason": f"{error.problem}. {error.remedy}",
            }
            for error in self.failures
        ]
        listed = pd.concat([self.set_aside, pd.DataFrame(failed, dtype="object")], ignore_index=True)
        listed[list(MENDABLE_COLUMNS)] = listed[list(MENDABLE_COLUMNS)].fillna("")
        return listed


def read(
    inputs: str | Path | Iterable[str | Path],
    *,
    service: str = "",
    as_of: str = "",
    encoder: Encoder | None = None,
) -> pd.DataFrame:
    """Read plans and update tables into one update table.

    Args:
        inputs: one or several files, folders and ``.zip`` archives, in any mixture: documents (``.pdf``,
            ``.docx``, ``.xlsx``, ``.xls``, ``.ods``, ``.html``, ``.txt``, ``.md``), tables (``.jsonl``,
            ``.csv``, ``.tsv``, ``.xlsx``, ``.parquet``), or ``-`` for JSON Lines on standard input.
        service: who reports: in place of the name found in a plan; in tables for the rows without one.
        as_of: ISO date, month or year at which the updates were true, where the input does not say:
            the dates of a plan's own reporting periods and of a table's own rows stay.
        encoder: settles column headings that no synonym covers; nlpkit's own unless given.

    Returns:
        A DataFrame with :data:`nlpkit.schema.READ_COLUMNS`, then the user's own columns. Rows that
        cannot be used, and files in folders and archives, are left out with a warning;
        :func:`take_in` returns them.

    Raises:
        InputError: an input that cannot be used, or a folder or archive of which no file can.
    """
    given = [inputs] if isinstance(inputs, str | Path) else list(inputs)
    gathered = gather(given)
    intake = _take_in(gathered, service, as_of, encoder or default_encoder(), None, None)
    named = {item.shown for item in gathered.items if item.named}
    for failure in intake.failures:
        if failure.source in named or intake.updates.empty:
            raise failure
        _LOG.warning("%s", failure)
    for row in intake.set_aside.to_dict("records"):
        _LOG.warning("%s, %s: set aside: %s", row["source"], row["place"], row["reason"])
    return intake.updates


def take_in(
    inputs: Sequence[str | Path],
    *,
    service: str = "",
    as_of: str = "",
    encoder: Encoder | None = None,
    progress: Callable[[str, int, int], None] | None = None,
    keep: Keep | None = None,
    outputs: Sequence[str | Path] = (),
) -> Intake:
    """Read every input that can be read; what cannot is listed, not raised.

    An input given twice is read once. Inputs with the same file name are told apart by their
    folders in ``source`` and ``row_id``.

    Args:
        inputs, service, as_of, encoder: as :func:`read`.
        progress: called before each file.
        keep: where finished readings of documents are kept and looked for.
        outputs: files that will be written when all is read.

    Raises:
        InputError: an output is an input too, or lies in a folder that is one.
    """
    gathered = gather(inputs)
    check_apart(outputs, inputs, gathered)
    return _take_in(gathered, service, as_of, encoder or default_encoder(), progress, keep)


def _take_in(
    gathered: Gathered,
    service: str,
    as_of: str,
    encoder: Encoder,
    progress: Callable[[str, int, int], None] | None,
    keep: Keep | None,
) -> Intake:
    readings: list[Reading] = []
    failures: list[InputError] = []
    files: list[FileRead] = []
    owner: dict[str, str] = {}
    contents: dict[bytes, str] = {}
    for done, item in enumerate(gathered.items):
        if progress is not None:
            progress("reading files", done, len(gathered.items))
        reading = Reading()
        try:
            raw = _content(item)
            reading = _read_one(item, raw, service=service, as_of=as_of, encoder=encoder, keep=keep)
            _refuse_if_empty(reading, item.shown)
            _claim(reading.updates, item.shown, owner)
        except Exception as fault:
            error = fault if isinstance(fault, InputError) else _unforeseen(fault, item.shown)
            # Whatever befalls one file, the others are read; but what nlpkit lacks, it lacks for all.
            if error is not fault and (isinstance(fault, NlpkitError) or len(gathered.items) == 1):
                raise
            failures.append(error)
            files.append(FileRead(item.shown, set_aside=len(reading.set_aside), problem=error.problem))
            # Rows of a file of which none could be used are listed all the same, to be mended.
            readings.append(Reading(set_aside=reading.set_aside))
            continue
        twin = contents.setdefault(hashlib.sha256(raw).digest(), item.shown)
        more = [] if twin == item.shown else [f"has the same content as {twin}: its updates come twice"]
        for note in (*more, *reading.notes):
            _LOG.warning("%s: %s", item.shown, note)
        readings.append(reading)
        notes = len(more) + len(reading.notes) + sum(len(account.warnings) for account in reading.accounts)
        files.append(FileRead(item.shown, len(reading.updates), len(reading.set_aside), notes))
    read = [reading.updates for reading in readings if len(reading.updates)]
    aside = [reading.set_aside for reading in readings if len(reading.set_aside)]
    return Intake(
        pd.concat(read, ignore_index=True) if read else empty_table(),
        pd.concat(aside, ignore_index=True) if aside else no_rows_aside(),
        tuple(account for reading in readings for account in reading.accounts),
        tuple(failures),
        tuple(files),
        gathered.passed_over,
    )


def _content(item: Item) -> bytes:
    """What the file holds, if nothing is known against it."""
    if item.problem is not None:
        raise item.problem
    ending = Path(item.shown).suffix.lower()
    known = item.shown == "-" or ending in TABLE_ENDINGS or ending in DOCUMENT_SUFFIXES
    if not known and (item.load is not None or Path(item.shown).is_file()):
        raise InputError(
            f"'{ending}' is not a format nlpkit reads" if ending else "has no ending that tells its format",
            source=item.shown,
            remedy=f"{OTHER_FORMATS.get(ending, '')} Plans are read from "
            f"{', '.join(sorted(DOCUMENT_SUFFIXES))}; "
            f"update tables from {', '.join(TABLE_ENDINGS)}.".lstrip(),
        )
    if item.load is not None:
        return item.load()
    return (
        file_bytes(item.shown)
        if ending in TABLE_ENDINGS or item.shown == "-"
        else document_bytes(Path(item.shown))
    )


def _read_one(
    item: Item, raw: bytes, *, service: str, as_of: str, encoder: Encoder, keep: Keep | None
) -> Reading:
    path = item.shown
    ending = Path(path).suffix.lower()
    planned = ending == ".xlsx" and not holds_update_table(path, raw=raw)
    if path == "-" or (ending in TABLE_ENDINGS and not planned):
        label = "stdin" if path == "-" else item.source
        return read_own_table(path, label, raw=raw, service=service, as_of=as_of)
    key = content_key("reading", raw, [path, item.source, service, as_of, encoder.name])
    kept = keep.get(key) if keep is not None else None
    if kept is not None:
        return reading_from_json(kept)
    reading = read_document(path, raw=raw, service=service, as_of=as_of, encoder=encoder)
    reading = sifted(mendable(_relabelled(reading, item.source)))
    if keep is not None and len(reading.updates):
        keep.put(key, reading_to_json(reading))
    return reading


def _unforeseen(fault: Exception, path: str) -> InputError:
    """A fault of nlpkit's as a failure of the file that brought it to light."""
    frames = traceback.extract_tb(fault.__traceback__)
    where = f", {Path(frames[-1].filename).name} line {frames[-1].lineno}" if frames else ""
    return InputError(
        f"could not be read by a fault in nlpkit ({type(fault).__name__}: {str(fault)[:120]}{where})",
        source=path,
        remedy="Please report it; read alone, the file gives more to report.",
    )


def _relabelled(reading: Reading, label: str) -> Reading:
    if all(account.source == label for account in reading.accounts):
        return reading
    updates = reading.updates.assign(source=label, row_id="")
    updates["row_id"] = derive_row_ids(updates)
    accounts = tuple(replace(account, source=label) for account in reading.accounts)
    return Reading(updates, reading.set_aside.assign(source=label), accounts)


def _refuse_if_empty(reading: Reading, path: str) -> None:
    """Refuse an input of which no row can be used, with the first reason."""
    if not reading.updates.empty:
        return
    for row in reading.set_aside.to_dict("records"):
        if row["reason"] != WORDLESS:
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
