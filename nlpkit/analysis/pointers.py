"""Updates that send their reader elsewhere, and the actions that they send to."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Hashable, Sequence
from typing import Any

from nlpkit.analysis.actions import Reason, Row, action_key, earlier, reason
from nlpkit.language.annotations import Reference, TextAnalysis
from nlpkit.language.references import find_action_references
from nlpkit.schema import Stale

__all__ = ["mark_pointers", "pointing"]

_SENDS = re.compile(r"\b(?:see|refer|cf|attached|please\s+find|can\s+be\s+found)\b", re.IGNORECASE)
_FARTHEST = 50  # actions passed on the way before a trail of pointers is given up
_ALONE = 8  # fewer words than this beside a pointer give no position of their own
_WORD = re.compile(r"[^\W_]+")

_Sent = list[tuple[Reason, list[str]]]  # reasons, and the actions that each names


def mark_pointers(rows: Sequence[Row]) -> None:
    """Label the rows of one document that point to another action, row or document.

    The update and the planned actions are looked at; where the update is empty, the required
    outcome too ("A duplicate of 7"). Targets are named as the plan writes them; one that it
    doesn't have keeps the number written, and the reason says so. A row naming itself is none.

    Where a target tells no position of its own but points on, its pointers are followed, to their
    end. The row's refs stay what it names itself; the reason has ``leads_to``, a list of where it
    ends: ``{"action", "of", "text", "via"}``, the action, the row (of the same period, or the last
    before it), what that row's update says, and the actions passed on the way. A pointer that leads
    round in a circle ends nowhere, and one over 50 actions is given up; the reason's ``note`` says so.
    """
    plan = _Plan(rows)
    ids = frozenset(plan.written.values())
    for row in rows:
        plan.keep(row, _mark(row, plan, "", pointing(row.update, ids)))
        planned = [r for r in pointing(row.planned, ids) if r.kind != "document"]
        others = _mark(row, plan, "planned_action", planned)
        if not _WORD.search(row.update.text):
            outcome = find_action_references(row.required_outcome, ids)
            others += _mark(row, plan, "required_outcome", outcome)
        plan.keep(row, others)
    for row in rows:
        for why, refs in plan.sent[row.place]:
            _follow(row, plan, why, refs)


def pointing(analysis: TextAnalysis, ids: frozenset[str] = frozenset()) -> list[Reference]:
    """The references that stand instead of, or beside, telling the position.

    "As above" later in a long text means that text; so does "see below" with text to follow. A
    document counts where the reader is sent there, or where the text tells next to nothing else.

    Args:
        analysis: the text.
        ids: the plan's action ids: what points at one of them is found whatever the id's shape,
            and decides before what the sentence alone could be read as.
    """
    own = find_action_references(analysis.text, ids)
    found = [
        reference
        for sentence in analysis.sentences
        for reference in sentence.references
        if all(reference.end <= one.start or reference.start >= one.end for one in own)
    ]
    pointers = [reference for reference in [*own, *found] if _points(reference, analysis)]
    return sorted(pointers, key=lambda reference: reference.start)


def _points(reference: Reference, analysis: TextAnalysis) -> bool:
    if reference.kind == "action":
        return True
    before = len(_WORD.findall(analysis.text[: reference.start]))
    after = len(_WORD.findall(analysis.text[reference.end :]))
    if reference.kind == "position":
        if "below" in reference.targets:
            return after < _ALONE
        return before < _ALONE or reference.start < analysis.sentences[0].end
    if reference.kind == "document":
        return _SENDS.search(reference.text) is not None or before + after < _ALONE
    return False


class _Plan:
    """The actions of one document, to resolve references against."""

    def __init__(self, rows: Sequence[Row]) -> None:
        self.order: dict[Hashable, list[int]] = defaultdict(list)  # section → its actions in order
        self.name_of: dict[int, str] = {}
        self.written: dict[str, str] = {}  # id as compared → id as written, the first of equals
        self.rows: dict[str, list[Row]] = defaultdict(list)  # name as compared → rows
        self.sent: dict[int, _Sent] = defaultdict(list)  # row → its reasons and whom each names
        for row in rows:
            self.rows[action_key(row.name)].append(row)
            if row.action not in self.name_of:
                self.name_of[row.action] = row.name
                self.order[row.part].append(row.action)
            for key in _parts(row.action_id):
                self.written.setdefault(key, row.action_id)

    def keep(self, row: Row, sent: _Sent) -> None:
        """Remember where a row sends its reader."""
        self.sent[row.place] += sent

    def row_of(self, name: str, asker: Row) -> Row | None:
        """What a reader of a row finds under an action: its row of that period, or the last before."""
        found = [row for row in self.rows[action_key(name)] if row.action != asker.action]
        found = [row for row in found if row.part == asker.part] or found
        same = [row for row in found if not earlier(row, asker) and not earlier(asker, row)]
        before = [row for row in found if earlier(row, asker)]
        latest: Row | None = None
        for row in same or before or found[:1]:
            if latest is None or earlier(latest, row):
                latest = row
        return latest

    def sends_on(self, row: Row) -> list[str]:
        """Whom a row names instead of telling its own position; nobody where it tells one."""
        inside = [(why["start"], why["end"]) for why, _ in self.sent[row.place] if "field" not in why]
        words = [match.start() for match in _WORD.finditer(row.update.text)]
        beside = sum(not any(start <= at < end for start, end in inside) for at in words)
        if beside >= _ALONE:
            return []
        return list(dict.fromkeys(ref for why, refs in self.sent[row.place] for ref in refs))

    def neighbour(self, row: Row, step: int) -> str | None:
        """The action before (``step`` -1) or after (1) the row's own in its section."""
        actions = self.order[row.part]
        at = actions.index(row.action) + step if row.action in actions else -1
        return self.name_of[actions[at]] if 0 <= at < len(actions) else None

    def resolve(self, target: str, row: Row) -> str | None:
        """The id as the plan writes it, or None where the plan has no such action.

        A bare number in a plan of named series ("Effective 2") means the row's own series first,
        then the plan's bare numbers, then the one series that has it.
        """
        wanted = action_key(target)
        series = re.match(r"\D*", action_key(row.action_id))
        number = re.match(r"[a-z&]{1,5}[\s.-]?(\d.*)$", wanted)
        for key in (f"{series[0] if series else ''}{wanted}", wanted, number[1] if number else wanted):
            if key in self.written:
                return self.written[key]
        ending = re.compile(rf"\D{re.escape(wanted)}$")
        endings = {written for key, written in self.written.items() if ending.search(key)}
        if not endings:
            bare = _unspaced(wanted)
            endings = {written for key, written in self.written.items() if _unspaced(key) == bare}
        return endings.pop() if len(endings) == 1 else None


