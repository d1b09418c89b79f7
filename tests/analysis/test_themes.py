"""Themes: the same whatever the order, planted ones found, nothing lost, no two alike."""

from __future__ import annotations

import hashlib
import random
from collections.abc import Sequence

import numpy as np
import pandas as pd
import pytest
from numpy.typing import NDArray
from sklearn.metrics import adjusted_rand_score

import nlpkit
from nlpkit.analysis import theme_clusters, theme_tables, theme_titles
from nlpkit.analysis.theme_subjects import Subject, asked, gather, has_own_words
from nlpkit.analysis.themes import THEME_COLUMNS, ThemeModel
from nlpkit.errors import InputError
from nlpkit.schema import conform

WORDS = {
    "hydrants": "hydrant water pressure mains flow valve marker inspection rota coast bolt key",
    "appraisals": "appraisal interview objective feedback form supervisor talent rating conversation reviewer",
    "visits": "visit smoke alarm household vulnerable referral hoarding telecare home bedroom kitchen",
    "radios": "radio handset battery signal repeater channel airwave terminal dongle charger coverage",
    "dignity": "shower locker privacy changing washing toilet women facility cubicle screen",
}
THINGS = {
    "hydrants": "water hydrants",
    "appraisals": "yearly appraisals",
    "visits": "home safety visits",
    "radios": "handheld radios",
    "dignity": "private washing facilities",
}


class WordEncoder:
    """A double: the vector of a text is the sum of a fixed random vector for each word."""

    name = "words"
    dimension = 48

    def encode(self, texts: Sequence[str]) -> NDArray[np.float32]:
        rows = [self._one(text) for text in texts]
        return np.asarray(np.stack(rows) if rows else np.zeros((0, self.dimension)), dtype=np.float32)

    def _one(self, text: str) -> NDArray[np.float64]:
        total = np.full(self.dimension, 1e-6)
        for word in text.lower().replace(".", " ").split():
            seed = int.from_bytes(hashlib.sha256(word.encode()).digest()[:4], "big")
            total += np.random.default_rng(seed).normal(size=self.dimension)
        return np.asarray(total / np.linalg.norm(total))


ENCODER = WordEncoder()


def planted(each: int = 12, periods: int = 1) -> pd.DataFrame:
    """Updates of five subjects in their own words; ``truth`` names the subject."""
    draw = random.Random(7)
    rows = []
    for name, words in WORDS.items():
        for n in range(each):
            said = draw.sample(words.split(), 5)
            for period in range(periods):
                told = draw.sample(words.split(), 5)
                rows.append(
                    {
                        "row_id": f"{name}-{n}-{period}",
                        "service": "Northmoor Fire and Rescue Service",
                        "action_id": f"{name[:2]}{n}",
                        "recommendation": f"The service should improve its {THINGS[name]} by the {' '.join(said)}.",
                        "update": f"We have looked at the {' '.join(told)} number {n}.",
                        "period": f"2024-0{period + 1}",
                        "as_of": f"2024-0{period + 1}",
                        "truth": name,
                    }
                )
    return pd.DataFrame(rows)


@pytest.fixture(scope="module")
def table() -> pd.DataFrame:
    return planted(periods=2)


@pytest.fixture(scope="module")
def found(table: pd.DataFrame) -> nlpkit.analysis.themes.Themes:
    return nlpkit.themes(table, encoder=ENCODER)


def test_planted_themes_are_found(table: pd.DataFrame, found: nlpkit.analysis.themes.Themes) -> None:
    assert adjusted_rand_score(table["truth"], found.assignments["theme_id"]) > 0.95
    assert len(found.summary) == 5


def test_titles_say_what_was_planted(table: pd.DataFrame, found: nlpkit.analysis.themes.Themes) -> None:
    rows = found.assignments
    for name, thing in THINGS.items():
        title = rows[table["truth"].to_numpy() == name]["theme_label"].mode()[0]
        assert thing.split()[-1] in title.lower(), (name, title)
        assert not {"service", "northmoor", "improve", "number"} & set(title.lower().replace(",", "").split())
    assert found.summary["theme_label"].str.lower().is_unique


