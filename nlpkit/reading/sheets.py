"""Sheets of workbooks as every format gives them: cells by place, merged areas, dates as text."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from datetime import date

from nlpkit.reading.blocks import Cell

__all__ = ["Merged", "Sheet", "date_text", "hidden_sheet"]


@dataclass(frozen=True, slots=True)
class Merged:
    """A range of cells that are one; rows and columns are counted from 1."""

    top: int
    left: int
    bottom: int
    right: int


@dataclass
class Sheet:
    """A sheet as it is read: the cells that hold something, by row and column from 1."""

    name: str
    cells: dict[tuple[int, int], Cell] = field(default_factory=dict)
    merged: list[Merged] = field(default_factory=list)


def date_text(value: date, shown: str = "") -> str:
    """A date as a plan would write it: "31 March 2024", or "March 2024" where the cell shows no day.

    Args:
        value: a date or a moment.
        shown: the cell's number format ("mmm-yy"); empty where it is not known.
    """
    codes = re.sub(r"\[[^\]]*\]|\"[^\"]*\"|\\.", "", shown.split(";")[0].lower())
    if codes and "d" not in codes and "y" in codes:
        return f"{value:%B %Y}"
    return f"{value.day} {value:%B %Y}"


def hidden_sheet(name: str) -> str:
    """The note on a sheet that does not show."""
    return f"the sheet '{name}' is hidden and was not read: unhide it if it belongs to the plan"
