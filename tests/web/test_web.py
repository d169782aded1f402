"""What the made-up web promises to the tests that are built on it."""

from __future__ import annotations

import datetime as dt
import gzip
import http.client
import json
import socket
import ssl
import subprocess
import sys
import time
import xml.etree.ElementTree as ET
import zlib
from collections.abc import Iterator
from email.utils import parsedate_to_datetime
from urllib.parse import quote, urlsplit

import feedparser
import pytest
import trustme
from selectolax.lexbor import LexborHTMLParser

from tests.web.articles import Truth, make_article, render
from tests.web.certificates import server_context
from tests.web.server import Web
from tests.web.site import LONG_FEED_ENTRIES, Response

PATIENCE = 5.0
"""Seconds that a test waits for what should come at once: only a broken web takes that long."""


class Answer:
    """A whole response."""

    def __init__(self, response: http.client.HTTPResponse) -> None:
        self.status = response.status
        self.headers = response.headers
        self.body = response.read()

    def __getitem__(self, name: str) -> str:
        return self.headers[name] or ""


def ask(url: str, headers: dict[str, str] | None = None, *, method: str = "GET", tls: ssl.SSLContext | None = None) -> Answer:
    """One request on a connection of its own; redirects are not followed."""
    parts = urlsplit(url)
    assert parts.hostname
    if parts.scheme == "https":
        connection: http.client.HTTPConnection = http.client.HTTPSConnection(parts.hostname, parts.port, timeout=PATIENCE, context=tls)
    else:
        connection = http.client.HTTPConnection(parts.hostname, parts.port, timeout=PATIENCE)
    try:
        connection.request(method, url.removeprefix(f"{parts.scheme}://{parts.netloc}"), headers=headers or {})
        return Answer(connection.getresponse())
    finally:
        connection.close()


def opened(web: Web, path: str, site: int = 0) -> socket.socket:
    """A connection that has asked for a path and has read nothing."""
    plain = socket.create_connection((web.sites[site].address, web.port), timeout=PATIENCE)
    plain.sendall(f"GET {path} HTTP/1.1\r\nHost: any.example\r\n\r\n".encode())
    return plain


def received(plain: socket.socket) -> bytes:
    """All that comes until the server closes."""
    return b"".join(iter(lambda: plain.recv(65_536), b""))


def received_or_reset(plain: socket.socket) -> bytes:
    try:
        return received(plain)
    except ConnectionResetError:
        return b""


@pytest.fixture
def web() -> Iterator[Web]:
    with Web(2, 8) as running:
        yield running


def page_text(page: bytes) -> str:
    return LexborHTMLParser(page).text(separator="\n")


# --- sites and articles


def test_the_address_decides_which_site_answers_whatever_the_host_header_says(web: Web) -> None:
    path = web.sites[1].articles[0].path
    named = {"Host": urlsplit(web.url("/", 0)).netloc}
    assert ask(web.url(path, 1), named).status == 200
    assert ask(web.url(path, 0), named).status == 404


def test_an_address_without_a_site_answers_404(web: Web) -> None:
    assert ask(f"http://127.9.9.9:{web.port}/").status == 404


def test_a_thousand_sites_have_an_address_each() -> None:
    with Web(1_000, 0) as web:
        addresses = {site.address for site in web.sites}
        assert len(addresses) == 1_000
        assert all(address.startswith("127.") and not address.endswith((".0", ".255")) for address in addresses)
        assert ask(web.url("/", 999)).status == 200


@pytest.mark.parametrize(("shape", "mark"), [*enumerate(("application/ld+json", "article:published_time", "itemprop=", 'class="story"'))])
def test_each_shape_shows_the_whole_truth_in_its_own_markup(shape: int, mark: str) -> None:
    truth = make_article(shape, dt.datetime(2026, 11, 1, 8, tzinfo=dt.timezone(dt.timedelta(hours=2))))
    page = render(truth, "http://127.1.1.1:80", shape=shape, related=[])
    text = page_text(page)
    assert truth.title in text
    assert truth.author in text
    assert all(paragraph in text for paragraph in truth.paragraphs)
    assert b"2026-11-01T08:00:00+02:00" in page
    assert [n for n in range(4) if mark.encode() in render(truth, "", shape=n, related=[])] == [shape]


def test_every_article_of_a_site_is_at_its_path_and_names_it_as_canonical(web: Web) -> None:
    for truth in web.sites[0].articles:
        page = ask(web.url(truth.path)).body
        assert f'rel="canonical" href="{web.url(truth.path)}"'.encode() in page
        assert truth.paragraphs[-1] in page_text(page)


