"""Whatever a document holds, reading it ends with a table, rows set aside or a message that helps."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest
from hostile_files import FILES, HEAVY

from nlpkit.errors import InputError
from nlpkit.intake import take_in

SMALL = sorted(path.name for path in FILES.iterdir())
MEMORY = 1_500_000_000
SECONDS = 30.0
_UNSAFE = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]")

REFUSED = {
    "bomb-ratio.docx": "times larger unpacked (limit 300)",
    "bomb-declared.docx": "NLPKIT_MAX_ENTRY_BYTES",
    "bomb-lying.docx": "is damaged",
    "overlapping.docx": "share the same bytes",
    "prefixed.docx": "before its first or after its last",
    "comment.docx": "before its first or after its last",
    "traversal.docx": "leads outside it",
    "traversal-windows.docx": "leads outside it",
    "absolute.docx": "leads outside it",
    "laughs.docx": "declares entities",
    "outside.docx": "declares entities",
    "outside-utf16.docx": "declares entities",
    "odd-name-entities.docx": "declares entities",
    "utf7.docx": "unusual encoding (UTF-7)",
    "deep.docx": "NLPKIT_MAX_DOCUMENT_DEPTH",
    "far-corner.xlsx": "reaches over 1,048,576 rows and 16,384 columns (limit",
    "far-corner-plan.xlsx": "NLPKIT_MAX_TABLE_CELLS",
    "beyond-the-sheet.xlsx": "reaches over",
    "merged-all.xlsx": "NLPKIT_MAX_MERGED_CELLS",
    "laughs.xlsx": "declares entities",
    "odd-name-entities.xlsx": "declares entities",
    "laughs.ods": "declares entities",
    "repeated.ods": "NLPKIT_MAX_DOCUMENT_CELLS",
    "repeated-text.ods": "given only by number",
    "deep.html": "NLPKIT_MAX_PAGE_DEPTH",
    "deep.jsonl": "NLPKIT_MAX_JSON_DEPTH",
    "deep-some.jsonl": "NLPKIT_MAX_JSON_DEPTH",
    "digits.jsonl": "number that is too long",
    "quotes.csv": "line 3",
    "same-ids.csv": "is used 2 times",
    "dates.csv": "is not a date",
}
"""What the message of some of them must say; of the others only that there is one, or a table."""

HEAVY_REFUSED = {
    "columns-a-million.csv": "NLPKIT_MAX_TABLE_COLUMNS",
    "columns-a-million.tsv": "NLPKIT_MAX_TABLE_COLUMNS",
    "columns-a-million.txt": "NLPKIT_MAX_DOCUMENT_CELLS",
    "columns-a-million.jsonl": "NLPKIT_MAX_TABLE_COLUMNS",
    "rows-too-many.csv": "NLPKIT_MAX_TABLE_ROWS",
    "rows-too-many.parquet": "NLPKIT_MAX_TABLE_ROWS",
    "one-text.parquet": "NLPKIT_MAX_UNPACKED_BYTES",
    "rows-of-a-plan.csv": "NLPKIT_MAX_PLAN_ROWS",
    "rows-of-a-plan.txt": "NLPKIT_MAX_PLAN_ROWS",
    "elements.html": "NLPKIT_MAX_ELEMENTS",
    "corner.xlsx": "NLPKIT_MAX_TABLE_CELLS",
    "cells-empty.xlsx": "NLPKIT_MAX_",
    "bomb.docx": "NLPKIT_MAX_ENTRY_BYTES",
    "many-entries.docx": "NLPKIT_MAX_ARCHIVE_ENTRIES",
    "many-pages.pdf": "NLPKIT_MAX_PDF_PAGES",
    **{
        f"cell-10mb.{ending}": "characters"
        for ending in ("csv", "jsonl", "txt", "html", "docx", "xlsx", "ods")
    },
}
READ = {
    "rows-below-the-limit.csv": 38_000,
    "rows-of-one-action.csv": 200_000,
    "rows-200000.csv": 200_000,
    "rows-200000.jsonl": 200_000,
    "conditions.xlsx": 20_000,
}


def test_the_corpus_is_as_wide_as_the_formats() -> None:
    assert len(SMALL) >= 60
    endings = {Path(name).suffix for name in (*SMALL, *HEAVY)}
    assert endings >= {
        ".docx",
        ".xlsx",
        ".xls",
        ".ods",
        ".pdf",
        ".html",
        ".txt",
        ".csv",
        ".tsv",
        ".jsonl",
        ".parquet",
        ".zip",
    }
    assert sum(path.stat().st_size for path in FILES.iterdir()) < 2_000_000
    assert set(REFUSED) <= set(SMALL) and set(HEAVY_REFUSED) | set(READ) <= set(HEAVY)


@pytest.mark.parametrize("name", SMALL)
def test_a_small_file_ends_in_a_table_or_a_clear_message(name: str) -> None:
    start = time.perf_counter()
    intake = take_in([FILES / name])
    took = time.perf_counter() - start
    assert took < SECONDS
    for failure in intake.failures:
        assert type(failure) is InputError or isinstance(failure, InputError)
        assert name in failure.source and failure.problem and failure.remedy, str(failure)
    assert intake.failures or len(intake.updates)
    if name in REFUSED:
        told = [str(failure) for failure in intake.failures] + list(map(str, intake.rejected["reason"]))
        assert any(REFUSED[name] in text for text in told), told


@pytest.mark.parametrize(
    "name", ["escapes.csv", "controls.txt", "control-keys.jsonl", "ragged.csv", "script.html"]
)
def test_the_terminal_gets_no_control_of_a_file_s(name: str, run: Any) -> None:
    done = run("read", FILES / name, "--out", "t.jsonl")
    assert done.returncode in (0, 1, 2)
    assert not _UNSAFE.search(done.stderr), done.stderr
    assert "Traceback" not in done.stderr


# A process of its own between: what the tests have in memory would count as the command's.
MEASURED = """
import json, os, subprocess, sys, time
start = time.perf_counter()
process = subprocess.Popen(sys.argv[1:], stdout=2)
_, status, used = os.wait4(process.pid, 0)
print(json.dumps([os.waitstatus_to_exitcode(status), used.ru_maxrss, used.ru_utime + used.ru_stime,
                  time.perf_counter() - start]))
