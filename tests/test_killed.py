"""Runs killed at any moment: the old output or the new, and the resumed run gives the same bytes."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from nlpkit.files import read_table, write_table

KILLING = Path(__file__).with_name("killing.py")


def killed(
    tmp_path: Path, arguments: list[str], files: list[str], status: int, **more: int
) -> dict[str, Any]:
    settings = {"folder": str(tmp_path), "arguments": arguments, "files": files, "status": status} | more
    done = subprocess.run(
        [sys.executable, str(KILLING), json.dumps(settings)], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    found: dict[str, Any] = json.loads(done.stdout)
    return found


@pytest.mark.slow
def test_a_killed_run_leaves_old_or_new_and_resumes_to_the_same_bytes(project: Path, tmp_path: Path) -> None:
    plans = tmp_path / "plans"
    plans.mkdir()
    for plan in sorted((project / "corpora" / "plans").glob("*.txt"))[:1]:
        (plans / plan.name).write_bytes(plan.read_bytes())
    updates = read_table(project / "corpora" / "updates" / "starter.jsonl").head(16)[["row_id", "update"]]
    updates.loc[len(updates)] = ["blank", ""]
    write_table(updates, plans / "more.csv")
    arguments = ["score", str(plans), "--catalogue", "none", "--out", "o.jsonl", "--quiet"]
    files = ["o.jsonl", "o.jsonl.rejected.jsonl"]
    found = killed(tmp_path, arguments, files, 1, kills=20, seed=20, chunk=6)
    assert len(found["runs"]) == 20
    for run in found["runs"]:
        assert "neither" not in run["after"].values(), run
        assert run["same"] and run["left"] == [] and run["status"] == 1, run
    # The test would show nothing if the kills came too late, or nothing had been kept when they came.
    assert sum(run["killed"] == -9 for run in found["runs"]) >= 15
    assert sum(run["kept"] > 0 for run in found["runs"]) >= 8
