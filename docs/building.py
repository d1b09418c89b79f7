"""Builds the documentation site ("make docs"): pages, parts made from code and figures, project pages.

A part of a page stands between two comments and is made anew at every build, so that the site cannot drift::

    <!-- made: columns READ -->
    ...
    <!-- end -->

The same parts are kept in the pages, for those who read them in a repository; ``tests/test_docs.py`` says
when they are out of date, and ``UPDATE_DOCS=1`` makes them anew there.

The project's other Markdown files (README, model cards, benchmarks, datasheets) are pages of the site
under ``project/``. Links between them and the pages of ``docs/`` work in both places.
"""

from __future__ import annotations

import posixpath
import re
import shlex
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

PROJECT = Path(__file__).resolve().parents[1]
PAGES = ("*.md", "models/**/*.md", "benchmarks/*.md", "corpora/**/*.md", "notebooks/*.md")
"""Files outside ``docs/`` that are pages of the site too."""

PART = re.compile(r"<!-- made: (?P<what>.+?) -->\n(?P<content>.*?)<!-- end -->", re.DOTALL)
_FENCE = re.compile(r"^```.*?^```$", re.MULTILINE | re.DOTALL)
_LINK = re.compile(r"(?P<picture>!?)\[(?P<text>(?:[^\[\]]|!\[[^\]]*\]\([^)]*\))*)\]\((?P<target>[^()\s]+)\)")


# --- parts made from the code ---


def made(text: str) -> str:
    """The text of a page with each of its parts made anew."""

    def part(found: re.Match[str]) -> str:
        kind, *arguments = shlex.split(found["what"])
        if kind not in MAKERS:
            raise ValueError(f"nothing makes '{kind}': use one of {', '.join(MAKERS)}")
        content = MAKERS[kind](*arguments)
        return f"<!-- made: {found['what']} -->\n{content.strip()}\n<!-- end -->"

    return PART.sub(part, text)


def columns(group: str) -> str:
    """The table of columns that reading (``READ``) or scoring (``SCORE``) fills, from ``nlpkit.schema``."""
    from nlpkit import schema

    names = {"READ": schema.READ_COLUMNS, "SCORE": schema.SCORE_COLUMNS}[group]
    kinds = [
        (schema.DICT_COLUMNS, "structured"),
        (schema.LIST_COLUMNS, "list"),
        (frozenset({"status_confidence", "novelty", "evidence_score", "addresses"}), "number"),
    ]
    lines = ["| column | kind | what it holds |", "|---|---|---|"]
    for name in names:
        kind = next((word for members, word in kinds if name in members), "text")
        lines.append(f"| `{name}` | {kind} | {schema.MEANINGS[name]} |")
    return "\n".join(lines)


def figures(file: str, after: str = "", rows: str = "", columns: str = "") -> str:
    """A table of a committed file: the first below the line that begins with ``after``.

    Args:
        file: path below the project's top folder.
        after: beginning of a line (Markdown's stars and hashes apart) that the table stands below.
        rows: regular expression; only rows that hold it.
        columns: headings to keep, with ``|`` between them; all if not given.
    """
    lines = (PROJECT / file).read_text(encoding="utf8").splitlines()
    starts = [n for n, line in enumerate(lines) if line.lstrip("#* ").startswith(after)]
    if not starts:
        raise ValueError(f"{file} has no line that begins with '{after}'")
    table: list[list[str]] = []
    for line in lines[starts[0] :]:
        if line.startswith("|"):
            table.append([cell.strip() for cell in re.split(r"(?<!\\)\|", line.strip()[1:-1])])
        elif table:
            break
    if len(table) < 3:
        raise ValueError(f"{file} has no table below '{after}'")
    head, ruler, *body = table
    if rows:
        body = [cells for cells in body if re.search(rows, " | ".join(cells))]
    if not body:
        raise ValueError(f"no row of the table below '{after}' in {file} holds '{rows}'")
    kept = range(len(head))
    if columns:
        kept = [head.index(name) for name in columns.split("|")]  # type: ignore[assignment]
    shown = ["| " + " | ".join(cells[n] for n in kept) + " |" for cells in (head, *body)]
    shown.insert(1, "|" + "|".join(ruler[n] for n in kept) + "|")
    return "\n".join(shown)


def commands() -> str:
    """Every command of ``nlpkit`` with its arguments and options, as its ``--help`` has them."""
    import typer

    from nlpkit.cli import app

    return "\n\n".join(_command(typer.main.get_command(app), "nlpkit"))


def _command(command: Any, name: str) -> Iterator[str]:
    inner = getattr(command, "commands", {})
    if not inner:
        yield f"## {name}"
        yield str(command.help or "").strip()
        yield f"```text\n{_usage(command, name)}\n```"
        yield "\n".join(_parameters(command))
    for key, below in inner.items():
        yield from _command(below, f"{name} {key}")


def _usage(command: Any, name: str) -> str:
    arguments = [p for p in command.params if p.param_type_name == "argument"]
    said = [f"{p.metavar or p.name.upper()}{'...' if p.nargs == -1 else ''}" for p in arguments]
    return " ".join([name, "[OPTIONS]", *said])


