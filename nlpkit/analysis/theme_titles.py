"""Titles of themes: phrases that their subjects share and others lack.

Phrases are weighed by class-based TF-IDF (Grootendorst, 2022): how many of a theme's subjects hold the
phrase, against how many of all. Every phrase stands in one title only, so no two titles are alike.
"""

from __future__ import annotations

import math
import re
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import cache

import numpy as np
from numpy.typing import NDArray

from nlpkit.analysis.theme_subjects import Subject
from nlpkit.language import split_sentences
from nlpkit.language.acronyms import sector_acronyms
from nlpkit.language.tagging import Token, tag_sentences
from nlpkit.language.terms import stem
from nlpkit.resources import lexicon

__all__ = ["phrases_of", "titles"]

_TYPICAL = 40  # subjects of a theme that its title is drawn from, the most typical first
_SENTENCES = 4  # of a narrative, where there is no recommendation
_IN_TITLE = 3  # phrases
_STOPGAPS = 2  # phrases after which none follows that only one subject holds
_RARE = 0.1  # what such a phrase weighs beside others
_LONGEST = 4  # words in a phrase
_PER_WORD = 0.35  # how much a phrase gains by each word beyond the first: longer ones say more
_NOUN = frozenset({"NN", "NNS", "NNP", "NNPS"})
_BEFORE = frozenset({"JJ", "VBN", "VBG", *_NOUN})
_WORD = re.compile(r"(?:\d{1,4}-)?[A-Za-z]+(?:['’-][A-Za-z]+)*")
_ACRONYM = re.compile(r"[A-Z]{2,6}s?")


def titles(
    subjects: Sequence[Subject],
    labels: NDArray[np.int64],
    similarity: NDArray[np.float64],
    names: Iterable[str] = (),
) -> list[str]:
    """A title for each theme: up to three phrases, the most telling first.

    Args:
        subjects: the subjects.
        labels: theme of each; -1 for none.
        similarity: of each subject to each theme, shape ``(subjects, themes)``.
        names: of services; their words are no part of a title.
    """
    typical = [
        sorted(np.flatnonzero(labels == theme).tolist(), key=lambda at: (-similarity[at, theme], at))[
            :_TYPICAL
        ]
        for theme in range(similarity.shape[1])
    ]
    chosen = [at for places in typical for at in places]
    held = dict(zip(chosen, phrases_of([subjects[at] for at in chosen], names), strict=True))
    written: dict[tuple[str, ...], Counter[str]] = defaultdict(Counter)
    counts: list[Counter[tuple[str, ...]]] = []
    for places in typical:
        count: Counter[tuple[str, ...]] = Counter()
        for at in places:
            count.update({_key(phrase) for phrase in held[at]})
            for phrase in held[at]:
                written[_key(phrase)][phrase] += 1
        counts.append(count)
    taken = _shared_out(counts, [len(places) for places in typical])
    found: list[str] = []
    for theme, keys in enumerate(taken):
        words = [min(written[key], key=lambda p: (-written[key][p], p)) for key in keys]
        title = ", ".join(words) or _plain(subjects[typical[theme][0]])
        while title in found:
            title = f"{title} ({len(found) + 1})"
        found.append(title)
    return [title[:1].upper() + title[1:] for title in found]


def phrases_of(subjects: Sequence[Subject], names: Iterable[str] = ()) -> list[set[str]]:
    """The noun phrases of each subject in lower case (acronyms as they are).

    They have up to four words, end in a noun and hold no number (but "360-degree"), no name (a capitalised
    word counts only where it is an acronym or is written small elsewhere) and at least one word that says
    something.

    Args:
        subjects: their recommendations are read or, where there is none, the narratives' beginnings.
        names: of services; their words are barred.
    """
    barred = frozenset(word.lower() for name in names for word in _WORD.findall(name)) - _companions()
    read = [_sentences(subject) for subject in subjects]
    distinct = list(dict.fromkeys(sentence for found in read for sentence in found))
    tagged = dict(zip(distinct, tag_sentences(distinct), strict=True))
    small = {word.text for tokens in tagged.values() for word in tokens if word.text.islower()}
    actors = sector_acronyms("actors")

    def usable(token: Token) -> bool:
        word = token.lower
        if word in barred or word in _unsaid() or len(word) < 2 or not _WORD.fullmatch(token.text):
            return False
        if _ACRONYM.fullmatch(token.text):
            return token.text not in actors
        return token.text.islower() or word in small

    return [{phrase for sentence in found for phrase in _phrases(tagged[sentence], usable)} for found in read]


