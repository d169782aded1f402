"""Feeds: RSS 0.9x to 2.0, RDF, Atom and JSON Feed, broken ones too."""

from __future__ import annotations

import datetime as dt
import io
import json
import re
from email.utils import parsedate_to_datetime
from typing import TYPE_CHECKING, Any
from urllib.parse import urljoin

from ingest.normalise.dates import parse_instant
from ingest.normalise.dates.reading import EARLIEST_YEAR, LATEST_YEAR
from ingest.web import Entry, Listing, ListingKind

if TYPE_CHECKING:
    from collections.abc import Iterable

_FEED_ROOT = re.compile(rb"<(?:[a-z0-9]+:)?(?:rss|feed|rdf|channel)\b", re.IGNORECASE)
_ENTITY = re.compile(rb"<!ENTITY", re.IGNORECASE)
_DOCTYPE = re.compile(rb"<!DOCTYPE", re.IGNORECASE)
_DECLARATIONS = re.compile(rb"[^>\[]*(?:\[.*?\]\s*)?>", re.DOTALL)
_LOOKED_AT = 4_096  # bytes in which a feed's root element stands
_PERIODS = {"hourly": 3600.0, "daily": 86_400.0, "weekly": 604_800.0, "monthly": 2_592_000.0, "yearly": 31_536_000.0}  # seconds
_BOM = b"\xef\xbb\xbf"
_ADDRESS = re.compile(r"\S+@\S+")
# feedparser looks for addresses in quadratic time; links of news aggregators hold words of a thousand letters.
_ENDLESS_WORD = re.compile(rb"(?<![\w.+-])([\w.+-]{2048})[\w.+-]+")
_TAG = re.compile(r"<[a-z!/][^>]*>", re.IGNORECASE)


def read_feed(body: bytes, url: str, max_entries: int) -> Listing | None:
    """The entries of a feed, in its order, each URL once; None where the document is no feed."""
    body = _from_its_start(body)
    if body.removeprefix(_BOM)[:1] == b"{":
        return _json_feed(body, url, max_entries)
    if not _FEED_ROOT.search(body[:_LOOKED_AT]):
        return None
    return _xml_feed(body, url, max_entries)


def _from_its_start(body: bytes) -> bytes:
    """The document without white space before it, which XML forbids; a byte order mark says UTF-8 wherever it stands there."""
    start = body.lstrip(_BOM + b" \t\r\n\0")
    return _BOM + start if _BOM in body[: len(body) - len(start)] else start


def _without_declarations(body: bytes) -> bytes:
    """The document without its type, where that declares entities: they would be expanded."""
    doctype = _DOCTYPE.search(body) if _ENTITY.search(body) else None
    end = _DECLARATIONS.match(body, doctype.end()) if doctype else None
    if doctype and end:
        body = body[: doctype.start()] + body[end.end() :]
    return _ENTITY.sub(b"&lt;!ENTITY", body)  # a second type, or one without an end


def _xml_feed(body: bytes, url: str, max_entries: int) -> Listing | None:
    import feedparser  # 60 ms that commands without feeds need not pay

    # A stream, never a text: feedparser takes a text for a URL or the name of a file.
    stream = io.BytesIO(_ENDLESS_WORD.sub(rb"\1", _without_declarations(body)))
    try:
        parsed: Any = feedparser.parse(stream, response_headers={"content-location": url}, sanitize_html=False)
    except Exception as error:  # noqa: BLE001  # it is given anything at all, and its faults are not the feed's reader's
        return Listing(ListingKind.RSS, problem=f"The feed cannot be read: {type(error).__name__}: {error}"[:300])
    kind = ListingKind.ATOM if str(parsed.get("version", "")).startswith("atom") else ListingKind.RSS
    if not parsed.get("version") and not parsed.entries:
        return Listing(kind, problem=_broken(parsed) or "The document has no entries.") if parsed.bozo else None
    is_atom = kind == ListingKind.ATOM
    entries = _each_once(entry for raw in parsed.entries[:max_entries] if (entry := _entry(raw, url, is_atom=is_atom)))
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


def _entry(raw: Any, base: str, *, is_atom: bool) -> Entry | None:  # noqa: ANN401  # as above
    url = _absolute(base, raw.get("feedburner_origlink")) or _absolute(base, raw.get("link"))
    guid = _text(raw.get("id"))
    if url is None and guid and guid.lower().startswith(("http://", "https://")) and raw.get("guidislink", True):
        url = guid
    if url is None:
        return None
    # dict.get: feedparser's own takes the date of publication for an absent date of change.
    published, created, updated = (_date(dict.get(raw, name)) for name in ("published", "created", "updated"))
    if not is_atom:  # dc:date, for which feedparser has no other name
        created = created or updated
    return Entry(
        url=url,
        title=_text(raw.get("title")),
        published=published or created,
        updated=updated,
        authors=_authors(raw, is_atom=is_atom),
        summary=_text(raw.get("summary")),
        content=_content(raw),
        guid=guid,
        language=_text(raw.get("language")),
    )


def _authors(raw: Any, *, is_atom: bool) -> tuple[str, ...]:  # noqa: ANN401  # as above
    people = [a for a in raw.get("authors", ()) if isinstance(a, dict)]
    names = [_text(a.get("name")) for a in people if is_atom or "email" not in a]
    line = _text(raw.get("author")) or ""
    if (
        not is_atom and "@" in line
    ):  # "ada@post.example (Ada Brook)": feedparser splits the address where its top-level domain is a long one
        names.append(_text(_ADDRESS.sub("", line).strip(" ()<>")))
    elif not people:
        names.append(_text(line))
    return tuple(dict.fromkeys(name for name in names if name))


def _content(raw: Any) -> str | None:  # noqa: ANN401  # as above
    """The text of the article, where it is more than the summary."""
    texts = [c.get("value") or "" for c in raw.get("content", ()) if "html" in str(c.get("type")) or "text" in str(c.get("type"))]
    longest = max(texts, key=len, default="")
    return longest if len(longest) > len(raw.get("summary") or "") or (longest and _TAG.search(longest)) else None


def _date(text: object) -> dt.datetime | None:
    """A date of e-mail (RFC 5322) or of ISO 8601 with its offset, else as a page may write one; aware, in UTC where it names no zone."""
    if not isinstance(text, str):
        return None
    for read in (dt.datetime.fromisoformat, parsedate_to_datetime):
        try:
            found = read(text.strip())
        except (ValueError, TypeError, IndexError, OverflowError):
            continue
        if found.tzinfo and EARLIEST_YEAR <= found.year <= LATEST_YEAR:
            return found
    instant = parse_instant(text)
    return instant.at if instant else None


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
        published=_date(item.get("date_published")),
        updated=_date(item.get("date_modified")),
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
