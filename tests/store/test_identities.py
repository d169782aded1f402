"""URLs that lie: which article a page is of where its URLs have led to others, or are given to many pages by mistake."""

from __future__ import annotations

import datetime as dt

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import Engine

from ingest.extract.version import EXTRACTOR_VERSION
from ingest.identify.story import Story, is_same_story
from ingest.model import Article, Candidate, FieldProvenance, MediaType, Page, PageResult
from ingest.transfer import Hop, Transfer
from tests.identify.made_copies import SCRIPTS, Writer, body
from tests.store.test_load import content_of_tables, load, rows

DAY = dt.datetime(2024, 5, 1, tzinfo=dt.UTC)
STORIES = [body(Writer("latin", seed=n).article(4)) for n in range(6)]
SITE = "https://post.example"


def fetched(path: str, story: int | str, *, day: int = 0, at: str | None = None, canonical: str | None = None) -> PageResult:
    """A page of the site; ``at`` is where a redirect led to, ``canonical`` what the page calls itself."""
    url = f"{SITE}{path}"
    final = f"{SITE}{at}" if at else url
    told = STORIES[story] if isinstance(story, int) else story
    provenance = (FieldProvenance("canonical_url", "link:canonical" if canonical else "page", ()),)
    own = f"{SITE}{canonical}" if canonical else final
    article = Article(final, own, f"Headline: {told[:30]}", told, provenance=provenance, extractor_version=EXTRACTOR_VERSION)
    transfer = Transfer(final, (Hop(url, 302),) if at else ())
    page = Page(Candidate(url, url, url), told.encode(), MediaType.HTML, DAY + dt.timedelta(days=day), transfer=transfer)
    return PageResult(page.candidate, article, page)


def saved(place: str, story: int, *, day: int = 0, canonical: str) -> PageResult:
    candidate = Candidate(f"file:///pages/{place}", place)
    article = Article(None, f"{SITE}{canonical}", f"Headline {story}", STORIES[story], extractor_version=EXTRACTOR_VERSION)
    page = Page(candidate, f"{place} {story}".encode(), MediaType.HTML, DAY + dt.timedelta(days=day))
    return PageResult(candidate, article, page)


def articles(engine: Engine) -> list[tuple[str, int]]:
    """Paths with the story that each tells now."""
    found = rows(engine, "SELECT url, body FROM news.article ORDER BY url")
    return [(url.removeprefix(SITE), STORIES.index(told)) for url, told in found]


@pytest.mark.parametrize("together", [True, False])
def test_a_site_that_was_under_repair_keeps_its_articles_apart(engine: Engine, *, together: bool) -> None:
    before = [fetched("/a", 0)]
    repair = [fetched(path, 5, day=1, at="/repair") for path in ("/a", "/b", "/c")]
    after = [fetched(path, story, day=2) for path, story in (("/a", 0), ("/b", 1), ("/c", 2))]
    batches = [[*before, *repair, *after]] if together else [[r] for r in (*before, *repair, *after)]
    load(engine, *batches)
    assert articles(engine) == [("/a", 0), ("/b", 1), ("/c", 2), ("/repair", 5)]
    assert rows(engine, "SELECT max(version_no) FROM news.article_version") == [(1,)]
    led = rows(engine, "SELECT u.url = a.url FROM news.article_url u JOIN news.article a USING (article_id)")
    assert led == [(True,)] * 4


def test_what_stood_in_the_place_of_pages_does_not_keep_their_urls(engine: Engine) -> None:
    load(engine, [fetched("/a", 5)], [fetched("/b", 5)], [fetched("/b", 1, day=1)], [fetched("/c", 5)], [fetched("/c", 2, day=1)])
    assert articles(engine) == [("/a", 5), ("/b", 1), ("/c", 2)]


@pytest.mark.parametrize("together", [True, False])
def test_one_canonical_url_for_all_pages_of_a_site(engine: Engine, *, together: bool) -> None:
    pages = [fetched(f"/{n}", n, canonical="/latest") for n in range(3)] + [saved(f"{n}.html", n, canonical="/latest") for n in (3, 4)]
    load(engine, *([pages] if together else [[p] for p in pages]))
    expected = [("file:///pages/3.html", 3), ("file:///pages/4.html", 4), ("/1", 1), ("/2", 2), ("/latest", 0)]
    assert articles(engine) == expected
    before = content_of_tables(engine)
    assert load(engine, pages) == [{"unchanged": 5}]
    assert content_of_tables(engine) == before
    edits = [fetched(f"/{n}", f"{STORIES[n]}\n\nThe council meets again on Monday.", day=1, canonical="/latest") for n in range(3)]
    assert load(engine, edits) == [{"updated": 3}]


def test_an_article_that_is_renamed_or_rewritten_is_the_same(engine: Engine) -> None:
    renamed = f"{STORIES[0]}\n\nThe council meets again on Monday."
    assert load(engine, [fetched("/a", 0)], [fetched("/a", renamed, day=1, canonical="/a-new")]) == [{"new": 1}, {"updated": 1}]
    assert load(engine, [fetched("/b", 1)], [fetched("/b", 2, day=1)]) == [{"new": 1}, {"updated": 1}]
    named = [fetched("/c", 3, canonical="/c?x=1"), fetched("/c", 4, day=1, canonical="/c?x=1")]
    assert load(engine, named[:1], named[1:]) == [{"new": 1}, {"updated": 1}]


def test_a_page_read_anew_stays_with_its_article_whatever_it_comes_to(engine: Engine) -> None:
    before = fetched("/b", 1, canonical="/a")
    load(engine, [fetched("/a", 0, canonical="/a")], [before])
    assert isinstance(before.result, Article)
    other = Article("", f"{SITE}/a", "Other", STORIES[3], extractor_version="another")
    assert load(engine, [PageResult(before.candidate, other, before.page)]) == [{"updated": 1}]
    assert articles(engine) == [("/a", 0), ("/b", 3)]


@given(st.sampled_from(SCRIPTS), st.integers(0, 50))
def test_stories_are_told_apart_in_any_script(script: str, seed: int) -> None:
    writer = Writer(script, seed=seed)
    article = writer.article(6)
    one, copy, other = (Story(None, body(a)) for a in (article, writer.copy(article), writer.article(6)))
    assert is_same_story(one, copy)
    assert not is_same_story(one, other)
    assert is_same_story(Story("The same headline", one.body), Story("The Same Headline", other.body))
    assert is_same_story(one, Story(None, body(article[:1])))
