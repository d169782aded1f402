"""What somebody should look at: sources that fell silent, feeds that fail, pages that are suddenly rejected, runs that died.

Each source is measured by its own habit, never by a limit for all.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

from sqlalchemy import text

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from sqlalchemy import Connection, Engine, Row

_HABIT = dt.timedelta(days=56)  # eight weeks: what comes on one day of the week has come often enough to show
_FEWEST_ARTICLES = 5  # in that time: fewer show no habit
_TIMES_THE_LONGEST = 2.0  # a holiday doubles a weekend; beyond it something is wrong
_SHORTEST_SILENCE = dt.timedelta(hours=12)  # any source sleeps
_FEWEST_FAILURES = 3  # polls in a row: two are a publisher's deployment
_RATE_DAYS = 14  # what a host's last day is compared with
_FEWEST_REJECTED = 10  # pages in a day: fewer are accidents
_LEAST_RATE = 0.2  # of a host's pages
_TIMES_THE_RATE = 3.0
_LATE = dt.timedelta(hours=1)  # feeds that are due and that nobody asks
_DAY = dt.timedelta(days=1)


class FindingKind(StrEnum):
    """What is wrong; also the last part of the Prefect event's name."""

    SOURCE_SILENT = "source-silent"
    SOURCE_QUIET = "source-quiet"
    FEED_FAILING = "feed-failing"
    REJECTIONS_UP = "rejections-up"
    RUNS_FAILED = "runs-failed"
    POLLS_LATE = "polls-late"

    @property
    def about(self) -> str:
        """What its subject is: a source, a feed, a host, a flow."""
        return _ABOUT[self]


_ABOUT = {
    FindingKind.SOURCE_SILENT: "source",
    FindingKind.SOURCE_QUIET: "source",
    FindingKind.FEED_FAILING: "feed",
    FindingKind.REJECTIONS_UP: "host",
    FindingKind.RUNS_FAILED: "flow",
    FindingKind.POLLS_LATE: "queue",
}


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that somebody should look at."""

    kind: FindingKind
    subject: str
    """The source's slug, the feed's URL, the host, the flow; "feeds" for all of them."""
    sentence: str
    advice: str
    """What to do, or where to look."""


_SILENT = text("""
SELECT s.slug, h.last_at, h.longest
FROM news.source s
CROSS JOIN LATERAL (
    SELECT max(published_at) AS at FROM news.article a
    WHERE a.source_id = s.source_id AND NOT a.date_suspect AND a.published_at <= :now
) AS newest
CROSS JOIN LATERAL (
    SELECT max(at) AS last_at, max(gap) AS longest, count(*) AS articles FROM (
        SELECT at, at - lag(at) OVER (ORDER BY at) AS gap FROM (
            SELECT published_at AS at FROM news.article a
            WHERE a.source_id = s.source_id AND NOT a.date_suspect
              AND a.published_at > newest.at - CAST(:habit AS interval) AND a.published_at <= newest.at) AS dates
    ) AS gaps
) AS h
WHERE s.followed_at IS NOT NULL AND s.paused_at IS NULL AND h.articles >= :fewest
  AND (CAST(:slugs AS text[]) IS NULL OR s.slug = ANY(:slugs))
  AND CAST(:now AS timestamptz) - h.last_at > greatest(:times * h.longest, :shortest)
ORDER BY h.last_at
""")
# Less than a quarter of what the day of the week usually has: what a source's feed shows when half of it is broken.
_QUIET = text("""
SELECT g.slug, g.day, g.articles, g.usual FROM news.source s
CROSS JOIN LATERAL (SELECT * FROM news.source_gap g WHERE g.source_id = s.source_id ORDER BY g.day DESC LIMIT 1) AS g
WHERE s.followed_at IS NOT NULL AND s.paused_at IS NULL AND g.articles > 0
  AND (CAST(:slugs AS text[]) IS NULL OR s.slug = ANY(:slugs))
  AND g.day = (CAST(:now AS timestamptz) AT TIME ZONE coalesce(s.time_zone_used, s.time_zone, 'UTC'))::date - 1
