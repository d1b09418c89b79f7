"""Learn the linking models from the authored pairs, and measure them where they did not look.

    python benchmarks/linking.py            # measure the models in models/linking
    python benchmarks/linking.py --fit      # learn them again from the tune split first, cross-validated
    python benchmarks/linking.py --order    # with and without the document's order, on made plans
    python benchmarks/linking.py --actions  # counterparts between the plans of the check split
    python benchmarks/linking.py --scale    # 5,000 recommendations × 50,000 actions, vectors given;
                                            # --scale 500 5000: as many

Cross-validation leaves out one invented service at a time: its rows, and the examples taken from them.
Nothing is read but ``corpora`` and ``models``. Results: benchmarks/linking.md.
"""

from __future__ import annotations

import hashlib
import json
import sys
import time
from collections import defaultdict
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
from ordered_plans import KINDS, Plan, plans
from processes import peak_mb

from nlpkit.analysis.linking import (
    PAIR_FEATURES,
    Own,
    link,
    link_actions,
    own_links,
    ready,
    table_features,
)
from nlpkit.analysis.linking.counterparts import actions_catalogue
from nlpkit.analysis.linking.examples import EXAMPLE_FEATURES, Examples, service_key
from nlpkit.analysis.linking.facets import text_key
from nlpkit.analysis.linking.order import placed
from nlpkit.analysis.linking.pairs import make_ready
from nlpkit.analysis.linking.parts import vectors
from nlpkit.analysis.linking.rows import rows_of, text_columns
from nlpkit.analysis.linking.table import link_rows
from nlpkit.analysis.similarity import prepare
from nlpkit.catalogue import Catalogue, Entry, load_catalogue
from nlpkit.embedding import Encoder
from nlpkit.embedding.default import default_encoder
from nlpkit.models import LogisticModel, file_sha256

ROOT = Path(__file__).resolve().parent.parent
PAIRS = tuple(ROOT / "corpora" / "links" / name for name in ("starter.jsonl", "plans.jsonl"))
ORDERED = ROOT / "corpora" / "links" / "ordered.jsonl"
MODEL = ROOT / "models" / "linking" / "model.json"
EXAMPLES = MODEL.with_name("examples.npz")
FACETS = MODEL.with_name("facets.npz")
STRENGTH = {"plain": 10.0, "with_examples": 20.0, "actions": 3.0}
"""Inverse regularisation: F1 in cross-validation hardly changes from half of it to twice as much."""
THRESHOLDS = {"plain": (0.45, 0.2), "with_examples": (0.4, 0.15), "actions": (0.35, 0.15)}
"""From which probability a pair is equivalent, and related: the first where F1 is best in cross-validation
of the steps (0.05) that leave 94 of 100 unmatched rows alone, or come nearest to it; the second where four
in five of them get no link at all, or nearly, and 96 in 100 equivalents or more are still offered."""


def main(arguments: list[str]) -> None:
    if "--scale" in arguments:
        return _say("scale", scale(*(int(one) for one in arguments if one.isdigit())))
    catalogue, encoder = load_catalogue("spotlight"), default_encoder()
    rows = authored()
    if "--actions" in arguments:
        return actions(rows, encoder)
    if "--order" in arguments:
        return order(rows, catalogue, encoder)
    truth = grades(rows, catalogue)
    if "--fit" in arguments:
        fit_all(rows, truth, catalogue, encoder)
    for split in ("tune", "check"):
        chosen = rows[rows["split"] == split].reset_index(drop=True)
        # The rows stand in the order in which they were written, which is no plan's: each by itself.
        plain = chosen.drop(columns="gold")
        links = link_rows(plain, ready(catalogue, encoder), encoder, in_order=False)
        _say(f"{split}, through link", _measure(chosen, links))
        alone = chosen[(chosen["recommendation"] == "") & (chosen["required_outcome"] == "")]
        _say(f"{split}, narratives alone", _measure(alone, links))
        other = ready(replace(catalogue, name="other"), encoder)
        known = link_rows(plain, other, encoder, in_order=False)
        _say(f"{split}, without examples", _measure(chosen, known))
    return None


def authored() -> pd.DataFrame:
    """All authored rows, in the order of the files."""
    lines = [line for path in PAIRS for line in path.read_text(encoding="utf8").splitlines()]
    return pd.DataFrame([json.loads(line) for line in lines]).fillna("")


