"""The command line: parses, calls the functions of the public door, prints.

Everything heavy is imported inside the commands, so that ``nlpkit --help`` answers at once.
"""

from __future__ import annotations

import sys
import traceback
from collections.abc import Callable, Iterable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, NoReturn

import typer

import nlpkit
from nlpkit import cataloguing, console
from nlpkit.errors import NlpkitError
from nlpkit.history_cli import history_app
from nlpkit.learning_cli import evaluate, train
from nlpkit.options import (
    AsOf,
    Catalogue,
    EncoderName,
    EngineName,
    HistoryWait,
    Inputs,
    MaybeCatalogue,
    Out,
    Quiet,
    Resume,
    Scheduler,
    Service,
    Workers,
)
from nlpkit.review_cli import review_app

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["app", "main"]

app = typer.Typer(
    name="nlpkit",
    help="Reads fire and rescue action plans and judges their progress updates, "
    "each judgement with its reason.",
    epilog="Data goes to --out or standard output, messages to standard error. Exit status: 0 done; "
    "1 done, but some rows were set aside or some files failed; 2 nothing usable or wrong usage.",
    no_args_is_help=True,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)

app.add_typer(history_app)
app.add_typer(cataloguing.app)
app.add_typer(review_app)


def _version(wanted: bool) -> None:
    if wanted:
        typer.echo(f"nlpkit {nlpkit.__version__}")
        raise typer.Exit


@app.callback()
def _top(
    version: Annotated[
        bool, typer.Option("--version", callback=_version, is_eager=True, help="Print the version and stop.")
    ] = False,
) -> None:
    pass


@app.command()
def read(
    inputs: Inputs,
    out: Out = "",
    service: Service = "",
    as_of: AsOf = "",
    check: Annotated[
        bool,
        typer.Option(
            "--check", help="Print what became of every row, and the plan's own totals against what was read."
        ),
    ] = False,
    encoder: EncoderName = "auto",
    resume: Resume = False,
    quiet: Quiet = False,
) -> None:
    """Read plans into one row per action and period."""
    from nlpkit.reporting.progress import ProgressBar

    console.prepare(out)
    with console.working(out, resume) as keep:
        with ProgressBar(quiet=quiet) as bar:
            intake = console.take_in(inputs, service, as_of, quiet, outputs=[out], progress=bar, keep=keep)
        console.deliver(intake, intake.updates, out)
    if not quiet:
        console.say(console.read_line(intake))
    agrees = True
    if check:
        agrees = all(
            account.balances and all(c.agrees for c in account.checks) for account in intake.accounts
        )
        console.check(intake, to_stdout=bool(out))
    console.finish(intake, out, agrees, quiet=quiet)


@app.command()
def score(
    inputs: Inputs,
    out: Out = "",
    service: Service = "",
    as_of: AsOf = "",
    catalogue: MaybeCatalogue = "spotlight",
    status_model: Annotated[
        str,
        typer.Option(
            metavar="FOLDER",
            help="Judge status by a model of your own, from 'nlpkit train status --out FOLDER'.",
            show_default=False,
        ),
    ] = "",
    history: Annotated[
        str,
        typer.Option(
            metavar="FILE",
            help="A DuckDB file of what was said before: updates are held against it, then added to it. "
            "Made if missing.",
            show_default=False,
        ),
    ] = "",
    history_wait: HistoryWait = 10.0,
    encoder: EncoderName = "auto",
    engine: EngineName = "local",
    scheduler: Scheduler = "",
    workers: Workers = 0,
    resume: Resume = False,
    quiet: Quiet = False,
) -> None:
    """Judge every update, each judgement with its reason."""
    from nlpkit.reporting.progress import ProgressBar

    _check_cluster(engine, scheduler, workers)
    if engine == "dask" and out and (out.endswith("/") or Path(out).is_dir()):
        if history or resume:
            raise typer.BadParameter("--history and --resume need a file as --out, not a folder.")
        _score_folder(inputs, out, service, as_of, catalogue, status_model, scheduler, workers, quiet)
    console.prepare(out, catalogue)
    if history:
        from nlpkit.history import check_history

        console.apart(out, history)
        check_history(history, write=True, wait=history_wait)
    told: list[pd.DataFrame] = []
    with console.working(out, resume) as keep, ExitStack() as shown:
        bar = shown.enter_context(ProgressBar(quiet=quiet))
        intake = console.take_in(inputs, service, as_of, quiet, outputs=[out], progress=bar, keep=keep)
        from nlpkit.scoring import score_parts

        goal = None if catalogue == "none" else catalogue
        parts = score_parts(
            intake.updates,
            catalogue=goal,
            as_of=as_of,
            status_model=status_model or None,
            history=history or None,
            history_wait=history_wait,
            progress=bar,
            keep=keep,
            engine=engine,
            scheduler=scheduler,
            workers=workers,
        )
        console.deliver_parts(intake, _noted(parts, None if quiet else told, shown.close), out)
    if not quiet:
        import pandas as pd

        from nlpkit.reporting.ranking import questions
        from nlpkit.reporting.terminal import question_lines, summary_lines

        scored = pd.concat(told)
        width = console.width()
        console.say(*summary_lines(scored, width=width), "", *question_lines(questions(scored), width=width))
    console.finish(intake, out, quiet=quiet)


