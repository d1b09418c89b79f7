"""Update tables on disk: what is written comes back, the same bytes each time, nothing half-written."""

from __future__ import annotations

import io
import json
import math
import os
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import openpyxl
import pandas as pd
import pytest

from nlpkit.cells import cell_text, items
from nlpkit.errors import InputError
from nlpkit.files import (
    TABLE_ENDINGS,
    check_output,
    is_update_table,
    read_sheets,
    read_table,
    write_parts,
    write_table,
)

ENDINGS = sorted(TABLE_ENDINGS)
SPREADSHEETS = [".csv", ".tsv", ".xlsx"]


def awkward() -> pd.DataFrame:
    """Rows with everything that formats stumble over."""
    updates = [
        "Line one\nline two\r\nline three",
        "=HYPERLINK(1)",
        "-3 vacancies; +2 starters",
        "'=already guarded",
        "“Quoted”, café — naïve \u2028 line separator\x85next",
        "tab\there, _x0041_ and \x0b control",
        "",
    ]
    stale: list[list[str]] = [["pointer", "repeat_other"], [], ["empty"], [], [], [], ["no_change"]]
    return pd.DataFrame(
        {
            "row_id": [f"r/{n}" for n in range(7)],
            "action_id": ["1", "007", "Effective 1", "2.10", "+4", "@5", "1e5"],
            "update": updates,
            "stale": pd.Series(stale, dtype="object"),
            "stale_refs": pd.Series(
                [["plan; part 2/3", '"x"', "{y"], [], ["", " lead"], ["12", "13"], [], [], []], dtype="object"
            ),
            "status_confidence": [0.123456, 1.0, 0.0, 0.5, math.nan, 0.25, 0.1],
            "status_probabilities": pd.Series(
                [{"complete": 0.75, "on_track": 0.25}, {}, {}, {"unclear": 1.0}, {}, {}, {}], dtype="object"
            ),
            "status_why": pd.Series(
                [
                    [{"text": "one; two", "cue": "done"}, {"text": "new\nline \"q\"", "cue": "it’s"}],
                    [], [], [{"text": "= 4", "cue": ""}], [], [], [],
                ],
                dtype="object",
            ),
            "links": pd.Series(
                [[{"id": "12", "title": "A; B", "grade": "related", "score": 0.5}]] + [[]] * 6, dtype="object"
            ),
            "my note": ["=1", "", "a'b", "x;y", "'", "0042", "ü"],
        }
    )  # fmt: skip


@pytest.mark.parametrize("ending", ENDINGS)
def test_round_trip(tmp_path: Path, ending: str) -> None:
    path = tmp_path / f"table{ending}"
    table = awkward()
    write_table(table, path)
    back = read_table(path)
    assert list(back.columns) == list(table.columns)
    for name in table.columns:
        for row, (was, now) in enumerate(zip(table[name], back[name], strict=True)):
            if isinstance(was, float) and math.isnan(was):
                assert math.isnan(now), (name, row)
            else:
                assert now == was, (name, row)
    assert str(back["status_confidence"].dtype) == "float64"


@pytest.mark.parametrize("ending", ENDINGS)
def test_writing_again_gives_the_same_bytes(tmp_path: Path, ending: str, monkeypatch: Any) -> None:
    first, second = tmp_path / f"a{ending}", tmp_path / f"b{ending}"
    write_table(awkward(), first)
    monkeypatch.setattr("time.time", lambda: 2_000_000_000.0)
    monkeypatch.setattr("time.localtime", lambda *_: (2033, 5, 18, 3, 33, 20, 2, 138, 0))
    write_table(read_table(first), second)
    assert first.read_bytes() == second.read_bytes()


def test_workbook_tells_no_time(tmp_path: Path) -> None:
    write_table(awkward(), tmp_path / "a.xlsx")
    with zipfile.ZipFile(tmp_path / "a.xlsx") as book:
        assert {entry.date_time for entry in book.infolist()} == {(1980, 1, 1, 0, 0, 0)}
        assert b"2000-01-01T00:00:00Z" in book.read("docProps/core.xml")


