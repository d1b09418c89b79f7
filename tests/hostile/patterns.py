"""Prints every regular expression that nlpkit compiles, as JSON: where, pattern, flags, how it is used.

Modules are imported and an update is judged with ``re.compile`` looked over, so that expressions built from
the lexicons are seen, too; those that stand as literals in calls such as ``re.sub`` come from the sources.
"""

from __future__ import annotations

import ast
import importlib
import json
import pkgutil
import re
import sys
from pathlib import Path

PACKAGE = Path(__file__).resolve().parents[2] / "nlpkit"
ANCHORED = {"match", "fullmatch"}
USES = {"match", "fullmatch", "search", "sub", "subn", "split", "findall", "finditer"}


def main() -> None:
    seen: dict[tuple[str, int], tuple[str, set[str]]] = {}
    real = re.compile

    def compile(pattern: object, flags: int = 0) -> object:
        made = real(pattern, flags)
        if isinstance(made.pattern, str | bytes):
            frame = sys._getframe(1)
            where = Path(frame.f_code.co_filename)
            if PACKAGE in where.parents:
                text = made.pattern if isinstance(made.pattern, str) else made.pattern.decode("latin-1")
                seen.setdefault((text, made.flags), (f"{where.name}:{frame.f_lineno}", set()))
        return made

    re.compile = compile  # type: ignore[assignment]
    import nlpkit
    from nlpkit.language import needles

    needles.Sought.may_match = lambda self, text: True  # so that every expression is compiled
    names: dict[tuple[str, str], re.Pattern[str]] = {}
    uses: dict[tuple[str, str], set[str]] = {}
    for about in pkgutil.walk_packages(nlpkit.__path__, "nlpkit."):
        if about.name.endswith("__main__"):
            continue
        module = importlib.import_module(about.name)
        file = str(module.__file__)
        names |= {
            (file, name): value for name, value in vars(module).items() if isinstance(value, re.Pattern)
        }
        names |= {
            (file, name): value.pattern
            for name, value in vars(module).items()
            if isinstance(value, needles.Sought)
        }
    import numpy as np
    import pandas as pd

    class Tiny:
        name, dimension = "tiny", 4

        def encode(self, texts: list[str]) -> np.ndarray:
            return np.array([[len(text) % 7, text.count("e"), 1, 2] for text in texts], dtype=np.float32)

    plan = pd.DataFrame(
        {
            "update": ["Twelve crews were trained by May 2024, and 40% of staff say so. See 3 above."] * 3,
            "recommendation": ["Train crews."] * 3,
        }
    )
    nlpkit.score(plan, encoder=Tiny(), as_of="2024-06-01")
    read = importlib.import_module("nlpkit.reading")
    read.read_frame(
        pd.DataFrame({"Recommendation": ["Train."], "Progress": ["Crews were trained."], "RAG": ["Green"]}),
        source="x",
    )

    for path in sorted(PACKAGE.rglob("*.py")):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf8"))):
            if not isinstance(node, ast.Attribute) or node.attr not in USES:
                continue
            holder = node.value
            name = (
                holder.id
                if isinstance(holder, ast.Name)
                else holder.attr
                if isinstance(holder, ast.Attribute)
                else ""
            )
            if name != "re":
                uses.setdefault((str(path), name), set()).add(node.attr)
        for node in ast.walk(ast.parse(path.read_text(encoding="utf8"))):
            called = isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute)
            if called and isinstance(node.func.value, ast.Name) and node.func.value.id == "re" and node.args:
                given = node.args[0]
                if (
                    node.func.attr in USES
                    and isinstance(given, ast.Constant)
                    and isinstance(given.value, str | bytes)
                ):
                    flags = re.IGNORECASE if "IGNORECASE" in ast.dump(node) else 0
                    flags |= re.DOTALL if "DOTALL" in ast.dump(node) else 0
                    made = real(given.value, flags)
                    text = given.value if isinstance(given.value, str) else given.value.decode("latin-1")
                    seen.setdefault((text, made.flags), (f"{path.name}:{node.lineno}", set()))[1].add(
                        node.func.attr
                    )
    for (file, name), pattern in names.items():
        text = pattern.pattern if isinstance(pattern.pattern, str) else pattern.pattern.decode("latin-1")
        seen.setdefault((text, pattern.flags), (name, set()))[1].update(
            # Handed on as a value, it may be used in any way.
            uses.get((file, name), {"search"})
            if name.startswith("_")
            else set().union(*(used for (_, other), used in uses.items() if other == name)) or {"search"}
        )
    sys.stdout.write(
        json.dumps(
            [
                {
                    "where": where,
                    "pattern": pattern,
                    "flags": flags & ~re.UNICODE,
                    "anchored": bool(used) and used <= ANCHORED,
                }
                for (pattern, flags), (where, used) in sorted(seen.items())
            ]
        )
    )


main()
