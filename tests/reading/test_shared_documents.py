"""The real plans beside the project, read against a careful reading of three of them."""

from __future__ import annotations

import importlib.util
import json
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from nlpkit.reading import Reading, read_documents

SHARED = Path(__file__).resolve().parents[3] / "shared"
pytestmark = pytest.mark.skipif(
    not (SHARED / "documents").is_dir(), reason="the real documents (../shared) are not beside the project"
)


@pytest.fixture(scope="module")
def reading() -> Reading:
    return read_documents(sorted((SHARED / "documents").glob("*.txt")))


@pytest.fixture(scope="module")
def figures(reading: Reading) -> dict[str, Any]:
    spec = importlib.util.spec_from_file_location("scoring", SHARED / "tools" / "scoring.py")
    assert spec is not None and spec.loader is not None
    scoring: ModuleType = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(scoring)
    gold = json.loads((SHARED / "gold" / "reading_dev.json").read_text(encoding="utf8"))
    return scoring.reading(gold, reading.updates.to_dict("records"))


def test_every_document_is_read_and_balances(reading: Reading) -> None:
    assert not reading.failures
    assert len(reading.accounts) == 5
    assert all(account.balances for account in reading.accounts)
    assert reading.updates["row_id"].is_unique


@pytest.mark.parametrize("document", ["000", "003"])
def test_all_actions_found_and_no_others(figures: dict[str, Any], document: str) -> None:
    assert figures[document]["action_recall"] == 1
    assert figures[document]["action_precision"] == 1
    assert figures[document]["rows"] == figures[document]["expected_rows"]


@pytest.mark.parametrize(("document", "floor"), [("000", 0.90), ("003", 0.95), ("004", 0.95)])
def test_updates_as_a_careful_reader_takes_them(figures: dict[str, Any], document: str, floor: float) -> None:
    key = "update_f1" if document == "000" else "update_exact"
    assert figures[document][key] >= floor


def test_totals_agree_with_the_plans_own_dashboards(reading: Reading) -> None:
    checks = [check for account in reading.accounts for check in account.checks]
    assert len(checks) == 4
    assert all(check.agrees for check in checks), [str(check) for check in checks]


def test_services_and_dates_are_found(reading: Reading) -> None:
    found = reading.updates.drop_duplicates("source").set_index("source")["service"]
    assert [name.split()[0] for name in found.sort_index()] == [
        "Merseyside",
        "Merseyside",
        "Cumbria",
        "Essex",
        "Essex",
    ]
    by_source = reading.updates.groupby("source")["as_of"].agg(set)
    assert by_source.iloc[0] == {"2020-11", "2021-03"} and by_source.iloc[1] == {"2024-03", "2024-09"}
    assert by_source.iloc[4] == {"2021-02"}