def test_an_article_is_always_the_same_and_no_other_has_a_sentence_of_it() -> None:
    when = dt.datetime(2026, 11, 1, 8, tzinfo=dt.UTC)
    articles = [make_article(seed, when) for seed in range(100)]
    assert articles == [make_article(seed, when) for seed in range(100)]
    paragraphs = [paragraph for article in articles for paragraph in article.paragraphs]
    assert len(set(paragraphs)) == len(paragraphs)
    assert len({article.path for article in articles}) == len(articles)


def test_a_page_is_as_long_as_asked_for() -> None:
    with Web(1, 4, page_bytes=70_000) as web:
        for truth in web.sites[0].articles:
            assert 69_000 < len(ask(web.url(truth.path)).body) < 71_000


def test_the_amp_page_names_its_article_as_canonical(web: Web) -> None:
    truth = web.sites[0].articles[0]
    assert f'rel="canonical" href="{web.url(truth.path)}"'.encode() in ask(web.url("/amp" + truth.path)).body


def test_an_article_that_is_edited_in_place_is_served_as_edited(web: Web) -> None:
    site = web.sites[0]
    old = site.articles[0]
    before = ask(web.url(old.path))
    site.articles[0] = Truth(old.path, old.title, old.author, old.published, ("It was all quite different.",))
    after = ask(web.url(old.path), {"If-None-Match": before["ETag"]})
    assert after.status == 200
    assert b"quite different" in after.body
    assert parsedate_to_datetime(after["Last-Modified"]) > parsedate_to_datetime(before["Last-Modified"])


# --- lists


@pytest.mark.parametrize("path", ["/feed.rss", "/atom.xml"])
def test_feeds_list_each_article(web: Web, path: str) -> None:
    feed = feedparser.parse(ask(web.url(path)).body)
    site = web.sites[0]
    assert not feed.bozo
    assert [entry.title for entry in feed.entries] == [a.title for a in site.articles]
    assert [entry.link.partition("?")[0] for entry in feed.entries] == [web.url(a.path) for a in site.articles]


def test_the_json_feed_lists_each_article(web: Web) -> None:
    items = json.loads(ask(web.url("/feed.json")).body)["items"]
    assert [item["url"] for item in items] == [web.url(a.path) for a in web.sites[0].articles]


def locations(document: bytes) -> list[str]:
    return [element.text or "" for element in ET.fromstring(document).iter() if element.tag.rpartition("}")[2] == "loc"]  # noqa: S314  # our own


def test_the_sitemap_index_leads_to_every_article(web: Web) -> None:
    (inner,) = locations(ask(web.url("/sitemap.xml")).body)
    expected = {web.url(a.path) for a in web.sites[0].articles}
    assert set(locations(gzip.decompress(ask(inner).body))) == expected
    assert set(locations(ask(web.url("/news-sitemap.xml")).body)) == expected


def test_home_and_section_lead_to_articles_feeds_and_elsewhere(web: Web) -> None:
    site = web.sites[0]
    home = LexborHTMLParser(ask(web.url("/")).body)
    links = {node.attributes["href"] for node in home.css("a[href]")}
    assert {a.path for a in site.articles} < links
    feeds = [node.attributes["href"] for node in home.css("link[rel=alternate]")]
    assert all(ask(web.url(path or "")).status == 200 for path in feeds)
    section = LexborHTMLParser(ask(web.url("/world/")).body)
    targets = {(node.attributes["href"] or "").partition("?")[0] for node in section.css("a[href]")}
    assert {a.path for a in site.articles} < targets


def test_what_is_published_while_running_shows_at_once(web: Web) -> None:
    before = {path: ask(web.url(path)) for path in ("/feed.rss", "/atom.xml", "/feed.json", "/news-sitemap.xml")}
    truth = web.sites[0].publish(77)
    for path, old in before.items():
        now = ask(web.url(path), {"If-None-Match": old["ETag"]})
        assert now.status == 200
        assert truth.path.encode() in now.body
    assert ask(web.url(truth.path)).status == 200
    assert truth.path.encode() not in ask(web.url("/feed.rss", 1)).body


def test_what_expires_leaves_the_feed_and_stays_on_the_site(web: Web) -> None:
    site = web.sites[0]
    oldest, newest = site.articles[-1], site.articles[0]
    site.expire_from_feed()
    feed = ask(web.url("/feed.rss")).body
    assert oldest.path.encode() not in feed
    assert newest.path.encode() in feed
    assert ask(web.url(oldest.path)).status == 200


