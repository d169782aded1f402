"""From what came over the network to a page, or to the rejection that stands for it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ingest.errors import PageError
from ingest.model import Candidate, MediaType, Page, PageResult, Stage

if TYPE_CHECKING:
    import datetime as dt

    from ingest.web import Fetched

_LOOKED_AT = 1_024  # bytes in which a page that is called plain text shows that it is HTML
_MARKUP = (b"<!doctype html", b"<html", b"<head", b"<body", b"<meta", b"<article", b"<div", b"<p>", b"<p ")


def page_of(candidate: Candidate, fetched: Fetched) -> Page | PageResult:
    """The page of a candidate, or why there is none; what came of a broken answer is kept with the rejection."""
    transfer = fetched.transfer
    page = _page(candidate, fetched, fetched.body, fetched.at)
    if fetched.failure is not None:
        return PageResult(candidate, fetched.failure, page if fetched.body else None, failed_transfer=transfer)
    if not fetched.body.strip():
        empty = PageError(Stage.READ, "empty", f"{candidate.path} is empty.").rejection()
        return PageResult(candidate, empty, failed_transfer=transfer)
    return page


def page_again(candidate: Candidate, fetched: Fetched, body: bytes, media_type: MediaType, charset: str | None) -> Page:
    """The page as it was kept: the server says that it has not changed."""
    return Page(candidate, body, media_type, fetched.at, charset, fetched.transfer)


def _page(candidate: Candidate, fetched: Fetched, body: bytes, at: dt.datetime) -> Page:
    return Page(candidate, body, _media_type(fetched.media_type, body), at, fetched.charset, fetched.transfer)


def _media_type(declared: str | None, body: bytes) -> MediaType:
    head = body[:_LOOKED_AT].lstrip(b"\xef\xbb\xbf \t\r\n").lower()
    if declared == MediaType.TEXT and not any(mark in head for mark in _MARKUP):
        return MediaType.TEXT
    return MediaType.HTML if declared or head.startswith(b"<") else MediaType.TEXT
