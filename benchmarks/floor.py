"""What the encoder cannot do without: its multiply-accumulates, against what the processor does at best."""

from __future__ import annotations

import json
import time
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

SIDE = (
    512  # of the square matrices whose product shows the processor's best: short, so that it is undisturbed
)
ROWS = 192  # tokens that go through nlpkit's encoder at once


@dataclass(frozen=True)
class Shape:
    """What of a BERT encoder decides its multiply-accumulates."""

    layers: int
    hidden: int
    inner: int

    @classmethod
    def of(cls, folder: Path) -> Shape:
        """From a model's ``config.json``."""
        held = json.loads((folder / "config.json").read_text(encoding="utf8"))
        return cls(held["num_hidden_layers"], held["hidden_size"], held["intermediate_size"])

    def macs(self, tokens: int) -> int:
        """Multiply-accumulates for one text of so many tokens, padding none.

        Each layer: four products of each token with a hidden × hidden matrix (query, key, value, output),
        two with a hidden × inner one, and each token with each other twice (scores, and what they weigh).
        """
        dense = tokens * (4 * self.hidden**2 + 2 * self.hidden * self.inner)
        return self.layers * (dense + 2 * tokens**2 * self.hidden)


def total_macs(shape: Shape, lengths: Iterable[int]) -> int:
    """Multiply-accumulates for pieces of texts of these lengths in tokens."""
    return sum(shape.macs(length) for length in lengths)


def piece_lengths(texts: Sequence[str]) -> list[int]:
    """The lengths in tokens of the pieces that nlpkit's encoder makes of the texts, markers included."""
    from nlpkit.embedding.tokens import model_folder, open_tokenizer, pieces

    tokenizer = open_tokenizer(model_folder())
    return [len(ids) for text in texts for ids in pieces(tokenizer, text)]


def asked_of_the_encoder(table: Any) -> list[str]:
    """Every text that scoring a table gives the encoder, each once, nothing kept from before."""
    import nlpkit
    from nlpkit.embedding import Encoder

    class Listening:
        name, dimension = "all-MiniLM-L6-v2/256-pooled", 384

        def __init__(self, inner: Encoder) -> None:
            self.inner = inner
            self.heard: dict[str, None] = {}

        def encode(self, texts: Sequence[str]) -> np.ndarray:
            self.heard.update(dict.fromkeys(texts))
            return self.inner.encode(texts)

    from nlpkit.embedding.default import default_encoder

    listening = Listening(default_encoder())
    nlpkit.score(table, encoder=listening)
    return list(listening.heard)


def by_openvino(precision: str, rows: int, inner: int, outer: int, seconds: float) -> float:
    """Billions of multiply-accumulates a second of a product of matrices in a precision, at best."""
    from nlpkit.embedding.runtime import cores, openvino

    ov = openvino()
    from openvino import opset13 as op

    chance = np.random.default_rng(0)
    given = op.parameter([rows, inner], np.float32, name="given")
    weights = op.constant(chance.standard_normal((inner, outer)).astype(np.float32))
    made = op.reduce_max(op.matmul(given, weights, False, False), op.constant(np.array([0, 1])), False)
    hints = {
        "INFERENCE_PRECISION_HINT": precision,
        "NUM_STREAMS": cores(),
        "INFERENCE_NUM_THREADS": cores(),
        "ENABLE_CPU_PINNING": False,
    }
    model = ov.Core().compile_model(ov.Model([made], [given], "product"), "CPU", hints)
    queue = ov.AsyncInferQueue(model, cores())
    data = chance.standard_normal((rows, inner)).astype(np.float32)

    def once() -> None:
        for _ in range(cores()):
            queue.start_async({0: data})
        queue.wait_all()

    return _best(once, cores() * rows * inner * outer, seconds)


def by_torch(precision: str, side: int, seconds: float) -> float:
    """The same through PyTorch, which has other products of matrices."""
    import torch

    kind = {"bf16": torch.bfloat16, "f32": torch.float32}[precision]
    one, two = (torch.randn(side, side, dtype=kind) for _ in range(2))
    with torch.inference_mode():
        return _best(lambda: torch.mm(one, two), side**3, seconds)


def _best(once: Any, macs: int, seconds: float) -> float:
    once()
    least, until = float("inf"), time.perf_counter() + seconds
    while time.perf_counter() < until or least == float("inf"):
        start = time.perf_counter()
        once()
        least = min(least, time.perf_counter() - start)
    return macs / least / 1e9


def measure(rows: list[dict[str, object]], turns: int, seconds: float) -> dict[str, Any]:
    """The encoder's work for some updates, what the processor does at best, and where the encoder is.

    Args:
        rows: updates.
        seconds: for each product of matrices.
    """
    import pandas as pd

    from nlpkit.embedding.default import encoder_named
    from nlpkit.embedding.runtime import cores
    from nlpkit.embedding.tokens import model_folder

    shape = Shape.of(model_folder())
    texts = [str(row["update"]) for row in rows]
    asked = asked_of_the_encoder(pd.DataFrame(rows))
    encoder = encoder_named("auto")._encoder  # behind the cache
    encoder.encode(texts[:4])
    taken: list[dict[str, float]] = []
    peaks: dict[str, float] = {}
    for _ in range(turns):
        start, started = time.perf_counter(), time.process_time()
        encoder.encode(texts)
        wall, cpu = time.perf_counter() - start, time.process_time() - started
        taken.append({"wall": wall, "cpu": cpu})
        for precision in ("bf16", "f32"):
            found = {
                f"OpenVINO {precision}, {SIDE} square": by_openvino(precision, SIDE, SIDE, SIDE, seconds),
                f"OpenVINO {precision}, encoder": by_openvino(
                    precision, ROWS, shape.hidden, shape.inner, seconds
                ),
                f"PyTorch {precision}, {SIDE} square": by_torch(precision, SIDE, seconds),
            }
            peaks = peaks | {name: max(rate, peaks.get(name, 0.0)) for name, rate in found.items()}
    lengths, whole = piece_lengths(texts), piece_lengths(asked)
    return {
        "rows": len(rows),
        "shape": vars(shape),
        "precision": encoder.cache_key.rsplit("-", 1)[-1].split(".")[0],
        "tokens": sum(lengths) / len(rows),
        "gmacs": total_macs(shape, lengths) / len(rows) / 1e9,
        "asked": len(asked) / len(rows),
        "asked_tokens": sum(whole) / len(rows),
        "asked_gmacs": total_macs(shape, whole) / len(rows) / 1e9,
        "cores": cores(),
        "taken": taken,
        "peaks": peaks,
    }
