"""What a predicate is, and the lists of verbs and words by which predicates are read."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache

from nlpkit.language.annotations import Stage
from nlpkit.language.cues import inflections
from nlpkit.resources import lexicon

__all__ = ["Predicate", "bases", "listed", "verbs", "word_set"]


@dataclass(slots=True)
class Predicate:
    """What is said, by words ``first`` to ``last`` (both included; positions in the tagged words).

    ``silent`` predicates say nothing of work themselves ("shows that …", a bare "is") and hand over to
    what follows; ``subordinate`` ones stand in a subordinate clause; ``weak`` ones may not be verbs at
    all ("Build phase …") and give way to any other; ``for_effect`` ones say what something is for.
    ``cue_start`` and ``cue_end`` are character offsets of the words that gave the stage, where these are
    more than the group.
    """

    first: int
    last: int
    head: str
    stage: Stage
    finite: bool = True
    future: bool = False
    negated: bool = False
    silent: bool = False
    subordinate: bool = False
    simple_past: bool = False
    begins: bool = False
    weak: bool = False
    cue_start: int = -1
    cue_end: int = -1
    for_effect: bool = False

    def becomes(self, stage: Stage, *, future: bool = False) -> None:
        """Give the predicate this stage."""
        self.stage, self.future, self.silent = stage, future, False

    def falls_silent(self) -> None:
        """Let the predicate hand over to what follows."""
        self.stage, self.silent = Stage.NONE, True

    def tells_nothing(self) -> None:
        """Let the predicate stand, but say nothing of work."""
        self.stage, self.future, self.silent = Stage.NONE, False, False

    def tells_what_for(self) -> None:
        """The same, for good: no set phrase beside it ("hoped to") changes that."""
        self.tells_nothing()
        self.for_effect = True


@cache
def word_set(words: str) -> frozenset[str]:
    """The words of a text, parted by spaces."""
    return frozenset(words.split())


@cache
def verbs(name: str) -> frozenset[str]:
    """Every form of the verbs that the lexicon lists under a name."""
    return frozenset(form for entry in lexicon("cues")["verbs"][name] for form in inflections(entry))


@cache
def bases(name: str) -> frozenset[str]:
    """The same verbs as a dictionary has them."""
    return frozenset(entry.partition(":")[0] for entry in lexicon("cues")["verbs"][name])


@cache
def listed(name: str) -> frozenset[str]:
    """The words that the lexicon lists under a name."""
    return frozenset(lexicon("cues")["words"][name])
