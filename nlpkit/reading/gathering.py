"""What a user gives, files, folders and zip archives in any mixture, as single documents and tables."""

from __future__ import annotations

import logging
import os
from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from pathlib import Path, PurePosixPath

from nlpkit.errors import InputError
from nlpkit.keeping import is_work_folder
from nlpkit.reading.zips import zip_members
from nlpkit.schema import natural_key

__all__ = ["MAX_FILES", "REJECTED", "Gathered", "Item", "check_apart", "gather"]

MAX_FILES = 20_000
"""Files in one folder with all below it: more are somebody's whole disk, not their plans."""

REJECTED = ".rejected.jsonl"
"""How the list ends that is written beside an output, of what was set aside."""

_LONGEST = 255  # characters of a name on disk; in an archive it may be longer
_TEMPORARY = ("~$", "._", ".")
_SYSTEM = frozenset({"__macosx", "thumbs.db", "desktop.ini"})
_LOG = logging.getLogger(__name__)


@dataclass(frozen=True)
class Item:
    """One document or table.

    Attributes:
        shown: what messages call it.
        source: the shortest tail of its path that no other item shares; from a folder or an archive at
            least from there on ("more.zip/sub/plan.docx").
        load: gives its content where it lies in an archive, else None: it lies at ``shown``.
        named: given by its own name, not found in a folder or an archive.
        problem: why it cannot be read, if that is known without reading.
        parts, least: its path from the root, and how much of it ``source`` has at least.
        file: the archive that holds it, or ``""``.
    """

    shown: str
    source: str = ""
    load: Callable[[], bytes] | None = None
    named: bool = True
    problem: InputError | None = None
    parts: tuple[str, ...] = ()
    least: int = 1
    file: str = ""


@dataclass(frozen=True)
class Gathered:
    """All items in the order in which they are read, and the files that were passed over."""

    items: tuple[Item, ...]
    passed_over: tuple[str, ...]


def gather(inputs: Iterable[str | Path]) -> Gathered:
    """The documents and tables among what was given.

    Inputs keep their order; the files of a folder (with all folders and archives in it) or archive come in
    the order of their names, 2 before 10. A file given twice comes once. Hidden files, what office programs
    and systems leave about, and nlpkit's own lists of what was set aside (unless named) are passed over.
    """
    found: dict[str, Item] = {}
    passed: list[str] = []
    for given in inputs:
        for place, item in _expanded(str(given), passed):
            if place not in found:
                found[place] = item
                continue
            _LOG.warning("%s is given twice; read once", item.shown)
            first = found[place]
            more = item if item.least > first.least else first
            found[place] = replace(first, parts=more.parts, least=more.least, named=first.named or item.named)
    items = list(found.values())
    sources = _told_apart(items)
    return Gathered(
        tuple(replace(item, source=source) for item, source in zip(items, sources, strict=True)),
        tuple(passed),
    )


def check_apart(outputs: Iterable[str | Path], inputs: Iterable[str | Path], gathered: Gathered) -> None:
    """Refuse an output that is an input, or that would lie among them at the next run.

    Args:
        outputs: files that will be written, or replaced.
        inputs: what was given.
        gathered: what was found in it.

    Raises:
        InputError: an output is an input, also by another path, a symbolic or a hard link, or it lies in a
            folder that is read.
    """
    given = [Path(item).resolve() for item in inputs if str(item) != "-"]
    read: dict[tuple[int, int], str] = {}
    for item in gathered.items:
        try:
            about = os.stat(item.file or item.shown)
        except OSError:
            continue
        read[about.st_dev, about.st_ino] = item.file or item.shown
    for output in outputs:
        place = Path(output).resolve()
        remedy = "Give the output another name, or another folder."
        for path in given:
            if place == path or (path.is_dir() and place.is_relative_to(path)):
                told = "is an input too" if place == path else f"lies in a folder that is read ({path})"
                raise InputError(f"would be written, and {told}", source=output, remedy=remedy)
        try:
            about = place.stat()
        except OSError:
            continue
        if (about.st_dev, about.st_ino) in read:
            told = f"would be written, and is the same file as the input {read[about.st_dev, about.st_ino]}"
            raise InputError(told, source=output, remedy=remedy)


def _expanded(given: str, passed: list[str]) -> list[tuple[str, Item]]:
    """Where each item of one input lies, and the item."""
    if given == "-":
        return [("-", Item("-", parts=("stdin",)))]
    path = Path(given)
    place = path.resolve()
    if path.is_dir():
        items = _in_folder(path, passed)
    elif _is_zip(path.name) and path.is_file():
        items = _in_zip(path, given, place.parts, 1, passed)
    else:
        return [(str(place), Item(given, parts=place.parts))]
    if not items:
        problem = InputError(
            "holds no files", source=given, remedy="Give a folder or archive with plans in it."
        )
        return [(str(place), Item(given, problem=problem, parts=place.parts))]
    return items


