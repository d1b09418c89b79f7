"""The workbook: what reviewers can do in it, that it survives LibreOffice, and what is refused."""

from __future__ import annotations

import io
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import openpyxl
import pandas as pd
import pytest
from judged import fill, judged, places, workbook

from nlpkit.errors import InputError
from nlpkit.review.exporting import export
from nlpkit.review.workbook import read_workbook

OFFICE = shutil.which("soffice")


def test_only_the_answers_can_be_typed_in_and_no_password_is_needed() -> None:
    book = workbook()
    sheet = book["review"]
    assert all(page.protection.sheet and not page.protection.password for page in book)
    assert book["data"].sheet_state == "hidden" and sheet.freeze_panes == "C2"
    free = {cell.value for cell in sheet[1] if not sheet.cell(2, cell.column).protection.locked}
    assert free == {"your status", "your evidence", "your stale", "your flags", "your comment"}
    assert all(cell.protection.locked for cell in sheet[1])
    assert not book["Read me"]["B2"].protection.locked
    assert sheet.cell(2, places(book)["update"]).alignment.wrap_text


def test_the_lists_offer_the_labels_of_the_codebook() -> None:
    book = workbook()
    offered = {
        book["review"].cell(1, openpyxl.utils.range_boundaries(str(rule.sqref))[0]).value: rule
        for rule in book["review"].data_validations.dataValidation
    }
    assert offered["your status"].formula1 == (
        '"complete,on_track,at_risk,off_track,not_started,declined,unclear"'
    )
    assert offered["your evidence"].formula1 == '"weak,partial,strong"'
    assert offered["your stale"].formula1.endswith('empty,none"')
    assert offered["your flags"].formula1.endswith('declared_mismatch,none"')
    assert str(offered["your status"].sqref).endswith("21")
    # one label is enforced; several may be typed
    assert offered["your status"].showErrorMessage and not offered["your flags"].showErrorMessage


def test_proposals_stand_beside_the_update_unless_the_review_is_blind() -> None:
    seen, blind = places(workbook()), places(workbook(blind=True))
    assert {"nlpkit: status", "nlpkit: why", "update", "part"} <= set(seen)
    assert not {name for name in blind if name.startswith("nlpkit")} and "update" in blind


def test_the_same_table_gives_the_same_bytes() -> None:
    assert export(judged(), size=10).workbook == export(judged(), size=10).workbook
    assert export(judged(), size=10, seed=1).workbook != export(judged(), size=10).workbook


def test_a_text_that_looks_like_a_formula_is_text(tmp_path: Path) -> None:
    book = workbook(60)
    cell = book["review"].cell(2, places(book)["update"])
    assert (cell.value == "=1+1 gates were looked at" and cell.data_type != "f") or cell.quotePrefix
    raw = export(judged(), size=60).workbook
    (tmp_path / "a.xlsx").write_bytes(raw)
    assert b"<f>" not in _part(raw, "xl/worksheets/sheet2.xml")
    assert not read_workbook(tmp_path / "a.xlsx").problems


def _part(raw: bytes, name: str) -> bytes:
    import zipfile

    with zipfile.ZipFile(io.BytesIO(raw)) as held:
        return held.read(name)


def test_texts_with_odd_letters_and_of_great_length_come_back(tmp_path: Path) -> None:
    table = judged(3)
    table["update"] = ["x_x0041_ \x07 bell\r\nnext", "long " * 9000, " '=2 “quoted”; \tétat 🟢 "]
    (tmp_path / "a.xlsx").write_bytes(export(table, size=3).workbook)
    filled = read_workbook(
        fill(
            openpyxl.load_workbook(tmp_path / "a.xlsx"),
            tmp_path / "b.xlsx",
            {row: {"your status": "unclear"} for row in (2, 3, 4)},
        )
    )
    assert not filled.problems
    assert [row["update"] for row in filled.rows] == list(table["update"])


def test_answers_are_read_as_people_type_them(tmp_path: Path) -> None:
    path = fill(
        workbook(),
        tmp_path / "review-anna.xlsx",
        {
            3: {"your status": "On track ", "your stale": "pointer; repeat-self", "your comment": "see 4"},
            5: {"your stale": "none", "your evidence": "STRONG"},
            6: {"your comment": "only a remark"},
        },
        "Anna Berg",
    )
    filled = read_workbook(path)
    assert filled.reviewer == "Anna Berg" and filled.size == 20 and len(filled.drawn) == 10
    first, second, third = filled.rows
    assert first["review_status"] == "on_track" and first["review_stale"] == ["pointer", "repeat_self"]
    assert first["review_evidence"] is None and first["review_flags"] is None
    assert second["review_status"] is None and second["review_stale"] == []
    assert third["comment"] == "only a remark"


