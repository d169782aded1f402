"""The task that loads one part of a backfill, on whichever machine Dask gives it to.

A module of its own: Prefect loads a flow's file under a name that no other process knows, and Dask's workers find a task by its module.
"""

from __future__ import annotations

import math
import multiprocessing
import time
from contextlib import suppress
from typing import TYPE_CHECKING, Any

from prefect import get_run_logger, task
from prefect.cache_policies import NO_CACHE
from sqlalchemy.exc import OperationalError

from ingest.backfill import ShardResult, Work, load_shard, load_shards
from ingest.errors import DatabaseUnreachable, IngestError
from ingest.normalise.credentials import without_credentials
from ingest.report.run_table import add_up
from ingest.settings import Settings
from ingest.store.engine import open_engine
from ingest.store.runs import recorded_runs

if TYPE_CHECKING:
    from collections.abc import Callable
    from uuid import UUID

    from sqlalchemy import Engine

_RETRY_SECONDS = [10.0, 60.0]  # with the connection's own wait longer than a Postgres takes to restart

_ASK_SECONDS = 2.0  # between two looks at the run


class PartFailed(IngestError):
    """A part failed; what it had loaded by then is loaded."""

    def __init__(self, result: ShardResult) -> None:
        super().__init__(f"{without_credentials(result.shard.target)}, {result.shard.part}: {result.error}")
        self.result = result

    def __reduce__(self) -> tuple[Callable[..., Any], tuple[ShardResult]]:
        """It travels from the worker to the flow with its counts."""
        return PartFailed, (self.result,)


@task(
    name="load-part",
    task_run_name="{name}",
    retries=len(_RETRY_SECONDS),
    retry_delay_seconds=_RETRY_SECONDS,
    cache_policy=NO_CACHE,
    persist_result=False,
)
def load_part(name: str, work: Work) -> ShardResult:
    """Load a part in a process of its own: there a page's time can be limited, and one that crashes the parser ends that process only.

    Raises:
        PartFailed: so that Prefect shows it, and tries it again.
    """
    if multiprocessing.current_process().daemon:
        get_run_logger().warning("This Dask worker may start no process: set DASK_DISTRIBUTED__WORKER__DAEMON=False. See docs/scaling.md.")
        result = load_shard(work)
    else:
        result = _loaded_unless_cancelled(work)
    total = add_up("total", result.tallies)
    get_run_logger().info(
        "part %s name=%s found=%d new=%d updated=%d unchanged=%d rejected=%d",
        "skipped" if result.skipped else "failed" if result.error else "loaded", name,
        total.found, total.new, total.updated, total.unchanged + total.duplicates, total.rejected,
    )  # fmt: skip
    if result.error:
        raise PartFailed(result)
    return result


class RunCancelled(Exception):
    """The run to which a part belongs was cancelled."""


def _loaded_unless_cancelled(work: Work) -> ShardResult:
    """On a cluster elsewhere nobody ends a part when its run is: it has to look itself."""
    shard, run_id = work
    try:
        with open_engine(Settings.from_env(), check_schema=False) as engine:
            [result] = load_shards([shard], run_id, 1, _cancellation(engine, run_id))
            return result
    except RunCancelled:
        return ShardResult(shard, [], skipped=True)
    except DatabaseUnreachable as failure:
        return ShardResult(shard, [], str(failure))


def _cancellation(engine: Engine, run_id: UUID) -> Callable[[], None]:
    """A check that raises where the run is cancelled; it may be called often."""
    asked = -math.inf

    def check() -> None:
        nonlocal asked
        if time.monotonic() - asked < _ASK_SECONDS:
            return
        asked = time.monotonic()
        with suppress(OperationalError):  # what the part loads over has a connection of its own
            run = recorded_runs(engine, [run_id]).get(run_id)
            if run and run.state == "cancelled":
                raise RunCancelled

    return check
