"""The map of themes: every update a point, near to what it is like, coloured by theme.

One self-contained HTML page (plotly with its JavaScript inside, so that it opens without a network) or a
PNG picture. The layout is t-SNE (van der Maaten and Hinton, 2008) of the subjects of work from a fixed
start; the updates of one subject lie around its place in a spiral.
"""

from __future__ import annotations

import html
import textwrap
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from nlpkit.errors import InputError, NlpkitError
from nlpkit.files import replace_file

__all__ = ["ENDINGS", "check_map", "draw"]

ENDINGS = (".html", ".png")
"""What a map can be drawn into."""

_LAID_OUT = 4000  # subjects placed by t-SNE; the others lie among their nearest neighbours of these
_COLOURS = (
    "#4269d0", "#e8870c", "#2f9e6e", "#d6455a", "#8a5fc7", "#1795a8", "#a8672d", "#d45fa6",
    "#6b8f23", "#5a6b8c", "#b8960c", "#3c7fb8", "#c0562e", "#45a049", "#9c4f96", "#7a7367",
)  # fmt: skip
_GREY = "#b9bcc2"
_INK = "#22262e"
_SPREAD = 0.55  # of the distance between neighbouring updates of one subject to that between subjects
_NAMED = 60  # themes whose title is written on the map; hovering names the rest
_RINGS = (30, 48, 68, 92, 120, 150)  # distances of a title from the middle of its theme that are tried
_SCREEN = (900, 560)  # pixels over which the points spread on a small screen; on a larger one titles part
_LETTER, _LINE = 6.2, 15.0  # width of a letter and height of a line of its titles, in pixels
_SERIF = "Georgia, 'Times New Roman', serif"
_SANS = "'Segoe UI', 'Helvetica Neue', Arial, sans-serif"


def check_map(path: str | Path) -> None:
    """Refuse a map that could not be drawn, before any work is done for it.

    Raises:
        InputError: the ending is none of :data:`ENDINGS`, or the folder does not exist.
        NlpkitError: the library that draws it is not installed.
    """
    place = Path(path)
    if place.suffix.lower() not in ENDINGS:
        raise InputError(
            f"'{place.suffix}' is nothing a map is drawn into" if place.suffix else "has no ending",
            source=path,
            remedy=f"Use a name ending in {' or '.join(ENDINGS)}.",
        )
    if not place.resolve().parent.is_dir():
        raise InputError("its folder does not exist", source=path, remedy="Make the folder first.")
    try:
        _library(place)
    except ImportError as error:
        raise NlpkitError(
            f"Drawing {path} needs {error.name}, which is not installed. Install it with "
            "pip install 'nlpkit[plots]'."
        ) from None


def draw(rows: pd.DataFrame, summary: pd.DataFrame, subjects: pd.DataFrame, path: str | Path) -> Path:
    """Draw the map into a file.

    Args:
        rows: an update table with ``theme_id`` and ``theme_label``.
        summary: one row a theme: ``theme_id``, ``theme_label``, ``updates``.
        subjects: ``rows`` (positions in ``rows``) and ``vector`` of each subject of work.
        path: a file ending in ``.html`` or ``.png``.

    Raises:
        InputError, NlpkitError: as :func:`check_map`.
    """
    check_map(path)
    place = Path(path)
    points = _points(rows, subjects)
    if place.suffix.lower() == ".html":
        data = _page(points, summary).encode("utf8")
    else:
        data = _picture(points, summary)
    replace_file(place, data)
    return place


def _library(path: Path) -> Any:
    if path.suffix.lower() == ".html":
        import plotly.graph_objects

        return plotly.graph_objects
    import matplotlib.figure

    return matplotlib.figure


def _points(rows: pd.DataFrame, subjects: pd.DataFrame) -> pd.DataFrame:
    """The rows that have a place, with ``x`` and ``y``."""
    if not len(subjects):
        return rows.iloc[:0].assign(x=0.0, y=0.0)
    layout = _layout(np.stack(list(subjects["vector"])))
    step = _SPREAD * _spacing(layout)
    turn = np.pi * (3 - np.sqrt(5))
    places: dict[int, tuple[float, float]] = {}
    ids = rows["row_id"].tolist()
    for (x, y), members in zip(layout.tolist(), subjects["rows"], strict=True):
        for n, at in enumerate(sorted(members, key=lambda row: str(ids[row]))):
            radius = step * np.sqrt(n)
            places[at] = (x + radius * np.cos(n * turn), y + radius * np.sin(n * turn))
    kept = sorted(places, key=lambda at: str(ids[at]))
    return rows.iloc[kept].assign(
        x=[round(places[at][0], 4) for at in kept], y=[round(places[at][1], 4) for at in kept]
    )


