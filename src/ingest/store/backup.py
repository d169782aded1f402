"""Backup and restore by PostgreSQL's own programs: pg_dump's custom format, which every later version of PostgreSQL restores."""

from __future__ import annotations

import os
import shutil
import subprocess
from typing import TYPE_CHECKING

from sqlalchemy import text

from ingest.errors import DatabaseUnreachable, IngestError, UsageError
from ingest.store.engine import connection_parameters
from ingest.store.migrate import current_revision
from ingest.store.programs import binaries

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from sqlalchemy import Engine

_IS_USED = text("SELECT EXISTS (SELECT FROM news.source) OR EXISTS (SELECT FROM ops.run)")
_READER = text("SELECT EXISTS (SELECT FROM pg_roles WHERE rolname = 'news_reader')")
_MAKE_READER = text("""
DO $$ BEGIN
  CREATE ROLE news_reader NOLOGIN;
EXCEPTION WHEN duplicate_object OR unique_violation OR insufficient_privilege THEN NULL;
END $$
""")


def program(name: str) -> str:
    """One of PostgreSQL's programs: the embedded server's own, else the one on the path.

    Raises:
        DatabaseUnreachable: there is neither.
    """
    bundled = binaries() / name
    found = str(bundled) if bundled.exists() else shutil.which(name)
    if found is None:
        raise DatabaseUnreachable(f"No {name} is found: install PostgreSQL's client programs.")
    return found


def client(url: str) -> tuple[str, Mapping[str, str]]:
    """How a program connects: its connection string, and its environment with the password, which a process's arguments would show."""
    parameters = connection_parameters(url)
    password = parameters.pop("password", None)
    environment = os.environ | ({"PGPASSWORD": password} if password else {})
    return " ".join(f"{k}='{_escaped(str(v))}'" for k, v in parameters.items()), environment


def dump(url: str, file: Path) -> None:
    """Write the schemas ``news`` and ``ops`` to a file, as they are at one instant; loading may go on meanwhile.

    The file appears when it is whole.

    Raises:
        IngestError: pg_dump failed; the message is its own.
    """
    conninfo, environment = client(url)
    half = file.with_name(f"{file.name}.part")
    command = [program("pg_dump"), "-d", conninfo, "--format=custom", "--schema=news", "--schema=ops", f"--file={half}"]
    try:
        _run(command, environment, "pg_dump")
        half.replace(file)
    finally:
        half.unlink(missing_ok=True)


def restore(engine: Engine, url: str, file: Path) -> None:
    """Bring a dump into a database in which nothing has been loaded, whole or not at all.

    Raises:
        UsageError: the database is in use, or the file is no dump.
        IngestError: pg_restore failed; the message is its own.
    """
    restorer = program("pg_restore")
    listed = subprocess.run([restorer, "--list", file], capture_output=True, check=False)  # noqa: S603  # ours
    if listed.returncode:
        raise UsageError(f"{file} is no dump of `ingest db dump`.")
    with engine.begin() as connection:
        if current_revision(connection):
            if connection.scalar(_IS_USED):
                raise UsageError("The database has been used already: a dump is restored into an empty one only.")
            connection.execute(text("DROP SCHEMA news, ops CASCADE"))  # what a first command has made
        connection.execute(_MAKE_READER)
        may_grant = connection.scalar(_READER)
    conninfo, environment = client(url)
    command = [restorer, "-d", conninfo, "--no-owner", "--single-transaction", "--exit-on-error"]
    _run([*command, *([] if may_grant else ["--no-privileges"]), str(file)], environment, "pg_restore")
    with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        connection.execute(text("ANALYZE"))  # a dump has no statistics: without them the first questions would be slow


def _run(command: list[str], environment: Mapping[str, str], name: str) -> None:
    done = subprocess.run(command, env=environment, stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False)  # noqa: S603  # ours
    if done.returncode:
        lines = done.stderr.strip().splitlines() or ["it said nothing"]
        raise IngestError(f"{name} failed: {lines[0].removeprefix(f'{name}: ').removeprefix('error: ')}")


def _escaped(value: str) -> str:
    return value.replace("\\", "\\\\").replace("'", "\\'")