def _parameters(command: Any) -> Iterator[str]:
    yield "| argument or option | what it does |"
    yield "|---|---|"
    for parameter in command.params:
        if getattr(parameter, "hidden", False):
            continue
        option = parameter.param_type_name == "option"
        words = ", ".join(f"`{word}`" for word in parameter.opts) if option else ""
        metavar = parameter.metavar or (
            "" if getattr(parameter, "is_flag", False) else parameter.name.upper()
        )
        value = " / ".join(f"`{choice}`" for choice in metavar.split("|") if choice)
        told = " ".join(str(parameter.help or "").split())
        if option and parameter.show_default and not getattr(parameter, "is_flag", False):
            told += f" Without it: `{parameter.default}`." if parameter.default not in ("", None) else ""
        cells = (" ".join(part for part in (words, value) if part), told)
        yield "| " + " | ".join(cell.replace("|", "\\|") for cell in cells) + " |"


MAKERS: dict[str, Callable[..., str]] = {"columns": columns, "figures": figures, "commands": commands}


# --- the project's other Markdown files ---


def project_pages() -> list[str]:
    """Paths, below the project's top folder, of the Markdown files outside ``docs/`` that the site shows."""
    found = {path.relative_to(PROJECT).as_posix() for pattern in PAGES for path in PROJECT.glob(pattern)}
    return sorted(found)


def linked(text: str, page: str, known: Callable[[str], bool]) -> str:
    """A page's text with its links as the site needs them.

    Args:
        text: Markdown.
        page: where the page stands in the site (``inspector.md``, ``project/models/README.md``).
        known: says of a path in the site whether there is such a file.

    Returns:
        The text; a link to a file of the project that the site does not have is left as its text alone.
    """

    def link(found: re.Match[str]) -> str:
        target, _, anchor = found["target"].partition("#")
        if not target or re.match(r"[a-z]+:", target):
            return found[0]
        here = page.removeprefix("project/") if page.startswith("project/") else f"docs/{page}"
        lies = posixpath.normpath(posixpath.join(posixpath.dirname(here), target))
        place = lies.removeprefix("docs/") if lies.startswith("docs/") else f"project/{lies}"
        if not known(place) and known(f"{place}/README.md"):
            place = f"{place}/README.md"
        text = _LINK.sub(link, found["text"])
        if not known(place):
            if not (PROJECT / lies).exists():
                return found[0]  # the check of links will say so
            return text
        way = posixpath.relpath(place, posixpath.dirname(page) or ".")
        return f"{found['picture']}[{text}]({way}{'#' + anchor if anchor else ''})"

    out, end = [], 0
    for fence in _FENCE.finditer(text):
        out += [_LINK.sub(link, text[end : fence.start()]), fence[0]]
        end = fence.end()
    return "".join([*out, _LINK.sub(link, text[end:])])


# --- the site ---


def sources() -> dict[str, Path]:
    """Every file of the site's source by its place in it: pages, pictures, the project's other pages."""
    docs = PROJECT / "docs"
    kinds = ("*.md", "*.png", "assets/*")
    found = {path.relative_to(docs).as_posix(): path for kind in kinds for path in sorted(docs.glob(kind))}
    for name in project_pages():
        found[f"project/{name}"] = PROJECT / name
        for kind in ("*.svg", "*.png"):
            for path in sorted((PROJECT / name).parent.glob(kind)):
                found[f"project/{path.relative_to(PROJECT).as_posix()}"] = path
    found["project/LICENSE"] = PROJECT / "LICENSE"
    return found


def stage(folder: Path) -> Path:
    """Write the site's source: pages with their parts made and their links turned, and the configuration.

    Args:
        folder: where; emptied first.

    Returns:
        The configuration file; the site is built beside it.
    """
    import yaml

    shutil.rmtree(folder, ignore_errors=True)
    files = sources()
    for place, path in files.items():
        target = folder / "pages" / place
        target.parent.mkdir(parents=True, exist_ok=True)
        if path.suffix == ".md":
            text = made(path.read_text(encoding="utf8"))
            target.write_text(linked(text, place, files.__contains__), encoding="utf8")
        else:
            shutil.copy(path, target)
    config = yaml.safe_load((PROJECT / "mkdocs.yml").read_text(encoding="utf8"))
    named = set(re.findall(r"[\w/.-]+\.md", str(config["nav"])))
    more = [place for place in files if place.endswith(".md") and "/" not in place and place not in named]
    if more:
        config["nav"].append({"More": more})
    config |= {"docs_dir": "pages", "site_dir": "site"}
    handler = next(p["mkdocstrings"] for p in config["plugins"] if "mkdocstrings" in p)["handlers"]["python"]
    handler["paths"] = [str(PROJECT)]
    handler["options"]["extensions"] = [str(PROJECT / "docs" / "docstrings.py")]
    written = folder / "mkdocs.yml"
    written.write_text(yaml.safe_dump(config, sort_keys=False, allow_unicode=True), encoding="utf8")
    return written


def build(site: Path, folder: Path) -> None:
    """Build the site; a link that leads nowhere ends it.

    Raises:
        subprocess.CalledProcessError: the site could not be built; the messages say why.
    """
    config = stage(folder)
    command = [sys.executable, "-m", "zensical", "build", "--strict", "--clean", "--config-file", str(config)]
    subprocess.run(command, check=True)
    shutil.rmtree(site, ignore_errors=True)
    shutil.move(folder / "site", site)


if __name__ == "__main__":
    sys.path.insert(0, str(PROJECT))
    try:
        build(PROJECT / "site", PROJECT / "build" / "docs")
    except subprocess.CalledProcessError as error:
        sys.exit(error.returncode)
