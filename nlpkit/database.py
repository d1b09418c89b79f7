"""The DuckDB file of a history: made whole, opened for a moment, known to be one of nlpkit's.

DuckDB lets one process write, or several read. A lock held by somebody else is waited for; what
DuckDB says against a file is told as an error that names the file and a remedy.
"""

from __future__ import annotations

import os
import re
import tempfile
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any

from nlpkit.errors import InputError

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

__all__ = ["SCHEMA", "WAIT", "begin", "insert", "opened", "select", "update"]

SCHEMA = 1
"""Version of the tables; a history of a later one is refused."""

WAIT = 10.0
"""Seconds for which a lock held by another process is waited for."""

_APPLICATION = "nlpkit history"
_POLL = 0.1
_MARK, _MARK_AT = b"DUCK", 8  # how every DuckDB file begins, after a checksum
_HOLDER = re.compile(
    r"lock is held in (?P<program>.+?) \(PID (?P<pid>\d+)\)(?: by user (?P<user>\S+?))?[.\s]"
)
_REMEDY = "Name another file, or, for a new history, one that does not exist yet."
_SAFE: dict[str, str | bool | int | float | list[str]] = {
    "autoinstall_known_extensions": "false",
    "autoload_known_extensions": "false",
    "enable_external_access": "false",
}
"""DuckDB fetches nothing and opens no file but the one named."""


def begin(path: Path, tables: Mapping[str, Mapping[str, str]]) -> None:
    """Make an empty history beside its place and put it there whole, unless another was quicker.

    Args:
        path: where it goes.
        tables: their columns, each with DuckDB's name of its type.

    Raises:
        InputError: it cannot be written there.
    """
    import duckdb

    place = path.resolve()
    try:
        with tempfile.TemporaryDirectory(dir=place.parent, prefix=f".{place.name}.") as folder:
            made = Path(folder) / place.name
            with duckdb.connect(str(made), config=_SAFE) as db:
                db.execute("BEGIN TRANSACTION")
                db.execute("CREATE TABLE meta (name VARCHAR NOT NULL, value VARCHAR NOT NULL)")
                facts = {"application": _APPLICATION, "schema": str(SCHEMA)}
                db.executemany("INSERT INTO meta VALUES (?, ?)", list(map(list, facts.items())))
                for table, layout in tables.items():
                    columns = ", ".join(f'"{name}" {kind}' for name, kind in layout.items())
                    db.execute(f"CREATE TABLE {table} ({columns})")
                db.execute("COMMIT")
            _put(made, place)
    except (OSError, duckdb.Error) as error:
        told = f"cannot be written ({_first_line(error)})"
        raise InputError(told, source=path, remedy="Choose another place.") from error


def _put(made: Path, place: Path) -> None:
    """Give a finished file its name, unless somebody else has taken that meanwhile."""
    try:
        os.link(made, place)
    except FileExistsError:
        return
    except OSError:  # a file system without links
        if not place.exists():
            os.replace(made, place)


@contextmanager
def opened(path: str | Path, *, write: bool, wait: float) -> Iterator[DuckDBPyConnection]:
    """The history, open and known to be one; what DuckDB says against it becomes an InputError.

    Args:
        path: of the history, which exists.
        write: for writing, which keeps every other process out.
        wait: seconds for which a lock is waited for.
    """
    import duckdb

    db = _connected(path, write=write, wait=wait)
    try:
        _refuse_foreign(db, path)
        yield db
    except duckdb.Error as error:
        raise InputError(
            f"cannot be {'written' if write else 'read'}: DuckDB says '{_first_line(error)}'",
            source=path,
            remedy="It may be damaged, or its disk full: nothing was changed. Put back a copy of it.",
        ) from error
    finally:
        with suppress(duckdb.Error):
            db.close()


def _connected(path: str | Path, *, write: bool, wait: float) -> DuckDBPyConnection:
    import duckdb

    _refuse_other_files(path)
    until = time.monotonic() + max(0.0, wait)
    while True:
        try:
            # The whole path: DuckDB takes some names (":memory:", "md:…") for something else.
            return duckdb.connect(str(Path(path).resolve()), read_only=not write, config=_SAFE)
        except duckdb.Error as error:
            told = str(error)
            # another process's lock; or another connection of this one, which DuckDB words otherwise
            if "set lock on file" not in told and not isinstance(error, duckdb.ConnectionException):
                raise _unopened(path, error) from error
            left = until - time.monotonic()
            if not left > 0:  # neither for a wait that is no number
                raise _locked(path, told, wait) from error
            time.sleep(min(_POLL, left))


