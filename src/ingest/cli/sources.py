"""`ingest sources`: what is followed."""

from __future__ import annotations

import json
from dataclasses import asdict, replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sqlalchemy import Engine

    from ingest.settings import Settings
    from ingest.store.sources import SourceStatus
    from ingest.web import FollowedSource

app = typer.Typer(no_args_is_help=True, help="The sources that are followed, with their feeds: `ingest poll` loads what is new in them.")

_Slugs = Annotated[list[str], typer.Argument(metavar="SOURCE...", help="Sources, as `ingest sources list` names them.", show_default=False)]
_Json = Annotated[bool, typer.Option("--json", help="JSON on standard output.")]


@app.command(
    epilog="[bold]Examples[/bold]\n\n  ingest sources add https://news.example/\n\n"
    "  ingest sources add https://daily.example/ --feed https://daily.example/rss --time-zone Europe/Berlin --delay 5"
)
def add(  # noqa: PLR0913  # one argument an option is Typer's way
    homepage: Annotated[str, typer.Argument(metavar="URL", help="The home page, or a feed.", show_default=False)],
    *,
    feed: Annotated[list[str] | None, typer.Option("--feed", metavar="URL", help="A feed or sitemap; several with several --feed.")] = None,
    name: Annotated[str | None, typer.Option("--name", help="The publisher's name.")] = None,
    time_zone: Annotated[str | None, typer.Option("--time-zone", help="Zone of dates that name none: Europe/Berlin.")] = None,
    language: Annotated[str | None, typer.Option("--language", help="Language where pages do not say: de.")] = None,
    delay: Annotated[float | None, typer.Option("--delay", min=0, max=3_600, help="Seconds between two requests.")] = None,
    concurrency: Annotated[int | None, typer.Option("--concurrency", min=1, max=32, help="Requests at once.")] = None,
    rules: Annotated[Path | None, typer.Option("--rules", metavar="FILE", help="Its rule file (docs/site-rules.md).")] = None,
    full_text: Annotated[bool, typer.Option("--full-text", help="Its feeds carry whole articles: take them, fetch nothing.")] = False,
) -> None:
    """Follow a source. Without --feed its feeds and sitemaps are looked for on its home page."""
    from ingest.errors import UsageError
    from ingest.normalise.url import canonical_or_none
    from ingest.rules.source_file import source_of_homepage

    facts: dict[str, Any] = {
        "name": name,
        "time_zone": _checked_zone(time_zone),
        "language": _checked_language(language),
        "delay_seconds": delay,
        "concurrency": concurrency,
        "rule_file": _checked_rules(rules),
    }
    try:
        source = source_of_homepage(homepage, full_text=full_text, **{k: v for k, v in facts.items() if v is not None})
    except ValueError:
        raise UsageError(f"{homepage} is no URL: write for instance https://news.example/.") from None
    feeds = [canonical_or_none(url) for url in feed or []]
    if None in feeds:
        raise UsageError("A feed is given by its URL: --feed https://news.example/feed.xml.")
    settings = _settings()
    source = replace(source, feeds=tuple(url for url in feeds if url)) if feeds else _with_feeds(source, settings)
    with _database(settings) as engine:
        _follow(engine, [source])


@app.command(
    "import",
    epilog="[bold]Examples[/bold]\n\n  ingest sources import sources.example.yaml\n\n  ingest sources import subscriptions.opml",
)
def import_(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="YAML (see sources.example.yaml) or OPML.", show_default=False)],
) -> None:
    """Follow all sources in a file. Those that are followed already get what the file says of them.

    Exit codes: 0 all are followed, 1 some have no feed that could be found, 2 wrong usage or no usable database.
    """
    from ingest.errors import UsageError
    from ingest.rules.source_file import read_sources

    settings = _settings()
    sources: list[FollowedSource] = []
    listed = _of_opml(file) if file.suffix.lower() == ".opml" else read_sources(file)
    for source in listed:
        try:
            sources.append(source if source.feeds else _with_feeds(source, settings))
        except UsageError as error:  # one site that is out of reach leaves the others
            typer.echo(f"ingest: {error}", err=True)
    with _database(settings) as engine:
        _follow(engine, sources)
    if len(sources) < len(listed):
        raise typer.Exit(1)


@app.command("list", epilog="[bold]Examples[/bold]\n\n  ingest sources list\n\n  ingest sources list --json")
def list_(*, as_json: _Json = False) -> None:
    """Show what is followed: feeds, their health, articles, and what waits to be fetched."""
    from ingest.report.source_table import print_source_table
    from ingest.store.sources import statuses

    with _database(_settings()) as engine:
        found = statuses(engine)
    if as_json:
        typer.echo(_as_json(found))
    elif found:
        print_source_table(found)
    else:
        typer.echo("No source is followed: see `ingest sources add --help`.")


@app.command(epilog="[bold]Example[/bold]\n\n  ingest sources show news.example")
def show(slugs: _Slugs, *, as_json: _Json = False) -> None:
    """Show sources with all their facts, and each of their feeds with its last error."""
    from ingest.report.source_table import print_source
    from ingest.store.sources import statuses

    with _database(_settings()) as engine:
        found = statuses(engine, slugs)
    if as_json:
        typer.echo(_as_json(found))
        return
    for status in found:
        print_source(status)


