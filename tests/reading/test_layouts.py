"""Small plans in the many ways that services lay them out, each with what a careful reader takes from it."""

from __future__ import annotations

import pandas as pd
import pytest

from nlpkit.reading import Reading
from nlpkit.reading.plan import read_blocks
from nlpkit.reading.text import blocks_from_text

TITLE = "Wold Fire and Rescue Service\nHMICFRS action plan – position as at 30 September 2024\n\n"


def read(text: str) -> Reading:
    reading = read_blocks(blocks_from_text(text.replace(" ⇥ ", "\t").replace("⇥", "\t")), source="plan.txt")
    assert reading.accounts[0].balances, reading.accounts[0]
    return reading


def updates(text: str) -> pd.DataFrame:
    return read(text).updates


def test_tables_after_the_plan_are_not_actions() -> None:
    found = read(
        TITLE
        + """Ref ⇥ Area for improvement ⇥ Progress ⇥ Lead ⇥ RAG
1 ⇥ The service should improve its audits. ⇥ 312 audits done. ⇥ Protection ⇥ Green

Risk register

Ref ⇥ Risk ⇥ Mitigation ⇥ Owner ⇥ Score
R1 ⇥ Loss of key staff ⇥ A plan is in place ⇥ Head of HR ⇥ 12

Attendance

Name ⇥ Role ⇥ June ⇥ July ⇥ October
J Smith ⇥ Chair ⇥ Yes ⇥ Yes ⇥ No"""
    )
    assert list(found.updates["action_id"]) == ["1"]
    assert not len(found.set_aside)


def test_a_table_inside_the_plan_that_does_not_fit_is_set_aside_not_dropped() -> None:
    found = read(
        TITLE
        + """Ref ⇥ Recommendation ⇥ Action ⇥ Progress ⇥ Due ⇥ RAG
1 ⇥ Train crews. ⇥ Review. ⇥ Reviewed in May. ⇥ June 2024 ⇥ Green

Half of the crews were trained by May 2024. ⇥ This was reported to the board in July."""
    )
    assert found.set_aside["reason"].tolist() == ["does not fit the columns of the plan around it"]
    assert found.accounts[0].dispositions["set aside"] == 1


def test_totals_and_notes_under_a_table_are_no_actions() -> None:
    found = updates(
        TITLE
        + """AFI Ref ⇥ Area for improvement ⇥ Position ⇥ Status
AFI-01 ⇥ The service should evaluate. ⇥ Evaluated in June. ⇥ Closed
Note: figures are provisional. ⇥  ⇥  ⇥
AFI-02 ⇥ The service should recruit. ⇥ Four of six posts are filled. ⇥ Open
Total ⇥ 2 actions ⇥  ⇥ 1 closed, 1 open
Closed: 1 ⇥ Open: 1 ⇥  ⇥ Total: 2"""
    )
    assert list(found["action_id"]) == ["AFI-01", "AFI-02"]
    assert set(found["section"]) == {"HMICFRS action plan – position as at 30 September 2024"}


@pytest.mark.parametrize(
    ("heading", "action_id"),
    [
        ("AFI Ref", "AFI-03"),
        ("Rec", "R7"),
        ("HMI Ref", "HMI 2023/4"),
        ("Ref", "CoC 1"),
        ("No.", "1.2a"),
        ("#", "P&C-03"),
    ],
)
def test_shapes_of_numbers(heading: str, action_id: str) -> None:
    found = updates(
        f"{TITLE}{heading} ⇥ Recommendation ⇥ Progress\n{action_id} ⇥ Pay staff. ⇥ All were paid."
    )
    assert list(found["action_id"]) == [action_id] and list(found["recommendation"]) == ["Pay staff."]


def test_a_heading_that_names_the_number_in_one_plan_and_the_text_in_another() -> None:
    beside = updates(
        TITLE + "AFI No ⇥ AFI ⇥ Update\n1 ⇥ The service should improve its evaluation. ⇥ Improved."
    )
    alone = updates(TITLE + "AFI ⇥ Action ⇥ Update\nThe service should test. ⇥ Buy kit. ⇥ Kit was bought.")
    assert list(beside["action_id"]) == ["1"]
    assert list(beside["recommendation"]) == ["The service should improve its evaluation."]
    assert list(alone["action_id"]) == [""] and list(alone["recommendation"]) == ["The service should test."]


