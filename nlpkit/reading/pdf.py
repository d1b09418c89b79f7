"""PDF documents: ruled and unruled tables, the prose between them, and the colours behind cells.

The file is opened with PDFium, which neither runs scripts nor follows links or attachments here.
"""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from itertools import pairwise
from pathlib import Path
from typing import Any

from nlpkit.colours import colour_name
from nlpkit.errors import InputError
from nlpkit.limits import limit, passed
from nlpkit.reading.blocks import Block, Cell, Heading, Line, Paragraph, Row, Table
from nlpkit.reading.documents import Document
from nlpkit.reading.grids import Grid, Laid
from nlpkit.reading.headers import is_heading, role_of
from nlpkit.reading.narrative import ENTRY
from nlpkit.reading.pdf_columns import ColumnTable, PageLines, column_tables
from nlpkit.reading.pdf_lines import Line as WordLine
from nlpkit.reading.pdf_lines import (
    Span,
    cell_of,
    fill_behind,
    goes_on,
    joined,
    line_text,
    lines_of,
    pitch_of,
)
from nlpkit.reading.pdf_marks import Box, Page, Word, read_page
from nlpkit.reading.pdf_ruled import RuledTable, ruled_tables
from nlpkit.reading.pdf_upright import upright_tables
from nlpkit.reading.text import prose_block

__all__ = ["document_from_pdf"]

_EDGE = 0.14  # share of a page's height in which running titles stand
_EDGE_LINES = 3
_PICTURED = 0.3  # share of a page that a scan covers
_MAX_MEANING = 40  # words by which a key explains a colour
_PATCH = 70.0  # points from a patch of colour to the words that explain it
_FEW_WORDS = 5  # a stamp or page number on a scanned page
_DAMAGED = "Open it in a PDF program and print it to PDF anew, or ask for the original document."
_APART = 1.2  # times the distance of lines in a paragraph, from which the next begins
_LABEL = re.compile(r"[A-Z][\w ()/&’'-]{1,40}:(?=\s|$)")
_PAGE_OF = re.compile(r"\bpage\s*\d+(?:\s*(?:of|/)\s*\d+)?|\b\d+\s*(?:of|/)\s*\d+$|^\d+\b|\b\d+$")
_PAGE_NUMBER = re.compile(
    r"\W*(?:page\s*)?(?:(?!(?:19|20)\d\d\b)\d{1,4}|[ivx]{1,6})(?:\s*(?:of|/|\|)\s*\d{1,4})?\W*$",
    re.IGNORECASE,
)


def document_from_pdf(raw: bytes, *, source: str | Path) -> Document:
    """The blocks of a PDF document in reading order; places are counted over it and named by page.

    Args:
        raw: the file.
        source: its name, for messages.

    Raises:
        InputError: no PDF, damaged, with a password, a scan without text, text that cannot be decoded,
            or beyond a limit.
    """
    pages = _pages(raw, source)
    notes = _unread(pages, source)
    tables: dict[int, list[RuledTable]] = {}
    loose: list[PageLines] = []
    for page in pages:
        tables[page.number], outside = ruled_tables(page)
        level = [rule for rule in page.rules if not rule.upright]
        loose.append(PageLines(page.number, page.width, lines_of(outside), level))
    footers = _without_running_titles(loose, {page.number: page.height for page in pages})
    columns: dict[int, list[ColumnTable]] = defaultdict(list)
    for table in column_tables(loose):
        columns[table.page].append(table)
    taken = {page.number: {i for table in columns[page.number] for i in table.lines} for page in pages}
    for number, upright in upright_tables(loose, taken).items():
        columns[number] += upright
    vocabulary = Counter(
        word.text.lower().strip(".,;:()") for page in pages for word in page.words if word.text[0].isalpha()
    )
    right: dict[float, float] = defaultdict(float)  # where lines end, by the width of the page
    for lines in loose:
        right[lines.width] = max([right[lines.width], *(line[-1].x1 for line in lines.lines)])
    maker = _Maker(source, vocabulary, right)
    for page, lines in zip(pages, loose, strict=True):
        maker.add(page, lines, tables[page.number], columns[page.number])
    for text in footers:
        maker.add_footer(text)
    return Document(maker.blocks, tuple(notes), maker.places)


