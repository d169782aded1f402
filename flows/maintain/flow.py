"""The flow: old things are let go of, and what failed for the moment is tried again."""

from __future__ import annotations

import datetime as dt
from dataclasses import asdict
from typing import Any

from prefect import flow, get_run_logger
from prefect.artifacts import create_markdown_artifact

from flows.crashed import close_crashed
from flows.deployments import MAINTAIN
from flows.record import run_facts, wait_for_turn, when
from ingest.settings import Settings
from ingest.store.engine import open_engine
from ingest.store.maintenance import maintain as look_after
from ingest.store.runs import running


def run_name() -> str:
    """When."""
    return f"maintain, {when()}"


@flow(name=MAINTAIN.flow, flow_run_name=run_name, timeout_seconds=MAINTAIN.timeout_seconds, retries=2, retry_delay_seconds=600)
def maintain() -> dict[str, Any]:
    """Close runs whose process vanished, let go of what the settings do not keep, try again what failed for the moment, vacuum, advise.

    Returns:
        What was done, as `ingest maintain --json` prints it.
    """
    wait_for_turn(MAINTAIN)
    settings = Settings.from_env()
    with open_engine(settings) as engine, running(engine, **run_facts(MAINTAIN.flow, {})):
        done = look_after(engine, settings, dt.datetime.now(dt.UTC))
        close_crashed(engine)
    note = "\n".join(f"- {line}" for line in done.lines())
    create_markdown_artifact(note, key=MAINTAIN.flow, description="What was done, and what Postgres lacks.")
    logger = get_run_logger()
    logger.info("maintained crashed_runs=%d urls_tried_again=%d pages=%d", done.crashed_runs, done.urls_tried_again, done.pages)
    for advice in done.advice:
        logger.warning(advice)
    return asdict(done)
