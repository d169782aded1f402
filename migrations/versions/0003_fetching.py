"""Getting pages: sources that are followed, their feeds, hosts, the queue of URLs, every request; one key for all URLs of a page."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from alembic import op

from ingest.identify.identity import article_key

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

# Frozen SQL, as in 0001.
_SOURCES = """
ALTER TABLE news.source
    ADD COLUMN followed_at TIMESTAMP WITH TIME ZONE,
    ADD COLUMN paused_at TIMESTAMP WITH TIME ZONE,
    ADD COLUMN homepage TEXT,
    ADD COLUMN time_zone TEXT,
    ADD COLUMN language TEXT,
    ADD COLUMN rule_file TEXT,
    ADD COLUMN delay_seconds FLOAT,
    ADD COLUMN concurrency INTEGER,
    ADD COLUMN full_text BOOLEAN DEFAULT false NOT NULL;
COMMENT ON COLUMN news.source.created_at IS 'When it was added, or its first article loaded.';
COMMENT ON COLUMN news.source.followed_at IS 'When somebody added it with `ingest sources`; NULL where it is only known from articles.';
COMMENT ON COLUMN news.source.paused_at IS 'When its polls were paused; NULL where they are not.';
COMMENT ON COLUMN news.source.homepage IS 'Its home page.';
COMMENT ON COLUMN news.source.time_zone IS 'IANA name of the zone that its pages mean where they state none.';
COMMENT ON COLUMN news.source.language IS 'ISO 639-1 code, where neither a page nor its text says.';
COMMENT ON COLUMN news.source.rule_file IS 'The file with its site rules (docs/site-rules.md).';
COMMENT ON COLUMN news.source.delay_seconds IS 'Seconds between two requests to its hosts; NULL for the settings'' own.';
COMMENT ON COLUMN news.source.concurrency IS 'Requests to one of its hosts at once; NULL for the settings'' own.';
COMMENT ON COLUMN news.source.full_text IS 'Whether its feeds carry whole articles, which then are not fetched.';
COMMENT ON COLUMN news.article.published_from IS 'Where it was found: jsonld, meta, microdata, time_tag, text, url, feed or sitemap.';
COMMENT ON COLUMN ops.rejection.stage IS 'The stage that refused it: discover, fetch, read, decode, extract or load.';
"""
_TABLES = """
CREATE TABLE ops.feed (
    feed_id BIGINT GENERATED ALWAYS AS IDENTITY,
    source_id BIGINT NOT NULL,
    url TEXT NOT NULL,
    kind TEXT,
    state TEXT DEFAULT 'healthy' NOT NULL,
    failures FLOAT DEFAULT 0 NOT NULL,
    last_status INTEGER,
    last_error TEXT,
    period_seconds FLOAT,
    publisher_seconds FLOAT,
    etag TEXT,
    last_modified TEXT,
    watermark TIMESTAMP WITH TIME ZONE,
    created_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
    last_polled_at TIMESTAMP WITH TIME ZONE,
    last_success_at TIMESTAMP WITH TIME ZONE,
    last_new_at TIMESTAMP WITH TIME ZONE,
    next_poll_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
    lease_run_id UUID,
    lease_until TIMESTAMP WITH TIME ZONE,
    CONSTRAINT feed_pkey PRIMARY KEY (feed_id),
    CONSTRAINT feed_kind_check CHECK (kind IN ('rss', 'atom', 'jsonfeed', 'sitemap', 'sitemap_index', 'url_list')),
    CONSTRAINT feed_state_check CHECK (state IN ('healthy', 'failing', 'gone', 'paused')),
    CONSTRAINT feed_source_id_fkey FOREIGN KEY(source_id) REFERENCES news.source (source_id),
    CONSTRAINT feed_url_key UNIQUE (url)
);
CREATE INDEX feed_due ON ops.feed (next_poll_at) WHERE state IN ('healthy', 'failing');
CREATE INDEX feed_source ON ops.feed (source_id);
COMMENT ON TABLE ops.feed IS 'The feeds and sitemaps of the sources, with their health.';
COMMENT ON COLUMN ops.feed.feed_id IS 'The feed''s number.';
COMMENT ON COLUMN ops.feed.source_id IS 'The source that it belongs to.';
COMMENT ON COLUMN ops.feed.url IS 'Where it is; follows permanent redirects.';
COMMENT ON COLUMN ops.feed.kind IS 'rss, atom, jsonfeed, sitemap, sitemap_index or url_list; NULL before the first poll.';
COMMENT ON COLUMN ops.feed.state IS 'healthy, failing (polled ever more seldom), gone (410: never polled again) or paused.';
COMMENT ON COLUMN ops.feed.failures IS 'Failures in a row; a passing one counts for less than 1.';
COMMENT ON COLUMN ops.feed.last_status IS 'The HTTP status of the last poll.';
COMMENT ON COLUMN ops.feed.last_error IS 'Why the last poll failed; NULL where it did not.';
COMMENT ON COLUMN ops.feed.period_seconds IS 'The time between polls, as it has been adapted.';
COMMENT ON COLUMN ops.feed.publisher_seconds IS 'The time between polls that the publisher asks for.';
COMMENT ON COLUMN ops.feed.etag IS 'The ETag of the last answer.';
COMMENT ON COLUMN ops.feed.last_modified IS 'The Last-Modified of the last answer.';
COMMENT ON COLUMN ops.feed.watermark IS 'The newest date among its entries: of sitemaps, nothing older is taken.';
COMMENT ON COLUMN ops.feed.created_at IS 'When it was added.';
COMMENT ON COLUMN ops.feed.last_polled_at IS 'When it was last asked for.';
COMMENT ON COLUMN ops.feed.last_success_at IS 'When it last answered.';
COMMENT ON COLUMN ops.feed.last_new_at IS 'When it last had a new entry.';
COMMENT ON COLUMN ops.feed.next_poll_at IS 'When it is due.';
COMMENT ON COLUMN ops.feed.lease_run_id IS 'The run that is polling it.';
COMMENT ON COLUMN ops.feed.lease_until IS 'When that run''s claim on it ends.';
CREATE TABLE ops.feed_poll (
    feed_id BIGINT NOT NULL,
    polled_at TIMESTAMP WITH TIME ZONE NOT NULL,
    run_id UUID NOT NULL,
    outcome TEXT NOT NULL,
    status INTEGER,
    entries INTEGER DEFAULT 0 NOT NULL,
    new_entries INTEGER DEFAULT 0 NOT NULL,
    milliseconds INTEGER NOT NULL,
    note TEXT,
    CONSTRAINT feed_poll_pkey PRIMARY KEY (feed_id, polled_at),
    CONSTRAINT feed_poll_feed_id_fkey FOREIGN KEY(feed_id) REFERENCES ops.feed (feed_id) ON DELETE CASCADE,
    CONSTRAINT feed_poll_run_id_fkey FOREIGN KEY(run_id) REFERENCES ops.run (run_id)
);
COMMENT ON TABLE ops.feed_poll IS 'Every poll of every feed.';
COMMENT ON COLUMN ops.feed_poll.feed_id IS 'The feed.';
COMMENT ON COLUMN ops.feed_poll.polled_at IS 'When.';
COMMENT ON COLUMN ops.feed_poll.run_id IS 'The run.';
COMMENT ON COLUMN ops.feed_poll.outcome IS 'ok, not_modified, or the reason code of a failure.';
COMMENT ON COLUMN ops.feed_poll.status IS 'The HTTP status; NULL where nothing answered.';
COMMENT ON COLUMN ops.feed_poll.entries IS 'Entries that it showed.';
COMMENT ON COLUMN ops.feed_poll.new_entries IS 'Entries that were not known.';
COMMENT ON COLUMN ops.feed_poll.milliseconds IS 'How long it took.';
COMMENT ON COLUMN ops.feed_poll.note IS 'What was wrong, or worth knowing.';
CREATE TABLE ops.host (
    origin TEXT NOT NULL,
    robots_status INTEGER,
    robots_body TEXT NOT NULL,
    robots_fetched_at TIMESTAMP WITH TIME ZONE NOT NULL,
    robots_expires_at TIMESTAMP WITH TIME ZONE NOT NULL,
    CONSTRAINT host_pkey PRIMARY KEY (origin)
);
COMMENT ON TABLE ops.host IS 'The robots.txt of every host that was asked for a page.';
COMMENT ON COLUMN ops.host.origin IS 'Scheme, host and port.';
COMMENT ON COLUMN ops.host.robots_status IS 'The HTTP status of its robots.txt.';
COMMENT ON COLUMN ops.host.robots_body IS 'The robots.txt; empty where there is none.';
COMMENT ON COLUMN ops.host.robots_fetched_at IS 'When it was fetched.';
COMMENT ON COLUMN ops.host.robots_expires_at IS 'Until when it holds.';
CREATE TABLE ops.url_task (
    url_key BYTEA NOT NULL,
    url TEXT NOT NULL,
    host TEXT NOT NULL,
    feed_id BIGINT,
    hint JSONB DEFAULT '{}' NOT NULL,
    state TEXT DEFAULT 'ready' NOT NULL,
    tries INTEGER DEFAULT 0 NOT NULL,
    found_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
    not_before TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
    lease_run_id UUID,
    lease_until TIMESTAMP WITH TIME ZONE,
    fetched_at TIMESTAMP WITH TIME ZONE,
    etag TEXT,
    last_modified TEXT,
    body_sha256 BYTEA,
    moved_to TEXT,
    last_error TEXT,
    CONSTRAINT url_task_pkey PRIMARY KEY (url_key),
    CONSTRAINT url_task_state_check CHECK (state IN ('ready', 'leased', 'done', 'dead')),
    CONSTRAINT url_task_feed_id_fkey FOREIGN KEY(feed_id) REFERENCES ops.feed (feed_id) ON DELETE SET NULL
);
CREATE INDEX url_task_feed ON ops.url_task (feed_id);
CREATE INDEX url_task_ready ON ops.url_task (host, not_before) WHERE state IN ('ready', 'leased');
COMMENT ON TABLE ops.url_task IS 'The queue: every URL that was found, whether it has been fetched, and how to ask whether it has changed.';
COMMENT ON COLUMN ops.url_task.url_key IS 'SHA-256 of what is the same in all URLs of a page (docs/urls.md).';
COMMENT ON COLUMN ops.url_task.url IS 'The URL to fetch.';
COMMENT ON COLUMN ops.url_task.host IS 'Its host: of each, some are taken at a time.';
COMMENT ON COLUMN ops.url_task.feed_id IS 'The feed that showed it first; NULL for URLs that somebody named.';
COMMENT ON COLUMN ops.url_task.hint IS 'What the feed says of it: title, dates, authors, language, and the text where it is the source''s.';
COMMENT ON COLUMN ops.url_task.state IS 'ready, leased (being fetched), done, or dead (given up: see ops.rejection).';
COMMENT ON COLUMN ops.url_task.tries IS 'Runs that tried it since it was last had.';
COMMENT ON COLUMN ops.url_task.found_at IS 'When it was first found.';
COMMENT ON COLUMN ops.url_task.not_before IS 'When it may be fetched.';
COMMENT ON COLUMN ops.url_task.lease_run_id IS 'The run that is fetching it.';
COMMENT ON COLUMN ops.url_task.lease_until IS 'When that run''s claim on it ends.';
COMMENT ON COLUMN ops.url_task.fetched_at IS 'When it was last had.';
COMMENT ON COLUMN ops.url_task.etag IS 'The ETag of the last answer.';
COMMENT ON COLUMN ops.url_task.last_modified IS 'The Last-Modified of the last answer.';
COMMENT ON COLUMN ops.url_task.body_sha256 IS 'The page of the last answer: key of ops.raw_page.';
COMMENT ON COLUMN ops.url_task.moved_to IS 'Where a permanent redirect leads: asked for in its place.';
COMMENT ON COLUMN ops.url_task.last_error IS 'Why the last try failed; NULL where it did not.';
CREATE TABLE ops.fetch (
    fetch_id BIGINT GENERATED ALWAYS AS IDENTITY,
    fetched_at TIMESTAMP WITH TIME ZONE NOT NULL,
    run_id UUID NOT NULL,
    purpose TEXT NOT NULL,
    url TEXT NOT NULL,
    final_url TEXT,
    outcome TEXT NOT NULL,
    status INTEGER,
    address INET,
    wire_bytes BIGINT NOT NULL,
    body_bytes BIGINT NOT NULL,
    milliseconds INTEGER NOT NULL,
    body_sha256 BYTEA,
    message TEXT,
    CONSTRAINT fetch_pkey PRIMARY KEY (fetched_at, fetch_id)
) PARTITION BY RANGE (fetched_at);
CREATE INDEX fetch_run ON ops.fetch (run_id);
COMMENT ON TABLE ops.fetch IS 'Every request that was made, a partition a month: old months are dropped, not deleted.';
COMMENT ON COLUMN ops.fetch.fetch_id IS 'The request''s number.';
COMMENT ON COLUMN ops.fetch.fetched_at IS 'When it was made.';
COMMENT ON COLUMN ops.fetch.run_id IS 'The run.';
COMMENT ON COLUMN ops.fetch.purpose IS 'article, listing (a feed, a sitemap, a page of links) or robots.';
COMMENT ON COLUMN ops.fetch.url IS 'The URL that was wanted.';
COMMENT ON COLUMN ops.fetch.final_url IS 'The URL that was asked, or that a redirect leads to.';
COMMENT ON COLUMN ops.fetch.outcome IS 'ok, not_modified, redirect, or the reason code of a failure.';
COMMENT ON COLUMN ops.fetch.status IS 'The HTTP status; NULL where nothing answered.';
COMMENT ON COLUMN ops.fetch.address IS 'The address that was connected to.';
COMMENT ON COLUMN ops.fetch.wire_bytes IS 'Bytes of the body as they came.';
COMMENT ON COLUMN ops.fetch.body_bytes IS 'Bytes of the body after decompression.';
COMMENT ON COLUMN ops.fetch.milliseconds IS 'From the request to the end of the body.';
COMMENT ON COLUMN ops.fetch.body_sha256 IS 'The page: key of ops.raw_page.';
COMMENT ON COLUMN ops.fetch.message IS 'The failure as a sentence.';

