from __future__ import annotations

import gzip

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ingest.discover.listings import ListingLimits, read_listing
from ingest.web import ListingKind

URL = "https://post.example/list"
RSS = b"<rss version='2.0'><channel><item><link>https://post.example/a</link></item></channel></rss>"
ATOM = b"<feed xmlns='http://www.w3.org/2005/Atom'><entry><link href='https://post.example/a'/></entry></feed>"
RDF = b"<rdf:RDF xmlns:rdf='http://www.w3.org/1999/02/22-rdf-syntax-ns#' xmlns='http://purl.org/rss/1.0/'><item><link>https://post.example/a</link></item></rdf:RDF>"
JSON = b'{"version": "https://jsonfeed.org/version/1.1", "items": [{"id": "1", "url": "https://post.example/a"}]}'
SITEMAP = b"<urlset><url><loc>https://post.example/a</loc></url></urlset>"
INDEX = b"<sitemapindex><sitemap><loc>https://post.example/a</loc></sitemap></sitemapindex>"
OPML = b"<opml><body><outline xmlUrl='https://post.example/a'/></body></opml>"
URLS = b"https://post.example/a\n"
KINDS = {
    RSS: ListingKind.RSS,
    RDF: ListingKind.RSS,
    ATOM: ListingKind.ATOM,
    JSON: ListingKind.JSON_FEED,
    SITEMAP: ListingKind.SITEMAP,
    INDEX: ListingKind.SITEMAP_INDEX,
    OPML: ListingKind.OPML,
    URLS: ListingKind.URL_LIST,
}


@pytest.mark.parametrize(("body", "kind"), KINDS.items(), ids=[k.value for k in KINDS.values()])
def test_each_kind_is_told_from_its_bytes_however_it_comes(body: bytes, kind: ListingKind) -> None:
    forms = [body, b"\xef\xbb\xbf" + body, gzip.compress(body), body.decode().encode("utf-16"), gzip.compress(b"\xef\xbb\xbf" + body)]
    if body.startswith(b"<"):
        forms += [b'<?xml version="1.0" encoding="utf-8"?>\n' + body, b"\n\t " + body, b"<?xml version='1.0'?><!-- made by hand -->" + body]
    for form in forms:
        listing = read_listing(form, URL)
        assert listing is not None
        assert listing.kind == kind
        assert [e.url for e in listing.entries] + [link.url for link in listing.links] == ["https://post.example/a"]


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"<!DOCTYPE html><html><body>All about <b>RSS</b></body></html>",
        b"<?xml version='1.0'?><html xmlns='http://www.w3.org/1999/xhtml'><head><title>feed</title></head></html>",
        b"<svg xmlns='http://www.w3.org/2000/svg'/>",
        b"Not found",
        b"User-agent: *\nDisallow: /\n",
        b"%PDF-1.7",
        b'{"error": "not found"}',
        b'["https://post.example/a"]',
        b"\x1f\x8b",
        gzip.compress(b"nothing", mtime=0),
        b"\xff\xfe\x00",
    ],
)
def test_other_documents_are_no_lists(body: bytes) -> None:
    assert read_listing(body, URL) is None


def test_a_page_that_speaks_of_feeds_is_no_feed() -> None:
    head = b"<head><link rel='alternate' type='application/rss+xml' href='/rss'></head>"
    assert read_listing(b"<!doctype html><html>" + head + b"<body><pre>&lt;rss></pre>" + RSS + b"</body></html>", URL) is None


@pytest.mark.parametrize("word", ["urlset", "sitemapindex", "opml", "What is a sitemapindex?"])
def test_a_feed_that_speaks_of_lists_is_a_feed(word: str) -> None:
    listing = read_listing(RSS.replace(b"<item>", b"<title>" + word.encode() + b"</title><item>"), URL)
    assert listing is not None
    assert (listing.kind, listing.title) == (ListingKind.RSS, word)


def test_a_gzip_bomb_is_cut_at_the_limit() -> None:
    bomb = gzip.compress(b"https://post.example/a\n" + b"#" * 20_000_000)
    listing = read_listing(bomb, URL, ListingLimits(max_listing_bytes=1_000))
    assert listing is not None
    assert len(listing.entries) == 1
    assert read_listing(gzip.compress(gzip.compress(URLS)), URL) is None  # once is what servers do


@given(st.sampled_from(list(KINDS)), st.integers(0, 200), st.binary(max_size=8))
def test_damage_raises_nothing(body: bytes, at: int, damage: bytes) -> None:
    for form in (body, gzip.compress(body, mtime=0), body.decode().encode("utf-16")):
        for changed in (form[:at] + damage + form[at:], form[:at] + damage + form[at + len(damage) :], form[:at]):
            read_listing(changed, URL)
