"""The commands of ``nlpkit history``: what a history holds, all of it, and what moved."""

from __future__ import annotations

from typing import Annotated

import typer

from nlpkit import console
from nlpkit.options import HistoryFile, HistoryWait, OfService, Out

__all__ = ["history_app"]

history_app = typer.Typer(
    name="history",
    help="Look into a history that 'nlpkit score --history FILE' keeps.",
    no_args_is_help=True,
    rich_markup_mode=None,
)


@history_app.command("list")
def history_list(file: HistoryFile, out: Out = "", history_wait: HistoryWait = 10.0) -> None:
    """What is in it: one row per service and period."""
    from nlpkit.history import occasions

    console.prepare(out)
    console.apart(out, file)
    console.write(occasions(file, wait=history_wait), out)


@history_app.command("export")
def history_export(
    file: HistoryFile,
    out: Out = "",
    service: OfService = "",
    replaced: Annotated[
        bool, typer.Option("--replaced", help="Also the versions that a corrected text took the place of.")
    ] = False,
    history_wait: HistoryWait = 10.0,
) -> None:
    """Every update with its judgements, and when and in which file it was seen."""
    from nlpkit.history import versions

    console.prepare(out)
    console.apart(out, file)
    console.write(versions(file, service=service, replaced=replaced, wait=history_wait), out)


@history_app.command("compare")
def history_compare(
    file: HistoryFile,
    out: Out = "",
    service: OfService = "",
    since: Annotated[
        str,
        typer.Option(
            "--from",
            metavar="PERIOD",
            help="First period: as the plan writes it, or a day, month or year. Without it: the first.",
            show_default=False,
        ),
    ] = "",
    until: Annotated[
        str,
        typer.Option("--to", metavar="PERIOD", help="Last period. Without it: the last.", show_default=False),
    ] = "",
    history_wait: HistoryWait = 10.0,
) -> None:
    """Per action what moved, what stood still, and for how many periods."""
    from nlpkit.analysis.movement import movement
    from nlpkit.history import recall

    console.prepare(out)
    console.apart(out, file)
    past = recall(file, judged=True, service=service, missing=False, wait=history_wait)
    console.write(movement(past, since=since, until=until, source=file), out)
