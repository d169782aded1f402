"""How a page came over the network: what was asked, and every answer on the way."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from enum import StrEnum


class Purpose(StrEnum):
    """What a request is for (column ``ops.fetch.purpose``)."""

    ARTICLE = "article"
    LISTING = "listing"  # a feed, a sitemap, a page that links to articles
    ROBOTS = "robots"


@dataclass(frozen=True, slots=True)
class Validators:
    """What makes a request conditional (RFC 9110 section 13)."""

    etag: str | None = None
    last_modified: str | None = None


@dataclass(frozen=True, slots=True)
class Attempt:
    """One request that was made: a row of ``ops.fetch``."""

    url: str
    purpose: Purpose
    at: dt.datetime
    outcome: str
    """``ok``, ``not_modified``, ``redirect``, or the reason code of a failure."""
    status: int | None = None
    final_url: str | None = None
    """Where it redirects to, or the URL that answered."""
    address: str | None = None
    """The address that was connected to."""
    wire_bytes: int = 0
    body_bytes: int = 0
    milliseconds: int = 0
    body_sha256: bytes | None = None
    message: str | None = None


@dataclass(frozen=True, slots=True)
class Hop:
    """One redirect that was followed."""

    url: str
    status: int
    """301, 302, 303, 307 or 308; 0 for ``meta refresh`` and AMP pages."""

    @property
    def permanent(self) -> bool:
        """Whether the publisher says that the URL has moved for good."""
        return self.status in (301, 308)


@dataclass(frozen=True, slots=True)
class Transfer:
    """The whole way of one page, or of the failure to get it."""

    final_url: str
    """The URL that answered."""
    hops: tuple[Hop, ...] = ()
    validators: Validators = Validators()
    attempts: tuple[Attempt, ...] = ()
    is_transient: bool = False
    """Of a failure: whether a later try may succeed."""
    retry_after_seconds: float | None = None

    @property
    def moved_to(self) -> str | None:
        """The URL that every hop says to use from now on; None where one of them is for this time only, or there is none."""
        return self.final_url if self.hops and all(h.permanent for h in self.hops) else None
