"""The colour behind a Word table cell: its shading, a theme's colour, or that of what it holds."""

from __future__ import annotations

import re
from collections.abc import Mapping
from colorsys import hls_to_rgb, rgb_to_hls
from typing import Any

__all__ = ["fill_of", "theme_colours"]

_W = "{http://schemas.openxmlformats.org/wordprocessingml/2006/main}"
_A = "{http://schemas.openxmlformats.org/drawingml/2006/main}"
_SAME = {"background1": "lt1", "background2": "lt2", "text1": "dk1", "text2": "dk2"} | {
    "light1": "lt1",
    "light2": "lt2",
    "dark1": "dk1",
    "dark2": "dk2",
    "hyperlink": "hlink",
    "followedHyperlink": "folHlink",
}
_HIGHLIGHTS = {
    "red": "#FF0000",
    "darkRed": "#8B0000",
    "yellow": "#FFFF00",
    "darkYellow": "#808000",
    "green": "#00FF00",
    "darkGreen": "#008000",
    "blue": "#0000FF",
    "darkBlue": "#00008B",
    "cyan": "#00FFFF",
    "darkCyan": "#008080",
    "lightGray": "#D3D3D3",
    "darkGray": "#808080",
}
_HEX = re.compile(r"[0-9A-Fa-f]{6}")


def theme_colours(theme: Any) -> dict[str, str]:
    """The colours of a document's theme: "accent6" → "70AD47".

    Args:
        theme: the root of the theme's XML, or None.
    """
    colours: dict[str, str] = {}
    scheme = next(theme.iter(f"{_A}clrScheme"), None) if theme is not None else None
    for slot in scheme if scheme is not None else ():
        for colour in slot:
            value = colour.get("lastClr") or colour.get("val") or ""
            if isinstance(slot.tag, str) and _HEX.fullmatch(value):
                colours.setdefault(slot.tag.rpartition("}")[2], value.upper())
    return colours


def fill_of(cell: Any, theme: Mapping[str, str]) -> str:
    """The colour behind a cell as "#RRGGBB", or ``""``.

    A cell's own shading comes first, then that of its first paragraph, then the shading or
    highlighting that all its words have in common.
    """
    own = _shade(_child(cell, "tcPr", "shd"), theme)
    if own:
        return own
    paragraphs = list(cell.iterchildren(f"{_W}p"))
    for paragraph in paragraphs:
        if shade := _shade(_child(paragraph, "pPr", "shd"), theme):
            return shade
    behind = {
        _shade(_child(run, "rPr", "shd"), theme) or _highlight(run)
        for paragraph in paragraphs
        for run in paragraph.iter(f"{_W}r")
        if any((text.text or "").strip() for text in run.iterchildren(f"{_W}t"))
    }
    return behind.pop() if len(behind) == 1 else ""


def _child(element: Any, *path: str) -> Any:
    for name in path:
        if element is None:
            return None
        element = next(element.iterchildren(f"{_W}{name}"), None)
    return element


def _highlight(run: Any) -> str:
    mark = _child(run, "rPr", "highlight")
    return "" if mark is None else _HIGHLIGHTS.get(mark.get(f"{_W}val") or "", "")


def _shade(shading: Any, theme: Mapping[str, str]) -> str:
    """What a ``w:shd`` shows: its fill, or the colour of a pattern that covers half or more of it."""
    if shading is None:
        return ""
    pattern = shading.get(f"{_W}val") or "clear"
    share = re.fullmatch(r"pct(\d{1,2})", pattern)
    covers = pattern == "solid" or (share is not None and int(share[1]) >= 50)
    name, themed = ("color", "themeColor") if covers else ("fill", "themeFill")
    given = shading.get(f"{_W}{name}") or ""
    if _HEX.fullmatch(given):
        return f"#{given.upper()}"
    base = shading.get(f"{_W}{themed}")
    colour = theme.get(_SAME.get(base, base), "") if base else ""
    if not colour:
        return ""
    return _tinted(colour, shading.get(f"{_W}{themed}Tint"), shading.get(f"{_W}{themed}Shade"))


def _tinted(colour: str, tint: str | None, shade: str | None) -> str:
    """A theme colour made lighter or darker, by shares of 255 written in hexadecimal."""
    hue, light, strength = rgb_to_hls(*(int(colour[i : i + 2], 16) / 255 for i in (0, 2, 4)))
    if tint and re.fullmatch(r"[0-9A-Fa-f]{1,2}", tint):
        share = int(tint, 16) / 255
        light = light * share + (1 - share)
    if shade and re.fullmatch(r"[0-9A-Fa-f]{1,2}", shade):
        light *= int(shade, 16) / 255
    return "#" + "".join(f"{round(255 * part):02X}" for part in hls_to_rgb(hue, light, strength))
