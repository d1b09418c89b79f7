"""The plan's own totals and its colour key: read to check and to interpret, not as updates."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

from nlpkit.colours import colour_name
from nlpkit.reading.blocks import Block, Heading, Table
from nlpkit.schema import declared_status

__all__ = ["Dashboard", "find_dashboards", "find_legend", "kind_of_table"]

_COLOURS = ("blue", "green", "amber", "yellow", "orange", "red", "grey", "gray", "white", "black", "purple")
_KEY_LINE = re.compile(
    rf"^\W*(?P<colour>{'|'.join(_COLOURS)})\W{{1,5}}(?P<meaning>\S.{{2,120}})$", re.IGNORECASE
)
_MAX_MEANING = 40  # words by which a key explains a colour
_COUNT = re.compile(r"^\(?(\d{1,4})\)?$")
_GRADES = re.compile(r"^(outstanding|good|adequate|requires improvement|inadequate)$", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Dashboard:
    """Counts by status as the plan prints them, and what they are counts of.

    ``titles`` are the headings above the counts, nearest first.
    """

    titles: tuple[str, ...]
    counts: Mapping[str, int]  # status word as written → number of actions
    place: int

    @property
    def total(self) -> int:
        return sum(self.counts.values())


def _texts(table: Table) -> list[list[str]]:
    return [[cell.text.replace("\n", " ").strip() for cell in row.cells] for row in table.rows]


def find_dashboards(blocks: Sequence[Block]) -> list[Dashboard]:
    """Tables of counts by status, in both directions: statuses across, or one a line.

    The nearest title is the single cell above the counts ("People actions = 9"), then come the
    table's own and the two headings above it.
    """
    found = []
    heading = above = ""
    for block in blocks:
        if isinstance(block, Heading):
            above, heading = heading, block.text
        if not isinstance(block, Table):
            continue
        table_title, title = "", ""
        statuses: dict[int, str] = {}
        down: dict[str, int] = {}
        for row, place in zip(_texts(block), (row.place for row in block.rows), strict=True):
            filled = {i: text for i, text in enumerate(row) if text}
            words = {
                i: text for i, text in filled.items() if len(text.split()) <= 6 and declared_status(text)
            }
            numbers = {i: int(match[1]) for i, text in filled.items() if (match := _COUNT.match(text))}
            if len(words) >= 2 and len(words) == len(filled):
                statuses = words
            elif statuses and numbers and set(numbers) <= set(statuses):
                counts = {statuses[i]: n for i, n in numbers.items()}
                found.append(Dashboard(_nearest(title, table_title, heading, above), counts, place))
                statuses = {}
            elif len(filled) == 1 and not numbers:
                table_title, title = title or table_title, next(iter(filled.values()))
            elif len(words) == 1 and len(numbers) == 1 and len(filled) == 2:
                down[next(iter(words.values()))] = next(iter(numbers.values()))
        if len(down) >= 2:
            found.append(Dashboard(_nearest(title, heading, above), down, block.place))
    return found


def _nearest(*titles: str) -> tuple[str, ...]:
    return tuple(title for title in titles if title)


def find_legend(blocks: Sequence[Block], plan_rows: Collection[int] = ()) -> dict[str, str]:
    """The plan's own colour key: lower-case colour, or shade of a fill → its meaning in the plan's words.

    Read from lines ("Blue – action completed") and from tables of a colour word, or a filled
    cell, and a meaning.

    Args:
        plan_rows: places of the rows that hold actions; their fills are statuses, no key.
    """
    legend: dict[str, str] = {}
    for block in blocks:
        if not isinstance(block, Table):
            match = _KEY_LINE.match(block.text)
            if match and declared_status(match["meaning"]):
                legend.setdefault(match["colour"].lower(), match["meaning"].strip())
            continue
        for row in block.rows:
            filled = [cell for cell in row.cells if cell]
            shaded = [cell.fill.lower() for cell in row.cells if colour_name(cell.fill)]
            keys: list[str] = []
            if len(filled) == 2 and filled[0].text.strip().lower() in _COLOURS:
                keys = [filled[0].text.strip().lower(), *shaded[:1]]
            elif len(filled) == 1 and len(set(shaded)) == 1 and row.place not in plan_rows:
                keys = shaded[:1]
            if keys and len(filled[-1].text.split()) <= _MAX_MEANING and declared_status(filled[-1].text):
                for key in keys:
                    legend.setdefault(key, filled[-1].text.strip())
                continue
            for cell in filled if row.place not in plan_rows else ():
                if colour_name(cell.fill) and len(cell.text.split()) <= 20 and declared_status(cell.text):
                    legend.setdefault(cell.fill.lower(), cell.text.strip())
    return legend


def kind_of_table(table: Table) -> str:
    """What a table that holds no updates is, for the account that reading gives of it."""
    rows = _texts(table)
    texts = [text for row in rows for text in row if text]
    if not texts:
        return "empty table"
    if find_dashboards([table]):
        return "dashboard"
    if sum(bool(_GRADES.match(text)) for text in texts) * 4 >= len(texts):
        return "grades"
    joined = " ".join(texts).lower()
    if re.search(r"\bpage number\b|\bcontents\b", joined):
        return "contents"
    if re.search(r"\b(revision|version|distribution|document (number|history)|author)\b", joined):
        return "document history"
    if re.search(r"\b(b?rag|key|legend|descriptor)\b", joined) or sum(
        bool(declared_status(t)) for t in texts
    ) * 2 >= len(texts):
        return "legend"
    return "other table"
