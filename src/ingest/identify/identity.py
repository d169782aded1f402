"""The identity of an article: one URL, one key."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING

from ingest.model import Article
from ingest.normalise.url_identity import identity_url

if TYPE_CHECKING:
    from ingest.model import PageResult


def article_url(result: PageResult) -> str:
    """The URL that an article is known by.

    The canonical URL where the page has one, else the URL that it was found under, else the place that it was read
    from (a ``file:`` URI): a saved page without a URL of its own is known by its file.
    """
    article = result.result
    if isinstance(article, Article) and (own := article.canonical_url or article.url):
        return own
    return result.candidate.url or result.candidate.location


def article_key(url: str) -> bytes:
    """The SHA-256 of what all URLs of one page have in common (docs/urls.md): two URLs with one key lead to the same article."""
    try:
        return url_key(identity_url(url))
    except ValueError:  # a file: URI is itself
        return url_key(url)


def url_key(url: str) -> bytes:
    """The SHA-256 of a URL: what unique indexes are built on."""
    return hashlib.sha256(url.encode("utf-8", "surrogatepass")).digest()
