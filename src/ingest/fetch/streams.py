"""httpcore's network streams over asyncio's own: half the work of its default ones, which serve three event loops."""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import Callable
from contextvars import ContextVar
from typing import TYPE_CHECKING, Any

import httpcore

if TYPE_CHECKING:
    from collections.abc import Iterable

    from httpcore._backends.base import SOCKET_OPTION

SENT: ContextVar[Callable[[], None] | None] = ContextVar("SENT", default=None)
"""Called when bytes of a task's request go out: a request that waits for its connection has not been made yet."""

_BUFFER = 256 * 1024  # bytes that are read ahead: most pages in one piece


class AsyncioStream(httpcore.AsyncNetworkStream):
    """A connection."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._reader = reader
        self._writer = writer

    async def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        """The next bytes, empty at the end.

        Raises:
            httpcore.ReadTimeout, httpcore.ReadError: nothing came in time; the connection broke.
        """
        try:
            async with asyncio.timeout(timeout):
                return await self._reader.read(max_bytes)
        except TimeoutError as error:
            raise httpcore.ReadTimeout from error
        except OSError as error:
            raise httpcore.ReadError(str(error)) from error

    async def write(self, buffer: bytes, timeout: float | None = None) -> None:
        """Send bytes.

        Raises:
            httpcore.WriteTimeout, httpcore.WriteError: they were not taken in time; the connection broke.
        """
        if not buffer:
            return
        try:
            self._writer.write(buffer)
            if (sent := SENT.get()) is not None:
                sent()  # not before: a thread that loses its turn in between would send later than it says, and the next request early
            async with asyncio.timeout(timeout):
                await self._writer.drain()
        except TimeoutError as error:
            raise httpcore.WriteTimeout from error
        except OSError as error:
            raise httpcore.WriteError(str(error)) from error

    async def aclose(self) -> None:
        """Close the connection; what was not sent is dropped."""
        self._writer.transport.abort()

    async def start_tls(
        self, ssl_context: ssl.SSLContext, server_hostname: str | None = None, timeout: float | None = None
    ) -> httpcore.AsyncNetworkStream:
        """The same connection, secured.

        Raises:
            httpcore.ConnectTimeout, httpcore.ConnectError: the handshake took too long, or failed.
        """
        try:
            async with asyncio.timeout(timeout):
                await self._writer.start_tls(ssl_context, server_hostname=server_hostname)
        except TimeoutError as error:
            raise httpcore.ConnectTimeout from error
        except (OSError, ssl.SSLError) as error:
            raise httpcore.ConnectError(str(error)) from error
        return self

    def get_extra_info(self, info: str) -> Any:  # noqa: ANN401  # httpcore's interface
        """What httpcore asks of a connection."""
        if info == "is_readable":  # of an idle connection: the server has closed it
            return self._reader.at_eof() or self._writer.is_closing()
        if info == "server_addr":
            return self._writer.get_extra_info("peername")
        if info == "client_addr":
            return self._writer.get_extra_info("sockname")
        return self._writer.get_extra_info(info)


async def connect(address: str, port: int, timeout: float | None, socket_options: Iterable[SOCKET_OPTION] | None) -> AsyncioStream:
    """A connection to an address, which is not looked up.

    Raises:
        httpcore.ConnectTimeout, httpcore.ConnectError: it did not come about in time, or was refused.
    """
    try:
        async with asyncio.timeout(timeout):
            reader, writer = await asyncio.open_connection(address, port, limit=_BUFFER)
    except TimeoutError as error:
        raise httpcore.ConnectTimeout from error
    except OSError as error:
        raise httpcore.ConnectError(str(error)) from error
    for option in socket_options or ():
        writer.get_extra_info("socket").setsockopt(*option)
    return AsyncioStream(reader, writer)
