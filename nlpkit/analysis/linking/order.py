"""Rows judged with their neighbours, where a plan goes through a catalogue in the catalogue's order.

A plan that answers a report usually takes its recommendations one after the other, so that a reader knows
what "Existing support is in place" answers by where it stands. Whether a document does that is tested first:
the longest increasing run among the entries that its rows plainly answer must be longer than chance would
have it. Only then are its rows aligned with the catalogue: a hidden Markov model whose states are the entries
and "none", and which goes forward only (Rabiner, "A tutorial on hidden Markov models", Proc. IEEE 77, 1989,
for the posterior by forward and backward sums and for learning the rates from the document itself; Bourlard
and Morgan, "Connectionist Speech Recognition", 1994, for classifiers' probabilities, divided by the base
rate, in the place of likelihoods).
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Sequence
from dataclasses import dataclass, replace
from math import comb, factorial
from typing import Any

import numpy as np
from numpy.typing import NDArray

from nlpkit.analysis.linking.parts import Link, ranked

__all__ = ["NOTHING", "Own", "Placed", "Sequences", "follows", "placed", "posterior", "sequences"]

CHANCE = 0.001
"""How often a document in an order that says nothing is taken for one in the catalogue's, at most."""

_SURE = 0.5  # probability from which a row's own best entry shows where the document has got to
_TELLING = 4  # words that say what a row is about, from which it could be sure
_SHARE = 0.5  # of the places of a document that have so many, those that are sure, and
_RUN = 0.8  # of the sure ones, those in the catalogue's order: what both must reach at least

_BASE = 0.022  # of the authored pairs of row and entry, those that are equivalent (corpora/links, tune)
_LEAST = 0.001  # a probability below it says no less than this one, as it is not remembered either
_MOST = 1000.0  # odds that one row may bring in, so that none outvotes all others
_DULL = 0.5  # exponent by which what speaks against an entry is weakened: the models were taught on rows ...
_WORDS = 0.8  # ... that name their subject. Each word that does makes it likelier that it is another one.
_RATES = (1.5, 0.5, 4.0, 1.5)  # rows seen beforehand: nothing answered, the same entry, the next, a later one
_ROUNDS = 5
_EACH = 20  # places for each entry of the catalogue: a document that has more is no plan that answers it
_CELLS = 5_000_000  # places × entries up to which a document is aligned, so that it stays quick

SAME_FROM = 0.6
"""Posterior probability from which a row is called equivalent to the entry that its place gives it."""

RELATED_FROM = 0.2
"""... and from which one that names no subject is called related."""

_SCORE = 0.94  # the best of a link by place: less than a row's that says itself what it answers
_HALF = 0.5  # the best of one that is only related by its place
_KEPT = 0.9  # an own link as probable as this stays what it is
_SUPPORTED = 0.005  # own probability without which a row that names a subject is not given an entry
_BROKEN = 0.05  # posterior below which an own link less probable than that breaks the order


@dataclass(frozen=True, slots=True)
class Own:
    """What a row says by itself.

    Attributes:
        links: best first.
        same: entries that are not out of the question, with the probability that they ask the same.
        words: how many of its words say what it is about; -1 for a row without text.
        settled: the row itself names or quotes what it answers, or says that it answers nothing here.
    """

    links: tuple[Link, ...]
    same: tuple[tuple[int, float], ...]
    words: int
    settled: bool

    def to_json(self) -> list[Any]:
        """As JSON has it, reasons apart."""
        links = [[one.entry, one.grade, one.score] for one in self.links]
        return [links, [list(one) for one in self.same], self.words, self.settled]

    @staticmethod
    def from_json(kept: Sequence[Any]) -> Own:
        """What :meth:`to_json` was given."""
        links, same, words, settled = kept
        return Own(
            tuple(Link(entry, grade, score) for entry, grade, score in links),
            tuple((entry, value) for entry, value in same),
            words,
            settled,
        )

    @property
    def sure(self) -> tuple[int, float] | None:
        """The entry that the row plainly answers, and how plainly; None where it is not plain.

        That is the probability, and one more where the row itself names or quotes the entry.
        """
        if not self.links or self.links[0].grade != "equivalent":
            return None
        entry = self.links[0].entry
        value = dict(self.same).get(entry, 0.0) + self.settled
        return (entry, value) if value >= _SURE else None


NOTHING = Own((), (), -1, False)
"""A row that says nothing of the catalogue."""


@dataclass(frozen=True, slots=True)
class Placed:
    """A row's links once its neighbours have been heard.

    Attributes:
        links: best first.
        raised: the entry that its place gives it, if it would not have it, or not as equivalent, by itself.
        lowered: entries that its place speaks against.
        between: the entries that the rows before and after it plainly answer, next to it.
    """

    links: tuple[Link, ...]
    raised: int | None
    lowered: tuple[int, ...]
    between: tuple[int | None, int | None]


