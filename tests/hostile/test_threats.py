"""The table of threats tells the truth; settings work; models, histories and catalogues are no exceptions."""

from __future__ import annotations

import json
import re
import shutil
import zipfile
from pathlib import Path

import numpy as np
import pytest

from nlpkit import limits
from nlpkit.analysis.status_model import kept_model
from nlpkit.catalogue import load_catalogue
from nlpkit.errors import InputError, NlpkitError
from nlpkit.history import recall
from nlpkit.intake import take_in
from nlpkit.learning.train import write
from nlpkit.models import LogisticModel, OrdinalModel, file_sha256

PROJECT = Path(__file__).resolve().parents[2]


def test_every_test_named_in_the_threats_exists() -> None:
    said = (PROJECT / "docs" / "threats.md").read_text(encoding="utf8")
    named = set(re.findall(r"`(test_\w+)`", said))
    found = "\n".join(path.read_text(encoding="utf8") for path in (PROJECT / "tests").rglob("test_*.py"))
    assert len(named) > 12
    assert not {name for name in named if f"def {name}(" not in found}
    rows = [line for line in said.splitlines() if line.startswith("| ") and "Attack" not in line]
    assert all("`test_" in line.split("|")[3] for line in rows)


def test_a_limit_is_set_by_variable_and_in_python(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "t.csv"
    path.write_text("update\nDone in May.\nDone in June.\n")
    assert len(take_in([path]).updates) == 2
    monkeypatch.setenv("NLPKIT_MAX_TABLE_ROWS", "2")
    (failure,) = take_in([path]).failures
    assert "more than 2 rows (limit 2)" in str(failure) and "NLPKIT_MAX_TABLE_ROWS" in str(failure)
    with limits.limited(table_rows=3):
        assert len(take_in([path]).updates) == 2
    assert limits.limit("table_rows") == 2
    for wrong in ("0", "-1", "many", "1e9", "9" * 20):
        monkeypatch.setenv("NLPKIT_MAX_TABLE_ROWS", wrong)
        with pytest.raises(InputError, match="no whole number above 0"):
            limits.limit("table_rows")
    with pytest.raises(ValueError, match="no limit 'rows=1'"), limits.limited(rows=1):
        pass


FEATURES = ("a", "b")
GOOD = {"features": ["a", "b"], "weights": [1.0, 2.0], "intercept": 0.5, "thresholds": [0.0, 1.0]}


@pytest.mark.parametrize(
    "change",
    [
        {"weights": [1.0, float("nan")]},
        {"weights": [1.0, float("inf")]},
        {"weights": [1.0, 10**400]},
        {"weights": [1.0, "2"]},
        {"weights": [1.0, None]},
        {"weights": {"a": 1}},
        {"weights": [[1.0], [2.0]]},
        {"features": "ab"},
        {"intercept": None, "thresholds": [1.0, 0.0]},
        {"intercept": True, "thresholds": [0.0, float("nan")]},
    ],
)
def test_altered_figures_are_refused(change: dict[str, object]) -> None:
    LogisticModel.read(GOOD, FEATURES)
    OrdinalModel.read(GOOD, FEATURES, steps=2)
    with pytest.raises(NlpkitError):
        LogisticModel.read(GOOD | change, FEATURES)
    with pytest.raises(NlpkitError):
        OrdinalModel.read(GOOD | change, FEATURES, steps=2)


@pytest.mark.parametrize(
    "kind",
    [
        *(
            "checksum",
            "not finite",
            "shape",
            "pickle",
            "cut",
            "lacks",
            "temperature",
            "not json",
            "deep",
            "bomb",
        ),
        *("shift too short", "shift of words", "shift no list"),
    ],
)
def test_altered_models_are_refused(kind: str, tmp_path: Path) -> None:
    model = kept_model(PROJECT / "models" / "status")
    folder = tmp_path / "model"
    write(model, folder, {})
    kept_model(folder)
    arrays, told = folder / "model.npz", json.loads((folder / "model.json").read_text())
    with np.load(arrays) as held:
        parts = {name: held[name] for name in held.files}
    if kind == "checksum":
        arrays.write_bytes(arrays.read_bytes() + b"x")
    elif kind == "not finite":
        parts["words"][0, 0] = np.inf
    elif kind == "shape":
        parts["words"] = parts["words"][:-1]
    elif kind == "pickle":
        parts["words"] = np.array([{"a": 1}], dtype=object)
    elif kind == "lacks":
        del parts["idf"]
    elif kind == "temperature":
        told["temperature"] = -1
    elif kind.startswith("shift"):
        told["shift"] = {"too short": [0.1], "of words": ["a"] * 7, "no list": 0.1}[kind[6:]]
    if kind in ("not finite", "shape", "pickle", "lacks"):
        np.savez(arrays, **parts)
    elif kind == "cut":
        arrays.write_bytes(arrays.read_bytes()[:1000])
    elif kind == "bomb":
        with zipfile.ZipFile(arrays, "w", zipfile.ZIP_DEFLATED) as archive:
            archive.writestr("terms.npy", bytes(20_000_000))
    if kind != "checksum":
        told["sha256"] = file_sha256(arrays)
    (folder / "model.json").write_text(
        "{" if kind == "not json" else "[" * 100_000 if kind == "deep" else json.dumps(told)
    )
    with (
        limits.limited(model_bytes=19_000_000 if kind == "bomb" else 500_000_000),
        pytest.raises(NlpkitError),
    ):
        kept_model(folder)


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"DUCK",
        bytes(8) + b"DUCK" + bytes(4000),
        b"SQLite format 3\x00" + bytes(500),
        b"PK\x03\x04",
        b"row_id,update\n",
    ],
)
def test_a_history_that_is_none_is_refused(content: bytes, tmp_path: Path) -> None:
    path = tmp_path / "history.duckdb"
    path.write_bytes(content)
    with pytest.raises(InputError) as caught:
        recall(path, wait=0)
    assert "history.duckdb" in str(caught.value) and caught.value.remedy


