"""`ingest watch`: what somebody should look at."""

from __future__ import annotations

import datetime as dt
import json
from dataclasses import asdict
from typing import Annotated

import typer

_HELP = """Say what somebody should look at: followed sources that are silent for longer than they ever are, feeds that fail, hosts
whose pages are suddenly rejected, runs that failed, feeds that nobody asks.

Each source is measured by its own habit of eight weeks. The flow `watch` asks the same every hour, and raises a Prefect event for each
finding."""
_EPILOG = """[bold]Examples[/bold]

  ingest watch

  ingest watch --source news.example --json

  ingest watch || mail -s "news-ingest" me@example.org

Exit codes: 0 all is well, 1 there is something to look at, 2 wrong usage or no usable database."""


def register(app: typer.Typer) -> None:
    """Add the command to the application."""
    app.command("watch", help=_HELP, epilog=_EPILOG)(_watch)


def _watch(
    *,
    source: Annotated[
        list[str] | None, typer.Option("--source", metavar="SLUG", help="Only what can be told of this source; repeatable.")
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="One JSON object a finding.")] = False,
) -> None:
    from ingest.settings import Settings
    from ingest.store.engine import open_engine
    from ingest.store.sources import source_ids
    from ingest.store.watch import findings

    with open_engine(Settings.from_env()) as engine:
        if source:
            source_ids(engine, source)  # a slug that names nothing is wrong usage, not good news
        found = findings(engine, dt.datetime.now(dt.UTC), source)
    for finding in found:
        if as_json:
            typer.echo(json.dumps(asdict(finding), ensure_ascii=False))
        else:
            typer.echo(f"{finding.kind}: {finding.subject}\n    {finding.sentence}\n    → {finding.advice}")
    if not found and not as_json:
        typer.echo("All is well.")
    if found:
        raise typer.Exit(1)
