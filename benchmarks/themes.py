"""Themes held against BERTopic on the authored updates, whose theme is known; writes benchmarks/themes.md.

    python benchmarks/themes.py --bertopic /path/to/python

BERTopic is no dependency of nlpkit: it runs in the Python that is named, which needs bertopic and nothing
of nlpkit. Without it the comparison is left out and the report says so.
"""

from __future__ import annotations

import argparse
import json
import platform
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from nlpkit.analysis.theme_subjects import HEADING_SHARE, Space, gather, service_stems
from nlpkit.analysis.themes import ThemeModel, find
from nlpkit.embedding.default import default_encoder
from nlpkit.language.terms import content_terms
from nlpkit.resources import bundled
from nlpkit.schema import conform

HERE = Path(__file__).resolve().parent
SETS = {
    "test": "the services held back",
    "all": "both",
    "train": "the services that choices were made on",
}
CHILD = """
import sys, time
began = time.perf_counter()
import numpy as np
from bertopic import BERTopic
imported = time.perf_counter() - began
data = np.load(sys.argv[1])
runs, times, work = [], [], []
for _ in range(int(sys.argv[3])):
    start, worked = time.perf_counter(), time.process_time()
    runs.append(BERTopic().fit_transform(list(data["texts"]), data["vectors"])[0])
    times.append(time.perf_counter() - start)
    work.append(time.process_time() - worked)
np.savez(sys.argv[2], runs=np.array(runs), imported=imported, seconds=np.array(times), work=np.array(work))
"""


def rows_with_theme() -> pd.DataFrame:
    """The authored updates, with the theme's common name in ``known`` and the split in ``part``."""
    folder = bundled("corpora/updates")
    splits = json.loads((folder / "splits.json").read_text(encoding="utf8"))
    names = json.loads((HERE / "data" / "theme_names.json").read_text(encoding="utf8"))["sectors"]
    paths = [*sorted((folder / "services").glob("*.jsonl")), folder / "starter.jsonl"]
    rows: list[dict[str, Any]] = []
    for path in paths:
        for line in path.read_text(encoding="utf8").splitlines():
            row = json.loads(line)
            row["known"] = names[row["sector"]][row["theme"]]
            row["part"] = "test" if path.stem in splits["test"] else "train"
            rows.append(row)
    table = pd.DataFrame(rows).fillna("").drop(columns=["labels", "split"])
    return conform(table)


def part(table: pd.DataFrame, name: str) -> pd.DataFrame:
    chosen = table if name.startswith("all") else table[table["part"] == name]
    return (chosen[chosen["sector"] == "fire"] if name.endswith("fire") else chosen).reset_index(drop=True)


def measured(table: pd.DataFrame, runs: list[np.ndarray], seconds: float) -> dict[str, Any]:
    """Figures of the first run and the agreement of the others with it, on rows whose theme is known."""
    from sklearn.metrics import adjusted_mutual_info_score, adjusted_rand_score, normalized_mutual_info_score

    labels = runs[0]
    known = table["known"].to_numpy()
    told = known != ""
    return {
        "themes": len(set(labels.tolist()) - {-1}),
        "nmi": normalized_mutual_info_score(known[told], labels[told]),
        "ami": adjusted_mutual_info_score(known[told], labels[told]),
        "out": float((labels < 0).mean()),
        "again": min(adjusted_rand_score(labels, other) for other in runs[1:]),
        "seconds": seconds,
    }


def ours(table: pd.DataFrame, times: int = 3) -> dict[str, Any]:
    """nlpkit: as it stands, then with the rows in other orders; the fastest counts.

    All its times are in ``all_seconds``, those of the processor in ``all_work``.
    """
    seconds: list[float] = []
    work: list[float] = []
    runs = []
    for seed in range(times):
        mixed = table if seed == 0 else table.sample(frac=1, random_state=seed)
        start, worked = time.perf_counter(), time.process_time()
        ids = find(mixed).assignments.set_index("row_id")["theme_id"]
        seconds.append(time.perf_counter() - start)
        work.append(time.process_time() - worked)
        ids = ids.loc[table["row_id"]]
        runs.append(np.array([int(one[1:]) if one else -1 for one in ids]))
    return measured(table, runs, min(seconds)) | {"all_seconds": seconds, "all_work": work}


