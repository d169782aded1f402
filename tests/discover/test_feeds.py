from __future__ import annotations

import datetime as dt
import gzip
import json
import tracemalloc
from html import escape
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ingest.discover.feeds import read_feed
from ingest.discover.listings import ListingLimits, read_listing
from ingest.web import Entry, Listing, ListingKind

URL = "https://post.example/feeds/all.xml"
NAMES = {
    "dc": "http://purl.org/dc/elements/1.1/",
    "sy": "http://purl.org/rss/1.0/modules/syndication/",
    "content": "http://purl.org/rss/1.0/modules/content/",
    "feedburner": "http://rssnamespace.org/feedburner/ext/1.0",
    "media": "http://search.yahoo.com/mrss/",
    "atom": "http://www.w3.org/2005/Atom",
}
DECLARED = " ".join(f'xmlns:{prefix}="{uri}"' for prefix, uri in NAMES.items())
CET = dt.timezone(dt.timedelta(hours=1))
EIGHT = dt.datetime(2026, 11, 2, 8, tzinfo=CET)
BOM = b"\xef\xbb\xbf"
TWO = "<item><title>Über</title><link>https://post.example/a</link></item><item><title>B</title><link>https://post.example/b</link></item>"


def rss(items: str, *, channel: str = "", names: str = DECLARED, encoding: str = "utf-8") -> str:
    start = f'<?xml version="1.0" encoding="{encoding}"?><rss version="2.0" {names}><channel><title>The Post</title>'
    return f"{start}{channel}{items}</channel></rss>"


def read(document: str | bytes) -> Listing:
    listing = read_listing(document.encode() if isinstance(document, str) else document, URL)
    assert listing is not None
    return listing


def entry(item: str, *, names: str = DECLARED) -> Entry:
    (only,) = read(rss(f"<item>{item}</item>", names=names)).entries
    return only


def titles(document: str | bytes) -> list[tuple[str, str | None]]:
    return [(e.url.removeprefix("https://post.example"), e.title) for e in read(document).entries]


BOTH = [("/a", "Über"), ("/b", "B")]
RSS_091 = (
    '<?xml version="1.0"?><!DOCTYPE rss PUBLIC "-//Netscape Communications//DTD RSS 0.91//EN" "http://dtd.example/rss-0.91.dtd">'
    '<rss version="0.91"><channel><title>P</title><link>https://post.example/</link><language>en-us</language>'
    "<item><title>Über</title><link>https://post.example/a</link></item><item><title>B</title><link>https://post.example/b</link></item></channel></rss>"
)
RSS_092 = f'<rss version="0.92"><channel><title>P</title><item><description>No link at all.</description></item>{TWO}</channel></rss>'
RDF = (
    f'<?xml version="1.0"?><rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#" xmlns="http://purl.org/rss/1.0/" {DECLARED}>'
    '<channel rdf:about="https://post.example/"><title>P</title><link>https://post.example/</link><dc:language>de</dc:language>'
    "<sy:updatePeriod>hourly</sy:updatePeriod><sy:updateFrequency>2</sy:updateFrequency></channel>"
    '<item rdf:about="https://post.example/a"><title>Über</title><link>https://post.example/a</link>'
    "<dc:date>2026-11-02T08:00:00+01:00</dc:date><dc:creator>Ada Brook</dc:creator></item>"
    '<item rdf:about="https://post.example/b"><title>B</title><link>https://post.example/b</link></item></rdf:RDF>'
)
ATOM = """<?xml version="1.0"?><feed xmlns="http://www.w3.org/2005/Atom" xml:lang="fr"><title>P</title><link rel="self" href="https://post.example/feed"/>
<link href="https://post.example/"/><updated>2026-11-02T09:00:00Z</updated>
<entry><title>Über</title><link rel="enclosure" href="https://cdn.example/a.mp3"/><link rel="replies" href="https://post.example/a/comments"/>
<link rel="alternate" href="https://post.example/a"/><id>tag:post.example,2026:1</id><published>2026-11-02T08:00:00+01:00</published>
<updated>2026-11-02T09:00:00+01:00</updated><author><name>Ada Brook</name></author>
<author><name>Jan Roe</name><email>jan@post.example</email></author>
<summary>In short.</summary><content type="xhtml"><div xmlns="http://www.w3.org/1999/xhtml"><p>The <b>river</b>.</p></div></content></entry>
<entry><title>B</title><link href="https://post.example/b"/><updated>2026-11-01T09:00:00Z</updated></entry></feed>"""
ATOM_03 = """<feed version="0.3" xmlns="http://purl.org/atom/ns#"><title>P</title><link rel="alternate" type="text/html" href="https://post.example/"/>
<entry><title>Über</title><link rel="alternate" href="https://post.example/a"/><issued>2026-11-02T08:00:00+01:00</issued>
<modified>2026-11-02T09:00:00+01:00</modified><author><name>Ada Brook</name></author></entry>
<entry><title>B</title><link rel="alternate" href="https://post.example/b"/></entry></feed>"""
JSON_FEED = {
    "version": "https://jsonfeed.org/version/1.1",
    "title": "P",
    "home_page_url": "https://post.example/",
    "language": "fr",
    "items": [
        {
            "id": "1",
            "url": "/a",
            "title": "Über",
            "date_published": "2026-11-02T08:00:00+01:00",
            "date_modified": "2026-11-02T09:00:00+01:00",
            "authors": [{"name": "Ada Brook"}, {"name": "Jan Roe"}, {"url": "x"}],
            "content_html": "<p>The <b>river</b>.</p>",
            "summary": "In short.",
        },
        {"id": "https://post.example/b", "title": "B", "author": {"name": "Kim"}},
        {"id": 3, "title": "no address"},
        "no item",
    ],
}


