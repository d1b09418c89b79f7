"""Learn the evidence model from the authored corpus and measure it beside plainer ones.

    python benchmarks/evidence.py          # measure again and write benchmarks/evidence.md
    python benchmarks/evidence.py --fit    # learn the packaged model from the train split first

Cross-validation leaves out whole invented services; the status that a row of the train split is weighed
with comes from models that did not see its service either. Nothing is read but ``corpora`` and ``models``.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np
import pandas as pd

from nlpkit import features
from nlpkit.analysis import evidence, status
from nlpkit.analysis.evidence import FEATURES
from nlpkit.analysis.status import decide
from nlpkit.analysis.status_model import STATUSES
from nlpkit.embedding.default import default_encoder
from nlpkit.learning.corpus import corpus, corpus_labels, evidence_is_settled
from nlpkit.learning.evaluate import interval
from nlpkit.learning.evidence import LEVELS, fit_evidence, quadratic_kappa
from nlpkit.learning.train import PUBLISHED, fit, material, split_by_group
from nlpkit.models import OrdinalModel
from nlpkit.schema import Flag

ROOT = Path(__file__).resolve().parent.parent
MODEL = ROOT / "models" / "evidence" / "model.json"
TABLE = ROOT / "benchmarks" / "evidence.md"


def main(arguments: list[str]) -> None:
    train, test, encoder = corpus("train"), corpus("test"), default_encoder()
    level = {split: _levels(split) for split in ("train", "test")}
    made = features.compute(train.updates, encoder=encoder)
    stated = _stated(fit(material(train, encoder), PUBLISHED).left_out, train.updates.index)
    bare = features.compute(train.updates)
    settled = np.flatnonzero(evidence_is_settled("train"))
    values = evidence.measured(train.updates, made, stated)[settled]
    by_rule = evidence.measured(train.updates, bare, status.judge(train.updates, bare))[settled]
    level["train"], group = level["train"][settled], [train.group[row] for row in settled]
    fold = split_by_group(group)

    def learn(rows: np.ndarray) -> OrdinalModel:
        # Each row twice: with the learned status, and with that of the rules where no encoder is used.
        return fit_evidence(np.vstack([values[rows], by_rule[rows]]), np.tile(level["train"][rows], 2))

    if "--fit" in arguments:
        MODEL.write_text(_written(learn(np.arange(len(values))), train.sha256), encoding="utf8")
        evidence._model.cache_clear()
    held = {"with": np.zeros(len(values), dtype=int), "without": np.zeros(len(values), dtype=int)}
    for k in sorted(set(fold)):
        model = learn(np.flatnonzero(fold != k))
        for name, table in (("with", values), ("without", by_rule)):
            outside = np.flatnonzero(fold == k)
            held[name][outside] = [_level(model, row) for row in table[outside]]
    rows = [_row("most frequent level", level, _constant(level["train"]))]
    words = np.array([len(text.split()) for text in train.updates["update"].iloc[settled]])
    rows.append(
        _row("number of words (thresholds set on train)", level, _by_words(words, level["train"], test))
    )
    judged = {}
    for name, what in (("with", encoder), ("without", None)):
        seen = features.compute(test.updates, encoder=what)
        judged[name] = evidence.judge(test.updates, seen, status.judge(test.updates, seen))
    for name, said in (("**nlpkit**", "with"), ("nlpkit without an encoder (status by rule)", "without")):
        found = np.array([LEVELS.index(value) for value in judged[said]["evidence"]])
        rows.append(_row(name, level, (held[said], found)))
    flags = [set(label["flags"]) for label in corpus_labels("test")]
    TABLE.write_text(
        _PAGE.format(
            train=len(values),
            services=len(set(group)),
            test=len(level["test"]),
            tested=len(set(test.group)),
            rows="\n".join(rows),
            confusion=_confusion(level["test"], judged["with"]["evidence"]),
            flags=_flags(flags, [set(found) for found in judged["with"]["flags"]]),
        ),
        encoding="utf8",
    )
    sys.stdout.write(TABLE.read_text(encoding="utf8"))


def _levels(split: str) -> np.ndarray:
    return np.array([LEVELS.index(label["evidence"]) for label in corpus_labels(split)])


def _stated(shares: np.ndarray, index: pd.Index) -> pd.DataFrame:
    named = [dict(zip(STATUSES, map(float, row), strict=True)) for row in shares]
    return pd.DataFrame(
        {"status": [str(decide(row)) for row in named], "status_probabilities": named}, index=index
    )


def _level(model: OrdinalModel, row: Sequence[float]) -> int:
    return sum(share > 0.5 for share in model.above(row))


def _constant(level: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    common = int(np.bincount(level).argmax())
    return np.full(len(level), common), np.full(len(_levels("test")), common)


def _by_words(words: np.ndarray, level: np.ndarray, test: object) -> tuple[np.ndarray, np.ndarray]:
    """Two thresholds on the number of words with the best kappa on train."""
    best, chosen = -1.0, (0, 0)
    for low in range(5, 80, 5):
        for high in range(low + 5, 160, 5):
            kappa = quadratic_kappa(level, (words >= low).astype(int) + (words >= high))
            if kappa > best:
                best, chosen = kappa, (low, high)
    cut: Callable[[np.ndarray], np.ndarray] = lambda n: (n >= chosen[0]).astype(int) + (n >= chosen[1])  # noqa: E731
    tested = np.array([len(text.split()) for text in test.updates["update"]])  # type: ignore[attr-defined]
    return cut(words), cut(tested)


def _row(name: str, level: dict[str, np.ndarray], said: tuple[np.ndarray, np.ndarray]) -> str:
    cells = [name]
    for truth, guess in zip((level["train"], level["test"]), said, strict=True):
        for measure in (quadratic_kappa, lambda t, s: float(np.mean(np.asarray(t) == np.asarray(s)))):
            low, high = interval(measure, list(truth), list(guess))
            cells.append(f"{measure(truth, guess):.3f} ({low:.3f}–{high:.3f})")
    return "| " + " | ".join(cells) + " |"


def _confusion(truth: np.ndarray, said: Sequence[str]) -> str:
    guess = np.array([LEVELS.index(value) for value in said])
    lines = ["| labelled \\ said | " + " | ".join(LEVELS) + " |", "|---" * (len(LEVELS) + 1) + "|"]
    for at, name in enumerate(LEVELS):
        counts = [int(((truth == at) & (guess == to)).sum()) for to in range(len(LEVELS))]
        lines.append(f"| {name} | " + " | ".join(map(str, counts)) + " |")
    return "\n".join(lines)


def _flags(truth: Sequence[set[str]], said: Sequence[set[str]]) -> str:
    lines = ["| flag | labelled | said | F1 |", "|---|---|---|---|"]
    total = np.zeros(3)
    for name in map(str, Flag):
        counts = np.array(
            [
                sum(name in t and name in s for t, s in zip(truth, said, strict=True)),
                sum(name in t for t in truth),
                sum(name in s for s in said),
            ]
        )
        total += counts
        lines.append(
            f"| {name} | {counts[1]} | {counts[2]} | {2 * counts[0] / max(1, counts[1] + counts[2]):.3f} |"
        )
    lines.append(f"| all | {total[1]:.0f} | {total[2]:.0f} | {2 * total[0] / (total[1] + total[2]):.3f} |")
    return "\n".join(lines)


def _written(model: OrdinalModel, learned_from: dict[str, str]) -> str:
    return (
        json.dumps(
            {
                "about": "What each measure of nlpkit/analysis/evidence.py counts; see README.md.",
                "features": list(FEATURES),
                "weights": list(model.weights),
                "thresholds": list(model.thresholds),
                "learned_from": learned_from,
            },
            indent=1,
        )
        + "\n"
    )


_PAGE = """# Evidence: candidates compared

Made by `python benchmarks/evidence.py`. Cross-validation (CV) of the weights on the train split of
`corpora/updates`, without the services whose readers draw the lines differently (`status_only`): {train} rows
of {services} services, whole services left out. Test: {test} rows of {tested}
other services, from which nothing was learned or chosen, judged as `nlpkit score` does. Kappa is weighted
quadratically; in brackets 95% bootstrap intervals over rows.

| candidate | CV kappa | CV accuracy | test kappa | test accuracy |
|---|---|---|---|---|
{rows}

## nlpkit on the test split

{confusion}

Flags (rules, nothing learned; `declared_mismatch` follows the learned status):

{flags}
"""


if __name__ == "__main__":
    main(sys.argv[1:])
