"""One page from its URL: robots.txt, redirects, retries; every attempt is noted."""

from __future__ import annotations

import asyncio
import datetime as dt
import itertools
import random
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from ingest.fetch.exchange import exchange
from ingest.fetch.failures import FetchFailure, of_exception, of_status
from ingest.fetch.hosts import PRESSING
from ingest.fetch.onward import onward_url
from ingest.fetch.retry import backoff_seconds, max_age_seconds, retry_after_seconds
from ingest.fetch.robots import MAX_REDIRECTS as MAX_ROBOTS_REDIRECTS
from ingest.fetch.robots import Robots, robots_file
from ingest.identify.fingerprint import page_sha256
from ingest.normalise.credentials import without_credentials
from ingest.normalise.url import fetchable
from ingest.transfer import Attempt, Hop, Purpose, Validators
from ingest.web import Fetched, Request

if TYPE_CHECKING:
    from collections.abc import Callable

    import httpx

    from ingest.fetch.exchange import Answer
    from ingest.fetch.hosts import Capacity, Host, Hosts
    from ingest.fetch.robots import RobotsStore
    from ingest.web import FetchOptions

_OK, _NOT_MODIFIED = 200, 304
_REDIRECTS = frozenset({301, 302, 303, 307, 308})
_NOT_AT_ONCE = frozenset({"robots_unreachable", "host_set_aside", "host_busy"})  # failures that stand for the rest of a run
_NO_ROBOTS_FILE = frozenset({"redirect_loop", "too_many_redirects", "bad_redirect"})
_LONGEST_PAUSE = 24 * 3600.0  # seconds that a Retry-After keeps later runs away
_MOST_VISITS = 2  # of one URL on the way to a page: a site that sets a cookie sends the reader back once


@dataclass(slots=True)
class Visitor:
    """What all visits of a run share."""

    options: FetchOptions
    transport: httpx.AsyncBaseTransport
    hosts: Hosts
    robots_store: RobotsStore
    capacity: Capacity
    jitter: Callable[[], float] = field(default=random.random)

    async def fetch(self, request: Request) -> Fetched:
        """Get a page, trying again where that may help. Never raises: a failure is a result."""
        url = fetchable(request.url, request.url)
        if url is None:
            return _no_url(replace(request, url=without_credentials(request.url)))
        request = replace(request, url=url)
        attempts: list[Attempt] = []
        tries = 0
        while True:
            tries += 1
            fetched = await self._guarded_visit(request, attempts)
            if tries >= self.options.max_tries or not self._is_worth_another(fetched):
                break
            wait = fetched.retry_after_seconds
            await asyncio.sleep(backoff_seconds(tries, self.jitter()) if wait is None else 0.0)
        return replace(fetched, attempts=tuple(attempts))

    async def fetch_at_once(self, request: Request) -> Fetched:
        """As `fetch`, though pages wait to be taken: who waits for this one takes none. To be run as a task of its own."""
        PRESSING.set(True)
        return await self.fetch(request)

    def _is_worth_another(self, fetched: Fetched) -> bool:
        if fetched.failure is None or not fetched.is_transient or fetched.failure.reason in _NOT_AT_ONCE:
            return False
        # A wait that is too long for this run: whoever keeps the URL may come back.
        return (fetched.retry_after_seconds or 0.0) <= self.options.max_retry_after_seconds

    async def _guarded_visit(self, request: Request, attempts: list[Attempt]) -> Fetched:
        visit = _Visit(self, request, attempts)
        try:
            return await visit.follow()
        except FetchFailure as failure:
            return visit.failed(failure)
        except Exception as error:  # noqa: BLE001  # one URL that finds a fault in the fetcher must not end the run
            return visit.failed(of_exception(error, urlsplit(visit.url).hostname or "", self.options))


