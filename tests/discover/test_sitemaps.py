from __future__ import annotations

import datetime as dt
import gzip

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ingest.discover.listings import ListingLimits, read_listing
from ingest.discover.sitemaps import read_sitemap, w3c_instant
from ingest.discover.targets import DiscoverOptions, Discovery, newest_first
from ingest.model import Candidate, PageResult, Rejection, Stage
from ingest.web import Fetched, Link, Listing, ListingKind, Request

URL = "https://post.example/sitemap.xml"
NAMES = (
    'xmlns="http://www.sitemaps.org/schemas/sitemap/0.9" xmlns:news="http://www.google.com/schemas/sitemap-news/0.9" '
    'xmlns:image="http://www.google.com/schemas/sitemap-image/1.1" xmlns:video="http://www.google.com/schemas/sitemap-video/1.1"'
)
NOON = dt.datetime(2026, 11, 2, 12, tzinfo=dt.UTC)


def urlset(*urls: str) -> str:
    return f'<?xml version="1.0" encoding="UTF-8"?><urlset {NAMES}>' + "".join(f"<url>{u}</url>" for u in urls) + "</urlset>"


def index(*sitemaps: str) -> str:
    return f"<sitemapindex {NAMES}>" + "".join(f"<sitemap>{s}</sitemap>" for s in sitemaps) + "</sitemapindex>"


def read(document: str | bytes, limits: ListingLimits = ListingLimits()) -> Listing:
    listing = read_listing(document.encode() if isinstance(document, str) else document, URL, limits)
    assert listing is not None
    return listing


def paths(document: str | bytes) -> list[str]:
    return [e.url.removeprefix("https://post.example") for e in read(document).entries]


A, B = "<loc>https://post.example/a</loc>", "<loc>https://post.example/b</loc>"
NEWS = (
    "<news:news><news:publication><news:name>The Post</news:name><news:language>de</news:language></news:publication>"
    "<news:publication_date>2026-11-02T12:00:00Z</news:publication_date><news:title>Der Fluss &amp; die Stadt</news:title></news:news>"
)
IMAGE = "<image:image><image:loc>https://cdn.example/a.jpg</image:loc><image:title>A picture</image:title></image:image>"
VIDEO = "<video:video><video:title>A film</video:title><video:publication_date>2020-01-01</video:publication_date></video:video>"


@pytest.mark.parametrize(
    "document",
    [
        urlset(A, B).encode(),
        gzip.compress(urlset(A, B).encode(), mtime=0),
        b"\xef\xbb\xbf" + urlset(A, B).encode(),
        b"\n\n  " + urlset(A, B).encode(),
        b"\xef\xbb\xbf\n" + urlset(A, B).encode(),
        urlset(A, B).replace("UTF-8", "UTF-16").encode("utf-16"),
        urlset(A, B).replace("<", "<s:").replace("<s:/", "</s:").replace("<s:?", "<?").replace("xmlns=", "xmlns:s=").encode(),
        urlset(A, B).replace(NAMES, "").encode(),
        urlset(A, B).replace(">https", ">\n   https").replace("</loc", "\n  </loc").encode(),
        urlset(A, B).replace("https://post.example/a", "<![CDATA[https://post.example/a]]>").encode(),
        urlset("<loc>/a</loc>", "<loc>b</loc>").encode(),
        b"<!-- made by hand --><?xml-stylesheet href='x.xsl'?>" + urlset(A, B).partition("?>")[2].encode(),
        b"https://post.example/a\r\n\r\nhttps://post.example/b\n",
        b"\xef\xbb\xbfhttps://post.example/a\nhttps://post.example/b",
        gzip.compress(b"https://post.example/a\nhttps://post.example/b", mtime=0),
    ],
)
def test_a_sitemap_is_read_however_it_is_written(document: bytes) -> None:
    assert paths(document) == ["/a", "/b"]
    assert read(document).problem is None


@pytest.mark.parametrize(
    ("document", "found"),
    [
        (urlset(A + "<title>R & D</title>", B), ["/a", "/b"]),
        (urlset(A, "<loc>https://post.example/c?x=1&y=2</loc>", B), ["/a", "/c?x=1&y=2", "/b"]),
        (urlset(A, "<loc>https://post.example/c?x=1&amp;y=2</loc>", "<loc>https://post.example/d?&</loc>"), ["/a", "/c?x=1&y=2", "/d?&"]),
        (urlset(A, B).replace("</urlset>", ""), ["/a", "/b"]),
        (urlset(A, B).replace("</url><url>", "<url>"), ["/a", "/b"]),
        (urlset(A, B)[: -len("st.example/b</loc></url></urlset>")], ["/a"]),
        (urlset(A + "<lastmod>\x0b</lastmod>", B), ["/a", "/b"]),
        (urlset(A, B) + "<p>junk & more</p>", ["/a", "/b"]),
        (urlset("& <loc><![CDATA[ https://post.example/a?x&y ]]></loc>"), ["/a?x&y"]),
        (urlset("&" + IMAGE + A, B), ["/a", "/b"]),
    ],
)
def test_a_broken_sitemap_is_read_as_far_as_it_goes_and_it_says_so(document: str, found: list[str]) -> None:
    assert paths(document) == found
    assert (read(document).problem or "").startswith("The document is no well-formed XML: ")


