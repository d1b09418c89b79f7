"""The authored reviews: labels by the codebook, no copies between periods, nothing taken from real plans."""

from __future__ import annotations

import json
import re
from collections import Counter
from itertools import combinations
from typing import Any

import pandas as pd
import pytest
from test_corpora_updates import ROWS, SERVICES, SHARED, runs, words

from nlpkit.resources import bundled
from nlpkit.schema import READ_COLUMNS, Status, conform, natural_key


def period(name: str) -> list[dict[str, Any]]:
    path = bundled("corpora/reviews") / f"{name}.jsonl"
    return [json.loads(line) for line in path.read_text(encoding="utf8").splitlines()]


FIRST, NEXT = period("first_period"), period("next_period")
EVERYTHING = [*FIRST, *NEXT]


def test_rows_are_whole_and_of_one_service_that_the_corpus_has_not() -> None:
    assert len(FIRST) == 100 and len(NEXT) >= 60
    assert len({row["row_id"] for row in EVERYTHING}) == len(EVERYTHING)
    assert len({row["service"] for row in EVERYTHING}) == 1
    assert not {row["service"] for row in EVERYTHING} & {row["service"] for row in [*ROWS, *SERVICES]}
    for row in EVERYTHING:
        assert set(row) - {"labels"} <= set(READ_COLUMNS)
        assert set(row["labels"]) == {"status", "why"}
        Status(row["labels"]["status"])
        assert row["labels"]["why"] and row["labels"]["why"] in row["update"], row["row_id"]
        assert re.fullmatch(r"\d{4}-\d\d", row["as_of"])
    table = pd.DataFrame(EVERYTHING).drop(columns=["labels"])
    assert list(conform(table)["row_id"]) == [row["row_id"] for row in EVERYTHING]


def test_the_next_period_goes_on_from_the_first() -> None:
    first = {row["action_id"]: row for row in FIRST}
    assert len(first) == len(FIRST)
    assert [row["action_id"] for row in FIRST] == sorted(first, key=natural_key)
    for row in NEXT:
        before = first[row["action_id"]]
        assert before["as_of"] < row["as_of"]
        for name in ("recommendation", "planned_action", "due", "theme"):
            assert row[name] == before[name], row["row_id"]
        assert before["labels"]["status"] not in {"complete", "declined"}, row["row_id"]


def test_every_status_occurs_in_both_periods() -> None:
    for rows in (FIRST, NEXT):
        counts = Counter(row["labels"]["status"] for row in rows)
        assert set(counts) == {str(status) for status in Status}
        assert max(counts.values()) <= len(rows) * 0.4


def test_no_text_is_a_copy_of_another() -> None:
    seen = Counter(" ".join(words(row["update"])) for row in EVERYTHING)
    assert not [text for text, n in seen.items() if n > 1 and len(text.split()) > 1]
    shingles = [(row["row_id"], runs(row["update"], 3)) for row in EVERYTHING]
    for (one, left), (other, right) in combinations(shingles, 2):
        if len(left) >= 4 and len(right) >= 4:
            assert len(left & right) / len(left | right) < 0.5, (one, other)


def test_no_text_stands_in_the_corpus_of_updates() -> None:
    told = set().union(*(runs(row["update"], 8) for row in [*ROWS, *SERVICES]))
    for row in EVERYTHING:
        assert not runs(row["update"], 8) & told, row["row_id"]


def test_the_datasheet_counts_what_is_there() -> None:
    sheet = (bundled("corpora/reviews") / "README.md").read_text(encoding="utf8")
    for status in Status:
        told = [sum(row["labels"]["status"] == status for row in rows) for rows in (FIRST, NEXT)]
        assert f"| {status} | {told[0]} | {told[1]} |" in sheet
    mean = sum(len(row["update"].split()) for row in EVERYTHING) / len(EVERYTHING)
    assert f"{mean:.0f} words on average" in sheet


def test_nothing_is_taken_from_the_real_documents() -> None:
    documents = sorted((SHARED / "documents").glob("*.txt"))
    if not documents:
        pytest.skip("../shared/documents is not there")
    real = set().union(
        *(runs(re.sub(r"<[^>]+>", " ", path.read_text(encoding="utf8")), 12) for path in documents)
    )
    for row in EVERYTHING:
        for name in ("recommendation", "planned_action", "update"):
            assert not runs(row[name], 12) & real, (row["row_id"], name)
