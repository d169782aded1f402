"""The nouns of getting pages from the web: what lists name, what is asked for, and what came back."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING

from ingest.transfer import Attempt, Hop, Purpose, Transfer, Validators

if TYPE_CHECKING:
    from ingest.model import Rejection


class ListingKind(StrEnum):
    """What a document that lists articles is."""

    RSS = "rss"  # 0.9x to 2.0, and RDF
    ATOM = "atom"
    JSON_FEED = "jsonfeed"
    SITEMAP = "sitemap"
    SITEMAP_INDEX = "sitemap_index"
    URL_LIST = "url_list"
    OPML = "opml"


@dataclass(frozen=True, slots=True)
class Entry:
    """One article that a list names, with what the list says of it."""

    url: str
    """Absolute, as the list gives it."""
    title: str | None = None
    published: dt.datetime | None = None
    """Aware; the publisher's offset is kept."""
    updated: dt.datetime | None = None
    """Aware: Atom's ``updated``, a sitemap's ``lastmod``."""
    authors: tuple[str, ...] = ()
    summary: str | None = None
    content: str | None = None
    """The whole article as HTML, where the feed carries it."""
    guid: str | None = None
    language: str | None = None


@dataclass(frozen=True, slots=True)
class Link:
    """Another list that a list names: a sitemap in an index, a feed in an OPML file."""

    url: str
    title: str | None = None
    updated: dt.datetime | None = None


@dataclass(frozen=True, slots=True)
class Listing:
    """What a feed, a sitemap, an OPML file or a list of URLs says."""

    kind: ListingKind
    entries: tuple[Entry, ...] = ()
    links: tuple[Link, ...] = ()
    title: str | None = None
    homepage: str | None = None
    language: str | None = None
    period_seconds: float | None = None
    """How often the publisher says the list changes: ``ttl``, ``sy:updatePeriod``."""
    problem: str | None = None
    """A sentence about what is broken in it, where something is; what could be read is in ``entries``."""


@dataclass(frozen=True, slots=True)
class Request:
    """One URL to get."""

    url: str
    purpose: Purpose = Purpose.ARTICLE
    validators: Validators = Validators()


@dataclass(frozen=True, slots=True)
class Fetched:
    """What became of one request: bytes, "not modified", or a failure."""

    request: Request
    url: str
    """The URL that answered, after redirects."""
    at: dt.datetime
    status: int | None = None
    body: bytes = b""
    media_type: str | None = None
    """Of the Content-Type header, in lower case, without parameters."""
    charset: str | None = None
    validators: Validators = Validators()
    max_age_seconds: float | None = None
    """Of Cache-Control, or Expires."""
    hops: tuple[Hop, ...] = ()
    failure: Rejection | None = None
    is_transient: bool = False
    """Of a failure: whether a later try may succeed."""
    retry_after_seconds: float | None = None
    attempts: tuple[Attempt, ...] = field(default=())

    @property
    def not_modified(self) -> bool:
        """Whether the server says that nothing has changed since the validators were given."""
        return self.failure is None and self.status == 304  # noqa: PLR2004  # RFC 9110 section 15.4.5

    @property
    def is_busy(self) -> bool:
        """Whether another worker kept the host, so that nothing was asked and nothing is known."""
        return self.failure is not None and self.failure.reason == "host_busy"

    @property
    def transfer(self) -> Transfer:
        """How it came, without what came."""
        return Transfer(self.url, self.hops, self.validators, self.attempts, self.is_transient, self.retry_after_seconds)


@dataclass(frozen=True, slots=True)
class RobotsFile:
    """The robots.txt of an origin as it was answered; ``status`` is None where nothing answered."""

    origin: str
    """Scheme, host and port: ``https://news.example``."""
    status: int | None
    body: str
    fetched_at: dt.datetime
    expires_at: dt.datetime


@dataclass(frozen=True, slots=True)
class HostPolicy:
    """How fast one host may be asked."""

    delay_seconds: float
    """From the start of one request to the start of the next."""
    concurrency: int
    """Requests in flight."""


@dataclass(frozen=True, slots=True)
class FetchOptions:
    """How pages are fetched; each has a setting of the same name."""

    user_agent: str = "news-ingest"
    allow_private_addresses: bool = False
    host_delay_seconds: float = 1.0
    host_concurrency: int = 2
    max_connections: int = 200
    connect_seconds: float = 10.0
    first_byte_seconds: float = 20.0
    fetch_seconds: float = 60.0
    max_header_bytes: int = 64 * 1024
    max_page_bytes: int = 16 * 1024 * 1024
    max_listing_bytes: int = 50 * 1024 * 1024
    max_redirects: int = 8
    max_tries: int = 3
    max_retry_after_seconds: float = 60.0
    max_crawl_delay_seconds: float = 60.0
    robots_lifetime_seconds: float = 24 * 3600.0
    breaker_failures: int = 5
    proxy: str | None = field(default=None, repr=False)
    request_headers: Mapping[str, Mapping[str, str]] = field(default_factory=dict, repr=False)
    """By host: what its requests carry besides, for instance an Authorization header."""
    policies: Mapping[str, HostPolicy] = field(default_factory=dict)
    """By host: what a source wants otherwise than everybody; it holds for the hosts below too."""


@dataclass(frozen=True, slots=True)
class PollSummary:
    """What one poll came to, for a table."""

    source: str
    feed: str
    outcome: str
    state: str
    entries: int
    new: int
    changed: int
    error: str | None


@dataclass(frozen=True, slots=True)
class FollowedSource:
    """A source as a person describes it; absent facts are those of the settings, or of the pages."""

    slug: str
    """Its host without ``www.``."""
    name: str
    homepage: str | None = None
    feeds: tuple[str, ...] = ()
    time_zone: str | None = None
    language: str | None = None
    rule_file: str | None = None
    delay_seconds: float | None = None
    concurrency: int | None = None
    full_text: bool = False
