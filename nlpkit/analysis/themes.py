"""Themes: what the work of many updates is about, found in the texts or taken from a guide."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Protocol, Self

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from nlpkit.analysis import theme_clusters, theme_tables, theme_titles
from nlpkit.analysis.theme_subjects import Read, Space, Subject, gather, sample_order, service_stems
from nlpkit.catalogue import Catalogue
from nlpkit.embedding import Encoder
from nlpkit.errors import InputError
from nlpkit.schema import conform

__all__ = [
    "LEAST_ROWS",
    "SHARE",
    "THEME_COLUMNS",
    "Hands",
    "ThemeModel",
    "Themes",
    "find",
    "guided",
]

LEAST_ROWS = 30
"""Fewer updates than this show no themes that would come out the same with other updates."""

CLUSTERED = 20_000
"""Subjects of work that themes are found in, if there are more: as good as random, but by their texts. The
others join the themes that these have."""

SHARE = 1_000
"""Subjects that are read, or join themes, at a time."""

GUIDE_FLOOR = 0.35
"""An update whose cosine to every entry of a guide is lower fits none of them. On ``corpora/links`` (tune) it
keeps out two thirds of the updates that belong nowhere, and loses a fifth of those that belong."""

THEME_COLUMNS = ("theme_id", "theme_label", "theme_why")
"""What themes add to an update table; ``theme_id`` is empty where ``theme_why`` says why there is none."""

SUMMARY_COLUMNS = (
    "theme_id",
    "theme_label",
    "updates",
    "actions",
    "services",
    "share",
    "stability",
    "redundancy",
    "closest_theme",
    "typical_1",
    "typical_1_text",
    "typical_2",
    "typical_2_text",
)

_LOG = logging.getLogger(__name__)
Progress = Callable[[str, int, int], None]


@dataclass(frozen=True)
class Themes:
    """The themes of an update table.

    Attributes:
        assignments: the rows in their order, with :data:`THEME_COLUMNS` after nlpkit's own columns.
        summary: one row a theme, largest first: its updates, actions, services and share of the rows; how
            stable it is under resampling and how near to another theme (both 0 to 1); its two most
            typical updates.
        left_out: the rows without a theme: ``row_id``, ``reason``, ``text``.
        subjects: one row a subject of work, for the map: ``rows`` (positions), ``theme`` (number, -1 for
            none), and its place (``vector``).
    """

    assignments: pd.DataFrame
    summary: pd.DataFrame
    left_out: pd.DataFrame
    subjects: pd.DataFrame = field(repr=False)

    def by(self, kind: str) -> pd.DataFrame:
        """Counts for each theme by the plan's ``theme``, ``service``, ``status`` or ``period``.

        See :func:`nlpkit.analysis.theme_tables.counted`.
        """
        return theme_tables.counted(self.assignments, kind)

    def plot(self, path: str | Path) -> Path:
        """Draw the map of the updates into one ``.html`` file (works offline) or a ``.png`` picture.

        Raises:
            InputError: another ending, or a place that cannot be written to.
            NlpkitError: the libraries that draw are not installed (``pip install 'nlpkit[plots]'``).
        """
        from nlpkit.reporting.theme_map import draw

        return draw(self.assignments, self.summary, self.subjects, path)


class Hands(Protocol):
    """Who does what can be shared out, since it is of each subject alone."""

    def read(self, space: Space, subjects: Sequence[Subject]) -> Read:
        """What the space needs of subjects."""
        ...

    def meaning(self, space: Space, subjects: Sequence[Subject]) -> NDArray[np.float64]:
        """The meaning of subjects."""
        ...

    def join(
        self, space: Space, centres: NDArray[np.float64], subjects: Sequence[Subject]
    ) -> theme_clusters.Nearest:
        """The themes that subjects are nearest to; of :data:`SHARE` at a time, since so bits are equal."""
        ...


class Alone:
    """:class:`Hands` of this process."""

    def read(self, space: Space, subjects: Sequence[Subject]) -> Read:
        """What the space needs of subjects."""
        return space.read(subjects)

    def meaning(self, space: Space, subjects: Sequence[Subject]) -> NDArray[np.float64]:
        """The meaning of subjects."""
        return space.meaning(subjects)

    def join(
        self, space: Space, centres: NDArray[np.float64], subjects: Sequence[Subject]
    ) -> theme_clusters.Nearest:
        """The themes that subjects are nearest to."""
        found = [
            theme_clusters.nearest(space.place(subjects[at : at + SHARE]), centres)
            for at in range(0, len(subjects), SHARE)
        ]
        return theme_clusters.Nearest(*(np.concatenate(one) for one in zip(*found, strict=True)))


class ThemeModel:
    """Themes as an estimator in the manner of scikit-learn: learned from one table, applied to others.

    Args:
        number: how many themes; chosen by silhouette if None.
        encoder: turns texts into vectors; nlpkit's own if None.

    Attributes (once fitted):
        titles_: the themes' titles; ``ids_``: their ids ("T01"), in the same order.
        labels_: theme number of each row that was learned from; -1 for none.
    """

    def __init__(self, number: int | None = None, encoder: Encoder | None = None) -> None:
        self.number = number
        self.encoder = encoder

    def get_params(self, deep: bool = True) -> dict[str, Any]:
        """The arguments that it was made with."""
        return {"number": self.number, "encoder": self.encoder}

    def set_params(self, **params: Any) -> Self:
        """Change arguments by name; takes effect at the next :meth:`fit`."""
        for name, value in params.items():
            if name not in self.get_params():
                raise ValueError(f"ThemeModel has no parameter '{name}' (it has: number, encoder)")
            setattr(self, name, value)
        return self

    def fit(self, updates: pd.DataFrame, y: object = None) -> Self:
        """Find the themes of an update table.

        Raises:
            InputError: fewer than :data:`LEAST_ROWS` updates with something to cluster, or a ``number``
                that does not fit them.
        """
        return self._fitted(conform(updates))

    def _fitted(self, table: pd.DataFrame, hands: Hands | None = None) -> Self:
        """Fit on a table that conforms."""
        # Loaded before threads are limited, which holds for what is loaded: else the first themes of a
        # process are computed with other last bits than all later ones.
        import sklearn.cluster
        import sklearn.decomposition
        import sklearn.feature_extraction.text  # noqa: F401
        from threadpoolctl import threadpool_limits

        hands = hands or Alone()
        every, self.left_out_ = gather(table)
        self.subjects_ = every
        self._check(table)
        order = sample_order(every)
        if len(every) > CLUSTERED:
            chosen = set(order[:CLUSTERED])
            self.subjects_ = [subject for at, subject in enumerate(every) if at in chosen]
            self.others_ = [subject for at, subject in enumerate(every) if at not in chosen]
            order = sample_order(self.subjects_)
        else:
            self.others_ = []
        encoder = self.encoder or _default_encoder()
        self.space_ = Space(encoder, service_stems(table))
        rows = np.array([len(subject.rows) for subject in self.subjects_], dtype=np.int64)
        read = hands.read(self.space_, self.subjects_)
        with threadpool_limits(1):  # sums over several threads round differently from run to run
            self.places_ = self.space_.fit(self.subjects_, read)
            self.found_ = theme_clusters.cluster(self.places_, rows, order, self.number)
            self._join(hands)
            self.stability_ = theme_clusters.stability(self.places_, self.found_, order)
        self.titles_ = theme_titles.titles(
            self.subjects_, self.found_.labels, self.found_.similarity, sorted(set(table["service"]))
        )
        digits = max(2, len(str(len(self.titles_))))  # ids sort as their numbers do
        self.ids_ = [f"T{place:0{digits}d}" for place in range(1, len(self.titles_) + 1)]
        self.labels_ = _of_rows(self.subjects_, self.found_.labels, len(table))
        for subject, label in zip(self.others_, self.joined_labels_, strict=True):
            self.labels_[list(subject.rows)] = label
        return self

    def _join(self, hands: Hands) -> None:
        """Let the subjects that were not clustered join the themes."""
        none = np.zeros(0, dtype=np.int64)
        self.joined_ = theme_clusters.Nearest(none, none.astype(np.float64), none, none.astype(np.float64))
        if self.others_:
            joined = hands.join(self.space_, self.found_.centres, self.others_)
            weight = np.bincount(
                np.concatenate([self.found_.nearest, joined.theme]),
                weights=[len(subject.rows) for subject in [*self.subjects_, *self.others_]],
                minlength=self.found_.number,
            )
            self.found_, new = theme_clusters.ranked(self.found_, weight)
            self.joined_ = joined._replace(theme=new[joined.theme], other=new[joined.other])
        fits = (self.joined_.cosine >= theme_clusters.FLOOR) | (self.found_.number == 1)
        self.joined_labels_ = np.where(fits, self.joined_.theme, -1)

    def transform(self, updates: pd.DataFrame) -> NDArray[np.float64]:
        """Cosine of every row to every theme, shape ``(rows, themes)``; NaN where nothing can be compared."""
        from threadpoolctl import threadpool_limits

        table = conform(updates)
        subjects, _ = gather(table)
        found = np.full((len(table), len(self.ids_)), np.nan)
        if subjects:
            with threadpool_limits(1):
                cosines = self.space_.place(subjects) @ self.found_.centres.T
            for subject, values in zip(subjects, cosines, strict=True):
                found[list(subject.rows)] = values
        return found

    def predict(self, updates: pd.DataFrame) -> NDArray[np.object_]:
        """The id of each row's nearest theme; ``""`` where none fits, shape ``(rows,)``."""
        cosines = self.transform(updates)
        fits = np.nan_to_num(cosines, nan=-1.0)
        ids = np.array([*self.ids_, ""], dtype=object)
        chosen: NDArray[np.object_] = ids[
            np.where(fits.max(axis=1) >= theme_clusters.FLOOR, fits.argmax(axis=1), len(self.ids_))
        ]
        return chosen

    def fit_predict(self, updates: pd.DataFrame, y: object = None) -> NDArray[np.int64]:
        """Fit, and give the theme number of each row (-1 for none)."""
        return self.fit(updates).labels_

    def _check(self, table: pd.DataFrame) -> None:
        source = table["source"].iloc[0] if table["source"].nunique() == 1 else ""
        usable = len(table) - len(self.left_out_)
        if usable < LEAST_ROWS:
            said = f"{len(table)} updates" if usable == len(table) else f"{usable} updates with words"
            raise InputError(
                f"has {said}, too few to find themes in" if usable else "has no update with words of its own",
                source=source,
                remedy=f"Give at least {LEAST_ROWS}, from more plans or periods, or assign them to themes "
                "of your own with a guide (--guide FILE, guide=).",
            )
        if self.number is not None and not 1 <= self.number <= len(self.subjects_):
            raise InputError(
                f"cannot be parted into {self.number} themes: it has {len(self.subjects_)} subjects of work",
                source=source,
                remedy="Ask for fewer themes, or leave the number out and nlpkit chooses.",
            )


