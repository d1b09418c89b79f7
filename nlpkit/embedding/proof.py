"""The proof that the accelerated encoder gives the reference's vectors on this machine, kept in the cache.

Made once for each processor, version of OpenVINO and set of weights: with every bundled probe encoded, in
the precision that is faster here. It takes a few seconds. A proof that is damaged, or another's, is none.
"""

from __future__ import annotations

import json
import logging
import os
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import asdict, dataclass
from hashlib import sha256
from pathlib import Path
from typing import Protocol, TypeVar

import numpy as np
from numpy.typing import NDArray

from nlpkit.embedding.probes import Agreement, Probes, agreement
from nlpkit.embedding.runtime import Unusable, last_line, machine, openvino_version
from nlpkit.embedding.tokens import WEIGHTS_SHA256
from nlpkit.resources import cache_folder

__all__ = [
    "FORMAT",
    "PRECISIONS",
    "Proof",
    "batch_rows",
    "keep_proof",
    "kept_proof",
    "proof_path",
    "prove",
    "watched",
]

FORMAT = 2
"""Raised when the graph or the test changes: earlier proofs then count for nothing."""
PRECISIONS = ("bf16", "f32")

_LOG = logging.getLogger(__name__)
_BATCH = 384
"""Tokens that go through the model at once: more gains nothing, fewer wastes time on short texts."""
_ROWS = 24
_LENGTHS = (3, 7, 12, 20, 33, 64)
_ENOUGH = 64  # tokens of the text by which speed is told


def batch_rows(length: int) -> int:
    """How many texts of a length, in tokens, go through the model together where they may."""
    return max(1, min(_ROWS, _BATCH // length))


@dataclass(frozen=True)
class Proof:
    """What was found.

    Attributes:
        precision: the one to compute in, ``bf16`` or ``f32``.
        together: whether texts may go through the model together; true only if that changes no bit.
        mean, least, neighbours: as :class:`nlpkit.embedding.probes.Agreement`.
    """

    precision: str
    together: bool
    mean: float
    least: float
    neighbours: float


class _Model(Protocol):
    def run(self, batches: list[NDArray[np.int32]]) -> list[NDArray[np.float32]]: ...


_Made = TypeVar("_Made", bound=_Model)

_told: ContextVar[Callable[[str, int, int], None] | None] = ContextVar("_told", default=None)


@contextmanager
def watched(told: Callable[[str, int, int], None]) -> Iterator[None]:
    """While it lasts, ``told`` hears how far a proof is: what is done, steps done, steps in all."""
    token = _told.set(told)
    try:
        yield
    finally:
        _told.reset(token)


def prove(
    compiled: Callable[[str], _Made],
    encode: Callable[[_Made, bool], NDArray[np.float32]],
    probes: Probes,
) -> Proof:
    """Find the fastest precision whose vectors agree with the reference's.

    Args:
        compiled: makes the model ready in a precision; may fail in one that the processor lacks.
        encode: the vectors of the probes by a model; whether texts may go through it together.
        probes: what to hold it against.

    Raises:
        Unusable: no precision works.
    """
    told = _told.get() or (lambda stage, done, total: None)
    stage = "checking the encoder (once)"
    _LOG.info("checking the accelerated encoder on this machine: once, for some seconds")
    faults: list[str] = []
    ready: list[tuple[float, str, _Made]] = []
    for i, precision in enumerate(PRECISIONS):
        told(stage, i, 4)
        try:
            model = compiled(precision)
            ready.append((_seconds(model), precision, model))
        except (Unusable, RuntimeError) as error:
            faults.append(f"{precision}: {last_line(error)}")
    # A processor without bfloat16 can be made to compute it, forty times slower: so the clock decides.
    for i, (_, precision, model) in enumerate(sorted(ready, key=lambda found: found[:2])):
        told(stage, 2 + i, 4)
        together = _alike(model)
        found = agreement(encode(model, together), probes.vectors)
        if found.holds:
            told(stage, 4, 4)
            return Proof(precision, together, found.mean, found.least, found.neighbours)
        faults.append(_figures(precision, found))
    raise Unusable(f"The vectors are not the reference's on this processor ({'; '.join(faults)}).")


def _seconds(model: _Model) -> float:
    """The processor's time for one text, the least of five runs.

    By the wall clock a busy machine once took single precision for the faster, and would have kept it.
    """
    batch = [np.full((1, _ENOUGH), 2003, dtype=np.int32)]
    taken = []
    for _ in range(5):
        start = time.process_time()
        model.run(batch)
        taken.append(time.process_time() - start)
    return min(taken)


def _alike(model: _Model) -> bool:
    """Whether texts of equal length have the same vectors, to the bit, together and alone."""
    for length in _LENGTHS:
        rows = batch_rows(length)
        ids = np.arange(rows * length, dtype=np.int32).reshape(rows, length) * 7 % 20000 + 1000
        batches = [ids, *(ids[i : i + 1] for i in range(rows)), ids[::-1].copy()]
        whole, *alone, backwards = model.run(batches)
        if whole.tobytes() != np.concatenate(alone).tobytes() or (whole != backwards[::-1]).any():
            return False
    return True


def _figures(precision: str, found: Agreement) -> str:
    return (
        f"{precision}: mean cosine {found.mean:.4f}, least {found.least:.4f}, "
        f"same nearest neighbour {found.neighbours:.3f}"
    )


def proof_path() -> Path:
    """Where the proof for this machine lies, or would."""
    told = f"{FORMAT}\0{WEIGHTS_SHA256}\0{openvino_version()}\0{machine()}"
    return cache_folder() / "encoder" / f"{sha256(told.encode()).hexdigest()[:16]}.json"


def kept_proof() -> Proof | None:
    """The proof for this machine, if there is a sound one and OpenVINO is installed."""
    if not openvino_version():
        return None
    path = proof_path()
    try:
        held = json.loads(path.read_text(encoding="utf8"))
        proof = Proof(**held["proof"])
        sound = held["sha256"] == _seal(proof) and proof.precision in PRECISIONS
    except FileNotFoundError:
        return None
    except (OSError, ValueError, KeyError, TypeError):
        sound = False
    if sound:
        return proof
    _LOG.warning("%s is damaged; the accelerated encoder is checked again", path)
    return None


def keep_proof(proof: Proof) -> None:
    """Keep it, whole or not at all; a folder that cannot be written costs only a warning."""
    path = proof_path()
    text = json.dumps({"proof": asdict(proof), "sha256": _seal(proof)}, indent=1)
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        handle, beside = tempfile.mkstemp(dir=path.parent, suffix=".part")
        try:
            with os.fdopen(handle, "w", encoding="utf8") as file:
                file.write(text)
            os.replace(beside, path)
        except BaseException:
            Path(beside).unlink(missing_ok=True)
            raise
    except OSError as error:
        _LOG.warning("The check of the encoder is not kept: %s cannot be written (%s)", path, error)


def _seal(proof: Proof) -> str:
    return sha256(json.dumps(asdict(proof), sort_keys=True).encode()).hexdigest()
