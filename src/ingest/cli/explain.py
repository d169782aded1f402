"""`ingest explain`: why a page became the article that it became."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from ingest.cli.inputs import Rules, UrlMap, existing_targets, url_map

if TYPE_CHECKING:
    from collections.abc import Sequence

    from ingest.model import PageResult

_HELP = """Show each block of a page with its verdict and reason, and where each metadata field came from.

Needs no database. A URL is fetched, politely; a saved page needs no network."""
_EPILOG = """[bold]Examples[/bold]

  ingest explain page.html

  ingest explain https://news.example/2026/11/02/some-article --html why.html

  ingest explain page.html --json | jq -r '.blocks[] | select(.reason == "mailing_list") | .text'

  ingest explain page.html --rules news.example.yaml

Exit codes: 0 it is an article, 1 it was rejected (and why), 2 wrong usage."""


def register(app: typer.Typer) -> None:
    """Add the command to the application."""
    app.command("explain", help=_HELP, epilog=_EPILOG)(_explain)


def _explain(
    targets: Annotated[
        list[str], typer.Argument(metavar="TARGET", help="A saved page or an article's URL, or several.", show_default=False)
    ],
    *,
    html: Annotated[Path | None, typer.Option("--html", metavar="FILE", help="Write a page for the browser instead.")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="One JSON object a page on standard output instead.")] = False,
    urls: UrlMap = None,
    rules: Rules = None,
) -> None:
    from ingest.model import Article  # start-up of --help stays short
    from ingest.pipeline import explain_targets
    from ingest.rules.book import book_at
    from ingest.settings import Settings

    existing, missing = existing_targets(targets)
    settings = Settings.from_env()
    book = book_at(rules or settings.rules)
    results = list(explain_targets(existing, url_map(urls), settings, book))
    if as_json:
        _print_json(results)
    elif html is not None:
        _write_page(html, results)
    else:
        _print(results)
    if missing:
        raise typer.Exit(2)
    if not any(isinstance(r.result, Article) for r in results):
        raise typer.Exit(1)


def _print(results: Sequence[PageResult]) -> None:
    from rich.console import Console

    from ingest.report.explain_terminal import explanation

    console = Console()
    for result in results:
        console.print(explanation(result))


def _print_json(results: Sequence[PageResult]) -> None:
    from ingest.report.record import as_explanation

    for result in results:
        line = json.dumps(as_explanation(result), ensure_ascii=False)
        typer.echo(line.encode("utf-8", "replace").decode("utf-8"))


def _write_page(file: Path, results: Sequence[PageResult]) -> None:
    from ingest.errors import UsageError
    from ingest.report.explain_page import explain_page

    try:
        file.write_text(explain_page(results), encoding="utf-8", errors="replace")
    except OSError as error:
        raise UsageError(f"{file} cannot be written: {error.strerror}.") from error
    typer.echo(f"Written: {file}")