def test_a_news_sitemap_says_title_date_and_language() -> None:
    (entry,) = read(urlset(A + NEWS)).entries
    assert (entry.title, entry.published, entry.updated, entry.language) == ("Der Fluss & die Stadt", NOON, None, "de")
    (broken,) = read(urlset(A + NEWS + "&")).entries
    assert broken == entry


@pytest.mark.parametrize("order", [A + IMAGE + VIDEO + NEWS, IMAGE + VIDEO + NEWS + A, NEWS + VIDEO + A + IMAGE])
@pytest.mark.parametrize("damage", ["", "&"])
def test_pictures_and_films_are_not_the_article(order: str, damage: str) -> None:
    (entry,) = read(urlset(order + damage)).entries
    assert (entry.url, entry.title) == ("https://post.example/a", "Der Fluss & die Stadt")


def test_an_index_names_sitemaps() -> None:
    listing = read(
        index(
            "<loc>https://post.example/1.xml</loc><lastmod>2026-11-02T12:00:00Z</lastmod>",
            "<loc>/2.xml.gz</loc>",
            "<lastmod>2026</lastmod>",
        )
    )
    assert (listing.kind, listing.entries) == (ListingKind.SITEMAP_INDEX, ())
    assert listing.links == (Link("https://post.example/1.xml", updated=NOON), Link("https://post.example/2.xml.gz"))
    assert read(index()).kind == ListingKind.SITEMAP_INDEX
    assert read(index("<loc>/1.xml?a=1&b=2</loc>")).kind == ListingKind.SITEMAP_INDEX


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        ("2026-11-02T12:00:00+00:00", "2026-11-02T12:00:00+00:00"),
        ("2026-11-02T12:00:00.5Z", "2026-11-02T12:00:00.500000+00:00"),
        ("2026-11-02T12:00+01:00", "2026-11-02T12:00:00+01:00"),
        ("2026-11-02T12:00:00", "2026-11-02T12:00:00+00:00"),
        ("2026-11-02 12:00:00 +01:00", "2026-11-02T12:00:00+01:00"),
        ("Mon, 02 Nov 2026 12:00:00 GMT", "2026-11-02T12:00:00+00:00"),
        (" 2026-11-02\n", "2026-11-02T00:00:00+00:00"),
        ("2026-11", "2026-11-01T00:00:00+00:00"),
        ("2026", "2026-01-01T00:00:00+00:00"),
        ("2026-13-40", None),
        ("0000-00-00", None),
        ("yesterday", None),
        ("", None),
    ],
)
def test_dates_of_change(written: str, meant: str | None) -> None:
    read_date = w3c_instant(written)
    assert (read_date.isoformat() if read_date else None) == meant
    (entry,) = read(urlset(f"{A}<lastmod>{written}</lastmod>")).entries
    assert entry.updated == read_date


def test_urls_of_other_hosts_are_given_and_what_is_no_web_address_is_not() -> None:
    document = urlset(
        "<loc>https://other.example/a</loc>",
        "<loc>ftp://post.example/a</loc>",
        "<loc>javascript:alert(1)</loc>",
        "<loc></loc>",
        "",
        "<loc>http://[::1</loc>",
        A,
    )
    assert [e.url for e in read(document).entries] == ["https://other.example/a", "https://post.example/a"]


@pytest.mark.parametrize("damage", ["", "&"])
def test_a_limit_of_urls_is_kept_and_said(damage: str) -> None:
    listing = read(urlset(*(f"<loc>https://post.example/{n}</loc>{damage}" for n in range(30))), ListingLimits(max_sitemap_urls=20))
    assert [e.url for e in listing.entries] == [f"https://post.example/{n}" for n in range(20)]
    assert listing.problem == "Only the first 20 URLs of this sitemap are read (INGEST_MAX_SITEMAP_URLS)."


def test_what_a_gzip_file_holds_is_bounded() -> None:
    document = urlset(*(f"<loc>https://post.example/{n}</loc>" for n in range(2_000))).encode()
    listing = read(gzip.compress(document, mtime=0), ListingLimits(max_listing_bytes=10_000))
    assert 100 < len(listing.entries) < 300
    assert listing.problem is not None
    assert len(read(gzip.compress(document, mtime=0)[:-100]).entries) > 1_000  # cut off on its way


def test_entities_are_not_read() -> None:
    laughs = '<!ENTITY a "laugh">' + "".join(f'<!ENTITY {chr(98 + n)} "{f"&{chr(97 + n)};" * 10}">' for n in range(9))
    for declared in (laughs, '<!ENTITY j SYSTEM "file:///etc/passwd">', '<!ENTITY % j SYSTEM "file:///etc/passwd"> %j;'):
        document = f"<!DOCTYPE urlset [{declared}]>" + urlset(A, "<loc>https://post.example/&j;</loc>").partition("?>")[2]
        listing = read(document)
        assert (listing.entries, listing.problem) == ((), "The document declares entities, which are not read.")


