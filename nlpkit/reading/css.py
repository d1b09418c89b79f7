"""As much of CSS as it takes to know what is hidden and what is filled: colours and simple selectors."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from colorsys import hls_to_rgb
from dataclasses import dataclass
from typing import Protocol

from nlpkit.limits import limit

__all__ = ["Style", "Stylesheet", "css_colour"]

_NAMES = {
    "red": "ff0000", "darkred": "8b0000", "firebrick": "b22222", "crimson": "dc143c", "maroon": "800000",
    "tomato": "ff6347", "orangered": "ff4500", "indianred": "cd5c5c", "lightcoral": "f08080",
    "salmon": "fa8072", "lightsalmon": "ffa07a", "darksalmon": "e9967a", "pink": "ffc0cb",
    "lightpink": "ffb6c1", "coral": "ff7f50", "orange": "ffa500", "darkorange": "ff8c00", "gold": "ffd700",
    "goldenrod": "daa520", "yellow": "ffff00", "lightyellow": "ffffe0", "khaki": "f0e68c",
    "lemonchiffon": "fffacd", "moccasin": "ffe4b5", "green": "008000", "darkgreen": "006400",
    "forestgreen": "228b22", "seagreen": "2e8b57", "mediumseagreen": "3cb371", "lime": "00ff00",
    "limegreen": "32cd32", "lightgreen": "90ee90", "palegreen": "98fb98", "springgreen": "00ff7f",
    "lawngreen": "7cfc00", "greenyellow": "adff2f", "yellowgreen": "9acd32", "olivedrab": "6b8e23",
    "olive": "808000", "darkseagreen": "8fbc8f", "blue": "0000ff", "mediumblue": "0000cd", "navy": "000080",
    "darkblue": "00008b", "royalblue": "4169e1", "cornflowerblue": "6495ed", "dodgerblue": "1e90ff",
    "deepskyblue": "00bfff", "skyblue": "87ceeb", "lightskyblue": "87cefa", "lightblue": "add8e6",
    "powderblue": "b0e0e6", "steelblue": "4682b4", "lightsteelblue": "b0c4de", "aqua": "00ffff",
    "cyan": "00ffff", "teal": "008080", "turquoise": "40e0d0", "aliceblue": "f0f8ff", "purple": "800080",
    "rebeccapurple": "663399", "indigo": "4b0082", "violet": "ee82ee", "orchid": "da70d6",
    "plum": "dda0dd", "lavender": "e6e6fa", "magenta": "ff00ff", "fuchsia": "ff00ff", "gray": "808080",
    "grey": "808080", "lightgray": "d3d3d3", "lightgrey": "d3d3d3", "darkgray": "a9a9a9",
    "darkgrey": "a9a9a9", "dimgray": "696969", "dimgrey": "696969", "slategray": "708090",
    "slategrey": "708090", "silver": "c0c0c0", "gainsboro": "dcdcdc", "whitesmoke": "f5f5f5",
    "white": "ffffff", "black": "000000",
}  # fmt: skip
_HEX = re.compile(r"#([0-9a-f]{3,8})(?![0-9a-z])")
_FUNCTION = re.compile(r"\b(rgb|hsl)a?\(([^()]{1,80})\)")
_COMMENT = re.compile(r"/\*.*?\*/", re.DOTALL)
_COMPOUND = re.compile(r"([a-z][a-z0-9]*|\*)?((?:[.#][\w-]+)*)", re.IGNORECASE)
_PART = re.compile(r"([.#])([\w-]+)")


class Element(Protocol):
    """What matching a selector needs of an element."""

    @property
    def tag(self) -> object: ...
    def get(self, key: str, /) -> str | None: ...
    def iterancestors(self) -> Iterator[Element]: ...


@dataclass(frozen=True, slots=True)
class Style:
    """What is known of how an element looks; None where nothing is said."""

    fill: str | None = None  # "#rrggbb", or "" for none
    hidden: bool | None = None

    def over(self, below: Style) -> Style:
        """This style where it says something, else the one below it."""
        return Style(
            below.fill if self.fill is None else self.fill,
            below.hidden if self.hidden is None else self.hidden,
        )


@dataclass(frozen=True, slots=True)
class _Compound:
    tag: str
    id: str
    classes: frozenset[str]

    def fits(self, element: Element) -> bool:
        return (
            self.tag in ("", "*", element.tag)
            and (not self.id or self.id == element.get("id"))
            and self.classes <= set((element.get("class") or "").split())
        )


@dataclass(frozen=True, slots=True)
class _Rule:
    weight: tuple[int, int, int, int]
    steps: tuple[_Compound, ...]  # the last is the element itself
    style: Style

    def fits(self, element: Element) -> bool:
        if not self.steps[-1].fits(element):
            return False
        waiting = list(self.steps[:-1])
        if waiting:
            for ancestor in element.iterancestors():
                if waiting[-1].fits(ancestor):
                    waiting.pop()
                    if not waiting:
                        break
        return not waiting


class Stylesheet:
    """The rules of a page that fill or hide elements."""

    def __init__(self, sheets: Iterable[str]) -> None:
        rules = [rule for sheet in sheets for rule in _rules(sheet)][: limit("style_rules")]
        self._by_key: dict[str, list[_Rule]] = {}
        for number, rule in enumerate(rules):
            last = rule.steps[-1]
            key = f"#{last.id}" if last.id else f".{min(last.classes)}" if last.classes else last.tag
            placed = _Rule((*rule.weight[:3], number), rule.steps, rule.style)
            self._by_key.setdefault(key, []).append(placed)

    def style(self, element: Element) -> Style:
        """What the sheets, then the element's own attributes say of it."""
        keys = [str(element.tag), "*", f"#{element.get('id')}"]
        keys += [f".{name}" for name in (element.get("class") or "").split()]
        found = [
            rule for key in dict.fromkeys(keys) for rule in self._by_key.get(key, ()) if rule.fits(element)
        ]
        style = Style()
        if colour := element.get("bgcolor"):
            style = Style(css_colour(colour if "#" in colour or not _is_hex(colour) else f"#{colour}"))
        for rule in sorted(found, key=lambda rule: rule.weight):
            style = rule.style.over(style)
        return _declarations(element.get("style") or "").over(style)


