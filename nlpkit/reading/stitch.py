"""Page breaks undone: rows back to whole actions.

A table that runs over pages reaches us as pieces: rows go on without their number, sentences
end in the next row, rows of one page come in reverse, the first cell of a page begins with the
end of the last action. Each is mended by a rule about layout or numbering, none by what the
words mean, but for the one cut that only the topic can place (:mod:`nlpkit.reading.seams`).
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace
from itertools import pairwise

from nlpkit.colours import colour_name
from nlpkit.reading.blocks import Cell, Line
from nlpkit.reading.headers import Layout
from nlpkit.reading.periods import labels_in, split_periods
from nlpkit.reading.pieces import Ledger, Piece
from nlpkit.reading.rows import Action, Placed, action_number, join_cut, join_lines, strip_number, unfinished
from nlpkit.reading.seams import Topics, seam
from nlpkit.schema import declared_status

__all__ = ["stitch"]

_MAX_TITLE_WORDS = 14
_TOTAL = re.compile(r"(?:sub-?|grand )?totals?\b", re.IGNORECASE)
_FOOTER = re.compile(
    r"(?:sub-?|grand )?totals?\b|notes?\s*[:.]|n\.?b\.?\s*[:.]|\*\s|key\s*:|source\s*:", re.IGNORECASE
)
_TALLY = re.compile(r"[A-Za-z][A-Za-z ]{1,30}:\s*\d{1,4}$")
_NUMBERING = re.compile(r"^\s*(?:\d{1,3}(?:\.\d{1,3}){0,3}[a-z]?|[a-z])[.)]?\s+")
_YEAR = re.compile(r"\b20\d\d\b")
_SEAM_ROLES = {"recommendation", "required_outcome", "update"}


def stitch(pieces: Sequence[Piece], ledger: Ledger) -> list[Action]:
    """Rows back to actions."""
    labels = labels_in(
        cell.lines
        for piece in pieces
        for row in piece.rows
        for key, cell in row.cells.items()
        if row.columns[key] == "update"
    )
    pieces = [
        replace(piece, rows=[_unslide(row, piece.layout, labels) for row in piece.rows]) for piece in pieces
    ]
    topics = Topics(
        [cell.text for piece in pieces for row in piece.rows for cell in row.cells.values() if cell]
    )
    actions: list[Action] = []
    merged = any(piece.merged for piece in pieces)
    for piece in pieces:
        _stitch_piece(piece, actions, topics, ledger, merged=merged)
    return actions


def _stitch_piece(
    piece: Piece, actions: list[Action], topics: Topics, ledger: Ledger, *, merged: bool
) -> None:
    """Add the rows of one piece to the actions so far, each row accounted for.

    Where the plan merges the cells of a theme (``merged``), the rows at the head of a piece that
    have none stand in the cell that the page cut.
    """
    rows = _in_order(piece.rows, actions)
    if rows != piece.rows:
        ledger.warn(f"line {piece.rows[0].place}: rows were out of order and were put back by their numbers")
    section = ""
    opened = False  # an action of its own has begun in this piece
    for i, row in enumerate(rows):
        if _is_footer(row):
            ledger.dispositions["footer"] += 1
            continue
        title = _section_title(row)
        if title is not None:
            section = title if len(title.split()) <= _MAX_TITLE_WORDS else section
            ledger.dispositions["title row"] += 1
            continue
        number, key, inferred = action_number(row, _next_number(actions))
        if _begins_action(row, number, actions, piece.layout, piece.asked, first=i == 0):
            action = _new_action(number, row, piece, section, actions)
            if inferred:
                ledger.warn(
                    f"line {row.place}: the number of action {number} was damaged and was completed by order"
                )
            _fill(action, row, key)
            if "theme" in action.fields:
                merged = False
            elif merged and actions and _same_part(actions[-1], action):
                action.fields["theme"] = list(actions[-1].fields.get("theme", []))
            if actions and not opened and not piece.headed:
                _move_heads(actions[-1], action, topics, ledger, first=i == 0)
            actions.append(action)
            opened = True
            ledger.dispositions["action"] += 1
        elif not actions:
            text = " | ".join(cell.text for cell in row.cells.values() if cell)
            ledger.set_aside.append((row.place, text, "stands above the first action of the table"))
            ledger.dispositions["set aside"] += 1
        elif _is_sub_action(row, actions[-1], first=i == 0):
            actions.append(_sub_action(row, actions[-1]))
            ledger.dispositions["part of an action"] += 1
        else:
            _fill(actions[-1], row, "")
            ledger.dispositions["continuation"] += 1


def _new_action(number: str, row: Placed, piece: Piece, section: str, actions: Sequence[Action]) -> Action:
    """An action that begins in a row, with what stands above it."""
    action = Action(
        number,
        row.place,
        section=section or piece.section,
        plan=piece.plan,
        service=piece.service,
        asked=piece.asked,
    )
    if piece.layout.index("recommendation") is None and piece.asked[1]:
        action.action_id = number or piece.asked[0]
        action.fields["recommendation"] = [Line(piece.asked[1])]
    last = actions[-1] if actions else None
    if last is not None and not section and last.plan == action.plan and _titled(last, piece):
        action.section = last.section
    return action


def _sub_action(row: Placed, parent: Action) -> Action:
    """A further step under the number above it, with what it has in common with that."""
    sub = replace(parent, place=row.place, fields={}, pieces={})
    for inherited in ("theme", "recommendation", "required_outcome", "owner"):
        if inherited not in row.columns or not row.cells[inherited]:
            sub.fields[inherited] = list(parent.fields.get(inherited, []))
    _fill(sub, row, "")
    return sub


def _is_footer(row: Placed) -> bool:
    """A row of totals or a note under the table."""
    texts = [" ".join(cell.text.split()) for cell in row.cells.values() if cell]
    if _FOOTER.match(texts[0]) and (len(texts) == 1 or _TOTAL.match(texts[0])):
        return True
    return len(texts) > 1 and all(_TALLY.match(text) for text in texts)


def _same_part(one: Action, other: Action) -> bool:
    return (one.plan, one.service, one.section) == (other.plan, other.service, other.section)


def _titled(action: Action, piece: Piece) -> bool:
    """Whether an action's section came from a title row inside the table, which still holds."""
    return action.section != piece.section and bool(action.section) and not piece.headed


