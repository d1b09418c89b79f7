"""Truth planted in the authored updates of ``corpora/updates``: copies, with known edits at known places.

Everything is drawn with a seed. The updates are those that the corpus's authors labelled as news (no
staleness) and that name no other action, from services and actions of their own, so that what is planted is all there is.
"""

from __future__ import annotations

import json
import random
import re
import textwrap
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any

from nlpkit.resources import bundled

LEAST_WORDS = 12
"""A passage shorter than this is planted only where it is a whole update."""

_SENTENCE_END = re.compile(r"(?<=[.!?])\s+(?=[A-Z(])")
_SENDS = re.compile(
    r"\b(?:actions?|recommendations?)\s+\d|\bcan be found\b|\b(?:above|below|see)\b", re.IGNORECASE
)
_FOOTERS = (
    "Page {} of 17",
    "Action Plan v3.2 | {}",
    "{}",
    "- {} -",
    "OFFICIAL\n{}",
    "Recommendation\tUpdate\tRAG",
)


@dataclass(frozen=True)
class Copy:
    """A passage of ``texts[source]`` (``source_span``) standing, changed, in ``texts[host]`` (``span``)."""

    texts: tuple[str, ...]
    source: int
    host: int
    source_span: tuple[int, int]
    span: tuple[int, int]


@cache
def corpus_rows() -> tuple[dict[str, Any], ...]:
    """The rows of the corpus whose authors found nothing stale in them, one an action, in a fixed order."""
    rows: dict[tuple[str, str], dict[str, Any]] = {}
    for path in sorted(bundled("corpora/updates/services").glob("*.jsonl")):
        for line in path.read_text(encoding="utf8").splitlines():
            row = json.loads(line)
            news = not row["labels"]["stale"] and not _SENDS.search(row["update"])
            if news and len(row["update"].split()) >= 25:
                rows.setdefault((row["service"], row["action_id"]), row)
    return tuple(rows.values())


@cache
def other_words() -> tuple[str, ...]:
    """Words to put in the place of others, as often as they stand in the corpus."""
    words = (word.strip(".,;:()[]'\"") for row in corpus_rows() for word in row["update"].split())
    return tuple(word for word in words if word.isalpha())


def sentences(text: str) -> list[str]:
    return _SENTENCE_END.split(text)


def edited(passage: str, rate: float, rng: random.Random) -> str:
    """The passage with ``rate`` of its words changed, left out or added, in equal parts by chance."""
    words = passage.split(" ")
    chosen = set(rng.sample(range(len(words)), int(rate * len(words))))
    out: list[str] = []
    for n, word in enumerate(words):
        kind = rng.choice(("change", "drop", "add")) if n in chosen else "keep"
        if kind == "change":
            out.append(rng.choice(other_words()) + (word[-1] if word[-1:] in {".", ",", ";"} else ""))
        elif kind == "add":
            out.append(rng.choice(other_words()))
        if kind in {"keep", "add"}:
            out.append(word)
    return " ".join(out)


def rewrapped(passage: str, rng: random.Random) -> str:
    """The passage in lines of another width, as a narrow table cell or an e-mail would have it."""
    return textwrap.fill(
        passage, rng.randrange(18, 60), break_long_words=False, break_on_hyphens=False, drop_whitespace=True
    )


def reordered(passage: str, rng: random.Random) -> str:
    """The sentences of the passage in another order."""
    parts = sentences(passage)
    order = list(range(len(parts)))
    while len(parts) > 1 and order == sorted(order):
        rng.shuffle(order)
    return " ".join(parts[n] for n in order)


def torn(passage: str, rng: random.Random) -> str:
    """The passage as it comes out of a page break: a footer inside it, and a word split by a hyphen."""
    words = passage.split(" ")
    at = rng.randrange(2, len(words) - 2)
    footer = rng.choice(_FOOTERS).format(rng.randrange(2, 40))
    long = [n for n, word in enumerate(words) if len(word) >= 7 and word.isalpha() and abs(n - at) > 1]
    if long:
        n = rng.choice(long)
        cut = rng.randrange(3, len(words[n]) - 3)
        words[n] = f"{words[n][:cut]}-\n{words[n][cut:]}"
    return f"{' '.join(words[:at])}\n{footer}\n\n{' '.join(words[at:])}"


def drawn(rng: random.Random, size: int) -> list[dict[str, Any]]:
    """Rows of the corpus by chance, all different, line breaks taken out of their updates."""
    chosen = rng.sample(corpus_rows(), size)
    return [{**row, "update": " ".join(row["update"].split())} for row in chosen]


def passage_of(text: str, rng: random.Random, *, least: int = 1) -> tuple[int, int]:
    """Where one to three whole sentences (12 words and ``least`` sentences or more) of a text stand."""
    starts = [0, *(match.end() for match in _SENTENCE_END.finditer(text))]
    ends = [*(match.start() for match in _SENTENCE_END.finditer(text)), len(text)]
    first = rng.randrange(max(1, len(starts) - least + 1))
    last = min(len(starts), first + max(least, rng.randrange(1, 4))) - 1
    while len(text[starts[first] : ends[last]].split()) < LEAST_WORDS:
        first, last = (first, last + 1) if last + 1 < len(starts) else (first - 1, last)
    return starts[first], ends[last]


def put_into(text: str, passage: str, rng: random.Random) -> tuple[str, tuple[int, int]]:
    """A text with a passage between two of its sentences, or at either end, and where it stands."""
    starts = [0, *(match.end() for match in _SENTENCE_END.finditer(text)), len(text)]
    at = rng.choice(starts)
    head, tail = text[:at], text[at:]
    head += " " if head and not head.endswith(" ") else ""
    end = len(head) + len(passage)
    return f"{head}{passage}{' ' if tail else ''}{tail}", (len(head), end)


def plant_copy(rng: random.Random, damage: str, rate: float, size: int = 24) -> Copy:
    """One copy among ``size`` updates.

    Args:
        damage: ``moved`` (a passage put into another update), ``whole`` (all of an update), ``wrapped``,
            ``reordered`` or ``torn`` (passages, changed in that way too).
        rate: of the passage's words, the share changed, left out or added.
    """
    texts = [row["update"] for row in drawn(rng, size)]
    source, host = rng.sample(range(size), 2)
    while damage == "reordered" and len(sentences(texts[source])) < 2:
        source = rng.choice([n for n in range(size) if n != host])
    start, end = passage_of(texts[source], rng, least=2 if damage == "reordered" else 1)
    if damage == "whole":
        start, end = 0, len(texts[source])
    copy = edited(texts[source][start:end], rate, rng)
    if damage == "reordered":
        copy = reordered(copy, rng)
    elif damage == "wrapped":
        copy = rewrapped(copy, rng)
    elif damage == "torn":
        copy = torn(copy, rng)
    if damage == "whole":
        texts[host], span = copy, (0, len(copy))
    else:
        texts[host], span = put_into(texts[host], copy, rng)
    return Copy(tuple(texts), source, host, (start, end), span)


def overlap(text: str, found: Sequence[tuple[int, int]], truth: tuple[int, int]) -> float:
    """Intersection over union of spans, in characters that are letters or figures."""
    got = {n for start, end in found for n in range(start, end) if text[n].isalnum()}
    wanted = {n for n in range(*truth) if text[n].isalnum()}
    return len(got & wanted) / len(got | wanted) if got | wanted else 1.0