@app.command(epilog="[bold]Example[/bold]\n\n  ingest sources pause news.example")
def pause(slugs: _Slugs) -> None:
    """Poll sources no more, until they are resumed."""
    from ingest.store.sources import pause as pause_sources

    with _database(_settings()) as engine:
        pause_sources(engine, slugs)
    typer.echo(f"Paused: {', '.join(slugs)}.")


@app.command(epilog="[bold]Example[/bold]\n\n  ingest sources resume news.example")
def resume(slugs: _Slugs) -> None:
    """Poll sources again, from now on; also feeds that were gone."""
    from ingest.store.sources import resume as resume_sources

    with _database(_settings()) as engine:
        resume_sources(engine, slugs)
    typer.echo(f"Resumed: {', '.join(slugs)}.")


@app.command(epilog="[bold]Example[/bold]\n\n  ingest sources remove news.example")
def remove(slugs: _Slugs) -> None:
    """Follow sources no more. Their articles stay."""
    from ingest.store.sources import unfollow

    with _database(_settings()) as engine:
        unfollow(engine, slugs)
    typer.echo(f"Removed: {', '.join(slugs)}. Their articles stay.")


@app.command(epilog="[bold]Examples[/bold]\n\n  ingest sources export > sources.yaml\n\n  ingest sources export news.example")
def export(slugs: Annotated[list[str] | None, typer.Argument(metavar="[SOURCE...]", show_default=False)] = None) -> None:
    """Print the followed sources as a file that `ingest sources import` takes."""
    from ingest.rules.source_file import write_sources
    from ingest.store.sources import statuses

    with _database(_settings()) as engine:
        typer.echo(write_sources(s.source for s in statuses(engine, slugs or None)), nl=False)


def _as_json(found: Sequence[SourceStatus]) -> str:
    import datetime as dt

    return json.dumps([asdict(s) for s in found], ensure_ascii=False, default=dt.datetime.isoformat)


def _settings() -> Settings:
    from ingest.settings import Settings

    return Settings.from_env()


def _database(settings: Settings) -> Any:  # noqa: ANN401  # open_engine's own
    from ingest.store.engine import open_engine

    return open_engine(settings)


def _follow(engine: Engine, sources: Sequence[FollowedSource]) -> None:
    from ingest.store.sources import follow

    for source in sources:
        follow(engine, source)
        typer.echo(f"Following {source.slug}: {', '.join(source.feeds) if source.feeds else 'no feed yet'}")


def _with_feeds(source: FollowedSource, settings: Settings) -> FollowedSource:
    """The source with the feeds that its home page leads to; with the page itself where that is a feed.

    Raises:
        UsageError: there is none.
    """
    from ingest.errors import UsageError
    from ingest.pipeline import find_feeds

    typer.echo(f"Looking for feeds on {source.homepage} …", err=True)
    found = find_feeds(source.homepage or "", settings)
    if not found.feeds:
        raise UsageError(f"No feed and no sitemap is found on {source.homepage}: name one, by --feed or by `feeds:` in a file.")
    home = _home_of_feed(found.homepage) or source
    name = found.title or home.slug if source.name == source.slug else source.name
    return replace(source, feeds=tuple(found.feeds), name=name, slug=home.slug, homepage=home.homepage)


def _home_of_feed(url: str | None) -> FollowedSource | None:
    """The source that a feed says it belongs to: it is named by its home page, wherever its feed lies."""
    from ingest.rules.source_file import source_of_homepage

    try:
        return source_of_homepage(url) if url else None
    except ValueError:
        return None


def _of_opml(file: Path) -> list[FollowedSource]:
    """The feeds of an OPML file, by host: a host is a source."""
    from ingest.discover.opml import read_opml
    from ingest.errors import UsageError
    from ingest.rules.source_file import source_of_homepage

    try:
        listing = read_opml(file.read_bytes())
    except OSError as error:
        raise UsageError(f"{file} cannot be read: {error.strerror}.") from error
    if listing is None or not listing.links:
        raise UsageError(f"{file} is no OPML file with feeds.")
    sources: dict[str, FollowedSource] = {}
    for link in listing.links:
        try:
            source = source_of_homepage(link.url)
        except ValueError:
            typer.echo(f"ingest: {file}: {link.url} is no URL that can be fetched; it is left out.", err=True)
            continue
        known = sources.get(source.slug) or replace(source, homepage=f"https://{source.slug}/", name=link.title or source.slug)
        feeds = dict.fromkeys((*known.feeds, source.homepage or link.url))
        sources[source.slug] = replace(known, feeds=tuple(feeds))
    return list(sources.values())


def _checked_zone(name: str | None) -> str | None:
    from zoneinfo import ZoneInfo

    from ingest.errors import UsageError

    try:
        return ZoneInfo(name).key if name else None
    except (ValueError, OSError, KeyError):
        raise UsageError(f"{name} is not a time zone; write for instance Europe/Berlin.") from None


def _checked_language(code: str | None) -> str | None:
    from ingest.errors import UsageError
    from ingest.rules.nodes import LANGUAGE_CODE

    if code is not None and not LANGUAGE_CODE.fullmatch(code):
        raise UsageError(f"{code} is not a language code; write for instance de.")
    return code


def _checked_rules(file: Path | None) -> str | None:
    from ingest.rules.file import read_rules

    if file is None:
        return None
    read_rules(file)
    return str(file.resolve())
