"""Which column holds what: headings recognised by their wording, then by meaning."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache

from nlpkit.embedding import Encoder
from nlpkit.reading.periods import bare_period, period_in_heading
from nlpkit.resources import lexicon
from nlpkit.schema import declared_status

__all__ = ["Column", "Layout", "heads_another", "is_bare_status", "is_heading", "recognise", "role_of"]

_MAX_HEADING_WORDS = 12
_TEXT_ROLES = {"recommendation", "planned_action", "required_outcome", "theme", "id"}
_STATE_ROLES = {"update", "progress", "status", "declared", "notes", "due"}
_MEANING_THRESHOLD = 0.45


@dataclass(frozen=True, slots=True)
class Column:
    """One column of a plan: its heading, the role it plays and the period it reports on."""

    heading: str
    role: str  # "" where nothing is recognised
    period: str = ""

    @property
    def key(self) -> str:
        """Where the column's text is collected; one key a period for updates and statuses."""
        return f"{self.role}:{self.period}" if self.role in {"update", "declared"} else self.role


@dataclass(frozen=True, slots=True)
class Layout:
    """The columns of a plan table, in order."""

    columns: tuple[Column, ...]

    @property
    def width(self) -> int:
        return len(self.columns)

    def index(self, role: str) -> int | None:
        """The first column that plays ``role``."""
        return next((i for i, column in enumerate(self.columns) if column.role == role), None)

    @property
    def known(self) -> int:
        """How many columns have a role."""
        return sum(bool(column.role) for column in self.columns)

    @property
    def headings(self) -> tuple[str, ...]:
        return tuple(_plain(column.heading) for column in self.columns)


def _plain(heading: str) -> str:
    """A heading in lower case, without punctuation and without line breaks inside words."""
    text = re.sub(r"[’']s\b|\(s\)", "", heading.lower())
    text = re.sub(r"[^a-z0-9#/ ]+", " ", text).replace("/", " ")
    return " ".join(text.split())


@cache
def _synonyms() -> tuple[dict[str, str], dict[str, str], tuple[tuple[str, re.Pattern[str]], ...]]:
    data = lexicon("headers")
    exact = {phrase: role for role, phrases in data["exact"].items() for phrase in phrases}
    # Narrow columns break words ("*BR AG"): the same phrases without their spaces.
    squeezed = {phrase.replace(" ", ""): role for phrase, role in exact.items() if len(phrase) > 2}
    patterns = tuple((role, re.compile(pattern)) for role, pattern in data["patterns"])
    return exact, squeezed, patterns


def is_bare_status(text: str) -> bool:
    """Whether a text is nothing but a status ("In progress (on track)", "Complete.")."""
    words = _plain(text).split()
    return 0 < len(words) <= 6 and set(words) <= _status_words() and bool(declared_status(text))


@cache
def _status_words() -> frozenset[str]:
    return frozenset(lexicon("headers")["statuses"])


def _heads_counts(heading: str) -> bool:
    """Whether a heading is a status that a dashboard counts, and no column of a plan."""
    return _plain(heading) not in _synonyms()[0] and is_bare_status(heading) and "?" not in heading


def role_of(heading: str) -> str:
    """The role that a column heading names, or ``""``.

    >>> role_of("Outcome/s required/evidence of success"), role_of("*BR AG"), role_of("ETA")
    ('required_outcome', 'declared', 'due')
    """
    plain = _plain(heading)
    if not plain or _heads_counts(heading):
        return ""
    exact, squeezed, patterns = _synonyms()
    if plain in exact:
        return exact[plain]
    if plain.replace(" ", "") in squeezed:
        return squeezed[plain.replace(" ", "")]
    if period_in_heading(heading) and re.search(r"\b(update|progress|position|status|commentary)", plain):
        return "declared" if re.search(r"\b(b?rag|status|rating)\b", plain) else "update"
    for role, pattern in patterns:
        if pattern.search(plain):
            return role
    return "update" if period_in_heading(heading) else ""


def is_heading(text: str) -> bool:
    """Whether a text is, word for word, a column heading that plans are known to use.

    >>> is_heading("Responsible officer"), is_heading("Head of Prevention officer")
    (True, False)
    """
    return _plain(text) in _synonyms()[0]


