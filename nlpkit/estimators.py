"""nlpkit's pieces as scikit-learn estimators, for pipelines and searches of your own.

Both take update tables (any DataFrame with a column ``update``) where scikit-learn's own take arrays, and
work with its ``clone``, ``Pipeline``, ``cross_val_score`` and ``GridSearchCV``. Themes have one as well:
:class:`nlpkit.analysis.themes.ThemeModel`. Importing this module imports scikit-learn.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Sequence
from datetime import date
from typing import Any, Self

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from sklearn.base import BaseEstimator, ClassifierMixin, TransformerMixin
from sklearn.utils.validation import check_is_fitted

from nlpkit import features
from nlpkit.analysis import status
from nlpkit.analysis.status_model import STATUSES
from nlpkit.embedding import Encoder
from nlpkit.embedding.default import default_encoder
from nlpkit.language.annotations import TextAnalysis
from nlpkit.learning.corpus import labelled
from nlpkit.learning.train import fit, material
from nlpkit.schema import READ_COLUMNS, SCORE_COLUMNS, conform

__all__ = ["StatusClassifier", "UpdateVectorizer"]


class _SharesEncoder(BaseEstimator):  # type: ignore[misc]
    """An estimator whose clones share its encoder: a copy would hold the same weights twice."""

    encoder: Encoder | None

    def __sklearn_clone__(self) -> Self:
        return type(self)(**self.get_params(deep=False))


class StatusClassifier(ClassifierMixin, _SharesEncoder):  # type: ignore[misc]
    """Status learned from labelled updates, the way nlpkit's own model was (``models/status``).

    Args:
        encoder: turns texts into vectors; nlpkit's own if None.

    Attributes (once fitted):
        classes_: the seven statuses in alphabetical order, also those that ``y`` lacks.
        model_: the :class:`nlpkit.analysis.status_model.StatusModel`;
            ``nlpkit.learning.train.write(model_, folder, {})`` keeps it for
            ``nlpkit score --status-model FOLDER``.
    """

    def __init__(self, encoder: Encoder | None = None) -> None:
        self.encoder = encoder

    def fit(self, updates: pd.DataFrame, y: Sequence[str]) -> Self:
        """Learn from labelled updates.

        Args:
            updates: an update table of at least 60 rows. A column ``why`` may hold the passage that decides
                each label, which makes a better model. With three services or more, rows of one are left
                out together where the model is held against itself.
            y: the status of each row.

        Raises:
            InputError: too few rows, an unknown label, only one label, or a row without text whose label
                is not "unclear".
        """
        why = [value if isinstance(value, str) else "" for value in updates.get("why", [""] * len(updates))]
        known = labelled(_bare(updates), [str(label) for label in y], why, {})
        self.model_ = fit(material(known, self._encoder())).model
        self.classes_ = np.array(sorted(STATUSES), dtype=object)
        return self

    def predict(self, updates: pd.DataFrame) -> NDArray[np.object_]:
        """The status of each row, shape ``(rows,)``.

        That of least expected cost, as :func:`nlpkit.score` decides: "unclear" may be chosen over a status
        that is a little more probable (see :func:`nlpkit.analysis.status.decide`).
        """
        return np.array(self._judged(updates)["status"].tolist(), dtype=object)

    def predict_proba(self, updates: pd.DataFrame) -> NDArray[np.float64]:
        """Calibrated probabilities, shape ``(rows, 7)``, columns in the order of ``classes_``."""
        shares = self._judged(updates)["status_probabilities"]
        return np.array([[row[name] for name in self.classes_] for row in shares], dtype=np.float64)

    def _judged(self, updates: pd.DataFrame) -> pd.DataFrame:
        check_is_fitted(self, "model_")
        table = conform(_bare(updates))
        return status.judge(table, features.compute(table, encoder=self._encoder()), model=self.model_)

    def _encoder(self) -> Encoder:
        return self.encoder or default_encoder()


class UpdateVectorizer(TransformerMixin, _SharesEncoder):  # type: ignore[misc]
    """Update tables as numbers: what the language of each update says, and its vector.

    Columns (``get_feature_names_out``): ``sentences`` and ``words`` (logarithms of 1 + their number);
    ``stage_…`` and ``cue_…``, the share of sentences of that stage or with that cue; ``fact_…``, the
    logarithm of 1 + the number of facts of that kind; ``dated`` (1 where both ``as_of`` and a deadline are
    known), ``overdue`` and ``days_late`` (halves of a year, held within ±2); then the encoder's
    dimensions as ``vector_…``, of the whole narrative (zeros where there is none).

    Args:
        language: whether to make the columns of language and calendar.
        vectors: whether to make the columns of vectors; without them no encoder is loaded.
        encoder: turns texts into vectors; nlpkit's own if None.

    Attributes (once fitted):
        names_: the names of the language columns; kinds not met in fitting have no column.
    """

    def __init__(self, language: bool = True, vectors: bool = True, encoder: Encoder | None = None) -> None:
        self.language = language
        self.vectors = vectors
        self.encoder = encoder

    def fit(self, updates: pd.DataFrame, y: object = None) -> Self:
        """Learn which columns there are; nothing else is learned.

        Raises:
            InputError: the table has no rows or no updates.
            ValueError: neither language nor vectors are wanted.
        """
        self._learn(self._described(updates))
        return self

    def fit_transform(self, updates: pd.DataFrame, y: object = None, **_: Any) -> NDArray[np.float64]:
        """:meth:`fit` and :meth:`transform` at the price of one."""
        described = self._described(updates)
        self._learn(described)
        return self._numbers(updates, described)

    def transform(self, updates: pd.DataFrame) -> NDArray[np.float64]:
        """The numbers of each row, shape ``(rows, columns)``.

        Raises:
            InputError: the table has no rows or no updates.
        """
        check_is_fitted(self, "names_")
        return self._numbers(updates, self._described(updates))

    def get_feature_names_out(self, input_features: object = None) -> NDArray[np.object_]:
        """The names of the columns."""
        check_is_fitted(self, "names_")
        names = list(self.names_)
        if self.vectors:
            names += [f"vector_{n}" for n in range(self._encoder().dimension)]
        return np.array(names, dtype=object)

    def _learn(self, described: list[dict[str, float]]) -> None:
        if not (self.language or self.vectors):
            raise ValueError(
                "UpdateVectorizer(language=False, vectors=False) has no columns: set one to True"
            )
        self.names_ = tuple(sorted({name for row in described for name in row}))

    def _described(self, updates: pd.DataFrame) -> list[dict[str, float]]:
        table = conform(_bare(updates))
        if not self.language:
            return [{} for _ in range(len(table))]
        made = features.compute(table)
        return [
            _language(analysis) | _calendar(as_of, due)
            for analysis, as_of, due in zip(made.update, made.as_of, made.due, strict=True)
        ]

    def _numbers(self, updates: pd.DataFrame, described: list[dict[str, float]]) -> NDArray[np.float64]:
        told = np.array([[row.get(name, 0.0) for name in self.names_] for row in described], dtype=np.float64)
        told = told.reshape(len(described), len(self.names_))
        if not self.vectors:
            return told
        encoder = self._encoder()
        texts = conform(_bare(updates))["update"].tolist()
        out = np.zeros((len(texts), encoder.dimension))
        places = [place for place, text in enumerate(texts) if text.strip()]
        if places:
            distinct = list(dict.fromkeys(texts[place] for place in places))
            number = {text: n for n, text in enumerate(distinct)}
            out[places] = encoder.encode(distinct)[[number[texts[place]] for place in places]]
        return np.hstack([told, out])

    def _encoder(self) -> Encoder:
        return self.encoder or default_encoder()


def _bare(updates: pd.DataFrame) -> pd.DataFrame:
    """The columns that reading fills: neither earlier judgements nor labels are looked at."""
    left_out = {*SCORE_COLUMNS, "labels", "why"} - set(READ_COLUMNS)
    return updates.drop(columns=[name for name in updates.columns if name in left_out])


def _language(analysis: TextAnalysis) -> dict[str, float]:
    count = len(analysis.sentences)
    stages = Counter(f"stage_{sentence.stage}" for sentence in analysis.sentences)
    cues = Counter(
        kind for sentence in analysis.sentences for kind in {f"cue_{cue.kind}" for cue in sentence.cues}
    )
    facts = Counter(f"fact_{fact.kind}" for sentence in analysis.sentences for fact in sentence.facts)
    return {
        "sentences": math.log1p(count),
        "words": math.log1p(len(analysis.text.split())),
        **{name: number / count for name, number in (stages + cues).items()},
        **{name: math.log1p(number) for name, number in facts.items()},
    }


def _calendar(as_of: date | None, due: date | None) -> dict[str, float]:
    late = (as_of - due).days if as_of and due else 0
    return {
        "dated": float(as_of is not None and due is not None),
        "overdue": float(late > 0),
        "days_late": max(-2.0, min(2.0, late / 182.5)),
    }
