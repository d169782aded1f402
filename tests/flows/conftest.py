from __future__ import annotations

import signal
import subprocess
from collections.abc import Iterator

import psycopg
import pytest
from prefect.settings import PREFECT_API_URL, PREFECT_LOGGING_TO_API_ENABLED, temporary_settings

from tests.flows.served import DEADLINE, Served, alive, deployment_exists, descendants, free_port, settings_of, start_serving, wait_for


@pytest.fixture(scope="session")
def served(server_url: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    """One server and deployment for these tests; leaving proves that an interrupt leaves no process behind."""
    home = tmp_path_factory.mktemp("prefect")
    port = free_port()
    with psycopg.connect(server_url.replace("/news?", "/postgres?"), autocommit=True) as connection:
        connection.execute("CREATE DATABASE served")
    environment = settings_of(
        home,
        INGEST_DATABASE_URL=server_url.replace("/news?", "/served?"),
        INGEST_ALLOW_PRIVATE_ADDRESSES="true",  # of the test web
    )
    with start_serving(environment, port, stderr=subprocess.PIPE) as process:
        api = f"http://127.0.0.1:{port}/api"
        try:
            wait_for(lambda: process.poll() is not None or deployment_exists(api))
            assert process.poll() is None, process.stderr and process.stderr.read()
            yield Served(api, environment | {"PREFECT_API_URL": api})
        finally:
            children = descendants(process.pid)
            process.send_signal(signal.SIGINT)
            _, errors = process.communicate(timeout=DEADLINE)
    assert process.returncode in {0, 130}
    assert "Traceback" not in errors.partition("Pausing all deployments")[2]  # before it, runs that failed as they should have theirs
    assert children
    wait_for(lambda: not any(alive(pid) for pid in children))


@pytest.fixture
def here(served: Served, database_url: str, monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    """Flows that are called in this process report to the server and load into a database of their own."""
    monkeypatch.setenv("INGEST_DATABASE_URL", database_url)
    with temporary_settings({PREFECT_API_URL: served.api, PREFECT_LOGGING_TO_API_ENABLED: False}):
        yield database_url
