"""Characters that are not seen but change what is: controls, marks of direction, marks without width."""

from __future__ import annotations

import re

__all__ = ["TURNING", "UNSEEN", "visible"]

UNSEEN = re.compile(r"[\x00-\x08\x0e-\x1f\x7f\xad\u200b-\u200f\u202a-\u202e\u2060-\u2069\ufeff\ufffe\uffff]")
"""Controls (but white space), soft hyphens, and marks that turn the direction of writing or take no room."""

TURNING = re.compile(r"[\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]")
"""Marks that turn the direction of writing, by which a text can be made to look like another."""

_HIDDEN = re.compile(
    r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u061c\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff\ufffe\uffff]"
)


def visible(text: str) -> str:
    """A text for a terminal: what would not be seen, or would move its cursor, is written out.

    >>> visible("a\\x1b[2Jb")
    'a\\\\x1b[2Jb'
    """
    return _HIDDEN.sub(lambda found: ascii(found[0])[1:-1], text)
