"""What counts as a fact that an inspector could check, and what only looks like one."""

from __future__ import annotations

from datetime import date

import pytest

from nlpkit.language import analyse

AS_OF = date(2024, 3, 31)


def _facts(sentence: str) -> list[tuple[str, str]]:
    (analysis,) = analyse([sentence], as_of=[AS_OF])
    return [(fact.kind, fact.text) for one in analysis.sentences for fact in one.facts]


@pytest.mark.parametrize(
    ("sentence", "kind", "text"),
    [
        ("We now have 14 fire safety inspectors.", "figure", "14 fire safety inspectors"),
        ("117 colleagues used the service.", "figure", "117 colleagues"),
        ("Three auditors have moved into inspector posts.", "figure", "Three auditors"),
        ("1,204 home visits were made.", "figure", "1,204 home visits"),
        ("88% of the workforce took part.", "figure", "88% of the workforce"),
        ("Two of nine stations have been visited.", "figure", "Two of nine"),
        ("£1.2m was invested.", "figure", "£1.2m"),
        ("It was approved on 4 May 2023.", "date_done", "4 May 2023"),
        ("It was launched in January.", "date_done", "January"),
        ("In 2023 the policy was published.", "date_done", "2023"),
        ("The Water Rescue Policy was issued.", "document", "Water Rescue Policy"),
        ("The enforcement policy was approved.", "document", "enforcement policy"),
        ("This is set out in SI 0069.", "document", "SI 0069"),
        ("The Code of Ethics is used in interviews.", "document", "Code of Ethics"),
        ("The Workforce Strategy Action Plan was agreed.", "document", "Workforce Strategy Action Plan"),
        ("It was presented to the Operations Board.", "body", "Operations Board"),
        ("The Equality and Inclusion Panel met.", "body", "Equality and Inclusion Panel"),
        ("SLT approved it.", "body", "SLT"),
        ("The staff survey was completed.", "survey", "staff survey"),
        ("Two focus groups were held.", "survey", "focus groups"),
        ("A peer review was carried out.", "audit", "peer review"),
        ("An independent external review was held.", "audit", "independent external review"),
        ("The Firewatch system went live.", "system", "Firewatch system"),
        ("HMICFRS reviewed our files.", "third_party", "HMICFRS"),
        ("An external consultant assessed the team.", "third_party", "external consultant"),
        ("All watch managers have been trained.", "training_done", "trained"),
        ("Bias training was delivered to managers.", "training_done", "training was delivered"),
    ],
)
def test_fact(sentence: str, kind: str, text: str) -> None:
    assert (kind, text) in _facts(sentence)


@pytest.mark.parametrize(
    ("sentence", "kind"),
    [
        ("Crews hold Level 3 awards.", "figure"),
        ("We met recommendation 12 and dialled 999.", "figure"),
        ("It took six months and two years.", "figure"),
        ("A 360 degree tool is used.", "figure"),
        ("One of the aims has been met.", "figure"),
        ("Six weekly meetings are held.", "figure"),
        ("Quarter 2 of 2024/25 was quiet.", "figure"),
        ("The 2020 survey was shared.", "date_done"),
        ("Since 2018 we have improved.", "date_done"),
        ("It rose from 40% in 2018.", "date_done"),
        ("The comments in the November update were noted.", "date_done"),
        ("It was approved for launch in May 2025.", "date_done"),
        ("A new policy was written.", "document"),
        ("The report was read.", "document"),
        ("The team met.", "body"),
        ("We wrote to HMICFRS.", "third_party"),
        ("The training needs analysis was completed.", "training_done"),
        ("Staff will be trained.", "training_done"),
    ],
)
def test_no_fact(sentence: str, kind: str) -> None:
    assert kind not in {found for found, _ in _facts(sentence)}


def test_what_is_planned_is_marked() -> None:
    kinds = {
        kind
        for kind, _ in _facts(
            "The Culture Board will survey 300 officers and train 20 managers by 1 June 2024."
        )
    }
    assert {"planned_body", "planned_figure"} <= kinds
    assert all(kind.startswith("planned_") for kind in kinds)


def test_each_clause_by_itself() -> None:
    facts = _facts("The Rescue Plan was approved by 12 members and 40 officers will be trained.")
    assert ("figure", "12 members") in facts
    assert ("planned_figure", "40 officers") in facts
