from __future__ import annotations

import os
from collections.abc import Iterator

import pytest

from tests.web.server import Web


@pytest.fixture
def web() -> Iterator[Web]:
    """One site with three articles."""
    with Web(1, 3) as served:
        yield served


@pytest.fixture
def no_database(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """An environment for commands that fetch from the test web: no waiting, a home of its own, a database that does not answer."""
    inherited = {k: v for k, v in os.environ.items() if not k.startswith(("INGEST_", "PG"))}
    return inherited | {
        "INGEST_DATABASE_URL": "postgresql://nobody@127.0.0.1:1/none",
        "INGEST_HOME": str(tmp_path_factory.mktemp("home")),
        "INGEST_ALLOW_PRIVATE_ADDRESSES": "true",
        "INGEST_HOST_DELAY_SECONDS": "0",
        "INGEST_HOST_LEASE_SECONDS": "2",
        "INGEST_JOBS": "1",
        "COLUMNS": "140",
    }


@pytest.fixture
def web_env(no_database: dict[str, str], database_url: str) -> dict[str, str]:
    """The same with a fresh migrated database."""
    return no_database | {"INGEST_DATABASE_URL": database_url}
