"""Word documents: what Word can do to a table, and documents that are damaged or mean harm."""

from __future__ import annotations

import io
import zipfile
from functools import cache
from pathlib import Path
from typing import Any

import docx
import pytest
from docx.oxml import parse_xml

from nlpkit.errors import InputError
from nlpkit.limits import DEFAULTS
from nlpkit.reading import read_document
from nlpkit.reading.blocks import Block, Bullet, Heading, Paragraph, Table
from nlpkit.reading.docx import blocks_from_docx

NS = 'xmlns:w="http://schemas.openxmlformats.org/wordprocessingml/2006/main"'
PARTS = {
    "mc": "http://schemas.openxmlformats.org/markup-compatibility/2006",
    "wps": "http://schemas.microsoft.com/office/word/2010/wordprocessingShape",
}
NAMESPACES = " ".join([NS, *(f'xmlns:{name}="{where}"' for name, where in PARTS.items())])
HEADER = ("Ref", "Recommendation", "Progress", "RAG")


def made(xml: str, replace: dict[str, bytes] | None = None, extra: dict[str, bytes] | None = None) -> bytes:
    """A document whose body is ``xml``, with parts replaced or added."""
    document = docx.Document()
    body = document.element.body
    for child in list(body):
        body.remove(child)
    for child in parse_xml(f"<w:body {NAMESPACES}>{xml}</w:body>"):
        body.append(child)
    file = io.BytesIO()
    document.save(file)
    return repacked(file.getvalue(), replace or {}, extra or {})


def repacked(raw: bytes, replace: dict[str, bytes], extra: dict[str, bytes]) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(raw)) as old, zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as new:
        for name in old.namelist():
            new.writestr(name, replace.get(name) or old.read(name))
        for name, data in extra.items():
            new.writestr(name, data)
    return out.getvalue()


def p(text: str, props: str = "", run: str = "") -> str:
    return f"<w:p><w:pPr>{props}</w:pPr><w:r><w:rPr>{run}</w:rPr><w:t xml:space='preserve'>{text}</w:t></w:r></w:p>"


def tc(inner: str, props: str = "") -> str:
    inner = inner if inner.startswith("<") else p(inner)
    return f"<w:tc><w:tcPr>{props}</w:tcPr>{inner}</w:tc>"


def tr(*cells: str, props: str = "") -> str:
    return f"<w:tr><w:trPr>{props}</w:trPr>{''.join(c if c.startswith('<w:tc') or c.startswith('<w:sdt') else tc(c) for c in cells)}</w:tr>"


def tbl(*rows: str) -> str:
    return f"<w:tbl><w:tblPr/>{''.join(rows)}</w:tbl>"


def fill(colour: str) -> str:
    return f'<w:shd w:val="clear" w:color="auto" w:fill="{colour}"/>'


def blocks(xml: str, **parts: Any) -> list[Block]:
    return blocks_from_docx(made(xml, **parts), source="plan.docx")


def texts(block: Block) -> list[list[str]]:
    assert isinstance(block, Table)
    return [[cell.text for cell in row.cells] for row in block.rows]


def read(tmp_path: Path, xml: str, **parts: Any) -> Any:
    path = tmp_path / "plan.docx"
    path.write_bytes(
        made(p("Wold Fire and Rescue Service") + p("Position as at 30 September 2024") + xml, **parts)
    )
    reading = read_document(path)
    assert reading.accounts[0].balances
    return reading


def test_blocks_come_in_document_order_with_lists_and_headings() -> None:
    numbered = '<w:numPr><w:ilvl w:val="0"/><w:numId w:val="3"/></w:numPr>'
    found = blocks(
        p("Our plan", '<w:pStyle w:val="Heading1"/>')
        + p("It tells what was asked, and what has been done.")
        + p("a first point", numbered)
        + tbl(tr("a", "b"), tr("c", "d"))
        + p("no item, as its number is taken away, and it ends here.", numbered.replace('"3"', '"0"'))
        + tbl(tr("e", "f"))
    )
    assert [type(block) for block in found] == [Heading, Paragraph, Bullet, Table, Paragraph, Table]
    assert [block.place for block in found] == sorted({block.place for block in found})
    assert texts(found[3]) == [["a", "b"], ["c", "d"]]


