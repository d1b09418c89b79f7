"""References: where a text sends its reader elsewhere, and which actions it names."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cache

from nlpkit.language.annotations import Reference
from nlpkit.resources import lexicon
from nlpkit.schema import tidy_action_id

__all__ = ["LONGEST_RANGE", "find_references"]

LONGEST_RANGE = 50
"""A range of more actions than this ("3 to 2024") is not spelled out."""

_NOUN = (
    r"(?:recommendations?|recs?\.?|actions?(?:\s+points?|\s+plan\s+items?)?|areas?\s+for\s+improvement|AFIs?"
    r"|causes?\s+(?:of|for)\s+concern|CoCs?|promising\s+practices?)"
)
_WEAK_NOUN = (
    r"(?:items?|points?|rows?|lines?|numbers?|nos?\.?|refs?\.?|references?|sections?|responses?|updates?"
    r"|entry|entries|objectives?|outcomes?|answers?|narratives?|comments?|progress|evidence)"
)
_ID = r"\d{1,3}(?:\.\d{1,2}){0,2}(?:[a-h](?![A-Za-z])|\s?\([a-h]\))?(?![\d%])"
_SERIES = r"(?-i:[A-Z][A-Za-z&]{1,20})"
_JOIN = r"\s*(?:,\s*and\b|,|;|&|\band\b|\bor\b|\bto\b|-|–|—|/)\s*"
_IDS = rf"(?:no\.?\s*|#\s*|nos\.?\s*)?{_ID}(?:{_JOIN}(?:{_NOUN}\s+)?{_ID}){{0,40}}"
_UNITS = (
    r"(?!\s*(?:%|per\s?cent|days?\b|weeks?\b|months?\b|years?\b|hours?\b|minutes?\b|staff\b|people\b"
    r"|new\b|of\s+\d|which\s+are|more\b|further\b|additional\b|times\b|stations?\b|members?\b"
    r"|firefighters?\b|x\s|\+)|[/.]\d|\s*(?:st|nd|rd|th)\b"
    r"|\s+(?-i:January|February|March|April|May|June|July|August|September|October|November|December)\b)"
)
_SEE = r"(?<!to )(?<!can )(?<!will )(?<!not )see(?:\s+also)?"
_TOLD = (
    r"(?:covered|detailed|addressed|included|captured|outlined|described|explained|reported|recorded|mentioned"
    r"|stated|noted|listed|set\s+out|dealt\s+with|picked\s+up|contained|evidenced|highlighted|answered)"
)
_POINTER = re.compile(
    rf"\b(?:{_SEE}|refer(?:red)?(?:\s+back)?\s+to|cross[\s-]?refer(?:ence|s|red)?(?:\s+(?:to|with))?"
    r"|as\s+(?:per|in|with|for|at|under)|same\s+(?:as|for)|identical\s+to"
    r"|(?:duplicat(?:e|es|ed|ion)|repeat|copy)\s+of|duplicates"
    rf"|(?:as\s+)?{_TOLD}\s+(?:above\s+)?(?:in|by|under|within|at|against|for|with|as\s+part\s+of)"
    r"|link(?:ed|s|ing)?\s+(?:in\s+)?(?:to|with)|(?:merged|combined|incorporated)\s+(?:into|with|in)"
    r"|(?:previous|earlier)(?=\s*$)|cf\.?)(?!\w)",
    re.IGNORECASE,
)
_ACCOUNT = re.compile(
    r"\b(?:responses?|answers?|updates?|comments?|narratives?|replies|reply|progress|evidence|position|information"
    r"|details?)\s+(?:(?:provided|given|made|set\s+out|referred\s+to|reported|detailed|recorded)\s+)?"
    r"(?:to|for|in|under|against|on|at)\b",
    re.IGNORECASE,
)
"""An account given elsewhere: a pointer only where the text says that it holds here too."""
_HOLDS_HERE = re.compile(
    r"\s*\)?\s*(?:(?:is|are)\s+(?:also\s+|equally\s+)?(?:relevant|applicable)|also\b|appl(?:y|ies)\b|covers?\b"
    r"|refers?\b)",
    re.IGNORECASE,
)

_NAMED = re.compile(
    rf"\b(?P<noun>{_NOUN}|{_WEAK_NOUN})\s*"
    r"(?P<open>\((?:(?:particularly|especially|notably|mainly|i\.?e\.?|e\.?g\.?)\s+)?)?"
    rf"(?P<ids>{_IDS}){_UNITS}(?P<place>\s*\)?\s*(?:above|below|earlier|previously)\b)?",
    re.IGNORECASE,
)
_PLACED = re.compile(
    rf"(?<![\d.,/£%-])(?<!\w)(?:(?:as|see)\s+)?(?P<ids>{_IDS})\s+(?P<place>above|below)\b"
    r"(?!\s+(?:target|average|the|establishment|budget|expected|expectations?|plan|national|baseline|our|previous"
    r"|zero|inflation|median|last)\b)",
    re.IGNORECASE,
)
_PLACED_LEAD = re.compile(
    r"(?:\b(?:see|as|in|to|with|under|for|from|by|per|of|at|also|and|or|refer|against|on)|[(:;,.–-]|^)\s*$",
    re.IGNORECASE,
)
_BARE = re.compile(
    rf"\b(?:{_SEE}|refer(?:\s+back)?\s+to|as\s+(?:per|with|for|in|under|at)|same\s+as|identical\s+to"
    r"|(?:duplicat(?:e|ion)|repeat|copy)\s+of|duplicates"
    r"|(?:covered|addressed|included|dealt\s+with|picked\s+up|captured)\s+(?:in|by|under|within|at)"
    r"|cross[\s-]?ref(?:er(?:ence|s|red)?)?\.?(?:\s+(?:to|with))?"
    r"|(?:linked|links?|linking|tied|merged|combined)\s+(?:to|with|in)|responses?\s+to|cf\.?)\s+"
    rf"(?P<ids>{_IDS}){_UNITS}(?=\s*(?:$|[.,;:)\]–—-]|\n|and\b|for\b|also\b|as\b|which\b|in\s+this\b|[-–]\s))",
    re.IGNORECASE,
)
_SERIES_ID = re.compile(
    rf"(?P<ids>\b(?P<series>{_SERIES})\s+{_ID}(?:\s*(?:,|&|\band\b|\bto\b|-|–)\s*(?:{_SERIES}\s+)?{_ID}){{0,40}}){_UNITS}"
    r"(?P<place>\s+(?:above|below)\b)?",
    re.IGNORECASE,
)
_SERIES_LEAD = re.compile(
    rf"(?:\b(?:see(?:\s+also)?|refer(?:\s+back)?\s+to|as\s+(?:per|with|for|in|under)|same\s+as|duplicate\s+of"
    r"|(?:covered|detailed|addressed|included|outlined|described|reported|captured|mentioned)"
    r"\s+(?:in|by|under|within|at|against)"
    r"|linked\s+(?:to|with)|links?\s+(?:to|with)|response\s+to|updates?\s+(?:to|for|in|under|against))"
    rf"\s+(?:the\s+)?(?:{_NOUN}\s+)?)$",
    re.IGNORECASE,
)

_ACT = (
    r"(?:set\s+out|detailed|described|mentioned|outlined|noted|stated|reported|listed|given|explained|provided"
    r"|recorded|covered|referenced|highlighted)"
)
_SAID = (
    r"(?:response|comments?|update|answer|action|entry|narrative|position|progress|evidence|details?|point)"
)
_POSITION = re.compile(
    rf"\b(?:please\s+)?(?:see|as|as\s+per|per|refer\s+to|same\s+as|(?:as\s+)?{_ACT})"
    rf"(?:\s+(?:the\s+)?{_SAID})?\s+(?:{_ACT}\s+)?"
    r"(?P<place>above|below)\b(?!\s+(?:average|target|establishment|the\s+(?:line|national|average|target)))"
    r"|\b(?:see|as\s+per)\s+(?:the\s+)?(?P<order>previous|preceding|next|following)"
    rf"\s+(?:{_SAID}|recommendation|AFI|row)\b(?!s?\s+(?:update|report))"
    r"|(?P<ditto>\bditto\b)",
    re.IGNORECASE,
)

_MONTH = (
    r"(?-i:Jan(?:uary)?|Feb(?:ruary)?|Mar(?:ch)?|Apr(?:il)?|May|June?|July?|Aug(?:ust)?|Sept?(?:ember)?"
    r"|Oct(?:ober)?|Nov(?:ember)?|Dec(?:ember)?)(?:\s+(?:20)?\d\d)?"
)
_TIME = (
    rf"(?:previous(?:ly)?|last|prior|earlier|preceding|most\s+recent|(?:the\s+)?{_MONTH}(?:[’']s)?"
    r"|Q[1-4](?:\s+20\d\d/\d\d)?)"
)
_PERIODIC = (
    r"(?:progress\s+|quarterly\s+|monthly\s+|six[\s-]monthly\s+|annual\s+)?"
    r"(?:updates?|reports?|quarters?|periods?|months?|returns?|submissions?|comments?|responses?|positions?"
    r"|entr(?:y|ies)|narratives?|notes?|statement)"
)
_PREVIOUS = re.compile(
    r"\b(?:as|see|per|as\s+per|as\s+in|as\s+at|as\s+for|as\s+with|same\s+as|refer(?:\s+back)?\s+to"
    r"|unchanged\s+(?:from|since))\s+"
    rf"(?:per\s+)?(?:(?:the|our|my)\s+)?{_TIME}\s+{_PERIODIC}\b"
    r"|\bas\s+(?:per\s+)?previous(?:ly)?(?=\s*(?:$|[.,;:)\n]))"
    rf"|\bas\s+(?:previously|earlier)\s+(?:{_ACT}|advised|submitted|updated)\b"
    rf"|\bas\s+(?:{_ACT}|advised)\s+(?:previously|earlier|last\s+(?:time|quarter|month|period|year)"
    rf"|in\s+(?:the\s+)?(?:our\s+)?{_TIME}(?:\s+{_PERIODIC})?)\b"
    r"|\b(?:(?:comments?|position|statement|response|narrative|update|details?)\s+(?:\w+\s+){0,4}?)?"
    rf"(?:in|from|of)\s+(?:the\s+|our\s+)?{_TIME}\s+{_PERIODIC}\s+(?:\w+\s+)?"
    r"still\s+(?:appl(?:y|ies)|stands?|holds?|relevant|valid)\b"
    rf"|\b(?:previous|last|earlier|prior)\s+(?:{_PERIODIC})\s+(?:still\s+)?(?:appl(?:y|ies)|stands?|refers|remains?\s+(?:valid|relevant|current|accurate))\b",
    re.IGNORECASE,
)

_DOCUMENT_HEAD = (
    r"(?:(?:action|improvement|delivery|implementation|project|thematic|recovery|service|work|functional)\s+plan|plan|report|paper"
    r"|appendix|appendices|annexe?|attachments?|document|tracker|log|register|spreadsheet|dashboard|minutes|portal|workbook|briefing"
    r"|strategy|policy|procedure|guidance|programme|table|chart|website|webpage|link|board\s+paper|closure\s+report|evidence\s+(?:folder|file|bank))"
)
_DOCUMENT = re.compile(
    r"(?:(?:^|(?<=[.;:,(\[–•\n-]\s)|(?<=[(\[•\n])|\b(?:please|also|and|or|but)\s+)"
    r"(?:please\s+)?(?:see|refer\s+to|cf\.?)"
    r"|\bcan\s+be\s+found\s+(?:in|within|at|on)"
    r"|\b(?:progress|updates?|details?|evidence|actions?|narrative|position|work)\b[^.;:]{0,60}?"
    r"\b(?:is|are|being)\s+(?:being\s+)?"
    r"(?:set\s+out|found|reported|tracked|monitored|recorded|held|detailed|managed|provided|captured)"
    r"\s+(?:in|within|through|via|at|under|by|on|as|against))"
    r"\s+(?:(?:the|our|its|a|an|full|separate|attached|accompanying|related|relevant|individual)\s+){0,3}"
    rf"(?P<name>(?:[\w&’'/.-]+\s+){{0,8}}?{_DOCUMENT_HEAD}s?\b"
    r"(?:\s+(?:\d{1,2}|(?-i:[A-Z][\w&]*))\b){0,4}|attached\b)",
    re.IGNORECASE,
)
_SEE_ATTACHED = re.compile(r"\b(?:see|as\s+per|please\s+find)\s+attached\b(?:\s+[\w-]+){0,3}", re.IGNORECASE)
_OTHER_SOURCE = re.compile(
    r"\s*\)?\s*(?:of|from|in|within)\s+(?:the|our|its|that|their|an?)\s+(?!(?:this|above|same)\b)(?:[\w&’'/-]+\s+){0,7}?"
    r"(?:report|review|inspection|inquiry|audit|spotlight|thematic|investigation|plan)\b",
    re.IGNORECASE,
)
_SENTENCE_END = re.compile(r"[.!?;](?:\s+(?=[A-Z(•])|\s*$)|\n")


def _ids(text: str) -> tuple[str, ...]:
    """The action ids in a list such as "3 to 5, 7 & 9", ranges spelled out.

    >>> _ids("3 to 5 and 9"), _ids("Effective 1 & 2")
    (('3', '4', '5', '9'), ('Effective 1', 'Effective 2'))
    """
    found: list[str] = []
    series = ""
    previous: str | None = None
    ranged = False
    piece = re.compile(
        rf"(?P<series>{_SERIES}\s+)?(?P<id>{_ID})|(?P<range>\bto\b|-|–|—)|[A-Za-z]+|.", re.DOTALL
    )
    for match in piece.finditer(text):
        if match["range"]:
            ranged = True
        elif match["id"]:
            word = (match["series"] or "").strip()
            if (
                word
                and word.lower() not in {"and", "or", "to", "nos", "no"}
                and not re.fullmatch(_NOUN, word, re.I)
            ):
                series = word + " "
            name = re.sub(r"[\s()]", "", match["id"])
            numbers = _between(previous, name) if ranged and previous else [name]
            found.extend(series + number for number in numbers)
            previous, ranged = name, False
    return tuple(dict.fromkeys(tidy_action_id(name) for name in found))


def _between(first: str, last: str) -> list[str]:
    """What follows ``first`` up to and with ``last``; just ``last`` where that is no range."""
    head, _, low = first.rpartition(".")
    same, _, high = last.rpartition(".")
    if head == same and low.isdigit() and high.isdigit() and 0 < int(high) - int(low) <= LONGEST_RANGE:
        return [f"{head}.{n}" if head else str(n) for n in range(int(low) + 1, int(high) + 1)]
    return [last]


def _clause(text: str, start: int) -> str:
    """What stands before ``start`` in its sentence."""
    left = text[max(0, start - 160) : start]
    ends = [match.end() for match in _SENTENCE_END.finditer(left)]
    return left[ends[-1] :] if ends else left


@cache
def _not_ids() -> frozenset[str]:
    return frozenset(lexicon("documents")["numbered_parts"])


def _candidates(text: str) -> Iterator[Reference]:
    for match in _BARE.finditer(text):
        end = match.end()
        place = re.compile(r"\s*(?:above|below)\b", re.IGNORECASE).match(text, end)
        yield _reference(text, match.start(), place.end() if place else end, "action", _ids(match["ids"]))
    for match in _PLACED.finditer(text):
        before = text[max(0, match.start() - 20) : match.start()]
        if match.start() < match.start("ids") or _PLACED_LEAD.search(before):
            start = _pointer_start(text, match.start(), reach=40)
            if start is None:
                start = _pointer_start(text, match.start(), reach=40, pattern=_ACCOUNT)
            start = match.start() if start is None else start
            yield _reference(text, start, match.end(), "action", _ids(match["ids"]))
    for match in _NAMED.finditer(text):
        yield from _named(text, match)
    for match in _SERIES_ID.finditer(text):
        lead = _SERIES_LEAD.search(text[max(0, match.start() - 60) : match.start()])
        if (
            lead
            and match["series"].lower() not in _not_ids()
            and not re.fullmatch(_NOUN, match["series"], re.I)
        ):
            start = match.start() - len(lead[0])
            yield _reference(text, start, match.end(), "action", _ids(match["ids"]))
    for match in _PREVIOUS.finditer(text):
        yield _reference(text, match.start(), match.end(), "previous", ())
    for match in _POSITION.finditer(text):
        where = (match["place"] or match["order"] or "above").lower()
        target = "below" if where in {"below", "next", "following"} else "above"
        yield _reference(text, match.start(), match.end(), "position", (target,))
    for match in _DOCUMENT.finditer(text):
        yield _reference(text, match.start(), match.end(), "document", ())
    for match in _SEE_ATTACHED.finditer(text):
        yield _reference(text, match.start(), match.end(), "document", ())


def _named(text: str, match: re.Match[str]) -> Iterator[Reference]:
    strong = re.fullmatch(_NOUN, match["noun"], re.IGNORECASE) is not None
    start = _pointer_start(text, match.start(), reach=60)
    if start is None and (match["place"] or _HOLDS_HERE.match(text, match.end())):
        start = _pointer_start(text, match.start(), reach=60, pattern=_ACCOUNT)
        start = match.start() if start is None else start
    end = match.end()
    if match["open"] and text[end : end + 1] == ")":
        end += 1
    if start is not None and not _OTHER_SOURCE.match(text, match.end()):
        yield _reference(text, start, end, "action", _ids(match["ids"]))
    elif strong and not match["open"]:
        yield _reference(text, match.start(), match.end(), "mention", _ids(match["ids"]))


def _pointer_start(text: str, start: int, *, reach: int, pattern: re.Pattern[str] = _POINTER) -> int | None:
    """Where the words begin that point at ``start``, if such stand at most ``reach`` before it."""
    clause = _clause(text, start)
    for match in pattern.finditer(clause):
        if len(clause) - match.end() <= reach:
            if re.search(r"\d", clause[match.end() :]):
                return start  # "see 5 above, and action 7": the words point at both
            return start - (len(clause) - match.start())
    return None


def _reference(text: str, start: int, end: int, kind: str, targets: tuple[str, ...]) -> Reference:
    while end > start and text[end - 1] in " ,;:-–":
        end -= 1
    return Reference(text=text[start:end], start=start, end=end, kind=kind, targets=targets)


_RANK = {"action": 0, "previous": 1, "position": 2, "document": 3, "mention": 4}


def find_references(text: str) -> list[Reference]:
    """Where a text points instead of telling, and the actions it mentions by number.

    Args:
        text: an update, or any text.

    Returns:
        References in order, none overlapping; where two readings overlap, an action's number
        decides before a time, a place, a document and a mere mention.
    """
    kept: list[Reference] = []
    for candidate in sorted(_candidates(text), key=lambda r: (_RANK[r.kind], r.start, r.start - r.end)):
        if all(candidate.end <= other.start or candidate.start >= other.end for other in kept):
            kept.append(candidate)
    return sorted(kept, key=lambda r: r.start)
