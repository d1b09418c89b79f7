"""The status model adapted to reviews: better where a style departs, left alone where it does not."""

from __future__ import annotations

import json
from dataclasses import replace
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from test_status_model import WordHash, trained

import nlpkit
from nlpkit.analysis.grams import grams
from nlpkit.analysis.house import House, house_grams
from nlpkit.analysis.status import decide
from nlpkit.analysis.status_model import FORMAT, STATUSES, StatusModel, kept_model, packaged_model
from nlpkit.errors import InputError, NlpkitError
from nlpkit.learning.adapting import Adapted, adapt, adapt_status, groups_of_copies, reviewed
from nlpkit.learning.corpus import reviews_corpus
from nlpkit.learning.evaluate import accuracy
from nlpkit.learning.reviews import read_reviews
from nlpkit.learning.train import Material, material, predict, write
from nlpkit.schema import conform

SAYS = {
    "complete": "shipshape",
    "off_track": "becalmed",
    "not_started": "still on the slip",
    "on_track": "under canvas",
}
THINGS = ("buoy", "jetty", "crane", "lamp", "hull", "winch", "rope", "mast", "keel", "oar", "sail", "bell")


def reviews(period: int, *, own_words: bool = True) -> pd.DataFrame:
    rows = []
    for at, thing in enumerate(THINGS):
        for number, (status, saying) in enumerate(SAYS.items()):
            plain = {"complete": "was opened in March and is used", "off_track": "has stalled"}
            told = (
                saying
                if own_words
                else plain.get(
                    status, "is being built" if status == "on_track" else "will be looked at next year"
                )
            )
            rows.append(
                {
                    "row_id": f"{period}-{at}-{number}",
                    "service": "Quayside FRS",
                    "action_id": f"{at}.{number}",
                    "as_of": "2023-06",
                    "update": f"The {thing} {'' if period == 1 else 'of the yard '}{told}.",
                    "reviewer": "anna",
                    "review_status": status,
                }
            )
    return pd.DataFrame(rows)


def read(period: int, **options: Any) -> Material:
    return material(reviewed(reviews(period, **options), {"planted": "0"})[0], WordHash())


@cache
def adapted() -> Adapted:
    return adapt(trained().model, read(1))


def share_right(model: StatusModel, data: Material) -> float:
    return float((predict(model, data).argmax(axis=1) == data.label).mean())


def test_the_words_of_the_house_are_learned_and_hold_for_the_next_period() -> None:
    found = adapted()
    assert found.better and found.model.house is not None
    assert share_right(trained().model, read(2)) < 0.6
    assert share_right(found.model, read(2)) > 0.9
    told = found.model.house.weights["becalmed"]
    assert STATUSES[int(np.argmax(told))] == "off_track"


def test_what_is_measured_was_held_back() -> None:
    found = adapted()
    label = read(1).label
    assert (found.after.argmax(axis=1) == label).mean() > (found.before.argmax(axis=1) == label).mean()
    # each saying in one action only, in two updates of it: held back with it, it cannot have been learned
    rows = pd.concat([reviews(1).head(24), reviews(2).head(24)], ignore_index=True)
    rows["update"] = [f"{when} v{at}x{at} w{at}" for when in ("Now", "Still") for at in range(24)]
    held = adapt(trained().model, material(reviewed(rows, {})[0], WordHash()))
    assert (held.after.argmax(axis=1) == material(reviewed(rows, {})[0], WordHash()).label).mean() < 0.5


def test_a_service_that_the_model_reads_rightly_keeps_the_model() -> None:
    data = read(1, own_words=False)
    said = [
        STATUSES.index(str(decide(dict(zip(STATUSES, map(float, row), strict=True)))))
        for row in predict(trained().model, data)
    ]
    found = adapt(trained().model, replace(data, label=np.array(said)))
    assert not found.better and found.model.house is None


def test_adapting_twice_is_the_same_to_the_byte_and_replaces_what_was_learned_before() -> None:
    again = adapt(adapted().model, read(1))
    assert again.model.house is not None and adapted().model.house is not None
    assert again.model.house.file() == adapted().model.house.file()


def test_it_is_kept_as_data_and_judges_and_explains_as_before(tmp_path: Path) -> None:
    write(adapted().model, tmp_path / "mine", {"about": "planted"})
    again = kept_model(tmp_path / "mine")
    np.testing.assert_allclose(predict(again, read(2)), predict(adapted().model, read(2)), atol=1e-4)
    table = pd.DataFrame(
        [{"update": "Visitors ask for it often. The yacht is becalmed.", "as_of": "2023-06"}]
    )
    scored = nlpkit.score(table, catalogue=None, encoder=WordHash(), status_model=tmp_path / "mine")
    assert scored["status"].iloc[0] == "off_track"
    assert scored["status_why"].iloc[0][0]["text"] == "The yacht is becalmed."


def test_a_damaged_house_is_refused(tmp_path: Path) -> None:
    write(adapted().model, tmp_path / "mine", {"about": "planted"})
    facts = json.loads((tmp_path / "mine" / "model.json").read_text(encoding="utf8"))
    with pytest.raises(
        NlpkitError, match=f"reads format {FORMAT}"
    ):  # what knows nothing of houses must not use the rest
        StatusModel.from_files(facts, (tmp_path / "mine" / "model.npz").read_bytes())
    place = tmp_path / "mine" / "house.json"
    place.write_bytes(place.read_bytes() + b" ")
    with pytest.raises(NlpkitError, match=r"house\.json"):
        kept_model(tmp_path / "mine")


