"""Texts and tables in every encoding and with every line end that offices save; repairs only where sure."""

from __future__ import annotations

from pathlib import Path

import pytest

from nlpkit.errors import InputError
from nlpkit.files import read_table
from nlpkit.formats.encodings import decoded
from nlpkit.intake import take_in

TEXT = "Café – it’s £5\nnaïve “quoted” words\n"
PLAN = (
    "Northmoor Fire and Rescue Service\n\nProgress Report\n\n"
    "Number\tRecommendation\tCurrent Position\tETA\tProgress\n"
    "1\tTrain all crews.\tThe café’s crew was trained for £5.\tMay 2024\tGREEN\n"
    "2\tReplace the radios.\tThe contract has not yet been let.\tMarch 2025\tAMBER\n"
)
ENCODINGS = ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "cp1252"]
LINE_ENDS = ["\n", "\r\n", "\r"]


@pytest.mark.parametrize("encoding", ENCODINGS)
def test_every_encoding_is_told(encoding: str) -> None:
    text, notes = decoded(TEXT.encode(encoding), source="t.txt")
    assert text == TEXT
    assert notes == (("line 1: not UTF-8; read as Windows-1252",) if encoding == "cp1252" else ())


@pytest.mark.parametrize("end", LINE_ENDS)
@pytest.mark.parametrize("encoding", ENCODINGS)
@pytest.mark.parametrize("ending", [".txt", ".csv", ".tsv"])
def test_a_plan_reads_the_same_however_it_was_saved(
    tmp_path: Path, ending: str, encoding: str, end: str
) -> None:
    text = PLAN if ending == ".txt" else PLAN[PLAN.index("Number") :]
    if ending == ".csv":
        text = text.replace("\t", ",")
    path = tmp_path / f"plan{ending}"
    path.write_bytes(text.replace("\n", end).encode(encoding))
    intake = take_in([path])
    assert intake.updates["update"].tolist() == [
        "The café’s crew was trained for £5.",
        "The contract has not yet been let.",
    ]
    assert intake.updates["declared_status"].tolist() == ["on_track", "at_risk"]
    notes = [note for account in intake.accounts for note in account.warnings]
    assert any("Windows-1252" in note for note in notes) == (encoding == "cp1252")


@pytest.mark.parametrize("end", LINE_ENDS)
def test_lines_are_counted_by_any_line_end(end: str) -> None:
    with pytest.raises(InputError, match="line 3: byte"):
        decoded(f"one{end}two{end}".encode() + b"caf\xe9 \x81", source="t.txt")
    assert decoded(f"one{end}two caf".encode() + b"\xe9", source="t.txt")[1][0].startswith("line 2")


def test_line_ends_inside_quotes_stay(tmp_path: Path) -> None:
    (tmp_path / "t.csv").write_bytes(b'row_id,update\ra,"one\r\ntwo"\rb,x y\r')
    assert read_table(tmp_path / "t.csv")["update"].tolist() == ["one\r\ntwo", "x y"]


@pytest.mark.parametrize(
    ("broken", "right"),
    [
        ("We donâ€™t know", "We don’t know"),
        ("It cost Â£5,000 â€“ so far", "It cost £5,000 – so far"),
        ("â€œWellâ€\x9d, they said", "“Well”, they said"),
        ("cafÃ© beside “good” quotes", "café beside “good” quotes"),
        ("“goodâ€™ and ”Ã© touch", "“good’ and ”é touch"),
        ("donÃ¢â‚¬â„¢t: twice wrong", "don’t: twice wrong"),
        ("donâ\x80\x99t: as Latin-1", "don’t: as Latin-1"),
        ("green ðŸŸ¢", "green 🟢"),
    ],
)
def test_text_decoded_wrongly_is_put_right_with_a_note(broken: str, right: str) -> None:
    text, notes = decoded(f"first\n{broken}\nlast\n{broken}\n".encode(), source="t.txt")
    assert text == f"first\n{right}\nlast\n{right}\n"
    assert len(notes) == 1 and notes[0].startswith("line 2 (and in 1 more): letters that had been decoded")


@pytest.mark.parametrize(
    "text",
    [
        "café — naïve “quoted” £5 … ½ °C",
        "A lone Ã or Â is no proof",
        "a line\x85break of old systems",
        "quoted, its last byte lostâ€ and gone",
        "CAFÉ—BAR, ’É, Ö—",  # bytes of UTF-8 by chance
        "Łódź, Αθήνα, Москва, 東京",
    ],
)
def test_what_is_right_or_beyond_repair_is_left_alone(text: str) -> None:
    assert decoded(text.encode(), source="t.txt") == (text, ())


def test_utf8_with_a_stray_byte_is_read_whole() -> None:
    raw = "It’s café\n".encode() + b"caf\xe9\n"
    text, notes = decoded(raw, source="t.txt")
    assert text == "It’s café\ncafé\n" and len(notes) == 2


def test_the_note_stands_in_the_account_of_a_plan_and_in_a_warning_of_a_table(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    (tmp_path / "plan.txt").write_text(PLAN.replace("café’s", "cafÃ©â€™s"), encoding="utf8")
    (tmp_path / "t.csv").write_text("update\nWe donâ€™t know yet\n", encoding="utf8")
    intake = take_in([tmp_path / "plan.txt", tmp_path / "t.csv"])
    assert "The café’s crew was trained for £5." in intake.updates["update"].tolist()
    assert any("were put right" in note for note in intake.accounts[0].warnings)
    assert [file.notes for file in intake.files][1] == 1 and "t.csv: line 2: letters" in caplog.text
