"""The web's server: one port on all loopback addresses; the address that was connected to is the site.

``/__log`` on any site gives the requests so far as JSON, for those who run the web as a process; it is not noted itself.
"""

from __future__ import annotations

import asyncio
import json
import socket
import ssl
import threading
import time
from collections import Counter, deque
from dataclasses import asdict, dataclass
from types import TracebackType
from typing import Self

from tests.web.faults import Faults
from tests.web.site import Response, Site

_BEAT_SECONDS = 0.01


@dataclass(frozen=True, slots=True)
class Requested:
    """A request as the server saw it."""

    at: float
    """Seconds of the monotonic clock."""
    late: float
    """Seconds that it may have waited to be noted: the server's thread had no turn for so long."""
    address: str
    path: str
    headers: dict[str, str]
    """Names in lower case."""
    in_flight: int
    """Requests that the site was answering, this one included."""
    status: int | None = None
    """Of the answer; None where a fault took the connection."""

    @property
    def user_agent(self) -> str:
        """Who asked, as they say; empty where they do not."""
        return self.headers.get("user-agent", "")


class Web:
    """Sites on 127.0.1.1, 127.0.1.2, …; runs in a thread of its own as long as its block."""

    def __init__(
        self, sites: int = 1, articles: int = 3, *, latency: float = 0.0, page_bytes: int = 0, tls: ssl.SSLContext | None = None
    ) -> None:
        self.requests: list[Requested] = []
        self.faults = Faults()
        self.sites: list[Site] = []
        self.port = 0
        self.latency = latency
        self._in_flight: Counter[str] = Counter()
        self._tls = tls
        self._shape = (sites, articles, page_bytes)
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, daemon=True)
        self._by_address: dict[str, Site] = {}
        self.connections: set[asyncio.Transport] = set()
        self._refusing = socket.socket()
        self._beats: deque[float] = deque(maxlen=2)

    def __enter__(self) -> Self:
        self._thread.start()
        asyncio.run_coroutine_threadsafe(self.start(), self._loop).result()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        asyncio.run_coroutine_threadsafe(self._stop(), self._loop).result()
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()

    async def start(self, port: int = 0) -> None:
        """Listen, and make the sites."""
        loop = asyncio.get_running_loop()
        self._beat()
        self._refusing.bind(("127.0.0.1", 0))
        self._server = await loop.create_server(lambda: _Connection(self), "0.0.0.0", port, ssl=self._tls, backlog=2_000)  # noqa: S104  # every loopback address
        self.port = self._server.sockets[0].getsockname()[1]
        sites, articles, page_bytes = self._shape
        for number in range(sites):
            address = f"127.{1 + number // 62_500}.{1 + number // 250 % 250}.{1 + number % 250}"
            scheme = "https" if self._tls else "http"
            site = Site(address, f"{scheme}://{address}:{self.port}", page_bytes=page_bytes)
            for n in range(articles):
                site.publish(number * 1_000 + n)
            self.sites.append(site)
            self._by_address[address] = site

    def _beat(self) -> None:
        self._beats.append(time.monotonic())
        asyncio.get_running_loop().call_later(_BEAT_SECONDS, self._beat)

    async def _stop(self) -> None:
        self._server.close()
        self._refusing.close()
        for connection in tuple(self.connections):
            connection.abort()
        for task in asyncio.all_tasks():
            if task is not asyncio.current_task():
                task.cancel()
        await asyncio.sleep(0)  # aborted transports close their sockets in the loop's next round

    def refused_url(self) -> str:
        """A URL whose port is taken and does not listen: connections are refused as long as the web runs."""
        return f"http://127.0.0.1:{self._refusing.getsockname()[1]}/"

    def reset(self) -> None:
        """Forget what was asked, and how often each fault was met."""
        self.requests.clear()
        self.faults.met.clear()

    def url(self, path: str = "/", site: int = 0) -> str:
        """The URL of a path on a site."""
        return self.sites[site].base + path

    def paths(self, site: int = 0) -> list[str]:
        """What was asked of a site, in order."""
        return [r.path for r in self.requests if r.address == self.sites[site].address]

    def begin(self, address: str, path: str, headers: dict[str, str], status: int | None) -> None:
        """Note a request."""
        self._in_flight[address] += 1
        now = time.monotonic()
        # Two beats back: one that was late itself may come between a connection's arrival and its first bytes.
        late = max(0.0, now - self._beats[0] - len(self._beats) * _BEAT_SECONDS)
        self.requests.append(Requested(now, late, address, path, headers, self._in_flight[address], status))

    def end(self, address: str) -> None:
        """Note that it was answered."""
        self._in_flight[address] -= 1

    def site_at(self, address: str) -> Site | None:
        """The site on an address."""
        return self._by_address.get(address)


class _Connection(asyncio.Protocol):
    def __init__(self, web: Web) -> None:
        self._web = web
        self._received = b""
        self._open = 0

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport
        self._address: str = transport.get_extra_info("sockname")[0]
        self._web.connections.add(transport)

    def connection_lost(self, _error: Exception | None) -> None:
        self._web.connections.discard(self._transport)
        for _ in range(self._open):
            self._web.end(self._address)
        self._open = 0

    def data_received(self, data: bytes) -> None:
        self._received += data
        while b"\r\n\r\n" in self._received:
            head, self._received = self._received.split(b"\r\n\r\n", 1)
            self._asked(head.decode("latin-1"))

    def _asked(self, head: str) -> None:
        line, *lines = head.split("\r\n")
        method, path, _ = line.split(" ")
        headers = {name.lower(): value.strip() for name, _, value in (text.partition(":") for text in lines)}
        if path == "/__log":
            log = json.dumps([asdict(r) for r in self._web.requests]).encode()
            self._transport.write(Response(log, content_type="application/json").raw())
            return
        site = self._web.site_at(self._address)
        self._open += 1
        if path.startswith("/fault/"):
            answer = self._web.faults.answer(path, headers.get("cookie", ""))
            if not isinstance(answer, Response):
                self._web.begin(self._address, path, headers, None)
                asyncio.ensure_future(answer(self._transport))  # noqa: RUF006  # lives as long as its connection
                return
        else:
            answer = site.answer(path) if site else Response(status=404)
        raw = answer.raw(conditional=headers.get("if-none-match"), since=headers.get("if-modified-since"))
        if method == "HEAD":
            raw = raw[: raw.index(b"\r\n\r\n") + 4]
        self._web.begin(self._address, path, headers, int(raw[9:12]))  # after "HTTP/1.1 "
        if self._web.latency:
            asyncio.get_running_loop().call_later(self._web.latency, self._reply, raw)
        else:
            self._reply(raw)

    def _reply(self, raw: bytes) -> None:
        if self._open:
            self._open -= 1
            self._web.end(self._address)
        if not self._transport.is_closing():
            self._transport.write(raw)
