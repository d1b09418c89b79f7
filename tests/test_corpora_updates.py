"""The corpus of updates: labels by the codebook, splits that do not leak, nothing taken from real plans."""

from __future__ import annotations

import json
import re
from collections import Counter, defaultdict
from itertools import combinations
from pathlib import Path
from typing import Any

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


# --- the services -------------------------------------------------------------------------------------

FILES = {
    path.stem: [json.loads(line) for line in path.read_text(encoding="utf8").splitlines()]
    for path in sorted(bundled("corpora/updates/services").glob("*.jsonl"))
}
SERVICES = [row for rows in FILES.values() for row in rows]
FRESH = {
    path.stem: [json.loads(line) for line in path.read_text(encoding="utf8").splitlines()]
    for path in sorted(bundled("corpora/updates/fresh").glob("*.jsonl"))
}
UNSEEN = [row for rows in FRESH.values() for row in rows]
SPLITS: dict[str, list[str]] = json.loads(bundled("corpora/updates/splits.json").read_text(encoding="utf8"))
KEYS = [
    "row_id", "service", "source", "section", "theme", "action_id", "recommendation", "required_outcome",
    "planned_action", "owner", "due", "period", "as_of", "update", "declared", "labels", "sector", "pair",
]  # fmt: skip
JUDGED = ("status", "stale", "stale_refs", "evidence", "flags")
NEAR = 0.6
REPEATS = {"repeat_self", "repeat_other"}


def near_duplicates(rows: list[dict[str, Any]]) -> list[tuple[dict[str, Any], dict[str, Any]]]:
    """Pairs of rows whose updates share 0.6 of their runs of five words, by way of the runs they share."""
    found = [runs(row["update"], 5) for row in rows]
    holders = defaultdict(list)
    for number, mine in enumerate(found):
        for run in mine:
            holders[run].append(number)
    shared = Counter(pair for numbers in holders.values() for pair in combinations(numbers, 2))
    return [(rows[a], rows[b]) for (a, b), n in shared.items() if n >= NEAR * len(found[a] | found[b])]


def test_near_duplicates_are_seen() -> None:
    text = "the crews of all nine stations were trained in the use of the new cutting gear by the end of may"
    rows = [
        {"update": text},
        {"update": text.replace("may", "june")},
        {"update": text[:40]},
        {"update": "Done."},
    ]
    assert near_duplicates(rows) == [(rows[0], rows[1])]


def test_rows_of_services_are_whole() -> None:
    import pandas as pd

    ids = Counter(row["row_id"] for row in [*SERVICES, *UNSEEN, *ROWS])
    assert not [row_id for row_id, n in ids.items() if n > 1]
    assert all(len({row["service"] for row in rows}) == 1 for rows in [*FILES.values(), *FRESH.values()])
    at_once = [name for name, rows in FILES.items() if len({row["as_of"] for row in rows}) == 1]
    assert at_once == ["withymoor"], "all but one plan report in several periods"
    for row in [*SERVICES, *UNSEEN]:
        assert list(row) == KEYS, row["row_id"]
        assert all(isinstance(row[key], str) for key in KEYS if key != "labels"), row["row_id"]
        assert re.fullmatch(r"\d{4}-(?:0[1-9]|1[0-2])", row["as_of"]), row["row_id"]
        assert row["sector"] in {"fire", "transport", "audit", "health", "council", "police"}
    table = pd.DataFrame([*SERVICES, *UNSEEN]).drop(columns=["labels", "pair"])
    assert list(conform(table)["row_id"]) == [row["row_id"] for row in [*SERVICES, *UNSEEN]]


def test_labels_of_services_are_of_the_codebook() -> None:
    for row in [*SERVICES, *UNSEEN]:
        labels = row["labels"]
        assert set(labels) == {*JUDGED, "why"}, row["row_id"]
        Status(labels["status"])
        Evidence(labels["evidence"])
        for kind, names in ((Stale, labels["stale"]), (Flag, labels["flags"])):
            assert set(names) <= {str(member) for member in kind}, row["row_id"]
            assert len(names) == len(set(names)), row["row_id"]
        assert all(isinstance(ref, str) and ref for ref in labels["stale_refs"]), row["row_id"]
        assert row["declared"] or "declared_mismatch" not in labels["flags"], row["row_id"]
        assert row["update"].strip() or "empty" in labels["stale"], row["row_id"]
        why = labels["why"]
        assert why or not row["update"].strip(), row["row_id"]
        assert any(why in row[name] for name in ("update", "planned_action", "due")), row["row_id"]


