"""`ingest extract`: pages to records on standard output, without database or network."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from ingest.cli.inputs import Jobs, Rules, UrlMap, saved_targets, url_map
from ingest.cli.outputs import standard_output

if TYPE_CHECKING:
    from ingest.model import PageResult

_HELP = """Extract articles from saved pages to standard output.

Reads .html, .htm and .txt files, each also as .gz, WARC files, and folders of these. Needs no database and no network. Output comes in
the order of the input, each record as soon as it is ready."""
_EPILOG = """[bold]Examples[/bold]

  ingest extract page.html

  ingest extract saved-pages/ --jsonl --jobs 4 > articles.jsonl

  ingest extract crawl.warc.gz --jsonl > articles.jsonl

  ingest extract saved-pages/ --jsonl | jq -r 'select(.error == null) | .title'

Exit codes: 0 it ran, 1 every page failed, 2 wrong usage."""


def register(app: typer.Typer) -> None:
    """Add the command to the application."""
    app.command("extract", help=_HELP, epilog=_EPILOG)(_extract)


def _extract(
    paths: Annotated[list[str], typer.Argument(metavar="PATH...", help="Files and folders of saved pages.", show_default=False)],
    *,
    jsonl: Annotated[bool, typer.Option("--jsonl", help="One JSON object a page; without it, text for reading.")] = False,
    jobs: Jobs = None,
    urls: UrlMap = None,
    rules: Rules = None,
) -> None:
    from ingest.discover.targets import discover_saved  # start-up of --help stays short
    from ingest.pipeline import extract_found
    from ingest.rules.book import book_at
    from ingest.settings import Settings

    settings = Settings.from_env()
    book = book_at(rules or settings.rules)
    existing, missing = saved_targets(paths)
    found = discover_saved(existing, url_map(urls), settings.limits)
    pages = failures = 0
    for result in extract_found(found, settings.limits, settings.job_count(jobs), book):
        pages += 1
        failures += not _printed(result, jsonl=jsonl)
    if not pages and not missing:
        typer.echo("ingest: no saved pages (.html, .htm, .txt, or .gz of these) there.", err=True)
    if missing:
        raise typer.Exit(2)
    if pages and failures == pages:
        raise typer.Exit(1)


def _printed(result: PageResult, *, jsonl: bool) -> bool:
    """Print one result at once, also into a pipe; whether it is an article."""
    from ingest.model import Article
    from ingest.report.record import as_json, as_text

    with standard_output():
        typer.echo(as_json(result) if jsonl else as_text(result))
    return isinstance(result.result, Article)