Sequences = list[list[list[int]]]
"""Documents as sequences of places, and places as the rows that stand there."""


def sequences(
    service: Sequence[str],
    source: Sequence[str],
    action: Sequence[str],
    period: Sequence[str],
) -> Sequences:
    """The documents of a table, each as its places in order.

    The rows of an action in several periods have one place, where the first of them stands. A document
    whose rows do not all say of what action they are is one sequence for each of its periods. What an
    action is called decides nothing else.
    """
    documents: dict[tuple[str, str], list[int]] = {}
    for i, key in enumerate(zip(service, source, strict=True)):
        documents.setdefault(key, []).append(i)
    found: Sequences = []
    for rows in documents.values():
        if all(action[i] for i in rows):
            places: dict[tuple[str, int], list[int]] = {}
            met: dict[tuple[str, str], int] = {}
            for i in rows:
                # An id that is used again in the same period is another action's.
                nth = met[action[i], period[i]] = met.get((action[i], period[i]), 0) + 1
                places.setdefault((action[i], nth), []).append(i)
            found.append(list(places.values()))
            continue
        periods: dict[str, list[list[int]]] = {}
        for i in rows:
            periods.setdefault(period[i], []).append([i])
        found += periods.values()
    return found


def follows(entries: Sequence[tuple[int, float] | None], telling: int) -> bool:
    """Whether a document goes through the catalogue in order.

    Args:
        entries: of each place the entry that is plainly answered there, and how plainly.
        telling: how many places have a text that says what it is about.

    Of an entry that several places answer, the place that does so most plainly counts, wherever it stands. So
    all are different and, if the order says nothing, each order of them is as likely as any other. Among all
    orders of ``n`` things, those with an increasing run of ``k`` are at most ``C(n, k) / k!`` of all: so many
    choices of ``k`` things there are, and each is in order once in ``k!`` times. That bound must be under
    :data:`CHANCE`, which seven answers reach if all are in order, and not fewer.
    """
    best: dict[int, tuple[float, int]] = {}
    sure = 0
    for place, one in enumerate(entries):
        if one is not None:
            sure += 1
            best[one[0]] = max(best.get(one[0], (0.0, 0)), (one[1], -place))
    if sure < _SHARE * telling:
        return False
    ordered = [entry for _, entry in sorted((-place, entry) for entry, (_, place) in best.items())]
    run = longest_run(ordered)
    return run >= _RUN * len(ordered) and comb(len(ordered), run) / factorial(run) < CHANCE


def longest_run(numbers: Sequence[int]) -> int:
    """The length of the longest increasing subsequence (Schensted, 1961)."""
    ends: list[int] = []
    for number in numbers:
        at = bisect_left(ends, number)
        ends[at : at + 1] = [number]
    return len(ends)


def placed(owns: Sequence[Own], documents: Sequences, entries: int) -> dict[int, Placed]:
    """The rows whose links their neighbours change.

    Args:
        owns: of every row what it says by itself.
        documents: of :func:`sequences`.
        entries: how many the catalogue has.
    """
    found: dict[int, Placed] = {}
    for places in documents:
        if len(places) > _EACH * entries or len(places) * entries > _CELLS:
            continue
        sure = [_sure(owns, rows) for rows in places]
        telling = sum(
            one is not None or max(owns[row].words for row in rows) >= _TELLING
            for one, rows in zip(sure, places, strict=True)
        )
        if not follows(sure, telling):
            continue
        given = posterior(np.stack([_odds(owns, rows, entries) for rows in places]))
        given = np.round(given, 4)
        anchors = [
            one[0] if one is not None and given[at, one[0]] >= SAME_FROM else None
            for at, one in enumerate(sure)
        ]
        for at, rows in enumerate(places):
            between = (_nearest(anchors[:at][::-1]), _nearest(anchors[at + 1 :]))
            for row in rows:
                own = owns[row]
                if own.words < 0 or own.settled:
                    continue
                changed = _changed(own, given[at], between)
                if changed is not None:
                    found[row] = changed
    return found


def _nearest(anchors: Sequence[int | None]) -> int | None:
    return next((one for one in anchors if one is not None), None)


def _sure(owns: Sequence[Own], rows: Sequence[int]) -> tuple[int, float] | None:
    known = [one for one in (owns[row].sure for row in rows) if one is not None]
    return max(known, key=lambda one: (one[1], -one[0]), default=None)


