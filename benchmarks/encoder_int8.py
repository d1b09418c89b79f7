"""Could the encoder run in eight-bit integers with fixed ranges? What it would gain, and what it would cost.

    python benchmarks/encoder_int8.py [--texts FOLDER]

Not part of nlpkit: the trial behind what ``models/encoder/README.md`` says of it. Ranges are learned on the
services for learning; agreement with single precision is measured on those held back, on the fresh ones and,
if given, on the lines of a folder's ``.txt`` files, in lots of 1,000 sentences. About 5 minutes on a core.
"""

from __future__ import annotations

import argparse
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from nlpkit.embedding import tokens
from nlpkit.embedding.accelerated import Compiled
from nlpkit.embedding.graph import minilm_graph
from nlpkit.embedding.probes import agreement
from nlpkit.embedding.runtime import openvino
from nlpkit.language.sentences import split_sentences
from nlpkit.learning.corpus import corpus

Floats = NDArray[np.float32]
Site = tuple[int, str]
"""A layer, 0 to 5, and which product: ``qkv``, ``ao`` (attention output), ``fi`` or ``fo`` (FFN in, out)."""

KINDS = ("qkv", "ao", "fi", "fo")
ALL = tuple((layer, kind) for layer in range(6) for kind in KINDS)
MIX: tuple[Site, ...] = (*((layer, "qkv") for layer in range(4)), (5, "fi"), (5, "fo"))
"""The products that gain most time for what they lose in agreement."""
PLAIN = {"qkv": 0.0, "ao": 0.0, "fi": 0.0, "fo": 0.0}
EVEN = {"qkv": 1.0, "ao": 0.9, "fi": 0.85, "fo": 0.85}
"""How far channels are evened out, 0 to 1: their range goes into the weights to this power."""
OUTLIER = 8.0
"""An inner value that leaves this range (one or two a layer, at a text's first token) is computed apart."""
CALIBRATION, SAMPLE, LOT = 3000, 8000, 1000


def site_of(name: str) -> Site:
    """Where a product stands, from the name of its weights."""
    layer = int(name.split(".")[2])
    if ".self." in name:
        return layer, "qkv"
    if ".attention." in name:
        return layer, "ao"
    return layer, "fi" if ".intermediate." in name else "fo"


@dataclass
class Seen:
    """What goes into a product: a sample of tokens, and each channel's least and greatest of all tokens."""

    sample: Floats
    least: Floats
    greatest: Floats


def sentences(split: str) -> list[str]:
    """The distinct sentences of a split's updates, in a fixed order that mixes the services."""
    texts = corpus(split).updates["update"]
    found = list(dict.fromkeys(text[a:b] for text in texts for a, b in split_sentences(text)))
    return [found[i] for i in np.random.default_rng(0).permutation(len(found))]


def pieces(tokenizer: Any, texts: Sequence[str]) -> list[list[int]]:
    """One row of ids a text, cut at the model's limit."""
    return [tokenizer.encode(text).ids[: tokens.LIMIT] for text in texts]


def calibrate(weights: Path, rows: Sequence[list[int]]) -> dict[Site, Seen]:
    """What goes into each product while the rows are encoded in single precision."""
    ov = openvino()
    inputs: dict[Site, Any] = {}

    def note(x: Any, name: str, usual: Callable[[], Any]) -> Any:
        inputs.setdefault(site_of(name), x)
        return usual()

    model = minilm_graph(weights, note)
    told = ov.Model(list(inputs.values()), model.get_parameters(), "inputs")
    run = ov.Core().compile_model(told, "CPU", {"INFERENCE_PRECISION_HINT": "f32"}).create_infer_request()
    chance = np.random.default_rng(1)
    share = SAMPLE / sum(map(len, rows))
    kept: dict[Site, list[Floats]] = {site: [] for site in inputs}
    ends: dict[Site, tuple[Floats, Floats]] = {}
    for row in rows:
        run.infer({0: np.array([row], dtype=np.int32)})
        chosen = chance.random(len(row)) < share
        for i, site in enumerate(inputs):
            values = run.get_output_tensor(i).data[0]
            kept[site].append(values[chosen].copy())
            low, high = values.min(axis=0), values.max(axis=0)
            if site in ends:
                low, high = np.minimum(low, ends[site][0]), np.maximum(high, ends[site][1])
            ends[site] = low, high
    return {site: Seen(np.concatenate(kept[site]), *ends[site]) for site in inputs}


