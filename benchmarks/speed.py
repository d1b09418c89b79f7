"""How fast nlpkit starts and scores, beside sentence-transformers alone on the same texts.

    python benchmarks/speed.py [--updates 200] [--repeats 3]

Every figure is of a process of its own with caches of its own; what is compared is run in turns, so that
other work on the machine weighs on all alike. Wall-clock seconds and CPU seconds are medians of the repeats;
where the machine is shared, the ratios of CPU seconds are the ones to go by. Writes benchmarks/speed.md.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from collections import defaultdict
from importlib import metadata
from pathlib import Path

PROJECT = Path(__file__).resolve().parents[1]
PYTHON = [sys.executable]
NLPKIT = [sys.executable, "-m", "nlpkit"]
TARGETS = {
    "help": "under 0.3 s",
    "start": "under 4 s",
    "start, vectors kept": "under 1.5 s",
}

PLAIN = """
import json, sys, time
from sentence_transformers import SentenceTransformer
from nlpkit.embedding.tokens import model_folder
texts = json.load(open(sys.argv[1]))
model = SentenceTransformer(str(model_folder()), device="cpu", local_files_only=True)
model.encode(texts[:4], batch_size=32, show_progress_bar=False)
"""
PLAIN_WORK = "model.encode(texts, batch_size=32, show_progress_bar=False)"
OURS = """
import json, sys, time
from nlpkit.embedding.default import encoder_named
texts = json.load(open(sys.argv[1]))
encoder = encoder_named("accelerated")._encoder
encoder.encode(texts[:4])
"""
SCORE = """
import json, os, sys, time
import pandas as pd
import nlpkit
rows = [json.loads(line) for line in open(sys.argv[2])]
fresh = [row | {"update": f"{row['update']} Seen in run {os.getpid()}."} for row in rows[-4:]]
nlpkit.score(pd.DataFrame(fresh))  # loads what has to be loaded, also where all else is kept
rows = rows[:-4]
"""
TIMED = """
wall, cpu = time.perf_counter(), time.process_time()
{work}
print(json.dumps([time.perf_counter() - wall, time.process_time() - cpu]))
"""


def updates(number: int) -> list[dict[str, object]]:
    """Updates of real length from the corpus, and four more to warm up with."""
    paths = sorted((PROJECT / "corpora" / "updates" / "services").glob("*.jsonl"))
    rows = [json.loads(line) for path in paths for line in path.read_text(encoding="utf8").splitlines()]
    kept = [row for row in rows if len(str(row["update"]).split()) >= 40]
    return [{k: v for k, v in row.items() if k != "labels"} for row in kept[: number + 4]]


def timed(code: str, work: str, folder: Path, *files: Path) -> tuple[float, float]:
    """Seconds of the clock and of the processor that the work took, in a process of its own."""
    done = subprocess.run(
        [*PYTHON, "-c", code + TIMED.format(work=work), *map(str, files)],
        env=os.environ | {"NLPKIT_CACHE": str(folder)},
        capture_output=True,
        text=True,
        check=True,
    )
    wall, cpu = json.loads(done.stdout.strip().splitlines()[-1])
    return float(wall), float(cpu)


def command(arguments: list[str], folder: Path) -> tuple[float, float]:
    """The same of a whole command, from its start to its end."""
    before, wall = resource.getrusage(resource.RUSAGE_CHILDREN), time.perf_counter()
    subprocess.run(
        [*NLPKIT, *arguments],
        env=os.environ | {"NLPKIT_CACHE": str(folder)},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        check=True,
    )
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    cpu = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    return time.perf_counter() - wall, cpu


def measure(number: int, repeats: int) -> dict[str, tuple[float, float]]:
    """Medians of wall-clock and CPU seconds, by what was done."""
    taken: dict[str, list[tuple[float, float]]] = defaultdict(list)
    rows = updates(number)
    with tempfile.TemporaryDirectory() as temporary:
        top = Path(temporary)
        texts, table, few, changed = (top / name for name in ("t.json", "u.jsonl", "f.jsonl", "c.jsonl"))
        texts.write_text(json.dumps([row["update"] for row in rows[:-4]]), encoding="utf8")
        write(table, rows)
        write(few, rows[:50])
        step = max(1, min(100, number))
        write(
            changed,
            [
                row | {"update": f"{row['update']} The board noted this in round {i}."}
                if i % step == 0
                else row
                for i, row in enumerate(rows[:-4])
            ],
        )
        kept = top / "kept"
        command(["score", str(few), "--quiet", "--out", str(top / "few.out.jsonl")], kept)  # makes the proof
        for turn in range(repeats):
            fresh = top / f"fresh{turn}"
            copy_proof(kept, fresh)
            taken["plain"].append(timed(PLAIN, PLAIN_WORK, fresh, texts))
            taken["encode"].append(timed(OURS, "encoder.encode(texts)", fresh, texts))
            taken["score"].append(timed(SCORE, "nlpkit.score(pd.DataFrame(rows))", fresh, texts, table))
            taken["score again"].append(timed(SCORE, "nlpkit.score(pd.DataFrame(rows))", fresh, texts, table))
            work = "nlpkit.score(pd.DataFrame([json.loads(line) for line in open(sys.argv[3])]))"
            taken["score, 1% changed"].append(timed(SCORE, work, fresh, texts, table, changed))
            empty = top / f"empty{turn}"
            copy_proof(kept, empty)
            out = ["--quiet", "--out", str(top / "out.jsonl")]
            taken["help"].append(command(["--help"], empty))
            taken["start"].append(command(["score", str(few), *out], empty))
            taken["start, vectors kept"].append(command(["score", str(few), *out], empty))
    return {
        name: (statistics.median(w for w, _ in found), statistics.median(c for _, c in found))
        for name, found in taken.items()
    }


def write(path: Path, rows: list[dict[str, object]]) -> None:
    """Rows as JSON Lines."""
    path.write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf8")


def copy_proof(kept: Path, fresh: Path) -> None:
    """A cache with nothing but the proof of the encoder, which set-up makes once."""
    (fresh / "encoder").mkdir(parents=True)
    for path in (kept / "encoder").glob("*.json"):
        (fresh / "encoder" / path.name).write_bytes(path.read_bytes())


def processor() -> str:
    """The processor's name, where the system tells it."""
    try:
        lines = Path("/proc/cpuinfo").read_text(encoding="utf8").splitlines()
        return next(line.split(":")[1].strip() for line in lines if line.startswith("model name"))
    except (OSError, StopIteration):
        return platform.processor() or platform.machine()


