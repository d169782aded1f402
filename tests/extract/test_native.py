"""What is compiled gives what Python gives, to the last letter: a page's article may not hang on whether a compiler was at hand."""

from __future__ import annotations

import re
import shutil
import sysconfig
from pathlib import Path

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st
from selectolax.lexbor import LexborHTMLParser

from ingest.errors import PageError
from ingest.extract.body.prose import WIDE
from ingest.extract.body.walk import read, read_in_python
from ingest.extract.costly_markup import count_markup
from ingest.extract.decode import decode, lost_characters_in_python
from ingest.extract.keys import key_in_python
from ingest.extract.lean_markup import lean, survey
from ingest.extract.metadata.elements import Element, find_elements, find_elements_in_python
from ingest.extract.native import native_tree
from ingest.identify.fingerprint import words_in_python
from ingest.model import Page
from ingest.native import native_text
from ingest.normalise.text import clean_text_in_python
from tests.extract.mutations import damaged_pages

REPEATABLE = settings(
    deadline=None, derandomize=True, database=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large]
)
SAMPLES = sorted(Path(__file__).parent.glob("*/pages/*.html"))
PIECES = st.sampled_from(
    ["<p>", "</p>", "<div class='nav menu'>", "<div class=article-body>", "</div>", "<div hidden>", "<p style='display: none'>", "<nav>",
     "</nav>", "<br>", "<br><br>", "<b>", "</b>", "<a href=/x>", "</a>", "<span class=sr-only>", "<span style='clip: rect(0 0 0 0)'>",
     "</span>", "<li>", "<ul class=share>", "</ul>", "<h1>", "</h1>", "<h2>", "</h2>", "<table><tr><td>", "<td>", "</table>", "<pre>",
     "</pre>", "<blockquote>", "</blockquote>", "<figcaption>", "</figcaption>", "<news-body>", "</news-body>", "<footer>", "</footer>",
     "<em class=read-more>", "</em>", "<script>var a = {};</script>", "<time datetime=2024-05-03>", "</time>", "<svg><title>x",
     "<div itemprop=author>", "<i rel='nofollow AUTHOR'>", "<p class=ByLine>", "<p class=upDated>", "<template><p>x</p></template>",
     "Two boats run every hour, he said.", "Share", "Kurz und gut: “Ja”", "一度", "二つの船が毎時出ている。" * 9, " ", "\n\t", "\u00a0",
     "\u00ad", "\u200b", "\u2003", "\u3000", "\x0b", "\x1c", "\x85", "\u200d", "=\"", ");", "{", "word " * 45, "&#0;", "&nbsp;", "!"]
)  # fmt: skip

compiled = pytest.mark.skipif(native_tree is None or native_text is None, reason="the package was built without a C compiler")


def test_the_native_parts_are_there_where_a_compiler_is() -> None:
    compiler = (sysconfig.get_config_var("CC") or "cc").split()[0]
    headers = Path(sysconfig.get_paths()["include"], "Python.h").exists()
    if shutil.which(compiler) and headers:
        assert native_text is not None
        assert native_tree is not None


def expect_equal_trees(page: bytes, *headlines: str) -> None:
    tree = LexborHTMLParser(page)
    assert read(tree, headlines) == read_in_python(tree, headlines)
    found, expected = find_elements(tree), find_elements_in_python(tree)
    assert [shape(element) for element in found.shown] == [shape(element) for element in expected.shown]
    for name in ("root", "metas", "links", "documents", "title"):
        assert getattr(found, name) == getattr(expected, name)


def shape(element: Element) -> tuple[object, ...]:
    around = element.parent
    return element.tag, element.attributes, element.text(separator="|"), element.mem_id, around.mem_id if around else None


@compiled
@pytest.mark.parametrize("sample", SAMPLES, ids=lambda path: path.stem)
def test_a_page_is_read_the_same(sample: Path) -> None:
    expect_equal_trees(sample.read_bytes(), "Old basin opens")


@compiled
@given(damaged_pages())
@settings(REPEATABLE, max_examples=400)
def test_a_damaged_page_is_read_the_same(page: Page) -> None:
    try:
        text = decode(page)
    except PageError:
        return
    expect_equal_trees(text)


@compiled
@given(st.lists(PIECES, max_size=60).map("".join), st.sampled_from(["Share", "Two boats", "一"]))
@settings(REPEATABLE, max_examples=1_000)
@example("<nav>\u00a0 Share \u2003</nav><footer>\x0b</footer><footer>\u00a0</footer>", "Menu")
@example("<pre> a\n  b\u00ad </pre><td>x<table><tr><td>" + "word " * 45 + "<td>y</table>", "x")
def test_any_markup_is_read_the_same(html: str, headline: str) -> None:
    expect_equal_trees(html.encode(), headline)


