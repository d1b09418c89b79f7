"""A progress bar on standard error, for work that turns out to be long."""

from __future__ import annotations

import sys
import threading
from types import TracebackType
from typing import Any

__all__ = ["ProgressBar"]

_PATIENCE = 2.0


class ProgressBar:
    """Called with a stage, the steps done and the steps in all; shown after two seconds.

    Nothing is shown when ``quiet`` or when standard error is no terminal. A context manager: on
    leaving it, the bar is gone.
    """

    def __init__(self, *, quiet: bool = False) -> None:
        self._state = ("starting", 0, 1)
        self._lock = threading.Lock()
        self._bar: Any = None
        self._timer: threading.Timer | None = None
        if not quiet and sys.stderr.isatty():
            self._timer = threading.Timer(_PATIENCE, self._show)
            self._timer.daemon = True

    def __call__(self, stage: str, done: int, total: int) -> None:
        with self._lock:
            self._state = (stage, done, total)
            if self._bar is not None:
                self._bar.update(self._bar.task_ids[0], description=stage, completed=done, total=total)

    def __enter__(self) -> ProgressBar:
        if self._timer is not None:
            self._timer.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._timer is None:
            return
        self._timer.cancel()
        with self._lock:
            self._timer = None
            if self._bar is not None:
                self._bar.stop()

    def _show(self) -> None:
        from rich.console import Console
        from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

        with self._lock:
            if self._timer is None:
                return
            self._bar = Progress(
                TextColumn("{task.description}"),
                BarColumn(),
                MofNCompleteColumn(),
                TimeElapsedColumn(),
                console=Console(stderr=True),
                transient=True,
            )
            stage, done, total = self._state
            self._bar.add_task(stage, completed=done, total=total)
            self._bar.start()
