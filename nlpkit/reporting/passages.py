"""Where in a narrative the passages stand that its judgements rest on.

Judgements name a passage by its words, and some by its place too. A page that highlights them needs
the place of each, in the units of the script that draws it.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import Any, NamedTuple

from nlpkit.reporting.ranking import words
from nlpkit.schema import Stale

__all__ = ["KINDS", "Mark", "find_passage", "marks", "unplaced", "utf16_offsets"]

KINDS: Mapping[str, tuple[str, str]] = {
    "status": ("S", "decides the status"),
    "copied": ("C", "copied: stands in another update too"),
    "pointer": ("P", "points elsewhere"),
    "same": ("N", "says that nothing has changed"),
    "past": ("G", "a date gone by, told as still to come, or a date that has moved"),
    "fact": ("F", "a fact or step that can be checked"),
}
"""Kinds of passages, in the order of the legend: the letter that stands before one, and its meaning."""

_STALE = {
    Stale.REPEAT_SELF: "copied",
    Stale.REPEAT_OTHER: "copied",
    Stale.POINTER: "pointer",
    Stale.NO_CHANGE: "same",
    Stale.EXPIRED: "past",
    "slipped": "past",
}


class Mark(NamedTuple):
    """A passage of a narrative.

    Attributes:
        start, end: where it stands, in code points.
        kind: one of :data:`KINDS`.
        note: what about it counted.
        of: the ``row_id`` of the update where a copied passage also stands, else "".
        other: the words of the copied passage there.
    """

    start: int
    end: int
    kind: str
    note: str
    of: str = ""
    other: str = ""


def find_passage(text: str, passage: str, start: Any = None, end: Any = None) -> tuple[int, int] | None:
    """Where a passage stands in a text, or None.

    The place that a judgement gave is believed if the passage stands there; else the passage is
    searched for, if need be with other white space between its words.
    """
    passage = passage.strip()
    if not passage:
        return None
    if isinstance(start, int) and isinstance(end, int) and text[start:end].strip() == passage:
        at = text.index(passage, start)
        return at, at + len(passage)
    at = text.find(passage)
    if at >= 0:
        return at, at + len(passage)
    found = re.search(r"\s+".join(map(re.escape, passage.split())), text)
    return found.span() if found else None


def marks(row: Mapping[Any, Any]) -> list[Mark]:
    """The passages of a scored row that stand in its narrative, in order.

    Args:
        row: by column: ``update``, ``status_why``, ``stale_why`` and ``evidence_why``.
    """
    text = row["update"]
    found: dict[tuple[int, int, str], Mark] = {}
    for kind, note, why in _named(row):
        if why.get("field"):
            continue
        place = find_passage(text, _text(why), why.get("start"), why.get("end"))
        if place is not None:
            mark = Mark(*place, kind, note, str(why.get("of") or ""), str(why.get("other_text") or ""))
            found.setdefault((*place, kind), mark)
    order = list(KINDS)
    return sorted(found.values(), key=lambda mark: (mark.start, -mark.end, order.index(mark.kind)))


def unplaced(row: Mapping[Any, Any]) -> list[tuple[str, str]]:
    """The reasons of a scored row that rest on no passage of its narrative: what counted, and the words."""
    text = row["update"]
    told = [
        (note, _text(why))
        for _, note, why in _named(row)
        if why.get("field") or find_passage(text, _text(why), why.get("start"), why.get("end")) is None
    ]
    told += [(str(why.get("kind")), "") for why in row["evidence_why"] if _missing(why)]
    return list(dict.fromkeys(told))


def utf16_offsets(text: str) -> list[int] | None:
    """For each code point of a text (and its end) the place in UTF-16; None where the two are the same."""
    if not text or ord(max(text)) < 0x10000:
        return None
    places = [0]
    for char in text:
        places.append(places[-1] + (2 if ord(char) > 0xFFFF else 1))
    return places


def _named(row: Mapping[Any, Any]) -> Iterable[tuple[str, str, Mapping[str, Any]]]:
    """Kind of passage, note and reason of everything that a row's judgements rest on."""
    for why in row["status_why"]:
        yield "status", str(why.get("cue") or ""), why
    for why in row["stale_why"]:
        label = str(why.get("kind"))
        if label in _STALE:
            yield _STALE[label], _note(label, why), why
    for why in row["evidence_why"]:
        if not _missing(why):
            yield "fact", words(str(why.get("kind") or "")), why


def _note(label: str, why: Mapping[str, Any]) -> str:
    told = words(label)
    if label == "slipped" and why.get("date"):
        told += f": {' → '.join(map(str, why['date']))}"
    return f"{told}: {why['note']}" if why.get("note") else told


def _missing(why: Mapping[str, Any]) -> bool:
    return str(why.get("kind")).startswith("missing")


def _text(why: Mapping[str, Any]) -> str:
    return str(why.get("text") or "")
