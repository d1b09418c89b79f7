"""No regular expression takes more than two seconds over 50,000 characters, whatever they are."""

from __future__ import annotations

import json
import re
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest

SIZE = 50_000
SECONDS = 2.0
PUMPS = (
    *(" ", "a", "A", "1", ".", ",", ";", ":", "-", "–", "(", "[", "<", "\"", "'", "|", "\t", "\n", "_", "*", "%", "/", "&", "é", "\u00a0"),
    *("a ", "a a", "A. ", "1 ", "1.", "1,", "1/", "12 ", "12-", "12:", "1 January ", "January 2024 ", "2024-", "31/12/", "Mar-Apr ", "a, ", "a; ", "a\n", "- ", "a-", "(a) ", "(1", "£1,", "the ", "not ", "to be ", "and ", "has been ", "AB ", "Ab ", "A B", "a\t", "<a ", "<b>", "</", "&amp;", "a.b", "recommendation 1, "),
)  # fmt: skip


class _TooSlow(Exception):
    pass


def _stop(number: int, frame: Any) -> None:
    raise _TooSlow


def strings(pattern: str) -> list[str]:
    """The pumps, then words of the pattern itself, each 50,000 characters long, with a tail that fits nothing."""
    words = list(dict.fromkeys(re.findall(r"[A-Za-z]{3,}", pattern)))[:6]
    pumps = [*PUMPS, *(f"{word} " for word in words), *words, " ".join(words) + " "]
    return [
        (pump * (SIZE // len(pump) + 1))[:SIZE] + "\x01!" for pump in pumps if pump.strip(" ") or pump == " "
    ]


def slow(told: dict[str, Any]) -> str:
    """The pump over which a pattern takes too long, or ``""``.

    What is done with a tenth of the text within a millisecond, and so takes at most a second for all of it
    unless it is worse than cubic, is not tried with all of it.
    """
    pattern = re.compile(told["pattern"], told["flags"])
    for text in strings(told["pattern"]):
        start = time.process_time()
        if not _over(pattern, text[: SIZE // 10] + "\x01!", told["anchored"]):
            return repr(text[:12])
        if time.process_time() - start > 0.001 and not _over(pattern, text, told["anchored"]):
            return repr(text[:12])
    return ""


def _over(pattern: re.Pattern[str], text: str, anchored: bool) -> bool:
    """Whether a pattern gets to the end of a text in time."""
    signal.setitimer(signal.ITIMER_PROF, SECONDS)  # counts the time of the processor, not the clock's
    try:
        if anchored:
            pattern.match(text)
            pattern.fullmatch(text)
        else:
            for _ in pattern.finditer(text):
                pass
    except _TooSlow:
        return False
    finally:
        signal.setitimer(signal.ITIMER_PROF, 0)
    return True


@pytest.mark.slow
@pytest.mark.skipif(not hasattr(signal, "setitimer"), reason="needs a timer that interrupts a match")
def test_every_pattern_is_quick_over_anything() -> None:
    script = Path(__file__).with_name("patterns.py")
    done = subprocess.run([sys.executable, str(script)], capture_output=True, check=False, timeout=300)
    assert done.returncode == 0, done.stderr.decode()[-2000:]
    patterns = json.loads(done.stdout)
    assert len(patterns) > 300, "fewer patterns than the package is known to have: were they found?"
    before = signal.signal(signal.SIGPROF, _stop)
    try:
        found = {
            f"{told['where']}: {told['pattern'][:80]}": pump for told in patterns if (pump := slow(told))
        }
    finally:
        signal.signal(signal.SIGPROF, before)
    assert not found, json.dumps(found, indent=1)


def test_a_slow_pattern_would_be_found() -> None:
    before = signal.signal(signal.SIGPROF, _stop)
    start = time.process_time()
    try:
        assert slow({"pattern": r"(?:a+)+$", "flags": 0, "anchored": True}) == repr("a" * 12)
    finally:
        signal.signal(signal.SIGPROF, before)
    assert time.process_time() - start < 10
