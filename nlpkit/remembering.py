"""Judgements that an update's own row decides, kept between runs, so that a row is judged once ever.

A row's judgements depend on the row, on the acronyms that its document defines, on what is judged with and on
this nlpkit: all of that is in the key. What is kept quotes the update, so it is written in a cipher whose key
is the row itself: it tells nothing to whoever has not got the update already.
"""

from __future__ import annotations

import json
import zlib
from collections.abc import Sequence
from dataclasses import asdict
from functools import cache
from hashlib import sha256, shake_256
from typing import Any

import pandas as pd

from nlpkit.analysis import linking
from nlpkit.analysis.status_model import StatusModel
from nlpkit.catalogue import Catalogue
from nlpkit.embedding import Encoder
from nlpkit.embedding.cache import CachedEncoder
from nlpkit.keeping import fingerprint
from nlpkit.language.acronyms import decided
from nlpkit.resources import bundled
from nlpkit.schema import READ_COLUMNS
from nlpkit.shelf import Shelf

__all__ = ["Memory"]

_SHELF = Shelf("judgements", 1)
_NAMELESS = {"row_id", "source"}  # what a row and its file are called decides nothing
_DECIDES = tuple(name for name in READ_COLUMNS if name not in _NAMELESS)
_TEXTS = ("recommendation", "required_outcome", "planned_action", "update")
_FIGURES = {"status_confidence", "evidence_score", "addresses"}


class Memory:
    """What is known of the rows of a table, and what is to be kept of the others.

    Args:
        table: an update table.
        columns: what is judged of a row.
        catalogue, model, encoder: what is judged with; of an encoder of one's own, of which only a name
            is known, nothing is kept.
        definitions: the acronyms of whole documents, where the table has only some of their rows.
    """

    def __init__(
        self,
        table: pd.DataFrame,
        columns: Sequence[str],
        catalogue: Catalogue | None,
        model: StatusModel | None,
        encoder: Encoder | None,
        definitions: linking.Definitions | None = None,
    ) -> None:
        self._index, self._columns = table.index, tuple(columns)
        self._encoder, self._key_of_vectors = encoder, _vectors_key(encoder)
        self._secrets: list[bytes] = []
        self._values: list[list[Any]] = [[] for _ in range(len(table))]
        self._own: dict[int, linking.Own] = {}
        if encoder is None or self._key_of_vectors:
            about = _about(self._columns, catalogue, model, f"{self._key_of_vectors}")
            self._secrets = _secrets(table, about, definitions)
            self._recall()
        self.missing = [place for place in range(len(table)) if place not in self._own]
        """The places of the rows that are to be judged."""

    def add(self, places: Sequence[int], judged: pd.DataFrame, links: Sequence[linking.Own]) -> None:
        """Take what was judged of missing rows, and keep it.

        Links that depend on a row's neighbours are made from what it says by itself each time.

        Args:
            places: of the rows.
            judged: their judgements, in order.
            links: what each says by itself of the catalogue.
        """
        rows = list(zip(*(judged[name].tolist() for name in self._columns), strict=True))
        for place, row, own in zip(places, rows, links, strict=True):
            self._values[place], self._own[place] = list(row), own
        # An encoder may have turned to another way of encoding meanwhile.
        if self._secrets and self._key_of_vectors == _vectors_key(self._encoder):
            _SHELF.put(
                {
                    _key(self._secrets[place]): _hidden([*row, own.to_json()], self._secrets[place])
                    for place, row, own in zip(places, rows, links, strict=True)
                }
            )

    def judged(self) -> pd.DataFrame:
        """The judgements of all rows, none missing any more, indexed like the table."""
        return pd.DataFrame(
            {
                name: pd.Series(
                    [row[at] for row in self._values],
                    index=self._index,
                    dtype="float64" if name in _FIGURES else "object",
                )
                for at, name in enumerate(self._columns)
            }
        )

    def links(self) -> list[linking.Own]:
        """What all rows say by themselves of the catalogue, none missing any more."""
        return [self._own[place] for place in range(len(self._index))]

    def _recall(self) -> None:
        places: dict[bytes, list[int]] = {}
        for place, secret in enumerate(self._secrets):
            places.setdefault(_key(secret), []).append(place)
        for key, content in _SHELF.find(list(places)).items():
            for place in places[key]:  # rows alike have values of their own
                row = _shown(content, self._secrets[place])
                if row is not None and len(row) == len(self._columns) + 1:
                    self._values[place] = row[:-1]
                    self._own[place] = linking.Own.from_json(row[-1])


def _secrets(table: pd.DataFrame, about: str, definitions: linking.Definitions | None) -> list[bytes]:
    """Of each row a digest of all that its judgements depend on."""
    if definitions is None:
        definitions = linking.defined(linking.text_columns(table))
    documents = {document: decided(counts) for document, counts in definitions.items()}
    cells = [table[name].tolist() for name in _DECIDES]
    found = []
    for place, document in enumerate(zip(table["service"], table["source"], strict=True)):
        row = [str(column[place]) for column in cells]
        text = "\n".join(row)
        meant = [[word, means] for word, means in documents.get(document, {}).items() if word in text]
        found.append(sha256(json.dumps([about, row, meant]).encode()).digest())
    return found


def _about(
    columns: Sequence[str], catalogue: Catalogue | None, model: StatusModel | None, vectors: str
) -> str:
    """A digest of what is judged with."""
    digest = sha256(f"{fingerprint()} {_packaged()} {vectors} {list(columns)}".encode())
    if catalogue is not None:
        digest.update(json.dumps(asdict(catalogue)).encode())
    if model is not None:
        for name in sorted(model.arrays):
            digest.update(name.encode() + model.arrays[name].tobytes())
        digest.update(
            f"{list(model.vocabulary.numbers)} {model.temperature} {model.shift} {model.house}".encode()
        )
    return digest.hexdigest()


@cache
def _packaged() -> str:
    """A digest of the models that travel with nlpkit, by the hashes that stand in their cards."""
    cards = sorted(bundled("models").rglob("model.json"))
    return sha256(b"\0".join(card.read_bytes() for card in cards)).hexdigest()


def _vectors_key(encoder: Encoder | None) -> str:
    return f"{encoder.name} {encoder.cache_key}" if isinstance(encoder, CachedEncoder) else ""


def _key(secret: bytes) -> bytes:
    return sha256(b"place" + secret).digest()


def _hidden(row: list[Any], secret: bytes) -> bytes:
    return _crossed(zlib.compress(json.dumps(row, separators=(",", ":")).encode(), 1), secret)


def _shown(content: bytes, secret: bytes) -> list[Any] | None:
    try:
        row = json.loads(zlib.decompress(_crossed(content, secret)))
    except (zlib.error, ValueError):
        return None
    return row if isinstance(row, list) else None


def _crossed(content: bytes, secret: bytes) -> bytes:
    """The content under a stream of bytes that only the secret gives; twice is not at all."""
    stream = shake_256(b"cipher" + secret).digest(len(content))
    return (int.from_bytes(content, "big") ^ int.from_bytes(stream, "big")).to_bytes(len(content), "big")
