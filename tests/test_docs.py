"""The documentation: its examples run, what is made from code and figures is up to date, the site builds offline.

``UPDATE_DOCS=1`` pastes real outputs and makes the made parts anew. How examples are run: ``tests/examples.py``.
"""

from __future__ import annotations

import importlib.util
import os
import re
import shutil
import subprocess
import sys
import tomllib
from html.parser import HTMLParser
from importlib.util import find_spec
from pathlib import Path
from types import ModuleType

import pytest
from examples import BLOCK, in_process, in_shell, lay_out, play

PROJECT = Path(__file__).resolve().parents[1]
DOCS = PROJECT / "docs"
PAGES = sorted(DOCS.glob("*.md"))
UPDATE = bool(os.environ.get("UPDATE_DOCS"))
REMAKE = "read what changed, and make it anew with: UPDATE_DOCS=1 make test ARGS=tests/test_docs.py"
RUN = ("console", "python")


def _building() -> ModuleType:
    """The hook of the site; it lies outside the package."""
    spec = importlib.util.spec_from_file_location("building", DOCS / "building.py")
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


building = _building()


def languages(page: Path) -> set[str]:
    return {block["language"] for block in BLOCK.finditer(page.read_text(encoding="utf8"))}


# --- examples ---


@pytest.mark.slow
@pytest.mark.parametrize("page", [p for p in PAGES if languages(p) & {*RUN, "sh"}], ids=lambda p: p.stem)
def test_the_examples_run_and_print_what_the_page_says(
    page: Path, project: Path, demo_plan: Path, tmp_path: Path
) -> None:
    lay_out(tmp_path, demo_plan)
    played = play(page.read_text(encoding="utf8"), tmp_path, in_process, name=page.name, project=project)
    if UPDATE:
        page.write_text(played.text, encoding="utf8")
    else:
        assert not played.differences, "\n\n".join(
            [f"{page.name} shows other output; {REMAKE}", *played.differences]
        )


def test_every_page_that_a_user_works_from_has_examples() -> None:
    for name in ("start", "inspector", "analyst", "batch", "trust", "extending"):
        assert languages(DOCS / f"{name}.md") & set(RUN), name


def test_no_block_escapes_the_tests() -> None:
    """A fence in a language that nobody runs or reads could hold a command that is wrong."""
    known = {*RUN, "sh", "text", "csv", "json"}
    for page in PAGES:
        text = page.read_text(encoding="utf8")
        fences = re.findall(r"^ *(?:```|~~~)(.*)$", text, re.MULTILINE)
        assert len(fences) == 2 * len(list(BLOCK.finditer(text))), f"{page.name}: a fence that is not a block"
        assert languages(page) <= known, page.name
        for block in BLOCK.finditer(text):
            if block["language"] in ("csv", "json"):
                assert 'title="' in block["info"], f"{page.name}: data that no example uses"
            if block["language"] == "text":
                assert not re.search(r"^\$ ", block["body"], re.MULTILINE), page.name


def test_commands_in_running_text_exist() -> None:
    """``nlpkit WORD`` names a command, and ``--option`` an option of one."""
    told = building.commands()
    known = set(re.findall(r"^## nlpkit ([a-z ]+)$", told, re.MULTILINE))
    known |= {name.split()[0] for name in known}
    options = set(re.findall(r"--[a-z-]+", told)) | {"--help", "--version", "--install-completion"}
    for page in PAGES:
        text = BLOCK.sub("", page.read_text(encoding="utf8"))
        for command in re.findall(r"`nlpkit ([a-z]+)", text):
            assert command in known, f"{page.name}: nlpkit {command}"
        for option in re.findall(r"`[^`\n]*?(--[a-z][a-z-]+)[^`\n]*`", text):
            assert option in options, f"{page.name}: {option}"


def answering(command: str, folder: Path) -> tuple[int, str]:
    """Stands in for nlpkit: ``fail`` fails, everything else repeats itself."""
    return (1, "no\n") if command == "fail" else (0, f"{command}\nand more\n")


def test_the_runner_of_examples_notices_what_is_wrong(tmp_path: Path) -> None:
    def played(text: str) -> list[str]:
        return play(text, tmp_path, answering, project=PROJECT).differences

    assert played("```console\n$ a b\na b\nand more\n```") == []
    assert played("```console\n$ a b\na b\n[…]\n```") == []
    assert played("```console\n$ fail\nno\n$ echo $?\n1\n```") == []
    assert played("```console\n$ a b\nother\n```") == ["$ a b\na b\nand more"]
    assert played("```console\n$ fail\nno\n$ echo $?\n0\n```") == ["$ echo $?\n1"]
    assert played("```python\nprint(2)\n```\n\n```text\n2\n```") == []
    assert played("```python\nprint(2)\n```\n\n```text\n3\n```") == ["the Python block above prints:\n2\n"]
    assert played("```python\nx = 2\n```\nand\n\n```python\nassert x == 2\n```") == []
    with pytest.raises(AssertionError, match="exit status 1"):
        played("```console\n$ fail\n```")
    with pytest.raises(ZeroDivisionError):
        played("```python\n1 / 0\n```")
    with pytest.raises(AssertionError, match="no target pudding"):
        played("```sh\nmake pudding\n```")
    with pytest.raises(AssertionError, match=r"no benchmarks/nothing\.py"):
        played("```sh\npython benchmarks/nothing.py\n```")


