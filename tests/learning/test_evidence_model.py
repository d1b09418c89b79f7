"""Weights of evidence: recovered where they are planted, and the packaged ones as they were learned."""

from __future__ import annotations

import hashlib

import numpy as np
import pytest

from nlpkit.analysis.evidence import FEATURES
from nlpkit.errors import NlpkitError
from nlpkit.learning.corpus import corpus, evidence_is_settled
from nlpkit.learning.evidence import LEVELS, fit_evidence, quadratic_kappa
from nlpkit.models import OrdinalModel, learned
from nlpkit.resources import bundled


def test_planted_weights_are_recovered() -> None:
    chance = np.random.default_rng(1)
    values = chance.random((4_000, len(FEATURES)))
    weights = np.zeros(len(FEATURES))
    weights[FEATURES.index("figure")], weights[FEATURES.index("vague")] = 4.0, -3.0
    total = values @ weights + chance.logistic(size=len(values))
    level = (total > 0.0).astype(int) + (total > 2.0)
    model = fit_evidence(values, level)
    found = dict(zip(model.features, model.weights, strict=True))
    assert found["figure"] == pytest.approx(4.0, abs=0.5)
    assert found["vague"] == pytest.approx(-3.0, abs=0.5)
    assert model.thresholds == pytest.approx((0.0, 2.0), abs=0.6)
    assert max(abs(found[name]) for name in FEATURES if name not in {"figure", "vague"}) < 0.6


def test_no_fact_counts_against_an_update() -> None:
    chance = np.random.default_rng(2)
    values = chance.random((300, len(FEATURES)))
    level = 2 - np.digitize(values[:, FEATURES.index("figure")], [0.33, 0.66])
    model = fit_evidence(values, level)
    assert model.weights[FEATURES.index("figure")] == 0


def test_kappa_of_levels() -> None:
    assert quadratic_kappa([0, 1, 2, 1], [0, 1, 2, 1]) == 1
    assert quadratic_kappa([0, 1, 2, 1], [1, 1, 1, 1]) == 0
    near, far = quadratic_kappa([0, 0, 2, 2], [0, 1, 2, 2]), quadratic_kappa([0, 0, 2, 2], [0, 2, 2, 2])
    assert far < near < 1


def test_the_packaged_weights_are_those_of_the_corpus() -> None:
    kept = learned("evidence")
    assert kept["learned_from"] == corpus("train").sha256
    card = bundled("models/evidence/README.md").read_text(encoding="utf8")
    assert hashlib.sha256(bundled("models/evidence/model.json").read_bytes()).hexdigest()[:12] in card


def test_a_model_of_other_features_or_thresholds_is_refused() -> None:
    kept = dict(learned("evidence"))
    steps = len(LEVELS) - 1
    with pytest.raises(NlpkitError, match="learned on the features"):
        OrdinalModel.read({**kept, "features": kept["features"][1:]}, FEATURES, steps)
    for wrong in ([1.0], [2.0, 1.0], [0.0, 1.0, 2.0]):
        with pytest.raises(NlpkitError, match="thresholds"):
            OrdinalModel.read({**kept, "thresholds": wrong}, FEATURES, steps)


def test_evidence_is_learned_where_its_readers_agree() -> None:
    """A row of a service that two readers label alike is settled, one of ``status_only`` is not."""
    group, settled = corpus("train").group, evidence_is_settled("train")
    told = {name for name, one in zip(group, settled, strict=True) if one}
    left = {name for name, one in zip(group, settled, strict=True) if not one}
    assert not told & left and len(left) == 19
    assert "Penbourne Fire and Rescue Service" in left and "Ellingmere Fire and Rescue Service" in told
