"""ops.rejection: what gave no article, looked at and tried again."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from sqlalchemy import text

from ingest.errors import UsageError
from ingest.extract.version import version_with
from ingest.identify.identity import article_key
from ingest.model import Candidate, Page, Rejection
from ingest.normalise.url import canonical_or_none, host_of
from ingest.store.archive import kept_pages
from ingest.store.load import load_batch
from ingest.store.queries import refuse_unknown_sources
from ingest.store.reprocess import extract_kept
from ingest.store.tasks import hints_of

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from uuid import UUID

    from sqlalchemy import Connection, Engine

    from ingest.model import PageResult, Tally
    from ingest.settings import Settings
    from ingest.store.reprocess import Selection, SiteRules

RETRY_KIND = "adhoc"
"""What ops.run.kind says of such a run. Not reextract: a page that gave no article before may be a newer one than what is loaded."""

AGAIN_STAGES = ("decode", "extract", "load")
"""Where a page's bytes were all there, and might give an article another time. Earlier stages refuse what the bytes are: an error
page, a broken file."""

_HOST = "substring(coalesce(r.url, r.location) FROM '^https?://(?:[^/@]*@)?([^/:?#]+)')"
_WANTED = f"""
(NOT CAST(:open AS bool) OR r.resolved_at IS NULL)
  AND (CAST(:ids AS bigint[]) IS NULL OR r.rejection_id = ANY(:ids))
  AND (CAST(:stage AS text) IS NULL OR r.stage = :stage)
  AND (CAST(:reason AS text) IS NULL OR r.reason = :reason)
  AND (CAST(:since AS timestamptz) IS NULL OR r.last_at >= :since)
  AND (CAST(:until AS timestamptz) IS NULL OR r.last_at < :until)
  AND (CAST(:extractor AS text) IS NULL OR r.extractor_version = :extractor)
  AND (CAST(:hosts AS text[]) IS NULL OR {_HOST} = ANY(:hosts) OR {_HOST} LIKE ANY(:below))
"""
_COLUMNS = """
r.rejection_id, r.at, r.last_at, r.stage, r.reason, r.message, r.location, r.url, r.attempts, r.first_run_id, r.last_run_id,
r.extractor_version, r.resolved_at, r.resolution, p.byte_len, r.body_sha256
"""
_FROM = "ops.rejection r LEFT JOIN ops.raw_page p ON p.body_sha256 = r.body_sha256 AND p.body_zstd IS NOT NULL"
_LIST = text(f"SELECT {_COLUMNS} FROM {_FROM} WHERE {_WANTED} ORDER BY r.last_at DESC, r.rejection_id DESC LIMIT :most")  # noqa: S608  # constants
_COUNT = text(f"SELECT count(*) FROM ops.rejection r WHERE {_WANTED}")  # noqa: S608  # a constant
_PLAN = text(f"""
SELECT r.rejection_id, r.location, r.url, p.byte_len IS NOT NULL AND r.stage = ANY(:stages) AS is_kept
FROM {_FROM} WHERE {_WANTED} ORDER BY r.rejection_id
""")  # noqa: S608  # constants
_PAGES = text("""
SELECT r.rejection_id, r.stage, r.reason, r.extractor_version, r.location, r.url, r.body_sha256, p.first_seen_at
FROM ops.rejection r JOIN ops.raw_page p USING (body_sha256)
-- a run that lost its connection and begins again leaves out what it has done
WHERE r.rejection_id = ANY(:ids) AND r.resolved_at IS NULL AND r.last_run_id <> :run ORDER BY r.rejection_id
""")
_ENQUEUE = text("""
INSERT INTO ops.url_task AS t (url_key, url, host)
SELECT key, url, host FROM unnest(CAST(:keys AS bytea[]), CAST(:urls AS text[]), CAST(:hosts AS text[])) AS s (key, url, host) ORDER BY key
ON CONFLICT (url_key) DO UPDATE SET state = 'ready', not_before = now(), tries = 0, lease_run_id = NULL, lease_until = NULL
    -- a run that lives has it already
    WHERE NOT (t.state = 'leased' AND t.lease_until > now()
               AND EXISTS (SELECT FROM ops.run r WHERE r.run_id = t.lease_run_id AND r.state = 'running'))
