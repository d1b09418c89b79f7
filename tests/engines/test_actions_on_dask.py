"""Links to other plans' actions: the same on a cluster as here, in one block and in blocks by cell."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from tables import WordEncoder, corpus_table, killer, written

import nlpkit
from nlpkit import counterparts
from nlpkit.analysis import linking
from nlpkit.files import write_table
from nlpkit.schema import conform

ENCODER = WordEncoder()


@pytest.fixture(scope="module")
def plans() -> tuple[pd.DataFrame, pd.DataFrame]:
    mine = corpus_table(3)
    others = corpus_table(7)
    others["service"] += " (other)"
    return mine, others


@pytest.fixture
def in_blocks(monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in (("WHOLE_UP_TO", 100), ("CELL", 100), ("ROWS", 100), ("SHARE", 40)):
        monkeypatch.setattr(counterparts, name, value)


def test_one_block_gives_what_linking_gives_in_one_piece(
    plans: tuple[pd.DataFrame, pd.DataFrame], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(counterparts, "ROWS", 400)
    monkeypatch.setattr(counterparts, "SHARE", 30)
    mine, others = plans
    whole = linking.link_actions(conform(mine), conform(others), ENCODER)
    assert len(whole) > 100
    pd.testing.assert_frame_equal(nlpkit.link_actions(mine, others, encoder=ENCODER), whole)


@pytest.mark.usefixtures("in_blocks")
def test_blocks_by_cell_keep_nearly_all_links(plans: tuple[pd.DataFrame, pd.DataFrame]) -> None:
    mine, others = plans
    whole = linking.link_actions(conform(mine), conform(others), ENCODER)
    found = nlpkit.link_actions(mine, others, encoder=ENCODER)
    pair = ["row_id", "to_row_id"]
    same = set(map(tuple, whole.loc[whole["grade"] == "equivalent", pair].to_numpy()))
    kept = same & set(map(tuple, found[pair].to_numpy()))
    assert len(same) > 50 and len(kept) >= 0.95 * len(same)
    assert found.groupby("row_id").size().max() <= 5
    assert found["row_id"].drop_duplicates().tolist() == [
        row for row in mine["row_id"] if row in set(found["row_id"])
    ]
    told = found.assign(rank=(found["grade"] != "equivalent") * 2 - found["score"])
    assert told.groupby("row_id")["rank"].apply(lambda rank: rank.is_monotonic_increasing).all()


@pytest.mark.slow
@pytest.mark.usefixtures("in_blocks")
@pytest.mark.parametrize("actions", [100, 10_000])
def test_the_same_bytes_with_a_worker_killed(
    actions: int, plans: tuple[pd.DataFrame, pd.DataFrame], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    pytest.importorskip("distributed")
    monkeypatch.setattr(counterparts, "WHOLE_UP_TO", actions)
    mine, others = plans
    here = written(nlpkit.link_actions(mine, others, encoder=ENCODER), tmp_path / "here.jsonl")
    told, killed = killer("linking", 1)
    found = nlpkit.link_actions(mine, others, encoder=ENCODER, engine="dask", workers=2, progress=told)
    assert len(killed) == 1
    assert written(found, tmp_path / "there.jsonl") == here


def test_the_command_and_what_does_not_go_together(
    plans: tuple[pd.DataFrame, pd.DataFrame], tmp_path: Path, run: Any
) -> None:
    mine, _ = plans
    write_table(mine.head(4), tmp_path / "mine.jsonl")
    done = run("link", "mine.jsonl", "--engine", "dask")
    assert done.returncode == 2 and "--to-actions" in done.stderr
    done = run("link", "mine.jsonl", "--to-actions", "mine.jsonl", "--workers", "2")
    assert done.returncode == 2 and "--engine dask" in done.stderr
