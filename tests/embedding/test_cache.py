"""Vectors are made once, kept by content, and survive whatever happens to the folder."""

from __future__ import annotations

import hashlib
import logging
import subprocess
import sys
import tracemalloc
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from nlpkit import atomic
from nlpkit.embedding import cache as cache_module
from nlpkit.embedding.cache import CachedEncoder
from nlpkit.resources import cache_folder


class Counting:
    """Vectors from a hash of the text; remembers what it was asked."""

    dimension = 8

    def __init__(self, name: str = "counting") -> None:
        self.name = name
        self.asked: list[str] = []

    def encode(self, texts: Sequence[str]) -> NDArray[np.float32]:
        self.asked.extend(texts)
        rows = [
            np.frombuffer(hashlib.sha256(f"{self.name}{t}".encode()).digest()[:8], np.uint8) for t in texts
        ]
        vectors = np.array(rows, dtype=np.float32) + 1
        return (vectors / np.linalg.norm(vectors, axis=1, keepdims=True)).astype(np.float32)


class Refusing(Counting):
    def encode(self, texts: Sequence[str]) -> NDArray[np.float32]:
        raise AssertionError(f"asked for {texts}")


def shards(folder: Path) -> list[Path]:
    return sorted(folder.rglob("*.npy"))


def test_each_text_is_encoded_once_and_in_order(tmp_path: Path) -> None:
    inner = Counting()
    encoder = CachedEncoder(inner, tmp_path)
    first = encoder.encode(["a", "b", "a"])
    second = encoder.encode(["c", "b"])
    assert inner.asked == ["a", "b", "c"]
    assert first.shape == (3, 8) and first.dtype == np.float32
    assert (first[0] == first[2]).all() and (second[1] == first[1]).all()
    assert (second[0] == Counting().encode(["c"])[0]).all()


def test_a_new_process_needs_no_model_for_texts_seen_before(tmp_path: Path) -> None:
    before = CachedEncoder(Counting(), tmp_path).encode(["a", "b"])
    after = CachedEncoder(Refusing(), tmp_path).encode(["b", "a"])
    assert after.tobytes() == before[::-1].tobytes()


def test_encoders_do_not_share_vectors(tmp_path: Path) -> None:
    one = CachedEncoder(Counting("one/1"), tmp_path).encode(["a"])
    inner = Counting("one_1")
    other = CachedEncoder(inner, tmp_path).encode(["a"])
    assert inner.asked == ["a"] and not (one == other).all()