@pytest.mark.parametrize(
    ("document", "kind"),
    [
        (RSS_091, ListingKind.RSS),
        (RSS_092, ListingKind.RSS),
        (RDF, ListingKind.RSS),
        (rss(TWO), ListingKind.RSS),
        (ATOM_03, ListingKind.ATOM),
        (ATOM, ListingKind.ATOM),
        (json.dumps(JSON_FEED), ListingKind.JSON_FEED),
        (json.dumps(JSON_FEED | {"version": "https://jsonfeed.org/version/1"}), ListingKind.JSON_FEED),
    ],
    ids=["rss 0.91", "rss 0.92", "rss 1.0", "rss 2.0", "atom 0.3", "atom 1.0", "json 1.1", "json 1.0"],
)
def test_every_format_is_read_and_told(document: str, kind: ListingKind) -> None:
    for body in (document.encode(), gzip.compress(document.encode()), b"\n" + document.encode(), BOM + document.encode()):
        listing = read(body)
        assert (listing.kind, listing.problem) == (kind, None)
        assert titles(body) == BOTH


def test_what_an_rdf_feed_says() -> None:
    listing = read(RDF)
    first = listing.entries[0]
    assert (listing.language, listing.period_seconds, listing.homepage) == ("de", 1800.0, "https://post.example/")
    assert (first.published, first.authors) == (EIGHT, ("Ada Brook",))


def test_what_an_atom_feed_says() -> None:
    listing = read(ATOM)
    first, second = listing.entries
    assert (listing.title, listing.homepage, listing.language) == ("P", "https://post.example/", "fr")
    assert (first.published, first.updated) == (EIGHT, EIGHT.replace(hour=9))
    assert (first.authors, first.summary, first.guid) == (("Ada Brook", "Jan Roe"), "In short.", "tag:post.example,2026:1")
    assert first.content == "<p>The <b>river</b>.</p>"
    assert (second.published, second.updated) == (None, dt.datetime(2026, 11, 1, 9, tzinfo=dt.UTC))  # changed is not published


def test_what_an_old_atom_feed_says() -> None:
    first = read(ATOM_03).entries[0]
    assert (first.published, first.updated, first.authors) == (EIGHT, EIGHT.replace(hour=9), ("Ada Brook",))


def test_what_a_json_feed_says() -> None:
    listing = read(json.dumps(JSON_FEED))
    first, second = listing.entries
    assert (listing.title, listing.homepage, listing.language) == ("P", "https://post.example/", "fr")
    assert (first.published, first.updated, first.authors) == (EIGHT, EIGHT.replace(hour=9), ("Ada Brook", "Jan Roe"))
    assert (first.content, first.summary, second.authors) == ("<p>The <b>river</b>.</p>", "In short.", ("Kim",))


