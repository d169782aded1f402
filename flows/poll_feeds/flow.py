"""The flow: feeds that are due are asked, and what is new in them is fetched and loaded."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

from prefect import flow, get_run_logger
from prefect.runtime import flow_run

from flows.batch import load_batches
from flows.deployments import POLL_FEEDS
from flows.parameters import AtLeastOne
from flows.record import Progress, publish, run_facts, some_of, wait_for_turn, when
from ingest.gather import Pace, gather_queue
from ingest.model import Tally
from ingest.pipeline import fetch_session
from ingest.polling import poll_feeds as ask_feeds
from ingest.report.run_table import add_up
from ingest.settings import Settings
from ingest.store.engine import open_engine
from ingest.store.queries import run_rejections
from ingest.store.runs import running
from ingest.store.sources import source_ids


def run_name() -> str:
    """Which feeds are polled, and when."""
    parameters = flow_run.parameters
    which = "due feeds" if parameters.get("due", True) else "all feeds"
    sources = parameters.get("sources")
    return f"poll {which}{' of ' + some_of(sources) if sources else ''}, {when()}"


@flow(name=POLL_FEEDS.flow, flow_run_name=run_name, timeout_seconds=POLL_FEEDS.timeout_seconds, validate_parameters=True)
def poll_feeds(
    sources: list[str] | None = None,
    due: bool = True,  # noqa: FBT001, FBT002  # Prefect's form gives parameters by name
    jobs: AtLeastOne | None = None,
    batch_size: AtLeastOne | None = None,
) -> dict[str, Any]:
    """Ask the feeds of followed sources, and load what is new in them.

    Args:
        sources: Slugs of followed sources; all where none is named.
        due: Only feeds whose time has come.
        jobs: Processes that extract; unset, INGEST_JOBS, else one a core.
        batch_size: Pages a task, which are committed together; unset, INGEST_BATCH_SIZE.

    Returns:
        ``polls``, ``sources``, ``total`` and ``rejections``, as `ingest poll --json` prints them.

    Raises:
        UsageError: a slug names no followed source.
    """
    logger = get_run_logger()
    settings = Settings.from_env()
    wait_for_turn(POLL_FEEDS)
    pace = Pace(batch_size or settings.batch_size, settings.batch_seconds, lambda: None)
    tallies: list[Tally] = []
    with open_engine(settings) as engine:
        wanted = source_ids(engine, sources) if sources else None
        facts = run_facts(POLL_FEEDS.flow, {"sources": sources or [], "due": due})
        with running(engine, **facts) as run_id, fetch_session(engine, settings) as session:
            polls = list(ask_feeds(engine, session, run_id, settings, pace, due=due, sources=wanted))
            failed, new, changed = sum(p.error is not None for p in polls), sum(p.new for p in polls), sum(p.changed for p in polls)
            logger.info("feeds polled feeds=%d failed=%d new=%d changed=%d", len(polls), failed, new, changed)
            batches = gather_queue(engine, session, run_id, pace, wanted)
            progress = Progress(POLL_FEEDS.flow, new + changed, "pages")
            tallies = load_batches(engine, run_id, batches, settings, settings.job_count(jobs), progress)
            rejections, set_aside = run_rejections(engine, run_id), session.set_aside()
    total = add_up("total", tallies)
    publish(POLL_FEEDS.flow, settings, tallies, rejections, polls, set_aside)
    return {
        "polls": [asdict(p) for p in polls],
        "sources": [asdict(t) for t in tallies],
        "total": asdict(total),
        "rejections": [asdict(r) for r in rejections],
    }
