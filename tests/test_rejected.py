"""Rows set aside, mended and read again: nothing is lost on the way, and nothing left over misleads."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

import nlpkit
from nlpkit import files
from nlpkit.files import read_table, write_table
from nlpkit.intake import take_in
from nlpkit.reading.accounts import SET_ASIDE_COLUMNS
from nlpkit.schema import READ_COLUMNS

Run = Callable[..., subprocess.CompletedProcess[str]]
TABLE = (
    "row_id,action_id,update,as_of,due_date,Ref\n"
    "a,1,Two crews were trained.,2024-03,,r1\n"
    "b,2,,2024-03,,r2\n"
    "c,3,The radios were bought.,2024-31-01,2024-06,r3\n"
)
PLAN = (
    "Northmoor Fire and Rescue Service\n\nProgress Report March 2024\n\n"
    "Number\tRecommendation\tCurrent Position\tETA\tProgress\n"
    "\t\tA position that stands above every action.\t\t\n"
    "1\tTrain all crews in the new procedure.\tTwelve crews were trained by May 2024.\tJune 2024\tGREEN\n"
)


def rows(path: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in path.read_text(encoding="utf8").splitlines()]


def save(path: Path, records: list[dict[str, Any]]) -> None:
    path.write_text("".join(json.dumps(record) + "\n" for record in records), encoding="utf8")


def test_a_row_set_aside_is_listed_whole(run: Run, tmp_path: Path) -> None:
    (tmp_path / "t.csv").write_text(TABLE, encoding="utf8")
    assert run("read", "t.csv", "--out", "o.jsonl").returncode == 1
    wordless, undated = rows(tmp_path / "o.jsonl.rejected.jsonl")
    assert list(undated)[:4] == list(SET_ASIDE_COLUMNS) and set(READ_COLUMNS) <= set(undated)
    assert (undated["source"], undated["place"], undated["row_id"]) == ("t.csv", "record 3", "c")
    assert (undated["update"], undated["as_of"], undated["due_date"], undated["Ref"]) == (
        "The radios were bought.", "2024-31-01", "2024-06", "r3",
    )  # fmt: skip
    assert wordless["reason"] == "neither a narrative nor a recommendation" and wordless["as_of"] == "2024-03"


@pytest.mark.parametrize("ending", [".jsonl", ".csv", ".xlsx"])
def test_mended_rows_come_back_as_the_mended_table_would_give_them(
    run: Run, tmp_path: Path, ending: str
) -> None:
    (tmp_path / "t.csv").write_text(TABLE, encoding="utf8")
    run("read", "t.csv", "--out", "o.jsonl")
    mended = rows(tmp_path / "o.jsonl.rejected.jsonl")
    mended[0]["update"], mended[1]["as_of"] = "The hoses were tested.", "2024-01-31"
    write_table(pd.DataFrame(mended), tmp_path / f"mended{ending}")  # also saved from a spreadsheet
    done = run("read", "o.jsonl", f"mended{ending}", "--out", "all.jsonl")
    assert done.returncode == 0, done.stderr

    whole = TABLE.replace("b,2,,", "b,2,The hoses were tested.,").replace("2024-31-01", "2024-01-31")
    (tmp_path / "t.csv").write_text(whole, encoding="utf8")
    assert run("read", "t.csv", "--out", "whole.jsonl").returncode == 0
    assert (tmp_path / "all.jsonl").read_bytes() == (tmp_path / "whole.jsonl").read_bytes()


def test_what_is_not_mended_stays_set_aside_as_it_was(run: Run, tmp_path: Path) -> None:
    (tmp_path / "t.csv").write_text(TABLE, encoding="utf8")
    (tmp_path / "bad.pdf").write_bytes(b"not a PDF")
    run("read", "t.csv", "bad.pdf", "--out", "o.jsonl")
    first = rows(tmp_path / "o.jsonl.rejected.jsonl")
    first[1]["as_of"] = "2024-01-31"
    save(tmp_path / "o.jsonl.rejected.jsonl", first)
    done = run("read", "o.jsonl.rejected.jsonl", "--out", "two.jsonl")
    assert done.returncode == 1 and [row["row_id"] for row in rows(tmp_path / "two.jsonl")] == ["c"]
    again = rows(tmp_path / "two.jsonl.rejected.jsonl")
    assert [(row["source"], row["place"], row["row_id"]) for row in again[:1]] == [("t.csv", "record 2", "b")]
    assert again[0]["reason"].startswith("not mended: the column 'update' is empty. It was set aside as: nei")
    assert again[1]["source"] == "bad.pdf" and again[1]["reason"].startswith(
        "a whole file: mend it, and give"
    )
    run("read", "two.jsonl", "two.jsonl.rejected.jsonl", "--out", "three.jsonl")
    third = rows(tmp_path / "three.jsonl.rejected.jsonl")
    assert [row["reason"] for row in third[:2]] == [row["reason"] for row in again]


def test_a_row_of_a_plan_is_mended_by_saying_what_it_is(tmp_path: Path) -> None:
    (tmp_path / "plan.txt").write_text(PLAN, encoding="utf8")
    intake = take_in([tmp_path / "plan.txt"])
    assert len(intake.updates) == 1 and len(intake.set_aside) == 1
    row = intake.rejected.to_dict("records")[0]
    assert (row["place"], row["row_id"]) == ("line 6", "plan/line 6")
    assert row["service"] == "Northmoor Fire and Rescue Service" and row["update"] == ""
    assert row["text"] == "A position that stands above every action."
    save(tmp_path / "o.rejected.jsonl", [row | {"update": row["text"], "action_id": "1"}])
    write_table(intake.updates, tmp_path / "o.jsonl")
    both = nlpkit.read([tmp_path / "o.jsonl", tmp_path / "o.rejected.jsonl"])
    assert both["update"].tolist()[1] == "A position that stands above every action."
    assert list(both.columns) == list(READ_COLUMNS) and both["row_id"].is_unique
    assert both["source"].tolist() == ["plan.txt"] * 2


def test_rows_of_a_file_of_which_none_can_be_used_are_listed_too(run: Run, tmp_path: Path) -> None:
    (tmp_path / "t.csv").write_text("update,as_of\nx y,01/24\nz w,2024-31-01\n", encoding="utf8")
    (tmp_path / "u.csv").write_text("update\nTwo crews were trained.\n", encoding="utf8")
    assert run("read", "t.csv", "u.csv", "--out", "o.jsonl").returncode == 1
    listed = rows(tmp_path / "o.jsonl.rejected.jsonl")
    assert [(row["place"], row["update"]) for row in listed] == [
        ("record 1", "x y"), ("record 2", "z w"), ("", ""),
    ]  # fmt: skip


def test_a_list_of_an_earlier_run_does_not_stay(run: Run, tmp_path: Path) -> None:
    stale, scrap = tmp_path / "o.csv.rejected.jsonl", tmp_path / ".o.csv.rejected.jsonl.abcdefgh.part"
    (tmp_path / "t.csv").write_text("update\nTwo crews were trained.\n", encoding="utf8")
    for command in (("read",), ("score", "--catalogue", "none")):
        stale.write_text("{}\n")
        scrap.write_text("half")
        assert run(*command, "t.csv", "--out", "o.csv").returncode == 0
        assert not stale.exists() and not scrap.exists()


def test_a_run_that_writes_nothing_leaves_the_list_of_the_output_that_stays(run: Run, tmp_path: Path) -> None:
    (tmp_path / "t.csv").write_text(TABLE, encoding="utf8")
    run("read", "t.csv", "--out", "o.jsonl")
    before = {path.name: path.read_bytes() for path in tmp_path.iterdir()}
    assert run("read", "gone.csv", "--out", "o.jsonl").returncode == 2
    assert {path.name: path.read_bytes() for path in tmp_path.iterdir()} == before


def test_the_list_can_be_read_as_a_table(run: Run, tmp_path: Path) -> None:
    (tmp_path / "bad.pdf").write_bytes(b"not a PDF")
    (tmp_path / "u.csv").write_text("update\nTwo crews were trained.\n", encoding="utf8")
    run("read", "u.csv", "bad.pdf", "--out", "o.jsonl")
    listed = read_table(tmp_path / "o.jsonl.rejected.jsonl")
    assert listed["source"].tolist() == ["bad.pdf"] and listed["place"].tolist() == [""]
    done = run("read", "o.jsonl.rejected.jsonl", "--out", "p.jsonl")
    assert done.returncode == 2 and "a whole file: mend it" in done.stderr


def test_where_there_is_no_room_for_the_list_none_of_an_earlier_run_stays(
    run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "t.csv").write_text(TABLE, encoding="utf8")
    stale = tmp_path / "o.jsonl.rejected.jsonl"
    real, room = files.write_whole, [False, True, False, False]

    def write(path: Path, data: bytes) -> None:
        if path.name == stale.name and not room.pop(0):
            raise OSError(28, "No space left on device")
        real(path, data)

    monkeypatch.setattr(files, "write_whole", write)
    stale.write_text("{}\n")
    assert run("read", "t.csv", "--out", "o.jsonl").returncode == 1 and len(rows(stale)) == 2
    done = run("read", "t.csv", "--out", "o.jsonl")
    assert done.returncode == 2 and not stale.exists()
    assert "o.jsonl.rejected.jsonl: cannot be written (No space left on device)" in done.stderr
