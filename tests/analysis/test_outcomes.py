"""Required outcomes: one by one, and what an update has to say to each."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd
import pytest
from numpy.typing import NDArray

from nlpkit import features
from nlpkit.analysis import outcomes
from nlpkit.analysis.outcomes import Outcome, required_outcomes
from nlpkit.schema import conform


def answered(update: str, required: str, recommendation: str = "") -> list[dict[str, str]]:
    table = conform(
        pd.DataFrame([{"update": update, "required_outcome": required, "recommendation": recommendation}])
    )
    found: list[dict[str, str]] = outcomes.judge(table, features.compute(table))["outcomes"].iloc[0]
    return found


@pytest.mark.parametrize(
    ("cell", "texts"),
    [
        ("Fewer false alarms.", ["Fewer false alarms"]),
        ("Fewer false alarms (Control log) Crews feel informed.", ["Fewer false alarms", "Crews feel informed"]),
        ("• Rosters are filled\n• Leave is planned a year ahead", ["Rosters are filled", "Leave is planned a year ahead"]),
        ("(a) drills are held monthly (b) findings are shared", ["drills are held monthly", "findings are shared"]),
        ("Staff know the standard; managers apply it", ["Staff know the standard", "managers apply it"]),
        ("Outcomes:", []),
        ("", []),
    ],
)  # fmt: skip
def test_a_cell_is_split_into_its_outcomes(cell: str, texts: list[str]) -> None:
    assert [outcome.text for outcome in required_outcomes(cell)] == texts


def test_the_record_that_is_to_show_it_is_kept_apart() -> None:
    assert required_outcomes("Response improves (quarterly return).") == (
        Outcome("Response improves", "quarterly return"),
    )


@pytest.mark.parametrize(
    ("update", "required", "state"),
    [
        ("Sickness absence fell from 11 shifts to 7.", "Sickness absence is reduced", "answered"),
        ("A sickness absence policy has been issued.", "Sickness absence is reduced", "touched"),
        ("The boat store was painted.", "Sickness absence is reduced", "silent"),
        ("The hydrant strategy was published in May.", "A hydrant strategy is published", "answered"),
        ("The hydrant strategy has been drafted.", "A hydrant strategy is published", "touched"),
        ("The hydrant strategy will be published in May.", "A hydrant strategy is published", "touched"),
        (
            "In the survey 91% of crews felt informed of changes.",
            "Crews feel informed of changes",
            "answered",
        ),
        ("Crews have been sent a bulletin about changes.", "Crews feel informed of changes", "touched"),
        ("", "Crews feel informed of changes", "silent"),
    ],
)
def test_an_outcome_is_answered_by_a_result_or_by_the_deed_that_it_is(
    update: str, required: str, state: str
) -> None:
    (found,) = answered(update, required)
    assert found["state"] == state
    assert found["text"] in update and bool(found["text"]) == (state != "silent")


def test_each_outcome_has_its_own_answer_in_the_plan_s_order() -> None:
    found = answered(
        "Referrals rose from 12 to 31 in the quarter. Trainers have been appointed.",
        "More referrals are made (case system)\nTrainers are appointed\nVisitors are satisfied",
    )
    assert [(one["outcome"], one["state"]) for one in found] == [
        ("More referrals are made", "answered"),
        ("Trainers are appointed", "answered"),
        ("Visitors are satisfied", "silent"),
    ]
    assert found[0]["shown_by"] == "case system"


def test_what_addresses_the_ask_is_told_from_what_shares_its_subject() -> None:
    asked = {"recommendation": "Inspect high-risk premises every year."}
    table = conform(
        pd.DataFrame(
            [
                {"update": "All high-risk premises were inspected this year.", **asked},
                {"update": "High-risk premises will be inspected every year.", **asked},
                {"update": "The canteen was painted.", **asked},
            ]
        )
    )
    done, promised, other = outcomes.judge(table, features.compute(table))["addresses"]
    assert done > 0.6
    assert promised == 0
    assert other < 0.2


def test_rows_keep_their_index_and_no_outcome_means_none() -> None:
    table = conform(pd.DataFrame([{"update": "Done."}, {"update": "Done in May."}])).set_axis([7, 3], axis=0)
    found = outcomes.judge(table, features.compute(table))
    assert list(found.index) == [7, 3]
    assert list(found["outcomes"]) == [[], []]


def test_what_it_will_ask_for_is_known_beforehand() -> None:
    table = conform(
        pd.DataFrame(
            [
                {
                    "update": "Hydrants were tested. Crews met.",
                    "required_outcome": "Hydrants work\nCrews know them",
                    "recommendation": "The service should ensure that hydrants work. It should map them.",
                },
                {"update": "Crews met."},
            ]
        )
    )
    asked: list[str] = []

    class Asked:
        name, dimension = "asked", 2

        def encode(self, texts: Sequence[str]) -> NDArray[np.float32]:
            asked.extend(texts)
            return np.tile(np.array([1, 0], dtype=np.float32), (len(texts), 1))

    made = features.compute(table, encoder=Asked())
    made.pooled([*table["update"], *outcomes.compared_texts(table)])
    before = list(asked)
    assert "hydrants work." in before, "without the words that all recommendations begin with"
    outcomes.judge(table, made)
    assert asked == before
