"""Staleness held against truth planted in the authored updates."""

from __future__ import annotations

import random
from collections.abc import Sequence
from datetime import date
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from planted_plans import Pointing, chained_plan, fact, joined, pointing_plan, promise
from planting import Copy, drawn, edited, overlap, passage_of, plant_copy, put_into

from nlpkit import features
from nlpkit.analysis import staleness
from nlpkit.analysis.repeats import Repeat, find_repeats
from nlpkit.language import analyse
from nlpkit.schema import conform

RATES = (0.0, 0.05, 0.1, 0.15, 0.2)
DAMAGES = ("moved", "whole", "wrapped", "reordered", "torn")
PARAPHRASES = [
    tuple(line.split("\t"))
    for line in (Path(__file__).parent / "paraphrases.tsv").read_text(encoding="utf8").splitlines()[1:]
]


def _judge(rows: Sequence[dict[str, Any]]) -> list[dict[str, Any]]:
    table = conform(pd.DataFrame(joined(rows)))
    judged = staleness.judge(table, features.compute(table))
    return pd.concat([table, judged], axis=1).to_dict("records")


# -- copies ----------------------------------------------------------------------------------


def _of_pair(copy: Copy, found: Sequence[Repeat]) -> list[Repeat]:
    return [r for r in found if {r.left, r.right} == {copy.source, copy.host}]


def _spans(place: int, found: Sequence[Repeat]) -> list[tuple[int, int]]:
    return [(r.left_start, r.left_end) if r.left == place else (r.right_start, r.right_end) for r in found]


@pytest.mark.parametrize("damage", DAMAGES)
def test_planted_copies_are_found_where_they_stand(damage: str) -> None:
    rng = random.Random(damage)
    found, overlaps, others = 0, [], 0
    copies = [plant_copy(rng, damage, rate) for rate in RATES for _ in range(30)]
    for copy in copies:
        repeats = find_repeats(copy.texts)
        mine = _of_pair(copy, repeats)
        others += len({(r.left, r.right) for r in repeats}) - bool(mine)
        if mine:
            found += 1
            host, source = copy.texts[copy.host], copy.texts[copy.source]
            overlaps.append(overlap(host, _spans(copy.host, mine), copy.span))
            overlaps.append(overlap(source, _spans(copy.source, mine), copy.source_span))
    assert found / len(copies) >= 0.98
    assert sum(overlaps) / len(overlaps) >= 0.90
    assert others <= 0.02 * len(copies), "pairs that nobody planted"


def test_copies_edited_by_a_fifth_are_found_and_placed() -> None:
    rng = random.Random(29)
    copies = [plant_copy(rng, damage, 0.2) for damage in DAMAGES for _ in range(30)]
    of_pairs = [(copy, _of_pair(copy, find_repeats(copy.texts))) for copy in copies]
    overlaps = [overlap(c.texts[c.host], _spans(c.host, mine), c.span) for c, mine in of_pairs if mine]
    assert len(overlaps) / len(copies) >= 0.98
    assert sum(overlaps) / len(overlaps) >= 0.90


def test_the_same_said_in_other_words_is_no_copy() -> None:
    assert len(PARAPHRASES) >= 60
    flagged = sum(bool(find_repeats(pair)) for pair in PARAPHRASES)
    assert flagged <= 0.02 * len(PARAPHRASES)
    # The same in a plan, as two actions each, and as an action's two periods.
    rows = [
        {"action_id": f"{n}{'ab'[side]}", "as_of": "2024-06", "update": text}
        for n, pair in enumerate(PARAPHRASES)
        for side, text in enumerate(pair)
    ]
    assert sum("repeat_other" in row["stale"] for row in _judge(rows)) <= 0.02 * len(PARAPHRASES)
    rows = [
        {"action_id": str(n), "as_of": when, "update": text}
        for n, pair in enumerate(PARAPHRASES)
        for when, text in zip(("2023-12", "2024-06"), pair, strict=True)
    ]
    assert sum("repeat_self" in row["stale"] for row in _judge(rows)) <= 0.02 * len(PARAPHRASES)


