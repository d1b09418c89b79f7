"""What reading gives back: the update table, and an account of every row that it was given."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field

import pandas as pd

from nlpkit.errors import InputError
from nlpkit.schema import empty_table

__all__ = ["SET_ASIDE_COLUMNS", "Account", "Check", "FileRead", "Reading"]

SET_ASIDE_COLUMNS = ("source", "place", "text", "reason")


@dataclass(frozen=True, slots=True)
class Check:
    """One of the plan's own totals against what was read."""

    name: str
    plan_says: str
    read: str
    agrees: bool

    def __str__(self) -> str:
        verdict = "agree" if self.agrees else "DISAGREE"
        return f"{self.name}: plan says {self.plan_says}; read {self.read} ({verdict})"


@dataclass(frozen=True)
class Account:
    """What became of every table row (in a report without tables: every bullet) of a document.

    Attributes:
        source: file name.
        rows_found: rows in the document.
        dispositions: what became of them → how many; sums to ``rows_found``.
        actions: actions read.
        updates: rows of the update table made from them.
        checks: the plan's own totals against what was read.
        warnings: what was inferred rather than read, in sentences.
    """

    source: str
    rows_found: int
    dispositions: Counter[str]
    actions: int
    updates: int
    checks: tuple[Check, ...] = ()
    warnings: tuple[str, ...] = ()

    @property
    def balances(self) -> bool:
        """Whether every row is accounted for."""
        return sum(self.dispositions.values()) == self.rows_found

    def __str__(self) -> str:
        parts = ", ".join(f"{n} {name}" for name, n in self.dispositions.most_common())
        lines = [
            f"{self.source}: {self.rows_found} rows ({parts or 'none'}) → "
            f"{self.actions} actions, {self.updates} updates"
        ]
        lines += [f"  {check}" for check in self.checks]
        lines += [f"  note: {warning}" for warning in self.warnings]
        return "\n".join(lines)


@dataclass(frozen=True)
class Reading:
    """What one or several documents gave.

    Attributes:
        updates: the update table, read columns only.
        set_aside: rows of plan tables that could not be used (source, place, text, reason).
        accounts: one a document.
        failures: documents that could not be read at all.
        notes: what was inferred or left out in tables, which have no account, in sentences.
    """

    updates: pd.DataFrame = field(default_factory=empty_table)
    set_aside: pd.DataFrame = field(default_factory=lambda: pd.DataFrame(columns=list(SET_ASIDE_COLUMNS)))
    accounts: tuple[Account, ...] = ()
    failures: tuple[InputError, ...] = ()
    notes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class FileRead:
    """What became of one file that was given, or found in a folder or archive.

    Attributes:
        name: what messages call it.
        rows: rows of the update table made from it.
        set_aside: rows that could not be used.
        notes: how many things were inferred, left out or put right.
        problem: why nothing of it could be used, as a clause, or ``""``.
    """

    name: str
    rows: int = 0
    set_aside: int = 0
    notes: int = 0
    problem: str = ""
