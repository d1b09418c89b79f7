"""What an organisation's own words tell of status: learned from its reviews, added to the learned model.

A softmax regression on the words and pairs of an update, whose scores are added to the model's
log-probabilities. It starts from nothing (all weights zero leave the model as it is) and is held there by a
Gaussian prior, so few reviews move it little; :mod:`nlpkit.learning.adapting` learns it. Words that the model
has hardly met weigh most: of the others it knows already what they tell.
"""

from __future__ import annotations

import json
import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from nlpkit.errors import NlpkitError

__all__ = ["House", "house_grams", "weighted_grams"]

_PLACES = 5
_MEND = "Train it again (nlpkit train status --with-reviews)."

Array = NDArray[np.float64]


def house_grams(found: Iterable[str]) -> list[str]:
    """Of the grams of a text, its distinct words and pairs, in order."""
    return sorted({gram for gram in found if gram.count(" ") < 2 and gram not in ("^", "$")})


def weighted_grams(grams: Iterable[str], weights: Mapping[str, float]) -> dict[str, float]:
    """Those grams that have a weight, scaled to unit length."""
    known = {gram: weights[gram] for gram in grams if gram in weights}
    length = math.sqrt(math.fsum(value * value for value in known.values()))
    return {gram: value / length for gram, value in known.items()} if length else {}


@dataclass(frozen=True)
class House:
    """The weights.

    Attributes:
        rarity: of each gram, how little the model has met it.
        weights: of each gram, what it tells of each status.
        bias: what the organisation's updates tell before a word is read.
        about: how it was learned, in figures; kept with it.
    """

    rarity: Mapping[str, float]
    weights: Mapping[str, Sequence[float]]
    bias: Sequence[float]
    about: Mapping[str, Any]

    def scores(self, grams: Iterable[str]) -> Array:
        """Of the grams of an update, what is added to the log-probability of each status, shape ``(7,)``."""
        total = np.array(self.bias, dtype=np.float64)
        for gram, value in weighted_grams(house_grams(grams), self.rarity).items():
            total += value * np.array(self.weights[gram], dtype=np.float64)
        return total

    def file(self) -> bytes:
        """It as JSON."""
        facts = {
            "about": self.about,
            "bias": [round(float(x), _PLACES) for x in self.bias],
            "grams": {
                gram: [round(float(x), _PLACES) for x in (self.rarity[gram], *self.weights[gram])]
                for gram in sorted(self.rarity)
            },
        }
        return (json.dumps(facts, ensure_ascii=False, indent=0) + "\n").encode("utf8", "replace")

    @classmethod
    def from_file(cls, facts: Mapping[str, Any], kinds: int) -> House:
        """It again, once it is known to hold ``kinds`` finite figures a gram, and a rarity.

        Raises:
            NlpkitError: it does not.
        """
        grams, bias, about = facts.get("grams"), facts.get("bias"), facts.get("about", {})
        sound = isinstance(grams, dict) and isinstance(about, dict) and _figures(bias, kinds)
        if grams is None or bias is None or not sound:
            raise NlpkitError(f"What was learned from reviews is damaged: its parts are not there. {_MEND}")
        for gram, values in grams.items():
            if not _figures(values, kinds + 1):
                raise NlpkitError(f"What was learned from reviews is damaged at '{gram[:40]}'. {_MEND}")
        return cls(
            rarity={gram: float(values[0]) for gram, values in grams.items()},
            weights={gram: tuple(map(float, values[1:])) for gram, values in grams.items()},
            bias=tuple(map(float, bias)),
            about=about,
        )


def _figures(values: Any, count: int) -> bool:
    return (
        isinstance(values, list)
        and len(values) == count
        and all(isinstance(x, int | float) and math.isfinite(x) for x in values)
    )
