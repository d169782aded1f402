"""Backfills with one worker and with two; and what more loaders give at one Postgres.

    python -m benchmarks.backfill [--pages 5000] [--rounds 1]
    python -m benchmarks.backfill --loaders 1 2 4 [--articles 3000]

Backfills: a WARC file of made-up pages in sixteen parts, through `ingest backfill` and through the flow (Dask's workers on this machine, a
Prefect server beside them), by the run's own row in ops.run. Postgres, the server and the workers share this machine.
Loaders: articles that are extracted beforehand, loaded by so many processes at once; with what sessions of Postgres waited for, and what it
wrote to its log.
"""

from __future__ import annotations

import argparse
import multiprocessing
import os
import shutil
import subprocess
import sys
import tempfile
import threading
import time
from collections import Counter
from pathlib import Path
from statistics import median
from typing import TYPE_CHECKING, Any

import psycopg

from benchmarks.flows import INGEST, emptied, environment, served
from benchmarks.loading import truncate
from benchmarks.made_pages import pages, write_pages
from benchmarks.warc import gzip_record
from ingest.fetch.files import read_file
from ingest.model import Candidate, Limits, Page, PageResult
from ingest.settings import Settings
from ingest.store.embedded import Embedded
from ingest.store.engine import open_engine
from ingest.store.load import load_batch
from ingest.store.packing import pack
from ingest.store.runs import running
from ingest.workers import extract_pages

if TYPE_CHECKING:
    from multiprocessing.synchronize import Barrier
    from uuid import UUID

    from sqlalchemy import Engine

_PARTS = 16
_LOOK_SECONDS = 0.02
_LOG = "SELECT pg_current_wal_lsn() - '0/0'"
_CALL = "import sys; from flows.backfill.flow import backfill; backfill([sys.argv[1]], workers=int(sys.argv[2]))"


def write_archive(file: Path, count: int) -> None:
    """A WARC file of made-up pages, a gzip member a record."""
    with file.open("wb") as archive:
        for number, body in enumerate(pages(count)):
            answer = b"HTTP/1.1 200 OK\r\nContent-Type: text/html; charset=utf-8\r\n\r\n" + body
            url = f"https://site{number}.example/story-{number}"
            archive.write(gzip_record("response", url, "application/http; msgtype=response", answer))


def rate(url: str, flow_name: str, count: int) -> float:
    """Pages a second of the last run, by its row."""
    query = "SELECT extract(epoch FROM finished_at - started_at) FROM ops.run WHERE flow_name = %s ORDER BY started_at DESC"
    with psycopg.connect(url) as connection:
        [[new]] = connection.execute("SELECT sum(new_articles) FROM ops.shard WHERE state = 'done'").fetchall()
        row = connection.execute(query, [flow_name]).fetchone()
    if new != count or row is None:
        raise SystemExit(f"{new} of {count} pages were loaded.")
    return count / float(row[0])


