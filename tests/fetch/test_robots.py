from __future__ import annotations

import datetime as dt

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ingest.fetch.robots import MAX_BYTES, UNREACHABLE_SECONDS, Robots, robots_file

NOW = dt.datetime(2026, 3, 2, 12, 0, tzinfo=dt.UTC)
ORIGIN = "https://news.example"
DAY = 24 * 3600.0
NOTHING = b"User-agent: *\nDisallow: /\n"


def robots(body: bytes | str = b"", status: int | None = 200) -> Robots:
    data = body.encode() if isinstance(body, str) else body
    return Robots(robots_file(ORIGIN, status, data, NOW, max_age=None, lifetime_seconds=DAY))


def allows(body: bytes | str, path: str) -> bool:
    return robots(body).allows(ORIGIN + path)


def lifetime(status: int | None, max_age: float | None = None, longest: float = DAY) -> float:
    file = robots_file(ORIGIN, status, NOTHING, NOW, max_age=max_age, lifetime_seconds=longest)
    assert file.fetched_at == NOW
    return (file.expires_at - NOW).total_seconds()


@pytest.mark.parametrize("status", [400, 401, 403, 404, 410, 418, 451])
def test_no_file_allows_everything_whatever_the_error_page_says(status: int) -> None:
    assert not robots(NOTHING, status).unreachable
    assert robots(NOTHING, status).allows(ORIGIN + "/a")


@pytest.mark.parametrize("status", [429, 500, 502, 503, 504, 599, None])
def test_a_server_that_cannot_say_forbids_everything(status: int | None) -> None:
    assert robots(b"User-agent: *\nAllow: /\n", status).unreachable
    assert not robots(b"User-agent: *\nAllow: /\n", status).allows(ORIGIN + "/a")


@pytest.mark.parametrize(
    ("body", "path", "allowed"),
    [
        ("", "/a", True),
        (NOTHING, "/a", False),
        ("User-agent: *\nDisallow:\n", "/a", True),
        ("User-agent: *\nDisallow: /private/\n", "/private/a", False),
        ("User-agent: *\nDisallow: /private/\n", "/public/a", True),
        ("User-agent: *\nDisallow: /a\nAllow: /a/b\n", "/a/b/c", True),  # the longest match decides
        ("User-agent: *\nAllow: /a\nDisallow: /a\n", "/a", True),  # of equals, the one that allows
        ("User-agent: *\nDisallow: /*.pdf$\n", "/x.pdf", False),
        ("User-agent: *\nDisallow: /*.pdf$\n", "/x.pdf?page=2", True),
        ("User-agent: *\nDisallow: /*?print=\n", "/a?print=1", False),
        ("User-agent: news-ingest\nDisallow: /a\nUser-agent: *\nDisallow: /\n", "/b", True),  # our group alone
        ("User-agent: NEWS-Ingest\nDisallow: /a\n", "/a", False),
        ("User-agent: other\nUser-agent: news-ingest\nDisallow: /a\n", "/a", False),
        ("User-agent: other\nDisallow: /\n", "/a", True),
        ("\ufeffUser-agent: *\nDisallow: /a\n", "/a", False),
        ("User-agent: *\r\nDisallow: /a\r\n", "/a", False),
        ("User-agent: * # all\nDisallow: /a # not this\n", "/a", False),
        ("User-agent: *\nDisallow: /süd\n", "/s%C3%BCd", False),
        (b"User-agent: *\nDisallow: /\xff\nDisallow: /a\n", "/a", False),
        ("User-agent: *\0\nDisallow: /a\n", "/a", False),
        ("<html><body>Disallow: /</body></html>", "/a", True),
    ],
)
def test_rules(body: bytes | str, path: str, allowed: bool) -> None:
    assert allows(body, path) is allowed


def test_what_comes_after_half_a_megabyte_is_not_read() -> None:
    filler = b"#" * (MAX_BYTES - 60) + b"\n"
    assert not allows(b"User-agent: *\nDisallow: /early\n" + filler, "/early")
    assert allows(b"User-agent: *\nDisallow: /early\n" + filler + b"\n" * 60 + b"Disallow: /late\n", "/late")


@pytest.mark.parametrize(
    ("body", "seconds"),
    [
        ("", 0.0),
        ("User-agent: *\nCrawl-delay: 7\n", 7.0),
        ("User-agent: *\nCrawl-delay: 0.5\n", 0.5),
        ("User-agent: *\nRequest-rate: 1/10\n", 10.0),
        ("User-agent: *\nCrawl-delay: 3\nRequest-rate: 2/10\n", 5.0),
        ("User-agent: other\nCrawl-delay: 9\n", 0.0),
        ("User-agent: *\nCrawl-delay: 9\n\nUser-agent: news-ingest\nCrawl-delay: 2\n", 2.0),
        ("User-agent: *\nCrawl-delay: soon\n", 0.0),
    ],
)
def test_the_delay_that_is_asked_for(body: str, seconds: float) -> None:
    assert robots(body).delay_seconds == seconds


def test_the_sitemaps_that_are_named() -> None:
    assert robots(f"Sitemap: {ORIGIN}/a.xml\nUser-agent: *\nDisallow: /\nSitemap: {ORIGIN}/b.xml\n").sitemaps == [
        f"{ORIGIN}/a.xml",
        f"{ORIGIN}/b.xml",
    ]
    assert robots(f"Sitemap: {ORIGIN}/a.xml", 404).sitemaps == []


@pytest.mark.parametrize(
    ("status", "max_age", "seconds"),
    [
        (200, None, DAY),
        (200, 3600.0, 3600.0),
        (200, 0.0, UNREACHABLE_SECONDS),  # asked for no more often than that, whatever the server says
        (200, 30 * DAY, DAY),  # RFC 9309 section 2.4
        (404, None, DAY),
        (503, DAY, UNREACHABLE_SECONDS),
        (429, None, UNREACHABLE_SECONDS),
        (None, None, UNREACHABLE_SECONDS),
    ],
)
def test_how_long_a_file_holds(status: int | None, max_age: float | None, seconds: float) -> None:
    assert lifetime(status, max_age) == seconds


def test_a_shorter_lifetime_of_the_settings_holds() -> None:
    assert lifetime(200, None, 60.0) == lifetime(200, DAY, 60.0) == 60.0


PARTS = [
    b"User-agent: *", b"Disallow: /", b"Crawl-delay: ", b"Request-rate: ", b"1/0", b"0/0", b"-1", b"nan", b"1e999",
    b"%zz", b"*$", b"\n", b"\0", b"\xff",
]  # fmt: skip


@given(st.binary(max_size=200) | st.lists(st.sampled_from(PARTS), max_size=12).map(b"".join), st.text(max_size=20))
def test_any_bytes_give_an_answer(body: bytes, path: str) -> None:
    found = robots(body)
    assert found.allows(f"{ORIGIN}/{path}") in {True, False}
    assert found.delay_seconds >= 0.0
