"""What a target is, and the candidates in it."""

from __future__ import annotations

import datetime as dt
import re
import sys
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from ingest.discover.files import discover_files, is_saved_page
from ingest.discover.homepages import find_lists
from ingest.discover.links import article_links
from ingest.discover.listings import ListingLimits, read_listing
from ingest.discover.warc import is_warc, read_warc
from ingest.errors import PageError, UsageError
from ingest.identify.identity import article_key
from ingest.model import Candidate, Hint, Limits, MediaType, Page, PageResult, Stage
from ingest.normalise.article_urls import is_article_url
from ingest.normalise.url import canonical_or_none
from ingest.transfer import Attempt, Purpose
from ingest.web import Entry, Fetched, Link, Listing, ListingKind, Request

if TYPE_CHECKING:
    from typing import BinaryIO

Found = Candidate | Page | PageResult
STANDARD_INPUT = "-"
_ARTICLE_MARKS = re.compile(
    rb"""property\s*=\s*["']og:type["'][^<>]{0,300}content\s*=\s*["']article|content\s*=\s*["']article["'][^<>]{0,300}property\s*=\s*["']og:type"""
    rb"""|"@type"\s*:\s*\[?\s*"(?:News|Report|Opinion|Analysis|Review|Background)?(?:News)?Article"|itemtype\s*=\s*["']https?://schema\.org/NewsArticle""",
    re.IGNORECASE,
)
_LIST_SUFFIXES = (".opml", ".xml", ".rss", ".atom", ".json", ".xml.gz", ".urls", ".csv")
_SNIFFED = 64 * 1024  # bytes of a text file in which it shows whether it is a list of URLs


class TargetKind(StrEnum):
    """What a target can be."""

    ARTICLE = "article"
    FEED = "feed"
    SITEMAP = "sitemap"
    HOMEPAGE = "homepage"
    SECTION = "section"
    URLS = "urls"
    OPML = "opml"
    WARC = "warc"
    FILES = "files"


@dataclass(frozen=True, slots=True)
class DiscoverOptions:
    """How targets are looked into."""

    kind: TargetKind | None = None
    """What every target is; None tells it from each."""
    since: dt.datetime | None = None
    """Entries that are dated earlier are left out."""
    urls: Mapping[Path, str] = field(default_factory=dict)
    """The URLs of saved pages, by absolute path."""
    limits: ListingLimits = ListingLimits()
    page_limits: Limits = Limits()


