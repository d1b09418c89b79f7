"""What was said before: kept once, held against the next quarter, safe from locks, kills and other files."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
import textwrap
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import duckdb
import pandas as pd
import pytest

import nlpkit
from nlpkit import history
from nlpkit.analysis.movement import movement
from nlpkit.database import SCHEMA
from nlpkit.errors import InputError
from nlpkit.schema import READ_COLUMNS, SCORE_COLUMNS

DOORS = "The service should make sure that the bay doors of all its stations are safe and kept in repair."
RISK = "The service should share risk information about premises with the services next to it."
VISITS = "The service should evaluate its home safety visits, so that it knows which of them help."
NOTES = "The service should write down what it learns from exercises and act on it."

TALKS = (
    "Two agreements have been signed. Talks with the third neighbour go on, and its lawyers have had a draft "
    "of the terms since the new year."
)
DEBRIEF = (
    "A debrief form has been tried at three exercises and nine lessons were put before the training board."
)


def quarter(source: str, as_of: str, rows: Sequence[tuple[str, str, str]], **more: str) -> pd.DataFrame:
    """One quarter's return of Northmoor: (action, recommendation, update) a row."""
    common = {"service": "Northmoor FRS", "source": source, "plan": "Inspection plan", "as_of": as_of} | more
    return pd.DataFrame(
        [
            {**common, "action_id": number, "recommendation": asked, "update": update}
            for number, asked, update in rows
        ]
    )


SPRING = quarter(
    "spring.csv",
    "2024-03",
    [
        ("1", DOORS, "Nine stations have been surveyed. The new bay doors will be fitted by June 2024."),
        ("2", RISK, TALKS),
        ("3", VISITS, "The scope of the evaluation was agreed in January."),
        ("4", NOTES, DEBRIEF),
    ],
)
# Renumbered: the risk action leads, the doors are second; a passage of the fourth stands under the third.
AUTUMN = quarter(
    "autumn.csv",
    "2024-09",
    [
        ("1", RISK, TALKS),
        ("2", DOORS, "The bay doors will now be fitted by November 2024, the supplier having let us down."),
        ("3", VISITS, f"The analyst began in May. {DEBRIEF}"),
        ("4", NOTES, "No change since the last update."),
    ],
)


def score(table: pd.DataFrame, file: Path | str) -> pd.DataFrame:
    return nlpkit.score(table, catalogue=None, history=file)


def content(file: Path | str) -> list[list[Any]]:
    """Every row of every table, as it stands."""
    with duckdb.connect(str(file), read_only=True) as db:
        return [
            sorted(db.execute(f"SELECT * FROM {table}").fetchall(), key=repr)
            for table in ("meta", "issues", "updates")
        ]


def row(scored: pd.DataFrame, number: str) -> pd.Series:
    return scored[scored["action_id"] == number].iloc[0]


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "h.duckdb"


# -- the next quarter --------------------------------------------------------------------------


def test_a_quarter_is_held_against_what_was_said_before(file: Path) -> None:
    score(SPRING, file)
    alone = nlpkit.score(AUTUMN, catalogue=None)
    scored = score(AUTUMN, file)
    assert scored["row_id"].tolist() == alone["row_id"].tolist()
    assert list(scored.columns) == list(alone.columns)

    repeated = row(scored, "1")  # was action 2
    assert repeated["stale"] == ["repeat_self"] and row(alone, "1")["stale"] == []
    assert repeated["stale_refs"] == ["spring/2/2024-03"] and repeated["novelty"] == 0
    (why,) = repeated["stale_why"]
    assert why["kind"] == "repeat_self" and why["of"] == "spring/2/2024-03" and why["source"] == "spring.csv"
    assert why["as_of"] == "2024-03-31" and why["other_text"] == why["text"] == TALKS.rstrip(".")

    slipped = row(scored, "2")  # was action 1
    assert slipped["stale"] == [] and 0 < slipped["novelty"] < 1
    (why,) = slipped["stale_why"]
    assert why["kind"] == "slipped" and why["date"] == ["2024-06-30", "2024-11-30"]
    assert why["where"] == ["spring/1/2024-03", "autumn/2/2024-09"]

    copied = row(scored, "3")
    assert copied["stale"] == ["repeat_other"] and copied["stale_refs"] == ["spring/4/2024-03"]
    assert copied["stale_why"][0]["text"] == DEBRIEF.rstrip(".") and copied["novelty"] == 1
    assert row(scored, "4")["stale"] == ["no_change"] and row(scored, "4")["stale_refs"] == []


