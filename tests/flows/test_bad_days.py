"""Runs that are cancelled, and a Postgres that goes away: nothing is lost, and people are told in a sentence."""

from __future__ import annotations

import subprocess
import sys
import threading
import time
from pathlib import Path

import psycopg
import pytest

from flows.ingest_targets.flow import ingest_targets
from ingest.errors import DatabaseUnreachable
from tests.flows.served import ROOT, Served, rows, wait_for
from tests.web.server import Web

pytestmark = pytest.mark.xdist_group("prefect")

PREFECT = Path(sys.executable).with_name("prefect")
FINAL = {"COMPLETED", "FAILED", "CRASHED", "CANCELLED"}
STOPS_WITHIN = 10.0  # seconds: what docs/operations.md promises
ARTICLES = 40  # at a second each, the default delay


def test_a_cancelled_run_stops_soon_and_loses_nothing(served: Served) -> None:
    database = served.environment["INGEST_DATABASE_URL"]
    with Web(1, ARTICLES) as web:
        deployment = served.get("/deployments/name/ingest-targets/default")
        parameters = {"targets": [web.url("/feed.rss")], "kind": "feed"}
        run = served.post(f"/deployments/{deployment['id']}/create_flow_run", {"parameters": parameters})["id"]
        of_run = f"WHERE run_id = '{run}'"
        wait_for(lambda: rows(database, f"SELECT sum(n) > 0 FROM ops.run_count {of_run}") == [(True,)])  # noqa: S608  # it is under way
        cancelled = subprocess.run([PREFECT, "flow-run", "cancel", run], env=served.environment, cwd=ROOT, check=False)
        since = time.monotonic()
        assert cancelled.returncode == 0
        wait_for(lambda: rows(database, f"SELECT state FROM ops.run {of_run}") != [("running",)])  # noqa: S608
        assert time.monotonic() - since < STOPS_WITHIN
        wait_for(lambda: served.get(f"/flow_runs/{run}")["state"]["type"] in FINAL)
        assert served.get(f"/flow_runs/{run}")["state"]["type"] == "CANCELLED"
        assert rows(database, f"SELECT state FROM ops.run {of_run}") == [("cancelled",)]  # noqa: S608
        asked = len([p for p in web.paths() if p.startswith("/news/") or "article" in p])
        assert asked < ARTICLES
        loaded = rows(database, f"SELECT count(*), count(DISTINCT url) FROM news.article WHERE first_run_id = '{run}'")  # noqa: S608
        assert loaded[0][0] == loaded[0][1] > 0


def test_a_postgres_that_stays_away_fails_the_run_in_a_sentence_and_the_next_one_completes_it(
    here: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The database refuses connections after the first batch: the batch is tried again, then the run gives up."""
    from flows import batch

    monkeypatch.setattr(batch, "RETRY_SECONDS", [0.1, 0.1, 0.1])  # a minute in real life
    monkeypatch.setenv("INGEST_DATABASE_CONNECT_SECONDS", "1")
    story = "<p>The ministers met in the capital on Monday, and both sides said that the talks would go on for weeks.</p>" * 4
    for i in range(60):
        (tmp_path / f"{i:02}.html").write_text(f"<article><h1>Story number {i} of the day</h1>{story}<p>It was meeting {i}.</p></article>")
    name = here.split("?", maxsplit=1)[0].rpartition("/")[2]
    admin = here.replace(f"/{name}?", "/postgres?")

    def cut_off() -> None:
        wait_for(lambda: rows(here, "SELECT count(*) FROM news.article")[0][0] >= 20)
        with psycopg.connect(admin, autocommit=True) as connection:
            connection.execute(f"ALTER DATABASE {name} ALLOW_CONNECTIONS false")
            connection.execute("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = %s", [name])

    cutting = threading.Thread(target=cut_off)
    cutting.start()
    with pytest.raises(DatabaseUnreachable) as failure:
        ingest_targets([str(tmp_path)], batch_size=20)
    cutting.join()
    assert "\n" not in str(failure.value)
    with psycopg.connect(admin, autocommit=True) as connection:
        connection.execute(f"ALTER DATABASE {name} ALLOW_CONNECTIONS true")
    total = ingest_targets([str(tmp_path)], batch_size=20)["total"]
    assert total["found"] == 60
    assert 20 <= total["unchanged"] < 60
    assert rows(here, "SELECT count(*), count(DISTINCT title) FROM news.article") == [(60, 60)]
    assert rows(here, "SELECT state FROM ops.run ORDER BY started_at") == [("crashed",), ("completed",)]
