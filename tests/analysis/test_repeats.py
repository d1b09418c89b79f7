from __future__ import annotations

import random
import time

import pytest
from planted import PARAPHRASES, UPDATES, edited, plant, sentences

from nlpkit.analysis.repeats import Repeat, find_repeats
from nlpkit.analysis.words import shared_spans

RELAY = "Two crews from the eastern stations practised relay pumping at the quarry lake."


def _iou(spans: list[tuple[int, int]], truth: tuple[int, int]) -> float:
    found = {place for span in spans for place in range(*span)}
    wanted = set(range(*truth))
    return len(found & wanted) / len(found | wanted)


def _spans(repeats: list[Repeat], place: int) -> list[tuple[int, int]]:
    return [(r.left_start, r.left_end) if r.left == place else (r.right_start, r.right_end) for r in repeats]


@pytest.mark.parametrize("rate", [0.0, 0.05, 0.1, 0.15, 0.2])
def test_planted_passages_are_found_where_they_stand(rate: float) -> None:
    rng = random.Random(20)
    overlaps, found, wrong, trials = [], 0, 0, 60
    for _ in range(trials):
        planted = plant(rng, rate)
        pair = tuple(sorted((planted.source, planted.host)))
        repeats = find_repeats(planted.texts)
        right = [r for r in repeats if (r.left, r.right) == pair]
        wrong += len(repeats) - len(right)
        found += bool(right)
        if right:
            overlaps.append(_iou(_spans(right, planted.host), planted.host_span))
            overlaps.append(_iou(_spans(right, planted.source), planted.source_span))
    assert found / trials >= 0.98
    assert sum(overlaps) / len(overlaps) >= 0.93
    assert wrong == 0


def test_a_chance_passage_of_heavily_edited_words_is_not_invented() -> None:
    rng = random.Random(3)
    planted = [plant(rng, 0.7) for _ in range(40)]
    found = sum(bool(find_repeats(one.texts)) for one in planted)
    assert found <= 2


def test_unrelated_updates_share_nothing() -> None:
    assert find_repeats(UPDATES) == []