@pytest.mark.parametrize("ending", ENDINGS)
def test_none_is_empty_on_return(tmp_path: Path, ending: str) -> None:
    table = pd.DataFrame(
        {
            "update": ["Done.", None],
            "stale": pd.Series([None, ["empty"]], dtype="object"),
            "status_probabilities": pd.Series([None, {"unclear": 1.0}], dtype="object"),
            "links": pd.Series([None, None], dtype="object"),
            "novelty": [None, 0.5],
        }
    )
    write_table(table, tmp_path / f"t{ending}")
    back = read_table(tmp_path / f"t{ending}")
    assert back["update"].tolist()[1] in ("", None)
    assert back["stale"].tolist() == [[], ["empty"]]
    assert back["status_probabilities"].tolist() == [{}, {"unclear": 1.0}]
    assert back["links"].tolist() == [[], []]
    assert math.isnan(back["novelty"].iloc[0]) and back["novelty"].iloc[1] == 0.5


def test_jsonl_is_plain(tmp_path: Path) -> None:
    write_table(pd.DataFrame({"update": ["café\u2028x"], "novelty": [1 / 3], "n": [3]}), tmp_path / "t.jsonl")
    raw = (tmp_path / "t.jsonl").read_text(encoding="utf8")
    assert raw == '{"update": "café\\u2028x", "novelty": 0.333333, "n": 3}\n'
    assert len(raw.splitlines()) == 1


def test_a_lone_surrogate_survives_jsonl_and_stops_no_other_format(tmp_path: Path) -> None:
    (tmp_path / "in.jsonl").write_text('{"update": "broken \\ud83d emoji"}\n')
    table = read_table(tmp_path / "in.jsonl")
    for ending in ENDINGS:
        write_table(table, tmp_path / f"out{ending}")
    assert read_table(tmp_path / "out.jsonl")["update"].tolist() == ["broken \ud83d emoji"]
    assert read_table(tmp_path / "out.xlsx")["update"].tolist() == ["broken ? emoji"]


def test_formulas_are_defused(tmp_path: Path) -> None:
    table = pd.DataFrame({"update": ["=1+1", "@cmd", "-5", "- a bullet", "fine"], "novelty": [0.5] * 5})
    write_table(table, tmp_path / "t.csv")
    cells = [line.split(",")[0] for line in (tmp_path / "t.csv").read_text().splitlines()]
    assert cells == ["update", "'=1+1", "'@cmd", "-5", "'- a bullet", "fine"]
    write_table(table, tmp_path / "t.xlsx")
    sheet = openpyxl.load_workbook(tmp_path / "t.xlsx").active
    assert sheet["A2"].value == "=1+1" and sheet["A2"].data_type == "s" and sheet["A2"].quotePrefix
    assert sheet["B2"].data_type == "n" and sheet.freeze_panes == "A2"


def test_joined_cells_as_people_type_them() -> None:
    assert items("no_change;pointer ;  empty; ") == ["no_change", "pointer", "empty"]
    assert items("") == []
    assert items(cell_text(["a; b", "", "c", '"', "{", " x"])) == ["a; b", "", "c", '"', "{", " x"]
    assert items('"unclosed; b') == ['"unclosed', "b"]


def test_odd_columns_in_parquet(tmp_path: Path) -> None:
    table = pd.DataFrame(
        {"update": ["a", "b", "c"], "mixed": pd.Series([1, "x", {"k": [1]}], dtype="object")}
    )
    write_table(table, tmp_path / "t.parquet")
    assert read_table(tmp_path / "t.parquet")["mixed"].tolist() == ["1", "x", '{"k":[1]}']


