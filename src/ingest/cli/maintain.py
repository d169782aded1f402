"""`ingest maintain`: what is to be done from time to time."""

from __future__ import annotations

import datetime as dt
import json
from dataclasses import asdict
from typing import Annotated

import typer

_HELP = """Do what is to be done from time to time, once a day for instance: mark runs whose process vanished, let go of what is older than
the settings keep, and bring Postgres' statistics up to date.

INGEST_KEEP_FETCH_DAYS, INGEST_KEEP_PAGE_DAYS and INGEST_KEEP_POLL_DAYS say how long requests, the bytes of pages and polls are kept; by
default, for ever. Articles and their versions are always kept; without their pages' bytes they cannot be made again."""
_EPILOG = """[bold]Examples[/bold]

  ingest maintain

  INGEST_KEEP_PAGE_DAYS=365 ingest maintain --json

Exit codes: 0 it is done, 2 no usable database."""


def register(app: typer.Typer) -> None:
    """Add the command to the application."""
    app.command("maintain", help=_HELP, epilog=_EPILOG)(_maintain)


def _maintain(*, as_json: Annotated[bool, typer.Option("--json", help="What was done, as one JSON object.")] = False) -> None:
    from sqlalchemy import text  # start-up of --help stays short

    from ingest.settings import Settings
    from ingest.store.engine import open_engine
    from ingest.store.retention import let_go
    from ingest.store.runs import mark_crashed

    settings = Settings.from_env()
    with open_engine(settings) as engine:
        crashed = mark_crashed(engine)
        gone = let_go(engine, settings, dt.datetime.now(dt.UTC))
        with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
            connection.execute(text("VACUUM (ANALYZE) news.article, news.article_version, ops.url_task, ops.raw_page"))
    if as_json:
        typer.echo(json.dumps({"crashed_runs": crashed} | asdict(gone)))
        return
    months = ", ".join(gone.months_of_requests) or "none"
    typer.echo(
        f"Runs marked as crashed: {crashed}. Months of requests dropped: {months}. Pages let go: {gone.pages:,}. Polls: {gone.polls:,}."
    )
