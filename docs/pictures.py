"""Takes the README's pictures of a report of the demo plan: ``python docs/pictures.py [CHROMIUM]``.

It needs what ``make setup`` installs, and a Chromium.
"""

from __future__ import annotations

import os
import sys
import tempfile
from pathlib import Path

from playwright.sync_api import sync_playwright

import nlpkit
from nlpkit.resources import bundled

FOLDER = Path(__file__).resolve().parent
VIEWS = {
    "report-overview": ("#/overview", "light", 900, "h1:visible"),
    "report-queue": ("#/queue?evidence=weak", "dark", 1060, "h1:visible"),
    "report-update": (
        "#/update?id=northmoor-2024%2F12%2FApr+-+Sept+2024",
        "light",
        1240,
        "h2:has-text('Declared, narrative')",
    ),
}
"""By picture: address, colour scheme, height, and the heading at the top."""


def main(chromium: str) -> None:
    """Write one picture a view into ``docs/``."""
    with tempfile.TemporaryDirectory() as folder, sync_playwright() as playwright:
        page_file = Path(folder) / "report.html"
        nlpkit.report(nlpkit.score(nlpkit.read(bundled("corpora/plans/northmoor-2024.txt"))), page_file)
        browser = playwright.chromium.launch(
            executable_path=chromium, args=["--no-sandbox"] if os.geteuid() == 0 else []
        )
        for name, (address, scheme, height, top) in VIEWS.items():
            page = browser.new_page(viewport={"width": 1080, "height": height}, color_scheme=scheme)  # type: ignore[arg-type]
            page.goto(page_file.as_uri() + address)
            if not top.startswith("h1"):
                page.locator(top).evaluate("heading => heading.scrollIntoView()")
            page.screenshot(path=FOLDER / f"{name}.png")
        browser.close()


if __name__ == "__main__":
    main(sys.argv[1] if len(sys.argv) > 1 else "/usr/bin/chromium")
