"""Things in a sentence that an inspector could check: figures, documents, bodies, surveys, audits …"""

from __future__ import annotations

import re
from bisect import bisect_left
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import cache

from nlpkit.language.annotations import Span, Stage
from nlpkit.language.cues import any_of
from nlpkit.language.needles import Sought
from nlpkit.language.tagging import Token
from nlpkit.resources import lexicon

__all__ = ["FACT_KINDS", "DateAt", "find_facts"]

FACT_KINDS = (
    "audit",
    "body",
    "date_done",
    "document",
    "figure",
    "survey",
    "system",
    "third_party",
    "training_done",
)
"""The kinds of fact; of what is not (or not yet) so, they come as ``planned_figure`` and so on."""


@dataclass(frozen=True, slots=True)
class DateAt:
    """A date in a sentence: where it stands, and whether it is over or begun and exact enough to
    tell when something was done (a day, a month …, or "in 2023")."""

    start: int
    end: int
    passed: bool
    exact: bool


_HAPPENED = frozenset({Stage.DONE, Stage.IN_PLACE, Stage.UNDER_WAY, Stage.NONE})
_ACHIEVED = frozenset({Stage.DONE, Stage.IN_PLACE})

_NUMBER_WORDS = (
    "two|three|four|five|six|seven|eight|nine|ten|eleven|twelve|thirteen|fourteen|fifteen|sixteen|seventeen"
    "|eighteen|nineteen|twenty|thirty|forty|fifty|sixty|seventy|eighty|ninety|hundred|dozen"
)
_FIGURE = re.compile(
    r"(?<![\w.,/-])(?:(?P<money>£\s?\d[\d,]*(?:\.\d+)?\s?(?:k|m|bn|million|thousand)?\b)"
    r"|(?P<percent>\d{1,3}(?:\.\d+)?\s?(?:%|per\s?cent\b))"
    r"|(?P<count>\d{1,3}(?:,\d{3})+|\d{1,6}(?:\.\d{1,2})?"
    rf"|(?:{_NUMBER_WORDS})(?:[\s-](?:one|{_NUMBER_WORDS}))?)(?![\w%/:]|[.,]\d|-(?!\d)))",
    re.IGNORECASE,
)
_OUT_OF = re.compile(rf"\s+(?:out\s+)?of\s+(?:the\s+|our\s+)?(?:\d+|{_NUMBER_WORDS})\b", re.IGNORECASE)
_NO_QUANTITIES = frozenset({"999", "101", "112", "360"})
"""Emergency numbers, and degrees of feedback."""
_PERIODS = frozenset(
    {"day", "week", "month", "year", "hour", "minute", "degree", "click", "o'clock", "am", "pm"}
    | {"days", "weeks", "months", "years", "hours", "minutes", "degrees", "clicks", "january", "february"}
    | {"march", "april", "may", "june", "july", "august", "september", "october", "november", "december"}
)
_UNCOUNTABLE = frozenset({"way", "fold", "feedback", "stage", "phase", "step", "weekly", "monthly", "yearly"})

_OPENING_WORDS = frozenset({"the", "our", "a", "an", "this", "we", "new", "all", "see"})
_LINK = r"(?:of|and|for|the|in|&|to|on)"
_CAPITALISED = r"[A-Z][\w&’'/-]*"
_NAME = rf"{_CAPITALISED}(?:\s+(?:{_LINK}\s+){{0,2}}{_CAPITALISED}){{0,6}}"
_GONE_LIVE = re.compile(
    rf"(?<!\w)(?P<name>{_NAME})\s+(?:(?:system|element|module|project|platform|app)\s+)?"
    r"(?:has\s+(?:now\s+)?gone|went|is\s+now|is|are\s+now)\s+live\b"
)
_COURSE = (
    r"(?:training(?!\s+needs)|e-?learning|courses?|workshops?|modules?|webinars?|briefings?|coaching"
    r"|seminars?)"
)
_TRAINING = Sought(
    rf"\b(?:(?:re-?)?trained(?!\s+(?:in|to)\s+be\b)|{_COURSE}\s+(?:(?!needs|package|plan|to\b)\w+\s+){{0,5}}?"
    r"(?:delivered|completed|attended|undertaken|rolled\s+out|provided|given|held|run|taken\s+place|took\s+place"
    r"|received)"
    r"|(?:completed|attended|undertaken|received|undertook|delivered|passed)\s+(?:(?!to\b)\w+[\s-]+){0,4}?"
    rf"(?:{_COURSE}|cpd|qualifications?))\b"
)
_ATTRIBUTE = re.compile(r"\b(?:the|our|a|an|this|that|its|their|['’]s)\s+(?:[A-Za-z]+\s+)?$", re.IGNORECASE)
_BASELINE = re.compile(
    r"\b(?:since|from|before|until|prior\s+to|than|compared\s+(?:to|with)|after|by)\s+(?:the\s+)?(?:\w+\s+of\s+)?$",
    re.IGNORECASE,
)


