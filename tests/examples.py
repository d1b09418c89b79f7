"""Examples in documents, run: console blocks print what stands below them, Python blocks run.

A document's blocks are run in the order in which they stand, in one folder:

* ``console``: each line that begins with ``$ `` is run, and must end well and print the lines below it. A line
  ``[…]`` ends an excerpt: what stands above it is compared, as many lines as there are. After a command whose exit
  status is meant to be another, the next command is ``echo $?``, with the status below it.
* ``python``: run, in one namespace for the document.
* ``text`` straight after a Python block: what the latter prints.
* any block with ``title="FILE"``: its content is written to that file.
* ``sh``: commands for a checkout, which tests don't run: targets of ``make`` and scripts of ``python`` must exist.
"""

from __future__ import annotations

import contextlib
import io
import logging
import os
import re
import shlex
import shutil
import subprocess
import sys
import tempfile
import zipfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO

import openpyxl

CUT = "[…]"
BLOCK = re.compile(r"^```(?P<language>\w+)(?P<info>[^\n]*)\n(?P<body>.*?)^```$", re.MULTILINE | re.DOTALL)
TITLE = re.compile(r'title="([^"]+)"')

Runner = Callable[[str, Path], tuple[int, str]]
"""Runs a command in a folder: its exit status, and what it printed to both outputs."""


@dataclass
class Played:
    """What became of a document.

    Attributes:
        text: the document with the real output pasted.
        differences: each command or block whose output isn't what the document shows.
        ran: how many commands and blocks were run, by language.
    """

    text: str = ""
    differences: list[str] = field(default_factory=list)
    ran: dict[str, int] = field(default_factory=dict)


def play(
    text: str, folder: Path, run: Runner, *, name: str = "document", project: Path | None = None
) -> Played:
    """Run a document's blocks in ``folder``.

    Raises:
        AssertionError: a command ends with a status that the document does not show.
    """
    done = Played()
    namespace: dict[str, object] = {"__name__": name}
    parts: list[str] = []
    end, printed, printed_end = 0, "", -1
    for block in BLOCK.finditer(text):
        parts.append(text[end : block.start()])
        end = block.end()
        language, body = block["language"], block["body"]
        title = TITLE.search(block["info"])
        new = body
        follows = printed_end >= 0 and not text[printed_end : block.start()].strip()
        if title:
            (folder / title[1]).write_text(body, encoding="utf8")
        if language == "console":
            new = _console(body, folder, run, done)
        elif language == "python":
            line = text[: block.start()].count("\n") + 1
            printed = _python(body, f"{name}, block at line {line}", folder, namespace)
        elif language == "text" and follows:
            new = _excerpt(printed, body)
            if new != body:
                done.differences.append(f"the Python block above prints:\n{new}")
        elif language == "sh" and project is not None:
            _there(body, project)
        printed_end = end if language == "python" else -1
        done.ran[language] = done.ran.get(language, 0) + 1
        parts.append(f"```{language}{block['info']}\n{new}```")
    done.text = "".join([*parts, text[end:]])
    return done


def _console(body: str, folder: Path, run: Runner, done: Played) -> str:
    lines: list[str] = []
    found = commands(body)
    status = 0
    for place, (command, pasted) in enumerate(found):
        play_the_reviewers(folder)
        if command == "echo $?":
            printed = str(status)
        else:
            status, printed = run(command, folder)
            asked = place + 1 < len(found) and found[place + 1][0] == "echo $?"
            assert asked or status == 0, f"{command}: exit status {status}\n{printed}"
        shown = _excerpt(printed, "\n".join(pasted)).splitlines()
        if shown != pasted:
            done.differences.append(f"$ {command}\n" + "\n".join(shown))
        lines += [f"$ {command}", *shown]
    return "\n".join(lines) + "\n"


def commands(body: str) -> list[tuple[str, list[str]]]:
    """Commands of a console block, each with the output that is pasted under it."""
    found: list[tuple[str, list[str]]] = []
    for line in body.splitlines():
        if line.startswith("$ "):
            found.append((line[2:], []))
        else:
            found[-1][1].append(line)
    return found


def _excerpt(printed: str, pasted: str) -> str:
    lines, shown = printed.splitlines(), pasted.splitlines()
    if CUT in shown:
        lines = [*lines[: shown.index(CUT)], CUT]
    return "".join(f"{line}\n" for line in lines)


def _python(code: str, name: str, folder: Path, namespace: dict[str, object]) -> str:
    out = io.StringIO()
    with contextlib.chdir(folder), _importable(folder), contextlib.redirect_stdout(out):
        exec(compile(code, name, "exec"), namespace)
    return out.getvalue()


@contextlib.contextmanager
def _importable(folder: Path) -> Iterator[None]:
    """Modules that a document has written can be imported from its own folder, and are forgotten after."""
    known = set(sys.modules)
    sys.path.insert(0, str(folder))
    try:
        yield
    finally:
        sys.path.remove(str(folder))
        for name in set(sys.modules) - known:
            if str(getattr(sys.modules[name], "__file__", "") or "").startswith(str(folder)):
                del sys.modules[name]


