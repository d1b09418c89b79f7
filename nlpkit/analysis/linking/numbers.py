"""What a plan itself says about numbers: which entries of a catalogue it answers, or points to."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import replace
from functools import lru_cache

from nlpkit.analysis.linking.parts import Link, short
from nlpkit.catalogue import Catalogue

__all__ = ["names_catalogue", "numbered", "numbered_otherwise", "own_words"]

_CONTRADICTED = 0.35  # by which another entry's score must lead for the text to decide against the number
_ANSWERED = 3  # entries that one action can answer; a text that names more speaks of the catalogue
_UNSUPPORTED = 0.05  # probability of being related below which the text does not bear the number out
_POINTED = 0.95  # score of an entry that the row sends its reader to, against 1 for one that it answers

_POINTS = re.compile(
    r"\b(?:see|refer\s+to|as\s+(?:per|in|with|for|under)|same\s+as|responses?\s+to"
    r"|(?:detailed|covered|addressed|reported|answered|described|set\s+out)\s+(?:in|by|under|within|with|through))"
    r"[\s:,(]+(?:(?:the|our|its)\s+)?$",
    re.IGNORECASE,
)
_BESIDE = re.compile(
    r"\b(?:see\s+also|link(?:ed|s|ing)?\s+(?:in\s+)?(?:to|with)|align(?:ed|s|ing)?\s+(?:to|with)|alongside"
    r"|in\s+line\s+with|similar(?:ly)?\s+to|together\s+with|(?:overlap|tie)[sd]?\s+(?:in\s+)?(?:to|with)"
    r"|compare|cf\.?|related\s+to|support(?:s|ing)?|contribut(?:es?|ing)\s+to|complement(?:s|ing)?)"
    r"[\s:,(]+(?:(?:the|our|its)\s+)?$",
    re.IGNORECASE,
)
_DENIED = re.compile(
    r"\b(?:not|unlike|other\s+than|rather\s+than|instead\s+of|separate\s+from|distinct\s+from|different\s+from"
    r"|apart\s+from|nothing\s+to\s+do\s+with|no\s+part\s+of)"
    r"(?:\s+(?:a|the|our|same\s+as|part\s+of|linked\s+to|related\s+to|under|about|in|to|for)){0,3}\s+$",
    re.IGNORECASE,
)
_SAYS_NUMBER = r"\b(?:recommendations?|recs?\.?|actions?)\s*(?:nos?\.?\s*|numbers?\s*|#\s*)?"
_NUMBER = r"\d{1,3}(?:\.\d{1,2})*"
_NUMBERED = rf"{_SAYS_NUMBER}{_NUMBER}(?:\s*(?:,|&|/|-|–|\band\b|\bto\b)\s*{_NUMBER}){{0,20}}"
_REPORT = r"(?:reports?|reviews?|inspections?|inquir(?:y|ies)|audits?|thematics?|investigations?|inquests?)"
_WORD = r"[\w&’'-]{1,30}"
_OTHER_REPORTS = re.compile(
    rf"{_NUMBERED}\s*\)?\s*(?:of|from|in|within|under|by)\s+(?:{_WORD}\s+){{0,6}}?{_REPORT}\b"
    rf"|(?:\b(?!(?:the|our|its|an?|of|from|in|by|and|to)\b){_WORD}\s+){{0,2}}\b{_REPORT}(?:['’]s)?[\s,:(–-]{{1,3}}"
    rf"{_NUMBERED}"
    rf"|\b\w[\w-]{{0,30}}(?:['’]s|s['’])\s+{_NUMBERED}",
    re.IGNORECASE,
)
"""A numbered recommendation with the report that it stands in; it speaks of that report, not of the work."""


_MAY_NUMBER = re.compile(r"\b(?:rec|act)\D{0,60}\d", re.IGNORECASE)
"""What every such number has before it, and sooner found: hardly a text has any."""


def own_words(text: str, catalogue: Catalogue) -> str:
    """A text with blanks where it numbers the recommendations of reports other than the catalogue."""
    if _MAY_NUMBER.search(text) is None:
        return text
    return _OTHER_REPORTS.sub(
        lambda match: match[0] if names_catalogue(catalogue, match[0]) else " " * len(match[0]), text
    )


def numbered(
    row: Mapping[str, str],
    links: Mapping[int, Link],
    catalogue: Catalogue,
    asked: Mapping[int, float] | None,
) -> dict[int, Link]:
    """The links, once what the plan itself says about numbers has been heard.

    A number is believed unless the row quotes a recommendation (``asked``: how probably each entry is
    at least related to it) that is plainly another's, or nobody's: numbers slip when tables are read.
    """
    found = dict(links)
    heading = _heading(row, catalogue)
    named = _trailing_ids(catalogue, row["action_id"]) if heading else []
    sure: dict[int, str] = {}
    pointed: dict[int, str] = {}
    for number in named:
        entry = catalogue.entries[number]
        sure[number] = f"“{short(heading)}” names the catalogue; this is its {entry.id}: “{entry.title}”"
    for name in ("recommendation", "required_outcome", "planned_action", "update"):
        for number, passage, role in _references(catalogue, row[name]):
            both = f"“{passage}” ~ “{catalogue.entries[number].title}”"
            if role == "beside":
                known = found.get(number)
                if known is None or known.grade != "equivalent":
                    score = max(0.5, known.score if known else 0.0)
                    found[number] = Link(number, "related", score, f"named beside it: {both}")
            elif role == "pointer" and name != "recommendation":
                pointed.setdefault(number, f"points to it: {both}")
            else:
                sure.setdefault(number, f"named in the text: {both}")
    best = max(links.values(), key=lambda item: (item.score, -item.entry), default=None)
    for number, why in sure.items():
        score = links[number].score if number in links else 0.0
        doubt = ""
        if number in named and asked is not None:
            if best and best.grade == "equivalent" and best.score - score >= _CONTRADICTED:
                doubt = f"; but the text is that of {catalogue.entries[best.entry].id}"
            elif asked.get(number, 0.0) < _UNSUPPORTED:
                doubt = "; but the text asks for something else"
        if doubt:
            found[number] = Link(number, "related", 0.5, why + doubt)
        else:
            found[number] = Link(number, "equivalent", 1.0, why)
    for number, why in pointed.items():
        if number not in sure:
            found[number] = Link(number, "equivalent", _POINTED, why)
    settled = any(found[number].grade == "equivalent" for number in sure)
    settled = settled or bool(heading and row["action_id"].strip() and not named)
    if settled or pointed:
        # The plan says which entry it answers: whatever else is similar can only be related. A pointer
        # leaves room for an entry that the row quotes (which has its reason already).
        for number, item in found.items():
            if number in sure or number in pointed or (item.why and not settled):
                continue
            if item.grade == "equivalent":
                found[number] = replace(item, grade="related", score=min(item.score, 0.5))
    return found


def numbered_otherwise(row: Mapping[str, str], catalogue: Catalogue) -> bool:
    """Whether a plan that names the catalogue gives a row a number that is none of its entries'."""
    if not row["action_id"].strip() or not _heading(row, catalogue):
        return False
    return not _trailing_ids(catalogue, row["action_id"])