@cache
def _words(name: str, key: str) -> frozenset[str]:
    return frozenset(lexicon(name)[key])


@cache
def _pattern(name: str, key: str) -> Sought:
    return any_of(lexicon(name)[key])


def _either(words: frozenset[str]) -> str:
    """An expression for any of the words, longest first."""
    ordered = sorted(words, key=lambda word: (-len(word), word))
    return "|".join(re.escape(word).replace(r"\ ", r"\s+") for word in ordered)


@cache
def _heads(name: str, key: str) -> Sought:
    return Sought(rf"\b(?:{_either(_words(name, key))})\b(?!-)")


@cache
def _body_names() -> Sought:
    return Sought(rf"(?<!\w)(?:{_either(_words('bodies', 'names'))})(?!\w)", re.NOFLAG)


@cache
def _ranked() -> re.Pattern[str]:
    """What makes a number a label: "Level 3", "recommendation 12"."""
    return re.compile(
        rf"(?:\b(?:{_either(_words('documents', 'figure_labels'))})\.?\s*(?:\(\s*)?"
        r"(?:\d+\s*(?:,|and|&|to|or|[-–/])\s*)*"
        r"|[#:]\s?)$",
        re.IGNORECASE,
    )


@cache
def _systems_pattern() -> re.Pattern[str]:
    heads = _either(_words("documents", "systems"))
    return re.compile(
        rf"(?<!\w)(?P<name>[‘'“]?{_NAME}[’'”]?|[A-Za-z]+[A-Z]\w*)\s+(?:(?!of\b|in\b|on\b)\w+\s+)?(?i:{heads})\b"
    )


def find_facts(
    sentence: str,
    tokens: Sequence[Token],
    dates: Sequence[DateAt],
    references: Sequence[tuple[int, int]],
    stage_at: Callable[[int], Stage],
) -> list[Span]:
    """The checkable facts of a sentence, sorted by place; offsets into the sentence.

    Args:
        sentence: one sentence.
        tokens: its tagged words.
        dates: its dates.
        references: where other actions are named: their numbers are not figures.
        stage_at: the stage of the clause at an offset. Facts of a clause about what is planned,
            stopped or refused are called ``planned_…``.
    """
    taken = [(date.start, date.end) for date in dates] + list(references)
    found: list[tuple[str, int, int]] = []
    found.extend(("figure", *span) for span in _figures(sentence, tokens, taken))
    found.extend(("document", *span) for span in _documents(sentence, tokens))
    found.extend(("body", *span) for span in _bodies(sentence, tokens))
    for kind in ("survey", "audit"):
        found.extend((kind, *m.span()) for m in _pattern("documents", f"{kind}s").finditer(sentence))
    found.extend(("system", *span) for span in _systems(sentence, tokens))
    found.extend(("third_party", *span) for span in _third_parties(sentence))
    found.extend(
        ("training_done", *m.span()) for m in _TRAINING.finditer(sentence) if stage_at(m.start()) in _ACHIEVED
    )
    found.extend(
        ("date_done", date.start, date.end)
        for date in dates
        if date.passed and stage_at(date.start) in _ACHIEVED and _dates_a_deed(sentence, date)
    )
    spans = set()
    for kind, start, end in found:
        so = _ACHIEVED if kind == "system" else _HAPPENED
        prefix = "" if stage_at(start) in so else "planned_"
        spans.add(Span(sentence[start:end], start, end, prefix + kind))
    return sorted(spans, key=lambda span: (span.start, span.end, span.kind))


