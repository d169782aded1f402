"""`ingest run`: from targets to rows, with the run table at the end."""

from __future__ import annotations

import json
import sys
from dataclasses import asdict
from typing import TYPE_CHECKING, Annotated

import typer

from ingest.cli.inputs import Jobs, Rules, UrlMap, existing_targets, job_count, url_map
from ingest.cli.interrupts import deferred_interrupts
from ingest.cli.progress import with_progress

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from ingest.model import Tally
    from ingest.rules.book import RuleBook
    from ingest.settings import Settings
    from ingest.store.queries import RejectionCount

_HELP = """Load articles into the database.

Targets are .html, .htm and .txt files, each also as .gz, and folders of them. What is loaded already is recognised: running the same
command again loads nothing new. A page that gives no article becomes a row of ops.rejection, and the run goes on.

Without INGEST_DATABASE_URL an embedded Postgres serves; it starts and stops by itself."""
_EPILOG = """[bold]Examples[/bold]

  ingest run seeds/

  ingest run saved-pages/ one-more.html.gz --url-map urls.jsonl

  INGEST_DATABASE_URL=postgresql://me@db.example/news ingest run saved-pages/ --json

Exit codes: 0 it ran, 1 every target failed, 2 wrong usage or no usable database, 130 interrupted."""


def register(app: typer.Typer) -> None:
    """Add the command to the application."""
    app.command("run", help=_HELP, epilog=_EPILOG)(_run)


def _run(
    targets: Annotated[list[str], typer.Argument(metavar="TARGET...", help="Files and folders of saved pages.", show_default=False)],
    *,
    jobs: Jobs = None,
    urls: UrlMap = None,
    rules: Rules = None,
    as_json: Annotated[bool, typer.Option("--json", help="The run table as one JSON object on standard output.")] = False,
) -> None:
    from ingest.rules.book import book_at
    from ingest.settings import Settings  # start-up of --help stays short

    settings = Settings.from_env()
    existing, missing = existing_targets(targets)
    mapped = url_map(urls)
    book = book_at(rules or settings.rules)
    tallies: list[Tally] = []
    if existing:
        tallies, rejections = _load(existing, mapped, settings, job_count(jobs if jobs is not None else settings.jobs), book)
        _report(tallies, rejections, as_json=as_json)
    if missing:
        raise typer.Exit(2)
    found = sum(t.found for t in tallies)
    if found and found == sum(t.rejected for t in tallies):
        raise typer.Exit(1)


def _load(
    targets: Sequence[str], urls: Mapping[Path, str], settings: Settings, jobs: int, rules: RuleBook
) -> tuple[list[Tally], list[RejectionCount]]:
    from ingest.pipeline import discover_batches, ingest_batches, merge_tallies
    from ingest.store.engine import open_engine
    from ingest.store.queries import run_rejections
    from ingest.store.runs import running

    tallies: list[Tally] = []
    parameters = {"targets": list(targets)}
    with open_engine(settings) as engine, running(engine, kind="adhoc", flow_name="ingest run", params=parameters) as run_id:
        batches = discover_batches(targets, urls, settings.batch_size)
        total = _count(targets)
        try:
            with deferred_interrupts() as check_interrupt:
                for loaded in with_progress(ingest_batches(engine, run_id, batches, settings.limits, jobs, rules), total):
                    tallies = merge_tallies([*tallies, *loaded])
                    check_interrupt()
        except KeyboardInterrupt:
            done = sum(t.found for t in tallies)
            typer.echo(f"ingest: interrupted; {done:,} pages are loaded, and the same command goes on from there.", err=True)
            raise
        return tallies, run_rejections(engine, run_id)


def _count(targets: Sequence[str]) -> int | None:
    """How many pages lie below the targets, counted only where somebody watches a progress bar."""
    from ingest.discover.files import discover_files

    return sum(1 for _ in discover_files(targets, {})) if sys.stderr.isatty() else None


def _report(tallies: Sequence[Tally], rejections: Sequence[RejectionCount], *, as_json: bool) -> None:
    from ingest.report.run_table import add_up, print_run_table, summary

    if as_json:
        total = asdict(add_up("total", tallies))
        typer.echo(json.dumps({"sources": [asdict(t) for t in tallies], "total": total, "rejections": [asdict(r) for r in rejections]}))
        return
    if tallies:
        print_run_table(tallies)
    typer.echo(summary(tallies))
    for r in rejections:
        more = f" and {r.pages - 1:,} more" if r.pages > 1 else ""
        typer.echo(f"  rejected at {r.stage}: {r.reason}: {r.example}{more}")
    if rejections:
        typer.echo("  (all of them: SELECT * FROM ops.rejection WHERE resolved_at IS NULL)")
