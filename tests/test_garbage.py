"""Garbage is looked for seldom while a scoring lasts, and as before afterwards."""

from __future__ import annotations

import gc
from collections.abc import Iterator

import pytest

from nlpkit.garbage import seldom_collected


@pytest.fixture(autouse=True)
def as_it_was() -> Iterator[None]:
    before = gc.get_threshold()
    yield
    gc.set_threshold(*before)


def test_seldom_while_it_lasts() -> None:
    gc.set_threshold(700, 10, 9)
    with seldom_collected():
        assert gc.get_threshold() == (20_000, 10, 9)
    assert gc.get_threshold() == (700, 10, 9)
    with pytest.raises(KeyError), seldom_collected():
        raise KeyError
    assert gc.get_threshold() == (700, 10, 9)


def test_two_that_overlap_leave_it_as_it_was() -> None:
    gc.set_threshold(700, 10, 9)
    one, other = seldom_collected(), seldom_collected()
    one.__enter__()
    other.__enter__()
    one.__exit__(None, None, None)
    assert gc.get_threshold()[0] == 20_000
    other.__exit__(None, None, None)
    assert gc.get_threshold() == (700, 10, 9)


@pytest.mark.parametrize("own", [0, 50_000])
def test_who_wants_it_more_seldom_or_never_gets_that(own: int) -> None:
    gc.set_threshold(own, 10, 9)
    with seldom_collected():
        assert gc.get_threshold()[0] == own
    assert gc.get_threshold()[0] == own
