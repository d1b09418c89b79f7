from __future__ import annotations

from datetime import date

import pytest

from nlpkit.analysis.promises import ahead_in_plan, as_of_start, promised_dates
from nlpkit.language import analyse

AS_OF = date(2024, 6, 30)


def _promised(text: str) -> list[str]:
    (analysis,) = analyse([text], as_of=[AS_OF])
    return [m.text for s in analysis.sentences for m in promised_dates(s, analysis.text)]


@pytest.mark.parametrize(
    ("text", "dates"),
    [
        ("The new rota will be introduced in March 2023.", ["March 2023"]),
        ("Phase two is due to start by 1 May 2024.", ["1 May 2024"]),
        ("The survey is scheduled for spring 2023.", ["spring 2023"]),
        ("Delivery of the vans is expected in Q3 2023/24.", ["Q3 2023/24"]),
        ("Completion by 31 March 2024.", ["31 March 2024"]),
        ("We hope to sign the lease in October 2023.", ["October 2023"]),
        ("Panels (by 31 January 2024) will be fitted.", ["31 January 2024"]),
        ("The exercise is taking place in November 2023.", ["November 2023"]),
        ("The doors, originally due in May 2023, will now be fitted in October 2024.", ["October 2024"]),
        ("Work will begin in 2025.", ["2025"]),
        ("This will be presented to the March 2024 board.", ["March 2024"]),
        ("The system goes live 1 May 2024.", ["1 May 2024"]),
    ],
)
def test_what_is_to_happen_by_a_date(text: str, dates: list[str]) -> None:
    assert _promised(text) == dates


@pytest.mark.parametrize(
    "text",
    [
        "The rota was introduced in March 2023.",
        "By March 2024 all crews had been trained.",
        "Following the 2022 inspection, we will review the policy.",
        "We will implement the recommendations of the 2022 report.",
        "The Equality Strategy 2021/22 will be refreshed.",
        "The lease, signed in May 2021, will be reviewed.",
        "Staff who joined in 2021 will be offered a place.",
        "The audit was planned for March 2024 and took place in April 2024.",
        "Training is on hold due to the flood in March 2024.",
        "We will compare results with the March 2023 survey.",
        "We will review the March 2024 board paper.",
        "Crews at the March 2024 seminar will be invited back.",
        "Training planned for 3 March 2024 did not take place.",
        "71 of 71 teams by 4 March 2024.",
    ],
)
def test_dates_of_the_past_and_in_names_are_no_promises(text: str) -> None:
    assert _promised(text) == []


def test_in_a_list_of_planned_actions_every_date_lies_ahead() -> None:
    text = "Repaint the bay (by 31 July 2024). Doors by December 2024. Update the Estates Plan 2025/26 pages."
    (analysis,) = analyse([text], as_of=[AS_OF])
    assert [mention.text for mention in ahead_in_plan(analysis)] == ["31 July 2024", "December 2024"]


def test_the_first_day_of_what_as_of_names() -> None:
    assert as_of_start("2024-06", AS_OF) == date(2024, 6, 1)
    assert as_of_start("2024-06-12", date(2024, 6, 12)) == date(2024, 6, 12)
    assert as_of_start("2024", date(2024, 12, 31)) == date(2024, 1, 1)
    assert as_of_start("", AS_OF) == date(2024, 6, 1)
    assert as_of_start("", date(2024, 6, 12)) == date(2024, 6, 12)
    assert as_of_start("2024-06", None) is None