@pytest.mark.parametrize(
    ("item", "url"),
    [
        ("<link>https://post.example/a?x=1&amp;y=2</link>", "https://post.example/a?x=1&y=2"),
        ("<link><![CDATA[ https://post.example/a?x=1&y=2\n]]></link>", "https://post.example/a?x=1&y=2"),
        ("<link>/world/a</link>", "https://post.example/world/a"),
        ("<link>a</link>", "https://post.example/feeds/a"),
        ("<link>//other.example/a</link>", "https://other.example/a"),
        ("<guid>https://post.example/a</guid>", "https://post.example/a"),
        ('<guid isPermaLink="true">https://post.example/a</guid>', "https://post.example/a"),
        ('<link>https://post.example/a</link><guid isPermaLink="true">https://post.example/?p=1</guid>', "https://post.example/a"),
        ('<atom:link rel="alternate" href="https://post.example/a"/>', "https://post.example/a"),
        (
            "<link>https://feeds.example/~r/1</link><feedburner:origLink>https://post.example/a</feedburner:origLink>",
            "https://post.example/a",
        ),
        (
            '<link>https://post.example/a</link><media:content url="https://cdn.example/a.jpg"><media:title>x</media:title></media:content>',
            "https://post.example/a",
        ),
        ('<link>https://post.example/a</link><enclosure url="https://cdn.example/a.mp3" type="audio/mpeg"/>', "https://post.example/a"),
        ("<link>https://post.example/straße</link>", "https://post.example/straße"),
    ],
)
def test_where_an_entry_leads(item: str, url: str) -> None:
    assert entry(item).url == url


@pytest.mark.parametrize(
    "item",
    [
        "<title>No link</title>",
        '<guid isPermaLink="false">https://post.example/internal/1</guid>',
        "<guid>urn:post:1</guid>",
        "<link></link>",
        "<link>mailto:desk@post.example</link>",
        "<link>javascript:alert(1)</link>",
        "<link>file:///etc/passwd</link>",
        "<link>http://[::1</link>",
    ],
)
def test_entries_that_lead_nowhere_are_left_out(item: str) -> None:
    assert titles(rss(f"<item>{item}</item>{TWO}")) == BOTH


def test_xml_base_is_kept_to() -> None:
    document = ATOM.replace("<feed ", '<feed xml:base="https://other.example/sub/" ').replace('"https://post.example/b"', '"b"')
    assert [e.url for e in read(document).entries] == ["https://post.example/a", "https://other.example/sub/b"]


def test_an_entry_that_is_listed_twice_counts_once() -> None:
    assert titles(rss(TWO + TWO)) == BOTH


@pytest.mark.parametrize(
    ("items", "authors"),
    [
        ("<dc:creator>Ada Brook</dc:creator>", ("Ada Brook",)),
        ("<dc:creator><![CDATA[ Ada Brook ]]></dc:creator><dc:creator>Jan Roe</dc:creator>", ("Ada Brook", "Jan Roe")),
        ("<author>Ada Brook</author>", ("Ada Brook",)),
        ("<author>ada@post.example (Ada Brook)</author>", ("Ada Brook",)),
        ("<author>ada@post.org (Ada Brook)</author>", ("Ada Brook",)),
        ("<author>Brook, Ada &lt;ada@post.online&gt;</author>", ("Brook, Ada",)),
        ("<author>ada@post.example</author>", ()),
        ("<author> </author>", ()),
        ("", ()),
    ],
)
def test_who_wrote_an_entry(items: str, authors: tuple[str, ...]) -> None:
    assert entry(f"<link>https://post.example/a</link>{items}").authors == authors


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        ("Mon, 02 Nov 2026 08:00:00 +0100", "2026-11-02T08:00:00+01:00"),
        ("Mon, 2 Nov 2026 08:00:00 GMT", "2026-11-02T08:00:00+00:00"),
        ("Mon, 02 Nov 26 08:00:00 GMT", "2026-11-02T08:00:00+00:00"),
        ("02 Nov 2026 08:00 EST", "2026-11-02T08:00:00-05:00"),
        ("Mon, 02 Nov 2026 08:00:00 CET", "2026-11-02T08:00:00+01:00"),
        ("Monday, 2 November 2026 08:00:00 +0100", "2026-11-02T08:00:00+01:00"),
        ("Mo, 02 Nov 2026 08:00:00 +0100", "2026-11-02T08:00:00+01:00"),
        ("lun, 02 nov 2026 08:00:00 +0100", "2026-11-02T08:00:00+01:00"),
        ("Mon Nov  2 08:00:00 2026", "2026-11-02T08:00:00+00:00"),
        ("2026-11-02T08:00:00+01:00", "2026-11-02T08:00:00+01:00"),
        ("2026-11-02T08:00:00+0100", "2026-11-02T08:00:00+01:00"),
        ("2026-11-02T08:00:00Z", "2026-11-02T08:00:00+00:00"),
        ("20261102T080000Z", "2026-11-02T08:00:00+00:00"),
        ("2026-11-02 08:00:00", "2026-11-02T08:00:00+00:00"),
        ("2026-11-02", "2026-11-02T00:00:00+00:00"),
        ("1793606400", "2026-11-02T08:00:00+00:00"),
        ("2026년 11월 2일", "2026-11-02T00:00:00+00:00"),
        ("2026-02-30T08:00:00Z", None),  # no such day
        ("0000-00-00T00:00:00Z", None),
        ("Sat, 31 Dec 9999 23:59:59 -1200", None),
        ("today", None),
        ("", None),
    ],
)
def test_dates_in_the_forms_that_feeds_have_them(written: str, meant: str | None) -> None:
    published = entry(f"<link>https://post.example/a</link><pubDate>{written}</pubDate>").published
    assert (published.isoformat() if published else None) == meant
    feed = JSON_FEED | {"items": [{"url": "https://post.example/a", "date_published": written}]}
    (only,) = read(json.dumps(feed)).entries
    assert only.published == published