def find(
    updates: pd.DataFrame,
    *,
    number: int | None = None,
    encoder: Encoder | None = None,
    progress: Progress | None = None,
    hands: Hands | None = None,
) -> Themes:
    """The themes of an update table, found in its texts.

    The same table gives the same themes, whatever the order of its rows. Of more than :data:`CLUSTERED`
    subjects of work, themes are found in so many, and the others join them; titles, typical updates,
    stability and the map are then of those that they were found in.

    Args:
        updates: an update table.
        number: how many themes; chosen if not given.
        encoder: turns texts into vectors; nlpkit's own unless given.
        progress: told what is being done.
        hands: does what can be shared out; this process unless given.

    Raises:
        InputError: as :meth:`ThemeModel.fit`.
    """
    told = progress or _silent
    table = conform(updates.drop(columns=[name for name in THEME_COLUMNS if name in updates.columns]))
    told("grouping updates", 0, 2)
    model = ThemeModel(number, encoder)._fitted(table, hands)
    found = model.found_
    if found.number == 1 and number is None:
        _LOG.warning("the updates are too alike to be parted: all are one theme")
    told("summing up", 1, 2)
    closest = found.centres @ found.centres.T
    np.fill_diagonal(closest, -2.0)
    why = [
        _why(model.titles_, found.similarity[place], int(found.labels[place]))
        for place in range(len(model.subjects_))
    ]
    facts = {
        "stability": model.stability_.tolist(),
        "redundancy": found.redundancy.tolist(),
        "closest_theme": [
            model.ids_[int(closest[theme].argmax())] if found.number > 1 else ""
            for theme in range(found.number)
        ],
    }
    themes = _assembled(
        table,
        model.subjects_,
        found.labels,
        found.similarity,
        model.places_,
        ids=model.ids_,
        titles=model.titles_,
        why=why,
        left_out=model.left_out_,
        facts=facts,
        joined=_joined_rows(model),
    )
    told("done", 2, 2)
    return themes


