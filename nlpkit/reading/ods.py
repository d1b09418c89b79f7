"""Sheets of an OpenDocument workbook with their values as shown and the colours behind them.

Only its ``content.xml`` and ``styles.xml`` are opened; links, scripts and formulas are not followed.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from nlpkit.errors import InputError
from nlpkit.limits import limit, passed
from nlpkit.reading.archives import check_archive, refuse_elements, xml_parts
from nlpkit.reading.extents import check_repeats
from nlpkit.reading.grids import CellText
from nlpkit.reading.sheets import Merged, Sheet, hidden_sheet

__all__ = ["sheets_from_ods"]

_OFFICE = "{urn:oasis:names:tc:opendocument:xmlns:office:1.0}"
_STYLE = "{urn:oasis:names:tc:opendocument:xmlns:style:1.0}"
_TABLE = "{urn:oasis:names:tc:opendocument:xmlns:table:1.0}"
_TEXT = "{urn:oasis:names:tc:opendocument:xmlns:text:1.0}"
_FO = "{urn:oasis:names:tc:opendocument:xmlns:xsl-fo-compatible:1.0}"
_CELLS = (f"{_TABLE}table-cell", f"{_TABLE}covered-table-cell")
_COLOUR = re.compile(r"#[0-9A-Fa-f]{6}")
_PAPER = 500  # rows or columns that look alike, from which they are the rest of the sheet
_MAX_DEPTH = 40  # of spans inside spans
_DAMAGED = "Open it in its program and save it as .xlsx, without a password."


@dataclass
class _Styles:
    """What the styles of a workbook say, by name."""

    colours: dict[str, str] = field(default_factory=dict)
    marked: set[str] = field(default_factory=set)  # of text: bold or underlined
    hidden: set[str] = field(default_factory=set)  # of sheets


def sheets_from_ods(raw: bytes, *, source: str | Path) -> tuple[list[Sheet], list[str]]:
    """The visible sheets of a workbook in order, and notes on what is hidden.

    Colours by condition are not worked out; every value is read as its program last showed it.

    Args:
        raw: the file.
        source: its name, for messages.

    Raises:
        InputError: no OpenDocument workbook, damaged, with a password, or beyond a limit.
    """
    from lxml import etree

    check_archive(raw, source=source, part="content.xml", kind="OpenDocument workbook", ending=".ods")
    parser = etree.XMLParser(resolve_entities=False, no_network=True)
    parts = {}
    for name, part in xml_parts(raw, source=source):
        refuse_elements(part, 4 * limit("elements"), source=source)
        if name in ("styles.xml", "content.xml"):
            parts[name] = part
    if "content.xml" not in parts:
        raise InputError("is not a readable workbook (its content is no XML)", source=source, remedy=_DAMAGED)
    check_repeats(parts["content.xml"], source=source)
    try:
        trees = [etree.fromstring(parts[name], parser) for name in sorted(parts, reverse=True)]
    except etree.XMLSyntaxError as error:
        raise InputError(f"is not a readable workbook ({error})", source=source, remedy=_DAMAGED) from None
    styles = _styles(style for tree in trees for style in tree.iter(f"{_STYLE}style"))
    sheets: list[Sheet] = []
    notes: list[str] = []
    room = limit("document_cells")
    for book in trees[-1].iter(f"{_OFFICE}spreadsheet"):
        for table in book.iterchildren(f"{_TABLE}table"):
            name = table.get(f"{_TABLE}name", "")
            if table.get(f"{_TABLE}style-name") in styles.hidden:
                notes.append(hidden_sheet(name))
                continue
            sheet, hidden = _sheet(table, name, styles, source, room)
            room -= len(sheet.cells)
            sheets.append(sheet)
            if hidden:
                notes.append(f"{hidden} rows of the sheet '{name}' are hidden; they were read as well")
    return sheets, notes


def _styles(styles: Iterator[Any]) -> _Styles:
    found = _Styles()
    own: dict[str, str] = {}
    parent: dict[str, str] = {}
    for style in styles:
        name, family = style.get(f"{_STYLE}name", ""), style.get(f"{_STYLE}family")
        for properties in style.iterchildren():
            if family == "table" and properties.get(f"{_TABLE}display") == "false":
                found.hidden.add(name)
            if family == "table-cell" and f"{_FO}background-color" in properties.attrib:
                own[name] = properties.get(f"{_FO}background-color")
            under = properties.get(f"{_STYLE}text-underline-style", "none") != "none"
            if family == "text" and (under or properties.get(f"{_FO}font-weight") == "bold"):
                found.marked.add(name)
        if family == "table-cell":
            parent[name] = style.get(f"{_STYLE}parent-style-name", "")
    for name in parent:
        at, seen = name, {name}
        while at not in own and parent.get(at) and parent[at] not in seen:
            at = parent[at]
            seen.add(at)
        if _COLOUR.fullmatch(own.get(at, "")):
            found.colours[name] = own[at].upper()
    return found


def _sheet(table: Any, name: str, styles: _Styles, source: str | Path, room: int) -> tuple[Sheet, int]:
    """One sheet, and how many of its rows are hidden.

    Raises:
        InputError: it has more cells than there is ``room`` for.
    """
    sheet = Sheet(name)
    row = hidden = 0
    for line in table.iter(f"{_TABLE}table-row"):
        again = _number(line, "number-rows-repeated")
        column, held = 0, False
        for element in line.iterchildren(*_CELLS):
            wide = _number(element, "number-columns-repeated")
            cell = _text_of(element, styles, source, row + 1).cell(
                styles.colours.get(element.get(f"{_TABLE}style-name", ""), "")
            )
            held = held or bool(cell)
            # A colour repeated to the edge of the sheet is its paper, and no cell of the plan.
            if cell or (cell.fill and wide < _PAPER and again < _PAPER):
                if len(sheet.cells) + again * wide > room:
                    raise passed(
                        "document_cells",
                        f"has more than {limit('document_cells'):,} cells",
                        source=source,
                        row=f"sheet '{name}'",
                        remedy="Save the sheet with the plan as a workbook of its own.",
                    )
                for i in range(again):
                    for j in range(wide):
                        sheet.cells[row + i + 1, column + j + 1] = cell
            down = _number(element, "number-rows-spanned")
            across = _number(element, "number-columns-spanned")
            if down > 1 or across > 1:
                sheet.merged.append(Merged(row + 1, column + 1, row + down, column + across))
            column += wide
        hidden += again if held and line.get(f"{_TABLE}visibility", "visible") != "visible" else 0
        row += again
    return sheet, hidden


def _text_of(cell: Any, styles: _Styles, source: str | Path, row: int) -> CellText:
    """The paragraphs of a cell, comments left out."""
    text = CellText(source, row)
    for paragraph in cell.iterchildren(f"{_TEXT}p", f"{_TEXT}h"):
        _add_runs(paragraph, text, styles, marked=False, depth=0)
        text.end_line()
    return text


def _add_runs(element: Any, text: CellText, styles: _Styles, *, marked: bool, depth: int) -> None:
    if depth > _MAX_DEPTH:
        return
    text.add(element.text or "", marked=marked)
    for part in element.iterchildren("*"):
        if part.tag == f"{_TEXT}line-break":
            text.end_line()
        elif part.tag in (f"{_TEXT}s", f"{_TEXT}tab"):
            text.add(" ", marked=marked)
        elif part.tag in (f"{_TEXT}span", f"{_TEXT}a"):
            bold = marked or part.get(f"{_TEXT}style-name") in styles.marked
            _add_runs(part, text, styles, marked=bold, depth=depth + 1)
        text.add(part.tail or "", marked=marked)


def _number(element: Any, name: str) -> int:
    text = element.get(f"{_TABLE}{name}", "1")
    return int(text) if text.isascii() and text.isdigit() and 0 < len(text) < 8 else 1
