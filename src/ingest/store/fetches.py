"""ops.fetch: every request that was made, a partition a month."""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING, Any

from ingest.store.rows import storable

if TYPE_CHECKING:
    from collections.abc import Sequence
    from uuid import UUID

    from sqlalchemy import Engine

    from ingest.store.write import Connection
    from ingest.transfer import Attempt

_PARTITION_LOCK = 0x66657463  # any number that no other program takes: "fetc"
# A partition does not inherit the comments of its table.
_COMMENTS = """
DO $$ DECLARE col record; BEGIN
  COMMENT ON TABLE ops.{0} IS 'The requests of one month: ask ops.fetch.';
  FOR col IN SELECT attname, col_description(attrelid, attnum) AS about FROM pg_attribute
      WHERE attrelid = 'ops.fetch'::regclass AND attnum > 0 AND NOT attisdropped LOOP
    EXECUTE format('COMMENT ON COLUMN ops.{0}.%I IS %L', col.attname, col.about);
  END LOOP;
END $$
"""


def note_attempts(engine: Engine, run_id: UUID, attempts: Sequence[Attempt]) -> None:
    """Note requests that belong to no page: for lists, and for robots.txt."""
    if attempts:
        with engine.begin() as connection:
            driver: Any = connection.connection.driver_connection
            write_attempts(driver, run_id, attempts)


def write_attempts(connection: Connection, run_id: UUID, attempts: Sequence[Attempt]) -> None:
    """Note requests, in the caller's transaction."""
    if not attempts:
        return
    for month in sorted({(a.at.astimezone(dt.UTC).year, a.at.astimezone(dt.UTC).month) for a in attempts}):
        _ensure_month(connection, *month)
    columns = (
        "fetched_at, run_id, purpose, url, final_url, outcome, status, address, wire_bytes, body_bytes, milliseconds, body_sha256, message"
    )
    with connection.cursor() as cursor, cursor.copy(f"COPY ops.fetch ({columns}) FROM STDIN") as copy:
        for a in attempts:
            copy.write_row(
                (
                    a.at, run_id, str(a.purpose), storable(a.url), a.final_url and storable(a.final_url), a.outcome, a.status, a.address,
                    a.wire_bytes, a.body_bytes, a.milliseconds, a.body_sha256, a.message and storable(a.message),
                )
            )  # fmt: skip


def _ensure_month(connection: Connection, year: int, month: int) -> None:
    name = f"fetch_{year:04}_{month:02}"
    if _exists(connection, name):
        return
    # Two loaders that meet in the first minute of a month: one makes the partition, the other waits and finds it.
    connection.execute("SELECT pg_advisory_xact_lock(%s)", [_PARTITION_LOCK])
    if _exists(connection, name):
        return
    following = (year + month // 12, month % 12 + 1)
    connection.execute(
        f"CREATE TABLE ops.{name} PARTITION OF ops.fetch "
        f"FOR VALUES FROM ('{year:04}-{month:02}-01 00:00+00') TO ('{following[0]:04}-{following[1]:02}-01 00:00+00')"
    )
    connection.execute(_COMMENTS.format(name))


def _exists(connection: Connection, name: str) -> bool:
    # Not to_regclass: it answers from a cache that an advisory lock does not bring up to date.
    row = connection.execute("SELECT EXISTS (SELECT FROM pg_tables WHERE schemaname = 'ops' AND tablename = %s)", [name]).fetchone()
    return bool(row and row[0])
