"""All judgements together: rows kept, columns in order, the same answer whatever the circumstances."""

from __future__ import annotations

import hashlib
import threading
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from numpy.typing import NDArray

import nlpkit
from nlpkit import scoring
from nlpkit.embedding.cache import CachedEncoder
from nlpkit.embedding.default import default_encoder
from nlpkit.embedding.pooling import sentences_of
from nlpkit.errors import InputError
from nlpkit.schema import LIST_COLUMNS, READ_COLUMNS, SCORE_COLUMNS, Evidence, Flag, Mismatch, Stale, Status


class WordEncoder:
    """A double: the vector of a text is the sum of a fixed random vector for each word."""

    name = "words"
    dimension = 64

    def encode(self, texts: Sequence[str]) -> NDArray[np.float32]:
        rows = np.stack([self._one(text) for text in texts]) if texts else np.zeros((0, 64))
        return np.asarray(rows, dtype=np.float32)

    def _one(self, text: str) -> NDArray[np.float64]:
        total = np.full(64, 1e-6)
        for word in text.lower().split():
            seed = int.from_bytes(hashlib.sha256(word.encode()).digest()[:4], "big")
            total += np.random.default_rng(seed).normal(size=64)
        return np.asarray(total / np.linalg.norm(total))


@pytest.fixture(scope="module")
def updates() -> pd.DataFrame:
    return nlpkit.read(Path(__file__).resolve().parents[1] / "corpora" / "plans" / "northmoor-2024.txt")


@pytest.fixture(scope="module")
def scored(updates: pd.DataFrame) -> pd.DataFrame:
    return nlpkit.score(updates, encoder=WordEncoder())


def test_rows_and_columns_are_kept(updates: pd.DataFrame) -> None:
    mine = updates.assign(reviewer=[f"r{n}" for n in range(len(updates))], score=range(len(updates)))
    scored = nlpkit.score(mine, catalogue=None)
    assert list(scored.columns) == [*READ_COLUMNS, *SCORE_COLUMNS, "reviewer", "score"]
    assert scored["row_id"].tolist() == updates["row_id"].tolist()
    assert scored["reviewer"].tolist() == mine["reviewer"].tolist()
    pd.testing.assert_frame_equal(scored[list(READ_COLUMNS)], updates, check_dtype=False)


def test_every_value_is_one_the_codebook_knows(scored: pd.DataFrame) -> None:
    assert set(scored["status"]) <= set(Status) and set(scored["evidence"]) <= set(Evidence)
    assert set(scored["mismatch"]) <= {*Mismatch, ""}
    assert {kind for kinds in scored["stale"] for kind in kinds} <= set(Stale)
    assert {flag for flags in scored["flags"] for flag in flags} <= set(Flag)
    for name in LIST_COLUMNS | {"status_why", "stale_why", "evidence_why", "links"}:
        assert all(isinstance(value, list) for value in scored[name]), name
    for shares, status, confidence in zip(
        scored["status_probabilities"], scored["status"], scored["status_confidence"], strict=True
    ):
        assert set(shares) == set(Status) and abs(sum(shares.values()) - 1) < 1e-6
        assert shares[status] == confidence
    for name in ("status_confidence", "novelty", "evidence_score"):
        assert scored[name].between(0, 1).all(), name


def test_reasons_quote_the_update(scored: pd.DataFrame) -> None:
    for row in scored.to_dict("records"):
        said = " ".join(f"{row['update']} {row['planned_action']}".split())
        for reason in row["status_why"]:
            assert " ".join(reason["text"].split()) in said
        labels = {why["kind"] for why in row["stale_why"] if why["kind"] != "slipped"}
        assert labels == set(row["stale"])


def test_scoring_again_changes_nothing(scored: pd.DataFrame) -> None:
    pd.testing.assert_frame_equal(nlpkit.score(scored, encoder=WordEncoder()), scored)


def test_the_order_of_files_does_not_matter(updates: pd.DataFrame) -> None:
    other = updates.assign(
        source="other.txt", service="Southmoor FRS", row_id=[f"s/{n}" for n in range(len(updates))]
    )
    one = nlpkit.score(pd.concat([updates, other]), catalogue=None).set_index("row_id")
    two = nlpkit.score(pd.concat([other, updates]), catalogue=None).set_index("row_id")
    pd.testing.assert_frame_equal(one, two.loc[one.index])


