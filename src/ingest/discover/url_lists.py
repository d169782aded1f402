"""Lists of URLs, one a line; also sitemaps in plain text."""

from __future__ import annotations

from ingest.web import Entry, Listing, ListingKind


def read_url_list(body: bytes, max_urls: int) -> Listing | None:
    """The URLs of a list; None where a line is neither a URL, nor empty, nor a comment (``#``)."""
    entries: dict[str, Entry] = {}
    left_out = 0
    for raw in body.removeprefix(b"\xef\xbb\xbf").splitlines():
        line = raw.strip()
        if not line or line.startswith(b"#"):
            continue
        if not line.lower().startswith((b"http://", b"https://")) or b" " in line or b"<" in line:
            return None
        url = line.decode("utf-8", "replace")
        if len(entries) < max_urls:
            entries.setdefault(url, Entry(url))
        elif url not in entries:
            left_out += 1
    if not entries:
        return None
    problem = f"Only the first {max_urls:,} URLs are read (INGEST_MAX_SITEMAP_URLS)." if left_out else None
    return Listing(ListingKind.URL_LIST, tuple(entries.values()), problem=problem)