def test_paraphrases_are_not_repeats() -> None:
    texts = [text for pair in PARAPHRASES for text in pair]
    about = [n // 2 for n in range(len(texts))]
    assert find_repeats(texts, about) == []
    hosts = [next(u for u in UPDATES[n:] if first not in u) for n, (first, _) in enumerate(PARAPHRASES)]
    mixed = [f"{host} {second}" for host, (_, second) in zip(hosts, PARAPHRASES, strict=True)]
    mixed += [first for first, _ in PARAPHRASES]
    pairs = {(r.left, r.right) for r in find_repeats(mixed)}
    assert not pairs & {(n, n + len(PARAPHRASES)) for n in range(len(PARAPHRASES))}


def test_offsets_shares_and_words() -> None:
    left = f"The rota was agreed. {RELAY} Nobody was hurt."
    right = f"{RELAY} Hose was dried afterwards."
    (repeat,) = find_repeats([left, right])
    assert left[repeat.left_start : repeat.left_end] == RELAY.rstrip(".")
    assert right[repeat.right_start : repeat.right_end] == RELAY.rstrip(".")
    assert repeat.words == 13
    assert repeat.left_share == pytest.approx(13 / 20)
    assert repeat.right_share == pytest.approx(13 / 17)
    assert not repeat.same_action


def test_line_breaks_case_and_quotes_do_not_hide_a_copy() -> None:
    wrapped = RELAY.replace(" ", "\n", 5).replace("eastern", "EASTERN")
    assert len(find_repeats([RELAY, wrapped])) == 1
    straight = "The brigade's own fitters' bay now checks every pump before the winter season starts."
    assert len(find_repeats([straight, straight.replace("'", "’") + " Done twice."])) == 1


def test_a_sentence_with_its_parts_reordered_is_one_passage() -> None:
    one = (
        "Lessons from Calm Harbour will be carried into the Marine Training Plan 2027/28 and 2028/29 as apt."
    )
    two = "Calm Harbour lessons to be carried in Marine Training Plan 2027/28 and 2028/29 as needed."
    (repeat,) = find_repeats([f"The pier reopened. {one}", f"{two} The buoy was painted."])
    assert repeat.left_start == len("The pier reopened. ")
    assert repeat.right_end == len(two) - 1


def test_two_passages_moved_about_are_both_found() -> None:
    first, second, third = sentences(UPDATES[1])
    moved = f"{third} In between stands something quite different about ladders. {first}"
    found = find_repeats([UPDATES[1], moved])
    assert sorted(_spans(found, 1)) == [
        (0, len(third) - 1),
        (moved.index(first), len(moved) - 1),
    ]
    assert second not in moved


@pytest.mark.parametrize(
    "text", ["See 5 above.", "Complete", "No further action required.", "Work is under way.", "N/a", "-"]
)
def test_short_formulas_under_two_actions_are_no_repeat(text: str) -> None:
    assert find_repeats([text, text], actions=["1", "2"]) == []


def test_a_short_sentence_with_content_is_a_repeat_as_a_whole() -> None:
    text = "Drill tower repairs finished ahead of winter."
    assert len(find_repeats([text, f"{text} Ladders were moved back in."])) == 1
    assert find_repeats([text, "Drill tower repairs finished ahead of the ladders being moved in."]) == []


def test_a_turn_of_phrase_is_no_repeat() -> None:
    one = "A full review will be carried out in line with the service's policy, covering all four vehicles."
    two = "Overtime spending fell in line with the service's policy, and the bank holiday rota was kept."
    assert find_repeats([one, two]) == []


def test_between_updates_on_one_action_less_makes_a_repeat() -> None:
    texts = ["See 5 above.", "See 5 above.", "Options are still being weighed as part of the marine plan."]
    texts += ["The pier was closed. Options are still being weighed."]
    found = find_repeats(texts, actions=[1, 1, 2, 2])
    assert [(r.left, r.right, r.same_action) for r in found] == [(0, 1, True), (2, 3, True)]
    assert found[0].left_share == 1.0


def test_words_set_aside_do_not_count() -> None:
    asked = "The brigade should make sure that every hydrant in rural parishes is inspected once a year"
    left = f"{asked}. A van was bought."
    right = f"The report says: {asked}. Maps were redrawn."
    assert len(find_repeats([left, right])) == 1
    ignore = [shared_spans(left, asked), shared_spans(right, asked)]
    assert [left[a:b] for a, b in ignore[0]] == [asked]
    assert find_repeats([left, right], ignore=ignore) == []


def test_groups_and_apart_say_what_is_compared() -> None:
    texts = [RELAY, RELAY, RELAY]
    assert {(r.left, r.right) for r in find_repeats(texts)} == {(0, 1), (0, 2), (1, 2)}
    assert {(r.left, r.right) for r in find_repeats(texts, ["a", "b", "a"])} == {(0, 2)}
    assert {(r.left, r.right) for r in find_repeats(texts, apart=["x", "x", "y"])} == {(0, 2), (1, 2)}


def test_boilerplate_links_each_text_to_the_first_and_the_one_before() -> None:
    texts = [f"{RELAY} Note {n * 7919} follows." for n in range(30)]
    pairs = {(r.left, r.right) for r in find_repeats(texts, most=10)}
    assert pairs == {(n - 1, n) for n in range(1, 30)} | {(0, n) for n in range(2, 30)}


def test_empty_and_wordless_texts() -> None:
    assert find_repeats([]) == []
    assert find_repeats(["", "—", "…", ""], actions=[1, 1, 1, 1]) == []


def test_same_input_same_output() -> None:
    planted = plant(random.Random(5), 0.1)
    assert find_repeats(planted.texts) == find_repeats(list(planted.texts))
    backwards = find_repeats(planted.texts[::-1])
    last = len(planted.texts) - 1
    mirrored = {
        (last - r.right, last - r.left, r.right_start, r.right_end, r.left_start, r.left_end)
        for r in backwards
    }
    assert mirrored == {
        (r.left, r.right, r.left_start, r.left_end, r.right_start, r.right_end)
        for r in find_repeats(planted.texts)
    }


def test_work_grows_with_the_words_and_not_their_square() -> None:
    rng = random.Random(11)
    words = sorted({word for text in UPDATES for word in text.split()})

    def corpus(size: int) -> list[str]:
        texts = [" ".join(rng.choices(words, k=70)) for _ in range(size)]
        for n in range(0, size, 10):
            texts[n] += ". " + edited(UPDATES[n % len(UPDATES)], 0.1, rng)
        return texts

    def seconds(texts: list[str]) -> float:
        started = time.process_time()
        find_repeats(texts, [n // 60 for n in range(len(texts))])
        return time.process_time() - started

    small, large = corpus(500), corpus(2000)
    seconds(small)
    assert seconds(large) < 8 * max(seconds(small), 0.02)
