"""What looks like work to come, and is not, beside what is."""

from __future__ import annotations

import pytest

from nlpkit.language import analyse


def _stage(sentence: str) -> str:
    (analysis,) = analyse([sentence])
    return analysis.sentences[0].stage.value


@pytest.mark.parametrize(
    ("sentence", "stage"),
    [
        # what a thing is for, beside what is going to be done
        ("The new portal is intended to give staff one place to write to.", "none"),
        ("A new portal is intended to be bought in May.", "intended"),
        ("It is intended to provide a portal to all staff.", "intended"),
        ("The opening of the portal is hoped to reassure staff.", "none"),
        ("It is hoped that the portal will encourage more reports.", "none"),
        ("It is hoped that the portal will open in May.", "intended"),
        ("We hope that this will reassure staff.", "none"),
        ("We hope to open it in May.", "intended"),
        ("The shift is expected to reduce the time spent on paperwork.", "none"),
        ("The shift is expected to start in May.", "planned"),
        ("The dashboard will help the board to see trends.", "none"),
        ("The team will help the board to see trends.", "planned"),
        ("The dashboard will replace the old returns.", "planned"),
        ("The purpose of the panel is to check each report.", "none"),
        ("The reports of the panel are to be checked.", "planned"),
    ],
)
def test_what_a_thing_is_for_is_not_work_to_come(sentence: str, stage: str) -> None:
    assert _stage(sentence) == stage


@pytest.mark.parametrize(
    ("sentence", "stage"),
    [
        # what is done as a rule, beside what may or will be done once
        ("Uptake is considered by the wellbeing committee.", "in_place"),
        ("A new app is considered at present.", "intended"),
        ("The panel considers all new items.", "in_place"),
        ("The service considers that the risk is low.", "none"),
        ("The service is considering a new app.", "intended"),
        ("Staff may report a concern by phone.", "in_place"),
        ("Staff may need more time.", "intended"),
        ("A second course may follow.", "intended"),
        ("Officers are expected to follow the code.", "none"),
        ("Officers are expected to start in May.", "planned"),
        ("Training is being delivered on a monthly basis.", "in_place"),
        ("Training is being delivered to all stations.", "under_way"),
        ("There is no waiting list.", "none"),
        ("Sessions with the Chief take place without managers present.", "in_place"),
    ],
)
def test_what_is_done_as_a_rule_is_in_place(sentence: str, stage: str) -> None:
    assert _stage(sentence) == stage
