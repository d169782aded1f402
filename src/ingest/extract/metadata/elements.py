"""The elements of a page that may hold metadata, found in one pass over its tree."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from selectolax.lexbor import LexborHTMLParser, LexborNode

# Every part of the selector costs some 0.02 ms a page, every further pass 0.15 ms.
_SELECTOR = 'meta, link, script, title, h1, time, [itemprop], [rel~="author"], [class*="byline" i], [class*="aut" i], [class*="date" i]'


@dataclass(slots=True)
class Elements:
    """The elements by what they are, in page order."""

    root: LexborNode | None
    metas: list[LexborNode] = field(default_factory=list)
    links: list[LexborNode] = field(default_factory=list)
    scripts: list[LexborNode] = field(default_factory=list)
    title: LexborNode | None = None
    shown: list[LexborNode] = field(default_factory=list)
    """What a reader may see: headings, times, bylines, microdata."""


def find_elements(tree: LexborHTMLParser) -> Elements:
    """The elements of the page that may hold metadata."""
    elements = Elements(tree.root)
    for node in tree.css(_SELECTOR):
        tag = node.tag
        if tag == "meta":
            elements.metas.append(node)
        elif tag == "link":
            elements.links.append(node)
        elif tag == "script":
            elements.scripts.append(node)
        elif tag == "title":
            elements.title = elements.title or node  # later ones title drawings
        elif tag != "style":
            elements.shown.append(node)
    return elements