def test_reading_csv_as_spreadsheets_save_it(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    path = tmp_path / "t.csv"
    text = 'update,action_id,,\nDelivered café,1,,\n\n"two\nlines",2\n'
    for encoding in ("utf-8", "utf-8-sig", "utf-16"):
        path.write_bytes(text.encode(encoding))
        assert read_table(path)["update"].tolist() == ["Delivered café", "two\nlines"]
    assert not caplog.records
    path.write_bytes(text.encode("cp1252"))
    assert read_table(path)["update"].iloc[0] == "Delivered café"
    assert "line 2: not UTF-8; read as Windows-1252" in caplog.text


def test_cells_longer_than_the_csv_module_allows(tmp_path: Path) -> None:
    table = pd.DataFrame({"update": ["x" * 200_000]})
    write_table(table, tmp_path / "t.csv")
    assert read_table(tmp_path / "t.csv")["update"].iloc[0] == "x" * 200_000
    with pytest.raises(InputError, match=r"t\.xlsx, row 2, column 'update': has 200,000 characters"):
        write_table(table, tmp_path / "t.xlsx")
    assert not (tmp_path / "t.xlsx").exists()


BROKEN: list[tuple[str, bytes, str]] = [
    ("a.jsonl", b"", "is empty"),
    ("a.jsonl", b'{"update": "x", " ": 1}\n', r"line 1: holds a field without a name \(' '\)"),
    ("a.jsonl", b"\n\n", "is empty"),
    ("a.jsonl", b'{"a": "x"}\n{"update": "caf\xe9"}\n', r"line 2: byte 16 of the line \(0xe9\) is not UTF-8"),
    ("a.jsonl", b'{"update": "x"}\n{"update": \n', r"line 2: is not valid JSON \(.* at character 12\)"),
    ("a.jsonl", b'[{"update": "x"}]\n', "line 1: holds a JSON array, not an object"),
    ("a.jsonl", b"null\n", "line 1: holds a JSON null, not an object"),
    ("a.jsonl", b"[" * 100_000, "line 1: is JSON nested too deep"),
    ("a.csv", b"", "is empty"),
    ("a.csv", b"\n,,\n", "is empty"),
    ("a.csv", b"update\nok\nbad \x81 byte\n", r"line 3: byte 15 of the file \(0x81\) is neither"),
    ("a.csv", b"update,due\nok,1,2\n", "row 2: has 3 cells, the header 2"),
    ("a.csv", b'update,due\n"never closed,1\n', r"line 2: is not valid CSV"),
    ("a.csv", b"update,update\na,b\n", "more than one column 'update'"),
    ("a.csv", b"update,links\n\na,nonsense\n", "row 3, column 'links': is not the list of JSON"),
    ("a.tsv", b"update\tnovelty\na\thigh\n", "row 2, column 'novelty': 'high' is not a number"),
    ("a.xlsx", b"", "is empty"),
    ("a.xlsx", b"PK\x03\x04 not really", "is damaged"),
    ("a.parquet", b"PAR1 not really", "is not a readable Parquet file"),
    ("a.docz", b"x", r"'\.docz' is not a table format nlpkit knows.*\.csv"),
    ("a", b"x", "has no ending to tell its format"),
]  # fmt: skip


@pytest.mark.parametrize(("name", "raw", "told"), BROKEN)
def test_broken_files_are_named_with_the_place(tmp_path: Path, name: str, raw: bytes, told: str) -> None:
    (tmp_path / name).write_bytes(raw)
    with pytest.raises(InputError, match=told) as caught:
        read_table(tmp_path / name)
    assert str(tmp_path / name) in str(caught.value) and caught.value.remedy


def test_missing_file_and_folder(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="there is no such file"):
        read_table(tmp_path / "gone.csv")
    (tmp_path / "folder.csv").mkdir()
    with pytest.raises(InputError, match="is a folder"):
        read_table(tmp_path / "folder.csv")


def test_workbook_sheets(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    book = openpyxl.Workbook()
    book.active.title = "Cover"
    book.active.append(["Northmoor"])
    second = book.create_sheet("Data")
    second.append(["action_id", "update", "due"])
    second.append([7, "Trained 12 crews", pd.Timestamp("2024-05-01").to_pydatetime()])
    book.create_sheet("Blank")
    book.save(tmp_path / "w.xlsx")
    assert list(read_sheets(tmp_path / "w.xlsx")) == ["Cover", "Data"]
    table = read_table(tmp_path / "w.xlsx")
    assert table.to_dict("records") == [{"action_id": 7, "update": "Trained 12 crews", "due": "2024-05-01"}]
    assert "not read: 'Cover'" in caplog.text


def test_what_counts_as_an_update_table() -> None:
    assert is_update_table(pd.DataFrame(columns=["Ref", " update "]))
    assert is_update_table(pd.DataFrame(columns=["row_id", "recommendation"]))
    assert not is_update_table(pd.DataFrame(columns=["Ref", "recommendation", "Progress"]))
    assert not is_update_table(pd.DataFrame(columns=["row_id", "due"]))


def test_output_is_checked_before_work(tmp_path: Path) -> None:
    check_output("-")
    check_output(tmp_path / "ok.csv")
    for path, told in (
        (tmp_path / "out.pdf", "not a table format"),
        (tmp_path / "no" / "out.csv", "its folder does not exist"),
    ):
        with pytest.raises(InputError, match=told):
            check_output(path)
    (tmp_path / "d.csv").mkdir()
    with pytest.raises(InputError, match="is a folder"):
        check_output(tmp_path / "d.csv")


def test_replacing_keeps_mode_and_link_and_leaves_no_scraps(tmp_path: Path) -> None:
    target = tmp_path / "real.jsonl"
    target.write_text("old\n")
    target.chmod(0o640)
    (tmp_path / "link.jsonl").symlink_to(target)
    write_table(pd.DataFrame({"update": ["new"]}), tmp_path / "link.jsonl")
    assert json.loads(target.read_text()) == {"update": "new"}
    assert (tmp_path / "link.jsonl").is_symlink() and target.stat().st_mode & 0o777 == 0o640
    assert sorted(p.name for p in tmp_path.iterdir()) == ["link.jsonl", "real.jsonl"]


def test_a_failed_write_leaves_the_old_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "t.csv"
    path.write_text("old\n")

    def full(_: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(InputError, match=r"t\.csv: cannot be written \(No space left on device\)"):
        write_table(pd.DataFrame({"update": ["new"]}), path)
    assert path.read_text() == "old\n" and [p.name for p in tmp_path.iterdir()] == ["t.csv"]


def test_standard_streams(monkeypatch: pytest.MonkeyPatch) -> None:
    class Stream:
        buffer = io.BytesIO(b'{"update": "from a pipe", "stale": []}\n')

    class Out:
        buffer = io.BytesIO()

    monkeypatch.setattr("sys.stdin", Stream)
    monkeypatch.setattr("sys.stdout", Out)
    write_table(read_table("-"), "-")
    assert Out.buffer.getvalue() == b'{"update": "from a pipe", "stale": []}\n'


@pytest.mark.parametrize("ending", [".jsonl", ".csv", ".tsv", ".xlsx", ".parquet"])
def test_a_table_in_parts_is_written_as_one(ending: str, tmp_path: Path) -> None:
    rows = 7
    table = pd.DataFrame(
        {
            "row_id": [f"r{n}" for n in range(rows)],
            "update": ["=1+1", "a\nb", "", "x;y", '"', "\u2028", "z"],
            "stale": [[], ["pointer"], [], ["no_change", "empty"], [], [], []],
            "stale_why": [[], [], [], [{"text": "t", "kind": "k"}], [{"kind": "k", "start": 1}], [], []],
            "novelty": [0.1, np.nan, 1.0, 0.0, 0.5, 0.25, 1 / 3],
            "number": [1, 2, 3, 4, 5.5, 6, 7],
            "mixed": [1, None, None, "word", None, None, {"a": 1}],
            "nothing": [None] * rows,
        }
    )
    write_table(table, tmp_path / f"whole{ending}")
    parts = (table.iloc[at : at + 2] for at in range(0, rows, 2))
    write_parts(parts, tmp_path / f"parts{ending}")
    assert (tmp_path / f"parts{ending}").read_bytes() == (tmp_path / f"whole{ending}").read_bytes()


@pytest.mark.parametrize("ending", [".jsonl", ".csv", ".parquet"])
def test_nothing_is_written_where_a_part_fails(ending: str, tmp_path: Path) -> None:
    place = tmp_path / f"out{ending}"
    place.write_bytes(b"before")

    def failing() -> Iterator[pd.DataFrame]:
        yield pd.DataFrame({"update": ["a"]})
        raise InputError("no more")

    with pytest.raises(InputError, match="no more"):
        write_parts(failing(), place)
    assert place.read_bytes() == b"before" and list(tmp_path.iterdir()) == [place]


def test_parts_on_standard_output_come_when_all_are_there(capfdbinary: pytest.CaptureFixture[bytes]) -> None:
    write_parts([pd.DataFrame({"update": [word]}) for word in ("a", "b")], "-")
    assert capfdbinary.readouterr().out == b'{"update": "a"}\n{"update": "b"}\n'