def _next_number(actions: Sequence[Action]) -> int | None:
    if not actions:
        return 1
    last = actions[-1].action_id.rsplit("-", 1)[-1]
    return int(last) + 1 if last.isdigit() else None


def _in_order(rows: list[Placed], actions: Sequence[Action]) -> list[Placed]:
    """The rows of a piece, turned round where their numbers run backwards after those before."""
    following = _next_number(actions)
    numbers = [int(number) for row in rows if (number := action_number(row, following)[0]).isdigit()]
    backwards = len(numbers) >= 2 and all(a > b for a, b in pairwise(numbers))
    # A plan may run backwards throughout; a page does so only against the numbering before it.
    backwards = backwards and bool(actions) and following is not None and numbers[-1] >= following
    return rows[::-1] if backwards else rows


def _section_title(row: Placed) -> str | None:
    """The text of a row that holds nothing but a title or note across the table."""
    filled = [(key, cell) for key, cell in row.cells.items() if cell]
    texts = [" ".join(cell.text.split()) for _, cell in filled]
    if len(texts) == 2 and len(texts[1]) <= 6 and texts[1][:1].islower() and not texts[1].endswith("."):
        # A narrow column cut the title's last word.
        filled, texts = filled[:1], [join_cut(*texts)]
    if len(texts) != 1 or row.columns[filled[0][0]] not in {"id", "theme", "page", ""}:
        return None
    return texts[0] if len(texts[0].split()) > 1 and not texts[0][:1].isdigit() else None


def _begins_action(
    row: Placed,
    number: str,
    actions: Sequence[Action],
    layout: Layout,
    asked: tuple[str, str],
    *,
    first: bool,
) -> bool:
    if number:
        return True
    recommendation = next(
        (c.text for k, c in row.cells.items() if row.columns[k] == "recommendation" and c), ""
    )
    if not recommendation:
        # A table below its recommendation: every row with an action to take is one.
        if layout.index("recommendation") is not None or layout.index("id") is not None:
            return False
        recommendation = next(
            (c.text for k, c in row.cells.items() if row.columns[k] == "planned_action" and c), ""
        )
    if not recommendation or not row.filled("update", "declared", "due", "planned_action"):
        return False
    afresh = _NUMBERING.sub("", recommendation.lstrip("“\"'‘• ")).lstrip("“\"'‘• ")[:1].isupper()
    if not actions or (layout.index("recommendation") is None and asked != actions[-1].asked):
        return True
    previous = actions[-1].text("recommendation") or actions[-1].text("planned_action")
    if layout.index("id") is not None and any(action.action_id for action in actions):
        # Numbered plans leave the number out only where a row goes on, unless all is whole.
        return afresh and not first and not unfinished(previous) and row.filled("update")
    return afresh and not (first and unfinished(previous) and unfinished(_news(actions[-1])))