def test_tracked_changes_are_taken_as_accepted() -> None:
    found = blocks(
        "<w:p><w:r><w:t xml:space='preserve'>The audit is </w:t></w:r>"
        "<w:del w:id='1'><w:r><w:delText>late</w:delText></w:r></w:del>"
        "<w:ins w:id='2'><w:r><w:t>complete</w:t></w:r></w:ins>"
        "<w:moveFrom w:id='3'><w:r><w:t> moved away</w:t></w:r></w:moveFrom>"
        "<w:moveTo w:id='4'><w:r><w:t> since May.</w:t></w:r></w:moveTo></w:p>"
        + "<w:p><w:pPr><w:rPr><w:del w:id='5'/></w:rPr></w:pPr><w:r><w:t>One sentence </w:t></w:r></w:p>"
        + p("made of two.")
        + tbl(
            tr("a", "b"),
            tr("gone", "gone", props="<w:del w:id='6'/>"),
            tr("c", "d", props="<w:ins w:id='7'/>"),
        )
    )
    assert [block.text for block in found[:2]] == [
        "The audit is complete since May.",
        "One sentence made of two.",
    ]
    assert texts(found[2]) == [["a", "b"], ["c", "d"]]


def test_content_controls_hidden_text_fields_and_breaks() -> None:
    control = "<w:sdt><w:sdtPr/><w:sdtContent>{}</w:sdtContent></w:sdt>"
    found = blocks(
        control.format(p("In a control, as a paragraph."))
        + tbl(
            control.format(tr("a", control.format(tc("cell")))),
            tr("b", tc(f"<w:p>{control.format('<w:r><w:t>run</w:t></w:r>')}</w:p>")),
            tr("c", tc(p("unseen", run="<w:vanish/>") + "<w:p><w:r><w:t>one</w:t><w:br/><w:t>two</w:t></w:r></w:p>")),
            tr("d", tc("<w:p><w:r><w:instrText>DATE</w:instrText></w:r><w:fldSimple w:instr='x'><w:r><w:t>May</w:t></w:r></w:fldSimple></w:p>")),
        )
    )  # fmt: skip
    assert found[0].text == "In a control, as a paragraph."  # type: ignore[union-attr]
    assert texts(found[1]) == [["a", "cell"], ["b", "run"], ["c", "one\ntwo"], ["d", "May"]]


def test_footnotes_stand_apart() -> None:
    note = (
        f"<w:footnotes {NS}><w:footnote w:type='separator' w:id='0'>{p('---')}</w:footnote>"
        f"<w:footnote w:id='1'>{p('Counted at the end of May.')}</w:footnote></w:footnotes>"
    )
    types = b'<Override PartName="/word/footnotes.xml" ContentType="application/vnd.openxmlformats-officedocument.wordprocessingml.footnotes+xml"/></Types>'
    link = b'<Relationship Id="rId99" Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/footnotes" Target="footnotes.xml"/></Relationships>'
    raw = made("<w:p><w:r><w:t>74 audits</w:t></w:r><w:r><w:footnoteReference w:id='1'/></w:r><w:r><w:t> are done.</w:t></w:r></w:p>")  # fmt: skip
    with zipfile.ZipFile(io.BytesIO(raw)) as old:
        changed = {
            "[Content_Types].xml": old.read("[Content_Types].xml").replace(b"</Types>", types),
            "word/_rels/document.xml.rels": old.read("word/_rels/document.xml.rels").replace(
                b"</Relationships>", link
            ),
        }
    found = blocks_from_docx(
        repacked(raw, changed, {"word/footnotes.xml": note.encode()}), source="plan.docx"
    )
    assert [block.text for block in found] == [
        "74 audits are done.",
        "Footnotes",
        "Footnote 1: Counted at the end of May.",
    ]  # type: ignore[union-attr]


def test_text_boxes_are_read_once() -> None:
    box = "<w:txbxContent>{}</w:txbxContent>".format(p("In a box, once."))
    found = blocks(
        "<w:p><w:r><w:t>Before the box.</w:t><mc:AlternateContent>"
        f"<mc:Choice Requires='wps'><w:drawing><wps:txbx>{box}</wps:txbx></w:drawing></mc:Choice>"
        f"<mc:Fallback><w:pict>{box}</w:pict></mc:Fallback></mc:AlternateContent></w:r></w:p>"
    )
    assert [block.text for block in found] == ["Before the box.", "In a box, once."]  # type: ignore[union-attr]


