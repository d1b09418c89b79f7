"""Rows that their neighbours place: only in a document that follows the catalogue, and never against its text."""

from __future__ import annotations

from itertools import permutations, product
from math import comb, factorial

import numpy as np
import pandas as pd
import pytest
from hashed import Hashed

from nlpkit.analysis.linking import Own, link, links_in_order
from nlpkit.analysis.linking.order import CHANCE, follows, longest_run, placed, posterior, sequences
from nlpkit.analysis.linking.order import _both_ways as both_ways
from nlpkit.analysis.linking.parts import Link
from nlpkit.catalogue import Catalogue, load_catalogue
from nlpkit.schema import conform


@pytest.fixture(scope="module")
def spotlight() -> Catalogue:
    return load_catalogue("spotlight")


SILENT = {"18": "Existing support is in place.", "28": "Complete."}


def plan(catalogue: Catalogue, **cells: str) -> pd.DataFrame:
    """Answers to all recommendations in order, of which two do not say what they answer."""
    told = [
        SILENT.get(entry.id, f"Spotlight recommendation {entry.id} has been met.")
        for entry in catalogue.entries
    ]
    ids = [f"r{n:02}" for n in range(len(told))]
    return conform(pd.DataFrame({"row_id": ids, "update": told, **cells}))


def silent(links: pd.DataFrame, updates: pd.DataFrame) -> dict[str, list[str]]:
    """What the rows that do not say what they answer are called equivalent to."""
    rows = {
        row_id: text
        for row_id, text in zip(updates["row_id"], updates["update"], strict=True)
        if text in SILENT.values()
    }
    found: dict[str, list[str]] = {text: [] for text in rows.values()}
    for row_id, id_, grade in zip(links["row_id"], links["id"], links["grade"], strict=True):
        if row_id in rows and grade == "equivalent":
            found[rows[row_id]].append(id_)
    return found


def own(*same: tuple[int, float], words: int = 0, grade: str = "") -> Own:
    """A row with these probabilities, and equivalent links where they reach 0.4 (or of the grade)."""
    links = sorted(same, key=lambda one: -one[1])
    made = [Link(entry, grade or "equivalent", value) for entry, value in links if value >= 0.4 or grade]
    return Own(tuple(made), tuple(sorted(same)), words, settled=False)


def one_document(count: int) -> list[list[list[int]]]:
    return [[[i] for i in range(count)]]


# --- through link -------------------------------------------------------------------------------------


def test_a_row_is_placed_by_its_neighbours_and_says_so(spotlight: Catalogue) -> None:
    updates = plan(spotlight, service="Northmoor FRS", source="plan.docx")
    links = link(updates, spotlight, Hashed())
    found = silent(links, updates)
    assert found == {text: [id_] for id_, text in SILENT.items()}
    why = links[links["row_id"] == updates["row_id"][9]]["why"].iloc[0]
    assert "“Existing support is in place.” ~ “" in why
    assert why.endswith(
        "stands between the answers to 17 and 20, in a plan that follows the catalogue's order"
    )
    assert (links["score"] <= 1).all() and links.groupby("row_id")["score"].max()["r09"] < 0.95


def test_in_an_order_that_says_nothing_each_row_stays_by_itself(spotlight: Catalogue) -> None:
    updates = plan(spotlight)
    rows = [updates.iloc[[i]].reset_index(drop=True) for i in range(len(updates))]
    alone = pd.concat([link(row, spotlight, Hashed()) for row in rows], ignore_index=True)
    for seed in (1, 2, 3):
        shuffled = updates.sample(frac=1, random_state=seed).reset_index(drop=True)
        links = link(shuffled, spotlight, Hashed())
        ordered = links.sort_values("row_id", kind="stable", ignore_index=True)
        pd.testing.assert_frame_equal(ordered, alone, check_dtype=False)
    backwards = updates.iloc[::-1].reset_index(drop=True)
    assert not any(silent(link(backwards, spotlight, Hashed()), backwards).values())
    assert all(silent(link(updates, spotlight, Hashed()), updates).values())


def test_a_plan_of_which_few_rows_answer_the_catalogue_does_not_follow_it(spotlight: Catalogue) -> None:
    updates = plan(spotlight)
    others = [
        f"Hydrant round {n} covered lorries, ladders, hoses and pumps at the drill yard." for n in range(25)
    ]
    mixed = pd.concat([updates, conform(pd.DataFrame({"update": others}))], ignore_index=True)
    mixed["row_id"] = [str(n) for n in range(len(mixed))]
    assert not any(silent(link(mixed, spotlight, Hashed()), mixed).values())


def test_what_rows_files_and_actions_are_called_decides_nothing(spotlight: Catalogue) -> None:
    updates = plan(spotlight)
    wanted = link(updates, spotlight, Hashed())[["id", "grade", "score", "why"]]
    numbers = [str(34 - n) for n in range(len(updates))]
    called = updates.assign(row_id=numbers, action_id=numbers, source="12.docx")
    found = link(called, spotlight, Hashed())[["id", "grade", "score", "why"]]
    pd.testing.assert_frame_equal(found, wanted)