def grades(rows: pd.DataFrame, catalogue: Catalogue) -> np.ndarray:
    """Rows × entries: 2 equivalent, 1 related, 0 neither."""
    ids = [entry.id for entry in catalogue.entries]
    return np.array([[_grade(gold, id_) for id_ in ids] for gold in rows["gold"]], dtype=np.int8)


def _grade(gold: dict[str, list[str]], id_: str) -> int:
    return 2 if id_ in gold["equivalent"] else 1 if id_ in gold["related"] else 0


# --- Learning -----------------------------------------------------------------------------------------


def fit_all(rows: pd.DataFrame, truth: np.ndarray, catalogue: Catalogue, encoder: Encoder) -> None:
    tune = (rows["split"] == "tune").to_numpy()
    rows, truth = rows[tune].reset_index(drop=True), truth[tune]
    make_facets(catalogue, encoder)
    examples = make_examples(rows, truth, catalogue, encoder)
    goal = make_ready(catalogue, encoder, examples)
    features = table_features(rows, goal, encoder)
    services = rows["service"].to_numpy(dtype=str)
    written: dict[str, object] = {}
    for name, count in (("plain", len(PAIR_FEATURES)), ("with_examples", len(goal.features))):
        seen = features[..., :count]
        held_out = np.zeros((2, *truth.shape))
        for service in sorted(set(services)):
            inside = services != service
            for i, least in enumerate((2, 1)):
                model = _fit(seen[inside], truth[inside] >= least, name)
                held_out[i][~inside] = model.probability(seen[~inside])
        same, related = held_out[0], np.maximum(held_out[0], held_out[1])
        alone = ((rows["recommendation"] == "") & (rows["required_outcome"] == "")).to_numpy()
        for which, some in (("all", np.ones_like(alone)), ("narratives alone", alone)):
            figures = _by_probability(same[some], related[some], truth[some], *THRESHOLDS[name])
            _say(f"cross-validation by service, {name}, {which}", figures)
        models = [_fit(seen, truth >= least, name) for least in (2, 1)]
        written[name] = _written(models, name)
    written["actions"] = _written(fit_actions(rows, encoder), "actions")
    about = "Logistic regressions over pairs of a row and a catalogue entry; see README.md."
    sources = {str(path.relative_to(ROOT)): hashlib.sha256(path.read_bytes()).hexdigest() for path in PAIRS}
    kept = {"catalogue": catalogue.name, "encoder": encoder.name, "sha256": file_sha256(EXAMPLES)}
    facets = {"encoder": encoder.name, "sha256": file_sha256(FACETS)}
    told = {"learned_from": {**sources, "split": "tune"}, "examples": kept, "facets": facets}
    facts = {"about": about, **told, **written}
    MODEL.write_text(json.dumps(facts, indent=2) + "\n", encoding="utf8")


def _written(models: list[LogisticModel], name: str) -> dict[str, object]:
    return {
        grade: {
            "features": list(model.features),
            "weights": list(model.weights),
            "intercept": model.intercept,
            "threshold": threshold,
        }
        for grade, model, threshold in zip(("equivalent", "related"), models, THRESHOLDS[name], strict=True)
    }


def fit_actions(rows: pd.DataFrame, encoder: Encoder) -> list[LogisticModel]:
    """Models of action and action, from every pair of plans of the tune split."""
    rows = rows[rows["row_id"].isin(_graded(rows))].reset_index(drop=True)
    same, near = _asked(rows)
    seen, grade = [], []
    for service in dict.fromkeys(rows["service"]):
        mine = rows[rows["service"] != service].reset_index(drop=True)
        catalogue, targets = actions_catalogue(rows[rows["service"] == service].drop(columns="gold"))
        ids = [targets[entry.id][0] for entry in catalogue.entries]
        found = table_features(mine, make_ready(catalogue, encoder), encoder)
        seen.append(found.reshape(-1, len(PAIR_FEATURES)))
        pairs = [(one, to) for one in mine["row_id"] for to in ids]
        grade.append([2 if same[one] & same[to] else int(bool(near[one] & near[to])) for one, to in pairs])
    features, truth = np.concatenate(seen), np.concatenate([np.array(part) for part in grade])
    return [_fit(features, truth >= least, "actions") for least in (2, 1)]


def _asked(rows: pd.DataFrame) -> tuple[dict[str, set[str]], dict[str, set[str]]]:
    """What each row asks (an entry of Spotlight, or a duty of its own), and what it is at least near."""
    same: dict[str, set[str]] = {}
    near: dict[str, set[str]] = {}
    for row_id, gold, duty in zip(rows["row_id"], rows["gold"], rows["duty"], strict=True):
        same[row_id] = {*gold["equivalent"], *([duty] if duty else [])}
        near[row_id] = same[row_id] | set(gold["related"])
    return same, near