""")
_SUPERSEDE = text("""
UPDATE ops.rejection SET resolved_at = now(), resolution = 'superseded' WHERE rejection_id = ANY(:ids) AND resolved_at IS NULL
""")
_SOURCE_HOSTS = text("SELECT slug, domain FROM news.source WHERE slug = ANY(:names) AND domain IS NOT NULL")


@dataclass(frozen=True, slots=True)
class Filter:
    """Which rejections; None is no restriction."""

    ids: tuple[int, ...] = ()
    stage: str | None = None
    reason: str | None = None
    hosts: tuple[str, ...] = ()
    """Hosts, each with those below it, or slugs of sources that have one."""
    since: dt.datetime | None = None
    until: dt.datetime | None = None
    """Last rejected from the one to the other, which is not included."""
    extractor_version: str | None = None
    """Of the extractor that refused them last."""
    also_resolved: bool = False


@dataclass(frozen=True, slots=True)
class RejectedPlace:
    """One row of ops.rejection."""

    rejection_id: int
    at: dt.datetime
    last_at: dt.datetime
    stage: str
    reason: str
    message: str
    location: str
    url: str | None
    attempts: int
    first_run_id: UUID
    last_run_id: UUID
    extractor_version: str
    resolved_at: dt.datetime | None
    resolution: str | None
    kept_bytes: int | None
    """Size of the page; None where its bytes are not kept."""
    body_sha256: bytes | None


@dataclass(frozen=True, slots=True)
class RetryPlan:
    """What can be done about rejections."""

    kept: tuple[int, ...]
    """Numbers of those whose pages are kept and can be extracted again."""
    urls: tuple[str, ...]
    """To be fetched again."""
    files: tuple[str, ...]
    """What is on a disk, if anywhere."""


@dataclass(frozen=True, slots=True)
class _Refused:
    rejection_id: int
    stage: str
    reason: str
    extractor_version: str


def rejected(engine: Engine, wanted: Filter, most: int) -> tuple[list[RejectedPlace], int]:
    """The rejections that fit, the latest first, and how many there are in all."""
    with engine.connect() as connection:
        parameters = _parameters(connection, wanted)
        rows = [RejectedPlace(*row) for row in connection.execute(_LIST, parameters | {"most": most})]
        return rows, connection.scalar(_COUNT, parameters) or 0


def rejected_one(engine: Engine, rejection_id: int) -> RejectedPlace:
    """One rejection, open or not.

    Raises:
        UsageError: none has that number.
    """
    found, _ = rejected(engine, Filter(ids=(rejection_id,), also_resolved=True), 1)
    if not found:
        raise UsageError(f"No rejection has the number {rejection_id}: see `ingest rejections list`.")
    return found[0]


def rejected_bytes(engine: Engine, place: RejectedPlace) -> bytes:
    """The bytes of a rejected page.

    Raises:
        UsageError: they are not kept.
    """
    [page] = kept_pages(engine, [(Candidate(place.location, place.location), place.body_sha256 or b"", place.at)])
    if page is None and place.body_sha256:
        again = f"`ingest run {place.url or place.location}` reads the page again"
        raise UsageError(f"The bytes of rejection {place.rejection_id} were let go, as INGEST_KEEP_PAGE_DAYS says: {again}.")
    if page is None:
        raise UsageError(f"Rejection {place.rejection_id} has no bytes: {place.message}")
    return page.body


def plan_retry(engine: Engine, wanted: Filter) -> RetryPlan:
    """Sort open rejections by what can be done about them.

    Raises:
        UsageError: a number is that of no open rejection.
    """
    with engine.connect() as connection:
        rows = connection.execute(_PLAN, _parameters(connection, wanted) | {"stages": list(AGAIN_STAGES)}).all()
    if missing := sorted(set(wanted.ids) - {row.rejection_id for row in rows}):
        numbers = ", ".join(map(str, missing))
        raise UsageError(f"No open rejection that fits has the number {numbers}: see `ingest rejections list --all`.")
    others = [(row.location, canonical_or_none(row.url or row.location)) for row in rows if not row.is_kept]
    return RetryPlan(
        kept=tuple(row.rejection_id for row in rows if row.is_kept),
        urls=tuple(dict.fromkeys(url for location, url in others if url and not location.startswith("file:"))),
        files=tuple(dict.fromkeys(location for location, url in others if not url or location.startswith("file:"))),
    )


def plan_refused(engine: Engine, selection: Selection) -> RetryPlan:
    """As `plan_retry`, for the open rejections that a selection with a reason means.

    Raises:
        UsageError: it has numbers of articles, or a source that is not known.
    """
    if selection.articles:
        raise UsageError("A reason selects pages that gave no article, and numbers select articles: give one of the two.")
    with engine.connect() as connection:
        refuse_unknown_sources(connection, selection.sources)
    wanted = Filter(
        reason=selection.reason,
        hosts=selection.sources,
        since=selection.since,
        until=selection.until,
        extractor_version=selection.extractor_version,
    )
    return plan_retry(engine, wanted)


def enqueue_again(engine: Engine, urls: Sequence[str]) -> None:
    """Put URLs into the queue, due now, with all their tries before them."""
    by_key = {article_key(url): url for url in urls}
    if by_key:
        hosts = [host_of(url) or "" for url in by_key.values()]
        with engine.begin() as connection:
            connection.execute(_ENQUEUE, {"keys": list(by_key), "urls": list(by_key.values()), "hosts": hosts})


def retry_kept(
    engine: Engine, run_id: UUID, ids: Sequence[int], rules: SiteRules, settings: Settings, jobs: int, *, outdated: bool = False
) -> Iterator[list[Tally]]:
    """Extract rejected pages again; a batch is committed whole before its tallies come out.

    With ``outdated``, those are left out which this extractor has refused with the rules of today. A page that gives an article resolves
    its rejection; one that is refused for another reason has that as its open rejection.

    Raises:
        DatabaseUnreachable: the connection was lost; the batches that came out are safe.
    """
    batches = _batches(engine, run_id, ids, rules, settings.batch_size)
    if outdated:
        batches = ([(old, page) for old, page in batch if old.extractor_version != version_with(page.candidate.rules)] for batch in batches)
    for made in extract_kept(batches, settings.limits, jobs):
        tallies = load_batch(engine, run_id, [result for _, result in made], settings.limits)
        if superseded := [old.rejection_id for old, result in made if _is_refused_otherwise(old, result)]:
            with engine.begin() as connection:
                connection.execute(_SUPERSEDE, {"ids": superseded})
        yield tallies


def _is_refused_otherwise(old: _Refused, result: PageResult) -> bool:
    why = result.result
    return isinstance(why, Rejection) and (str(why.stage), why.reason) != (old.stage, old.reason)


def _batches(engine: Engine, run_id: UUID, ids: Sequence[int], rules: SiteRules, size: int) -> Iterator[list[tuple[_Refused, Page]]]:
    for start in range(0, len(ids), size):
        with engine.connect() as connection:
            rows = connection.execute(_PAGES, {"ids": list(ids[start : start + size]), "run": run_id}).all()
        hints = hints_of(engine, [row.url for row in rows if row.url])
        candidates = [Candidate(row.location, row.location, row.url, hint=hints.get(row.url)) for row in rows]
        places = [(c, row.body_sha256, row.first_seen_at) for c, row in zip(candidates, rows, strict=True)]
        pages = zip(rows, kept_pages(engine, places), strict=True)
        yield [
            (_Refused(row.rejection_id, row.stage, row.reason, row.extractor_version), rules.of_page(page)) for row, page in pages if page
        ]


def _parameters(connection: Connection, wanted: Filter) -> dict[str, Any]:
    of_sources = {row.slug: row.domain for row in connection.execute(_SOURCE_HOSTS, {"names": list(wanted.hosts)})}
    hosts = [of_sources.get(name, name).lower().removeprefix("www.") for name in wanted.hosts]
    return {
        "open": not wanted.also_resolved,
        "ids": list(wanted.ids) or None,
        "stage": wanted.stage,
        "reason": wanted.reason,
        "since": wanted.since,
        "until": wanted.until,
        "extractor": wanted.extractor_version,
        "hosts": hosts or None,
        "below": [f"%.{host}" for host in hosts],
    }