def test_headings_that_hold_a_status_word_but_head_another_column() -> None:
    found = updates(
        TITLE
        + """Ref ⇥ Cause of Concern / AFI ⇥ Work completed to date ⇥ Outstanding work ⇥ Implemented?
1 ⇥ The service should test plans. ⇥ Two plans were tested. ⇥ Test the third. ⇥ No"""
    )
    row = found.iloc[0]
    assert (row["recommendation"], row["update"]) == (
        "The service should test plans.",
        "Two plans were tested.",
    )
    assert (row["planned_action"], row["declared"]) == ("Test the third.", "No")


def test_headings_that_are_questions() -> None:
    found = updates(
        TITLE
        + """What HMICFRS told us ⇥ What we have done so far ⇥ What we still need to do ⇥ Who is leading ⇥ When will it be done
The service should rank homes. ⇥ We ranked 40,000 homes. ⇥ Visit them. ⇥ AM Prevention ⇥ May 2025
The service should plan its workforce. ⇥ We have not begun. ⇥ Write a plan. ⇥ Head of People ⇥ June 2025"""
    )
    assert list(found["update"]) == ["We ranked 40,000 homes.", "We have not begun."]
    assert list(found["recommendation"]) == [
        "The service should rank homes.",
        "The service should plan its workforce.",
    ]
    assert list(found["planned_action"]) == ["Visit them.", "Write a plan."]
    assert list(found["owner"]) == ["AM Prevention", "Head of People"] and list(found["due"]) == [
        "May 2025",
        "June 2025",
    ]


def test_a_short_narrative_is_no_declared_status() -> None:
    found = updates(
        TITLE
        + """Ref ⇥ Recommendation ⇥ Progress ⇥ ETA
1 ⇥ The service should test. ⇥ Testing is ongoing. ⇥ May 2025
2 ⇥ The service should train. ⇥ Training delayed. ⇥ May 2025
3 ⇥ The service should check. ⇥ Complete ⇥ May 2025"""
    )
    assert list(found["update"]) == ["Testing is ongoing.", "Training delayed.", "Complete"]
    assert list(found["declared"]) == ["", "", "Complete"]


def test_heading_row_wrapped_over_two_lines_in_capitals() -> None:
    found = updates(
        TITLE
        + """Ref ⇥ Area for ⇥ Progress ⇥ Target ⇥ RAG
 ⇥ Improvement ⇥ to Date ⇥ Date ⇥ Status
1 ⇥ The service should test. ⇥ Tested. ⇥ May 2024 ⇥ Green"""
    )
    row = found.iloc[0]
    assert (row["recommendation"], row["due"], row["declared"]) == (
        "The service should test.",
        "May 2024",
        "Green",
    )


def test_quarters_and_months_as_columns_take_the_year_of_the_plan() -> None:
    quarters = updates(
        "East Vale Fire Authority\nInspection action plan 2023/24\n\nRef ⇥ Recommendation ⇥ Q1 ⇥ Q2 ⇥ Q3 update ⇥ Q4\n"
        "1 ⇥ Improve risk data. ⇥ Begun. ⇥ Supplier chosen. ⇥ Loaded. ⇥ All 512 sites done."
    )
    assert list(quarters["as_of"]) == ["2023-06", "2023-09", "2023-12", "2024-03"]
    months = updates(TITLE + "Ref ⇥ Recommendation ⇥ April ⇥ May ⇥ RAG\n1 ⇥ Test. ⇥ Planned. ⇥ Ran. ⇥ Green")
    assert list(months["as_of"]) == ["2024-04", "2024-05"] and list(months["update"]) == ["Planned.", "Ran."]


def test_worded_periods_inside_a_paragraph() -> None:
    found = updates(
        TITLE
        + """Ref ⇥ Recommendation ⇥ Progress
1 ⇥ Test. ⇥ July 2024 update: A board was set up. October 2024 update: Two hundred were trained.
2 ⇥ Train. ⇥ Update 3 (July 2024): None trained. Update 4 (October 2024): Forty trained."""
    )
    assert list(found["as_of"]) == ["2024-07", "2024-10"] * 2
    assert list(found["update"]) == [
        "A board was set up.",
        "Two hundred were trained.",
        "None trained.",
        "Forty trained.",
    ]


