"""What a scored table comes to, per service and plan: three answers about progress, with totals.

Every count is of actions, each by its latest update, so that the totals of the three answers are the same.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import pandas as pd

from nlpkit.reporting.ranking import CALENDAR, action_numbers, latest
from nlpkit.schema import Evidence, Mismatch, Status

__all__ = ["MOVES", "NOT_GIVEN", "Group", "against", "overview"]

NOT_GIVEN = "not_given"
"""Stands for an answer that is missing: no declared status, or no date to hold against the calendar."""

MOVES = ("further_on", "same", "further_back", "cannot_be_told")
"""How the narrative's status moved between an action's latest two updates."""

_PLACE = {
    Status.COMPLETE: 3,
    Status.ON_TRACK: 2,
    Status.AT_RISK: 1,
    Status.OFF_TRACK: 0,
    Status.NOT_STARTED: 0,
    Status.DECLINED: 0,
}


@dataclass(frozen=True, slots=True)
class Group:
    """The latest updates of some actions, counted.

    Attributes:
        service, plan: whose; ``plan`` is "" where plans are taken together.
        several: whether they are of several services, so that ``service`` names none.
        updates, actions: how many updates in all periods, and of how many actions.
        declared, narrative: actions by status (:class:`nlpkit.schema.Status`) or :data:`NOT_GIVEN`.
        calendar: actions by what their due date says, or :data:`NOT_GIVEN`.
        stale, weak, optimistic, pessimistic: actions whose latest update is so.
        moves: actions with an earlier update, by :data:`MOVES`.
    """

    service: str
    plan: str
    several: bool
    updates: int
    actions: int
    declared: Mapping[str, int]
    narrative: Mapping[str, int]
    calendar: Mapping[str, int]
    stale: int
    weak: int
    optimistic: int
    pessimistic: int
    moves: Mapping[str, int]


def overview(scored: pd.DataFrame, *, most: int = 100) -> tuple[Group, list[Group]]:
    """Everything counted together, and by service and plan.

    Args:
        scored: a scored table.
        most: how many groups at most: past it plans of a service are taken together, and past it
            still the smallest services are ("12 other services"), so that the groups always add up.

    Returns:
        All, and the groups in the order of the table; no groups where there would be one.
    """
    now, moved = latest(scored), _moves(scored)
    whole = _group("", "", scored, now, moved, True)
    for names in (["service", "plan"], ["service"]):
        if names[1:] and scored.groupby(names).ngroups > most:
            continue
        made = []
        for key, rows in scored.groupby(names, sort=False):
            service, plan = (*map(str, key), "")[:2] if isinstance(key, tuple) else (str(key), "")
            made.append(_group(service, plan, rows, now[now.index.isin(rows.index)], moved))
        if len(made) <= most:
            return whole, made if len(made) > 1 else []
    made = sorted(made, key=lambda group: -group.actions)
    rest = made[most - 1 :]
    kept = [group.service for group in made[: most - 1]]
    others = scored[~scored["service"].isin(kept)]
    label = f"{len(rest)} other services"
    return whole, [
        *made[: most - 1],
        _group(label, "", others, now[now.index.isin(others.index)], moved, True),
    ]


def against(scored: pd.DataFrame) -> tuple[list[str], list[tuple[str, list[int]]]]:
    """Declared status against the narrative's, over the latest updates.

    Returns:
        The narrative's statuses (columns), and for each declared status (row) its counts, in the
        order of the scale; only those that occur.
    """
    now = latest(scored)
    said = [str(value) or NOT_GIVEN for value in now["declared_status"]]
    found = [str(value) for value in now["status"]]
    order = [*map(str, Status), NOT_GIVEN]
    columns = [status for status in order if status in set(found)]
    pairs = Counter(zip(said, found, strict=True))
    rows = [(row, [pairs[row, column] for column in columns]) for row in order if row in set(said)]
    return columns, rows


def _group(
    service: str,
    plan: str,
    rows: pd.DataFrame,
    now: pd.DataFrame,
    moved: Mapping[object, str],
    several: bool = False,
) -> Group:
    return Group(
        service=service,
        plan=plan,
        several=several,
        updates=len(rows),
        actions=len(now),
        declared=_counted(now["declared_status"], [*map(str, Status), NOT_GIVEN]),
        narrative=_counted(now["status"], [*map(str, Status), NOT_GIVEN]),
        calendar=_counted(now["calendar_status"], [*CALENDAR, NOT_GIVEN]),
        stale=sum(map(bool, now["stale"])),
        weak=int((now["evidence"] == Evidence.WEAK).sum()),
        optimistic=int((now["mismatch"] == Mismatch.OPTIMISTIC).sum()),
        pessimistic=int((now["mismatch"] == Mismatch.PESSIMISTIC).sum()),
        moves=_counted([moved[at] for at in now.index if at in moved], MOVES),
    )


def _counted(values: Sequence[object] | pd.Series, order: Sequence[str]) -> dict[str, int]:
    """How often each value of ``order`` occurs; what is none of them is not given."""
    counts = Counter(text if (text := str(value)) in order else NOT_GIVEN for value in values)
    return {name: counts[name] for name in order}


def _moves(scored: pd.DataFrame) -> dict[object, str]:
    """By the index of each action's latest update, how its status moved since the one before."""
    numbers = action_numbers(scored)
    as_of = [str(value) for value in scored["as_of"]]
    inside: dict[int, list[int]] = {}
    for at, number in enumerate(numbers):
        inside.setdefault(number, []).append(at)
    moves: dict[object, str] = {}
    for places in inside.values():
        if len(places) < 2:
            continue
        before, last = sorted(places, key=lambda at: (as_of[at], at))[-2:]
        was, now = (_PLACE.get(Status(scored["status"].iloc[at])) for at in (before, last))
        if was is None or now is None:
            move = "cannot_be_told"
        else:
            move = "further_on" if now > was else "further_back" if now < was else "same"
        moves[scored.index[last]] = move
    return moves
