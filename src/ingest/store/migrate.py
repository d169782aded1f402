"""The revision of a database's schema, and how it gets to the newest one."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from sqlalchemy import text

from ingest.errors import SchemaAhead, SchemaBehind

if TYPE_CHECKING:
    from alembic.config import Config
    from sqlalchemy import Connection, Engine

_UPGRADE_LOCK = 0x6E657773  # any number that no other program takes: "news"


def migrations_folder() -> Path:
    """The folder of the migrations: inside the installed package, else at the root of the repository."""
    package = Path(__file__).parents[1]
    installed = package / "migrations"
    return installed if installed.is_dir() else package.parents[1] / "migrations"


def revisions() -> list[str]:
    """The revisions that this code knows, oldest first. Read from file names: Alembic costs 0.2 s to import."""
    return sorted(p.stem.partition("_")[0] for p in (migrations_folder() / "versions").glob("[0-9]*.py"))


def current_revision(connection: Connection) -> str | None:
    """The revision of the database; None where it has never been migrated."""
    if connection.scalar(text("SELECT to_regclass('ops.alembic_version')")) is None:
        return None
    revision: str | None = connection.scalar(text("SELECT version_num FROM ops.alembic_version"))
    return revision


def check_revision(engine: Engine, *, upgrade_old: bool) -> None:
    """Bring an empty database to the newest revision, an old one only where ``upgrade_old``; refuse any other.

    Raises:
        SchemaBehind: the schema is older than the code.
        SchemaAhead: the schema is of a revision that this code does not know.
    """
    with engine.connect() as connection:
        current = current_revision(connection)
    known = revisions()
    if current == known[-1]:
        return
    if current is not None and current not in known:
        raise SchemaAhead(f"The database's schema is newer (revision {current}) than this news-ingest knows: upgrade news-ingest.")
    if current is not None and not upgrade_old:
        raise SchemaBehind(f"The database's schema is at revision {current}, this news-ingest wants {known[-1]}: run `ingest db upgrade`.")
    upgrade(engine)


def upgrade(engine: Engine, revision: str = "head") -> None:
    """Migrate up to a revision; of several processes that try at once, one does the work and the others find it done.

    Raises:
        SchemaAhead: the schema is of a revision that this code does not know.
    """
    from alembic import command  # start-up of a command that finds the schema as it should be stays short

    with engine.begin() as connection:
        connection.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": _UPGRADE_LOCK})
        current = current_revision(connection)
        if current is not None and current not in revisions():
            raise SchemaAhead(f"The database's schema is newer (revision {current}) than this news-ingest knows: upgrade news-ingest.")
        connection.execute(text("CREATE SCHEMA IF NOT EXISTS ops"))  # Alembic's own table is in it
        command.upgrade(alembic_config(connection), revision)


def downgrade(engine: Engine, revision: str = "base") -> None:
    """Migrate down to a revision. Tables are dropped with what is in them."""
    from alembic import command

    with engine.begin() as connection:
        connection.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": _UPGRADE_LOCK})
        command.downgrade(alembic_config(connection), revision)


def alembic_config(connection: Connection) -> Config:
    """Alembic's configuration, made in code: there is no alembic.ini to find."""
    from alembic.config import Config

    config = Config()
    config.set_main_option("script_location", str(migrations_folder()).replace("%", "%%"))
    config.attributes["connection"] = connection
    return config