def test_dublin_core_dates_are_of_publication() -> None:
    item = "<link>https://post.example/a</link><dc:date>2026-11-02T08:00:00+01:00</dc:date>"
    assert entry(item).published == EIGHT
    assert entry(item + "<pubDate>Sun, 01 Nov 2026 08:00:00 GMT</pubDate>").published == dt.datetime(2026, 11, 1, 8, tzinfo=dt.UTC)


@pytest.mark.parametrize(
    ("channel", "seconds"),
    [
        ("<ttl>30</ttl>", 1800.0),
        ("<ttl>0</ttl>", None),
        ("<ttl>-5</ttl>", None),
        ("<ttl>soon</ttl>", None),
        ("<ttl>٣</ttl>", None),
        ("<ttl>" + "9" * 400 + "</ttl>", 599_999_940.0),
        ("<sy:updatePeriod>hourly</sy:updatePeriod>", 3600.0),
        ("<sy:updatePeriod>\n Daily </sy:updatePeriod><sy:updateFrequency>4</sy:updateFrequency>", 21_600.0),
        ("<sy:updatePeriod>hourly</sy:updatePeriod><sy:updateFrequency>0</sy:updateFrequency>", 3600.0),
        ("<sy:updatePeriod>hourly</sy:updatePeriod><sy:updateFrequency>often</sy:updateFrequency>", 3600.0),
        ("<sy:updatePeriod>now and then</sy:updatePeriod>", None),
        ("", None),
    ],
)
def test_how_often_a_feed_says_it_changes(channel: str, seconds: float | None) -> None:
    assert read(rss(TWO, channel=channel)).period_seconds == seconds


def test_the_whole_text_is_told_from_the_summary() -> None:
    both = "<link>https://post.example/a</link><description>In short.</description>"
    assert entry(both).content is None
    full = entry(both + "<content:encoded><![CDATA[<p>The river rose.</p><p>It fell.</p>]]></content:encoded>")
    assert (full.content, full.summary) == ("<p>The river rose.</p><p>It fell.</p>", "In short.")


def test_prefixes_that_nobody_declared_are_understood() -> None:
    item = (
        "<link>https://feeds.example/1</link><feedburner:origLink>https://post.example/a</feedburner:origLink>"
        "<dc:creator>Ada Brook</dc:creator>"
        "<content:encoded><![CDATA[<p>The river rose.</p>]]></content:encoded>"
    )
    only = entry(item, names="")
    assert (only.url, only.authors, only.content) == ("https://post.example/a", ("Ada Brook",), "<p>The river rose.</p>")


