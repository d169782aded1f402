"""Sessions as the tests of fetching want them: loopback allowed, no delays, short limits, one try."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from ingest.fetch.robots import RobotsStore
from ingest.fetch.session import FetchSession
from ingest.transfer import Purpose, Validators
from ingest.web import Fetched, FetchOptions, Request

OPTIONS = FetchOptions(
    user_agent="tester/1",
    allow_private_addresses=True,
    host_delay_seconds=0.0,
    connect_seconds=1.0,
    first_byte_seconds=0.3,
    fetch_seconds=0.6,
    max_tries=1,
)


def session(robots: RobotsStore | None = None, **options: Any) -> FetchSession:
    return FetchSession(replace(OPTIONS, **options), robots)


def get(url: str, validators: Validators = Validators(), purpose: Purpose = Purpose.ARTICLE, **options: Any) -> Fetched:
    """One page in a session of its own."""
    with session(**options) as opened:
        return opened.fetch(Request(url, purpose, validators))


def get_all(opened: FetchSession, urls: Sequence[str]) -> dict[str, Fetched]:
    """Many pages at once."""
    pages: dict[str, Fetched] = {}
    for some in opened.fetch_each(((url, Request(url)) for url in urls), most=10, seconds=5.0):
        pages.update(some)
    return pages


def reason(fetched: Fetched) -> str | None:
    """The code of a failure, None for a page."""
    return fetched.failure.reason if fetched.failure else None
