"""Runs: every load belongs to one, and one whose process vanished is known for it."""

from __future__ import annotations

from contextlib import contextmanager, suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from uuid import UUID, uuid4

from psycopg.types.json import Jsonb
from sqlalchemy import text
from sqlalchemy.exc import OperationalError

from ingest import __version__
from ingest.errors import DatabaseUnreachable
from ingest.store.faults import told_in_a_sentence

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Iterator, Mapping, Sequence

    from sqlalchemy import Engine

# Each live run holds a session lock on a key made of its id. A 'running' row whose lock is free has lost its process.
_KEY_OF_ROW = "('x' || left(replace(run_id::text, '-', ''), 16))::bit(64)::bigint"
_MARK_CRASHED = text(f"""
UPDATE ops.run SET state = 'crashed', finished_at = now()
WHERE run_id IN (SELECT run_id FROM ops.run WHERE state = 'running' FOR UPDATE SKIP LOCKED)
  AND pg_try_advisory_xact_lock({_KEY_OF_ROW})
""")  # noqa: S608  # a constant
_INSERT = text("""
INSERT INTO ops.run (run_id, kind, flow_name, deployment, params, code_version)
VALUES (:run_id, :kind, :flow_name, :deployment, :params, :code_version)
ON CONFLICT (run_id) DO UPDATE SET state = 'running', finished_at = NULL  -- Prefect retries a flow run under the id that it has
""")

_FINISH = text("""
UPDATE ops.run SET state = :state, finished_at = now()
WHERE run_id = :run_id AND NOT (state = 'failed' AND CAST(:state AS text) = 'completed')
""")


def start_run(
    engine: Engine, *, run_id: UUID, kind: str, flow_name: str, deployment: str | None = None, params: Mapping[str, Any] | None = None
) -> None:
    """Record that a run begins, and mark as crashed the runs whose process is gone."""
    row = {"run_id": run_id, "kind": kind, "flow_name": flow_name, "deployment": deployment, "code_version": __version__}
    with engine.begin() as connection:
        connection.execute(_MARK_CRASHED)
        connection.execute(_INSERT, row | {"params": Jsonb(dict(params or {}))})


def mark_crashed(engine: Engine) -> int:
    """Mark the runs whose process is gone; how many."""
    with engine.begin() as connection:
        return connection.execute(_MARK_CRASHED).rowcount


@dataclass(frozen=True, slots=True)
class RecordedRun:
    """How a run is, as `ops.run` has it."""

    state: str
    finished_at: dt.datetime | None


def recorded_runs(engine: Engine, run_ids: Sequence[UUID]) -> dict[UUID, RecordedRun]:
    """Those of the runs that have a row, by their ids."""
    with engine.connect() as connection:
        rows = connection.execute(
            text("SELECT run_id, state, finished_at FROM ops.run WHERE run_id = ANY(:run_ids)"), {"run_ids": list(run_ids)}
        )
        return {row.run_id: RecordedRun(row.state, row.finished_at) for row in rows}


def finish_run(engine: Engine, run_id: UUID, state: str) -> None:
    """Record how a run ended: completed, failed or cancelled. One that was found to have failed is not completed by reaching its end."""
    with engine.begin() as connection:
        connection.execute(_FINISH, {"state": state, "run_id": run_id})


@contextmanager
def running(
    engine: Engine,
    *,
    kind: str,
    flow_name: str,
    run_id: UUID | None = None,
    deployment: str | None = None,
    params: Mapping[str, Any] | None = None,
) -> Iterator[UUID]:
    """A run that lasts as long as the block; it ends completed, failed (an exception) or cancelled (Ctrl-C, or Prefect's order).

    A block that comes to its end and to nothing says so itself, by `finish_run`: its run failed.

    Raises:
        DatabaseUnreachable: the connection was lost in the block.
    """
    run_id = run_id or uuid4()
    with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        # The lock comes before the row: nobody may see the one without the other.
        connection.execute(text("SELECT pg_advisory_lock(:key)"), {"key": _lock_key(run_id)})
        try:
            start_run(engine, run_id=run_id, kind=kind, flow_name=flow_name, deployment=deployment, params=params)
            try:
                with told_in_a_sentence():
                    yield run_id
            except BaseException as error:
                # What is no Exception comes from outside: Ctrl-C, or Prefect's order to end.
                state = "failed" if isinstance(error, Exception) else "cancelled"
                with suppress(OperationalError, DatabaseUnreachable):  # the next run finds it, and marks it as crashed
                    finish_run(engine, run_id, state)
                raise
            finish_run(engine, run_id, "completed")
        finally:
            with suppress(OperationalError):  # a lost connection has let go of its locks
                connection.execute(text("SELECT pg_advisory_unlock(:key)"), {"key": _lock_key(run_id)})


def _lock_key(run_id: UUID) -> int:
    return int.from_bytes(run_id.bytes[:8], "big", signed=True)
