"""Catalogues made and checked, and plans linked to plans, on the command line."""

from __future__ import annotations

import subprocess
from collections.abc import Callable
from pathlib import Path

import pandas as pd
import pytest

Run = Callable[..., subprocess.CompletedProcess[str]]
HEAD = "{} Fire and Rescue Service\n\nProgress Report\n\nNumber\tRecommendation\tCurrent Position\tETA\tProgress\n"
ALAND = (
    HEAD.format("Aland") + "1\tTest every hydrant once a year.\tTwo hundred were tested.\tMay 2031\tGREEN\n"
    "2\tReplace the radios.\tThe contract has not yet been let.\tMarch 2031\tAMBER\n"
)
BELAND = (
    HEAD.format("Beland") + "7\tTest each hydrant once a year.\tNone was tested.\tMay 2031\tRED\n"
    "8\tMend the roof of the drill tower.\tScaffolding is up.\tMarch 2031\tAMBER\n"
)


@pytest.fixture
def plans(tmp_path: Path) -> tuple[Path, Path]:
    paths = tmp_path / "aland.txt", tmp_path / "beland.txt"
    for path, text in zip(paths, (ALAND, BELAND), strict=True):
        path.write_text(text, encoding="utf8")
    return paths


def test_a_built_catalogue_is_found_good_and_can_be_linked_to(
    run_process: Run, plans: tuple[Path, Path], tmp_path: Path
) -> None:
    out = tmp_path / "own.csv"
    built = run_process("catalogue", "build", str(plans[0]), "--out", str(out))
    assert built.returncode == 0 and "2 recommendations; 0 actions" in built.stderr
    checked = run_process("catalogue", "check", str(out))
    assert checked.returncode == 0 and "2 recommendations, can be used" in checked.stdout
    links = tmp_path / "links.csv"
    linked = run_process("link", str(plans[1]), "--catalogue", str(out), "--out", str(links), "--quiet")
    assert linked.returncode == 0, linked.stderr
    found = pd.read_csv(links, dtype=str)
    assert found[["action_id", "id", "grade"]].values.tolist()[0] == ["7", "1", "equivalent"]
    assert "8" not in set(found["action_id"])


@pytest.mark.parametrize(
    ("lines", "line", "complaint"),
    [("1,Test hydrants.\n1,Train crews.\n", 3, "used already"), ("1,Test hydrants.\n2,\n", 3, "no text")],
)
def test_a_bad_catalogue_is_refused_with_file_and_line(
    lines: str, line: int, complaint: str, run_process: Run, plans: tuple[Path, Path], tmp_path: Path
) -> None:
    bad = tmp_path / "bad.csv"
    bad.write_text(f"id,duty\n{lines}", encoding="utf8")
    for command in (("catalogue", "check", str(bad)), ("link", str(plans[0]), "--catalogue", str(bad))):
        done = run_process(*command)
        assert done.returncode == 2 and not done.stdout
        assert "bad.csv" in done.stderr and f"line {line}" in done.stderr and complaint in done.stderr


def test_nothing_is_built_without_a_csv_to_build(run_process: Run, plans: tuple[Path, Path]) -> None:
    done = run_process("catalogue", "build", str(plans[0]))
    assert done.returncode == 2 and "--out NAME.csv" in done.stderr


def test_actions_are_linked_to_the_actions_of_another_plan(
    run_process: Run, plans: tuple[Path, Path], tmp_path: Path
) -> None:
    out = tmp_path / "links.csv"
    done = run_process("link", str(plans[0]), "--to-actions", str(plans[1]), "--out", str(out), "--quiet")
    assert done.returncode == 0, done.stderr
    found = pd.read_csv(out, dtype=str)
    assert found[["action_id", "to_action_id", "grade"]].values.tolist()[0] == ["1", "7", "equivalent"]
    assert found["why"].str.len().gt(0).all()


def test_a_table_of_services_has_no_other_plan_down_its_side(
    run_process: Run, plans: tuple[Path, Path]
) -> None:
    done = run_process("link", str(plans[0]), "--table", "--to-actions", str(plans[1]))
    assert done.returncode == 2 and "exclude each other" in done.stderr
