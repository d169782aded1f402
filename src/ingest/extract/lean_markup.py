"""A page's bytes without what nobody reads on it: the code of scripts, styles, the shapes of drawings. They are half of a page.

Elements stay, with their attributes and one more, ``data-lean``; what is in them goes. Scripts that declare data (JSON-LD) stay whole, and
so does what is not told from the bytes to be such an element. Those never tell for certain: a quotation that is not closed, or a comment,
may hold half of an element. So the tree has to show as many elements left empty as there were, or it is of no use (`shows`).
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, NamedTuple

from ingest.extract.costly_markup import MarkupCounts, count_markup
from ingest.extract.native import native_tree
from ingest.native import native_text

if TYPE_CHECKING:
    from selectolax.lexbor import LexborHTMLParser

_AFTER_NAME = rb"(?=[\t\n\f\r />])"
_ATTRIBUTES = rb"""(?:[^<>"']++|"[^"<]*+"|'[^'<]*+')*+"""
_MARK = b" data-lean>"
_START = re.compile(rb"""<!--|(?<!["'])<(script|style|svg|template|noscript)""" + _AFTER_NAME, re.IGNORECASE)
_TAG_REST = re.compile(_ATTRIBUTES + rb">")
_END = {name: re.compile(b"</" + name, re.IGNORECASE) for name in (b"script", b"template", b"noscript")}
_SHAPE_NAMES = rb"circle|clippath|defs|ellipse|g|line|lineargradient|mask|path|polygon|polyline|radialgradient|rect|stop|symbol|use"
_SHAPES = re.compile(
    rb"(?:[\t\n\f\r ]*+</?+(?:" + _SHAPE_NAMES + rb")" + _AFTER_NAME + _ATTRIBUTES + rb">)*+[\t\n\f\r ]*+(?=</svg" + _AFTER_NAME + rb")",
    re.IGNORECASE,
)
_STYLE = re.compile(rb"[^<]*+(?=</style" + _AFTER_NAME + rb")", re.IGNORECASE)
_EMPTIED = frozenset({b"script", b"style", b"svg"})
_SCRIPT_OR_COMMENT = re.compile(rb"<(?:!--|script|(/script)" + _AFTER_NAME + rb")", re.IGNORECASE)


class Lean(NamedTuple):
    """A page without what is in its scripts, styles and drawings."""

    text: bytes
    emptied: int
    """How many of them were left empty."""


def survey(text: bytes) -> tuple[MarkupCounts, Lean]:
    """The counts of a page, and its lean form; time grows linearly with it."""
    if native_text is None:
        return count_markup(text), lean(text)
    tags, closings, formatting, seen, emptied = native_text.survey(text)
    return MarkupCounts(tags, closings, formatting), Lean(seen, emptied)


def shows(tree: LexborHTMLParser, page: Lean) -> bool:
    """Whether the parser has found what was left empty as the elements that they were taken for: else it may have missed text."""
    return not page.emptied or count_lean(tree) == page.emptied


def count_lean(tree: LexborHTMLParser) -> int:
    """How many elements were left empty, and are. Not scripts in drawings and formulas: what is in them is markup, not code."""
    return native_tree.count_lean(tree) if native_tree else count_lean_in_python(tree)


def count_lean_in_python(tree: LexborHTMLParser) -> int:
    """The same where the compiled reader is not at hand."""
    nodes = {node.mem_id: node for node in tree.css("script[data-lean], style[data-lean], svg[data-lean]")}
    in_drawings = {node.mem_id for node in tree.css("svg script, math script")}
    return sum(node.first_child is None and mem_id not in in_drawings for mem_id, node in nodes.items())


def lean(text: bytes) -> Lean:
    """The page without what is in its scripts, styles and drawings."""
    kept: list[bytes] = []
    copied = at = emptied = 0
    while found := _START.search(text, at):
        name = (found[1] or b"").lower()
        if name not in _EMPTIED:
            at = _passed_over(text, name, found.end())
            continue
        at = found.end()
        tag = _TAG_REST.match(text, at)
        if tag is None:
            continue
        at = start = tag.end()
        if tag[0].endswith(b"/>"):
            continue
        end = _content_end(text, name, start)
        if end is None:
            at = _passed_over(text, name, start) if name == b"script" else at
        elif name == b"script" and b"json" in tag[0].lower():
            at = end
        elif b"-->" not in text[start:end]:
            at = end
            if end - start >= len(_MARK):
                kept += (text[copied : start - 1], _MARK)
                copied = end
                emptied += 1
    return Lean(b"".join((*kept, text[copied:])), emptied) if kept else Lean(text, 0)


def _passed_over(text: bytes, name: bytes, start: int) -> int:
    """Where a comment, or an element that is no part of the tree, ends; the page's end where it does not."""
    if not name:
        end = text.find(b"-->", start)
        return len(text) if end < 0 else end
    ending = _END[name].search(text, start)
    return ending.start() if ending else len(text)


def _content_end(text: bytes, name: bytes, start: int) -> int | None:
    """Where the content of an element ends, None where that is not plain."""
    if name == b"script":
        ending = _SCRIPT_OR_COMMENT.search(text, start)
        return ending.start() if ending and ending[1] else None
    content = (_STYLE if name == b"style" else _SHAPES).match(text, start)
    return content.end() if content else None
