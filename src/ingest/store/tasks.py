"""ops.url_task: the queue of URLs. What a feed shows is noted in the transaction that notes the poll, and stays until it is loaded."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from psycopg.types.json import Jsonb
from sqlalchemy import text

from ingest.identify.fingerprint import page_sha256
from ingest.identify.identity import article_key
from ingest.model import Article, Candidate, Hint
from ingest.normalise.url import canonical_or_none, host_of
from ingest.store.rows import storable
from ingest.transfer import Validators

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from uuid import UUID

    from sqlalchemy import Engine

    from ingest.model import Page, PageResult
    from ingest.store.write import Connection
    from ingest.transfer import Transfer
    from ingest.web import Entry

_LEASE = dt.timedelta(hours=1)  # longer than any page takes, its waits for its host included; a run that dies loses its leases at once
_BUSY_WAIT = dt.timedelta(minutes=1)  # a worker that could not have a host leaves its URLs to others for so long
_FIRST_WAIT = dt.timedelta(minutes=10)
_LONGEST_WAIT = dt.timedelta(hours=24)
_CONTENT_BYTES = 1_000_000  # characters of a feed's text that are kept with its entry

_ENQUEUE = """
INSERT INTO ops.url_task AS t (url_key, url, host, feed_id, hint)
SELECT s.key, s.url, s.host, %(feed)s, s.hint
FROM unnest(%(keys)s::bytea[], %(urls)s::text[], %(hosts)s::text[], %(hints)s::jsonb[], %(updated)s::timestamptz[])
     AS s (key, url, host, hint, updated)
LEFT JOIN LATERAL (
    SELECT max(a.last_seen_at) AS seen_at FROM news.article_url u JOIN news.article a USING (article_id) WHERE u.match_key = s.key
) known ON true
WHERE known.seen_at IS NULL OR s.updated > known.seen_at
ORDER BY s.key
ON CONFLICT (url_key) DO UPDATE SET hint = excluded.hint,
    state = CASE t.state WHEN 'done' THEN 'ready' ELSE t.state END,
    not_before = CASE t.state WHEN 'done' THEN now() ELSE t.not_before END,
    tries = CASE t.state WHEN 'done' THEN 0 ELSE t.tries END
    -- what was had is had again only where the feed says that it has changed since; what waits is to be had as it is now
    WHERE t.state = 'done' AND (excluded.hint->>'updated')::timestamptz > t.fetched_at
       OR t.state IN ('ready', 'leased') AND (excluded.hint->>'updated')::timestamptz > (t.hint->>'updated')::timestamptz
RETURNING (xmax = 0) AS is_new
"""
# Hosts that other workers ask come last: there this one could only wait. Of each host a few come first, so that one host's
# thousands do not keep the others waiting.
_CLAIM = text("""
WITH ready AS (
    SELECT t.url_key, row_number() OVER (PARTITION BY t.host ORDER BY t.not_before, t.url_key) AS place, t.not_before,
           l.host IS NOT NULL AS is_busy
    FROM ops.url_task t LEFT JOIN ops.feed f USING (feed_id)
    LEFT JOIN ops.host_lease l
           ON l.host = t.host AND l.holder IS NOT NULL AND l.holder IS DISTINCT FROM CAST(:holder AS uuid) AND l.leased_until > now()
    WHERE t.not_before <= now()
      -- never what this run has on its way itself, though it be taken for crashed because its connection was lost
      AND (t.state = 'ready' OR t.state = 'leased' AND t.lease_run_id <> CAST(:run AS uuid) AND (t.lease_until < now()
           OR NOT EXISTS (SELECT FROM ops.run r WHERE r.run_id = t.lease_run_id AND r.state = 'running')))
      AND (CAST(:sources AS bigint[]) IS NULL OR f.source_id = ANY(:sources))
      AND f.state IS DISTINCT FROM 'paused'
), pick AS (
    SELECT t.url_key FROM ops.url_task t
    JOIN (SELECT url_key, place FROM ready ORDER BY is_busy, place, not_before LIMIT :most) r USING (url_key)
    -- asked again of the row as it is once it is locked: another run may have taken it since
    WHERE t.state = 'ready' OR t.state = 'leased' AND t.lease_run_id <> CAST(:run AS uuid) AND (t.lease_until < now()
          OR NOT EXISTS (SELECT FROM ops.run r WHERE r.run_id = t.lease_run_id AND r.state = 'running'))
    FOR UPDATE OF t SKIP LOCKED
)
UPDATE ops.url_task t SET state = 'leased', lease_run_id = CAST(:run AS uuid), lease_until = now() + :lease
FROM pick WHERE t.url_key = pick.url_key
RETURNING t.url, t.hint, t.etag, t.last_modified, t.moved_to,
          EXISTS (SELECT FROM ops.raw_page p WHERE p.body_sha256 = t.body_sha256 AND p.body_zstd IS NOT NULL) AS has_page
