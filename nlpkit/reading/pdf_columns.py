"""Tables without rulings on PDF pages: columns from a heading row and the gaps below it.

A heading row that names columns of a plan opens a table. Where the columns part is decided by all lines
below it with words in several columns, over the pages. Rows part at rulings where there are some, else
at numbers in the first column, else at gaps.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import pairwise

from nlpkit.reading.headers import recognise, role_of
from nlpkit.reading.pdf_lines import Line, Span, line_text, pitch_of
from nlpkit.reading.pdf_marks import Rule, Word

__all__ = ["ColumnRow", "ColumnTable", "PageLines", "column_tables", "segments"]

_GAP = 0.6  # of a line's height: a wider gap between words parts segments
_MAX_HEADING_LINES = 5
_STRADDLE = 3.0  # points by which a segment reaches into both columns that it joins
_APART = 2.6  # times the usual distance of lines, from which what follows needs to look like a row
_TOP_LINES = 4  # lines at the head of a page, among which a row may go on
_NUMBER = re.compile(r"(?:[A-Za-z]{1,14}[\s.:-]{0,2})?\d{1,3}(?:[.-]\d{1,2}){0,2}[a-z]?[.):]?$")


@dataclass
class PageLines:
    """The lines of a page outside ruled tables, and the level rulings on it."""

    number: int
    width: float
    lines: list[Line]
    rules: list[Rule] = field(default_factory=list)


@dataclass
class ColumnRow:
    """A row: the area and the words of each of its cells."""

    cells: list[tuple[Span, list[Word]]]


@dataclass
class ColumnTable:
    """A stretch of rows on one page; ``lines`` are those of the page that it took up."""

    page: int
    top: float
    rows: list[ColumnRow]
    lines: range


@dataclass
class _Era:
    """The columns that one heading row announces, until another does."""

    names: tuple[str, ...]
    spans: list[tuple[float, float]]
    votes: list[Line] = field(default_factory=list)
    parts: list[float] = field(default_factory=list)

    @property
    def numbers(self) -> int:
        """The column with the number of a row."""
        return next((i for i, name in enumerate(self.names) if role_of(name) == "id"), 0)


@dataclass(frozen=True)
class _Found:
    """A heading row on a page: its first line and how many it has, and its columns."""

    start: int
    size: int
    era: _Era


def column_tables(pages: Sequence[PageLines]) -> list[ColumnTable]:
    """The unruled tables of a document, by page and from top to bottom."""
    headings = _headings(pages)
    eras: list[_Era] = []
    current: _Era | None = None
    for page in pages:
        starts = {found.start: found for found in headings.get(page.number, ())}
        skip = 0
        for i, line in enumerate(page.lines):
            if i in starts:
                current, skip = starts[i].era, starts[i].size
                if current not in eras:
                    eras.append(current)
            if skip:
                skip -= 1
            elif current is not None and len(segments(line)) >= max(2, min(3, len(current.spans) - 1)):
                current.votes.append(line)
    for era in eras:
        era.parts = _partings(era)
    tables: list[ColumnTable] = []
    current = None
    for page in pages:
        starts = {found.start: found for found in headings.get(page.number, ())}
        current, found_here = _walk(page, starts, current)
        tables.extend(found_here)
    return tables


def segments(line: Line) -> list[Line]:
    """The runs of words in a line that only ordinary spaces part."""
    runs: list[Line] = [[line[0]]]
    for left, right in pairwise(line):
        if right.x0 - left.x1 > _GAP * max(left.size, right.size):
            runs.append([right])
        else:
            runs[-1].append(right)
    return runs


def _headings(pages: Sequence[PageLines]) -> dict[int, list[_Found]]:
    out: dict[int, list[_Found]] = {}
    known: list[_Era] = []
    for page in pages:
        i = 0
        while i < len(page.lines):
            best = _heading_at(page.lines, i)
            if best is None:
                i += 1
                continue
            era = next((e for e in known if _same(e, best.era)), None)
            if era is None:
                known.append(best.era)
                era = best.era
            out.setdefault(page.number, []).append(_Found(best.start, best.size, era))
            i += best.size
    return out


def _same(one: _Era, other: _Era) -> bool:
    return one.names == other.names and all(
        abs(a[0] - b[0]) < 4 for a, b in zip(one.spans, other.spans, strict=True)
    )


def _heading_at(lines: Sequence[Line], start: int) -> _Found | None:
    """The heading row that begins in a line, over as many lines as make the most columns known."""
    best: _Found | None = None
    score = 0
    columns: list[Line] = []
    top = min(word.top for word in lines[start])
    for size in range(1, min(_MAX_HEADING_LINES, len(lines) - start) + 1):
        line = lines[start + size - 1]
        if size > 1 and min(w.top for w in line) - top > 2.2 * max(w.size for w in line):
            break
        top = min(word.top for word in line)
        runs = segments(line)
        if size == 1 and len(runs) < 2:
            return None
        for segment in runs:
            over = [c for c in columns if _overlap(c, segment)]
            if len(over) > 1:
                return best
            if over:
                over[0].extend(segment)
            else:
                columns.append(list(segment))
        ordered = sorted(columns, key=lambda column: min(word.x0 for word in column))
        names = tuple(_text(column) for column in ordered)
        if len(names) < 3 or any(map(_is_content, names)):
            continue  # a row of the plan itself: it has a number, or sentences
        layout = recognise(names)
        if layout is not None and layout.known > score:
            spans = [(min(w.x0 for w in c), max(w.x1 for w in c)) for c in ordered]
            best, score = _Found(start, size, _Era(names, spans)), layout.known
    return best


def _is_content(name: str) -> bool:
    """Whether a text is a number or sentence, as a row of the plan itself has."""
    return bool(_NUMBER.match(name)) or (name.endswith(".") and len(name.split()) >= 3)


def _text(words: Sequence[Word]) -> str:
    return line_text(sorted(words, key=lambda word: (round(word.middle), word.x0)))


def _overlap(column: Line, segment: Line) -> bool:
    return min(w.x0 for w in segment) < max(w.x1 for w in column) and max(w.x1 for w in segment) > min(
        w.x0 for w in column
    )


def _partings(era: _Era) -> list[float]:
    """Where each column ends: in the widest gap that the fewest words cross, between two headings."""
    words = [word for line in era.votes for word in line]
    parts = []
    for (left0, left1), (right0, right1) in pairwise(era.spans):
        low, high = left0 + 1, right1 - 1
        near = [(w.x0, w.x1) for w in words if w.x1 > low and w.x0 < high]
        near += [(left0, left1), (right0, right1)]
        edges = sorted({low, high, *(x for pair in near for x in pair if low < x < high)})
        crossed = [sum(a < (x + y) / 2 < b for a, b in near) for x, y in pairwise(edges)]
        # The headings themselves always part, unless one is set in the middle of a wide column.
        least = min(crossed, default=0)
        gaps: list[list[float]] = []
        for (x, y), count in zip(pairwise(edges), crossed, strict=True):
            if count == least:
                if gaps and gaps[-1][1] == x:
                    gaps[-1][1] = y
                else:
                    gaps.append([x, y])
        widest = max(gaps, key=lambda gap: (round(gap[1] - gap[0], 1), -gap[0]), default=[left1, right0])
        parts.append(max(widest[0], widest[1] - 2.0) if widest[1] - widest[0] > 2 else sum(widest) / 2)
    return parts


def _column(word: Word, parts: Sequence[float]) -> int:
    middle = (word.x0 + word.x1) / 2
    return sum(middle > part for part in parts)


def _fits(line: Line, parts: Sequence[float]) -> bool:
    """Whether no run of words joins two columns."""
    return not any(
        segment[0].x0 < part - _STRADDLE and segment[-1].x1 > part + _STRADDLE
        for segment in segments(line)
        for part in parts
        if not any(a.x1 <= part + _STRADDLE and b.x0 >= part - _STRADDLE for a, b in pairwise(segment))
    )


def _prose(line: Line, parts: Sequence[float]) -> bool:
    """Whether a line runs on over a parting as prose does: words on both sides with a mere space between."""
    if not _fits(line, parts):
        return True
    for part in parts:
        for a, b in pairwise(line):
            if a.x1 <= part + _STRADDLE and b.x0 >= part - _STRADDLE:
                mere = b.x0 - a.x1 < 0.42 * max(a.size, b.size)
                if mere and abs(b.x0 - a.x1) < 4.5:
                    return True
    return False


def _walk(
    page: PageLines, starts: dict[int, _Found], era: _Era | None
) -> tuple[_Era | None, list[ColumnTable]]:
    """The tables of one page, going on with the columns of the page before."""
    tables: list[ColumnTable] = []
    pitch = pitch_of(page.lines)
    i = 0
    begun: tuple[int, int] | None = None  # first line of a table, and how many are its heading

    def close(end: int) -> None:
        nonlocal begun
        if begun is not None and era is not None and end > begun[0]:
            tables.append(_table(page, begun[0], begun[1], end, era))
        begun = None

    while i < len(page.lines):
        line = page.lines[i]
        if i in starts:
            close(i)
            era = starts[i].era
            begun = (i, starts[i].size)
            i += starts[i].size
            continue
        if era is not None:
            filled = {_column(word, era.parts) for word in line}
            apart = i > 0 and line[0].top - page.lines[i - 1][0].top > _APART * max(pitch, line[0].size)
            belongs = not _prose(line, era.parts)
            if begun is not None:
                titled = i + 1 in starts or apart or all(word.bold for word in line)
                alone = len(segments(line)) == 1 and _column(line[0], era.parts) == 0
                belongs = belongs and not (titled and alone and not _NUMBER.match(line_text(line)))
            else:
                belongs = belongs and (
                    len(filled) >= min(3, len(era.spans)) or (i <= _TOP_LINES and 0 not in filled)
                )
            if belongs and begun is None:
                begun = (i, 0)
            elif not belongs:
                close(i)
        i += 1
    close(len(page.lines))
    return era, tables


def _table(page: PageLines, start: int, heading: int, end: int, era: _Era) -> ColumnTable:
    groups = [list(range(start, start + heading))] if heading else []
    groups += _rows(page, range(start + heading, end), era)
    left = min(word.x0 for i in range(start, end) for word in page.lines[i])
    right = max(word.x1 for i in range(start, end) for word in page.lines[i])
    sides = [min(left, era.spans[0][0]) - 2, *era.parts, max(right, era.spans[-1][1]) + 2]
    tops = [min(w.top for w in page.lines[group[0]]) for group in groups]
    ends = [max(w.bottom for i in group for w in page.lines[i]) for group in groups]
    rows = []
    for n, group in enumerate(groups):
        bottom = ends[n] if n + 1 == len(groups) else max(ends[n], tops[n + 1] - 1)
        cells: list[tuple[Span, list[Word]]] = [
            (Span(a, tops[n] - 1, b, bottom), []) for a, b in pairwise(sides)
        ]
        for i in group:
            for word in page.lines[i]:
                cells[_column(word, era.parts)][1].append(word)
        rows.append(ColumnRow(cells))
    return ColumnTable(page.number, tops[0] if tops else 0.0, rows, range(start, end))


def _rows(page: PageLines, lines: range, era: _Era) -> list[list[int]]:
    """The lines below a heading by row."""
    if not lines:
        return []
    tops = {i: min(word.top for word in page.lines[i]) for i in lines}
    bottoms = {i: max(word.bottom for word in page.lines[i]) for i in lines}
    width = era.spans[-1][1] - era.spans[0][0]
    ruled = sorted(rule.at for rule in page.rules if rule.end - rule.start >= 0.6 * width)
    parted = {
        j
        for i, j in pairwise(lines)
        if any((tops[i] + bottoms[i]) / 2 < at < (tops[j] + bottoms[j]) / 2 for at in ruled)
    }
    if parted:
        return _grouped(lines, parted)
    steps = sorted(tops[j] - tops[i] for i, j in pairwise(lines))
    usual = steps[len(steps) // 4] if steps else 0.0
    gaps = {j for i, j in pairwise(lines) if tops[j] - tops[i] > 1.25 * usual + 0.5}
    numbered = {
        i
        for i in lines
        if _NUMBER.match(" ".join(w.text for w in page.lines[i] if _column(w, era.parts) == era.numbers))
    }
    groups = _grouped(lines, gaps)
    counts = [len(numbered.intersection(group)) for group in groups]
    atop = sum(group[0] in numbered for group in groups)
    if numbered and (max(counts) > 1 or atop >= sum(map(bool, counts))):
        return _grouped(lines, numbered)
    return groups


def _grouped(lines: range, starts: set[int]) -> list[list[int]]:
    groups: list[list[int]] = []
    for i in lines:
        if not groups or i in starts:
            groups.append([])
        groups[-1].append(i)
    return groups
