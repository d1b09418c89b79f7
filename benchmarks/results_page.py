"""The report of ``benchmarks/results.py``, written from its figures; measures nothing."""

from __future__ import annotations

import statistics
from collections.abc import Callable, Mapping, Sequence
from typing import Any

Figures = Mapping[str, Any]

TITLES = {
    "start": "Cold start",
    "throughput": "Throughput",
    "stages": "Where the time goes",
    "floor": "The floor",
    "growth": "Growth and memory",
    "repeats": "Search for repeats",
    "linking": "Linking",
    "themes": "Themes",
    "status": "Status",
}
PLAIN = "`SentenceTransformer.encode` alone, batches of 32"


# -- parts -----------------------------------------------------------------------------------


def spread(values: Sequence[float], digits: int = 2) -> str:
    """Median, and the lowest and highest in brackets: "1.25 (1.10–1.40)"; one value stands alone."""
    middle = f"{statistics.median(values):,.{digits}f}"
    if len(values) == 1:
        return middle
    return f"{middle} ({min(values):,.{digits}f}–{max(values):,.{digits}f})"


def of(runs: Sequence[Figures], key: str) -> list[float]:
    """One figure of each run."""
    return [float(run[key]) for run in runs]


def ratios(one: Sequence[float], other: Sequence[float]) -> list[float]:
    """One over the other, run by run: both of the same turn."""
    return [a / b for a, b in zip(one, other, strict=True)]


def table(heads: Sequence[str], rows: Sequence[Sequence[str]]) -> list[str]:
    """A Markdown table."""
    return [
        f"| {' | '.join(heads)} |",
        "|---" * len(heads) + "|",
        *(f"| {' | '.join(row)} |" for row in rows),
    ]


def table_under(text: str, heading: str) -> list[list[str]]:
    """The cells of the first table below a heading, its head first.

    Raises:
        LookupError: there is no such heading, or no table below it.
    """
    lines = text.splitlines()
    starts = [n for n, line in enumerate(lines) if line.lstrip("#").strip() == heading and line[:1] == "#"]
    if not starts:
        raise LookupError(f"no heading '{heading}'")
    rows: list[list[str]] = []
    for line in lines[starts[0] + 1 :]:
        if line.startswith("|"):
            rows.append([cell.strip() for cell in line.strip().strip("|").split("|")])
        elif rows or line.startswith("#"):
            break
    if len(rows) < 2:
        raise LookupError(f"no table under '{heading}'")
    return [rows[0], *rows[2:]]


def _plural(number: int, what: str) -> str:
    return f"{number:,} {what}{'' if number == 1 else 's'}"


# -- sections --------------------------------------------------------------------------------


def _start(found: Figures) -> list[str]:
    rows, taken = found["rows"], found["taken"]
    titles = {
        "help": ("`nlpkit --help`", "under 0.3 s"),
        "first": (f"`nlpkit score`, {rows} updates, nothing kept but the encoder's check", "under 4 s"),
        "kept": ("the same again, vectors and tags kept", "under 1.5 s"),
        "check": ("the first time ever on a machine: the same, and the encoder is checked", ""),
    }
    cells = [
        [
            title,
            spread(of(taken[name], "wall")),
            spread(of(taken[name], "cpu")),
            spread(of(taken[name], "mb"), 0),
            aim,
        ]
        for name, (title, aim) in titles.items()
        if name in taken
    ]
    return [
        "Whole commands, from their start to their end, in processes of their own.",
        "",
        *table(("command", "seconds", "of the processor", "MB at the peak", "aim, machine idle"), cells),
    ]


def _throughput(found: Figures) -> list[str]:
    rows, taken = found["rows"], found["taken"]
    titles = {
        "plain": PLAIN,
        "encode": "nlpkit's encoder",
        "score": "`nlpkit.score`, all judgements, nothing kept",
        "again": "the same again, vectors and tags kept",
        "changed": "the same after 1% of the updates changed",
    }
    plain = taken["plain"]
    cells = [
        [
            title,
            spread([rows / wall for wall in of(taken[name], "wall")], 1),
            spread([1000 * cpu / rows for cpu in of(taken[name], "cpu")], 1),
            spread(ratios(of(plain, "wall"), of(taken[name], "wall"))),
            spread(ratios(of(plain, "cpu"), of(taken[name], "cpu"))),
            spread(of(taken[name], "mb"), 0),
        ]
        for name, title in titles.items()
    ]
    changed = ratios(of(taken["changed"], "cpu"), of(taken["score"], "cpu"))
    return [
        f"The same {_plural(rows, 'update')} of the authored corpus ({found['words']:.0f} words on average), "
        "everything imported and loaded before the clock starts.",
        "",
        *table(
            (
                "what",
                "updates/s",
                "ms of the processor an update",
                "times as fast as the first, by the clock",
                "by the processor",
                "MB at the peak",
            ),
            cells,
        ),
        "",
        f"Scoring again after 1% of the rows changed takes {100 * statistics.median(changed):.0f}% of the "
        "processor's time of the first scoring.",
    ]


