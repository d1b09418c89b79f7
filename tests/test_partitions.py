"""A table judged part by part gives what it gives in one piece, however it is cut."""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

import nlpkit
from nlpkit import partitions
from nlpkit.engines import Pieces, packed, unpacked
from nlpkit.engines.local import LocalEngine
from nlpkit.errors import InputError
from nlpkit.files import read_table, write_table

sys.path.insert(0, str(Path(__file__).parent / "engines"))
from tables import WordEncoder, corpus_table, linked_silently, ordered_table

ENCODER = WordEncoder()


def scored(
    table: pd.DataFrame, rows: int, bucket: int, monkeypatch: pytest.MonkeyPatch, **more: str
) -> bytes:
    with monkeypatch.context() as patch:
        patch.setattr(partitions, "ROWS", rows)
        patch.setattr(partitions, "BUCKET", bucket)
        place = Path(more.pop("out", "scored.jsonl"))
        found = nlpkit.score(table, encoder=ENCODER, **more)  # type: ignore[arg-type]
    write_table(found, place)
    return place.read_bytes()


@pytest.fixture(scope="module")
def table() -> pd.DataFrame:
    """Three services, of which one copies a passage from each of the others."""
    found = corpus_table(3)
    long = found[found["update"].str.split().str.len() > 40]
    first, last = long.index[0], long.index[-1]
    found.loc[last, "update"] = f"{found.loc[last, 'update']} {found.loc[first, 'update']}"
    found.loc[len(found) - 1, "update"] = found.loc[first, "update"]
    return found


@pytest.mark.slow
@pytest.mark.parametrize(("rows", "bucket"), [(50, 60), (97, 10_000), (1, 7)])
def test_the_same_bytes_however_the_table_is_cut(
    table: pd.DataFrame, rows: int, bucket: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    some = table if rows > 1 else table.groupby("service").head(12).reset_index(drop=True)
    whole = scored(some, 10**6, 10**6, monkeypatch)
    assert scored(some, rows, bucket, monkeypatch) == whole
    assert len(some) < len(table) or (b'"repeat_other"' in whole and b'"pointer"' in whole)


@pytest.mark.slow
def test_the_same_bytes_with_a_history(
    table: pd.DataFrame, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    dates = sorted(set(table["as_of"]))
    early = table[table["as_of"] < dates[len(dates) // 2]].reset_index(drop=True)
    late = table[table["as_of"] >= dates[len(dates) // 2]].reset_index(drop=True)
    made = []
    for name, rows, bucket in (("whole", 10**6, 10**6), ("parts", 40, 50)):
        history = str(tmp_path / f"{name}.duckdb")
        made.append(
            [
                scored(early, rows, bucket, monkeypatch, history=history),
                scored(late, rows, bucket, monkeypatch, history=history),
            ]
        )
    assert made[0] == made[1]
    assert b'"source":' in made[0][1].replace(b'"source": ', b'"source":')
    assert b"repeat_self" in made[0][1]


@pytest.mark.parametrize(("rows", "bucket"), [(7, 30), (33, 10_000)])
def test_a_row_is_linked_by_where_it_stands_however_the_table_is_cut(
    rows: int, bucket: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    plans = ordered_table(3)
    # The services take turns, so that no part has a whole document.
    mixed = plans.groupby("service").cumcount().argsort(kind="stable")
    for table in (plans, plans.iloc[mixed].reset_index(drop=True)):
        whole = scored(table, 10**6, 10**6, monkeypatch, out="whole.jsonl")
        assert scored(table, rows, bucket, monkeypatch, out="parts.jsonl") == whole
        assert linked_silently(read_table("parts.jsonl")) == ["18"] * 3
    shuffled = plans.sample(frac=1, random_state=4).reset_index(drop=True)
    scored(shuffled, rows, bucket, monkeypatch, out="parts.jsonl")
    assert linked_silently(read_table("parts.jsonl")) == [""] * 3


def test_rows_of_one_service_meet_in_one_bucket() -> None:
    names = ["Northmoor FRS", "Northmoor  Fire and Rescue Service", "northmoor fire & rescue service"]
    assert (
        len({partitions.bucket_of(partitions.block_of(name, f"{name}.docx"), 1_000) for name in names}) == 1
    )
    unnamed = [partitions.bucket_of(partitions.block_of("", f"plan {n}.docx"), 1_000) for n in range(50)]
    assert len(set(unnamed)) > 40


def test_what_is_packed_comes_out_again() -> None:
    value = [["a\ud800", 0.1 + 0.2, None, {"b": [1, True]}], []]
    assert unpacked(packed(value)) == value


def test_parts_wait_in_files_that_are_gone_in_the_end() -> None:
    with LocalEngine() as engine:
        handle = engine.run(lambda: {"a": np.arange(5), "b": np.zeros(0, dtype=np.uint8)})
        path = handle.path
        assert path.exists()
        found = engine.take(handle)
        assert found["a"].tolist() == [0, 1, 2, 3, 4] and found["b"].dtype == np.uint8
        pieces = engine.run(lambda part: Pieces({7: part}), handle)
        assert engine.take(engine.pick(pieces, 7))["a"].tolist() == [0, 1, 2, 3, 4]
        assert engine.take(engine.pick(pieces, 8)) is None
        engine.forget([handle])
        assert not path.exists()
        folder = path.parent
    assert not folder.exists()


def test_a_disk_without_room_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    def full(self: Path, mode: str) -> None:
        raise OSError(28, "No space left on device")

    with LocalEngine() as engine, monkeypatch.context() as patch:
        patch.setattr(Path, "open", full)
        with pytest.raises(InputError, match=r"No space left on device.*TMPDIR"):
            engine.run(lambda: {"a": np.arange(5)})
