"""Sheets of an Excel workbook with their values as shown and the colours behind them.

Macros, links, pictures and formulas are not followed; the archive and the XML in it are checked before
they are opened.
"""

from __future__ import annotations

import io
import re
import warnings
from collections.abc import Iterator, Mapping
from colorsys import hls_to_rgb, rgb_to_hls
from datetime import date, time, timedelta
from pathlib import Path
from typing import Any

from nlpkit.errors import InputError
from nlpkit.limits import limit, passed
from nlpkit.reading.archives import check_archive, refuse_elements, xml_parts
from nlpkit.reading.blocks import Cell
from nlpkit.reading.conditions import colour_given, conditions_of
from nlpkit.reading.grids import CellText
from nlpkit.reading.shading import theme_colours
from nlpkit.reading.sheets import Merged, Sheet, date_text, hidden_sheet

__all__ = ["sheets_from_xlsx"]

_PART = "xl/workbook.xml"
_SLOTS = ("lt1", "dk1", "lt2", "dk2", *(f"accent{n}" for n in range(1, 7)), "hlink", "folHlink")
_MERGE = re.compile(
    rb'<(?:\w+:)?mergeCell\b[^<>]{0,200}?\bref="\$?([A-Z]{1,3})\$?(\d{1,7}):\$?([A-Z]{1,3})\$?(\d{1,7})"'
)
_CELL = re.compile(rb"<(?:\w+:)?c[\s>/]")
_NO_RESULT = re.compile(
    rb"<(?:\w+:)?c\b[^<>]{0,400}>\s{0,9}<(?:\w+:)?f\b[^<>]{0,400}(?:/>|>[^<]{0,9000}</(?:\w+:)?f>)"
    rb"\s{0,9}(?:<(?:\w+:)?v\s?/>|<(?:\w+:)?v></(?:\w+:)?v>)?\s{0,9}</(?:\w+:)?c>"
)
_REMEDY = "Save the sheet with the plan as a workbook of its own."
_DAMAGED = "Open it in Excel (which may repair it) and save it again as .xlsx."


def sheets_from_xlsx(raw: bytes, *, source: str | Path) -> tuple[list[Sheet], list[str]]:
    """The visible sheets of a workbook in order, and notes on what is hidden, missing or not read.

    Args:
        raw: the file.
        source: its name, for messages.

    Raises:
        InputError: no workbook of the present format, damaged, with a password, or beyond a limit.
    """
    import openpyxl

    check_archive(raw, source=source, part=_PART, kind="Excel workbook", ending=".xlsx")
    unknown = _checked_parts(raw, source)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter(
                "ignore"
            )  # of what it leaves out (pictures, validations): nothing read here
            book = openpyxl.load_workbook(io.BytesIO(raw), data_only=True, rich_text=True, keep_links=False)
    except Exception as error:
        raise InputError(
            f"is a damaged Excel workbook ({type(error).__name__}: {str(error)[:200]})",
            source=source,
            remedy=_DAMAGED,
        ) from error
    if len(book.worksheets) > limit("sheets"):
        raise passed("sheets", f"has {len(book.worksheets)} sheets", source=source, remedy=_REMEDY)
    notes = []
    if unknown:
        notes.append(
            f"{unknown} formulas have no stored result and were read as empty: open the workbook in Excel, "
            "save it, and read it again"
        )
    colours = _Colours(book)
    sheets = []
    for sheet in book.worksheets:
        if sheet.sheet_state != "visible":
            notes.append(hidden_sheet(sheet.title))
        else:
            sheets.append(_sheet(sheet, colours, source, notes))
    book.close()
    return sheets, notes


