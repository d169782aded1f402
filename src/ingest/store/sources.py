"""The sources that somebody follows, and their feeds."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from sqlalchemy import text

from ingest.errors import UsageError
from ingest.web import FollowedSource

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Sequence

    from sqlalchemy import Connection, Engine


@dataclass(frozen=True, slots=True)
class FeedHealth:
    """A feed as `ingest sources show` prints it."""

    url: str
    kind: str | None
    state: str
    failures: float
    last_status: int | None
    last_error: str | None
    period_seconds: float | None
    last_polled_at: dt.datetime | None
    last_new_at: dt.datetime | None
    next_poll_at: dt.datetime


@dataclass(frozen=True, slots=True)
class SourceStatus:
    """A followed source with what has become of it."""

    source: FollowedSource
    paused: bool
    articles: int
    newest: dt.datetime | None
    """When its newest article was published."""
    waiting: int
    """URLs that wait to be fetched."""
    feeds: tuple[FeedHealth, ...] = field(default=())


_FACTS = ("name", "homepage", "time_zone", "language", "rule_file", "delay_seconds", "concurrency", "full_text")
_FOLLOW = text(f"""
INSERT INTO news.source (slug, domain, followed_at, {", ".join(_FACTS)})
VALUES (:slug, :slug, now(), {", ".join(":" + f for f in _FACTS)})
ON CONFLICT (slug) DO UPDATE SET followed_at = coalesce(news.source.followed_at, now()), {", ".join(f"{f} = excluded.{f}" for f in _FACTS)}
RETURNING source_id
""")  # noqa: S608  # names of our own columns
_STATUS = text("""
SELECT s.*, count(a.article_id) AS articles, max(a.published_at) FILTER (WHERE NOT a.date_suspect) AS newest,
       (SELECT count(*) FROM ops.url_task t JOIN ops.feed f USING (feed_id)
        WHERE f.source_id = s.source_id AND t.state IN ('ready', 'leased')) AS waiting
