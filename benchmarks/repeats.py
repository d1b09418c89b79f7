"""Measure the search for repeats beside two plainer ones, on updates with copies planted in them.

    python benchmarks/repeats.py                  # measure everything and write benchmarks/repeats.md
    python benchmarks/repeats.py 5000 10000       # these sizes only, to standard output

Every measurement is a process of its own, so that its peak of memory is its own too. ``datasketch`` comes
with ``pip install -e '.[bench]'``. Nothing is read but ``corpora``.
"""

from __future__ import annotations

import json
import os
import platform
import re
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterable
from functools import partial
from importlib.metadata import version
from pathlib import Path
from typing import Any

import numpy as np
from made_updates import LEAST_WORDS, MOST_EDITED, SHARE, Copy, authored, made_updates
from processes import peak_mb

OUT = Path(__file__).resolve().parent / "repeats.md"
SIZES = (1_000, 5_000, 10_000, 20_000, 50_000)
SEED = 7
RUNS = 3
ONCE_FROM = 50_000  # the plainer searches are run once from this size on
GROWTH_FROM = 5_000
ENCODED_AT = 1_000  # the encoder needs about a minute for so many
DIMENSION = 384  # of the encoder's vectors, and so of the hashed ones
COSINE = 0.9
PERMUTATIONS = 128
_WORD = re.compile(r"[^\W_]+(?:['’][^\W_]+)*")
_SENTENCE = re.compile(r"[.!?;]\W*\s")

Pair = tuple[int, int]


# -- the searches ----------------------------------------------------------------------------


def by_nlpkit(texts: list[str]) -> set[Pair]:
    from nlpkit.analysis.repeats import find_repeats

    return {(repeat.left, repeat.right) for repeat in find_repeats(texts)}


def by_minhash(texts: list[str], least: float) -> set[Pair]:
    """MinHash and locality-sensitive hashing over 3-word shingles; candidates verified exactly."""
    from datasketch import MinHash, MinHashLSH

    shingles = [set(_runs(text, 3)) for text in texts]
    index = MinHashLSH(threshold=least, num_perm=PERMUTATIONS)
    found: set[Pair] = set()
    for n, mine in enumerate(shingles):
        if not mine:
            continue
        sketch = MinHash(num_perm=PERMUTATIONS)
        sketch.update_batch([shingle.encode() for shingle in sorted(mine)])
        for other in index.query(sketch):
            shared = len(mine & shingles[other])
            if shared >= least * (len(mine) + len(shingles[other]) - shared):
                found.add((other, n))
        index.insert(n, sketch, check_duplication=False)
    return found


def by_hashed_vectors(texts: list[str]) -> set[Pair]:
    """Cosine of all pairs, of vectors of hashed words and pairs of words."""
    from sklearn.feature_extraction.text import HashingVectorizer

    made = HashingVectorizer(n_features=DIMENSION, ngram_range=(1, 2), dtype=np.float32).transform(texts)
    return _near(made.toarray())


def by_encoder(texts: list[str]) -> set[Pair]:
    """Cosine of all pairs, of the packaged encoder's vectors, made anew."""
    from nlpkit.embedding.minilm import MiniLM

    return _near(MiniLM().encode(texts))


def _near(vectors: np.ndarray) -> set[Pair]:
    found: set[Pair] = set()
    block = 1_000
    for start in range(0, len(vectors), block):
        rows, columns = np.nonzero(vectors[start : start + block] @ vectors[start:].T >= COSINE)
        later = columns > rows
        found.update(zip((rows[later] + start).tolist(), (columns[later] + start).tolist(), strict=True))
    return found


SEARCHES: dict[str, tuple[str, Callable[[list[str]], set[Pair]]]] = {
    "nlpkit": ("**nlpkit** (`find_repeats`)", by_nlpkit),
    "minhash 0.5": ("MinHash-LSH, Jaccard 0.5", partial(by_minhash, least=0.5)),
    "minhash 0.3": ("MinHash-LSH, Jaccard 0.3", partial(by_minhash, least=0.3)),
    "hashed": (f"cosine {COSINE:.2f}, hashed vectors", by_hashed_vectors),
    "encoder": (f"cosine {COSINE:.2f}, packaged encoder", by_encoder),
}


