"""Who reports, in which plan, under which heading: what a document says about itself."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Sequence
from itertools import pairwise

from nlpkit.reading.blocks import Block, Bullet, Heading, Table
from nlpkit.resources import lexicon

__all__ = [
    "find_service",
    "is_generic",
    "names_plan",
    "running_titles",
    "service_named_by",
    "texts_of",
    "theme_in",
]

_NAMED = re.compile(
    r"\b((?:[A-Z][\w'’-]+,?\s+(?:(?:and|&|of|the)\s+)?){1,5}?)(?:COUNTY\s+)?"
    r"(FIRE\s*(?:AND|&)\s*RESCUE\s+(?:SERVICE|AUTHORITY)|Fire\s*(?:and|&)\s*Rescue\s+(?:Service|Authority)|"
    r"Fire Brigade|FIRE BRIGADE)\b"
)
_GENERIC = re.compile(
    r"^(?:the\s+)?(?:introduction|contents?|governance|(?:executive\s+)?summary(?:\s+dashboard)?|dashboard|"
    r"background|(?:progress(?:ion)?|update)s?(?:\s+report)?|recommendations?|actions?|(?:action\s+)?plan|"
    r"updates?|appendix\s*\w?|document history|overview|purpose|conclusion|areas? for improvement|"
    r"(?:colour\s+)?key|legend|table\s*\d*|page\s*\d*|\d+|draft)\s*:?$",
    re.IGNORECASE,
)
_PLAN = re.compile(
    r"\b(?:reports?|plan|spotlight|thematic|review|inspection\s+20\d\d|values and cultures? in)\b",
    re.IGNORECASE,
)
_PAGE_NUMBER = re.compile(
    r"\bpage\s*\d{1,4}(?:\s*(?:of|/)\s*\d{1,4})?\b|^\W*\d{1,4}(?:\s*(?:of|/)\s*\d{1,4})?\W*$", re.IGNORECASE
)
# Words before a name that are not part of it.
_NOT_NAME = {
    "the",
    "a",
    "an",
    "of",
    "for",
    "and",
    "his",
    "her",
    "majesty's",
    "in",
    "by",
    "with",
    "that",
    "our",
    "english",
}


def texts_of(blocks: Iterable[Block]) -> list[str]:
    """Every text of a document in order: prose blocks, and table rows with their cells joined."""
    texts: list[str] = []
    for block in blocks:
        if isinstance(block, Table):
            texts.extend(" | ".join(cell.text for cell in row.cells if cell) for row in block.rows)
        else:
            texts.append(block.text)
    return texts


_TITLE_WEIGHT = 20  # a name at the top is whose plan it is, not a neighbour's


def service_named_by(heading: str) -> str:
    """The service whose name a heading consists of, or ``""``."""
    found = _NAMED.search(heading)
    return find_service([heading]) if found and len(heading.split()) <= len(found.group().split()) + 1 else ""


def find_service(texts: Sequence[str], titles: int = 0) -> str:
    """The fire and rescue service that a document is about, or ``""``.

    Full names are counted over the document, those in the first ``titles`` texts most (a name
    broken over two lines of a title page counts too); failing those, an acronym that only one
    English service uses.
    """
    known: dict[str, list[str]] = lexicon("services")["services"]
    joined = [re.sub(r"(?<!\s)\s*\n\s*", " ", text) for text in texts]
    joined += [
        f"{a} {b}" for a, b in pairwise(joined) if len(a.split()) <= 4 and b.upper().startswith("FIRE")
    ]
    names: Counter[str] = Counter()
    for n, text in enumerate(joined):
        for found in _NAMED.finditer(text):
            words = found[1].replace("&", "and").split()
            while words and words[0].lower().strip(",") in _NOT_NAME:
                words.pop(0)
            name = " ".join(words).title().replace(" And ", " and ").replace(" Of ", " of ")
            if not name:
                continue
            kind = (
                found[2].title().replace("&", "and").replace(" And ", " and ").replace("Authority", "Service")
            )
            top = n < titles or n >= len(texts)
            names[_canonical(f"{name} {kind}", known)] += _TITLE_WEIGHT if top else 1
    if names:
        return max(names.items(), key=lambda item: (item[1], item[0] in known, item[0]))[0]
    acronyms: Counter[str] = Counter()
    whole = "\n".join(joined)
    for service, shorts in known.items():
        for short in shorts:
            if sum(short in others for others in known.values()) == 1:
                acronyms[service] += len(re.findall(rf"\b{re.escape(short)}\b", whole))
    service, count = max(acronyms.items(), key=lambda item: (item[1], item[0]))
    return service if count >= 2 else ""


def _canonical(name: str, known: dict[str, list[str]]) -> str:
    """A listed service's usual name where the words fit one ("Essex Fire and Rescue Service")."""
    words = set(name.lower().split())
    for listed in known:
        place = set(listed.lower().split()) - {"fire", "and", "rescue", "service", "brigade", "county"}
        if place and place == words - {"fire", "and", "rescue", "service", "brigade", "county"}:
            return listed
    return name


def running_titles(blocks: Sequence[Block]) -> frozenset[int]:
    """Places of the headers and footers that a page layout repeats between pieces of a table.

    A short line standing three times or more in the document is one, or twice where it cuts a
    table in two; but for its first occurrence where that comes before any table: there it is
    the title.
    """
    prose = [block for block in blocks if not isinstance(block, Table)]
    first_table = next((block.place for block in blocks if isinstance(block, Table)), 0)
    counts = Counter(_running_key(block.text) for block in prose if len(block.text.split()) <= 20)
    cutting = _cutting_tables(blocks)
    repeated = {key for key, n in counts.items() if n >= 3 or not key or (n == 2 and key in cutting)}
    places = set()
    seen: set[str] = set()
    for block in prose:
        key = _running_key(block.text)
        if key in repeated and not isinstance(block, Bullet):
            if key in seen or block.place > first_table or not key:
                places.add(block.place)
            seen.add(key)
    return frozenset(places)


def _cutting_tables(blocks: Sequence[Block]) -> frozenset[str]:
    """Lines alone between two tables of which the second repeats a heading row or goes on a row."""
    cutting, tops = set(), set()
    for i, block in enumerate(blocks):
        if not isinstance(block, Table):
            continue
        top = tuple(cell.text for cell in block.rows[0].cells)
        before = blocks[i - 1] if i else None
        alone = i >= 2 and isinstance(blocks[i - 2], Table)
        if alone and before is not None and not isinstance(before, Table) and (top in tops or not top[0]):
            cutting.add(_running_key(before.text))
        tops.add(top)
    return frozenset(cutting)


def _running_key(text: str) -> str:
    """A running title without its page number."""
    return " ".join(_PAGE_NUMBER.sub(" ", text.lower()).split())


def is_generic(heading: str) -> bool:
    """Whether a heading says only what kind of part follows ("Progress Report", "Summary")."""
    return bool(_GENERIC.match(heading.strip()))


def names_plan(block: Block) -> bool:
    """Whether a heading names a report or plan whose recommendations may be numbered."""
    return isinstance(block, Heading) and bool(_PLAN.search(block.text))


def theme_in(heading: str) -> str:
    """The heading, if it names a theme of the inspection framework, else ``""``."""
    plain = " ".join(heading.lower().split())
    named = len(plain.split()) <= 16 and any(re.search(p, plain) for p in lexicon("themes")["patterns"])
    return " ".join(heading.split()) if named else ""
