"""Who wrote an article, by the links to pages about authors, and elements called after reporters, between its headline and its text.

For pages that say it no other way: the names of bylines and microdata are read where all other metadata are.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from ingest.extract.keys import key
from ingest.model import BlockKind, FieldCandidate
from ingest.normalise.names import is_organisation, split_byline

if TYPE_CHECKING:
    from collections.abc import Sequence

    from selectolax.lexbor import LexborHTMLParser

    from ingest.model import Block

_PLACES = (
    "author", "autor", "auteur", "autore", "redakt", "journalist", "reporter", "columnist", "contributor", "profile", "people", "staff",
    "by/", "writer", "tac-gia", "penulis", "yazar",
)  # fmt: skip
"""How the path of a page about an author begins, or goes on after a stroke."""
_CALLED = ("contributor", "journalist", "reporter", "writer")
_SELECTOR = ", ".join(
    ["h1, h2, p, li, div", *(f'a[href*="/{place}" i]' for place in _PLACES), *(f'span[class*="{name}" i]' for name in _CALLED)]
)
_MOST_ELEMENTS = 3_000  # that are looked at
_MOST_TEXT = 200_000  # characters: elements within others are read again with each of them
_OPENING = 40  # letters and digits of the text's beginning that tell it from others
_LONGEST = 60  # characters of a name
_MOST_NAMES = 6


def read_author_links(tree: LexborHTMLParser, title: str | None, blocks: Sequence[Block]) -> tuple[FieldCandidate, ...]:
    """The names that such links show; none where the headline or the beginning of the text is not found in the page's tree."""
    wanted = key(title or "")
    opening = next((key(b.text)[:_OPENING] for b in blocks if b.kept and b.kind is not BlockKind.HEADING), "")
    if not wanted or not opening:
        return ()
    found: list[str] | None = None
    left = _MOST_TEXT
    for node in tree.css(_SELECTOR)[:_MOST_ELEMENTS]:
        tag = node.tag
        text = node.text(deep=tag != "div") or ""
        left -= len(text)
        if left < 0:
            break
        if tag in ("a", "span"):
            if found is not None and len(name := " ".join(text.split())) <= _LONGEST:
                found += [part for part in split_byline(name) if not is_organisation(part)]
        elif tag in ("h1", "h2"):
            found = [] if key(text) == wanted else found
        elif found is not None and key(text).startswith(opening):
            return tuple([FieldCandidate("byline:link", name) for name in dict.fromkeys(found)][:_MOST_NAMES])
    return ()
