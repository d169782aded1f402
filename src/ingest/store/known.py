"""Pages that need no second look: the same bytes from the same place, read by the same extractor."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Any

from sqlalchemy import text

from ingest.extract.version import version_with
from ingest.identify.fingerprint import page_sha256
from ingest.identify.identity import url_key
from ingest.model import Tally
from ingest.store import write
from ingest.store.archive import keep_again
from ingest.store.fetches import write_attempts
from ingest.store.load import REJECTED_SOURCE, past_others, tallies
from ingest.store.rows import storable
from ingest.store.tasks import Visit, settle

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Sequence
    from uuid import UUID

    from sqlalchemy import Connection, Engine

    from ingest.model import Candidate, Page

# An article's current version counts as read by the extractor that last confirmed it (news.article), an older one by its own,
# and an older one only where the page is no newer than what was seen last: a publisher may go back to an earlier text.
_ARTICLES = text("""
SELECT DISTINCT ON (p.i) p.i, a.article_id, s.slug, a.source_id, a.last_run_id = CAST(:run AS uuid) AS in_run
FROM unnest(CAST(:i AS int[]), CAST(:keys AS bytea[]), CAST(:locations AS text[]), CAST(:urls AS bytea[]), CAST(:bodies AS bytea[]),
            CAST(:observed AS timestamptz[]), CAST(:extractors AS text[])) AS p (i, key, location, url, body, observed_at, extractor)
JOIN news.article_url u ON u.url_key = p.key
JOIN news.article a USING (article_id)
JOIN news.article_version v ON v.article_id = a.article_id AND v.body_sha256 = p.body
JOIN news.source s USING (source_id)
WHERE CASE WHEN a.body_sha256 = p.body THEN a.extractor_version = p.extractor
      ELSE v.extractor_version = p.extractor AND p.observed_at <= a.last_seen_at END
  AND (p.url IS NULL OR EXISTS (SELECT FROM news.article_url w WHERE w.url_key = p.url AND w.article_id = a.article_id))
ORDER BY p.i
""")
_REJECTIONS = text("""
SELECT DISTINCT ON (p.i) p.i, r.rejection_id, r.stage
FROM unnest(CAST(:i AS int[]), CAST(:locations AS text[]), CAST(:bodies AS bytea[]), CAST(:extractors AS text[]))
     AS p (i, location, body, extractor)
JOIN ops.rejection r ON md5(r.location) = md5(p.location) AND r.location = p.location AND r.body_sha256 = p.body
WHERE r.extractor_version = p.extractor AND r.stage IN ('read', 'decode', 'extract')
ORDER BY p.i, r.last_at DESC
""")

Place = tuple["Candidate", bytes, "dt.datetime"]
"""A candidate, the SHA-256 of its page's bytes, and when they were observed."""


def known_pages(engine: Engine, places: Sequence[Place]) -> set[int]:
    """The indices of pages that this extractor, with the rules of their sources, has already turned into a loaded article, or refused."""
    if not places:
        return set()
    with engine.connect() as connection:
        return {row.i for row in (*_articles(connection, places, None), *_rejections(connection, places))}


def note_known(engine: Engine, run_id: UUID, pages: Sequence[Page], max_tries: int) -> list[Tally]:
    """Note that pages which `known_pages` found were seen again; they count as unchanged, as copies, or as rejected again."""
    return past_others(lambda: _note_known(engine, run_id, pages, max_tries))


