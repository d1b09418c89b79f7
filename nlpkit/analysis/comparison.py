"""Services held against each other on the recommendations of a catalogue: who answers which, and how.

A scored table in, two tables out. An action answers a recommendation if scoring linked one of its updates
to it (:mod:`nlpkit.analysis.linking`); a cell tells what the action's latest update shows.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

import pandas as pd

from nlpkit.catalogue import Catalogue, Entry, load_catalogue
from nlpkit.cells import plain
from nlpkit.errors import InputError
from nlpkit.features import moments
from nlpkit.schema import Evidence, Stale, Status, conform, natural_key, service_key

__all__ = ["LONG_COLUMNS", "NEEDED", "Comparison", "compare", "is_judged"]

LONG_COLUMNS: tuple[str, ...] = (
    "id",
    "title",
    "service",
    "action_id",
    "grade",
    "status",
    "evidence",
    "stale",
    "months_since_news",
    "update",
    "row_id",
    "gap",
    "strongest",
    "as_of",
    "last_news",
    "also",
)
"""The columns of :attr:`Comparison.long`."""

NEEDED: tuple[str, ...] = ("status", "evidence", "evidence_score", "stale", "links")
"""The judgements that the comparison reads."""

_NO_NEWS = frozenset({Stale.NO_CHANGE, Stale.POINTER, Stale.REPEAT_SELF, Stale.REPEAT_OTHER, Stale.EMPTY})
_EVIDENCE = tuple(str(one) for one in Evidence)
_NAMELESS = "(no service named)"


@dataclass(frozen=True)
class Comparison:
    """Recommendations against services.

    Attributes:
        catalogue: the title of the catalogue.
        services: who is compared, in the order of the columns.
        as_of: the latest date in the table, to which months are counted (ISO; "" without dates).
        long: one row for each recommendation and service, with :data:`LONG_COLUMNS`.
        wide: one row for each recommendation: ``id``, ``title``, ``answered_by`` (how many services
            have an action that asks the same), ``strongest`` (who answers with the most evidence),
            then three columns for each service: what its action's latest update shows, in words, or the
            gap (under the service's name), the action's id and the update itself.
    """

    catalogue: str
    services: tuple[str, ...]
    as_of: str
    long: pd.DataFrame
    wide: pd.DataFrame


@dataclass(frozen=True, slots=True)
class _Told:
    """One update."""

    place: int
    day: date | None
    cell: Mapping[str, Any]

    @property
    def order(self) -> tuple[date, int]:
        return (self.day or date.min, self.place)


@dataclass(frozen=True, slots=True)
class _Answer:
    """An action that answers a recommendation: its updates in order of time, and the link that counts."""

    told: tuple[_Told, ...]
    grade: str
    score: float

    @property
    def latest(self) -> _Told:
        return self.told[-1]

    @property
    def name(self) -> str:
        return str(self.latest.cell["action_id"] or self.latest.cell["row_id"])

    @property
    def evidence(self) -> tuple[int, float]:
        grade = str(self.latest.cell["evidence"])
        place = _EVIDENCE.index(grade) if grade in _EVIDENCE else -1
        return place, _number(self.latest.cell["evidence_score"])


def is_judged(table: pd.DataFrame) -> bool:
    """Whether every row has the judgements that :func:`compare` reads."""
    if not set(NEEDED) <= set(table.columns):
        return False
    known = {str(one) for one in Status}
    return bool(
        table["status"].isin(known).all()
        and table["evidence"].isin(_EVIDENCE).all()
        and all(isinstance(plain(cell), list) for name in ("stale", "links") for cell in table[name])
    )


def compare(scored: pd.DataFrame, catalogue: str | Path | Catalogue = "spotlight") -> Comparison:
    """What each service answers to each recommendation, and what nobody answers.

    Of several actions of one service that answer a recommendation, the cell has one that asks the same
    before one that is only related, then the one told of last, then the better link, then the better
    evidence; ``also`` names the others. An action is the same over periods and re-issues of a plan
    where its id and recommendation are.

    Args:
        scored: what :func:`nlpkit.score` returned, of any number of services, with links into this
            catalogue. Rows that name no service stand under their file's name.
        catalogue: the recommendations: a bundled catalogue, a CSV file, or one already loaded.

    Returns:
        :class:`Comparison`. In its long table ``months_since_news`` counts calendar months from the
        action's last update that is news (not ``no_change``, ``pointer``, a repeat or ``empty``),
        written at ``last_news``, to the latest date in the whole table; it is empty where no update is
        news, or none has a date. ``gap`` says where no action answers, or where one is only related.
        ``strongest`` marks the answer with the most evidence among those that ask the same; where their
        evidence is weak in all of them, none is marked.

    Raises:
        InputError: no rows, rows without judgements, or links into another catalogue.
    """
    goal = catalogue if isinstance(catalogue, Catalogue) else load_catalogue(catalogue)
    table = conform(scored)
    if not is_judged(table):
        raise InputError(
            "has rows without the judgements that services are compared by",
            remedy="Score it first: nlpkit.score(updates), or nlpkit score FILE --out scored.jsonl.",
        )
    table = table.assign(**{name: table[name].map(plain) for name in ("stale", "links")})
    _check_links(table, goal)
    days = moments(table)
    newest = max((day for day in days if day is not None), default=None)
    actions, services = _actions(table, days)
    links = _answers(actions)
    lines = [
        _line(entry, service, links.get((entry.id, key), []), newest)
        for entry in goal.entries
        for key, service in services.items()
    ]
    for entry in goal.entries:
        _mark_strongest([line for line in lines if line["id"] == entry.id])
    long = pd.DataFrame(
        {name: pd.Series([line[name] for line in lines], dtype="object") for name in LONG_COLUMNS}
    )
    return Comparison(
        catalogue=goal.title or goal.name,
        services=tuple(services.values()),
        as_of="" if newest is None else newest.isoformat(),
        long=long.astype({"months_since_news": "Int64", "strongest": "bool"}),
        wide=_wide(goal.entries, tuple(services.values()), lines),
    )


def _check_links(table: pd.DataFrame, catalogue: Catalogue) -> None:
    titles = {entry.id: entry.title for entry in catalogue.entries}
    for row_id, links in zip(table["row_id"], table["links"], strict=True):
        for link in links:
            id_ = str(link.get("id"))
            if id_ not in titles or link.get("title", titles[id_]) != titles[id_]:
                raise InputError(
                    f"is linked to '{id_} {link.get('title', '')}', which is not in the catalogue "
                    f"'{catalogue.name}'",
                    row=str(row_id),
                    column="links",
                    remedy="Compare on the catalogue it was scored with, or score it again with this one.",
                )


def _actions(
    table: pd.DataFrame, days: Sequence[date | None]
) -> tuple[dict[tuple[str, ...], list[_Told]], dict[str, str]]:
    """The updates of each action in order of time, and the services by their compared names."""
    actions: dict[tuple[str, ...], list[_Told]] = {}
    names: dict[str, set[str]] = {}
    for place, (record, day) in enumerate(zip(table.to_dict("records"), days, strict=True)):
        cell = {str(name): value for name, value in record.items()}
        service = " ".join((cell["service"] or cell["source"] or _NAMELESS).split())
        key = service_key(service) or service
        names.setdefault(key, set()).add(service)
        asked = " ".join(cell["recommendation"].casefold().split())
        # Without id and recommendation nothing says which updates belong together.
        own = (cell["action_id"], asked) if cell["action_id"] or asked else ("", cell["row_id"])
        actions.setdefault((key, *own), []).append(_Told(place, day, cell))
    for told in actions.values():
        told.sort(key=lambda one: one.order)
    # The fullest way in which a service is named stands for all.
    shown = {key: max(sorted(spelled), key=len) for key, spelled in names.items()}
    return actions, dict(sorted(shown.items(), key=lambda item: (item[1].casefold(), item[0])))


def _answers(actions: Mapping[tuple[str, ...], Sequence[_Told]]) -> dict[tuple[str, str], list[_Answer]]:
    """Of each recommendation and service the actions that answer, the one to show first."""
    found: dict[tuple[str, str], list[_Answer]] = {}
    for key, told in actions.items():
        counts: dict[str, tuple[str, float]] = {}
        for one in told:  # the link of the latest update that has one counts
            for link in one.cell["links"]:
                counts[str(link["id"])] = (str(link["grade"]), _number(link.get("score")))
        for id_, (grade, score) in counts.items():
            found.setdefault((id_, key[0]), []).append(_Answer(tuple(told), grade, score))
    for answers in found.values():
        answers.sort(key=lambda answer: natural_key(answer.name))
        answers.sort(
            key=lambda answer: (
                answer.grade == "equivalent",
                answer.latest.day or date.min,
                round(answer.score, 2),
                answer.evidence,
            ),
            reverse=True,
        )
    return found


def _line(entry: Entry, service: str, answers: Sequence[_Answer], newest: date | None) -> dict[str, Any]:
    line: dict[str, Any] = dict.fromkeys(LONG_COLUMNS, "") | {
        "id": entry.id,
        "title": entry.title,
        "service": service,
        "stale": [],
        "also": [],
        "months_since_news": None,
        "strongest": False,
        "weight": (-1, 0.0),
    }
    if not answers:
        return line | {"gap": f"no action answers recommendation {entry.id} in {service}"}
    answer = answers[0]
    cell = answer.latest.cell
    news = [one for one in answer.told if not _NO_NEWS.intersection(map(str, one.cell["stale"]))]
    last = news[-1] if news else None
    line |= {name: cell[name] for name in ("status", "evidence", "update", "row_id")}
    line |= {
        "action_id": answer.name,
        "grade": answer.grade,
        "stale": list(cell["stale"]),
        "months_since_news": _months(None if last is None else last.day, newest),
        "as_of": _when(answer.latest),
        "last_news": "" if last is None else _when(last),
        "also": list(dict.fromkeys(other.name for other in answers[1:])),
        "weight": answer.evidence,
    }
    if answer.grade != "equivalent":
        line["gap"] = f"only a related action ({answer.name}) for recommendation {entry.id} in {service}"
    return line


def _mark_strongest(lines: Iterable[dict[str, Any]]) -> None:
    """Mark the answer with the most evidence; between equals the freshest news, then the first."""
    answers = [line for line in lines if line["grade"] == "equivalent" and line["evidence"] != Evidence.WEAK]
    if answers:
        far = 10_000  # months: no news at all
        months = [far if line["months_since_news"] is None else line["months_since_news"] for line in answers]
        best = max(range(len(answers)), key=lambda i: (answers[i]["weight"], -months[i], -i))
        answers[best]["strongest"] = True


def _wide(
    entries: Sequence[Entry], services: Sequence[str], lines: Sequence[Mapping[str, Any]]
) -> pd.DataFrame:
    by_entry: dict[str, list[Mapping[str, Any]]] = {}
    for line in lines:
        by_entry.setdefault(line["id"], []).append(line)
    rows: list[dict[str, Any]] = []
    for entry in entries:
        mine = by_entry[entry.id]
        best = next((line for line in mine if line["strongest"]), None)
        row: dict[str, Any] = {
            "id": entry.id,
            "title": entry.title,
            "answered_by": sum(line["grade"] == "equivalent" for line in mine),
            "strongest": ""
            if best is None
            else f"{best['service']}, action {best['action_id']} ({best['evidence']})",
        }
        for line in mine:
            row[line["service"]] = _in_words(line)
            row[f"{line['service']}: action"] = line["action_id"]
            row[f"{line['service']}: update"] = line["update"]
        rows.append(row)
    columns = ["id", "title", "answered_by", "strongest"]
    columns += [f"{service}{part}" for service in services for part in ("", ": action", ": update")]
    return pd.DataFrame(rows, columns=columns)


def _in_words(line: Mapping[str, Any]) -> str:
    if not line["grade"]:
        return f"gap: no action answers {line['id']}"
    months = line["months_since_news"]
    words = [
        str(line["status"]).replace("_", " "),
        f"{line['evidence']} evidence",
        *(str(kind).replace("_", " ") for kind in line["stale"]),
        "no dated news" if months is None else f"{months} month{'' if months == 1 else 's'} since news",
    ]
    told = ", ".join(words)
    return told if line["grade"] == "equivalent" else f"related only: {told}"


def _months(day: date | None, newest: date | None) -> int | None:
    if day is None or newest is None:
        return None
    return (newest.year - day.year) * 12 + newest.month - day.month


def _when(told: _Told) -> str:
    return str(told.cell["as_of"] or told.cell["period"])


def _number(value: Any) -> float:
    try:
        number = float(value)
    except (TypeError, ValueError):
        return 0.0
    return number if number == number else 0.0
