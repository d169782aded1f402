"""Pages that are far from any article: they end in reasonable time, by counting work and not by a clock."""

from __future__ import annotations

import sys
from collections.abc import Callable
from functools import partial
from types import FrameType
from typing import Any

import pytest

from ingest.errors import PageError
from ingest.extract.body import BodyHints, read_body
from ingest.extract.tree import nests_deeper_than, parse_html
from ingest.model import Block, Stage

SENTENCE = "The council of Northmere voted on Tuesday to reopen the old ferry line across the bay."


def read(text: str) -> tuple[Block, ...]:
    return read_body(parse_html(text.encode(), 5_000), BodyHints(title="Ferry"))


def kept(text: str) -> list[str]:
    return [block.text for block in read(text) if block.kept]


def lines_run(call: Callable[[], object]) -> int:
    """How many lines of Python a call runs: the same on every machine."""
    count = 0

    def trace(_frame: FrameType, event: str, _arg: Any) -> Any:
        nonlocal count
        count += event == "line"
        return trace

    before = sys.gettrace()
    sys.settrace(trace)
    try:
        call()
    finally:
        sys.settrace(before)
    return count


def test_an_empty_page_has_no_blocks() -> None:
    assert read("") == ()


def test_a_megabyte_without_a_line_break_is_one_block() -> None:
    text = "word " * 210_000
    blocks = read(f"<article><h1>Ferry</h1><p>{text}.</p></article>")
    assert [len(block.text) for block in blocks if block.kept] == [len(text) + 1]


def test_fifty_thousand_links_are_no_article() -> None:
    links = "".join(f'<li><a href="/{n}">Headline number {n} of the archive</a></li>' for n in range(50_000))
    blocks = read(f"<main><h1>Archive</h1><ul>{links}</ul></main>")
    assert len(blocks) == 50_001
    assert not any(block.kept for block in blocks)


def test_an_article_four_thousand_elements_deep_is_read() -> None:
    assert kept("<div>" * 4_000 + f"<h1>Ferry</h1><p>{SENTENCE}</p><p>{SENTENCE} Again.</p>" + "</div>" * 4_000) == [
        SENTENCE,
        f"{SENTENCE} Again.",
    ]


@pytest.mark.parametrize(
    "shape",
    [
        lambda n: f"<article>{f'<div><p>{SENTENCE}</p></div>' * n}</article>",
        lambda n: "<div>" * n + f"<p>{SENTENCE}</p>" * n,
        lambda n: f"<blockquote><p>{SENTENCE}</p>" * n,
        lambda n: f"<ul><li>{SENTENCE}" * n,
    ],
    ids=["wide", "deep", "quotes in quotes", "lists in lists"],
)
def test_work_grows_linearly(shape: Callable[[int], str]) -> None:
    small, large = parse_html(shape(200).encode(), 5_000), parse_html(shape(1_600).encode(), 5_000)
    read_body(small, BodyHints())  # fills the caches
    growth = lines_run(lambda: read_body(large, BodyHints())) / lines_run(lambda: read_body(small, BodyHints()))
    assert growth < 8 * 1.5


@pytest.mark.parametrize(
    "page",
    [
        "<div>" * 6_000,
        "<div>" * 6_000 + "</div>" * 6_000,
        "</div>" * 6_000 + "<div>" * 6_000,
        "<span><div></span>" * 6_000,
        "<DIV CLASS='a > b'>" * 6_000,
        "<p><table><tr><td>" * 2_000,
        "<!-- -->" + "<b>" * 6_000,
        "<script>'</div>'</script><div>" * 6_000,
    ],
)
def test_too_deep_pages_are_refused_before_they_are_parsed(page: str) -> None:
    with pytest.raises(PageError) as caught:
        parse_html(page.encode(), 5_000)
    assert (caught.value.stage, caught.value.reason) == (Stage.EXTRACT, "too_deep")


@pytest.mark.parametrize(
    "page",
    [
        "<p>text" * 20_000,
        "<ul>" + "<li>item" * 20_000,
        "<br><img src=a><hr>" * 20_000,
        "<div></div>" * 20_000,
        "<div><span></div>" * 20_000,
        "<!-- " + "<div>" * 20_000 + " -->",
        "<script>" + "<div>" * 20_000 + "</SCRIPT>",
        "<table>" + "<tr><td>1<td>2" * 10_000,
        "<div title='" + "<div>" * 20_000 + "'>",
    ],
)
def test_long_pages_that_nest_little_are_not(page: str) -> None:
    assert not nests_deeper_than(page.encode(), 5_000)


def test_the_depth_scan_takes_linear_work_for_unclosed_markup() -> None:
    for shape in ("<!--<b>", "<script><b>", '<a "', "<a '", "<i><div></i>", "<div><b></i>"):
        small, large = shape.encode() * 2_000, shape.encode() * 16_000
        growth = lines_run(partial(nests_deeper_than, large, 50_000)) / lines_run(partial(nests_deeper_than, small, 500))
        assert growth < 8 * 1.5, shape
