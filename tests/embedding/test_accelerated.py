"""The accelerated encoder: the reference's vectors, the same in any company, and the reference where it fails."""

from __future__ import annotations

import json
import logging
import os
import shutil
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from nlpkit.embedding import accelerated, proof, tokens
from nlpkit.embedding.accelerated import AcceleratedMiniLM
from nlpkit.embedding.cache import CachedEncoder
from nlpkit.embedding.default import AutoMiniLM, choose_encoder, default_encoder, encoder_named
from nlpkit.embedding.minilm import MiniLM
from nlpkit.embedding.probes import Agreement, agreement, load_probes
from nlpkit.embedding.proof import Proof, batch_rows, keep_proof, kept_proof, proof_path, prove, watched
from nlpkit.embedding.runtime import Unusable, openvino_version
from nlpkit.errors import InputError, NlpkitError

needs_openvino = pytest.mark.skipif(not openvino_version(), reason="OpenVINO is not installed")
pytestmark = needs_openvino

TEXTS = (
    "Short.",
    "Crews met.",
    "The policy was approved by the board in March and sent to all stations.",
    " ".join(["A much longer update about training, exercises and their results."] * 12),
    "",
    " ".join(f"Sentence {i} about risk." for i in range(120)),
    "Staff met.",
)
SOUND = Proof("f32", True, 1.0, 1.0, 1.0)


@pytest.fixture
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("NLPKIT_CACHE", str(tmp_path / "cache"))
    return tmp_path / "cache"


@pytest.fixture(scope="module")
def encoder() -> AcceleratedMiniLM:
    return AcceleratedMiniLM()


def spoiled(vectors: np.ndarray, *args: object) -> np.ndarray:
    return np.roll(vectors, 1, axis=1)


def in_a_process(code: str, folder: Path, **more: str) -> str:
    environment = os.environ | {"NLPKIT_CACHE": str(folder)} | more
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=False, env=environment
    )
    assert done.returncode == 0, done.stderr
    return done.stdout.strip()


def test_nothing_is_loaded_for_no_texts() -> None:
    encoder = AcceleratedMiniLM()
    assert encoder.encode([]).shape == (0, 384) and encoder._compiled is None


def test_it_agrees_with_the_references_vectors(encoder: AcceleratedMiniLM) -> None:
    probes = load_probes()
    found = agreement(encoder.encode(probes.texts), probes.vectors)
    assert found.holds and found.mean > 0.9999 and found.least > 0.999


@pytest.mark.slow
def test_the_probes_are_the_references_vectors() -> None:
    probes = load_probes()
    some = slice(0, None, 9)
    assert np.allclose(MiniLM().encode(probes.texts[some]), probes.vectors[some], atol=1e-5)


def test_a_vector_does_not_depend_on_its_company(encoder: AcceleratedMiniLM) -> None:
    together = encoder.encode(TEXTS)
    backwards = encoder.encode(TEXTS[::-1])[::-1]
    alone = np.stack([encoder.encode([text])[0] for text in TEXTS])
    crowded = encoder.encode([*(f"Crew {i} met." for i in range(50)), *TEXTS])[50:]
    assert together.tobytes() == backwards.tobytes() == alone.tobytes() == crowded.tobytes()
    assert together.dtype == np.float32 and together.shape == (len(TEXTS), 384)


def test_two_processes_make_the_same_bytes(encoder: AcceleratedMiniLM, tmp_path: Path) -> None:
    code = (
        "import sys\n"
        "from nlpkit.embedding.accelerated import AcceleratedMiniLM\n"
        f"print(AcceleratedMiniLM().encode({TEXTS[:4]!r}).tobytes().hex())\n"
        "heavy = {'torch', 'transformers', 'sentence_transformers', 'sklearn', 'openvino_telemetry'}\n"
        "assert not heavy & set(sys.modules), heavy & set(sys.modules)\n"
    )
    assert in_a_process(code, tmp_path) == encoder.encode(TEXTS[:4]).tobytes().hex()


@pytest.mark.skipif(os.uname().machine != "x86_64", reason="masks instruction sets of x86 processors")
@pytest.mark.parametrize("sets", ["AVX512_CORE", "AVX2"])
def test_a_lesser_processor_gives_the_same_vectors(sets: str, tmp_path: Path) -> None:
    code = (
        "from nlpkit.embedding.accelerated import AcceleratedMiniLM\n"
        "from nlpkit.embedding.probes import agreement, load_probes\n"
        "probes, encoder = load_probes(), AcceleratedMiniLM()\n"
        "found = agreement(encoder.encode(probes.texts), probes.vectors)\n"
        f"same = encoder.encode({TEXTS!r}).tobytes() == "
        f"b''.join(encoder.encode([t]).tobytes() for t in {TEXTS!r})\n"
        "print(encoder._proof.precision, found.mean > 0.99999, found.neighbours >= 0.97, same)\n"
    )
    assert in_a_process(code, tmp_path, ONEDNN_MAX_CPU_ISA=sets) == "f32 True True True"


