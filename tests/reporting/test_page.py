"""The page as text: whole, escaped, small, the same every time, and closed to everything outside it."""

from __future__ import annotations

import hashlib
import re
from base64 import b64encode
from collections.abc import Callable
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from pages import DOUBTFUL, LINK, ROW, data_of, many, mixed, scored

import nlpkit
from nlpkit.errors import InputError
from nlpkit.reporting.html import render
from nlpkit.reporting.overview import overview
from nlpkit.reporting.page_data import embedded, tidied
from nlpkit.reporting.passages import find_passage, marks, unplaced

VOID = {"meta", "link", "br", "hr", "input", "img"}


class Outline(HTMLParser):
    """Every element with its attributes; complains of elements that are not closed in order."""

    def __init__(self) -> None:
        super().__init__()
        self.elements: list[tuple[str, dict[str, str]]] = []
        self.texts: list[tuple[str, str]] = []
        self._open: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, {name: value or "" for name, value in attrs}))
        if tag not in VOID:
            self._open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self._open and self._open[-1] == tag, f"</{tag}> closes {self._open[-1:]}"
        self._open.pop()

    def handle_data(self, data: str) -> None:
        self.texts.append((self._open[-1] if self._open else "", data))

    def all(self, tag: str) -> list[dict[str, str]]:
        return [attributes for name, attributes in self.elements if name == tag]

    def inside(self, tag: str) -> list[str]:
        return [text for name, text in self.texts if name == tag]


def outline(page: str) -> Outline:
    made = Outline()
    made.feed(page)
    made.close()
    assert not made._open, f"left open: {made._open}"
    return made


# -- structure ---------------------------------------------------------------------------------


def test_landmarks_headings_and_scopes() -> None:
    page = outline(render(mixed()))
    assert page.all("html")[0]["lang"] == "en"
    for landmark in ("header", "nav", "main", "footer"):
        assert len(page.all(landmark)) == 1, landmark
    assert page.all("a")[0]["href"] == "#main" and page.all("main")[0]["id"] == "main"
    assert all(cell.get("scope") for cell in page.all("th"))
    assert len(page.all("caption")) == len(page.all("table")) > 4
    assert len(page.all("h1")) == 1
    named = [element["aria-labelledby"] for element in page.all("div") if element.get("role") == "region"]
    assert set(named) <= {element.get("id") for element in page.all("caption")}
    assert "Progress updates of 2 services" in page.inside("h1")


@pytest.mark.parametrize(
    ("table", "parts"),
    [
        (scored({}, {"links": [LINK]}), ["Overview", "Questions to ask"]),
        (scored({}, {"links": [LINK], "service": "B"}), ["Overview", "Questions to ask", "Across services"]),
        (scored({}).assign(theme_id="T1", theme_label="x"), ["Overview", "Questions to ask", "Themes"]),
        (scored({}).assign(theme_id="", theme_label=""), ["Overview", "Questions to ask"]),
    ],
)
def test_parts_appear_where_there_is_something_in_them(table: pd.DataFrame, parts: list[str]) -> None:
    page = render(table)
    tabs = page[page.index("<nav") : page.index("</nav>")]
    assert re.findall(r">([^<>\n]+)</a>", tabs) == parts


def test_an_empty_table_makes_a_page_that_says_why(tmp_path: Path) -> None:
    for table in (pd.DataFrame(), scored({}).iloc[:0]):
        page = outline(render(table, why_empty="No row is of 2031."))
        assert "No row is of 2031." in page.inside("p") and not page.all("script")
    assert "The table has no rows." in outline(render(pd.DataFrame())).inside("p")
    assert nlpkit.report(pd.DataFrame(), tmp_path / "e.html").read_text().startswith("<!DOCTYPE html>")


# -- counts ------------------------------------------------------------------------------------


def test_totals_of_the_three_answers_reconcile() -> None:
    whole, groups = overview(tidied(many(400)))
    for group in (whole, *groups):
        for answer in (group.declared, group.narrative, group.calendar):
            assert sum(answer.values()) == group.actions
    for name in ("updates", "actions", "stale", "weak", "optimistic", "pessimistic"):
        assert getattr(whole, name) == sum(getattr(group, name) for group in groups), name
    assert (whole.updates, whole.actions, len(groups)) == (400, 200, 20)


