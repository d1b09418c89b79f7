"""Links: numbers decide first, then quotations, then similarity; and most actions have none."""

from __future__ import annotations

import hashlib
import json
import re
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hashed import Hashed

from nlpkit.analysis.linking import LINK_COLUMNS, PAIR_FEATURES, link, links_column, table_features
from nlpkit.analysis.linking import table as linking_table
from nlpkit.analysis.linking.pairs import make_ready
from nlpkit.analysis.similarity import FEATURES, compare, prepare, without_preamble
from nlpkit.catalogue import Catalogue, Entry, load_catalogue
from nlpkit.embedding.default import default_encoder
from nlpkit.language.annotations import Sentence, Stage, TextAnalysis
from nlpkit.language.references import find_references
from nlpkit.models import learned
from nlpkit.schema import conform

LINKS = Path(__file__).resolve().parents[2] / "corpora" / "links"
PAIRS = LINKS / "starter.jsonl"


@pytest.fixture(scope="module")
def spotlight() -> Catalogue:
    return load_catalogue("spotlight")


def table(*rows: dict[str, str]) -> pd.DataFrame:
    return conform(pd.DataFrame([{"update": "", **row} for row in rows]))


def linked(row: dict[str, str], catalogue: Catalogue) -> list[tuple[str, str]]:
    found = link(table(row), catalogue, Hashed())
    return list(zip(found["id"], found["grade"], strict=True))


# --- numbers decide ---------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("This meets Spotlight recommendation 12.", ["12"]),
        ("Work on Spotlight recs 12 and 14 is complete.", ["12", "14"]),
        ("Delivered under recommendation 27 of the HMICFRS values and culture report.", ["27"]),
        ("Answers recommendation no. 9 in the Spotlight.", ["9"]),
        ("Values & Culture in Fire and Rescue Services recommendation 33 applies.", ["33"]),
    ],
)
def test_a_number_in_the_text_decides(text: str, expected: list[str], spotlight: Catalogue) -> None:
    found = linked({"recommendation": f"Repair the roof. {text}"}, spotlight)
    assert [id_ for id_, grade in found if grade == "equivalent"] == expected


@pytest.mark.parametrize(
    "text",
    [
        "Recommendation 12 was closed.",  # whose?
        "The spotlight was on 12 stations.",
        "Spotlight recommendation 13 is for others.",  # not in the catalogue
        "Spotlight recommendation 1.2 is not a number of it.",
        "A values and culture session was held for 12 managers.",
    ],
)
def test_other_numbers_do_not(text: str, spotlight: Catalogue) -> None:
    assert not [
        id_
        for id_, _ in linked({"recommendation": f"Repair the roof. {text}"}, spotlight)
        if id_ in {"12", "1"}
    ]


@pytest.mark.parametrize(
    "update",
    [
        "See Spotlight recommendation 3.",
        "Please refer to the Spotlight report, recommendation 3; done.",
        "Covered by recommendation 3 of the values and culture report.",
        "See our response to Spotlight rec 3.",
    ],
)
def test_a_pointer_to_a_number_decides(update: str, spotlight: Catalogue) -> None:
    row = {"recommendation": "The yard should be kept tidy.", "update": update}
    found = link(table(row), spotlight, Hashed())
    assert found.iloc[0][["id", "grade"]].tolist() == ["3", "equivalent"]
    assert found.iloc[0]["score"] >= 0.9
    assert (found["grade"] == "equivalent").sum() == 1


def test_a_pointer_decides_before_similarity_does(spotlight: Catalogue) -> None:
    row = {
        "update": "See Spotlight recommendation 3. All heads of department have been trained to complete EqIAs."
    }
    assert linked(row, spotlight)[:2] == [("3", "equivalent"), ("27", "related")]


def test_a_pointer_does_not_silence_a_quotation() -> None:
    own = Catalogue("own", ("hydrant report",), OWN.entries)
    row = {
        "recommendation": "The service must test every hydrant in its area at least once a year.",
        "update": "See hydrant report recommendation R2.",
    }
    assert sorted(linked(row, own)) == [("R1", "equivalent"), ("R2", "equivalent")]


@pytest.mark.parametrize(
    "update",
    [
        "The yard was swept. Linked to Spotlight recommendation 3.",
        "The yard was swept, in line with Spotlight recommendation 3.",
        "See also Spotlight recommendation 3.",
    ],
)
def test_a_number_named_beside_is_only_related(update: str, spotlight: Catalogue) -> None:
    assert linked({"update": update}, spotlight) == [("3", "related")]


