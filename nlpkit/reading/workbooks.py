"""Workbooks that hold a plan: their sheets one after the other as titles, lines and tables.

A hidden sheet is left and told of; hidden rows and columns are read and told of. Nothing is computed:
of a formula the result counts that its program stored.
"""

from __future__ import annotations

import io
import re
from bisect import bisect_left, bisect_right
from collections.abc import Collection, Iterable, Sequence
from datetime import date, datetime
from pathlib import Path
from typing import Any

from nlpkit.errors import InputError
from nlpkit.limits import limit, passed
from nlpkit.reading.blocks import Block, Cell, Heading, Table
from nlpkit.reading.documents import Document
from nlpkit.reading.grids import CellText, Grid, Laid
from nlpkit.reading.sheets import Merged, Sheet, date_text, hidden_sheet
from nlpkit.reading.text import prose_block

__all__ = ["document_from_workbook"]

_NO_TITLE = re.compile(
    r"(?:sheet|table|blad)\s*\d*|cover(?: (?:sheet|page))?|key|legend|lists?|notes?", re.IGNORECASE
)
_REMEDY = "Open it in its program and save it as .xlsx, without a password."


def document_from_workbook(raw: bytes, *, source: str | Path) -> Document:
    """The blocks of a workbook, sheet after sheet; places are named by sheet and row.

    Args:
        raw: the file, ``.xlsx``, ``.ods`` or ``.xls``; of the last the colours are not read.
        source: its name, for messages.

    Raises:
        InputError: no workbook, damaged, with a password, empty, or beyond a limit.
    """
    if Path(source).suffix.lower() == ".xlsx":
        from nlpkit.reading.xlsx import sheets_from_xlsx

        sheets, notes = sheets_from_xlsx(raw, source=source)
    elif Path(source).suffix.lower() == ".ods":
        from nlpkit.reading.ods import sheets_from_ods

        sheets, notes = sheets_from_ods(raw, source=source)
    else:
        sheets, notes = _values_only(raw, source)
    sheets = [sheet for sheet in sheets if any(sheet.cells.values())]
    if not sheets:
        told = f"has no visible sheet with text ({'; '.join(notes)})" if notes else "is empty"
        raise InputError(told, source=source, remedy="Give a workbook with the plan on a sheet that shows.")
    maker = _Maker(source)
    for sheet in sheets:
        maker.add(sheet, titled=len(sheets) > 1)
    return Document(maker.blocks, tuple(notes), maker.places)


def _values_only(raw: bytes, source: str | Path) -> tuple[list[Sheet], list[str]]:
    """The sheets of a workbook of Excel's former format, without colours."""
    import python_calamine

    sheets, notes = [], []
    try:
        book = python_calamine.CalamineWorkbook.from_filelike(io.BytesIO(raw))
        for about in book.sheets_metadata:
            if about.typ != python_calamine.SheetTypeEnum.WorkSheet:
                continue
            if about.visible != python_calamine.SheetVisibleEnum.Visible:
                notes.append(hidden_sheet(about.name))
                continue
            grid = book.get_sheet_by_name(about.name)
            if grid.total_height * grid.total_width > limit("document_cells"):
                raise passed(
                    "document_cells",
                    f"has more than {limit('document_cells'):,} cells on the sheet '{about.name}'",
                    source=source,
                    remedy="Save the sheet with the plan as a workbook of its own.",
                )
            sheet = Sheet(about.name)
            for i, line in enumerate(grid.to_python(skip_empty_area=False), 1):
                for j, value in enumerate(line, 1):
                    text = CellText(source, i)
                    for part in _plain(value).split("\n"):
                        text.add(part)
                        text.end_line()
                    if cell := text.cell():
                        sheet.cells[i, j] = cell
            sheet.merged = [
                Merged(a[0] + 1, a[1] + 1, b[0] + 1, b[1] + 1) for a, b in grid.merged_cell_ranges or ()
            ]
            sheets.append(sheet)
    except (python_calamine.CalamineError, OSError, ValueError) as error:
        raise InputError(f"is not a readable workbook ({error})", source=source, remedy=_REMEDY) from None
    notes.append(
        "the colours of cells are not read from this format: save it as .xlsx if they say the status"
    )
    return sheets, notes