def test_groups_are_taken_together_where_they_are_many_and_still_add_up() -> None:
    table = tidied(scored(*({"service": f"S{n % 30}", "plan": f"P{n}", "source": f"{n}"} for n in range(90))))
    assert len(overview(table, most=90)[1]) == 90
    by_service = overview(table, most=30)[1]
    assert [group.plan for group in by_service] == [""] * 30
    few = overview(table, most=10)[1]
    assert len(few) == 10 and few[-1].service == "21 other services" and few[-1].several
    assert sum(group.actions for group in few) == sum(group.actions for group in by_service) == 90


def test_movement_is_told_from_the_last_two_updates() -> None:
    def told(*statuses: str) -> dict[str, int]:
        rows = [{"action_id": "1", "as_of": f"2024-0{n}", "status": one} for n, one in enumerate(statuses, 1)]
        return {name: n for name, n in overview(tidied(scored(*rows)))[0].moves.items() if n}

    assert told("complete", "at_risk", "on_track") == {"further_on": 1}
    assert told("on_track", "off_track") == {"further_back": 1}
    assert told("on_track", "on_track") == {"same": 1}
    assert told("on_track", "unclear") == {"cannot_be_told": 1}
    assert told("on_track") == {}


# -- passages ----------------------------------------------------------------------------------


def test_passages_are_placed_by_offset_or_by_their_words() -> None:
    text = "Done.  Done. It was\n done in May."
    assert find_passage(text, "Done.", 7, 12) == (7, 12)
    assert find_passage(text, "Done.", 3, 8) == (0, 5), "a place that does not hold is not believed"
    assert find_passage(text, "It was done in May.") == (13, 33)
    assert find_passage(text, "Never.") is None and find_passage(text, " ") is None


def test_every_kind_is_marked_and_the_rest_is_told_apart() -> None:
    row = ROW | DOUBTFUL
    found = marks(row)
    assert [(mark.kind, row["update"][mark.start : mark.end]) for mark in found] == [
        ("same", "As reported in March."),
        ("status", "Crews will be trained by May 2024."),
        ("past", "Crews will be trained by May 2024."),
        ("pointer", "See action 7."),
    ]
    assert unplaced(row) == [("deadline passed", ""), ("missing: a date", "")]
    assert [mark.kind for mark in marks(ROW)] == ["status", "fact"]
    planned = {"text": "Train.", "kind": "pointer", "field": "planned_action", "start": 0, "end": 6}
    assert unplaced(ROW | {"update": "Train.", "stale_why": [planned]})[-1] != ("pointer", "")


def test_offsets_are_those_of_the_browser() -> None:
    """JavaScript counts UTF-16 units: a symbol beyond the first plane counts twice."""
    text = "🟢🟢 All 14 crews were trained."
    (row,) = data_of(
        render(scored({"update": text, "status_why": [{"text": "were trained", "cue": "done"}]}))
    )["rows"]
    units = text.encode("utf-16-le")
    found = {kind: units[2 * start : 2 * end].decode("utf-16-le") for start, end, kind, *_ in row["marks"]}
    assert found == {"fact": "All 14 crews", "status": "were trained"}


def test_a_copy_is_placed_on_both_sides() -> None:
    data = data_of(render(mixed()))
    (copy,) = [mark for mark in data["rows"][2]["marks"] if mark[2] == "copied"]
    start, end, _, _, other, there, until = copy
    assert data["rows"][2]["update"][start:end] == data["rows"][other]["update"][there:until]
    assert (other, there) == (1, 10)


# -- escaping and the policy -------------------------------------------------------------------

PAYLOADS = (
    "</script><script>alert(1)</script>",
    "<!--<script>",
    "<img src=x onerror=alert(1)>",
    '"><svg onload=alert(1)>',
    "{{ 7 * 7 }}{% raw %}",
    "\u2028\u2029\x00\ud800",
)


