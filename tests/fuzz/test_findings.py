"""What fuzzing found, and what it begins from, is read without a fault."""

from __future__ import annotations

from pathlib import Path

import pytest
from fuzz import HERE, TARGETS, once

INPUTS = sorted(
    path for kind in ("seeds", "findings") for path in (HERE / kind).glob("*/*") if path.is_file()
)


@pytest.mark.parametrize("path", INPUTS, ids=lambda path: "/".join(path.parts[-3:]))
def test_an_input_of_the_fuzzer_s_is_read(path: Path) -> None:
    once(path.parent.name, path.read_bytes())


def test_every_target_has_seeds() -> None:
    assert {path.parent.name for path in INPUTS} == set(TARGETS)
