"""The commands ``nlpkit evaluate`` and ``nlpkit train``: judgements held against labels, and learned from."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from nlpkit import console
from nlpkit.options import EncoderName

__all__ = ["evaluate", "train"]


def evaluate(
    scored: Annotated[
        str, typer.Argument(metavar="SCORED", help="A table that score wrote.", show_default=False)
    ],
    gold: Annotated[
        str,
        typer.Option(
            metavar="FILE", help="The same rows (by row_id) with the right labels.", show_default=False
        ),
    ],
) -> None:
    """Hold judgements against labels: figures, confusions, the surest errors."""
    from nlpkit.learning.evaluate import evaluation_lines

    console.say(*evaluation_lines(scored, gold), error=False)


def train(
    model: Annotated[str, typer.Argument(metavar="status", help="What to train.", show_default=False)],
    out: Annotated[
        str,
        typer.Option("--out", "-o", metavar="FOLDER", help="A new folder for the model.", show_default=False),
    ],
    data: Annotated[
        str,
        typer.Option(
            metavar="FILE",
            help="A labelled update table (columns update and status). Without it: the bundled corpus.",
            show_default=False,
        ),
    ] = "",
    with_reviews: Annotated[
        str,
        typer.Option(
            metavar="FILE",
            help="Adapt nlpkit's own model to these reviews (from 'nlpkit review import'). It is kept only "
            "if it is better on reviews held back; else nothing is written and the exit status is 1.",
            show_default=False,
        ),
    ] = "",
    encoder: EncoderName = "auto",
) -> None:
    """Learn the status model from labelled updates, or adapt it to reviews."""
    if model != "status":
        raise typer.BadParameter(f"'{model}' cannot be trained. Write: nlpkit train status")
    if with_reviews:
        from nlpkit.learning.adapting import adapt_status

        if data:
            raise typer.BadParameter("--data and --with-reviews exclude each other.")
        kept, lines = adapt_status(with_reviews, Path(out))
        console.say(*lines, error=False)
        raise typer.Exit(0 if kept else 1)
    from nlpkit.learning.train import train_status

    console.say(*train_status(data, Path(out)), error=False)
