from __future__ import annotations

import pytest
from selectolax.lexbor import LexborHTMLParser

from ingest.extract.metadata.author_links import read_author_links
from ingest.model import Block, BlockKind

TITLE = "Otters return to the river"
STORY = "Two families of otters have moved back into the basin since the spring, the council said."
KEPT = (Block(BlockKind.PARAGRAPH, STORY),)
LINK = '<a href="/authors/jane-roe">Jane Roe</a>'


def names(head: str, story: str = f"<p>{STORY}</p>") -> list[str]:
    tree = LexborHTMLParser(f"<body>{head}<article>{story}</article><aside><a href='/author/x'>Somebody Else</a></aside>")
    return [c.value for c in read_author_links(tree, TITLE, KEPT)]


@pytest.mark.parametrize(
    ("byline", "expected"),
    [
        (LINK, ["Jane Roe"]),
        (f'<div class="x1">{LINK} and <a href="https://post.example/author/john-doe/">John Doe</a></div>', ["Jane Roe", "John Doe"]),
        ('<span class="contributor-name">Jane Roe</span>', ["Jane Roe"]),
        ('<a href="/redaktion/jane-roe">Von Jane Roe</a>', ["Jane Roe"]),
        (f"{LINK}{LINK}", ["Jane Roe"]),
        # what names nobody: other pages, desks, sentences
        ('<a href="/politics">Jane Roe</a>', []),
        ('<a href="/author/desk">Editorial Team</a>', []),
        (f'<a href="/author/jane">{"All the articles of the last year by our correspondent " * 2}</a>', []),
    ],
)
def test_links_between_headline_and_text_name_authors(byline: str, expected: list[str]) -> None:
    assert names(f"<h1>{TITLE}</h1>{byline}") == expected
    assert names(f"<h1>{TITLE}</h1>{byline}", f"<div>{STORY}</div>") == expected


def test_links_elsewhere_are_other_peoples(*, heading: str = f"<h1>{TITLE}</h1>") -> None:
    assert names(f"{LINK}{heading}") == []
    assert names(heading, f"<p>{STORY}</p>{LINK}") == []
    assert names(f"<h1>Another headline</h1>{LINK}") == []
    assert names(f"{heading}{LINK}", "<p>Another text.</p>") == []


def test_a_page_made_to_be_costly_is_left() -> None:
    nested = "<ul><li>" * 3_000 + "x" * 100_000
    assert names(f"<h1>{TITLE}</h1>{nested}{LINK}") == []
