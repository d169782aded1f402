"""Which source an article belongs to."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

if TYPE_CHECKING:
    from ingest.model import Article

UNKNOWN_SLUG = "unknown"
_SLUG_LENGTH = 80  # characters; a publisher's name beyond that is a sentence that was taken for one


@dataclass(frozen=True, slots=True)
class Source:
    """A publisher as articles name it: ``domain`` is None where only a name is known."""

    slug: str
    name: str
    domain: str | None


def source_of(article: Article) -> Source:
    """The source of an article: its host without ``www.``, else its publisher's name, else the source ``unknown``."""
    host = _host(article.canonical_url or article.url)
    if host:
        return Source(host, article.publisher or host, host)
    slug = _slug(article.publisher or "")
    if slug:
        return Source(slug, article.publisher or slug, None)
    return Source(UNKNOWN_SLUG, "Unknown source", None)


def _host(url: str | None) -> str | None:
    try:
        host = urlsplit(url or "").hostname
    except ValueError:  # a malformed IPv6 address
        return None
    return host.removeprefix("www.") if host else None


def _slug(name: str) -> str:
    return re.sub(r"[\W_]+", "-", name.casefold()).strip("-")[:_SLUG_LENGTH].rstrip("-")
