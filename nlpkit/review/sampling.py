"""Which updates to review: some where a correction teaches most, some by chance for an honest estimate.

The chance part is drawn first, from all rows alike and without replacement, so that it is a simple random
sample of the table: only it may be used to estimate how often nlpkit is right. The rest is chosen from what
is left, in turn by three questions: where was nlpkit least sure (uncertainty sampling by margin, Settles
2009), where does it contradict what the service declared, and which labels are rare in this table.
"""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Callable, Mapping, Sequence

import pandas as pd

__all__ = ["AT_RANDOM", "CHOSEN", "sample"]

AT_RANDOM = "random"
"""The part of a sample that chance chose: what the estimate of accuracy rests on."""

CHOSEN = "chosen"
"""The part that was chosen to teach."""

_UNSURE, _DECLARED, _RARE = "nlpkit was unsure", "declared otherwise", "a rare label"


def sample(scored: pd.DataFrame, size: int, *, at_random: int, seed: int = 0) -> pd.DataFrame:
    """Rows to review, in the order of the table.

    The same table, sizes and seed give the same rows; the order of the rows plays no part.

    Args:
        scored: a table that :func:`nlpkit.score` made, with unique ``row_id``.
        size: how many rows; all of them where the table has fewer.
        at_random: how many of these are left to chance.
        seed: another number gives another choice.

    Returns:
        The rows with two more columns: ``part`` (:data:`AT_RANDOM` or :data:`CHOSEN`) and
        ``chosen_because`` (a few words).
    """
    rows = scored.reset_index(drop=True)
    size = min(size, len(rows))
    ids = [str(row_id) for row_id in rows["row_id"]]
    luck = [_luck(seed, row_id) for row_id in ids]
    by_chance = sorted(range(len(ids)), key=lambda i: luck[i])[: min(at_random, size)]
    why = dict.fromkeys(by_chance, "chance")
    why |= _teaching(rows, size - len(by_chance), why, luck)
    for i in sorted(
        range(len(ids)), key=lambda i: luck[i]
    ):  # copies and empty cells, if nothing else is left
        if len(why) >= size:
            break
        why.setdefault(i, "nothing else was left")
    taken = sorted(why)
    told = rows.iloc[taken].copy()
    told["part"] = [AT_RANDOM if i in by_chance else CHOSEN for i in taken]
    told["chosen_because"] = [why[i] for i in taken]
    return told.reset_index(drop=True)


def _teaching(
    rows: pd.DataFrame, wanted: int, taken: Mapping[int, str], luck: Sequence[str]
) -> dict[int, str]:
    """Rows by each question in turn, those that answer it best first; no text twice, no empty cell."""
    records = rows.to_dict("records")
    texts = [" ".join(str(row["update"]).split()).casefold() for row in records]
    seen = {texts[i] for i in taken}
    margins = [_margin(row["status_probabilities"]) for row in records]
    against = [_contradicts(row) for row in records]
    counts = Counter(_labels(row)[0] for row in records)
    counts += Counter(label for row in records for label in _labels(row)[1:])
    rarest = [min(counts[label] for label in _labels(row)) for row in records]
    free = [i for i in range(len(records)) if i not in taken and texts[i]]

    def ranked(among: Sequence[int], key: Callable[[int], float]) -> list[int]:
        return sorted(among, key=lambda i: (key(i), luck[i]))

    queues = {
        _UNSURE: ranked(free, lambda i: margins[i]),
        _DECLARED: ranked([i for i in free if against[i]], lambda i: -margins[i]),
        _RARE: ranked([i for i in free if rarest[i] <= len(records) / 20], lambda i: rarest[i]),
    }
    found: dict[int, str] = {}
    while len(found) < wanted and any(queues.values()):
        for reason, queue in queues.items():
            while queue and (queue[0] in found or texts[queue[0]] in seen):
                queue.pop(0)
            if queue and len(found) < wanted:
                place = queue.pop(0)
                found[place] = reason
                seen.add(texts[place])
    return found


def _luck(seed: int, row_id: str) -> str:
    """A row's place in the draw: as good as random, and the same on every machine."""
    return hashlib.sha256(f"{seed}\x00{row_id}".encode("utf8", "replace")).hexdigest()


def _margin(shares: Mapping[str, float]) -> float:
    """By how much the likeliest status leads the next."""
    first, second = (*sorted((float(x) for x in shares.values()), reverse=True), 0.0, 0.0)[:2]
    return first - second


def _contradicts(row: Mapping[object, object]) -> bool:
    declared = str(row.get("declared_status") or "")
    return bool(row.get("mismatch")) or (bool(declared) and declared != row["status"])


def _labels(row: Mapping[object, object]) -> list[str]:
    """The status first, then what else could be rare."""
    lists = [row["stale"], row["flags"]]
    more = [f"{x}" for listed in lists if isinstance(listed, (list, tuple)) for x in listed]
    return [f"status {row['status']}", *more]
