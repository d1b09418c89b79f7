"""Folders and zip archives of plans: every file found, in order, told apart, and nothing opened by its name."""

from __future__ import annotations

import logging
import os
import zipfile
from pathlib import Path

import pytest

import nlpkit
from nlpkit.errors import InputError
from nlpkit.intake import take_in
from nlpkit.limits import limited
from nlpkit.reading import gathering
from nlpkit.reading.gathering import gather

ROW = "update\n{} crews were trained.\n"


def plans(folder: Path, *names: str) -> Path:
    for n, name in enumerate(names):
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(ROW.format(n), encoding="utf8")
    return folder


def zipped(path: Path, *names: str, content: str = "") -> Path:
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for n, name in enumerate(names):
            archive.writestr(name, content or ROW.format(f"{path.stem} {n}"))
    return path


def sources(*inputs: Path) -> list[str]:
    return [item.source for item in gather(inputs).items]


def test_a_folder_is_read_in_the_order_of_its_names(tmp_path: Path) -> None:
    plans(tmp_path / "p", "10.csv", "2.csv", "sub/b.csv", "sub/A.csv", "Sub2/c.csv")
    zipped(tmp_path / "p" / "more.zip", "z.csv", "in/y.csv")
    assert sources(tmp_path / "p") == [
        "p/2.csv", "p/10.csv", "p/more.zip/in/y.csv", "p/more.zip/z.csv", "p/sub/A.csv", "p/sub/b.csv",
        "p/Sub2/c.csv",
    ]  # fmt: skip
    intake = take_in([tmp_path / "p"])
    assert intake.updates["source"].tolist() == sources(tmp_path / "p") and not intake.failures
    assert intake.updates["row_id"].is_unique and intake.updates["row_id"].iloc[2] == "p/more.zip/in/y/~1"


def test_files_folders_and_archives_mix_and_keep_the_order_given(tmp_path: Path) -> None:
    plans(tmp_path, "one.csv", "p/b.csv", "p/a.csv")
    archive = zipped(tmp_path / "more.zip", "sub/plan.csv", "plan.csv")
    given = [archive, tmp_path / "one.csv", tmp_path / "p"]
    assert sources(*given) == ["more.zip/plan.csv", "more.zip/sub/plan.csv", "one.csv", "p/a.csv", "p/b.csv"]
    assert nlpkit.read(given)["source"].tolist() == sources(*given)
    assert sorted(sources(*given[::-1])) == sorted(sources(*given))


def test_the_same_names_are_told_apart_by_the_folders_above(tmp_path: Path) -> None:
    plans(tmp_path, "x/p/a.csv", "y/p/a.csv", "z/a.csv")
    zipped(tmp_path / "x" / "m.zip", "a.csv")
    zipped(tmp_path / "y" / "m.zip", "a.csv")
    given = [
        tmp_path / "x" / "p", tmp_path / "y" / "p", tmp_path / "z" / "a.csv", tmp_path / "x" / "m.zip",
        tmp_path / "y" / "m.zip",
    ]  # fmt: skip
    assert sources(*given) == ["x/p/a.csv", "y/p/a.csv", "a.csv", "x/m.zip/a.csv", "y/m.zip/a.csv"]


