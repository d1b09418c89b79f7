"""Blocks of a document → update table, with an account of every row.

The document is gone through once to find its plan tables and lay out their rows, then the rows
are stitched to actions, and each action gives one update row per reporting period.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence

import pandas as pd

from nlpkit.embedding import Encoder
from nlpkit.language.dates import parse_as_of
from nlpkit.language.references import find_references
from nlpkit.reading.accounts import SET_ASIDE_COLUMNS, Account, Reading
from nlpkit.reading.blocks import Block, Bullet, Line, Table
from nlpkit.reading.dashboards import find_dashboards, find_legend
from nlpkit.reading.fills import shades_named, with_fills
from nlpkit.reading.headers import is_bare_status
from nlpkit.reading.narrative import updates_from_labels, updates_from_prose
from nlpkit.reading.periods import (
    as_of_text,
    dated_period,
    deadline,
    label_key,
    labels_in,
    latest_event,
    split_periods,
    stated_as_of,
)
from nlpkit.reading.pieces import Ledger, Piece, find_pieces
from nlpkit.reading.provenance import find_service, texts_of, theme_in
from nlpkit.reading.reconcile import check_narratives, check_totals, missing_numbers
from nlpkit.reading.rows import Action, mend_status
from nlpkit.reading.stitch import stitch
from nlpkit.schema import READ_COLUMNS, declared_status, derive_row_ids, empty_table

__all__ = ["read_blocks"]

_TITLE_LINES = 8  # how many lines at the top may be a title
_FINANCIAL_YEAR = re.compile(r"\b20\d\d/\d\d(?:\d\d)?\b")


def read_blocks(
    blocks: Sequence[Block],
    *,
    source: str,
    service: str = "",
    as_of: str = "",
    encoder: Encoder | None = None,
) -> Reading:
    """The update table of one document.

    Args:
        blocks: what a reader yielded, in document order.
        source: file name, for ids and messages.
        service, as_of: given by the user; where empty, found in the document.
        encoder: settles column headings that no synonym covers; None leaves them unrecognised.

    Returns:
        A Reading with one account. A document without any plan table is read as a narrative
        report; if that gives nothing either, the table is empty and the account says why.
    """
    ledger = Ledger()
    front = next((i for i, block in enumerate(blocks) if isinstance(block, Table)), len(blocks))
    titles = [block.text for block in blocks[: min(front, _TITLE_LINES)] if not isinstance(block, Table)]
    named = service or _service(blocks, len(titles), ledger)
    pieces = find_pieces(blocks, ledger, encoder)
    stated = as_of or stated_as_of(_outside(blocks, pieces), titles)
    year = next((m.group() for title in titles if (m := _FINANCIAL_YEAR.search(title))), "")
    rows_found = sum(len(block.rows) for block in blocks if isinstance(block, Table))
    legend = find_legend(blocks, {row.place for piece in pieces for row in piece.rows})
    actions = stitch(with_fills(pieces, legend), ledger)
    if actions:
        records = _records(actions, legend, stated=stated, year=year)
    else:
        records, found = _narrative_records(blocks, stated, legend, ledger)
        rows_found += found
    table = _table(records)
    listed = any({"period", "as_of"} & action.fields.keys() for action in actions)  # a row an update
    several = len({action.service for action in actions if action.service}) > 1
    under_headings = table["service"] if several and not service else ""
    table["service"] = pd.Series(under_headings, index=table.index, dtype="object").replace("", named)
    table["source"] = source
    table["row_id"] = derive_row_ids(table)
    checks, notes = check_totals(table, find_dashboards(blocks))
    for note in notes:
        ledger.warn(note)
    if gaps := missing_numbers(table["action_id"]):
        ledger.warn(f"the numbering of the actions leaves out {', '.join(gaps)}: see whether a row was lost")
    if records and not (table["as_of"] != "").any():
        _date_by_events(table, ledger)
    aside = pd.DataFrame(
        [(source, f"line {place}", text, reason) for place, text, reason in ledger.set_aside],
        columns=list(SET_ASIDE_COLUMNS),
    )
    account = Account(
        source,
        rows_found,
        ledger.dispositions,
        actions=_actions_in(table) if listed or not actions else len(actions),
        updates=len(table),
        checks=(*checks, *check_narratives(table)),
        warnings=tuple(ledger.warnings),
    )
    return Reading(table, aside, (account,))


def _actions_in(table: pd.DataFrame) -> int:
    """How many actions the updates are of; without a number each is one of its own."""
    named = table["action_id"] != ""
    keys = ["section", "action_id", "recommendation"]
    return int((~named).sum()) + len(table[named].drop_duplicates(keys))


def _table(records: Sequence[dict[str, str]]) -> pd.DataFrame:
    if not records:
        return empty_table()
    return pd.DataFrame(records, columns=list(READ_COLUMNS), dtype="object").fillna("")


def _service(blocks: Sequence[Block], titles: int, ledger: Ledger) -> str:
    """The service that the document names, with a note where it only hints at it."""
    texts = texts_of(blocks)
    name = find_service(texts, titles=titles)
    if name and name.lower() not in " ".join(" ".join(texts).lower().replace("&", "and").split()):
        ledger.warn(f"the service ({name}) is concluded from an acronym or another form of its name")
    return name


def _narrative_records(
    blocks: Sequence[Block], stated: str, legend: dict[str, str], ledger: Ledger
) -> tuple[list[dict[str, str]], int]:
    """Updates of a report without plan tables, and how many entries or bullets it has."""
    records = updates_from_labels(blocks, stated)
    for record in records:
        record["declared_status"] = declared_status(record.get("declared", ""), legend)
    if records:
        ledger.dispositions["entry"] += len(records)
        return records, len(records)
    records = updates_from_prose(blocks, stated)
    found = max(len(records), sum(isinstance(block, Bullet) for block in blocks))
    ledger.dispositions["update bullet"] += len(records)
    ledger.dispositions["other bullet"] += found - len(records)
    ledger.dispositions = +ledger.dispositions
    return records, found


def _date_by_events(table: pd.DataFrame, ledger: Ledger) -> None:
    """Date the updates of an undated plan by the latest event that it tells of, and say so."""
    event = latest_event(table["update"])
    if event is None:
        ledger.warn("the document does not say when it was written: give --as-of so that dates can be judged")
        return
    table["as_of"] = event.strftime("%Y-%m")
    ledger.warn(
        f"the document does not say when it was written: {event:%Y-%m} is taken, the month of "
        f"the latest event that it tells of ({event:%d/%m/%Y}); --as-of overrides"
    )


def _records(
    actions: Sequence[Action], legend: dict[str, str], *, stated: str, year: str
) -> list[dict[str, str]]:
    """One record per action and reporting period.

    A period dates its update; else the document's date does (``stated``), else its latest period.
    """
    labels = labels_in(
        action.fields[key] for action in actions for key in action.fields if key.startswith("update")
    )
    parts = [_periods_of(action, labels) for action in actions]
    used = {label_key(period) for periods in parts for period, lines in periods if lines}
    latest = max(
        (_moment(period, year, stated) for periods in parts for period, lines in periods if period and lines),
        default="",
    )
    ids = {action.action_id for action in actions if action.action_id}
    records = []
    for action, periods in zip(actions, parts, strict=True):
        common = _common(action, legend)
        kept = [(p, lines) for p, lines in periods if lines or label_key(p) in used or len(periods) == 1]
        for period, lines in kept or [("", [])]:
            update = "\n".join(line.text for line in lines)
            record = dict(common)
            if not update:
                update = _misplaced_pointer(action, ids)
                if update:
                    record["required_outcome"] = record["planned_action"] = ""
            period = period or common["period"]
            record["update"], record["period"] = update, period
            moment = common["as_of"] or (_moment(period, year, stated) if period else "")
            record["as_of"] = moment or stated or latest
            declared = _declared(action, period)
            if not declared and is_bare_status(update):
                declared = update.strip()
            due = record["due"]
            if is_bare_status(due):
                declared, due = declared or due.strip(), ""
            record["due"], record["due_date"] = deadline(
                due, record["recommendation"], as_of=parse_as_of(record["as_of"]) if record["as_of"] else None
            )
            record["declared"] = shades_named(declared)
            record["declared_status"] = declared_status(declared, legend)
            records.append(record)
    return records


def _moment(period: str, year: str, stated: str) -> str:
    """When a period ends, a quarter or month without its year by the plan's own year or date."""
    return as_of_text(period) or dated_period(period, year=year, as_of=stated)


