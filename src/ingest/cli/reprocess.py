"""`ingest reprocess`: articles made again from the pages that are kept."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from ingest.cli.again import rejected_again, report_again, run_of_kept
from ingest.cli.inputs import Jobs, Rules
from ingest.cli.loading import Outcome, loaded

if TYPE_CHECKING:
    from ingest.rules.book import RuleBook
    from ingest.settings import Settings
    from ingest.store.reprocess import LeftAlone, Selection

_HELP = """Make articles again from the pages that are kept, with the extractor and the rules of today. Nothing is fetched.

Only articles that another extractor or other rules have made are taken, and those from which learned boilerplate is to go, so that the
same command, run again after an interruption, does what is left. What comes out differently is a new version with the reason `reextract`;
the old versions stay. The newest page of each article is taken; articles without one in ops.raw_page are counted and left.

With --reason it takes pages that gave no article instead: those that are open in ops.rejection with this reason, read again from their
kept bytes. --source then means their URLs' hosts, --since and --until when they were refused last, --extractor-version what refused them
last. Pages that give an article are resolved, and not taken again; with --outdated, neither are those that this extractor has refused."""
_EPILOG = """[bold]Examples[/bold]

  ingest reprocess --outdated

  ingest reprocess --source post.example --since 2026-01-01 --until 2026-07-01

  ingest reprocess --extractor-version 1

  ingest reprocess --article 4711 --article 4712 --rules site-rules/ --json

  ingest reprocess --reason no_article_text --source post.example --outdated

Exit codes: 0 it ran, 1 no page gave an article, 2 wrong usage or no usable database, 130 interrupted."""
_SHOWN = 10  # numbers of articles in a sentence


def register(app: typer.Typer) -> None:
    """Add the command to the application."""
    app.command("reprocess", help=_HELP, epilog=_EPILOG)(_reprocess)


def _reprocess(  # noqa: PLR0913  # one argument an option is Typer's way
    *,
    outdated: Annotated[bool, typer.Option("--outdated", help="All that another extractor or other rules have made.")] = False,
    source: Annotated[list[str] | None, typer.Option("--source", "-s", metavar="SLUG", help="Of it, this source's; several times.")] = None,
    since: Annotated[str | None, typer.Option("--since", metavar="WHEN", help="Published (refused) since: 2026-11-02, or 7d.")] = None,
    until: Annotated[str | None, typer.Option("--until", metavar="WHEN", help="Published (refused) before: 2026-11-09, or 1d.")] = None,
    extractor: Annotated[
        str | None, typer.Option("--extractor-version", metavar="V", help="Made by this version: article.extractor_version.")
    ] = None,
    reason: Annotated[
        str | None, typer.Option("--reason", metavar="CODE", help="Pages that were refused for it: no_article_text, out_of_time …")
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

    if not (outdated or source or since or until or extractor or reason or article):
        raise UsageError("Say which articles to make again: --outdated for all that another extractor has made, or see --help.")
    selection = Selection(tuple(source or ()), since_instant(since), since_instant(until), extractor, tuple(article or ()), reason)
    settings = Settings.from_env()
    book = book_at(rules or settings.rules)
    if reason:
        outcome = _refused_again(selection, settings, book, settings.job_count(jobs), outdated=outdated)
        report_again(outcome, "No page to read again: `ingest rejections list` shows what was refused, and why.", as_json=as_json)
        return
    left = LeftAlone()
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
        with run_of_kept(engine, "reextract", "ingest reprocess", selection.told()) as (run_id, check_interrupt):
            batches = reprocess(engine, run_id, selection, rules, settings, jobs, left)
            return loaded(engine, None, run_id, batches, check_interrupt, total)


def _refused_again(selection: Selection, settings: Settings, book: RuleBook, jobs: int, *, outdated: bool) -> Outcome:
    from ingest.store.engine import open_engine
    from ingest.store.rejected import plan_refused

    with open_engine(settings) as engine:
        plan = plan_refused(engine, selection)
        if elsewhere := len(plan.urls) + len(plan.files):
            sentence = f"kept to be read again: see `ingest rejections retry --reason {selection.reason}`."
            typer.echo(f"{elsewhere:,} {'place has' if elsewhere == 1 else 'places have'} no page that is {sentence}", err=True)
        if not plan.kept:
            return Outcome([], [], [])
        return rejected_again(engine, "ingest reprocess", selection.told(), plan.kept, settings, book, jobs, outdated=outdated)


def _say_left(left: LeftAlone) -> None:
    if left.elsewhere:
        shown = ", ".join(map(str, left.elsewhere[:_SHOWN])) + (", …" if len(left.elsewhere) > _SHOWN else "")
        typer.echo(f"{len(left.elsewhere):,} left as they are, since their pages now name another article's URL: {shown}", err=True)
