"""The starter corpus: labels by the codebook, splits that do not leak, nothing taken from real plans."""

from __future__ import annotations

import json
import re
from collections import Counter, defaultdict
from itertools import combinations
from pathlib import Path

import pytest

from nlpkit.resources import bundled
from nlpkit.schema import READ_COLUMNS, Evidence, Flag, Mismatch, Stale, Status, conform

SHARED = Path(__file__).resolve().parents[2] / "shared"

ROWS = [
    json.loads(line)
    for line in bundled("corpora/updates/starter.jsonl").read_text(encoding="utf8").splitlines()
]


def words(text: str) -> list[str]:
    return re.findall(r"[a-z0-9%]+", text.lower())


def runs(text: str, length: int) -> set[tuple[str, ...]]:
    found = words(text)
    return {tuple(found[i : i + length]) for i in range(len(found) - length + 1)}


def test_rows_are_update_table_rows_with_unique_ids() -> None:
    import pandas as pd

    assert len(ROWS) >= 200
    assert len({row["row_id"] for row in ROWS}) == len(ROWS)
    own = {"labels", "split", "sector", "pair"}
    for row in ROWS:
        assert own < set(row)
        assert set(row) - own <= set(READ_COLUMNS), row["row_id"]
        assert re.fullmatch(r"\d{4}-\d{2}", row["as_of"]), row["row_id"]
    assert list(conform(pd.DataFrame(ROWS))["row_id"]) == [row["row_id"] for row in ROWS]


def test_labels_are_of_the_codebook_and_in_its_order() -> None:
    for row in ROWS:
        labels = row["labels"]
        assert set(labels) == {"status", "mismatch", "stale", "stale_refs", "evidence", "flags", "why"}
        Status(labels["status"])
        Evidence(labels["evidence"])
        assert labels["mismatch"] == "" or Mismatch(labels["mismatch"])
        for kind, names in ((Stale, labels["stale"]), (Flag, labels["flags"])):
            assert set(names) <= {str(member) for member in kind}, row["row_id"]
        assert labels["flags"] == [str(flag) for flag in Flag if flag in labels["flags"]], row["row_id"]
        assert ("declared_mismatch" in labels["flags"]) == bool(labels["mismatch"]), row["row_id"]


def test_the_deciding_passage_stands_in_the_row() -> None:
    for row in ROWS:
        why = row["labels"]["why"]
        if row["update"]:
            assert why and (why in row["update"] or why in row["planned_action"]), row["row_id"]


def test_every_label_is_there_often_enough() -> None:
    statuses = Counter(row["labels"]["status"] for row in ROWS)
    assert min(statuses[status] for status in Status) >= 15, statuses
    for split in ("tune", "check"):
        ours = [row["labels"] for row in ROWS if row["split"] == split]
        assert min(Counter(labels["status"] for labels in ours)[s] for s in Status) >= 7
        assert {labels["evidence"] for labels in ours} == {str(level) for level in Evidence}
        assert {flag for labels in ours for flag in labels["flags"]} == {str(flag) for flag in Flag}
        assert {labels["mismatch"] for labels in ours} == {"", "optimistic", "pessimistic"}
    outside = [row for row in ROWS if row["sector"] != "fire"]
    assert len(outside) >= len(ROWS) / 5


def test_splits_are_disjoint_by_service() -> None:
    services = defaultdict(set)
    for row in ROWS:
        services[row["service"]].add(row["split"])
    assert Counter(split for splits in services.values() for split in splits) == {"tune": 3, "check": 3}


def test_pairs_share_an_action_and_differ_in_a_label() -> None:
    pairs = defaultdict(list)
    for row in ROWS:
        if row["pair"]:
            pairs[row["pair"]].append(row)
    assert len(pairs) >= 30
    for name, members in pairs.items():
        assert len(members) >= 2, name
        assert len({(m["service"], m["action_id"], m["as_of"]) for m in members}) == 1, name
        assert len({m["source"] for m in members}) == len(members), name
        moved = {(m["labels"]["status"], m["labels"]["mismatch"]) for m in members}
        assert len(moved) == len(members), name


def test_no_duplicates_but_pairs_and_labelled_repeats() -> None:
    shingles = {row["row_id"]: runs(row["update"], 3) for row in ROWS}
    for left, right in combinations(ROWS, 2):
        if left["pair"] and left["pair"] == right["pair"]:
            continue
        repeats = {"repeat_self", "repeat_other"}
        if repeats & {*left["labels"]["stale"], *right["labels"]["stale"]}:
            continue
        a, b = shingles[left["row_id"]], shingles[right["row_id"]]
        if len(a) >= 4 and len(b) >= 4:
            assert len(a & b) / len(a | b) < 0.5, (left["row_id"], right["row_id"])


def test_no_text_crosses_the_split() -> None:
    split = {
        name: set().union(*(runs(row["update"], 8) for row in ROWS if row["split"] == name))
        for name in ("tune", "check")
    }
    assert not split["tune"] & split["check"]


def test_nothing_is_taken_from_the_real_documents() -> None:
    documents = sorted((SHARED / "documents").glob("*.txt"))
    if not documents:
        pytest.skip("../shared/documents is not there")
    real = set().union(
        *(runs(re.sub(r"<[^>]+>", " ", path.read_text(encoding="utf8")), 12) for path in documents)
    )
    for row in ROWS:
        for name in ("recommendation", "required_outcome", "planned_action", "update"):
            assert not runs(row[name], 12) & real, (row["row_id"], name)