def _pages(raw: bytes, source: str | Path) -> list[Page]:
    """Every page with its marks, the document closed again."""
    import pypdfium2

    if not raw.strip():
        raise InputError("is empty", source=source, remedy="Give a document with text in it.")
    if b"%PDF-" not in raw[:1024]:
        raise InputError(
            "is no PDF document, whatever its name says",
            source=source,
            remedy="Give it the ending of its own format.",
        )
    try:
        document = pypdfium2.PdfDocument(raw)
        count = len(document)
    except pypdfium2.PdfiumError as error:
        if "password" in str(error).lower() or "security" in str(error).lower():
            raise InputError(
                "is protected by a password", source=source, remedy="Save it as .pdf without a password."
            ) from None
        raise InputError("is a damaged PDF document", source=source, remedy=_DAMAGED) from None
    try:
        if not count:
            raise InputError("is a damaged PDF document without pages", source=source, remedy=_DAMAGED)
        if count > limit("pdf_pages"):
            raise passed(
                "pdf_pages",
                f"has {count:,} pages",
                source=source,
                remedy="Save the part with the plan as a document of its own.",
            )
        pages: list[Page] = []
        characters = 0
        for index in range(count):
            page = _page(document, index, source)
            characters += sum(len(word.text) for word in page.words)
            if characters > limit("pdf_characters"):
                raise passed(
                    "pdf_characters",
                    f"has more than {limit('pdf_characters'):,} characters",
                    source=source,
                    remedy="Save the part with the plan as a document of its own.",
                )
            pages.append(page)
        return pages
    finally:
        document.close()


def _page(document: Any, index: int, source: str | Path) -> Page:
    import pypdfium2

    try:
        return read_page(document, index, source=source)
    except (pypdfium2.PdfiumError, ValueError, OverflowError) as error:
        raise InputError(
            f"is a damaged PDF document ({error})", source=source, row=f"page {index + 1}", remedy=_DAMAGED
        ) from None


def _unread(pages: Sequence[Page], source: str | Path) -> list[str]:
    """Notes on pages without text; an error where no page has any.

    Raises:
        InputError: a scan, an empty document, or text of unknown letters.
    """
    words = sum(len(page.words) for page in pages)
    scanned = [p.number for p in pages if len(p.words) <= _FEW_WORDS and p.pictured >= _PICTURED]
    recognise = (
        "Run text recognition (OCR) over it in a PDF or scanning program, check the result, and try again"
    )
    if scanned and words - sum(len(p.words) for p in pages if p.number in scanned) == 0:
        whole = "its page is a picture" if len(pages) == 1 else f"its {len(pages)} pages are pictures"
        raise InputError(
            f"is a scan: {whole} without text",
            source=source,
            remedy=f"{recognise}; better still, ask for the document that was scanned.",
        )
    if not words:
        raise InputError(
            "has no text",
            source=source,
            remedy=f"Its letters may be drawn as pictures. {recognise}.",
        )
    characters = sum(len(word.text) for page in pages for word in page.words)
    if sum(page.unknown for page in pages) * 4 > characters:
        raise InputError(
            "does not say which letters its signs stand for",
            source=source,
            remedy=f"{recognise}, or ask for the original document.",
        )
    if not scanned:
        return []
    if len(scanned) == 1:
        return [f"page {scanned[0]} is a picture without text: nothing of it was read (run OCR over it)"]
    listed = ", ".join(map(str, scanned[:10])) + (" …" if len(scanned) > 10 else "")
    return [f"{len(scanned)} pages are pictures without text and were not read (run OCR): {listed}"]


def _without_running_titles(pages: Sequence[PageLines], heights: dict[int, float]) -> list[str]:
    """Take page numbers and lines that pages repeat at their edges out of the pages.

    The first of a title at the head stays, as it may be the only one; the first of a foot is returned.
    """
    edges: dict[int, dict[int, tuple[str, str]]] = {}  # page → line → key, edge
    seen: Counter[tuple[str, str]] = Counter()
    for page in pages:
        height = heights[page.number]
        here: dict[int, tuple[str, str]] = {}
        for i, line in enumerate(page.lines):
            edge = ""
            if i < _EDGE_LINES and line[0].middle < _EDGE * height:
                edge = "head"
            elif i >= len(page.lines) - _EDGE_LINES and line[0].middle > (1 - _EDGE) * height:
                edge = "foot"
            if edge and not ENTRY.match(line_text(line)) and not is_heading(line_text(line)):
                here[i] = (_PAGE_OF.sub("#", line_text(line).lower()), edge)
        edges[page.number] = here
        seen.update(set(here.values()))
    enough = 2 if len(pages) <= 3 else 3
    kept: set[str] = set()
    feet: list[str] = []
    for page in pages:
        here = edges[page.number]

        def runs(i: int, line: WordLine, here: dict[int, tuple[str, str]] = here) -> bool:
            key = here.get(i)
            if key is None or _many_columns(line):
                return False
            number = bool(_PAGE_NUMBER.match(line_text(line)))
            return seen[key] >= enough or (number and (seen[key] >= 2 or key[1] == "foot" or len(pages) == 1))

        # What repeats below a line of the plan is the plan's own, whatever stands on other pages.
        marked = [runs(i, line) for i, line in enumerate(page.lines)]
        first = marked.index(False) if False in marked else len(marked)
        last = len(marked) - (marked[::-1].index(False) if False in marked else len(marked))
        lines = []
        for i, line in enumerate(page.lines):
            if first <= i < last:
                lines.append(line)
                continue
            (key, edge), text = here[i], line_text(line)
            if _PAGE_NUMBER.match(text) or key in kept:
                continue
            kept.add(key)
            if edge == "head":
                lines.append(line)
            else:
                feet.append(text)
        page.lines = lines
    return feet