def test_an_action_of_several_periods_has_one_place(spotlight: Catalogue) -> None:
    first = plan(spotlight, service="Northmoor FRS", period="May")
    first["action_id"] = [f"A{n}" for n in range(len(first))]
    later = first.assign(period="November", row_id=first["row_id"] + "-2")
    in_turn = pd.concat([first, later], ignore_index=True)
    side_by_side = in_turn.sort_values("action_id", key=lambda ids: ids.str[1:].astype(int), kind="stable")
    for table in (in_turn, side_by_side.reset_index(drop=True)):
        found = silent(link(table, spotlight, Hashed()), table)
        assert found == {text: [id_] * 2 for id_, text in SILENT.items()}
    unnamed = in_turn.assign(action_id="")
    found = silent(link(unnamed, spotlight, Hashed()), unnamed)
    assert found == {text: [id_] * 2 for id_, text in SILENT.items()}


def test_a_row_without_text_has_a_place_and_no_link(spotlight: Catalogue) -> None:
    updates = plan(spotlight)
    updates.loc[updates["update"] == SILENT["18"], "update"] = ""
    links = link(updates, spotlight, Hashed())
    assert "r09" not in set(links["row_id"])
    assert silent(links, updates)[SILENT["28"]] == ["28"]


def test_a_number_of_another_plan_is_not_overturned(spotlight: Catalogue) -> None:
    """A plan that names the catalogue numbers its actions; one with a number of its own answers nothing."""
    updates = plan(spotlight, section="HMICFRS Spotlight report")
    updates["action_id"] = [entry.id for entry in spotlight.entries]
    updates.loc[9, "action_id"] = "99"
    links = link(updates, spotlight, Hashed())
    assert "r09" not in set(links[links["grade"] == "equivalent"]["row_id"])


# --- the test of order --------------------------------------------------------------------------------


@pytest.mark.parametrize("count", [5, 6, 7])
def test_the_bound_on_chance_holds(count: int) -> None:
    runs = [longest_run(order) for order in permutations(range(count))]
    for run in range(1, count + 1):
        share = sum(one >= run for one in runs) / len(runs)
        assert share <= comb(count, run) / factorial(run) + 1e-12
    kept = sum(follows([(entry, 0.9) for entry in order], count) for order in permutations(range(count)))
    assert kept / len(runs) <= CHANCE
    assert kept == (1 if count == 7 else 0)


def test_shuffled_documents_are_taken_for_ordered_less_often_than_it_says() -> None:
    pick = np.random.default_rng(8)
    taken = sum(follows([(int(e), 0.9) for e in pick.permutation(14)], 14) for _ in range(20_000))
    assert taken <= 20_000 * CHANCE


