"""Is this news? What an update repeats, where it sends its reader, what in it has gone by.

Labels (:class:`nlpkit.schema.Stale`), each with the passage that earned it:

* ``no_change``: a sentence says so, or refers back in time ("as previous update");
* ``pointer``: a reference to another action, row or document, resolved to its action;
* ``repeat_self``: most of the text stood in an earlier update on the same action;
* ``repeat_other``: a passage of a sentence or more stands under another action too;
* ``expired``: a date given for something to come that had passed at ``as_of``;
* ``empty``: no narrative, or a bare status.

The cell of planned actions is read with the update, with one exception: where several periods'
updates hang on one action, that cell is the plan and wasn't written with any of them, so that
what it shares with another action's plan makes no update a repeat.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Hashable, Iterable, Sequence
from datetime import date
from typing import Any

import pandas as pd

from nlpkit.analysis.actions import Before, Reason, Row, earlier, reason, rows_of
from nlpkit.analysis.pointers import mark_pointers
from nlpkit.analysis.promises import expired_date
from nlpkit.analysis.repeats import Repeat, find_repeats
from nlpkit.analysis.words import Vocabulary, shared_spans, word_novelty
from nlpkit.features import Features
from nlpkit.language.annotations import Sentence, Stage, TextAnalysis
from nlpkit.resources import lexicon
from nlpkit.schema import Stale, natural_key

__all__ = ["judge"]

_SELF_SHARE = 0.6  # of an update's words, what makes it the same as an earlier one
_OWN_WORDS = 5  # an update with fewer words beside its quotations is compared as it stands
_ACROSS_WORDS = 12  # a passage shared with another document counts from this length on
_ACROSS_MOST = 24  # a turn of phrase found more often than this over all documents seeds little
_MANY = 3  # actions under which a passage is called boilerplate: its reason says how many they are
_BARE_WORDS = 4  # longer than this, an update is more than a status
_LASTING = re.compile(
    r"\bstill\b(?!\s+(?:appl|stand|hold|relevant|valid|the\s+same|unchanged))"
    r"|\bremain(?:s|ed)?\s+(?:on|in\s+progress|under|outstanding|paused|suspended|stalled|closed)",
    re.IGNORECASE,
)
_WORD = re.compile(r"[^\W_]+(?:/[^\W_]\b)?")

_KNOWN = "history"  # no two updates of the history are held against each other

_Span = tuple[int, int]


def judge(updates: pd.DataFrame, features: Features, before: Before | None = None) -> pd.DataFrame:
    """Staleness of each update, with the passages that show it.

    Args:
        updates: an update table in document order.
        features: what :func:`nlpkit.features.compute` made of the same rows.
        before: earlier updates that the table's are held against too; nothing is judged of them. In
            ``stale_refs`` they go by their row ids, and reasons say their ``source`` and ``as_of``.

    Returns:
        A frame indexed like ``updates``: ``stale`` (list of labels in the codebook's order),
        ``stale_refs`` (action ids as the plan writes them, sorted; row ids for rows of another
        document or without an action id), ``stale_why`` (list of ``{"text", "kind", …}``, with
        ``start`` and ``end`` in the update, or in the column named by ``field``; ``note`` in
        words) and ``novelty``
        (0 to 1: the share of three-word sequences that stood in no earlier update on the
        action; a statement that nothing changed holds nothing new; a first update is 1 as far
        as it says anything else, an empty one 0).

        A reason for a repeat also has ``of`` (the other row), ``other_text``, ``other_start`` and
        ``other_end`` (the passage as it stands there, in the column named by ``other_field`` if
        that isn't the update) and ``first`` (the row where the passage stood first; of rows
        written at once, the first in their document); under three actions or more, its note says under
        how many the passage stands. A reason for a pointer has ``leads_to``; see
        :func:`nlpkit.analysis.pointers.mark_pointers`.
    """
    rows = rows_of(updates, features, before)
    judged = rows[: len(updates)]
    vocabulary = Vocabulary()
    unchanged = [_unchanged(row.update) for row in judged]
    documents: dict[Hashable, list[Row]] = defaultdict(list)
    for row in judged:
        documents[row.document].append(row)
        _mark_no_change(row, unchanged[row.place])
        _mark_expired(row)
    for members in documents.values():
        mark_pointers(members)
    for row in judged:
        _mark_empty(row)
    own = _mark_repeats_of_own(rows, vocabulary)
    _mark_repeats_of_others(judged, own, vocabulary)
    _mark_repeats_across(rows, own, vocabulary)
    columns: dict[str, list[Any]] = {
        "stale": [[str(kind) for kind in Stale if kind in row.labels] for row in judged],
        "stale_refs": [sorted(row.refs, key=natural_key) for row in judged],
        "stale_why": [sorted(row.why, key=_in_order) for row in judged],
    }
    out = pd.DataFrame({name: pd.Series(values, dtype="object") for name, values in columns.items()})
    out["novelty"] = pd.Series(_novelty(rows, unchanged, vocabulary), dtype="float64")
    return out.set_axis(updates.index, axis=0)


def _in_order(why: Reason) -> tuple[Any, ...]:
    kinds = [str(kind) for kind in Stale]
    return kinds.index(why["kind"]), why.get("field", ""), why["start"], natural_key(str(why.get("of", "")))


# -- what the update itself says -------------------------------------------------------------


def _unchanged(analysis: TextAnalysis) -> list[Sentence]:
    """Sentences that say that nothing changed, or refer back in time instead of telling.

    Words that merely last ("still being considered", "remains ongoing") say so only where the
    update has little else to say: after news they describe what is left to do.
    """
    said: list[Sentence] = []
    lasting: list[Sentence] = []
    for sentence in analysis.sentences:
        cues = [cue for cue in sentence.cues if cue.kind == "no_change"]
        back = any(reference.kind == "previous" for reference in sentence.references)
        if back or any(not _LASTING.search(cue.text) for cue in cues):
            said.append(sentence)
        elif cues:
            lasting.append(sentence)
    if lasting and 3 * sum(map(_length, lasting)) >= 2 * len(_WORD.findall(analysis.text)):
        said.extend(lasting)
    return sorted(said, key=lambda sentence: sentence.start)


def _length(sentence: Sentence) -> int:
    return len(_WORD.findall(sentence.text))


def _mark_no_change(row: Row, unchanged: Sequence[Sentence]) -> None:
    for sentence in unchanged:
        row.add(Stale.NO_CHANGE, reason(sentence.text, Stale.NO_CHANGE, sentence.start, sentence.end))


def _mark_expired(row: Row) -> None:
    if row.start is None:
        return
    sentences = row.update.sentences
    for sentence in sentences:
        last_word = all(other is sentence or other.stage is Stage.NONE for other in sentences)
        last = expired_date(sentence, row.update.text, row.start, last_word=last_word)
        if last is None:
            continue
        note = f"'{last.text}' had passed by {row.start.isoformat()}"
        row.add(Stale.EXPIRED, reason(sentence.text, Stale.EXPIRED, sentence.start, sentence.end, note=note))


def _mark_empty(row: Row) -> None:
    points = any(why["kind"] == Stale.POINTER and "field" not in why for why in row.why)
    if points or Stale.NO_CHANGE in row.labels:
        return
    text = row.update.text
    words = [word.casefold() for word in _WORD.findall(text)]
    status = set(lexicon("bare_statuses")["words"])
    if not words:
        note = "no narrative"
    elif len(words) == 1 or (len(words) <= _BARE_WORDS and status.issuperset(words)):
        note = "a status and no more"
    else:
        return
    row.add(Stale.EMPTY, reason(text, Stale.EMPTY, 0, len(text), note=note))


# -- what stood elsewhere ----------------------------------------------------------------------


def _mark_repeats_of_own(rows: Sequence[Row], vocabulary: Vocabulary) -> dict[int, list[_Span]]:
    """Label updates that stood before on the same action.

    Returns:
        By row, the spans of its update that stand in any earlier one on the action.
    """
    actions = [row.action for row in rows]
    found = find_repeats(
        [row.update.text for row in rows],
        actions,
        actions=actions,
        ignore=[_quotations(row, vocabulary) for row in rows],
        apart=[_KNOWN if row.known else row.place for row in rows],
        vocabulary=vocabulary,
    )
    copied: dict[int, list[_Span]] = defaultdict(list)
    pairs: dict[tuple[int, int], list[Repeat]] = defaultdict(list)
    for repeat in found:
        for later, before in ((repeat.right, repeat.left), (repeat.left, repeat.right)):
            if not rows[later].known and earlier(rows[before], rows[later]):
                pairs[later, before].append(repeat)
                copied[later].append(_sides(repeat, later)[0])
    # Where several earlier updates hold as much of it, the first of them: there it stood first.
    best: dict[int, tuple[tuple[float, int, int], int]] = {}
    for (later, before), parts in pairs.items():
        share = min(1.0, sum(p.left_share if p.left == later else p.right_share for p in parts))
        when = rows[before].as_of or date.min
        rank = (share, -when.toordinal(), -rows[before].period_rank)
        if share >= _SELF_SHARE and (later not in best or rank > best[later][0]):
            best[later] = rank, before
    for later, ((share, _, _), before) in sorted(best.items()):
        row, first = rows[later], rows[before]
        note = f"{share:.0%} of the update stood in the earlier one"
        for part in pairs[later, before]:
            mine, theirs = _sides(part, later)
            held = [
                rows[other]
                for one, other in pairs
                if one == later and any(_overlap(mine, [_sides(p, later)[0]]) for p in pairs[one, other])
            ]
            more: dict[str, Any] = {"first": _first(held).row_id, "note": note}
            why = _copy(row.update.text, mine, Stale.REPEAT_SELF, first, first.update.text, theirs, **more)
            row.add(Stale.REPEAT_SELF, why, [first.row_id] if first.known else [])
    return copied


def _mark_repeats_of_others(rows: Sequence[Row], own: dict[int, list[_Span]], vocabulary: Vocabulary) -> None:
    """Label passages that stand under two actions of one document.

    In one period both rows repeat; over periods the later one does, unless it carries the
    passage on from an earlier update of its own.
    """
    entries = [(row, "update", row.update) for row in rows]
    entries += [(row, "planned_action", row.planned) for row in rows if row.alone]
    entries = [entry for entry in entries if entry[2].text.strip()]
    found = find_repeats(
        [analysis.text for _, _, analysis in entries],
        [row.document for row, _, _ in entries],
        ignore=[_not_told(row, analysis, vocabulary, name) for row, name, analysis in entries],
        apart=[row.action for row, _, _ in entries],
        vocabulary=vocabulary,
    )
    standing = _standing(found, [row for row, _, _ in entries])
    for repeat, more_of_it in zip(found, standing, strict=True):
        for here, there in ((repeat.left, repeat.right), (repeat.right, repeat.left)):
            row, name, analysis = entries[here]
            other, other_name, other_analysis = entries[there]
            mine, theirs = _sides(repeat, here)
            carried = earlier(other, row) and _overlap(mine, own.get(row.place, []))
            if earlier(row, other) or (carried and name == "update"):
                continue
            more: dict[str, Any] = {**({"field": name} if name != "update" else {}), **more_of_it}
            if other_name != name:
                more["other_field"] = other_name
            why = _copy(analysis.text, mine, Stale.REPEAT_OTHER, other, other_analysis.text, theirs, **more)
            row.add(Stale.REPEAT_OTHER, why, [other.name])


def _mark_repeats_across(rows: Sequence[Row], own: dict[int, list[_Span]], vocabulary: Vocabulary) -> None:
    """Label longer passages that stand in another document too; rows there go by their row id."""
    # In the order of the documents' names, so that the order of files changes nothing.
    told = [row for row in rows if row.update.text.strip()]
    told.sort(key=lambda row: (not row.known, row.document))
    if len({row.document for row in told}) < 2:
        return
    found = find_repeats(
        [row.update.text for row in told],
        ignore=[_not_told(row, row.update, vocabulary) for row in told],
        apart=[_KNOWN if row.known else row.document for row in told],
        most=_ACROSS_MOST,
        vocabulary=vocabulary,
    )
    found = [
        repeat
        for repeat in found
        if repeat.words >= _ACROSS_WORDS and told[repeat.left].action != told[repeat.right].action
    ]
    remembered: list[tuple[Row, _Span, Row, _Span, dict[str, str]]] = []
    for repeat, more in zip(found, _standing(found, told), strict=True):
        for here, there in ((repeat.left, repeat.right), (repeat.right, repeat.left)):
            row, other = told[here], told[there]
            if row.known or earlier(row, other):
                continue
            mine, theirs = _sides(repeat, here)
            if other.known:
                remembered.append((row, mine, other, theirs, more))
                continue
            why = _copy(row.update.text, mine, Stale.REPEAT_OTHER, other, other.update.text, theirs, **more)
            row.add(Stale.REPEAT_OTHER, why, [other.row_id])
    _mark_first_told(remembered, own)


def _mark_first_told(
    remembered: Sequence[tuple[Row, _Span, Row, _Span, dict[str, str]]], own: dict[int, list[_Span]]
) -> None:
    """Label passages that the history has under another action, of each action only the first time.

    What the row carries on from its own action's earlier updates is no repeat of others.
    """
    taken: dict[tuple[int, int], list[_Span]] = defaultdict(list)
    in_time = sorted(
        remembered, key=lambda item: (item[2].as_of or date.max, item[2].document, item[2].place)
    )
    for row, mine, other, theirs, more in in_time:
        spans = taken[row.place, other.action]
        if _overlap(mine, spans) or (earlier(other, row) and _overlap(mine, own.get(row.place, []))):
            continue
        spans.append(mine)
        why = _copy(row.update.text, mine, Stale.REPEAT_OTHER, other, other.update.text, theirs, **more)
        row.add(Stale.REPEAT_OTHER, why, [other.row_id])


def _sides(repeat: Repeat, here: int) -> tuple[_Span, _Span]:
    """The copied span in the text at position ``here``, and in the other."""
    left, right = (repeat.left_start, repeat.left_end), (repeat.right_start, repeat.right_end)
    return (left, right) if repeat.left == here else (right, left)


def _copy(
    text: str, mine: _Span, kind: Stale, other: Row, other_text: str, theirs: _Span, **more: Any
) -> Reason:
    there: dict[str, Any] = {"other_text": other_text[slice(*theirs)]}
    there |= {"other_start": theirs[0], "other_end": theirs[1], **more}
    if other.known:
        there |= {"source": other.document[1], "as_of": other.as_of.isoformat() if other.as_of else ""}
    return reason(text[slice(*mine)], kind, mine[0], mine[1], of=other.row_id, **there)


def _first(rows: Iterable[Row]) -> Row:
    """The earliest of some rows; of rows of one time, the first by their document's name and order."""
    ordered = sorted(rows, key=lambda row: (row.document, row.place))
    first = ordered[0]
    for row in ordered[1:]:
        if earlier(row, first):
            first = row
    return first


def _standing(found: Sequence[Repeat], row_of: Sequence[Row]) -> list[dict[str, str]]:
    """For each repeat, what is known of its passage wherever it stands.

    Two spans of one text are the same passage where each covers more than half of the other; a
    passage stands wherever repeats lead from one text to the next.

    Returns:
        ``first`` (the id of the row where it stood first) and, where it stands under many
        actions, ``note``.
    """
    numbers: dict[tuple[int, int, int], int] = {}
    parent: list[int] = []

    def root(n: int) -> int:
        while parent[n] != n:
            parent[n] = parent[parent[n]]
            n = parent[n]
        return n

    def number(text: int, span: _Span) -> int:
        n = numbers.setdefault((text, *span), len(parent))
        if n == len(parent):
            parent.append(n)
        return n

    for repeat in found:
        left, right = _sides(repeat, repeat.left)
        one, other = root(number(repeat.left, left)), root(number(repeat.right, right))
        parent[max(one, other)] = min(one, other)
    spans: dict[int, list[_Span]] = defaultdict(list)
    for text, start, end in numbers:
        for span in spans[text]:
            if _overlap((start, end), [span]) and _overlap(span, [(start, end)]):
                one, other = root(number(text, (start, end))), root(number(text, span))
                parent[max(one, other)] = min(one, other)
        spans[text].append((start, end))
    members: dict[int, list[Row]] = defaultdict(list)
    for (text, _, _), n in numbers.items():
        members[root(n)].append(row_of[text])
    known: dict[int, dict[str, str]] = {}
    for n, rows in members.items():
        known[n] = {"first": _first(rows).row_id}
        actions = len({row.action for row in rows})
        if actions >= _MANY:
            known[n]["note"] = f"stands under {actions} actions"
    return [known[root(numbers[r.left, r.left_start, r.left_end])] for r in found]


def _overlap(span: _Span, others: Sequence[_Span]) -> bool:
    """Whether most of a span lies in the others."""
    inside = sum(max(0, min(span[1], end) - max(span[0], start)) for start, end in others)
    return 2 * inside > span[1] - span[0]


def _quotations(row: Row, vocabulary: Vocabulary) -> list[_Span]:
    """Where the update quotes its own recommendation, unless it does little else."""
    spans = shared_spans(row.update.text, row.recommendation, vocabulary)
    left = vocabulary.words(row.update.text, spans).total if spans else _OWN_WORDS
    return spans if left >= _OWN_WORDS else []


def _not_told(row: Row, analysis: TextAnalysis, vocabulary: Vocabulary, name: str = "update") -> list[_Span]:
    """What two actions may share without repeating each other: quotations, references, "no change".

    References that only the plan's own ids make known ("See PE/04b") stand in the row's reasons.
    """
    spans = shared_spans(analysis.text, row.recommendation, vocabulary)
    spans += [(sentence.start, sentence.end) for sentence in _unchanged(analysis)]
    spans += [(r.start, r.end) for sentence in analysis.sentences for r in sentence.references]
    pointers = [why for why in row.why if why["kind"] == Stale.POINTER]
    spans += [(w["start"], w["end"]) for w in pointers if w.get("field", "update") == name]
    return spans


def _novelty(
    rows: Sequence[Row], unchanged: Sequence[Sequence[Sentence]], vocabulary: Vocabulary
) -> list[float]:
    history: dict[int, list[Row]] = defaultdict(list)
    for row in rows:
        history[row.action].append(row)
    out: list[float] = []
    for row in rows[: len(unchanged)]:
        text = row.update.text
        words = vocabulary.words(text, [(s.start, s.end) for s in unchanged[row.place]])
        if Stale.EMPTY in row.labels or not words.total:
            out.append(0.0)
            continue
        kept = text
        if unchanged[row.place]:
            skip = {(s.start, s.end) for s in unchanged[row.place]}
            kept = " ".join(s.text for s in row.update.sentences if (s.start, s.end) not in skip)
        before = [other.update.text for other in history[row.action] if earlier(other, row)]
        share = word_novelty(kept, before, vocabulary) * words.total / len(words.ids)
        out.append(round(share, 4))
    return out
