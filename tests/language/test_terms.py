"""Words are compared without endings, function words, dates and counts."""

from __future__ import annotations

import doctest

import pytest

from nlpkit.language import acronyms, terms
from nlpkit.language.terms import content_terms, stem


@pytest.mark.parametrize(
    "forms",
    [
        ["policy", "policies"],
        ["investigate", "investigation", "investigations", "investigating", "investigator"],
        ["assess", "assesses", "assessment", "assessments"],
        ["manage", "manager", "managers", "management", "managing"],
        ["culture", "cultures", "cultural"],
        ["notify", "notified", "notification", "notifications"],
        ["plan", "plans", "planned", "planning"],
        ["case", "cases"],
        ["watch", "watches"],
        ["value", "values", "valued"],
    ],
)
def test_forms_of_a_word_are_one(forms: list[str]) -> None:
    assert len({stem(word) for word in forms}) == 1, [stem(word) for word in forms]


@pytest.mark.parametrize(
    ("one", "other"),
    [("police", "policy"), ("station", "state"), ("bus", "business"), ("university", "universe")],
)
def test_other_words_stay_apart(one: str, other: str) -> None:
    assert stem(one) != stem(other)


def test_function_words_dates_and_counts_are_left_out() -> None:
    found = [
        word for _, word in content_terms("By 1 June 2031 the 14 crews’ 360-degree feedback was in the log")
    ]
    assert found == ["june", "crews", "360", "degree", "feedback", "log"]


def test_the_examples_in_the_documentation() -> None:
    for module in (terms, acronyms):
        assert doctest.testmod(module).failed == 0
