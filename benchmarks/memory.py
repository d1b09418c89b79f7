"""The most memory that scoring takes, by rows: all of it but the encoder's own.

    python benchmarks/memory.py [--rows 1000 10000 100000]

Made updates (made_updates.py) are read from JSON Lines, judged and written as 'nlpkit score --quiet' does,
nothing kept from earlier, in a process for each size. Every judgement is really made; only vectors are a
double's (words hashed into as many numbers), kept and read as the encoder's are. So a run takes a third of
the time, and what the encoder itself holds (RESULTS.md) comes on top. Writes benchmarks/memory.md.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import subprocess
import sys
import tempfile
import time
import zlib
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from made_updates import made_rows
from numpy.typing import NDArray
from processes import PROJECT, peak_mb, surroundings, write_rows


class HashedWords:
    """A double of the encoder: vectors of its size, each word counted at a place that its letters give."""

    name, dimension, in_threads = "hashed-words", 384, True

    def encode(self, texts: Sequence[str]) -> NDArray[np.float32]:
        found = np.zeros((len(texts), self.dimension), dtype=np.float32)
        for row, text in enumerate(texts):
            for word in text.lower().split():
                key = zlib.crc32(word.encode("utf8", "surrogatepass"))
                found[row, key % self.dimension] += 1 if key & 1024 else -1
            found[row, 0] += 0.01
        return found / np.linalg.norm(found, axis=1, keepdims=True)


def one(table: Path, out: Path) -> dict[str, Any]:
    """Score one table in this process."""
    from nlpkit.embedding.cache import CachedEncoder
    from nlpkit.files import write_parts
    from nlpkit.intake import take_in
    from nlpkit.scoring import score_parts

    begun = time.process_time()
    encoder = CachedEncoder(HashedWords())
    intake = take_in([table], encoder=encoder)
    read = peak_mb()
    write_parts(score_parts(intake.updates, encoder=encoder), out)
    return {
        "rows": len(intake.updates),
        "read": round(read),
        "peak": round(peak_mb()),
        "cpu": time.process_time() - begun,
    }


def measure(sizes: Sequence[int]) -> list[dict[str, Any]]:
    """The figures of each size, each from a process of its own with an empty cache."""
    found = []
    for size in sizes:
        with tempfile.TemporaryDirectory() as folder:
            table = write_rows(Path(folder) / "table.jsonl", made_rows(size))
            limit = str(table.stat().st_size + 1)
            done = subprocess.run(
                [sys.executable, __file__, "--one", str(table), str(Path(folder) / "out.jsonl")],
                env=surroundings(Path(folder) / "cache")
                | {"NLPKIT_MAX_TEXT_BYTES": limit, "NLPKIT_MAX_FILE_BYTES": limit},
                stdout=subprocess.PIPE,
                check=True,
            )
        found.append(json.loads(done.stdout.splitlines()[-1]))
        sys.stderr.write(f"{found[-1]}\n")
    return found


def report(found: Sequence[dict[str, Any]]) -> str:
    """The figures as Markdown."""
    lines = [
        "# Memory",
        "",
        "Made by `python benchmarks/memory.py`: made updates read, judged and written as `nlpkit score` "
        "does, one run each, with a double in place of the encoder, whose own memory comes on top.",
        "",
        f"Machine: {os.cpu_count()} cores ({platform.machine()}), shared with other work. "
        f"Python {platform.python_version()}.",
        "",
        "| rows | MB at the peak | of them while reading the file | CPU ms a row |",
        "|---|---|---|---|",
    ]
    lines += [
        f"| {one['rows']:,} | {one['peak']:,} | {one['read']:,} | {1000 * one['cpu'] / one['rows']:.1f} |"
        for one in found
    ]
    return "\n".join(lines) + "\n"


def main() -> None:
    """Measure and write."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("--rows", type=int, nargs="+", default=[1_000, 10_000, 100_000])
    parser.add_argument("--one", type=Path, nargs=2, help=argparse.SUPPRESS)
    asked = parser.parse_args()
    if asked.one:
        sys.stdout.write(json.dumps(one(*asked.one)) + "\n")
        return
    text = report(measure(asked.rows))
    (PROJECT / "benchmarks" / "memory.md").write_text(text, encoding="utf8")
    sys.stdout.write(text)


if __name__ == "__main__":
    main()
