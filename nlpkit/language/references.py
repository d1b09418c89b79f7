"""References: where a text sends its reader elsewhere, and which actions it names."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from functools import cache

from nlpkit.language.annotations import Reference
from nlpkit.language.needles import Sought
from nlpkit.resources import lexicon
from nlpkit.schema import tidy_action_id

__all__ = ["LONGEST_RANGE", "find_action_references", "find_references"]

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
# What begins with "\b(?=[a-z])" begins with a letter: so Python passes over the ends of words, too.
_ID = r"\d{1,3}(?:\.\d{1,2}){0,2}(?:[a-h](?![A-Za-z])|\s?\([a-h]\))?(?![\d%])"
_CODE = (
    r"(?-i:[A-Z]{1,5}(?:&[A-Z]{1,2})?)(?:\d{1,4})?[-./]?\d{1,4}(?:[./-]\d{1,3}){0,2}(?:[a-h](?![A-Za-z]))?"
    r"(?![\w%])"
)
"""An id of letters and numbers written as one word: "R7", "AFI-03", "IA21-07", "P3.1"."""
_SERIES = r"(?-i:[A-Z][A-Za-z&]{1,20})"
_JOIN = r"\s*(?:,\s*and\b|,|;|&|\band\b|\bor\b|\bto\b|-|–|—|/)\s*"
_IDS = rf"(?:no\.?\s*|#\s*|nos\.?\s*)?{_ID}(?:{_JOIN}(?:{_NOUN}\s+)?{_ID}){{0,40}}"
_CODES = rf"{_CODE}(?:{_JOIN}(?:{_NOUN}\s+)?{_CODE}){{0,40}}"
_UNITS = (
    r"(?!\s*(?:%|per\s?cent|days?\b|weeks?\b|months?\b|years?\b|hours?\b|minutes?\b|staff\b|people\b"
    r"|new\b|of\s+\d|which\s+are|more\b|further\b|additional\b|times\b|stations?\b|members?\b"
    r"|firefighters?\b|x\s|\+)|[/.]\d|\s*(?:st|nd|rd|th)\b"
    r"|\s+(?-i:January|February|March|April|May|June|July|August|September|October|November|December)\b)"
)
_SEE = r"(?<!to )(?<!can )(?<!will )(?<!not )see(?:\s+also)?"
_TOLD = (
    r"(?:covered|detailed|addressed|included|captured|outlined|described|explained|reported|recorded|mentioned"
    r"|stated|noted|listed|set\s+out|dealt\s+with|picked\s+up|contained|evidenced|highlighted|answered|found)"
)
_TAKEN_OVER = (
    r"(?:superseded|replaced|overtaken)\s+by|(?:merged|combined|consolidated|amalgamated)\s+(?:in)?(?:to|with|w)"
    r"|merged\s+in|(?:incorporated|subsumed|absorbed|rolled(?:\s+up)?|folded|wrapped)\s+(?:up\s+)?(?:in|into|within|by|with)"
    r"|(?:now\s+|forms?\s+|form(?:ing|ed)\s+)part\s+of|replicates|mirrors|repeats|overlaps\s+with"
    r"|tak(?:en|ing)\s+forward\s+(?:alongside|with|under|through|in|by|as\s+part\s+of)"
)
"""An action that goes on under another's number."""
_POINTER = Sought(
    rf"\b(?=[a-z])(?:{_SEE}|refer(?:red)?(?:\s+back)?\s+to|cross[\s-]?refer(?:ence|s|red)?(?:\s+(?:to|with))?"
    r"|as\s+(?:per|in|with|for|at|under)|same\s+(?:as|for)|identical\s+to"
    r"|(?:duplicat(?:e|es|ed|ion)|repeat|copy)\s+of|duplicates"
    rf"|reference\s+should\s+be\s+made\s+to|{_TAKEN_OVER}"
    rf"|(?:as\s+)?{_TOLD}\s+(?:above\s+)?(?:in|by|under|within|at|against|for|with|as\s+part\s+of)"
    r"|link(?:ed|s|ing)?\s+(?:in\s+)?(?:to|with)"
    r"|(?:previous|earlier)(?=\s*$)|cf\.?)(?!\w)",
)
_ACCOUNT = Sought(
    r"\b(?:responses?|answers?|updates?|comments?|narratives?|replies|reply|progress|evidence|position|information"
    r"|details?)\s+(?:(?:provided|given|made|set\s+out|referred\s+to|reported|detailed|recorded)\s+)?"
    r"(?:to|for|in|under|against|on|at)\b",
)
"""An account given elsewhere: a pointer only where the text says that it holds here too."""
_HOLDS_HERE = re.compile(
    r"\s*(?:\)\s*)?(?:(?:is|are)\s+(?:also\s+|equally\s+)?(?:relevant|applicable)|also\b|appl(?:y|ies)\b|covers?\b"
    r"|refers?\b)",
    re.IGNORECASE,
)

