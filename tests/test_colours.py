"""Status colours of fills and symbols, over the palettes that Office offers."""

from __future__ import annotations

import pytest

from nlpkit.colours import colour_name, named_colours

PALETTE = {
    "red": "C00000 FF0000 C0504D DA9694 E6B8B7 F2DCDB 963634 632523 FFC7CE 9C0006 FF7C80 FF9999 FF5050 DC143C",
    "amber": "FFC000 FFFF00 ED7D31 F79646 FFEB9C FFF2CC FFE699 FFD966 BF8F00 7F6000 FCE4D6 F8CBAD F4B084 C65911"
    " FDE9D9 FABF8F E26B0A FF9900 FF6600 FFCC00 FFFF99 FFA500",
    "green": "00B050 92D050 70AD47 C6EFCE 006100 E2EFDA C6E0B4 A9D08E 548235 375623 9BBB59 EBF1DE D8E4BC 00FF00 008000"
    " CCFFCC 339966 00FF99",
    "blue": "00B0F0 0070C0 002060 5B9BD5 4472C4 4F81BD DDEBF7 BDD7EE 9BC2E6 2F75B5 1F4E78 D9E1F2 B4C6E7 4BACC6 DAEEF3"
    " 92CDDC 0000FF 00CCFF 99CCFF 1F497D",
    "purple": "7030A0 800080 CC99FF",
    "grey": "808080 A5A5A5 D9D9D9 BFBFBF F2F2F2 EDEDED 7F7F7F 595959 44546A D6DCE4 EEECE1 C9C9C9",
    "": "FFFFFF 000000 FEFEFE",
}


@pytest.mark.parametrize(("name", "shade"), [(n, s) for n, shades in PALETTE.items() for s in shades.split()])
def test_palette(name: str, shade: str) -> None:
    assert colour_name(shade) == name
    assert colour_name(f"#{shade.lower()}") == name
    assert colour_name(f"FF{shade}") == name, "with its opacity"


@pytest.mark.parametrize("text", ["", "green", "12345", "#12", "GGGGGG", "theme 4"])
def test_not_a_shade(text: str) -> None:
    assert colour_name(text) == ""


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("🟢", "green"),
        ("🟡 in progress", "yellow in progress"),
        ("🔵🔴", "blue red"),
        ("#FFC000 (fill)", "amber (fill)"),
        ("00B050", "green"),
        ("Done #0070C0", "Done blue"),
        ("decade", "decade"),
        ("202406", "202406"),
        ("Action #12", "Action #12"),
        ("#1234567", "#1234567"),
    ],
)
def test_colours_become_words(text: str, words: str) -> None:
    assert " ".join(named_colours(text).split()) == words
