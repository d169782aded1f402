"""The engine: opened in one place, from the settings, checked before it is handed out."""

from __future__ import annotations

import time
from contextlib import ExitStack, contextmanager
from typing import TYPE_CHECKING, Any

import psycopg
from psycopg.conninfo import conninfo_to_dict
from sqlalchemy import create_engine

from ingest.errors import DatabaseTooOld, DatabaseUnreachable, SettingError
from ingest.store.embedded import Embedded
from ingest.store.migrate import check_revision

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sqlalchemy import Engine

    from ingest.settings import Settings

_OLDEST_SERVER = 150000  # PostgreSQL 15: unique indexes with NULLS NOT DISTINCT
# What a server says that will answer soon, after a crash. libpq gives no SQLSTATE of a refused connection.
_RECOVERING = ("the database system is starting up", "the database system is in recovery mode", "not yet accepting connections")
_RECOVERY_PAUSE = 0.1  # seconds
_CONNECTIONS = 5  # loading takes two (the run's lock and the batch); a flow's tasks a few more


@contextmanager
def open_engine(settings: Settings, *, check_schema: bool = True) -> Iterator[Engine]:
    """An engine on the configured database, or on the embedded one, which runs as long as the block.

    An empty database is migrated, and the embedded one always is; ``check_schema=False`` leaves the schema alone.

    Raises:
        SettingError: INGEST_DATABASE_URL is no URL of a Postgres.
        DatabaseUnreachable: no server answers, or it refuses the user.
        DatabaseTooOld: the server is older than PostgreSQL 15.
        SchemaBehind, SchemaAhead: see `ingest.store.migrate.check_revision`.
    """
    with ExitStack() as stack:
        url = settings.database_url or stack.enter_context(Embedded(settings.home).using())
        engine = _engine(url, settings.database_connect_seconds)
        stack.callback(engine.dispose)
        with engine.connect() as connection:
            driver: Any = connection.connection.driver_connection
            if driver.info.server_version < _OLDEST_SERVER:
                version = driver.info.server_version // 10000
                raise DatabaseTooOld(f"The server is PostgreSQL {version}; news-ingest needs 15 or later.")
        if check_schema:
            check_revision(engine, upgrade_old=settings.database_url is None)
        yield engine


def libpq_url(url: str) -> str:
    """A URL as libpq takes it: without SQLAlchemy's driver name."""
    scheme, separator, rest = url.partition("://")
    return f"postgresql://{rest}" if separator and scheme in {"postgres", "postgresql", "postgresql+psycopg"} else url


def connection_parameters(url: str) -> dict[str, Any]:
    """The parts of a database URL under libpq's names.

    Raises:
        SettingError: it is no URL of a Postgres; the message does not repeat it, since it may hold a password.
    """
    try:
        if not (libpq := libpq_url(url)).startswith("postgresql://"):
            raise ValueError
        return dict(conninfo_to_dict(libpq))
    except (psycopg.Error, ValueError):
        raise SettingError(
            "INGEST_DATABASE_URL is no URL of a Postgres: it should look like postgresql://user@host:5432/database."
        ) from None


def _engine(url: str, connect_seconds: float) -> Engine:
    parameters = connection_parameters(url)
    # libpq counts in whole seconds, and takes 1 for 2.
    defaults: dict[str, Any] = {"connect_timeout": max(2, round(connect_seconds)), "application_name": "news-ingest"}

    def connect() -> psycopg.Connection[Any]:
        end = time.monotonic() + connect_seconds
        while True:
            try:
                return psycopg.connect(**(defaults | parameters))
            except psycopg.OperationalError as error:
                if not any(sign in str(error) for sign in _RECOVERING) or time.monotonic() > end:
                    raise DatabaseUnreachable(_sentence(parameters, error)) from None
                time.sleep(_RECOVERY_PAUSE)

    return create_engine("postgresql+psycopg://", creator=connect, pool_size=_CONNECTIONS, pool_pre_ping=True)


def _sentence(parameters: dict[str, Any], error: psycopg.Error) -> str:
    host, port = parameters.get("host") or "the local socket", parameters.get("port", "5432")
    lines = str(error).strip().splitlines()
    cause = (lines[-1] if lines else type(error).__name__).strip().rstrip(".")
    if password := parameters.get("password"):
        cause = cause.replace(password, "***")
    where = f"database {parameters.get('dbname') or parameters.get('user', '')} at {host}, port {port}"
    return f"Cannot connect to {where} ({cause}): check INGEST_DATABASE_URL and that the server is running."
