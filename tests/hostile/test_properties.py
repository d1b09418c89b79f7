"""Properties that hold for whatever is read or written; examples are drawn the same way every time."""

from __future__ import annotations

import html
import io
import json
import tempfile
from pathlib import Path

import numpy as np
import pandas as pd
from hostile_files import HEAD, docx, ods, ods_row, rows, table, xlsx, zipped
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from nlpkit.errors import InputError, NlpkitError
from nlpkit.files import read_table, write_table
from nlpkit.intake import Intake, take_in
from nlpkit.reading import read_frame
from nlpkit.reading.blocks import Block, Table
from nlpkit.reading.docx import blocks_from_docx
from nlpkit.reading.html import blocks_from_html
from nlpkit.reading.plan import read_blocks
from nlpkit.reading.text import blocks_from_text
from nlpkit.schema import READ_COLUMNS, empty_table

quick = settings(
    derandomize=True,
    database=None,
    deadline=None,
    phases=[Phase.explicit, Phase.generate],  # without making failures small, which takes minutes
    max_examples=30,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large, HealthCheck.filter_too_much],
)
few = settings(quick, max_examples=15)


class Tiny:
    """Vectors without a model: nothing here depends on what they mean."""

    name, dimension = "tiny", 4

    def encode(self, texts: list[str]) -> np.ndarray:
        return np.array([[len(text) % 7 + 1, text.count("e"), 1, 2] for text in texts], dtype=np.float32)


# --- What is drawn ------------------------------------------------------------------------------------

SNIPPETS = st.sampled_from(
    [*HEAD, "RAG", "Owner", "Due", "Twelve crews were trained by May 2024.", "No update", "Green", "1", "1.2", "10.",
     "A)", "- ", "•", "|", "\t", "\n", "<br>", "<table><tr><td>", "</td>", "&lt;", "&#0;", "<b>", "**", "[a](b)", "#",
     "=1+1", "'", "''", '"', ";", ",", "; ", "\r", "\u202e", "\ufeff", "\x1b[2J", "31/12/2024", "Oct-Mar 24",
     "complete", "<!--", "<![CDATA[", "{", "[1]", "-5", "1e999", "nan", "None", "_x000D_", "  "]
)  # fmt: skip
ANY = st.text(st.characters(exclude_categories=["Cs"]), max_size=25)
MIXED = st.lists(st.one_of(SNIPPETS, SNIPPETS, ANY), max_size=8).map("".join)
GRIDS = st.lists(st.lists(MIXED, min_size=1, max_size=5), min_size=1, max_size=6)
WORDS = MIXED.filter(lambda text: any(map(str.isalnum, text)))
UPDATES = st.lists(st.tuples(WORDS, MIXED, st.floats(0, 1)), min_size=1, max_size=6)


def xml(text: str) -> str:
    """A text that XML can hold."""
    kept = "".join(c for c in text if c in "\t\n\r" or " " <= c < "\ud800" or "\ue000" <= c < "\ufffe")
    return html.escape(kept, quote=False)


def balanced(blocks: list[Block]) -> None:
    """Every row of every table ends as an update, a heading or something that is told of."""
    reading = read_blocks(blocks, source="plan")
    for account in reading.accounts:
        assert account.balances, account
        assert sum(account.dispositions.values()) >= sum(len(b.rows) for b in blocks if isinstance(b, Table))
    assert reading.updates["row_id"].is_unique


