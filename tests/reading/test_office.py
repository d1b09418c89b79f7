"""Authored plans as office programs and a browser write them: read as the same table as any rendering."""

from __future__ import annotations

import os
import runpy
import shutil
import subprocess
from pathlib import Path

import pytest
from test_renderings import PLANS, RENDER, assert_read

from nlpkit.errors import InputError
from nlpkit.reading import read_document

PLANS_FOLDER = Path(__file__).resolve().parents[2] / "corpora" / "plans"
PRINT = runpy.run_path(str(PLANS_FOLDER / "render_print.py"))
CHROMIUM = os.environ.get("NLPKIT_CHROMIUM") or shutil.which("chromium") or shutil.which("chromium-browser")
KEPT = sorted((PLANS_FOLDER / "office").iterdir())


def plan_and_layout(path: Path) -> tuple[str, str]:
    name, _, layout = path.stem.partition(".")[0].rpartition("-")
    return name, layout


@pytest.mark.parametrize("path", KEPT, ids=lambda path: path.name)
def test_kept_files_of_office_programs_give_the_same_table(path: Path) -> None:
    name, layout = plan_and_layout(path)
    reading = read_document(path)
    assert_read(reading, PLANS[name], 0.99, layout)
    coloured = layout != "blocks" or path.name.endswith("web.pdf")
    assert reading.updates["declared"].str.endswith("(fill)").any() == coloured


def converted(folder: Path, source: str, target: str) -> list[Path]:
    """The three plans in four layouts, from one format to another by LibreOffice."""
    given, made = folder / "given", folder / "made"
    given.mkdir()
    for name, plan in PLANS.items():
        for layout in RENDER["LAYOUTS"]:
            raw = PRINT["xlsx"](plan, layout) if source == "xlsx" else RENDER["render"](plan, layout, source)
            (given / f"{name}-{layout}.{source}").write_bytes(raw)
    subprocess.run(
        ["soffice", "--headless", f"-env:UserInstallation=file://{folder}/profile", "--convert-to", target, "--outdir", str(made), *map(str, sorted(given.iterdir()))],
        check=True,
        timeout=300,
        capture_output=True,
    )  # fmt: skip
    return sorted(made.iterdir())


@pytest.mark.slow
@pytest.mark.skipif(not shutil.which("soffice"), reason="LibreOffice (soffice) is not installed")
@pytest.mark.parametrize(
    ("source", "target"),
    [("docx", "pdf"), ("docx", "docx"), ("docx", "html"), ("xlsx", "xlsx"), ("xlsx", "ods")],
)
def test_what_libreoffice_writes_gives_the_same_table(source: str, target: str, tmp_path: Path) -> None:
    paths = converted(tmp_path, source, target)
    assert len(paths) == len(PLANS) * len(RENDER["LAYOUTS"])
    for path in paths:
        name, layout = plan_and_layout(path)
        assert_read(read_document(path), PLANS[name], 0.99, layout)


@pytest.mark.slow
@pytest.mark.skipif(not CHROMIUM, reason="no Chromium is installed")
@pytest.mark.parametrize("layout", RENDER["LAYOUTS"])
@pytest.mark.parametrize("name", PLANS)
def test_what_a_browser_prints_gives_the_same_table(name: str, layout: str, tmp_path: Path) -> None:
    page, printed = tmp_path / "plan.html", tmp_path / "plan.pdf"
    page.write_bytes(RENDER["render"](PLANS[name], layout, "html"))
    subprocess.run(
        [str(CHROMIUM), "--headless", "--no-sandbox", "--disable-gpu", "--no-pdf-header-footer", f"--user-data-dir={tmp_path}/profile", f"--print-to-pdf={printed}", page.as_uri()],
        check=True,
        timeout=120,
        capture_output=True,
    )  # fmt: skip
    assert_read(read_document(printed), PLANS[name], 0.99, layout)


ODS = {
    "hidden": ('<table:table-properties table:display="false"/>', "has no visible sheet with text"),
    "empty": ("", "is empty"),
}


@pytest.mark.parametrize("case", ODS)
def test_opendocument_without_a_sheet_to_read_is_refused(case: str, tmp_path: Path) -> None:
    properties, told = ODS[case]
    words = "<text:p>Update</text:p>" if case == "hidden" else ""
    path = tmp_path / "plan.ods"
    path.write_bytes(open_document(words, properties))
    with pytest.raises(InputError, match=told):
        read_document(path)


def open_document(words: str, properties: str = "", before: str = "") -> bytes:
    import io
    import zipfile

    names = "urn:oasis:names:tc:opendocument:xmlns"
    content = (
        f'<?xml version="1.0"?>{before}<office:document-content xmlns:office="{names}:office:1.0" '
        f'xmlns:table="{names}:table:1.0" xmlns:text="{names}:text:1.0" xmlns:style="{names}:style:1.0">'
        f'<office:automatic-styles><style:style style:name="t" style:family="table">{properties}'
        "</style:style></office:automatic-styles><office:body><office:spreadsheet>"
        f'<table:table table:name="Plan" table:style-name="t"><table:table-row><table:table-cell>{words}'
        "</table:table-cell></table:table-row></table:table></office:spreadsheet></office:body>"
        "</office:document-content>"
    )
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as archive:
        archive.writestr("mimetype", "application/vnd.oasis.opendocument.spreadsheet")
        archive.writestr("content.xml", content)
    return file.getvalue()


def test_opendocument_that_declares_entities_or_is_damaged_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "plan.ods"
    path.write_bytes(open_document("&a;", before='<!DOCTYPE x [<!ENTITY a "aaaa">]>'))
    with pytest.raises(InputError, match="declares entities"):
        read_document(path)
    path.write_bytes(open_document("<text:p>Update"))
    with pytest.raises(InputError, match="is not a readable workbook"):
        read_document(path)


def test_a_row_repeated_beyond_the_limit_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "plan.ods"
    again = '<table:table-cell table:number-columns-repeated="9999999"><text:p>Update</text:p>'
    path.write_bytes(open_document(f"<text:p>Update</text:p></table:table-cell>{again}"))
    with pytest.raises(InputError, match="cells"):
        read_document(path)
