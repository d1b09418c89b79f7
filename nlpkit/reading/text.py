"""Plain text, as converted from PDF and Word: tab-separated tables between lines of prose."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from nlpkit.reading.blocks import Block, Bullet, Heading, Paragraph, Row, Table, cell_from_markup
from nlpkit.unseen import UNSEEN

__all__ = ["blocks_from_text", "prose_block"]

_BULLET = re.compile(r"^\s*(?:[-*•▪◦●‣–]|o(?=\s[A-Z]))\s+(?=\S)")
_MARKDOWN_RULE = re.compile(r"(?=.[^|]*\|)[\s:|-]+$")
_LINK = re.compile(r"\[([^\[\]]{1,300})\]\([^()\s]{0,500}\)")
_MAX_HEADING_WORDS = 14
_ROW_START = re.compile(r"^\s*(?:[A-Z][A-Za-z]{0,14}[ .:-]?)?\d{1,3}(?:\.\d{1,2})?[.):]?\t|^\t")
_MAX_CELL_LINES = 60
_PIPE = re.compile(r"(?<!\\)\|")
_EMPHASIS = re.compile(r"(\*\*|__)(?=\S)([^*_]{1,500}?)(?<=\S)\1")


def blocks_from_text(text: str) -> list[Block]:
    """The blocks of a text document, in order; ``place`` is the line number, counted from 1.

    A line with a tab (or Markdown pipes) is a table row; rows that follow one another without
    a blank line make one table. A short line without a full stop is a heading.
    """
    blocks: list[Block] = []
    rows: list[Row] = []

    def close_table() -> None:
        if rows:
            blocks.append(Table(tuple(rows), rows[0].place))
            rows.clear()

    text = text.replace("\r\n", "\n").replace("\r", "\n")
    text = UNSEEN.sub("", text.replace("\xa0", " "))
    for number, line in _rows_made_whole(text.split("\n")):
        if "\t" in line:
            rows.append(Row(tuple(cell_from_markup(cell) for cell in line.split("\t")), number))
            continue
        if line.count("|") >= 2 and line.strip().startswith("|"):
            if not _MARKDOWN_RULE.match(line):
                cells = _PIPE.split(line.strip().strip("|"))
                rows.append(Row(tuple(cell_from_markup(_without_markdown(cell)) for cell in cells), number))
            continue
        close_table()
        if line.strip():
            blocks.append(_prose(line, number))
    close_table()
    return blocks


def _rows_made_whole(lines: Sequence[str]) -> Iterator[tuple[int, str]]:
    """The lines with their numbers, table rows that a line break inside a cell cut joined again.

    A line with fewer tabs than the first row of its table (or, after a page break, of the table
    before) is joined with the lines below it if together they have exactly as many, and none of
    those begins like a row of its own.
    """
    width, i, fresh = 0, 0, True
    while i < len(lines):
        line, size = lines[i], 1
        tabs = line.count("\t")
        if not line.strip():
            fresh = True
        if 0 < tabs < width:
            total = tabs
            for j in range(i + 1, min(i + _MAX_CELL_LINES, len(lines))):
                if not lines[j].strip() or _ROW_START.match(lines[j]):
                    break
                if fresh and not lines[j].lstrip()[:1].islower():
                    break  # a new table may be narrower: only a sentence going on shows a cut row
                total += lines[j].count("\t")
                if total >= width:
                    size = j - i + 1 if total == width else 1
                    break
        if fresh and tabs and size == 1:
            width = tabs
        fresh = fresh and not tabs
        yield i + 1, "".join(_breaking(lines[i : i + size]))
        i += size


def _breaking(lines: Sequence[str]) -> Iterator[str]:
    """Lines of one cell: a break stays where the next line starts afresh."""
    for n, line in enumerate(lines):
        yield line if n == 0 else f" {line}" if line.lstrip()[:1].islower() else f"<br>{line}"


def _without_markdown(cell: str) -> str:
    return _EMPHASIS.sub(r"<b>\2</b>", _LINK.sub(r"\1", cell.replace("\\|", "|")))


def _prose(line: str, number: int) -> Block:
    bullet = _BULLET.match(line)
    text, links = _LINK.subn(r"\1", line[bullet.end() :] if bullet else line)
    text = " ".join(cell_from_markup(text).text.split())
    if bullet:
        return Bullet(text, number)
    if text.startswith("#"):
        return Heading(text.lstrip("# "), number)
    return prose_block(text, number, linked=links > 0)


def prose_block(text: str, number: int, *, linked: bool = False) -> Block:
    """A line outside tables: one that is short and does not end like a sentence is a heading."""
    bullet = _BULLET.match(text)
    if bullet:
        return Bullet(text[bullet.end() :], number)
    # Titles in capitals or short lines that do not end like a sentence.
    if not linked and len(text.split()) <= _MAX_HEADING_WORDS and not re.search(r"[.;,]$", text):
        return Heading(text.rstrip(":"), number)
    return Paragraph(text, number)
