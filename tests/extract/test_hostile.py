"""Pages that are far from any article end in an article or a reason, and their work grows no faster than their size."""

from __future__ import annotations

import sys
from collections.abc import Callable
from types import FrameType

import pytest

from ingest.extract import extract
from ingest.model import Limits, MediaType, Rejection
from tests.extract.expectations import expect_usable
from tests.extract.hostile_shapes import SHAPES, hostile_page
from tests.extract.made_pages import STORIES, page_of, text_page

_LARGE = 300_000  # bytes: what grows with the square of its size takes a minute
_SMALL, _TIMES = 6_000, 4  # bytes of the smaller page, and how many times as large the other one is
_SLACK = 1.3  # a square would grow by another _TIMES
_ANY_DEPTH = Limits(max_tree_depth=1_000_000)  # the check of the depth is one more pass, from as many tags on as may nest


def calls_made(work: Callable[[], object]) -> int:
    """How many functions a piece of work calls, Python's own included: the same on every machine."""
    calls = 0

    def count(_frame: FrameType, event: str, _argument: object) -> None:
        nonlocal calls
        calls += event in {"call", "c_call"}

    sys.setprofile(count)
    try:
        work()
    finally:
        sys.setprofile(None)
    return calls


@pytest.mark.parametrize("shape", SHAPES)
def test_a_hostile_page_gives_an_article_or_a_reason(shape: str) -> None:
    page = hostile_page(shape, _LARGE)
    expect_usable(page, extract(page))


@pytest.mark.parametrize("shape", SHAPES)
def test_work_grows_no_faster_than_the_page(shape: str) -> None:
    small, large = hostile_page(shape, _SMALL), hostile_page(shape, _SMALL * _TIMES)
    extract(small, limits=_ANY_DEPTH)  # fills the caches
    work = calls_made(lambda: extract(small, limits=_ANY_DEPTH))
    assert calls_made(lambda: extract(large, limits=_ANY_DEPTH)) < work * _TIMES * _SLACK


@pytest.mark.parametrize("line", ["Short line\n", "\r", "12.12.2019\n\n"])
def test_a_text_of_nothing_but_lines_is_refused(line: str) -> None:
    result = extract(page_of((text_page(STORIES["en"]) + line * 200_000).encode(), MediaType.TEXT))
    assert isinstance(result, Rejection)
    assert result.reason == "too_many_elements"


@pytest.mark.parametrize("url", ["http://[::1", "http://a.example:99999/", "http://a]b/", ""])
def test_a_page_is_read_under_a_url_that_is_none(url: str) -> None:
    page = page_of(b"<link rel=canonical href='//['><h1>Ferry</h1>" + b"<p>Two boats run every hour from April on.</p>" * 9, url=url)
    expect_usable(page, extract(page))


@pytest.mark.parametrize(
    "page", ["<frameset>", "<title>Talks go on</title><frameset><frame src=a></frameset>", "<meta name=author <frameset><frameset>"]
)
def test_a_page_of_frames_is_refused(page: str) -> None:
    result = extract(page_of(page.encode()))
    assert isinstance(result, Rejection)
    assert result.reason == "no_article_text"