@cache
def _companions() -> frozenset[str]:
    return frozenset(lexicon("theme_words")["companions"])


@cache
def _unsaid() -> frozenset[str]:
    words = lexicon("theme_words")
    listed = frozenset([*words["unsaid"], *words["unnamed"], *lexicon("function_words")["words"]])
    return listed - _companions()


@cache
def _weak() -> frozenset[str]:
    """Words of which no phrase can wholly consist."""
    return frozenset(lexicon("theme_words")["untitled"]) | _companions()


def _sentences(subject: Subject) -> list[str]:
    if subject.asked:
        return [subject.asked[start:end] for start, end in split_sentences(subject.asked)]
    return [text[start:end] for text in subject.said[:2] for start, end in split_sentences(text)[:_SENTENCES]]


def _phrases(tokens: Sequence[Token], usable: Callable[[Token], bool]) -> Iterator[str]:
    """Every phrase of a sentence: each run of usable words from any beginning to any noun."""
    joined = _hyphens(tokens)
    for end, last in enumerate(joined):
        if last.tag not in _NOUN or not usable(last):
            continue
        for start in range(end, max(-1, end - _LONGEST), -1):
            first = joined[start]
            if first.tag not in _BEFORE or not usable(first):
                break
            if start < end and first.end + 1 != joined[start + 1].start:
                break  # not side by side
            words = [_written(token) for token in joined[start : end + 1]]
            if first.tag == "VBG" and start < end and first.lower in _weak():
                continue
            if len(words) == 1 and (words[0] in _weak() or len(words[0]) < 3):
                continue
            if all(word in _companions() for word in words):
                continue
            yield " ".join(words)


def _hyphens(tokens: Sequence[Token]) -> list[Token]:
    """Words that a hyphen joins as one."""
    found: list[Token] = []
    for token in tokens:
        if len(found) > 1 and found[-1].text == "-" and found[-1].end == token.start:
            dash, before = found.pop(), found[-1]
            if before.end == dash.start:
                text = f"{before.text}-{token.text}"
                tag = "JJ" if token.tag not in _NOUN else token.tag
                found[-1] = Token(text, text.lower(), tag, before.start, token.end)
                continue
            found.append(dash)
        found.append(token)
    return found


def _written(token: Token) -> str:
    return token.text if _ACRONYM.fullmatch(token.text) else token.lower


def _key(phrase: str) -> tuple[str, ...]:
    return tuple(stem(word) for word in phrase.lower().replace("-", " ").split())


def _shared_out(
    counts: Sequence[Counter[tuple[str, ...]]], sizes: Sequence[int]
) -> list[list[tuple[str, ...]]]:
    """Phrases for each theme, the best first; each phrase goes to one theme."""
    total: Counter[tuple[str, ...]] = Counter()
    for count in counts:
        total.update(count)
    mean = sum(sizes) / max(1, len(sizes))
    offers = sorted(
        (
            (
                -(n / max(2, sizes[theme]))
                * math.log(1 + mean / total[key])
                * (1 + _PER_WORD * (len(key) - 1))
                * (1.0 if n > 1 else _RARE),
                theme,
                key,
            )
            for theme, count in enumerate(counts)
            for key, n in count.items()
        ),
    )
    taken: list[list[tuple[str, ...]]] = [[] for _ in counts]
    gone: set[tuple[str, ...]] = set()
    for _, theme, key in offers:
        mine = taken[theme]
        rare = counts[theme][key] < 2  # said of one subject only: stands in where nothing is shared
        if len(mine) >= (_STOPGAPS if rare else _IN_TITLE) or key in gone:
            continue
        if any(set(key) & set(other) for other in mine):
            continue
        mine.append(key)
        gone.add(key)
    return taken


def _plain(subject: Subject) -> str:
    """The first words of a subject that has no phrase."""
    return " ".join((subject.asked or next(iter(subject.said), "no text")).split()[:6]).lower()
