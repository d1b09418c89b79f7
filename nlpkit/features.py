"""Everything that a judgement may ask of an update, made once for the whole table."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from itertools import chain
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from nlpkit.analyses import analyses_kept, keep_analyses
from nlpkit.embedding.pooling import pooled
from nlpkit.errors import NlpkitError
from nlpkit.keeping import Keep, content_key
from nlpkit.language import TextAnalysis, analyse, dated, find_dates, parse_as_of, period_end
from nlpkit.language.kept import analysis_from_json, analysis_to_json

if TYPE_CHECKING:
    from nlpkit.embedding import Encoder

__all__ = ["Features", "compute", "computed", "deadlines", "moments", "put_together"]

_CHUNK = 100  # texts; about a second of work


@dataclass(frozen=True)
class Features:
    """What is known of each row of an update table, in the table's order.

    Attributes:
        update, planned_action, recommendation: the analyses of these columns, one for each row; of
            recommendations with their sentences and dates only.
        as_of: the last day of what the row's ``as_of`` or, failing that, ``period`` names.
        due: the deadline, from ``due_date`` or else the last date in ``due``; None where there is
            none ("Immediately", "Ongoing", "N/a").
        encoder: what turns texts into vectors, if a model is at hand.
    """

    update: tuple[TextAnalysis, ...]
    planned_action: tuple[TextAnalysis, ...]
    recommendation: tuple[TextAnalysis, ...]
    as_of: tuple[date | None, ...]
    due: tuple[date | None, ...]
    encoder: Encoder | None = None
    _known: dict[str, NDArray[np.float32]] = field(default_factory=dict, repr=False, compare=False)

    def rows(self, places: Sequence[int]) -> Features:
        """The features of some rows, in that order; vectors are known to both."""
        return Features(
            update=tuple(self.update[i] for i in places),
            planned_action=tuple(self.planned_action[i] for i in places),
            recommendation=tuple(self.recommendation[i] for i in places),
            as_of=tuple(self.as_of[i] for i in places),
            due=tuple(self.due[i] for i in places),
            encoder=self.encoder,
            _known=self._known,
        )

    def know(self, texts: Sequence[str], vectors: NDArray[np.float32]) -> None:
        """Take vectors of texts that were encoded elsewhere, shape ``(len(texts), dimension)``."""
        self._known.update(zip(texts, np.asarray(vectors, dtype=np.float32), strict=True))

    def vectors(self, texts: Sequence[str]) -> NDArray[np.float32]:
        """Unit-length vectors of texts, shape ``(len(texts), encoder.dimension)``.

        Each distinct text is encoded once in the life of these features.

        Raises:
            NlpkitError: the features were computed without an encoder.
        """
        if self.encoder is None:
            raise NlpkitError(
                "These features were computed without an encoder, so there are no vectors. "
                "Give features.compute an encoder."
            )
        missing = [text for text in dict.fromkeys(texts) if text not in self._known]
        if missing:
            for text, vector in zip(missing, self.encoder.encode(missing), strict=True):
                self._known[text] = np.asarray(vector, dtype=np.float32)
        if not texts:
            return np.empty((0, self.encoder.dimension), dtype=np.float32)
        return np.stack([self._known[text] for text in texts])

    def pooled(self, texts: Sequence[str]) -> NDArray[np.float32]:
        """The same, of texts of several sentences, made from their sentences' vectors.

        Raises:
            NlpkitError: as :meth:`vectors`.
        """
        return pooled(texts, self.vectors)


def compute(updates: pd.DataFrame, *, encoder: Encoder | None = None, keep: Keep | None = None) -> Features:
    """The features of an update table.

    Args:
        updates: an update table; columns that it lacks count as empty.
        encoder: for :meth:`Features.vectors`; nothing is encoded until asked for.
        keep: where finished analyses are kept and looked for.

    Raises:
        NlpkitError: spaCy's English model is missing.
    """
    (made,) = computed(updates, [slice(None)], encoder=encoder, keep=keep)
    return made


def computed(
    updates: pd.DataFrame,
    blocks: Sequence[slice],
    *,
    encoder: Encoder | None = None,
    keep: Keep | None = None,
) -> Iterator[Features]:
    """:func:`compute` for blocks of rows, each when it is asked for; vectors are known to all.

    Args, Raises:
        As :func:`compute`.
    """
    as_of, due = moments(updates), deadlines(updates)
    update, planned_action, recommendation = (
        list(zip(_texts(updates, name), as_of, strict=True))
        for name in ("update", "planned_action", "recommendation")
    )
    analyses = analyses_kept(list(dict.fromkeys((*update, *planned_action))))
    asked: dict[_Asked, TextAnalysis] = {}
    known: dict[str, NDArray[np.float32]] = {}
    for rows in blocks:
        wanted = dict.fromkeys((*update[rows], *planned_action[rows]))
        analyses |= _analyses([one for one in wanted if one not in analyses], keep)
        new = [one for one in dict.fromkeys(recommendation[rows]) if one not in asked]
        asked |= zip(new, dated([text for text, _ in new], as_of=[moment for _, moment in new]), strict=True)
        yield Features(
            update=tuple(analyses[one] for one in update[rows]),
            planned_action=tuple(analyses[one] for one in planned_action[rows]),
            recommendation=tuple(asked[one] for one in recommendation[rows]),
            as_of=as_of[rows],
            due=due[rows],
            encoder=encoder,
            _known=known,
        )


def put_together(blocks: Sequence[Features]) -> Features:
    """The features of all rows, of those of :func:`computed` blocks."""
    return replace(
        blocks[0],
        update=tuple(chain.from_iterable(block.update for block in blocks)),
        planned_action=tuple(chain.from_iterable(block.planned_action for block in blocks)),
        recommendation=tuple(chain.from_iterable(block.recommendation for block in blocks)),
        as_of=tuple(chain.from_iterable(block.as_of for block in blocks)),
        due=tuple(chain.from_iterable(block.due for block in blocks)),
    )


_Asked = tuple[str, date | None]  # a text, and the moment that it is seen from


def _analyses(missing: list[_Asked], keep: Keep | None) -> dict[_Asked, TextAnalysis]:
    """The analysis of each text as of its moment.

    They are made chunk by chunk, so that a run that is stopped loses little.
    """
    analyses: dict[_Asked, TextAnalysis] = {}
    for at in range(0, len(missing), _CHUNK):
        chunk = missing[at : at + _CHUNK]
        key = content_key("analyses", [[text, moment and moment.isoformat()] for text, moment in chunk])
        kept = keep.get(key) if keep is not None else None
        if kept is not None:
            made = [analysis_from_json(one) for one in kept]
        else:
            made = analyse([text for text, _ in chunk], as_of=[moment for _, moment in chunk])
            if keep is not None:
                keep.put(key, [analysis_to_json(one) for one in made])
        fresh = dict(zip(chunk, made, strict=True))
        keep_analyses(fresh)
        analyses |= fresh
    return analyses


def moments(updates: pd.DataFrame) -> tuple[date | None, ...]:
    """The last day of what each row's ``as_of`` or, failing that, ``period`` names."""
    return tuple(
        _moment(given, period)
        for given, period in zip(_texts(updates, "as_of"), _texts(updates, "period"), strict=True)
    )


def deadlines(updates: pd.DataFrame) -> tuple[date | None, ...]:
    """The deadline of each row, as :class:`Features` has it."""
    return tuple(
        _deadline(given, written, moment)
        for given, written, moment in zip(
            _texts(updates, "due_date"), _texts(updates, "due"), moments(updates), strict=True
        )
    )


def _texts(updates: pd.DataFrame, name: str) -> list[str]:
    if name not in updates.columns:
        return [""] * len(updates)
    return [value if isinstance(value, str) else "" for value in updates[name]]


def _moment(as_of: str, period: str) -> date | None:
    return (period_end(as_of) if as_of.strip() else None) or (period_end(period) if period.strip() else None)


def _deadline(due_date: str, due: str, as_of: date | None) -> date | None:
    exact = parse_as_of(due_date) if due_date.strip() else None
    if exact is not None or not due.strip():
        return exact
    return max((mention.latest for mention in find_dates(due, as_of=as_of, resolve="nearest")), default=None)
