"""What was said before: updates and the judgements given on them, kept in one DuckDB file.

An update is known by its service, ``row_id`` and moment (``as_of``, or the period's name). Recorded
again with the same text it changes nothing; recorded with another text it takes the place of the
old version, which is kept with the dates between which it stood. Everything is written in one
transaction: a run that is killed leaves what was there before.

DuckDB lets one process write, or several read. Files are opened only for the moment of reading or
writing, and a lock held by somebody else is waited for.
"""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pandas as pd

from nlpkit.cells import NUMBER_COLUMNS, compact, plain
from nlpkit.database import WAIT, begin, insert, opened, select, update
from nlpkit.errors import InputError
from nlpkit.files import TABLE_ENDINGS
from nlpkit.schema import DICT_COLUMNS, LIST_COLUMNS, READ_COLUMNS, natural_key, service_key

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

__all__ = [
    "JUDGEMENTS",
    "WAIT",
    "Recorded",
    "check_history",
    "moment_of",
    "occasions",
    "recall",
    "record",
    "versions",
]

JUDGEMENTS: tuple[str, ...] = (
    "status",
    "status_confidence",
    "calendar_status",
    "mismatch",
    "stale",
    "stale_refs",
    "stale_why",
    "novelty",
    "evidence",
    "evidence_score",
    "flags",
)
"""The columns of a scored table that are kept."""

# Not what the service says: which row it is, and what nlpkit makes of the declaration.
_NO_CONTENT = ("service", "source", "row_id", "declared_status")
_CONTENT = tuple(name for name in READ_COLUMNS if name not in _NO_CONTENT)
_SEEN = (
    "first_seen",
    "first_file",
    "last_seen",
    "last_file",
    "replaced",
    "replaced_by",
)
_OCCASION = (
    "service",
    "period",
    "as_of",
    "updates",
    "actions",
    "corrected",
    "files",
    "first_seen",
    "last_seen",
)

_TYPES: Mapping[str, str] = {
    "id": "BIGINT",
    "place": "INTEGER",
    **dict.fromkeys(NUMBER_COLUMNS, "DOUBLE"),
    **dict.fromkeys(LIST_COLUMNS, "VARCHAR[]"),
}


def _typed(*names: str) -> dict[str, str]:
    return {name: _TYPES.get(name, "VARCHAR") for name in names}


_TABLES: Mapping[str, Mapping[str, str]] = {
    "updates": _typed("id", *READ_COLUMNS, *JUDGEMENTS, "issue", "place", "content", *_SEEN),
    "issues": _typed("issue", "service", "source", "seen") | {"updates": "INTEGER"},
}
"""The history's tables: their columns and DuckDB's types. Another layout needs another SCHEMA."""


@dataclass(frozen=True, slots=True)
class Recorded:
    """What :func:`record` did: updates that were new, known, and there with another text."""

    new: int
    known: int
    corrected: int


def moment_of(as_of: str, period: str) -> str:
    """When an update was true, in the form in which it tells two updates of one row apart."""
    return as_of.strip() or " ".join(period.casefold().split())


def check_history(path: str | Path, *, write: bool = False, wait: float = WAIT) -> None:
    """Refuse what is no history of nlpkit's, before any work is done for it.

    Args:
        path: of the history.
        write: it is to be written, so that it may also be missing.
        wait: seconds for which a lock is waited for.

    Raises:
        InputError: a folder or device, another kind of file, damaged, of a later nlpkit, locked, not
            there, or (``write``) not writable.
    """
    place = Path(path)
    if place.is_dir():
        raise InputError("is a folder, not a history", source=path, remedy="Give a file name.")
    if place.exists():
        if not place.is_file():
            raise InputError("is a device, not a history", source=path, remedy="Give a file name.")
        if write and not (os.access(place, os.W_OK) and os.access(place.resolve().parent, os.W_OK)):
            raise InputError("cannot be written (no permission)", source=path, remedy="Choose another place.")
        with opened(path, write=False, wait=wait):
            return
    if not write:
        raise InputError(
            "there is no such history",
            source=path,
            remedy="Check the path; 'nlpkit score PLAN --history FILE' begins one.",
        )
    ending = place.suffix.lower()
    if ending in TABLE_ENDINGS:
        raise InputError(
            f"a history is a DuckDB file, and a name in '{ending}' would pass it off as a table",
            source=path,
            remedy="Give it a name in '.duckdb'.",
        )
    folder = place.resolve().parent
    if not folder.is_dir():
        raise InputError("its folder does not exist", source=path, remedy=f"Make the folder {folder} first.")
    if not os.access(folder, os.W_OK):
        raise InputError("cannot be written (no permission)", source=path, remedy="Choose another place.")


