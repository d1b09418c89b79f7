"""Where in a document the plan is: its tables in pieces, with the headings that they stand under."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field, replace

from nlpkit.embedding import Encoder
from nlpkit.reading.blocks import Block, Bullet, Heading, Row, Table
from nlpkit.reading.dashboards import find_dashboards, kind_of_table
from nlpkit.reading.headers import Layout, heads_another, is_heading, recognise
from nlpkit.reading.narrative import ENTRY
from nlpkit.reading.provenance import is_generic, names_plan, running_titles, service_named_by
from nlpkit.reading.rows import Placed, action_number, place_row, uncovered
from nlpkit.reading.turned import is_upright, turned
from nlpkit.schema import tidy_action_id

__all__ = ["Ledger", "Piece", "find_pieces"]

_ASKS = re.compile(
    r"\b(?:services?|brigades?|officers?|authorit(?:y|ies)|forces?|council|trust|operator|company|provider|board)\b"
    r"[^.;]{0,60}\b(?:should|must|needs? to|is required to)\b",
    re.IGNORECASE,
)


@dataclass
class Piece:
    """Rows of one plan table between two headings or page breaks."""

    rows: list[Placed]
    layout: Layout
    section: str
    plan: str
    headed: bool  # the piece repeats or brings its own heading row
    asked: tuple[str, str] = ("", "")  # number and text of the recommendation that stands above it
    service: str = ""  # where the heading above it is the name of a service
    merged: bool = False  # a theme's cell reaches over several rows


@dataclass
class Ledger:
    """Where every row went."""

    dispositions: Counter[str] = field(default_factory=Counter)
    set_aside: list[tuple[int, str, str]] = field(default_factory=list)
    warnings: list[str] = field(default_factory=list)

    def warn(self, sentence: str) -> None:
        if sentence not in self.warnings:
            self.warnings.append(sentence)


def _row_texts(row: Row) -> list[str]:
    return [cell.text.replace("\n", " ").strip() for cell in row.cells]


def find_pieces(blocks: Sequence[Block], ledger: Ledger, encoder: Encoder | None) -> list[Piece]:
    """The plan tables of a document, in pieces, with the headings that they stand under."""
    pieces: list[Piece] = []
    running = running_titles(blocks)
    section = plan = service = ""
    asked = ("", "")
    layout: Layout | None = None
    headed_since = False
    for block in _whole_tables(blocks, encoder):
        if not isinstance(block, Table):
            told = _asked(block.text)
            asked = told or asked
            if block.place in running or isinstance(block, Bullet):
                continue
            service = service_named_by(block.text) or service
            if isinstance(block, Heading) and not told:
                asked = ("", "")
            if isinstance(block, Heading) and not is_generic(block.text):
                section, headed_since = block.text, True
            if names_plan(block) and not is_generic(block.text):
                plan = block.text
            continue
        table = turned(block) or block
        ledger.dispositions["line of an upright table"] += len(block.rows) - len(table.rows)
        texts = [_row_texts(row) for row in table.rows]
        start, i = 0, 0
        while i < len(texts):
            found = recognise(texts[i], texts[i + 1 : i + 40], encoder=encoder)
            size = 1
            if found is not None and i + 1 < len(texts) and _goes_on(texts[i], texts[i + 1]):
                both = [" ".join(filter(None, pair)) for pair in zip(texts[i], texts[i + 1], strict=False)]
                longer = recognise(both, texts[i + 2 : i + 40], encoder=encoder)
                # Two lines are one heading where together they name more columns than the first,
                # or where what the second adds makes whole headings.
                ends = all(is_heading(one) for one, below in zip(both, texts[i + 1], strict=True) if below)
                if longer is not None and (longer.known > found.known or ends):
                    found, size = longer, 2
            if found is not None:
                above = table.rows[start:i]
                _take(
                    above,
                    layout,
                    headed_since,
                    Piece([], found, section, plan, start > 0, asked, service),
                    pieces,
                    ledger,
                )
                for row in above:
                    asked = next((told for cell in row.cells if (told := _asked(cell.text))), asked)
                ledger.dispositions["heading row"] += size
                layout = _same_or_new(layout, found)
                start, headed_since = i + size, False
            i += size
        if start == 0 and layout is not None and heads_another(texts[0], layout):
            layout = None
        piece = Piece([], layout or Layout(()), section, plan, start > 0, asked, service)
        _take(table.rows[start:], layout, headed_since, piece, pieces, ledger)
        if start:
            headed_since = False
    ledger.dispositions = +ledger.dispositions
    return pieces


def _whole_tables(blocks: Sequence[Block], encoder: Encoder | None) -> list[Block]:
    """The blocks, tables put together that a page cut where neither part can be read alone.

    Such are a heading row that its rows don't follow, and an upright table in the middle of a record.
    """
    whole: list[Block] = []
    for block in blocks:
        last = whole[-1] if whole else None
        if isinstance(block, Table) and isinstance(last, Table):
            both = Table((*last.rows, *block.rows), last.place)
            alike = len(last.rows[-1].cells) == len(block.rows[0].cells)
            headed = alike and recognise(_row_texts(last.rows[-1]), encoder=encoder) is not None
            if headed or (is_upright(last) and is_upright(block) and turned(both) is not None):
                whole[-1] = both
                continue
        whole.append(block)
    return whole


def _asked(text: str) -> tuple[str, str] | None:
    """The recommendation that a line above a table states: its number, if it has one, and text."""
    entry = ENTRY.match(text)
    if entry:
        return tidy_action_id(entry["id"]), entry["text"].strip()
    if _ASKS.search(text) and 5 <= len(text.split()) <= 150:
        return "", text.strip()
    return None


def _goes_on(heading: Sequence[str], below: Sequence[str]) -> bool:
    """Whether a row may be the second line of a wrapped heading row: words, no number, no status."""
    filled = [text for text in below if text]
    return (
        len(heading) == len(below)
        and bool(filled)
        and all(
            len(text.split()) <= 3 and not any(map(str.isdigit, text)) and not text.endswith(".")
            for text in filled
        )
        and (all(text[:1].islower() for text in filled) or not below[0])
    )


def _same_or_new(old: Layout | None, new: Layout) -> Layout:
    """A repeated heading row keeps the first one's decisions, made on more rows below it."""
    return old if old is not None and old.headings == new.headings else new