def _many_columns(line: WordLine) -> bool:
    """Whether a line at a page's edge may be the heading row of a table, repeated."""
    gaps = sum(b.x0 - a.x1 > 0.9 * a.size for a, b in pairwise(line))
    return gaps >= 3


class _Maker:
    """Tables and prose of the pages on their way to blocks."""

    def __init__(
        self, source: str | Path, vocabulary: Mapping[str, int], right: Mapping[float, float]
    ) -> None:
        self.source = source
        self.vocabulary = vocabulary
        self.right = right
        self.blocks: list[Block] = []
        self.places: dict[int, str] = {}
        self._grid = Grid(source)
        self._open = False  # the last page ended with a label whose coloured area may stand on the next

    def _next(self, page: int) -> int:
        place = len(self.places) + 1
        self.places[place] = f"page {page}"
        return place

    def add_footer(self, text: str) -> None:
        self.blocks.append(prose_block(text, self._next(1)))

    def add(
        self, page: Page, loose: PageLines, ruled: Sequence[RuledTable], columns: Sequence[ColumnTable]
    ) -> None:
        """Add what stands on a page, from top to bottom."""
        taken = {i for table in columns for i in table.lines}
        usual = pitch_of(loose.lines)
        tight = _tight(loose.lines)
        size = _usual_size(page.words)
        parts: list[tuple[float, int, Any]] = [(table.span.top, 0, table) for table in ruled]
        parts += [(table.top, 1, table) for table in columns]
        paragraph: list[WordLine] = []
        right = self.right[loose.width]
        before = -2
        tops = sorted(top for top, _, _ in parts)
        for i, line in enumerate(loose.lines):
            if i in taken:
                continue
            split = any(paragraph and paragraph[-1][0].middle < top < line[0].middle for top in tops)
            span = Span(line[0].x0, line[0].top, right, line[0].bottom)
            if (
                paragraph
                and before == i - 1
                and not split
                and goes_on(paragraph[-1], line, span, pitch=tight, padding=0.0, spaced=_APART)
                and not _LABEL.match(line_text(line))
                and not (is_heading(line_text(line)) and line_text(line)[0].isupper())
                and abs(paragraph[-1][0].size - line[0].size) < 1
                and _runs_on(paragraph[-1], line)
            ):
                paragraph.append(line)
            else:
                paragraph = [line]
                parts.append((line[0].top, 2, paragraph))
            before = i
        if self._open and (colour := _bar_at_head(page)):
            self._add_colour(page, colour)
        self._open = False
        for _, kind, part in sorted(parts, key=lambda part: (part[0], part[1])):
            if kind == 0:
                self._add_ruled(page, part, usual)
            elif kind == 1:
                self._add_columns(page, part, usual)
            else:
                self._add_prose(page, part, size)

    def _add_prose(self, page: Page, lines: Sequence[WordLine], size: float) -> None:
        text = line_text(lines[0])
        for line in lines[1:]:
            text = joined(text, line_text(line))
        place = self._next(page.number)
        words = [word for line in lines for word in line]
        if colour := _patch(page, words):
            # A line of a colour key: the patch, and what it stands for.
            row = Row((Cell(fill=colour), Cell((Line(text),))), place)
            self.blocks.append(Table((row,), place))
            return
        stands_out = all(word.bold for word in words) or min(word.size for word in words) > 1.15 * size
        block = prose_block(text, place)
        if stands_out and len(text.split()) <= 30 and not isinstance(block, Heading):
            block = Heading(text.rstrip(":"), place) if not re.search(r"[.;,]$", text) else block
        self.blocks.append(block)
        self._open = role_of(text) in {"status", "declared"}
        if self._open and (colour := _bar(page, words)):
            self._add_colour(page, colour)
            self._open = False

    def _add_colour(self, page: Page, colour: str) -> None:
        """Add the colour of an area that stands where a label's words would."""
        self.blocks.append(Paragraph(f"{colour_name(colour)} (fill)", self._next(page.number)))

    def _add_ruled(self, page: Page, table: RuledTable, usual: float) -> None:
        laid: list[tuple[int, list[Laid]]] = []
        for row in table.rows:
            place = self._next(page.number)
            cells = []
            for cell in row:
                fill = _fill(page, cell.span, cell.words)
                made = cell_of(
                    cell.words,
                    cell.span,
                    fill=fill,
                    rules=[rule for rule in page.rules if _inside(rule.at, cell.span) and not rule.upright],
                    usual=usual,
                    vocabulary=self.vocabulary,
                    source=self.source,
                    place=place,
                )
                cells.append(Laid(made, cell.columns, cell.rows))
            laid.append((place, cells))
        self.blocks.append(Table(self._grid.lay_out(laid), laid[0][0]))

    def _add_columns(self, page: Page, table: ColumnTable, usual: float) -> None:
        rows = []
        for row in table.rows:
            place = self._next(page.number)
            cells = [
                cell_of(
                    words,
                    span,
                    fill=_fill(page, span, words),
                    rules=[rule for rule in page.rules if _inside(rule.at, span) and not rule.upright],
                    usual=usual,
                    vocabulary=self.vocabulary,
                    source=self.source,
                    place=place,
                )
                for span, words in row.cells
            ]
            rows.append(Row(tuple(cells), place))
        if rows:
            self.blocks.append(Table(tuple(rows), rows[0].place))


