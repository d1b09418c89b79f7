"""nlpkit themes on the command line."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from nlpkit import intake, theming
from nlpkit.embedding import default

Run = Callable[..., subprocess.CompletedProcess[str]]


@pytest.fixture
def updates(tmp_path: Path, project: Path) -> Path:
    """Forty updates of the authored corpus, as a table."""
    path = tmp_path / "updates.jsonl"
    lines = (project / "corpora/updates/services/quarrendon.jsonl").read_text(encoding="utf8").splitlines()
    rows = [json.loads(line) for line in lines]
    assert len(rows) == 40
    path.write_text("\n".join(json.dumps(row) for row in rows), encoding="utf8")
    return path


@pytest.mark.slow
def test_themes_writes_rows_summary_and_map(run: Run, updates: Path, tmp_path: Path) -> None:
    done = run("themes", updates, "--out", "t.csv", "--summary", "s.csv", "--map", "m.html")
    assert done.returncode == 0 and done.stdout == ""
    rows, summary = pd.read_csv(tmp_path / "t.csv", dtype=str), pd.read_csv(tmp_path / "s.csv")
    assert len(rows) == 40 and rows["theme_id"].notna().all() and rows["theme_label"].notna().all()
    assert set(rows["theme_label"]) == set(summary["theme_label"]) and summary["theme_label"].is_unique
    assert summary["updates"].sum() == 40 and summary["stability"].between(0, 1).all()
    assert f"{len(summary)} themes of 40 updates" in done.stderr
    assert all(
        title.split(",")[0] in done.stderr.replace("\n", " ") for title in summary["theme_label"].str[:12]
    )
    assert (tmp_path / "m.html").stat().st_size > 1_000_000


@pytest.mark.slow
def test_themes_are_the_same_bytes_and_count_by_period(run: Run, updates: Path, tmp_path: Path) -> None:
    first = run("themes", updates, "-q")
    assert first.returncode == 0 and first.stderr == ""
    assert run("themes", updates, "-q").stdout == first.stdout
    lines = updates.read_text(encoding="utf8").splitlines()
    updates.write_text("\n".join(reversed(lines)), encoding="utf8")
    assert sorted(run("themes", updates, "-q").stdout.splitlines()) == sorted(first.stdout.splitlines())
    by = [json.loads(line) for line in run("themes", updates, "-q", "--by", "period").stdout.splitlines()]
    assert sum(row["updates"] for row in by) == 40 and {"period", "change", "new"} <= set(by[0])


@pytest.mark.slow
def test_a_guide_needs_no_thirty_rows(run: Run, updates: Path, tmp_path: Path) -> None:
    (tmp_path / "guide.csv").write_text(
        "id,title,text\n1,Appraisals,yearly appraisals of staff by their managers\n", encoding="utf8"
    )
    lines = updates.read_text(encoding="utf8").splitlines()[:12]
    updates.write_text("\n".join(lines), encoding="utf8")
    done = run("themes", updates, "--guide", "guide.csv")
    rows = [json.loads(line) for line in done.stdout.splitlines()]
    assert done.returncode == 0 and len(rows) == 12
    assert {row["theme_label"] for row in rows} <= {"Appraisals", ""}
    few = run("themes", updates)
    assert few.returncode == 2 and "12 updates, too few" in few.stderr and "--guide" in few.stderr


def test_wrong_usage_is_told_before_any_work(run: Run, updates: Path) -> None:
    for arguments, told in {
        ("--by", "colour"): "Write --by theme, service, status or period",
        ("--map", "m.pdf"): ".html or .png",
        ("--summary", "s.doc"): "not a table format",
        ("--guide", "nosuch"): "there is no catalogue 'nosuch'",
        ("--guide", "spotlight", "--number", "3"): "exclude each other",
    }.items():
        done = run("themes", updates, *arguments)
        assert done.returncode == 2 and told in " ".join(done.stderr.replace("│", " ").split()), arguments
        assert done.stdout == ""


def test_a_stopped_run_goes_on_from_the_plans_that_were_read(
    run: Run, demo_plan: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    read: list[object] = []
    real_read, real_themes = intake.read_document, theming.themes

    def reading(*given: Any, **more: Any) -> Any:
        read.append(given)
        return real_read(*given, **more)

    def stopping(*given: Any, **more: Any) -> Any:
        raise SystemExit(143)  # as on being told to stop

    command = ("themes", demo_plan, "--guide", "spotlight", "--summary", "s.csv", "--out", "t.csv")
    monkeypatch.setattr(default, "default_encoder", lambda: Lengths())
    monkeypatch.setattr(intake, "read_document", reading)
    monkeypatch.setattr(theming, "themes", stopping)
    stopped = run(*command)
    assert stopped.returncode == 143
    assert "finished work is kept in t.csv.work: with --resume" in stopped.stderr
    assert [path.name for path in tmp_path.iterdir()] == ["t.csv.work"] and len(read) == 1
    monkeypatch.setattr(theming, "themes", real_themes)
    assert run(*command, "--resume").returncode == 0 and len(read) == 1
    assert sorted(path.name for path in tmp_path.iterdir()) == ["s.csv", "t.csv"]
    resumed = (tmp_path / "t.csv").read_bytes()
    assert run(*command).returncode == 0 and len(read) == 2
    assert (tmp_path / "t.csv").read_bytes() == resumed
    assert run(*command[:-2], "--resume").returncode == 2


class Lengths:
    """An encoder that knows only how long a text is."""

    name, dimension = "lengths", 2

    def encode(self, texts: Sequence[str]) -> np.ndarray:
        angles = np.array([len(text) % 90 for text in texts], dtype=np.float32) / 60
        return np.stack([np.cos(angles), np.sin(angles)], axis=1)