@pytest.mark.parametrize("damage", ["truncated", "altered", "empty"])
def test_a_damaged_shard_is_left_out_and_made_again(
    tmp_path: Path, damage: str, caplog: pytest.LogCaptureFixture
) -> None:
    before = CachedEncoder(Counting(), tmp_path).encode(["a", "b"])
    (shard,) = shards(tmp_path)
    content = bytearray(shard.read_bytes())
    if damage == "truncated":
        content = content[: len(content) // 2]
    elif damage == "altered":
        content[-1] ^= 1
    else:
        content.clear()
    shard.write_bytes(content)
    inner = Counting()
    with caplog.at_level(logging.WARNING):
        after = CachedEncoder(inner, tmp_path).encode(["a", "b"])
    assert after.tobytes() == before.tobytes()
    assert inner.asked == ["a", "b"]
    assert "damaged" in caplog.text and shard.name in caplog.text
    assert CachedEncoder(Refusing(), tmp_path).encode(["a"]).tobytes() == before[:1].tobytes()


def test_a_foreign_file_is_left_alone(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    encoder = CachedEncoder(Counting(), tmp_path)
    encoder.folder.mkdir(parents=True)
    foreign = encoder.folder / "holiday.npy"
    np.save(foreign, np.array([{"not": "ours"}], dtype=object), allow_pickle=True)
    with caplog.at_level(logging.WARNING):
        encoder.encode(["a"])
    assert foreign.exists() and "holiday.npy" in caplog.text


def test_a_shard_that_hides_objects_is_never_unpickled(tmp_path: Path) -> None:
    encoder = CachedEncoder(Counting(), tmp_path)
    encoder.folder.mkdir(parents=True)
    bad = encoder.folder / "x.npy"
    np.save(bad, np.array([print], dtype=object), allow_pickle=True)
    content = bad.read_bytes()
    bad.rename(encoder.folder / f"{hashlib.sha256(content).hexdigest()}.npy")
    assert encoder.encode(["a"]).shape == (1, 8)


def test_half_written_files_are_never_seen(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def fails(source: object, target: object) -> None:
        raise OSError("disk full")

    with monkeypatch.context() as patch:
        patch.setattr(atomic.os, "replace", fails)
        CachedEncoder(Counting(), tmp_path).encode(["a"])
    assert [path for path in tmp_path.rglob("*") if path.is_file()] == []


def test_a_folder_that_cannot_be_written_costs_only_a_warning(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    blocked = tmp_path / "file"
    blocked.write_text("in the way")
    with caplog.at_level(logging.WARNING):
        vectors = CachedEncoder(Counting(), blocked).encode(["a"])
    assert vectors.shape == (1, 8) and "not kept" in caplog.text


def test_many_shards_become_one(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cache_module, "_MANY", 3)
    texts = [f"text {i}" for i in range(6)]
    for text in texts:
        CachedEncoder(Counting(), tmp_path).encode([text])
    expected = Counting().encode(texts)
    again = CachedEncoder(Refusing(), tmp_path)
    assert again.encode(texts).tobytes() == expected.tobytes()
    assert len(shards(tmp_path)) <= 4


def test_two_writers_at_once_lose_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cache_module, "_MANY", 2)

    def work(start: int) -> None:
        for i in range(start, start + 8):
            CachedEncoder(Counting(), tmp_path).encode([f"text {i}", "shared"])

    with ThreadPoolExecutor(4) as pool:
        list(pool.map(work, [0, 4, 8, 0]))
    texts = [f"text {i}" for i in range(16)]
    assert CachedEncoder(Counting(), tmp_path).encode(texts).tobytes() == Counting().encode(texts).tobytes()


def test_no_texts(tmp_path: Path) -> None:
    assert CachedEncoder(Refusing(), tmp_path).encode([]).shape == (0, 8)


def test_the_folder_can_be_chosen(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("NLPKIT_CACHE", str(tmp_path / "here"))
    assert cache_folder() == tmp_path / "here"
    assert CachedEncoder(Counting()).folder.is_relative_to(tmp_path / "here")
    monkeypatch.delenv("NLPKIT_CACHE")
    assert cache_folder().name == "nlpkit"


def test_the_default_encoder_loads_nothing_heavy(tmp_path: Path) -> None:
    code = (
        "import sys\n"
        "from nlpkit.embedding.default import default_encoder\n"
        "encoder = default_encoder()\n"
        "assert encoder.dimension == 384 and encoder is default_encoder()\n"
        "assert encoder.encode([]).shape == (0, 384)\n"
        "heavy = {'torch', 'transformers', 'sentence_transformers', 'spacy'} & set(sys.modules)\n"
        "assert not heavy, heavy\n"
    )
    subprocess.run([sys.executable, "-c", code], check=True)


def test_vectors_are_kept_while_the_rest_is_made(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    class Stopped(Exception):
        pass

    class Failing(Counting):
        def encode(self, texts: Sequence[str]) -> NDArray[np.float32]:
            if "text 7" in texts:
                raise Stopped
            return super().encode(texts)

    monkeypatch.setattr("nlpkit.embedding.cache._CHUNK", 3)
    texts = [f"text {n}" for n in range(10)]
    with pytest.raises(Stopped):
        CachedEncoder(Failing(), tmp_path).encode(texts)
    rest = Counting()
    vectors = CachedEncoder(rest, tmp_path).encode(texts)
    assert rest.asked == texts[6:]
    assert np.array_equal(vectors, CachedEncoder(Counting(), tmp_path / "other").encode(texts))
    assert not list(tmp_path.rglob("*.part"))


def test_a_vector_is_written_a_few_times_however_many_there_are(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    written: list[int] = []
    real = CachedEncoder._write_shard

    def counted(self: CachedEncoder, rows: np.ndarray) -> str:
        written.append(rows.nbytes)
        return real(self, rows)

    monkeypatch.setattr(CachedEncoder, "_write_shard", counted)
    monkeypatch.setattr(cache_module, "_CHUNK", 10)
    monkeypatch.setattr(cache_module, "_FULL", 100 * 10 * 64)
    texts = [f"text {n}" for n in range(10_000)]
    CachedEncoder(Counting(), tmp_path).encode(texts)
    held = sum(path.stat().st_size for path in shards(tmp_path))
    assert sum(written) < 6 * held
    assert CachedEncoder(Refusing(), tmp_path).encode(texts).tobytes() == Counting().encode(texts).tobytes()


def test_few_vectors_are_held_in_memory(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cache_module, "_RECENT", 5)
    inner = Counting()
    encoder = CachedEncoder(inner, tmp_path)
    texts = [f"text {n}" for n in range(30)]
    first = encoder.encode(texts)
    assert len(encoder._recent) == 5
    assert encoder.encode(texts[::-1]).tobytes() == first[::-1].tobytes()
    assert inner.asked == texts


def test_a_shard_that_another_process_merged_away_is_missed_by_nobody(tmp_path: Path) -> None:
    texts = ["a", "b", "c"]
    encoder = CachedEncoder(Counting(), tmp_path)
    encoder.encode(texts)
    reader = CachedEncoder(Counting(), tmp_path)
    reader.encode(["a"])
    reader._recent.clear()
    (shard,) = shards(tmp_path)
    shard.unlink()
    assert reader.encode(texts).tobytes() == Counting().encode(texts).tobytes()


def test_shards_are_put_together_in_twice_their_own_memory(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Wide(Counting):
        dimension = 4_000

        def encode(self, texts: Sequence[str]) -> np.ndarray:
            return np.ones((len(texts), self.dimension), dtype=np.float32)

    monkeypatch.setattr(cache_module, "_CHUNK", 50)
    monkeypatch.setattr(cache_module, "_RECENT", 1)
    encoder = CachedEncoder(Wide(), tmp_path)
    for n in range(cache_module._MANY):
        encoder.encode([f"text {n}/{at}" for at in range(50)])
    own = sum(path.stat().st_size for path in shards(tmp_path))
    tracemalloc.start()
    encoder.encode([f"last {at}" for at in range(50)])
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert len(shards(tmp_path)) == 1
    assert peak < 2.5 * own
