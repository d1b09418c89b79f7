"""Web pages: headings, paragraphs, lists and tables, as a reader of the page sees them.

Nothing is fetched and nothing is run. What the page hides is left out; of its style sheets only what
fills and hides is read (:mod:`nlpkit.reading.css`).
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from nlpkit.colours import colour_name
from nlpkit.errors import InputError
from nlpkit.limits import limit, passed
from nlpkit.reading.archives import refuse_elements
from nlpkit.reading.blocks import Block, Bullet, Cell, Heading, Paragraph, Row, Table
from nlpkit.reading.css import Style, Stylesheet
from nlpkit.reading.grids import CellText, Grid, Laid
from nlpkit.reading.text import prose_block

if TYPE_CHECKING:
    from lxml.html import HtmlElement

__all__ = ["blocks_from_html"]

_SKIPPED = frozenset(
    {
        "script", "style", "template", "noscript", "del", "head", "title", "nav", "button",
        "select", "option", "textarea", "datalist", "svg", "math", "canvas", "object", "embed",
        "applet", "iframe", "frame", "frameset", "audio", "video", "map", "colgroup", "col",
        "meta", "link", "base",
    }
)  # fmt: skip
_HEADINGS = frozenset({"h1", "h2", "h3", "h4", "h5", "h6"})
_BLOCKS = _HEADINGS | frozenset(
    {
        "address", "article", "aside", "blockquote", "body", "caption", "center", "dd", "details",
        "dialog", "div", "dl", "dt", "fieldset", "figcaption", "figure", "footer", "form",
        "header", "hr", "html", "legend", "li", "main", "menu", "ol", "p", "pre", "section",
        "summary", "table", "tbody", "td", "tfoot", "th", "thead", "tr", "ul",
    }
)  # fmt: skip
_MARKS = frozenset({"b", "strong", "u"})
_FURNITURE = frozenset({"navigation", "contentinfo", "search", "banner", "menu", "menubar", "toolbar"})
_COLOUR_CLASS = re.compile(
    r"(?:^|[-_])(red|amber|green|blue|grey|gray|yellow|orange|purple)(?:$|[-_])", re.IGNORECASE
)
_USUAL = {
    "red": "#ff0000",
    "amber": "#ffc000",
    "green": "#00b050",
    "blue": "#0070c0",
    "grey": "#a6a6a6",
    "gray": "#a6a6a6",
    "yellow": "#ffff00",
    "orange": "#ffa500",
    "purple": "#7030a0",
}
_CHARSET = re.compile(rb"<meta[^>]{0,200}?charset\s*=\s*[\"']?\s*([\w.:-]{1,40})", re.IGNORECASE)
_XML_ENCODING = re.compile(rb"^\s*<\?xml[^>]{0,100}?encoding\s*=\s*[\"']([\w.:-]{1,40})", re.IGNORECASE)
_LABEL_WORDS = 8  # a longer term of a definition list is no label


def blocks_from_html(raw: bytes, *, source: str | Path) -> list[Block]:
    """The blocks of a web page, in order; ``place`` counts its paragraphs and table rows from 1.

    Args:
        raw: the file as it is; its encoding is told by its mark, by the page itself, or tried.
        source: the file, for messages.

    Raises:
        InputError: not a web page, undecodable, empty, or beyond a limit of :mod:`nlpkit.limits`.
    """
    from lxml import etree
    from lxml.html import HTMLParser

    _refuse_others(raw, source)
    refuse_elements(raw.replace(b"\x00", b""), limit("elements"), source=source)
    text = _decoded(raw, source)
    parser = HTMLParser(encoding="utf-8", no_network=True, remove_pis=True, huge_tree=True)
    try:
        root = etree.fromstring(text.encode("utf-8", "replace"), parser)
    except (etree.LxmlError, ValueError) as error:
        root, problem = None, str(error)
    else:
        problem = "it has no content"
    if root is None:
        raise InputError(
            f"cannot be read as a web page ({problem})",
            source=source,
            remedy="Open it in a browser and save it again.",
        )
    depth = limit("page_depth")
    if _depth(root) > depth or any(entry.type_name == "ERR_RESOURCE_LIMIT" for entry in parser.error_log):
        raise passed(
            "page_depth",
            f"nests its elements more than {depth} deep",
            source=source,
            remedy="No page needs that: save it anew from a browser, or copy its table into a document.",
        )
    return _Page(root, source).blocks


def _refuse_others(raw: bytes, source: str | Path) -> None:
    """Refuse what is no web page, whatever its name says."""
    if len(raw) > limit("page_bytes"):
        raise passed(
            "page_bytes",
            f"is larger than a page may be, {limit('page_bytes'):,} bytes",
            source=source,
            remedy="Save the part with the plan as a page of its own.",
        )
    if not raw.strip():
        raise InputError("is empty", source=source, remedy="Give a document with text in it.")
    if raw[:4] == b"PK\x03\x04" or raw[:5] == b"%PDF-" or raw[:8] == b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1":
        raise InputError(
            "is no web page, whatever its name says",
            source=source,
            remedy="It looks like an Office or PDF document: give it its own ending.",
        )
    if re.match(rb"(?:From|MIME-Version|Date|Subject|Snapshot-Content-Location):", raw, re.IGNORECASE):
        raise InputError(
            "is a web archive of several files",
            source=source,
            remedy="Save the page as 'web page, HTML only'.",
        )


def _decoded(raw: bytes, source: str | Path) -> str:
    """The page as text: by its byte order mark, then what it says of itself, UTF-8, Windows-1252."""
    named = _XML_ENCODING.search(raw[:1024]) or _CHARSET.search(raw[:4096])
    tried = ["utf-8-sig", named[1].decode("ascii") if named else "", "cp1252"]
    if raw[:2] in (b"\xff\xfe", b"\xfe\xff"):
        tried = ["utf-16"]
    for encoding in filter(None, tried):
        # Browsers read Latin-1 as Windows-1252, of which it is a part.
        name = "cp1252" if encoding.lower().replace("_", "-") in ("iso-8859-1", "latin-1") else encoding
        try:
            text = raw.decode(name)
        except (UnicodeDecodeError, LookupError):
            continue
        if "\x00" in text:
            break
        return re.sub(r"^\s*<\?xml[^>]*\?>", "", text)
    raise InputError(
        "holds bytes that fit none of the encodings tried", source=source, remedy="Save the page as UTF-8."
    )


def _depth(root: HtmlElement) -> int:
    """How deep elements stand inside one another, found without recursion."""
    from lxml import etree

    deepest = depth = 0
    for event, _ in etree.iterwalk(root, events=("start", "end")):
        depth += 1 if event == "start" else -1
        deepest = max(deepest, depth)
    return deepest


class _Page:
    """One page on its way to blocks."""

    def __init__(self, root: HtmlElement, source: str | Path) -> None:
        self.source = source
        self.blocks: list[Block] = []
        self._place = 0
        self._item = ""  # in a list item: "new", or "open" once it has text
        self._styles = Stylesheet(element.text or "" for element in root.iter("style"))
        self._grid = Grid(source)
        self._text = self._new_text()
        if next(root.iter("h1"), None) is None and (title := root.findtext(".//title")):
            self.blocks.append(Heading(" ".join(title.split()), self._next()))
        self._walk(root)
        self._flush()

    def _new_text(self) -> CellText:
        return CellText(self.source, self._place + 1)

    def _next(self) -> int:
        self._place += 1
        return self._place

    def _style(self, element: HtmlElement) -> Style:
        return self._styles.style(element)

    def _shown(self, element: Any) -> bool:
        """Whether an element is seen: no comment, no furniture of the page, not hidden."""
        tag = element.tag
        if not isinstance(tag, str) or tag in _SKIPPED:
            return False
        if element.get("hidden") is not None or (element.get("role") or "").lower() in _FURNITURE:
            return False
        if tag == "footer" and not any(
            ancestor.tag in ("article", "section", "main", "td") for ancestor in element.iterancestors()
        ):
            return False
        if tag == "input" and (element.get("type") or "").lower() != "text":
            return False
        return self._style(element).hidden is not True

    def _walk(self, element: HtmlElement) -> None:
        """Add an element's content as blocks; running text is gathered until a block ends."""
        self._text.add(element.text or "")
        for child in element:
            if self._shown(child):
                self._element(child)
            self._text.add(child.tail or "")

    def _element(self, element: HtmlElement) -> None:
        tag = element.tag
        if tag == "br":
            self._text.end_line()
        elif tag == "img":
            self._text.add(element.get("alt") or "")
        elif tag == "table":
            self._flush()
            self._table(element)
        elif tag == "dl":
            self._flush()
            self._definitions(element)
        elif tag in _HEADINGS:
            self._flush()
            self._walk(element)
            text = " ".join(line.text for line in self._take())
            if text:
                self.blocks.append(Heading(text.rstrip(":"), self._next()))
        elif tag == "li":
            self._flush()
            around, self._item = self._item, "new"
            self._walk(element)
            self._flush()
            self._item = around
        elif tag in _BLOCKS:
            self._flush()
            self._walk(element)
            self._flush()
        else:
            self._inline(element)

    def _inline(self, element: HtmlElement) -> None:
        """Running text; a badge without words stands for its colour."""
        if not len(element) and not (element.text or "").strip():
            fill = self._fill(element)
            self._text.add(f" {colour_name(fill)} (fill) " if colour_name(fill) else element.text or "")
            return
        self._walk(element)

    def _take(self) -> Sequence[Any]:
        """The lines gathered so far."""
        self._text.end_line()
        lines = self._text.lines
        self._text = self._new_text()
        return lines

    def _flush(self) -> None:
        """End the paragraph or list item; further paragraphs of an item go on with it."""
        text = [line.text for line in self._take()]
        last = self.blocks[-1] if self.blocks else None
        if not self._item:
            self.blocks.extend(prose_block(line, self._next()) for line in text)
        elif text and self._item == "open" and isinstance(last, Bullet):
            self.blocks[-1] = Bullet(" ".join([last.text, *text]), last.place)
        elif text:
            self.blocks.append(Bullet(" ".join(text), self._next()))
            self._item = "open"

    def _definitions(self, listing: HtmlElement) -> None:
        """A definition list: "term: text" where the term is a label, else a heading and what is below."""
        label = ""
        for part in self._terms(listing):
            if part.tag == "dt":
                if label:
                    self.blocks.append(Heading(label.rstrip(":"), self._next()))
                self._walk(part)
                label = " ".join(line.text for line in self._take())
                continue
            simple = not any(inner.tag in _BLOCKS - {"p", "div"} for inner in part.iterdescendants())
            if label and simple and len(label.split()) <= _LABEL_WORDS:
                self._cell_text(part, self._text, marked=False)
                lines = [line.text for line in self._take()]
                name = colour_name(self._fill(part))
                first = lines[0] if lines else f"{name} (fill)" if name else ""
                self.blocks.append(Paragraph(f"{label.rstrip(': ')}: {first}".rstrip(), self._next()))
                self.blocks.extend(Paragraph(line, self._next()) for line in lines[1:])
            else:
                if label:
                    self.blocks.append(Heading(label.rstrip(":"), self._next()))
                self._walk(part)
                self._flush()
            label = ""
        if label:
            self.blocks.append(Heading(label.rstrip(":"), self._next()))

    def _terms(self, listing: HtmlElement) -> Iterator[HtmlElement]:
        for child in listing:
            if self._shown(child):
                if child.tag == "div":
                    yield from self._terms(child)
                elif child.tag in ("dt", "dd"):
                    yield child

    def _table(self, table: HtmlElement) -> None:
        rows = [row for row in self._rows(table) if self._shown(row)]
        kept = [[cell for cell in row if cell.tag in ("td", "th") and self._shown(cell)] for row in rows]
        for caption in table.iterchildren("caption"):
            if self._shown(caption):
                self._element(caption)
        widest = max(map(len, kept), default=0)
        inner = next(table.iterdescendants("table"), None) is not None
        role = (table.get("role") or "").lower()
        if (widest <= 1 and (inner or len(kept) <= 1)) or (
            inner and (role == "presentation" or len(kept) == 1)
        ):
            # Such a table only arranges the page.
            for cell in (cell for cells in kept for cell in cells):
                self._walk(cell)
                self._flush()
            return
        laid: list[tuple[int, list[Laid]]] = []
        for row, cells in zip(rows, kept, strict=True):
            place = self._next()
            behind = self._style(row).fill or ""
            laid.append((place, [self._laid(cell, behind, place) for cell in cells]))
        grid: tuple[Row, ...] = self._grid.lay_out(laid)
        if grid:
            self.blocks.append(Table(grid, grid[0].place))
        self._text = self._new_text()

    @staticmethod
    def _rows(table: HtmlElement) -> list[HtmlElement]:
        """The table's own rows, its foot last."""
        body: list[HtmlElement] = []
        foot: list[HtmlElement] = []
        for child in table:
            if child.tag == "tr":
                body.append(child)
            elif child.tag in ("thead", "tbody", "tfoot"):
                (foot if child.tag == "tfoot" else body).extend(child.iterchildren("tr"))
        return body + foot

    def _laid(self, cell: HtmlElement, behind: str, place: int) -> Laid:
        text = CellText(self.source, place)
        self._cell_text(cell, text, marked=False)
        filled: Cell = text.cell(self._fill(cell) or behind)
        return Laid(filled, _span(cell, "colspan"), _span(cell, "rowspan"))

    def _cell_text(self, element: HtmlElement, text: CellText, *, marked: bool) -> None:
        """Add the text inside a cell, its blocks as lines."""
        text.add(element.text or "", marked=marked)
        for child in element:
            if self._shown(child):
                tag = child.tag
                if tag in _BLOCKS or tag == "br":
                    text.end_line()
                if tag == "img":
                    text.add(child.get("alt") or "")
                elif tag == "input":
                    text.add(child.get("value") or "")
                self._cell_text(child, text, marked=marked or tag in _MARKS or tag in _HEADINGS)
                if tag in _BLOCKS:
                    text.end_line()
            text.add(child.tail or "", marked=marked)

    def _fill(self, element: HtmlElement) -> str:
        """The colour behind an element: its own, else that of the first thing in it that has one."""
        for inner in element.iter():
            if not isinstance(inner.tag, str):
                continue
            if inner is not element and inner.tag == "table":
                break
            if (fill := self._style(inner).fill) is not None:
                if fill or inner is element:
                    return fill
                continue
            for name in (inner.get("class") or "").split():
                if found := _COLOUR_CLASS.search(name):
                    return _USUAL[found[1].lower()]
        return ""


def _span(cell: HtmlElement, name: str) -> int:
    value = (cell.get(name) or "1").strip()
    return int(value) if re.fullmatch(r"\d{1,5}", value) else 1