def _stages(found: Figures) -> list[str]:
    runs = found["taken"]
    totals = of(runs, "total")
    total = statistics.median(totals)
    names = list(runs[0]["stages"])
    seconds = {name: [run["stages"][name] for run in runs] for name in names}
    seconds["everything else"] = [run["total"] - sum(run["stages"].values()) for run in runs]
    cells = []
    for name, values in sorted(seconds.items(), key=lambda item: -statistics.median(item[1])):
        shares = [100 * part / whole for part, whole in zip(values, totals, strict=True)]
        per_row = spread([1000 * value / found["rows"] for value in values])
        cells.append([name, f"{spread(shares, 1)}%" if len(runs) == 1 else spread(shares, 1), per_row])
    return [
        f"One scoring of {_plural(found['rows'], 'update')}, nothing kept, from the table's file to the "
        "scored one, everything imported and loaded before. Seconds are the processor's (all its threads), "
        "and what nlpkit does beside is done one after the other here, so that each second is one stage's: "
        f"{1000 * total / found['rows']:.1f} ms an update in all. {_added(found)}",
        "",
        *table(("stage", "% of the whole", "ms an update"), cells),
    ]


def added(found: Figures) -> list[float]:
    """What everything but encoding adds to it, in percent, in each run."""
    return [100 * (run["total"] / run["stages"]["encoding"] - 1) for run in found["taken"]]


def _added(found: Figures) -> str:
    return f"Everything but encoding adds {spread(added(found), 0)}% to it (aim: 40% at most)."


def best(found: Figures) -> tuple[str, float]:
    """The processor's best rate in the encoder's precision, GMAC/s, and what showed it."""
    peaks = {name: rate for name, rate in found["peaks"].items() if f" {found['precision']}," in name}
    name = max(peaks, key=lambda one: peaks[one])
    return name, peaks[name]


def floors(found: Figures) -> tuple[float, float]:
    """Milliseconds at best for the encoder's work for an update, and for all that scoring it asks for."""
    _, rate = best(found)
    return 1000 * found["gmacs"] / rate, 1000 * found["asked_gmacs"] / rate


def encoder_ms(found: Figures) -> list[float]:
    """Milliseconds an update in each run, if all cores are the encoder's: other work does not count."""
    return [1000 * cpu / found["cores"] / found["rows"] for cpu in of(found["taken"], "cpu")]


def _floor(found: Figures) -> list[str]:
    shape = found["shape"]
    name, rate = best(found)
    least, asked = floors(found)
    cells = [[one, f"{value:,.0f}"] for one, value in found["peaks"].items()]
    now = statistics.median(encoder_ms(found))
    clock = spread([1000 * wall / found["rows"] for wall in of(found["taken"], "wall")])
    return [
        f"The encoder has {shape['layers']} layers of {shape['hidden']} values with {shape['inner']} "
        f"between. An update has {found['tokens']:.0f} tokens on average ({_plural(found['rows'], 'update')} "
        f"of the throughput's): {found['gmacs']:.2f} billion multiply-accumulates (GMAC), counted from the "
        "model's configuration, attention included, padding none.",
        "",
        *table(("product of matrices", "GMAC/s at best"), cells),
        "",
        f"So the encoder needs {found['gmacs']:.2f} GMAC an update, the processor did {rate:,.0f} GMAC/s at "
        f"best in the precision in use here ({name}), and the floor is {least:.2f} ms an update. "
        f"nlpkit's encoder is at {now:.2f} ms (its seconds of the processor over {found['cores']} cores; by "
        f"the clock {clock}): {100 * least / now:.0f}% of that is the floor's. The rest is "
        "softmax, normalisation and activation, products too small to run at the processor's best, and "
        "cutting texts into tokens.",
        "",
        f"Scoring asks for more than the update: its sentences, what was asked and what was planned. That is "
        f"{found['asked']:.1f} texts and {found['asked_tokens']:.0f} tokens an update, each text once: "
        f"{found['asked_gmacs']:.2f} GMAC, a floor of {asked:.2f} ms.",
    ]


