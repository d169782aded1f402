"""One site of the web: what it answers to a request that meets no fault."""

from __future__ import annotations

import datetime as dt
import zlib
from dataclasses import dataclass, field, replace
from email.utils import format_datetime

from tests.web import lists
from tests.web.articles import Truth, make_article, render, render_amp

START = dt.datetime(2026, 11, 20, 8, 30, tzinfo=dt.timezone(dt.timedelta(hours=2)))
LONG_FEED_ENTRIES = 10_000


@dataclass(frozen=True, slots=True)
class Response:
    """An answer."""

    body: bytes = b""
    status: int = 200
    content_type: str = "text/html; charset=utf-8"
    headers: tuple[tuple[str, str], ...] = ()
    modified: dt.datetime | None = None
    """Sent as Last-Modified."""

    def raw(self, *, conditional: str | None = None, since: str | None = None) -> bytes:
        """The bytes on the wire; 304 where the client has it already: If-None-Match goes first (RFC 9110 section 13.2.2)."""
        etag = f'"{zlib.crc32(self.body):08x}-{len(self.body)}"'
        modified = format_datetime(self.modified.astimezone(dt.UTC), usegmt=True) if self.modified else None
        known = [tag.strip().removeprefix("W/") for tag in conditional.split(",")] if conditional else []
        if self.status == 200 and (etag in known if known else modified is not None and since == modified):
            return f"HTTP/1.1 304 Not Modified\r\nETag: {etag}\r\n\r\n".encode()
        lines = [f"HTTP/1.1 {self.status} X", f"Content-Type: {self.content_type}", f"Content-Length: {len(self.body)}"]
        if self.status == 200:
            lines.append(f"ETag: {etag}")
        if modified:
            lines.append(f"Last-Modified: {modified}")
        lines += [f"{name}: {value}" for name, value in self.headers]
        return "\r\n".join([*lines, "", ""]).encode() + self.body


@dataclass(slots=True)
class Site:
    """A publisher on an address of its own."""

    address: str
    base: str
    articles: list[Truth] = field(default_factory=list)
    robots: Response = field(default_factory=lambda: Response(b"User-agent: *\nDisallow: /private/\n", content_type="text/plain"))
    feed_length: int = 30
    page_bytes: int = 0
    full_text: bool = False
    gone: set[str] = field(default_factory=set)
    """Paths that answer 410."""
    moved: dict[str, tuple[int, str]] = field(default_factory=dict)
    """Paths that answer with a redirect: status and target."""
    broken: dict[str, int] = field(default_factory=dict)
    """Paths that answer with an error status."""
    pages: dict[str, Response] = field(default_factory=dict)
    """Paths that answer with this."""
    _rendered: dict[Truth, bytes] = field(default_factory=dict)
    _sent: dict[str, tuple[bytes, dt.datetime]] = field(default_factory=dict)
    """What each path answered last, and since when."""

    def publish(self, seed: int, published: dt.datetime = START) -> Truth:
        """Add an article: the newest one of the site."""
        truth = make_article(seed, published)
        self.articles.insert(0, truth)
        return truth

    def answer(self, path: str) -> Response:
        """What the site says to a path; each change of what it says is a second newer than the one before."""
        plain = path.partition("?")[0]
        response = self._answer(plain)
        if response.status != 200:
            return response
        body, modified = self._sent.get(plain, (response.body, START))
        if body != response.body:
            modified += dt.timedelta(seconds=1)
        self._sent[plain] = response.body, modified
        return replace(response, modified=modified)

    def expire_from_feed(self, count: int = 1) -> None:
        """Take the oldest articles out of the lists that are cut at ``feed_length``; their pages and the sitemap stay."""
        self.feed_length = max(0, min(self.feed_length, len(self.articles)) - count)

    def _answer(self, plain: str) -> Response:
        if plain in self.pages:
            return self.pages[plain]
        if plain in self.gone:
            return Response(b"Gone", 410, "text/plain")
        if plain in self.moved:
            status, target = self.moved[plain]
            return Response(status=status, headers=(("Location", target),))
        if plain in self.broken:
            return Response(b"Error", self.broken[plain], "text/plain")
        if plain.startswith("/bulk/") and self.articles:  # one page under any number of URLs, for benchmarks
            return self._article(self.articles[0].path) or Response()
        return self._list(plain) or self._article(plain) or Response(b"<h1>Not found</h1>", 404)

    def _list(self, path: str) -> Response | None:
        newest = self.articles[: self.feed_length]
        xml = "application/xml"
        match path:
            case "/":
                return Response(lists.homepage(newest))
            case "/world/":
                return Response(lists.section(newest))
            case "/robots.txt":
                return self.robots
            case "/feed.rss":
                return Response(lists.rss(self.base, newest, full=self.full_text), content_type="application/rss+xml")
            case "/cut.rss":
                return Response(lists.cut_rss(self.base, newest), content_type="application/rss+xml")
            case "/long.rss":
                return Response(lists.long_rss(self.base, START, LONG_FEED_ENTRIES), content_type="application/rss+xml")
            case "/atom.xml":
                return Response(lists.atom(self.base, newest), content_type="application/atom+xml")
            case "/feed.json":
                return Response(lists.json_feed(self.base, newest), content_type="application/feed+json")
            case "/sitemap.xml":
                return Response(lists.sitemap_index(self.base), content_type=xml)
            case "/sitemap-articles.xml.gz":
                return Response(lists.gzipped(lists.sitemap(self.base, self.articles)), content_type="application/gzip")
            case "/news-sitemap.xml":
                return Response(lists.news_sitemap(self.base, newest), content_type=xml)
        return None

    def _article(self, path: str) -> Response | None:
        is_amp = path.startswith("/amp/")
        wanted = path.removeprefix("/amp") if is_amp else path
        place = next((n for n, a in enumerate(self.articles) if a.path == wanted), None)
        if place is None:
            return None
        truth = self.articles[place]
        if is_amp:
            return Response(render_amp(truth, self.base))
        if truth not in self._rendered:
            others = [a for a in self.articles if a is not truth][:4]
            shape = sum(path.encode()) % 4
            self._rendered[truth] = render(truth, self.base, shape=shape, related=others, page_bytes=self.page_bytes)
        return Response(self._rendered[truth])
