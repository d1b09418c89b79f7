"""One report of how fast nlpkit is, what it weighs and what it finds, beside what a user might take instead.

    make bench                                            # all of it: up to an hour on two idle cores
    python benchmarks/results.py --only start,throughput  # these sections; the others stay as they are
    python benchmarks/results.py --quick                  # small and once, to standard output
    python benchmarks/results.py --only growth --growth 1000,10000,100000    # an hour or more
    python benchmarks/results.py --runs 2                 # of each figure, in place of five
    python benchmarks/results.py --report                 # write the report anew from the figures

Writes RESULTS.json (every run) and RESULTS.md (the report) in benchmarks/. Each section runs in a process of
its own: if one fails, the report says why and has the others.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import peers
from machine import load, machine, revision, versions
from processes import PYTHON, last_line, say, surroundings, with_proof, write_rows
from results_page import page

HERE = Path(__file__).resolve().parent
NEEDLESS = ("OPENBLAS_CORETYPE", "OPENBLAS_L2_SIZE")
"""Variables that hold numpy to the kernels of another processor, which some machines are set up with."""
ONCE_FROM = 100_000  # rows that are scored once only: an hour or so


@dataclass(frozen=True)
class Size:
    """How much is measured, and how often."""

    turns: int
    start_rows: int
    throughput_rows: int
    growth: tuple[int, ...]
    growth_few: int
    repeats: tuple[int, ...]
    repeats_ours: tuple[int, ...]
    scale: tuple[tuple[int, int], ...]
    link_rows: int
    themes: tuple[str, ...]
    themes_rows: int
    learned_rows: int
    learned_pairs: int
    floor_rows: int
    floor_seconds: float
    stage_rows: int


FULL = Size(
    turns=5,
    start_rows=50,
    throughput_rows=300,
    growth=(1_000, 10_000),
    growth_few=50,
    repeats=(1_000, 5_000),
    repeats_ours=(10_000, 20_000),
    scale=((500, 5_000), (1_000, 10_000)),
    link_rows=315,
    themes=("test", "all"),
    themes_rows=1_000_000,
    learned_rows=150,
    learned_pairs=160,
    floor_rows=300,
    floor_seconds=1.0,
    stage_rows=500,
)
QUICK = Size(
    turns=1,
    start_rows=10,
    throughput_rows=10,
    growth=(40,),
    growth_few=20,
    repeats=(100,),
    repeats_ours=(200,),
    scale=((20, 50),),
    link_rows=20,
    themes=("test",),
    themes_rows=80,
    learned_rows=24,
    learned_pairs=16,
    floor_rows=10,
    floor_seconds=0.01,
    stage_rows=20,
)


@dataclass(frozen=True)
class Job:
    """What a section is given.

    Attributes:
        folder: where it may write.
        kept: a cache that holds the check of the encoder and nothing else.
        python: the peers' Python, or "".
    """

    size: Size
    folder: Path
    kept: Path
    python: str


@dataclass(frozen=True)
class Asked:
    """Which sections are to be measured, how much of each, and beside what Python's peers ("": none)."""

    names: tuple[str, ...]
    measure: Size
    python: str


# -- sections --------------------------------------------------------------------------------


def start(job: Job) -> dict[str, Any]:
    import speed

    return speed.start(job.folder, job.kept, job.size.turns, job.size.start_rows)


def throughput(job: Job) -> dict[str, Any]:
    import speed

    return speed.throughput(job.folder, job.kept, job.size.turns, job.size.throughput_rows)


def stages(job: Job) -> dict[str, Any]:
    from speed import updates

    taken = []
    for turn in range(job.size.turns):
        table = write_rows(job.folder / "table.jsonl", updates(job.size.stage_rows))
        command = [*PYTHON, str(HERE / "stages.py"), str(table), "--out", str(job.folder / "out.jsonl")]
        taken.append(_told(command, with_proof(job.kept, job.folder / f"cache{turn}")))
        say(f"  {turn + 1}/{job.size.turns}: {taken[-1]['total']:.1f} s of the processor")
    return {"rows": taken[0]["rows"], "taken": taken}


