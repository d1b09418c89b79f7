"""Excel workbooks: written with openpyxl, read with calamine, which never runs anything in them."""

from __future__ import annotations

import io
import re
import zipfile
from collections.abc import Callable, Mapping, Sequence
from datetime import date
from pathlib import Path
from typing import Any

from nlpkit.cells import FORMULA, cell_text, plain
from nlpkit.errors import InputError
from nlpkit.limits import check_cells, check_texts
from nlpkit.schema import DICT_COLUMNS

__all__ = ["excel_grids", "excel_value", "timeless", "to_excel", "to_workbook"]

_CELL_LIMIT = 32_767
_NOT_IN_XML = re.compile(r"_(?=x[0-9A-Fa-f]{4}_)|[\x00-\x08\x0b-\x1f\ufffe\uffff]")
_WIDE = DICT_COLUMNS | {"recommendation", "required_outcome", "planned_action", "update"}


def excel_grids(raw: bytes, *, source: str | Path) -> dict[str, list[list[Any]]]:
    """The cells of every worksheet by name; whole numbers as int, dates as ISO text.

    Raises:
        InputError: not a workbook, one with a password, or beyond a limit of
            :mod:`nlpkit.reading.archives`.
    """
    import python_calamine

    from nlpkit.reading.archives import check_archive, xml_parts
    from nlpkit.reading.extents import check_reach

    check_archive(raw, source=source, part="xl/workbook.xml", kind="Excel workbook", ending=".xlsx")
    for _, part in xml_parts(raw, source=source):
        check_reach(part, source=source)
    grids: dict[str, list[list[Any]]] = {}
    try:
        book = python_calamine.CalamineWorkbook.from_filelike(io.BytesIO(raw))
        for about in book.sheets_metadata:
            if about.typ == python_calamine.SheetTypeEnum.WorkSheet:
                sheet = book.get_sheet_by_name(about.name).to_python(skip_empty_area=False)
                grids[about.name] = [[_value(cell) for cell in row] for row in sheet]
    except (python_calamine.CalamineError, zipfile.BadZipFile, OSError, ValueError) as error:
        raise InputError(
            f"is not a readable Excel workbook ({error})",
            source=source,
            remedy="Save it as .xlsx, without a password, or as .csv.",
        ) from None
    for name, grid in grids.items():
        check_cells(len(grid), max(map(len, grid), default=0), source=source)
        for number, row in enumerate(grid, start=1):
            check_texts(row, source=source, row=f"sheet '{name}', row {number}")
    return grids


def to_excel(columns: Sequence[str], rows: Sequence[Sequence[Any]], *, place: str | Path) -> bytes:
    """Plain values as a workbook of one sheet: a fixed bold header, wrapped text, no formulas.

    Raises:
        InputError: a text longer than a cell can hold (32,767 characters).
    """
    return to_workbook({"updates": (columns, rows)}, place=place)


def to_workbook(
    sheets: Mapping[str, tuple[Sequence[str], Sequence[Sequence[Any]]]],
    *,
    place: str | Path,
    fixed: int = 0,
    wide: Callable[[str], bool] = _WIDE.__contains__,
) -> bytes:
    """Plain values as a workbook: sheets by name, each of columns and rows, as :func:`to_excel` makes one.

    Args:
        fixed: how many columns stay in sight when one scrolls to the right.
        wide: which columns, by name, hold long text.

    Raises:
        InputError: a text longer than a cell can hold (32,767 characters), or no room for temporary files.
    """
    import openpyxl

    # Every text is checked before the workbook is begun: openpyxl cannot abandon one cleanly.
    filled = {
        title: [
            [
                excel_value(value, place=place, row=number, column=name)
                for name, value in zip(columns, row, strict=True)
            ]
            for number, row in enumerate((columns, *rows), start=1)
        ]
        for title, (columns, rows) in sheets.items()
    }
    made = io.BytesIO()
    try:
        book = openpyxl.Workbook(write_only=True)
        for title, grid in filled.items():
            _fill(book.create_sheet(title), grid, fixed=fixed, wide=[wide(name) for name in sheets[title][0]])
        book.save(made)
    except OSError as error:  # openpyxl puts the sheets together in temporary files
        raise InputError(
            f"cannot be written (temporary files: {error.strerror or error})",
            source=place,
            remedy="Make room for temporary files (TMPDIR names their folder), or write .csv instead.",
        ) from None
    return timeless(made.getvalue())


def _fill(sheet: Any, grid: Sequence[Sequence[Any]], *, fixed: int, wide: Sequence[bool]) -> None:
    from openpyxl.cell import WriteOnlyCell
    from openpyxl.styles import Alignment, Font
    from openpyxl.utils import get_column_letter

    sheet.freeze_panes = f"{get_column_letter(fixed + 1)}2"
    for position, broad in enumerate(wide, start=1):
        sheet.column_dimensions[get_column_letter(position)].width = 60 if broad else 18
    wrapped, bold = Alignment(wrap_text=True, vertical="top"), Font(bold=True)
    for number, row in enumerate(grid, start=1):
        cells = []
        for value in row:
            cell = WriteOnlyCell(sheet, value)
            if isinstance(value, str):
                cell.data_type = "s"  # openpyxl takes a text that begins with "=" for a formula
                cell.quotePrefix = bool(FORMULA.match(value))
            cell.alignment = wrapped
            if number == 1:
                cell.font = bold
            cells.append(cell)
        sheet.append(cells)


def _value(cell: Any) -> Any:
    if isinstance(cell, float) and cell.is_integer():
        return int(cell)
    return plain(cell) if isinstance(cell, date) else cell


def excel_value(value: Any, *, place: str | Path, row: int, column: str) -> Any:
    """A plain value as a cell can hold it: numbers as they are, all else as text that XML allows.

    Raises:
        InputError: a text longer than a cell can hold (32,767 characters).
    """
    if value is None or isinstance(value, bool | int | float):
        return value
    text = cell_text(value)
    if len(text) > _CELL_LIMIT:
        raise InputError(
            f"has {len(text):,} characters; an Excel cell holds {_CELL_LIMIT:,}",
            source=place,
            row=row,
            column=column,
            remedy="Write .jsonl, .csv or .parquet instead.",
        )
    text = text.encode("utf8", "replace").decode("utf8")
    return _NOT_IN_XML.sub(lambda found: f"_x{ord(found[0]):04X}_", text)


def timeless(workbook: bytes) -> bytes:
    """The same workbook without the moment it was saved, so that equal tables give equal bytes."""
    out = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(workbook)) as old, zipfile.ZipFile(out, "w") as new:
        for name in old.namelist():
            content = old.read(name)
            if name == "docProps/core.xml":
                content = re.sub(rb"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ", b"2000-01-01T00:00:00Z", content)
            entry = zipfile.ZipInfo(name, date_time=(1980, 1, 1, 0, 0, 0))
            entry.compress_type = zipfile.ZIP_DEFLATED
            new.writestr(entry, content)
    return out.getvalue()
