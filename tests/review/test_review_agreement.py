"""Reviews of several people joined; agreement against figures worked out by hand or by scikit-learn."""

from __future__ import annotations

import json
import math
from pathlib import Path
from typing import Any

import openpyxl
import pytest
from judged import fill, judged, places, workbook

from nlpkit.errors import InputError, NlpkitError
from nlpkit.files import write_table
from nlpkit.learning.reviews import agreed, read_reviews
from nlpkit.review.agreement import agreement_lines, disagreements, kappa, wilson
from nlpkit.review.exporting import export
from nlpkit.review.merging import merge


def answered(book: Any, *, wrong: tuple[int, ...] = (), upto: int = 21) -> dict[int, dict[str, str]]:
    """nlpkit's own status for every row, but for some."""
    column = places(book)["nlpkit: status"]
    said = {row: str(book["review"].cell(row, column).value) for row in range(2, upto + 1)}
    return {row: {"your status": "declined" if row in wrong else label} for row, label in said.items()}


def two(folder: Path) -> list[Path]:
    book = workbook()
    return [
        fill(book, folder / "review-anna.xlsx", answered(book, wrong=(2, 3))),
        fill(book, folder / "review-bo.xlsx", answered(book, wrong=(3, 4, 5))),
    ]


def test_reviewers_are_joined_by_name_whatever_the_order(tmp_path: Path) -> None:
    paths = two(tmp_path)
    merged = merge(paths)
    assert merge(paths[::-1]).reviews.equals(merged.reviews)
    assert list(merged.exported.items()) == [("anna", (20, 20)), ("bo", (20, 20))] and merged.drawn == 10
    assert len(merged.reviews) == 40 and set(merged.reviews["reviewer"]) == {"anna", "bo"}


def test_partly_filled_workbooks_count_for_what_is_filled(tmp_path: Path) -> None:
    book = workbook()
    path = fill(book, tmp_path / "review-anna.xlsx", answered(book, upto=6))
    empty = fill(workbook(), tmp_path / "review-bo.xlsx", {})
    merged = merge([path, empty])
    assert merged.exported == {"anna": (20, 5), "bo": (20, 0)} and merged.unfilled == (str(empty),)
    told = "\n".join(agreement_lines(merged))
    assert "anna: 5 of 20 updates answered" in told and "of 10 not answered" in told
    with pytest.raises(InputError, match="no answers were filled in"):
        merge([empty])


def test_two_workbooks_of_one_person_must_not_contradict_each_other(tmp_path: Path) -> None:
    book = workbook()
    one = fill(book, tmp_path / "review-1.xlsx", {2: {"your status": "declined"}}, "Anna")
    other = fill(book, tmp_path / "review-2.xlsx", {3: {"your status": "unclear"}}, "anna ")
    assert len(merge([one, other]).reviews) == 2
    fill(book, tmp_path / "review-2.xlsx", {2: {"your status": "unclear"}}, "anna ")
    with pytest.raises(InputError, match="is answered otherwise by Anna in"):
        merge([one, other])


def test_two_tables_with_one_id_and_two_texts_are_refused(tmp_path: Path) -> None:
    for name, table in (("one", judged()), ("other", judged().assign(update="Other words entirely."))):
        (tmp_path / "made.xlsx").write_bytes(export(table, size=20, at_random=20).workbook)
        book = openpyxl.load_workbook(tmp_path / "made.xlsx")
        fill(book, tmp_path / f"review-{name}.xlsx", {2: {"your status": "declined"}})
    with pytest.raises(InputError, match=r"review-other.*has another text than in .*review-one"):
        merge([tmp_path / "review-one.xlsx", tmp_path / "review-other.xlsx"])


def test_all_that_is_wrong_is_told_at_once(tmp_path: Path) -> None:
    book = workbook()
    path = fill(book, tmp_path / "review-a.xlsx", {r: {"your status": "red"} for r in (2, 5)})
    with pytest.raises(NlpkitError, match=r"(?s)row 2, column 'your status'.*row 5, column 'your status'"):
        merge([path])


def test_kappa_is_cohens() -> None:
    from sklearn.metrics import cohen_kappa_score

    one, other = list("aabbccabcabca"), list("aabbcaabbabcc")
    assert kappa(one, other) == pytest.approx(cohen_kappa_score(one, other))
    # Cohen's example, worked by hand: 20 yes/yes, 5 yes/no, 10 no/yes, 15 no/no
    left = ["y"] * 25 + ["n"] * 25
    right = ["y"] * 20 + ["n"] * 5 + ["y"] * 10 + ["n"] * 15
    assert kappa(left, right) == pytest.approx(0.4)
    assert math.isnan(kappa(["a", "a"], ["a", "a"]))


@pytest.mark.parametrize(("right", "rows"), [(8, 10), (0, 10), (50, 50), (263, 300), (1, 1)])
def test_wilsons_interval(right: int, rows: int) -> None:
    from scipy.stats import binomtest

    known = binomtest(right, rows).proportion_ci(0.95, method="wilson")
    assert wilson(right, rows) == (pytest.approx(known.low, abs=1e-6), pytest.approx(known.high, abs=1e-6))


def test_the_estimate_rests_on_the_part_by_chance_alone(tmp_path: Path) -> None:
    book = workbook()
    part = places(book)["part"]
    chosen = tuple(row for row in range(2, 22) if book["review"].cell(row, part).value == "chosen")
    merged = merge([fill(book, tmp_path / "review-anna.xlsx", answered(book, wrong=chosen))])
    told = agreement_lines(merged)
    assert any(line.startswith("  status    1.000 of 10 rows, 95% interval 0.722 to 1.000") for line in told)
    assert "Status, where reviewers and nlpkit differ: " in "\n".join(told)