@pytest.mark.slow
@pytest.mark.skipif(os.uname().machine != "x86_64", reason="masks instruction sets of x86 processors")
def test_a_processor_that_openvino_cannot_use_gets_the_reference(tmp_path: Path) -> None:
    code = (
        "from nlpkit.embedding.default import AutoMiniLM\n"
        "encoder = AutoMiniLM()\n"
        "print(encoder.encode(['Crews met.']).shape, encoder.cache_key == encoder.name)\n"
    )
    assert in_a_process(code, tmp_path, ONEDNN_MAX_CPU_ISA="SSE41") == "(1, 384) True"


def test_the_proof_is_made_once_and_told(cache: Path, caplog: pytest.LogCaptureFixture) -> None:
    told: list[tuple[str, int, int]] = []
    with caplog.at_level(logging.INFO), watched(lambda *step: told.append(step)):
        first = AcceleratedMiniLM()
        key = first.cache_key
        assert AcceleratedMiniLM().cache_key == key
    assert [record.levelname for record in caplog.records] == ["INFO"]
    assert told[0] == ("checking the encoder (once)", 0, 4) and told[-1][1:] == (4, 4)
    assert [path.name for path in (cache / "encoder").iterdir()] == [proof_path().name]
    assert kept_proof() == first._proof


@pytest.mark.parametrize("content", ["", "{", "[]", '{"proof": {}}', None])
def test_a_damaged_proof_is_made_again(
    content: str | None, cache: Path, caplog: pytest.LogCaptureFixture
) -> None:
    keep_proof(SOUND)
    held = json.loads(proof_path().read_text())
    if content is None:
        held["proof"]["together"] = False
        content = json.dumps(held)
    proof_path().write_text(content)
    assert kept_proof() is None
    assert "damaged" in caplog.text and "checked again" in caplog.text
    keep_proof(SOUND)
    assert kept_proof() == SOUND


def test_a_proof_of_another_version_or_machine_is_none(cache: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    keep_proof(SOUND)
    monkeypatch.setenv("ONEDNN_MAX_CPU_ISA", "AVX2")
    assert kept_proof() is None
    monkeypatch.delenv("ONEDNN_MAX_CPU_ISA")
    assert kept_proof() == SOUND
    monkeypatch.setattr(proof, "FORMAT", proof.FORMAT + 1)
    assert kept_proof() is None


def test_several_may_keep_a_proof_at_once(cache: Path) -> None:
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda _: keep_proof(SOUND), range(40)))
    assert kept_proof() == SOUND
    assert [path.suffix for path in (cache / "encoder").iterdir()] == [".json"]


def test_a_folder_that_cannot_be_written_costs_a_warning(
    cache: Path, caplog: pytest.LogCaptureFixture
) -> None:
    cache.write_text("a file")
    keep_proof(SOUND)
    assert "not kept" in caplog.text


class Fake:
    """A model whose vectors depend on the place in the batch, or do not."""

    def __init__(self, sound: bool) -> None:
        self.sound = sound

    def run(self, batches: list[np.ndarray]) -> list[np.ndarray]:
        return [
            batch[:, :2].astype(np.float32) + (0 if self.sound else np.arange(len(batch))[:, None])
            for batch in batches
        ]


def test_texts_share_a_batch_only_where_that_changes_nothing() -> None:
    probes = load_probes()
    for sound in (True, False):
        found = prove(lambda precision, s=sound: Fake(s), lambda model, together: probes.vectors, probes)
        assert found.together is sound


def test_batches_are_proved_at_the_size_at_which_they_are_used() -> None:
    widest = max(batch_rows(length) for length in range(1, 257))

    class Narrow:
        """Sound but for the widest batch that is used."""

        def run(self, batches: list[np.ndarray]) -> list[np.ndarray]:
            return [Fake(len(batch) < widest).run([batch])[0] for batch in batches]

    probes = load_probes()
    found = prove(lambda precision: Narrow(), lambda model, together: probes.vectors, probes)
    assert not found.together
    assert all(batch_rows(length) >= 1 for length in (1, 256, 1000))


def test_a_precision_that_fails_or_disagrees_is_left() -> None:
    probes = load_probes()

    def compiled(precision: str) -> Fake:
        if precision == "bf16":
            raise RuntimeError("no such instruction")
        return Fake(True)

    assert prove(compiled, lambda model, together: probes.vectors, probes).precision == "f32"
    with pytest.raises(Unusable, match=r"no such instruction.*f32: mean cosine"):
        prove(compiled, lambda model, together: spoiled(probes.vectors), probes)


def test_agreement_has_limits() -> None:
    assert Agreement(0.995, 0.98, 0.97).holds
    assert not any(a.holds for a in (Agreement(0.99, 0.98, 1), Agreement(1, 0.9, 1), Agreement(1, 1, 0.9)))