def _news(action: Action) -> str:
    return "\n".join(action.text(key) for key in action.fields if key.startswith("update"))


def _is_sub_action(row: Placed, action: Action, *, first: bool) -> bool:
    """A row of a merged cell: a step of its own, with its own news, under the number above.

    Its own status beside the one above shows it; so do, within a page, a step, a deadline and
    news that all start afresh where those above had ended.
    """
    if row.filled("recommendation") or not (row.filled("update") and row.filled("planned_action", "due")):
        return False
    own = [cell.text for key, cell in row.cells.items() if row.columns[key] == "declared" and cell]
    above = [piece for pieces in action.pieces.values() for piece in pieces]
    if own and above and all(declared_status(text) for text in (*own, *above)):
        return True
    starts = [
        cell.text.lstrip("“\"'‘•- ")
        for key, cell in row.cells.items()
        if cell and row.columns[key] in {"update", "planned_action"}
    ]
    afresh = all(text[:1].isupper() or text[:1].isdigit() for text in starts)
    ended = not unfinished(_news(action)) and not unfinished(action.text("planned_action"))
    return not first and afresh and ended and row.filled("planned_action") and row.filled("due")


def _fill(action: Action, row: Placed, number_key: str) -> None:
    """Add a row's cells to an action."""
    for key, cell in row.cells.items():
        role = row.columns[key]
        if not cell or not role or role in {"id", "page"}:
            if not cell and role == "declared" and colour_name(cell.fill):
                action.pieces.setdefault(key, []).append(f"{cell.fill} (fill)")
            continue
        lines: list[Line] = list(cell.lines)
        if key == number_key:
            lines = [Line(strip_number(" ".join(cell.text.split()), wrapped=role == "theme"))]
        if role == "declared":
            action.pieces.setdefault(key, []).extend(line.text for line in lines)
            if colour_name(cell.fill) and not any(map(str.isalpha, cell.text)):
                action.pieces[key].append(f"{cell.fill} (fill)")  # a tick, a number or a symbol on a colour
            continue
        before = action.fields.get(key, [])
        # Deadlines stand one a line, but for a year that the page cut off; a sentence is made whole.
        apart = role == "due" and not (
            before and _YEAR.match(lines[0].text) and not _YEAR.search(before[-1].text)
        )
        action.fields[key] = [*before, *lines] if apart else join_lines(before, lines)


def _move_heads(before: Action, after: Action, topics: Topics, ledger: Ledger, *, first: bool) -> None:
    """Give back to the action before what the page break put at the head of the next one.

    Where a continuation row stands above (``first`` is false) the row line was kept, and only a
    sentence that grammar shows to be cut is moved.
    """
    for key in list(after.fields):
        if key.split(":")[0] not in _SEAM_ROLES or after.fields[key][0].marks:
            continue  # a cell that begins with a heading of its own is whole
        text = after.text(key)
        cut = seam(text, before, after, key, topics, by_topic=first)
        if cut:
            head, rest = text[:cut].strip(), text[cut:].strip()
            before.fields[key] = join_lines(before.fields.get(key, []), [Line(head)])
            after.fields[key] = [Line(line) for line in rest.split("\n") if line]
            ledger.warn(
                f"line {after.place}: the cell of action {after.action_id} began with the end of action "
                f"{before.action_id}; {len(head.split())} words were given back"
            )


def _unslide(row: Placed, layout: Layout, labels: frozenset[str]) -> Placed:
    """Put a narrative that slid into a neighbouring column back under the updates.

    The period heading in it betrays it. Where the update cell is empty the whole cell slid,
    else only what follows the heading.
    """
    target = next((key for key in row.cells if row.columns[key] == "update"), None)
    if target is None or not labels:
        return row
    order = [column.key for column in layout.columns]
    cells = dict(row.cells)
    for key, cell in row.cells.items():
        if row.columns[key] not in {"notes", "planned_action", "owner"} or not cell:
            continue
        if key not in order or abs(order.index(key) - order.index(target)) != 1:
            continue
        parts = split_periods(cell.lines, labels)
        if not parts[0][0] or sum(len(line.text.split()) for _, lines in parts for line in lines) < 5:
            continue
        if not cells[target]:
            cells[target], cells[key] = cell, Cell()
        else:
            first = next(i for i, line in enumerate(cell.lines) if split_periods([line], labels)[0][0])
            cells[target] = Cell((*cells[target].lines, *cell.lines[first:]))
            cells[key] = Cell(cell.lines[:first])
    return replace(row, cells=cells)
