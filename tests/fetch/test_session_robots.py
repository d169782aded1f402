"""What robots.txt says is kept to at the server's end: what it forbids is never asked for."""

from __future__ import annotations

import datetime as dt
from dataclasses import replace

import pytest

from ingest.fetch.session import MemoryRobotsStore
from ingest.web import Request
from tests.fetch.sessions import get, get_all, reason, session
from tests.web.server import Web
from tests.web.site import Response


def text(body: str) -> Response:
    return Response(body.encode(), content_type="text/plain")


def test_what_is_disallowed_is_never_asked_for(web: Web) -> None:
    fetched = get(web.url("/private/plans"))
    assert (reason(fetched), fetched.is_transient) == ("robots_disallowed", False)
    assert web.paths() == ["/robots.txt"]


def test_the_file_is_asked_for_once_however_many_pages_wait_for_it(web: Web) -> None:
    with session() as opened:
        get_all(opened, [web.url(f"/private/{n}") for n in range(20)] + [web.url("/"), web.url("/world/")])
    assert sorted(web.paths()) == ["/", "/robots.txt", "/world/"]
    assert web.paths()[0] == "/robots.txt"


@pytest.mark.parametrize("status", [401, 404, 410])
def test_where_there_is_none_everything_is_allowed(web: Web, status: int) -> None:
    web.sites[0].robots = Response(b"User-agent: *\nDisallow: /", status, "text/plain")
    assert reason(get(web.url("/"))) is None


@pytest.mark.parametrize("status", [429, 500, 503])
def test_where_the_server_cannot_say_nothing_is_allowed(web: Web, status: int) -> None:
    web.sites[0].robots = Response(b"", status, "text/plain")
    fetched = get(web.url("/"), max_tries=3)
    assert (reason(fetched), fetched.is_transient) == ("robots_unreachable", True)
    assert web.paths() == ["/robots.txt"]


@pytest.mark.parametrize(("fault", "code"), [("dropped", "connection_dropped"), ("stalled", "stalled"), ("half", "truncated_body")])
def test_where_nothing_answers_nothing_is_allowed(web: Web, fault: str, code: str) -> None:
    web.sites[0].moved["/robots.txt"] = (302, f"/fault/{fault}")
    fetched = get(web.url("/"))
    assert (reason(fetched), fetched.is_transient) == (code, True)
    assert "/" not in web.paths()


def test_a_file_that_does_not_come_is_tried_again_before_the_host_waits_for_another_run(web: Web) -> None:
    web.sites[0].moved["/robots.txt"] = (302, "/fault/dropped")
    assert reason(get(web.url("/"), max_tries=2)) == "connection_dropped"
    assert web.paths() == ["/robots.txt", "/fault/dropped"] * 2


def test_redirects_of_the_file_are_followed_to_other_hosts_too(web: Web) -> None:
    web.sites[0].moved["/robots.txt"] = (301, web.url("/central.txt", 1))
    web.sites[1].pages["/central.txt"] = text("User-agent: *\nDisallow: /world/\n")
    with session() as opened:
        pages = get_all(opened, [web.url("/"), web.url("/world/"), web.url("/private/a")])
    assert {url.removeprefix(web.sites[0].base): reason(page) for url, page in pages.items()} == {
        "/": None,
        "/world/": "robots_disallowed",
        "/private/a": "not_found",  # the rules of site 1's own file are not those of site 0
    }


@pytest.mark.parametrize("hops", [5, 6])
def test_six_redirects_count_as_no_file(web: Web, hops: int) -> None:
    web.sites[0].pages["/rules.txt"] = text("User-agent: *\nDisallow: /\n")
    web.sites[0].moved["/robots.txt"] = (302, f"/fault/redirect/{hops - 1}?to=/rules.txt")
    assert reason(get(web.url("/"))) == ("robots_disallowed" if hops == 5 else None)


def test_redirects_in_a_circle_count_as_no_file(web: Web) -> None:
    web.sites[0].moved["/robots.txt"] = (302, "/robots.txt")
    assert reason(get(web.url("/"))) is None


def test_the_rules_of_the_host_that_a_redirect_leads_to_hold(web: Web) -> None:
    fetched = get(web.url(f"/fault/redirect-to?to={web.url('/private/a', 1)}"))
    assert reason(fetched) == "robots_disallowed"
    assert web.paths(1) == ["/robots.txt"]


def test_a_list_is_kept_from_as_an_article_is(web: Web) -> None:
    web.sites[0].robots = text("User-agent: news-ingest\nDisallow: /feed.rss\n")
    assert reason(get(web.url("/feed.rss"))) == "robots_disallowed"


def test_a_large_file_counts_up_to_half_a_megabyte(web: Web) -> None:
    rules = "User-agent: *\nDisallow: /world/\n"
    web.sites[0].robots = text(rules + "#" * 2_000_000 + "\nDisallow: /\n")
    with session() as opened:
        pages = get_all(opened, [web.url("/"), web.url("/world/")])
    assert (reason(pages[web.url("/")]), reason(pages[web.url("/world/")])) == (None, "robots_disallowed")


def test_a_kept_file_serves_the_next_run_until_it_expires(web: Web) -> None:
    store = MemoryRobotsStore()
    for _ in range(2):
        with session(store) as opened:
            opened.fetch(Request(web.url("/")))
    assert web.paths().count("/robots.txt") == 1
    known = store.known(web.sites[0].base)
    assert known
    store.keep(replace(known, expires_at=dt.datetime.now(dt.UTC)))
    with session(store) as opened:
        opened.fetch(Request(web.url("/")))
    assert web.paths().count("/robots.txt") == 2


def test_no_answer_is_not_kept_for_the_next_run(web: Web) -> None:
    store = MemoryRobotsStore()
    with session(store) as opened:
        assert reason(opened.fetch(Request(web.refused_url()))) == "connect_failed"
    assert store.known(web.refused_url().rstrip("/")) is None
