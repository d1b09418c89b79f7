"""Sentences of texts that a table has damaged; nothing may be lost."""

from __future__ import annotations

import random
import re

import pytest

from nlpkit.language.sentences import LONGEST, split_sentences


def _pieces(text: str) -> list[str]:
    return [text[start:end] for start, end in split_sentences(text)]


@pytest.mark.parametrize(
    ("text", "pieces"),
    [
        (
            "• Policy written • Staff trained • Tool tested",
            ["• Policy written", "• Staff trained", "• Tool tested"],
        ),
        ("Work is done - Staff trained - Posters up", ["Work is done", "- Staff trained", "- Posters up"]),
        ("- a first item\n- a second item", ["- a first item", "- a second item"]),
        ("o First o Second", ["o First", "o Second"]),
        (
            "1. First thing done. 2. Second thing planned.",
            ["1. First thing done.", "2. Second thing planned."],
        ),
        (
            "The form (e.g. No. 5) was approved by Dr. Smith on 30 th November 2020. It is live.",
            ["The form (e.g. No. 5) was approved by Dr. Smith on 30 th November 2020.", "It is live."],
        ),
        ("Revised SI 0069 was issued. 17.83% are women", ["Revised SI 0069 was issued.", "17.83% are women"]),
        ("one is live; two are drafted", ["one is live;", "two are drafted"]),
        ("Progress: The tool is live.", ["Progress:", "The tool is live."]),
        ("Wellbeing: including advice", ["Wellbeing: including advice"]),
        (
            "The policy has been\nlaunched across\nthe county.\nStaff trained",
            ["The policy has been\nlaunched across\nthe county.", "Staff trained"],
        ),
        ("It ended.The next began.", ["It ended.", "The next began."]),
        ("See www.example.org. The site works.", ["See www.example.org.", "The site works."]),
        (
            "All staff have been trained The team is in place",
            ["All staff have been trained", "The team is in place"],
        ),
        (
            "The survey closed in May 2020 Results were shared with staff",
            ["The survey closed in May 2020", "Results were shared with staff"],
        ),
        (
            "Engagement rose to 88% (from 40% in 2018) Sickness has fallen",
            ["Engagement rose to 88% (from 40% in 2018)", "Sickness has fallen"],
        ),
        (
            "None were recorded as such The 4 cases which remain were closed",
            ["None were recorded as such", "The 4 cases which remain were closed"],
        ),
        ("P. Jones led it. St. Anne's took part", ["P. Jones led it.", "St. Anne's took part"]),
        ("The answer was no. The board agreed.", ["The answer was no.", "The board agreed."]),
        ("Posters, leaflets etc. The board agreed.", ["Posters, leaflets etc.", "The board agreed."]),
    ],
)
def test_split(text: str, pieces: list[str]) -> None:
    assert _pieces(text) == pieces


@pytest.mark.parametrize(
    "text",
    [
        "In April 2023 Managers were briefed on it",
        "The 2020 Staff survey was completed",
        "It has been agreed that Control will lead",
        "16 January 2023 – presentation at briefing",
        "A similar plan (non-uniformed) Training Needs review has been completed",
        "The Making A Difference programme is embedded.",
        "approx. 20 staff of St. Mary’s",
        "in line with the model (see Fig. 2) and the code",
    ],
)
def test_left_whole(text: str) -> None:
    assert _pieces(text) == [text]


@pytest.mark.parametrize(
    ("text", "pieces"),
    [
        ("Kits bought - Crews trained - Boats checked", 3),
        ("Kits bought - Crews are trained", 1),
        ("– Kits bought – Crews trained", 2),
        ("Kits bought – Crews trained – Boats checked", 1),
        ("o Kits bought o Crews trained * Boats checked", 2),
    ],
)
def test_marks_within_a_line_open_items_where_they_come_twice(text: str, pieces: int) -> None:
    assert len(split_sentences(text)) == pieces


def test_nothing_but_space() -> None:
    assert split_sentences("") == split_sentences(" \n\t ") == []


def test_every_character_lies_in_one_sentence() -> None:
    """Random texts made of what breaks splitters."""
    parts = (
        "• ", "- ", " – ", "o ", "; ", ": ", ". ", ".", "! ", "\n", "\n\n", "  ", "The ", "policy ", "was ", "approved", "No. ",
        "5", "e.g. ", "2021 ", "Results ", "were ", "(see ", ") ", "“", "” ", "‘", "’ ", "17.8% ", "A ", "new ", "1. ", "a) ", "St. ", "…",
    )  # fmt: skip
    chance = random.Random(20240331)
    for _ in range(400):
        text = "".join(chance.choice(parts) for _ in range(chance.randint(1, 40)))
        spans = split_sentences(text)
        covered = [k for start, end in spans for k in range(start, end)]
        assert len(covered) == len(set(covered)), text
        assert {k for k, mark in enumerate(text) if not mark.isspace()} <= set(covered), text
        assert all(text[start:end] == text[start:end].strip() != "" for start, end in spans), text
        assert spans == sorted(spans)


def test_long_runs_of_marks_take_no_time() -> None:
    for text in (" " * 20_000, "No. " * 5_000, "(" * 5_000, "- A " * 4_000, "\n \n" * 5_000):
        split_sentences(text)


@pytest.mark.parametrize(
    ("text", "parts"),
    [
        ("We met the deadline of 1 May and are now testing it.", 1),
        ("The crews finish by 30 September and will then move.", 1),
        ("The pilot opened on the 3rd March and is running well.", 1),
        ("The team hired 12\nMarch saw a new start.", 2),
        ("The team meets on 12\nMarch 2024 to agree the plan.", 1),
        ("The cost was agreed in phase 1. May is the next review.", 2),
    ],
)
def test_no_break_within_a_date(text: str, parts: int) -> None:
    assert len(split_sentences(text)) == parts


@pytest.mark.parametrize("piece", ["word ", "x", " •", "(", "- ", "The board has been meeting and "])
def test_unbroken_passages_are_parted(piece: str) -> None:
    text = piece * (9000 // len(piece))
    spans = split_sentences(text)
    assert max(end - start for start, end in spans) <= LONGEST
    kept = "".join(text[start:end] for start, end in spans)
    assert re.sub(r"\s", "", kept) == re.sub(r"\s", "", text)
    if piece == "word ":
        assert {text[start:end][:4] for start, end in spans} == {"word"}, "words stay whole"
        assert {text[start:end][-4:] for start, end in spans} == {"word"}
