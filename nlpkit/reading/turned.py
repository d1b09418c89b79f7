"""Upright tables, one a recommendation: labels down the first column, their values beside them."""

from __future__ import annotations

from nlpkit.reading.blocks import Cell, Line, Row, Table
from nlpkit.reading.headers import role_of

__all__ = ["is_upright", "turned"]

_MIN_LABELS = 3
_MAX_LABEL_WORDS = 6


def is_upright(table: Table) -> bool:
    """Whether every row begins with a label or goes on with the one above, as in part of a record."""
    labels = [" ".join(row.cells[0].text.split()) for row in table.rows if row.cells]
    return any(labels) and all(
        not label or (len(label.split()) <= _MAX_LABEL_WORDS and role_of(label)) for label in labels
    )


def turned(table: Table) -> Table | None:
    """An upright table turned into a heading row and one row a record, or None.

    Upright is a table of which nearly all rows begin with a label that would head a column of a
    plan ("Recommendation", "Lead", "Progress"), no two of one record alike. A label that comes
    again begins the next record; a row without a label goes on with the one above.
    """
    filled = [row for row in table.rows if any(row.cells)]
    labels = [" ".join(row.cells[0].text.split()) for row in filled if row.cells[0]]
    roles = [role_of(label) if len(label.split()) <= _MAX_LABEL_WORDS else "" for label in labels]
    known = [role for role in roles if role]
    if len(set(known)) < _MIN_LABELS or len(known) * 5 < len(filled) * 4:
        return None
    if not {"update", "progress"} & set(known) or not {"recommendation", "planned_action"} & set(known):
        return None
    records: list[dict[str, Cell]] = []
    places: list[int] = []
    current = ""
    for row in filled:
        label = " ".join(row.cells[0].text.split())
        value = _joined(row.cells[1:])
        if label and (not records or label in records[-1]):
            records.append({})
            places.append(row.place)
        current = label or current
        if records:
            before = records[-1].get(current, Cell())
            records[-1][current] = Cell(
                (*before.lines, *value.lines), before.fill or value.fill, value.nested
            )
    headings = list(dict.fromkeys(label for record in records for label in record))
    rows = [Row(tuple(Cell((Line(heading),)) for heading in headings), table.place)]
    rows += [
        Row(tuple(record.get(heading, Cell()) for heading in headings), place)
        for record, place in zip(records, places, strict=True)
    ]
    return Table(tuple(rows), table.place)


def _joined(cells: tuple[Cell, ...]) -> Cell:
    filled = [cell for cell in cells if cell or cell.fill]
    return Cell(
        tuple(line for cell in filled for line in cell.lines),
        next((cell.fill for cell in filled if cell.fill), ""),
        tuple(text for cell in filled for text in cell.nested),
    )
