"""A page's bytes without what nobody reads on it: the code of scripts, styles, the shapes of drawings. They are half of a page.

Elements stay, with their attributes; what is in them goes. Scripts that declare data (JSON-LD) stay whole. Wherever the bytes alone do not
tell for certain where an element ends, as a parser would, it stays whole too: a comment, a quotation or a string may hold half of one.
"""

from __future__ import annotations

import re

from ingest.extract.costly_markup import MarkupCounts, count_markup
from ingest.native import native_text

_AFTER_NAME = rb"(?=[\t\n\f\r />])"
_ATTRIBUTES = rb"""(?:[^<>"']++|"[^"<]*+"|'[^'<]*+')*+"""
_START = re.compile(rb"<(script|style|svg)" + _AFTER_NAME + _ATTRIBUTES + rb">", re.IGNORECASE)
_SHAPE_NAMES = rb"circle|clippath|defs|ellipse|g|line|lineargradient|mask|path|polygon|polyline|radialgradient|rect|stop|symbol|use"
_SHAPES = re.compile(
    rb"(?:[\t\n\f\r ]*+</?+(?:" + _SHAPE_NAMES + rb")" + _AFTER_NAME + _ATTRIBUTES + rb">)*+[\t\n\f\r ]*+(?=</svg" + _AFTER_NAME + rb")",
    re.IGNORECASE,
)
_STYLE = re.compile(rb"[^<]*+(?=</style" + _AFTER_NAME + rb")", re.IGNORECASE)
_SCRIPT_OR_COMMENT = re.compile(rb"<(?:!--|script|(/script)" + _AFTER_NAME + rb")", re.IGNORECASE)


def survey(text: bytes) -> tuple[MarkupCounts, bytes]:
    """The counts of a page, and the page without what is in its scripts, styles and drawings; time grows linearly with it."""
    if native_text is None:
        return count_markup(text), lean(text)
    tags, closings, formatting, seen = native_text.survey(text)
    return MarkupCounts(tags, closings, formatting), seen


def lean(text: bytes) -> bytes:
    """The page without what is in its scripts, styles and drawings."""
    kept: list[bytes] = []
    copied = at = 0
    while found := _START.search(text, at):
        start = found.end()
        end, is_cut = _content(text, found)
        at = max(start, end)
        if is_cut:
            kept.append(text[copied:start])
            copied = end
    return b"".join((*kept, text[copied:])) if kept else text


def _content(text: bytes, tag: re.Match[bytes]) -> tuple[int, bool]:
    """Where the content of an element ends, 0 where that is not for certain, and whether it is to go."""
    start = tag.end()
    name = tag[1].lower()
    if tag[0].endswith(b"/>"):
        return 0, False
    if name == b"script":
        ending = _SCRIPT_OR_COMMENT.search(text, start)
        if ending is None or not ending[1]:
            return 0, False
        if b"json" in tag[0].lower():
            return ending.start(), False
        end = ending.start()
    else:
        content = (_STYLE if name == b"style" else _SHAPES).match(text, start)
        if content is None:
            return 0, False
        end = content.end()
    return (end, end > start) if b"-->" not in text[start:end] else (0, False)
