"""What the commands that read kept pages again have in common: their run, the pages that gave no article, and the report at the end."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING

import typer

from ingest.cli.interrupts import deferred_interrupts
from ingest.cli.loading import Outcome, loaded, report

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence
    from uuid import UUID

    from sqlalchemy import Engine

    from ingest.rules.book import RuleBook
    from ingest.settings import Settings


@contextmanager
def run_of_kept(engine: Engine, kind: str, name: str, parameters: Mapping[str, object]) -> Iterator[tuple[UUID, Callable[[], None]]]:
    """A run that needs no network, and the function that raises between two batches after Ctrl-C."""
    from ingest.store.runs import running

    with running(engine, kind=kind, flow_name=name, params=parameters) as run_id, deferred_interrupts() as check_interrupt:
        yield run_id, check_interrupt


def rejected_again(
    engine: Engine,
    name: str,
    parameters: Mapping[str, object],
    ids: Sequence[int],
    settings: Settings,
    book: RuleBook,
    jobs: int,
    *,
    outdated: bool = False,
) -> Outcome:
    """Extract the kept pages of these rejections again; with ``outdated`` those that another extractor or other rules refused."""
    from ingest.pipeline import with_source_rules
    from ingest.store.rejected import RETRY_KIND, retry_kept

    rules = with_source_rules(engine, book)
    with run_of_kept(engine, RETRY_KIND, name, parameters) as (run_id, check_interrupt):
        batches = retry_kept(engine, run_id, ids, rules, settings, jobs, outdated=outdated)
        return loaded(engine, None, run_id, batches, check_interrupt, len(ids))


def report_again(outcome: Outcome, nothing: str, *, as_json: bool) -> None:
    """Print the run table, or the sentence for where there was nothing to do; exit 1 where every page was refused."""
    if not outcome.tallies and not as_json:
        typer.echo(nothing)
        return
    report(outcome, as_json=as_json)
    if outcome.came_to_nothing:
        raise typer.Exit(1)
