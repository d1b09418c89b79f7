"""What a declaration means, action references, row ids, and a user's table made an update table."""

from __future__ import annotations

import time

import pandas as pd
import pytest

from nlpkit.errors import InputError
from nlpkit.schema import READ_COLUMNS, conform, declared_status, derive_row_ids, tidy_action_id

DECLARED = {
    "complete": [
        "Complete", "COMPLETED", "Blue", "B", "Closed", "Signed off", "BAU", "Business as usual", "Delivered", "Resolved",
        "Embedded", "Fully embedded", "Action delivered", "Finished", "Implemented", "100%", "Yes", "Green - complete",
        "Complete - awaiting board closure", "Complete, no concerns", "Closed: nothing outstanding", "Completed late",
        "Overdue - completed late", "🔵", "✅", "#0070C0 (fill)", "light blue",
    ],
    "on_track": [
        "Green", "G", "RAG: G", "Status: Green", "BRAG rating - Green", "light green", "🟢", "00B050", "#00B050 (fill)",
        "#92D050", "On track", "In progress", "Ongoing", "Ahead of schedule", "On time", "No delay", "No delays to report",
        "Delay resolved", "Delays have now been resolved", "No concerns", "Not at risk", "No longer overdue",
        "Not yet implemented", "Not yet met", "Not closed", "Not signed off", "Work not yet complete",
        "Not fully implemented", "Hasn't been completed", "Not yet been fully delivered", "Incomplete",
        "Partially implemented", "Partially achieved", "Partly complete", "Part met", "Mostly complete", "75% complete",
        "Nearly complete", "To be completed", "To be completed by June", "Complete by June", "Awaiting sign off",
        "In progress - due to complete March 2025", "Will be completed on time", "Expected to be completed in May",
        "Blue: complete by June", "Will be delivered",
    ],
    "at_risk": [
        "Amber", "A", "Yellow", "🟡", "🟠", "#FFC000", "FFEB9C", "At risk", "May not be delivered", "Delayed", "Slippage", "Some delays",
        "Slipped to March", "Behind target", "Amber: complete by June", "Amber - in progress", "In progress (amber)",
        "Green/Amber", "Amber Green", "G → A", "Amber - not yet complete", "Outstanding",
    ],
    "off_track": [
        "Red", "R", "🔴", "FF0000", "#FF0000 (fill)", "Overdue", "Not on track", "Not currently on target", "Off target",
        "Off track", "Will not be completed on time", "Won't be delivered by March", "Will not be implemented by March",
        "Cannot be completed", "Not achieved", "Not met", "Not delivered", "Deferred", "Paused", "On hold",
        "Open - overdue", "Red: in progress", "Partly complete but overdue", "Unlikely to be complete",
    ],
    "not_started": [
        "Not started", "Not yet started", "Not commenced", "Not yet begun", "Unstarted", "Yet to start", "Grey",
        "Has not yet been started", "To be started in May", "Not started - to be completed by June",
        "Blue - not started", "0% complete",
    ],
    "declined": [
        "Rejected", "Not accepted", "Superseded", "Withdrawn", "Cancelled", "Closed - superseded", "Action withdrawn",
        "No longer required", "Will not be progressed", "Will not be adopted",
    ],
    "": [
        "", "nan", "None", "  ", "-", "n/a", "Action 4", "Station lead", "What will be delivered", "Who has completed it",
        "Red Watch", "Grey Book", "Blue light partners", "202406", "#FFFFFF", "Fulfilment", "Delivered by",
    ],
}  # fmt: skip


@pytest.mark.parametrize(("status", "words"), [(s, w) for s, many in DECLARED.items() for w in many])
def test_declared_status(status: str, words: str) -> None:
    assert declared_status(words) == status
    assert declared_status(f"  {words.upper()} ") == status


