"""Reports without a plan table: labelled paragraphs, and bullets under progress headings."""

from __future__ import annotations

import re
from collections.abc import Sequence

from nlpkit.reading.blocks import Block, Bullet, Heading, Paragraph, Table
from nlpkit.reading.headers import is_bare_status, is_heading, role_of
from nlpkit.reading.periods import as_of_text, deadline, period_in_heading
from nlpkit.reading.provenance import is_generic, names_plan, running_titles
from nlpkit.schema import declared_status, tidy_action_id

__all__ = ["ENTRY", "updates_from_labels", "updates_from_prose"]

ENTRY = re.compile(
    r"^(?:\d{1,2}(?:\.\d{1,2}){0,2}[.)]?\s+)?"
    r"(?:recommendation|area for improvement|afi|action|cause (?:of|for) concern)\s+"
    r"(?P<id>[A-Z]{0,3}\d{1,3}(?:\.\d{1,2})?[a-z]?)\b\s*[:.)–-]?\s*(?P<text>.*)$",
    re.IGNORECASE | re.DOTALL,
)
"""The heading or first line of an entry: "Recommendation 12", "Area for improvement 3: The …"."""
_LABELLED = re.compile(r"^(?P<label>[A-Z][\w /’'()-]{1,45}?)\s*[:–]\s+(?P<text>\S.*)?$", re.DOTALL)
_LABEL_ALONE = re.compile(r"^[A-Z][\w /’'()-]{1,45}:?$")
_NUMBERED = re.compile(r"^(?P<id>\d{1,2})[.)]\s+(?P<text>[A-Z].{2,150})$")
_STATUS_AT_END = re.compile(r"(?<!\s)\s*[(\[](?P<status>[^()\[\]]{2,40})[)\]]\s*\.?$")
_ASIDE = re.compile(
    r"\b(?:risks?|implications?|next steps|background|introduction|recommendations?|financial|legal|"
    r"equality|governance|conclusions?|appendix|appendices|purpose|attendance|apologies|contents|resources|consultation)\b",
    re.IGNORECASE,
)
_ONE_LINE = {"declared", "due", "owner", "theme", "id", "page", "as_of", "period", "service"}
_PROGRESS = re.compile(
    r"\b(?:progress|updates?|achieve(?:d|ments?)|milestones?|delivered|position)\b", re.IGNORECASE
)


def updates_from_labels(blocks: Sequence[Block], as_of: str) -> list[dict[str, str]]:
    """Updates of a report with an entry per recommendation ("Recommendation 12 … Progress: …
    Status: complete"), or ``[]`` where it is none.

    An entry begins with the word and the number of a recommendation; labels that would name a
    column of a plan table name its parts. Unlabelled paragraphs go on with the part before. Where
    the label of the narrative names a reporting period ("Progress (April - June 2024)"), each period
    is an update of its own.
    """
    records: list[dict[str, str]] = []
    role = section = plan = ""
    told = "update"  # the part that holds the narrative, with its period
    running = running_titles(blocks)
    awaited = False  # a label stands alone: what follows is its text, however often it is said
    for block in blocks:
        if isinstance(block, Table):
            continue
        text = block.text
        entry = ENTRY.match(text) if not isinstance(block, Bullet) else None
        if entry:
            records.append({"action_id": tidy_action_id(entry["id"]), "section": section, "plan": plan})
            role, told, awaited = "recommendation", "update", not entry["text"]
            if entry["text"]:
                records[-1][role] = entry["text"]
            continue
        short = awaited and role.partition(":")[0] in _ONE_LINE  # "Due date" stands above: "March 2025" is it
        labelled = _LABELLED.match(text)
        named = role_of(labelled["label"]) if labelled else ""
        if records and labelled and named:
            role = _part(named, labelled["label"])
            awaited = not labelled["text"]
            if labelled["text"]:
                _add(records[-1], role, labelled["text"])
                role = told if role in _ONE_LINE else role
        elif records and _LABEL_ALONE.match(text) and (is_heading(text) if short else role_of(text)):
            role, awaited = _part(role_of(text), text), True
        elif awaited and role.startswith("declared") and not declared_status(text):
            awaited = False  # a status without a word, and what follows is something else
            if isinstance(block, Heading) and block.place not in running:
                section, role = text, ""
        elif block.place in running and not awaited:
            continue
        elif isinstance(block, Heading) and not is_generic(text) and not awaited:
            section, role = text, ""
            plan = text if names_plan(block) else plan
        elif records and role:
            _add(records[-1], role, text)
            awaited = False
            role = told if role.partition(":")[0] in _ONE_LINE else role
        told = role if role.startswith("update") else told
    records = [part for record in records for part in _by_period(record)]
    for record in records:
        if not record.get("update") and not record.get("declared"):
            _split_entry(record)
    if not any(record.get("update") for record in records):
        return []
    for record in records:
        record["due"], record["due_date"] = deadline(record.get("due", ""), record.get("recommendation", ""))
        record["declared_status"] = declared_status(record.get("declared", ""))
        record["as_of"] = as_of_text(record.get("period", "")) or as_of
    return records


