"""Pages that only send the reader on: ``meta refresh``, and AMP pages, whose article is elsewhere."""

from __future__ import annotations

import re
from html import unescape
from urllib.parse import urlsplit

from ingest.normalise.url import fetchable, resolve
from ingest.normalise.url_identity import identity_url

_LOOKED_AT = 64 * 1024  # bytes of a page in which its head stands
_LONGEST_REFRESH = 10.0  # seconds; slower ones reload a page that is read
_REFRESH = re.compile(
    rb"""<meta\b(?=[^>]*http-equiv\s*=\s*["']?refresh\b)[^>]*?\bcontent\s*=\s*(?:"([^"]*)"|'([^']*)'|([^\s>]+))""", re.IGNORECASE
)
_REFRESH_CONTENT = re.compile(r"\s*([\d.]+)\s*[;,]\s*+(?:url\s*=\s*)?+[\"']?([^\"']+)", re.IGNORECASE)
_AMP = re.compile("<html\\b[^>]*?\\s(?:amp|\u26a1)(?:[\\s=>]|$)".encode(), re.IGNORECASE)
_CANONICAL = re.compile(
    rb"""<link\b(?=[^>]*\brel\s*=\s*["']?canonical\b)[^>]*?\bhref\s*=\s*(?:"([^"]*)"|'([^']*)'|([^\s>]+))""", re.IGNORECASE
)
_COMMENT = re.compile(rb"<!--.*?-->|<noscript\b.*?</noscript>", re.IGNORECASE | re.DOTALL)  # what does not hold for a reader with scripts


def onward_url(body: bytes, url: str) -> str | None:
    """Where a page sends its reader at once, or where the article of an AMP page is; None for a page that is read where it is."""
    head = body[:_LOOKED_AT]
    lowered = head.lower()
    if b"http-equiv" in lowered and b"refresh" in lowered:
        target = _refresh_target(_COMMENT.sub(b"", head), url)
        if target:
            return target
    if (b"amp" in lowered[:2_048] or b"\xe2\x9a\xa1" in head[:2_048]) and _AMP.search(head[:2_048]):
        return _amp_target(head, url)
    return None


def _refresh_target(head: bytes, url: str) -> str | None:
    found = _REFRESH.search(head)
    content = _REFRESH_CONTENT.match(_value(found)) if found else None
    if content is None:
        return None
    try:
        seconds = float(content[1])
    except ValueError:
        return None
    target = fetchable(url, unescape(content[2]).strip()) if seconds <= _LONGEST_REFRESH else None
    return target if target and not _same(target, url) else None


def _amp_target(head: bytes, url: str) -> str | None:
    found = _CANONICAL.search(head)
    target = resolve(url, unescape(_value(found))) if found else None
    if target is None or target == url or urlsplit(target).path in {"", "/"}:
        return None
    return target if _site(target) == _site(url) else None


def _value(found: re.Match[bytes]) -> str:
    return next(group for group in found.groups() if group is not None).decode("utf-8", "replace")


def _same(target: str, url: str) -> bool:
    """A page that only reloads itself."""
    return target == resolve(None, url)


def _site(url: str) -> str:
    return urlsplit(identity_url(url)).hostname or ""
