"""ops.host: the robots.txt of every host, kept between runs."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import text

from ingest.web import RobotsFile

if TYPE_CHECKING:
    from sqlalchemy import Engine


class DatabaseRobotsStore:
    """Robots files in ``ops.host``."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def known(self, origin: str) -> RobotsFile | None:
        """The file of an origin, expired or not."""
        query = text("SELECT robots_status, robots_body, robots_fetched_at, robots_expires_at FROM ops.host WHERE origin = :origin")
        with self._engine.connect() as connection:
            row = connection.execute(query, {"origin": origin}).one_or_none()
        return RobotsFile(origin, *row) if row else None

    def keep(self, file: RobotsFile) -> None:
        """Keep a file in place of the one before."""
        statement = text("""
        INSERT INTO ops.host (origin, robots_status, robots_body, robots_fetched_at, robots_expires_at)
        VALUES (:origin, :status, :body, :fetched_at, :expires_at)
        ON CONFLICT (origin) DO UPDATE SET robots_status = excluded.robots_status, robots_body = excluded.robots_body,
            robots_fetched_at = excluded.robots_fetched_at, robots_expires_at = excluded.robots_expires_at
        """)
        row = {
            "origin": file.origin,
            "status": file.status,
            "body": file.body,
            "fetched_at": file.fetched_at,
            "expires_at": file.expires_at,
        }
        with self._engine.begin() as connection:
            connection.execute(statement, row)
