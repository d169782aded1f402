"""`ingest search`: full-text search over what is loaded."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Annotated

import typer

from ingest.cli.outputs import standard_output

if TYPE_CHECKING:
    from ingest.store.search import Hit

_HELP = """Search titles, summaries and bodies of the loaded articles, best first.

Words are all required; "quoted words" stand together; OR and -word work as in a search engine. Each article is searched in its own
language, so that `minister` also finds `ministers`. Chinese, Japanese and Thai words need two characters at least."""
_EPILOG = """[bold]Examples[/bold]

  ingest search "North Korea talks"

  ingest search 'sanctions -oil' --source post.example --since 7d

  ingest search 外相会談 --lang ja --limit 50 --json

Exit codes: 0 also where nothing matches; 2 for a wrong option."""


def register(app: typer.Typer) -> None:
    """Add the command to the application."""
    app.command("search", help=_HELP, epilog=_EPILOG)(_search)


def _search(
    query: Annotated[str, typer.Argument(metavar="QUERY", help="What to look for.", show_default=False)],
    *,
    source: Annotated[str | None, typer.Option("--source", "-s", metavar="SLUG", help="Only this source's articles.")] = None,
    since: Annotated[
        str | None,
        typer.Option("--since", metavar="WHEN", help="Only what was published since: 2026-11-02, or 7d; without a date, first seen since."),
    ] = None,
    language: Annotated[
        str | None, typer.Option("--lang", "-l", metavar="CODE", help="Only articles in this language, ISO 639-1. [dim]Default: all.[/dim]")
    ] = None,
    limit: Annotated[int, typer.Option("--limit", "-n", min=1, max=1_000_000, metavar="N", help="Most results to show.")] = 10,
    as_json: Annotated[bool, typer.Option("--json", help="One JSON object a result.")] = False,
) -> None:
    from ingest.discover.targets import since_instant  # start-up of --help stays short
    from ingest.settings import Settings
    from ingest.store.engine import open_engine
    from ingest.store.search import search

    earliest = since_instant(since)
    with open_engine(Settings.from_env()) as engine:
        hits = search(engine, query, limit=limit, language=language, source=source, since=earliest)
    with standard_output():
        for hit in hits:
            typer.echo(json.dumps(hit.as_dict(), ensure_ascii=False) if as_json else _lines(hit))
    if not hits and not as_json:
        typer.echo("No article matches.")


def _lines(hit: Hit) -> str:
    day = f"{hit.published_at:%Y-%m-%d}" if hit.published_at else "no date"
    return f"{hit.title or '(no title)'}\n  {hit.source}, {day} · {hit.url}\n  {hit.excerpt}\n"