class Discovery:
    """Looks into targets. ``get`` fetches; ``say`` is told in a sentence what each target turned out to be."""

    def __init__(self, get: Callable[[Request], Fetched], say: Callable[[str], None], options: DiscoverOptions) -> None:
        self.attempts: list[Attempt] = []
        """Requests that were made for lists, to be noted by whoever keeps note."""
        self._get_page = get
        self._say = say
        self._options = options
        self._seen: set[bytes] = set()

    def discover(self, targets: Sequence[str]) -> Iterator[Found]:
        """Each article page below the targets, each URL once."""
        for target in targets:
            if target == STANDARD_INPUT:
                yield from self._stream(sys.stdin.buffer)
            elif is_url(target):
                yield from self._url(target)
            else:
                yield from self._path(target)

    def _stream(self, stream: BinaryIO) -> Iterator[Found]:
        if self._options.kind == TargetKind.WARC:
            yield from read_warc(stream, STANDARD_INPUT, self._options.page_limits)
            return
        for raw in stream:
            line = raw.decode("utf-8", "replace").strip()
            if not line or line.startswith("#"):
                continue
            if not is_url(line):
                raise UsageError(f"Standard input: {line[:100]!r} is no http or https URL.")
            yield from self._entries([Entry(line)], None)

    def _path(self, target: str) -> Iterator[Found]:
        path, kind = Path(target), self._options.kind
        if path.is_dir() or kind == TargetKind.FILES:
            yield from discover_saved([target], self._options.urls, self._options.page_limits)
        elif kind == TargetKind.WARC or (kind is None and is_warc(path.name)):
            yield from read_warc(path, target, self._options.page_limits)
        elif kind is not None or path.name.lower().endswith(_LIST_SUFFIXES) or _holds_urls(path):
            yield from self._list_file(target)
        else:
            yield from discover_files([target], self._options.urls)

    def _list_file(self, target: str) -> Iterator[Found]:
        try:
            body = Path(target).read_bytes()
        except OSError as error:
            yield _refused(target, Stage.DISCOVER, "unreadable", f"{target} cannot be read: {error.strerror or error}.")
            return
        listing = read_listing(body, Path(target).absolute().as_uri(), self._options.limits)
        if listing is None:
            yield _refused(target, Stage.DISCOVER, "no_list", f"{target} is no feed, sitemap, OPML file or list of URLs.")
        else:
            yield from self._listing(listing, target, depth=0)

    def _url(self, target: str) -> Iterator[Found]:
        url, kind = canonical_or_none(target), self._options.kind
        if url is None:
            raise UsageError(f"{target} is no URL that can be fetched.")
        if kind == TargetKind.ARTICLE or (kind is None and is_article_url(url)):
            yield from self._entries([Entry(url)], None, recheck=True)
            return
        fetched = self._get(url)
        if fetched.failure is not None:
            yield PageResult(_place(url), fetched.failure)
            return
        listing = (
            None if kind in {TargetKind.HOMEPAGE, TargetKind.SECTION} else read_listing(fetched.body, fetched.url, self._options.limits)
        )
        if listing is not None:
            yield from self._listing(listing, url, depth=0)
        elif kind in {TargetKind.FEED, TargetKind.SITEMAP, TargetKind.OPML, TargetKind.URLS}:
            yield _refused(url, Stage.DISCOVER, "no_list", f"{url} is no {kind}.")
        elif kind == TargetKind.HOMEPAGE or (kind is None and _is_home(fetched.url)):
            yield from self._homepage(fetched)
        elif kind is None and _ARTICLE_MARKS.search(fetched.body):
            self._say(f"{url}: an article")
            # Its requests are noted with those for lists.
            transfer = replace(fetched.transfer, attempts=())
            yield Page(Candidate(url, url, url), fetched.body, MediaType.HTML, fetched.at, fetched.charset, transfer)
        else:
            links = article_links(fetched.body, fetched.url)
            self._say(f"{url}: a section page with {len(links)} links to articles")
            yield from self._entries([Entry(link) for link in links], None)

    def _homepage(self, fetched: Fetched) -> Iterator[Found]:
        lists = find_lists(fetched, self._get, self._options.limits)
        links = article_links(fetched.body, fetched.url)
        parts = [f"{len(lists.feeds)} feeds", f"{len(lists.sitemaps)} sitemaps", f"{len(links)} links to articles"]
        self._say(f"{fetched.request.url}: a home page with {', '.join(parts)}")
        # The sitemaps of a site name everything that it ever published; where there are feeds, they and the page itself say what is new.
        used = lists.feeds or [s for s in lists.sitemaps if "news" in urlsplit(s).path.lower()] or lists.sitemaps
        for url in used:
            self._say(f"  takes {url}")
            yield from self._linked(Link(url), depth=0)
        yield from self._entries([Entry(link) for link in links], None)

    def _linked(self, link: Link, *, depth: int) -> Iterator[Found]:
        url = canonical_or_none(link.url)
        fetched = self._get(url) if url else None
        if fetched is None:
            return
        if fetched.failure is not None:
            yield PageResult(_place(link.url), fetched.failure)
            return
        listing = read_listing(fetched.body, fetched.url, self._options.limits)
        if listing is None:
            yield _refused(link.url, Stage.DISCOVER, "no_list", f"{link.url} is no feed and no sitemap.")
            return
        yield from self._listing(listing, link.url, depth=depth)

    def _listing(self, listing: Listing, name: str, *, depth: int) -> Iterator[Found]:
        count = f"{len(listing.entries)} entries" if listing.entries or not listing.links else f"{len(listing.links)} lists"
        self._say(f"{'  ' * depth}{name}: {listing.kind} with {count}" + (f" ({listing.problem})" if listing.problem else ""))
        yield from self._entries(listing.entries, listing.kind)
        links = newest_first(listing.links, self._options.since)
        if links and depth >= self._options.limits.max_sitemap_depth:
            yield _refused(name, Stage.DISCOVER, "too_deep", f"{name}: sitemap indexes nest deeper than INGEST_MAX_SITEMAP_DEPTH.")
            return
        for link in links:
            yield from self._linked(link, depth=depth + 1)

    def _entries(self, entries: Sequence[Entry], kind: ListingKind | None, *, recheck: bool = False) -> Iterator[Candidate]:
        since = self._options.since
        for entry in entries:
            url = canonical_or_none(entry.url)
            dated = entry.updated or entry.published
            if url is None or (since and dated and dated < since) or (key := article_key(url)) in self._seen:
                continue
            self._seen.add(key)
            yield Candidate(location=url, path=entry.url, url=url, hint=hint_of(entry, kind), recheck=recheck)

    def _get(self, url: str) -> Fetched:
        fetched = self._get_page(Request(url, Purpose.LISTING))
        self.attempts += fetched.attempts
        return fetched


