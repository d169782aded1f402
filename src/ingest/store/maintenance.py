"""What is to be done from time to time. Nothing here is needed for the tables to be right: it keeps them small and fast.

There is no view to refresh, since none is materialised, and nothing to learn: boilerplate is learned where articles are loaded. Articles
that were loaded before keep it until they are made again: they are counted.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import TYPE_CHECKING

from sqlalchemy import text

from ingest.store.learned import LEARNED_SINCE
from ingest.store.retention import let_go
from ingest.store.runs import mark_crashed

if TYPE_CHECKING:
    from sqlalchemy import Connection, Engine

    from ingest.settings import Settings

_TRIED_AGAIN_FOR = dt.timedelta(days=30)  # after it was found: a page that cannot be had for a month has gone
_BETWEEN_TRIES = dt.timedelta(days=1)
_FEWEST_ROWS = 10_000  # of a table that is worth advice
_DEAD_SHARE = 0.2  # of a table's rows: Postgres' own autovacuum begins there
_OLD_TRANSACTIONS = 1_000_000_000  # half of what Postgres can tell apart

# One more try: it is given up again if that fails too, until the next turn.
_REVIVE = text("""
UPDATE ops.url_task SET state = 'ready', tries = :most - 1, not_before = now()
WHERE state = 'dead' AND may_return AND found_at > CAST(:now AS timestamptz) - CAST(:days AS interval)
  AND not_before < CAST(:now AS timestamptz) - CAST(:between AS interval)
""")
_OVERTAKEN = text(f"""
SELECT count(*) FROM news.article a JOIN ops.raw_page p ON p.body_sha256 = a.body_sha256 AND p.body_zstd IS NOT NULL WHERE {LEARNED_SINCE}
""")  # noqa: S608  # a constant
_FREE_LEASES = text("DELETE FROM ops.host_lease WHERE greatest(leased_until, free_from) < now() - interval '1 day'")
# Most rows change here, or the planner's choice matters most.
_VACUUM = text(
    "VACUUM (ANALYZE) news.article, news.article_version, news.sighting, ops.url_task, ops.raw_page, ops.removed_block, ops.host_lease"
)
_DEAD_ROWS = text("""
SELECT schemaname || '.' || relname AS name, n_dead_tup AS dead, n_live_tup AS live FROM pg_stat_user_tables
WHERE schemaname IN ('news', 'ops') AND n_live_tup + n_dead_tup >= :fewest AND n_dead_tup > :share * (n_live_tup + n_dead_tup)
ORDER BY n_dead_tup DESC
""")
_AGE = text("SELECT age(datfrozenxid) FROM pg_database WHERE datname = current_database()")
_LONGEST = text("""
SELECT pid, application_name, round(extract(epoch FROM now() - xact_start) / 3600) AS hours FROM pg_stat_activity
WHERE datname = current_database() AND xact_start < now() - interval '1 hour' ORDER BY xact_start LIMIT 1
""")


@dataclass(frozen=True, slots=True)
class Maintained:
    """What a turn of maintenance did, and what it advises."""

    crashed_runs: int
    """Runs whose process had vanished, marked as crashed."""
    urls_tried_again: int
    """URLs that were given up for a fault that may be over."""
    months_of_requests: tuple[str, ...]
    pages: int
    polls: int
    articles_overtaken: int
    """Articles whose pages are kept, with text that was learned to be boilerplate after they were loaded."""
    advice: tuple[str, ...]
    """Sentences for whoever looks after the server; empty where all is well."""

    def lines(self) -> list[str]:
        """The same for people, a line each."""
        return [
            f"Runs marked as crashed: {self.crashed_runs:,}",
            f"URLs to be tried again: {self.urls_tried_again:,}",
            f"Months of requests dropped: {', '.join(self.months_of_requests) or 'none'}",
            f"Pages let go: {self.pages:,}",
            f"Polls let go: {self.polls:,}",
            f"Articles with boilerplate that was learned after them: {self.articles_overtaken:,}"
            + (" (ingest reprocess --outdated takes it out)" if self.articles_overtaken else ""),
            *self.advice,
        ]


def maintain(engine: Engine, settings: Settings, now: dt.datetime) -> Maintained:
    """Close dead runs, let go of what is old, try again what failed for the moment, vacuum, and look for what Postgres lacks."""
    crashed = mark_crashed(engine)
    gone = let_go(engine, settings, now)
    with engine.begin() as connection:
        bounds = {"most": settings.max_task_tries, "now": now, "days": _TRIED_AGAIN_FOR, "between": _BETWEEN_TRIES}
        revived = connection.execute(_REVIVE, bounds).rowcount
        connection.execute(_FREE_LEASES)
    with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        connection.execute(_VACUUM)
        overtaken: int = connection.execute(_OVERTAKEN).scalar_one()
        advice = tuple(_advice(connection))
    return Maintained(crashed, revived, gone.months_of_requests, gone.pages, gone.polls, overtaken, advice)


def _advice(connection: Connection) -> list[str]:
    """What keeps Postgres from tidying up by itself."""
    found = [
        f"{row.name} has {row.dead:,} dead rows beside {row.live:,} live ones: see that autovacuum is on and keeps up."
        for row in connection.execute(_DEAD_ROWS, {"fewest": _FEWEST_ROWS, "share": _DEAD_SHARE})
    ]
    if row := connection.execute(_LONGEST).one_or_none():
        who = row.application_name or "a client"
        found.append(f"A transaction of {who} (process {row.pid}) is open for {row.hours:.0f} hours: nothing can be vacuumed past it.")
    if (age := connection.execute(_AGE).scalar_one()) > _OLD_TRANSACTIONS:
        found.append(f"The oldest transaction is {age:,} transactions old: run VACUUM (FREEZE) soon.")
    return found
