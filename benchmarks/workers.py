"""What sharing hosts costs a worker, and what a second worker brings.

    python -m benchmarks.workers
    python -m benchmarks.workers --cost

Throughput: `ingest poll` in one process and in two, over a queue of pages of many hosts that take their time to answer. Each
worker may hold only so many connections at once, so that waiting limits it, not the
processors: the web, the database and all workers share this machine.
Cost: fetching alone with polite limits off, with and without leases, in turns.
"""

from __future__ import annotations

import argparse
import contextlib
import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from statistics import median
from typing import TYPE_CHECKING

from ingest.fetch.session import FetchSession, MemoryRobotsStore
from ingest.settings import Settings
from ingest.store import write
from ingest.store.embedded import Embedded
from ingest.store.engine import open_engine
from ingest.store.feeds import claim_feeds
from ingest.store.leases import DatabaseHostLeases
from ingest.store.runs import running
from ingest.store.sources import follow
from ingest.store.tasks import enqueue
from ingest.web import Entry, FetchOptions, FollowedSource, Request

if TYPE_CHECKING:
    from sqlalchemy import Engine

_INGEST = Path(sys.executable).with_name("ingest")


@contextlib.contextmanager
def _web(sites: int, articles: int, latency_ms: int) -> Iterator[list[str]]:
    """The web in a process of its own: the sites' base URLs."""
    options = ["--sites", str(sites), "--articles", str(articles), "--latency-ms", str(latency_ms), "--page-bytes", "10000"]
    with subprocess.Popen([sys.executable, "-m", "tests.web", *options], stdin=subprocess.PIPE, stdout=subprocess.PIPE) as server:
        assert server.stdout is not None  # noqa: S101  # a pipe was asked for
        yield json.loads(server.stdout.readline())["sites"]
        server.kill()


@contextlib.contextmanager
def _database() -> Iterator[tuple[str, Engine]]:
    """A fresh embedded server."""
    with tempfile.TemporaryDirectory(prefix="news-") as folder:
        embedded = Embedded(Path(folder))
        with embedded.using() as url, open_engine(Settings(home=Path(folder), database_url=url)) as engine:
            yield url, engine
        embedded.stop(force=True)


def _queue(engine: Engine, sites: list[str], pages: int) -> None:
    """Pages that a feed has shown and that wait to be fetched; the feed itself is not due again."""
    follow(engine, FollowedSource("bench.example", "Bench", "https://bench.example/", ("https://bench.example/feed",)))
    with running(engine, kind="adhoc", flow_name="benchmark") as run_id:
        [feed] = claim_feeds(engine, run_id, due=True)
        with engine.begin() as connection:
            driver = write.driver_connection(connection)
            for site in sites:
                enqueue(driver, feed.feed_id, [Entry(f"{site}/bulk/{n}") for n in range(pages)], origin="feed", full_text=False)
            driver.execute("UPDATE ops.feed SET next_poll_at = now() + interval '1 day', lease_until = NULL")


def _poll(workers: int, sites: list[str], pages: int, connections: int) -> tuple[float, list[int]]:
    """Seconds until the last of some workers has ended, and the pages of each."""
    with _database() as (url, engine):
        _queue(engine, sites, pages)
        environment = os.environ | {
            "INGEST_DATABASE_URL": url,
            "INGEST_ALLOW_PRIVATE_ADDRESSES": "true",
            "INGEST_HOST_DELAY_SECONDS": "0",
            "INGEST_MAX_CONNECTIONS": str(connections),
            "INGEST_JOBS": "1",
        }
        command = [str(_INGEST), "poll", "--due", "--json"]
        started = time.perf_counter()
        processes = [subprocess.Popen(command, env=environment, stdout=subprocess.PIPE, text=True) for _ in range(workers)]
        shares = [json.loads(process.communicate()[0])["total"]["found"] for process in processes]
        return time.perf_counter() - started, shares


def _throughput(sites: int, pages: int, connections: int, latency_ms: int, rounds: int) -> None:
    print(f"{sites} hosts, {pages} pages each, {latency_ms} ms latency, {connections} connections a worker; {os.cpu_count()} processors")
    ratios = []
    with _web(sites, 1, latency_ms) as bases:
        for _ in range(rounds):
            seconds = []
            for workers in (1, 2):
                took, shares = _poll(workers, bases, pages, connections)
                seconds.append(took)
                print(
                    f"  {workers} worker{'s' * (workers > 1):<2}{sum(shares) / took:>8.1f} pages/s  {sum(shares):,} pages, of each {shares}"
                )
            ratios.append(seconds[0] / seconds[1])
    print(f"  ratio {median(ratios):.2f} ({min(ratios):.2f} to {max(ratios):.2f})")


def _fetch(leases: DatabaseHostLeases | None, urls: list[str]) -> float:
    options = FetchOptions(allow_private_addresses=True, host_delay_seconds=0.0, host_concurrency=8, max_connections=400)
    started = time.perf_counter()
    with FetchSession(options, MemoryRobotsStore(), leases) as session:
        for pages in session.fetch_each(((url, Request(url)) for url in urls), most=64, seconds=5.0):
            assert all(page.failure is None for _, page in pages)  # noqa: S101  # the web has no faults
    return time.perf_counter() - started


def _cost(sites: int, pages: int, rounds: int) -> None:
    print(f"{sites} hosts, {pages} pages each, 50 ms latency, limits off")
    with _web(sites, 1, 50) as bases, _database() as (_, engine):
        urls = [f"{base}/bulk/{n}" for n in range(pages) for base in bases]
        _fetch(None, urls)
        turns = [(_fetch(None, urls), _fetch(DatabaseHostLeases(engine, 30.0), urls)) for _ in range(rounds)]
    for place, name in enumerate(("alone", "sharing")):
        print(f"  {name:<8}{median(len(urls) / turn[place] for turn in turns):>8.0f} pages/s")
    ratios = sorted(without / shared for without, shared in turns)
    print(f"  ratio   {median(ratios):>8.2f} ({ratios[0]:.2f} to {ratios[-1]:.2f})")


def _main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--sites", type=int, default=200)
    parser.add_argument("--pages", type=int, help="a site; 16, and 20 with --cost")
    parser.add_argument("--connections", type=int, default=32, help="a worker")
    parser.add_argument("--latency-ms", type=int, default=600)
    parser.add_argument("--rounds", type=int)
    parser.add_argument("--cost", action="store_true", help="what leases cost, in place of what a second worker brings")
    arguments = parser.parse_args()
    if arguments.cost:
        _cost(arguments.sites, arguments.pages or 20, arguments.rounds or 7)
    else:
        _throughput(arguments.sites, arguments.pages or 16, arguments.connections, arguments.latency_ms, arguments.rounds or 1)


if __name__ == "__main__":
    _main()