def _layout(vectors: NDArray[np.float64]) -> NDArray[np.float64]:
    """Places in the plane, shape ``(subjects, 2)``, about 0 and within ±100 or so."""
    from sklearn.decomposition import PCA
    from sklearn.manifold import TSNE
    from threadpoolctl import threadpool_limits

    count = len(vectors)
    if count < 5 or np.allclose(vectors, vectors[0]):
        angle = 2 * np.pi * np.arange(count) / max(1, count)
        return np.stack([np.cos(angle), np.sin(angle)], axis=1) * 10
    laid = np.arange(count)
    if count > _LAID_OUT:
        laid = np.linspace(0, count - 1, _LAID_OUT).astype(np.int64)
    with threadpool_limits(1):
        size = min(50, len(laid) - 1, vectors.shape[1])
        reduced = PCA(size, random_state=0).fit(vectors[laid])
        near = reduced.transform(vectors)
        model = TSNE(
            perplexity=min(30.0, (len(laid) - 1) / 3),
            init="pca",
            metric="cosine",
            random_state=0,
            n_jobs=1,
        )
        places = np.asarray(model.fit_transform(near[laid]), dtype=np.float64)
        if count == len(laid):
            return _centred(places)
        from sklearn.neighbors import NearestNeighbors

        distances, beside = NearestNeighbors(n_neighbors=5).fit(near[laid]).kneighbors(near)
    weight = 1 / (distances + 1e-6)
    return _centred((places[beside] * weight[..., None]).sum(axis=1) / weight.sum(axis=1)[:, None])


def _centred(places: NDArray[np.float64]) -> NDArray[np.float64]:
    return np.asarray(places - places.mean(axis=0), dtype=np.float64)


def _spacing(layout: NDArray[np.float64]) -> float:
    """The usual distance of a subject to its nearest neighbour."""
    from sklearn.neighbors import NearestNeighbors

    if len(layout) < 3:
        return 1.0
    distances, _ = NearestNeighbors(n_neighbors=2).fit(layout).kneighbors(layout)
    return float(np.median(distances[:, 1])) or 1.0


def _labels(points: pd.DataFrame, summary: pd.DataFrame) -> list[tuple[str, str, float, float, int]]:
    """For each theme on the map: id, title, where its middle lies (medians) and its updates."""
    found = []
    for name, title in zip(summary["theme_id"], summary["theme_label"], strict=True):
        mine = points[points["theme_id"] == name]
        if len(mine):
            x, y = float(mine["x"].median()), float(mine["y"].median())
            found.append((str(name), str(title), x, y, len(mine)))
    return found


def _short(title: str, width: int, lines: int = 2) -> list[str]:
    """A title over a few lines: its leading phrases, as many as find room."""
    phrases = title.split(", ")
    for count in range(len(phrases), 0, -1):
        wrapped = textwrap.wrap(", ".join(phrases[:count]), width)
        if len(wrapped) <= lines:
            return wrapped
    return [
        *textwrap.wrap(phrases[0], width)[: lines - 1],
        textwrap.shorten(phrases[0], width, placeholder="…"),
    ][:lines]


def _subtitle(points: pd.DataFrame, summary: pd.DataFrame) -> str:
    shown = int((points["theme_id"] != "").sum())
    services = points["service"].nunique()
    said = f"{shown:,} updates in {int((summary['updates'] > 0).sum())} themes"
    if services > 1:
        said += f" from {services} services"
    without = len(points) - shown
    return said + (f"; {without:,} fit none (grey)" if without else "")


def _picture(points: pd.DataFrame, summary: pd.DataFrame) -> bytes:
    """The map as a PNG of 2,400 by 1,650 pixels."""
    import io

    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    figure = Figure(figsize=(16, 11), dpi=150, facecolor="white")
    canvas: Any = FigureCanvasAgg(figure)
    axes = figure.add_axes((0.015, 0.02, 0.97, 0.88))
    axes.set_axis_off()
    size = float(np.clip(26000 / max(1, len(points)), 4, 60))
    stray = points[points["theme_id"] == ""]
    axes.scatter(stray["x"], stray["y"], s=size * 0.7, c=_GREY, linewidths=0)
    named = _labels(points, summary)
    for at, (name, *_rest) in enumerate(named):
        mine = points[points["theme_id"] == name]
        colour = _COLOURS[at % len(_COLOURS)]
        axes.scatter(mine["x"], mine["y"], s=size, c=colour, alpha=0.8, linewidths=0.4, edgecolors="white")
    figure.text(
        0.025, 0.945, "What the work is about", fontsize=26, family="serif", color=_INK, weight="bold"
    )
    figure.text(0.025, 0.917, _subtitle(points, summary), fontsize=13, color="#5b6270")
    axes.margins(0.06, 0.05)
    canvas.draw()
    _write_titles(axes, canvas, named)
    buffer = io.BytesIO()
    figure.savefig(buffer, format="png", metadata={"Software": None})
    return buffer.getvalue()