def _outside(blocks: Sequence[Block], pieces: Sequence[Piece]) -> list[str]:
    """The texts that stand outside the plan's own tables."""
    held = {row.place for piece in pieces for row in piece.rows}
    return texts_of(
        block
        for block in blocks
        if not isinstance(block, Table) or not any(row.place in held for row in block.rows)
    )


def _periods_of(action: Action, labels: frozenset[str]) -> list[tuple[str, list[Line]]]:
    """An action's narrative by period: update columns in order, each split at its own headings."""
    periods: list[tuple[str, list[Line]]] = []
    for key, lines in action.fields.items():
        if not key.startswith("update"):
            continue
        column_period = key.partition(":")[2]
        for period, part in split_periods(lines, labels):
            name = period or column_period
            same = next((body for p, body in periods if label_key(p) == label_key(name)), None)
            if same is None:
                periods.append((name, list(part)))
            else:
                same.extend(part)
    return periods


def _common(action: Action, legend: dict[str, str]) -> dict[str, str]:
    def text(role: str, separator: str = "\n") -> str:
        return separator.join(line.text for line in action.fields.get(role, ()) if line.text)

    return {
        "service": text("service", " ") or action.service,
        "plan": action.plan,
        "section": action.section,
        "theme": text("theme", " ") or theme_in(action.section),
        "action_id": action.action_id,
        "recommendation": _unquoted(text("recommendation")),
        "required_outcome": text("required_outcome"),
        "planned_action": text("planned_action"),
        "owner": text("owner", " "),
        "due": text("due", "; "),
        "period": text("period", " "),
        "as_of": as_of_text(text("as_of", " ")),
    }


def _unquoted(text: str) -> str:
    """A recommendation without the quotation marks around the whole of it."""
    inner = text.strip()
    if len(inner) > 2 and inner[0] in '“"' and inner[-1] in '”"' and not set(inner[1:-1]) & set('“”"'):
        return inner[1:-1].strip()
    return text


def _declared(action: Action, period: str) -> str:
    """The status declared for a period: its own column's if there is one, else the action's."""
    if f"declared:{period}" in action.pieces:
        return mend_status(action.pieces[f"declared:{period}"])
    return mend_status(action.pieces.get("declared:", []))


def _misplaced_pointer(action: Action, ids: Iterable[str]) -> str:
    """A bare cross-reference that a merged cell put under another heading than the updates."""
    others = [key for key in action.fields if action.fields[key] and key not in {"recommendation", "theme"}]
    if len(others) != 1 or others[0] not in {"required_outcome", "planned_action", "notes", "due", "owner"}:
        return ""
    text = action.text(others[0])
    points = any(
        reference.kind in {"action", "position"}
        and (not reference.targets or set(reference.targets) & set(ids))
        for reference in find_references(text)
    )
    return text if points and len(text.split()) <= 15 else ""
