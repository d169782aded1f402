"""The task that the flows share: a batch of pages, never an article, because a task costs Prefect as much time as ten pages cost us."""

from __future__ import annotations

import itertools
from typing import TYPE_CHECKING, Any
from uuid import UUID

from prefect import get_run_logger, task
from prefect.cache_policies import NO_CACHE

from ingest.errors import DatabaseUnreachable
from ingest.gather import Gathered
from ingest.model import Tally
from ingest.pipeline import load, read_batch, with_source_rules
from ingest.report.run_table import add_up
from ingest.rules.book import book_at
from ingest.settings import Settings
from ingest.store.engine import open_engine
from ingest.store.faults import told_in_a_sentence
from ingest.workers import extract_batches

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from prefect.client.schemas.objects import State, TaskRun
    from prefect.tasks import Task

    from ingest.model import Page, PageResult

BATCH_SIZE = 256  # pages a task: its 20 ms of connecting and Prefect's 13 ms are then 3 % of it
_PAGES_A_WORKER_CALL = 32
_RETRY_SECONDS = [2.0, 10.0, 60.0]


def is_connection_fault(_task: Task[..., Any], _run: TaskRun, state: State[Any]) -> bool:
    """Whether a batch failed for its connection: it is committed whole or not at all, and can be tried again without a trace."""
    return isinstance(state.result(raise_on_failure=False), DatabaseUnreachable)


@task(
    name="ingest-batch",
    task_run_name="batch-{number}",
    retries=len(_RETRY_SECONDS),
    retry_delay_seconds=_RETRY_SECONDS,
    retry_condition_fn=is_connection_fault,
    cache_policy=NO_CACHE,
)
def ingest_batch(run_id: UUID, number: int, found: list[Gathered], jobs: int) -> list[Tally]:
    """Read, extract and load one batch over a connection of its own; its tallies."""
    settings = Settings.from_env()
    with open_engine(settings, check_schema=False) as engine, told_in_a_sentence():
        batch = read_batch(engine, found, settings.limits, with_source_rules(engine, book_at(settings.rules)))
        results: list[PageResult] = []
        for extracted in extract_batches(_parts(batch.pages), settings.limits, jobs):
            results += extracted
        tallies = load(engine, run_id, batch, results, settings.limits)
    total = add_up("total", tallies)
    get_run_logger().info(
        "batch loaded number=%d pages=%d new=%d updated=%d unchanged=%d duplicates=%d rejected=%d",
        number, total.found, total.new, total.updated, total.unchanged, total.duplicates, total.rejected,
    )  # fmt: skip
    return tallies


def _parts(pages: Sequence[Page]) -> Iterator[Sequence[Page]]:
    for start in itertools.count(0, _PAGES_A_WORKER_CALL):
        if start >= len(pages):
            return
        yield pages[start : start + _PAGES_A_WORKER_CALL]
