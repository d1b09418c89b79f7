"""The update table: one row per progress update (one action in one reporting period).

Everything in nlpkit takes this table and returns it with more columns. The columns and the
meaning of every label follow the project's contract and codebook.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from enum import StrEnum
from functools import cache
from typing import Any

import pandas as pd

from nlpkit.colours import named_colours
from nlpkit.errors import InputError, NoRows
from nlpkit.resources import lexicon

__all__ = [
    "DICT_COLUMNS",
    "LIST_COLUMNS",
    "MEANINGS",
    "READ_COLUMNS",
    "SCORE_COLUMNS",
    "Evidence",
    "Flag",
    "Mismatch",
    "Stale",
    "Status",
    "conform",
    "declared_status",
    "derive_row_ids",
    "empty_table",
    "natural_key",
    "service_key",
    "tidy_action_id",
]


class Status(StrEnum):
    """Where the work stands, judged from the narrative."""

    COMPLETE = "complete"
    ON_TRACK = "on_track"
    AT_RISK = "at_risk"
    OFF_TRACK = "off_track"
    NOT_STARTED = "not_started"
    DECLINED = "declined"
    UNCLEAR = "unclear"


class Stale(StrEnum):
    """Why an update is not news."""

    NO_CHANGE = "no_change"
    POINTER = "pointer"
    REPEAT_SELF = "repeat_self"
    REPEAT_OTHER = "repeat_other"
    EXPIRED = "expired"
    EMPTY = "empty"


class Evidence(StrEnum):
    """How much an update shows, from least to most."""

    WEAK = "weak"
    PARTIAL = "partial"
    STRONG = "strong"


class Flag(StrEnum):
    """What an inspector would remark on."""

    FUTURE_ONLY = "future_only"
    ACTIVITY_ONLY = "activity_only"
    VAGUE = "vague"
    OFF_TOPIC = "off_topic"
    DECLARED_MISMATCH = "declared_mismatch"


class Mismatch(StrEnum):
    """How the declared status departs from what the narrative supports."""

    OPTIMISTIC = "optimistic"
    PESSIMISTIC = "pessimistic"


READ_COLUMNS: tuple[str, ...] = (
    "row_id",
    "service",
    "source",
    "plan",
    "section",
    "theme",
    "action_id",
    "recommendation",
    "required_outcome",
    "planned_action",
    "owner",
    "due",
    "due_date",
    "period",
    "as_of",
    "update",
    "declared",
    "declared_status",
)
"""Columns that reading fills; all are text, empty where the plan says nothing.

``plan`` is the title of the report or plan that the row's numbers belong to (an addition to
the contract: linking needs to know whose "recommendation 12" is meant).
"""

SCORE_COLUMNS: tuple[str, ...] = (
    "status",
    "status_confidence",
    "status_probabilities",
    "status_why",
    "calendar_status",
    "calendar_why",
    "mismatch",
    "stale",
    "stale_refs",
    "stale_why",
    "novelty",
    "evidence",
    "evidence_score",
    "flags",
    "evidence_why",
    "outcomes",
    "addresses",
    "question",
    "links",
)
"""Columns that scoring adds, the contract's and ours.

