"""Upright tables without rulings on PDF pages: labels down the left side, their values beside them.

Labels that would head a column of a plan, one below the other, with values that begin at one place, are
such a table; a line without a label goes on with the value above.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from itertools import pairwise

from nlpkit.reading.headers import is_heading, role_of
from nlpkit.reading.pdf_columns import ColumnRow, ColumnTable, PageLines, segments
from nlpkit.reading.pdf_lines import Line, Span, line_text

__all__ = ["upright_tables"]

_NEAR = 3.0  # points by which what begins at one place may differ
_MIN_LABELS = 3  # of different kinds, in the document
_MAX_WORDS = 6
_TOP_LINES = 3  # of a page, where a record may go on with a label that its column broke
_APART = 2.6  # times the usual distance of lines, from which a table ends


def upright_tables(
    pages: Sequence[PageLines], taken: Mapping[int, Collection[int]]
) -> dict[int, list[ColumnTable]]:
    """The unruled upright tables of a document, by page.

    Args:
        pages: the lines outside ruled tables.
        taken: by page the lines that stand in other tables.
    """
    edges: dict[tuple[int, int], set[str]] = {}
    for page in pages:
        for i, line in enumerate(page.lines):
            parts = segments(line)
            if i not in taken[page.number] and len(parts) >= 2 and (role := _role(line_text(parts[0]))):
                key = (round(line[0].x0 / _NEAR), round(parts[1][0].x0 / _NEAR))
                edges.setdefault(key, set()).add(role)
    found: dict[int, list[ColumnTable]] = {page.number: [] for page in pages}
    sides = Counter({key: len(roles) for key, roles in edges.items() if len(roles) >= _MIN_LABELS})
    for key, _ in sides.most_common(1):
        roles = edges[key]
        if not {"update", "progress"} & roles:
            continue
        left, middle = (side * _NEAR for side in key)
        for page in pages:
            found[page.number] = _on_page(page, taken[page.number], left, middle)
    return found


def _role(label: str) -> str:
    return role_of(label) if len(label.split()) <= _MAX_WORDS else ""


def _on_page(page: PageLines, taken: Collection[int], left: float, middle: float) -> list[ColumnTable]:
    tables: list[ColumnTable] = []
    rows: list[list[int]] = []
    tops = [min(word.top for word in line) for line in page.lines]
    steps = sorted(below - above for above, below in pairwise(tops) if below > above)
    tight = steps[len(steps) // 10] if steps else 0.0

    def close(end: int) -> None:
        if rows:
            tables.append(_table(page, rows, left, middle, end))
            rows.clear()

    for i, line in enumerate(page.lines):
        label = line_text(_before(line, middle))
        step = tops[i] - tops[i - 1] if i else 0.0
        near = bool(rows) and step <= min(1.25 * tight + 0.5, 1.45 * line[0].size)
        if i in taken or line[0].x0 < left - _NEAR or (rows and step > _APART * max(tight, line[0].size)):
            close(i)
            near = False
        if i in taken or line[0].x0 < left - _NEAR:
            continue
        starts = [part[0].x0 for part in segments(line)]
        valued = any(abs(x - middle) <= _NEAR for x in starts)
        if label and line[-1].x0 > middle and not valued:
            close(i)  # prose over both columns
        elif not label:
            if rows:
                rows[-1].append(i)
        elif near and not is_heading(label):
            rows[-1].append(i)  # the rest of a label that its column broke
        elif near and is_heading(f"{_label(page, rows[-1], middle)} {label}"):
            rows[-1].append(i)
        elif abs(line[0].x0 - left) <= _NEAR and (_role(label) or (valued and (rows or i < _TOP_LINES))):
            rows.append([i])
        else:
            close(i)
    close(len(page.lines))
    return tables


def _before(line: Line, middle: float) -> Line:
    return [word for word in line if word.x0 < middle - _NEAR]


def _label(page: PageLines, row: Sequence[int], middle: float) -> str:
    return " ".join(filter(None, (line_text(_before(page.lines[i], middle)) for i in row)))


def _table(
    page: PageLines, groups: Sequence[Sequence[int]], left: float, middle: float, end: int
) -> ColumnTable:
    right = max(word.x1 for group in groups for i in group for word in page.lines[i]) + 2
    rows = []
    for group in groups:
        top = min(word.top for i in group for word in page.lines[i]) - 1
        bottom = max(word.bottom for i in group for word in page.lines[i])
        words = [word for i in group for word in page.lines[i]]
        part = middle - _NEAR
        rows.append(
            ColumnRow(
                [
                    (Span(left - 2, top, part, bottom), [word for word in words if word.x0 < part]),
                    (Span(part, top, right, bottom), [word for word in words if word.x0 >= part]),
                ]
            )
        )
    start = groups[0][0]
    return ColumnTable(page.number, rows[0].cells[0][0].top, rows, range(start, end))
