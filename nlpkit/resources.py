"""Where the data that travels with nlpkit lies: corpora, models and lexicons."""

from __future__ import annotations

import json
import os
import threading
from functools import cache
from pathlib import Path
from typing import Any

from nlpkit.errors import NlpkitError

__all__ = ["bundled", "cache_folder", "importing", "lexicon"]

importing = threading.RLock()
"""Held while a large library is imported whose parts depend on what else can be imported: spaCy without
torch in one thread would otherwise leave another's import of transformers half done."""

_PACKAGE = Path(__file__).resolve().parent


def bundled(name: str) -> Path:
    """The path of a bundled file or folder, such as ``corpora/catalogues/spotlight.csv``.

    In a source checkout the data lies beside the package; in an installed wheel, inside it.

    Args:
        name: path below the project's top level, with forward slashes.

    Raises:
        NlpkitError: the installation lacks it.
    """
    for top in (_PACKAGE / "bundled", _PACKAGE.parent):
        path = top / name
        if path.exists():
            return path
    raise NlpkitError(f"nlpkit's own file {name} is missing. Reinstall nlpkit.")


def cache_folder() -> Path:
    """Where what was once computed is kept: ``$NLPKIT_CACHE``, else the user's cache folder for nlpkit."""
    given = os.environ.get("NLPKIT_CACHE", "").strip()
    if given:
        return Path(given).expanduser()
    from platformdirs import user_cache_dir

    return Path(user_cache_dir("nlpkit", appauthor=False))


@cache
def lexicon(name: str) -> Any:
    """The parsed content of ``nlpkit/lexicons/NAME.json``: word lists that people may extend."""
    path = _PACKAGE / "lexicons" / f"{name}.json"
    return json.loads(path.read_text(encoding="utf8"))
