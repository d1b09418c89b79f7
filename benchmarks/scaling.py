"""What scoring a large table costs beside judging its rows: time, memory and the sizes of what is passed on.

    python benchmarks/scaling.py [--rows 1000 10000 100000] [--templates 400]

Tables are made (services of 20 actions over 4 periods, words as in made_updates.py), read from JSON Lines,
judged and written as 'nlpkit score' does, each in a process of its own. Judging each row by itself costs the
same for every row, by far the most, and is measured elsewhere (results.py): here the judgements of some rows
that were really scored are given out again and again, and texts are parted into sentences and no more.
So what is measured is all that looks at more than one row, and all reading and writing. Writes
benchmarks/scaling.md.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import random
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from made_updates import _Chain, made_updates

PROJECT = Path(__file__).resolve().parents[1]
ACTIONS, PERIODS = 20, 4
MONTHS = ("2023-03", "2023-09", "2024-03", "2024-09")
DECLARED = ("Complete", "On track", "Green", "Amber", "Red", "")
STEPS = {
    "read": "reading the file",
    "survey": "acronyms and buckets",
    "judge_part": "handing on what was judged of each row",
    "judge_bucket": "pointers, repeats, slipped dates of each service, links by order",
    "seed_part": "across documents: sequences of words",
    "link_part": "… their meetings",
    "pair_part": "… pairs worth a look",
    "lend_part": "… their texts",
    "passage_part": "… passages",
    "standing_of_all": "… where each stood first",
    "tell_part": "… reasons",
    "finish": "putting judgements together",
    "write": "writing the file, and all else",
}


def made_rows(size: int, seed: int = 7) -> Iterator[dict[str, str]]:
    """``size`` rows of an update table, service by service; no text stands twice but for planted copies."""
    texts, _ = made_updates(size, seed)
    rng = random.Random(seed + 1)
    chain = _Chain(rng)
    plan: list[tuple[str, str, str, str]] = []
    for n, text in enumerate(texts):
        service, place = divmod(n, ACTIONS * PERIODS)
        action, period = divmod(place, PERIODS)
        if not place:
            plan = [
                (
                    " ".join(chain.sentences(22)),
                    " ".join(chain.sentences(12)),
                    " ".join(chain.sentences(15)),
                    f"{rng.randrange(2023, 2026)}-{rng.randrange(1, 13):02d}-28",
                )
                for _ in range(ACTIONS)
            ]
        asked, outcome, planned, due = plan[action]
        yield {
            "row_id": f"{service}/{action + 1}/{MONTHS[period]}",
            "service": f"Service {service} Fire and Rescue Service",
            "source": f"plan-{service}.docx",
            "action_id": str(action + 1),
            "recommendation": asked,
            "required_outcome": outcome,
            "planned_action": planned,
            "due_date": due,
            "as_of": MONTHS[period],
            "update": text,
            "declared": rng.choice(DECLARED),
        }


def write_rows(path: Path, rows: Any) -> None:
    """Rows as JSON Lines."""
    with path.open("w", encoding="utf8") as file:
        file.writelines(json.dumps(row) + "\n" for row in rows)


def one(table: Path, templates: Path, out: Path) -> dict[str, Any]:
    """Score one table in this process: CPU seconds and bytes by step, and the peak of memory."""
    import pandas as pd

    from nlpkit import judging, partitions, scoring
    from nlpkit.analysis.linking import Own
    from nlpkit.analysis.linking.parts import Link
    from nlpkit.catalogue import load_catalogue
    from nlpkit.engines import Pieces, local
    from nlpkit.features import Features, deadlines, moments
    from nlpkit.files import write_parts
    from nlpkit.intake import take_in
    from nlpkit.language import split_sentences
    from nlpkit.language.annotations import Sentence, Stage, TextAnalysis

    ready = [json.loads(line) for line in templates.read_text(encoding="utf8").splitlines()]

    def parted(text: str) -> TextAnalysis:
        spans = split_sentences(text)
        return TextAnalysis(text, tuple(Sentence(text[a:b], a, b, Stage.NONE, None) for a, b in spans))

    places = {entry.id: at for at, entry in enumerate(load_catalogue("spotlight").entries)}

    def said(links: list[dict[str, Any]]) -> Own:
        found = [Link(places[one["id"]], one["grade"], one["score"]) for one in links]
        return Own(tuple(found), tuple((one.entry, one.score) for one in found), 9, settled=False)

    def replayed(part: pd.DataFrame, *_: Any, **more: Any) -> judging.Alone:
        rows = [ready[n % len(ready)] for n in range(len(part))]
        made = Features(
            update=tuple(map(parted, part["update"])),
            planned_action=tuple(map(parted, part["planned_action"])),
            recommendation=(),
            as_of=moments(part),
            due=deadlines(part),
        )
        columns = {
            name: pd.Series([row[name] for row in rows], dtype="object") for name in judging.ROW_COLUMNS
        }
        return judging.Alone(made, lambda: (pd.DataFrame(columns), [said(row["links"]) for row in rows]))

    seconds: Counter[str] = Counter()
    size: Counter[str] = Counter()

    def weight(made: Any) -> int:
        if isinstance(made, Pieces):
            return sum(map(weight, made.values()))
        return sum(array.nbytes for array in made.values()) if isinstance(made, dict) else 0

    real = local.LocalEngine.run

    def counted(self: Any, function: Any, *given: Any) -> Any:
        def timed(*arguments: Any) -> Any:
            begun = time.process_time()
            made = function(*arguments)
            seconds[function.__name__] += time.process_time() - begun
            size[function.__name__] += weight(made)
            return made

        return real(self, timed, *given)

    partitions.judge_alone = replayed  # type: ignore[assignment]
    local.LocalEngine.run = counted  # type: ignore[method-assign]
    begun = time.process_time()
    intake = take_in([table])
    seconds["read"] = time.process_time() - begun
    rows = len(intake.updates)
    if rows <= partitions.ROWS:
        partitions.ROWS = partitions.WHOLE
    write_parts(scoring.score_parts(intake.updates, encoder=_Unused()), out)
    total = time.process_time() - begun
    seconds["write"] = total - sum(seconds.values())
    status = Path("/proc/self/status").read_text(encoding="utf8")
    peak = next(int(line.split()[1]) // 1024 for line in status.splitlines() if line.startswith("VmHWM"))
    return {"rows": rows, "seconds": seconds, "bytes": size, "total": total, "peak": peak}


class _Unused:
    """Stands for an encoder where nothing is encoded."""

    name, dimension = "unused", 1

    def encode(self, texts: list[str]) -> Any:
        raise NotImplementedError


def measure(sizes: list[int], templates: int) -> list[dict[str, Any]]:
    """The figures of each size, each from a process of its own."""
    import pandas as pd

    import nlpkit
    from nlpkit.files import write_table

    found = []
    with tempfile.TemporaryDirectory() as temporary:
        top = Path(temporary)
        ready = top / "ready.jsonl"
        write_table(nlpkit.score(pd.DataFrame(list(made_rows(templates)))), ready)
        for size in sizes:
            table = top / "table.jsonl"
            write_rows(table, made_rows(size))
            done = subprocess.run(
                [sys.executable, __file__, "--one", str(table), str(ready), str(top / "out.jsonl")],
                env=os.environ | {"NLPKIT_MAX_TEXT_BYTES": "900000000", "NLPKIT_MAX_FILE_BYTES": "900000000"},
                stdout=subprocess.PIPE,
                check=True,
            )
            found.append(json.loads(done.stdout.splitlines()[-1]))
            sys.stderr.write(f"{size} rows: {found[-1]}\n")
    return found


def report(found: list[dict[str, Any]]) -> str:
    """The figures as Markdown."""
    sizes = [f"{one['rows']:,}" for one in found]
    lines = [
        "# Scaling",
        "",
        "Made by `python benchmarks/scaling.py`: made tables read, judged and written as `nlpkit score` "
        "does, but for judging each row by itself, which is replayed. Texts are as long as the corpus's.",
        "",
        f"Machine: {os.cpu_count()} cores ({platform.machine()}), shared with other work; CPU time is what "
        f"the process took. Python {platform.python_version()}.",
        "",
        f"| CPU ms a row | {' | '.join(f'{size} rows' for size in sizes)} |",
        f"|---|{'---|' * len(sizes)}",
    ]
    for step, title in STEPS.items():
        cells = [f"{1000 * one['seconds'].get(step, 0) / one['rows']:.3f}" for one in found]
        lines.append(f"| {title} | {' | '.join(cells)} |")
    totals = [f"**{1000 * one['total'] / one['rows']:.2f}**" for one in found]
    lines.append(f"| all | {' | '.join(totals)} |")
    lines.append(f"| peak memory, MB | {' | '.join(str(one['peak']) for one in found)} |")
    lines += [
        "",
        "Passed on from step to step:",
        "",
        f"| bytes a row | {' | '.join(f'{s} rows' for s in sizes)} |",
    ]
    lines.append(f"|---|{'---|' * len(sizes)}")
    for step, title in STEPS.items():
        if any(one["bytes"].get(step) for one in found):
            cells = [f"{one['bytes'].get(step, 0) / one['rows']:.0f}" for one in found]
            lines.append(f"| {title} | {' | '.join(cells)} |")
    return "\n".join(lines) + "\n"


def main() -> None:
    """Measure and write."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("--rows", type=int, nargs="+", default=[1_000, 10_000, 100_000])
    parser.add_argument("--templates", type=int, default=400)
    parser.add_argument("--one", type=Path, nargs=3, help=argparse.SUPPRESS)
    asked = parser.parse_args()
    if asked.one:
        sys.stdout.write(json.dumps(one(*asked.one)) + "\n")
        return
    text = report(measure(asked.rows, asked.templates))
    (PROJECT / "benchmarks" / "scaling.md").write_text(text, encoding="utf8")
    sys.stdout.write(text)


if __name__ == "__main__":
    main()
