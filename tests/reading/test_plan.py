"""Whole plans, rendered from one authored truth in many layouts and with the damage of real conversions."""

from __future__ import annotations

import random
import sys
from collections.abc import Callable, Sequence
from pathlib import Path

import pandas as pd
import pytest

from nlpkit.reading import Reading
from nlpkit.reading.plan import read_blocks
from nlpkit.reading.text import blocks_from_text

sys.path.insert(0, str(Path(__file__).parent))
from authored import HEADINGS, PLAN, Known, cut, line, row, token_f1, words


def read(text: str, **options: str) -> Reading:
    reading = read_blocks(blocks_from_text(text), source="plan.txt", **options)
    assert reading.accounts[0].balances, reading.accounts[0]
    return reading


def assert_known(reading: Reading, *, floor: float = 1.0, plan: Sequence[Known] = PLAN) -> None:
    """Every action with both updates, its status, deadline and period; nothing else."""
    updates = reading.updates
    assert list(dict.fromkeys(updates["action_id"])) == [known.number for known in plan]
    for known in plan:
        mine = updates[updates["action_id"] == known.number]
        assert list(mine["as_of"]) == ["2024-11", "2025-03"], known.number
        first, second = mine["update"]
        assert token_f1(first, known.november) >= floor, (known.number, first)
        assert token_f1(second, known.march) >= floor, (known.number, second)
        for column, truth in (("recommendation", known.recommendation), ("required_outcome", known.outcome)):
            assert token_f1(mine[column].iloc[0], truth) >= floor, (known.number, column)
        assert set(mine["declared"]) == {known.rag}
        assert set(mine["due"]) == {known.due}
        assert mine["theme"].iloc[0] == known.theme


def clean() -> str:
    return "\n".join(["Ashvale Fire and Rescue Service", "", line(HEADINGS), *(line(row(k)) for k in PLAN)])


def test_clean_table() -> None:
    reading = read(clean())
    assert_known(reading)
    assert set(reading.updates["service"]) == {"Ashvale Fire and Rescue Service"}
    assert reading.updates["due_date"].iloc[0] == "2025-03-31"
    assert reading.accounts[0].dispositions == {"heading row": 1, "action": 12}


def test_same_document_twice_gives_the_same_ids_and_they_are_unique() -> None:
    first, second = read(clean()).updates, read(clean()).updates
    pd.testing.assert_frame_equal(first, second)
    assert first["row_id"].is_unique
    assert first["row_id"].iloc[0] == "plan/1/November 2024"


def paged(
    *, repeat_headings: bool, rng: random.Random, ruled: bool = False, running: str = "Improvement plan 2024"
) -> str:
    """Pages of three rows; the row at each page's end is cut through some of its cells."""
    lines = [running, "", line(HEADINGS)]
    for i, known in enumerate(PLAN):
        cells = row(known)
        if i % 3 != 2:
            lines.append(line(cells))
            continue
        head, tail = list(cells), [""] * len(cells)
        for column in (2, 3, 6, 7):
            if rng.random() < 0.7:
                head[column], tail[column] = cut(cells[column], rng.uniform(0.2, 0.8))
        lines.append(line(head))
        if ruled:
            lines.append(line(["--", "---"] + ["--"] * (len(cells) - 2)))
        lines += ["", running, ""]
        if repeat_headings:
            lines.append(line(HEADINGS))
        if any(tail):
            lines.append(line(tail))
    return "\n".join(lines)


@pytest.mark.parametrize("seed", range(12))
@pytest.mark.parametrize("repeat_headings", [True, False])
def test_rows_cut_by_pages_are_made_whole(seed: int, repeat_headings: bool) -> None:
    text = paged(repeat_headings=repeat_headings, rng=random.Random(seed), ruled=seed % 2 == 0)
    assert_known(read(text))


