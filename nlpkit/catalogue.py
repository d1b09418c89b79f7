"""Catalogues of recommendations that local actions are linked to: found, read and checked.

A catalogue is a CSV file with one recommendation a line. The columns ``id`` and ``title`` or
``duty`` (or ``text``, which means the same) must be there; ``addressee``, ``deadline``, ``theme``,
``aliases``, ``acronyms`` and ``details`` may be (the last three hold phrases separated by semicolons). A
JSON file beside it, of the same name, may say how plans refer to the catalogue:
``{"name": …, "title": …, "aliases": […]}``.
"""

from __future__ import annotations

import csv
import io
import json
from dataclasses import dataclass
from pathlib import Path

from nlpkit.errors import InputError
from nlpkit.limits import check_cells, check_text_size, check_texts
from nlpkit.resources import bundled

__all__ = ["Catalogue", "Entry", "catalogue_lines", "load_catalogue"]

_PHRASES = ("aliases", "acronyms", "details")


@dataclass(frozen=True, slots=True)
class Entry:
    """One recommendation.

    Attributes:
        id: number or reference within the catalogue.
        title: a few words.
        duty: what is to be done, in one sentence.
        addressee, deadline, theme: facts; ``deadline`` is an ISO date or "immediate".
        aliases: phrases by which a local plan would name the subject.
        acronyms: acronyms that stand for the subject.
        details: what satisfying it looks like.
    """

    id: str
    title: str
    duty: str
    addressee: str = ""
    deadline: str = ""
    theme: str = ""
    aliases: tuple[str, ...] = ()
    acronyms: tuple[str, ...] = ()
    details: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Catalogue:
    """Recommendations in order, and the names by which plans refer to them as a whole."""

    name: str
    aliases: tuple[str, ...]
    entries: tuple[Entry, ...]
    title: str = ""

    def __hash__(self) -> int:
        """Cheap, since catalogues are looked up by themselves row by row and may be large."""
        return hash((self.name, self.aliases, self.title, len(self.entries)))


def load_catalogue(name_or_path: str | Path) -> Catalogue:
    """A catalogue by the name of a bundled one ("spotlight") or by the path of a CSV file.

    Raises:
        InputError: no such catalogue; a file that cannot be read; a missing column; a line without
            an id or text, or with an id used before. The message names file and line.
    """
    path = _find(name_or_path)
    entries = tuple(entry for _, entry in _entries(path, _text(path)))
    name, title, aliases = _names(path)
    return Catalogue(name=name, title=title, aliases=aliases, entries=entries)


def catalogue_lines(name_or_path: str | Path) -> list[tuple[int, Entry]]:
    """The entries of a catalogue with the lines on which they begin; raises as :func:`load_catalogue`."""
    path = _find(name_or_path)
    return list(_entries(path, _text(path)))


def _find(name_or_path: str | Path) -> Path:
    given = Path(name_or_path)
    if given.suffix or given.exists() or len(given.parts) > 1:
        if not given.is_file():
            raise InputError("is not a file", source=given, remedy="Give the path of a catalogue in CSV.")
        return given
    folder = bundled("corpora/catalogues")
    path = folder / f"{given.name}.csv"
    if not path.is_file():
        known = ", ".join(sorted(file.stem for file in folder.glob("*.csv")))
        raise InputError(
            f"there is no catalogue '{given.name}'",
            remedy=f"Use one of: {known}; or give the path of a CSV file with columns id and duty.",
        )
    return path


def _text(path: Path) -> str:
    try:
        check_text_size(path.stat().st_size, source=path)
        content = path.read_bytes()
    except OSError as error:
        raise InputError(f"cannot be read ({error.strerror})", source=path) from error
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = content[: error.start].count(b"\n") + 1
        raise InputError(
            "holds a byte that is not UTF-8",
            source=path,
            row=f"line {line}",
            remedy="Save the file as CSV UTF-8.",
        ) from error