def test_a_cut_feed_stops_in_the_middle_and_a_long_one_is_long(web: Web) -> None:
    cut = ask(web.url("/cut.rss")).body
    with pytest.raises(ET.ParseError):
        ET.fromstring(cut)  # noqa: S314  # our own
    assert 0 < cut.count(b"<item>") == len(web.sites[0].articles)
    assert ask(web.url("/long.rss")).body.count(b"<item>") == LONG_FEED_ENTRIES


def test_a_site_says_what_a_test_gives_it(web: Web) -> None:
    site = web.sites[0]
    site.robots = Response(b"User-agent: *\nDisallow: /\n", content_type="text/plain")
    site.pages["/own"] = Response(b"mine")
    site.gone.add("/gone")
    site.moved["/old"] = (308, "/own")
    site.broken["/broken"] = 500
    assert ask(web.url("/robots.txt")).body.endswith(b"Disallow: /\n")
    assert ask(web.url("/own")).body == b"mine"
    assert ask(web.url("/gone")).status == 410
    assert (ask(web.url("/old")).status, ask(web.url("/old"))["Location"]) == (308, "/own")
    assert ask(web.url("/broken")).status == 500
    assert ask(web.url("/own", 1)).status == 404


# --- HTTP


@pytest.mark.parametrize("is_article", [True, False])
def test_not_modified_by_etag_and_by_date(web: Web, *, is_article: bool) -> None:
    url = web.url(web.sites[0].articles[0].path if is_article else "/feed.rss")
    whole = ask(url)
    for known in (
        {"If-None-Match": whole["ETag"]},
        {"If-None-Match": f'"x", W/{whole["ETag"]}'},
        {"If-Modified-Since": whole["Last-Modified"]},
    ):
        again = ask(url, known)
        assert (again.status, again.body) == (304, b"")


def test_an_etag_that_differs_outweighs_a_date_that_does_not(web: Web) -> None:
    whole = ask(web.url("/feed.rss"))
    both = {"If-None-Match": '"other"', "If-Modified-Since": whole["Last-Modified"]}
    assert ask(web.url("/feed.rss"), both).status == 200


def test_a_head_request_gets_the_headers_alone_and_the_connection_goes_on(web: Web) -> None:
    with opened(web, "/feed.rss") as plain:
        whole = plain.recv(65_536)
        plain.sendall(b"HEAD /feed.rss HTTP/1.1\r\n\r\n")
        assert plain.recv(65_536) == whole[: whole.index(b"\r\n\r\n") + 4]
        plain.sendall(b"GET /feed.rss HTTP/1.1\r\n\r\n")
        assert plain.recv(65_536) == whole


def test_a_request_that_comes_in_pieces_is_answered_once(web: Web) -> None:
    with socket.create_connection((web.sites[0].address, web.port), timeout=PATIENCE) as plain:
        for piece in (b"GET /robots.txt HT", b"TP/1.1\r\nHost: x\r", b"\n\r", b"\n"):
            plain.sendall(piece)
        assert plain.recv(65_536).startswith(b"HTTP/1.1 200")
    assert web.paths() == ["/robots.txt"]


# --- what the server saw


def test_requests_are_noted_and_forgotten(web: Web) -> None:
    started = time.monotonic()
    ask(web.url("/feed.rss", 1), {"User-Agent": "tester/1"})
    ask(web.url("/nope?x=1", 1))
    first, second = web.requests
    assert (first.address, first.path, first.status, first.user_agent) == (web.sites[1].address, "/feed.rss", 200, "tester/1")
    assert (second.path, second.status, second.user_agent) == ("/nope?x=1", 404, "")
    assert started <= first.at <= second.at <= time.monotonic()
    assert web.paths(1) == ["/feed.rss", "/nope?x=1"]
    web.reset()
    assert web.paths(1) == []


def test_requests_in_flight_are_counted_a_site(web: Web) -> None:
    stalled = [opened(web, "/fault/stalled") for _ in range(3)]
    for plain in stalled:
        assert plain.recv(5) == b"HTTP/"
    ask(web.url("/"))
    ask(web.url("/", 1))
    counts = {r.path + r.address: r.in_flight for r in web.requests if r.path == "/"}
    assert sorted(r.in_flight for r in web.requests if r.path == "/fault/stalled") == [1, 2, 3]
    assert counts == {"/" + web.sites[0].address: 4, "/" + web.sites[1].address: 1}
    for plain in stalled:
        plain.close()


