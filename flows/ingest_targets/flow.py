"""The flow and its task: one task a batch, never an article, because a task costs Prefect as much time as ten pages cost us."""

from __future__ import annotations

import itertools
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast
from uuid import UUID

from prefect import flow, get_run_logger, task
from prefect.artifacts import create_table_artifact
from prefect.cache_policies import NO_CACHE
from prefect.context import FlowRunContext
from prefect.runtime import deployment
from prefect.utilities.annotations import quote

from ingest.discover.files import missing_targets
from ingest.discover.targets import DiscoverOptions, Discovery, since_instant, target_kind
from ingest.discover.url_map import read_url_map
from ingest.errors import DatabaseUnreachable, IngestError, UsageError
from ingest.gather import Gathered, Pace, gather
from ingest.model import Tally
from ingest.normalise.credentials import without_credentials
from ingest.pipeline import fetch_session, listing_limits, load, merge_tallies, read_batch, with_source_rules
from ingest.report.run_table import add_up
from ingest.rules.book import book_at
from ingest.settings import Settings
from ingest.store.engine import open_engine
from ingest.store.fetches import note_attempts
from ingest.store.queries import RejectionCount, run_rejections
from ingest.store.runs import running
from ingest.workers import extract_batches

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from prefect.client.schemas.objects import State, TaskRun
    from prefect.tasks import Task

    from ingest.model import Page, PageResult

FLOW_NAME = "ingest-targets"
ARTIFACT_KEY = "ingest-targets"
BATCH_SIZE = 256  # pages a task: its 20 ms of connecting and Prefect's 13 ms are then 3 % of it
_PAGES_A_WORKER_CALL = 32
_RETRY_SECONDS = [2.0, 10.0, 60.0]


class EveryTargetFailed(IngestError):
    """Pages were found, and none of them gave an article."""


def _is_connection_fault(_task: Task[..., Any], _run: TaskRun, state: State[Any]) -> bool:
    # A batch is committed whole or not at all, so one that lost its connection can be tried again without a trace.
    return isinstance(state.result(raise_on_failure=False), DatabaseUnreachable)


@task(
    name="ingest-batch",
    task_run_name="batch-{number}",
    retries=len(_RETRY_SECONDS),
    retry_delay_seconds=_RETRY_SECONDS,
    retry_condition_fn=_is_connection_fault,
    cache_policy=NO_CACHE,
)
def ingest_batch(run_id: UUID, number: int, found: list[Gathered], jobs: int) -> list[Tally]:
    """Read, extract and load one batch over a connection of its own; its tallies."""
    settings = Settings.from_env()
    with open_engine(settings, check_schema=False) as engine:
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


@flow(name=FLOW_NAME, flow_run_name="ingest {targets}", validate_parameters=True)
def ingest_targets(
    targets: list[str],
    url_map: str | None = None,
    jobs: int = 1,
    batch_size: int = BATCH_SIZE,
    kind: str | None = None,
    since: str | None = None,
) -> dict[str, Any]:
    """Load articles: from URLs of articles, feeds, sitemaps, home pages and section pages, from WARC files, from saved pages and folders.

    Args:
        targets: URLs, and files and folders on the machine that runs the flow.
        url_map: A file with the pages' URLs: JSON lines of path and url.
        jobs: Processes that extract.
        batch_size: Pages a task, which are committed together.
        kind: What the targets are, where it is not to be told: article, feed, sitemap, homepage, section, urls, opml, warc, files.
        since: Leave out what feeds and sitemaps date earlier: 2026-11-02, or 7d.

    Returns:
        The run table: ``sources``, ``total`` and ``rejections``, as `ingest run --json` prints it.

    Raises:
        UsageError: a target names nothing; the others are loaded by then.
        EveryTargetFailed: pages were found, and none gave an article.
    """
    logger = get_run_logger()
    missing = missing_targets(targets)
    urls = read_url_map(Path(url_map)) if url_map else {}
    existing = [t for t in targets if t not in missing]
    tallies: list[Tally] = []
    rejections: list[RejectionCount] = []
    if existing:
        # The flow holds the database for all its tasks: an embedded server stays up between them.
        settings = Settings.from_env()
        options = DiscoverOptions(target_kind(kind), since_instant(since), urls, listing_limits(settings), settings.limits)
        pace = Pace(batch_size, settings.batch_seconds, lambda: None)
        with (
            open_engine(settings) as engine,
            running(engine, **_run_facts(existing)) as run_id,
            fetch_session(engine, settings) as session,
        ):
            discovery = Discovery(session.fetch, logger.info, options)
            for number, found in enumerate(gather(engine, session, discovery.discover(existing), pace), start=1):
                # quote: Prefect would look through each page for results of other tasks.
                tallies = merge_tallies([*tallies, *ingest_batch(run_id, number, cast("list[Gathered]", quote(found)), jobs)])
            note_attempts(engine, run_id, discovery.attempts)
            rejections = run_rejections(engine, run_id)
    total = add_up("total", tallies)
    _publish(tallies, rejections)
    logger.info("run finished found=%d new=%d updated=%d rejected=%d", total.found, total.new, total.updated, total.rejected)
    if missing:
        raise UsageError(f"No such file or folder: {', '.join(missing)}. What the other targets hold is loaded.")
    if total.found and total.rejected == total.found:
        raise EveryTargetFailed(f"None of {total.found} pages gave an article: see ops.rejection.")
    return {"sources": [asdict(t) for t in tallies], "total": asdict(total), "rejections": [asdict(r) for r in rejections]}


def _run_facts(targets: Sequence[str]) -> dict[str, Any]:
    """What `ops.run` records: Prefect's own id of the run, and who started it."""
    context = FlowRunContext.get()
    flow_run = context.flow_run if context else None
    return {
        "run_id": flow_run.id if flow_run else None,
        "kind": "scheduled" if flow_run and flow_run.auto_scheduled else "adhoc",
        "flow_name": FLOW_NAME,
        "deployment": deployment.name,
        "params": {"targets": [without_credentials(t) for t in targets]},
    }


def _parts(pages: Sequence[Page]) -> Iterator[Sequence[Page]]:
    for start in itertools.count(0, _PAGES_A_WORKER_CALL):
        if start >= len(pages):
            return
        yield pages[start : start + _PAGES_A_WORKER_CALL]


def _publish(tallies: Sequence[Tally], rejections: Sequence[RejectionCount]) -> None:
    """The run table as an artifact; rejections stand below, one row a reason."""
    rows = [asdict(t) | {"seconds": round(t.seconds, 3)} for t in (*tallies, add_up("total", tallies))]
    reasons = "\n".join(f"- {r.pages} × {r.stage}: {r.reason}, for instance {r.example}" for r in rejections)
    create_table_artifact(rows, key=ARTIFACT_KEY, description=f"What the run found and loaded.\n\n{reasons}".strip())