def test_running_title_is_no_section() -> None:
    pages = [
        ["Raising concerns", line(HEADINGS), line(row(PLAN[0]))],
        ["Our plan, page 2", line(HEADINGS), line(row(PLAN[1]))],
        ["Background checks", line(HEADINGS), line(row(PLAN[2]))],
        ["Our plan, page 3", line(HEADINGS), line(row(PLAN[3]))],
        ["Our plan, page 4", line(HEADINGS), line(row(PLAN[4]))],
    ]
    text = "\n\n".join("\n\n".join((title, "\n".join(table))) for title, *table in pages)
    sections = read(text).updates.drop_duplicates("action_id")["section"]
    assert list(sections) == ["Raising concerns"] * 2 + ["Background checks"] * 3
    short = "\n\n".join(["Our plan", pages[0][1] + "\n" + pages[0][2], "Our plan", "\n".join(pages[1][1:])])
    assert set(read(short).updates["section"]) == {"Our plan"}
    titled = "\n\n".join(["Raising concerns", *short.split("\n\n")[1:]])
    assert list(read(titled.replace("Our plan", "Conduct")).updates["section"])[-1] == "Conduct"


def test_a_theme_for_a_heading_is_no_plan() -> None:
    updates = read("Improvement plan 2024\n\nValues and culture\n\n" + clean()).updates
    assert set(updates["plan"]) == {"Improvement plan 2024"}


def headings_inside(label: Callable[[Known, str], str], *, gap: bool = False) -> str:
    """One update column whose cells carry the period as a heading."""
    headings = [*HEADINGS[:6], "Notes", "Six-monthly updates", "RAG"]
    lines = [line(headings)]
    for known in PLAN:
        cells = row(known)
        november, march = label(known, "Nov 2024"), label(known, "Mar 2025")
        update = f"<p>{november} {known.november}</p> <p>{march} {known.march}</p>"
        if gap and int(known.number) % 3 == 0:
            # The page ends right after the second heading, which thus stands alone.
            update = f"<p>{november} {known.november}</p> <p>{march}</p>"
            lines.append(line([*cells[:6], "", update, known.rag]))
            lines += ["", line([""] * 7 + [f"<p>{known.march}</p>", ""])]
            continue
        lines.append(line([*cells[:6], "", update, known.rag]))
    return "\n".join(lines)


def test_underlined_periods_inside_a_cell() -> None:
    assert_known(read(headings_inside(lambda known, period: f"<u>{period}</u>")))
    assert_known(read(headings_inside(lambda known, period: f"<strong>Update {period}:</strong>", gap=True)))


def test_periods_without_markup_count_when_the_plan_repeats_them() -> None:
    half = read(
        headings_inside(lambda known, period: period if int(known.number) % 2 else f"<u>{period}</u>")
    )
    assert_known(half)
    plain = read(headings_inside(lambda known, period: f"{period} –"))
    assert_known(plain)


def test_dates_of_events_are_no_periods() -> None:
    cells = row(PLAN[0])
    update = "<p>3 May 2024 – talk to managers</p> <p>9 May 2024 – letter to all staff</p>"
    text = "\n".join([line(["No", "Recommendation", "Progress", "By when"]),
                      line(["1", cells[2], update, "June 2024"]), line(["2", cells[3], update, "June 2024"])])  # fmt: skip
    updates = read(text).updates
    assert len(updates) == 2
    assert words(updates["update"].iloc[0]) == words(
        "3 May 2024 talk to managers 9 May 2024 letter to all staff"
    )


def test_text_before_the_first_period_goes_with_it() -> None:
    update = "<p>This stands in the yearly plan.</p> <p><u>Oct-Mar 24</u> A lead was named.</p> <p><u>Apr-Sep 24</u> Done.</p>"
    updates = read(
        "\n".join([line(["No", "Recommendation", "Updates"]), line(["1", "Do it well.", update])])
    ).updates
    assert list(updates["update"]) == ["This stands in the yearly plan.\nA lead was named.", "Done."]
    assert list(updates["as_of"]) == ["2024-03", "2024-09"]


def test_a_narrative_slid_into_the_next_column_is_put_back() -> None:
    lines = headings_inside(lambda known, period: f"<u>{period}</u>").split("\n")
    slid = lines[5].split("\t")
    slid[6], slid[7] = slid[7], ""
    lines[5] = "\t".join(slid)
    half = lines[8].split("\t")
    first, second = half[7].split("</p> <p>")
    half[6], half[7] = f"<p>{second}", f"{first}</p>"
    lines[8] = "\t".join(half)
    assert_known(read("\n".join(lines)))