def _unspaced(key: str) -> str:
    """ "afi-03" and "afi 3" are one id: no zeros in front, nothing between letters and digits."""
    return re.sub(r"(?<=[a-z])[\s\-–]*0*(?=\d)", "", key)


def _parts(action_id: str) -> list[str]:
    """What a reference may call an action: "14-15" is "14-15", "14" and "15"."""
    key = action_key(action_id)
    parts = [part.strip() for part in re.split(r"[-–&,/]|\band\b", key)]
    joined = len(parts) > 1 and all(part.isdigit() for part in parts)
    return [key, *parts] if joined else [key] if key else []


def _mark(row: Row, plan: _Plan, name: str, references: Sequence[Reference]) -> _Sent:
    """Label a row for its references; the reasons given, each with the actions that it names."""
    sent: _Sent = []
    own = set(_parts(row.action_id))
    for reference in references:
        more = {"field": name} if name else {}
        refs: list[str] = []
        if reference.kind == "action":
            resolved = {target: plan.resolve(target, row) for target in reference.targets}
            others = [
                target
                for target, known in resolved.items()
                if action_key(target) not in own and (known is None or known != row.action_id)
            ]
            if reference.targets and not others:
                continue
            refs = [resolved[target] or target for target in others]
            unknown = [target for target in others if resolved[target] is None]
            if unknown:
                more["note"] = f"the plan has no action {', '.join(unknown)}"
        elif reference.kind == "position":
            below = "below" in reference.targets
            neighbour = plan.neighbour(row, 1 if below else -1)
            if neighbour is None:
                more["note"] = f"nothing stands {'below' if below else 'above'} it in its section"
            else:
                refs = [neighbour]
        passage = reason(reference.text, Stale.POINTER, reference.start, reference.end, **more)
        row.add(Stale.POINTER, passage, refs)
        sent.append((passage, refs))
    return sent


def _follow(row: Row, plan: _Plan, why: Reason, refs: Sequence[str]) -> None:
    """Put to a reason where the actions that it names lead, and say in its note what to know of it."""
    ends: list[dict[str, Any]] = []
    notes: list[str] = []
    met: set[int] = {row.action}

    def walk(name: str, via: list[str], path: list[Row]) -> None:
        target = plan.row_of(name, path[-1])
        if target is None:
            return
        if any(target.action == passed.action for passed in path):
            circle = [passed.name for passed in path] + [target.name]
            notes.append(f"goes round in a circle: {' → '.join(circle)}")
            return
        if target.action in met:
            return  # two ways lead there, and one has been told
        met.add(target.action)
        if len(via) >= _FARTHEST:
            notes.append(f"is not followed beyond {target.name}")
            return
        onward = plan.sends_on(target)
        for other in onward:
            walk(other, [*via, target.name], [*path, target])
        if not onward or not any(plan.row_of(other, target) for other in onward):
            text = target.update.text
            ends.append({"action": target.name, "of": target.row_id, "text": text, "via": via})
            if via:
                notes.append(f"leads over {', '.join(via)} to {target.name}")
            if not _WORD.search(text):
                notes.append(f"{target.name} has no narrative")

    for name in refs:
        walk(name, [], [row])
    if ends:
        why["leads_to"] = ends
    if notes:
        why["note"] = "; ".join([*([why["note"]] if "note" in why else []), *notes])
