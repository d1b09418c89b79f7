"""The commands that make and check catalogues of recommendations."""

from __future__ import annotations

from typing import Annotated

import typer

from nlpkit import console
from nlpkit.errors import NlpkitError
from nlpkit.options import Inputs, Out, Quiet

__all__ = ["app"]

app = typer.Typer(
    name="catalogue",
    help="Make and check catalogues of recommendations to link to.",
    no_args_is_help=True,
    rich_markup_mode=None,
)


@app.command("build")
def build(inputs: Inputs, out: Out = "", quiet: Quiet = False) -> None:
    """Make a catalogue (CSV, to --out) from plans that quote their recommendations."""
    if not out.lower().endswith(".csv"):
        raise typer.BadParameter("a catalogue is a CSV file: add --out NAME.csv")
    console.prepare(out)
    intake = console.take_in(inputs, "", "", quiet, outputs=[out])
    from nlpkit.analysis.linking.build import catalogue_table, own_recommendations

    table, left = catalogue_table(own_recommendations(intake.updates))
    if table.empty:
        raise NlpkitError(f"No recommendation is quoted in {', '.join(inputs)}: there is nothing to build.")
    console.deliver(intake, table, out)
    if not quiet:
        console.say(f"{len(table)} recommendations; {left} actions quoted none, or one quoted before")
    console.finish(intake, out, quiet=quiet)


@app.command("check")
def check(
    file: Annotated[str, typer.Argument(metavar="FILE", help="A catalogue in CSV.", show_default=False)],
) -> None:
    """Say whether a catalogue can be used, or on which line it can't."""
    from nlpkit.analysis.linking.build import check_catalogue

    console.say(*check_catalogue(file), error=False)