def make_facets(catalogue: Catalogue, encoder: Encoder) -> None:
    """The vectors of the catalogue's texts, in half precision; known from now on, as they will be."""
    facets = prepare(catalogue, encoder)
    with FACETS.open("wb") as file:
        keys = np.array([text_key(facet.text) for facet in facets.facets])
        np.savez(file, keys=keys, vectors=facets.vectors.astype(np.float16))
    kept = json.loads(MODEL.read_text(encoding="utf8"))
    kept["facets"] = {"encoder": encoder.name, "sha256": file_sha256(FACETS)}
    MODEL.write_text(json.dumps(kept, indent=2) + "\n", encoding="utf8")


def make_examples(rows: pd.DataFrame, truth: np.ndarray, catalogue: Catalogue, encoder: Encoder) -> Examples:
    """The rows' texts as wholes, as vectors in half precision, written and read as they will be."""
    told = rows_of(text_columns(rows), None, catalogue)
    store = vectors(told, encoder.encode)
    have = [i for i, row in enumerate(told) if row.main]
    kept = np.stack([store[told[i].whole] for i in have]).astype(np.float16)
    services = np.array([service_key(told[i].service) for i in have])
    with EXAMPLES.open("wb") as file:
        np.savez(
            file,
            vectors=kept,
            grades=truth[have].astype(np.int8),
            services=services,
            ids=np.array([entry.id for entry in catalogue.entries]),
            titles=np.array([entry.title for entry in catalogue.entries]),
        )
    return Examples(kept.astype(np.float64), truth[have], services)


def _fit(features: np.ndarray, truth: np.ndarray, name: str) -> LogisticModel:
    from sklearn.linear_model import LogisticRegression

    found = LogisticRegression(C=STRENGTH[name], solver="newton-cholesky", tol=1e-8).fit(
        features.reshape(-1, features.shape[-1]).astype(np.float64), truth.ravel()
    )
    names = (*PAIR_FEATURES, *EXAMPLE_FEATURES)[: features.shape[-1]]
    weights = tuple(round(float(weight), 4) for weight in found.coef_[0])
    return LogisticModel(names, weights, round(float(found.intercept_[0]), 4))


# --- Measuring ----------------------------------------------------------------------------------------


def _say(what: str, figures: Mapping[str, float | None]) -> None:
    sys.stdout.write(f"{what}: {json.dumps(figures)}\n")
    sys.stdout.flush()


def _by_probability(
    same: np.ndarray, related: np.ndarray, truth: np.ndarray, same_from: float, related_from: float
) -> dict[str, float]:
    have, none = (truth == 2).any(axis=1), (truth == 0).all(axis=1)
    said, offered = same >= same_from, related >= related_from
    order = np.argsort(-same, axis=1, kind="stable")
    rank = (np.take_along_axis(truth, order, axis=1) == 2).argmax(axis=1)[have] + 1
    return {
        "rows": len(truth),
        "found_at_1": round(float((rank == 1).mean()), 3),
        "mrr": round(float((1 / rank).mean()), 3),
        "f1_equivalent": round(float(2 * (said & (truth == 2)).sum() / (said.sum() + (truth == 2).sum())), 3),
        "none_ok": round(float(1 - said[none].any(axis=1).mean()), 3),
        "none_without_any_link": round(float(1 - offered[none].any(axis=1).mean()), 3),
        "equivalents_offered": round(float(offered[truth == 2].mean()), 3),
    }


def _measure(rows: pd.DataFrame, links: pd.DataFrame) -> dict[str, float | None]:
    got = {
        str(key): list(zip(part["id"], part["grade"], strict=True)) for key, part in links.groupby("row_id")
    }
    ranks, right, wanted, said, clear, bare = [], 0, 0, 0, [], []
    for row_id, gold in zip(rows["row_id"], rows["gold"], strict=True):
        mine = got.get(row_id, [])
        same = {id_ for id_, grade in mine if grade == "equivalent"}
        wanted += len(gold["equivalent"])
        said += len(same)
        right += len(same & set(gold["equivalent"]))
        if gold["equivalent"]:
            places = [place for place, (id_, _) in enumerate(mine, 1) if id_ in gold["equivalent"]]
            ranks.append(1 / places[0] if places else 0.0)
        elif not gold["related"]:
            clear.append(not same)
            bare.append(not mine)
    return {
        "rows": len(rows),
        "found_at_1": round(float(np.mean([rank == 1 for rank in ranks])), 3),
        "mrr": round(float(np.mean(ranks)), 3),
        "f1_equivalent": round(2 * right / max(1, wanted + said), 3),
        "precision": round(right / said, 3) if said else None,
        "none_ok": round(float(np.mean(clear)), 3) if clear else None,
        "none_without_any_link": round(float(np.mean(bare)), 3) if bare else None,
    }


