"""WARC files as a source of pages: streamed record by record (ISO 28500), also Common Crawl's news files."""

from __future__ import annotations

import datetime as dt
import re
from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO
from urllib.parse import quote, urlsplit

from fastwarc.warc import WarcRecordType

from ingest.discover.warc_body import Body, dechunk, decode
from ingest.discover.warc_records import MAX_HEADER_BYTES, read_records
from ingest.discover.warc_segments import Damage, next_member
from ingest.errors import PageError
from ingest.model import Candidate, MediaType, Page, PageResult, Stage
from ingest.normalise.url import canonical_or_none

if TYPE_CHECKING:
    from collections.abc import Iterator

    from fastwarc.warc import HeaderMap, WarcRecord

    from ingest.model import Limits

_SUFFIXES = (".warc", ".warc.gz", ".warc.zst")
_WANTED = WarcRecordType.response | WarcRecordType.resource
_OK = 200
_BLANK = b"\xef\xbb\xbf \t\r\n"  # and the byte order mark
_MEDIA_TYPES = {
    "text/html": MediaType.HTML,
    "application/xhtml+xml": MediaType.HTML,
    "text/plain": MediaType.TEXT,
}
_CHARSET = re.compile(r"""charset\s*=\s*["']?([\w.:+-]+)""", re.IGNORECASE)
_UNDATED = dt.datetime(1970, 1, 1, tzinfo=dt.UTC)  # of a record without a date, in a file without one


def is_warc(name: str) -> bool:
    """Whether a file is a WARC by its name: ``.warc``, ``.warc.gz`` or ``.warc.zst``."""
    return name.lower().endswith(_SUFFIXES)


def read_warc(file: str | Path | BinaryIO, name: str, limits: Limits, part: tuple[int, int] | None = None) -> Iterator[Page | PageResult]:
    """The pages of a WARC file in its order: answers of status 200, and resources, that are HTML or plain text.

    Anything else in it is passed over. A page whose body is too large, empty or damaged comes as a rejection. A file that is cut
    or damaged gives everything that can be read, then one rejection (``broken_warc``) that says where. A page's ``path`` is
    ``name#offset``: the byte at which its record (in a gzip file: its member) begins; ``name#offset+inside`` where a member
    holds several records. A ``part`` of a gzip file are the members that begin at or after its first number and before its second,
    in bytes: neighbouring parts give each page once. Never raises for what is in the file; memory stays flat. A binary file object
    need not be seekable, but for parts.
    """
    damage = Damage()
    with ExitStack() as stack:
        undated = _UNDATED
        if isinstance(file, str | Path):
            path = Path(file)
            try:
                stream: BinaryIO = stack.enter_context(path.open("rb", buffering=0))
                undated = dt.datetime.fromtimestamp(path.stat().st_mtime, tz=dt.UTC)
            except OSError as error:
                yield _refused(file, name, "unreadable", f"{name} cannot be read: {error.strerror or error}.")
                return
        else:
            stream = file
        start, end = part or (0, None)
        if start:
            if (first := next_member(stream, start)) is None:
                return
            start = stream.seek(first)
        for offset, record in read_records(stream, damage, start, end):
            found = _page(record, f"{name}#{offset}", limits, undated)
            if found is not None:
                yield found
    if damage.first:
        more = f" (the first of {damage.places:,} broken places)" if damage.places > 1 else ""
        yield _refused(file, name, "broken_warc", f"{name} is damaged or cut: {damage.first}{more}.")


