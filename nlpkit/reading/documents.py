"""What a reader of a paginated or tabular format gives beside its blocks: notes, and where rows stand."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from nlpkit.reading.accounts import Reading
from nlpkit.reading.blocks import Block

__all__ = ["Document", "placed"]

_PLACE = re.compile(r"\bline (\d+)\b")


@dataclass(frozen=True)
class Document:
    """One document as blocks.

    Attributes:
        blocks: in document order.
        notes: what was left out or could not be read, in sentences, for the account.
        places: for each ``place`` of a block or row what a person would call it ("page 3").
    """

    blocks: list[Block]
    notes: tuple[str, ...] = ()
    places: Mapping[int, str] = field(default_factory=dict)


def placed(reading: Reading, document: Document) -> Reading:
    """A reading whose places are said as the document's reader says them, its notes in the account."""

    def said(text: str) -> str:
        return _PLACE.sub(lambda found: document.places.get(int(found[1]), found[0]), str(text))

    accounts = tuple(
        replace(account, warnings=(*document.notes, *map(said, account.warnings)))
        for account in reading.accounts
    )
    aside = reading.set_aside.assign(place=[said(place) for place in reading.set_aside["place"]])
    return replace(reading, set_aside=aside, accounts=accounts)
