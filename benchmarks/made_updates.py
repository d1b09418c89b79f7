"""Any number of progress updates made from the authored corpus, with copies planted at known places.

The words follow one another as in ``corpora/updates`` (a chain over pairs of words), and an update is as
long as an authored one drawn by chance, so that short formulas, turns of phrase and common words come
as often as they do in plans, while no passage is copied unless it was planted.
"""

from __future__ import annotations

import json
import random
import re
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path

CORPUS = Path(__file__).resolve().parent.parent / "corpora" / "updates"
SHARE = 0.1  # of the updates, those that hold a planted copy
MOST_EDITED = 0.2  # of a copy's words, what is changed, left out or added at most
LEAST_WORDS = 12  # shorter updates are formulas ("No change."), which nobody copies from
LEAP = 0.2  # how often a word is followed by any word of the corpus: sets how alike the updates are

ACTIONS = 25  # of a made plan
QUARTERS = (("March 2024", "2024-03"), ("June 2024", "2024-06"), ("September 2024", "2024-09"))
QUARTERS += (("December 2024", "2024-12"),)
TAKEN = (
    "section",
    "theme",
    "recommendation",
    "required_outcome",
    "planned_action",
    "owner",
    "due",
    "declared",
)

_END = re.compile(r"[.!?]$")
_SENTENCES = re.compile(r"(?<=[.!?])\s+")
_DIGIT = re.compile(r"\d")


@dataclass(frozen=True)
class Copy:
    """Characters ``source_span`` of one update, edited, as characters ``span`` of another.

    ``whole``: the copy is all that there is of its update, and of its source.
    """

    source: int
    place: int
    source_span: tuple[int, int]
    span: tuple[int, int]
    whole: bool


@cache
def authored() -> tuple[str, ...]:
    """The authored updates that say more than a formula, in a fixed order, line breaks taken out."""
    paths = [*sorted((CORPUS / "services").glob("*.jsonl")), CORPUS / "starter.jsonl"]
    lines = [line for path in paths for line in path.read_text(encoding="utf8").splitlines()]
    texts = [" ".join(json.loads(line)["update"].split()) for line in lines]
    return tuple(dict.fromkeys(text for text in texts if text))


class _Chain:
    """Draws words that follow one another as in the authored updates."""

    def __init__(self, rng: random.Random) -> None:
        self.rng = rng
        self.next: dict[str, list[str]] = defaultdict(list)
        self.words: list[str] = []
        self.first: list[str] = []
        for text in authored():
            before = ""
            for word in text.split():
                if before and not _END.search(before):
                    self.next[before].append(word)
                else:
                    self.first.append(word)
                self.words.append(word)
                before = word

    def sentences(self, length: int) -> Iterator[str]:
        """Sentences of ``length`` words in all, or a little more."""
        while length > 0:
            words = [self.rng.choice(self.first)]
            while not _END.search(words[-1]) and len(words) < 40:
                known = self.next[words[-1]]
                leap = not known or self.rng.random() < LEAP
                words.append(self.rng.choice(self.words if leap else known))
            length -= len(words)
            words = [_DIGIT.sub(lambda _: str(self.rng.randrange(10)), word) for word in words]
            yield " ".join(words) + ("" if _END.search(words[-1]) else ".")


def edited(passage: str, rate: float, rng: random.Random, words: list[str]) -> str:
    """The passage with ``rate`` of its words changed, left out or added, in equal parts by chance."""
    own = passage.split()
    chosen = set(rng.sample(range(len(own)), int(rate * len(own))))
    out: list[str] = []
    for n, word in enumerate(own):
        kind = rng.choice(("change", "drop", "add")) if n in chosen else "keep"
        if kind in {"change", "add"}:
            stop = word[-1] if kind == "change" and word[-1] in ".,;" else ""
            out.append(rng.choice(words) + stop)
        if kind in {"keep", "add"}:
            out.append(word)
    return " ".join(out)


