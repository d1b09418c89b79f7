"""Where the work stands, judged from the narrative and the calendar, with the passages that decided.

Signals (see :mod:`nlpkit.analysis.signals`) are weighed into one score per status; a softmax makes
probabilities of them. The weights are data (``lexicons/status_weights.json``), so that weights
learned from a corpus can take their place. The declared status plays no part: it is compared
afterwards (:func:`mismatch`).
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any

import pandas as pd

from nlpkit.analysis.signals import Signal, read_signals
from nlpkit.analysis.topic import off_topic
from nlpkit.analysis.views import Case, Passage
from nlpkit.features import Features
from nlpkit.resources import lexicon
from nlpkit.schema import Mismatch, Status

__all__ = ["decide", "judge", "mismatch", "probabilities"]

_REASONS = 4


def judge(updates: pd.DataFrame, features: Features) -> pd.DataFrame:
    """Status of each update.

    Args:
        updates: an update table (:func:`nlpkit.schema.conform`); ``required_outcome``,
            ``declared`` and ``declared_status`` are read, the latter two for ``mismatch`` only.
        features: of the same rows in the same order.

    Returns:
        One row per update, indexed like ``updates``: ``status`` (a :class:`Status` value),
        ``status_confidence`` (its probability), ``status_probabilities`` (over all seven, summing
        to 1), ``status_why`` (up to four ``{"text", "cue"}``, the weightiest first; the text is a
        passage of the update, or of the planned action where the cue says so, or empty where the
        reason is not a passage) and ``mismatch`` (``optimistic``, ``pessimistic`` or ``""``).
    """
    away = off_topic(updates, features)
    rows: list[dict[str, object]] = []
    for i in range(len(updates)):
        case = Case(
            update=features.update[i],
            planned_action=features.planned_action[i],
            recommendation=features.recommendation[i],
            required_outcome=str(updates["required_outcome"].iloc[i]),
            as_of=features.as_of[i],
            due=features.due[i],
            off_topic=away[i],
        )
        signals = read_signals(case)
        shares = probabilities(signals)
        status = decide(shares)
        rows.append(
            {
                "status": str(status),
                "status_confidence": shares[str(status)],
                "status_probabilities": shares,
                "status_why": _why(signals, status, case),
                "mismatch": mismatch(
                    str(status),
                    shares,
                    str(updates["declared_status"].iloc[i]),
                    str(updates["declared"].iloc[i]),
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
        + sum(signal.value * _weight(signal.name, status) for signal in signals)
        for status in Status
    }
    top = max(scores.values())
    powers = {name: math.exp((score - top) / float(model["temperature"])) for name, score in scores.items()}
    total = math.fsum(powers.values())
    shares = {name: round(power / total, 4) for name, power in powers.items()}
    best = max(shares, key=lambda name: shares[name])
    shares[best] = round(shares[best] + 1.0 - math.fsum(shares.values()), 4)
    return shares


def decide(shares: Mapping[str, float]) -> Status:
    """The status of least expected cost.

    A wrong status costs 1, "unclear" where the text does tell costs ``unclear_cost`` (below 1): so
    "unclear" is chosen where it is likely, and where no status is likely enough to be worth naming.
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


def _weight(name: str, status: str) -> float:
    return float(lexicon("status_weights")["signals"].get(name, {}).get(status, 0.0))


def _why(signals: Sequence[Signal], status: Status, case: Case) -> list[dict[str, str]]:
    """The passages by what they gave the chosen status over the average of the others."""
    gained: dict[Passage, float] = {}
    said: dict[Passage, tuple[float, str]] = {}
    for signal in signals:
        mean = math.fsum(_weight(signal.name, other) for other in Status) / len(Status)
        gain = signal.value * (_weight(signal.name, status) - mean)
        if gain <= 0:
            continue
        passages = signal.passages or (Passage(""),)
        for passage in passages:
            key = Passage(passage.text, "", passage.planned)
            share = gain / len(passages)
            gained[key] = gained.get(key, 0.0) + share
            if share > said.get(key, (0.0, ""))[0]:
                said[key] = (share, _cue(signal.name, passage))
    ranked = sorted(gained, key=lambda p: (-gained[p], p.planned, case.update.text.find(p.text), p.text))
    least = gained[ranked[0]] * 0.15 if ranked else 0.0
    why = [{"text": p.text, "cue": said[p][1]} for p in ranked[:_REASONS] if gained[p] >= least]
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