# -- one measurement -------------------------------------------------------------------------


def measure_one(search: str, path: str) -> dict[str, Any]:
    """Search the updates of a file; what was found of the copies planted in them, time and memory."""
    given = json.loads(Path(path).read_text(encoding="utf8"))
    started = time.perf_counter()
    found = SEARCHES[search][1](given["texts"])
    seconds = time.perf_counter() - started
    peak = peak_mb()
    return {"seconds": seconds, "megabytes": peak, **judged(found, given["texts"], given["copies"])}


def judged(found: set[Pair], texts: list[str], copies: list[dict[str, Any]]) -> dict[str, float]:
    """What was found of the planted copies, and what else.

    Args:
        found: pairs of places in ``texts``, the lower first.
        copies: as :class:`made_updates.Copy` has them.
    """
    planted = {tuple(sorted((c["source"], c["place"]))): c["whole"] for c in copies}
    right = found & planted.keys()
    chance = sum(_repeats(texts[left], texts[right_]) for left, right_ in found - planted.keys())
    whole = sum(planted.values())
    return {
        "found": len(right) / len(planted),
        "found_whole": sum(planted[pair] for pair in right) / whole,
        "found_passage": sum(not planted[pair] for pair in right) / (len(planted) - whole),
        "flagged": len(found),
        "by_chance": chance,
        "wrong": len(found) - len(right) - chance,
        "precision": (len(right) + chance) / max(1, len(found)),
    }


def _runs(text: str, length: int) -> Iterable[str]:
    words = _WORD.findall(text.casefold())
    return (" ".join(words[n : n + length]) for n in range(len(words) - length + 1))


def _repeats(one: str, other: str) -> bool:
    """Whether two texts hold the same eight words in a row, or the same sentence of five or more."""
    if not set(_runs(one, 8)).isdisjoint(_runs(other, 8)):
        return True
    mine, theirs = (
        {" ".join(_WORD.findall(part.casefold())) for part in _SENTENCE.split(text)} for text in (one, other)
    )
    return any(sentence.count(" ") >= 4 for sentence in mine & theirs)


# -- all of them -----------------------------------------------------------------------------


def measure(sizes: Iterable[int]) -> Iterable[tuple[int, str, int, dict[str, Any]]]:
    """Size, search, number of runs and their medians."""
    with tempfile.TemporaryDirectory() as folder:
        for size in sizes:
            texts, copies = made_updates(size, SEED)
            path = Path(folder) / f"{size}.json"
            write(path, texts, copies)
            for search in SEARCHES:
                if search == "encoder" and size > ENCODED_AT:
                    continue
                once = search == "encoder" or (size >= ONCE_FROM and search != "nlpkit")
                runs = [in_a_process(search, path) for _ in range(1 if once else RUNS)]
                medians = {key: statistics.median(run[key] for run in runs) for key in runs[0]}
                sys.stderr.write(f"{size} {search}: {json.dumps(medians)}\n")
                yield size, search, len(runs), medians


def write(path: Path, texts: list[str], copies: list[Copy]) -> None:
    """Updates and the copies in them, for :func:`measure_one`."""
    path.write_text(json.dumps({"texts": texts, "copies": [vars(c) for c in copies]}), encoding="utf8")