def _odds(owns: Sequence[Own], rows: Sequence[int], entries: int) -> NDArray[np.float64]:
    """By how much a place's text makes each entry likelier than nothing; of several rows, the most."""
    found: NDArray[np.float64] = np.max([_odds_of(owns[row], entries) for row in rows], axis=0)
    return found


def _odds_of(own: Own, entries: int) -> NDArray[np.float64]:
    same = np.full(entries, _LEAST)
    for entry, value in own.same:
        same[entry] = max(value, _LEAST)
    if own.settled:
        same[:] = _LEAST
        for link in own.links:
            if link.grade == "equivalent":
                same[link.entry] = 0.999
    same = np.minimum(same, 0.9999)
    ratio = same / (1 - same) * ((1 - _BASE) / _BASE)
    dull = np.where(ratio < 1, ratio**_DULL, ratio)
    weak: NDArray[np.float64] = np.where(dull < 1, dull * _WORDS ** max(own.words, 0), dull)
    return np.minimum(weak, _MOST)


def _changed(own: Own, given: NDArray[np.float64], between: tuple[int | None, int | None]) -> Placed | None:
    """The links of a row, if its place changes them."""
    said = dict(own.same)
    links = {link.entry: link for link in own.links}
    kept = [one.entry for one in own.links if one.grade == "equivalent" and said.get(one.entry, 0) >= _KEPT]
    best = int(given.argmax())
    value = float(given[best])
    raised = None
    lowered = []
    known = links.get(best)
    names = own.words >= _TELLING
    if kept:
        if best not in kept or value < SAME_FROM:
            return None
    elif names and said.get(best, 0.0) < _SUPPORTED:
        pass  # the subject is another
    elif value >= SAME_FROM:
        raised = best
        score = max(min(value, _SCORE), known.score if known else 0.0)
        links[best] = Link(best, "equivalent", round(score, 2))
    elif value >= RELATED_FROM and not names:
        score = round(min(value, _HALF), 2)
        if known is None or (known.grade == "related" and known.score < score):
            raised = best
            links[best] = Link(best, "related", score)
    for entry, link in list(links.items()):
        if entry != best and entry not in kept and link.grade == "equivalent" and given[entry] < _BROKEN:
            lowered.append(entry)
            links[entry] = replace(link, grade="related", score=min(link.score, _HALF))
    changed = ranked(links.values())
    # Links are compared by all that is told of them but their reasons.
    return None if changed == own.links else Placed(changed, raised, tuple(lowered), between)


def posterior(odds: NDArray[np.float64]) -> NDArray[np.float64]:
    """How probably each place answers each entry, given all others: shape ``(places, entries)``.

    What is missing from 1 in a row is the probability that it answers nothing.

    Args:
        odds: by how much a place's text makes each entry likelier than none, same shape.
    """
    rates = np.array(_RATES) / sum(_RATES)
    given = np.zeros_like(odds)
    for _ in range(_ROUNDS):
        given, counts = _both_ways(odds, rates)
        rates = (counts + _RATES) / (counts.sum() + sum(_RATES))
    return given


def _both_ways(
    odds: NDArray[np.float64], rates: NDArray[np.float64]
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """The posterior of every place, and how many places answer nothing, the same, the next, a later entry.

    The state is the entry answered last (0: none yet).
    """
    places, entries = odds.shape
    nothing, same, following, later = rates.tolist()
    share = later / np.maximum(entries - np.arange(entries + 1) - 1, 1)  # each later entry is as likely
    blank = np.zeros(1)

    def moves(state: NDArray[np.float64]) -> tuple[NDArray[np.float64], ...]:
        far = np.concatenate([blank, np.cumsum(state * share)[: entries - 1]])
        return state[1:] * same, state[:-1] * following, far

    ahead = np.zeros((places + 1, entries + 1))
    ahead[0, 0] = 1.0
    for at in range(places):
        into = sum(moves(ahead[at])) * odds[at]
        state = ahead[at] * nothing + np.concatenate([blank, into])
        ahead[at + 1] = state / state.sum()
    behind = np.ones(entries + 1)
    given = np.zeros_like(odds)
    counts = np.zeros(4)
    for at in range(places - 1, -1, -1):
        back = odds[at] * behind[1:]
        ways = [way * back for way in moves(ahead[at])]
        still = ahead[at] * behind * nothing
        parts = np.array([still.sum(), *(way.sum() for way in ways)])
        total = parts.sum()
        counts += parts / total
        given[at] = sum(ways) / total
        far = np.concatenate([np.cumsum(back[::-1])[::-1][1:], blank, blank])
        behind = (
            nothing * behind
            + same * np.concatenate([blank, back])
            + following * np.concatenate([back, blank])
            + share * far
        )
        behind /= behind.max()
    return given, counts
