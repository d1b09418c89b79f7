"""The house keeps its floors: nothing imports upwards, nothing in a circle, nothing forbidden."""

from __future__ import annotations

import ast
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

PACKAGE = Path(__file__).resolve().parents[1] / "nlpkit"

FLOORS = (
    {"errors", "colours", "atomic", "unseen", "blas", "garbage"},
    {"limits"},
    {"resources"},
    {"schema", "shelf"},
    {"language", "embedding", "models", "catalogue", "cells", "keeping"},
    {"analyses"},
    {"database", "engines", "features", "files", "formats", "history", "reading", "reporting"},
    {"analysis"},
    {"remembering"},
    {
        "copied",
        "counterparts",
        "intake",
        "judging",
        "learning",
        "partitions",
        "scoring",
        "tables",
        "theme_parts",
        "theming",
    },
    {"comparing", "estimators", "folders", "publishing", "review", "spacy_component"},
    {"console", "options"},
    {"cataloguing", "history_cli", "learning_cli", "review_cli"},
    {"cli"},
    {"__main__"},
)
"""From the ground; a room may use its own floor and those below."""

FLOOR = {room: number for number, rooms in enumerate(FLOORS) for room in rooms}
FORBIDDEN = {"pickle", "joblib", "dill", "cloudpickle", "shelve", "marshal"}


def modules() -> dict[str, ast.Module]:
    found = {}
    for path in sorted(PACKAGE.rglob("*.py")):
        parts = path.relative_to(PACKAGE.parent).with_suffix("").parts
        name = ".".join(parts[:-1] if parts[-1] == "__init__" else parts)
        found[name] = ast.parse(path.read_text(encoding="utf8"))
    return found


MODULES = modules()


def room(module: str) -> str:
    return module.split(".")[1] if "." in module else ""


def type_only(tree: ast.Module) -> set[ast.AST]:
    """Nodes under ``if TYPE_CHECKING``."""
    blocks = (
        node
        for node in ast.walk(tree)
        if isinstance(node, ast.If) and isinstance(node.test, ast.Name) and node.test.id == "TYPE_CHECKING"
    )
    return {inner for block in blocks for inner in ast.walk(block)}


def imports(tree: ast.Module, *, types: bool = True) -> Iterator[str]:
    """Every module that is imported, wherever in the file."""
    left_out = set() if types else type_only(tree)
    for node in ast.walk(tree):
        if node in left_out:
            continue
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0 and node.module, "imports in the package are absolute"
            for alias in node.names:
                deeper = f"{node.module}.{alias.name}"
                yield deeper if deeper in MODULES else node.module


def test_every_room_has_a_floor() -> None:
    assert {room(name) for name in MODULES} - {""} == set(FLOOR)


@pytest.mark.parametrize("name", [name for name in MODULES if name != "nlpkit"])
def test_nothing_imports_upwards(name: str) -> None:
    here = FLOOR[room(name)]
    for target in imports(MODULES[name]):
        if target.startswith("nlpkit."):
            assert FLOOR[room(target)] <= here, f"{name} imports {target}, which lies above it"


def test_the_public_door_loads_nothing_when_it_is_imported() -> None:
    assert not [t for t in imports(MODULES["nlpkit"], types=False) if t.startswith("nlpkit")]


def test_no_circle_of_imports() -> None:
    graph = {
        name: sorted({t for t in imports(tree, types=False) if t in MODULES} - {name, "nlpkit"})
        for name, tree in MODULES.items()
    }
    done: set[str] = set()

    def visit(name: str, path: tuple[str, ...]) -> None:
        assert name not in path, " → ".join([*path[path.index(name) :], name])
        if name not in done:
            for target in graph[name]:
                visit(target, (*path, name))
            done.add(name)

    for name in graph:
        visit(name, ())


@pytest.mark.parametrize("name", list(MODULES))
def test_no_pickle_and_no_print(name: str) -> None:
    tree = MODULES[name]
    assert not {target.split(".")[0] for target in imports(tree)} & FORBIDDEN
    calls = (node.func for node in ast.walk(tree) if isinstance(node, ast.Call))
    printed = [call.lineno for call in calls if isinstance(call, ast.Name) and call.id == "print"]
    assert not printed, f"{name} prints on lines {printed}"


def test_importing_nlpkit_loads_no_heavy_module() -> None:
    heavy = {
        "pandas",
        "numpy",
        "spacy",
        "sklearn",
        "torch",
        "sentence_transformers",
        "pyarrow",
        "typer",
        "duckdb",
        "plotly",
        "matplotlib",
    }
    code = f"import sys, nlpkit, nlpkit.errors; dir(nlpkit); print(sorted({heavy!r} & set(sys.modules)))"
    assert subprocess.check_output([sys.executable, "-c", code], text=True).strip() == "[]"


def test_the_door_opens_on_what_it_names() -> None:
    import nlpkit

    doors = ("compare", "link", "link_actions", "read", "report", "score", "themes")
    assert all(callable(getattr(nlpkit, name)) for name in doors)
    assert set(nlpkit.__all__) == {"__version__", *doors}
    with pytest.raises(AttributeError, match="no attribute 'reed'"):
        _ = nlpkit.reed  # type: ignore[attr-defined]
