"""The README's examples: they run, and print what the README says they print.

``UPDATE_README=1`` pastes the real output instead. How examples are run: ``tests/examples.py``.
"""

from __future__ import annotations

import os
import re
from pathlib import Path

import pytest
from examples import in_shell, lay_out, play

from nlpkit.embedding.default import default_encoder


@pytest.fixture(scope="module")
def checked_encoder() -> None:
    """The encoder's check, which a machine's first run tells of and no other: it is no part of the README."""
    default_encoder().encode(["Any text."])


@pytest.mark.slow
@pytest.mark.usefixtures("checked_encoder")
def test_the_examples_run_and_print_what_the_readme_says(
    project: Path, demo_plan: Path, tmp_path: Path
) -> None:
    readme = project / "README.md"
    lay_out(tmp_path, demo_plan)
    played = play(readme.read_text(encoding="utf8"), tmp_path, in_shell, name="README.md", project=project)
    assert played.ran["console"] >= 5 and played.ran["python"] >= 1
    if os.environ.get("UPDATE_README"):
        readme.write_text(played.text, encoding="utf8")
    else:
        assert not played.differences, "\n\n".join(
            ["the README shows other output than:", *played.differences]
        )


def test_files_that_the_documents_name_exist(project: Path) -> None:
    pages = sorted(path.relative_to(project).as_posix() for path in (project / "docs").glob("*.md"))
    for name in ("README.md", "CONTRIBUTING.md", "corpora/README.md", "models/README.md", *pages):
        text = (project / name).read_text(encoding="utf8")
        for target in re.findall(r"\]\(([^)#:]+)\)", text):
            assert (project / name).parent.joinpath(target).exists(), f"{name} links to {target}"
        for target in re.findall(r"`((?:nlpkit|tests|corpora|models)/[\w./-]+)`", text):
            assert (project / target).exists(), f"{name} names {target}"


def test_the_readme_names_the_commands_and_the_main_judgements(project: Path) -> None:
    text = (project / "README.md").read_text(encoding="utf8")
    for name in ("status", "calendar_status", "mismatch", "stale", "evidence", "flags", "question", "links"):
        assert f"`{name}`" in text, f"the README does not name {name}"
    for command in ("read", "score", "link", "demo", "history", "report", "themes", "train", "docs"):
        assert f"nlpkit {command}" in text or f"make {command}" in text
