"""Pages of the shape that news sites have, with invented stories: what mutations, seeds of the fuzzer and hostile pages start from."""

from __future__ import annotations

import datetime as dt
import html
import json
import tomllib
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any

from ingest.model import Candidate, MediaType, Page


@dataclass(frozen=True, slots=True)
class Story:
    """What a page tells, in one language."""

    language: str
    charset: str
    publisher: str
    section: str
    author: str
    title: str
    summary: str
    published: str
    paragraphs: list[str]
    items: list[str]
    caption: str
    related: list[str]
    menu: list[str]


@dataclass(frozen=True, slots=True)
class Parts:
    """Which parts a page has besides its story."""

    meta: bool = True
    jsonld: bool = True
    menu: bool = True
    heading: bool = True
    byline: bool = True
    time_tag: bool = True
    figure: bool = True
    items: bool = True
    quote: bool = False
    table: bool = False
    related: bool = True
    comments: bool = False
    app_state: bool = True
    footer: bool = True
    semantic: bool = True
    """Whether elements of HTML 5 hold the parts, else ``div`` with class names."""


STORIES = {
    language: Story(language=language, **table)
    for language, table in tomllib.loads(Path(__file__).with_name("stories.toml").read_text("utf-8")).items()
}
PART_NAMES = tuple(field.name for field in fields(Parts))
ADDRESS = "https://news.example/2019/03/story-4711.html"


def page_of(body: bytes, media_type: MediaType = MediaType.HTML, charset: str | None = None, url: str | None = ADDRESS) -> Page:
    """The bytes as a page that was read from a file."""
    name = "page.html" if media_type is MediaType.HTML else "page.txt"
    return Page(Candidate(f"file:///{name}", name, url), body, media_type, dt.datetime(2024, 1, 1, tzinfo=dt.UTC), charset)


def html_page(story: Story, parts: Parts = Parts(), charset: str = "utf-8", after: str = "") -> str:
    """A page in HTML that declares ``charset``; ``after`` stands at the end of its body."""
    direction = ' dir="rtl"' if story.language == "ar" else ""
    return (
        f'<!DOCTYPE html>\n<html lang="{story.language}"{direction}>\n{_head(story, parts, charset)}\n<body class="page story-page">\n'
        f"{_above(story, parts)}\n{_article(story, parts)}\n{_below(story, parts)}\n{after}</body>\n</html>\n"
    )


def text_page(story: Story, *, date_line: bool = True) -> str:
    """The page as somebody would save it as text."""
    lines = [story.publisher, story.section, "", story.title, "", f"By {story.author}", story.published if date_line else "", ""]
    lines += [line for paragraph in story.paragraphs for line in (paragraph, "")]
    return "\n".join([*lines, *(f"• {item}" for item in story.items), "", *story.related, "", f"© 2024 {story.publisher}", ""])


def json_ld(story: Story) -> dict[str, Any]:
    """What the page says of its article in schema.org's words."""
    return {
        "@context": "https://schema.org",
        "@graph": [
            {
                "@type": ["NewsArticle"],
                "@id": f"{ADDRESS}#article",
                "mainEntityOfPage": {"@type": "WebPage", "@id": ADDRESS},
                "headline": story.title,
                "description": story.summary,
                "articleSection": story.section,
                "inLanguage": story.language,
                "datePublished": story.published,
                "dateModified": story.published,
                "wordCount": 240,
                "author": [{"@type": "Person", "name": story.author}],
                "publisher": {"@id": "#publisher"},
                "image": {"@type": "ImageObject", "url": "https://news.example/pier.jpg", "width": 1200},
                "keywords": [story.section, *story.menu[1:3]],
            },
            {"@type": "NewsMediaOrganization", "@id": "#publisher", "name": story.publisher},
            {"@type": "BreadcrumbList", "itemListElement": [{"@type": "ListItem", "position": 1, "name": story.section}]},
        ],
    }


