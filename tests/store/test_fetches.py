"""ops.fetch: every request is a row in the partition of its month. That loaders meet in a new month is in test_feeds.py."""

from __future__ import annotations

import datetime as dt

import pytest
from sqlalchemy import Engine

from ingest.store import write
from ingest.store.fetches import note_attempts, write_attempts
from ingest.transfer import Attempt, Purpose
from tests.store.following import NOON, a_run, rows

PARTITIONS = "SELECT tableoid::regclass::text, count(*) FROM ops.fetch GROUP BY 1 ORDER BY 1"


def request(at: dt.datetime, **facts: object) -> Attempt:
    return Attempt("https://post.example/a", Purpose.ARTICLE, at, "ok", 200, **facts)  # type: ignore[arg-type]


def test_a_request_comes_back_as_it_was_noted(engine: Engine) -> None:
    run = a_run(engine)
    facts: dict[str, object] = {
        "final_url": "https://post.example/b", "address": "2001:db8::1", "wire_bytes": 3_000_000_000, "body_bytes": 5_000_000_000,
        "milliseconds": 17, "body_sha256": bytes(range(32)), "message": "Cut short.",
    }  # fmt: skip
    note_attempts(engine, run, [request(NOON, **facts)])
    columns = "final_url, host(address), wire_bytes, body_bytes, milliseconds, body_sha256, message"
    assert rows(engine, f"SELECT {columns} FROM ops.fetch") == [tuple(facts.values())]  # noqa: S608
    assert rows(engine, "SELECT run_id, purpose, url, fetched_at, outcome, status FROM ops.fetch") == [
        (run, "article", "https://post.example/a", NOON, "ok", 200)
    ]


def test_what_postgres_cannot_store_is_stored_without_it(engine: Engine) -> None:
    note_attempts(engine, a_run(engine), [request(NOON, message="no\x00such\ud800host", final_url="https://post.example/\x00")])
    [(message, final)] = rows(engine, "SELECT message, final_url FROM ops.fetch")
    assert "\x00" not in message + final
    assert message.startswith("no")


def test_a_month_begins_and_ends_at_midnight_utc(engine: Engine) -> None:
    tick = dt.timedelta(microseconds=1)
    december, january, february = (dt.datetime(*month, 1, tzinfo=dt.UTC) for month in ((2026, 12), (2027, 1), (2027, 2)))
    note_attempts(engine, a_run(engine), [request(at) for at in (december, january - tick, january, february - tick, february)])
    assert rows(engine, PARTITIONS) == [("ops.fetch_2026_12", 2), ("ops.fetch_2027_01", 2), ("ops.fetch_2027_02", 1)]


def test_no_requests_make_no_partition(engine: Engine) -> None:
    note_attempts(engine, a_run(engine), [])
    assert rows(engine, "SELECT relname FROM pg_class JOIN pg_inherits ON inhrelid = oid WHERE inhparent = 'ops.fetch'::regclass") == []


def test_requests_and_their_partition_go_with_the_transaction_that_notes_them(engine: Engine) -> None:
    run = a_run(engine)
    with pytest.raises(RuntimeError, match="a fault"), engine.begin() as connection:
        write_attempts(write.driver_connection(connection), run, [request(NOON)])
        raise RuntimeError("a fault after it")
    assert rows(engine, PARTITIONS) == []
    note_attempts(engine, run, [request(NOON), request(NOON)])
    assert rows(engine, PARTITIONS) == [("ops.fetch_2026_05", 2)]


def test_an_old_month_can_be_dropped_and_comes_again(engine: Engine) -> None:
    run = a_run(engine)
    note_attempts(engine, run, [request(NOON)])
    with engine.begin() as connection:
        connection.exec_driver_sql("DROP TABLE ops.fetch_2026_05")
    note_attempts(engine, run, [request(NOON)])
    assert rows(engine, PARTITIONS) == [("ops.fetch_2026_05", 1)]
