"""An encoder of the user's own: any sentence-transformers folder, and nothing else."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from nlpkit.embedding import tokens
from nlpkit.embedding.folder import FolderEncoder
from nlpkit.embedding.minilm import MiniLM
from nlpkit.errors import InputError


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return Path(shutil.copytree(tokens.model_folder(), tmp_path / "mine"))


def test_the_name_tells_the_content(folder: Path) -> None:
    first = FolderEncoder(folder)
    assert first.name.startswith("mine@")
    before = first.name
    (folder / "config.json").write_text((folder / "config.json").read_text() + " ")
    assert FolderEncoder(folder).name != before


@pytest.mark.slow
def test_any_folder_will_do(folder: Path) -> None:
    encoder = FolderEncoder(folder)
    texts = ["The board met.", "Crews were trained.", ""]
    found = encoder.encode(texts)
    assert encoder.dimension == 384 and encoder.encode([]).shape == (0, 384)
    assert np.allclose(np.linalg.norm(found, axis=1), 1, atol=1e-5)
    assert np.allclose(found, MiniLM().encode(texts), atol=1e-4)
    assert found.tobytes() == np.concatenate([encoder.encode([text]) for text in texts]).tobytes()


def _without(name: str) -> Callable[[Path], None]:
    return lambda folder: (folder / name).unlink()


def _modules(content: str) -> Callable[[Path], None]:
    return lambda folder: (folder / "modules.json").write_text(content) and None


@pytest.mark.parametrize(
    ("spoil", "problem"),
    [
        (shutil.rmtree, "does not exist"),
        (_without("modules.json"), r"has no modules\.json"),
        (_without("model.safetensors"), "has no weights"),
        (_modules("{"), "cannot be read"),
        (_modules("[]"), "names no modules"),
        (_modules(json.dumps([{"type": "mine.Module", "path": "", "name": "0"}])), "code of its own"),
    ],
)
def test_what_is_no_encoder_is_refused(folder: Path, spoil: Callable[[Path], object], problem: str) -> None:
    spoil(folder)
    with pytest.raises(InputError, match=rf"mine: .*{problem}.*--encoder auto"):
        FolderEncoder(folder)


@pytest.mark.slow
def test_damaged_weights_are_refused(folder: Path) -> None:
    (folder / "model.safetensors").write_bytes(b"\0" * 100)
    with pytest.raises(InputError, match=r"mine: is no encoder that can be used.*--encoder auto"):
        FolderEncoder(folder).encode(["text"])