def test_the_reference_steps_in_and_that_is_said(
    cache: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(accelerated, "openvino_version", lambda: "")
    monkeypatch.setattr(proof, "openvino_version", lambda: "")
    monkeypatch.setattr(MiniLM, "encode", lambda self, texts: np.ones((len(texts), 384), np.float32))
    encoder = CachedEncoder(AutoMiniLM())
    assert encoder.encode(["a", "b"]).shape == (2, 384)
    assert encoder.cache_key == encoder.name == MiniLM.name
    assert len(caplog.records) == 1 and "OpenVINO is not installed" in caplog.text
    with pytest.raises(Unusable, match="pip install openvino"):
        AcceleratedMiniLM().encode(["a"])


def test_a_proof_gone_stale_never_gives_a_wrong_vector(
    cache: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """The proof says yes, but the model that is then loaded gives other vectors."""
    keep_proof(SOUND)
    right = accelerated.Compiled.vectors
    monkeypatch.setattr(
        accelerated.Compiled, "vectors", lambda self, rows, t: list(spoiled(np.stack(right(self, rows, t))))
    )
    monkeypatch.setattr(MiniLM, "encode", lambda self, texts: np.ones((len(texts), 384), np.float32))
    encoder = CachedEncoder(AutoMiniLM())
    assert (encoder.encode(["a"]) == 1).all()
    assert "gives other vectors than the reference" in caplog.text
    assert [path.name.split("-")[-1] for path in (cache / "vectors").iterdir()] == [
        encoder.folder.name.split("-")[-1]
    ]


def test_other_weights_are_refused(cache: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("model.safetensors", "tokenizer.json"):
        folder = tmp_path / name
        shutil.copytree(tokens.model_folder(), folder)
        with (folder / name).open("r+b") as file:
            file.seek(1000)
            file.write(b"x")
        monkeypatch.setattr(tokens, "packaged_folder", lambda package, inside, folder=folder: folder)
        for encoder in (AcceleratedMiniLM(), AcceleratedMiniLM(SOUND), AutoMiniLM()):
            with pytest.raises(NlpkitError, match=rf"{name}.*damaged.*Reinstall"):
                encoder.encode(["text"])


def test_the_ways_of_computing_have_one_name_and_vectors_apart(encoder: AcceleratedMiniLM) -> None:
    assert encoder.name == MiniLM.name == AutoMiniLM.name == tokens.NAME
    assert encoder.dimension == MiniLM.dimension == AutoMiniLM.dimension
    keys = {CachedEncoder(way).folder for way in (encoder, MiniLM())}
    assert len(keys) == 2 and CachedEncoder(MiniLM()).cache_key == MiniLM.name
    assert AcceleratedMiniLM(replace(SOUND, precision="bf16")).cache_key != AcceleratedMiniLM(SOUND).cache_key


def test_the_encoder_is_chosen_by_name() -> None:
    try:
        choose_encoder("torch")
        assert isinstance(default_encoder()._encoder, MiniLM)  # type: ignore[attr-defined]
        choose_encoder("accelerated")
        assert isinstance(default_encoder()._encoder, AcceleratedMiniLM)  # type: ignore[attr-defined]
        with pytest.raises(InputError, match="does not exist"):
            choose_encoder("no/such/folder")
    finally:
        choose_encoder("auto")
    assert default_encoder() is encoder_named("auto")


@pytest.mark.slow
def test_both_ways_lead_to_the_same_judgements(demo_plan: Path) -> None:
    import nlpkit

    updates = nlpkit.read(demo_plan)
    one, other = (nlpkit.score(updates, encoder=encoder_named(name)) for name in ("accelerated", "reference"))
    for column in ("status", "mismatch", "stale", "stale_refs", "evidence", "flags", "outcomes"):
        assert one[column].tolist() == other[column].tolist(), column
    ids = [[[(link["id"], link["grade"]) for link in links] for links in x["links"]] for x in (one, other)]
    assert ids[0] == ids[1]
    assert (one["status_confidence"] - other["status_confidence"]).abs().max() < 0.01


def test_the_first_use_is_told_unless_quiet(demo_plan: Path, tmp_path: Path) -> None:
    said = {}
    for quiet in ([], ["--quiet"]):
        done = subprocess.run(
            [
                sys.executable,
                "-m",
                "nlpkit",
                "link",
                str(demo_plan),
                "--out",
                str(tmp_path / "l.csv"),
                *quiet,
            ],
            env=os.environ | {"NLPKIT_CACHE": str(tmp_path / f"cache{len(quiet)}")},
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 0, done.stderr
        said[len(quiet)] = done.stderr
    assert "nlpkit: checking the accelerated encoder on this machine: once" in said[0]
    assert said[1] == ""