def test_rows_stay_in_their_order_with_three_more_columns(
    table: pd.DataFrame, found: nlpkit.analysis.themes.Themes
) -> None:
    assert found.assignments["row_id"].tolist() == table["row_id"].tolist()
    assert list(found.assignments.columns[-3:]) == list(THEME_COLUMNS)
    assert (found.assignments["theme_why"] != "").all()
    assert found.summary["updates"].sum() + len(found.left_out) == len(table)


def test_the_order_of_rows_changes_nothing(table: pd.DataFrame, found: nlpkit.analysis.themes.Themes) -> None:
    for seed in range(3):
        mixed = table.sample(frac=1, random_state=seed)
        again = nlpkit.themes(mixed, encoder=ENCODER)
        one = found.assignments.set_index("row_id")[list(THEME_COLUMNS)]
        other = again.assignments.set_index("row_id")[list(THEME_COLUMNS)].loc[one.index]
        pd.testing.assert_frame_equal(one, other)
        pd.testing.assert_frame_equal(found.summary, again.summary)


def test_the_summary_says_how_sure_and_how_typical(found: nlpkit.analysis.themes.Themes) -> None:
    summary = found.summary
    assert summary["stability"].between(0.7, 1).all() and (summary["redundancy"] < theme_clusters.ALIKE).all()
    assert summary["updates"].is_monotonic_decreasing
    texts = dict(zip(found.assignments["row_id"], found.assignments["update"], strict=True))
    themes = dict(zip(found.assignments["row_id"], found.assignments["theme_id"], strict=True))
    for row in summary.to_dict("records"):
        assert row["typical_1"] != row["typical_2"]
        for n in (1, 2):
            assert themes[row[f"typical_{n}"]] == row["theme_id"]
            assert texts[row[f"typical_{n}"]] == row[f"typical_{n}_text"]


def test_a_single_recommendation_gives_way_to_the_narratives() -> None:
    table = planted(each=7).assign(recommendation="Improve.")
    labels = ThemeModel(5, ENCODER).fit_predict(table)
    assert adjusted_rand_score(planted(each=7)["truth"], labels) > 0.7


def test_thirty_rows_are_enough_and_fewer_are_not() -> None:
    table = planted(each=6)
    assert len(nlpkit.themes(table, encoder=ENCODER).assignments) == 30
    with pytest.raises(InputError, match=r"29 updates, too few .* at least 30.*guide"):
        nlpkit.themes(table.iloc[:29], encoder=ENCODER)


def test_a_table_without_words_is_refused() -> None:
    table = pd.DataFrame({"update": ["", "N/a", "Complete", "See 5 above"] * 10})
    with pytest.raises(InputError, match=r"no update with words of its own.*guide"):
        nlpkit.themes(table, encoder=ENCODER)


def test_rows_without_text_are_named_and_pointers_go_by_their_recommendation(table: pd.DataFrame) -> None:
    more = pd.DataFrame(
        [
            {"row_id": "empty", "update": "", "recommendation": ""},
            {"row_id": "pointer", "update": "See 5 above.", "recommendation": ""},
            {
                "row_id": "asked",
                "update": "See 5 above.",
                "recommendation": "The service should improve its water hydrants by the valve marker rota.",
            },
        ]
    )
    found = nlpkit.themes(pd.concat([table, more]).fillna(""), encoder=ENCODER)
    rows = found.assignments.set_index("row_id")
    assert found.left_out["row_id"].tolist() == ["empty", "pointer"]
    assert rows.loc["empty", "theme_id"] == "" and "empty" in rows.loc["empty", "theme_why"]
    assert "pointer" in rows.loc["pointer", "theme_why"]
    assert rows.loc["asked", "theme_id"] == rows.loc["hydrants-0-0", "theme_id"] != ""


