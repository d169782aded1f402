"""Sitemaps, sitemap indexes and news sitemaps (sitemaps.org 0.9, and Google's extension for news)."""

from __future__ import annotations

import datetime as dt
import re
from html import unescape
from urllib.parse import urljoin

from ingest.discover.safe_xml import parse_xml
from ingest.normalise.dates import parse_instant
from ingest.web import Entry, Link, Listing, ListingKind

_LOOSE_ENTRY = re.compile(rb"<(url|sitemap)\b[^<>]*>(.*?)(?:</\1>|(?=<\1\b)|\Z)", re.DOTALL | re.IGNORECASE)
_LOOSE_FIELD = re.compile(
    rb"<(?:(?!image:|video:)[a-z0-9]+:)?(loc|lastmod|publication_date|title|language)\s*+>\s*+(?:<!\[CDATA\[)?([^<]*+)<", re.IGNORECASE
)
_FIELDS = ("loc", "lastmod", "publication_date", "title", "language")
_MEDIA = frozenset({"image", "video"})  # elements whose loc and title are a picture's


def read_sitemap(body: bytes, url: str, max_urls: int) -> Listing | None:
    """The URLs of a sitemap, or the sitemaps of an index; None where the document is neither. Broken ones are read as far as they go."""
    reader = _Reader(url, max_urls)
    problem = parse_xml(body, reader.start, reader.end)
    if reader.root not in {"urlset", "sitemapindex"} and not re.search(rb"<(?:\w+:)?(?:urlset|sitemapindex)\b", body[:4096]):
        return None
    if problem and "entities" not in problem:
        reader = _loose(body, url, max_urls)
    is_index = (bool(reader.links) and not reader.entries) or reader.root == "sitemapindex"
    if reader.left_out:
        problem = f"Only the first {max_urls:,} URLs of this sitemap are read (INGEST_MAX_SITEMAP_URLS)."
    kind = ListingKind.SITEMAP_INDEX if is_index else ListingKind.SITEMAP
    return Listing(kind, tuple(reader.entries), tuple(reader.links), problem=problem)


class _Reader:
    def __init__(self, base: str, max_urls: int) -> None:
        self.root = ""
        self.entries: list[Entry] = []
        self.links: list[Link] = []
        self.left_out = 0
        self._base = base
        self._max_urls = max_urls
        self._facts: dict[str, str] = {}
        self._media = 0

    def start(self, name: str, _attributes: dict[str, str]) -> None:
        self.root = self.root or name
        if name in {"url", "sitemap"}:
            self._facts = {}
        elif name in _MEDIA:
            self._media += 1

    def end(self, name: str, text: str) -> None:
        if name in _MEDIA:
            self._media -= 1
        elif name in {"url", "sitemap"}:
            self.add(name, self._facts)
        elif name in _FIELDS and not self._media and text:
            self._facts.setdefault(name, text)

    def add(self, name: str, facts: dict[str, str]) -> None:
        if not facts.get("loc"):
            return
        if len(self.entries) + len(self.links) >= self._max_urls:
            self.left_out += 1
            return
        target = _absolute(self._base, facts["loc"])
        if target is None:
            return
        modified = w3c_instant(facts.get("lastmod"))
        if name == "sitemap":
            self.links.append(Link(target, updated=modified))
            return
        published = w3c_instant(facts.get("publication_date"))
        self.entries.append(Entry(target, title=facts.get("title"), published=published, updated=modified, language=facts.get("language")))


def _loose(body: bytes, url: str, max_urls: int) -> _Reader:
    """What can be told from a document that is no XML: an ampersand or a control character spoils the whole of it otherwise."""
    reader = _Reader(url, max_urls)
    for found in _LOOSE_ENTRY.finditer(body):
        facts: dict[str, str] = {}
        for name, value in _LOOSE_FIELD.findall(found[2]):
            facts.setdefault(name.decode().lower(), unescape(value.decode("utf-8", "replace").strip().removesuffix("]]>")).strip())
        reader.add(found[1].decode().lower(), facts)
    return reader


def w3c_instant(text: str | None) -> dt.datetime | None:
    """A date as sitemaps should write it (W3C datetime, a profile of ISO 8601), or as they do; aware. A day is its midnight in UTC."""
    value = (text or "").strip()
    if re.fullmatch(r"\d{4}", value):
        value += "-01-01"
    elif re.fullmatch(r"\d{4}-\d{2}", value):
        value += "-01"
    try:
        read = dt.datetime.fromisoformat(value)
    except ValueError:
        instant = parse_instant(value)
        return instant.at if instant else None
    return read if read.tzinfo else read.replace(tzinfo=dt.UTC)


def _absolute(base: str, loc: str) -> str | None:
    try:
        url = urljoin(base, loc.strip())
    except ValueError:
        return None
    return url if url.lower().startswith(("http://", "https://")) else None