def floor(job: Job) -> dict[str, Any]:
    import floor as work
    from speed import updates

    return work.measure(updates(job.size.floor_rows)[:-4], job.size.turns, job.size.floor_seconds)


def growth(job: Job) -> dict[str, Any]:
    import speed

    turns = {rows: 1 if rows >= ONCE_FROM else job.size.turns for rows in job.size.growth}
    return speed.growth(job.folder, job.kept, turns, job.size.growth_few)


def repeats(job: Job) -> dict[str, Any]:
    import repeats as work
    from made_updates import authored_updates, made_updates

    from nlpkit.embedding.default import encoder_named

    encoder = encoder_named("auto")._encoder  # type: ignore[attr-defined]  # behind the cache
    sets = {f"made, {size:,}": made_updates(size, work.SEED) for size in job.size.repeats}
    if job.size.repeats != QUICK.repeats:
        sets["authored"] = authored_updates(work.SEED)
    rows: list[dict[str, Any]] = []
    why = peers.why_not("semhash", job.python)
    for name, (texts, copies) in sets.items():
        rows.append(_ours_repeats(job, name, texts, copies))
        if why:
            continue
        began = time.perf_counter()
        vectors = encoder.encode(texts)
        encoded = time.perf_counter() - began
        say(f"  {name}: semhash")
        found = peers.semhash(job.python, texts, vectors, job.size.turns)
        for one in found["found"]:
            pairs = {(left, right) for left, right in one["pairs"]}
            figures = work.judged(pairs, texts, [vars(copy) for copy in copies])
            more = {"seconds": one["seconds"], "encoding": encoded, "megabytes": [found["mb"]]}
            searched = f"semhash, threshold {one['threshold']}"
            rows.append({"set": name, "updates": len(texts), "search": searched, **figures, **more})
    for size in job.size.repeats_ours:
        rows.append(_ours_repeats(job, f"made, {size:,}", *made_updates(size, work.SEED)))
    told = {"semhash": why} if why else {}
    version = "" if why else peers.version("semhash", job.python)
    return {"rows": rows, "left_out": told, "versions": {"semhash": version}}


def _ours_repeats(job: Job, name: str, texts: list[str], copies: list[Any]) -> dict[str, Any]:
    import repeats as work

    path = job.folder / "texts.json"
    work.write(path, texts, copies)
    say(f"  {name}: nlpkit")
    runs = [work.in_a_process("nlpkit", path) for _ in range(job.size.turns)]
    listed = {key: [run[key] for run in runs] for key in ("seconds", "megabytes")}
    return {"set": name, "updates": len(texts), "search": "nlpkit", **runs[0], **listed}


def linking(job: Job) -> dict[str, Any]:
    import linking as work

    from nlpkit.analysis.linking import link
    from nlpkit.catalogue import load_catalogue
    from nlpkit.embedding.default import default_encoder

    catalogue, encoder = load_catalogue("spotlight"), default_encoder()
    rows = work.authored()
    rows = rows[rows["split"] == "check"].reset_index(drop=True).drop(columns="gold").head(job.size.link_rows)
    links = link(rows, catalogue, encoder)  # encodes what there is to encode
    seconds = []
    for _ in range(job.size.turns):
        began = time.perf_counter()
        link(rows, catalogue, encoder)
        seconds.append(time.perf_counter() - began)
    small = {"rows": len(rows), "entries": len(catalogue.entries), "links": len(links), "seconds": seconds}
    large = []
    for recommendations, actions in job.size.scale:
        runs = []
        for turn in range(job.size.turns):
            asked = [str(HERE / "linking.py"), "--scale", str(recommendations), str(actions)]
            runs.append(_told([*PYTHON, *asked], job.kept, after="scale: "))
            say(f"  {recommendations} × {actions}, {turn + 1}: {runs[-1]['seconds']} s")
        large.append({"recommendations": recommendations, "actions": actions, "runs": runs})
    return {"small": small, "large": large}