def guided(
    updates: pd.DataFrame,
    guide: Catalogue,
    *,
    encoder: Encoder | None = None,
    progress: Progress | None = None,
    hands: Hands | None = None,
) -> Themes:
    """The themes of an update table, taken from a guide: each row's nearest entry, or none.

    Args:
        updates: an update table, of any length.
        guide: seed texts; an entry's title, duty and aliases are compared.
        encoder, progress, hands: as :func:`find`.
    """
    told = progress or _silent
    table = conform(updates.drop(columns=[name for name in THEME_COLUMNS if name in updates.columns]))
    told("comparing with the guide", 0, 2)
    encoder = encoder or _default_encoder()
    subjects, left_out = gather(table)
    ids, titles = [entry.id for entry in guide.entries], [entry.title for entry in guide.entries]
    seeds = encoder.encode(
        [_joined([e.title, e.duty if e.duty != e.title else "", *e.aliases]) for e in guide.entries]
    ).astype(np.float64)
    hands = hands or Alone()
    places = hands.meaning(Space(encoder), subjects) if subjects else np.zeros((0, encoder.dimension))
    similarity = np.stack([(seeds * place).sum(axis=1) for place in places]) if subjects else places[:, :0]
    nearest = similarity.argmax(axis=1) if subjects else np.zeros(0, dtype=np.int64)
    labels = np.array(
        [
            int(entry) if similarity[at, entry] >= GUIDE_FLOOR else -1
            for at, entry in enumerate(nearest.tolist())
        ],
        dtype=np.int64,
    )
    why = [_why(titles, similarity[at], int(labels[at]), floor=GUIDE_FLOOR) for at in range(len(subjects))]
    told("summing up", 1, 2)
    themes = _assembled(
        table,
        subjects,
        labels,
        similarity,
        places,
        ids=ids,
        titles=titles,
        why=why,
        left_out=left_out,
        facts={},
    )
    told("done", 2, 2)
    return themes


