"""What a workbook can do to a plan, and workbooks that are damaged or mean harm."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Callable
from datetime import date, datetime
from pathlib import Path
from typing import Any

import openpyxl
import pytest
from openpyxl.formatting.rule import CellIsRule, ColorScaleRule, FormulaRule, Rule
from openpyxl.styles import PatternFill
from openpyxl.styles.colors import Color
from openpyxl.styles.differential import DifferentialStyle

import nlpkit
from nlpkit.errors import InputError
from nlpkit.intake import take_in
from nlpkit.limits import limited
from nlpkit.reading import Reading, read_document
from nlpkit.reading.sheets import date_text

HEAD = ("Ref", "Recommendation", "Progress", "Due", "RAG")
ROWS = (
    (1, "The service should train its crews.", "Twelve crews were trained by May 2024.", "June 2024", None),
    (2, "The service should buy new radios.", "Forty radios were bought in March 2024.", "July 2024", None),
    (3, "The service should visit its schools.", "No school has been visited this year.", "May 2024", None),
)


@pytest.fixture
def read(tmp_path: Path) -> Callable[[Any], Reading]:
    def save(book: Any) -> Reading:
        book.save(tmp_path / "plan.xlsx")
        reading = read_document(tmp_path / "plan.xlsx")
        assert reading.accounts[0].balances, reading.accounts[0]
        return reading

    return save


def plan() -> tuple[Any, Any]:
    book = openpyxl.Workbook()
    sheet = book.active
    for line in (HEAD, *ROWS):
        sheet.append(line)
    return book, sheet


def solid(colour: Any) -> PatternFill:
    return PatternFill("solid", fgColor=colour)


def test_title_rows_stand_above_the_heading_row(read: Callable[[Any], Reading]) -> None:
    book, sheet = plan()
    sheet.insert_rows(1, 4)
    sheet["A1"] = "Wold Fire and Rescue Service"
    sheet["A2"] = "Action plan – position as at 30 September 2024"
    sheet["A3"] = "Efficiency"
    found = read(book).updates
    assert list(found["action_id"]) == ["1", "2", "3"]
    assert set(found["service"]) == {"Wold Fire and Rescue Service"} and set(found["as_of"]) == {"2024-09-30"}
    assert set(found["section"]) == {"Efficiency"}


def test_fills_in_every_way_of_writing_a_colour(read: Callable[[Any], Reading]) -> None:
    book, sheet = plan()
    sheet["E2"].fill = solid("FF00B050")
    sheet["E3"].fill = solid(Color(indexed=10))
    sheet["E4"].fill = solid(Color(theme=6, tint=0.4))  # the third accent of its theme, a green
    found = read(book).updates
    assert list(found["declared"]) == ["green (fill)", "red (fill)", "green (fill)"]
    assert list(found["declared_status"]) == ["on_track", "off_track", "on_track"]


def test_a_key_on_another_sheet_decides(read: Callable[[Any], Reading]) -> None:
    book, sheet = plan()
    sheet["E2"].fill = solid("00B050")
    sheet["E3"].fill = solid("FFC000")
    key = book.create_sheet("Key")
    key["A1"].fill, key["B1"] = solid("00B050"), "Action completed and closed"
    key["A2"].fill, key["B2"] = solid("FFC000"), "Action not started"
    assert list(read(book).updates["declared_status"])[:2] == ["complete", "not_started"]


def test_conditional_formats_are_worked_out_where_they_are_simple(read: Callable[[Any], Reading]) -> None:
    book, sheet = plan()
    green, red = PatternFill(bgColor="00B050"), PatternFill(bgColor="FF0000")
    for row, value in ((2, 1), (3, 3), (4, "!!")):
        sheet.cell(row, 5, value)
    sheet.conditional_formatting.add("E2:E4", CellIsRule("equal", ["1"], fill=green))
    sheet.conditional_formatting.add("E2:E4", FormulaRule(["$E2=3"], fill=PatternFill(bgColor="FFC000")))
    words = Rule("containsText", operator="containsText", text="!", dxf=DifferentialStyle(fill=red))
    sheet.conditional_formatting.add("E2:E4", words)
    sheet.conditional_formatting.add(
        "A2:A4", ColorScaleRule("min", start_color="FF0000", end_type="max", end_color="00FF00")
    )
    reading = read(book)
    assert list(reading.updates["declared_status"]) == ["on_track", "at_risk", "off_track"]
    assert "1 rules of conditional formatting were not worked out" in "\n".join(reading.accounts[0].warnings)


def test_merged_cells_say_the_same_of_each_row(read: Callable[[Any], Reading]) -> None:
    book = openpyxl.Workbook()
    sheet = book.active
    sheet.append(("Theme", *HEAD))
    for theme, line in zip(("Values and culture", None, "Prevention"), ROWS, strict=True):
        sheet.append((theme, *line))
    sheet.merge_cells("A2:A3")
    assert list(read(book).updates["theme"]) == ["Values and culture", "Values and culture", "Prevention"]


def test_what_is_hidden_is_told(read: Callable[[Any], Reading]) -> None:
    book, sheet = plan()
    sheet.row_dimensions[3].hidden = True
    sheet.column_dimensions["D"].hidden = True
    old = book.create_sheet("Old plan")
    old.append(HEAD)
    old.append((9, "The service should do what is past.", "It was done in 2019.", "", ""))
    old.sheet_state = "hidden"
    reading = read(book)
    assert list(reading.updates["action_id"]) == ["1", "2", "3"]
    told = "\n".join(reading.accounts[0].warnings)
    assert "'Old plan' is hidden and was not read" in told
    assert "hidden rows were read, too (3)" in told and "hidden columns were read, too (D)" in told


def test_dates_are_written_as_a_plan_would(read: Callable[[Any], Reading]) -> None:
    book, sheet = plan()
    sheet["C1"] = date(2024, 9, 1)
    sheet["C1"].number_format = "mmm-yy"
    sheet["D2"] = datetime(2024, 3, 31)
    found = read(book).updates
    assert set(found["period"]) == {"September 2024"}
    assert (found["due"][0], found["due_date"][0]) == ("31 March 2024", "2024-03-31")
    assert date_text(date(2024, 3, 1), "[$-809]mmmm yyyy") == "March 2024"
    assert date_text(date(2024, 3, 1), "dd/mm/yyyy") == "1 March 2024"


def test_formulas_count_by_their_stored_results(read: Callable[[Any], Reading]) -> None:
    book, sheet = plan()
    sheet["E2"] = '=IF(TRUE,"Green","Red")'
    reading = read(book)
    assert reading.updates["declared"][0] == ""
    assert "1 formulas have no stored result" in reading.accounts[0].warnings[0]


def test_set_aside_rows_are_named_by_sheet_and_row(read: Callable[[Any], Reading]) -> None:
    book, sheet = plan()
    book.create_sheet("Notes")["A1"] = "Nothing"
    sheet.insert_rows(2)
    sheet["C2"] = "and this stands above the first action."
    sheet.title = "Action plan"
    reading = read(book)
    assert list(reading.set_aside["place"]) == ["sheet 'Action plan', row 2"]


def test_sheets_of_one_workbook_are_one_plan(read: Callable[[Any], Reading]) -> None:
    book, sheet = plan()
    sheet.title = "Prevention"
    other = book.create_sheet("Response")
    for line in (HEAD, *ROWS[:2]):
        other.append(line)
    found = read(book).updates
    assert list(found["section"]) == ["Prevention"] * 3 + ["Response"] * 2
    assert found["row_id"].is_unique


def test_an_update_table_is_still_read_as_one(tmp_path: Path) -> None:
    book = openpyxl.Workbook()
    book.active.append(("row_id", "update", "Mine"))
    book.active.append(("a", "Twelve crews trained.", "x"))
    book.save(tmp_path / "t.xlsx")
    assert list(nlpkit.read(tmp_path / "t.xlsx")["Mine"]) == ["x"]


def _mended(parts: dict[str, bytes]) -> bytes:
    """A workbook with some of its parts exchanged."""
    book, _ = plan()
    saved, out = io.BytesIO(), io.BytesIO()
    book.save(saved)
    with zipfile.ZipFile(saved) as old, zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as new:
        for name in old.namelist():
            new.writestr(name, parts.get(name, old.read(name)))
        for name in parts.keys() - set(old.namelist()):
            new.writestr(name, parts[name])
    return out.getvalue()


_SHEET = (
    b'<worksheet xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"><sheetData/>%s</worksheet>'
)


@pytest.mark.parametrize(
    ("raw", "told"),
    [
        (b"", "is empty"),
        (b"PK\x03\x04 cut", "is damaged"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + "EncryptedPackage".encode("utf-16-le"), "protected by a password"),
        (_mended({"xl/media/big.bin": b"\x00" * 40_000_000}), "times larger unpacked"),
        (_mended({"xl/workbook.xml": b"<!DOCTYPE x [<!ENTITY a 'b'>]><workbook/>"}), "declares entities"),
        (_mended({"xl/workbook.xml": b"<workbook"}), "not a readable Excel workbook|is a damaged"),
        (_mended({"xl/worksheets/sheet1.xml": _SHEET % b'<mergeCells><mergeCell ref="A1:XFD1048576"/></mergeCells>'}), "merged cells that cover"),
        (_mended({"xl/worksheets/sheet1.xml": _SHEET % b""}), "is empty|no visible sheet|has no rows"),
    ],
    ids=["empty", "cut", "locked", "bomb", "entities", "broken", "merged", "no text"],
)  # fmt: skip
def test_bad_workbooks_end_with_a_message(raw: bytes, told: str, tmp_path: Path) -> None:
    (tmp_path / "bad.xlsx").write_bytes(raw)
    intake = take_in([tmp_path / "bad.xlsx"])
    (failure,) = intake.failures
    with pytest.raises(InputError, match=told):
        raise failure
    assert failure.remedy


def test_too_many_cells_are_refused(tmp_path: Path) -> None:
    plan()[0].save(tmp_path / "plan.xlsx")
    with limited(sheet_cells=10), pytest.raises(InputError, match=r"has \d+ cells \(limit 10\)"):
        read_document(tmp_path / "plan.xlsx")


def test_an_opendocument_workbook_is_read_with_what_its_cells_say(tmp_path: Path) -> None:
    def line(cells: tuple[Any, ...]) -> str:
        texts = (
            f'<table:table-cell office:value-type="string"><text:p>{c or ""}</text:p></table:table-cell>'
            for c in cells
        )
        return f"<table:table-row>{''.join(texts)}</table:table-row>"

    spaces = " ".join(
        f'xmlns:{name}="urn:oasis:names:tc:opendocument:xmlns:{name}:1.0"'
        for name in ("office", "table", "text")
    )
    body = "".join(map(line, (HEAD, *((*row[:4], "Amber") for row in ROWS))))
    content = f"<office:document-content {spaces}><office:body><office:spreadsheet><table:table table:name='Plan'>{body}</table:table></office:spreadsheet></office:body></office:document-content>"
    with zipfile.ZipFile(tmp_path / "plan.ods", "w") as out:
        out.writestr("mimetype", "application/vnd.oasis.opendocument.spreadsheet")
        out.writestr("META-INF/manifest.xml", "<manifest/>")
        out.writestr("content.xml", content)
    intake = take_in([tmp_path / "plan.ods"])
    assert list(intake.updates["declared_status"]) == ["at_risk"] * 3
    assert not any("colours" in warning for warning in intake.accounts[0].warnings)
    (tmp_path / "old.xls").write_bytes(b"\xd0\xcf\x11\xe0 nothing more")
    assert "is not a readable workbook" in str(take_in([tmp_path / "old.xls"]).failures[0])
