"""Reports without a plan table: labelled paragraphs, and bullets under progress headings."""

from __future__ import annotations

import re
from collections.abc import Sequence

from nlpkit.reading.blocks import Block, Bullet, Heading, Table
from nlpkit.reading.headers import role_of
from nlpkit.reading.periods import as_of_text, deadline, period_in_heading
from nlpkit.reading.provenance import is_generic, names_plan, running_titles
from nlpkit.schema import declared_status, tidy_action_id

__all__ = ["ENTRY", "updates_from_labels", "updates_from_prose"]

ENTRY = re.compile(
    r"^(?:recommendation|area for improvement|afi|action|cause (?:of|for) concern)\s+"
    r"(?P<id>[A-Z]{0,3}\d{1,3}(?:\.\d{1,2})?[a-z]?)\b\s*[:.)–-]?\s*(?P<text>.*)$",
    re.IGNORECASE | re.DOTALL,
)
"""The heading or first line of an entry: "Recommendation 12", "Area for improvement 3: The …"."""
_LABELLED = re.compile(r"^(?P<label>[A-Z][\w /’'()-]{1,45}?)\s*[:–]\s+(?P<text>\S.*)?$", re.DOTALL)
_LABEL_ALONE = re.compile(r"^[A-Z][\w /’'()-]{1,45}:?$")
_PROGRESS = re.compile(
    r"\b(?:progress|updates?|achieve(?:d|ments?)|milestones?|delivered|position)\b", re.IGNORECASE
)


def updates_from_labels(blocks: Sequence[Block], as_of: str) -> list[dict[str, str]]:
    """Updates of a report with an entry per recommendation ("Recommendation 12 … Progress: …
    Status: complete"), or ``[]`` where it is none.

    An entry begins with the word and the number of a recommendation; labels that would name a
    column of a plan table name its parts. Unlabelled paragraphs go on with the part before.
    """
    records: list[dict[str, str]] = []
    role = section = plan = ""
    running = running_titles(blocks)
    for block in blocks:
        if isinstance(block, Table):
            continue
        text = block.text
        entry = ENTRY.match(text) if not isinstance(block, Bullet) else None
        if entry:
            records.append({"action_id": tidy_action_id(entry["id"]), "section": section, "plan": plan})
            role = "recommendation"
            if entry["text"]:
                records[-1][role] = entry["text"]
            continue
        labelled = _LABELLED.match(text)
        named = role_of(labelled["label"]) if labelled else ""
        if records and labelled and named:
            role = {"progress": "update", "status": "declared"}.get(named, named)
            if labelled["text"]:
                records[-1][role] = "\n".join(filter(None, (records[-1].get(role), labelled["text"])))
        elif records and _LABEL_ALONE.match(text) and role_of(text):
            role = {"progress": "update", "status": "declared"}.get(role_of(text), role_of(text))
        elif block.place in running:
            continue
        elif isinstance(block, Heading) and not is_generic(text):
            section, role = text, ""
            plan = text if names_plan(block) else plan
        elif records and role:
            records[-1][role] = "\n".join(filter(None, (records[-1].get(role), text)))
    if not any(record.get("update") for record in records):
        return []
    for record in records:
        record["due"], record["due_date"] = deadline(record.get("due", ""), record.get("recommendation", ""))
        record["declared_status"] = declared_status(record.get("declared", ""))
        record["as_of"] = as_of
    return records


def updates_from_prose(blocks: Sequence[Block], as_of: str) -> list[dict[str, str]]:
    """Updates of a narrative report: every bullet under a heading that speaks of progress.

    The heading is the section; a period in it ("… update – February 2021") dates its bullets,
    else the document's own date does. Bullets under other headings are not updates.
    """
    records: list[dict[str, str]] = []
    section = plan = ""
    for block in blocks:
        if isinstance(block, Heading):
            section = block.text
            plan = block.text if names_plan(block) else plan
        elif isinstance(block, Bullet) and _PROGRESS.search(section):
            period = period_in_heading(section)
            records.append(
                {
                    "section": section,
                    "plan": plan,
                    "update": block.text,
                    "period": period,
                    "as_of": as_of_text(period) or as_of,
                }
            )
    return records
