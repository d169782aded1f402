from __future__ import annotations

import re
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ingest.identify.identity import article_key
from ingest.normalise.credentials import without_credentials
from ingest.normalise.url import canonical_or_none, canonicalize
from ingest.normalise.url_identity import identity_url

DOCUMENT = Path(__file__).parents[2] / "docs" / "urls.md"
EXAMPLES = re.findall(r"^\| `(\S+)` \| `(\S+)` \| `(\S+)` \|$", DOCUMENT.read_text("utf-8"), re.MULTILINE)

SEGMENT = st.text("abcXYZ019-_.~é%20", min_size=1, max_size=8).filter(lambda s: set(s) != {"."})
PARAMETER = st.tuples(st.sampled_from(["id", "p", "page", "q", "article", "ref"]), st.text("abc019", min_size=1, max_size=4))
HOST = st.sampled_from(["post.example", "www.post.example", "m.post.example", "amp.post.example", "news.post.example", "bücher.example"])


@st.composite
def urls(draw: st.DrawFn) -> str:
    path = "/".join(draw(st.lists(SEGMENT, max_size=4)))
    query = "&".join(f"{k}={v}" for k, v in draw(st.lists(PARAMETER, max_size=3)))
    return f"{draw(st.sampled_from(['http', 'https']))}://{draw(HOST)}/{path}" + (f"?{query}" if query else "")


def test_the_document_has_examples() -> None:
    assert len(EXAMPLES) == 12


@pytest.mark.parametrize(("url", "canonical", "identity"), EXAMPLES)
def test_the_documents_examples_are_true(url: str, canonical: str, identity: str) -> None:
    assert canonicalize(url) == canonical
    assert identity_url(url) == identity
    assert article_key(url) == article_key(canonical) == article_key(identity)


@given(urls())
def test_both_forms_are_their_own(url: str) -> None:
    assert canonicalize(canonicalize(url)) == canonicalize(url)
    identity = identity_url(url)
    assert identity_url(identity) == identity
    assert identity_url(canonicalize(url)) == identity


@given(st.text(max_size=80))
def test_any_text_has_a_key_and_no_other_error(text: str) -> None:
    assert len(article_key(text)) == 32
    without_credentials(text)
    canonical_or_none(text)


@given(urls(), st.sampled_from(["utm_source=feed", "fbclid=x", "gclid=1"]), st.sampled_from(["#top", "#", ""]))
def test_how_a_reader_came_is_no_part_of_it(url: str, tracking: str, fragment: str) -> None:
    tracked = url + ("&" if "?" in url else "?") + tracking + fragment
    assert canonicalize(tracked) == canonicalize(url)
    assert identity_url(tracked) == identity_url(url)


@given(urls(), urls())
def test_pages_with_different_words_in_their_paths_stay_apart(one: str, other: str) -> None:
    def words(url: str) -> list[str]:
        return [s for s in re.split(r"[/]+", urlsplit(canonicalize(url)).path) if s]

    if words(one) != words(other):
        joined = identity_url(one) == identity_url(other)
        shapes = {"amp", "index.html", "index.htm", "index.php"}
        assert not joined or any(w in shapes or ".amp" in w for w in words(one) + words(other))


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("https://post.example/a", "https://post.example/b"),
        ("https://post.example/A", "https://post.example/a"),
        ("https://post.example/story-1", "https://post.example/story-12"),
        ("https://post.example/?p=1", "https://post.example/?p=2"),
        ("https://post.example/a?id=1", "https://post.example/a"),
        ("https://news.post.example/a", "https://post.example/a"),
        ("https://blog.post.example/a", "https://news.post.example/a"),
        ("https://post.example:8080/a", "https://post.example/a"),
        ("https://m.example/a", "https://www.example/a"),  # the whole name of a host is no device
        ("https://post.example/a%2Fb", "https://post.example/a/b"),
        ("https://post.example/amp", "https://post.example/"),
        ("https://post.example/camp", "https://post.example/c"),
        ("https://post.example/2026/11/01/", "https://post.example/2026/11/02/"),
    ],
)
def test_what_differs_stays_apart(one: str, other: str) -> None:
    assert identity_url(one) != identity_url(other)


@pytest.mark.parametrize(
    "url",
    [
        "",
        "post.example/a",
        "ftp://post.example/a",
        "javascript:alert(1)",
        "https://",
        "https:///a",
        "http://[::1",
        "https://a b/",
        "x" * 9000,
    ],
)
def test_what_is_no_web_address_has_no_identity(url: str) -> None:
    with pytest.raises(ValueError):  # whichever part of it is wrong
        identity_url(url)


def test_credentials_go_and_nothing_else() -> None:
    assert without_credentials("https://me:s%40cret@post.example:8443/feed?a=b@c") == "https://post.example:8443/feed?a=b@c"
    assert without_credentials("saved@pages/") == "saved@pages/"
