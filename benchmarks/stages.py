"""Where the time of one scoring goes, by stages, in seconds of the processor.

    python benchmarks/stages.py TABLE [--out OUT]

What nlpkit does beside (encoding and linking, while sentences are read) is done one after the other here, so
that each second belongs to one stage. The functions that are a stage's are named below; a stage's time is
theirs without that of other stages inside them, and "everything else" is the rest.
"""

from __future__ import annotations

import argparse
import functools
import json
import sys
import time
from collections import defaultdict
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from importlib import import_module
from pathlib import Path
from typing import Any

ENCODING = "encoding"
STAGES: dict[str, tuple[str, ...]] = {
    "reading the table": ("nlpkit.files:read_table",),
    ENCODING: (
        "nlpkit.embedding.accelerated:AcceleratedMiniLM.encode",
        "nlpkit.embedding.minilm:MiniLM.encode",
    ),
    "vectors from and to the cache": ("nlpkit.embedding.cache:CachedEncoder.encode",),
    "tagging (spaCy)": ("nlpkit.language.tagging:_tagged",),
    "tags from and to the cache": ("nlpkit.language.tagging:kept", "nlpkit.language.tagging:keep"),
    "language features (sentences, stages, cues, dates, facts)": (
        "nlpkit.features:_analyses",
        "nlpkit.features:dated",
        "nlpkit.features:deadlines",
        "nlpkit.features:moments",
        "nlpkit.features:put_together",
    ),
    "status": ("nlpkit.analysis.status:judge",),
    "search for repeats": ("nlpkit.analysis.staleness:find_repeats",),
    "staleness but for repeats, and slips": (
        "nlpkit.analysis.staleness:judge",
        "nlpkit.analysis.slips:find",
        "nlpkit.analysis.calendar:judge",
    ),
    "evidence, outcomes, questions": (
        "nlpkit.analysis.evidence:judge",
        "nlpkit.analysis.outcomes:judge",
        "nlpkit.analysis.questions:judge",
    ),
    "linking to the catalogue": (
        "nlpkit.judging:_ready",
        "nlpkit.analysis.linking:read_rows",
        "nlpkit.analysis.linking:own_links_of",
        "nlpkit.analysis.linking:links_in_order",
    ),
    "what was judged before, kept and looked for": (
        "nlpkit.judging:Memory",
        "nlpkit.remembering:Memory.add",
        "nlpkit.remembering:Memory.judged",
        "nlpkit.features:analyses_kept",
        "nlpkit.features:keep_analyses",
    ),
    "which texts are to be encoded": (
        "nlpkit.analysis.topic:doubtful",
        "nlpkit.judging:_asked",
        "nlpkit.judging:_Ahead.encode",
        "nlpkit.judging:_Ahead.tell",
    ),
    "table: checked, and judgements added to it": ("nlpkit.scoring:conform", "nlpkit.scoring:whole"),
    "writing the table": ("nlpkit.files:write_table",),
}


class Clock:
    """Seconds by stage; a stage inside another one stops the other's clock."""

    def __init__(self, now: Callable[[], float]) -> None:
        self.now = now
        self.seconds: dict[str, float] = defaultdict(float)
        self._inside: list[float] = []  # seconds of stages within each that is open

    @contextmanager
    def stage(self, name: str) -> Iterator[None]:
        """What is done in it counts for the stage."""
        start = self.now()
        self._inside.append(0.0)
        try:
            yield
        finally:
            taken = self.now() - start
            self.seconds[name] += taken - self._inside.pop()
            if self._inside:
                self._inside[-1] += taken

    def wrapped(self, name: str, function: Callable[..., Any]) -> Callable[..., Any]:
        """The function as part of a stage."""

        @functools.wraps(function)
        def call(*given: Any, **more: Any) -> Any:
            with self.stage(name):
                return function(*given, **more)

        return call


def place(point: str) -> tuple[Any, str]:
    """The module or class that holds a function named ``module:name`` or ``module:Class.name``, and its name.

    Raises:
        LookupError: there is no such function (any more).
    """
    module, _, inside = point.partition(":")
    *holders, name = inside.split(".")
    try:
        holder: Any = import_module(module)
        for one in holders:
            holder = getattr(holder, one)
        getattr(holder, name)
    except (ImportError, AttributeError) as error:
        raise LookupError(f"{point} is gone: name what took its place in benchmarks/stages.py") from error
    return holder, name


def one_after_the_other() -> None:
    """Let nlpkit do nothing beside in this process."""
    from nlpkit import scoring
    from nlpkit.embedding.beside import Beside

    @contextmanager
    def alone(encoder: Any) -> Iterator[Beside]:
        yield Beside(None)

    scoring.beside = alone  # type: ignore[assignment]


def measure(table: Path, out: Path) -> dict[str, Any]:
    """Read, score and write a table whose last four rows warm up."""
    from nlpkit import files, score

    one_after_the_other()
    rows = files.read_table(table)
    score(rows.tail(4))  # loads what has to be loaded
    rows.head(len(rows) - 4).to_json(table, orient="records", lines=True)
    clock = Clock(time.process_time)
    for name, points in STAGES.items():
        for point in points:
            holder, within = place(point)
            setattr(holder, within, clock.wrapped(name, getattr(holder, within)))
    wall, cpu = time.perf_counter(), time.process_time()
    found = files.read_table(table)
    files.write_table(score(found), out)
    total = time.process_time() - cpu
    return {
        "rows": len(found),
        "wall": time.perf_counter() - wall,
        "total": total,
        "stages": {name: clock.seconds[name] for name in STAGES},
    }


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("table", type=Path)
    parser.add_argument("--out", type=Path, required=True)
    asked = parser.parse_args()
    sys.stdout.write(json.dumps(measure(asked.table, asked.out)) + "\n")


if __name__ == "__main__":
    main()
