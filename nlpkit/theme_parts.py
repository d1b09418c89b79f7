"""What themes need of each subject of work alone, done by an engine in shares of the subjects.

Encoding is nearly all of the work of themes, and needs no other subject. What does need others works on as
many subjects as :data:`nlpkit.analysis.themes.CLUSTERED` at most, in the process that gave the order.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from typing import Any

import numpy as np
from numpy.typing import NDArray

from nlpkit.analysis.theme_clusters import Nearest, nearest
from nlpkit.analysis.theme_subjects import Read, Space, Subject
from nlpkit.analysis.themes import SHARE
from nlpkit.blas import one_thread
from nlpkit.engines import Engine, Part, packed, unpacked
from nlpkit.judging import Distant, Progress, Tools

__all__ = ["Shared"]


class Shared:
    """:class:`nlpkit.analysis.themes.Hands` that are an engine's workers.

    Args:
        engine: runs the steps.
        tools: the encoder, or what opens it where the work is done.
        told: called as the work goes on.
    """

    def __init__(self, engine: Engine, tools: Tools | Distant, told: Progress) -> None:
        self._engine, self._told = engine, told
        self._tools = engine.put(tools)

    def read(self, space: Space, subjects: Sequence[Subject]) -> Read:
        """What the space needs of subjects."""
        found = self._each(read_part, "reading updates", space, subjects)
        terms = [one for part in found for one in unpacked(part["terms"])]
        return Read(_rows(found, "meaning", len(subjects)), terms)

    def meaning(self, space: Space, subjects: Sequence[Subject]) -> NDArray[np.float64]:
        """The meaning of subjects."""
        return _rows(self._each(meaning_part, "reading updates", space, subjects), "meaning", len(subjects))

    def join(self, space: Space, centres: NDArray[np.float64], subjects: Sequence[Subject]) -> Nearest:
        """The themes that subjects are nearest to."""
        found = self._each(join_part, "joining themes", space, subjects, self._engine.put(centres))
        columns = [np.concatenate([part[name] for part in found]) for name in Nearest._fields]
        return Nearest(*columns)

    def _each(
        self, step: Any, what: str, space: Space, subjects: Sequence[Subject], *more: Any
    ) -> list[Part]:
        sent = self._engine.put(space.sent())
        shares = [
            packed(list(map(asdict, subjects[at : at + SHARE]))) for at in range(0, len(subjects), SHARE)
        ]
        handles = [self._engine.run(step, share, self._tools, sent, *more) for share in shares]
        self._engine.wait(handles, lambda done: self._told(what, done, len(handles)))
        found = [self._engine.take(handle) for handle in handles]
        self._engine.forget(handles)
        return found


def _rows(found: Sequence[Part], name: str, count: int) -> NDArray[np.float64]:
    return np.concatenate([part[name] for part in found]).reshape(count, -1)


def _opened(share: NDArray[np.uint8], tools: Tools | Distant, space: Space) -> tuple[Space, list[Subject]]:
    encoder = (tools if isinstance(tools, Tools) else tools.open()).encoder
    assert encoder is not None
    subjects = [
        Subject(one["asked"], tuple(one["said"]), tuple(one["rows"]), tuple(one["under"]))
        for one in unpacked(share)
    ]
    return space.received(encoder), subjects


def read_part(share: NDArray[np.uint8], tools: Tools | Distant, space: Space) -> Part:
    """The meaning and the terms of some subjects."""
    here, subjects = _opened(share, tools, space)
    with one_thread():
        read = here.read(subjects)
    return {"meaning": read.meaning.ravel(), "terms": packed(read.terms)}


def meaning_part(share: NDArray[np.uint8], tools: Tools | Distant, space: Space) -> Part:
    """The meaning of some subjects."""
    here, subjects = _opened(share, tools, space)
    with one_thread():
        return {"meaning": here.meaning(subjects).ravel()}


def join_part(
    share: NDArray[np.uint8], tools: Tools | Distant, space: Space, centres: NDArray[np.float64]
) -> Part:
    """The themes that some subjects are nearest to."""
    here, subjects = _opened(share, tools, space)
    with one_thread():
        return nearest(here.place(subjects), centres)._asdict()
