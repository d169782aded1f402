"""Fetching for the rest of the program: requests go in, what became of them comes out, in the order in which they end.

An event loop in a thread of its own does the work, so that callers need not be asynchronous, and fetching goes on
while they extract and load.
"""

from __future__ import annotations

import asyncio
import itertools
import queue
import threading
from collections.abc import Callable, Iterable, Iterator
from types import TracebackType
from typing import TYPE_CHECKING, Generic, Self, TypeVar

if TYPE_CHECKING:
    from uuid import UUID

    import httpx

    from ingest.fetch.leases import HostLeases, LeaseKeeper
    from ingest.fetch.robots import RobotsStore
    from ingest.fetch.visit import Visitor
    from ingest.web import Fetched, FetchOptions, Request, RobotsFile

T = TypeVar("T")

_WINDOW = 2_000  # requests that are begun or wait for their host; wide, so that many hosts are among them
_MOST_FINISHED = 256  # pages that wait to be taken, before fetching pauses
_LOOK_SECONDS = 0.2  # how often a waiting caller is asked whether it wants to go on


class MemoryRobotsStore:
    """Robots files for one run, where there is no database."""

    def __init__(self) -> None:
        self._files: dict[str, RobotsFile] = {}

    def known(self, origin: str) -> RobotsFile | None:
        """The file of an origin."""
        return self._files.get(origin)

    def keep(self, file: RobotsFile) -> None:
        """Keep a file."""
        self._files[file.origin] = file


def _nothing() -> None:
    pass


class FetchSession:
    """Fetches as long as its block lasts; cookies, robots files and politeness live as long. Nothing is set up before the first request.

    With ``leases``, hosts are shared with other sessions: each is asked by one of them at a time.
    """

    def __init__(self, options: FetchOptions, robots: RobotsStore | None = None, leases: HostLeases | None = None) -> None:
        self._options = options
        self._leases = leases
        self._keeper: LeaseKeeper | None = None
        self._robots = robots or MemoryRobotsStore()
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, name="fetch", daemon=True)
        self._transport: httpx.AsyncBaseTransport | None = None
        self._visitor: Visitor | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        if self._visitor is not None:
            asyncio.run_coroutine_threadsafe(self._close(), self._loop).result()
            self._loop.call_soon_threadsafe(self._loop.stop)
            self._thread.join()
        self._loop.close()

    def fetch(self, request: Request) -> Fetched:
        """Get one page; a failure is a result, never an exception. `fetch_each` may be under way meanwhile."""
        return asyncio.run_coroutine_threadsafe(self._opened().fetch_at_once(request), self._loop).result()

    def fetch_each(
        self, requests: Iterable[tuple[T, Request]], *, most: int, seconds: float, on_wait: Callable[[], None] = _nothing
    ) -> Iterator[list[tuple[T, Fetched]]]:
        """Get many pages at once; they come in the order in which they end, each with what its request came with.

        Lists of at most ``most``; a shorter one where ``seconds`` have passed. ``on_wait`` is called a few times a
        second while nothing comes, and may raise to end the run. However long the input, a bounded part of it is read ahead.
        """
        flight: _Flight[T] = _Flight(self._opened(), self._loop, iter(requests), most, self._options.max_connections)
        try:
            while flight.goes_on():
                if taken := flight.take(seconds, on_wait):
                    yield taken
        finally:
            flight.cancel()

    @property
    def lease_holder(self) -> UUID | None:
        """Under which name it holds hosts; None where it does not share them."""
        return self._leases.holder if self._leases else None

    def set_aside(self) -> list[tuple[str, str, int]]:
        """The hosts that were left alone for the rest of the run: name, reason, and how many requests were not made."""
        return self._visitor.hosts.set_aside() if self._visitor else []

    def _opened(self) -> Visitor:
        if self._visitor is None:
            self._thread.start()
            self._visitor = asyncio.run_coroutine_threadsafe(self._open(), self._loop).result()
        return self._visitor

    async def _open(self) -> Visitor:
        # httpx and TLS take 0.2 s to load, which commands that only read files need not pay.
        import httpx

        from ingest.fetch.hosts import Capacity, Hosts
        from ingest.fetch.leases import LeaseKeeper
        from ingest.fetch.transport import GuardedBackend, GuardedTransport, tls_context
        from ingest.fetch.visit import Visitor

        options = self._options
        proxy = httpx.URL(options.proxy) if options.proxy else None
        backend = GuardedBackend(allow_private=options.allow_private_addresses, always_allowed=proxy.host if proxy else None)
        context = tls_context()
        # The environment's proxies are not read: what is set for other programs must not carry this one's requests past the guard.
        self._transport = GuardedTransport(backend, context, options.proxy)
        capacity = Capacity(options.max_connections)
        self._keeper = LeaseKeeper(self._leases, capacity, options) if self._leases else None
        return Visitor(
            options=options, transport=self._transport, hosts=Hosts(options, self._keeper), robots_store=self._robots, capacity=capacity
        )

    async def _close(self) -> None:
        tasks = [task for task in asyncio.all_tasks() if task is not asyncio.current_task()]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        if self._transport is not None:
            await self._transport.aclose()
        if self._keeper is not None:
            await self._keeper.close()
        await self._loop.shutdown_default_executor()


