"""Renders the authored plans of this folder as PDF documents and workbooks, from the same parts.

``ruled`` draws every line of a table, ``plain`` none and lies on its side, ``sides`` turns the page of an
upright sheet. Workbooks have a sheet for what stands before the plan and one for the plan itself. Run as

    python corpora/plans/render_print.py FOLDER
"""

from __future__ import annotations

import calendar
import io
import runpy
import sys
from collections.abc import Sequence
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

BASE = runpy.run_path(str(Path(__file__).resolve().parent / "render.py"))
PDF_STYLES = ("ruled", "plain", "sides")
SHADES: dict[str, str] = BASE["SHADES"]
MADE = datetime(2024, 1, 1, tzinfo=UTC)
_WIDTHS = {"Ref": 5, "No.": 5, "RAG": 8, "Status": 8, "BRAG rating": 9, "Lead": 14, "Owner": 14}
_MONTHS = list(calendar.month_name)[1:]


def parts_of(plan: dict[str, Any], layout: str) -> list[Any]:
    """The parts of one plan in one layout of ``render.py``."""
    front, lay_out = BASE["_front"], BASE["_LAYOUT"][layout]
    return [*front(plan), *lay_out(plan)]


def pdf(plan: dict[str, Any], layout: str, style: str) -> bytes:
    """One plan as a PDF document with running titles and page numbers."""
    from fpdf import FPDF

    class Sheet(FPDF):
        def footer(self) -> None:
            self.set_y(-12)
            self.set_font("Helvetica", size=8)
            self.cell(0, 5, f"{plan['title']} - OFFICIAL", align="L")
            self.set_y(-12)
            self.cell(0, 5, f"Page {self.page_no()} of {{nb}}", align="R")

    sheet = Sheet(orientation="P" if style == "ruled" and layout != "wide" else "L")
    sheet.set_creation_date(MADE)
    sheet.set_auto_page_break(True, margin=18)
    sheet.add_page()
    for part in parts_of(plan, layout):
        if part.kind == "table":
            _table(sheet, part.rows, style)
        elif part.kind == "label":
            _label(sheet, part)
        elif part.kind == "break":
            sheet.add_page()
        else:
            strong = part.kind in ("title", "heading", "entry")
            sheet.set_font("Helvetica", style="B" if strong else "", size=14 if part.kind == "title" else 10)
            sheet.multi_cell(0, 6, part.text, new_x="LMARGIN", new_y="NEXT")
            sheet.ln(1.5)
    if style == "sides":
        for page in sheet.pages.values():
            page.set_dimensions(*_turned(sheet, page))
    return bytes(sheet.output())


def _turned(sheet: Any, page: Any) -> tuple[float, float]:
    """The same content on a page that is stored upright and shown turned."""
    content = page.contents
    high = sheet.h_pt
    page.contents = bytearray(b"q 0 1 -1 0 %.2f 0 cm " % high + bytes(content) + b" Q")
    return sheet.h_pt, sheet.w_pt


def _label(sheet: Any, part: Any) -> None:
    sheet.set_font("Helvetica", style="B", size=10)
    lines = part.rows[0][0].text or (part.colour.title(),)
    if len(lines) == 1:
        sheet.set_font("Helvetica", size=10)
        sheet.multi_cell(0, 5, f"{part.text}: {lines[0]}", new_x="LMARGIN", new_y="NEXT")
    else:
        sheet.multi_cell(0, 5, f"{part.text}:", new_x="LMARGIN", new_y="NEXT")
        sheet.set_font("Helvetica", size=10)
        for line in lines:
            sheet.multi_cell(0, 5, line, new_x="LMARGIN", new_y="NEXT")
    sheet.ln(1.5)


def _table(sheet: Any, rows: Sequence[Sequence[Any]], style: str) -> None:
    from fpdf.fonts import FontFace

    names = [" ".join(box.text) for box in rows[0]]
    headed = len(names) > 2 and all(names)
    widths = [_WIDTHS.get(name, 16 if len(name) < 12 else 30) for name in names]
    if not headed:
        widths = [8, 92] if len(names) == 2 else [6, 30, 50, 14, 14, 9][: len(names)]
    elif "Theme" not in names:
        widths = [6, 30, 50, 14, 14, 9]
    sheet.set_font("Helvetica", size=8)
    with sheet.table(
        col_widths=tuple(widths),
        line_height=4.2,
        padding=(1.2, 1.5),
        markdown=True,
        text_align="LEFT",
        v_align="TOP",
        first_row_as_headings=headed,
        borders_layout="ALL" if style == "ruled" else "NONE",
    ) as table:
        for boxes in rows:
            row = table.row()
            for box in boxes:
                if box.covered:
                    continue
                text = "\n".join(f"--{line[1:]}--" if line[0] == "_" else line for line in box.text)
                shade = SHADES.get(box.colour, "")
                face = FontFace(fill_color=tuple(bytes.fromhex(shade))) if shade else None  # type: ignore[arg-type]
                row.cell(text, style=face, rowspan=box.down, colspan=box.across)


