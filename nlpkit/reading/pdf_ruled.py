"""Ruled tables on a PDF page: lines that cross make a grid, missing lines merge its cells."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from nlpkit.reading.pdf_lines import Span
from nlpkit.reading.pdf_marks import Page, Rule, Word

__all__ = ["RuledCell", "RuledTable", "ruled_tables"]

_SNAP = 2.5  # points within which lines are one line, drawn twice or bent
_JOIN = 3.0  # points that may be missing in a line, as where lines meet
_SHORT = 5.0  # points; what is shorter rules nothing
_MAX_RULES = 1500  # of one direction on a page; beyond is a drawing
_OVERHANG = 8.0  # points by which rows stick out where a table has no line at its sides


@dataclass
class RuledCell:
    """A cell, how many columns and rows of the grid it covers, and the words in it."""

    span: Span
    columns: int
    rows: int
    words: list[Word] = field(default_factory=list)


@dataclass
class RuledTable:
    """The cells of a table by row, each in the row and at the place where it begins."""

    span: Span
    rows: list[list[RuledCell]]


@dataclass(frozen=True)
class _Grid:
    """Lines of one table: for each position the stretches that are drawn there."""

    xs: tuple[float, ...]
    ys: tuple[float, ...]
    upright: tuple[tuple[tuple[float, float], ...], ...]
    level: tuple[tuple[tuple[float, float], ...], ...]


def ruled_tables(page: Page) -> tuple[list[RuledTable], list[Word]]:
    """The ruled tables of a page from top to bottom, and the words that stand outside them.

    A frame around text, without any line inside, is no table.
    """
    level = _merged(rule for rule in page.rules if not rule.upright)
    upright = _merged(rule for rule in page.rules if rule.upright)
    tables: list[RuledTable] = []
    if max(len(level), len(upright)) <= _MAX_RULES:
        for group_level, group_upright in _crossing(level, upright):
            grid = _grid(group_level, group_upright)
            if grid is not None:
                for part in _parted(grid):
                    tables.extend(_table(part))
    outside = []
    for word in page.words:
        x = (word.x0 + word.x1) / 2
        for table in tables:
            span = table.span
            if span.x0 <= x <= span.x1 and span.top <= word.middle <= span.bottom:
                _put(word, x, table)
                break
        else:
            outside.append(word)
    return sorted(tables, key=lambda table: (table.span.top, table.span.x0)), outside


def _put(word: Word, x: float, table: RuledTable) -> None:
    for row in table.rows:
        for cell in row:
            span = cell.span
            if span.x0 <= x <= span.x1 and span.top <= word.middle <= span.bottom:
                cell.words.append(word)
                return
    table.rows[-1][-1].words.append(word)  # never lost


def _merged(rules: Iterable[Rule]) -> list[Rule]:
    """Lines of one direction, pieces at the same position put together."""
    groups: list[list[Rule]] = []
    for rule in sorted(rules, key=lambda rule: (rule.at, rule.start)):
        if groups and rule.at - groups[-1][0].at <= _SNAP / 2:
            groups[-1].append(rule)
        else:
            groups.append([rule])
    merged: list[Rule] = []
    for group in groups:
        at = sum(rule.at for rule in group) / len(group)
        start = end = None
        for rule in sorted(group, key=lambda rule: rule.start):
            if end is not None and rule.start <= end + _JOIN:
                end = max(end, rule.end)
                continue
            if start is not None and end is not None and end - start >= _SHORT:
                merged.append(Rule(group[0].upright, at, start, end))
            start, end = rule.start, rule.end
        if start is not None and end is not None and end - start >= _SHORT:
            merged.append(Rule(group[0].upright, at, start, end))
    return merged


def _crossing(level: Sequence[Rule], upright: Sequence[Rule]) -> list[tuple[list[Rule], list[Rule]]]:
    """Lines grouped by whether they cross, directly or over others."""
    parent = list(range(len(level) + len(upright)))

    def root(i: int) -> int:
        while parent[i] != i:
            parent[i] = parent[parent[i]]
            i = parent[i]
        return i

    for i, across in enumerate(level):
        for j, down in enumerate(upright):
            if (
                across.start - _JOIN <= down.at <= across.end + _JOIN
                and down.start - _JOIN <= across.at <= down.end + _JOIN
            ):
                parent[root(i)] = root(len(level) + j)
    groups: dict[int, tuple[list[Rule], list[Rule]]] = {}
    for i, rule in enumerate((*level, *upright)):
        groups.setdefault(root(i), ([], []))[rule.upright].append(rule)
    return [group for group in groups.values() if group[0] and group[1]]


def _grid(level: Sequence[Rule], upright: Sequence[Rule]) -> _Grid | None:
    """The grid of lines that cross; sides that are not drawn are where the lines end."""
    xs, across = _positions(upright, [end for rule in level for end in (rule.start, rule.end)])
    ys, down = _positions(level, [end for rule in upright for end in (rule.start, rule.end)])
    if len(xs) < 3 or len(ys) < 2:
        return None
    return _Grid(tuple(xs), tuple(ys), across, down)


_Stretches = tuple[tuple[float, float], ...]


def _positions(rules: Sequence[Rule], ends: Sequence[float]) -> tuple[list[float], tuple[_Stretches, ...]]:
    groups: list[list[Rule]] = []
    for rule in sorted(rules, key=lambda rule: rule.at):
        if groups and rule.at - groups[-1][-1].at <= _SNAP:
            groups[-1].append(rule)
        else:
            groups.append([rule])
    at = [sum(rule.at for rule in group) / len(group) for group in groups]
    drawn: list[_Stretches] = [tuple((rule.start, rule.end) for rule in group) for group in groups]
    whole: _Stretches = ((-1e9, 1e9),)
    if ends and min(ends) < at[0] - _OVERHANG:
        at.insert(0, min(ends))
        drawn.insert(0, whole)
    if ends and max(ends) > at[-1] + _OVERHANG:
        at.append(max(ends))
        drawn.append(whole)
    drawn[0] = drawn[-1] = whole
    return at, tuple(drawn)


def _drawn(stretches: _Stretches, start: float, end: float) -> bool:
    """Whether a line is drawn along most of a stretch."""
    return sum(max(0.0, min(b, end) - max(a, start)) for a, b in stretches) >= 0.6 * (end - start)


def _parted(grid: _Grid) -> list[_Grid]:
    """Tables that touch, one above the other, with columns of their own."""
    rows = len(grid.ys) - 1
    inner = [
        {j for j in range(1, len(grid.xs) - 1) if _drawn(grid.upright[j], grid.ys[i], grid.ys[i + 1])}
        for i in range(rows)
    ]
    cuts, seen = [0], set(inner[0])
    for i in range(1, rows):
        apart = bool(inner[i]) and bool(seen) and not (inner[i] <= seen or seen <= inner[i])
        if apart and _drawn(grid.level[i], grid.xs[0], grid.xs[-1]):
            cuts.append(i)
            seen = set(inner[i])
        else:
            seen |= inner[i]
    parts = []
    for start, end in zip(cuts, [*cuts[1:], rows], strict=True):
        used = sorted(set().union(*inner[start:end]))
        columns = [0, *used, len(grid.xs) - 1]
        if used:
            parts.append(
                _Grid(
                    tuple(grid.xs[j] for j in columns),
                    grid.ys[start : end + 1],
                    tuple(grid.upright[j] for j in columns),
                    grid.level[start : end + 1],
                )
            )
    return parts


def _table(grid: _Grid) -> list[RuledTable]:
    """The cells between the lines of a grid; where a line is missing they are one."""
    rows, columns = len(grid.ys) - 1, len(grid.xs) - 1
    right = [
        [
            j + 1 < columns and not _drawn(grid.upright[j + 1], grid.ys[i], grid.ys[i + 1])
            for j in range(columns)
        ]
        for i in range(rows)
    ]
    below = [
        [i + 1 < rows and not _drawn(grid.level[i + 1], grid.xs[j], grid.xs[j + 1]) for j in range(columns)]
        for i in range(rows)
    ]
    taken = [[False] * columns for _ in range(rows)]
    out: list[list[RuledCell]] = []
    for i in range(rows):
        cells = []
        for j in range(columns):
            if taken[i][j]:
                continue
            wide = high = 1
            while right[i][j + wide - 1] and not taken[i][j + wide]:
                wide += 1
            while all(below[i + high - 1][j + n] and not taken[i + high][j + n] for n in range(wide)):
                high += 1
            for m in range(high):
                for n in range(wide):
                    taken[i + m][j + n] = True
            span = Span(grid.xs[j], grid.ys[i], grid.xs[j + wide], grid.ys[i + high])
            cells.append(RuledCell(span, wide, high))
        out.append(cells)
    whole = Span(grid.xs[0], grid.ys[0], grid.xs[-1], grid.ys[-1])
    return [RuledTable(whole, out)]
