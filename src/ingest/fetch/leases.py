"""Which hosts this session may ask, where several sessions share a database: each host belongs to one of them at a time.

A host is taken when it is wanted and a connection is free for it, so that no session holds more than it can serve; kept
while it is used; and given back when nothing waits for it, or when it was held for a while and another session wants it.
"""

from __future__ import annotations

import asyncio
import random
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from typing import TYPE_CHECKING, Protocol, TypeVar

from ingest.fetch.failures import FetchFailure
from ingest.fetch.hosts import PRESSING

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from uuid import UUID

    from ingest.fetch.hosts import Capacity, Host
    from ingest.web import FetchOptions

Said = TypeVar("Said")
Answer = TypeVar("Answer")

_RENEWALS = 3  # in the life of a lease: one may fail
_UNUSED_SHARE = 1 / 3  # of a lease: a request that is begun before its end, and waits for its connection, still goes out in time
_IDLE_SECONDS = 0.5  # a redirect, or the next URLs of the queue, may want the host again
_ASK_SECONDS = 1.0  # on average, between two tries to get a host that another session holds
_LEFT_SECONDS = 3.0  # for others to take a host that they want
_LOOK_SECONDS = 0.1  # between two looks while something is about to happen
_PATIENCE = 2  # leases: a session that was killed keeps its hosts for one


class HostLeases(Protocol):
    """Which session may ask which host. Its functions block, and may raise anything where their database is away."""

    @property
    def holder(self) -> UUID:
        """The session."""

    @property
    def seconds(self) -> float:
        """How long a lease lasts that is not renewed."""

    def take(self, hosts: Sequence[str]) -> dict[str, float]:
        """Take those that nobody else holds: each with the seconds until it may be asked."""

    def renew(self, seconds: Mapping[str, float]) -> dict[str, bool]:
        """Hold hosts for another while; those that are still held, and whether somebody wants them.

        ``seconds`` is after how long they may be asked, should this session vanish.
        """

    def give_back(self, seconds: Mapping[str, float]) -> None:
        """Let go of hosts; ``seconds`` is after how long the next session may ask them."""

    def give_back_all(self, seconds: Mapping[str, float]) -> None:
        """Let go of all hosts."""


class Lease:
    """This session's claim on one host."""

    def __init__(self, host: Host, keeper: LeaseKeeper) -> None:
        self.host = host
        self.is_taken = False
        self.since = 0.0
        self.ends = 0.0
        """When requests stop, unless it is renewed."""
        self.safe_until = 0.0
        """Until when nobody else asks the host, even if this session is killed now."""
        self.is_leaving = False
        """Nothing more goes out before it is given back."""
        self.is_asked = False
        """Whether a request has gone out since it was taken."""
        self.ask_at = 0.0
        self.refused_since: float | None = None
        self.given_up: tuple[float, str] | None = None
        """Until when nobody need wait for it any more, and why."""
        self.is_pressing = False
        self.answer: asyncio.Future[None] | None = None
        """For those who wait for the host."""
        self._keeper = keeper

    @property
    def is_valid(self) -> bool:
        """Whether a request may go out now: whatever becomes of this session, nobody else asks before the host's delay has passed."""
        now = _now()
        return self.is_taken and not self.is_leaving and now < self.ends and now + self.host.delay_seconds <= self.safe_until

    async def hold(self) -> None:
        """Wait until the host is this session's.

        Raises:
            FetchFailure: others keep it.
        """
        while not self.is_valid and not self.host.set_aside:
            if self.given_up and _now() < self.given_up[0]:
                raise FetchFailure("host_busy", self.given_up[1], transient=True)
            self.is_pressing = self.is_pressing or PRESSING.get()
            if self.answer is None:
                self.answer = asyncio.get_running_loop().create_future()
                self._keeper.want(self)
            await asyncio.shield(self.answer)

    def note_unused(self) -> None:
        """Nothing waits for the host any more."""
        if self.is_taken:
            self._keeper.note_unused(self)

    def note_pause(self) -> None:
        """The host wants to be left alone for a while."""
        if self.is_taken:
            self._keeper.note_pause(self)

    def settle(self) -> None:
        """Let those who wait for the host look again."""
        if self.answer is not None:
            self.answer.set_result(None)
            self.answer = None
            self.is_pressing = False


