"""nlpkit in a spaCy pipeline: ``nlp.add_pipe("nlpkit_update")`` judges each document as one update.

spaCy finds the component by its entry point (group ``spacy_factories``), so that nothing of nlpkit has to
be imported first. Importing this module imports spaCy.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from itertools import islice
from typing import Any

import pandas as pd
from spacy.language import Language
from spacy.tokens import Doc, SpanGroup

from nlpkit import features
from nlpkit.analysis import evidence, status
from nlpkit.embedding.default import default_encoder
from nlpkit.language.annotations import TextAnalysis
from nlpkit.schema import READ_COLUMNS, conform

__all__ = ["EXTENSIONS", "NAME", "UpdateComponent", "make_component"]

NAME = "nlpkit_update"
"""The name to give to ``nlp.add_pipe``."""

EXTENSIONS: tuple[str, ...] = (
    "nlpkit_context",
    "nlpkit_status",
    "nlpkit_status_confidence",
    "nlpkit_status_probabilities",
    "nlpkit_status_why",
    "nlpkit_stages",
    "nlpkit_evidence",
    "nlpkit_evidence_score",
    "nlpkit_flags",
    "nlpkit_evidence_why",
)
"""What stands under ``doc._`` afterwards; the first is for you to set beforehand."""

_BLOCK = 64  # documents judged together


class UpdateComponent:
    """Judges documents; see :func:`make_component`."""

    def __init__(self, *, as_of: str = "", learned: bool = True) -> None:
        self.as_of = as_of
        self.learned = learned
        for name in EXTENSIONS:
            if not Doc.has_extension(name):
                Doc.set_extension(name, default=None)

    def __call__(self, doc: Doc) -> Doc:
        """Judge one document."""
        return self._judge([doc])[0]

    def pipe(self, stream: Iterable[Doc], *, batch_size: int = _BLOCK) -> Iterator[Doc]:
        """Judge many, a batch at a time; a document's judgement does not depend on its neighbours."""
        waiting = iter(stream)
        while batch := list(islice(waiting, batch_size)):
            yield from self._judge(batch)

    def _judge(self, docs: Sequence[Doc]) -> Sequence[Doc]:
        table = conform(pd.DataFrame([self._row(doc) for doc in docs]), as_of=self.as_of)
        made = features.compute(table, encoder=default_encoder() if self.learned else None)
        stated = status.judge(table, made)
        shown = evidence.judge(table, made, stated)
        judged = pd.concat([stated, shown], axis=1).to_dict("records")
        for doc, analysis, cells in zip(docs, made.update, judged, strict=True):
            for name in EXTENSIONS:
                column = name.removeprefix("nlpkit_")
                if column in cells:
                    doc._.set(name, cells[column])
            doc._.nlpkit_stages = [str(sentence.stage) for sentence in analysis.sentences]
            _mark(doc, analysis)
        return docs

    def _row(self, doc: Doc) -> dict[str, Any]:
        context = doc._.nlpkit_context or {}
        unknown = sorted(set(context) - set(READ_COLUMNS))
        if unknown:
            raise ValueError(
                f"doc._.nlpkit_context has '{unknown[0]}', which is no column of an update table "
                f"(they are: {', '.join(READ_COLUMNS)})"
            )
        # Ids and file names play no part, and must not clash between documents.
        return {**context, "update": doc.text, "row_id": "", "source": ""}


@Language.factory(
    NAME, default_config={"as_of": "", "learned": True}, assigns=[f"doc._.{name}" for name in EXTENSIONS[1:]]
)
def make_component(nlp: Language, name: str, as_of: str, learned: bool) -> UpdateComponent:
    """The component, for ``nlp.add_pipe("nlpkit_update", config={…})``.

    It reads ``doc.text`` as the narrative of one update and needs no other component. What else is known
    of the update (``recommendation``, ``required_outcome``, ``due_date``, ``as_of``, ``declared`` … as in an
    update table) may stand in ``doc._.nlpkit_context``, a dict, set before: make the document with
    ``nlp.make_doc``, set it, then call ``nlp`` on the document.

    It sets ``doc._.nlpkit_status``, ``…_status_confidence``, ``…_status_probabilities``, ``…_status_why``,
    ``…_evidence``, ``…_evidence_score``, ``…_flags`` and ``…_evidence_why``, each as the column of that name;
    ``doc._.nlpkit_stages``, the stage of each of nlpkit's sentences; and the span groups
    ``doc.spans["nlpkit_sentences"]`` (labelled with the stage) and ``doc.spans["nlpkit_facts"]`` (labelled
    with the kind of fact). All of it survives ``doc.to_bytes``.

    Args:
        as_of: ISO date, month or year at which updates that do not say so were true.
        learned: judge status by the learned model, which loads the encoder; by the rules alone if false.
    """
    return UpdateComponent(as_of=as_of, learned=learned)


def _mark(doc: Doc, analysis: TextAnalysis) -> None:
    marked = {
        "nlpkit_sentences": [(s.start, s.end, str(s.stage)) for s in analysis.sentences],
        "nlpkit_facts": [(f.start, f.end, f.kind) for s in analysis.sentences for f in s.facts],
    }
    for name, places in marked.items():
        spans = [
            doc.char_span(start, end, label=label, alignment_mode="expand") for start, end, label in places
        ]
        doc.spans[name] = SpanGroup(doc, name=name, spans=[span for span in spans if span is not None])