def test_a_file_given_by_itself_and_in_its_folder_is_read_once(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    plans(tmp_path, "p/a.csv", "p/b.csv")
    (tmp_path / "p" / "c.csv").symlink_to(tmp_path / "p" / "b.csv")
    for given in ([tmp_path / "p" / "a.csv", tmp_path / "p"], [tmp_path / "p", tmp_path / "p" / "a.csv"]):
        caplog.clear()
        assert sources(*given) == ["p/a.csv", "p/b.csv"]
        assert caplog.text.count("is given twice; read once") == 2


def test_what_systems_and_office_programs_leave_about_is_passed_over(tmp_path: Path) -> None:
    litter = (
        ".DS_Store",
        "~$plan.docx",
        "._plan.docx",
        "Thumbs.db",
        "desktop.ini",
        ".git/x.csv",
        "~WRL1.tmp",
    )
    plans(tmp_path / "p", "a.csv", *litter, "old.jsonl.rejected.jsonl")
    zipped(tmp_path / "z.zip", "a.csv", "__MACOSX/._a.csv", "sub/.DS_Store", "sub/~$b.docx")
    found = gather([tmp_path / "p", tmp_path / "z.zip"])
    assert [item.source for item in found.items] == ["p/a.csv", "z.zip/a.csv"]
    assert len(found.passed_over) == 8 + 3
    assert str(tmp_path / "p" / "~$plan.docx") in found.passed_over
    named = plans(tmp_path, ".hidden.csv") / ".hidden.csv"
    assert sources(named) == [".hidden.csv"]


def test_files_of_other_kinds_are_named_with_a_remedy_and_stop_nothing(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    plans(tmp_path / "p", "a.csv", "old.doc", "scan.PNG", "noending", "slides.pptx", "inner.7z")
    zipped(tmp_path / "p" / "m.zip", "b.csv", "old.doc", "deep.zip")
    intake = take_in([tmp_path / "p"])
    assert intake.updates["source"].tolist() == ["p/a.csv", "p/m.zip/b.csv"]
    remedies = {Path(failure.source).name: failure.remedy for failure in intake.failures}
    assert remedies["old.doc"].startswith("'.doc' is the old Word format: open it and save it as .docx.")
    assert "OCR" in remedies["scan.PNG"] and "Save it as .pdf" in remedies["slides.pptx"]
    assert "Unpack it" in remedies["inner.7z"] and "Unpack the outer one" in remedies["deep.zip"]
    assert "Plans are read from" in remedies["noending"] and len(intake.failures) == 7
    assert intake.rejected["reason"].str.len().min() > 20
    with caplog.at_level(logging.WARNING):
        assert len(nlpkit.read(tmp_path / "p")) == 2
    assert "scan.PNG: '.png' is not a format" in caplog.text
    with pytest.raises(InputError, match=r"old\.doc"):
        nlpkit.read([tmp_path / "p", tmp_path / "p" / "old.doc"])


def test_folders_and_archives_without_files_fail(tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    zipped(tmp_path / "e.zip")
    plans(tmp_path / "only", ".DS_Store")
    for given in ("empty", "e.zip", "only"):
        with pytest.raises(InputError, match="holds no files"):
            nlpkit.read(tmp_path / given)


def test_links_that_lead_nowhere_or_to_folders_are_told(tmp_path: Path) -> None:
    plans(tmp_path, "p/a.csv", "far/b.csv")
    (tmp_path / "p" / "gone.csv").symlink_to(tmp_path / "nothing")
    (tmp_path / "p" / "loop").symlink_to(tmp_path / "p")
    os.mkfifo(tmp_path / "p" / "pipe.csv")
    intake = take_in([tmp_path / "p"])
    told = {Path(failure.source).name: failure.problem for failure in intake.failures}
    assert told == {
        "gone.csv": "is a link to nothing",
        "loop": "is a link to a folder, which is not followed",
        "pipe.csv": "is no ordinary file",
    }
    assert intake.updates["source"].tolist() == ["p/a.csv"]


def test_a_disk_full_of_files_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(gathering, "MAX_FILES", 3)
    plans(tmp_path / "p", "a.csv", "b.csv", "c.csv", "d.csv")
    assert "holds more than 3 files" in str(take_in([tmp_path / "p"]).failures[0])


def test_names_in_archives_as_their_makers_meant_them(tmp_path: Path) -> None:
    with zipfile.ZipFile(tmp_path / "z.zip", "w") as archive:
        for name, raw in (("sub\\plan.csv", "x y"), ("./b.csv", "z w")):
            archive.writestr(zipfile.ZipInfo(name), f"update\n{raw}\n")
    raw = (tmp_path / "z.zip").read_bytes()
    (tmp_path / "u.zip").write_bytes(raw.replace(b"b.csv", "é.c".encode() + b"sv"[:1]))
    assert sources(tmp_path / "z.zip") == ["z.zip/b.csv", "z.zip/sub/plan.csv"]
    assert "u.zip/é.cs" in sources(tmp_path / "u.zip")


@pytest.mark.parametrize(
    "name", ["../evil.csv", "/etc/evil.csv", "a/../../evil.csv", "C:\\evil.csv", "a\x1b[2J.csv"]
)
def test_names_that_lead_outside_are_not_read_and_stop_no_other(tmp_path: Path, name: str) -> None:
    (tmp_path / "in").mkdir()
    zipped(tmp_path / "in" / "z.zip", "good.csv", name)
    intake = take_in([tmp_path / "in" / "z.zip"])
    assert intake.updates["source"].tolist() == ["z.zip/good.csv"]
    assert "name that leads outside" in intake.failures[0].problem
    assert str(intake.failures[0]).isprintable()
    assert sorted(path.name for path in tmp_path.rglob("*")) == ["in", "z.zip"]


def test_sizes_are_held_to_what_is_declared_and_to_the_limits(tmp_path: Path) -> None:
    bomb = zipped(tmp_path / "bomb.zip", "a.csv", content="update\n" + "x " * 3_000_000)
    assert "times larger unpacked (limit 300)" in str(take_in([bomb]).failures[0])
    good = zipped(tmp_path / "good.zip", "a.csv", "b.csv")
    for limits, told in (
        ({"file_bytes": 5}, r"bytes large \(limit 5\)"),
        ({"zip_bytes": 5}, r"bytes unpacked \(limit 5\)"),
        ({"archive_entries": 1}, r"holds 2 files \(limit 1\)"),
    ):
        with limited(**limits), pytest.raises(InputError, match=told):
            nlpkit.read(good)


def test_an_archive_that_lies_about_a_size_is_not_believed(tmp_path: Path) -> None:
    archive = zipped(tmp_path / "z.zip", "a.csv", "b.csv")
    raw = bytearray(archive.read_bytes())
    at = raw.rindex(b"PK\x01\x02", 0, raw.rindex(b"b.csv"))
    raw[at + 24 : at + 28] = (3).to_bytes(4, "little")  # the directory's size of b.csv, unpacked
    archive.write_bytes(raw)
    intake = take_in([archive])
    assert intake.updates["source"].tolist() == ["z.zip/a.csv"]
    assert "cannot be unpacked" in intake.failures[0].problem


def test_broken_locked_and_doubled_members_stop_no_other(tmp_path: Path) -> None:
    archive = zipped(tmp_path / "z.zip", "a.csv", "b.csv", "c.csv")
    with pytest.warns(UserWarning, match="Duplicate name"), zipfile.ZipFile(archive, "a") as more:
        more.writestr("c.csv", "update\nagain\n")
        link = zipfile.ZipInfo("d.csv")
        link.external_attr = 0o120777 << 16
        more.writestr(link, "a.csv")
    raw = bytearray(archive.read_bytes())
    at = raw.rindex(b"PK\x01\x02", 0, raw.rindex(b"b.csv"))
    raw[at + 8] |= 1  # locked
    archive.write_bytes(raw)
    intake = take_in([archive])
    assert intake.updates["source"].tolist() == ["z.zip/a.csv"]
    assert [failure.problem for failure in intake.failures] == [
        "is protected by a password",
        "stands in the archive more than once under this name",
        "is a link, not a file",
    ]


def test_what_is_no_archive_of_plans_is_refused_with_a_remedy(tmp_path: Path) -> None:
    (tmp_path / "a.zip").write_bytes(b"PK\x03\x04 not really")
    zipped(tmp_path / "b.zip", "[Content_Types].xml", "word/document.xml")
    raw = zipped(tmp_path / "c.zip", "a.csv").read_bytes()
    (tmp_path / "c.zip").write_bytes(raw[:-30])
    told = {
        Path(f.source).name: f"{f.problem}. {f.remedy}" for f in take_in(sorted(tmp_path.iterdir())).failures
    }
    assert "no zip archive, or damaged" in told["a.zip"] and "no zip archive" in told["c.zip"]
    assert "Give it its own ending (.docx or .xlsx)" in told["b.zip"]
