"""`ingest maintain`: what is to be done from time to time."""

from __future__ import annotations

import datetime as dt
import json
from dataclasses import asdict
from typing import Annotated

import typer

_HELP = """Do what is to be done from time to time, once a day for instance: mark runs whose process vanished, let go of what is older than
the settings keep, try again pages that could not be had for the moment, vacuum, and say what Postgres lacks.

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
    from ingest.settings import Settings  # start-up of --help stays short
    from ingest.store.engine import open_engine
    from ingest.store.maintenance import maintain

    settings = Settings.from_env()
    with open_engine(settings) as engine:
        done = maintain(engine, settings, dt.datetime.now(dt.UTC))
    if as_json:
        typer.echo(json.dumps(asdict(done)))
        return
    typer.echo("\n".join(done.lines()))
