"""httpx over connections that are only made to addresses that may be reached.

The address is judged where the connection is made: no redirect and no second DNS answer comes after that.
"""

from __future__ import annotations

import asyncio
import socket
import ssl
from collections import OrderedDict
from typing import TYPE_CHECKING

import certifi
import httpcore
import httpx

from ingest.fetch.addresses import is_public
from ingest.fetch.streams import connect

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Iterable

    from httpcore._backends.base import SOCKET_OPTION

_MOST_POOLS = 256  # hosts whose connections are kept open while nothing is asked of them
_IDLE_SECONDS = 15.0  # servers close idle connections after 5 to 75 seconds


class AddressRefused(Exception):
    """A host has no address that may be reached."""


class HostUnknown(Exception):
    """A host name that DNS does not know."""


class GuardedBackend(httpcore.AsyncNetworkBackend):
    """Resolves a host, and connects to the first of its addresses that may be reached and answers.

    ``always_allowed`` is the proxy's own host, which the user has named.
    """

    def __init__(self, *, allow_private: bool, always_allowed: str | None = None) -> None:
        self._allow_private = allow_private
        self._always_allowed = always_allowed

    async def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,  # noqa: ARG002  # httpcore's interface; no address of ours is ever asked for
        socket_options: Iterable[SOCKET_OPTION] | None = None,
    ) -> httpcore.AsyncNetworkStream:
        """As httpcore wants it.

        Raises:
            AddressRefused: every address of the host is private, or reserved otherwise.
            HostUnknown: the name cannot be resolved.
            httpcore.ConnectError, httpcore.ConnectTimeout: none of the addresses answers.
        """
        failure: Exception | None = None
        for address in await self._reachable(host, port, timeout):
            try:
                return await connect(address, port, timeout, socket_options)
            except (httpcore.ConnectError, httpcore.ConnectTimeout) as error:
                failure = failure or error
        raise failure or HostUnknown(host)

    async def _reachable(self, host: str, port: int, seconds: float | None) -> list[str]:
        try:
            async with asyncio.timeout(seconds):
                found = await asyncio.get_running_loop().getaddrinfo(host, port, type=socket.SOCK_STREAM)
        except TimeoutError as error:
            raise httpcore.ConnectTimeout(f"DNS did not answer for {host}") from error
        except (OSError, UnicodeError) as error:
            raise HostUnknown(host) from error
        addresses = list(dict.fromkeys(str(entry[4][0]) for entry in found))
        if self._allow_private or host == self._always_allowed:
            return addresses
        allowed = [address for address in addresses if is_public(address)]
        if not allowed:
            raise AddressRefused(", ".join(addresses))
        return allowed

    async def sleep(self, seconds: float) -> None:
        """As httpcore wants it."""
        await asyncio.sleep(seconds)


class GuardedTransport(httpx.AsyncBaseTransport):
    """httpx's way to guarded connections, a small pool for each host; httpcore's exceptions come out as they are.

    httpcore's pool looks at all of its connections, squared, for each request: one pool for all hosts would be slower than one
    connection a request.
    """

    def __init__(self, backend: GuardedBackend, context: ssl.SSLContext, proxy: str | None) -> None:
        self._backend = backend
        self._context = context
        self._proxy = _proxy(proxy) if proxy else None
        self._pools: OrderedDict[bytes, _Pool] = OrderedDict()

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        """Send one request; the response's body has yet to be read."""
        pool = await self._pool_of(request.url.raw_host)
        url = httpcore.URL(scheme=request.url.raw_scheme, host=request.url.raw_host, port=request.url.port, target=request.url.raw_path)
        pool.users += 1
        try:
            response = await pool.connections.handle_async_request(
                httpcore.Request(request.method, url, headers=request.headers.raw, extensions=request.extensions)
            )
        except BaseException:
            pool.users -= 1
            raise
        return httpx.Response(response.status, headers=response.headers, stream=_Body(response, pool), extensions=response.extensions)

    async def aclose(self) -> None:
        """Close every connection."""
        for pool in self._pools.values():
            await pool.connections.aclose()
        self._pools.clear()

    async def _pool_of(self, host: bytes) -> _Pool:
        pool = self._pools.get(host)
        if pool is None:
            pool = self._pools[host] = _Pool(
                httpcore.AsyncConnectionPool(
                    ssl_context=self._context,
                    proxy=self._proxy,
                    max_connections=None,
                    keepalive_expiry=_IDLE_SECONDS,
                    http2=True,
                    network_backend=self._backend,
                )
            )
            await self._close_idle()
        self._pools.move_to_end(host)
        return pool

    async def _close_idle(self) -> None:
        """Forget the hosts that have been idle longest: their connections cost a file descriptor each."""
        surplus = len(self._pools) - _MOST_POOLS
        for host in [host for host, pool in self._pools.items() if not pool.users][: max(0, surplus)]:
            await self._pools.pop(host).connections.aclose()


class _Pool:
    """The connections of one host, and how many requests are using them."""

    def __init__(self, connections: httpcore.AsyncConnectionPool) -> None:
        self.connections = connections
        self.users = 0


class _Body(httpx.AsyncByteStream):
    def __init__(self, response: httpcore.Response, pool: _Pool) -> None:
        self._response = response
        self._pool: _Pool | None = pool

    async def __aiter__(self) -> AsyncIterator[bytes]:
        async for chunk in self._response.aiter_stream():
            yield chunk

    async def aclose(self) -> None:
        if self._pool is not None:
            self._pool.users -= 1
            self._pool = None
        await self._response.aclose()


def _proxy(url: str) -> httpcore.Proxy:
    parsed = httpx.URL(url)
    auth = (parsed.username, parsed.password) if parsed.username else None
    return httpcore.Proxy(url=f"{parsed.scheme}://{parsed.netloc.decode('ascii')}", auth=auth)


def tls_context() -> ssl.SSLContext:
    """One context for all pools, since each takes 20 ms to make; it trusts certifi's certificates and the system's (SSL_CERT_FILE)."""
    context = ssl.create_default_context(cafile=certifi.where())
    context.load_default_certs()
    return context