def per_row(found: Figures, key: str = "wall") -> dict[int, list[float]]:
    """Milliseconds a row of each size, what starting costs taken off: (T - T of few) / (rows - few)."""
    few = found["few"]
    base = statistics.median(of(found["taken"][str(few)], key))
    return {
        int(size): [1000 * (taken - base) / (int(size) - few) for taken in of(runs, key)]
        for size, runs in found["taken"].items()
        if int(size) != few
    }


def _growth(found: Figures) -> list[str]:
    clock, processor = per_row(found), per_row(found, "cpu")
    cells = []
    for size, runs in found["taken"].items():
        cell = [f"{int(size):,}", str(len(runs)), spread(of(runs, "wall"), 1)]
        for own in (clock, processor):
            mine, first = own.get(int(size)), next(iter(own.values()))
            beside = "" if mine is None else f"{statistics.median(mine) / statistics.median(first):.2f}"
            cell += ["" if mine is None else spread(mine, 1), beside]
        cells.append([*cell, spread(of(runs, "mb"), 0)])
    return [
        "`nlpkit score` as a command, from its start to the written file, nothing kept: made updates in "
        "plans of 25 actions and four quarters, a tenth with a planted copy. All of them are searched for "
        "repeats and linked. Milliseconds a row are those beyond what "
        f"{_plural(found['few'], 'row')} take; beside them is how many times the smallest size's they are "
        "(aim: 0.85 to 1.15).",
        "",
        *table(
            (
                *("rows", "runs", "seconds", "ms a row", "beside the smallest"),
                *("ms of the processor a row", "beside the smallest", "MB at the peak"),
            ),
            cells,
        ),
    ]


def _repeats(found: Figures) -> list[str]:
    cells = []
    for row in found["rows"]:
        name = "**nlpkit**" if row["search"] == "nlpkit" else row["search"]
        seconds = spread(row["seconds"])
        encoding = f"{row['encoding']:.0f}" if "encoding" in row else ""
        wrong, chance = (f"{row[key]:,.0f}" for key in ("wrong", "by_chance"))
        shares = [f"{row[key]:.1%}" for key in ("found", "found_whole", "found_passage")]
        counts = [f"{row['flagged']:,.0f}", chance, wrong]
        memory = spread(row["megabytes"], 0)
        cells.append([row["set"], name, *shares, *counts, seconds, encoding, memory])
    return [
        "A tenth of the updates holds a planted copy, up to a fifth of its words changed: half are copies of "
        "a whole update, half a passage put into another. Made updates keep to no topic, which is kind to "
        "vectors; “authored” are the corpus's own updates, which keep to topics and repeat themselves as "
        "plans do. “Alike word for word” are pairs that nobody planted with the same eight words in a row or "
        "the same sentence; “neither” are all others: false among made updates, while among the authored "
        "some are copies that were edited by hand. semhash is given the same MiniLM's vectors: seconds are "
        "its search, and encoding what nlpkit's encoder took to make them; nlpkit's search needs none. More "
        "sizes, MinHash and plain cosine: [repeats.md](repeats.md).",
        "",
        *table(
            (
                *("updates", "search", "found", "whole updates", "passages", "pairs flagged"),
                *("alike word for word", "neither", "seconds", "encoding, s", "MB at the peak"),
            ),
            cells,
        ),
    ]


def _linking(found: Figures) -> list[str]:
    small = found["small"]
    cells = [
        [
            f"{small['rows']:,}",
            f"{small['entries']:,} (Spotlight)",
            f"{small['links']:,}",
            spread(small["seconds"]),
            spread([1000 * value / small["rows"] for value in small["seconds"]], 1),
            "",
            "",
        ]
    ]
    for one in found["large"]:
        runs = one["runs"]
        cells.append(
            [
                f"{one['actions']:,}",
                f"{one['recommendations']:,}",
                f"{runs[0]['links']:,}",
                spread(of(runs, "seconds")),
                spread([1000 * value / one["actions"] for value in of(runs, "seconds")], 1),
                spread([1000 * value / one["actions"] for value in of(runs, "seconds_of_processor")], 1),
                spread(of(runs, "peak_memory_mb"), 0),
            ]
        )
    return [
        "Once vectors exist. The first row links the corpus's check split to the bundled catalogue, vectors "
        "kept from before; the others link mixed texts to large catalogues, with stand-in vectors whose "
        "making is not counted. Quality, and 5,000 × 50,000: [linking.md](linking.md).",
        "",
        *table(
            (
                *("rows", "recommendations", "links", "seconds", "ms a row"),
                *("ms of the processor a row", "MB at the peak"),
            ),
            cells,
        ),
    ]