CREATE VIEW ops.feed_health AS
  SELECT f.feed_id, s.slug, f.url, f.state, f.failures, f.last_status, f.last_error, f.period_seconds,
         now() - f.last_success_at AS since_success, now() - f.last_new_at AS since_new, now() - f.next_poll_at AS overdue
  FROM ops.feed f JOIN news.source s USING (source_id);
COMMENT ON VIEW ops.feed_health IS 'Each feed with its state, its last error, and how long it has been silent.';
COMMENT ON COLUMN ops.feed_health.feed_id IS 'The feed.';
COMMENT ON COLUMN ops.feed_health.slug IS 'Its source.';
COMMENT ON COLUMN ops.feed_health.url IS 'Where it is.';
COMMENT ON COLUMN ops.feed_health.state IS 'healthy, failing, gone or paused.';
COMMENT ON COLUMN ops.feed_health.failures IS 'Failures in a row.';
COMMENT ON COLUMN ops.feed_health.last_status IS 'The HTTP status of the last poll.';
COMMENT ON COLUMN ops.feed_health.last_error IS 'Why the last poll failed.';
COMMENT ON COLUMN ops.feed_health.period_seconds IS 'The time between polls.';
COMMENT ON COLUMN ops.feed_health.since_success IS 'How long ago it answered.';
COMMENT ON COLUMN ops.feed_health.since_new IS 'How long ago it had a new entry.';
COMMENT ON COLUMN ops.feed_health.overdue IS 'How long it has been due; negative while it is not.';
"""
_KEYS = """
ALTER TABLE news.article_url ADD COLUMN match_key BYTEA;
CREATE INDEX article_url_match ON news.article_url (match_key);
COMMENT ON COLUMN news.article_url.match_key IS 'SHA-256 of what is the same in all URLs of a page (docs/urls.md).';
COMMENT ON COLUMN news.article.url_key
    IS 'SHA-256 of what is the same in all URLs of a page (docs/urls.md): what makes an article the same article.';
