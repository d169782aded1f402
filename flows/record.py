"""What a flow run tells people: its name, its row in ops.run, its tables, notes, links and progress in Prefect."""

from __future__ import annotations

import datetime as dt
import random
import time
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from prefect import get_run_logger
from prefect.artifacts import (
    create_link_artifact,
    create_markdown_artifact,
    create_progress_artifact,
    create_table_artifact,
    update_progress_artifact,
)
from prefect.context import FlowRunContext
from prefect.runtime import deployment, flow_run

from ingest.report.run_page import RunReport, failures_note, run_page
from ingest.report.run_table import add_up

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from flows.deployments import Deployment
    from ingest.model import RejectionCount, Tally
    from ingest.settings import Settings
    from ingest.web import PollSummary

_KEPT_REPORTS = 1_000
_MOST_NAMED = 2  # targets in the name of a run


def when() -> str:
    """When the run was to start, to the minute, as run names say it."""
    at = flow_run.scheduled_start_time or dt.datetime.now(dt.UTC)
    return f"{at.astimezone(dt.UTC):%Y-%m-%d %H:%M} UTC"


def some_of(names: Sequence[str]) -> str:
    """The first names, and how many more there are."""
    more = len(names) - _MOST_NAMED
    return ", ".join(names[:_MOST_NAMED]) + (f" and {more:,} more" if more > 0 else "")


def run_facts(flow_name: str, parameters: Mapping[str, Any], kind: str | None = None) -> dict[str, Any]:
    """What `ops.run` records: Prefect's own id of the run, and who started it."""
    context = FlowRunContext.get()
    run = context.flow_run if context else None
    return {
        "run_id": run.id if run else None,
        "kind": kind or ("scheduled" if run and run.auto_scheduled else "adhoc"),
        "flow_name": flow_name,
        "deployment": deployment.name,
        "params": dict(parameters),
    }


def wait_for_turn(planned: Deployment) -> None:
    """Let a scheduled run begin some seconds after the full minute, each at another time: not everybody asks at once."""
    context = FlowRunContext.get()
    run = context.flow_run if context else None
    if run and run.auto_scheduled and planned.jitter_seconds:
        time.sleep(random.Random(str(run.id)).uniform(0, planned.jitter_seconds))  # noqa: S311  # no secret


class Progress:
    """The progress artifact of a long run, where it is known how much there is to do; it moves only where it is to be seen."""

    def __init__(self, key: str, total: int, what: str) -> None:
        self._total, self._what, self._done, self._shown = total, what, 0, 0.0
        self._artifact: Any = None  # its id; typed as a coroutine too, for asynchronous flows
        if total:
            self._artifact = create_progress_artifact(0.0, key=f"{key}-progress", description=f"0 of {total:,} {what}")

    def advance(self, count: int = 1) -> None:
        """So many more are done."""
        self._done += count
        share = 100.0 * min(self._done, self._total) / self._total if self._total else 0.0
        if self._artifact and (share - self._shown >= 1.0 or self._done >= self._total):
            update_progress_artifact(self._artifact, share, description=f"{self._done:,} of {self._total:,} {self._what}")
            self._shown = share


def publish(
    key: str,
    settings: Settings,
    tallies: Sequence[Tally],
    rejections: Sequence[RejectionCount],
    polls: Sequence[PollSummary] = (),
    set_aside: Sequence[tuple[str, str, int]] = (),
    missing: Sequence[str] = (),
) -> None:
    """The run table, what failed with the commands that try it again, and a page with both."""
    total = add_up("total", tallies)
    report = RunReport(
        name=flow_run.name or key,
        facts={"flow": key, "run": str(flow_run.id or ""), "started": when(), "deployment": deployment.name or "none"},
        tallies=tallies,
        rejections=rejections,
        polls=polls,
        set_aside=set_aside,
        missing=missing,
    )
    rows = [asdict(t) | {"seconds": round(t.seconds, 3)} for t in (*tallies, total)]
    create_table_artifact(rows, key=key, description="What the run found and loaded, by source.")
    create_markdown_artifact(failures_note(report), key=f"{key}-failures", description="What failed, and how to try it again.")
    create_link_artifact(
        _written(report, settings), link_text="The run as a page", key=f"{key}-report", description="The same and more, as a page."
    )
    get_run_logger().info(
        "run finished found=%d new=%d updated=%d unchanged=%d rejected=%d",
        total.found, total.new, total.updated, total.unchanged + total.duplicates, total.rejected,
    )  # fmt: skip


def _written(report: RunReport, settings: Settings) -> str:
    folder = settings.reports_folder
    folder.mkdir(parents=True, exist_ok=True)
    file = folder / f"{report.facts['run'] or 'run'}.html"
    file.write_text(run_page(report), encoding="utf-8")
    for old in sorted(folder.glob("*.html"), key=lambda f: f.stat().st_mtime, reverse=True)[_KEPT_REPORTS:]:
        old.unlink(missing_ok=True)
    return f"{settings.reports_url.rstrip('/')}/{file.name}" if settings.reports_url else file.as_uri()