@pytest.mark.parametrize(
    "update",
    [
        "The yard was swept. This is not part of Spotlight recommendation 3.",
        "Unlike Spotlight recommendation 3, this is about the yard.",
    ],
)
def test_a_number_that_is_denied_is_none(update: str, spotlight: Catalogue) -> None:
    assert linked({"update": update}, spotlight) == []


@pytest.mark.parametrize(
    "text",
    [
        "Rec 9 of the peer review: buy smaller pumps.",
        "Peer review recommendation 9: buy smaller pumps.",
        "We met recommendation 12 of the coroner's report on drownings: smaller pumps were bought.",
        "Recommendations 3, 4 and 7.2 from the equality and inclusion audit ask for smaller pumps.",
    ],
)
@pytest.mark.parametrize("column", ["recommendation", "update"])
def test_a_number_of_another_report_draws_nothing(text: str, column: str, spotlight: Catalogue) -> None:
    assert linked({column: text}, spotlight) == []
    row = {column: text.replace("smaller pumps", "an anonymous whistleblowing hotline")}
    found = link(table(row), spotlight, Hashed())
    assert found.iloc[0]["id"] == "1" and "peer" not in found.iloc[0]["why"].lower()


def test_a_narrative_about_the_whole_catalogue_answers_none_of_it(spotlight: Catalogue) -> None:
    found = linked({"update": "Progress on Spotlight recommendations 1 to 34 was reported."}, spotlight)
    assert found and all(grade == "related" for _, grade in found)


@pytest.mark.parametrize("column", ["plan", "section"])
@pytest.mark.parametrize("action_id", ["21", "Rec 21", "S21", "Spotlight 21."])
def test_a_plan_that_names_the_catalogue_decides(column: str, action_id: str, spotlight: Catalogue) -> None:
    row = {column: "HMICFRS Spotlight report", "action_id": action_id, "update": "The tool has been bought."}
    found = link(table(row), spotlight, Hashed())
    assert found.iloc[0][["id", "grade", "score"]].tolist() == ["21", "equivalent", 1.0]
    assert "Spotlight" in found.iloc[0]["why"]


def test_plurals_and_ampersands_in_the_name_do_no_harm(spotlight: Catalogue) -> None:
    row = {"section": "Values & cultures in fire and rescue services", "action_id": "14 & 17"}
    assert [id_ for id_, grade in linked(row, spotlight) if grade == "equivalent"] == ["14", "17"]


@pytest.mark.parametrize(
    "row",
    [
        {"section": "How well does the service promote its values and culture?", "action_id": "1"},
        {"section": "Effectiveness", "action_id": "21"},
        {"section": "Spotlight report", "action_id": "121"},
        {"section": "Spotlight report", "action_id": "1.21"},
    ],
)
def test_numbers_of_other_lists_decide_nothing(row: dict[str, str], spotlight: Catalogue) -> None:
    assert linked({**row, "update": "The new engine was delivered."}, spotlight) == []


def test_a_number_that_the_text_contradicts_is_doubted(spotlight: Catalogue) -> None:
    slipped = {
        "section": "Spotlight report",
        "action_id": "10",
        "recommendation": "The service should carry out equality impact assessments that meet the NFCC equality "
        "impact assessment toolkit.",
    }
    found = link(table(slipped), spotlight, Hashed())
    assert found.iloc[0]["id"] == "27"
    ten = found[found["id"] == "10"].iloc[0]
    assert ten["grade"] == "related" and "but the text is that of 27" in ten["why"]
    right = link(table({**slipped, "action_id": "27"}), spotlight, Hashed())
    assert right.iloc[0][["id", "score"]].tolist() == ["27", 1.0]


def test_a_number_is_doubted_where_the_text_asks_for_something_else(spotlight: Catalogue) -> None:
    row = {
        "section": "Spotlight on prevention",
        "action_id": "10",
        "recommendation": "Buy smaller pumps for hills.",
    }
    assert linked(row, spotlight) == [("10", "related")]


def test_row_ids_and_file_names_decide_nothing(spotlight: Catalogue) -> None:
    for row in (
        {"row_id": "spotlight/27", "source": "plan.txt", "update": "The new engine was delivered."},
        {
            "row_id": "r",
            "source": "spotlight-27.txt",
            "update": "The new engine was delivered.",
            "action_id": "27",
        },
    ):
        assert linked(row, spotlight) == []


# --- words and meaning ------------------------------------------------------------------------------

