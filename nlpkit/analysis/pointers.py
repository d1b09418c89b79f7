"""Updates that send their reader elsewhere, and the actions that they send to."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Hashable, Sequence

from nlpkit.analysis.actions import Row, action_key, reason
from nlpkit.language.annotations import Reference, TextAnalysis
from nlpkit.language.references import find_references
from nlpkit.schema import Stale

__all__ = ["mark_pointers", "pointing"]

_SENDS = re.compile(r"\b(?:see|refer|cf|attached|please\s+find|can\s+be\s+found)\b", re.IGNORECASE)
_ALONE = 8  # fewer words than this beside a pointer give no position of their own
_WORD = re.compile(r"[^\W_]+")


def mark_pointers(rows: Sequence[Row]) -> None:
    """Label the rows of one document that point to another action, row or document.

    The update and the planned actions are looked at; where the update is empty, the required
    outcome too ("A duplicate of 7"). Targets are named as the plan writes them; one that it
    doesn't have keeps the number written, and the reason says so. A row naming itself is none.
    """
    plan = _Plan(rows)
    ids = frozenset(plan.written.values())
    for row in rows:
        _mark(row, plan, "", pointing(row.update, ids))
        _mark(row, plan, "planned_action", [r for r in pointing(row.planned, ids) if r.kind != "document"])
        if not _WORD.search(row.update.text):
            outcome = [r for r in find_references(row.required_outcome, ids) if r.kind == "action"]
            _mark(row, plan, "required_outcome", outcome)


def pointing(analysis: TextAnalysis, ids: frozenset[str] = frozenset()) -> list[Reference]:
    """The references that stand instead of, or beside, telling the position.

    "As above" later in a long text means that text; so does "see below" with text to follow. A
    document counts where the reader is sent there, or where the text tells next to nothing else.

    Args:
        analysis: the text.
        ids: the plan's action ids: what points at one of them is found whatever the id's shape,
            and decides before what the sentence alone could be read as.
    """
    own = [r for r in find_references(analysis.text, ids) if r.kind == "action"]
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
        for row in rows:
            if row.action not in self.name_of:
                self.name_of[row.action] = row.name
                self.order[row.part].append(row.action)
            for key in _parts(row.action_id):
                self.written.setdefault(key, row.action_id)

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


def _mark(row: Row, plan: _Plan, name: str, references: Sequence[Reference]) -> None:
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
