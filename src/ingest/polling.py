"""Polling: the feeds that are due are asked, and what is new in them is queued."""

from __future__ import annotations

import datetime as dt
import random
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING

from ingest.discover.listings import read_listing
from ingest.discover.schedule import Bounds, Health, after_failure, after_success, wait_seconds
from ingest.discover.targets import list_origin, newest_first
from ingest.normalise.article_urls import is_article_url
from ingest.pipeline import listing_limits
from ingest.store.feeds import DueFeed, Poll, claim_feeds, give_back_feed, record_poll
from ingest.store.fetches import note_attempts
from ingest.transfer import Attempt, Purpose, Validators
from ingest.web import Entry, Fetched, Listing, ListingKind, PollSummary, Request

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from uuid import UUID

    from sqlalchemy import Engine

    from ingest.fetch.session import FetchSession
    from ingest.gather import Pace
    from ingest.settings import Settings

_SLACK = dt.timedelta(days=1)  # before the newest date that was seen: sitemaps state days, and list late what was published early
_SITEMAPS = frozenset({ListingKind.SITEMAP, ListingKind.SITEMAP_INDEX})


def poll_feeds(
    engine: Engine, session: FetchSession, run_id: UUID, settings: Settings, pace: Pace, *, due: bool, sources: Sequence[int] | None = None
) -> Iterator[PollSummary]:
    """Ask the feeds that are due, or all of them, and queue their new entries; each poll is committed before it comes out.

    Feeds of hosts that other workers keep busy stay due.
    """
    poller = _Poller(session, settings)
    feeds = claim_feeds(engine, run_id, due=due, sources=sources)
    requests = ((feed, Request(feed.url, Purpose.LISTING, feed.validators)) for feed in feeds)
    for answers in session.fetch_each(requests, most=pace.batch_size, seconds=pace.batch_seconds, on_wait=pace.on_wait):
        for feed, fetched in answers:
            if fetched.is_busy:
                note_attempts(engine, run_id, fetched.attempts)
                give_back_feed(engine, run_id, feed.feed_id)
                continue
            answer = poller.read(feed, fetched)
            poll, new, changed = record_poll(
                engine,
                run_id,
                feed,
                answer.entries,
                answer.attempts,
                origin=list_origin(answer.listing.kind if answer.listing else None),
                poll_of=partial(poller.poll, feed, fetched, answer),
            )
            yield PollSummary(feed.slug, feed.url, poll.outcome, poll.state, poll.shown, new, changed, poll.error)


@dataclass(frozen=True, slots=True)
class _Answer:
    """What a feed's answer holds."""

    listing: Listing | None
    """None where nothing has changed, and where the poll failed."""
    entries: tuple[Entry, ...]
    """Those to queue, where they are not known."""
    attempts: tuple[Attempt, ...]
    failure: tuple[str, str] | None = None
    """Reason code and sentence."""
    unread: tuple[str, ...] = ()
    """Sitemaps of an index that could not be had this time: what they name is not known yet."""


