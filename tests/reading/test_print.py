"""Authored plans printed as PDF and kept as workbooks: read as the same table as any other rendering."""

from __future__ import annotations

import runpy
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from test_renderings import PLANS, assert_read

from nlpkit.errors import InputError
from nlpkit.limits import limited
from nlpkit.reading import read_document
from nlpkit.reading.pdf import document_from_pdf

PRINT = runpy.run_path(str(Path(__file__).resolve().parents[2] / "corpora" / "plans" / "render_print.py"))
LAYOUTS = PRINT["BASE"]["LAYOUTS"]
Printed = Callable[..., Path]


@pytest.fixture
def printed(tmp_path: Path) -> Printed:
    def write(name: str, layout: str, style: str) -> Path:
        path = tmp_path / f"{name}.pdf"
        path.write_bytes(PRINT["pdf"](PLANS[name], layout, style))
        return path

    return write


@pytest.mark.parametrize("style", PRINT["PDF_STYLES"])
@pytest.mark.parametrize("layout", LAYOUTS)
@pytest.mark.parametrize("name", PLANS)
def test_every_print_gives_the_same_table(name: str, layout: str, style: str, printed: Printed) -> None:
    reading = read_document(printed(name, layout, style))
    # Without rulings nothing says how far down a theme reaches.
    told = "paged" if layout == "wide" and style != "ruled" else layout
    assert_read(reading, PLANS[name], 0.99, told)
    assert reading.updates["declared"].str.endswith("(fill)").all() == (layout != "blocks")


@pytest.mark.parametrize("layout", LAYOUTS)
@pytest.mark.parametrize("name", PLANS)
def test_every_workbook_gives_the_same_table(name: str, layout: str, tmp_path: Path) -> None:
    (tmp_path / "plan.xlsx").write_bytes(PRINT["xlsx"](PLANS[name], layout))
    assert_read(read_document(tmp_path / "plan.xlsx"), PLANS[name], 0.99, layout)


def test_the_same_bytes_give_the_same_table(printed: Printed) -> None:
    path = printed("harrowdale", "paged", "plain")
    first, second = read_document(path).updates, read_document(path).updates
    assert first.equals(second)


@pytest.mark.parametrize("turns", [90, 180, 270])
def test_a_rotated_page_is_read_as_it_is_printed(turns: int, printed: Printed, tmp_path: Path) -> None:
    import pypdfium2

    document = pypdfium2.PdfDocument(printed("kestrel-coast", "wide", "ruled"))
    for page in document:
        page.set_rotation(turns)
    document.save(tmp_path / "turned.pdf")
    assert_read(read_document(tmp_path / "turned.pdf"), PLANS["kestrel-coast"], 0.99, "wide")


def _sheet(*texts: str, picture: bool = False) -> bytes:
    from fpdf import FPDF
    from PIL import Image

    sheet = FPDF()
    for text in texts or ("",):
        sheet.add_page()
        if picture:
            sheet.image(Image.new("L", (200, 280), 200), 10, 10, 190, 270)
        if text:
            sheet.set_font("Helvetica", size=10)
            sheet.multi_cell(0, 6, text)
    return bytes(sheet.output())


def test_a_scan_is_said_to_be_one() -> None:
    with pytest.raises(
        InputError, match=r"is a scan: its 2 pages are pictures without text\. Run text recog"
    ):
        document_from_pdf(_sheet("", "", picture=True), source="scan.pdf")
    with pytest.raises(InputError, match="has no text"):
        document_from_pdf(_sheet(), source="blank.pdf")


def test_a_scanned_page_among_others_is_noted(printed: Printed, tmp_path: Path) -> None:
    import pypdfium2

    document = pypdfium2.PdfDocument(printed("elmsworth", "sections", "ruled"))
    document.import_pages(pypdfium2.PdfDocument(_sheet("", picture=True)))
    document.save(tmp_path / "mixed.pdf")
    reading = read_document(tmp_path / "mixed.pdf")
    assert_read(reading, PLANS["elmsworth"], 0.99, "sections")
    number = len(document)
    assert reading.accounts[0].warnings[0].startswith(f"page {number} is a picture without text")