def recall(
    path: str | Path, *, judged: bool = False, service: str = "", missing: bool = True, wait: float = WAIT
) -> pd.DataFrame:
    """Every update as it was last told, in an order that no order of recording changes.

    Args:
        path: of the history.
        judged: with the judgements given.
        service: only the updates of this service.
        missing: take a missing file for a history that has nothing yet.
        wait: seconds for which a lock is waited for.

    Returns:
        One row an update: :data:`nlpkit.schema.READ_COLUMNS`, ``issue`` (the same for all rows first
        told by one content of one file) and ``place`` (position in that file); :data:`JUDGEMENTS` if
        they are asked for.

    Raises:
        InputError: as :func:`check_history`.
    """
    names = [*READ_COLUMNS, "issue", "place", *(JUDGEMENTS if judged else ())]
    if missing and not Path(path).exists():
        return pd.DataFrame({name: pd.Series(dtype="object") for name in names})
    check_history(path, wait=wait)
    with opened(path, write=False, wait=wait) as db:
        rows = select(db, names, "updates", "replaced IS NULL")
    rows = _of_service(rows, service, path)
    rows.sort(key=lambda row: (row["service"], row["source"], row["issue"], row["place"], row["row_id"]))
    return pd.DataFrame({name: _series(name, [row[name] for row in rows]) for name in names})


def versions(
    path: str | Path, *, service: str = "", replaced: bool = False, wait: float = WAIT
) -> pd.DataFrame:
    """What the history holds, an update a row, ordered by service, action, moment and row id.

    Args:
        path: of the history.
        service: only the updates of this service.
        replaced: also the versions that a corrected text took the place of.
        wait: seconds for which a lock is waited for.

    Returns:
        :data:`nlpkit.schema.READ_COLUMNS`, :data:`JUDGEMENTS`, then when and in which file each update
        was seen first and last (``first_seen``, ``first_file``, ``last_seen``, ``last_file``; UTC) and,
        with ``replaced``, when and by which file it was replaced (``replaced``, ``replaced_by``), and
        ``content`` (SHA-256 of what was read).

    Raises:
        InputError: as :func:`check_history`; or the history knows no such service.
    """
    check_history(path, wait=wait)
    names = [*READ_COLUMNS, *JUDGEMENTS, *_SEEN, "content"]
    with opened(path, write=False, wait=wait) as db:
        rows = select(db, [*names, "id"], "updates", "true" if replaced else "replaced IS NULL")
    rows = _of_service(rows, service, path)
    rows.sort(
        key=lambda row: (
            row["service"],
            row["plan"],
            natural_key(row["action_id"]),
            moment_of(row["as_of"], row["period"]),
            row["row_id"],
            row["id"],
        )
    )
    if not replaced:
        names = [name for name in names if name not in ("replaced", "replaced_by")]
    return pd.DataFrame({name: _series(name, [row[name] for row in rows]) for name in names})


def _of_service(rows: list[dict[str, Any]], service: str, path: str | Path) -> list[dict[str, Any]]:
    if not service:
        return rows
    wanted = service_key(service)
    found = [row for row in rows if service_key(row["service"]) == wanted]
    if not found:
        known = sorted({row["service"] for row in rows})
        raise InputError(
            f"has no updates of '{service}' (it has: {', '.join(name or 'unnamed' for name in known)})",
            source=path,
            remedy="Give one of these names.",
        )
    return found


def occasions(path: str | Path, *, wait: float = WAIT) -> pd.DataFrame:
    """The history in short: a row for each service and moment.

    Returns:
        ``service``, ``period``, ``as_of``, ``updates``, ``actions``, ``corrected`` (versions replaced),
        ``files`` (list), ``first_seen``, ``last_seen``.

    Raises:
        InputError: as :func:`check_history`.
    """
    found: dict[tuple[str, str], list[Mapping[str, Any]]] = {}
    for row in versions(path, replaced=True, wait=wait).to_dict("records"):
        key = (row["service"], moment_of(row["as_of"], row["period"]))
        found.setdefault(key, []).append({str(name): value for name, value in row.items()})
    lines = []
    for (service, _), rows in sorted(found.items()):
        now = [row for row in rows if not row["replaced"]]
        lines.append(
            {
                "service": service,
                "period": next((row["period"] for row in now if row["period"]), ""),
                "as_of": next((row["as_of"] for row in now if row["as_of"]), ""),
                "updates": len(now),
                "actions": len({(row["plan"], row["section"], row["action_id"]) for row in now}),
                "corrected": len(rows) - len(now),
                "files": sorted({row[name] for row in now for name in ("first_file", "last_file")} - {""}),
                "first_seen": min(row["first_seen"] for row in rows),
                "last_seen": max(row["last_seen"] for row in rows),
            }
        )
    return pd.DataFrame(lines, columns=list(_OCCASION))


# -- recording ---------------------------------------------------------------------------------


