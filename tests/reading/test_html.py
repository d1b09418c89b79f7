"""Web pages: spans, colours, hidden parts, lists of definitions, and pages that mean harm."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from nlpkit.errors import InputError
from nlpkit.limits import DEFAULTS, limited
from nlpkit.reading import read_document
from nlpkit.reading.blocks import Block, Bullet, Heading, Paragraph, Table
from nlpkit.reading.css import Stylesheet, css_colour
from nlpkit.reading.html import blocks_from_html

HEADER = "<tr><th>Ref<th>Recommendation<th>Progress<th>RAG"
TOP = "<h1>Wold Fire and Rescue Service</h1><p>Position as at 30 September 2024</p>"


def blocks(page: str | bytes) -> list[Block]:
    raw = page if isinstance(page, bytes) else page.encode()
    return blocks_from_html(raw, source="plan.html")


def texts(block: Block) -> list[list[str]]:
    assert isinstance(block, Table)
    return [[cell.text for cell in row.cells] for row in block.rows]


def fills(page: str) -> list[str]:
    found = next(block for block in blocks(page) if isinstance(block, Table))
    return [row.cells[-1].fill for row in found.rows]


def read(tmp_path: Path, page: str) -> Any:
    path = tmp_path / "plan.html"
    path.write_text(TOP + page, encoding="utf8")
    reading = read_document(path)
    assert reading.accounts[0].balances
    return reading


def test_blocks_come_in_order_and_entities_are_characters() -> None:
    found = blocks(
        "<html><head><title>Not shown</title></head><body><h1>Our&nbsp;plan</h1>Loose text &amp; more, which ends here."
        "<ul><li>one<ul><li>inner</ul><li>two</ul><table><tr><td>a<td>b<tr><td>c<td>caf&eacute; &#8211; x</table><p>Last words, at the end.</p>"
    )  # fmt: skip
    assert [type(block) for block in found] == [Heading, Paragraph, Bullet, Bullet, Bullet, Table, Paragraph]
    assert found[0].text == "Our plan" and found[1].text == "Loose text & more, which ends here."  # type: ignore[union-attr]
    assert texts(found[5]) == [["a", "b"], ["c", "café – x"]]
    assert [block.place for block in found] == sorted({block.place for block in found})


def test_a_page_without_a_heading_has_its_title_for_one() -> None:
    assert [block.text for block in blocks("<title>Wold\n plan</title><p>It is here, as told.</p>")] == [
        "Wold plan",
        "It is here, as told.",
    ]  # type: ignore[union-attr]


def test_spans_put_every_cell_in_its_column() -> None:
    (table,) = blocks(
        "<table><thead><tr><th rowspan=2>Ref<th colspan=2>Progress<th>RAG<tr><th>Q1<th>Q2<th>x</thead>"
        "<tfoot><tr><td>foot<td colspan=3>f</tfoot>"
        "<tbody><tr><td rowspan=0>1<td>a<td rowspan=2>b<td>c<tr><td>d<td>e</tbody></table>"
    )
    assert texts(table) == [
        ["Ref", "Progress", "", "RAG"],
        ["", "Q1", "Q2", "x"],
        ["1", "a", "b", "c"],
        ["", "d", "", "e"],
        ["", "foot", "f", "", ""],
    ]
    assert isinstance(table, Table) and table.rows[3].cells[2].over is not None
    assert table.rows[3].cells[2].over.text == "b"


def test_rows_without_cells_are_accounted_for(tmp_path: Path) -> None:
    row = "<tr><td>1<td>The service should train.<td>Nine crews were trained.<td>Green"
    found = read(
        tmp_path,
        f"<table>{HEADER}{row}</table><p>Page</p><table><tr></tr><tr></table><table><tr></tr><tr></table>",
    )
    assert len(found.updates) == 1 and found.accounts[0].rows_found == 6


def test_lines_of_a_cell() -> None:
    (table,) = blocks(
        "<table><tr><td>x<td><u>May 2024</u><br>Work began.<ul><li>one<li>two</ul><p>And\n so on</p><del>old</del>"
        "<tr><td><img src=x.png alt='Green'><td><!-- no --><table><tr><td>Target<td>80</table><script>x</script></table>"
    )
    assert texts(table) == [["x", "May 2024\nWork began.\none\ntwo\nAnd so on"], ["Green", "Target\n80"]]
    assert isinstance(table, Table) and table.rows[0].cells[1].lines[0].marks == ((0, 8),)


def test_hidden_parts_and_furniture_are_not_read() -> None:
    found = blocks(
        "<style>.off{display:none} @media print { p {display:none} } #gone { visibility: hidden }</style>"
        "<nav><p>Menu, with things.</p></nav><p hidden>No, not this.</p><p style='DISPLAY : none'>Nor this, ever.</p>"
        "<p class='a off'>Nor this one.</p><div id=gone>Nor that one.</div><div role=navigation>Nor here.</div>"
        "<article><p>Seen, and read.</p><footer>Footer of an article, read too.</footer></article><footer>No.</footer>"
    )
    assert [block.text for block in found] == ["Seen, and read.", "Footer of an article, read too."]  # type: ignore[union-attr]


def test_tables_that_only_arrange_the_page_are_seen_through() -> None:
    inner = "<table><tr><td>a<td>b<tr><td>c<td>d</table>"
    for outer in (
        f"<table><tr><td>{inner}</table>",
        f"<table role=presentation><tr><td>x<td>{inner}<tr><td>y<td>z</table>",
    ):
        tables = [block for block in blocks(outer) if isinstance(block, Table)]
        assert [texts(table) for table in tables] == [[["a", "b"], ["c", "d"]]]


def test_colours_however_they_are_given() -> None:
    page = """<style>.g{background:#00b050} td.a , th.a { background-color : rgb(255 192 0 / 100%) !important }
    tr.late td {background:red} #r5 td.x {background: hsl(120, 100%, 25%)} .g:hover{background:blue}
    /* .a {background:blue} */ .img { background: url(green.png) }</style><table>
    <tr><td>1<td class=g><tr><td>2<td class="b a"><tr class=late><td>3<td><tr><td>4<td bgcolor=0070C0>
    <tr id=r5><td>5<td class='x'><tr><td>6<td style="background-color:Orange"><span style="background:lime">x</span>
    <tr><td>7<td><span class="badge g">Done</span><tr><td>8<td class="rag-amber"><tr style="background:#eee"><td>9<td>
    <tr><td>10<td class=img><tr><td>11<td style="background:transparent" class=g></table>"""
    assert fills(page) == [
        "#00b050", "#ffc000", "#ff0000", "#0070c0", "#008000", "#ffa500", "#00b050", "#ffc000", "#eeeeee", "", "",
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("said", "meant"),
    [("#0f08", "#00ff00"), ("#0f00", ""), ("rgba(1,2,3,0)", ""), ("rgb(100%,0%,0%)", "#ff0000"), ("inherit", None), ("rgb(x)", None), ("#12345", None), ("url(x) #fff", "#ffffff")],
)  # fmt: skip
def test_css_colours(said: str, meant: str | None) -> None:
    assert css_colour(said) == meant


def test_the_plans_own_key_of_colours_decides(tmp_path: Path) -> None:
    key = "<table><tr><td style='background:#92d050'><td>Action not started<tr><td style='background:#00b050'><td>Action completed</table>"
    rows = "".join(
        f"<tr><td>{n}<td>The service should do thing {n}.<td>Thing {n} was looked at.<td style='background:{shade}'>"
        for n, shade in enumerate(("#92D050", "#00B050", "#FF0000"), 1)
    )
    found = read(tmp_path, f"{key}<table>{HEADER}{rows}</table>").updates
    assert list(found["declared"]) == ["green (fill)", "green (fill)", "red (fill)"]
    assert list(found["declared_status"]) == ["not_started", "complete", "off_track"]


def test_without_a_status_column_the_coloured_one_declares_it(tmp_path: Path) -> None:
    def page(shades: list[str]) -> str:
        rows = "".join(
            f"<tr><td style='background:{shade}'>{n}<td>The service should do thing {n}.<td>Thing {n} was looked at."
            for n, shade in enumerate(shades, 1)
        )
        return f"<table><tr><th>Ref<th>Recommendation<th>Progress</tr>{rows}</table>"

    assert list(read(tmp_path, page(["#00b050", "#ff0000"])).updates["declared"]) == [
        "green (fill)",
        "red (fill)",
    ]
    # One colour for the whole column is decoration.
    assert list(read(tmp_path, page(["#1f3864", "#1f3864"])).updates["declared"]) == ["", ""]


def test_grey_stripes_are_no_status(tmp_path: Path) -> None:
    rows = "".join(
        f"<tr style='background:{'#ddd' if n % 2 else '#fff'}'><td>{n}<td>The service should do thing {n}.<td>Thing {n} was looked at.<td>"
        for n in range(1, 5)
    )
    assert list(read(tmp_path, f"<table>{HEADER}{rows}</table>").updates["declared"]) == [""] * 4


def test_definition_lists_and_headings_give_an_entry_a_recommendation(tmp_path: Path) -> None:
    found = read(
        tmp_path,
        "<h2>People</h2><dl><dt>Recommendation 12<dd>The service should listen to its staff."
        "<dt>Progress (March 2024)<dd><p>Forums began.</p><p>Six were held.</p><dt>Progress (Sept 2024)<dd><ul><li>Nine were held.<li>Notes are published.</ul>"
        "<dt>Status<dd><span style='background:green'>&nbsp;</span></dl>"
        "<h3>Recommendation 13: The service should publish its figures.</h3><h4>Progress</h4><p>Figures are drawn together.</p>"
        "<h4>Status</h4><p>Complete</p><h3>Recommendation 14</h3><p>The service should keep records.</p><p>Progress: A system was bought.</p>"
        "<p>Status: <span class='badge' style='background:#ffc000'></span></p>",
    ).updates  # fmt: skip
    columns = ["action_id", "section", "period", "update", "declared", "declared_status"]
    assert found[columns].values.tolist() == [
        ["12", "People", "March 2024", "Forums began.\nSix were held.", "green (fill)", "on_track"],
        ["12", "People", "Sept 2024", "Nine were held.\nNotes are published.", "green (fill)", "on_track"],
        ["13", "People", "", "Figures are drawn together.", "Complete", "complete"],
        ["14", "People", "", "A system was bought.", "amber (fill)", "at_risk"],
    ]


@pytest.mark.parametrize(
    "raw",
    [
        "<p>Café – costs £5.</p>".encode("utf-8-sig"),
        "<p>Café – costs £5.</p>".encode("utf-16"),
        "<p>Café – costs £5.</p>".encode("cp1252"),
        "<meta charset=iso-8859-1><p>Café – costs £5.</p>".encode("cp1252"),
        "<?xml version='1.0' encoding='utf-8'?><p>Café – costs £5.</p>".encode(),
        "<meta charset=nonsense><p>Caf\u200bé – \u202ecosts\u202c £5.</p>".encode(),
    ],
)
def test_encodings(raw: bytes) -> None:
    assert [block.text for block in blocks(raw)] == ["Café – costs £5."]  # type: ignore[union-attr]


HOSTILE = {
    "empty": (b" \n", ("is empty",)),
    "word": (b"PK\x03\x04 and so on", ("no web page", "own ending")),
    "pdf": (b"%PDF-1.7", ("no web page",)),
    "archive": (b"From: <Saved by a browser>\r\nMIME-Version: 1.0\r\n", ("web archive", "HTML only")),
    "binary": (b"<p>\x00\x00\x00", ("encodings",)),
    "deep": (b"<div>" * (DEFAULTS['page_depth'] + 5) + b"x", (f"more than {DEFAULTS['page_depth']} deep",)),
    "very deep": (b"<div>" * 200_000 + b"x", (f"more than {DEFAULTS['page_depth']} deep",)),
    "deep tables": (b"<table><tr><td>" * 5000, ("deep",)),
    "long cell": (b"<table><tr><td>a<td>" + b"x" * 10_000_000 + b"<tr><td>b<td>c</table>", (f"{DEFAULTS['cell_characters']:,} characters", "line 1")),
    "spans": (b"<table>" + b"<tr><td colspan=1000 rowspan=60000>x<td colspan=1000>y" * 3000, (f"columns (limit {DEFAULTS['table_columns']:,})",)),
    "no updates": (b"<p>Nothing to see here.</p>", ("no progress updates",)),
}  # fmt: skip


@pytest.mark.parametrize("kind", HOSTILE)
def test_broken_and_hostile_pages_end_with_a_clear_message(kind: str, tmp_path: Path) -> None:
    raw, said = HOSTILE[kind]
    path = tmp_path / "plan.html"
    path.write_bytes(raw)
    with pytest.raises(InputError) as caught:
        read_document(path)
    assert "plan.html" in str(caught.value) and caught.value.remedy
    for words in said:
        assert words in str(caught.value)


def test_pages_that_are_too_large_are_refused() -> None:
    with limited(page_bytes=100), pytest.raises(InputError, match=r"100 bytes.*NLPKIT_MAX_PAGE_BYTES"):
        blocks("<p>" + "x" * 100)


def test_nothing_outside_the_page_is_read(tmp_path: Path) -> None:
    secret = tmp_path / "secret.txt"
    secret.write_text("classified")
    page = (
        f'<!DOCTYPE html [<!ENTITY x SYSTEM "file://{secret}">]><html><body><p>Seen: &x;, that is all.</p>'
        f"<link rel=stylesheet href='file://{secret}'><iframe src='file://{secret}'></iframe>"
    )
    assert "classified" not in str(blocks(page))


def test_style_sheets_of_any_size_and_shape_are_survived() -> None:
    sheet = (
        ".a{background:red}" * (DEFAULTS["style_rules"] + 10)
        + "}}}{{{"
        + "x" * 100_000
        + "{" * 1000
        + ";:" * 5000
    )
    assert Stylesheet([sheet]) is not None
    assert fills(f"<style>{sheet}</style><table><tr><td>1<td class=a><tr><td>2<td></table>") == [
        "#ff0000",
        "",
    ]
