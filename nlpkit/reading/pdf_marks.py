"""What stands on one page of a PDF: words, rulings, filled areas and pictures, as a reader sees the page.

Positions are in points from the top left corner of the page as it is shown, whatever its rotation.
"""

from __future__ import annotations

import ctypes
import math
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import pairwise
from pathlib import Path
from typing import Any

from nlpkit.limits import limit, passed

__all__ = ["Box", "Page", "Rule", "Word", "read_page"]

_MAX_DEPTH = 12  # forms inside forms
_THIN = 2.6  # points; a filled area thinner than this is a ruling
_BULLET_GAP = 1.5  # times the height of a line, from a bullet to its item
_OPAQUE = 40  # of 255
_HYPHENS = {2: "-", 0xFFFE: "-", 0xAD: ""}  # what pdfium makes of a hyphen at the end of a line


@dataclass(frozen=True, slots=True)
class Word:
    """Letters without a space between them; ``bottom - top`` is the height of its line."""

    text: str
    x0: float
    top: float
    x1: float
    bottom: float
    bold: bool = False

    @property
    def size(self) -> float:
        return self.bottom - self.top

    @property
    def middle(self) -> float:
        return (self.top + self.bottom) / 2


@dataclass(frozen=True, slots=True)
class Box:
    """A filled area and its colour ("#00B050"), in the order in which they are painted."""

    x0: float
    top: float
    x1: float
    bottom: float
    colour: str
    round: bool = False  # a disc or another shape that is no rectangle


@dataclass(frozen=True, slots=True)
class Rule:
    """A straight line: at ``at``, from ``start`` to ``end`` along the other axis."""

    upright: bool
    at: float
    start: float
    end: float


@dataclass
class Page:
    """One page of a PDF."""

    number: int
    width: float
    height: float
    words: list[Word] = field(default_factory=list)
    fills: list[Box] = field(default_factory=list)
    rules: list[Rule] = field(default_factory=list)
    pictured: float = 0.0  # share of the page that pictures cover
    unknown: int = 0  # characters of which the file does not say what letter they are


@dataclass(frozen=True)
class _Turn:
    """From the coordinates of a page's content to those of the page as shown."""

    left: float
    bottom: float
    width: float
    height: float
    quarter: int  # quarters of a turn, clockwise

    def __call__(self, x: float, y: float) -> tuple[float, float]:
        x, y = x - self.left, y - self.bottom
        if self.quarter == 1:
            return y, x
        if self.quarter == 2:
            return self.width - x, y
        if self.quarter == 3:
            return self.height - y, self.width - x
        return x, self.height - y

    def box(self, x0: float, y0: float, x1: float, y1: float) -> tuple[float, float, float, float]:
        ax, ay = self(x0, y0)
        bx, by = self(x1, y1)
        return min(ax, bx), min(ay, by), max(ax, bx), max(ay, by)


_Matrix = tuple[float, float, float, float, float, float]
_SAME: _Matrix = (1, 0, 0, 1, 0, 0)


def read_page(document: Any, index: int, *, source: str | Path) -> Page:
    """Everything on one page.

    Args:
        document: a ``pypdfium2.PdfDocument``.
        index: of the page, from 0.
        source: file name, for messages.

    Raises:
        InputError: more characters or shapes than a page of a plan can have.
    """
    import pypdfium2.raw as pdfium

    page = document[index]
    try:
        # Its own box, or the one that it inherits, which the page's method does not see.
        bounds = pdfium.FS_RECTF()
        if not pdfium.FPDF_GetPageBoundingBox(page.raw, bounds):
            bounds.right, bounds.top = page.get_size()
        left, bottom = bounds.left, bounds.bottom
        width, height = bounds.right - left, bounds.top - bottom
        text = page.get_textpage()
        try:
            letters, angle = _letters(text, index, source)
        finally:
            text.close()
        # Most letters stand upright, whatever the page's own rotation says.
        quarter = (-angle) % 4 if letters else page.get_rotation() // 90 % 4
        turn = _Turn(left, bottom, width, height, quarter)
        size = (height, width) if quarter % 2 else (width, height)
        found = Page(index + 1, *size)
        found.unknown = sum(letter.text == "\ufffd" for letter in letters)
        found.words = _words(letters, turn)
        _add_shapes(page, found, turn, source)
        _add_drawn_bullets(found)
        return found
    finally:
        page.close()