def _checked_parts(raw: bytes, source: str | Path) -> int:
    """Check what the parts declare, nothing built of them yet; how many formulas lack a result.

    Whichever part holds cells is a sheet here: a reader finds sheets by the workbook's own list, not by name.
    """
    cells = covered = unknown = 0
    for _, part in xml_parts(raw, source=source):
        here = sum(1 for _ in _CELL.finditer(part))
        # A cell has up to four elements: itself, its value, and formula or text.
        refuse_elements(part, limit("elements") + 4 * here, source=source)
        if not here and b"mergeCell" not in part:
            continue
        cells += here
        for left, top, right, bottom in _MERGE.findall(part):
            wide = abs(_column(right) - _column(left)) + 1
            covered += wide * (abs(int(bottom) - int(top)) + 1)
        unknown += sum(1 for _ in _NO_RESULT.finditer(part))
    if cells > limit("sheet_cells"):
        raise passed("sheet_cells", f"has {cells:,} cells", source=source, remedy=_REMEDY)
    if covered > limit("merged_cells"):
        raise passed(
            "merged_cells",
            f"has merged cells that cover {covered:,} cells",
            source=source,
            remedy="Undo merged cells over whole rows or columns.",
        )
    return unknown


def _column(letters: bytes) -> int:
    number = 0
    for letter in letters:
        number = number * 26 + letter - 64
    return number


def _sheet(sheet: Any, colours: _Colours, source: str | Path, notes: list[str]) -> Sheet:
    found = Sheet(
        sheet.title,
        merged=[Merged(r.min_row, r.min_col, r.max_row, r.max_col) for r in sheet.merged_cells.ranges],
    )
    conditions, others = conditions_of(sheet, colours.shade)
    if len(conditions) * len(sheet._cells) > limit("rule_tests"):
        conditions, others = [], others + len(conditions)
    values = {at: cell.value for at, cell in sheet._cells.items() if hasattr(cell, "number_format")}
    errors = 0
    for (row, column), cell in sorted(sheet._cells.items()):
        if (row, column) not in values:
            continue  # covered by a merged one
        error = cell.data_type == "e"
        errors += error
        fill = colour_given(conditions, row, column, values) or colours.behind(cell)
        made = _cell("" if error else cell.value, cell.number_format, fill, source, row)
        if made or made.fill:
            found.cells[row, column] = made
    where = f"sheet '{sheet.title}'"
    if errors:
        notes.append(f"{where}: {errors} cells show an error (such as #REF!) and were read as empty")
    if others:
        notes.append(
            f"{where}: {others} rules of conditional formatting were not worked out, nor their colours"
        )
    used = {row for row, _ in found.cells}
    hidden = [n for n in sorted(used) if n in sheet.row_dimensions and sheet.row_dimensions[n].hidden]
    if hidden:
        notes.append(f"{where}: hidden rows were read, too ({_listed(hidden)})")
    columns = sorted(set(_hidden_columns(sheet)) & {column for _, column in found.cells})
    if columns:
        from openpyxl.utils import get_column_letter

        letters = ", ".join(get_column_letter(n) for n in columns[:12])
        notes.append(f"{where}: hidden columns were read, too ({letters}{' …' if len(columns) > 12 else ''})")
    return found


def _listed(numbers: list[int]) -> str:
    """Numbers with runs as ranges: "5–7, 12"."""
    runs: list[list[int]] = []
    for n in numbers:
        if runs and n == runs[-1][1] + 1:
            runs[-1][1] = n
        else:
            runs.append([n, n])
    said = [str(a) if a == b else f"{a}–{b}" for a, b in runs[:10]]
    return ", ".join(said) + (" …" if len(runs) > 10 else "")


def _hidden_columns(sheet: Any) -> Iterator[int]:
    for about in sheet.column_dimensions.values():
        if about.hidden and about.min and about.max:
            yield from range(about.min, min(about.max, 16_384) + 1)


