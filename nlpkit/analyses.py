"""Finished analyses kept on disk between runs, by their text and the moment that they are seen from.

Of a text its hash is kept and where in it something was found, no word of it. The key holds this nlpkit, its
word lists and the libraries under it: what another one kept is not found.
"""

from __future__ import annotations

import json
import logging
from collections.abc import Mapping, Sequence
from datetime import date
from hashlib import sha256

from nlpkit.keeping import fingerprint
from nlpkit.language import TextAnalysis
from nlpkit.language.marks import analysis_of, marks_of
from nlpkit.shelf import Shelf

__all__ = ["analyses_kept", "keep_analyses"]

_LOG = logging.getLogger(__name__)
_SHELF = Shelf("analyses", 1)

_Asked = tuple[str, date | None]


def analyses_kept(asked: Sequence[_Asked]) -> dict[_Asked, TextAnalysis]:
    """Those of the analyses that are known.

    Args:
        asked: texts, each with the moment that it is seen from.
    """
    by_key = {_key(*one): one for one in asked}
    found: dict[_Asked, TextAnalysis] = {}
    for key, content in _SHELF.find(list(by_key)).items():
        one = by_key[key]
        try:
            found[one] = analysis_of(one[0], json.loads(content))
        except (IndexError, TypeError, ValueError) as error:
            _LOG.warning("A kept analysis cannot be read and is made again (%s)", error)
    return found


def keep_analyses(made: Mapping[_Asked, TextAnalysis]) -> None:
    """Keep analyses."""
    _SHELF.put(
        {
            _key(*one): json.dumps(marks_of(analysis), separators=(",", ":")).encode()
            for one, analysis in made.items()
        }
    )


def _key(text: str, moment: date | None) -> bytes:
    seen_from = moment.isoformat() if moment else ""
    return sha256(f"{fingerprint()} {seen_from}\0{text}".encode("utf8", "surrogatepass")).digest()