def order(rows: pd.DataFrame, catalogue: Catalogue, encoder: Encoder) -> None:
    """What the document's order gives: made plans of both splits, and plans written in order."""
    goal = ready(catalogue, encoder)
    for split in ("tune", "check"):
        made = list(plans(rows, catalogue, split))
        texts = pd.concat([plan.rows for plan in made]).drop_duplicates(["service", "update"])
        says = own_links(texts[["row_id", "service", "update"]].reset_index(drop=True), goal, encoder)
        own = dict(zip(zip(texts["service"], texts["update"], strict=True), says, strict=True))
        for kind in KINDS:
            chosen = [plan for plan in made if plan.kind == kind]
            pick = np.random.default_rng(9)
            for how in ("each row by itself", "in order", "shuffled"):
                measured = [plan.shuffled(pick) if how == "shuffled" else plan for plan in chosen]
                _order_of(
                    f"{split}, {kind} plans, {how}", measured, own, catalogue, how != "each row by itself"
                )
    written = pd.DataFrame([json.loads(line) for line in ORDERED.read_text(encoding="utf8").splitlines()])
    written = written.fillna("").assign(blank=False)
    own = {}
    for _, plan in written.groupby("service"):
        says = own_links(plan[["row_id", "service", "update"]].reset_index(drop=True), goal, encoder)
        own |= dict(zip(zip(plan["service"], plan["update"], strict=True), says, strict=True))
    for service, plan in written.groupby("service", sort=False):
        one = Plan("written", plan.reset_index(drop=True))
        shuffled = one.shuffled(np.random.default_rng(9))
        for how, which in (("each row by itself", one), ("as it stands", one), ("shuffled", shuffled)):
            _order_of(f"{service}, {how}", [which], own, catalogue, how != "each row by itself")


def _order_of(
    what: str, made: list[Plan], own: dict[tuple[str, str], Own], catalogue: Catalogue, in_order: bool
) -> None:
    """Say how the plans are linked, as a whole and where a sentence without a subject stands."""
    tables, links, taken = [], [], 0
    for n, plan in enumerate(made):
        table = plan.rows.assign(row_id=[f"{n}/{i}" for i in range(len(plan.rows))])
        says = [own[key] for key in zip(table["service"], table["update"], strict=True)]
        documents = [[[i] for i in range(len(says))]]
        changed = placed(says, documents, len(catalogue.entries)) if in_order else {}
        taken += bool(changed)
        links += [
            {"row_id": row_id, "id": catalogue.entries[item.entry].id, "grade": item.grade}
            for i, row_id in enumerate(table["row_id"])
            for item in (changed[i].links if i in changed else says[i].links)
        ]
        tables.append(table)
    rows, found = pd.concat(tables, ignore_index=True), pd.DataFrame(links)
    _say(what, {"plans": len(made), "changed_by_order": taken, **_measure(rows, found)})
    blank = rows[rows["blank"]].reset_index(drop=True)
    if len(blank):
        _say(f"{what}, blanked", _measure(blank, found[found["row_id"].isin(blank["row_id"])]))


def actions(rows: pd.DataFrame, encoder: Encoder) -> None:
    """Counterparts between the plans of the check split: the same entry of Spotlight, or the same duty."""
    chosen = rows[(rows["split"] == "check") & rows["row_id"].isin(_graded(rows))]
    asks, near = _asked(chosen)
    plain = chosen.drop(columns="gold")
    totals: dict[str, list[float]] = defaultdict(list)
    said = right = wanted = 0
    services = list(dict.fromkeys(chosen["service"]))
    for mine in services:
        for theirs in services:
            if mine == theirs:
                continue
            one, other = plain[plain["service"] == mine], plain[plain["service"] == theirs]
            links = link_actions(one, other, encoder)
            got: dict[str, list[tuple[str, str]]] = defaultdict(list)
            for row_id, to, grade in zip(links["row_id"], links["to_row_id"], links["grade"], strict=True):
                got[row_id].append((to, grade))
            for row_id in one["row_id"]:
                same = {to for to in other["row_id"] if asks[row_id] & asks[to]}
                alike = {to for to in other["row_id"] if near[row_id] & near[to]}
                called = {to for to, grade in got[row_id] if grade == "equivalent"}
                said, wanted, right = said + len(called), wanted + len(same), right + len(called & same)
                if same:
                    places = [n for n, (to, _) in enumerate(got[row_id], 1) if to in same]
                    totals["found_at_1"].append(bool(places) and places[0] == 1)
                    totals["mrr"].append(1 / places[0] if places else 0.0)
                elif not alike:
                    totals["none_ok"].append(not called)
    figures = {name: round(float(np.mean(values)), 3) for name, values in totals.items()}
    counts = {"pairs_of_plans": len(services) * (len(services) - 1), "with_counterpart": len(totals["mrr"])}
    _say(
        "actions of the check split",
        {**counts, **figures, "f1_equivalent": round(2 * right / (said + wanted), 3)},
    )


