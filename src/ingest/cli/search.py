"""`ingest search`: full-text search over what is loaded."""

from __future__ import annotations

import json
from typing import Annotated

import typer

_HELP = """Search titles, summaries and bodies of the loaded articles, best first.

Words are all required; "quoted words" stand together; OR and -word work as in a search engine. Words are matched in the article's own
language: the search asks in the language given with --language."""
_EPILOG = """[bold]Examples[/bold]

  ingest search "North Korea talks"

  ingest search 'sanctions -oil' --limit 50 --json

  ingest search Außenminister --language de"""


def register(app: typer.Typer) -> None:
    """Add the command to the application."""
    app.command("search", help=_HELP, epilog=_EPILOG)(_search)


def _search(
    query: Annotated[str, typer.Argument(metavar="QUERY", help="What to look for.", show_default=False)],
    *,
    language: Annotated[str, typer.Option("--language", "-l", metavar="CODE", help="Language of the query, ISO 639-1.")] = "en",
    limit: Annotated[int, typer.Option("--limit", "-n", min=1, metavar="N", help="Most results to show.")] = 10,
    as_json: Annotated[bool, typer.Option("--json", help="One JSON object a result.")] = False,
) -> None:
    from ingest.settings import Settings  # start-up of --help stays short
    from ingest.store.engine import open_engine
    from ingest.store.search import search

    with open_engine(Settings.from_env()) as engine:
        hits = search(engine, query, language=language, limit=limit)
    for hit in hits:
        if as_json:
            typer.echo(json.dumps(hit.as_dict(), ensure_ascii=False))
        else:
            day = f"{hit.published_at:%Y-%m-%d}" if hit.published_at else "no date"
            typer.echo(f"{hit.title or '(no title)'}\n  {hit.source}, {day} · {hit.url}\n  {hit.excerpt}\n")
    if not hits and not as_json:
        typer.echo("No article matches.")
