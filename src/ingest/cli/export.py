"""`ingest export`: articles as a file."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from ingest.cli.outputs import output

_HELP = """Write articles to a file, as many as there are, without holding them in memory.

All conditions must hold. --where takes SQL over the columns of news.article and the source's slug as `source`; it runs in a transaction
that can only read. The file is complete or not there; a pipe that FILE names is written to as it is."""
_EPILOG = """[bold]Examples[/bold]

  ingest export --out articles.parquet

  ingest export --source post.example --since 2026-11-01 --columns url,title,published_at --out november.csv

  ingest export --where "language = 'en' AND 'budget' = ANY(topics)" --out - | head

Exit codes: 0 also where nothing meets the conditions; 2 for a wrong option or condition, or a file that cannot be written."""


def register(app: typer.Typer) -> None:
    """Add the command to the application."""
    app.command("export", help=_HELP, epilog=_EPILOG)(_export)


def _export(
    *,
    out: Annotated[str, typer.Option("--out", "-o", metavar="FILE", help="The file, or - for standard output.", show_default=False)],
    form: Annotated[
        str | None, typer.Option("--format", "-f", metavar="FORMAT", help="parquet, csv or jsonl. [dim]Default: by the file's name.[/dim]")
    ] = None,
    where: Annotated[str | None, typer.Option("--where", "-w", metavar="SQL", help="A condition in SQL.")] = None,
    source: Annotated[str | None, typer.Option("--source", "-s", metavar="SLUG", help="Only this source's articles.")] = None,
    since: Annotated[
        str | None,
        typer.Option("--since", metavar="WHEN", help="Only what was published since: 2026-11-02, or 7d; without a date, first seen since."),
    ] = None,
    until: Annotated[
        str | None, typer.Option("--until", metavar="WHEN", help="Only what was published before; without a date, first seen before.")
    ] = None,
    language: Annotated[str | None, typer.Option("--lang", "-l", metavar="CODE", help="Only articles in this language.")] = None,
    columns: Annotated[
        str | None, typer.Option("--columns", "-c", metavar="NAMES", help="Comma-separated. [dim]Default: all.[/dim]")
    ] = None,
) -> None:
    from ingest.discover.targets import since_instant  # start-up of --help stays short
    from ingest.errors import UsageError
    from ingest.report.export_file import WRITERS
    from ingest.settings import Settings
    from ingest.store.engine import open_engine
    from ingest.store.export import COLUMNS, exported

    if not out:
        raise UsageError("--out names no file: give it one, or - for standard output.")
    name = form or (Path(out).suffix.removeprefix(".") if out != "-" else "jsonl")
    if name not in WRITERS:
        raise UsageError(f"{name or out} names no format: give --format parquet, csv or jsonl.")
    chosen = [c.strip() for c in columns.split(",")] if columns else list(COLUMNS)
    conditions = {"condition": where, "source": source, "since": since_instant(since), "until": since_instant(until), "language": language}
    with (
        open_engine(Settings.from_env()) as engine,
        exported(engine, chosen, **conditions) as rows,  # type: ignore[arg-type]
        output(out) as file,
    ):
        count = WRITERS[name](rows, chosen, file)
    if out != "-":
        typer.echo(f"Exported {count:,} article{'' if count == 1 else 's'} to {out}.", err=True)