"""


@pytest.mark.slow
@pytest.mark.parametrize("name", HEAVY)
def test_a_large_file_stays_within_memory_and_time(name: str, tmp_path: Path) -> None:
    path = tmp_path / name
    path.write_bytes(HEAVY[name]())
    command = [sys.executable, "-m", "nlpkit", "read", str(path), "--out", str(tmp_path / "t.jsonl")]
    done = subprocess.run(
        [sys.executable, "-c", MEASURED, *command],
        capture_output=True,
        cwd=tmp_path,
        text=True,
        errors="replace",
    )
    told, (status, peak, busy, took) = done.stderr, json.loads(done.stdout)
    memory = peak * (1 if sys.platform == "darwin" else 1024)
    if log := os.environ.get("NLPKIT_HOSTILE_LOG"):
        with open(log, "a", encoding="utf8") as lines:
            lines.write(
                json.dumps(
                    {
                        "name": name,
                        "seconds": round(took, 1),
                        "cpu": round(busy, 1),
                        "MB": memory // 1_000_000,
                        "status": status,
                        "said": told[:300],
                    }
                )
                + "\n"
            )
    assert "Traceback" not in told, told[-2000:]
    assert status in (0, 1, 2), told[-2000:]
    assert memory < MEMORY, (memory, told)
    assert busy < SECONDS, (busy, took, told)  # of the processor: others may be using it, too
    if name in HEAVY_REFUSED:
        assert status == 2 and HEAVY_REFUSED[name] in told, told[-2000:]
        assert name in told
    if name in READ:
        with open(tmp_path / "t.jsonl", "rb") as lines:
            assert sum(1 for _ in lines) == READ[name]
