"""The table of services on recommendations as one HTML page that needs nothing else."""

from __future__ import annotations

import html
from collections.abc import Mapping, Sequence
from typing import Any

import pandas as pd

__all__ = ["comparison_page"]

_STYLE = """
body{font:15px/1.45 'Segoe UI','Helvetica Neue',Arial,sans-serif;color:#22262e;background:#fff;margin:1.5rem}
h1{font-size:1.4rem;margin:0 0 .3rem}p{max-width:60rem;margin:.3rem 0 1rem}
.scroll{overflow-x:auto}table{border-collapse:collapse}caption{text-align:left;padding-bottom:.5rem}
th,td{border:1px solid #c6cad2;padding:.45rem .6rem;vertical-align:top;text-align:left}
thead th{background:#eceef2;position:sticky;top:0}tbody th{background:#f6f7f9;width:15rem;font-weight:600}
td{min-width:13rem;max-width:22rem}td.gap{background:#f1f1f1;color:#4a4f59;font-style:italic}
td.related{background:#fafafa}.status{font-weight:600;border-left:.4rem solid;padding-left:.4rem}
.complete{border-color:#2563a8}.on_track{border-color:#2f7d4f}.at_risk{border-color:#b87400}
.off_track{border-color:#b3261e}.not_started,.declined,.unclear{border-color:#6b7280}
.best{font-weight:600}summary{cursor:pointer;text-decoration:underline}
details p{white-space:pre-wrap;margin:.3rem 0 0}small{color:#4a4f59}
@media print{.scroll{overflow:visible}thead th{position:static}}
"""


def comparison_page(long: pd.DataFrame, *, catalogue: str, services: Sequence[str], as_of: str) -> str:
    """The page, as text.

    Args:
        long: as :attr:`nlpkit.analysis.comparison.Comparison.long`.
        catalogue: the title of the catalogue.
        services: the columns, in order.
        as_of: the date to which months are counted; "" where there is none.
    """
    by_id: dict[str, list[dict[str, Any]]] = {}
    for record in long.to_dict("records"):
        by_id.setdefault(str(record["id"]), []).append({str(name): value for name, value in record.items()})
    heads = "".join(f'<th scope="col">{_text(service)}</th>' for service in services)
    body = "\n".join(_row(id_, lines) for id_, lines in by_id.items())
    nobody = [id_ for id_, lines in by_id.items() if all(line["grade"] != "equivalent" for line in lines)]
    told = f"Answered by none: {_text(', '.join(nobody))}. " if nobody else ""
    gaps = sum(not line["grade"] for lines in by_id.values() for line in lines)
    counted = f" Months are counted to {_text(as_of)}, the latest date in the table." if as_of else ""
    noun = "service" if len(services) == 1 else "services"
    return f"""<!DOCTYPE html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width">
<title>{_text(catalogue)}: services compared</title><style>{_STYLE}</style></head>
<body><main><h1>{_text(catalogue)}: services compared</h1>
<p>{len(by_id) - len(nobody)} of {len(by_id)} recommendations are answered by at least one of
{len(services)} {noun}; {gaps} of {len(by_id) * len(services)} cells are gaps. {told}Each cell shows the
latest update of the action that answers the recommendation, as nlpkit judges it.{counted}</p>
<div class="scroll" tabindex="0" role="region" aria-label="Recommendations by service"><table>
<caption>Recommendations down, services across</caption>
<thead><tr><th scope="col">Recommendation</th>{heads}</tr></thead>
<tbody>
{body}
</tbody></table></div></main></body></html>
"""


def _row(id_: str, lines: Sequence[Mapping[str, Any]]) -> str:
    cells = "".join(map(_cell, lines))
    return f'<tr><th scope="row">{_text(id_)} {_text(lines[0]["title"])}</th>{cells}</tr>'


def _cell(line: Mapping[str, Any]) -> str:
    if not line["grade"]:
        return f'<td class="gap">Gap: no action answers recommendation {_text(line["id"])}.</td>'
    status = str(line["status"])
    months = line["months_since_news"]
    fresh = (
        "no dated news" if pd.isna(months) else f"{months} month{'' if months == 1 else 's'} since last news"
    )
    stale = ", ".join(str(kind).replace("_", " ") for kind in line["stale"])
    also = f"; also {', '.join(line['also'])}" if line["also"] else ""
    facts = [f"{line['evidence']} evidence", *([f"stale: {stale}"] if stale else []), fresh]
    parts = [
        f'<div class="status {_text(status)}">{_text(status.replace("_", " "))}</div>',
        f"<div>{_text('; '.join(facts))}</div>",
        '<div class="best">Strongest evidence</div>' if line["strongest"] else "",
        f"<small>Action {_text(line['action_id'])}{_text(also)}</small>",
        "<div><small>Related only: it asks for nearly the same.</small></div>" if line["gap"] else "",
        _update(str(line["update"]), str(line["as_of"])),
    ]
    kind = "" if line["grade"] == "equivalent" else ' class="related"'
    return f"<td{kind}>{''.join(parts)}</td>"


def _update(text: str, as_of: str) -> str:
    if not text.strip():
        return "<div><small>No narrative.</small></div>"
    head = f"Update, {as_of}" if as_of else "Update"
    return f"<details><summary>{_text(head)}</summary><p>{_text(text)}</p></details>"


def _text(value: Any) -> str:
    return html.escape(str(value), quote=True)
