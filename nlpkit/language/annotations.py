"""What the language room says of a text: sentences, their stage, cues, dates, facts, references.

All offsets are character offsets into the text that was given (the whole update), so that
``text[span.start:span.end] == span.text``.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from enum import StrEnum

__all__ = ["DateMention", "Reference", "Sentence", "Span", "Stage", "TextAnalysis"]


class Stage(StrEnum):
    """How far the work is that a sentence speaks of."""

    DONE = "done"  # an act completed: "was launched", "has been approved", "training delivered"
    IN_PLACE = "in_place"  # a standing state: "is embedded", "are available to all staff"
    UNDER_WAY = "under_way"  # "is being developed", "work continues"
    PLANNED = "planned"  # decided, in the future: "will be launched in May", "is due to"
    INTENDED = "intended"  # wished or considered: "are exploring", "it is hoped", "may"
    NOT_STARTED = "not_started"  # "has not yet begun", "awaiting publication before starting"
    STOPPED = "stopped"  # "on hold", "has stalled", "postponed", "was cancelled"
    DECLINED = "declined"  # "will not be delivering", "decided not to adopt"
    NONE = "none"  # background, opinion, headings: nothing about progress


@dataclass(frozen=True, slots=True)
class Span:
    """A passage and what it counts as. ``kind`` is a lower-case word named by its producer."""

    text: str
    start: int
    end: int
    kind: str


@dataclass(frozen=True, slots=True)
class DateMention:
    """A date or period named in a text, resolved to the days it covers (both included).

    ``precision`` is ``day``, ``month``, ``quarter``, ``season``, ``half``, ``year``,
    ``financial_year`` or ``range``. A month without a year is resolved against ``as_of``
    (``inferred_year`` is then true).
    """

    text: str
    start: int
    end: int
    earliest: date
    latest: date
    precision: str
    inferred_year: bool = False


@dataclass(frozen=True, slots=True)
class Reference:
    """A reference to another action, document or time instead of saying it here.

    ``kind`` is ``action`` ("see 5 above": targets ``("5",)``), ``position`` ("as above":
    targets ``("above",)`` or ``("below",)``), ``previous`` ("as previous update",
    "see November update"), ``document`` ("see the HMI misconduct thematic plan") or ``mention``
    (a numbered recommendation or action named without sending the reader there: "we met
    recommendation 5 of the review", targets ``("5",)``).
    ``targets`` are action ids as the plan writes them, tidied; ranges are spelled out.
    """

    text: str
    start: int
    end: int
    kind: str
    targets: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Sentence:
    """One sentence (or bullet, or run-together fragment) of an update."""

    text: str
    start: int
    end: int
    stage: Stage
    stage_cue: Span | None  # the words that decided the stage
    cues: tuple[Span, ...] = ()  # kinds: cues.CUE_KINDS, and also_STAGE for the other clauses
    dates: tuple[DateMention, ...] = ()
    facts: tuple[Span, ...] = ()  # kinds: facts.FACT_KINDS, planned_… where it is not (yet) so
    references: tuple[Reference, ...] = ()


@dataclass(frozen=True, slots=True)
class TextAnalysis:
    """A text and its sentences in order."""

    text: str
    sentences: tuple[Sentence, ...]

    def __hash__(self) -> int:
        return hash(self.text)  # the sentences would take as long as reading them