def _page(record: WarcRecord, path: str, limits: Limits, undated: dt.datetime) -> Page | PageResult | None:
    url = _url_of(record)
    if url is None:
        return None
    candidate = Candidate(location=url, path=path, url=url)
    try:
        headers = _headers_of(record)
    except OSError:
        failure = PageError(Stage.READ, "headers_too_large", f"{path} has more than {MAX_HEADER_BYTES:,} bytes of headers.")
        return PageResult(candidate, failure.rejection())
    declared = (headers.get("Content-Type") or "").strip() if headers is not None else None
    media_type = _MEDIA_TYPES.get(declared.partition(";")[0].rstrip().lower()) if declared else MediaType.HTML
    if declared is None or media_type is None:
        return None
    body = _read(record, limits.max_page_bytes)
    if body is None or not (declared or body.data.lstrip(_BLANK).startswith(b"<")):
        return None
    charset = _CHARSET.search(declared)
    page = Page(candidate, body.data, media_type, _observed_at(record) or undated, charset[1] if charset else None)
    return _checked(page, body, limits)


def _url_of(record: WarcRecord) -> str | None:
    """The canonical URL of a record that may hold a page."""
    if not record.record_type & _WANTED:
        return None
    url = canonical_or_none((record.headers.get("WARC-Target-URI") or "").strip("<>"))
    return None if url is None or urlsplit(url).path == "/robots.txt" else url


def _headers_of(record: WarcRecord) -> HeaderMap | None:
    """The headers that speak of the body; None where it is no good answer. Raises OSError where they are too long."""
    if record.record_type == WarcRecordType.resource:
        return record.headers
    record.is_http = True  # some writers leave the record's Content-Type out
    record.parse_http(max_header_len=MAX_HEADER_BYTES)
    return record.http_headers if record.http_headers.status_code == _OK else None


def _read(record: WarcRecord, max_bytes: int) -> Body | None:
    """The decoded body, None where the file ends before it begins: of that the file's own rejection tells."""
    wanted = min(record.content_length, max_bytes + 1)
    raw = record.reader.read(wanted)
    is_cut = len(raw) < wanted
    if is_cut and not raw:
        return None
    body = _decoded(record.http_headers, raw, max_bytes) if record.http_headers is not None else Body(raw)
    if is_cut and body.problem is None:
        return Body(body.data, ("truncated_body", "its record ends in the middle"))
    return Body(raw, body.problem) if body.problem and not body.data else body  # what is not decoded is kept as it is


def _decoded(headers: HeaderMap, raw: bytes, max_bytes: int) -> Body:
    chunked = "chunked" in (headers.get("Transfer-Encoding") or "").lower()
    codings = headers.get("Content-Encoding")
    if len(raw) > max_bytes or not (chunked or codings):
        return Body(raw)
    body = dechunk(raw) if chunked else Body(raw)
    if codings is None:
        return body
    decoded = decode(body.data, ",".join(headers.get_multiple("Content-Encoding")), max_bytes + 1)
    return Body(decoded.data, body.problem or decoded.problem)


def _checked(page: Page, body: Body, limits: Limits) -> Page | PageResult:
    path = page.candidate.path
    if len(body.data) > limits.max_page_bytes:
        large = PageError(Stage.READ, "too_large", f"{path} has more than {limits.max_page_bytes:,} bytes (INGEST_MAX_PAGE_BYTES).")
        return PageResult(page.candidate, large.rejection())
    if body.problem is not None:
        reason, what = body.problem
        return PageResult(page.candidate, PageError(Stage.READ, reason, f"The body of {path} is broken: {what}.").rejection(), page)
    if not body.data.strip():
        return PageResult(page.candidate, PageError(Stage.READ, "empty", f"{path} is empty.").rejection())
    return page


def _observed_at(record: WarcRecord) -> dt.datetime | None:
    """The record's date; WARC 1.1 allows less than seconds."""
    try:
        return (record.record_date or dt.datetime.fromisoformat(record.headers.get("WARC-Date") or "")).astimezone(dt.UTC)
    except (ValueError, OverflowError):
        return None


def _refused(file: str | Path | BinaryIO, name: str, reason: str, message: str) -> PageResult:
    location = Path(file).absolute().as_uri() if isinstance(file, str | Path) else f"file:{quote(name)}"
    return PageResult(Candidate(location, name), PageError(Stage.READ, reason, message).rejection())
