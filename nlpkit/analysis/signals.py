"""What an update shows of the state of the work: named, measured, each with its passages.

The signals are what the status judgement weighs, by rule today or by a learned model; they
judge nothing themselves. Every signal lies between 0 (not there) and 1.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from functools import lru_cache
from typing import NamedTuple

from nlpkit.analysis.topic import coverage
from nlpkit.analysis.views import (
    HAPPENED,
    TO_COME,
    Case,
    Passage,
    View,
    coming_dates,
    fraction_done,
    idioms,
    is_bare,
    read_sentences,
    troubles,
)
from nlpkit.language.annotations import Sentence, Stage
from nlpkit.language.terms import stem

__all__ = ["Signal", "read_signals"]

_TROUBLE = ("delay", "blocker")
_OBSTACLE = 0.4  # what an obstacle counts as a thing done, and an extra as a thing under way
_BESIDE_DONE, _BESIDE_OPEN = 0.33, 0.6  # what a further clause counts of its sentence's weight
_GONE_BEFORE = re.compile(
    r"\b(?:no|nil|zero|none|without|cleared|eliminated|last of the)\b[^.;,]{0,25}$", re.IGNORECASE
)
_GONE_AFTER = re.compile(r"[^.;,]{0,25}\b(?:nil|none|zero|cleared|eliminated|gone)\b", re.IGNORECASE)
_WORD = re.compile(r"[a-z]+")
_CHECKS = {stem(word) for word in ("monitor", "review", "evaluate", "survey", "sample", "audit", "consider")}
_ALL = re.compile(r"\b(?:all|both|every)\b", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Signal:
    """One observation.

    Attributes:
        name: what it is.
        value: how strongly it shows, from 0 to 1, all sentences counted alike.
        passages: where.
        salient: how strongly it shows where background counts for little (see :func:`read_signals`).
    """

    name: str
    value: float
    passages: tuple[Passage, ...] = ()
    salient: float = -1.0  # as the value, where none is given

    def __post_init__(self) -> None:
        if self.salient < 0:
            object.__setattr__(self, "salient", self.value)


class _Weighed(NamedTuple):
    """A passage with what it counts, plainly and with background counted for less."""

    plain: float
    salient: float
    passage: Passage


def _weighed(amount: float, view: View, passage: Passage) -> _Weighed:
    return _Weighed(amount, amount * view.salience, passage)


def _weighed_as_trouble(amount: float, view: View, passage: Passage) -> _Weighed:
    """Trouble is mostly told in passing, so that what looks like background is discounted less."""
    return _Weighed(amount, amount * math.sqrt(view.salience), passage)


def _amounts(found: Iterable[_Weighed]) -> tuple[float, float]:
    found = list(found)
    return math.fsum(item.plain for item in found), math.fsum(item.salient for item in found)


def read_signals(case: Case, salience: Sequence[float] | None = None) -> list[Signal]:
    """All signals of a case that show at all, in a fixed order.

    Args:
        case: the update, and what its status depends on.
        salience: how much each sentence tells of the status, from 0 to 1
            (:func:`nlpkit.analysis.status_model.salience`); what ``Signal.salient`` goes by.
    """
    if is_bare(case.update.text):
        return [Signal("empty", 1.0)]
    views = read_sentences(case, salience)
    calendar = list(_calendar(views, case))
    late = any(signal.name in ("plan_late", "planned_late") for signal in calendar)
    found = [
        *_stages(views),
        *_cues(views),
        *_deeds(views),
        *_setbacks(views, case.recommendation.text),
        *([] if late else _course(views)),
        *_verdict(views),
        *_fractions(views),
        *_topic(views, case),
        *_plan(case),
        *calendar,
        *_thinness(views),
    ]
    return [signal for signal in found if signal.value > 0]


def _grows(count: float) -> float:
    """0 for none, a half for one, towards 1 for many."""
    return 1.0 - math.pow(0.5, count)


def _salient(views: Iterable[View]) -> float:
    """The same of the number of sentences, background counted for less."""
    return _grows(math.fsum(view.salience for view in views))


def _stages(views: Sequence[View]) -> Iterable[Signal]:
    told: dict[Stage, list[_Weighed]] = {}
    happened = any(view.stage in HAPPENED for view in views)
    for view in views:
        if happened and view.stage in TO_COME and idioms("routine").search(view.text):
            continue  # "will be reviewed each year": what was asked for has come by then
        if view.stage is not Stage.NONE:
            # what tells of an obstacle is not progress, whatever its tense ("the supplier has left")
            share = _OBSTACLE if _is_extra(view) or (view.stage in HAPPENED and _trouble(view)) else 1.0
            told.setdefault(view.stage, []).append(_weighed(share * view.weight, view, view.passage()))
        if view.stage not in (Stage.DECLINED, Stage.STOPPED):
            for stage, words in dict(view.beside).items():
                if stage is not view.stage:
                    share = _BESIDE_DONE if stage in HAPPENED else _BESIDE_OPEN
                    passage = Passage(view.text, words)
                    told.setdefault(stage, []).append(_weighed(share * view.weight, view, passage))
    total, total_salient = _amounts(item for ours in told.values() for item in ours)
    for stage in Stage:
        ours = sorted(told.get(stage, []), key=lambda item: -item.salient)
        if ours:
            amount, salient = _amounts(ours)
            passages = tuple(item.passage for item in ours)
            yield Signal(f"share_{stage}", amount / total, passages, salient / total_salient)
            yield Signal(f"has_{stage}", _grows(amount), passages, _grows(salient))
    refused = [view for view in views if view.stage is Stage.DECLINED]
    if refused:
        strongest = max(view.salience for view in refused)
        yield Signal("refused", 1.0, tuple(view.passage() for view in refused), strongest)
    moving = [view for view in views if view.stage is not Stage.NONE]
    if not moving:
        return
    if all(view.stage in TO_COME for view in moving):
        yield Signal("nothing_yet", 1.0, tuple(view.passage() for view in moving))
    unfinished = [
        v
        for v in moving
        if not idioms("routine").search(v.text)
        and not _is_extra(v)
        and (
            v.stage in (Stage.PLANNED, Stage.UNDER_WAY)
            or v.has("remaining")
            or idioms("leftover").search(v.text)
            or any(stage in (Stage.PLANNED, Stage.UNDER_WAY) for stage, _ in v.beside)
        )
    ]
    if unfinished and len(unfinished) < len(moving):
        begun = math.fsum(v.salience for v in moving if v.stage not in TO_COME)
        salient = _salient(unfinished) * min(1.0, 2 * begun)
        yield Signal("unfinished", _grows(len(unfinished)), tuple(v.passage() for v in unfinished), salient)
    yield Signal(f"last_{moving[-1].stage}", 1.0, (moving[-1].passage(),), moving[-1].salience)


def _cues(views: Sequence[View]) -> Iterable[Signal]:
    for kind in ("remaining", "partial", "completion", "no_change", "outcome", "hedge", "vague"):
        ours = [v for v in views if v.has(kind)]
        if kind == "completion":  # "will be completed" completes nothing
            ours = [
                v
                for v in ours
                if v.stage in (*HAPPENED, Stage.NONE)
                and not v.has("partial", "negation")
                and not idioms("interim").search(v.text)
            ]
        if kind == "partial":  # "741 of 741" is a fraction, but not a part
            ours = [v for v in ours if (fraction_done(v.text) or 0.0) < 1.0]
        if ours:
            passages = tuple(v.passage(kind) for v in ours)
            yield Signal(f"cue_{kind}", _grows(len(ours)), passages, _salient(ours))


def _deeds(views: Sequence[View]) -> Iterable[Signal]:
    steps = [v for v in views if v.deed == "step"]
    passages = tuple(Passage(v.text, v.interim) if v.interim else v.passage() for v in steps)
    delivered = [v for v in views if v.deed == "delivery"]
    if steps:
        yield Signal("step_done", _grows(len(steps)), passages, _salient(steps))
    if steps and not delivered:
        yield Signal("only_steps", 1.0, passages)
    if delivered:
        passages = tuple(v.passage() for v in delivered)
        yield Signal("delivered", _grows(len(delivered)), passages, _salient(delivered))


def _setbacks(views: Sequence[View], asked: str) -> Iterable[Signal]:
    """Delay, blockers and stops, told apart by whether the text goes on to show a recovery.

    Words of trouble that the recommendation itself has ("backlog", "overdue") name the subject only.
    """
    slips: list[Passage] = []
    live: list[_Weighed] = []
    mended: list[_Weighed] = []
    stopped: list[_Weighed] = []
    restarted: list[_Weighed] = []
    for i, view in enumerate(views):
        after = views[i + 1 :]
        recovered = any(_recovers(near) for near in views[i : i + 3]) or (
            view.has("outcome") and idioms("but").search(view.text) is not None
        )
        if idioms("still").search(view.text):
            recovered = False
        slip = idioms("slipped").search(view.text)
        if view.stage is Stage.STOPPED:
            moved_on = recovered or any(
                later.stage in (Stage.DONE, Stage.UNDER_WAY, Stage.IN_PLACE)
                and idioms("turn").match(later.text)
                for later in after
            )
            (restarted if moved_on else stopped).append(_weighed_as_trouble(1.6, view, view.passage()))
        elif slip:
            slips.append(Passage(view.text, slip.group()))
        elif words := _trouble(view, asked):
            mild = idioms("mild_setback").fullmatch(words) and not idioms("still").search(view.text)
            passage = Passage(view.text, words)
            (mended if recovered else live).append(_weighed_as_trouble(0.6 if mild else 1.6, view, passage))
    if slips:
        yield Signal("slip", _grows(len(slips) + 1), tuple(slips))
    for name, found in (
        ("setback", live),
        ("setback_recovered", mended),
        ("stopped", stopped),
        ("stopped_recovered", restarted),
    ):
        if found:
            amount, salient = _amounts(found)
            yield Signal(name, _grows(amount), tuple(item.passage for item in found), _grows(salient))


def _is_extra(view: View) -> bool:
    """Something more that is being thought of, beyond what was asked."""
    return idioms("weighing").search(view.text) is not None and idioms("extra").search(view.text) is not None


def _recovers(view: View) -> bool:
    """A recovery is told, and not the want of one ("no new date has been set")."""
    return any(
        cue.kind == "recovery" and not idioms("no_such").search(view.text[: cue.start - view.sentence.start])
        for cue in view.sentence.cues
    )


def _trouble(view: View, asked: str = "") -> str:
    """The words that tell of a delay or an obstacle, if any do, and that it is there ("no backlog")."""
    for cue in view.sentence.cues:
        if cue.kind in _TROUBLE and cue.text.lower() not in asked.lower():
            start, end = cue.start - view.sentence.start, cue.end - view.sentence.start
            if not (_GONE_BEFORE.search(view.text[:start]) or _GONE_AFTER.match(view.text[end:])):
                return cue.text
    return _trouble_told(view.text)


@lru_cache(maxsize=8192)  # several signals ask for the same sentence
def _trouble_told(text: str) -> str:
    match = troubles().search(text)
    return match.group() if match else ""


def _course(views: Sequence[View]) -> Iterable[Signal]:
    """The service says in words that the work keeps to its plan."""
    told = [(match.group(), v) for v in views if (match := idioms("on_course").search(v.text))]
    told = [(words, v) for words, v in told if not v.has("negation", "delay")]
    if told:
        yield Signal("on_course", 1.0, tuple(Passage(v.text, words) for words, v in told))


def _verdict(views: Sequence[View]) -> Iterable[Signal]:
    """A short opening or closing sentence that says it all: "Implemented.", "Not accepted."."""
    for place, view in (("opening", views[0]), ("closing", views[-1])) if views else ():
        words = len(view.text.split())
        most = 9 if view.stage in (*TO_COME, Stage.DECLINED, Stage.STOPPED) else 5
        if words > most or (place == "closing" and len(views) == 1):
            continue
        if view.stage is not Stage.NONE:
            yield Signal(f"{place}_{view.stage}", 1.0, (view.passage(),))
        elif words <= 4 and view.has("completion") and not view.has("negation", "partial"):
            yield Signal(f"{place}_done", 1.0, (view.passage("completion"),))


def _fractions(views: Sequence[View]) -> Iterable[Signal]:
    part: list[tuple[float, View]] = []
    whole: list[View] = []
    for view in views:
        if view.stage in TO_COME:
            continue
        fraction = fraction_done(view.text)
        if fraction is None and idioms("unfinished").search(view.text):
            fraction = 0.5
        if fraction is not None and fraction < 0.9:
            part.append((fraction, view))
        elif fraction is not None or (view.stage in HAPPENED and _ALL.search(view.text)):
            whole.append(view)
    if part:
        passages = tuple(view.passage("partial") for _, view in part)
        missing = 1 - min(fraction for fraction, _ in part)
        value = 0.5 + 0.5 * missing
        yield Signal("part_done", value, passages, value * max(view.salience for _, view in part))
        if all(fraction == 0 for fraction, _ in part):
            yield Signal("none_done", 1.0, passages)
    if whole:
        passages = tuple(view.passage() for view in whole)
        yield Signal("all_done", _grows(len(whole)), passages, _salient(whole))


def _topic(views: Sequence[View], case: Case) -> Iterable[Signal]:
    happened = [(coverage(case.asked, v.text), v) for v in views if v.stage in HAPPENED]
    answering = sorted((item for item in happened if item[0] > 0), key=lambda item: -item[0])
    if answering:
        salient = max(share * view.salience for share, view in answering)
        passages = tuple(view.passage() for _, view in answering[:2])
        yield Signal("done_as_asked", answering[0][0], passages, salient)
    yield Signal("off_topic", case.off_topic, tuple(Passage(v.text) for v in views[:1]))
    if idioms("asks_for_thought").search(case.recommendation.text):
        decided = [v for v in views if v.stage is Stage.DONE]
        if decided:
            yield Signal("thought_given", 1.0, tuple(v.passage() for v in decided[:2]))


def _plan(case: Case) -> Iterable[Signal]:
    """What is still to be done by the plan's own "further actions"."""
    text = case.planned_action.text.strip()
    if not text or is_bare(text):
        return
    if idioms("no_gap").match(text):
        yield Signal("plan_closed", 1.0, (Passage(case.planned_action.sentences[0].text, "", True),))
        return
    lasting = [s for s in case.planned_action.sentences if not _is_assurance(s.text, case)]
    if not lasting:
        assured = tuple(Passage(s.text, "", True) for s in case.planned_action.sentences)
        yield Signal("plan_closed", 1.0, assured)
    ahead = [s for s in lasting if case.as_of and any(mention.latest > case.as_of for mention in s.dates)]
    if ahead:
        yield Signal("plan_gap", 1.0, tuple(Passage(s.text, _last_date(s), True) for s in ahead))
    elif any(s.stage in (Stage.PLANNED, Stage.INTENDED, Stage.UNDER_WAY) for s in lasting):
        yield Signal("plan_gap", 0.5, tuple(Passage(s.text, "", True) for s in lasting[:2]))


