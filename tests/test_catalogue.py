"""Catalogues: the bundled one is sound, anybody's CSV works, and a bad one is refused with the line."""

from __future__ import annotations

import re
from datetime import date
from pathlib import Path

import pytest

from nlpkit.catalogue import load_catalogue
from nlpkit.errors import InputError

SHARED = Path(__file__).resolve().parents[2] / "shared"

GOOD = """id,title,duty,aliases
A1,Rested crews,Crews get enough rest.,fatigue; working hours
A2,,Hydrants are tested every year.,
"""


def written(folder: Path, text: str | bytes, name: str = "mine.csv") -> Path:
    path = folder / name
    path.write_bytes(text if isinstance(text, bytes) else text.encode("utf8"))
    return path


def test_the_bundled_catalogue_states_the_facts() -> None:
    catalogue = load_catalogue("spotlight")
    entries = {entry.id: entry for entry in catalogue.entries}
    assert catalogue.name == "spotlight" and "spotlight" in catalogue.aliases
    assert " ".join(entries) == "1 3 4 5 9 10 12 14 17 18 20 21 22 23 24 27 28 32 33 34"
    assert {
        id_: entries[id_].deadline for id_ in ("1", "3", "9", "10", "14", "17", "18", "22", "24", "34")
    } == {
        "1": "2023-10-01",
        "3": "2023-06-01",
        "9": "2024-01-01",
        "10": "2023-09-01",
        "14": "2024-03-01",
        "17": "immediate",
        "18": "2023-08-01",
        "22": "2023-09-01",
        "24": "2023-10-01",
        "34": "immediate",
    }
    for entry in catalogue.entries:
        assert entry.deadline == "immediate" or date.fromisoformat(entry.deadline).year in (2023, 2024)
        assert entry.addressee == ("chief constables" if entry.id == "10" else "chief fire officers")
        assert entry.theme and entry.title and len(entry.duty.split()) > 8
        assert len(entry.aliases) >= 4 and len(entry.details) >= 3
        assert not re.match(r"(?i)(by \d|chief|with immediate)", entry.duty), "duties leave out the preamble"


def test_the_bundled_catalogue_is_in_words_of_its_own() -> None:
    if not (SHARED / "documents").is_dir():
        pytest.skip("the real documents are not beside the project")

    def runs(text: str, length: int = 6) -> set[tuple[str, ...]]:
        words = re.findall(r"[a-z0-9]+", re.sub(r"<[^>]+>", " ", text).lower())
        return {tuple(words[i : i + length]) for i in range(len(words) - length + 1)}

    real = set().union(
        *(runs(path.read_text(encoding="utf8")) for path in (SHARED / "documents").glob("*.txt"))
    )
    for entry in load_catalogue("spotlight").entries:
        for text in (entry.title, entry.duty, *entry.aliases, *entry.details):
            assert not runs(text) & real, (entry.id, text)


def test_a_csv_of_ones_own(tmp_path: Path) -> None:
    catalogue = load_catalogue(written(tmp_path, GOOD))
    assert catalogue.name == "mine" and catalogue.aliases == ()
    first, second = catalogue.entries
    assert first.aliases == ("fatigue", "working hours")
    assert second.title == second.duty == "Hydrants are tested every year."


def test_a_byte_order_mark_blank_lines_and_other_columns_do_no_harm(tmp_path: Path) -> None:
    text = '\ufeffID , Duty,remarks\n\nX1,"Do this,\nand that.",mine\n,,\nX2,Do more.,,,\n'
    entries = load_catalogue(written(tmp_path, text)).entries
    assert [(entry.id, entry.duty) for entry in entries] == [("X1", "Do this, and that."), ("X2", "Do more.")]


def test_the_names_beside_it(tmp_path: Path) -> None:
    path = written(tmp_path, GOOD)
    written(tmp_path, '{"name": "Safety first", "title": "T", "aliases": ["safety review", ""]}', "mine.json")
    catalogue = load_catalogue(str(path))
    assert (catalogue.name, catalogue.title, catalogue.aliases) == ("Safety first", "T", ("safety review",))


@pytest.mark.parametrize(
    ("text", "place", "problem"),
    [
        ("id,duty\nA,One.\nB,Two.\nA,Three.\n", "line 4", "'A' is used already on line 2"),
        ('id,duty\nA,"One\nand a half."\nA,Two.\n', "line 4", "used already on line 2"),
        ("id,title,duty\nA,One,\nB,,\n", "line 3", "'B' has no text"),
        ("id,duty\n,One.\n", "line 2", "has no id"),
        ("number,duty\n1,One.\n", "line 1", "needs the columns id and title or duty"),
        ("id,theme\n1,People\n", "line 1", "needs the columns id and title or duty"),
        ("id,duty\n", "mine.csv", "holds no recommendation"),
        ("", "mine.csv", "holds no recommendation"),
        ("id,duty\nA,Ask, then act.\n", "line 2", "3 cells under 2 column names"),
        ("id,duty,duty\nA,One.,Two.\n", "line 1", "appears twice"),
        ('id,duty\nA,"One.\n', "line 2", "not readable as CSV"),
        (b"id,duty\nA,One.\nB,caf\xe9\n", "line 3", "not UTF-8"),
    ],
)
def test_a_bad_catalogue_is_refused_with_the_line(
    tmp_path: Path, text: str | bytes, place: str, problem: str
) -> None:
    path = written(tmp_path, text)
    with pytest.raises(InputError) as caught:
        load_catalogue(path)
    message = str(caught.value)
    assert str(path) in message and place in message and problem in message


def test_unknown_names_and_missing_files(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"no catalogue 'spotlite'.*spotlight"):
        load_catalogue("spotlite")
    with pytest.raises(InputError, match=r"gone\.csv.*not a file"):
        load_catalogue(tmp_path / "gone.csv")
    with pytest.raises(InputError, match="not a file"):
        load_catalogue(tmp_path)


@pytest.mark.parametrize("text", ["{", "[]", '{"aliases": "spotlight"}'])
def test_bad_names_beside_it_are_refused(tmp_path: Path, text: str) -> None:
    path = written(tmp_path, GOOD)
    written(tmp_path, text, "mine.json")
    with pytest.raises(InputError, match=r"mine\.json"):
        load_catalogue(path)