OWN = Catalogue(
    "own",
    (),
    (
        Entry(
            "R1", "Hydrant tests", "Chief fire officers should test every hydrant in their area once a year."
        ),
        Entry(
            "R2", "Boat crews", "Chief fire officers should train boat crews for floods with the coastguard."
        ),
        Entry(
            "R3",
            "Hose testing",
            "Chief fire officers should test every length of hose in their area monthly.",
        ),
    ),
)


def test_a_quoted_recommendation_is_found(spotlight: Catalogue) -> None:
    row = {
        "recommendation": "By 1 May 2031, the service must test every hydrant in its area at least once a year"
    }
    found = link(table(row), OWN, Hashed())
    assert found.iloc[0][["id", "grade"]].tolist() == ["R1", "equivalent"]
    assert found.iloc[0]["score"] >= 0.9 and "quotes the duty" in found.iloc[0]["why"]


def test_the_shared_preamble_links_nothing(spotlight: Catalogue) -> None:
    row = {
        "recommendation": "By 1 June 2031, chief fire officers should make certain that roofs are repaired."
    }
    assert linked(row, spotlight) == []
    assert linked(row, OWN) == []


@pytest.mark.parametrize(
    ("text", "rest"),
    [
        ("By 1 June 2030, chief fire officers should make sure that crews rest.", "crews rest."),
        ("With immediate effect, chief constables should use the power.", "use the power."),
        ("“The service should assure itself that managers listen.”", "managers listen.”"),
        ("The Service must ensure it allocates enough vans", "allocates enough vans"),
        ("We found that crews were tired.", "crews were tired."),
        ("Monitor hours.", "Monitor hours."),
        ("The service should.", "The service should."),
    ],
)
def test_preambles_are_taken_off(text: str, rest: str) -> None:
    assert without_preamble(text) == rest


def quoted_in(why: str) -> list[str]:
    return re.findall(r"“([^”]+?)…?”", why)


@pytest.mark.parametrize(
    "row",
    [
        {"update": f"{'The yard was swept and the gate was painted. ' * 8}EqIAs are done for all papers."},
        {
            "recommendation": "By 1 June 2031, services should see that every report has an equality impact assessment."
        },
        {"section": "HMICFRS Spotlight report", "action_id": "27", "update": "Done."},
        {"update": "See Spotlight recommendation 27."},
        {"update": "This answers Spotlight recommendation 27."},
        {"update": "Linked to Spotlight recommendation 27."},
    ],
)
def test_the_reason_quotes_both_sides(row: dict[str, str], spotlight: Catalogue) -> None:
    found = link(table(row), spotlight, Hashed())
    why = found[found["id"] == "27"].iloc[0]["why"]
    entry = next(entry for entry in spotlight.entries if entry.id == "27")
    facets = [entry.title, entry.duty, *entry.aliases, *entry.details, f"{entry.title}: {entry.duty}"]
    mine, theirs = quoted_in(why)[0], quoted_in(why)[-1]
    asked = " ".join(row.values()).lower().replace("eqias", "equality impact assessment")
    assert mine.lower() in asked, why
    assert any(without_preamble(facet).startswith(theirs) or facet.startswith(theirs) for facet in facets), (
        why
    )
    if "shared words: " in why:
        for word in why.partition("shared words: ")[2].partition(";")[0].split(", "):
            assert word in mine.lower(), why


def test_a_subject_named_by_its_acronym_is_found(spotlight: Catalogue) -> None:
    found = link(
        table({"update": "All heads of department have been trained to complete EqIAs."}), spotlight, Hashed()
    )
    assert found.iloc[0]["id"] == "27"
    assert "impact" in found.iloc[0]["why"] and "~" in found.iloc[0]["why"]


def test_a_document_may_define_its_own_acronyms(spotlight: Catalogue) -> None:
    uses = {"row_id": "b", "source": "p.txt", "update": "EIQs are now routine."}
    defines = {
        "row_id": "a",
        "source": "p.txt",
        "update": "Equality Impact Questionnaires (EIQ) were designed.",
    }
    without = link(table(uses), spotlight, Hashed())
    with_it = link(table(defines, uses), spotlight, Hashed())
    assert "27" not in without["id"].tolist()
    assert "27" in with_it[with_it["row_id"] == "b"]["id"].tolist()


@pytest.mark.parametrize(
    "update",
    [
        "See 12 and 14.",
        "As above.",
        "As previous update.",
        "See recommendation 3 above.",
        "",
        "Complete",
        "N/a",
    ],
)
def test_a_bare_pointer_or_word_has_no_link(update: str, spotlight: Catalogue) -> None:
    assert linked({"update": update, "action_id": "18"}, spotlight) == []