def _write_titles(axes: Any, canvas: Any, named: Sequence[tuple[str, str, float, float, int]]) -> None:
    """Titles beside the middle of their themes, largest first, each where it covers no other title."""
    from matplotlib import patheffects

    halo = [patheffects.withStroke(linewidth=3.2, foreground="white", alpha=0.92)]
    taken: list[Any] = []
    frame = axes.get_window_extent()
    for at, (_, title, x, y, count) in enumerate(named[:_NAMED]):
        words = axes.annotate(
            "\n".join(_short(title, 26)),
            (x, y),
            xytext=(0, 0),
            textcoords="offset pixels",
            ha="center",
            va="center",
            fontsize=float(np.clip(7.5 + 1.1 * np.sqrt(count) / 2, 8.5, 12.5)),
            color=_dark(_COLOURS[at % len(_COLOURS)]),
            weight="bold",
            linespacing=1.05,
            path_effects=halo,
            zorder=5,
        )
        for dx, dy in _steps():
            words.set_position((dx, dy))
            box = words.get_window_extent(canvas.get_renderer()).padded(4)
            inside = box.x0 > frame.x0 and box.x1 < frame.x1 and box.y0 > frame.y0 and box.y1 < frame.y1
            if inside and not any(box.overlaps(other) for other in taken):
                taken.append(box)
                break
        else:
            words.remove()


def _steps() -> list[tuple[float, float]]:
    """Where a title may stand from the middle of its theme, in pixels, y upwards: the nearest first."""
    return [(0.0, 30.0), (0.0, -30.0), (0.0, 0.0)] + [
        (radius * np.cos(angle), radius * np.sin(angle))
        for radius in _RINGS
        for angle in np.pi / 2 + np.linspace(0, 2 * np.pi, 16, endpoint=False)
    ]


def _room(
    points: pd.DataFrame, named: Sequence[tuple[str, str, float, float, int]]
) -> list[tuple[int, list[str], float, float]]:
    """The titles that find room on the page, largest theme first: place in ``named``, lines, and offset in
    pixels from the middle of the theme, y upwards. None covers another; each stands near, and covers few
    points."""
    places = points[["x", "y"]].to_numpy(dtype=np.float64)
    low = places.min(axis=0)
    scale = np.array(_SCREEN) / np.maximum(places.max(axis=0) - low, 1e-9)
    pixels = (places - low) * scale
    taken: list[NDArray[np.float64]] = []  # left, low, right, high
    found = []
    for at, (_, title, x, y, _count) in enumerate(named[:_NAMED]):
        lines = _short(title, 24)
        half = np.array([max(map(len, lines)) * _LETTER / 2 + 3, len(lines) * _LINE / 2 + 2])
        middle = (np.array([x, y]) - low) * scale
        best: tuple[float, tuple[float, float], NDArray[np.float64]] | None = None
        for step in _steps():
            box = np.concatenate([middle + step - half, middle + step + half])
            outside = (box[:2] < -half).any() or (box[2:] > np.array(_SCREEN) + half).any()
            if outside or any((box[:2] < b[2:]).all() and (b[:2] < box[2:]).all() for b in taken):
                continue
            covered = int(((pixels > box[:2]) & (pixels < box[2:])).all(axis=1).sum())
            cost = covered + float(np.hypot(*step)) / _RINGS[0]
            if best is None or cost < best[0]:
                best = (cost, step, box)
        if best is not None:
            taken.append(best[2])
            found.append((at, lines, *best[1]))
    return found


def _dark(colour: str, share: float = 0.62) -> str:
    parts = [int(colour[at : at + 2], 16) for at in (1, 3, 5)]
    return "#" + "".join(f"{round(part * share):02x}" for part in parts)


