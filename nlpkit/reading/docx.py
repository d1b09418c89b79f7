"""Word documents: paragraphs, lists and tables in the order in which they stand.

Tracked changes are taken as accepted. Footnotes, comments, headers and hidden text do not get between
the text; footnotes stand at the end. No macro, link, field or embedded file is followed.
"""

from __future__ import annotations

import io
import re
import struct
import zipfile
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

from nlpkit.errors import InputError
from nlpkit.limits import limit, passed
from nlpkit.reading.archives import check_archive, refuse_elements, xml_parts
from nlpkit.reading.blocks import Block, Bullet, Heading, Line, Paragraph, Table
from nlpkit.reading.grids import CellText, Grid, Laid
from nlpkit.reading.shading import fill_of, theme_colours
from nlpkit.reading.text import prose_block

if TYPE_CHECKING:
    from lxml.etree import _Element as Element

__all__ = ["blocks_from_docx"]

_PART = "word/document.xml"
_W = "{http://schemas.openxmlformats.org/wordprocessingml/2006/main}"
_MC = "{http://schemas.openxmlformats.org/markup-compatibility/2006}"
_LEFT_OUT = frozenset(
    f"{_W}{name}"
    for name in (
        *("del", "moveFrom", "delText", "instrText", "delInstrText", "rPr", "pPr", "tblPr", "tblGrid"),
        *("trPr", "tcPr", "sdtPr", "sdtEndPr", "sectPr", "object", "ruby", "commentReference"),
    )
)
_SYMBOLS = {"F0FC": "✓", "F0FE": "✓", "F052": "✓", "F0FB": "✗", "F0FD": "✗", "F0E0": "→"}
_TEXT_BOX = f"{_W}txbxContent"


def blocks_from_docx(raw: bytes, *, source: str | Path) -> list[Block]:
    """The blocks of a Word document, in order; ``place`` counts its paragraphs and table rows from 1.

    Args:
        raw: the file as it is.
        source: its name, for messages.

    Raises:
        InputError: not a Word document of the present format, damaged, with a password, or beyond a
            limit of :mod:`nlpkit.limits`.
    """
    import docx
    from docx.opc.exceptions import OpcError
    from lxml import etree

    check_archive(raw, source=source, part=_PART, kind="Word document", ending=".docx")
    for _, part in xml_parts(raw, source=source):
        refuse_elements(part, limit("elements"), source=source)
    try:
        document = docx.Document(io.BytesIO(raw))
        body = document.element.body
        parts = {str(part.partname).lstrip("/"): part.blob for part in document.part.package.iter_parts()}
    except InputError:
        raise
    except (
        *(OpcError, etree.LxmlError, zipfile.BadZipFile, zipfile.LargeZipFile, KeyError, ValueError),
        *(AttributeError, OSError, EOFError, NotImplementedError, TypeError, IndexError, RuntimeError),
        *(AssertionError, zlib.error, struct.error),
    ) as error:
        # The library meets a damaged document with any of these.
        if "huge text node" in str(error):
            raise InputError(
                "holds a text of more than 10,000,000 characters",
                source=source,
                remedy="No progress update is that long: see what the document holds, and shorten it.",
            ) from error
        if "depth" in str(error):
            raise _too_deep(source) from error
        raise InputError(
            f"is a damaged Word document ({type(error).__name__}: {error})",
            source=source,
            remedy="Open it in Word (which may repair it) and save it again as .docx.",
        ) from error
    if body is None:
        raise InputError("has no text", source=source, remedy="Open it in Word and save it again as .docx.")
    if _depth(body) > limit("document_depth"):
        raise _too_deep(source)
    return _Document(body, parts, source).blocks


def _too_deep(source: str | Path) -> InputError:
    return passed(
        "document_depth",
        f"nests its elements more than {limit('document_depth')} deep",
        source=source,
        remedy="Open it in Word, take tables out of tables, and save it again as .docx.",
    )


def _depth(root: Element) -> int:
    """How deep elements stand inside one another, found without recursion."""
    from lxml import etree

    deepest = depth = 0
    for event, _ in etree.iterwalk(root, events=("start", "end")):
        depth += 1 if event == "start" else -1
        deepest = max(deepest, depth)
    return deepest


def _parsed(blob: bytes | None) -> Element | None:
    """A part of the document as XML, nothing in it resolved or fetched; None where it is broken."""
    from lxml import etree

    if not blob:
        return None
    try:
        return etree.fromstring(blob, etree.XMLParser(resolve_entities=False, no_network=True))
    except etree.LxmlError:
        return None