_NAMED = Sought(
    rf"\b(?=[a-z])(?P<noun>{_NOUN}|{_WEAK_NOUN})\s*"
    r"(?P<open>\((?:(?:particularly|especially|notably|mainly|i\.?e\.?|e\.?g\.?)\s+)?)?"
    rf"(?P<ids>{_IDS}){_UNITS}(?P<place>\s*\)?\s*(?:above|below|earlier|previously)\b)?",
)
_NAMED_BY_CODE = Sought(
    rf"\b(?=[a-z])(?P<noun>{_NOUN})\s*"
    r"(?P<open>\((?:(?:particularly|especially|notably|mainly|i\.?e\.?|e\.?g\.?)\s+)?)?"
    rf"(?P<ids>{_CODES}){_UNITS}(?P<place>\s*\)?\s*(?:above|below|earlier|previously)\b)?",
)
_AS_ALONE = Sought(
    rf"^\s*(?:[\w-]+\s*[,–-]\s*)?as\s+(?P<ids>{_IDS})(?=\s*(?:$|[.,;:]|[-–—]\s))",
)
"""A text that opens with "As 4" stands for action 4."""
_PLACED = Sought(
    rf"(?<![\d.,/£%-])(?<!\w)(?:(?:as|see)\s+)?(?P<ids>{_IDS})\s+(?P<place>above|below)\b"
    r"(?!\s+(?:target|average|the|establishment|budget|expected|expectations?|plan|national|baseline|our|previous"
    r"|zero|inflation|median|last)\b)",
)
_PLACED_LEAD = re.compile(
    r"(?:\b(?:see|as|in|to|with|under|for|from|by|per|of|at|also|and|or|refer|against|on)|[(:;,.–-]|^)\s*$",
    re.IGNORECASE,
)
_BARE = Sought(
    rf"\b(?=[a-z])(?:{_SEE}|refer(?:(?:\s+back)?\s+to)?|as\s+(?:per|with|for|in|under|at)|same\s+as|identical\s+to"
    rf"|(?:duplicat(?:e|ion)|repeat|copy)\s+of|duplicates|{_TAKEN_OVER}|reference\s+should\s+be\s+made\s+to"
    r"|(?:covered|addressed|included|dealt\s+with|picked\s+up|captured)\s+(?:in|by|under|within|at)"
    r"|cross[\s-]?ref(?:er(?:ence|s|red)?)?\.?(?:\s+(?:to|with))?"
    r"|(?:linked|links?|linking|tied)\s+(?:to|with|in)|responses?\s+to|cf\.?)\s+"
    rf"(?P<ids>{_IDS}){_UNITS}(?=\s*(?:$|[.,;:)\]–—-]|\n|and\b|for\b|also\b|as\b|which\b|in\s+this\b|[-–]\s))",
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
_POSITION = Sought(
    rf"\b(?:please\s+)?(?:see|as|as\s+per|per|refer\s+to|same\s+as|(?:as\s+)?{_ACT})"
    rf"(?:\s+(?:the\s+)?{_SAID})?\s+(?:{_ACT}\s+)?"
    r"(?P<place>above|below)\b(?!\s+(?:average|target|establishment|the\s+(?:line|national|average|target)))"
    r"|\b(?:see|as\s+per)\s+(?:the\s+)?(?P<order>previous|preceding|next|following)"
    rf"\s+(?:{_SAID}|recommendation|AFI|row)\b(?!s?\s+(?:update|report))"
    r"|(?P<ditto>\bditto\b)",
)

_ABOVE_AND_NAMED = Sought(
    rf"\b(?=[a-z])(?:please\s+)?(?:{_SEE}|as(?:\s+per)?|refer\s+to|same\s+as|(?:as\s+)?{_ACT})(?:\s+(?:the\s+)?{_SAID}s?)?"
    rf"\s+(?:{_ACT}\s+)?(?:above|below)\s*[,(:;–-]*\s*"
    rf"(?:particularly|especially|notably|mainly|(?:in\s+)?particular|i\.?e\.?|e\.?g\.?)\s*,?\s*"
    rf"(?:(?:{_NOUN}|{_WEAK_NOUN})\s*)?(?P<ids>{_IDS}|{_CODES}){_UNITS}\)?",
)
"""A place that the text then names: "see the responses above (particularly 3 and 5)"."""

_MONTH = (
    r"(?-i:Jan(?:uary)?|Feb(?:ruary)?|Mar(?:ch)?|Apr(?:il)?|May|June?|July?|Aug(?:ust)?|Sept?(?:ember)?"
    r"|Oct(?:ober)?|Nov(?:ember)?|Dec(?:ember)?)(?:\s+(?:20)?\d\d)?"
)
_TIME = (
    rf"(?:previous(?:ly)?|last|prior|earlier|preceding|most\s+recent|(?:the\s+)?{_MONTH}(?:[’']s)?"
    r"|Q[1-4](?:\s+20\d\d/\d\d)?)"
)
_MOMENT = (
    rf"(?:{_MONTH}|Q[1-4](?:\s+20\d\d/\d\d)?|last\s+(?:time|report|return|quarter|update|month|year)"
    r"|prev(?:ious)?\b\.?)"
)
_PERIODIC = (
    r"(?:progress\s+|quarterly\s+|monthly\s+|six[\s-]monthly\s+|annual\s+)?"
    r"(?:updates?|reports?|quarters?|periods?|months?|returns?|submissions?|comments?|responses?|positions?"
    r"|entr(?:y|ies)|narratives?|notes?|statement)"
)
_PREVIOUS = Sought(
    r"\b(?:as|see|per|as\s+per|as\s+in|as\s+at|as\s+for|as\s+with|same\s+as|refer(?:\s+back)?\s+to"
    r"|unchanged\s+(?:from|since))\s+"
    rf"(?:per\s+)?(?:(?:the|our|my)\s+)?{_TIME}\s+{_PERIODIC}\b(?!\s+(?:to|of|by)\s)"
    rf"|(?:^\s*|[,;:–-]\s*|\bstill\s+\w+\s+)as\s+{_MOMENT}(?=\s*(?:$|[.,;:)\n]|[–-]\s))"
    rf"|(?:^\s*|\b(?:position|status|ongoing|unchanged|paused|same|still\s+\w+(?:\s+\w+)?)[\s,:–-]+)"
    rf"as\s+(?:at|of|in|per|for)\s+(?:the\s+)?{_MOMENT}(?=\s*[.;]?\s*$)"
    r"|\bas\s+(?:was\s+)?last\s+(?:reported|stated|advised|updated|described)\b"
    r"|\bas\s+(?:per\s+)?previous(?:ly)?(?=\s*(?:$|[.,;:)\n]))"
    rf"|\bas\s+(?:previously|earlier)\s+(?:{_ACT}|advised|submitted|updated)\b"
    rf"|\bas\s+(?:{_ACT}|advised)\s+(?:previously|earlier|last\s+(?:time|quarter|month|period|year)"
    rf"|in\s+(?:the\s+)?(?:our\s+)?{_TIME}(?:\s+{_PERIODIC})?)\b"
    r"|\b(?:(?:comments?|position|statement|response|narrative|update|details?)\s+(?:\w+\s+){0,4}?)?"
    rf"(?:in|from|of)\s+(?:the\s+|our\s+)?{_TIME}\s+{_PERIODIC}\s+(?:\w+\s+)?"
    r"still\s+(?:appl(?:y|ies)|stands?|holds?|relevant|valid)\b"
    rf"|\b(?:previous|last|earlier|prior)\s+(?:{_PERIODIC})\s+(?:still\s+)?(?:appl(?:y|ies)|stands?|refers|remains?\s+(?:valid|relevant|current|accurate))\b",
)

_DOCUMENT_HEAD = (
    r"(?:(?:action|improvement|delivery|implementation|project|thematic|recovery|service|work|functional)\s+plan|plan|report|paper"
    r"|appendix|appendices|annexe?|attachments?|document|tracker|log|register|spreadsheet|dashboard|minutes|portal|workbook|briefing"
    r"|strategy|policy|procedure|guidance|programme|letter|reply|response|minute|memo|memorandum|note|submission"
    r"|presentation|e-?mail|table|chart|website|webpage|link|board\s+paper|closure\s+report|evidence\s+(?:folder|file|bank))"
)
_DOCUMENT = Sought(
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
)
_SEE_ATTACHED = Sought(r"\b(?:see|as\s+per|please\s+find)\s+attached\b(?:\s+[\w-]+){0,3}")
_OTHER_SOURCE = re.compile(
    r"\s*(?:\)\s*)?(?:of|from|in|within)\s+(?:the|our|its|that|their|an?)\s+(?!(?:this|above|same)\b)(?:[\w&’'/-]+\s+){0,7}?"
    r"(?:report|review|inspection|inquiry|audit|spotlight|thematic|investigation|plan)\b",
    re.IGNORECASE,
)
_DIGIT = re.compile(r"\d")
_SENTENCE_END = re.compile(r"(?<![Cc]f)[.!?;](?:\s+(?=[A-Z(•])|\s*$)|\n")


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
        rf"(?<!\w)(?P<code>{_CODE})|(?P<series>{_SERIES}\s+)?(?P<id>{_ID})|(?P<range>\bto\b|-|–|—)|[A-Za-z]+|.",
        re.DOTALL,
    )
    for match in piece.finditer(text):
        if match["range"]:
            ranged = True
        elif match["code"]:
            found.extend(_between(previous, match["code"]) if ranged and previous else [match["code"]])
            previous, ranged = match["code"], False
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
    low, high = re.search(r"(?<!\d)\d+$", first), re.search(r"(?<!\d)\d+$", last)
    if low is None or high is None or first[: low.start()] != last[: high.start()]:
        return [last]
    if not 0 < int(high[0]) - int(low[0]) <= LONGEST_RANGE:
        return [last]
    width = len(low[0]) if low[0].startswith("0") else 0
    return [f"{first[: low.start()]}{n:0{width}d}" for n in range(int(low[0]) + 1, int(high[0]) + 1)]


