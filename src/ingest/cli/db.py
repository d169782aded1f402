"""`ingest db`: the database itself."""

from __future__ import annotations

import json
import signal
import subprocess
from contextlib import ExitStack, contextmanager
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ingest.settings import Settings
    from ingest.store.embedded import Embedded

app = typer.Typer(no_args_is_help=True, help="The database: its state, its schema, a psql on it, the embedded server.")


@app.command(epilog="[bold]Example[/bold]\n\n  INGEST_DATABASE_URL=postgresql://me@db.example/news ingest db upgrade")
def upgrade() -> None:
    """Bring the schema to the newest revision. An embedded or empty database is upgraded without being asked."""
    from ingest.settings import Settings
    from ingest.store.engine import open_engine
    from ingest.store.migrate import revisions
    from ingest.store.migrate import upgrade as migrate

    with open_engine(Settings.from_env(), check_schema=False) as engine:
        migrate(engine)
    typer.echo(f"The schema is at revision {revisions()[-1]}.")


@app.command(epilog="[bold]Examples[/bold]\n\n  ingest db status\n\n  ingest db status --json")
def status(*, as_json: Annotated[bool, typer.Option("--json", help="One JSON object.")] = False) -> None:
    """Show which database is used, its revision, size and what is loaded."""
    from ingest.settings import Settings
    from ingest.store.engine import open_engine
    from ingest.store.queries import database_status

    settings = Settings.from_env()
    with open_engine(settings, check_schema=False) as engine:
        found = asdict(database_status(engine)) | {"embedded": settings.database_url is None}
    if as_json:
        typer.echo(json.dumps(found))
        return
    where = f"embedded, in {settings.home}" if found["embedded"] else "external (INGEST_DATABASE_URL)"
    typer.echo(f"database         {found['database']}, {where}\nserver           PostgreSQL {found['server_version']}")
    typer.echo(f"schema           revision {found['revision'] or 'none'}; this news-ingest has {found['code_revision']}")
    typer.echo(f"size             {found['size_bytes'] / 1e6:,.1f} MB")
    for name in ("sources", "articles", "versions", "raw_pages", "open_rejections", "runs"):
        if found[name] is not None:
            typer.echo(f"{name.replace('_', ' '):<17}{found[name]:,}")


@app.command(epilog="[bold]Examples[/bold]\n\n  ingest db start && psql $(ingest db url)\n\n  ingest db url --sqlalchemy")
def url(
    *, sqlalchemy: Annotated[bool, typer.Option("--sqlalchemy/--libpq", help="For SQLAlchemy, or for psql and drivers.")] = False
) -> None:
    """Print the database's URL. The embedded server runs while a command uses it: see `ingest db start`."""
    from ingest.settings import Settings
    from ingest.store.embedded import Embedded
    from ingest.store.engine import libpq_url

    settings = Settings.from_env()
    libpq = libpq_url(settings.database_url or Embedded(settings.home).url)
    typer.echo(libpq.replace("postgresql://", "postgresql+psycopg://", 1) if sqlalchemy else libpq)


@app.command(
    context_settings={"allow_extra_args": True, "ignore_unknown_options": True, "help_option_names": ["--help"]},
    epilog='[bold]Examples[/bold]\n\n  ingest db psql\n\n  ingest db psql -c "SELECT count(*) FROM news.article"',
)
def psql(context: typer.Context) -> None:
    """Run psql on the database; arguments are psql's own."""
    from ingest.settings import Settings
    from ingest.store.backup import client, program
    from ingest.store.embedded import Embedded

    settings = Settings.from_env()
    with ExitStack() as stack:
        if settings.database_url is None:
            from ingest.store.engine import open_engine

            stack.enter_context(open_engine(settings))  # a fresh one gets its schema
        conninfo, environment = client(settings.database_url or Embedded(settings.home).url)
        command = [program("psql"), "-d", conninfo, *context.args]
        # Ctrl-C cancels a query in psql, it does not end us. A handler, not SIG_IGN, which psql would inherit.
        before = signal.signal(signal.SIGINT, lambda *_: None)
        try:
            code = subprocess.run(command, env=environment, check=False).returncode  # noqa: S603  # the user's own psql arguments
        finally:
            signal.signal(signal.SIGINT, before)
    raise typer.Exit(code)


