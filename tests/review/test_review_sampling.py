"""What is put before reviewers: the same for the same seed, by chance and where it teaches."""

from __future__ import annotations

from collections import Counter

import pandas as pd
import pytest
from judged import judged

from nlpkit.review.sampling import AT_RANDOM, CHOSEN, sample


def test_the_same_seed_gives_the_same_rows_in_whatever_order_they_come() -> None:
    table = judged()
    one = sample(table, 20, at_random=10, seed=3)
    other = sample(table.iloc[::-1], 20, at_random=10, seed=3)
    assert set(one["row_id"]) == set(other["row_id"])
    assert dict(zip(one["row_id"], one["part"], strict=True)) == dict(
        zip(other["row_id"], other["part"], strict=True)
    )
    assert list(one["row_id"]) == sorted(one["row_id"])
    assert set(sample(table, 20, at_random=10, seed=4)["row_id"]) != set(one["row_id"])


def test_the_part_by_chance_does_not_depend_on_what_nlpkit_says() -> None:
    table = judged()
    other = table.assign(status_confidence=0.5, mismatch="optimistic", status="unclear")
    drawn = [
        {row["row_id"] for row in sample(t, 20, at_random=10).to_dict("records") if row["part"] == AT_RANDOM}
        for t in (table, other)
    ]
    assert drawn[0] == drawn[1] and len(drawn[0]) == 10


def test_every_row_is_drawn_about_as_often_as_every_other() -> None:
    table = judged(20)
    times = Counter(
        row_id for seed in range(400) for row_id in sample(table, 5, at_random=5, seed=seed)["row_id"]
    )
    assert len(times) == 20 and min(times.values()) > 60 and max(times.values()) < 140  # 100 expected


def test_the_rest_is_unsure_declared_otherwise_or_rare() -> None:
    taken = sample(judged(), 9, at_random=0)
    why = taken.groupby("chosen_because")["row_id"].apply(list)
    assert set(taken["part"]) == {CHOSEN}
    assert why["nlpkit was unsure"] == ["r000", "r001", "r002", "r003"]
    assert {"r033", "r041"} <= set(taken["row_id"])
    assert all(int(row_id[1:]) % 5 == 0 or row_id == "r033" for row_id in why["declared otherwise"])


def test_no_text_is_chosen_twice_nor_an_empty_cell_while_others_are_left() -> None:
    table = judged(12)
    table.loc[:5, "update"] = "The same words."
    table.loc[6, "update"] = ""
    taken = sample(table, 6, at_random=0)
    assert list(taken["update"]).count("The same words.") == 1
    assert "" not in set(taken["update"])
    everything = sample(table, 50, at_random=25)
    assert list(everything["row_id"]) == list(table["row_id"])


@pytest.mark.parametrize("size", [0, 1, 7, 60, 61])
def test_the_size_is_kept(size: int) -> None:
    taken = sample(judged(), size, at_random=3)
    assert len(taken) == min(size, 60) == taken["row_id"].nunique()
    assert (taken["part"] == AT_RANDOM).sum() == min(3, size)
    assert isinstance(taken, pd.DataFrame)