class _Poller:
    def __init__(self, session: FetchSession, settings: Settings) -> None:
        self._session = session
        self._bounds = Bounds(settings.poll_min_seconds, settings.poll_max_seconds)
        self._limits = listing_limits(settings)
        self._first_reach = dt.timedelta(days=settings.first_poll_days)

    def read(self, feed: DueFeed, fetched: Fetched) -> _Answer:
        """What an answer holds; sitemaps of an index are fetched here."""
        if fetched.failure is not None:
            return _Answer(None, (), fetched.attempts, (fetched.failure.reason, fetched.failure.message))
        if fetched.not_modified:
            return _Answer(None, (), fetched.attempts)
        listing = read_listing(fetched.body, fetched.url, self._limits)
        if listing is None or listing.kind == ListingKind.OPML:
            return _Answer(None, (), fetched.attempts, ("not_a_feed", "The answer is no feed, no sitemap and no list of URLs."))
        attempts, unread = list(fetched.attempts), list[str]()
        since = self._since(feed, fetched.at) if listing.kind in _SITEMAPS else None
        entries = tuple(self._entries(listing, since, attempts, unread, depth=0))
        return _Answer(listing, entries, tuple(attempts), unread=tuple(unread))

    def poll(self, feed: DueFeed, fetched: Fetched, answer: _Answer, new: int) -> Poll:
        """What an answer means for its feed, ``new`` of its entries being unknown before."""
        if answer.failure is not None:
            return self._failed(feed, fetched, *answer.failure)
        return self._answered(feed, fetched, answer, new)

    def _since(self, feed: DueFeed, now: dt.datetime) -> dt.datetime:
        return feed.watermark - _SLACK if feed.watermark else now - self._first_reach

    def _entries(
        self, listing: Listing, since: dt.datetime | None, attempts: list[Attempt], unread: list[str], *, depth: int
    ) -> Iterator[Entry]:
        for entry in listing.entries:
            dated = entry.updated or entry.published
            if since is None or (dated >= since if dated else is_article_url(entry.url)):
                yield entry
        if depth >= self._limits.max_sitemap_depth:
            return
        for link in newest_first(listing.links, since):
            fetched = self._session.fetch(Request(link.url, Purpose.LISTING))
            attempts += fetched.attempts
            inner = read_listing(fetched.body, fetched.url, self._limits) if fetched.failure is None else None
            if inner is not None:
                yield from self._entries(inner, since, attempts, unread, depth=depth + 1)
            elif fetched.failure is None or fetched.is_transient:
                unread.append(link.url)

    def _answered(self, feed: DueFeed, fetched: Fetched, answer: _Answer, new: int) -> Poll:
        listing, entries = answer.listing, answer.entries
        wishes = [w for w in (listing.period_seconds if listing else None, fetched.max_age_seconds) if w]
        health = after_success(
            _health(feed),
            entries=len(entries),
            new=new,
            publisher_seconds=max(wishes, default=None),
            bounds=self._bounds,
            is_first=feed.is_first,
        )
        # A date to come says nothing of what may still come before it; and a sitemap that could not be had is read again from where it was.
        dates = [d for e in entries for d in (e.updated, e.published) if d is not None and d <= fetched.at and not answer.unread]
        return Poll(
            outcome="not_modified" if listing is None else "ok",
            status=fetched.status,
            state=health.state,
            failures=health.failures,
            period_seconds=health.period_seconds,
            publisher_seconds=health.publisher_seconds,
            wait_seconds=wait_seconds(health, self._bounds, jitter=random.random()),  # noqa: S311  # nobody gains by guessing it
            milliseconds=sum(a.milliseconds for a in fetched.attempts),
            kind=str(listing.kind) if listing else None,
            # A sitemap index says nothing of what is in its sitemaps: it is asked for in full each time.
            validators=fetched.validators if listing and not listing.links else Validators(),
            moved_to=fetched.transfer.moved_to,
            watermark=max(dates, default=None),
            shown=len(entries),
            note=_note(feed, answer, new),
        )

    def _failed(self, feed: DueFeed, fetched: Fetched, reason: str, message: str) -> Poll:
        health = after_failure(_health(feed), reason)
        return Poll(
            outcome=reason,
            status=next((a.status for a in reversed(fetched.attempts) if a.purpose == Purpose.LISTING), None),
            state=health.state,
            failures=health.failures,
            period_seconds=health.period_seconds,
            publisher_seconds=health.publisher_seconds,
            wait_seconds=wait_seconds(
                health,
                self._bounds,
                jitter=random.random(),  # noqa: S311  # as above
                retry_after=fetched.retry_after_seconds,
            ),
            milliseconds=sum(a.milliseconds for a in fetched.attempts),
            error=message,
            note=message,
        )


def _health(feed: DueFeed) -> Health:
    return Health(feed.state, feed.failures, feed.period_seconds, feed.publisher_seconds)


def _note(feed: DueFeed, answer: _Answer, new: int) -> str | None:
    notes = [answer.listing.problem] if answer.listing and answer.listing.problem else []
    if answer.unread:
        notes.append(f"{len(answer.unread)} of its sitemaps could not be had, the first of them {answer.unread[0]}.")
    if not feed.is_first and answer.entries and new == len(answer.entries):
        notes.append("Every entry is new since the last poll: some may have come and gone between the two.")
    return " ".join(notes) or None
