"""Outputs that would harm: refused before any work where that can be known, told clearly where not."""

from __future__ import annotations

import os
import resource
import signal
import subprocess
import sys
import time
import zipfile
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

Run = Callable[..., subprocess.CompletedProcess[str]]


@pytest.fixture
def table(tmp_path: Path) -> Path:
    path = tmp_path / "t.csv"
    path.write_text("update\nTwo crews were trained.\n", encoding="utf8")
    return path


def unread(monkeypatch: pytest.MonkeyPatch) -> None:
    """Fail where an input is read all the same."""

    def never(*_: object, **__: object) -> None:
        raise AssertionError("work was begun")

    monkeypatch.setattr("nlpkit.intake._read_one", never)


OUTPUTS = {
    "the input": "t.csv",
    "another path": "p/../t.csv",
    "a symbolic link": "soft.csv",
    "a hard link": "hard.csv",
    "in a folder that is read": "p/new.jsonl",
    "below it": "p/sub/new.jsonl",
    "the folder by a link": "q/new.jsonl",
    "a hard link into the folder": "inner.csv",
    "a link to the archive": "z.csv",
    "its list of rows set aside": "o",
}


@pytest.mark.parametrize("out", OUTPUTS.values(), ids=list(OUTPUTS))
@pytest.mark.parametrize("command", [("read",), ("score", "--catalogue", "none"), ("themes",)])
def test_an_output_among_the_inputs_is_refused_before_any_work(
    run: Run, table: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, command: tuple[str, ...], out: str
) -> None:
    (tmp_path / "p" / "sub").mkdir(parents=True)
    (tmp_path / "p" / "inner.csv").write_bytes(table.read_bytes())
    (tmp_path / "q").symlink_to(tmp_path / "p")
    (tmp_path / "soft.csv").symlink_to(table)
    os.link(table, tmp_path / "hard.csv")
    os.link(tmp_path / "p" / "inner.csv", tmp_path / "inner.csv")
    with zipfile.ZipFile(tmp_path / "z.zip", "w") as archive:
        archive.write(table, "t.csv")
    (tmp_path / "z.csv").symlink_to(tmp_path / "z.zip")
    inputs = ["t.csv", "p", "z.zip"]
    if out == "o":
        out = "o.jsonl"
        (tmp_path / "o.jsonl.rejected.jsonl").write_text('{"update": "Mended."}\n')
        inputs.append("o.jsonl.rejected.jsonl")
    unread(monkeypatch)
    before = {path: path.read_bytes() for path in tmp_path.rglob("*") if path.is_file()}
    done = run(*command, *inputs, "--out", out)
    assert done.returncode == 2 and "would be written, and" in done.stderr and "another" in done.stderr
    assert {path: path.read_bytes() for path in tmp_path.rglob("*") if path.is_file()} == before


def test_reports_and_further_outputs_are_held_apart_too(run: Run, table: Path, tmp_path: Path) -> None:
    (tmp_path / "plan.html").write_text("<p>x</p>")
    assert "is an input too" in run("report", "plan.html", "--out", "plan.html").stderr
    assert "is an input too" in run("themes", table, "--summary", "t.csv").stderr
    assert "is an input too" in run("link", table, "--table", "--out", "t.csv").stderr


@pytest.mark.parametrize(("out", "told"), [("/dev/full", "no ending"), ("d.csv", "is a device")])
def test_devices_are_refused(run: Run, table: Path, tmp_path: Path, out: str, told: str) -> None:
    (tmp_path / "d.csv").symlink_to("/dev/full")
    done = run("read", table, "--out", out)
    assert done.returncode == 2 and told in done.stderr


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write anywhere")
def test_a_folder_without_permission_is_refused(run: Run, table: Path, tmp_path: Path) -> None:
    shut = tmp_path / "shut"
    shut.mkdir(mode=0o555)
    done = run("read", table, "--out", "shut/o.csv")
    assert done.returncode == 2 and "shut/o.csv: cannot be written (no permission)" in done.stderr


def test_a_folder_that_may_not_be_written_is_refused_before_any_work(
    run: Run, table: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(os, "access", lambda *_: False)  # root may write anywhere, so the system is asked so
    unread(monkeypatch)
    done = run("read", table, "--out", "o.csv")
    assert done.returncode == 2 and "o.csv: cannot be written (no permission)" in done.stderr


@pytest.fixture
def tiny_disk(tmp_path: Path) -> Iterator[Path]:
    """A file system of 64 kB."""
    place = tmp_path / "disk"
    place.mkdir()
    made = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", "size=64k", "tmpfs", str(place)], capture_output=True, check=False
    )
    if made.returncode:
        pytest.skip("mounting a small file system needs root's rights")
    yield place
    subprocess.run(["umount", str(place)], check=True)


@pytest.mark.parametrize("ending", [".jsonl", ".csv", ".xlsx", ".parquet"])
def test_a_full_disk_is_told_and_the_old_output_stays(
    run: Run, demo_plan: Path, tiny_disk: Path, ending: str
) -> None:
    out = tiny_disk / f"o{ending}"
    out.write_bytes(b"old\n")
    (tiny_disk / "fill").write_bytes(b"x" * 4096 * 14)
    done = run("read", demo_plan, "--out", out)
    assert done.returncode == 2 and "Traceback" not in done.stderr
    assert f"o{ending}: cannot be written (No space left on device). Make room there" in done.stderr
    assert out.read_bytes() == b"old\n"
    assert not [path.name for path in tiny_disk.iterdir() if path.name.endswith(".part")]