def test_who_leaves_before_the_answer_is_in_flight_no_more_and_counted_once() -> None:
    with Web(1, 0, latency=0.01) as web:
        opened(web, "/robots.txt").close()
        for _ in range(3):
            ask(web.url("/"))
        assert [r.in_flight for r in web.requests if r.path == "/"][1:] == [1, 1]  # the first may overlap with who left


def test_latency_passes_before_each_answer_and_not_one_after_the_other() -> None:
    with Web(1, 0, latency=0.05) as web:
        started = time.monotonic()
        many = [opened(web, "/robots.txt") for _ in range(20)]
        for plain in many:
            assert plain.recv(12) == b"HTTP/1.1 200"
            plain.close()
        assert 0.05 <= time.monotonic() - started < 20 * 0.05
        assert max(r.in_flight for r in web.requests) > 1


def test_leaving_the_web_closes_what_is_open() -> None:
    with Web(1, 0) as web:
        stalled, slow = opened(web, "/fault/stalled"), opened(web, "/fault/slow")
        stalled.recv(1)
        slow.recv(1)
        port = web.port
    for plain in (stalled, slow):
        with plain:
            received_or_reset(plain)  # and not TimeoutError
    with pytest.raises(ConnectionRefusedError):
        socket.create_connection(("127.1.1.1", port), timeout=PATIENCE)


# --- faults


def test_a_redirect_chain_has_the_length_asked_for_and_ends_where_it_should(web: Web) -> None:
    url, statuses = web.url("/fault/redirect/3?to=/robots.txt"), []
    while (answer := ask(url)).status == 302:
        statuses.append(answer.status)
        url = web.url(answer["Location"])
    assert (len(statuses), url) == (3, web.url("/robots.txt"))


def test_a_redirect_loop_comes_round(web: Web) -> None:
    path, seen = "/fault/redirect-loop/0", []
    for _ in range(6):
        answer = ask(web.url(path))
        assert answer.status == 302
        seen.append(path)
        path = answer["Location"]
    assert len(set(seen)) < len(seen)


@pytest.mark.parametrize("status", [301, 302, 307, 308])
def test_a_redirect_leads_anywhere(web: Web, status: int) -> None:
    target = "http://10.0.0.1/a?b=c&d=e"
    answer = ask(web.url(f"/fault/redirect-to?status={status}&to={quote(target, safe='')}"))
    assert (answer.status, answer["Location"]) == (status, target)


def test_trouble_ends_after_the_times_asked_for_and_each_query_counts_alone(web: Web) -> None:
    path = "/fault/status/503?times=2&key="
    assert [ask(web.url(path + "a")).status for _ in range(4)] == [503, 503, 200, 200]
    assert ask(web.url(path + "b")).status == 503
    web.reset()
    assert ask(web.url(path + "a")).status == 503
    assert [ask(web.url("/fault/status/500")).status for _ in range(3)] == [500, 500, 500]


def test_retry_after_as_seconds_and_as_a_date(web: Web) -> None:
    assert ask(web.url("/fault/status/429?retry-after=7"))["Retry-After"] == "7"
    stated = parsedate_to_datetime(ask(web.url("/fault/status/429?retry-date=600"))["Retry-After"])
    assert 590 < (stated - dt.datetime.now(dt.UTC)).total_seconds() <= 600


def test_the_cookie_wall_opens_to_its_cookie(web: Web) -> None:
    url = web.url("/fault/cookie-wall")
    wall = ask(url)
    assert (wall.status, wall["Location"]) == (302, "/fault/cookie-wall")
    cookie = wall["Set-Cookie"].partition(";")[0]
    assert ask(url, {"Cookie": cookie}).status == 200


def test_false_declarations(web: Web) -> None:
    for media_type in ("image/png", "application/pdf"):
        answer = ask(web.url(f"/fault/type?as={media_type}"))
        assert (answer["Content-Type"], answer.body[:15]) == (media_type, b"<!doctype html>")
    answer = ask(web.url("/fault/charset"))
    assert "utf-8" in answer["Content-Type"]
    with pytest.raises(UnicodeDecodeError):
        answer.body.decode("utf-8")
    assert ask(web.url("/fault/refresh?to=/world/")).body.count(b'content="0; url=/world/"') == 1
    assert ask(web.url("/fault/empty")).body == b""


@pytest.mark.parametrize("name", ["truncated-gzip", "damaged-gzip"])
def test_gzip_that_does_not_unpack(web: Web, name: str) -> None:
    answer = ask(web.url(f"/fault/{name}"))
    assert answer["Content-Encoding"] == "gzip"
    with pytest.raises((EOFError, OSError, zlib.error)):
        gzip.decompress(answer.body)