class _Flight(Generic[T]):
    """The requests of one call: begun on the loop's thread, taken on the caller's."""

    def __init__(
        self, visitor: Visitor, loop: asyncio.AbstractEventLoop, source: Iterator[tuple[T, Request]], most: int, near: int
    ) -> None:
        self._source = source
        self._most = most
        self._near = near
        """So many are begun at once; more only while connections are free."""
        self._exhausted = False
        self._pending = 0  # begun and not yet taken
        self._visitor = visitor
        self._loop = loop
        self._tasks: set[asyncio.Task[None]] = set()
        self._finished: queue.SimpleQueue[tuple[T, Fetched]] = queue.SimpleQueue()

    def goes_on(self) -> bool:
        """Begin as many as make sense at first; whether anything is left to take."""
        while self._pending < self._near and self._read_ahead():
            pass
        return self._pending > 0

    def _read_ahead(self) -> bool:
        """Begin some more where there is use for them: what one worker has begun, no other one will do."""
        is_useful = self._pending < self._near or (self._visitor.capacity.free and self._visitor.capacity.gate.is_set())
        if self._exhausted or not is_useful or self._pending >= _WINDOW or self._finished.qsize() >= self._most:
            return False
        batch = list(itertools.islice(self._source, self._most))
        self._exhausted = not batch
        self._pending += len(batch)
        self._loop.call_soon_threadsafe(self._start, batch)
        return not self._exhausted

    def take(self, seconds: float, on_wait: Callable[[], None]) -> list[tuple[T, Fetched]]:
        """What has ended: at least one where one ends in time."""
        taken: list[tuple[T, Fetched]] = []
        most, left = min(self._most, self._pending), seconds
        while len(taken) < most and left > 0:
            on_wait()
            self._go_on()
            self._read_ahead()
            try:
                taken.append(self._finished.get(timeout=min(left, _LOOK_SECONDS)))
            except queue.Empty:
                left -= _LOOK_SECONDS
                continue
            while len(taken) < most and not self._finished.empty():
                taken.append(self._finished.get())
        self._pending -= len(taken)
        self._go_on()
        return taken

    def cancel(self) -> None:
        """End what is still on its way. A run that is interrupted may end its session first, which has ended everything."""
        if not self._loop.is_closed():
            self._loop.call_soon_threadsafe(self._stop)

    def _go_on(self) -> None:
        if not self._visitor.capacity.gate.is_set() and self._finished.qsize() < _MOST_FINISHED // 2:
            self._loop.call_soon_threadsafe(self._visitor.capacity.gate.set)

    def _start(self, batch: list[tuple[T, Request]]) -> None:
        for item, request in batch:
            task = self._loop.create_task(self._get(item, request))
            self._tasks.add(task)
            task.add_done_callback(self._tasks.discard)

    async def _get(self, item: T, request: Request) -> None:
        fetched = await self._visitor.fetch(request)
        self._finished.put((item, fetched))
        if self._finished.qsize() >= _MOST_FINISHED:
            self._visitor.capacity.gate.clear()

    def _stop(self) -> None:
        for task in self._tasks:
            task.cancel()
        self._visitor.capacity.gate.set()