@pytest.mark.parametrize(
    ("front", "as_of"),
    [
        ("Action plan\n\nAs at 30 September 2024", "2024-09-30"),
        ("Recommendations – status at 1 February 2024", "2024-02-01"),
        ("Values recommendations – update to October 2023", "2023-10"),
        ("AFI dashboard and plan – 1 July 2024", "2024-07-01"),
        ("Audit follow-up\n\nQuarter 2 2024/25", "2024-09"),
        ("Performance Committee – 12 November 2024", "2024-11-12"),
        ("Action plan as at May 2024\n\nDate of next update: June 2025", "2024-05"),
        ("Inspection action plan 2024", ""),
    ],
)
def test_the_date_of_a_plan_from_its_front(front: str, as_of: str) -> None:
    body = "Ref ⇥ Recommendation ⇥ Progress\n1 ⇥ Test. ⇥ The policy will be reviewed and updated March 2026."
    assert set(updates(f"{front}\n\n{body}")["as_of"]) == {as_of}


def test_the_service_in_the_title_and_not_a_neighbour() -> None:
    found = updates(
        TITLE
        + "Ref ⇥ Recommendation ⇥ Progress\n1 ⇥ Share. ⇥ Humberside Fire and Rescue Service was visited twice. "
        "Humberside Fire and Rescue Service agreed."
    )
    assert set(found["service"]) == {"Wold Fire and Rescue Service"}


def test_two_services_under_headings_of_their_own() -> None:
    table = "Ref ⇥ Recommendation ⇥ Update\n1 ⇥ Test. ⇥ Tested."
    found = updates(
        f"Joint board\n\nNorthlea Fire and Rescue Service\n\n{table}\n\nSouthlea Fire and Rescue Service\n\n{table}"
    )
    assert list(found["service"]) == ["Northlea Fire and Rescue Service", "Southlea Fire and Rescue Service"]
    assert found["row_id"].is_unique


def test_steps_below_the_recommendation_of_their_own_table() -> None:
    found = updates(
        TITLE
        + """Recommendation 1 - By 31 March 2024, the service should plan for risk.

Action ⇥ Owner ⇥ Due ⇥ Progress ⇥ BRAG
1.1 Audit files ⇥ Ops ⇥ Jan 2024 ⇥ All 210 files were audited. ⇥ B
1.2 Set a standard ⇥ Ops ⇥ Mar 2024 ⇥ The standard is late. ⇥ A

Recommendation 2 - By 30 June 2024, the service should make promotion fair.

Action ⇥ Owner ⇥ Due ⇥ Progress ⇥ BRAG
2.1 Rewrite policy ⇥ HR ⇥ Apr 2024 ⇥ Rewritten in April. ⇥ B"""
    )
    assert list(found["action_id"]) == ["1", "1", "2"]
    assert found["recommendation"].iloc[2].endswith("make promotion fair.")


def test_a_should_sentence_in_passing_is_no_recommendation() -> None:
    found = updates(
        TITLE + "Members should note that the figures are provisional.\n\n"
        "Action ⇥ Owner ⇥ Progress ⇥ BRAG\nAudit files ⇥ Ops ⇥ All 210 were audited. ⇥ B"
    )
    assert list(found["recommendation"]) == [""]


def test_digits_of_the_wording_stay() -> None:
    found = updates(
        TITLE
        + "Recommendation ⇥ Progress\n4 The service should inspect all 9 stations within 6 months. ⇥ Five done."
    )
    assert list(found["action_id"]) == ["4"]
    assert list(found["recommendation"]) == ["The service should inspect all 9 stations within 6 months."]


def test_a_plan_that_counts_down_is_left_so() -> None:
    found = updates(
        TITLE
        + "Ref ⇥ Recommendation ⇥ Progress\n10 ⇥ Test. ⇥ Tested.\n9 ⇥ Train. ⇥ Trained.\n8 ⇥ Pay. ⇥ See 10 above."
    )
    assert list(found["action_id"]) == ["10", "9", "8"]


def test_rows_broken_inside_a_cell_at_the_top_of_a_page() -> None:
    found = updates(
        TITLE
        + """Ref ⇥ Recommendation ⇥ Action ⇥ Progress ⇥ RAG
1 ⇥ The service should make sure that
its crews are trained. ⇥ Review. ⇥ Reviewed. ⇥ G

3

2 ⇥ The service should debrief. ⇥ Write it. ⇥ Policy drafted; consultation
closes in July 2024. ⇥ A"""
    )
    assert list(found["action_id"]) == ["1", "2"]
    assert found["recommendation"].iloc[0] == "The service should make sure that its crews are trained."
    assert found["update"].iloc[1] == "Policy drafted; consultation closes in July 2024."


