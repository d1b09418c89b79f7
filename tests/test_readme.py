"""The README's examples: they run, and print what the README says they print.

``UPDATE_README=1`` pastes the real output instead. A line ``[…]`` ends an excerpt: what stands above
it is compared, as many lines as there are.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
import zipfile
from pathlib import Path

import openpyxl
import pytest

CUT = "[…]"
BLOCK = re.compile(r"^```console\n(.*?)^```$", re.MULTILINE | re.DOTALL)


def parts(block: str) -> list[tuple[str, list[str]]]:
    """Commands of a console block, each with the output that is pasted under it."""
    found: list[tuple[str, list[str]]] = []
    for line in block.splitlines():
        if line.startswith("$ "):
            found.append((line[2:], []))
        else:
            found[-1][1].append(line)
    return found


def environment() -> dict[str, str]:
    return os.environ | {"PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}", "COLUMNS": "80"}


def play_the_reviewers(folder: Path) -> None:
    """Fill an exported workbook as two people might, who agree with nlpkit but for every fifth or seventh row."""
    if not (folder / "review.xlsx").exists() or (folder / "review-anna.xlsx").exists():
        return
    for name, nth in (("anna", 7), ("bo", 5)):
        book = openpyxl.load_workbook(folder / "review.xlsx")
        sheet = book["review"]
        place = {cell.value: cell.column for cell in sheet[1]}
        for row in range(2, sheet.max_row + 1):
            for kind in ("status", "evidence"):
                said = sheet.cell(row, place[f"nlpkit: {kind}"]).value
                other = {"status": "at_risk", "evidence": "partial"}[kind]
                sheet.cell(row, place[f"your {kind}"]).value = said if row % nth else other
        book.save(folder / f"review-{name}.xlsx")


@pytest.mark.slow
def test_console_examples_print_what_the_readme_says(project: Path, demo_plan: Path, tmp_path: Path) -> None:
    readme = project / "README.md"
    text = readme.read_text(encoding="utf8")
    shutil.copy(demo_plan, tmp_path / "plan.txt")
    (tmp_path / "plans").mkdir()
    shutil.copy(demo_plan, tmp_path / "plans" / "northmoor.txt")
    (tmp_path / "plans" / ".DS_Store").write_bytes(b"\x00")
    with zipfile.ZipFile(tmp_path / "more.zip", "w") as archive:
        other = demo_plan.read_text(encoding="utf8").replace("Northmoor", "Southmoor")
        archive.writestr("sub/plan.txt", other)
    new_blocks, differences = [], []
    for match in BLOCK.finditer(text):
        lines = []
        for command, pasted in parts(match[1]):
            assert command.startswith("nlpkit "), command
            play_the_reviewers(tmp_path)
            done = subprocess.run(
                ["bash", "-o", "pipefail", "-c", command],
                stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT,
                encoding="utf8",
                cwd=tmp_path,
                env=environment(),
                check=False,
            )
            assert done.returncode == 0, f"{command}: {done.stdout}"
            printed = done.stdout.splitlines()
            if CUT in pasted:
                printed = [*printed[: pasted.index(CUT)], CUT]
            if printed != pasted:
                differences.append(f"$ {command}\n" + "\n".join(printed))
            lines += [f"$ {command}", *printed]
        new_blocks.append("```console\n" + "\n".join(lines) + "\n```")
    if os.environ.get("UPDATE_README"):
        blocks = iter(new_blocks)
        readme.write_text(BLOCK.sub(lambda _: next(blocks), text), encoding="utf8")
    else:
        assert not differences, "\n\n".join(["the README shows other output than:", *differences])


@pytest.mark.slow
def test_python_examples_run(project: Path, demo_plan: Path, tmp_path: Path) -> None:
    shutil.copy(demo_plan, tmp_path / "plan.txt")
    text = (project / "README.md").read_text(encoding="utf8")
    code = "\n".join(re.findall(r"^```python\n(.*?)^```$", text, re.MULTILINE | re.DOTALL))
    assert "nlpkit.score(" in code
    subprocess.run([sys.executable, "-c", code], cwd=tmp_path, env=environment(), check=True)


def test_files_that_the_documents_name_exist(project: Path) -> None:
    for name in ("README.md", "CONTRIBUTING.md", "corpora/README.md", "models/README.md"):
        text = (project / name).read_text(encoding="utf8")
        for target in re.findall(r"\]\(([^)#:]+)\)", text):
            assert (project / name).parent.joinpath(target).exists(), f"{name} links to {target}"
        for target in re.findall(r"`((?:nlpkit|tests|corpora|models)/[\w./-]+)`", text):
            assert (project / target).exists(), f"{name} names {target}"


def test_the_readme_names_every_column_and_command(project: Path) -> None:
    from nlpkit.schema import READ_COLUMNS, SCORE_COLUMNS

    text = (project / "README.md").read_text(encoding="utf8")
    for name in (*READ_COLUMNS, *SCORE_COLUMNS):
        assert f"`{name}`" in text, f"the README does not explain {name}"
    for command in ("read", "score", "link", "demo", "history"):
        assert f"nlpkit {command}" in text or f"make {command}" in text
