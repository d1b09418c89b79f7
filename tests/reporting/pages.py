"""Scored tables made up for the tests of the page, small and large, and how to read a page back."""

from __future__ import annotations

import json
import random
import re
from typing import Any

import pandas as pd

ROW: dict[str, Any] = {
    "service": "Northmoor FRS", "source": "p.txt", "plan": "Plan 2024", "section": "People", "theme": "", "action_id": "1",
    "recommendation": "Train all crews.", "required_outcome": "", "planned_action": "", "owner": "Head of Training", "due": "June 2024",
    "due_date": "2024-06-30", "period": "Summer 2024", "as_of": "2024-09", "update": "All 14 crews were trained by 3 June 2024.",
    "declared": "BLUE", "declared_status": "complete", "status": "complete", "status_confidence": 0.93,
    "status_probabilities": {"complete": 0.93, "on_track": 0.07}, "status_why": [{"text": "All 14 crews were trained by 3 June 2024.", "cue": "all done"}],
    "calendar_status": "not_due", "calendar_why": "", "mismatch": "", "stale": [], "stale_refs": [], "stale_why": [], "novelty": 1.0,
    "evidence": "strong", "evidence_score": 0.9, "flags": [], "evidence_why": [{"text": "All 14 crews", "kind": "figure"}], "outcomes": [],
    "addresses": 0.5, "question": "", "links": [],
}  # fmt: skip

DOUBTFUL: dict[str, Any] = {
    "update": "As reported in March. Crews will be trained by May 2024. See action 7.",
    "declared": "GREEN", "declared_status": "on_track", "status": "off_track", "status_confidence": 0.61, "mismatch": "optimistic",
    "status_why": [{"text": "Crews will be trained by May 2024.", "cue": "still planned"}, {"text": "", "cue": "deadline passed"}],
    "calendar_status": "overdue", "stale": ["no_change", "pointer", "expired"], "stale_refs": ["7"],
    "stale_why": [
        {"text": "As reported in March.", "kind": "no_change", "start": 0, "end": 21},
        {"text": "See action 7.", "kind": "pointer", "start": 57, "end": 70},
        {"text": "Crews will be trained by May 2024.", "kind": "expired", "start": 22, "end": 56, "note": "had passed"},
    ],
    "evidence": "weak", "flags": ["future_only"], "evidence_why": [{"text": "", "kind": "missing: a date"}],
    "question": "What has been done since March?",
}  # fmt: skip

LINK = {"id": "9", "title": "Background checks", "grade": "equivalent", "score": 0.71}
NEAR = {"id": "12", "title": "Training records", "grade": "related", "score": 0.4}


def scored(*changes: dict[str, Any]) -> pd.DataFrame:
    """A scored table with a row for each change to :data:`ROW`."""
    rows = [ROW | {"row_id": f"r{n}", "action_id": str(n)} | change for n, change in enumerate(changes)]
    return pd.DataFrame(rows, dtype="object")


def mixed() -> pd.DataFrame:
    """Two services, two periods, themes and links: something to see in every part of the page."""
    earlier = {
        "period": "Spring 2024",
        "as_of": "2024-03",
        "action_id": "2",
        "recommendation": "Check every post.",
    }
    copied = {
        "text": "Posts are being checked in turn", "kind": "repeat_self", "start": 0, "end": 31, "of": "r1",
        "other_text": "Posts are being checked in turn", "note": "most of it stood there",
    }  # fmt: skip
    return scored(
        {"theme_id": "T1", "theme_label": "training of crews", "links": [NEAR]},
        {**earlier, "update": "We begin. Posts are being checked in turn.", "theme_id": "T2", "theme_label": "checks"},
        {
            **DOUBTFUL, **earlier, "period": "Summer 2024", "as_of": "2024-09", "links": [LINK],
            "update": "Posts are being checked in turn. As before.", "stale": ["repeat_self"], "stale_why": [copied],
            "outcomes": [{"outcome": "Nobody works unchecked", "state": "touched", "text": "Posts are being checked in turn."}],
            "theme_id": "T2", "theme_label": "checks",
        },
        {**DOUBTFUL, "service": "Elmsworth FRS", "source": "e.txt", "theme_id": "T1", "theme_label": "training of crews"},
        {"service": "Elmsworth FRS", "source": "e.txt", "links": [LINK], "recommendation": "Vet volunteers.", "theme_id": "", "theme_label": ""},
    )  # fmt: skip


def many(n: int, *, services: int = 20, seed: int = 7) -> pd.DataFrame:
    """``n`` updates as long as real ones (95 words, two marks or three each), in two periods."""
    pick = random.Random(seed)
    words = ["".join(pick.choices("abcdefghilmnoprstu", k=pick.randint(2, 10))) for _ in range(900)]

    def sentence(length: int) -> str:
        return f"{' '.join(pick.choices(words, k=length)).capitalize()}."

    rows = []
    for at in range(n):
        action = at // 2
        said = [sentence(19) for _ in range(5)]
        change: dict[str, Any] = ROW if pick.random() < 0.5 else ROW | DOUBTFUL
        row = change | {
            "row_id": f"plan-{action % services}/{action}/{at % 2}",
            "service": f"Service {action % services} Fire and Rescue Service",
            "source": f"plan-{action % services}.txt",
            "action_id": str(action),
            "period": ("Spring 2024", "Summer 2024")[at % 2],
            "as_of": ("2024-03", "2024-09")[at % 2],
            "update": " ".join(said),
            "status_why": [{"text": said[1], "cue": "still planned: to come"}],
            "evidence_why": [{"text": said[2][:20], "kind": "figure"}],
            "question": f"What shows that “{said[1]}”? {sentence(12)}",
            "outcomes": [{"outcome": f"Outcome {action} is reached", "state": "touched", "text": said[3]}],
            "links": [LINK] if action % 7 == 0 else [],
        }
        if at % 2:
            row["recommendation"] = rows[-1]["recommendation"]
        else:
            row["recommendation"] = sentence(24)
        if row["stale"]:
            row["stale_why"] = [{"text": said[4], "kind": kind} for kind in row["stale"]]
        rows.append(row)
    return pd.DataFrame(rows, dtype="object")


def data_of(page: str) -> dict[str, Any]:
    """The data that a page carries, with each row by column as the page's script has it."""
    found = re.search(r'<script type="application/json" id="data">(.*?)</script>', page, re.DOTALL)
    assert found is not None, "the page carries no data"
    data = dict(json.loads(found[1]))
    data["rows"] = [dict(zip(data["columns"], row, strict=True)) for row in data["rows"]]
    return data