def _head(story: Story, parts: Parts, charset: str) -> str:
    said = {name: html.escape(getattr(story, name)) for name in ("title", "summary", "publisher", "author", "section", "published")}
    tags = [f'<meta charset="{charset}">', f"<title>{said['title']} | {said['publisher']}</title>"]
    if parts.meta:
        tags += [
            f'<link rel="canonical" href="{ADDRESS}">',
            f'<meta property="og:title" content="{said["title"]}">',
            f'<meta property="og:description" content="{said["summary"]}">',
            f'<meta property="og:site_name" content="{said["publisher"]}">',
            '<meta property="og:image" content="https://news.example/pier.jpg?width=1200&amp;height=630">',
            f'<meta name="author" content="{said["author"]}">',
            f'<meta property="article:published_time" content="{said["published"]}">',
            f'<meta property="article:section" content="{said["section"]}">',
        ]
    if parts.jsonld:
        tags.append(f'<script type="application/ld+json">{json.dumps(json_ld(story), ensure_ascii=False)}</script>')
    if parts.app_state:
        tags.append("<script>window.dataLayer = window.dataLayer || []; if (1 < 2 && 3 > 2) { dataLayer.push({'page': '</p>'}); }</script>")
    return "<head>\n" + "\n".join(tags) + "\n<style>.story { margin: 0 }</style>\n</head>"


def _element(parts: Parts, name: str, content: str) -> str:
    return f"<{name}>{content}</{name}>" if parts.semantic else f'<div class="site-{name}">{content}</div>'


def _above(story: Story, parts: Parts) -> str:
    if not parts.menu:
        return ""
    links = "".join(f'<li><a href="/{n}">{html.escape(label)}</a></li>' for n, label in enumerate(story.menu))
    return _element(parts, "header", f'<a href="/">{html.escape(story.publisher)}</a>' + _element(parts, "nav", f"<ul>{links}</ul>"))


def _article(story: Story, parts: Parts) -> str:
    said = [f"<p>{html.escape(paragraph)}</p>" for paragraph in story.paragraphs]
    pieces = []
    if parts.heading:
        pieces.append(f"<h1>{html.escape(story.title)}</h1>")
    if parts.byline:
        pieces.append(f'<div class="byline">By <a rel="author" href="/by/1">{html.escape(story.author)}</a></div>')
    if parts.time_tag:
        pieces.append(f'<time datetime="{story.published}">{story.published[:10]}</time>')
    if parts.figure:
        pieces.append(f'<figure><img src="/pier.jpg" alt=""><figcaption>{html.escape(story.caption)}</figcaption></figure>')
    pieces += said[:2]
    if parts.quote:
        pieces.append(f"<blockquote>{said[2]}</blockquote>")
        said = [*said[:2], *said[3:]]
    if parts.related:
        links = "".join(f'<li><a href="/r/{n}">{html.escape(title)}</a></li>' for n, title in enumerate(story.related))
        pieces.append(f'<div class="related-stories"><h3>Related</h3><ul>{links}</ul></div>')
    pieces += said[2:]
    if parts.items:
        pieces.append("<ul>" + "".join(f"<li>{html.escape(item)}</li>" for item in story.items) + "</ul>")
    if parts.table:
        pieces.append(f"<table><tr><th>2018</th><td>40,000</td></tr><tr><th>2019</th><td>{html.escape(story.items[0])}</td></tr></table>")
    return _element(parts, "main", _element(parts, "article", "\n".join(pieces)))


def _below(story: Story, parts: Parts) -> str:
    pieces = []
    if parts.comments:
        comment = html.escape(story.paragraphs[-1])
        pieces.append(
            f'<section id="comments" class="comments"><h2>Comments (2)</h2><p>{comment}</p><form><input name="q"></form></section>'
        )
    if parts.footer:
        pieces.append(_element(parts, "footer", f"<p>© 2024 {html.escape(story.publisher)}. All rights reserved.</p>"))
    if parts.app_state:
        state = json.dumps({"story": {"title": story.title, "body": story.paragraphs[0], "next": None, "views": 1.5e3}})
        pieces.append(f'<script id="state" type="application/json">{state}</script>')
    return "\n".join(pieces)