def test_a_cut_history_is_refused(tmp_path: Path) -> None:
    duckdb = pytest.importorskip("duckdb")
    path = tmp_path / "other.duckdb"
    with duckdb.connect(str(path)) as db:
        db.execute("CREATE TABLE updates AS SELECT range AS id FROM range(5000)")
    for end in (100, 5000, 13_000, None):
        shutil.copy(path, tmp_path / "cut.duckdb")
        raw = path.read_bytes()
        (tmp_path / "cut.duckdb").write_bytes(raw[:end])
        with pytest.raises(InputError) as caught:
            recall(tmp_path / "cut.duckdb", wait=0)
        assert caught.value.remedy


@pytest.mark.parametrize(
    ("content", "beside"),
    [
        (b"", b""),
        (b"a,b\n1,2\n", b""),
        (b"id,title\n1,\xff\n", b""),
        (b'id,title\n1,"x\n', b""),
        (b"id,title\n" + b"1,x\n" * 2, b""),
        (b"id,title\n1," + b"x" * 300_000, b""),
        (b"id,title" + b",c" * 3000 + b"\n1,x\n", b""),
        (b"id,title\n1,x\n", b"{"),
        (b"id,title\n1,x\n", b"[" * 100_000),
        (b"id,title\n1,x\n", b'{"n":' + b"9" * 5000 + b"}"),
        (b"id,title\n1,x\n", b'{"aliases":5}'),
    ],
)
def test_broken_catalogues_are_refused(content: bytes, beside: bytes, tmp_path: Path) -> None:
    (tmp_path / "c.csv").write_bytes(content)
    if beside:
        (tmp_path / "c.json").write_bytes(beside)
    with pytest.raises(InputError) as caught:
        load_catalogue(tmp_path / "c.csv")
    assert "c.csv" in str(caught.value) or "c.json" in str(caught.value)