def test_there_is_enough_of_everything() -> None:
    everything = [*SERVICES, *ROWS]
    assert len({row["service"] for row in everything}) >= 14 and len(FILES) >= 13
    assert len(SERVICES) >= 2_000
    statuses = Counter(row["labels"]["status"] for row in everything)
    assert min(statuses[status] for status in Status) >= 150, statuses
    stale = Counter(kind for row in everything for kind in row["labels"]["stale"])
    flags = Counter(flag for row in everything for flag in row["labels"]["flags"])
    assert min(stale[kind] for kind in Stale) >= 50, stale
    assert min(flags[flag] for flag in Flag) >= 50, flags
    assert sum(row["sector"] != "fire" for row in SERVICES) >= len(SERVICES) / 5
    lengths = [len(row["update"].split()) for row in SERVICES]
    assert max(lengths) >= 200 and sum(length > 80 for length in lengths) >= len(lengths) / 5


def test_minimal_pairs_of_services_change_a_judgement() -> None:
    pairs = defaultdict(list)
    for row in SERVICES:
        if row["pair"]:
            pairs[row["service"], row["pair"]].append(row)
    assert sum(map(len, pairs.values())) >= 200
    for name, members in pairs.items():
        assert 2 <= len(members) <= 3, name
        assert len({(row["action_id"], row["as_of"]) for row in members}) == 1, name
        judged = {json.dumps([row["labels"][kind] for kind in JUDGED]) for row in members}
        assert len(judged) == len(members), name


def test_duplicates_are_pairs_repeats_or_bare_words() -> None:
    same = defaultdict(list)
    for row in SERVICES:
        if len(words(row["update"])) > 3:
            same[" ".join(words(row["update"]))].append(row)
    for text, rows in same.items():
        one_pair = len({(row["service"], row["pair"] or row["row_id"]) for row in rows}) == 1
        repeats = sum(bool(REPEATS & {*row["labels"]["stale"]}) for row in rows)
        assert len(rows) == 1 or one_pair or repeats >= len(rows) - 1, text[:80]
    bare = [row for row in SERVICES if len(words(row["update"])) <= 3]
    repeated = Counter(" ".join(words(row["update"])) for row in bare)
    for row in bare:
        if repeated[" ".join(words(row["update"]))] > 1:
            assert {"empty", "no_change"} & {*row["labels"]["stale"]}, row["row_id"]


def test_no_two_services_tell_the_same() -> None:
    for one, other in near_duplicates([*SERVICES, *UNSEEN, *ROWS]):
        assert one["service"] == other["service"], (one["row_id"], other["row_id"])


def test_services_are_split_without_a_leak() -> None:
    train, test = SPLITS["train"], SPLITS["test"]
    assert set(SPLITS) == {"train", "test", "typical", "status_only"}
    assert set(SPLITS["typical"]) < set(train) and not set(SPLITS["status_only"]) & set(SPLITS["typical"])
    assert set(SPLITS["status_only"]) < set(train)
    assert sorted([*train, *test]) == sorted(FILES) and not set(train) & set(test)
    learned = [*ROWS, *(row for name in train for row in FILES[name])]
    held = [row for name in test for row in FILES[name]]
    assert not {row["service"] for row in learned} & {row["service"] for row in held}
    side = {row["row_id"]: "train" for row in learned} | {row["row_id"]: "test" for row in held}
    for one, other in near_duplicates([*learned, *held]):
        assert side[one["row_id"]] == side[other["row_id"]], (one["row_id"], other["row_id"])
    told = set().union(*(runs(row["update"], 12) for row in learned))
    for row in held:
        assert not runs(row["update"], 12) & told, row["row_id"]
    statuses = Counter(row["labels"]["status"] for row in held)
    assert min(statuses[status] for status in Status) >= 20, statuses
    assert {row["sector"] for row in held} > {"fire"}


def test_fresh_rows_are_of_services_that_nothing_else_is_of() -> None:
    others = [*SERVICES, *ROWS]
    assert not {row["service"] for row in UNSEEN} & {row["service"] for row in others}
    told = set().union(*(runs(row["update"], 12) for row in others))
    for row in UNSEEN:
        assert not runs(row["update"], 12) & told, row["row_id"]