def _overlaps(start: int, end: int, spans: Sequence[tuple[int, int]]) -> bool:
    return any(start < b and a < end for a, b in spans)


def _dates_a_deed(sentence: str, date: DateAt) -> bool:
    """Not a date that names a thing ("the 2020 survey") or a comparison ("from 47% in 2018")."""
    before = sentence[max(0, date.start - 40) : date.start]
    if _BASELINE.search(before):
        return False
    if re.search(r"\b(?:up|down|improved|reduced|increased|risen|fallen)?\s*from\b[^.;,]{0,30}$", before):
        return False
    if not re.match(r"\d{1,2}\D", sentence[date.start : date.end]) and _ATTRIBUTE.search(before):
        return False
    return date.exact or re.search(r"\b(?:in|during|throughout)\s+$", before, re.IGNORECASE) is not None


# --- figures ----------------------------------------------------------------------------------------


def _figures(
    sentence: str, tokens: Sequence[Token], taken: Sequence[tuple[int, int]]
) -> Iterator[tuple[int, int]]:
    covered = bytearray(len(sentence))
    for a, b in taken:
        covered[a:b] = b"\1" * len(covered[a:b])
    starts = [token.start for token in tokens]
    for match in _FIGURE.finditer(sentence):
        start, end = match.span()
        if any(covered[start:end]):
            continue
        following = bisect_left(starts, end)
        counted = _counted(tokens, following) if following < len(tokens) else None
        last: int | None = None
        if match["money"]:
            last = end
        elif match["percent"]:
            last = counted or end
        elif _is_quantity(match["count"]):
            parts = _OUT_OF.match(sentence, end)
            apart = parts is not None and not any(covered[parts.start() : parts.end()])
            last = parts.end() if parts is not None and apart else counted
        if last is not None and _ranked().search(sentence[max(0, start - 24) : start]) is None:
            yield start, last


def _is_quantity(number: str) -> bool:
    digits = number.replace(",", "")
    return digits not in _NO_QUANTITIES and re.fullmatch(r"0\d*", digits) is None


def _counted(tokens: Sequence[Token], k: int) -> int | None:
    """Where the thing counted ends ("14 fire safety inspectors"), None where nothing is counted."""
    position = k
    if tokens[k].lower == "of":
        position = k + 1
        if tokens[position : position + 1] and tokens[position].tag in {"DT", "PRP$"}:
            position += 1
    end: int | None = None
    for token in tokens[position : position + 6]:
        if token.lower in _PERIODS or token.lower in _UNCOUNTABLE:
            return None
        if token.tag in {"NNS", "NNPS"}:
            return token.end
        if token.tag in {"NN", "NNP"}:
            end = token.end
        elif token.tag == "CD" and end is not None:
            continue  # "two Grade 12 posts"
        elif token.tag in {"JJ", "JJR", "VBN", "VBG", "HYPH"} or token.lower in {"-", "/", "&", "all"}:
            if end is not None and token.tag in {"VBN", "VBG"}:
                return end
        else:
            return end
    return end


# --- names ------------------------------------------------------------------------------------------


