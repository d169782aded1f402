"""URLs that need not be fetched: what is loaded already, whichever of its URLs a list names."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING

from sqlalchemy import text

from ingest.identify.identity import article_key
from ingest.store import write
from ingest.store.known import touch
from ingest.store.load import tallies
from ingest.transfer import Validators

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Sequence
    from uuid import UUID

    from sqlalchemy import Engine

    from ingest.model import Candidate, Tally

_KNOWN = text("""
SELECT p.i, a.article_id, a.last_seen_at, t.etag, t.last_modified, t.moved_to, t.fetched_at,
       EXISTS (SELECT FROM ops.raw_page r WHERE r.body_sha256 = t.body_sha256 AND r.body_zstd IS NOT NULL) AS has_page
FROM unnest(CAST(:i AS int[]), CAST(:keys AS bytea[])) AS p (i, key)
LEFT JOIN LATERAL (
    SELECT a.article_id, a.last_seen_at FROM news.article_url u JOIN news.article a USING (article_id)
    WHERE u.match_key = p.key ORDER BY a.article_id LIMIT 1
) a ON true
LEFT JOIN ops.url_task t ON t.url_key = p.key
""")


@dataclass(frozen=True, slots=True)
class Plan:
    """What to do about one URL."""

    candidate: Candidate
    fetch_url: str
    """The candidate's URL, or where it has moved for good."""
    validators: Validators
    known_article: int | None
    """The article that it leads to, where nothing is to be fetched."""
    seen_at: dt.datetime | None


def plan_fetches(engine: Engine, candidates: Sequence[Candidate]) -> list[Plan]:
    """Which URLs to fetch, and how: those that are not known, those to be rechecked, and those whose list says that they have changed."""
    parameters = {"i": list(range(len(candidates))), "keys": [article_key(c.url or c.location) for c in candidates]}
    with engine.connect() as connection:
        rows = {row.i: row for row in connection.execute(_KNOWN, parameters)}
    plans = []
    for i, candidate in enumerate(candidates):
        row, url = rows[i], candidate.url or candidate.location
        updated = candidate.hint.updated if candidate.hint else None
        changed = updated is not None and row.last_seen_at is not None and updated > row.last_seen_at
        is_known = row.article_id is not None and not candidate.recheck and not changed
        validators = Validators(row.etag, row.last_modified) if row.has_page else Validators()
        plans.append(Plan(candidate, row.moved_to or url, validators, row.article_id if is_known else None, row.last_seen_at))
    return plans


def note_listed(engine: Engine, run_id: UUID, plans: Sequence[Plan]) -> list[Tally]:
    """Note that known articles were listed again; they count as unchanged."""
    seen = [(p.known_article, p.seen_at) for p in plans if p.known_article is not None and p.seen_at is not None]
    if not seen:
        return []
    with engine.begin() as connection:
        query = text(
            "SELECT a.article_id, s.slug, s.source_id FROM news.article a JOIN news.source s USING (source_id) WHERE article_id = ANY(:ids)"
        )
        sources = {row.article_id: row for row in connection.execute(query, {"ids": [article_id for article_id, _ in seen]})}
        driver = write.driver_connection(connection)
        touch(driver, run_id, seen)
        found = [sources[article_id] for article_id, _ in seen]
        write.run_counts(driver, run_id, Counter((row.source_id, "load", "unchanged") for row in found))
    return tallies((row.slug, "unchanged", 0.0) for row in found)
