"""MiniLM on OpenVINO: the same vectors (mean cosine above 0.9999) in less than half the time.

Nothing is converted or kept: the graph is written from the packaged weights each time, which takes half a
second, so that there is no built file to be stale, half-written or another's. What is kept is the proof
(:mod:`nlpkit.embedding.proof`) that its vectors agree with the reference on this machine.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from nlpkit.embedding import tokens
from nlpkit.embedding.graph import minilm_graph
from nlpkit.embedding.probes import Probes, agreement, load_probes
from nlpkit.embedding.proof import FORMAT, Proof, batch_rows, keep_proof, kept_proof, prove
from nlpkit.embedding.runtime import Unusable, cores, last_line, openvino, openvino_version
from nlpkit.models import verified

__all__ = ["AcceleratedMiniLM", "Compiled"]

_SAME = 0.99
"""Least cosine to the reference of the probes that are tried each time the model is loaded."""

_SHAPES, _SHAPES_KEPT = "CPU_RUNTIME_CACHE_CAPACITY", 256
"""What OpenVINO keeps ready for the numbers and lengths of texts that it has met: 5,000 such things a stream
if left to itself, which is 0.4 GB after 28,000 texts, and grows. So few cost 1% of the time, and no bit of a
vector (with none at all, other code computes them)."""


class Compiled:
    """The graph, made ready for this processor.

    Args:
        precision: ``bf16`` or ``f32``: what the products are computed in.
        graph: from :func:`nlpkit.embedding.graph.minilm_graph`.
    """

    def __init__(self, graph: Any, precision: str) -> None:
        ov = openvino()
        asked = {
            "INFERENCE_PRECISION_HINT": precision,
            # One thread a text: how many cores there are then changes no bit of a vector.
            "NUM_STREAMS": cores(),
            "INFERENCE_NUM_THREADS": cores(),
            "ENABLE_CPU_PINNING": False,
        }
        try:
            self._model = ov.Core().compile_model(graph, "CPU", {**asked, _SHAPES: _SHAPES_KEPT})
        except RuntimeError:  # a release that lets nobody say so
            self._model = ov.Core().compile_model(graph, "CPU", asked)
        self._queue = ov.AsyncInferQueue(self._model, cores())

    def run(self, batches: Sequence[NDArray[np.int32]]) -> list[NDArray[np.float32]]:
        """For each batch of ids, shape ``(texts, tokens)``, the vectors, shape ``(texts, 384)``."""
        found: list[NDArray[np.float32]] = [np.zeros((0, 0), np.float32)] * len(batches)

        def take(request: Any, place: int) -> None:
            found[place] = request.get_output_tensor(0).data.copy()

        self._queue.set_callback(take)
        for place, batch in enumerate(batches):
            self._queue.start_async({0: batch}, place)
        self._queue.wait_all()
        for batch, vectors in zip(batches, found, strict=True):
            if vectors.shape != (len(batch), tokens.DIMENSION) or not np.isfinite(vectors).all():
                raise Unusable("OpenVINO gives no usable vectors on this processor.")
        return found

    def vectors(self, rows: Sequence[Sequence[int]], together: bool) -> list[NDArray[np.float32]]:
        """The vectors of rows of ids; ``together``: rows of the same length may share a batch."""
        places = list(_batches([len(row) for row in rows], together))
        made = self.run([np.array([rows[i] for i in batch], dtype=np.int32) for batch in places])
        found = np.zeros((len(rows), tokens.DIMENSION), dtype=np.float32)
        for batch, vectors in zip(places, made, strict=True):
            found[batch] = vectors
        return list(found)


def _batches(lengths: Sequence[int], together: bool) -> Iterator[list[int]]:
    """Rows of equal length, so that nothing is padded; the longest first, which fills all cores."""
    alike: dict[int, list[int]] = defaultdict(list)
    for i, length in enumerate(lengths):
        alike[length].append(i)
    for length in sorted(alike, reverse=True):
        step = batch_rows(length) if together else 1
        rows = alike[length]
        yield from (rows[first : first + step] for first in range(0, len(rows), step))


class AcceleratedMiniLM:
    """Texts to unit vectors of length 384, on the CPU, without the network and without PyTorch.

    Texts are cut, pooled and scaled as :class:`nlpkit.embedding.minilm.MiniLM` does. Texts of the same
    number of tokens go through the model together where it was proved that no bit of a vector depends
    on that; nothing is ever padded.

    Args:
        proof: that it may be used here; made, or found in the cache, when it is first needed.
    """

    name = tokens.NAME
    dimension = tokens.DIMENSION
    in_threads = True

    def __init__(self, proof: Proof | None = None) -> None:
        self._proof = proof
        self._compiled: Compiled | None = None
        self._tokenizer: Any = None

    @property
    def cache_key(self) -> str:
        """The name, and how the vectors are computed.

        Raises:
            Unusable: OpenVINO is missing, or its vectors are not those of the reference.
        """
        return f"{self.name}+openvino-{openvino_version()}-{self._proven().precision}.{FORMAT}"

    def encode(self, texts: Sequence[str]) -> NDArray[np.float32]:
        """Unit vectors, shape ``(len(texts), 384)``, in the order of the texts.

        Raises:
            Unusable: OpenVINO is missing, or its vectors are not those of the reference.
            NlpkitError: the weights are missing, or are not the ones nlpkit was built on.
        """
        if not len(texts):
            return np.zeros((0, self.dimension), dtype=np.float32)
        proof = self._proven()
        try:
            if self._compiled is None:
                self._compiled = self._load(proof.precision)
            return self._vectors(texts, self._compiled, proof.together)
        except (ImportError, KeyError, OSError, RuntimeError, ValueError) as error:
            raise Unusable(f"OpenVINO {openvino_version()} fails: {last_line(error)}.") from error

    def _proven(self) -> Proof:
        if self._proof is None:
            self._proof = kept_proof()
        if self._proof is None:
            self._proof = self._prove(load_probes())
            keep_proof(self._proof)
        return self._proof

    def _prove(self, probes: Probes) -> Proof:
        if not openvino_version():
            raise Unusable("OpenVINO is not installed (pip install openvino).")
        try:
            graph = self._graph()
            return prove(
                lambda precision: Compiled(graph, precision),
                lambda compiled, together: self._vectors(probes.texts, compiled, together),
                probes,
            )
        except (ImportError, KeyError, OSError, RuntimeError, ValueError) as error:
            raise Unusable(f"OpenVINO {openvino_version()} fails: {last_line(error)}.") from error

    def _graph(self) -> Any:
        folder = tokens.model_folder()
        weights = verified(folder / "model.safetensors", tokens.WEIGHTS_SHA256)
        self._tokenizer = tokens.open_tokenizer(folder)
        return minilm_graph(weights)

    def _load(self, precision: str) -> Compiled:
        """The model, once it has given the right vectors of two probes: a proof may be out of date."""
        compiled = Compiled(self._graph(), precision)
        few = load_probes().first(2)
        found = agreement(self._vectors(few.texts, compiled, False), few.vectors)
        if found.least < _SAME:
            raise Unusable(
                f"OpenVINO {openvino_version()} gives other vectors than the reference "
                f"(cosine {found.least:.3f})."
            )
        return compiled

    def _vectors(self, texts: Sequence[str], compiled: Compiled, together: bool) -> NDArray[np.float32]:
        cut = [tokens.pieces(self._tokenizer, text) for text in texts]
        flat = compiled.vectors([ids for part in cut for ids in part], together)
        made, first = [], 0
        for part in cut:
            made.append(tokens.join(flat[first : first + len(part)], [len(ids) for ids in part]))
            first += len(part)
        return np.stack(made)
