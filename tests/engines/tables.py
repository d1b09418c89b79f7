"""Tables for the engines to work on, and an encoder that costs little."""

from __future__ import annotations

import hashlib
import json
import multiprocessing
import os
import random
import re
import signal
from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from nlpkit.catalogue import load_catalogue
from nlpkit.files import write_table

SERVICES = Path(__file__).resolve().parents[2] / "corpora" / "updates" / "services"
_DIGITS = re.compile(r"\d")


class WordEncoder:
    """A double: the vector of a text is the sum of a fixed random vector for each word."""

    name = "words"
    dimension = 32

    def __init__(self) -> None:
        self._known: dict[str, NDArray[np.float64]] = {}

    def __reduce__(self) -> tuple[type[WordEncoder], tuple[()]]:
        return WordEncoder, ()  # what it knows is not sent along

    def encode(self, texts: Sequence[str]) -> NDArray[np.float32]:
        rows = [self._one(text) for text in texts]
        return np.array(rows, dtype=np.float32).reshape(len(rows), self.dimension)

    def _one(self, text: str) -> NDArray[np.float64]:
        total = np.full(self.dimension, 1e-6)
        for word in text.lower().split():
            if word not in self._known:
                seed = int.from_bytes(hashlib.sha256(word.encode()).digest()[:4], "big")
                self._known[word] = np.random.default_rng(seed).normal(size=self.dimension)
            total = total + self._known[word]
        return np.asarray(total / np.linalg.norm(total))


def corpus_rows(services: int) -> list[dict[str, str]]:
    """The updates of the first services of the authored corpus."""
    rows = []
    for path in sorted(SERVICES.glob("*.jsonl"))[:services]:
        for line in path.read_text(encoding="utf8").splitlines():
            row = json.loads(line)
            rows.append({name: value for name, value in row.items() if isinstance(value, str)})
    return rows


def corpus_table(services: int) -> pd.DataFrame:
    """:func:`corpus_rows` as a table."""
    return pd.DataFrame(corpus_rows(services)).fillna("")


SILENT = "Existing support is in place."


def ordered_table(services: int) -> pd.DataFrame:
    """Plans that answer Spotlight in its order; what recommendation 18 asks is answered by :data:`SILENT`."""
    ids = [entry.id for entry in load_catalogue("spotlight").entries]
    told = {id_: f"Spotlight recommendation {id_} has been met by all stations." for id_ in ids}
    rows = [
        {"service": f"Service {n}", "update": SILENT if id_ == "18" else f"{told[id_]} Visit {n} is done."}
        for n in range(services)
        for id_ in ids
    ]
    return pd.DataFrame(rows)


def linked_silently(scored: pd.DataFrame) -> list[str]:
    """What the silent rows are linked to first."""
    links = scored.loc[scored["update"] == SILENT, "links"]
    return [own[0]["id"] if own and own[0]["grade"] == "equivalent" else "" for own in links]


def varied_table(size: int, seed: int = 11) -> pd.DataFrame:
    """Rows of the corpus over and over, each time of other services and with other figures in shorter texts."""
    rng = random.Random(seed)
    base = corpus_rows(1_000)
    made = []
    for n in range(size):
        turn, at = divmod(n, len(base))
        row = dict(base[at])
        row["service"] = f"{row['service']} {turn}" if turn else row["service"]
        row["row_id"] = f"{turn}/{at}"
        for name in ("update", "planned_action", "recommendation"):
            words = row.get(name, "").split()[: rng.choice((12, 20, 30))]
            text = _DIGITS.sub(lambda _: str(rng.randrange(10)), " ".join(words))
            row[name] = text if turn == 0 or rng.random() < 0.3 else f"{text} ({rng.randrange(10_000)})"
        made.append(row)
    return pd.DataFrame(made).fillna("")


def written(table: pd.DataFrame, place: Path) -> bytes:
    """The bytes of a table in a file."""
    write_table(table, place)
    return place.read_bytes()


def killer(when: str, done_of: int) -> tuple[Callable[[str, int, int], None], list[int]]:
    """Progress that kills one worker once so many steps of a stage are done, and the ids that it killed."""
    killed: list[int] = []

    def told(stage: str, done: int, total: int) -> None:
        if stage == when and done >= done_of and not killed:
            worker = next(child for child in multiprocessing.active_children() if child.pid)
            assert worker.pid is not None
            killed.append(worker.pid)
            os.kill(worker.pid, signal.SIGKILL)

    return told, killed
