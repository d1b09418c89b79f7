"""The search for candidates gives what a plain one gives that looks at every place in turn."""

from __future__ import annotations

import random
from collections import defaultdict
from collections.abc import Iterator, Sequence
from itertools import pairwise
from typing import Any

import pytest
from planting import drawn, edited, passage_of, put_into

from nlpkit.analysis import repeats, seeds
from nlpkit.analysis.repeats import find_repeats
from nlpkit.analysis.words import Words


def _plain(
    words: Sequence[Words], group: Any, *, apart: Any = None, action: Any = None, most: int
) -> Iterator[tuple[int, int, seeds.Pairs]]:
    places: dict[Any, list[tuple[int, int]]] = defaultdict(list)
    for n, one in enumerate(words):
        for at in range(len(one.ids) - seeds.SEED + 1):
            places[int(group[n]), *one.ids[at : at + seeds.SEED]].append((n, at))
    hits: dict[tuple[int, int], list[tuple[int, int]]] = defaultdict(list)
    for found in places.values():
        for k, (right, right_at) in enumerate(found):
            before = range(k) if len(found) <= most else sorted({0, k - 1} & set(range(k)))
            for left, left_at in (found[b] for b in before):
                if left != right and (apart is None or apart[left] != apart[right]):
                    hits[left, right].append((left_at, right_at))
    for (left, right), pairs in sorted(hits.items()):
        pairs.sort()
        best = covered = seeds.SEED
        for (a, b), (c, d) in pairwise(pairs):
            linked = c - a <= seeds.REACH and abs((d - c) - (b - a)) <= seeds.DRIFT
            covered = covered + min(c - a, seeds.SEED) if linked else seeds.SEED
            best = max(best, covered)
        own = action is not None and action[left] == action[right]
        if best >= (seeds.OWN_SEEDED if own else seeds.SEEDED):
            yield left, right, pairs


def _texts(rng: random.Random) -> list[str]:
    texts = [row["update"] for row in drawn(rng, 240)]
    for n in range(0, 80, 2):
        copy = edited(texts[n][slice(*passage_of(texts[n], rng))], rng.uniform(0, 0.2), rng)
        texts[n + 1], _ = put_into(texts[n + 1], copy, rng)
    texts += ["", "See 5.", "No change since May.", "All commanders hold a valid certificate in command."] * 4
    return texts


@pytest.mark.parametrize("code", [None, 10**9, 1])
@pytest.mark.parametrize("most", [48, 3])
def test_the_same_repeats_as_by_looking_at_every_place(
    most: int, code: int | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    texts = _texts(random.Random(most))
    searches: list[dict[str, Any]] = [
        {},
        {"groups": [n % 3 for n in range(len(texts))]},
        {"apart": [n // 5 for n in range(len(texts))]},
        {"groups": [n // 80 for n in range(len(texts))], "actions": [n // 2 for n in range(len(texts))]},
    ]
    with monkeypatch.context() as patched:
        patched.setattr(repeats, "candidates", _plain)
        wanted = [find_repeats(texts, most=most, **search) for search in searches]
    if code is not None:  # as if the places of so many texts didn't fit into one number
        monkeypatch.setattr(seeds, "_MOST_CODE", code)
    assert [find_repeats(texts, most=most, **search) for search in searches] == wanted
    assert len(wanted[0]) >= 40


@pytest.mark.parametrize("code", [seeds._MOST_CODE, 1])
@pytest.mark.parametrize(
    "texts",
    [
        [],
        ["", ""],
        ["One two."],
        ["Crews met at the pier.", "The lease was signed in May by both owners."],
        ["Crews met at the pier.", "Nobody met at the pier."],
        ["We met at the pier. We met at the pier.", "Hoses were dried."],
    ],
)
def test_nothing_to_find(texts: list[str], code: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(seeds, "_MOST_CODE", code)
    assert find_repeats(texts) == []
    assert find_repeats(texts, apart=["a"] * len(texts)) == []
    assert find_repeats(texts, groups=list(range(len(texts)))) == []
