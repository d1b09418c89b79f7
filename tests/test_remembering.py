"""A row is judged once ever: the same comes back, only where all that decides is the same, and in cipher."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from numpy.typing import NDArray

import nlpkit
from nlpkit import judging, remembering
from nlpkit.analysis.linking import links_in_order
from nlpkit.catalogue import Catalogue, Entry
from nlpkit.embedding.beside import beside
from nlpkit.embedding.cache import CachedEncoder
from nlpkit.files import read_table
from nlpkit.judging import ROW_COLUMNS, Tools, judge_alone
from nlpkit.schema import conform


class Letters:
    """Encodes a text by its letters."""

    name, dimension, cache_key = "letters", 26, "letters"

    def encode(self, texts: Sequence[str]) -> NDArray[np.float32]:
        counts = [[1.0 + text.lower().count(chr(97 + k)) for k in range(26)] for text in texts]
        found = np.array(counts, dtype=np.float32).reshape(len(texts), 26)
        return np.asarray(found / np.linalg.norm(found, axis=1, keepdims=True), dtype=np.float32)


@pytest.fixture(autouse=True)
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("NLPKIT_CACHE", str(tmp_path / "cache"))
    return tmp_path / "cache"


@pytest.fixture(scope="module")
def table(project: Path) -> pd.DataFrame:
    return conform(read_table(project / "corpora" / "updates" / "starter.jsonl").head(12))


@pytest.fixture
def judged_now(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The updates that are judged, and not remembered."""
    seen: list[str] = []
    real = judging.status.judge

    def counting(updates: pd.DataFrame, *given: object, **more: object) -> pd.DataFrame:
        seen.extend(updates["update"])
        return real(updates, *given, **more)  # type: ignore[arg-type]

    monkeypatch.setattr(judging.status, "judge", counting)
    return seen


def catalogue(duty: str = "Train every crew in hazard reporting.") -> Catalogue:
    entries = (
        Entry("1", "Crew training", duty),
        Entry("2", "Culture", "Improve the culture of the service."),
    )
    return Catalogue("tiny", (), entries)


def tools(duty: str = "Train every crew in hazard reporting.") -> Tools:
    return Tools(catalogue(duty), None, CachedEncoder(Letters()))


def judge(table: pd.DataFrame, using: Tools | None = None) -> tuple[pd.DataFrame, list[object]]:
    using = using or tools()
    with beside(using.encoder) as begin:
        alone = judge_alone(table, using, begin)
        return alone.judged, [own.links for own in alone.links()]


def same(one: tuple[pd.DataFrame, list[object]], other: tuple[pd.DataFrame, list[object]]) -> None:
    pd.testing.assert_frame_equal(one[0], other[0])
    assert one[1] == other[1]
    assert [list(map(type, row)) for row in one[0].to_numpy()] == [
        list(map(type, row)) for row in other[0].to_numpy()
    ]


def test_a_second_run_judges_nothing_and_finds_the_same(table: pd.DataFrame, judged_now: list[str]) -> None:
    first = judge(table)
    assert judged_now == list(table["update"]) and any(first[1])
    assert list(first[0].columns) == list(ROW_COLUMNS)
    second = judge(table)
    assert len(judged_now) == len(table)
    same(first, second)
    turned = table.iloc[::-1]
    again = judge(turned)
    assert len(judged_now) == len(table)
    same((again[0].iloc[::-1], again[1][::-1]), first)


def test_only_what_changed_is_judged(table: pd.DataFrame, judged_now: list[str], cache: Path) -> None:
    judge(table)
    judged_now.clear()
    changed = table.copy()
    changed.loc[table.index[3], "update"] = "The work was completed on 3 May 2024."
    found = judge(changed)
    assert judged_now == ["The work was completed on 3 May 2024."]
    for path in cache.glob("judgements*"):
        path.unlink()
    same(found, judge(changed))


@pytest.mark.parametrize("column", ["due_date", "declared_status", "as_of", "required_outcome", "plan"])
def test_all_that_decides_counts(column: str, table: pd.DataFrame, judged_now: list[str]) -> None:
    judge(table)
    judged_now.clear()
    other = {"due_date": "2022-01-31", "declared_status": "complete", "as_of": "2031-01"}
    judge(table.assign(**{column: other.get(column, "Something else")}))
    assert judged_now == list(table["update"])


def test_names_of_rows_and_files_decide_nothing(table: pd.DataFrame, judged_now: list[str]) -> None:
    first = judge(table)
    judged_now.clear()
    same(judge(table.assign(row_id=[f"r{i}" for i in range(len(table))], source="other.docx")), first)
    assert judged_now == []


