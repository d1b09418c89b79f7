"""The colours behind cells, where they are the status that a plan declares."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Collection, Sequence
from dataclasses import replace

from nlpkit.colours import colour_name
from nlpkit.reading.blocks import Cell
from nlpkit.reading.pieces import Piece
from nlpkit.reading.rows import Placed

__all__ = ["shades_named", "with_fills"]

_SHADE = re.compile(r"#(?:[0-9a-fA-F]{2})?[0-9a-fA-F]{6}(?= \(fill\))")
_STATUSES = frozenset({"blue", "green", "amber", "red"})


def shades_named(declared: str) -> str:
    """A declared status with the shade of a fill as the colour that it is.

    >>> shades_named("#00B050 (fill)")
    'green (fill)'
    """
    return _SHADE.sub(lambda shade: colour_name(shade.group()) or shade.group(), declared)


def with_fills(pieces: Sequence[Piece], legend: Collection[str]) -> list[Piece]:
    """Pieces of plan tables whose fills say a status, and only a status.

    A grey that the whole row shares is a stripe, no status. Where a table has no column for a status,
    the column (of number, deadline, update …) whose cells are filled in two or more colours of a
    traffic light, or in colours of the plan's own key, declares it.

    Args:
        pieces: as found in the document.
        legend: colours and shades that the plan's key explains.
    """
    pieces = [replace(piece, rows=[_unstriped(row) for row in piece.rows]) for piece in pieces]
    explained = {colour_name(key) or key for key in legend} & _STATUSES
    carriers = {
        layout: key
        for layout in {piece.layout for piece in pieces if piece.layout.index("declared") is None}
        if (key := _carrier([p for p in pieces if p.layout == layout], explained))
    }
    return [
        replace(piece, rows=[_declared_by(row, carriers[piece.layout]) for row in piece.rows])
        if piece.layout in carriers
        else piece
        for piece in pieces
    ]


def _unstriped(row: Placed) -> Placed:
    names = {colour_name(cell.fill) for cell in row.cells.values()}
    if len(row.cells) < 2 or names != {"grey"}:
        return row
    return replace(row, cells={key: replace(cell, fill="") for key, cell in row.cells.items()})


def _carrier(pieces: Sequence[Piece], explained: Collection[str]) -> str:
    """The key of the column whose fills declare a status, or ``""``."""
    shown: dict[str, Counter[str]] = {}
    for piece in pieces:
        for row in piece.rows:
            for key, cell in row.cells.items():
                if (name := colour_name(cell.fill)) in _STATUSES:
                    shown.setdefault(key, Counter())[name] += 1
    best = max(shown, key=lambda key: (len(shown[key]), shown[key].total(), key), default="")
    if best and (len(shown[best]) >= 2 or set(shown[best]) & set(explained)):
        return best
    return ""


def _declared_by(row: Placed, key: str) -> Placed:
    fill = row.cells[key].fill if key in row.cells else ""
    if colour_name(fill) not in _STATUSES:
        return row
    return replace(
        row,
        cells=row.cells | {"declared:": Cell(fill=fill)},
        columns=row.columns | {"declared:": "declared"},
    )