def backfills(count: int, rounds: int) -> None:
    """One worker and two, in turns."""
    home = Path(tempfile.mkdtemp(prefix="backfill-"))
    archive = home / "news.warc.gz"
    write_archive(archive, count)
    own = environment(home) | {"INGEST_SHARD_BYTES": str(archive.stat().st_size // _PARTS + 1)}
    print(f"{count:,} pages, {archive.stat().st_size / 1e6:,.0f} MB, {_PARTS} parts; {os.cpu_count()} processors for everything")
    try:
        subprocess.run([INGEST, "db", "start"], env=own, check=True, capture_output=True)
        url = subprocess.run([INGEST, "db", "url"], env=own, check=True, capture_output=True, text=True).stdout.strip()
        subprocess.run([INGEST, "db", "status"], env=own, check=True, capture_output=True)
        with served(own) as api:
            ways: dict[str, tuple[list[str], str]] = {
                "ingest backfill": ([str(INGEST), "backfill", str(archive), "--workers"], "ingest backfill"),
                "the flow": ([sys.executable, "-c", _CALL, str(archive)], "backfill"),
            }
            for way, (command, flow_name) in ways.items():
                rates: dict[int, list[float]] = {1: [], 2: []}
                for _ in range(rounds):
                    for workers, had in rates.items():
                        emptied(url)
                        with psycopg.connect(url) as connection:
                            connection.execute("TRUNCATE ops.shard")
                        subprocess.run([*command, str(workers)], env=own | {"PREFECT_API_URL": api}, check=True, capture_output=True)
                        had.append(rate(url, flow_name, count))
                one, two = median(rates[1]), median(rates[2])
                print(f"{way:16} 1 worker {one:6.0f} pages/s   2 workers {two:6.0f} pages/s   ratio {two / one:.2f}", flush=True)
    finally:
        subprocess.run([INGEST, "db", "stop", "--force"], env=own, check=False, capture_output=True)
        shutil.rmtree(home)


def _load(url: str, run_id: UUID, folder: Path, share: tuple[int, int], start: Barrier) -> None:
    first, step = share
    files = sorted(folder.iterdir())[first::step]
    read = [read_file(Candidate(f.as_uri(), f.name), Limits()) for f in files]
    results: list[PageResult] = extract_pages([page for page in read if isinstance(page, Page)], Limits(), pack)
    with open_engine(Settings(database_url=url)) as engine:
        start.wait()
        batch = Settings().batch_size
        for position in range(0, len(results), batch):
            load_batch(engine, run_id, results[position : position + batch])
        start.wait()


def _watched(url: str, stop: threading.Event, waits: Counter[str]) -> None:
    query = """SELECT coalesce(wait_event_type || ':' || wait_event, 'running') FROM pg_stat_activity
               WHERE state = 'active' AND pid <> pg_backend_pid() AND datname = current_database()"""
    with psycopg.connect(url, autocommit=True) as connection:
        while not stop.wait(_LOOK_SECONDS):
            waits.update(str(row[0]) for row in connection.execute(query))


def _figure(url: str, what: str) -> int:
    with psycopg.connect(url) as connection:
        row: Any = connection.execute(what).fetchone()  # type: ignore[call-overload, unused-ignore]
    return int(row[0])


def loaders(articles: int, counts: list[int]) -> None:
    """As many processes as each count says."""
    home = Path(tempfile.mkdtemp(prefix="loaders-"))
    embedded = Embedded(home / "home")
    write_pages(home / "pages", articles)
    print(f"{articles:,} articles; {os.cpu_count()} processors for Postgres and loaders")
    try:
        with embedded.using() as url, open_engine(Settings(home=home, database_url=url)) as engine:
            for count in counts:
                truncate(engine)
                _loaded(engine, url, home / "pages", articles, count)
            size = _figure(url, "SELECT pg_database_size(current_database())")
            print(f"the database has {size / articles / 1e3:.1f} kB an article, indexes and pages included")
    finally:
        embedded.stop(force=True)
        shutil.rmtree(home)


def _loaded(engine: Engine, url: str, folder: Path, articles: int, count: int) -> None:
    """All load for one run, as the workers of a backfill do."""
    context = multiprocessing.get_context("spawn")
    start = context.Barrier(count + 1)
    waits, stop = Counter[str](), threading.Event()
    watcher = threading.Thread(target=_watched, args=(url, stop, waits))
    with running(engine, kind="backfill", flow_name="benchmark") as run_id:
        work = [context.Process(target=_load, args=(url, run_id, folder, (n, count), start)) for n in range(count)]
        for process in work:
            process.start()
        start.wait()
        log = _figure(url, _LOG)
        watcher.start()
        begun = time.perf_counter()
        start.wait()
        seconds = time.perf_counter() - begun
        stop.set()
        watcher.join()
        log = _figure(url, _LOG) - log
        for process in work:
            process.join()
    looks = waits.total() or 1
    told = ", ".join(f"{name} {n / looks:.0%}" for name, n in waits.most_common(5))
    print(f"{count} loaders {articles / seconds:6.0f} articles/s, {log / articles / 1e3:5.1f} kB of WAL an article; {told}", flush=True)


def main() -> None:
    """Backfills, or loaders."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--pages", type=int, default=5_000)
    parser.add_argument("--rounds", type=int, default=1)
    parser.add_argument("--loaders", type=int, nargs="+", metavar="N", help="processes that only load, in place of backfills")
    parser.add_argument("--articles", type=int, default=3_000)
    arguments = parser.parse_args()
    if arguments.loaders:
        loaders(arguments.articles, arguments.loaders)
    else:
        backfills(arguments.pages, arguments.rounds)


if __name__ == "__main__":
    main()