def discover_saved(targets: Iterable[str], urls: Mapping[Path, str], limits: Limits) -> Iterator[Found]:
    """Saved pages: files, WARC files, and folders of both. Needs no network."""
    for target in targets:
        path = Path(target)
        if is_warc(path.name) and not path.is_dir():
            yield from read_warc(path, target, limits)
            continue
        yield from discover_files([target], urls)
        if path.is_dir():
            for file in sorted(p for p in path.rglob("*") if is_warc(p.name) and p.is_file()):
                yield from read_warc(file, str(file), limits)


def is_url(target: str) -> bool:
    """Whether a target is on the web."""
    return target.lower().startswith(("http://", "https://"))


def target_kind(name: str | None) -> TargetKind | None:
    """The kind of that name, None for no name.

    Raises:
        UsageError: there is no such kind.
    """
    try:
        return TargetKind(name) if name else None
    except ValueError:
        raise UsageError(f"{name} is no kind of target; the kinds are {', '.join(TargetKind)}.") from None


def since_instant(text: str | None) -> dt.datetime | None:
    """The instant that ``--since`` means: a date, a date and time, or a number of days (``7d``).

    Raises:
        UsageError: it is none of these.
    """
    if text is None:
        return None
    try:
        if text.endswith("d") and text[:-1].isdecimal():
            return dt.datetime.now(dt.UTC) - dt.timedelta(days=int(text[:-1]))
        read = dt.datetime.fromisoformat(text)
    except (ValueError, OverflowError):  # more days than there are
        raise UsageError(f"{text} is no date: write 2026-11-02, or a number of days such as 7d.") from None
    return read if read.tzinfo else read.replace(tzinfo=dt.UTC)


def newest_first(links: Sequence[Link], since: dt.datetime | None) -> list[Link]:
    """The lists that may hold something newer, the newest first; those without a date come first: nobody knows."""
    wanted = [link for link in links if since is None or link.updated is None or link.updated >= since]
    return sorted(wanted, key=lambda link: -(link.updated.timestamp() if link.updated else float("inf")))


def hint_of(entry: Entry, kind: ListingKind | None) -> Hint | None:
    """What a list says of an entry, None where it says nothing but its URL."""
    if not (entry.title or entry.published or entry.updated or entry.authors or entry.language):
        return None
    return Hint(list_origin(kind), entry.title, entry.published, entry.updated, entry.authors, entry.language)


def list_origin(kind: ListingKind | None) -> str:
    """Under which name the database keeps what a list says."""
    return "sitemap" if kind in {ListingKind.SITEMAP, ListingKind.SITEMAP_INDEX} else "feed"


def _place(url: str) -> Candidate:
    """A list that could not be had: no article is known to be there."""
    return Candidate(location=url, path=url)


def _refused(location: str, stage: Stage, reason: str, message: str) -> PageResult:
    where = location if is_url(location) else Path(location).absolute().as_uri()
    return PageResult(Candidate(where, location, where if is_url(location) else None), PageError(stage, reason, message).rejection())


def _is_home(url: str) -> bool:
    parts = urlsplit(url)
    return parts.path in {"", "/"} and not parts.query


def _holds_urls(path: Path) -> bool:
    """Whether a text file is a list of URLs, not a page that was saved as text."""
    if is_saved_page(path.name) and not path.name.lower().endswith(".txt"):
        return False
    try:
        with path.open("rb") as file:
            head = file.read(_SNIFFED)
    except OSError:
        return False
    lines = [line.strip() for line in head.splitlines()[:50] if line.strip() and not line.startswith(b"#")]
    return bool(lines) and all(line.lower().startswith((b"http://", b"https://")) for line in lines[:-1] or lines)
