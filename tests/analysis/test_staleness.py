from __future__ import annotations

import json
import random
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from planted import UPDATES, edited, sentences

from nlpkit import features
from nlpkit.analysis import staleness
from nlpkit.schema import Stale, conform

SHARED = Path(__file__).resolve().parents[3] / "shared"


def _judge(rows: Sequence[dict[str, Any]], **everywhere: str) -> pd.DataFrame:
    common = {"service": "Harrowmere Fire Brigade", "source": "plan.docx", **everywhere}
    table = conform(pd.DataFrame([{**common, **row} for row in rows]))
    judged = staleness.judge(table, features.compute(table))
    return pd.concat([table, judged], axis=1)


def _one(update: str, **more: str) -> pd.Series:
    return _judge([{"action_id": "1", "as_of": "2024-06", "update": update, **more}]).iloc[0]


def _kinds(row: pd.Series) -> list[str]:
    return [reason["kind"] for reason in row["stale_why"]]


# -- planted truth ---------------------------------------------------------------------------

POINTERS = (
    "See {} above.",
    "Please refer to {} for the position.",
    "As with {}, the work sits with the fleet board.",
    "This is covered in {} below.",
    "A duplicate of {}.",
    "The response to {} above is also relevant to this action.",
)
GONE_BY = (
    "The lease is due to be signed by 30 April 2023.",
    "A pilot will begin in January 2024.",
    "Handover of the bay is planned for autumn 2023.",
    "The contract will go to the board in Q2 2023/24.",
)
AHEAD = (
    "Councillors will visit the new bay on 30 April 2026.",
    "The pilot began in January 2024 and 14 people took part.",
    "It was to open in autumn 2023 but will now open in March 2026.",
    "Findings of the 2022 survey will be published with the accounts.",
)
UNCHANGED = (
    "No change since the last update.",
    "As per previous update.",
    "Nothing further to report this quarter.",
    "Position remains as previously reported.",
)
BARE = ("Complete", "", "N/a", "Ongoing.", "TBC", "-", "In progress")


@dataclass
class _Plan:
    rows: list[dict[str, Any]]
    labels: list[set[str]]
    refs: list[set[str]]
    spans: dict[int, tuple[int, int]] = field(default_factory=dict)