def _check_cluster(engine: str, scheduler: str, workers: int) -> None:
    if engine == "local" and (scheduler or workers):
        raise typer.BadParameter("--scheduler and --workers are of --engine dask.")


def _score_folder(
    inputs: list[str],
    out: str,
    service: str,
    as_of: str,
    catalogue: str,
    status_model: str,
    scheduler: str,
    workers: int,
    quiet: bool,
) -> NoReturn:
    """Parquet files scored into a folder, for ``score --engine dask --out FOLDER/``."""
    from nlpkit.folders import score_folder
    from nlpkit.reporting.progress import ProgressBar

    with ProgressBar(quiet=quiet) as bar:
        done = score_folder(
            inputs,
            out,
            service=service,
            as_of=as_of,
            catalogue=None if catalogue == "none" else catalogue,
            status_model=status_model or None,
            scheduler=scheduler,
            workers=workers,
            progress=bar,
        )
    aside = [row for rows in done["set_aside"] for row in rows]
    for row in aside:
        console.problem(f"set aside: {row['source']}, {row['place']}: {row['reason']}")
    if not quiet:
        console.say(f"{done['updates'].sum()} updates scored in {len(done)} files")
    raise typer.Exit(1 if aside else 0)


_UNTOLD = ("status_probabilities", "evidence_why", "outcomes", "links", "theme", "owner", "required_outcome")


def _noted(
    parts: Iterable[pd.DataFrame], told: list[pd.DataFrame] | None, done: Callable[[], None]
) -> Iterator[pd.DataFrame]:
    """The parts of a table, of which what the summary needs is kept; ``done`` is called after the last."""
    for part in parts:
        if told is not None:
            why = [[one for one in whys if one["text"]][:1] for whys in part["status_why"]]
            noted = part.drop(columns=list(_UNTOLD))
            noted["status_why"] = why
            told.append(noted)
        yield part
    done()


@app.command()
def link(
    inputs: Inputs,
    out: Out = "",
    service: Service = "",
    as_of: AsOf = "",
    catalogue: Catalogue = "spotlight",
    to_actions: Annotated[
        list[str] | None,
        typer.Option(
            "--to-actions",
            metavar="FILE",
            help="Link to the actions of this plan or table instead (may be given more than once).",
            show_default=False,
        ),
    ] = None,
    table: Annotated[
        bool,
        typer.Option(
            "--table",
            help="Compare services instead: recommendations down, services across, with gaps. Reads a scored "
            "table, or scores first. --out may also end in .html; .xlsx has both forms.",
        ),
    ] = False,
    encoder: EncoderName = "auto",
    engine: EngineName = "local",
    scheduler: Scheduler = "",
    workers: Workers = 0,
    resume: Resume = False,
    quiet: Quiet = False,
) -> None:
    """Link updates to a catalogue, or to another plan's actions; with --table, compare services."""
    from nlpkit.reporting.progress import ProgressBar

    _check_cluster(engine, scheduler, workers)
    if engine == "dask" and not to_actions:
        raise typer.BadParameter(
            "--engine dask of 'link' is for --to-actions; links to a catalogue are made on a cluster by "
            "'nlpkit score --engine dask', in the column links."
        )
    if table and to_actions:
        raise typer.BadParameter("--table and --to-actions exclude each other: it has a catalogue's rows.")
    if table:
        _compare(inputs, out, service, as_of, catalogue, resume, quiet)
    console.prepare(out, "none" if to_actions else catalogue)
    others = None
    with console.working(out, resume) as keep:
        with ProgressBar(quiet=quiet) as bar:
            intake = console.take_in(inputs, service, as_of, quiet, outputs=[out], progress=bar, keep=keep)
            if to_actions:
                others = console.take_in(to_actions, "", as_of, quiet, outputs=[out], progress=bar)
            from nlpkit import scoring

            bar("linking", 1, 2)
            if others is None:
                links = scoring.link(intake.updates, catalogue=catalogue)
            else:
                links = scoring.link_actions(
                    intake.updates,
                    others.updates,
                    progress=bar,
                    engine=engine,
                    scheduler=scheduler,
                    workers=workers,
                )
        console.deliver(intake, links, out)
    if not quiet:
        linked = links["row_id"].nunique()
        console.say(
            f"{len(links)} links of {linked} updates; {len(intake.updates) - linked} updates have none"
        )
    aside = 0 if others is None else len(others.rejected)
    if aside:
        console.problem(f"{aside} rows or files set aside of --to-actions (nlpkit read lists them)")
    console.finish(intake, out, not aside, quiet=quiet)


