"""Coverage-guided fuzzing of the readers, with Atheris: ``make fuzz MINUTES=10``.

    python tests/fuzz/fuzz.py MINUTES [TARGET ...]

Each target gets its share of the time, begins with the inputs in ``seeds/TARGET`` and keeps what it learns
in ``build/fuzz/TARGET``. An input that ends in anything but a table or one of nlpkit's own errors is kept in
``findings/TARGET``, where the ordinary tests read it again (``test_findings.py``).
"""

from __future__ import annotations

import importlib.util
import subprocess
import sys
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

HERE = Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent / "hostile"))


def text(data: bytes) -> None:
    from nlpkit.reading.text import blocks_from_text

    _balanced(blocks_from_text(data.decode("utf8", "replace")))


def page(data: bytes) -> None:
    from nlpkit.reading.html import blocks_from_html

    _balanced(blocks_from_html(data, source="plan.html"))


def word(data: bytes) -> None:
    """The body of a Word document, inside an archive that is in order."""
    from hostile_files import docx_parts, zipped

    from nlpkit.reading.docx import blocks_from_docx

    parts = docx_parts("BODY")
    document = parts["word/document.xml"].replace(b"BODY", data)
    _balanced(
        blocks_from_docx(zipped(parts | {"word/document.xml": document}, stored=True), source="plan.docx")
    )


def sheet(data: bytes) -> None:
    """The rows of a workbook's sheet."""
    from hostile_files import xlsx_parts, zipped

    from nlpkit.reading.workbooks import document_from_workbook

    parts = xlsx_parts("DATA")
    name = "xl/worksheets/sheet1.xml"
    raw = zipped(parts | {name: parts[name].replace(b"DATA", data)}, stored=True)
    _balanced(document_from_workbook(raw, source="plan.xlsx").blocks)


def table(data: bytes) -> None:
    """Tables as other formats give them: the first byte of a cell says how it is merged, tab and newline part."""
    from nlpkit.reading.blocks import Heading, Table, cell_from_markup
    from nlpkit.reading.grids import Grid, Laid

    blocks, place, grid = [], 0, Grid("plan")
    for piece in data.decode("utf8", "replace").split("\f"):
        laid = []
        for line in piece.split("\n"):
            place += 1
            cells = []
            for cell in line.split("\t"):
                mark = ord(cell[0]) if cell else 0
                cells.append(Laid(cell_from_markup(cell[1:]), 1 + mark % 3, 1 + mark // 3 % 3, mark % 7 == 6))
            laid.append((place, cells))
        blocks += [Heading(f"Part {place}", place), Table(grid.lay_out(laid), laid[0][0])]
    _balanced(blocks)


def delimited(data: bytes) -> None:
    from nlpkit.formats.delimited import delimited_grid, to_delimited
    from nlpkit.formats.encodings import decoded

    grid = delimited_grid(decoded(data, source="t.csv")[0], ",", source="t.csv")
    if grid and all(grid):
        written = to_delimited(grid[0], grid[1:], ",").decode("utf8")
        again = delimited_grid(written, ",", source="t.csv")
        assert [[cell.encode("utf8", "replace") for cell in row] for row in again] == [
            [cell.encode("utf8", "replace") for cell in row] for row in grid
        ]


def _balanced(blocks: list) -> None:
    from nlpkit.reading.plan import read_blocks

    reading = read_blocks(blocks, source="plan")
    assert all(account.balances for account in reading.accounts)
    assert reading.updates["row_id"].is_unique


TARGETS: dict[str, Callable[[bytes], None]] = {
    target.__name__: target for target in (text, page, word, sheet, table, delimited)
}


def once(target: str, data: bytes) -> None:
    """One input; what nlpkit refuses is in order."""
    from nlpkit.errors import NlpkitError

    with suppress(NlpkitError):
        TARGETS[target](data)


def _run(target: str, seconds: int) -> None:
    import atheris

    with atheris.instrument_imports(
        include=["nlpkit.reading", "nlpkit.formats", "nlpkit.language", "nlpkit.schema"]
    ):
        TARGETS[target](
            b"1\tThe service should train.\tCrews were trained.\tGreen"
        ) if target == "text" else None
        import nlpkit.formats.delimited
        import nlpkit.reading.docx
        import nlpkit.reading.html
        import nlpkit.reading.plan
        import nlpkit.reading.workbooks
        import nlpkit.reading.xlsx  # noqa: F401
    learned = HERE.parents[1] / "build" / "fuzz" / target
    learned.mkdir(parents=True, exist_ok=True)
    found = HERE / "findings" / target
    found.mkdir(parents=True, exist_ok=True)
    atheris.Setup(
        [
            *(sys.argv[0], str(learned), str(HERE / "seeds" / target)),
            *(f"-max_total_time={seconds}", f"-artifact_prefix={found}/", "-max_len=4096", "-timeout=20"),
            *("-rss_limit_mb=1500", "-print_final_stats=1", "-verbosity=0", "-seed=1"),
        ],
        lambda data: once(target, data),
    )
    atheris.Fuzz()


def main() -> int:
    if importlib.util.find_spec("atheris") is None:
        sys.stderr.write(
            "Fuzzing needs Atheris, which is not installed here. It has wheels for Linux (x86-64) and some "
            "versions of Python; try: .venv/bin/python -m pip install -e '.[fuzz]'\n"
        )
        return 2
    if sys.argv[1] == "--one":
        _run(sys.argv[2], int(sys.argv[3]))
        return 0
    targets = sys.argv[2:] or list(TARGETS)
    seconds = max(5, int(float(sys.argv[1]) * 60 / len(targets)))
    worst = 0
    for target in targets:
        sys.stdout.write(f"== {target}, {seconds} s\n")
        sys.stdout.flush()
        done = subprocess.run([sys.executable, __file__, "--one", target, str(seconds)], check=False)
        worst = max(worst, done.returncode)
    return 1 if worst else 0


if __name__ == "__main__":
    sys.exit(main())