def test_real_output_is_pasted_and_files_are_written(tmp_path: Path) -> None:
    text = '```csv title="a.csv"\nid\n1\n```\n\n```console\n$ one\n```\n\n```python\nprint(open("a.csv").read()[:2])\n```\n\n'
    done = play(text + "```text\n```\nEnd\n", tmp_path, answering)
    assert "$ one\none\nand more\n```" in done.text and "```text\nid\n```\nEnd\n" in done.text
    assert play(done.text, tmp_path, answering).differences == []


def test_both_ways_of_running_a_command_print_the_same(demo_plan: Path, tmp_path: Path) -> None:
    lay_out(tmp_path, demo_plan)
    for command in ("nlpkit --version", "nlpkit read plan.txt --check --out a.csv", "nlpkit read none.txt"):
        assert in_process(command, tmp_path) == in_shell(command, tmp_path)


# --- parts that are made ---


@pytest.mark.parametrize(
    "page", [p for p in PAGES if "<!-- made:" in p.read_text(encoding="utf8")], ids=lambda p: p.stem
)
def test_what_is_made_is_up_to_date(page: Path) -> None:
    text = page.read_text(encoding="utf8")
    assert text.count("<!-- made:") == len(building.PART.findall(text)), "a part has no end"
    made = building.made(text)
    if UPDATE:
        page.write_text(made, encoding="utf8")
    else:
        assert made == text, f"{page.name} is out of date: {REMAKE}"


def test_every_option_of_every_command_is_told() -> None:
    import typer

    from nlpkit.cli import app

    told = (DOCS / "commands.md").read_text(encoding="utf8")
    sections = dict(re.findall(r"^## (nlpkit [a-z ]+)\n(.*?)(?=^## |\Z)", told, re.MULTILINE | re.DOTALL))
    queue = [("nlpkit", typer.main.get_command(app))]
    seen = 0
    while queue:
        name, command = queue.pop()
        below = getattr(command, "commands", {})
        queue += [(f"{name} {key}", inner) for key, inner in below.items()]
        for parameter in [] if below else command.params:
            if not getattr(parameter, "hidden", False):
                word = parameter.opts[-1] if parameter.param_type_name == "option" else parameter.metavar
                assert f"`{word}`" in sections[name], f"{name}: {word}"
                seen += 1
    assert seen > 60 and "\\|" not in told


def test_every_column_has_a_meaning_and_stands_in_the_table() -> None:
    from nlpkit.schema import MEANINGS, READ_COLUMNS, SCORE_COLUMNS

    assert list(MEANINGS) == [*READ_COLUMNS, *SCORE_COLUMNS]
    told = (DOCS / "columns.md").read_text(encoding="utf8")
    for name in MEANINGS:
        assert f"| `{name}` |" in told


def test_every_label_is_explained() -> None:
    from nlpkit.analysis.calendar import CalendarStatus
    from nlpkit.analysis.outcomes import Answer
    from nlpkit.schema import Evidence, Flag, Mismatch, Stale, Status

    told = (DOCS / "codebook.md").read_text(encoding="utf8")
    for labels in (
        Status,
        Stale,
        Evidence,
        Flag,
        Mismatch,
        CalendarStatus,
        Answer,
        ("equivalent", "related"),
    ):
        for label in labels:
            assert re.search(rf"^\| `{label}` \| .{{20,}} \|$", told, re.MULTILINE), f"codebook.md: {label}"


def test_every_figure_comes_with_its_number_of_rows() -> None:
    """Tables of accuracy that are taken over say how many rows they were measured on."""
    text = (DOCS / "trust.md").read_text(encoding="utf8")
    parts = [m for m in building.PART.finditer(text) if m["what"].startswith("figures")]
    assert len(parts) >= 6
    for part in parts:
        head = part["content"].splitlines()[0]
        assert re.search(r"rows|updates|labelled", head), head


