"""Ideas are found whatever the wording, and not in words that only look alike."""

from __future__ import annotations

import pytest

from nlpkit.language.concepts import concept_names, concepts


@pytest.mark.parametrize(
    ("text", "idea", "words"),
    [
        ("Those who came forward were heard.", "people who raised a concern", "came forward"),
        ("Support for people who spoke up is poor.", "people who raised a concern", "spoke up"),
        ("Staff can ring without giving their name.", "confidential", "without giving their name"),
        ("The Whistle-blowing policy was read out.", "reporting route", "Whistle-blowing"),
        ("All EqIAs are published.", "impact assessment", "EqIAs"),
        ("Posts for green book colleagues", "support staff", "green book"),
        ("Watch managers were rated by their crews.", "rounded feedback", "rated by"),
        ("A welfare contact helps witnesses.", "all sides", "witnesses"),
        ("Jobs were advertised outside the sector.", "outside candidates", "outside the sector"),
    ],
)
def test_an_idea_is_found_with_its_words(text: str, idea: str, words: str) -> None:
    assert concepts(text)[idea] == words


@pytest.mark.parametrize(
    ("text", "idea"),
    [
        ("The wording of the policy is clear.", "police"),
        ("Environmental impact assessments are done for buildings.", "impact assessment"),
        ("Public confidence has grown.", "confidential"),
        ("The representative bodies agreed.", "under-represented people"),
        ("", "grievance"),
    ],
)
def test_words_that_look_alike_are_not_the_idea(text: str, idea: str) -> None:
    assert idea in concept_names()
    assert idea not in concepts(text)


def test_up_to_four_words_may_stand_between() -> None:
    assert "confidential" in concepts("They rang without saying what their name was.")
    assert "confidential" not in concepts("They rang without any of us ever having heard the name.")


def test_ideas_come_in_the_order_of_the_file() -> None:
    found = list(concepts("A survey of women on the watch found that the police and directors agree."))
    assert found == [name for name in concept_names() if name in found] and len(found) >= 4