@pytest.mark.parametrize("payload", PAYLOADS)
def test_no_text_of_the_table_becomes_markup(payload: str) -> None:
    texts = (
        "service",
        "plan",
        "recommendation",
        "update",
        "declared",
        "period",
        "as_of",
        "question",
        "row_id",
    )
    themed = {"theme_id": payload, "theme_label": payload}
    linked = {"links": [{"id": payload, "title": payload, "grade": payload, "score": 1.0}]}
    hostile = scored(dict.fromkeys(texts, payload) | themed | linked, themed | linked)
    theme = {"theme_id": "t", "theme_label": "t", "links": [LINK]}
    calm = scored({"service": "B", "plan": "B", "declared": "B"} | theme, theme)
    page = render(hostile)
    page.encode("utf8")
    assert [tag for tag, _ in outline(page).elements] == [tag for tag, _ in outline(render(calm)).elements]
    assert data_of(page)["rows"][0]["update"] == payload.replace("\ud800", "\ufffd")


def test_embedded_data_cannot_end_its_element() -> None:
    assert "<" not in embedded({"a": ["</script>", "<!--"]})


def test_the_policy_lets_in_the_page_s_own_style_and_script_and_nothing_else() -> None:
    page = render(mixed())
    read = outline(page)
    (policy,) = [m["content"] for m in read.all("meta") if m.get("http-equiv") == "Content-Security-Policy"]
    rules = dict(rule.split(" ", 1) for rule in policy.split("; "))
    assert (
        rules["default-src"] == "'none'"
        and rules["base-uri"] == "'none'"
        and rules["form-action"] == "'none'"
    )
    for tag, rule in (("style", "style-src"), ("script", "script-src")):
        (source,) = re.findall(rf"<{tag}>(.*?)</{tag}>", page, re.DOTALL)
        digest = b64encode(hashlib.sha256(source.encode()).digest()).decode()
        assert rules[rule] == f"'sha256-{digest}'"
    assert page.index("Content-Security-Policy") < page.index("<style>")


def test_nothing_outside_the_page_is_named() -> None:
    page = render(mixed())
    read = outline(page)
    for _, attributes in read.elements:
        assert "src" not in attributes and "style" not in attributes
        assert not [name for name in attributes if name.startswith("on")]
        assert attributes.get("href", "#").startswith("#")
    without_data = re.sub(r'<script type="application/json".*?</script>', "", page, flags=re.DOTALL)
    assert not re.search(
        r"https?:|url\(|@import|innerHTML|\beval\b|fetch\(|XMLHttp|localStorage", without_data
    )


# -- size and sameness -------------------------------------------------------------------------


def test_a_page_is_at_most_a_megabyte_for_500_updates() -> None:
    table = many(500)
    assert 500 < table["update"].str.len().mean() < 800, "as long as real ones"
    assert len(render(table).encode()) <= 1_000_000
    assert len(render(scored({})).encode()) <= 100_000, "what every page carries"


def test_texts_that_rows_share_are_written_once() -> None:
    page = render(scored(*[{"recommendation": "A recommendation of many words."}] * 50))
    assert page.count("A recommendation of many words.") == 1


def test_same_table_same_bytes(tmp_path: Path) -> None:
    for name in ("a.html", "b.html"):
        nlpkit.report(mixed(), tmp_path / name)
    assert (tmp_path / "a.html").read_bytes() == (tmp_path / "b.html").read_bytes()


def test_a_table_that_was_written_and_read_makes_the_same_page(tmp_path: Path) -> None:
    from nlpkit.files import read_table, write_table

    first = nlpkit.report(mixed(), tmp_path / "0.html").read_bytes()
    for ending in ("jsonl", "csv", "xlsx", "parquet"):
        write_table(mixed(), tmp_path / f"t.{ending}")
        read = read_table(tmp_path / f"t.{ending}")
        assert nlpkit.report(read, tmp_path / "1.html").read_bytes() == first, ending


# -- the door ----------------------------------------------------------------------------------


