"""The options and arguments that the commands share, each with its help."""

from __future__ import annotations

import logging
import re
from datetime import date
from typing import Annotated

import typer

__all__ = [
    "AsOf",
    "Catalogue",
    "EncoderName",
    "EngineName",
    "HistoryFile",
    "HistoryWait",
    "Inputs",
    "MaybeCatalogue",
    "OfService",
    "Out",
    "Quiet",
    "Resume",
    "Scheduler",
    "Service",
    "Workers",
]


def _as_of(value: str) -> str:
    if not value:
        return value
    shape = re.fullmatch(r"(\d{4})(?:-(\d\d)(?:-(\d\d))?)?", value)
    try:
        if shape is None:
            raise ValueError
        date(int(shape[1]), int(shape[2] or 1), int(shape[3] or 1))
    except ValueError:
        raise typer.BadParameter(
            f"'{value}' is not a date. Write a day, month or year: 2024-09-30, 2024-09 or 2024."
        ) from None
    return value


def _encoder(name: str) -> str:
    from nlpkit.embedding.default import choose_encoder

    choose_encoder(name)
    return name


def _engine(name: str) -> str:
    if name not in ("local", "dask"):
        raise typer.BadParameter(f"there is no engine '{name}': local or dask.")
    return name


def _hush(quiet: bool) -> bool:
    logging.getLogger("nlpkit.embedding").setLevel(logging.WARNING if quiet else logging.INFO)
    return quiet


Inputs = Annotated[
    list[str],
    typer.Argument(
        metavar="FILE",
        help="Plans (.pdf, .docx, .xlsx, .xls, .ods, .html, .txt, .md), update tables (.jsonl, .csv, .tsv, "
        ".xlsx, .parquet), folders and .zip archives of them, or - for JSON Lines on standard input.",
        show_default=False,
    ),
]
Out = Annotated[
    str,
    typer.Option(
        "--out",
        "-o",
        metavar="FILE",
        help="Write the table here, in the format of the ending (.jsonl, .csv, .tsv, .xlsx, .parquet). "
        "Without it: JSON Lines on standard output.",
        show_default=False,
    ),
]
Service = Annotated[
    str,
    typer.Option(
        metavar="NAME",
        help="Who reports: in place of the name found in a plan; in update tables for the rows without one.",
        show_default=False,
    ),
]
AsOf = Annotated[
    str,
    typer.Option(
        metavar="DATE",
        callback=_as_of,
        help="When the updates were true (2024-09-30, 2024-09 or 2024), where the input does not say: the "
        "dates of a plan's own reporting periods and of a table's own rows stay.",
        show_default=False,
    ),
]
Quiet = Annotated[
    bool, typer.Option("--quiet", "-q", callback=_hush, help="No progress and no summary, only problems.")
]
Resume = Annotated[
    bool,
    typer.Option(
        "--resume",
        help="Go on from the work of a run that was stopped, kept in OUT.work; the result is the same.",
    ),
]
EncoderName = Annotated[
    str,
    typer.Option(
        "--encoder",
        metavar="auto|reference|accelerated|FOLDER",
        callback=_encoder,
        help="What turns texts into vectors: the accelerated encoder where it is proved to agree with the "
        "reference (auto), either of them, or a sentence-transformers model on disk.",
    ),
]
EngineName = Annotated[
    str,
    typer.Option(
        "--engine",
        metavar="local|dask",
        callback=_engine,
        help="What does the work: this process, or a Dask cluster (needs 'nlpkit[dask]'). "
        "The result is the same.",
    ),
]
Scheduler = Annotated[
    str,
    typer.Option(
        metavar="ADDRESS",
        help="With --engine dask: the scheduler of a running cluster, as tcp://10.0.0.5:8786. Without it, a "
        "cluster of --workers is started on this machine.",
        show_default=False,
    ),
]
Workers = Annotated[
    int,
    typer.Option(
        metavar="N",
        min=0,
        help="With --engine dask and no --scheduler: how many workers, as many as there are processors if 0.",
    ),
]
Catalogue = Annotated[
    str,
    typer.Option(metavar="NAME|FILE", help="Recommendations to link to: a bundled catalogue or a CSV file."),
]
HistoryFile = Annotated[
    str,
    typer.Argument(metavar="FILE", help="A history, from 'nlpkit score --history FILE'.", show_default=False),
]
HistoryWait = Annotated[
    float,
    typer.Option(
        metavar="SECONDS", min=0, help="How long to wait while another process is using the history."
    ),
]
OfService = Annotated[
    str, typer.Option(metavar="NAME", help="Only the updates of this service.", show_default=False)
]
MaybeCatalogue = Annotated[
    str,
    typer.Option(
        metavar="NAME|FILE|none",
        help="Recommendations to link to: a bundled catalogue or a CSV file; with none, no links are made "
        "and no encoder is loaded.",
    ),
]