def test_without_a_history_nothing_is_different(file: Path) -> None:
    both = pd.concat([SPRING, AUTUMN], ignore_index=True)
    plain = nlpkit.score(both, catalogue=None)
    first = score(both, file)
    judged_anew = ("stale", "stale_refs", "stale_why", "novelty", "question")
    others = [name for name in SCORE_COLUMNS if name not in judged_anew]
    pd.testing.assert_frame_equal(first[[*READ_COLUMNS, *others]], plain[[*READ_COLUMNS, *others]])


def test_a_first_quarter_is_judged_as_without_a_history(file: Path) -> None:
    pd.testing.assert_frame_equal(score(SPRING, file), nlpkit.score(SPRING, catalogue=None))


def test_the_history_says_what_one_table_of_both_quarters_says(file: Path) -> None:
    """Where ids and recommendations stay, it makes no difference where the earlier rows come from."""
    later = AUTUMN.assign(action_id=["2", "1", "3", "4"])
    score(SPRING, file)
    held = score(later, file)
    both = nlpkit.score(pd.concat([SPRING, later], ignore_index=True), catalogue=None).tail(len(later))
    assert held["stale"].tolist() == both["stale"].tolist()
    assert held["novelty"].tolist() == both["novelty"].tolist()
    for mine, theirs in zip(held["stale_why"], both["stale_why"], strict=True):
        spans = [(why["kind"], why["start"], why["end"], why.get("of")) for why in mine]
        assert spans == [(why["kind"], why["start"], why["end"], why.get("of")) for why in theirs]


def test_scoring_twice_changes_nothing(file: Path) -> None:
    score(SPRING, file)
    first = score(AUTUMN, file)
    before = content(file)
    time.sleep(1.1)  # the clock has moved on by a second, in which the history counts
    pd.testing.assert_frame_equal(score(AUTUMN, file), first)
    pd.testing.assert_frame_equal(score(first, file), first)
    score(SPRING, file)
    assert content(file) == before


def test_a_file_read_again_under_another_name_is_not_its_own_history(file: Path) -> None:
    first = score(SPRING, file)
    again = score(SPRING.assign(source="copy of spring.csv"), file)
    assert again["stale"].tolist() == first["stale"].tolist()
    assert again["stale_refs"].tolist() == first["stale_refs"].tolist()
    unnamed = score(SPRING.assign(service=""), file.with_name("other.duckdb"))
    named = score(SPRING, file.with_name("other.duckdb"))  # the same rows, their service given since
    assert named["stale"].tolist() == unnamed["stale"].tolist()


def test_a_plan_that_carries_its_earlier_periods_is_not_its_own_history(file: Path) -> None:
    score(SPRING, file)
    cumulative = pd.concat([SPRING, AUTUMN.assign(action_id=["2", "1", "3", "4"])], ignore_index=True)
    cumulative["source"] = "all.csv"
    scored = score(cumulative, file)
    plain = nlpkit.score(cumulative, catalogue=None)
    assert scored["stale"].tolist() == plain["stale"].tolist()
    assert scored["stale_refs"].tolist() == plain["stale_refs"].tolist()


