"""Plans that answer a catalogue in its order, made from authored rows by a fixed seed, to measure order by.

The narratives of one invented service (or, in ``joined`` plans, one narrative for each recommendation from
any service of the split) stand in the catalogue's order; some recommendations are left out, narratives that
answer nothing stand between, and some narratives are blanked: a sentence that names no subject stands in
their place. The same rows shuffled, and plans of which few rows answer the catalogue, must not change.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import pandas as pd

from nlpkit.catalogue import Catalogue

__all__ = ["BLANKS", "KINDS", "Plan", "plans"]

BLANKS = {
    "tune": (
        "This has been put in place and will be kept under review.",
        "Already happening; nothing further is needed.",
        "A draft has gone out for comment and comes back to the board in July.",
        "Complete.",
        "The national document is still awaited, so there is nothing to assess ourselves against yet.",
        "Existing arrangements were checked in February and found to be adequate.",
        "Work is on track and due to finish by the end of the quarter.",
        "We have been doing this for some years.",
        "A gap analysis is finished and the remaining points have owners.",
        "The lead has changed; the new one takes up the role in May.",
        "Paper agreed by the executive board. Roll-out begins next month.",
        "Not yet started, as we wait for the guidance.",
        "This action was closed at the last meeting of the programme board.",
        "Our approach was compared with that of three neighbours and needs no change.",
        "Partly done: two of the four steps are finished.",
    ),
    "check": (
        "Nothing to add since our last return.",
        "In place before the report came out and still running.",
        "The first stage is finished, the second begins in the autumn.",
        "Closed.",
        "We are waiting for the final text to be issued nationally.",
        "A review by internal audit gave substantial assurance.",
        "Proposal written, costed and sent to the board.",
        "Already business as usual here.",
        "The working group has met twice and will report in June.",
        "An outline has been approved; detail to follow.",
        "Progressing well, with one milestone left.",
        "This was put off until the vacancy is filled.",
        "Fully met; evidence is held on file.",
        "We looked at this again in March and are content.",
        "Done for most, the rest to follow before the summer.",
    ),
}
"""Sentences that do not name their subject, others for each split."""

KINDS = ("service", "joined", "mixed")


@dataclass(frozen=True, slots=True)
class Plan:
    """One plan: an update table in the plan's order, with ``gold`` and ``blank`` beside it.

    Attributes:
        kind: ``service``, ``joined`` (both follow the catalogue) or ``mixed`` (few rows answer it).
        rows: the table.
    """

    kind: str
    rows: pd.DataFrame

    def shuffled(self, pick: np.random.Generator) -> Plan:
        """The same rows in an order that says nothing."""
        return Plan(self.kind, self.rows.iloc[pick.permutation(len(self.rows))].reset_index(drop=True))


def plans(
    rows: pd.DataFrame, catalogue: Catalogue, split: str, *, seed: int = 5, rounds: int = 8
) -> Iterator[Plan]:
    """Plans of a split of the authored rows: ``rounds`` of each service, ten times as many of the others."""
    pick = np.random.default_rng(seed)
    places = {entry.id: i for i, entry in enumerate(catalogue.entries)}
    alone = rows[(rows["split"] == split) & (rows["recommendation"] == "") & (rows["required_outcome"] == "")]
    first = [places[gold["equivalent"][0]] if gold["equivalent"] else -1 for gold in alone["gold"]]
    alone = alone.assign(place=first, blank=False)
    answers = alone[alone["place"] >= 0]
    nothing = alone[[not gold["equivalent"] and not gold["related"] for gold in alone["gold"]]]
    for _, own in answers.groupby("service", sort=True):
        if own["place"].nunique() >= 8:
            for _ in range(rounds):
                yield _plan("service", own, nothing, split, pick)
    for _ in range(10 * rounds):
        some = answers.iloc[pick.permutation(len(answers))].drop_duplicates("place")
        yield _plan("joined", some, nothing, split, pick)
    for _ in range(10 * rounds):
        some = answers.iloc[pick.permutation(len(answers))].drop_duplicates("place")
        few = some.head(int(pick.integers(3, 9)))
        others = nothing.iloc[pick.permutation(len(nothing))[: int(pick.integers(12, 25))]]
        together = pd.concat([few.sort_values("place"), others])
        # The few stand in the catalogue's order, at any place.
        keys = np.concatenate([np.sort(pick.random(len(few))), pick.random(len(others))])
        yield Plan("mixed", together.iloc[np.argsort(keys)].reset_index(drop=True))


def _plan(
    kind: str, answers: pd.DataFrame, nothing: pd.DataFrame, split: str, pick: np.random.Generator
) -> Plan:
    kept = answers[pick.random(len(answers)) >= pick.choice([0.0, 0.1, 0.2])]
    kept = kept.iloc[pick.permutation(len(kept))].sort_values("place", kind="stable").reset_index(drop=True)
    blank = pick.random(len(kept)) < pick.choice([0.1, 0.2, 0.3])
    said = pick.choice(BLANKS[split], len(kept))
    kept["update"] = np.where(blank, said, kept["update"])
    kept["blank"] = blank
    count = round(len(kept) * float(pick.choice([0.0, 0.1, 0.3])))
    others = nothing.iloc[pick.permutation(len(nothing))[:count]]
    keys = np.concatenate([np.arange(len(kept)), pick.random(count) * len(kept) - 0.5])
    together = pd.concat([kept, others]).iloc[np.argsort(keys, kind="stable")]
    return Plan(kind, together.reset_index(drop=True))