def changed(column: str, value: str) -> Callable[[Any], None]:
    def change(book: Any) -> None:
        book["review"].cell(4, places(book)[column]).value = value

    return change


def without(column: str) -> Callable[[Any], None]:
    return lambda book: book["review"].delete_cols(places(book)[column])


def doubled(book: Any) -> None:
    for cell in book["review"][3]:
        book["review"].cell(4, cell.column).value = cell.value


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (changed("your status", "green"), r"row 4, column 'your status': 'green' is not a status label"),
        (changed("your flags", "vague; vogue"), r"row 4, column 'your flags': 'vogue' is not a flags label"),
        (changed("your stale", "none; empty"), r"row 4, column 'your stale': 'none; empty' is not"),
        (changed("update", "Another text."), r"row 4, column 'update': was changed"),
        (changed("part", "random!"), r"row 4, column 'part': was changed"),
        (changed("row_id", "x-17"), r"row 4, column 'row_id': 'x-17' is no row of this review"),
        (without("your status"), r"row 1, column 'your status': is missing"),
        (without("nlpkit: why"), r"row 1, column 'nlpkit: why': is missing"),
        (doubled, r"row 4, column 'row_id': '.*' stands in row 3 too"),
    ],
)
def test_what_does_not_fit_is_told_by_sheet_row_and_column(
    change: Callable[[Any], None], message: str, tmp_path: Path
) -> None:
    book = workbook()
    change(book)
    filled = read_workbook(fill(book, tmp_path / "a.xlsx", {2: {}}))
    assert filled.problems
    with pytest.raises(InputError, match=r"a\.xlsx, sheet 'review', " + message):
        raise filled.problems[0]


def test_another_workbook_or_altered_data_is_refused(tmp_path: Path) -> None:
    book = workbook()
    book["data"]["A2"] = str(book["data"]["A2"].value).replace("Lowmere", "Lomere")
    with pytest.raises(InputError, match="sheet 'data': was changed"):
        read_workbook(fill(book, tmp_path / "a.xlsx", {}))
    del book["data"]
    with pytest.raises(InputError, match="has no sheet 'data'"):
        read_workbook(fill(book, tmp_path / "b.xlsx", {}))
    with pytest.raises(InputError, match="no such file"):
        read_workbook(tmp_path / "c.xlsx")
    (tmp_path / "d.xlsx").write_text("row_id\n", encoding="utf8")
    with pytest.raises(InputError, match=r"d\.xlsx"):
        read_workbook(tmp_path / "d.xlsx")


def test_an_empty_selection_makes_a_workbook_that_says_why() -> None:
    made = export(pd.DataFrame({"update": []}), why_empty=["plan.txt: has no rows."])
    book = openpyxl.load_workbook(io.BytesIO(made.workbook))
    told = " ".join(str(cell.value) for row in book["Read me"] for cell in row if cell.value)
    assert "nothing to review: plan.txt: has no rows." in told and made.rows == 0
    assert book["review"].max_row == 1
    nothing = openpyxl.load_workbook(io.BytesIO(export(judged(), size=0).workbook))
    assert "size 0" in str(nothing["Read me"]["A4"].value)


@pytest.mark.slow
@pytest.mark.skipif(OFFICE is None, reason="LibreOffice (soffice) is not installed")
def test_it_survives_a_save_in_libreoffice(tmp_path: Path) -> None:
    answers = {2: {"your status": "declined", "your comment": "=not a formula"}, 4: {"your flags": "vague"}}
    path = fill(workbook(60), tmp_path / "review-bo.xlsx", answers)
    subprocess.run(
        [
            str(OFFICE),
            f"-env:UserInstallation=file://{tmp_path}/profile",
            "--headless",
            "--convert-to",
            "xlsx",
            "--outdir",
            tmp_path / "saved",
            path,
        ],
        check=True,
        capture_output=True,
        timeout=180,
    )
    saved = tmp_path / "saved" / path.name
    before, after = read_workbook(path), read_workbook(saved)
    assert after == before and len(after.rows) == 2 and not after.problems
    book = openpyxl.load_workbook(saved)
    sheet = book["review"]
    assert book["data"].sheet_state == "hidden" and sheet.protection.sheet
    free = {cell.value for cell in sheet[1] if not sheet.cell(2, cell.column).protection.locked}
    assert free == {"your status", "your evidence", "your stale", "your flags", "your comment"}
    assert len(sheet.data_validations.dataValidation) == 4
    assert "on_track" in sheet.data_validations.dataValidation[0].formula1