def report(found: dict[str, tuple[float, float]], number: int, repeats: int, load: float) -> str:
    """The figures as Markdown."""
    names = {
        "plain": "`SentenceTransformer.encode`, batches of 32",
        "encode": "nlpkit's accelerated encoder",
        "score": "`nlpkit.score`, nothing kept",
        "score again": "the same again, with what the first run kept",
        "score, 1% changed": "the same after 1% of the updates changed",
    }
    plain = found["plain"]
    lines = [
        "# Speed",
        "",
        "Made by `python benchmarks/speed.py` "
        f"({number} updates of the corpus with at least 40 words; medians of {repeats} repeats, in turns).",
        "",
        f"Machine: {processor()}, {os.cpu_count()} cores, load average {load:.1f} when begun (it is "
        f"shared: go by CPU seconds). Python {platform.python_version()}, "
        + ", ".join(
            f"{n} {metadata.version(n)}" for n in ("openvino", "torch", "sentence-transformers", "spacy")
        )
        + ".",
        "",
        "| what | updates/s | CPU ms an update | speed beside the first, by the clock | by CPU |",
        "|---|---|---|---|---|",
    ]
    for name, title in names.items():
        wall, cpu = found[name]
        lines.append(
            f"| {title} | {number / wall:.1f} | {1000 * cpu / number:.1f} "
            f"| {plain[0] / wall:.2f} | {plain[1] / cpu:.2f} |"
        )
    lines += [
        "",
        "| command, from start to end | seconds | CPU seconds | aim on an idle machine |",
        "|---|---|---|---|",
    ]
    titles = {
        "help": "`nlpkit --help`",
        "start": "`nlpkit score`, 50 updates, nothing kept but the encoder's check",
        "start, vectors kept": "the same again",
    }
    for name, title in titles.items():
        wall, cpu = found[name]
        lines.append(f"| {title} | {wall:.2f} | {cpu:.2f} | {TARGETS[name]} |")
    return "\n".join(lines) + "\n"


def main() -> None:
    """Measure and write."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("--updates", type=int, default=200)
    parser.add_argument("--repeats", type=int, default=3)
    asked = parser.parse_args()
    load = os.getloadavg()[0]
    found = measure(asked.updates, asked.repeats)
    text = report(found, asked.updates, asked.repeats, load)
    (PROJECT / "benchmarks" / "speed.md").write_text(text, encoding="utf8")
    sys.stdout.write(text)


if __name__ == "__main__":
    main()