@dataclass(frozen=True, slots=True)
class _Letter:
    text: str  # "" between words
    box: tuple[float, float, float, float]
    bold: bool
    angle: int  # quarters of a turn by which it is turned


def _letters(text: Any, index: int, source: str | Path) -> tuple[list[_Letter], int]:
    """The characters in order, and the angle (quarters of a turn) at which most of them stand."""
    import pypdfium2.raw as pdfium

    count = text.count_chars()
    if count > limit("pdf_page_characters"):
        raise passed(
            "pdf_page_characters",
            f"has {count:,} characters on one page",
            source=source,
            row=f"page {index + 1}",
            remedy="No plan looks like this: take the page out, or print the document to PDF anew.",
        )
    raw, rect, flags = text.raw, pdfium.FS_RECTF(), ctypes.c_int()
    name = ctypes.create_string_buffer(128)
    letters: list[_Letter] = []
    angles: Counter[int] = Counter()
    bold, starts = False, True
    for i in range(count):
        code = pdfium.FPDFText_GetUnicode(raw, i)
        if code in (9, 10, 13, 32, 160) or 0x2000 <= code <= 0x200B or code == 0x3000:
            letters.append(_Letter("", (0, 0, 0, 0), False, 0))
            starts = True
            continue
        pdfium.FPDFText_GetLooseCharBox(raw, i, rect)
        if starts:
            size = pdfium.FPDFText_GetFontInfo(raw, i, name, 128, flags)
            font = name.raw[: min(size, 128)].lower()
            weight = pdfium.FPDFText_GetFontWeight(raw, i)
            bold = b"bold" in font or b"black" in font or b"heavy" in font or weight >= 600
            starts = False
        turned = pdfium.FPDFText_GetCharAngle(raw, i)
        angle = round(turned / (math.pi / 2)) % 4 if turned > 0 else 0
        angles[angle] += 1
        if not code or 0xE000 <= code <= 0xF8FF:
            known = "•" if 0xE000 <= code <= 0xF8FF else "\ufffd"  # private signs are symbols' bullets
        else:
            known = _HYPHENS.get(code) or ("" if code in _HYPHENS else chr(code))
        if known and not (len(known) == 1 and ord(known) < 32):
            letters.append(_Letter(known, (rect.left, rect.bottom, rect.right, rect.top), bold, angle))
    return letters, angles.most_common(1)[0][0] if angles else 0


def _words(letters: list[_Letter], turn: _Turn) -> list[Word]:
    """Letters put together where no space, jump or change of line parts them."""
    words: list[Word] = []
    run: list[tuple[str, tuple[float, float, float, float]]] = []
    bold = False

    def close() -> None:
        if run:
            boxes = [box for _, box in run]
            x0, x1 = min(b[0] for b in boxes), max(b[2] for b in boxes)
            top, bottom = min(b[1] for b in boxes), max(b[3] for b in boxes)
            words.append(Word("".join(text for text, _ in run), x0, top, x1, bottom, bold))
            run.clear()

    for letter in letters:
        if not letter.text:
            close()
            continue
        box = turn.box(*letter.box)
        if run:
            before = run[-1][1]
            size = max(box[3] - box[1], 1.0)
            lies = (-letter.angle) % 4 != turn.quarter  # a heading on its side: kept together
            gap = box[0] - before[2]
            jump = abs((box[1] + box[3]) - (before[1] + before[3])) / 2
            one = box == before  # letters of a ligature share its box
            if not lies and not one and (gap > 0.25 * size or gap < -0.8 * size or jump > 0.5 * size):
                close()
        if not run:
            bold = letter.bold
        run.append((letter.text, box))
    close()
    return words


