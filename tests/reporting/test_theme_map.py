"""The map: one file, offline, escaped, the same bytes every time."""

from __future__ import annotations

import builtins
import re
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from nlpkit.errors import InputError, NlpkitError
from nlpkit.reporting import theme_map
from nlpkit.reporting.theme_map import check_map, draw

pytest.importorskip("plotly")
pytest.importorskip("matplotlib")

EVIL = "<script>alert('x')</script> & <b>bold</b>"


@pytest.fixture(scope="module")
def themes() -> tuple[pd.DataFrame, pd.DataFrame, pd.DataFrame]:
    """Rows of three themes, one with mark-up in every text, and one row that has no theme."""
    count = 31
    number = [n % 3 for n in range(count - 1)] + [-1]
    titles = ["Water hydrants, valves", EVIL, "Handheld radios"]
    rows = pd.DataFrame(
        {
            "row_id": [f"r{n:02d}" for n in range(count)],
            "service": EVIL,
            "action_id": [str(n) for n in range(count)],
            "period": "June 2024",
            "recommendation": "Improve it.",
            "update": [f"{EVIL} told {n}" for n in range(count)],
            "theme_id": [f"T{n + 1:02d}" if n >= 0 else "" for n in number],
            "theme_label": [titles[n] if n >= 0 else "" for n in number],
        }
    )
    summary = pd.DataFrame({"theme_id": ["T01", "T02", "T03"], "theme_label": titles, "updates": 10})
    draws = np.random.default_rng(0)
    vectors = [np.eye(3)[n] + draws.normal(scale=0.05, size=3) for n in number]
    subjects = pd.DataFrame(
        {"rows": [(n,) for n in range(count)], "theme": number, "vector": pd.Series(vectors, dtype="object")}
    )
    return rows, summary, subjects


@pytest.fixture(scope="module")
def page(themes: tuple[pd.DataFrame, ...], tmp_path_factory: pytest.TempPathFactory) -> str:
    return draw(*themes, tmp_path_factory.mktemp("map") / "map.html").read_text(encoding="utf8")  # type: ignore[arg-type]


def outside(page: str) -> str:
    """The page without plotly's own code."""
    from plotly.offline import get_plotlyjs

    code = get_plotlyjs()
    assert page.count(code) == 1
    return page.replace(code, "")


class _Tags(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.links: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.links += [value or "" for name, value in attrs if name in ("src", "href", "action", "data")]


def test_the_page_asks_for_nothing_and_the_browser_would_refuse(page: str) -> None:
    own = outside(page)
    assert not re.search(r"https?://|//cdn|@import|url\(", own.replace("http://www.w3.org/", ""))
    seen = _Tags()
    seen.feed(own)
    assert seen.links == [] and not {"link", "iframe", "img", "object", "form"} & set(seen.tags)
    assert "default-src 'none'" in own and "connect-src" not in own


def test_texts_are_escaped(page: str) -> None:
    own = outside(page)
    assert "alert(" in own and "<script>alert" not in own and "<b>bold" not in own
    assert own.count("</script>") == own.count("<script") >= 2


def test_every_update_is_on_the_page_and_titles_are_readable(page: str) -> None:
    own = outside(page)
    told = {int(n) for n in re.findall(r"told (\d+)", own)}
    assert told == set(range(31))
    assert "Handheld radios" in own and "30 updates in 3 themes; 1 fit none" in own


def test_titles_cover_no_other_title_and_stand_by_their_theme() -> None:
    draws = np.random.default_rng(1)
    points = pd.DataFrame({"x": draws.normal(size=400), "y": draws.normal(size=400)})
    named = [
        (f"T{n:02d}", f"Theme of hydrants {n}", float(points["x"][n]), float(points["y"][n]), 5)
        for n in range(60)
    ]
    titles = theme_map._room(points, named)
    assert 20 <= len(titles) <= 60 and titles[0][0] == 0
    places = points.to_numpy()
    scale = np.array(theme_map._SCREEN) / (places.max(axis=0) - places.min(axis=0))
    middles = [np.array(named[at][2:4]) * scale + (dx, dy) for at, _, dx, dy in titles]
    sizes = [
        np.array([max(map(len, lines)) * theme_map._LETTER, len(lines) * theme_map._LINE])
        for _, lines, _, _ in titles
    ]
    for i, (one, size) in enumerate(zip(middles, sizes, strict=True)):
        for other, beside in zip(middles[:i], sizes[:i], strict=True):
            assert (np.abs(one - other) >= (size + beside) / 2).any()
    assert all(np.hypot(dx, dy) <= max(theme_map._RINGS) + 1 for _, _, dx, dy in titles)


@pytest.mark.parametrize("ending", ["html", "png"])
def test_the_same_bytes_every_time_whatever_the_order(
    themes: tuple[pd.DataFrame, pd.DataFrame, pd.DataFrame], tmp_path: Path, ending: str
) -> None:
    rows, summary, subjects = themes
    first = draw(rows, summary, subjects, tmp_path / f"a.{ending}").read_bytes()
    turned = rows.iloc[::-1].reset_index(drop=True)
    moved = subjects.assign(rows=[tuple(len(rows) - 1 - at for at in one) for one in subjects["rows"]])
    assert draw(turned, summary, moved, tmp_path / f"b.{ending}").read_bytes() == first


def test_the_picture_is_one(themes: tuple[pd.DataFrame, pd.DataFrame, pd.DataFrame], tmp_path: Path) -> None:
    from PIL import Image

    with Image.open(draw(*themes, tmp_path / "map.png")) as picture:
        assert picture.size == (2400, 1650)
        colours = picture.convert("RGB").getcolors(1_000_000)
    assert colours is not None and len(colours) > 50


def test_few_subjects_and_none_are_drawn_too(
    themes: tuple[pd.DataFrame, pd.DataFrame, pd.DataFrame], tmp_path: Path
) -> None:
    rows, summary, subjects = themes
    for count in (0, 1, 3):
        assert draw(rows, summary, subjects.iloc[:count], tmp_path / "few.png").stat().st_size > 1000


def test_what_cannot_be_drawn_is_refused_first(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(InputError, match=r"ending in .html or .png"):
        check_map(tmp_path / "map.pdf")
    with pytest.raises(InputError, match="folder does not exist"):
        check_map(tmp_path / "no" / "map.png")
    real = builtins.__import__

    def without(name: str, *rest: Any, **more: Any) -> Any:
        if name.split(".")[0] in ("plotly", "matplotlib"):
            raise ModuleNotFoundError(f"No module named '{name}'", name=name.split(".")[0])
        return real(name, *rest, **more)

    monkeypatch.setattr(builtins, "__import__", without)
    with pytest.raises(NlpkitError, match=r"needs plotly.*pip install 'nlpkit\[plots\]'"):
        check_map(tmp_path / "map.html")
