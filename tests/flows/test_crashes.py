"""What becomes of runs when all of it ends: by a power cut, when everything is killed at once, and by a service manager's order."""

from __future__ import annotations

import os
import signal
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from flows.deployments import POLL_FEEDS
from ingest.settings import Settings
from ingest.store.engine import open_engine
from ingest.store.sources import follow
from ingest.web import FollowedSource
from tests.flows.served import DEADLINE, Served, deployment_exists, descendants, free_port, rows, settings_of, start_serving, wait_for
from tests.web.server import Web

pytestmark = pytest.mark.xdist_group("prefect")

ARTICLES = 40  # at a second each, the default delay: a run that is under way for long enough


@contextmanager
def serving(home: Path, database: str, end_by: signal.Signals) -> Iterator[Served]:
    port = free_port()
    environment = settings_of(home, INGEST_DATABASE_URL=database, INGEST_ALLOW_PRIVATE_ADDRESSES="true")
    with start_serving(environment, port) as process:
        api = f"http://127.0.0.1:{port}/api"
        try:
            wait_for(lambda: process.poll() is not None or deployment_exists(api))
            assert process.poll() is None
            yield Served(api, environment)
        finally:
            for pid in [process.pid, *(descendants(process.pid) if end_by is signal.SIGKILL else [])]:
                os.kill(pid, end_by)
            process.wait(DEADLINE)


def start_poll(served: Served) -> str:
    deployment = served.get(f"/deployments/name/{POLL_FEEDS.flow}/default")["id"]
    run: str = served.post(f"/deployments/{deployment}/create_flow_run", {})["id"]
    return run


def state_of(served: Served, run: str) -> str:
    state: str = served.get(f"/flow_runs/{run}")["state"]["type"]
    return state


def test_what_was_killed_is_closed_and_keeps_nobody_from_running_and_an_order_to_end_ends_runs_in_order(
    database_url: str, tmp_path: Path
) -> None:
    with Web(1, ARTICLES) as web:
        with open_engine(Settings(database_url=database_url)) as engine:
            follow(engine, FollowedSource(slug="post.example", name="Post", homepage=None, feeds=(web.url("/feed.rss"),)))
        with serving(tmp_path, database_url, signal.SIGKILL) as served:
            killed = start_poll(served)
            wait_for(lambda: rows(database_url, "SELECT count(*) > 0 FROM news.article") == [(True,)])
            assert state_of(served, killed) == "RUNNING"
        loaded = rows(database_url, "SELECT count(*) FROM news.article")
        assert loaded < [(ARTICLES,)]
        with serving(tmp_path, database_url, signal.SIGTERM) as served:
            wait_for(lambda: state_of(served, killed) != "RUNNING")
            assert state_of(served, killed) == "CRASHED"
            assert rows(database_url, f"SELECT state FROM ops.run WHERE run_id = '{killed}'") == [("crashed",)]  # noqa: S608
            following = start_poll(served)  # one at a time: it would be dropped while the killed one kept its place
            wait_for(lambda: state_of(served, following) not in {"SCHEDULED", "PENDING"})
            assert state_of(served, following) == "RUNNING"
            wait_for(lambda: rows(database_url, "SELECT count(*) FROM news.article") > loaded)
        assert rows(database_url, f"SELECT state FROM ops.run WHERE run_id = '{following}'") == [("cancelled",)]  # noqa: S608
    assert rows(database_url, "SELECT count(*) = count(DISTINCT url) FROM news.article") == [(True,)]
