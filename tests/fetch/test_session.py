"""Redirects, cookies, validators, what is sent and what is noted."""

from __future__ import annotations

import pytest

from ingest.transfer import Hop, Purpose, Validators
from ingest.web import Request
from tests.fetch.sessions import get, get_all, reason, session
from tests.web.server import Web
from tests.web.site import Response


def headers_sent(web: Web, path: str, site: int = 0) -> list[dict[str, str]]:
    return [r.headers for r in web.requests if (r.address, r.path) == (web.sites[site].address, path)]


def test_a_page_with_what_the_server_says_of_it(web: Web) -> None:
    path = web.sites[0].articles[0].path
    web.sites[0].pages[path] = Response(
        b"<p>Text</p>", content_type='Text/HTML; x=1; Charset="ISO-8859-1"', headers=(("Cache-Control", "max-age=90"),)
    )
    fetched = get(web.url(path))
    assert (fetched.status, fetched.body, fetched.url, fetched.failure) == (200, b"<p>Text</p>", web.url(path), None)
    assert (fetched.media_type, fetched.charset, fetched.max_age_seconds) == ("text/html", "ISO-8859-1", 90.0)
    assert fetched.validators.etag
    assert (fetched.hops, fetched.transfer.moved_to, fetched.not_modified) == ((), None, False)


def test_every_request_is_noted(web: Web) -> None:
    web.sites[0].moved["/old"] = (302, "/new")
    web.sites[0].pages["/new"] = Response(b"<p>Text</p>")
    robots, redirect, page = get(web.url("/old")).attempts
    assert (robots.purpose, robots.outcome, robots.url) == (Purpose.ROBOTS, "ok", web.url("/robots.txt"))
    assert (redirect.outcome, redirect.status, redirect.url, redirect.final_url) == ("redirect", 302, web.url("/old"), web.url("/new"))
    assert (page.outcome, page.status, page.url, page.final_url) == ("ok", 200, web.url("/old"), web.url("/new"))
    assert (page.address, page.wire_bytes, page.body_bytes) == (web.sites[0].address, 11, 11)
    assert page.body_sha256
    assert robots.at <= redirect.at <= page.at


# --- redirects


@pytest.mark.parametrize(("status", "moved"), [(301, True), (308, True), (302, False), (303, False), (307, False)])
def test_a_permanent_redirect_moves_the_page(web: Web, status: int, moved: bool) -> None:
    target = web.url(web.sites[1].articles[0].path, 1)
    fetched = get(web.url(f"/fault/redirect-to?status={status}&to={target}"))
    assert (reason(fetched), fetched.url, fetched.status) == (None, target, 200)
    assert [hop.status for hop in fetched.hops] == [status]
    assert fetched.transfer.moved_to == (target if moved else None)


def test_one_hop_for_this_time_only_keeps_the_page_where_it_is(web: Web) -> None:
    web.sites[0].moved |= {"/a": (301, "/b"), "/b": (302, "/c"), "/c": (308, "/")}
    fetched = get(web.url("/a"))
    assert fetched.hops == (Hop(web.url("/a"), 301), Hop(web.url("/b"), 302), Hop(web.url("/c"), 308))
    assert (fetched.url, fetched.transfer.moved_to) == (web.url("/"), None)


def test_a_chain_is_followed_as_far_as_allowed(web: Web) -> None:
    assert len(get(web.url("/fault/redirect/3"), max_redirects=3).hops) == 3
    assert reason(get(web.url("/fault/redirect/4"), max_redirects=3)) == "too_many_redirects"


@pytest.mark.parametrize("location", ["", "mailto:desk@news.example", "javascript:void(0)", "http://[::1/", "http://a b/"])
def test_a_redirect_to_nowhere(web: Web, location: str) -> None:
    web.sites[0].moved["/a"] = (302, location)
    assert reason(get(web.url("/a"))) == "bad_redirect"


def test_a_circle_is_left_after_a_second_look(web: Web) -> None:
    web.sites[0].moved |= {"/a": (302, "/b"), "/b": (302, "/a")}
    assert reason(get(web.url("/a"))) == "redirect_loop"
    assert web.paths() == ["/robots.txt", "/a", "/b", "/a", "/b"]


def test_a_page_that_only_sends_on_is_followed_as_an_article_and_not_as_a_list(web: Web) -> None:
    path = web.sites[0].articles[0].path
    fetched = get(web.url(f"/fault/refresh?to={path}"))
    assert (fetched.url, [hop.status for hop in fetched.hops], fetched.transfer.moved_to) == (web.url(path), [0], None)
    assert get(web.url(f"/fault/refresh?to={path}"), purpose=Purpose.LISTING).hops == ()