def in_a_process(search: str, path: Path) -> dict[str, Any]:
    """:func:`measure_one` in a process of its own."""
    command = [sys.executable, __file__, "--one", search, str(path)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        raise SystemExit(f"{search} failed:\n{done.stderr[-3000:]}")
    result: dict[str, Any] = json.loads(done.stdout)
    return result


def _report(measured: list[tuple[int, str, int, dict[str, Any]]]) -> str:
    seconds = {size: figures["seconds"] for size, search, _, figures in measured if search == "nlpkit"}
    last = max(seconds)
    first = GROWTH_FROM if GROWTH_FROM in seconds else min(seconds)
    encoding = [figures["seconds"] for _, search, _, figures in measured if search == "encoder"]
    words = statistics.mean(len(text.split()) for text in made_updates(first, SEED)[0])
    lines = [
        "# Search for repeats: beside two plainer ones",
        "",
        "Made by `python benchmarks/repeats.py`. Updates are made from `corpora/updates` (a chain over pairs"
        f" of words of its {len(authored()):,} different updates, as long as these: {words:.0f} words on"
        f" average; seed {SEED}). {SHARE:.0%} of them hold a planted copy with up to {MOST_EDITED:.0%} of its"
        " words changed, left out or added, half of them copies of a whole update, half a passage of one"
        f" to three sentences ({LEAST_WORDS} words or more) put between the sentences of another."
        " All are compared with all.",
        "",
        f"Machine: {_machine()}. Versions: Python {platform.python_version()}, "
        + ", ".join(f"{name} {version(name)}" for name in ("numpy", "scikit-learn", "datasketch"))
        + ".",
        "",
        "| updates | search | runs | seconds | peak memory | found | whole updates | passages "
        "| pairs flagged | alike by chance | wrong | precision |",
        "|---|---|---|---|---|---|---|---|---|---|---|---|",
    ]
    for size, search, runs, f in measured:
        lines.append(
            f"| {size:,} | {SEARCHES[search][0]} | {runs} | {f['seconds']:.1f} | {f['megabytes']:,.0f} MB "
            f"| {f['found']:.2%} | {f['found_whole']:.2%} | {f['found_passage']:.2%} | {f['flagged']:,.0f} "
            f"| {f['by_chance']:,.0f} | {f['wrong']:,.0f} | {f['precision']:.2%} |"
        )
    growth = seconds[last] / seconds[first]
    rate = f" ({encoding[0]:.0f} s)" if encoding else ""
    lines += [
        "",
        f"From {first:,} to {last:,} updates, {last / first:.0f} times as many, "
        f"nlpkit's time grows {growth:.1f} times.",
        "",
        "- Seconds and memory are medians of the runs; each run is a process of its own, and its peak counts"
        " everything in it (interpreter, texts, libraries). Reading the texts isn't timed; imports are.",
        '- "Found" is the share of planted copies flagged with their source. "Alike by chance" are pairs that'
        " nobody planted and that hold the same eight words in a row, or the same sentence of five words or"
        ' more; "wrong" are all others, and precision is the share of flagged pairs that are not wrong.',
        f"- MinHash-LSH: `datasketch`, {PERMUTATIONS} permutations, 3-word shingles, candidates verified by"
        " their exact Jaccard similarity. 0.3 is for its benefit: an edit breaks three shingles.",
        f"- Cosine: brute force in numpy, in blocks. The packaged encoder is measured at {ENCODED_AT:,}"
        f" updates only, encoding included{rate}; at that rate the larger sizes take too long for a"
        f" benchmark. There, hashed vectors ({DIMENSION} dimensions, words and pairs of words) stand in"
        " for it.",
        "- MinHash and cosine compare whole texts: they are not made for a passage in another update, and"
        " don't say where it stands.",
        "- What this doesn't show: made updates keep to no topic, which is kind to the precision of every"
        " search here, and of cosine most: updates on one topic lie near each other without a word copied."
        " How nlpkit fares with texts that say the same in other words is tested in"
        " `tests/analysis/test_planted.py`.",
    ]
    return "\n".join(lines) + "\n"


def _machine() -> str:
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30
    return (
        f"{os.cpu_count()} cores ({platform.machine()}), {memory:.0f} GB of memory, {platform.system()}, "
        "shared with other work"
    )


def main(arguments: list[str]) -> None:
    if arguments[:1] == ["--one"]:
        sys.stdout.write(json.dumps(measure_one(arguments[1], arguments[2])))
        return
    report = _report(list(measure([int(size) for size in arguments] or SIZES)))
    if arguments:
        sys.stdout.write(report)
    else:
        OUT.write_text(report, encoding="utf8")


if __name__ == "__main__":
    main(sys.argv[1:])
