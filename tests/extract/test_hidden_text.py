"""Pages whose text only their scripts would show: it is taken from the data that they carry."""

from __future__ import annotations

import datetime as dt
import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ingest.extract import extract
from ingest.extract.embedded_state import read_state
from ingest.model import Article, Candidate, DropReason, MediaType, Page, Rejection

TITLE = "Old basin opens after nine years"
STORY = (
    "The harbour council of Northmere voted on Tuesday to reopen the old basin after nine years of repairs.",
    "Work on the northern quay begins in May, the council said, and will cost eleven million crowns.",
    "Fishermen had asked for a cheaper plan, which the engineers called unsafe in a report last winter.",
    "The first boats are expected on the morning after the summer fair, when the tide allows it.",
)
OTHER = tuple(f"Another story, number {at}, tells of a wedding on the cliffs that nobody at all had been invited to." for at in range(9))
HTML_TEXT = "".join(f"<p>{text}</p>" for text in STORY)


def next_data(content: object) -> str:
    state = {"props": {"pageProps": {"article": {"title": TITLE, "content": content}, "latest": [{"title": "Wedding", "text": "Short."}]}}}
    return f'<script id="__NEXT_DATA__" type="application/json">{json.dumps(state)}</script>'


def assigned(name: str, state: object) -> str:
    return f"<script>window.config={{}};{name} = {json.dumps(state)};{name}Config={{}};</script>"


def runs(text: str) -> list[dict[str, object]]:
    return [{"type": "text", "text": text[:20]}, {"type": "text", "text": text[20:], "marks": [{"type": "bold"}]}]


STATES = {
    "next, html": next_data(HTML_TEXT),
    "next, paragraphs": next_data(list(STORY)),
    "fusion": assigned(
        "Fusion.globalContent",
        {
            "headlines": {"basic": TITLE},
            "content_elements": [
                {"type": "text", "content": STORY[0]},
                {"type": "image", "caption": "The basin on a clear day, seen from the lighthouse at noon."},
                *({"type": "text", "content": f"<b>{text[:9]}</b>{text[9:]}"} for text in STORY[1:]),
            ],
        },
    ),
    "apollo": assigned("window.__APOLLO_STATE__", {"Article:1": {"__typename": "Article", "title": TITLE, "bodyHtml": HTML_TEXT}}),
    "portable text": next_data([{"_type": "block", "children": runs(text)} for text in STORY]),
    "prosemirror": next_data({"type": "doc", "content": [{"type": "paragraph", "content": runs(text)} for text in STORY]}),
    "draft": next_data({"blocks": [{"key": str(at), "text": text} for at, text in enumerate(STORY)], "entityMap": {}}),
    "initial state": assigned('window["__INITIAL_STATE__"]', {"page": {"story": {"title": TITLE, "text": "\n\n".join(STORY)}}}),
}


def extracted(head: str, body: str = '<div id="root"></div>') -> Article | Rejection:
    html = (
        f'<html><head><title>{TITLE} | Lantern</title><meta property="og:title" content="{TITLE}">{head}</head><body>{body}</body></html>'
    )
    return extract(Page(Candidate("file:///a", "a"), html.encode(), MediaType.HTML, dt.datetime(2024, 5, 3, tzinfo=dt.UTC)))


@pytest.mark.parametrize("name", STATES)
def test_the_text_comes_from_the_page_s_data(name: str) -> None:
    article = extracted(STATES[name])
    assert isinstance(article, Article)
    assert article.body == "\n\n".join(STORY)
    assert article.title == TITLE


def test_what_bears_the_title_goes_before_what_is_longer() -> None:
    state = assigned("window.__DATA__", {"a": {"title": "Wedding", "body": list(OTHER)}, "b": {"headline": TITLE, "body": list(STORY)}})
    article = extracted(state)
    assert isinstance(article, Article)
    assert article.body == "\n\n".join(STORY)


def test_the_beginning_in_html_is_continued_by_the_same_text() -> None:
    article = extracted(STATES["fusion"], f"<article><h1>{TITLE}</h1><p>{STORY[0]}</p></article>")
    assert isinstance(article, Article)
    assert article.body == "\n\n".join(STORY)
    assert [block.reason for block in article.blocks if block.text == STORY[0]] == [DropReason.DUPLICATE, None]


def test_another_article_s_text_does_not_continue_the_page_s() -> None:
    state = assigned("window.__DATA__", {"latest": list(OTHER)})
    article = extracted(state, f"<article><h1>{TITLE}</h1><p>{STORY[0]}</p><p>{STORY[1]}</p></article>")
    assert isinstance(article, Article)
    assert article.body == "\n\n".join(STORY[:2])


def test_the_text_of_json_ld_serves_too() -> None:
    data = {"@context": "https://schema.org", "@type": "NewsArticle", "headline": TITLE, "articleBody": "\n\n".join(STORY)}
    article = extracted(f'<script type="application/ld+json">{json.dumps(data)}</script>')
    assert isinstance(article, Article)
    assert article.body == "\n\n".join(STORY)


def test_invitations_in_the_data_are_dropped() -> None:
    article = extracted(next_data([*STORY[:2], "Sign up for our newsletter", *STORY[2:]]))
    assert isinstance(article, Article)
    assert article.body == "\n\n".join(STORY)


def test_data_without_prose_makes_no_article() -> None:
    assert isinstance(extracted(next_data({"menu": ["Home", "News", "Sport"] * 40})), Rejection)


def test_a_page_with_its_text_in_html_is_left_alone() -> None:
    body = f"<article><h1>{TITLE}</h1>{HTML_TEXT}{''.join(f'<p>{text}</p>' for text in OTHER[:4])}</article>"
    with_state, without = extracted(STATES["next, html"], body), extracted("", body)
    assert isinstance(with_state, Article)
    assert isinstance(without, Article)
    assert with_state.body == without.body


@given(
    st.recursive(st.none() | st.booleans() | st.integers() | st.text(), lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner))
)
def test_any_data_gives_paragraphs_or_none(value: object) -> None:
    padded = {"pad": "x" * 400, "value": value, "text": list(STORY)}
    page = f"<script>window.a = {json.dumps(padded)}</script>"
    assert all(isinstance(text, str) and text for text in read_state(page.encode(), None))


@pytest.mark.parametrize("opening", ["<script>", "<SCRIPT\n async>", "<script data-a='1' type=text/javascript >", "<script/>"])
def test_scripts_are_found_as_they_stand(opening: str) -> None:
    state = json.dumps({"title": TITLE, "text": list(STORY)})
    assert read_state(f"<p>x{opening}window.a = {state}</sCript >".encode(), TITLE) == STORY
    assert read_state(f"<p>x{opening}window.a = {state}".encode(), TITLE) == ()


def test_scripts_that_never_end_are_passed_over_in_no_time() -> None:
    assert read_state(b"<script " * 400_000, TITLE) == read_state(b"<script>" * 400_000, TITLE) == ()