ORDER BY g.slug
""")
_FAILING = text("""
SELECT s.slug, f.url, f.state, f.failures, f.last_error, f.last_success_at
FROM ops.feed f JOIN news.source s USING (source_id)
WHERE (f.state = 'gone' OR f.state = 'failing' AND f.failures >= :fewest) AND s.paused_at IS NULL
  AND (CAST(:slugs AS text[]) IS NULL OR s.slug = ANY(:slugs))
ORDER BY s.slug, f.url
""")
# Whose a rejected page is, only its host says; hosts of sources are theirs or below them.
_REJECTED = text("""
WITH asked AS (
    SELECT lower(split_part(split_part(url, '/', 3), ':', 1)) AS host, fetched_at > :now - CAST(:day AS interval) AS is_new,
           count(DISTINCT url) AS n
    FROM ops.fetch
    WHERE purpose = 'article' AND outcome <> 'redirect'
      AND fetched_at > :now - CAST(:before AS interval) AND fetched_at <= :now
    GROUP BY 1, 2
), refused AS (
    SELECT lower(split_part(split_part(coalesce(url, location), '/', 3), ':', 1)) AS host, at > :now - CAST(:day AS interval) AS is_new,
           count(*) AS n, mode() WITHIN GROUP (ORDER BY stage || ': ' || reason) AS reason
    FROM ops.rejection WHERE at > :now - CAST(:before AS interval) AND at <= :now GROUP BY 1, 2
), rates AS (
    SELECT a.host, a.is_new, coalesce(r.n, 0) AS refused, r.reason, least(1, coalesce(r.n, 0) / a.n::float8) AS rate
    FROM asked a LEFT JOIN refused r USING (host, is_new)
)
SELECT now.host, now.refused, now.reason, now.rate, coalesce(earlier.rate, 0) AS earlier
FROM rates now LEFT JOIN rates earlier ON earlier.host = now.host AND NOT earlier.is_new
WHERE now.is_new AND now.refused >= :fewest AND now.rate >= :least AND now.rate > :times * coalesce(earlier.rate, 0)
  AND (CAST(:slugs AS text[]) IS NULL OR EXISTS (
      SELECT FROM news.source s WHERE s.slug = ANY(:slugs) AND (now.host = s.domain OR now.host LIKE '%.' || s.domain)))
ORDER BY now.refused DESC
""")
_RUNS = text("""
SELECT flow_name, count(*) FILTER (WHERE state IN ('failed', 'crashed')) AS failed, count(*) AS runs,
       (array_agg(run_id ORDER BY started_at DESC) FILTER (WHERE state IN ('failed', 'crashed')))[1] AS last