@pytest.mark.parametrize(
    "body", [b"", b"<html><body>sitemap</body></html>", b"<rss><channel/></rss>", b"nothing", b"<?xml version='1.0'?>"]
)
def test_what_is_no_sitemap_is_none(body: bytes) -> None:
    assert read_sitemap(body, URL, 10) is None


HOSTILE = {
    "open tags": b"<urlset>&" + b"<url " * 60_000,
    "open fields": b"<urlset>&<url>" + b"<loc>" * 60_000,
    "white space": b"<urlset>&<url><loc>" + b" " * 300_000,
    "open CDATA": b"<urlset>&<url>" + b"<loc><![CDATA[" * 20_000,
    "deep": b"<urlset>" + b"<url>" * 60_000,
    "one comment": b"<urlset><!--" + b"-" * 300_000,
}


@pytest.mark.parametrize("name", HOSTILE)
def test_markup_that_invites_quadratic_time_is_read(name: str) -> None:
    assert read(HOSTILE[name]).entries == ()  # in milliseconds; a test that hangs here has found it again


@given(st.sampled_from([urlset(A + NEWS, B + IMAGE).encode(), index(A, B).encode()]), st.data())
def test_any_cut_and_any_damage_raise_nothing(document: bytes, data: st.DataObject) -> None:
    cut = document[: data.draw(st.integers(0, len(document)))]
    at = data.draw(st.integers(0, len(document)))
    for body in (cut, document[:at] + data.draw(st.binary(max_size=5)) + document[at:]):
        listing = read_sitemap(body, URL, 10)
        urls = [e.url for e in listing.entries] + [link.url for link in listing.links] if listing else []
        assert all(u.startswith(("http://", "https://")) for u in urls)
    listing = read_sitemap(cut, URL, 10)
    whole = ["https://post.example/a", "https://post.example/b"]
    found = [e.url for e in listing.entries] + [link.url for link in listing.links] if listing else []
    assert found == whole[: len(found)]  # no address that was cut in the middle


def web(documents: dict[str, str]) -> Discovery:
    return discovery(documents, DiscoverOptions())


def discovery(documents: dict[str, str], options: DiscoverOptions) -> Discovery:
    def get(request: Request) -> Fetched:
        body = documents.get(request.url.removeprefix("https://post.example"))
        failure = None if body is not None else Rejection(Stage.FETCH, "http_404", "Not found.")
        return Fetched(request, request.url, NOON, 200 if body is not None else 404, (body or "").encode(), failure=failure)

    return Discovery(get, lambda _: None, options)


NESTED = {
    "/sitemap.xml": index(
        "<loc>/old.xml</loc><lastmod>2026-01-01</lastmod>", "<loc>/new.xml</loc><lastmod>2026-11-02</lastmod>", "<loc>/gone.xml</loc>"
    ),
    "/old.xml": urlset("<loc>/old-1</loc><lastmod>2025-12-01</lastmod>", "<loc>/old-2</loc>"),
    "/new.xml": urlset(
        "<loc>/new-1</loc><lastmod>2026-11-02</lastmod>",
        "<loc>/new-2</loc><lastmod>2026-10-01</lastmod>",
        "<loc>/new-1/?utm_source=map</loc>",
    ),
}


def found(discovered: Discovery) -> list[str]:
    results = list(discovered.discover([URL]))
    reasons = [r.result.reason for r in results if isinstance(r, PageResult) and isinstance(r.result, Rejection)]
    return [(r.url or "").removeprefix("https://post.example") for r in results if isinstance(r, Candidate)] + reasons


def test_an_index_leads_to_its_sitemaps_newest_first_and_each_url_comes_once() -> None:
    assert found(web(NESTED)) == ["/new-1", "/new-2", "/old-1", "/old-2", "http_404"]


def test_nothing_is_taken_that_is_older_than_wanted() -> None:
    since = dt.datetime(2026, 10, 15, tzinfo=dt.UTC)
    assert found(discovery(NESTED, DiscoverOptions(since=since))) == ["/new-1", "http_404"]


def test_links_without_a_date_come_first_since_nobody_knows() -> None:
    links = [Link("old", updated=NOON - dt.timedelta(days=9)), Link("undated"), Link("new", updated=NOON)]
    assert [link.url for link in newest_first(links, None)] == ["undated", "new", "old"]
    assert [link.url for link in newest_first(links, NOON)] == ["undated", "new"]


def test_indexes_that_nest_without_end_are_left() -> None:
    endless = {"/sitemap.xml": index("<loc>/1.xml</loc>")} | {f"/{n}.xml": index(f"<loc>/{n + 1}.xml</loc>") for n in range(1, 20)}
    discovered = discovery(endless, DiscoverOptions(limits=ListingLimits(max_sitemap_depth=2)))
    assert found(discovered) == ["too_deep"]
    assert found(discovery({"/sitemap.xml": index("<loc>/sitemap.xml</loc>")}, DiscoverOptions())) == ["too_deep"]