def _refuse_other_files(path: str | Path) -> None:
    """Look at the file itself: DuckDB would open a CSV or Parquet file as a database of its own."""
    try:
        with open(path, "rb") as file:
            head = file.read(len(_MARK) + _MARK_AT)
    except OSError as error:
        told = f"cannot be opened ({error.strerror or error})"
        raise InputError(told, source=path, remedy="Check its permissions.") from None
    if head[_MARK_AT:] != _MARK:
        told = "is empty, not a history" if not head else "is not a history of nlpkit's (not a DuckDB file)"
        raise InputError(told, source=path, remedy=_REMEDY)


def _locked(path: str | Path, told: str, wait: float) -> InputError:
    held = _HOLDER.search(f"{told} ")
    holder = f"process {held['pid']} ({Path(held['program']).name})" if held else "another process"
    if held and held["user"]:
        holder += f" of {held['user']}"
    return InputError(
        f"is in use by {holder}; waited {wait:g} seconds",
        source=path,
        remedy="Try again when that has finished, or wait longer (--history-wait).",
    )


def _unopened(path: str | Path, error: Exception) -> InputError:
    told = str(error)
    if "version" in told and ("newer" in told or "version number" in told):
        remedy = "Install a newer duckdb, or score into a new history."
        return InputError(
            "was written by another DuckDB, which this one cannot read", source=path, remedy=remedy
        )
    return InputError(
        f"cannot be opened: DuckDB says '{_first_line(error)}'",
        source=path,
        remedy="If it is a history, it is damaged: put back a copy of it.",
    )


def _refuse_foreign(db: DuckDBPyConnection, path: str | Path) -> None:
    tables = {name for (name,) in db.execute("SELECT table_name FROM information_schema.tables").fetchall()}
    facts: dict[str, str] = {}
    if "meta" in tables:
        columns = "SELECT column_name FROM information_schema.columns WHERE table_name = 'meta'"
        if {name for (name,) in db.execute(columns).fetchall()} >= {"name", "value"}:
            facts = dict(db.execute("SELECT name, value FROM meta").fetchall())
    if facts.get("application") != _APPLICATION:
        held = f"its tables: {', '.join(sorted(tables)[:5])}" if tables else "it has no tables"
        raise InputError(
            f"is a DuckDB file, but not a history of nlpkit's ({held})", source=path, remedy=_REMEDY
        )
    schema = facts.get("schema", "")
    if not schema.isdecimal() or int(schema) > SCHEMA:
        raise InputError(
            f"is a history of a later nlpkit (its schema is {schema or 'unnamed'}, this one knows {SCHEMA})",
            source=path,
            remedy="Use the nlpkit that wrote it, or a newer one.",
        )
    missing = {"updates", "issues"} - tables
    if missing:
        raise InputError(
            f"is a damaged history (without its table '{min(missing)}')",
            source=path,
            remedy="Put back a copy of it.",
        )


def _first_line(error: Exception) -> str:
    lines = str(error).strip().splitlines()
    return lines[0][:200] if lines else type(error).__name__


def select(db: DuckDBPyConnection, names: Sequence[str], table: str, where: str) -> list[dict[str, Any]]:
    """The rows of a table for which the condition ``where`` holds, with these columns."""
    columns = ", ".join(f'"{name}"' for name in names)
    found = db.execute(f"SELECT {columns} FROM {table} WHERE {where}").fetchall()
    return [dict(zip(names, row, strict=True)) for row in found]


def insert(
    db: DuckDBPyConnection, table: str, layout: Mapping[str, str], rows: Sequence[Mapping[str, Any]]
) -> None:
    """Add rows to a table, of which ``layout`` names the columns and their types."""
    if rows:
        columns = ", ".join(f'"{name}"' for name in layout)
        with _registered(db, layout, rows) as given:
            db.execute(f"INSERT INTO {table} ({columns}) SELECT {columns} FROM {given}")


def update(
    db: DuckDBPyConnection, table: str, layout: Mapping[str, str], rows: Sequence[Mapping[str, Any]]
) -> None:
    """Put other values in the rows of a table that have these ids."""
    if rows:
        sets = ", ".join(f'"{name}" = given."{name}"' for name in rows[0] if name != "id")
        with _registered(db, {name: layout[name] for name in rows[0]}, rows) as given:
            db.execute(f"UPDATE {table} SET {sets} FROM {given} AS given WHERE {table}.id = given.id")


@contextmanager
def _registered(
    db: DuckDBPyConnection, layout: Mapping[str, str], rows: Sequence[Mapping[str, Any]]
) -> Iterator[str]:
    """Rows as a table that DuckDB can select from; many times quicker than one statement a row."""
    import pyarrow as pa

    kinds = {
        "BIGINT": pa.int64(),
        "INTEGER": pa.int32(),
        "DOUBLE": pa.float64(),
        "VARCHAR": pa.string(),
        "VARCHAR[]": pa.list_(pa.string()),
    }
    arrays = [pa.array([row[name] for row in rows], kinds[kind]) for name, kind in layout.items()]
    db.register("incoming", pa.table(arrays, names=list(layout)))
    try:
        yield "incoming"
    finally:
        db.unregister("incoming")