def _stems(text: str) -> set[str]:
    return {stem(word) for word in _WORD.findall(text.lower())}


def _is_assurance(planned: str, case: Case) -> bool:
    """What is planned only follows delivery (the next survey, an evaluation, a renewal), if that isn't what
    was asked for."""
    if idioms("routine").search(planned):
        return True
    found = idioms("assurance").search(planned)
    if found is None or idioms("rest_of_plan").search(planned):
        return False
    return not _stems(found.group()) & _stems(case.asked) & _CHECKS


def _last_date(sentence: Sentence) -> str:
    return max(sentence.dates, key=lambda mention: mention.latest).text


def _asked_by(case: Case) -> date | None:
    """The last deadline that the recommendation itself sets ("By 1 June 2023, …")."""
    days = [
        mention.latest
        for sentence in case.recommendation.sentences
        for mention in sentence.dates
        if idioms("by").search(case.recommendation.text[max(0, mention.start - 14) : mention.start])
    ]
    return max(days) if days else None


def _calendar(views: Sequence[View], case: Case) -> Iterable[Signal]:
    asked_by = _asked_by(case)
    due = case.due or asked_by
    if due is None:
        return
    told_anything = any(v.stage is not Stage.NONE or v.has(*_TROUBLE, "remaining", "partial") for v in views)
    if case.as_of and due < case.as_of and told_anything:
        forward = any(v.stage in (Stage.UNDER_WAY, Stage.PLANNED) or v.has("recovery") for v in views)
        moving = forward or any(v.stage in HAPPENED for v in views)
        halted = any(v.stage is Stage.STOPPED or (_trouble(v) and not forward) for v in views)
        passages = (Passage("", f"due {due.isoformat()}"),)
        yield Signal("overdue_moving" if moving and not halted else "overdue_still", 1.0, passages)
    if asked_by and case.due and (case.due - asked_by).days > 31:
        yield Signal("due_moved", 1.0, (Passage("", f"asked by {asked_by.isoformat()}"),))
    open_views = [v for v in views if v.stage in (*TO_COME, Stage.UNDER_WAY, Stage.NONE)]
    told = [(v.sentence, False, math.sqrt(v.salience)) for v in open_views]
    planned = [(s, True, 1.0) for s in case.planned_action.sentences]
    settled = all(v.stage in (*HAPPENED, Stage.NONE) and not v.has("partial", "remaining") for v in views)
    strength = salient = 0.0
    late: list[Passage] = []
    for sentence, in_plan, telling in told + planned:
        if _is_assurance(sentence.text, case) if in_plan else idioms("routine").search(sentence.text):
            continue
        after = coming_dates(sentence, max(due, case.as_of)) if case.as_of else []
        if after:
            late.append(Passage(sentence.text, _last_date(sentence), in_plan))
            # what was asked for itself comes late, or an extra does
            rest = idioms("leftover").search(sentence.text)
            told_late = 1.0 if rest else 0.6 + 0.8 * coverage(case.asked, sentence.text)
            if in_plan and settled and not rest:
                told_late *= 0.5
            strength, salient = max(strength, told_late), max(salient, told_late * telling)
    if late:
        if all(v.stage in (*TO_COME, Stage.NONE) for v in views):
            strength, salient = 0.4 * strength, 0.4 * salient  # not begun is the news then
        name = "plan_late" if any(passage.planned for passage in late) else "planned_late"
        yield Signal(name, min(1.0, strength), tuple(late), min(1.0, salient))