class LeaseKeeper:
    """All leases of a session. Wishes are gathered: each statement speaks for all hosts that it can."""

    def __init__(self, leases: HostLeases, capacity: Capacity, options: FetchOptions) -> None:
        self._leases = leases
        self._capacity = capacity
        self._patience = max(_PATIENCE * leases.seconds, options.max_retry_after_seconds, options.max_crawl_delay_seconds)
        self._wanted: dict[str, Lease] = {}
        self._taken: dict[str, Lease] = {}
        self._promised: dict[str, Lease] = {}
        """Taken and not asked yet: a connection is meant for each."""
        self._unused: dict[str, float] = {}
        """Since when nothing waits for a host."""
        self._leaving: dict[str, Lease] = {}
        self._to_note: set[str] = set()
        """Hosts whose wish to be left alone is not in the database yet."""
        self._renew_at = 0.0
        self._woken = asyncio.Event()
        self._trouble: str | None = None
        # A thread of its own: those of the event loop may all be waiting for slow name servers.
        self._thread = ThreadPoolExecutor(1, "host-leases")
        self._task = asyncio.create_task(self._keep())

    def lease(self, host: Host) -> Lease:
        """The claim on a host, not made yet."""
        return Lease(host, self)

    def want(self, lease: Lease) -> None:
        """Somebody waits for a host."""
        self._wanted[lease.host.name] = lease
        self._woken.set()

    def note_unused(self, lease: Lease) -> None:
        """Nothing waits for a host any more: it is given back unless something does soon."""
        self._unused.setdefault(lease.host.name, _now())
        self._woken.set()

    def note_pause(self, lease: Lease) -> None:
        """A host wants to be left alone: others are to know, should this session be killed."""
        self._to_note.add(lease.host.name)
        self._woken.set()

    async def close(self) -> None:
        """Give all hosts back. To be called when no request is on its way, and this session's tasks have ended."""
        await self._call(self._leases.give_back_all, {name: lease.host.pause_seconds for name, lease in self._taken.items()})
        self._thread.shutdown(wait=False)

    async def _keep(self) -> None:
        while True:
            await self._look()
            await self._give_back()
            await self._renew()
            await self._take()

    async def _look(self) -> None:
        """Wait until there may be something to do."""
        if self._wanted or self._unused or self._leaving:
            seconds: float | None = _LOOK_SECONDS
        else:
            seconds = max(0.0, self._renew_at - _now()) if self._taken else None
        with suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                await self._woken.wait()
        self._woken.clear()

    async def _give_back(self) -> None:
        now = _now()
        for name in list(self._unused):
            if self._taken[name].host.users:
                del self._unused[name]
        left = [name for name, since in self._unused.items() if now - since >= _IDLE_SECONDS]
        left += [name for name, lease in self._leaving.items() if not lease.host.in_flight and name not in left]
        pauses = {name: self._taken[name].host.pause_seconds for name in left}
        for name in left:
            if name in self._leaving:
                self._taken[name].ask_at = now + _LEFT_SECONDS
            self._forget(name)
        if left:
            await self._call(self._leases.give_back, pauses)

    async def _renew(self) -> None:
        now = _now()
        is_due = now >= self._renew_at
        waiting = {n for n, lease in self._wanted.items() if lease.is_taken and not lease.is_leaving and now >= lease.ask_at}
        names = set(self._taken) if is_due else (self._to_note | waiting) & set(self._taken)
        if not names:
            return
        # Should this session be killed, its last request may have gone out at the very end of its lease.
        hosts = {name: self._taken[name].host for name in names}
        pauses = {name: max(self._leases.seconds + host.delay_seconds, host.pause_seconds) for name, host in hosts.items()}
        self._to_note -= names
        held = await self._call(self._leases.renew, pauses)
        if is_due:
            self._renew_at = now + (_ASK_SECONDS if held is None else self._leases.seconds / _RENEWALS)
        for name in names:
            if held is None:
                self._to_note.add(name)
                if name in waiting:
                    self._refuse(self._taken[name])
            elif name in held:
                self._extend(self._taken[name], now, pauses[name])
            else:  # it was not renewed in time, and somebody else has it
                self._forget(name)
        if held and is_due:
            self._leave_wanted([self._taken[name] for name, is_wanted in held.items() if is_wanted])

    async def _take(self) -> None:
        now = _now()
        for name in [n for n, lease in self._wanted.items() if not lease.host.users]:
            self._wanted.pop(name).settle()
        due = [lease for lease in self._wanted.values() if not lease.is_taken and now >= lease.ask_at]
        pressing = [lease for lease in due if lease.is_pressing]
        asked = pressing + [lease for lease in due if not lease.is_pressing][: self._room()]
        if not asked:
            return
        got = await self._call(self._leases.take, [lease.host.name for lease in asked])
        for lease in asked:
            seconds = None if got is None else got.get(lease.host.name)
            if seconds is None:
                self._refuse(lease)
            else:
                self._begin(lease, now, seconds)

    def _room(self) -> int:
        """How many hosts more could be asked at once."""
        if not self._capacity.gate.is_set():
            return 0
        for name in [n for n, lease in self._promised.items() if lease.is_asked or not lease.host.users]:
            del self._promised[name]
        return max(0, self._capacity.free - sum(not lease.host.pause_seconds for lease in self._promised.values()))

    def _begin(self, lease: Lease, now: float, pause: float) -> None:
        name, host = lease.host.name, lease.host
        if not self._taken:
            self._renew_at = now + self._leases.seconds / _RENEWALS
        self._taken[name] = self._promised[name] = lease
        lease.is_taken, lease.is_asked, lease.refused_since = True, False, None
        lease.since = now
        if pause > self._patience:
            host.set_aside = host.set_aside or f"it has asked to be left alone, for another {pause:,.0f} seconds"
        host.pause(pause)
        self._extend(lease, now, self._leases.seconds)
        if not host.users:
            self.note_unused(lease)

    def _extend(self, lease: Lease, now: float, safe_seconds: float) -> None:
        lease.ends = now + self._leases.seconds * (1 - _UNUSED_SHARE)
        lease.safe_until = now + safe_seconds
        if self._wanted.pop(lease.host.name, None):
            lease.settle()

    def _refuse(self, lease: Lease) -> None:
        now = _now()
        lease.ask_at = now + _ASK_SECONDS * random.uniform(0.5, 1.5)  # noqa: S311  # nobody gains by guessing it
        lease.refused_since = lease.refused_since or now
        if now - lease.refused_since >= self._patience:
            lease.refused_since = None
            del self._wanted[lease.host.name]
            why = f"the database cannot be asked ({self._trouble})" if self._trouble else "another worker is busy with it"
            message = f"{lease.host.name} could not be had for {self._patience:,.0f} seconds: {why}."
            lease.given_up = (now + self._patience, message[:500])  # what waits behind these need not wait as long again
            lease.settle()

    def _leave_wanted(self, wanted: Sequence[Lease]) -> None:
        """Let others have half of what they want: a session that gave away everything would have nothing to do itself."""
        now = _now()
        held = [lease for lease in wanted if not lease.is_leaving and now - lease.since >= self._leases.seconds / _RENEWALS / 2]
        for lease in sorted(held, key=lambda lease: lease.since)[: (len(held) + 1) // 2]:
            lease.is_leaving = True
            self._leaving[lease.host.name] = lease
        self._woken.set()

    def _forget(self, name: str) -> None:
        lease = self._taken.pop(name)
        lease.is_taken = lease.is_leaving = False
        self._promised.pop(name, None)
        self._unused.pop(name, None)
        self._leaving.pop(name, None)
        self._to_note.discard(name)

    async def _call(self, function: Callable[[Said], Answer], said: Said) -> Answer | None:
        """What the leases answer; None where they cannot be asked."""
        try:
            answer = await asyncio.get_running_loop().run_in_executor(self._thread, function, said)
        except Exception as error:  # noqa: BLE001  # how a database fails is nothing that fetching knows; without it, nothing is asked
            self._trouble = str(error).partition("\n")[0] or type(error).__name__
            return None
        self._trouble = None
        return answer


def _now() -> float:
    return asyncio.get_running_loop().time()
