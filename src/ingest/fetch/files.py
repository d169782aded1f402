"""Reading one saved page from disk."""

from __future__ import annotations

import datetime as dt
import stat
import zlib
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import unquote, urlsplit

from ingest.errors import PageError
from ingest.model import MediaType, Page, PageResult, Stage

if TYPE_CHECKING:
    from ingest.model import Candidate, Limits

_CHUNK = 1 << 20  # bytes
_GZIP = 16 + zlib.MAX_WBITS  # zlib's way to ask for the gzip format (RFC 1952)


def read_file(candidate: Candidate, limits: Limits) -> Page | PageResult:
    """Read a file into a page, or say as a rejection why that cannot be.

    A rejection carries the bytes as they lie on disk, unless the file cannot be read or exceeds ``max_page_bytes``.
    """
    path = Path(unquote(urlsplit(candidate.location).path))
    try:
        status = path.stat()
        if not stat.S_ISREG(status.st_mode):
            raise PageError(Stage.READ, "not_a_file", f"{candidate.path} is not a regular file.")
        if status.st_size > limits.max_page_bytes:
            raise _too_large(candidate, limits)
        raw = path.read_bytes()
    except OSError as error:
        failure = PageError(Stage.READ, "unreadable", f"{candidate.path} cannot be read: {error.strerror or error}.")
        return PageResult(candidate, failure.rejection())
    except PageError as error:
        return PageResult(candidate, error.rejection())
    page = Page(candidate, raw, _media_type(path.name), dt.datetime.fromtimestamp(status.st_mtime, tz=dt.UTC))
    try:
        body = _gunzip(raw, candidate, limits) if path.name.lower().endswith(".gz") else raw
        if not body.strip():
            raise PageError(Stage.READ, "empty", f"{candidate.path} is empty.")
    except PageError as error:
        return PageResult(candidate, error.rejection(), page)
    return Page(candidate, body, page.media_type, page.observed_at)


def _media_type(name: str) -> MediaType:
    return MediaType.TEXT if name.lower().removesuffix(".gz").endswith(".txt") else MediaType.HTML


def _too_large(candidate: Candidate, limits: Limits) -> PageError:
    bound = f"{limits.max_page_bytes:,} bytes (INGEST_MAX_PAGE_BYTES)"
    return PageError(Stage.READ, "too_large", f"{candidate.path} holds more than {bound}.")


def _gunzip(raw: bytes, candidate: Candidate, limits: Limits) -> bytes:
    """Decompress, member by member, and stop at the limit: a bomb costs no more memory than a page may."""
    parts: list[bytes] = []
    size, rest = 0, raw
    while rest:
        member = zlib.decompressobj(wbits=_GZIP)
        try:
            while not member.eof:
                chunk = member.decompress(rest, _CHUNK)
                rest = member.unconsumed_tail
                size += len(chunk)
                if size > limits.max_page_bytes:
                    raise _too_large(candidate, limits)
                parts.append(chunk)
                if not chunk and not rest and not member.eof:
                    raise PageError(Stage.READ, "truncated_gzip", f"{candidate.path} ends in the middle of its compressed data.")
        except zlib.error as error:
            raise PageError(Stage.READ, "invalid_gzip", f"{candidate.path} is not valid gzip: {error}.") from error
        rest = member.unused_data.lstrip(b"\0")  # tar and tape tools pad with zeros
    return b"".join(parts)
