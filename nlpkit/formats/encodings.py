"""Bytes of a text or table as text, whatever their encoding; what was decoded wrongly before is put right."""

from __future__ import annotations

import re
from pathlib import Path

from nlpkit.errors import InputError

__all__ = ["decoded"]

_LINE_END = re.compile(rb"\r\n|\r|\n")
_LINE_ENDS = re.compile(r"\r\n|\r|\n")
_HEAD = 4096
_DEPTH = 3  # times that a text may have been decoded wrongly, one after the other


def _byte_of_letter() -> dict[str, int]:
    """The byte that each letter of Windows-1252 or Latin-1 stands for."""
    letters = {chr(byte): byte for byte in range(0x80, 0x100)}
    for byte in range(0x80, 0xA0):
        letters[bytes([byte]).decode("cp1252", "ignore") or chr(byte)] = byte
    return letters


_BYTES = _byte_of_letter()
_NEXT = f"[{''.join(re.escape(letter) for letter, byte in _BYTES.items() if byte < 0xC0)}]"
_WRONG = re.compile(f"(?:[\xc2-\xdf]{_NEXT}|[\xe0-\xef]{_NEXT}{{2}}|[\xf0-\xf4]{_NEXT}{{3}})+")
"""Letters that are the bytes of other letters in UTF-8."""
_LIKELY = re.compile(
    "[\u00a0-\u017f\u2000-\u206f\u20a0-\u20cf\u2100-\u22ff\u2500-\u27bf"
    "\ufb00-\ufb06\ufeff\U0001f300-\U0001faff]+"
)
"""What English plans have beyond ASCII: Latin letters, punctuation, money, arrows, ticks, coloured discs."""


def decoded(raw: bytes, *, source: str | Path) -> tuple[str, tuple[str, ...]]:
    """The text, and what had to be assumed or put right to read it, in sentences.

    UTF-8, with or without its mark; UTF-16 with its mark, or without where every other byte is zero;
    anything else is read as Windows-1252, the one other encoding that British offices still save in. Line
    ends stay as they are. Letters that were decoded wrongly before the text was saved ("donâ€™t") are put
    right where they are the exact bytes of another letter and would not stand side by side by right (which
    ftfy's measure of badness tells, made from frequencies of such pairs in real text).

    Raises:
        InputError: bytes that are none of these; it names the line.
    """
    text, notes = _text(raw, source)
    if not text.isascii():
        text, mended = _mended(text)
        notes += mended
    return text, notes


def _text(raw: bytes, source: str | Path) -> tuple[str, tuple[str, ...]]:
    wide = _utf16(raw)
    try:
        return raw.decode(wide or "utf-8-sig").removeprefix("\ufeff"), ()
    except UnicodeDecodeError as error:
        first = error
    if wide:
        raise InputError(
            f"begins like UTF-16 but is broken at byte {first.start + 1}",
            source=source,
            remedy="Save the file as UTF-8.",
        )
    try:
        text = raw.decode("cp1252")
    except UnicodeDecodeError as error:
        byte = f"byte {error.start + 1} of the file (0x{raw[error.start]:02x})"
        raise InputError(
            f"{byte} is neither UTF-8 nor Windows-1252",
            source=source,
            row=f"line {_line(raw, error.start)}",
            remedy="Save the file as UTF-8.",
        ) from None
    return text, (f"line {_line(raw, first.start)}: not UTF-8; read as Windows-1252",)


def _utf16(raw: bytes) -> str:
    """The kind of UTF-16 that the bytes are in, by their mark or by the zeros beside Latin letters."""
    if raw.startswith((b"\xff\xfe", b"\xfe\xff")):
        return "utf-16"
    head = raw[:_HEAD]
    if len(raw) % 2 or len(head) < 4:
        return ""
    even, odd = head[::2].count(0), head[1::2].count(0)
    if not even and odd > len(head) // 4:
        return "utf-16-le"
    return "utf-16-be" if not odd and even > len(head) // 4 else ""


def _line(raw: bytes, offset: int) -> int:
    return len(_LINE_END.findall(raw, 0, offset)) + 1


def _mended(text: str) -> tuple[str, tuple[str, ...]]:
    """The text with every letter put right that certainly was UTF-8 read as Windows-1252 or Latin-1."""
    from ftfy.badness import is_bad

    found: dict[int, str] = {}

    def put_right(match: re.Match[str]) -> str:
        try:
            letters = bytes(_BYTES[character] for character in match[0]).decode("utf8")
        except UnicodeDecodeError:
            return match[0]
        # "É—" are two bytes of UTF-8 too, but stand in "CAFÉ—BAR" by right; "Ã©" and "â€™" by no right.
        if not _LIKELY.fullmatch(letters) or not is_bad(match[0]):
            return match[0]
        lines.add(len(_LINE_ENDS.findall(text, 0, match.start())) + 1)
        found.setdefault(0, match[0])
        return letters

    lines: set[int] = set()
    for _ in range(_DEPTH):
        before, text = text, _WRONG.sub(put_right, text)
        if text == before:
            break
    if not lines:
        return text, ()
    more = f" (and in {len(lines) - 1} more)" if len(lines) > 1 else ""
    note = f"line {min(lines)}{more}: letters that had been decoded wrongly ('{found[0]}') were put right"
    return text, (note,)
