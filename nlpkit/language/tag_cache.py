"""Part-of-speech tags kept on disk by the content of the sentence, so that spaCy reads it once ever.

What is kept is a hash of the sentence, the offsets of its words and their tags; no word of it.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from hashlib import sha256

from nlpkit.shelf import Shelf

__all__ = ["Tagged", "keep", "kept"]

Tagged = tuple[tuple[int, int, str], ...]
"""Of each word: start, end, tag."""

_SHELF = Shelf("tags", 1)


def kept(sentences: Sequence[str], model: str) -> dict[str, Tagged]:
    """The tags of those sentences that are known.

    Args:
        sentences: as they were given to :func:`keep`.
        model: what tags them, with its version; tags of another are not known.
    """
    by_key = {_key(sentence, model): sentence for sentence in sentences}
    found: dict[str, Tagged] = {}
    for key, content in _SHELF.find(list(by_key)).items():
        tagged = _read(content, len(by_key[key]))
        if tagged is not None:
            found[by_key[key]] = tagged
    return found


def keep(tagged: Mapping[str, Tagged], model: str) -> None:
    """Keep the tags of sentences."""
    _SHELF.put(
        {
            _key(sentence, model): json.dumps(tags, separators=(",", ":")).encode()
            for sentence, tags in tagged.items()
        }
    )


def _key(sentence: str, model: str) -> bytes:
    return sha256(f"{model}\0{sentence}".encode("utf8", "surrogatepass")).digest()


def _read(content: bytes, length: int) -> Tagged | None:
    tagged = tuple([(start, end, tag) for start, end, tag in json.loads(content)])
    return tagged if all(0 <= start < end <= length for start, end, _ in tagged) else None