"""
_DOWNGRADE = """
DROP VIEW ops.feed_health;
DROP TABLE ops.fetch, ops.url_task, ops.host, ops.feed_poll, ops.feed;
ALTER TABLE news.article_url DROP COLUMN match_key;
ALTER TABLE news.source DROP COLUMN followed_at, DROP COLUMN paused_at, DROP COLUMN homepage, DROP COLUMN time_zone, DROP COLUMN language,
    DROP COLUMN rule_file, DROP COLUMN delay_seconds, DROP COLUMN concurrency, DROP COLUMN full_text;
UPDATE news.article SET url_key = sha256(convert_to(url, 'UTF8'));
"""
_BATCH = 10_000  # rows


def upgrade() -> None:
    for sql in (_SOURCES, _TABLES, _KEYS):
        op.get_bind().exec_driver_sql(sql)
    _fill_match_keys()
    op.get_bind().exec_driver_sql("ALTER TABLE news.article_url ALTER COLUMN match_key SET NOT NULL")
    _change_article_keys()


def _fill_match_keys() -> None:
    bind = op.get_bind()
    rows = bind.exec_driver_sql("SELECT url_key, url FROM news.article_url").fetchall()
    for batch in _batches(rows):
        bind.exec_driver_sql(
            "UPDATE news.article_url u SET match_key = n.key FROM unnest(%(keys)s::bytea[], %(new)s::bytea[]) AS n (url_key, key) "
            "WHERE u.url_key = n.url_key",
            {"keys": [key for key, _ in batch], "new": [article_key(url) for _, url in batch]},
        )


def _change_article_keys() -> None:
    """Two articles that turn out to be one keep their rows: the younger keeps its old key, which no URL leads to any more."""
    bind = op.get_bind()
    taken: set[bytes] = set()
    changed: list[tuple[int, bytes]] = []
    for article_id, url in bind.exec_driver_sql("SELECT article_id, url FROM news.article ORDER BY article_id"):
        key = article_key(url)
        if key not in taken:
            taken.add(key)
            changed.append((article_id, key))
    for batch in _batches(changed):
        bind.exec_driver_sql(
            "UPDATE news.article a SET url_key = n.key FROM unnest(%(ids)s::bigint[], %(new)s::bytea[]) AS n (article_id, key) "
            "WHERE a.article_id = n.article_id AND a.url_key <> n.key",
            {"ids": [article_id for article_id, _ in batch], "new": [key for _, key in batch]},
        )


def _batches(rows: Sequence[Any]) -> list[Sequence[Any]]:
    return [rows[start : start + _BATCH] for start in range(0, len(rows), _BATCH)]


def downgrade() -> None:
    op.get_bind().exec_driver_sql(_DOWNGRADE)
