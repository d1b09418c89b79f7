"""The notebooks: kept without outputs, named in their README, and run from a clean state."""

from __future__ import annotations

from pathlib import Path

import nbformat
import pytest
from nbclient import NotebookClient

FOLDER = Path(__file__).resolve().parents[1] / "notebooks"
NOTEBOOKS = sorted(FOLDER.glob("*.ipynb"))


def test_there_are_four_and_the_readme_tells_of_each() -> None:
    assert len(NOTEBOOKS) == 4
    readme = (FOLDER / "README.md").read_text(encoding="utf8")
    assert [path.name for path in NOTEBOOKS if f"]({path.name})" not in readme] == []


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_it_is_kept_without_outputs(path: Path) -> None:
    notebook = nbformat.read(path, as_version=4)
    nbformat.validate(notebook)
    code = [cell for cell in notebook.cells if cell.cell_type == "code"]
    assert len(code) >= 4 and not [cell for cell in code if cell.outputs or cell.execution_count]
    assert path.stat().st_size < 20_000


@pytest.mark.slow
@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_it_runs_in_an_empty_folder_and_draws(path: Path, tmp_path: Path) -> None:
    notebook = nbformat.read(path, as_version=4)
    client = NotebookClient(
        notebook, timeout=180, kernel_name="python3", resources={"metadata": {"path": str(tmp_path)}}
    )
    client.execute()  # raises what a cell raises
    outputs = [one for cell in notebook.cells if cell.cell_type == "code" for one in cell.outputs]
    assert any("image/png" in one.get("data", {}) for one in outputs), "no picture was drawn"
    assert any("text/html" in one.get("data", {}) for one in outputs), "no table was shown"
    assert [one.text for one in outputs if one.output_type == "stream"] == [], "something was warned of"
    assert list(tmp_path.iterdir()) == [], "files were left behind"
