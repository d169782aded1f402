from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st
from selectolax.lexbor import LexborHTMLParser

from ingest.extract.metadata import choose, read_candidates
from ingest.extract.metadata.offers import MOST_CANDIDATES
from ingest.extract.metadata.url_date import date_in_url
from ingest.model import FieldCandidate, SourceRules

URL = "https://news.example/a"
ANY_JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=20),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(
                [
                    "@type", "@id", "@graph", "@value", "@list", "headline", "author", "name", "publisher", "image", "url", "keywords",
                    "datePublished", "mainEntityOfPage", "inLanguage", "articleSection", "itemListElement", "item", "about",
                ]
            ),
            inner | st.sampled_from(["NewsArticle", "BreadcrumbList", "WebPage", "#x"]),
            max_size=6,
        )
    ),
    max_leaves=20,
)  # fmt: skip


def page(*documents: object, head: str = "", body: str = "") -> LexborHTMLParser:
    scripts = "".join(f'<script type="application/ld+json">{json.dumps(d)}</script>' for d in documents)
    return LexborHTMLParser(f"<html><head>{head}{scripts}</head><body>{body}</body></html>")


def offered(tree: LexborHTMLParser, field: str) -> list[tuple[str, str]]:
    return [(c.origin, c.value) for c in read_candidates(tree, URL).get(field, ())]


def test_each_candidate_tells_its_place() -> None:
    tree = page(
        {"@type": "NewsArticle", "headline": "A"},
        head='<meta property="og:title" content="B"><title>C</title><meta name="twitter:title" content="D">',
        body='<h1>E</h1><h1 itemprop="headline">F</h1>',
    )
    assert offered(tree, "title") == [
        ("jsonld:headline", "A"),
        ("meta:og:title", "B"),
        ("meta:twitter:title", "D"),
        ("title", "C"),
        ("h1", "E"),
        ("h1", "F"),
    ]


def test_each_author_is_a_candidate_in_order() -> None:
    tree = page({"@type": "Article", "author": [{"name": "Jane Roe"}, "John Doe", {"givenName": "Max", "familyName": "Muster"}]})
    assert offered(tree, "authors") == [("jsonld:author", "Jane Roe"), ("jsonld:author", "John Doe"), ("jsonld:author", "Max Muster")]


def test_a_name_in_an_attribute_is_found_by_any_of_its_spellings() -> None:
    tree = page(head='<META NAME="OG:Title" CONTENT="A &amp;amp; B">')
    assert offered(tree, "title") == [("meta:og:title", "A & B")]


@pytest.mark.parametrize("name", ["article:published_time", "article:published:time", "article.published-time", "Article_Published_Time"])
def test_separators_in_a_name_do_not_matter(name: str) -> None:
    tree = page(head=f'<meta property="{name}" content="2024-01-02T03:04:05Z">')
    assert offered(tree, "published_at") == [(f"meta:{name.lower()}", "2024-01-02T03:04:05Z")]


def test_of_nested_bylines_the_inner_ones_count() -> None:
    body = '<h1>H</h1><div class="byline">By <span class="author">Jane Roe</span> <span class="author">John Doe</span> 9:30</div>'
    assert offered(page(body=body), "authors") == [("byline", "Jane Roe"), ("byline", "John Doe")]


def test_a_visible_date_tells_whether_it_is_the_change() -> None:
    tree = page(body='<p class="post-date">5 March 2024</p><p class="post-date updated">6 March 2024</p>')
    assert offered(tree, "published_at") == [("text:date", "5 March 2024")]
    assert offered(tree, "modified_at") == [("text:date", "6 March 2024")]


def test_references_in_a_circle_end() -> None:
    tree = page({"@graph": [{"@type": "Article", "headline": "A", "author": {"@id": "#a"}}, {"@id": "#a", "sameAs": 1}]})
    assert offered(tree, "authors") == []


def test_the_articles_body_is_a_hint() -> None:
    assert offered(page({"@type": "Article", "articleBody": "One. Two."}), "article_body") == [("jsonld:articleBody", "One. Two.")]


def test_candidates_are_bounded() -> None:
    tree = page(head="".join(f'<meta name="author" content="Jane Roe {"x" * n}">' for n in range(500)))
    assert len(offered(tree, "authors")) == MOST_CANDIDATES