def test_nested_tables_are_lines_of_their_cell_and_frames_are_seen_through() -> None:
    inner = tbl(tr("Target", "80"), tr("Reached", "76"))
    found = blocks(
        tbl(tr("a", tc(inner + p("after"))), tr("b", "c")) + tbl(tr(tc(inner + p("Framed."))), tr("Last."))
    )
    assert texts(found[0]) == [["a", "Target\n80\nReached\n76\nafter"], ["b", "c"]]
    assert texts(found[1]) == [["Target", "80"], ["Reached", "76"]]
    assert [block.text for block in found[2:]] == ["Framed.", "Last."]  # type: ignore[union-attr]


def test_merged_cells_say_the_same_of_every_row_with_news_of_its_own(tmp_path: Path) -> None:
    start, on = '<w:vMerge w:val="restart"/>', "<w:vMerge/>"
    reading = read(
        tmp_path,
        tbl(
            tr("Ref", "Recommendation", "Action", "Progress", "RAG"),
            tr(tc("1", start), tc("The service should train its crews.", start), "Plan", "A plan was made in May.", tc("", start + fill("00B050"))),
            tr(tc("", on), tc("", on), "Train", "Nine crews were trained in June.", tc("", on)),
            tr("2", "The service should keep records.", "Buy", tc("A system was bought.", start), tc("AMBER", start)),
            tr(tc("", '<w:gridSpan w:val="2"/>'), "Load", tc("", on), tc("", on)),
            tr("3", "The service should check records.", "Check", tc("", on), tc("", on)),
        ),
    )  # fmt: skip
    rows = reading.updates[
        ["action_id", "planned_action", "update", "declared", "declared_status"]
    ].values.tolist()
    assert rows == [
        ["1", "Plan", "A plan was made in May.", "green (fill)", "on_track"],
        ["1", "Train", "Nine crews were trained in June.", "green (fill)", "on_track"],
        ["2", "Buy Load", "A system was bought.", "AMBER", "at_risk"],
        ["3", "Check", "A system was bought.", "AMBER", "at_risk"],
    ]
    assert list(reading.updates["recommendation"][:2]) == ["The service should train its crews."] * 2


def test_shading_of_every_kind(tmp_path: Path) -> None:
    shades = [
        '<w:shd w:val="clear" w:fill="C00000"/>',
        '<w:shd w:val="clear" w:fill="auto" w:themeFill="accent6"/>',
        '<w:shd w:val="clear" w:themeFill="accent6" w:themeFillTint="99"/>',
        '<w:shd w:val="solid" w:color="FFC000" w:fill="FFFFFF"/>',
    ]
    inside = [p("", fill("0070C0")), p("●", run='<w:highlight w:val="red"/>'), p("", "")]
    rows = [tc("", shade) for shade in shades] + [tc(inner) for inner in inside]
    theme = b'<a:theme xmlns:a="http://schemas.openxmlformats.org/drawingml/2006/main"><a:themeElements><a:clrScheme name="x"><a:accent6><a:srgbClr val="70AD47"/></a:accent6></a:clrScheme></a:themeElements></a:theme>'
    reading = read(
        tmp_path,
        tbl(tr(*HEADER), *(tr(str(n), f"The service should do thing {n}.", f"Thing {n} was looked at.", cell) for n, cell in enumerate(rows, 1))),
        replace={"word/theme/theme1.xml": theme},
    )  # fmt: skip
    assert list(reading.updates["declared"]) == [
        *("red (fill)", "green (fill)", "green (fill)", "amber (fill)", "blue (fill)"),
        *("red (fill)", ""),
    ]
    assert list(reading.updates["declared_status"]) == [
        *("off_track", "on_track", "on_track", "at_risk", "complete", "off_track", ""),
    ]


