"""What the flows share: pages are read, extracted and loaded in batches, as `ingest run` does it, and shown in Prefect as tasks of many.

A task is a stretch of a run, neither an article nor a batch: its states and logs cost Prefect's server more time than a batch costs us.
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, TypeVar, cast
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
    from collections.abc import Callable, Iterable, Sequence

    from flows.record import Progress
    from ingest.gather import Gathered
    from ingest.settings import Settings

_T = TypeVar("_T")

RETRY_SECONDS = [2.0, 10.0, 60.0]  # together longer than a Postgres takes to restart
_STRETCH_PAGES = 2_000  # a task: each costs Prefect's server and us 0.15 s of a core, as much as fifteen pages
_STRETCH_SECONDS = 60.0  # after which a task ends however few its pages were: they are fetched politely


def load_batches(
    engine: Engine, run_id: UUID, batches: Iterable[Sequence[Gathered]], settings: Settings, jobs: int, progress: Progress
) -> list[Tally]:
    """Read, extract and load batches; the tallies of all.

    Raises:
        DatabaseUnreachable: the connection was lost, and did not come back in time; the batches before are safe.
    """
    rules = with_source_rules(engine, book_at(settings.rules))

    def read(found: Sequence[Gathered]) -> ReadBatch:
        return again_where_lost(partial(read_batch, engine, found, settings.limits, rules))

    extracted = extracted_batches(map(read, batches), settings.limits, jobs)
    tallies: list[Tally] = []
    while True:
        first = sum(t.found for t in tallies) + 1
        loaded, is_last = load_pages(first, _quoted(Stretch(engine, run_id, extracted, settings.limits, progress)))
        tallies = merge_tallies([*tallies, *loaded])
        if is_last:
            return tallies


@dataclass(frozen=True, slots=True)
class Stretch:
    """What a task loads from: the batches that are left, and where to."""

    engine: Engine
    run_id: UUID
    extracted: Iterator[tuple[ReadBatch, list[PageResult]]]
    limits: Limits
    progress: Progress


@task(name="load-pages", task_run_name="pages from {first}", cache_policy=NO_CACHE)
def load_pages(first: int, stretch: Stretch) -> tuple[list[Tally], bool]:
    """Load the next batches, each in a transaction; their tallies, and whether they were the last."""
    begun, pages = time.monotonic(), 0
    tallies: list[Tally] = []
    for batch, results in stretch.extracted:
        loaded = again_where_lost(partial(load, stretch.engine, stretch.run_id, batch, results, stretch.limits))
        tallies = merge_tallies([*tallies, *loaded])
        count = sum(t.found for t in loaded)
        pages += count
        stretch.progress.advance(count)
        if pages >= _STRETCH_PAGES or time.monotonic() - begun > _STRETCH_SECONDS:
            _log(first, tallies)
            return tallies, False
    _log(first, tallies)
    return tallies, True


def again_where_lost(work: Callable[[], _T]) -> _T:
    """Do what is done whole or not at all; again, after growing waits, where the database's connection was lost.

    Raises:
        DatabaseUnreachable: it did not come back in time.
    """
    for seconds in RETRY_SECONDS:
        try:
            with told_in_a_sentence():
                return work()
        except DatabaseUnreachable as error:
            get_run_logger().warning("%s Here it is tried again in %g seconds.", error, seconds)
            time.sleep(seconds)
    with told_in_a_sentence():
        return work()


def _log(first: int, tallies: Sequence[Tally]) -> None:
    total = add_up("total", tallies)
    get_run_logger().info(
        "pages loaded from=%d count=%d new=%d updated=%d unchanged=%d duplicates=%d rejected=%d",
        first, total.found, total.new, total.updated, total.unchanged, total.duplicates, total.rejected,
    )  # fmt: skip


def _quoted(value: _T) -> _T:
    return cast("_T", quote(value))