class _Document:
    """One document on its way to blocks."""

    def __init__(self, body: Element, parts: dict[str, bytes], source: str | Path) -> None:
        self.source = source
        self.blocks: list[Block] = []
        self._place = 0
        self._grid = Grid(source)
        theme = next((blob for name, blob in sorted(parts.items()) if "/theme/theme" in name), None)
        self._theme = theme_colours(_parsed(theme))
        self._headings, self._lists = _kinds_of_style(_parsed(parts.get("word/styles.xml")))
        self._pending: CellText | None = None  # a paragraph whose end is a deleted one
        self._walk(body)
        self._footnotes(parts)

    def _next(self) -> int:
        self._place += 1
        return self._place

    def _walk(self, element: Element) -> None:
        """Add the paragraphs and tables of a container, whatever wraps them."""
        for child in _children(element):
            if child.tag == f"{_W}p":
                self._paragraph(child)
            elif child.tag == f"{_W}tbl":
                self._table(child)
            else:
                self._walk(child)

    def _paragraph(self, paragraph: Element) -> None:
        text = self._pending or CellText(self.source, self._place + 1)
        self._pending = None
        boxes: list[Element] = []
        _add_runs(paragraph, text, boxes)
        if _mark_is_deleted(paragraph):
            self._pending = text
            return
        style = _value(paragraph, "pPr", "pStyle") or ""
        text.end_line()
        lines = text.lines
        if lines and self._is_heading(paragraph, style):
            joined = " ".join(line.text for line in lines)
            self.blocks.append(Heading(joined.rstrip(":"), self._next()))
        elif lines and self._is_item(paragraph, style):
            self.blocks.append(Bullet(" ".join(line.text for line in lines), self._next()))
        else:
            self.blocks.extend(prose_block(line.text, self._next()) for line in lines)
        for box in boxes:
            self._walk(box)

    def _is_heading(self, paragraph: Element, style: str) -> bool:
        level = _value(paragraph, "pPr", "outlineLvl")
        return style in self._headings or (level is not None and level != "9")

    def _is_item(self, paragraph: Element, style: str) -> bool:
        number = _value(paragraph, "pPr", "numPr", "numId")
        return number != "0" if number is not None else style in self._lists

    def _table(self, table: Element) -> None:
        rows = [row for row in _rows(table) if _found(row, "trPr", "del") is None]
        cells = [list(_cells(row)) for row in rows]
        widest = max(map(len, cells), default=0)
        if widest <= 1 and (len(rows) <= 1 or next(table.iterdescendants(f"{_W}tbl"), None) is not None):
            for cell in (cell for row in cells for cell in row):
                self._walk(cell)  # a frame around text, or around a table
            return
        laid: list[tuple[int, list[Laid]]] = []
        for row, own in zip(rows, cells, strict=True):
            place = self._next()
            before = [Laid(CellText(self.source, place).cell())] * min(
                _number(_value(row, "trPr", "gridBefore"), 0), 100
            )
            laid.append((place, before + [self._laid(cell, place) for cell in own]))
        grid = self._grid.lay_out(laid)
        if grid:
            self.blocks.append(Table(grid, grid[0].place))

    def _laid(self, cell: Element, place: int) -> Laid:
        text = CellText(self.source, place)
        self._cell_text(cell, text)
        merge = _found(cell, "tcPr", "vMerge")
        goes_on = merge is not None and merge.get(f"{_W}val", "continue") == "continue"
        span = _number(_value(cell, "tcPr", "gridSpan"), 1)
        return Laid(text.cell(fill_of(cell, self._theme)), span, goes_on=goes_on)

    def _cell_text(self, element: Element, text: CellText) -> None:
        """Add the text of a cell, paragraphs (and those of tables and boxes inside it) as lines."""
        for child in _children(element):
            if child.tag == f"{_W}p":
                boxes: list[Element] = []
                _add_runs(child, text, boxes)
                if not _mark_is_deleted(child):
                    text.end_line()
                for box in boxes:
                    text.end_line()
                    self._cell_text(box, text)
            elif child.tag == f"{_W}tr":
                if _found(child, "trPr", "del") is None:
                    self._cell_text(child, text)
            else:
                self._cell_text(child, text)

    def _footnotes(self, parts: dict[str, bytes]) -> None:
        """The footnotes and endnotes, under a heading of their own at the end."""
        notes: list[str] = []
        for name, tag in (("word/footnotes.xml", "footnote"), ("word/endnotes.xml", "endnote")):
            root = _parsed(parts.get(name))
            if root is None or _depth(root) > limit("document_depth"):
                continue
            for note in root.iterchildren(f"{_W}{tag}"):
                if note.get(f"{_W}type", "normal") != "normal":
                    continue  # the line between text and notes
                text = CellText(self.source, self._place + len(notes) + 2)
                self._cell_text(note, text)
                said: list[Line] = list(text.cell().lines)
                if said:
                    notes.append(" ".join(line.text for line in said))
        if notes:
            self.blocks.append(Heading("Footnotes", self._next()))
            self.blocks.extend(
                Paragraph(f"Footnote {number}: {note}", self._next()) for number, note in enumerate(notes, 1)
            )


