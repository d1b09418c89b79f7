"""How far a workbook reaches, told from its XML alone.

Readers of workbooks lay a sheet out as a full grid from its first cell to its last, so that two cells in
opposite corners cost seventeen thousand million. The corners are therefore looked up before a reader
sees the file; nothing is built of the XML here.
"""

from __future__ import annotations

import io
import re
from pathlib import Path

from nlpkit.limits import limit, passed

__all__ = ["check_reach", "check_repeats"]

_CELL = re.compile(rb"<(?:\w{1,20}:)?c[\s>/]")
_AT = re.compile(rb"<(?:\w{1,20}:)?(?:c|row)\s[^<>]{0,200}?\br\s?=\s?[\"']([A-Z]{0,4})(\d{1,9})[\"']")
_ROW = re.compile(rb"<(?:\w{1,20}:)?row[\s>/]")
_STRING = re.compile(rb"<(?:\w{1,20}:)?si[\s>/]")
_REMEDY = "Delete the stray cells far from the plan, or save its sheet as a workbook of its own."


def check_reach(part: bytes, *, source: str | Path) -> None:
    """Refuse a sheet of ``.xlsx`` whose corners lie too far apart.

    Args:
        part: the XML of one sheet.

    Raises:
        InputError: more rows times columns than ``table_cells``.
    """
    rows = columns = 0
    for letters, digits in _AT.findall(part):
        rows = max(rows, int(digits))
        if letters:
            columns = max(columns, _column(letters))
    if rows * columns > limit("table_cells"):
        # Cells without an address stand one after the other, so they can't reach further than their number.
        raise passed(
            "table_cells",
            f"has a sheet that reaches over {rows:,} rows and {columns:,} columns",
            source=source,
            remedy=_REMEDY,
        )


def check_repeats(content: bytes, *, source: str | Path) -> None:
    """Refuse an OpenDocument workbook that repeats cells without end.

    Args:
        content: the XML of the workbook, known to declare no entities.

    Raises:
        InputError: more rows times columns than ``document_cells`` on a sheet, repeated ones counted.
    """
    from lxml import etree

    rows = columns = wide = spaces = 0
    repeat = 1
    said = False  # whether the row has a cell with something in it
    events = etree.iterparse(
        io.BytesIO(content), events=("start", "end"), resolve_entities=False, no_network=True, recover=True
    )
    for event, element in events:
        name = str(element.tag).rpartition("}")[2]
        if event == "start":
            if name == "table":
                rows = columns = 0
            elif name == "table-row":
                repeat, wide, said = _repeated(element, "number-rows-repeated"), 0, False
            elif name == "s":  # spaces by their number
                spaces += _repeated(element, "c")
                if spaces > limit("cell_characters"):
                    raise passed(
                        "cell_characters",
                        f"holds more than {limit('cell_characters'):,} spaces given only by number",
                        source=source,
                        remedy="Delete the empty space in its cells, and save it again.",
                    )
            elif name in ("table-cell", "covered-table-cell"):
                wide += _repeated(element, "number-columns-repeated")
                if any(key.rpartition("}")[2] in ("value-type", "formula") for key in element.attrib):
                    said, columns = True, max(columns, wide)
            continue
        if name == "table-row":
            rows += repeat if said else min(repeat, 1_048_576)
            if said and rows * columns > limit("document_cells"):
                raise passed(
                    "document_cells",
                    f"has a sheet that reaches over {rows:,} rows and {columns:,} columns",
                    source=source,
                    remedy=_REMEDY,
                )
        if name in ("table-cell", "table-row", "p"):
            element.clear()


def _repeated(element: object, name: str) -> int:
    for key, value in element.attrib.items():  # type: ignore[attr-defined]
        if str(key).rpartition("}")[2] == name and re.fullmatch(r"\d{1,9}", str(value)):
            return max(1, int(value))
    return 1


def _column(letters: bytes) -> int:
    number = 0
    for letter in letters:
        number = number * 26 + letter - 64
    return number