def _take(
    rows: Sequence[Row],
    layout: Layout | None,
    headed_since: bool,
    piece: Piece,
    pieces: list[Piece],
    ledger: Ledger,
) -> None:
    """Add rows to the pieces if they belong to a plan table, else account for them."""
    if not rows:
        return
    if layout is not None:
        rows, layout = _without_spare(rows, layout)
    table = Table(tuple(rows), rows[0].place)
    if layout is None or not (piece.headed or _continues(table, layout, headed_since)):
        kind = kind_of_table(table)
        if kind == "other table" and layout is not None and not headed_since:
            # Inside the plan, and of no kind that is known to hold no updates: somebody must look.
            for row in rows:
                text = " | ".join(filter(None, _row_texts(row)))
                ledger.set_aside.append((row.place, text, "does not fit the columns of the plan around it"))
            kind = "set aside"
        ledger.dispositions[kind] += len(rows)
        return
    if layout.index("update") is None and layout.index("declared") is None:
        ledger.dispositions["table without updates"] += len(rows)
        return
    placed = []
    theme = layout.index("theme")
    merged = theme is not None and any(theme < len(r.cells) and r.cells[theme].over for r in rows)
    nested: set[str] = set()
    for row in rows:
        texts = [text for text in _row_texts(row) if text]
        if not texts:
            ledger.dispositions["separator"] += 1
        elif nested and all(text in nested for text in texts):
            ledger.dispositions["nested table, written out again"] += 1
        else:
            placed.append(place_row(uncovered(row, layout), layout))
            nested = {text for cell in row.cells for text in cell.nested} or nested
    if placed:
        pieces.append(replace(piece, rows=placed, layout=layout, merged=merged))


def _without_spare(rows: Sequence[Row], layout: Layout) -> tuple[Sequence[Row], Layout]:
    """Rows and layout without the columns that hold nothing, neither a heading nor a cell.

    Two tables that an office program put together share the edges of each other's columns; the pages
    that follow don't.
    """
    spare = {i for i, column in enumerate(layout.columns) if not column.role and not column.heading.strip()}
    whole = [row for row in rows if len(row.cells) >= layout.width]
    used = {i for row in whole for i in spare if row.cells[i] or row.cells[i].fill or row.cells[i].over}
    narrow = Layout(tuple(column for i, column in enumerate(layout.columns) if i not in spare))
    others = {len(row.cells) for row in rows if len(row.cells) < layout.width}
    if not spare or used or others - {narrow.width}:
        return rows, layout
    kept = [
        replace(row, cells=tuple(cell for i, cell in enumerate(row.cells) if i not in spare))
        if len(row.cells) >= layout.width
        else row
        for row in rows
    ]
    return kept, narrow


def _continues(table: Table, layout: Layout, headed_since: bool) -> bool:
    """Whether rows without a heading row go on with the table before them."""
    if find_dashboards([table]):
        return False
    rows = table.rows
    widths = {len(row.cells) for row in rows}
    fits = any(
        width == layout.width or (width == layout.width - 1 and layout.columns[0].role == "id")
        for width in widths
    )
    overflow = any(layout.width < width <= layout.width + 1 for width in widths)
    if not fits and not overflow:
        return False
    if not headed_since:
        return True
    # After a heading the rows must look like actions: a number or a recommendation, and news.
    placed = [place_row(row, layout) for row in rows]
    numbered = (re.search(r"\d", action_number(row, None)[0]) for row in placed)
    return any(
        number and row.filled("update", "declared") for number, row in zip(numbered, placed, strict=True)
    )