def _there(body: str, project: Path) -> None:
    targets = re.findall(r"^([a-z]+):", (project / "Makefile").read_text(encoding="utf8"), re.MULTILINE)
    for line in body.splitlines():
        words = [w for w in shlex.split(line, comments=True) if not re.match(r"[A-Z_]+=", w)]
        if words[:1] == ["make"]:
            for word in words[1:]:
                assert word in targets, f"'{line}': the Makefile has no target {word}"
        elif words[:1] == ["python"] and words[1] != "-m":
            assert (project / words[1]).is_file(), f"'{line}': there is no {words[1]}"


# --- two ways to run a command ---


def environment() -> dict[str, str]:
    """Of the command as installed, in a terminal of 80 columns."""
    return os.environ | {"PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}", "COLUMNS": "80"}


def in_shell(command: str, folder: Path) -> tuple[int, str]:
    """Run a command as a reader would: in a shell, in a process of its own."""
    assert command.startswith("nlpkit "), command
    done = subprocess.run(
        ["bash", "-o", "pipefail", "-c", command],
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        encoding="utf8",
        cwd=folder,
        env=environment(),
        check=False,
    )
    return done.returncode, done.stdout


def in_process(command: str, folder: Path) -> tuple[int, str]:
    """Run a command in this process, which saves the imports; pipes between commands work."""
    given = b""
    printed = ""
    status = 0
    stages = [shlex.split(stage) for stage in command.split(" | ")]
    for place, words in enumerate(stages):
        assert words[0] == "nlpkit", f"'{command}': only nlpkit is run here"
        last = place == len(stages) - 1
        code, out, messages = _main(words, folder, given, apart=not last)
        status = max(status, code)
        printed += messages if not last else messages + out.decode()
        given = out
    return status, printed


def _main(words: list[str], folder: Path, given: bytes, *, apart: bool) -> tuple[int, bytes, str]:
    """One command: exit status, standard output, and messages (in ``apart``; else all in the output)."""
    from nlpkit.cli import main

    log = logging.getLogger("nlpkit")
    handlers, propagate = list(log.handlers), log.propagate
    before = sys.argv, sys.stdin, sys.stdout, sys.stderr, os.environ.get("COLUMNS")
    with tempfile.TemporaryFile() as out, tempfile.TemporaryFile() as messages, contextlib.chdir(folder):
        sys.argv = words
        sys.stdin = io.TextIOWrapper(io.BytesIO(given), encoding="utf8")
        sys.stdout = _writer(out)
        sys.stderr = _writer(messages) if apart else sys.stdout
        os.environ["COLUMNS"] = "80"
        try:
            main()
            code = 0
        except SystemExit as stop:
            code = int(stop.code or 0)
        finally:
            sys.stdout.flush()
            sys.stderr.flush()
            sys.argv, sys.stdin, sys.stdout, sys.stderr = before[:4]
            os.environ.pop("COLUMNS")
            if before[4] is not None:
                os.environ["COLUMNS"] = before[4]
            log.handlers, log.propagate = handlers, propagate
        out.seek(0)
        messages.seek(0)
        return code, out.read(), messages.read().decode()


def _writer(file: IO[bytes]) -> IO[str]:
    """Text onto a file of its own, so that two of them may be closed without closing the file."""
    return open(os.dup(file.fileno()), "w", encoding="utf8")


# --- what the examples are about ---


def lay_out(folder: Path, demo_plan: Path) -> None:
    """The files that documents speak of: ``plan.txt``, and a folder and an archive of plans."""
    shutil.copy(demo_plan, folder / "plan.txt")
    (folder / "plans").mkdir()
    shutil.copy(demo_plan, folder / "plans" / "northmoor.txt")
    (folder / "plans" / ".DS_Store").write_bytes(b"\x00")
    with zipfile.ZipFile(folder / "more.zip", "w") as archive:
        other = demo_plan.read_text(encoding="utf8").replace("Northmoor", "Southmoor")
        archive.writestr("sub/plan.txt", other)


def play_the_reviewers(folder: Path) -> None:
    """Fill an exported workbook as two people might, who agree with nlpkit but for every fifth or seventh row."""
    if not (folder / "review.xlsx").exists() or (folder / "review-anna.xlsx").exists():
        return
    for name, nth in (("anna", 7), ("bo", 5)):
        book = openpyxl.load_workbook(folder / "review.xlsx")
        sheet = book["review"]
        place = {cell.value: cell.column for cell in sheet[1]}
        for row in range(2, sheet.max_row + 1):
            for kind in ("status", "evidence"):
                said = sheet.cell(row, place[f"nlpkit: {kind}"]).value
                other = {"status": "at_risk", "evidence": "partial"}[kind]
                sheet.cell(row, place[f"your {kind}"]).value = said if row % nth else other
        book.save(folder / f"review-{name}.xlsx")
