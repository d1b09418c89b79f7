"""Adapting the status model to reviews: how, and how much it helps.

    OMP_NUM_THREADS=1 python benchmarks/reviews.py     # some minutes; writes benchmarks/reviews.md

The manner of adapting is chosen on the train split of ``corpora/updates``: models learn from two thirds of
the services and are adapted to each other service by its earlier periods, then judge its later ones. Once as
the services write; once with the deciding sentences of each service put into made-up words of its own. Then
the manner that was chosen meets ``corpora/reviews``, on which nothing was chosen. Nothing is read but
``corpora`` and ``models``.
"""

from __future__ import annotations

import hashlib
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np

from nlpkit.analysis.status_model import STATUSES, StatusModel, packaged_model
from nlpkit.embedding.default import default_encoder
from nlpkit.learning import adapting
from nlpkit.learning.corpus import Labelled, corpus, reviews_corpus
from nlpkit.learning.evaluate import accuracy, interval
from nlpkit.learning.train import PUBLISHED, Material, fit, material, predict, split_by_group

TABLE = Path(__file__).resolve().parent / "reviews.md"
_THIRDS = 3
_LEAST_EARLIER, _LEAST_LATER, _MOST_EARLIER = 25, 15, 120
_CONSONANTS, _VOWELS = "bdfgklmnprstvz", "aeiou"

Given = adapting._Given


def main() -> None:
    started = time.perf_counter()
    encoder = default_encoder()
    train = corpus("train")
    plain = material(train, encoder)
    own = material(in_own_words(train, plain), encoder)
    scored: dict[tuple[str, str], list[tuple[int, bool, float]]] = {}
    fold = split_by_group(plain.group, _THIRDS)
    services = 0
    for k in range(_THIRDS):
        model = fit(plain.chosen(np.flatnonzero(fold != k)), PUBLISHED).model
        for service in sorted({plain.group[i] for i in np.flatnonzero(fold == k)}):
            parts = earlier_and_later(train, service)
            if parts is None:
                continue
            services += 1
            for manner, data in (("as written", plain), ("in words of their own", own)):
                for name, shares, labels in candidates(model, train, data, *parts):
                    said = adapting._decided(shares)
                    losses = -np.log(np.maximum(shares[np.arange(len(labels)), labels], 1e-9))
                    scored.setdefault((name, manner), []).extend(
                        (int(a), a == b, float(x)) for a, b, x in zip(labels, said, losses, strict=True)
                    )
            sys.stdout.write(f"{service}\n")
            sys.stdout.flush()
    names = list(dict.fromkeys(name for name, _ in scored))
    rows = [
        "| " + " | ".join([name, *(_cell(scored[name, m]) for m in ("as written", "in words of their own"))])
        + " |"
        for name in names
    ]  # fmt: skip
    page = _PAGE.format(
        services=services,
        rows="\n".join(rows),
        tested=len(scored[names[0], "as written"]),
        unseen=unseen(encoder),
    )
    TABLE.write_text(page, encoding="utf8")
    sys.stdout.write(f"{(time.perf_counter() - started) / 60:.1f} minutes\n")


def earlier_and_later(data: Labelled, service: str) -> tuple[list[int], list[int]] | None:
    """The rows of a service before and from the date that leaves nearest to a hundred before it."""
    rows = [i for i, name in enumerate(data.group) if name == service]
    moments = [str(x) for x in data.updates["as_of"]]
    found = []
    for moment in sorted({moments[i] for i in rows}):
        before = [i for i in rows if moments[i] < moment]
        after = [i for i in rows if moments[i] >= moment]
        if len(before) >= _LEAST_EARLIER and len(after) >= _LEAST_LATER:
            found.append((abs(len(before) - 100), before[-_MOST_EARLIER:], after))
    return min(found)[1:] if found else None