def test_what_stands_beside_a_pointer_counts(spotlight: Catalogue) -> None:
    found = linked(
        {"update": "See 27 above. Equality impact assessments are quality assured by the team."}, spotlight
    )
    assert found[0][0] == "27"


def test_an_action_of_another_field_has_no_link(spotlight: Catalogue) -> None:
    for text in (
        "Replace two fire engines and refit the workshop.",
        "Hydrants are tested once a year and repaired within a month.",
        "Crews should train with breathing apparatus four times a year.",
    ):
        assert linked({"recommendation": text}, spotlight) == []


# --- the table --------------------------------------------------------------------------------------


def sample() -> pd.DataFrame:
    rows = [json.loads(line) for line in PAIRS.read_text(encoding="utf8").splitlines()]
    return conform(pd.DataFrame(rows[:60]).fillna("").drop(columns=["gold", "split"]))


def test_links_come_in_the_order_of_the_table_best_first(spotlight: Catalogue) -> None:
    updates = sample()
    found = link(updates, spotlight, Hashed())
    assert tuple(found.columns) == LINK_COLUMNS
    order = {row_id: i for i, row_id in enumerate(updates["row_id"])}
    assert found["row_id"].map(order).is_monotonic_increasing
    assert found["score"].between(0, 1).all() and set(found["grade"]) <= {"equivalent", "related"}
    assert (found["why"].str.len() > 0).all() and (found["catalogue"] == "spotlight").all()
    places = {entry.id: i for i, entry in enumerate(spotlight.entries)}
    for _, part in found.groupby("row_id"):
        keys = [
            (g != "equivalent", -s, places[i])
            for g, s, i in zip(part["grade"], part["score"], part["id"], strict=True)
        ]
        assert keys == sorted(keys) and len(part) <= 5 and part["id"].is_unique


def test_the_same_links_whatever_the_order_and_the_company(
    spotlight: Catalogue, monkeypatch: pytest.MonkeyPatch
) -> None:
    # In an order that says nothing; what one that does may change: test_linking_order.py.
    updates = sample().sample(frac=1, random_state=3).reset_index(drop=True)
    found = link(updates, spotlight, Hashed()).set_index("row_id", append=False)
    shuffled = link(updates.iloc[::-1].reset_index(drop=True), spotlight, Hashed())
    monkeypatch.setattr(linking_table, "_ROWS", 7)
    blocks = link(updates, spotlight, Hashed()).set_index("row_id")
    pd.testing.assert_frame_equal(found, blocks)
    assert len(shuffled) == len(found)
    for row_id, part in shuffled.groupby("row_id"):
        assert part.drop(columns="row_id").to_numpy().tolist() == found.loc[[row_id]].to_numpy().tolist()


def test_analyses_known_already_change_nothing(spotlight: Catalogue) -> None:
    updates = table(
        {"update": "See 4 above. Equality impact assessments are done for all papers."},
        {"update": "As recommendation 3."},
    )
    analyses = [
        TextAnalysis(
            text,
            (Sentence(text, 0, len(text), Stage.NONE, None, references=tuple(find_references(text))),),
        )
        for text in updates["update"]
    ]
    pd.testing.assert_frame_equal(
        link(updates, spotlight, Hashed(), analyses=analyses), link(updates, spotlight, Hashed())
    )


def test_links_as_a_column(spotlight: Catalogue) -> None:
    updates = table(
        {"row_id": "a", "update": "The roof was repaired."},
        {"row_id": "b", "section": "Spotlight", "action_id": "34", "update": "Done."},
    )
    column = links_column(updates, link(updates, spotlight, Hashed()))
    assert column[0] == []
    assert column[1][0] == {
        "id": "34",
        "title": "Applying the Core Code of Ethics",
        "grade": "equivalent",
        "score": 1.0,
    }


def test_an_empty_table_and_missing_columns(spotlight: Catalogue) -> None:
    assert link(pd.DataFrame({"update": []}), spotlight, Hashed()).empty
    found = link(
        pd.DataFrame({"row_id": ["a"], "update": ["Spotlight recommendation 9 is done."]}),
        spotlight,
        Hashed(),
    )
    assert found.iloc[0][["id", "grade"]].tolist() == ["9", "equivalent"]
    assert link(table({"update": None}, {"update": float("nan")}), spotlight, Hashed()).empty  # type: ignore[dict-item]


