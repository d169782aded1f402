"""ops.feed: which feeds are due, and what their polls came to."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from sqlalchemy import text

from ingest.store import tasks, write
from ingest.store.fetches import write_attempts
from ingest.store.rows import storable
from ingest.store.sightings import date_articles, note_sightings
from ingest.transfer import Validators

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from uuid import UUID

    from sqlalchemy import Engine

    from ingest.transfer import Attempt
    from ingest.web import Entry

_LEASE = dt.timedelta(minutes=30)

_CLAIM = text("""
WITH pick AS (
    SELECT f.feed_id FROM ops.feed f
    WHERE f.state IN ('healthy', 'failing') AND (NOT :due OR f.next_poll_at <= now())
      AND (CAST(:sources AS bigint[]) IS NULL OR f.source_id = ANY(:sources))
      AND (f.lease_until IS NULL OR f.lease_until < now()
           OR NOT EXISTS (SELECT FROM ops.run r WHERE r.run_id = f.lease_run_id AND r.state = 'running'))
    ORDER BY f.next_poll_at FOR UPDATE SKIP LOCKED
)
UPDATE ops.feed f SET lease_run_id = :run, lease_until = now() + :lease
FROM pick, news.source s WHERE f.feed_id = pick.feed_id AND s.source_id = f.source_id
RETURNING f.*, s.slug, s.full_text
""")


@dataclass(frozen=True, slots=True)
class DueFeed:
    """A feed to poll, claimed for this run."""

    feed_id: int
    slug: str
    url: str
    kind: str | None
    state: str
    failures: float
    period_seconds: float | None
    publisher_seconds: float | None
    validators: Validators
    watermark: dt.datetime | None
    full_text: bool
    is_first: bool


@dataclass(frozen=True, slots=True)
class Poll:
    """What one poll came to, and what the feed is after it."""

    outcome: str
    """``ok``, ``not_modified``, or the reason code of a failure."""
    status: int | None
    state: str
    failures: float
    period_seconds: float | None
    publisher_seconds: float | None
    wait_seconds: float
    """Until the next poll."""
    milliseconds: int
    kind: str | None = None
    validators: Validators = Validators()
    moved_to: str | None = None
    watermark: dt.datetime | None = None
    shown: int = 0
    """Entries that the feed showed."""
    note: str | None = None
    error: str | None = None


def claim_feeds(engine: Engine, run_id: UUID, *, due: bool, sources: Sequence[int] | None = None) -> list[DueFeed]:
    """Take the feeds that are due (or all that are not gone and not paused), for this run alone."""
    parameters = {"run": run_id, "lease": _LEASE, "due": due, "sources": list(sources) if sources is not None else None}
    with engine.begin() as connection:
        return [_due(row) for row in connection.execute(_CLAIM, parameters)]


def give_back_feed(engine: Engine, run_id: UUID, feed_id: int) -> None:
    """Let go of a feed that was claimed and could not be asked: it was no poll, and is still due."""
    statement = text("UPDATE ops.feed SET lease_run_id = NULL, lease_until = NULL WHERE feed_id = :feed AND lease_run_id = :run")
    with engine.begin() as connection:
        connection.execute(statement, {"feed": feed_id, "run": run_id})


def record_poll(
    engine: Engine,
    run_id: UUID,
    feed: DueFeed,
    entries: Sequence[Entry],
    attempts: Sequence[Attempt],
    *,
    origin: str,
    poll_of: Callable[[int], Poll],
) -> tuple[Poll, int, int]:
    """Note a poll, and queue what it found, in one transaction: a feed that has answered has no entry that is not queued.

    ``poll_of`` says what the poll comes to, given how many entries are new. The poll, how many are new, how many have changed.
    """
    with engine.begin() as sa_connection:
        connection = write.driver_connection(sa_connection)
        if not connection.execute("SELECT FROM ops.feed WHERE feed_id = %s", [feed.feed_id]).rowcount:
            # Nobody follows it any more since it was claimed: only the requests are left to note.
            write_attempts(connection, run_id, attempts)
            return poll_of(0), 0, 0
        # Sightings first, as loaders do: where a run polls what another is loading, neither waits for the other in a circle.
        note_sightings(connection, feed.feed_id, entries)
        new, changed = tasks.enqueue(connection, feed.feed_id, entries, origin=origin, full_text=feed.full_text)
        poll = poll_of(new)
        write_attempts(connection, run_id, attempts)
        connection.execute(_RECORD, _parameters(run_id, feed, poll, new))
        connection.execute(_NOTE, _parameters(run_id, feed, poll, new))
        if poll.moved_to:
            _move(connection, feed.feed_id, poll.moved_to)
    with engine.begin() as sa_connection:
        date_articles(write.driver_connection(sa_connection), feed.feed_id, entries, origin)
    return poll, new, changed


_RECORD = """
UPDATE ops.feed SET
    kind = coalesce(%(kind)s, kind), state = CASE WHEN state = 'paused' THEN state ELSE %(state)s END, failures = %(failures)s,
    last_status = %(status)s, last_error = %(error)s, period_seconds = %(period)s, publisher_seconds = %(publisher)s,
    etag = CASE WHEN %(outcome)s = 'ok' THEN %(etag)s ELSE etag END,
    last_modified = CASE WHEN %(outcome)s = 'ok' THEN %(modified)s ELSE last_modified END,
    watermark = greatest(watermark, %(watermark)s), last_polled_at = now(),
    last_success_at = CASE WHEN %(error)s::text IS NULL THEN now() ELSE last_success_at END,
    last_new_at = CASE WHEN %(new)s > 0 THEN now() ELSE last_new_at END,
    next_poll_at = now() + %(wait)s, lease_run_id = NULL, lease_until = NULL
