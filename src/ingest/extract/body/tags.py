"""Which elements are what, by the parser's numbers: comparing those is several times faster than comparing names."""

from __future__ import annotations

from selectolax.lexbor import LexborHTMLParser

from ingest.model import BlockKind, DropReason

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
P, H1, MAIN, ARTICLE = _id("p"), _id("h1"), _id("main"), _id("article")

SKIPPED, BREAK, INLINE, LINK, FORMATTED, EMPHASIS, NAMED, CELL, BLOCK = range(9)
"""What a walk does at an element; the order matters: from ``FORMATTED`` to ``EMPHASIS`` text is emphasised, from ``EMPHASIS`` to
``NAMED`` an inline element's names are looked at where it holds a whole block, from ``CELL`` on elements begin and end a block."""
ROLES = {
    # Elements without text that a reader sees on the page.
    **dict.fromkeys(
        ids(
            "script style template noscript svg math iframe object embed canvas audio video map head title link meta base"
            " select datalist textarea input progress meter img picture source track param area"
        ),
        SKIPPED,
    ),
    _id("br"): BREAK,
    _id("a"): LINK,
    **dict.fromkeys(ids("b strong i u"), FORMATTED),
    _id("em"): EMPHASIS,
    **dict.fromkeys(ids("span small time cite"), NAMED),
    **dict.fromkeys(
        ids(
            "address article aside blockquote body center dd details dialog dir div dl dt fieldset figcaption figure footer form"
            " h1 h2 h3 h4 h5 h6 header hgroup hr html li main menu nav ol p pre search section summary"
            " table caption tbody tfoot thead tr ul legend button label optgroup option"
        ),
        BLOCK,
    ),
    **dict.fromkeys(ids("td th"), CELL),
}
"""The role of each element; the others are inline."""
KINDS = {
    **dict.fromkeys(ids("h1 h2 h3 h4 h5 h6"), BlockKind.HEADING),
    **dict.fromkeys(ids("li dd dt"), BlockKind.LIST_ITEM),
    **dict.fromkeys(ids("figcaption caption"), BlockKind.CAPTION),
    **dict.fromkeys(ids("td th tr"), BlockKind.TABLE_ROW),
    _id("blockquote"): BlockKind.QUOTE,
    _id("pre"): BlockKind.PREFORMATTED,
}
"""What text in an element is; paragraphs where nothing is said."""
CLAIMS = {
    **dict.fromkeys(ids("nav menu"), DropReason.NAVIGATION),
    _id("footer"): DropReason.SITE_CHROME,
    _id("aside"): DropReason.RELATED,
    **dict.fromkeys(ids("figcaption caption"), DropReason.CAPTION),
    _id("address"): DropReason.AUTHOR,
    _id("dialog"): DropReason.WIDGET,
    **dict.fromkeys(ids("form fieldset button label option"), DropReason.FORM),
}
"""Why the text of an element is out, by its tag alone."""
TEXT_TAGS = ids("p h1 h2 h3 h4 h5 h6 li ul ol dl dt dd blockquote pre td th tr tbody thead tfoot figcaption center")
"""Elements that are a piece of text themselves rather than a part of the page."""
WHOLES = ids("html body main article p")
"""Elements that are never boilerplate as a whole, whatever they are called."""
LISTS = ids("ul ol dl")
