"""The task that the flows share: loading a batch of pages, never an article, since a task costs Prefect as much time as ten pages cost us.

Extraction goes on in worker processes meanwhile, over all batches of a run, as `ingest run` does it.
"""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any, TypeVar, cast
from uuid import UUID

from prefect import get_run_logger, task
from prefect.cache_policies import NO_CACHE
from prefect.utilities.annotations import quote
from sqlalchemy import Engine

from ingest.errors import DatabaseUnreachable
from ingest.model import Limits, PageResult, Tally
from ingest.pipeline import ReadBatch, extracted_batches, load, merge_tallies, read_batch, with_source_rules
from ingest.report.run_table import add_up
from ingest.rules.book import book_at
from ingest.store.faults import told_in_a_sentence

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from prefect.client.schemas.objects import State, TaskRun
    from prefect.tasks import Task

    from flows.record import Progress
    from ingest.gather import Gathered
    from ingest.settings import Settings

_T = TypeVar("_T")

RETRY_SECONDS = [2.0, 10.0, 60.0]  # together longer than a Postgres takes to restart


def is_connection_fault(_task: Task[..., Any], _run: TaskRun, state: State[Any]) -> bool:
    """Whether a batch failed for its connection: it is committed whole or not at all, and can be tried again without a trace."""
    return isinstance(state.result(raise_on_failure=False), DatabaseUnreachable)


@task(
    name="load-batch",
    task_run_name="batch-{number}",
    retries=len(RETRY_SECONDS),
    retry_delay_seconds=RETRY_SECONDS,
    retry_condition_fn=is_connection_fault,
    cache_policy=NO_CACHE,
)
def load_batch(engine: Engine, run_id: UUID, number: int, batch: ReadBatch, results: list[PageResult], limits: Limits) -> list[Tally]:
    """Load a batch of extracted pages in one transaction; its tallies."""
    with told_in_a_sentence():
        tallies = load(engine, run_id, batch, results, limits)
    total = add_up("total", tallies)
    get_run_logger().info(
        "batch loaded number=%d pages=%d new=%d updated=%d unchanged=%d duplicates=%d rejected=%d",
        number, total.found, total.new, total.updated, total.unchanged, total.duplicates, total.rejected,
    )  # fmt: skip
    return tallies


def load_batches(
    engine: Engine, run_id: UUID, batches: Iterable[Sequence[Gathered]], settings: Settings, jobs: int, progress: Progress | None = None
) -> list[Tally]:
    """Read, extract and load batches, a task each; the tallies of all.

    Raises:
        DatabaseUnreachable: the connection was lost, and did not come back in time; the batches before are safe.
    """
    rules = with_source_rules(engine, book_at(settings.rules))
    tallies: list[Tally] = []

    def read(found: Sequence[Gathered]) -> ReadBatch:
        for seconds in RETRY_SECONDS:
            try:
                with told_in_a_sentence():
                    return read_batch(engine, found, settings.limits, rules)
            except DatabaseUnreachable as error:
                get_run_logger().warning("%s It is tried again in %g seconds.", error, seconds)
                time.sleep(seconds)
        return read_batch(engine, found, settings.limits, rules)

    extracted = extracted_batches(map(read, batches), settings.limits, jobs)
    for number, (batch, results) in enumerate(extracted, start=1):
        # quote: Prefect would look through each page for results of other tasks.
        loaded = load_batch(_quoted(engine), run_id, number, _quoted(batch), _quoted(results), settings.limits)
        tallies = merge_tallies([*tallies, *loaded])
        if progress:
            progress.advance(sum(t.found for t in loaded))
    return tallies


def _quoted(value: _T) -> _T:
    return cast("_T", quote(value))
