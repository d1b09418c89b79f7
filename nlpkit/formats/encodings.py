"""Bytes of a text or table as text, whatever their encoding; what was decoded wrongly before is put right."""

from __future__ import annotations

import re
from pathlib import Path

from nlpkit.errors import InputError

__all__ = ["decoded"]

_LINE_END = re.compile(rb"\r\n|\r|\n")
_LINES = re.compile(r"[^\r\n]*(?:\r\n|\r|\n|$)")
_HEAD = 4096
_CONTROLS = re.compile(r"[\x80-\x9f]")
"""Alone they are no sign: they may be meant (a line end, as old systems write it)."""
_DOUBTFUL = frozenset("†‡\ufffd")
"""What a repair leaves where a byte of the letter had been lost: half a repair is none."""


def decoded(raw: bytes, *, source: str | Path) -> tuple[str, tuple[str, ...]]:
    """The text, and what had to be assumed or put right to read it, in sentences.

    UTF-8, with or without its mark; UTF-16 with its mark, or without where every other byte is zero;
    anything else is read as Windows-1252, the one other encoding that British offices still save in. Line
    ends stay as they are. Text that was decoded wrongly before it was saved ("donâ€™t") is put right line by
    line where the repair leaves nothing doubtful (method: ftfy).

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
    from ftfy import TextFixerConfig, fix_encoding
    from ftfy.badness import is_bad

    # Only what can be undone exactly: no letters are made up for bytes that were lost.
    exact = TextFixerConfig(restore_byte_a0=False, replace_lossy_sequences=False)
    lines: list[str] = []
    changed: list[tuple[int, str]] = []
    for number, found in enumerate(_LINES.finditer(text), start=1):
        line = found[0]
        if not line.isascii() and is_bad(_CONTROLS.sub("", line)):
            better = fix_encoding(line, exact)
            if better != line and not is_bad(better) and not _DOUBTFUL & (set(better) - set(line)):
                changed.append((number, line))
                line = better
        lines.append(line)
    if not changed:
        return text, ()
    at, was = changed[0]
    odd = next((word for word in was.split() if not word.isascii() and is_bad(word)), was.strip())[:30]
    more = f" (and in {len(changed) - 1} more)" if len(changed) > 1 else ""
    note = f"line {at}{more}: letters that had been decoded wrongly ('{odd}') were put right"
    return "".join(lines), (note,)
