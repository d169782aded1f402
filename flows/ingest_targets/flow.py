"""The flow: targets are looked into, and what they hold is loaded."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path
from typing import Any

from prefect import flow, get_run_logger
from prefect.runtime import flow_run

from flows.batch import load_batches
from flows.deployments import INGEST_TARGETS
from flows.parameters import AtLeastOne, Kind, Targets, When, instant
from flows.record import Progress, publish, run_facts, some_of, when
from ingest.discover.files import count_in_folders, missing_targets
from ingest.discover.targets import DiscoverOptions, Discovery, target_kind
from ingest.discover.url_map import read_url_map
from ingest.errors import IngestError, UsageError
from ingest.gather import Pace, gather
from ingest.model import RejectionCount, Tally
from ingest.normalise.credentials import without_credentials
from ingest.pipeline import fetch_session, listing_limits
from ingest.report.run_table import add_up
from ingest.settings import Settings
from ingest.store.engine import open_engine
from ingest.store.fetches import note_attempts
from ingest.store.queries import run_rejections
from ingest.store.runs import finish_run, running


class EveryTargetFailed(IngestError):
    """Pages were found, and none of them gave an article."""


def run_name() -> str:
    """What is ingested, and when."""
    targets = [without_credentials(str(t)) for t in flow_run.parameters.get("targets") or []]
    return f"ingest {some_of(targets)}, {when()}"


@flow(name=INGEST_TARGETS.flow, flow_run_name=run_name, timeout_seconds=INGEST_TARGETS.timeout_seconds, validate_parameters=True)
def ingest_targets(
    targets: Targets,
    url_map: str | None = None,
    jobs: AtLeastOne | None = None,
    batch_size: AtLeastOne | None = None,
    kind: Kind | None = None,
    since: When | None = None,
) -> dict[str, Any]:
    """Load articles: from URLs of articles, feeds, sitemaps, home pages and section pages, from WARC files, from saved pages and folders.

    Args:
        targets: URLs, and files and folders on the machine that runs the flow.
        url_map: A file with the pages' URLs: JSON lines of path and url.
        jobs: Processes that extract; unset, INGEST_JOBS, else one a core.
        batch_size: Pages a task, which are committed together; unset, INGEST_BATCH_SIZE.
        kind: What the targets are, where it is not to be told.
        since: Leave out what feeds and sitemaps date earlier: 2026-11-02, or 7d.

    Returns:
        The run table: ``sources``, ``total`` and ``rejections``, as `ingest run --json` prints it.

    Raises:
        UsageError: a target names nothing; the others are loaded by then.
        EveryTargetFailed: pages were found, and none gave an article.
    """
    logger = get_run_logger()
    earliest = instant("since", since)
    missing = missing_targets(targets)
    urls = read_url_map(Path(url_map)) if url_map else {}
    existing = [t for t in targets if t not in missing]
    tallies: list[Tally] = []
    rejections: list[RejectionCount] = []
    set_aside: list[tuple[str, str, int]] = []
    settings = Settings.from_env()
    if existing:
        # The flow holds the database for all its tasks: an embedded server stays up between them.
        options = DiscoverOptions(target_kind(kind), earliest, urls, listing_limits(settings), settings.limits)
        pace = Pace(batch_size or settings.batch_size, settings.batch_seconds, lambda: None)
        with (
            open_engine(settings) as engine,
            running(engine, **run_facts(INGEST_TARGETS.flow, {"targets": [without_credentials(t) for t in existing]})) as run_id,
            fetch_session(engine, settings) as session,
        ):
            discovery = Discovery(session.fetch, logger.info, options)
            batches = gather(engine, session, discovery.discover(existing), pace)
            progress = Progress(INGEST_TARGETS.flow, count_in_folders(existing) or 0, "pages")
            tallies = load_batches(engine, run_id, batches, settings, settings.job_count(jobs), progress)
            note_attempts(engine, run_id, discovery.attempts)
            rejections, set_aside = run_rejections(engine, run_id), session.set_aside()
            if missing or add_up("total", tallies).came_to_nothing:
                finish_run(engine, run_id, "failed")  # as Prefect will say
    total = add_up("total", tallies)
    publish(INGEST_TARGETS.flow, settings, tallies, rejections, set_aside=set_aside, missing=missing)
    if missing:
        raise UsageError(f"No such file or folder: {', '.join(missing)}. What the other targets hold is loaded.")
    if total.came_to_nothing:
        raise EveryTargetFailed(f"None of {total.found} pages gave an article: see ops.rejection.")
    return {"sources": [asdict(t) for t in tallies], "total": asdict(total), "rejections": [asdict(r) for r in rejections]}
