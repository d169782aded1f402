"""The links of a page: a section's articles, a home page's feeds."""

from __future__ import annotations

from typing import TYPE_CHECKING
from urllib.parse import urljoin, urlsplit

from selectolax.lexbor import LexborHTMLParser

from ingest.normalise.article_urls import is_article_url
from ingest.normalise.url import canonical_or_none, resolve
from ingest.normalise.url_identity import identity_url

if TYPE_CHECKING:
    from collections.abc import Iterator

FEED_TYPES = frozenset({"application/rss+xml", "application/atom+xml", "application/feed+json", "application/rdf+xml"})
_FEED_PATHS = (".rss", ".atom", "/rss", "/feed", "/atom", "/rss.xml", "/feed.xml", "/atom.xml", "/feed.json", "/index.xml", "/rdf.xml")
_LONGEST_PAGE = 5_000_000  # bytes of a page whose links are read; lexbor takes quadratic time on some markup that is made for it


def article_links(body: bytes, url: str) -> list[str]:
    """The articles of the same site that a page links to, canonical, each once, in the page's order."""
    site = _site(url)
    own = identity_url(url)
    found: dict[str, str] = {}
    for href, _ in _anchors(body, url):
        target = canonical_or_none(href)
        if target is None or not _belongs(_site(target), site) or not is_article_url(target):
            continue
        key = identity_url(target)
        if key != own:
            found.setdefault(key, target)
    return list(found.values())


def feed_links(body: bytes, url: str) -> list[tuple[str, str | None]]:
    """The feeds that a page declares, with their titles, and after them those that it only links to."""
    declared: dict[str, str | None] = {}
    tree = LexborHTMLParser(body[:_LONGEST_PAGE])
    base = _base(tree, url)
    for link in tree.css("link[rel~=alternate i][href]"):
        kind = (link.attributes.get("type") or "").split(";")[0].strip().lower()
        href = (link.attributes.get("href") or "").strip()
        target = resolve(base, href) if href and kind in FEED_TYPES else None
        if target:
            declared.setdefault(target, (link.attributes.get("title") or "").strip() or None)
    site = _site(url)
    for href, text in _anchors(body, url):
        target = canonical_or_none(href)
        if target and urlsplit(target).path.rstrip("/").lower().endswith(_FEED_PATHS) and _belongs(_site(target), site):
            declared.setdefault(target, text)
    return list(declared.items())


def _anchors(body: bytes, url: str) -> Iterator[tuple[str, str | None]]:
    tree = LexborHTMLParser(body[:_LONGEST_PAGE])
    base = _base(tree, url)
    for anchor in tree.css("a[href]"):
        href = (anchor.attributes.get("href") or "").strip()
        if href and not href.startswith(("#", "javascript:", "mailto:", "tel:", "data:")):
            try:
                yield urljoin(base, href), anchor.text().strip()[:200] or None
            except ValueError:
                continue


def _base(tree: LexborHTMLParser, url: str) -> str:
    element = tree.css_first("base[href]")
    return (resolve(url, element.attributes.get("href") or "") if element else None) or url


def _site(url: str) -> str:
    return urlsplit(identity_url(url)).hostname or ""


def _belongs(host: str, site: str) -> bool:
    return host == site or host.endswith("." + site) or (site.endswith("." + host) and host.count(".") > 0)