def test_numbers_and_colours_cut_by_narrow_columns() -> None:
    lines = [line(HEADINGS)]
    for known in PLAN:
        cells = row(known)
        cells[0] = " ".join(known.number)
        if known.rag in {"AMBER", "GREEN"}:
            cells[8:] = [known.rag[:4], known.rag[3:]]
        lines.append(line(cells))
    assert_known(read("\n".join(lines)))


def test_numbers_wrapped_into_the_theme() -> None:
    """The number stands in the theme's cell; from ten on its second digit is wrapped into the text or lost."""
    lines = [line(HEADINGS[1:])]
    for known in PLAN:
        cells = row(known)[1:]
        first, second = cut(known.theme, 0.6)
        digits = known.number
        cells[0] = (
            f"{digits[0]} {known.theme}" if len(digits) == 1 else f"{digits[0]} {first} {digits[1]} {second}"
        )
        if digits == "11":
            cells[0] = f"1 {known.theme}"
        lines.append(line(cells))
    reading = read("\n".join(lines))
    assert_known(reading)
    assert any("11" in warning for warning in reading.accounts[0].warnings)


def test_two_actions_run_together_in_one_row() -> None:
    lines = [line(HEADINGS[1:])]
    for known in PLAN[:6]:
        cells = row(known)[1:]
        cells[0] = f"{known.number} {known.theme}"
        lines.append(line(cells))
    both = row(PLAN[6])[1:]
    both[0] = "7 Understanding risk 8 Understanding risk"
    last = row(PLAN[8])[1:]
    last[0] = f"9 {PLAN[8].theme}"
    updates = read("\n".join([*lines, line(both), line(last)])).updates
    assert list(dict.fromkeys(updates["action_id"])) == ["1", "2", "3", "4", "5", "6", "7-8", "9"]
    assert set(updates[updates["action_id"] == "7-8"]["theme"]) == {"Understanding risk"}


def test_rows_of_a_page_in_reverse() -> None:
    rows = [line(row(known)) for known in PLAN]
    text = "\n".join([line(HEADINGS), *rows[:4], "", *rows[7:3:-1], "", *rows[8:]])
    reading = read(text)
    assert_known(reading)
    assert any("out of order" in warning for warning in reading.accounts[0].warnings)


def cut_in_mid_sentence(text: str) -> tuple[str, str]:
    """A narrative in two inside its second sentence, the tail beginning with a small letter."""
    first, second = text.split(". ", 1)
    halves = (cut(second, share / 10) for share in (5, 6, 4, 7, 3))
    head, tail = next((head, tail) for head, tail in halves if tail[0].islower())
    return f"{first}. {head}", tail


@pytest.mark.parametrize("at", range(1, 12))
def test_the_end_of_an_action_at_the_head_of_the_next_cell(at: int) -> None:
    """The row line is lost at the page break: the cell of action at+1 begins with the end of action at."""
    cells = [row(known) for known in PLAN]
    for column in (6, 7):
        cells[at - 1][column], tail = cut_in_mid_sentence(cells[at - 1][column])
        cells[at][column] = f"{tail} {cells[at][column]}"
    assert_known(read("\n".join([line(HEADINGS), *map(line, cells[:at]), "", *map(line, cells[at:])])))


def test_whole_sentences_move_only_where_both_sides_lean_their_way() -> None:
    cells = [row(known) for known in PLAN]
    # The last sentence of action 4 stands at the head of action 5, with nothing cut.
    stray = "Migration of the driving records goes on with the supplier."
    cells[4][7] = f"{stray} {cells[4][7]}"
    text = "\n".join([line(HEADINGS), *map(line, cells[:4]), "", *map(line, cells[4:])])
    updates = read(text).updates
    fourth = updates[updates["action_id"] == "4"]["update"].iloc[1]
    assert fourth.endswith("goes on with the supplier.")
    assert_known(read(text.replace(f"{stray} ", "")))


