"""Which earlier updates of a history bear on a table, and on which of its actions.

Actions are followed through the issues of a service's plans in the order of their dates. An action
of the next issue is one known before where, in this order,

1. the id and the recommendation are the same;
2. the id is the same and the recommendations agree (reworded or cut short);
3. the recommendation is the same and only one action on either side has it (renumbered);
4. the id is the same and one side gives no recommendation to check it by.

Each known action goes on in at most one action of an issue; what is left over is new.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import date

import pandas as pd

from nlpkit.analysis.actions import Before, Row, action_key, number_actions, rows_of, words_asked
from nlpkit.analysis.promises import as_of_start
from nlpkit.analysis.words import Vocabulary, sharing
from nlpkit.features import Features, deadlines, moments
from nlpkit.language.annotations import TextAnalysis
from nlpkit.language.terms import content_terms
from nlpkit.schema import service_key

__all__ = ["follow", "followed", "said_before"]

_AGREE = 0.75  # of the content words of two recommendations, what must be shared
_CUT_SHORT = 5  # content words that a recommendation must have left when it is cut short
_TELLING = 3  # words that a recommendation must have to be known again by itself
_NOTHING = TextAnalysis("", ())


def said_before(
    updates: pd.DataFrame, features: Features, past: pd.DataFrame, *, sift: bool = True
) -> Before:
    """The updates of a history that an update table is held against.

    Left out are the table's own rows, as they were recorded earlier, what the table tells itself (an
    update on the same action at the same moment), and what has neither an action nor words in common
    with the table. They are not read sentence by sentence: most judgements need their words only.

    Args:
        updates: the table to be judged.
        features: of its rows.
        past: what :func:`nlpkit.history.recall` returned.
        sift: leave out what has no words in common with the table; without it, whoever has all of the table
            must (:func:`nlpkit.analysis.words.sharing`).
    """
    new = rows_of(updates, features)
    before = _not_own(_past_rows(past, len(new)), new)
    actions = follow(new, before)
    told = {(number, _moment(row)) for number, row in zip(actions, new, strict=True)}
    before = [row for row in before if (row.action, _moment(row)) not in told]
    mine = set(actions)
    same = [row for row in before if row.action in mine]
    others = _once([row for row in before if row.action not in mine])
    kept = [*same, *(_sharing(others, new) if sift else others)]
    kept.sort(key=lambda row: row.place)
    return Before(tuple(replace(row, place=len(new) + n) for n, row in enumerate(kept)), tuple(actions))


def followed(past: pd.DataFrame) -> list[int]:
    """For each update of a history the number of its action, the same over issues and renumbering."""
    rows = _past_rows(past, 0)
    follow([], rows)
    return [row.action for row in rows]


def _past_rows(past: pd.DataFrame, start: int) -> list[Row]:
    rows = []
    cells = zip(past.to_dict("records"), moments(past), deadlines(past), strict=True)
    for n, (cell, day, due) in enumerate(cells):
        document = (cell["service"], cell["source"], cell["issue"])
        rows.append(
            Row(
                place=start + n,
                row_id=cell["row_id"],
                document=document,
                part=(*document, cell["plan"], cell["section"]),
                action_id=cell["action_id"],
                period=" ".join((cell["period"] or cell["as_of"]).casefold().split()),
                period_rank=0,
                as_of=day,
                start=as_of_start(cell["as_of"], day),
                update=TextAnalysis(cell["update"], ()),
                planned=_NOTHING,
                recommendation=cell["recommendation"],
                required_outcome=cell["required_outcome"],
                due=due,
                due_text=cell["due"] or cell["due_date"],
                known=True,
            )
        )
    return rows


def _moment(row: Row) -> date | str:
    return row.as_of or row.period


def _not_own(before: Iterable[Row], new: Sequence[Row]) -> list[Row]:
    """The history without the table's own rows; a row may have been given its service meanwhile."""
    own: dict[tuple[str, date | str], set[str]] = defaultdict(set)
    for row in new:
        own[row.row_id, _moment(row)].add(service_key(row.document[0]))
    left = []
    for row in before:
        services = own.get((row.row_id, _moment(row)), set())
        service = service_key(row.document[0])
        if not (service in services or (services and (not service or "" in services))):
            left.append(row)
    return left


def _once(rows: Sequence[Row]) -> list[Row]:
    """Each text of an action once: the first."""
    first: dict[tuple[int, str], Row] = {}
    for row in sorted(rows, key=lambda row: (row.as_of or date.max, row.place)):
        first.setdefault((row.action, row.update.text), row)
    return sorted(first.values(), key=lambda row: row.place)


def _sharing(kept: Sequence[Row], new: Sequence[Row]) -> list[Row]:
    """Of updates on other actions, those with words in common with the table's."""
    share = sharing([row.update.text for row in kept], [row.update.text for row in new], Vocabulary())
    return [row for row, common in zip(kept, share, strict=True) if common]


# -- the same action over time -----------------------------------------------------------------


@dataclass(slots=True)
class _Action:
    """An action of one issue of a plan, or, as last known, of all issues so far."""

    name: str
    asked: str
    stems: frozenset[str]
    place: tuple[str, str]  # plan and section
    outcome: str
    rows: list[Row]
    number: int = -1  # of the known action that it goes on


