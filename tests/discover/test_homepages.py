from __future__ import annotations

import datetime as dt

import pytest

from ingest.discover.homepages import SiteLists, find_lists
from ingest.discover.listings import ListingLimits
from ingest.model import Rejection, Stage
from ingest.web import Fetched, Request

HOME = "https://www.post.example/"
NOON = dt.datetime(2026, 11, 2, 12, tzinfo=dt.UTC)
RSS = b"<rss version='2.0'><channel><item><link>https://post.example/a</link></item></channel></rss>"
SITEMAP = b"<urlset><url><loc>https://post.example/a</loc></url></urlset>"
PAGE = b"<!doctype html><html><body>Not here</body></html>"
DECLARED = b"<link rel='alternate' type='application/rss+xml' href='/world.rss'>"


class Site:
    """A site of a few documents, and what of it was asked for."""

    def __init__(self, documents: dict[str, bytes]) -> None:
        self.documents = documents
        self.asked: list[str] = []

    def get(self, url: str) -> Fetched:
        self.asked.append(url)
        body = self.documents.get(url.removeprefix(HOME.rstrip("/")))
        if body is None:
            return Fetched(Request(url), url, NOON, 404, PAGE, failure=Rejection(Stage.FETCH, "http_404", "Not found."))
        return Fetched(Request(url), url, NOON, 200, body)

    def lists(self, home: bytes, url: str = HOME) -> SiteLists:
        return find_lists(Fetched(Request(url), url, NOON, 200, home), self.get, ListingLimits())


def test_what_is_declared_is_taken_and_not_asked_for() -> None:
    site = Site({"/robots.txt": b"User-agent: *\nSitemap: https://www.post.example/news.xml\nsitemap:/all.xml\n"})
    lists = site.lists(DECLARED)
    assert lists.feeds == ["https://www.post.example/world.rss"]
    assert lists.sitemaps == ["https://www.post.example/news.xml", "https://www.post.example/all.xml"]
    assert site.asked == ["https://www.post.example/robots.txt"]


@pytest.mark.parametrize("path", ["/feed", "/rss", "/rss.xml", "/feed.xml", "/atom.xml", "/feed.json", "/index.xml"])
def test_undeclared_feeds_are_looked_for_in_the_usual_places(path: str) -> None:
    assert Site({path: RSS}).lists(b"<p>Hello</p>").feeds == [f"https://www.post.example{path}"]


@pytest.mark.parametrize("path", ["/news-sitemap.xml", "/sitemap-news.xml", "/sitemap_news.xml", "/sitemap.xml", "/sitemap_index.xml"])
def test_undeclared_sitemaps_are_looked_for_in_the_usual_places(path: str) -> None:
    assert Site({path: SITEMAP}).lists(DECLARED).sitemaps == [f"https://www.post.example{path}"]


def test_a_page_in_a_usual_place_is_no_feed_and_a_sitemap_is_none_either() -> None:
    everything_is_a_page = Site(dict.fromkeys(("/feed", "/rss", "/sitemap.xml"), PAGE) | {"/rss.xml": SITEMAP, "/news-sitemap.xml": RSS})
    lists = everything_is_a_page.lists(PAGE)
    assert (lists.feeds, lists.sitemaps) == ([], [])


def test_usual_places_are_those_of_the_host_not_of_the_page() -> None:
    site = Site({"/feed": RSS})
    assert site.lists(PAGE, HOME + "de/start").feeds == ["https://www.post.example/feed"]


@pytest.mark.parametrize(
    ("robots", "sitemaps"),
    [
        (b"Sitemap: https://other.example/map.xml", ["https://other.example/map.xml"]),
        (b"  SITEMAP : /map.xml  # all\r\n", ["https://www.post.example/map.xml"]),
        (b"Sitemap: /a.xml\nSitemap: /a.xml\nSitemap: /b.xml", ["https://www.post.example/a.xml", "https://www.post.example/b.xml"]),
        (b"Sitemap:\n/private/\nUser-agent: x", []),
        (b"# Sitemap: /map.xml", []),
        (b"Sitemap: ftp://post.example/map.xml\nSitemap: http://[::1", []),
        (b"Disallow: /sitemap: x", []),
        (
            b"\n" * 200_000 + b"Sitemap: /map.xml",
            ["https://www.post.example/map.xml"],
        ),  # quadratic, if white space were matched across lines
        (b"\xff\xfe\x00", []),
    ],
)
def test_sitemaps_that_robots_txt_names(robots: bytes, sitemaps: list[str]) -> None:
    assert Site({"/robots.txt": robots}).lists(DECLARED).sitemaps == sitemaps


def test_what_stands_in_for_a_missing_robots_txt_is_not_read() -> None:
    site = Site({})
    home = Fetched(Request(HOME), HOME, NOON, 200, DECLARED)
    missing = Rejection(Stage.FETCH, "http_404", "Not found.")
    lists = find_lists(home, lambda url: Fetched(Request(url), url, NOON, 404, b"Sitemap: /map.xml", failure=missing), ListingLimits())
    assert (lists.sitemaps, site.asked) == ([], [])


def test_the_feeds_of_one_page_are_bounded() -> None:
    many = b"".join(b"<link rel='alternate' type='application/rss+xml' href='/%d.rss'>" % n for n in range(200))
    assert Site({}).lists(many).feeds == [f"https://www.post.example/{n}.rss" for n in range(50)]


@pytest.mark.parametrize(
    ("head", "title"),
    [
        ('<meta property="og:site_name" content="The Post">', "The Post"),
        ("<META content=' Post &amp; Bote ' property='og:site_name' />", "Post & Bote"),
        ('<meta property="og:site_name" content="Zeitung für Köln">', "Zeitung für Köln"),
        ('<meta property="og:site_name" content="L\'Heure">', "L'Heure"),
        ('<meta property="og:site_name" content="">', None),
        ('<meta property="og:title" content="Story">', None),
        ("", None),
    ],
)
def test_the_sites_name(head: str, title: str | None) -> None:
    assert Site({}).lists(f"<html><head>{head}</head></html>".encode()).title == title
