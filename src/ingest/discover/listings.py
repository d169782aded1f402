"""What kind of list a document is, told from its bytes, and what it lists."""

from __future__ import annotations

import re
import zlib
from codecs import BOM_UTF16_BE, BOM_UTF16_LE
from dataclasses import dataclass
from typing import TYPE_CHECKING

from ingest.discover.feeds import read_feed
from ingest.discover.opml import read_opml
from ingest.discover.sitemaps import read_sitemap
from ingest.discover.url_lists import read_url_list

if TYPE_CHECKING:
    from ingest.web import Listing

_GZIP = 16 + zlib.MAX_WBITS  # zlib's way to ask for the gzip format (RFC 1952)
_XML_ENCODING = re.compile(rb"""^(\s{0,100}<\?xml[^<>]{0,100}?)\sencoding\s*=\s*["'][\w-]+["']""", re.IGNORECASE)
_SITEMAP_ROOT = re.compile(rb"<(?:\w+:)?(?:urlset|sitemapindex)\b")
_LOOKED_AT = 4_096  # bytes in which a document's root element stands


@dataclass(frozen=True, slots=True)
class ListingLimits:
    """The bounds of one list; each has a setting of the same name."""

    max_feed_entries: int = 5_000
    max_sitemap_urls: int = 50_000
    max_listing_bytes: int = 50 * 1024 * 1024
    max_sitemap_depth: int = 3


def read_listing(body: bytes, url: str, limits: ListingLimits = ListingLimits()) -> Listing | None:
    """The list that a document is: feed, sitemap, OPML, or URLs one a line, each also in gzip. None where it is none of these.

    Any bytes at all give a list or None; ``problem`` says what is broken in it. Servers call feeds ``text/html`` and pages
    ``application/xml``, so what they call it is not asked.
    """
    if body[:2] == b"\x1f\x8b":
        body = _gunzip(body, limits.max_listing_bytes)
    if body.startswith((BOM_UTF16_LE, BOM_UTF16_BE)):
        body = _XML_ENCODING.sub(rb"\1", body.decode("utf-16", "replace").encode("utf-8", "replace"), count=1)
    head = body[:_LOOKED_AT].lstrip(b"\xef\xbb\xbf \t\r\n\0")
    if head.startswith((b"http://", b"https://", b"#")):
        return read_url_list(body, limits.max_sitemap_urls)
    if head.startswith(b"{"):
        return read_feed(body, url, limits.max_feed_entries)
    lowered = head.lower()
    if b"<opml" in lowered:
        return read_opml(body)
    if _SITEMAP_ROOT.search(lowered):
        return read_sitemap(body, url, limits.max_sitemap_urls)
    if b"<!doctype html" in lowered or b"<html" in lowered:
        return None
    return read_feed(body, url, limits.max_feed_entries)


def _gunzip(body: bytes, most: int) -> bytes:
    """What a gzip file holds, up to a size; of one that is cut off, what there is."""
    inflate = zlib.decompressobj(_GZIP)
    try:
        return inflate.decompress(body, most)
    except zlib.error:
        return b""
