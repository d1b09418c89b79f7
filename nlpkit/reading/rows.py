"""Single rows of a plan table: cells to their columns; numbers and words that a narrow column cut."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field, replace

from nlpkit.reading.blocks import Cell, Line, Row
from nlpkit.reading.headers import Layout, is_bare_status
from nlpkit.schema import declared_status, tidy_action_id

__all__ = [
    "Action",
    "Placed",
    "action_number",
    "join_cut",
    "join_lines",
    "mend_status",
    "place_row",
    "uncovered",
    "unfinished",
]

_ID = re.compile(
    r"^(?:(?:AFI|REC|Recommendation|Action|CoC|Ref|R|A|No\.?|#)[\s.:-]*)?\d{1,3}(?:[.\s-]\d{1,2}){0,2}\s?[a-z]?[.):]?$"
    r"|^[A-Z][A-Za-z&]{1,14}[\s.:-]*\d{1,3}(?:\.\d{1,2})?[a-z]?[.):]?$",
    re.IGNORECASE,
)
_LEADING_NUMBER = re.compile(r"^(?P<number>\d{1,2})[.)]?\s+(?=[A-Z])")
_STRAY_DIGIT = re.compile(r"(?:(?<=\s)|(?<=[a-z]))(\d)(?=\s|$)")
_TERMINAL = re.compile(r"[.!?:;][\"'”’)\]]*$|[.!?][\"'”’)\]]*$")
_STATUS_WORDS = (
    "RED",
    "AMBER",
    "GREEN",
    "BLUE",
    "GREY",
    "WHITE",
    "PURPLE",
    "COMPLETE",
    "COMPLETED",
    "CLOSED",
    "ONGOING",
)


@dataclass
class Action:
    """One action of a plan as it is put together: its number and, by column key, its paragraphs."""

    action_id: str
    place: int
    fields: dict[str, list[Line]] = field(default_factory=dict)
    section: str = ""
    plan: str = ""
    service: str = ""
    asked: tuple[str, str] = ("", "")  # the recommendation above its table: number, text
    pieces: dict[str, list[str]] = field(default_factory=dict)  # declared cells, before mending

    def text(self, key: str) -> str:
        """The paragraphs collected under ``key``, one a line."""
        return "\n".join(line.text for line in self.fields.get(key, ()))


@dataclass(frozen=True)
class Placed:
    """A row whose cells have found their columns."""

    cells: dict[str, Cell]  # by column key
    place: int
    columns: dict[str, str]  # column key → role

    def filled(self, *roles: str) -> bool:
        return any(cell and self.columns[key] in roles for key, cell in self.cells.items())


def join_cut(left: str, right: str) -> str:
    """A word whose two halves stand in two cells; the letter at the cut is often in both.

    >>> join_cut("GREE", "EN"), join_cut("repo", "ort"), join_cut("Comple", "te")
    ('GREEN', 'report', 'Complete')
    """
    head, tail = left.rsplit(None, 1)[-1] if left.split() else "", right.split()[0] if right.split() else ""
    for size in range(min(len(head), len(tail), 3), 0, -1):
        if head[-size:].lower() == tail[:size].lower():
            return left + right[size:]
    return left + right


def mend_status(pieces: Sequence[str]) -> str:
    """A declared status from the pieces that narrow cells left of it.

    A colour is sure when every piece is the beginning or the end of that one word:
    ``["GREE", "EN"]`` and ``["EN"]`` are both GREEN. Anything else is joined as written.
    """
    pieces = [piece.strip() for piece in pieces if piece.strip()]
    if not pieces:
        return ""
    whole = [piece for piece in dict.fromkeys(pieces) if declared_status(piece)]
    if whole and all(piece in whole for piece in pieces):
        return " ".join(whole)
    letters = [re.sub(r"[^A-Za-z]", "", piece).upper() for piece in pieces]
    if all(len(piece) >= 2 for piece in letters):
        fits = [
            word
            for word in _STATUS_WORDS
            if all(word.startswith(piece) or word.endswith(piece) for piece in letters)
        ]
        if len(fits) == 1:
            return fits[0] if pieces[0].isupper() else fits[0].capitalize()
    return whole[0] if len(whole) == 1 else " ".join(dict.fromkeys(pieces))


def unfinished(text: str) -> bool:
    """Whether a passage stops short of the end of a sentence."""
    return bool(text.strip()) and not _TERMINAL.search(text.strip())


def join_lines(before: list[Line], after: Sequence[Line]) -> list[Line]:
    """Paragraphs of a cell and of its continuation, the sentence cut between them made whole."""
    if not before or not after:
        return [*before, *after]
    last, first = before[-1], after[0]
    if unfinished(last.text) and not first.marks and not re.match(r"[•▪◦●‣]", first.text):
        joint = Line(f"{last.text} {first.text}", last.marks)
        return [*before[:-1], joint, *after[1:]]
    return [*before, *after]


def place_row(row: Row, layout: Layout) -> Placed:
    """Assign a row's cells to the layout's columns.

    A table nested in a cell, which the converter wrote out again as cells of the row, is taken
    out; a row one cell short of a layout whose first column is the number begins in the second;
    what overflows the last column belongs to it.
    """
    cells = _without_nested(list(row.cells))
    width = layout.width
    while len(cells) > width and not cells[-1]:
        cells.pop()
    if len(cells) == width - 1 and layout.columns[0].role == "id" and not _is_number(cells[0]):
        cells.insert(0, Cell())
    placed: dict[str, Cell] = {}
    roles: dict[str, str] = {}
    for i, cell in enumerate(cells):
        column = layout.columns[min(i, width - 1)]
        key, role = column.key, column.role
        if i >= width and not (role == "declared" and _is_scrap(cell)):
            # An overflow with words in it is kept with the narrative rather than lost.
            fallback = next((c for c in reversed(layout.columns) if c.role == "update"), column)
            key, role = fallback.key, fallback.role
        roles[key] = role
        if key in placed and placed[key] and cell:
            placed[key] = Cell((*placed[key].lines, *cell.lines), placed[key].fill or cell.fill)
        elif cell or key not in placed:
            placed[key] = cell
    return Placed(placed, row.place, roles)


def uncovered(row: Row, layout: Layout) -> Row:
    """A row in which what a merged cell above says of it stands again.

    It says the same of every row that it covers which has a narrative, a number or a recommendation
    of its own; a row without goes on with the one above, where everything merged stands already.
    """
    if all(cell.over is None for cell in row.cells):
        return row
    roles = [layout.columns[min(i, layout.width - 1)].role for i in range(len(row.cells))]
    if not any(
        cell and role in {"update", "id", "recommendation"}
        for cell, role in zip(row.cells, roles, strict=True)
    ):
        return row
    return replace(row, cells=tuple(cell if cell.over is None else cell.over for cell in row.cells))


def _is_scrap(cell: Cell) -> bool:
    """Whether a cell holds no more than the end of a cut word or a status."""
    return len(cell.text.split()) <= 1 or is_bare_status(cell.text)


def _is_number(cell: Cell) -> bool:
    return bool(_ID.match(" ".join(cell.text.split())))


def _without_nested(cells: list[Cell]) -> list[Cell]:
    """The row without the cells that only repeat a table nested in the cell before them."""
    for i, cell in enumerate(cells):
        end = i + 1
        for text in filter(None, cell.nested):
            repeated = (k for k in range(end, len(cells)) if cells[k].text.replace("\n", " ") == text)
            end = next(repeated, -1) + 1
            if not end:
                break
        if end > i + 1:
            return _without_nested([*cells[:i], Cell(cell.lines, cell.fill), *cells[end:]])
    return cells


def action_number(placed: Placed, expected: int | None) -> tuple[str, str, bool]:
    """The action's number in a row: ``(number, key of the column it was cut from, inferred)``.

    The number may have a column, or stand before the first text of the row; there a narrow
    column may have split its digits over the wrapped lines ("1 How well … 1 after …" is 11) or
    lost one. The plan's own numbering (``expected``, the number after the last) then decides.
    """
    for key, cell in placed.cells.items():
        if placed.columns[key] == "id" and cell:
            text = " ".join(cell.text.split())
            if _ID.match(text):
                return tidy_action_id(text), key, False
            split = _wrapped_number(text, expected)
            return (*split[:1], key, split[1]) if split else (tidy_action_id(text), key, False)
    for key, cell in placed.cells.items():
        if placed.columns[key] in {"theme", "recommendation"} and cell:
            text = " ".join(cell.text.split())
            if placed.columns[key] == "recommendation":
                # Digits in the wording are the wording's own.
                leading = _LEADING_NUMBER.match(text)
                return (leading["number"], key, False) if leading else ("", "", False)
            split = _wrapped_number(text, expected)
            return (split[0], key, split[1]) if split else ("", "", False)
    return "", "", False


def _wrapped_number(text: str, expected: int | None) -> tuple[str, bool] | None:
    """A number written before and inside a wrapped text, read with the plan's numbering."""
    first = _LEADING_NUMBER.match(text)
    if not first:
        return None
    number = first["number"]
    parts = [part for part in re.split(r"(?<=[a-z?])\s+(?=\d{1,2}\s+[A-Z])", text) if part]
    bare = [strip_number(part, wrapped=True) for part in parts]
    if len(parts) > 1 and len(set(bare)) == 1 and expected is not None:
        return "-".join(str(expected + i) for i in range(len(parts))), True
    strays = _STRAY_DIGIT.findall(text[first.end() :])
    if expected is None:
        return number, False
    candidates = [number, *(number + stray for stray in strays)]
    if str(expected) in candidates:
        return str(expected), False
    if int(number) < expected and str(expected).startswith(number):
        # The second digit was lost with the line break; numbering says which one it was.
        return str(expected), True
    later = [c for c in candidates if int(c) >= expected]
    return (min(later, key=int), False) if later else (number, False)


def strip_number(text: str, *, wrapped: bool) -> str:
    """A text without the action number before it.

    Args:
        text: a theme or recommendation.
        wrapped: whether the number's digits may also stand inside, where a narrow cell wrapped
            around them.
    """
    first = _LEADING_NUMBER.match(text)
    if not first:
        return text
    if not wrapped:
        return text[first.end() :]
    rest = text[first.end() :]
    halves = [_STRAY_DIGIT.sub("", half) for half in re.split(r"(?<=[a-z?])\s+\d{1,2}\s+(?=[A-Z])", rest)]
    if len({" ".join(half.split()) for half in halves}) == 1:
        return " ".join(halves[0].split())
    return " ".join(_STRAY_DIGIT.sub("", rest).split())
