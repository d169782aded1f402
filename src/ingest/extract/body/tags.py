"""Which elements are what, by the parser's numbers."""

from __future__ import annotations

from ingest.extract.tag_numbers import number_of, numbers_of
from ingest.model import BlockKind, DropReason

TEXT = 2
"""The number of text nodes."""
CUSTOM = 1_000
"""Elements that HTML does not know (``news-body``) have numbers above."""
P, H1, MAIN, ARTICLE = number_of("p"), number_of("h1"), number_of("main"), number_of("article")

SKIPPED, BREAK, INLINE, LINK, FORMATTED, EMPHASIS, NAMED, CELL, BLOCK = range(9)
"""What a walk does at an element; the order matters: from ``FORMATTED`` to ``EMPHASIS`` text is emphasised, from ``EMPHASIS`` to
``NAMED`` an inline element's names are looked at where it holds a whole block, from ``CELL`` on elements begin and end a block."""
ROLES = {
    # Elements without text that a reader sees on the page.
    **dict.fromkeys(
        numbers_of(
            "script style template noscript svg math iframe object embed canvas audio video map head title link meta base"
            " select datalist textarea input progress meter img picture source track param area"
        ),
        SKIPPED,
    ),
    number_of("br"): BREAK,
    number_of("a"): LINK,
    **dict.fromkeys(numbers_of("b strong i u"), FORMATTED),
    number_of("em"): EMPHASIS,
    **dict.fromkeys(numbers_of("span small time cite"), NAMED),
    **dict.fromkeys(
        numbers_of(
            "address article aside blockquote body center dd details dialog dir div dl dt fieldset figcaption figure footer form"
            " h1 h2 h3 h4 h5 h6 header hgroup hr html li main menu nav ol p pre search section summary"
            " table caption tbody tfoot thead tr ul legend button label optgroup option"
        ),
        BLOCK,
    ),
    **dict.fromkeys(numbers_of("td th"), CELL),
}
"""The role of each element; the others are inline."""
KINDS = {
    **dict.fromkeys(numbers_of("h1 h2 h3 h4 h5 h6"), BlockKind.HEADING),
    **dict.fromkeys(numbers_of("li dd dt"), BlockKind.LIST_ITEM),
    **dict.fromkeys(numbers_of("figcaption caption"), BlockKind.CAPTION),
    **dict.fromkeys(numbers_of("td th tr"), BlockKind.TABLE_ROW),
    number_of("blockquote"): BlockKind.QUOTE,
    number_of("pre"): BlockKind.PREFORMATTED,
}
"""What text in an element is; paragraphs where nothing is said."""
CLAIMS = {
    **dict.fromkeys(numbers_of("nav menu"), DropReason.NAVIGATION),
    number_of("footer"): DropReason.SITE_CHROME,
    number_of("aside"): DropReason.RELATED,
    **dict.fromkeys(numbers_of("figcaption caption"), DropReason.CAPTION),
    number_of("address"): DropReason.AUTHOR,
    number_of("dialog"): DropReason.WIDGET,
    **dict.fromkeys(numbers_of("form fieldset button label option"), DropReason.FORM),
}
"""Why the text of an element is out, by its tag alone."""
TEXT_TAGS = numbers_of("p h1 h2 h3 h4 h5 h6 li ul ol dl dt dd blockquote pre td th tr tbody thead tfoot figcaption center")
"""Elements that are a piece of text themselves rather than a part of the page."""
WHOLES = numbers_of("html body main article p")
"""Elements that are never boilerplate as a whole, whatever they are called."""
LISTS = numbers_of("ul ol dl")
