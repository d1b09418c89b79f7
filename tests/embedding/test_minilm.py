"""The real encoder: right weights, whole texts, the same vector in any company, no network."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from nlpkit.embedding import minilm, tokens
from nlpkit.embedding.minilm import MiniLM
from nlpkit.errors import NlpkitError


@pytest.fixture(scope="module")
def encoder() -> MiniLM:
    return MiniLM()


def test_nothing_is_loaded_for_no_texts() -> None:
    encoder = MiniLM()
    assert encoder.encode([]).shape == (0, 384)
    assert encoder._model is None


def test_other_weights_are_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "model.safetensors").write_bytes(b"something else")
    monkeypatch.setattr(tokens, "packaged_folder", lambda package, folder: tmp_path)
    with pytest.raises(NlpkitError, match=r"model\.safetensors.*Reinstall"):
        MiniLM().encode(["text"])


@pytest.mark.slow
def test_vectors_are_of_unit_length_and_tell_meaning(encoder: MiniLM) -> None:
    vectors = encoder.encode(
        [
            "Staff can report concerns in confidence.",
            "An anonymous whistleblowing line.",
            "Hydrants were repaired.",
        ]
    )
    assert vectors.shape == (3, 384) and vectors.dtype == np.float32
    assert np.allclose(np.linalg.norm(vectors, axis=1), 1, atol=1e-5)
    assert vectors[0] @ vectors[1] > vectors[0] @ vectors[2] + 0.2


@pytest.mark.slow
def test_the_last_of_600_words_counts(encoder: MiniLM) -> None:
    words = " ".join(["risk"] * 599)
    prose = " ".join(f"Crew {i} checked the pump and wrote it down." for i in range(75))
    one, other, a, b = encoder.encode(
        [f"{words} risk", f"{words} kangaroo", f"{prose} Then they slept.", f"{prose} Then they sang."]
    )
    assert not np.allclose(one, other, atol=1e-4)
    assert not np.allclose(a, b, atol=1e-4)


@pytest.mark.slow
def test_words_between_128_and_256_tokens_count(encoder: MiniLM) -> None:
    words = " ".join(["risk"] * 180)
    one, other = encoder.encode([f"{words} risk", f"{words} kangaroo"])
    assert not np.allclose(one, other, atol=1e-4)


@pytest.mark.slow
def test_a_vector_does_not_depend_on_its_company(encoder: MiniLM) -> None:
    texts = [
        "Short.",
        "The policy was approved by the board in March and sent to all stations.",
        " ".join(["A much longer update about training, exercises and their results."] * 12),
        "",
        " ".join(f"Sentence {i} about risk." for i in range(120)),
    ]
    together = encoder.encode(texts)
    backwards = encoder.encode(texts[::-1])[::-1]
    alone = np.stack([encoder.encode([text])[0] for text in texts])
    assert together.tobytes() == backwards.tobytes() == alone.tobytes()


@pytest.mark.slow
def test_it_agrees_with_sentence_transformers_itself(encoder: MiniLM) -> None:
    texts = ["The board approved the plan.", "Checks are under way for all volunteers and staff."]
    encoder.encode(texts[:1])
    reference = encoder._model.encode(texts, normalize_embeddings=True)
    assert np.allclose(encoder.encode(texts), reference, atol=1e-5)


@pytest.mark.slow
def test_loading_and_encoding_open_no_socket() -> None:
    code = (
        "import socket\n"
        "def forbidden(*args, **more): raise AssertionError('socket opened')\n"
        "socket.socket.connect = socket.create_connection = socket.getaddrinfo = forbidden\n"
        "from nlpkit.embedding.minilm import MiniLM\n"
        "assert MiniLM().encode(['text']).shape == (1, 384)\n"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert done.stdout == "" and "Loading weights" not in done.stderr


def test_a_gpu_is_used_where_there_is_one(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    import torch

    given: list[str] = []

    class Model:
        max_seq_length = 0

        def __init__(self, folder: str, *, device: str, local_files_only: bool) -> None:
            given.append(device)

        def eval(self) -> None:
            pass

    import sentence_transformers

    monkeypatch.setattr(sentence_transformers, "SentenceTransformer", Model)
    monkeypatch.setattr(torch.cuda, "is_available", lambda: True)
    driver = tmp_path / "driver"
    driver.touch()
    for drivers, device, key in (
        ((str(driver),), "cuda", f"{MiniLM.name}/cuda"),
        ((str(tmp_path / "none"),), "cpu", MiniLM.name),
    ):
        monkeypatch.setattr(minilm, "_DRIVERS", drivers)
        encoder = MiniLM()
        encoder._load()
        assert (given[-1], encoder.cache_key) == (device, key)
