from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ingest.discover.listings import read_listing
from ingest.discover.opml import read_opml
from ingest.web import Link, Listing, ListingKind

EXPORT = """<?xml version="1.0" encoding="UTF-8"?>
<opml version="2.0"><head><title>My feeds</title></head><body>
<outline text="News" title="News">
  <outline type="rss" text="The Post" title="The Post: World" xmlUrl="https://post.example/world.xml" htmlUrl="https://post.example/"/>
  <outline text="Local"><outline text="Zeitung &amp; Bote" xmlURL=" https://zeitung.example/rss?a=1&amp;b=2 "/></outline>
</outline>
<outline type="rss" xmlurl="HTTPS://gazette.example/feed"/>
<outline text="The Post again" xmlUrl="https://post.example/world.xml"/>
<outline text="A note"/><outline text="Not on the web" xmlUrl="feed://post.example/x"/><outline text="Script" xmlUrl="javascript:alert(1)"/>
</body></opml>"""
LINKS = (
    Link("https://post.example/world.xml", "The Post: World"),
    Link("https://zeitung.example/rss?a=1&b=2", "Zeitung & Bote"),
    Link("HTTPS://gazette.example/feed"),
)


@pytest.mark.parametrize(
    "body",
    [
        EXPORT.encode(),
        b"\xef\xbb\xbf\n" + EXPORT.encode(),
        EXPORT.replace("UTF-8", "UTF-16").encode("utf-16"),
        EXPORT.replace("opml", "OPML").encode(),
        EXPORT.replace("UTF-8", "windows-1252").encode("cp1252"),
    ],
)
def test_feeds_at_any_depth_each_once(body: bytes) -> None:
    assert read_listing(body, "https://post.example/list") == Listing(ListingKind.OPML, links=LINKS)


def test_a_list_that_is_cut_off_is_read_as_far_as_it_goes() -> None:
    listing = read_opml(EXPORT[: EXPORT.index("</outline>")].encode())
    assert listing is not None
    assert listing.links == LINKS[:2]
    assert (listing.problem or "").startswith("The document is no well-formed XML: ")


def test_entities_are_not_read() -> None:
    document = '<!DOCTYPE opml [<!ENTITY a SYSTEM "file:///etc/passwd">]><opml><outline xmlUrl="https://post.example/&a;"/></opml>'
    assert read_opml(document.encode()) is None


@pytest.mark.parametrize("body", [b"", b"<html></html>", b"<rss><opml/></rss>", b"opml", b"<opml", b"{}"])
def test_what_is_no_opml_is_none(body: bytes) -> None:
    assert read_opml(body) is None


@given(st.integers(0, len(EXPORT)), st.binary(max_size=6))
def test_any_cut_and_any_damage_raise_nothing(at: int, damage: bytes) -> None:
    body = EXPORT.encode()
    cut = read_opml(body[:at])
    assert cut is None or cut.links == LINKS[: len(cut.links)]
    damaged = read_opml(body[:at] + damage + body[at:])
    assert damaged is None or all(link.url.lower().startswith(("http://", "https://")) for link in damaged.links)