@app.command(epilog="[bold]Example[/bold]\n\n  ingest db dump news-2026-11-24.dump")
def dump(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="What to write; it appears when it is whole.", show_default=False)],
) -> None:
    """Back up everything to one file, as it is at one instant. Loading may go on meanwhile."""
    from ingest.errors import UsageError
    from ingest.settings import Settings
    from ingest.store.backup import dump as write_dump
    from ingest.store.embedded import Embedded
    from ingest.store.engine import open_engine

    if file.exists():
        raise UsageError(f"{file} is there already: name another file.")
    if not file.absolute().parent.is_dir():
        raise UsageError(f"There is no folder {file.absolute().parent}.")
    settings = Settings.from_env()
    with open_engine(settings, check_schema=False), _spinner(f"Writing {file}"):
        write_dump(settings.database_url or Embedded(settings.home).url, file)
    typer.echo(f"Backed up to {file}: {file.stat().st_size / 1e6:,.1f} MB.")


@app.command(
    epilog="[bold]Examples[/bold]\n\n  ingest db restore news-2026-11-24.dump"
    "\n\n  INGEST_HOME=/srv/copy ingest db restore news-2026-11-24.dump"
)
def restore(file: Annotated[Path, typer.Argument(metavar="FILE", help="What `ingest db dump` has written.", show_default=False)]) -> None:
    """Bring a backup into a database in which nothing has been loaded yet, and its schema to the newest revision."""
    from ingest.errors import UsageError
    from ingest.settings import Settings
    from ingest.store.backup import restore as read_dump
    from ingest.store.embedded import Embedded
    from ingest.store.engine import open_engine
    from ingest.store.migrate import upgrade as migrate
    from ingest.store.queries import database_status

    if not file.is_file():
        raise UsageError(f"There is no file {file}.")
    settings = Settings.from_env()
    with open_engine(settings, check_schema=False) as engine:
        with _spinner(f"Reading {file}"):
            read_dump(engine, settings.database_url or Embedded(settings.home).url, file)
            migrate(engine)
        found = database_status(engine)
    typer.echo(f"Restored from {file}: {found.articles or 0:,} articles, {found.versions or 0:,} versions.")


@contextmanager
def _spinner(what: str) -> Iterator[None]:
    from rich.console import Console

    with Console(stderr=True).status(what):
        yield


@app.command(epilog="[bold]Example[/bold]\n\n  ingest db start && psql $(ingest db url)")
def start() -> None:
    """Start the embedded server and keep it running until `ingest db stop`."""
    from ingest.store.engine import open_engine

    embedded, settings = _embedded("start")
    embedded.start()
    with open_engine(settings):
        typer.echo(f"The embedded Postgres is running: {embedded.url}")


@app.command(epilog="[bold]Examples[/bold]\n\n  ingest db stop\n\n  ingest db stop --force")
def stop(*, force: Annotated[bool, typer.Option("--force", help="Also while others use it: their commands fail.")] = False) -> None:
    """Stop the embedded server."""
    from ingest.errors import UsageError

    embedded, _ = _embedded("stop")
    if not embedded.stop(force=force):
        raise UsageError("Other commands are using the embedded Postgres: let them end, or stop it with --force.")
    typer.echo("The embedded Postgres is stopped.")


def _embedded(verb: str) -> tuple[Embedded, Settings]:
    from ingest.errors import UsageError
    from ingest.settings import Settings
    from ingest.store.embedded import Embedded

    settings = Settings.from_env()
    if settings.database_url is not None:
        raise UsageError(f"INGEST_DATABASE_URL names a database that is not ours to {verb}: unset it for the embedded one.")
    return Embedded(settings.home), settings