def test_damaged_and_locked_documents_are_refused_with_the_remedy(printed: Printed) -> None:
    from fpdf import FPDF

    whole = printed("elmsworth", "wide", "ruled").read_bytes()
    for raw, told in (
        (b"", "is empty"),
        (b"\x00" * 500, "is no PDF document"),
        (b"%PDF-1.7\n%%EOF", "is a damaged PDF document"),
        (whole[:400], "is a damaged PDF document"),
    ):
        with pytest.raises(InputError, match=told):
            document_from_pdf(raw, source="plan.pdf")
    locked = FPDF()
    locked.set_encryption(owner_password="owner", user_password="user")
    locked.add_page()
    with pytest.raises(InputError, match=r"protected by a password\. Save it as \.pdf without a password"):
        document_from_pdf(bytes(locked.output()), source="plan.pdf")


def test_a_truncated_document_is_read_whole_or_refused(printed: Printed) -> None:
    """What remains of a file may still hold pages, but is never read without a word on what is lost."""
    path = printed("harrowdale", "wide", "ruled")
    whole = path.read_bytes()
    refused = 0
    for share in (0.3, 0.6, 0.9):
        path.write_bytes(whole[: int(len(whole) * share)])
        try:
            assert_read(read_document(path), PLANS["harrowdale"], 0.99, "wide")
        except InputError as error:
            refused += 1
            assert error.remedy
    assert refused


def test_limits_are_named(printed: Printed) -> None:
    raw = printed("harrowdale", "paged", "ruled").read_bytes()
    for name, value, told in (
        ("pdf_pages", 1, r"has \d pages \(limit 1\).*NLPKIT_MAX_PDF_PAGES"),
        ("pdf_characters", 50, "has more than 50 characters"),
        ("pdf_page_characters", 50, r"page 1: has [\d,]+ characters on one page \(limit 50\)"),
        ("pdf_page_shapes", 5, "has more than 5 lines and areas on one page"),
    ):
        with limited(**{name: value}), pytest.raises(InputError, match=told):
            document_from_pdf(raw, source="plan.pdf")


@pytest.mark.slow
def test_three_hundred_pages_are_read_within_a_minute(tmp_path: Path) -> None:
    import pypdfium2

    plan: dict[str, Any] = dict(PLANS["harrowdale"])
    base = plan["actions"]
    plan["actions"] = [base[n % len(base)] | {"id": str(n + 1)} for n in range(900)]
    raw = PRINT["pdf"](plan, "paged", "ruled")
    (tmp_path / "long.pdf").write_bytes(raw)
    assert len(pypdfium2.PdfDocument(raw)) >= 300
    start = time.perf_counter()
    reading = read_document(tmp_path / "long.pdf")
    took = time.perf_counter() - start
    assert reading.accounts[0].actions == 900
    assert took < 60


def test_a_coloured_bar_on_the_next_page_belongs_to_the_label_above(tmp_path: Path) -> None:
    from fpdf import FPDF

    sheet = FPDF()
    sheet.set_font("Helvetica", size=10)
    for number, colour in ((1, (0, 176, 80)), (2, (255, 0, 0))):
        sheet.add_page()
        if number == 2:
            sheet.set_fill_color(0, 176, 80)
            sheet.rect(10, 10, 150, 6, style="F")
            sheet.set_y(25)
        for line in (f"Recommendation {number}", f"The service should do task {number} well.", "Progress"):
            sheet.multi_cell(0, 6, line, new_x="LMARGIN", new_y="NEXT")
        sheet.multi_cell(0, 6, f"Crews were trained for task {number}.", new_x="LMARGIN", new_y="NEXT")
        sheet.multi_cell(0, 6, "Status", new_x="LMARGIN", new_y="NEXT")
        if number == 2:
            sheet.set_fill_color(*colour)
            sheet.rect(10, sheet.get_y() + 1, 150, 6, style="F")
    path = tmp_path / "plan.pdf"
    path.write_bytes(bytes(sheet.output()))
    declared = list(read_document(path).updates["declared"])
    assert declared == ["green (fill)", "red (fill)"]
