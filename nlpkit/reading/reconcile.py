"""The plan's own totals held against what was read."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping, Sequence

import pandas as pd

from nlpkit.reading.accounts import Check
from nlpkit.reading.dashboards import Dashboard
from nlpkit.schema import Status, declared_status

__all__ = ["check_narratives", "check_totals", "missing_numbers"]

_WORD = re.compile(r"[a-z]{4,}")
_COMMON = {
    "actions",
    "action",
    "progress",
    "report",
    "summary",
    "dashboard",
    "against",
    "recommendations",
    "areas",
    "improvement",
    "people's",
    "hmicfrs",
    "plan",
}


def check_totals(updates: pd.DataFrame, dashboards: Sequence[Dashboard]) -> tuple[list[Check], list[str]]:
    """Compare each dashboard with the actions that it counts.

    A dashboard counts the actions whose number, section, theme or plan shares a word with its
    title ("Efficiency actions = 3" counts "Efficiency 1"); the only dashboard of a plan counts
    all. Where a plan prints colours that the file lost, and its dashboard leaves one status for
    the actions without any, that status is filled in ``updates`` and noted.

    Args:
        updates: the update table of one document; ``declared`` and ``declared_status`` may be
            completed in place.
        dashboards: the totals the document prints.

    Returns:
        ``(checks, notes)``.
    """
    checks: list[Check] = []
    notes: list[str] = []
    if updates.empty:
        return checks, notes
    last = updates.drop_duplicates(["section", "action_id", "recommendation"], keep="last")
    for dashboard in dashboards:
        mine = _counted_by(dashboard, last, alone=len(dashboards) == 1)
        if mine.empty:
            checks.append(Check(_name(dashboard), _counts(dashboard.counts), "no such actions", agrees=False))
            continue
        notes += _complete_from(dashboard, mine, updates)
        mine = updates.loc[mine.index]
        said = Counter(_as_written(value, dashboard) for value in mine["declared"])
        printed = {word: n for word, n in dashboard.counts.items() if n or said.get(word)}
        agrees = len(mine) == dashboard.total and all(said.get(word, 0) == n for word, n in printed.items())
        unsaid = len(mine) - sum(said.get(word, 0) for word in dashboard.counts)
        read = {word: said.get(word, 0) for word in printed} | (
            {"without a status": unsaid} if unsaid else {}
        )
        checks.append(Check(_name(dashboard), _counts(printed), _counts(read), agrees))
    return checks, notes


def _name(dashboard: Dashboard) -> str:
    nearest = dashboard.titles[0] if dashboard.titles else "Dashboard"
    return re.sub(r"(?<!\s)\s*[=:]\s*(?<!\d)\d+\s*$", "", nearest).strip()


def _counts(counts: Mapping[str, int]) -> str:
    return ", ".join(f"{n} {word}" for word, n in counts.items()) or "nothing"


def _stems(text: str) -> set[str]:
    return {word[:6] for word in _WORD.findall(text.lower()) if word not in _COMMON}


def _counted_by(dashboard: Dashboard, last: pd.DataFrame, *, alone: bool) -> pd.DataFrame:
    """The actions (their last rows) that a dashboard counts, nearest words of its title first."""
    if alone:
        return last
    best = last.iloc[:0]
    for title in dashboard.titles:
        wanted = _stems(title)
        for column in ("action_id", "section", "theme", "plan"):
            hit = last[[bool(wanted & _stems(str(value))) for value in last[column]]]
            if len(hit) == dashboard.total:
                return hit
            if len(hit) and best.empty:
                best = hit
    return best


def _as_written(declared: str, dashboard: Dashboard) -> str:
    """The dashboard's own word for a declared status."""
    for word in dashboard.counts:
        if word.strip().lower() == declared.strip().lower():
            return word
    status = declared_status(declared)
    return next((word for word in dashboard.counts if status and declared_status(word) == status), declared)


def _complete_from(dashboard: Dashboard, mine: pd.DataFrame, updates: pd.DataFrame) -> list[str]:
    """Fill the status of actions that show none, where the totals leave only one."""
    blank = mine[mine["declared"] == ""]
    if blank.empty or len(mine) != dashboard.total:
        return []
    said = Counter(_as_written(value, dashboard) for value in mine["declared"] if value)
    left = {word: n - said.get(word, 0) for word, n in dashboard.counts.items() if n - said.get(word, 0)}
    if len(left) != 1 or next(iter(left.values())) != len(blank):
        return []
    word = next(iter(left))
    keys = set(zip(blank["section"], blank["action_id"], blank["recommendation"], strict=True))
    rows = [
        key in keys
        for key in zip(updates["section"], updates["action_id"], updates["recommendation"], strict=True)
    ]
    updates.loc[rows, "declared"] = word
    updates.loc[rows, "declared_status"] = declared_status(word) or Status.UNCLEAR
    return [
        f"{_name(dashboard)}: {len(blank)} actions show no status of their own; "
        f"its totals leave only '{word}' for them"
    ]


def check_narratives(updates: pd.DataFrame) -> list[Check]:
    """A failed check where most actions were read without any narrative: a column was mistaken."""
    if len(updates) < 2:
        return []
    empty = int((updates["update"].str.strip() == "").sum())
    if empty * 2 <= len(updates):
        return []
    says, read = f"{len(updates)} rows", f"{len(updates) - empty} with a narrative"
    return [Check("Narratives", says, read, agrees=False)]


def missing_numbers(ids: pd.Series) -> list[str]:
    """Numbers left out in an otherwise close numbering, or ``[]``.

    A plan that answers some of a report's recommendations leaves out many and loses none.
    """
    numbers = sorted({int(value) for value in ids if str(value).isdigit()})
    if len(numbers) < 3 or len(numbers) < len(set(ids)):
        return []
    gaps = [str(n) for n in range(numbers[0], numbers[-1]) if n not in numbers]
    return gaps if len(gaps) * 6 <= len(numbers) else []
