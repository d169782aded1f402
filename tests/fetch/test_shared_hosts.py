"""Sessions that share a database, measured at the server: each host is asked by one of them at a time, and at one pace."""

from __future__ import annotations

import itertools
import threading
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import replace
from itertools import pairwise

import pytest
from sqlalchemy import Engine, text

from ingest.fetch.session import FetchSession, MemoryRobotsStore
from ingest.store.leases import DatabaseHostLeases
from ingest.web import Fetched, FetchOptions, Request
from tests.fetch.sessions import OPTIONS, get_all, reason
from tests.web.server import Web
from tests.web.site import Response

DELAY = 0.15  # seconds
TOLERANCE = 0.02  # seconds that a request may travel faster than the one before it
OTHERS = replace(OPTIONS, max_retry_after_seconds=0.5, max_crawl_delay_seconds=0.5)


def sharing(engine: Engine, options: FetchOptions = OTHERS, lease: float = 60.0) -> FetchSession:
    return FetchSession(options, MemoryRobotsStore(), DatabaseHostLeases(engine, lease))


@contextmanager
def held(engine: Engine, *names: str, seconds: float = 60.0) -> Iterator[None]:
    """Another session that holds hosts and never renews: one that was killed."""
    DatabaseHostLeases(engine, seconds).take(names)
    yield


def leases(engine: Engine) -> list[tuple[str, bool]]:
    with engine.connect() as connection:
        return [
            (r.host, r.held) for r in connection.execute(text("SELECT host, holder IS NOT NULL AS held FROM ops.host_lease ORDER BY 1"))
        ]


def gaps(web: Web, site: int = 0) -> list[float]:
    times = [r.at for r in web.requests if r.address == web.sites[site].address]
    return [later - earlier for earlier, later in pairwise(times)]


def test_sessions_at_once_keep_the_delay_of_one(engine: Engine, web: Web) -> None:
    options = replace(OTHERS, host_delay_seconds=DELAY, host_concurrency=2)

    def work(number: int) -> dict[str, Fetched]:
        with sharing(engine, options) as session:
            return get_all(session, [web.url(f"/?page={number}-{n}", site) for n in range(4) for site in (0, 1)])

    with ThreadPoolExecutor(3) as threads:
        done = list(threads.map(work, range(3)))
    assert [Counter(map(reason, pages.values())) for pages in done] == [{None: 8}] * 3
    for site in (0, 1):
        assert len(gaps(web, site)) == 3 * 5 - 1  # each asks for robots.txt too
        assert min(gaps(web, site)) > DELAY - TOLERANCE
    assert {is_held for _, is_held in leases(engine)} == {False}


def test_a_host_that_another_session_keeps_is_waited_for_and_then_left(engine: Engine, web: Web) -> None:
    with held(engine, web.sites[0].address), sharing(engine, lease=0.5) as session:
        pages = get_all(session, [web.url("/", 0), web.url("/?again", 0), web.url("/", 1)])
    assert [reason(page) for _, page in sorted(pages.items())] == ["host_busy", "host_busy", None]
    assert all(page.is_busy and page.is_transient for url, page in pages.items() if url.startswith(web.sites[0].base))
    assert web.paths(0) == []


def test_what_a_killed_session_held_is_taken_over(engine: Engine, web: Web) -> None:
    with held(engine, web.sites[0].address, seconds=0.5), sharing(engine) as session:
        assert reason(session.fetch(Request(web.url("/")))) is None


def test_a_host_that_nobody_uses_is_free_before_the_session_ends(engine: Engine, web: Web) -> None:
    with sharing(engine) as one, sharing(engine) as other:
        one.fetch(Request(web.url("/")))
        assert leases(engine) == [(web.sites[0].address, True)]
        assert reason(other.fetch(Request(web.url("/?other")))) is None


def test_a_session_lets_others_have_what_they_want_too(engine: Engine, web: Web) -> None:
    """One has work on a host for as long as the test lasts; the other gets its page all the same."""
    options = replace(OTHERS, host_delay_seconds=0.02, host_concurrency=1)
    finished = threading.Event()

    def work() -> set[str | None]:
        reasons: set[str | None] = set()
        endless = ((number, Request(web.url(f"/?page={number}"))) for number in itertools.count())
        with sharing(engine, options, lease=1.0) as busy:
            for pages in busy.fetch_each(endless, most=1, seconds=1.0):
                reasons |= {reason(page) for _, page in pages}
                if finished.is_set():
                    return reasons
        raise AssertionError

    with ThreadPoolExecutor(1) as threads, sharing(engine, options, lease=20.0) as session:
        working = threads.submit(work)
        while not web.paths():
            assert not working.done()
        other = session.fetch(Request(web.url("/?other")))
        finished.set()
        assert (reason(other), working.result()) == (None, {None})
    assert min(gaps(web)) > 0.02 - TOLERANCE


def test_a_retry_after_holds_for_the_sessions_that_follow(engine: Engine, web: Web) -> None:
    web.sites[0].pages["/busy"] = Response(status=503, headers=(("Retry-After", "3600"),))
    with sharing(engine) as session:
        assert reason(session.fetch(Request(web.url("/busy")))) == "server_error"
    asked = len(web.requests)
    with sharing(engine) as session:
        assert reason(session.fetch(Request(web.url("/")))) == "host_set_aside"
        [(host, why, turned_away)] = session.set_aside()
    assert (host, turned_away) == (web.sites[0].address, 1)
    assert "left alone" in why
    assert len(web.requests) == asked


def test_while_the_database_is_away_nothing_is_asked(engine: Engine, web: Web) -> None:
    """A lease is renewed as long as the database answers; without it, the host may be another's."""
    options = replace(OTHERS, host_delay_seconds=0.05, host_concurrency=1)

    def rename(old: str, new: str) -> None:
        with engine.begin() as connection:
            connection.execute(text(f"ALTER TABLE ops.{old} RENAME TO {new}"))

    urls = ((number, Request(web.url(f"/?page={number}"))) for number in range(200))
    with sharing(engine, options, lease=1.0) as session:
        reasons: list[str | None] = []
        for pages in session.fetch_each(urls, most=1, seconds=10.0):
            reasons += [reason(page) for _, page in pages]
            if len(reasons) == 5:
                rename("host_lease", "away")
        assert set(reasons[5:]) == {None, "host_busy"}
        went_out = len(web.requests)
        rename("away", "host_lease")
        while reason(after := session.fetch(Request(web.url("/?after")))) == "host_busy":
            pass  # the host was given up for a while
        assert reason(after) is None
    assert went_out < 6 + 1.0 / 0.05  # no more than a lease is long, of the 200


@pytest.mark.parametrize("most", [2, 5])
def test_a_session_holds_no_more_hosts_than_it_has_connections_for(engine: Engine, most: int) -> None:
    counts: list[int] = []
    with Web(12, 0, latency=0.05) as web:

        def count() -> None:
            if len(web.requests) < 3 * most:  # later, some hosts are done and not given back yet
                counts.append(sum(is_held for _, is_held in leases(engine)))

        urls = ((n, Request(web.url(f"/?page={n}", site))) for n in range(4) for site in range(12))
        with sharing(engine, replace(OTHERS, max_connections=most)) as session:
            got = [reason(page) for pages in session.fetch_each(urls, most=64, seconds=5.0, on_wait=count) for _, page in pages]
    assert got == [None] * 48
    assert 0 < max(counts) <= most