FROM news.source s LEFT JOIN news.article a USING (source_id)
WHERE s.followed_at IS NOT NULL AND (CAST(:slugs AS text[]) IS NULL OR s.slug = ANY(:slugs))
GROUP BY s.source_id ORDER BY s.slug
""")


def follow(engine: Engine, source: FollowedSource) -> None:
    """Add a source with its feeds, or change one that is followed already. Feeds that it does not name any more are removed.

    Raises:
        UsageError: a feed belongs to another source.
    """
    with engine.begin() as connection:
        facts = {name: getattr(source, name) for name in _FACTS}
        source_id = connection.scalar(_FOLLOW, facts | {"slug": source.slug})
        for url in source.feeds:
            owner = connection.execute(
                text("SELECT s.slug FROM ops.feed f JOIN news.source s USING (source_id) WHERE f.url = :url"), {"url": url}
            ).scalar()
            if owner is not None and owner != source.slug:
                raise UsageError(f"The feed {url} belongs to the source {owner}.")
            connection.execute(
                text("""
                INSERT INTO ops.feed (source_id, url, state)
                SELECT :id, :url, CASE WHEN paused_at IS NULL THEN 'healthy' ELSE 'paused' END FROM news.source WHERE source_id = :id
                ON CONFLICT (url) DO NOTHING
                """),
                {"id": source_id, "url": url},
            )
        connection.execute(
            text("DELETE FROM ops.feed WHERE source_id = :id AND url <> ALL(:urls)"), {"id": source_id, "urls": list(source.feeds)}
        )


def statuses(engine: Engine, slugs: Sequence[str] | None = None) -> list[SourceStatus]:
    """The followed sources, all or some.

    Raises:
        UsageError: a slug names no followed source.
    """
    with engine.connect() as connection:
        rows = connection.execute(_STATUS, {"slugs": list(slugs) if slugs is not None else None}).all()
        _refuse_unknown(slugs, [row.slug for row in rows])
        feeds = connection.execute(
            text("SELECT * FROM ops.feed WHERE source_id = ANY(:ids) ORDER BY feed_id"), {"ids": [row.source_id for row in rows]}
        ).all()
    return [_status(row, [f for f in feeds if f.source_id == row.source_id]) for row in rows]


def pause(engine: Engine, slugs: Sequence[str]) -> None:
    """Poll sources no more, until `resume`; what is queued of them waits too."""
    _change(
        engine,
        slugs,
        "UPDATE news.source SET paused_at = coalesce(paused_at, now()) WHERE source_id = ANY(:ids)",
        "UPDATE ops.feed SET state = 'paused' WHERE source_id = ANY(:ids) AND state <> 'gone'",
    )


def resume(engine: Engine, slugs: Sequence[str]) -> None:
    """Poll sources again, from now on; feeds that were gone are tried again too."""
    _change(
        engine,
        slugs,
        "UPDATE news.source SET paused_at = NULL WHERE source_id = ANY(:ids)",
        "UPDATE ops.feed SET state = 'healthy', failures = 0, next_poll_at = now() WHERE source_id = ANY(:ids)",
    )


def unfollow(engine: Engine, slugs: Sequence[str]) -> None:
    """Follow sources no more: their feeds go, and what is queued of them; their articles stay."""
    _change(
        engine,
        slugs,
        "DELETE FROM ops.url_task t USING ops.feed f "
        "WHERE t.feed_id = f.feed_id AND f.source_id = ANY(:ids) AND t.state IN ('ready', 'leased')",
        "DELETE FROM ops.feed WHERE source_id = ANY(:ids)",
        "UPDATE news.source SET followed_at = NULL, paused_at = NULL WHERE source_id = ANY(:ids)",
    )


def source_ids(engine: Engine, slugs: Sequence[str]) -> list[int]:
    """The numbers of followed sources.

    Raises:
        UsageError: a slug names no followed source.
    """
    with engine.connect() as connection:
        return _ids(connection, slugs)


@dataclass(frozen=True, slots=True)
class SiteSettings:
    """What a source wants for its hosts; None for what the settings say."""

    domain: str
    time_zone: str | None
    language: str | None
    rule_file: str | None
    delay_seconds: float | None
    concurrency: int | None


def site_settings(engine: Engine) -> list[SiteSettings]:
    """The sources that want anything of their own."""
    query = text("""
    SELECT domain, time_zone, language, rule_file, delay_seconds, concurrency FROM news.source
    WHERE domain IS NOT NULL AND followed_at IS NOT NULL
      AND num_nonnulls(time_zone, language, rule_file, delay_seconds, concurrency) > 0
    """)
    with engine.connect() as connection:
        return [SiteSettings(*row) for row in connection.execute(query)]


def _change(engine: Engine, slugs: Sequence[str], *statements: str) -> None:
    with engine.begin() as connection:
        ids = _ids(connection, slugs)
        for statement in statements:
            connection.execute(text(statement), {"ids": ids})


def _ids(connection: Connection, slugs: Sequence[str]) -> list[int]:
    rows = connection.execute(
        text("SELECT slug, source_id FROM news.source WHERE followed_at IS NOT NULL AND slug = ANY(:slugs)"), {"slugs": list(slugs)}
    ).all()
    _refuse_unknown(slugs, [row.slug for row in rows])
    return [row.source_id for row in rows]


def _refuse_unknown(wanted: Sequence[str] | None, found: Sequence[str]) -> None:
    missing = [slug for slug in wanted or () if slug not in found]
    if missing:
        raise UsageError(f"No source is followed as {', '.join(missing)}: see `ingest sources list`.")


def _status(row: Any, feeds: Sequence[Any]) -> SourceStatus:  # noqa: ANN401  # rows of SQLAlchemy's
    source = FollowedSource(
        slug=row.slug,
        feeds=tuple(f.url for f in feeds),
        **{name: getattr(row, name) for name in _FACTS},
    )
    health = tuple(FeedHealth(**{name: getattr(f, name) for name in FeedHealth.__dataclass_fields__}) for f in feeds)
    return SourceStatus(source, row.paused_at is not None, row.articles, row.newest, row.waiting, health)