def _page(points: pd.DataFrame, summary: pd.DataFrame) -> str:
    """The map as one HTML page, everything inside."""
    import plotly.graph_objects as go
    from plotly.offline import get_plotlyjs

    figure = go.Figure()
    size = float(np.clip(260 / np.sqrt(max(1, len(points))), 4, 11))
    named = _labels(points, summary)
    stray = points[points["theme_id"] == ""]
    if len(stray):
        figure.add_trace(_trace(go, stray, "fits no theme", _GREY, size * 0.8))
    for at, (name, title, *_rest) in enumerate(named):
        colour = _COLOURS[at % len(_COLOURS)]
        figure.add_trace(_trace(go, points[points["theme_id"] == name], f"{name} {title}", colour, size))
    for at, lines, dx, dy in _room(points, named):
        dark = _dark(_COLOURS[at % len(_COLOURS)])
        figure.add_annotation(
            x=named[at][2],
            y=named[at][3],
            ax=round(dx, 1),
            ay=round(-dy, 1),
            text="<br>".join(html.escape(line) for line in lines),
            showarrow=True,
            arrowhead=0,
            arrowwidth=0.8,
            arrowcolor=dark,
            font={"size": 11, "color": dark, "family": _SANS},
            bgcolor="rgba(255,255,255,0.72)",
            borderpad=1,
        )
    figure.update_layout(
        template="plotly_white",
        margin={"l": 10, "r": 10, "t": 40, "b": 10},
        xaxis={"visible": False},
        yaxis={"visible": False},
        legend={"font": {"size": 11}, "itemsizing": "constant", "tracegroupgap": 2},
        hoverlabel={
            "bgcolor": "white",
            "font": {"size": 12, "family": _SANS, "color": _INK},
            "align": "left",
        },
        font={"family": _SANS, "color": _INK},
        dragmode="pan",
    )
    chart = figure.to_html(
        full_html=False,
        include_plotlyjs=False,
        div_id="map",
        config={"displaylogo": False, "scrollZoom": True, "responsive": True},
        default_height="calc(100vh - 7.5rem)",
    )
    # plotly's own code holds addresses of map servers and editors, which nothing here ever asks for; with
    # this policy the browser would refuse to, too.
    policy = (
        "default-src 'none'; script-src 'unsafe-inline' 'unsafe-eval'; style-src 'unsafe-inline'; "
        "img-src data: blob:; font-src data:"
    )
    return (
        '<!DOCTYPE html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n'
        f'<meta http-equiv="Content-Security-Policy" content="{policy}">\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        "<title>What the work is about</title>\n<style>\n"
        f"body {{ margin: 0; font-family: {_SANS}; color: {_INK}; background: #fff; }}\n"
        "header { padding: 1rem 1.5rem 0.4rem; }\n"
        f"h1 {{ font-family: {_SERIF}; font-size: 1.7rem; margin: 0; }}\n"
        "p { margin: 0.25rem 0 0; color: #5b6270; }\n</style>\n"
        f"<script>{get_plotlyjs()}</script>\n</head>\n<body>\n<header><h1>What the work is about</h1>\n"
        f"<p>{html.escape(_subtitle(points, summary))}. Every point is an update; point at one to read it, "
        "click a title at the side to hide its theme, double-click to see it alone.</p></header>\n"
        f"<main>{chart}</main>\n</body>\n</html>\n"
    )


def _trace(go: Any, points: pd.DataFrame, name: str, colour: str, size: float) -> Any:
    return go.Scatter(
        x=points["x"].tolist(),
        y=points["y"].tolist(),
        mode="markers",
        name="<br>".join(html.escape(line) for line in textwrap.wrap(name, 44)),
        text=[_hover(row) for row in points.to_dict("records")],
        hovertemplate="%{text}<extra></extra>",
        marker={"size": size, "color": colour, "opacity": 0.85, "line": {"width": 0.5, "color": "white"}},
    )


def _hover(row: dict[Any, Any]) -> str:
    """What a point says: its theme, whose update it is and the text, escaped."""
    whose = " · ".join(
        str(row[name]) for name in ("service", "action_id", "period", "status") if str(row.get(name) or "")
    )
    text = str(row["update"]) or str(row["recommendation"])
    text = textwrap.shorten(" ".join(text.split()), 420, placeholder=" …")
    lines = "<br>".join(html.escape(line) for line in textwrap.wrap(text, 70))
    title = html.escape(str(row["theme_label"]) or "no theme")
    return f"<b>{title}</b><br>{html.escape(whose)}<br><br>{lines}"
