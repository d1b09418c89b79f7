"""A scored table as one HTML page that opens anywhere: no network, no other file.

The overview is in the page itself; everything else is drawn by the page's script from data that the
page carries. A content security policy with the hashes of the page's own style and script forbids
everything else, network and other files included. The same table gives the same bytes.
"""

from __future__ import annotations

import hashlib
from base64 import b64encode
from functools import cache
from pathlib import Path
from typing import Any

import pandas as pd
from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup

from nlpkit.reporting.overview import MOVES, NOT_GIVEN, against, overview
from nlpkit.reporting.page_data import embedded, page_data, tidied
from nlpkit.reporting.passages import KINDS
from nlpkit.reporting.ranking import CALENDAR, words
from nlpkit.schema import Evidence, Flag, Mismatch, Stale, Status

__all__ = ["render"]

_TEMPLATES = Path(__file__).resolve().parent / "templates"
_SCRIPTS = ("base", "state", "parts", "queue", "update", "tables", "main")
"""The parts of the page's script in the order in which they use each other."""

_SURE = ((0.9, "very likely"), (0.75, "likely"), (0.5, "more likely than not"), (0.0, "uncertain"))
"""How a confidence is said: from this probability on, these words."""

_ANSWERS = {
    "overdue": "overdue",
    "promised_late": "promised for after the deadline",
    "due_soon": "due soon",
    "not_due": "not due",
    NOT_GIVEN: "not given",
}


def render(scored: pd.DataFrame, *, why_empty: str = "") -> str:
    """The page of a scored table.

    Args:
        scored: a table from :func:`nlpkit.scoring.score`, with or without themes.
        why_empty: what a page without rows says.

    Returns:
        A whole HTML document.
    """
    table = tidied(scored)
    data = page_data(table)
    whole, groups = overview(table)
    columns, rows = against(table)
    style, script = _source("page.css"), "".join(_source(f"{name}.js") for name in _SCRIPTS)
    script = f'"use strict";\n(() => {{\n{script}}})();\n'
    return (
        _environment()
        .get_template("page.html.j2")
        .render(
            title=_title(table),
            period=_period(table),
            policy=_policy(style, script),
            style=Markup(style),
            script=Markup(script),
            data=Markup(embedded(data | {"words": _vocabulary()})),
            empty="" if len(table) else why_empty or "The table has no rows.",
            whole=whole,
            groups=groups,
            columns=columns,
            against=rows,
            statuses=[*map(str, Status), NOT_GIVEN],
            calendar=[*CALENDAR, NOT_GIVEN],
            answers=_ANSWERS,
            moves=MOVES,
            moved=sum(whole.moves.values()),
            cross=len(set(table["service"])) > 1 and bool(data["links"]),
            themes=bool(data["themes"]),
        )
    )


@cache
def _environment() -> Environment:
    made = Environment(
        loader=FileSystemLoader(_TEMPLATES),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
    made.filters["words"] = words
    return made


def _source(name: str) -> str:
    return (_TEMPLATES / name).read_text(encoding="utf8")


def _policy(style: str, script: str) -> str:
    """A content security policy that lets only this style and this script in."""

    def known(text: str) -> str:
        return f"'sha256-{b64encode(hashlib.sha256(text.encode()).digest()).decode()}'"

    return "; ".join(
        (
            "default-src 'none'",
            f"script-src {known(script)}",
            f"style-src {known(style)}",
            "base-uri 'none'",
            "form-action 'none'",
            "require-trusted-types-for 'script'",
            "trusted-types 'none'",
        )
    )


def _vocabulary() -> dict[str, Any]:
    """The labels that the script offers as filters, in order, and how it says things."""
    return {
        "status": list(map(str, Status)),
        "evidence": [str(level) for level in reversed(Evidence)],
        "calendar": list(CALENDAR),
        "stale": list(map(str, Stale)),
        "flags": list(map(str, Flag)),
        "mismatch": list(map(str, Mismatch)),
        "answers": _ANSWERS,
        "marks": {kind: list(told) for kind, told in KINDS.items()},
        "sure": [list(step) for step in _SURE],
    }


def _title(table: pd.DataFrame) -> str:
    services = [name for name in dict.fromkeys(table["service"]) if name]
    if len(services) == 1:
        return f"{services[0]}: progress updates"
    return f"Progress updates of {len(services)} services" if services else "Progress updates"


def _period(table: pd.DataFrame) -> str:
    dates = sorted({value[:7] for value in table["as_of"] if value})
    return "" if not dates else dates[0] if dates[0] == dates[-1] else f"{dates[0]} to {dates[-1]}"
