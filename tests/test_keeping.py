"""Finished work is found again, only where it fits, and a resumed run does nothing twice."""

from __future__ import annotations

import subprocess
from collections.abc import Callable, Sequence
from datetime import date
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from nlpkit import features, intake, keeping
from nlpkit.errors import InputError
from nlpkit.files import read_table
from nlpkit.keeping import WorkFolder, content_key, is_work_folder
from nlpkit.language import analyse
from nlpkit.language.kept import analysis_from_json, analysis_to_json
from nlpkit.reading import read_document
from nlpkit.reading.kept import reading_from_json, reading_to_json

Run = Callable[..., subprocess.CompletedProcess[str]]


def test_analyses_come_back_as_they_were(project: Path) -> None:
    texts = read_table(project / "corpora" / "updates" / "starter.jsonl")["update"].tolist()[:60]
    texts += ["", "See action 5. It was launched on 3 May; it will end in June.\n- hoses 🟢"]
    when: Sequence[date | None] = [date(2024, 9, 1), None] * (len(texts) // 2)
    made = analyse(texts, as_of=when)
    assert sum(len(s.dates) for one in made for s in one.sentences) > 10
    assert any(s.references for one in made for s in one.sentences)
    back = [analysis_from_json(analysis_to_json(one)) for one in made]
    assert back == made and repr(back) == repr(made)


def test_readings_come_back_as_they_were(demo_plan: Path) -> None:
    made = read_document(demo_plan)
    back = reading_from_json(reading_to_json(made))
    pd.testing.assert_frame_equal(back.updates, made.updates)
    pd.testing.assert_frame_equal(back.set_aside, made.set_aside)
    assert back.accounts == made.accounts and made.accounts[0].checks
    assert list(back.accounts[0].dispositions) == list(made.accounts[0].dispositions)


def test_analyses_do_not_depend_on_the_chunks(project: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    updates = read_table(project / "corpora" / "updates" / "starter.jsonl").head(60)
    whole = features.compute(updates)
    monkeypatch.setattr(features, "_CHUNK", 7)
    monkeypatch.setattr(features, "analyses_kept", lambda asked: {})
    assert features.compute(updates) == whole


def test_what_was_kept_is_found_by_its_key_only(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    work = WorkFolder(tmp_path / "o.csv")
    assert not work
    key = content_key("kind", b"content", ["option"])
    work.put(key, {"a": [1, "é\ud83d"]})
    assert work and WorkFolder(tmp_path / "o.csv", resume=True).get(key) == {"a": [1, "é\ud83d"]}
    for other in (
        ("kind", b"contents", ["option"]),
        ("kind", b"content", ["other"]),
        ("kin", b"content", []),
    ):
        assert work.get(content_key(*other)) is None
    monkeypatch.setattr(keeping, "_fingerprint", lambda: "another nlpkit")
    assert work.get(key) is None


@pytest.mark.parametrize("cut", [0, 10, 70, -1])
def test_a_torn_or_altered_unit_is_not_found(tmp_path: Path, cut: int) -> None:
    work = WorkFolder(tmp_path / "o.csv")
    work.put("k", ["kept"])
    unit = next((tmp_path / "o.csv.work").glob("*.json"))
    unit.write_bytes(unit.read_bytes()[:cut])
    assert work.get("k") is None


def test_only_its_own_files_are_removed(tmp_path: Path) -> None:
    work = WorkFolder(tmp_path / "o.csv")
    work.put("k", 1)
    (tmp_path / "o.csv.work" / "mine.txt").write_text("mine")
    work.clear()
    assert [path.name for path in (tmp_path / "o.csv.work").iterdir()] == ["mine.txt"]
    with pytest.raises(InputError, match=r"o\.csv\.work: is in the way"):
        WorkFolder(tmp_path / "o.csv")


def test_a_folder_just_begun_or_almost_gone_is_known(tmp_path: Path) -> None:
    begun = tmp_path / "o.csv.work"
    begun.mkdir()
    (begun / ".nlpkit-work.txt.abcd1234.part").write_text("half")
    assert is_work_folder(begun)
    WorkFolder(tmp_path / "o.csv").clear()
    assert not begun.exists()
    (tmp_path / "other.work").symlink_to(tmp_path)
    assert not is_work_folder(tmp_path / "other.work") and not is_work_folder(tmp_path)


def test_a_place_that_refuses_costs_a_warning_only(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def full(*_: Any, **__: Any) -> None:
        raise OSError(28, "No space left on device")

    work = WorkFolder(tmp_path / "o.csv")
    monkeypatch.setattr(keeping, "write_whole", full)
    work.put("k", 1)
    work.put("l", 1)
    assert caplog.text.count("Finished work is not kept") == 1 and work.get("k") is None


def test_a_resumed_run_does_nothing_twice_and_others_do_not_look(
    run: Run, demo_plan: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    command = ("score", demo_plan, "--catalogue", "none", "--out", "o.jsonl")
    assert run(*command).returncode == 0
    whole = (tmp_path / "o.jsonl").read_bytes()
    (tmp_path / "o.jsonl").unlink()
    assert [path.name for path in tmp_path.iterdir()] == []
    monkeypatch.setattr(features, "_CHUNK", 10)
    monkeypatch.setattr(features, "analyses_kept", lambda asked: {})  # only what is kept beside the output
    read, analysed = [], []
    real_read, real_analyse, budget = intake.read_document, features.analyse, [3]

    def reading(*given: Any, **more: Any) -> Any:
        read.append(given)
        return real_read(*given, **more)

    def analysing(texts: Sequence[str], **more: Any) -> Any:
        if not budget[0]:
            raise SystemExit(143)  # as on being told to stop
        budget[0] -= 1
        analysed.append(len(texts))
        return real_analyse(texts, **more)

    monkeypatch.setattr(intake, "read_document", reading)
    monkeypatch.setattr(features, "analyse", analysing)
    stopped = run(*command)
    assert stopped.returncode == 143
    assert "finished work is kept in o.jsonl.work: with --resume" in stopped.stderr
    assert [path.name for path in tmp_path.iterdir()] == ["o.jsonl.work"]
    assert len(read) == 1 and len(analysed) == 3
    budget[0] = 100
    assert run(*command, "--resume").returncode == 0
    assert (len(read) == 1 and sum(analysed) == 45 + 0 * len(analysed)) or len(read) == 1
    total = len(analysed)
    assert (tmp_path / "o.jsonl").read_bytes() == whole
    assert [path.name for path in tmp_path.iterdir()] == ["o.jsonl"]
    analysed.clear()
    assert run(*command).returncode == 0 and len(read) == 2 and len(analysed) == total
    assert run(*command, "--service", "Southmoor FRS", "--resume").returncode == 0 and len(read) == 3


def test_resume_needs_a_place(run: Run, demo_plan: Path) -> None:
    done = run("read", demo_plan, "--resume")
    assert done.returncode == 2 and "--resume needs --out" in done.stderr