def _in_folder(folder: Path, passed: list[str]) -> list[tuple[str, Item]]:
    top = folder.resolve()
    refused: list[OSError] = []
    paths: list[Path] = []
    for here, folders, files in os.walk(folder, onerror=refused.append):
        for name in sorted(folders):
            path = Path(here, name)
            if _is_litter(name) or is_work_folder(path):
                passed.append(f"{path}/")
                folders.remove(name)
            elif path.is_symlink():
                paths.append(path)
        for name in files:
            if _is_litter(name) or name.endswith(REJECTED):
                passed.append(str(Path(here, name)))
            else:
                paths.append(Path(here, name))
        if len(paths) > MAX_FILES:
            told = f"holds more than {MAX_FILES:,} files"
            problem = InputError(told, source=folder, remedy="Give the folder that holds the plans.")
            return [(str(top), Item(str(folder), problem=problem, parts=top.parts))]
    items: list[tuple[str, Item]] = []
    for path in sorted(paths, key=lambda path: _by_name(path.relative_to(folder).as_posix())):
        inside = path.relative_to(folder).parts
        parts, least = (*top.parts, *inside), len(inside) + 1
        if _is_zip(path.name) and path.is_file():
            items += _in_zip(path, str(path), parts, least, passed, named=False)
            continue
        item = Item(str(path), named=False, parts=parts, least=least)
        items.append((str(path.resolve()), replace(item, problem=_not_a_file(path))))
    for error in refused:
        name = str(error.filename)
        told = f"cannot be opened ({error.strerror or error})"
        shut = InputError(told, source=name, remedy="Check its permissions.")
        items.append((name, Item(name, named=False, problem=shut, parts=Path(name).absolute().parts)))
    return items


def _not_a_file(path: Path) -> InputError | None:
    if path.is_dir():
        told, remedy = "is a link to a folder, which is not followed", "Give that folder itself."
    elif not path.exists():
        told, remedy = "is a link to nothing", "Mend the link, or remove it."
    elif not path.is_file():
        told, remedy = "is no ordinary file", "Give a file."
    else:
        return None
    return InputError(told, source=path, remedy=remedy)


def _in_zip(
    path: Path, shown: str, parts: tuple[str, ...], least: int, passed: list[str], *, named: bool = True
) -> list[tuple[str, Item]]:
    place = str(path.resolve())
    try:
        members = zip_members(path, shown=shown)
    except InputError as error:
        return [(place, Item(shown, named=named, problem=error, parts=parts, least=least, file=str(path)))]
    items: list[tuple[str, Item]] = []
    for member in sorted(members, key=lambda member: _by_name(member.name)):
        inside = tuple(part for part in PurePosixPath(member.name).parts if part != "/")
        name = f"{shown}/{member.name}"
        if (any(map(_is_litter, inside)) and ".." not in inside) or member.name.endswith(REJECTED):
            passed.append(name)
            continue
        item = Item(
            name,
            load=member.read,
            named=False,
            parts=(*parts, *inside),
            least=least + len(inside),
            file=str(path),
        )
        if _is_zip(member.name):
            told, remedy = "is an archive inside an archive", "Unpack the outer one, and give the folder."
            item = replace(item, problem=InputError(told, source=name, remedy=remedy))
        items.append((f"{place}/{member.name}", item))
    return items


def _is_litter(name: str) -> bool:
    """Whether a name is a hidden file's, or one that office programs and systems leave about."""
    lower = name.lower()
    left = name.startswith("~") and lower.endswith(".tmp")
    return left or name.startswith(_TEMPORARY) or lower in _SYSTEM


def _is_zip(name: str) -> bool:
    return name.lower().endswith(".zip")


def _by_name(path: str) -> tuple[tuple[tuple[tuple[int, int, str], ...], ...], str]:
    """Orders paths folder by folder, 2 before 10, and nothing by chance."""
    return tuple(natural_key(part[:_LONGEST]) for part in path.casefold().split("/")), path


def _told_apart(items: list[Item]) -> list[str]:
    """For each item the shortest tail of its path, from its ``least`` on, that no other shares."""
    lengths = [item.least for item in items]
    while True:
        tails = ["/".join(item.parts[-n:]) for item, n in zip(items, lengths, strict=True)]
        shared = {tail for tail, n in Counter(tails).items() if n > 1}
        longer = [
            n + 1 if tail in shared and n < len(item.parts) else n
            for item, tail, n in zip(items, tails, lengths, strict=True)
        ]
        if longer == lengths:
            return tails
        lengths = longer