def test_numbers_in_running_text_are_those_of_the_code_and_the_figures() -> None:
    from nlpkit.analysis.calendar import SOON
    from nlpkit.analysis.evidence import FEATURES
    from nlpkit.analysis.themes import LEAST_ROWS

    text = {page.stem: " ".join(page.read_text(encoding="utf8").split()) for page in PAGES}
    assert f"at most {SOON.days} days ahead" in text["codebook"]
    assert f"weighs {len(FEATURES)} such measures" in text["trust"]
    assert f"at least {LEAST_ROWS} of them" in text["analyst"]
    lines = building.figures("benchmarks/status.md", "Reliability").splitlines()[2:]
    rows = [[float(cell) for cell in line.strip("| ").split(" | ")] for line in lines]
    low = [(n, right) for n, sure, right in rows if sure < 0.6]
    high = [(n, right) for n, sure, right in rows if sure >= 0.9]
    assert "a confidence below 0.6 is wrong more often than right" in text["trust"]
    assert sum(n * right for n, right in low) / sum(n for n, _ in low) < 0.5
    assert "above 0.9 it is right in more than nine cases of ten" in text["trust"]
    assert sum(n * right for n, right in high) / sum(n for n, _ in high) > 0.9


def test_a_part_says_what_it_lacks() -> None:
    for what, problem in (
        ("figures models/status/README.md Nothing", "no line that begins with 'Nothing'"),
        ("figures models/status/README.md Figures moon", "no row"),
        ("guesses", "nothing makes 'guesses'"),
    ):
        with pytest.raises(ValueError, match=problem):
            building.made(f"<!-- made: {what} -->\n<!-- end -->")


# --- links ---


def test_links_work_in_a_repository_too() -> None:
    for page in PAGES:
        text = BLOCK.sub("", page.read_text(encoding="utf8"))
        for target in re.findall(r"\]\(([^)#\s]+)", text):
            if not re.match(r"[a-z]+:", target):
                assert (DOCS / target).exists(), f"{page.name} links to {target}"


def test_links_are_turned_for_the_site() -> None:
    here = {"trust.md", "project/models/status/README.md", "project/models/README.md", "report.png"}
    turned = {
        ("[card](../models/status/README.md#x)", "trust.md"): "[card](project/models/status/README.md#x)",
        ("[all](../models)", "trust.md"): "[all](project/models/README.md)",
        ("[back](../../docs/trust.md)", "project/models/status/README.md"): "[back](../../../trust.md)",
        ("![p](docs/report.png)", "project/README.md"): "![p](../report.png)",
        ("[code](../nlpkit/schema.py)", "trust.md"): "code",
        ("[gone](../nowhere.md)", "trust.md"): "[gone](../nowhere.md)",
        ("[out](https://example.org/a)", "trust.md"): "[out](https://example.org/a)",
    }
    for (text, page), expected in turned.items():
        assert building.linked(text, page, here.__contains__) == expected
    fenced = "```text\n[card](../models/README.md)\n```"
    assert building.linked(fenced, "trust.md", here.__contains__) == fenced


# --- the site ---