WHERE feed_id = %(feed)s
"""
_NOTE = """
INSERT INTO ops.feed_poll (feed_id, polled_at, run_id, outcome, status, entries, new_entries, milliseconds, note)
VALUES (%(feed)s, clock_timestamp(), %(run)s, %(outcome)s, %(status)s, %(shown)s, %(new)s, %(ms)s, %(note)s)
"""


def _parameters(run_id: UUID, feed: DueFeed, poll: Poll, new: int) -> dict[str, Any]:
    return {
        "feed": feed.feed_id,
        "run": run_id,
        "kind": poll.kind,
        "state": poll.state,
        "failures": poll.failures,
        "status": poll.status,
        "outcome": poll.outcome,
        "error": poll.error and storable(poll.error),
        "period": poll.period_seconds,
        "publisher": poll.publisher_seconds,
        "etag": poll.validators.etag and storable(poll.validators.etag),
        "modified": poll.validators.last_modified and storable(poll.validators.last_modified),
        "watermark": poll.watermark,
        "new": new,
        "shown": poll.shown,
        "wait": dt.timedelta(seconds=poll.wait_seconds),
        "ms": poll.milliseconds,
        "note": poll.note and storable(poll.note),
    }


def _move(connection: write.Connection, feed_id: int, url: str) -> None:
    """A permanent redirect; where another feed is there already, this one is done."""
    moved = connection.execute(
        "UPDATE ops.feed SET url = %(url)s WHERE feed_id = %(feed)s AND NOT EXISTS (SELECT FROM ops.feed WHERE url = %(url)s)",
        {"url": storable(url), "feed": feed_id},
    )
    if not moved.rowcount:
        connection.execute(
            "UPDATE ops.feed SET state = 'gone', last_error = %s WHERE feed_id = %s AND url <> %s",
            [f"It has moved to {url}, which is a feed of its own.", feed_id, url],
        )


def _due(row: Any) -> DueFeed:  # noqa: ANN401  # a row of SQLAlchemy's
    return DueFeed(
        feed_id=row.feed_id,
        slug=row.slug,
        url=row.url,
        kind=row.kind,
        state=row.state,
        failures=row.failures,
        period_seconds=row.period_seconds,
        publisher_seconds=row.publisher_seconds,
        validators=Validators(row.etag, row.last_modified),
        watermark=row.watermark,
        full_text=row.full_text,
        is_first=row.last_success_at is None,
    )