@dataclass
class Product:
    """A product in integers: ``x`` is shifted and divided by channel, rounded, multiplied, scaled by row."""

    shift: Floats
    step: Floats
    integers: NDArray[np.int8]
    scale: Floats
    bias: Floats
    apart: list[int]
    apart_weights: Floats


def quantised(weight: Floats, bias: Floats, seen: Seen, even: float, centred: bool, rounded: bool) -> Product:
    """A product in integers.

    Args:
        even: see :data:`EVEN`.
        centred: shift each channel by its middle, compute outliers apart, and set the bias so that the mean
            of each output is right.
        rounded: choose each weight's rounding so that the errors of a row make up for each other on the
            sample (Frantar et al., 2023, "GPTQ"), else to the nearest.
    """
    low, high = seen.least, seen.greatest
    apart = [int(i) for i in np.flatnonzero(np.maximum(-low, high) > OUTLIER)]
    apart = apart if centred and weight.shape[1] > weight.shape[0] else []
    held = weight.copy()
    held[:, apart] = 0
    shift = (low + high) / 2 if centred else np.zeros_like(low)
    reach = np.maximum(np.maximum(high - shift, shift - low), 1e-4)
    width = np.maximum(np.abs(held).max(axis=0), 1e-6)
    channel = reach**even / width ** (1 - even)
    channel[apart] = np.median(channel)
    step = channel * (np.delete(reach / channel, apart).max() / 127)
    even_weights = held * step
    scale = np.abs(even_weights).max(axis=1) / 127
    whole = np.clip(np.round((seen.sample - shift) / step), -128, 127)
    whole[:, apart] = 0
    exact = even_weights / scale[:, None]
    integers = rounding(exact, whole - whole.mean(axis=0)) if rounded else np.round(exact)
    moved = bias + held @ shift
    if centred:
        inside = seen.sample.copy()
        inside[:, apart] = 0
        moved = bias + held @ inside.mean(axis=0) - (integers * scale[:, None]) @ whole.mean(axis=0)
    return Product(
        shift.astype(np.float32),
        step.astype(np.float32),
        integers.astype(np.int8),
        scale.astype(np.float32),
        moved.astype(np.float32),
        apart,
        weight[:, apart],
    )


def rounding(exact: Floats, sample: Floats) -> Floats:
    """Whole numbers beside the exact ones, shape ``(rows, channels)``, by :func:`quantised`'s ``rounded``."""
    square = sample.astype(np.float64).T @ sample / len(sample)
    square[np.diag_indices_from(square)] += 0.01 * np.diag(square).mean()
    order = np.argsort(-np.diag(square), kind="stable")
    root = np.linalg.cholesky(np.linalg.inv(square[order][:, order])).T.astype(np.float32)
    left = exact[:, order].astype(np.float32)
    lowest, found = np.floor(left), np.zeros_like(left)
    for first in range(0, len(order), 64):
        last = min(first + 64, len(order))
        errors = np.zeros((len(left), last - first), np.float32)
        for j in range(first, last):
            near = np.clip(np.round(left[:, j]), lowest[:, j], lowest[:, j] + 1)
            found[:, j] = np.clip(near, -127, 127)
            errors[:, j - first] = (left[:, j] - found[:, j]) / root[j, j]
            left[:, j:last] -= np.outer(errors[:, j - first], root[j, j:last])
        left[:, last:] -= errors @ root[first:last, last:]
    back = np.empty_like(found)
    back[:, order] = found
    return back