class Loads(HTMLParser):
    """What a page loads by itself, and where its links lead."""

    def __init__(self) -> None:
        super().__init__()
        self.loads: list[str] = []
        self.links: list[str] = []
        self.fragments: set[str] = set()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = {name: value or "" for name, value in attrs}
        self.fragments |= {given[key] for key in ("id", "name") if key in given}
        if tag == "a":
            self.links.append(given.get("href", ""))
        elif tag == "link" and given.get("rel") not in ("canonical", "prev", "next"):
            self.loads.append(given.get("href", ""))
        else:
            self.loads += [
                given[key] for key in ("src", "srcset", "data", "poster", "action") if key in given
            ]
        self.loads += re.findall(r"url\(([^)]*)\)", given.get("style", ""))


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    for tool in ("zensical", "mkdocstrings_handlers"):
        if find_spec(tool) is None:
            pytest.skip(f"{tool} is not installed: 'make docs' installs it")
    folder = tmp_path_factory.mktemp("site")
    script = "import runpy, sys, pathlib; b = runpy.run_path(sys.argv[1]); b['build'](*map(pathlib.Path, sys.argv[2:]))"
    closed = "http://127.0.0.1:9"  # nothing answers there: a build that asks the network fails
    built = subprocess.run(
        [
            sys.executable,
            "-c",
            script,
            str(DOCS / "building.py"),
            str(folder / "site"),
            str(folder / "build"),
        ],
        env=os.environ | {"http_proxy": closed, "https_proxy": closed, "PYTHONPATH": str(PROJECT)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert built.returncode == 0, built.stdout + built.stderr
    return folder / "site"


@pytest.mark.slow
def test_the_site_loads_nothing_from_elsewhere(site: Path) -> None:
    pages = sorted(site.rglob("*.html"))
    assert len(pages) >= 20
    for page in pages:
        found = Loads()
        found.feed(page.read_text(encoding="utf8"))
        foreign = [url for url in found.loads if re.match(r"\s*['\"]?(?:[a-z]+:)?//", url)]
        assert not foreign, f"{page.relative_to(site)} loads {foreign}"
    for sheet in site.rglob("*.css"):
        text = sheet.read_text(encoding="utf8")
        assert not re.search(r"(?:url\(|@import)\s*['\"]?(?:https?:)?//", text), sheet.name


@pytest.mark.slow
def test_every_link_of_the_site_leads_somewhere(site: Path) -> None:
    parsed: dict[Path, Loads] = {}
    for page in site.rglob("*.html"):
        parsed[page] = Loads()
        parsed[page].feed(page.read_text(encoding="utf8"))
    for page, found in parsed.items():
        if page.name == "404.html":
            continue
        for link in (*found.links, *found.loads):
            if re.match(r"[a-z]+:", link):
                continue
            target, _, fragment = link.partition("#")
            file = (page.parent / target).resolve() if target else page
            file = file / "index.html" if file.is_dir() else file
            assert file.exists(), f"{page.relative_to(site)} links to {link}"
            if fragment and file in parsed:
                assert fragment in parsed[file].fragments, f"{page.relative_to(site)} links to {link}"


@pytest.mark.slow
def test_the_reference_holds_the_doors_and_the_markers_are_gone(site: Path) -> None:
    reference = (site / "reference.html").read_text(encoding="utf8")
    for door in ("score", "link", "compare", "report", "themes", "read"):
        assert re.search(rf'id="nlpkit\.[\w.]*\.?{door}"', reference), door
    assert "Parameters" in reference and ":::" not in reference
    for page in site.glob("*.html"):
        assert "!-- made:" not in re.sub(r"<!--.*?-->", "", page.read_text(encoding="utf8")), page.name


BROWSER = os.environ.get("NLPKIT_CHROMIUM") or next(
    filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None
)


@pytest.mark.slow
@pytest.mark.skipif(BROWSER is None, reason="no Chromium: install chromium, or name one in NLPKIT_CHROMIUM")
def test_the_search_works_in_a_page_opened_from_a_disk_and_asks_for_nothing_else(site: Path) -> None:
    api = pytest.importorskip("playwright.sync_api", reason="the browser tests need playwright")
    asked: list[str] = []
    problems: list[str] = []
    with api.sync_playwright() as playwright:
        arguments = ["--no-sandbox"] if os.geteuid() == 0 else []
        browser = playwright.chromium.launch(executable_path=BROWSER, args=arguments)
        page = browser.new_page()
        page.on("request", lambda request: asked.append(request.url))
        page.on("pageerror", lambda error: problems.append(str(error)))
        page.goto((site / "project" / "models" / "index.html").as_uri())
        page.keyboard.press("Control+k")
        page.keyboard.type("novelty", delay=20)
        page.get_by_text("What scoring adds").first.wait_for(timeout=20_000)
        browser.close()
    assert [url for url in asked if not url.startswith(("file:", "data:", "blob:"))] == []
    assert problems == []


# --- how it is kept ---


def test_docs_tools_are_an_extra_and_pinned() -> None:
    extras = tomllib.loads((PROJECT / "pyproject.toml").read_text(encoding="utf8"))["project"][
        "optional-dependencies"
    ]
    names = {re.match(r"[\w-]+", line)[0] for line in extras["docs"]}  # type: ignore[index]
    assert {"zensical", "mkdocstrings-python"} <= names
    pinned = set(
        re.findall(r"^([\w-]+)==", (PROJECT / "constraints.txt").read_text(encoding="utf8"), re.MULTILINE)
    )
    assert {name.lower() for name in names} <= {name.lower() for name in pinned}


def test_the_built_site_is_not_kept() -> None:
    assert "site/" in (PROJECT / ".gitignore").read_text(encoding="utf8").splitlines()


def test_the_readme_leads_to_every_page() -> None:
    readme = (PROJECT / "README.md").read_text(encoding="utf8")
    welcome = (DOCS / "index.md").read_text(encoding="utf8")
    assert "](docs/index.md)" in readme
    for page in PAGES:
        assert page.name == "index.md" or f"]({page.name}" in welcome, (
            f"index.md does not lead to {page.name}"
        )


def test_a_new_page_is_in_the_navigation_even_if_nobody_put_it_there(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    yaml = pytest.importorskip("yaml")
    page = tmp_path / "new.md"
    page.write_text("# New\n", encoding="utf8")
    known = building.sources()
    monkeypatch.setattr(building, "sources", lambda: known | {"new.md": page})
    config = yaml.safe_load(building.stage(tmp_path / "staged").read_text(encoding="utf8"))
    assert "new.md" in config["nav"][-1]["More"]
    assert (tmp_path / "staged" / "pages" / "new.md").read_text(encoding="utf8") == "# New\n"