def test_each_copied_passage_is_traced_to_where_it_stood_first(file: Path) -> None:
    score(SPRING, file)
    for source, as_of in (("autumn.csv", "2024-09"), ("winter.csv", "2024-12")):
        score(quarter(source, as_of, [("2", RISK, TALKS), ("4", NOTES, DEBRIEF)]), file)
    scored = score(quarter("last.csv", "2025-03", [("2", RISK, TALKS), ("3", VISITS, DEBRIEF)]), file)
    assert scored["stale"].tolist() == [["repeat_self"], ["repeat_other"]]
    assert scored["stale_refs"].tolist() == [["spring/2/2024-03"], ["spring/4/2024-03"]]


def test_what_an_action_carries_on_of_its_own_is_no_copy_of_another(file: Path) -> None:
    score(quarter("a.csv", "2024-03", [("3", VISITS, DEBRIEF), ("4", NOTES, DEBRIEF)]), file)
    scored = score(quarter("b.csv", "2024-09", [("4", NOTES, DEBRIEF)]), file)
    assert scored["stale"].tolist() == [["repeat_self"]]
    assert scored["stale_refs"].tolist() == [["a/4/2024-03"]]


def test_another_services_words_count_and_its_actions_do_not(file: Path) -> None:
    score(SPRING.assign(service="Southmoor FRS"), file)
    scored = score(AUTUMN, file)
    risk = row(scored, "1")
    assert (
        risk["stale"] == ["repeat_other"]
        and risk["stale_refs"] == ["spring/2/2024-03"]
        and risk["novelty"] == 1
    )
    assert row(scored, "2")["stale_why"] == []  # Southmoor's promise, not Northmoor's


SAME_ACTION = [
    ("4", NOTES, "Inspection plan", True),
    ("04", NOTES.upper(), "Inspection plan 2025", True),
    ("4", "The service should write down what it learns from its exercises, and then act on it.", "", True),
    ("17", NOTES, "Inspection plan", True),
    ("4", RISK, "Inspection plan", False),
    ("17", RISK, "Inspection plan", False),
    ("4", "", "Inspection plan", True),
]


@pytest.mark.parametrize(("number", "asked", "plan", "same"), SAME_ACTION)
def test_an_action_is_known_again(file: Path, number: str, asked: str, plan: str, same: bool) -> None:
    score(quarter("a.csv", "2024-03", [("3", VISITS, "Begun in May."), ("4", NOTES, DEBRIEF)]), file)
    scored = score(quarter("b.csv", "2024-09", [(number, asked, DEBRIEF)], plan=plan), file)
    assert scored["stale"].tolist() == [["repeat_self" if same else "repeat_other"]]


def test_actions_are_followed_through_several_issues(file: Path) -> None:
    numbers = ("2", "5", "7")
    for n, number in enumerate(numbers):
        text = f"Talk number {n} with the neighbour led to nothing that can be told."
        score(quarter(f"{n}.csv", f"202{n}-03", [(number, RISK, text), ("9", NOTES, DEBRIEF)]), file)
    scored = score(
        quarter("3.csv", "2023-03", [("1", RISK, "Talk number 0 with the neighbour led to nothing.")]), file
    )
    assert scored["stale_refs"].tolist() == [["0/2/2020-03"]]
    (risk,) = [
        line
        for line in movement(history.recall(file, judged=True)).to_dict("records")
        if line["action_id"] == "1"
    ]
    assert risk["earlier_ids"] == ["2", "5", "7"] and risk["periods"] == 4


def test_one_recommendation_under_many_numbers_is_not_guessed(file: Path) -> None:
    score(quarter("a.csv", "2024-03", [("1a", NOTES, DEBRIEF), ("1b", NOTES, "Begun in May.")]), file)
    scored = score(
        quarter("b.csv", "2024-09", [("2a", NOTES, DEBRIEF), ("2b", NOTES, "Begun in May.")]), file
    )
    assert "repeat_self" not in scored["stale"][0]


