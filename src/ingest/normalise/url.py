"""One form for the URLs that lead to the same page (RFC 3986 section 6, and the host rules of the WHATWG URL Standard)."""

from __future__ import annotations

import re
import tomllib
from functools import lru_cache
from importlib import resources
from typing import Any
from urllib.parse import urljoin, urlsplit

_SCHEMES = {"http": 80, "https": 443}  # scheme to default port
_LONGEST = 8_192  # characters; servers refuse longer request lines
_ESCAPE = re.compile("%([0-9A-Fa-f]{2})")
_UNRESERVED = frozenset("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~")
_PATH_SAFE = _UNRESERVED | frozenset("/!$&'()*+,;=:@")
_QUERY_SAFE = _UNRESERVED | frozenset("/?!$'()*+,;=:@")
_HOST = re.compile(r"[a-z0-9_-]+(?:\.[a-z0-9_-]+)*|\[[0-9a-f:.]+\]")


def _load_tracking() -> tuple[tuple[str, ...], frozenset[str]]:
    table: dict[str, Any] = tomllib.loads(resources.files("ingest.normalise").joinpath("tracking.toml").read_text("utf-8"))
    for group in ("prefixes", "names"):
        for name in table[group]:
            if not isinstance(name, str) or not name or name != name.lower():
                raise ValueError(f"tracking.toml: {name!r} in {group} is not a lower-case parameter name")
    return tuple(table["prefixes"]), frozenset(table["names"])


_TRACKING_PREFIXES, _TRACKING_NAMES = _load_tracking()


@lru_cache(maxsize=1_024)
def canonicalize(url: str) -> str:
    """The URL in its one form; two URLs with the same form address the same page.

    Scheme and host in lower case, the host in IDNA, no credentials, no default port, no dot segments, no fragment, percent-encoding
    only where needed, no parameters that track readers; path, other parameters and their order stay. Idempotent.

    Raises:
        ValueError: where the text is no absolute ``http`` or ``https`` URL.
    """
    return _normal(url, keep_tracking=False)


def fetchable(base: str, href: str) -> str | None:
    """Where a redirect leads: as `resolve`, with every parameter, since the site may ask for them; None where that is no http page."""
    try:
        return _normal(urljoin(base, href.strip()), keep_tracking=True) if href.strip() else None
    except ValueError:
        return None


_AROUND = "".join(map(chr, range(0x21))) + "\x7f\ufeff\u200b\u00a0"
"""What stands around URLs in attributes: white space, control characters, and characters that nobody sees."""


def _normal(url: str, *, keep_tracking: bool) -> str:
    text = url.strip(_AROUND)
    if len(text) > _LONGEST:
        raise ValueError(f"URL of {len(text):,} characters")
    parts = urlsplit(text.replace("\\", "/") if "\\" in text else text)
    scheme = parts.scheme.lower()
    if scheme not in _SCHEMES:
        raise ValueError(f"not an http or https URL: {url[:100]!r}")
    host = _ascii_host(parts.hostname or "")
    port = "" if parts.port in (None, _SCHEMES[scheme]) else f":{parts.port}"
    path = _encode(_without_dot_segments(_encode(parts.path, _PATH_SAFE)), _PATH_SAFE) or "/"
    kept = [_encode(piece, _QUERY_SAFE) for piece in parts.query.split("&") if piece and (keep_tracking or not _tracks(piece))]
    query = "?" + "&".join(kept) if kept else ""
    return f"{scheme}://{host}{port}{path}{query}"


def canonical_or_none(url: str | None) -> str | None:
    """As `canonicalize`, with None in place of an error."""
    try:
        return canonicalize(url) if url else None
    except ValueError:
        return None


def host_of(url: str | None) -> str | None:
    """The host of an ``http`` or ``https`` URL in its canonical form, None where there is none."""
    canonical = canonical_or_none(url)
    return urlsplit(canonical).hostname if canonical else None


def joined(base: str | None, href: str) -> str:
    """The URL that a reference on a page leads to (RFC 3986 section 5); most are absolute, and `urljoin` takes such ones apart for nothing.

    Raises:
        ValueError: one of the two is no URL.
    """
    is_absolute = href.startswith(("https://", "http://")) and href[-1] not in "?#" and "[" not in href
    return href if base is None or is_absolute else urljoin(base, href)


def resolve(base: str | None, href: str) -> str | None:
    """The canonical URL that a reference on a page leads to, None where it leads to no ``http`` page (RFC 3986 section 5)."""
    try:
        return canonicalize(joined(base or None, href.strip()))
    except ValueError:
        return None


def _ascii_host(host: str) -> str:
    """The host in IDNA, in lower case."""
    host = host.rstrip(".")
    if ":" in host:
        host = f"[{host}]"
    elif not host.isascii():
        try:
            host = host.encode("idna").decode("ascii")
        except UnicodeError as error:
            raise ValueError(f"not a host name: {host[:100]!r}") from error
    host = host.lower().rstrip(".")
    if not _HOST.fullmatch(host):
        raise ValueError(f"not a host name: {host[:100]!r}")
    return host


def _encode(text: str, safe: frozenset[str]) -> str:
    """The text with each octet percent-encoded exactly where it has to be."""
    if safe.issuperset(text):
        return text
    out = []
    position = 0
    while position < len(text):
        character = text[position]
        escaped = _ESCAPE.match(text, position) if character == "%" else None
        if escaped:
            decoded = chr(int(escaped[1], 16))
            out.append(decoded if decoded in _UNRESERVED else f"%{escaped[1].upper()}")
            position += 3
            continue
        out.append(character if character in safe else "".join(f"%{octet:02X}" for octet in character.encode("utf-8", "replace")))
        position += 1
    return "".join(out)


def _without_dot_segments(path: str) -> str:
    """RFC 3986 section 5.2.4."""
    if "/." not in path:
        return path
    segments: list[str] = []
    parts = path.split("/")
    for part in parts[1:]:
        if part == "..":
            del segments[-1:]
        elif part != ".":
            segments.append(part)
    if parts[-1] in (".", ".."):
        segments.append("")
    return "/" + "/".join(segments)


def _tracks(piece: str) -> bool:
    """Whether a ``name=value`` only says how the reader came."""
    name = _encode(piece.partition("=")[0], _QUERY_SAFE).lower()
    return name in _TRACKING_NAMES or name.startswith(_TRACKING_PREFIXES)
