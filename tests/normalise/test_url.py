from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ingest.normalise.url import canonical_or_none, canonicalize, host_of, resolve


@pytest.mark.parametrize(
    ("url", "canonical"),
    [
        ("HTTP://WWW.Example.ORG", "http://www.example.org/"),
        ("https://example.org:443/a", "https://example.org/a"),
        ("https://example.org:8443/a", "https://example.org:8443/a"),
        ("https://jane:secret@example.org/", "https://example.org/"),
        ("https://example.org/a#comments", "https://example.org/a"),
        ("https://example.org/a/./b/../c", "https://example.org/a/c"),
        ("https://example.org/%7ejane/%c3%a4", "https://example.org/~jane/%C3%A4"),
        ("https://example.org/ä b", "https://example.org/%C3%A4%20b"),
        ("https://bücher.example/", "https://xn--bcher-kva.example/"),
        ("https://example.org./a", "https://example.org/a"),
        ("https://example.org/Path/Case", "https://example.org/Path/Case"),
        (" https://example.org/a\n", "https://example.org/a"),
        ("https://example.org/100%", "https://example.org/100%25"),
        ("https://example.org/a?", "https://example.org/a"),
    ],
)
def test_one_page_has_one_form(url: str, canonical: str) -> None:
    assert canonicalize(url) == canonical


@pytest.mark.parametrize("name", ["utm_source", "UTM_Medium", "utm_anything", "fbclid", "gclid", "mc_cid", "msclkid"])
def test_parameters_that_track_readers_go(name: str) -> None:
    assert canonicalize(f"https://example.org/a?b=1&{name}=x&a=2") == "https://example.org/a?b=1&a=2"


@pytest.mark.parametrize("name", ["id", "sid", "cid", "p", "source", "ref", "page", "story", "v"])
def test_parameters_that_may_address_the_page_stay(name: str) -> None:
    assert canonicalize(f"https://example.org/?{name}=x") == f"https://example.org/?{name}=x"


def test_the_order_of_parameters_stays() -> None:
    assert canonicalize("https://example.org/?z=1&a=2&z=0") == "https://example.org/?z=1&a=2&z=0"


@pytest.mark.parametrize(
    "url",
    [
        "",
        "a/b",
        "//example.org/",
        "ftp://example.org/",
        "javascript:alert(1)",
        "https://",
        "http://[::1",
        "http://exa mple/",
        "https://e.org:x/",
    ],
)
def test_what_is_no_web_address_is_refused(url: str) -> None:
    with pytest.raises(ValueError, match=r".+"):
        canonicalize(url)
    assert canonical_or_none(url) is None


def test_references_are_resolved_against_the_page() -> None:
    assert resolve("https://example.org/a/b", "../c?x#y") == "https://example.org/c?x"
    assert resolve("https://example.org/a/b", "//cdn.example/i.png") == "https://cdn.example/i.png"
    assert resolve("https://example.org/a/b", "mailto:jane@example.org") is None
    assert resolve(None, "/only/a/path") is None


def test_a_host_is_in_its_canonical_form() -> None:
    assert host_of("HTTPS://News.Example.org:443/a") == "news.example.org"
    assert host_of("not a url") is None
    assert host_of(None) is None


@given(st.text(max_size=60), st.text(max_size=60))
def test_canonicalizing_is_idempotent(path: str, query: str) -> None:
    once = canonical_or_none(f"https://example.org/{path}?{query}")
    assert once is not None
    assert once.isascii()
    assert "#" not in once
    assert canonicalize(once) == once


@given(st.text(max_size=200))
def test_any_text_is_refused_or_canonical(text: str) -> None:
    for url in (text, f"http://{text}", f"https://{text}/x"):
        once = canonical_or_none(url)
        assert once is None or canonicalize(once) == once
