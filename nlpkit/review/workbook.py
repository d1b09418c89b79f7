"""The workbook that reviewers fill: written, and read back with every cell checked.

Three sheets. *Read me* says what to do and has a cell for the reviewer's name. *review* has one row an
update: what the plan says, what nlpkit proposes and why, and empty cells with drop-downs for the reviewer's
own answers; only these can be typed in (sheet protection, without a password). *data*, hidden, holds the
same updates whole, with a checksum, so that a workbook can be read back without the table it was made from,
and a changed text or a row from elsewhere is found.
"""

from __future__ import annotations

import hashlib
import io
import json
import re
from collections.abc import Hashable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pandas as pd

from nlpkit.cells import FORMULA, compact, plain
from nlpkit.errors import InputError
from nlpkit.formats.excel import excel_grids, excel_value, timeless
from nlpkit.learning.reviews import KINDS, LABELS, PROPOSED
from nlpkit.review.sampling import AT_RANDOM
from nlpkit.schema import READ_COLUMNS, Evidence, Flag, Stale, Status

__all__ = ["Filled", "read_workbook", "to_review_workbook"]

_MARK = "nlpkit review, format 1"
_README, _REVIEW, _DATA = "Read me", "review", "data"
_NAME = "Your name:"
_CHUNK, _SHOWN = 30_000, 30_000
_LINE, _HIGHEST = 15, 400  # points; Excel allows no row higher than 409
_CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\ufffe\uffff]")
_LISTS = ("stale", "flags")
_NONE = "none"

_TOLD = (
    "row_id",
    "action_id",
    "service",
    "period",
    "as_of",
    "due",
    "declared",
    "recommendation",
    "required_outcome",
    "planned_action",
    "update",
)
"""Columns of the plan that a reviewer sees; those that are empty throughout are hidden."""

_ASKED = {kind: f"your {kind}" for kind in KINDS}
_COMMENT = "your comment"
_PROPOSALS = {kind: f"nlpkit: {kind}" for kind in KINDS}
_WHY, _PART, _BECAUSE = "nlpkit: why", "part", "chosen because"
_WIDTHS = {"update": 70, "recommendation": 40, _WHY: 50, _COMMENT: 40, "required_outcome": 30, "row_id": 24}

_EMPTY = "There is nothing to review: "
_MEANING: Mapping[str, Mapping[Any, str]] = {
    "status": {
        Status.COMPLETE: "everything asked is delivered, in place or business as usual",
        Status.ON_TRACK: "work is under way and nothing in the text says it will be late",
        Status.AT_RISK: "under way, but the text itself shows delay, loss or dependence on others",
        Status.OFF_TRACK: "stalled, stopped, or past its date with no recovery shown",
        Status.NOT_STARTED: "nothing done yet: an intention, a plan, or waiting for a trigger",
        Status.DECLINED: "the service says that it will not do what is asked",
        Status.UNCLEAR: "the text does not let a reader tell",
    },
    "evidence": {
        Evidence.STRONG: "two or more independent facts that can be checked and bear on what was asked",
        Evidence.PARTIAL: "some fact that can be checked, not enough to show the outcome",
        Evidence.WEAK: "assertion, intention, generalities, or nothing",
    },
    "stale": {
        Stale.NO_CHANGE: "says outright that nothing has changed",
        Stale.POINTER: "sends the reader to another action or place",
        Stale.REPEAT_SELF: "mostly the text of an earlier period of this action",
        Stale.REPEAT_OTHER: "a passage that also stands under another action",
        Stale.EXPIRED: "speaks of a date as still to come that had passed",
        Stale.EMPTY: "no narrative, or one bare word",
    },
    "flags": {
        Flag.FUTURE_ONLY: "all of it lies in the future",
        Flag.ACTIVITY_ONLY: "tells of activity, nothing of effect, where an outcome is asked for",
        Flag.VAGUE: "no who, what or when that can be checked",
        Flag.OFF_TOPIC: "does not speak to what is asked",
        Flag.DECLARED_MISMATCH: "the declared colour or word does not fit the text",
    },
}


@dataclass(frozen=True)
class Filled:
    """A workbook that came back.

    Attributes:
        reviewer: the name given in it, or ``""``.
        rows: one a row of the sheet with an answer: the update, nlpkit's proposals (see
            :data:`nlpkit.learning.reviews.PROPOSED`), ``part``, and ``review_status``, ``review_evidence``,
            ``review_stale``, ``review_flags`` (None where not answered) and ``comment``.
        size: how many rows the workbook was made with.
        drawn: the ids of those that were drawn by chance.
        problems: what is wrong with it, each with sheet, row and column; a workbook with any is not used.
    """

    reviewer: str
    rows: tuple[dict[str, Any], ...]
    size: int
    drawn: frozenset[str]
    problems: tuple[InputError, ...]


