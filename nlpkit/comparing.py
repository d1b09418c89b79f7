"""The table of services on recommendations: made from whatever there is, and written."""

from __future__ import annotations

from pathlib import Path

import pandas as pd

from nlpkit.analysis import linking
from nlpkit.analysis.comparison import Comparison, compare, is_judged
from nlpkit.catalogue import load_catalogue
from nlpkit.cells import plain
from nlpkit.embedding import Encoder
from nlpkit.embedding.default import default_encoder
from nlpkit.errors import InputError
from nlpkit.files import check_output, replace_file, write_table
from nlpkit.formats.excel import to_workbook
from nlpkit.keeping import Keep
from nlpkit.reporting.comparison_page import comparison_page
from nlpkit.schema import conform
from nlpkit.scoring import Progress, score
from nlpkit.unseen import TURNING

__all__ = ["check_comparison", "compare", "judged", "write_comparison"]


def judged(
    updates: pd.DataFrame,
    catalogue: str | Path = "spotlight",
    *,
    encoder: Encoder | None = None,
    progress: Progress | None = None,
    keep: Keep | None = None,
) -> tuple[pd.DataFrame, str]:
    """A table that services can be compared by, and what had to be done for it, in words.

    A table with all judgements stays as it is; without links it is linked; any other is scored.
    """
    if not is_judged(updates):
        return (
            score(updates, catalogue=catalogue, encoder=encoder, progress=progress, keep=keep),
            "the input has no judgements, or not for every row: scored first",
        )
    if any(len(links) for links in updates["links"]):
        return updates, ""
    table = conform(updates)
    links = linking.link(table, load_catalogue(catalogue), encoder or default_encoder())
    table["links"] = pd.Series(linking.links_column(table, links), index=table.index, dtype="object")
    return table, "the input has judgements but no links: linked first"


def check_comparison(path: str | Path) -> None:
    """Refuse a place or format that the table could not be written to, before any work is done.

    Raises:
        InputError: an ending that is neither ``.html`` nor a table's, or as :func:`check_output`.
    """
    if Path(path).suffix.lower() in (".html", ".htm"):
        check_output(Path(path).with_suffix(".csv"))
        if Path(path).is_dir():
            raise InputError("is a folder, not a file", source=path, remedy="Give a file name.")
    else:
        check_output(path)


def write_comparison(comparison: Comparison, path: str | Path) -> None:
    """Write it: ``.html`` is a page, ``.xlsx`` a sheet for each table, any other format the long table.

    Raises:
        InputError: as :func:`check_comparison`, or a text is too long for an Excel cell.
    """
    check_comparison(path)
    ending = Path(path).suffix.lower()
    if ending in (".html", ".htm"):
        page = comparison_page(
            comparison.long,
            catalogue=comparison.catalogue,
            services=comparison.services,
            as_of=comparison.as_of,
        )
        replace_file(Path(path), TURNING.sub("\ufffd", page).encode("utf8", "replace"))
    elif ending == ".xlsx":
        sheets = {"services": comparison.wide, "one row each": comparison.long}
        filled = {
            name: (
                [str(column) for column in table.columns],
                [[plain(value) for value in row] for row in table.itertuples(index=False, name=None)],
            )
            for name, table in sheets.items()
        }
        replace_file(Path(path), to_workbook(filled, place=path, fixed=2, wide=_is_long))
    else:
        write_table(comparison.long, path)


def _is_long(column: str) -> bool:
    return column in ("update", "gap") or column.endswith(": update")