@pytest.mark.parametrize(
    "facts",
    [
        {},
        {"grams": {"a": [1.0] * 8}, "bias": [0.0] * 6},
        {"grams": {"a": [1.0] * 7}, "bias": [0.0] * 7},
        {"grams": {"a": [float("nan")] * 8}, "bias": [0.0] * 7},
        {"grams": [], "bias": [0.0] * 7},
    ],
)
def test_a_house_with_other_figures_is_refused(facts: dict[str, Any]) -> None:
    with pytest.raises(NlpkitError, match="damaged"):
        House.from_file(facts, len(STATUSES))


def test_a_house_survives_its_file() -> None:
    house = House({"to let": 2.0}, {"to let": (1.0,) * 7}, (0.5,) * 7, {"updates": 3})
    assert House.from_file(json.loads(house.file()), 7) == house
    assert house.scores(grams("A house to let.")) == pytest.approx(np.full(7, 1.5))
    assert house.scores(grams("Sold.")) == pytest.approx(np.full(7, 0.5))
    assert house_grams(grams("to let")) == ["^ to", "let", "let $", "to", "to let"]


def test_actions_and_copies_are_held_back_together() -> None:
    long = "The crane was lifted onto the quay by the second shift on Tuesday"
    table = conform(
        pd.DataFrame(
            [
                {"service": "A FRS", "action_id": "1", "update": "One."},
                {"service": "A Fire and Rescue Service", "action_id": "1", "update": "Two."},
                {"service": "A FRS", "action_id": "2", "update": long},
                {"service": "B FRS", "action_id": "1", "update": long + " and bolted."},
                {"service": "B FRS", "action_id": "2", "update": "one"},
                {"service": "B FRS", "action_id": "3", "update": "Something else."},
            ]
        )
    )
    group = groups_of_copies(table)
    assert group[0] == group[1] == group[4] and group[2] == group[3]
    assert len(set(group)) == 3


def test_disputed_and_empty_updates_are_left_out_and_counted() -> None:
    rows = reviews(1)
    other = rows.head(2).assign(reviewer="bo", review_status="declined")
    rows.loc[5, "update"] = " "
    data, disputed, empty = reviewed(pd.concat([rows, other]), {})
    assert (len(data.status), disputed, empty) == (len(rows) - 3, 2, 1)


@pytest.mark.parametrize(
    "rows",
    [reviews(1).head(10), reviews(1).assign(review_status="complete"), reviews(1).assign(action_id="1")],
)
def test_too_little_to_learn_from_is_refused(rows: pd.DataFrame) -> None:
    with pytest.raises(InputError, match="too few to learn from"):
        reviewed(rows, {"reviews.jsonl": "0"})


def test_it_is_not_adapted_with_another_encoder(tmp_path: Path) -> None:
    path = tmp_path / "reviews.jsonl"
    path.write_text(reviews(1).to_json(orient="records", lines=True), encoding="utf8")
    assert len(read_reviews(path)) == 48
    with pytest.raises(NlpkitError, match="not with 'word-hash'"):
        adapt_status(path, tmp_path / "mine", encoder=WordHash())
    assert not (tmp_path / "mine").exists()


@pytest.mark.slow
def test_a_hundred_reviews_raise_accuracy_on_the_next_period_by_ten_points(run: Any, tmp_path: Path) -> None:
    first, later = reviews_corpus("first_period"), reviews_corpus("next_period")
    assert len(first.status) == 100
    rows = first.updates.assign(reviewer="anna", review_status=list(first.status))
    (tmp_path / "reviews.jsonl").write_text(rows.to_json(orient="records", lines=True), encoding="utf8")
    done = run("train", "status", "--with-reviews", "reviews.jsonl", "--out", "ours")
    assert done.returncode == 0, done.stderr
    assert "100 reviewed updates" in done.stdout and "before  accuracy" in done.stdout
    right = [
        accuracy(
            later.status, list(nlpkit.score(later.updates, catalogue=None, status_model=model)["status"])
        )
        for model in (_shipped(), tmp_path / "ours")
    ]
    assert right[1] - right[0] >= 0.10, right
    assert kept_model(tmp_path / "ours").arrays["words"].shape == packaged_model().arrays["words"].shape


@pytest.mark.slow
def test_the_command_keeps_the_old_model_where_reviews_confirm_it(run: Any, tmp_path: Path) -> None:
    first = reviews_corpus("first_period")
    said = nlpkit.score(first.updates, catalogue=None, status_model=_shipped())["status"]
    rows = first.updates.assign(reviewer="anna", review_status=list(said))
    (tmp_path / "reviews.jsonl").write_text(rows.to_json(orient="records", lines=True), encoding="utf8")
    done = run("train", "status", "--with-reviews", "reviews.jsonl", "--out", "ours")
    assert done.returncode == 1 and "the old model stays" in done.stdout
    assert not (tmp_path / "ours").exists()


def _shipped() -> Path:
    from nlpkit.resources import bundled

    return bundled("models/status")


def test_reviews_and_data_exclude_each_other(run: Any) -> None:
    done = run("train", "status", "--with-reviews", "a.jsonl", "--data", "b.jsonl", "--out", "ours")
    assert done.returncode == 2 and "exclude each other" in done.stderr