def css_colour(value: str) -> str | None:
    """A CSS colour as "#rrggbb"; ``""`` for a transparent one, None for what is no colour.

    >>> css_colour("#0b5"), css_colour("RGB(0, 176, 80)"), css_colour("limegreen"), css_colour("none")
    ('#00bb55', '#00b050', '#32cd32', '')
    """
    value = value.strip().lower()
    if found := _HEX.search(value):
        digits = found[1]
        if len(digits) in (3, 4):
            digits = "".join(2 * digit for digit in digits)
        if len(digits) not in (6, 8):
            return None
        return "" if digits[6:] == "00" else f"#{digits[:6]}"
    if found := _FUNCTION.search(value):
        return _computed(found[1], re.split(r"[\s,/]+", found[2].strip()))
    for word in re.findall(r"[a-z]+", value):
        if word in _NAMES:
            return f"#{_NAMES[word]}"
        if word in ("none", "transparent"):
            return ""
    return None


def _is_hex(text: str) -> bool:
    return re.fullmatch(r"\s*[0-9a-fA-F]{6}\s*", text) is not None


def _computed(kind: str, parts: list[str]) -> str | None:
    try:
        numbers = [float(re.sub(r"deg$|%$", "", part)) for part in parts]
        if len(numbers) < 3:
            return None
        if len(numbers) > 3 and numbers[3] == 0:
            return ""
        if kind == "hsl":
            shares = hls_to_rgb(numbers[0] % 360 / 360, numbers[2] / 100, numbers[1] / 100)
        else:
            of = [100.0 if part.endswith("%") else 255.0 for part in parts]
            shares = (numbers[0] / of[0], numbers[1] / of[1], numbers[2] / of[2])
        return "#" + "".join(f"{round(255 * min(1.0, max(0.0, share))):02x}" for share in shares)
    except (ValueError, OverflowError):
        return None


def _declarations(text: str) -> Style:
    style = Style()
    for declaration in text.split(";")[:200]:
        name, _, value = declaration.partition(":")
        name, value = name.strip().lower(), value.replace("!important", "").strip().lower()
        if name in ("background-color", "background"):
            # A picture over a colour is taken for the colour, one alone for nothing.
            colour = css_colour(re.sub(r"url\([^()]*\)", " ", value)) if "gradient" not in value else None
            if colour is not None:
                style = Style(colour, style.hidden)
        elif (name == "display" and value) or name == "visibility":
            style = Style(style.fill, value in ("none", "hidden", "collapse"))
    return style


def _rules(sheet: str) -> Iterator[_Rule]:
    """The rules of a style sheet; what stands in an at-rule (@media, @font-face) is left out."""
    sheet = _COMMENT.sub(" ", sheet).replace("<!--", " ").replace("-->", " ")
    depth, start, head = 0, 0, ""
    for brace in re.finditer(r"[{}]", sheet):
        if brace.group() == "{":
            depth += 1
            if depth == 1:
                head, start = sheet[start : brace.start()].split(";")[-1], brace.end()
        elif depth:
            depth -= 1
            if depth == 0:
                if not head.lstrip().startswith("@"):
                    yield from _rules_of(head, _declarations(sheet[start : brace.start()]))
                start = brace.end()


def _rules_of(selectors: str, style: Style) -> Iterator[_Rule]:
    if style == Style():
        return
    for selector in selectors.split(",")[:200]:
        steps = []
        for word in selector.replace(">", " ").split():
            found = _COMPOUND.fullmatch(word)
            if found is None:
                break  # attributes, siblings and states (":hover") are not followed
            parts = _PART.findall(found[2])
            steps.append(
                _Compound(
                    (found[1] or "").lower(),
                    next((name for kind, name in parts if kind == "#"), ""),
                    frozenset(name for kind, name in parts if kind == "."),
                )
            )
        else:
            if steps:
                yield _Rule(_weight(steps), tuple(steps), style)


def _weight(steps: Iterable[_Compound]) -> tuple[int, int, int, int]:
    steps = list(steps)
    return (
        sum(bool(step.id) for step in steps),
        sum(len(step.classes) for step in steps),
        sum(step.tag not in ("", "*") for step in steps),
        0,
    )
