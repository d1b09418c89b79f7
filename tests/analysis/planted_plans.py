"""Plans with pointers of known targets, promises of known dates and facts of known places planted in them."""

from __future__ import annotations

import calendar
import random
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from itertools import pairwise
from typing import Any

from planting import drawn, sentences

# -- pointers --------------------------------------------------------------------------------

ONE = (
    "See {0} above.",
    "See {0}",
    "Please see {0} above for the full position.",
    "Please refer to {0}.",
    "As with {0}, this sits with the fleet board.",
    "Covered under {0}.",
    "This is being taken forward under {0}.",
    "Same as {0} above.",
    "Duplicate of {0}.",
    "Please see the update for {0}.",
    "The response to {0} above is also relevant here.",
    "This action has been merged with {0}.",
    "As per {0} above.",
    "Refer to {0} for progress.",
)
RANGE = (
    "See {0} to {1} above.",
    "Please refer to {0} to {1}.",
    "See {0}-{1}.",
    "As per {0}–{1} above.",
    "Please see the responses to {0} to {1}.",
)
LIST = (
    "See {0} and {1} above.",
    "See {0}, {1} and {2}.",
    "Please see {0} & {1}.",
    "Please see the responses above (particularly {0} and {1}).",
    "Refer to {0}, {1}, {2} above.",
    "This is covered in {0} and {1}.",
    "Linked to {0} and {1}.",
)
ABOVE = (
    "As above.",
    "As above",
    "See above.",
    "Ditto",
    "Please see response above.",
    "As stated above.",
    "See previous recommendation.",
)
NOUNS = ("", "action ", "recommendation ", "AFI ")
"""Put before the first number; a number with a noun names an action in any form."""

SERIES: tuple[Callable[[int], str], ...] = (
    lambda n: str(n),
    lambda n: str(n),
    lambda n: f"Effective {n}",
    lambda n: f"R{n}",
    lambda n: f"AFI-{n:02d}",
    lambda n: f"{1 + n // 7}.{1 + n % 7}",
)


@dataclass
class Pointing:
    """A plan of one period, and for each of its rows that points, what it names and where that ends."""

    rows: list[dict[str, Any]]
    named: dict[int, list[int]]
    ends: dict[int, set[int]]


def _row(name: str, row: dict[str, Any], **more: str) -> dict[str, Any]:
    return {"action_id": name, "update": row["update"], "as_of": "2024-06", **more}