def test_two_pages_that_send_the_reader_to_each_other_hold_their_text(web: Web) -> None:
    for here, there in (("/a", "/b"), ("/b", "/a")):
        web.sites[0].pages[here] = Response(f'<meta http-equiv="refresh" content="0; url={there}"><p>Text of {here}</p>'.encode())
    fetched = get(web.url("/a"))
    assert (reason(fetched), fetched.url) == (None, web.url("/b"))


def test_an_amp_page_leads_to_its_article(web: Web) -> None:
    path = web.sites[0].articles[0].path
    assert get(web.url("/amp" + path)).url == web.url(path)


# --- cookies


def test_a_cookie_opens_the_wall_and_goes_back_to_its_host_alone(web: Web) -> None:
    elsewhere = web.sites[1].articles[0].path
    with session() as opened:
        assert reason(opened.fetch(Request(web.url("/fault/cookie-wall")))) is None
        get_all(opened, [web.url("/"), web.url(elsewhere, 1), web.url(f"/fault/redirect-to?to={web.url('/world/', 1)}")])
    assert headers_sent(web, "/")[0]["cookie"] == "seen=1"
    assert not [r for r in web.requests if r.address != web.sites[0].address and "cookie" in r.headers]
    assert headers_sent(web, "/world/", 1)


def test_cookies_end_with_the_session(web: Web) -> None:
    get(web.url("/fault/cookie-wall"))
    web.reset()
    get(web.url("/"))
    assert not any("cookie" in r.headers for r in web.requests)


# --- validators


def test_what_has_not_changed_is_not_sent_again(web: Web) -> None:
    url = web.url("/feed.rss")
    first = get(url, purpose=Purpose.LISTING)
    again = get(url, first.validators, Purpose.LISTING)
    assert (again.not_modified, again.status, again.body, again.failure) == (True, 304, b"", None)
    assert again.attempts[-1].outcome == "not_modified"
    assert get(url, Validators(last_modified=first.validators.last_modified), Purpose.LISTING).not_modified
    web.sites[0].publish(77)
    changed = get(url, first.validators, Purpose.LISTING)
    assert (changed.not_modified, changed.status) == (False, 200)
    assert changed.validators != first.validators


def test_validators_belong_to_the_url_that_was_asked_for(web: Web) -> None:
    web.sites[0].moved["/old"] = (301, web.sites[0].articles[0].path)
    validators = Validators('"x"', "Mon, 02 Mar 2026 12:00:00 GMT")
    fetched = get(web.url("/old"), validators)
    assert headers_sent(web, "/old")[0].items() >= {"if-none-match": '"x"', "if-modified-since": "Mon, 02 Mar 2026 12:00:00 GMT"}.items()
    others = [r.headers for r in web.requests if r.path != "/old"]
    assert len(others) == 2
    assert not any({"if-none-match", "if-modified-since"} & set(headers) for headers in others)
    assert fetched.status == 200


# --- what is sent


def test_requests_say_who_asks_and_what_can_be_read(web: Web) -> None:
    get(web.url("/"))
    assert {r.user_agent for r in web.requests} == {"tester/1"}
    assert headers_sent(web, "/")[0]["accept-encoding"] == "gzip, deflate"
    assert headers_sent(web, "/")[0]["accept"].startswith("text/html")


def test_the_headers_of_a_host_go_to_it_alone(web: Web) -> None:
    secret = {web.sites[0].address: {"Authorization": "Bearer token-of-the-test"}}
    with session(request_headers=secret) as opened:
        get_all(opened, [web.url("/"), web.url("/", 1), web.url(f"/fault/redirect-to?to={web.url('/world/', 2)}")])
    told = {(r.address, r.headers.get("authorization")) for r in web.requests}
    assert told == {(web.sites[0].address, "Bearer token-of-the-test"), (web.sites[1].address, None), (web.sites[2].address, None)}


def test_credentials_in_a_url_are_neither_sent_nor_kept(web: Web) -> None:
    web.sites[0].moved["/old"] = (302, web.url("/new").replace("http://", "http://you:hidden@"))
    web.sites[0].pages["/new"] = Response(b"<p>Text</p>")
    for path in ("/old", "/missing"):
        fetched = get(web.url(path).replace("http://", "http://me:secret@"))
        assert not [word for word in ("me:", "secret", "you:", "hidden") if word in repr(fetched)]
    assert not any("authorization" in r.headers for r in web.requests)
    assert set(web.paths()) == {"/robots.txt", "/old", "/new", "/missing"}