def bertopic(
    python: str, table: pd.DataFrame, texts: list[str], vectors: np.ndarray, times: int = 2
) -> dict[str, Any]:
    """BERTopic with its defaults, some times in a process of its own; the fastest counts.

    All its times are in ``all_seconds``, those of the processor in ``all_work``, the seconds of its import
    in ``imported``.
    """
    with tempfile.TemporaryDirectory() as folder:
        given, made = Path(folder) / "in.npz", Path(folder) / "out.npz"
        np.savez(given, texts=np.array(texts), vectors=vectors.astype(np.float32))
        command = [python, "-c", CHILD, str(given), str(made), str(times)]
        subprocess.run(command, check=True, capture_output=True)
        with np.load(made) as found:
            runs = list(found["runs"].astype(np.int64))
            seconds = found["seconds"].tolist()
            more = {
                "all_seconds": seconds,
                "all_work": found["work"].tolist(),
                "imported": float(found["imported"]),
            }
            return measured(table, runs, min(seconds)) | more


MIXED = "narrative + recommendation"
HEADED = "narrative + recommendation + heading"


def vectors(table: pd.DataFrame, own: bool = True) -> dict[str, tuple[list[str], np.ndarray]]:
    """What BERTopic is given: texts and vectors of the rows, in four ways, the last only with ``own``.

    A heading weighs as it does in nlpkit's vectors.
    """
    encoder = default_encoder()
    told = [text or "-" for text in table["update"]]
    both = [
        f"{asked} {said}".strip()
        for asked, said in zip(table["recommendation"], table["update"], strict=True)
    ]
    narrative = encoder.encode(told)
    mixed = narrative + encoder.encode([text or "-" for text in table["recommendation"]])
    mixed /= np.linalg.norm(mixed, axis=1, keepdims=True)
    headings = [text or "-" for text in table["section"]]
    headed = mixed + HEADING_SHARE * encoder.encode(headings)
    ways = {
        "narrative": (told, narrative),
        MIXED: (both, mixed),
        HEADED: (
            [f"{heading} {text}" for heading, text in zip(headings, both, strict=True)],
            headed / np.linalg.norm(headed, axis=1, keepdims=True),
        ),
    }
    if own:
        subjects, _ = gather(table)
        places = Space(encoder, service_stems(table)).fit(subjects)
        of_rows = np.zeros((len(table), places.shape[1]))
        for subject, place in zip(subjects, places, strict=True):
            of_rows[list(subject.rows)] = place
        ways["nlpkit's own vectors"] = (ways[HEADED][0], of_rows)
    return ways


def headed_by_theme(table: pd.DataFrame) -> np.ndarray:
    """Whether a row's heading shares a word (its stem) with the name of its known theme, own or common."""
    found = [
        bool(_stems(section) & (_stems(own) | _stems(known)))
        for section, own, known in zip(table["section"], table["theme"], table["known"], strict=True)
    ]
    return np.array(found)


def _stems(text: str) -> set[str]:
    return {term for term, _ in content_terms(text)}