``calendar_*`` is what the due date says at ``as_of``, ``outcomes`` and ``addresses`` what the update has
to say to what was asked, ``question`` what to ask next.
"""

LIST_COLUMNS = frozenset({"stale", "stale_refs", "flags"})
"""Columns holding a list of words."""

DICT_COLUMNS = frozenset(
    {"status_probabilities", "status_why", "stale_why", "evidence_why", "outcomes", "links"}
)
"""Columns holding a dict or a list of dicts."""

MEANINGS: dict[str, str] = {
    # read
    "row_id": "id of the row; the same file read twice gives the same ids",
    "service": "who reports",
    "source": "the file, and within an archive the member, that the row was read from",
    "plan": "title of the report or plan that the row's numbers belong to",
    "section": "heading that the row stands under",
    "theme": "inspection theme, where the plan gives one",
    "action_id": "number or reference of the action, tidied",
    "recommendation": "what the inspectorate asked for, whole",
    "required_outcome": "what success looks like",
    "planned_action": "what the service said it would do",
    "owner": "who is responsible",
    "due": "the deadline as written",
    "due_date": "the deadline as an ISO date, where one can be made of it",
    "period": "the reporting period as written",
    "as_of": "the month or day at which the update was true, as an ISO date",
    "update": "the narrative: what the service says it has done",
    "declared": "the status that the service gave: its word, or the colour of the cell",
    "declared_status": "the place of that on the scale of `status`",
    # status
    "status": "what the narrative supports: `complete`, `on_track`, `at_risk`, `off_track`, `not_started`, "
    "`declined` or `unclear`",
    "status_confidence": "the probability of that status, 0 to 1",
    "status_probabilities": "the probabilities of all seven",
    "status_why": "the passages that decided, the weightiest first",
    # calendar
    "calendar_status": "the deadline against `as_of`: `overdue`, `promised_late`, `due_soon` or `not_due`; "
    "empty where either is missing",
    "calendar_why": "a sentence with the dates",
    "mismatch": "`optimistic` where the declared status is better than the narrative supports, `pessimistic` "
    "where it is worse",
    # staleness
    "stale": "why the update is not news: `no_change`, `pointer`, `repeat_self`, `repeat_other`, `expired`, "
    "`empty`",
    "stale_refs": "the actions (in other files: rows) pointed to or repeated",
    "stale_why": "the passages, where they stood first, and promises whose dates slipped",
    "novelty": "from 0 (all said before) to 1 (all new) against the action's earlier updates",
    # evidence
    "evidence": "how much the update shows: `strong`, `partial` or `weak`",
    "evidence_score": "the same as a number, 0 to 1",
    "flags": "what a reader would remark on: `future_only`, `activity_only`, `vague`, `off_topic`, "
    "`declared_mismatch`",
    "evidence_why": "the checkable facts found, each with its kind",
    "outcomes": "each outcome that the plan requires: `answered` (with the passage), `touched` or `silent`",
    "addresses": "how far what was done speaks to what was asked, 0 to 1",
    "question": "what to ask the service next; empty where nothing is called for",
    # links
    "links": "recommendations of the catalogue that ask the same (`equivalent`) or nearly (`related`); empty "
    "where none fits",
}
"""What each column holds, in a line; the documentation's table is made of these."""

_MISSING = {"", "nan", "none", "nat", "<na>"}


def empty_table() -> pd.DataFrame:
    """An update table without rows."""
    return pd.DataFrame({name: pd.Series(dtype="object") for name in READ_COLUMNS})


def tidy_action_id(text: str) -> str:
    """An action reference as a reader would say it: "1 0" → "10", "4." → "4", "(7)" → "7".

    >>> tidy_action_id("1 0"), tidy_action_id("4."), tidy_action_id("Effective  1")
    ('10', '4', 'Effective 1')
    """
    text = " ".join(str(text).split()).strip(".:;,()[]#– -")
    if re.fullmatch(r"\d(?: \d){1,2}", text):
        return text.replace(" ", "")
    return text


def natural_key(text: str) -> tuple[tuple[int, int, str], ...]:
    """A sort key that puts "2" before "10"."""
    return tuple(
        (0, int(part), "") if part.isdecimal() else (1, 0, part) for part in re.findall(r"\d+|\D+", text)
    )


def service_key(service: str) -> str:
    """A service's name in the form in which names are compared.

    >>> service_key("Northmoor  FRS") == service_key("Northmoor Fire & Rescue Service")
    True
    """
    name = " ".join(re.findall(r"[^\W_]+", service.casefold().replace("&", " and ")))
    return re.sub(r"\bfrs$", "fire and rescue service", name)