def test_another_catalogue_encoder_model_or_nlpkit_judges_anew(
    table: pd.DataFrame, judged_now: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    judge(table)
    other = CachedEncoder(Letters())
    other.name = "others"
    ways: list[Callable[[], object]] = [
        lambda: judge(table, tools("Publish a plan.")),
        lambda: judge(table, Tools(catalogue(), None, other)),
        lambda: judge(table, Tools(None, None, None)),
        lambda: monkeypatch.setattr(remembering, "fingerprint", lambda: "another") or judge(table),
    ]
    for way in ways:
        judged_now.clear()
        way()
        assert len(judged_now) == len(table)


def test_an_acronym_that_the_document_defines_elsewhere_counts(
    table: pd.DataFrame, judged_now: list[str]
) -> None:
    rows = table.head(2).assign(service="S", source="plan.docx", update=["The PIA is ready.", "Crews met."])
    judge(rows)
    judged_now.clear()
    last = rows.iloc[[1]].assign(update="People Impact Assessments (PIA) came first.")
    judge(pd.concat([rows.iloc[[0]], last]))
    assert judged_now == ["The PIA is ready.", "People Impact Assessments (PIA) came first."]


def test_a_link_by_neighbours_is_not_kept_for_the_row_alone(judged_now: list[str]) -> None:
    entries = tuple(Entry(f"{n}", f"Title {n}", f"Quarterly audit of depot {n}.") for n in range(1, 10))
    using = Tools(Catalogue("depots", ("depot plan",), entries), None, CachedEncoder(Letters()))
    told = [f"Depot plan recommendation {n} is met." if n != 5 else "In place." for n in range(1, 10)]
    table = conform(pd.DataFrame({"update": told}))

    def linked(rows: pd.DataFrame) -> list[list[str]]:
        with beside(using.encoder) as begin:
            owns = judge_alone(rows, using, begin).links()
        found = links_in_order(rows, owns, using.catalogue)
        return [[one["id"] for one in links if one["grade"] == "equivalent"] for links in found]

    turned = table.iloc[::-1]
    for rows, expected in ((table, ["5"]), (turned, []), (table, ["5"])):
        assert linked(rows)[4] == expected
    assert len(judged_now) == len(table)


def test_rows_alike_do_not_share_their_values(table: pd.DataFrame) -> None:
    twice = pd.concat([table.head(1), table.head(1)], ignore_index=True)
    judge(twice)
    found, links = judge(twice)
    assert found["status_why"].iloc[0] == found["status_why"].iloc[1]
    assert found["status_why"].iloc[0] is not found["status_why"].iloc[1]
    assert links[0] is not links[1]


def test_of_an_encoder_of_ones_own_nothing_is_kept(
    table: pd.DataFrame, judged_now: list[str], cache: Path
) -> None:
    own = Tools(catalogue(), None, Letters())
    judge(table, own)
    judge(table, own)
    assert len(judged_now) == 2 * len(table)
    assert not list(cache.glob("judgements*"))


def test_an_encoder_that_turned_to_another_way_meanwhile(table: pd.DataFrame, cache: Path) -> None:
    class Turning(Letters):
        cache_key = "first"

        def encode(self, texts: Sequence[str]) -> NDArray[np.float32]:
            self.cache_key = "second"
            return super().encode(texts)

    judge(table, Tools(catalogue(), None, CachedEncoder(Turning())))
    assert not list(cache.glob("judgements*"))


def test_no_word_is_kept(table: pd.DataFrame, cache: Path) -> None:
    judge(
        table.head(1).assign(update="The kangaroo policy was launched on 3 May 2024 and staff were trained.")
    )
    kept = b"".join(path.read_bytes() for path in cache.glob("*.sqlite"))
    assert b"judgements" in kept
    assert not any(word in kept for word in (b"kangaroo", b"launched", b"on_track", b"complete"))


def cut_in_half(path: Path) -> None:
    content = path.read_bytes()
    path.write_bytes(content[: len(content) // 2])


def alter_every_entry(path: Path) -> None:
    with sqlite3.connect(path) as base:
        base.execute("UPDATE judgements SET judgements = substr(judgements, 2) || 'x'")
    base.close()


@pytest.mark.parametrize("damage", [cut_in_half, alter_every_entry])
def test_what_is_damaged_is_judged_again(
    damage: Callable[[Path], None], table: pd.DataFrame, cache: Path, judged_now: list[str]
) -> None:
    first = judge(table)
    damage(cache / "judgements-1.sqlite")
    judged_now.clear()
    same(judge(table), first)
    assert judged_now
    judged_now.clear()
    same(judge(table), first)
    assert judged_now == []


@pytest.mark.parametrize("content", [b"", b"no cipher", b"\xff" * 40])
def test_what_does_not_open_is_judged_again(
    content: bytes, table: pd.DataFrame, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = judge(table)
    monkeypatch.setattr(type(remembering._SHELF), "find", lambda self, keys: dict.fromkeys(keys, content))
    monkeypatch.setattr("nlpkit.features.analyses_kept", lambda asked: {})
    monkeypatch.setattr("nlpkit.language.tagging.kept", lambda sentences, model: {})
    same(judge(table), first)


def test_scores_are_the_same_to_the_byte(table: pd.DataFrame, tmp_path: Path) -> None:
    written = []
    for name in ("first", "second"):
        scored = nlpkit.score(table, catalogue=None)
        scored.to_json(tmp_path / name, orient="records", lines=True)
        written.append((tmp_path / name).read_bytes())
    assert written[0] == written[1]
