"""Acronyms are taken from the document's own definitions, then from the sector's."""

from __future__ import annotations

import time

import pytest

from nlpkit.language.acronyms import defined_acronyms, sector_acronyms, write_out


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("New Equality Impact Assessments (EIA).", {"EIA": "Equality Impact Assessments"}),
        ("the Working Time Directive (WTD) and Opt Outs", {"WTD": "Working Time Directive"}),
        ("a Code of Conduct (CoC) for all", {"CoC": "Code of Conduct"}),
        ("Terms of Reference (ToR)", {"ToR": "Terms of Reference"}),
        ("Community Risk Plans (CRPs)", {"CRPs": "Community Risk Plans"}),
        ("Learning & Development (L&D) team", {"L&D": "Learning & Development"}),
        ("the new system (HQ)", {}),
        ("we met the union (FBU)", {}),
        ("(EIA)", {}),
    ],
)
def test_definitions_are_recognised(text: str, found: dict[str, str]) -> None:
    assert defined_acronyms([text]) == found


def test_of_two_definitions_the_more_frequent_decides_whatever_the_order() -> None:
    texts = ["Blue Car Plan (BCP)", "Big Crew Pool (BCP)", "Big Crew Pool (BCP)"]
    assert defined_acronyms(texts) == defined_acronyms(texts[::-1]) == {"BCP": "Big Crew Pool"}
    assert defined_acronyms(texts[:2]) == defined_acronyms(texts[1::-1]) == {"BCP": "Big Crew Pool"}


def test_acronyms_are_written_out_as_whole_words() -> None:
    meanings = {"EIA": "impact assessment", "SLT": "leadership team"}
    assert write_out("SLT saw 3 EIAs; EIAX and eia stay.", meanings) == (
        "leadership team saw 3 impact assessment; EIAX and eia stay."
    )


def test_the_sector_has_subjects_and_actors() -> None:
    assert sector_acronyms("subjects")["EqIA"] == "equality impact assessment"
    assert "SLT" in sector_acronyms("actors") and "SLT" not in sector_acronyms("subjects")


def test_long_runs_of_words_take_no_time() -> None:
    start = time.perf_counter()
    defined_acronyms(["a-b " * 20_000 + "(ABC)" * 2_000, "Aa " * 20_000 + "(ZZ)"])
    assert time.perf_counter() - start < 5


def test_every_acronym_begins_with_a_capital() -> None:
    """They are looked for by it."""
    known = [word for kind in ("subjects", "actors") for word in sector_acronyms(kind)]
    assert known and all("A" <= word[0] <= "Z" for word in known)