def _note_known(engine: Engine, run_id: UUID, pages: Sequence[Page], max_tries: int) -> list[Tally]:
    places = [(p.candidate, page_sha256(p.body), p.observed_at) for p in pages]
    with engine.begin() as connection:
        articles = _articles(connection, places, run_id)
        found = {row.i for row in articles}
        rejected = [row for row in _rejections(connection, places) if row.i not in found]
        outcomes = []
        counts: Counter[tuple[int | None, str, str]] = Counter()
        seen = {row.article_id for row in articles if row.in_run}
        for row in articles:
            outcome = "duplicate" if row.article_id in seen else "unchanged"
            seen.add(row.article_id)
            outcomes.append((row.slug, outcome, 0.0))
            counts[row.source_id, "load", outcome] += 1
        for row in rejected:
            outcomes.append((REJECTED_SOURCE, "rejected", 0.0))
            counts[None, row.stage, "rejected"] += 1
        driver = write.driver_connection(connection)
        touch(driver, run_id, [(row.article_id, places[row.i][2]) for row in articles])
        write.resolve_rejections(driver, run_id, [(places[row.i][0].location, places[row.i][1]) for row in articles])
        keep_again(driver, [(body, page) for (_, body, _), page in zip(places, pages, strict=True)])
        _note_visits(driver, run_id, pages, {row.i for row in rejected}, max_tries)
        driver.execute(
            "UPDATE ops.rejection SET attempts = attempts + 1, last_at = now(), last_run_id = %s, resolved_at = NULL, resolution = NULL "
            "WHERE rejection_id = ANY(%s)",
            [run_id, [row.rejection_id for row in rejected]],
        )
        if counts:
            write.run_counts(driver, run_id, counts)
    return tallies(outcomes)


def _note_visits(connection: write.Connection, run_id: UUID, pages: Sequence[Page], rejected: set[int], max_tries: int) -> None:
    """Those of the pages that came over the network: their requests, and that their URLs have been had."""
    fetched = [(i, page, page.transfer) for i, page in enumerate(pages) if page.transfer]
    write_attempts(connection, run_id, [attempt for _, _, transfer in fetched for attempt in transfer.attempts])
    visits = [
        Visit(page.candidate.url, transfer, page, "Rejected as before: see ops.rejection." if i in rejected else None, page.candidate.hint)
        for i, page, transfer in fetched
        if page.candidate.url
    ]
    settle(connection, visits, max_tries)


def touch(connection: write.Connection, run_id: UUID, seen: Sequence[tuple[int, dt.datetime]]) -> None:
    """Note that articles were seen, each at the latest of its instants."""
    latest: dict[int, dt.datetime] = {}
    for article_id, at in seen:
        latest[article_id] = max(latest.get(article_id, at), at)
    ids = sorted(latest)
    # Locked in the order of the keys, as load_batch does: two loaders never wait for each other in a circle.
    connection.execute("SELECT FROM news.article WHERE article_id = ANY(%s) ORDER BY url_key FOR NO KEY UPDATE", [ids])
    connection.execute(
        "UPDATE news.article a SET last_seen_at = greatest(a.last_seen_at, s.at), last_run_id = %s "
        "FROM unnest(%s::bigint[], %s::timestamptz[]) AS s (article_id, at) WHERE a.article_id = s.article_id",
        [run_id, ids, [latest[i] for i in ids]],
    )


def _articles(connection: Connection, places: Sequence[Place], run_id: UUID | None) -> Sequence[Any]:
    parameters = {
        "run": run_id,
        "i": list(range(len(places))),
        "keys": [url_key(storable(c.location)) for c, _, _ in places],
        "locations": [storable(c.location) for c, _, _ in places],
        "urls": [url_key(storable(c.url)) if c.url else None for c, _, _ in places],
        "bodies": [body for _, body, _ in places],
        "observed": [at for _, _, at in places],
        "extractors": [version_with(c.rules) for c, _, _ in places],
    }
    return connection.execute(_ARTICLES, parameters).all()


def _rejections(connection: Connection, places: Sequence[Place]) -> Sequence[Any]:
    parameters = {
        "i": list(range(len(places))),
        "locations": [storable(c.location) for c, _, _ in places],
        "bodies": [body for _, body, _ in places],
        "extractors": [version_with(c.rules) for c, _, _ in places],
    }
    return connection.execute(_REJECTIONS, parameters).all()
