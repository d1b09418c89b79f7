"""A judged table, small and invented, and workbooks filled as a reviewer would fill them."""

from __future__ import annotations

import io
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import openpyxl
import pandas as pd

from nlpkit.analysis.status_model import STATUSES
from nlpkit.review.exporting import export


def judged(rows: int = 60) -> pd.DataFrame:
    """Updates with judgements: the first ten unsure, every fifth declared otherwise, one declined."""
    made = []
    for i in range(rows):
        status = "declined" if i == 33 else STATUSES[i % 3]
        sure = 0.3 + i / 1000 if i < 10 else 0.8
        rest = (1 - sure) / 6
        made.append(
            {
                "row_id": f"r{i:03}",
                "service": "Lowmere Fire and Rescue Service",
                "action_id": str(i // 2 + 1),
                "recommendation": "Mend the gate.",
                "as_of": "2024-03",
                "period": "Mar 2024",
                "update": f"Gate {i} was looked at by the joiner." if i else "=1+1 gates were looked at",
                "declared": "Complete",
                "declared_status": "complete" if i % 5 == 0 else status,
                "status": status,
                "status_confidence": sure,
                "status_probabilities": {s: sure if s == status else rest for s in STATUSES},
                "status_why": [{"text": f"Gate {i}", "cue": "step"}],
                "mismatch": "",
                "stale": ["pointer"] if i == 41 else [],
                "evidence": ("weak", "partial", "strong")[i % 3],
                "flags": ["vague"],
            }
        )
    return pd.DataFrame(made)


def workbook(size: int = 20, **options: Any) -> openpyxl.Workbook:
    return openpyxl.load_workbook(io.BytesIO(export(judged(), size=size, **options).workbook))


def places(book: openpyxl.Workbook) -> dict[str, int]:
    """The columns of the review sheet by name."""
    return {cell.value: cell.column for cell in book["review"][1]}


def fill(
    book: openpyxl.Workbook, path: Path, answers: Mapping[int, Mapping[str, str]], name: str = ""
) -> Path:
    """Answers by row number and column, saved."""
    if name:
        book["Read me"]["B2"] = name
    for row, cells in answers.items():
        for column, value in cells.items():
            book["review"].cell(row, places(book)[column]).value = value
    book.save(path)
    return path
