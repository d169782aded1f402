"""The `ingest` command: its groups, its version, and how its errors reach a person."""

from __future__ import annotations

import sys
from typing import Annotated

import typer

from ingest import __version__
from ingest.cli import (
    backfill,
    boilerplate,
    db,
    diff,
    discover,
    explain,
    export,
    extract,
    maintain,
    poll,
    rejections,
    reprocess,
    rules,
    run,
    search,
    sources,
    trigger,
    watch,
)
from ingest.cli.interrupts import comes_from_interrupt
from ingest.errors import IngestError

app = typer.Typer(
    name="ingest",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,  # a traceback of ours is for developers, in Python's own form
    rich_markup_mode="rich",
    context_settings={"help_option_names": ["-h", "--help"]},
    help="News articles from pages to clean rows in Postgres.",
    epilog=(
        "[bold]Examples[/bold]\n\n  ingest run seeds/\n\n  ingest run https://news.example/feed.xml\n\n  ingest poll --due\n\n"
        "  ingest extract saved-pages/ --jsonl > articles.jsonl\n\n"
        '  ingest explain page.html\n\n  ingest db psql -c "SELECT title, published_at FROM news.article"\n\n'
        "Exit codes: 0 it ran, 1 every target failed, 2 wrong usage or no usable database, 130 interrupted. "
        "Settings come from the environment: [cyan]ingest db status[/cyan] shows the database in use."
    ),
)
run.register(app)
poll.register(app)
backfill.register(app)
discover.register(app)
extract.register(app)
explain.register(app)
search.register(app)
diff.register(app)
reprocess.register(app)
export.register(app)
boilerplate.register(app)
maintain.register(app)
watch.register(app)
trigger.register(app)
app.add_typer(sources.app, name="sources")
app.add_typer(rejections.app, name="rejections")
app.add_typer(rules.app, name="rules")
app.add_typer(db.app, name="db")


def _print_version(wanted: bool) -> None:  # noqa: FBT001  # Typer hands an option's value to its callback by position
    if wanted:
        typer.echo(f"ingest {__version__}")
        raise typer.Exit


@app.callback()
def _options(
    version: Annotated[bool, typer.Option("--version", callback=_print_version, is_eager=True, help="Show the version and exit.")] = False,  # noqa: FBT002  # how Typer declares a flag
) -> None:
    del version


def main() -> None:
    """Run the command line; errors that are meant for a person end as one sentence and exit code 2."""
    try:
        app()
    except IngestError as error:
        typer.echo(f"ingest: {error}", err=True)
        sys.exit(2)
    except Exception as error:
        # A database driver that is interrupted in the middle of a query fails at what comes next.
        if comes_from_interrupt(error):
            sys.exit(130)
        if "psycopg" in sys.modules:  # else it cannot be the database
            from ingest.store.faults import sentence_of

            if sentence := sentence_of(error):
                typer.echo(f"ingest: {sentence}", err=True)
                sys.exit(2)
        raise