def _named_before(
    sentence: str,
    tokens: Sequence[Token],
    start: int,
    lists: tuple[frozenset[str], frozenset[str]],
    *,
    capital: bool,
) -> int | None:
    """Where a name begins whose head stands at ``start``: "workforce complaints | policy".

    Words are taken from right to left as long as they may modify the head: capitalised ones as many as
    come ("Equality and Diversity"), others at most three. ``lists`` holds plain words, which tell
    nothing, and heads, which end another name.

    Returns:
        None where no telling word stands before the head, or none with a capital if ``capital``.
    """
    plain, heads = lists
    before = [token for token in tokens if token.end <= start]
    first: int | None = None
    capitals, taken = False, 0
    while before and taken < 7:
        token = before.pop()
        upper = token.text[:1].isupper() and not (
            token.start == 0 and token.tag in {"DT", "IN", "PRP$", "RB", "VB"}
        )
        if token.lower in {"of", "and", "&", "for", "/", ",", "-", "the"}:
            joins = capitals and before and before[-1].text[:1].isupper() and before[-1].lower not in heads
            in_word = token.lower in {"-", "/"} and bool(before)
            if not (joins and token.lower != ",") and not in_word:
                break
            continue
        if not upper and (token.lower in plain or capitals or taken >= 3):
            break
        if not upper and not token.tag.startswith(("NN", "JJ", "VBG")):
            break
        if upper and token.lower in _OPENING_WORDS:
            break
        first, capitals, taken = token.start, upper, taken + 1
    if first is None or (capital and not re.search(r"[A-Z]", sentence[first:start])):
        return None
    return first


def _documents(sentence: str, tokens: Sequence[Token]) -> Iterator[tuple[int, int]]:
    spans: list[tuple[int, int]] = [m.span() for m in _pattern("documents", "identifiers").finditer(sentence)]
    lists = _words("documents", "plain"), _words("documents", "heads")
    weak = _words("documents", "weak_heads")
    named: list[tuple[int, int]] = []
    for match in _heads("documents", "heads").finditer(sentence):
        end = match.end()
        if match[0].lower() == "code":
            suffix = re.compile(rf"\s+of\s+{_NAME}|\s+of\s+(?:conduct|ethics|practice)\b").match(
                sentence, end
            )
            end = suffix.end() if suffix else end
            if suffix:
                named.append((match.start(), end))
                continue
        start = _named_before(sentence, tokens, match.start(), lists, capital=match[0].lower() in weak)
        if start is not None:
            named.append((start, end))
    for start, end in _merged(sentence, named):
        if not _overlaps(start, end, spans):
            spans.append((start, end))
    yield from spans


def _merged(sentence: str, spans: list[tuple[int, int]]) -> list[tuple[int, int]]:
    """Overlapping or touching names as one: "People Strategy" and "Action Plan"."""
    merged: list[tuple[int, int]] = []
    for start, end in sorted(spans):
        if merged and (start <= merged[-1][1] or not sentence[merged[-1][1] : start].strip()):
            merged[-1] = (merged[-1][0], max(end, merged[-1][1]))
        else:
            merged.append((start, end))
    return merged


def _bodies(sentence: str, tokens: Sequence[Token]) -> Iterator[tuple[int, int]]:
    lists = _words("bodies", "plain"), _words("bodies", "heads") | _words("bodies", "weak_heads")
    named: list[tuple[int, int]] = []
    for key, capital in (("heads", False), ("weak_heads", True)):
        for match in _heads("bodies", key).finditer(sentence):
            if capital and not match[0][0].isupper():
                continue
            start = _named_before(sentence, tokens, match.start(), lists, capital=capital)
            if start is not None:
                named.append((start, match.end()))
    named.extend(match.span() for match in _body_names().finditer(sentence))
    yield from _merged(sentence, named)


def _systems(sentence: str, tokens: Sequence[Token]) -> Iterator[tuple[int, int]]:
    if _pattern("documents", "live").search(sentence) is None:
        return
    tags = {token.start: token.tag for token in tokens}
    for pattern in (_systems_pattern(), _GONE_LIVE):
        for match in pattern.finditer(sentence):
            start, end = match.start("name"), match.end() if pattern is not _GONE_LIVE else match.end("name")
            name = match["name"]
            if tags.get(start) in {"DT", "PRP$", "PRP", "IN", "RB", "JJ"}:
                first, _, rest = name.partition(" ")
                if not rest[:1].isupper():
                    continue
                start += len(first) + 1
            yield start, end


def _third_parties(sentence: str) -> Iterator[tuple[int, int]]:
    """Outside bodies that look, test or judge here; their mere name is no scrutiny."""
    for match in _pattern("bodies", "scrutineers").finditer(sentence):
        around = sentence[max(0, match.start() - 90) : match.start()] + " " + sentence[match.end() :][:90]
        if _pattern("bodies", "scrutiny").search(around):
            yield match.span()
