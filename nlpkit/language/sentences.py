"""Sentences, bullets and run-together fragments of an update, as offsets.

Updates are pasted from tables: bullets stand in one line, full stops are missing, ordinals are torn
apart. The splitter therefore works on the marks that survive such damage and not on a trained model,
and it loses nothing: every character that is not white space lies in exactly one sentence.
"""

from __future__ import annotations

import re
from functools import cache, lru_cache

from nlpkit.language.date_forms import DAY, MONTH
from nlpkit.resources import lexicon

__all__ = ["LONGEST", "split_sentences"]

LONGEST = 2000
"""Characters in the longest sentence; what runs on without any mark is parted between words."""

_BULLET = r"[•●▪‣∙◦■□►➢✓✔❖\uf0b7\uf0a7\uf0d8]"
_BULLET_MARK = re.compile(_BULLET)
_LINE_BULLET = re.compile(r"(?:^|\n)[ \t]*([-–—*o·>]|\(?(?:\d{1,2}|[a-hA-H]|[ivx]{1,4})[.)])[ \t]+(?=\S)")
# Expressions for a mark within the text begin with that mark and look back from behind it: so Python goes
# from one such mark to the next, in place of trying every character.
_INLINE_DASH = re.compile(r"[ \t](?<=\S[ \t])[ \t]*([-–*o·])[ \t]+(?=[A-Z0-9])")
_OPENING_MARK = re.compile(r"\s*([-–*o·])\s")
_INLINE_NUMBER = re.compile(r"\s(?<=[.;:!?]\s)\s*(\(?(?:\d{1,2}|[a-h]|[ivx]{1,4})[.)])\s+(?=[A-Za-z])")
_STOP = re.compile(r"[.!?…](?<![.!?…]{2})[.!?…]*[\"'”’)\]]*(?=\s|$)")
_TIGHT_STOP = re.compile(r"\.(?<=[a-z)\]’'”\"]{2}\.)(?=(?:[A-Z][a-z]+|A|I)\s)")
_SEMICOLON = re.compile(r";(?=\s|$)")
_COLON = re.compile(r":(?=\s+[\"'“‘]?[A-Z0-9])")
_NEWLINE = re.compile(r"\n\s*")
_OPENING = re.compile(rf"[\"'“‘(\[]*(?:[A-Z0-9£%&@#]|{_BULLET}|[-–—*]\s)")
_RUNS_ON = re.compile(
    r"(?:[,&/(–-]|\b(?:a|an|the|of|to|and|or|for|in|on|by|with|from|at|as|our|their|its|his|her|this|these|that"
    r"|which|who|is|are|was|were|be|been|being|has|have|had|will|would|should|can|could|may|new|all|any|each|into"
    r"|between|within|through|via|per|not|more|than|both|Mr|Mrs|Ms|Dr|St|No))$",
    re.IGNORECASE,
)
_LAST_WORD = re.compile(r"[\w.’'-]{1,40}$")
_LAST_WORD_REACH = 41  # characters; the line break that "$" overlooks is one
_LETTERED = re.compile(
    r"\b(?:phase|plan|option|appendix|annex|group|grade|part|site|watch|team)\s+$", re.IGNORECASE
)
_STARTERS = re.compile(
    r"[ \t](?<=[a-z0-9)%\]”’'\"][ \t])[ \t]*(?=[A-Z])(?=(?:"
    r"(?:The|This|These|Those|There|They|We|It|Its|However|Additionally|Furthermore|Following|Also|Currently|Since"
    r"|Once|Although|While|Whilst|Therefore|Where|When|If|Our|Their|All|Both|Each|Further|Several|Some|Many|Work"
    r"|Additional)\s+[a-z0-9]"
    r"|(?:The|This|These|We|Our|All|Following)\s+[A-Z][\w&]*\s+(?:[A-Z][\w&]*\s+){0,4}?"
    r"(?:has|have|is|are|was|were|will|can|continues?|now)\b"
    r"|A\s+(?:new|full|further|number|review|revised|second|third|small|series|programme|plan|process|team|report"
    r"|pilot|range|dedicated|detailed)\b"
    r"|In\s+(?:addition|order|line|particular|relation|response|the\s+(?:meantime|interim|last|past|next))\b"
    r"|[A-Z][a-z]+\s+(?:[a-z]+\s+)?(?:is|are|was|were|has|have|will)\b))"
)
_AFTER_FIGURE = re.compile(
    r"[ \t](?:(?<=\s(?:19|20)\d\d[ \t])|(?<=\d%[ \t])|(?<=[a-z0-9%]\)[ \t]))[ \t]*"
    r"(?=[A-Z][A-Za-z&]*\s+(?:[A-Z][\w&]*\s+){0,3}[a-z])"
)
_FINITE = re.compile(
    r"\b(?:is|are|was|were|has|have|had|will|can|could|may|must|do|does|did|being|been|continues?|remains?"
    r"|[a-z]{3,}(?:ed|ened)|taken|held|set|put|made|given|built|begun|met|found|led|sent|rose|fell|grew|began|took|saw|went|ran|won)\b"
)
_AUXILIARY = re.compile(r"\b(?:is|are|was|were|has|have|had|will|can|continues?|remains?|due|now|also)\b")
_YEAR_AS_ADJECTIVE = re.compile(
    r"\b(?:the|a|an|our|this|that|its|their)\s+(?:\w+\s+)?(?:19|20)\d\d$", re.IGNORECASE
)