def _themes(found: Figures) -> list[str]:
    cells = []
    for row in found["rows"]:
        name = "**nlpkit**" if row["method"] == "nlpkit" else row["method"]
        cells.append(
            [
                f"{row['set']} ({row['rows']:,})",
                name,
                str(row["themes"]),
                f"{row['nmi']:.3f}",
                f"{row['ami']:.3f}",
                f"{row['out']:.1%}",
                f"{row['again']:.3f}",
                spread(row["all_seconds"]),
                f"{row['imported']:.1f}" if "imported" in row else "",
            ]
        )
    return [
        "Updates of the corpus whose theme is known, texts and vectors given (BERTopic: its defaults, and "
        "vectors of narrative and recommendation; [themes.md](themes.md) has other choices, and says "
        "what these columns mean). “Again” is the least agreement of another run with the first (nlpkit: "
        "rows in another order). BERTopic's first run compiles, and takes the longest.",
        "",
        *table(
            (
                *("rows", "method", "themes", "NMI", "AMI", "without a theme", "again"),
                *("seconds", "import, s"),
            ),
            cells,
        ),
    ]


def _status(found: Figures) -> list[str]:
    heads, *rows = found["table"]
    wanted = [n for n, head in enumerate(heads) if head == "candidate" or head.startswith("test")]
    seconds = found["seconds"]
    learned = {"frozen MiniLM": "frozen", "contrastively tuned": "contrastive", "**nlpkit**": "nlpkit"}
    cells = []
    for row in rows:
        mine = [name for start, name in learned.items() if row[0].startswith(start)]
        taken = spread(seconds[mine[0]]) if mine else ""
        cells.append([*(row[n] for n in wanted), taken])
    return [
        "Quality is quoted from [status.md](status.md), which says what it is measured on: services that "
        "nothing was learned from. Training time is measured here, on "
        f"{_plural(found['rows'], 'row')} with their vectors and features given: a head in the manner of "
        f"SetFit (last layer of MiniLM tuned on {found['pairs']} pairs, then a logistic regression; the "
        "library itself tunes all layers on many more pairs, which takes longer), a logistic regression on "
        "frozen vectors, and nlpkit's own model.",
        "",
        *table((*(heads[n] for n in wanted), "seconds to train"), cells),
    ]


WRITERS: dict[str, Callable[[Figures], list[str]]] = {
    "start": _start,
    "throughput": _throughput,
    "stages": _stages,
    "floor": _floor,
    "growth": _growth,
    "repeats": _repeats,
    "linking": _linking,
    "themes": _themes,
    "status": _status,
}


# -- the whole -------------------------------------------------------------------------------


def in_short(sections: Mapping[str, Figures]) -> list[str]:
    """The figures that most ask for, one line each, of those sections that there are."""
    have = {name: one["figures"] for name, one in sections.items() if "figures" in one}
    lines = []
    if "start" in have:
        wall = {name: statistics.median(of(runs, "wall")) for name, runs in have["start"]["taken"].items()}
        rows = have["start"]["rows"]
        lines.append(
            f"Start: help in {wall['help']:.2f} s, {rows} updates scored in {wall['first']:.1f} s, and in "
            f"{wall['kept']:.1f} s once they are known."
        )
    if "throughput" in have:
        taken, rows = have["throughput"]["taken"], have["throughput"]["rows"]
        rate = rows / statistics.median(of(taken["score"], "wall"))
        clock, processor = (
            {
                name: statistics.median(ratios(of(taken["plain"], key), of(taken[name], key)))
                for name in ("encode", "score")
            }
            for key in ("wall", "cpu")
        )
        lines.append(
            f"Throughput: {rate:.0f} updates/s with all judgements, {clock['score']:.1f} times as fast as "
            f"sentence-transformers only encodes them ({processor['score']:.1f} times by the processor's "
            f"time); nlpkit's encoder alone is {clock['encode']:.1f} times as fast "
            f"({processor['encode']:.1f} times)."
        )
    if "floor" in have:
        least, asked = floors(have["floor"])
        now = statistics.median(encoder_ms(have["floor"]))
        lines.append(
            f"Floor: {least:.1f} ms an update for the encoder, which takes {now:.1f} ms; {asked:.1f} ms for "
            "all that scoring has it encode."
        )
    if "growth" in have:
        own = per_row(have["growth"], "cpu")
        size, first = max(own), min(own)
        beside = statistics.median(own[size]) / statistics.median(own[first])
        memory = max(of(have["growth"]["taken"][str(size)], "mb"))
        grown = f"a row takes {beside:.2f} times the processor's time that it takes at {first:,}, and "
        lines.append(
            f"Growth: at {size:,} rows {grown if size > first else ''}memory peaks at {memory:,.0f} MB."
        )
    if "repeats" in have:
        lines += _repeats_in_short(have["repeats"]["rows"])
    if "themes" in have:
        told = [f"{r['method']} {r['ami']:.2f}" for r in have["themes"]["rows"] if r["set"] == "test"]
        lines.append(f"Themes, agreement with the known ones (AMI, test): {'; '.join(told)}.")
    return [f"- {line}" for line in lines]


