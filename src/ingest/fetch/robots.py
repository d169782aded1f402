"""robots.txt: what a host allows (RFC 9309)."""

from __future__ import annotations

import datetime as dt
from typing import Protocol

from protego import Protego

from ingest.web import RobotsFile

TOKEN = "news-ingest"  # noqa: S105  # the product token that robots.txt groups are matched by
MAX_BYTES = 500 * 1024
"""What RFC 9309 section 2.5 says a crawler must read at least; what comes after is not read."""
MAX_REDIRECTS = 5
"""RFC 9309 section 2.3.1.2."""
UNREACHABLE_SECONDS = 600.0
"""How long a robots.txt that cannot be had forbids a host before it is asked for again: its server is in trouble, for minutes or hours."""

_OK, _REDIRECTS, _CLIENT_ERROR, _SERVER_ERROR = 200, 300, 400, 500
_TOO_MANY = 429  # a client error by number, a busy server by meaning


class RobotsStore(Protocol):
    """Where robots files are kept between runs."""

    def known(self, origin: str) -> RobotsFile | None:
        """The file of an origin, expired or not."""

    def keep(self, file: RobotsFile) -> None:
        """Keep a file in place of the one before."""


class Robots:
    """What one robots file allows us."""

    def __init__(self, file: RobotsFile) -> None:
        self.file = file
        self._rules = Protego.parse(file.body) if file.body else None

    @property
    def unreachable(self) -> bool:
        """Whether the server could not say: everything is forbidden for now (RFC 9309 section 2.3.1.4)."""
        status = self.file.status
        return status is None or status >= _SERVER_ERROR or status == _TOO_MANY

    def allows(self, url: str) -> bool:
        """Whether a URL may be fetched. A missing file (4xx) allows everything (RFC 9309 section 2.3.1.3)."""
        if self.unreachable:
            return False
        return self._rules is None or self._rules.can_fetch(url, TOKEN)

    @property
    def delay_seconds(self) -> float:
        """The delay that the file asks for between requests: ``Crawl-delay`` or ``Request-rate``, widely used, in no standard; else 0."""
        if self._rules is None:
            return 0.0
        rate = self._rules.request_rate(TOKEN)
        per_request = rate.seconds / rate.requests if rate and rate.requests else 0.0
        return max(self._rules.crawl_delay(TOKEN) or 0.0, per_request)

    @property
    def sitemaps(self) -> list[str]:
        """The sitemaps that the file names."""
        return list(self._rules.sitemaps) if self._rules else []


def robots_file(
    origin: str, status: int | None, body: bytes, now: dt.datetime, *, max_age: float | None, lifetime_seconds: float
) -> RobotsFile:
    """The file as it is kept: its rules where there are any, and until when it holds (at most 24 hours, RFC 9309 section 2.4)."""
    text = body[:MAX_BYTES].decode("utf-8", "replace").removeprefix("\ufeff") if status is not None and _OK <= status < _REDIRECTS else ""
    file = RobotsFile(origin, status, text.replace("\0", ""), now, now)
    lifetime = lifetime_seconds if max_age is None else min(max(max_age, UNREACHABLE_SECONDS), lifetime_seconds)
    if Robots(file).unreachable:
        lifetime = UNREACHABLE_SECONDS
    return RobotsFile(origin, status, file.body, now, now + dt.timedelta(seconds=lifetime))