def recognise(
    headings: Sequence[str], body: Sequence[Sequence[str]] = (), *, encoder: Encoder | None = None
) -> Layout | None:
    """The layout that a row of cells announces, or None where it is no heading row of a plan.

    Args:
        headings: the texts of the row.
        body: rows below it, to settle headings that mean two things ("Status", "Progress",
            "Notes") by what stands in the column.
        encoder: where given, headings that no synonym covers are compared by meaning.

    A heading row has short cells, at least half of which name a role, among them what is asked
    (a recommendation, an action or its number) and what became of it.
    """
    filled = [text for text in headings if text.strip()]
    if len(filled) < 2 or any(len(text.split()) > _MAX_HEADING_WORDS for text in filled):
        return None
    if sum(map(_heads_counts, filled)) >= 2:
        return None
    sentences = sum(text.rstrip().endswith(".") and len(text.split()) >= 4 for text in filled)
    if sentences >= 2 or (sentences and re.fullmatch(r"\W*\d{1,3}\W*", filled[0])):
        return None  # a short row of the plan itself
    roles = [role_of(text) for text in headings]
    if encoder is not None and not {"update", "progress"} & set(roles) and sum(map(bool, roles)) >= 2:
        roles = _by_meaning(roles, headings, encoder)
    if sum(bool(bare_period(heading)) for heading in headings) >= 2:
        # Narratives headed by quarters or months alone ("Q1", "April").
        roles = [
            role or ("update" if bare_period(h) else "") for role, h in zip(roles, headings, strict=True)
        ]
    known = [role for role in roles if role]
    if len(known) < 2 or len(known) * 2 < len(filled):
        return None
    if not _TEXT_ROLES & set(known) or not _STATE_ROLES & set(known):
        return None
    if not {"id", "recommendation"} & set(known) and sum(map(bool, map(declared_status, filled))) * 2 > len(
        filled
    ):
        return None  # the meanings of a colour key
    roles = _settle(roles, [str(h) for h in headings], body)
    if "id" not in roles and roles and not roles[0] and not headings[0].strip():
        roles[0] = "id"
    bare = [
        bare_period(heading) if role in {"", "update"} else ""
        for heading, role in zip(headings, roles, strict=True)
    ]
    series = len([period for period in bare if period]) >= 2
    columns = [
        Column(heading, "update", period)
        if series and period
        else Column(heading, role, period_in_heading(heading) if role in {"update", "declared"} else "")
        for heading, role, period in zip(headings, roles, bare, strict=True)
    ]
    columns = _pair_statuses(columns)
    while len(columns) > 2 and not columns[-1].heading.strip():
        columns.pop()
    return Layout(tuple(columns))


def heads_another(texts: Sequence[str], layout: Layout) -> bool:
    """Whether a row is the heading row of some other table than the plan's.

    Short words in every cell, none of them a number, a status or a sentence, and not the plan's
    own headings: what stands below has columns of its own ("Ref", "Risk", "Mitigation", "Score").
    """
    filled = [text for text in texts if text.strip()]
    return (
        len(filled) >= 3
        and bool(texts[0].strip())
        and tuple(_plain(text) for text in texts) != layout.headings
        and not any(len(text.split()) > 4 or text.rstrip().endswith(".") for text in filled)
        and not re.match(r"\W*\d", texts[0])
        and not re.fullmatch(r"[A-Z][A-Za-z]{0,14}[ .:-]?\d{1,3}(\.\d{1,2})?[a-z]?", texts[0].strip())
        and sum(is_bare_status(text) for text in filled) == 0
    )


def _settle(roles: list[str], headings: list[str], body: Sequence[Sequence[str]]) -> list[str]:
    """Decide the headings that mean a narrative in one plan and a colour in another."""

    def texts(column: int) -> list[str]:
        return [row[column] for row in body if column < len(row) and row[column].strip()]

    def narrates(column: int) -> bool:
        filled = texts(column)
        return bool(filled) and sum(map(is_bare_status, filled)) * 2 <= len(filled)

    def wordy(column: int, most: int = 4) -> bool:
        return sum(len(text.split()) for text in texts(column)) > most * max(1, len(texts(column)))

    roles = list(roles)
    numbers = [i for i, role in enumerate(roles) if role == "id"]
    for i in numbers:
        # "AFI" heads the number in one plan and the text in another.
        spare = len(numbers) > 1 and "recommendation" not in roles and i == numbers[-1]
        worded = [text for text in texts(i) if len(text.split()) >= 3 and not any(map(str.isdigit, text))]
        if wordy(i) or len(worded) * 2 > len(texts(i)) or (spare and not texts(i)):
            roles[i] = "recommendation"
    for i, role in enumerate(roles):
        if role == "progress":
            # Without any text below it the word alone means a narrative.
            colour = "update" in roles or (bool(texts(i)) and not narrates(i))
            roles[i] = "declared" if colour and not ("update" in roles and narrates(i)) else "update"
    for i, role in enumerate(roles):
        if role == "status":
            roles[i] = "update" if narrates(i) and wordy(i) and "update" not in roles else "declared"
    if "update" not in roles:
        notes = [i for i, role in enumerate(roles) if role == "notes" and narrates(i)]
        if notes:
            roles[notes[0]] = "update"
    return roles


def _by_meaning(roles: list[str], headings: Sequence[str], encoder: Encoder) -> list[str]:
    """Roles for unrecognised headings by nearness to a few prototypes of each free role."""
    prototypes = [
        (role, phrase)
        for role, phrases in lexicon("headers")["prototypes"].items()
        if role not in roles
        for phrase in phrases
    ]
    open_columns = [i for i, role in enumerate(roles) if not role and headings[i].strip()]
    if not prototypes or not open_columns:
        return roles
    vectors = encoder.encode([phrase for _, phrase in prototypes] + [headings[i] for i in open_columns])
    nearness = vectors[len(prototypes) :] @ vectors[: len(prototypes)].T
    roles = list(roles)
    for row, column in zip(nearness, open_columns, strict=True):
        best = int(row.argmax())
        if row[best] >= _MEANING_THRESHOLD and prototypes[best][0] not in roles:
            roles[column] = prototypes[best][0]
    return roles


def _pair_statuses(columns: list[Column]) -> list[Column]:
    """Where every update column has a status column of its own, give that the same period."""
    updates = [i for i, column in enumerate(columns) if column.role == "update" and column.period]
    statuses = [i for i, column in enumerate(columns) if column.role == "declared"]
    if len(updates) < 2 or len(statuses) != len(updates):
        return columns
    for update, status in zip(updates, statuses, strict=True):
        columns[status] = Column(columns[status].heading, "declared", columns[update].period)
    return columns
