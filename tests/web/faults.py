"""Answers that go wrong, as paths below /fault/ on every site. Each takes the writer of a connection and leaves it as it may."""

from __future__ import annotations

import asyncio
import functools
import gzip
import struct
import zlib
from collections import Counter
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from urllib.parse import parse_qs, unquote, urlsplit

from tests.web.site import Response

Writer = asyncio.Transport
_HTML = (
    b"<!doctype html><html><body><article><h1>A page that goes wrong</h1><p>"
    + b"Words that nobody will read. " * 40
    + b"</p></article></body></html>"
)


class Faults:
    """The faults of one web, with how often each was met."""

    def __init__(self) -> None:
        self.met: Counter[str] = Counter()
        _bomb()  # built before anything is timed

    def answer(self, path: str, cookies: str) -> Response | Callable[[Writer], Awaitable[None]]:
        """The answer to a path below /fault/: a response, or what is done to the connection."""
        parts = urlsplit(path)
        name, _, argument = parts.path.removeprefix("/fault/").partition("/")
        query = {key: values[0] for key, values in parse_qs(parts.query).items()}
        self.met[path] += 1
        times = self.met[path]
        match name:
            case "redirect":
                left = int(argument)
                return Response(
                    status=302, headers=(("Location", f"/fault/redirect/{left - 1}?{parts.query}" if left > 1 else query.get("to", "/")),)
                )
            case "redirect-loop":
                return Response(status=302, headers=(("Location", f"/fault/redirect-loop/{(times + 1) % 2}"),))
            case "redirect-to":
                return Response(status=int(query.get("status", "302")), headers=(("Location", unquote(query["to"])),))
            case "status":
                left = int(query.get("times", "1000000"))
                retry = (("Retry-After", query["retry-after"]),) if "retry-after" in query else ()
                if "retry-date" in query:
                    retry = (
                        ("Retry-After", format_datetime(datetime.now(UTC) + timedelta(seconds=float(query["retry-date"])), usegmt=True)),
                    )
                return Response(b"trouble", int(argument), "text/plain", retry) if times <= left else Response(_HTML)
            case "cookie-wall":
                return (
                    Response(_HTML)
                    if "seen=1" in cookies
                    else Response(status=302, headers=(("Location", path), ("Set-Cookie", "seen=1; Path=/")))
                )
            case "refresh":
                target = query.get("to", "/")
                return Response(f'<html><head><meta http-equiv="refresh" content="0; url={target}"></head></html>'.encode())
            case "type":
                return Response(_HTML, content_type=query.get("as", "image/png"))
            case "charset":
                return Response(
                    "<html><body><article><p>Größe, façade, naïve</p></article></body></html>".encode("cp1252"),
                    content_type="text/html; charset=utf-8",
                )
            case "empty":
                return Response(b"")
            case "truncated-gzip":
                return Response(gzip.compress(_HTML)[:-30], headers=(("Content-Encoding", "gzip"),))
            case "damaged-gzip":
                return Response(gzip.compress(_HTML)[:20] + b"\x00" * 60, headers=(("Content-Encoding", "gzip"),))
            case "deflate":
                return Response(zlib.compress(_HTML)[2:-4], headers=(("Content-Encoding", "deflate"),))
            case "brotli":
                return Response(b"\x0b\x02\x80", headers=(("Content-Encoding", "br"),))
            case "bomb":
                return Response(_bomb(), headers=(("Content-Encoding", "gzip"),))
            case "big-headers":
                return Response(_HTML, headers=tuple((f"X-Filler-{n}", "x" * 4_000) for n in range(int(query.get("kilobytes", "88")) // 4)))
        return _CONNECTION_FAULTS.get(name, Response(b"No such fault", 404, "text/plain"))


@functools.cache
def _bomb() -> bytes:
    """200 MB of zeros in 200 kB: one packed megabyte many times (RFC 1952), because packing them all stalls the loop for half a second."""
    packer = zlib.compressobj(9, zlib.DEFLATED, -zlib.MAX_WBITS)
    block = packer.compress(bytes(1 << 20)) + packer.flush(zlib.Z_FULL_FLUSH)
    checksum, zeros = 0, bytes(1 << 20)
    for _ in range(200):
        checksum = zlib.crc32(zeros, checksum)
    header, last_block = b"\x1f\x8b\x08" + bytes(6) + b"\xff", b"\x03\x00"
    return header + block * 200 + last_block + struct.pack("<II", checksum, 200 << 20)


async def _slow(writer: Writer) -> None:
    """A byte now and then."""
    writer.write(b"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nContent-Length: 100000\r\n\r\n")
    while not writer.is_closing():
        writer.write(b"x")
        await asyncio.sleep(0.05)


async def _stalled(writer: Writer) -> None:
    """Headers that never end."""
    writer.write(b"HTTP/1.1 200 OK\r\nContent-Ty")


async def _dropped(writer: Writer) -> None:
    """No answer at all."""
    writer.abort()


async def _half(writer: Writer) -> None:
    """Half of the body."""
    writer.write(b"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nContent-Length: 100000\r\n\r\n" + _HTML)
    writer.close()


async def _endless(writer: Writer) -> None:
    """Five gigabytes of zeros, as fast as they are taken."""
    writer.write(b"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nContent-Length: 5000000000\r\n\r\n")
    await _zeros(writer)


async def _endless_chunks(writer: Writer) -> None:
    """As much in chunks, without a length said before."""
    writer.write(b"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nTransfer-Encoding: chunked\r\n\r\n")
    await _zeros(writer, b"f4240\r\n", b"\r\n")


async def _zeros(writer: Writer, before: bytes = b"", after: bytes = b"") -> None:
    """Five thousand times a megabyte, until the client leaves."""
    for _ in range(5_000):
        if writer.is_closing():
            return
        writer.write(before + bytes(1_000_000) + after)
        while writer.get_write_buffer_size() > 4_000_000 and not writer.is_closing():
            await asyncio.sleep(0.001)


async def _no_http(writer: Writer) -> None:
    writer.write(b"SSH-2.0-OpenSSH_9.9\r\n")
    writer.close()


_CONNECTION_FAULTS = {
    "slow": _slow,
    "stalled": _stalled,
    "dropped": _dropped,
    "half": _half,
    "endless": _endless,
    "endless-chunks": _endless_chunks,
    "no-http": _no_http,
}