def _clause(text: str, start: int) -> str:
    """What stands before ``start`` in its sentence."""
    left = text[max(0, start - 160) : start]
    ends = [match.end() for match in _SENTENCE_END.finditer(left)]
    return left[ends[-1] :] if ends else left


@cache
def _not_ids() -> frozenset[str]:
    return frozenset(lexicon("documents")["numbered_parts"])


@cache
def _known_pattern(ids: frozenset[str]) -> re.Pattern[str] | None:
    """Any of a plan's own ids that letters, dots or strokes tell from a mere number.

    Where letters meet digits, a space or a dash more or less is the same id ("AFI-03", "AFI 03"). Letters
    and strokes make a shape of id, whose other numbers are recognised too: a plan may point at actions
    that it no longer lists.
    """
    told = sorted(
        (one for one in ids if re.search(r"\d", one) and not one.isdigit()), key=lambda x: (-len(x), x)
    )
    if not told:
        return None
    spelled = list(dict.fromkeys(_shape(one.replace("–", "-")) for one in told))
    return re.compile(rf"(?<![\w./-])(?:{'|'.join(spelled)})(?![\w%/]|[.-]\d)")


def _shape(action_id: str) -> str:
    """The expression for an id and those of its kind; a number with points stands for itself only."""
    parts = [re.escape(part) for part in re.findall(r"[^\W\d_]+|[^A-Za-z\s]+(?<![-–])", action_id)]
    letter = re.search(r"[A-Za-z]", action_id)
    if "/" in action_id or (letter and re.search(r"\d", action_id[letter.end() :])):
        parts = [re.sub(r"\d+", lambda digits: rf"\d{{1,{max(3, len(digits[0]))}}}", part) for part in parts]
    return r"[\s\-–]?".join(parts)


