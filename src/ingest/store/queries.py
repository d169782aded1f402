"""The questions that the commands ask of the database."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from sqlalchemy import text

from ingest.errors import UsageError
from ingest.model import RejectionCount
from ingest.store.migrate import current_revision, revisions
from ingest.store.rows import storable

if TYPE_CHECKING:
    from collections.abc import Sequence
    from uuid import UUID

    from sqlalchemy import Connection, Engine


@dataclass(frozen=True, slots=True)
class DatabaseStatus:
    """What `ingest db status` shows; counts are None where the schema is not there yet."""

    server_version: str
    database: str
    revision: str | None
    code_revision: str
    size_bytes: int
    sources: int | None
    articles: int | None
    versions: int | None
    raw_pages: int | None
    open_rejections: int | None
    runs: int | None


_COUNTS = text("""
SELECT (SELECT count(*) FROM news.source) AS sources, (SELECT count(*) FROM news.article) AS articles,
       (SELECT count(*) FROM news.article_version) AS versions, (SELECT count(*) FROM ops.raw_page) AS raw_pages,
       (SELECT count(*) FROM ops.rejection WHERE resolved_at IS NULL) AS open_rejections, (SELECT count(*) FROM ops.run) AS runs
""")


def database_status(engine: Engine) -> DatabaseStatus:
    """Server, revision, size and counts of a database, of any revision."""
    with engine.connect() as connection:
        server = connection.execute(
            text("SELECT current_setting('server_version') AS v, current_database() AS d, pg_database_size(current_database()) AS s")
        ).one()
        revision = current_revision(connection)
        counts = dict.fromkeys(("sources", "articles", "versions", "raw_pages", "open_rejections", "runs"))
        if revision is not None:
            counts = dict(connection.execute(_COUNTS).mappings().one())
    return DatabaseStatus(server.v, server.d, revision, revisions()[-1], server.s, **counts)


def run_rejections(engine: Engine, run_id: UUID) -> list[RejectionCount]:
    """What a run rejected, by stage and reason, most pages first."""
    query = text("""
    SELECT stage, reason, count(*) AS pages, (array_agg(location || ': ' || message ORDER BY location))[1] AS example
    FROM ops.rejection WHERE last_run_id = :run_id GROUP BY stage, reason ORDER BY pages DESC, stage, reason
    """)
    with engine.connect() as connection:
        return [RejectionCount(r.stage, r.reason, r.pages, r.example) for r in connection.execute(query, {"run_id": run_id})]


def refuse_unknown_sources(connection: Connection, slugs: Sequence[str]) -> None:
    """Make sure that all are slugs of sources.

    Raises:
        UsageError: some are not.
    """
    wanted = [storable(s) for s in slugs]
    known = set(connection.scalars(text("SELECT slug FROM news.source WHERE slug = ANY(:slugs)"), {"slugs": wanted}))
    if missing := [s for s in wanted if s not in known]:
        raise UsageError(f"No source is known as {', '.join(missing)}: the table news.source lists them.")
