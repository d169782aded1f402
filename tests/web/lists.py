"""The lists of a site: its home page, a section, feeds and sitemaps."""

from __future__ import annotations

import datetime as dt
import gzip
import json
from collections.abc import Sequence
from email.utils import format_datetime
from html import escape

from tests.web.articles import Truth


def homepage(articles: Sequence[Truth]) -> bytes:
    links = "".join(f'<h3><a href="{a.path}">{escape(a.title)}</a></h3>' for a in articles[:10])
    feeds = '<link rel="alternate" type="application/rss+xml" title="All" href="/feed.rss"><link rel="alternate" type="application/atom+xml" href="/atom.xml">'
    menu = '<a href="/world/">World</a><a href="/login">Log in</a><a href="/author/ada-brook">Ada Brook</a>'
    return f'<!doctype html><html><head><meta property="og:site_name" content="The Post">{feeds}</head><body>{menu}{links}</body></html>'.encode()


def section(articles: Sequence[Truth]) -> bytes:
    links = "".join(f'<li><a href="{a.path}?utm_source=section#top">{escape(a.title)}</a></li>' for a in articles)
    return f'<!doctype html><html><body><a href="/">Home</a><a href="/world/page/2">Next</a><ul>{links}</ul></body></html>'.encode()


def rss(base: str, articles: Sequence[Truth], *, full: bool = False) -> bytes:
    items = "".join(
        f"<item><title>{escape(a.title)}</title><link>{base}{a.path}?utm_source=rss</link><pubDate>{format_datetime(a.published)}</pubDate>"
        f"<dc:creator>{a.author}</dc:creator><description>{escape(a.paragraphs[0][:80])}</description>"
        + (f"<content:encoded><![CDATA[{''.join(f'<p>{p}</p>' for p in a.paragraphs)}]]></content:encoded>" if full else "")
        + "</item>"
        for a in articles
    )
    names = 'xmlns:dc="http://purl.org/dc/elements/1.1/" xmlns:content="http://purl.org/rss/1.0/modules/content/"'
    return f'<?xml version="1.0"?><rss version="2.0" {names}><channel><title>The Post</title><link>{base}/</link>{items}</channel></rss>'.encode()


def atom(base: str, articles: Sequence[Truth]) -> bytes:
    entries = "".join(
        f'<entry><title>{escape(a.title)}</title><link rel="alternate" href="{base}{a.path}"/><id>{base}{a.path}</id>'
        f"<published>{a.published.isoformat()}</published><author><name>{a.author}</name></author></entry>"
        for a in articles
    )
    return f'<?xml version="1.0"?><feed xmlns="http://www.w3.org/2005/Atom"><title>The Post</title>{entries}</feed>'.encode()


def json_feed(base: str, articles: Sequence[Truth]) -> bytes:
    items = [{"id": a.path, "url": base + a.path, "title": a.title, "date_published": a.published.isoformat()} for a in articles]
    return json.dumps({"version": "https://jsonfeed.org/version/1.1", "title": "The Post", "items": items}).encode()


def sitemap(base: str, articles: Sequence[Truth]) -> bytes:
    urls = "".join(f"<url><loc>{base}{a.path}</loc><lastmod>{a.published.isoformat()}</lastmod></url>" for a in articles)
    return f'<?xml version="1.0"?><urlset xmlns="http://www.sitemaps.org/schemas/sitemap/0.9">{urls}</urlset>'.encode()


def news_sitemap(base: str, articles: Sequence[Truth]) -> bytes:
    urls = "".join(
        f"<url><loc>{base}{a.path}</loc><news:news><news:publication><news:name>The Post</news:name><news:language>en</news:language>"
        f"</news:publication><news:publication_date>{a.published.isoformat()}</news:publication_date><news:title>{escape(a.title)}</news:title>"
        "</news:news></url>"
        for a in articles
    )
    names = 'xmlns="http://www.sitemaps.org/schemas/sitemap/0.9" xmlns:news="http://www.google.com/schemas/sitemap-news/0.9"'
    return f'<?xml version="1.0"?><urlset {names}>{urls}</urlset>'.encode()


def sitemap_index(base: str) -> bytes:
    return f"<?xml version='1.0'?><sitemapindex><sitemap><loc>{base}/sitemap-articles.xml.gz</loc></sitemap></sitemapindex>".encode()


def cut_rss(base: str, articles: Sequence[Truth]) -> bytes:
    """A feed whose last item stops in the middle of its title."""
    whole = rss(base, articles)
    return whole[: whole.rindex(b"</title>") - 8]


def long_rss(base: str, published: dt.datetime, length: int) -> bytes:
    """A feed of many short entries; their pages do not exist."""
    return rss(base, [Truth(f"/news/long/story-{n}", f"Story {n}", "Ada Brook", published, ("Short.",)) for n in range(length)])


def gzipped(body: bytes) -> bytes:
    return gzip.compress(body, mtime=0)
