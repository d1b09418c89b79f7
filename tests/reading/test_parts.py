"""The parts of reading, each on its own."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from nlpkit.errors import InputError
from nlpkit.reading import read_document, read_documents, read_frame
from nlpkit.reading.blocks import Bullet, Cell, Heading, Line, Paragraph, Table, cell_from_markup
from nlpkit.reading.dashboards import find_dashboards, find_legend
from nlpkit.reading.headers import recognise, role_of
from nlpkit.reading.periods import deadline, labels_in, latest_event, split_periods, stated_as_of
from nlpkit.reading.provenance import find_service
from nlpkit.reading.rows import join_cut, join_lines, mend_status
from nlpkit.reading.text import blocks_from_text


@pytest.mark.parametrize(
    ("heading", "role"),
    [
        ("Ref. No.", "id"), ("AFI", "id"), ("Area for Improvement", "recommendation"), ("Recommendation:", "recommendation"),
        ("Outcome/s required/evidence of success", "required_outcome"), ("Gap – further actions", "planned_action"),
        ("Action to achieve required outcomes", "planned_action"), ("Actions taken so far", "update"),
        ("Current Position", "update"), ("Six-monthly updates", "update"), ("Update November 2020", "update"),
        ("Progress (Q2 2024/25)", "update"), ("*BR AG", "declared"), ("RAG Nov 2024", "declared"), ("B/RAG status", "declared"),
        ("ETA", "due"), ("By When", "due"), ("Target completion date", "due"), ("Responsible function", "owner"),
        ("Lead Officer", "owner"), ("Notes", "notes"), ("HMI Page", "page"), ("Inspection theme", "theme"),
        ("In progress (on track)", ""), ("Not started", ""), ("Colour of fire engine", ""),
    ],
)  # fmt: skip
def test_roles_of_headings(heading: str, role: str) -> None:
    assert role_of(heading) == role


def test_progress_is_a_colour_beside_a_narrative_and_a_narrative_without_one() -> None:
    beside = recognise(["Number", "Recommendation", "Current Position", "ETA", "Progress"])
    alone = recognise(
        ["", "Recommendation", "Progress", "By When"], [["1", "Do it", "We began in May", "June"]]
    )
    assert beside is not None and [c.role for c in beside.columns][2:] == ["update", "due", "declared"]
    assert alone is not None and [c.role for c in alone.columns] == ["id", "recommendation", "update", "due"]
    status = recognise(
        ["Ref", "Recommendation", "Status"], [["1", "Do it", "We have begun to talk to all of our crews"]]
    )
    assert status is not None and status.columns[2].role == "update"


@pytest.mark.parametrize(
    "cells",
    [
        ["Not started", "In Progress (on track)", "Complete"],
        ["Revision Date", "Summary of Changes"],
        ["1", "The service should do more", "We have done more"],
        ["Name", "Date of Issue", "Version"],
    ],
)
def test_rows_that_head_no_plan(cells: list[str]) -> None:
    assert recognise(cells) is None


class _ByTopic:
    """Vectors by whether a text speaks of what happened: enough to tell one heading from another."""

    name, dimension = "topic", 2

    def encode(self, texts: list[str]) -> np.ndarray:
        happened = [
            any(word in text.lower() for word in ("happen", "done", "far", "latest")) for text in texts
        ]
        return np.array([[1.0, 0.0] if flag else [0.0, 1.0] for flag in happened], dtype=np.float32)


def test_headings_without_a_synonym_are_compared_by_meaning(tmp_path: Path) -> None:
    path = tmp_path / "plan.txt"
    path.write_text(
        "Ref\tRecommendation\tWhat happened\n1\tTrain crews.\tSix crews were trained.\n", encoding="utf8"
    )
    updates = read_document(path, encoder=_ByTopic()).updates
    assert list(updates["update"]) == ["Six crews were trained."]


def test_a_short_row_of_the_plan_is_no_heading_row() -> None:
    cells = [
        "3",
        "The service should visit its schools.",
        "No school has been visited this year.",
        "May 2024",
    ]
    assert recognise(cells) is None


def test_status_columns_are_paired_with_their_updates() -> None:
    layout = recognise(["No", "Action", "Update May 2024", "RAG", "Update Nov 2024", "RAG"])
    assert layout is not None
    assert [c.key for c in layout.columns][2:] == [
        "update:May 2024", "declared:May 2024", "update:Nov 2024", "declared:Nov 2024",
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("pieces", "status"),
    [
        (["GREE", "EN"], "GREEN"), (["EN"], "GREEN"), (["GREE", "EN", "EN"], "GREEN"), (["Amb", "er"], "Amber"),
        (["AMBER"], "AMBER"), (["G"], "G"), (["Complete"], "Complete"), (["Comple", "te"], "Complete"), ([], ""),
        (["On track", "On track"], "On track"), (["RE", "ED"], "RED"), (["TBC"], "TBC"),
    ],
)  # fmt: skip
def test_statuses_cut_by_narrow_columns(pieces: list[str], status: str) -> None:
    assert mend_status(pieces) == status


def test_a_cut_word_may_repeat_its_middle_letter() -> None:
    assert (join_cut("GREE", "EN"), join_cut("repo", "ort"), join_cut("Comple", "te")) == (
        "GREEN",
        "report",
        "Complete",
    )


def test_markup_in_cells() -> None:
    cell = cell_from_markup(
        "<p><u>Oct 24</u> Less than <5% left &amp; falling</p><ul><li>one</li><li>two</li></ul>"
    )
    assert cell.text == "Oct 24 Less than <5% left & falling\none\ntwo"
    assert cell.lines[0].marks == ((0, 6),)
    assert cell_from_markup("A list: • first • second").text == "A list:\n• first\n• second"
    assert not cell_from_markup("-----") and not cell_from_markup("  ")
    assert cell_from_markup("<b><p>Bold over</p><p>paragraphs</p></b>").lines == (
        Line("Bold over", ((0, 9),)), Line("paragraphs", ((0, 10),)),
    )  # fmt: skip
    assert cell_from_markup("<table><tr><td>a</td><td>b</td></tr></table>").nested == ("a", "b")


def test_blocks_of_text() -> None:
    text = "# Title\n\nA sentence that ends.\n\n- a bullet\n\nNo\tRecommendation\n1\tDo\n\nSHORT LINE"
    kinds = [type(block) for block in blocks_from_text(text)]
    assert kinds == [Heading, Paragraph, Bullet, Table, Heading]
    assert [block.place for block in blocks_from_text(text)] == [1, 3, 5, 7, 10]


def test_a_row_cut_by_a_line_break_inside_a_cell() -> None:
    text = (
        "No\tRecommendation\tProgress\tRAG\n1\tDo it.\tFirst line,\nsecond line.\tGreen\n2\tGo on.\tGone\tRed"
    )
    table = blocks_from_text(text)[0]
    assert isinstance(table, Table)
    assert [[cell.text for cell in row.cells] for row in table.rows][1:] == [
        ["1", "Do it.", "First line, second line.", "Green"], ["2", "Go on.", "Gone", "Red"],
    ]  # fmt: skip
    ragged = blocks_from_text("No\tRecommendation\tProgress\tRAG\n1\tDo it.\tDone\n2\tGo on.\tGone")[0]
    assert isinstance(ragged, Table) and len(ragged.rows) == 3


def test_sentences_cut_by_a_page_are_joined_and_paragraphs_are_not() -> None:
    assert [line.text for line in join_lines([Line("We have met the")], [Line("board."), Line("Next.")])] == [
        "We have met the board.", "Next.",
    ]  # fmt: skip
    assert [line.text for line in join_lines([Line("We met.")], [Line("Then we left.")])] == [
        "We met.",
        "Then we left.",
    ]


def test_period_labels() -> None:
    marked = [Line("Jan 2024 We began.", ((0, 8),))]
    assert labels_in([marked]) == {"jan2024"}
    assert labels_in([[Line("March 2024 saw the launch.")]]) == frozenset()
    assert labels_in([[Line("Update March 2024: Launched.")]]) == {"march2024"}
    assert labels_in([[Line("3 May 2024 – a talk")], [Line("3 May 2024 – a talk")]]) == frozenset()
    parts = split_periods([Line("Before."), *marked, Line("More.")], frozenset({"jan2024"}))
    assert [(period, [line.text for line in lines]) for period, lines in parts] == [
        ("Jan 2024", ["Before.", "We began.", "More."])
    ]


def test_deadlines_from_the_cell_before_the_recommendation() -> None:
    assert deadline("30/06/2024", "By 1 June 2023, do it.") == ("30/06/2024", "2024-06-30")
    assert deadline("", "By 1 June 2023, do it.") == ("1 June 2023", "2023-06-01")
    assert deadline("", "Do it by asking.") == ("", "")
    assert deadline("Ongoing", "") == ("Ongoing", "")


def test_stated_and_told_dates() -> None:
    assert stated_as_of(["Position as at 4 May 2024", "Meeting Date | 31 March 2024"]) == "2024-05-04"
    assert stated_as_of(["Progress update – June 2024"]) == "2024-06"
    assert stated_as_of(["Founded in May 1999"]) == ""
    event = latest_event(["It opened on 2 May 2024. It will close by 9 June 2024.", "In May we met."])
    assert event is not None and event.isoformat() == "2024-05-02"


def test_service_names() -> None:
    assert find_service(["CUMBRIA", "FIRE AND RESCUE SERVICE"]) == "Cumbria Fire and Rescue Service"
    assert find_service(["Essex County Fire & Rescue Service"] * 2 + ["Kent Fire and Rescue Service"]) == (
        "Essex County Fire and Rescue Service"
    )
    assert (
        find_service(["All of GMFRS agreed.", "GMFRS met."]) == "Greater Manchester Fire and Rescue Service"
    )
    assert find_service(["NFRS said so.", "NFRS met."]) == ""  # four services use this acronym
    assert find_service(["Values and culture in fire and rescue services"]) == ""


def test_dashboards_down_the_page_and_colour_keys() -> None:
    blocks = blocks_from_text(
        "Totals\n\nComplete\t4\nOn track\t3\n\nGreen – on target\nRed – will be missed, unlikely"
    )
    (board,) = find_dashboards(blocks)
    assert board.counts == {"Complete": 4, "On track": 3} and board.total == 7
    assert find_legend(blocks) == {"green": "on target", "red": "will be missed, unlikely"}
    filled = [Table((_row(Cell((Line("Action completed"),), fill="#0070C0")),), 1)]
    assert find_legend(filled) == {"#0070c0": "Action completed"}


def _row(*cells: Cell):  # type: ignore[no-untyped-def]
    from nlpkit.reading.blocks import Row

    return Row(cells, 1)


def test_a_sheet_with_a_plans_own_headings() -> None:
    sheet = pd.DataFrame(
        {
            "Ref": [1, 2],
            "Recommendation": ["Train crews.", "Buy boots."],
            "Progress": ["Two were\ntrained.", "Bought."],
        }
    )
    updates = read_frame(sheet, source="plan.csv").updates
    assert list(updates["action_id"]) == ["1", "2"]
    assert list(updates["update"]) == ["Two were\ntrained.", "Bought."]
    with pytest.raises(InputError, match=r"plan\.csv.*narrative.*Rename"):
        read_frame(pd.DataFrame({"Name": ["x"], "Colour": ["y"]}), source="plan.csv")


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        ("gone.txt", None, "does not exist"),
        ("empty.txt", b"  \n", "is empty"),
        ("plan.docm", b"x", "format that nlpkit does not read"),
        ("prose.txt", b"A letter without any plan in it.", "holds no progress updates"),
        ("binary.txt", b"a\x00b", "is not a text file"),
        (
            "cut16.txt",
            "No\tRecommendation".encode("utf-16") + b"\x00",
            "UTF-16 but is broken.*Save the file as UTF-8",
        ),
        ("empty16.txt", "  \n".encode("utf-16"), "is empty"),
        ("bytes.txt", b"line one\nline \x81 two\xff", "line 2.*0x81.*Save the file as UTF-8"),
    ],
)
def test_files_that_cannot_be_read(tmp_path: Path, name: str, content: bytes | None, message: str) -> None:
    path = tmp_path / name
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(InputError, match=message) as caught:
        read_document(path)
    assert name in str(caught.value)


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "cp1252"])
@pytest.mark.parametrize("newline", ["\n", "\r\n", "\r"])
def test_encodings_and_line_endings(tmp_path: Path, encoding: str, newline: str) -> None:
    path = tmp_path / "plan.txt"
    text = "No\tRecommendation\tProgress\n1\tUse the café’s room.\tBooked – £40.\n".replace("\n", newline)
    path.write_bytes(text.encode(encoding))
    updates = read_document(path).updates
    assert updates["update"].iloc[0] == "Booked – £40."
    assert updates["recommendation"].iloc[0] == "Use the café’s room."


def test_one_bad_file_stops_no_other(tmp_path: Path) -> None:
    good = tmp_path / "good.txt"
    good.write_text("No\tRecommendation\tProgress\n1\tDo it.\tDone.\n", encoding="utf8")
    reading = read_documents([tmp_path / "gone.txt", good])
    assert len(reading.updates) == 1 and len(reading.failures) == 1
    assert "gone.txt" in str(reading.failures[0])


def test_rows_above_the_first_action_are_set_aside_with_their_place(tmp_path: Path) -> None:
    path = tmp_path / "plan.txt"
    path.write_text(
        "No\tRecommendation\tProgress\n\t\tA stray end of text.\n1\tDo it.\tDone.\n", encoding="utf8"
    )
    reading = read_document(path)
    assert reading.set_aside.to_dict("records") == [
        {"source": "plan.txt", "place": "line 2", "text": "A stray end of text.",
         "reason": "stands above the first action of the table"}
    ]  # fmt: skip
    assert reading.accounts[0].balances
