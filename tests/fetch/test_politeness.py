"""How often and how many at once, measured at the server."""

from __future__ import annotations

from collections import Counter
from itertools import pairwise

import pytest

from ingest.web import HostPolicy, Request
from tests.fetch.sessions import get, get_all, reason, session
from tests.web.server import Web
from tests.web.site import Response

DELAY = 0.15  # seconds
TOLERANCE = 0.02  # seconds that a request may travel faster than the one before it


def gaps(web: Web, site: int = 0) -> list[float]:
    times = [r.at for r in web.requests if r.address == web.sites[site].address]
    return [later - earlier for earlier, later in pairwise(times)]


def in_flight(web: Web) -> int:
    return max(r.in_flight for r in web.requests)


def test_no_host_is_asked_faster_than_its_delay_and_never_by_more_than_allowed(web: Web) -> None:
    web.latency = 0.25
    with session(host_delay_seconds=DELAY, host_concurrency=2) as opened:
        pages = get_all(opened, [web.url(f"/?page={n}", site) for n in range(6) for site in (0, 1)])
    assert Counter(map(reason, pages.values())) == {None: 12}
    for site in (0, 1):
        assert len(gaps(web, site)) == 6
        assert min(gaps(web, site)) > DELAY - TOLERANCE
    assert in_flight(web) == 2


def test_redirects_keep_to_the_delay_too(web: Web) -> None:
    assert len(get(web.url("/fault/redirect/2"), host_delay_seconds=DELAY).hops) == 2
    assert min(gaps(web)) > DELAY - TOLERANCE


@pytest.mark.parametrize("most", [1, 3])
def test_without_a_delay_as_many_are_in_flight_as_allowed(web: Web, most: int) -> None:
    web.latency = 0.05
    with session(host_concurrency=most) as opened:
        get_all(opened, [web.url(f"/?page={n}") for n in range(9)])
    assert in_flight(web) == most


def test_a_run_holds_no_more_connections_than_allowed(web: Web) -> None:
    web.latency = 0.1
    with session(max_connections=1) as opened:
        get_all(opened, [web.url("/", site) for site in range(3)])
    times = [r.at for r in web.requests]
    assert len(times) == 6
    assert min(later - earlier for earlier, later in pairwise(times)) > web.latency - TOLERANCE


def test_robots_txt_may_ask_for_a_longer_delay_up_to_the_longest(web: Web) -> None:
    for site, delay in enumerate(("0.2", "30")):
        web.sites[site].robots = Response(f"User-agent: *\nCrawl-delay: {delay}\n".encode(), content_type="text/plain")
    with session(host_delay_seconds=0.05, max_crawl_delay_seconds=0.3) as opened:
        get_all(opened, [web.url(f"/?page={n}", site) for n in range(3) for site in (0, 1)])
    assert min(gaps(web, 0)[1:]) > 0.2 - TOLERANCE  # the first gap is before the file is known
    assert min(gaps(web, 1)[1:]) > 0.3 - TOLERANCE
    assert max(gaps(web, 1)) < 3.0


def test_a_source_may_want_otherwise_than_everybody(web: Web) -> None:
    web.latency = 0.05
    policies = {web.sites[0].address: HostPolicy(delay_seconds=DELAY, concurrency=1)}
    with session(host_concurrency=3, policies=policies) as opened:
        get_all(opened, [web.url(f"/?page={n}", site) for n in range(3) for site in (0, 1)])
    assert min(gaps(web, 0)) > DELAY - TOLERANCE
    assert max(r.in_flight for r in web.requests if r.address == web.sites[1].address) == 3


# --- trying again


def test_retry_after_is_waited_for_in_seconds_and_as_a_date(web: Web) -> None:
    with session(max_tries=2) as opened:
        pages = get_all(opened, [web.url("/fault/status/429?retry-after=1&times=1"), web.url("/fault/status/503?retry-date=2&times=1", 1)])
    assert [reason(page) for page in pages.values()] == [None, None]
    assert 1.0 - TOLERANCE < gaps(web, 0)[-1] < 2.4
    assert 0.9 < gaps(web, 1)[-1] < 2.4  # a date has whole seconds: between one and two of them are left


def test_retry_after_holds_for_the_whole_host(web: Web) -> None:
    with session(max_tries=2, host_concurrency=1) as opened:
        opened.fetch(Request(web.url("/")))
        get_all(opened, [web.url("/fault/status/503?retry-after=1&times=1"), web.url("/world/")])
    assert sorted(web.paths()[3:]) == ["/fault/status/503?retry-after=1&times=1", "/world/"]
    assert gaps(web)[2] > 1.0 - TOLERANCE


def test_a_host_that_asks_for_too_much_is_left_alone(web: Web) -> None:
    with session(max_tries=3, max_retry_after_seconds=60.0) as opened:
        busy = opened.fetch(Request(web.url("/fault/status/429?retry-after=61")))
        next_page = opened.fetch(Request(web.url("/")))
        assert opened.set_aside() == [(web.sites[0].address, "it asks to be left alone for 61 seconds", 1)]
    assert (reason(busy), busy.retry_after_seconds, reason(next_page), next_page.is_transient) == (
        "rate_limited",
        61.0,
        "host_set_aside",
        True,
    )
    assert web.paths() == ["/robots.txt", "/fault/status/429?retry-after=61"]


def test_what_passes_is_tried_again_and_nothing_else(web: Web) -> None:
    passing = [f"/fault/status/503?retry-after=0&times={times}" for times in (2, 9)]
    with session(max_tries=3, breaker_failures=99) as opened:
        pages = get_all(opened, [web.url(path) for path in [*passing, "/fault/status/404", "/fault/type"]])
    asked = Counter(web.paths())
    assert [asked[path] for path in [*passing, "/fault/status/404", "/fault/type"]] == [3, 3, 1, 1]
    assert [reason(pages[web.url(path)]) for path in passing] == [None, "server_error"]
    assert [a.outcome for a in pages[web.url(passing[0])].attempts if a.url.endswith("2")] == ["server_error", "server_error", "ok"]


# --- the circuit breaker


def test_a_host_that_keeps_failing_is_set_aside(web: Web) -> None:
    with session(breaker_failures=3) as opened:
        codes = [reason(opened.fetch(Request(web.url(f"/fault/status/503?n={n}")))) for n in range(5)]
        assert reason(opened.fetch(Request(web.url("/", 1)))) is None
        ((name, why, turned_away),) = opened.set_aside()
    assert codes == ["server_error"] * 3 + ["host_set_aside"] * 2
    assert (name, turned_away) == (web.sites[0].address, 2)
    assert why.startswith("3 requests in a row failed")
    assert len(web.paths()) == 1 + 3


def test_a_page_that_comes_between_and_a_page_that_is_not_there_set_nothing_aside(web: Web) -> None:
    bad, good, missing = "/fault/status/500", "/", "/fault/status/404"
    with session(breaker_failures=3) as opened:
        for path in (bad, bad, good, bad, bad, missing, missing, missing):
            opened.fetch(Request(web.url(path)))
        assert opened.set_aside() == []
