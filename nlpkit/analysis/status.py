"""Where the work stands, judged from the narrative and the calendar, with the passages that decided.

The learned model (:mod:`nlpkit.analysis.status_model`) reads sentences, signals and the calendar. It
needs the vectors of the encoder it was learned with: where the features have none or another, and where
there is no narrative to read, signals (see :mod:`nlpkit.analysis.signals`) are weighed by hand-set
weights instead (``lexicons/status_weights.json``; :func:`probabilities`). The declared status plays no
part: it is compared afterwards (:func:`mismatch`).
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from functools import cache
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from nlpkit.analysis.pools import salience
from nlpkit.analysis.signals import Signal, read_signals
from nlpkit.analysis.status_model import (
    LEAST_BY_RULE,
    STATUSES,
    UPDATES_AT_ONCE,
    Reading,
    StatusModel,
    Told,
    document_values,
    packaged_model,
    sentence_values,
    softmax,
)
from nlpkit.analysis.topic import off_topic
from nlpkit.analysis.views import Case, Passage, cases, is_bare, read_sentences
from nlpkit.embedding import Encoder
from nlpkit.features import Features
from nlpkit.resources import lexicon
from nlpkit.schema import Mismatch, Status

__all__ = [
    "decide",
    "judge",
    "mismatch",
    "probabilities",
    "read_cases",
    "reads_vectors",
    "standing",
    "verdicts_without_each",
    "weighed",
]

_REASONS = 4


def judge(
    updates: pd.DataFrame,
    features: Features,
    *,
    model: StatusModel | None = None,
    away: Sequence[float] | None = None,
) -> pd.DataFrame:
    """Status of each update.

    Args:
        updates: an update table (:func:`nlpkit.schema.conform`); ``required_outcome``,
            ``declared`` and ``declared_status`` are read, the latter two for ``mismatch`` only.
        features: of the same rows in the same order; without an encoder, or with another than
            the model was learned on, the hand-set weights judge.
        model: the learned model; nlpkit's own unless given.
        away: what :func:`nlpkit.analysis.topic.off_topic` says of the same rows, if that is known already.

    Returns:
        One row per update, indexed like ``updates``: ``status`` (a :class:`Status` value),
        ``status_confidence`` (its probability), ``status_probabilities`` (over all seven, summing
        to 1), ``status_why`` (up to four ``{"text", "cue"}``, the weightiest first; the text is a
        passage of the update, or of the planned action where the cue says so, or empty where the
        reason is not a passage) and ``mismatch`` (``optimistic``, ``pessimistic`` or ``""``).

    Raises:
        NlpkitError: the learned model is missing, altered or does not fit this nlpkit.
    """
    model = _fitting(model, features.encoder)
    away = off_topic(updates, features) if away is None else away
    if model is not None:
        features.vectors([s.text for analysis in features.update for s in analysis.sentences])
    every = cases(updates, features, off_topic=away)
    read: dict[int, tuple[list[Signal], Reading]] = {}
    if model is not None:
        told = [i for i, case in enumerate(every) if not is_bare(case.update.text)]
        vectors = [features.vectors([s.text for s in every[i].update.sentences]) for i in told]
        read = dict(zip(told, read_cases(model, [every[i] for i in told], vectors), strict=True))
    declarations = zip(updates["declared_status"].astype(str), updates["declared"].astype(str), strict=True)
    rows: list[dict[str, object]] = []
    for i, (case, (declared_status, declared)) in enumerate(zip(every, declarations, strict=True)):
        signals, reading = read.get(i) or (read_signals(case), None)
        if reading is None:
            shares = probabilities(signals)
        else:
            shares = _shares(dict(zip(STATUSES, map(float, reading.probabilities), strict=True)))
        status = decide(shares)
        rows.append(
            {
                "status": str(status),
                "status_confidence": shares[str(status)],
                "status_probabilities": shares,
                "status_why": _why(signals, status, case, reading),
                "mismatch": mismatch(
                    str(status),
                    shares,
                    declared_status,
                    declared,
                ),
            }
        )
    columns = ("status", "status_confidence", "status_probabilities", "status_why", "mismatch")
    return pd.DataFrame(
        {
            name: pd.Series([row[name] for row in rows], index=updates.index, dtype="object")
            for name in columns
        }
    ).astype({"status_confidence": "float64"})


def probabilities(signals: Sequence[Signal]) -> dict[str, float]:
    """The distribution over the seven statuses that the signals support (rounded; sums to 1)."""
    model = lexicon("status_weights")
    scores = {
        str(status): float(model["bias"].get(status, 0.0))
        + sum(signal.salient * _weight(signal.name, status) for signal in signals)
        for status in Status
    }
    top = max(scores.values())
    return _shares(
        {name: math.exp((score - top) / float(model["temperature"])) for name, score in scores.items()}
    )


@cache
def _weights(name: str) -> tuple[float, ...]:
    return tuple(_weight(name, status) for status in STATUSES)


def verdicts_without_each(signals: Sequence[Signal]) -> dict[str, NDArray[np.float64]]:
    """What the hand-set weights say without each of the signals, by its name.

    Log-probabilities, shape ``(7,)``, as :func:`nlpkit.analysis.status_model.document_values` has them of
    all signals together.
    """
    model = lexicon("status_weights")
    if not signals:
        return {}
    added = np.array([_weights(signal.name) for signal in signals])
    added *= np.array([signal.salient for signal in signals])[:, None]
    bias = np.array([float(model["bias"].get(status, 0.0)) for status in STATUSES])
    shares = softmax((bias + added.sum(axis=0) - added) / float(model["temperature"]))
    left = np.log(np.round(shares, 4) + LEAST_BY_RULE)
    return {signal.name: verdict for signal, verdict in zip(signals, left, strict=True)}


def _shares(amounts: Mapping[str, float]) -> dict[str, float]:
    """Amounts as shares of four decimals that sum to 1."""
    total = math.fsum(amounts.values())
    shares = {name: round(amount / total, 4) for name, amount in amounts.items()}
    best = max(shares, key=lambda name: shares[name])
    shares[best] = round(shares[best] + 1.0 - math.fsum(shares.values()), 4)
    return shares


def decide(shares: Mapping[str, float]) -> Status:
    """The status of least expected cost.

    A wrong status costs 1, "unclear" where the text does tell costs ``unclear_cost`` (below 1): so
    "unclear" is chosen where it is likely, and where no status is likely enough to be worth naming.
    The status decided on is therefore not always the most probable one: "unclear" can be chosen over
    a likelier status. Of the other six, it is always the most probable.
    """
    cost = float(lexicon("status_weights")["unclear_cost"])
    best = max((s for s in Status if s is not Status.UNCLEAR), key=lambda s: shares[s])
    return Status.UNCLEAR if 1 - shares[best] > cost * (1 - shares[Status.UNCLEAR]) else best


_SCALE = {
    Status.DECLINED: 0,
    Status.OFF_TRACK: 0,
    Status.NOT_STARTED: 0,
    Status.AT_RISK: 1,
    Status.ON_TRACK: 2,
    Status.COMPLETE: 3,
}


def standing(status: Status) -> int | None:
    """How far a status is, from 0 (declined, off track, not started) to 3 (complete); None if unclear."""
    return _SCALE.get(status)


def mismatch(status: str, shares: Mapping[str, float], declared_status: str, declared: str) -> str:
    """How the service's own word for it departs from what the narrative supports.

    On the scale declined, off_track, not_started < at_risk < on_track < complete: a declaration
    above the narrative is ``optimistic``, below it ``pessimistic``. Not counted as a departure:

    * "on track" (green) where the narrative shows completion: many plans know no better colour;
    * "at risk" (amber) where the narrative is below "complete": amber admits trouble;
    * a declared standstill where the narrative shows work at risk, and one standstill for another;
    * anything where the narrative is unclear, where nothing was declared, or where the narrative
      gives the declared side (it or better; it or worse) more than ``mismatch_doubt`` of the probability.

    Args:
        status: what the narrative supports.
        shares: the distribution that goes with it.
        declared_status: the declaration on the status scale, or ``""``.
        declared: the declaration as written; "accepted" and the like say nothing of progress.
    """
    if status == Status.UNCLEAR or declared_status in ("", Status.UNCLEAR) or not declared.strip():
        return ""
    said, found = _SCALE[Status(declared_status)], _SCALE[Status(status)]
    doubt = float(lexicon("status_weights")["mismatch_doubt"])
    if said > found and said >= 2:
        fits = math.fsum(shares[s] for s, place in _SCALE.items() if place >= said)
        return str(Mismatch.OPTIMISTIC) if fits <= doubt else ""
    if said < 2 <= found and found - said > 1:
        fits = math.fsum(shares[s] for s, place in _SCALE.items() if place <= said + (said > 0))
        return str(Mismatch.PESSIMISTIC) if fits <= doubt else ""
    return ""


@cache
def _weight(name: str, status: str) -> float:
    return float(lexicon("status_weights")["signals"].get(name, {}).get(status, 0.0))


def reads_vectors(encoder: Encoder | None, model: StatusModel | None = None) -> bool:
    """Whether :func:`judge` will ask for the vector of every sentence of the updates."""
    return _fitting(model, encoder) is not None


def _fitting(model: StatusModel | None, encoder: Encoder | None) -> StatusModel | None:
    """The learned model, or nlpkit's own, where it was learned on vectors of this encoder."""
    if encoder is None:
        return None
    model = model or packaged_model()
    return model if model.encoder == encoder.name else None