def _heading(row: Mapping[str, str], catalogue: Catalogue) -> str:
    """The title that names the catalogue, of the plan or of the section; "" if neither does."""
    return next((row[name] for name in ("plan", "section") if names_catalogue(catalogue, row[name])), "")


@lru_cache(maxsize=8)
def _patterns(
    catalogue: Catalogue,
) -> tuple[re.Pattern[str] | None, re.Pattern[str], tuple[re.Pattern[str], ...]]:
    """The catalogue's names; its ids at the end of a reference; names with ids, in either order."""
    ids = "|".join(
        re.escape(entry.id) for entry in sorted(catalogue.entries, key=lambda e: (-len(e.id), e.id))
    )
    one = rf"(?<![\w.])(?:{ids})(?![\w%])(?!\.\d)"
    series = rf"(?P<ids>{one}(?:\s*(?:,|&|/|-|–|\band\b|\bto\b)\s*{one})*)"
    trailing = re.compile(
        rf"(?<![\d.])(?P<ids>(?:{ids})(?:\s*(?:,|&|/|-|–|\band\b|\bto\b)\s*(?:{ids})){{0,40}})\.?$",
        re.IGNORECASE,
    )
    if not catalogue.aliases:
        return None, trailing, ()
    names = "|".join(
        _loose(alias) for alias in sorted(catalogue.aliases, key=lambda alias: (-len(alias), alias))
    )
    name = rf"\b(?:{names})\b"
    return (
        re.compile(name, re.IGNORECASE),
        trailing,
        (
            re.compile(
                rf"{name}(?:['’]s)?(?:\s+(?:report|review|inspection))?[\s,:(–-]{{0,3}}{_SAYS_NUMBER}{series}",
                re.IGNORECASE,
            ),
            re.compile(
                rf"{_SAYS_NUMBER}{series}\s*\)?\s*(?:of|from|in|within|under)\s+(?:[\w’']+\s+){{0,4}}?[\"'“‘(]?{name}",
                re.IGNORECASE,
            ),
        ),
    )


