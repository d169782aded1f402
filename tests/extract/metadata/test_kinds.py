"""What kind of article a page says it is, who of its authors is an organisation, and whether everybody may read it."""

from __future__ import annotations

import datetime as dt
import json
from typing import Any

import pytest

from ingest.extract import extract
from ingest.model import Article, ArticleType, Candidate, MediaType, Page
from ingest.normalise.names import is_organisation

STORY = "".join(
    f"<p>The harbour council of Northmere met for the {word} time on Tuesday, and the talks went on until the morning.</p>"
    for word in ("first", "second", "third", "fourth")
)


def article(head: str = "", url: str | None = None, **data: Any) -> Article:
    script = f'<script type="application/ld+json">{json.dumps({"headline": "Talks go on", **data})}</script>' if data else ""
    html = f"<html><head>{head}{script}</head><body><article><h1>Talks go on</h1>{STORY}</article></body></html>"
    found = extract(Page(Candidate("file:///a", "a", url), html.encode(), MediaType.HTML, dt.datetime(2024, 5, 3, tzinfo=dt.UTC)))
    assert isinstance(found, Article)
    return found


@pytest.mark.parametrize(
    ("given", "kind"),
    [
        ({"@type": "NewsArticle"}, ArticleType.NEWS),
        ({"@type": "OpinionNewsArticle"}, ArticleType.OPINION),
        ({"@type": ["Article", "https://schema.org/ReviewNewsArticle"]}, ArticleType.REVIEW),
        ({"@type": "LiveBlogPosting"}, ArticleType.LIVE_BLOG),
        ({"@type": "VideoObject", "name": "Talks go on"}, ArticleType.VIDEO),
        ({"@type": "ImageGallery", "name": "Talks go on"}, ArticleType.GALLERY),
        ({"@type": "Article"}, None),
        ({"@type": "NewsArticle", "articleSection": "Meinung"}, ArticleType.OPINION),
        ({"@type": "NewsArticle", "articleSection": "社説"}, ArticleType.OPINION),
    ],
)
def test_json_ld_says_what_it_is(given: dict[str, Any], kind: ArticleType | None) -> None:
    assert article(**given).article_type is kind


@pytest.mark.parametrize(
    ("head", "url", "kind"),
    [
        ('<meta property="og:type" content="article">', None, None),
        ('<meta property="og:type" content="video.other">', None, ArticleType.VIDEO),
        ("", "https://post.example/2024/opinion/talks", ArticleType.OPINION),
        ("", "https://post.example/news/liveblog/talks", ArticleType.LIVE_BLOG),
        ("", "https://post.example/news/opinion", None),
        ('<meta name="article:type" content="Opinion">', "https://post.example/video/talks", ArticleType.OPINION),
    ],
)
def test_other_places_say_so_too(head: str, url: str | None, kind: ArticleType | None) -> None:
    assert article(head, url).article_type is kind


def test_a_film_beside_an_article_does_not_make_it_one() -> None:
    film = json.dumps({"@type": "VideoObject", "name": "The talks in pictures"})
    beside = f'<meta property="og:type" content="article"><script type="application/ld+json">{film}</script>'
    assert article(beside).article_type is None
    assert article(beside, **{"@type": "NewsArticle"}).article_type is ArticleType.NEWS


@pytest.mark.parametrize(
    ("given", "free"),
    [
        ({"isAccessibleForFree": True}, True),
        ({"isAccessibleForFree": False}, False),
        ({"isAccessibleForFree": "False"}, False),
        ({"isAccessibleForFree": "http://schema.org/True"}, True),
        ({"hasPart": {"@type": "WebPageElement", "isAccessibleForFree": "false"}}, False),
        ({"isAccessibleForFree": "perhaps"}, None),
        ({}, None),
    ],
)
def test_whether_everybody_may_read_it(given: dict[str, Any], free: bool | None) -> None:
    assert article(**{"@type": "NewsArticle"}, **given).is_free is free


def test_a_tier_in_the_head_says_it_too() -> None:
    assert article('<meta property="article:content_tier" content="locked">').is_free is False
    assert article('<meta property="article:content_tier" content="free">').is_free is True


def test_organisations_among_the_authors() -> None:
    authors = [{"@type": "Person", "name": "Ada Brightwater"}, {"@type": "Organization", "name": "Northmere Sentinel"}, "AFP"]
    found = article(**{"@type": "NewsArticle"}, author=authors)
    assert found.authors == ("Ada Brightwater", "Northmere Sentinel", "AFP")
    assert found.author_organisations == ("Northmere Sentinel", "AFP")


def test_the_publisher_as_author_is_an_organisation() -> None:
    found = article(**{"@type": "NewsArticle"}, author={"@type": "Person", "name": "Lantern"}, publisher={"name": "Lantern"})
    assert found.author_organisations == ("Lantern",)


@pytest.mark.parametrize(
    "name", ["Reuters", "Guardian staff reporter", "Onlineredaktion", "La Rédaction", "共同通信", "연합뉴스", "Haber Merkezi"]
)
def test_names_that_say_so_themselves(name: str) -> None:
    assert is_organisation(name)


@pytest.mark.parametrize("name", ["Ada Brightwater", "Tomas Quill", "渡辺洋介", "김민수", "Мария Петрова"])
def test_names_of_persons_do_not(name: str) -> None:
    assert not is_organisation(name)


def test_rdfa_names_what_microdata_would() -> None:
    html = f"""<html><head><title>Lantern</title></head><body vocab="https://schema.org/" typeof="NewsArticle">
    <h2 property="schema:headline">Talks about the old basin go on</h2>
    <span property="author" typeof="Person"><span property="name">Ada Brightwater</span></span>
    <time property="http://schema.org/datePublished" content="2024-05-03T07:30:00+02:00">Friday</time>
    <b property="dcterms:headline">Not this</b><div>{STORY}</div></body></html>"""
    found = extract(Page(Candidate("file:///a", "a"), html.encode(), MediaType.HTML, dt.datetime(2024, 5, 3, tzinfo=dt.UTC)))
    assert isinstance(found, Article)
    assert found.title == "Talks about the old basin go on"
    assert found.authors == ("Ada Brightwater",)
    assert found.published is not None
    assert found.published.at.isoformat() == "2024-05-03T07:30:00+02:00"
    assert {p.field: p.chosen_from for p in found.provenance}["published_at"] == "rdfa:datepublished"