def to_review_workbook(chosen: pd.DataFrame, *, blind: bool = False, why_empty: str = "") -> bytes:
    """The workbook of chosen rows; the same rows give the same bytes.

    Args:
        chosen: rows from :func:`nlpkit.review.sampling.sample`.
        blind: leave nlpkit's proposals out of sight, so that they cannot sway the reviewer.
        why_empty: what the workbook says where there are no rows.
    """
    import openpyxl

    rows = [_exported(row) for row in chosen.to_dict("records")]
    book = openpyxl.Workbook()
    book.properties.creator = "nlpkit"
    top = book.active
    top.title = _README
    _fill_readme(top, rows, blind=blind, why_empty=why_empty)
    sheet = book.create_sheet(_REVIEW)
    _fill_review(sheet, rows, _columns(blind))
    kept = book.create_sheet(_DATA)
    kept.sheet_state = "hidden"
    lines = [compact(row) for row in rows]
    kept.append([_MARK, _checksum(lines)])
    for number, line in enumerate(lines, start=2):
        for place, at in enumerate(range(0, len(line), _CHUNK), start=1):
            _put(kept.cell(number, place), line[at : at + _CHUNK])
    for page in (top, sheet, kept):
        page.protection.enable()
    for page in (top, sheet):
        page.protection.formatColumns = page.protection.formatRows = False  # False is "allowed"
        page.page_setup.orientation, page.page_setup.fitToHeight = "landscape", 0
        page.sheet_properties.pageSetUpPr.fitToPage = True
    made = io.BytesIO()
    book.save(made)
    return timeless(made.getvalue())


def _columns(blind: bool) -> list[str]:
    proposals = [] if blind else [*_PROPOSALS.values(), _WHY]
    return [*_TOLD, *proposals, *_ASKED.values(), _COMMENT, _PART, _BECAUSE]


def _exported(row: Mapping[Hashable, Any]) -> dict[str, Any]:
    """What the hidden sheet keeps of a row."""
    told: dict[str, Any] = {name: str(row.get(name) or "") for name in READ_COLUMNS}
    told |= {name: plain(row.get(kind)) for kind, name in PROPOSED.items()}
    why = [str(reason.get("text", "")) for reason in row.get("status_why") or () if isinstance(reason, dict)]
    told["nlpkit_why"] = [text for text in dict.fromkeys(why) if text]
    return told | {_PART: str(row["part"]), "chosen_because": str(row["chosen_because"])}


def _shown(row: Mapping[str, Any], column: str) -> str:
    """What the sheet shows of a row in a column that is not the reviewer's."""
    if column == _WHY:
        value: Any = [f"“{text}”" for text in row["nlpkit_why"]]
    elif column in _PROPOSALS.values():
        kind = next(kind for kind, name in _PROPOSALS.items() if name == column)
        value = row[PROPOSED[kind]]
    else:
        value = row["chosen_because" if column == _BECAUSE else column]
    text = "; ".join(map(str, value)) if isinstance(value, list) else str(value)
    text = _CONTROL.sub(" ", text.replace("\r\n", "\n").replace("\r", "\n"))
    return text if len(text) <= _SHOWN else f"{text[:_SHOWN]} […]"


def _put(cell: Any, text: str) -> None:
    """A text that no spreadsheet takes for a formula."""
    cell.value = excel_value(text, place="review", row=cell.row, column=cell.column_letter)
    cell.data_type = "s"
    cell.quotePrefix = bool(FORMULA.match(text))


