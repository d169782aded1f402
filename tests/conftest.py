from __future__ import annotations

import itertools
import os
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest
from sqlalchemy import Engine

from ingest.settings import Settings
from ingest.store.embedded import Embedded
from ingest.store.engine import open_engine

_numbers = itertools.count(1)
TEMPLATE = "migrated"


def _in_database(url: str, name: str) -> str:
    return url.replace("/news?", f"/{name}?")


def _execute(url: str, statement: str) -> None:
    with psycopg.connect(_in_database(url, "postgres"), autocommit=True) as connection:
        connection.execute(statement)


@pytest.fixture(scope="session")
def server_url() -> Iterator[str]:
    """One embedded server for this process, with a migrated database to copy; gone afterwards."""
    home = Path(tempfile.mkdtemp(prefix="news-"))
    embedded = Embedded(home)
    with embedded.using() as url:
        _execute(url, f"CREATE DATABASE {TEMPLATE}")
        with open_engine(Settings(home=home, database_url=_in_database(url, TEMPLATE))):
            pass
        yield url
    embedded.stop(force=True)
    shutil.rmtree(home)


def _database(server_url: str, template: str) -> Iterator[str]:
    name = f"test_{next(_numbers)}"
    _execute(server_url, f"CREATE DATABASE {name} TEMPLATE {template}")
    yield _in_database(server_url, name)
    _execute(server_url, f"DROP DATABASE {name} WITH (FORCE)")


@pytest.fixture
def database_url(server_url: str) -> Iterator[str]:
    """A fresh database with the newest schema."""
    yield from _database(server_url, TEMPLATE)


@pytest.fixture
def empty_database_url(server_url: str) -> Iterator[str]:
    """A fresh database with nothing in it."""
    yield from _database(server_url, "template1")


@pytest.fixture
def engine(database_url: str) -> Iterator[Engine]:
    """An engine on a fresh database with the newest schema."""
    with open_engine(Settings(database_url=database_url)) as opened:
        yield opened


@pytest.fixture
def cli_env(empty_database_url: str, tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """An environment for the command: a fresh empty database, and a home that nothing else uses."""
    inherited = {k: v for k, v in os.environ.items() if not k.startswith(("INGEST_", "PG"))}
    return inherited | {"INGEST_DATABASE_URL": empty_database_url, "INGEST_HOME": str(tmp_path_factory.mktemp("home"))}