def test_the_datasheet_counts_what_is_there() -> None:
    parts = [[row for name in SPLITS[side] for row in FILES[name]] for side in ("train", "test")]
    parts += [UNSEEN, ROWS]
    sheet = bundled("corpora/updates/README.md").read_text(encoding="utf8")
    for kind, labels in (("status", Status), ("evidence", Evidence), ("stale", Stale), ("flags", Flag)):
        for label in labels:
            told = [sum(label in _listed(row["labels"][kind]) for row in part) for part in parts]
            line = f"| {label} | {' | '.join(map(str, [*told, sum(told)]))} |"
            assert line in sheet, line
    for name, rows in {**FILES, **FRESH}.items():
        assert re.search(rf"\| `{name}` \| {rows[0]['service']} \| [^|]+ \| {len(rows)} \|", sheet), name
    assert f"| {len(SERVICES):,} | updates by {len(FILES)} invented services" in sheet
    assert f"({len(parts[0]):,} rows)" in sheet


def test_every_theme_has_a_common_name_for_the_benchmark() -> None:
    path = Path(__file__).resolve().parents[1] / "benchmarks" / "data" / "theme_names.json"
    names = json.loads(path.read_text(encoding="utf8"))["sectors"]
    themes = {(row["sector"], row["theme"]) for row in [*ROWS, *SERVICES]}
    assert not [theme for theme in sorted(themes) if theme[1] not in names[theme[0]]]


def _listed(label: str | list[str]) -> list[str]:
    return [label] if isinstance(label, str) else label


def test_second_labels_are_of_rows_that_are_here() -> None:
    path = bundled("corpora/updates/second_labels.jsonl")
    second = [json.loads(line) for line in path.read_text(encoding="utf8").splitlines()]
    ids = {row["row_id"] for row in [*SERVICES, *ROWS]}
    assert len(second) >= 400 and len({row["row_id"] for row in second}) == len(second)
    for row in second:
        assert row["row_id"] in ids
        Status(row["status"])
        Evidence(row["evidence"])
        assert set(row["stale"]) <= {str(kind) for kind in Stale}, row["row_id"]
        assert set(row["flags"]) <= {str(flag) for flag in Flag}, row["row_id"]


def labelled_blind(file: str, rows: list[dict[str, Any]]) -> tuple[int, int]:
    """How many of the rows a second reader labelled, and for how many the status is the first reader's."""
    second = [
        json.loads(line)
        for line in bundled(f"corpora/updates/{file}").read_text(encoding="utf8").splitlines()
    ]
    first = {row["row_id"]: row["labels"]["status"] for row in rows}
    assert len({row["row_id"] for row in second}) == len(second)
    for row in second:
        assert {row["status"], *row["status_also"]} <= {str(status) for status in Status}, row["row_id"]
        Evidence(row["evidence"])
    return len(second), sum(row["status"] == first[row["row_id"]] for row in second)


def test_fresh_rows_are_all_labelled_twice() -> None:
    labelled, agreed = labelled_blind("fresh_second_labels.jsonl", UNSEEN)
    assert labelled == len(UNSEEN)
    sheet = bundled("corpora/updates/README.md").read_text(encoding="utf8")
    assert f"agree on the status of {agreed} of the {labelled} fresh rows" in sheet


def test_the_last_services_are_labelled_twice() -> None:
    labelled, agreed = labelled_blind("more_second_labels.jsonl", SERVICES)
    assert labelled >= 2_800
    sheet = bundled("corpora/updates/README.md").read_text(encoding="utf8")
    assert f"labelled {labelled:,} of the" in sheet and f"agree on the status of {agreed} (kappa" in sheet


# --- all of it ----------------------------------------------------------------------------------------


def test_nothing_is_taken_from_the_real_documents() -> None:
    documents = sorted((SHARED / "documents").glob("*.txt"))
    if not documents:
        pytest.skip("../shared/documents is not there")
    real = set().union(
        *(runs(re.sub(r"<[^>]+>", " ", path.read_text(encoding="utf8")), 12) for path in documents)
    )
    for row in [*ROWS, *SERVICES, *UNSEEN]:
        for name in ("recommendation", "required_outcome", "planned_action", "update"):
            assert not runs(row[name], 12) & real, (row["row_id"], name)