def taken_in(name: str, content: bytes) -> Intake:
    """What becomes of a file; whatever goes wrong must be one of nlpkit's own errors, with a remedy."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / name
        path.write_bytes(content)
        intake = take_in([path], encoder=Tiny())
    for failure in intake.failures:
        assert isinstance(failure, InputError) and name in str(failure) and failure.remedy
    assert intake.updates["row_id"].is_unique
    return intake


# --- Readers of plans ---------------------------------------------------------------------------------


@quick
@given(st.lists(st.one_of(MIXED, st.lists(MIXED, max_size=5).map("\t".join)), max_size=12).map("\n".join))
def test_text(content: str) -> None:
    balanced(blocks_from_text(content))


@quick
@given(GRIDS)
def test_frames(grid: list[list[str]]) -> None:
    width = max(map(len, grid))
    frame = pd.DataFrame([[*row, *[""] * (width - len(row))] for row in grid])
    frame.columns = [f"{name}" for name in (*HEAD, "Due")[:width]]
    try:
        reading = read_frame(frame, source="t.csv")
    except InputError as error:
        assert error.remedy
    else:
        assert reading.accounts[0].balances


@quick
@given(
    st.lists(
        st.one_of(
            MIXED,
            st.sampled_from(
                [
                    "<table>",
                    "<tr>",
                    "<td>",
                    "<td colspan=3 rowspan=2>",
                    "</table>",
                    "<dl><dt>",
                    "<dd>",
                    "<style>td{background:red}</style>",
                    "<td style='background:#0f0'>",
                    "<ul><li>",
                    "<h2>",
                ]
            ),
        ),
        max_size=20,
    ).map("".join)
)
def test_pages(content: str) -> None:
    try:
        blocks = blocks_from_html(content.encode("utf8"), source="plan.html")
    except InputError as error:
        assert error.remedy
    else:
        balanced(blocks)


@few
@given(GRIDS)
def test_word_documents(grid: list[list[str]]) -> None:
    blocks = blocks_from_docx(docx(table(HEAD, *(tuple(map(xml, row)) for row in grid))), source="plan.docx")
    balanced(blocks)


@few
@given(
    st.integers(0, 600),
    st.integers(0, 255),
    st.sampled_from(["[Content_Types].xml", "_rels/.rels", "word/document.xml"]),
)
def test_word_documents_with_a_byte_changed(at: int, value: int, name: str) -> None:
    import zipfile

    with zipfile.ZipFile(io.BytesIO(docx())) as good:
        parts = {entry: good.read(entry) for entry in good.namelist()}
    part = bytearray(parts[name])
    part[at % len(part)] = value
    taken_in("plan.docx", zipped(parts | {name: bytes(part)}))


@few
@given(GRIDS)
def test_workbooks(grid: list[list[str]]) -> None:
    intake = taken_in("plan.xlsx", xlsx(rows(HEAD, *(tuple(map(xml, row)) for row in grid))))
    for account in intake.accounts:
        assert account.balances


@few
@given(GRIDS)
def test_open_document_workbooks(grid: list[list[str]]) -> None:
    intake = taken_in("plan.ods", ods(ods_row(*HEAD) + "".join(ods_row(*map(xml, row)) for row in grid)))
    for account in intake.accounts:
        assert account.balances


@quick
@given(
    st.sampled_from(
        [".docx", ".xlsx", ".xls", ".ods", ".pdf", ".html", ".txt", ".csv", ".tsv", ".jsonl", ".parquet"]
    ),
    st.one_of(
        st.binary(max_size=300),
        st.sampled_from(
            [
                b"PK\x03\x04",
                b"%PDF-1.7\n",
                b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1",
                b"PAR1",
                b"\xff\xfe",
                b"<html>",
                b'{"update":',
            ]
        ).flatmap(lambda head: st.binary(max_size=300).map(lambda rest: head + rest)),
    ),
)
def test_noise_under_any_name(ending: str, content: bytes) -> None:
    taken_in(f"plan{ending}", content)


# --- Tables -------------------------------------------------------------------------------------------

ENDINGS = (".csv", ".tsv", ".jsonl", ".parquet", ".xlsx")


@few
@given(UPDATES, st.sampled_from(ENDINGS))
def test_a_table_written_is_read_back_the_same(given_rows: list[tuple[str, str, float]], ending: str) -> None:
    made = pd.DataFrame(
        {
            "row_id": [f"r{n}" for n in range(len(given_rows))],
            "update": [text for text, _, _ in given_rows],
            "recommendation": [text for _, text, _ in given_rows],
            "stale": [[text for text in texts if text] for *texts, _ in given_rows],
            "novelty": [round(value, 6) for *_, value in given_rows],
            "my own": [text for _, text, _ in given_rows],
        }
    )
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / f"t{ending}"
        write_table(made, path)
        first = path.read_bytes()
        back = read_table(path)
        for name in made:
            assert list(back[name]) == list(made[name]), name
        write_table(back, path)
        assert path.read_bytes() == first


VALUES = st.recursive(
    st.one_of(st.none(), st.booleans(), st.integers(), st.floats(), MIXED, st.text(max_size=9)),
    lambda inner: st.one_of(st.lists(inner, max_size=3), st.dictionaries(MIXED, inner, max_size=3)),
    max_leaves=6,
)
RECORDS = st.lists(
    st.dictionaries(st.one_of(st.sampled_from([*READ_COLUMNS, "novelty", "stale", "stale_why", "links", "status_probabilities"]), MIXED), VALUES, max_size=6),
    min_size=1,
    max_size=5,
)  # fmt: skip


@quick
@given(RECORDS)
def test_no_record_of_json_lines_is_lost(records: list[dict[str, object]]) -> None:
    intake = taken_in(
        "t.jsonl", "".join(json.dumps(record) + "\n" for record in records).encode("utf8", "surrogatepass")
    )
    assert intake.failures or len(intake.updates) + len(intake.set_aside) == len(records)
    with tempfile.TemporaryDirectory() as folder:
        for ending in ENDINGS if len(intake.updates) else ():
            try:
                write_table(intake.updates, Path(folder) / f"t{ending}")
            except NlpkitError as error:
                assert ending == ".xlsx" and "Excel cell" in str(error)
                continue
            back = read_table(Path(folder) / f"t{ending}")
            assert len(back) == len(intake.updates)


@quick
@given(
    st.lists(WORDS, min_size=1, max_size=8),
    st.lists(st.one_of(st.just(""), st.sampled_from("abc")), min_size=8, max_size=8),
)
def test_no_row_of_a_csv_is_lost(texts: list[str], ids: list[str]) -> None:
    made = pd.DataFrame({"row_id": ids[: len(texts)], "update": texts})
    with tempfile.TemporaryDirectory() as folder:
        write_table(made, Path(folder) / "t.csv")
        intake = take_in([Path(folder) / "t.csv"], encoder=Tiny())
    if not intake.failures:
        assert len(intake.updates) + len(intake.set_aside) == len(texts)
        assert list(intake.updates["update"]) == texts
        assert intake.updates["row_id"].is_unique
    else:
        assert len(set(filter(None, ids[: len(texts)]))) < len(list(filter(None, ids[: len(texts)])))


def test_an_empty_table_has_every_column() -> None:
    assert list(empty_table().columns)[: len(READ_COLUMNS)] == list(READ_COLUMNS)
