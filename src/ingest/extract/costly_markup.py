"""Markup that costs a parser far more than its length: refused before it is parsed, for the parser cannot be interrupted.

Measured with lexbor 2.6 (selectolax 1.0): 2,000 ``<p><b id=…>`` in 35 kB become two million elements and 730 MB, because the standard opens
what was never closed anew in each block; 33,000 options of one ``<select>`` (300 kB) take 7 s, 36,000 attributes of one element 2.5 s, and
both grow with the square of their number. Each element costs 0.5 kB and 8 µs until it is a block with a verdict.
"""

from __future__ import annotations

import re
from typing import NamedTuple

from ingest.errors import PageError
from ingest.extract.markup_tags import read_tags
from ingest.model import Stage

_MOST_TAGS = 210_000  # start and end tags: up to 2 s and 250 MB; 80,000 paragraphs have 160,000, the largest of 500 news pages 6,100
_MOST_OPTIONS = 10_000  # 0.4 s; lists of all countries or towns have hundreds
_MOST_REOPENED = 1_000_000  # elements that reopen in later blocks: 300 MB
_MOST_REOPENED_PAIRS = 2 * _MOST_REOPENED  # formatting tags times tags: below, no order of them reopens more; 350,000 on real pages
_FEW_OF_A_KIND = 3  # equal formatting elements that reopen (the standard's "Noah's Ark clause")
_LONGEST_STRETCH = 100_000  # bytes of a tag without ">": 25,000 attributes in them cost 0.7 s
_MOST_ATTRIBUTES = 10_000  # of one element
_FORMATTING = frozenset({"b", "big", "code", "em", "font", "i", "s", "small", "strike", "strong", "tt", "u"})
_FORMATTING_WITH_ATTRIBUTES = re.compile(
    # Its first letter decides for most tags: twice as fast as the names one after the other.
    rb"<[bcefistuBCEFISTU](?:[\t\n\f\r /]|(?:ig|ode|m|ont|mall|trike|trong|t)[\t\n\f\r /])",
    re.IGNORECASE,
)
_QUOTED = re.compile(rb"""=[\t\n\f\r ]*+(?:"[^"]*+"|'[^']*+')""")  # pages keep whole articles, as data, in one attribute
_TAG_START = re.compile(rb"<[a-zA-Z]")
_OPTION = re.compile(rb"<option[\s/>]", re.IGNORECASE)


class MarkupCounts(NamedTuple):
    """How often a page's bytes have what may cost, wherever in the page they stand."""

    tags: int
    """``<``"""
    closings: int
    """``</``"""
    formatting: int
    """The start of a formatting element that has attributes."""


def count_markup(text: bytes) -> MarkupCounts:
    """The counts of a page."""
    formatting = sum(1 for _ in _FORMATTING_WITH_ATTRIBUTES.finditer(text))
    return MarkupCounts(text.count(b"<"), text.count(b"</"), formatting)


def refuse_costly_markup(text: bytes, counts: MarkupCounts) -> None:
    """Let a page pass that a parser can read in time and memory that its length explains.

    Raises:
        PageError: ``too_many_elements``, or ``costly_markup``.
    """
    tags = counts.tags
    if tags > _MOST_TAGS:
        raise PageError(Stage.EXTRACT, "too_many_elements", f"The page has more than {_MOST_TAGS:,} tags.")
    if tags > _MOST_OPTIONS and sum(1 for _ in _OPTION.finditer(text)) > _MOST_OPTIONS:
        raise _costly(f"The page's forms have more than {_MOST_OPTIONS:,} options.")
    if _may_reopen(counts) and _reopens(text):
        raise _costly(f"Formatting that is never closed would open anew more than {_MOST_REOPENED:,} times.")
    if _has_long_tag(text) and any(_attributes(tag.source) > _MOST_ATTRIBUTES for tag in read_tags(text)):
        raise _costly(f"An element has more than {_MOST_ATTRIBUTES:,} attributes.")


def _costly(message: str) -> PageError:
    return PageError(Stage.EXTRACT, "costly_markup", message)


def _may_reopen(counts: MarkupCounts) -> bool:
    """Whether there are formatting tags enough, in whatever order; equal ones without attributes reopen up to three times each."""
    plain = _FEW_OF_A_KIND * len(_FORMATTING)
    return (plain + min(counts.formatting, counts.tags)) * counts.tags > _MOST_REOPENED_PAIRS


def _reopens(text: bytes) -> bool:
    """Whether formatting elements that are open where a block begins or ends add up to too many."""
    open_tags: dict[str, list[bytes]] = {name: [] for name in _FORMATTING}
    open_now = reopened = 0
    for tag in read_tags(text):
        if tag.name not in _FORMATTING:
            reopened += open_now
            if reopened > _MOST_REOPENED:
                return True
        elif not tag.closing:
            if open_tags[tag.name][-_FEW_OF_A_KIND:] != [tag.source] * _FEW_OF_A_KIND:
                open_tags[tag.name].append(tag.source)
                open_now += 1
        elif open_tags[tag.name]:
            open_tags[tag.name].pop()
            open_now -= 1
    return False


def _attributes(tag: bytes) -> int:
    """How many attributes a tag has; unquoted values with slashes count as several."""
    return len(_QUOTED.sub(b" ", tag).replace(b"/", b" ").split()) if len(tag) > _MOST_ATTRIBUTES else 0


def _separators(text: bytes, start: int, end: int) -> int:
    """How many bytes of a stretch may separate attributes: data in scripts have fewer."""
    return sum(text.count(separator, start, end) for separator in b"\t\n\f\r /\"'")


def _has_long_tag(text: bytes) -> bool:
    """Whether a tag may have too many attributes: between two ``>``, something starts as a tag and goes on for ``_LONGEST_STRETCH``."""
    at = 0
    while at + _LONGEST_STRETCH <= len(text):
        last = text.rfind(b">", at, at + _LONGEST_STRETCH)
        if last < 0:
            last = text.find(b">", at + _LONGEST_STRETCH)
            last = len(text) if last < 0 else last
            start = _TAG_START.search(text, at, last)
            if start and last - start.start() >= _LONGEST_STRETCH and _separators(text, start.start(), last) > _MOST_ATTRIBUTES:
                return True
        at = last + 1
    return False