def test_what_fits_nowhere_is_named_and_kept_few(
    monkeypatch: pytest.MonkeyPatch, table: pd.DataFrame
) -> None:
    monkeypatch.setattr(theme_clusters, "FLOOR", 0.99)
    found = nlpkit.themes(table, encoder=ENCODER)
    assert 0 < len(found.left_out) < 0.05 * len(table)
    assert found.left_out["reason"].str.contains("fits nowhere: the nearest, '").all()


def test_duplicates_move_no_theme(table: pd.DataFrame, found: nlpkit.analysis.themes.Themes) -> None:
    twice = pd.concat([table, table.iloc[:30].assign(row_id=[f"copy-{n}" for n in range(30)])])
    again = nlpkit.themes(twice, encoder=ENCODER).assignments["theme_id"].iloc[: len(table)]
    assert adjusted_rand_score(found.assignments["theme_id"], again) == 1.0


def test_updates_all_alike_are_one_theme_with_a_warning(caplog: pytest.LogCaptureFixture) -> None:
    table = pd.DataFrame({"update": ["Sprinklers were fitted in every warehouse on the estate."] * 40})
    found = nlpkit.themes(table, encoder=ENCODER)
    assert len(found.summary) == 1 and not len(found.left_out)
    assert "too alike" in caplog.text
    assert (
        "prinkler" in found.summary["theme_label"][0]
        or "warehouse" in found.summary["theme_label"][0].lower()
    )


def test_a_number_can_be_asked_for(table: pd.DataFrame) -> None:
    assert len(nlpkit.themes(table, encoder=ENCODER, number=3).summary) == 3
    with pytest.raises(InputError, match="cannot be parted into 500 themes: it has 60 subjects"):
        nlpkit.themes(table, encoder=ENCODER, number=500)


def test_the_model_places_rows_it_has_not_seen(table: pd.DataFrame) -> None:
    model = ThemeModel(encoder=ENCODER).fit(table)
    fresh = planted(each=14).iloc[12::14]
    told = model.predict(fresh)
    for row, name in zip(fresh.to_dict("records"), told, strict=True):
        own = model.labels_[(table["truth"] == row["truth"]).to_numpy()]
        assert name == model.ids_[int(np.bincount(own[own >= 0]).argmax())]
    assert model.transform(fresh).shape == (5, 5)
    nothing = model.predict(pd.DataFrame({"update": ["See 5 above."]}))
    assert nothing.tolist() == [""]


def test_the_model_is_cloned_like_an_estimator() -> None:
    from sklearn.base import clone

    model = clone(ThemeModel(number=4))
    assert model.get_params() == {"number": 4, "encoder": None}
    assert model.set_params(number=5).number == 5
    with pytest.raises(ValueError, match="no parameter 'k'"):
        model.set_params(k=3)


def test_a_guide_decides_or_says_that_none_fits(tmp_path, table: pd.DataFrame) -> None:  # type: ignore[no-untyped-def]
    guide = tmp_path / "guide.csv"
    guide.write_text(
        "id,title,text\nW,Water supplies,water hydrants valve marker mains pressure flow\n"
        "R,Radios,handheld radios handset battery signal repeater channel\n",
        encoding="utf8",
    )
    found = nlpkit.themes(table, guide=guide, encoder=ENCODER)
    rows = found.assignments
    mine = rows[table["truth"].to_numpy() == "hydrants"]
    assert (mine["theme_id"] == "W").mean() > 0.9 and set(mine["theme_label"]) <= {"Water supplies", ""}
    none = rows[rows["theme_id"] == ""]
    assert len(none) > len(table) / 2 and none["theme_why"].str.contains("fits nowhere: the nearest, '").all()
    assert len(nlpkit.themes(table.iloc[:2], guide=guide, encoder=ENCODER).assignments) == 2