def _children(element: Element) -> Iterator[Element]:
    """Children that hold text, of alternatives for old and new programs only one."""
    for child in element:
        if not isinstance(child.tag, str) or child.tag in _LEFT_OUT:
            continue
        if child.tag == f"{_MC}AlternateContent":
            choice = next(child.iterchildren(f"{_MC}Choice"), None)
            if choice is None or next(choice.iterdescendants(_TEXT_BOX, f"{_W}t"), None) is None:
                choice = next(child.iterchildren(f"{_MC}Fallback"), choice)
            if choice is not None:
                yield choice
            continue
        yield child


def _rows(table: Element) -> Iterator[Element]:
    for child in _children(table):
        if child.tag == f"{_W}tr":
            yield child
        elif child.tag != f"{_W}tbl":
            yield from _rows(child)  # rows in a content control


def _cells(row: Element) -> Iterator[Element]:
    for child in _children(row):
        if child.tag == f"{_W}tc":
            if _found(child, "tcPr", "cellDel") is None:
                yield child
        elif child.tag != f"{_W}tr":
            yield from _cells(child)


def _add_runs(element: Element, text: CellText, boxes: list[Element], *, marked: bool = False) -> None:
    """Add the running text of a paragraph; text boxes in it are collected, not added."""
    for child in _children(element):
        name = child.tag.rpartition("}")[2]
        if child.tag == _TEXT_BOX:
            boxes.append(child)
        elif not child.tag.startswith(_W):
            _add_runs(child, text, boxes, marked=marked)
        elif name == "t":
            text.add(child.text or "", marked=marked)
        elif name in ("br", "cr"):
            text.end_line()
        elif name in ("tab", "ptab"):
            text.add(" ")
        elif name == "noBreakHyphen":
            text.add("-", marked=marked)
        elif name == "sym":
            text.add(_SYMBOLS.get((child.get(f"{_W}char") or "").upper(), ""), marked=marked)
        elif name == "r":
            if not _is_on(_found(child, "rPr", "vanish")):
                heavy = _is_on(_found(child, "rPr", "b")) or _is_on(_found(child, "rPr", "u"))
                _add_runs(child, text, boxes, marked=heavy)
        else:
            _add_runs(child, text, boxes, marked=marked)


def _kinds_of_style(styles: Element | None) -> tuple[frozenset[str], frozenset[str]]:
    """The ids of styles that are headings or titles, and of those that are list items."""
    headings, items, based = set(), set(), {}
    for style in styles.iterchildren(f"{_W}style") if styles is not None else ():
        identity = style.get(f"{_W}styleId") or ""
        name = (_value(style, "name") or "").lower()
        based[identity] = _value(style, "basedOn") or ""
        level = _value(style, "pPr", "outlineLvl")
        if re.match(r"(?:heading \d|(?:sub)?title$)", name) or (level is not None and level != "9"):
            headings.add(identity)
        if re.match(r"list (?:bullet|number)", name) or _found(style, "pPr", "numPr") is not None:
            items.add(identity)
    for identity in based:
        above, seen = based[identity], {identity}
        while above and above not in seen:
            seen.add(above)
            if above in headings:
                headings.add(identity)
            if above in items:
                items.add(identity)
            above = based.get(above, "")
    return frozenset(headings), frozenset(items - headings)


def _mark_is_deleted(paragraph: Element) -> bool:
    """Whether a tracked change took the end of a paragraph away, so that the next goes on with it."""
    return _found(paragraph, "pPr", "rPr", "del") is not None


def _found(element: Any, *path: str) -> Any:
    for name in path:
        if element is None:
            return None
        element = next(element.iterchildren(f"{_W}{name}"), None)
    return element


def _value(element: Any, *path: str) -> str | None:
    found = _found(element, *path)
    return None if found is None else found.get(f"{_W}val")


def _number(text: str | None, otherwise: int) -> int:
    return int(text) if text is not None and re.fullmatch(r"\d{1,4}", text) else otherwise


def _is_on(setting: Any) -> bool:
    """Whether a run property is switched on ("<w:b/>", but not ``w:val="0"`` or ``"none"``)."""
    return setting is not None and setting.get(f"{_W}val", "1") not in ("0", "false", "off", "none")