@compiled
def test_an_element_knows_what_is_in_it_and_after_it() -> None:
    tree = LexborHTMLParser("<div itemprop=author>By <b>Ada</b> and <i property=name>Tomas Quill</i></div>")
    assert native_tree is not None
    (author, name) = native_tree.find_elements(tree)[-1]
    assert author.child.tag == "b"
    assert author.child.next.mem_id == name.mem_id
    assert (author.child.child, name.next) == (None, None)


@compiled
@given(st.one_of(st.text(), st.text(alphabet=" a&<\t\x7fé_1")))
@settings(REPEATABLE, max_examples=1_000)
def test_what_is_plain_is_clean(text: str) -> None:
    assert native_text is not None
    if native_text.is_plain(text):
        assert clean_text_in_python(text) == text
    assert native_text.runs(text) == set(re.findall(r"\w+", text))


@compiled
@given(st.text())
@settings(REPEATABLE, max_examples=1_000)
@example("İstanbul ŉ ½ ß ﬁ ǆ — “Ja” … e\u0301")
@example("ʼn\u00a8\u0345\u2011")
def test_the_key_of_a_text_is_the_same(text: str) -> None:
    assert native_text is not None
    assert native_text.key(text) in (key_in_python(text), None)
    assert native_text.wide_letters(text) == len(WIDE.findall(text))
    assert native_text.count_words(text) == len(words_in_python(text))


@compiled
@given(
    st.lists(
        st.sampled_from(
            ["a", "É", "7", "_", "'", "’", " ", "-", "\u0301", "ก", "ั", "漢", "か", "שָׁ", "\u05be", "हिन्दी", "।", "\u200d", "ⅷ", "²"]
        )
    ).map("".join)
)
@settings(REPEATABLE, max_examples=2_000)
def test_words_are_the_same(text: str) -> None:
    assert native_text is not None
    assert native_text.words(text) == words_in_python(text)
    assert native_text.count_words(text) == len(words_in_python(text))


@compiled
def test_the_key_of_every_character_is_the_same() -> None:
    assert native_text is not None
    for code in range(0x10000):
        for text in (chr(code), f"a{chr(code)}E"):
            assert native_text.key(text) in (key_in_python(text), None)
    assert native_text.key("Straße — “Übermut”") == "strasseübermut"


@compiled
@given(st.one_of(st.binary(max_size=60), st.text().map(str.encode), st.lists(st.sampled_from(
    [b"\xef\xbf\xbd", b"\xc3\xa9", b"\xed\xa0\x80", b"\xed\x9f\xbf", b"\xe0\x9f\xbf", b"\xe0\xa0\x80", b"\xf0\x8f\xbf\xbf",
     b"\xf0\x90\x80\x80",
     b"\xf4\x8f\xbf\xbf", b"\xf4\x90\x80\x80", b"\xc1\xbf", b"\xf5\x80\x80\x80", b"\xe2\x82", b"plain text of some length", b"\xff",
     b"a" * 63, b"b" * 64, b"c" * 130]  # what is checked as a whole
), max_size=9).map(b"".join)))  # fmt: skip
@settings(REPEATABLE, max_examples=2_000)
def test_damage_in_utf8_is_counted_the_same(body: bytes) -> None:
    assert native_text is not None
    assert native_text.lost_characters(body) == lost_characters_in_python(body)


@compiled
@given(st.lists(st.sampled_from(
    [b"<", b"</", b"<b ", b"<B>", b"<big/", b"<bi", b"<code\t", b"<em\n", b"<font\f", b"<i ", b"<s\r", b"<small ", b"<strike ", b"<STRONG ",
     b"<tt ", b"<t ", b"<u ", b"<ul ", b"x", b" "]
), max_size=20).map(b"".join))  # fmt: skip
@example(b"<s")
@settings(REPEATABLE, max_examples=1_000)
def test_markup_is_counted_the_same(text: bytes) -> None:
    assert survey(text) == (count_markup(text), lean(text))


@compiled
@given(st.lists(st.sampled_from(
    [b"<script", b"<SCRIPT>", b"<script>", b"</script", b"</script>", b"</Script ", b"<style", b"<style>", b"</style>", b"</style", b"<svg",
     b"<svg>", b"<svg viewBox='0 0'>", b"</svg>", b"</svg", b"<path d=1 />", b"<G>", b"</g>", b"<g", b"<linearGradient/>", b"<title>",
     b" type=application/ld+JSON", b" src='", b"'", b'"', b"/", b">", b"<", b"<!--", b"-->", b"--", b" ", b"\n", b"\t", b"a < b", b"x",
     b"b { c: d }", b"<b ", b"</", b"\xc3\xa9", b"what nobody reads", b"<template", b"</template>", b"<NoScript>", b"</noscript ", b"<!-- ",
     b" data-lean>"]
), max_size=30).map(b"".join))  # fmt: skip
@settings(REPEATABLE, max_examples=5_000)
def test_what_nobody_reads_is_left_out_the_same(text: bytes) -> None:
    assert survey(text) == (count_markup(text), lean(text))
