"""A table, judged or not yet, as a page for people to read."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from pathlib import Path

import pandas as pd

from nlpkit.cells import plain
from nlpkit.embedding import Encoder
from nlpkit.errors import InputError
from nlpkit.files import check_place, replace_file
from nlpkit.history import WAIT, versions
from nlpkit.keeping import Keep
from nlpkit.reporting.html import render
from nlpkit.schema import READ_COLUMNS, Evidence, Status, conform, service_key
from nlpkit.scoring import Progress, score
from nlpkit.unseen import TURNING

__all__ = ["check_report", "page", "report"]

_LOG = logging.getLogger(__name__)

_LABELS = {"status": frozenset(map(str, Status)), "evidence": frozenset(map(str, Evidence))}
_LISTS = ("status_why", "stale", "stale_refs", "stale_why", "flags", "evidence_why", "links")
_TEXTS = ("calendar_status", "mismatch")


def report(
    scored: pd.DataFrame,
    out: str | Path,
    *,
    catalogue: str | Path | None = "spotlight",
    as_of: str = "",
    encoder: Encoder | None = None,
    progress: Progress | None = None,
    why_empty: Sequence[str] = (),
    history: str | Path | None = None,
    history_wait: float = WAIT,
) -> Path:
    """Write one self-contained HTML page: overview, questions to ask, every update with its passages.

    The page loads nothing and sends nothing, and opens in any browser of the last years from any place.
    The same table gives the same bytes.

    Args:
        scored: a table from :func:`nlpkit.score`, also with themes (:func:`nlpkit.themes`) or columns of
            your own. A table without judgements, or not for every row, is scored first, with a warning
            that says so.
        out: the page, a name that ends in ``.html`` or ``.htm``.
        catalogue, as_of, encoder, progress: for scoring, as there; unused where that is done.
        why_empty: what a page without rows says of the reason.
        history: a DuckDB file that :func:`nlpkit.score` kept: what the same services said earlier is
            judged anew and shown as well, so that every action has its earlier periods. Only read.
        history_wait: seconds for which a lock on the history is waited for.

    Returns:
        Where the page was written.

    Raises:
        InputError: the place cannot be written to, a ``row_id`` is used twice, or the table cannot be
            scored.
    """
    check_report(out)
    made = page(
        scored,
        catalogue=catalogue,
        as_of=as_of,
        encoder=encoder,
        progress=progress,
        why_empty=why_empty,
        history=history,
        history_wait=history_wait,
    )
    replace_file(Path(out), made)
    return Path(out)


def page(
    scored: pd.DataFrame,
    *,
    catalogue: str | Path | None = "spotlight",
    as_of: str = "",
    encoder: Encoder | None = None,
    progress: Progress | None = None,
    why_empty: Sequence[str] = (),
    keep: Keep | None = None,
    history: str | Path | None = None,
    history_wait: float = WAIT,
) -> bytes:
    """What :func:`report` writes, in UTF-8; ``keep`` as in :func:`nlpkit.scoring.score`."""
    earlier = None if history is None else versions(history, wait=history_wait)[list(READ_COLUMNS)]
    if len(scored):
        if not _is_judged(scored):
            _LOG.warning("the table has no judgements, or not for every row: scored first")
            scored = score(
                scored, catalogue=catalogue, as_of=as_of, encoder=encoder, progress=progress, keep=keep
            )
        else:
            scored = conform(scored, as_of=as_of)
    before = None if earlier is None else _said_before(scored, earlier)
    if before is not None and len(before):
        judged = score(
            before, catalogue=catalogue, as_of=as_of, encoder=encoder, progress=progress, keep=keep
        )
        scored = pd.concat([judged, scored], ignore_index=True)
    made = render(scored, why_empty=" ".join(why_empty))
    return TURNING.sub("\ufffd", made).encode("utf8", "replace")


def check_report(path: str | Path) -> None:
    """Refuse a place that a page could not be written to, before any work is done for it.

    Raises:
        InputError: another ending than ``.html`` or ``.htm``, a missing folder, a folder, no permission.
    """
    place = Path(path)
    if place.suffix.lower() not in (".html", ".htm"):
        raise InputError(
            f"'{place.suffix}' is not a page's ending" if place.suffix else "has no ending",
            source=path,
            remedy="A report is a web page: use a name ending in .html.",
        )
    check_place(place)


def _said_before(scored: pd.DataFrame, known: pd.DataFrame) -> pd.DataFrame:
    """Of what a history knows, the rows of a table's services that are no later than it, but for its own."""
    latest: dict[str, str] = {}
    for service, as_of in zip(scored["service"], scored["as_of"], strict=True):
        key = service_key(service)
        latest[key] = max(latest.get(key, ""), as_of)
    own = set(scored["row_id"])
    kept = [
        row_id not in own
        and (last := latest.get(service_key(service))) is not None
        and as_of <= (last or as_of)
        for row_id, service, as_of in zip(known["row_id"], known["service"], known["as_of"], strict=True)
    ]
    return known[kept].reset_index(drop=True)


def _is_judged(table: pd.DataFrame) -> bool:
    """Whether every row has the judgements that the page shows."""
    if not {*_LABELS, *_LISTS, *_TEXTS} <= set(table.columns):
        return False
    return all(table[name].isin(labels).all() for name, labels in _LABELS.items()) and all(
        isinstance(plain(cell), list) for name in _LISTS for cell in table[name]
    )
