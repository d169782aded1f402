"""A loader in the middle of its work: it waits at one article for as long as the test holds a lock."""

from __future__ import annotations

from typing import Any

import psycopg

_LOCK = 4711
# Locks are the whole server's, and other tests use it at the same time.
HELD = f"""
SELECT count(*) FROM pg_locks JOIN pg_database d ON d.oid = database
WHERE locktype = 'advisory' AND objid = {_LOCK} AND NOT granted AND d.datname = current_database()
"""  # noqa: S608  # a number
"""How many loaders wait."""


def hold_article(connection: psycopg.Connection[Any], path: str) -> None:
    """Let loaders wait where they add an article whose URL ends with the path, until the connection is closed."""
    connection.execute(f"""
        CREATE FUNCTION hold() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
          IF new.url LIKE '%{path}' THEN PERFORM pg_advisory_xact_lock_shared({_LOCK}); END IF;
          RETURN new;
        END $$;
        CREATE TRIGGER hold BEFORE INSERT ON news.article FOR EACH ROW EXECUTE FUNCTION hold();
    """)
    connection.commit()
    connection.execute("SELECT pg_advisory_lock(%s)", [_LOCK])
