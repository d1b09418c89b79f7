"""What every reader yields: headings, paragraphs, bullets and tables of cells, in document order."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from html.parser import HTMLParser

__all__ = [
    "INLINE_BULLET",
    "RULED",
    "Block",
    "Bullet",
    "Cell",
    "Heading",
    "Line",
    "Paragraph",
    "Row",
    "Table",
    "cell_from_markup",
]


@dataclass(frozen=True, slots=True)
class Line:
    """One paragraph inside a cell; ``marks`` are the offsets of its underlined or bold runs."""

    text: str
    marks: tuple[tuple[int, int], ...] = ()


@dataclass(frozen=True, slots=True)
class Cell:
    """One table cell.

    Attributes:
        lines: its paragraphs, without markup.
        fill: the colour behind it ("#00B050" or a name), where the format keeps one.
        nested: the cell texts of a table inside it, row by row.
        over: the cell above that is merged with this one, which then is empty itself.
    """

    lines: tuple[Line, ...] = ()
    fill: str = ""
    nested: tuple[str, ...] = ()
    over: Cell | None = None

    @property
    def text(self) -> str:
        """The paragraphs, one a line."""
        return "\n".join(line.text for line in self.lines)

    def __bool__(self) -> bool:
        return any(line.text for line in self.lines)


@dataclass(frozen=True, slots=True)
class Row:
    """A table row and the line (or row number) at which it stands in its file."""

    cells: tuple[Cell, ...]
    place: int


@dataclass(frozen=True, slots=True)
class Table:
    """Rows that stand together; a table broken by a page is several of these."""

    rows: tuple[Row, ...]
    place: int


@dataclass(frozen=True, slots=True)
class Heading:
    text: str
    place: int


@dataclass(frozen=True, slots=True)
class Paragraph:
    text: str
    place: int


@dataclass(frozen=True, slots=True)
class Bullet:
    text: str
    place: int


Block = Heading | Paragraph | Bullet | Table

_TAG = re.compile(r"</?[a-zA-Z][^<>]{0,2000}>")
RULED = re.compile(r"[-–—_=\s]*")
"""A cell of nothing but dashes: a ruling that a converter wrote out."""
_BREAKS = {
    "p",
    "div",
    "br",
    "li",
    "ul",
    "ol",
    "tr",
    "td",
    "th",
    "table",
    "thead",
    "tbody",
    "h1",
    "h2",
    "h3",
    "h4",
}
_MARKS = {"u", "b", "strong"}
INLINE_BULLET = re.compile(r"(?<!\s)\s+(?=[•▪◦●‣]\s*\S)")
"""Where list items stand on one line with the bullet kept."""


@dataclass
class _CellParser(HTMLParser):
    lines: list[Line] = field(default_factory=list)
    nested: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self._text = ""
        self._marks: list[tuple[int, int]] = []
        self._open: list[int] = []
        self._in_nested = 0

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag in _BREAKS:
            self._flush()
        if tag in {"td", "th"}:
            self._in_nested += 1
            self.nested.append("")
        if tag in _MARKS:
            self._open.append(len(self._text))

    def handle_endtag(self, tag: str) -> None:
        if tag in _MARKS and self._open:
            start = self._open.pop()
            if len(self._text) > start:
                self._marks.append((start, len(self._text)))
        if tag in _BREAKS:
            self._flush()
        if tag in {"td", "th"} and self._in_nested:
            self._in_nested -= 1

    def handle_data(self, data: str) -> None:
        data = re.sub(r"\s+", " ", data)
        if not self._text:
            data = data.lstrip()
            self._open = [0 for _ in self._open]
        self._text += data
        if self._in_nested:
            self.nested[-1] = f"{self.nested[-1]}{data}".strip()

    def _flush(self) -> None:
        for start in self._open:
            if len(self._text) > start:
                self._marks.append((start, len(self._text)))
        text = self._text.rstrip()
        if text:
            marks = tuple((a, min(b, len(text))) for a, b in self._marks if a < len(text))
            self.lines.append(Line(text, marks))
        self._text, self._marks, self._open = "", [], [0 for _ in self._open]

    def finish(self) -> None:
        self.close()
        self._flush()


def cell_from_markup(raw: str) -> Cell:
    """A cell from its text in a converted document, which may hold HTML.

    Tags go, their meaning stays: paragraphs and list items become lines, underlined and bold
    runs are marked, the cells of a table inside the cell are kept apart. A cell of nothing but
    dashes (a ruling that the converter wrote out) is empty.
    """
    if not _TAG.search(raw):
        if RULED.fullmatch(raw):
            return Cell()
        parts = INLINE_BULLET.split(re.sub(r"\s+", " ", raw).strip())
        return Cell(tuple(Line(part.strip()) for part in parts if part.strip()))
    parser = _CellParser()
    parser.feed(raw)
    parser.finish()
    lines: list[Line] = []
    for line in parser.lines:
        if line.marks:
            lines.append(line)
        else:
            lines.extend(Line(part.strip()) for part in INLINE_BULLET.split(line.text) if part.strip())
    return Cell(tuple(lines), nested=tuple(text for text in parser.nested))
