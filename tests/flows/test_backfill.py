"""The flow `backfill`, over Dask's workers, against a real Prefect server."""

from __future__ import annotations

import gzip
import json
import os
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any
from uuid import uuid4

import psycopg
import pytest
from prefect.client.orchestration import get_client
from prefect.logging import disable_run_logger

from flows.backfill import parts
from flows.backfill.flow import PartsFailed, backfill
from ingest.backfill import BackfillPlan, plan_shards
from ingest.errors import UsageError
from ingest.settings import Settings
from ingest.store.engine import open_engine
from ingest.store.runs import finish_run, start_run
from tests.flows.served import ROOT, Served, alive, descendants, hear_interrupts, rows, wait_for
from tests.store.held import HELD, hold_article

pytestmark = pytest.mark.xdist_group("prefect")

PAGES = 24
STORY = "The ministers met in the capital on Monday to discuss the treaty, and both sides said that talks would go on. "


def page(number: int) -> bytes:
    story = "".join(f"<p>{STORY}It was meeting number {number} of the year, round {i}.</p>" for i in range(4))
    return (
        f"<!doctype html><html lang=en><head><title>Meeting {number}</title>"
        f'<link rel=canonical href="https://gazette.example/meeting-{number}"></head>'
        f"<body><article><h1>Meeting {number}</h1>{story}</article></body></html>"
    ).encode()


def member(number: int) -> bytes:
    block = b"HTTP/1.1 200 OK\r\nContent-Type: text/html; charset=utf-8\r\n\r\n" + page(number)
    head = (
        "WARC/1.0\r\nWARC-Type: response\r\nWARC-Date: 2026-03-01T10:20:30Z\r\n"
        f"WARC-Target-URI: https://gazette.example/meeting-{number}\r\n"
        f"Content-Type: application/http; msgtype=response\r\nContent-Length: {len(block)}\r\n\r\n"
    )
    return gzip.compress(head.encode() + block + b"\r\n\r\n")


