"""Documents and tables, mixed, as one table: accounted for, told apart, refused with a reason."""

from __future__ import annotations

import logging
from pathlib import Path

import pandas as pd
import pytest

import nlpkit
from nlpkit.errors import InputError
from nlpkit.files import write_table
from nlpkit.intake import take_in


@pytest.fixture
def table(tmp_path: Path) -> Path:
    path = tmp_path / "t.jsonl"
    write_table(pd.DataFrame({"row_id": ["a", "b"], "update": ["One crew trained.", "…"]}), path)
    return path


def test_rows_in_are_rows_out_plus_set_aside(table: Path, demo_plan: Path) -> None:
    intake = take_in([table, demo_plan])
    assert intake.updates["row_id"].tolist()[0] == "a" and len(intake.updates) == 31
    assert intake.set_aside["text"].tolist() == ["b"]
    assert [account.source for account in intake.accounts] == ["northmoor-2024.txt"]
    assert not intake.failures


def test_read_warns_of_rows_that_it_leaves_out(table: Path, caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.WARNING):
        assert len(nlpkit.read(table)) == 1
    assert "t.jsonl, record 2: set aside" in caplog.text


def test_read_raises_what_take_in_lists(table: Path, tmp_path: Path) -> None:
    paths = [table, tmp_path / "gone.txt"]
    assert [failure.source for failure in take_in(paths).failures] == [str(tmp_path / "gone.txt")]
    with pytest.raises(InputError, match=r"gone\.txt: does not exist"):
        nlpkit.read(paths)
    assert take_in([tmp_path / "gone.txt"]).updates.empty


def test_given_values_fill_gaps_only(tmp_path: Path) -> None:
    write_table(
        pd.DataFrame({"update": ["x y", "z w"], "service": ["Southmoor", ""], "as_of": ["2023-03", ""]}),
        tmp_path / "t.csv",
    )
    read = nlpkit.read(tmp_path / "t.csv", service="Northmoor", as_of="2024-09")
    assert read["service"].tolist() == ["Southmoor", "Northmoor"]
    assert read["as_of"].tolist() == ["2023-03", "2024-09"]


def test_the_second_file_that_uses_an_id_fails(table: Path, tmp_path: Path) -> None:
    write_table(pd.DataFrame({"row_id": ["a"], "update": ["Two crews trained."]}), tmp_path / "u.csv")
    failure = take_in([table, tmp_path / "u.csv"]).failures[0]
    assert "row_id 'a' also stands in" in str(failure) and failure.source.endswith("u.csv")


def test_ids_do_not_depend_on_the_order_of_files(tmp_path: Path) -> None:
    for year in ("2023", "2024"):
        (tmp_path / year).mkdir()
        write_table(pd.DataFrame({"update": ["a b", "c d"]}), tmp_path / year / "t.csv")
    paths = [tmp_path / "2023" / "t.csv", tmp_path / "2024" / "t.csv"]
    one, two = nlpkit.read(paths), nlpkit.read(paths[::-1])
    assert sorted(one["row_id"]) == sorted(two["row_id"]) and one["row_id"].is_unique


def test_every_own_sheet_of_a_workbook_is_read(tmp_path: Path) -> None:
    with pd.ExcelWriter(tmp_path / "w.xlsx", engine="openpyxl") as book:
        pd.DataFrame({"update": ["a b"]}).to_excel(book, sheet_name="North", index=False)
        pd.DataFrame({"update": ["c d"]}).to_excel(book, sheet_name="South", index=False)
    assert nlpkit.read(tmp_path / "w.xlsx")["source"].tolist() == ["w.xlsx#North", "w.xlsx#South"]


def test_a_plan_in_csv_keeps_its_continuation_rows_accounted_for(tmp_path: Path) -> None:
    (tmp_path / "plan.csv").write_text(
        "Ref,Recommendation,Progress,RAG\n1,Train all crews.,Twelve crews were,GREEN\n,,trained by May.,\n",
        encoding="utf8",
    )
    intake = take_in([tmp_path / "plan.csv"])
    assert intake.updates["update"].str.split().str.join(" ").tolist() == [
        "Twelve crews were trained by May."
    ]
    assert all(account.balances for account in intake.accounts)


def test_a_fault_over_one_file_stops_no_other(
    table: Path, demo_plan: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def faulty(*_: object, **__: object) -> None:
        raise ValueError("unheard of")

    monkeypatch.setattr("nlpkit.intake.read_document", faulty)
    intake = take_in([demo_plan, table])
    assert intake.updates["row_id"].tolist() == ["a"]
    assert "by a fault in nlpkit (ValueError: unheard of, test_intake.py line" in str(intake.failures[0])
    with pytest.raises(ValueError, match="unheard of"):
        take_in([demo_plan])


def test_files_of_the_same_content_are_told(
    demo_plan: Path, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    (tmp_path / "copy.txt").write_bytes(demo_plan.read_bytes())
    intake = take_in([demo_plan, tmp_path / "copy.txt"])
    assert len(intake.updates) == 60 and [file.notes for file in intake.files] == [0, 1]
    assert f"copy.txt: has the same content as {demo_plan}: its updates come twice" in caplog.text