def _assembled(
    table: pd.DataFrame,
    subjects: list[Subject],
    labels: NDArray[np.int64],
    similarity: NDArray[np.float64],
    places: NDArray[np.float64],
    *,
    ids: list[str],
    titles: list[str],
    why: list[str],
    left_out: dict[int, str],
    facts: dict[str, list[Any]],
    joined: Sequence[tuple[Subject, int, str]] = (),
) -> Themes:
    number = _of_rows(subjects, labels, len(table))
    reasons = dict(left_out)
    for subject, label, reason in joined:
        number[list(subject.rows)] = label
        reasons.update(dict.fromkeys(subject.rows, reason))
    for subject, reason in zip(subjects, why, strict=True):
        reasons.update(dict.fromkeys(subject.rows, reason))
    columns = pd.DataFrame(
        {
            "theme_id": [ids[theme] if theme >= 0 else "" for theme in number],
            "theme_label": [titles[theme] if theme >= 0 else "" for theme in number],
            "theme_why": [reasons[row] for row in range(len(table))],
        },
        index=table.index,
        dtype="object",
    )
    rows = pd.concat([table, columns], axis=1)
    out = [
        {
            "row_id": table["row_id"].iloc[row],
            "reason": reasons[row],
            "text": table["update"].iloc[row] or table["recommendation"].iloc[row],
        }
        for row in np.flatnonzero(number < 0).tolist()
    ]
    return Themes(
        assignments=rows,
        summary=_summary(rows, subjects, labels, similarity, ids, titles, facts),
        left_out=pd.DataFrame(out, columns=["row_id", "reason", "text"]),
        subjects=pd.DataFrame(
            {
                "rows": pd.Series([subject.rows for subject in subjects], dtype="object"),
                "theme": labels,
                "vector": pd.Series(list(places), dtype="object"),
            }
        ),
    )