def _plain(value: Any) -> str:
    if isinstance(value, date | datetime):
        return date_text(value)
    if isinstance(value, float):
        return str(int(value)) if value.is_integer() else f"{value:.10g}"
    return "" if value is None else str(value)


class _Maker:
    """Sheets on their way to blocks."""

    def __init__(self, source: str | Path) -> None:
        self.source = source
        self.blocks: list[Block] = []
        self.places: dict[int, str] = {}
        self._grid = Grid(source)

    def _next(self, said: str) -> int:
        place = len(self.places) + 1
        self.places[place] = said
        return place

    def add(self, sheet: Sheet, *, titled: bool) -> None:
        """Add the titles and tables of a sheet; empty rows part tables, empty columns are left out."""
        where = f"sheet '{sheet.name}', " if titled else ""
        if titled and not _NO_TITLE.fullmatch(sheet.name.strip()):
            self.blocks.append(Heading(" ".join(sheet.name.split()), self._next(f"sheet '{sheet.name}'")))
        told = {at for at, cell in sheet.cells.items() if cell}
        columns = sorted(
            {column for _, column in told}
            | {
                column
                for (row, column), cell in sheet.cells.items()
                if cell.fill and _beside(row, column, told)
            }
        )
        rows = sorted({row for row, _ in told})
        beginning: dict[int, list[Merged]] = {}  # merged cells by the first row that they cover
        for area in sheet.merged:
            first = bisect_left(rows, area.top)
            if first < len(rows) and rows[first] <= area.bottom:
                beginning.setdefault(rows[first], []).append(area)
        tables = 0
        for group in _groups(rows, sheet.merged):
            open_table: list[int] = []
            for row in group:
                filled = [column for column in columns if (row, column) in told]
                alone = len(filled) == 1 and not any(
                    cell.fill for column in columns if (cell := sheet.cells.get((row, column))) is not None
                )
                if alone and not open_table and (not tables or columns.index(filled[0]) < 2):
                    for line in sheet.cells[row, filled[0]].lines:
                        self.blocks.append(prose_block(line.text, self._next(f"{where}row {row}")))
                else:
                    open_table.append(row)
            if open_table:
                tables += 1
                areas = [area for row in group for area in beginning.get(row, ())]
                self._table(sheet, open_table, columns, areas, where)

    def _table(
        self, sheet: Sheet, rows: Sequence[int], columns: Sequence[int], areas: Sequence[Merged], where: str
    ) -> None:
        heads: dict[tuple[int, int], tuple[int, int]] = {}
        covered: set[tuple[int, int]] = set()
        for area in areas:
            inside = rows[bisect_left(rows, area.top) : bisect_right(rows, area.bottom)]
            across = columns[bisect_left(columns, area.left) : bisect_right(columns, area.right)]
            if not inside or not across or (len(inside) == 1 and len(across) == 1):
                continue
            heads[inside[0], across[0]] = (len(across), len(inside))
            covered |= {(row, column) for row in inside for column in across}
            covered.discard((inside[0], across[0]))
        laid = []
        for row in rows:
            place = self._next(f"{where}row {row}")
            cells = []
            for column in columns:
                if (row, column) not in covered:
                    wide, high = heads.get((row, column), (1, 1))
                    cells.append(Laid(sheet.cells.get((row, column), Cell()), wide, high))
            laid.append((place, cells))
        self.blocks.append(Table(self._grid.lay_out(laid), laid[0][0]))


def _beside(row: int, column: int, told: Collection[tuple[int, int]]) -> bool:
    """Whether a cell without text is a patch of a colour key: the one next to it explains it."""
    return (row, column + 1) in told


def _groups(rows: Sequence[int], merged: Iterable[Merged]) -> list[list[int]]:
    """Rows that follow one another; an empty row inside a merged cell parts nothing."""
    tall = sorted((area.top, area.bottom) for area in merged if area.bottom > area.top)
    groups: list[list[int]] = []
    reach = at = 0  # how far down the merged cells go that begin at the last row or above
    for row in rows:
        last = groups[-1][-1] if groups else None
        while last is not None and at < len(tall) and tall[at][0] <= last:
            reach = max(reach, tall[at][1])
            at += 1
        if last is not None and (row == last + 1 or row <= reach):
            groups[-1].append(row)
        else:
            groups.append([row])
    return groups
