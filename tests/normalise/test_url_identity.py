from __future__ import annotations

import re
import tomllib
from importlib import resources
from urllib.parse import urlsplit

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ingest.identify.identity import article_key, url_key
from ingest.normalise.credentials import without_credentials
from ingest.normalise.url import canonical_or_none, canonicalize, fetchable
from ingest.normalise.url_identity import identity_url, is_home_page

TRACKING = tomllib.loads(resources.files("ingest.normalise").joinpath("tracking.toml").read_text("utf-8"))

SEGMENT = st.text("abcXYZ019-_.~é%20", min_size=1, max_size=8).filter(lambda s: set(s) != {"."})
PARAMETER = st.tuples(st.sampled_from(["id", "p", "page", "q", "article", "ref"]), st.text("abc019", min_size=1, max_size=4))
HOST = st.sampled_from(["post.example", "www.post.example", "m.post.example", "amp.post.example", "news.post.example", "bücher.example"])
SLUG = st.from_regex(r"[a-z]{2,6}(?:-[a-z0-9]{1,6}){1,4}", fullmatch=True)
NUMBER = st.integers(1, 10**12)
# Shapes that steps of the normaliser look for, put together in every order.
PIECE = st.sampled_from(
    [
        *(
            "http://",
            "https://",
            "www.",
            "m.",
            "amp.",
            "post.example",
            "[::1]",
            ":443",
            ":80",
            ":8080",
            "/",
            "//",
            "amp",
            "/amp/",
            ".amp",
            ".amp.html",
        ),
        *(
            "index.html",
            "/index.php",
            "..",
            "/./",
            "?",
            "&",
            "amp=1",
            "utm_source=x",
            "id=7",
            "=",
            "#",
            "%2F",
            "%2e",
            "%",
            "\\",
            "@",
            ";",
            "é",
            "ß",
            "。",
        ),
        *("x.cdn.ampproject.org/c/s/", "www.google.example/amp/s/", "www.google.com/amp/", " "),
    ]
)


@st.composite
def urls(draw: st.DrawFn) -> str:
    path = "/".join(draw(st.lists(SEGMENT, max_size=4)))
    query = "&".join(f"{k}={v}" for k, v in draw(st.lists(PARAMETER, max_size=3)))
    return f"{draw(st.sampled_from(['http', 'https']))}://{draw(HOST)}/{path}" + (f"?{query}" if query else "")


