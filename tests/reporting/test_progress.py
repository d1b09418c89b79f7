"""The progress bar: only on a terminal, only for long work, never when quiet."""

from __future__ import annotations

import io
import sys
import time

import pytest

from nlpkit.reporting import progress


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


def work(bar: progress.ProgressBar, seconds: float) -> None:
    with bar:
        bar("judging status", 1, 5)
        time.sleep(seconds)
        bar("linking", 4, 5)


def test_long_work_on_a_terminal_shows_a_bar_and_takes_it_away(monkeypatch: pytest.MonkeyPatch) -> None:
    screen = Terminal()
    monkeypatch.setattr(sys, "stderr", screen)
    monkeypatch.setattr(progress, "_PATIENCE", 0.01)
    monkeypatch.setenv("TERM", "xterm")
    work(progress.ProgressBar(), 0.5)
    assert "judging status" in screen.getvalue() and "1/5" in screen.getvalue()


@pytest.mark.parametrize(
    ("quiet", "terminal", "patience"), [(True, True, 0.0), (False, False, 0.0), (False, True, 5.0)]
)
def test_otherwise_nothing_is_shown(
    monkeypatch: pytest.MonkeyPatch, quiet: bool, terminal: bool, patience: float
) -> None:
    screen = Terminal() if terminal else io.StringIO()
    monkeypatch.setattr(sys, "stderr", screen)
    monkeypatch.setattr(progress, "_PATIENCE", patience)
    work(progress.ProgressBar(quiet=quiet), 0.1)
    assert screen.getvalue() == ""


def test_an_error_passes_through() -> None:
    with pytest.raises(ValueError, match="boom"), progress.ProgressBar():
        raise ValueError("boom")
