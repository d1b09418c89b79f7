"""Words that a match must hold: never one too many, and found whatever the form of the expression."""

from __future__ import annotations

import json
import os
import random
import re
from collections.abc import Iterable
from pathlib import Path

import pytest

from nlpkit.analysis import views
from nlpkit.analysis.outcomes import expression
from nlpkit.analysis.views import idioms, troubles
from nlpkit.language import cues, facts, needles, references, stages
from nlpkit.language.needles import Each, Sought, ways, ways_key
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
    r"\b(?:work|12)s?\b[^.]{0,9}\b(?:not|yet)\b",
    r"\b[£\d]2(?!\d)",
    r"\b(?:signed|set)(?: off|\w* up|)\b",
    r"(?<!\w)1[\d,]* (?:of|work)\B",
    r"\b(?:no|not)[ -](?:work|\d)(?:s\b|)",
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
    "٤2",
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


def words(found: Iterable[Iterable[Iterable[str]]]) -> list[list[list[str]]]:
    return sorted([sorted(need) for need in way] for way in found)


@pytest.mark.parametrize(
    ("source", "needed"),
    [
        (r"\bdelay(?:s|ed)?\b", [[{"delay ", "delays", "delaye"}]]),
        (r"\b(?:resigned|withdrew)\b", [[{"resign", "withdr"}]]),
        (r"\bno\s+longer\b", [[{"longer"}, {"no "}]]),
        (r"\b(?:on hold|left|in place)\b", [[{"left "}], [{"hold "}, {"on "}], [{"place "}, {"in "}]]),
        (
            r"\b(?:lead|officer)s?\b[^.]{0,9}\b(?:moved\s+on\b|left\b)",
            [
                [{"moved "}, {"lead ", "leads ", "office"}, {"on "}],
                [{"left "}, {"lead ", "leads ", "office"}],
            ],
        ),
        (r"\bas\b", [[{"as "}]]),
        (r"\bto [£\d]", [[{"to "}]]),
        (r"\b[£\d]+ saved", [[{"saved"}]]),
        (r"\b\d\d\s*%", [[{"00 "}]]),
        (r"\d+\s*%", []),
        (r"held back|\d+", []),
        (r"(?:re)?view", []),
    ],
)
def test_what_is_needed(source: str, needed: list[list[set[str]]]) -> None:
    assert words(ways(source)) == words(needed)


def test_of_many_ways_a_match_still_needs_something() -> None:
    many = "|".join(f"{chr(97 + k)}x {chr(97 + k)}y" for k in range(20))
    source = rf"\b(?:{many}) (?:{many})\b"
    found = ways(source)
    assert 0 < len(found) <= needles._WAYS
    assert Sought(source).search("It says cx cy dx dy.")
    assert not Sought(source).may_match("It says qy zz.")


def test_without_pythons_own_reader_every_search_is_made(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(needles, "_parser", None)
    assert ways(r"\bwombat\b") == ()
    assert Sought(r"\bwombat\b").may_match("on time")
    assert Sought(r"\bwombat\b").search("no wombat")


def test_many_expressions_apart_find_what_they_would_as_alternatives() -> None:
    apart = troubles()
    together = re.compile("|".join(f"(?:{one._source})" for one in apart._sought), re.IGNORECASE)
    texts = [
        "",
        "All is well.",
        "Two trainers left and the supplier could not say when; the date was missed.",
    ]
    texts += [
        f"We had hoped for more time, but {one} the budget is unlikely." for one in ("", "staff left and")
    ]
    found = [apart.search(text) for text in texts]
    assert [match and match.span() for match in found] == [
        match and match.span() for match in map(together.search, texts)
    ]
    assert sum(match is not None for match in found) == 3


def every_sought() -> list[Sought]:
    """The expressions that nlpkit looks for in this way."""
    found = [kind.pattern for kind in cues._kinds()] + [cues._quantifiers()]
    found += [pattern for _, pattern in stages._phrases()]
    for module in (facts, references, views):
        found += [value for value in vars(module).values() if isinstance(value, Sought)]
    found += [facts._heads(*key) for key in (("documents", "heads"), ("bodies", "heads"))]
    found += [facts._heads("bodies", "weak_heads"), facts._body_names()]
    found += [facts._pattern("documents", key) for key in ("surveys", "audits", "identifiers", "live")]
    found += [facts._pattern("bodies", key) for key in ("scrutineers", "scrutiny")]
    found += [idioms(name) for name in lexicon("status_weights")["patterns"] if name != "trouble"]
    found += troubles()._sought
    found += [expression(name) for name in lexicon("evidence_words")["patterns"]]
    return found


def written() -> str:
    """What ``needles.json`` should hold: needs, and the ways of each expression as places among them."""
    read = {ways_key(one._source, one._flags): ways(one._source, one._flags) for one in every_sought()}
    needs = sorted({tuple(sorted(need)) for found in read.values() for way in found for need in way})
    place = {need: k for k, need in enumerate(needs)}
    lines = [json.dumps(need, ensure_ascii=False) for need in needs]
    told = {key: [[place[tuple(sorted(need))] for need in way] for way in read[key]] for key in sorted(read)}
    held = [f"{json.dumps(key)}: {json.dumps(found)}" for key, found in told.items()]
    return '{"needs": [\n' + ",\n".join(lines) + '\n], "ways": {\n' + ",\n".join(held) + "\n}}\n"


def test_the_needles_that_travel_with_nlpkit_are_those_of_its_expressions() -> None:
    text = written()
    if os.environ.get("UPDATE_NEEDLES"):
        needles._FILE.write_text(text, encoding="utf8")
    assert needles._FILE.read_text(encoding="utf8") == text, "run this test with UPDATE_NEEDLES=1"


def test_an_expression_of_ones_own_is_read_when_first_looked_for() -> None:
    source = r"\b(?:wombats?|quokkas? asleep)\b"
    assert ways_key(source) not in needles._known().ways
    sought, before = Sought(source), needles._known().index
    assert not sought.may_match("No quokka here.")
    assert sought.may_match("Quokka, asleep")
    assert before.met("Wombats") == 0
    assert needles._known().index.met("Wombats") != 0


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


def test_letters_that_ignore_case_in_their_own_way() -> None:
    assert Sought(r"\bset is\b").may_match("ſet İs")
    assert not Sought(r"\bset is\b").may_match("…!")


def test_of_several_those_are_likely_that_may_match() -> None:
    sought = [Sought(rf"\b{word}\b") for word in ("on hold", "delayed", r"\d+", "in place", ".*")]
    for text in ("It is on hold.", "Delayed by 3 weeks, now in place", "", "Nothing."):
        assert Each(sought).likely(text) == [k for k, one in enumerate(sought) if one.may_match(text)]
