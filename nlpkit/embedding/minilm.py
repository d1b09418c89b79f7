"""The all-MiniLM-L6-v2 sentence encoder as its makers run it, from weights in an installed package.

Reimers and Gurevych (2019), "Sentence-BERT"; Wang et al. (2020), "MiniLM". It needs PyTorch; the same
model without, and faster, is :mod:`nlpkit.embedding.accelerated`, which is held against this one.
"""

from __future__ import annotations

import os
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from nlpkit.embedding import tokens
from nlpkit.models import verified
from nlpkit.resources import importing

__all__ = ["MiniLM"]


class MiniLM:
    """Texts to unit vectors of length 384, without the network; on a GPU where torch finds one.

    Each text goes through the model by itself: a matrix product rounds differently with the
    number of its rows, so a batch would make the last bits of a vector depend on the texts beside
    it. Several texts are under way at once instead, one on each processor core.

    A text longer than the model's 256 tokens is encoded sentence by sentence; its vector is the mean
    of the sentences' vectors, each counted by its tokens, scaled back to unit length. No word is lost.
    """

    name = tokens.NAME
    dimension = tokens.DIMENSION
    in_threads = True

    def __init__(self) -> None:
        self._model: Any = None
        self._tokenizer: Any = None

    @cached_property
    def device(self) -> str:
        """What it runs on, as torch calls it: ``cuda`` or ``cpu``."""
        if not any(Path(driver).exists() for driver in _DRIVERS):
            return "cpu"  # found out without importing torch
        import torch

        return "cuda" if torch.cuda.is_available() else "cpu"

    @property
    def cache_key(self) -> str:
        """A GPU's vectors differ in the last digits, and are kept apart."""
        return self.name if self.device == "cpu" else f"{self.name}/{self.device}"

    def encode(self, texts: Sequence[str]) -> NDArray[np.float32]:
        """Unit vectors, shape ``(len(texts), 384)``, in the order of the texts.

        The model is loaded at the first call that has a text.

        Raises:
            NlpkitError: the weights are missing, or are not the ones nlpkit was built on.
        """
        if not len(texts):
            return np.zeros((0, self.dimension), dtype=np.float32)
        self._load()
        import torch

        threads = torch.get_num_threads()
        workers = min(len(texts), max(1, len(os.sched_getaffinity(0)) if _LINUX else os.cpu_count() or 1))
        torch.set_num_threads(1)
        try:
            with ThreadPoolExecutor(workers, initializer=torch.set_num_threads, initargs=(1,)) as pool:
                return np.stack(list(pool.map(self._vector, texts)))
        finally:
            torch.set_num_threads(threads)

    def _load(self) -> None:
        if self._model is not None:
            return
        folder = tokens.model_folder()
        verified(folder / "model.safetensors", tokens.WEIGHTS_SHA256)
        tokenizer = tokens.open_tokenizer(folder)
        with importing:
            from sentence_transformers import SentenceTransformer
            from transformers.utils import logging

        shown = logging.is_progress_bar_enabled()
        logging.disable_progress_bar()  # type: ignore[no-untyped-call]
        try:
            model = SentenceTransformer(str(folder), device=self.device, local_files_only=True)
        finally:
            if shown:
                logging.enable_progress_bar()  # type: ignore[no-untyped-call]
        model.max_seq_length = tokens.LIMIT
        model.eval()
        self._model, self._tokenizer = model, tokenizer

    def _vector(self, text: str) -> NDArray[np.float32]:
        cut = tokens.pieces(self._tokenizer, text)
        return tokens.join([self._forward(ids) for ids in cut], [len(ids) for ids in cut])

    def _forward(self, ids: list[int]) -> NDArray[np.float32]:
        import torch

        with torch.inference_mode():
            row = torch.tensor([ids], device=self.device)
            found = self._model({"input_ids": row, "attention_mask": torch.ones_like(row)})
            vector: NDArray[np.float32] = found["sentence_embedding"][0].cpu().numpy().copy()
        return vector


_DRIVERS = ("/dev/nvidiactl", "/dev/kfd", "/dev/dxg")  # of NVIDIA, of AMD, of either under Windows
_LINUX = hasattr(os, "sched_getaffinity")
