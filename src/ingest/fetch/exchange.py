"""One request and its answer, within the limits."""

from __future__ import annotations

import asyncio
import datetime as dt
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import httpx

from ingest.fetch.decoding import ACCEPTED, BodyReader
from ingest.fetch.failures import FetchFailure, is_tls_failure, of_exception
from ingest.fetch.robots import MAX_BYTES as MAX_ROBOTS_BYTES
from ingest.transfer import Purpose

if TYPE_CHECKING:
    from ingest.fetch.hosts import Host
    from ingest.web import FetchOptions, Request

_ACCEPT = {
    Purpose.ARTICLE: "text/html,application/xhtml+xml;q=0.9,text/plain;q=0.8,*/*;q=0.1",
    Purpose.LISTING: "application/rss+xml,application/atom+xml,application/feed+json,application/xml;q=0.9,text/html;q=0.8,*/*;q=0.1",
    Purpose.ROBOTS: "text/plain,*/*;q=0.1",
}
# Types of which no article and no list can be made: their bodies are not read.
_UNREADABLE = ("image/", "video/", "audio/", "font/", "application/pdf", "application/zip", "application/msword", "application/vnd.")
_ARTICLE_TYPES = ("text/html", "application/xhtml+xml", "text/plain", "application/xml", "text/xml", "")
_OK = 200
_DRAINED_BYTES = 64 * 1024  # of a body that nobody wants: reading it is cheaper than a new connection


@dataclass(slots=True)
class Answer:
    """An HTTP answer; the body is read where the status is 200."""

    status: int
    headers: dict[str, str]
    """Names in lower case; of repeated ones the values joined by a comma."""
    address: str | None = None
    body: bytes = b""
    wire_bytes: int = 0
    media_type: str = ""
    charset: str | None = None
    at: dt.datetime = field(default_factory=lambda: dt.datetime.now(dt.UTC))


async def exchange(transport: httpx.AsyncBaseTransport, host: Host, request: Request, url: str, options: FetchOptions) -> Answer:
    """Send one GET request and read its answer.

    Raises:
        FetchFailure: no answer within the limits, or one of which nothing can be made.
    """
    answer: Answer | None = None
    reader: BodyReader | None = None
    try:
        async with asyncio.timeout(options.fetch_seconds):
            asked = _asked(request, url, host, options)
            # Without an httpx client: it reads the targets of redirects itself, and raises where they are no URLs.
            response = await transport.handle_async_request(asked)
            response.request = asked
            if "set-cookie" in response.headers:
                host.cookies = host.cookies or httpx.Cookies()
                host.cookies.extract_cookies(response)
            try:
                answer = _answer(response, options)
                if response.status_code != _OK:
                    await _drain(response)
                    return answer
                _check_type(answer, request.purpose)
                reader = BodyReader(answer.headers.get("content-encoding", ""), _max_bytes(request.purpose, options))
                await _read(response, reader, request.purpose)
            finally:
                await response.aclose()
    except Exception as error:  # whatever a connection can raise has its reason code; what has none is shown as it is
        raise _completed(_failure(error, host.name, options, answer, reader), answer, reader) from error
    answer.body, answer.wire_bytes = reader.body, reader.wire_bytes
    return answer


def _asked(request: Request, url: str, host: Host, options: FetchOptions) -> httpx.Request:
    wait = options.first_byte_seconds
    timeout = {"connect": options.connect_seconds, "read": wait, "write": wait, "pool": wait}
    asked = httpx.Request("GET", url, headers=_headers(request, host.name, options), extensions={"timeout": timeout})
    if host.cookies is not None:
        host.cookies.set_cookie_header(asked)
    return asked


def _headers(request: Request, host: str, options: FetchOptions) -> dict[str, str]:
    headers = {"User-Agent": options.user_agent, "Accept": _ACCEPT[request.purpose], "Accept-Encoding": ACCEPTED}
    if request.validators.etag:
        headers["If-None-Match"] = request.validators.etag
    if request.validators.last_modified:
        headers["If-Modified-Since"] = request.validators.last_modified
    return headers | dict(options.request_headers.get(host, {}))


def _answer(response: httpx.Response, options: FetchOptions) -> Answer:
    raw = response.headers.raw
    if sum(len(name) + len(value) + 4 for name, value in raw) > options.max_header_bytes:
        raise FetchFailure("headers_too_large", f"The headers have more than {options.max_header_bytes:,} bytes (INGEST_MAX_HEADER_BYTES).")
    headers: dict[str, str] = {}
    for name, value in raw:
        key, text = name.decode("latin-1").lower(), value.decode("latin-1")
        headers[key] = f"{headers[key]}, {text}" if key in headers else text
    media_type, _, parameters = headers.get("content-type", "").partition(";")
    stream = response.extensions.get("network_stream")
    peer = stream.get_extra_info("server_addr") if stream else None
    return Answer(
        response.status_code, headers, str(peer[0]) if peer else None, media_type=media_type.strip().lower(), charset=_charset(parameters)
    )


def _charset(parameters: str) -> str | None:
    for parameter in parameters.split(";"):
        name, _, value = parameter.partition("=")
        if name.strip().lower() == "charset" and (charset := value.strip().strip("\"'").strip()):
            return charset[:60]
    return None


def _check_type(answer: Answer, purpose: Purpose) -> None:
    unreadable = answer.media_type.startswith(_UNREADABLE) or (purpose == Purpose.ARTICLE and answer.media_type not in _ARTICLE_TYPES)
    if unreadable and purpose != Purpose.ROBOTS:
        raise FetchFailure("unsupported_type", f"The server says that this is {answer.media_type[:80]}, which holds no article's text.")


def _max_bytes(purpose: Purpose, options: FetchOptions) -> int:
    return options.max_page_bytes if purpose == Purpose.ARTICLE else options.max_listing_bytes


async def _read(response: httpx.Response, reader: BodyReader, purpose: Purpose) -> None:
    async for chunk in response.aiter_raw():
        reader.feed(chunk)
        if purpose == Purpose.ROBOTS and reader.wire_bytes > MAX_ROBOTS_BYTES:
            return
    reader.finish()


async def _drain(response: httpx.Response) -> None:
    """Read what is left of a short answer, so that its connection can serve again."""
    read = 0
    async for chunk in response.aiter_raw():
        read += len(chunk)
        if read > _DRAINED_BYTES:
            return


def _failure(error: Exception, host: str, options: FetchOptions, answer: Answer | None, reader: BodyReader | None) -> FetchFailure:
    if isinstance(error, FetchFailure):
        return error
    if answer is None and is_tls_failure(error):
        return FetchFailure("tls_failed", f"No secure connection to {host}: {error}."[:500], blames_host=True)
    failure = of_exception(error, host, options)
    if reader is None:
        return failure
    return FetchFailure("truncated_body", f"The body ends in the middle: {failure}", transient=True, body=reader.body)


def _completed(failure: FetchFailure, answer: Answer | None, reader: BodyReader | None) -> FetchFailure:
    failure.address = answer.address if answer else None
    failure.wire_bytes = reader.wire_bytes if reader else 0
    return failure