def xlsx(plan: dict[str, Any], layout: str) -> bytes:
    """One plan as a workbook: real dates, fills without a word, merged cells, a cover with the key."""
    import openpyxl

    book = openpyxl.Workbook()
    cover, sheet = book.active, book.create_sheet("Action plan")
    cover.title = "Cover"
    table_seen = 0
    row = {"Cover": 1, "Action plan": 1}
    for part in parts_of(plan, layout):
        key = part.kind == "table" and part.rows[0][0].colour != ""
        first = part.kind == "title"
        on_cover = key or part.text == "Key" or part.text.startswith("Progress as at")
        place = cover if on_cover else sheet
        at = row[place.title]
        if part.kind == "table":
            row[place.title] = _fill_sheet(place, part.rows, at) + (1 if layout == "sections" or key else 0)
            table_seen += not key
        elif part.kind == "label":
            lines = part.rows[0][0].text or (part.colour.title(),)
            place.cell(at, 1, f"{part.text}: " + "\n".join(lines))
            row[place.title] += 1
        elif part.kind != "break" and not (part.kind == "text" and table_seen and layout == "paged"):
            place.cell(at, 1, part.text)
            row[place.title] += 1
            if first:
                cover.cell(row["Cover"], 1, part.text)
                row["Cover"] += 1
    for each in book.worksheets:
        each.page_setup.orientation = "landscape"
        each.page_setup.fitToHeight = 0  # as many pages as it takes, one wide
        each.sheet_properties.pageSetUpPr.fitToPage = True
    file = io.BytesIO()
    book.save(file)
    return file.getvalue()


def _fill_sheet(sheet: Any, rows: Sequence[Sequence[Any]], at: int) -> int:
    from openpyxl.cell.rich_text import CellRichText, TextBlock
    from openpyxl.cell.text import InlineFont
    from openpyxl.styles import Alignment, Border, PatternFill, Side
    from openpyxl.utils import get_column_letter

    side = Side(style="thin")
    for j, width in enumerate(BASE["widths"](rows), 1):
        column = sheet.column_dimensions[get_column_letter(j)]
        column.width = max(column.width if column.customWidth else 0, width / 2)
    for boxes in rows:
        for j, box in enumerate(boxes, 1):
            cell = sheet.cell(at, j)
            cell.border = Border(left=side, right=side, top=side, bottom=side)
            cell.alignment = Alignment(wrap_text=True, vertical="top")
            if box.covered:
                continue
            lines = [line[2:] if line[:2] == "- " else line for line in box.text]
            if any(line[0] == "_" for line in lines):
                rich: list[Any] = []
                for n, line in enumerate(lines):
                    end = "\n" if n + 1 < len(lines) else ""
                    under = line[0] == "_"
                    rich.append(TextBlock(InlineFont(u="single"), line[1:] + end) if under else line + end)
                cell.value = CellRichText(*rich)
            elif lines:
                words = lines[0].split()
                if len(lines) == 1 and len(words) == 2 and words[0] in _MONTHS and words[1].isdigit():
                    cell.value = date(int(words[1]), _MONTHS.index(words[0]) + 1, 1)
                    cell.number_format = "mmmm yyyy"
                elif len(lines) == 1 and lines[0].isdigit():
                    cell.value = int(lines[0])
                else:
                    cell.value = "\n".join(lines)
            if box.colour:
                cell.fill = PatternFill("solid", fgColor=SHADES[box.colour])
            if box.down > 1:
                sheet.merge_cells(start_row=at, end_row=at + box.down - 1, start_column=j, end_column=j)
        at += 1
    return at


if __name__ == "__main__":
    folder = Path(sys.argv[1])
    folder.mkdir(parents=True, exist_ok=True)
    for name, plan in BASE["plans"]().items():
        for layout in BASE["LAYOUTS"]:
            (folder / f"{name}-{layout}.xlsx").write_bytes(xlsx(plan, layout))
            for style in PDF_STYLES:
                (folder / f"{name}-{layout}-{style}.pdf").write_bytes(pdf(plan, layout, style))
