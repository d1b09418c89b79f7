"""Files written whole: scraps of killed writers go, those of living ones stay."""

from __future__ import annotations

import fcntl
import os
from pathlib import Path

import pytest

from nlpkit.atomic import clear_scraps, write_whole


def scrap(folder: Path, name: str) -> Path:
    path = folder / f".{name}.abcd1234.part"
    path.write_bytes(b"half")
    return path


def test_the_next_writer_of_a_file_clears_its_scraps_only(tmp_path: Path) -> None:
    mine, others = scrap(tmp_path, "o.csv"), scrap(tmp_path, "more.o.csv")
    user = tmp_path / ".o.csv.part"
    user.write_bytes(b"mine")
    write_whole(tmp_path / "o.csv", b"new")
    assert not mine.exists() and others.exists() and user.exists()
    assert (tmp_path / "o.csv").read_bytes() == b"new"


def test_a_file_that_is_being_written_is_no_scrap(tmp_path: Path) -> None:
    path = scrap(tmp_path, "o.csv")
    handle = os.open(path, os.O_RDWR)
    fcntl.flock(handle, fcntl.LOCK_EX)
    clear_scraps(tmp_path)
    assert path.exists()
    os.close(handle)
    clear_scraps(tmp_path)
    assert not path.exists()


def test_a_writer_whose_file_is_taken_for_a_scrap_begins_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    real, calls = fcntl.flock, []

    def late(handle: int, how: int) -> None:
        if not calls:  # another process clears between the file's making and its lock
            for path in tmp_path.glob(".*.part"):
                path.unlink()
        calls.append(handle)
        real(handle, how)

    monkeypatch.setattr(fcntl, "flock", late)
    write_whole(tmp_path / "o.csv", b"new")
    assert len(calls) == 2 and [path.name for path in tmp_path.iterdir()] == ["o.csv"]


def test_without_locks_nothing_is_cleared_and_writing_works(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def none(*_: int) -> None:
        raise OSError(95, "Operation not supported")

    monkeypatch.setattr(fcntl, "flock", none)
    path = scrap(tmp_path, "o.csv")
    write_whole(tmp_path / "o.csv", b"new")
    assert path.exists() and (tmp_path / "o.csv").read_bytes() == b"new"