def test_copies_in_a_plan_are_told_with_their_places_in_both_texts() -> None:
    rng = random.Random(31)
    rows = [
        {"action_id": str(n), "as_of": "2024-06", "update": r["update"]} for n, r in enumerate(drawn(rng, 80))
    ]
    planted: dict[int, tuple[int, tuple[int, int], tuple[int, int]]] = {}
    for n in range(0, 80, 2):
        source = rows[n]["update"]
        span = passage_of(source, rng)
        copy = edited(source[slice(*span)], rng.choice(RATES), rng)
        rows[n + 1]["update"], there = put_into(rows[n + 1]["update"], copy, rng)
        planted[n + 1] = n, span, there
    judged = _judge(rows)
    right, overlaps = 0, []
    for n, (source, span, there) in planted.items():
        whys = [why for why in judged[n]["stale_why"] if why["kind"] == "repeat_other"]
        for why in whys:
            other = next(row for row in judged if row["row_id"] == why["of"])
            assert judged[n]["update"][why["start"] : why["end"]] == why["text"]
            assert other["update"][why["other_start"] : why["other_end"]] == why["other_text"]
            assert why["first"] == judged[source]["row_id"]
        if judged[n]["stale_refs"] == [str(source)]:
            right += 1
            overlaps.append(overlap(rows[n]["update"], [(w["start"], w["end"]) for w in whys], there))
            theirs = [(w["other_start"], w["other_end"]) for w in whys]
            overlaps.append(overlap(rows[source]["update"], theirs, span))
    assert right / len(planted) >= 0.98
    assert sum(overlaps) / len(overlaps) >= 0.90


@pytest.mark.parametrize("actions", [2, 3, 7])
def test_what_stands_under_many_actions_is_called_so(actions: int) -> None:
    rng = random.Random(actions)
    texts = [row["update"] for row in drawn(rng, 20)]
    boilerplate = (
        "All commanders in the district hold a valid certificate in incident command, checked each May."
    )
    rows = [
        {"action_id": str(n), "as_of": "2024-06" if n % 2 else "2023-12", "update": text}
        for n, text in enumerate(texts)
    ]
    chosen = sorted(rng.sample(range(20), actions))
    for n in chosen:
        rows[n]["update"], _ = put_into(rows[n]["update"], edited(boilerplate, 0.07, rng), rng)
    judged = _judge(rows)
    by_time = sorted(chosen, key=lambda n: (rows[n]["as_of"], n))
    later = [n for n in chosen if n != by_time[0]]
    for n in later:
        whys = [why for why in judged[n]["stale_why"] if why["kind"] == "repeat_other"]
        assert whys or rows[n]["as_of"] == "2023-12"
        for why in whys:
            assert why["first"] == judged[by_time[0]]["row_id"]
            assert why.get("note", "") == (f"stands under {actions} actions" if actions >= 3 else "")


def test_a_repeat_of_the_last_update_tells_where_it_stood_first() -> None:
    (told,) = drawn(random.Random(3), 1)
    whens = ("2023-06", "2023-12", "2024-06")
    texts = (told["update"], f"Since then: {told['update']}", f"Since then: {told['update']}")
    rows = [
        {"action_id": "4", "as_of": when, "update": text} for when, text in zip(whens, texts, strict=True)
    ]
    judged = _judge(rows)
    assert ["repeat_self" in row["stale"] for row in judged] == [False, True, True]
    (why,) = [why for why in judged[2]["stale_why"] if why["kind"] == "repeat_self"]
    assert (why["of"], why["first"]) == (judged[1]["row_id"], judged[0]["row_id"])
    assert judged[1]["update"][why["other_start"] : why["other_end"]] == why["other_text"]


# -- pointers --------------------------------------------------------------------------------


def _named(plan: Pointing, n: int) -> set[str]:
    return {plan.rows[target]["action_id"] for target in plan.named.get(n, [])}


def test_planted_pointers_are_resolved() -> None:
    rng = random.Random(51)
    right = total = unplanted = 0
    for plan in [pointing_plan(rng) for _ in range(12)]:
        for n, row in enumerate(_judge(plan.rows)):
            if n in plan.named:
                total += 1
                right += set(row["stale_refs"]) == _named(plan, n)
            else:
                unplanted += "pointer" in row["stale"]
    assert total >= 90
    assert right / total >= 0.95
    assert unplanted <= 0.02 * total


