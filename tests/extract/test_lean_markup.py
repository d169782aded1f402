"""What nobody reads on a page is not parsed; what is left is a page with the same text."""

from __future__ import annotations

import pytest
from hypothesis import HealthCheck, given, settings
from selectolax.lexbor import LexborHTMLParser

from ingest.errors import PageError
from ingest.extract.decode import decode
from ingest.extract.lean_markup import survey
from ingest.model import Page
from tests.extract.mutations import damaged_pages

REPEATABLE = settings(
    deadline=None, derandomize=True, database=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large]
)
LD = '<script type="application/ld+json">{"a": "<style>b</style>"}</script>'


@pytest.mark.parametrize(
    ("page", "seen"),
    [
        ("<script>a < b && c</script><p>x", "<script></script><p>x"),
        ("<SCRIPT src='a'>x</SCRIPT >y", "<SCRIPT src='a'></SCRIPT >y"),
        ('<style media="print">a > b { c: d }</style>', '<style media="print"></style>'),
        ("<svg width=1><g><path d='M0'/></g>\n<Rect x=1></rect></svg>x", "<svg width=1></svg>x"),
        ("<p data-html='<script>a</script>'>x", "<p data-html='<script></script>'>x"),
        ("<!-- <script>a</script> -->x", "<!-- <script></script> -->x"),
        ("<script>document.write('<script src=x><\\/script>')</script>x", "<script>document.write('<script src=x></script>x"),
        ("<svg><path/><svg><path/></svg>x", "<svg><path/><svg></svg>x"),
        ("<script>1</script>a<script>2</script>b<style>3</style>c", "<script></script>a<script></script>b<style></style>c"),
    ],
)
def test_code_styles_and_drawings_go(page: str, seen: str) -> None:
    assert survey(page.encode())[1] == seen.encode()


@pytest.mark.parametrize(
    "page",
    [
        LD,
        "<script></script><style></style><svg></svg>",
        "<scripts>a</scripts><styled>b</styled><svgs> </svgs>",
        # Where an element ends is not for certain.
        "<script>a",
        "<p data-embed='<script src=x><\\/script>'>The story<script src=y></script>",
        "<!-- <script> -->The story<!-- </script> -->",
        "<!-- <style> -->The story</style>",
        "<script><!-- a --></script>",
        "<style>a</styles></style>",
        '<script a="<">b</script>',
        "<svg><script/>The story</svg>",
        # A drawing with text, or with a page in it.
        "<svg><title>Arrow</title><path/></svg>",
        "<svg><g>x</g></svg>",
        "<svg><foreignObject><p>The story</p></foreignObject></svg>",
    ],
)
def test_what_may_be_read_stays(page: str) -> None:
    assert survey(page.encode())[1] == page.encode()


@given(damaged_pages())
@settings(
    deadline=None,
    derandomize=True,
    database=None,
    max_examples=300,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
)
def test_a_damaged_page_has_the_same_text_without_them(page: Page) -> None:
    try:
        text = decode(page)
    except PageError:
        return
    assert shown(survey(text)[1]) == shown(text)


def shown(page: bytes) -> str:
    """The page's text outside of scripts, styles and drawings, and of elements that hold code or text as it is written."""
    tree = LexborHTMLParser(page)
    for node in tree.css("script, style, svg, noscript, template, textarea, title, iframe, noframes, xmp, noembed"):
        node.decompose(recursive=True)
    return tree.text()
