"""What formats with real tables share: texts of cells put together, and spans laid out as a grid."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

from nlpkit.limits import check_cells, limit, passed
from nlpkit.reading.blocks import INLINE_BULLET, RULED, Cell, Line, Row
from nlpkit.unseen import UNSEEN

__all__ = ["CellText", "Grid", "Laid"]

_MAX_SPAN = 1000

_SPACE = re.compile(r"\s+")


@dataclass
class CellText:
    """The text of a cell or paragraph as it is put together, line by line.

    Attributes:
        source: the file, for messages.
        place: the row or paragraph, for messages.
    """

    source: str | Path
    place: int
    lines: list[Line] = field(default_factory=list)
    _parts: list[str] = field(default_factory=list)
    _marks: list[tuple[int, int]] = field(default_factory=list)
    _size: int = 0
    _total: int = 0

    def add(self, text: str, *, marked: bool = False) -> None:
        """Add running text; white space counts as one space.

        Raises:
            InputError: the cell holds more than the limit ``cell_characters``.
        """
        text = _SPACE.sub(" ", UNSEEN.sub("", text))
        if not self._parts or self._parts[-1].endswith(" "):
            text = text.lstrip(" ")
        if not text:
            return
        self._total += len(text)
        if self._total > limit("cell_characters"):
            raise passed(
                "cell_characters",
                f"holds a cell or paragraph of more than {limit('cell_characters'):,} characters",
                source=self.source,
                row=f"line {self.place}",
                remedy="No progress update is that long: see what the cell holds, and shorten or split it.",
            )
        if marked and text.strip():
            start = self._size
            if self._marks and self._marks[-1][1] >= start - 1:
                start = self._marks.pop()[0]
            self._marks.append((start, self._size + len(text)))
        self._parts.append(text)
        self._size += len(text)

    def end_line(self) -> None:
        """End the line, if it has any text."""
        text = "".join(self._parts).rstrip()
        marks = tuple((a, min(b, len(text))) for a, b in self._marks if a < len(text))
        self._parts, self._marks, self._size = [], [], 0
        if marks:
            self.lines.append(Line(text, marks))
        elif text:
            self.lines.extend(Line(part.strip()) for part in INLINE_BULLET.split(text) if part.strip())

    def cell(self, fill: str = "") -> Cell:
        """The cell with all its lines; one of nothing but dashes is empty."""
        self.end_line()
        if all(RULED.fullmatch(line.text) for line in self.lines):
            return Cell(fill=fill)
        return Cell(tuple(self.lines), fill)


@dataclass(frozen=True, slots=True)
class Laid:
    """A cell as its format gives it: how many columns and rows it covers."""

    cell: Cell
    columns: int = 1
    rows: int = 1  # 0: to the end of the table
    goes_on: bool = False  # covered by the cell above (Word marks each such cell)


@dataclass
class Grid:
    """Lays out the tables of one document, and counts their cells."""

    source: str | Path
    _cells: int = 0
    _most: int = field(default_factory=lambda: limit("document_cells"))

    def lay_out(self, rows: Iterable[tuple[int, Sequence[Laid]]]) -> tuple[Row, ...]:
        """Rows in which every cell stands in its own column.

        A cell that covers several columns stands in the first, the others are empty. One that covers
        several rows stands in the first; in the others there is an empty cell that has it as ``over``.

        Args:
            rows: place and cells of each row.

        Raises:
            InputError: the document has more cells than the limit ``document_cells``.
        """
        out: list[Row] = []
        covering: dict[int, tuple[Cell, int]] = {}  # by column: the cell from above, rows it still covers
        above: dict[int, Cell] = {}
        for place, given in rows:
            cells: list[Cell] = []
            here: dict[int, tuple[Cell, int]] = {}
            counted = 0
            for laid in given:
                self._continue(cells, covering, upto=None)
                origin = len(cells)
                over = above.get(origin) if laid.goes_on else None
                cells.append(Cell(over=over) if over is not None else laid.cell)
                above[origin] = laid.cell if over is None else over
                span = max(1, min(laid.columns, _MAX_SPAN))
                cells.extend(Cell() for _ in range(span - 1))
                if laid.rows != 1:
                    left = laid.rows - 1 if laid.rows > 1 else 1 << 30
                    here[origin] = (laid.cell, left)
                    here.update({origin + n: (Cell(), left) for n in range(1, span)})
                counted += span
                self._count(span, place)
            self._continue(cells, covering, upto=max(covering, default=-1))
            covering.update(here)
            self._count(len(cells) - counted, place)
            check_cells(1, len(cells), source=self.source, row=f"line {place}")
            out.append(Row(tuple(cells or [Cell()]), place))
        width = max((len(row.cells) for row in out), default=0)
        return tuple(
            replace(row, cells=(*row.cells, *(Cell() for _ in range(width - len(row.cells)))))
            if _is_title(row)
            else row
            for row in out
        )

    def _continue(
        self, cells: list[Cell], covering: dict[int, tuple[Cell, int]], *, upto: int | None
    ) -> None:
        """Add the cells that reach down into this row, at its end or while they come next."""
        while len(cells) in covering or (upto is not None and len(cells) <= upto):
            found = covering.get(len(cells))
            if found is None:
                cells.append(Cell())
                continue
            cell, left = found
            if left > 1:
                covering[len(cells)] = (cell, left - 1)
            else:
                del covering[len(cells)]
            cells.append(Cell(over=cell) if cell or cell.fill else Cell())

    def _count(self, more: int, place: int) -> None:
        self._cells += max(0, more)
        if self._cells > self._most:
            raise passed(
                "document_cells",
                f"has tables of more than {self._most:,} cells",
                source=self.source,
                row=f"line {place}",
                remedy="Split the document, or take out the tables that hold no plan.",
            )


def _is_title(row: Row) -> bool:
    """Whether a row has only one cell with text, the first: a title that may leave the others out."""
    return bool(row.cells) and bool(row.cells[0]) and not any(row.cells[1:])
