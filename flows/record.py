"""What a flow run leaves behind for people: its row in ops.run, and its table in Prefect."""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from prefect.artifacts import create_table_artifact
from prefect.context import FlowRunContext
from prefect.runtime import deployment

from ingest.report.run_table import add_up

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from ingest.model import Tally
    from ingest.store.queries import RejectionCount


def run_facts(flow_name: str, parameters: Mapping[str, Any]) -> dict[str, Any]:
    """What `ops.run` records: Prefect's own id of the run, and who started it."""
    context = FlowRunContext.get()
    flow_run = context.flow_run if context else None
    return {
        "run_id": flow_run.id if flow_run else None,
        "kind": "scheduled" if flow_run and flow_run.auto_scheduled else "adhoc",
        "flow_name": flow_name,
        "deployment": deployment.name,
        "params": dict(parameters),
    }


def publish(key: str, tallies: Sequence[Tally], rejections: Sequence[RejectionCount]) -> None:
    """The run table as an artifact; rejections stand below, one row a reason, with the command that tries them again."""
    rows = [asdict(t) | {"seconds": round(t.seconds, 3)} for t in (*tallies, add_up("total", tallies))]
    reasons = "\n".join(f"- {r.pages} × {r.stage}: {r.reason}, for instance {r.example}" for r in rejections)
    again = "\n\nTo try them again: `ingest rejections retry`" if rejections else ""
    create_table_artifact(rows, key=key, description=f"What the run found and loaded.\n\n{reasons}{again}".strip())