# -- what is kept ------------------------------------------------------------------------------


def test_the_order_of_files_does_not_matter(tmp_path: Path) -> None:
    winter = quarter(
        "winter.csv",
        "2025-03",
        [
            ("1", RISK, TALKS),
            ("2", DOORS, "The bay doors will be fitted by May 2025."),
            ("5", NOTES, DEBRIEF),
        ],
    )
    cumulative = pd.concat(
        [SPRING, quarter("spring.csv", "2023-09", [("1", DOORS, TALKS)])], ignore_index=True
    )
    files = [SPRING, AUTUMN, cumulative]
    answers, kept = [], []
    for n, order in enumerate(([0, 1, 2], [2, 1, 0], [1, 2, 0])):
        place = tmp_path / f"{n}.duckdb"
        for at in order:
            score(files[at], place)
        answers.append(score(winter, place))
        kept.append(history.recall(place))
    for answer, table in zip(answers[1:], kept[1:], strict=True):
        pd.testing.assert_frame_equal(answer, answers[0])
        pd.testing.assert_frame_equal(table, kept[0])


def test_every_judgement_is_kept_with_when_and_where(file: Path) -> None:
    scored = nlpkit.score(SPRING, catalogue=None)
    history.record(file, scored, now=datetime(2024, 4, 2, 9, 30, tzinfo=UTC))
    later = pd.concat([SPRING, AUTUMN], ignore_index=True).assign(source="spring.csv")
    history.record(file, nlpkit.score(later, catalogue=None), now=datetime(2024, 10, 1, tzinfo=UTC))
    kept = history.versions(file)
    assert len(kept) == 8
    mine = kept[kept["as_of"] == "2024-03"].set_index("row_id").loc[scored["row_id"]].reset_index()
    for name in (*READ_COLUMNS, *history.JUDGEMENTS):
        assert mine[name].tolist() == scored[name].tolist(), name
    assert set(mine["first_seen"]) == {"2024-04-02 09:30:00"} and set(mine["last_seen"]) == {
        "2024-10-01 00:00:00"
    }
    assert set(mine["first_file"]) == {"spring.csv"} and mine["content"].str.len().eq(64).all()
    (spring, autumn) = history.occasions(file).to_dict("records")
    assert (spring["as_of"], spring["updates"], spring["corrected"]) == ("2024-03", 4, 0)
    assert (autumn["as_of"], autumn["first_seen"]) == ("2024-09", "2024-10-01 00:00:00")


def test_a_corrected_text_takes_the_place_of_the_old(file: Path, caplog: pytest.LogCaptureFixture) -> None:
    score(SPRING, file)
    corrected = SPRING.copy()
    corrected.loc[1, "update"] = "All three agreements have been signed."
    scored = score(corrected, file)
    assert "of the updates, 1 take the place of another text" in caplog.text
    assert row(scored, "2")["stale"] == [] and row(scored, "2")["novelty"] == 1
    now = history.versions(file)
    assert now["update"].tolist() == corrected["update"].tolist()
    both = history.versions(file, replaced=True)
    old = both[both["replaced"] != ""].iloc[0]
    assert (old["update"], old["replaced_by"]) == (TALKS, "spring.csv") and old["first_seen"] <= old[
        "replaced"
    ]
    assert history.occasions(file)["corrected"].tolist() == [1]
    # only the corrected text is what was said before
    later = score(quarter("b.csv", "2024-09", [("2", RISK, TALKS)]), file)
    assert later["stale"].tolist() == [[]]


def test_one_row_id_in_two_quarters_is_two_updates(file: Path) -> None:
    first = pd.DataFrame([{"row_id": "A1", "update": TALKS, "as_of": "2024-03"}])
    score(first, file)
    scored = score(first.assign(as_of="2024-09"), file)
    assert scored["stale"].tolist() == [["repeat_self"]] and len(history.recall(file)) == 2


