"""ops.shard: which parts of backfills are done, and who works on which."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from sqlalchemy import text

from ingest.store.rows import storable

if TYPE_CHECKING:
    from collections.abc import Sequence
    from uuid import UUID

    from sqlalchemy import Engine

_REGISTER = text("""
INSERT INTO ops.shard (shard_key, target, part)
SELECT * FROM unnest(CAST(:keys AS bytea[]), CAST(:targets AS text[]), CAST(:parts AS text[])) ORDER BY 1
ON CONFLICT (shard_key) DO UPDATE SET state = 'ready', error = NULL, tries = 0 WHERE :again AND ops.shard.state IN ('done', 'failed')
""")
_OPEN = text("SELECT shard_key FROM ops.shard WHERE shard_key = ANY(CAST(:keys AS bytea[])) AND state <> 'done'")
# What a run that is gone has left as running is ready.
_CLAIM = text("""
WITH wanted AS (SELECT shard_key FROM ops.shard WHERE shard_key = :key FOR UPDATE SKIP LOCKED)
UPDATE ops.shard s SET state = 'running', run_id = CAST(:run AS uuid), tries = tries + 1, started_at = now(), finished_at = NULL,
    error = NULL
FROM wanted w
WHERE s.shard_key = w.shard_key AND s.state <> 'done' AND (s.state <> 'running' OR s.run_id = CAST(:run AS uuid)
      OR NOT EXISTS (SELECT FROM ops.run r WHERE r.run_id = s.run_id AND r.state = 'running'))
""")
_FINISH = text("""
UPDATE ops.shard SET state = :state, pages = :pages, new_articles = :new, rejected = :rejected, error = :error, finished_at = now()
WHERE shard_key = :key AND run_id = CAST(:run AS uuid) AND state = 'running'
""")


@dataclass(frozen=True, slots=True)
class ShardRow:
    """What there is to register of a shard."""

    key: bytes
    target: str
    part: str


def register(engine: Engine, shards: Sequence[ShardRow], *, again: bool) -> set[bytes]:
    """Note the shards of a backfill, and say which are to be done; with ``again``, those that are done too."""
    parameters = {
        "keys": [s.key for s in shards],
        "targets": [storable(s.target) for s in shards],
        "parts": [storable(s.part) for s in shards],
    }
    with engine.begin() as connection:
        connection.execute(_REGISTER, parameters | {"again": again})
        return set(connection.scalars(_OPEN, {"keys": parameters["keys"]}))


def claim_shard(engine: Engine, run_id: UUID, key: bytes) -> bool:
    """Begin a shard; False where it is done, or another live run works on it."""
    with engine.begin() as connection:
        return connection.execute(_CLAIM, {"key": key, "run": run_id}).rowcount == 1


def finish_shard(engine: Engine, run_id: UUID, key: bytes, counts: tuple[int, int, int], error: str | None = None) -> None:
    """Note how a shard ended: pages found, new articles, pages rejected; and why it failed, where it did."""
    pages, new, rejected = counts
    facts = {"key": key, "run": run_id, "pages": pages, "new": new, "rejected": rejected, "error": error and storable(error)}
    with engine.begin() as connection:
        connection.execute(_FINISH, facts | {"state": "failed" if error else "done"})
