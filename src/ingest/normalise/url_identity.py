"""What all URLs of one page have in common: never fetched, only compared and hashed. The rules are documented in ``docs/urls.md``."""

from __future__ import annotations

import re
from functools import lru_cache
from urllib.parse import urlsplit

from ingest.normalise.url import canonicalize

_DEVICE_HOST = re.compile(r"(?:www\d?|m|mobile|mobil|amp|wap)\.(?=[^.]+\.[^.])")
_AMP_QUERY = frozenset({"amp", "amp=1", "amp=true", "outputtype=amp", "m=1"})
_INDEX = re.compile(r"/index\.(?:html?|php)$")
# The root, an edition's own (/en, /pt-br), or what servers call the page of a folder.
_HOME = re.compile(r"(?:/[a-z]{2}(?:[-_][a-z]{2})?)?(?:/(?:index|default|home)(?:\.[a-z]+)?|/)?", re.IGNORECASE)
_LONGEST_HOME = 40  # characters of such a path
_GOOGLE_AMP = re.compile(r"/amp/(s/)?(.+)")
_AMP_CACHE = re.compile(r"/[a-z](?:/s)?/(.+)")


@lru_cache(maxsize=4_096)
def identity_url(url: str) -> str:
    """The form that decides whether two URLs lead to the same article. Idempotent.

    Raises:
        ValueError: as `ingest.normalise.url.canonicalize`.
    """
    form = canonicalize(url)
    # Again where a step leaves something to do: a copy of a copy in a cache, the port 443 of an http URL.
    while (shorter := _shorter(form)) != form:
        form = canonicalize(shorter)
    return form


def is_home_page(url: str) -> bool:
    """Whether a URL is that of a site's home page, however it is written: no article has it."""
    path = url.partition("://")[2].partition("?")[0].partition("/")[2]
    if len(path) > _LONGEST_HOME:
        return False
    try:
        parts = urlsplit(identity_url(url))
    except ValueError:
        return False
    return not parts.query and _HOME.fullmatch(parts.path) is not None


def _shorter(url: str) -> str:
    parts = urlsplit(_out_of_cache(url))
    host = parts.netloc  # of a canonical URL: host and port, in lower case
    while _DEVICE_HOST.match(host):
        host = _DEVICE_HOST.sub("", host, count=1)
    query = sorted(piece for piece in parts.query.split("&") if piece and piece.lower() not in _AMP_QUERY)
    return f"https://{host}{_path(parts.path)}" + ("?" + "&".join(query) if query else "")


def _path(path: str) -> str:
    while True:
        before = path
        path = re.sub("/{2,}", "/", path)
        path = _INDEX.sub("/", path).rstrip("/")
        path = path.removesuffix("/amp").removeprefix("/amp/") if path != "/amp" else path
        path = path.removesuffix(".amp") if path.endswith(".amp") and not path.endswith("/.amp") else path
        path = path.removesuffix(".amp.html") + ".html" if path.endswith(".amp.html") else path
        path = path if path.startswith("/") else f"/{path}"
        if path == before:
            return path


def _out_of_cache(url: str) -> str:
    """The publisher's URL, where the URL is that of a copy in an AMP cache."""
    parts = urlsplit(url)
    host = parts.hostname or ""
    if host.endswith(".cdn.ampproject.org"):
        inner = _AMP_CACHE.fullmatch(parts.path)
    elif host.startswith("www.google."):
        inner = _GOOGLE_AMP.fullmatch(parts.path)
    else:
        return url
    target = inner[inner.lastindex or 1] if inner else ""
    if "." not in target.partition("/")[0]:
        return url
    try:
        return canonicalize(f"https://{target}" + (f"?{parts.query}" if parts.query else ""))
    except ValueError:
        return url
