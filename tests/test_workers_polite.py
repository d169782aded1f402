"""Several workers, each a process of its own, on one database: measured at the server, they are as polite as one."""

from __future__ import annotations

import json
import signal
import subprocess
from collections import Counter
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path

import pytest

from ingest.settings import Settings
from ingest.store.engine import open_engine
from ingest.store.sources import follow
from ingest.web import FollowedSource
from tests.cli.commands import INGEST, Environment, rows
from tests.web.server import Web

DELAY = 0.2  # seconds
TOLERANCE = 0.03  # seconds that a request may travel faster than the one before it
WORKERS = 3
SITES, ARTICLES = 4, 8


@pytest.fixture
def web() -> Iterator[Web]:
    with Web(SITES, ARTICLES) as served:
        yield served


@pytest.fixture
def environment(database_url: str, web: Web, tmp_path: Path) -> Environment:
    """One in which every site's feed is followed; it names all of the site's articles but the oldest."""
    with open_engine(Settings(database_url=database_url)) as engine:
        for number, site in enumerate(web.sites):
            site.feed_length = len(site.articles) - 1
            follow(engine, FollowedSource(f"site-{number}.example", f"Site {number}", f"{site.base}/", (f"{site.base}/feed.rss",)))
    return {
        "INGEST_DATABASE_URL": database_url,
        "INGEST_HOME": str(tmp_path),
        "INGEST_ALLOW_PRIVATE_ADDRESSES": "true",
        "INGEST_HOST_DELAY_SECONDS": str(DELAY),
        "INGEST_HOST_CONCURRENCY": "2",
        "INGEST_HOST_LEASE_SECONDS": "2",
        "INGEST_BATCH_SIZE": "2",
        "INGEST_JOBS": "1",
    }


def worker(environment: Environment, *arguments: str) -> subprocess.Popen[str]:
    return subprocess.Popen([INGEST, *arguments, "--json"], env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)


def new(process: subprocess.Popen[str]) -> int:
    """How many articles a worker added, once it has ended."""
    out, errors = process.communicate(timeout=60)
    assert process.returncode == 0, errors
    return int(json.loads(out)["total"]["new"])


def shortest_gap(web: Web) -> float:
    """The shortest time between two requests to the same site."""
    asked = [[r for r in web.requests if r.address == site.address] for site in web.sites]
    return min(later.at - earlier.at + earlier.late for requests in asked for earlier, later in pairwise(requests))


def pages_asked(web: Web) -> Counter[tuple[str, str]]:
    return Counter((r.address, r.path) for r in web.requests if r.path.startswith("/news/"))


def loaded(environment: Environment) -> list[str]:
    return sorted(url for (url,) in rows(environment, "SELECT url FROM news.article"))


def everything(web: Web) -> list[str]:
    return sorted(site.base + article.path for site in web.sites for article in site.articles)


def test_many_workers_are_as_polite_as_one_and_load_everything_once(web: Web, environment: Environment) -> None:
    """Half of them poll; the others are named pages of the very same hosts."""
    polls = [worker(environment, "poll") for _ in range(WORKERS)]
    oldest = [site.base + site.articles[-1].path for site in web.sites]
    runs = [worker(environment, "run", *oldest[::2]), worker(environment, "run", *oldest[1::2])]
    counts = [new(process) for process in (*polls, *runs)]
    assert sum(counts) == SITES * ARTICLES
    assert counts[WORKERS:] == [2, 2]
    assert loaded(environment) == everything(web)
    assert set(pages_asked(web).values()) == {1}
    assert shortest_gap(web) > DELAY - TOLERANCE
    assert rows(environment, "SELECT count(*) FROM ops.host_lease WHERE holder IS NOT NULL") == [(0,)]


def test_what_a_killed_worker_left_is_taken_over_by_one_that_works(web: Web, environment: Environment) -> None:
    killed = worker(environment, "poll", "site-0.example", "site-1.example")
    while not rows(environment, "SELECT FROM news.article"):
        assert killed.poll() is None
    other = worker(environment, "poll", "--due")  # the other sites' feeds, and then whatever the queue holds
    while len({r.address for r in web.requests}) < SITES:
        assert other.poll() is None
    killed.send_signal(signal.SIGKILL)
    killed.communicate(timeout=10)
    assert len(loaded(environment)) < SITES * (ARTICLES - 1)
    new(other)
    assert set(loaded(environment)) == set(everything(web)) - {site.base + site.articles[-1].path for site in web.sites}
    assert shortest_gap(web) > DELAY - TOLERANCE
    assert rows(environment, "SELECT count(*) FROM ops.url_task WHERE state <> 'done'") == [(0,)]
