"""What is said of a copied passage: where it stands in both texts, where it stood first, and how often."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Hashable, Iterable, Sequence
from typing import Any, Protocol, TypeVar

from nlpkit.analysis.actions import Dated, Reason, earlier, reason
from nlpkit.analysis.repeats import Repeat
from nlpkit.schema import Stale

__all__ = ["Named", "Place", "copy_reason", "first_of", "overlap", "sides", "standing"]

_MANY = 3  # actions under which a passage is called boilerplate: its reason says how many they are

Place = tuple[int, int]
"""The characters of a text at which a passage begins and ends."""


class Named(Dated, Protocol):
    """What must be known of a row for it to be named as the source of a copy."""

    @property
    def row_id(self) -> str: ...
    @property
    def place(self) -> int: ...
    @property
    def action(self) -> Hashable: ...
    @property
    def known(self) -> bool: ...


_Row = TypeVar("_Row", bound=Named)


def sides(repeat: Repeat, here: int) -> tuple[Place, Place]:
    """The copied characters in the text at position ``here``, and in the other."""
    left, right = (repeat.left_start, repeat.left_end), (repeat.right_start, repeat.right_end)
    return (left, right) if repeat.left == here else (right, left)


def copy_reason(
    text: str, mine: Place, kind: Stale, other: Named, other_text: str, theirs: Place, **more: Any
) -> Reason:
    """The reason for a copy: the passage, and the row and passage that it is the same as."""
    there: dict[str, Any] = {"other_text": other_text[slice(*theirs)]}
    there |= {"other_start": theirs[0], "other_end": theirs[1], **more}
    if other.known:
        there |= {"source": other.document[1], "as_of": other.as_of.isoformat() if other.as_of else ""}
    return reason(text[slice(*mine)], kind, mine[0], mine[1], of=other.row_id, **there)


def first_of(rows: Iterable[_Row]) -> _Row:
    """The earliest of some rows; of rows of one time, the first by their document's name and order."""
    ordered = sorted(rows, key=lambda row: (row.document, row.place))
    first = ordered[0]
    for row in ordered[1:]:
        if earlier(row, first):
            first = row
    return first


def overlap(span: Place, others: Iterable[Place]) -> bool:
    """Whether most of a span lies in the others."""
    inside = sum(max(0, min(span[1], end) - max(span[0], start)) for start, end in others)
    return 2 * inside > span[1] - span[0]


def standing(found: Sequence[Repeat], row_of: Any) -> list[dict[str, str]]:
    """For each repeat, what is known of its passage wherever it stands.

    Two spans of one text are the same passage where each covers more than half of the other; a
    passage stands wherever repeats lead from one text to the next.

    Args:
        found: the repeats.
        row_of: by the position of a text, the row that it is of.

    Returns:
        ``first`` (the id of the row where it stood first) and, where it stands under many
        actions, ``note``.
    """
    numbers: dict[tuple[int, int, int], int] = {}
    parent: list[int] = []

    def root(n: int) -> int:
        while parent[n] != n:
            parent[n] = parent[parent[n]]
            n = parent[n]
        return n

    def number(text: int, span: Place) -> int:
        n = numbers.setdefault((text, *span), len(parent))
        if n == len(parent):
            parent.append(n)
        return n

    for repeat in found:
        left, right = sides(repeat, repeat.left)
        one, other = root(number(repeat.left, left)), root(number(repeat.right, right))
        parent[max(one, other)] = min(one, other)
    spans: dict[int, list[Place]] = defaultdict(list)
    for text, start, end in numbers:
        for span in spans[text]:
            if overlap((start, end), [span]) and overlap(span, [(start, end)]):
                one, other = root(number(text, (start, end))), root(number(text, span))
                parent[max(one, other)] = min(one, other)
        spans[text].append((start, end))
    members: dict[int, list[Any]] = defaultdict(list)
    for (text, _, _), n in numbers.items():
        members[root(n)].append(row_of[text])
    known: dict[int, dict[str, str]] = {}
    for n, rows in members.items():
        known[n] = {"first": first_of(rows).row_id}
        actions = len({row.action for row in rows})
        if actions >= _MANY:
            known[n]["note"] = f"stands under {actions} actions"
    return [known[root(numbers[r.left, r.left_start, r.left_end])] for r in found]
