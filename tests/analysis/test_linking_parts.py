"""The parts of linking: examples, candidates in large catalogues, reasons, counterparts, catalogues built."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from numpy.typing import NDArray

from nlpkit.analysis.linking import COUNTERPART_COLUMNS, link, link_actions
from nlpkit.analysis.linking import table as linking_table
from nlpkit.analysis.linking.build import catalogue_table, check_catalogue, own_recommendations
from nlpkit.analysis.linking.candidates import choose, finder
from nlpkit.analysis.linking.counterparts import actions_catalogue
from nlpkit.analysis.linking.examples import (
    EXAMPLE_FEATURES,
    Examples,
    compare_examples,
    service_key,
    stored_examples,
)
from nlpkit.analysis.linking.facets import WithStored
from nlpkit.analysis.linking.pairs import PAIR_FEATURES, make_ready, pair_features, thresholds
from nlpkit.analysis.linking.parts import Row, vectors, window_vectors, windows
from nlpkit.analysis.linking.reasons import missing
from nlpkit.analysis.similarity import prepare
from nlpkit.catalogue import Catalogue, Entry, load_catalogue
from nlpkit.embedding.default import default_encoder
from nlpkit.errors import InputError, NlpkitError
from nlpkit.schema import conform
from tests.analysis.test_linking import Hashed


@pytest.fixture(scope="module")
def spotlight() -> Catalogue:
    return load_catalogue("spotlight")


def rows(*texts: str, service: str = "") -> list[Row]:
    return [Row((), (text,), service) for text in texts]


# --- stretches and examples ---------------------------------------------------------------------------


def test_stretches_are_passages_and_runs_of_sentences() -> None:
    row = Row((), ("a.", "b.", "c.", "a. b. c."))
    assert windows(row) == [
        ("a.",), ("b.",), ("c.",), ("a. b. c.",), ("a.", "b."), ("b.", "c."), ("a.", "b.", "c.")
    ]  # fmt: skip
    assert windows(Row((), ())) == []
    store = {"a.": np.array([1, 0], dtype=np.float32), "b.": np.array([0, 1], dtype=np.float32)}
    assert np.allclose(window_vectors([("a.",), ("a.", "b.")], store), [[1, 0], [0.5**0.5, 0.5**0.5]])


def test_an_example_of_the_same_service_is_left_aside() -> None:
    encoder = Hashed()
    texts = ["Hydrants are tested yearly.", "Boats are trained with.", "Hoses are tested.", "Roofs leak."]
    examples = Examples(
        vectors=encoder.encode(texts).astype(np.float64),
        grades=np.array([[2, 0], [0, 2], [1, 0], [0, 0]], dtype=np.int8),
        services=np.array([service_key("Aland"), *[service_key("Beland")] * 3]),
    )
    assert examples.covered.tolist() == [False, False]
    for service, nearest in (("Beland ", 1.0), ("aland", -0.2), ("", 1.0)):
        here = rows(texts[0], service=service)
        found = compare_examples(here, vectors(here, encoder.encode), examples)
        assert found.shape == (1, 2, len(EXAMPLE_FEATURES))
        assert found[0, 0, 0] == pytest.approx(nearest, abs=1e-5)


@pytest.mark.parametrize("among", [3, 6, 40])
def test_examples_of_anything_else_are_found_among_the_nearest(
    among: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    from nlpkit.analysis.linking import examples

    monkeypatch.setattr(examples, "_AMONG", among)
    random = np.random.default_rng(0)
    cosines = np.round(random.normal(size=(7, 30)), 1)
    grades = random.integers(0, 3, size=(30, 5)).astype(np.int8)
    grades[:, 4] = 0
    top, known = examples._top_elsewhere(cosines, grades)
    assert known[4] and known.all() == (among == 40)
    for entry in np.flatnonzero(known):
        assert (top[:, entry] == examples._top(cosines[:, grades[:, entry] == 0])).all()
    few = np.array([[2, 1], [0, 0]], dtype=np.int8)
    assert not examples._top_elsewhere(np.ones((3, 2)), few)[1].any(), "fewer than are wanted"
    assert examples._top_elsewhere(np.ones((0, 30)), grades)[0].shape == (0, 5, 3)


def test_examples_belong_to_one_catalogue_and_one_encoder(spotlight: Catalogue) -> None:
    name = default_encoder().name
    kept = stored_examples(spotlight, name)
    assert kept is not None and kept.covered.all() and kept.grades.shape[1] == len(spotlight.entries)
    assert np.allclose(np.linalg.norm(kept.vectors, axis=1), 1, atol=1e-2)
    assert stored_examples(spotlight, "another encoder") is None
    assert stored_examples(Catalogue("mine", (), spotlight.entries), name) is None
    other = Catalogue("spotlight", (), (Entry("1", "Hydrants", "Test hydrants."),))
    assert stored_examples(other, name) is None
    turned = stored_examples(Catalogue("spotlight", (), spotlight.entries[::-1]), name)
    assert turned is not None and (turned.grades[:, ::-1] == kept.grades).all()


def test_damaged_examples_are_refused(
    spotlight: Catalogue, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from nlpkit.analysis.linking import examples

    bad = tmp_path / "examples.npz"
    bad.write_bytes(b"not what was learned")
    monkeypatch.setattr(examples, "bundled", lambda _: bad)
    examples._stored.cache_clear()
    with pytest.raises(NlpkitError, match="damaged"):
        stored_examples(spotlight, default_encoder().name)
    examples._stored.cache_clear()


def test_the_catalogues_own_vectors_are_stored(spotlight: Catalogue) -> None:
    encoder = default_encoder()
    texts = [facet.text for facet in prepare(spotlight, Hashed()).facets]

    class Asked:
        name, dimension = encoder.name, encoder.dimension
        texts: tuple[str, ...] = ()

        def encode(self, texts: Sequence[str]) -> NDArray[np.float32]:
            self.texts += tuple(texts)
            return encoder.encode(texts)

    asked = Asked()
    stored = WithStored(asked).encode(["Something else.", *texts])
    assert asked.texts == ("Something else.",)
    made = encoder.encode(["Something else.", *texts])
    assert stored.dtype == np.float32 and (stored[0] == made[0]).all()
    assert np.einsum("ij,ij->i", stored, made).min() > 0.999
    assert WithStored(asked).encode([]).shape == (0, encoder.dimension)


def test_an_encoder_that_did_not_make_the_stored_vectors_is_asked_for_all(spotlight: Catalogue) -> None:
    texts = [spotlight.entries[0].title, "Something else."]
    assert (WithStored(Hashed()).encode(texts) == Hashed().encode(texts)).all()


def test_damaged_stored_vectors_are_refused(
    spotlight: Catalogue, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from nlpkit.analysis.linking import facets

    bad = tmp_path / "facets.npz"
    bad.write_bytes(b"not what was learned")
    monkeypatch.setattr(facets, "bundled", lambda _: bad)
    facets._stored.cache_clear()
    with pytest.raises(NlpkitError, match="damaged"):
        WithStored(default_encoder()).encode([spotlight.entries[0].title])
    facets._stored.cache_clear()


def test_a_whole_narrative_is_never_encoded(spotlight: Catalogue) -> None:
    class Asked(Hashed):
        texts: tuple[str, ...] = ()

        def encode(self, texts: Sequence[str]) -> NDArray[np.float32]:
            self.texts += tuple(texts)
            return super().encode(texts)

    encoder = Asked()
    store = vectors([Row((), ("Boats sank.", "Roofs leak.", "Boats sank. Roofs leak."))], encoder.encode)
    assert encoder.texts == ("Boats sank.", "Roofs leak.") and len(store) == 3


def test_thresholds_lie_between_nothing_and_certainty(spotlight: Catalogue) -> None:
    for model in ("plain", "actions"):
        same, related = thresholds(make_ready(spotlight, Hashed(), model=model))
        assert ((related > 0) & (related < same) & (same < 1)).all()


# --- large catalogues ---------------------------------------------------------------------------------

THINGS = [
    "hydrant",
    "ladder",
    "pump",
    "boat",
    "hose",
    "radio",
    "helmet",
    "tunic",
    "siren",
    "pager",
    "winch",
    "drone",
    "torch",
    "axe",
    "rope",
    "foam",
]
DOINGS = [
    "test",
    "repair",
    "count",
    "clean",
    "paint",
    "label",
    "store",
    "move",
    "weigh",
    "inspect",
    "mend",
    "sort",
    "lend",
    "sell",
    "oil",
    "dry",
]
LARGE = Catalogue(
    "large",
    (),
    tuple(
        Entry(
            f"{doing}-{thing}", f"{doing} each {thing}", f"Services should {doing} every {thing} in the yard."
        )
        for doing in DOINGS
        for thing in THINGS
    ),
)


def test_of_a_large_catalogue_the_nearest_are_judged(monkeypatch: pytest.MonkeyPatch) -> None:
    updates = conform(
        pd.DataFrame(
            [
                {
                    "row_id": "a",
                    "recommendation": "The service should weigh every drone in the yard.",
                    "update": "",
                },
                {"row_id": "b", "recommendation": "", "update": ""},
                {"row_id": "c", "recommendation": "Write to the landlord about subsidence.", "update": ""},
                {
                    "row_id": "d",
                    "recommendation": "Oil every winch in the yard each spring.",
                    "update": "Done.",
                },
            ]
        )
    )
    found = link(updates, LARGE, Hashed())
    first = found.drop_duplicates("row_id").set_index("row_id")
    assert first.loc["a", "id"] == "weigh-drone" and first.loc["d", "id"] == "oil-winch"
    assert set(found["row_id"]) <= {"a", "d"}
    monkeypatch.setattr(linking_table, "_ROWS", 1)
    pd.testing.assert_frame_equal(link(updates, LARGE, Hashed()), found)


def test_candidates_are_nearest_by_words_or_by_meaning_and_in_order() -> None:
    facets = prepare(LARGE, Hashed())
    here = rows("Label the foam and the rope.", "")
    chosen = choose(here, finder(facets), vectors(here, Hashed().encode))
    assert chosen.shape == (2, 20) and (np.diff(chosen, axis=1) > 0).all()
    ids = {LARGE.entries[i].id for i in chosen[0]}
    assert {"label-foam", "label-rope"} <= ids


def test_pair_by_pair_is_as_all_at_once(spotlight: Catalogue) -> None:
    encoder = Hashed()
    goal = make_ready(spotlight, encoder)
    here = [
        Row(("Staff can raise concerns.", "Who speaks up is helped.", "Staff can. Who speaks."), ("Done.",)),
        Row((), ("Equality impact assessments are done.",)),
        Row((), ()),
    ]
    store = vectors(here, encoder.encode)
    every = np.tile(np.arange(len(spotlight.entries)), (len(here), 1))
    one, other = pair_features(here, goal, store), pair_features(here, goal, store, every)
    assert one.shape == (3, len(spotlight.entries), len(PAIR_FEATURES))
    np.testing.assert_allclose(one, other, atol=2e-6)


# --- reasons ------------------------------------------------------------------------------------------


def test_what_is_missing_names_the_clause_and_what_the_action_speaks_of(spotlight: Catalogue) -> None:
    facets = prepare(spotlight, Hashed())
    row = Row(("Remind everyone of the whistleblowing policy.",), ())
    said = missing(0, row, facets)
    assert "the recommendation asks “Staff have a confidential route for speaking up”" in said
    assert "remind" in said and "whistleblowing works" not in said
    whole = Row(("Give staff a confidential route for speaking up, and say how whistleblowing works.",), ())
    assert missing(0, whole, facets) == ""


def test_related_links_and_no_others_say_what_is_missing(spotlight: Catalogue) -> None:
    updates = conform(
        pd.DataFrame(
            {
                "update": [
                    "EqIAs are done for all papers.",
                    "Support was given to staff.",
                    "The survey was sent.",
                ]
            }
        )
    )
    found = link(updates, spotlight, Hashed())
    lacking = found["why"].str.contains("missing for equivalence|nothing .* plainly missing")
    assert lacking.any() and lacking.tolist() == (found["grade"] == "related").tolist()


# --- counterparts -------------------------------------------------------------------------------------


def plan(service: str, *actions: tuple[str, str]) -> pd.DataFrame:
    made = [
        {"row_id": f"{service}-{n}", "service": service, "source": f"{service}.txt", "action_id": str(n)}
        | {"recommendation": asked, "update": told}
        for n, (asked, told) in enumerate(actions, 1)
    ]
    return conform(pd.DataFrame(made))


ONE = plan(
    "Aland", ("Test every hydrant once a year.", "200 were tested."), ("Paint the yard gate.", "Done.")
)
TWO = plan(
    "Beland",
    ("The service should test each hydrant once a year.", "Half are done."),
    ("Train boat crews.", ""),
)


def test_the_counterpart_of_an_action_is_found() -> None:
    found = link_actions(ONE, TWO, Hashed())
    assert tuple(found.columns) == COUNTERPART_COLUMNS
    best = found.iloc[0]
    assert best[["row_id", "to_row_id", "to_service", "to_action_id", "grade"]].tolist() == [
        "Aland-1", "Beland-1", "Beland", "1", "equivalent",
    ]  # fmt: skip
    assert "hydrant" in best["why"]
    assert "Aland-2" not in found["row_id"].tolist()


def test_an_action_is_no_counterpart_of_itself() -> None:
    found = link_actions(ONE, ONE, Hashed())
    assert (found["row_id"] != found["to_row_id"]).all()
    assert link_actions(ONE, TWO.iloc[:0], Hashed()).empty


def test_an_action_of_several_periods_is_one_entry() -> None:
    later = TWO.assign(row_id=TWO["row_id"] + "-later", recommendation="")
    catalogue, targets = actions_catalogue(pd.concat([later, TWO], ignore_index=True))
    assert len(catalogue.entries) == 2
    assert [target[0] for target in targets.values()] == ["Beland-1", "Beland-2"]


# --- catalogues ---------------------------------------------------------------------------------------


def test_a_catalogue_is_built_from_what_a_plan_quotes(tmp_path: Path) -> None:
    same = TWO.assign(row_id=["x", "y"], action_id=["8", "1"], source="again.txt")
    same.loc[same.index[1], "recommendation"] = "By 1 May 2031, the service must mend the roof; and soon."
    made, left = catalogue_table(own_recommendations(pd.concat([TWO, same], ignore_index=True)))
    assert made["id"].tolist() == ["1", "2", "1-2"] and left == 1
    assert made["title"].tolist()[0] == "Test each hydrant once a year."
    path = tmp_path / "c.csv"
    made.to_csv(path, index=False)
    entries = load_catalogue(path).entries
    assert entries[2].duty == "By 1 May 2031, the service must mend the roof; and soon."
    assert "3 recommendations, can be used" in check_catalogue(path)[0]


@pytest.mark.parametrize(
    ("lines", "complaint"),
    [
        (
            "1,Test hydrants.\n2,Train crews.\n3,The service should test hydrants\n",
            "line 4.*same as '1' on line 2",
        ),
        ("1,Test hydrants.\n1,Train crews.\n", "line 3.*used already on line 2"),
        ("1,Test hydrants.\n2,\n", "line 3.*no text"),
    ],
)
def test_a_catalogue_that_repeats_or_says_nothing_is_refused(
    lines: str, complaint: str, tmp_path: Path
) -> None:
    path = tmp_path / "c.csv"
    path.write_text(f"id,duty\n{lines}", encoding="utf8")
    with pytest.raises(InputError, match=complaint):
        check_catalogue(path)