def themes(job: Job) -> dict[str, Any]:
    import themes as work

    table = work.rows_with_theme()
    why = peers.why_not("bertopic", job.python)
    rows = []
    for name in job.size.themes:
        mine = work.part(table, name).head(job.size.themes_rows)
        work.find(mine)  # encodes and loads what there is
        turns = max(2, job.size.turns)  # the first is held against the others
        rows.append({"set": name, "rows": len(mine), "method": "nlpkit"} | work.ours(mine, turns))
        say(f"  {name}: nlpkit {rows[-1]['seconds']:.1f} s")
        if not why:
            texts, vectors = work.vectors(mine, own=False)[work.MIXED]
            found = work.bertopic(job.python, mine, texts, vectors, turns)
            rows.append({"set": name, "rows": len(mine), "method": f"BERTopic, {work.MIXED}"} | found)
            say(f"  {name}: BERTopic {rows[-1]['seconds']:.1f} s")
    told = {"bertopic": why} if why else {}
    version = "" if why else peers.version("bertopic", job.python)
    return {"rows": rows, "left_out": told, "versions": {"bertopic": version}}


def status(job: Job) -> dict[str, Any]:
    import status as work
    from results_page import table_under

    times = work.training_times(job.size.learned_rows, job.size.learned_pairs, job.size.turns)
    text = (HERE / "status.md").read_text(encoding="utf8")
    return times | {"table": table_under(text, "Status: candidates compared")}


SECTIONS: dict[str, Callable[[Job], dict[str, Any]]] = {
    "start": start,
    "throughput": throughput,
    "stages": stages,
    "floor": floor,
    "growth": growth,
    "repeats": repeats,
    "linking": linking,
    "themes": themes,
    "status": status,
}


def _told(command: list[str], cache: Path, after: str = "") -> dict[str, Any]:
    """What a process tells as JSON in its last line.

    Raises:
        RuntimeError: it failed.
    """
    done = subprocess.run(
        command, env=surroundings(cache), capture_output=True, text=True, check=False, cwd=HERE.parent
    )
    if done.returncode:
        raise RuntimeError(last_line(done.stderr))
    found: dict[str, Any] = json.loads(last_line(done.stdout).removeprefix(after))
    return found


# -- all of them -----------------------------------------------------------------------------


def measured(name: str, asked: Asked, kept: Path) -> dict[str, Any]:
    """A section in a process of its own: its figures, or why it failed; when, how long, under what load."""
    found: dict[str, Any] = {
        "begun": datetime.now(UTC).strftime("%Y-%m-%d %H:%M"),
        "load": load(),
        "runs": asked.measure.turns,
        "revision": revision(),
    }
    began = time.perf_counter()
    with tempfile.TemporaryDirectory() as folder:
        out = Path(folder) / "figures.json"
        given = Path(folder) / "job.json"
        told = {"size": asdict(asked.measure), "folder": folder, "kept": str(kept), "python": asked.python}
        given.write_text(json.dumps(told), encoding="utf8")
        environment = surroundings(with_proof(kept, Path(folder) / "cache"))
        for variable in NEEDLESS:
            environment.pop(variable, None)
        command = [*PYTHON, str(HERE / "results.py"), "--section", name, str(given), str(out)]
        child = subprocess.Popen(command, env=environment, stderr=subprocess.PIPE, text=True)
        said = ""
        for line in child.stderr or ():
            sys.stderr.write(line)
            said = line.strip() or said
        if child.wait() == 0 and out.exists():
            found["figures"] = json.loads(out.read_text(encoding="utf8"))
        else:
            found["failed"] = said or f"ended with status {child.returncode}"
    found["seconds"] = round(time.perf_counter() - began)
    return found


def one(name: str, given: Path, out: Path) -> None:
    """Measure a section: what its own process does."""
    told = json.loads(given.read_text(encoding="utf8"))
    size = {key: _tuples(value) for key, value in told["size"].items()}
    job = Job(Size(**size), Path(told["folder"]), Path(told["kept"]), told["python"])
    out.write_text(json.dumps(SECTIONS[name](job)), encoding="utf8")


