"""What the commands share: inputs taken in, output delivered, messages on standard error, exit statuses."""

from __future__ import annotations

import logging
import os
import shutil
import signal
import sys
import threading
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, NoReturn

import typer

from nlpkit.unseen import visible

if TYPE_CHECKING:
    from types import FrameType

    import pandas as pd

    from nlpkit.intake import Intake
    from nlpkit.keeping import WorkFolder

__all__ = [
    "apart",
    "check",
    "deliver",
    "deliver_parts",
    "finish",
    "list_rejected",
    "log_to_stderr",
    "prepare",
    "problem",
    "read_line",
    "say",
    "stoppable",
    "take_in",
    "width",
    "working",
    "write",
    "write_bytes",
]

_STOPS = (signal.SIGINT, signal.SIGTERM)


class _Messages(logging.Handler):
    def emit(self, record: logging.LogRecord) -> None:
        level = "" if record.levelno < logging.WARNING else f"{record.levelname.lower()}: "
        problem(f"{level}{record.getMessage()}")


def log_to_stderr() -> None:
    """Send the warnings of nlpkit's modules to standard error."""
    log = logging.getLogger("nlpkit")
    log.addHandler(_Messages())
    log.propagate = False


@contextmanager
def stoppable() -> Iterator[None]:
    """End with status 130 on Ctrl-C and 143 when told to end: status 1 would say that work was done."""

    def stop(number: int, _: FrameType | None) -> None:
        raise SystemExit(128 + number)

    if threading.current_thread() is not threading.main_thread():
        yield
        return
    before = {number: signal.signal(number, stop) for number in _STOPS}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def prepare(out: str, catalogue: str = "none") -> None:
    """Refuse an output that cannot be written or a catalogue that cannot be read before any work."""
    if out:
        from nlpkit.files import check_output

        check_output(out)
    if catalogue != "none":
        from nlpkit.catalogue import load_catalogue

        load_catalogue(catalogue)


def apart(out: str, history: str) -> None:
    """Refuse to write a table over the history."""
    from nlpkit.errors import InputError

    if out and Path(out).resolve() == Path(history).resolve():
        raise InputError(
            "is both the history and the output", source=out, remedy="Give the output another name."
        )


@contextmanager
def working(out: str, resume: bool) -> Iterator[WorkFolder | None]:
    """Where finished work is kept while there is no output yet; removed when there is one."""
    if not out:
        if resume:
            raise typer.BadParameter("--resume needs --out FILE: work is kept beside the output.")
        yield None
        return
    from nlpkit.keeping import WorkFolder

    kept = WorkFolder(out, resume=resume)
    try:
        yield kept
    except BaseException:
        if kept:
            problem(f"finished work is kept in {kept.folder}: with --resume, the command goes on from there")
        raise
    kept.clear()


def take_in(
    inputs: list[str],
    service: str,
    as_of: str,
    quiet: bool,
    *,
    outputs: Sequence[str] = (),
    progress: Callable[[str, int, int], None] | None = None,
    keep: WorkFolder | None = None,
    or_none: bool = False,
) -> Intake:
    """Read the inputs; with ``or_none``, go on where they can be read but hold no rows."""
    from nlpkit.errors import NoRows
    from nlpkit.intake import take_in as read_all

    written = [name for out in outputs if out for name in (out, str(_rejected(out)))]
    intake = read_all(inputs, service=service, as_of=as_of, outputs=written, progress=progress, keep=keep)
    for failure in intake.failures:
        problem(str(failure))
    passed = intake.passed_over
    if passed and not quiet:
        names = ", ".join(Path(name).name for name in passed[:3]) + (", …" if len(passed) > 3 else "")
        files = "file" if len(passed) == 1 else "files"
        say(f"{len(passed)} hidden or temporary {files} passed over ({names})")
    if intake.updates.empty and not (or_none and all(isinstance(f, NoRows) for f in intake.failures)):
        raise typer.Exit(2)
    if not quiet and len(intake.files) == 1:
        for account in intake.accounts:
            if notes := len(account.warnings):
                said = "1 note" if notes == 1 else f"{notes} notes"
                say(f"{account.source}: read with {said} (read --check shows them)")
    return intake