def _thinness(views: Sequence[View]) -> Iterable[Signal]:
    moving = [v for v in views if v.stage is not Stage.NONE]
    telling = [
        v for v in views if v.has("completion", "delay", "blocker", "recovery", "remaining", "partial")
    ]
    facts = [v for v in views if v.sentence.facts]
    telling += [v for v in views if v not in telling and idioms("unfinished").search(v.text)]
    if not moving and not telling:
        yield Signal("no_progress", 0.5 if facts else 1.0, tuple(Passage(v.text) for v in views[:1]))
    pointing = [v for v in views if _points_elsewhere(v)]
    rest = [v for v in views if v not in pointing and (v in moving or v in telling)]
    if pointing and not rest and all(_is_mere_pointer(v) for v in pointing):
        passages = tuple(
            Passage(v.text, next((r.text for r in v.sentence.references), v.cue)) for v in pointing
        )
        yield Signal("pointer_only", 1.0, passages)
    unchanged = [
        v for v in views if v.has("no_change") or any(r.kind == "previous" for r in v.sentence.references)
    ]
    if unchanged and not [v for v in views if v not in unchanged and (v in moving or v in telling)]:
        thin = [v for v in unchanged if v.stage in (Stage.NONE, Stage.IN_PLACE)]
        yield Signal(
            "no_change_only", len(thin) / len(unchanged), tuple(v.passage("no_change") for v in unchanged)
        )


def _points_elsewhere(view: View) -> bool:
    return (
        any(r.kind not in ("previous", "mention") for r in view.sentence.references)
        or idioms("pointer").search(view.text) is not None
    )


def _is_mere_pointer(view: View) -> bool:
    """Little is left of the sentence when its references are taken out."""
    if idioms("pointer").search(view.text):
        return True
    left = len(view.text.split()) - sum(len(r.text.split()) for r in view.sentence.references)
    return left <= 5 and view.stage not in HAPPENED
