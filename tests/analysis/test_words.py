from __future__ import annotations

from nlpkit.analysis.words import Vocabulary, shared_spans, word_novelty

OLD = "Twelve supervisors completed the coaching diploma run with Tarn College."


def test_words_know_their_places_and_sentences() -> None:
    text = "The brigade’s vans (4.3 tonnes) left.\nCrews stayed. • Done"
    words = Vocabulary().words(text)
    assert [text[a:b] for a, b in zip(words.starts, words.ends, strict=True)] == [
        *("The", "brigade’s", "vans", "4", "3", "tonnes", "left", "Crews", "stayed", "Done")
    ]
    sentences = [words.sentence.count(n) for n in dict.fromkeys(words.sentence)]
    assert sentences == [7, 2, 1]
    assert words.total == 10


def test_case_and_apostrophes_do_not_matter_and_ignored_words_do_not_count() -> None:
    vocabulary = Vocabulary()
    one, two = vocabulary.words("The Brigade’s VANS"), vocabulary.words("the brigade's vans")
    assert one.ids == two.ids
    aside = vocabulary.words("the brigade's vans", [(0, 13)])
    assert list(aside.counted) == [False, False, True]
    assert vocabulary.words("the brigade's vans").total == 3


def test_shared_spans() -> None:
    asked = "check every hydrant in rural parishes once a year"
    text = f"We will Check every hydrant, in rural parishes. {OLD}"
    assert [text[a:b] for a, b in shared_spans(text, asked)] == ["Check every hydrant, in rural parishes"]
    assert shared_spans(text, "every hydrant in towns") == []
    assert shared_spans("", asked) == []


def test_word_novelty() -> None:
    assert word_novelty(OLD, []) == 1.0
    assert word_novelty(OLD, [OLD]) == 0.0
    half = word_novelty(f"{OLD} Nine more begin the ladder course at Stell Bridge in the autumn.", [OLD])
    assert 0.5 < half < 0.65
    assert word_novelty("Nearly done.", ["Nearly finished"]) == 0.5
    assert word_novelty("", [OLD]) == 0.0


def test_each_word_stands_in_the_sentence_that_the_breaks_before_it_tell() -> None:
    text = "One two. Three! • Four\nfive; six? Seven eight."
    words = Vocabulary().words(text)
    assert list(words.sentence) == [0, 0, 1, 3, 4, 5, 6, 6]
    assert list(Vocabulary().words("• One").sentence) == [1]
    assert list(Vocabulary().words("...").sentence) == []


def test_what_is_shared_is_found_once_and_may_be_added_to() -> None:
    vocabulary = Vocabulary()
    asked, told = "Check every hydrant each year.", "We check every hydrant each year, in May."
    spans = shared_spans(told, asked, vocabulary)
    assert spans == shared_spans(told, asked) == [(3, 32)]
    spans.append((0, 1))
    assert shared_spans(told, asked, vocabulary) == [(3, 32)]
    assert shared_spans(told, asked, vocabulary, least=6) == []
    assert shared_spans(told, "Train crews.", vocabulary) == shared_spans("", asked, vocabulary) == []