def in_own_words(data: Labelled, read: Material) -> Labelled:
    """The deciding sentences put into made-up words, three a status and service; a sixth left as it was."""

    def number(*about: object) -> int:
        return int.from_bytes(hashlib.sha256("|".join(map(str, about)).encode()).digest()[:6], "big")

    def word(*about: object) -> str:
        left, made = number(*about), ""
        for _ in range(2 + left % 2):
            made += _CONSONANTS[left % 14] + _VOWELS[left // 14 % 5]
            left //= 70
        return made

    texts = []
    for i, (service, status) in enumerate(zip(data.group, data.status, strict=True)):
        dice = number("row", i)
        which = 0 if dice % 100 < 50 else 1 if dice % 100 < 80 else 2
        saying = word(service, status, which) + (f" {word(service, status, which, 2)}" if which == 1 else "")
        telling = read.telling[i] or (False,) * len(read.texts[i])
        rest = [text for text, tells in zip(read.texts[i], telling, strict=True) if not tells]
        at = 0 if dice // 1000 % 100 < 60 else 1
        own = " ".join([*rest[:at], f"{saying.capitalize()}.", *rest[at:]])
        texts.append(own if dice // 1000 % 100 < 85 else " ".join(read.texts[i]))
    return replace(data, updates=data.updates.assign(update=texts), why=("",) * len(texts))


def candidates(
    model: StatusModel, data: Labelled, read: Material, before: Sequence[int], after: Sequence[int]
) -> list[tuple[str, np.ndarray, np.ndarray]]:
    """Each manner's probabilities for the later rows."""
    rows = [*before, *after]
    part = read.chosen(rows)
    group = adapting.groups_of_copies(data.updates.iloc[rows].reset_index(drop=True))
    told = tuple(
        adapting.house_grams(gram for text in texts for gram in adapting.grams(text)) for texts in part.texts
    )
    prior = np.log(np.maximum(predict(model, part), 1e-9))
    learned, asked = np.arange(len(before)), np.arange(len(before), len(rows))
    rarity = adapting._rarity(model, [told[i] for i in learned])
    power = adapting._RARITY_POWER
    words = tuple([gram for gram in row if " " not in gram] for row in told)
    full = Given(told, rarity, prior, part.label, group)
    by_rarity = {gram: value ** (1 / power) for gram, value in rarity.items()}
    ways: list[tuple[str, Callable[[], np.ndarray]]] = [
        ("the model as it was", lambda: adapting._judged(None, full, asked)),
        ("a bias for each status only", lambda: judged(replace(full, rarity={}), 0.1)),
        ("words and pairs, all alike", lambda: judged(replace(full, rarity=dict.fromkeys(rarity, 1.0)), 0.1)),
        ("words and pairs, by rarity", lambda: judged(replace(full, rarity=by_rarity), 0.1)),
        ("words, by rarity squared", lambda: judged(replace(full, told=words), 0.1)),
        ("words and pairs, by rarity squared, ridge 0.03", lambda: judged(full, 0.03)),
        ("words and pairs, by rarity squared", lambda: judged(full, 0.1)),
        ("words and pairs, by rarity squared, ridge 1", lambda: judged(full, 1.0)),
        ("**words and pairs, by rarity squared, ridge chosen on the reviews**", lambda: chosen(full)),
    ]

    def judged(given: Given, ridge: float) -> np.ndarray:
        return adapting._judged(adapting._fits(given, learned, (ridge,))[ridge], given, asked)

    def chosen(given: Given) -> np.ndarray:
        return adapting._judged(adapting._chosen(given, learned), given, asked)

    return [(name, way(), part.label[asked]) for name, way in ways]


def unseen(encoder: object) -> str:
    """The manner that was chosen, on the authored reviews."""
    first, later = (reviews_corpus(period) for period in ("first_period", "next_period"))
    found = adapting.adapt(packaged_model(), material(first, encoder))  # type: ignore[arg-type]
    asked = material(later, encoder)  # type: ignore[arg-type]
    lines = [*(f"{line}  " for line in adapting._compared(found, material(first, encoder).label)), ""]  # type: ignore[arg-type]
    lines += ["| next period, " + f"{len(later.status)} rows | accuracy | log loss |", "|---|---|---|"]
    for name, model in (("the model as it was", packaged_model()), ("adapted", found.model)):
        shares = predict(model, asked)
        said = [STATUSES[i] for i in adapting._decided(shares)]
        low, high = interval(accuracy, later.status, said)
        right = accuracy(later.status, said)
        loss = adapting._loss(shares, asked.label)
        lines.append(f"| {name} | {right:.3f} ({low:.3f}–{high:.3f}) | {loss:.3f} |")
    return "\n".join(lines)


def _cell(results: Sequence[tuple[int, bool, float]]) -> str:
    right = [ok for _, ok, _ in results]
    return f"{sum(right) / len(right):.3f} | {sum(loss for _, _, loss in results) / len(results):.3f}"


_PAGE = """# Reviews: adapting the status model

Made by `python benchmarks/reviews.py`. The manner was chosen on the train split of `corpora/updates`: models
that learned from two thirds of its services were adapted to each of {services} others by its earlier periods
(25 to 120 rows) and judged its later ones ({tested} rows in all). "In words of their own": the deciding
sentences of each service put into made-up words, three sayings a status, a sixth left as they were. The ridge
is 0.1 unless told.

| manner | as written: accuracy | log loss | in words of their own: accuracy | log loss |
|---|---|---|---|---|
{rows}

## On a service whose style departs from the corpus

`corpora/reviews`, on which nothing was chosen: adapted to 100 reviews of one period, asked about the next.
In brackets 95% bootstrap intervals over rows.

{unseen}
"""


if __name__ == "__main__":
    main()
