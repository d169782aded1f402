from __future__ import annotations

import datetime as dt
from dataclasses import replace

import pytest

from ingest.fetch.pages import page_again, page_of
from ingest.model import Candidate, MediaType, Page, PageResult, Rejection, Stage
from ingest.transfer import Hop, Validators
from ingest.web import Fetched, Request

URL = "https://news.example/a"
NOW = dt.datetime(2026, 3, 2, 12, 0, tzinfo=dt.UTC)
CANDIDATE = Candidate(URL, URL)
FETCHED = Fetched(
    Request(URL),
    URL + "?b",
    NOW,
    200,
    b"<p>Text</p>",
    "text/html",
    "utf-8",
    Validators('"x"'),
    hops=(Hop(URL, 301),),
    retry_after_seconds=7.0,
)
BROKEN = replace(FETCHED, failure=Rejection(Stage.FETCH, "truncated_body", "The body ends."), is_transient=True)


def media_type(declared: str | None, body: bytes) -> MediaType:
    page = page_of(CANDIDATE, replace(FETCHED, media_type=declared, body=body))
    assert isinstance(page, Page)
    return page.media_type


def test_a_page_carries_how_it_came() -> None:
    page = page_of(CANDIDATE, FETCHED)
    assert page == Page(CANDIDATE, b"<p>Text</p>", MediaType.HTML, NOW, "utf-8", FETCHED.transfer)
    assert FETCHED.transfer.moved_to == URL + "?b"


def test_a_failure_is_the_result_and_what_came_is_kept() -> None:
    result = page_of(CANDIDATE, BROKEN)
    assert isinstance(result, PageResult)
    assert (result.result, result.failed_transfer) == (BROKEN.failure, BROKEN.transfer)
    assert result.page
    assert result.page.body == b"<p>Text</p>"
    nothing = page_of(CANDIDATE, replace(BROKEN, body=b""))
    assert isinstance(nothing, PageResult)
    assert nothing.page is None


@pytest.mark.parametrize("body", [b"", b" \r\n\t "])
def test_an_empty_page_is_rejected(body: bytes) -> None:
    result = page_of(CANDIDATE, replace(FETCHED, body=body))
    assert isinstance(result, PageResult)
    assert isinstance(result.result, Rejection)
    assert (result.result.reason, result.failed_transfer) == ("empty", FETCHED.transfer)


@pytest.mark.parametrize(
    ("declared", "body", "kind"),
    [
        ("text/html", b"no markup", MediaType.HTML),
        ("application/xhtml+xml", b"<?xml?>", MediaType.HTML),
        ("text/plain", b"no markup", MediaType.TEXT),
        ("text/plain", b"5 < 6 and 7 > 6", MediaType.TEXT),
        ("text/plain", b"\xef\xbb\xbf\n<!DOCTYPE html><p>a", MediaType.HTML),  # some servers call every file plain text
        ("text/plain", b"<div>a", MediaType.HTML),
        (None, b"  <p>a", MediaType.HTML),
        (None, b"no markup", MediaType.TEXT),
    ],
)
def test_the_kind_of_a_page(declared: str | None, body: bytes, kind: MediaType) -> None:
    assert media_type(declared, body) == kind


def test_a_page_that_has_not_changed_is_the_one_that_was_kept() -> None:
    unchanged = replace(FETCHED, status=304, body=b"")
    assert unchanged.not_modified
    page = page_again(CANDIDATE, unchanged, b"kept", MediaType.TEXT, "cp1252")
    assert page == Page(CANDIDATE, b"kept", MediaType.TEXT, NOW, "cp1252", unchanged.transfer)