def test_a_repeated_entry_counts_once_and_most_rows_must_be_sure() -> None:
    pairs = [(n // 2, 0.9) for n in range(12)]
    assert not follows(pairs, 12)  # six different ones
    seven = [(n, 0.9) for n in range(7)]
    assert follows(seven, 14) and not follows(seven, 15)
    assert follows([*seven, None, None], 9)
    stray = [(n, 0.9) for n in range(12)]
    stray[3] = (15, 0.9)
    assert follows(stray, 12)
    assert not follows([(n, 0.9) for n in (6, 7, 8, 9, 10, 11, 0, 1, 2, 3, 4, 5)], 12)
    partly = [*range(28), *range(39, 27, -1)]  # far from chance, but not the catalogue's order
    assert not follows([(n, 0.9) for n in partly], 40)


def test_documents_are_told_apart_and_an_id_used_again_is_another_action() -> None:
    assert sequences(["a", "b", "a"], ["x", "x", "y"], [""] * 3, [""] * 3) == [[[0]], [[1]], [[2]]]
    same = ["s"] * 4
    assert sequences(same, same, ["1", "1", "1", "1"], ["p", "p", "q", "q"]) == [[[0, 2], [1, 3]]]
    assert sequences(same, same, ["1", "2", "", "2"], ["p", "q", "p", "q"]) == [[[0], [2]], [[1], [3]]]


# --- the alignment ------------------------------------------------------------------------------------


def test_the_posterior_is_that_of_all_paths() -> None:
    pick = np.random.default_rng(0)
    places, entries = 4, 4
    odds, rates = pick.gamma(1, 2, (places, entries)), np.array([0.2, 0.1, 0.4, 0.3])
    total, given, counts = 0.0, np.zeros((places, entries)), np.zeros(4)
    for path in product(range(-1, entries), repeat=places):
        weight, last, steps = 1.0, -1, np.zeros(4)
        for at, entry in enumerate(path):
            step = 0 if entry < 0 else 1 if entry == last else 2 if entry == last + 1 else 3
            steps[step] += 1
            weight *= rates[step] * (odds[at, entry] if entry >= 0 else 1)
            if step == 3:
                weight *= (entry > last) / max(entries - last - 2, 1)
            last = entry if entry >= 0 else last
        total += weight
        counts += weight * steps
        for at, entry in enumerate(path):
            if entry >= 0:
                given[at, entry] += weight
    found, seen = both_ways(odds, rates)
    np.testing.assert_allclose(found, given / total)
    np.testing.assert_allclose(seen, counts / total)


def test_a_thousand_places_and_entries_stay_in_bounds() -> None:
    odds = np.full((1_000, 1_000), 0.01)
    np.fill_diagonal(odds, 900.0)
    odds[500] = 1e-6
    found = posterior(odds)
    assert np.isfinite(found).all() and (found.sum(axis=1) <= 1 + 1e-9).all()
    assert found[499, 499] > 0.99 and found[501, 501] > 0.99


def test_two_rows_with_the_same_text_get_different_entries_in_order() -> None:
    rows = [own((n, 0.97), words=6) for n in range(12)]
    twice = own((4, 0.45), (5, 0.44), words=4)
    rows[4:6] = [twice, twice]
    found = placed(rows, one_document(12), 20)
    assert [(one.entry, one.grade) for one in found[4].links] == [(4, "equivalent"), (5, "related")]
    assert [(one.entry, one.grade) for one in found[5].links] == [(5, "equivalent"), (4, "related")]
    assert found[4].lowered == (5,) and found[4].between == (3, 6)


def test_of_two_entries_that_the_place_leaves_the_text_chooses() -> None:
    for likelier, other in ((7, 8), (8, 7)):
        rows = [own((n, 0.97), words=6) for n in range(12) if n not in (7, 8)]
        rows.insert(7, own((likelier, 0.03), (other, 0.002)))
        assert placed(rows, one_document(11), 20)[7].raised == likelier


def test_a_confident_link_out_of_order_stays_and_a_doubtful_one_is_lowered() -> None:
    rows = [own((n, 0.97), words=6) for n in range(12)]
    rows.insert(6, own((17, 0.95), words=8))
    assert 6 not in placed(rows, one_document(13), 20)
    rows[6] = own((17, 0.95), (15, 0.5), words=8)
    assert 6 not in placed(rows, one_document(13), 20)
    rows[5] = own((5, 0.95), (15, 0.5), words=8)
    assert [one.grade for one in placed(rows, one_document(13), 20)[5].links] == ["equivalent", "related"]
    rows[6] = own((17, 0.5), words=8)
    lowered = placed(rows, one_document(13), 20)[6]
    assert [(one.entry, one.grade) for one in lowered.links] == [(17, "related")]


def test_a_row_that_speaks_of_something_else_is_not_placed() -> None:
    rows = [own((n, 0.97), words=6) for n in range(12)]
    rows[5] = own(words=12)
    assert 5 not in placed(rows, one_document(12), 20)
    for words, same in ((12, 0.02), (0, 0.0)):
        rows[5] = own((5, same), words=words)
        found = placed(rows, one_document(12), 20)[5]
        assert [(one.entry, one.grade) for one in found.links] == [(5, "equivalent")]


def test_what_the_place_leaves_open_is_related_if_the_row_names_no_subject() -> None:
    rows = [own((n, 0.97), words=6) for n in range(12) if n not in (5, 6)]
    for words, expected in ((0, [(5, "related")]), (6, [])):
        rows[5:5] = [own((5, 0.03), (6, 0.03), words=words)]
        found = placed(rows, one_document(11), 20)
        assert [(one.entry, one.grade) for one in (found[5].links if 5 in found else ())] == expected
        del rows[5]


def test_the_more_a_row_says_the_more_its_text_must_support_the_place() -> None:
    rows = [own((n, 0.97), words=6) for n in range(12)]
    for words, raised in ((0, True), (4, True), (30, False)):
        found = placed([*rows, own((12, 0.006), words=words)], one_document(13), 20)
        assert (12 in found) == raised


def test_a_document_of_far_more_rows_than_entries_is_no_such_plan() -> None:
    for silent_rows, changed in ((1, True), (140, False)):
        rows = [own((n, 0.97), words=6) for n in range(7)] + [own(words=0)] * silent_rows
        rows.insert(3, own((3, 0.3), (2, 0.3), words=2))
        assert bool(placed(rows, one_document(len(rows)), 7)) == changed


def test_what_a_row_says_by_itself_survives_the_journey(spotlight: Catalogue) -> None:
    rows = [own((3, 0.1 + 0.2), (7, 0.55), words=3), Own((), (), -1, settled=True)]
    assert [Own.from_json(one.to_json()) for one in rows] == rows
    updates = conform(pd.DataFrame({"update": ["One.", "Two."]}))
    assert links_in_order(updates, rows, None) == [[], []]
    assert [one["id"] for one in links_in_order(updates, rows, spotlight)[0]] == [spotlight.entries[7].id]
