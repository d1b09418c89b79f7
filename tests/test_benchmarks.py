"""The benchmark's own parts, and that it runs from start to end; its figures are no test."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

PROJECT = Path(__file__).resolve().parents[1]
BENCHMARKS = PROJECT / "benchmarks"
sys.path.insert(0, str(BENCHMARKS))

import peers
import results
from floor import Shape, piece_lengths, total_macs
from machine import instruction_sets, read_cpuinfo
from made_updates import ACTIONS, QUARTERS, authored_updates, made_rows
from repeats import judged
from results_page import best, in_short, page, per_row, ratios, spread, table_under
from speed import one_percent
from stages import STAGES, Clock, place

from nlpkit.schema import conform

SECTIONS = tuple(results.SECTIONS)


def run(wall: float, cpu: float = 1.0, mb: float = 100.0) -> dict[str, float]:
    return {"wall": wall, "cpu": cpu, "mb": mb}


def held(**sections: Any) -> dict[str, Any]:
    """What the report is written from, with these sections."""
    facts = {"begun": "2026-01-01 10:00", "load": 0.1, "runs": 2, "revision": "abc1234", "seconds": 60}
    machine = {
        "processor": "A Processor",
        "cores": 2,
        "memory_gb": 24,
        "sets": ["AVX2"],
        "lacks": ["AMX"],
        "system": "Linux x86_64",
        "python": "3.11.7",
    }
    return {
        "machine": machine,
        "versions": {"numpy": "2.0"},
        "sections": {
            name: facts | ({"failed": found} if isinstance(found, str) else {"figures": found})
            for name, found in sections.items()
        },
    }


THROUGHPUT = {
    "rows": 10,
    "words": 70.0,
    "taken": {
        "plain": [run(4.0), run(9.0), run(6.0)],
        "encode": [run(1.0), run(2.0), run(3.0)],
        "score": [run(2.0, 8.0), run(3.0, 8.0), run(3.0, 8.0)],
        "again": [run(1.0), run(1.0), run(1.0)],
        "changed": [run(1.0, 2.0), run(1.0, 2.0), run(1.0, 4.0)],
    },
}
FLOOR = {
    "rows": 10,
    "shape": {"layers": 6, "hidden": 384, "inner": 1536},
    "precision": "bf16",
    "tokens": 95.0,
    "gmacs": 1.05,
    "asked": 10.0,
    "asked_tokens": 300.0,
    "asked_gmacs": 3.15,
    "cores": 2,
    "taken": [run(0.15, 0.2)],
    "peaks": {"OpenVINO bf16, encoder": 210.0, "PyTorch bf16, 512 square": 100.0, "PyTorch f32, x": 999.0},
}


# -- what is counted -------------------------------------------------------------------------


def test_multiply_accumulates_as_counted_by_hand() -> None:
    # One layer of 2 values, 3 between, two tokens: 2 × (4 × 2 × 2 + 2 × 2 × 3) and 2 × 2 × 2 × 2.
    assert Shape(1, 2, 3).macs(2) == 56 + 16
    # MiniLM: a token costs 6 × (4 × 384² + 2 × 384 × 1536), 100 tokens 6 × 2 × 100² × 384 more.
    assert Shape(6, 384, 1536).macs(100) == 100 * 10_616_832 + 46_080_000
    assert total_macs(Shape(1, 2, 3), [2, 2]) == 144


@pytest.mark.slow
@pytest.mark.parametrize("tokens", [3, 41])
def test_multiply_accumulates_are_those_of_the_graph(tokens: int) -> None:
    from nlpkit.embedding.graph import minilm_graph
    from nlpkit.embedding.tokens import model_folder

    graph = minilm_graph(model_folder() / "model.safetensors")
    graph.reshape([1, tokens])
    counted = 0
    for node in graph.get_ops():
        if node.get_type_name() == "MatMul":
            made = 1
            for size in node.output(0).shape:
                made *= size
            counted += made * node.input_value(0).shape[-1]
    assert Shape.of(model_folder()).macs(tokens) == counted


def test_tokens_are_counted_with_their_markers() -> None:
    assert piece_lengths(["fire", "fire fire"]) == [3, 4]


def test_a_stage_inside_another_stops_its_clock() -> None:
    ticks = iter([0.0, 1.0, 4.0, 10.0, 20.0, 21.0])
    clock = Clock(lambda: next(ticks))
    with clock.stage("outer"), clock.stage("inner"):
        pass
    assert clock.wrapped("inner", lambda value: value)(7) == 7
    assert clock.seconds == {"outer": 10.0 - 3.0, "inner": 3.0 + 1.0}


@pytest.mark.parametrize("point", [point for points in STAGES.values() for point in points])
def test_each_function_that_is_timed_is_there(point: str) -> None:
    holder, name = place(point)
    assert callable(getattr(holder, name))


def test_a_function_that_is_gone_is_named() -> None:
    with pytest.raises(LookupError, match=r"nlpkit\.features:counted is gone"):
        place("nlpkit.features:counted")


def test_pairs_are_held_against_the_planted_copies() -> None:
    texts = ["a b c d e f g h i", "other words altogether", "z a b c d e f g h i", "none of these", "x", "y"]
    copies = [{"source": 0, "place": 1, "whole": True}, {"source": 4, "place": 3, "whole": False}]
    found = judged({(0, 1), (0, 2), (1, 3)}, texts, copies)
    assert (found["found"], found["found_whole"], found["found_passage"]) == (0.5, 1.0, 0.0)
    assert (found["flagged"], found["by_chance"], found["wrong"]) == (3, 1, 1)


def test_instruction_sets_are_read_from_the_flags() -> None:
    name, flags = read_cpuinfo("model name\t: A: B\nflags\t\t: avx2 amx_tile amx_bf16\n\nmodel name: C\n")
    assert name == "A: B"
    assert instruction_sets(flags) == ["AVX2", "AMX", "AMX BF16"]


# -- what is measured on ---------------------------------------------------------------------


def test_the_same_seed_makes_the_same_updates_whatever_the_order_of_sets() -> None:
    code = (
        "import hashlib, json; from made_updates import authored_updates, made_rows, made_updates\n"
        "made = [made_updates(40), authored_updates(), made_rows(40)]\n"
        "print(hashlib.sha256(json.dumps(made, default=vars).encode()).hexdigest())"
    )
    said = {
        subprocess.run(
            [sys.executable, "-c", code],
            env=os.environ | {"PYTHONHASHSEED": seed, "PYTHONPATH": str(BENCHMARKS)},
            capture_output=True,
            text=True,
            check=True,
        ).stdout
        for seed in ("1", "2")
    }
    assert len(said) == 1
    assert made_rows(40, seed=1) != made_rows(40, seed=2)


def test_made_rows_are_an_update_table_of_whole_plans() -> None:
    size = 2 * ACTIONS * len(QUARTERS) + 10
    table = conform(made_rows_table(size))
    assert len(table) == table["row_id"].nunique() == size
    assert table["service"].nunique() == 3
    first = table[(table["service"] == "Service 1") & (table["action_id"] == "3")]
    assert list(first["as_of"]) == [moment for _, moment in QUARTERS]
    assert first["recommendation"].nunique() == 1 and first["update"].nunique() == 4


def made_rows_table(size: int) -> Any:
    import pandas as pd

    return pd.DataFrame(made_rows(size))


def test_copies_stand_in_the_authored_updates_where_they_are_said_to() -> None:
    texts, copies = authored_updates()
    assert len(copies) > 100
    for copy in copies:
        said = texts[copy.source][slice(*copy.source_span)].split()
        again = texts[copy.place][slice(*copy.span)].split()
        assert len(set(said) & set(again)) >= 0.6 * len(set(said))
    places = [place for copy in copies for place in (copy.source, copy.place)]
    assert len(set(places)) == len(places)


def test_one_in_a_hundred_changes() -> None:
    rows: list[dict[str, object]] = [{"update": f"Update {n}."} for n in range(250)]
    changed = one_percent(rows)
    assert [n for n, (a, b) in enumerate(zip(rows, changed, strict=True)) if a != b] == [0, 100, 200]


# -- what is reported ------------------------------------------------------------------------


def test_a_spread_is_the_median_and_both_ends() -> None:
    assert spread([3.0, 1.0, 2.0]) == "2.00 (1.00–3.00)"
    assert spread([1234.5], 0) == "1,234"


def test_ratios_are_of_runs_of_the_same_turn() -> None:
    assert ratios([4.0, 9.0, 6.0], [2.0, 3.0, 3.0]) == [2.0, 3.0, 2.0]
    text = page(held(throughput=THROUGHPUT))
    # 2.00, not 6 / 3 with the wrong ends
    row = next(line for line in text.splitlines() if "nothing kept" in line and line.startswith("|"))
    assert "| 2.00 (2.00–3.00) |" in row
    assert "takes 25% of the processor's time of the first scoring" in text
    assert "2.0 times as fast as sentence-transformers only encodes them (0.1 times by the processor" in text


def test_the_floor_is_what_the_encoder_needs_over_the_best_in_its_precision() -> None:
    assert best(FLOOR) == ("OpenVINO bf16, encoder", 210.0)
    text = page(held(floor=FLOOR))
    assert "needs 1.05 GMAC an update, the processor did 210 GMAC/s at best" in text
    assert "the floor is 5.00 ms an update. nlpkit's encoder is at 10.00 ms (" in text
    assert "by the clock 15.00): 50% of that is the floor's" in text
    assert "3.15 GMAC, a floor of 15.00 ms" in text


def test_time_a_row_leaves_out_what_starting_costs() -> None:
    taken = {"50": [run(3.0, 1.0)], "150": [run(4.0, 2.0), run(5.0, 2.0)], "1050": [run(23.0, 12.0)]}
    assert per_row({"few": 50, "taken": taken}) == {150: [10.0, 20.0], 1050: [20.0]}
    text = page(held(growth={"few": 50, "taken": taken}))
    assert "| 1,050 | 1 | 23.0 | 20.0 | 1.33 | 11.0 | 1.10 | 100 |" in text
    assert "at 1,050 rows a row takes 1.10 times the processor's time that it takes at 150" in text


def test_a_section_that_failed_says_why_and_loses_no_other() -> None:
    text = page(held(throughput="RuntimeError: no room", floor=FLOOR))
    assert "## Throughput\n\nNot measured: it failed. RuntimeError: no room\n" in text
    assert "## The floor\n\nThe encoder has 6 layers" in text
    assert in_short(held(throughput="no room")["sections"]) == []


def test_a_peer_that_is_left_out_is_named() -> None:
    found = {"rows": [], "left_out": {"bertopic": "it is not installed"}}
    assert "bertopic was left out: it is not installed." in page(held(themes=found))


def test_repeats_are_summed_up_where_false_pairs_are_known() -> None:
    row = {"found": 1.0, "found_whole": 1.0, "found_passage": 1.0, "flagged": 9, "by_chance": 0, "wrong": 0}
    row |= {"seconds": [1.0, 3.0], "megabytes": [50.0], "search": "nlpkit"}
    peer = row | {"search": "semhash, threshold 0.9", "found": 0.4, "wrong": 2, "encoding": 40.0}
    sets = {"made, 100": 100, "made, 500": 500, "authored": 3000}
    rows = [one | {"set": name, "updates": n} for name, n in sets.items() for one in (row, peer)]
    text = page(held(repeats={"rows": [*rows, row | {"set": "made, 900", "updates": 900}]}))
    assert (
        "- Repeats: of the copies planted in 500 made updates, found by nlpkit 100% with 0 false pairs; "
        "semhash, threshold 0.9 40% with 2 false pairs.\n"
    ) in text
    assert (
        "| made, 500 | semhash, threshold 0.9 | 40.0% | 100.0% | 100.0% | 9 | 0 | 2 | 2.00 (1.00–3.00) | 40 | 50 |"
        in text
    )
    assert text.count("**nlpkit**") == 4


def test_quality_of_status_is_quoted_and_its_time_is_put_beside_it() -> None:
    quoted = [
        ["candidate", "CV accuracy", "test accuracy"],
        ["majority class", "0.1", "0.2"],
        ["frozen MiniLM (mean)", "0.3", "0.4"],
        ["**nlpkit** (all)", "0.5", "0.6"],
    ]
    seconds = {"frozen": [1.0], "contrastive": [9.0], "nlpkit": [2.0, 4.0, 3.0]}
    text = page(held(status={"rows": 300, "pairs": 320, "seconds": seconds, "table": quoted}))
    assert "| candidate | test accuracy | seconds to train |" in text
    assert "| majority class | 0.2 |  |" in text and "| frozen MiniLM (mean) | 0.4 | 1.00 |" in text
    assert "| **nlpkit** (all) | 0.6 | 3.00 (2.00–4.00) |" in text


def test_a_table_is_found_below_its_heading() -> None:
    text = "# One\n\n| a | b |\n|---|---|\n| 1 | 2 |\n\nmore\n\n| c |\n|---|\n\n# Two\n\nnothing\n\n# Three\n"
    assert table_under(text, "One") == [["a", "b"], ["1", "2"]]
    with pytest.raises(LookupError, match="no table under 'Two'"):
        table_under(text, "Two")
    with pytest.raises(LookupError, match="no heading 'Four'"):
        table_under(text, "Four")


def test_the_committed_report_is_that_of_the_committed_figures() -> None:
    figures = json.loads((BENCHMARKS / "RESULTS.json").read_text(encoding="utf8"))
    written = (BENCHMARKS / "RESULTS.md").read_text(encoding="utf8")
    assert written == page(figures), "run python benchmarks/results.py --report"
    assert not figures["quick"]


# -- how it is run ---------------------------------------------------------------------------


def test_earlier_sections_are_kept_only_from_this_machine(tmp_path: Path) -> None:
    path = tmp_path / "RESULTS.json"
    here = results.earlier(path, ["floor"])
    assert set(here) == {"machine", "versions"}
    path.write_text(json.dumps(here | {"sections": {"floor": 1, "start": 2}}), encoding="utf8")
    assert results.earlier(path, ["floor"])["sections"] == {"start": 2}
    elsewhere = here | {"machine": {"processor": "another"}, "sections": {"start": 2}}
    path.write_text(json.dumps(elsewhere), encoding="utf8")
    assert "sections" not in results.earlier(path, ["floor"])


def test_a_section_that_fails_in_its_process_is_told_of(tmp_path: Path) -> None:
    asked = results.Asked(("nothing",), results.QUICK, "")
    found = results.measured("nothing", asked, tmp_path)
    assert found["failed"] == "KeyError: 'nothing'"
    assert "figures" not in found


def test_a_peer_that_is_missing_is_no_error(tmp_path: Path) -> None:
    assert "no .venv-bench" in peers.why_not("semhash", "")
    assert peers.why_not("semhash", str(tmp_path / "python")).startswith("semhash is not installed in")
    assert peers.why_not("pytest", sys.executable) == ""


@pytest.mark.slow
def test_peers_that_cannot_be_installed_say_why(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    wanted = tmp_path / "peers.txt"
    wanted.write_text(f"peer @ file://{tmp_path}/nothing.whl\n", encoding="utf8")
    monkeypatch.setattr(peers, "WANTED", wanted)
    monkeypatch.setattr(peers, "FOLDER", tmp_path / "venv")
    assert "nothing.whl" in peers.install()
    assert "nothing.whl" in peers.install(), "what failed is tried again"


@pytest.fixture(scope="module")
def quick(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, Any]]:
    folder = tmp_path_factory.mktemp("results")
    command = [sys.executable, str(BENCHMARKS / "results.py"), "--quick", "--without-peers"]
    subprocess.run([*command, "--folder", str(folder)], check=True, capture_output=True, timeout=1200)
    found = json.loads((folder / "RESULTS.json").read_text(encoding="utf8"))
    yield found | {"page": (folder / "RESULTS.md").read_text(encoding="utf8")}


@pytest.mark.slow
@pytest.mark.parametrize("name", SECTIONS)
def test_a_quick_run_measures_every_section(quick: dict[str, Any], name: str) -> None:
    section = quick["sections"][name]
    assert "failed" not in section, section.get("failed")
    assert section["figures"]


@pytest.mark.slow
def test_a_quick_run_says_that_it_is_no_measure(quick: dict[str, Any]) -> None:
    assert "A quick run, small and once" in quick["page"]
    stages = quick["sections"]["stages"]["figures"]["taken"][0]
    assert 0.8 * stages["total"] < sum(stages["stages"].values()) <= stages["total"]
    assert stages["stages"]["encoding"] > 0 and stages["stages"]["tagging (spaCy)"] > 0
    floor = quick["sections"]["floor"]["figures"]
    assert floor["asked_gmacs"] > floor["gmacs"] > 0
