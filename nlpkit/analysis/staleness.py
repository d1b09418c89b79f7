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
from collections.abc import Hashable, Sequence
from dataclasses import dataclass
from datetime import date
from itertools import islice
from typing import Any

import pandas as pd

from nlpkit.analysis import across
from nlpkit.analysis.actions import Before, Reason, Row, earlier, reason, rows_of
from nlpkit.analysis.copies import Place, copy_reason, first_of, overlap, sides, standing
from nlpkit.analysis.pointers import mark_pointers
from nlpkit.analysis.promises import expired_date
from nlpkit.analysis.repeats import Repeat, find_repeats
from nlpkit.analysis.words import Vocabulary, shared_spans, word_novelty
from nlpkit.features import Features
from nlpkit.language.annotations import Sentence, Stage, TextAnalysis
from nlpkit.resources import lexicon
from nlpkit.schema import Stale, natural_key

__all__ = ["Inside", "columns", "inside", "judge"]

_SELF_SHARE = 0.6  # of an update's words, what makes it the same as an earlier one
_OWN_WORDS = 5  # an update with fewer words beside its quotations is compared as it stands
_BARE_WORDS = 4  # longer than this, an update is more than a status
_LASTING = re.compile(
    r"\bstill\b(?!\s+(?:appl|stand|hold|relevant|valid|the\s+same|unchanged))"
    r"|\bremain(?:s|ed)?\s+(?:on|in\s+progress|under|outstanding|paused|suspended|stalled|closed)",
    re.IGNORECASE,
)
_WORD = re.compile(r"[^\W_]+(?:/[^\W_]\b)?")

_KNOWN = "history"  # no two updates of the history are held against each other


@dataclass(frozen=True, slots=True)
class Inside:
    """What the updates of some services say of each other, before other services are looked at.

    Attributes:
        rows: of each update the labels, refs and reasons found so far.
        novelty: of each update.
        told: the updates as they are held against other documents, those of the history too.
    """

    rows: list[Row]
    novelty: list[float]
    told: list[across.Told]


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
    vocabulary = Vocabulary()
    found = inside(updates, features, before, vocabulary)
    said: dict[int, list[across.Elsewhere]] = defaultdict(list)
    for one in across.compare(found.told, vocabulary):
        said[one.place].append(one)
    for place, more in said.items():
        across.add(found.rows[place], more)
    return columns(found.rows, found.novelty).set_axis(updates.index, axis=0)


def inside(
    updates: pd.DataFrame,
    features: Features,
    before: Before | None = None,
    vocabulary: Vocabulary | None = None,
) -> Inside:
    """All of :func:`judge` but what stands in other documents too.

    Of all rows of a service, or of a document where no service is named, it finds the same with or without
    the rows of others.

    Args:
        updates, features, before: as :func:`judge`.
        vocabulary: reads the words, if it is used for more than this.
    """
    rows = rows_of(updates, features, before)
    judged = rows[: len(updates)]
    vocabulary = vocabulary or Vocabulary()
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
    told = [_told(row, own, vocabulary) for row in rows if row.update.text.strip()]
    return Inside(judged, _novelty(rows, unchanged, vocabulary), told)


def columns(rows: Sequence[across.Findings], novelty: Sequence[float]) -> pd.DataFrame:
    """What was found, as :func:`judge` returns it."""
    found: dict[str, list[Any]] = {
        "stale": [[str(kind) for kind in Stale if kind in row.labels] for row in rows],
        "stale_refs": [sorted(row.refs, key=natural_key) for row in rows],
        "stale_why": [sorted(row.why, key=_in_order) for row in rows],
    }
    out = pd.DataFrame({name: pd.Series(values, dtype="object") for name, values in found.items()})
    out["novelty"] = pd.Series(novelty, dtype="float64")
    return out


def _told(row: Row, own: dict[int, list[Place]], vocabulary: Vocabulary) -> across.Told:
    return across.Told(
        text=row.update.text,
        ignore=tuple(_not_told(row, row.update, vocabulary)),
        own=tuple(own.get(row.place, ())),
        row_id=row.row_id,
        document=row.document,
        place=row.place,
        action=row.action,
        as_of=row.as_of,
        period=row.period,
        period_rank=row.period_rank,
        known=row.known,
    )


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
    words = [match[0].casefold() for match in islice(_WORD.finditer(text), _BARE_WORDS + 1)]
    if not words:
        note = "no narrative"
    elif len(words) == 1 or (
        len(words) <= _BARE_WORDS and set(lexicon("bare_statuses")["words"]).issuperset(words)
    ):
        note = "a status and no more"
    else:
        return
    row.add(Stale.EMPTY, reason(text, Stale.EMPTY, 0, len(text), note=note))


# -- what stood elsewhere ----------------------------------------------------------------------


def _mark_repeats_of_own(rows: Sequence[Row], vocabulary: Vocabulary) -> dict[int, list[Place]]:
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
    copied: dict[int, list[Place]] = defaultdict(list)
    pairs: dict[tuple[int, int], list[Repeat]] = defaultdict(list)
    for repeat in found:
        for later, before in ((repeat.right, repeat.left), (repeat.left, repeat.right)):
            if not rows[later].known and earlier(rows[before], rows[later]):
                pairs[later, before].append(repeat)
                copied[later].append(sides(repeat, later)[0])
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
            mine, theirs = sides(part, later)
            held = [
                rows[other]
                for one, other in pairs
                if one == later and any(overlap(mine, [sides(p, later)[0]]) for p in pairs[one, other])
            ]
            more: dict[str, Any] = {"first": first_of(held).row_id, "note": note}
            why = copy_reason(
                row.update.text, mine, Stale.REPEAT_SELF, first, first.update.text, theirs, **more
            )
            row.add(Stale.REPEAT_SELF, why, [first.row_id] if first.known else [])
    return copied


def _mark_repeats_of_others(rows: Sequence[Row], own: dict[int, list[Place]], vocabulary: Vocabulary) -> None:
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
    known = standing(found, [row for row, _, _ in entries])
    for repeat, more_of_it in zip(found, known, strict=True):
        for here, there in ((repeat.left, repeat.right), (repeat.right, repeat.left)):
            row, name, analysis = entries[here]
            other, other_name, other_analysis = entries[there]
            mine, theirs = sides(repeat, here)
            carried = earlier(other, row) and overlap(mine, own.get(row.place, []))
            if earlier(row, other) or (carried and name == "update"):
                continue
            more: dict[str, Any] = {**({"field": name} if name != "update" else {}), **more_of_it}
            if other_name != name:
                more["other_field"] = other_name
            why = copy_reason(
                analysis.text, mine, Stale.REPEAT_OTHER, other, other_analysis.text, theirs, **more
            )
            row.add(Stale.REPEAT_OTHER, why, [other.name])


def _quotations(row: Row, vocabulary: Vocabulary) -> list[Place]:
    """Where the update quotes its own recommendation, unless it does little else."""
    spans = shared_spans(row.update.text, row.recommendation, vocabulary)
    left = vocabulary.words(row.update.text, spans).total if spans else _OWN_WORDS
    return spans if left >= _OWN_WORDS else []


def _not_told(row: Row, analysis: TextAnalysis, vocabulary: Vocabulary, name: str = "update") -> list[Place]:
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
