"""Feeds: RSS 0.9x to 2.0, RDF, Atom and JSON Feed, broken ones too."""

from __future__ import annotations

import calendar
import datetime as dt
import io
import json
import re
from email.utils import parsedate_to_datetime
from typing import TYPE_CHECKING, Any
from urllib.parse import urljoin

from ingest.web import Entry, Listing, ListingKind

if TYPE_CHECKING:
    from collections.abc import Iterable

_FEED_ROOT = re.compile(rb"<(?:[a-z0-9]+:)?(?:rss|feed|rdf|channel)\b", re.IGNORECASE)
_ENTITY = re.compile(rb"<!ENTITY", re.IGNORECASE)
_DOCTYPE = re.compile(rb"<!DOCTYPE[^>\[]*(?:\[.*?\])?\s*>", re.IGNORECASE | re.DOTALL)
_LOOKED_AT = 4_096  # bytes in which a feed's root element stands
_PERIODS = {"hourly": 3600.0, "daily": 86_400.0, "weekly": 604_800.0, "monthly": 2_592_000.0, "yearly": 31_536_000.0}  # seconds
_TAG = re.compile(r"<[a-z!/][^>]*>", re.IGNORECASE)


def read_feed(body: bytes, url: str, max_entries: int) -> Listing | None:
    """The entries of a feed, in its order, each URL once; None where the document is no feed."""
    if body.lstrip()[:1] in (b"{", b"\xef") and (feed := _json_feed(body, url, max_entries)):
        return feed
    if not _FEED_ROOT.search(body[:_LOOKED_AT]):
        return None
    return _xml_feed(body, url, max_entries)


def _xml_feed(body: bytes, url: str, max_entries: int) -> Listing | None:
    import feedparser  # 60 ms that commands without feeds need not pay

    if _ENTITY.search(body):
        body = _DOCTYPE.sub(b"", body, count=1)  # what it declares would be expanded
    # A stream, never a text: feedparser takes a text for a URL or the name of a file.
    try:
        parsed: Any = feedparser.parse(io.BytesIO(body), response_headers={"content-location": url}, sanitize_html=False)
    except Exception as error:  # noqa: BLE001  # it is given anything at all, and its faults are not the feed's reader's
        return Listing(ListingKind.RSS, problem=f"The feed cannot be read: {type(error).__name__}: {error}"[:300])
    kind = ListingKind.ATOM if str(parsed.get("version", "")).startswith("atom") else ListingKind.RSS
    if not parsed.get("version") and not parsed.entries:
        return Listing(kind, problem=_broken(parsed) or "The document has no entries.") if parsed.bozo else None
    entries = _each_once(entry for raw in parsed.entries[:max_entries] if (entry := _entry(raw, url)))
    problem = _broken(parsed)
    if len(parsed.entries) > max_entries:
        problem = f"Only the first {max_entries:,} entries are read (INGEST_MAX_FEED_ENTRIES)."
    facts = parsed.feed
    return Listing(
        kind,
        entries,
        title=_text(facts.get("title")),
        homepage=_absolute(url, facts.get("link")),
        language=_text(facts.get("language")),
        period_seconds=_period(facts),
        problem=problem,
    )


def _broken(parsed: Any) -> str | None:  # noqa: ANN401  # what feedparser returns has no types
    error = parsed.get("bozo_exception")
    if not parsed.bozo or error is None or type(error).__name__ in {"CharacterEncodingOverride", "NonXMLContentType"}:
        return None  # read all the same: the declaration was wrong, the text was not
    return f"The feed is broken: {error}"[:300]


def _entry(raw: Any, base: str) -> Entry | None:  # noqa: ANN401  # as above
    url = _absolute(base, raw.get("feedburner_origlink")) or _absolute(base, raw.get("link"))
    guid = _text(raw.get("id"))
    if url is None and guid and guid.lower().startswith(("http://", "https://")) and raw.get("guidislink", True):
        url = guid
    if url is None:
        return None
    return Entry(
        url=url,
        title=_text(raw.get("title")),
        published=_instant(raw, "published") or _instant(raw, "created"),
        updated=_instant(raw, "updated"),
        authors=_authors(raw),
        summary=_text(raw.get("summary")),
        content=_content(raw),
        guid=guid,
        language=_text(raw.get("language")),
    )


def _authors(raw: Any) -> tuple[str, ...]:  # noqa: ANN401  # as above
    names = [_text(a.get("name")) for a in raw.get("authors", ()) if isinstance(a, dict)] or [_text(raw.get("author"))]
    return tuple(dict.fromkeys(name for name in names if name))


