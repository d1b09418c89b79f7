"""Runs of the command that are killed at chosen moments, each in a process of its own.

Started as a script with a JSON object of settings; prints what it saw as JSON. It loads nlpkit once and forks
for every run, so that a run costs its work and not three seconds of imports.
"""

from __future__ import annotations

import json
import os
import random
import signal
import sys
import time
from collections.abc import Callable
from pathlib import Path

CHANGES = {"open", "os.rename", "os.remove", "os.mkdir", "os.rmdir", "os.chmod", "tempfile.mkstemp"}
"""Audit events by which a run changes what is on disk."""


def run(arguments: list[str], folder: Path, before: Callable[[], None] | None = None) -> int:
    """Fork, and run the command there; the process id."""
    child = os.fork()
    if child:
        return child
    null = os.open(os.devnull, os.O_RDWR)
    for stream in (0, 1, 2):
        os.dup2(null, stream)
    status = 70
    try:
        if before is not None:
            before()
        status = in_here(arguments, folder)
    finally:
        os._exit(status)


def in_here(arguments: list[str], folder: Path) -> int:
    """Run the command in this process; its exit status."""
    from nlpkit.cli import main

    os.chdir(folder)
    sys.argv = ["nlpkit", *arguments]
    try:
        main()
    except SystemExit as end:
        return int(end.code or 0)
    return 0


def ended(child: int) -> int:
    """The exit status of a run, negative where a signal ended it."""
    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])


def counting(folder: Path, last: int, report: int | None = None) -> Callable[[], None]:
    """Kill the process at the ``last`` change in the folder; with ``report`` only count them, into that pipe."""

    def begin() -> None:
        seen = 0

        def hook(event: str, arguments: tuple[object, ...]) -> None:
            nonlocal seen
            if event not in CHANGES or not str(arguments[0]).startswith(str(folder)):
                return
            if event == "open" and not (isinstance(arguments[2], int) and arguments[2] & os.O_ACCMODE):
                return
            seen += 1
            if report is not None:
                os.pwrite(report, f"{seen}".encode(), 0)
            elif seen == last:
                os.kill(os.getpid(), signal.SIGKILL)

        sys.addaudithook(hook)

    return begin


def main() -> None:
    settings = json.loads(sys.argv[1])
    base, arguments = Path(settings["folder"]).resolve(), settings["arguments"]
    os.environ["OMP_NUM_THREADS"] = "1"  # threads do not outlive a fork
    from nlpkit import features

    features._CHUNK = settings["chunk"]
    warm = base / "warm"
    warm.mkdir()
    in_here(arguments, warm)  # everything loaded and compiled before the forks

    whole = base / "whole"
    whole.mkdir()
    counted = os.open(base / "counted", os.O_RDWR | os.O_CREAT)
    start = time.perf_counter()
    assert ended(run(arguments, whole, counting(whole, 0, counted))) == settings["status"]
    took, changes = time.perf_counter() - start, int(os.pread(counted, 20, 0))
    files = {path.name: path.read_bytes() for path in whole.iterdir()}
    assert set(files) == set(settings["files"]), sorted(files)

    chance = random.Random(settings["seed"])
    seen = []
    for n in range(settings["kills"]):
        here = base / f"run{n}"
        here.mkdir()
        old = {name: f"old {name}\n".encode() for name in files} if n % 2 else {}
        for name, content in old.items():
            (here / name).write_bytes(content)
        if n % 4 < 2:
            moment = chance.uniform(0, took)
            child = run(arguments, here)
            time.sleep(moment)
            os.kill(child, signal.SIGKILL)
        else:
            # Half of these among the last changes, where outputs take their places.
            moment = chance.randint(1 if n % 4 == 2 else changes - 11, changes)
            child = run(arguments, here, counting(here, moment))
        killed = ended(child)
        after = {
            name: "old" if old and there == old[name] else "new" if there == files[name] else "neither"
            for name in files
            if (there := (here / name).read_bytes() if (here / name).exists() else b"") or old
        }
        work = here / f"{settings['files'][0]}.work"
        kept = len(list(work.glob("*.json"))) if work.is_dir() else 0
        status = ended(run([*arguments, "--resume"], here))
        same = {path.name: path.read_bytes() for path in here.iterdir()} == files
        left = sorted(path.name for path in here.iterdir() if path.name not in files)
        seen.append(
            {"moment": moment, "killed": killed, "after": after, "kept": kept, "status": status, "same": same,
             "left": left}
        )  # fmt: skip
    sys.stdout.write(json.dumps({"took": took, "changes": changes, "runs": seen}))


if __name__ == "__main__":
    main()
