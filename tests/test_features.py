"""Features: aligned with the table, made once, deadlines and vectors as promised."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from numpy.typing import NDArray

from nlpkit import features
from nlpkit.errors import NlpkitError
from nlpkit.language import Stage, TextAnalysis
from nlpkit.language import analyse as real_analyse


class LengthEncoder:
    """Encodes a text by its length; counts what it is asked for."""

    name = "length"
    dimension = 2

    def __init__(self) -> None:
        self.asked: list[str] = []

    def encode(self, texts: Sequence[str]) -> NDArray[np.float32]:
        self.asked.extend(texts)
        angles = np.array([float(len(text)) for text in texts])
        return np.stack([np.cos(angles), np.sin(angles)], axis=1).astype(np.float32)


def _table() -> pd.DataFrame:
    return pd.DataFrame(
        {
            "update": ["Crews were trained in May.", "", "Crews were trained in May."],
            "recommendation": ["Train crews.", "Train crews.", "Train crews."],
            "planned_action": ["Crews will be trained in June.", "", ""],
            "as_of": ["2024-03", "", ""],
            "period": ["ignored", "Oct-Mar 24", "Update November 2022"],
            "due_date": ["2024-06-30", "", ""],
            "due": ["June 2024", "1 March 2024, then Sept 2024", "Immediately"],
        }
    )


def test_one_entry_a_row() -> None:
    made = features.compute(_table())
    assert [a.text for a in made.update] == list(_table()["update"])
    assert made.as_of == (date(2024, 3, 31), date(2024, 3, 31), date(2022, 11, 30))
    assert made.due == (date(2024, 6, 30), date(2024, 9, 30), None)
    assert made.update[0].sentences[0].stage is Stage.DONE
    assert made.planned_action[0].sentences[0].stage is Stage.PLANNED
    assert made.update[1].sentences == ()


def test_dates_depend_on_the_row() -> None:
    made = features.compute(_table())
    assert [made.update[i].sentences[0].dates[0].earliest for i in (0, 2)] == [
        date(2023, 5, 1),
        date(2022, 5, 1),
    ]


@pytest.mark.parametrize("due", ["Immediately", "Ongoing", "N/a", "Within 3-6 months", "Complete", ""])
def test_no_deadline(due: str) -> None:
    assert features.compute(pd.DataFrame({"update": ["x"], "due": [due]})).due == (None,)


def test_each_text_is_analysed_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NLPKIT_CACHE", str(tmp_path))
    given: list[str] = []

    def counting(texts: Sequence[str], *, as_of: Sequence[date | None]) -> list[TextAnalysis]:
        given.extend(texts)
        return real_analyse(texts, as_of=as_of)

    monkeypatch.setattr(features, "analyse", counting)
    table = pd.DataFrame({"update": ["Same text."] * 5, "recommendation": ["Same text."] * 5})
    features.compute(table)
    assert sorted(given) == ["", "Same text."]


def test_missing_columns_and_values() -> None:
    made = features.compute(pd.DataFrame({"update": ["Done.", None, float("nan")]}))
    assert [a.text for a in made.update] == ["Done.", "", ""]
    assert made.as_of == made.due == (None, None, None)
    assert len(made.recommendation) == 3
    assert features.compute(pd.DataFrame({"update": []})).update == ()


def test_vectors_are_made_once() -> None:
    encoder = LengthEncoder()
    made = features.compute(_table(), encoder=encoder)
    assert encoder.asked == [], "nothing is encoded before it is asked for"
    first = made.vectors(["aa", "b", "aa"])
    again = made.vectors(["b", "ccc"])
    assert encoder.asked == ["aa", "b", "ccc"]
    assert first.shape == (3, 2) and first.dtype == np.float32
    assert np.array_equal(first[0], first[2]) and np.array_equal(first[1], again[0])
    assert made.vectors([]).shape == (0, 2)


def test_whole_texts_are_made_from_sentences_that_are_known() -> None:
    encoder = LengthEncoder()
    made = features.compute(_table(), encoder=encoder)
    made.vectors(["Crews met.", "Hoses leak."])
    found = made.pooled(["Crews met. Hoses leak.", "Crews met."])
    assert encoder.asked == ["Crews met.", "Hoses leak."]
    assert found.shape == (2, 2) and np.allclose(np.linalg.norm(found, axis=1), 1)


def test_vectors_need_an_encoder() -> None:
    with pytest.raises(NlpkitError, match="encoder"):
        features.compute(_table()).vectors(["a"])
