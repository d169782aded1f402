from __future__ import annotations

from urllib.parse import urlsplit

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ingest.fetch.onward import onward_url

URL = "https://news.example/2026/03/a.html"
BASE = "https://news.example"


def refresh(content: str) -> str | None:
    return onward_url(f'<html><head><meta http-equiv="refresh" content="{content}"></head></html>'.encode(), URL)


def amp(link: str, url: str = BASE + "/amp/a.html", attributes: str = "amp lang=en") -> str | None:
    return onward_url(f"<!doctype html><html {attributes}><head>{link}</head><body><p>Text</p></body></html>".encode(), url)


@pytest.mark.parametrize(
    ("content", "target"),
    [
        ("0; url=/b.html", BASE + "/b.html"),
        ("0;URL=b.html", BASE + "/2026/03/b.html"),
        ("0, url=/b.html", BASE + "/b.html"),
        ("3; url='https://other.example/b'", "https://other.example/b"),
        ("0; /b.html", BASE + "/b.html"),
        ("0.5; url=/b.html", BASE + "/b.html"),
        (" 1 ; url = /b.html?x=1&amp;y=2", BASE + "/b.html?x=1&y=2"),
        ("10; url=/b.html", BASE + "/b.html"),
        ("11; url=/b.html", None),  # a page that is read
        ("300", None),
        ("0; url=/2026/03/a.html", None),  # reloads itself
        ("0; url=", None),
        ("0; url=''", None),
        ("...; url=/b.html", None),
        ("0; url=javascript:alert(1)", None),
        ("0; url=ftp://files.example/", None),
        ("0; url=mailto:desk@news.example", None),
    ],
)
def test_meta_refresh(content: str, target: str | None) -> None:
    assert refresh(content) == target


@pytest.mark.parametrize(
    "page",
    [
        b"<META CONTENT='0; url=/b.html' HTTP-EQUIV=Refresh>",
        b"<meta name=x http-equiv = 'refresh'\n content = \"0; url=/b.html\" />",
        b'\xef\xbb\xbf<html><meta charset=utf-8><meta http-equiv=refresh content="0;url=/b.html">',
    ],
)
def test_meta_refresh_as_it_is_written(page: bytes) -> None:
    assert onward_url(page, URL) == BASE + "/b.html"


@pytest.mark.parametrize(
    "page",
    [
        b'<!-- <meta http-equiv="refresh" content="0; url=/b.html"> -->',
        b'<noscript><meta http-equiv="refresh" content="0; url=/nojs.html"></noscript>',
        b'<meta name="refresh" content="0; url=/b.html">',
        b'<meta http-equiv="refresh-rate" content-x="1">',
        b"<p>http-equiv refresh</p>",
        b" " * 70_000 + b'<meta http-equiv="refresh" content="0; url=/b.html">',
        b"",
    ],
)
def test_a_page_that_sends_nobody_on(page: bytes) -> None:
    assert onward_url(page, URL) is None


@pytest.mark.parametrize("attributes", ["amp", "amp lang=en", "lang=en amp", "lang=en \u26a1", "\u26a1", 'amp="" lang=en', "AMP"])
def test_an_amp_page_leads_to_its_article(attributes: str) -> None:
    assert amp('<link rel="canonical" href="/a.html">', attributes=attributes) == BASE + "/a.html"


@pytest.mark.parametrize(
    ("link", "target"),
    [
        ('<link href="https://www.news.example/a.html" rel=canonical>', "https://www.news.example/a.html"),
        ("<link rel='canonical' href='/a?x=1&amp;y=2'>", BASE + "/a?x=1&y=2"),
        ('<link rel="canonical" href="/amp/a.html">', None),  # itself
        ('<link rel="canonical" href="/">', None),  # the homepage is no article
        ('<link rel="canonical" href="https://other.example/a.html">', None),  # another publisher's page
        ('<link rel="alternate" href="/a.html">', None),
        ("", None),
    ],
)
def test_the_article_of_an_amp_page(link: str, target: str | None) -> None:
    assert amp(link) == target


@pytest.mark.parametrize("attributes", ["lang=en", 'class="amp"', "data-amp", 'lang="en" data-x="lamp post"'])
def test_a_page_that_is_no_amp_page_stays(attributes: str) -> None:
    assert amp('<link rel="canonical" href="/a.html">', attributes=attributes) is None


PARTS = [
    b"<meta ", b"http-equiv=refresh ", b"content=", b'"0;url=', b"'", b'"', b">", b"<html amp>", b"<link rel=canonical href=", b"//[", b"http://",
    b"\0", b"&#0;", b"&#xD800;", b"\xff", b"%", b"/b", b"<!--", b"-->", b"9" * 400, b"\xe2\x9a\xa1",
]  # fmt: skip


@given(st.binary(max_size=300) | st.lists(st.sampled_from(PARTS), max_size=14).map(b"".join))
def test_any_bytes_lead_to_an_http_url_or_nowhere(page: bytes) -> None:
    target = onward_url(page, URL)
    assert target is None or urlsplit(target).scheme in {"http", "https"}
    assert target != URL


@given(st.text(max_size=60))
def test_any_refresh_leads_to_an_http_url_or_nowhere(content: str) -> None:
    page = b'<meta http-equiv=refresh content="' + content.encode("utf-8", "replace") + b'">'
    target = onward_url(page, URL)
    assert target is None or urlsplit(target).scheme in {"http", "https"}