def pointing_plan(rng: random.Random, size: int = 24) -> Pointing:
    """A plan in which a third of the actions point at others, singly, by ranges and lists, and by place."""
    name = rng.choice(SERIES)
    ids = [name(n) for n in range(1, size + 1)]
    bare = ids[0].isdigit()
    rows = [_row(ids[n], row) for n, row in enumerate(drawn(rng, size))]
    pointing = sorted(rng.sample(range(5, size), size // 3))
    telling = [n for n in range(size) if n not in pointing]
    named: dict[int, list[int]] = {}
    for n in pointing:
        kind = rng.choice(("one", "one", "range", "list", "above"))
        if kind == "above" and n - 1 in telling:
            text, named[n] = rng.choice(ABOVE), [n - 1]
        elif kind == "range" and bare:
            first = rng.randrange(0, 3)
            last = rng.randrange(first + 1, 5)
            text = rng.choice(RANGE).format(
                rng.choice(("", "actions ", "recommendations ")) + ids[first], ids[last]
            )
            named[n] = list(range(first, last + 1))
        elif kind == "list":
            form = rng.choice(LIST)
            named[n] = rng.sample(telling, form.count("{"))
            texts = [ids[k] for k in named[n]]
            noun = "" if not bare else rng.choice(("", "actions ", "recommendations "))
            text = form.format(noun + texts[0], *texts[1:])
        else:
            named[n] = [rng.choice(telling)]
            noun = rng.choice(NOUNS) if bare else ""
            text = rng.choice(ONE).format(noun + ids[named[n][0]])
        if kind != "above" and rng.random() < 0.4:  # beside a position of its own
            text = f"{text.rstrip('.')}. {rows[n]['update']}"
        rows[n]["update"] = text
    return Pointing(rows, named, {n: set(targets) for n, targets in named.items()})


def chained_plan(rng: random.Random, size: int = 24) -> Pointing:
    """A plan with a chain of two to five pointers to an action that tells, and a loop of two to four."""
    rows = [_row(str(n + 1), row) for n, row in enumerate(drawn(rng, size))]
    free = rng.sample(range(size), size)
    chain = [free.pop() for _ in range(rng.randrange(3, 7))]
    loop = [free.pop() for _ in range(rng.randrange(2, 5))]
    named: dict[int, list[int]] = {}
    ends: dict[int, set[int]] = {}
    for here, there in [*pairwise(chain), *pairwise([*loop, loop[0]])]:
        form = rng.choice([form for form in ONE if "fleet" not in form])
        rows[here]["update"] = form.format(rng.choice(NOUNS[1:]) + rows[there]["action_id"])
        named[here] = [there]
        ends[here] = {chain[-1]} if here in chain else set()
    return Pointing(rows, named, ends)


# -- promises --------------------------------------------------------------------------------

PROMISES = (
    "The {0} will be {1} by {2}.",
    "We expect the {0} to be {1} by {2}.",
    "The {0} is due to be {1} by {2}.",
    "The {0} should be {1} by {2}.",
    "It is planned that the {0} will be {1} by {2}.",
    "By {2}, the {0} will be {1}.",
    "Work is under way and the {0} will be {1} by {2}.",
    "The {0} (to be {1} by {2}) is being drawn up.",
    "The {0} is scheduled to be {1} by {2}.",
)
TOLD = (
    "The {0} was {1} by {2}.",
    "By {2} the {0} had been {1}.",
    "The {0}, which was {1} by {2}, is used by every watch.",
)
"""What was done by a date is no promise."""
AT_A_MEETING = (
    "The {0} will go to the {2} board for approval.",
    "The {0} will be put to the Authority at its {2} meeting.",
)
NEXT_MEETING = (
    "The {0} will be {1} by the next meeting.",
    "We will have the {0} {1} by the next meeting of the board.",
    "The {0} is to be {1} at the next meeting of the Authority.",
)
"""No date: nothing in the text tells whether that meeting has been held."""
THINGS = ("hose strategy", "marine plan", "coaching scheme", "drill yard lease", "kit register", "rota guide")
DONE = ("signed", "published", "adopted", "issued", "tested", "agreed")

_SEASON_ENDS = {"spring": (5, 31), "summer": (8, 31), "autumn": (11, 30)}


@dataclass(frozen=True)
class Promise:
    """A sentence, and whether what it promises had gone by on the first day of ``as_of``."""

    text: str
    as_of: str
    expired: bool


def _written(rng: random.Random, moment: date) -> tuple[str, date]:
    """A date near ``moment`` as plans write it, and the last day that it means."""
    month = calendar.monthrange(moment.year, moment.month)[1]
    ends_month = moment.replace(day=month)
    quarter = (moment.month - 4) % 12 // 3 + 1  # of the financial year, from April
    starts = moment.year if moment.month >= 4 else moment.year - 1
    year = f"{starts}/{(starts + 1) % 100:02d}"
    quarter_ends = date(
        starts + (quarter == 4), {1: 6, 2: 9, 3: 12, 4: 3}[quarter], {1: 30, 2: 30, 3: 31, 4: 31}[quarter]
    )
    season = rng.choice(sorted(_SEASON_ENDS))
    half_ends = date(moment.year, 6, 30) if moment.month <= 6 else date(moment.year, 12, 31)
    half = "first" if moment.month <= 6 else "second"
    return rng.choice(
        [
            (f"{moment.day} {moment:%B %Y}", moment),
            (f"{moment:%d/%m/%Y}", moment),
            (f"{moment.day} {moment:%b} {moment.year}", moment),
            (f"{moment:%B %Y}", ends_month),
            (f"the end of {moment:%B %Y}", ends_month),
            (f"{moment:%b %Y}", ends_month),
            (f"Q{quarter} {year}", quarter_ends),
            (f"quarter {quarter} of {year}", quarter_ends),
            (f"the end of Q{quarter} {year}", quarter_ends),
            (f"{season} {moment.year}", date(moment.year, *_SEASON_ENDS[season])),
            (f"the end of {season} {moment.year}", date(moment.year, *_SEASON_ENDS[season])),
            (f"the end of {moment.year}", date(moment.year, 12, 31)),
            (f"the end of {year}", date(starts + 1, 3, 31)),
            (f"the end of the {year} financial year", date(starts + 1, 3, 31)),
            (f"the end of the financial year {year}", date(starts + 1, 3, 31)),
            (f"the {half} half of {moment.year}", half_ends),
        ]
    )


def promise(rng: random.Random) -> Promise:
    """A promise by a date from two years before to two years after the update, or what only looks like one."""
    start = date(rng.randrange(2021, 2026), rng.randrange(1, 13), 1)
    thing, done = rng.choice(THINGS), rng.choice(DONE)
    moment = start + timedelta(days=rng.randrange(-700, 700))
    kind = rng.choice(("promise",) * 6 + ("told", "meeting", "next"))
    if kind == "next":
        return Promise(rng.choice(NEXT_MEETING).format(thing, done), f"{start:%Y-%m}", False)
    if kind == "meeting":
        ends = moment.replace(day=calendar.monthrange(moment.year, moment.month)[1])
        text = rng.choice(AT_A_MEETING).format(thing, done, f"{moment:%B %Y}")
        return Promise(text, f"{start:%Y-%m}", ends < start)
    written, last = _written(rng, moment)
    if kind == "told":
        past = start - timedelta(days=rng.randrange(20, 700))
        return Promise(rng.choice(TOLD).format(thing, done, _written(rng, past)[0]), f"{start:%Y-%m}", False)
    return Promise(rng.choice(PROMISES).format(thing, done, written), f"{start:%Y-%m}", last < start)


# -- facts -----------------------------------------------------------------------------------


@dataclass(frozen=True)
class Fact:
    """A text with a checkable fact of a known kind at ``text[start:end]``."""

    text: str
    kind: str
    start: int
    end: int


def _figure(rng: random.Random) -> tuple[str, str, str]:
    noun = rng.choice(("home visits", "smoke alarms", "volunteers", "inspections", "firefighters", "boats"))
    count = rng.choice((str(rng.randrange(11, 990)), f"{rng.randrange(1, 9)},{rng.randrange(100, 999)}"))
    verb = rng.choice(("were counted", "were added in the year", "have been logged"))
    return f"{count} {noun} {verb}.", f"{count} {noun}", "figure"


def _percent(rng: random.Random) -> tuple[str, str, str]:
    figure = f"{rng.randrange(3, 99)}{rng.choice(('%', ' per cent'))}"
    return f"{figure} of the crews took part.", f"{figure} of the crews", "figure"


def _money(rng: random.Random) -> tuple[str, str, str]:
    sum_ = rng.choice((f"£{rng.randrange(2, 900)}k", f"£{rng.randrange(1, 9)}.{rng.randrange(1, 9)}m"))
    return f"{sum_} was spent on the towers.", sum_, "figure"


def _dated(rng: random.Random) -> tuple[str, str, str]:
    day = f"{rng.randrange(1, 29)} {rng.choice(('March', 'May', 'October'))} {rng.randrange(2019, 2024)}"
    done = rng.choice(("approved", "signed", "opened", "adopted"))
    return f"The lease was {done} on {day}.", day, "date_done"


def _document(rng: random.Random) -> tuple[str, str, str]:
    name = (
        f"{rng.choice(('Marine', 'Hose', 'Foam', 'Ladder'))} {rng.choice(('Safety', 'Rescue'))} "
        + rng.choice(("Policy", "Strategy"))
    )
    return f"The {name} was issued to all crews.", name, "document"


def _body(rng: random.Random) -> tuple[str, str, str]:
    name = f"{rng.choice(('Marine', 'Estates', 'Prevention'))} {rng.choice(('Board', 'Committee', 'Panel'))}"
    return f"It was presented to the {name}.", name, "body"


def _survey(rng: random.Random) -> tuple[str, str, str]:
    name = rng.choice(("staff survey", "pulse survey", "focus groups"))
    verb = "were" if name.endswith("s") else "was"
    return f"The {name} {verb} completed.", name, "survey"


def _audit(rng: random.Random) -> tuple[str, str, str]:
    name = rng.choice(("peer review", "internal audit"))
    a = "An" if name[0] == "i" else "A"
    return f"{a} {name} was carried out.", name, "audit"


_FACTS = (_figure, _percent, _money, _dated, _document, _body, _survey, _audit)


def fact(rng: random.Random) -> Fact:
    """A fact in a sentence of its own, between the sentences of an authored update."""
    sentence, told, kind = rng.choice(_FACTS)(rng)
    parts = sentences(drawn(rng, 1)[0]["update"])
    at = rng.randrange(len(parts) + 1)
    head = "".join(f"{part.rstrip('.!?;:, ')}. " for part in parts[:at])
    text = " ".join([head + sentence, *parts[at:]])
    start = len(head) + sentence.index(told)
    return Fact(text, kind, start, start + len(told))


def joined(rows: Sequence[dict[str, Any]], **everywhere: str) -> list[dict[str, Any]]:
    """Rows as they stand in one document."""
    return [{"service": "Tarn Mere Fire Brigade", "source": "plan.docx", **row, **everywhere} for row in rows]