""")
_GIVE_BACK = text("""
UPDATE ops.url_task SET state = 'ready', lease_run_id = NULL, lease_until = NULL, not_before = now() + :wait
WHERE url_key = ANY(:keys) AND lease_run_id = :run
""")
_SETTLE = """
INSERT INTO ops.url_task AS t
    (url_key, url, host, hint, may_return, state, tries, not_before, fetched_at, etag, last_modified, body_sha256, moved_to, last_error)
SELECT key, url, host, hint, again AND fetched_at IS NULL,
       CASE WHEN fetched_at IS NOT NULL THEN 'done' WHEN again AND %(most)s > 1 THEN 'ready' ELSE 'dead' END,
       CASE WHEN fetched_at IS NULL THEN 1 ELSE 0 END, now() + wait, fetched_at, etag, modified, body, moved_to, error
FROM unnest(%(keys)s::bytea[], %(urls)s::text[], %(hosts)s::text[], %(hints)s::jsonb[], %(again)s::bool[],
            %(waits)s::interval[], %(fetched)s::timestamptz[], %(etags)s::text[], %(modified)s::text[], %(bodies)s::bytea[],
            %(moved)s::text[], %(errors)s::text[])
     AS s (key, url, host, hint, again, wait, fetched_at, etag, modified, body, moved_to, error)
ON CONFLICT (url_key) DO UPDATE SET hint = excluded.hint || t.hint, may_return = excluded.may_return,
    state = CASE WHEN excluded.state = 'ready' AND t.tries + 1 >= %(most)s THEN 'dead' ELSE excluded.state END,
    tries = CASE WHEN excluded.state = 'done' THEN 0 ELSE t.tries + 1 END,
    not_before = now() + least((excluded.not_before - now()) * power(2, least(t.tries, 10)), %(longest)s::interval),
    fetched_at = coalesce(excluded.fetched_at, t.fetched_at), lease_run_id = NULL, lease_until = NULL, last_error = excluded.last_error,
    -- a 304 need not repeat what has not changed (RFC 9111 section 4.3.4)
    etag = CASE WHEN excluded.body_sha256 = t.body_sha256 THEN coalesce(excluded.etag, t.etag)
                WHEN excluded.state = 'done' THEN excluded.etag ELSE t.etag END,
    last_modified = CASE WHEN excluded.body_sha256 = t.body_sha256 THEN coalesce(excluded.last_modified, t.last_modified)
                         WHEN excluded.state = 'done' THEN excluded.last_modified ELSE t.last_modified END,
    body_sha256 = coalesce(excluded.body_sha256, t.body_sha256), moved_to = coalesce(excluded.moved_to, t.moved_to)
"""
_HINTS = text("""
SELECT p.key, said.hint FROM unnest(CAST(:keys AS bytea[])) AS p (key) CROSS JOIN LATERAL (
    SELECT t.hint FROM ops.url_task t
    WHERE t.hint <> '{}' AND t.url_key = ANY(ARRAY(
        SELECT p.key UNION
        SELECT w.match_key FROM news.article_url u JOIN news.article_url w USING (article_id) WHERE u.match_key = p.key))
    ORDER BY t.url_key <> p.key, t.found_at LIMIT 1) said
""")


@dataclass(frozen=True, slots=True)
class Task:
    """A URL to fetch: what to ask for, and how to ask whether it has changed."""

    candidate: Candidate
    fetch_url: str
    """The candidate's URL, or where it has moved for good."""
    validators: Validators
    content: str | None = None
    """The article's text as its feed carries it, where that is to be used."""


@dataclass(frozen=True, slots=True)
class Visit:
    """What came of asking for a URL: a page, or the reason why there is none."""

    url: str
    transfer: Transfer
    page: Page | None
    error: str | None
    """Why there is no article; None where there is."""
    hint: Hint | None = None
    """What a list said of it: kept for when the page is read again."""


def enqueue(connection: Connection, feed_id: int, entries: Sequence[Entry], *, origin: str, full_text: bool) -> tuple[int, int]:
    """Queue the entries that are not known, and those that have changed since they were seen: how many are new, how many changed."""
    rows: dict[bytes, tuple[str, str, Jsonb, dt.datetime | None]] = {}
    for entry in entries:
        url = canonical_or_none(storable(entry.url))
        if url:
            rows.setdefault(
                article_key(url), (url, host_of(url) or "", _hint_json(entry, origin, entry.content if full_text else None), entry.updated)
            )
    if not rows:
        return 0, 0
    parameters = {
        "feed": feed_id,
        "keys": list(rows),
        "urls": [r[0] for r in rows.values()],
        "hosts": [r[1] for r in rows.values()],
        "hints": [r[2] for r in rows.values()],
        "updated": [r[3] for r in rows.values()],
    }
    queued = [is_new for (is_new,) in connection.execute(_ENQUEUE, parameters).fetchall()]
    return sum(queued), len(queued) - sum(queued)


