"""nlpkit in a spaCy pipeline: what it sets, that it says what scoring says, and that it is found."""

from __future__ import annotations

import pandas as pd
import pytest
import spacy
from spacy.language import Language
from spacy.tokens import Doc

import nlpkit
from nlpkit.spacy_component import EXTENSIONS, NAME

TEXTS = [
    "The helpline opened on 4 April 2024. It received 23 reports by June. A review will follow in 2025.",
    "Work on the store has stalled and no date has been set.",
    "We have decided not to adopt the standard.",
]


@pytest.fixture
def nlp() -> Language:
    made = spacy.blank("en")
    made.add_pipe(NAME, config={"learned": False, "as_of": "2024-09"})
    return made


def test_it_sets_what_scoring_says(nlp: Language) -> None:
    docs = list(nlp.pipe(TEXTS))
    scored = nlpkit.score(pd.DataFrame({"update": TEXTS}), catalogue=None, as_of="2024-09")
    for doc, (_, row) in zip(docs, scored.iterrows(), strict=True):
        for name in EXTENSIONS:
            if (column := name.removeprefix("nlpkit_")) in row.index:
                assert doc._.get(name) == row[column], name
    assert docs[2]._.nlpkit_status == "declined"


def test_sentences_and_facts_are_marked_where_they_stand(nlp: Language) -> None:
    doc = nlp(TEXTS[0])
    assert doc._.nlpkit_stages == ["done", "done", "planned"]
    sentences = doc.spans["nlpkit_sentences"]
    assert [(span.text, span.label_) for span in sentences] == [
        ("The helpline opened on 4 April 2024.", "done"),
        ("It received 23 reports by June.", "done"),
        ("A review will follow in 2025.", "planned"),
    ]
    facts = {(span.text, span.label_) for span in doc.spans["nlpkit_facts"]}
    assert ("4 April 2024", "date_done") in facts and any("23 reports" in text for text, _ in facts)


def test_one_by_one_or_together_in_any_batch(nlp: Language) -> None:
    alone = [nlp(text) for text in TEXTS]
    for size in (1, 2, 50):
        for one, other in zip(alone, nlp.pipe(TEXTS, batch_size=size), strict=True):
            assert other._.nlpkit_status_probabilities == one._.nlpkit_status_probabilities
            assert other._.nlpkit_stages == one._.nlpkit_stages


def test_what_else_is_known_is_taken_into_account(nlp: Language) -> None:
    text = "The policy is being written."
    doc = nlp.make_doc(text)
    context = {"due_date": "2024-01-31", "recommendation": "Write a policy.", "as_of": "2024-08"}
    doc._.nlpkit_context = context | {"row_id": "same"}
    plain, late = nlp(text), nlp(doc)
    scored = nlpkit.score(pd.DataFrame([{"update": text, **context}]), catalogue=None).iloc[0]
    assert late._.nlpkit_status_probabilities == scored["status_probabilities"]
    # the deadline has gone by
    at_risk = [one._.nlpkit_status_probabilities["at_risk"] for one in (plain, late)]
    assert at_risk[1] > at_risk[0] + 0.2
    doc._.nlpkit_context = {"deadline": "2024-01-31"}
    with pytest.raises(ValueError, match="'deadline', which is no column"):
        nlp(doc)


def test_nothing_and_white_space_are_documents_too(nlp: Language) -> None:
    for doc in nlp.pipe(["", "  \n"]):
        assert (
            doc._.nlpkit_status == "unclear"
            and doc._.nlpkit_stages == []
            and len(doc.spans["nlpkit_facts"]) == 0
        )


def test_it_survives_bytes_and_a_saved_pipeline(nlp: Language, tmp_path: object) -> None:
    doc = nlp(TEXTS[0])
    again = Doc(nlp.vocab).from_bytes(doc.to_bytes())
    assert (
        again._.nlpkit_status == doc._.nlpkit_status
        and again._.nlpkit_evidence_why == doc._.nlpkit_evidence_why
    )
    assert [span.label_ for span in again.spans["nlpkit_sentences"]] == doc._.nlpkit_stages
    nlp.to_disk(str(tmp_path))
    loaded = spacy.load(str(tmp_path))
    assert loaded.get_pipe(NAME).as_of == "2024-09" and loaded.get_pipe(NAME).learned is False
    assert loaded(TEXTS[1])._.nlpkit_status == nlp(TEXTS[1])._.nlpkit_status


@pytest.mark.slow
def test_the_learned_model_judges_unless_told_otherwise() -> None:
    made = spacy.blank("en")
    made.add_pipe(NAME)
    scored = nlpkit.score(pd.DataFrame({"update": TEXTS}))
    docs = list(made.pipe(TEXTS))
    assert [doc._.nlpkit_status_probabilities for doc in docs] == scored["status_probabilities"].tolist()
