"""Finished analyses come back as they were, without the words, only to the nlpkit that made them."""

from __future__ import annotations

import json
import logging
import sqlite3
import subprocess
import sys
from collections.abc import Callable, Sequence
from datetime import date
from pathlib import Path

import pandas as pd
import pytest

from nlpkit import analyses, features
from nlpkit.analyses import analyses_kept, keep_analyses
from nlpkit.files import read_table
from nlpkit.language import TextAnalysis, analyse
from nlpkit.language.marks import analysis_of, marks_of

MARCH = date(2024, 3, 31)
TEXT = "The kangaroo policy was launched on 3 May; see action 5. It will end in June."
Damage = Callable[[Path], None]


@pytest.fixture(autouse=True)
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("NLPKIT_CACHE", str(tmp_path / "cache"))
    return tmp_path / "cache"


@pytest.fixture(scope="module")
def updates(project: Path) -> pd.DataFrame:
    return read_table(project / "corpora" / "updates" / "starter.jsonl").head(40)


def refuse(texts: Sequence[str], **more: object) -> list[TextAnalysis]:
    raise AssertionError(f"asked for {texts}")


def test_an_analysis_comes_back_from_its_marks(updates: pd.DataFrame) -> None:
    texts = [*updates["update"], "", TEXT, "- hoses 🟢 by Dec\nİ see recs 3 to 5"]
    made = analyse(texts, as_of=[MARCH] * len(texts))
    assert sum(len(s.dates) for one in made for s in one.sentences) > 10
    assert any(s.references for one in made for s in one.sentences)
    back = [analysis_of(one.text, json.loads(json.dumps(marks_of(one)))) for one in made]
    assert back == made and repr(back) == repr(made)


def test_a_second_run_reads_nothing_and_finds_the_same(
    updates: pd.DataFrame, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = features.compute(updates)
    monkeypatch.setattr(features, "analyse", refuse)
    assert features.compute(updates) == first
    changed = updates.assign(update=["A new one.", *updates["update"][1:]])
    with pytest.raises(AssertionError, match=r"asked for \['A new one.'\]"):
        features.compute(changed)


def test_a_text_is_seen_from_its_moment() -> None:
    made = analyse([TEXT], as_of=[MARCH])[0]
    keep_analyses({(TEXT, MARCH): made})
    assert analyses_kept([(TEXT, MARCH), (TEXT, None), (TEXT, date(2023, 3, 31)), ("", MARCH)]) == {
        (TEXT, MARCH): made
    }


def test_another_nlpkit_does_not_find_them(monkeypatch: pytest.MonkeyPatch) -> None:
    keep_analyses({(TEXT, MARCH): analyse([TEXT], as_of=[MARCH])[0]})
    monkeypatch.setattr(analyses, "fingerprint", lambda: "another nlpkit, lexicon or library")
    assert analyses_kept([(TEXT, MARCH)]) == {}


def test_no_word_is_kept(cache: Path) -> None:
    features.compute(pd.DataFrame({"update": [TEXT]}))
    kept = b"".join(path.read_bytes() for path in cache.iterdir())
    assert b"analyses" in kept and b"kangaroo" not in kept and b"launched" not in kept


def cut_in_half(path: Path) -> None:
    content = path.read_bytes()
    path.write_bytes(content[: len(content) // 2])


def write_rubbish(path: Path) -> None:
    path.write_bytes(b"\0" * 5000)


def alter_every_entry(path: Path) -> None:
    with sqlite3.connect(path) as base:
        base.execute("UPDATE analyses SET analyses = substr(analyses, 1, length(analyses) - 1) || ' '")
    base.close()


@pytest.mark.parametrize("damage", [cut_in_half, write_rubbish, alter_every_entry])
def test_what_is_damaged_is_made_again(
    damage: Damage,
    updates: pd.DataFrame,
    cache: Path,
    caplog: pytest.LogCaptureFixture,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    first = features.compute(updates)
    damage(cache / "analyses-1.sqlite")
    with caplog.at_level(logging.INFO):
        assert features.compute(updates) == first
    assert damage is alter_every_entry or "is damaged; it is begun again" in caplog.text
    monkeypatch.setattr(features, "analyse", refuse)
    assert features.compute(updates) == first


def test_marks_of_another_shape_are_made_again(caplog: pytest.LogCaptureFixture) -> None:
    key = analyses._key(TEXT, MARCH)
    for content in (b"[[0, 1]]", b"no JSON", b"7", b"[[0,4,99,[],[],[],[],[]]]"):
        analyses._SHELF.put({key: content})
        assert analyses_kept([(TEXT, MARCH)]) == {}
    assert "is made again" in caplog.text


def test_a_file_beyond_the_limit_is_begun_again(
    cache: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    made = analyse([TEXT], as_of=[MARCH])[0]
    keep_analyses({(TEXT, MARCH): made})
    monkeypatch.setenv("NLPKIT_MAX_KEPT_BYTES", "100")
    keep_analyses({(TEXT, None): made})
    assert "has more than 100 bytes (NLPKIT_MAX_KEPT_BYTES); it is begun again" in caplog.text
    assert set(analyses_kept([(TEXT, MARCH), (TEXT, None)])) == {(TEXT, None)}


def test_a_folder_that_cannot_be_written_costs_only_time(cache: Path) -> None:
    cache.write_text("a file")
    assert features.compute(pd.DataFrame({"update": [TEXT]})).update[0].text == TEXT


def test_a_second_run_loads_no_spacy() -> None:
    code = (
        "import sys, pandas as pd\n"
        "from nlpkit import features\n"
        f"features.compute(pd.DataFrame({{'update': [{TEXT!r}]}}))\n"
        "print('spacy' in sys.modules)\n"
    )
    loaded = [
        subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True).stdout
        for _ in range(2)
    ]
    assert loaded == ["True\n", "False\n"]
