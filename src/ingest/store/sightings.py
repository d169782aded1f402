"""news.sighting: which feed showed which article."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ingest.identify.identity import article_key
from ingest.normalise.url import canonical_or_none
from ingest.store.rows import storable

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Iterable, Mapping, Sequence

    from ingest.store.write import Connection
    from ingest.web import Entry

# Rows are locked in the order of their keys, here and when articles are loaded: a poll and a loader never wait in a circle.
_NOTE = """
INSERT INTO news.sighting AS s (feed_id, url_key, article_id, url, guid, title, published_at, first_seen_at, last_seen_at)
SELECT %(feed)s, e.key, (SELECT min(u.article_id) FROM news.article_url u WHERE u.match_key = e.key), e.url, e.guid, e.title, e.published,
       now(), now()
FROM unnest(%(keys)s::bytea[], %(urls)s::text[], %(guids)s::text[], %(titles)s::text[], %(dates)s::timestamptz[])
     AS e (key, url, guid, title, published)
ORDER BY e.key
ON CONFLICT (feed_id, url_key) DO UPDATE SET last_seen_at = excluded.last_seen_at,
    article_id = coalesce(s.article_id, excluded.article_id), published_at = coalesce(s.published_at, excluded.published_at)
"""
_LINK = """
UPDATE news.sighting s SET article_id = k.article_id
FROM (SELECT s.feed_id, s.url_key, n.article_id
      FROM unnest(%s::bytea[], %s::bigint[]) AS n (url_key, article_id) JOIN news.sighting s USING (url_key)
      WHERE s.article_id IS NULL ORDER BY s.url_key, s.feed_id FOR UPDATE OF s) AS k
WHERE s.feed_id = k.feed_id AND s.url_key = k.url_key
"""


# As extraction reads an entry's date, so that the page read again comes to the same.
_DATE = """
WITH dated AS (
    UPDATE news.article a SET published_at = s.published_at, published_precision = 'second', published_from = %(origin)s,
        published_tz_from = 'explicit', date_suspect = false,
        published_raw = to_char(s.published_at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS+00:00')
    FROM news.sighting s
    WHERE s.feed_id = %(feed)s AND s.url_key = ANY(%(keys)s) AND a.article_id = s.article_id AND a.published_at IS NULL
      AND s.published_at >= '1990-01-01' AND s.published_at < a.first_seen_at + interval '2 days'
    RETURNING a.article_id, a.version_no, a.published_at, a.published_raw
), versions AS (
    UPDATE news.article_version v SET published_at = d.published_at FROM dated d
    WHERE v.article_id = d.article_id AND v.version_no = d.version_no
)
INSERT INTO news.provenance (article_id, version_no, field, chosen_from, candidates)
SELECT article_id, version_no, 'published_at', %(origin)s || ':entry',
       jsonb_build_array(jsonb_build_object('origin', %(origin)s || ':entry', 'value', published_raw)) FROM dated
ON CONFLICT DO NOTHING
"""


def date_articles(connection: Connection, feed_id: int, entries: Sequence[Entry], origin: str) -> None:
    """Give articles that do not say when they appeared the date that a feed shows.

    Outside of the transaction of the poll: loaders lock articles before sightings.
    """
    urls = (canonical_or_none(storable(entry.url)) for entry in entries if entry.published)
    if keys := sorted({article_key(url) for url in urls if url}):
        connection.execute(_DATE, {"feed": feed_id, "keys": keys, "origin": origin})


def note_sightings(connection: Connection, feed_id: int, entries: Sequence[Entry]) -> None:
    """Note that a feed shows entries, in the transaction that notes its poll."""
    rows: dict[bytes, tuple[str, str | None, str | None, dt.datetime | None]] = {}
    for entry in entries:
        if url := canonical_or_none(storable(entry.url)):
            facts = (url, entry.guid and storable(entry.guid), entry.title and storable(entry.title), entry.published)
            rows.setdefault(article_key(url), facts)
    if rows:
        urls, guids, titles, dates = (list(column) for column in zip(*rows.values(), strict=True))
        parameters = {"feed": feed_id, "keys": list(rows), "urls": urls, "guids": guids, "titles": titles, "dates": dates}
        connection.execute(_NOTE, parameters)


def link_sightings(connection: Connection, articles: Iterable[tuple[str, int]]) -> None:
    """Note which articles the URLs that feeds showed have become; pairs of a URL and an article."""
    by_key = {article_key(url): article_id for url, article_id in articles}
    if by_key:
        connection.execute(_LINK, [list(by_key), list(by_key.values())])


# Two loaders that meet here in a circle are told so by Postgres, and the batch is tried again.
_MOVE_URLS = """
UPDATE news.article_url u SET article_id = n.article_id FROM unnest(%s::bytea[], %s::bigint[]) AS n (key, article_id)
WHERE u.match_key = n.key AND u.article_id <> n.article_id
"""
_MOVE_SIGHTINGS = """
UPDATE news.sighting s SET article_id = n.article_id FROM unnest(%s::bytea[], %s::bigint[]) AS n (key, article_id)
WHERE s.url_key = n.key AND s.article_id <> n.article_id
"""


def move_urls(connection: Connection, articles: Mapping[bytes, int]) -> None:
    """Give the URLs with these keys, and what feeds showed under them, to other articles than those that they led to."""
    for statement in (_MOVE_URLS, _MOVE_SIGHTINGS):
        connection.execute(statement, [list(articles), list(articles.values())])