def _gains(signals: Sequence[Signal], status: Status, reading: Reading | None) -> list[float]:
    """What each signal gave a status: by how much the status loses where the model does without it, or, by
    the hand-set weights, what it adds to the status over what it adds to them all on average."""
    if reading is None:
        means = [math.fsum(_weight(s.name, other) for other in Status) / len(Status) for s in signals]
        return [
            signal.value * (_weight(signal.name, status) - mean)
            for signal, mean in zip(signals, means, strict=True)
        ]
    place = STATUSES.index(str(status))
    lost = reading.lost_signals
    return [float(lost[signal.name][place]) if signal.name in lost else 0.0 for signal in signals]


def read_cases(
    model: StatusModel, every: Sequence[Case], vectors: Sequence[NDArray[np.float32]]
) -> list[tuple[list[Signal], Reading]]:
    """The signals of updates and what a model makes of them.

    The model reads the sentences first; the signals are then read with what it takes for background
    counted for less beside.

    Args:
        model: the learned model.
        every: the updates, with what their status depends on.
        vectors: of the sentences of each, shape ``(sentences, dimension)``.
    """
    found: list[tuple[list[Signal], Reading]] = []
    for first in range(0, len(every), UPDATES_AT_ONCE):
        some = every[first : first + UPDATES_AT_ONCE]
        told = [
            _told(case, theirs)
            for case, theirs in zip(some, vectors[first : first + UPDATES_AT_ONCE], strict=True)
        ]
        sentences = model.read_sentences(told)
        shown = [weighed(case, told) for case, told in zip(some, sentences.of_each(), strict=True)]
        verdicts = [verdicts_without_each(signals) for signals, _ in shown]
        readings = model.read(sentences, [document for _, document in shown], verdicts)
        found += [(signals, reading) for (signals, _), reading in zip(shown, readings, strict=True)]
    return found