def test_undated_updates_are_told_of(file: Path, caplog: pytest.LogCaptureFixture) -> None:
    score(SPRING, file)
    scored = score(AUTUMN.assign(as_of=""), file)
    assert "of the updates, 4 have no date" in caplog.text and "--as-of" in caplog.text
    assert "repeat_self" not in {kind for kinds in scored["stale"] for kind in kinds}


def test_updates_of_an_unnamed_service_are_told_of(file: Path, caplog: pytest.LogCaptureFixture) -> None:
    score(SPRING.assign(service=""), file)
    assert "of the updates, 4 name no service" in caplog.text and "--service" in caplog.text
    again = SPRING.assign(service="", as_of="2024-09")
    same = score(again, file)
    assert all("repeat_self" in kinds for kinds in same["stale"])
    other = score(again.assign(source="autumn.csv", row_id=["a", "b", "c", "d"]), file)
    assert not any("repeat_self" in kinds for kinds in other["stale"])


def test_odd_texts_are_kept(file: Path) -> None:
    odd = [
        "nothing\0nothing",
        "“quotes”; 'and' \"more\"\n\tand lines",
        "=1+1 🟢",
        "half a character \ud83d here",
    ]
    scored = nlpkit.score(SPRING, catalogue=None)
    scored["update"] = pd.Series(odd, dtype="object")
    assert history.record(file, scored).new == 4
    before = content(file)
    assert history.record(file, scored).known == 4 and content(file) == before
    assert history.recall(file)["update"].tolist() == [*odd[:3], "half a character ? here"]


def test_a_table_of_thousands_is_kept_in_seconds(file: Path) -> None:
    scored = nlpkit.score(SPRING, catalogue=None)
    many = pd.concat([scored] * 1000, ignore_index=True)
    many["row_id"] = [str(n) for n in range(len(many))]
    start = time.perf_counter()
    assert history.record(file, many) == history.Recorded(new=4000, known=0, corrected=0)
    assert history.record(file, many) == history.Recorded(new=0, known=4000, corrected=0)
    assert time.perf_counter() - start < 20


# -- what moved --------------------------------------------------------------------------------


def told(
    status: str, evidence: str, update: str, as_of: str, number: str = "1", **more: Any
) -> dict[str, Any]:
    judged = dict.fromkeys(history.JUDGEMENTS, "") | {"stale": [], "status": status, "evidence": evidence}
    read = dict.fromkeys(READ_COLUMNS, "") | {
        "service": "Northmoor FRS",
        "recommendation": f"Mend {number} roofs soon.",
    }
    where = {"row_id": f"{number}/{as_of}", "source": f"{as_of}.csv", "issue": as_of, "place": 0}
    return read | judged | where | {"action_id": number, "as_of": as_of, "update": update} | more


PAST = pd.DataFrame(
    [
        told("on_track", "weak", "The roof is being looked at by a builder.", "2023-09", due_date="2024-01"),
        told("on_track", "partial", "Half of the tiles were laid in February.", "2024-03"),
        told("at_risk", "partial", "Half of the tiles were laid in February.", "2024-09"),
        told("at_risk", "partial", "As before.", "2025-03", stale=["no_change"], due_date="2025-06"),
        told("complete", "strong", "Gates were hung in May.", "2023-09", "2"),
        told("not_started", "weak", "A ladder will be bought.", "2025-03", "3"),
    ]
)


def test_what_moved_and_what_stood_still() -> None:
    roof, gates, ladder = movement(PAST).to_dict("records")
    assert (roof["from"], roof["to"], roof["periods"]) == ("2023-09", "2025-03", 4)
    assert (roof["status_moved"], roof["status_same_for"]) == ("worse", 2)
    assert (roof["evidence_moved"], roof["evidence_same_for"]) == ("better", 3)
    assert (roof["text_new"], roof["text_same_for"]) == (0, 3)
    assert roof["moved"] == ["status on_track → at_risk", "evidence weak → partial", "due 2024-01 → 2025-06"]
    assert roof["stood_still"] == ["status for 2 periods", "evidence for 3 periods", "text for 3 periods"]
    assert gates["note"] == "not told since 2023-09" and ladder["note"] == "first told in 2025-03"
    assert gates["moved"] == ladder["moved"] == []