def _cell(value: Any, shown: str, fill: str, source: str | Path, row: int) -> Cell:
    """A cell with its value as text, underlined and bold runs inside it marked."""
    from openpyxl.cell.rich_text import CellRichText, TextBlock

    text = CellText(source, row)
    runs: list[tuple[str, bool]] = []
    if isinstance(value, CellRichText):
        for run in value:
            if isinstance(run, TextBlock):
                runs.append((str(run.text), bool(run.font.b or run.font.u)))
            else:
                runs.append((str(run), False))
        if all(marked for words, marked in runs if words.strip()):
            runs = [(words, False) for words, _ in runs]
    else:
        runs.append((_text(value, shown), False))
    for words, marked in runs:
        for n, line in enumerate(re.split(r"\r\n|[\n\r\v\u2028]", words)):
            if n:
                text.end_line()
            text.add(line, marked=marked)
    return text.cell(fill)


def _text(value: Any, shown: str) -> str:
    """A value as the cell shows it, as far as a plan needs it."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "Yes" if value else "No"
    if isinstance(value, date):
        return date_text(value, shown)
    if isinstance(value, time | timedelta):
        return str(value)
    if isinstance(value, int | float):
        codes = re.sub(r"\"[^\"]*\"|\\.|\[[^\]]*\]", "", shown.split(";")[0])
        places = re.search(r"\.(0+)", codes)
        digits = len(places[1]) if places else 0
        if "%" in codes:
            return f"{value:.{digits}%}"
        if places and not re.search(r"[Ee#?]", codes.partition(".")[2]):
            return f"{value:.{digits}f}"
        if isinstance(value, int) or value.is_integer():
            return str(int(value))
        return f"{value:.10g}"
    return str(value)


class _Colours:
    """The colours of a workbook: given, of its theme, or from Excel's old palette."""

    def __init__(self, book: Any) -> None:
        from lxml import etree
        from openpyxl.styles.colors import COLOR_INDEX

        self._theme: Mapping[str, str] = {}
        self._palette = tuple(book._colors) if getattr(book, "_colors", None) else tuple(COLOR_INDEX)
        if book.loaded_theme:
            try:
                parser = etree.XMLParser(resolve_entities=False, no_network=True)
                self._theme = theme_colours(etree.fromstring(book.loaded_theme, parser))
            except etree.LxmlError:
                self._theme = {}

    def behind(self, cell: Any) -> str:
        """The colour behind a cell as "#RRGGBB", or ``""``."""
        if not cell.has_style:
            return ""
        fill = cell.fill
        if getattr(fill, "fill_type", None) == "solid":
            return self.shade(fill.fgColor)
        stops = getattr(fill, "stop", None)
        return self.shade(stops[-1].color) if stops else ""

    def shade(self, colour: Any) -> str:
        """An openpyxl colour as "#RRGGBB", or ``""`` where there is none."""
        if colour is None:
            return ""
        given = ""
        if colour.type == "rgb" and isinstance(colour.rgb, str) and colour.rgb != "00000000":
            given = colour.rgb[-6:]
        elif colour.type == "theme" and isinstance(colour.theme, int) and 0 <= colour.theme < len(_SLOTS):
            given = self._theme.get(_SLOTS[colour.theme], "")
        elif colour.type == "indexed" and isinstance(colour.indexed, int):
            given = self._palette[colour.indexed][-6:] if 0 <= colour.indexed < len(self._palette) else ""
        if not re.fullmatch(r"[0-9A-Fa-f]{6}", given):
            return ""
        return _tinted(given.upper(), float(colour.tint or 0))


def _tinted(shade: str, tint: float) -> str:
    """A colour made lighter (tint above 0) or darker."""
    if not tint:
        return f"#{shade}"
    hue, light, strength = rgb_to_hls(*(int(shade[i : i + 2], 16) / 255 for i in (0, 2, 4)))
    tint = max(-1.0, min(1.0, tint))
    light = light * (1 + tint) if tint < 0 else light * (1 - tint) + tint
    return "#" + "".join(f"{round(255 * part):02X}" for part in hls_to_rgb(hue, light, strength))