def claim(engine: Engine, run_id: UUID, most: int, sources: Sequence[int] | None = None, *, lease_holder: UUID | None = None) -> list[Task]:
    """Take URLs that are due, for this run alone until they are settled, the lease ends, or the run does.

    Those whose host another session holds than ``lease_holder`` come last.
    """
    wanted = list(sources) if sources is not None else None
    parameters = {"run": run_id, "most": most, "lease": _LEASE, "sources": wanted, "holder": lease_holder}
    with engine.begin() as connection:
        return [_task(row) for row in connection.execute(_CLAIM, parameters)]


def give_back(engine: Engine, run_id: UUID, urls: Iterable[str]) -> None:
    """Let go of URLs that were claimed and could not be asked for: it was no try, and other runs may have them soon."""
    keys = sorted(article_key(url) for url in urls)
    with engine.begin() as connection:
        connection.execute(_GIVE_BACK, {"run": run_id, "keys": keys, "wait": _BUSY_WAIT})


def settle(connection: Connection, visits: Iterable[Visit], max_tries: int) -> None:
    """Note what became of URLs, in the transaction that loads their pages: had, to be tried again, or given up."""
    rows: dict[bytes, tuple[Any, ...]] = {}
    for visit in visits:
        transfer, page = visit.transfer, visit.page
        url = canonical_or_none(visit.url)
        if url is None:
            continue
        wait = dt.timedelta(seconds=transfer.retry_after_seconds) if transfer.retry_after_seconds else _FIRST_WAIT
        rows[article_key(url)] = (
            storable(url),
            host_of(url) or "",
            _hint_json(visit.hint, visit.hint.origin) if visit.hint else Jsonb({}),
            transfer.is_transient,
            min(wait, _LONGEST_WAIT) if page is None else dt.timedelta(0),
            page.observed_at if page else None,
            _header(transfer.validators.etag),
            _header(transfer.validators.last_modified),
            page_sha256(page.body) if page else None,
            transfer.moved_to and storable(transfer.moved_to),
            visit.error and storable(visit.error),
        )
    if rows:
        names = ("urls", "hosts", "hints", "again", "waits", "fetched", "etags", "modified", "bodies", "moved", "errors")
        ordered = sorted(rows.items())
        columns = {name: [row[i] for _, row in ordered] for i, name in enumerate(names)}
        bounds = {"keys": [k for k, _ in ordered], "most": max_tries, "longest": _LONGEST_WAIT}
        connection.execute(_SETTLE, columns | bounds)


def visits_of(results: Iterable[PageResult]) -> list[Visit]:
    """The visits behind results; pages that were read from a disk have none."""
    return [
        Visit(
            url=r.candidate.url,
            transfer=r.transfer,
            page=r.page if r.failed_transfer is None else None,
            error=None if isinstance(r.result, Article) else r.result.message,
            hint=r.candidate.hint,
        )
        for r in results
        if r.transfer is not None and r.candidate.url is not None
    ]


def _header(value: str | None) -> str | None:
    return storable(value) if value else None


def _task(row: Any) -> Task:  # noqa: ANN401  # a row of SQLAlchemy's
    hint = row.hint
    candidate = Candidate(location=row.url, path=row.url, url=row.url, hint=hint_of_json(hint) if hint else None)
    validators = Validators(row.etag, row.last_modified) if row.has_page else Validators()
    return Task(candidate, row.moved_to or row.url, validators, hint.get("content"))


def _hint_json(said: Entry | Hint, origin: str, content: str | None = None) -> Jsonb:
    facts: dict[str, Any] = {
        "origin": origin,
        "title": said.title and storable(said.title),
        "published": said.published and said.published.isoformat(),
        "updated": said.updated and said.updated.isoformat(),
        "authors": [storable(a) for a in said.authors],
        "language": said.language and storable(said.language),
        "content": storable(content[:_CONTENT_BYTES]) if content else None,
    }
    return Jsonb({name: value for name, value in facts.items() if value})


def hints_of(engine: Engine, urls: Sequence[str]) -> dict[str, Hint]:
    """What lists said of URLs, or of another URL of the same article."""
    keys = {url: article_key(url) for url in urls}
    with engine.connect() as connection:
        said = {row.key: hint_of_json(row.hint) for row in connection.execute(_HINTS, {"keys": list(set(keys.values()))})}
    return {url: said[key] for url, key in keys.items() if key in said}


def hint_of_json(facts: dict[str, Any]) -> Hint:
    """What a list said of a URL, as ``ops.url_task.hint`` keeps it."""
    return Hint(
        origin=facts.get("origin", "feed"),
        title=facts.get("title"),
        published=_instant(facts.get("published")),
        updated=_instant(facts.get("updated")),
        authors=tuple(facts.get("authors", ())),
        language=facts.get("language"),
    )


def _instant(value: str | None) -> dt.datetime | None:
    return dt.datetime.fromisoformat(value) if value else None