class Watched(WordEncoder):
    """Answers for nlpkit's own encoder; remembers which thread asked for what."""

    name = default_encoder().name
    dimension = 384
    in_threads = True

    def __init__(self) -> None:
        self.calls: list[tuple[int, list[str]]] = []

    def encode(self, texts: Sequence[str]) -> NDArray[np.float32]:
        self.calls.append((threading.get_ident(), list(texts)))
        return np.pad(super().encode(texts), ((0, 0), (0, 320)))


def test_the_encoder_is_asked_seldom_beside_and_never_twice_for_a_sentence(
    updates: pd.DataFrame, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("NLPKIT_CACHE", str(tmp_path))  # no judgement is remembered there
    encoder = Watched()
    kept = CachedEncoder(encoder, tmp_path)
    asked_by: list[int] = []
    ask = CachedEncoder.encode

    def noted(self: CachedEncoder, texts: Sequence[str]) -> NDArray[np.float32]:
        asked_by.append(threading.get_ident())
        return ask(self, texts)

    monkeypatch.setattr(CachedEncoder, "encode", noted)
    nlpkit.score(updates, encoder=kept)
    assert threading.get_ident() not in asked_by, "the main thread would have waited"
    texts = [text for _, call in encoder.calls for text in call]
    assert len(texts) == len(set(texts)) and len(encoder.calls) <= 4
    assert all(len(sentences_of(text)) == 1 for text in texts)
    for update in updates["update"]:
        assert set(sentences_of(update)) <= {*texts, ""}


def test_no_catalogue_needs_no_encoder(updates: pd.DataFrame, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse() -> None:
        raise AssertionError("an encoder was asked for")

    monkeypatch.setattr(scoring, "default_encoder", refuse)
    scored = nlpkit.score(updates.head(3), catalogue=None)
    assert scored["links"].tolist() == [[], [], []]


def test_a_bare_table_will_do() -> None:
    table = pd.DataFrame({"update": ["Training was completed on 3 May 2024.", "No change.", ""]})
    scored = nlpkit.score(table, catalogue=None, as_of="2024-06")
    assert scored["status"].tolist()[0] == Status.COMPLETE and set(scored["as_of"]) == {"2024-06"}
    assert "no_change" in scored["stale"][1] and "empty" in scored["stale"][2]
    assert len(set(scored["row_id"])) == 3


def test_progress_is_told_in_order(updates: pd.DataFrame) -> None:
    told: list[tuple[int, int]] = []
    nlpkit.score(updates.head(2), catalogue=None, progress=lambda _, done, total: told.append((done, total)))
    assert [done for done, _ in told] == sorted(done for done, _ in told)
    assert told[-1][0] == told[-1][1] and {total for _, total in told} == {told[0][1]}


def test_unusable_tables_are_refused() -> None:
    with pytest.raises(InputError, match="has no rows"):
        nlpkit.score(pd.DataFrame({"update": []}))
    with pytest.raises(InputError, match="has no column 'update'"):
        nlpkit.score(pd.DataFrame({"colour": ["red"]}))
    with pytest.raises(InputError, match="no catalogue 'nowhere'"):
        nlpkit.link(pd.DataFrame({"update": ["x"]}), catalogue="nowhere", encoder=WordEncoder())


def test_links_of_the_table_are_those_of_the_command(updates: pd.DataFrame, scored: pd.DataFrame) -> None:
    links = nlpkit.link(updates, encoder=WordEncoder())
    assert set(links["row_id"]) <= set(updates["row_id"])
    for row_id, mine in links.groupby("row_id", sort=False):
        column = scored.loc[scored["row_id"] == row_id, "links"].iloc[0]
        assert [entry["id"] for entry in column] == mine["id"].tolist()
        assert mine["score"].is_monotonic_decreasing
    linked = {row["row_id"] for row in scored.to_dict("records") if row["links"]}
    assert linked == set(links["row_id"])