def _summary(
    rows: pd.DataFrame,
    subjects: list[Subject],
    labels: NDArray[np.int64],
    similarity: NDArray[np.float64],
    ids: list[str],
    titles: list[str],
    facts: dict[str, list[Any]],
) -> pd.DataFrame:
    found: list[dict[str, Any]] = []
    counted = rows[["service", "section", "action_id", "recommendation", "row_id"]]
    of: dict[Any, Any] = counted.groupby(rows["theme_id"], sort=False).indices
    for theme, (name, title) in enumerate(zip(ids, titles, strict=True)):
        mine = counted.take(of.get(name, []))
        members = np.flatnonzero(labels == theme).tolist()
        typical = sorted(members, key=lambda at: (-similarity[at, theme], at))[:2]
        row: dict[str, Any] = {
            "theme_id": name,
            "theme_label": title,
            "updates": len(mine),
            "actions": theme_tables.actions(mine),
            "services": mine["service"].nunique(),
            "share": len(mine) / len(rows),
            **{key: values[theme] for key, values in facts.items()},
        }
        for place in range(2):
            chosen = _fullest(rows, subjects[typical[place]].rows) if place < len(typical) else None
            row[f"typical_{place + 1}"] = rows["row_id"].iloc[chosen] if chosen is not None else ""
            text = (
                "" if chosen is None else rows["update"].iloc[chosen] or rows["recommendation"].iloc[chosen]
            )
            row[f"typical_{place + 1}_text"] = text
        found.append(row)
    table = pd.DataFrame(found)
    return table[[name for name in SUMMARY_COLUMNS if name in table.columns]].join(
        theme_tables.news(rows, ids)
    )


def _fullest(rows: pd.DataFrame, places: Iterable[int]) -> int:
    """Of a subject's rows the one that says most; of equals the first by its id."""
    return min(places, key=lambda at: (-len(rows["update"].iloc[at]), str(rows["row_id"].iloc[at])))


def _joined_rows(model: ThemeModel) -> list[tuple[Subject, int, str]]:
    """The subjects that joined themes, each with its theme (-1 for none) and the reason."""
    found = []
    columns = (column.tolist() for column in model.joined_)
    for subject, label, theme, cosine, other, next_cosine in zip(
        model.others_, model.joined_labels_.tolist(), *columns, strict=True
    ):
        values = np.full(model.found_.number, -np.inf)
        values[other], values[theme] = next_cosine, cosine
        found.append((subject, label, _why(model.titles_, values, label)))
    return found


def _why(titles: list[str], similarity: NDArray[np.float64], theme: int, floor: float | None = None) -> str:
    ranked = np.argsort(-similarity, kind="stable").tolist()
    if theme < 0:
        best = ranked[0]
        least = theme_clusters.FLOOR if floor is None else floor
        nearest = f"the nearest, '{titles[best]}', has {similarity[best]:.2f} of the {least:.2f} needed"
        return f"fits nowhere: {nearest}"
    told = f"similarity {similarity[theme]:.2f}"
    rest = [other for other in ranked if other != theme]
    return told + (f"; next '{titles[rest[0]]}' {similarity[rest[0]]:.2f}" if rest else "")


def _of_rows(subjects: list[Subject], labels: NDArray[np.int64], count: int) -> NDArray[np.int64]:
    found = np.full(count, -1, dtype=np.int64)
    for subject, label in zip(subjects, labels, strict=True):
        found[list(subject.rows)] = label
    return found


def _joined(parts: Iterable[str]) -> str:
    return ". ".join(part.rstrip(". ") for part in parts if part)


def _default_encoder() -> Encoder:
    from nlpkit.embedding.default import default_encoder

    return default_encoder()


def _silent(stage: str, done: int, total: int) -> None:
    pass