_PLACE = re.compile(r"\s*(?:above|below)\b", re.IGNORECASE)
_KNOWN_LEAD = re.compile(
    rf"(?:\b(?:{_SEE}|refer(?:(?:\s+back)?\s+to)?|as(?:\s+(?:per|with|for|in|under|at))?|under|against|alongside"
    rf"|same\s+as|identical\s+to|cf\.?|(?:duplicat(?:e|ion)|repeat|copy)\s+of|{_TAKEN_OVER}"
    r"|reference\s+should\s+be\s+made\s+to|link(?:ed|s|ing)?\s+(?:to|with))\s+(?:the\s+)?"
    rf"(?:{_SAID}s?\s+(?:to|for|in|under|against|on|at)\s+)?)$",
    re.IGNORECASE,
)


def _known(text: str, ids: frozenset[str]) -> Iterator[Reference]:
    """Where a plan's own ids stand with words that point at them."""
    pattern = _known_pattern(ids)
    if pattern is None:
        return
    reached = -1
    for match in pattern.finditer(text):
        lead = _KNOWN_LEAD.search(text[max(0, match.start() - 60) : match.start()])
        start = match.start() - len(lead[0]) if lead else None
        if start is None and re.search(r"[A-Za-z]", match[0]):
            start = _pointer_start(text, match.start(), reach=60)
            if start is None and (_PLACE.match(text, match.end()) or _HOLDS_HERE.match(text, match.end())):
                start = _pointer_start(text, match.start(), reach=60, pattern=_ACCOUNT)
        if start is None and reached >= 0 and re.fullmatch(_JOIN, text[reached : match.start()]):
            start = match.start()  # the next in a list
        if start is not None and not _OTHER_SOURCE.match(text, match.end()):
            place = _PLACE.match(text, match.end())
            yield _reference(text, start, place.end() if place else match.end(), "action", (match[0],))
            reached = match.end()


