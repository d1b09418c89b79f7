"""How fast nlpkit starts, scores and grows, beside sentence-transformers alone on the same texts.

Measured and written by ``benchmarks/results.py``; every figure is of a process with a cache of its own.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from made_updates import made_rows
from processes import Run, command, in_turns, timed, with_proof, write_rows

PROJECT = Path(__file__).resolve().parents[1]
LEAST_WORDS = 40  # of an update of real length
SEED = 7

PLAIN = """
import json, sys, time
from sentence_transformers import SentenceTransformer
from nlpkit.embedding.tokens import model_folder
texts = json.load(open(sys.argv[1]))
model = SentenceTransformer(str(model_folder()), device="cpu", local_files_only=True)
model.encode(texts[:4], batch_size=32, show_progress_bar=False)
"""
PLAIN_WORK = "model.encode(texts, batch_size=32, show_progress_bar=False)"
OURS = """
import json, sys, time
from nlpkit.embedding.default import encoder_named
texts = json.load(open(sys.argv[1]))
encoder = encoder_named("auto")._encoder
encoder.encode(texts[:4])
"""
SCORE = """
import json, os, sys, time
import pandas as pd
import nlpkit
rows = [json.loads(line) for line in open(sys.argv[2])]
fresh = [row | {"update": f"{row['update']} Seen in run {os.getpid()}."} for row in rows[-4:]]
nlpkit.score(pd.DataFrame(fresh))  # loads what has to be loaded, also where all else is kept
rows = rows[:-4]
"""


def updates(number: int) -> list[dict[str, object]]:
    """Updates of real length from the corpus, and four more to warm up with."""
    paths = sorted((PROJECT / "corpora" / "updates" / "services").glob("*.jsonl"))
    rows = [json.loads(line) for path in paths for line in path.read_text(encoding="utf8").splitlines()]
    kept = [row for row in rows if len(str(row["update"]).split()) >= LEAST_WORDS]
    return [{k: v for k, v in row.items() if k != "labels"} for row in kept[: number + 4]]


def one_percent(rows: list[dict[str, object]]) -> list[dict[str, object]]:
    """The rows, of which one in a hundred says a sentence more, each another one."""
    step = max(1, min(100, len(rows)))
    return [
        row | {"update": f"{row['update']} The board noted this in round {i}."} if i % step == 0 else row
        for i, row in enumerate(rows)
    ]


def start(folder: Path, kept: Path, turns: int, rows: int = 50) -> dict[str, Any]:
    """The command from its start to its end: help, and a first and a second scoring of some updates."""
    table = write_rows(folder / "few.jsonl", updates(rows)[:rows])
    scoring = ["score", str(table), "--quiet", "--out", str(folder / "out.jsonl")]

    def cache(turn: int) -> Path:
        return with_proof(kept, folder / f"start{turn}")

    taken = in_turns(
        {
            "help": lambda turn: command(["--help"], cache(turn)),
            "first": lambda turn: command(scoring, cache(turn)),
            "kept": lambda turn: command(scoring, cache(turn)),
            "check": lambda turn: command(scoring, folder / f"empty{turn}"),
        },
        turns,
    )
    return {"rows": rows, "taken": taken}


def throughput(folder: Path, kept: Path, turns: int, number: int) -> dict[str, Any]:
    """Plain encoding, nlpkit's encoder, and scoring: first, again, and after 1% of the rows changed."""
    rows = updates(number)
    texts, table, changed = (folder / name for name in ("texts.json", "table.jsonl", "changed.jsonl"))
    texts.write_text(json.dumps([row["update"] for row in rows[:-4]]), encoding="utf8")
    write_rows(table, rows)
    write_rows(changed, one_percent(rows[:-4]))
    score = "nlpkit.score(pd.DataFrame(rows))"
    again = "nlpkit.score(pd.DataFrame([json.loads(line) for line in open(sys.argv[3])]))"

    def cache(turn: int) -> Path:
        return with_proof(kept, folder / f"through{turn}")

    taken = in_turns(
        {
            "plain": lambda turn: timed(PLAIN, PLAIN_WORK, cache(turn), texts),
            "encode": lambda turn: timed(OURS, "encoder.encode(texts)", cache(turn), texts),
            "score": lambda turn: timed(SCORE, score, cache(turn), texts, table),
            "again": lambda turn: timed(SCORE, score, cache(turn), texts, table),
            "changed": lambda turn: timed(SCORE, again, cache(turn), texts, table, changed),
        },
        turns,
    )
    words = sum(len(str(row["update"]).split()) for row in rows[:-4]) / len(rows[:-4])
    return {"rows": len(rows) - 4, "words": words, "taken": taken}


def growth(folder: Path, kept: Path, turns: dict[int, int], few: int = 50) -> dict[str, Any]:
    """``nlpkit score`` on made updates of several sizes, nothing kept; ``few`` tells what starting costs.

    Args:
        turns: how often each size is run.
    """
    taken: dict[str, list[Run]] = {}
    tables = {size: write_rows(folder / f"{size}.jsonl", made_rows(size, SEED)) for size in (few, *turns)}
    first = {few: max(turns.values()), **turns}

    def work(size: int, turn: int) -> Run:
        cache = with_proof(kept, folder / f"grow{size}-{turn}")
        # 100,000 rows are a little more text than nlpkit reads from one file unless told otherwise.
        limit = {"NLPKIT_MAX_TEXT_BYTES": str(tables[size].stat().st_size + 1)} if size > 50_000 else {}
        asked = ["score", str(tables[size]), "--quiet", "--out", str(folder / "out.jsonl")]
        return command(asked, cache, settings=limit)

    for turn in range(max(first.values())):
        for size, wanted in first.items():
            if turn < wanted:
                for name, runs in in_turns({str(size): lambda _, s=size, t=turn: work(s, t)}, 1).items():
                    taken.setdefault(name, []).extend(runs)
    return {"few": few, "taken": taken}
