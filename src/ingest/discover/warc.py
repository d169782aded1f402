"""WARC files as a source of pages: streamed record by record (ISO 28500), also Common Crawl's news files."""

from __future__ import annotations

import datetime as dt
import zlib
from pathlib import Path
from typing import TYPE_CHECKING, Any, BinaryIO
from urllib.parse import urlsplit

import brotli
from fastwarc.warc import ArchiveIterator, WarcRecord, WarcRecordType

from ingest.errors import PageError
from ingest.model import Candidate, MediaType, Page, PageResult, Stage
from ingest.normalise.url import canonical_or_none

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ingest.model import Limits

_SUFFIXES = (".warc", ".warc.gz", ".warc.zst")
_OK = 200
_TYPES = {
    "text/html": MediaType.HTML,
    "application/xhtml+xml": MediaType.HTML,
    "text/plain": MediaType.TEXT,
}
_WINDOWS = {"gzip": 16 + zlib.MAX_WBITS, "x-gzip": 16 + zlib.MAX_WBITS, "deflate": zlib.MAX_WBITS}
_MAX_HEADER_BYTES = 64 * 1024


def is_warc(name: str) -> bool:
    """Whether a file is a WARC by its name."""
    return name.lower().endswith(_SUFFIXES)


def read_warc(file: Path | BinaryIO, name: str, limits: Limits) -> Iterator[Page | PageResult]:
    """The pages of a WARC file, one after the other: answers of status 200 that are HTML or plain text.

    What cannot be used for a page is passed over: other records, other statuses, other types. A page that is too large or
    empty comes as a rejection, and so does a file that is broken off: after everything that could be read of it.
    """
    position = 0
    try:
        source: Any = str(file) if isinstance(file, Path) else file
        records = ArchiveIterator(
            source,
            record_types=WarcRecordType.response | WarcRecordType.resource,
            parse_http=True,
            auto_decode="transfer",
            quirks_mode=True,
            max_header_len=_MAX_HEADER_BYTES,
            fsspec_args=False,
        )
        for record in records:
            position = record.stream_pos
            result = _page(record, f"{name}#{position}", limits)
            if result is not None:
                yield result
    except (OSError, ValueError) as error:
        yield _broken(file, name, f"{name} cannot be read beyond byte {position:,}: {error}.")


def _page(record: WarcRecord, path: str, limits: Limits) -> Page | PageResult | None:
    url = canonical_or_none((record.headers.get("WARC-Target-URI") or "").strip("<>"))
    if url is None or urlsplit(url).path == "/robots.txt":
        return None
    headers = record.http_headers
    if headers is not None and headers.status_code != _OK:
        return None
    declared = (headers.get("Content-Type") if headers is not None else record.headers.get("Content-Type")) or ""
    media_type = _TYPES.get(declared.partition(";")[0].strip().lower(), None if declared else MediaType.HTML)
    if media_type is None:
        return None
    candidate = Candidate(location=url, path=path, url=url)
    page_of = _PageMaker(candidate, media_type, record)
    try:
        body = record.reader.read(limits.max_page_bytes + 1)
        encoding = (headers.get("Content-Encoding") or "").strip().lower() if headers is not None else ""
        body = _decoded(body, encoding, limits.max_page_bytes + 1)
        if len(body) > limits.max_page_bytes:
            raise PageError(Stage.READ, "too_large", f"{path} has more than {limits.max_page_bytes:,} bytes (INGEST_MAX_PAGE_BYTES).")
        if not body.strip():
            raise PageError(Stage.READ, "empty", f"{path} is empty.")
    except PageError as error:
        return PageResult(candidate, error.rejection())
    except (zlib.error, brotli.error) as error:
        failure = PageError(Stage.READ, "bad_encoding", f"The body of {path} is damaged: {error}.")
        return PageResult(candidate, failure.rejection(), page_of(body))
    if not declared and body.lstrip()[:1] != b"<":
        return None
    return page_of(body)


class _PageMaker:
    """Makes the page of a record from its bytes."""

    def __init__(self, candidate: Candidate, media_type: MediaType, record: WarcRecord) -> None:
        self._candidate = candidate
        self._media_type = media_type
        at = record.record_date
        self._at = (at if at.tzinfo else at.replace(tzinfo=dt.UTC)) if at else dt.datetime(1970, 1, 1, tzinfo=dt.UTC)
        self._charset = record.http_charset if record.http_headers is not None else None

    def __call__(self, body: bytes) -> Page:
        return Page(self._candidate, body, self._media_type, self._at, self._charset)


def _decoded(body: bytes, encoding: str, most: int) -> bytes:
    """The body without its content coding, up to a size. Crawlers often keep the header of a body that they have decoded."""
    if encoding == "br":
        try:
            return bytes(brotli.Decompressor().process(body, output_buffer_limit=most))
        except brotli.error:
            return body
    window = _WINDOWS.get(encoding)
    if window is None or (window != zlib.MAX_WBITS and body[:2] != b"\x1f\x8b"):
        return body
    try:
        return zlib.decompressobj(window).decompress(body, most)
    except zlib.error:
        if window != zlib.MAX_WBITS:
            raise
        return body


def _broken(file: Path | BinaryIO, name: str, message: str) -> PageResult:
    location = file.absolute().as_uri() if isinstance(file, Path) else f"file:{name}"
    return PageResult(Candidate(location, name), PageError(Stage.READ, "broken_warc", message).rejection())
