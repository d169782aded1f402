"""`ingest diff`: how an article has changed."""

from __future__ import annotations

import json
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sqlalchemy import Engine

    from ingest.report.diff import FieldChange
    from ingest.store.history import History, VersionLine

_HELP = """Show the versions of an article, and what two of them say differently.

ARTICLE is its number (article_id), any URL that led to it, or the saved page that it was read from. Without --from and --to the current
version is compared with the one before; the first one with the latest earlier state, where such are loaded. Removed paragraphs begin
with -, added ones with +; a terminal shows them red and green.

What a publisher changed has the reason publisher_change; what only came out differently, by another extractor, other rules or more learned
boilerplate, has the reason reextract; an older state that was loaded after a newer one, from an archive for instance, is earlier."""
_EPILOG = """[bold]Examples[/bold]

  ingest diff 4711

  ingest diff https://news.example/2026/11/02/some-article --from 1

  ingest diff 4711 --from 2 --to 3 --json

Exit codes: 0 also where nothing differs; 2 where no such article or version is loaded, or no database is usable."""


def register(app: typer.Typer) -> None:
    """Add the command to the application."""
    app.command("diff", help=_HELP, epilog=_EPILOG)(_diff)


def _diff(
    article: Annotated[str, typer.Argument(metavar="ARTICLE", help="Its number, or one of its URLs.", show_default=False)],
    *,
    first: Annotated[
        int | None, typer.Option("--from", min=1, metavar="N", help="The earlier version. [dim]Default: the one before.[/dim]")
    ] = None,
    last: Annotated[
        int | None, typer.Option("--to", min=1, metavar="N", help="The later version. [dim]Default: the current.[/dim]")
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="One JSON object on standard output.")] = False,
) -> None:
    from ingest.settings import Settings  # start-up of --help stays short
    from ingest.store.engine import open_engine
    from ingest.store.history import history

    with open_engine(Settings.from_env()) as engine:
        found = history(engine, _as_uri(article))
        numbers = _numbers(found, first, last)
        changes = _changes(engine, found, numbers) if numbers else None
    if as_json:
        typer.echo(json.dumps(_facts(found, numbers, changes), ensure_ascii=False))
        return
    from ingest.report.diff import print_difference, print_versions

    print_versions(found)
    if numbers and changes is not None:
        print_difference(changes, numbers)
    else:
        only = len(found.versions) == 1
        typer.echo("\nThere is one version only." if only else f"\nNothing was observed before version {last or found.version_no}.")


def _as_uri(article: str) -> str:
    """The ``file:`` URI of a saved page that is named by its path; any other name as it is."""
    try:
        return Path(article).absolute().as_uri() if Path(article).is_file() else article
    except OSError:  # a name that is too long for a file
        return article


def _numbers(history: History, first: int | None, last: int | None) -> tuple[int, int] | None:
    """The versions to compare; None where there is none before, and nobody said which."""
    from ingest.errors import UsageError

    known = [v.version_no for v in history.versions]
    for number in (first, last):
        if number is not None and number not in known:
            raise UsageError(f"Article {history.article_id} has no version {number}: its versions are 1 to {known[-1]}.")
    after = last or history.version_no
    before = first or _before(history.versions, after)
    return (before, after) if before else None


def _before(versions: Sequence[VersionLine], number: int) -> int | None:
    """The version before; earlier states, whose numbers are those of their late loading, only where there is no other."""
    [of] = [v for v in versions if v.version_no == number]
    loaded_before = [v for v in versions if v.version_no < number and "earlier" not in (v.reason, of.reason)]
    observed_before = sorted((v for v in versions if v.observed_at < of.observed_at), key=lambda v: v.observed_at)
    return next((v.version_no for v in reversed(loaded_before or observed_before)), None)


def _changes(engine: Engine, history: History, numbers: tuple[int, int]) -> list[FieldChange]:
    from ingest.report.diff import difference
    from ingest.store.history import TEXT_FIELDS, version_texts

    return difference(*version_texts(engine, history, numbers), TEXT_FIELDS)


def _facts(history: History, numbers: tuple[int, int] | None, changes: list[FieldChange] | None) -> dict[str, Any]:
    from ingest.report.diff import as_json

    versions = [asdict(v) | {"observed_at": v.observed_at.isoformat()} for v in history.versions]
    compared = {"from": numbers and numbers[0], "to": numbers and numbers[1]}
    return asdict(history) | {"versions": versions} | compared | {"difference": [as_json(c) for c in changes or []]}
