"""Any bytes give an article or a rejection with a reason; what does not concern the article changes nothing in it."""

from __future__ import annotations

import pytest
from hypothesis import HealthCheck, assume, example, given, settings
from hypothesis import strategies as st

from ingest.extract import extract
from ingest.model import Article, MediaType, Page
from tests.extract.expectations import expect_usable
from tests.extract.made_pages import STORIES, Parts, Story, html_page, page_of, text_page
from tests.extract.mutations import PARTS, STORY, damaged_pages

REPEATABLE = settings(
    deadline=None, derandomize=True, database=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large]
)
SPACES_AND_COMMENTS = st.sampled_from(
    ["\n\n", " \t", "<!-- saved by a tool -->", "<!--[if IE]><p>Old browsers</p><![endif]-->", "<script>var a = '<p>none</p>';</script>",
     '<script async src="/x.js"></script>', '<style>p { color: red }</style>', '<noscript><img src="/count.gif"></noscript>',
     '<link rel="stylesheet" href="/a.css">']
)  # fmt: skip


def read(text: str, charset: str = "utf-8") -> Article:
    article = extract(page_of(text.encode(charset)))
    assert isinstance(article, Article)
    return article


def gist(article: Article) -> tuple[object, ...]:
    return article.title, article.body, article.authors, article.published, article.publisher, article.section, article.language


@given(damaged_pages())
@settings(REPEATABLE, max_examples=500)
def test_a_damaged_page_gives_an_article_or_a_reason(page: Page) -> None:
    result = extract(page)
    expect_usable(page, result)
    assert extract(page) == result


@given(st.binary(max_size=2_000), st.sampled_from(MediaType))
@settings(REPEATABLE, max_examples=200)
@example(b"", MediaType.HTML)
@example(b"", MediaType.TEXT)
def test_any_bytes_give_an_article_or_a_reason(body: bytes, media_type: MediaType) -> None:
    page = page_of(body, media_type)
    expect_usable(page, extract(page))


@given(st.text(max_size=2_000), st.sampled_from(MediaType))
@settings(REPEATABLE, max_examples=150)
def test_any_text_gives_an_article_or_a_reason(text: str, media_type: MediaType) -> None:
    page = page_of(f"<p>{text}".encode("utf-8", "replace"), media_type)
    expect_usable(page, extract(page))


@pytest.mark.parametrize("language", STORIES)
def test_an_undamaged_page_gives_its_story(language: str) -> None:
    story = STORIES[language]
    article = read(html_page(story))
    assert article.title == story.title
    assert article.body.split("\n\n")[:4] == story.paragraphs
    assert article.authors == (story.author,)
    assert article.published is not None
    assert article.published.at.isoformat() == story.published


@pytest.mark.parametrize("language", STORIES)
def test_an_undamaged_text_gives_its_story(language: str) -> None:
    article = extract(page_of(text_page(STORIES[language]).encode(), MediaType.TEXT))
    assert isinstance(article, Article)
    assert [paragraph for paragraph in article.body.split("\n\n") if paragraph in STORIES[language].paragraphs] == STORIES[
        language
    ].paragraphs


@given(STORY, PARTS, st.lists(SPACES_AND_COMMENTS, min_size=1, max_size=4).map("".join))
@settings(REPEATABLE, max_examples=100)
def test_what_no_reader_sees_changes_nothing_after_the_story(story: Story, parts: Parts, unseen: str) -> None:
    assert gist(read(html_page(story, parts, after=unseen))) == gist(read(html_page(story, parts)))


@given(STORY, PARTS, SPACES_AND_COMMENTS, st.integers(0, 40))
@settings(REPEATABLE, max_examples=150)
def test_what_no_reader_sees_changes_nothing_between_blocks(story: Story, parts: Parts, unseen: str, at: int) -> None:
    page = html_page(story, parts)
    body = page.index("<body")
    ends = [n for n in range(body, len(page)) if page.startswith(("<p>", "<h1>", "<li>", "<ul>", "<figure>"), n)]
    place = ends[at % len(ends)]
    assert gist(read(page[:place] + unseen + page[place:])) == gist(read(page))


@given(STORY, PARTS, st.sampled_from(["utf-16", "utf-8-sig", "utf-16-le", "legacy"]))
@settings(REPEATABLE, max_examples=120)
def test_the_charset_changes_nothing(story: Story, parts: Parts, form: str) -> None:
    charset = story.charset if form == "legacy" else form
    page = html_page(story, parts, charset)
    body = page.encode(charset, "replace")
    assume(body.decode(charset) == page)
    assert gist(read(page, charset)) == gist(read(page))


@given(STORY, PARTS)
@settings(REPEATABLE, max_examples=60)
def test_line_breaks_change_nothing(story: Story, parts: Parts) -> None:
    page = html_page(story, parts)
    assert gist(read(page.replace("\n", "\r\n"))) == gist(read(page))
