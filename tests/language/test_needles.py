"""Words that a match must hold: never one too many, and found whatever the form of the expression."""

from __future__ import annotations

import json
import os
import random
import re
from itertools import chain
from pathlib import Path

import pytest

from nlpkit.analysis.outcomes import expression
from nlpkit.analysis.views import idioms
from nlpkit.language import cues, facts, needles, references, stages
from nlpkit.language.needles import Sought, beginnings
from nlpkit.language.sentences import split_sentences
from nlpkit.resources import lexicon

RIDDLES = (
    r"\bdelay(?:s|ed)?\b",
    r"(?<!\w)(?:no\s+(?:further\s+)?progress|not\b(?!\s+yet)|n['’]t)(?!\w)",
    r"^\s*(?:as|per)\s+(?P<n>\d+)",
    r"(?:un)?finished",
    r"\b(?:\w+\s+){0,3}?works?\b",
    r"\b(?:set|put)(?:ting)?[\s-]+(?:up|out)\b|signed\s+off",
    r"(?:ab){2}c|x{3}",
    r"\b[ck]ontrol(?:le[dr])?",
    r"(?<=the )plan|\bplan(?=ned)",
    r"(?-i:Board)\s+paper",
    r"\b(a+)b\1",
    r"\b(?:)(?:is|are)\b|\d+%",
    r".*",
)
ALPHABET = (
    "not",
    "no",
    "yet",
    "progress",
    "further",
    "n't",
    "as",
    "per",
    "12",
    "%",
    "unfinished",
    "finished",
)
ALPHABET += (
    "work",
    "works",
    "setting",
    "up",
    "signed",
    "off",
    "ababc",
    "xxx",
    "control",
    "kontroller",
    "the",
)
ALPHABET += (
    "plan",
    "planned",
    "Board",
    "board",
    "paper",
    "aabaa",
    "is",
    "are",
    "delays",
    "Delayed",
    "ſet",
    "İs",
)
ALPHABET += ("-", ",", ".", "(", ")", "’", "•", "\n", " ", "  ", "K", "ı", "_", "é")


@pytest.mark.parametrize("source", RIDDLES)
def test_a_text_with_a_match_always_may_match(source: str) -> None:
    pattern, sought = re.compile(source, re.IGNORECASE), Sought(source)
    chance = random.Random(source)
    for _ in range(1500):
        text = "".join(
            word + chance.choice(("", " ", " ")) for word in chance.choices(ALPHABET, k=chance.randint(1, 9))
        )
        found = [m.span() for m in pattern.finditer(text)]
        assert [m.span() for m in sought.finditer(text)] == found, text
        assert (sought.search(text) is not None) == bool(found), text


@pytest.mark.parametrize(
    ("source", "needed"),
    [
        (r"\bdelay(?:s|ed)?\b", {"delay"}),
        (r"(?<!\w)(?:in\s+place|on\s+hold)(?!\w)", {"place ", "hold "}),
        (r"\bno\s+longer\b", {"longer"}),
        (r"\bas\b", {"as "}),
        (r"\d+\s*%", None),
        (r"(?:re)?view", None),
    ],
)
def test_what_is_needed(source: str, needed: set[str] | None) -> None:
    assert needles.needles(source) == needed


def test_without_pythons_own_reader_every_search_is_made(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(needles, "_parser", None)
    assert needles.needles(r"\bdelay\b") is None
    assert Sought(r"\bdelay\b").may_match("on time")
    assert Sought(r"\bdelay\b").search("no delay")


def every_sought() -> list[Sought]:
    """The expressions that nlpkit looks for in this way."""
    found = [kind.pattern for kind in cues._kinds()] + [cues._quantifiers()]
    found += [pattern for _, pattern in stages._phrases()]
    found += [value for value in vars(references).values() if isinstance(value, Sought)]
    found += [facts._heads(*key) for key in (("documents", "heads"), ("bodies", "heads"))]
    found += [facts._heads("bodies", "weak_heads"), facts._body_names()]
    found += [facts._pattern("documents", key) for key in ("surveys", "audits", "identifiers", "live")]
    found += [facts._pattern("bodies", key) for key in ("scrutineers", "scrutiny")]
    found += [idioms(name) for name in lexicon("status_weights")["patterns"]]
    found += [expression(name) for name in lexicon("evidence_words")["patterns"]]
    return found


def test_the_needles_that_travel_with_nlpkit_are_those_of_its_expressions() -> None:
    read = {
        needles.needles_key(sought._source, sought._flags): sorted(
            needles.needles(sought._source, sought._flags) or ()
        )
        for sought in every_sought()
    }
    lines = [f"{json.dumps(key)}: {json.dumps(read[key], ensure_ascii=False)}" for key in sorted(read)]
    text = "{\n" + ",\n".join(lines) + "\n}\n"
    if os.environ.get("UPDATE_NEEDLES"):
        needles._FILE.write_text(text, encoding="utf8")
    assert needles._FILE.read_text(encoding="utf8") == text, "run this test with UPDATE_NEEDLES=1"


def test_an_expression_of_ones_own_is_read_when_first_looked_for() -> None:
    assert needles.needles_key(r"\bwombats?\b") not in needles._read_before()
    assert Sought(r"\bwombats?\b")._needed == {"wombat"}


def test_every_expression_of_the_room_finds_what_it_finds_unguarded(project: Path) -> None:
    lines = (project / "corpora" / "updates" / "starter.jsonl").read_text(encoding="utf8").splitlines()
    texts = [str(json.loads(line)["update"]) for line in lines]
    sentences = list(dict.fromkeys(t[a:b] for t in texts for a, b in split_sentences(t)))
    sentences += [s.upper() for s in sentences[::7]]
    every = every_sought()
    guarded = 0
    for sought in every:
        guarded += sum(not sought.may_match(sentence) for sentence in sentences)
        spans = [[m.span() for m in sought.finditer(sentence)] for sentence in sentences]
        assert spans == [[m.span() for m in sought.pattern.finditer(sentence)] for sentence in sentences]
    assert guarded > 0.6 * len(every) * len(sentences)  # or it is all for nothing


def test_beginnings_of_letters_that_ignore_case_in_their_own_way() -> None:
    assert {"set ", "is "} <= beginnings("ſet İs")
    assert set(chain.from_iterable(beginnings("…!"))) == set()