def _compare(
    inputs: list[str], out: str, service: str, as_of: str, catalogue: str, resume: bool, quiet: bool
) -> NoReturn:
    """The table of services, for ``link --table``."""
    from nlpkit.reporting.progress import ProgressBar

    if out:
        from nlpkit.comparing import check_comparison

        check_comparison(out)
    console.prepare("", catalogue)
    with console.working(out, resume) as keep:
        with ProgressBar(quiet=quiet) as bar:
            intake = console.take_in(inputs, service, as_of, quiet, outputs=[out], progress=bar, keep=keep)
            from nlpkit.comparing import compare, judged, write_comparison

            scored, done = judged(intake.updates, catalogue, progress=bar, keep=keep)
            found = compare(scored, catalogue)
        if out:
            write_comparison(found, out)
            console.list_rejected(intake, out)
        else:
            console.write(found.long, out)
    if not quiet:
        from nlpkit.reporting.terminal import comparison_line

        console.say(*([done] if done else []), comparison_line(found.long))
    console.finish(intake, out, quiet=quiet)


@app.command()
def report(
    inputs: Inputs,
    out: Annotated[
        str,
        typer.Option(
            "--out",
            "-o",
            metavar="FILE",
            help="Write the page here (.html). Without it: to standard output.",
            show_default=False,
        ),
    ] = "",
    service: Service = "",
    as_of: AsOf = "",
    catalogue: MaybeCatalogue = "spotlight",
    history: Annotated[
        str,
        typer.Option(
            metavar="FILE",
            help="What 'nlpkit score --history FILE' kept: the services' earlier updates are shown as well.",
            show_default=False,
        ),
    ] = "",
    history_wait: HistoryWait = 10.0,
    encoder: EncoderName = "auto",
    resume: Resume = False,
    quiet: Quiet = False,
) -> None:
    """Make one page of a scored table that opens anywhere: overview, questions, every update."""
    from nlpkit.publishing import check_report, page
    from nlpkit.reporting.progress import ProgressBar

    console.prepare("", catalogue)
    if out:
        check_report(out)
    if history:
        from nlpkit.history import check_history

        console.apart(out, history)
        check_history(history, wait=history_wait)
    with console.working(out, resume) as keep:
        with ProgressBar(quiet=quiet) as bar:
            intake = console.take_in(
                inputs, service, as_of, quiet, outputs=[out], progress=bar, keep=keep, or_none=True
            )
            goal = None if catalogue == "none" else catalogue
            why = [str(failure) for failure in intake.failures]
            made = page(
                intake.updates,
                catalogue=goal,
                as_of=as_of,
                progress=bar,
                why_empty=why,
                keep=keep,
                history=history or None,
                history_wait=history_wait,
            )
        if out:
            from nlpkit.files import replace_file

            replace_file(Path(out), made)
            console.list_rejected(intake, out)
        else:
            console.write_bytes(made)
    if not quiet:
        size = f"{len(made) / 1e6:.1f} MB" if len(made) >= 100_000 else f"{len(made) / 1e3:.0f} kB"
        console.say(f"Page of {len(intake.updates)} update{'' if len(intake.updates) == 1 else 's'}, {size}")
    console.finish(intake, out, quiet=quiet)


