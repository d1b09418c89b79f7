"""The quick tagger tags as spaCy does, whatever stands beside a sentence, or it is not used."""

from __future__ import annotations

import json
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from nlpkit.language import tagger, tagging
from nlpkit.language.sentences import split_sentences


@pytest.fixture(scope="module")
def sentences(project: Path) -> list[str]:
    lines = (project / "corpora" / "updates" / "starter.jsonl").read_text(encoding="utf8").splitlines()
    texts = [str(json.loads(line)["update"]) for line in lines]
    found = list(dict.fromkeys(t[a:b] for t in texts for a, b in split_sentences(t)))
    return [*found, "", " ", "\n", "x" * 500, "A", "•", "ΩÅ 漢字 🚒", "a" + " b" * 900]


def by_spacy(sentences: list[str], monkeypatch: pytest.MonkeyPatch) -> list[tagging.Tagged]:
    with monkeypatch.context() as patched:
        patched.setattr(tagging, "_quick_tagger", lambda: None)
        return tagging._tagged(sentences)


def test_the_tags_are_spacys(sentences: list[str], monkeypatch: pytest.MonkeyPatch) -> None:
    assert tagging._quick_tagger() is not None
    assert tagging._tagged(sentences) == by_spacy(sentences, monkeypatch)


def test_a_sentence_is_tagged_alike_in_any_company(sentences: list[str]) -> None:
    some = sentences[::9]
    assert [tagging._tagged([sentence])[0] for sentence in some] == tagging._tagged(some)
    assert tagging._tagged(some[::-1])[::-1] == tagging._tagged(some)


def test_threads_do_not_get_into_each_others_words(sentences: list[str]) -> None:
    parts = [sentences[k::7] for k in range(7)]
    wanted = [tagging._tagged(part) for part in parts]
    quick = tagging._quick_tagger()
    assert quick is not None
    quick._forget(0)
    with ThreadPoolExecutor(7) as pool:
        assert list(pool.map(tagging._tagged, parts)) == wanted


def test_what_is_known_of_words_is_bounded(sentences: list[str], monkeypatch: pytest.MonkeyPatch) -> None:
    quick = tagging._quick_tagger()
    assert quick is not None
    before = tagging._tagged(sentences[:40])
    monkeypatch.setattr(tagger, "_KNOWN_WORDS", 5)
    assert tagging._tagged(sentences[:40]) == before
    assert tagging._tagged(sentences[:1]) == before[:1]
    assert len(quick._rows) < 100


def test_another_pipeline_is_left_to_spacy() -> None:
    import spacy

    assert tagger.numpy_tagger(spacy.blank("en")) is None
    model = tagging._tagger()
    assert tagger.numpy_tagger(model) is not None
    with model.select_pipes(disable="tagger"):
        assert tagger.numpy_tagger(model) is None


def test_a_tagger_whose_tags_differ_is_not_used(monkeypatch: pytest.MonkeyPatch) -> None:
    real = tagger.NumpyTagger.tags
    monkeypatch.setattr(
        tagger.NumpyTagger, "tags", lambda self, docs: [["NN"] * len(tags) for tags in real(self, docs)]
    )
    assert tagger.numpy_tagger(tagging._tagger()) is None