def _add_shapes(page: Any, found: Page, turn: _Turn, source: str | Path) -> None:
    import pypdfium2.raw as pdfium

    area = max(1.0, found.width * found.height)
    segments, most = 0, limit("pdf_page_shapes")
    for count, (kind, item, matrix) in enumerate(_shapes(page.raw), 1):
        if count > most or segments > 2 * most:
            raise passed(
                "pdf_page_shapes",
                f"has more than {most:,} lines and areas on one page",
                source=source,
                row=f"page {found.number}",
                remedy="It may hold a map or a drawing: take the page out and try again.",
            )
        if kind == pdfium.FPDF_PAGEOBJ_IMAGE:
            x0, y0, x1, y1 = _bounds(item, matrix, turn)
            x0, y0, x1, y1 = max(x0, 0), max(y0, 0), min(x1, found.width), min(y1, found.height)
            found.pictured += max(0.0, x1 - x0) * max(0.0, y1 - y0) / area
        elif kind == pdfium.FPDF_PAGEOBJ_PATH:
            segments += max(0, pdfium.FPDFPath_CountSegments(item))
            if segments <= 2 * most:
                _add_path(item, matrix, found, turn)


def _add_drawn_bullets(found: Page) -> None:
    """The bullets of a list that are drawn as discs, as browsers do, among the words."""
    for disc in [fill for fill in found.fills if fill.round]:
        size, middle = disc.bottom - disc.top, (disc.top + disc.bottom) / 2
        beside = [
            word
            for word in found.words
            if size < 0.6 * word.size
            and abs(word.middle - middle) < 0.4 * word.size
            and 0 < word.x0 - disc.x1 < _BULLET_GAP * word.size
        ]
        if beside and size >= 1:
            word = min(beside, key=lambda word: word.x0)
            found.words.append(Word("•", disc.x0, word.top, disc.x1, word.bottom))
            found.fills.remove(disc)


def _shapes(page: Any) -> Iterator[tuple[int, Any, _Matrix]]:
    """Every object of the page in the order of painting, those inside forms too."""
    import pypdfium2.raw as pdfium

    def inside(form: Any, outer: _Matrix, depth: int) -> Iterator[tuple[int, Any, _Matrix]]:
        matrix = _times(_matrix_of(form), outer)
        for i in range(max(0, pdfium.FPDFFormObj_CountObjects(form))):
            yield from one(pdfium.FPDFFormObj_GetObject(form, i), matrix, depth + 1)

    def one(item: Any, matrix: _Matrix, depth: int) -> Iterator[tuple[int, Any, _Matrix]]:
        kind = pdfium.FPDFPageObj_GetType(item)
        if kind == pdfium.FPDF_PAGEOBJ_FORM:
            if depth < _MAX_DEPTH:
                yield from inside(item, matrix, depth)
        else:
            yield kind, item, matrix

    for i in range(max(0, pdfium.FPDFPage_CountObjects(page))):
        yield from one(pdfium.FPDFPage_GetObject(page, i), _SAME, 0)


def _matrix_of(item: Any) -> _Matrix:
    import pypdfium2.raw as pdfium

    matrix = pdfium.FS_MATRIX()
    if not pdfium.FPDFPageObj_GetMatrix(item, matrix):
        return _SAME
    return matrix.a, matrix.b, matrix.c, matrix.d, matrix.e, matrix.f


def _times(first: _Matrix, then: _Matrix) -> _Matrix:
    if then == _SAME:
        return first
    a, b, c, d, e, f = first
    g, h, i, j, k, m = then
    return a * g + b * i, a * h + b * j, c * g + d * i, c * h + d * j, e * g + f * i + k, e * h + f * j + m


def _at(x: float, y: float, matrix: _Matrix, turn: _Turn) -> tuple[float, float]:
    a, b, c, d, e, f = matrix
    return turn(a * x + c * y + e, b * x + d * y + f)