def test_a_nested_table_flattened_into_columns_and_rows() -> None:
    nested = (
        "<p>Maturity was scored.</p> <table><tr><th>Level</th><th></th></tr><tr><td>Basic</td>"
        "<td>Done to comply</td></tr><tr><td>Full</td><td>Shapes decisions</td></tr></table> <p>A hub opened.</p>"
    )
    text = "\n".join(
        [
            line(["", "Recommendation", "Progress", "By when", "Gap"]),
            line(["1", "Assess equality.", nested, "Level", "", "Basic", "Done to comply", "Full", "Shapes decisions", "May 2024", "Go on."]),
            line(["Level", ""]), line(["Basic", "Done to comply"]), line(["Full", "Shapes decisions"]),
            line(["2", "Use the data.", "Monthly report.", "June 2024", "None."]),
        ]
    )  # fmt: skip
    reading = read(text)
    assert reading.accounts[0].dispositions["nested table, written out again"] == 3
    first, second = reading.updates.to_dict("records")
    assert words(first["update"]) == words(
        "Maturity was scored. Level Basic Done to comply Full Shapes decisions A hub opened."
    )
    assert (first["due"], first["planned_action"]) == ("May 2024", "Go on.")
    assert second["update"] == "Monthly report."


def test_merged_cells_give_one_row_a_step() -> None:
    headings = ["Ref", "Recommendation", "Action", "Owner", "Due", "Progress update", "RAG"]
    text = "\n".join(
        [
            line(headings),
            line(
                ["4", "Improve debriefs.", "Write a form.", "Ops", "May 2024", "The form is written.", "Blue"]
            ),
            line(["", "", "Train crews.", "Training", "June 2024", "Half the crews are trained.", "Green"]),
            line(["5", "Improve records.", "Buy a system.", "ICT", "July 2024", "Tender issued.", "Amber"]),
        ]
    )
    updates = read(text).updates
    assert list(updates["action_id"]) == ["4", "4", "5"]
    assert list(updates["recommendation"]) == ["Improve debriefs.", "Improve debriefs.", "Improve records."]
    assert list(updates["declared_status"]) == ["complete", "on_track", "at_risk"]
    assert list(updates["planned_action"]) == ["Write a form.", "Train crews.", "Buy a system."]
    assert updates["row_id"].is_unique


def test_tables_that_hold_no_updates_are_accounted_for_and_left() -> None:
    front = [
        "Contents", "", line(["", "Page Number"]), line(["Introduction", "2"]), line(["Progress", "5"]), "",
        line(["Revision Date", "Summary of Changes"]), line(["1 May 2024", "First draft"]), "",
        line(["How good is the service at preventing fires?", "Good"]), line(["How good is its training?", "Inadequate"]), "",
        "Blue – action completed", "Green – on track", "",
    ]  # fmt: skip
    reading = read("\n".join([*front, clean(), "", line(["Key", ""]), line(["Blue", "Complete"])]))
    assert_known(reading)
    dispositions = reading.accounts[0].dispositions
    assert (
        dispositions["contents"] == 3
        and dispositions["document history"] == 2
        and dispositions["grades"] == 2
    )
    assert dispositions["legend"] == 2


def test_the_plans_own_colour_key_decides() -> None:
    key = ["Blue – not yet started", "Green – completed and closed", "Amber – work is on track", ""]
    updates = read("\n".join([*key, clean()])).updates.drop_duplicates("action_id").set_index("action_id")
    assert updates.loc["10", "declared_status"] == "not_started"
    assert updates.loc["1", "declared_status"] == "complete"
    assert updates.loc["2", "declared_status"] == "on_track"
    assert updates.loc["4", "declared_status"] == "off_track"


def upright(known: Known) -> str:
    labels = [
        "Recommendation number",
        "Area for improvement",
        "Required outcome",
        "Lead officer",
        "Target date",
    ]
    values = [known.number, known.recommendation, known.outcome, known.owner, known.due]
    lines = [line(pair) for pair in zip(labels, values, strict=True)]
    return "\n".join([*lines, line(["Progress update", known.march]), line(["RAG status", known.rag])])


def test_upright_tables_one_a_recommendation() -> None:
    updates = read("\n\n".join(upright(known) for known in PLAN)).updates
    assert list(updates["action_id"]) == [known.number for known in PLAN]
    assert list(updates["update"]) == [known.march for known in PLAN]
    assert list(updates["declared"]) == [known.rag for known in PLAN]
    assert list(updates["recommendation"]) == [known.recommendation for known in PLAN]