def deliver(intake: Intake, table: pd.DataFrame, out: str) -> None:
    """Write the table, and at once the list of what was set aside."""
    write(table, out)
    list_rejected(intake, out)


def deliver_parts(intake: Intake, parts: Iterable[pd.DataFrame], out: str) -> None:
    """The same of a table that comes in parts."""
    from nlpkit.files import write_parts

    try:
        write_parts(parts, out or "-")
    except BrokenPipeError:
        _reader_left()
    list_rejected(intake, out)


def list_rejected(intake: Intake, out: str) -> None:
    """Write what was set aside beside the output; where nothing was, no list of an earlier run stays."""
    if not out:
        return
    from nlpkit.atomic import clear_scraps
    from nlpkit.errors import InputError
    from nlpkit.files import write_table

    beside = _rejected(out)
    rejected = intake.rejected
    if len(rejected):
        try:
            write_table(rejected, beside)
        except InputError:
            beside.unlink(missing_ok=True)  # of an earlier output; without it there may be room
            write_table(rejected, beside)
    else:
        beside.unlink(missing_ok=True)
        clear_scraps(beside.resolve().parent, beside.name)


def _rejected(out: str) -> Path:
    from nlpkit.reading.gathering import REJECTED

    return Path(f"{out}{REJECTED}")


def write(table: pd.DataFrame, out: str) -> None:
    """Write a table, to standard output without ``out``."""
    from nlpkit.files import write_table

    try:
        write_table(table, out or "-")
    except BrokenPipeError:
        _reader_left()


def write_bytes(data: bytes) -> None:
    """Write to standard output."""
    from nlpkit.files import write_stdout

    try:
        write_stdout(data)
    except BrokenPipeError:
        _reader_left()


def _reader_left() -> None:
    # Whoever reads our output has had enough (as with "| head"); nothing is wrong.
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def read_line(intake: Intake) -> str:
    """What was read, in one line."""
    from nlpkit.reporting.ranking import action_numbers

    updates = intake.updates
    counts = {
        "update": len(updates),
        "action": len(set(action_numbers(updates))),
        "file": updates["source"].nunique(),
    }
    said = [f"{n} {noun}{'' if n == 1 else 's'}" for noun, n in counts.items()]
    return f"{said[0]} of {said[1]} read from {said[2]}"


def check(intake: Intake, *, to_stdout: bool) -> None:
    """Print what became of every row, and the plans' own totals against what was read."""
    from nlpkit.reporting.terminal import account_lines

    lines = account_lines(intake.accounts, width=width()) or [
        "  no plan among the inputs: nothing to reconcile"
    ]
    say("Reconciliation", *lines, error=not to_stdout)


def finish(intake: Intake, out: str, agrees: bool = True, *, quiet: bool) -> NoReturn:
    """Say what became of each file and what was set aside, and end with the status."""
    if not quiet and len(intake.files) > 1:
        from nlpkit.reporting.terminal import file_lines

        say("", *file_lines(intake.files, width=width()))
    aside = len(intake.set_aside) + len(intake.failures)
    if out and aside:
        problem(f"{aside} rows or files set aside, with the reasons in {_rejected(out)}")
    elif not out:
        for row in intake.set_aside.to_dict("records"):
            problem(f"set aside: {row['source']}, {row['place']}: {row['reason']}: {str(row['text'])[:80]}")
    raise typer.Exit(0 if agrees and not aside else 1)


def width() -> int:
    """Columns of the terminal, between 60 and 100."""
    return max(60, min(100, shutil.get_terminal_size((80, 24)).columns))


def say(*lines: str, error: bool = True) -> None:
    """Print lines, headings (those that begin at the margin, where others are indented) in bold."""
    headed = len(lines) > 1
    for line in lines:
        bold = headed and bool(line) and not line.startswith(" ")
        typer.secho(
            visible(line), err=error, bold=bold or None, color=False if os.environ.get("NO_COLOR") else None
        )


def problem(message: str) -> None:
    """Print a message to standard error."""
    typer.secho(visible(f"nlpkit: {message}"), err=True)
