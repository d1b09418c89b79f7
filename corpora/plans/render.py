"""Renders the authored plans of this folder (``*.json``) as Word documents, web pages and text.

Every plan comes in six layouts: one wide table with coloured cells and merged themes (``wide``), an
entry a recommendation (``blocks``), a table under each heading (``sections``), a table cut by pages
(``paged``), an upright table a recommendation (``cards``), and a row an update (``register``). All say
the same, so that all must be read as the same. Run as

    python corpora/plans/render.py FOLDER
"""

from __future__ import annotations

import html
import io
import json
import sys
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby
from pathlib import Path
from typing import Any

HERE = Path(__file__).resolve().parent
LAYOUTS = ("wide", "blocks", "sections", "paged", "cards", "register")
FORMATS = ("docx", "html", "txt")
SHADES = {"blue": "0070C0", "green": "00B050", "amber": "FFC000", "red": "FF0000", "grey": "A6A6A6"}
_PAGE = 3  # actions on a page
_STATUS_HEADING = {"wide": "RAG", "sections": "Status", "paged": "BRAG rating"}


@dataclass(frozen=True)
class Box:
    """A table cell: paragraphs ("- " begins a list item, "_" an underlined line) and a colour."""

    text: tuple[str, ...] = ()
    colour: str = ""
    across: int = 1
    down: int = 1
    covered: bool = False  # by the cell above


@dataclass(frozen=True)
class Part:
    """A part of a document: title, heading, label, text, item, table, break."""

    kind: str
    text: str = ""
    rows: tuple[tuple[Box, ...], ...] = ()
    colour: str = ""


def plans() -> dict[str, dict[str, Any]]:
    """The authored plans by name."""
    return {path.stem: json.loads(path.read_text(encoding="utf8")) for path in sorted(HERE.glob("*.json"))}


def render(plan: dict[str, Any], layout: str, form: str) -> bytes:
    """One plan in one layout and format, as the bytes of a file."""
    parts = list(_front(plan)) + list(_LAYOUT[layout](plan))
    return _FORM[form](parts)


def _front(plan: dict[str, Any]) -> Iterator[Part]:
    yield Part("title", plan["service"])
    yield Part("title", plan["title"])
    yield Part(
        "text", f"Progress as at {plan['as_of']}. The service and all that is told of it are invented."
    )
    if plan["key"]:
        yield Part("heading", "Key")
        yield Part(
            "table", rows=tuple((Box(colour=c), Box((meaning,))) for c, meaning in plan["key"].items())
        )


def _box(text: str, **more: Any) -> Box:
    return Box((text,), **more)


def _wide(plan: dict[str, Any]) -> Iterator[Part]:
    """One table, a column for each period; the theme is one merged cell."""
    names = ("Theme", "Ref", "Recommendation", "Outcome required", "Lead", "Due date")
    rows = [tuple(map(_box, (*names, *(f"Update {p}" for p in plan["periods"]), _STATUS_HEADING["wide"])))]
    for section, group in groupby(plan["actions"], key=lambda action: action["section"]):
        actions = list(group)
        for n, action in enumerate(actions):
            theme = Box(covered=True) if n else _box(section, down=len(actions))
            fields = (action[key] for key in ("id", "recommendation", "outcome", "owner", "due"))
            updates = (Box(tuple(update)) for update in action["updates"])
            rows.append((theme, *map(_box, fields), *updates, Box(colour=action["colour"])))
    yield Part("table", rows=tuple(rows))


def _told(plan: dict[str, Any], action: dict[str, Any]) -> tuple[str, ...]:
    """Both periods in one cell, each under its underlined name."""
    lines: list[str] = []
    for period, update in zip(plan["periods"], action["updates"], strict=True):
        lines += [f"_{period}", *update]
    return tuple(lines)


def _sections(plan: dict[str, Any]) -> Iterator[Part]:
    """A table under each heading, its periods inside the cells."""
    names = ("No.", "Area for improvement", "Progress", "Responsible officer", "Deadline")
    for section, actions in groupby(plan["actions"], key=lambda action: action["section"]):
        yield Part("heading", section)
        rows = [tuple(map(_box, (*names, _STATUS_HEADING["sections"])))]
        for action in actions:
            first, last = (
                map(_box, (action["id"], action["recommendation"])),
                (action["owner"], action["due"]),
            )
            told = Box(_told(plan, action))
            rows.append((*first, told, *map(_box, last), Box(colour=action["colour"])))
        yield Part("table", rows=tuple(rows))


