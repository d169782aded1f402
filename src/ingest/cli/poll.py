"""`ingest poll`: the feeds of the followed sources, and what is new in them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from ingest.cli.inputs import Jobs, Rules
from ingest.cli.interrupts import deferred_interrupts
from ingest.cli.loading import Outcome, report

if TYPE_CHECKING:
    from collections.abc import Sequence

    from ingest.rules.book import RuleBook
    from ingest.settings import Settings
    from ingest.web import PollSummary

_HELP = """Poll the feeds of followed sources, and load what is new.

All feeds of the sources named, or of all sources; with --due only those whose time has come. What a feed shows is queued in the
transaction that notes the poll, and stays queued until it is loaded: a run that is interrupted loses nothing."""
_EPILOG = """[bold]Examples[/bold]

  ingest poll --due

  ingest poll news.example daily.example

  ingest poll --due --json

Exit codes: 0 it ran, 1 every feed failed, 2 wrong usage or no usable database, 130 interrupted."""


def register(app: typer.Typer) -> None:
    """Add the command to the application."""
    app.command("poll", help=_HELP, epilog=_EPILOG)(_poll)


def _poll(
    sources: Annotated[list[str] | None, typer.Argument(metavar="[SOURCE...]", help="Sources to poll.", show_default=False)] = None,
    *,
    due: Annotated[bool, typer.Option("--due", help="Only feeds whose time has come.")] = False,
    jobs: Jobs = None,
    rules: Rules = None,
    as_json: Annotated[bool, typer.Option("--json", help="Polls and run table as one JSON object on standard output.")] = False,
) -> None:
    from ingest.rules.book import book_at  # start-up of --help stays short
    from ingest.settings import Settings

    settings = Settings.from_env()
    book = book_at(rules or settings.rules)
    outcome = _run(sources or None, settings, settings.job_count(jobs), book, due=due)
    if not as_json:
        _print_polls(outcome.polls or [], due=due)
    report(outcome, as_json=as_json)
    if outcome.came_to_nothing:
        raise typer.Exit(1)


def _run(slugs: Sequence[str] | None, settings: Settings, jobs: int, rules: RuleBook, *, due: bool) -> Outcome:
    from ingest.cli.loading import loaded
    from ingest.gather import Pace, gather_queue
    from ingest.pipeline import fetch_session, ingest_batches, with_source_rules
    from ingest.polling import poll_feeds
    from ingest.store.engine import open_engine
    from ingest.store.runs import running
    from ingest.store.sources import source_ids

    with open_engine(settings) as engine:
        wanted = source_ids(engine, slugs) if slugs is not None else None
        book = with_source_rules(engine, rules)
        parameters = {"sources": list(slugs or []), "due": due}
        with (
            running(engine, kind="adhoc", flow_name="ingest poll", params=parameters) as run_id,
            fetch_session(engine, settings) as session,
            deferred_interrupts() as check_interrupt,
        ):
            pace = Pace(settings.batch_size, settings.batch_seconds, check_interrupt)
            polls = list(poll_feeds(engine, session, run_id, settings, pace, due=due, sources=wanted))
            queue = gather_queue(engine, session, run_id, pace, wanted)
            batches = ingest_batches(engine, run_id, queue, settings.limits, jobs, book)
            total = sum(p.new + p.changed for p in polls) or None
            return loaded(engine, session, run_id, batches, check_interrupt, total, polls)


def _print_polls(polls: Sequence[PollSummary], *, due: bool) -> None:
    from ingest.report.poll_table import print_poll_table

    if polls:
        print_poll_table(polls)
    else:
        typer.echo("No feed is due." if due else "No feed is followed: see `ingest sources add --help`.")
