"""A page's text in UTF-8 to its tree, within a bound on depth.

The parser (lexbor) follows the WHATWG HTML Standard and copes with anything, but its time grows with the square of the depth:
10,000 nested elements take 0.06 s, 100,000 take 21 s. So the depth is bounded before it sees the page.
"""

from __future__ import annotations

from selectolax.lexbor import LexborDocumentOptions, LexborHTMLParser

from ingest.errors import PageError
from ingest.extract.costly_markup import refuse_costly_markup
from ingest.extract.lean_markup import shows, survey
from ingest.extract.markup_tags import read_tags
from ingest.model import Stage

_VOID = frozenset({"area", "base", "br", "col", "embed", "hr", "img", "input", "link", "meta", "param", "source", "track", "wbr"})
_CELLS = frozenset({"td", "th", "p"})
_ROWS = _CELLS | {"tr"}
_CLOSED_BY = {
    "p": frozenset({"p"}),
    "li": frozenset({"li", "p"}),
    **dict.fromkeys(("dt", "dd"), frozenset({"dt", "dd", "p"})),
    **dict.fromkeys(("td", "th"), _CELLS),
    "tr": _ROWS,
    **dict.fromkeys(("tbody", "thead", "tfoot"), _ROWS | {"tbody", "thead", "tfoot"}),
    **dict.fromkeys(("option", "optgroup"), frozenset({"option"})),
}
"""Elements that a start tag of another closes, so that leaving out the end tags does not nest them."""
_OPTIONS = LexborDocumentOptions.WO_EVENTS  # nobody watches the tree change
_PHRASING_REACH = 64  # open elements that an end tag of phrasing looks through: bounds the scan's time, and real pages stay under 10
# Elements whose end tag does not reach past a block: `<span><div></span>` leaves both open, `<div><span></div>` closes both.
_PHRASING = frozenset(
    {
        "a",
        "abbr",
        "acronym",
        "b",
        "bdi",
        "bdo",
        "big",
        "cite",
        "code",
        "del",
        "dfn",
        "em",
        "font",
        "i",
        "ins",
        "kbd",
        "label",
        "mark",
        "nobr",
    }
    | {"output", "q", "s", "samp", "small", "span", "strike", "strong", "sub", "sup", "time", "tt", "u", "var"}
)


def parse_html(text: bytes, max_depth: int, *, whole: bool = False) -> LexborHTMLParser:
    """The tree of a page; but for a ``whole`` one, without the code of its scripts, its styles and the shapes of its drawings.

    Raises:
        PageError: ``too_deep`` where elements nest deeper than ``max_depth``, ``too_many_elements``, ``costly_markup``.
    """
    counts, seen = survey(text)
    refuse_costly_markup(text, counts)
    if counts.tags - counts.closings > max_depth and nests_deeper_than(text, max_depth):
        raise PageError(Stage.EXTRACT, "too_deep", f"The page's elements nest more than {max_depth:,} deep.")
    tree = LexborHTMLParser(text if whole else seen.text, options=_OPTIONS)
    return tree if whole or shows(tree, seen) else LexborHTMLParser(text, options=_OPTIONS)


def nests_deeper_than(text: bytes, max_depth: int) -> bool:
    """Whether the page's elements would nest more than ``max_depth`` deep; time grows linearly with the text."""
    if text.count(b"<") - text.count(b"</") <= max_depth:
        return False
    open_names: list[str] = []
    counts: dict[str, int] = {}
    for closing, name, _ in read_tags(text):
        if closing:
            _close(name, open_names, counts)
        elif name not in _VOID:
            closed = _CLOSED_BY.get(name, ())
            while open_names and open_names[-1] in closed:
                counts[open_names.pop()] -= 1
            open_names.append(name)
            counts[name] = counts.get(name, 0) + 1
            if len(open_names) > max_depth:
                return True
    return False


def _close(name: str, open_names: list[str], counts: dict[str, int]) -> None:
    """Take from the open elements what the end tag of ``name`` closes."""
    if not counts.get(name):
        return
    if name in _PHRASING:
        for at in range(len(open_names) - 1, max(-1, len(open_names) - 1 - _PHRASING_REACH), -1):
            if open_names[at] == name:
                del open_names[at]
                counts[name] -= 1
                return
            if open_names[at] not in _PHRASING:
                return
        return
    while open_names:
        closed = open_names.pop()
        counts[closed] -= 1
        if closed == name:
            return