def _entries(path: Path, text: str) -> tuple[tuple[int, Entry], ...]:
    reader = csv.reader(io.StringIO(text, newline=""), strict=True)
    columns: list[str] = []
    entries: list[tuple[int, Entry]] = []
    taken: dict[str, int] = {}
    line = 0
    try:
        for cells in reader:
            first, line = line + 1, reader.line_num  # a quoted cell may run over several lines
            check_cells(len(entries), len(cells), source=path, row=f"line {first}")
            check_texts(cells, source=path, row=f"line {first}")
            if not any(cell.strip() for cell in cells):
                continue
            if not columns:
                columns = [cell.strip().lower() for cell in cells]
                if "duty" not in columns:
                    columns = ["duty" if name == "text" else name for name in columns]
                _check_columns(path, columns, first)
                continue
            entry = _entry(path, columns, cells, first)
            if entry.id in taken:
                raise InputError(
                    f"id '{entry.id}' is used already on line {taken[entry.id]}",
                    source=path,
                    row=f"line {first}",
                    column="id",
                    remedy="Give every recommendation its own id.",
                )
            taken[entry.id] = first
            entries.append((first, entry))
    except csv.Error as error:
        raise InputError(
            f"is not readable as CSV ({error})",
            source=path,
            row=f"line {reader.line_num}",
            remedy="Check the quotation marks there.",
        ) from error
    if not entries:
        raise InputError(
            "holds no recommendation", source=path, remedy="Give one a line, under a line of column names."
        )
    return tuple(entries)


def _check_columns(path: Path, columns: list[str], line: int) -> None:
    for column in columns:
        if column and columns.count(column) > 1:
            raise InputError("appears twice", source=path, row=f"line {line}", column=column)
    if "id" not in columns or not {"title", "duty"} & set(columns):
        raise InputError(
            f"needs the columns id and title or duty (it has: {', '.join(columns[:12])})",
            source=path,
            row=f"line {line}",
            remedy="Name the columns in the first line.",
        )


def _entry(path: Path, columns: list[str], cells: list[str], line: int) -> Entry:
    if any(cell.strip() for cell in cells[len(columns) :]):
        raise InputError(
            f"has {len(cells)} cells under {len(columns)} column names",
            source=path,
            row=f"line {line}",
            remedy="Put cells that hold commas in quotation marks.",
        )
    row = {name: " ".join(cell.split()) for name, cell in zip(columns, cells, strict=False)}
    if not row["id"]:
        raise InputError("has no id", source=path, row=f"line {line}", column="id")
    title, duty = row.get("title", ""), row.get("duty", "")
    if not title and not duty:
        raise InputError(
            f"recommendation '{row['id']}' has no text",
            source=path,
            row=f"line {line}",
            remedy="Fill title or duty.",
        )
    phrases = {
        name: tuple(part.strip() for part in row.get(name, "").split(";") if part.strip())
        for name in _PHRASES
    }
    return Entry(
        id=row["id"],
        title=title or duty,
        duty=duty or title,
        addressee=row.get("addressee", ""),
        deadline=row.get("deadline", ""),
        theme=row.get("theme", ""),
        aliases=phrases["aliases"],
        acronyms=phrases["acronyms"],
        details=phrases["details"],
    )


def _names(path: Path) -> tuple[str, str, tuple[str, ...]]:
    beside = path.with_suffix(".json")
    if not beside.is_file():
        return path.stem, path.stem, ()
    try:
        facts = json.loads(_text(beside))
    except json.JSONDecodeError as error:
        raise InputError(
            f"is not readable as JSON ({error.msg})",
            source=beside,
            row=f"line {error.lineno}",
            remedy="Correct it there, or take the file away: the catalogue works without it.",
        ) from error
    except (ValueError, RecursionError) as error:  # a number of thousands of digits; nested without end
        raise InputError(
            f"is not readable as JSON ({str(error)[:80]})",
            source=beside,
            remedy="Correct it, or take the file away: the catalogue works without it.",
        ) from None
    if not isinstance(facts, dict) or not isinstance(facts.get("aliases", []), list):
        raise InputError(
            "does not say how plans name the catalogue",
            source=beside,
            remedy='Write {"name": "…", "title": "…", "aliases": ["…"]}.',
        )
    name = str(facts.get("name") or path.stem)
    aliases = tuple(str(alias).strip() for alias in facts.get("aliases", []) if str(alias).strip())
    return name, str(facts.get("title") or name), aliases
