"""The authored links: grades that hold together, splits that do not leak, nothing taken from real plans."""

from __future__ import annotations

import json
import re
from collections import Counter, defaultdict
from itertools import combinations
from pathlib import Path
from typing import Any

import pytest

from nlpkit.catalogue import load_catalogue
from nlpkit.resources import bundled

SHARED = Path(__file__).resolve().parents[2] / "shared"
TEXTS = ("recommendation", "required_outcome", "update")
GRADES = ("equivalent", "related", "none")


def read(path: str) -> list[dict[str, Any]]:
    return [json.loads(line) for line in bundled(path).read_text(encoding="utf8").splitlines()]


FILES = {name: read(f"corpora/links/{name}.jsonl") for name in ("starter", "plans")}
ROWS = [row for rows in FILES.values() for row in rows]
ORDERED = read("corpora/links/ordered.jsonl")


def words(text: str) -> list[str]:
    return re.findall(r"[a-z0-9%]+", text.lower())


def runs(text: str, length: int) -> set[tuple[str, ...]]:
    found = words(text)
    return {tuple(found[i : i + length]) for i in range(len(found) - length + 1)}


def whole(row: dict[str, Any]) -> str:
    return " . ".join(row.get(name, "") for name in TEXTS)


def narrative_alone(row: dict[str, Any]) -> bool:
    return not row.get("recommendation") and not row.get("required_outcome")


def test_rows_are_whole_and_grades_are_of_the_catalogue() -> None:
    ids = {entry.id for entry in load_catalogue("spotlight").entries}
    assert len({row["row_id"] for row in ROWS}) == len(ROWS)
    for row in ROWS:
        assert words(whole(row)) and row["split"] in {"tune", "check"}, row["row_id"]
        graded = [row["gold"].get(grade, []) for grade in GRADES]
        assert all(len(set(part)) == len(part) and set(part) <= ids for part in graded), row["row_id"]
        assert not any(set(one) & set(other) for one, other in combinations(graded, 2)), row["row_id"]
    for row in FILES["plans"]:
        assert set(row["gold"]) == set(GRADES) and row["gold"]["none"], row["row_id"]
        # What answers nothing in the catalogue says what it does answer.
        bare = not row["gold"]["equivalent"] and not row["gold"]["related"]
        assert bool(row["duty"]) == bare, row["row_id"]


def test_there_are_pairs_enough_and_most_have_no_counterpart() -> None:
    pairs = sum(len(row["gold"].get(grade, [])) for row in ROWS for grade in GRADES)
    assert pairs >= 1_500
    assert sum(map(narrative_alone, ROWS)) >= len(ROWS) / 2
    plans = FILES["plans"]
    assert sum(not row["gold"]["equivalent"] for row in plans) >= 0.6 * len(plans)
    for split in ("tune", "check"):
        here = Counter(id_ for row in ROWS if row["split"] == split for id_ in row["gold"]["equivalent"])
        assert min(here[entry.id] for entry in load_catalogue("spotlight").entries) >= 5
    duties = Counter(row["duty"] for row in plans if row["duty"])
    assert sum(count > 1 for count in duties.values()) >= 60


def test_a_service_stands_in_one_split() -> None:
    splits = defaultdict(set)
    for row in ROWS:
        splits[row["service"]].add(row["split"])
    assert all(len(names) == 1 for names in splits.values())
    assert len(splits) >= 30 and Counter(min(names) for names in splits.values())["check"] >= 9


def test_no_two_rows_say_the_same() -> None:
    found = [runs(whole(row), 3) for row in ROWS]
    holders = defaultdict(list)
    for number, mine in enumerate(found):
        for run in mine:
            holders[run].append(number)
    shared = Counter(pair for numbers in holders.values() for pair in combinations(numbers, 2))
    for (a, b), count in shared.items():
        if min(len(found[a]), len(found[b])) >= 4:
            assert count < 0.5 * len(found[a] | found[b]), (ROWS[a]["row_id"], ROWS[b]["row_id"])
    assert len({" ".join(words(whole(row))) for row in ROWS}) == len(ROWS)


def test_no_text_crosses_the_split() -> None:
    tune, check = (
        set().union(*(runs(whole(row), 9) for row in ROWS if row["split"] == split))
        for split in ("tune", "check")
    )
    assert not tune & check


def test_the_datasheet_counts_what_is_there() -> None:
    sheet = bundled("corpora/links/README.md").read_text(encoding="utf8")
    for name, rows in FILES.items():
        for split in ("tune", "check"):
            here = [row for row in rows if row["split"] == split]
            same = sum(bool(row["gold"]["equivalent"]) for row in here)
            near = sum(bool(row["gold"]["related"]) and not row["gold"]["equivalent"] for row in here)
            cells = (
                len(here),
                len({row["service"] for row in here}),
                same,
                near,
                len(here) - same - near,
                sum(map(narrative_alone, here)),
                sum(len(row["gold"].get(grade, [])) for row in here for grade in GRADES),
            )
            assert f"| `{name}.jsonl` | `{split}` | {' | '.join(map(str, cells))} |" in sheet


def test_nothing_is_taken_from_the_real_documents() -> None:
    documents = sorted((SHARED / "documents").glob("*.txt"))
    if not documents:
        pytest.skip("../shared/documents is not there")
    real = set().union(
        *(runs(re.sub(r"<[^>]+>", " ", path.read_text(encoding="utf8")), 8) for path in documents)
    )
    for row in [*ROWS, *ORDERED]:
        for name in TEXTS:
            assert not runs(row.get(name, ""), 8) & real, (row["row_id"], name)


def test_the_plans_in_order_stand_apart() -> None:
    places = {entry.id: i for i, entry in enumerate(load_catalogue("spotlight").entries)}
    services = list(dict.fromkeys(row["service"] for row in ORDERED))
    assert len({row["row_id"] for row in [*ROWS, *ORDERED]}) == len(ROWS) + len(ORDERED)
    assert not set(services) & {row["service"] for row in ROWS}
    told, known = (set().union(*(runs(whole(row), 9) for row in rows)) for rows in (ORDERED, ROWS))
    assert not told & known
    in_order = []
    for service in services:
        graded = [row["gold"]["equivalent"] for row in ORDERED if row["service"] == service]
        at = [places[id_] for gold in graded for id_ in gold]
        in_order.append(at == sorted(at))
        assert all(len(gold) <= 1 for gold in graded) and len(set(at)) == len(at)
    assert in_order == [True, True, False]
    same = sum(bool(row["gold"]["equivalent"]) for row in ORDERED)
    pairs = sum(len(row["gold"][grade]) for row in ORDERED for grade in ("equivalent", "related"))
    cells = (len(ORDERED), len(services), same, 0, len(ORDERED) - same, len(ORDERED), pairs)
    sheet = bundled("corpora/links/README.md").read_text(encoding="utf8")
    assert f"| `ordered.jsonl` | `order` | {' | '.join(map(str, cells))} |" in sheet
    assert all(set(row) == {"row_id", "service", "split", "update", "gold"} for row in ORDERED)
