"""What is kept for how long, by the settings: requests by whole months, pages' bytes, polls. Articles and their versions always are."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import TYPE_CHECKING

from sqlalchemy import text

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sqlalchemy import Connection, Engine

    from ingest.settings import Settings

_PAGES_AT_A_TIME = 1_000  # whose bytes are let go in one transaction: nobody waits long for their rows

_PARTITIONS = text("""
SELECT c.relname FROM pg_inherits i JOIN pg_class c ON c.oid = i.inhrelid
WHERE i.inhparent = 'ops.fetch'::regclass AND c.relname ~ '^fetch_[0-9]{4}_[0-9]{2}$' ORDER BY 1
""")
# A publisher may go back to an earlier page: it is as young as the last version that was read from it.
_PAGES = text("""
UPDATE ops.raw_page SET body_zstd = NULL, store = 'none'
WHERE body_sha256 IN (
    SELECT p.body_sha256 FROM ops.raw_page p
    WHERE p.store = 'pg' AND p.first_seen_at < :before
      AND NOT EXISTS (SELECT FROM news.article_version v WHERE v.body_sha256 = p.body_sha256 AND v.observed_at >= :before)
    LIMIT :most FOR UPDATE OF p SKIP LOCKED)
""")


@dataclass(frozen=True, slots=True)
class LetGo:
    """What a turn of retention removed."""

    months_of_requests: tuple[str, ...]
    pages: int
    """Whose bytes are gone; that they were read, and when, is still known."""
    polls: int


def let_go(engine: Engine, settings: Settings, now: dt.datetime) -> LetGo:
    """Remove what is older than the settings keep; 0 days keep it for ever, which is the default."""
    return LetGo(
        months_of_requests=tuple(_drop_months(engine, now, settings.keep_fetch_days)),
        pages=_drop_pages(engine, now, settings.keep_page_days),
        polls=_drop_polls(engine, now, settings.keep_poll_days),
    )


def _drop_months(engine: Engine, now: dt.datetime, days: float) -> Iterator[str]:
    if not days:
        return
    oldest = now.astimezone(dt.UTC) - dt.timedelta(days=days)
    with engine.begin() as connection:
        for name in connection.scalars(_PARTITIONS).all():
            year, month = int(name[6:10]), int(name[11:13])
            if (year, month) < (oldest.year, oldest.month):  # it ended before the oldest day that is kept
                connection.execute(text(f"DROP TABLE ops.{name}"))
                yield f"{year:04}-{month:02}"


def _drop_pages(engine: Engine, now: dt.datetime, days: float) -> int:
    total = 0
    while days:
        with engine.begin() as connection:
            done = _changed(connection, _PAGES, {"before": now - dt.timedelta(days=days), "most": _PAGES_AT_A_TIME})
        total += done
        if not done:
            break
    return total


def _drop_polls(engine: Engine, now: dt.datetime, days: float) -> int:
    if not days:
        return 0
    with engine.begin() as connection:
        query = text("DELETE FROM ops.feed_poll WHERE polled_at < :before")
        return _changed(connection, query, {"before": now - dt.timedelta(days=days)})


def _changed(connection: Connection, query: object, parameters: dict[str, object]) -> int:
    return connection.execute(query, parameters).rowcount  # type: ignore[call-overload, no-any-return]  # any text()
