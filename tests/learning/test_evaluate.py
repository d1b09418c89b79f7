"""Figures of agreement, on answers worked out by hand."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from nlpkit.errors import InputError
from nlpkit.learning.evaluate import (
    accuracy,
    calibration_error,
    confusion,
    evaluation_lines,
    interval,
    label_f1,
    macro_f1,
    pair_accuracy,
    weighted_kappa,
)

TRUTH = ["complete", "complete", "on_track", "at_risk"]
SAID = ["complete", "on_track", "on_track", "on_track"]


def test_accuracy_and_macro_f1() -> None:
    assert accuracy(TRUTH, SAID) == 0.5
    assert macro_f1(TRUTH, SAID) == pytest.approx((2 / 3 + 2 / 4 + 0) / 3)


def test_an_interval_holds_its_figure_and_is_the_same_again() -> None:
    low, high = interval(accuracy, TRUTH * 20, SAID * 20)
    assert 0.35 < low < 0.5 < high < 0.65
    assert (low, high) == interval(accuracy, TRUTH * 20, SAID * 20)


def test_calibration_error() -> None:
    assert calibration_error(TRUTH, SAID, [0.55] * 4) == pytest.approx(0.05)
    assert calibration_error(TRUTH, SAID, [0.95, 0.05, 0.95, 0.05]) == pytest.approx(0.05)
    assert calibration_error(TRUTH, TRUTH, [1.0] * 4) == 0


def test_pairs_count_whole_and_by_row() -> None:
    assert pair_accuracy(TRUTH, SAID, ["a", "a", "b", ""]) == (1, 0.5, 0.0)
    assert pair_accuracy(TRUTH, SAID, ["a", "b", "a", "b"]) == (2, 0.5, 0.5)


def test_confusion() -> None:
    table = confusion(TRUTH, SAID)
    assert table.loc["complete", "on_track"] == 1 and table.to_numpy().sum() == 4


def test_f1_of_one_of_several_labels() -> None:
    assert label_f1([{"a"}, {"a", "b"}, set()], [{"a"}, {"b"}, {"a"}], "a") == 0.5
    assert label_f1([set()], [set()], "a") == 1.0


def test_weighted_kappa() -> None:
    order = ["weak", "partial", "strong"]
    assert weighted_kappa(order, order, order) == 1.0
    assert weighted_kappa(["weak", "strong"], ["strong", "weak"], order) == -1.0


def written(path: Path, rows: list[dict[str, Any]]) -> Path:
    path.write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf8")
    return path


def scored(tmp_path: Path) -> Path:
    rows = [
        {
            "row_id": str(i), "update": f"text {i}", "status": said, "status_confidence": 0.5 + i / 10,
            "stale": ["expired"] if i == 0 else [], "evidence": "weak", "flags": [],
        }
        for i, said in enumerate(SAID)
    ]  # fmt: skip
    return written(tmp_path / "scored.jsonl", rows)


def test_every_kind_of_label_is_reported_and_the_surest_error_first(tmp_path: Path) -> None:
    gold = [
        {"row_id": str(i), "gold": {"status": t, "stale": ["expired"], "evidence": "weak", "flags": []}}
        for i, t in enumerate(TRUTH)
    ]
    lines = evaluation_lines(scored(tmp_path), written(tmp_path / "gold.jsonl", gold))
    text = "\n".join(lines)
    assert "accuracy           0.500" in text
    assert "expired            0.400" in text
    assert "weighted kappa     1.000" in text
    errors = lines[lines.index("the surest errors") + 1 :]
    assert errors[0].startswith("  3: on_track (0.80), labelled at_risk: text 3")
    assert errors[1].startswith("  1: on_track (0.60), labelled complete: text 1")


@pytest.mark.parametrize(
    ("gold", "message"),
    [
        ([{"row_id": "0", "gold": {"status": "green"}}], "'green' is not a value of status"),
        ([{"row_id": "9", "gold": {"status": "complete"}}], "no row_id in common"),
        ([{"gold": {"status": "complete"}}], "has no column 'row_id'"),
    ],
)
def test_labels_that_cannot_be_compared_are_refused(
    gold: list[dict[str, Any]], message: str, tmp_path: Path
) -> None:
    with pytest.raises(InputError, match=message):
        evaluation_lines(scored(tmp_path), written(tmp_path / "gold.jsonl", gold))
