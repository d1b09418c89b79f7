"""Learn the linking models from the authored pairs, and measure them where they did not look.

    python benchmarks/linking.py            # measure the models in models/linking on the check split
    python benchmarks/linking.py --fit      # learn them again from the tune split first

Cross-validation leaves out one invented service at a time. Nothing is read but ``corpora`` and
``models``.
"""

from __future__ import annotations

import hashlib
import json
import sys
from pathlib import Path

import numpy as np
import pandas as pd

from nlpkit.analysis.linking import PAIR_FEATURES, link, table_features
from nlpkit.catalogue import load_catalogue
from nlpkit.embedding.default import default_encoder
from nlpkit.models import LogisticModel

ROOT = Path(__file__).resolve().parent.parent
PAIRS = ROOT / "corpora" / "links" / "starter.jsonl"
MODEL = ROOT / "models" / "linking" / "model.json"
STRENGTH = 5.0  # inverse regularisation: the best log loss in cross-validation lies between 3 and 10
SAME_FROM = 0.4  # the best F1 for equivalent in cross-validation that leaves 19 of 20 unmatched rows alone
RELATED_FROM = 0.3  # four in five rows that nothing fits then get no link at all


def main(arguments: list[str]) -> None:
    catalogue = load_catalogue("spotlight")
    rows = pd.DataFrame([json.loads(line) for line in PAIRS.read_text(encoding="utf8").splitlines()]).fillna(
        ""
    )
    ids = [entry.id for entry in catalogue.entries]
    truth = np.array([[_grade(gold, id_) for id_ in ids] for gold in rows["gold"]])
    tune = (rows["split"] == "tune").to_numpy()
    if "--fit" in arguments:
        features = table_features(rows, catalogue, default_encoder())
        services = rows["service"][tune].to_numpy()
        held_out = np.zeros((2, *truth[tune].shape))
        for service in sorted(set(services)):
            inside, outside = services != service, services == service
            for i, least in enumerate((2, 1)):
                model = _fit(features[tune][inside], truth[tune][inside] >= least)
                held_out[i][outside] = model.probability(features[tune][outside])
        _say("cross-validation by service", _by_probability(held_out[0], truth[tune]))
        models = [_fit(features[tune], truth[tune] >= least) for least in (2, 1)]
        MODEL.write_text(_written(*models), encoding="utf8")
    for split in ("tune", "check"):
        chosen = rows[rows["split"] == split].reset_index(drop=True)
        links = link(chosen.drop(columns="gold"), catalogue, default_encoder())
        _say(split, _measure(chosen, links))


def _say(what: str, figures: dict[str, float]) -> None:
    sys.stdout.write(f"{what}: {json.dumps(figures)}\n")


def _grade(gold: dict[str, list[str]], id_: str) -> int:
    return 2 if id_ in gold["equivalent"] else 1 if id_ in gold["related"] else 0


def _fit(features: np.ndarray, truth: np.ndarray) -> LogisticModel:
    from sklearn.linear_model import LogisticRegression

    found = LogisticRegression(C=STRENGTH, max_iter=10_000, tol=1e-8).fit(
        features.reshape(-1, features.shape[-1]), truth.ravel()
    )
    weights = tuple(round(float(weight), 4) for weight in found.coef_[0])
    return LogisticModel(PAIR_FEATURES, weights, round(float(found.intercept_[0]), 4))


def _written(same: LogisticModel, related: LogisticModel) -> str:
    def figures(model: LogisticModel, threshold: float) -> dict[str, object]:
        return {
            "features": list(model.features),
            "weights": list(model.weights),
            "intercept": model.intercept,
            "threshold": threshold,
        }

    return (
        json.dumps(
            {
                "about": "Logistic regressions over pairs of a row and a catalogue entry; see README.md.",
                "learned_from": {
                    "corpora/links/starter.jsonl": hashlib.sha256(PAIRS.read_bytes()).hexdigest(),
                    "split": "tune",
                },
                "equivalent": figures(same, SAME_FROM),
                "related": figures(related, RELATED_FROM),
            },
            indent=2,
        )
        + "\n"
    )


def _by_probability(probability: np.ndarray, truth: np.ndarray) -> dict[str, float]:
    have, none = (truth == 2).any(axis=1), (truth == 0).all(axis=1)
    said = probability >= SAME_FROM
    first = truth[np.arange(len(truth)), probability.argmax(axis=1)] == 2
    return {
        "rows": len(truth),
        "first_right": round(float(first[have].mean()), 3),
        "f1_equivalent": round(float(2 * (said & (truth == 2)).sum() / (said.sum() + (truth == 2).sum())), 3),
        "none_ok": round(float(1 - said[none].any(axis=1).mean()), 3),
    }


def _measure(rows: pd.DataFrame, links: pd.DataFrame) -> dict[str, float]:
    got = {
        str(key): list(zip(part["id"], part["grade"], strict=True)) for key, part in links.groupby("row_id")
    }
    first, right, wanted, said, clear, bare = [], 0, 0, 0, [], []
    for row_id, gold in zip(rows["row_id"], rows["gold"], strict=True):
        mine = got.get(row_id, [])
        same = {id_ for id_, grade in mine if grade == "equivalent"}
        wanted += len(gold["equivalent"])
        said += len(same)
        right += len(same & set(gold["equivalent"]))
        if gold["equivalent"]:
            first.append(bool(mine) and mine[0][0] in gold["equivalent"])
        elif not gold["related"]:
            clear.append(not same)
            bare.append(not mine)
    return {
        "rows": len(rows),
        "first_right": round(float(np.mean(first)), 3),
        "f1_equivalent": round(2 * right / (wanted + said), 3),
        "none_ok": round(float(np.mean(clear)), 3),
        "none_without_any_link": round(float(np.mean(bare)), 3),
    }


if __name__ == "__main__":
    main(sys.argv[1:])