def _fill(page: Page, span: Span, words: Sequence[Word]) -> str:
    if not page.fills:
        return ""
    lettered = any(map(str.isalpha, "".join(word.text for word in words)))
    return fill_behind(span, page.fills, lettered=lettered)


def _patch(page: Page, words: Sequence[Word]) -> str:
    """The colour of a patch that stands before a short line of prose, as in a colour key, or ``""``."""
    if len(words) > _MAX_MEANING:
        return ""
    left, top, bottom = words[0].x0, words[0].top, words[0].bottom
    for fill in page.fills:
        across = fill.top - 1 <= (top + bottom) / 2 <= fill.bottom + 1
        beside = left - _PATCH <= fill.x1 <= left + 2 and fill.x1 - fill.x0 <= 2 * _PATCH
        if across and beside and colour_name(fill.colour):
            return fill.colour
    return ""


def _bar(page: Page, words: Sequence[Word]) -> str:
    """The colour of an area without words behind a label ("Status") or right below it, or ``""``."""
    left, right = words[0].x0, words[-1].x1
    top, bottom = words[0].top, words[0].bottom
    for fill in _bars(page):
        below = 0 <= fill.top - bottom + 1 <= bottom - top and fill.x0 <= right + _PATCH
        beside = fill.top - 1 <= (top + bottom) / 2 <= fill.bottom + 1 and right <= fill.x0 <= right + _PATCH
        if (below or beside) and fill.x1 > left:
            return fill.colour
    return ""


def _bar_at_head(page: Page) -> str:
    """The colour of an area without words that stands above all words of a page, or ``""``."""
    first = min((word.top for word in page.words), default=page.height)
    return next((fill.colour for fill in _bars(page) if fill.bottom <= first + 1), "")


def _bars(page: Page) -> list[Box]:
    """The coloured areas in which no word stands."""
    return [
        fill
        for fill in page.fills
        if colour_name(fill.colour)
        and not any(
            fill.x0 <= word.x0 < fill.x1 and fill.top <= word.middle <= fill.bottom for word in page.words
        )
    ]


def _inside(at: float, span: Span) -> bool:
    return span.top < at < span.bottom


def _runs_on(above: WordLine, below: WordLine) -> bool:
    """Whether two lines of prose are one paragraph rather than two short lines, as titles are."""
    return line_text(below)[:1].islower() or len(line_text(above).split()) > 8


def _tight(lines: Sequence[WordLine]) -> float:
    """The distance of lines inside a paragraph, in points: a small one of those on the page."""
    steps = sorted(
        b[0].top - a[0].top for a, b in pairwise(lines) if 0 < b[0].top - a[0].top < 2.5 * a[0].size
    )
    return steps[len(steps) // 5] if steps else 0.0


def _usual_size(words: Iterable[Word]) -> float:
    sizes = Counter(round(word.size, 1) for word in words)
    return max(sizes, key=lambda size: (sizes[size], -size), default=10.0)