def test_the_plans_own_key_decides() -> None:
    legend = {"green": "Action completed", "#92d050": "In progress", "amber": "Not yet started"}
    assert declared_status("Green", legend) == "complete"
    assert declared_status("G", legend) == "complete"
    assert declared_status("🟢", legend) == "complete"
    assert declared_status("RAG: light green", legend) == "complete"
    assert declared_status("#92D050 (fill)", legend) == "on_track", "the exact shade comes first"
    assert declared_status("#00B050 (fill)", legend) == "complete", "another green"
    assert declared_status("Amber", legend) == "not_started"
    assert declared_status("Red", legend) == "off_track", "not in the key"
    assert declared_status("Not complete", {"complete": "Closed"}) == "on_track"
    assert declared_status("Complete now", {"complete": "Overdue"}) == "off_track"


@pytest.mark.parametrize("piece", ["not ", "no ", "to be ", "a", "(", "red ", "#FF0000 ", "partly ", "🟢"])
def test_long_declarations_are_judged_in_time(piece: str) -> None:
    started = time.process_time()
    declared_status(piece * (60_000 // len(piece)))
    assert time.process_time() - started < 3


@pytest.mark.parametrize(
    ("text", "tidy"),
    [
        ("1 0", "10"),
        ("1 2 3", "123"),
        ("10 11", "10 11"),
        ("4.", "4"),
        ("(7)", "7"),
        ("1.10", "1.10"),
        ("1.1.", "1.1"),
        ("3)", "3"),
        ("#12", "12"),
        ("AFI-03", "AFI-03"),
        ("Effective  1", "Effective 1"),
        ("", ""),
    ],
)
def test_tidy_action_id(text: str, tidy: str) -> None:
    assert tidy_action_id(text) == tidy
    assert tidy_action_id(tidy) == tidy


def test_row_ids_name_source_action_and_period() -> None:
    table = pd.DataFrame(
        {
            "row_id": ["", "own", "", "", "", ""],
            "source": ["plan.docx", "plan.docx", "plan.docx", "plan.docx", "plan.docx", ""],
            "section": ["", "", "", "People", "People", ""],
            "action_id": ["1", "2", "", "1", "1", ""],
            "period": ["May 2024"] * 5 + [""],
            "as_of": [""] * 5 + ["2024-05"],
        }
    )
    assert derive_row_ids(table) == [
        "plan/1/May 2024",
        "own",
        "plan/~1/May 2024",
        "plan/People/1/May 2024",
        "plan/People/1/May 2024#2",
        "table/~2/2024-05",
    ]


def test_conform_fills_the_columns_and_keeps_the_users_own() -> None:
    given = pd.DataFrame(
        {
            " update ": ["Done.", None],
            "budget": [1.5, 2.5],
            "action_id": [1.0, 2.5],
            "declared": ["Not yet implemented", "Blue"],
            "declared_status": ["", "at_risk"],
            "owner": [["Ann", "Bo"], float("nan")],
        },
        index=[7, 3],
    )
    table = conform(given, source="x.csv", service="Marl FRS", as_of="2024-05")
    assert list(table.columns) == [*READ_COLUMNS, "budget"]
    assert list(table.index) == [0, 1]
    assert list(table["update"]) == ["Done.", ""]
    assert list(table["action_id"]) == ["1", "2.5"]
    assert list(table["owner"]) == ["Ann; Bo", ""]
    assert list(table["declared_status"]) == ["on_track", "at_risk"], "a status that is given stays"
    assert set(table["service"]) == {"Marl FRS"}
    assert table["row_id"].is_unique
    assert " update " in given.columns, "the user's table is left as it was"


@pytest.mark.parametrize(
    ("table", "says"),
    [
        (pd.DataFrame({"update": []}), "no rows"),
        (pd.DataFrame({"note": ["x"]}), "no column 'update'"),
        (pd.DataFrame({"row_id": ["a", "a"], "update": ["x", "y"]}), "used 2 times"),
    ],
)
def test_conform_refuses(table: pd.DataFrame, says: str) -> None:
    with pytest.raises(InputError, match=says):
        conform(table)