_MONTH_AHEAD = re.compile(rf"\s*{MONTH}(?P<year>,?\s+(?:19|20)\d\d\b)?")
_DAY_BEHIND = re.compile(
    rf"(?:(?P<leads>\b(?:of|on|by|from|to|until|till|since|before|after|the|w/c)\s+)|(?<![\w.,/£$-]))"
    rf"{DAY}\s*$",
    re.IGNORECASE,
)


@cache
def _abbreviations(kind: str) -> frozenset[str]:
    return frozenset(lexicon("abbreviations")[kind])


def split_sentences(text: str) -> list[tuple[int, int]]:
    """Where the sentences of a text stand.

    A bullet counts with the sentence that it opens, and so does a number that opens a list item.

    Args:
        text: an update, with or without line breaks.

    Returns:
        ``(start, end)`` offsets in order, without surrounding white space; together they hold every
        character that is not white space, once.
    """
    return list(_split(text))


@lru_cache(maxsize=8192)  # several rooms ask for the same update
def _split(text: str) -> tuple[tuple[int, int], ...]:
    breaks = {position for position in _breaks(text) if not _parts_a_date(text, position)}
    spans: list[tuple[int, int]] = []
    previous = 0
    for position in [*sorted(breaks), len(text)]:
        piece = text[previous:position]
        stripped = piece.strip()
        if stripped:
            start = previous + len(piece) - len(piece.lstrip())
            if spans and not re.search(r"\w", stripped):
                # marks alone ("..", "”", a last bullet) belong to what they follow
                spans[-1] = (spans[-1][0], start + len(stripped))
            else:
                spans.append((start, start + len(stripped)))
        previous = position
    return tuple(part for span in _join_leading_marks(text, spans) for part in _parted(text, *span))


def _parts_a_date(text: str, position: int) -> bool:
    """Whether a break would stand between the day and the month of one date."""
    ahead = _MONTH_AHEAD.match(text, position)
    if ahead is None:
        return False
    behind = _DAY_BEHIND.search(text[max(0, position - 24) : position])
    if behind is None:
        return False
    gap = re.search(r"(?<!\s)\s*$", behind[0])
    if gap is None or "\n" not in gap[0]:
        return True
    # a figure may well end a line, and a heading "March" open the next
    return gap[0].count("\n") == 1 and bool(behind["leads"] or ahead["year"])


def _parted(text: str, start: int, end: int) -> list[tuple[int, int]]:
    """Passages of at most :data:`LONGEST` characters, parted at white space where there is any."""
    spans: list[tuple[int, int]] = []
    while end - start > LONGEST:
        window = text[start : start + LONGEST + 1]
        space = re.search(r"\s(?=\S*$)", window)
        cut = start + (space.start() if space and space.start() else LONGEST)
        piece = text[start:cut].rstrip()
        spans.append((start, start + len(piece)))
        rest = text[cut:end]
        start = cut + len(rest) - len(rest.lstrip())
    spans.append((start, end))
    return spans


def _join_leading_marks(text: str, spans: list[tuple[int, int]]) -> list[tuple[int, int]]:
    if len(spans) > 1 and not re.search(r"\w", text[slice(*spans[0])]):
        return [(spans[0][0], spans[1][1]), *spans[2:]]
    return spans