def _paged(plan: dict[str, Any]) -> Iterator[Part]:
    """One table cut by pages: heading rows on every other page, an update cut in mid-sentence."""
    names = ("Ref", "Recommendation", "Progress update", "Owner", "By when", _STATUS_HEADING["paged"])
    heading = tuple(map(_box, names))
    pages = [plan["actions"][i : i + _PAGE] for i in range(0, len(plan["actions"]), _PAGE)]
    carried: tuple[str, ...] = ()
    for n, actions in enumerate(pages):
        if n:
            yield Part("break")
            yield Part("text", f"{plan['service']}: {plan['title']} page {n + 1} of {len(pages)}")
        rows = [heading] if n % 2 == 0 else []
        if carried:
            rows.append((Box(), Box(), Box(carried), Box(), Box(), Box()))
        carried = ()
        for action in actions:
            told = _told(plan, action)
            if action is actions[-1] and n + 1 < len(pages):
                words = told[-1].split()
                middle = next(i for i in range(len(words) // 2, len(words)) if words[i].islower())
                told, carried = (*told[:-1], " ".join(words[:middle])), (" ".join(words[middle:]),)
            first, last = (action["id"], action["recommendation"]), (action["owner"], action["due"])
            rows.append((*map(_box, first), Box(told), *map(_box, last), Box(colour=action["colour"])))
        yield Part("table", rows=tuple(rows))


def _blocks(plan: dict[str, Any]) -> Iterator[Part]:
    """An entry a recommendation, its parts behind labels."""
    for section, actions in groupby(plan["actions"], key=lambda action: action["section"]):
        yield Part("heading", section)
        for action in actions:
            yield Part("entry", f"Recommendation {action['id']}")
            yield Part("text", action["recommendation"])
            yield Part("label", "Outcome required", rows=((_box(action["outcome"]),),))
            yield Part("label", "Lead", rows=((_box(action["owner"]),),))
            yield Part("label", "Due date", rows=((_box(action["due"]),),))
            for period, update in zip(plan["periods"], action["updates"], strict=True):
                yield Part("label", f"Progress ({period})", rows=((Box(tuple(update)),),))
            yield Part("label", "Status", rows=((Box(),),), colour=action["colour"])


def _cards(plan: dict[str, Any]) -> Iterator[Part]:
    """A small upright table a recommendation, its labels down the left side."""
    for section, actions in groupby(plan["actions"], key=lambda action: action["section"]):
        yield Part("heading", section)
        for action in actions:
            lines = [("Reference", _box(action["id"])), ("Recommendation", _box(action["recommendation"]))]
            lines += [("Outcome required", _box(action["outcome"])), ("Lead", _box(action["owner"]))]
            lines += [("Due date", _box(action["due"]))]
            for period, update in zip(plan["periods"], action["updates"], strict=True):
                lines.append((f"Update {period}", Box(tuple(update))))
            lines.append(("Status", Box(colour=action["colour"])))
            yield Part("table", rows=tuple((_box(label), box) for label, box in lines))
            yield Part("text", "")


def _register(plan: dict[str, Any]) -> Iterator[Part]:
    """A long table with a row an update: what is asked stands in each row, the period in a column."""
    names = ("Theme", "Action no.", "Recommendation", "Owner", "Target date", "Reporting period", "Update")
    rows = [tuple(map(_box, (*names, "RAG status")))]
    for action in plan["actions"]:
        fields = (action[key] for key in ("section", "id", "recommendation", "owner", "due"))
        common = tuple(map(_box, fields))
        for period, update in zip(plan["periods"], action["updates"], strict=True):
            rows.append((*common, _box(period), Box(tuple(update)), Box(colour=action["colour"])))
    yield Part("table", rows=tuple(rows))


def _plain(line: str) -> str:
    return line[1:] if line[:1] == "_" else line[2:] if line[:2] == "- " else line


def _as_text(parts: Sequence[Part]) -> bytes:
    """Text as converters leave it: tabs between cells, their paragraphs as HTML, colours as words."""
    lines: list[str] = []
    for part in parts:
        if part.kind == "table":
            lines += ["", *("\t".join(_text_cell(box) for box in row) for row in part.rows), ""]
        elif part.kind == "label":
            first, *rest = part.rows[0][0].text or (part.colour.title(),)
            lines += [f"{part.text}: {first}", *rest]
        elif part.kind == "item":
            lines.append(f"- {part.text}")
        elif part.kind == "break":
            lines.append("")
        else:
            lines += [part.text, ""]
    return ("\n".join(lines) + "\n").encode()


def _text_cell(box: Box) -> str:
    if not box.text:
        return box.colour.upper()
    if len(box.text) == 1 and box.text[0][0] not in "_-":
        return box.text[0]
    return "".join(
        f"<p><u>{line[1:]}</u></p>" if line[0] == "_" else f"<p>{_plain(line)}</p>" for line in box.text
    )


_CSS = """
td, th { border: 1px solid #999 } th { background: #1f3864; color: white }
.rag-g { background-color: #00b050 } td.rag-a, dd.rag-a { background: rgb(255, 192, 0) }
.note { display: none }
"""


def _as_html(parts: Sequence[Part]) -> bytes:
    """A page with its colours from classes, styles and the old attribute, one of each."""
    out = [f"<!DOCTYPE html><html><head><meta charset='utf-8'><style>{_CSS}</style><title>Plan</title>"]
    out.append("<script>var status = 'complete';</script></head><body><nav><a href='/'>Home</a></nav>")
    titles, listing = 0, False
    for part in parts:
        if listing and part.kind != "label":
            out.append("</dl>")
        if part.kind == "label" and not listing:
            out.append("<dl>")
        listing = part.kind == "label"
        words = html.escape(part.text)
        if part.kind == "table":
            out.append(f"<table>{''.join(map(_html_row, part.rows))}</table>")
        elif part.kind == "label":
            box = part.rows[0][0]
            colour = _html_colour(part.colour, cell=False) if part.colour else ""
            out.append(f"<dt>{words}</dt><dd{colour}>{_html_lines(box.text)}</dd>")
        elif part.kind == "title":
            titles += 1
            out.append(f"<h{titles}>{words}</h{titles}>")
        elif part.kind in ("heading", "entry"):
            out.append(f"<h2>{words}</h2>" if part.kind == "heading" else f"<h3>{words}</h3>")
        elif part.kind == "break":
            out.append("<hr><p class='note'>Page break</p>")
        else:
            out.append(f"<p>{words}</p>")
    out.append("</dl>" if listing else "")
    return "".join([*out, "<footer>Contact us</footer></body></html>"]).encode()


def _html_colour(colour: str, *, cell: bool = True) -> str:
    old = {"blue": ' bgcolor="#0070C0"'} if cell else {}  # the attribute that only cells of tables know
    return {
        "": "",
        "green": ' class="cell rag-g"',
        "amber": ' class="rag-a"',
        **old,
    }.get(colour, f' style="background-color:#{SHADES.get(colour, "")}"')


def _html_row(row: Sequence[Box]) -> str:
    cells = []
    for box in row:
        if box.covered:
            continue
        spans = "".join(
            f' {name}="{n}"' for name, n in (("colspan", box.across), ("rowspan", box.down)) if n > 1
        )
        cells.append(f"<td{spans}{_html_colour(box.colour)}>{_html_lines(box.text)}</td>")
    return f"<tr>{''.join(cells)}</tr>"


def _html_lines(lines: Sequence[str]) -> str:
    if len(lines) == 1:
        return html.escape(_plain(lines[0]))
    out = []
    for item, group in groupby(lines, key=lambda line: line.startswith("- ")):
        if item:
            out.append(f"<ul>{''.join(f'<li>{html.escape(_plain(line))}</li>' for line in group)}</ul>")
            continue
        for line in group:
            words = html.escape(_plain(line))
            out.append(f"<p><u>{words}</u></p>" if line[0] == "_" else f"<div>{words}</div>")
    return "".join(out) or "&nbsp;"


def _as_docx(parts: Sequence[Part]) -> bytes:
    """A landscape Word document with ruled tables, shaded and merged cells, styles for headings and lists."""
    import docx
    from docx.enum.section import WD_ORIENT
    from docx.enum.text import WD_BREAK
    from docx.shared import Mm

    document = docx.Document()
    page = document.sections[0]
    page.orientation = WD_ORIENT.LANDSCAPE
    page.page_width, page.page_height = Mm(297), Mm(210)
    page.left_margin = page.right_margin = Mm(15)
    for part in parts:
        if part.kind == "table":
            _docx_table(document, part.rows)
        elif part.kind == "label":
            lines = part.rows[0][0].text
            if len(lines) > 1:
                document.add_heading(part.text, 3)
                _docx_lines(document, lines)
            else:
                document.add_paragraph(f"{part.text}: {lines[0] if lines else part.colour.title()}")
        elif part.kind in ("title", "heading", "entry"):
            document.add_heading(part.text, {"title": 0, "heading": 1, "entry": 2}[part.kind])
        elif part.kind == "break":
            document.add_paragraph().add_run().add_break(WD_BREAK.PAGE)
        else:
            document.add_paragraph(part.text)
    file = io.BytesIO()
    document.save(file)
    return file.getvalue()


def _docx_lines(place: Any, lines: Sequence[str], first: Any = None) -> None:
    for line in lines:
        paragraph, first = first or place.add_paragraph(), None
        paragraph.style = "List Bullet" if line.startswith("- ") else "Normal"
        paragraph.add_run(_plain(line)).underline = line.startswith("_") or None


def _docx_table(document: Any, rows: Sequence[Sequence[Box]]) -> None:
    from docx.oxml import OxmlElement
    from docx.oxml.ns import qn
    from docx.shared import Mm

    table = document.add_table(rows=len(rows), cols=max(map(len, rows)), style="Table Grid")
    table.autofit = False
    for column, width in zip(table.columns, widths(rows), strict=True):
        column.width = Mm(width)
        for cell in column.cells:
            cell.width = Mm(width)
    for i, row in enumerate(rows):
        cells = table.rows[i].cells
        for j, box in enumerate(row):
            cell = cells[j]
            if box.covered:
                continue
            if box.text:
                _docx_lines(cell, box.text, cell.paragraphs[0])
            if box.colour:
                shading = OxmlElement("w:shd")
                shading.set(qn("w:val"), "clear")
                shading.set(qn("w:fill"), SHADES[box.colour])
                cell._tc.get_or_add_tcPr().append(shading)
            if box.down > 1:
                cell.merge(table.cell(i + box.down - 1, j))


def widths(rows: Sequence[Sequence[Box]]) -> list[float]:
    """Millimetres for each column: room for its longest word, and the rest by how much it holds."""
    count = max(map(len, rows))
    words, texts = [0] * count, [0] * count
    for row in rows:
        for j, box in enumerate(row):
            text = " ".join(box.text)
            words[j] = max([words[j], *map(len, text.split())])
            texts[j] = max(texts[j], len(text))
    least = [8 + 2.4 * letters for letters in words]
    spare = max(0.0, 265 - sum(least))
    return [low + spare * held / max(1, sum(texts)) for low, held in zip(least, texts, strict=True)]


_LAYOUT: dict[str, Callable[[dict[str, Any]], Iterator[Part]]] = {
    "wide": _wide,
    "blocks": _blocks,
    "sections": _sections,
    "paged": _paged,
    "cards": _cards,
    "register": _register,
}
_FORM: dict[str, Callable[[Sequence[Part]], bytes]] = {
    "docx": _as_docx,
    "html": _as_html,
    "txt": _as_text,
}

if __name__ == "__main__":
    folder = Path(sys.argv[1])
    folder.mkdir(parents=True, exist_ok=True)
    for name, plan in plans().items():
        for layout in LAYOUTS:
            for form in FORMATS:
                (folder / f"{name}-{layout}.{form}").write_bytes(render(plan, layout, form))