def _told(case: Case, vectors: NDArray[np.float32]) -> Told:
    views = read_sentences(case)
    return Told([view.text for view in views], vectors, sentence_values(case, views))


def weighed(case: Case, evidence: NDArray[np.float64]) -> tuple[list[Signal], dict[str, float]]:
    """The signals of an update, given what its sentences tell (shape ``(sentences, 8)``), and from them what
    is known of the update as a whole."""
    signals = read_signals(case, salience(evidence).tolist())
    return signals, document_values(case, signals, probabilities(signals))


def _why(
    signals: Sequence[Signal],
    status: Status,
    case: Case,
    reading: Reading | None,
) -> list[dict[str, str]]:
    """The passages by what they gave the chosen status: through signals, and as sentences of the model
    (by how much the status loses where the sentence is left out)."""
    gained: dict[Passage, float] = {}
    said: dict[Passage, tuple[float, str]] = {}
    for signal, gain in zip(signals, _gains(signals, status, reading), strict=True):
        if gain <= 0:
            continue
        passages = signal.passages or (Passage(""),)
        for passage in passages:
            key = Passage(passage.text, "", passage.planned)
            share = gain / len(passages)
            gained[key] = gained.get(key, 0.0) + share
            if share > said.get(key, (0.0, ""))[0]:
                said[key] = (share, _cue(signal.name, passage))
    if reading is not None:
        for sentence, lost in zip(case.update.sentences, reading.lost, strict=True):
            key = Passage(sentence.text)
            gained[key] = gained.get(key, 0.0) + float(lost[STATUSES.index(str(status))])
            said.setdefault(key, (0.0, f"reads as {str(status).replace('_', ' ')}"))
    ranked = sorted(gained, key=lambda p: (-gained[p], p.planned, case.update.text.find(p.text), p.text))
    least = max(0.0, gained[ranked[0]] * 0.15) if ranked else 0.0
    why = [
        {"text": p.text, "cue": said[p][1]} for p in ranked[:_REASONS] if gained[p] > 0 and gained[p] >= least
    ]
    return why or [
        {
            "text": next((s.text for s in case.update.sentences), ""),
            "cue": "nothing here tells how far the work is",
        }
    ]


def _cue(name: str, passage: Passage) -> str:
    says: Mapping[str, Any] = lexicon("status_weights")["says"]
    words = str(says.get(name, name.replace("_", " ")))
    if passage.cue:
        words = f"{words}: {passage.cue}"
    return f"{words} (planned action)" if passage.planned else words
