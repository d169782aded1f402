"""The tags of a page's bytes one after the other, for checks before the parser sees them."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import NamedTuple

# Attributes as the standard's tokenizer sees them (HTML, 13.2.5.32 to 13.2.5.39): a quotation mark opens a value only behind "=".
_TOKEN = re.compile(
    rb"""<(?:(!--)|(/?)([a-zA-Z][^\t\n\f\r />]*+)"""
    rb"""(?:[\t\n\f\r /]++|[^\t\n\f\r />][^\t\n\f\r />=]*+"""
    rb"""(?:[\t\n\f\r ]*+=[\t\n\f\r ]*+(?:"[^"]*+"|'[^']*+'|(?!["'])[^\t\n\f\r >]*+))?+)*+>?)"""
)
_COMMENT_END = re.compile(rb"--!?>")
_COMMENT_ENDS_AT_ONCE = re.compile(rb"-?>")
_FOREIGN = frozenset({"svg", "math"})  # in them, "title" and the like hold markup
_RAW_TEXT_END = {
    name: re.compile(f"</{name}".encode(), re.IGNORECASE)
    for name in ("script", "style", "textarea", "title", "xmp", "iframe", "noembed", "noframes")
}


class Tag(NamedTuple):
    """A start or end tag, its name in lower case, and all of it."""

    closing: bool
    name: str
    source: bytes


def read_tags(text: bytes) -> Iterator[Tag]:
    """All tags but those in comments, and those of elements that hold nothing but raw text; time grows linearly with the text.

    What only building the tree can tell is guessed: a page that is made to deceive can hide tags.
    """
    position = foreign = 0
    while found := _TOKEN.search(text, position):
        position = found.end()
        comment, closing, raw_name = found.group(1, 2, 3)
        if comment:
            end = _COMMENT_ENDS_AT_ONCE.match(text, position) or _COMMENT_END.search(text, position)
            position = end.end() if end else len(text)
            continue
        name = raw_name.lower().decode("utf-8", "replace")
        if name in _FOREIGN:
            foreign = max(0, foreign - 1) if closing else foreign + (not found[0].endswith(b"/>"))
        if not closing and not foreign and name in _RAW_TEXT_END:
            end = _RAW_TEXT_END[name].search(text, position)
            position = end.start() if end else len(text)
        else:
            yield Tag(bool(closing), name, found[0])
