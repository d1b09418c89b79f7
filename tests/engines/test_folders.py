"""Parquet files are scored where they lie, as one table."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from tables import WordEncoder, corpus_table

import nlpkit
from nlpkit import folders
from nlpkit.engines.local import LocalEngine
from nlpkit.errors import InputError
from nlpkit.files import read_table, write_table
from nlpkit.folders import score_folder

ENCODER = WordEncoder()


class Here(LocalEngine):
    """The local engine in the place of a cluster."""

    def __init__(self, scheduler: str, workers: int) -> None:
        super().__init__()


@pytest.fixture
def parts(tmp_path: Path) -> Path:
    table = corpus_table(2)
    table["reviewer"] = [f"r{n}" for n in range(len(table))]
    table.loc[len(table) - 1, "update"] = table.loc[0, "update"]
    folder = tmp_path / "parts"
    folder.mkdir()
    for n, at in enumerate(range(0, len(table), 60)):
        write_table(table.iloc[at : at + 60], folder / f"p{n}.parquet")
    return folder


@pytest.mark.slow
def test_files_are_scored_as_one_table(parts: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(folders, "DaskEngine", Here)
    whole = nlpkit.score(nlpkit.read(parts), encoder=ENCODER)
    done = score_folder([parts], tmp_path / "out", encoder=ENCODER)
    assert done["source"].tolist() == [f"parts/{path.name}" for path in sorted(parts.iterdir())]
    assert done["updates"].sum() == len(whole)
    found = pd.concat([read_table(file) for file in done["file"]], ignore_index=True)
    write_table(whole, tmp_path / "whole.parquet")
    assert found.fillna("").to_dict("records") == read_table(tmp_path / "whole.parquet").fillna("").to_dict(
        "records"
    )
    assert "repeat_other" in {kind for kinds in found["stale"] for kind in kinds}


@pytest.mark.slow
def test_the_command_on_a_real_cluster(parts: Path, tmp_path: Path, run: Any) -> None:
    pytest.importorskip("distributed")
    given = [
        "score",
        str(parts),
        "--engine",
        "dask",
        "--workers",
        "2",
        "--catalogue",
        "none",
        "--out",
        "out/",
    ]
    done = run(*given)
    assert done.returncode == 0 and "updates scored in" in done.stderr
    assert [path.name for path in sorted((tmp_path / "out").iterdir())] == [
        f"part-{n:05d}.parquet" for n in range(len(list(parts.iterdir())))
    ]
    again = run(*given)
    assert again.returncode == 2 and "is not empty" in again.stderr


def test_an_id_in_two_files_is_refused(parts: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(folders, "DaskEngine", Here)
    write_table(read_table(parts / "p1.parquet").head(3), parts / "p9.parquet")
    with pytest.raises(InputError, match=r"p9\.parquet.*row_id that also stands in .*p1\.parquet"):
        score_folder([parts], tmp_path / "out", encoder=ENCODER)


def test_other_files_are_refused(parts: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(folders, "DaskEngine", Here)
    (parts / "more.csv").write_text("row_id,update\n1,Hoses were bought.\n")
    with pytest.raises(InputError, match=r"more\.csv: is no Parquet file"):
        score_folder([parts], tmp_path / "out", encoder=ENCODER)
    (tmp_path / "file").write_text("")
    with pytest.raises(InputError, match="cannot be made a folder"):
        score_folder([parts / "p1.parquet"], tmp_path / "file" / "out", encoder=ENCODER)
