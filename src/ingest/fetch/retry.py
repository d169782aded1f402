"""Which failures are worth another try, and after how long. Pure."""

from __future__ import annotations

import datetime as dt
from email.utils import parsedate_to_datetime

TRANSIENT_STATUSES = frozenset({408, 425, 429, 500, 502, 503, 504, 520, 521, 522, 523, 524})
"""Statuses after which the same request may succeed: RFC 9110 section 15, RFC 6585, RFC 8470, and those of a well-known proxy (52x)."""

_FIRST_WAIT = 1.0  # seconds
_LONGEST_WAIT = 30.0  # seconds


def backoff_seconds(tries: int, jitter: float) -> float:
    """How long to wait after ``tries`` failures: exponential with full jitter, ``jitter`` being a random number from 0 to 1.

    >>> backoff_seconds(1, 1.0), backoff_seconds(3, 0.5), backoff_seconds(50, 1.0)
    (1.0, 2.5, 30.0)
    """
    ceiling = min(_LONGEST_WAIT, _FIRST_WAIT * 2.0 ** min(tries - 1, 32))
    # From half a second up: full jitter to zero would ask a host that has just failed at once.
    floor = min(_FIRST_WAIT, ceiling)
    return floor + (ceiling - floor) * jitter


def retry_after_seconds(value: str | None, now: dt.datetime) -> float | None:
    """The wait that a Retry-After header asks for (RFC 9110 section 10.2.3): seconds, or a date. None where it says nothing readable.

    >>> retry_after_seconds("120", dt.datetime(2026, 1, 1, tzinfo=dt.UTC))
    120.0
    """
    text = (value or "").strip()
    if text.isascii() and text.isdigit():
        return float(text[:9])
    try:
        at = parsedate_to_datetime(text)
    except (ValueError, TypeError, IndexError):
        return None
    at = at if at.tzinfo else at.replace(tzinfo=dt.UTC)
    return max(0.0, (at - now).total_seconds())


def max_age_seconds(headers: dict[str, str], now: dt.datetime) -> float | None:
    """How long an answer stays fresh: Cache-Control's max-age (RFC 9111 section 5.2.2.1), else Expires; None where it does not say."""
    for directive in headers.get("cache-control", "").split(","):
        name, _, value = directive.strip().partition("=")
        if name.lower() in {"no-cache", "no-store"}:
            return 0.0
        if name.lower() == "max-age" and value.strip('"').isascii() and value.strip('"').isdigit():
            return float(value.strip('"')[:9])
    return retry_after_seconds(headers["expires"], now) if headers.get("expires", "").strip(" 0") else None