def made_updates(size: int, seed: int = 7) -> tuple[list[str], list[Copy]]:
    """``size`` updates and the copies planted in a tenth of them.

    Half of the copies are whole updates; the others are a passage of one to three sentences (12 words or
    more) put between the sentences of another update. No update is copied from, or into, twice.
    """
    rng = random.Random(seed)
    chain = _Chain(rng)
    lengths = [len(text.split()) for text in authored()]
    parts = [list(chain.sentences(rng.choice(lengths))) for _ in range(size)]
    return _planted(parts, chain, rng)


def authored_updates(seed: int = 7) -> tuple[list[str], list[Copy]]:
    """The authored updates themselves, with copies planted in the same way.

    They keep to topics and repeat themselves as plans do, so that a search may take for a copy what only
    treats of the same.
    """
    rng = random.Random(seed)
    return _planted([_SENTENCES.split(text) for text in authored()], _Chain(rng), rng)


def made_rows(size: int, seed: int = 7) -> list[dict[str, object]]:
    """An update table of made updates: plans of 25 actions, each told of in four quarters.

    Services, actions and recommendations are as many as the rows want, so that a larger table is more of the
    same; the other columns are those of authored rows.
    """
    texts, _ = made_updates(size, seed)
    rng = random.Random(seed + 1)
    chain = _Chain(rng)
    rows = _authored_rows()
    asked = [len(str(row["recommendation"]).split()) or 12 for row in rows]
    known: dict[int, dict[str, object]] = {}
    made = []
    for n, text in enumerate(texts):
        service, within = divmod(n, ACTIONS * len(QUARTERS))
        quarter, action = divmod(within, ACTIONS)
        number = service * ACTIONS + action
        if number not in known:
            words = chain.sentences(rng.choice(asked))
            known[number] = rng.choice(rows) | {"recommendation": " ".join(words)}
        made.append(
            known[number]
            | {
                "row_id": f"made-{n}",
                "service": f"Service {service + 1}",
                "source": f"service-{service + 1}.docx",
                "action_id": str(action + 1),
                "period": QUARTERS[quarter][0],
                "as_of": QUARTERS[quarter][1],
                "update": text,
            }
        )
    return made


@cache
def _authored_rows() -> tuple[dict[str, object], ...]:
    """The columns that made rows take from authored ones."""
    paths = sorted((CORPUS / "services").glob("*.jsonl"))
    lines = [line for path in paths for line in path.read_text(encoding="utf8").splitlines()]
    return tuple({name: json.loads(line).get(name, "") for name in TAKEN} for line in lines)


def _planted(parts: list[list[str]], chain: _Chain, rng: random.Random) -> tuple[list[str], list[Copy]]:
    texts = [" ".join(one) for one in parts]
    plain = [word.strip(".,;:()") for word in chain.words]
    plain = [word for word in plain if word]
    able = [n for n in range(len(texts)) if len(texts[n].split()) >= LEAST_WORDS]
    rng.shuffle(able)
    copies: list[Copy] = []
    for n in range(round(SHARE * len(texts))):
        source, place = able[2 * n], able[2 * n + 1]
        rate = rng.uniform(0, MOST_EDITED)
        if n % 2 == 0:
            texts[place] = edited(texts[source], rate, rng, plain)
            spans = (0, len(texts[source])), (0, len(texts[place]))
            copies.append(Copy(source, place, *spans, whole=True))
            continue
        passage = _passage(parts[source], rng)
        at = texts[source].index(passage)
        copy = edited(passage, rate, rng, plain)
        cut = rng.randrange(len(parts[place]) + 1)
        head = "".join(f"{part} " for part in parts[place][:cut])
        tail = "".join(f" {part}" for part in parts[place][cut:])
        texts[place] = head + copy + tail
        spans = (at, at + len(passage)), (len(head), len(head) + len(copy))
        copies.append(Copy(source, place, *spans, whole=False))
    return texts, copies


def _passage(parts: list[str], rng: random.Random) -> str:
    first = rng.randrange(len(parts))
    last = first + 1
    wanted = rng.randrange(1, 4)
    while last - first < wanted or len(" ".join(parts[first:last]).split()) < LEAST_WORDS:
        if last < len(parts):
            last += 1
        elif first:
            first -= 1
        else:
            break
    return " ".join(parts[first:last])