@pytest.mark.parametrize(
    ("url", "day"),
    [
        ("https://news.example/2017/08/07/talks", "2017-08-07"),
        ("https://news.example/2017/8/7/talks", "2017-08-07"),
        ("https://news.example/talks-2017-08-07.html", "2017-08-07"),
        ("https://news.example/20170807/talks", "2017-08-07"),
        ("https://news.example/2017/02/30/talks", None),
        ("https://news.example/article-201708071234", None),
        ("https://news.example/talks?d=2017/08/07", None),
        ("https://news.example/2017/08/", None),
    ],
)
def test_a_url_may_name_the_day(url: str, day: str | None) -> None:
    assert date_in_url(url) == day


@given(st.lists(ANY_JSON, max_size=3))
def test_no_json_raises(documents: list[object]) -> None:
    candidates = read_candidates(page(*documents), URL)
    assert all(isinstance(c, FieldCandidate) and c.value for offers in candidates.values() for c in offers)
    choose(candidates, page_url=URL, rules=SourceRules(), detected_language=None)


@given(st.text(max_size=300), st.none() | st.text(max_size=30))
def test_no_page_raises(html: str, url: str | None) -> None:
    candidates = read_candidates(LexborHTMLParser(html), url)
    choose(candidates, page_url=url, rules=SourceRules(time_zone="No/Where"), detected_language="xx")


def test_nested_bylines_cost_no_more_than_their_limit() -> None:
    tree = page(body='<div class="byline">' * 400 + "word " * 200_000)
    assert offered(tree, "authors") == []


def test_authors_by_microdata_are_all_named_though_links_stand_in_some() -> None:
    linked = '<span itemprop="author"><a rel="author" href="/ada"><span itemprop="name">Ada Brightwater</span></a></span>'
    bare = '<span itemprop="author"><span itemprop="name">Tomas Quill</span></span>'
    tree = page(body=f"<h1>E</h1><div>{linked}, {bare}</div>")
    assert [value for origin, value in offered(tree, "authors") if origin == "microdata:author"] == ["Ada Brightwater", "Tomas Quill"]


def test_the_place_beside_an_author_is_no_byline() -> None:
    tree = page(body='<h1>E</h1><div><span class="author-name">Ada Brightwater</span><span class="author-location">Northmere</span></div>')
    assert offered(tree, "authors") == [("byline", "Ada Brightwater")]


def test_what_the_title_of_the_page_adds_to_the_headline_is_the_site_and_no_person() -> None:
    tree = page(
        head='<title>Old basin opens - Morning Lantern</title><meta property="og:title" content="Old basin opens">'
        '<meta property="article:author" content="Morning Lantern">',
        body='<h1>Old basin opens</h1><div class="author">Ada Brightwater</div>',
    )
    assert choose(read_candidates(tree, URL), page_url=URL, rules=SourceRules(), detected_language=None).authors == ("Ada Brightwater",)


def test_times_of_teasers_are_none_of_the_articles() -> None:
    own = '<div class="date">3 May 2024</div>'
    teaser = '<article class="teaser"><h4>Another</h4><div><time datetime="2024-05-04T07:00">7:00</time></div></article>'
    tree = page(body=f'<h1>E</h1>{own}{teaser}<div class="card"><time datetime="2024-05-03T10:15">10:15</time></div>')
    assert offered(tree, "published_at") == [("text:date", "3 May 2024"), ("time_tag", "2024-05-03T10:15")]


@pytest.mark.parametrize(
    ("whole", "heading", "chosen"),
    [
        ("Old basin opens after nine years", "Old basin opens after nine years", "Old basin opens after nine years"),
        ("Old basin opens", "Old basin opens after nine years", "Old basin opens"),
        ("What nine years have changed", "What nine years have changed", "Old basin opens"),
    ],
)
def test_a_title_for_sharing_that_cuts_the_headline_short_gives_way(whole: str, heading: str, chosen: str) -> None:
    tree = page(head=f'<title>{whole}</title><meta property="og:title" content="Old basin opens">', body=f"<h1>{heading}</h1>")
    assert choose(read_candidates(tree, URL), page_url=URL, rules=SourceRules(), detected_language=None).title == chosen
