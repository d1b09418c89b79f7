"""Workbooks of several reviewers joined into reviews: one row per reviewer and update that was answered."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import pandas as pd

from nlpkit.errors import InputError, NlpkitError
from nlpkit.learning.reviews import KINDS, PROPOSED, answer
from nlpkit.review.workbook import Filled, read_workbook
from nlpkit.schema import READ_COLUMNS

__all__ = ["Merged", "merge"]

_COLUMNS = (
    *READ_COLUMNS,
    "part",
    *PROPOSED.values(),
    "reviewer",
    *(f"review_{kind}" for kind in KINDS),
    "comment",
)
_SHOWN = 20
_MARKS = re.compile(r"[\W_]+")
_PREFIX = re.compile(r"^(?:nlpkit[\W_]*)?reviews?[\W_]+", re.IGNORECASE)


@dataclass(frozen=True)
class Merged:
    """What came back.

    Attributes:
        reviews: one row per reviewer and update with an answer, in the order of reviewers' names, then of
            the workbooks' rows.
        exported: how many updates each reviewer had, and how many of them have an answer.
        drawn: how many updates in all were drawn by chance, whether answered or not.
        unfilled: workbooks without any answer.
    """

    reviews: pd.DataFrame
    exported: Mapping[str, tuple[int, int]]
    drawn: int
    unfilled: tuple[str, ...]


def merge(paths: Sequence[str | Path]) -> Merged:
    """Read workbooks and join them; the order in which they are given plays no part.

    The reviewer is who the workbook names, else the rest of a file name that begins with "review-". Several
    workbooks of one reviewer are joined, unless they answer the same update differently.

    Raises:
        InputError: a workbook cannot be read or used, or no workbook has an answer.
        NlpkitError: several things are wrong: each is listed with file, sheet, row and column.
    """
    read = [(path, read_workbook(path)) for path in sorted(dict.fromkeys(map(str, paths)))]
    problems = [problem for _, filled in read for problem in filled.problems]
    by_name: dict[str, list[tuple[str, Filled]]] = {}
    spelt: dict[str, str] = {}
    for path, filled in read:
        name = spelt.setdefault(_key(_reviewer(path, filled)), _reviewer(path, filled))
        by_name.setdefault(name, []).append((path, filled))
    texts: dict[str, tuple[str, str]] = {}
    rows: list[dict[str, object]] = []
    for name in sorted(by_name):
        mine: dict[str, tuple[str, dict[str, object]]] = {}
        for path, filled in by_name[name]:
            for row in filled.rows:
                row_id = str(row["row_id"])
                first, text = texts.setdefault(row_id, (path, str(row["update"])))
                if text != row["update"]:
                    problems.append(
                        _clash(
                            path, row_id, f"has another text than in {first}", "Review one of the two tables."
                        )
                    )
                elif row_id not in mine:
                    mine[row_id] = (path, row)
                elif any(answer(row, kind) != answer(mine[row_id][1], kind) for kind in KINDS):
                    problems.append(
                        _clash(
                            path,
                            row_id,
                            f"is answered otherwise by {name} in {mine[row_id][0]}",
                            "If two people answered, write each one's name into the workbook; else keep one.",
                        )
                    )
        rows += [{**row, "reviewer": name} for _, row in mine.values()]
    if len(problems) == 1:
        raise problems[0]
    if problems:
        rest = len(problems) - _SHOWN
        more = [f"… and {rest} more"] if rest > 0 else []
        raise NlpkitError("\n".join([*map(str, problems[:_SHOWN]), *more]))
    if not rows:
        raise InputError(
            "no answers were filled in",
            source=", ".join(path for path, _ in read),
            remedy="Fill in the yellow cells of the sheet 'review' and save the workbook.",
        )
    drawn = frozenset().union(*(filled.drawn for _, filled in read))
    return Merged(
        reviews=pd.DataFrame({name: [row.get(name) for row in rows] for name in _COLUMNS}, dtype="object"),
        exported={
            name: (
                sum(filled.size for _, filled in by_name[name]),
                sum(row["reviewer"] == name for row in rows),
            )
            for name in sorted(by_name)
        },
        drawn=len(drawn),
        unfilled=tuple(path for path, filled in read if not filled.rows),
    )


def _clash(path: str, row_id: str, problem: str, remedy: str) -> InputError:
    return InputError(
        f"'{row_id}' {problem}", source=path, row="sheet 'review'", column="row_id", remedy=remedy
    )


def _reviewer(path: str, filled: Filled) -> str:
    stem = Path(path).stem
    return filled.reviewer or _PREFIX.sub("", stem) or stem


def _key(name: str) -> str:
    return _MARKS.sub(" ", name.casefold()).strip()
