"""The commands of ``nlpkit review``: out as a workbook, back as reviews."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from nlpkit import console
from nlpkit.options import AsOf, EncoderName, Inputs, MaybeCatalogue, Quiet, Service

__all__ = ["review_app"]

review_app = typer.Typer(
    name="review",
    help="Have people correct judgements in a workbook, and measure how often nlpkit is right.",
    no_args_is_help=True,
    rich_markup_mode=None,
)


@review_app.command("export")
def review_export(
    inputs: Inputs,
    out: Annotated[
        str,
        typer.Option("--out", "-o", metavar="FILE", help="The workbook to make (.xlsx).", show_default=False),
    ],
    sample: Annotated[int, typer.Option(metavar="N", min=0, help="How many updates to review.")] = 100,
    random: Annotated[
        int,
        typer.Option(
            metavar="N",
            min=-1,
            help="How many of them to draw by chance, for an honest estimate. Without it: half.",
            show_default=False,
        ),
    ] = -1,
    seed: Annotated[int, typer.Option(metavar="N", help="Another number makes another choice.")] = 0,
    blind: Annotated[
        bool, typer.Option("--blind", help="Hide nlpkit's own judgements, so that they sway nobody.")
    ] = False,
    service: Service = "",
    as_of: AsOf = "",
    catalogue: MaybeCatalogue = "spotlight",
    encoder: EncoderName = "auto",
    quiet: Quiet = False,
) -> None:
    """Make a workbook of updates to review: those that teach most, and some by chance."""
    from nlpkit.files import replace_file
    from nlpkit.reporting.progress import ProgressBar
    from nlpkit.review.exporting import check_workbook_place, export

    check_workbook_place(out)
    with ProgressBar(quiet=quiet) as bar:
        intake = console.take_in(inputs, service, as_of, quiet, outputs=[out], progress=bar, or_none=True)
        made = export(
            intake.updates,
            size=sample,
            at_random=None if random < 0 else random,
            seed=seed,
            blind=blind,
            catalogue=None if catalogue == "none" else catalogue,
            as_of=as_of,
            progress=bar,
            why_empty=[str(failure) for failure in intake.failures],
        )
    replace_file(Path(out), made.workbook)
    console.list_rejected(intake, out)
    if not quiet:
        console.say(
            f"{made.drawn + made.chosen} of {made.rows} updates to review in {out}: "
            f"{made.drawn} drawn by chance, {made.chosen} chosen to teach"
        )
    console.finish(intake, out, quiet=quiet)


@review_app.command("import")
def review_import(
    workbooks: Annotated[
        list[str],
        typer.Argument(metavar="FILE", help="Workbooks that reviewers filled.", show_default=False),
    ],
    out: Annotated[
        str,
        typer.Option(
            "--out", "-o", metavar="FILE", help="Write the reviews here (.jsonl).", show_default=False
        ),
    ],
    discuss: Annotated[
        str,
        typer.Option(
            metavar="FILE",
            help="Write the disagreements here (.xlsx). Without it: beside the reviews, as OUT.discuss.xlsx.",
            show_default=False,
        ),
    ] = "",
    quiet: Quiet = False,
) -> None:
    """Join filled workbooks into reviews; print agreement and how often nlpkit is right."""
    from nlpkit.review.returning import bring_back

    for line in bring_back(workbooks, out, discuss):
        if not quiet:
            console.say(line)
