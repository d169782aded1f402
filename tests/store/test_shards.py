from __future__ import annotations

from uuid import uuid4

from sqlalchemy import Engine, text

from ingest.store.runs import running
from ingest.store.shards import ShardRow, claim_shard, finish_shard, register

PARTS = [ShardRow(bytes([n]) * 32, "news.warc.gz", f"part {n}") for n in range(3)]
KEYS = {part.key for part in PARTS}


def state_of(engine: Engine, part: ShardRow) -> tuple[str, int, int, str | None]:
    with engine.connect() as connection:
        row = connection.execute(text("SELECT state, tries, pages, error FROM ops.shard WHERE shard_key = :key"), {"key": part.key}).one()
    return row.state, row.tries, row.pages, row.error


def test_a_part_that_is_done_is_not_begun_again_unless_that_is_wanted(engine: Engine) -> None:
    with running(engine, kind="backfill", flow_name="test") as run_id:
        assert register(engine, PARTS, again=False) == KEYS
        assert claim_shard(engine, run_id, PARTS[0].key)
        finish_shard(engine, run_id, PARTS[0].key, (7, 5, 2))
        assert state_of(engine, PARTS[0]) == ("done", 1, 7, None)
        assert not claim_shard(engine, run_id, PARTS[0].key)
        assert register(engine, PARTS, again=False) == KEYS - {PARTS[0].key}
        assert register(engine, PARTS, again=True) == KEYS
        assert claim_shard(engine, run_id, PARTS[0].key)


def test_a_part_that_failed_is_begun_again_and_its_error_forgotten(engine: Engine) -> None:
    with running(engine, kind="backfill", flow_name="test") as run_id:
        register(engine, PARTS, again=False)
        assert claim_shard(engine, run_id, PARTS[0].key)
        finish_shard(engine, run_id, PARTS[0].key, (7, 5, 2), "the disk\x00 is full")
        state, tries, pages, error = state_of(engine, PARTS[0])
        assert (state, tries, pages) == ("failed", 1, 7)
        assert error is not None
        assert "disk" in error
        assert register(engine, PARTS, again=False) == KEYS
        assert claim_shard(engine, run_id, PARTS[0].key)
        assert state_of(engine, PARTS[0])[0] == "running"
        assert state_of(engine, PARTS[0])[3] is None


def test_a_part_belongs_to_one_live_run_at_a_time(engine: Engine) -> None:
    with running(engine, kind="backfill", flow_name="test") as first:
        register(engine, PARTS, again=False)
        assert claim_shard(engine, first, PARTS[0].key)
        with running(engine, kind="backfill", flow_name="test") as second:
            assert not claim_shard(engine, second, PARTS[0].key)
            finish_shard(engine, second, PARTS[0].key, (1, 1, 0))
            assert state_of(engine, PARTS[0])[0] == "running"  # it is not the second's to end
            assert claim_shard(engine, first, PARTS[0].key)  # its worker died, and another of the same run takes over
    with running(engine, kind="backfill", flow_name="test") as third:
        assert claim_shard(engine, third, PARTS[0].key)  # the first run has ended without ending it


def test_a_part_that_somebody_is_just_claiming_is_left_to_them(engine: Engine) -> None:
    with running(engine, kind="backfill", flow_name="test") as run_id:
        register(engine, PARTS, again=False)
        with engine.begin() as other:
            other.execute(text("SELECT FROM ops.shard WHERE shard_key = :key FOR UPDATE"), {"key": PARTS[0].key})
            assert not claim_shard(engine, run_id, PARTS[0].key)


def test_a_part_that_nobody_registered_cannot_be_claimed(engine: Engine) -> None:
    assert not claim_shard(engine, uuid4(), PARTS[0].key)
