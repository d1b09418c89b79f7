"""The command line through its real entry point: what it prints, where, and how it ends."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import openpyxl
import pytest

from nlpkit import __version__
from nlpkit.schema import READ_COLUMNS, SCORE_COLUMNS

Run = Callable[..., subprocess.CompletedProcess[str]]
HEAVY = ("torch", "spacy", "pandas", "sklearn", "numpy", "sentence_transformers", "pyarrow", "rich", "duckdb")
PLAN = (
    "Northmoor Fire and Rescue Service\n\nProgress Report\n\n"
    "Number\tRecommendation\tCurrent Position\tETA\tProgress\n"
    "1\tTrain all crews in the new procedure.\tTwelve of fourteen crews were trained by May 2024.\t"
    "September 2024\tGREEN\n"
    "2\tReplace the radios.\tThe contract has not yet been let.\tMarch 2025\tAMBER\n"
)


def rows(text: str) -> list[dict[str, Any]]:
    return [json.loads(line) for line in text.splitlines()]


@pytest.fixture
def plan(tmp_path: Path) -> Path:
    path = tmp_path / "plan.txt"
    path.write_text(PLAN, encoding="utf8")
    return path


def test_help_answers_at_once_and_loads_nothing_heavy(run_process: Run) -> None:
    taken = []
    for _ in range(3):
        start = time.perf_counter()
        done = run_process("--help")
        taken.append(time.perf_counter() - start)
    assert done.returncode == 0 and not done.stderr
    assert all(command in done.stdout for command in ("read", "score", "link", "demo", "Exit"))
    assert min(taken) < 0.5
    code = (
        "import sys, contextlib, io; sys.argv = ['nlpkit', 'score', '--help']; from nlpkit import cli\n"
        "with contextlib.suppress(SystemExit), contextlib.redirect_stdout(io.StringIO()): cli.main()\n"
        f"print([m for m in {HEAVY!r} if m in sys.modules])"
    )
    assert subprocess.check_output([sys.executable, "-c", code], text=True).strip() == "[]"


def test_version_and_module(run_process: Run) -> None:
    assert run_process("--version").stdout == f"nlpkit {__version__}\n"
    module = subprocess.run(
        [sys.executable, "-m", "nlpkit", "--version"], capture_output=True, text=True, check=True
    )
    assert module.stdout == f"nlpkit {__version__}\n"


def test_shell_completion(run_process: Run) -> None:
    asked = os.environ | {
        "_NLPKIT_COMPLETE": "complete_bash",
        "COMP_WORDS": "nlpkit sc",
        "COMP_CWORD": "1",
    }
    assert run_process(env=asked).stdout.split() == ["score"]


def test_read_gives_data_on_stdout_and_words_on_stderr(run: Run, demo_plan: Path) -> None:
    done = run("read", demo_plan)
    table = rows(done.stdout)
    assert done.returncode == 0
    assert "30 updates of 15 actions read from 1 file\n" in done.stderr
    assert len(table) == 30 and list(table[0]) == list(READ_COLUMNS)
    assert {row["service"] for row in table} == {"Northmoor Fire and Rescue Service"}
    assert run("read", demo_plan, "--quiet").stderr == ""


def test_read_options_fill_what_the_plan_leaves_open(run: Run, plan: Path) -> None:
    plan.write_text(PLAN.replace("Northmoor Fire and Rescue Service", "Plan"), encoding="utf8")
    table = rows(run("read", plan, "--service", "Southmoor FRS", "--as-of", "2024-06").stdout)
    assert {(row["service"], row["as_of"]) for row in table} == {("Southmoor FRS", "2024-06")}


@pytest.mark.parametrize("ending", ["jsonl", "csv", "tsv", "xlsx", "parquet"])
def test_every_format_carries_the_same_table(run: Run, plan: Path, tmp_path: Path, ending: str) -> None:
    direct = run("read", plan, "-q").stdout
    assert run("read", plan, "-q", "--out", f"t.{ending}").stdout == ""
    assert run("read", f"t.{ending}", "-q").stdout == direct
    assert sorted(p.name for p in tmp_path.iterdir()) == sorted(["plan.txt", f"t.{ending}"])


def test_check_prints_the_reconciliation_where_the_data_is_not(run: Run, demo_plan: Path) -> None:
    told = "plan says 3 Complete"
    to_file = run("read", demo_plan, "--check", "--out", "t.csv")
    assert to_file.returncode == 0
    assert told in to_file.stdout and "Reconciliation" in to_file.stdout and told not in to_file.stderr
    to_stdout = run("read", demo_plan, "--check", "--quiet")
    assert told in to_stdout.stderr and len(rows(to_stdout.stdout)) == 30


def test_check_ends_with_1_where_the_plan_disagrees(run: Run, demo_plan: Path, tmp_path: Path) -> None:
    text = demo_plan.read_text(encoding="utf8")
    assert "\n3\t8\t3\t1\n" in text
    (tmp_path / "wrong.txt").write_text(text.replace("\n3\t8\t3\t1\n", "\n9\t2\t3\t1\n"), encoding="utf8")
    done = run("read", "wrong.txt", "--check", "--out", "t.jsonl")
    assert done.returncode == 1 and "DISAGREE" in done.stdout
    assert (tmp_path / "t.jsonl").exists()
    assert run("read", "wrong.txt", "--out", "t.jsonl").returncode == 0


def test_check_can_fail_without_a_dashboard(run: Run, plan: Path) -> None:
    head = "Number\tRecommendation\tCurrent Position\tETA\tProgress\n"
    asked = ("Train the crews", "Mend the roof", "Buy new hoses", "Test the pumps", "Sweep the yard")
    lines = [f"{n}\t{what}.\t{'Begun in May.' if n == 1 else ''}\t\t\n" for n, what in enumerate(asked, 1)]
    plan.write_text(
        f"Northmoor Fire and Rescue Service\n\nProgress Report\n\n{head}{''.join(lines)}", encoding="utf8"
    )
    done = run("read", plan, "--check", "--out", "t.jsonl")
    assert done.returncode == 1 and "DISAGREE" in done.stdout, done.stdout
    assert "5 updates of 5 actions" in done.stderr
    assert run("read", plan, "--out", "t.jsonl").returncode == 0


def test_actions_without_an_id_are_counted_apart(run: Run, tmp_path: Path) -> None:
    (tmp_path / "t.csv").write_text(
        "update,recommendation\nTwo crews trained.,\nThe roof leaks.,Mend the roof.\n"
        "Roofers came.,Mend the roof.\nHoses tested.,\n",
        encoding="utf8",
    )
    assert "4 updates of 3 actions read from 1 file" in run("read", "t.csv").stderr


def test_service_and_date_given(run: Run, demo_plan: Path, tmp_path: Path) -> None:
    table = rows(run("read", demo_plan, "-q", "--service", "Southmoor FRS", "--as-of", "2030-01").stdout)
    assert {row["service"] for row in table} == {"Southmoor FRS"}
    assert {row["as_of"] for row in table if row["period"]} == {"2024-03", "2024-09"}
    (tmp_path / "t.csv").write_text(
        "update,service,as_of\nx y,Northmoor FRS,2024-03\nz w,,\n", encoding="utf8"
    )
    table = rows(run("read", "t.csv", "-q", "--service", "Southmoor FRS", "--as-of", "2030-01").stdout)
    assert [(row["service"], row["as_of"]) for row in table] == [
        ("Northmoor FRS", "2024-03"),
        ("Southmoor FRS", "2030-01"),
    ]


def test_tables_and_plans_mix_and_own_columns_stay(run: Run, plan: Path, tmp_path: Path) -> None:
    (tmp_path / "more.csv").write_text("Ref,update,action_id\nA7,Two crews trained.,7\n", encoding="utf8")
    table = rows(run("read", "more.csv", plan, "-q").stdout)
    assert [row["action_id"] for row in table] == ["7", "1", "2"]
    assert [row["Ref"] for row in table] == ["A7", None, None]
    assert list(table[0])[: len(READ_COLUMNS)] == list(READ_COLUMNS)
    piped = run("read", "-", "-q", input='{"update": "Done.", "action_id": 3}\n')
    assert rows(piped.stdout)[0]["row_id"] == "stdin/3"


def test_a_spreadsheet_with_the_plans_own_headings_is_read_as_a_plan(run: Run, tmp_path: Path) -> None:
    book = openpyxl.Workbook()
    for line in PLAN.splitlines()[4:]:
        book.active.append(line.split("\t"))
    cover = book.create_sheet("Cover")
    cover.append(["Northmoor"])
    book.save(tmp_path / "plan.xlsx")
    done = run("read", "plan.xlsx")
    table = rows(done.stdout)
    assert [(row["action_id"], row["declared_status"]) for row in table] == [
        ("1", "on_track"),
        ("2", "at_risk"),
    ]
    assert done.returncode == 0 and "2 updates of 2 actions read from 1 file" in done.stderr


def test_same_file_name_in_two_folders_and_one_file_twice(run: Run, tmp_path: Path) -> None:
    for year in ("2023", "2024"):
        (tmp_path / year).mkdir()
        (tmp_path / year / "plan.txt").write_text(PLAN, encoding="utf8")
    done = run("read", "2023/plan.txt", "2024/plan.txt", tmp_path / "2023" / "plan.txt")
    table = rows(done.stdout)
    assert [row["source"] for row in table] == ["2023/plan.txt"] * 2 + ["2024/plan.txt"] * 2
    assert len({row["row_id"] for row in table}) == 4 and table[0]["row_id"].startswith("2023/plan/1")
    assert done.returncode == 0 and "given twice; read once" in done.stderr


def test_wordless_rows_are_set_aside_with_the_reason(run: Run, tmp_path: Path) -> None:
    (tmp_path / "t.csv").write_text("row_id,update\na,Twelve crews trained.\nb,--\nc,\n", encoding="utf8")
    done = run("read", "t.csv", "--out", "o.jsonl")
    assert done.returncode == 1
    assert [row["row_id"] for row in rows((tmp_path / "o.jsonl").read_text())] == ["a"]
    aside = rows((tmp_path / "o.jsonl.rejected.jsonl").read_text())
    assert [(row["source"], row["place"], row["text"]) for row in aside] == [
        ("t.csv", "record 2", "b"),
        ("t.csv", "record 3", "c"),
    ]
    assert "o.jsonl.rejected.jsonl" in done.stderr
    assert "set aside: t.csv, record 2: neither a narrative" in run("read", "t.csv").stderr
    (tmp_path / "t.csv").write_text("row_id,update\na,Twelve crews trained.\n", encoding="utf8")
    assert run("read", "t.csv", "--out", "o.jsonl").returncode == 0
    assert not (tmp_path / "o.jsonl.rejected.jsonl").exists()


def test_rows_with_a_date_that_is_none_are_set_aside(run: Run, tmp_path: Path) -> None:
    (tmp_path / "t.csv").write_text(
        "row_id,update,as_of,due_date\na,x y,2024-09,\nb,z,,\nc,x y,2024-31-01,\nd,,2024,\ne,x y,2024,soon\n",
        encoding="utf8",
    )
    done = run("read", "t.csv", "--out", "o.jsonl")
    assert done.returncode == 1
    assert [row["row_id"] for row in rows((tmp_path / "o.jsonl").read_text())] == ["a", "b"]
    aside = rows((tmp_path / "o.jsonl.rejected.jsonl").read_text())
    assert [(row["source"], row["place"], row["text"]) for row in aside] == [
        ("t.csv", "record 3", "c"),
        ("t.csv", "record 4", "d"),
        ("t.csv", "record 5", "e"),
    ]
    assert "column 'as_of': '2024-31-01' is not a date (write a day" in aside[0]["reason"]
    assert "column 'due_date': 'soon' is not a date" in aside[2]["reason"]
    assert "t.csv, record 3: column 'as_of': '2024-31-01' is not a date" in run("read", "t.csv").stderr


def test_some_files_fail_and_the_others_go_through(run: Run, plan: Path, tmp_path: Path) -> None:
    (tmp_path / "bad.csv").write_text("colour,shape\nred,round\n", encoding="utf8")
    done = run("read", "gone.txt", plan, "bad.csv", "--out", "o.csv")
    assert done.returncode == 1 and (tmp_path / "o.csv").exists()
    aside = rows((tmp_path / "o.csv.rejected.jsonl").read_text())
    assert [row["source"] for row in aside] == ["gone.txt", "bad.csv"] and all(row["reason"] for row in aside)
    assert "gone.txt: does not exist" in done.stderr and "bad.csv: has no column" in done.stderr


WRONG: list[tuple[str, bytes | None, tuple[str, ...]]] = [
    ("gone.txt", None, ("gone.txt: does not exist", "Check the path")),
    ("gone.csv", None, ("gone.csv: there is no such file", "Check the path")),
    ("plan.odt", b"x", ("plan.odt: '.odt' is not a format nlpkit reads", ".txt", ".csv")),
    ("empty.txt", b" \n", ("empty.txt: is empty",)),
    ("empty.csv", b"", ("empty.csv: is empty",)),
    ("header.csv", b"update,action_id\n", ("header.csv: has no rows", "at least one update")),
    (
        "other.csv",
        b"colour,shape\nred,round\n",
        ("other.csv: has no column", "Rename the column", "'update'"),
    ),
    ("other.jsonl", b'{"colour": "red"}\n', ("other.jsonl: has no column 'update'", "it has: colour")),
    ("blank.csv", b"update\n--\n", ("blank.csv: has no row with a narrative",)),
    ("twice.csv", b"row_id,update\na,x\na,y\n", ("twice.csv, column 'row_id': row_id 'a' is used 2 times",)),
    ("bytes.txt", b"Plan\nbad \x81 byte\n", ("bytes.txt, line 2: byte 10 of the file (0x81)", "UTF-8")),
    ("bytes.csv", b"update\nbad \x81 byte\n", ("bytes.csv, line 2: byte 12 of the file (0x81)", "UTF-8")),
    ("bytes.jsonl", b'{"update": "\xff"}\n', ("bytes.jsonl, line 1: byte 13 of the line (0xff)", "UTF-8")),
    (
        "date.csv",
        b"update,as_of\nx,01/24\ny,2024-31-01\n",
        (
            "date.csv: no row of it can be used",
            "record 1: column 'as_of': '01/24' is not a date (write a day",
        ),
    ),
    ("torn.jsonl", b'{"update": "a"}\n{"upd', ("torn.jsonl, line 2: is not valid JSON",)),
    ("prose.txt", b"Nothing here resembles a plan.\n", ("prose.txt: holds no progress updates",)),
]


REAL = {"gone.txt", "plan.odt", "header.csv", "other.csv", "bytes.jsonl", "prose.txt"}
"""Cases tried through the installed command in its own process; the rest differ in the message only."""


@pytest.mark.parametrize(("name", "raw", "told"), WRONG, ids=[name for name, _, _ in WRONG])
def test_unusable_input_is_named_with_a_remedy_and_nothing_is_written(
    run: Run, run_process: Run, tmp_path: Path, name: str, raw: bytes | None, told: tuple[str, ...]
) -> None:
    if raw is not None:
        (tmp_path / name).write_bytes(raw)
    before = sorted(tmp_path.iterdir())
    done = (run_process if name in REAL else run)("score", name, "--out", "o.jsonl")
    assert done.returncode == 2 and done.stdout == ""
    for words in told:
        assert words in done.stderr
    assert done.stderr.startswith("nlpkit: ") and "Traceback" not in done.stderr
    assert sorted(tmp_path.iterdir()) == before


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (
            ("read", "plan.txt", "--as-of", "31/12/2024"),
            "'31/12/2024' is not a date. Write a day, month or year",
        ),
        (("read", "plan.txt", "--as-of", "2024-13"), "'2024-13' is not a date"),
        (("read", "plan.txt", "--as-of", "2023-02-29"), "'2023-02-29' is not a date"),
        (("read", "plan.txt", "--out", "o.pdf"), "o.pdf: '.pdf' is not a table format"),
        (("read", "plan.txt", "--out", "no/o.csv"), "no/o.csv: its folder does not exist"),
        (("link", "plan.txt", "--catalogue", "sptlight", "--out", "o.csv"), "no catalogue 'sptlight'"),
        (("read",), "Missing argument"),
        (("reed", "plan.txt"), "No such command 'reed'"),
    ],
)
def test_wrong_usage(
    run_process: Run, run: Run, plan: Path, tmp_path: Path, arguments: tuple[str, ...], told: str
) -> None:
    done = (run_process if "31/12/2024" in arguments else run)(*arguments)
    assert done.returncode == 2 and told in done.stderr and "Traceback" not in done.stderr
    assert done.stdout == "" and [p.name for p in tmp_path.iterdir()] == ["plan.txt"]


def test_a_reader_that_stops_early_is_no_error(nlpkit_command: Path, demo_plan: Path) -> None:
    script = f"set -o pipefail; '{nlpkit_command}' read '{demo_plan}' '{demo_plan}' -q | head -c 1"
    done = subprocess.run(["bash", "-c", script], capture_output=True, text=True, check=False)
    assert done.stdout == "{" and "Traceback" not in done.stderr and "Error" not in done.stderr


def test_score_prints_a_summary_and_loses_no_row(run: Run, demo_plan: Path, tmp_path: Path) -> None:
    done = run("score", demo_plan, "--catalogue", "none", "--out", "s.jsonl")
    assert done.returncode == 0 and done.stdout == ""
    scored = rows((tmp_path / "s.jsonl").read_text(encoding="utf8"))
    assert list(scored[0]) == [*READ_COLUMNS, *SCORE_COLUMNS]
    assert [row["row_id"] for row in scored] == [row["row_id"] for row in rows(run("read", demo_plan).stdout)]
    for words in (
        "30 updates of 15 actions",
        "declared  narrative",
        "calendar",
        "stale",
        "most in need of a question",
    ):
        assert words in done.stderr
    assert max(map(len, done.stderr.splitlines())) <= 80 and "\x1b" not in done.stderr


def test_score_is_the_same_to_the_byte(run_process: Run, demo_plan: Path, tmp_path: Path) -> None:
    for seed in ("0", "4242"):
        done = run_process(
            "score", demo_plan, "--catalogue", "none", "--out", f"{seed}.jsonl", "-q",
            env=os.environ | {"PYTHONHASHSEED": seed},
        )  # fmt: skip
        assert done.stderr == "" and done.stdout == "" and done.returncode == 0
    first = (tmp_path / "0.jsonl").read_bytes()
    assert first == (tmp_path / "4242.jsonl").read_bytes()
    run_process("score", "0.jsonl", "--catalogue", "none", "--out", "again.jsonl", "-q")
    assert first == (tmp_path / "again.jsonl").read_bytes()


HEAD = "Northmoor Fire and Rescue Service\n\nProgress Report {}\n\n"
COLUMNS = "Number\tRecommendation\tCurrent Position\tETA\tProgress\n"
ROTA = "The service should bring in a rota for the on-call crews that keeps every fire engine available."
HOSES = "The service should test the hoses of all its fire engines each year and keep a record of the tests."
SPRING = (
    f"{HEAD.format('March 2024')}{COLUMNS}"
    f"1\t{ROTA}\tThe new rota will be introduced by June 2024.\tJune 2024\tGREEN\n"
    f"2\t{HOSES}\tHoses of nine engines were tested in February and two of them had to be replaced.\t"
    "May 2024\tAMBER\n"
)
AUTUMN = (
    f"{HEAD.format('September 2024')}{COLUMNS}"
    f"1\t{HOSES}\tHoses of nine engines were tested in February and two of them had to be replaced.\t"
    "May 2024\tGREEN\n"
    f"2\t{ROTA}\tThe new rota will be introduced by January 2025.\tJanuary 2025\tGREEN\n"
)


@pytest.fixture
def quarters(tmp_path: Path) -> None:
    (tmp_path / "spring.txt").write_text(SPRING, encoding="utf8")
    (tmp_path / "autumn.txt").write_text(AUTUMN, encoding="utf8")


def score_quarter(run: Run, name: str, as_of: str, *more: str) -> subprocess.CompletedProcess[str]:
    options = ("--as-of", as_of, "--catalogue", "none", "--history", "h.duckdb", "-q")
    return run("score", f"{name}.txt", *options, "--out", f"{name}.jsonl", *more)


@pytest.mark.usefixtures("quarters")
def test_a_history_is_kept_compared_and_exported(run: Run, tmp_path: Path) -> None:
    for name, as_of in (("spring", "2024-03"), ("autumn", "2024-09")):
        done = score_quarter(run, name, as_of)
        assert done.returncode == 0 and done.stdout == done.stderr == ""
    hoses, rota = rows((tmp_path / "autumn.jsonl").read_text(encoding="utf8"))
    assert hoses["stale"] == ["repeat_self"] and hoses["stale_refs"] == [
        rows((tmp_path / "spring.jsonl").read_text(encoding="utf8"))[1]["row_id"]
    ]
    slips = [why for why in rota["stale_why"] if why["kind"] == "slipped"]  # the sentence, and the plan's ETA
    assert [(why.get("field", ""), why["date"]) for why in slips] == [
        (field, ["2024-06-30", "2025-01-31"]) for field in ("", "due")
    ]
    first = (tmp_path / "autumn.jsonl").read_bytes()
    kept = (tmp_path / "h.duckdb").read_bytes()
    assert score_quarter(run, "autumn", "2024-09").returncode == 0
    assert (tmp_path / "autumn.jsonl").read_bytes() == first

    listed = rows(run("history", "list", "h.duckdb").stdout)
    assert [(row["as_of"], row["updates"], row["files"]) for row in listed] == [
        ("2024-03", 2, ["spring.txt"]),
        ("2024-09", 2, ["autumn.txt"]),
    ]
    moved = rows(run("history", "compare", "h.duckdb", "--service", "Northmoor FRS").stdout)
    assert [(row["action_id"], row["earlier_ids"]) for row in moved] == [("1", ["2"]), ("2", ["1"])]
    assert "declared AMBER → GREEN" in moved[0]["moved"] and "text for 2 periods" in moved[0]["stood_still"]
    only = rows(run("history", "compare", "h.duckdb", "--from", "2024-09", "--to", "2024-12").stdout)
    assert [row["periods"] for row in only] == [1, 1]
    for ending in ("csv", "xlsx", "parquet"):
        done = run("history", "export", "h.duckdb", "--out", f"x.{ending}")
        assert done.returncode == 0 and done.stdout == done.stderr == ""
        assert len(rows(run("read", f"x.{ending}", "-q").stdout)) == 4
    assert (tmp_path / "h.duckdb").read_bytes() == kept  # looking changes nothing


@pytest.mark.usefixtures("quarters")
def test_a_slip_is_among_the_questions(run: Run) -> None:
    score_quarter(run, "spring", "2024-03")
    options = ("--as-of", "2024-09", "--catalogue", "none", "--history", "h.duckdb")
    done = run("score", "autumn.txt", *options, "--out", "o.csv")
    said = " ".join(done.stderr.split())
    assert "a date that it gives has slipped: 2024-06-30 → 2025-01-31" in said
    assert "it repeats the action's earlier update" in said


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (("score", "spring.txt", "--history", "no/h.duckdb"), "no/h.duckdb: its folder does not exist"),
        (("score", "spring.txt", "--history", "spring.txt"), "spring.txt: is not a history of nlpkit's"),
        (("score", "spring.txt", "--history", "."), ".: is a folder, not a history"),
        (
            ("score", "spring.txt", "--history", "h.csv", "--out", "./h.csv"),
            "both the history and the output",
        ),
        (("score", "spring.txt", "--history", "h.jsonl"), "would pass it off as a table"),
        (("score", "spring.txt", "--history-wait", "-1"), "greater than or equal to 0"),
        (("history", "list", "gone.duckdb"), "gone.duckdb: there is no such history"),
        (("history", "export", "gone.duckdb", "--out", "x.csv"), "gone.duckdb: there is no such history"),
        (("history", "compare", "gone.duckdb"), "gone.duckdb: there is no such history"),
        (("history", "compare", "spring.txt", "--out", "spring.txt"), "'.txt' is not a table format"),
        (("history", "export", "spring.txt", "--out", "x.pdf"), "'.pdf' is not a table format"),
        (("history", "drop", "h.duckdb"), "No such command 'drop'"),
        (("history", "list"), "Missing argument"),
    ],
)
@pytest.mark.usefixtures("quarters")
def test_wrong_use_of_a_history(run: Run, tmp_path: Path, arguments: tuple[str, ...], told: str) -> None:
    done = run(*arguments)
    assert done.returncode == 2 and told in done.stderr and "Traceback" not in done.stderr
    assert done.stdout == "" and sorted(p.name for p in tmp_path.iterdir()) == ["autumn.txt", "spring.txt"]


@pytest.mark.usefixtures("quarters")
def test_nothing_is_written_where_the_history_stays_locked(run: Run, tmp_path: Path) -> None:
    score_quarter(run, "spring", "2024-03")
    hold = "import duckdb, sys\ndb = duckdb.connect('h.duckdb')\nprint('held', flush=True)\nsys.stdin.read()"
    with subprocess.Popen(
        [sys.executable, "-c", hold], stdin=subprocess.PIPE, stdout=subprocess.PIPE, cwd=tmp_path, text=True
    ) as holder:
        assert holder.stdout is not None and holder.stdout.readline() == "held\n"
        done = score_quarter(run, "autumn", "2024-09", "--history-wait", "0.2")
        listed = run("history", "list", "h.duckdb", "--history-wait", "0.2")
        holder.kill()
    assert done.returncode == listed.returncode == 2 and not (tmp_path / "autumn.jsonl").exists()
    assert f"h.duckdb: is in use by process {holder.pid}" in done.stderr and "--history-wait" in done.stderr
    assert score_quarter(run, "autumn", "2024-09").returncode == 0


@pytest.mark.slow
def test_link_writes_one_row_a_link(run: Run, demo_plan: Path) -> None:
    done = run("link", demo_plan)
    links = rows(done.stdout)
    assert done.returncode == 0 and "links of" in done.stderr
    assert list(links[0]) == [
        "row_id", "service", "action_id", "catalogue", "id", "title", "grade", "score", "why",
    ]  # fmt: skip
    assert {row["grade"] for row in links} <= {"equivalent", "related"}
    assert ("9", "9", "equivalent") in {(row["action_id"], row["id"], row["grade"]) for row in links}


@pytest.mark.slow
def test_demo_is_readable_and_complete(run_process: Run) -> None:
    done = run_process("demo", "--out", "demo.xlsx")
    assert done.returncode == 0
    for words in (
        "Plans read",
        "northmoor-2024.txt",
        "(agree)",
        "30 updates of 15 actions",
        "Asked:",
        "Links to",
        "→",
    ):
        assert words in done.stdout
    assert "\x1b" not in done.stdout
    wide = [line for line in done.stdout.splitlines() if len(line) > 80]
    assert all(line.strip().endswith("northmoor-2024.txt") for line in wide)


def test_an_encoder_is_chosen(run: Run, demo_plan: Path) -> None:
    refused = run("score", demo_plan, "--encoder", "no/such/folder", "--quiet")
    assert refused.returncode == 2 and "no/such/folder: does not exist" in refused.stderr
    assert refused.stdout == ""
    by_name = {
        name: run("score", demo_plan, "--encoder", name, "--quiet").stdout for name in ("auto", "accelerated")
    }
    assert by_name["auto"] == by_name["accelerated"] != ""
