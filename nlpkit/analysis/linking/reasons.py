"""Why a row is linked: the phrases of both sides that match, and what equivalence would still need."""

from __future__ import annotations

import re

from nlpkit.analysis.linking.parts import Row, Vectors, short
from nlpkit.analysis.similarity import Facets, telling_terms, without_preamble
from nlpkit.language.concepts import concepts

__all__ = ["missing", "stands", "why"]

_CLAUSES = re.compile(
    r"(?<!\s)\s*;\s+|,\s+(?:and|so\s+that|which|with|where)\s+"
    r"|(?<!\s)\s+and\s+(?=(?:everyone|how|a|the|to|more|can)\b)"
)
_FEWEST = 2  # words of content that a clause needs to stand by itself
_COVERED = 0.5  # share of a clause's telling words, or of its ideas, that the row must have
_LONGEST = 90  # characters of a quotation in what is missing


def why(number: int, row: Row, facets: Facets, store: Vectors) -> str:
    """The passage and the facet that come nearest to each other, and the words and ideas that they share."""
    mine = [int(i) for places in facets.owned.values() for i in places[number]]
    best: tuple[float, str, int] | None = None
    for passage in row.main:
        meaning = facets.vectors[mine] @ store[passage]
        said = telling_terms(short(passage))
        for place, cosine in zip(mine, meaning.tolist(), strict=True):
            text = short(facets.facets[place].text)
            shared = said.keys() & telling_terms(text).keys()
            ideas = concepts(short(passage)).keys() & concepts(text).keys()
            value = round(cosine + 0.15 * len(shared) + 0.1 * len(ideas), 4)
            if best is None or value > best[0]:
                best = (value, passage, place)
    if best is None:
        return ""
    _, passage, place = best
    # Only words that the two quotations show: they are shortened.
    mine_text, facet = short(passage), short(facets.facets[place].text)
    said, other = telling_terms(mine_text), telling_terms(facet)
    words = [said[term] for term in said if term in other]
    here, there = concepts(mine_text), concepts(facet)
    alike = [
        f"{name} (“{here[name]}” ~ “{there[name]}”)"
        for name in here
        if name in there and here[name].lower() != there[name].lower()
    ]
    parts = [f"shared words: {', '.join(words)}"] if words else []
    parts += [f"shared ideas: {', '.join(alike)}"] if alike else []
    parts.append(f"meaning {float(facets.vectors[place] @ store[passage]):.2f}")
    return f"“{mine_text}” ~ “{facet}” ({'; '.join(parts)})"


def missing(number: int, row: Row, facets: Facets) -> str:
    """What of an entry's duty the row does not speak of; "" where nothing is plainly missing.

    The duty is taken clause by clause; a clause is missing if the row has neither most of its telling
    words nor most of its ideas. Beside it stand ideas, or else words, that the row has and the entry
    does not.
    """
    entry = facets.catalogue.entries[number]
    text = " ".join((*row.asks, *row.tells))
    said, ideas = telling_terms(text), concepts(text)
    lacking = []
    for clause in _clauses(without_preamble(entry.duty)):
        words, meant = telling_terms(clause), concepts(clause)
        if (words or meant) and not any(
            wanted and len(wanted & had) >= _COVERED * len(wanted)
            for wanted, had in ((words.keys(), said.keys()), (meant.keys(), ideas.keys()))
        ):
            lacking.append(clause)
    if not lacking:
        return ""
    every = " ".join((entry.title, entry.duty, *entry.aliases, *entry.details))
    # What an idea is put in says more than single words, where there are any ideas.
    theirs, known = telling_terms(every), concepts(every)
    own = list(dict.fromkeys(f"“{said}”" for idea, said in concepts(row.whole).items() if idea not in known))
    own = own or [word for term, word in telling_terms(row.whole).items() if term not in theirs]
    asked = "; ".join(f"“{short(clause, _LONGEST)}”" for clause in lacking[:2])
    beside = f"; the action speaks of {', '.join(own[:5])} instead" if own else ""
    return f"missing for equivalence: the recommendation asks {asked}{beside}"


def stands(before: str, after: str) -> str:
    """Where a row stands, told by the ids of the entries that the rows before and after it answer."""
    if before and after:
        place = (
            f"between the answers to {before} and {after}"
            if before != after
            else f"among the answers to {before}"
        )
    else:
        place = f"after the answer to {before}" if before else f"before the answer to {after}"
    return f"stands {place}, in a plan that follows the catalogue's order"


def _clauses(duty: str) -> list[str]:
    """The parts of a duty; one too short to stand alone goes with the part before it."""
    spans: list[tuple[int, int]] = []
    start = 0
    for match in [*_CLAUSES.finditer(duty), None]:
        end = match.start() if match else len(duty)
        alone = len(telling_terms(duty[start:end])) >= _FEWEST
        if spans and not alone:
            spans[-1] = (spans[-1][0], end)
        else:
            spans.append((start, end))
        start = match.end() if match else end
    return [duty[first:last].strip(" .") for first, last in spans]
