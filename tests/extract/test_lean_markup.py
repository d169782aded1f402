"""What nobody reads on a page is not parsed; what is left is a page with the same text."""

from __future__ import annotations

import pytest
from hypothesis import HealthCheck, example, given, settings
from selectolax.lexbor import LexborHTMLParser

from ingest.errors import PageError
from ingest.extract.decode import decode
from ingest.extract.lean_markup import count_lean, count_lean_in_python, shows, survey
from ingest.extract.tree import parse_html
from ingest.model import Page
from tests.extract.made_pages import page_of
from tests.extract.mutations import damaged_pages

REPEATABLE = settings(
    deadline=None, derandomize=True, database=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large]
)
LD = '<script type="application/ld+json">{"a": "<style>b { color: red }</style>"}</script>'


@pytest.mark.parametrize(
    ("page", "seen", "emptied"),
    [
        ("<script>a < b && c && d</script><p>x", "<script data-lean></script><p>x", 1),
        ("<SCRIPT src='a'>x = 1; y = 2;</SCRIPT >y", "<SCRIPT src='a' data-lean></SCRIPT >y", 1),
        ('<style media="print">a > b { c: d; e: f }</style>', '<style media="print" data-lean></style>', 1),
        ("<svg width=1><g><path d='M0'/></g>\n<Rect x=1></rect></svg>x", "<svg width=1 data-lean></svg>x", 1),
        ("<svg><path d=1/><svg><path d=2/></svg>x", "<svg><path d=1/><svg data-lean></svg>x", 1),
        (
            "<script>let a = 1; let b = 2;</script>a<style>b { c: d; e: f }</style>c",
            "<script data-lean></script>a<style data-lean></style>c",
            2,
        ),
    ],
)
def test_code_styles_and_drawings_go(page: str, seen: str, emptied: int) -> None:
    counts, lean = survey(page.encode())
    assert lean == (seen.encode(), emptied)
    assert counts.tags == page.count("<")
    assert shows(LexborHTMLParser(lean.text), lean)


@pytest.mark.parametrize(
    "page",
    [
        LD,
        "<script></script><style></style><svg></svg><script>short</script>",
        "<scripts>some long text</scripts><styled>and a long one</styled><svgs>            </svgs>",
        "<script>let a = 1; let b = 2;",
        "<script>document.write('<script src=xxxxxxxx><\\/script>')</script>",
        "<script><!-- let a = 1; let b = 2; --></script>",
        "<p data-html='<script>let a = 1; let b = 2;</script>'>x",
        "<!-- <script>let a = 1; let b = 2;</script> -->x",
        "<!-- <style>b { color: red }",
        "<template><svg><path d='M0 0'/></svg></template>",
        "<noscript><style>b { color: red }</style></noscript>",
        "<style>b { color: red }</styles></style>",
        '<script a="<">let a = 1; let b = 2;</script>',
        # A drawing with text, or with a page in it.
        "<svg><title>Arrow</title><path/></svg>",
        "<svg><g>twelve letters</g></svg>",
        "<svg><foreignObject><p>The story</p></foreignObject></svg>",
    ],
)
def test_what_is_not_plain_stays(page: str) -> None:
    assert survey(page.encode())[1] == (page.encode(), 0)


STORY = "<p>Two boats run every hour, said the mayor.</p>"


@given(damaged_pages())
@example(page_of(f'<style title="x"" media="(width > 3)">b {{ c: d; e: f }}</style><p class="a">{STORY}<p class="q">z'.encode()))
@example(page_of(f'<script src="a.js"" data-if="a > b">let a = 1; let b = 2;</script>{STORY}<p class="q">z'.encode()))
@example(page_of(f"<!-- <script async -->{STORY}</script>".encode()))
@example(page_of(f"<!-- <style> --!>{STORY.replace('<p>', '').replace('</p>', '')}</style><p>x".encode()))
@example(page_of(f"<p data-a='<b><script>'>{STORY}</p><p data-b='</script>'>x".encode()))
@example(page_of(f"<textarea><script></textarea>{STORY}<textarea></script>".encode()))
@example(page_of(f"<svg><path/><script>{STORY}</script></svg><p>x".encode()))
@example(page_of(f"<math><mi>a</mi><script>{STORY}</script></math><p>x".encode()))
@example(page_of(b"<!x <style>Two boats run every hour, said the mayor.</style>"))
@example(page_of(f"<meta class='story content=\"a\"><script>push({{'page': 'b'}});</script>{STORY}".encode()))
@settings(REPEATABLE, max_examples=400)
def test_a_damaged_page_has_the_same_text(page: Page) -> None:
    try:
        text = decode(page)
        lean = parse_html(text, 5_000)
    except PageError:
        return
    assert shown(lean) == shown(parse_html(text, 5_000, whole=True))
    assert count_lean(lean) == count_lean_in_python(lean)


def shown(tree: LexborHTMLParser) -> str:
    """The page's text outside of scripts, styles and drawings."""
    for node in tree.css("script, style, svg"):
        node.decompose(recursive=True)
    return tree.text()
