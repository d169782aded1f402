"""`ingest backfill`: an archive, in parts, by several processes."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from ingest.cli.interrupts import deferred_interrupts
from ingest.cli.loading import Outcome, report
from ingest.cli.progress import shown
from ingest.normalise.credentials import without_credentials

if TYPE_CHECKING:
    from ingest.backfill import BackfillPlan, ShardResult
    from ingest.settings import Settings

_HELP = """Load an archive: WARC files, folders of saved pages, or what a sitemap or another list names, by date. It is cut into parts,
which several processes load side by side, each with a connection of its own.

The parts that are done are known (ops.shard): the same command goes on where it was interrupted. The flow `backfill` does the same on
many machines."""
_EPILOG = """[bold]Examples[/bold]

  ingest backfill CC-NEWS-20261101.warc.gz CC-NEWS-20261102.warc.gz

  ingest backfill /srv/archive/ --workers 8

  ingest backfill https://news.example/sitemap.xml --since 2025-01-01 --until 2026-01-01

Exit codes: 0 it is done, 1 a part failed, 2 wrong usage or no usable database, 130 interrupted."""
_SHOWN = 10  # parts that failed


def register(app: typer.Typer) -> None:
    """Add the command to the application."""
    app.command("backfill", help=_HELP, epilog=_EPILOG)(_backfill)


def _backfill(
    targets: Annotated[list[str], typer.Argument(metavar="TARGET...", help="WARC files, folders, sitemaps, lists.", show_default=False)],
    *,
    workers: Annotated[
        int | None, typer.Option("--workers", "-w", min=1, metavar="N", help="Processes that load. [dim]Default: one a core.[/dim]")
    ] = None,
    since: Annotated[
        str | None, typer.Option("--since", metavar="WHEN", help="Leave out what lists date earlier: 2025-01-01, or 30d.")
    ] = None,
    until: Annotated[str | None, typer.Option("--until", metavar="WHEN", help="Leave out what lists date then or later.")] = None,
    again: Annotated[bool, typer.Option("--again", help="Also the parts that are done.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="The run table as one JSON object on standard output.")] = False,
) -> None:
    from ingest.backfill import BackfillPlan  # start-up of --help stays short
    from ingest.discover.targets import since_instant
    from ingest.settings import Settings

    plan = BackfillPlan(targets, since_instant(since), since_instant(until), again)
    settings = Settings.from_env()
    outcome, failed = _load(plan, settings, settings.job_count(workers))
    if outcome.tallies or as_json:
        report(outcome, as_json=as_json)
    else:
        typer.echo("Nothing to load: the parts that there are, are done (--again does them anew).")
    for result in failed[:_SHOWN]:
        typer.echo(f"  failed: {without_credentials(result.shard.target)}, {result.shard.part}: {result.error}", err=True)
    if failed:
        typer.echo(f"ingest: {len(failed):,} parts failed; the same command tries them again.", err=True)
        raise typer.Exit(1)


def _load(plan: BackfillPlan, settings: Settings, workers: int) -> tuple[Outcome, list[ShardResult]]:
    from ingest.backfill import load_shards, plan_shards
    from ingest.pipeline import merge_tallies
    from ingest.store.engine import open_engine
    from ingest.store.queries import run_rejections
    from ingest.store.runs import finish_run, running

    parameters = {"targets": [without_credentials(t) for t in plan.targets], "workers": workers}
    with open_engine(settings) as engine, running(engine, kind="backfill", flow_name="ingest backfill", params=parameters) as run_id:
        planned = plan_shards(engine, settings, run_id, plan, _say)
        _say(f"{len(planned.shards):,} parts to load, {planned.done_before:,} done before; {workers} processes.")
        results: list[ShardResult] = []
        try:
            with deferred_interrupts() as check_interrupt:
                for result in shown(load_shards(planned.shards, run_id, workers, check_interrupt), len(planned.shards), lambda _: 1):
                    results.append(result)  # noqa: PERF402  # kept as they come: Ctrl-C may end this
        except KeyboardInterrupt:
            _say(f"ingest: interrupted; {len(results):,} parts are done, and the same command goes on with the others.")
            raise
        tallies = merge_tallies([*planned.tallies, *(t for r in results for t in r.tallies)])
        failed = [r for r in results if r.error]
        if failed:
            finish_run(engine, run_id, "failed")  # as the exit code will say
        return Outcome(tallies, run_rejections(engine, run_id), []), failed


def _say(sentence: str) -> None:
    typer.echo(sentence, err=True)