def _loose(alias: str) -> str:
    """A pattern for a name that does not mind plurals, white space or an ampersand."""
    words = []
    for word in alias.split():
        if word.lower() in {"and", "&"}:
            words.append(r"(?:and|&)")
        else:
            bare = word[:-1] if word.endswith("s") and len(word) > 3 else word
            words.append(re.escape(bare) + ("s?" if len(bare) > 3 else ""))
    return r"\s+".join(words)


def names_catalogue(catalogue: Catalogue, text: str) -> bool:
    # Asked of every row; what a large catalogue's patterns are kept under takes long to look up.
    names = _patterns(catalogue)[0] if catalogue.aliases else None
    return bool(names and names.search(text))


def _spelled_out(catalogue: Catalogue, text: str) -> list[int]:
    """The entries in "12", "12 and 14" or "3 to 5"; a range takes in the entries between."""
    place = {entry.id.lower(): i for i, entry in enumerate(catalogue.entries)}
    ids = "|".join(re.escape(id_) for id_ in sorted(place, key=lambda id_: (-len(id_), id_)))
    numbers: list[int] = []
    ranged = False
    for match in re.finditer(rf"(?P<id>{ids})|(?P<range>\bto\b|-|–)|.", text, re.IGNORECASE | re.DOTALL):
        if match["range"]:
            ranged = bool(numbers)
        elif match["id"]:
            number = place[match["id"].lower()]
            numbers.extend(range(numbers[-1] + 1, number) if ranged else ())
            numbers.append(number)
            ranged = False
    return list(dict.fromkeys(numbers))


def _trailing_ids(catalogue: Catalogue, action_id: str) -> list[int]:
    match = _patterns(catalogue)[1].search(action_id.strip())
    return _spelled_out(catalogue, match["ids"]) if match else []


def _references(catalogue: Catalogue, text: str) -> Iterator[tuple[int, str, str]]:
    """Entries that a text names by catalogue and number: (entry, the words, their role).

    The role is ``answer``, ``pointer`` (the reader is sent there) or ``beside`` (named as something
    else, or with so many others that the text speaks of the catalogue).
    """
    if not names_catalogue(catalogue, text):
        return
    for pattern in _patterns(catalogue)[2]:
        for match in pattern.finditer(text):
            before = text[max(0, match.start() - 60) : match.start()]
            if _DENIED.search(before):
                continue
            numbers = _spelled_out(catalogue, match["ids"])
            role = "answer"
            if len(numbers) > _ANSWERED or _BESIDE.search(before):
                role = "beside"
            elif _POINTS.search(before):
                role = "pointer"
            for number in numbers:
                yield number, short(match[0]), role