_Fits = Callable[[_Action, _Action], bool]


def follow(new: Sequence[Row], before: Sequence[Row]) -> list[int]:
    """The number of each new row's action, given to the earlier rows on the same action too.

    Earlier rows on other actions get negative numbers.
    """
    issues: dict[str, dict[tuple[str, ...], list[Row]]] = defaultdict(lambda: defaultdict(list))
    for row in [*before, *new]:
        service = service_key(row.document[0])
        # Plans of an unnamed service are the same only if their files have one name.
        issues[service or f"\0{row.document[1]}"][row.document].append(row)
    tracks = 0
    on_track: dict[int, int] = {}  # the first row's place of an issue's action → number of its track
    members: dict[int, list[Row]] = defaultdict(list)
    for documents in issues.values():
        known: list[_Action] = []
        for document in sorted(documents, key=lambda name: (_last_day(documents[name]), name)):
            rows = documents[document]
            actions = _actions(rows)
            _match(actions, known)
            for action in actions:
                if action.number < 0:
                    action.number, tracks = tracks, tracks + 1
                    known.append(action)
                members[action.number].extend(action.rows)
            going_on = {action.number: action for action in actions}
            known = [going_on.get(action.number, action) for action in known]
    # Rows of the table that were on one action stay so; a track may join what the table could not.
    leader: dict[int, int] = {}

    def root(number: int) -> int:
        while leader.setdefault(number, number) != number:
            number = leader[number]
        return number

    for rows in members.values():
        numbers = sorted({root(row.action) for row in rows if not row.known})
        leader.update(dict.fromkeys(numbers[1:], min(numbers, default=0)))
    for track, rows in members.items():
        numbers = [root(row.action) for row in rows if not row.known]
        on_track[track] = numbers[0] if numbers else -1 - track
    for track, rows in members.items():
        for row in rows:
            if row.known:
                row.action = on_track[track]
    return [root(row.action) for row in new]


def _last_day(rows: Iterable[Row]) -> date:
    return max(row.as_of or date.min for row in rows)


def _actions(rows: Sequence[Row]) -> list[_Action]:
    """The actions of one issue, in its order."""
    if rows[0].known:
        number_actions(rows)
    by_number: dict[int, list[Row]] = defaultdict(list)
    for row in rows:
        by_number[row.action].append(row)
    found = []
    for members in by_number.values():
        one = members[0]
        asked = words_asked(one.recommendation)
        # A row without an id or a recommendation goes by its own id.
        name = action_key(one.action_id) or ("" if asked else f"\0{one.row_id}")
        stems = frozenset(stem for stem, _ in content_terms(one.recommendation))
        place = (str(one.part[-2]), str(one.part[-1])) if isinstance(one.part, tuple) else ("", "")
        found.append(_Action(name, asked, stems, place, words_asked(one.required_outcome), members))
    return found


def _match(actions: Sequence[_Action], known: Sequence[_Action]) -> None:
    """Give the actions of an issue the numbers of the known actions that they go on."""
    free = {action.number: action for action in known}
    steps: tuple[tuple[Callable[[_Action], object], _Fits], ...] = (
        (lambda one: (one.name, one.asked) if one.name else None, _anything),
        (lambda one: one.name or None, _agreeing),
        (lambda one: one.asked if len(one.stems) >= _TELLING else None, _anything),
        (lambda one: one.name or None, lambda one, other: not (one.asked and other.asked)),
    )
    for key, fits in steps:
        ones: dict[object, list[_Action]] = defaultdict(list)
        others: dict[object, list[_Action]] = defaultdict(list)
        for action in actions:
            if action.number < 0 and key(action) is not None:
                ones[key(action)].append(action)
        for other in free.values():
            others[key(other)].append(other)
        for name, group in ones.items():
            for narrower in (_same_place, _same_outcome, _anything):
                _pair(group, others[name], free, _both(narrower, fits))


def _both(first: _Fits, second: _Fits) -> _Fits:
    return lambda one, other: first(one, other) and second(one, other)


def _pair(
    ones: Sequence[_Action],
    others: Sequence[_Action],
    free: dict[int, _Action],
    fits: _Fits,
) -> None:
    """Match those of two groups that fit one of the other group only, and are the only ones to."""
    for one in ones:
        if one.number >= 0:
            continue
        left = [other for other in others if other.number in free and fits(one, other)]
        if len(left) == 1 and not any(
            rival is not one and rival.number < 0 and fits(rival, left[0]) for rival in ones
        ):
            one.number = left[0].number
            del free[one.number]


def _anything(one: _Action, other: _Action) -> bool:
    return True


def _same_place(one: _Action, other: _Action) -> bool:
    return one.place == other.place


def _same_outcome(one: _Action, other: _Action) -> bool:
    return one.outcome == other.outcome


def _agreeing(one: _Action, other: _Action) -> bool:
    """Whether two recommendations say the same, reworded or cut short; two empty ones do."""
    if not one.asked or not other.asked:
        return not one.asked and not other.asked
    shared = len(one.stems & other.stems)
    shorter, longer = sorted((len(one.stems), len(other.stems)))
    if shorter >= _CUT_SHORT and shared == shorter:
        return True
    return 2 * shared >= _AGREE * (shorter + longer) and shared > 0
