"""Themes in words for a terminal: what each is about, how large, how sure, and what is new."""

from __future__ import annotations

import textwrap

import pandas as pd

__all__ = ["theme_lines"]

_LISTED = 5  # rows without a theme that are named; the table has them all


def theme_lines(summary: pd.DataFrame, left_out: pd.DataFrame, *, width: int = 80) -> list[str]:
    """The themes, largest first, then the rows that have none, each with its reason.

    Args:
        summary: as :attr:`nlpkit.analysis.themes.Themes.summary`.
        left_out: as :attr:`nlpkit.analysis.themes.Themes.left_out`.
        width: of the lines, in characters.
    """
    there = summary[summary["updates"] > 0]
    total = int(there["updates"].sum()) + len(left_out)
    lines = [f"{len(there)} themes of {total} updates"]
    found = "stability" in there.columns
    head = "  updates  stable  nearest  theme" if found else "  updates  theme"
    lines.append(head)
    indent = " " * (head.index("theme"))
    for row in there.to_dict("records"):
        figures = f"  {row['updates']:>7}  "
        if found:
            figures += f"{row['stability']:>6.2f}  {row['redundancy']:>7.2f}  "
        title = str(row["theme_label"])
        if row["new"]:
            title += f" ({row['new']} new)"
        lines += textwrap.wrap(
            f"{row['theme_id']} {title}", width, initial_indent=figures, subsequent_indent=indent + "    "
        )
    if found:
        told = (
            "stable: how surely a theme is found again in part of the updates (1 is always); nearest: "
            "likeness to the nearest other theme (1 is the same)"
        )
        lines += textwrap.wrap(told, width, initial_indent="  ", subsequent_indent="  ")
    if (there["new"] > 0).any():
        told = "new: updates in the latest period on a theme that their service had not reported on before"
        lines += textwrap.wrap(told, width, initial_indent="  ", subsequent_indent="  ")
    if len(left_out):
        lines += ["", f"{len(left_out)} without a theme"]
        for row in left_out.head(_LISTED).to_dict("records"):
            lines += textwrap.wrap(
                f"{row['row_id']}: {row['reason']}", width, initial_indent="  ", subsequent_indent="    "
            )
        if len(left_out) > _LISTED:
            lines.append(f"  and {len(left_out) - _LISTED} more: column theme_why tells of each")
    return lines
