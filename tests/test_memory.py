"""A longer table takes little more memory: parts are written and let go."""

from __future__ import annotations

import gc
import json
import tracemalloc
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from nlpkit import partitions
from nlpkit.engines.local import LocalEngine
from nlpkit.files import read_table
from nlpkit.intake import take_in
from nlpkit.scoring import score_parts

SAID = ("No change.", "In progress.", "Complete.", "See above.", "On track.", "Work goes on.", "Not started.")
PER_ROW = 600
"""Bytes that a row may leave in memory, once its part is judged or taken. What is judged of it takes 2,500."""


def rows(path: Path, count: int) -> Path:
    lines = [
        json.dumps(
            {
                "row_id": f"{n}",
                "service": f"Service {n // 100}",
                "action_id": f"{n % 25}",
                "as_of": f"2024-0{n % 100 // 25 + 1}",
                "recommendation": f"The service should test hydrants in area {n // 100} by 2025.",
                "update": SAID[n % len(SAID)],
            }
        )
        for n in range(count)
    ]
    path.write_text("\n".join(lines), encoding="utf8")
    return path


@pytest.mark.slow
def test_rows_that_are_done_are_let_go(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    updates = take_in([rows(tmp_path / "table.jsonl", 2_000)]).updates
    for name in ("ROWS", "WHOLE"):
        monkeypatch.setattr(partitions, name, 200)
    held: dict[str, list[int]] = {"judged": [], "taken": []}
    run = LocalEngine.run

    def weighed(self: LocalEngine, function: Callable[..., Any], *given: Any) -> Any:
        made = run(self, function, *given)
        if function is partitions.judge_part:
            weigh("judged")
        return made

    def weigh(when: str) -> None:
        gc.collect()
        held[when].append(tracemalloc.get_traced_memory()[0])

    monkeypatch.setattr(LocalEngine, "run", weighed)
    tracemalloc.start()
    for _ in score_parts(updates, catalogue=None):
        weigh("taken")
    tracemalloc.stop()
    for weights in held.values():
        assert len(weights) == 10
        assert (weights[-1] - weights[3]) / (6 * 200) < PER_ROW


def test_a_file_is_read_in_little_more_than_its_table(tmp_path: Path) -> None:
    path = rows(tmp_path / "table.jsonl", 4_000)
    tracemalloc.start()
    table = read_table(path)
    held, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert len({id(text) for text in table["recommendation"]}) == 40
    assert held < path.stat().st_size
    assert peak < 2.5 * path.stat().st_size