def _part(role: str, label: str) -> str:
    """The part of an entry that a label begins; an update has its period behind a colon."""
    role = {"progress": "update", "status": "declared"}.get(role, role)
    period = period_in_heading(label) if role in {"update", "declared"} else ""
    return f"{role}:{period}" if period else role


def _add(record: dict[str, str], part: str, text: str) -> None:
    record[part] = "\n".join(filter(None, (record.get(part), text)))


def _by_period(record: dict[str, str]) -> list[dict[str, str]]:
    """An entry as one record for each of its reporting periods, or as it is."""
    periods = [part.partition(":")[2] for part in record if part.startswith("update:")]
    common = {part: text for part, text in record.items() if ":" not in part}
    apart = {part.partition(":")[2]: text for part, text in record.items() if part.startswith("declared:")}
    for period, text in apart.items():
        if period not in periods:
            common.setdefault("declared", text)
    undated = [common] if common.get("update") or not periods else []
    return undated + [
        common
        | {"period": period, "update": record[f"update:{period}"]}
        | ({"declared": apart[period]} if period in apart else {})
        for period in periods
    ]


def _split_entry(record: dict[str, str]) -> None:
    """An entry of one paragraph: what is asked is its title, the rest is the news."""
    title, stop, rest = record.get("recommendation", "").partition("\n")
    if not stop:
        title, stop, rest = title.partition(". ")
    if stop and rest:
        record["recommendation"], record["update"] = title.strip(), rest.strip()


def updates_from_prose(blocks: Sequence[Block], as_of: str) -> list[dict[str, str]]:
    """Updates of a narrative report: every bullet under a heading that speaks of progress.

    The heading is the section; a period in it ("… update – February 2021") dates its bullets,
    else the document's own date does. It holds for the headings below it that name neither
    progress nor another part of a report ("Risks", "Next steps"). Bullets elsewhere are not
    updates. "AFI 3: … (Off track)" gives a number and a declared status. A numbered title with
    a paragraph below it is an update too.
    """
    records: list[dict[str, str]] = []
    section = plan = period = ""
    told = False  # under a heading that speaks of progress
    open_title = False
    for block in blocks:
        numbered = _NUMBERED.match(block.text) if isinstance(block, Heading) else None
        common = {"section": section, "plan": plan, "period": period, "as_of": as_of_text(period) or as_of}
        if told and numbered:
            records.append(common | {"action_id": numbered["id"], "recommendation": numbered["text"]})
            open_title = True
        elif isinstance(block, Heading):
            progress = bool(_PROGRESS.search(block.text))
            told = progress or (told and not _ASIDE.search(block.text))
            period = period_in_heading(block.text) if progress else period
            section, open_title = block.text, False
            plan = block.text if names_plan(block) else plan
        elif isinstance(block, Bullet) and told:
            records.append(common | _bullet(block.text))
        elif isinstance(block, Paragraph) and open_title:
            records[-1]["update"] = "\n".join(filter(None, (records[-1].get("update"), block.text)))
    return [record for record in records if record.get("update")]


def _bullet(text: str) -> dict[str, str]:
    """A bullet's own number and status, and its narrative."""
    record = {"update": text}
    entry = ENTRY.match(text)
    if entry and entry["text"]:
        record = {"action_id": tidy_action_id(entry["id"]), "update": entry["text"]}
    ending = _STATUS_AT_END.search(record["update"])
    if ending and is_bare_status(ending["status"]):
        record["update"] = record["update"][: ending.start()]
        record["declared"] = ending["status"]
        record["declared_status"] = declared_status(ending["status"])
    return record
