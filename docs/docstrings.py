"""Docstrings as the Python reference needs them: a griffe extension, named in ``docs/building.py``."""

from __future__ import annotations

import re
from typing import Any

import griffe

_ROLE = re.compile(r":(?:class|data|func|meth|mod|attr|exc):`~?([^`]+)`")
_RETURNS = re.compile(r"^(Returns:\n +)(?=\S)", re.MULTILINE)


class Docstrings(griffe.Extension):
    """Turns Sphinx's roles into plain code, and says what type is returned.

    Without the type in front, the words before the first colon of a ``Returns:`` section are taken for one.
    """

    def on_instance(self, *, obj: griffe.Object, **_: Any) -> None:
        """Called for each module, class, function and attribute that is read."""
        if obj.docstring is None:
            return
        text = _ROLE.sub(r"`\1`", obj.docstring.value)
        if isinstance(obj, griffe.Function) and obj.returns is not None:
            text = _RETURNS.sub(lambda found: f"{found[1]}{obj.returns}: ", text)
        obj.docstring.value = text