def choices(table: pd.DataFrame) -> list[str]:
    """What the weights and rules rest on: each taken away in turn, on the train split."""
    from nlpkit.analysis import theme_subjects as subjects

    changed = ("NARRATIVE_SHARE", "HEADING_SHARE", "WORD_SHARE", "asked")
    kept = {name: getattr(subjects, name) for name in changed}
    variants: dict[str, dict[str, Any]] = {
        "as it is": {},
        "meaning of the recommendation only": {"NARRATIVE_SHARE": 0.0},
        "meaning of the narratives only": {"NARRATIVE_SHARE": 1.0},
        "recommendation with its introduction": {"asked": lambda text: text},
        "no headings": {"HEADING_SHARE": 0.0},
        "no words beside the meaning": {"WORD_SHARE": 0.0},
    }
    apart = ~headed_by_theme(table)
    lines = [
        f"Apart: counted without the {1 - apart.mean():.0%} of the rows whose heading shares a word with the "
        "name of their theme, which a heading may give away.",
        "",
        "| variant | themes | NMI | AMI | NMI apart | AMI apart |",
        "|---|---|---|---|---|---|",
    ]
    for number in (None, 60):
        for name, changes in variants.items():
            for key, value in {**kept, **changes}.items():
                setattr(subjects, key, value)
            labels = ThemeModel(number).fit_predict(table)
            got = measured(table, [labels, labels], 0.0)
            rest = measured(table[apart], [labels[apart], labels[apart]], 0.0)
            said = name if number is None else f"{name}, {number} themes asked for"
            lines.append(
                f"| {said} | {got['themes']} | {got['nmi']:.3f} | {got['ami']:.3f} "
                f"| {rest['nmi']:.3f} | {rest['ami']:.3f} |"
            )
    for key, value in kept.items():
        setattr(subjects, key, value)
    return lines


def report(table: pd.DataFrame, python: str) -> str:
    lines = [
        "# Themes: held against BERTopic and against what its choices rest on",
        "",
        "Made by `python benchmarks/themes.py --bertopic PYTHON` "
        f"on {platform.machine()}, {_cores()} cores, Python {platform.python_version()}.",
        "",
        "The authored updates (`corpora/updates`) have a `theme` each, in every service's own words; "
        "`benchmarks/data/theme_names.json` brings them under common names. Rows under a pillar such as "
        f"“People” ({int((table['known'] == '').sum())} of {len(table)}) are clustered but not counted in "
        "the agreement. NMI: normalised mutual information with the known theme; AMI: the same adjusted for "
        "chance, which many small themes do not raise. Both count rows without a theme as one theme more. "
        "“Again”: "
        "adjusted Rand index of another run with the first (nlpkit: the lower of two with rows in other "
        "orders). "
        "Seconds: fitting and titles, vectors ready, imports not counted, the fastest of the runs; “CPU”: "
        "those of the processor, over all cores.",
        "",
        "| rows | method | themes | NMI | AMI | without a theme | again | seconds | CPU |",
        "|---|---|---|---|---|---|---|---|---|",
    ]
    if not _has_bertopic(python):
        lines[4:4] = [f"BERTopic was not run: {_why_not(python)}", ""]
    find(part(table, "test"))  # whatever is loaded at first use is loaded
    for name in SETS:
        mine = part(table, name)
        ways = vectors(mine)  # whatever nlpkit needs is encoded then, too
        results = {"**nlpkit**": ours(mine)}
        if _has_bertopic(python):
            for given, (texts, found) in ways.items():
                results[f"BERTopic, {given}"] = bertopic(python, mine, texts, found)
        for method, got in results.items():
            lines.append(
                f"| {name} ({len(mine)}) | {method} | {got['themes']} | {got['nmi']:.3f} | {got['ami']:.3f} "
                f"| {got['out']:.1%} | {got['again']:.3f} | {got['seconds']:.1f} "
                f"| {min(got['all_work']):.1f} |"
            )
            sys.stderr.write(f"{lines[-1]}\n")
    lines += ["", "Rows: " + "; ".join(f"{name}: {what}" for name, what in SETS.items()) + "."]
    lines += ["", "## What the choices rest on (train split)", "", *choices(part(table, "train"))]
    return "\n".join(lines) + "\n"


def _cores() -> int:
    import os

    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def _has_bertopic(python: str) -> bool:
    return not _why_not(python)


def _why_not(python: str) -> str:
    if not python:
        return "no Python that has it was named (--bertopic)."
    done = subprocess.run(
        [python, "-c", "import importlib.util, sys; sys.exit(importlib.util.find_spec('bertopic') is None)"],
        check=False,
    )
    return "" if done.returncode == 0 else f"{python} does not have it."


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--bertopic", default="", metavar="PYTHON", help="a Python that has bertopic")
    parser.add_argument("--out", type=Path, default=HERE / "themes.md")
    given = parser.parse_args()
    given.out.write_text(report(rows_with_theme(), given.bertopic), encoding="utf8")


if __name__ == "__main__":
    main()