def _planted_plan(rng: random.Random, rate: float, series: str) -> _Plan:
    """Eighteen actions over two periods; each kind of staleness planted under two of them."""
    ids = [f"{series}{n}" for n in range(1, 19)]
    texts = rng.sample(UPDATES, 36)
    plan = _Plan([], [set() for _ in range(36)], [set() for _ in range(36)])
    for n, name in enumerate(ids):
        for period, when in ((0, "2023-12"), (1, "2024-06")):
            plan.rows.append({"action_id": name, "as_of": when, "update": texts[2 * n + period]})
    # Two planted kinds don't meet in one action, so that what is planted is all there is.
    free = list(range(18))
    rng.shuffle(free)

    def later(action: int) -> int:
        return 2 * action + 1

    for _ in range(2):
        row, target = later(free.pop()), rng.randrange(18)
        if target == row // 2:
            target = (target + 1) % 18
        name = ids[target]
        form = rng.choice(POINTERS)
        told = plan.rows[row]["update"]
        plan.rows[row]["update"] = rng.choice((form.format(name), f"{form.format(name)} {told}"))
        plan.labels[row].add("pointer")
        plan.refs[row].add(name)
    for _ in range(2):
        row = later(free.pop())
        plan.rows[row]["update"] = edited(plan.rows[row - 1]["update"], rate, rng)
        plan.labels[row].add("repeat_self")
    for _ in range(2):
        row, source = later(free.pop()), later(free.pop())
        passage = " ".join(sentences(plan.rows[source]["update"])[:2])
        copy = edited(passage, rate, rng)
        told = plan.rows[row]["update"]
        plan.rows[row]["update"] = f"{told} {copy}"
        plan.spans[row] = (len(told) + 1, len(told) + 1 + len(copy))
        for one, other in ((row, source), (source, row)):
            plan.labels[one].add("repeat_other")
            plan.refs[one].add(ids[other // 2])
    for words, label in ((GONE_BY, "expired"), (UNCHANGED, "no_change")):
        for sentence in rng.sample(words, 2):
            row = later(free.pop())
            plan.rows[row]["update"] = f"{sentence} {plan.rows[row]['update']}"
            plan.labels[row].add(label)
    for sentence in rng.sample(AHEAD, 2):
        row = later(free.pop())
        plan.rows[row]["update"] = f"{plan.rows[row]['update']} {sentence}"
    row = later(free.pop())
    plan.rows[row]["update"] = rng.choice(BARE)
    plan.labels[row].add("empty")
    return plan


def _judge_apart(plans: Sequence[_Plan]) -> list[pd.DataFrame]:
    """Each plan judged by itself; their sentences are analysed together, which is quicker."""
    tables = [
        conform(pd.DataFrame([{"service": "Tarnside", "source": "plan.docx", **row} for row in plan.rows]))
        for plan in plans
    ]
    made = features.compute(pd.concat(tables, ignore_index=True))
    judged = []
    for n, table in enumerate(tables):
        part = slice(n * len(table), (n + 1) * len(table))
        own = features.Features(
            made.update[part],
            made.planned_action[part],
            made.recommendation[part],
            made.as_of[part],
            made.due[part],
        )
        judged.append(pd.concat([table, staleness.judge(table, own)], axis=1))
    return judged


def test_planted_staleness_is_recovered() -> None:
    rng = random.Random(41)
    plans = [
        _planted_plan(rng, rate, series) for rate in (0.0, 0.1, 0.2) for series in ("", "Effective ", "")
    ]
    hits = said = true = right_refs = with_refs = 0
    overlaps: list[float] = []
    for plan, judged in zip(plans, _judge_apart(plans), strict=True):
        for n, row in enumerate(judged.to_dict("records")):
            found = set(row["stale"])
            hits += len(found & plan.labels[n])
            said += len(found)
            true += len(plan.labels[n])
            if plan.refs[n] or row["stale_refs"]:
                with_refs += 1
                right_refs += set(row["stale_refs"]) == plan.refs[n]
            if n in plan.spans:
                spans = [range(w["start"], w["end"]) for w in row["stale_why"] if w["kind"] == "repeat_other"]
                got, wanted = {i for s in spans for i in s}, set(range(*plan.spans[n]))
                overlaps.append(len(got & wanted) / len(got | wanted))
    assert hits / said >= 0.98, "labels that were not planted"
    assert hits / true >= 0.98, "planted labels not found"
    assert right_refs / with_refs >= 0.97
    assert sum(overlaps) / len(overlaps) >= 0.9


# -- each label ------------------------------------------------------------------------------


@pytest.mark.parametrize("text", UNCHANGED)
def test_no_change_is_told_with_its_passage(text: str) -> None:
    row = _one(f"{text} The van was washed.")
    assert row["stale"] == ["no_change"]
    assert text.startswith(row["stale_why"][0]["text"].rstrip("."))


@pytest.mark.parametrize(
    "text",
    [
        "No change to the establishment is planned for the coming year.",
        "A change in the law led us to rewrite all eleven procedures.",
        "Trials of two masks ended in May. The third mask is still being trialled by the moorland crews.",
    ],
)
def test_the_same_words_used_otherwise_are_no_lack_of_change(text: str) -> None:
    assert _one(text)["stale"] == []


def test_words_that_merely_last_count_where_nothing_else_is_said() -> None:
    assert _one("Options are still being considered.")["stale"] == ["no_change"]


@pytest.mark.parametrize("text", BARE)
def test_empty_and_bare_statuses(text: str) -> None:
    row = _one(text)
    assert row["stale"] == ["empty"]
    assert row["novelty"] == 0
    assert _kinds(row) == ["empty"]


@pytest.mark.parametrize(
    "text", ["Mess rooms were repainted.", "Complete: 40 crews trained by Tarn College."]
)
def test_a_short_narrative_is_not_empty(text: str) -> None:
    assert _one(text)["stale"] == []


@pytest.mark.parametrize("text", GONE_BY)
def test_dates_gone_by(text: str) -> None:
    row = _one(f"Two crews were trained. {text}")
    assert row["stale"] == ["expired"]
    assert row["stale_why"][0]["text"] == text
    assert "2024-06-01" in row["stale_why"][0]["note"]


@pytest.mark.parametrize(
    "text", [*AHEAD, "Training will be completed by June 2024.", "A leaflet is planned."]
)
def test_dates_told_of_the_past_or_still_ahead(text: str) -> None:
    assert _one(text)["stale"] == []


@pytest.mark.parametrize(
    ("text", "stale"),
    [
        ("Painting of the bay will start in August.", True),  # written at the end of September
        ("Painting of the bay will start in January.", False),
        ("Painting of the bay will start in the spring.", False),
        ("The charter was to be adopted in May.", True),
        ("The charter was to be adopted in May. It was adopted in June.", False),
        ("The charter was adopted in May.", False),
    ],
)
def test_a_bare_month_just_gone_is_not_next_years(text: str, stale: bool) -> None:
    assert ("expired" in _one(text, as_of="2024-09-30")["stale"]) is stale


def test_a_day_within_the_month_of_the_update_has_not_passed_but_before_a_given_day_it_has() -> None:
    text = "The lease will be signed by 3 June 2024."
    assert _one(text, as_of="2024-06")["stale"] == []
    assert _one(text, as_of="2024-06-20")["stale"] == ["expired"]
    assert _one(text, as_of="")["stale"] == []


# -- pointers --------------------------------------------------------------------------------


def _plan(*updates: str, **columns: Sequence[str]) -> pd.DataFrame:
    rows = []
    for n, update in enumerate(updates):
        row = {"action_id": str(n + 1), "as_of": "2024-06", "update": update}
        rows.append({**row, **{name: values[n] for name, values in columns.items()}})
    return _judge(rows)


def test_above_and_below_mean_the_neighbouring_action_of_the_section() -> None:
    judged = _plan(
        UPDATES[0],
        "As above.",
        UPDATES[1],
        "As above, the boats are shared with the county.",
        section=["Prevention", "Prevention", "People", "People"],
    )
    assert judged["stale_refs"].tolist() == [[], ["1"], [], ["3"]]
    assert _plan("See below.", UPDATES[2])["stale_refs"].tolist() == [["2"], []]


def test_above_means_the_action_before_and_not_the_row_before() -> None:
    rows = [
        {"action_id": action, "as_of": when, "update": text}
        for action, when, text in [
            ("7", "2023-12", UPDATES[0]),
            ("7", "2024-06", UPDATES[1]),
            ("8", "2023-12", UPDATES[2]),
            ("8", "2024-06", "As above."),
        ]
    ]
    assert _judge(rows)["stale_refs"].tolist() == [[], [], [], ["7"]]


def test_above_in_the_first_row_points_nowhere_and_says_so() -> None:
    row = _plan("As above.", UPDATES[0]).iloc[0]
    assert (row["stale"], row["stale_refs"]) == (["pointer"], [])
    assert "nothing stands above" in row["stale_why"][0]["note"]


def test_above_within_a_text_means_that_text() -> None:
    text = f"{UPDATES[3]} The change described above was welcomed by crews."
    assert _plan(UPDATES[0], text)["stale"].tolist() == [[], []]


def test_lists_and_ranges_point_to_each() -> None:
    judged = _plan(*UPDATES[:4], "See actions 1 to 3 above.")
    assert judged["stale_refs"].iloc[4] == ["1", "2", "3"]


def test_refs_are_sorted_as_numbers() -> None:
    judged = _plan(*UPDATES[:11], "Please see actions 10, 9 and 11.")
    assert judged["stale_refs"].iloc[11] == ["9", "10", "11"]


def test_a_row_that_names_itself_points_nowhere() -> None:
    assert _plan(UPDATES[0], "See action 2 for the full position on boats.")["stale"].iloc[1] == []


def test_an_unknown_action_keeps_its_number_and_is_said_to_be_unknown() -> None:
    row = _plan(UPDATES[0], "See recommendation 41.").iloc[1]
    assert (row["stale"], row["stale_refs"]) == (["pointer"], ["41"])
    assert "no action 41" in row["stale_why"][0]["note"]


def test_references_find_the_id_as_the_plan_writes_it() -> None:
    rows = [
        {"action_id": name, "update": text}
        for name, text in [
            ("Effective 1", UPDATES[0]),
            ("Effective 2", "See 1 above."),
            ("People 1", UPDATES[1]),
            ("14-15", UPDATES[2]),
            ("People 2", "See recommendation 14."),
        ]
    ]
    assert _judge(rows)["stale_refs"].tolist() == [[], ["Effective 1"], [], [], ["14-15"]]


def test_ids_of_any_shape_are_recognised_as_the_plans_own() -> None:
    rows = [
        {"action_id": name, "update": text}
        for name, text in [
            ("PE/04b", UPDATES[0]),
            ("PE/05a", "Lamps are new. Spares: see PE/04b."),
            ("AFI-03", "Covered under PE/05a."),
            ("HQ 7", "As with AFI 3, the yard comes first."),
        ]
    ]
    assert _judge(rows)["stale_refs"].tolist() == [[], ["PE/04b"], ["PE/05a"], ["AFI-03"]]


def test_a_mention_is_no_pointer() -> None:
    text = "Recommendation 1 of the coroner led to six leaflets. Work on action 1 finished in May."
    assert _plan(UPDATES[0], text)["stale"].iloc[1] == []


def test_where_nothing_is_told_the_required_outcome_may_point() -> None:
    judged = _plan(UPDATES[0], "", required_outcome=["", "A duplicate of 1, see that action"])
    row = judged.iloc[1]
    assert (row["stale"], row["stale_refs"]) == (["pointer", "empty"], ["1"])
    assert row["stale_why"][0]["field"] == "required_outcome"


def test_planned_actions_may_point() -> None:
    judged = _plan(UPDATES[0], UPDATES[1], planned_action=["", "As with recommendation 1."])
    row = judged.iloc[1]
    assert (row["stale"], row["stale_refs"]) == (["pointer"], ["1"])
    assert row["stale_why"][0]["field"] == "planned_action"


def test_ids_of_another_document_are_not_this_plans() -> None:
    rows = [
        {"action_id": "1", "source": "a.docx", "update": UPDATES[0]},
        {"action_id": "9", "source": "b.docx", "update": UPDATES[1]},
        {"action_id": "2", "source": "a.docx", "update": "See action 9."},
    ]
    assert "no action 9" in _judge(rows)["stale_why"].iloc[2][0]["note"]


# -- repeats ---------------------------------------------------------------------------------


def test_only_the_later_of_two_equal_updates_repeats_itself() -> None:
    rows = [
        {"action_id": "1", "as_of": when, "update": text}
        for when, text in [("2023-12", UPDATES[0]), ("2024-06", UPDATES[0]), ("2024-12", UPDATES[1])]
    ]
    judged = _judge(rows)
    assert judged["stale"].tolist() == [[], ["repeat_self"], []]
    assert judged["novelty"].tolist() == [1.0, 0.0, 1.0]
    reason = judged["stale_why"].iloc[1][0]
    assert reason["of"] == judged["row_id"].iloc[0]
    assert reason["other_text"] == reason["text"] == UPDATES[0].rstrip(".")
    assert judged["stale_refs"].iloc[1] == []


def test_rows_out_of_time_order_are_compared_by_time() -> None:
    rows = [{"action_id": "1", "as_of": when, "update": UPDATES[0]} for when in ("2024-06", "2023-12")]
    assert _judge(rows)["stale"].tolist() == [["repeat_self"], []]


def test_a_little_kept_of_a_long_update_is_no_repeat_of_it() -> None:
    kept = sentences(UPDATES[0])[0]
    rows = [
        {"action_id": "1", "as_of": "2023-12", "update": UPDATES[0]},
        {"action_id": "1", "as_of": "2024-06", "update": f"{kept} {UPDATES[1]} {UPDATES[2]}"},
    ]
    judged = _judge(rows)
    assert judged["stale"].tolist() == [[], []]
    assert 0.7 < judged["novelty"].iloc[1] < 0.95


def test_a_short_update_contained_in_the_one_before_repeats_it() -> None:
    rows = [
        {"action_id": "1", "as_of": "2023-12", "update": "The pier is shut. Divers check the piles weekly."},
        {"action_id": "1", "as_of": "2024-06", "update": "Divers check the piles weekly as agreed."},
    ]
    assert _judge(rows)["stale"].iloc[1] == ["repeat_self"]


def test_rows_of_one_action_and_period_do_not_repeat_each_other() -> None:
    rows = [{"action_id": "1", "as_of": "2024-06", "update": UPDATES[0]} for _ in range(2)]
    assert _judge(rows)["stale"].tolist() == [[], []]


def test_a_plan_issued_again_is_held_against_its_earlier_issue() -> None:
    rows = [
        {
            "action_id": "4",
            "source": source,
            "as_of": when,
            "recommendation": "Check every hydrant yearly.",
            "update": UPDATES[5],
        }
        for source, when in [("june.docx", "2024-06"), ("december.docx", "2024-12")]
    ]
    assert _judge(rows)["stale"].tolist() == [[], ["repeat_self"]]


def test_one_period_two_actions_both_repeat() -> None:
    shared = sentences(UPDATES[6])[1]
    judged = _plan(f"{UPDATES[0]} {shared}", UPDATES[1], f"{shared} {UPDATES[2]}")
    assert judged["stale"].tolist() == [["repeat_other"], [], ["repeat_other"]]
    assert judged["stale_refs"].tolist() == [["3"], [], ["1"]]
    reason = judged["stale_why"].iloc[0][0]
    assert judged["update"].iloc[0][reason["start"] : reason["end"]] == reason["text"] == shared.rstrip(".")


def test_over_periods_the_later_repeats_unless_the_passage_is_its_own() -> None:
    shared = sentences(UPDATES[6])[1]
    rows = [
        {"action_id": action, "as_of": when, "update": text}
        for action, when, text in [
            ("1", "2023-12", f"{UPDATES[0]} {shared}"),
            ("1", "2024-06", f"{UPDATES[1]} {shared}"),
            ("2", "2023-12", UPDATES[2]),
            ("2", "2024-12", f"{UPDATES[3]} {shared}"),
        ]
    ]
    judged = _judge(rows)
    assert judged["stale"].tolist() == [[], [], [], ["repeat_other"]]
    assert judged["stale_refs"].iloc[3] == ["1"]


def test_planned_actions_are_read_with_the_only_update_of_an_action() -> None:
    plan = "Fit alarms in all sheltered homes with the housing partners by 1 May 2025."
    judged = _plan(UPDATES[0], UPDATES[1], planned_action=[plan, f"{plan} Buy ladders."])
    assert judged["stale"].tolist() == [["repeat_other"], ["repeat_other"]]
    assert {reason["field"] for why in judged["stale_why"] for reason in why} == {"planned_action"}
    rows = [
        {"action_id": action, "as_of": when, "update": text, "planned_action": plan}
        for action, when, text in [
            ("1", "2023-12", UPDATES[0]),
            ("1", "2024-06", UPDATES[1]),
            ("2", "2023-12", UPDATES[2]),
            ("2", "2024-06", UPDATES[3]),
        ]
    ]
    assert _judge(rows)["stale"].tolist() == [[], [], [], []]


def test_formulas_quotations_and_pointers_are_not_repeats_of_another() -> None:
    asked = "The brigade should make sure that every hydrant in rural parishes is inspected once a year."
    assert _plan("No further action required.", "No further action required.")["stale"].tolist() == [[], []]
    quoting = _plan(f"{asked} {UPDATES[0]}", f"{asked} {UPDATES[1]}", recommendation=[asked, asked])
    assert quoting["stale"].tolist() == [[], []]
    pointing = _plan(UPDATES[0], *["Please see the response to action 1 above for the position."] * 2)
    assert pointing["stale"].tolist() == [[], ["pointer"], ["pointer"]]
    assert pointing["stale_refs"].tolist() == [[], ["1"], ["1"]]


def test_another_service_is_named_by_row_id() -> None:
    shared = " ".join(sentences(UPDATES[6])[:2])
    rows = [
        {"row_id": "a", "action_id": "1", "service": "Tarnside", "source": "a.docx", "update": shared},
        {"row_id": "b", "action_id": "1", "service": "Castlewick", "source": "b.docx", "update": shared},
        {"row_id": "c", "action_id": "2", "service": "Castlewick", "source": "b.docx", "update": UPDATES[8]},
    ]
    judged = _judge(rows)
    assert judged["stale"].tolist() == [["repeat_other"], ["repeat_other"], []]
    assert judged["stale_refs"].tolist() == [["b"], ["a"], []]


# -- the whole -------------------------------------------------------------------------------


def test_reasons_for_every_label_and_labels_in_order() -> None:
    plan = _planted_plan(random.Random(2), 0.1, "")
    judged = _judge(plan.rows)
    order = [str(kind) for kind in Stale]
    for row in judged.to_dict("records"):
        assert row["stale"] == sorted(set(row["stale"]), key=order.index)
        assert {reason["kind"] for reason in row["stale_why"]} == set(row["stale"])
        assert 0 <= row["novelty"] <= 1
        for reason in row["stale_why"]:
            text = row[reason.get("field", "update")]
            assert text[reason["start"] : reason["end"]].strip() == reason["text"].strip()
    json.dumps(judged["stale_why"].tolist())


def test_a_statement_of_no_change_is_not_new() -> None:
    assert _one("No change since the last update.")["novelty"] == 0
    assert 0 < _one(f"No change since the last update. {UPDATES[0]}")["novelty"] < 1
    assert _one(UPDATES[0])["novelty"] == 1


def test_the_order_of_documents_changes_nothing() -> None:
    documents = []
    for n in range(3):
        plan = _planted_plan(random.Random(n), 0.1, "")
        documents.append(
            [
                {**row, "row_id": f"{n}-{place}", "source": f"{n}.docx", "service": f"Service {n % 2}"}
                for place, row in enumerate(plan.rows)
            ]
        )
    keep = ["stale", "stale_refs", "stale_why", "novelty"]
    forward = _judge([row for one in documents for row in one]).set_index("row_id")[keep]
    backward = _judge([row for one in documents[::-1] for row in one]).set_index("row_id")[keep]
    assert json.dumps(forward.to_dict("index"), sort_keys=True) == json.dumps(
        backward.to_dict("index"), sort_keys=True
    )


def test_the_index_of_the_table_is_kept() -> None:
    table = conform(
        pd.DataFrame([{"action_id": "1", "update": UPDATES[0]}, {"action_id": "2", "update": ""}])
    )
    table.index = pd.Index([10, 20])
    judged = staleness.judge(table, features.compute(table))
    assert judged.index.tolist() == [10, 20]
    assert judged.columns.tolist() == ["stale", "stale_refs", "stale_why", "novelty"]


@pytest.mark.skipif(not (SHARED / "gold").is_dir(), reason="the labelled updates are not beside the project")
def test_on_labelled_updates() -> None:
    lines = (SHARED / "gold" / "updates_dev.jsonl").read_text(encoding="utf8").splitlines()
    rows = [json.loads(line) for line in lines]
    truth = [row.pop("gold") for row in rows]
    table = conform(pd.DataFrame(rows))
    judged = staleness.judge(table, features.compute(table))
    pairs = list(zip(judged["stale"], (set(one["stale"]) for one in truth), strict=True))
    hits = sum(len(set(said) & wanted) for said, wanted in pairs)
    f1 = 2 * hits / sum(len(said) + len(wanted) for said, wanted in pairs)
    refs = [
        set(said) == set(one["stale_refs"])
        for said, one in zip(judged["stale_refs"], truth, strict=True)
        if one["stale_refs"]
    ]
    assert f1 >= 0.92
    assert sum(refs) / len(refs) >= 0.85