def derive_row_ids(table: pd.DataFrame) -> list[str]:
    """Readable, stable ids from source, action and period; a second row of the same gets ``#2``.

    Rows that have an id keep it. Actions without a reference are numbered in order ("~3").
    """
    ids: list[str] = []
    rows = table.to_dict("records")
    taken = {str(row.get("row_id") or "").strip() for row in rows}
    last: dict[str, int] = {}  # of each id that more rows would have: the number given last
    unnamed = 0
    for row in rows:
        given = str(row.get("row_id") or "").strip()
        if not given:
            stem = re.sub(r"\.[A-Za-z0-9]{1,5}$", "", str(row.get("source") or "table"))
            action = str(row.get("action_id") or "")
            if not action:
                unnamed += 1
                action = f"~{unnamed}"
            section = str(row.get("section") or "")
            period = str(row.get("period") or row.get("as_of") or "")
            given = "/".join(part for part in (stem, action, period) if part)
            if given in taken and section:
                given = "/".join(part for part in (stem, section, action, period) if part)
            base, n = given, last.get(given, 1)
            while given in taken:
                n += 1
                given = f"{base}#{n}"
            last[base] = n
        taken.add(given)
        ids.append(given)
    return ids


def declared_status(declared: str, legend: Mapping[str, str] | None = None) -> str:
    """The place on the status scale of what the service declared.

    Args:
        declared: a word, phrase, colour or symbol ("GREEN", "In progress (outstanding)", "🟢"), or the
            fill of a cell ("#00B050 (fill)").
        legend: the plan's own key, from a lower-case colour or word to a phrase ("blue" →
            "Action completed"); it decides before the usual meaning does.

    Returns:
        A :class:`Status` value, or ``""`` where the declaration says nothing of status. Finished work
        that is denied, partly done or still ahead is on track, not complete; actions superseded,
        withdrawn or cancelled are declined, since what was asked will not be done.
    """
    plain = _plain(declared)
    words = _plain(named_colours(str(declared)))
    if not (plain or words) or words in _MISSING or _ASKS.match(words):
        return ""
    if legend:
        told = _by_legend(dict.fromkeys((plain, words, _LETTERS.get(words, words))), legend)
        if told:
            return told
    exact: dict[str, str] = lexicon("scales")["exact"]
    if words in exact:
        return exact[words]
    lead = _COLOUR_ENDS.search(words)
    told = _worded(_COLOUR_ENDS.sub(" ", words).strip() if lead else words)
    coloured = next((status for pattern, status in _scale("colours") if pattern.search(words)), "")
    if told == Status.ON_TRACK and lead and coloured in (Status.AT_RISK, Status.OFF_TRACK):
        return coloured  # "Amber: complete by June": the colour says how the work under way goes
    return told or coloured


_LETTERS = {"b": "blue", "g": "green", "a": "amber", "y": "yellow", "r": "red"}
_COLOUR = r"(?:blue|green|amber|yellow|orange|red|grey|gray|white|black|purple)"
_COLOUR_ENDS = re.compile(rf"^{_COLOUR}\b|\b{_COLOUR}$")
_SHADE = re.compile(rf"\b(?:light|dark|pale|bright|deep|mid|medium|lime)(?= {_COLOUR}\b)")
_NO_STATUS = re.compile(rf"\b{_COLOUR} (?:watch|book|paper|fleet)\b|\bblue lights?\b")
"""Crews, handbooks and such that are called by a colour."""
_HEADED = re.compile(
    r"^(?:(?:current|overall|latest|delivery|progress|action) )?(?:b?rag |status |rating )+(?:is )?(?=\S)"
)
_ASKS = re.compile(r"(?:what|who|whom|how|when|why|which|where)\b")
"""A heading over what is to be told ("What will be delivered") declares nothing."""
_REVERSED = re.compile(r"\b(?:not|no|never|un|yet|part|partly|partially|to be|nearly|mostly)\b")


def _plain(declared: str) -> str:
    """Lower-case words without punctuation, shades and a heading in front ("RAG: light green")."""
    text = re.split(r"→|->|⇒|➔", str(declared).lower())[-1]
    text = re.sub(r"[^a-z0-9%/ ]+", " ", text)
    text = _SHADE.sub(" ", " ".join(re.sub(r"\bfill\b", " ", text).split()))
    text = _NO_STATUS.sub(" ", " ".join(text.split()))
    return _HEADED.sub("", " ".join(text.split()))


