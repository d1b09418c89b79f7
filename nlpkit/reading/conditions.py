"""Conditional formats of a sheet, as far as they compare a cell with a word or number and colour it."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

__all__ = ["Condition", "colour_given", "conditions_of"]

_LITERAL = re.compile(r'\s*(?:=\s*)?(?:"(?P<text>[^"]{0,200})"|(?P<number>-?\d{1,12}(?:\.\d{1,9})?))\s*')
_COMPARED = re.compile(
    r"\s*(?:=\s*)?(?P<fixed>\$?)(?P<column>[A-Z]{1,3})\$?(?P<row>\d{1,7})\s*=(?P<other>.*)", re.DOTALL
)
_WORDS = {"containsText", "notContainsText", "beginsWith", "endsWith"}

Value = str | float
Values = Mapping[tuple[int, int], Any]


@dataclass(frozen=True)
class Condition:
    """Areas (top, left, bottom, right), the test of a cell in them, and the colour that it then has."""

    areas: tuple[tuple[int, int, int, int], ...]
    holds: Callable[[int, int, Values], bool]
    colour: str


def conditions_of(sheet: Any, shade: Callable[[Any], str]) -> tuple[list[Condition], int]:
    """The conditions of a sheet that give a colour, first those that count first.

    Args:
        sheet: an openpyxl worksheet.
        shade: an openpyxl colour as "#RRGGBB".

    Returns:
        The conditions, and how many rules colour cells by tests that are not worked out here.
    """
    found: list[tuple[int, Condition]] = []
    others = 0
    for formatting in sheet.conditional_formatting:
        areas = tuple(
            (area.min_row, area.min_col, area.max_row, area.max_col) for area in formatting.sqref.ranges
        )
        for rule in formatting.rules:
            if rule.type in ("colorScale", "iconSet"):
                others += 1
                continue
            fill = rule.dxf.fill if rule.dxf is not None else None
            colour = (shade(fill.bgColor) or shade(fill.fgColor)) if fill is not None else ""
            if not colour or not areas:
                continue
            holds = _test(rule, areas)
            if holds is None:
                others += 1
            else:
                found.append((rule.priority or 0, Condition(areas, holds, colour)))
    return [condition for _, condition in sorted(found, key=lambda pair: pair[0])], others


def colour_given(conditions: Sequence[Condition], row: int, column: int, values: Values) -> str:
    """The colour that the first condition which holds gives to a cell, or ``""``."""
    for condition in conditions:
        inside = any(
            top <= row <= bottom and left <= column <= right for top, left, bottom, right in condition.areas
        )
        if inside and condition.holds(row, column, values):
            return condition.colour
    return ""


def _test(rule: Any, areas: Sequence[tuple[int, int, int, int]]) -> Callable[[int, int, Values], bool] | None:
    if rule.type == "cellIs":
        return _comparison(rule)
    if rule.type in _WORDS and rule.text:
        return _wording(rule.type, rule.text.casefold())
    if rule.type == "expression" and len(rule.formula) == 1:
        return _expression(rule.formula[0], areas[0])
    return None


def _literal(formula: str) -> Value | None:
    found = _LITERAL.fullmatch(formula)
    if found is None:
        return None
    return found["text"].casefold() if found["text"] is not None else float(found["number"])


def _value(value: Any) -> Value:
    if isinstance(value, int | float) and not isinstance(value, bool):
        return float(value)
    return str(value if value is not None else "").casefold()


def _comparison(rule: Any) -> Callable[[int, int, Values], bool] | None:
    limits = [_literal(formula) for formula in rule.formula]
    first, last = (limits[0], limits[-1]) if limits else (None, None)
    operator = rule.operator
    if first is None or last is None:
        return None

    def holds(row: int, column: int, values: Values) -> bool:
        value = _value(values.get((row, column)))
        if operator == "equal":
            return value == first
        if operator == "notEqual":
            return value != first
        if not (isinstance(value, float) and isinstance(first, float) and isinstance(last, float)):
            return False
        low, high = min(first, last), max(first, last)
        return {
            "greaterThan": value > first,
            "greaterThanOrEqual": value >= first,
            "lessThan": value < first,
            "lessThanOrEqual": value <= first,
            "between": low <= value <= high,
            "notBetween": not low <= value <= high,
        }.get(operator, False)

    return holds


def _wording(kind: str, wanted: str) -> Callable[[int, int, Values], bool]:
    def holds(row: int, column: int, values: Values) -> bool:
        text = str(_value(values.get((row, column))))
        return {
            "containsText": wanted in text,
            "notContainsText": wanted not in text,
            "beginsWith": text.startswith(wanted),
            "endsWith": text.endswith(wanted),
        }[kind]

    return holds


def _expression(formula: str, area: tuple[int, int, int, int]) -> Callable[[int, int, Values], bool] | None:
    """A test like ``$F2="Green"``: another cell, seen from the area's first one, equals a literal."""
    found = _COMPARED.fullmatch(formula)
    wanted = _literal(found["other"]) if found else None
    if found is None or wanted is None:
        return None
    from openpyxl.utils import column_index_from_string

    there, down = column_index_from_string(found["column"]), int(found["row"]) - area[0]
    across, fixed = there - area[1], bool(found["fixed"])

    def holds(row: int, column: int, values: Values) -> bool:
        other = there if fixed else column + across
        return _value(values.get((row + down, other))) == wanted

    return holds