def record(
    path: str | Path, scored: pd.DataFrame, *, wait: float = WAIT, now: datetime | None = None
) -> Recorded:
    """Keep the updates of a scored table and the judgements given, in one transaction.

    What is there already with the same text stays as it is, but for a judgement that has become
    another; a file that tells it again moves ``last_seen``, unless that very content was recorded before.

    Args:
        path: of the history; made if missing.
        scored: what :func:`nlpkit.scoring.score` returned.
        wait: seconds for which a lock is waited for.
        now: the time to record; the clock's unless given.

    Raises:
        InputError: as :func:`check_history`.
    """
    check_history(path, write=True, wait=wait)
    if not Path(path).exists():
        begin(Path(path), _TABLES)
    at = (now or datetime.now(UTC)).astimezone(UTC).replace(tzinfo=None, microsecond=0).isoformat(sep=" ")
    told = _told(scored)
    with opened(path, write=True, wait=wait) as db:
        db.execute("BEGIN TRANSACTION")
        done = _merge(db, told, at)
        db.execute("COMMIT")
    return done


def _told(scored: pd.DataFrame) -> list[dict[str, Any]]:
    """The rows of a table as the history keeps them."""
    rows: list[dict[str, Any]] = []
    places: dict[tuple[str, str], int] = {}
    for record in scored.to_dict("records"):
        row: dict[str, Any] = {name: _sound(record.get(name, "")) for name in READ_COLUMNS}
        row |= {name: _kept(name, record.get(name)) for name in JUDGEMENTS}
        document = (row["service"], row["source"])
        row["place"] = places[document] = places.get(document, -1) + 1
        row["content"] = _digest([row[name] for name in _CONTENT])
        rows.append(row)
    issues: dict[tuple[str, str], list[list[str]]] = {document: [] for document in places}
    for row in rows:
        issues[row["service"], row["source"]].append([row["row_id"], row["content"]])
    names = {document: _digest([*document, sorted(members)]) for document, members in issues.items()}
    for row in rows:
        row["issue"] = names[row["service"], row["source"]]
    return rows


def _merge(db: DuckDBPyConnection, told: Sequence[dict[str, Any]], at: str) -> Recorded:
    known = {
        _key(row): row
        for row in select(
            db,
            ["id", "service", "row_id", "as_of", "period", "content", "issue", *JUDGEMENTS],
            "updates",
            "replaced IS NULL",
        )
    }
    issues = {row["issue"] for row in select(db, ["issue"], "issues", "true")}
    number = 1 + max((row["id"] for row in select(db, ["id"], "updates", "true")), default=0)
    added: list[dict[str, Any]] = []
    seen: list[dict[str, Any]] = []
    moved: list[dict[str, Any]] = []
    judged: list[dict[str, Any]] = []
    corrected: list[dict[str, Any]] = []
    for row in told:
        before = known.get(_key(row))
        if before is not None and before["content"] == row["content"]:
            if row["issue"] not in issues:
                seen.append({"id": before["id"], "last_seen": at, "last_file": row["source"]})
                if row["issue"] < before["issue"]:  # of several issues the same one, whatever their order
                    moved.append({"id": before["id"], "issue": row["issue"], "place": row["place"]})
            if any(before[name] != row[name] for name in JUDGEMENTS):
                judged.append({"id": before["id"], **{name: row[name] for name in JUDGEMENTS}})
            continue
        if before is not None:
            corrected.append({"id": before["id"], "replaced": at, "replaced_by": row["source"]})
        dates = {"first_seen": at, "first_file": row["source"], "last_seen": at, "last_file": row["source"]}
        added.append({**row, "id": number, **dates, "replaced": None, "replaced_by": None})
        number += 1
    for changes in (seen, moved, judged, corrected):
        update(db, "updates", _TABLES["updates"], changes)
    insert(db, "updates", _TABLES["updates"], added)
    fresh: dict[str, dict[str, Any]] = {}
    for row in told:
        if row["issue"] not in issues:
            line = {"issue": row["issue"], "service": row["service"], "source": row["source"], "seen": at}
            fresh.setdefault(row["issue"], {**line, "updates": 0})["updates"] += 1
    insert(db, "issues", _TABLES["issues"], list(fresh.values()))
    return Recorded(len(added) - len(corrected), len(told) - len(added), len(corrected))


def _key(row: Mapping[str, Any]) -> tuple[str, str, str]:
    return service_key(row["service"]), row["row_id"], moment_of(row["as_of"], row["period"])


def _sound(value: Any) -> str:
    """A text that can be stored: halves of characters, which JSON lets through, become "?"."""
    text = "" if value is None else str(value)
    return text.encode("utf8", "replace").decode("utf8")


def _kept(name: str, value: Any) -> Any:
    value = plain(value)
    if name in NUMBER_COLUMNS:
        return None if value is None else float(value)
    if name in LIST_COLUMNS:
        return [_sound(item) for item in value or []]
    if name in DICT_COLUMNS:
        return _sound(compact(value or []))
    return _sound(value)


def _digest(value: Any) -> str:
    return hashlib.sha256(compact(value).encode("utf8")).hexdigest()


def _series(name: str, values: list[Any]) -> pd.Series:
    if name in NUMBER_COLUMNS:
        return pd.Series(values, dtype="float64")
    if name in DICT_COLUMNS:
        values = [json.loads(value) for value in values]
    if name in ("replaced", "replaced_by"):
        values = [value or "" for value in values]
    return pd.Series(values, dtype="object")