@pytest.mark.parametrize(
    "other",
    [
        "http://post.example/a/b?x=1&y=2",
        "https://post.example:443/a/b?x=1&y=2",
        "http://post.example:80/a/b?x=1&y=2",
        "HTTPS://POST.Example/a/b?x=1&y=2",
        "https://post.example./a/b?x=1&y=2",
        "https://www.post.example/a/b?x=1&y=2",
        "https://www2.post.example/a/b?x=1&y=2",
        "https://m.post.example/a/b?x=1&y=2",
        "https://mobile.post.example/a/b?x=1&y=2",
        "https://mobil.post.example/a/b?x=1&y=2",
        "https://wap.post.example/a/b?x=1&y=2",
        "https://amp.post.example/a/b?x=1&y=2",
        "https://www.m.post.example/a/b?x=1&y=2",
        "https://post.example/a/b/?x=1&y=2",
        "https://post.example//a///b?x=1&y=2",
        "https://post.example/a/./b?x=1&y=2",
        "https://post.example/c/../a/b?x=1&y=2",
        "https://post.example/%61/%62?x=1&y=2",
        "https://post.example/a/b/index.html?x=1&y=2",
        "https://post.example/a/b/index.php?x=1&y=2",
        "https://post.example/a/b/amp?x=1&y=2",
        "https://post.example/a/b/amp/?x=1&y=2",
        "https://post.example/amp/a/b?x=1&y=2",
        "https://post.example/a/b.amp?x=1&y=2",
        "https://post.example/a/b?x=1&y=2&amp=1",
        "https://post.example/a/b?outputType=amp&x=1&y=2",
        "https://post.example/a/b?m=1&x=1&y=2",
        "https://post.example/a/b?y=2&x=1",
        "https://post.example/a/b?x=1&&y=2&",
        "https://post.example/a/b?x=1&y=2#comments",
        "https://post.example/a/b?utm_source=feed&x=1&utm_medium=mail&y=2",
        "https://me:secret@post.example/a/b?x=1&y=2",
        "\ufeff https://post.example/a/b?x=1&y=2\n",
        "https:\\\\post.example\\a\\b?x=1&y=2",
        "https://post-example.cdn.ampproject.org/c/s/post.example/a/b?x=1&y=2",
        "https://post-example.cdn.ampproject.org/v/s/www.post.example/a/b/amp?x=1&y=2",
        "https://post-example.cdn.ampproject.org/c/post.example/a/b?x=1&y=2",
        "https://x.cdn.ampproject.org/c/s/y.cdn.ampproject.org/c/s/post.example/a/b?x=1&y=2",
        "https://www.google.com/amp/s/post.example/a/b?x=1&y=2",
        "https://www.google.de/amp/post.example/a/b?x=1&y=2",
    ],
)
def test_one_page_has_one_identity(other: str) -> None:
    assert identity_url(other) == "https://post.example/a/b?x=1&y=2"


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("https://post.example/a", "https://post.example/b"),
        ("https://post.example/A", "https://post.example/a"),
        ("https://post.example/story-1", "https://post.example/story-12"),
        ("https://post.example/?p=1", "https://post.example/?p=2"),
        ("https://post.example/a?id=1", "https://post.example/a"),
        ("https://post.example/a?id=1&id=2", "https://post.example/a?id=1"),
        ("https://post.example/a?page=2", "https://post.example/a"),
        ("https://post.example/a?m=2", "https://post.example/a"),
        ("https://post.example/a?utm=1", "https://post.example/a"),
        ("https://news.post.example/a", "https://post.example/a"),
        ("https://blog.post.example/a", "https://news.post.example/a"),
        ("https://team.post.example/a", "https://teapost.example/a"),  # "m." within a name is no device
        ("https://wwwpost.example/a", "https://post.example/a"),
        ("https://post.example:8080/a", "https://post.example/a"),
        ("https://post.example:0/a", "https://post.example/a"),
        ("https://m.example/a", "https://www.example/a"),  # the whole name of a host is no device
        ("https://post.example/a%2Fb", "https://post.example/a/b"),
        ("https://post.example/a%3Fb", "https://post.example/a?b"),
        ("https://post.example/a+b", "https://post.example/a%20b"),
        ("https://post.example/é", "https://post.example/e"),
        ("https://post.example/amp", "https://post.example/"),
        ("https://post.example/camp", "https://post.example/c"),
        ("https://post.example/ampere/a", "https://post.example/ere/a"),
        ("https://post.example/a.html", "https://post.example/a"),
        ("https://post.example/index.html-the-story-of-a-file", "https://post.example/"),
        ("https://post.example/2026/11/01/", "https://post.example/2026/11/02/"),
        ("https://xn--bcher-kva.example/", "https://bucher.example/"),
        ("https://post.example/c/s/other.example/a", "https://other.example/a"),  # only AMP's own caches are looked into
        ("https://cdn.ampproject.org.post.example/c/s/other.example/a", "https://other.example/a"),
    ],
)
def test_what_differs_stays_apart(one: str, other: str) -> None:
    assert identity_url(one) != identity_url(other)
    assert article_key(one) != article_key(other)


@pytest.mark.parametrize("name", [*TRACKING["names"], *(prefix + "x" for prefix in TRACKING["prefixes"])])
def test_every_tracking_parameter_goes_however_it_is_written(name: str) -> None:
    for written in (name, name.upper(), "".join(f"%{ord(c):02x}" for c in name)):
        assert canonicalize(f"https://post.example/a?id=7&{written}=x&q=b") == "https://post.example/a?id=7&q=b"
        assert canonicalize(f"https://post.example/a?{written}") == "https://post.example/a"


def test_a_redirect_keeps_what_the_site_may_ask_for() -> None:
    assert fetchable("https://post.example/a/b", "../c?utm_source=x&id=7#top") == "https://post.example/c?utm_source=x&id=7"
    assert fetchable("https://post.example/a", "HTTP://me:secret@POST.example:80/b") == "http://post.example/b"
    for nowhere in ("", "  ", "mailto:desk@post.example", "http://[::1", "https://b c/"):
        assert fetchable("https://post.example/a", nowhere) is None


