"""nlpkit link --table: services compared on the command line, as CSV, workbook and page."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable
from html.parser import HTMLParser
from pathlib import Path

import openpyxl
import pandas as pd
import pytest

import nlpkit
from nlpkit import comparing
from nlpkit.files import read_table, write_table

sys.path.insert(0, str(Path(__file__).parent / "engines"))
from tables import SILENT, WordEncoder, linked_silently, ordered_table

Run = Callable[..., subprocess.CompletedProcess[str]]
TITLE = "Speak <up> & be heard"


@pytest.fixture
def files(tmp_path: Path) -> Path:
    """A catalogue of two and a judged table of two services, with texts that could do harm."""
    (tmp_path / "mine.csv").write_text(
        f"id,title,duty\n7,{TITLE},Staff speak up.\n27,Checks,All are checked.\n"
    )
    link = {"id": "7", "title": TITLE, "grade": "equivalent", "score": 0.9}
    told = {
        "as_of": "2024-03",
        "status": "on_track",
        "evidence": "strong",
        "evidence_score": 0.8,
        "stale": [],
    }
    rows = [
        {
            "row_id": "a",
            "service": "=Ash",
            "action_id": "4",
            "update": "=1+1 <script>alert(1)</script>",
            **told,
        },
        {"row_id": "b", "service": "Beck", "action_id": "9", "update": "Nothing new.", **told},
    ]
    rows[0]["links"], rows[1]["links"] = [link], []
    write_table(pd.DataFrame(rows), tmp_path / "scored.jsonl")
    return tmp_path


def test_a_row_is_linked_by_where_it_stands_in_all_ways_alike() -> None:
    plans = ordered_table(2)
    encoder = WordEncoder()
    scored = nlpkit.score(plans, encoder=encoder)
    assert linked_silently(scored) == ["18"] * 2
    unlinked = nlpkit.score(plans, catalogue=None)
    assert not any(unlinked["links"])
    for table in (plans, unlinked):
        found, _ = comparing.judged(table, encoder=encoder)
        assert found["links"].tolist() == scored["links"].tolist()
    links = nlpkit.link(scored, encoder=encoder)
    assert links["id"].tolist() == [one["id"] for own in scored["links"] for one in own]
    by_place = links[links["row_id"].isin(scored.loc[scored["update"] == SILENT, "row_id"])]
    assert by_place["why"].str.contains("stands between the answers to 17 and 20").any()
    shuffled = plans.sample(frac=1, random_state=6)
    assert linked_silently(comparing.judged(shuffled, encoder=encoder)[0]) == [""] * 2


def table(run: Run, out: str) -> subprocess.CompletedProcess[str]:
    return run("link", "scored.jsonl", "--table", "--catalogue", "mine.csv", "--out", out)


def test_csv_is_the_long_table(run: Run, files: Path) -> None:
    done = table(run, "t.csv")
    assert done.returncode == 0 and done.stdout == ""
    assert (
        "2 recommendations, 2 services: of 4 cells 1 answered, 0 only by a related action, 3 gaps"
        in done.stderr
    )
    long = read_table(files / "t.csv")
    assert len(long) == 4 and long["gap"].tolist()[3] == "no action answers recommendation 27 in Beck"
    assert (files / "t.csv").read_text().count("'=1+1") == 1


def test_the_workbook_has_both_forms_and_no_formula(run: Run, files: Path) -> None:
    assert table(run, "t.xlsx").returncode == 0
    first = (files / "t.xlsx").read_bytes()
    table(run, "t.xlsx")
    assert (files / "t.xlsx").read_bytes() == first
    book = openpyxl.load_workbook(files / "t.xlsx")
    assert book.sheetnames == ["services", "one row each"]
    head = [one.value for one in book["services"][1]]
    assert head[:5] == ["id", "title", "answered_by", "strongest", "=Ash"]
    assert [sheet.max_row for sheet in book] == [3, 5] and book["services"].freeze_panes == "C2"
    assert not [one for sheet in book for line in sheet.iter_rows() for one in line if one.data_type == "f"]


class Page(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.open: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))
        if tag != "meta":
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag


def test_the_page_is_whole_escaped_and_labelled(run: Run, files: Path) -> None:
    assert table(run, "t.html").returncode == 0
    text = (files / "t.html").read_text(encoding="utf8")
    page = Page()
    page.feed(text)
    assert page.open == []
    names = [tag for tag, _ in page.tags]
    assert "script" not in names and not {"src", "href"} & {key for _, attrs in page.tags for key in attrs}
    assert "Speak &lt;up&gt; &amp; be heard" in text and "&lt;script&gt;alert(1)" in text
    scopes = [attrs.get("scope") for tag, attrs in page.tags if tag == "th"]
    assert scopes == ["col"] * 3 + ["row"] * 2 and names.count("td") == 4 and names.count("details") == 1
    assert (
        text.count("Gap: no action answers recommendation 27.") == 2
        and "Answered by none: 27." in text
        and "2024-03-31" in text
    )


def test_without_out_the_long_table_goes_to_standard_output(run: Run, files: Path) -> None:
    done = run("link", "scored.jsonl", "--table", "--catalogue", "mine.csv", "-q")
    assert done.returncode == 0 and done.stdout.count("\n") == 4 and done.stderr == ""


def test_wrong_usage_is_told_before_any_work(run: Run, files: Path) -> None:
    for out, told in {"t.doc": "not a table format", "no/t.html": "folder does not exist"}.items():
        done = table(run, out)
        assert done.returncode == 2 and told in done.stderr
    done = run("link", "scored.jsonl", "--table", "--out", "t.csv")
    assert done.returncode == 2 and "not in the catalogue 'spotlight'" in done.stderr
    assert not (files / "t.csv").exists()


@pytest.mark.slow
def test_a_plan_is_scored_first_and_a_table_without_links_is_linked(
    run: Run, demo_plan: Path, tmp_path: Path
) -> None:
    done = run("link", demo_plan, "--table", "--out", "t.csv")
    assert done.returncode == 0 and "scored first" in done.stderr
    scored = nlpkit.score(nlpkit.read(demo_plan))
    same, said = comparing.judged(scored)
    assert said == "" and same is scored
    bare = scored.assign(links=pd.Series([[] for _ in range(len(scored))], dtype="object"))
    linked, said = comparing.judged(bare)
    assert "linked first" in said and linked["links"].tolist() == scored["links"].tolist()
    write_table(nlpkit.compare(scored).long, tmp_path / "u.csv")
    assert (tmp_path / "u.csv").read_bytes() == (tmp_path / "t.csv").read_bytes()