def _bounds(item: Any, matrix: _Matrix, turn: _Turn) -> tuple[float, float, float, float]:
    import pypdfium2.raw as pdfium

    sides = [ctypes.c_float() for _ in range(4)]
    if not pdfium.FPDFPageObj_GetBounds(item, *sides):
        return 0, 0, 0, 0
    left, bottom, right, top = (side.value for side in sides)
    corners = [_at(x, y, matrix, turn) for x in (left, right) for y in (bottom, top)]
    xs, ys = zip(*corners, strict=True)
    return min(xs), min(ys), max(xs), max(ys)


def _add_path(item: Any, outer: _Matrix, found: Page, turn: _Turn) -> None:
    """The rulings and areas of one path: lines drawn, thin areas, and areas filled."""
    import pypdfium2.raw as pdfium

    mode, stroked = ctypes.c_int(), ctypes.c_int()
    if not pdfium.FPDFPath_GetDrawMode(item, mode, stroked):
        return
    colour = _colour(pdfium.FPDFPageObj_GetFillColor, item) if mode.value else ""
    if not colour and not stroked.value:
        return
    matrix = _times(_matrix_of(item), outer)
    for points, curved in _outlines(item, matrix, turn):
        xs, ys = [x for x, _ in points], [y for _, y in points]
        x0, top, x1, bottom = min(xs), min(ys), max(xs), max(ys)
        if colour:
            if min(x1 - x0, bottom - top) <= _THIN:
                _add_rule(found, x0, top, x1, bottom)
            else:
                found.fills.append(Box(x0, top, x1, bottom, colour, round=curved or _slanted(points)))
        if stroked.value and not curved:
            for (ax, ay), (bx, by) in pairwise(points):
                if min(abs(ax - bx), abs(ay - by)) <= 0.5:
                    _add_rule(found, min(ax, bx), min(ay, by), max(ax, bx), max(ay, by))


def _add_rule(found: Page, x0: float, top: float, x1: float, bottom: float) -> None:
    if x1 - x0 >= bottom - top:
        found.rules.append(Rule(False, (top + bottom) / 2, x0, x1))
    else:
        found.rules.append(Rule(True, (x0 + x1) / 2, top, bottom))


def _slanted(points: list[tuple[float, float]]) -> bool:
    return any(min(abs(ax - bx), abs(ay - by)) > 0.5 for (ax, ay), (bx, by) in pairwise(points))


def _outlines(item: Any, matrix: _Matrix, turn: _Turn) -> Iterator[tuple[list[tuple[float, float]], bool]]:
    """The parts of a path: their corners, closed where the path closes them, and whether one is curved."""
    import pypdfium2.raw as pdfium

    x, y = ctypes.c_float(), ctypes.c_float()
    points: list[tuple[float, float]] = []
    curved = False
    for i in range(max(0, pdfium.FPDFPath_CountSegments(item))):
        segment = pdfium.FPDFPath_GetPathSegment(item, i)
        if not pdfium.FPDFPathSegment_GetPoint(segment, x, y):
            continue
        kind = pdfium.FPDFPathSegment_GetType(segment)
        point = _at(x.value, y.value, matrix, turn)
        if not all(map(math.isfinite, point)):
            continue
        if kind == pdfium.FPDF_SEGMENT_MOVETO:
            if len(points) > 1:
                yield points, curved
            points, curved = [point], False
            continue
        curved = curved or kind == pdfium.FPDF_SEGMENT_BEZIERTO
        points.append(point)
        if pdfium.FPDFPathSegment_GetClose(segment) and points[0] != point:
            points.append(points[0])
    if len(points) > 1:
        yield points, curved


def _colour(get: Any, item: Any) -> str:
    """A colour as "#RRGGBB", or ``""`` where next to nothing of it is to be seen."""
    parts = [ctypes.c_uint() for _ in range(4)]
    if not get(item, *parts):
        return ""
    red, green, blue, opacity = (part.value for part in parts)
    return f"#{red:02X}{green:02X}{blue:02X}" if opacity >= _OPAQUE else ""
