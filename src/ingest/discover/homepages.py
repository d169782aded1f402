"""The feeds and sitemaps of a site: by its page's link tags, by its robots.txt, and in the usual places."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from selectolax.lexbor import LexborHTMLParser

from ingest.discover.links import feed_links
from ingest.discover.listings import ListingLimits, read_listing
from ingest.normalise.url import resolve
from ingest.web import Fetched, ListingKind

if TYPE_CHECKING:
    from collections.abc import Callable

_USUAL_FEEDS = ("/feed", "/rss", "/rss.xml", "/feed.xml", "/atom.xml", "/feed.json", "/index.xml")
_USUAL_SITEMAPS = ("/news-sitemap.xml", "/sitemap-news.xml", "/sitemap_news.xml", "/sitemap.xml", "/sitemap_index.xml")
_SITEMAP_LINE = re.compile(rb"^[ \t]*sitemap[ \t]*:[ \t]*(\S+)", re.IGNORECASE | re.MULTILINE)
_FEED_KINDS = frozenset({ListingKind.RSS, ListingKind.ATOM, ListingKind.JSON_FEED})
_HEAD = 200_000  # bytes in which a page's metadata stands
_MOST = 50  # feeds of one page: a publisher's page of feeds lists hundreds, which somebody should choose from


@dataclass(frozen=True, slots=True)
class SiteLists:
    """Where a site lists its articles."""

    title: str | None
    feeds: list[str]
    sitemaps: list[str]
    homepage: str | None = None
    """The site's home page, where a feed says so."""


def find_lists(home: Fetched, get: Callable[[str], Fetched], limits: ListingLimits) -> SiteLists:
    """The feeds and sitemaps of the site that a home page belongs to. What is only guessed is tried; what is declared is not."""
    feeds = [url for url, _ in feed_links(home.body, home.url)][:_MOST]
    parts = urlsplit(home.url)
    origin = f"{parts.scheme}://{parts.netloc}"
    robots = get(f"{origin}/robots.txt")
    lines = _SITEMAP_LINE.findall(robots.body) if robots.failure is None else []
    declared = (resolve(origin, line.decode("utf-8", "replace")) for line in lines)
    sitemaps = list(dict.fromkeys(url for url in declared if url))[:_MOST]
    if not feeds:
        feeds = _first_of(origin, _USUAL_FEEDS, get, limits, _FEED_KINDS)
    if not sitemaps:
        sitemaps = _first_of(origin, _USUAL_SITEMAPS, get, limits, frozenset({ListingKind.SITEMAP, ListingKind.SITEMAP_INDEX}))
    return SiteLists(_title(home.body), feeds, sitemaps)


def _first_of(
    origin: str, paths: tuple[str, ...], get: Callable[[str], Fetched], limits: ListingLimits, kinds: frozenset[ListingKind]
) -> list[str]:
    for path in paths:
        fetched = get(origin + path)
        listing = read_listing(fetched.body, fetched.url, limits) if fetched.failure is None else None
        if listing is not None and listing.kind in kinds:
            return [fetched.url]
    return []


def _title(body: bytes) -> str | None:
    element = LexborHTMLParser(body[:_HEAD]).css_first('meta[property="og:site_name"]')
    return (element.attributes.get("content") or "").strip()[:200] or None if element else None