@pytest.mark.parametrize(
    "body",
    [
        rss(TWO, encoding="utf-16").encode("utf-16"),
        b"\xfe\xff" + rss(TWO, encoding="utf-16").encode("utf-16-be"),
        b"\xff\xfe" + rss(TWO).encode("utf-16-le"),
        rss(TWO, encoding="iso-8859-1").encode("iso-8859-1"),
        rss(TWO, encoding="utf-8").encode("cp1252"),
        rss(TWO, encoding="iso-8859-1").encode("utf-8"),
        rss(TWO, encoding="x-unheard-of").encode("utf-8"),
        BOM + b" \n " + rss(TWO).encode(),
        b"\r\n \xef\xbb\xbf" + rss(TWO).encode(),
        BOM + rss(TWO, encoding="iso-8859-1").encode(),
        b"<br />Warning: something on line 7<br />\n" + rss(TWO).encode(),
        b"<!-- cached -->" + rss(TWO).encode(),
        rss(TWO).replace("</rss>", "").encode(),
        rss(TWO).encode() + b"<!-- 0.1 s --><script>x</script>",
        rss(TWO).replace("<rss", "<RSS").replace("</rss>", "</RSS>").replace("item>", "ITEM>").replace("link>", "LINK>").encode(),
        rss(TWO + "<item><title>A &nbsp; &eacute; &nothing; R&D < 3</title></item>").encode(),
        rss(TWO + "<item><title>\x00\x0b</title></item>").encode(),
    ],
)
def test_broken_and_odd_feeds_are_read(body: bytes) -> None:
    assert titles(body) == BOTH


@pytest.mark.parametrize(
    ("encoding", "word"), [("gb2312", "洪水"), ("shift_jis", "洪水"), ("koi8-r", "река"), ("windows-1251", "река"), ("euc-kr", "홍수")]
)
def test_encodings_that_are_declared_are_kept_to(encoding: str, word: str) -> None:
    document = rss(f"<item><title>{word}</title><link>https://post.example/a</link></item>", encoding=encoding)
    assert titles(document.encode(encoding)) == [("/a", word)]


def test_of_a_feed_that_is_cut_off_the_whole_entries_are_there_and_it_says_so() -> None:
    document = rss(TWO)
    listing = read(document[: document.index("<title>B") + 8])
    assert [e.url for e in listing.entries] == ["https://post.example/a"]
    assert listing.problem is not None
    assert listing.problem.startswith("The feed is broken: ")


def test_a_feed_without_entries_is_a_feed() -> None:
    assert read(rss("")).entries == ()
    assert read(json.dumps(JSON_FEED | {"items": []})).entries == ()


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b" \n",
        b"<!doctype html><html><head><link rel='alternate' type='application/rss+xml' href='/rss'></head><body>our feed</body></html>",
        b"<html><body><div class='rss'>feed</div></body></html>",
        b"<p>Not found</p>",
        b"plain text",
        b"{",
        b'{"items": []}',
        b'{"version": "https://jsonfeed.org/version/1.1", "items": {}}',
        b'{"version": "https://jsonfeed.org/version/1.1", "items": [{"url": "https://post.exa',
        b"[1, 2]",
        b"\x1f\x8b\x08broken",
        b"\x89PNG\r\n\x1a\n" + bytes(200),
        b"\xff\xfe",
    ],
)
def test_what_is_no_feed_is_none(body: bytes) -> None:
    assert read_listing(body, URL) is None


@pytest.mark.parametrize("document", [rss(TWO), json.dumps(JSON_FEED)])
def test_a_limit_of_entries_is_kept_and_said(document: str) -> None:
    listing = read_listing(document.encode(), URL, ListingLimits(max_feed_entries=1))
    assert listing is not None
    assert [e.url for e in listing.entries] == ["https://post.example/a"]
    assert listing.problem == "Only the first 1 entries are read (INGEST_MAX_FEED_ENTRIES)."


def bomb(declarations: str, text: str) -> str:
    return (
        f'<?xml version="1.0"?><!DOCTYPE rss [{declarations}]><rss version="2.0"><channel><title>P</title>'
        f"<item><title>{text}</title><link>https://post.example/a</link></item></channel></rss>"
    )


LAUGHS = '<!ENTITY a "laugh">' + "".join(f'<!ENTITY {chr(98 + n)} "{f"&{chr(97 + n)};" * 10}">' for n in range(9))
BOMBS = {
    "billion laughs": bomb(LAUGHS, "&j;"),
    "quadratic": bomb(f'<!ENTITY a "{"laugh" * 300}">', "&a;" * 3_000),
    "external": bomb('<!ENTITY a SYSTEM "file:///etc/passwd">', "&a;"),
    "parameter": bomb('<!ENTITY % p SYSTEM "file:///etc/passwd"> %p; <!ENTITY a "root:">', "&a;"),
    "second type": "<!DOCTYPE x>" + bomb(f'<!ENTITY a "{"laugh" * 300}">', "&a;" * 3_000),
    "type without an end": bomb(f'<!ENTITY a "{"laugh" * 300}">', "&a;" * 3_000).replace("]>", ""),
    "bracket in a value": bomb('<!ENTITY b "]>"><!ENTITY a "laughlaugh">', "&a;"),
}