def _graded(rows: pd.DataFrame) -> set[str]:
    """Rows of which it is known what they ask: they have a duty of their own or an equivalent."""
    return {
        row_id
        for row_id, gold, duty in zip(rows["row_id"], rows["gold"], rows["duty"], strict=True)
        if duty or gold["equivalent"] or gold["related"]
    }


# --- Scale --------------------------------------------------------------------------------------------


class Given:
    """Vectors as if they had been computed before: each text's words, hashed."""

    name = "given"
    dimension = 384

    def __init__(self) -> None:
        self._words: dict[str, np.ndarray] = {}

    def encode(self, texts: list[str]) -> np.ndarray:
        out = np.zeros((len(texts), self.dimension), dtype=np.float32)
        for row, text in zip(out, texts, strict=True):
            for word in text.lower().split():
                if word not in self._words:
                    seed = int.from_bytes(hashlib.sha256(word.encode()).digest()[:8], "little")
                    self._words[word] = np.random.default_rng(seed).standard_normal(384).astype(np.float32)
                row += self._words[word]
            row /= max(float(np.linalg.norm(row)), 1e-6)
        return out


def scale(recommendations: int = 5_000, actions_count: int = 50_000) -> dict[str, float]:
    """Time and memory of linking many actions to a large catalogue; vectors are made in no time."""
    rows = authored()
    texts = [
        " ".join(str(row[name]) for name in ("recommendation", "update")).strip()
        for _, row in rows.iterrows()
    ]
    words = sorted({word for text in texts for word in text.lower().split() if word.isalpha()})
    pick = np.random.default_rng(7)

    def mixed(text: str, share: float) -> str:
        parts = text.split()
        for place in np.flatnonzero(pick.random(len(parts)) < share):
            parts[place] = words[int(pick.integers(len(words)))]
        return " ".join(parts)

    duties = [mixed(texts[int(pick.integers(len(texts)))], 0.5)[:160] for _ in range(recommendations)]
    entries = tuple(
        Entry(f"R{n}", " ".join(duty.split()[:6]), duty, details=(mixed(duty, 0.3),))
        for n, duty in enumerate(duties)
    )
    updates = pd.DataFrame(
        {
            "row_id": [f"a{n}" for n in range(actions_count)],
            "service": [f"Service {n % 50}" for n in range(actions_count)],
            "recommendation": [
                mixed(duties[int(pick.integers(len(duties)))], 0.3) for _ in range(actions_count)
            ],
            "update": [mixed(texts[int(pick.integers(len(texts)))], 0.3) for _ in range(actions_count)],
        }
    )
    encoder = _Timed()
    start, started = time.perf_counter(), time.process_time()
    links = link(updates, Catalogue("large", (), entries), encoder)
    taken, spent = time.perf_counter() - start, time.process_time() - started
    return {
        "recommendations": recommendations,
        "actions": actions_count,
        "links": len(links),
        "seconds": round(taken - encoder.seconds, 3),
        "seconds_of_processor": round(spent - encoder.processor, 3),
        "seconds_for_the_stand_in_vectors": round(encoder.seconds, 3),
        "peak_memory_mb": round(peak_mb()),
    }


class _Timed(Given):
    """Stand-in vectors with the seconds, of the clock and of the processor, that they cost."""

    seconds = processor = 0.0

    def encode(self, texts: list[str]) -> np.ndarray:
        start, started = time.perf_counter(), time.process_time()
        found = super().encode(texts)
        self.seconds += time.perf_counter() - start
        self.processor += time.process_time() - started
        return found


if __name__ == "__main__":
    main(sys.argv[1:])