def _breaks(text: str) -> set[int]:
    """Offsets at which a new sentence starts."""
    breaks: set[int] = set()
    breaks.update(m.start() for m in _BULLET_MARK.finditer(text))
    breaks.update(m.start(1) for m in _LINE_BULLET.finditer(text))
    for marks in _dash_lists(text):
        breaks.update(marks)
    for match in _NEWLINE.finditer(text):
        if _ends_line(text, match):
            breaks.add(match.end())
    closed = _enclosed(text)
    breaks.update(m.start(1) for m in _INLINE_NUMBER.finditer(text) if not _inside(m.start(1), closed))
    for match in _STOP.finditer(text):
        if _ends_sentence(text, match):
            breaks.add(match.end())
    for pattern in (_SEMICOLON, _COLON):
        breaks.update(m.end() for m in pattern.finditer(text) if not _inside(m.start(), closed))
    for match in _TIGHT_STOP.finditer(text):
        word = re.search(r"\S{1,80}$", text[max(0, match.start() - 80) : match.start()])
        rest = re.match(r"\S{1,80}", text[match.end() : match.end() + 80])
        if not any(part and re.search(r"[@/]|www|\.\w", part[0]) for part in (word, rest)):
            breaks.add(match.end())
    for match in _STARTERS.finditer(text):
        if not _inside(match.start(), closed) and _stands_alone(text, match.start()):
            breaks.add(match.end())
    for match in _AFTER_FIGURE.finditer(text):
        if not _inside(match.start(), closed) and _after_figure(text, match):
            breaks.add(match.end())
    return breaks


def _dash_lists(text: str) -> list[list[int]]:
    """Dashes and such within a line that open items: the same mark at least twice, or once at the start."""
    found: dict[str, list[int]] = {}
    for match in _INLINE_DASH.finditer(text):
        found.setdefault(match[1], []).append(match.start(1))
    opening = _OPENING_MARK.match(text) if found else None
    opens = opening[1] if opening else ""
    # A spaced en dash is punctuation, unless the text opens with one.
    return [places for mark, places in found.items() if mark == opens or (len(places) >= 2 and mark != "–")]


def _ends_line(text: str, match: re.Match[str]) -> bool:
    before, after = _left(text, match.start()).rstrip(), text[match.end() : match.end() + 20]
    if not before or not after or match[0].count("\n") > 1:
        return True
    if _OPENING.match(after) is None and before[-1] not in ".!?:;":
        return False
    return _RUNS_ON.search(before[-12:]) is None


def _ends_sentence(text: str, match: re.Match[str]) -> bool:
    after = text[match.end() : match.end() + 40].lstrip()
    mark = match[0]
    if not after:
        return True
    if not _OPENING.match(after):
        return False
    if mark[0] != "." or mark[1:2] == ".":
        return True
    before = _left(text, match.start())
    found = _LAST_WORD.search(before, max(0, len(before) - _LAST_WORD_REACH))
    if found is None:
        return True
    word, earlier = found[0].lower().lstrip("('’."), before[: found.start()]
    if word in _abbreviations("within"):
        return after[0] in "•●▪"
    if word in _abbreviations("ends_anyway"):
        return after[0].isupper() or after[0] in "•●▪"
    if word in _abbreviations("before_figures"):
        return not after[0].isdigit()
    if len(word) == 1 and found[0].isupper():
        return _LETTERED.search(earlier) is not None  # an initial ("P. Smith") or "Phase B."
    if re.fullmatch(r"\d{1,2}|[a-h]|[ivx]{1,4}", word):
        # a number that opens a list item belongs to it
        ended = earlier.rstrip()
        opens = ended.endswith((".", ";", ":", "!", "?")) or "\n" in earlier[len(ended) :]
        return bool(earlier.strip(" \t\n•-–")) and not opens
    return True


def _left(text: str, position: int) -> str:
    """What stands before a place, as far as it can matter."""
    return text[max(0, position - 400) : position]


def _enclosed(text: str) -> list[tuple[int, int]]:
    """Short passages in brackets or quotation marks, which are not broken up."""
    return [
        m.span()
        for m in re.finditer(r"\([^()\n]{1,200}\)|[“\"][^“”\"\n]{1,200}[”\"]|‘[^‘’\n]{1,120}’(?!\w)", text)
    ]


def _inside(position: int, spans: list[tuple[int, int]]) -> bool:
    return any(start < position < end - 1 for start, end in spans)


def _stands_alone(text: str, position: int) -> bool:
    """Whether what precedes a capitalised opening word reads as a sentence of its own."""
    left = re.split(r"[.!?;:\n•]\s", _left(text, position))[-1]
    words = left.split()
    if len(words) < 3 or _RUNS_ON.search(left[-12:]) is not None:
        return False
    return not words[-1][:1].isupper() and _FINITE.search(_unbracketed(left)) is not None


def _after_figure(text: str, match: re.Match[str]) -> bool:
    left = re.split(r"[.!?;:\n•]\s", _left(text, match.start()))[-1]
    right = re.split(r"[.!?;:\n•]", text[match.end() : match.end() + 90])[0]
    if _YEAR_AS_ADJECTIVE.search(left):
        return False
    told = _FINITE.search(_unbracketed(left)) is not None
    return len(left.split()) >= 4 and told and _AUXILIARY.search(right) is not None


def _unbracketed(text: str) -> str:
    return re.sub(r"\([^()]*\)", " ", text)
