"""`ingest run`: from targets to rows, with the run table at the end."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Annotated

import typer

from ingest.cli.inputs import Jobs, KindOption, Rules, Since, Targets, UrlMap, existing_targets, url_map
from ingest.cli.interrupts import deferred_interrupts
from ingest.cli.loading import Outcome, report
from ingest.normalise.credentials import without_credentials

if TYPE_CHECKING:
    from collections.abc import Sequence

    from ingest.discover.targets import DiscoverOptions
    from ingest.rules.book import RuleBook
    from ingest.settings import Settings

_HELP = """Load articles into the database.

A target is an article's URL; a feed, a sitemap, a home page or a section page on the web; a file with a feed, a sitemap, an OPML list or
URLs; a WARC file; a saved page (.html, .htm, .txt, each also as .gz); a folder of saved pages and WARC files; or - for URLs on standard
input. What each is is told from it, or by --kind.

What is loaded already is recognised before it is fetched: running the same command again loads nothing new. A page that gives no article
becomes a row of ops.rejection, and the run goes on. Without INGEST_DATABASE_URL an embedded Postgres serves; it starts and stops by
itself."""
_EPILOG = """[bold]Examples[/bold]

  ingest run seeds/

  ingest run https://news.example/2026/11/02/some-article

  ingest run https://news.example/ --since 7d

  ingest run saved-pages/ crawl.warc.gz --url-map urls.jsonl

  cat urls.txt | ingest run - --json

Exit codes: 0 it ran, 1 every target failed, 2 wrong usage or no usable database, 130 interrupted."""


def register(app: typer.Typer) -> None:
    """Add the command to the application."""
    app.command("run", help=_HELP, epilog=_EPILOG)(_run)


def _run(
    targets: Targets,
    *,
    kind: KindOption = None,
    since: Since = None,
    jobs: Jobs = None,
    urls: UrlMap = None,
    rules: Rules = None,
    as_json: Annotated[bool, typer.Option("--json", help="The run table as one JSON object on standard output.")] = False,
) -> None:
    from ingest.discover.targets import DiscoverOptions, since_instant, target_kind  # start-up of --help stays short
    from ingest.pipeline import listing_limits
    from ingest.rules.book import book_at
    from ingest.settings import Settings

    settings = Settings.from_env()
    existing, missing = existing_targets(targets)
    mapped = url_map(urls)
    book = book_at(rules or settings.rules)
    came_to_nothing = False
    if existing:
        options = DiscoverOptions(
            kind=target_kind(kind),
            since=since_instant(since),
            urls=mapped,
            limits=listing_limits(settings),
            page_limits=settings.limits,
        )
        outcome = _load(existing, missing, options, settings, settings.job_count(jobs), book)
        report(outcome, as_json=as_json)
        came_to_nothing = outcome.came_to_nothing
    if missing:
        raise typer.Exit(2)
    if came_to_nothing:
        raise typer.Exit(1)


def _load(
    targets: Sequence[str], missing: Sequence[str], options: DiscoverOptions, settings: Settings, jobs: int, rules: RuleBook
) -> Outcome:
    """Load the targets; where others of the command are not there, its run fails all the same, as the exit code says."""
    from ingest.cli.loading import loaded
    from ingest.gather import Pace
    from ingest.pipeline import IngestPlan, fetch_session, ingest_targets
    from ingest.store.engine import open_engine
    from ingest.store.runs import finish_run, running

    parameters = {"targets": [without_credentials(t) for t in (*targets, *missing)]}
    with (
        open_engine(settings) as engine,
        running(engine, kind="adhoc", flow_name="ingest run", params=parameters) as run_id,
        fetch_session(engine, settings) as session,
        deferred_interrupts() as check_interrupt,
    ):
        pace = Pace(settings.batch_size, settings.batch_seconds, check_interrupt)
        plan = IngestPlan(options, pace, jobs, rules, say=_say)
        batches = ingest_targets(engine, session, run_id, targets, plan)
        outcome = loaded(engine, session, run_id, batches, check_interrupt, total=_count(targets))
        if missing:
            finish_run(engine, run_id, "failed")
        return outcome


def _say(sentence: str) -> None:
    typer.echo(sentence, err=True)


def _count(targets: Sequence[str]) -> int | None:
    """How many pages lie below the targets, counted only where somebody watches a progress bar."""
    from ingest.discover.files import count_in_folders

    return count_in_folders(targets) if sys.stderr.isatty() else None
