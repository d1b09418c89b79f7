"""Tags are made once, kept without the words, and never believed when damaged."""

from __future__ import annotations

import logging
import sqlite3
import subprocess
import sys
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from nlpkit.language import tag_cache, tagging
from nlpkit.language.tag_cache import keep, kept
from nlpkit.language.tagging import tag_sentences

TAGGED = {"Crews met.": ((0, 5, "NNS"), (6, 9, "VBD"), (9, 10, "."))}
SENTENCES = ["The board approved the plan.", "Crews were trained   in May."]


@pytest.fixture(autouse=True)
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("NLPKIT_CACHE", str(tmp_path / "cache"))
    return tmp_path / "cache"


def refuse(sentences: Sequence[str]) -> list[tag_cache.Tagged]:
    raise AssertionError(f"asked for {sentences}")


def test_what_is_kept_is_found_again_for_the_same_model_only() -> None:
    keep(TAGGED, "m 1")
    assert kept(["Crews met.", "Crews meet."], "m 1") == TAGGED
    assert kept(["Crews met."], "m 2") == {}


def test_more_sentences_than_one_question_takes() -> None:
    many = {f"Crew {i} met.": ((0, 4, "NN"),) for i in range(1203)}
    keep(many, "m")
    assert kept(list(many), "m") == many


def test_a_sentence_is_tagged_once_ever(monkeypatch: pytest.MonkeyPatch) -> None:
    first = tag_sentences(SENTENCES)
    assert [token.tag for token in first[0]] == ["DT", "NN", "VBD", "DT", "NN", "."]
    monkeypatch.setattr(tagging, "_tagged", refuse)
    assert tag_sentences(SENTENCES[::-1]) == first[::-1]
    with pytest.raises(AssertionError, match="A new one"):
        tag_sentences([*SENTENCES, "A new one."])


def test_no_word_is_kept(cache: Path) -> None:
    tag_sentences(["The kangaroo was approved."])
    assert b"kangaroo" not in b"".join(path.read_bytes() for path in cache.iterdir())


def test_spacy_is_not_loaded_for_sentences_seen_before() -> None:
    tag_sentences(SENTENCES)
    code = (
        "import sys\n"
        "from nlpkit.language import analyse\n"
        f"assert len(analyse({SENTENCES!r})) == 2\n"
        "assert not {'spacy', 'torch'} & set(sys.modules)\n"
    )
    subprocess.run([sys.executable, "-c", code], check=True)


@pytest.mark.parametrize("content", [b"", b"SQLite format 3\0 and then nothing", b"\0" * 5000])
def test_a_damaged_file_is_begun_again(content: bytes, cache: Path, caplog: pytest.LogCaptureFixture) -> None:
    first = tag_sentences(SENTENCES)
    (path,) = cache.iterdir()
    path.write_bytes(content)
    with caplog.at_level(logging.INFO):
        assert tag_sentences(SENTENCES) == first
        assert tag_sentences(SENTENCES) == first
    assert content == b"" or "damaged" in caplog.text
    assert set(kept(SENTENCES, tagging._model())) == set(SENTENCES)


def test_a_damaged_entry_is_left_out(cache: Path) -> None:
    keep(TAGGED, "m")
    (path,) = cache.iterdir()
    base = sqlite3.connect(path)
    ((content,),) = base.execute("SELECT tags FROM tags").fetchall()
    with base:
        base.execute("UPDATE tags SET tags = ?", (content.replace(b"VBD", b"VBN"),))
    base.close()
    assert kept(list(TAGGED), "m") == {}


def test_a_folder_that_cannot_be_written_costs_only_time(cache: Path) -> None:
    cache.write_text("a file")
    assert len(tag_sentences(SENTENCES)) == 2


def test_several_may_write_at_once() -> None:
    with ThreadPoolExecutor(4) as pool:
        list(pool.map(lambda i: keep({f"Crew {i} met.": ((0, 4, "NN"),)}, "m"), range(20)))
    assert len(kept([f"Crew {i} met." for i in range(20)], "m")) == 20


def test_spacy_keeps_its_commands() -> None:
    code = (
        "import sys\n"
        "from nlpkit.language import analyse\n"
        "analyse(['Crews met on Monday.'])\n"
        "import spacy\n"
        "assert 'spacy.cli' not in sys.modules and 'torch' not in sys.modules\n"
        "assert spacy.info(silent=True)['spacy_version'] == spacy.__version__\n"
        "import spacy.cli\n"
        "assert callable(spacy.cli.download)\n"
    )
    subprocess.run([sys.executable, "-c", code], check=True)
