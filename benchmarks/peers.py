"""The libraries that a user might take in nlpkit's place, in a Python of their own beside nlpkit's.

    python benchmarks/peers.py          # make .venv-bench from benchmarks/peers.txt

They are no dependencies of nlpkit, and some want other versions of what it stands on. Each is given texts
and their vectors, made by the same MiniLM, and needs no model of its own.
"""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

import numpy as np
from processes import last_line

PROJECT = Path(__file__).resolve().parents[1]
FOLDER = PROJECT / ".venv-bench"
WANTED = Path(__file__).resolve().parent / "peers.txt"
THRESHOLDS = (0.9, 0.8, 0.7)  # the first is semhash's own
SEMHASH = """
import json, sys, time
from processes import peak_mb
began = time.perf_counter()
import numpy as np
from semhash import SemHash
imported = time.perf_counter() - began
held = np.load(sys.argv[1])
records = [{"text": text, "place": str(n)} for n, text in enumerate(held["texts"].tolist())]
found = []
for threshold in json.loads(sys.argv[3]):
    seconds = []
    for _ in range(int(sys.argv[4])):
        start = time.perf_counter()
        index = SemHash.from_embeddings(held["vectors"], records, model=None, columns=["text"])
        same = index.self_deduplicate(threshold=threshold)
        seconds.append(time.perf_counter() - start)
    pairs = [sorted((int(one.record["place"]), int(one.duplicate_of["place"]))) for one in same.filtered]
    found.append({"threshold": threshold, "seconds": seconds, "pairs": pairs})
peak = peak_mb()
with open(sys.argv[2], "w") as file:
    json.dump({"imported": imported, "mb": peak, "found": found}, file)
"""


def python() -> str:
    """The peers' Python, or "" where there is none."""
    path = FOLDER / "bin" / "python"
    return str(path) if path.exists() else ""


def why_not(peer: str, python: str) -> str:
    """Why a peer can't be run; "" if it can."""
    if not python:
        return f"there is no {FOLDER.name} (make bench makes it from benchmarks/{WANTED.name})"
    return "" if version(peer, python) else f"{peer} is not installed in {python}"


def version(peer: str, python: str) -> str:
    """Its version, "" where it is not installed."""
    code = f"import importlib.metadata as m; print(m.version({peer!r}))"
    try:
        done = subprocess.run([python, "-c", code], check=True, capture_output=True, text=True)
    except (OSError, subprocess.CalledProcessError):
        return ""
    return done.stdout.strip()


def semhash(python: str, texts: list[str], vectors: np.ndarray, times: int) -> dict[str, Any]:
    """Pairs that semhash takes for duplicates, at each of :data:`THRESHOLDS`, and its times."""
    with tempfile.TemporaryDirectory() as folder:
        given, made = Path(folder) / "in.npz", Path(folder) / "out.json"
        np.savez(given, texts=np.array(texts), vectors=vectors.astype(np.float32))
        command = [python, "-c", SEMHASH, str(given), str(made), json.dumps(THRESHOLDS), str(times)]
        with_ours = os.environ | {"PYTHONPATH": str(WANTED.parent)}
        done = subprocess.run(command, env=with_ours, check=False, capture_output=True, text=True)
        if done.returncode:
            raise RuntimeError(f"semhash: {last_line(done.stderr)}")
        found: dict[str, Any] = json.loads(made.read_text(encoding="utf8"))
        return found


def install() -> str:
    """Make the peers' Python if it is missing or made from another list; what went wrong, or ""."""
    mark = FOLDER / "made-from"
    digest = hashlib.sha256(WANTED.read_bytes()).hexdigest()
    if mark.exists() and mark.read_text(encoding="utf8") == digest:
        return ""
    shutil.rmtree(FOLDER, ignore_errors=True)
    steps = (
        [sys.executable, "-m", "venv", str(FOLDER)],
        # The list is whole: what is not in it (PyTorch, for one) is not needed where vectors are given.
        [
            python_path(),
            "-m",
            "pip",
            "--disable-pip-version-check",
            "-q",
            "install",
            "--no-deps",
            "-r",
            WANTED,
        ],
    )
    for step in steps:
        done = subprocess.run([str(part) for part in step], check=False, capture_output=True, text=True)
        if done.returncode:
            said = [line for line in done.stderr.splitlines() if line.startswith("ERROR")]
            return (said or done.stderr.strip().splitlines() or ["pip failed"])[0]
    mark.write_text(digest, encoding="utf8")
    return ""


def python_path() -> str:
    """Where the peers' Python will be."""
    return str(FOLDER / "bin" / "python")


if __name__ == "__main__":
    problem = install()
    if problem:
        sys.stderr.write(f"The peers can't be installed, so the report goes without them: {problem}\n")