def _repeats_in_short(rows: Sequence[Figures]) -> list[str]:
    """Of the largest made set that all searched (false pairs are known there), each search's best."""
    made = [row for row in rows if row["set"].startswith("made")]
    shared = [row for row in made if row["search"] != "nlpkit"] or made
    if not shared:
        return []
    size = max(row["updates"] for row in shared)
    told = [
        f"{row['search']} {row['found']:.0%} with {_plural(round(row['wrong']), 'false pair')}"
        for row in made
        if row["updates"] == size
    ]
    return [f"Repeats: of the copies planted in {size:,} made updates, found by {'; '.join(told)}."]


def _machine(held: Figures) -> list[str]:
    here = held["machine"]
    sets = ", ".join(here["sets"]) or "none known"
    lacks = "".join(f"; no {name}" for name in here.get("lacks", []))
    cells = [
        ["processor", f"{here['processor']}, {_plural(here['cores'], 'core')}"],
        ["instruction sets", f"{sets}{lacks}"],
        ["memory", f"{here['memory_gb']} GB"],
        ["system", f"{here['system']}, Python {here['python']}"],
    ]
    versions = dict(held["versions"])
    for section in held["sections"].values():
        own = section.get("figures", {}).get("versions", {}) if "figures" in section else {}
        versions |= {name: version for name, version in own.items() if version}
    cells.append(["versions", ", ".join(f"{name} {version}" for name, version in versions.items())])
    return table(("what", "here"), cells)


def _when(name: str, section: Figures) -> list[str]:
    commit = section.get("revision", "")
    return [
        TITLES[name],
        f"{section['begun']} UTC",
        f"{section['load']:.1f}",
        str(section["runs"]),
        f"{section['seconds'] / 60:.1f}",
        f"`{commit}`" if commit else "",
    ]


def page(held: Figures) -> str:
    """The whole report as Markdown.

    Args:
        held: ``machine``, ``versions``, ``size``, and ``sections``: by name, each with ``begun``, ``load``,
            ``runs``, ``seconds`` and either ``figures`` or, with the reason, ``failed``.
    """
    sections = held["sections"]
    minutes = sum(section["seconds"] for section in sections.values()) / 60
    small = ["**A quick run, small and once: it shows that the benchmark works, and no speed.**", ""]
    lines = [
        "# Results",
        "",
        "Made by `make bench` (`benchmarks/results.py`); every run is in [RESULTS.json](RESULTS.json). A "
        "figure is the median of its runs, with the lowest and highest in brackets. What is compared was run "
        "in turns, each in a process of its own, and a ratio is of two runs of the same turn. Texts are of "
        "the authored corpus (`corpora/updates`) or made from it with a fixed seed "
        "(`benchmarks/made_updates.py`).",
        "",
        *(small if held.get("quick") else []),
        *in_short(sections),
        "",
        "## Machine",
        "",
        *_machine(held),
        "",
        f"All of it took {minutes:.0f} minutes. Load is how many processes wanted a core when a section "
        "began (the last minute's average): with more than a few tenths, other work shared the cores, "
        "seconds by the clock are too high, and ratios and seconds of the processor are the ones to go by.",
        "",
        *table(
            ("section", "begun", "load", "runs", "minutes", "commit"),
            [_when(name, section) for name, section in sections.items()],
        ),
    ]
    for name, section in sections.items():
        lines += ["", f"## {TITLES[name]}", ""]
        if "failed" in section:
            lines.append(f"Not measured: it failed. {section['failed']}")
            continue
        lines += WRITERS[name](section["figures"])
        for peer, why in section["figures"].get("left_out", {}).items():
            lines += ["", f"{peer} was left out: {why}."]
    return "\n".join(lines) + "\n"
