"""An encoder of the user's own: a sentence-transformers folder on disk."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from nlpkit.errors import InputError
from nlpkit.models import file_sha256
from nlpkit.resources import importing

__all__ = ["FolderEncoder"]

_USED = {".json", ".txt", ".safetensors", ".model"}
_REMEDY = (
    "Name a folder that sentence-transformers saved (model.save(FOLDER)), with its weights as .safetensors, "
    "or write --encoder auto."
)


class FolderEncoder:
    """Texts to unit vectors by a sentence-transformers model on disk, without the network.

    Each text goes through the model by itself, so that its vector depends on no other. A text longer
    than the model takes is cut at the end by the model. Its name holds a hash of the files, so that a
    changed model never meets the vectors of the old one. No code from the folder is run.

    Args:
        folder: with ``modules.json`` and weights as ``.safetensors``.

    Raises:
        InputError: it is not such a folder.
    """

    in_threads = True

    def __init__(self, folder: str | Path) -> None:
        self._folder = Path(folder)
        _check(self._folder)

    @cached_property
    def name(self) -> str:
        """The folder's name and a hash of its files."""
        told = [
            f"{path.relative_to(self._folder).as_posix()}\0{file_sha256(path)}"
            for path in sorted(self._folder.rglob("*"))
            if path.is_file() and path.suffix in _USED
        ]
        digest = hashlib.sha256("\n".join(told).encode()).hexdigest()[:12]
        return f"{self._folder.resolve().name}@{digest}"

    @cached_property
    def dimension(self) -> int:
        """The length of a vector; loads the model."""
        return int(self.encode(["length"]).shape[1])

    def encode(self, texts: Sequence[str]) -> NDArray[np.float32]:
        """Unit vectors, shape ``(len(texts), dimension)``, in the order of the texts.

        Raises:
            InputError: the model cannot be loaded or run.
        """
        if not len(texts):
            return np.zeros((0, self.dimension), dtype=np.float32)
        try:
            made = self._model.encode(
                list(texts), batch_size=1, normalize_embeddings=True, show_progress_bar=False
            )
        except Exception as error:  # whatever a damaged model makes torch say
            said = str(error).strip().splitlines() or [type(error).__name__]
            raise InputError(
                f"is no encoder that can be used ({said[0].rstrip('.')})",
                source=self._folder,
                remedy=_REMEDY,
            ) from error
        return np.asarray(made, dtype=np.float32)

    @cached_property
    def _model(self) -> Any:
        with importing:
            from sentence_transformers import SentenceTransformer
            from transformers.utils import logging

        logging.disable_progress_bar()  # type: ignore[no-untyped-call]
        return SentenceTransformer(
            str(self._folder),
            device="cpu",
            local_files_only=True,
            model_kwargs={"use_safetensors": True},
        )


def _check(folder: Path) -> None:
    def refuse(problem: str) -> InputError:
        return InputError(problem, source=folder, remedy=_REMEDY)

    if not folder.is_dir():
        raise refuse("is no folder, so no encoder" if folder.exists() else "does not exist, so is no encoder")
    try:
        modules = json.loads((folder / "modules.json").read_text(encoding="utf8"))
        kinds = [str(module["type"]) for module in modules]
    except FileNotFoundError:
        raise refuse("has no modules.json, so is no encoder") from None
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise refuse(f"has a modules.json that cannot be read ({error})") from error
    strange = [kind for kind in kinds if not kind.startswith("sentence_transformers.")]
    if strange or not kinds:
        raise refuse(f"asks for code of its own ({', '.join(strange)})" if strange else "names no modules")
    if not any(folder.rglob("*.safetensors")):
        raise refuse("has no weights (.safetensors)")