def _fill_review(sheet: Any, rows: Sequence[Mapping[str, Any]], columns: Sequence[str]) -> None:
    from openpyxl.styles import Alignment, Font, PatternFill, Protection
    from openpyxl.utils import get_column_letter
    from openpyxl.worksheet.datavalidation import DataValidation

    sheet.freeze_panes = "C2"
    mine = {*_ASKED.values(), _COMMENT}
    wrapped, bold = Alignment(wrap_text=True, vertical="top"), Font(name="Calibri", size=11, bold=True)
    yellow, free = PatternFill("solid", fgColor="FFF9DB"), Protection(locked=False)
    for place, column in enumerate(columns, start=1):
        letter = get_column_letter(place)
        sheet.column_dimensions[letter].width = _width(column)
        if rows and column in _TOLD and not any(row[column] for row in rows):
            sheet.column_dimensions[letter].hidden = True
        for number, row in enumerate((None, *rows), start=1):
            cell = sheet.cell(number, place)
            cell.alignment = wrapped
            if row is None:
                _put(cell, column)
                cell.font = bold
            elif column in mine:
                cell.protection, cell.fill = free, yellow
            else:
                _put(cell, _shown(row, column))
        kind = next((kind for kind, name in _ASKED.items() if name == column), "")
        if kind and rows:
            several = kind in _LISTS
            choice = [*LABELS[kind], *([_NONE] if several else [])]
            rule = DataValidation(type="list", formula1=f'"{",".join(choice)}"', allow_blank=True)
            rule.showErrorMessage = not several  # several labels may be typed, with semicolons between them
            rule.errorTitle, rule.error = "Not a label", f"Choose one of: {', '.join(choice)}."
            rule.showInputMessage = True
            rule.promptTitle = column
            rule.prompt = (
                "Choose one, or type several with semicolons; 'none' if nothing applies; empty if unsure."
                if several
                else "Choose a label, or leave empty if unsure."
            )
            rule.add(f"{letter}2:{letter}{len(rows) + 1}")
            sheet.add_data_validation(rule)
    for number, row in enumerate(rows, start=2):
        # Not every program makes a row as high as its text needs.
        lines = max(_lines(_shown(row, name), _width(name)) for name in columns if name not in mine)
        sheet.row_dimensions[number].height = min(_LINE * max(lines, 2), _HIGHEST)
    sheet.auto_filter.ref = f"A1:{get_column_letter(len(columns))}{len(rows) + 1}"


def _width(column: str) -> int:
    return _WIDTHS.get(column, 16)