def _candidates(text: str, ids: frozenset[str]) -> Iterator[Reference]:
    yield from _known(text, ids)
    if _DIGIT.search(text):
        yield from _numbered(text)
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


def _numbered(text: str) -> Iterator[Reference]:
    """Where actions are named by their numbers."""
    for match in _BARE.finditer(text):
        end = match.end()
        place = _PLACE.match(text, end)
        yield _reference(text, match.start(), place.end() if place else end, "action", _ids(match["ids"]))
    for match in _PLACED.finditer(text):
        before = text[max(0, match.start() - 20) : match.start()]
        if match.start() < match.start("ids") or _PLACED_LEAD.search(before):
            start = _pointer_start(text, match.start(), reach=40)
            if start is None:
                start = _pointer_start(text, match.start(), reach=40, pattern=_ACCOUNT)
            start = match.start() if start is None else start
            yield _reference(text, start, match.end(), "action", _ids(match["ids"]))
    for match in _ABOVE_AND_NAMED.finditer(text):
        yield _reference(text, match.start(), match.end(), "action", _ids(match["ids"]))
    for match in _AS_ALONE.finditer(text):
        yield _reference(text, match.start("ids"), match.end(), "action", _ids(match["ids"]))
    for pattern in (_NAMED, _NAMED_BY_CODE):
        for match in pattern.finditer(text):
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


def _pointer_start(text: str, start: int, *, reach: int, pattern: Sought = _POINTER) -> int | None:
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


def find_references(text: str, ids: frozenset[str] = frozenset()) -> list[Reference]:
    """Where a text points instead of telling, and the actions it mentions by number.

    Args:
        text: an update, or any text.
        ids: the plan's own action ids, recognised as such whatever their shape ("See PE/04b").

    Returns:
        References in order, none overlapping; where two readings overlap, an action's number
        decides before a time, a place, a document and a mere mention.
    """
    return _apart(_candidates(text, ids))


def find_action_references(text: str, ids: frozenset[str] = frozenset()) -> list[Reference]:
    """Of :func:`find_references` those of kind ``action``, which no other kind can displace."""
    if _DIGIT.search(text) is None:
        return []  # every id that can be told from a word has one
    found = (*_known(text, ids), *_numbered(text))
    return _apart(reference for reference in found if reference.kind == "action")


def _apart(candidates: Iterable[Reference]) -> list[Reference]:
    kept: list[Reference] = []
    for candidate in sorted(candidates, key=lambda r: (_RANK[r.kind], r.start, r.start - r.end)):
        if all(candidate.end <= other.start or candidate.start >= other.end for other in kept):
            kept.append(candidate)
    return sorted(kept, key=lambda r: r.start)