def test_a_table_below_each_recommendation() -> None:
    parts = []
    for known in PLAN:
        parts.append(f"Area for improvement {known.number}: {known.recommendation}")
        parts.append("\n".join([line(["Action", "Owner", "Due", "Progress", "RAG"]),
                                line([known.outcome, known.owner, known.due, known.march, known.rag])]))  # fmt: skip
    updates = read("\n\n".join(parts)).updates
    assert list(updates["action_id"]) == [known.number for known in PLAN]
    assert list(updates["recommendation"]) == [known.recommendation for known in PLAN]
    assert list(updates["planned_action"]) == [known.outcome for known in PLAN]
    assert list(updates["update"]) == [known.march for known in PLAN]


def test_entries_with_labels_instead_of_a_table() -> None:
    parts = ["Progress against the 2024 inspection"]
    for known in PLAN:
        parts += [f"Recommendation {known.number}", known.recommendation, f"Lead: {known.owner}"]
        first, second = known.march.split(". ", 1)
        parts += [f"Progress: {first}.", second, f"Status: {known.rag.title()}"]
    updates = read("\n\n".join(parts)).updates
    assert list(updates["action_id"]) == [known.number for known in PLAN]
    assert [words(text) for text in updates["update"]] == [words(known.march) for known in PLAN]
    assert list(updates["declared"]) == [known.rag.title() for known in PLAN]
    assert list(updates["recommendation"]) == [known.recommendation for known in PLAN]


def test_bullets_under_progress_headings() -> None:
    text = """Report to the board

Meeting date\t12 May 2024

BACKGROUND

- Members asked for this report.

Culture plan progress - April 2024

- Six workshops were held.
- A survey closed with 412 replies.

Risks

- Money is short."""
    reading = read(text)
    assert list(reading.updates["update"]) == [
        "Six workshops were held.",
        "A survey closed with 412 replies.",
    ]
    assert set(reading.updates["as_of"]) == {"2024-04"}
    assert set(reading.updates["section"]) == {"Culture plan progress - April 2024"}
    assert reading.accounts[0].dispositions["other bullet"] == 2


def test_markdown_tables() -> None:
    text = "\n".join(
        "| " + " | ".join(cells) + " |"
        for cells in [list(HEADINGS), ["---"] * len(HEADINGS), *map(row, PLAN)]
    )
    assert_known(read(text))


def test_heading_row_wrapped_over_two_lines() -> None:
    top = [*HEADINGS]
    top[2], top[3] = "Area for", "Outcome"
    below = [""] * len(top)
    below[2], below[3] = "improvement", "required"
    assert_known(read("\n".join([line(top), line(below), *(line(row(known)) for known in PLAN)])))


def test_deadlines() -> None:
    headings = ["No", "Recommendation", "Current position", "ETA"]
    text = "\n".join(
        [
            line(headings),
            line(["1", "By 1 June 2023, chiefs should review checks.", "Reviewed.", "Complete"]),
            line(["2", "Publish the plan.", "Drafted.", "<p>Aug 2024</p> <p>Ongoing</p> <p>Jan 2025</p>"]),
            line(["3", "With immediate effect, notify us.", "We do.", ""]),
            line(["4", "Move records.", "Moving.", "30/06/2024"]),
        ]
    )
    updates = read(text).updates
    assert list(updates["due"]) == [
        "1 June 2023",
        "Aug 2024; Ongoing; Jan 2025",
        "With immediate effect",
        "30/06/2024",
    ]
    assert list(updates["due_date"]) == ["2023-06-01", "2025-01-31", "", "2024-06-30"]
    assert list(updates["declared"]) == ["Complete", "", "", ""]


DASHBOARD = [
    "Summary dashboard", "", line(["Efficiency actions = 2", "", ""]), line(["Not started", "In progress (on track)", "Complete"]),
    line(["0", "1", "1"]), line(["People actions = 2", "", ""]), line(["Not started", "In progress (on track)", "Complete"]),
    line(["{}", "0", "1"]), "",
]  # fmt: skip
COUNTED = [
    line(["Number", "Recommendation", "Current position", "ETA"]),
    line(["Efficiency 1", "Share fleet.", "Shared.", "Complete"]), line(["Efficiency 2", "Plan money.", "Planning.", "May 2024"]),
    line(["People 1", "Coach.", "Coached.", "Complete"]), line(["People 2", "Recruit.", "Not yet.", "June 2024"]),
]  # fmt: skip