FROM ops.run WHERE started_at > :now - CAST(:day AS interval) GROUP BY 1
HAVING bool_or(state IN ('failed', 'crashed')) ORDER BY 1
""")
_OVERDUE = text("""
SELECT count(*) AS feeds, min(f.next_poll_at) AS since FROM ops.feed f JOIN news.source s USING (source_id)
WHERE f.state IN ('healthy', 'failing') AND s.paused_at IS NULL AND f.next_poll_at < :now - CAST(:late AS interval)
""")


def findings(engine: Engine, now: dt.datetime, slugs: Sequence[str] | None = None) -> list[Finding]:
    """What is wrong at an instant, of all followed sources or of some; with ``slugs``, only what can be told of a source."""
    slugs = None if slugs is None else list(slugs)  # psycopg takes a tuple for a record
    with engine.connect() as connection:
        found = [
            *_silent(connection, now, slugs),
            *_quiet(connection, now, slugs),
            *_failing(connection, slugs),
            *_rejected(connection, now, slugs),
        ]
        if slugs is None:
            found += [*_failed_runs(connection, now), *_late_polls(connection, now)]
    return found


def _silent(connection: Connection, now: dt.datetime, slugs: Sequence[str] | None) -> Iterator[Finding]:
    habit = {"habit": _HABIT, "fewest": _FEWEST_ARTICLES, "times": _TIMES_THE_LONGEST, "shortest": _SHORTEST_SILENCE}
    for row in connection.execute(_SILENT, habit | {"now": now, "slugs": slugs}):
        sentence = (
            f"No article since {row.last_at.astimezone(dt.UTC):%Y-%m-%d %H:%M} UTC ({span(now - row.last_at)}); "
            f"its longest silence before was {span(row.longest)}."
        )
        yield Finding(FindingKind.SOURCE_SILENT, row.slug, sentence, f"ingest sources show {row.slug}")


def _quiet(connection: Connection, now: dt.datetime, slugs: Sequence[str] | None) -> Iterator[Finding]:
    for row in connection.execute(_QUIET, {"now": now, "slugs": slugs}):
        sentence = f"{row.articles:,} articles on {row.day}; on that day of the week there are usually {row.usual:,.0f}."
        yield Finding(FindingKind.SOURCE_QUIET, row.slug, sentence, f"ingest sources show {row.slug}")


def _failing(connection: Connection, slugs: Sequence[str] | None) -> Iterator[Finding]:
    for row in connection.execute(_FAILING, {"fewest": _FEWEST_FAILURES, "slugs": slugs}):
        gone = row.state == "gone"
        what = "It is gone, and not asked any more" if gone else f"It failed {row.failures:.0f} times in a row"
        at = row.last_success_at
        answered = f"it last answered on {at.astimezone(dt.UTC):%Y-%m-%d %H:%M} UTC" if at else "it has never answered"
        sentence = f"{what}; {answered}: {row.last_error or 'no reason given'}"
        advice = f"ingest sources remove {row.slug}, or give it another feed" if gone else f"ingest poll {row.slug}"
        yield Finding(FindingKind.FEED_FAILING, row.url, sentence, advice)


def _rejected(connection: Connection, now: dt.datetime, slugs: Sequence[str] | None) -> Iterator[Finding]:
    limits = {
        "fewest": _FEWEST_REJECTED,
        "least": _LEAST_RATE,
        "times": _TIMES_THE_RATE,
        "day": _DAY,
        "before": dt.timedelta(days=_RATE_DAYS),
    }
    for row in connection.execute(_REJECTED, limits | {"now": now, "slugs": slugs}):
        sentence = (
            f"{row.refused:,} pages of the last day gave no article ({row.rate:.0%}; before, {row.earlier:.0%}), mostly for {row.reason}."
        )
        yield Finding(FindingKind.REJECTIONS_UP, row.host, sentence, f"ingest rejections list --host {row.host} --since 1d")


def _failed_runs(connection: Connection, now: dt.datetime) -> Iterator[Finding]:
    for row in connection.execute(_RUNS, {"now": now, "day": _DAY}):
        sentence = f"{row.failed:,} of {row.runs:,} runs of the last day failed or crashed, the last one {row.last}."
        yield Finding(FindingKind.RUNS_FAILED, row.flow_name, sentence, "its log in Prefect, or where the command wrote it")


def _late_polls(connection: Connection, now: dt.datetime) -> Iterator[Finding]:
    row: Row[tuple[int, dt.datetime]] = connection.execute(_OVERDUE, {"now": now, "late": _LATE}).one()
    if row.feeds:
        sentence = f"{row.feeds:,} feeds are due and nobody asks them, the first one for {span(now - row.since)}."
        yield Finding(FindingKind.POLLS_LATE, "feeds", sentence, "make serve, or ingest poll --due")


def span(time: dt.timedelta) -> str:
    """A length of time for people: in days, hours or minutes."""
    if time >= 2 * dt.timedelta(days=1):
        return f"{time / dt.timedelta(days=1):.1f} days"
    hour = dt.timedelta(hours=1)
    return f"{time / hour:.0f} h" if time >= 2 * hour else f"{time / hour * 60:.0f} min"
