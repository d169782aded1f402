"""What holds for every tree: nothing raises, nothing is invented, and what is read does not depend on how it is indented."""

from __future__ import annotations

import html

from hypothesis import given, settings
from hypothesis import strategies as st

from ingest.extract.body import BodyHints, read_body
from ingest.extract.tree import parse_html
from ingest.model import Block, BlockKind

TAGS = [
    "div",
    "p",
    "span",
    "a",
    "b",
    "article",
    "section",
    "ul",
    "li",
    "table",
    "tr",
    "td",
    "h1",
    "h2",
    "blockquote",
    "figure",
    "figcaption",
]
TAGS += ["aside", "nav", "footer", "form", "pre", "br", "my-part", "main", "header", "label", "em"]
NAMES = ["", "article-body", "related", "ad", "comments", "sidebar", "has-sidebar", "caption", "standfirst", "x1 y2", "ARTICLE-Body", "é ü"]
WORDS = st.text(alphabet="abcdé ñ.,!?。、日本語ابت\u00a0\u00ad\u200b&<>\n\t", max_size=60)


@st.composite
def elements(draw: st.DrawFn, inner: st.SearchStrategy[str]) -> str:
    tag = draw(st.sampled_from(TAGS))
    names = draw(st.sampled_from(NAMES))
    content = "".join(draw(st.lists(inner, max_size=4)))
    return f'<{tag} class="{names}">{content}</{tag}>'


TREES = st.recursive(WORDS.map(html.escape), elements, max_leaves=40)
HINTS = st.builds(BodyHints, title=st.none() | WORDS, summary=st.none() | WORDS, jsonld_body=st.none() | WORDS, authors=st.tuples(WORDS))


def read(text: str, hints: BodyHints | None = None) -> tuple[Block, ...]:
    return read_body(parse_html(text.encode(), 5_000), hints or BodyHints())


def letters(text: str) -> str:
    return "".join(c for c in text if c.isalnum())


@given(TREES, HINTS)
@settings(deadline=None)
def test_any_tree_is_read_without_inventing_text(tree: str, hints: BodyHints) -> None:
    blocks = read(tree, hints)
    visible = parse_html(tree.encode(), 5_000).body
    page = letters(visible.text(deep=True)) if visible is not None else ""
    at = 0
    for block in blocks:
        found = page.find(letters(block.text), at)
        assert found >= 0, "blocks come in reading order and hold only what the page holds"
        at = found + len(letters(block.text))
    assert letters("".join(block.text for block in blocks)) == page, "no text is lost between the blocks"


@given(TREES, HINTS)
@settings(deadline=None)
def test_text_is_folded(tree: str, hints: BodyHints) -> None:
    for block in read(tree, hints):
        assert block.text == block.text.strip() != ""
        assert not {"\u00a0", "\u00ad", "\u200b"} & set(block.text)
        if block.kind is not BlockKind.PREFORMATTED:
            assert "  " not in block.text
            assert "\n" not in block.text


@given(st.text(max_size=400))
@settings(deadline=None)
def test_any_text_is_read(text: str) -> None:
    read(text)


@given(TREES, HINTS)
@settings(deadline=None)
def test_reading_twice_gives_the_same(tree: str, hints: BodyHints) -> None:
    assert read(tree, hints) == read(tree, hints)
