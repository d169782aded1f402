"""`ingest discover`: what a target holds, without fetching its articles."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Annotated, Any

import typer

from ingest.cli.inputs import KindOption, Since, existing_targets

if TYPE_CHECKING:
    from ingest.discover.targets import Found

_HELP = """Show the article candidates in targets, without fetching the articles.

Takes what `ingest run` takes, says on standard error what each target turned out to be (a home page: its feeds and sitemaps), and prints
a URL a line. Needs no database."""
_EPILOG = """[bold]Examples[/bold]

  ingest discover https://news.example/

  ingest discover https://news.example/sitemap.xml --since 2026-11-01 > urls.txt

  ingest discover feed.xml --json | jq -r .title

Exit codes: 0 something was found, 1 nothing was, 2 wrong usage."""


def register(app: typer.Typer) -> None:
    """Add the command to the application."""
    app.command("discover", help=_HELP, epilog=_EPILOG)(_discover)


def _discover(
    targets: Annotated[
        list[str], typer.Argument(metavar="TARGET...", help="URLs, files, folders, or - for standard input.", show_default=False)
    ],
    *,
    kind: KindOption = None,
    since: Since = None,
    as_json: Annotated[bool, typer.Option("--json", help="One JSON object a candidate, with what its list says of it.")] = False,
) -> None:
    from ingest.discover.targets import DiscoverOptions, Discovery, since_instant, target_kind  # start-up of --help stays short
    from ingest.fetch.session import FetchSession
    from ingest.model import PageResult, Rejection
    from ingest.pipeline import listing_limits
    from ingest.settings import Settings

    settings = Settings.from_env()
    existing, missing = existing_targets(targets)
    options = DiscoverOptions(
        kind=target_kind(kind), since=since_instant(since), limits=listing_limits(settings), page_limits=settings.limits
    )
    candidates = 0
    with FetchSession(settings.fetching()) as session:
        discovery = Discovery(session.fetch, lambda sentence: typer.echo(sentence, err=True), options)
        for found in discovery.discover(existing):
            if isinstance(found, PageResult) and isinstance(found.result, Rejection):
                typer.echo(f"ingest: {found.candidate.path}: {found.result.message}", err=True)
                continue
            candidates += 1
            typer.echo(json.dumps(_facts(found), ensure_ascii=False) if as_json else _facts(found)["url"] or _facts(found)["path"])
    if missing:
        raise typer.Exit(2)
    if not candidates:
        raise typer.Exit(1)


def _facts(found: Found) -> dict[str, Any]:
    from ingest.model import Candidate

    candidate = found if isinstance(found, Candidate) else found.candidate
    hint = candidate.hint
    return {
        "url": candidate.url,
        "path": candidate.path,
        "title": hint.title if hint else None,
        "published_at": hint.published.isoformat() if hint and hint.published else None,
        "updated_at": hint.updated.isoformat() if hint and hint.updated else None,
        "authors": list(hint.authors) if hint else [],
        "language": hint.language if hint else None,
    }