def test_counts_by_period_tell_what_is_new(table: pd.DataFrame) -> None:
    late = table[(table["truth"] != "radios") | (table["period"] == "2024-02")]
    rows = conform(late).assign(theme_id=late["truth"].to_numpy(), theme_label=late["truth"].to_numpy())
    by = theme_tables.counted(rows, "period").set_index(["theme_id", "period"])
    assert by.loc[("radios", "2024-02"), "new"] and by.loc[("radios", "2024-02"), "change"] == 12
    assert by["new"].sum() == 1 and by["updates"].sum() == len(late)
    assert by.loc[("visits", "2024-02"), "change"] == 0
    news = theme_tables.news(rows, ["radios", "visits"])
    assert news["new"].tolist() == [12, 0] and news["latest"].tolist() == [12, 12]


def test_counts_by_status_need_a_scored_table(
    table: pd.DataFrame, found: nlpkit.analysis.themes.Themes
) -> None:
    with pytest.raises(InputError, match="nlpkit score"):
        found.by("status")
    with pytest.raises(InputError, match="Use one of: theme, service, status, period"):
        found.by("colour")
    status = ["complete", "at_risk"] * (len(table) // 2)
    scored = nlpkit.themes(table.assign(status=status, theme="People"), encoder=ENCODER)
    by = scored.by("status")
    assert by.groupby("status")["updates"].sum().to_dict() == {"complete": 60, "at_risk": 60}
    plan = scored.by("theme")
    assert set(plan["plan_theme"]) == {"People"} and plan["at_risk"].sum() == 60
    assert scored.summary["complete"].sum() == 60
    assert set(scored.by("service")["service"]) == {"Northmoor Fire and Rescue Service"}


@pytest.mark.parametrize(
    ("recommendation", "rest"),
    [
        (
            "By 31 March 2024, the service should make sure that its hydrants are tested.",
            "its hydrants are tested.",
        ),
        ("The trust must ensure that wards are safe.", "wards are safe."),
        ("Improve the radios.", "Improve the radios."),
        ("That the council should act.", "That the council should act."),
    ],
)
def test_introductions_are_no_part_of_what_is_asked(recommendation: str, rest: str) -> None:
    assert asked(recommendation) == rest


@pytest.mark.parametrize(
    ("update", "own"),
    [
        ("See 5 above.", False),
        ("Complete", False),
        ("", False),
        ("No change since the last report.", False),
        ("Hydrant valves were replaced along the coast road.", True),
    ],
)
def test_pointers_and_statuses_have_no_words_of_their_own(update: str, own: bool) -> None:
    assert has_own_words(update) is own


def test_every_row_is_gathered_once_or_left_out(table: pd.DataFrame) -> None:
    rows = conform(pd.concat([table, pd.DataFrame({"update": ["", "N/a"]})]).fillna(""))
    subjects, left_out = gather(rows)
    places = [row for subject in subjects for row in subject.rows] + list(left_out)
    assert sorted(places) == list(range(len(rows)))


def test_many_subjects_join_the_themes_of_a_sample(
    monkeypatch: pytest.MonkeyPatch, table: pd.DataFrame
) -> None:
    monkeypatch.setattr(theme_clusters, "SAMPLE", 30)
    labels = ThemeModel(encoder=ENCODER).fit_predict(table)
    assert adjusted_rand_score(table["truth"], labels) > 0.8


def scattered(groups: int, each: int = 4) -> NDArray[np.float64]:
    """Unit vectors of so many groups, each around a direction of its own."""
    draw = np.random.default_rng(5)
    centres = draw.normal(size=(groups, 256))
    places = np.repeat(centres, each, axis=0) + 0.5 * draw.normal(size=(groups * each, 256))
    return np.asarray(places / np.linalg.norm(places, axis=1, keepdims=True))


@pytest.mark.parametrize("groups", [8, 40, 160])
def test_there_are_as_many_themes_as_the_subjects_have(groups: int) -> None:
    places = scattered(groups)
    rows = np.ones(len(places), dtype=np.int64)
    found = theme_clusters.cluster(places, rows, range(len(places)))
    assert abs(found.number - groups) <= 0.05 * groups
    assert adjusted_rand_score(np.repeat(np.arange(groups), 4), found.labels) > 0.9


def test_silhouettes_are_those_of_scikit_learn() -> None:
    from sklearn.metrics import silhouette_score

    places = scattered(12, each=5)
    tree = theme_clusters._tree(places)
    tried = theme_clusters._silhouettes(places, tree)
    assert list(tried) == theme_clusters._candidates(60)
    for number, value in tried.items():
        labels = theme_clusters._cut(tree, number)
        assert value == pytest.approx(silhouette_score(places, labels, metric="cosine"))


def test_subjects_out_of_the_sample_are_drawn_like_those_in_it() -> None:
    places = scattered(6, each=10)
    every = theme_clusters._moved(places, np.arange(60))
    some = theme_clusters._moved(places, np.arange(0, 60, 2))
    own = np.repeat(np.arange(6), 10)
    for moved in (every, some):
        np.testing.assert_allclose(np.linalg.norm(moved, axis=1), 1.0)
        cosines = moved @ moved.T
        assert cosines[own[:, None] == own].min() > 0.9 > 0.5 > cosines[own[:, None] != own].max()


def test_headings_tell_what_terse_recommendations_do_not() -> None:
    table = planted().assign(recommendation=[f"Improve this by step {n}." for n in range(60)], update="")
    headed = table.assign(section=[THINGS[name].capitalize() for name in table["truth"]])
    labels = ThemeModel(encoder=ENCODER).fit_predict(headed)
    assert adjusted_rand_score(table["truth"], labels) > 0.95
    assert adjusted_rand_score(table["truth"], ThemeModel(encoder=ENCODER).fit_predict(table)) < 0.5


def test_headings_that_name_no_subject_are_not_heeded(table: pd.DataFrame) -> None:
    under = ["People", "Water hydrants"] * (len(table) // 2)
    subjects, _ = gather(conform(table.assign(section=under)))
    assert {subject.under for subject in subjects} == {("Water hydrants",)}
    plain, _ = gather(conform(table.assign(section="Improvement plan")))
    assert {subject.under for subject in plain} == {()}


def test_headings_change_nothing_where_a_guide_decides(tmp_path, table: pd.DataFrame) -> None:  # type: ignore[no-untyped-def]
    guide = tmp_path / "guide.csv"
    guide.write_text(
        "id,title,text\nW,Water supplies,water hydrants valve\nR,Radios,handheld radios\n", "utf8"
    )
    under = nlpkit.themes(table.assign(section="Radio handsets"), guide=guide, encoder=ENCODER)
    plain = nlpkit.themes(table, guide=guide, encoder=ENCODER)
    assert under.assignments["theme_why"].tolist() == plain.assignments["theme_why"].tolist()


def test_ids_sort_as_numbers_when_there_are_more_than_99_themes() -> None:
    draw = random.Random(3)
    told = [" ".join("".join(draw.sample("bcdfghklmnprtvwz", 6)) for _ in range(6)) for _ in range(120)]
    table = pd.DataFrame({"update": [f"{text} {end}" for text in told for end in ("north", "south")]})
    ids = ThemeModel(120, ENCODER).fit(table).ids_
    assert len(ids) > 99 and ids == sorted(ids)


def test_a_number_may_begin_a_word_of_a_title() -> None:
    subject = Subject("All managers should undergo 360-degree feedback within 24 months.", (), (0,))
    (phrases,) = theme_titles.phrases_of([subject])
    assert "360-degree feedback" in phrases
    assert not [phrase for phrase in phrases if "24" in phrase]
