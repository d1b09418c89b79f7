"""Work beside: only behind the cache, in order, errors told, nothing left running."""

from __future__ import annotations

import os
import subprocess
import sys
import threading
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from nlpkit.embedding.beside import beside
from nlpkit.embedding.cache import CachedEncoder
from nlpkit.embedding.proof import _told, watched


class Plain:
    name = "plain"
    dimension = 2
    in_threads = True

    def encode(self, texts: Sequence[str]) -> NDArray[np.float32]:
        return np.ones((len(texts), 2), dtype=np.float32)


def test_an_encoder_without_the_cache_is_never_asked_by_two_threads() -> None:
    with beside(Plain()) as begin:
        assert begin(threading.get_ident).result() == threading.get_ident()
    with beside(None) as begin:
        assert begin(threading.get_ident).result() == threading.get_ident()


def test_behind_the_cache_work_goes_on_elsewhere_in_order(tmp_path: Path) -> None:
    done: list[int] = []
    with beside(CachedEncoder(Plain(), tmp_path)) as begin:
        futures = [begin(done.append, i) for i in range(5)]
        elsewhere = begin(threading.get_ident).result()
        assert all(future.done() for future in futures)
    assert elsewhere != threading.get_ident() and done == [0, 1, 2, 3, 4]


def test_errors_are_raised_where_the_result_is_asked_for(tmp_path: Path) -> None:
    with beside(CachedEncoder(Plain(), tmp_path)) as begin:
        future = begin(int, "three")
        with pytest.raises(ValueError, match="three"):
            future.result()


def test_an_error_drops_what_has_not_begun(tmp_path: Path) -> None:
    held, done = threading.Event(), []
    with pytest.raises(KeyError), beside(CachedEncoder(Plain(), tmp_path)) as begin:
        begin(held.wait, 5)
        later = begin(done.append, 1)
        held_soon = threading.Timer(0.2, held.set)
        held_soon.start()
        raise KeyError
    assert later.cancelled() and done == []


def test_a_listener_hears_from_there_too(tmp_path: Path) -> None:
    def told(stage: str, done: int, total: int) -> None:
        pass

    with watched(told), beside(CachedEncoder(Plain(), tmp_path)) as begin:
        assert begin(_told.get).result() is told


def test_two_threads_may_ask_the_cache(tmp_path: Path) -> None:
    encoder = CachedEncoder(Plain(), tmp_path)
    texts = [f"text {i}" for i in range(300)]
    threads = [threading.Thread(target=encoder.encode, args=(texts[i:],)) for i in range(0, 200, 20)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert (encoder.encode(texts) == 1).all()


def test_an_encoder_that_does_not_say_so_is_used_by_the_main_thread_only(tmp_path: Path) -> None:
    class Other(Plain):
        in_threads = False

    with beside(CachedEncoder(Other(), tmp_path)) as begin:
        assert begin(threading.get_ident).result() == threading.get_ident()


@pytest.mark.slow
def test_the_reference_is_loaded_while_spacy_is(demo_plan: Path, tmp_path: Path) -> None:
    """spaCy is imported with torch hidden; the encoder's thread must not look for torch meanwhile."""
    code = (
        "import sys, nlpkit\n"
        "from nlpkit.embedding.default import encoder_named\n"
        "scored = nlpkit.score(nlpkit.read(sys.argv[1]), encoder=encoder_named('reference'))\n"
        "assert 'torch' in sys.modules and 'spacy' in sys.modules and len(scored) == 30\n"
    )
    environment = os.environ | {"NLPKIT_CACHE": str(tmp_path)}
    subprocess.run([sys.executable, "-c", code, str(demo_plan)], check=True, env=environment)


def test_python_hands_its_lock_over_sooner_while_it_lasts(tmp_path: Path) -> None:
    usual = sys.getswitchinterval()
    one, other = (beside(CachedEncoder(Plain(), tmp_path)) for _ in range(2))
    with one:
        other.__enter__()
        assert sys.getswitchinterval() < usual
    assert sys.getswitchinterval() < usual
    other.__exit__(None, None, None)
    assert sys.getswitchinterval() == usual
