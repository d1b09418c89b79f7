"""MiniLM as an OpenVINO graph, written out from its weights; neither torch nor an export is needed.

A BERT encoder (Devlin et al., 2019) of six layers with post-layer normalisation, the mean of its token
vectors and division by their length (Reimers and Gurevych, 2019): what sentence-transformers computes
with this model. There is no attention mask, because no text is ever padded.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from nlpkit.embedding.runtime import openvino

__all__ = ["minilm_graph"]

_LAYERS = 6
_HEADS = 12
_HEAD = 32  # values a head
_EPSILON = 1e-12


def minilm_graph(weights: Path, other: Callable[[Any, str, Callable[[], Any]], Any] | None = None) -> Any:
    """The graph, from token ids, shape ``(texts, tokens)``, to unit vectors, shape ``(texts, 384)``.

    Args:
        weights: the model's ``model.safetensors``.
        other: another way to make the products with weights, for trials: given what goes in, the name of the
            weights and what would make the usual nodes, it gives the node that stands for the product.

    Raises:
        KeyError, OSError, ValueError: the file is not that of this model.
    """
    ov = openvino()
    from openvino import opset13 as op
    from safetensors.numpy import load_file

    held: dict[str, NDArray[np.float32]] = load_file(weights)

    def constant(values: NDArray[np.float32]) -> Any:
        return op.constant(np.ascontiguousarray(values, dtype=np.float32), shared_memory=True)

    def whole(*values: int) -> Any:
        return op.constant(np.array(values, dtype=np.int64))

    def dense(x: Any, name: str) -> Any:
        def usual() -> Any:
            product = op.matmul(x, constant(held[f"{name}.weight"]), False, True)
            return op.add(product, constant(held[f"{name}.bias"]))

        return other(x, name, usual) if other else usual()

    def normalised(x: Any, name: str) -> Any:
        centred = op.mvn(x, whole(2), True, _EPSILON, "INSIDE_SQRT")
        scaled = op.multiply(centred, constant(held[f"{name}.weight"]))
        return op.add(scaled, constant(held[f"{name}.bias"]))

    def heads(x: Any) -> Any:
        return op.transpose(op.reshape(x, whole(0, 0, _HEADS, _HEAD), True), whole(0, 2, 1, 3))

    ids = op.parameter([-1, -1], np.int32, name="ids")
    length = op.gather(op.shape_of(ids, "i64"), whole(1), whole(0))
    # All tokens are of type 0, so that the type's vector belongs to every place.
    places = (
        held["embeddings.position_embeddings.weight"] + held["embeddings.token_type_embeddings.weight"][0]
    )
    words = op.gather(constant(held["embeddings.word_embeddings.weight"]), ids, op.constant(np.int64(0)))
    x = op.add(words, op.slice(constant(places), whole(0), length, whole(1), whole(0)))
    x = normalised(x, "embeddings.LayerNorm")
    for layer in range(_LAYERS):
        name = f"encoder.layer.{layer}"
        query, key, value = (heads(dense(x, f"{name}.attention.self.{k}")) for k in ("query", "key", "value"))
        scores = op.multiply(op.matmul(query, key, False, True), constant(np.array(_HEAD**-0.5)))
        seen = op.transpose(op.matmul(op.softmax(scores, -1), value, False, False), whole(0, 2, 1, 3))
        seen = op.reshape(seen, whole(0, 0, _HEADS * _HEAD), True)
        seen = op.add(dense(seen, f"{name}.attention.output.dense"), x)
        x = normalised(seen, f"{name}.attention.output.LayerNorm")
        inner = op.gelu(dense(x, f"{name}.intermediate.dense"), "erf")
        x = normalised(op.add(dense(inner, f"{name}.output.dense"), x), f"{name}.output.LayerNorm")
    mean = op.reduce_mean(x, whole(1), False)
    return ov.Model([op.normalize_l2(mean, whole(1), _EPSILON, "max")], [ids], "MiniLM")