def test_narrower_tables_after_wider_ones_keep_their_rows() -> None:
    front = (
        "Author ⇥ A Clerk ⇥ 1.0\nOwner ⇥ The board ⇥ 1.0\n\nIntroduction ⇥ 4\nProcess ⇥ 5\nSummary ⇥ 7\n\n"
    )
    found = read(front + "Ref ⇥ Recommendation ⇥ Update\n1 ⇥ Test. ⇥ Tested.")
    assert found.accounts[0].rows_found == 2 + 3 + 2


def test_the_meanings_of_a_colour_key_head_no_table() -> None:
    key = "Action completed ⇥ Action is unlikely to be delivered ⇥ Action may not be delivered ⇥ Action will be delivered"
    found = read(TITLE + "Ref ⇥ Recommendation ⇥ Update\n1 ⇥ Test. ⇥ Tested.\n\nKey to colours\n\n" + key)
    assert found.accounts[0].dispositions == {"heading row": 1, "action": 1, "legend": 1}


def test_words_beyond_the_last_column_are_kept() -> None:
    found = updates(
        TITLE + "Ref ⇥ Recommendation ⇥ Update ⇥ RAG\n1 ⇥ Pay. ⇥ Paid all 40. ⇥ Blue ⇥ an extra note"
    )
    assert list(found["declared"]) == ["Blue"] and "an extra note" in found["update"].iloc[0]


def test_numbered_paragraphs_and_bullets_of_a_board_paper() -> None:
    paper = updates(
        """Fire Authority

15 July 2024

3. PROGRESS

3.1 AFI 1 - Risk-based inspections. The programme began in April 2024 and 312 premises were visited.

3.2 AFI 2 - Staff survey. The survey has been delayed because the supplier withdrew."""
    )
    assert list(paper["action_id"]) == ["1", "2"] and set(paper["as_of"]) == {"2024-07-15"}
    assert list(paper["recommendation"]) == ["Risk-based inspections", "Staff survey"]
    bullets = updates(
        """Performance Committee – 12 November 2024

Progress against the plan

Prevention

- AFI 1: Visits use new data; 4,200 were made (Complete)

People

- AFI 3: Exit interviews have stalled since June (Off track)

Next steps

- The committee meets in May."""
    )
    assert list(bullets["action_id"]) == ["1", "3"] and list(bullets["declared"]) == ["Complete", "Off track"]
    assert list(bullets["section"]) == ["Prevention", "People"]
    assert bullets["update"].iloc[1] == "Exit interviews have stalled since June"


def test_entries_whose_narrative_follows_the_status() -> None:
    found = updates(
        """Update on areas for improvement, March 2024

Area for improvement 1
The service should test its plans.
Status: Complete
All plans were tested in January.

Area for improvement 2
The service should train.
Status: In progress
Forty of ninety were trained."""
    )
    assert list(found["update"]) == ["All plans were tested in January.", "Forty of ninety were trained."]
    assert list(found["declared"]) == ["Complete", "In progress"]


def test_a_column_mistaken_shows_in_the_reconciliation() -> None:
    reading = read(
        TITLE
        + "Ref ⇥ Recommendation ⇥ Update ⇥ RAG\n1 ⇥ Test. ⇥  ⇥ Green\n2 ⇥ Train. ⇥  ⇥ Red\n3 ⇥ Pay. ⇥ Paid. ⇥ Blue"
    )
    assert [check.agrees for check in reading.accounts[0].checks] == [False]
    gap = read(
        TITLE
        + "Ref ⇥ Recommendation ⇥ Update\n"
        + "\n".join(f"{n} ⇥ Test {n}. ⇥ Tested." for n in (1, 2, 3, 4, 5, 7, 8))
    )
    assert any("leaves out 6" in warning for warning in gap.accounts[0].warnings)
    sparse = read(
        TITLE
        + "Ref ⇥ Recommendation ⇥ Update\n"
        + "\n".join(f"{n} ⇥ Test {n}. ⇥ Tested." for n in (1, 3, 9, 12))
    )
    assert not any("leaves out" in warning for warning in sparse.accounts[0].warnings)