@pytest.mark.parametrize("name", BOMBS)
@pytest.mark.parametrize("encoding", ["utf-8", "utf-16"])
def test_entities_are_never_expanded(name: str, encoding: str) -> None:
    document = BOMBS[name]
    tracemalloc.start()
    listing = read_listing(document.encode(encoding), URL)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 50_000_000  # bytes; the laughs come to five thousand million
    text = " ".join(f"{e.title} {e.summary} {e.content}" for e in listing.entries) if listing else ""
    assert "laughlaugh" not in text
    assert "root:" not in text
    assert len(text) < 20_000


def test_what_would_take_quadratic_time_is_cut() -> None:
    word = "a" * 300_000
    listing = read(rss(f"<item><link>https://post.example/a</link><author>{word}</author></item>"))
    assert [len(author) for e in listing.entries for author in e.authors] == [2_048]
    address = "https://news.example/" + "x" * 2_000
    assert read(rss(f"<item><link>{address}</link></item>")).entries[0].url == address


GOOD = [document.encode() for document in (RSS_091, RDF, rss(TWO), ATOM, ATOM_03, json.dumps(JSON_FEED))]


def is_sound(listing: Listing | None) -> bool:
    return listing is None or (
        all(e.url.lower().startswith(("http://", "https://")) for e in listing.entries)
        and len({e.url for e in listing.entries}) == len(listing.entries)
        and all(d.tzinfo is not None for e in listing.entries for d in (e.published, e.updated) if d is not None)
    )


@given(st.sampled_from(GOOD), st.data())
def test_any_cut_of_a_feed_is_read_as_far_as_it_goes(document: bytes, data: st.DataObject) -> None:
    cut = document[: data.draw(st.integers(0, len(document)))]
    whole = read(document)
    listing = read_listing(cut, URL)
    assert is_sound(listing)
    found = [e.url for e in listing.entries] if listing else []
    assert len(found) <= len(whole.entries)
    assert found[:-1] == [e.url for e in whole.entries][: max(len(found) - 1, 0)]  # the last may be cut in its address


@given(
    st.binary(max_size=200),
    st.sampled_from(
        [b"", b"<rss>", b"<feed><entry>", b'{"version":"jsonfeed","items":[', b"\xff\xfe", b"\x1f\x8b", b"<urlset>", b"<opml>"]
    ),
)
def test_any_bytes_are_a_list_or_none(body: bytes, start: bytes) -> None:
    assert is_sound(read_listing(start + body, URL))
    assert is_sound(read_feed(start + body, URL, 10))


@given(st.sampled_from(GOOD), st.lists(st.tuples(st.integers(0, 3_000), st.binary(max_size=4)), min_size=1, max_size=8))
def test_damaged_bytes_raise_nothing(document: bytes, damage: list[tuple[int, bytes]]) -> None:
    for position, piece in damage:
        at = position % len(document)
        document = document[:at] + piece + document[at + len(piece) :]
    assert is_sound(read_listing(document, URL))


KEYS = ("id", "url", "title", "date_published", "date_modified", "authors", "author", "name", "content_html", "summary")
SCALAR = st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5)
VALUE: st.SearchStrategy[Any] = st.recursive(
    SCALAR, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(KEYS), inner, max_size=4), max_leaves=8
)


@given(VALUE)
def test_json_of_any_shape_raises_nothing(value: object) -> None:
    for feed in (
        JSON_FEED | {"items": value},
        JSON_FEED | {"items": [value]},
        JSON_FEED | {"title": value, "language": value, "home_page_url": value},
    ):
        assert is_sound(read_listing(json.dumps(feed).encode(), URL))


@given(st.text(st.characters(blacklist_categories=["Cs", "Cc"]), min_size=1, max_size=40).filter(lambda s: s.strip() == s))
def test_a_title_comes_back_as_it_was_written(title: str) -> None:
    item = {"url": "https://post.example/a", "title": title}
    assert read(json.dumps(JSON_FEED | {"items": [item]})).entries[0].title == title
    assert (
        read(rss(f"<item><link>https://post.example/a</link><title>{escape(title)}</title></item>")).entries[0].url
        == "https://post.example/a"
    )