def _tuples(value: Any) -> Any:
    return tuple(_tuples(part) for part in value) if isinstance(value, list) else value


def all_of(asked: Asked, given: dict[str, Any], keep: Callable[[dict[str, Any]], None]) -> None:
    """Measure sections one after the other; ``keep`` is told after each, so that little is lost."""
    held = given | {"quick": asked.measure.repeats == QUICK.repeats}
    with tempfile.TemporaryDirectory() as folder:
        kept = Path(folder) / "kept"
        proof(kept)
        for name in asked.names:
            say(f"{name}:")
            held["sections"] = held.get("sections", {}) | {name: measured(name, asked, kept)}
            said = held["sections"][name]
            say(f"{name}: {said.get('failed', 'done')}, {said['seconds']} s")
            keep(held)


def proof(kept: Path) -> None:
    """Have the encoder checked, once, in a cache of which nothing else is used."""
    code = 'from nlpkit.embedding.default import encoder_named; encoder_named("auto")._encoder.encode(["."])'
    subprocess.run([*PYTHON, "-c", code], env=surroundings(kept), check=True, capture_output=True)


def earlier(path: Path, names: Sequence[str]) -> dict[str, Any]:
    """What was measured before on this machine with these versions, without the sections to be measured."""
    here = {"machine": machine(), "versions": versions()}
    if not path.exists():
        return here
    held: dict[str, Any] = json.loads(path.read_text(encoding="utf8"))
    if any(held.get(name) != value for name, value in here.items()):
        say(f"{path.name} is of another machine or of other versions: its figures are dropped")
        return here
    kept = {name: section for name, section in held["sections"].items() if name not in names}
    return here | {"sections": kept}


def write(folder: Path, held: dict[str, Any]) -> None:
    """The figures, and the report of them."""
    order = {name: held["sections"][name] for name in SECTIONS if name in held["sections"]}
    held = held | {"sections": order}
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "RESULTS.json").write_text(json.dumps(held, indent=1) + "\n", encoding="utf8")
    (folder / "RESULTS.md").write_text(page(held), encoding="utf8")


def _sizes(said: str) -> tuple[int, ...]:
    return tuple(int(one) for one in said.split(","))


def main() -> None:
    """Measure what is asked for and write the report."""
    if sys.argv[1:2] == ["--section"]:
        return one(sys.argv[2], Path(sys.argv[3]), Path(sys.argv[4]))
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--only", default="", metavar="NAMES", help=f"of {', '.join(SECTIONS)}")
    parser.add_argument("--runs", type=int, default=0, metavar="N", help="of each figure (5)")
    parser.add_argument("--quick", action="store_true", help="small and once")
    parser.add_argument("--growth", type=_sizes, metavar="ROWS", help="sizes of tables (1000,10000)")
    parser.add_argument("--without-peers", action="store_true", help="nlpkit and sentence-transformers only")
    parser.add_argument("--report", action="store_true", help="measure nothing")
    parser.add_argument("--folder", type=Path, help="where to write (benchmarks; --quick: nowhere)")
    asked = parser.parse_args()
    names = tuple(name.strip() for name in asked.only.split(",") if name.strip()) or tuple(SECTIONS)
    if unknown := [name for name in names if name not in SECTIONS]:
        parser.error(f"there is no section {', '.join(unknown)}; there are {', '.join(SECTIONS)}")
    folder = asked.folder or HERE
    if asked.report:
        return write(folder, json.loads((folder / "RESULTS.json").read_text(encoding="utf8")))
    size = QUICK if asked.quick else FULL
    if asked.runs:
        size = replace(size, turns=asked.runs)
    if asked.growth:
        size = replace(size, growth=asked.growth)
    wanted = Asked(names, size, "" if asked.without_peers else peers.python())
    if asked.quick and not asked.folder:
        last: list[dict[str, Any]] = []
        all_of(wanted, {"machine": machine(), "versions": versions()}, last.append)
        sys.stdout.write(page(last[-1]))
        return None
    return all_of(wanted, earlier(folder / "RESULTS.json", names), lambda held: write(folder, held))


if __name__ == "__main__":
    main()
