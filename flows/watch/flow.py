"""The flow: what somebody should look at becomes events, a note, and, where it is wanted, a failed run."""

from __future__ import annotations

import datetime as dt
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from prefect import flow, get_run_logger
from prefect.artifacts import create_markdown_artifact
from prefect.events import emit_event

from flows.deployments import WATCH
from flows.record import run_facts, wait_for_turn, when
from ingest.errors import IngestError
from ingest.settings import Settings
from ingest.store.engine import open_engine
from ingest.store.runs import running
from ingest.store.sources import source_ids
from ingest.store.watch import findings

if TYPE_CHECKING:
    from collections.abc import Sequence

    from ingest.store.watch import Finding

EVENT = "news-ingest"
"""What the names of events begin with: news-ingest.source-silent and so on."""


class SomethingToLookAt(IngestError):
    """There are findings, and the run was asked to fail for them."""


def run_name() -> str:
    """When."""
    return f"watch, {when()}"


@flow(name=WATCH.flow, flow_run_name=run_name, timeout_seconds=WATCH.timeout_seconds, validate_parameters=True)
def watch(sources: list[str] | None = None, fail_on_findings: bool | None = None) -> list[dict[str, Any]]:  # noqa: FBT001  # Prefect's form gives parameters by name
    """Look for sources that fell silent, feeds that fail, pages that are suddenly rejected, runs that failed.

    Each finding is a Prefect event, for automations that tell somebody.

    Args:
        sources: Slugs of followed sources; all where none is named.
        fail_on_findings: End as failed where there is a finding; unset, as the setting INGEST_WATCH_FAILS says.

    Returns:
        The findings, as `ingest watch --json` prints them.

    Raises:
        SomethingToLookAt: there are findings, and the run is to fail for them.
        UsageError: a slug names no followed source.
    """
    wait_for_turn(WATCH)
    settings = Settings.from_env()
    with open_engine(settings) as engine:
        if sources:
            source_ids(engine, sources)
        with running(engine, **run_facts(WATCH.flow, {"sources": sources or []})):
            found = findings(engine, dt.datetime.now(dt.UTC), sources or None)
    for finding in found:
        emit_event(
            f"{EVENT}.{finding.kind}",
            resource={"prefect.resource.id": f"{EVENT}.{finding.kind.about}.{finding.subject}", "prefect.resource.name": finding.subject},
            payload=asdict(finding),
        )
        get_run_logger().warning("%s: %s: %s", finding.kind, finding.subject, finding.sentence)
    create_markdown_artifact(_note(found), key=WATCH.flow, description="What somebody should look at.")
    if found and (settings.watch_fails if fail_on_findings is None else fail_on_findings):
        raise SomethingToLookAt(f"{len(found)} to look at, the first one: {found[0].subject}: {found[0].sentence}")
    return [asdict(f) for f in found]


def _note(found: Sequence[Finding]) -> str:
    if not found:
        return "All is well."
    return "\n\n".join(f"**{f.kind}: {f.subject}**\n\n{f.sentence}\n\n`{f.advice}`" for f in found)
