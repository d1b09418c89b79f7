"""Themes: the same on a cluster as here, also where they are found in a sample and the rest joins them."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from tables import WordEncoder, corpus_table, killer, written

import nlpkit
import nlpkit.catalogue
from nlpkit import theme_parts
from nlpkit.analysis import themes as themes_module
from nlpkit.analysis.themes import Themes
from nlpkit.engines.local import LocalEngine
from nlpkit.judging import Tools, silent
from nlpkit.theme_parts import Shared

ENCODER = WordEncoder()


@pytest.fixture(scope="module")
def table() -> pd.DataFrame:
    return corpus_table(12)


@pytest.fixture
def small(monkeypatch: pytest.MonkeyPatch) -> None:
    for module in (themes_module, theme_parts):
        monkeypatch.setattr(module, "SHARE", 60)


def tables(found: Themes, folder: Path, name: str) -> list[bytes]:
    return [
        written(one, folder / f"{name}-{n}.jsonl")
        for n, one in enumerate((found.assignments, found.summary, found.left_out))
    ]


@pytest.mark.usefixtures("small")
@pytest.mark.parametrize(("clustered", "guide"), [(10_000, None), (150, None), (10_000, "spotlight")])
def test_shares_give_what_one_piece_gives(
    clustered: int,
    guide: str | None,
    table: pd.DataFrame,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(themes_module, "CLUSTERED", clustered)
    whole = nlpkit.themes(table, encoder=ENCODER, guide=guide)
    with LocalEngine() as engine:
        hands = Shared(engine, Tools(None, None, ENCODER), silent)
        if guide is None:
            shared = themes_module.find(table, encoder=ENCODER, hands=hands)
        else:
            shared = themes_module.guided(
                table, nlpkit.catalogue.load_catalogue(guide), encoder=ENCODER, hands=hands
            )
    assert tables(shared, tmp_path, "shared") == tables(whole, tmp_path, "whole")


@pytest.mark.usefixtures("small")
def test_those_beyond_the_sample_join_the_themes(
    table: pd.DataFrame, monkeypatch: pytest.MonkeyPatch
) -> None:
    every = nlpkit.themes(table, encoder=ENCODER, number=8)
    monkeypatch.setattr(themes_module, "CLUSTERED", len(every.subjects) // 2)
    found = nlpkit.themes(table, encoder=ENCODER, number=8)
    assert len(found.subjects) == len(every.subjects) // 2
    assert found.assignments["row_id"].tolist() == every.assignments["row_id"].tolist()
    assert found.summary["updates"].sum() == (found.assignments["theme_id"] != "").sum()
    assert found.summary["updates"].idxmax() == 0
    assert (found.assignments["theme_id"] != "").mean() > 0.9
    assert found.assignments["theme_why"].str.match(r"similarity 0|fits nowhere").mean() > 0.9
    turned = nlpkit.themes(table.iloc[::-1].reset_index(drop=True), encoder=ENCODER, number=8)
    assert turned.assignments["theme_label"].tolist()[::-1] == found.assignments["theme_label"].tolist()


@pytest.mark.slow
@pytest.mark.usefixtures("small")
@pytest.mark.parametrize("clustered", [150, 10_000])
def test_the_same_bytes_with_a_worker_killed_half_way(
    clustered: int, table: pd.DataFrame, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    pytest.importorskip("distributed")
    monkeypatch.setattr(themes_module, "CLUSTERED", clustered)
    here = nlpkit.themes(table, encoder=ENCODER)
    told, killed = killer("reading updates", 1)
    there = nlpkit.themes(table, encoder=ENCODER, engine="dask", workers=2, progress=told)
    assert len(killed) == 1
    assert tables(there, tmp_path, "there") == tables(here, tmp_path, "here")


@pytest.mark.slow
def test_the_command_on_a_real_cluster(table: pd.DataFrame, tmp_path: Path, run: Any) -> None:
    pytest.importorskip("distributed")
    done = run("themes", "mine.jsonl", "--workers", "2")
    assert done.returncode == 2 and "--engine dask" in done.stderr
    written(table.head(120), tmp_path / "mine.jsonl")
    given = ["themes", "mine.jsonl", "--quiet", "--summary"]
    assert run(*given, "a.csv", "--out", "a.jsonl").returncode == 0
    done = run(*given, "b.csv", "--out", "b.jsonl", "--engine", "dask", "--workers", "2")
    assert (done.returncode, done.stderr) == (0, "")
    for one, other in (("a.csv", "b.csv"), ("a.jsonl", "b.jsonl")):
        assert (tmp_path / one).read_bytes() == (tmp_path / other).read_bytes()