def test_totals_are_held_against_the_plans_own() -> None:
    text = "\n".join([*DASHBOARD, *COUNTED])
    agreeing = read(text.format(1))
    checks = agreeing.accounts[0].checks
    assert [check.agrees for check in checks] == [True, True]
    assert checks[0].name == "Efficiency actions"
    # The totals leave one status for the action whose colour the file lost.
    declared = agreeing.updates.set_index("action_id")["declared"]
    assert declared["Efficiency 2"] == "In progress (on track)" and declared["People 2"] == "Not started"
    disagreeing = read(text.format(3)).accounts[0].checks
    assert [check.agrees for check in disagreeing] == [True, False]
    assert "DISAGREE" in str(disagreeing[1])


def test_a_bare_pointer_in_a_merged_cell_is_the_update() -> None:
    headings = ["No", "Recommendation", "Outcome required", "Action", "Progress"]
    text = "\n".join([line(headings), line(["1", "Keep records.", "Records kept.", "Buy a system.", "Bought."]),
                      line(["2", "Mind the records.", "A duplicate of 1 – see that action", "", ""])])  # fmt: skip
    updates = read(text).updates
    assert updates["update"].iloc[1] == "A duplicate of 1 – see that action"
    assert updates["required_outcome"].iloc[1] == ""


def test_the_user_names_the_service_and_dates_what_has_no_period() -> None:
    updates = read(clean(), service="Other FRS", as_of="2026-01-31").updates
    assert set(updates["service"]) == {"Other FRS"} and set(updates["as_of"]) == {"2024-11", "2025-03"}
    undated = "As at 5 May 2024\n\n" + "\n".join(
        [line(["No", "Recommendation", "Progress"]), line(["1", "Do it.", "Done."])]
    )
    assert set(read(undated).updates["as_of"]) == {"2024-05-05"}
    assert set(read(undated, as_of="2024-06").updates["as_of"]) == {"2024-06"}


def test_as_of_from_the_latest_event_told() -> None:
    headings = ["No", "Recommendation", "Progress"]
    told = "The board met on 4 March 2024. A review is due by 30 June 2024."
    reading = read(
        "\n".join([line(headings), line(["1", "Review it.", told]), line(["2", "Do it.", "Begun."])])
    )
    assert set(reading.updates["as_of"]) == {"2024-03"}
    assert "04/03/2024" in reading.accounts[0].warnings[0]


def test_themes_come_from_headings_where_no_column_has_them() -> None:
    headings = ["No", "Recommendation", "Progress"]
    text = "\n".join(["Promoting the right values and culture", "", line(headings), line(["1", "Do it.", "Done."]), "",
                      "Stations and vehicles", "", line(headings), line(["2", "Go on.", "Gone."])])  # fmt: skip
    assert list(read(text).updates["theme"]) == ["Promoting the right values and culture", ""]


@pytest.mark.parametrize("seed", range(40))
def test_broken_documents_are_read_without_fault_and_every_row_is_accounted_for(seed: int) -> None:
    """Random cuts, swaps and insertions of tabs, breaks, tags and digits into a plan."""
    rng = random.Random(seed)
    text = paged(repeat_headings=bool(seed % 2), rng=rng)
    scraps = [
        "\t",
        "\n",
        "\n\n",
        "<p>",
        "</u>",
        "<table><tr><td>",
        "1 ",
        "•",
        "--",
        "\t\t",
        "Mar 2025 ",
        "\x0b",
        "&#0;",
        "|",
    ]
    for _ in range(rng.randint(1, 60)):
        a, b = sorted(rng.randrange(len(text)) for _ in range(2))
        b = min(b, a + rng.randint(0, 40))
        text = (
            text[:a]
            + (rng.choice(scraps) if rng.random() < 0.7 else "")
            + text[b if rng.random() < 0.5 else a :]
        )
    reading = read(text)
    assert reading.updates["row_id"].is_unique
    assert len(reading.updates) == reading.accounts[0].updates
