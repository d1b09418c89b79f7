"""Work measured in processes of its own: seconds by the clock, seconds of the processor, peak of memory.

What is compared is run in turns (first all once, then all again), so that other work on the machine weighs
on all alike, and each ratio is one of two runs of the same turn.
"""

from __future__ import annotations

import json
import os
import statistics
import subprocess
import sys
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import TypedDict

PROJECT = Path(__file__).resolve().parents[1]
PYTHON = [sys.executable]
NLPKIT = [sys.executable, "-m", "nlpkit"]
TIMED = """
from processes import peak_mb
wall, cpu = time.perf_counter(), time.process_time()
{work}
wall, cpu = time.perf_counter() - wall, time.process_time() - cpu
print(json.dumps({{"wall": wall, "cpu": cpu, "mb": peak_mb()}}))
"""
LAUNCH = """
import json, os, sys, time
start = time.perf_counter()
child = os.posix_spawn(sys.argv[1], sys.argv[1:], os.environ)
_, status, used = os.wait4(child, 0)
wall, cpu = time.perf_counter() - start, used.ru_utime + used.ru_stime
print(json.dumps([os.waitstatus_to_exitcode(status), wall, cpu, used.ru_maxrss / 1024]), file=sys.stderr)
"""
"""Runs a command. A process's peak counts what stood in its place before it, so that must be small."""


class Run(TypedDict):
    """One run: seconds by the clock, seconds of the processor, megabytes at the peak."""

    wall: float
    cpu: float
    mb: float


def in_turns(works: Mapping[str, Callable[[int], Run]], turns: int) -> dict[str, list[Run]]:
    """Each work once a turn, in order; each is told the number of the turn."""
    taken: dict[str, list[Run]] = {name: [] for name in works}
    for turn in range(turns):
        for name, work in works.items():
            taken[name].append(work(turn))
            say(f"  {turn + 1}/{turns} {name}: {taken[name][-1]['wall']:.2f} s")
    return taken


def timed(code: str, work: str, folder: Path, *files: Path) -> Run:
    """The work alone, in a process of its own, after the code that makes ready for it.

    Args:
        code, work: Python; ``code`` imports json, sys and time.
        folder: the process's cache.
        files: its arguments.

    Raises:
        RuntimeError: it failed; the last line of what it said.
    """
    done = subprocess.run(
        [*PYTHON, "-c", code + TIMED.format(work=work), *map(str, files)],
        env=surroundings(folder),
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        raise RuntimeError(last_line(done.stderr) or f"ended with status {done.returncode}")
    run: Run = json.loads(done.stdout.strip().splitlines()[-1])
    return run


def command(
    arguments: Sequence[str],
    folder: Path,
    *,
    program: Sequence[str] = NLPKIT,
    settings: Mapping[str, str] | None = None,
) -> Run:
    """A whole command, from its start to its end.

    Args:
        folder: its cache.
        settings: more of its environment.

    Raises:
        RuntimeError: it failed.
    """
    done = subprocess.run(
        [sys.executable, "-I", "-S", "-c", LAUNCH, *program, *arguments],
        env=surroundings(folder) | dict(settings or {}),
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
        check=False,
    )
    said, _, told = done.stderr.rstrip().rpartition("\n")
    if done.returncode:
        raise RuntimeError(last_line(done.stderr))
    status, wall, cpu, peak = json.loads(told)
    if status:
        raise RuntimeError(f"{' '.join(arguments[:1])}: {last_line(said) or f'status {status}'}")
    return {"wall": wall, "cpu": cpu, "mb": peak}


def peak_mb() -> float:
    """The most memory that this process has had, in MB."""
    try:
        lines = Path("/proc/self/status").read_text(encoding="utf8").splitlines()
        return int(next(line for line in lines if line.startswith("VmHWM")).split()[1]) / 1024
    except (OSError, StopIteration):  # not Linux; what stood in the process's place before counts, too
        import resource

        most = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
        return most / (1024**2 if sys.platform == "darwin" else 1024)


def surroundings(folder: Path) -> dict[str, str]:
    """The environment of what is measured: this tree's nlpkit, and a cache of its own."""
    here = (str(PROJECT), str(PROJECT / "benchmarks"), os.environ.get("PYTHONPATH", ""))
    path = os.pathsep.join(filter(None, here))
    return os.environ | {"NLPKIT_CACHE": str(folder), "PYTHONPATH": path}


def last_line(said: str) -> str:
    """The last line of what a process said that is not blank: the error, mostly."""
    return next((line.strip() for line in reversed(said.splitlines()) if line.strip()), "")


def median(runs: Sequence[Run], key: str = "wall") -> float:
    """The median of one figure of some runs."""
    return float(statistics.median(run[key] for run in runs))  # type: ignore[literal-required]


def write_rows(path: Path, rows: Sequence[Mapping[str, object]]) -> Path:
    """Rows as JSON Lines."""
    path.write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf8")
    return path


def with_proof(kept: Path, fresh: Path) -> Path:
    """A cache with nothing but the check of the encoder, which is made once a machine."""
    (fresh / "encoder").mkdir(parents=True, exist_ok=True)
    for path in (kept / "encoder").glob("*.json"):
        (fresh / "encoder" / path.name).write_bytes(path.read_bytes())
    return fresh


def say(text: str) -> None:
    """Progress, on standard error."""
    sys.stderr.write(f"{text}\n")
    sys.stderr.flush()