@app.command()
def themes(
    inputs: Inputs,
    out: Out = "",
    service: Service = "",
    as_of: AsOf = "",
    by: Annotated[
        str,
        typer.Option(
            metavar="theme|service|status|period",
            help="Write counts of each theme by the plan's own themes, by service, by status (of scored "
            "updates) or by period, in place of the updates.",
            show_default=False,
        ),
    ] = "",
    number: Annotated[
        int,
        typer.Option(
            metavar="N", min=0, help="How many themes; without it nlpkit chooses.", show_default=False
        ),
    ] = 0,
    guide: Annotated[
        str,
        typer.Option(
            metavar="NAME|FILE",
            help="Assign the updates to themes of yours in place of finding some: a bundled catalogue or a "
            "CSV file with the columns id, title and text.",
            show_default=False,
        ),
    ] = "",
    summary: Annotated[
        str, typer.Option(metavar="FILE", help="Write the table of themes here.", show_default=False)
    ] = "",
    map_file: Annotated[
        str,
        typer.Option(
            "--map", metavar="FILE", help="Draw the map of updates here (.html or .png).", show_default=False
        ),
    ] = "",
    encoder: EncoderName = "auto",
    engine: EngineName = "local",
    scheduler: Scheduler = "",
    workers: Workers = 0,
    resume: Resume = False,
    quiet: Quiet = False,
) -> None:
    """Find what the work is about: themes of the updates, each with a title."""
    from nlpkit.reporting.progress import ProgressBar

    _check_cluster(engine, scheduler, workers)
    console.prepare(out, guide or "none")
    console.prepare(summary)
    if by not in ("", "theme", "service", "status", "period"):
        raise typer.BadParameter(
            f"'{by}' is nothing to count by. Write --by theme, service, status or period."
        )
    if number and guide:
        raise typer.BadParameter("--number and --guide exclude each other: a guide has its own themes.")
    if map_file:
        from nlpkit.reporting.theme_map import check_map

        check_map(map_file)
    with console.working(out, resume) as keep:
        with ProgressBar(quiet=quiet) as bar:
            bar("reading files", 0, 2)
            written = [name for name in (out, summary, map_file) if name]
            intake = console.take_in(inputs, service, as_of, quiet, outputs=written, progress=bar, keep=keep)
            from nlpkit.theming import themes as group

            found = group(
                intake.updates,
                number=number or None,
                guide=guide or None,
                progress=bar,
                engine=engine,
                scheduler=scheduler,
                workers=workers,
            )
            counted = found.by(by) if by else None
            if map_file:
                bar("drawing the map", 1, 2)
                found.plot(map_file)
        console.deliver(intake, found.assignments if counted is None else counted, out)
        if summary:
            console.write(found.summary, summary)
    if not quiet:
        from nlpkit.reporting.theme_list import theme_lines

        console.say(*theme_lines(found.summary, found.left_out, width=console.width()))
    console.finish(intake, out, quiet=quiet)


@app.command()
def demo(
    out: Out = "",
    service: Service = "",
    as_of: AsOf = "",
    encoder: EncoderName = "auto",
    quiet: Quiet = False,
) -> None:
    """Do all this on a demo plan and print the result."""
    from nlpkit.reporting.progress import ProgressBar
    from nlpkit.resources import bundled

    console.prepare(out)
    plans = sorted(str(path) for path in bundled("corpora/plans").glob("*.txt"))
    with ProgressBar(quiet=quiet) as bar:
        bar("reading files", 0, 1)
        intake = console.take_in(plans, service, as_of, quiet)
        from nlpkit.scoring import score as judge

        scored = judge(intake.updates, as_of=as_of, progress=bar)
    if out:
        console.deliver(intake, scored, out)
    from nlpkit.catalogue import load_catalogue
    from nlpkit.reporting.ranking import questions
    from nlpkit.reporting.terminal import account_lines, links_lines, question_lines, summary_lines

    width = console.width()
    lines = ["Plans read", *(f"  {plan}" for plan in plans)]
    lines += account_lines(intake.accounts, width=width)
    lines += ["", *summary_lines(scored, width=width)]
    lines += ["", *question_lines(questions(scored), width=width)]
    lines += ["", *links_lines(scored, title=load_catalogue("spotlight").title, width=width)]
    lines += ["", "With a plan of your own", "  nlpkit score plan.txt --out scored.xlsx"]
    console.say(*lines, error=False)
    console.finish(intake, out, quiet=True)


app.command()(evaluate)
app.command()(train)


def main() -> None:
    """Run the command line; ends the process with the exit status of the contract."""
    console.log_to_stderr()
    try:
        with console.stoppable():
            app()
    except NlpkitError as error:
        console.problem(str(error))
        sys.exit(2)
    except Exception:  # noqa: BLE001 -- status 1 would say that the work was done
        traceback.print_exc()
        console.problem("this is a fault in nlpkit, not in your files: please report it with the lines above")
        sys.exit(2)
