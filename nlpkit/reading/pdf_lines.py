"""Words on a PDF page put together again: lines, and the paragraphs that were wrapped into them."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from statistics import median

from nlpkit.embedding.words import whole_words
from nlpkit.reading.blocks import Cell
from nlpkit.reading.grids import CellText
from nlpkit.reading.pdf_marks import Box, Rule, Word

__all__ = ["Span", "cell_of", "fill_behind", "goes_on", "joined", "line_text", "lines_of", "pitch_of"]

_BULLET = re.compile(r"[•▪◦●‣○■➢✓]|[-–*o]$|\(?(?:\d{1,2}|[a-z]|[ivx]{1,4})[.)]$")
_AFRESH = re.compile(r"[\W_]*[A-Z0-9]")
_SPACED = 1.4  # times the usual distance of lines, from which one stands apart
_ROOM = 0.35  # share of a column that nobody leaves empty without meaning to begin a new line

Line = list[Word]


@dataclass(frozen=True, slots=True)
class Span:
    """The area that a cell takes up."""

    x0: float
    top: float
    x1: float
    bottom: float


def lines_of(words: Iterable[Word]) -> list[Line]:
    """Words by line from top to bottom, each line from left to right."""
    lines: list[Line] = []
    for word in sorted(words, key=lambda word: (word.middle, word.x0)):
        if lines:
            last = lines[-1][-1]
            if abs(word.middle - last.middle) < 0.45 * min(word.size, last.size):
                lines[-1].append(word)
                continue
        lines.append([word])
    return [sorted(line, key=lambda word: word.x0) for line in lines]


def line_text(line: Sequence[Word]) -> str:
    return " ".join(word.text for word in line)


def pitch_of(lines: Sequence[Line]) -> float:
    """The usual distance of a line to the next, in points; 0 where there is only one line."""
    steps = [_top(below) - _top(above) for above, below in pairwise(lines)]
    return median(step for step in steps if step > 0) if any(step > 0 for step in steps) else 0.0


def joined(above: str, below: str) -> str:
    """Two lines of one paragraph; a hyphen at the end of a line stays ("six-" "monthly")."""
    hyphenated = re.search(r"\w[-‐‑]$", above) and re.match(r"[a-z]", below)
    return f"{above}{below}" if hyphenated else f"{above} {below}"


def goes_on(
    above: Line, below: Line, span: Span, *, pitch: float, padding: float, spaced: float = _SPACED
) -> bool:
    """Whether a line is the wrapped rest of the one above it, and no paragraph of its own.

    A paragraph of its own begins with a bullet, stands further below than lines usually do, has
    another weight than a bold line above, or begins afresh where its first word would still have had
    room above: after the end of a sentence, or much room.
    """
    first = below[0]
    if _BULLET.match(first.text):
        return False
    if pitch and _top(below) - _top(above) > spaced * pitch:
        return False
    if all(word.bold for word in above) != all(word.bold for word in below):
        return False
    room = (span.x1 - span.x0 - 2 * padding) - (above[-1].x1 - above[0].x0)
    fits = room > first.x1 - first.x0 + 0.6 * first.size
    ended = re.search(r"[.!?:;)\d]\W*$", above[-1].text) or room > _ROOM * (span.x1 - span.x0)
    return not (fits and ended and _AFRESH.match(first.text))


def cell_of(
    words: Sequence[Word],
    span: Span,
    *,
    fill: str = "",
    rules: Sequence[Rule] = (),
    usual: float = 0.0,
    vocabulary: Mapping[str, int] | None = None,
    source: str | Path,
    place: int,
) -> Cell:
    """The words inside a cell as its paragraphs, bold and underlined runs marked.

    Args:
        words: the words that stand in it.
        span: the area of the cell.
        fill: the colour behind it.
        rules: horizontal lines that may underline its words.
        usual: distance of lines on the page, where the cell has too few lines to tell.
        vocabulary: how often each word (in lower case) stands in the document: tells where a narrow
            cell broke inside a word.
        source, place: for messages.

    Raises:
        InputError: the cell holds more text than a cell may.
    """
    if not words:
        return Cell(fill=fill)
    lines = lines_of(words)
    text = CellText(source, place)
    padding = max(0.0, min(line[0].x0 for line in lines) - span.x0)
    steps = [_top(below) - _top(above) for above, below in pairwise(lines)]
    pitch = min(steps) if len(steps) >= 2 else usual
    uniform = all(word.bold for word in words)
    under = [rule for rule in rules if rule.start > span.x0 + 1 and rule.end < span.x1 - 1]
    before = False
    for i, line in enumerate(lines):
        marks = [
            (word.bold and not uniform) or any(_underlines(rule, word) for rule in under) for word in line
        ]
        apart = all(marks) != before or not goes_on(lines[i - 1], line, span, pitch=pitch, padding=padding)
        if i and apart:
            text.end_line()
        elif i and not _cut(lines[i - 1], line, span, padding, vocabulary):
            text.add(" ")
        before = all(marks)
        for n, (word, marked) in enumerate(zip(line, marks, strict=True)):
            text.add(f" {word.text}" if n else word.text, marked=marked)
    return text.cell(fill)


def _cut(above: Line, below: Line, span: Span, padding: float, vocabulary: Mapping[str, int] | None) -> bool:
    """Whether a line ends inside a word: at its hyphen, or where a cell is too narrow for a long word."""
    head, tail = above[-1], below[0]
    if re.search(r"\w[-‐‑]$", head.text):
        return True
    letter = (head.x1 - head.x0) / max(1, len(head.text))
    if len(above) > 1 or not head.text.isalpha() or not re.match(r"[a-z]+\W*$", tail.text):
        return False
    if span.x1 - span.x0 - 2 * padding - (head.x1 - head.x0) > 1.5 * letter or vocabulary is None:
        return False
    first, rest = head.text.lower(), re.sub(r"\W+$", "", tail.text)
    if first + rest in vocabulary or first + rest in whole_words():
        return True
    if first in whole_words() and rest in whole_words():
        return False
    return vocabulary.get(rest, 0) <= 1 and vocabulary.get(first, 0) <= 1


def fill_behind(span: Span, fills: Sequence[Box], *, lettered: bool) -> str:
    """The colour painted last behind most of an area, or ``""``.

    In a cell without letters a smaller patch or disc inside it counts as well.
    """
    area = max(1.0, (span.x1 - span.x0) * (span.bottom - span.top))
    behind = patch = ""
    for fill in fills:
        wide = min(fill.x1, span.x1) - max(fill.x0, span.x0)
        high = min(fill.bottom, span.bottom) - max(fill.top, span.top)
        if wide <= 0 or high <= 0:
            continue
        if wide * high >= 0.5 * area and not fill.round:
            behind = fill.colour
        elif not lettered and fill.x0 >= span.x0 - 1 and fill.x1 <= span.x1 + 1 and min(wide, high) >= 4:
            inside = fill.top >= span.top - 1 and fill.bottom <= span.bottom + 1
            patch = fill.colour if inside and fill.colour != "#FFFFFF" else patch
    return patch or behind


def _underlines(rule: Rule, word: Word) -> bool:
    return (
        rule.start <= word.x0 + 1.5
        and rule.end >= word.x1 - 1.5
        and word.bottom - 0.35 * word.size <= rule.at <= word.bottom + 1.5
    )


def _top(line: Line) -> float:
    return min(word.top for word in line)