def test_chains_are_followed_to_their_end_and_circles_reported() -> None:
    rng = random.Random(53)
    right = total = 0
    for plan in [chained_plan(rng) for _ in range(8)]:
        judged = _judge(plan.rows)
        for n in plan.named:
            whys = [why for why in judged[n]["stale_why"] if why["kind"] == "pointer"]
            ends = [end for why in whys for end in why.get("leads_to", [])]
            circle = any("goes round in a circle" in why.get("note", "") for why in whys)
            wanted = [
                (judged[end]["action_id"], judged[end]["row_id"], judged[end]["update"])
                for end in plan.ends[n]
            ]
            total += 1
            right += (
                set(judged[n]["stale_refs"]) == _named(plan, n)
                and [(end["action"], end["of"], end["text"]) for end in ends] == wanted
                and circle == (not wanted)
            )
    assert right / total >= 0.95


def _leads(*updates: str) -> list[list[dict[str, Any]]]:
    rows = [{"action_id": str(n + 1), "as_of": "2024-06", "update": text} for n, text in enumerate(updates)]
    return [row["stale_why"] for row in _judge(rows)]


def test_a_chain_names_what_it_passes() -> None:
    told = "Nine crews were trained at the quarry in May, and the county replaced their boats."
    whys = _leads(told, "See 1 above.", "See 2 above.", "Please refer to 3.")
    assert whys[3][0]["leads_to"] == [
        {"action": "1", "of": "plan/1/2024-06", "text": told, "via": ["3", "2"]}
    ]
    assert whys[3][0]["note"] == "leads over 3, 2 to 1"
    assert "note" not in whys[1][0]


def test_a_target_that_tells_its_position_ends_the_chain() -> None:
    told = (
        "Nine crews were trained at the quarry in May, and the county replaced their boats. See also 1 above."
    )
    (why,) = _leads("The pier was painted by the harbour office in one week.", told, "See 2 above.")[2]
    assert [end["action"] for end in why["leads_to"]] == ["2"]


def test_a_chain_to_nothing_and_a_circle_say_so() -> None:
    whys = _leads("", "See 1 above.", "See 4 below.", "See 3 above.", "See 2 and 3 above.")
    assert whys[1][0]["note"] == "1 has no narrative"
    assert whys[2][0]["note"] == "goes round in a circle: 3 → 4 → 3"
    assert "leads_to" not in whys[2][0]
    assert (
        whys[4][0]["note"] == "leads over 2 to 1; 1 has no narrative; goes round in a circle: 5 → 3 → 4 → 3"
    )


def test_a_very_long_chain_is_given_up() -> None:
    whys = _leads("The pier was painted by the harbour office in one week.", *["As above."] * 120)
    assert whys[40][0]["leads_to"][0]["action"] == "1"
    assert "is not followed beyond" in whys[120][0]["note"]


def test_a_pointer_leads_to_the_row_of_its_own_period() -> None:
    rows = [
        {"action_id": action, "as_of": when, "update": text}
        for action, when, text in [
            ("1", "2023-12", "Nine crews were trained at the quarry in May of that year."),
            ("1", "2024-06", "The last crew was trained and the quarry lease was given up."),
            ("2", "2023-12", "See 1 above."),
            ("2", "2024-06", "Please see 1 above."),
        ]
    ]
    judged = _judge(rows)
    assert [row["stale_why"][0]["leads_to"][0]["of"] for row in judged[2:]] == [
        judged[0]["row_id"],
        judged[1]["row_id"],
    ]


# -- promises and facts ----------------------------------------------------------------------


def test_planted_promises_expire_exactly() -> None:
    rng = random.Random(61)
    planted = [promise(rng) for _ in range(500)]
    rows = [{"action_id": str(n), "as_of": p.as_of, "update": p.text} for n, p in enumerate(planted)]
    judged = _judge(rows)
    wrong = [
        p for p, row in zip(planted, judged, strict=True) if ("expired" in row["stale"]) is not p.expired
    ]
    assert wrong == []
    assert 100 < sum(p.expired for p in planted) < 400


def test_planted_facts_are_found_where_they_stand() -> None:
    rng = random.Random(67)
    planted = [fact(rng) for _ in range(200)]
    made = analyse([one.text for one in planted], as_of=[date(2024, 6, 30)] * len(planted))
    exact = sum(
        any(
            (found.kind, found.start, found.end) == (one.kind, one.start, one.end)
            for sentence in analysis.sentences
            for found in sentence.facts
        )
        for one, analysis in zip(planted, made, strict=True)
    )
    assert exact / len(planted) >= 0.95