def _content(raw: Any) -> str | None:  # noqa: ANN401  # as above
    """The text of the article, where it is more than the summary."""
    texts = [c.get("value") or "" for c in raw.get("content", ()) if "html" in str(c.get("type")) or "text" in str(c.get("type"))]
    longest = max(texts, key=len, default="")
    return longest if len(longest) > len(raw.get("summary") or "") or (longest and _TAG.search(longest)) else None


def _instant(raw: Any, name: str) -> dt.datetime | None:  # noqa: ANN401  # as above
    """The date with the offset that the publisher writes; where that cannot be read, feedparser's, which is in UTC."""
    # dict.get: feedparser's own takes the date of publication for an absent date of change.
    if (read := written_instant(dict.get(raw, name))) is not None:
        return read
    parts = dict.get(raw, f"{name}_parsed")
    try:
        return dt.datetime.fromtimestamp(calendar.timegm(parts), dt.UTC) if parts else None
    except (ValueError, TypeError, OverflowError, OSError):
        return None


def written_instant(text: object) -> dt.datetime | None:
    """A date in the form of e-mail (RFC 5322) or of ISO 8601, aware; None where it is neither, or names no zone."""
    if not isinstance(text, str):
        return None
    for read in (dt.datetime.fromisoformat, parsedate_to_datetime):
        try:
            found = read(text.strip())
        except (ValueError, TypeError, IndexError, OverflowError):
            continue
        return found if found.tzinfo else None
    return None


def _period(facts: Any) -> float | None:  # noqa: ANN401  # as above
    """The wait that the feed asks for: ``ttl`` is in minutes (RSS 2.0), ``sy:updatePeriod`` is divided by its frequency."""
    ttl = _text(facts.get("ttl"))
    if ttl and ttl.isascii() and ttl.isdigit():
        return float(ttl[:7]) * 60 or None
    period = _PERIODS.get((_text(facts.get("sy_updateperiod")) or "").lower())
    frequency = _text(facts.get("sy_updatefrequency")) or "1"
    if period is None:
        return None
    return period / max(int(frequency[:5]), 1) if frequency.isascii() and frequency.isdigit() else period


def _json_feed(body: bytes, url: str, max_entries: int) -> Listing | None:
    """JSON Feed 1.0 and 1.1 (jsonfeed.org)."""
    try:
        feed = json.loads(body)
    except (ValueError, RecursionError):
        return None
    if not isinstance(feed, dict) or not isinstance(items := feed.get("items"), list) or "jsonfeed" not in str(feed.get("version")):
        return None
    entries = _each_once(entry for item in items[:max_entries] if isinstance(item, dict) and (entry := _json_entry(item, url)))
    problem = f"Only the first {max_entries:,} entries are read (INGEST_MAX_FEED_ENTRIES)." if len(items) > max_entries else None
    homepage = _absolute(url, feed.get("home_page_url"))
    return Listing(
        ListingKind.JSON_FEED,
        entries,
        title=_text(feed.get("title")),
        homepage=homepage,
        language=_text(feed.get("language")),
        problem=problem,
    )


def _json_entry(item: dict[str, Any], base: str) -> Entry | None:
    guid = _text(item.get("id"))
    url = _absolute(base, item.get("url")) or (guid if guid and guid.startswith(("http://", "https://")) else None)
    if url is None:
        return None
    people = item.get("authors") if isinstance(item.get("authors"), list) else [item.get("author")]
    names = [_text(person.get("name")) for person in people or () if isinstance(person, dict)]
    return Entry(
        url=url,
        title=_text(item.get("title")),
        published=written_instant(item.get("date_published")),
        updated=written_instant(item.get("date_modified")),
        authors=tuple(dict.fromkeys(name for name in names if name)),
        summary=_text(item.get("summary")),
        content=_text(item.get("content_html")) or _text(item.get("content_text")),
        guid=guid,
        language=_text(item.get("language")),
    )


def _each_once(entries: Iterable[Entry]) -> tuple[Entry, ...]:
    by_url: dict[str, Entry] = {}
    for entry in entries:
        by_url.setdefault(entry.url, entry)
    return tuple(by_url.values())


def _text(value: object) -> str | None:
    return value.strip() or None if isinstance(value, str) else None


def _absolute(base: str, href: object) -> str | None:
    if not isinstance(href, str) or not href.strip():
        return None
    try:
        url = urljoin(base, href.strip())
    except ValueError:
        return None
    return url if url.lower().startswith(("http://", "https://")) else None