def test_a_catalogue_of_one_entry() -> None:
    one = Catalogue("one", (), OWN.entries[:1])
    assert linked({"recommendation": "Test every hydrant in the area once a year."}, one) == [
        ("R1", "equivalent")
    ]
    assert linked({"recommendation": "Paint the doors."}, one) == []


def test_each_distinct_passage_is_encoded_once(spotlight: Catalogue) -> None:
    encoder = Hashed()
    text = "Equality impact assessments are done for all papers."
    link(table(*[{"update": text}] * 5), spotlight, encoder)
    assert encoder.asked == len(prepare(spotlight, Hashed()).facets) + 1


# --- similarity -------------------------------------------------------------------------------------


def test_similarities_lie_between_nothing_and_the_same() -> None:
    facets = prepare(OWN, Hashed())
    texts = ["test every hydrant in their area once a year", "something else altogether", "hose"]
    scores = compare(texts, Hashed().encode(texts), facets)
    assert scores.shape == (3, 3, len(FEATURES))
    assert scores.min() >= -1e-6 and scores.max() <= 1 + 1e-6
    assert (scores[0].sum(axis=1).argmax(), scores[2].sum(axis=1).argmax()) == (0, 2)
    words = [i for i, name in enumerate(FEATURES) if name.startswith("words")]
    assert (scores[1][:, words] == 0).all()


def test_features_have_names(spotlight: Catalogue) -> None:
    goal = make_ready(spotlight, Hashed())
    features = table_features(table({"update": "Done."}), goal, Hashed())
    assert features.shape == (1, len(spotlight.entries), len(PAIR_FEATURES))
    assert goal.features == PAIR_FEATURES


def test_the_models_were_learned_from_the_pairs_that_are_here() -> None:
    recorded = learned("linking")["learned_from"]
    for path in (PAIRS, LINKS / "plans.jsonl"):
        found = hashlib.sha256(path.read_bytes()).hexdigest()
        assert recorded[f"corpora/links/{path.name}"] == found, "run benchmarks/linking.py --fit"


# --- the real encoder -------------------------------------------------------------------------------


@pytest.mark.slow
def test_quality_on_services_that_were_not_learned_from(spotlight: Catalogue) -> None:
    lines = [
        line
        for path in sorted(LINKS.glob("*.jsonl"))
        for line in path.read_text(encoding="utf8").splitlines()
    ]
    rows = [row for row in map(json.loads, lines) if row["split"] == "check"]
    found = link(pd.DataFrame(rows).fillna("").drop(columns="gold"), spotlight, default_encoder())
    best = found.drop_duplicates("row_id").set_index("row_id")["id"].to_dict()
    same = found[found["grade"] == "equivalent"].groupby("row_id")["id"].agg(set).to_dict()
    have = [row for row in rows if row["gold"]["equivalent"]]
    none = [row for row in rows if not row["gold"]["equivalent"] and not row["gold"]["related"]]
    assert len(have) >= 120 and len(none) >= 110
    assert np.mean([best.get(row["row_id"]) in row["gold"]["equivalent"] for row in have]) >= 0.9
    assert np.mean([row["row_id"] not in same for row in none]) >= 0.95
    right = sum(len(same.get(row["row_id"], set()) & set(row["gold"]["equivalent"])) for row in rows)
    said, wanted = sum(map(len, same.values())), sum(len(row["gold"]["equivalent"]) for row in rows)
    assert 2 * right / (said + wanted) >= 0.84


@pytest.mark.slow
def test_neighbouring_duties_are_told_apart(spotlight: Catalogue) -> None:
    cases = {
        "Staff know how to raise concerns confidentially.": "1",
        "Employees can raise a concern in confidence.": "1",
        "Members of the public can raise concerns about our staff on the website.": "5",
        "Every director has completed a 360-degree review with an outside coach.": "21",
        "360-degree reviews are now being given to watch managers and team leaders.": "22",
        "A welfare officer was offered to both sides and to witnesses while the investigation went on.": "18",
        "The outside helpline lets staff report wrongdoing without giving their name.": "1",
        "The website tells residents how to complain about a firefighter and who will investigate.": "5",
        "Fewer staff leave the disability question blank in the HR system.": "28",
    }
    rows = table(*({"row_id": text, "update": text} for text in cases))
    found = link(rows, spotlight, default_encoder())
    assert found.drop_duplicates("row_id").set_index("row_id")["id"].to_dict() == cases