class _Visit:
    """The way from a request's URL to the page, once."""

    def __init__(self, visitor: Visitor, request: Request, attempts: list[Attempt]) -> None:
        self.url = request.url
        self._visitor = visitor
        self._options = visitor.options
        self._request = request
        self._attempts = attempts
        self._hops: list[Hop] = []
        self._visits: dict[str, int] = {}

    async def follow(self) -> Fetched:
        """Follow redirects until there is a page, or nothing more to follow."""
        most = MAX_ROBOTS_REDIRECTS if self._request.purpose == Purpose.ROBOTS else self._options.max_redirects
        while True:
            self._visits[self.url] = self._visits.get(self.url, 0) + 1
            answer = await self._ask()
            onward, status = self._onward(answer)
            if onward is None:
                return self._fetched(answer)
            if self._visits.get(onward, 0) >= _MOST_VISITS:
                raise FetchFailure("redirect_loop", f"The URL leads in a circle, back to {onward[:200]}.")
            if len(self._hops) >= most:
                raise FetchFailure("too_many_redirects", f"More than {most} redirects (INGEST_MAX_REDIRECTS).")
            self._hops.append(Hop(self.url, status))
            self.url = onward

    def _onward(self, answer: Answer) -> tuple[str | None, int]:
        if answer.status in _REDIRECTS:
            location = answer.headers.get("location", "").strip()
            url = fetchable(self.url, location)
            if url is None:
                raise FetchFailure("bad_redirect", f"The redirect leads to {location[:100]!r}, which is no http URL.")
            return url, answer.status
        if answer.status == _OK and self._request.purpose == Purpose.ARTICLE:
            url = onward_url(answer.body, self.url)
            # Two pages that send the reader to each other hold their text themselves.
            return (url, 0) if url and url not in self._visits else (None, 0)
        return None, 0

    async def _ask(self) -> Answer:
        parts = urlsplit(self.url)
        async with self._visitor.hosts.using(parts.hostname or "") as host:
            if not host.set_aside:
                # Before its robots.txt is looked up: a host that others ask costs nothing but this wait.
                await host.hold()
            if host.set_aside:
                raise _set_aside(host)
            if self._request.purpose != Purpose.ROBOTS:
                await self._check_robots(host, f"{parts.scheme}://{parts.netloc}")
            async with host.turn(self._visitor.capacity):
                return await self._exchange(host)

    async def _exchange(self, host: Host) -> Answer:
        if host.set_aside:
            raise _set_aside(host)
        started = asyncio.get_running_loop().time()
        at = dt.datetime.now(dt.UTC)
        # A redirect's target is another resource: validators belong to the URL that was asked for.
        request = self._request if not self._hops else replace(self._request, validators=Validators())
        try:
            answer = await exchange(self._visitor.transport, host, request, self.url, self._options)
        except FetchFailure as failure:
            self._blame(host, failure)
            self._note(at, started, failure.reason, failure=failure)
            raise
        if answer.status == _OK:
            host.note_success()
            self._note(at, started, "ok", answer)
        elif answer.status == _NOT_MODIFIED:
            host.note_success()
            self._note(at, started, "not_modified", answer)
        elif answer.status in _REDIRECTS:
            self._note(at, started, "redirect", answer)
        else:
            refusal = of_status(answer.status, retry_after_seconds(answer.headers.get("retry-after"), at))
            self._blame(host, refusal)
            self._note(at, started, refusal.reason, answer, refusal)
            if self._request.purpose != Purpose.ROBOTS:  # there a status is an answer
                raise refusal
        return answer

    def _blame(self, host: Host, failure: FetchFailure) -> None:
        if failure.retry_after is not None:
            if failure.retry_after > self._options.max_retry_after_seconds:
                host.set_aside = host.set_aside or f"it asks to be left alone for {failure.retry_after:,.0f} seconds"
            host.wait(min(failure.retry_after, _LONGEST_PAUSE))
        if failure.blames_host and self._request.purpose != Purpose.ROBOTS:
            host.note_failure(str(failure), self._options.breaker_failures)

    async def _check_robots(self, host: Host, origin: str) -> None:
        task = host.robots.get(origin)
        if task is None:
            task = host.robots[origin] = asyncio.create_task(self._robots(origin))
        robots, failure = await asyncio.shield(task)
        host.obey(robots.delay_seconds, self._options.max_crawl_delay_seconds)
        if failure is not None:
            if failure.reason == "host_busy":  # that says nothing of the next time
                host.robots.pop(origin, None)
            raise FetchFailure(failure.reason, str(failure), transient=failure.transient)
        if robots.unreachable:
            message = f"{origin}/robots.txt cannot be had (status {robots.file.status}): nothing is fetched until it can."
            raise FetchFailure("robots_unreachable", message, transient=True)
        if not robots.allows(self.url):
            raise FetchFailure("robots_disallowed", f"{origin}/robots.txt does not allow this URL.")

    async def _robots(self, origin: str) -> tuple[Robots, FetchFailure | None]:
        """What the host allows, and the failure that kept it from saying so. A task of its own."""
        PRESSING.set(True)  # one that is pressing may come to wait for it too
        store = self._visitor.robots_store
        now = dt.datetime.now(dt.UTC)
        known = await asyncio.to_thread(store.known, origin)
        if known is not None and known.expires_at > now:
            return Robots(known), None
        lifetime = self._options.robots_lifetime_seconds
        try:
            fetched = await self._robots_page(Request(f"{origin}/robots.txt", Purpose.ROBOTS))
        except FetchFailure as failure:
            # Redirects without end count as no file (RFC 9309 section 2.3.1.2); no answer forbids everything, for this run only.
            status = 404 if failure.reason in _NO_ROBOTS_FILE else None
            file = robots_file(origin, status, b"", now, max_age=None, lifetime_seconds=lifetime)
            return Robots(file), None if status else failure
        file = robots_file(origin, fetched.status, fetched.body, now, max_age=fetched.max_age_seconds, lifetime_seconds=lifetime)
        await asyncio.to_thread(store.keep, file)
        return Robots(file), None

    async def _robots_page(self, request: Request) -> Fetched:
        """A robots.txt, tried as often as a page is: without it the whole host waits for another run."""
        for tries in itertools.count(1):
            try:
                return await _Visit(self._visitor, request, self._attempts).follow()
            except FetchFailure as failure:
                if tries >= self._options.max_tries or not failure.transient or failure.reason in _NOT_AT_ONCE:
                    raise
            await asyncio.sleep(backoff_seconds(tries, self._visitor.jitter()))
        raise AssertionError  # the last try returns or raises

    def _note(
        self, at: dt.datetime, started: float, outcome: str, answer: Answer | None = None, failure: FetchFailure | None = None
    ) -> None:
        body = answer.body if answer else failure.body if failure else b""
        target = fetchable(self.url, answer.headers.get("location", "")) if answer and answer.status in _REDIRECTS else self.url
        self._attempts.append(
            Attempt(
                url=self._request.url,
                purpose=self._request.purpose,
                at=at,
                outcome=outcome,
                status=answer.status if answer else None,
                final_url=target,
                address=answer.address if answer else failure.address if failure else None,
                wire_bytes=answer.wire_bytes if answer else failure.wire_bytes if failure else 0,
                body_bytes=len(body),
                milliseconds=round((asyncio.get_running_loop().time() - started) * 1000),
                body_sha256=page_sha256(body) if body else None,
                message=str(failure) if failure else None,
            )
        )

    def _fetched(self, answer: Answer) -> Fetched:
        return Fetched(
            request=self._request,
            url=self.url,
            at=answer.at,
            status=answer.status,
            body=answer.body,
            media_type=answer.media_type or None,
            charset=answer.charset,
            validators=Validators(answer.headers.get("etag"), answer.headers.get("last-modified")),
            max_age_seconds=max_age_seconds(answer.headers, answer.at),
            hops=tuple(self._hops),
        )

    def failed(self, failure: FetchFailure) -> Fetched:
        """What a failure of this visit comes to."""
        return Fetched(
            request=self._request,
            url=self.url,
            at=dt.datetime.now(dt.UTC),
            body=failure.body,
            hops=tuple(self._hops),
            failure=failure.rejection(),
            is_transient=failure.transient,
            retry_after_seconds=failure.retry_after,
        )


def _no_url(request: Request) -> Fetched:
    failure = FetchFailure("bad_url", f"Only http and https URLs are fetched, not {request.url[:100]!r}.")
    return Fetched(request, request.url, dt.datetime.now(dt.UTC), failure=failure.rejection())


def _set_aside(host: Host) -> FetchFailure:
    host.turned_away += 1
    return FetchFailure("host_set_aside", f"{host.name} was set aside for this run: {host.set_aside}"[:500], transient=True)
