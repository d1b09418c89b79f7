"""One authored plan, many formats and layouts: all must be read as the same update table."""

from __future__ import annotations

import runpy
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest
from authored import token_f1

from nlpkit.reading import Reading, read_document

RENDER = runpy.run_path(str(Path(__file__).resolve().parents[2] / "corpora" / "plans" / "render.py"))
PLANS: dict[str, dict[str, Any]] = RENDER["plans"]()
FLOOR = {"docx": 0.99, "html": 0.99, "txt": 0.97}


def assert_read(reading: Reading, plan: dict[str, Any], floor: float, layout: str) -> None:
    (account,) = reading.accounts
    assert account.balances, str(account)
    assert (account.actions, account.updates) == (len(plan["actions"]), len(reading.updates))
    assert not len(reading.set_aside)
    rows = reading.updates.to_dict("records")
    wanted = [
        (action, period, moment, update)
        for action in plan["actions"]
        for period, moment, update in zip(
            plan["periods"], plan["periods_as_of"], action["updates"], strict=True
        )
    ]
    assert [(row["action_id"], row["period"]) for row in rows] == [(a["id"], p) for a, p, _, _ in wanted]
    for row, (action, _, moment, update) in zip(rows, wanted, strict=True):
        # Tables cut by pages have no sections here, and text does not say which cells are merged.
        if layout != "paged" and not (layout == "wide" and row["source"].endswith(".txt")):
            assert action["section"] in (row["section"], row["theme"])
        assert row["service"] == plan["service"]
        assert row["as_of"] == moment
        assert row["recommendation"] == action["recommendation"]
        assert (row["owner"], row["due_date"]) == (action["owner"], action["due_date"])
        assert row["declared"].lower().removesuffix(" (fill)") == action["colour"]
        assert row["declared_status"] == action["status"], (action["id"], row["declared"])
        truth = "\n".join(line.removeprefix("- ") for line in update)
        assert token_f1(row["update"], truth) >= floor, (action["id"], row["update"])


@pytest.mark.parametrize("form", RENDER["FORMATS"])
@pytest.mark.parametrize("layout", RENDER["LAYOUTS"])
@pytest.mark.parametrize("name", PLANS)
def test_every_rendering_gives_the_same_table(name: str, layout: str, form: str, tmp_path: Path) -> None:
    path = tmp_path / f"{name}.{form}"
    path.write_bytes(RENDER["render"](PLANS[name], layout, form))
    reading = read_document(path)
    assert_read(reading, PLANS[name], FLOOR[form], layout)
    filled = reading.updates["declared"].str.endswith("(fill)").all()
    assert filled == (form != "txt" and not (form == "docx" and layout == "blocks"))


@pytest.mark.slow
@pytest.mark.skipif(not shutil.which("soffice"), reason="LibreOffice (soffice) is not installed")
@pytest.mark.parametrize("layout", RENDER["LAYOUTS"])
def test_documents_that_an_office_program_wrote(layout: str, tmp_path: Path) -> None:
    plan = PLANS["harrowdale"]
    (tmp_path / "plan.docx").write_bytes(RENDER["render"](plan, layout, "docx"))
    for source, form in (("plan.docx", "odt"), ("plan.odt", "docx")):
        folder = tmp_path if form == "odt" else tmp_path / "again"
        subprocess.run(
            ["soffice", "--headless", f"-env:UserInstallation=file://{tmp_path}/profile", "--convert-to", form, "--outdir", str(folder), str(tmp_path / source)],
            check=True,
            timeout=240,
        )  # fmt: skip
    assert_read(read_document(tmp_path / "again" / "plan.docx"), plan, 0.99, layout)