def integer_graph(
    weights: Path,
    seen: dict[Site, Seen],
    sites: Sequence[Site],
    even: dict[str, float],
    way: tuple[bool, bool],
) -> Any:
    """The encoder's graph with some products in integers; ``way``: see :func:`quantised`."""
    from openvino import opset13 as op
    from safetensors.numpy import load_file

    held: dict[str, Floats] = load_file(weights)

    def constant(values: Any) -> Any:
        return op.constant(np.ascontiguousarray(values, dtype=np.float32))

    def dense(x: Any, name: str, usual: Callable[[], Any]) -> Any:
        site = site_of(name)
        if site not in sites:
            return usual()
        made = quantised(held[f"{name}.weight"], held[f"{name}.bias"], seen[site], even[site[1]], *way)
        ends = constant(-128.0), constant(127.0)
        even_x = op.multiply(op.subtract(x, constant(made.shift)), constant(1 / made.step))
        whole = op.fake_quantize(even_x, *ends, *ends, 256)
        integers = op.multiply(op.convert(op.constant(made.integers), "f32"), constant(made.scale[:, None]))
        product = op.add(op.matmul(whole, integers, False, True), constant(made.bias))
        if made.apart:
            column = op.gather(x, op.constant(np.array(made.apart)), op.constant(np.int64(2)))
            product = op.add(product, op.matmul(column, constant(made.apart_weights), False, True))
        return product

    return minilm_graph(weights, dense)


def microseconds(graph: Any) -> float:
    """Of the processor, for a token in a batch of 16 texts of 24: the least of 15 runs on one thread."""
    hints = {"INFERENCE_PRECISION_HINT": "bf16", "NUM_STREAMS": 1, "INFERENCE_NUM_THREADS": 1}
    run = openvino().Core().compile_model(graph, "CPU", hints).create_infer_request()
    batch = np.random.default_rng(0).integers(1000, 20000, (16, 24)).astype(np.int32)
    taken = []
    for _ in range(16):
        start = time.process_time()
        run.infer({0: batch})
        taken.append(time.process_time() - start)
    return min(taken[1:]) / batch.size * 1e6


def in_lots(found: Floats, reference: Floats) -> tuple[float, float, float, int]:
    """Mean and least cosine, and nearest neighbours kept in lots of 1,000 (the last one may be smaller)."""
    firsts = [a for a in range(0, len(found), LOT) if a == 0 or len(found) - a >= LOT // 2]
    lots = [agreement(found[a : a + LOT], reference[a : a + LOT]) for a in firsts]
    sizes = [len(found[a : a + LOT]) for a in firsts]
    return (
        float(np.average([lot.mean for lot in lots], weights=sizes)),
        min(lot.least for lot in lots),
        float(np.average([lot.neighbours for lot in lots], weights=sizes)),
        sum(sizes),
    )


def main(given: Sequence[str] | None = None) -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--texts", type=Path, help="a folder of .txt files to measure on, too")
    folder = parser.parse_args(given).texts
    weights = tokens.model_folder() / "model.safetensors"
    tokenizer = tokens.open_tokenizer(tokens.model_folder())
    texts = {"test": sentences("test"), "fresh": sentences("fresh")}
    if folder:
        lines = [
            line for path in sorted(folder.glob("*.txt")) for line in path.read_text("utf8").splitlines()
        ]
        texts[folder.name] = list(
            dict.fromkeys(line[a:b] for line in lines for a, b in split_sentences(line) if line[a:b].strip())
        )
    rows = {name: pieces(tokenizer, some) for name, some in texts.items()}
    exact = Compiled(minilm_graph(weights), "f32")
    reference = {name: np.stack(exact.vectors(some, True)) for name, some in rows.items()}
    seen = calibrate(weights, pieces(tokenizer, sentences("train")[:CALIBRATION]))
    ways: dict[str, Callable[[], Any]] = {
        "bfloat16 (in use)": lambda: minilm_graph(weights),
        "all in int8, one range a product": lambda: integer_graph(weights, seen, ALL, PLAIN, (False, False)),
        "... channels evened, centred": lambda: integer_graph(weights, seen, ALL, EVEN, (True, False)),
        "... and weights rounded jointly": lambda: integer_graph(weights, seen, ALL, EVEN, (True, True)),
        "a quarter in int8, the same way": lambda: integer_graph(weights, seen, MIX, EVEN, (True, True)),
    }
    out = sys.stdout
    for way, make in ways.items():
        graph = make()
        out.write(f"{way}: {microseconds(graph):.0f} us a token\n")
        compiled = Compiled(graph, "bf16")
        for name, some in rows.items():
            mean, least, same, size = in_lots(np.stack(compiled.vectors(some, True)), reference[name])
            out.write(f"  {name} ({size}): mean {mean:.5f}, least {least:.4f}, same neighbour {same:.3f}\n")
        out.flush()


if __name__ == "__main__":
    main()