def _by_legend(forms: Iterable[str], legend: Mapping[str, str]) -> str:
    """The status of the phrase by which the plan's own key explains a declaration."""
    keys = [({_plain(key), _plain(named_colours(key))} - {""}, meaning) for key, meaning in legend.items()]
    said = [form for form in forms if form]
    for form in said:
        for names, meaning in keys:
            if form in names and (told := declared_status(meaning)):
                return told
    for form in said:
        for names, meaning in keys:
            for name in sorted(names):
                # "not complete" is no case of the key's "complete"
                sure = re.fullmatch(_COLOUR, name) is not None or _REVERSED.search(form) is None
                if sure and re.search(rf"\b{re.escape(name)}\b", form) and (told := declared_status(meaning)):
                    return told
    return ""


@cache
def _scale(kind: str) -> tuple[tuple[re.Pattern[str], str], ...]:
    data = lexicon("scales")
    return tuple(
        (re.compile(pattern.replace("<finished>", data["finished"])), str(status))
        for pattern, status in data[kind]
    )


def _worded(words: str) -> str:
    """The status that a phrase says by its words, colours apart."""
    aside = False
    for pattern, status in _scale("patterns"):
        if status == "aside":
            words, found = pattern.subn(" | ", words)
            aside = aside or found > 0
        elif pattern.search(words):
            return status
    return str(Status.ON_TRACK) if aside else ""


def conform(table: pd.DataFrame, *, source: str = "", service: str = "", as_of: str = "") -> pd.DataFrame:
    """A table given by a user as an update table: all read columns there, as text, ids unique.

    Columns that are not nlpkit's own are kept untouched, in place, after nlpkit's.

    Args:
        table: any DataFrame with an ``update`` column.
        source, service, as_of: put where the table says nothing.

    Raises:
        InputError: no rows, no ``update`` column, or a ``row_id`` used twice.
    """
    if not len(table):
        raise NoRows("has no rows", source=source, remedy="Give a table with at least one update.")
    table = table.rename(columns={name: str(name).strip() for name in table.columns})
    if "update" not in table.columns and not {"recommendation", "planned_action"} & set(table.columns):
        raise InputError(
            f"has no column 'update' (it has: {', '.join(map(str, table.columns[:12]))})",
            source=source,
            remedy="Rename the column that holds the progress narrative to 'update'.",
        )
    out = table.copy()
    for name in READ_COLUMNS:
        if name not in out.columns:
            out[name] = ""
        out[name] = _as_text(out[name])
    for name, value in (("source", source), ("service", service), ("as_of", as_of)):
        if value:
            out[name] = out[name].mask(out[name] == "", value)
    out["row_id"] = pd.Series([value.strip() for value in out["row_id"]], index=out.index, dtype="object")
    given = out["row_id"][out["row_id"] != ""]
    if given.duplicated().any():
        twice = str(given[given.duplicated()].iloc[0])
        rows = [i + 1 for i, value in enumerate(out["row_id"]) if value == twice]
        raise InputError(
            f"row_id '{twice}' is used {len(rows)} times (rows {', '.join(map(str, rows[:5]))})",
            source=source,
            column="row_id",
            remedy="Give every row its own row_id, or leave the column out and nlpkit makes them.",
        )
    out["row_id"] = pd.Series(derive_row_ids(out), index=out.index, dtype="object")
    blank = out["declared_status"] == ""
    out.loc[blank, "declared_status"] = [declared_status(value) for value in out.loc[blank, "declared"]]
    rest = [name for name in out.columns if name not in READ_COLUMNS]
    return out[[*READ_COLUMNS, *rest]].reset_index(drop=True)


def _as_text(values: Iterable[Any]) -> pd.Series:
    def text(value: Any) -> str:
        if value is None:
            return ""
        if isinstance(value, float):
            return "" if value != value else str(int(value)) if value.is_integer() else str(value)
        if isinstance(value, (list, tuple)):
            return "; ".join(map(str, value))
        word = str(value)
        return "" if word.strip().lower() in {"nan", "nat", "<na>", "none"} else word

    index = values.index if isinstance(values, pd.Series) else None
    return pd.Series([text(v) for v in values], index=index, dtype="object")