def test_only_the_periods_asked_for_are_compared() -> None:
    (roof,) = movement(PAST, since="2024-03", until="2024-09").to_dict("records")
    assert (roof["periods"], roof["moved"]) == (2, ["status on_track → at_risk"])
    assert movement(PAST, since="2024", until="2024")["periods"].tolist() == [2]
    with pytest.raises(InputError, match=r"h\.db: knows no period 'soon'.*'2023-09', '2024-03'"):
        movement(PAST, since="soon", source="h.db")
    with pytest.raises(InputError, match="no update with a date in these periods"):
        movement(PAST, since="2030")
    with pytest.raises(InputError, match=r"no update with a date\. Score with --as-of"):
        movement(PAST.assign(as_of=""))


# -- one writer, many readers ------------------------------------------------------------------

HOLD = """
import duckdb, sys, time
db = duckdb.connect(sys.argv[1], read_only=sys.argv[2] == "read")
print("held", flush=True)
time.sleep(float(sys.argv[3]))
"""


@contextmanager
def held(file: Path, how: str, seconds: float) -> Iterator[subprocess.Popen[str]]:
    """The history, open in another process."""
    command = [sys.executable, "-c", HOLD, str(file), how, str(seconds)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None and process.stdout.readline() == "held\n"
        try:
            yield process
        finally:
            process.kill()


def test_a_lock_is_waited_for(file: Path) -> None:
    score(SPRING, file)
    with held(file, "write", 1.0):
        start = time.perf_counter()
        assert len(history.recall(file, wait=30)) == 4
        assert 0.2 < time.perf_counter() - start < 20


@pytest.mark.parametrize("how", ["write", "read"])
def test_who_holds_a_lock_too_long_is_named(file: Path, how: str) -> None:
    scored = score(SPRING, file)
    before = content(file)
    with held(file, how, 60) as process:
        with pytest.raises(
            InputError, match=rf"is in use by process {process.pid} \(python.*waited 0\.3 seconds"
        ):
            history.record(file, scored, wait=0.3)
        with pytest.raises(InputError, match="waited nan seconds"):
            history.record(file, scored, wait=float("nan"))
        if how == "read":  # readers do not keep each other out
            assert len(history.recall(file, wait=0)) == 4
    assert content(file) == before


KILLED = textwrap.dedent(
    """
    import os, signal, sys
    import pandas as pd
    from nlpkit import database, history

    step, count = int(sys.argv[2]), 0

    class Doomed:
        "A connection whose process is killed before its nth statement."
        def __init__(self, db):
            self.db = db
        def __getattr__(self, name):
            return getattr(self.db, name)
        def execute(self, *a):
            global count
            count += 1
            if count == step:
                os.kill(os.getpid(), signal.SIGKILL)
            return self.db.execute(*a)

    real = database._connected
    database._connected = lambda path, *, write, wait: (Doomed if write else (lambda db: db))(real(path, write=write, wait=wait))
    history.record(sys.argv[1], pd.read_pickle(sys.argv[3]))
    print("done", count)
    """
)


@pytest.mark.slow
def test_a_killed_run_leaves_the_old_state(file: Path, tmp_path: Path) -> None:
    score(SPRING, file)
    before = content(file)
    corrected = SPRING.assign(update="Another text.")
    new = nlpkit.score(pd.concat([corrected, AUTUMN], ignore_index=True), catalogue=None)
    new.to_pickle(tmp_path / "new.pickle")
    steps = 0
    while True:
        steps += 1
        command = [sys.executable, "-c", KILLED, str(file), str(steps), str(tmp_path / "new.pickle")]
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        if done.returncode == 0:
            break
        assert done.returncode == -signal.SIGKILL, done.stderr
        assert content(file) == before, f"killed before statement {steps}"
    assert steps > 8 and len(history.versions(file, replaced=True)) == 12


@pytest.mark.slow
def test_runs_killed_at_any_moment_leave_the_old_state_or_the_new(file: Path, tmp_path: Path) -> None:
    scored = nlpkit.score(SPRING, catalogue=None)
    many = pd.concat([scored] * 5000, ignore_index=True).assign(row_id=[str(n) for n in range(20000)])
    many.to_pickle(tmp_path / "many.pickle")
    history.record(file, scored)
    spare = tmp_path / "spare.duckdb"
    shutil.copy(file, spare)
    code = (
        "import sys, pandas as pd\nfrom nlpkit import history\ntable = pd.read_pickle(sys.argv[2])\n"
        "print('ready', flush=True)\nhistory.record(sys.argv[1], table)"
    )
    sizes = set()
    for delay in (0.3, 0.8, 1.1, 1.4, 1.7, 2.0, 2.4):
        command = [sys.executable, "-c", code, str(file), str(tmp_path / "many.pickle")]
        with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
            assert process.stdout is not None and process.stdout.readline() == "ready\n"
            time.sleep(delay)
            process.kill()
        sizes.add(len(history.recall(file)))
        for left in tmp_path.glob("h.duckdb*"):
            left.unlink()
        shutil.copy(spare, file)
    assert sizes <= {4, 20004} and 4 in sizes


def test_two_runs_that_begin_one_history_both_keep_theirs(file: Path, tmp_path: Path) -> None:
    code = "import sys, pandas as pd\nfrom nlpkit import history\nhistory.record(sys.argv[1], pd.read_pickle(sys.argv[2]))"
    running = []
    for n, table in enumerate((SPRING, AUTUMN)):
        nlpkit.score(table, catalogue=None).to_pickle(tmp_path / f"{n}.pickle")
        running.append(
            subprocess.Popen([sys.executable, "-c", code, str(file), str(tmp_path / f"{n}.pickle")])
        )
    assert [process.wait() for process in running] == [0, 0]
    assert len(history.recall(file)) == 8
    assert sorted(path.name for path in tmp_path.glob("*duckdb*")) == ["h.duckdb"]


# -- files that are no history -----------------------------------------------------------------


def foreign(path: Path, *statements: str) -> None:
    with duckdb.connect(str(path)) as db:
        for statement in statements:
            db.execute(statement)


def test_other_files_are_refused_and_left_alone(tmp_path: Path, file: Path) -> None:
    score(SPRING, file)
    (tmp_path / "text.duckdb").write_text("Northmoor, what was said before\n" * 50)
    (tmp_path / "t.csv").write_text("update\nDone.\n")
    (tmp_path / "empty.duckdb").touch()
    (tmp_path / "folder").mkdir()
    foreign(tmp_path / "foreign.duckdb", "CREATE TABLE sales (a INTEGER)")
    foreign(tmp_path / "bare.duckdb")
    foreign(tmp_path / "meta.duckdb", "CREATE TABLE meta (colour VARCHAR)")
    for name, change in (
        ("later", f"UPDATE meta SET value = '{SCHEMA + 1}' WHERE name = 'schema'"),
        ("unnamed", "DELETE FROM meta WHERE name = 'schema'"),
        ("torn", "DROP TABLE issues"),
    ):
        shutil.copy(file, tmp_path / f"{name}.duckdb")
        foreign(tmp_path / f"{name}.duckdb", change)
    whole = file.read_bytes()
    (tmp_path / "short.duckdb").write_bytes(whole[:3000])
    (tmp_path / "flipped.duckdb").write_bytes(
        whole[:4096] + bytes(b ^ 0x5A for b in whole[4096:8192]) + whole[8192:]
    )
    said = {
        "text.duckdb": "is not a history of nlpkit's (not a DuckDB file). Name another file",
        "t.csv": "is not a history of nlpkit's (not a DuckDB file)",
        "empty.duckdb": "is empty, not a history",
        "folder": "is a folder, not a history. Give a file name",
        "foreign.duckdb": "is a DuckDB file, but not a history of nlpkit's (its tables: sales)",
        "bare.duckdb": "is a DuckDB file, but not a history of nlpkit's (it has no tables)",
        "meta.duckdb": "not a history of nlpkit's (its tables: meta)",
        "later.duckdb": f"is a history of a later nlpkit (its schema is {SCHEMA + 1}, this one knows {SCHEMA})",
        "unnamed.duckdb": "its schema is unnamed",
        "torn.duckdb": "is a damaged history (without its table 'issues')",
        "short.duckdb": "it is damaged: put back a copy of it",
        "flipped.duckdb": "it is damaged: put back a copy of it",
    }
    for name, words in said.items():
        path = tmp_path / name
        before = path.read_bytes() if path.is_file() else b""
        for use in (history.recall, history.versions, history.occasions, lambda p: score(SPRING, p)):
            with pytest.raises(InputError) as told_of:
                use(path)
            assert words in str(told_of.value) and str(told_of.value).startswith(str(path)), name
        assert not path.is_file() or path.read_bytes() == before


def test_a_place_that_cannot_be_written_is_refused_before_any_work(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with pytest.raises(InputError, match="its folder does not exist"):
        score(SPRING, tmp_path / "no" / "h.duckdb")
    with pytest.raises(InputError, match=r"would pass it off as a table\. Give it a name in '\.duckdb'"):
        score(SPRING, tmp_path / "h.csv")
    with pytest.raises(InputError, match="is a device"):
        score(SPRING, os.devnull)
    made = tmp_path / "made.duckdb"
    score(SPRING, made)
    monkeypatch.setattr(os, "access", lambda path, mode: mode != os.W_OK)
    for place in (tmp_path / "h.duckdb", made):
        with pytest.raises(InputError, match="cannot be written \\(no permission\\)"):
            score(AUTUMN, place)
    assert len(history.recall(made)) == 4
    assert [path.name for path in tmp_path.iterdir()] == ["made.duckdb"]


def test_names_that_duckdb_takes_for_something_else_are_files(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    for name in (":memory:", "md:plans"):
        score(SPRING, name)
        assert len(history.recall(name)) == 4 and (tmp_path / name).is_file()


def test_a_service_that_is_not_there_is_told(file: Path) -> None:
    score(SPRING, file)
    assert len(history.versions(file, service="northmoor fire and rescue service")) == 4
    with pytest.raises(InputError, match=r"no updates of 'Westmoor' \(it has: Northmoor FRS\)"):
        history.versions(file, service="Westmoor")


def test_duckdb_is_loaded_only_where_a_history_is_named(tmp_path: Path) -> None:
    code = "import sys, nlpkit.cli, nlpkit.history, nlpkit.scoring\nprint('duckdb' in sys.modules)"
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=tmp_path
    )
    assert done.stdout == "False\n"


def test_reasons_survive_the_round_trip_of_an_export(file: Path, tmp_path: Path) -> None:
    from nlpkit.files import read_table, write_table

    score(SPRING, file)
    score(AUTUMN, file)
    kept = history.versions(file)
    for ending in ("jsonl", "csv", "parquet", "xlsx"):
        write_table(kept, tmp_path / f"x.{ending}")
        back = read_table(tmp_path / f"x.{ending}")
        assert json.loads(json.dumps(back["stale_why"].tolist())) == kept["stale_why"].tolist(), ending
        assert back["stale_refs"].tolist() == kept["stale_refs"].tolist()
