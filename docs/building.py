"""What "make docs" adds to Markdown: parts made from the code and the committed figures, and project pages.

A part stands between two comments and is made anew at every build, so that the site cannot drift::

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
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

PROJECT = Path(__file__).resolve().parents[1]
PAGES = ("*.md", "models/**/*.md", "benchmarks/*.md", "corpora/**/*.md", "notebooks/*.md")
"""Files outside ``docs/`` that are pages of the site too."""

PART = re.compile(r"<!-- made: (?P<what>.+?) -->\n(?P<content>.*?)<!-- end -->", re.DOTALL)
_FENCE = re.compile(r"^```.*?^```$", re.MULTILINE | re.DOTALL)
_LINK = re.compile(r"(?P<picture>!?)\[(?P<text>(?:[^\[\]]|!\[[^\]]*\]\([^)]*\))*)\]\((?P<target>[^()\s]+)\)")
_ROLE = re.compile(r":(?:class|data|func|meth|mod|attr|exc):(?=<code>)")


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
        metavar = parameter.metavar or ("" if getattr(parameter, "is_flag", False) else parameter.name.upper())
        value = f"`{metavar}`" if metavar else ""
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


# --- what MkDocs calls ---


def on_config(config: Any) -> Any:
    """Put pages of ``docs/`` that the navigation doesn't name at its end."""
    named = set(re.findall(r"[\w/.-]+\.md", str(config.nav)))
    more = [path.name for path in sorted(Path(config.docs_dir).glob("*.md")) if path.name not in named]
    if more:
        config.nav.append({"More": more})
    return config


def on_files(files: Any, config: Any) -> Any:
    """Add the project's other Markdown files, and the pictures beside them."""
    from mkdocs.structure.files import File, InclusionLevel

    beside = [
        path.relative_to(PROJECT).as_posix()
        for page in project_pages()
        for kind in ("*.svg", "*.png")
        for path in sorted((PROJECT / page).parent.glob(kind))
    ]
    for name in (*project_pages(), *dict.fromkeys(beside), "LICENSE"):
        file = File.generated(config, f"project/{name}", abs_src_path=str(PROJECT / name))
        file.inclusion = InclusionLevel.NOT_IN_NAV
        files.append(file)
    return files


def on_page_markdown(markdown: str, *, page: Any, files: Any, **_: Any) -> str:
    """Make the parts of a page, and its links."""
    place = page.file.src_uri
    return linked(made(markdown), place, lambda path: files.get_file_from_path(path) is not None)


def on_page_content(html: str, **_: Any) -> str:
    """Docstrings name things as Sphinx does (``:class:`Status```): keep the name."""
    return _ROLE.sub("", html)
