"""When a feed is polled again. Pure: what was seen goes in, the next interval comes out."""

from __future__ import annotations

from dataclasses import dataclass, replace

_FIRST_PERIOD = 3600.0  # seconds between polls of a feed of which nothing is known yet
_SHORTER, _LONGER = 0.5, 1.25  # quick to follow a feed that speeds up, slow to give one up that rests
_BUSY = 1 / 3  # of a feed's entries that were new: beyond it, entries may scroll out between two polls
_JITTER = 0.1  # of an interval: feeds that were added together do not stay together
_GIVEN_UP = 30.0  # failures in a row after which only the ceiling limits the interval
_WEIGHTS = {"host_unknown": 0.25}
_PASSING = frozenset(
    {"not_found", "rate_limited", "server_error", "stalled", "too_slow", "connect_timeout", "connect_failed", "connection_dropped",
     "truncated_body", "not_a_feed", "robots_unreachable", "host_set_aside", "bad_encoding"}
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Bounds:
    """The settings' own bounds of the time between two polls, in seconds."""

    shortest: float
    longest: float


@dataclass(frozen=True, slots=True)
class Health:
    """What is known of a feed's habits and troubles."""

    state: str = "healthy"
    failures: float = 0.0
    period_seconds: float | None = None
    """As it has been adapted so far; None before the first success."""
    publisher_seconds: float | None = None


def after_success(health: Health, *, entries: int, new: int, publisher_seconds: float | None, bounds: Bounds, is_first: bool) -> Health:
    """The health after a poll that was answered; ``entries`` is 0 where nothing had changed.

    A feed whose entries were mostly new is asked sooner: something may have scrolled out unseen. One that had nothing
    new is asked later. The publisher's wish is a floor, unless the feed scrolls faster than it says.
    """
    period = health.period_seconds or _FIRST_PERIOD
    scrolls = not is_first and entries > 0 and new > entries * _BUSY
    if scrolls:
        period *= _SHORTER
    elif new == 0 and not is_first:
        period *= _LONGER
    wish = publisher_seconds if publisher_seconds is not None else health.publisher_seconds
    if wish is not None and not scrolls:
        period = max(period, wish)
    return replace(health, state="healthy", failures=0.0, period_seconds=_within(period, bounds), publisher_seconds=wish)


def after_failure(health: Health, reason: str) -> Health:
    """The health after a poll that failed. A feed is never given up, but for one whose server says that it is gone (410)."""
    if reason == "gone":
        return replace(health, state="gone", failures=health.failures + 1)
    # Active feeds do answer 404 and 500 for a while: what may pass counts for less.
    return replace(health, state="failing", failures=health.failures + _WEIGHTS.get(reason, 0.5 if reason in _PASSING else 1.0))


def wait_seconds(health: Health, bounds: Bounds, *, jitter: float, retry_after: float | None = None) -> float:
    """How long until the next poll; ``jitter`` is a random number from 0 to 1.

    After failures the interval grows with their number up to the longest: exponential growth would leave a busy feed
    alone for a day after an hour's trouble.
    """
    period = health.period_seconds or min(_FIRST_PERIOD, bounds.longest)
    if health.failures >= 1:
        period *= health.failures
    wait = bounds.longest if health.failures > _GIVEN_UP else _within(period, bounds)
    if retry_after is not None:
        wait = max(wait, min(retry_after, bounds.longest))
    return wait * (1 - _JITTER + 2 * _JITTER * jitter)


def _within(seconds: float, bounds: Bounds) -> float:
    return min(max(seconds, bounds.shortest), bounds.longest)
