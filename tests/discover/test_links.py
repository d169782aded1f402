from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ingest.discover.links import article_links, feed_links

URL = "https://www.post.example/world/"
STORY = "https://www.post.example/world/2026/11/02/river-floods-three-towns"


def page(*hrefs: str, head: str = "") -> bytes:
    links = "".join(f'<p><a href="{href}">A story</a></p>' for href in hrefs)
    return f"<!doctype html><html><head>{head}</head><body>{links}</body></html>".encode()


@pytest.mark.parametrize(
    "href",
    [
        STORY,
        "/world/2026/11/02/river-floods-three-towns",
        "2026/11/02/river-floods-three-towns",
        "../world/./2026/11/02/river-floods-three-towns",
        "//www.post.example/world/2026/11/02/river-floods-three-towns",
        "  /world/2026/11/02/river-floods-three-towns\n",
        "/world/2026/11/02/river-floods-three-towns#comments",
        "/world/2026/11/02/river-floods-three-towns?utm_source=section&amp;fbclid=x",
    ],
)
def test_a_link_to_an_article_is_found_in_its_one_form(href: str) -> None:
    assert article_links(page(href), URL) == [STORY]


@pytest.mark.parametrize(
    "href",
    [
        "",
        "#top",
        "/",
        "/world/",
        "/world/europe",
        "/tag/floods-in-the-three-towns",
        "/author/ada-mary-brook-smith",
        "/2026/11/02/river-floods-three-towns.jpg",
        "mailto:desk@post.example",
        "tel:+123456789",
        "javascript:open('/world/2026/11/02/river-floods-three-towns')",
        "data:text/html,/2026/11/02/river-floods-three-towns",
        "https://other.example/world/2026/11/02/river-floods-three-towns",
        "https://post.example.other.example/2026/11/02/river-floods-three-towns",
        "https://notpost.example/world/2026/11/02/river-floods-three-towns",
        "https://share.other.example/?u=https://www.post.example/world/2026/11/02/river-floods-three-towns",
        "http://[::1/2026/11/02/river-floods-three-towns",
        "https://me@/2026/11/02/river-floods-three-towns",
    ],
)
def test_other_links_are_not_articles_of_the_site(href: str) -> None:
    assert article_links(page(href, STORY), URL) == [STORY]


@pytest.mark.parametrize("host", ["post.example", "m.post.example", "amp.post.example", "sport.post.example", "www.post.example:8443"])
def test_the_site_has_other_hosts(host: str) -> None:
    link = f"https://{host}/2026/11/02/river-floods-three-towns"
    assert article_links(page(link), URL) == [link]


def test_a_part_of_a_site_links_to_the_whole_of_it() -> None:
    assert article_links(page(STORY), "https://sport.post.example/") == [STORY]


def test_articles_come_once_in_the_pages_order() -> None:
    other = "https://www.post.example/sport/2026/11/02/team-wins-at-home"
    links = [other, STORY, STORY + "/", STORY.replace("www.", "m."), STORY + "/amp", other + "#top"]
    assert article_links(page(*links), URL) == [other, STORY]


def test_a_page_is_not_among_its_own_links() -> None:
    assert article_links(page(STORY, STORY + "?page=2"), STORY.replace("https://www.", "http://")) == [STORY + "?page=2"]


def test_a_base_is_kept_to() -> None:
    assert article_links(page("2026/11/02/river-floods-three-towns", head='<base href="/world/">'), "https://www.post.example/x/y/z") == [
        STORY
    ]
    assert article_links(page("2026/11/02/river-floods-three-towns", head='<base href="javascript:x">'), URL) == [STORY]


def test_feeds_that_a_page_declares_come_before_those_that_it_links_to() -> None:
    head = (
        '<link rel="alternate" type="application/rss+xml" title=" World " href="/world.rss">'
        '<LINK REL="Alternate Home" TYPE="Application/Atom+XML; charset=utf-8" HREF="https://feeds.other.example/atom">'
        '<link rel="alternate" type="application/feed+json" href="feed.json">'
        '<link rel="alternate" type="application/rss+xml" title="again" href="/world.rss">'
        '<link rel="alternate" hreflang="de" href="/de/"><link rel="stylesheet" type="text/css" href="/feed">'
        '<link rel="alternate" type="application/rss+xml" href="">'
    )
    found = feed_links(page("/rss", "/world.rss", "/about-our-feed", "https://other.example/rss.xml", "feed:/x", head=head), URL)
    assert found[:3] == [
        ("https://www.post.example/world.rss", "World"),
        ("https://feeds.other.example/atom", None),
        ("https://www.post.example/world/feed.json", None),
    ]
    assert found[3:] == [("https://www.post.example/rss", "A story")]


@given(st.binary(max_size=300))
def test_any_bytes_are_a_page(body: bytes) -> None:
    for html in (
        body,
        b'<base href="' + body + b'"><a href="' + body + b'">',
        b'<link rel=alternate type=application/rss+xml href="' + body + b'">',
    ):
        assert all(link.startswith(("http://", "https://")) for link in article_links(html, URL))
        assert all(link.startswith(("http://", "https://")) for link, _ in feed_links(html, URL))


@given(st.text(max_size=60))
def test_any_reference_is_followed_or_left(href: str) -> None:
    assert len(article_links(page(href.replace('"', "")), URL)) <= 1
