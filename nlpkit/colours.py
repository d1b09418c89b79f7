"""The colours of a status key: which of them a shade or a symbol stands for."""

from __future__ import annotations

import re
from colorsys import rgb_to_hls

__all__ = ["colour_name", "named_colours"]

_SYMBOLS = {
    **dict.fromkeys("🔵🟦", "blue"),
    **dict.fromkeys("🟢🟩", "green"),
    **dict.fromkeys("🟡🟨", "yellow"),
    **dict.fromkeys("🟠🟧", "orange"),
    **dict.fromkeys("🔴🟥", "red"),
    **dict.fromkeys("🟣🟪", "purple"),
    **dict.fromkeys("⚪⬜", "white"),
    **dict.fromkeys("⚫⬛", "black"),
    "✅": "complete",
}
_SYMBOL = re.compile(f"[{''.join(_SYMBOLS)}]")
_MARKED = re.compile(r"#((?:[0-9a-f]{2})?[0-9a-f]{6})(?![0-9a-z])", re.IGNORECASE)
_BARE = re.compile(r"\s*((?:[0-9a-f]{2})?[0-9a-f]{6})(?:\s*(\(?\s*fill(?:ed)?\s*\)?))?\s*", re.IGNORECASE)

# Degrees of hue at which the next colour begins; the last is red again.
_HUES = ((15, "red"), (66, "amber"), (170, "green"), (255, "blue"), (330, "purple"), (360, "red"))
_DULL = 0.28
"""Saturation (HSL) below which a shade is a grey: Office's blue-greys and tans are."""
_PALE = 0.06
"""Difference of the strongest and the weakest component that a tint needs to show its hue."""


def colour_name(shade: str) -> str:
    """The status colour that a fill stands for, judged by hue, saturation and lightness.

    >>> colour_name("#00B050"), colour_name("FFC000"), colour_name("FFFFC7CE"), colour_name("D9D9D9")
    ('green', 'amber', 'red', 'grey')

    Args:
        shade: six hexadecimal digits (red, green, blue), with or without "#"; of eight digits the
            first two are the opacity, as Excel writes them.

    Returns:
        "blue", "green", "amber", "red", "purple" or "grey"; ``""`` for white and black, which are
        no fill at all, and for what is no colour.
    """
    found = re.fullmatch(r"\s*#?(?:[0-9a-fA-F]{2})?([0-9a-fA-F]{6})\s*", shade)
    if found is None:
        return ""
    parts = [int(found[1][i : i + 2], 16) / 255 for i in (0, 2, 4)]
    hue, lightness, saturation = rgb_to_hls(*parts)
    if saturation < _DULL or max(parts) - min(parts) < _PALE:
        return "grey" if 0.1 <= lightness <= 0.965 else ""
    return next(name for limit, name in _HUES if hue * 360 <= limit)


def named_colours(text: str) -> str:
    """A text with its colour codes and coloured symbols as words: "🟢 fine" → "green fine".

    >>> named_colours("#FF0000 (fill)").split()[0], named_colours("on track 🟡").split()[-1]
    ('red', 'yellow')
    """
    text = _SYMBOL.sub(lambda symbol: f" {_SYMBOLS[symbol[0]]} ", text)
    bare = _BARE.fullmatch(text)
    # "202406" and "decade" could be hexadecimal, too
    if bare and (bare[2] or (re.search(r"\d", bare[1]) and re.search(r"[A-Fa-f]", bare[1]))):
        return colour_name(bare[1])
    return _MARKED.sub(lambda code: f" {colour_name(code[1])} ", text)
