"""Products of matrices take one thread while a scoring lasts, and as many as before afterwards."""

from __future__ import annotations

import numpy as np
import pytest
from threadpoolctl import ThreadpoolController, threadpool_limits

from nlpkit.blas import one_thread


def threads() -> set[int]:
    assert (np.ones((2, 2)) @ np.ones((2, 2))).sum() == 8
    return {pool["num_threads"] for pool in ThreadpoolController().info() if pool["user_api"] == "blas"}


def test_one_thread_while_it_lasts() -> None:
    with threadpool_limits(2, user_api="blas"):
        before = threads()
        with one_thread():
            with one_thread():
                assert threads() == {1}
            assert threads() == {1}
        assert threads() == before
        with pytest.raises(KeyError), one_thread():
            raise KeyError
        assert threads() == before