def test_a_table_without_judgements_is_scored_first(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    import nlpkit.publishing

    asked: list[dict[str, Any]] = []

    def score(table: pd.DataFrame, **more: Any) -> pd.DataFrame:
        asked.append(more)
        return mixed()

    monkeypatch.setattr(nlpkit.publishing, "score", score)
    nlpkit.report(mixed(), tmp_path / "r.html")
    assert not asked and not caplog.records
    half = mixed().astype({"status": "object"})
    half.loc[1, "status"] = None
    for table in (mixed()[["update", "action_id"]], half):
        nlpkit.report(table, tmp_path / "r.html", catalogue=None, as_of="2024-09")
        assert "scored first" in caplog.records[-1].message
    assert [more["catalogue"] for more in asked] == [None, None] and asked[0]["as_of"] == "2024-09"


@pytest.mark.parametrize("name", ["r.pdf", "r", "gone/r.html", "."])
def test_places_that_cannot_be_written_to_are_refused(name: str, tmp_path: Path) -> None:
    with pytest.raises(InputError):
        nlpkit.report(mixed(), tmp_path / name)
    assert not list(tmp_path.iterdir())


def test_a_history_gives_the_actions_their_earlier_periods(tmp_path: Path) -> None:
    def quarter(as_of: str, text: str, service: str = "Northmoor FRS") -> pd.DataFrame:
        row = {"service": service, "action_id": "1", "recommendation": "Train all crews.", "as_of": as_of}
        return pd.DataFrame([row | {"row_id": f"{service} {as_of}", "update": text}])

    kept = tmp_path / "h.duckdb"
    texts = {
        "2024-03": "Training begins in May 2024.",
        "2024-06": "All 14 crews were trained by 3 June 2024.",
        "2024-09": "Assessors found all 14 crews competent on 2 September 2024.",
    }
    for as_of, text in texts.items():
        nlpkit.score(quarter(as_of, text), catalogue=None, history=kept)
    nlpkit.score(quarter("2024-03", "A pump was bought.", "Harrowdale FRS"), catalogue=None, history=kept)
    held = kept.read_bytes()
    now = nlpkit.score(quarter("2024-06", texts["2024-06"]), catalogue=None)
    told = nlpkit.report(now, tmp_path / "p.html", catalogue=None, history=kept).read_text(encoding="utf8")
    assert texts["2024-03"] in told and texts["2024-06"] in told
    assert texts["2024-09"] not in told and "pump" not in told  # later than the table; of another service
    alone = nlpkit.report(now, tmp_path / "q.html", catalogue=None).read_text(encoding="utf8")
    assert texts["2024-03"] not in alone
    assert kept.read_bytes() == held


def test_command(tmp_path: Path, run: Callable[..., Any]) -> None:
    from nlpkit.files import write_table

    write_table(mixed(), tmp_path / "scored.jsonl")
    done = run("report", "scored.jsonl", "--out", "r.html")
    assert (done.returncode, done.stdout) == (0, "") and "Page of 5 updates" in done.stderr
    assert run("report", "scored.jsonl", "--quiet").stdout == (tmp_path / "r.html").read_text("utf8")
    assert run("report", "scored.jsonl", "--out", "r.doc").returncode == 2
    assert run("report", "none.jsonl", "--out", "n.html").returncode == 2
    assert not (tmp_path / "n.html").exists()


@pytest.mark.parametrize("content", ["", "update,action_id\n", "update\n \n"])
def test_the_command_makes_an_empty_page_of_an_empty_table(
    content: str, tmp_path: Path, run: Callable[..., Any]
) -> None:
    (tmp_path / "t.csv").write_text(content)
    done = run("report", "t.csv", "--out", "r.html")
    assert done.returncode == 1 and "t.csv" in done.stderr
    assert "There is nothing to report." in (tmp_path / "r.html").read_text()


def test_templates_lie_inside_the_package() -> None:
    folder = Path(nlpkit.__file__).parent / "reporting" / "templates"
    assert {path.suffix for path in folder.iterdir()} == {".css", ".js", ".j2"}
