"""Politeness: how often each host is asked, and which hosts are left alone for the rest of a run."""

from __future__ import annotations

import asyncio
from collections import OrderedDict
from contextlib import asynccontextmanager, contextmanager
from contextvars import ContextVar
from typing import TYPE_CHECKING

from ingest.fetch.streams import SENT
from ingest.web import HostPolicy

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Iterator

    from httpx import Cookies

    from ingest.fetch.failures import FetchFailure
    from ingest.fetch.leases import LeaseKeeper
    from ingest.fetch.robots import Robots
    from ingest.web import FetchOptions

PRESSING: ContextVar[bool] = ContextVar("PRESSING", default=False)
"""Set for a task whose requests are made though pages wait to be taken: whoever would take them waits for its answer."""

_MOST_IDLE_HOSTS = 5_000  # remembered while nothing is asked of them: a state of 2 kB and a robots.txt each


class Capacity:
    """What a run may hold at once: connections, and pages that nobody has taken yet."""

    def __init__(self, connections: int) -> None:
        self._slots = asyncio.Semaphore(connections)
        self._free = connections
        self.gate = asyncio.Event()
        """Closed while pages come in faster than they are taken."""
        self.gate.set()

    @property
    def is_paused(self) -> bool:
        """Whether this task's request has to wait at the gate, and must hold nothing that a pressing one needs."""
        return not self.gate.is_set() and not PRESSING.get()

    @property
    def free(self) -> int:
        """Connections that nobody holds and nobody waits for."""
        return 0 if self._slots.locked() else self._free

    @asynccontextmanager
    async def taken(self) -> AsyncIterator[None]:
        """Hold one connection."""
        async with self._slots:
            self._free -= 1
            try:
                yield
            finally:
                self._free += 1


class Host:
    """What is known of one host in this run."""

    def __init__(self, name: str, policy: HostPolicy, keeper: LeaseKeeper | None) -> None:
        self.name = name
        self.lease = keeper.lease(self) if keeper is not None else None
        """Its claim, where other sessions may want the host too."""
        self.delay_seconds = policy.delay_seconds
        self.robots: dict[str, asyncio.Task[tuple[Robots, FetchFailure | None]]] = {}
        """By origin: scheme and port decide too."""
        self.cookies: Cookies | None = None
        """Those that it has set in this run: some sites show nothing without. They go back to it alone."""
        self.users = 0
        """Pages that are on their way from it, or wait to be."""
        self.in_flight = 0
        """Requests that have a connection."""
        self.set_aside: str | None = None
        """Why nothing more is asked of it in this run."""
        self.turned_away = 0
        """Requests that were not made for that reason."""
        self._failures = 0
        self._next_at = 0.0
        self._in_flight = asyncio.Semaphore(policy.concurrency)
        self._went_out = asyncio.Event()
        """Cleared while a request waits for its connection."""
        self._went_out.set()

    def obey(self, delay_seconds: float, longest: float) -> None:
        """Keep at least the delay that its robots.txt asks for, up to the longest that the settings grant."""
        self.delay_seconds = max(self.delay_seconds, min(delay_seconds, longest))

    async def hold(self) -> None:
        """Wait until no other session asks it.

        Raises:
            FetchFailure: others keep it.
        """
        if self.lease is not None:
            await self.lease.hold()

    def wait(self, seconds: float) -> None:
        """Ask nothing of it for a while: a Retry-After."""
        self.pause(seconds)
        if self.lease is not None:
            self.lease.note_pause()

    def pause(self, seconds: float) -> None:
        """Ask nothing of it for what is left of another session's delay."""
        self._next_at = max(self._next_at, asyncio.get_running_loop().time() + seconds)

    @property
    def pause_seconds(self) -> float:
        """For how long it must not be asked; 0 where it may be."""
        return max(0.0, self._next_at - asyncio.get_running_loop().time())

    def note_success(self) -> None:
        """It answered."""
        self._failures = 0

    def note_failure(self, message: str, most: int) -> None:
        """It failed; after ``most`` failures in a row it is set aside for the run."""
        self._failures += 1
        if self._failures >= most:
            self.set_aside = self.set_aside or f"{self._failures} requests in a row failed, the last one: {message}"

    @asynccontextmanager
    async def turn(self, capacity: Capacity) -> AsyncIterator[None]:
        """Wait until the host may be asked and one of the run's connections is free, and hold both.

        The delay counts from when a request goes out, not from when its connection was asked for.
        """
        while True:
            if capacity.is_paused:
                await capacity.gate.wait()
            async with self._in_flight:
                while not capacity.is_paused:
                    # The waits come first: a host that must not be asked yet keeps no connection from another one.
                    await self._due()
                    async with capacity.taken():
                        if capacity.is_paused or not self._is_due():
                            continue
                        with self._going_out():
                            yield
                        return

    @contextmanager
    def _going_out(self) -> Iterator[None]:
        if self.delay_seconds:
            self._went_out.clear()
        if self.lease is not None:
            self.lease.is_asked = True
        self.in_flight += 1
        token = SENT.set(self._note_sent)
        try:
            yield
        finally:
            SENT.reset(token)
            self.in_flight -= 1
            self._note_sent()

    async def _due(self) -> None:
        await self.hold()
        await self._went_out.wait()
        if not self.set_aside and (pause := self.pause_seconds):
            await asyncio.sleep(pause)

    def _is_due(self) -> bool:
        if self.set_aside:  # nothing goes out: who has its turn is told so
            return True
        return self._went_out.is_set() and not self.pause_seconds and (self.lease is None or self.lease.is_valid)

    def _note_sent(self) -> None:
        if not self._went_out.is_set():
            self._next_at = max(self._next_at, asyncio.get_running_loop().time() + self.delay_seconds)
            self._went_out.set()


class Hosts:
    """The hosts of a run. Those that nothing is asked of are forgotten, the longest idle first: a run may meet a million."""

    def __init__(self, options: FetchOptions, keeper: LeaseKeeper | None = None) -> None:
        self._options = options
        self._keeper = keeper
        self._default = HostPolicy(options.host_delay_seconds, options.host_concurrency)
        self._hosts: OrderedDict[str, Host] = OrderedDict()

    @asynccontextmanager
    async def using(self, name: str) -> AsyncIterator[Host]:
        """The host, remembered at least as long as the block."""
        host = self._hosts.get(name)
        if host is None:
            host = self._hosts[name] = Host(name, self._policy(name), self._keeper)
            self._forget_idle()
        host.users += 1
        try:
            yield host
        finally:
            host.users -= 1
            self._hosts.move_to_end(name)
            if host.lease is not None and not host.users:
                host.lease.note_unused()

    def set_aside(self) -> list[tuple[str, str, int]]:
        """The hosts that were set aside: name, reason, and how many requests were not made."""
        return [(h.name, h.set_aside, h.turned_away) for h in self._hosts.values() if h.set_aside]

    def _policy(self, name: str) -> HostPolicy:
        domain = name
        while domain:
            if policy := self._options.policies.get(domain):
                return policy
            domain = domain.partition(".")[2]
        return self._default

    def _forget_idle(self) -> None:
        if len(self._hosts) <= _MOST_IDLE_HOSTS:
            return
        for name, host in list(self._hosts.items())[: len(self._hosts) - _MOST_IDLE_HOSTS]:
            if not host.users and not host.set_aside and not (host.lease and host.lease.is_taken):
                del self._hosts[name]
