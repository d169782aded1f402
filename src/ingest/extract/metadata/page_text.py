"""What a page's visible elements say of its article: headings, bylines, times, and microdata and RDFa on them."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from selectolax.lexbor import LexborHTMLParser, LexborNode

    from ingest.extract.metadata.offers import Offers

_MOST_ELEMENTS = 600  # headings, times and bylines looked at; pages with more are lists
_MOST_OF_ONE_KIND = 12  # candidates offered of one kind
_LONGEST_BYLINE = 200  # characters; longer elements are biographies
_LONGEST_ATTRIBUTES = 400  # characters of class and id looked at

_SELECTOR = (
    'h1, time, [itemprop], [rel~="author"], [class*="byline" i], [class*="author" i], [class*="autor" i], [class*="publish" i], [class*="date" i]'
)
_BYLINE = re.compile(r"(?:^|[\W_])(?:by-?line|author|autor|auteur|autore)s?(?:[\W_]?(?:name|link|names))?(?:$|\s|[\W_]{2})|author-?name|byline", re.IGNORECASE)
_NOT_BYLINE = re.compile(r"bio|avatar|image|photo|follow|social|box|comment|teaser|card|related|description|desc|icon|email|twitter|profile-text", re.IGNORECASE)
_DATE = re.compile(r"(?:^|[\W_])(?:publish\w*|pub-?date|article-?date|post-?date|date|datetime|timestamp|dateline)(?:$|[\W_])", re.IGNORECASE)
_MODIFIED = re.compile(r"modif|updat|aktualis|actualiz|stand\b", re.IGNORECASE)
_ITEMPROPS = {
    "headline": "title",
    "alternativeheadline": "subtitle",
    "datepublished": "published_at",
    "datemodified": "modified_at",
    "articlesection": "section",
    "inlanguage": "language",
}


def offer_page_text(offers: Offers, tree: LexborHTMLParser) -> None:
    """Add what the visible page says, in page order."""
    counts: dict[str, int] = {}
    for element in tree.css(_SELECTOR)[:_MOST_ELEMENTS]:
        attributes = element.attributes
        for field, origin, value in _statements(element, attributes):
            counts[origin] = counts.get(origin, 0) + 1
            if counts[origin] <= _MOST_OF_ONE_KIND:
                offers.add(field, origin, value)


def _statements(element: LexborNode, attributes: dict[str, str | None]) -> list[tuple[str, str, str | None]]:
    tag = element.tag
    if tag == "meta":
        return []
    if tag == "h1":
        return [("title", "h1", _text(element))]
    itemprop = (attributes.get("itemprop") or "").lower()
    field = _ITEMPROPS.get(itemprop)
    if field:
        value = attributes.get("content") or attributes.get("datetime") or _text(element)
        return [(field, f"microdata:{itemprop}", value)]
    names = f"{attributes.get('class') or ''} {attributes.get('id') or ''}"[:_LONGEST_ATTRIBUTES]
    if tag == "time":
        return _times(element, attributes, names)
    if itemprop == "author":
        named = element.css_first('[itemprop="name"]')
        return [("authors", "microdata:author", _named(named if named is not None else element))]
    if "author" in (attributes.get("rel") or "").lower().split():
        return [("authors", "byline:rel", _named(element))]
    if _BYLINE.search(names) and not _NOT_BYLINE.search(names):
        return [("authors", "byline", _named(element))]
    if _DATE.search(names):
        text = _text(element)
        if text and len(text) < _LONGEST_BYLINE:
            return [("modified_at" if _MODIFIED.search(names) else "published_at", "text:date", text)]
    return []


def _times(element: LexborNode, attributes: dict[str, str | None], names: str) -> list[tuple[str, str, str | None]]:
    value = attributes.get("datetime") or attributes.get("content") or _text(element)
    parent = element.parent
    around = f"{names} {(parent.attributes.get('class') or '') if parent is not None else ''}"[:_LONGEST_ATTRIBUTES]
    field = "modified_at" if _MODIFIED.search(around) else "published_at"
    return [(field, "time_tag", value)]


def _text(element: LexborNode) -> str:
    return element.text(separator=" ")[:5_000]


def _named(element: LexborNode) -> str | None:
    text = element.attributes.get("content") or _text(element)
    text = " ".join(text.split())
    return text if len(text) <= _LONGEST_BYLINE else None
