"""Bylines and date lines that no markup names: the lines between a page's headline and its story."""

from __future__ import annotations

from collections.abc import Sequence

from ingest.model import Block, BlockKind, DropReason, FieldCandidate
from ingest.normalise.dates import find_instant
from ingest.normalise.names import dateline_names, introduced_parts, is_organisation, split_byline, unintroduced_parts

_MOST_LINES = 16  # below the headline
_MOST_BLOCKS = 40  # that are looked through for them: captions and menus stand between
_LONGEST = 200  # characters of a line; longer ones are texts
_READ_AS_LINES = frozenset(
    {
        DropReason.AUTHOR,
        DropReason.DATE,
        DropReason.OUTSIDE,
        DropReason.SECTION,
        DropReason.LINK_LIST,
        DropReason.SHARE,
        DropReason.SUBTITLE,
    }
)
_HEADINGS = (DropReason.TITLE, DropReason.SUBTITLE)
"""What the lines stand below: a sub-title where no headline is told, for a byline in bold counts as one, too."""


def read_head_lines(blocks: Sequence[Block]) -> dict[str, tuple[FieldCandidate, ...]]:
    """What the lines below the headline offer for authors and date.

    Of a byline only what an introducing word ("By") marks counts, or what stands beside a date in the form of a name. Where no line
    names anybody, the story's own dateline may.
    """
    authors: list[FieldCandidate] = []
    dates: list[FieldCandidate] = []
    for line in _lines(blocks):
        authors += [FieldCandidate("text:byline", part) for part in introduced_parts(line) if _names_person(part)]
        dated = find_instant(line) is not None
        if dated:
            authors += [FieldCandidate("text:byline", part) for part in unintroduced_parts(line)[:1]]
            dates.append(FieldCandidate("text:date_line", line))
    if not authors:
        opening = next((block.text for block in blocks if block.kept and block.kind is not BlockKind.HEADING), "")
        authors += [FieldCandidate("text:dateline", name) for name in dateline_names(opening)]
    offered = {"authors": tuple(authors), "published_at": tuple(dates)}
    return {field: candidates for field, candidates in offered.items() if candidates}


def _names_person(byline: str) -> bool:
    return any(not is_organisation(name) for name in split_byline(byline))


def _lines(blocks: Sequence[Block]) -> list[str]:
    """The lines between the headline and the story's first text; a standfirst in a heading of its own is not that yet."""
    first = next((at for at, block in enumerate(blocks) if block.kept and block.kind is not BlockKind.HEADING), 0)
    above = range(first - 1, -1, -1)
    title = next((at for reason in _HEADINGS for at in above if blocks[at].reason is reason), None)
    if title is None:
        return []
    below = [block for block in blocks[title + 1 : first] if not block.kept][:_MOST_BLOCKS]
    return [block.text for block in below if len(block.text) <= _LONGEST and block.reason in _READ_AS_LINES][:_MOST_LINES]