def test_the_bomb_is_a_thousand_times_as_large_as_it_looks(web: Web) -> None:
    packed = ask(web.url("/fault/bomb")).body
    unpacker, size, rest = zlib.decompressobj(16 + zlib.MAX_WBITS), 0, packed
    while not unpacker.eof:
        size += len(unpacker.decompress(rest, 1 << 22))
        rest = unpacker.unconsumed_tail
    assert size > 900 * len(packed) > 100_000_000


def test_a_header_bomb_is_as_large_as_asked_for(web: Web) -> None:
    with opened(web, "/fault/big-headers?kilobytes=200") as plain:
        head = b""
        while b"\r\n\r\n" not in head:
            head += plain.recv(65_536)
    assert head.index(b"\r\n\r\n") > 200_000


def test_a_slow_body_trickles(web: Web) -> None:
    with opened(web, "/fault/slow") as plain:
        first = plain.recv(65_536)
        assert b"Content-Length: 100000\r\n\r\n" in first
        assert len(plain.recv(65_536)) < 10


def test_stalled_headers_stay_unfinished(web: Web) -> None:
    with opened(web, "/fault/stalled") as plain:
        plain.settimeout(0.05)
        got = b""
        with pytest.raises(TimeoutError):
            while True:
                got += plain.recv(65_536)
    assert got.startswith(b"HTTP/1.1 200")
    assert b"\r\n\r\n" not in got


def test_connections_that_break(web: Web) -> None:
    with opened(web, "/fault/dropped") as plain:
        assert received_or_reset(plain) == b""
    with opened(web, "/fault/half") as plain:
        head, _, body = received(plain).partition(b"\r\n\r\n")
        assert b"Content-Length: 100000" in head
        assert 0 < len(body) < 100_000
    with opened(web, "/fault/no-http") as plain:
        assert not received(plain).startswith(b"HTTP/")
    with pytest.raises(ConnectionRefusedError):
        ask(web.refused_url())


@pytest.mark.parametrize("name", ["endless", "endless-chunks"])
def test_an_endless_body_goes_on_until_the_client_leaves_and_others_are_served_meanwhile(web: Web, name: str) -> None:
    with opened(web, f"/fault/{name}") as plain:
        got = 0
        while got < 10_000_000:
            got += len(plain.recv(1 << 20))
        assert ask(web.url("/", 1)).status == 200
    deadline = time.monotonic() + PATIENCE  # the server learns that the client has left when it next writes
    while ask(web.url("/robots.txt")).status == 200 and web.requests[-1].in_flight > 1:
        assert time.monotonic() < deadline


def test_an_unknown_fault_is_a_404(web: Web) -> None:
    assert ask(web.url("/fault/none-such")).status == 404


# --- TLS


def test_a_certificate_that_nobody_vouches_for_is_refused() -> None:
    with Web(1, 1, tls=server_context("127.1.1.1")) as web, pytest.raises(ssl.SSLCertVerificationError, match="unable to get local issuer"):
        ask(web.url("/"), tls=ssl.create_default_context())


@pytest.mark.parametrize(("name", "is_good"), [("127.1.1.1", True), ("other.example", False)])
def test_a_certificate_counts_for_its_names_alone(name: str, *, is_good: bool) -> None:
    authority = trustme.CA()
    client = ssl.create_default_context()
    authority.configure_trust(client)
    with Web(1, 1, tls=server_context(name, authority=authority)) as web:
        assert web.url("/").startswith("https://")
        if is_good:
            assert ask(web.url("/"), tls=client).status == 200
        else:
            with pytest.raises(ssl.SSLCertVerificationError, match="not valid for"):
                ask(web.url("/"), tls=client)


# --- as a process


def test_the_process_prints_its_port_logs_requests_and_ends_with_its_input() -> None:
    command = [sys.executable, "-m", "tests.web", "--sites", "3", "--articles", "2", "--latency-ms", "0", "--page-bytes", "0"]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdin
        assert process.stdout
        said = json.loads(process.stdout.readline())
        assert ask(f"http://127.1.1.3:{said['port']}/feed.rss", {"User-Agent": "tester/1"}).status == 200
        log = json.loads(ask(f"http://127.1.1.1:{said['port']}/__log").body)
        process.stdin.close()
        assert process.wait(PATIENCE) == 0
    (noted,) = log
    assert (noted["address"], noted["path"], noted["status"], noted["in_flight"]) == ("127.1.1.3", "/feed.rss", 200, 1)
    assert noted["headers"]["user-agent"] == "tester/1"
