from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ingest.identify.fingerprint import block_sha256, content_sha256, word_count
from ingest.identify.identity import article_url, url_key
from ingest.identify.source import source_of
from ingest.model import Article, Candidate, PageResult, Rejection, Stage

FILE = Candidate("file:///inbox/a.html", "a.html")
ARTICLE = Article(url=None, canonical_url=None, title="Talks", body="They met.", authors=("Jane Roe",))


@pytest.mark.parametrize(
    ("text", "count"),
    [
        ("", 0),
        ("It's 3 o'clock.", 3),
        ("外相会談", 4),
        ("Él dijo: «sí»", 3),
        ("вице-премьер", 2),
        ("ไทย abc", 4),
        ("—…!", 0),
        ("प्रधानमंत्री ने कहा।", 3),
        ("প্রধানমন্ত্রী বলেছেন", 2),
        ("قَالَ الرَّئِيسُ", 2),
        ("E\u0301l dijo", 2),
    ],
)
def test_words_are_counted_in_any_script(text: str, count: int) -> None:
    assert word_count(text) == count


@pytest.mark.parametrize("change", [{"title": "Talks fail"}, {"body": "They parted."}, {"authors": ("J. Roe",)}, {"subtitle": "Manila"}])
def test_what_readers_see_makes_a_new_version(change: dict[str, object]) -> None:
    assert content_sha256(replace(ARTICLE, **change)) != content_sha256(ARTICLE)  # type: ignore[arg-type]  # one field at a time


@pytest.mark.parametrize("change", [{"topics": ("Asia",)}, {"image_url": "https://a.example/i.jpg"}, {"section": "World"}])
def test_what_is_touched_without_an_edit_does_not(change: dict[str, object]) -> None:
    assert content_sha256(replace(ARTICLE, **change)) == content_sha256(ARTICLE)  # type: ignore[arg-type]  # one field at a time


def test_fields_cannot_flow_into_each_other() -> None:
    assert content_sha256(replace(ARTICLE, title="a", subtitle="b")) != content_sha256(replace(ARTICLE, title="ab", subtitle=None))


@given(st.text(alphabet=st.characters()))
def test_any_text_has_fingerprints(text: str) -> None:
    assert len(content_sha256(replace(ARTICLE, body=text))) == len(block_sha256(text)) == len(url_key(text)) == 32


def test_a_block_is_the_same_in_other_case_and_spacing() -> None:
    assert block_sha256("Join  the\nmailing list") == block_sha256("JOIN THE MAILING LIST")


def test_an_article_is_known_by_its_canonical_url_then_its_url_then_its_place() -> None:
    both = replace(ARTICLE, url="https://a.example/x?utm_source=y", canonical_url="https://a.example/x")
    assert article_url(PageResult(FILE, both)) == "https://a.example/x"
    assert article_url(PageResult(FILE, replace(both, canonical_url=None))) == "https://a.example/x?utm_source=y"
    assert article_url(PageResult(FILE, ARTICLE)) == FILE.location
    assert article_url(PageResult(FILE, Rejection(Stage.READ, "empty", ""))) == FILE.location


@pytest.mark.parametrize(
    ("url", "publisher", "slug", "domain"),
    [
        ("https://www.news.example:8080/a", "The News", "news.example", "news.example"),
        (None, "Iran Press TV", "iran-press-tv", None),
        (None, "Новости & Ко", "новости-ко", None),
        (None, None, "unknown", None),
        (None, "—", "unknown", None),
        ("https://[bad/a", "The News", "the-news", None),
    ],
)
def test_the_source_is_the_host_or_the_publisher(url: str | None, publisher: str | None, slug: str, domain: str | None) -> None:
    source = source_of(replace(ARTICLE, canonical_url=url, publisher=publisher))
    assert (source.slug, source.domain) == (slug, domain)