@pytest.fixture
def archive(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    """A WARC file of four parts."""
    monkeypatch.setattr(parts.load_part, "retries", 0)  # they wait for a minute
    file = tmp_path / "news.warc.gz"
    data = b"".join(member(n) for n in range(PAGES))
    file.write_bytes(data)
    monkeypatch.setenv("INGEST_HOME", str(tmp_path / "home"))
    monkeypatch.setenv("INGEST_SHARD_BYTES", str(len(data) // 4 + 1))
    return str(file)


def artifacts(database: str) -> dict[str, Any]:
    run_id = rows(database, "SELECT run_id FROM ops.run WHERE flow_name = 'backfill' ORDER BY started_at DESC LIMIT 1")[0][0]
    with get_client(sync_client=True) as client:
        return {a.key or "": a.data for a in client.read_artifacts(sort=None, limit=200) if a.flow_run_id == run_id}


def test_parts_are_loaded_by_workers_once_and_the_run_shows_it(here: str, archive: str) -> None:
    done = backfill([archive], workers=2)
    assert (done["total"]["found"], done["total"]["new"]) == (PAGES, PAGES)
    assert done["parts"] == {"done": 4, "done_before": 0, "skipped": 0}
    assert rows(here, "SELECT kind, state FROM ops.run WHERE flow_name = 'backfill'") == [("backfill", "completed")]
    assert rows(here, "SELECT state, sum(new_articles)::int, count(DISTINCT run_id) FROM ops.shard GROUP BY 1") == [("done", PAGES, 1)]
    assert rows(here, "SELECT count(*), count(DISTINCT url) FROM news.article") == [(PAGES, PAGES)]
    shown = artifacts(here)
    assert json.loads(str(shown["backfill"]).replace("'", '"'))[-1]["new"] == PAGES
    assert float(shown["backfill-progress"]) == 100.0
    again = backfill([archive], workers=2)
    assert (again["parts"], again["total"]["found"]) == ({"done": 0, "done_before": 4, "skipped": 0}, 0)
    assert backfill([archive], workers=2, again=True)["total"]["unchanged"] == PAGES


def test_a_cluster_that_is_there_already_is_used(here: str, archive: str, caplog: pytest.LogCaptureFixture) -> None:
    from distributed import LocalCluster

    with LocalCluster(n_workers=1, threads_per_worker=1, dashboard_address=None) as cluster:
        done = backfill([archive], address=cluster.scheduler_address)
        assert f"existing Dask cluster at {cluster.scheduler_address}" in caplog.text
    assert done["total"]["new"] == PAGES
    assert rows(here, "SELECT count(*) FROM news.article") == [(PAGES,)]


FAILS_ON_ONE = """
CREATE FUNCTION refuse() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
  IF new.url LIKE '%/meeting-0' THEN RAISE EXCEPTION 'no room for it'; END IF;
  RETURN new;
END $$;
CREATE TRIGGER refuse BEFORE INSERT ON news.article FOR EACH ROW EXECUTE FUNCTION refuse();
"""


def test_a_part_that_fails_does_not_stop_the_others_and_is_tried_again(here: str, archive: str) -> None:
    with psycopg.connect(here) as connection:
        connection.execute(FAILS_ON_ONE)
    with pytest.raises(PartsFailed, match=r"^1 of 4 parts failed.*news\.warc\.gz, bytes 0 to .*no room for it"):
        backfill([archive], workers=2)
    assert rows(here, "SELECT state, count(*) FROM ops.shard GROUP BY 1 ORDER BY 1") == [("done", 3), ("failed", 1)]
    assert rows(here, "SELECT state FROM ops.run WHERE flow_name = 'backfill'") == [("failed",)]
    assert "no room for it" in str(artifacts(here)["backfill-failed"])
    with psycopg.connect(here) as connection:
        connection.execute("DROP TRIGGER refuse ON news.article")
    assert backfill([archive], workers=2)["parts"] == {"done": 1, "done_before": 3, "skipped": 0}
    assert rows(here, "SELECT count(*) FROM news.article") == [(PAGES,)]


def test_a_part_whose_run_is_cancelled_ends_itself(here: str, archive: str) -> None:
    """As on a cluster elsewhere, where nobody else would end it."""
    with open_engine(Settings(database_url=here)) as engine:
        run_id = uuid4()
        start_run(engine, run_id=run_id, kind="backfill", flow_name="backfill")
        shard = plan_shards(engine, Settings.from_env(), run_id, BackfillPlan([archive]), print).shards[0]
        finish_run(engine, run_id, "cancelled")
        with disable_run_logger():
            assert parts.load_part.fn("a part", (shard, run_id)).skipped
    assert rows(here, "SELECT count(*) FROM ops.shard WHERE state = 'done'") == [(0,)]


@pytest.mark.parametrize("order", [signal.SIGINT, signal.SIGTERM])
def test_an_order_to_end_is_obeyed_within_ten_seconds(served: Served, here: str, archive: str, order: signal.Signals) -> None:
    """As when the run is cancelled on the server's page, whose runner ends the flow's process by SIGTERM."""
    with psycopg.connect(here) as holder:
        hold_article(holder, "/meeting-0")
        with subprocess.Popen(
            [sys.executable, "-c", f"from flows.backfill.flow import backfill; backfill([{archive!r}])"],
            cwd=ROOT,
            env=os.environ | {"PREFECT_API_URL": served.api},
            stderr=subprocess.DEVNULL,
            preexec_fn=hear_interrupts,  # noqa: PLW1509  # no thread runs yet that could hold a lock
        ) as process:
            wait_for(lambda: rows(here, HELD) == [(1,)])
            children = descendants(process.pid)
            process.send_signal(order)
            process.wait(10)
        assert process.returncode != 0
        wait_for(lambda: not any(alive(pid) for pid in children))
    assert rows(here, "SELECT state FROM ops.run WHERE flow_name = 'backfill'") == [("cancelled",)]
    backfill([archive])
    assert rows(here, "SELECT count(*), count(DISTINCT url) FROM news.article") == [(PAGES, PAGES)]
    assert rows(here, "SELECT DISTINCT state FROM ops.shard") == [("done",)]


@pytest.mark.parametrize(
    ("wrong", "named"),
    [
        ({"targets": ["nowhere.warc.gz"]}, "nowhere.warc.gz"),
        ({"targets": ["seeds/"], "until": "2026-13-45"}, "until: 2026-13-45 is no date"),
    ],
)
def test_what_is_wrong_is_named(here: str, wrong: dict[str, Any], named: str) -> None:
    with pytest.raises(UsageError, match=named):
        backfill(**wrong)
    assert rows(here, "SELECT count(*) FROM ops.shard") == [(0,)]
