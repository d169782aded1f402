"""Many pages at once, and the ways in which a run ends before they have all come."""

from __future__ import annotations

import itertools
import threading
from collections import Counter
from collections.abc import Generator, Iterator

import pytest

from ingest.web import Fetched, Request
from tests.fetch.sessions import reason, session
from tests.web.server import Web

WINDOW = 2_000  # requests that a session may begin ahead of what was taken
FINISHED = 256  # pages that may wait to be taken before fetching pauses


class Interrupted(Exception):
    """What a caller raises to end a run."""


class Endless:
    """Requests without end, and how many of them were read."""

    def __init__(self, web: Web, path: str = "/bulk/") -> None:
        self.read = 0
        self._web = web
        self._path = path

    def __iter__(self) -> Iterator[tuple[int, Request]]:
        for number in itertools.count():
            self.read += 1
            yield number, Request(self._web.url(f"{self._path}{number}", number % len(self._web.sites)))


def running_threads() -> list[str]:
    return [thread.name for thread in threading.enumerate() if thread.name == "fetch"]


def test_each_request_comes_back_once_with_what_it_came_with(web: Web) -> None:
    paths = ["/", "/world/", "/fault/status/404", "/fault/dropped", "/fault/type", "/private/a", web.sites[0].articles[0].path]
    wanted = [(n, web.url(path, n % 3)) for n, path in enumerate(paths * 6)] + [
        (100, "ftp://files.example/"),
        (101, "ftp://files.example/"),
    ]
    with session(breaker_failures=99) as opened:
        lists = list(opened.fetch_each(((n, Request(url)) for n, url in wanted), most=7, seconds=5.0))
    assert all(1 <= len(some) <= 7 for some in lists)
    came = {item: fetched for some in lists for item, fetched in some}
    assert Counter(item for some in lists for item, _ in some) == Counter(n for n, _ in wanted)
    assert {item: fetched.request.url for item, fetched in came.items()} == dict(wanted)
    by_path = {paths[n % 7]: reason(came[n]) for n in (0, 2, 3, 4, 5)}
    assert by_path == {
        "/": None,
        "/fault/status/404": "not_found",
        "/fault/dropped": "connection_dropped",
        "/fault/type": "unsupported_type",
        "/private/a": "robots_disallowed",
    }


def test_nothing_to_get_gives_nothing(web: Web) -> None:
    with session() as opened:
        assert list(opened.fetch_each([], most=10, seconds=1.0)) == []
    assert web.requests == []


def test_pages_come_in_the_order_in_which_they_end(web: Web) -> None:
    urls = [web.url("/fault/stalled"), web.url("/", 1), web.url("/", 2)]
    with session() as opened:
        items = [item for some in opened.fetch_each(((url, Request(url)) for url in urls), most=1, seconds=5.0) for item, _ in some]
    assert items[-1] == urls[0]
    assert sorted(items) == sorted(urls)


def test_a_page_does_not_wait_for_a_full_list(web: Web) -> None:
    urls = [web.url("/"), web.url("/fault/slow", 1)]
    with session(first_byte_seconds=2.0, fetch_seconds=0.5) as opened:
        lists = list(opened.fetch_each(((url, Request(url)) for url in urls), most=10, seconds=0.2))
    assert [[item for item, _ in some] for some in lists] == [[urls[0]], [urls[1]]]


def test_of_requests_without_end_a_bounded_part_is_read(web: Web) -> None:
    requests, taken = Endless(web), 0
    with session() as opened:
        pages = opened.fetch_each(requests, most=50, seconds=5.0)
        for some in itertools.islice(pages, 3):
            taken += len(some)
            assert requests.read <= taken + WINDOW + 50
        assert isinstance(pages, Generator)
        pages.close()
        assert reason(opened.fetch(Request(web.url("/")))) is None  # the session goes on
    assert 3 <= taken <= 150
    assert running_threads() == []


def test_what_nobody_takes_stops_the_fetching_and_taking_it_sets_it_going(web: Web) -> None:
    """More pages than may wait to be taken, one at a time: none is lost where fetching pauses."""
    urls = [web.url(f"/bulk/{n}", n % 3) for n in range(600)]
    with session(host_concurrency=20) as opened:
        items = [item for some in opened.fetch_each(((url, Request(url)) for url in urls), most=1, seconds=5.0) for item, _ in some]
    assert sorted(items) == sorted(urls)


@pytest.mark.parametrize("same_host", [True, False])
def test_one_page_is_had_though_hundreds_wait_to_be_taken(web: Web, *, same_host: bool) -> None:
    """As where a list that came leads to further lists: nothing is taken until they are here, and fetching has paused by then."""
    urls = [web.url(f"/bulk/{n}", n % 2) for n in range(600)]
    further = [web.url(f"/world/?page={n}", 0 if same_host else 2) for n in range(150)]
    with session(host_concurrency=20, max_connections=30) as opened:
        pages = opened.fetch_each(((url, Request(url)) for url in urls), most=10, seconds=5.0)
        items = [item for item, _ in next(pages)]
        assert {reason(opened.fetch(Request(url))) for url in further} == {None}
        asked_meanwhile = sum(r.path.startswith("/bulk/") for r in web.requests)
        items += [item for some in pages for item, _ in some]
    assert asked_meanwhile <= 10 + FINISHED + 30  # taken, waiting, and on their way
    assert sorted(items) == sorted(urls)


def test_a_caller_may_raise_while_it_waits(web: Web) -> None:
    waits = itertools.count()

    def interrupt() -> None:
        if next(waits) == 1:
            raise Interrupted

    requests = ((n, Request(web.url("/fault/slow", n))) for n in range(3))
    with pytest.raises(Interrupted), session(first_byte_seconds=30.0, fetch_seconds=30.0) as opened:
        list(opened.fetch_each(requests, most=10, seconds=30.0, on_wait=interrupt))
    assert running_threads() == []
    assert max(Counter(r.address for r in web.requests).values()) <= 2  # robots.txt, and the page that was on its way


def test_what_gives_the_requests_may_raise(web: Web) -> None:
    def requests() -> Iterator[tuple[int, Request]]:
        yield 0, Request(web.url("/"))
        yield 1, Request(web.url("/fault/slow"))
        raise Interrupted

    with pytest.raises(Interrupted), session(first_byte_seconds=30.0, fetch_seconds=30.0) as opened:
        list(opened.fetch_each(requests(), most=1, seconds=30.0))
    assert running_threads() == []


def test_a_session_ends_with_requests_on_their_way(web: Web) -> None:
    """The slow pages of two sites would take half a minute; the generator outlives its session, as it does where a run is interrupted."""
    urls = [web.url("/"), *(web.url(f"/fault/slow?n={n}", site) for n in range(5) for site in (1, 2))]
    with session(first_byte_seconds=30.0, fetch_seconds=30.0) as opened:
        pages: Iterator[list[tuple[str, Fetched]]] = opened.fetch_each(((url, Request(url)) for url in urls), most=1, seconds=30.0)
        ((first, _),) = next(pages)
        assert running_threads() == ["fetch"]
    assert first == urls[0]
    assert running_threads() == []
    del pages


def test_a_session_that_is_not_used_starts_nothing() -> None:
    with session() as opened:
        assert running_threads() == []
        assert opened.set_aside() == []