def test_what_is_printed_names_rows_and_intervals(tmp_path: Path) -> None:
    merged = merge(two(tmp_path))
    told = agreement_lines(merged)
    assert told[1] == "  40 reviews of 20 updates, by 2 reviewers"
    pair = next(line for line in told if "anna and bo" in line)
    assert "the same in 0.850 of 20 rows, kappa 0." in pair and " to " in pair
    assert agreement_lines(merge(two(tmp_path))) == told


def test_rows_on_which_people_differ_do_not_flatter_the_estimate(tmp_path: Path) -> None:
    book = workbook(at_random=20)
    one = fill(book, tmp_path / "review-anna.xlsx", answered(book))
    other = fill(book, tmp_path / "review-bo.xlsx", answered(book, wrong=(2, 4, 6, 8, 10)))
    told = "\n".join(agreement_lines(merge([one, other])))
    assert "status    0.750 of 20 rows, 95% interval 0.531 to 0.888 (5 disputed count as wrong;" in told


def test_disagreements_between_people_come_first(tmp_path: Path) -> None:
    found = disagreements(merge(two(tmp_path)))
    assert list(found["between"]) == ["reviewers"] * 3 + ["reviewers and nlpkit"]
    assert list(found["answer: anna"])[-1] == "declined" == list(found["answer: bo"])[-1]


def test_the_answer_of_most_counts_and_a_tie_counts_for_nothing() -> None:
    rows = [
        {"row_id": "1", "review_status": "complete"},
        {"row_id": "1", "review_status": "complete"},
        {"row_id": "1", "review_status": "on_track"},
        {"row_id": "2", "review_status": "complete"},
        {"row_id": "2", "review_status": "on_track"},
        {"row_id": "3", "review_status": None},
    ]
    said = agreed(rows, "status")
    assert said.answers == {"1": "complete"} and said.disputed == ("2",)


def test_the_commands_go_there_and_back(run: Any, tmp_path: Path) -> None:
    write_table(judged(), tmp_path / "scored.jsonl")
    done = run("review", "export", "scored.jsonl", "--out", "review.xlsx", "--sample", "20")
    assert done.returncode == 0 and not done.stdout
    assert "20 of 60 updates to review in review.xlsx: 10 drawn by chance, 10 chosen" in done.stderr
    book = openpyxl.load_workbook(tmp_path / "review.xlsx")
    fill(book, tmp_path / "review-anna.xlsx", answered(book, wrong=(2,)))
    done = run("review", "import", "review-anna.xlsx", "--out", "reviews.jsonl")
    assert done.returncode == 0, done.stderr
    assert "20 reviews in reviews.jsonl; 1 disagreements to discuss in reviews.discuss.xlsx" in done.stderr
    reviews = read_reviews(tmp_path / "reviews.jsonl")
    assert len(reviews) == 20 and set(reviews["reviewer"]) == {"anna"}
    first = (tmp_path / "reviews.jsonl").read_bytes(), (tmp_path / "reviews.discuss.xlsx").read_bytes()
    run("review", "import", "review-anna.xlsx", "--out", "reviews.jsonl", "--quiet")
    assert first == (
        (tmp_path / "reviews.jsonl").read_bytes(),
        (tmp_path / "reviews.discuss.xlsx").read_bytes(),
    )


def test_the_commands_refuse_and_write_nothing(run: Any, tmp_path: Path) -> None:
    write_table(judged(), tmp_path / "scored.jsonl")
    done = run("review", "export", "scored.jsonl", "--out", "review.csv")
    assert done.returncode == 2 and "Use a name ending in .xlsx" in done.stderr
    book = workbook()
    fill(book, tmp_path / "review-anna.xlsx", {2: {"your status": "red"}})
    done = run("review", "import", "review-anna.xlsx", "--out", "reviews.jsonl")
    assert done.returncode == 2
    assert "review-anna.xlsx, sheet 'review', row 2, column 'your status': 'red' is not" in done.stderr
    assert not (tmp_path / "reviews.jsonl").exists() and not list(tmp_path.glob("*.discuss.xlsx"))
    done = run("review", "import", "review-anna.xlsx", "--out", "reviews.csv")
    assert done.returncode == 2 and "reviews are JSON Lines" in done.stderr


def test_a_table_without_rows_makes_a_workbook_all_the_same(run: Any, tmp_path: Path) -> None:
    (tmp_path / "none.jsonl").write_text("", encoding="utf8")
    done = run("review", "export", "none.jsonl", "--out", "review.xlsx")
    assert (tmp_path / "review.xlsx").exists() and "0 of 0 updates" in done.stderr, done.stderr


def test_a_table_without_judgements_is_scored_first_and_says_so(run: Any, tmp_path: Path) -> None:
    (tmp_path / "new.jsonl").write_text(
        json.dumps({"update": "The gate was mended."}) + "\n", encoding="utf8"
    )
    done = run("review", "export", "new.jsonl", "--catalogue", "none", "--out", "review.xlsx")
    assert done.returncode == 0 and "scored first" in done.stderr


def test_reviews_from_elsewhere_are_refused(tmp_path: Path) -> None:
    path = tmp_path / "reviews.jsonl"
    path.write_text(json.dumps({"row_id": "1", "update": "x"}) + "\n", encoding="utf8")
    with pytest.raises(InputError, match="has no column 'reviewer'"):
        read_reviews(path)
    row = {"row_id": "1", "update": "x", "reviewer": "a", "review_status": "green"}
    path.write_text(json.dumps(row) + "\n", encoding="utf8")
    with pytest.raises(InputError, match="row 1, column 'review_status': 'green' is not a status label"):
        read_reviews(path)
