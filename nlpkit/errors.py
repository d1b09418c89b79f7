"""The errors that users see: each names the place and what to do about it."""

from __future__ import annotations

from pathlib import Path

__all__ = ["InputError", "NlpkitError", "NoRows"]


class NlpkitError(Exception):
    """Anything nlpkit refuses to do, in words meant for the person at the keyboard.

    The command line prints the message without a traceback and ends with exit status 2.
    """


class InputError(NlpkitError):
    """A file, row or column that cannot be used.

    Args:
        problem: what is wrong, as a clause without a full stop ("has no update column").
        source: the file it is in, if it is in one.
        row: where in the file, as a reader would count ("line 12", "row 3").
        column: the column concerned.
        remedy: what the user can do, as a sentence.
    """

    def __init__(
        self,
        problem: str,
        *,
        source: str | Path | None = None,
        row: str | int | None = None,
        column: str | None = None,
        remedy: str = "",
    ) -> None:
        self.problem = problem
        self.source = str(source) if source is not None else ""
        self.row = f"row {row}" if isinstance(row, int) else (row or "")
        self.column = column or ""
        self.remedy = remedy
        place = ", ".join(
            part for part in (self.source, self.row, self.column and f"column '{self.column}'") if part
        )
        message = f"{place}: {problem}" if place else problem
        super().__init__(f"{message}. {remedy}" if remedy else message)


class NoRows(InputError):
    """A table or plan in order, but with nothing in it to work on."""