@pytest.mark.parametrize(
    "url",
    [
        "",
        "post.example/a",
        "ftp://post.example/a",
        "javascript:alert(1)",
        "https://",
        "https:///a",
        "https://.",
        "https://a..example/",
        "http://[::1",
        "https://a b/",
        "https://post.example:x/",
        "https://post.example:99999/",
        "https://post.example%2f@evil.example%2f/",
        "https://post.example/" + "x" * 9000,
    ],
)
def test_what_is_no_web_address_has_no_identity(url: str) -> None:
    with pytest.raises(ValueError):  # whichever part of it is wrong
        identity_url(url)
    assert article_key(url) == url_key(url)


@given(urls())
def test_both_forms_are_their_own(url: str) -> None:
    assert canonicalize(canonicalize(url)) == canonicalize(url)
    identity = identity_url(url)
    assert identity_url(identity) == identity
    assert identity_url(canonicalize(url)) == identity


@given(st.sampled_from(["http://", "https://"]), st.lists(PIECE, max_size=9).map("".join))
def test_shapes_in_any_order_have_one_form(scheme: str, rest: str) -> None:
    canonical = canonical_or_none(scheme + rest)
    if canonical is not None:
        identity = identity_url(canonical)
        assert canonicalize(canonical) == canonical
        assert canonicalize(identity) == identity == identity_url(identity) == identity_url(scheme + rest)


@given(st.text(max_size=80))
def test_any_text_has_a_key_and_no_other_error(text: str) -> None:
    for url in (text, f"https://{text}", f"https://post.example/{text}"):
        assert len(article_key(url)) == 32
        assert canonical_or_none(without_credentials(url)) == canonical_or_none(url)


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
        assert identity_url(one) != identity_url(other)


@given(st.lists(SLUG, min_size=1, max_size=3), SLUG, NUMBER, NUMBER, st.data())
def test_pages_with_different_numbers_stay_apart(path: list[str], slug: str, one: int, other: int, data: st.DataObject) -> None:
    shape = data.draw(st.sampled_from(["{slug}-{n}", "{n}/{slug}", "{slug}.{n}.html", "?id={n}", "?p={n}&amp=1", "{slug}/a-{n}", "{n}"]))
    base = "https://post.example/" + "/".join(path) + "/"
    urls = [identity_url(base + shape.format(slug=slug, n=n)) for n in (one, other)]
    assert (urls[0] == urls[1]) == (one == other)


@given(st.lists(SLUG, min_size=1, max_size=4), st.integers(0, 3), SLUG)
def test_a_page_with_another_segment_is_another_page(path: list[str], position: int, slug: str) -> None:
    changed = [slug if n == position % len(path) else segment for n, segment in enumerate(path)]
    longer = [*path[:position], slug, *path[position:]]
    one, other, more = (identity_url("https://post.example/" + "/".join(p)) for p in (path, changed, longer))
    assert (one == other) == (path == changed)
    assert one != more


@pytest.mark.parametrize(
    "path", ["", "/", "//", "/index.html", "/index.php/", "/Default.aspx", "/home", "/en/", "/pt-BR/index.html", "/?amp=1"]
)
def test_a_home_page_is_one_however_it_is_written(path: str) -> None:
    assert is_home_page(f"https://www.post.example{path}")


@pytest.mark.parametrize(
    "path", ["/?p=17", "/news", "/en/a", "/2026/index.html", "/home-for-all", "/default/17", "/index.html?id=17", "/17", "/" + "a" * 9_000]
)
def test_an_article_is_no_home_page(path: str) -> None:
    assert not is_home_page(f"https://www.post.example{path}")


@pytest.mark.parametrize(
    ("text", "clean"),
    [
        ("https://me:s%40cret@post.example:8443/feed?a=b@c", "https://post.example:8443/feed?a=b@c"),
        ("https://me@post.example/", "https://post.example/"),
        ("https://me:se@cret@post.example/a#b@c", "https://post.example/a#b@c"),
        ("//me:secret@post.example/a", "//post.example/a"),
        ("https://me:secret@[::1/a", "https://[::1/a"),  # no URL, and a secret all the same
        ("https://post.example/@ada/a", "https://post.example/@ada/a"),
        ("saved@pages/", "saved@pages/"),
        ("", ""),
    ],
)
def test_credentials_go_and_nothing_else(text: str, clean: str) -> None:
    assert without_credentials(text) == clean


@given(st.from_regex(r"[a-z]{4,8}:[a-zA-Z0-9!$%&'()*+,;=:._~-]{4,8}", fullmatch=True), st.text(max_size=20))
def test_no_secret_is_left_of_any_url(secret: str, rest: str) -> None:
    assert secret not in without_credentials(f"https://{secret}@post.example/" + rest.replace(secret, ""))
