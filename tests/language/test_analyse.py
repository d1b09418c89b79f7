"""The door of the language room: offsets, dates by clause, one tagging per sentence, determinism."""

from __future__ import annotations

import random
import subprocess
import sys
import time
from collections.abc import Sequence
from datetime import date
from pathlib import Path

import pytest

from nlpkit import language
from nlpkit.language import TextAnalysis, analyse, dated, tagging

EXAMPLES = [
    line.split("\t")[2]
    for line in Path(__file__).with_name("stage_examples.tsv").read_text(encoding="utf8").splitlines()[1:]
]


def _texts(count: int, seed: int = 7) -> list[str]:
    chance = random.Random(seed)
    joints = (" ", "\n", " • ", "; ", " - ")
    return [chance.choice(joints).join(chance.sample(EXAMPLES, chance.randint(1, 6))) for _ in range(count)]


def _spans(analysis: TextAnalysis) -> list[tuple[str, int, int]]:
    spans = []
    for sentence in analysis.sentences:
        spans.append((sentence.text, sentence.start, sentence.end))
        parts = [*sentence.cues, *sentence.dates, *sentence.facts, *sentence.references]
        if sentence.stage_cue is not None:
            parts.append(sentence.stage_cue)
        for part in parts:
            assert sentence.start <= part.start < part.end <= sentence.end
            spans.append((part.text, part.start, part.end))
    return spans


def test_offsets_are_into_the_text() -> None:
    texts = _texts(60)
    for text, analysis in zip(texts, analyse(texts, as_of=[date(2024, 3, 31)] * 60), strict=True):
        assert analysis.text == text
        for found, start, end in _spans(analysis):
            assert text[start:end] == found


def test_dates_resolve_by_the_clause_they_stand_in() -> None:
    text = "The tool was tested in May. It will be launched in May. Drafted in June and due to be published in June."
    (analysis,) = analyse([text], as_of=[date(2024, 3, 31)])
    assert [d.earliest for s in analysis.sentences for d in s.dates] == [
        date(2023, 5, 1),
        date(2024, 5, 1),
        date(2023, 6, 1),
        date(2024, 6, 1),
    ]
    (undated,) = analyse([text])
    assert [d for s in undated.sentences for d in s.dates] == []


def test_the_same_text_at_two_times() -> None:
    early, late = analyse(["Launched in May."] * 2, as_of=[date(2021, 6, 30), date(2024, 6, 30)])
    assert [a.sentences[0].dates[0].earliest.year for a in (early, late)] == [2021, 2024]


def test_each_distinct_sentence_is_tagged_once(monkeypatch: pytest.MonkeyPatch) -> None:
    calls: list[Sequence[str]] = []
    real = tagging.tag_sentences

    def counting(sentences: Sequence[str]) -> list[list[tagging.Token]]:
        calls.append(sentences)
        return real(sentences)

    monkeypatch.setattr(language, "tag_sentences", counting)
    sentences = EXAMPLES[:300]
    texts = [" ".join(f"{s.rstrip('.')}." for s in sentences[k : k + 10]) for k in range(0, 300, 10)]
    analyse(texts * 3)
    assert len(calls) == 1
    assert len(calls[0]) == len(set(calls[0])) <= 330


def test_order_and_company_change_nothing() -> None:
    texts = _texts(30)
    together = dict(zip(texts, analyse(texts), strict=True))
    backwards = dict(zip(texts[::-1], analyse(texts[::-1]), strict=True))
    assert together == backwards
    assert all(analyse([text]) == [together[text]] for text in texts[:5])


def test_hash_seed_changes_nothing() -> None:
    program = (
        "from nlpkit.language import analyse\n"
        "print(analyse(['All 14 staff at the Culture Board were trained in May 2023, but work is on hold; see 5 above.']))"
    )
    runs = {
        subprocess.run(
            [sys.executable, "-c", program],
            env={"PYTHONHASHSEED": seed, "PATH": ""},
            capture_output=True,
            text=True,
            check=True,
        ).stdout
        for seed in ("1", "2")
    }
    assert len(runs) == 1 and "training_done" in runs.pop()


def test_empty_and_odd_texts() -> None:
    assert [a.sentences for a in analyse(["", "  \n "])] == [(), ()]
    assert analyse([]) == []
    for text in ("...", "•", "N/a", "£££", "🚒 done", "a" * 5000):
        (analysis,) = analyse([text])
        assert analysis.text == text


def test_as_of_must_fit() -> None:
    with pytest.raises(ValueError, match="1 dates for 2 texts"):
        analyse(["a", "b"], as_of=[None])


def test_import_is_cheap_and_spacy_brings_no_torch() -> None:
    program = (
        "import sys, nlpkit.language\n"
        "assert not {'spacy', 'torch', 'sklearn'} & set(sys.modules), 'heavy import'\n"
        "nlpkit.language.analyse(['The tool was tested.'])\n"
        "assert 'spacy' in sys.modules and 'torch' not in sys.modules\n"
    )
    subprocess.run([sys.executable, "-c", program], check=True)


@pytest.mark.parametrize(
    "piece", ["1 ", "(", '"', "a 1 B ", "1 May 2024, ", "recommendation 3, 4 and ", " •", "[ "]
)
def test_long_texts_are_read_in_time(piece: str) -> None:
    analyse(["Warm up."])
    text = piece * (60_000 // len(piece))
    started = time.process_time()
    analysis = analyse([text])[0]
    assert time.process_time() - started < 10
    assert analysis.text == text


def test_dates_are_the_same_where_nothing_else_is_read() -> None:
    texts = [
        *_texts(40),
        "We will open it in June.",
        "It opened in June.\n- next review: May",
        "By 1 May 2023.",
    ]
    when: list[date | None] = [date(2023, 3, 31)] * (len(texts) - 1) + [None]
    whole, only = analyse(texts, as_of=when), dated(texts, as_of=when)
    assert sum(len(s.dates) for one in whole for s in one.sentences) > 10
    for one, other in zip(whole, only, strict=True):
        assert [(s.text, s.start, s.end, s.dates) for s in one.sentences] == [
            (s.text, s.start, s.end, s.dates) for s in other.sentences
        ]
    assert not any(s.cues or s.facts or s.stage_cue for one in only for s in one.sentences)
