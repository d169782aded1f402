from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ingest.discover.listings import read_listing
from ingest.discover.url_lists import read_url_list
from ingest.web import ListingKind


def read(body: bytes, most: int = 100) -> list[str] | None:
    listing = read_url_list(body, most)
    return [e.url for e in listing.entries] if listing else None


@pytest.mark.parametrize(
    ("body", "urls"),
    [
        (b"https://post.example/a", ["https://post.example/a"]),
        (b"https://post.example/a\nhttps://post.example/b\n", ["https://post.example/a", "https://post.example/b"]),
        (b"https://post.example/a\r\nhttps://post.example/b\r\n", ["https://post.example/a", "https://post.example/b"]),
        (b"\xef\xbb\xbfhttps://post.example/a\n\n  \n\t https://post.example/b \n", ["https://post.example/a", "https://post.example/b"]),
        (b"# mine\nhttps://post.example/a\n#https://post.example/b\n", ["https://post.example/a"]),
        (b"HTTP://post.example/a\nhttps://post.example/a#b\n", ["HTTP://post.example/a", "https://post.example/a#b"]),
        (b"https://post.example/a\nhttps://post.example/a\n", ["https://post.example/a"]),
        ("https://post.example/straße".encode(), ["https://post.example/straße"]),
        (b"https://post.example/\xff", ["https://post.example/\ufffd"]),
        (b"", None),
        (b"# only a comment\n", None),
        (b"post.example/a\n", None),
        (b"https://post.example/a\nA line of prose.\n", None),
        (b"https://post.example/a is where it is\n", None),
        (b"https://post.example/<b>\n", None),
        (b"ftp://post.example/a\n", None),
        (b"<html>", None),
    ],
)
def test_urls_one_a_line(body: bytes, urls: list[str] | None) -> None:
    assert read(body) == urls


def test_a_list_that_windows_wrote_is_read() -> None:
    listing = read_listing("https://post.example/a\r\nhttps://post.example/ä\r\n".encode("utf-16"), "file:///list.txt")
    assert listing is not None
    assert (listing.kind, [e.url for e in listing.entries]) == (ListingKind.URL_LIST, ["https://post.example/a", "https://post.example/ä"])


def test_a_limit_is_kept_and_said() -> None:
    listing = read_url_list(b"https://post.example/a\nhttps://post.example/b\nhttps://post.example/a\n", 2)
    assert listing is not None
    assert listing.problem is None  # nothing that is not already there is left out
    listing = read_url_list(b"https://post.example/a\nhttps://post.example/b\nhttps://post.example/c\n", 2)
    assert listing is not None
    assert len(listing.entries) == 2
    assert listing.problem == "Only the first 2 URLs are read (INGEST_MAX_SITEMAP_URLS)."


@given(st.binary(max_size=200))
def test_any_bytes_are_a_list_or_none(body: bytes) -> None:
    for start in (b"", b"https://post.example/", b"#"):
        urls = read(start + body)
        assert urls is None or all(u.lower().startswith(("http://", "https://")) and "\n" not in u for u in urls)


@given(
    st.lists(st.from_regex(r"https?://[a-z]{1,8}\.example/[a-z0-9/?=&%-]{0,20}", fullmatch=True), unique=True, min_size=1),
    st.sampled_from(["\n", "\r\n", "\n\n"]),
)
def test_every_url_comes_back_in_its_order(urls: list[str], end: str) -> None:
    assert read(end.join(urls).encode()) == urls
