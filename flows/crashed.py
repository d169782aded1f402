"""Runs whose process vanished, closed in Prefect too: there they would run for ever, and keep their place from the runs that follow."""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING

from prefect.client.orchestration import get_client
from prefect.client.schemas.filters import FlowFilter, FlowFilterName, FlowRunFilter, FlowRunFilterState, FlowRunFilterStateType
from prefect.client.schemas.objects import StateType
from prefect.states import Crashed

from flows.deployments import DEPLOYMENTS
from ingest.store.runs import mark_crashed, recorded_runs

if TYPE_CHECKING:
    from prefect.client.schemas.objects import FlowRun
    from sqlalchemy import Engine

    from ingest.store.runs import RecordedRun

UNRECORDED = dt.timedelta(hours=1)
"""That a living run may be without a row that says so: it starts, waits for its turn, counts what there is to do, or says what it did."""
_OURS = FlowFilter(name=FlowFilterName(any_=[d.flow for d in DEPLOYMENTS]))
_UNDER_WAY = FlowRunFilter(state=FlowRunFilterState(type=FlowRunFilterStateType(any_=[StateType.PENDING, StateType.RUNNING])))


def close_crashed(engine: Engine, unrecorded: dt.timedelta = UNRECORDED) -> int:
    """Tell Prefect which of its runs have no process any more; how many. A living run holds a lock in the database, but for some time."""
    mark_crashed(engine)
    with get_client(sync_client=True) as client:
        under_way = client.read_flow_runs(flow_filter=_OURS, flow_run_filter=_UNDER_WAY)
        known = recorded_runs(engine, [run.id for run in under_way])
        now = dt.datetime.now(dt.UTC)
        dead = [run for run in under_way if _is_dead(run, known.get(run.id), now, unrecorded)]
        for run in dead:
            client.set_flow_run_state(run.id, Crashed(message="Its process vanished."))
    return len(dead)


def _is_dead(run: FlowRun, recorded: RecordedRun | None, now: dt.datetime, unrecorded: dt.timedelta) -> bool:
    since = run.state.timestamp if run.state else now
    if recorded and recorded.state == "running":
        return False
    if recorded and recorded.state == "crashed" and recorded.finished_at and recorded.finished_at > since:
        return True
    return now - since > unrecorded
