"""Where one action ends and the next begins inside a cell, at the top of a page.

When a converter loses the row line at a page break, the first cell of the new page starts with
the end of the action before. Grammar tells that it happened ("… (Gender, BAME" / "and LGBT) …");
only the topic tells where the next action begins.
"""

from __future__ import annotations

import re
from calendar import month_name
from collections.abc import Sequence
from functools import cached_property
from typing import Any

from nlpkit.language.sentences import split_sentences
from nlpkit.reading.rows import Action, unfinished

__all__ = ["Topics", "seam"]

# Cosine of word profiles by which every sentence must be nearer to the action before, when grammar
# gives no sign of a cut; two sentences with one rare word in common reach it, two with none do not.
_MARGIN = 0.1
_ANAPHORA = re.compile(r"^(?:it|this|these|they|those|such|the (?:latter|same))\b", re.IGNORECASE)


class Topics:
    """TF-IDF profiles of texts, the rarity of words taken from one plan; fitted when first asked."""

    def __init__(self, corpus: Sequence[str]) -> None:
        self._corpus = corpus

    @cached_property
    def _vectoriser(self) -> Any:
        from sklearn.feature_extraction.text import ENGLISH_STOP_WORDS, TfidfVectorizer

        # Dates say when, not what about: neighbouring actions share them.
        ignored = sorted(ENGLISH_STOP_WORDS | {name.lower() for name in month_name if name})
        words = r"(?u)\b[a-zA-Z&-]{2,}\b"
        return TfidfVectorizer(stop_words=ignored, sublinear_tf=True, token_pattern=words).fit(self._corpus)

    def nearness(self, sentences: Sequence[str], before: str, after: str) -> list[tuple[float, float]]:
        """For each sentence its cosine to what the action before and the action after are about."""
        about = self._vectoriser.transform([before, after])
        nearness = (self._vectoriser.transform(list(sentences)) @ about.T).toarray()
        return [(float(a), float(b)) for a, b in nearness]


def seam(text: str, before: Action, after: Action, key: str, topics: Topics, *, by_topic: bool) -> int:
    """How many characters at the start of ``text`` belong to the action before.

    Args:
        text: the cell as it was read, under column ``key`` of ``after``.
        before, after: the neighbouring actions; their other cells say what each is about.
        topics: word profiles fitted on the plan.
        by_topic: whether sentences may move on their topic alone, without a cut sentence.

    Returns:
        0 where nothing has to move; never the whole text.

    Every way to cut is scored by how much nearer (cosine of TF-IDF profiles) the sentences left
    of it are to the action before and those right of it to the action after; a sentence that
    begins "It", "This" stays with the one before it. Without a cut sentence both sides must
    lean their own way: a wrong cut moves text that was right.
    """
    earlier = before.text(key)
    must = unfinished(earlier) and bool(re.match(r"\s*[a-z]", text))
    spans = split_sentences(text)
    if len(spans) < 2 or not (must or by_topic):
        return 0
    sentences = [text[a:b] for a, b in spans]
    about_before = " ".join([earlier, *(before.text(k) for k in before.fields if k != key)])
    about_after = " ".join(after.text(k) for k in after.fields if k != key)
    nearer = topics.nearness(sentences, about_before, about_after)
    best, best_score = 0, 0.0
    for cut in range(1, len(sentences)):
        if _ANAPHORA.match(sentences[cut]):
            continue
        right = sum(b - a for a, b in nearer[cut:])
        score = sum(a - b for a, b in nearer[:cut]) + right
        sure = right > 0 and all(a - b >= _MARGIN for a, b in nearer[:cut])
        if (must or sure) and (best == 0 or score > best_score):
            best, best_score = cut, score
    return spans[best][0] if best else 0