def _lines(text: str, width: int) -> int:
    """How many lines a text takes in a column of so many letters."""
    return sum(1 + int(len(line) * 1.1) // width for line in text.split("\n"))


def _fill_readme(sheet: Any, rows: Sequence[Mapping[str, Any]], *, blind: bool, why_empty: str) -> None:
    from openpyxl.styles import Alignment, Font, PatternFill, Protection

    drawn = sum(row[_PART] == AT_RANDOM for row in rows)
    lines = [("Review of nlpkit's judgements", ""), (_NAME, ""), ("", "")]
    lines += [
        (text, "") for text in (_instructions(len(rows), drawn, blind) if rows else [_EMPTY + why_empty])
    ]
    for kind, meanings in _MEANING.items():
        lines += [("", ""), (_ASKED[kind], "one, several, or 'none'" if kind in _LISTS else "one label")]
        lines += [(str(label), meaning) for label, meaning in meanings.items()]
    sheet.column_dimensions["A"].width, sheet.column_dimensions["B"].width = 28, 90
    heads = {*_ASKED.values(), lines[0][0], _NAME}
    for number, (left, right) in enumerate(lines, start=1):
        for place, text in enumerate((left, right), start=1):
            cell = sheet.cell(number, place)
            cell.alignment = Alignment(wrap_text=True, vertical="top")
            if text:
                _put(cell, text)
            if text in heads:
                cell.font = Font(name="Calibri", size=11, bold=True)
        if left and not right and left not in heads:
            sheet.merge_cells(start_row=number, end_row=number, start_column=1, end_column=2)
            sheet.row_dimensions[number].height = 15 * (1 + len(left) // 110)
        if left == _NAME:
            sheet.cell(number, 2).protection = Protection(locked=False)
            sheet.cell(number, 2).fill = PatternFill("solid", fgColor="FFF9DB")


def _instructions(rows: int, drawn: int, blind: bool) -> list[str]:
    return [
        f"{rows} updates to review, on the sheet '{_REVIEW}'.",
        "Judge the narrative, with its dates, not the declared colour. Fill in the yellow cells: choose from "
        "the list. An empty cell says that you do not judge, not that you agree: where nlpkit is right, "
        "choose the same label.",
        "You may stop anywhere: what is filled in counts.",
        f"{drawn} of the updates were drawn by chance (column '{_PART}': {AT_RANDOM}). They say how often "
        "nlpkit is right, so please leave none of them out. The others were chosen because a correction "
        "teaches most there.",
        *(["nlpkit's own judgements are left out, so that they cannot sway you."] if blind else []),
        "All else is locked, without a password, so that your answers find their updates again. Save as "
        ".xlsx, under a name like review-YOURNAME.xlsx, and send it back.",
    ]


def _checksum(lines: Sequence[str]) -> str:
    return hashlib.sha256("\n".join(lines).encode("utf8", "replace")).hexdigest()


def read_workbook(path: str | Path) -> Filled:
    """A workbook that a reviewer filled, every row held against what was exported.

    Raises:
        InputError: no file, no workbook, or none that :func:`to_review_workbook` made.
    """
    try:
        raw = Path(path).read_bytes()
    except FileNotFoundError:
        raise InputError("there is no such file", source=path, remedy="Check the path.") from None
    except OSError as error:
        told = f"cannot be opened ({error.strerror or error})"
        raise InputError(
            told, source=path, remedy="Give a workbook that 'nlpkit review export' made."
        ) from None
    grids = excel_grids(raw, source=path)
    for sheet in (_REVIEW, _DATA):
        if sheet not in grids:
            raise InputError(
                f"has no sheet '{sheet}' (it has: {', '.join(grids) or 'none'})",
                source=path,
                remedy="Give a workbook that 'nlpkit review export' made, saved whole as .xlsx.",
            )
    known = _kept(grids[_DATA], path)
    drawn = frozenset(row_id for row_id, row in known.items() if row[_PART] == AT_RANDOM)
    rows, problems = _answers(grids[_REVIEW], known, path)
    return Filled(_named(grids.get(_README, [])), tuple(rows), len(known), drawn, tuple(problems))


def _kept(grid: Sequence[Sequence[Any]], path: str | Path) -> dict[str, dict[str, Any]]:
    """What the hidden sheet holds, by id, once its checksum agrees."""
    lines = ["".join(map(str, row)) for row in grid[1:]]
    head = [str(cell) for cell in grid[0][:2]] if grid else []
    if head != [_MARK, _checksum(lines)]:
        known = bool(head) and head[0] == _MARK
        raise InputError(
            "was changed, so answers cannot be matched" if known else f"is not of '{_MARK}'",
            source=path,
            row=f"sheet '{_DATA}'",
            remedy="Export the review again and copy the answers over.",
        )
    return {row["row_id"]: row for row in map(json.loads, lines)}


def _named(grid: Sequence[Sequence[Any]]) -> str:
    for row in grid:
        if row and str(row[0]).strip() == _NAME:
            return " ".join(str(row[1]).split()) if len(row) > 1 else ""
    return ""


def _answers(
    grid: Sequence[Sequence[Any]], known: Mapping[str, Mapping[str, Any]], path: str | Path
) -> tuple[list[dict[str, Any]], list[InputError]]:
    problems: list[InputError] = []

    def wrong(problem: str, row: int, column: str, remedy: str) -> None:
        problems.append(
            InputError(
                problem, source=path, row=f"sheet '{_REVIEW}', row {row}", column=column, remedy=remedy
            )
        )

    header = [str(name).strip() for name in grid[0]] if grid else []
    blind = not {*_PROPOSALS.values(), _WHY} & set(header)
    mend = "Export the review again and copy the answers over."
    for column in _columns(blind):
        if header.count(column) != 1:
            found = "is missing" if column not in header else f"is there {header.count(column)} times"
            wrong(found, 1, column, mend)
    if problems:
        return [], problems
    fixed = [name for name in _columns(blind) if name not in (*_ASKED.values(), _COMMENT)]
    rows: list[dict[str, Any]] = []
    seen: dict[str, int] = {}
    for number, cells in enumerate(grid[1:], start=2):
        told = {name: str(cell) for name, cell in zip(header, cells, strict=False) if name}
        if not any(value.strip() for value in told.values()):
            continue
        row_id = told.get("row_id", "")
        before = known.get(row_id)
        if before is None:
            wrong(f"'{row_id[:80]}' is no row of this review", number, "row_id", "Take the row out.")
            continue
        if row_id in seen:
            wrong(
                f"'{row_id[:80]}' stands in row {seen[row_id]} too", number, "row_id", "Take one of them out."
            )
            continue
        seen[row_id] = number
        for name in fixed:
            if told.get(name, "").split() != _shown(before, name).split():
                wrong("was changed since the export", number, name, mend)
        answers: dict[str, Any] = {"comment": told.get(_COMMENT, "").strip()}
        for kind, name in _ASKED.items():
            value, unknown = _label(kind, told.get(name, ""))
            answers[f"review_{kind}"] = value
            if unknown:
                accepted = ", ".join((*LABELS[kind], *([_NONE] if kind in _LISTS else [])))
                wrong(f"'{unknown[:40]}' is not a {kind} label", number, name, f"Use one of: {accepted}.")
        if any(value not in (None, "") for value in answers.values()):
            rows.append({**before, **answers})
    return rows, problems


def _label(kind: str, cell: str) -> tuple[Any, str]:
    """What a cell answers (None: nothing), and the first word in it that is not a label."""
    words = [
        re.sub(r"[\s-]+", "_", word.strip().lower()) for word in re.split(r"[;,\n]", cell) if word.strip()
    ]
    if not words:
        return None, ""
    if kind not in _LISTS:
        word = "_".join(words)
        return (word, "") if word in LABELS[kind] else (None, cell.strip())
    unknown = next((word for word in words if word not in (*LABELS[kind], _NONE)), "")
    if not unknown and _NONE in words and len(words) > 1:
        unknown = cell.strip()
    return [label for label in LABELS[kind] if label in words], unknown
