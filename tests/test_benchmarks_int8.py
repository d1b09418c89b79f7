"""The trial of the encoder in eight-bit integers: that what it measures is what it says; its figures are no test."""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np
import pytest

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "benchmarks"))

from encoder_int8 import (
    ALL,
    EVEN,
    KINDS,
    MIX,
    Product,
    Seen,
    calibrate,
    in_lots,
    quantised,
    rounding,
    site_of,
)

from nlpkit.embedding import tokens
from nlpkit.embedding.accelerated import Compiled
from nlpkit.embedding.graph import minilm_graph
from nlpkit.embedding.runtime import openvino_version

CHANCE = np.random.default_rng(0)
SAMPLE = (CHANCE.standard_normal((500, 48)) @ CHANCE.standard_normal((48, 48)) / 7).astype(np.float32)
WEIGHT = CHANCE.standard_normal((16, 48)).astype(np.float32)
BIAS = CHANCE.standard_normal(16).astype(np.float32)


def computed(made: Product, x: np.ndarray) -> np.ndarray:
    whole = np.clip(np.round((x - made.shift) / made.step), -128, 127)
    whole[:, made.apart] = 0
    return (
        whole @ (made.integers * made.scale[:, None]).T + made.bias + x[:, made.apart] @ made.apart_weights.T
    )


def lost(seen: Seen, even: float, centred: bool, rounded: bool) -> float:
    right = seen.sample @ WEIGHT.T + BIAS
    found = computed(quantised(WEIGHT, BIAS, seen, even, centred, rounded), seen.sample)
    return float(((found - right) ** 2).mean() / right.var())


def seen_of(sample: np.ndarray) -> Seen:
    return Seen(sample, sample.min(axis=0), sample.max(axis=0))


def test_a_product_in_integers_is_near_the_exact_one_and_each_step_brings_it_nearer() -> None:
    sample = SAMPLE.copy()
    sample[:, 5] = 20 * sample[:, 5] + 3
    plain = lost(seen_of(sample), 0.0, False, False)
    evened = lost(seen_of(sample), 0.85, False, False)
    assert 1e-6 < evened < plain / 4 < 1e-2


def test_an_outlier_is_computed_apart_and_spoils_nothing() -> None:
    sample = SAMPLE.copy()
    sample[7, 3] = 500.0
    seen = seen_of(sample)
    assert quantised(WEIGHT, BIAS, seen, 0.85, True, False).apart == [3]
    assert lost(seen, 0.85, True, False) < lost(seen, 0.85, False, False) / 4


def test_the_bias_makes_up_for_what_rounding_does_to_the_mean() -> None:
    sample = SAMPLE + 2
    made = quantised(WEIGHT, BIAS, seen_of(sample), 0.85, True, False)
    gap = (computed(made, sample) - (sample @ WEIGHT.T + BIAS)).mean(axis=0)
    assert np.abs(gap).max() < 1e-4


def test_rounding_jointly_loses_less_than_to_the_nearest_and_stays_beside_the_exact() -> None:
    exact = (WEIGHT * 20).astype(np.float32)
    centred = SAMPLE - SAMPLE.mean(axis=0)
    jointly, nearest = rounding(exact, centred), np.round(exact)
    assert (np.abs(jointly - exact) <= 1).all() and (jointly == np.round(jointly)).all()
    errors = [(((one - exact) @ centred.T) ** 2).mean() for one in (jointly, nearest)]
    assert errors[0] < 0.8 * errors[1]


def test_neighbours_are_counted_in_lots() -> None:
    vectors = CHANCE.standard_normal((2300, 8)).astype(np.float32)
    vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
    mean, least, same, size = in_lots(vectors, vectors)
    assert (round(mean, 6), round(least, 5), same, size) == (1.0, 1.0, 1.0, 2000)
    assert in_lots(vectors[:30], vectors[:30])[3] == 30


@pytest.mark.skipif(not openvino_version(), reason="OpenVINO is not installed")
def test_every_product_is_found_and_the_hook_changes_nothing_by_itself() -> None:
    weights = tokens.model_folder() / "model.safetensors"
    rows = [[101, 2003, 102], [101, 2000, 2003, 2004, 102]]
    seen = calibrate(weights, rows)
    assert sorted(seen) == sorted(ALL) and set(MIX) < set(ALL) and set(EVEN) == set(KINDS)
    assert site_of("encoder.layer.3.attention.output.dense") == (3, "ao")
    assert [seen[0, kind].least.shape for kind in KINDS] == [(384,), (384,), (384,), (1536,)]
    usual = Compiled(minilm_graph(weights), "f32").vectors(rows, False)
    hooked = Compiled(minilm_graph(weights, lambda x, name, usual: usual()), "f32").vectors(rows, False)
    assert np.array_equal(usual, hooked)
