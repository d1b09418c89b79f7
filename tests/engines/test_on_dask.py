"""The Dask engine gives the local one's bytes, loses nothing with a worker, and says what is wrong."""

from __future__ import annotations

import logging
import os
import sys
import time
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from tables import (
    WordEncoder,
    corpus_table,
    killer,
    linked_silently,
    ordered_table,
    varied_table,
    written,
)

import nlpkit
from nlpkit import partitions
from nlpkit.engines import on_dask
from nlpkit.engines.on_dask import DaskEngine
from nlpkit.errors import InputError, NlpkitError
from nlpkit.files import write_table

distributed = pytest.importorskip("distributed")

ENCODER = WordEncoder()
LARGE = "NLPKIT_LARGE_TESTS"


@pytest.mark.slow
def test_the_same_bytes_with_a_worker_killed_half_way(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    table = pd.concat([corpus_table(4), ordered_table(6)], ignore_index=True).fillna("").assign(mine=7)
    here = written(nlpkit.score(table, encoder=ENCODER), tmp_path / "here.jsonl")
    monkeypatch.setattr(partitions, "WHOLE", 50)
    monkeypatch.setattr(partitions, "ROWS", 50)
    told, killed = killer("judging", 3)
    with caplog.at_level(logging.WARNING, "nlpkit"):
        found = nlpkit.score(table, encoder=ENCODER, engine="dask", workers=2, progress=told)
    assert len(killed) == 1
    assert written(found, tmp_path / "there.jsonl") == here
    assert linked_silently(found) == ["18"] * 6
    assert "was lost" in caplog.text and "done again" in caplog.text


@pytest.mark.slow
@pytest.mark.skipif(LARGE not in os.environ, reason=f"takes long: set {LARGE}=1")
def test_20000_rows_with_a_worker_killed_half_way(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    table = varied_table(20_000)
    begun = time.monotonic()
    here = written(nlpkit.score(table, encoder=ENCODER), tmp_path / "here.jsonl")
    local, begun = time.monotonic() - begun, time.monotonic()
    told, killed = killer("judging", 5)
    with caplog.at_level(logging.WARNING, "nlpkit"):
        found = nlpkit.score(table, encoder=ENCODER, engine="dask", workers=2, progress=told)
    sys.stdout.write(f"local {local:.0f} s, two workers {time.monotonic() - begun:.0f} s\n")
    sys.stdout.write("".join(f"{record.getMessage()}\n" for record in caplog.records))
    assert len(killed) == 1
    assert written(found, tmp_path / "there.jsonl") == here


@pytest.mark.slow
def test_a_running_cluster_and_what_it_may_lack(
    tmp_path: Path, run: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    table = corpus_table(1)
    write_table(table, tmp_path / "table.jsonl")
    with distributed.LocalCluster(
        n_workers=1,
        threads_per_worker=1,
        host="127.0.0.1",
        dashboard_address=None,
        silence_logs=logging.ERROR,
    ) as cluster:
        address = cluster.scheduler_address
        arguments = ["score", "table.jsonl", "--catalogue", "none", "--quiet"]
        done = run(*arguments, "--engine", "dask", "--scheduler", address, "--out", "there.parquet")
        assert (done.returncode, done.stderr) == (0, "")
        assert run(*arguments, "--out", "here.parquet").returncode == 0
        assert (tmp_path / "there.parquet").read_bytes() == (tmp_path / "here.parquet").read_bytes()

        about = on_dask._about()
        for other, told in (
            (("0.0.1", *about[1:]), "here is nlpkit 0.0.1"),
            ((*about[:2], "x"), "another build of nlpkit"),
        ):
            with monkeypatch.context() as patch:
                patch.setattr(on_dask, "_here", lambda other=other: other)
                done = run(*arguments, "--engine", "dask", "--scheduler", address, "--out", "no.jsonl")
            assert done.returncode == 2 and told in done.stderr and not (tmp_path / "no.jsonl").exists()

        with DaskEngine(address, patience=1.0) as engine:
            assert engine.take(engine.run(abs, -3)) == 3
            with pytest.raises(InputError, match="no such row"):
                engine.take(engine.run(_refuse))
            cluster.scale(0)
            with pytest.raises(NlpkitError, match="lost all of its workers"):
                engine.take(engine.run(abs, -4))

        monkeypatch.setattr(on_dask, "_CONNECT", 1.0)
        done = run(*arguments, "--engine", "dask", "--scheduler", address)
        assert done.returncode == 2 and "the scheduler has no workers" in done.stderr


def _refuse() -> None:
    raise InputError("no such row")


def test_a_scheduler_that_is_not_there(tmp_path: Path, run: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(on_dask, "_CONNECT", 0.5)
    (tmp_path / "table.csv").write_text("row_id,update\n1,Hoses were bought in May.\n")
    done = run(
        "score", "table.csv", "--catalogue", "none", "--engine", "dask", "--scheduler", "tcp://127.0.0.1:9"
    )
    assert done.returncode == 2 and done.stdout == ""
    assert "tcp://127.0.0.1:9: no Dask scheduler can be reached there" in done.stderr
    assert "Traceback" not in done.stderr
    with pytest.raises(InputError, match="no Dask scheduler"), DaskEngine("nonsense://here"):
        pass


def test_dask_that_is_not_installed(tmp_path: Path, run: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "distributed", None)
    (tmp_path / "table.csv").write_text("row_id,update\n1,Hoses were bought in May.\n")
    done = run("score", "table.csv", "--catalogue", "none", "--engine", "dask")
    assert done.returncode == 2 and "pip install 'nlpkit[dask]'" in done.stderr


def test_options_that_do_not_go_together(tmp_path: Path, run: Any) -> None:
    (tmp_path / "table.csv").write_text("row_id,update\n1,Hoses were bought in May.\n")
    done = run("score", "table.csv", "--workers", "2")
    assert done.returncode == 2 and "--engine dask" in done.stderr
    done = run("score", "table.csv", "--engine", "ray")
    assert done.returncode == 2 and "local or dask" in done.stderr
    with pytest.raises(InputError, match="there is no engine 'ray'"):
        nlpkit.score(pd.DataFrame({"update": ["Done."]}), catalogue=None, engine="ray")


class _Failed:
    status = "error"

    def __init__(self, error: Exception) -> None:
        self._error = error

    def done(self) -> bool:
        return True

    def exception(self) -> Exception:
        return self._error


class KilledWorker(Exception):
    """Named as Dask's, which says only this much of itself."""


def test_a_part_that_ends_every_worker_is_said_plainly() -> None:
    with pytest.raises(NlpkitError, match="want of memory"):
        DaskEngine().wait([_Failed(KilledWorker())], lambda done: None)
    lost = _Failed(Exception())
    lost.status = "cancelled"
    with pytest.raises(NlpkitError, match="given the work up"):
        DaskEngine().wait([lost], lambda done: None)
