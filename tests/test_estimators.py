"""nlpkit's pieces as scikit-learn estimators: the contract that pipelines and searches rely on."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd
import pytest
from sklearn.base import clone
from sklearn.exceptions import NotFittedError
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import cross_val_score
from sklearn.pipeline import make_pipeline

from nlpkit.embedding.default import default_encoder
from nlpkit.errors import InputError
from nlpkit.estimators import StatusClassifier, UpdateVectorizer
from nlpkit.schema import Status


class WordHash:
    """Vectors from the words alone: enough to be an encoder."""

    name = "word-hash"
    dimension = 12

    def encode(self, texts: Sequence[str]) -> Any:
        out = np.zeros((len(texts), self.dimension), dtype=np.float32)
        for i, text in enumerate(texts):
            for word in text.lower().split():
                out[i, hashlib.sha256(word.encode()).digest()[0] % self.dimension] += 1
            out[i] /= max(1e-9, float(np.linalg.norm(out[i])))
        return out


TELLING = {
    "complete": "The {} was opened in March and is used every day.",
    "on_track": "The {} is being built and the roof is going on.",
    "off_track": "Work on the {} has stalled.",
    "not_started": "The {} will be looked at next year.",
}


def planted() -> tuple[pd.DataFrame, list[str]]:
    rows = [
        {
            "service": town,
            "recommendation": f"Open the {thing}.",
            "as_of": "2023-06",
            "update": said.format(thing),
        }
        for town in ("Ambleford", "Brackwater", "Cotherby", "Dunmere")
        for thing in ("kiosk", "ferry pass", "bell tower", "ice rink")
        for said in TELLING.values()
    ]
    return pd.DataFrame(rows), [*TELLING] * 16


@pytest.fixture(scope="module")
def fitted() -> StatusClassifier:
    return StatusClassifier(encoder=WordHash()).fit(*planted())


def test_what_was_planted_is_predicted_of_what_was_not_seen(fitted: StatusClassifier) -> None:
    new = pd.DataFrame(
        [{"update": said.format("telescope"), "as_of": "2023-06"} for said in TELLING.values()]
    )
    assert fitted.predict(new).tolist() == [*TELLING]
    shares = fitted.predict_proba(new)
    assert shares.shape == (4, 7) and np.allclose(shares.sum(axis=1), 1)
    assert fitted.classes_.tolist() == sorted(map(str, Status))
    assert fitted.classes_[shares.argmax(axis=1)].tolist() == [*TELLING]
    assert fitted.score(new, [*TELLING]) == 1.0 and fitted.score(new, ["declined"] * 4) == 0.0


def test_earlier_judgements_labels_and_the_index_play_no_part(fitted: StatusClassifier) -> None:
    table, label = planted()
    odd = table.assign(status="declined", labels=[{}] * len(table), why="x").set_index(
        np.arange(len(table))[::-1] * 3
    )
    assert fitted.predict_proba(odd).tolist() == fitted.predict_proba(table).tolist()
    again = StatusClassifier(encoder=WordHash()).fit(odd.drop(columns="why"), label)
    assert again.predict_proba(table).tolist() == fitted.predict_proba(table).tolist()


def test_parameters_and_clones() -> None:
    encoder = WordHash()
    for made in (StatusClassifier(encoder=encoder), UpdateVectorizer(vectors=False, encoder=encoder)):
        copy = clone(made)
        assert copy is not made and copy.get_params() == made.get_params() and copy.encoder is encoder
        copy.set_params(encoder=None)
        assert copy.encoder is None and made.encoder is encoder
        with pytest.raises(ValueError, match="Invalid parameter 'colour'"):
            copy.set_params(colour="red")


def test_before_fitting_and_with_unusable_labels() -> None:
    table, label = planted()
    for call in (StatusClassifier().predict, StatusClassifier().predict_proba, UpdateVectorizer().transform):
        with pytest.raises(NotFittedError):
            call(table)
    with pytest.raises(InputError, match="'done' is not a status"):
        StatusClassifier(encoder=WordHash()).fit(table, ["done", *label[1:]])
    with pytest.raises(InputError, match="too few"):
        StatusClassifier(encoder=WordHash()).fit(table.head(9), label[:9])


def test_language_columns_say_what_the_text_says() -> None:
    table = pd.DataFrame(
        [
            {
                "update": "Work has stalled. The audit found 12 faults.",
                "as_of": "2024-06",
                "due_date": "2023-12-31",
            },
            {"update": "The policy will be reviewed next year.", "as_of": "", "due_date": ""},
            {"update": "", "recommendation": "Do it."},
        ]
    )
    made = UpdateVectorizer(vectors=False)
    numbers = pd.DataFrame(made.fit_transform(table), columns=made.get_feature_names_out())
    assert numbers["stage_stopped"].tolist() == [0.5, 0, 0] and numbers["stage_planned"].tolist() == [0, 1, 0]
    assert numbers["sentences"].round(3).tolist() == [1.099, 0.693, 0] and numbers["fact_figure"][0] > 0
    assert numbers["overdue"].tolist() == [1, 0, 0] and numbers["dated"].tolist() == [1, 0, 0]
    assert 0.9 < numbers["days_late"][0] < 1.1
    assert (made.transform(table) == numbers.to_numpy()).all()
    fewer = UpdateVectorizer(vectors=False).fit(table.tail(1))
    assert fewer.transform(table).shape == (3, len(fewer.get_feature_names_out()))
    assert "stage_stopped" not in fewer.get_feature_names_out()


def test_vectors_are_the_encoders_and_zero_without_text() -> None:
    table = pd.DataFrame({"update": ["Work has stalled.", " ", "Done in May."], "recommendation": "Do it."})
    made = UpdateVectorizer(language=False, encoder=WordHash())
    numbers = made.fit_transform(table)
    assert made.get_feature_names_out().tolist() == [f"vector_{n}" for n in range(12)]
    np.testing.assert_allclose(numbers[[0, 2]], WordHash().encode(["Work has stalled.", "Done in May."]))
    assert not numbers[1].any()
    with pytest.raises(ValueError, match="no columns"):
        UpdateVectorizer(language=False, vectors=False).fit(table)
    named = made.set_output(transform="pandas").transform(table)
    assert list(named.columns) == [f"vector_{n}" for n in range(12)]


def test_no_encoder_is_loaded_for_language_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse() -> None:
        raise AssertionError("the encoder was asked for")

    monkeypatch.setattr("nlpkit.estimators.default_encoder", refuse)
    assert default_encoder is not refuse
    UpdateVectorizer(vectors=False).fit_transform(planted()[0].head(3))


def test_in_a_pipeline_under_cross_validation() -> None:
    table, label = planted()
    pipe = make_pipeline(UpdateVectorizer(encoder=WordHash()), LogisticRegression(max_iter=500))
    scores = cross_val_score(pipe, table, label, cv=3, error_score="raise")
    assert scores.mean() > 0.9
    order = np.random.default_rng(0).permutation(len(label))
    mixed = table.iloc[order]
    two = cross_val_score(
        StatusClassifier(encoder=WordHash()),
        pd.concat([mixed, mixed]),
        [label[i] for i in order] * 2,
        cv=2,
        error_score="raise",
    )
    assert two.mean() > 0.9
