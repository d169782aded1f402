"""Which elements are what, by the parser's numbers: comparing those is several times faster than comparing names."""

from __future__ import annotations

from selectolax.lexbor import LexborHTMLParser

from ingest.model import BlockKind

_parser = LexborHTMLParser("")


def ids(names: str) -> frozenset[int]:
    """The parser's numbers of elements, given by their names."""
    return frozenset(_parser.create_node(name).tag_id for name in names.split())


def _id(name: str) -> int:
    return next(iter(ids(name)))


TEXT = 2
"""The number of text nodes."""
CUSTOM = 1_000
"""Elements that HTML does not know (``news-body``) have numbers above."""
BR, A, P = _id("br"), _id("a"), _id("p")
SKIPPED = ids(
    "script style template noscript svg math iframe object embed canvas audio video map head title link meta base"
    " select datalist textarea input progress meter img picture source track param area"
)
"""Elements without text that a reader sees on the page."""
BLOCKS = ids(
    "address article aside blockquote body center dd details dialog dir div dl dt fieldset figcaption figure footer form"
    " h1 h2 h3 h4 h5 h6 header hgroup hr html li main menu nav ol p pre search section summary"
    " table caption tbody tfoot thead tr td th ul legend button label optgroup option"
)
"""Elements that begin and end a block of text."""
CELLS = ids("td th")
FORMATTED = ids("b strong em i u")
NAMED_INLINES = ids("span small em time cite")
"""Inline elements whose names are looked at where one of them holds a whole block."""
KINDS = {
    **dict.fromkeys(ids("h1 h2 h3 h4 h5 h6"), BlockKind.HEADING),
    **dict.fromkeys(ids("li dd dt"), BlockKind.LIST_ITEM),
    **dict.fromkeys(ids("figcaption caption"), BlockKind.CAPTION),
    **dict.fromkeys(ids("td th tr"), BlockKind.TABLE_ROW),
    _id("blockquote"): BlockKind.QUOTE,
    _id("pre"): BlockKind.PREFORMATTED,
}
"""What text in an element is; paragraphs where nothing is said."""
