"""What ``nlpkit review import`` does: workbooks in; reviews, figures and disagreements out."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from pathlib import Path

from nlpkit.cells import plain
from nlpkit.errors import InputError
from nlpkit.files import check_output, replace_file, table_format, write_table
from nlpkit.formats.excel import to_workbook
from nlpkit.review.agreement import agreement_lines, disagreements
from nlpkit.review.exporting import check_workbook_place
from nlpkit.review.merging import merge

__all__ = ["bring_back"]

_LOG = logging.getLogger(__name__)
_WIDE = frozenset({"comments", "recommendation", "update"})


def bring_back(workbooks: Sequence[str], out: str, discuss: str = "") -> list[str]:
    """Join filled workbooks, write reviews and disagreements, and tell how far people agree.

    Args:
        workbooks: as they came back.
        out: where to write the reviews (``.jsonl``).
        discuss: where to write the disagreements (``.xlsx``); beside the reviews unless given.

    Raises:
        InputError: a place cannot be written to, or is one of the workbooks; or as
            :func:`nlpkit.review.merging.merge`.
        NlpkitError: as there.
    """
    if table_format(out) != "jsonl" or out == "-":
        raise InputError("reviews are JSON Lines", source=out, remedy="Use a name ending in .jsonl.")
    check_output(out)
    discuss = discuss or f"{Path(out).with_suffix('')}.discuss.xlsx"
    check_workbook_place(discuss)
    if Path(discuss).resolve() in {Path(path).resolve() for path in workbooks}:
        raise InputError(
            "is a workbook to read", source=discuss, remedy="Give the disagreements another name."
        )
    merged = merge(workbooks)
    for path in merged.unfilled:
        _LOG.warning("%s: no answers were filled in", path)
    differing = disagreements(merged)
    rows = [[plain(value) for value in row] for row in differing.itertuples(index=False, name=None)]
    table = {"to discuss": (list(map(str, differing.columns)), rows)}
    held = to_workbook(table, place=discuss, fixed=2, wide=_WIDE.__contains__)
    write_table(merged.reviews, out)
    replace_file(Path(discuss), held)
    return [
        *agreement_lines(merged),
        "",
        f"{len(merged.reviews)} reviews in {out}; {len(rows)} disagreements to discuss in {discuss}",
    ]
