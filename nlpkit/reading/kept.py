"""A reading of one document as JSON has it, and back, so that finished readings can be kept."""

from __future__ import annotations

from collections import Counter
from dataclasses import asdict
from typing import Any

import pandas as pd

from nlpkit.reading.accounts import Account, Check, Reading

__all__ = ["reading_from_json", "reading_to_json"]


def reading_to_json(reading: Reading) -> dict[str, Any]:
    """A reading whose tables hold text only, as those of documents do; failures are left out."""
    return {
        "updates": _columns(reading.updates),
        "set_aside": _columns(reading.set_aside),
        "accounts": [
            asdict(account) | {"dispositions": list(account.dispositions.items())}
            for account in reading.accounts
        ],
        "notes": list(reading.notes),
    }


def reading_from_json(kept: dict[str, Any]) -> Reading:
    """The reading that :func:`reading_to_json` was given."""
    return Reading(
        _table(kept["updates"]),
        _table(kept["set_aside"]),
        tuple(
            Account(
                **account
                | {
                    "dispositions": Counter(dict(account["dispositions"])),
                    "checks": tuple(Check(**check) for check in account["checks"]),
                    "warnings": tuple(account["warnings"]),
                }
            )
            for account in kept["accounts"]
        ),
        notes=tuple(kept["notes"]),
    )


def _columns(table: pd.DataFrame) -> list[list[Any]]:
    return [[name, table[name].dtype.name, table[name].tolist()] for name in table.columns]


def _table(columns: list[list[Any]]) -> pd.DataFrame:
    return pd.DataFrame({name: pd.Series(values, dtype=kind) for name, kind, values in columns})