@cache
def hostile() -> dict[str, tuple[bytes, tuple[str, ...]]]:
    good = made(p("Fine."))
    with zipfile.ZipFile(io.BytesIO(good)) as old:
        main = old.read("word/document.xml")
    bomb = repacked(good, {}, {"word/media/bomb.bin": bytes(30_000_000)})
    many = io.BytesIO()
    with zipfile.ZipFile(many, "w") as archive:
        for n in range(DEFAULTS["archive_entries"] + 1):
            archive.writestr(f"{n}", b"")
    entity = main.replace(
        b"<w:document", b'<!DOCTYPE d [<!ENTITY x SYSTEM "file:///etc/hostname">]><w:document', 1
    )
    sheet = io.BytesIO()
    with zipfile.ZipFile(sheet, "w") as archive:
        archive.writestr("xl/workbook.xml", b"<x/>")
    ole = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(600)
    deep = made("<w:sdt><w:sdtContent>" * 100 + p("x") + "</w:sdtContent></w:sdt>" * 100)
    long = made(tbl(tr("a", "x" * (DEFAULTS["cell_characters"] + 1)), tr("b", "c")))
    declared = bytearray(repacked(good, {}, {"word/big.bin": b"x" * 100}))
    at = declared.rindex(b"word/big.bin") - 46
    declared[at + 24 : at + 28] = (DEFAULTS["entry_bytes"] + 1).to_bytes(4, "little")
    return {
        "bomb": (bomb, ("times larger unpacked", str(DEFAULTS["entry_ratio"]))),
        "declares more than the limit": (bytes(declared), ("bytes unpacked (limit 60,000,000)",)),
        "many entries": (many.getvalue(), ("5,001 files", "5,000")),
        "entities": (repacked(good, {"word/document.xml": entity}, {}), ("declares entities",)),
        "traversal": (repacked(good, {}, {"../../evil": b"x"}), ("leads outside",)),
        "absolute": (repacked(good, {}, {"/etc/passwd": b"x"}), ("leads outside",)),
        "excel": (sheet.getvalue(), ("no Word document", "Excel", ".docx")),
        "old format": (ole, ("old Office format", "save it as .docx")),
        "password": (ole + "EncryptedPackage".encode("utf-16-le"), ("password",)),
        "pdf": (b"%PDF-1.7 x", ("is a PDF document", "its own ending")),
        "rtf": (b"{\\rtf1 x}", ("Rich Text",)),
        "page": (b"<html></html>", ("web page",)),
        "cut off": (good[: len(good) // 2], ("damaged",)),
        "empty": (b"", ("empty",)),
        "noise": (b"\x00\x01\x02\x03" * 50, ("not a Word document",)),
        "broken xml": (repacked(good, {"word/document.xml": main[:-40]}, {}), ("damaged", "save it again")),
        "other root": (repacked(good, {"word/document.xml": b"<x/>"}, {}), ("damaged",)),
        "no types": (repacked(good, {"[Content_Types].xml": b"<x/>"}, {}), ("damaged",)),
        "deep": (deep, ("deep",)),
        "long cell": (long, ("200,000 characters", "shorten")),
        "no updates": (good, ("holds no progress updates",)),
    }


@pytest.mark.parametrize("kind", hostile())
def test_broken_and_hostile_documents_end_with_a_clear_message(kind: str, tmp_path: Path) -> None:
    raw, said = hostile()[kind]
    path = tmp_path / "plan.docx"
    path.write_bytes(raw)
    with pytest.raises(InputError) as caught:
        read_document(path)
    assert "plan.docx" in str(caught.value)
    assert caught.value.remedy
    for words in said:
        assert words in str(caught.value)


def test_two_entries_of_one_name_are_refused() -> None:
    file = io.BytesIO(made(p("Fine.")))
    with zipfile.ZipFile(file, "a") as archive, pytest.warns(UserWarning, match="Duplicate"):
        archive.writestr("word/document.xml", b"<x/>")
    with pytest.raises(InputError, match="two files of the same name"):
        blocks_from_docx(file.getvalue(), source="plan.docx")


def test_every_cut_of_a_document_is_refused_cleanly() -> None:
    raw = made(tbl(tr(*HEADER), tr("1", "a", "b", "c")))
    for end in range(0, len(raw) - 1, len(raw) // 60):
        with pytest.raises(InputError):
            blocks_from_docx(raw[:end], source="plan.docx")


def test_bytes_changed_anywhere_give_blocks_or_a_clear_message() -> None:
    raw = made(tbl(tr(*HEADER), tr("1", "a", "b", "c")))
    refused = 0
    for at in range(0, len(raw), len(raw) // 150):
        changed = bytearray(raw)
        changed[at] ^= 0x5A
        try:
            blocks_from_docx(bytes(changed), source="plan.docx")
        except InputError:
            refused += 1
    assert refused
