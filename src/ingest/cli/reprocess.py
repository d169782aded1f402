"""`ingest reprocess`: articles made again from the pages that are kept."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING, Annotated

import typer

from ingest.cli.inputs import Jobs, Rules
from ingest.cli.interrupts import deferred_interrupts
from ingest.cli.loading import Outcome, loaded, report

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping
    from uuid import UUID

    from sqlalchemy import Engine

    from ingest.rules.book import RuleBook
    from ingest.settings import Settings
    from ingest.store.reprocess import LeftAlone, Selection

_HELP = """Make articles again from the pages that are kept, with the extractor and the rules of today. Nothing is fetched.

Only articles that another extractor or other rules have made are taken, and those from which learned boilerplate is to go, so that the
same command, run again after an interruption, does what is left. What comes out differently is a new version with the reason `reextract`;
the old versions stay. The newest page of each article is taken; articles without one in ops.raw_page are counted and left.

Pages that gave no article are made again, by the reason for which they were refused, with `ingest rejections retry --reason CODE`."""
_EPILOG = """[bold]Examples[/bold]

  ingest reprocess --outdated

  ingest reprocess --source post.example --since 2026-01-01 --until 2026-07-01

  ingest reprocess --extractor-version 1

  ingest reprocess --article 4711 --article 4712 --rules site-rules/ --json

Exit codes: 0 it ran, 1 no page gave an article, 2 wrong usage or no usable database, 130 interrupted."""
_SHOWN = 10  # numbers of articles in a sentence


def register(app: typer.Typer) -> None:
    """Add the command to the application."""
    app.command("reprocess", help=_HELP, epilog=_EPILOG)(_reprocess)


def _reprocess(  # noqa: PLR0913  # one argument an option is Typer's way
    *,
    outdated: Annotated[bool, typer.Option("--outdated", help="All that another extractor or other rules have made.")] = False,
    source: Annotated[list[str] | None, typer.Option("--source", "-s", metavar="SLUG", help="Of it, this source's; several times.")] = None,
    since: Annotated[str | None, typer.Option("--since", metavar="WHEN", help="Published since: 2026-11-02, or 7d.")] = None,
    until: Annotated[str | None, typer.Option("--until", metavar="WHEN", help="Published before: 2026-11-09, or 1d.")] = None,
    extractor: Annotated[
        str | None, typer.Option("--extractor-version", metavar="V", help="Made by this version: article.extractor_version.")
    ] = None,
    article: Annotated[list[int] | None, typer.Option("--article", metavar="ID", min=1, help="This article; several times.")] = None,
    jobs: Jobs = None,
    rules: Rules = None,
    as_json: Annotated[bool, typer.Option("--json", help="The run table as one JSON object on standard output.")] = False,
) -> None:
    from ingest.discover.targets import since_instant  # start-up of --help stays short
    from ingest.errors import UsageError
    from ingest.rules.book import book_at
    from ingest.settings import Settings
    from ingest.store.reprocess import LeftAlone, Selection

    if not (outdated or source or since or until or extractor or article):
        raise UsageError("Say which articles to make again: --outdated for all that another extractor has made, or see --help.")
    selection = Selection(tuple(source or ()), since_instant(since), since_instant(until), extractor, tuple(article or ()))
    settings = Settings.from_env()
    left = LeftAlone()
    book = book_at(rules or settings.rules)
    outcome = _made_again(selection, settings, book, settings.job_count(jobs), left)
    _say_left(left)
    report_again(outcome, "No article to make again: those that are kept were made by this extractor.", as_json=as_json)


def _made_again(selection: Selection, settings: Settings, book: RuleBook, jobs: int, left: LeftAlone) -> Outcome:
    from ingest.pipeline import with_source_rules
    from ingest.store.engine import open_engine
    from ingest.store.reprocess import count_selected, reprocess

    with open_engine(settings) as engine:
        rules = with_source_rules(engine, book)
        total, lost = count_selected(engine, selection, rules)
        if lost:
            typer.echo(f"{lost:,} {'article has' if lost == 1 else 'articles have'} no page that is kept: left as they are.", err=True)
        parameters = {
            "sources": list(selection.sources),
            "since": selection.since and selection.since.isoformat(),
            "until": selection.until and selection.until.isoformat(),
            "extractor_version": selection.extractor_version,
            "articles": list(selection.articles),
        }
        with run_of_kept(engine, "reextract", "ingest reprocess", parameters) as (run_id, check_interrupt):
            batches = reprocess(engine, run_id, selection, rules, settings, jobs, left)
            return loaded(engine, None, run_id, batches, check_interrupt, total)


@contextmanager
def run_of_kept(engine: Engine, kind: str, name: str, parameters: Mapping[str, object]) -> Iterator[tuple[UUID, Callable[[], None]]]:
    """A run that needs no network, and the function that raises between two batches after Ctrl-C."""
    from ingest.store.runs import running

    with running(engine, kind=kind, flow_name=name, params=parameters) as run_id, deferred_interrupts() as check_interrupt:
        yield run_id, check_interrupt


def report_again(outcome: Outcome, nothing: str, *, as_json: bool) -> None:
    """Print the run table, or the sentence for where there was nothing to do; exit 1 where every page was refused."""
    if not outcome.tallies and not as_json:
        typer.echo(nothing)
        return
    report(outcome, as_json=as_json)
    found = sum(t.found for t in outcome.tallies)
    if found and found == sum(t.rejected for t in outcome.tallies):
        raise typer.Exit(1)


def _say_left(left: LeftAlone) -> None:
    if left.elsewhere:
        shown = ", ".join(map(str, left.elsewhere[:_SHOWN])) + (", …" if len(left.elsewhere) > _SHOWN else "")
        typer.echo(f"{len(left.elsewhere):,} left as they are, since their pages now name another article's URL: {shown}", err=True)
