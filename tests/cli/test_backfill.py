"""`ingest backfill`: parts, processes, interruptions."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any
from uuid import uuid4

import psycopg
import pytest

from ingest.backfill import _load_in
from ingest.discover.shards import Shard
from ingest.processes import Worker, WorkerDied
from tests.discover.test_warc import answer, one_member_a_record, record
from tests.store.held import HELD, hold_article
from tests.web.server import Web

INGEST = Path(sys.executable).with_name("ingest")
DEADLINE = 60.0  # seconds
PAGES = 120
DONE = "SELECT count(*), sum(pages), sum(new_articles), max(tries) FROM ops.shard WHERE state = 'done'"
OTHERS = """SELECT FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()
            AND application_name = 'news-ingest'"""
Environment = dict[str, str]


def ingest(environment: Environment, *arguments: str | Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run([INGEST, "backfill", *arguments], env=environment, capture_output=True, text=True, check=False)


def rows(environment: Environment, query: str) -> list[tuple[Any, ...]]:
    with psycopg.connect(environment["INGEST_DATABASE_URL"]) as connection:
        return connection.execute(query).fetchall()  # type: ignore[call-overload, no-any-return, unused-ignore]


def wait_until(condition: Callable[[], bool]) -> None:
    end = time.monotonic() + DEADLINE
    while not condition():
        assert time.monotonic() < end, "it did not come about"
        time.sleep(0.02)


def page(number: int) -> bytes:
    story = "".join(f"<p>The council of town {number} met for the {n}th time and voted on the budget of the year.</p>" for n in range(6))
    return f"<html><body><article><h1>Council of town {number} votes</h1>{story}</article></body></html>".encode()


@pytest.fixture
def archive(tmp_path: Path) -> Path:
    file = tmp_path / "news.warc.gz"
    file.write_bytes(one_member_a_record([record(answer(page(n)), url=f"https://post.example/town-{n}") for n in range(PAGES)]))
    return file


@pytest.fixture
def environment(cli_env: Environment) -> Environment:
    return cli_env | {"INGEST_SHARD_BYTES": "8000", "INGEST_SHARD_PAGES": "10", "INGEST_BATCH_SIZE": "8"}


def test_an_archive_is_loaded_once_by_several_processes(environment: Environment, archive: Path) -> None:
    done = ingest(environment, archive, "--workers", "2", "--json")
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout)["total"]["new"] == PAGES
    assert rows(environment, "SELECT count(*), count(DISTINCT url) FROM news.article") == [(PAGES, PAGES)]
    [(parts, pages, new, tries)] = rows(environment, DONE)
    assert (pages, new, tries) == (PAGES, PAGES, 1)
    assert parts > 2
    assert rows(environment, "SELECT kind, state FROM ops.run") == [("backfill", "completed")]
    again = ingest(environment, archive)
    assert (again.returncode, again.stdout) == (0, "Nothing to load: the parts that there are, are done (--again does them anew).\n")
    assert f"0 parts to load, {parts} done before" in again.stderr
    anew = json.loads(ingest(environment, archive, "--again", "--json").stdout)["total"]
    assert (anew["new"], anew["found"]) == (0, PAGES)


@pytest.mark.parametrize("how", [signal.SIGINT, signal.SIGKILL])
def test_an_interrupted_backfill_goes_on_where_it_was(environment: Environment, archive: Path, how: signal.Signals) -> None:
    command: list[str | Path] = [INGEST, "backfill", archive, "--workers", "2"]
    with subprocess.Popen(
        command, env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True, start_new_session=True
    ) as process:
        wait_until(lambda: bool(rows(environment, "SELECT to_regclass('ops.shard') IS NOT NULL")[0][0]))
        wait_until(lambda: rows(environment, "SELECT count(*) > 0 FROM ops.shard WHERE state = 'done'") == [(True,)])
        process.send_signal(how)
        _, errors = process.communicate(timeout=DEADLINE)
    if how == signal.SIGINT:
        assert process.returncode in {0, 130}  # it may have been done by then
        assert "Traceback" not in errors
    loaded = rows(environment, "SELECT sum(pages) FROM ops.shard WHERE state = 'done'")[0][0]
    wait_until(lambda: not rows(environment, OTHERS))
    rest = json.loads(ingest(environment, archive, "--json").stdout)["total"]
    assert rest["found"] == PAGES - loaded
    assert rows(environment, "SELECT count(*), count(DISTINCT url) FROM news.article") == [(PAGES, PAGES)]
    assert rows(environment, "SELECT DISTINCT state FROM ops.shard") == [("done",)]


@pytest.mark.parametrize(("order", "code", "state"), [(signal.SIGINT, 130, "cancelled"), (signal.SIGTERM, -signal.SIGTERM, "crashed")])
def test_an_order_to_end_is_obeyed_within_ten_seconds_also_by_a_part_that_waits(
    environment: Environment, database_url: str, archive: Path, order: signal.Signals, code: int, state: str
) -> None:
    environment |= {"INGEST_DATABASE_URL": database_url}
    with psycopg.connect(database_url) as holder:
        hold_article(holder, f"/town-{PAGES - 1}")
        with subprocess.Popen(
            [INGEST, "backfill", archive, "--workers", "2"],
            env=environment,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            text=True,
            preexec_fn=hear_interrupts,  # noqa: PLW1509  # no thread runs yet that could hold a lock
        ) as process:
            wait_until(lambda: rows(environment, HELD) == [(1,)])
            process.send_signal(order)
            _, errors = process.communicate(timeout=10)
        assert process.returncode == code
        assert "Traceback" not in errors
    wait_until(lambda: not rows(environment, OTHERS))
    [(loaded,)] = rows(environment, "SELECT coalesce(sum(pages), 0) FROM ops.shard WHERE state = 'done'")
    assert loaded < PAGES
    rest = json.loads(ingest(environment, archive, "--json").stdout)["total"]
    assert rest["found"] == PAGES - loaded
    assert rows(environment, "SELECT count(*), count(DISTINCT url) FROM news.article") == [(PAGES, PAGES)]
    assert rows(environment, "SELECT state FROM ops.run ORDER BY started_at") == [(state,), ("completed",)]


def hear_interrupts() -> None:
    """A shell that starts the tests in the background has them ignore Ctrl-C, and their children after them."""
    signal.signal(signal.SIGINT, signal.SIG_DFL)


def test_a_worker_that_is_killed_costs_nothing(environment: Environment, archive: Path) -> None:
    with subprocess.Popen(
        [INGEST, "backfill", archive, "--workers", "2"], env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE
    ) as process:
        wait_until(lambda: bool(rows(environment, "SELECT to_regclass('ops.shard') IS NOT NULL")[0][0]))
        wait_until(lambda: rows(environment, "SELECT count(*) > 0 FROM ops.shard WHERE state = 'done'") == [(True,)])
        children = Path(f"/proc/{process.pid}/task/{process.pid}/children").read_text().split()
        workers = [pid for pid in children if b"spawn_main" in Path(f"/proc/{pid}/cmdline").read_bytes()]
        for pid in workers[:1]:
            os.kill(int(pid), signal.SIGKILL)
        process.communicate(timeout=DEADLINE)
    assert process.returncode == 0
    assert rows(environment, "SELECT count(*), count(DISTINCT url) FROM news.article") == [(PAGES, PAGES)]
    assert rows(environment, "SELECT DISTINCT state FROM ops.shard") == [("done",)]


def test_a_part_that_kills_its_workers_is_given_up_by_itself() -> None:
    deadly, tries = Shard(b"key", "archive.warc", "part 1"), []

    class Dying(Worker):
        def __init__(self) -> None:
            """Without a process."""

        def call(self, _function: object, work: object) -> None:  # type: ignore[override]
            tries.append(work)
            raise WorkerDied

    result = _load_in(Dying(), (deadly, uuid4()))
    assert (result.shard, result.tallies, len(tries)) == (deadly, [], 3)
    assert result.error == "The processes that loaded it died, 3 of them."


def test_a_sitemap_by_dates(environment: Environment) -> None:
    environment |= {"INGEST_ALLOW_PRIVATE_ADDRESSES": "true", "INGEST_HOST_DELAY_SECONDS": "0"}
    with Web(1, 12) as web:
        dates = sorted(a.published for a in web.sites[0].articles)
        until = dates[6].isoformat()
        done = ingest(environment, web.url("/sitemap.xml"), "--until", until, "--json")
        assert done.returncode == 0, done.stderr
        assert json.loads(done.stdout)["total"]["new"] == sum(d < dates[6] for d in dates)
        rest = json.loads(ingest(environment, web.url("/sitemap.xml"), "--json").stdout)["total"]
    assert rest["new"] == sum(d >= dates[6] for d in dates)
    assert rows(environment, "SELECT count(*) FROM news.article") == [(12,)]


def test_a_part_that_fails_fails_the_run_and_the_same_command_does_it(environment: Environment, archive: Path) -> None:
    assert ingest(environment, archive).returncode == 0
    refuse = """CREATE FUNCTION refuse() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE EXCEPTION 'no room'; END $$;
        CREATE TRIGGER refuse BEFORE UPDATE ON news.article FOR EACH ROW EXECUTE FUNCTION refuse();"""
    with psycopg.connect(environment["INGEST_DATABASE_URL"]) as connection:
        connection.execute(refuse)
    failed = ingest(environment, archive, "--again")
    assert failed.returncode == 1
    assert "no room" in failed.stderr
    last = "SELECT state FROM ops.run ORDER BY started_at DESC LIMIT 1"
    assert rows(environment, last) == [("failed",)]
    with psycopg.connect(environment["INGEST_DATABASE_URL"]) as connection:
        connection.execute("DROP TRIGGER refuse ON news.article")
    assert ingest(environment, archive).returncode == 0
    assert rows(environment, last) == [("completed",)]


def test_wrong_usage(environment: Environment, tmp_path: Path) -> None:
    gone = ingest(environment, tmp_path / "gone.warc.gz")
    assert gone.returncode == 2
    assert "gone.warc.gz" in gone.stderr
    assert ingest(environment, tmp_path, "--since", "soon").returncode == 2