def test_no_room_for_temporary_files_is_told(
    run: Run, table: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: object, **__: object) -> str:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("openpyxl.worksheet._writer.create_temporary_file", full)
    done = run("read", table, "--out", "o.xlsx")
    assert done.returncode == 2 and "Traceback" not in done.stderr and not (tmp_path / "o.xlsx").exists()
    assert "o.xlsx: cannot be written (temporary files: No space left on device)" in done.stderr


def test_a_limit_on_file_sizes_is_told_and_the_old_output_stays(
    run_process: Run, demo_plan: Path, tmp_path: Path
) -> None:
    (tmp_path / "o.jsonl").write_text("old\n")
    done = run_process(
        "read", demo_plan, "--out", "o.jsonl",
        preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (4096, 4096)),
    )  # fmt: skip
    assert done.returncode == 2 and "Traceback" not in done.stderr
    assert "o.jsonl: cannot be written (File too large)" in done.stderr
    assert (tmp_path / "o.jsonl").read_text() == "old\n"


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="there is no /dev/full")
@pytest.mark.parametrize("command", [("read",), ("report", "--catalogue", "none")])
def test_a_standard_output_that_is_full_is_told(
    nlpkit_command: Path, table: Path, command: tuple[str, ...]
) -> None:
    with open("/dev/full", "wb") as full:
        done = subprocess.run(
            [nlpkit_command, *command, table], stdout=full, stderr=subprocess.PIPE, text=True, check=False
        )
    assert done.returncode == 2 and "Traceback" not in done.stderr and "Exception" not in done.stderr
    assert "standard output: cannot be written (No space left on device). Give a file" in done.stderr


@pytest.mark.parametrize(("number", "status"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
def test_a_run_told_to_stop_says_so_by_its_status(
    nlpkit_command: Path, tmp_path: Path, number: signal.Signals, status: int
) -> None:
    pipe = tmp_path / "slow.csv"
    os.mkfifo(pipe)  # reading it waits for a writer that never writes
    with subprocess.Popen(
        [nlpkit_command, "read", pipe, "--out", "o.csv"], cwd=tmp_path, stderr=subprocess.PIPE, text=True
    ) as process:
        handle = os.open(pipe, os.O_WRONLY)
        time.sleep(0.2)
        process.send_signal(number)
        _, said = process.communicate(timeout=30)
        os.close(handle)
    assert process.returncode == status and "Traceback" not in said
    assert [path.name for path in tmp_path.iterdir()] == ["slow.csv"]


def test_a_table_of_the_files_ends_a_run_of_several(run: Run, table: Path, tmp_path: Path) -> None:
    (tmp_path / "more").mkdir()
    (tmp_path / "more" / "u.csv").write_text("update\nThe hoses were tested.\n--\n", encoding="utf8")
    (tmp_path / "more" / "scan.png").write_bytes(b"x")
    (tmp_path / "more" / ".DS_Store").write_bytes(b"x")
    done = run("read", table.name, "more", "--out", "o.jsonl")
    assert done.returncode == 1 and done.stdout == ""
    lines = done.stderr.splitlines()
    at = lines.index("3 files: 2 read, 1 not")
    told = [" ".join(line.split()) for line in lines[at + 1 : at + 5]]
    assert told[0] == "file rows set aside notes" and told[1] == "t.csv 1 - -"
    assert told[2] == "more/scan.png not read: '.png' is not a format nlpkit reads"
    assert told[3] == "more/u.csv 1 1 -"
    assert "1 hidden or temporary file passed over (.DS_Store)" in done.stderr
    quiet = run("read", table, "more", "--out", "o.jsonl", "--quiet")
    assert "rows" not in quiet.stderr.replace("rows or files", "") and "passed over" not in quiet.stderr
    assert "files:" not in run("read", table, "--out", "o.jsonl").stderr


@pytest.mark.parametrize("command", [("score", "--catalogue", "none"), ("report", "--catalogue", "none")])
def test_other_commands_take_folders_and_archives(
    run: Run, table: Path, tmp_path: Path, command: tuple[str, ...]
) -> None:
    (tmp_path / "p").mkdir()
    table.rename(tmp_path / "p" / "t.csv")
    with zipfile.ZipFile(tmp_path / "z.zip", "w") as archive:
        archive.writestr("sub/u.csv", "update\nThe hoses were tested.\n")
    done = run(*command, "p", "z.zip")
    assert done.returncode == 0 and "Two crews" in done.stdout and "hoses" in done.stdout
    assert "2 files: 2 read" in done.stderr


def test_the_python_door_is_as_wide(table: Path, tmp_path: Path) -> None:
    with zipfile.ZipFile(tmp_path / "z.zip", "w") as archive:
        archive.write(table, "t.csv")
    code = "import sys, nlpkit; print(nlpkit.read(sys.argv[1])['source'].tolist())"
    done = subprocess.run(
        [sys.executable, "-c", code, tmp_path / "z.zip"], capture_output=True, text=True, check=True
    )
    assert done.stdout.strip() == "['z.zip/t.csv']"
